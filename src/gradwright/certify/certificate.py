"""Certificates. Owns: holding a result against the truth at random points, and saying how sure that makes one.

The truth is the derivative by power series in ball arithmetic: real enclosures with rigorous error. Enclosures that do
not overlap refute; enclosures that agree to enough digits, at every entry of every point, confirm. Never: looks at how
a result was found.

There is a ladder of points. A derivative is held at generic ones, at the edges of facts and on both sides of every
comparison; what is claimed to be equal also at more sizes and at every kind of place that ``probes`` and ``gaps`` know,
and at the first points with many more bits, for a small difference is one.

python-flint is loaded by the first certificate, for ``import gradwright`` would take more than twice as long with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import field, replace
from fractions import Fraction
from itertools import chain, islice, product
from math import prod
from random import Random
from time import perf_counter
from typing import TYPE_CHECKING, Any

from gradwright.certify.layout import Layout, TooLarge, at_least, dimensions, reach, symbols_in
from gradwright.certify.report import Certificate, Counterexample, Outcome, Sizes, Values, entries_of
from gradwright.certify.sample import STYLES, facts_about, sample
from gradwright.certify.written import cancelled
from gradwright.core.build import deriv, entry, mul, rename, total
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.index import Dim, Index, position
from gradwright.core.node import Array, Node
from gradwright.core.record import dataclass

if TYPE_CHECKING:
    from gradwright.certify.gaps import Pin
    from gradwright.certify.program import Program, Run

__all__ = ["Certificate", "Counterexample", "certify", "compare"]

_BITS = 160
_MORE_BITS = 1280
_DOUBLINGS = 4
_MOST_BITS = 16_384
_TIE_BITS = 320
_PROBE_BITS = 512
_NEARBY = Fraction(1, 2**40)
_EDGE = -1  # in place of a style
_POINTS = 3
_SIZES_WANTED = 2
_SIZES_OF_TIES = 3
_MUCH_WORK = 50_000  # entries of tables above which one point at each size must do
_MOST_WORK = 600_000  # entries of tables at one point
_MIXED_STYLES = 10
_SERIES = "power series in ball arithmetic"
_SEED = 20240229
_WAYS = ((2, 3, 4), (3, 2, 2), (4, 3, 2), (2, 3, 2), (3, 3, 3), (2, 2, 2))
"""Extents for the dimensions in order of appearance, from the start again where there are more of them."""
_MORE_WAYS = ((1, 1, 1), (4, 4, 4), (5, 4, 3), (1, 2, 3), (5, 5, 5), (3, 4, 5))
"""Further ones for what is claimed to hold at every size."""
_LARGE_WAYS = ((6, 5, 7), (7, 6, 8), (8, 8, 8))
"""For what costs little there."""
_LITTLE_WORK = 3_000  # entries of tables below which a program is cheap
_WORK = 60_000  # entries of tables that the points looked for may fill, at the first sizes
_LESS_WORK = 12_000  # the same at each of the others
_MOST_PROBES = 180
_FEW_PROBES = 90  # where no comparison parts the points
_MOST_ELSEWHERE = 30  # points at which a derivative is held that has a value at no generic one
_SOME_ENTRIES = 6  # of a result whose tables are too large
_MOST_PLACES = 100_000
_MOST_SMALLER = 30  # sizes at which a smaller counterexample is looked for
_MOST_SIDES = 6  # points beside comparisons at which a derivative is held


def certify(
    original: Array,
    wrt: Sequence[tuple[str, tuple[Index, ...]]],
    result: Array,
    context: Context,
    *,
    printed: Array | None = None,
    independent: bool = False,
    along: str = "",
    digits: int = 30,
    points: int = _POINTS,
) -> Certificate:
    """Hold ``result`` (and ``printed``, its text read back) against the derivative of ``original``.

    ``wrt`` lists the variable once per order, with the indices that stand for its entry; ``result.axes`` are the axes
    of ``original`` and those indices, in the order of the layout. With ``independent`` the entries of a structured
    variable move as its facts tie them. With ``along`` the second derivative is contracted with the symbol of that name
    over the indices of the first.
    """
    goal = original.body
    for name, slots in wrt:
        goal = deriv(goal, name, slots)
    kept = wrt
    if along:
        goal, kept = total(wrt[0][1], mul(goal, entry(along, *wrt[0][1]))), wrt[1:]
    expected = {*original.axes, *(index for _, slots in kept for index in slots)}
    if set(result.axes) != expected or len(result.axes) != len(expected):
        raise Error("the axes of the result are not those of the function and of the variable")
    claims = {"the result": result}
    if printed is not None:
        claims["the printed text"] = printed
        if printed.shape != result.shape:
            reason = f"the printed text is {_said(printed.shape)}, and the result {_said(result.shape)}"
            return Certificate("refuted", _SERIES, reason=reason)
    truth = Array(result.axes, goal)
    tied = frozenset(name for name, _ in wrt) if independent else frozenset()
    examiner = _Examiner(truth, claims, context, digits, _SERIES, tied)
    found = examiner.examine(points)
    return found if examiner.tally.tried else _at_some_entries(examiner, found)


def _at_some_entries(whole: _Examiner, found: Certificate) -> Certificate:
    """The certificate at a few entries, where the tables of all would be too large; ``found``: that there is none.

    Axes whose extents are numbers have places that may be chosen, at all sizes of the others.
    """
    fixed = [(slot, axis.dim) for slot, axis in enumerate(whole.truth.axes) if isinstance(axis.dim, int)]
    every = list(islice(product(*(range(dim) for _, dim in fixed)), _MOST_PLACES))
    some = Random(_SEED).sample(every, min(_SOME_ENTRIES, len(every))) if fixed else []
    each: list[Certificate] = []
    for places in some:
        at = {slot: place for (slot, _), place in zip(fixed, places, strict=True)}
        claims = {label: _at_places(claim, at) for label, claim in whole.claims.items()}
        part = _Examiner(_at_places(whole.truth, at), claims, whole.context, whole.digits, _SERIES, whole.tied)
        each.append(part.examine(1))
        if each[-1].verdict != "confirmed":
            return _with_entry(each[-1], at, len(whole.truth.axes))
    if not each:
        return found
    return replace(
        each[0], digits=min(one.digits for one in each), points=sum(one.points for one in each),
        seconds=sum(one.seconds for one in each), entries=(len(some), prod(dim for _, dim in fixed)),
    )  # fmt: skip


def _with_entry(found: Certificate, at: Mapping[int, int], rank: int) -> Certificate:
    """The certificate of a part, whose counterexample stands at an entry of the whole."""
    if found.counterexample is None:
        return found
    rest = iter(found.counterexample.entry)
    entry = tuple(at[slot] if slot in at else next(rest) for slot in range(rank))
    return replace(found, counterexample=replace(found.counterexample, entry=entry))


def _at_places(array: Array, at: Mapping[int, int]) -> Array:
    """The part of an array at places along some of its axes."""
    fixed = {array.axes[slot]: position(place, array.axes[slot].dim) for slot, place in at.items()}
    return Array(tuple(axis for axis in array.axes if axis not in fixed), rename(array.body, fixed))


def hold(truth: Array, claims: Mapping[str, Array], context: Context, *, digits: int = 30) -> Certificate:
    """Hold every claim, by its label, against the truth, in which derivatives are taken by power series."""
    return _Examiner(truth, dict(claims), context, digits, _SERIES).examine(_POINTS)


def compare(
    left: Array,
    right: Array,
    context: Context,
    *,
    parts: Sequence[Node] = (),
    digits: int = 30,
    points: int = _POINTS,
) -> Certificate:
    """Hold two arrays against each other, entry by entry, wherever they and the ``parts`` they are of have a value."""
    needed = cancelled(parts, (left.body, right.body), context)
    claims = {"the right-hand side": right}
    return _Examiner(left, claims, context, digits, "ball arithmetic", needed=needed, thorough=True).examine(points)


def least(left: Array, right: Array, context: Context, found: Counterexample) -> Counterexample:
    """A counterexample of as small sizes as there is one, of those up to the sizes of another one."""
    return _Examiner(left, {found.claim: right}, context, 1, "ball arithmetic").least_of(found)


class _Undefined(Exception):
    """No point was found at which everything exists."""


class _Undecided(_Undefined):
    """A comparison met numbers that balls do not part."""


class _Unsatisfied(_Undefined):
    """No values were found that have the facts."""


@dataclass
class _Tally:
    """What an examination has found so far, and over which range."""

    sizes: list[Sizes] = field(default_factory=list)
    points: int = 0
    digits: int = 0
    reason: str = ""
    doubt: str = ""
    tried: bool = False
    drawn: dict[str, dict[int, Fraction]] = field(default_factory=dict)  # by identity: points share most of theirs

    def add(self, digits: int, sizes: Sizes, values: Values) -> None:
        self.digits = min(self.digits, digits) if self.points else digits
        self.points += 1
        if sizes not in self.sizes:
            self.sizes.append(sizes)
        for name, entries in values.items():
            self.drawn.setdefault(name, {}).update((id(value), value) for value in entries.values())

    @property
    def ranges(self) -> dict[str, tuple[Fraction, Fraction]]:
        return {name: (min(drawn.values()), max(drawn.values())) for name, drawn in self.drawn.items()}


class _Examiner:
    """One examination: sizes, points at each, and the precision that each point needs."""

    def __init__(
        self,
        truth: Array,
        claims: dict[str, Array],
        context: Context,
        digits: int,
        method: str,
        tied: frozenset[str] = frozenset(),
        needed: Sequence[Node] = (),
        thorough: bool = False,
    ) -> None:
        self.tied, self.needed, self.thorough = tied, needed, thorough
        self.truth, self.claims, self.context, self.digits, self.method = truth, claims, context, digits, method
        for claim in claims.values():
            if claim.shape != truth.shape:
                raise Error(f"the shapes differ: one side is {_said(truth.shape)}, the other {_said(claim.shape)}")
        self.roots: list[Node] = [truth.body, *(claim.body for claim in claims.values()), *needed]
        self.nodes = list(reach(self.roots, context))
        self.shapes = symbols_in(self.nodes, context)
        self.facts = {name: facts_about(context, name) for name in self.shapes}
        self.least = dimensions(self.nodes, context)
        at_least(self.least, truth.shape)
        self.rng = Random(_SEED)
        self.style, self.bits = 0, _BITS
        self.tally = _Tally()

    def examine(self, points: int) -> Certificate:
        began = perf_counter()
        try:
            found = self._examined(points)
        except Error as error:
            found = self._certificate("unavailable", reason=error.message)
        return replace(found, seconds=perf_counter() - began)

    def _certificate(self, verdict: Outcome, **details: Any) -> Certificate:
        given = (g for g in self.context.facts.given if g.symbol in self.shapes)
        return Certificate(verdict, self.method, facts=tuple(dict.fromkeys(map(str, given))), **details)

    def _examined(self, points: int) -> Certificate:
        tally = self.tally
        for sizes in self._ways():
            program = self._program(sizes)
            if program is None:
                tally.reason = tally.reason or "its tables are too large to fill, even at the least sizes"
                continue
            tally.tried = True
            wanted = 1 if program.cost > _MUCH_WORK else points if sizes else _SIZES_WANTED * points
            found = self._at_sizes(program, sizes, wanted)
            if found is not None:
                return found
            if not self.thorough and len(tally.sizes) == _SIZES_WANTED:
                break
        if not any(max(sizes.values(), default=2) > 1 for sizes in tally.sizes):
            return self._certificate("unavailable", reason=tally.reason, empty=tally.tried and not tally.points)
        if tally.doubt:
            return self._certificate("unavailable", points=tally.points, sizes=tuple(tally.sizes), reason=tally.doubt)
        return self._certificate(
            "confirmed", digits=tally.digits, points=tally.points, sizes=tuple(tally.sizes),
            ranges=tally.ranges if self.thorough else {},
        )  # fmt: skip

    def _at_sizes(self, program: Program, sizes: Sizes, wanted: int) -> Certificate | None:
        """The points at one assignment of the dimensions: generic ones, then those that are looked for."""
        good: list[Values] = []
        first = not self.tally.sizes
        many = self.thorough and first and program.cost <= _MUCH_WORK
        self.bits = self._many_bits() if many else _BITS
        for turn in range(wanted if first or not self.thorough else 1):
            try:
                found = self._at_a_point(program, sizes, edge=turn == 2)
            except _Undefined as why:
                self.tally.reason = self.tally.reason or str(why)
                if isinstance(why, _Unsatisfied):
                    return None
                break
            if isinstance(found, Counterexample):
                return self._refuted(found, sizes)
            good.append(found)
        if self.thorough or not good:
            return self._looked_for(program, sizes, good, first)
        return self._beside_comparisons(program, sizes, good) if first else None

    def _beside_comparisons(self, program: Program, sizes: Sizes, good: list[Values]) -> Certificate | None:
        from gradwright.certify.gaps import sides

        points = sides(self.nodes, program.layout, self.context, self.facts, good, self.rng)
        return self._held(program, sizes, good, islice(points, min(_WORK // program.cost, _MOST_SIDES)))

    def _refuted(self, found: Counterexample, sizes: Sizes, generic: int = 0) -> Certificate:
        """``generic``: points at which the sides agreed, and could not but do so if the difference were everywhere."""
        done = [s for s in self.tally.sizes if s != sizes]
        reason = f"the sides agree at {generic} generic points of these sizes" if generic else ""
        return self._certificate(
            "refuted", points=self.tally.points + 1, sizes=(*done, sizes), counterexample=found, reason=reason
        )

    def least_of(self, found: Counterexample) -> Counterexample:
        up_to = product(*(range(self.least[dim], size + 1) for dim, size in found.sizes.items()))
        smaller = sorted((way for way in up_to if sum(way) < sum(found.sizes.values())), key=sum)
        for way in smaller[:_MOST_SMALLER]:
            sizes = dict(zip(found.sizes, way, strict=True))
            program = self._program(sizes)
            if program is None:
                continue
            try:
                values = sample(self.context, self.shapes, sizes, self.rng)
                other = self._decide(program, sizes, values, _BITS, (0, 0))
            except (_Undefined, Error):  # such sizes have no value, or no such facts
                continue
            if isinstance(other, Counterexample):
                return other
        return found

    def _many_bits(self) -> int:
        """Enough to tell the numbers of the formula from nothing beside the largest of them."""
        from gradwright.certify.gaps import spread

        return min(_MORE_BITS + 2 * spread(self.nodes), _MOST_BITS)

    def _looked_for(self, program: Program, sizes: Sizes, good: list[Values], first: bool) -> Certificate | None:
        """Every kind of point near a good one, as many as the work allows."""
        from gradwright.certify.gaps import everywhere, gaps

        generic, self.bits = len(good), _BITS
        budget = (_WORK if first else _LESS_WORK) // max(program.cost, 1)
        points = everywhere(self.nodes, program.layout, self.context, self.shapes, good, self.rng)
        most = (_MOST_PROBES if gaps(self.nodes) else _FEW_PROBES) if self.thorough else _MOST_ELSEWHERE
        found = self._held(program, sizes, good, islice(points, min(budget, most)), generic)
        tying = self.thorough and good and len(self.tally.sizes) <= _SIZES_OF_TIES
        return self._at_ties(program, sizes, good, generic) if found is None and tying else found

    def _at_ties(self, program: Program, sizes: Sizes, good: list[Values], generic: int) -> Certificate | None:
        """Hold the sides where comparisons tie at numbers that are no fractions, so that no point lies there."""
        from gradwright.certify.gaps import pins

        for pin in pins(self.nodes, program.layout, self.context, self.facts, good, self.rng):
            found = self._at_a_tie(program, sizes, pin)
            if isinstance(found, Counterexample):
                return self._refuted(found, sizes, generic)
            if found is not None:
                self.tally.add(found, sizes, pin.point)
        return None

    def _at_a_tie(self, program: Program, sizes: Sizes, pin: Pin) -> Counterexample | int | None:
        from gradwright.certify.program import Run, precision
        from gradwright.certify.roots import pinned

        flat: dict[str, list[Any]] = entries_of(pin.point)
        with precision(_TIE_BITS):
            moved = pin.way.balls(pinned(pin.shift))
            if moved is None:
                return None
            flat[pin.way.name] = list(moved.values())
            for supposing in (False, True):
                run = Run(program, flat, _TIE_BITS, vanishing=(pin.gap, pin.at), supposing=supposing)
                try:
                    found = self._compared(run, sizes, pin.point, True)
                except _Undefined:
                    found = None
                if not run.undecided:
                    return found
            beside = pin.way.point(pin.shift + _NEARBY)
            if beside is not None and self._decided(program, beside, _TIE_BITS):
                self._doubt(found)
            return None

    def _decided(self, program: Program, point: Values, bits: int) -> bool:
        """Whether all comparisons are there: one that nearly ties wherever we look ties nowhere for all we know."""
        from gradwright.certify.program import Run

        return not Run(program, entries_of(point), bits).undecided

    def _doubt(self, found: Counterexample | int | None) -> None:
        """Keep in mind where the sides differ if a comparison ties that nothing shows to do so."""
        if isinstance(found, Counterexample) and not self.tally.doubt:
            self.tally.doubt = f"the sides differ if a comparison ties that seems to, {found}"

    def _held(
        self, program: Program, sizes: Sizes, good: list[Values], points: Iterable[Values], generic: int = 0
    ) -> Certificate | None:
        """Hold the sides at these points, of which some may be places without a value."""
        bits = _PROBE_BITS if self.thorough and program.cost <= _LITTLE_WORK else _BITS
        for values in points:
            try:
                found = self._decide(program, sizes, values, bits, (self.rng.getrandbits(32), 0))
            except _Undecided:
                self._supposed(program, sizes, values)
                continue
            except _Undefined as why:
                self.tally.reason = self.tally.reason or str(why)
                continue
            if isinstance(found, Counterexample):
                return self._refuted(found, sizes, generic)
            self.tally.add(found, sizes, values)
            good.append(values)
        return None

    def _supposed(self, program: Program, sizes: Sizes, values: Values) -> None:
        """What there is if comparisons tie that no precision decides: a doubt where the sides then differ."""
        from gradwright.certify.program import Run, precision

        if self.thorough and not self.tally.doubt and program.cost <= _LITTLE_WORK:
            near = {name: {at: v + _NEARBY * k for k, (at, v) in enumerate(entries.items(), start=1)}
                    for name, entries in values.items()}  # fmt: skip
            if not self._decided(program, near, _MORE_BITS):
                return
            flat = entries_of(values)
            with precision(_MOST_BITS), suppress(_Undefined):
                run = Run(program, flat, _MOST_BITS, supposing=True)
                self._doubt(self._compared(run, sizes, values, True))

    def _ways(self) -> Iterator[Sizes]:
        """Assignments of the dimensions, each once."""
        seen: list[Sizes] = []
        for way in _WAYS + (_MORE_WAYS + _LARGE_WAYS if self.thorough else ()):
            sizes = {dim: self._extent(way[k % len(way)], least) for k, (dim, least) in enumerate(self.least.items())}
            if sizes not in seen:
                seen.append(sizes)
                yield sizes

    def _extent(self, wanted: int, least: int) -> int:
        return max(wanted, least) if wanted == 1 else wanted + max(least, 2) - 2

    def _program(self, sizes: Sizes) -> Program | None:
        """The program at those sizes, or None where it would be too much work."""
        from gradwright.certify.ball import naive_program

        beyond = len(self.tally.sizes) >= _SIZES_WANTED
        most = _MOST_WORK if not beyond else _LITTLE_WORK if max(sizes.values(), default=0) > 5 else _LESS_WORK
        try:
            return naive_program(self.roots, Layout(sizes), self.context, most, self.tied)
        except TooLarge:
            return None

    def _at_a_point(self, program: Program, sizes: Sizes, edge: bool = False) -> Counterexample | Values:
        """Examine a new point where everything exists: the point if the sides agree there, or the counterexample.

        A value may be missing because the point lies outside a domain, or because balls grew too wide: so the first
        point is tried again with far more bits, and so are all styles at the end. With ``edge`` the symbols that have
        facts are first drawn at the edges of these.
        """
        blocked = ""
        at_edges = [(_EDGE, (self.bits,))] if edge and any(self.facts.values()) else []
        for style, levels in chain(at_edges, self._attempts()):
            try:
                values = sample(self.context, self.shapes, sizes, self.rng, max(style, 0), edges=style == _EDGE)
            except Error as error:
                raise _Unsatisfied(error.message) from None
            stand_in = self.rng.getrandbits(32), 0 if style <= 0 else 4
            for bits in levels:
                try:
                    found = self._decide(program, sizes, values, bits, stand_in)
                except _Undefined as why:
                    blocked = str(why)
                    continue
                self.style = max(style, 0)
                if isinstance(found, Counterexample):
                    return found
                self.tally.add(found, sizes, values)
                return values
        raise _Undefined(blocked)

    def _attempts(self) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Styles of points, each with the precisions to try; the style that worked last comes first."""
        turns = len(STYLES) + _MIXED_STYLES
        first, *rest = [(self.style + turn) % turns for turn in range(turns)]
        yield first, tuple(dict.fromkeys((self.bits, _MORE_BITS)))
        yield from ((style, (self.bits,)) for style in rest)
        yield from ((style, (_MORE_BITS,)) for style in rest[: len(STYLES)])

    def _decide(
        self, program: Program, sizes: Sizes, values: Values, bits: int, stand_in: tuple[int, int]
    ) -> Counterexample | int:
        """Double the precision until the enclosures part or agree."""
        from gradwright.certify.program import Run, precision

        flat = entries_of(values)
        while True:
            run = Run(program, flat, bits, *stand_in)
            last = bits >= max(_BITS << _DOUBLINGS, self.bits)
            with precision(bits):
                found = self._compared(run, sizes, values, last)
            if found is not None:
                self.bits = bits  # what one point needed, the next will need
                return found
            if last:
                raise _Undefined(f"the enclosures stay too wide at {bits} bits")
            bits *= 2

    def _compared(self, run: Run, sizes: Sizes, values: Values, last: bool) -> Counterexample | int | None:
        for part in self.needed:
            self._require_finite(run, run.table(part, ()), "every part of the expression")
        truth = run.table(self.truth.body, self.truth.axes)
        self._require_finite(run, truth, "the expression")
        digits: int | None = None
        for label, claim in self.claims.items():
            table = run.table(claim.body, claim.axes)
            self._require_finite(run, table, label)
            apart = [k for k, (a, b) in enumerate(zip(truth, table, strict=True)) if not a.overlaps(b)]
            if apart:
                worst = max(apart, key=lambda k: abs(float((truth[k] - table[k]).mid())))
                extents = run.program.layout.extents(self.truth.axes)
                entry = list(product(*map(range, extents)))[worst]
                return Counterexample(label, values, sizes, entry, _number(truth[worst]), _number(table[worst]))
            agree = _agreement(truth, table, run.bits, last)
            if agree is None or agree < self.digits:
                return None
            digits = agree if digits is None else min(digits, agree)
        return digits

    def _require_finite(self, run: Run, table: list[Any], what: str) -> None:
        if not all(value.is_finite() for value in table):
            raise (_Undecided if run.undecided else _Undefined)(
                f"no point was found at which {what} has a value (and a derivative)"
            )


def _said(shape: tuple[Dim, ...]) -> str:
    return "of shape " + "×".join(map(str, shape)) if shape else "a scalar"


def _agreement(left: list[Any], right: list[Any], bits: int, last: bool) -> int | None:
    """How many digits surely agree, relative to the largest entry; None while that entry may still be 0."""
    worst = max((abs(a - b).abs_upper() for a, b in zip(left, right, strict=True)), key=_mid)
    scale = max((v.abs_lower() for v in left), key=_mid)
    if worst == 0:
        return int(bits * 0.30103)
    if scale == 0:
        if not last:
            return None
        scale = worst * 0 + 1
    return int(float(((scale / worst).log() / (scale * 0 + 10).log()).mid()))


def _mid(value: Any) -> Any:
    return value.mid()


def _number(ball: Any) -> str:
    return str(ball.str(8, radius=False))
