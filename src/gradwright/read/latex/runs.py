"""What an ellipsis stands for: x_1 + … + x_n, (x_1, …, x_n), a matrix with dots. Owns: the pattern between two ends.

Never: guesses a pattern that the ends do not show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from gradwright.core.errors import Span
from gradwright.read.latex.nodes import Function, Run, written
from gradwright.read.syntax import (
    Big,
    Binder,
    Indexed,
    Item,
    Label,
    Letter,
    Matrix,
    Name,
    Node,
    Number,
    Pair,
    Place,
    Transposed,
    alike,
    children,
    outline,
    with_children,
)

PLACES = ("•", "∘")
"""The letters of the places between the ends, by rows and by columns; no document uses them."""


def pattern(first: Node, last: Node, letter: str = PLACES[0], count: int = 0) -> tuple[Node, str, str] | None:
    """What stands at every place, the place of the first and the name of the last, if the ends differ in one.

    ``count``: how many places there are, where all are written out.
    """
    ends: dict[tuple[str, str], None] = {}
    template = _between(first, last, letter, ends, str(count))
    if template is None or len(ends) != 1:
        return None
    (start, end), *_ = ends
    return template, start, end


def _apart(node: Node) -> Node:
    """x_{11} and x_{N1} with two subscripts each, wherever they stand."""
    if isinstance(node, Indexed) and len(node.items) == 1 and isinstance(node.items[0], Pair | Label):
        item = node.items[0]
        one, two = item.text[:1], item.text[1:]
        if len(two) == 1 and one.isalnum() and two.isalnum():
            return replace(node, items=(_single(item.span, one), _single(item.span, two)))
    return with_children(node, [_apart(child) for child in children(node)])


def _single(span: Span, text: str) -> Item:
    return Place(span, text) if text.isdigit() else Label(span, text)


def _between(one: Node, two: Node, letter: str, ends: dict[tuple[str, str], None], count: str) -> Node | None:
    place = _place(one), _end(two, count)
    if place[0] and place[1] and isinstance(one, Number) == isinstance(two, Name):
        ends[place] = None
        return Name(two.span, letter) if isinstance(one, Number) else Letter(two.span, letter)
    if outline(one) != outline(two):
        return None
    found = [_between(a, b, letter, ends, count) for a, b in zip(children(one), children(two), strict=True)]
    made = [node for node in found if node is not None]
    return with_children(two, made) if len(made) == len(found) else None


def _place(node: Node) -> str:
    """0 or 1 in a subscript, an exponent or a factor."""
    text = node.text.strip("()") if isinstance(node, Place | Label | Number) else ""
    return text if text in ("0", "1") else ""


def _end(node: Node, count: str) -> str:
    """n, K, n − 1 in a subscript; n in an exponent or as a factor."""
    text = written(node) if isinstance(node, Letter | Label | Place) else node.stem if isinstance(node, Name) else ""
    return text if text == count or text[:1].isalpha() or (text.isdigit() and text not in ("0", "1", "2")) else ""


def at_place(template: Node, letter: str, number: int) -> Node:
    """The pattern at one place."""
    if isinstance(template, Letter) and template.name == letter:
        return Place(template.span, str(number))
    if isinstance(template, Name) and template.stem == letter:
        return Number(template.span, str(number))
    return with_children(template, [at_place(child, letter, number) for child in children(template)])


def place_binder(letter: str, start: str, end: str, span: Span) -> Binder:
    """The place from 1 to n, where it runs from 0 to n − 1 too."""
    name = end.removesuffix("-1") if start == "0" else end
    return Binder(span, letter, Number(span, "1"), Number(span, name) if name.isdigit() else Name(span, name))


def joined(items: Sequence[Node | None], op: Literal["sum", "prod"]) -> list[Node] | None:
    """A run of terms or factors with one ellipsis (None), made one Σ or Π; what stands outside the run stays."""
    gap = items.index(None)
    if None in items[gap + 1 :] or not 0 < gap < len(items) - 1:
        return None
    last = items[gap + 1]
    assert last is not None
    for k, first in enumerate(items[:gap]):
        found = pattern(first, last) if first is not None else None
        if found is None:
            continue
        template, start, end = found
        between = items[k:gap]
        shown = (at_place(template, PLACES[0], int(start) + n) for n in range(len(between)))
        if not all(a is not None and alike(a, b) for a, b in zip(between, shown, strict=True)):
            return None
        assert first is not None
        span = (first.span[0], last.span[1])
        big = Big(span, op, (place_binder(PLACES[0], start, end, span),), (), template)
        return [*(t for t in items[:k] if t is not None), big, *(t for t in items[gap + 2 :] if t is not None)]
    return None


def listed(items: Sequence[Node | None], span: Span) -> Node | None:
    """The entries of a vector, written out or with an ellipsis between the first and the last."""
    if None not in items:
        return Matrix(span, tuple((item,) for item in items if item is not None))
    gap = items.index(None)
    first, last = items[0], items[-1]
    if gap not in (1, 2) or gap != len(items) - 2 or first is None or last is None:
        return None
    found = pattern(first, last)
    if found is None:
        return None
    template, start, end = found
    second = items[1]
    if gap == 2 and second is not None and not alike(second, at_place(template, PLACES[0], int(start) + 1)):
        return None
    return Run(span, template, (place_binder(PLACES[0], start, end, span),))


def diagonal(rows: Sequence[Sequence[Node | None]], span: Span) -> Node | None:
    """A diagonal matrix with dots between the first and the last of its diagonal, and 0 or dots beside it."""
    size = len(rows)
    beside = [cell for i, row in enumerate(rows) for j, cell in enumerate(row) if i != j and cell is not None]
    if any(len(row) != size for row in rows) or not beside:
        return None
    if not all(isinstance(cell, Number) and cell.text == "0" for cell in beside):
        return None
    column = listed([row[k] for k, row in enumerate(rows)], span)
    return None if column is None else Function(span, "diag", (column,))


def tabled(rows: Sequence[Sequence[Node | None]], span: Span) -> Node | None:
    """A matrix with dots between its first and last rows and columns, by its four corners."""
    if len(rows) == 1:
        row = listed(rows[0], span)
        return None if row is None else Transposed(span, row)
    if all(len(row) == 1 for row in rows):
        return listed([row[0] for row in rows], span)
    corners = [rows[0][0], rows[0][-1], rows[-1][0], rows[-1][-1]]
    if any(c is None for c in corners):
        return None
    a, b, c, d = (_apart(x) for x in corners if x is not None)
    left, right = pattern(a, c), pattern(b, d)
    count = len(rows[0]) if all(None not in row for row in rows) else 0
    across = pattern(left[0], right[0], PLACES[1], count) if left is not None and right is not None else None
    if left is None or across is None:
        return None
    template, start, end = across
    binders = (place_binder(PLACES[0], *left[1:], span), place_binder(PLACES[1], start, end, span))
    return Run(span, template, binders)
