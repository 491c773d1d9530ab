"""Where else to look. Owns: points near one at which everything exists, at which a false equality may show.

A domain or a fact that restricts one symbol must move no other, so symbols move one at a time from a point that is
known to be good, each to every kind of value: the opposite, 0, ties, far out, close to 0, the numbers that stand in the
formula and both sides of each, all of them brought to have the symbol's facts; and to the edges of these. Then all move
together. Never: looks at an expression.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations, islice, product, zip_longest
from random import Random

from gradwright.certify.edges import at_an_edge, rank_deficient
from gradwright.certify.generic import UNIT
from gradwright.certify.having import having
from gradwright.certify.holds import Place, Values

Point = dict[str, Values]
Move = Callable[[Values, Random], Values]
Bound = Callable[[Values, Random], Values | None]
"""A move that keeps the facts, where it leads anywhere."""

_TINY = Fraction(1, 10**8)
_FAR = 1000
_MIXED = (_TINY, Fraction(1, 50), Fraction(1), Fraction(1), Fraction(30))
_TOGETHER = 8
_JOINT = 2  # points at which all symbols move after each turn in which one does
_AT_AN_EDGE = 0.5  # how often what has facts is drawn there


class Surroundings:
    """The symbols, with their extents and facts, and the numbers of the formula."""

    def __init__(
        self, extents: Mapping[str, Place], facts: Mapping[str, frozenset[str]], numbers: Sequence[Fraction]
    ) -> None:
        self.extents, self.facts, self.numbers = extents, facts, numbers

    def points(self, good: Sequence[Point], rng: Random) -> Iterator[Point]:
        """Points near the good ones, of which there may be more as they are found; one symbol moves, then all."""
        joint = self.together(rng)
        moves = {name: self._moves(name) for name in self.extents}
        most = max((len(m) for m in moves.values()), default=0)
        for turn in range(most):
            for name, known in moves.items():
                base = rng.choice(good)
                moved = known[turn](base[name], rng) if turn < len(known) else None
                if moved is not None:
                    yield base | {name: moved}
            if turn % 4 == 0:
                yield from self._pairs(rng.choice(good), rng)
            yield from islice(joint, _JOINT)
        yield from joint

    def together(self, rng: Random) -> Iterator[Point]:
        """Points at which every symbol is drawn anew, of one kind or of a kind each."""
        if not self.extents:
            return
        kinds: list[Sequence[Move]] = [[_zeros], [_ones], [_far], [_close], *[_ANYWHERE] * _TOGETHER]
        for number in self.numbers:
            kinds += [[move] for move in (*_sides(number), *_sides(-number), _beyond(number))]
        for kind in kinds:
            drawn = {name: self._drawn(name, rng.choice(kind), rng) for name in self.extents}
            point = {name: values for name, values in drawn.items() if values is not None}
            if len(point) == len(drawn):
                yield point

    def _drawn(self, name: str, move: Move, rng: Random) -> Values | None:
        ones = dict.fromkeys(product(*map(range, self.extents[name])), Fraction(1))
        if self.facts[name] and rng.random() < _AT_AN_EDGE:
            return at_an_edge(self.extents[name], self.facts[name], rng)
        return having(move(ones, rng), self.extents[name], self.facts[name])

    def _moves(self, name: str) -> list[Bound]:
        extents, facts = self.extents[name], self.facts[name]
        anywhere = [self._kept(move, extents, facts) for move in self._anywhere(extents)]
        if not facts:
            return anywhere
        edges: list[Bound] = [lambda old, rng: at_an_edge(extents, facts, rng)] * (4 + 2 * len(extents))
        pairs = zip_longest(edges, anywhere)
        return [move for pair in pairs for move in pair if move is not None]

    def _kept(self, move: Move, extents: Place, facts: frozenset[str]) -> Bound:
        return lambda old, rng: having(move(old, rng), extents, facts)

    def _anywhere(self, extents: Place) -> list[Move]:
        """Every kind of move, as if there were no facts."""
        moves = [
            _opposite,
            _mixed,
            _zeros,
            _ones,
            _far,
            _around(Fraction(30)),
            _close,
            _mixed,
            _whole,
            _beyond(Fraction(100)),
        ]
        for number in self.numbers:
            moves += [_at(number), *_sides(number), _beyond(number), *_sides(-number), _around(number), _at(-number)]
        moves += [_at(Fraction(-1)), _around(Fraction(-_FAR))]
        if extents:
            moves[2:2] = [_sparse, _tied, _mixed]
        if len(extents) == 2:
            moves[3:3] = [_repeated_row, _signed_diagonal]
            if len(set(extents)) == 1:
                moves[4:4] = [lambda old, rng: rank_deficient(extents[0], rng)] * 2
        return moves

    def _pairs(self, base: Point, rng: Random) -> Iterator[Point]:
        """Two symbols of one shape made equal, or opposite."""
        alike = [(a, b) for a, b in combinations(self.extents, 2) if self.extents[a] == self.extents[b]]
        if alike:
            a, b = rng.choice(alike)
            for made in (dict(base[b]), _opposite(base[b], rng)):
                values = having(made, self.extents[a], self.facts[a])
                if values is not None:
                    yield base | {a: values}


def _opposite(old: Values, rng: Random) -> Values:
    return {place: -v for place, v in old.items()}


def _at(number: Fraction) -> Move:
    return lambda old, rng: dict.fromkeys(old, number)


_zeros, _ones = _at(Fraction(0)), _at(Fraction(1))


def _around(number: Fraction, signs: Sequence[int] = (-1, 1)) -> Move:
    """Every entry on one side of the number or the other, near it."""
    step = (abs(number) or Fraction(1)) / (4 * UNIT)
    return lambda old, rng: {place: number + step * rng.choice(signs) * rng.randint(1, UNIT) for place in old}


def _sides(number: Fraction) -> tuple[Move, Move]:
    return _around(number, (1,)), _around(number, (-1,))


def _beyond(number: Fraction) -> Move:
    """Every entry up to five times as far out as the number."""
    return lambda old, rng: {
        place: number * rng.choice((-1, 1)) * Fraction(rng.randint(UNIT, 5 * UNIT), UNIT) for place in old
    }


def _scaled(low: int, high: int, unit: Fraction) -> Move:
    return lambda old, rng: {place: unit * rng.choice((-1, 1)) * rng.randint(low, high) for place in old}


_far = _scaled(UNIT * _FAR, UNIT * _FAR + 4 * UNIT, Fraction(1, UNIT))
_close = _scaled(1, UNIT, _TINY)


def _mixed(old: Values, rng: Random) -> Values:
    """Entries of any sign, in any order of magnitude."""
    return {place: rng.choice(_MIXED) * Fraction(rng.choice((-1, 1)) * rng.randint(1, 4 * UNIT), UNIT) for place in old}


def _whole(old: Values, rng: Random) -> Values:
    return {place: Fraction(rng.randint(-4, 4)) for place in old}


def _sparse(old: Values, rng: Random) -> Values:
    return {place: v if rng.random() < 0.5 else Fraction(0) for place, v in old.items()}


def _tied(old: Values, rng: Random) -> Values:
    """Some entries equal, the largest among them."""
    top = max(old.values())
    return {place: top if rng.random() < 0.5 else v for place, v in old.items()}


def _repeated_row(old: Values, rng: Random) -> Values:
    last = max(place[0] for place in old)
    return {place: old[0, place[1]] if place[0] == last else v for place, v in old.items()}


def _signed_diagonal(old: Values, rng: Random) -> Values:
    return {place: Fraction(rng.choice((-1, 1)) * int(len(set(place)) == 1)) for place in old}


_ANYWHERE: tuple[Move, ...] = (_mixed, _mixed, _mixed, *(_around(Fraction(centre)) for centre in (1, -1, 30)))
