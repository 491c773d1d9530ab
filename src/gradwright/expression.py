"""Formulas built in Python with operators. Owns: turning operators into the text language. Never: any mathematics.

``*`` is elementwise and ``@`` the matrix product, as in NumPy; ``.T`` transposes; ``x > 0`` is for ``where``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from gradwright.core.errors import Error
from gradwright.core.index import Dim
from gradwright.tables.arrays import ARRAYS
from gradwright.tables.scalars import NAMED

Operand: TypeAlias = "Expression | int | float"


@dataclass(frozen=True, eq=False)
class Expression:
    """A formula as text, with the shapes declared on the way. Every error it meets comes when it is read."""

    text: str
    shapes: dict[str, tuple[Dim, ...]] = field(default_factory=dict)

    @property
    def T(self) -> Expression:
        return Expression(f"({self.text})'", self.shapes)

    def __add__(self, other: Operand) -> Expression:
        return _binary(self, "+", other)

    def __radd__(self, other: Operand) -> Expression:
        return _binary(other, "+", self)

    def __sub__(self, other: Operand) -> Expression:
        return _binary(self, "-", other)

    def __rsub__(self, other: Operand) -> Expression:
        return _binary(other, "-", self)

    def __mul__(self, other: Operand) -> Expression:
        return _binary(self, ".*", other)

    def __rmul__(self, other: Operand) -> Expression:
        return _binary(other, ".*", self)

    def __truediv__(self, other: Operand) -> Expression:
        return _binary(self, "./", other)

    def __rtruediv__(self, other: Operand) -> Expression:
        return _binary(other, "./", self)

    def __pow__(self, other: Operand) -> Expression:
        return _binary(self, ".^", other)

    def __matmul__(self, other: Operand) -> Expression:
        return _binary(self, "*", other)

    def __neg__(self) -> Expression:
        return Expression(f"-({self.text})", self.shapes)

    def __lt__(self, other: Operand) -> Expression:
        return _binary(self, "<", other)

    def __le__(self, other: Operand) -> Expression:
        return _binary(self, "<=", other)

    def __gt__(self, other: Operand) -> Expression:
        return _binary(self, ">", other)

    def __ge__(self, other: Operand) -> Expression:
        return _binary(self, ">=", other)

    def __getitem__(self, indices: str | int | tuple[str | int, ...]) -> Expression:
        """An entry, ``A["i", "j"]``; a row is ``A["i", ":"]``."""
        items = indices if isinstance(indices, tuple) else (indices,)
        return Expression(f"({self.text})[{', '.join(map(str, items))}]", self.shapes)

    def sum(self, over: str = "") -> Expression:
        """The sum of all entries, or of an expression in entries over those indices: ``(x["i"]*y["i"]).sum("i")``."""
        return Expression(f"sum[{over}]({self.text})" if over else f"sum({self.text})", self.shapes)

    def __str__(self) -> str:
        return self.text


def _binary(left: Operand, op: str, right: Operand) -> Expression:
    a, b = _lifted(left), _lifted(right)
    for name in a.shapes.keys() & b.shapes.keys():
        if a.shapes[name] != b.shapes[name]:
            raise Error(f"{name} has two shapes here: {a.shapes[name]} and {b.shapes[name]}")
    return Expression(f"({a.text}) {op} ({b.text})", {**a.shapes, **b.shapes})


def _lifted(value: Operand) -> Expression:
    if isinstance(value, Expression):
        return value
    if isinstance(value, int | float):
        return Expression(repr(value))
    raise Error(f"{type(value).__name__} cannot stand in a formula", hint="use gradwright symbols and numbers")


def scalar(name: str) -> Expression:
    """A scalar symbol."""
    return Expression(name, {name: ()})


def vector(name: str, size: Dim) -> Expression:
    """A column vector symbol of that extent."""
    return Expression(name, {name: (size,)})


def matrix(name: str, rows: Dim, columns: Dim) -> Expression:
    """A matrix symbol of those extents."""
    return Expression(name, {name: (rows, columns)})


def call(fn: str, *args: Operand | str) -> Expression:
    """Any function of the text language by name: ``call("softmax", o)``; its words and dimensions are strings."""
    lifted = [_word(fn, arg) if isinstance(arg, str) else _lifted(arg) for arg in args]
    shapes = {name: shape for arg in lifted for name, shape in arg.shapes.items()}
    return Expression(f"{fn}({', '.join(arg.text for arg in lifted)})", shapes)


def _word(fn: str, word: str) -> Expression:
    """The subscripts of einsum; the dimension of eye, ones or zeros; an unknown function for D."""
    return Expression(f'"{word}"' if fn == "einsum" else word)


def function(fn: str) -> Callable[..., Expression]:
    """A function of the text language as a Python function."""

    def apply(*args: Operand | str) -> Expression:
        return call(fn, *args)

    apply.__name__ = fn
    apply.__doc__ = f"``{fn}`` in a formula."
    return apply


def function_names() -> frozenset[str]:
    """The functions of the text language, by the names they have there; vector and matrix make symbols."""
    return frozenset({*NAMED, *ARRAYS} - {"pi", "tensor", "delta", "vector", "matrix"})
