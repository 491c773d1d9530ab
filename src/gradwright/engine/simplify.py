"""From a raw derivative to the form a person would write. Owns: the simplifying passes. Never: differentiates.

A pass takes a whole expression to an equal one and says which rules and facts it used. Sums are split only where a
Kronecker delta asks for it and products are multiplied out only there, so that the shape the user gave survives.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import field
from fractions import Fraction

from gradwright.core.build import (
    MINUS_ONE,
    ONE,
    ZERO,
    add,
    const,
    mul,
    open_binder,
    power,
    reduce,
    rename,
    size,
    split_coefficient,
    total,
)
from gradwright.core.facts import Given
from gradwright.core.index import AT, Index
from gradwright.core.node import Add, Apply, Const, Delta, MatFn, Mul, Node, Number, Pow, Reduce, factors_in, walk
from gradwright.core.record import dataclass
from gradwright.core.rule import Rule
from gradwright.core.walk import descend, run
from gradwright.tables import simplifications as rows
from gradwright.tables.identities import IDENTITIES

SPLIT, OUTSIDE, COLLAPSE, COLLECT, ORIENT, MERGE, MULTIPLY = (
    row.rule
    for row in (rows.SPLIT, rows.OUTSIDE, rows.COLLAPSE, rows.FACTOR_OUT, rows.ORIENT, rows.MERGE, rows.MULTIPLY)
)


@dataclass
class Used:
    """What a pass used: the rules that fired, the facts they needed, the names they recognised."""

    rules: dict[Rule, None] = field(default_factory=dict)
    facts: dict[str, None] = field(default_factory=dict)

    def note(self, rule: Rule, fact: str | None = None) -> None:
        self.rules[rule] = None
        if fact is not None:
            self.facts[fact] = None

    def since(self, row: rows.Simplification, why: Given, **said: str) -> None:
        """Note a rule that a fact allows, and the fact."""
        self.note(row.since(why, **said), str(why))


Visit = Generator[Node, Node, Node]


def split(node: Node, used: Used, memo: dict[Node, Node]) -> Node:
    """Multiply out δ-bearing factors under a Σ, split the Σ at them, and take constants out of it."""

    def visit(current: Node) -> Visit:
        if not isinstance(current, Reduce) or current.op != "sum":
            return (yield from descend(current))
        indices, body = open_binder(current)
        inner = yield body
        if inner is body and not inner.deltas and _all_touched(inner, indices):
            return current
        result = _split_sum(indices, inner)
        if result is not current and _opened_differs(result, current):
            used.note(SPLIT if _is_split(inner) else OUTSIDE)
        return result

    return run(visit, node, memo)


def _all_touched(body: Node, indices: Sequence[Index]) -> bool:
    """Whether a Σ over one index has nothing to split off: every factor of its body depends on the index."""
    factors = factors_in(body)
    return len(indices) == 1 and not isinstance(body, Add) and all(indices[0] in f.free for f in factors)


def _is_split(body: Node) -> bool:
    """Whether a Σ of the body is multiplied out or split, and not only rid of constants."""
    return _multiplied_out(body) is not body or (isinstance(body, Add) and any(map(_has_delta, body.terms)))


def _opened_differs(result: Node, before: Node) -> bool:
    return not (isinstance(result, Reduce) and isinstance(before, Reduce) and result.bound == before.bound)


def _split_sum(indices: Sequence[Index], body: Node) -> Node:
    body = _multiplied_out(body)
    if isinstance(body, Add):
        apart = [t for t in body.terms if t.deltas and _has_delta(t)]
        if apart:
            rest = add(*(t for t in body.terms if t not in apart))
            pieces = [_split_sum(indices, t) for t in apart]
            return add(*pieces, _split_sum(indices, rest) if rest is not ZERO else ZERO)
        common, _ = common_factor(body)
        outside = [f for f in common if not (f.free & frozenset(indices))]
        if outside:
            return mul(*outside, sum_over(indices, divide_out(body, outside)))
        return sum_over(indices, body)
    if isinstance(body, Mul):
        bound = frozenset(indices)
        outside = [f for f in body.factors if not (f.free & bound)]
        inside = [f for f in body.factors if f.free & bound]
        return mul(*outside, sum_over(indices, mul(*inside)))
    return sum_over(indices, body)


def sum_over(indices: Sequence[Index], body: Node) -> Node:
    """Σ of the body; an index that does not occur counts its extent, and groups that share no index part ways."""
    idle = [i for i in indices if i not in body.free]
    live = [i for i in indices if i in body.free]
    groups = _independent(body, live) if len(live) > 1 and isinstance(body, Mul) else [(live, body)]
    sums = [total(group, part) if group else part for group, part in groups]
    return mul(*(size(i.dim) for i in idle), *sums)


def _independent(body: Mul, live: Sequence[Index]) -> list[tuple[list[Index], Node]]:
    """(Σ f)(Σ g) rather than ΣΣ fg: the factored form is the normal one."""
    groups: list[tuple[set[Index], list[Node]]] = []
    for factor in body.factors:
        touched = set(live) & factor.free
        merged, parts = touched, [factor]
        for other in [g for g in groups if g[0] & touched]:
            groups.remove(other)
            merged, parts = merged | other[0], other[1] + parts
        groups.append((merged, parts))
    return [([i for i in live if i in touched], mul(*parts)) for touched, parts in groups]


def _has_delta(node: Node) -> bool:
    if isinstance(node, Delta):
        return True
    if isinstance(node, Mul):
        return any(_has_delta(f) for f in node.factors)
    return False


def _multiplied_out(body: Node) -> Node:
    """Distribute a product over those of its factors that are sums with a δ."""
    if isinstance(body, Add):
        return add(*(_multiplied_out(t) for t in body.terms))
    if not isinstance(body, Mul) or not body.deltas:
        return body
    for factor in body.factors:
        if isinstance(factor, Add) and any(_has_delta(_multiplied_out(t)) for t in factor.terms):
            rest = [f for f in body.factors if f is not factor]
            terms = _multiplied_out(factor)
            if not isinstance(terms, Add):  # its terms cancelled, all but one
                return _multiplied_out(mul(terms, *rest))
            plain = add(*(t for t in terms.terms if not _has_delta(t)))
            spread = [mul(t, *rest) for t in terms.terms if _has_delta(t)]
            return add(*(_multiplied_out(t) for t in (*spread, mul(plain, *rest))))
    return body


def multiply_out(node: Node) -> Node:
    """δ-bearing sums multiplied out at the top of a result: what matrix notation is recovered from."""
    return _multiplied_out(node)


def collapse(node: Node, used: Used, memo: dict[Node, Node], order: Sequence[Index]) -> Node:
    """Contract every Σ with a δ, and let a δ of free indices rename its companions (to the earlier in ``order``)."""

    def visit(current: Node) -> Visit:
        if not current.deltas:
            return current
        if isinstance(current, Reduce) and current.op == "sum":
            indices, body = open_binder(current)
            inner = yield body
            live = list(indices)
            fixed = contracted(live, inner)
            if fixed is inner:
                return current if inner is body else reduce("sum", live, inner)
            used.note(COLLAPSE)
            return sum_over(live, fixed)
        rebuilt = yield from descend(current)
        if isinstance(rebuilt, Mul) and rebuilt.deltas:
            return _renamed_by_delta(rebuilt, order)
        if isinstance(rebuilt, Pow) and isinstance(rebuilt.base, Delta) and isinstance(rebuilt.exponent, Const):
            return rebuilt.base if rebuilt.exponent.value > 0 else rebuilt
        return rebuilt

    return run(visit, node, memo)


def contracted(live: list[Index], body: Node) -> Node:
    """Remove from ``live`` every index a δ factor fixes, substituting it."""
    progress = True
    while progress:
        progress = False
        factors = factors_in(body)
        for factor in factors:
            if not isinstance(factor, Delta):
                continue
            here = factor.left if factor.left in live else factor.right
            if here not in live:
                continue
            there = factor.right if here is factor.left else factor.left
            body = rename(mul(*(f for f in factors if f is not factor)), {here: there})
            live.remove(here)
            progress = True
            break
    return body


def _renamed_by_delta(product: Mul, order: Sequence[Index]) -> Node:
    """In δ_ik f_k write f_i, where i comes before k in the order of axes."""
    place = {index: number for number, index in enumerate(order)}
    result: Node = product
    for factor in product.factors:
        if isinstance(factor, Delta) and factor.right.kind != AT and factor.left.kind != AT:
            keep, drop = factor.left, factor.right
            if place.get(drop, -1) < place.get(keep, -1):
                keep, drop = drop, keep
            rest = mul(*(f for f in product.factors if f is not factor))
            if drop in rest.free and not _names_delta(rest, drop):
                result = mul(factor, rename(rest, {drop: keep}))
                return _renamed_by_delta(result, order) if isinstance(result, Mul) else result
    return result


def _names_delta(node: Node, index: Index) -> bool:
    """Whether ``index`` occurs in the node only inside further δ factors (which a renaming would not shorten)."""
    factors = factors_in(node)
    return all(isinstance(f, Delta) for f in factors if index in f.free)


def identities(node: Node, used: Used, memo: dict[Node, Node]) -> Node:
    """Rewrite by the table of identities, from the leaves up."""

    def visit(current: Node) -> Visit:
        rebuilt = yield from descend(current)
        for row in IDENTITIES:
            if isinstance(rebuilt, row.kinds):
                other = row.rewrite(rebuilt)
                if other is not None:
                    used.note(row.rule)
                    return (yield other)
        return rebuilt

    return run(visit, node, memo)


def powers(product: Node) -> dict[Node, Node]:
    """The bases of a product, each with its exponent."""
    factors = factors_in(product)
    return dict((f.base, f.exponent) if isinstance(f, Pow) else (f, ONE) for f in factors)


# --- factoring -----------------------------------------------------------------------------------------------------


def common_factor(node: Add) -> tuple[list[Node], Node]:
    """The factors common to every term (a numerical one not among them), and what is left."""
    shared: dict[Node, Node] | None = None
    for term in node.terms:
        own = {b: e for b, e in powers(split_coefficient(term)[1]).items() if isinstance(e, Const)}
        if shared is None:
            shared = dict(own)
            continue
        shared = {b: _lesser(e, own[b]) for b, e in shared.items() if b in own and _same_sign(e, own[b])}
        if not shared:
            break
    common = [power(b, e) for b, e in (shared or {}).items() if b is not ONE]
    return common, divide_out(node, common) if common else node


def divide_out(node: Add, factors: Sequence[Node]) -> Node:
    inverse = mul(*(power(f, MINUS_ONE) for f in factors))
    return add(*(mul(term, inverse) for term in node.terms))


def _same_sign(a: Node, b: Node) -> bool:
    return isinstance(a, Const) and isinstance(b, Const) and (a.value > 0) == (b.value > 0)


def _lesser(a: Node, b: Node) -> Node:
    assert isinstance(a, Const)
    assert isinstance(b, Const)
    return a if (a.value <= b.value if a.value > 0 else a.value >= b.value) else b


Signature = frozenset[tuple[frozenset[str], bool]]


def signature(node: Add) -> Signature:
    """Which way round a difference is written: the names in each term, and its sign."""
    return frozenset((term.names, _is_negative(term)) for term in node.terms)


def _is_negative(term: Node) -> bool:
    return split_coefficient(term)[0] < 0


def written_differences(nodes: Iterable[Node]) -> frozenset[Signature]:
    """The differences in what the user wrote: x − y stays x − y, and does not become −(y − x)."""
    return frozenset(signature(n) for node in nodes for n in walk(node) if isinstance(n, Add))


def _turned_round(node: Node, known: frozenset[Signature]) -> bool:
    """Whether the user wrote the opposite of this difference, and not the difference itself."""
    if not isinstance(node, Add):
        return False
    here = signature(node)
    return here not in known and frozenset((names, not sign) for names, sign in here) in known


def orient(node: Node, used: Used, memo: dict[Node, Node], known: frozenset[Signature]) -> Node:
    """Write every difference that is a factor the way round the user wrote it, so that like terms meet."""

    def visit(current: Node) -> Visit:
        if isinstance(current, Apply | MatFn):
            return current
        rebuilt = yield from descend(current)
        if isinstance(rebuilt, Mul) and any(_turned_round(f, known) for f in rebuilt.factors):
            used.note(ORIENT)
            return mul(*(_opposite(f) if _turned_round(f, known) else f for f in rebuilt.factors))
        return rebuilt

    return run(visit, node, memo)


def _opposite(node: Node) -> Node:
    """−1 and the sum with its signs turned: equal to the sum."""
    return mul(MINUS_ONE, add(*(mul(MINUS_ONE, term) for term in node.children)))


def factor(node: Node, used: Used, memo: dict[Node, Node], known: frozenset[Signature] = frozenset()) -> Node:
    """Take common factors out of every sum, and a minus into a sum where that leaves fewer of them."""

    def visit(current: Node) -> Visit:
        if isinstance(current, Apply | MatFn):  # what stands inside a function is the user's own
            return current
        rebuilt = yield from descend(current)
        if isinstance(rebuilt, Add):
            common, rest = common_factor(rebuilt)
            if common:
                used.note(COLLECT)
                rebuilt = mul(*common, rest)
        if isinstance(rebuilt, Mul):
            return _sign_inside(_content_outside(rebuilt), known)
        return rebuilt

    return run(visit, node, memo)


def _content_outside(node: Mul) -> Node:
    """1/2 (2 a + 2 b) as a + b: a number common to the terms of a sum goes to the number in front of the product."""
    coefficient, rest = split_coefficient(node)
    factors = factors_in(rest)
    for place, part in enumerate(factors):
        sizes: set[Number] = set()
        for term in part.terms if isinstance(part, Add) else ():
            times: Number = split_coefficient(term)[0]
            sizes.add(-times if times < 0 else times)
        if len(sizes) != 1 or isinstance(coefficient, float):
            continue
        (size,) = sizes
        if size == 1 or isinstance(size, float):
            continue
        smaller = add(*(mul(const(Fraction(1) / size), term) for term in part.children))
        return mul(const(coefficient * size), *factors[:place], smaller, *factors[place + 1 :])
    return node


def _sign_inside(node: Node, known: frozenset[Signature]) -> Node:
    """−(a − b) as b − a: the minus goes into the one sum that has as many negative terms as positive ones, or more."""
    coefficient, rest = split_coefficient(node)
    if isinstance(coefficient, float) or coefficient >= 0:
        return node
    factors = factors_in(rest)
    for place, part in enumerate(factors):
        if not isinstance(part, Add) or signature(part) in known:
            continue
        if 2 * sum(map(_is_negative, part.terms)) >= len(part.terms):
            turned = add(*(mul(MINUS_ONE, term) for term in part.terms))
            return mul(const(-coefficient), *factors[:place], turned, *factors[place + 1 :])
    return node
