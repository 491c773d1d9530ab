"""Where the branches of a formula meet. Owns: points on both sides of every comparison in it, and on it.

|u|, max(u, v), a choice by u < v and their like change where a gap, u or u − v, is 0. The gap is followed along one
entry of one symbol to where it vanishes, by secants; what comes out is only a place to look. Never: decides anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial
from itertools import chain, islice
from math import nan
from random import Random
from typing import Any

from gradwright.certify.ball import naive_program
from gradwright.certify.having import having
from gradwright.certify.holds import HOLDS, Place, Values
from gradwright.certify.layout import Layout, TooLarge, reach
from gradwright.certify.probes import Point, Surroundings
from gradwright.certify.program import Program, Run
from gradwright.certify.roots import refined, root_of
from gradwright.certify.sample import facts_about
from gradwright.core.build import subtract
from gradwright.core.context import Context
from gradwright.core.index import Dim
from gradwright.core.node import Apply, Const, Node, Ordinal, Size, Where
from gradwright.core.record import dataclass
from gradwright.tables.scalars import those

_FIXED = frozenset({"zero", "binary", "signs", "orthonormal"})
"""Facts under which no entry can move a little, or no way to move one is known."""
_OF_ENTRIES = frozenset({"positive", "negative", "nonnegative", "nonzero"})
"""Facts about each entry alone."""
_BENT = those(lambda row: row.almost)
_BITS = 64
_SHORT = 100  # the largest denominator of a number at which a formula is likely to change
_MOST_WORK = 20_000
_MOST_GAPS = 6
_MOST_SYMBOLS = 6
_MOST_PLACES = 3
_MOST_NUMBERS = 8
_LEAST = Fraction(1, 4)
_SIDES = (Fraction(1, 64), Fraction(-1, 64))
_BESIDE = (Fraction(0), Fraction(1, 64), Fraction(-1, 64), Fraction(1), Fraction(-1), Fraction(1, 10**6))


def everywhere(
    nodes: Sequence[Node], layout: Layout, context: Context, shapes: Mapping[str, Sequence[Dim]],
    good: Sequence[Point], rng: Random,
) -> Iterator[Point]:  # fmt: skip
    """Where a false equality of what the nodes say may show, near points that are known to be good.

    ``good`` may grow as points are found to be so.
    """
    extents = {name: tuple(map(layout.extent, shape)) for name, shape in shapes.items()}
    facts = {name: facts_about(context, name) for name in shapes}
    around = Surroundings(extents, facts, numbers(nodes))
    if not good:
        return around.together(rng)
    return chain(crossings(gaps(nodes), layout, context, facts, good, rng), around.points(good, rng))


def sides(
    nodes: Sequence[Node], layout: Layout, context: Context, facts: Mapping[str, frozenset[str]],
    good: Sequence[Point], rng: Random,
) -> Iterator[Point]:  # fmt: skip
    """A point on either side of every comparison of the nodes, near one that is known to be good."""
    for gap, program, names in _followed(gaps(nodes), layout, context, facts):
        if names:
            yield from _along(program, gap, rng.choice(good), rng.choice(names), facts, rng, _SIDES)


def gaps(nodes: Sequence[Node]) -> list[Node]:
    """What changes sign where a branch of one of the nodes ends, each once."""
    found: dict[Node, None] = {}
    for node in nodes:
        gap = _gap(node)
        if gap is not None and not gap.derivs and not isinstance(gap, Const | Size):
            found[gap] = None
    return list(found)


def _gap(node: Node) -> Node | None:
    if isinstance(node, Where):
        sides = (node.left, node.right)
        return None if all(isinstance(side, Ordinal | Const | Size) for side in sides) else subtract(*sides)
    if isinstance(node, Apply) and node.fn in _BENT:
        return node.args[0] if len(node.args) == 1 else subtract(*node.args)
    return None


def numbers(nodes: Sequence[Node]) -> list[Fraction]:
    """The numbers that stand in the nodes, without signs, and what small ones divide by; common ones left out."""
    values = {abs(Fraction(node.value)) for node in nodes if isinstance(node, Const)} - {Fraction(0), Fraction(1)}
    return sorted(values | {1 / value for value in values if value < _LEAST})[:_MOST_NUMBERS]


def spread(nodes: Sequence[Node]) -> int:
    """How many bits part the largest number of the nodes from the smallest."""
    sizes = [abs(Fraction(node.value)) for node in nodes if isinstance(node, Const) and node.value]
    exponents = [0, *(size.numerator.bit_length() - size.denominator.bit_length() for size in sizes)]
    return max(exponents) - min(exponents)


def crossings(
    found: Sequence[Node], layout: Layout, context: Context, facts: Mapping[str, frozenset[str]],
    good: Sequence[Point], rng: Random,
) -> Iterator[Point]:  # fmt: skip
    """Points at which a gap vanishes, and beside them: an entry of a symbol moved there, with what facts tie to it."""
    for gap, program, names in _followed(found, layout, context, facts):
        for name in names[:_MOST_SYMBOLS]:
            base = rng.choice(good)
            for start in (_plain(base, facts, rng), base):
                yield from _along(program, gap, start, name, facts, rng, _BESIDE)


def _followed(
    found: Sequence[Node], layout: Layout, context: Context, facts: Mapping[str, frozenset[str]]
) -> Iterator[tuple[Node, Program, list[str]]]:
    """The gaps that cost little, each with its program and the symbols in it that can move a little."""
    for gap in found[:_MOST_GAPS]:
        try:
            program = naive_program([gap], layout, context, _MOST_WORK)
        except TooLarge:
            continue
        yield gap, program, [name for name in _symbols(gap, context) if name in facts and not facts[name] & _FIXED]


def _along(
    program: Program, gap: Node, base: Point, name: str, facts: Mapping[str, frozenset[str]], rng: Random,
    beside: Sequence[Fraction],
) -> Iterator[Point]:  # fmt: skip
    """The point with an entry of one symbol moved to where the gap vanishes, and ``beside`` that."""
    at = rng.randrange(program.layout.count(program.axes(gap)))
    extents = _extents(base[name])

    def moved(place: Place, shift: Fraction) -> Point | None:
        values = having(base[name] | {place: base[name][place] + shift}, extents, facts[name])
        return None if values is None else base | {name: values}

    def value(place: Place, shift: Fraction) -> float:
        return _value(program, gap, moved(place, shift), at)

    places = list(base[name])
    for place in rng.sample(places, min(_MOST_PLACES, len(places))):
        root = root_of(partial(value, place))
        if root is not None:
            short = (base[name][place] + root).limit_denominator(_SHORT) - base[name][place]
            shifts = [short + step for step in beside] + [root] * (short != root and 0 in beside)
            yield from filter(None, map(partial(moved, place), shifts))
            return


@dataclass(frozen=True)
class Pin:
    """A point near which a gap vanishes at one of its places, as an entry of a symbol moves by less than ``PINNED``."""

    gap: Node
    at: int
    point: Point
    name: str
    place: Place


def pins(
    nodes: Sequence[Node], layout: Layout, context: Context, facts: Mapping[str, frozenset[str]],
    good: Sequence[Point], rng: Random,
) -> Iterator[Pin]:  # fmt: skip
    """Where a comparison in the nodes ties at a number that is no short fraction: π, log 2, the cube root of 2."""
    for gap, program, names in _followed(gaps(nodes), layout, context, facts):
        found = (_pin(program, gap, rng.choice(good), name, rng) for name in names if facts[name] <= _OF_ENTRIES)
        yield from islice(filter(lambda pin: pin is not None and _has(pin, facts[pin.name]), found), 1)


def _has(pin: Pin, facts: frozenset[str]) -> bool:
    return all(HOLDS[fact](pin.point[pin.name], ()) for fact in facts)


def _pin(program: Program, gap: Node, base: Point, name: str, rng: Random) -> Pin | None:
    at = rng.randrange(program.layout.count(program.axes(gap)))
    place = rng.choice(list(base[name]))

    def point(shift: Fraction) -> Point:
        return base | {name: base[name] | {place: base[name][place] + shift}}

    found = refined(
        lambda shift: _value(program, gap, point(shift), at),
        lambda shift, bits: _ball(program, gap, point(shift), at, bits),
    )
    return None if found is None else Pin(gap, at, point(found), name, place)


def _symbols(gap: Node, context: Context) -> list[str]:
    return sorted({name for node in reach([gap], context) for name in node.names} - set(context.definitions))


def _extents(values: Values) -> Place:
    return tuple(place + 1 for place in max(values))


def _plain(point: Point, facts: Mapping[str, frozenset[str]], rng: Random) -> Point:
    """The point with small whole numbers, for which a root is a fraction that can be met exactly."""
    plain = dict(point)
    for name, values in point.items():
        small = having({place: Fraction(rng.choice((-2, -1, 1, 2))) for place in values}, _extents(values), facts[name])
        plain[name] = values if small is None else small
    return plain


def _value(program: Program, gap: Node, point: Point | None, at: int) -> float:
    if point is None:
        return nan
    ball = _ball(program, gap, point, at, _BITS)
    return float(ball.mid()) if ball.is_finite() else nan


def _ball(program: Program, gap: Node, point: Point, at: int, bits: int) -> Any:
    run = Run(program, {name: list(values.values()) for name, values in point.items()}, bits)
    return run.table(gap, program.axes(gap))[at]
