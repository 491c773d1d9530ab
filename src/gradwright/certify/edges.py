"""Points at the edges of the facts. Owns: for every fact, values of every kind that it allows.

``generic`` draws what is generic under the facts: positive parts of a simplex, dominant diagonals, rotations. Here are
the others: zeros, corners, reflections and permutations, matrices that are small, nearly singular or far from diagonal.
Never: looks at an expression; draws what the facts forbid (what was drawn is held against their meaning).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product
from random import Random

from gradwright.certify.generic import BUILDERS, UNIT, Builder, by_rows
from gradwright.certify.having import turned
from gradwright.certify.holds import HOLDS, Place, Values

_TRIES = 12
_SCALES = (Fraction(1, 1000), Fraction(1), Fraction(1), Fraction(4), Fraction(300))
Matrix = list[list[Fraction]]


def at_an_edge(extents: Place, facts: frozenset[str], rng: Random) -> Values | None:
    """Values that have the facts and are not generic, or None where none were found."""
    for _ in range(_TRIES):
        values = _drawn(extents, facts, rng)
        if all(HOLDS[fact](values, extents) for fact in facts):
            return values
    return None


def _drawn(extents: Place, facts: frozenset[str], rng: Random) -> Values:
    values = _entries(list(product(*map(range, extents))), facts, rng)
    if len(set(extents)) == 1 and len(extents) == 2:
        for fact, build in _SQUARES.items():
            if fact in facts:
                return _values(build(extents[0], facts, rng))
    if "orthonormal" in facts and len(extents) == 2 and extents[1] <= extents[0]:
        turned = _orthogonal(extents[0], frozenset(), rng)
        return {(i, j): turned[i][j] for i, j in values}
    for fact, edge in _VECTORS.items():
        if fact in facts:
            return edge(values, extents, facts, rng)
    for fact in _STRUCTURES:
        if fact in facts:
            values = BUILDERS[fact](values, extents, facts, rng)
    return values


def _entries(places: Sequence[Place], facts: frozenset[str], rng: Random) -> Values:
    """Entries of one magnitude, some of them 0 and some of them equal, as the facts about each allow."""
    return {place: draw_entry(facts, scale, rng) for scale in [rng.choice(_SCALES)] for place in places}


def draw_entry(facts: frozenset[str], scale: Fraction, rng: Random) -> Fraction:
    if "zero" in facts:
        return Fraction(0)
    if "binary" in facts:
        return Fraction(rng.choice((0, 1)))
    if "signs" in facts:
        value = Fraction(rng.choice((-1, 1)))
    elif "integer" in facts:
        value = Fraction(rng.randint(*((1, 40) if "nonzero" in facts else (-40, 40))))
    else:
        nothing = not facts & {"positive", "negative", "nonzero"} and rng.random() < 0.3
        value = Fraction(0) if nothing else scale * Fraction(rng.choice((-1, 1)) * rng.randint(1, UNIT), UNIT)
    if facts & {"nonnegative", "positive"}:
        return abs(value)
    return -abs(value) if "negative" in facts else value


# --- vectors ---------------------------------------------------------------------------------------------------------


def _simplex(values: Values, extents: Place, facts: frozenset[str], rng: Random) -> Values:
    """A corner, or a point of a face."""
    if "onehot" in facts:
        return BUILDERS["onehot"](values, extents, facts, rng)
    places = list(values)
    chosen = rng.sample(places, rng.randint(1, len(places)))
    weights = {place: Fraction(rng.randint(1, UNIT)) for place in chosen}
    whole = sum(weights.values())
    return {place: weights.get(place, Fraction(0)) / whole for place in places}


def _unit(values: Values, extents: Place, facts: frozenset[str], rng: Random) -> Values:
    """An axis, or a point of the sphere with some entries 0."""
    places = list(values)
    chosen = rng.sample(places, rng.randint(1, len(places)))
    inner: Values = {place: Fraction(rng.choice((-1, 1)) * rng.randint(1, UNIT), UNIT) for place in chosen}
    part = BUILDERS["unit"](inner, extents, facts, rng) if len(chosen) > 1 else _one(chosen[0], facts, rng)
    return {place: part.get(place, Fraction(0)) for place in places}


def _one(place: Place, facts: frozenset[str], rng: Random) -> Values:
    sign = -1 if "negative" in facts else 1 if "nonnegative" in facts else rng.choice((-1, 1))
    return {place: Fraction(sign)}


_VECTORS: dict[str, Builder] = {
    "onehot": BUILDERS["onehot"],
    "simplex": _simplex,
    "onehot_rows": BUILDERS["onehot_rows"],
    "onehot_or_zero": BUILDERS["onehot_or_zero"],
    "onehot_or_zero_rows": BUILDERS["onehot_or_zero_rows"],
    "simplex_rows": by_rows(_simplex),
    "unit": _unit,
}
_STRUCTURES = ("toeplitz", "symmetric", "lower", "upper", "diagonal", "skew", "idempotent")


# --- square matrices -------------------------------------------------------------------------------------------------


def _values(matrix: Matrix) -> Values:
    return {(i, j): v for i, row in enumerate(matrix) for j, v in enumerate(row)}


def _times(left: Matrix, right: Matrix) -> Matrix:
    columns = list(zip(*right, strict=True))
    return [[sum((a * b for a, b in zip(row, c, strict=True)), Fraction(0)) for c in columns] for row in left]


def _turned(matrix: Matrix) -> Matrix:
    return [list(row) for row in zip(*matrix, strict=True)]


def _diagonal(entries: Sequence[Fraction | int]) -> Matrix:
    return [[Fraction(v) if i == j else Fraction(0) for j in range(len(entries))] for i, v in enumerate(entries)]


def _permutation(n: int, rng: Random) -> Matrix:
    order = rng.sample(range(n), n)
    return [[Fraction(int(order[i] == j)) for j in range(n)] for i in range(n)]


def _rotation(n: int, rng: Random) -> Matrix:
    found = turned({place: Fraction(rng.randint(-3, 3), 2) for place in product(range(n), repeat=2)}, (n, n))
    return [[found[i, j] for j in range(n)] for i in range(n)]


def _orthogonal(n: int, facts: frozenset[str], rng: Random) -> Matrix:
    """Both determinants: signs, permutations, reflections in any number of directions, rotations."""
    signs = _diagonal([rng.choice((-1, 1)) for _ in range(n)])
    if "posdef" in facts:
        return _diagonal([1] * n)
    if facts & {"lower", "upper", "toeplitz"} and "skew" not in facts:
        return signs if "toeplitz" not in facts else _diagonal([rng.choice((-1, 1))] * n)
    if facts & {"nonnegative", "binary"}:
        return _diagonal([1] * n) if "symmetric" in facts else _permutation(n, rng)
    turn = rng.choice((_rotation, _permutation))(n, rng)
    if "symmetric" in facts:
        return _times(_times(turn, signs), _turned(turn))
    if "skew" in facts:
        quarter = [[Fraction(int(j == i + 1 and i % 2 == 0) - int(j == i - 1 and i % 2)) for j in range(n)]
                   for i in range(n)]  # fmt: skip
        return _times(_times(turn, quarter), _turned(turn))
    return _times(turn, signs)


def _posdef(n: int, facts: frozenset[str], rng: Random) -> Matrix:
    """L Lᵀ with any L: small, nearly singular, larger off the diagonal than on it."""
    scale = rng.choice(_SCALES)
    small = Fraction(1, rng.choice((1, 1, UNIT, 1000)))
    if facts & {"diagonal", "lower", "upper"}:
        return _diagonal([abs(draw_entry(frozenset({"nonzero"}), scale, rng)) for _ in range(n)])
    if "toeplitz" in facts:
        return _diagonal([scale] * n)
    signed = frozenset({"nonnegative"}) if facts & {"nonnegative", "positive"} else frozenset[str]()
    lower = [[draw_entry(signed, Fraction(2), rng) if j < i else Fraction(0) for j in range(n)] for i in range(n)]
    for k in range(n):
        lower[k][k] = small * rng.randint(1, 4)
    return [[scale * v for v in row] for row in _times(lower, _turned(lower))]


def _singular(n: int, facts: frozenset[str], rng: Random) -> Matrix:
    """Of any lower rank, 0 among them."""
    rank = rng.randrange(n)
    if facts & {"diagonal"}:
        kept = set(rng.sample(range(n), rank))
        return _diagonal([draw_entry(facts - {"nonzero"}, Fraction(2), rng) if k in kept else 0 for k in range(n)])
    loose = facts & {"nonnegative", "positive"}
    wide = [[draw_entry(loose, Fraction(2), rng) for _ in range(rank)] for _ in range(n)]
    if not rank:
        return [[Fraction(0)] * n for _ in range(n)]
    if "symmetric" in facts:
        signs = _diagonal([1 if loose else rng.choice((-1, 1)) for _ in range(rank)])
        return _times(_times(wide, signs), _turned(wide))
    return _times(wide, [[draw_entry(loose, Fraction(2), rng) for _ in range(n)] for _ in range(rank)])


_SQUARES: dict[str, Callable[[int, frozenset[str], Random], Matrix]] = {
    "orthogonal": _orthogonal,
    "posdef": _posdef,
    "singular": _singular,
}


def rank_deficient(n: int, rng: Random) -> Values:
    """A square matrix that no fact keeps from being singular."""
    return _values(_singular(n, frozenset(), rng))
