"""Values of functions of an array over balls. Owns: stand-ins for unknown functions; inv, det and logdet.

Everything runs on ``arb`` and on ``arb_series`` alike. Never: uses a rule of differentiation of ours; the derivatives
of a stand-in are its own closed form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


MATRIX_VALUES: dict[str, Callable[[Values, int], Values]] = {
    "inv": lambda matrix, n: inverse(matrix, n, lambda value: first(value).abs_lower()),
    "det": lambda matrix, n: [_determinant(matrix, n)],
    "logdet": lambda matrix, n: [_determinant(matrix, n).log()],
}
"""The value of a function of an n×n matrix (row-major) as a flat list over its output's axes."""


def matrix_value(fn: str, argument: Values, extents: Sequence[int]) -> Values:
    if len(extents) != 2 or extents[0] != extents[1]:
        raise ArithmeticError(f"{fn} of an array that is not a square matrix")
    return MATRIX_VALUES[fn](argument, extents[0])
