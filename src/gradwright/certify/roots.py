"""Where a gap vanishes along a line. Owns: its roots as fractions, or one to many bits. Never: sees an expression."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import pairwise
from math import isfinite, isnan, sqrt
from typing import Any

from flint import arb

from gradwright.certify.program import exact

Height = Callable[[Fraction], float]
"""The value of a gap where the moving entry has a value."""
_STEPS = 30
_HALVES = 10
_MANY_HALVES = 48
_DENOMINATOR = 2**20
_FARTHEST = 1e12
_STRAIGHT = (Fraction(1, 4), Fraction(3, 4), Fraction(5, 4))
_MAGNITUDES = tuple(
    map(Fraction, ("1e-30", "1e-12", "1e-6", "1e-3", "1/16", "1/2", "1", "2", "4", "30", "1e3", "1e6", "1e12", "1e30"))
)
_GRID_OF_PLACES = (*(-place for place in reversed(_MAGNITUDES)), Fraction(0), *_MAGNITUDES)


def root_of(value: Height, before: Fraction = Fraction(0), here: Fraction = Fraction(1)) -> Fraction | None:
    """Where the value is nearly 0, as a short fraction, by secants from two places."""
    low, high = value(before), value(here)
    for _ in range(_STEPS):
        if not (isfinite(low) and isfinite(high)) or low == high:
            return None
        step = high * float(here - before) / (high - low)
        if not isfinite(step) or abs(step) > _FARTHEST * max(float(abs(here - before)), 1.0):
            return None
        before, here = here, _rounded(here - Fraction(step))
        if here == before:
            return here
        low, high = high, value(here)
        if high == 0:
            return here
    return here


def roots_of(value: Height) -> list[Fraction]:
    """Where the value is nearly 0 or jumps over it: one place if it goes straight, else one in each step of a grid."""
    near = [value(place) for place in _STRAIGHT]
    if near[0] - near[1] == near[1] - near[2] and near[0] != near[1]:
        root = root_of(value, *_STRAIGHT[:2])
        return [] if root is None else [root]
    heights = _on_a_grid(value)
    lowest = _lowest(heights)
    if lowest is not None:
        heights[lowest] = value(lowest)
    known = sorted(place for place, height in heights.items() if not isnan(height))
    found = [place for place in known if heights[place] == 0]
    return found + [_in_between(value, a, b) for a, b in pairwise(known) if heights[a] * heights[b] < 0]


def lowest_of(value: Height) -> Fraction | None:
    """Where the value is least, inside the grid, by a parabola."""
    return _lowest(_on_a_grid(value))


def _on_a_grid(value: Height) -> dict[Fraction, float]:
    return {place: value(place) for place in _GRID_OF_PLACES}


def _lowest(heights: Mapping[Fraction, float]) -> Fraction | None:
    known = [(place, abs(height)) for place, height in heights.items() if isfinite(height)]
    at = min(range(1, len(known) - 1), key=lambda k: known[k][1], default=None)
    if at is None or known[at][1] >= min(known[0][1], known[-1][1]):
        return None
    return _vertex(*known[at - 1 : at + 2])


def _vertex(*points: tuple[Fraction, float]) -> Fraction:
    """Of the parabola through three points, of which the middle one is the lowest."""
    (a, low), (b, middle), (c, high) = points
    left, right = (low - middle) / float(b - a), (high - middle) / float(c - b)
    shift = (left * float(c - b) - right * float(b - a)) / (2 * (left + right)) if left + right else 0.0
    return _rounded(b + Fraction(shift))


def _in_between(value: Height, low: Fraction, high: Fraction) -> Fraction:
    """Where the value changes its sign: by halves of the magnitude, then by secants if those stay inside."""
    start = value(low)
    for _ in range(_HALVES):
        middle = _halfway(low, high)
        low, high = (middle, high) if value(middle) * start > 0 else (low, middle)
    root = root_of(value, low, high)
    return root if root is not None and low <= root <= high else high


def _halfway(low: Fraction, high: Fraction) -> Fraction:
    """Between places of one sign far apart by magnitude, else in the middle."""
    if low * high > 0 and not Fraction(1, 4) < low / high < 4:
        return _rounded(Fraction(sqrt(low * high)) * (1 if low > 0 else -1))
    return (low + high) / 2


def _rounded(number: Fraction) -> Fraction:
    """To a short fraction, as near to a small number as to a large one."""
    if not number or abs(number) >= 1:
        return number.limit_denominator(_DENOMINATOR)
    return 1 / (1 / number).limit_denominator(_DENOMINATOR)


PINNED = Fraction(1, 2**300)
"""How near to the root is what was ``refined``."""
_GRID = 2**320
_ENOUGH = 384  # bits that tell the value there from 0, where it hardly rises too


def between(value: Height, low: Fraction, high: Fraction) -> Fraction:
    """Where the value, of opposite signs at the ends, changes its sign, by halves."""
    start = value(low)
    for _ in range(_MANY_HALVES):
        middle = (low + high) / 2
        low, high = (middle, high) if value(middle) * start > 0 else (low, middle)
    return low


def refined(at: Fraction, ball: Callable[[Fraction, int], Any]) -> Fraction | None:
    """The root near there, as near to it as ``PINNED``, where the value surely changes its sign."""
    step = Fraction(1, _DENOMINATOR)
    heights = [ball(at, _ENOUGH), ball(at + step, _ENOUGH)]
    if not all(h.is_finite() and abs(h) < arb(2) ** _ENOUGH for h in heights):
        return None
    slope = (_middle(heights[1]) - _middle(heights[0])) / step
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
    if exponent < -_GRID.bit_length() * _STEPS:
        return Fraction(0)  # exp(−10¹²), whose fraction no memory holds
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
