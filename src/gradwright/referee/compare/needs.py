"""Facts that nobody stated. Owns: which common fact would make a false relation true. Never: changes a verdict."""

from __future__ import annotations

from collections.abc import Sequence

from gradwright.core.errors import Error
from gradwright.core.extents import Clash
from gradwright.core.facts import FACTS, Given
from gradwright.read.syntax import Bars, Node, Norm, Root, walk
from gradwright.referee.compare.compare import Comparer
from gradwright.referee.compare.names import written
from gradwright.referee.compare.verdicts import say
from gradwright.referee.evidence.collect import Chain
from gradwright.referee.meaning.symbols import Stated

SUMS = ("simplex", "simplex_rows")
"""What steps use without a word: tried before a slip is looked for."""
COMMON = ("symmetric", "unit", "orthogonal", "signs", "binary", "nonnegative")
"""What a convention may stand behind, the weaker first: tried where no single slip explains the difference."""
_LABELS = frozenset({"y", "t"})


def needed(comparer: Comparer, chain: Chain, left: int, right: int, facts: Sequence[str]) -> str | None:
    """The first fact, of one symbol, under which the relation holds."""
    symbols = comparer.symbols
    one, two = chain.sides[left].tree, chain.sides[right].tree
    assert one is not None
    assert two is not None
    stated = {(s.fact, s.key) for s in symbols.facts}
    before = list(symbols.facts)
    keys = _variables(comparer, chain, left, right)
    supposed = chain.supposed.facts
    for fact in facts:
        for key in keys:
            if any(s.key == key and _contradict(fact, s.fact) for s in supposed):
                continue
            rank = symbols.rank(key)
            implied = any((other, key) in stated and fact in FACTS[other].implies for other in FACTS)
            if rank not in FACTS[fact].ranks or (fact, key) in stated or implied:
                continue
            if not _plausible(fact, key, (one, two)):
                continue
            try:
                symbols.facts = [*before, Stated(fact, key, "", 0)]
                with symbols.unchanged():
                    if FACTS[fact].square:
                        symbols.sizes.unify(*symbols.shape(key)[:2])
                    holds = comparer.compare_trees(chain, one, two, quick=True).holds
            except (Error, Clash):
                continue
            finally:
                symbols.facts = before
            if holds:
                return say(Given(fact, written([key])[key]), rank)
    return None


def _contradict(one: str, two: str) -> bool:
    return any(b in FACTS[a].excludes for a, b in ((one, two), (two, one)))


def all_symmetric(comparer: Comparer, chain: Chain, left: int, right: int) -> str | None:
    """That several matrices are symmetric, where only that makes the relation hold."""
    symbols = comparer.symbols
    one, two = chain.sides[left].tree, chain.sides[right].tree
    assert one is not None
    assert two is not None
    keys = [k for k in _variables(comparer, chain, left, right) if symbols.rank(k) == 2]
    before = list(symbols.facts)
    if len(keys) < 2:
        return None
    try:
        symbols.facts = [*before, *(Stated("symmetric", key, "", 0) for key in keys)]
        holds = comparer.compare_trees(chain, one, two, quick=True).holds
    except Error:
        return None
    finally:
        symbols.facts = before
    return " and ".join(say(Given("symmetric", written(keys)[key]), 2) for key in keys) if holds else None


def _plausible(fact: str, key: str, trees: Sequence[Node]) -> bool:
    """y² = 1 is said of labels; that something is not negative, where a root or a modulus asks for it."""
    if fact in ("signs", "binary"):
        return key in _LABELS
    return fact != "nonnegative" or any(isinstance(n, Bars | Root | Norm) for t in trees for n in walk(t))


def _variables(comparer: Comparer, chain: Chain, left: int, right: int) -> list[str]:
    """The symbols without a definition that the sides come down to."""
    try:
        world = comparer.world(chain, comparer.layout)
        values = [comparer.side(chain, k, world) for k in (left, right)]
        context = world.context([v.body for v in values])
    except Error:
        return []
    names = set().union(*(v.body.names for v in values), *(a.body.names for a in context.definitions.values()))
    return [n for n in sorted(names) if n not in context.definitions and "°" not in n]
