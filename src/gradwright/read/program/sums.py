"""Sums of a program as a person writes them. Owns: entries that are picked, short stacks written out, signs in front.

Never: changes a value.
"""

from __future__ import annotations

from fractions import Fraction

from gradwright.core.build import (
    ONE,
    ZERO,
    add,
    mul,
    negate,
    open_sums,
    ordinal,
    rename,
    size,
    split_coefficient,
    subtract,
)
from gradwright.core.index import Index, free_index, plus, position, terms_of, times
from gradwright.core.node import Const, Node, Reduce, Where, factors_in, terms_in, walk
from gradwright.core.walk import bottom_up
from gradwright.engine.simplify import sum_over
from gradwright.read.program.truth import decided, rechosen

_SHORT = 8  # of a stack that is written out


def plain_sums(body: Node) -> Node:
    return bottom_up(_plain, body)


def _plain(node: Node) -> Node:
    if not isinstance(node, Reduce) or node.op != "sum":
        return node
    bound, body = open_sums(node)
    for index in bound:
        shorter = _picked(index, body)
        shorter = _written_out(index, body) if shorter is None else shorter
        shorter = _in_pieces(index, body) if shorter is None else shorter
        if shorter is not None:
            rest = tuple(other for other in bound if other is not index)
            return plain_sums(sum_over(rest, shorter) if rest else shorter)
    number, _ = split_coefficient(body)
    return negate(sum_over(bound, negate(body))) if number < 0 else node


def _picked(index: Index, body: Node) -> Node | None:
    """Σ_j f_j over the one place that a factor leaves is f there."""
    for factor in factors_in(body):
        place = _only_place(index, factor)
        if place is None:
            continue
        assert isinstance(factor, Where)
        if place < 0 or place != int(place) or (isinstance(index.dim, int) and place >= index.dim):
            return ZERO
        rest = mul(factor.then, *(other for other in factors_in(body) if other is not factor))
        return decided(rename(rest, {index: position(int(place), index.dim)}))
    return None


def _only_place(index: Index, factor: Node) -> Fraction | None:
    """The place of an index, a number, beyond which a factor is 0; it is none where the number is not whole."""
    if not isinstance(factor, Where) or factor.op != "==" or factor.other is not ZERO:
        return None
    gap = subtract(factor.left, factor.right)
    number, times = Fraction(0), Fraction(0)
    for term in terms_in(gap):
        coefficient, core = split_coefficient(term)
        if not isinstance(coefficient, int) or core not in (ONE, ordinal(index)):
            return None
        number, times = (number + coefficient, times) if core is ONE else (number, times + coefficient)
    return -number / times if times else None


def _written_out(index: Index, body: Node) -> Node | None:
    """Σ of a few, each of which is another formula: the one is at the first place, the other at the second."""
    if not isinstance(index.dim, int) or index.dim > _SHORT:
        return None
    if not _chooses(index, body):
        return None
    places = (position(place, index.dim) for place in range(index.dim))
    return add(*(decided(rename(body, {index: place})) for place in places))


def _in_pieces(index: Index, body: Node) -> Node | None:
    """Σ over an axis along which others stand one after the other, as a sum over each of those."""
    pieces = [times(count, *names) for names, count in terms_of(index.dim).items() if count > 0]
    if len(pieces) != 2 or plus(*pieces) != index.dim:
        return None
    for order in (pieces, pieces[::-1]):
        found, start = [], ZERO
        for number, piece in enumerate(order):
            along = free_index(f"piece {number}", piece) if piece != 1 else position(0, 1)
            inside = with_place(body, index, add(start, ordinal(along)))
            if inside is None:
                return None
            found.append(sum_over([along], inside) if piece != 1 else inside)
            start = add(start, size(piece))
        if all(_choices(part) < _choices(body) for part in found):
            return add(*found)
    return None


def with_place(body: Node, index: Index, place: Node) -> Node | None:
    """The body with a place for the number of an index, where it has only that, and its choices decided by then."""
    own = ordinal(index)
    if any(index in node.indices and node is not own for node in walk(body)):
        return None

    def rule(node: Node) -> Node:
        if isinstance(node, Where):
            return rechosen(node)
        if isinstance(node, Reduce) and node.op == "sum":
            return sum_over(*open_sums(node))
        return place if node is own else node

    return bottom_up(rule, body)


def _choices(node: Node) -> int:
    return sum(isinstance(part, Where) for part in walk(node))


def _chooses(index: Index, body: Node) -> bool:
    """Whether some choice is by the place itself."""
    return any(
        isinstance(node, Where) and ordinal(index) in (node.left, node.right)
        and isinstance(node.left if node.right is ordinal(index) else node.right, Const)
        for node in walk(body)
    )  # fmt: skip
