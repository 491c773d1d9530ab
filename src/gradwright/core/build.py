"""Constructors. Owns: the canonical form every node is born in. Never: does what a reader would call a step.

Done here: flattening, exact arithmetic on constants, collecting like terms and equal bases, canonical order, and
canonical bound indices (numbered from the height of the body, so renaming a summation index gives the same object).
Everything else is a rule with a name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any

from gradwright.core.index import AT, Dim, Index, bound_index, free_index, terms_of
from gradwright.core.node import (
    Add,
    Apply,
    Const,
    Delta,
    Deriv,
    Entry,
    MatFn,
    Mul,
    Node,
    Number,
    Ordinal,
    Pow,
    Reduce,
    Size,
    Where,
    factors_in,
    intern,
)

_MAX_EXACT_POWER = 4096  # bits: beyond it a power of constants stays unevaluated


def const(value: Number) -> Node:
    """An exact number."""
    if isinstance(value, Fraction) and value.denominator == 1:
        value = value.numerator
    return intern(Const, value)


ZERO = const(0)
ONE = const(1)
MINUS_ONE = const(-1)
HALF = const(Fraction(1, 2))


def is_const(node: Node, value: Number) -> bool:
    return type(node) is Const and node.value == value


def size(dim: Dim) -> Node:
    """An extent as a number; what is made of names is written out in theirs."""
    if not isinstance(dim, str):
        return add(*(mul(const(times), *map(size, names)) for names, times in terms_of(dim).items()))
    return intern(Size, dim)


def entry(name: str, *slots: Index) -> Node:
    return intern(Entry, name, tuple(slots))


def ordinal(index: Index) -> Node:
    return const(int(index.name)) if index.kind == AT else intern(Ordinal, index)


def delta(left: Index, right: Index) -> Node:
    """Kronecker's delta; symmetric, so the order of its indices is canonical."""
    if left is right:
        return ONE
    if left.kind == AT and right.kind == AT:
        return ZERO
    return intern(Delta, *sorted((left, right), key=_digest))


def split_coefficient(node: Node) -> tuple[Number, Node]:
    """``3*x*y`` as ``(3, x*y)``."""
    if isinstance(node, Const):
        return node.value, ONE
    if isinstance(node, Mul) and isinstance(node.factors[0], Const):
        rest = node.factors[1:]
        return node.factors[0].value, rest[0] if len(rest) == 1 else intern(Mul, rest)
    return 1, node


def _scaled(coefficient: Number, rest: Node) -> Node:
    if rest is ONE:
        return const(coefficient)
    if coefficient == 1:
        return rest
    factors = factors_in(rest)
    return intern(Mul, (const(coefficient), *factors))


def _digest(part: Node | Index) -> int:
    return part.digest


def add(*terms: Node) -> Node:
    """A sum: flat, like terms collected, in canonical order."""
    collected: dict[Node, Number] = {}
    stack = list(reversed(terms))
    while stack:
        term = stack.pop()
        if isinstance(term, Add):
            stack.extend(reversed(term.terms))
            continue
        coefficient, rest = split_coefficient(term)
        collected[rest] = collected.get(rest, 0) + coefficient
    kept = [_scaled(c, rest) for rest, c in collected.items() if c != 0]
    if not kept:
        return ZERO
    if len(kept) == 1:
        return kept[0]
    kept.sort(key=_digest)
    return intern(Add, tuple(kept))


def mul(*factors: Node) -> Node:
    """A product: flat, equal bases collected, the coefficient first, the rest in canonical order."""
    coefficient, powers = _bases(factors)
    if coefficient == 0:
        return ZERO
    kept: list[Node] = []
    for base, exponents in powers.items():
        raised = power(base, exponents[0] if len(exponents) == 1 else add(*exponents))
        if isinstance(raised, Const):
            coefficient = coefficient * raised.value
        elif isinstance(raised, Mul):  # a power of a product came apart again
            return mul(const(coefficient), *kept, raised, *(power(b, add(*e)) for b, e in _after(powers, base)))
        else:
            kept.append(raised)
    if not kept:
        return const(coefficient)
    if len(kept) == 1 and coefficient == 1:
        return kept[0]
    kept.sort(key=_digest)
    if coefficient != 1:
        kept.insert(0, const(coefficient))
    return intern(Mul, tuple(kept))


def _bases(factors: Sequence[Node]) -> tuple[Number, dict[Node, list[Node]]]:
    """The number that a product holds, and its bases with all the exponents each of them has there."""
    coefficient: Number = 1
    powers: dict[Node, list[Node]] = {}
    stack = list(reversed(factors))
    while stack:
        factor = stack.pop()
        if isinstance(factor, Const):
            coefficient = coefficient * factor.value
        elif isinstance(factor, Mul):
            stack.extend(reversed(factor.factors))
        elif isinstance(factor, Pow):
            powers.setdefault(factor.base, []).append(factor.exponent)
        else:
            powers.setdefault(factor, []).append(ONE)
    return coefficient, powers


def _after(powers: dict[Node, list[Node]], base: Node) -> list[tuple[Node, list[Node]]]:
    items = list(powers.items())
    return items[[b for b, _ in items].index(base) + 1 :]


def power(base: Node, exponent: Node) -> Node:
    """A power; whole powers of products and of powers are multiplied out."""
    if is_const(exponent, 0):
        return ONE
    if is_const(exponent, 1) or base is ONE:
        return base
    whole = isinstance(exponent, Const) and isinstance(exponent.value, int)
    if isinstance(base, Const) and isinstance(exponent, Const):
        value = _const_power(base.value, exponent.value)
        if value is not None:
            return const(value)
    if whole and isinstance(base, Pow):
        return power(base.base, mul(base.exponent, exponent))
    if whole and isinstance(base, Mul):
        return mul(*(power(factor, exponent) for factor in base.factors))
    return intern(Pow, base, exponent)


def _const_power(base: Number, exponent: Number) -> Number | None:
    if isinstance(base, float) or isinstance(exponent, float):
        return None
    if isinstance(exponent, int):
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if (base == 0 and exponent < 0) or bits * abs(exponent) > _MAX_EXACT_POWER:
            return None
        result = Fraction(base) ** exponent
        return result.numerator if result.denominator == 1 else result
    if exponent.denominator == 2 and base > 0:
        top, bottom = math.isqrt(base.numerator), math.isqrt(base.denominator)
        if top * top == base.numerator and bottom * bottom == base.denominator:
            return _const_power(Fraction(top, bottom), exponent.numerator)
    return None


def divide(top: Node, bottom: Node) -> Node:
    return mul(top, power(bottom, MINUS_ONE))


def negate(node: Node) -> Node:
    return mul(MINUS_ONE, node)


def subtract(left: Node, right: Node) -> Node:
    return add(left, negate(right))


def apply(fn: str, *args: Node) -> Node:
    return intern(Apply, fn, tuple(args))


def where(op: str, left: Node, right: Node, then: Node, other: Node) -> Node:
    return then if then is other else intern(Where, op, left, right, then, other)


def deriv(body: Node, name: str, slots: Sequence[Index]) -> Node:
    return intern(Deriv, body, name, tuple(slots))


# --- binders -------------------------------------------------------------------------------------------------------


def reduce(op: str, indices: Iterable[Index], body: Node) -> Node:
    """Σ, Π, max or min of ``body`` over ``indices``; nested reductions of one kind become one block."""
    block = list(dict.fromkeys(indices))
    while isinstance(body, Reduce) and body.op == op:
        opened, inner = open_binder(body, avoid=frozenset(block))
        block, body = [*block, *opened], inner
    if not block:
        return body
    bound, closed = _close(_ordered(block, body), body)
    return intern(Reduce, op, bound, closed)


def total(indices: Iterable[Index], body: Node) -> Node:
    """Σ of ``body`` over ``indices``; a sum of nothing is nothing."""
    return ZERO if body is ZERO else reduce("sum", indices, body)


def matfn(fn: str, order: int, slots: Sequence[Index], arg_indices: Sequence[Index], arg: Node, *given: Node) -> Node:
    """An entry of a function of the array ``arg_indices -> arg`` (their order is the argument's order of axes)."""
    bound, closed = _close(list(arg_indices), arg)
    return intern(MatFn, fn, order, tuple(slots), bound, closed, given)


def _close(block: list[Index], body: Node) -> tuple[tuple[Index, ...], Node]:
    bound = tuple(bound_index(body.height + 1 + k, index.dim) for k, index in enumerate(block))
    return bound, rename(body, dict(zip(block, bound, strict=True)))


def open_binder(node: Node, avoid: frozenset[Index] = frozenset()) -> tuple[tuple[Index, ...], Node]:
    """The binder's indices as fresh free ones, and the body in them. Names are a function of the node alone."""
    assert isinstance(node, Reduce | MatFn)
    if not avoid and node._opened is not None:
        return node._opened  # type: ignore[return-value]
    taken = node.free | avoid
    fresh = []
    for index in node.bound:
        name = f"~{index.name}"
        while any(other.name == name for other in taken):
            name += "'"
        fresh.append(free_index(name, index.dim))
    result = tuple(fresh), rename(node.body, dict(zip(node.bound, fresh, strict=True)))
    if not avoid:
        node._opened = result
    return result


def open_sums(node: Reduce, avoid: frozenset[Index] = frozenset()) -> tuple[tuple[Index, ...], Node]:
    """The indices and body of a Σ, with every Σ that is a factor of its body opened too."""
    indices, body = open_binder(node, avoid)
    while isinstance(body, Mul):
        inner = next((f for f in body.factors if isinstance(f, Reduce) and f.op == "sum"), None)
        if inner is None:
            break
        more, opened = open_binder(inner, avoid | body.free | frozenset(indices))
        indices, body = (*indices, *more), mul(*(f for f in body.factors if f is not inner), opened)
    return indices, body


def rename(node: Node, mapping: dict[Index, Index]) -> Node:
    """``node`` with free indices replaced; untouched parts are shared."""
    live = {a: b for a, b in mapping.items() if a is not b and a in node.free}
    if not live:
        return node
    memo: dict[Node, Node] = {}
    keys = frozenset(live)
    targets = frozenset(live.values())
    one_to_one = (
        len(targets) == len(live) and not (targets & (node.free - keys)) and not any(t.kind == AT for t in targets)
    )
    stack = [node]
    while stack:
        current = stack[-1]
        if current in memo:
            stack.pop()
            continue
        if not (current.free & keys):
            memo[current] = current
            stack.pop()
            continue
        waiting = [child for child in current.children if child not in memo]
        if waiting:
            stack.extend(waiting)
            continue
        memo[current] = _renamed(current, live, memo, one_to_one)
        stack.pop()
    return memo[node]


def _renamed(node: Node, live: dict[Index, Index], memo: dict[Node, Node], one_to_one: bool) -> Node:
    if isinstance(node, Reduce | MatFn):
        # A bound target (closing an outer binder) is numbered above everything inside, a free one has a name no
        # binder uses: neither can be captured by the indices bound here.
        body = memo[node.body]
        if isinstance(node, Reduce):
            return _rebind(node, body)
        given = tuple(memo[child] for child in node.given)
        return intern(MatFn, node.fn, node.order, _slots(node.slots, live), node.bound, body, given)
    if isinstance(node, Entry):
        return intern(Entry, node.name, _slots(node.slots, live))
    if isinstance(node, Delta):
        return delta(live.get(node.left, node.left), live.get(node.right, node.right))
    if isinstance(node, Ordinal):
        return ordinal(live[node.index])
    if isinstance(node, Deriv):
        return intern(Deriv, memo[node.body], node.name, _slots(node.slots, live))
    if one_to_one and isinstance(node, Add | Mul):
        return _reordered(node, [memo[child] for child in node.children])
    return rebuild(node, tuple(memo[child] for child in node.children))


def _reordered(node: Add | Mul, children: list[Node]) -> Node:
    """A sum or product under a one-to-one renaming: nothing new can be collected, only the order can change."""
    if isinstance(node, Mul) and isinstance(children[0], Const):  # the coefficient
        return intern(Mul, (children[0], *sorted(children[1:], key=_digest)))
    children.sort(key=_digest)
    return intern(type(node), tuple(children))


def _rebind(node: Reduce, body: Node) -> Node:
    """The same binder over a renamed body: one index keeps its number unless the body's height changed."""
    if len(node.bound) == 1 and body.height == int(node.bound[0].name) - 1:
        return intern(Reduce, node.op, node.bound, body)
    return reduce(node.op, node.bound, body)


def _slots(slots: tuple[Index, ...], live: dict[Index, Index]) -> tuple[Index, ...]:
    return tuple(live.get(index, index) for index in slots)


def rebuild(node: Node, children: tuple[Node, ...]) -> Node:
    """The same node over other children (for a binder: over a body in the same bound indices)."""
    if children == node.children:
        return node
    return _REBUILD[type(node)](node, children)


_REBUILD: dict[type[Node], Callable[[Any, tuple[Node, ...]], Node]] = {
    Add: lambda node, c: add(*c),
    Mul: lambda node, c: mul(*c),
    Pow: lambda node, c: power(c[0], c[1]),
    Apply: lambda node, c: apply(node.fn, *c),
    Reduce: lambda node, c: reduce(node.op, node.bound, c[0]),
    MatFn: lambda node, c: matfn(node.fn, node.order, node.slots, node.bound, *c),
    Where: lambda node, c: where(node.op, *c),
    Deriv: lambda node, c: deriv(c[0], node.name, node.slots),
}


# --- canonical order of a block of bound indices --------------------------------------------------------------------


def _ordered(block: list[Index], body: Node) -> list[Index]:
    """The block in an order that does not depend on its names: colour refinement, then a search among the ties."""
    if len(block) == 1:
        return block
    apart = _components(block, body)
    if len(apart) > 1:
        return [index for _, order in sorted(apart, key=lambda pair: pair[0]) for index in order]
    classes = [
        [index for index in block if index.dim == dim] for dim in dict.fromkeys(sorted({i.dim for i in block}, key=str))
    ]
    return _refine(classes, body)


def _components(block: list[Index], body: Node) -> list[tuple[int, list[Index]]]:
    """The indices that no factor of a product ties together, each group in its own order, with the group's digest.

    Groups that are alike have one digest, and which of them comes first changes nothing.
    """
    if not isinstance(body, Mul):
        return []
    groups: list[tuple[set[Index], list[Node]]] = []
    for factor in body.factors:
        touched = factor.free.intersection(block)
        if not touched:
            continue
        joined: tuple[set[Index], list[Node]] = (set(touched), [factor])
        for group in [g for g in groups if g[0] & touched]:
            groups.remove(group)
            joined = (joined[0] | group[0], [*group[1], *joined[1]])
        groups.append(joined)
    if len(groups) < 2 or set().union(*(g[0] for g in groups)) != set(block):
        return []
    found = []
    for indices, factors in groups:
        part = mul(*factors)
        order = _ordered([index for index in block if index in indices], part)
        numbered = rename(part, {index: free_index(f"?{k}", index.dim) for k, index in enumerate(order)})
        found.append((numbered.digest, order))
    return found


def _refine(classes: list[list[Index]], body: Node) -> list[Index]:
    """Split classes by the digest of the body with one index marked, until all are single or tied."""
    changed = True
    while changed:
        changed = False
        base: dict[Index, Index] = {}
        for colour, members in enumerate(classes):
            for index in members:
                base[index] = free_index(f"?{colour}", index.dim)
        for place, members in enumerate(classes):
            if len(members) == 1:
                continue
            groups: dict[int, list[Index]] = {}
            for index in members:
                marked = rename(body, {**base, index: free_index("?!", index.dim)})
                groups.setdefault(marked.digest, []).append(index)
            if len(groups) > 1:
                classes[place : place + 1] = [groups[key] for key in sorted(groups)]
                changed = True
                break
    for place, members in enumerate(classes):
        if len(members) > 1:
            return _break_tie(classes, place, members, body)
    return [index for members in classes for index in members]


def _break_tie(classes: list[list[Index]], place: int, members: list[Index], body: Node) -> list[Index]:
    """Individualise each tied index in turn and keep the order with the smallest digest.

    Indices whose exchange leaves the body as it is give the same order: one of them is tried, so that a block that is
    symmetric throughout costs no search.
    """
    best: tuple[int, list[Index]] | None = None
    tried: list[Index] = []
    for index in members:
        if any(rename(body, {index: other, other: index}) is body for other in tried):
            continue
        tried.append(index)
        rest = [other for other in members if other is not index]
        order = _refine([*classes[:place], [index], rest, *classes[place + 1 :]], body)
        numbered = rename(body, {i: free_index(f"?{k}", i.dim) for k, i in enumerate(order)})
        if best is None or numbered.digest < best[0]:
            best = numbered.digest, order
    assert best is not None
    return best[1]
