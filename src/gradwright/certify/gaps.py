"""Where the branches of a formula meet. Owns: points on both sides of every comparison in it, and on it.

|u|, max(u, v), a choice by u < v and their like change where a gap, u or u − v, is 0. The gap is followed along one
entry of one symbol to where it vanishes, by secants; what comes out is only a place to look. Never: decides anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain
from math import isfinite
from random import Random

from gradwright.certify.ball import naive_program
from gradwright.certify.holds import Values
from gradwright.certify.layout import Layout, TooLarge, reach
from gradwright.certify.probes import Point, Surroundings
from gradwright.certify.program import Program, Run
from gradwright.certify.sample import facts_about
from gradwright.core.build import subtract
from gradwright.core.context import Context
from gradwright.core.index import Dim
from gradwright.core.node import Apply, Const, Node, Ordinal, Size, Where
from gradwright.tables.scalars import those

_BENT = those(lambda row: row.almost)
_BITS = 64
_STEPS = 30
_DENOMINATOR = 2**20
_SHORT = 100  # the largest denominator of a number at which a formula is likely to change
_MOST_WORK = 20_000
_MOST_GAPS = 6
_MOST_SYMBOLS = 6
_MOST_NUMBERS = 8
_LEAST = Fraction(1, 4)
_FARTHEST = 1e12
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
    loose = frozenset(name for name in shapes if not facts[name])
    return chain(crossings(gaps(nodes), layout, context, good, loose, rng), around.points(good, rng))


def sides(
    nodes: Sequence[Node], layout: Layout, context: Context, facts: Mapping[str, frozenset[str]],
    good: Sequence[Point], rng: Random,
) -> Iterator[Point]:  # fmt: skip
    """A point on either side of every comparison of the nodes, near one that is known to be good."""
    loose = frozenset(name for name, known in facts.items() if not known)
    for gap, program, names in _followed(gaps(nodes), layout, context, loose):
        if names:
            yield from _along(program, gap, rng.choice(good), rng.choice(names), rng, _SIDES)


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
    """The numbers that stand in the nodes, without signs, small ones as what they divide by; common ones left out."""
    values = {abs(Fraction(node.value)) for node in nodes if isinstance(node, Const)} - {Fraction(0), Fraction(1)}
    return sorted({value if value >= _LEAST else 1 / value for value in values})[:_MOST_NUMBERS]


def spread(nodes: Sequence[Node]) -> int:
    """How many bits part the largest number of the nodes from the smallest."""
    sizes = [abs(Fraction(node.value)) for node in nodes if isinstance(node, Const) and node.value]
    exponents = [0, *(size.numerator.bit_length() - size.denominator.bit_length() for size in sizes)]
    return max(exponents) - min(exponents)


def crossings(
    found: Sequence[Node], layout: Layout, context: Context, good: Sequence[Point], loose: frozenset[str], rng: Random
) -> Iterator[Point]:
    """Points at which a gap vanishes, and beside them: one entry of a symbol that is loose from facts moved there."""
    for gap, program, names in _followed(found, layout, context, loose):
        for name in names[:_MOST_SYMBOLS]:
            base = rng.choice(good)
            for start in (_plain(base, loose, rng), base):
                yield from _along(program, gap, start, name, rng, _BESIDE)


def _followed(
    found: Sequence[Node], layout: Layout, context: Context, loose: frozenset[str]
) -> Iterator[tuple[Node, Program, list[str]]]:
    """The gaps that cost little, each with its program and the symbols in it that are loose from facts."""
    for gap in found[:_MOST_GAPS]:
        try:
            program = naive_program([gap], layout, context, _MOST_WORK)
        except TooLarge:
            continue
        yield gap, program, [name for name in _symbols(gap, context) if name in loose]


def _along(
    program: Program, gap: Node, base: Point, name: str, rng: Random, beside: Sequence[Fraction]
) -> Iterator[Point]:
    """The point with an entry of one symbol moved to where the gap vanishes, and ``beside`` that."""
    place = rng.choice(list(base[name]))
    at = rng.randrange(program.layout.count(program.axes(gap)))
    root = _root(lambda shift: _value(program, gap, _moved(base, name, place, shift), at))
    if root is not None:
        short = (base[name][place] + root).limit_denominator(_SHORT) - base[name][place]
        yield from (_moved(base, name, place, short + step) for step in beside)
        if short != root and 0 in beside:
            yield _moved(base, name, place, root)


def _symbols(gap: Node, context: Context) -> list[str]:
    return sorted({name for node in reach([gap], context) for name in node.names} - set(context.definitions))


def _plain(point: Point, loose: frozenset[str], rng: Random) -> Point:
    """The point with small whole numbers, for which a root is a fraction that can be met exactly."""
    return {
        name: {place: Fraction(rng.choice((-2, -1, 1, 2))) for place in values} if name in loose else values
        for name, values in point.items()
    }


def _moved(base: Point, name: str, place: tuple[int, ...], shift: Fraction) -> Point:
    values: Values = dict(base[name])
    values[place] += shift
    return base | {name: values}


def _value(program: Program, gap: Node, point: Mapping[str, Values], at: int) -> float:
    run = Run(program, {name: list(values.values()) for name, values in point.items()}, _BITS)
    ball = run.table(gap, program.axes(gap))[at]
    return float(ball.mid()) if ball.is_finite() else float("nan")


def _root(value: Callable[[Fraction], float]) -> Fraction | None:
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
