"""Where a difference is exactly 0. Owns: two observations, which balls alone cannot make. Never: guesses.

Two balls round the same number differ by a ball round 0 whose sign nobody can tell. But an entry that is certainly no
smaller than the others is the maximum itself, so max_j f_j − f_i is 0 there; and f_i − f_j is 0 where i is j, however
f moves.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import combinations, product
from typing import TYPE_CHECKING, Any

from gradwright.certify.functions import first
from gradwright.core.build import ZERO, add, const, mul, rename, split_coefficient
from gradwright.core.index import Index
from gradwright.core.node import Add, Node, Reduce, terms_in

if TYPE_CHECKING:
    from gradwright.certify.program import Program, Run


def known_zeros(node: Add, program: Program) -> Callable[[Run], list[bool]] | None:
    """At which assignments a difference is 0: of an extremum and its entry, of entries whose indices meet."""
    meeting = _meeting(node, program)
    found = gap(node)
    if found is None:
        return None if meeting is None else lambda run: meeting
    extreme = _zeros(node, found[1], found[2], program)
    return extreme if meeting is None else lambda run: [a or b for a, b in zip(extreme(run), meeting, strict=True)]


def are_multiples(left: Node, right: Node) -> bool:
    """Whether one is the other times a number, so that both are 0 together."""
    one, other = _coefficients(left), _coefficients(right)
    return one.keys() == other.keys() and len({one[term] / other[term] for term in one}) == 1


def _coefficients(node: Node) -> dict[Node, Fraction]:
    factor, inner = split_coefficient(node)
    parts = map(split_coefficient, terms_in(inner))
    return {term: Fraction(factor) * Fraction(coefficient) for coefficient, term in parts}


def _meeting(node: Add, program: Program) -> list[bool] | None:
    """The assignments that give two indices one value, where that leaves nothing of the sum; None if there are none."""
    pairs = [
        (a, b)
        for a, b in combinations(program.axes(node), 2)
        if a.dim == b.dim and rename(node, {a: b}) is ZERO
    ]  # fmt: skip
    if not pairs:
        return None
    axes = program.axes(node)
    places = product(*(range(extent) for extent in program.layout.extents(axes)))
    return [any(place[axes.index(a)] == place[axes.index(b)] for a, b in pairs) for place in places]


def gap(node: Add) -> tuple[int, Reduce, dict[Index, Index]] | None:
    """Whether it is ±(max_j f_j − f_i): the sign, the extremum, and the indices at which its body is the entry."""
    for term in node.terms:
        coefficient, extremum = split_coefficient(term)
        if isinstance(extremum, Reduce) and extremum.op in ("max", "min") and coefficient in (1, -1):
            entry = add(extremum, *(mul(const(-coefficient), part) for part in node.terms))
            mapping = _place_of(entry, extremum, node)
            if mapping is not None:
                return int(coefficient), extremum, mapping
    return None


def _place_of(entry: Node, extremum: Reduce, node: Node) -> dict[Index, Index] | None:
    """The indices at which the extremum's body is that entry."""
    choices = [[i for i in node.free if i.dim == b.dim] for b in extremum.bound]
    for chosen in product(*choices):
        mapping = dict(zip(extremum.bound, chosen, strict=True))
        if rename(extremum.body, mapping) is entry:
            return mapping
    return None


def _zeros(node: Add, extremum: Reduce, mapping: dict[Index, Index], program: Program) -> Callable[[Run], list[bool]]:
    layout, axes, body = program.layout, program.axes(node), program.axes(extremum.body)
    own = layout.gather(axes, tuple(mapping.get(index, index) for index in body))
    groups = layout.chunks(axes, extremum.bound, body)
    place, least = program.places[extremum.body], extremum.op == "min"

    def zeros(run: Run) -> list[bool]:
        table = run.tables[place]
        return [
            all(k == at or _beyond(table[at], table[k], least) for k in group)
            for at, group in zip(own, groups, strict=True)
        ]

    return zeros


def _beyond(value: Any, other: Any, least: bool) -> bool:
    """Whether the value is certainly the extremum of the two; of series strictly, for a tie has no derivative."""
    if least:
        value, other = -value, -other
    if hasattr(value, "coeffs") or hasattr(other, "coeffs"):
        return bool(first(value) > first(other))
    return bool(value >= other)
