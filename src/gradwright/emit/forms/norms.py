"""Roots of sums of squares. Owns: finding them however they are written, and keeping their squares out of the rest.

√(c Σ f² + e) is one array h, which a target computes without overflow or underflow; a quotient f/h is an array of its
own, so that no square of h and no product of two large f is ever formed: xᵀy/(|x||y|) is the product of two unit
vectors, xᵀc/|x| is divided when it is summed. Applied to what has been derived, for h has no derivative. Never:
spells, changes a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from gradwright.core.build import (
    HALF,
    MINUS_ONE,
    ONE,
    ZERO,
    add,
    apply,
    const,
    matfn,
    mul,
    open_binder,
    power,
    rename,
    size,
    split_coefficient,
    total,
    where,
)
from gradwright.core.context import Context
from gradwright.core.index import Index
from gradwright.core.node import (
    Add,
    Apply,
    Const,
    Entry,
    MatFn,
    Mul,
    Node,
    Pow,
    Reduce,
    Size,
    Where,
    factors_in,
    terms_in,
    walk,
)
from gradwright.core.walk import bottom_up
from gradwright.emit.forms.canon import Named, canonical
from gradwright.emit.forms.stable import _assignments
from gradwright.tables.scalars import POSITIVE, those

NORM, HYPOT, ROOT = "norm", "hypot", "root"
"""√(c Σ f² + e) over indices; √(a² + b²) of two numbers; a root that is NaN where its argument may have lost digits."""
_POSITIVE = those(lambda row: row.sign == POSITIVE)


class Norms:
    """Rewrites formulas; ``arrays`` holds the quotients that keep a name of their own."""

    def __init__(self, context: Context, formulas: Iterable[Node]) -> None:
        self.context = context
        self._named = Named("~over")
        self._memo: dict[Node, Node] = {}
        self.arrays = self._named.arrays
        nodes = [n for formula in formulas for n in walk(formula)]
        under = [n.base for n in nodes if isinstance(n, Pow) and _half(n)]
        under += [factor for base in under if isinstance(base, Mul) for factor in base.factors]
        under += [n.args[0] for n in nodes if isinstance(n, Apply) and _logarithm(n)]
        self._roots = {canonical(base)[0].body for base in under}
        roots = [self._root(base) for base in under]
        self._bounded = {canonical(f)[0].body for root in roots if root is not None for f in _squared(root)}

    def __call__(self, node: Node) -> Node:
        """The formula with every root of a sum of squares as an array that is safe to compute."""
        return bottom_up(self._rule, node, self._memo) if self._roots else node

    def _rule(self, node: Node) -> Node:
        if isinstance(node, Pow) and isinstance(node.exponent, Const):
            whole = isinstance(node.exponent.value, int) and node.exponent.value < 0
            if _half(node) or (whole and canonical(node.base)[0].body in self._roots):
                root = self._root(node.base)
                return node if root is None else self._rule(power(root, mul(const(2), node.exponent)))
        if isinstance(node, Apply) and _logarithm(node):
            root = self._root(node.args[0])
            return mul(const(2), apply("log", root)) if isinstance(root, MatFn) else node
        if isinstance(node, Mul):
            return self._quotients(node)
        return self._difference(node) if isinstance(node, Add) else node

    # --- what is a root ---

    def _root(self, x: Node) -> Node | None:
        """√x, where x is a sum of squares and of what is positive; None where it is not."""
        if isinstance(x, Mul) and sum(isinstance(f, Reduce | Add) for f in x.factors) > 1:
            roots = [self._root(f) or (power(f, HALF) if self._positive(f) else None) for f in x.factors]
            return None if None in roots else mul(*(r for r in roots if r is not None))
        terms = terms_in(x)
        found = [(term, self._square(term)) for term in terms]
        squares = [square for _, square in found if square is not None]
        rest = add(*(term for term, square in found if square is None))
        if not squares or not (rest is ZERO or self._positive(rest)):
            return None
        if len(squares) == 1 and squares[0][1] and not rest.free and not squares[0][0].free:
            scale, indices, f = squares[0]
            return matfn(NORM, 0, (), indices, f, scale, rest)
        parts = [mul(power(c, HALF), matfn(NORM, 0, (), i, f, ONE, ZERO) if i else f) for c, i, f in squares]
        parts += [power(rest, HALF)] if rest is not ZERO else []
        root = parts[0] if len(parts) > 1 else apply("abs", parts[0])
        for part in parts[1:]:
            root = apply(HYPOT, root, part)
        return root

    def _square(self, term: Node) -> tuple[Node, tuple[Index, ...], Node] | None:
        """(c, indices, f), where the term is c Σ f² over the indices (none: c f²) and c is positive."""
        factors = factors_in(term)
        over = next((f for f in factors if isinstance(f, Reduce) and f.op == "sum"), None)
        indices, body = ((), term) if over is None else open_binder(over)
        outside = () if over is None else tuple(f for f in factors if f is not over)
        inner = factors_in(body)
        even = [f for f in inner if isinstance(f, Pow) and isinstance(f.exponent, Const) and _even(f.exponent)]
        scale = mul(*(f for f in inner if f not in even), *outside)
        if not even or not self._positive(scale) or scale.free & set(indices):
            return None
        root = mul(*(power(f.base, mul(HALF, f.exponent)) for f in even))
        counted = (size(i.dim) for i in indices if i not in root.free)
        return mul(scale, *counted), tuple(i for i in indices if i in root.free), root

    def _positive(self, x: Node) -> bool:
        if isinstance(x, Const):
            return x.value > 0
        if isinstance(x, Pow):
            return self._positive(x.base) or (isinstance(x.exponent, Const) and _even(x.exponent))
        if isinstance(x, Add):  # n − 1, too
            return all(self._positive(t) for t in x.terms if t is not MINUS_ONE) and (
                MINUS_ONE not in x.terms or any(isinstance(t, Size) for t in x.terms)
            )
        if isinstance(x, Mul):
            return all(map(self._positive, x.factors))
        if isinstance(x, Entry):
            return bool(self.context.facts.ask("positive", x.name))
        return isinstance(x, Size) or (isinstance(x, Apply) and x.fn in _POSITIVE)

    # --- quotients ---

    def _quotients(self, node: Mul) -> Node:
        """The product with each 1/h taken into an f, or into a sum of products of f."""
        choice = next((f for f in node.factors if isinstance(f, Where) and _divides(f)), None)
        if choice is not None:
            others = [f for f in node.factors if f is not choice]
            then, other = (self._rule(mul(*others, branch)) for branch in (choice.then, choice.other))
            return where(choice.op, choice.left, choice.right, then, other)
        under = [f for f in node.factors if _over_root(f)]
        rest = mul(*(f for f in node.factors if f not in under))
        left: list[Node] = []
        for factor in under:
            root, times = factor.children
            again = [f for f in factors_in(rest) if self._squares(f, root)]
            rest = mul(*(f for f in factors_in(rest) if f not in again))
            times = add(times, *(const(2) for _ in again))
            while isinstance(times, Const) and times.value < 0:
                taken = self._over(rest, root)
                if taken is None:
                    break
                rest, times = taken, add(times, ONE)
            left.append(power(root, times))
        return mul(rest, *left)

    def _squares(self, x: Node, root: Node) -> bool:
        return isinstance(x, Reduce | Add) and self._root(x) is root

    def _over(self, x: Node, root: Node) -> Node | None:
        """x/h with h taken into an f that x is made of; None where x is not."""
        for f in _parts(root, x):
            have = list(factors_in(x))
            if all(g in have for g in factors_in(f)):
                rest = [g for g in have if g not in factors_in(f)]
                return mul(self._named(mul(f, power(root, MINUS_ONE))), *rest)
        if isinstance(x, Pow) and isinstance(x.exponent, Const) and isinstance(x.exponent.value, int):
            once = self._over(x.base, root) if x.exponent.value > 1 else None
            return None if once is None else mul(once, power(x.base, add(x.exponent, MINUS_ONE)))
        if isinstance(x, Reduce) and x.op == "sum":
            indices, body = open_binder(x, avoid=root.free)
            inner = self._over(body, root)
            if inner is None:
                return None
            factors = factors_in(body)
            large = sum(map(self._large, factors))
            return total(indices, inner) if large > 1 else self._named(mul(x, power(root, MINUS_ONE)))
        if isinstance(x, Add):
            terms = [self._over(term, root) for term in x.terms]
            return None if None in terms else add(*(t for t in terms if t is not None))
        for factor in x.factors if isinstance(x, Mul) else ():
            found = self._over(factor, root)
            if found is not None:
                return mul(found, *(f for f in x.factors if f is not factor))  # type: ignore[attr-defined]
        return None

    def _large(self, x: Node) -> bool:
        """Whether a factor speaks against dividing its sum: what has a norm, or has been divided by it."""
        divided = isinstance(x, Entry) and x.name in self.arrays
        return divided or isinstance(x, Pow) or canonical(x)[0].body in self._bounded

    def _difference(self, node: Add) -> Node:
        """√(f² + b²) − b as f · f/(√(f² + b²) + b), which does not cancel."""
        for term in node.terms:
            coefficient, root = split_coefficient(term)
            if isinstance(root, Apply) and root.fn == HYPOT:
                f, b = root.args
                against = mul(const(-coefficient), b)
                if against in node.terms and self._positive(b):
                    rest = add(*(t for t in node.terms if t is not term and t is not against))
                    quotient = self._named(mul(f, power(add(root, b), MINUS_ONE)))
                    return add(rest, mul(const(coefficient), f, quotient))
        return node


def _parts(root: Node, x: Node) -> Iterator[Node]:
    """What the root is the root of the squares of, at every place in x."""
    if isinstance(root, MatFn):
        indices, f = open_binder(root)
        for at in _assignments(indices, x):
            yield rename(f, dict(zip(indices, at, strict=True)))
    elif isinstance(root, Apply):
        for part in root.args:
            if is_root(part):
                yield from _parts(part, x)
            elif part.free:
                yield split_coefficient(part)[1]


def _squared(root: Node) -> Iterator[Node]:
    """What the root is the root of the squares of."""
    if isinstance(root, MatFn):
        yield open_binder(root)[1]
    for part in root.args if isinstance(root, Apply) and root.fn == HYPOT else ():
        yield from _squared(part) if is_root(part) else (split_coefficient(part)[1],)


def is_root(x: Node) -> bool:
    return (isinstance(x, MatFn) and x.fn == NORM) or (isinstance(x, Apply) and x.fn == HYPOT)


def _half(x: Pow) -> bool:
    return isinstance(x.exponent, Const) and Fraction(x.exponent.value).denominator == 2


def _even(x: Const) -> bool:
    return isinstance(x.value, int) and x.value % 2 == 0


def _over_root(x: Node) -> bool:
    """Whether it is a power of one over a root."""
    whole = isinstance(x, Pow) and isinstance(x.exponent, Const) and isinstance(x.exponent.value, int)
    return whole and is_root(x.base) and x.exponent.value < 0  # type: ignore[attr-defined]


def _divides(x: Where) -> bool:
    """Whether a branch is a product with one over a root."""
    factors = [f for b in (x.then, x.other) for f in factors_in(b)]
    return any(map(_over_root, factors))


def _logarithm(x: Node) -> bool:
    """A logarithm of a sum over an index, perhaps of squares."""
    inner = x.args[0] if isinstance(x, Apply) and x.fn == "log" else None
    return inner is not None and any(isinstance(n, Reduce) and n.op == "sum" for n in (inner, *inner.children))
