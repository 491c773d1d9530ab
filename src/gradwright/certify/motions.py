"""Ways through values that have the facts. Owns: families of values in one parameter that keep them.

A comparison may tie only where several entries move at once: the trace of an orthogonal matrix is 1/2 nowhere along an
entry. So what moves is an entry with all that its structure ties to it, a part of a whole, two rows turned in their
plane, or one row added to another; that the facts are kept is looked at, whatever they are. Each family is rational in
its parameter: fractions stay fractions, and balls hold what they should. Never: looks at an expression.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product
from random import Random
from typing import Any

from gradwright.certify.holds import HOLDS, Place, Values
from gradwright.certify.program import exact
from gradwright.certify.structure import moves

Path = Callable[[Any], Values]
"""Values at a fraction, or in balls at a ball; at 0 those that it began with."""
_TRIALS = (Fraction(1, 64), Fraction(-1, 64))
_TRIES = 5  # places for each kind of motion
Pair = tuple[tuple[Any, Any], tuple[Any, Any]]
"""What becomes of two rows: of each a multiple of one and a multiple of the other."""


def has(values: Values, extents: Place, facts: frozenset[str]) -> bool:
    return all(HOLDS[fact](values, extents) for fact in facts)


def path(values: Values, extents: Place, facts: frozenset[str], rng: Random) -> Path | None:
    """A way from the values on which the facts are kept near them, the plainest that is found."""
    if "integer" in facts:  # nothing near it is whole
        return None
    for kind in _KINDS:
        for _ in range(_TRIES if facts else 1):
            found = _from(values, kind(extents, facts, rng))
            near = [found(trial) for trial in _TRIALS]
            if any(beside != values and has(beside, extents, facts) for beside in near):
                return found
    return None


Motion = Callable[[Values, Any], Values]


def _from(values: Values, motion: Motion) -> Path:
    def at(parameter: Any) -> Values:
        if isinstance(parameter, Fraction):
            return motion(values, parameter)
        return motion({place: exact(v) for place, v in values.items()}, parameter)

    return at


def _entry(extents: Place, facts: frozenset[str], rng: Random) -> Motion:
    """An entry moves, and what its structure ties to it."""
    places = list(product(*map(range, extents)))
    order = rng.sample(range(len(places)), len(places))
    together = next(filter(None, (moves(facts, extents, at) for at in order)), [])
    tied = {places[at]: sign for at, sign in together}
    return lambda values, t: {place: v + tied[place] * t if place in tied else v for place, v in values.items()}


def _part(extents: Place, facts: frozenset[str], rng: Random) -> Motion:
    """An entry gives to another one of its row."""
    place = tuple(map(rng.randrange, extents))
    other = (*place[:-1], *map(rng.randrange, extents[-1:]))
    given = {place: 1, other: -1}
    return lambda values, t: {at: v + given[at] * t if at in given else v for at, v in values.items()}


def _turn(t: Any) -> Pair:
    scale = 1 + t * t
    cosine, sine = (1 - t * t) / scale, 2 * t / scale
    return (cosine, -sine), (sine, cosine)


def _shear(t: Any) -> Pair:
    return (t * 0 + 1, t), (t * 0, t * 0 + 1)


def _turned(pair: Pair) -> Pair:
    (a, b), (c, d) = pair
    return (a, c), (b, d)


def _changed(values: Values, axis: int, rows: Sequence[int], pair: Pair) -> Values:
    """The array with two of its slices along an axis replaced by combinations of them."""

    def at(place: Place, row: int) -> Any:
        return values[(*place[:axis], row, *place[axis + 1 :])]

    one, two = rows
    combined = dict(zip(rows, pair, strict=True))
    return {
        place: combined[place[axis]][0] * at(place, one) + combined[place[axis]][1] * at(place, two)
        if place[axis] in combined
        else v
        for place, v in values.items()
    }


def _of_rows(change: Callable[[Any], Pair]) -> Callable[[Place, frozenset[str], Random], Motion]:
    def motion(extents: Place, facts: frozenset[str], rng: Random) -> Motion:
        if not extents or extents[0] < 2:
            return lambda values, t: values
        rows = rng.sample(range(extents[0]), 2)
        return lambda values, t: _changed(values, 0, rows, change(t))

    return motion


def _of_both(
    change: Callable[[Any], Pair], beside: Callable[[Any], Pair]
) -> Callable[[Place, frozenset[str], Random], Motion]:
    """Rows and columns of a square matrix together."""

    def motion(extents: Place, facts: frozenset[str], rng: Random) -> Motion:
        if len(extents) != 2 or extents[0] != extents[1] or extents[0] < 2:
            return lambda values, t: values
        rows = rng.sample(range(extents[0]), 2)
        return lambda values, t: _changed(_changed(values, 0, rows, change(t)), 1, rows, beside(t))

    return motion


_KINDS: tuple[Callable[[Place, frozenset[str], Random], Motion], ...] = (
    _entry,
    _part,
    _of_rows(_turn),
    _of_rows(_shear),
    _of_both(_turn, _turn),
    _of_both(_shear, lambda t: _turned(_shear(-t))),
    _of_both(_shear, _shear),
)
"""Of which the first that keeps the facts is taken: entries, parts of a simplex, rotations, shears, similar matrices,
congruent ones."""
