"""The functions of arrays, one row each. Owns: their names, how many arguments they take, what they mean in indices.

A meaning turns values with axes into one, with what its reader supplies (``products.Elaboration``): it stands for every
elaborator there is. Names such as ``einsum`` and ``where`` have a row too: what follows them is syntax, which belongs
to whoever parses it. Never: parses, differentiates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

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
    negate,
    ordinal,
    power,
    reduce,
    rename,
    size,
    split_coefficient,
    subtract,
    total,
    where,
)
from gradwright.core.index import Dim, position
from gradwright.core.node import Const, Node, Ordinal, Size, factors_in, terms_in
from gradwright.core.record import dataclass
from gradwright.core.value import Value, arranged, kind_of
from gradwright.tables.matrix import LEVI_CIVITA, MATRIX_FUNCTIONS, MatrixFunction, matrix_power
from gradwright.tables.products import VECTORS, Elaboration, kronecker, product, renewed, want, want_square
from gradwright.tables.structure import same_diagonal

TWO = const(2)
_MOST = 64  # factors of a power that is written out

One = Callable[[Elaboration, Value], Value]
Two = Callable[[Elaboration, Value, Value], Value]
Made = Callable[[Elaboration, Sequence[Dim]], Value]


@dataclass(frozen=True, kw_only=True)
class ArrayFunction:
    """A row.

    ``of_one``, ``of_two``  what it means of one argument, of two
    ``of_none``  what it means without any
    ``of_dims``  what it means of extents, which are no values
    ``takes``    what a reader says of other arguments; a row with nothing but this is a word of the grammar
    ``written``  further names, which documents and LaTeX formulas use; ``known``: its own name is one of theirs too
    ``latex``, ``unicode``  how output says it, where not by its name; ``bare``: without parentheses, tr A
    ``filling``  its argument is a number, of which the value is full
    ``expects``  the axes that the argument surely has
    ``gives``    the axes of its value, where these do not depend on the argument
    """

    name: str
    of_one: One | None = None
    of_two: Two | None = None
    of_none: Callable[[Elaboration], Value] | None = None
    of_dims: Made | None = None
    takes: str = ""
    written: tuple[str, ...] = ()
    known: bool = False
    latex: str = ""
    unicode: str = ""
    bare: bool = False
    filling: bool = False
    expects: int | None = None
    gives: int | None = None


# --- sums, means, norms


def _sum(e: Elaboration, v: Value) -> Value:
    return Value("scalar", (), total(v.axes, v.body) if v.axes else v.body)


def _mean(e: Elaboration, v: Value) -> Value:
    return Value("scalar", (), divide(_sum(e, v).body, mul(*(size(e.find(a.dim)) for a in v.axes))))


def _variance(e: Elaboration, v: Value) -> Value:
    """The mean of the squares of what is left when the mean is taken away (over n, not n − 1)."""
    gap = subtract(v.body, _mean(e, v).body)
    return _mean(e, replace(v, body=power(gap, TWO)))


def _extreme(op: str) -> One:
    return lambda e, v: Value("scalar", (), reduce(op, v.axes, v.body) if v.axes else v.body)


def _along(place: int, fn: str) -> One:
    def function(e: Elaboration, v: Value) -> Value:
        want(e, v, ("matrix",), fn)
        return Value("column", (v.axes[1 - place],), total([v.axes[place]], v.body))

    return function


def _norm(e: Elaboration, v: Value) -> Value:
    return Value("scalar", (), power(_sum(e, replace(v, body=power(v.body, TWO))).body, HALF))


def _norm1(e: Elaboration, v: Value) -> Value:
    return _sum(e, replace(v, body=apply("abs", v.body)))


def _length(e: Elaboration, v: Value) -> Value:
    """norm(x) without an order: of a vector the 2-norm, of a matrix Frobenius', as NumPy and PyTorch have it."""
    if v.kind == "matrix":
        e.remark("the norm of a matrix is Frobenius'")
    return _norm(e, v)


def _norm_inf(e: Elaboration, v: Value) -> Value:
    want(e, v, VECTORS, "normInf", "of a matrix there are several: max(abs(A)), max(rowsum(abs(A)))")
    return Value("scalar", (), reduce("max", v.axes, apply("abs", v.body)))


def _deviation(e: Elaboration, v: Value) -> Value:
    """The root of the variance (over n, not n − 1)."""
    return Value("scalar", (), power(_variance(e, v).body, HALF))


def _running_sum(e: Elaboration, v: Value) -> Value:
    """The sums of the first entries."""
    want(e, v, VECTORS, "cumsum")
    (last,) = (e.fresh(axis.dim) for axis in v.axes)
    return replace(v, axes=(last,), body=total(v.axes, where("<=", ordinal(v.axes[0]), ordinal(last), v.body, ZERO)))


def _norm_of_order(e: Elaboration, array: Value, order: Value) -> Value:
    """The p-norm of a vector's entries, (Σ |x_i|^p)^(1/p)."""
    want(e, array, VECTORS, "norm")
    if order.axes:
        e.refuse("the order of a norm is a scalar")
    powers = power(apply("abs", array.body), order.body)
    return Value("scalar", (), power(total(array.axes, powers), power(order.body, MINUS_ONE)))


# --- the diagonal, triangles, one axis for two


def _diagonal(e: Elaboration, v: Value, fn: str) -> Value:
    """The diagonal of a square matrix, a column."""
    if v.plain != "matrix":
        want(e, v, ("matrix",), fn)
    want_square(e, v, fn)
    rows, columns = v.parts
    return arranged([rows], rename(v.body, dict(zip(columns, rows, strict=True))))


def _trace(e: Elaboration, v: Value) -> Value:
    return _sum(e, _diagonal(e, v, "tr"))


def _diag(e: Elaboration, v: Value) -> Value:
    if v.plain == "matrix":
        return _diagonal(e, v, "diag")
    if v.plain not in VECTORS:
        want(e, v, (*VECTORS, "matrix"), "diag")
    others = tuple(e.fresh(axis.dim) for axis in v.axes)
    return arranged([v.axes, others], mul(v.body, *map(delta, v.axes, others)))


def _toepsum(e: Elaboration, v: Value) -> Value:
    want(e, v, ("matrix",), "toepsum")
    i, j = v.axes
    row, column = e.fresh(i.dim), e.fresh(j.dim)
    return Value("matrix", (row, column), total(v.axes, mul(same_diagonal(i, j, row, column), v.body)))


def _triangle(fn: str) -> One:
    """The entries on and below (above) the diagonal, and zeros elsewhere."""

    def function(e: Elaboration, v: Value) -> Value:
        want(e, v, ("matrix",), fn)
        row, column = map(ordinal, v.axes)
        ordered = (column, row) if fn == "tril" else (row, column)
        return Value("matrix", v.axes, where("<=", *ordered, v.body, ZERO))

    return function


def _vec(e: Elaboration, v: Value) -> Value:
    """The columns of a matrix below each other: its one axis is the pair of column and row."""
    if v.plain in VECTORS:
        return arranged([v.axes], v.body)
    if v.plain != "matrix":
        want(e, v, ("matrix",), "vec")
    rows, columns = v.parts
    return arranged([(*columns, *rows)], v.body)


# --- parts of a square matrix


def _turned(e: Elaboration, v: Value, fn: str) -> Node:
    """The entries of the transpose, over the axes of a square matrix."""
    want(e, v, ("matrix",), fn)
    want_square(e, v, fn)
    rows, columns = v.parts
    swapped = {**dict(zip(rows, columns, strict=True)), **dict(zip(columns, rows, strict=True))}
    return rename(v.body, swapped)


def _half(fn: str, other: Callable[[Node, Node], Node]) -> One:
    """(A + A')/2, (A − A')/2."""

    def function(e: Elaboration, v: Value) -> Value:
        return replace(v, body=mul(HALF, other(v.body, _turned(e, v, fn))))

    return function


def _deviator(e: Elaboration, v: Value) -> Value:
    """A less the multiple of the identity that has its trace."""
    mean = _mean(e, _diagonal(e, v, "dev")).body
    rows, columns = v.parts
    return replace(v, body=subtract(v.body, mul(mean, *map(delta, rows, columns))))


def _cofactors(e: Elaboration, v: Value) -> Value:
    """The matrix of cofactors of an invertible matrix, det(A) A⁻ᵀ."""
    det, inverse = _matrix_function(MATRIX_FUNCTIONS["det"])(e, v), _inverse(e, v)
    return replace(inverse, body=mul(det.body, _turned(e, inverse, "cofac")))


def _logabsdet(e: Elaboration, v: Value) -> Value:
    det = _matrix_function(MATRIX_FUNCTIONS["det"])(e, v)
    return replace(det, body=apply("log", apply("abs", det.body)))


# --- vectors of two and three dimensions


def _perpendicular(e: Elaboration, v: Value) -> Value:
    """(x, y) turned by a right angle: (−y, x)."""
    want(e, v, VECTORS, "perp")
    (axis,) = v.axes
    e.unify(axis.dim, e.sized(2), ": perp is of a vector of the plane")
    x, y = (position(k, axis.dim) for k in (0, 1))
    first, second = (rename(v.body, {axis: place}) for place in (x, y))
    return replace(v, body=subtract(mul(delta(axis, y), first), mul(delta(axis, x), second)))


def _cross(e: Elaboration, left: Value, right: Value) -> Value:
    """ε_ijk v_j w_k."""
    for value in (left, right):
        want(e, value, VECTORS, "cross")
        e.unify(value.axes[0].dim, e.sized(3), ": cross is of vectors of three dimensions")
    epsilon = _levi_civita(e)
    i, j, k = epsilon.axes
    bodies = (rename(value.body, {value.axes[0]: axis}) for value, axis in ((left, j), (right, k)))
    return Value(left.kind, (i,), total((j, k), mul(epsilon.body, *bodies)))


# --- exponentials that are normalised


def _softmax(e: Elaboration, v: Value) -> Value:
    want(e, v, VECTORS, "softmax", "softmax_rows(…) goes by rows")
    top = apply("exp", v.body)
    return Value(v.kind, v.axes, mul(top, power(total(v.axes, top), MINUS_ONE)))


def _softmax_rows(e: Elaboration, v: Value) -> Value:
    want(e, v, ("matrix",), "softmax_rows")
    top = apply("exp", v.body)
    return Value(v.kind, v.axes, mul(top, power(total([v.axes[1]], top), MINUS_ONE)))


def _log_softmax(e: Elaboration, v: Value) -> Value:
    """log(softmax(x)) as x − log Σ exp; of a matrix by rows, as softmax."""
    want(e, v, (*VECTORS, "matrix"), "log_softmax")
    if v.kind == "matrix":
        e.remark("log_softmax of a matrix goes by rows")
    last = e.fresh(v.axes[-1].dim)
    exponentials = apply("exp", rename(v.body, {v.axes[-1]: last}))
    return replace(v, body=subtract(v.body, apply("log", total([last], exponentials))))


def _logsumexp(e: Elaboration, v: Value) -> Value:
    return Value("scalar", (), apply("log", total(v.axes, apply("exp", v.body))))


def _logsumexp_rows(e: Elaboration, v: Value) -> Value:
    want(e, v, ("matrix",), "logsumexp_rows")
    return Value("column", (v.axes[0],), apply("log", total([v.axes[1]], apply("exp", v.body))))


# --- functions of a matrix


def _matrix_function(row: MatrixFunction) -> One:
    def function(e: Elaboration, v: Value) -> Value:
        if v.kind == "block matrix":
            return _of_kronecker(e, row, v)
        want(e, v, ("matrix",), row.name)
        if row.square:
            want_square(e, v, row.name)
        slots = tuple(e.fresh(axis.dim) for axis in v.axes[::-1][: row.rank])
        return Value(kind_of(row.rank), slots, matfn(row.name, 0, slots, v.axes, v.body))

    return function


_inverse = _matrix_function(MATRIX_FUNCTIONS["inv"])


def frechet_derivative(e: Elaboration, name: str, order: int, v: Value) -> Value:
    """D(expm, X): the derivative of every entry of a power series of a matrix in every entry of its argument."""
    if MATRIX_FUNCTIONS[name].slope is None or order != 1:
        e.refuse("D is of an unknown function, or of expm, sinm or cosm; D2 of an unknown function")
    want(e, v, ("matrix",), name)
    want_square(e, v, name)
    slots = tuple(e.fresh(axis.dim) for axis in (*v.axes, *v.axes))
    return Value("tensor", slots, matfn(name, 1, slots, v.axes, v.body))


def _of_kronecker(e: Elaboration, row: MatrixFunction, v: Value) -> Value:
    """(A ⊗ B)⁻¹ = A⁻¹ ⊗ B⁻¹ and det(A ⊗ B) = det(A)^q det(B)^p, of A with p rows and B with q."""
    left, right = _kronecker_factors(e, row, v)
    one, other = (_matrix_function(row)(e, factor) for factor in (left, right))
    if row.rank == 2:
        return kronecker(e, one, other)
    p, q = (size(e.find(factor.axes[0].dim)) for factor in (left, right))
    if row.name == "logdet":
        return Value("scalar", (), add(mul(q, one.body), mul(p, other.body)))
    return Value("scalar", (), mul(power(one.body, q), power(other.body, p)))


def _kronecker_factors(e: Elaboration, row: MatrixFunction, v: Value) -> tuple[Value, Value]:
    """A and B of A ⊗ B, where the function of it is known from theirs."""
    factors = factors_in(v.body)
    if row.name in ("inv", "pinv", "det", "logdet") and all(len(part) == 2 for part in v.parts):
        (a, c), (b, d) = v.parts
        outer = [f for f in factors if not f.free & {c, d}]
        inner = [f for f in factors if f not in outer]
        if not any(f.free & {a, b} for f in inner):
            return Value("matrix", (a, b), mul(*outer)), Value("matrix", (c, d), mul(*inner))
    e.refuse(f"{row.name} of a matrix with axes of several indices is known for kron(A, B) of two matrices alone")


def _solve(e: Elaboration, matrix: Value, right: Value) -> Value:
    """x with A x = b: A⁻¹ b, of a vector or of a matrix."""
    inverse = _inverse(e, matrix)
    want(e, right, ("column", "matrix"), "solve")
    return product(e, inverse, right)


def power_of_matrix(e: Elaboration, base: Value, exponent: Node) -> Value:
    """Aᵏ of a square matrix, k a whole number or made of extents; A⁻ᵏ is (A⁻¹)ᵏ."""
    terms = terms_in(exponent)
    if all(split_coefficient(term)[0] < 0 for term in terms):
        base, exponent = _inverse(e, base), add(*map(negate, terms))
    want_square(e, base, "a power")
    if isinstance(exponent, Const):
        return _written_out(e, base, exponent)
    if base.groups or not _whole(exponent):
        hint = "X^k, of a symbol k whose shape is not declared; .^ goes by entries"
        e.refuse("a matrix power is a whole number, or a dimension and a whole number", hint)
    slots = tuple(e.fresh(axis.dim) for axis in base.axes)
    return Value("matrix", slots, matrix_power(slots, base.axes, base.body, exponent))


def _written_out(e: Elaboration, base: Value, exponent: Const) -> Value:
    times = exponent.value
    if not isinstance(times, int) or not 0 < times <= _MOST:
        e.refuse(f"a matrix power is a whole number from 1 to {_MOST}, or from -{_MOST} to -1", ".^ goes by entries")
    result = base
    for _ in range(times - 1):
        result = product(e, result, renewed(e, base))
    return result


def _whole(exponent: Node) -> bool:
    """Whether an exponent is surely a whole number: made of dimensions, places of indices and whole numbers."""
    parts = [split_coefficient(term) for term in terms_in(exponent)]
    return all(isinstance(number, int) and isinstance(rest, Size | Ordinal | Const) for number, rest in parts)


# --- arrays of no argument, and of extents


def _levi_civita(e: Elaboration) -> Value:
    """ε_ijk over three axes of extent 3."""
    axes = tuple(e.fresh(e.sized(3)) for _ in range(3))
    return Value("tensor", axes, matfn(LEVI_CIVITA, 0, axes, (), ONE))


def _eye(e: Elaboration, dims: Sequence[Dim]) -> Value:
    if not 1 <= len(dims) <= 2:
        e.refuse("eye takes one or two dimensions")
    axes = tuple(e.fresh(d) for d in (dims[0], dims[-1]))
    return Value("matrix", axes, delta(*axes))


def _filled(fn: str, entry: Node) -> Made:
    def function(e: Elaboration, dims: Sequence[Dim]) -> Value:
        if not dims:
            e.refuse(f"{fn} takes some dimensions")
        axes = tuple(e.fresh(d) for d in dims)
        return Value(kind_of(len(axes)), axes, entry)

    return function


def _full(fn: str, rank: int) -> One:
    """vector(c), matrix(c): full of a number, as large as what stands around it asks."""

    def function(e: Elaboration, v: Value) -> Value:
        want(e, v, ("scalar",), fn)
        axes = tuple(e.fresh(e.unsaid(axis)) for axis in range(rank))
        return Value(kind_of(rank), axes, v.body)

    return function


_OPERATORS = {"det": r"\det", "logdet": r"\log\det"}
_ROWS = (
    ArrayFunction(name="sum", of_one=_sum, known=True, gives=0),
    ArrayFunction(name="mean", of_one=_mean, known=True, gives=0),
    ArrayFunction(name="var", of_one=_variance, gives=0),
    ArrayFunction(name="std", of_one=_deviation, gives=0),
    ArrayFunction(name="prod", of_one=_extreme("prod"), gives=0),
    ArrayFunction(name="max", of_one=_extreme("max"), known=True, gives=0),
    ArrayFunction(name="min", of_one=_extreme("min"), known=True, gives=0),
    ArrayFunction(name="rowsum", of_one=_along(1, "rowsum"), expects=2, gives=1),
    ArrayFunction(name="colsum", of_one=_along(0, "colsum"), expects=2, gives=1),
    ArrayFunction(name="norm1", of_one=_norm1, gives=0),
    ArrayFunction(name="norm2", of_one=_norm, gives=0),
    ArrayFunction(name="normInf", of_one=_norm_inf, expects=1, gives=0),
    ArrayFunction(name="cumsum", of_one=_running_sum, expects=1),
    ArrayFunction(
        name="tr", of_one=_trace, written=("Tr", "trace", "Trace"), known=True, bare=True, expects=2, gives=0
    ),
    ArrayFunction(name="toepsum", of_one=_toepsum, expects=2, gives=2),
    ArrayFunction(name="diag", of_one=_diag, written=("Diag",), known=True),
    ArrayFunction(name="diagonal", of_one=lambda e, v: _diagonal(e, v, "diagonal"), expects=2, gives=1),
    ArrayFunction(name="sym", of_one=_half("sym", add), known=True, expects=2, gives=2),
    ArrayFunction(name="skew", of_one=_half("skew", subtract), written=("skw",), known=True, expects=2, gives=2),
    ArrayFunction(name="dev", of_one=_deviator, known=True, expects=2, gives=2),
    ArrayFunction(name="cofac", of_one=_cofactors, written=("cof", "Cof", "cofactor"), expects=2, gives=2),
    ArrayFunction(name="logabsdet", of_one=_logabsdet, written=("logabsdet",), expects=2, gives=0),
    ArrayFunction(name="perp", of_one=_perpendicular, expects=1, gives=1),
    ArrayFunction(name="cross", of_two=_cross, takes="cross takes two vectors", expects=1, gives=1),
    ArrayFunction(name="vector", of_one=_full("vector", 1), filling=True, gives=1),
    ArrayFunction(name="matrix", of_one=_full("matrix", 2), filling=True, gives=2),
    ArrayFunction(name="softmax", of_one=_softmax, written=("Softmax",), known=True, expects=1, gives=1),
    ArrayFunction(name="log_softmax", of_one=_log_softmax, written=("logsoftmax", "LogSoftmax"), known=True),
    ArrayFunction(name="tril", of_one=_triangle("tril"), expects=2),
    ArrayFunction(name="triu", of_one=_triangle("triu"), expects=2),
    ArrayFunction(name="softmax_rows", of_one=_softmax_rows, expects=2, gives=2),
    ArrayFunction(name="logsumexp", of_one=_logsumexp, written=("LSE", "lse"), known=True, expects=1, gives=0),
    ArrayFunction(name="logsumexp_rows", of_one=_logsumexp_rows, expects=2, gives=1),
    ArrayFunction(name="vec", of_one=_vec, known=True, expects=2),
    *(
        ArrayFunction(
            name=row.name, of_one=_matrix_function(row), known=row.name in ("det", "logdet", "adj"), expects=2,
            written=("inverse",) if row.name == "inv" else (),
            gives=row.rank, bare=row.rank == 0, latex=_OPERATORS.get(row.name, ""),
            unicode="log det" if row.name == "logdet" else "",
        )
        for row in MATRIX_FUNCTIONS.values()
    ),
    ArrayFunction(name="kron", of_two=kronecker, takes="kron takes two matrices", expects=2),
    ArrayFunction(name="solve", of_two=_solve, takes="solve takes a matrix and a right-hand side: solve(A, b)"),
    ArrayFunction(name="norm", of_one=_length, of_two=_norm_of_order, known=True, gives=0),
    ArrayFunction(name=LEVI_CIVITA, of_none=_levi_civita, takes="levicivita takes no arguments", gives=3),
    ArrayFunction(name="einsum", takes="einsum takes other arguments"),
    ArrayFunction(name="reshape", takes="reshape takes an array and extents: reshape(A, n, m)"),
    ArrayFunction(name="eye", of_dims=_eye, takes="eye takes other arguments", gives=2),
    ArrayFunction(name="ones", of_dims=_filled("ones", ONE), takes="ones takes other arguments", known=True),
    ArrayFunction(name="zeros", of_dims=_filled("zeros", ZERO), takes="zeros takes other arguments", known=True),
    ArrayFunction(name="where", takes="where takes other arguments"),
    ArrayFunction(name="D", takes="D takes other arguments"),
    ArrayFunction(name="D2", takes="D2 takes other arguments"),
    ArrayFunction(name="delta", takes="Kronecker's delta has its indices in square brackets: delta[i,j]"),
    ArrayFunction(name="tensor", takes="tensor goes over indices: tensor[i](x[i])"),
)  # fmt: skip

ARRAYS: dict[str, ArrayFunction] = {row.name: row for row in _ROWS}
"""Every name of the text language that takes arrays, in the order in which they are offered for one misspelt."""
WRITTEN: dict[str, ArrayFunction] = {
    name: row for row in _ROWS for name in ((row.name,) if row.known else ()) + row.written
}
"""Every name of a function of arrays that documents and LaTeX formulas use."""
