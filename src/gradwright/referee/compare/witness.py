"""Counterexamples for a person. Owns: a point at which a false relation is seen to be false with little arithmetic.

Smallest sizes, whole numbers, few digits. Never: decides; it is only asked about relations that are false.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import product
from random import Random

from gradwright.certify.ball import naive_program
from gradwright.certify.layout import Layout, TooLarge, reach
from gradwright.certify.program import Run, precision
from gradwright.certify.report import Counterexample, entries_of
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.node import Array, MatFn
from gradwright.referee.clock import now
from gradwright.referee.compare.numeric import Outcome, Pair, compared, needed_sizes, whole_numbers

_EXTENTS = (1, 2)
_POOLS = ((1, 2), (0, 1), (-1, 1, 2), (1, 2, 3))
_DRAWS = 3
_MOST_WORK = 20_000
_SHORT = 12
_BITS = 128


def shortened(pair: Pair, context: Context, outcome: Outcome, deadline: float) -> Outcome:
    """The outcome with the shortest counterexample that a few draws find."""
    if outcome.counterexample is None:
        return outcome
    best, rng = outcome.counterexample, Random(11)
    shapes, least = needed_sizes(pair, context)
    for extent in _EXTENTS:
        sizes = {dim: max(extent, low) for dim, low in least.items()}
        try:
            program = naive_program(pair.sides, Layout(sizes), context, _MOST_WORK)
            for pool in _POOLS * _DRAWS:
                if now() > deadline or _length(best) <= _SHORT:
                    break
                values = whole_numbers(context, shapes, sizes, rng, pool)
                found = compared(program, pair, values, sizes, rng)
                if isinstance(found, Counterexample) and _length(found) < _length(best) and _told_apart(found):
                    best = found
        except (Error, TooLarge):
            continue
    mentioned = {n.fn for n in reach(pair.sides, context) if isinstance(n, MatFn)} & set(context.functions)
    names = {name.split("°")[0].split(".")[0] for name in mentioned}
    return replace(outcome, counterexample=best, functions=tuple(sorted(names)))


def told(outcome: Outcome | None, supposed: Mapping[str, Array]) -> Outcome | None:
    """The outcome with the values of what is supposed in its counterexample, in place of what was free of it."""
    found = outcome.counterexample if outcome is not None else None
    if outcome is None or found is None:
        return outcome
    inside = ((name, array) for name, array in supposed.items() if array.body.names)
    reached = {name: array for name, array in inside if array.body.names <= found.values.keys()}
    values = dict(found.values) | {name: _entries(array, found) for name, array in reached.items()}
    return replace(outcome, counterexample=replace(found, values=values))


def _entries(array: Array, found: Counterexample) -> dict[tuple[int, ...], Fraction]:
    """The entries of an array at a point, to the digits that are shown."""
    layout = Layout(found.sizes)
    program = naive_program([array.body], layout, Context(), _MOST_WORK)
    run = Run(program, entries_of(found.values), _BITS, 0, 0)
    with precision(_BITS):
        table = run.table(array.body, array.axes)
    places = product(*map(range, layout.extents(array.axes)))
    return {place: Fraction(v.mid().str(6, radius=False)) for place, v in zip(places, table, strict=True)}


def _length(found: Counterexample) -> int:
    """What has to be read: every entry, and both sides."""
    entries = [v for name, flat in found.values.items() if "°" not in name for v in flat.values()]
    return sum(1 + len(str(v)) for v in entries) + len(found.left) + len(found.right)


def _told_apart(found: Counterexample) -> bool:
    """Whether the sides differ as they are printed, and clearly."""
    try:
        left, right = float(found.left), float(found.right)
    except ValueError:
        return False
    return abs(left - right) > 1e-3 * (abs(left) + abs(right))
