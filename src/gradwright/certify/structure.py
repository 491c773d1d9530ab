"""Which entries move with one, in a structured matrix. Owns: that, read from the meaning of each fact alone.

Never: looks at the table of structures that derivations use.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product


def _diagonal(i: int, j: int, a: int, b: int) -> int:
    return int(i == j == a == b)


def _symmetric(i: int, j: int, a: int, b: int) -> int:
    return int(sorted((i, j)) == sorted((a, b)))


def _toeplitz(i: int, j: int, a: int, b: int) -> int:
    return int(i - j == a - b)


def _symmetric_toeplitz(i: int, j: int, a: int, b: int) -> int:
    return int(abs(i - j) == abs(a - b))


def _skew(i: int, j: int, a: int, b: int) -> int:
    return int(a != b) * (int((i, j) == (a, b)) - int((j, i) == (a, b)))


def _lower(i: int, j: int, a: int, b: int) -> int:
    return int((i, j) == (a, b) and i >= j)


def _upper(i: int, j: int, a: int, b: int) -> int:
    return int((i, j) == (a, b) and i <= j)


_TIES: tuple[tuple[frozenset[str], Callable[[int, int, int, int], int]], ...] = (
    (frozenset({"diagonal"}), _diagonal),
    (frozenset({"symmetric", "toeplitz"}), _symmetric_toeplitz),
    (frozenset({"toeplitz"}), _toeplitz),
    (frozenset({"symmetric"}), _symmetric),
    (frozenset({"skew"}), _skew),
    (frozenset({"lower"}), _lower),
    (frozenset({"upper"}), _upper),
)


def moves(facts: frozenset[str], extents: Sequence[int], place: int) -> list[tuple[int, int]]:
    """The flat places that move with the one given, each with its sign, in a matrix of which the facts hold."""
    tie = next((tie for needed, tie in _TIES if needed <= facts), None)
    if tie is None:
        return [(place, 1)]
    a, b = divmod(place, extents[1])
    signed = [(i * extents[1] + j, tie(i, j, a, b)) for i, j in product(range(extents[0]), range(extents[1]))]
    return [(at, sign) for at, sign in signed if sign]
