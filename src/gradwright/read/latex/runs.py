"""What an ellipsis stands for: x_1 + … + x_n, (x_1, …, x_n), a matrix with dots. Owns: the pattern between two ends.

Never: guesses a pattern that the ends do not show.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradwright.read.tree import Tree, alike

PLACES = ("•", "∘")
"""The letters of the places between the ends, by rows and by columns; no document uses them."""


def pattern(first: Tree, last: Tree, letter: str = PLACES[0]) -> tuple[Tree, str, str] | None:
    """What stands at every place, the place of the first and the name of the last, if the ends differ in one."""
    ends: dict[tuple[str, str], None] = {}
    template = _between(first, last, letter, ends)
    if template is None or len(ends) != 1:
        return None
    (start, end), *_ = ends
    return template, start, end


def _between(one: Any, two: Any, letter: str, ends: dict[tuple[str, str], None]) -> Any:
    if isinstance(one, Tree) and isinstance(two, Tree):
        place = _place(one), _end(two)
        if place[0] and place[1]:
            ends[place] = None
            return Tree("letter", (letter,), two.span)
        if one.kind != two.kind or len(one.parts) != len(two.parts):
            return None
        parts = [_between(a, b, letter, ends) for a, b in zip(one.parts, two.parts, strict=True)]
        return None if any(p is None for p in parts) and None not in one.parts else two.with_parts(*parts)
    if isinstance(one, tuple) and isinstance(two, tuple) and len(one) == len(two):
        found = tuple(_between(a, b, letter, ends) for a, b in zip(one, two, strict=True))
        return None if any(p is None for p in found) else found
    return two if one == two else None


def _place(tree: Tree) -> str:
    """0 or 1 in a subscript."""
    text = str(tree.parts[0]) if tree.kind in ("place", "label") and tree.parts else ""
    return text.strip("()") if text.strip("()") in ("0", "1") else ""


def _end(tree: Tree) -> str:
    """n, K, n − 1 in a subscript."""
    text = str(tree.parts[0]) if tree.kind in ("letter", "label", "place") else ""
    return text if text[:1].isalpha() or (text.isdigit() and text not in ("0", "1", "2")) else ""


def at_place(template: Tree, letter: str, number: int) -> Tree:
    """The pattern at one place."""

    def walk(here: Any) -> Any:
        if isinstance(here, Tree):
            if here.kind == "letter" and here.parts[0] == letter:
                return Tree("place", (str(number),), here.span)
            return here.with_parts(*map(walk, here.parts))
        return tuple(map(walk, here)) if isinstance(here, tuple) else here

    result = walk(template)
    assert isinstance(result, Tree)
    return result


def upper(start: str, end: str, span: tuple[int, int]) -> tuple[Tree, Tree]:
    """The bounds of the place: from 1 to n, where it runs from 0 to n − 1 too."""
    one = Tree("num", ("1",), span)
    name = end.removesuffix("-1") if start == "0" else end
    return one, Tree("num" if name.isdigit() else "sym", (name,) if name.isdigit() else (name, ""), span)


def joined(items: Sequence[Tree | None], op: str) -> list[Tree] | None:
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
        big = Tree("big", (op, ((PLACES[0], *upper(start, end, span)),), (), template), span)
        return [*(t for t in items[:k] if t is not None), big, *(t for t in items[gap + 2 :] if t is not None)]
    return None


def listed(items: Sequence[Tree | None], span: tuple[int, int]) -> Tree | None:
    """The entries of a vector, written out or with an ellipsis between the first and the last."""
    if None not in items:
        return Tree("matrix", (tuple((item,) for item in items),), span)
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
    return Tree("run", (template, ((PLACES[0], *upper(start, end, span)),)), span)


def tabled(rows: Sequence[Sequence[Tree | None]], span: tuple[int, int]) -> Tree | None:
    """A matrix with dots between its first and last rows and columns, by its four corners."""
    if len(rows) == 1:
        row = listed(rows[0], span)
        return None if row is None else Tree("T", (row,), span)
    if all(len(row) == 1 for row in rows):
        return listed([row[0] for row in rows], span)
    corners = [rows[0][0], rows[0][-1], rows[-1][0], rows[-1][-1]]
    if any(c is None for c in corners):
        return None
    a, b, c, d = (x for x in corners if x is not None)
    left, right = pattern(a, c), pattern(b, d)
    across = pattern(left[0], right[0], PLACES[1]) if left is not None and right is not None else None
    if left is None or across is None:
        return None
    template, start, end = across
    binders = ((PLACES[0], *upper(left[1], left[2], span)), (PLACES[1], *upper(start, end, span)))
    return Tree("run", (template, binders), span)
