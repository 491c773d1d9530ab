"""Where the branches of a formula meet. Owns: points on both sides of every comparison in it, and on it.

|u|, max(u, v), a choice by u < v and their like change where a gap, u or u − v, is 0. The gap is followed as one symbol
moves with its facts kept, by secants to a fraction or from way to way to where it changes its sign; what comes out is
only a place to look. Never: decides anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial
from itertools import islice, pairwise
from math import isnan, nan, prod
from random import Random
from typing import Any

from gradwright.certify.ball import naive_program
from gradwright.certify.cells import cells, drawn
from gradwright.certify.having import having
from gradwright.certify.holds import SURELY_HOLDS, Place, Values
from gradwright.certify.layout import Layout, TooLarge, reach
from gradwright.certify.motions import Path, has, path
from gradwright.certify.probes import Point, Surroundings
from gradwright.certify.program import Program, Run
from gradwright.certify.report import entries_of
from gradwright.certify.roots import PINNED, between, refined, root_of
from gradwright.certify.sample import facts_about
from gradwright.core.build import subtract
from gradwright.core.context import Context
from gradwright.core.facts import FACTS
from gradwright.core.index import Dim
from gradwright.core.node import Apply, Const, Node, Ordinal, Size, Where
from gradwright.core.record import dataclass
from gradwright.tables.scalars import those

_BENT = those(lambda row: row.almost)
_BITS = 64
_SHORT = 100  # the largest denominator of a number at which a formula is likely to change
_MOST_WORK = 20_000
_MOST_GAPS = 6
_MOST_SYMBOLS = 6
_MOST_PLACES = 3
_MOST_WALKS = 4
_MOST_WAYS = 8
_WALKED = 20_000  # entries of a gap's tables above which it is not walked to
_FORWARD = tuple(map(Fraction, ("1/16", "1/4", "1", "4", "30", "1000", "1e6")))
_STEPS = (*(-step for step in reversed(_FORWARD)), Fraction(0), *_FORWARD)
_MOST_NUMBERS = 8
_LEAST = Fraction(1, 4)
_TRIAL = Fraction(1, 64)
_DESCENTS = 12  # for each symbol that moves a gap
_DESCENTS_IN_ALL = 600  # over the cube of the entries that there are: each moves, and costs
_TURN = 4
_OF_ENTRIES = frozenset(("positive", "negative", "nonnegative", "nonzero"))
_WHOLE = (2, 9)
"""How large the whole numbers are from which a descent begins."""
_DESCENDED = 400  # entries of the tables of all gaps for each descent that is one less
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
    if not good:  # as where everything has a value only far out
        yield from around.together(rng)
    if good:
        meeting = gaps(nodes), layout, context, facts, good, rng
        yield from _in_turn(crossings(*meeting), descents(*meeting), around.points(good, rng))


def _in_turn(*kinds: Iterator[Point]) -> Iterator[Point]:
    """Of each iterator a few, so that none waits until the end."""
    left = list(kinds)
    while left:
        for kind in tuple(left):
            taken = list(islice(kind, _TURN))
            yield from taken
            if len(taken) < _TURN:
                left.remove(kind)


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


def descents(
    found: Sequence[Node], layout: Layout, context: Context, facts: Mapping[str, frozenset[str]],
    good: Sequence[Point], rng: Random,
) -> Iterator[Point]:  # fmt: skip
    """Points at which each symbol of the gaps was taken to one of the cells that they part its way into."""
    followed = [(gap, program, names) for gap, program, names in _followed(found, layout, context, facts) if names]
    cost = sum(program.cost for _, program, _ in followed)
    if not followed:
        return
    symbols = sorted({name for *_, names in followed for name in names})
    meetings = sum(len(names) for *_, names in followed)
    each = 1 if any(_costs(facts[name]) for name in symbols) else _DESCENTS
    entries = sum(map(len, good[0].values()))
    for _ in range(min(each * meetings, 1 + _DESCENTS_IN_ALL // entries**3, 1 + _DESCENDED // cost)):
        point = _plain(rng.choice(good), facts, rng, rng.choice(_WHOLE))
        twice = [name for name in symbols for _ in range(1 if _ties(facts[name]) else min(len(point[name]), 2))]
        for name in rng.sample(twice, min(len(twice), _MOST_SYMBOLS)):
            moved = [(gap, program) for gap, program, names in followed if name in names]
            point = _in_a_cell(moved, point, name, facts[name], rng)
        yield point


def _in_a_cell(
    moved: Sequence[tuple[Node, Program]], point: Point, name: str, facts: frozenset[str], rng: Random
) -> Point:
    """The point with the symbol in a cell of a way, of those that the gaps part it into; as it was if they do not."""
    way = _way(point, name, facts, rng)
    if way is None:
        return point
    at = [rng.randrange(program.layout.count(program.axes(gap))) for gap, program in moved]
    origin = way.origin()
    heights = [
        partial(lambda gap, program, k, place: _height(program, gap, k, way, place - origin), gap, program, k)
        for (gap, program), k in zip(moved, at, strict=True)
    ]
    places = list(cells(heights, origin, not _ties(facts)))
    return (way.point(drawn(places, rng) - origin) if places else None) or point


def _ties(facts: frozenset[str]) -> bool:
    """Whether more must move than an entry, so that fractions grow long."""
    return not facts <= _OF_ENTRIES


def _costs(facts: frozenset[str]) -> bool:
    """Whether it takes long to see that values have them."""
    return any(FACTS[fact].square for fact in facts)


def _followed(
    found: Sequence[Node], layout: Layout, context: Context, facts: Mapping[str, frozenset[str]]
) -> Iterator[tuple[Node, Program, list[str]]]:
    """The gaps that cost little, each with its program and the symbols in it that can move a little."""
    for gap in found[:_MOST_GAPS]:
        try:
            program = naive_program([gap], layout, context, _MOST_WORK)
        except TooLarge:
            continue
        yield gap, program, [name for name in _symbols(gap, context) if name in facts]


def _along(
    program: Program, gap: Node, base: Point, name: str, facts: Mapping[str, frozenset[str]], rng: Random,
    beside: Sequence[Fraction],
) -> Iterator[Point]:  # fmt: skip
    """The point with one symbol moved along a way to where the gap vanishes, and ``beside`` that."""
    at = rng.randrange(program.layout.count(program.axes(gap)))
    for _ in range(_MOST_PLACES):
        way = _way(base, name, facts[name], rng)
        root = None if way is None else root_of(partial(_height, program, gap, at, way))
        if way is not None and root is not None:
            short = root.limit_denominator(_SHORT)
            shifts = [short + step for step in beside] + [root] * (short != root and 0 in beside)
            yield from filter(None, map(way.point, shifts))
            return


@dataclass(frozen=True)
class Way:
    """Points at which one symbol moves and the others do not."""

    base: Point
    name: str
    facts: frozenset[str]
    along: Path

    def origin(self) -> Fraction:
        """The entry that moves as far as the shift, where there is one; else 0."""
        old, new = self.base[self.name], self.along(_TRIAL)
        return next((v for place, v in old.items() if new[place] - v == _TRIAL), Fraction(0))

    def point(self, shift: Fraction) -> Point | None:
        """None where the symbol no longer has its facts."""
        values = self.along(shift)
        return self.base | {self.name: values} if has(values, _extents(values), self.facts) else None

    def balls(self, shift: Any) -> dict[Place, Any] | None:
        """The symbol's entries near a shift, where it has its facts on either side of it; None if they may be lost."""
        values = self.along(shift)
        kept = self.facts & SURELY_HOLDS.keys()
        return values if all(SURELY_HOLDS[fact](values, _extents(values)) for fact in kept) else None


def _way(base: Point, name: str, facts: frozenset[str], rng: Random) -> Way | None:
    along = path(base[name], _extents(base[name]), facts, rng)
    return None if along is None else Way(base, name, facts, along)


@dataclass(frozen=True)
class Pin:
    """A gap that vanishes at one of its places, within ``PINNED`` of a point of the way."""

    gap: Node
    at: int
    way: Way
    shift: Fraction
    point: Point


def pins(
    nodes: Sequence[Node], layout: Layout, context: Context, facts: Mapping[str, frozenset[str]],
    good: Sequence[Point], rng: Random,
) -> Iterator[Pin]:  # fmt: skip
    """Where a comparison in the nodes ties at what no fraction is, or where several entries must move for it."""
    for gap, program, names in _followed(gaps(nodes), layout, context, facts):
        if names:
            walks = range(min(_MOST_WALKS, _WALKED // program.cost))
            found = (_walk(program, gap, rng.choice(good), names, facts, rng) for _ in walks)
            yield from islice(filter(None, found), 1)


def _walk(
    program: Program, gap: Node, here: Point, names: Sequence[str], facts: Mapping[str, frozenset[str]], rng: Random
) -> Pin | None:
    """From way to way, each from where the gap was least on the one before, until it changes its sign on one."""
    at = rng.randrange(program.layout.count(program.axes(gap)))
    for _ in range(_MOST_WAYS):
        name = rng.choice(names)
        way = _way(here, name, facts[name], rng)
        if way is None:
            continue
        points = {shift: point for shift in _STEPS if (point := way.point(shift)) is not None}
        heights = {shift: _value(program, gap, at, point) for shift, point in points.items()}
        ends = next((ends for ends in pairwise(heights) if prod(heights[end] for end in ends) < 0), None)
        if ends is not None:
            return _pinned(program, gap, at, way, *ends)
        here = min(points.items(), key=lambda each: (isnan(heights[each[0]]), abs(heights[each[0]])))[1]
    return None


def _pinned(program: Program, gap: Node, at: int, way: Way, low: Fraction, high: Fraction) -> Pin | None:
    root = refined(
        between(partial(_height, program, gap, at, way), low, high),
        lambda shift, bits: _ball(program, gap, at, way.base | {way.name: way.along(shift)}, bits),
    )
    if root is None or any(way.point(root + side) is None for side in (PINNED, -PINNED)):
        return None
    return Pin(gap, at, way, root, way.base | {way.name: way.along(root)})


def _symbols(gap: Node, context: Context) -> list[str]:
    return sorted({name for node in reach([gap], context) for name in node.names} - set(context.definitions))


def _extents(values: Values) -> Place:
    return tuple(place + 1 for place in max(values))


def _plain(point: Point, facts: Mapping[str, frozenset[str]], rng: Random, most: int = 2) -> Point:
    """The point with small whole numbers, for which a root is a fraction that can be met exactly."""
    numbers = [sign * number for number in range(1, most + 1) for sign in (1, -1)]
    plain = dict(point)
    for name, values in point.items():
        small = having({place: Fraction(rng.choice(numbers)) for place in values}, _extents(values), facts[name])
        plain[name] = values if small is None else small
    return plain


def _height(program: Program, gap: Node, at: int, way: Way, shift: Fraction) -> float:
    point = way.point(shift)
    return nan if point is None else _value(program, gap, at, point)


def _value(program: Program, gap: Node, at: int, point: Point) -> float:
    ball = _ball(program, gap, at, point, _BITS)
    return float(ball.mid()) if ball.is_finite() else nan


def _ball(program: Program, gap: Node, at: int, point: Point, bits: int) -> Any:
    run = Run(program, entries_of(point), bits)
    return run.table(gap, program.axes(gap))[at]
