"""Random points that respect the facts. Owns: exact rational values for every symbol of an expression.

Values are short fractions, so that a counterexample can be read and a fact such as Σ y = 1 holds exactly. Never: looks
at an expression; whoever needs another point (outside a domain) asks again with another style.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from gradwright.certify.edges import at_an_edge
from gradwright.certify.generic import Style, built
from gradwright.certify.holds import HOLDS, Place, Values
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.facts import FACTS
from gradwright.core.index import Dim, valued

STYLES: tuple[Style, ...] = ((-2, 2), (0, 2), (-1, 1), (0, 1), (1, 3), (-2, 0))
"""Intervals tried in turn where an expression does not exist everywhere."""
_TRIES = 40


def sample(
    context: Context,
    shapes: Mapping[str, Sequence[Dim]],
    sizes: Mapping[str, int],
    rng: Random,
    style: int = 0,
    edges: bool = False,
) -> dict[str, Values]:
    """A value for every entry of the symbols in ``shapes``. Styles past the last mix them, symbol by symbol.

    With ``edges`` what has facts is drawn at their edges, where such a point is found.
    """
    point = {}
    for name, shape in shapes.items():
        interval = STYLES[style] if style < len(STYLES) else rng.choice(STYLES)
        extents = tuple(valued(dim, sizes) for dim in shape)
        facts = facts_about(context, name)
        beside = at_an_edge(extents, facts, rng) if edges and facts else None
        point[name] = beside or _symbol(name, extents, facts, interval, rng)
    return point


def facts_about(context: Context, name: str) -> frozenset[str]:
    return frozenset(fact for fact in FACTS if context.facts.ask(fact, name))


def _symbol(name: str, extents: Place, facts: frozenset[str], interval: Style, rng: Random) -> Values:
    for _ in range(_TRIES):
        values = built(extents, facts, interval, rng)
        if all(HOLDS[fact](values, extents) for fact in facts):
            return values
    beside = at_an_edge(extents, facts, rng)
    if beside is not None:
        return beside
    told = [fact for fact in sorted(facts) if not any(fact in FACTS[other].implies for other in facts)]
    shape = f" of shape {'×'.join(map(str, extents))}" if extents else ""
    raise Error(f"no {name}{shape} was found that {' and '.join(FACTS[fact].says for fact in told)}")
