"""The functions of whole arrays in the text language. Owns: what each means in indices. Never: parses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from gradwright.core.build import (
    HALF,
    MINUS_ONE,
    ONE,
    ZERO,
    add,
    apply,
    const,
    delta,
    divide,
    matfn,
    mul,
    ordinal,
    power,
    reduce,
    rename,
    size,
    subtract,
    total,
    where,
)
from gradwright.core.index import Dim
from gradwright.core.node import factors_in
from gradwright.core.value import Value, arranged, kind_of
from gradwright.read.text.grammar import Syntax
from gradwright.tables.matrix import LEVI_CIVITA, MATRIX_FUNCTIONS, MatrixFunction
from gradwright.tables.scalars import ABBREVIATIONS, NAMES
from gradwright.tables.structure import same_diagonal

if TYPE_CHECKING:
    from gradwright.read.text.elaborate import Elaborator

TWO = const(2)
RANK_ONE = frozenset(("softmax", "logsumexp"))
RANK_TWO = frozenset(
    ("tr", "toepsum", "tril", "triu", "rowsum", "colsum", "softmax_rows", "logsumexp_rows", "vec", "kron")
) | frozenset(MATRIX_FUNCTIONS)

_VECTORS = ("column", "row")


def _sum(e: Elaborator, v: Value, s: Syntax) -> Value:
    return Value("scalar", (), total(v.axes, v.body) if v.axes else v.body)


def _mean(e: Elaborator, v: Value, s: Syntax) -> Value:
    return Value("scalar", (), divide(_sum(e, v, s).body, mul(*(size(a.dim) for a in v.axes))))


def _variance(e: Elaborator, v: Value, s: Syntax) -> Value:
    """The mean of the squares of what is left when the mean is taken away (over n, not n − 1)."""
    gap = subtract(v.body, _mean(e, v, s).body)
    return _mean(e, replace(v, body=power(gap, TWO)), s)


def _extreme(op: str) -> Callable[[Elaborator, Value, Syntax], Value]:
    return lambda e, v, s: Value("scalar", (), reduce(op, v.axes, v.body) if v.axes else v.body)


def _along(place: int, fn: str) -> Callable[[Elaborator, Value, Syntax], Value]:
    def function(e: Elaborator, v: Value, s: Syntax) -> Value:
        e.want(v, ("matrix",), s, fn)
        return Value("column", (v.axes[1 - place],), total([v.axes[place]], v.body))

    return function


def _norm(e: Elaborator, v: Value, s: Syntax) -> Value:
    squares = power(v.body, TWO)
    return Value("scalar", (), power(total(v.axes, squares) if v.axes else squares, HALF))


def _norm1(e: Elaborator, v: Value, s: Syntax) -> Value:
    sizes = apply("abs", v.body)
    return Value("scalar", (), total(v.axes, sizes) if v.axes else sizes)


def _length(e: Elaborator, v: Value, s: Syntax) -> Value:
    """norm(x) without an order: of a vector it is the 2-norm, of a matrix it could be several things."""
    if v.kind == "matrix":
        e.fail("of a matrix there are several norms", s, "norm2(A) is the root of the sum of squares (Frobenius)")
    return _norm(e, v, s)


def _diagonal(e: Elaborator, v: Value, s: Syntax, fn: str) -> Value:
    """The diagonal of a square matrix, a column."""
    if v.plain != "matrix":
        e.want(v, ("matrix",), s, fn)
    e.square(v, s, fn)
    rows, columns = v.parts
    return arranged([rows], rename(v.body, dict(zip(columns, rows, strict=True))))


def _trace(e: Elaborator, v: Value, s: Syntax) -> Value:
    return _sum(e, _diagonal(e, v, s, "tr"), s)


def _diag(e: Elaborator, v: Value, s: Syntax) -> Value:
    if v.plain == "matrix":
        return _diagonal(e, v, s, "diag")
    if v.plain not in _VECTORS:
        e.want(v, (*_VECTORS, "matrix"), s, "diag")
    others = tuple(e.fresh(axis.dim) for axis in v.axes)
    return arranged([v.axes, others], mul(v.body, *map(delta, v.axes, others)))


def _toepsum(e: Elaborator, v: Value, s: Syntax) -> Value:
    e.want(v, ("matrix",), s, "toepsum")
    i, j = v.axes
    row, column = e.fresh(i.dim), e.fresh(j.dim)
    return Value("matrix", (row, column), total(v.axes, mul(same_diagonal(i, j, row, column), v.body)))


def _triangle(lower: bool) -> Callable[[Elaborator, Value, Syntax], Value]:
    """The entries on and below (above) the diagonal, and zeros elsewhere."""

    def function(e: Elaborator, v: Value, s: Syntax) -> Value:
        e.want(v, ("matrix",), s, "tril" if lower else "triu")
        row, column = map(ordinal, v.axes)
        ordered = (column, row) if lower else (row, column)
        return Value("matrix", v.axes, where("<=", *ordered, v.body, ZERO))

    return function


def _softmax(e: Elaborator, v: Value, s: Syntax) -> Value:
    e.want(v, _VECTORS, s, "softmax")
    top = apply("exp", v.body)
    return Value(v.kind, v.axes, mul(top, power(total(v.axes, top), MINUS_ONE)))


def _softmax_rows(e: Elaborator, v: Value, s: Syntax) -> Value:
    e.want(v, ("matrix",), s, "softmax_rows")
    top = apply("exp", v.body)
    return Value(v.kind, v.axes, mul(top, power(total([v.axes[1]], top), MINUS_ONE)))


def _logsumexp(e: Elaborator, v: Value, s: Syntax) -> Value:
    return Value("scalar", (), apply("log", total(v.axes, apply("exp", v.body))))


def _logsumexp_rows(e: Elaborator, v: Value, s: Syntax) -> Value:
    e.want(v, ("matrix",), s, "logsumexp_rows")
    return Value("column", (v.axes[0],), apply("log", total([v.axes[1]], apply("exp", v.body))))


def _matrix_function(row: MatrixFunction) -> Callable[[Elaborator, Value, Syntax], Value]:
    def function(e: Elaborator, v: Value, s: Syntax) -> Value:
        if v.kind == "block matrix":
            return _of_kronecker(e, row, v, s)
        e.want(v, ("matrix",), s, row.name)
        if row.square:
            e.square(v, s, row.name)
        slots = tuple(e.fresh(axis.dim) for axis in v.axes[::-1][: row.rank])
        return Value(kind_of(row.rank), slots, matfn(row.name, 0, slots, v.axes, v.body))

    return function


def frechet_derivative(e: Elaborator, name: str, order: int, v: Value, s: Syntax) -> Value:
    """D(expm, X): the derivative of every entry of a power series of a matrix in every entry of its argument."""
    if MATRIX_FUNCTIONS[name].slope is None or order != 1:
        e.fail("D is of an unknown function, or of expm, sinm or cosm; D2 of an unknown function", s)
    e.want(v, ("matrix",), s, name)
    e.square(v, s, name)
    slots = tuple(e.fresh(axis.dim) for axis in (*v.axes, *v.axes))
    return Value("tensor", slots, matfn(name, 1, slots, v.axes, v.body))


def _of_kronecker(e: Elaborator, row: MatrixFunction, v: Value, s: Syntax) -> Value:
    """(A ⊗ B)⁻¹ = A⁻¹ ⊗ B⁻¹ and det(A ⊗ B) = det(A)^q det(B)^p, of A with p rows and B with q."""
    left, right = _kronecker_factors(e, row, v, s)
    one, other = (ARRAY_FUNCTIONS[row.name](e, factor, s) for factor in (left, right))
    if row.rank == 2:
        return kronecker(e, one, other, s)
    p, q = size(left.axes[0].dim), size(right.axes[0].dim)
    if row.name == "logdet":
        return Value("scalar", (), add(mul(q, one.body), mul(p, other.body)))
    return Value("scalar", (), mul(power(one.body, q), power(other.body, p)))


def _kronecker_factors(e: Elaborator, row: MatrixFunction, v: Value, s: Syntax) -> tuple[Value, Value]:
    """A and B of A ⊗ B, where the function of it is known from theirs."""
    factors = factors_in(v.body)
    if row.name in ("inv", "pinv", "det", "logdet") and all(len(part) == 2 for part in v.parts):
        (a, c), (b, d) = v.parts
        outer = [f for f in factors if not f.free & {c, d}]
        inner = [f for f in factors if f not in outer]
        if not any(f.free & {a, b} for f in inner):
            return Value("matrix", (a, b), mul(*outer)), Value("matrix", (c, d), mul(*inner))
    e.fail(f"{row.name} of a matrix with axes of several indices is known for kron(A, B) of two matrices alone", s)


def kronecker(e: Elaborator, left: Value, right: Value, s: Syntax) -> Value:
    """A ⊗ B, each axis of which is an axis of A and the same of B. Beside a matrix a vector is a column or a row."""
    if not left.axes or not right.axes:
        return e.times(left, right, s)
    kinds = {left.plain, right.plain}
    if len(kinds) > 1:
        left, right = _as_matrix(e, left), _as_matrix(e, right)
    if len(left.parts) != len(right.parts):
        e.fail(f"kron needs arrays of as many axes, and these are {e.say(left)} and {e.say(right)}", s)
    parts = [(*here, *there) for here, there in zip(left.parts, right.parts, strict=True)]
    return arranged(parts, mul(left.body, right.body), row=kinds == {"row"})


def _as_matrix(e: Elaborator, v: Value) -> Value:
    """A column as a matrix of one column, a row as a matrix of one row."""
    if v.plain == "column":
        return arranged([v.axes, (e.fresh(1),)], v.body)
    return arranged([(e.fresh(1),), v.axes], v.body) if v.plain == "row" else v


def solve(e: Elaborator, matrix: Value, right: Value, s: Syntax) -> Value:
    """x with A x = b: A⁻¹ b, of a vector or of a matrix."""
    inverse = ARRAY_FUNCTIONS["inv"](e, matrix, s)
    e.want(right, ("column", "matrix"), s, "solve")
    return e.times(inverse, right, s)


def norm(e: Elaborator, array: Value, order: Value, s: Syntax) -> Value:
    """The p-norm of a vector's entries, (Σ |x_i|^p)^(1/p)."""
    e.want(array, (*_VECTORS,), s, "norm")
    if order.axes:
        e.fail("the order of a norm is a scalar", s)
    powers = power(apply("abs", array.body), order.body)
    return Value("scalar", (), power(total(array.axes, powers), power(order.body, MINUS_ONE)))


PAIR_FUNCTIONS: dict[str, Callable[[Elaborator, Value, Value, Syntax], Value]] = {
    "kron": kronecker, "solve": solve, "norm": norm,
}  # fmt: skip


def _vec(e: Elaborator, v: Value, s: Syntax) -> Value:
    """The columns of a matrix below each other: its one axis is the pair of column and row."""
    if v.plain in _VECTORS:
        return arranged([v.axes], v.body)
    if v.plain != "matrix":
        e.want(v, ("matrix",), s, "vec")
    rows, columns = v.parts
    return arranged([(*columns, *rows)], v.body)


def levi_civita(e: Elaborator) -> Value:
    """ε_ijk over three axes of extent 3: a function of no argument."""
    axes = tuple(e.fresh(3 if e.symbols.final else e.extents.sized(3)) for _ in range(3))
    return Value("tensor", axes, matfn(LEVI_CIVITA, 0, axes, (), ONE))


def filled(e: Elaborator, name: str, arguments: Sequence[Syntax], syntax: Syntax) -> Value:
    """``eye``, ``ones`` and ``zeros`` of dimensions."""
    dims: list[Dim] = []
    for argument in arguments:
        text = str(argument.parts[0]) if argument.kind in ("name", "number") else ""
        if text.isdigit() and int(text) > 0:
            dims.append(int(text))
        elif argument.kind == "name" and (text in e.symbols.dims or text not in e.symbols.shapes):
            dims.append(text)
        else:
            e.fail(f"{name} takes names of dimensions or whole numbers", argument)
    if name == "eye" and len(dims) == 1:
        dims = dims * 2
    axes = tuple(e.fresh(d) for d in dims)
    if not axes or (name == "eye" and len(axes) > 2):
        e.fail(f"{name} takes {'one or two' if name == 'eye' else 'some'} dimensions", syntax)
    body = delta(*axes) if name == "eye" else const(int(name == "ones"))
    return Value(kind_of(len(axes)), axes, body)


def _refusal(message: str) -> Callable[[Elaborator, Value, Syntax], Value]:
    return lambda e, v, s: e.fail(message, s)


ARRAY_FUNCTIONS: dict[str, Callable[[Elaborator, Value, Syntax], Value]] = {
    "sum": _sum, "mean": _mean, "var": _variance,
    "max": _extreme("max"), "min": _extreme("min"), "rowsum": _along(1, "rowsum"),
    "colsum": _along(0, "colsum"), "norm1": _norm1, "norm2": _norm, "tr": _trace, "toepsum": _toepsum, "diag": _diag,
    "softmax": _softmax, "tril": _triangle(lower=True), "triu": _triangle(lower=False),
    "softmax_rows": _softmax_rows, "logsumexp": _logsumexp, "logsumexp_rows": _logsumexp_rows,
    "vec": _vec,
    **{row.name: _matrix_function(row) for row in MATRIX_FUNCTIONS.values()},
    "kron": _refusal("kron takes two matrices"),
    "solve": _refusal("solve takes a matrix and a right-hand side: solve(A, b)"),
    "norm": _length,
    "levicivita": _refusal("levicivita takes no arguments"),
    **{name: _refusal(f"{name} takes other arguments") for name in
       ("einsum", "eye", "ones", "zeros", "where", "D", "D2")},
    "delta": _refusal("Kronecker's delta has its indices in square brackets: delta[i,j]"),
    **{name: _refusal(f"{name} goes over indices: {name}[i](x[i])") for name in ("tensor", "prod")},
}  # fmt: skip


def is_function(name: str) -> bool:
    """Whether the text language has a function of that name (a symbol may be called delta, D or σ all the same)."""
    return name != "delta" and (name in ARRAY_FUNCTIONS or name in ABBREVIATIONS or name in NAMES)
