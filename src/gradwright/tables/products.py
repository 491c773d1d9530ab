"""Products of values with axes. Owns: what they mean in indices, and what a meaning asks of whoever reads a formula.

A value is a scalar body over axes (``core.value.Value``). Whoever elaborates a formula supplies an ``Elaboration``: a
place in the formula, from which indices, equations between extents and refusals come. Never: reads a formula.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, NoReturn, Protocol

from gradwright.core.build import add, delta, mul, rename, subtract, total
from gradwright.core.index import Dim, Index, position
from gradwright.core.value import Value, arranged

Done = Literal["added", "multiplied"]
VECTORS = ("column", "row")
_MULTIPLIED = (("row", "column"), ("row", "matrix"), ("matrix", "column"), ("matrix", "matrix"))


class Elaboration(Protocol):
    """What a meaning asks of whoever elaborates the formula, at one place of it."""

    def fresh(self, dim: Dim) -> Index:
        """A new free index over the extent."""

    def sized(self, number: int) -> Dim:
        """An extent that is that number, and makes whatever it meets that number too."""

    def unsaid(self, axis: int) -> Dim:
        """An extent that only what stands around this place can say, of that axis of the value."""

    def find(self, dim: Dim) -> Dim:
        """The extent by the name that is known of it by now."""

    def unify(self, left: Dim, right: Dim, why: str = "") -> None:
        """Make two extents one, or refuse; ``why`` says what demands it."""

    def misfit(self, done: Done, left: Value, right: Value, hint: str | None = None) -> NoReturn:
        """Say that two arrays are of kinds that do not go together."""

    def match(self, left: Sequence[Index], right: Sequence[Index], why: str = "") -> None:
        """Make two axes one, index by index, or refuse; a symbol's axis is taken for as many indices as it meets."""

    def describe(self, value: Value) -> str:
        """The value in words, with its extents where they are known."""

    def remark(self, words: str) -> None:
        """Tell a reader how the formula was taken."""

    def refuse(self, message: str, hint: str | None = None) -> NoReturn:
        """Say that the formula means nothing here, and how to write what may be meant."""


def want(e: Elaboration, value: Value, kinds: Sequence[str], fn: str, hint: str | None = None) -> Value:
    """The value, if it is of one of the kinds and its axes are no products."""
    if value.kind in kinds:
        return value
    joined = f", and the axes of {e.describe(value)} are products" if value.plain in kinds else ""
    said = joined or f", and this is {e.describe(value)}"
    e.refuse(f"{fn} needs a {' or a '.join(kinds)}{said}", hint if value.kind == "matrix" else None)


def want_square(e: Elaboration, value: Value, fn: str) -> None:
    """Refuse a matrix with more rows than columns, or fewer."""
    rows, columns = value.parts
    e.match(rows, columns, f": {fn} needs a square matrix")


def renewed(e: Elaboration, value: Value) -> Value:
    """The same value over new indices."""
    axes = tuple(e.fresh(axis.dim) for axis in value.axes)
    return replace(value, axes=axes, body=rename(value.body, dict(zip(value.axes, axes, strict=True))))


def product(e: Elaboration, left: Value, right: Value, hint: str | None = None) -> Value:
    """A B: by a number, or the matrix product; a column times a row is their outer product."""
    if not left.axes or not right.axes:
        return replace(left if left.axes else right, body=mul(left.body, right.body))
    kinds = (left.plain, right.plain)
    if set(left.axes) & set(right.axes):  # one value, twice
        right = renewed(e, right)
    if kinds == ("column", "row"):
        return arranged((*left.parts, *right.parts), mul(left.body, right.body))
    if kinds not in _MULTIPLIED:
        e.misfit("multiplied", left, right, hint)
    *before, inner = left.parts
    first, *after = right.parts
    e.match(inner, first, f" where {e.describe(left)} and {e.describe(right)} are multiplied")
    body = mul(left.body, rename(right.body, dict(zip(first, inner, strict=True))))
    return arranged((*before, *after), total(inner, body), row=kinds == ("row", "matrix"))


def kronecker(e: Elaboration, left: Value, right: Value) -> Value:
    """A ⊗ B, each axis of which is an axis of A and the same of B. Beside a matrix a vector is a column or a row."""
    if not left.axes or not right.axes:
        return product(e, left, right)
    kinds = {left.plain, right.plain}
    if len(kinds) > 1:
        left, right = _as_matrix(e, left), _as_matrix(e, right)
    if len(left.parts) != len(right.parts):
        e.refuse(f"kron needs arrays of as many axes, and these are {e.describe(left)} and {e.describe(right)}")
    parts = [(*here, *there) for here, there in zip(left.parts, right.parts, strict=True)]
    return arranged(parts, mul(left.body, right.body), row=kinds == {"row"})


def cross(e: Elaboration, left: Value, right: Value) -> Value:
    """a × b of two vectors of three entries: a_2 b_3 − a_3 b_2 and so on around (Matrix Cookbook, § 10.5)."""
    why = f" where {e.describe(left)} × {e.describe(right)} is their cross product"
    for value in (left, right):
        e.unify(value.axes[0].dim, e.sized(3), why)
    out = e.fresh(e.sized(3))
    one, two = ([rename(v.body, {v.axes[0]: position(k % 3, 3)}) for k in range(5)] for v in (left, right))
    turns = [subtract(mul(one[k + 1], two[k + 2]), mul(one[k + 2], two[k + 1])) for k in range(3)]
    return Value(left.kind, (out,), add(*(mul(delta(out, position(k, 3)), turn) for k, turn in enumerate(turns))))


def _as_matrix(e: Elaboration, v: Value) -> Value:
    """A column as a matrix of one column, a row as a matrix of one row."""
    if v.plain == "column":
        return arranged([v.axes, (e.fresh(1),)], v.body)
    return arranged([(e.fresh(1),), v.axes], v.body) if v.plain == "row" else v
