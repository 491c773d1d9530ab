"""Formulas built in Python with operators. Owns: turning operators into the text language. Never: any mathematics.

``*`` is elementwise and ``@`` the matrix product, as in NumPy; ``.T`` transposes; ``x > 0`` is for ``where``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, TypeAlias

from gradwright.core.errors import Error, Misfit, plainly
from gradwright.core.index import Dim
from gradwright.core.record import dataclass
from gradwright.read.text.declared import shape_of
from gradwright.tables.arrays import ARRAYS
from gradwright.tables.scalars import NAMED

if TYPE_CHECKING:
    from gradwright.read.reader import Parsed

DERIVATIVES = ("D", "D2")
Operand: TypeAlias = "Expression | int | float"
_BINARY = "({{0}}) {} ({{1}})"
_BY_ENTRIES = _BINARY.format(".*")
_NEEDLESS = re.compile(r"(?<!\w)\(([A-Za-z]\w*|\d+(?:\.\d+)?)\)")  # brackets around a name or a number alone


@dataclass(frozen=True)
class Form:
    """The extents of an expression, and whether its one axis lies as a row."""

    shape: tuple[Dim, ...]
    row: bool = False


@dataclass(frozen=True, eq=False, repr=False)
class Expression:
    """A formula as text, with the shapes declared on the way. Shapes are checked when an operator is applied.

    ``shape``  the extents of its axes, where it has no free index
    """

    text: str
    shapes: dict[str, tuple[Dim, ...]] = field(default_factory=dict)
    form: Form | None = None

    @property
    def shape(self) -> tuple[Dim, ...]:
        form = self.form or _form_of(_read(self.text, self.shapes))
        if form is None:
            raise Error("an array with axes made of several indices has no plain shape")
        return form.shape

    @property
    def T(self) -> Expression:
        """The transpose."""
        return _applied("({0})'", self)

    @property
    def inv(self) -> Expression:
        """The inverse of a square matrix."""
        return _applied("inv({0})", self)

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
        return _applied("-({0})", self)

    def __abs__(self) -> Expression:
        return _applied("abs({0})", self)

    def __lt__(self, other: Operand) -> Expression:
        return _compared(self, "<", other)

    def __le__(self, other: Operand) -> Expression:
        return _compared(self, "<=", other)

    def __gt__(self, other: Operand) -> Expression:
        return _compared(self, ">", other)

    def __ge__(self, other: Operand) -> Expression:
        return _compared(self, ">=", other)

    def __getitem__(self, indices: str | int | tuple[str | int, ...]) -> Expression:
        """An entry, ``A["i", "j"]``; a row is ``A["i", ":"]``."""
        items = indices if isinstance(indices, tuple) else (indices,)
        return Expression(f"({self.text})[{', '.join(map(str, items))}]", self.shapes)

    def sum(self, over: str = "") -> Expression:
        """The sum of all entries, or of an expression in entries over those indices: ``(x["i"]*y["i"]).sum("i")``."""
        return _applied(f"sum[{over}]({{0}})" if over else "sum({0})", self)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Expression {self.text}>"

    def _repr_latex_(self) -> str:
        """Typeset, for a notebook; what has a free index is shown as it is written."""
        from gradwright.write.answer import Result

        try:
            parsed = _read(self.text, self.shapes)
        except Error:
            return f"$\\texttt{{{self.text}}}$"
        return Result(parsed.array, parsed.context)._repr_latex_()


def _binary(left: Operand, op: str, right: Operand) -> Expression:
    return _applied(_BINARY.format(op), _lifted(left), _lifted(right))


def _compared(left: Operand, op: str, right: Operand) -> Expression:
    """A comparison, which has a meaning of its own between scalars alone: between arrays it is for ``where``."""
    a, b = _lifted(left), _lifted(right)
    return Expression(f"({a.text}) {op} ({b.text})", _together(a, b))


@plainly
def _applied(template: str, *operands: Expression) -> Expression:
    """An operator or a function of expressions, its shapes checked now: ``template`` has a place for each."""
    text = _NEEDLESS.sub(r"\1", template.format(*(operand.text for operand in operands)))
    shapes = _together(*operands)
    try:
        return Expression(text, shapes, _checked(template, operands, text, shapes))
    except Misfit as misfit:
        if template != _BY_ENTRIES or misfit.hint:
            raise
        raise Misfit(misfit.message, misfit.span, misfit.source, "* goes by entries, @ is the matrix product") from None


def _together(*operands: Expression) -> dict[str, tuple[Dim, ...]]:
    shapes: dict[str, tuple[Dim, ...]] = {}
    for operand in operands:
        for name, shape in operand.shapes.items():
            if shapes.setdefault(name, shape) != shape:
                raise Error(f"{name} has two shapes here: {shapes[name]} and {shape}")
    return shapes


def _checked(
    template: str, operands: Sequence[Expression], text: str, shapes: Mapping[str, tuple[Dim, ...]]
) -> Form | None:
    """The form of what is applied, from the forms of its operands alone, so that a long formula is not read each time.

    Where that has no meaning the formula itself is read, for its error points at what was written. An operand without
    a form, as an entry with a free index, leaves its expression unchecked, until it is summed or derived.
    """
    forms = [operand.form for operand in operands]
    known = [form for form in forms if form is not None]
    if len(known) < len(forms):
        try:
            return _form_of(_read(text, shapes))
        except Error:
            return None
    names = [f"operand{place}" for place in range(len(known))]
    declared = {name: form.shape for name, form in zip(names, known, strict=True)}
    said = [f"{name}'" if form.row else name for name, form in zip(names, known, strict=True)]
    try:
        return _form_of(_read(template.format(*said), declared))
    except Error:
        return _form_of(_read(text, shapes))


def _form_of(parsed: Parsed) -> Form | None:
    array = parsed.array
    return None if array.groups or len(array.axes) > 2 else Form(array.shape, parsed.orientation == "row")


def _read(text: str, shapes: Mapping[str, tuple[Dim, ...]]) -> Parsed:
    from gradwright.read.reader import read

    return read(text, shapes=shapes)


def _lifted(value: Operand) -> Expression:
    if isinstance(value, Expression):
        return value
    if isinstance(value, int | float):
        return Expression(repr(value), form=Form(()))
    raise Error(f"{type(value).__name__} cannot stand in a formula", hint="use gradwright symbols and numbers")


def scalar(name: str) -> Expression:
    """A scalar symbol."""
    return Expression(name, {name: ()}, Form(()))


def vector(name: str, size: Dim) -> Expression:
    """A column vector symbol of that extent."""
    return _symbol(name, size)


def matrix(name: str, rows: Dim, columns: Dim) -> Expression:
    """A matrix symbol of those extents."""
    return _symbol(name, rows, columns)


def _symbol(name: str, *dims: Dim) -> Expression:
    shape = shape_of(dims)
    return Expression(name, {name: shape}, Form(shape))


def call(fn: str, *args: Operand | str) -> Expression:
    """Any function of the text language by name: ``call("softmax", o)``; its words and dimensions are strings."""
    operands = [_lifted(arg) for arg in args if not isinstance(arg, str)]
    places = iter(range(len(operands)))
    said = ", ".join(_word(fn, arg) if isinstance(arg, str) else f"{{{next(places)}}}" for arg in args)
    if fn in DERIVATIVES:  # of unknown functions, whose shapes are told when the formula is derived
        return Expression(f"{fn}({said})".format(*(o.text for o in operands)), _together(*operands))
    return _applied(f"{fn}({said})", *operands)


def _word(fn: str, word: str) -> str:
    """The subscripts of einsum; the dimension of eye, ones or zeros; an unknown function for D."""
    return f'"{word}"' if fn == "einsum" else word


def function(fn: str) -> Callable[..., Expression]:
    """A function of the text language as a Python function, where ``gradwright.functions`` does not have it yet."""

    def apply(*args: Operand | str) -> Expression:
        return call(fn, *args)

    apply.__name__ = fn
    return apply


def function_names() -> frozenset[str]:
    """The functions of the text language, by the names they have there; vector and matrix make symbols."""
    return frozenset({*NAMED, *ARRAYS} - {"pi", "tensor", "delta", "vector", "matrix"})
