"""How many axes each symbol has, where nobody says. Owns: the search for the ranks under which a formula has the fewest
signs of a misreading. Never: knows extents, makes nodes, changes what was declared.

Every letter begins with what its convention says (``letters``). The search flips only symbols that take part in an
event (``sketch``), the cheapest flips first; the event that a flip does away with is the reason a reader is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from heapq import heappop, heappush
from itertools import chain, combinations, count

from gradwright.core.record import dataclass
from gradwright.read.letters import default_rank, family, flips
from gradwright.read.sketch import AXES, IMPOSSIBLE, ORDINARY, Happening, Sketch, evaluated
from gradwright.read.syntax import Font

_MOST = 400  # assignments that are tried, of a formula of usual length
_STEPS = 100_000  # of all evaluations together
_FEW = 8  # symbols of a formula in which a vector is looked for among numbers


@dataclass(frozen=True)
class Open:
    """A symbol whose rank nobody said.

    ``indices``  the axes that its subscripts take; ``exact``: it has no others
    ``allowed``  the ranks that facts can be said of
    """

    font: Font = ""
    indices: int = 0
    exact: bool = False
    allowed: frozenset[int] = frozenset(range(5))


@dataclass(frozen=True)
class Guess:
    """A rank that was not declared: ``why`` is empty where the letter alone says it; ``forced``: by its brackets."""

    rank: int
    why: str = ""
    forced: bool = False


@dataclass(frozen=True)
class Ranks:
    """The rank of every open symbol, and what the signs of a misreading that are left cost, with the flips."""

    guesses: Mapping[str, Guess]
    cost: int


State = frozenset[tuple[str, int]]


def inferred(sketch: Sketch, declared: Mapping[str, int], symbols: Mapping[str, Open]) -> Ranks:
    """The rank of every open symbol."""
    search = _Search(sketch, declared, symbols)
    best, cost = search.best()
    names = {
        name: Guess(best.get(name, search.usual[name]), search.reason(name, best), symbol.exact)
        for name, symbol in symbols.items()
    }
    return Ranks(names, cost)


def vector_instead(sketch: Sketch, declared: Mapping[str, int], symbols: Mapping[str, Open], ranks: Ranks) -> str:
    """Where all is numbers: a symbol that may be a vector as well, without a sign of a misreading but that the value is
    one too. Its letter says so, or it goes with another (theta of theta - eta*g), else a formula of numbers is one.
    """
    known = {**declared, **{name: guess.rank for name, guess in ranks.guesses.items()}}
    names = [name for name, symbol in symbols.items() if not symbol.indices and 1 in symbol.allowed]
    usual = [name for name in names if default_rank(name, symbols[name].font) == 1]
    if any(known.get(name) for name in sketch.under[sketch.steps[-1].node]) or len(names) > _FEW:
        return ""
    for others in chain.from_iterable(combinations(names, size) for size in ((0, 1) if usual else (2,))):
        happened = evaluated(sketch, known | dict.fromkeys((*usual, *others), 1)).happened
        if [h.event for h in happened] == [AXES]:
            return min((*usual, *others), key=names.index)
    return ""


class _Search:
    """Best-first over sets of flips, by what they cost."""

    def __init__(self, sketch: Sketch, declared: Mapping[str, int], symbols: Mapping[str, Open]) -> None:
        self.sketch, self.declared, self.symbols = sketch, declared, symbols
        self.usual = {name: usual_rank(name, symbol) for name, symbol in symbols.items()}
        self.order = {name: place for place, name in enumerate(symbols)}

    def happenings(self, flipped: Mapping[str, int]) -> Sequence[Happening]:
        return evaluated(self.sketch, {**self.declared, **self.usual, **flipped}).happened

    def best(self) -> tuple[dict[str, int], int]:
        """The flips that cost least together with the events; ties go to fewer flips, then to the first."""
        number = count()
        heap: list[tuple[int, int, tuple[int, ...], int, State]] = [(0, 0, (), next(number), frozenset())]
        seen: set[State] = {frozenset()}
        least: tuple[int, int, tuple[int, ...]] | None = None
        chosen: State = frozenset()
        for _ in range(min(_MOST, 1 + _STEPS // len(self.sketch.steps))):
            if not heap or (least is not None and heap[0][0] > least[0]):
                break
            cost, size, order, _, state = heappop(heap)
            happened = self.happenings(dict(state))
            total = cost + sum(h.event.cost for h in happened)
            if least is None or (total, size, order) < least:
                least, chosen = (total, size, order), state
            for more, after in self._moves(state, happened):
                if after not in seen:
                    seen.add(after)
                    place = tuple(sorted(self.order[name] for name, _ in after))
                    heappush(heap, (cost + more, size + 1, place, next(number), after))
        assert least is not None
        if self._is_no_better(dict(chosen)):
            return {}, sum(h.event.cost for h in self.happenings({}))
        return dict(chosen), least[0]

    def _is_no_better(self, chosen: Mapping[str, int]) -> bool:
        """Whether what has no meaning as its letters say has only a strange one otherwise: then it is a slip."""
        if not any(h.event is IMPOSSIBLE for h in self.happenings({})):
            return False
        return any(h.event not in ORDINARY for h in self.happenings(chosen))

    def _moves(self, state: State, happened: Sequence[Happening]) -> Iterator[tuple[int, State]]:
        """Each symbol of an event with another rank, alone or with the labelled symbols of its letter."""
        taken = {name for name, _ in state}
        names = dict.fromkeys(n for h in happened for n in sorted(self.sketch.under[h.node], key=self._place))
        for name in names:
            if name not in self.symbols or name in taken:
                continue
            for rank, cost in self._flips(name):
                yield cost, state | {(name, rank)}
                kin = [n for n in self._kin(name) if n not in taken]
                if kin:
                    yield cost, state | {(name, rank), *((n, rank) for n in kin)}

    def _place(self, name: str) -> int:
        return self.order.get(name, -1)

    def _kin(self, name: str) -> list[str]:
        """The other symbols of the letter, which begin with the same rank."""
        return [
            other
            for other in self.symbols
            if other != name and family(other) == family(name) and self.usual[other] == self.usual[name]
            and not self.symbols[other].indices
        ]  # fmt: skip

    def _flips(self, name: str) -> Iterator[tuple[int, int]]:
        symbol = self.symbols[name]
        if symbol.indices:
            if not symbol.exact and self.usual[name] == symbol.indices and symbol.indices + 1 in symbol.allowed:
                yield self.usual[name] + 1, 2
                if default_rank(name, symbol.font) == 2 and symbol.indices == 1:
                    yield self.usual[name] + 2, 2  # Σ_k is one of many matrices
            return
        for rank, cost in flips(name, symbol.font):
            if rank in symbol.allowed and rank != self.usual[name]:
                yield rank, cost

    def reason(self, name: str, chosen: Mapping[str, int]) -> str:
        """What happens if the symbol alone is read as its letter says."""
        if name not in chosen:
            return ""
        before = self.happenings({n: rank for n, rank in chosen.items() if n != name})
        after = {(h.event, h.node) for h in self.happenings(chosen)}
        gone = [h for h in before if (h.event, h.node) not in after and name in self.sketch.under[h.node]]
        if not gone:
            return ""
        first = max(gone, key=lambda h: (h.event is not IMPOSSIBLE, h.event.cost))
        return first.event.words.format(first.subject)


def usual_rank(name: str, symbol: Open) -> int:
    """A letter's own rank; with subscripts, as many axes as they take, and one for a bold member."""
    usual = default_rank(name, symbol.font)
    if symbol.exact:
        return symbol.indices
    if symbol.indices:
        return symbol.indices + (symbol.font == "bold" and symbol.indices == 1)
    return usual if usual in symbol.allowed else min(symbol.allowed, key=lambda rank: abs(rank - usual), default=usual)
