"""Values of functions of an array over balls. Owns: stand-ins for unknown functions; inv, det, expm, ….

Everything runs on ``arb`` and on ``arb_series`` alike. Never: uses a rule of differentiation of ours; the derivatives
of a stand-in are its own closed form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product
from random import Random
from typing import Any

Values = list[Any]


def first(value: Any) -> Any:
    """The constant term of a series; a ball is its own."""
    return value[0] if hasattr(value, "coeffs") else value


class StandIn:
    """A smooth function put in the place of an unknown one: f_o(z) = sin(W_o z + b_o) + (V_o z + c_o)³/6 + lift.

    Its coefficients depend on the name and the seed alone, so every mention of the function means the same one, and
    no function that a claim might hold for by accident is likely to come up.
    """

    def __init__(self, name: str, seed: int, outputs: int, inputs: int, lift: int) -> None:
        rng = Random(f"{name}:{seed}:{outputs}:{inputs}")
        self.lift = lift
        self.inner = [[_small(rng, 32) for _ in range(inputs + 1)] for _ in range(outputs)]
        self.cubic = [[_small(rng, 16) for _ in range(inputs + 1)] for _ in range(outputs)]

    def values(self, argument: Values, order: int) -> Values:
        """Every entry of the derivative of that order, the output's index first, then one index per derivative."""
        result = []
        for inner, cubic in zip(self.inner, self.cubic, strict=True):
            wave = _sine(_affine(inner, argument), order)
            curve = _cube(_affine(cubic, argument), order)
            for places in product(range(len(argument)), repeat=order):
                value = wave * _scale(inner, places) + curve * _scale(cubic, places)
                result.append(value if order else value + self.lift)
        return result


def _small(rng: Random, top: int) -> int:
    """A number of 64ths, never 0."""
    return rng.choice((-1, 1)) * rng.randint(3, top)


def _affine(coefficients: list[int], argument: Values) -> Any:
    total = coefficients[-1]
    for weight, value in zip(coefficients, argument, strict=False):
        total = value * weight + total
    return total / _arb(64)


def _scale(coefficients: list[int], places: tuple[int, ...]) -> Any:
    scale = _arb(1)
    for place in places:
        scale = scale * coefficients[place] / 64
    return scale


def _arb(value: int) -> Any:
    from flint import arb

    return arb(value)


def _sine(x: Any, order: int) -> Any:
    value = x.cos() if order % 2 else x.sin()
    return -value if order % 4 >= 2 else value


def _cube(x: Any, order: int) -> Any:
    if order > 3:
        return 0
    return (x * x * x / 6, x * x / 2, x, 1)[order]


def _determinant(matrix: Values, n: int) -> Any:
    """By minors of the first rows, one for each set of columns: no division, so a singular matrix is no obstacle."""
    minors: dict[int, Any] = {0: _arb(1)}
    for row in range(n):
        grown: dict[int, Any] = {}
        for columns, minor in minors.items():
            for column in range(n):
                if columns >> column & 1:
                    continue
                sign = -1 if (columns >> column).bit_count() % 2 else 1
                term = minor * matrix[row * n + column] * sign
                wider = columns | 1 << column
                grown[wider] = grown[wider] + term if wider in grown else term
        minors = grown
    return minors[(1 << n) - 1]


def inverse(matrix: Values, n: int, magnitude: Callable[[Any], Any]) -> Values:
    """Gauss and Jordan on a flat n×n matrix, the largest pivot first; ZeroDivisionError if there is none."""
    rows = [[*matrix[i * n : i * n + n], *(int(i == j) for j in range(n))] for i in range(n)]
    for column in range(n):
        pivot = max(range(column, n), key=lambda r: magnitude(rows[r][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        head = rows[column][column]
        if magnitude(head) == 0:
            raise ZeroDivisionError("a singular matrix, or one too near to it")
        rows[column] = [value / head for value in rows[column]]
        for other in range(n):
            if other != column:
                scale = rows[other][column]
                rows[other] = [a - scale * b for a, b in zip(rows[other], rows[column], strict=True)]
    return [value for row in rows for value in row[n:]]


def _inverse(matrix: Values, n: int) -> Values:
    return inverse(matrix, n, lambda value: first(value).abs_lower())


def _adjugate(matrix: Values, n: int) -> Values:
    """Entry (i, j) is the cofactor of (j, i)."""
    cofactors = []
    for i, j in product(range(n), repeat=2):
        minor = [matrix[r * n + c] for r in range(n) for c in range(n) if r != j and c != i]
        cofactors.append(_determinant(minor, n - 1) * (-1 if (i + j) % 2 else 1))
    return cofactors


def _multiply(left: Values, right: Values, rows: int, inner: int, columns: int) -> Values:
    return [
        sum((left[i * inner + k] * right[k * columns + j] for k in range(1, inner)), left[i * inner] * right[j])
        for i, j in product(range(rows), range(columns))
    ]


def _pseudoinverse(matrix: Values, rows: int, columns: int) -> Values:
    """(AᵀA)⁻¹Aᵀ or Aᵀ(AAᵀ)⁻¹ of a matrix of full rank; of any other where its entries are exact numbers."""
    exact = [_fraction(value) for value in matrix]
    known = [value for value in exact if value is not None]
    if len(known) == len(exact):
        return [_ball(value) for value in _exact_pseudoinverse(known, rows, columns)]
    turned = [matrix[i * columns + j] for j, i in product(range(columns), range(rows))]
    if rows >= columns:
        gram = _multiply(turned, matrix, columns, rows, columns)
        return _multiply(_inverse(gram, columns), turned, columns, columns, rows)
    gram = _multiply(matrix, turned, rows, columns, rows)
    return _multiply(turned, _inverse(gram, rows), columns, rows, rows)


def _fraction(value: Any) -> Fraction | None:
    """The number that a ball without a radius is."""
    if hasattr(value, "coeffs") or not value.is_exact() or not value.is_finite():
        return None
    mantissa, exponent = (int(part) for part in value.man_exp())
    return Fraction(mantissa) * Fraction(2) ** exponent


def _ball(value: Fraction) -> Any:
    return _arb(value.numerator) / value.denominator


def _exact_pseudoinverse(matrix: list[Fraction], rows: int, columns: int) -> Values:
    """Cᵀ(CCᵀ)⁻¹(BᵀB)⁻¹Bᵀ of A = BC, B its columns with a pivot and C its reduced rows."""
    reduced = [matrix[i * columns : (i + 1) * columns] for i in range(rows)]
    pivots: list[int] = []
    for column in range(columns):
        here = len(pivots)
        at = next((r for r in range(here, rows) if reduced[r][column]), None)
        if at is None:
            continue
        reduced[here], reduced[at] = reduced[at], reduced[here]
        reduced[here] = [value / reduced[here][column] for value in reduced[here]]
        for other in range(rows):
            if other != here:
                scale = reduced[other][column]
                reduced[other] = [a - scale * b for a, b in zip(reduced[other], reduced[here], strict=True)]
        pivots.append(column)
    rank = len(pivots)
    if not rank:
        return [Fraction(0)] * (rows * columns)
    left = [matrix[i * columns + p] for i in range(rows) for p in pivots]
    right = [value for row in reduced[:rank] for value in row]
    left_turned = [left[i * rank + k] for k, i in product(range(rank), range(rows))]
    right_turned = [right[k * columns + j] for j, k in product(range(columns), range(rank))]
    inner_left = inverse(_multiply(left_turned, left, rank, rows, rank), rank, abs)
    inner_right = inverse(_multiply(right, right_turned, rank, columns, rank), rank, abs)
    inner = _multiply(inner_right, inner_left, rank, rank, rank)
    return _multiply(_multiply(right_turned, inner, columns, rank, rank), left_turned, columns, rank, rows)


def _exponential(matrix: Values, n: int) -> Values:
    """Balls of the exponential; of power series, by the exponential of their block Toeplitz matrix."""
    from flint import arb, arb_mat, arb_series, ctx

    if not any(isinstance(value, arb_series) for value in matrix):
        whole = arb_mat(n, n, matrix).exp()
        return [whole[i, j] for i, j in product(range(n), repeat=2)]
    terms = ctx.cap
    blocks = arb_mat(n * terms, n * terms)
    for (i, j), (r, c) in product(product(range(n), repeat=2), product(range(terms), repeat=2)):
        value = matrix[i * n + j]
        if c >= r:
            blocks[r * n + i, c * n + j] = (
                value[c - r] if isinstance(value, arb_series) else value if c == r else arb(0)
            )
    whole = blocks.exp()
    return [arb_series([whole[i, k * n + j] for k in range(terms)]) for i, j in product(range(n), repeat=2)]


def _rotation(matrix: Values, n: int) -> tuple[Values, Values]:
    """cos A and sin A, which are the left half of exp of [[0, −A], [A, 0]]."""
    wide: Values = [_arb(0)] * (4 * n * n)
    for i, j in product(range(n), repeat=2):
        wide[i * 2 * n + n + j], wide[(n + i) * 2 * n + j] = -matrix[i * n + j], matrix[i * n + j]
    whole = _exponential(wide, 2 * n)
    cosine, sine = ([whole[(row + i) * 2 * n + j] for i, j in product(range(n), repeat=2)] for row in (0, n))
    return cosine, sine


def _cholesky(matrix: Values, n: int) -> Values:
    """The lower triangular L with L Lᵀ = (A + Aᵀ)/2, row by row."""
    whole = [(matrix[i * n + j] + matrix[j * n + i]) / 2 for i, j in product(range(n), repeat=2)]
    lower: Values = [_arb(0)] * (n * n)
    for i, j in product(range(n), repeat=2):
        if j > i:
            continue
        rest = whole[i * n + j]
        for k in range(j):
            rest = rest - lower[i * n + k] * lower[j * n + k]
        lower[i * n + j] = rest.sqrt() if i == j else rest / lower[j * n + j]
    return lower


def frechet(fn: str, matrix: Values, extents: Sequence[int]) -> Values:
    """The derivative of every entry of f(A) in every one of A, of a power series f.

    f of [[A, E], [0, A]] holds it along E at its corner.
    """
    n = extents[0]
    slopes = []
    for a, b in product(range(n), repeat=2):
        wide: Values = [_arb(0)] * (4 * n * n)
        for i, j in product(range(n), repeat=2):
            wide[i * 2 * n + j] = wide[(n + i) * 2 * n + n + j] = matrix[i * n + j]
        wide[a * 2 * n + n + b] = _arb(1)
        slopes.append(MATRIX_VALUES[fn](wide, 2 * n))
    return [slope[i * 2 * n + n + j] for i, j in product(range(n), repeat=2) for slope in slopes]


MATRIX_VALUES: dict[str, Callable[[Values, int], Values]] = {
    "inv": _inverse,
    "det": lambda matrix, n: [_determinant(matrix, n)],
    "logdet": lambda matrix, n: [_determinant(matrix, n).log()],
    "adj": _adjugate,
    "chol": _cholesky,
    "expm": _exponential,
    "cosm": lambda matrix, n: _rotation(matrix, n)[0],
    "sinm": lambda matrix, n: _rotation(matrix, n)[1],
}
"""The value of a function of an n×n matrix (row-major) as a flat list over its output's axes."""
KNOWN = frozenset(MATRIX_VALUES) | {"pinv", "levicivita"}
SERIES = ("expm", "sinm", "cosm")
"""Those whose derivative ``frechet`` has."""


def matrix_value(fn: str, argument: Values, extents: Sequence[int]) -> Values:
    if fn == "levicivita":
        return [_arb((j - i) * (k - i) * (k - j) // 2) for i, j, k in product(range(3), repeat=3)]
    if fn == "pinv":
        return _pseudoinverse(argument, *extents)
    if len(extents) != 2 or extents[0] != extents[1]:
        raise ArithmeticError(f"{fn} of an array that is not a square matrix")
    return MATRIX_VALUES[fn](argument, extents[0])


def whole_power(matrix: Values, exponent: Any, extents: Sequence[int]) -> Values:
    """A square matrix times itself, or its inverse times itself; the exponent is a ball that holds one whole number."""
    n = extents[0]
    times = int(exponent.unique_fmpz())
    factor = _inverse(matrix, n) if times < 0 else matrix
    result: Values = [_arb(int(i == j)) for i, j in product(range(n), repeat=2)]
    for _ in range(abs(times)):
        result = _multiply(result, factor, n, n, n)
    return result
