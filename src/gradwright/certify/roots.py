"""Where a gap vanishes along a line. Owns: its root as a short fraction, or to many bits. Never: sees an expression."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import isfinite
from typing import Any

from flint import arb

from gradwright.certify.program import exact

_STEPS = 30
_DENOMINATOR = 2**20
_FARTHEST = 1e12


def root_of(value: Callable[[Fraction], float]) -> Fraction | None:
    """Where the value is nearly 0, as a short fraction."""
    before, here = Fraction(0), Fraction(1)
    low, high = value(before), value(here)
    for _ in range(_STEPS):
        if not (isfinite(low) and isfinite(high)) or low == high:
            return None
        step = high * float(here - before) / (high - low)
        if not isfinite(step) or abs(step) > _FARTHEST:
            return None
        before, here = here, (here - Fraction(step)).limit_denominator(_DENOMINATOR)
        if here == before:
            return here
        low, high = high, value(here)
        if high == 0:
            return here
    return here


PINNED = Fraction(1, 2**300)
"""How near to the root is what was ``refined``."""
_GRID = 2**320
_ENOUGH = 320  # bits that tell the value there from 0


def between(value: Callable[[Fraction], float], low: Fraction, high: Fraction) -> Fraction:
    """Where the value, of opposite signs at the ends, changes its sign, by halves."""
    start = value(low)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if value(middle) * start > 0 else (low, middle)
    return low


def refined(at: Fraction, ball: Callable[[Fraction, int], Any]) -> Fraction | None:
    """The root near there, as near to it as ``PINNED``, where the value surely changes its sign."""
    step = Fraction(1, _DENOMINATOR)
    heights = [ball(at, _ENOUGH), ball(at + step, _ENOUGH)]
    slope = (_middle(heights[1]) - _middle(heights[0])) / step if all(h.is_finite() for h in heights) else Fraction(0)
    if not slope:
        return None
    start = at
    for _ in range(_STEPS):
        at = Fraction(round((at - _middle(ball(at, _ENOUGH)) / slope) * _GRID), _GRID)
        if abs(at - start) > step:  # it leads away
            return None
    return at if bool(ball(at - PINNED, _ENOUGH) * ball(at + PINNED, _ENOUGH) < 0) else None


def pinned(root: Fraction) -> Any:
    """A ball that holds the root that was refined, at the present precision."""
    return exact(root) + arb(0, exact(PINNED))


def _middle(ball: Any) -> Fraction:
    mantissa, exponent = ball.mid().man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
