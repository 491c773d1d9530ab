"""Values where double precision gives out. Owns: an array at given numbers by ball arithmetic, and by continuity.

exp(3000) or 1e200² are no doubles, and an inverse that stands beside a determinant of 0 is no matrix, while the whole
has a value. Never: decides whether an expression is right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import isfinite, nan
from random import Random
from typing import Any

from gradwright.certify.ball import naive_program
from gradwright.certify.layout import Layout, TooLarge
from gradwright.certify.program import Program, Run, Table
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.node import Array

_MOST_WORK = 50_000
_BITS = (128, 512)
_NEAR_BITS = 2048
_NEAR = Fraction(1, 2**512)
_DIRECTIONS = 4
_DOUBLE = 2.0**-50
_ALIKE = 1e-13
_VANISHING = 1e-100  # beside the size of the step to a point nearby, 1e-154, not nothing
_NOTHING = 1e-300

Flat = Mapping[str, Sequence[float]]


def values(
    array: Array, context: Context, given: Flat, sizes: Mapping[str, int], *, nearby: bool
) -> list[float] | None:
    """Every entry of the array as a double, NaN where it has no value; None if that takes too much work.

    With ``nearby`` an entry without a value is what it tends to from every side, where it does.
    """
    if not all(isfinite(value) for flat in given.values() for value in flat):
        return None
    try:
        program = naive_program([array.body], Layout(sizes), context, _MOST_WORK)
    except (TooLarge, Error):
        return None
    exact = {name: [Fraction(value) for value in flat] for name, flat in given.items()}
    found = _doubles(program, array, exact)
    return _filled(found, program, array, exact) if nearby and not all(map(isfinite, found)) else found


def _doubles(program: Program, array: Array, exact: Mapping[str, Sequence[Fraction]]) -> list[float]:
    found: list[float] = []
    for bits in _BITS:
        found = [_double(ball) for ball in _table(program, array, exact, bits)]
        if all(map(isfinite, found)):
            break
    return found


def _table(program: Program, array: Array, exact: Mapping[str, Sequence[Fraction]], bits: int) -> Table:
    return Run(program, exact, bits).table(array.body, array.axes)


def _double(ball: Any) -> float:
    """The double nearest to a ball that is known to so many digits; NaN for any other."""
    known = ball.is_finite() and (ball.rad() <= abs(ball).abs_lower() * _DOUBLE or ball.abs_upper() < _NOTHING)
    value = float(ball.mid()) if known else nan
    return value if isfinite(value) else nan


def _filled(found: list[float], program: Program, array: Array, exact: Mapping[str, Sequence[Fraction]]) -> list[float]:
    """What is missing, from points very near on several sides, where these agree."""
    rng = Random(1)
    tables = []
    for _ in range(_DIRECTIONS):
        near = {name: [v + _NEAR * Fraction(rng.randint(-64, 64), 64) for v in flat] for name, flat in exact.items()}
        tables.append([_double(ball) for ball in _table(program, array, near, _NEAR_BITS)])
    sides = zip(*tables, strict=True)
    return [value if isfinite(value) else _limit(around) for value, around in zip(found, sides, strict=True)]


def _limit(around: Sequence[float]) -> float:
    """What values at points very near are all next to; NaN where they are not next to each other."""
    sizes = [abs(value) for value in around]
    if not all(map(isfinite, around)):
        return nan
    if max(sizes) < _VANISHING:
        return 0.0
    return around[0] if max(around) - min(around) <= _ALIKE * max(sizes) else nan
