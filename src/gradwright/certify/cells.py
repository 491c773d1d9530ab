"""Where several branches meet. Owns: points of every combination of signs that the gaps of a formula may have.

Along a way the roots of all gaps part it into cells, in each of which every comparison is decided alike. A descent
takes one symbol after the other to a cell of its way, so that thresholds of several symbols are passed together, thin
bands and small balls are met, and gaps of several symbols vanish at once. Never: decides anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from random import Random

from gradwright.certify.roots import Height, lowest_of, root_of, roots_of

_THIN, _OTHER, _ROOT, _SAME = 6, 3, 2, 1
"""How often a thin cell between roots is taken, another in which we are not, a root, the cell in which we are."""
_BEYOND = Fraction(1, 16)


def cells(heights: Sequence[Height], here: Fraction, closely: bool) -> Iterator[tuple[Fraction, int]]:
    """A place in every cell of the line that has a root at its end, the roots themselves, and how often to take each.

    Not ``closely``: one root of each gap, found in few steps.
    """
    roots: set[Fraction] = set()
    for height in heights:
        found = roots_of(height) if closely else list(filter(None, [root_of(height)]))
        lowest = lowest_of(height) if closely and not found else None
        roots |= set(found)
        if lowest is not None:
            yield lowest, _OTHER
    if roots:
        yield from _parted(sorted(roots), here)


def _parted(roots: Sequence[Fraction], here: Fraction) -> Iterator[tuple[Fraction, int]]:
    yield from ((root, _ROOT) for root in roots)
    inner = (((a + b) / 2, _THIN if b - a < _step(a) else _OTHER) for a, b in pairwise(roots))
    places = [(roots[0] - _step(roots[0]), _OTHER), *inner, (roots[-1] + _step(roots[-1]), _OTHER)]
    own = sum(root < here for root in roots)
    yield from ((place, _SAME if k == own else often) for k, (place, often) in enumerate(places))


def _step(root: Fraction) -> Fraction:
    return _BEYOND * (abs(root) + 1)


def drawn(places: Sequence[tuple[Fraction, int]], rng: Random) -> Fraction:
    return rng.choices([place for place, _ in places], [weight for _, weight in places])[0]
