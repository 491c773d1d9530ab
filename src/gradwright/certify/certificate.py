"""Certificates. Owns: holding a result against the truth at random points, and saying how sure that makes one.

The truth is the derivative by power series in ball arithmetic: real enclosures with rigorous error. Enclosures that do
not overlap refute; enclosures that agree to enough digits, at every entry of every point, confirm. Never: looks at how
a result was found.

python-flint is loaded by the first certificate, for ``import gradwright`` would take more than twice as long with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from random import Random
from time import perf_counter
from typing import TYPE_CHECKING, Any

from gradwright.certify.layout import Layout, TooLarge, dimensions, reach, symbols_in
from gradwright.certify.report import Certificate, Counterexample, Outcome, Sizes, Values
from gradwright.certify.sample import STYLES, sample
from gradwright.core.build import deriv, entry, mul, total
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.index import Dim, Index
from gradwright.core.node import Array, Node

if TYPE_CHECKING:
    from gradwright.certify.program import Program, Run

__all__ = ["Certificate", "Counterexample", "certify", "compare"]

_BITS = 160
_MORE_BITS = 1280
_DOUBLINGS = 4
_POINTS = 3
_SIZES_WANTED = 2
_MUCH_WORK = 50_000  # entries of tables above which one point at each size must do
_MOST_WORK = 600_000  # entries of tables at one point
_MIXED_STYLES = 10
_SERIES = "power series in ball arithmetic"
_SEED = 20240229
_WAYS = ((2, 3, 4), (3, 2, 2), (4, 3, 2), (2, 3, 2), (3, 3, 3), (2, 2, 2))
"""Extents for the dimensions in order of appearance, from the start again where there are more of them."""


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
    return _Examiner(truth, claims, context, digits, _SERIES, tied).examine(points)


def compare(left: Array, right: Array, context: Context, *, digits: int = 30, points: int = _POINTS) -> Certificate:
    """Hold two arrays against each other, entry by entry."""
    return _Examiner(left, {"the right-hand side": right}, context, digits, "ball arithmetic").examine(points)


class _Undefined(Exception):
    """No point was found at which everything exists."""


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
    ) -> None:
        self.tied = tied
        self.truth, self.claims, self.context, self.digits, self.method = truth, claims, context, digits, method
        for claim in claims.values():
            if claim.shape != truth.shape:
                raise Error(f"the shapes differ: one side is {_said(truth.shape)}, the other {_said(claim.shape)}")
        self.roots: list[Node] = [truth.body, *(claim.body for claim in claims.values())]
        self.nodes = list(reach(self.roots, context))
        self.shapes = symbols_in(self.nodes, context)
        self.least = dimensions(self.nodes, context)
        self.least.update({dim: 1 for dim in truth.shape if isinstance(dim, str) and dim not in self.least})
        self.rng = Random(_SEED)
        self.style, self.bits = 0, _BITS

    def examine(self, points: int) -> Certificate:
        began = perf_counter()
        try:
            found = self._examined(points)
        except Error as error:
            found = self._certificate("unavailable", reason=error.message)
        return replace(found, seconds=perf_counter() - began)

    def _certificate(self, verdict: Outcome, **details: Any) -> Certificate:
        return Certificate(verdict, self.method, **details)

    def _examined(self, points: int) -> Certificate:
        done: list[Sizes] = []
        count, digits, reason = 0, 0, ""
        for sizes in self._ways():
            program = self._program(sizes)
            if program is None:
                reason = reason or "its tables are too large to fill, even at the least sizes"
                continue
            wanted = 1 if program.cost > _MUCH_WORK else points if sizes else _SIZES_WANTED * points
            for _ in range(wanted):
                try:
                    found = self._at_a_point(program, sizes)
                except _Undefined as why:
                    reason = reason or str(why)
                    break
                if isinstance(found, Counterexample):
                    return self._certificate("refuted", points=count + 1, sizes=(*done, sizes), counterexample=found)
                digits, count = min(digits, found) if count else found, count + 1
                if sizes not in done:
                    done.append(sizes)
            if len(done) == _SIZES_WANTED:
                break
        if not count:
            return self._certificate("unavailable", reason=reason)
        return self._certificate("confirmed", digits=digits, points=count, sizes=tuple(done))

    def _ways(self) -> Iterator[Sizes]:
        """Assignments of the dimensions, each once."""
        seen: list[Sizes] = []
        for way in _WAYS:
            sizes = {dim: way[k % len(way)] + max(least, 2) - 2 for k, (dim, least) in enumerate(self.least.items())}
            if sizes not in seen:
                seen.append(sizes)
                yield sizes

    def _program(self, sizes: Sizes) -> Program | None:
        """The program at those sizes, or None where it would be too much work."""
        from gradwright.certify.ball import naive_program

        try:
            return naive_program(self.roots, Layout(sizes), self.context, _MOST_WORK, self.tied)
        except TooLarge:
            return None

    def _at_a_point(self, program: Program, sizes: Sizes) -> Counterexample | int:
        """Examine a new point where everything exists: the digits that agree there, or the counterexample.

        A value may be missing because the point lies outside a domain, or because balls grew too wide: so the first
        point is tried again with far more bits, and so are all styles at the end.
        """
        blocked = ""
        for style, levels in self._attempts():
            try:
                values = sample(self.context, self.shapes, sizes, self.rng, style)
            except Error as error:
                blocked = error.message
                continue
            stand_in = self.rng.getrandbits(32), 0 if style == 0 else 4
            for bits in levels:
                try:
                    found = self._decide(program, sizes, values, bits, stand_in)
                except _Undefined as why:
                    blocked = str(why)
                    continue
                self.style = style
                return found
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

        flat = {name: list(entries.values()) for name, entries in values.items()}
        while True:
            run = Run(program, flat, bits, *stand_in)
            last = bits >= _BITS << _DOUBLINGS
            with precision(bits):
                found = self._compared(run, sizes, values, last)
            if found is not None:
                self.bits = bits  # what one point needed, the next will need
                return found
            if last:
                raise _Undefined(f"the enclosures stay too wide at {bits} bits")
            bits *= 2

    def _compared(self, run: Run, sizes: Sizes, values: Values, last: bool) -> Counterexample | int | None:
        truth = run.table(self.truth.body, self.truth.axes)
        self._require_finite(truth, "the expression")
        digits: int | None = None
        for label, claim in self.claims.items():
            table = run.table(claim.body, claim.axes)
            self._require_finite(table, label)
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

    def _require_finite(self, table: list[Any], what: str) -> None:
        if not all(value.is_finite() for value in table):
            raise _Undefined(f"no point was found at which {what} has a value (and a derivative)")


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
