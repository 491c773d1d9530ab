"""What each fact means of values. Owns: for every fact, whether values have it. Never: draws any."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any

from gradwright.certify.functions import inverse

Place = tuple[int, ...]
Values = dict[Place, Fraction]


def _leading_minors(matrix: Values, n: int) -> Sequence[Fraction]:
    """Determinants of the leading blocks, by elimination without exchanges (a zero pivot ends the list with 0)."""
    rows = [[matrix[i, j] for j in range(n)] for i in range(n)]
    minors: list[Any] = [1]
    for k in range(n):
        minors.append(minors[-1] * rows[k][k])
        if not rows[k][k]:
            break
        for r in range(k + 1, n):
            scale = rows[r][k] / rows[k][k]
            rows[r] = [a - scale * b for a, b in zip(rows[r], rows[k], strict=True)]
    return minors[1:]


def _is_square(extents: Place) -> bool:
    return len(extents) == 2 and extents[0] == extents[1]


def _is_invertible(values: Values, extents: Place, magnitude: Callable[[Any], Any] = abs) -> bool:
    if not _is_square(extents):
        return False
    try:
        inverse(list(values.values()), extents[0], magnitude)
    except ZeroDivisionError:
        return False
    return True


def _is_symmetric(values: Values, extents: Place) -> bool:
    return len(set(extents)) == 1 and all(v == values[tuple(sorted(place))] for place, v in values.items())


def _is_orthogonal(values: Values, extents: Place) -> bool:
    return _is_square(extents) and _has_orthonormal_columns(values, extents)


def _has_orthonormal_columns(values: Values, extents: Place) -> bool:
    if len(extents) != 2:
        return False
    rows, columns = extents
    return all(
        sum(values[k, i] * values[k, j] for k in range(rows)) == int(i == j)
        for i, j in product(range(columns), repeat=2)
    )


def _is_idempotent(values: Values, extents: Place) -> bool:
    if not _is_square(extents):
        return False
    every = range(extents[0])
    return all(sum(values[i, k] * values[k, j] for k in every) == v for (i, j), v in values.items())


def _row_sums(values: Values, extents: Place) -> list[Fraction]:
    return [sum((values[i, j] for j in range(extents[1])), Fraction(0)) for i in range(extents[0])]


HOLDS: dict[str, Callable[[Values, Place], bool]] = {
    "onehot": lambda v, e: sorted(v.values()) == [0] * (prod(e) - 1) + [1],
    "onehot_rows": lambda v, e: set(v.values()) <= {0, 1} and set(_row_sums(v, e)) == {1},
    "onehot_or_zero": lambda v, e: set(v.values()) <= {0, 1} and sum(v.values()) <= 1,
    "onehot_or_zero_rows": lambda v, e: set(v.values()) <= {0, 1} and set(_row_sums(v, e)) <= {0, 1},
    "simplex": lambda v, e: sum(v.values()) == 1 and min(v.values()) >= 0,
    "simplex_rows": lambda v, e: set(_row_sums(v, e)) == {1} and min(v.values()) >= 0,
    "binary": lambda v, e: set(v.values()) <= {0, 1},
    "integer": lambda v, e: all(x == int(x) for x in v.values()),
    "signs": lambda v, e: set(v.values()) <= {1, -1},
    "positive": lambda v, e: all(x > 0 for x in v.values()),
    "negative": lambda v, e: all(x < 0 for x in v.values()),
    "nonnegative": lambda v, e: all(x >= 0 for x in v.values()),
    "nonzero": lambda v, e: all(v.values()),
    "zero": lambda v, e: not any(v.values()),
    "unit": lambda v, e: sum(x * x for x in v.values()) == 1,
    "symmetric": _is_symmetric,
    "skew": lambda v, e: _is_square(e) and all(x == -v[j, i] for (i, j), x in v.items()),
    "posdef": lambda v, e: _is_square(e) and _is_symmetric(v, e) and all(m > 0 for m in _leading_minors(v, e[0])),
    "invertible": _is_invertible,
    "singular": lambda v, e: _is_square(e) and not _is_invertible(v, e),
    "orthogonal": _is_orthogonal,
    "orthonormal": _has_orthonormal_columns,
    "idempotent": _is_idempotent,
    "projection": lambda v, e: _is_idempotent(v, e) and _is_symmetric(v, e),
    "diagonal": lambda v, e: _is_square(e) and all(i == j or not x for (i, j), x in v.items()),
    "lower": lambda v, e: _is_square(e) and all(i >= j or not x for (i, j), x in v.items()),
    "upper": lambda v, e: _is_square(e) and all(i <= j or not x for (i, j), x in v.items()),
    "toeplitz": lambda v, e: all(x == v.get((i + 1, j + 1), x) for (i, j), x in v.items()),
}
"""Whether values, of those extents, have a fact."""

SURELY_HOLDS: dict[str, Callable[[Any, Place], bool]] = {
    "positive": HOLDS["positive"],
    "negative": HOLDS["negative"],
    "nonzero": lambda v, e: all(x != 0 for x in v.values()),
    "posdef": lambda v, e: all(m > 0 for m in _leading_minors(v, e[0])),
    "invertible": lambda v, e: _is_invertible(v, e, lambda ball: ball.abs_lower()),
}
"""Whether all that balls hold has a fact that may be lost at a single point of a way on which it holds elsewhere."""
