"""Two sides at points. Owns: holding them against each other in ball arithmetic, small sizes and short numbers first.

Enclosures that do not overlap refute, and the point is the counterexample. Never: decides what a difference means.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import islice, product
from random import Random

from gradwright.certify.generic import UNIT
from gradwright.certify.layout import Layout, TooLarge, dimensions, reach, symbols_in
from gradwright.certify.report import Counterexample, Sizes, Values, entries_of
from gradwright.certify.sample import STYLES, sample
from gradwright.core.build import add, const, delta, mul
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.index import Dim, Index
from gradwright.core.node import Deriv, Entry, Node
from gradwright.core.record import dataclass
from gradwright.referee.clock import OutOfTime, now

_WAYS = ((2, 3, 4), (3, 2, 2), (4, 3, 2))
_BITS = (128, 512)
_MOST_WORK = 400_000
_DIGITS = 24
_POINTS = 2  # at every size, one of them generic
_POINTS_OF_NUMBERS = 4
_GENERIC = 997 * UNIT
_LITTLE_WORK = 4_000
_MANY_BITS = 2048
_MOST_PROBES = 60


@dataclass(frozen=True, slots=True)
class Pair:
    """Two scalars over the same axes, every free index among them; ``apart``: indices that are unequal."""

    left: Node
    right: Node
    axes: tuple[Index, ...]
    apart: tuple[tuple[Index, Index], ...] = ()

    @property
    def sides(self) -> list[Node]:
        return [self.left, self.right]


@dataclass(frozen=True, slots=True)
class Outcome:
    """``agree``: True, False, or None where nothing could be computed (and ``reason`` says why)."""

    agree: bool | None
    counterexample: Counterexample | None = None
    reason: str = ""
    points: int = 0
    letters: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()


def examine(pair: Pair, context: Context, deadline: float) -> Outcome:
    """Whether two scalars agree wherever their indices stand."""
    shapes, least = needed_sizes(pair, context)
    rng = Random(20240229)
    points, reason = 0, ""
    seen: list[Sizes] = []
    for way in _WAYS:
        sizes = {dim: max(way[k % len(way)], low) for k, (dim, low) in enumerate(least.items())}
        if sizes in seen:
            continue
        seen.append(sizes)
        outcome = _at_sizes(pair, context, shapes, sizes, rng, deadline)
        if outcome.agree is False:
            return outcome
        points += outcome.points
        reason = reason or outcome.reason
    return Outcome(True, points=points) if points else Outcome(None, reason=reason or "nothing could be computed")


def steady(pair: Pair, context: Context, seen: Outcome, deadline: float) -> bool:
    """Whether two scalars differ by one number at every point, as they did at the point that was seen; or by as many
    times the identity."""
    point = seen.counterexample
    try:
        gap = Fraction(point.left) - Fraction(point.right) if point is not None else Fraction()
    except ValueError:  # a complex number
        return False
    gaps = [const(gap)] if gap else []
    if gap and len(pair.axes) == 2 and pair.axes[0].dim == pair.axes[1].dim:
        gaps.append(mul(const(gap), delta(*pair.axes)))
    moved = (replace(pair, right=add(pair.right, gap)) for gap in gaps)
    return any(examine(one, context, deadline).agree is True for one in moved)


def exception(pair: Pair, context: Context, deadline: float) -> Outcome | None:
    """Where two scalars that agree at generic points differ after all: not at single points alone, or where they do so
    at these alone and ``agree``.
    """
    from gradwright.certify.ball import naive_program
    from gradwright.certify.gaps import everywhere

    nodes = list(reach(pair.sides, context))
    shapes, least = needed_sizes(pair, context)
    sizes = {dim: max(_WAYS[0][k % len(_WAYS[0])], low) for k, (dim, low) in enumerate(least.items())}
    layout, rng = Layout(sizes), Random(20240229)
    single: Outcome | None = None
    try:
        program = naive_program(pair.sides, layout, context, _LITTLE_WORK)
        good = [_point(context, shapes, sizes, rng, 1)]
        if compared(program, pair, good[0], sizes, rng, (_MANY_BITS,)) is not True:
            good = []
        for values in islice(everywhere(nodes, layout, context, shapes, good, rng), _MOST_PROBES):
            found = compared(program, pair, values, sizes, rng)
            if isinstance(found, Counterexample):
                beside = compared(program, pair, _beside(values, context, rng), sizes, rng)
                outcome = Outcome(True, found, letters=tuple(str(a.name) for a in pair.axes))
                if isinstance(beside, Counterexample):
                    return replace(outcome, agree=False)
                single = single or (outcome if beside else None)
            elif found:
                good.append(values)
            if now() > deadline:
                break
    except (TooLarge, Error):
        pass
    return single


def as_shown(pair: Pair, unit: Fraction, context: Context) -> bool:
    """Whether two arrays without a symbol in them differ by at most a unit."""
    from flint import arb, fmpq

    from gradwright.certify.ball import naive_program
    from gradwright.certify.program import Run, precision

    if symbols_in(reach(pair.sides, context), context) or any(isinstance(axis.dim, str) for axis in pair.axes):
        return False
    try:
        program = naive_program(pair.sides, Layout({}), context, _LITTLE_WORK)
        with precision(_BITS[0]):
            run = Run(program, {}, _BITS[0], 0, 0)
            tables = [run.table(side, pair.axes) for side in pair.sides]
            most = arb(fmpq(unit.numerator, unit.denominator))
            return all((one - two).abs_upper() <= most for one, two in zip(*tables, strict=True))
    except (TooLarge, Error):
        return False


def _beside(values: Values, context: Context, rng: Random) -> Values:
    """A point very near, off every surface that only some entries lie on; what has facts stays."""
    return {
        name: entries
        if _has_fact(context, name)
        else {place: v + Fraction(rng.randint(1, 996), _GENERIC * 10**6) for place, v in entries.items()}
        for name, entries in values.items()
    }


def needed_sizes(pair: Pair, context: Context) -> tuple[Mapping[str, Sequence[Dim]], dict[str, int]]:
    """The symbols with their shapes, and the least extent of every dimension; unequal indices need three places."""
    nodes = list(reach(pair.sides, context))
    least = dimensions(nodes, context)
    for axis in pair.axes:
        if isinstance(axis.dim, str):
            least.setdefault(axis.dim, 1)
    for a, b in pair.apart:
        for index in (a, b):
            if isinstance(index.dim, str):
                least[index.dim] = max(least.get(index.dim, 1), 3)
    return symbols_in(nodes, context), least


def within(nodes: Iterable[Node], shapes: Mapping[str, Sequence[Dim]], layout: Layout) -> None:
    """Refuse an entry that lies outside its array: an index put for another one may run over another extent."""
    for node in nodes:
        if isinstance(node, Entry | Deriv) and node.name in shapes:
            shape = [layout.extent(dim) for dim in shapes[node.name]]
            if layout.extents(node.slots) != shape:
                raise Error(f"an index of {node.name} runs over another extent than its axis")


def _at_sizes(
    pair: Pair, context: Context, shapes: Mapping[str, Sequence[Dim]], sizes: Sizes, rng: Random, deadline: float
) -> Outcome:
    from gradwright.certify.ball import naive_program

    layout = Layout(sizes)
    within(reach(pair.sides, context), shapes, layout)
    try:
        program = naive_program(pair.sides, layout, context, _MOST_WORK)
    except TooLarge:
        return Outcome(None, reason="too large to compute")
    done, reason, tries = 0, "", 0
    wanted = (_POINTS if sizes else _POINTS_OF_NUMBERS) if shapes else 1
    while done < wanted and tries < len(STYLES) + 8:
        if now() > deadline:
            raise OutOfTime
        try:
            values = _point(context, shapes, sizes, rng, tries)
            tries += 1
        except Error as error:
            return Outcome(None, reason=error.message)
        verdict = compared(program, pair, values, sizes, rng)
        if isinstance(verdict, Counterexample):
            return Outcome(False, verdict, points=done + 1, letters=tuple(str(a.name) for a in pair.axes))
        if verdict:
            done += 1
        else:
            reason = "no point was found at which both sides have a value"
    return Outcome(True if done else None, points=done, reason=reason)


def _point(context: Context, shapes: Mapping[str, Sequence[Dim]], sizes: Sizes, rng: Random, tries: int) -> Values:
    """Small whole numbers, which read well, in turn with fractions at which nothing agrees by accident."""
    if tries in (0, 2):
        return whole_numbers(context, shapes, sizes, rng, (1, 2, 3) if tries else (-1, 1, 2, -2, 3))
    values = sample(context, shapes, sizes, rng, 0 if tries == 1 else tries - 2)
    for name, entries in values.items():
        if not _has_fact(context, name):
            values[name] = {place: v + Fraction(rng.randint(1, 996), _GENERIC) for place, v in entries.items()}
    return values


def _has_fact(context: Context, name: str) -> bool:
    return any(given.symbol == name for given in context.facts.given)


def whole_numbers(
    context: Context, shapes: Mapping[str, Sequence[Dim]], sizes: Sizes, rng: Random, pool: Sequence[int]
) -> Values:
    """Entries from the pool, not all equal; what has a fact is drawn as the fact asks."""
    values = sample(context, shapes, sizes, rng, 0)
    for name, entries in values.items():
        if _has_fact(context, name):
            continue
        values[name] = {place: Fraction(rng.choice(pool)) for place in entries}
        if len(entries) > 1 and len(set(values[name].values())) == 1:
            values[name][next(iter(values[name]))] += 1
    return values


def compared(
    program: object, pair: Pair, values: Values, sizes: Sizes, rng: Random, precisions: Sequence[int] = _BITS
) -> Counterexample | bool:
    """Whether the roots agree at a point, or that point; False where they have no value."""
    from gradwright.certify.program import Program, Run, precision

    assert isinstance(program, Program)
    flat = entries_of(values)
    extents = program.layout.extents(pair.axes)
    places = list(product(*map(range, extents)))
    looked = [k for k, place in enumerate(places) if _distinct(place, pair)]
    seed = rng.getrandbits(32)
    for bits in precisions:
        run = Run(program, flat, bits, seed, 0)
        with precision(bits):
            left, right = (run.table(side, pair.axes) for side in pair.sides)
            finite = [k for k in looked if left[k].is_finite() and right[k].is_finite()]
            if len(finite) < len(looked) or not looked:
                continue
            apart_at = [k for k in finite if not left[k].overlaps(right[k])]
            if apart_at:
                worst = max(apart_at, key=lambda k: abs(float((left[k] - right[k]).mid())))
                return Counterexample(
                    "the right-hand side", values, sizes, places[worst], _said(left[worst]), _said(right[worst])
                )
            if all(_close(left[k], right[k]) for k in finite):
                return True
    return False


def _distinct(place: tuple[int, ...], pair: Pair) -> bool:
    at = dict(zip(pair.axes, place, strict=True))
    return all(at.get(a) != at.get(b) for a, b in pair.apart)


def _close(a: object, b: object) -> bool:
    difference = abs(a - b).abs_upper()  # type: ignore[operator]
    return bool(difference <= (abs(a).abs_upper() + 1) * 10**-_DIGITS)  # type: ignore[arg-type]


def _said(ball: object) -> str:
    if abs(ball).abs_upper() < 10**-_DIGITS:  # type: ignore[arg-type]
        return "0"
    text = str(ball.str(6, radius=False))  # type: ignore[attr-defined]
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text
