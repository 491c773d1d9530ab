"""Generic values under the facts. Owns: for each fact how values that have it are drawn. Never: sees an expression.

Positive parts of a simplex, dominant diagonals, rotations: nothing is 0, equal or nearly singular that need not be.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from random import Random

from gradwright.certify.functions import inverse
from gradwright.certify.having import Change, lower, skew, symmetric, toeplitz, turned, upper
from gradwright.certify.holds import Place, Values
from gradwright.core.errors import Error

Style = tuple[int, int]
UNIT = 16
_LEAST = -6  # of whole numbers


def built(extents: Place, facts: frozenset[str], interval: Style, rng: Random) -> Values:
    """Values that satisfy the facts, or nearly always do: whoever calls looks, and tries again."""
    values = {place: _number(facts, interval, rng) for place in product(*map(range, extents))}
    for fact, build in BUILDERS.items():
        if fact in facts:
            values = build(values, extents, facts, rng)
    return values


def _number(facts: frozenset[str], interval: Style, rng: Random) -> Fraction:
    """A fraction in the interval, never 0, of the sign the facts ask for."""
    if "zero" in facts:
        return Fraction(0)
    if "binary" in facts:
        return Fraction(rng.randint(0, 1))
    if "signs" in facts:
        return Fraction(1 if "nonnegative" in facts else -1 if "negative" in facts else rng.choice((-1, 1)))
    low, high = (end * UNIT for end in interval)
    value = Fraction(rng.choice([k for k in range(low, high + 1) if k]), UNIT)
    if "integer" in facts:
        value = Fraction(rng.choice([k for k in range(_LEAST, -_LEAST + 1) if k]))
    if "nonnegative" in facts:
        return abs(value)
    return -abs(value) if "negative" in facts else value


# --- structure, in an order in which a later builder keeps what an earlier one made ------------------------------

Builder = Callable[[Values, Place, frozenset[str], Random], Values]


def _onehot(values: Values, extents: Place, facts: frozenset[str], rng: Random) -> Values:
    chosen = rng.choice(list(values))
    return {place: Fraction(int(place == chosen)) for place in values}


def _simplex(values: Values, extents: Place, facts: frozenset[str], rng: Random) -> Values:
    """Positive parts of a power of two."""
    if "onehot" in facts:
        return values
    parts = len(values)
    whole = max(UNIT, 1 << (2 * parts - 1).bit_length())
    cuts = [0, *sorted(rng.sample(range(1, whole), parts - 1)), whole]
    return {place: Fraction(b - a, whole) for place, a, b in zip(values, cuts, cuts[1:], strict=False)}


def _onehot_or_zero(values: Values, extents: Place, facts: frozenset[str], rng: Random) -> Values:
    if "onehot" in facts:
        return values
    chosen = rng.choice([None, *values])
    return {place: Fraction(int(place == chosen)) for place in values}


def _onehot_or_zero_rows(values: Values, extents: Place, facts: frozenset[str], rng: Random) -> Values:
    if "onehot_rows" in facts:
        return values
    chosen = [rng.randrange(-1, extents[1]) for _ in range(extents[0])]
    return {(row, j): Fraction(int(j == chosen[row])) for row, j in values}


def by_rows(build: Builder) -> Builder:
    """Every row of a matrix as the builder makes a vector."""

    def rows(values: Values, extents: Place, facts: frozenset[str], rng: Random) -> Values:
        done: Values = {}
        for row in range(extents[0]):
            flat: Values = {(j,): values[row, j] for j in range(extents[1])}
            inner = frozenset({"onehot"} if "onehot_rows" in facts else ())
            done |= {(row, j): v for (j,), v in build(flat, extents[1:], inner, rng).items()}
        return done

    return rows


def _unit(values: Values, extents: Place, facts: frozenset[str], rng: Random) -> Values:
    """A rational point of the sphere, by stereographic projection."""
    flat = list(values.values())
    tail = sum((v * v for v in flat[1:]), Fraction(0))
    point = [(tail - 1) / (tail + 1), *(2 * v / (tail + 1) for v in flat[1:])]
    sign = -1 if "negative" in facts else 1
    signed = [sign * abs(v) for v in point] if facts & {"nonnegative", "negative"} else point
    return dict(zip(values, signed, strict=True))


def _square(extents: Place) -> int:
    if len(set(extents)) != 1:
        raise Error(f"a fact about square arrays cannot hold for one of shape {'×'.join(map(str, extents))}")
    return extents[0]


def _diagonal(values: Values, extents: Place) -> Values:
    return {(i, j): v if i == j else Fraction(0) for (i, j), v in values.items()}


def _of_square(change: Change) -> Builder:
    """What changes values of a square array alone."""

    def build(values: Values, extents: Place, facts: frozenset[str], rng: Random) -> Values:
        _square(extents)
        return change(values, extents)

    return build


def _invertible(values: Values, extents: Place, facts: frozenset[str], rng: Random) -> Values:
    """A dominant diagonal; a positive one makes the matrix positive definite too."""
    n = _square(extents)
    if facts & {"skew", "orthogonal"}:
        return values
    weight = max(sum(abs(values[i, j]) for j in range(n) if j != i) for i in range(n)) + 1
    down = "negative" in facts or (not facts & {"posdef", "nonnegative"} and rng.random() < 0.5)
    sign = -1 if down else 1
    return {(i, j): v if i != j else sign * (weight + abs(v)) for (i, j), v in values.items()}


def _singular(values: Values, extents: Place, facts: frozenset[str], rng: Random) -> Values:
    """The last row and, where it must stay symmetric, the last column repeat the first."""
    last = _square(extents) - 1
    if "diagonal" in facts or last == 0:
        return {place: Fraction(0) if place == (last, last) else v for place, v in values.items()}
    repeated: Values = {(i, j): values[0 if i == last else i, j] for i, j in values}
    if "symmetric" not in facts:
        return repeated
    return {(i, j): repeated[i, 0 if j == last else j] for i, j in values}


def _orthogonal(values: Values, extents: Place, facts: frozenset[str], rng: Random) -> Values:
    """A signed diagonal, a reflection (symmetric), or a rotation."""
    n = _square(extents)
    identity: Values = {(i, j): Fraction(int(i == j)) for i, j in values}
    if "posdef" in facts:
        return identity
    if "diagonal" in facts:
        return {place: v * rng.choice((-1, 1)) for place, v in identity.items()}
    if "symmetric" in facts:
        normal = [values[i, 0] for i in range(n)]
        return {(i, j): v - 2 * normal[i] * normal[j] / sum(x * x for x in normal) for (i, j), v in identity.items()}
    return turned(values, extents)


def _orthonormal(values: Values, extents: Place, facts: frozenset[str], rng: Random) -> Values:
    """The first columns of an orthogonal matrix."""
    rows, columns = extents
    if "orthogonal" in facts:
        return values
    if columns > rows:
        raise Error(f"{columns} columns of {rows} entries cannot be orthonormal")
    whole = {place: _number(frozenset(), (-2, 2), rng) for place in product(range(rows), repeat=2)}
    turned = _orthogonal(whole, (rows, rows), frozenset(), rng)
    return {place: turned[place] for place in values}


def _idempotent(values: Values, extents: Place, facts: frozenset[str], rng: Random) -> Values:
    """A (BᵀA)⁻¹ Bᵀ of two matrices with fewer columns than rows, of one where it is symmetric too."""
    n = _square(extents)
    if facts & {"invertible", "orthogonal", "posdef"}:
        return {(i, j): Fraction(int(i == j)) for i, j in values}
    if n == 1 or "diagonal" in facts:
        return {(i, j): Fraction(int(i == j) * rng.randint(0, 1)) for i, j in values}
    rank = rng.randint(1, n - 1)
    one, two = ([[_number(frozenset(), (-2, 2), rng) for _ in range(rank)] for _ in range(n)] for _ in range(2))
    two = one if "symmetric" in facts else two
    inner = [sum((two[k][i] * one[k][j] for k in range(n)), Fraction(0)) for i, j in product(range(rank), repeat=2)]
    try:
        middle = inverse(inner, rank, abs)
    except ZeroDivisionError:  # by accident: whoever calls looks, and tries again
        return values
    every = list(product(range(rank), repeat=2))
    return {
        (i, j): sum((one[i][a] * middle[a * rank + b] * two[j][b] for a, b in every), Fraction(0)) for i, j in values
    }


BUILDERS: dict[str, Builder] = {
    "onehot": _onehot,
    "simplex": _simplex,
    "onehot_rows": by_rows(_onehot),
    "onehot_or_zero": _onehot_or_zero,
    "onehot_or_zero_rows": _onehot_or_zero_rows,
    "simplex_rows": by_rows(_simplex),
    "unit": _unit,
    "toeplitz": lambda values, extents, facts, rng: toeplitz(values, extents),
    "symmetric": _of_square(symmetric),
    "lower": _of_square(lower),
    "upper": _of_square(upper),
    "diagonal": _of_square(_diagonal),
    "skew": _of_square(skew),
    "invertible": _invertible,
    "singular": _singular,
    "orthogonal": _orthogonal,
    "orthonormal": _orthonormal,
    "idempotent": _idempotent,
}
