"""Expressions multiplied out. Owns: one canonical sum of products for each expression. Never: is shown to anyone.

Definitions are unfolded, products distributed over sums, sums split, nested sums merged wherever their summands share
an index, δ contracted. What no rule here reaches stays an atom, so two forms that coincide are equal, and two that
differ may still be. Expansion has a limit: ``TooLong`` says that it was met.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from fractions import Fraction
from itertools import product as combinations
from math import floor, prod

from gradwright.core.build import ONE, add, apply, const, entry, mul, open_binder, power, rename, split_coefficient
from gradwright.core.context import Context
from gradwright.core.index import Index
from gradwright.core.node import (
    Add,
    Apply,
    Array,
    Const,
    Entry,
    Mul,
    Node,
    Number,
    Pow,
    Reduce,
    factors_in,
    terms_in,
    walk,
)
from gradwright.core.walk import descend, run
from gradwright.engine.simplify import common_factor, contracted, sum_over

_MOST_TERMS = 400
_MOST_POWER = 6
_MOST_SYMMETRIC = 5
_MOST_NODES = 5000
_MUCH = 200  # terms by the square of the sums in one


class TooLong(Exception):
    """Multiplying out would give more terms than anyone should wait for."""


def multiplied_out(node: Node, context: Context) -> Node:
    """The node as a sum of products, definitions unfolded."""
    if sum(1 for _ in walk(node)) > _MOST_NODES:
        raise TooLong
    return _Expander(context)(node)


def terms_of_products(
    node: Node, context: Context, distribute: bool = True, scalars: bool = False, most: int | None = None
) -> tuple[Node, ...]:
    """The node as a sum of products, down to functions, powers, names and scalars, which are left as they stand.

    Without ``distribute`` differences that are factors stay factors too, and only nested sums are merged; with
    ``scalars`` what has no index is multiplied out as well. ``most`` is how much work it may be, in the factors of
    sums that are put in order, by the square of their indices.
    """
    return terms_in(_Expander(context, shallow=True, distribute=distribute, scalars=scalars, most=most)(node))


def is_small(node: Node) -> bool:
    """Whether multiplying the node out gives few terms, each of few sums (whose indices are put in order together)."""
    sums: dict[Node, int] = {}
    terms: dict[Node, int] = {}
    for part in walk(node):
        times = _whole_power(part)
        inside = [sums[child] for child in part.children]
        whole = times * (max(inside) if isinstance(part, Add) else sum(inside))
        sums[part] = min(_MUCH, whole + (len(part.bound) if isinstance(part, Reduce) else 0))
        below = [terms[child] for child in part.children]
        several = sum(below) if isinstance(part, Add) else prod(below) if isinstance(part, Mul | Reduce) else 1
        terms[part] = min(_MUCH, below[0] ** times if times > 1 else several)
    return (sums[node] ** 2 + 1) * terms[node] <= _MUCH


def _whole_power(node: Node) -> int:
    """n where the node is a power fⁿ that is multiplied out, else 1."""
    exponent = node.exponent if isinstance(node, Pow) else None
    whole = isinstance(exponent, Const) and isinstance(exponent.value, int) and 1 < exponent.value <= _MOST_POWER
    return int(exponent.value) if whole and isinstance(exponent, Const) else 1


def same(left: Array, right: Array, definitions: Mapping[str, Array] | None = None) -> bool:
    """Whether two arrays are surely equal: as they stand, or multiplied out (other names standing for themselves)."""
    if left.shape != right.shape:
        return False
    body = rename(right.body, dict(zip(right.axes, left.axes, strict=True)))
    context = Context(definitions=dict(definitions or {}))
    try:
        return body is left.body or multiplied_out(body, context) is multiplied_out(left.body, context)
    except TooLong:
        return False


class _Expander:
    """Multiplies out; remembers what it did."""

    def __init__(
        self,
        context: Context,
        shallow: bool = False,
        distribute: bool = True,
        scalars: bool = False,
        most: int | None = None,
    ) -> None:
        self.context, self.shallow, self.distribute, self.scalars = context, shallow, distribute, scalars
        self.most, self.spent = most, 0
        self._memo: dict[Node, Node] = {}
        self._root: Node | None = None

    def __call__(self, node: Node) -> Node:
        self._root = node
        return run(self._visit, node, self._memo)

    def _visit(self, node: Node) -> Generator[Node, Node, Node]:
        open_here = node.free or self.scalars or node is self._root
        if self.shallow and not (open_here and (isinstance(node, Add | Mul) or _is_sum(node))):
            return node
        if isinstance(node, Entry):
            definition = self.context.definitions.get(node.name)
            if definition is None:
                return self._turned(node)
            return (yield rename(definition.body, dict(zip(definition.axes, node.slots, strict=True))))
        if isinstance(node, Reduce) and _is_sum(node):
            indices, body = open_binder(node)
            return self._summed(indices, (yield body))
        rebuilt = yield from descend(node, atoms=True)
        if isinstance(rebuilt, Mul):
            return self._distributed(rebuilt)
        if isinstance(rebuilt, Pow):
            return _raised(rebuilt)
        if isinstance(rebuilt, Apply) and rebuilt.fn == "exp":
            return _exponential(rebuilt.args[0])
        return rebuilt

    def _turned(self, node: Entry) -> Node:
        """An entry of a symmetric matrix with its indices in one order."""
        if len(node.slots) != 2 or not self.context.facts.why("symmetric", node.name):
            return node
        return min(node, entry(node.name, *node.slots[::-1]), key=lambda n: n.digest)

    def _distributed(self, node: Node) -> Node:
        return _distributed(node) if self.distribute else node

    def _summed(self, indices: Sequence[Index], body: Node) -> Node:
        """Σ of each term by itself, the sums inside it that share an index merged with it."""
        return add(*(self._sum_of_product(list(indices), term) for term in terms_in(self._distributed(body))))

    def _sum_of_product(self, live: list[Index], term: Node) -> Node:
        coefficient, rest = split_coefficient(term)
        for factor in factors_in(rest):
            inner = _opened(factor, frozenset(live) | rest.free) if factor.free & frozenset(live) else None
            if inner is not None:
                more, body = inner
                others = mul(const(coefficient), rest, power(factor, const(-1)))
                return self._summed([*live, *more], mul(others, body))
        fixed = contracted(live, rest)
        if fixed is not rest:
            return self._summed(live, mul(const(coefficient), fixed)) if live else mul(const(coefficient), fixed)
        return mul(const(coefficient), self._least(live, rest))

    def _least(self, live: list[Index], product: Node) -> Node:
        """Σ of a product, constants before it; of the ways to write symmetric entries the one whose sum comes first."""
        self.spent += len(live) ** 2 * len(factors_in(product))
        if self.most is not None and self.spent > self.most:
            raise TooLong
        outside = [f for f in factors_in(product) if not f.free & frozenset(live)]
        product = mul(*(f for f in factors_in(product) if f.free & frozenset(live)))
        symmetric = [
            n for n in factors_in(product)
            if isinstance(n, Entry) and len(n.slots) == 2 and self.context.facts.why("symmetric", n.name)
        ][:_MOST_SYMMETRIC]  # fmt: skip
        if not symmetric or not live:
            return mul(*outside, sum_over(live, product))
        rest = mul(product, *(power(n, const(-1)) for n in symmetric))
        ways = []
        for turns in combinations((False, True), repeat=len(symmetric)):
            chosen = [entry(n.name, *(n.slots[::-1] if t else n.slots)) for n, t in zip(symmetric, turns, strict=True)]
            ways.append(sum_over(live, mul(rest, *chosen)))
        return mul(*outside, min(ways, key=lambda way: way.digest))


def _is_sum(node: Node) -> bool:
    return isinstance(node, Reduce) and node.op == "sum"


def _opened(factor: Node, avoid: frozenset[Index]) -> tuple[tuple[Index, ...], Node] | None:
    """Indices and body of a Σ, or of one of the equal Σ in a power of it (the others stay a factor)."""
    base, exponent = (factor.base, factor.exponent) if isinstance(factor, Pow) else (factor, ONE)
    if not (isinstance(base, Reduce) and base.op == "sum" and isinstance(exponent, Const)):
        return None
    if not (isinstance(exponent.value, int) and 0 < exponent.value <= _MOST_POWER):
        return None
    indices, body = open_binder(base, avoid)
    return indices, mul(body, power(base, const(exponent.value - 1)))


def _distributed(node: Node) -> Node:
    """A product of sums as a sum of products."""
    terms: list[Node] = [ONE]
    for factor in factors_in(node):
        if isinstance(factor, Add):
            terms = [mul(a, b) for a in terms for b in factor.terms]
            if len(terms) > _MOST_TERMS:
                raise TooLong
        else:
            terms = [mul(a, factor) for a in terms]
    result = add(*terms)
    again = any(isinstance(f, Add) for t in terms_in(result) for f in factors_in(t))
    return add(*(_distributed(t) for t in terms_in(result))) if again else result


def _raised(node: Pow) -> Node:
    """Whole powers of sums multiplied out; the base of any other power without its numerical and common factors.

    Of a root of a product, (a b)^(3/2), the whole part comes apart: as a node it stays, but not if it met in parts.
    """
    base, exponent = node.base, node.exponent
    if isinstance(base, Mul | Const | Pow) and isinstance(exponent, Const) and isinstance(exponent.value, Fraction):
        whole = floor(exponent.value)
        return mul(power(base, const(whole)), power(base, const(exponent.value - whole)))
    if not (isinstance(base, Add) and isinstance(exponent, Const) and isinstance(exponent.value, int)):
        return node
    if 0 < exponent.value <= _MOST_POWER:
        result: Node = ONE
        for _ in range(exponent.value):
            result = add(*(mul(a, b) for a in terms_in(result) for b in base.terms))
            if len(terms_in(result)) > _MOST_TERMS:
                raise TooLong
        return _distributed(result)
    common, rest = common_factor(base)
    lead: Number = split_coefficient(terms_in(rest)[0])[0]
    if isinstance(lead, float):
        return node
    rest = add(*(mul(const(Fraction(1, 1) / lead), term) for term in terms_in(rest)))
    return mul(*(power(f, exponent) for f in (const(lead), *common)), power(rest, exponent))


def _exponential(argument: Node) -> Node:
    """exp(a + 2 b) as exp(a) exp(b)²."""
    factors = []
    for term in terms_in(argument):
        coefficient, rest = split_coefficient(term)
        whole = isinstance(coefficient, int) and rest is not ONE
        factors.append(power(apply("exp", rest), const(coefficient)) if whole else apply("exp", term))
    return mul(*factors)
