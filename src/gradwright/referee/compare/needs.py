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
from gradwright.referee.evidence.chains import Chain
from gradwright.referee.meaning.symbols import Stated

SUMS = ("simplex", "simplex_rows")
"""What steps use without a word: tried before a slip is looked for."""
COMMON = ("symmetric", "unit", "orthogonal", "signs", "binary", "nonnegative")
"""What a convention may stand behind, the weaker first: tried where no single slip explains the difference."""
_LABELS = frozenset({"y", "t"})


def needed(comparer: Comparer, chain: Chain, left: int, right: int, facts: Sequence[str]) -> str | None:
    """The first fact, of one symbol, under which the relation holds."""
    trees, variables = _sides(chain, left, right), _variables(comparer, chain, left, right)
    for fact in facts:
        for key, rank in variables.items():
            asked = _is_open(comparer, chain, fact, key, rank) and _plausible(fact, key, trees)
            if asked and _holds(comparer, chain, trees, [Stated(fact, key, "", 0)]):
                return say(Given(fact, written([key])[key]), rank)
    return None


def _sides(chain: Chain, left: int, right: int) -> tuple[Node, Node]:
    one, two = chain.sides[left].tree, chain.sides[right].tree
    assert one is not None
    assert two is not None
    return one, two


def _is_open(comparer: Comparer, chain: Chain, fact: str, key: str, rank: int) -> bool:
    """Whether a fact could be true of a symbol, and is not stated."""
    symbols, row = comparer.symbols, FACTS[fact]
    known = [s.fact for s in symbols.roles.facts if s.key == key]
    told = fact in known or any(fact in FACTS[other].implies for other in known)
    against = any(
        s.key == key and (fact in FACTS[s.fact].excludes or s.fact in row.excludes) for s in chain.supposed.facts
    )
    return rank in row.ranks and not told and not against


def _holds(comparer: Comparer, chain: Chain, trees: tuple[Node, Node], facts: Sequence[Stated]) -> bool:
    """Whether a relation holds where some facts do."""
    try:
        return bool(comparer.supposing(facts).compare_trees(chain, *trees, quick=True).holds)
    except (Error, Clash):
        return False


def all_symmetric(comparer: Comparer, chain: Chain, left: int, right: int) -> str | None:
    """That several matrices are symmetric, where only that makes the relation hold."""
    keys = [key for key, rank in _variables(comparer, chain, left, right).items() if rank == 2]
    facts = [Stated("symmetric", key, "", 0) for key in keys]
    if len(keys) < 2 or not _holds(comparer, chain, _sides(chain, left, right), facts):
        return None
    return " and ".join(say(Given("symmetric", written(keys)[key]), 2) for key in keys)


def _plausible(fact: str, key: str, trees: Sequence[Node]) -> bool:
    """y² = 1 is said of labels; that something is not negative, where a root or a modulus asks for it."""
    if fact in ("signs", "binary"):
        return key in _LABELS
    return fact != "nonnegative" or any(isinstance(n, Bars | Root | Norm) for t in trees for n in walk(t))


def _variables(comparer: Comparer, chain: Chain, left: int, right: int) -> dict[str, int]:
    """The symbols without a definition that the sides come down to, and how many axes they have."""
    try:
        world = comparer.world(chain)
        values = [comparer.side(chain, k, world) for k in (left, right)]
        context = world.context([v.body for v in values])
    except Error:
        return {}
    names = set().union(*(v.body.names for v in values), *(a.body.names for a in context.definitions.values()))
    return {n: world.rank(n) for n in sorted(names) if n not in context.definitions and "°" not in n}
