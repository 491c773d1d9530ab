"""Two equations at points. Owns: whether they have the same solutions for an unknown, as far as points can tell.

They have if each difference of sides is a fixed multiple of the other wherever the unknown is, by a number or a matrix
that does not depend on it; or, of one unknown number, if each vanishes at the roots of the other. Never: reads a tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from random import Random

import numpy as np

from gradwright.certify.ball import naive_program
from gradwright.certify.layout import Axes, Layout, TooLarge
from gradwright.certify.program import Program, Run, precision
from gradwright.certify.report import Values, entries_of
from gradwright.certify.sample import sample
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.node import Node
from gradwright.core.record import dataclass
from gradwright.core.value import Value
from gradwright.referee.compare.numeric import Pair, needed_sizes

_WAYS = ((2, 3, 4), (3, 2, 2))
_BITS, _MOST_WORK = 128, 200_000
_SMALL = 1e-9
_STEPS = 40
Entries = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class _Gaps:
    """Two differences of sides over their axes, where everything but the unknown stands still."""

    program: Program
    gaps: tuple[tuple[Node, Axes], tuple[Node, Axes]]
    point: Values

    def at(self, moved: Values) -> tuple[Entries, Entries] | None:
        """Their entries, where the unknown is moved; nothing where one has no value."""
        flat = entries_of({**self.point, **moved})
        with precision(_BITS):
            run = Run(self.program, flat, _BITS)
            tables = [run.table(body, axes) for body, axes in self.gaps]
            if not all(x.is_finite() for table in tables for x in table):
                return None
            one, two = (np.array([float(x.mid()) for x in table]) for table in tables)
        return one, two


def have_same_zeros(one: Value, two: Value, names: frozenset[str], context: Context) -> bool | None:
    """Whether two differences of sides vanish together, whatever is put for the unknown (``names``)."""
    gaps = (one.body, _axes(one)), (two.body, _axes(two))
    shapes, least = needed_sizes(Pair(one.body, two.body, (*gaps[0][1], *gaps[1][1])), context)
    if not names & set(shapes):
        return None
    rng, said = Random(20240229), list[bool]()
    for way in _WAYS * 2:
        sizes = {dim: max(way[k % len(way)], low) for k, (dim, low) in enumerate(least.items())}
        try:
            program = naive_program([body for body, _ in gaps], Layout(sizes), context, _MOST_WORK)
            drawn = sample(context, shapes, sizes, rng, 1)
        except (TooLarge, Error):
            return None
        tied = frozenset(given.symbol for given in context.facts.given)
        point = {n: v if n in tied else {place: _drawn(rng) for place in v} for n, v in drawn.items()}
        found = _at_point(_Gaps(program, gaps, point), names, rng)
        said += [found] if found is not None else []
        if found is False or len(said) == len(_WAYS):
            break
    return all(said) if said else None


def _axes(value: Value) -> Axes:
    return (*value.axes, *sorted(value.body.free - set(value.axes), key=lambda index: str(index.name)))


def _drawn(rng: Random) -> Fraction:
    return Fraction(rng.randint(20, 199), 97)


def _at_point(gaps: _Gaps, names: frozenset[str], rng: Random) -> bool | None:
    """Whether they vanish together where the rest stands still."""
    shape, *others = (gaps.point[name] for name in sorted(names) if name in gaps.point)
    if any(set(other) != set(shape) for other in others):
        return None
    rows: list[tuple[Entries, Entries]] = []
    wanted = 0
    for _ in range(60):
        entries = {place: _drawn(rng) for place in shape}
        found = gaps.at(dict.fromkeys(names & set(gaps.point), entries))
        if found is not None:
            rows.append(found)
            wanted = len(found[0]) + len(found[1]) + 2
        if rows and len(rows) == wanted:
            break
    else:
        return None
    first, second = (np.array([row[k] for row in rows]) for k in (0, 1))
    if first.shape != second.shape or first.shape[1] != len(shape):
        return None  # another number of equations than of unknowns: no solution at all, or many
    if _are_multiples(first, second, at_zero=gaps.at(dict.fromkeys(names & set(gaps.point), dict.fromkeys(shape, _0)))):
        return True
    if len(shape) > 1:
        return False
    return _share_roots(lambda x: gaps.at(dict.fromkeys(names & set(gaps.point), dict.fromkeys(shape, x))))


_0 = Fraction()


def _are_multiples(first: Entries, second: Entries, at_zero: tuple[Entries, Entries] | None) -> bool:
    """Whether a matrix takes the one to the other, and another back; of S u = λ u, which 0 solves, only a number."""
    if at_zero is None or not any(np.abs(side).max() > _SMALL for side in at_zero):
        first, second = first.reshape(-1, 1), second.reshape(-1, 1)
    return _rank(first) == _rank(second) == _rank(np.hstack([first, second])) > 0


def _rank(rows: Entries) -> int:
    sizes = np.linalg.svd(rows / max(float(np.abs(rows).max()), 1e-300), compute_uv=False)
    return int((sizes > _SMALL * sizes[0]).sum()) if sizes[0] > 0 else 0


At = Callable[[Fraction], tuple[Entries, Entries] | None]


def _share_roots(at: At) -> bool | None:
    """Whether each of two functions of a number vanishes at the roots of the other that are found."""
    found = [(x, at(x)) for x in _PLACES]
    signs = [(x, (_sign(here, 0), _sign(here, 1))) for x, here in found]
    roots = [list(_roots(at, k, signs)) for k in (0, 1)]
    if not roots[0] or not roots[1]:
        return None
    return all(_vanishes(at, 1 - k, root) for k in (0, 1) for root in roots[k])


_GRID = [Fraction(3**n, 3**7) for n in range(11)]
_PLACES = sorted({*(-x for x in _GRID), *_GRID, *(Fraction(n, 9) for n in range(1, 30) if n % 9)})


def _roots(at: At, k: int, signs: Sequence[tuple[Fraction, tuple[int, int]]]) -> Iterator[Fraction]:
    """Where one of them changes its sign without a pole."""
    for (low, before), (high, after) in pairwise(signs):
        if before[k] * after[k] < 0:
            for _ in range(_STEPS):
                middle = (low + high) / 2
                low, high = (middle, high) if _sign(at(middle), k) == before[k] else (low, middle)
            if _vanishes(at, k, (low + high) / 2):
                yield (low + high) / 2


def _sign(found: tuple[Entries, Entries] | None, k: int) -> int:
    return 0 if found is None else int(np.sign(found[k][0]))


def _vanishes(at: At, k: int, x: Fraction) -> bool:
    """Whether a value is small beside those nearby."""
    here, beside = at(x), at(x * Fraction(11, 10))
    return here is not None and beside is not None and abs(here[k][0]) <= 1e-7 * abs(beside[k][0])
