"""Named indices and their extents. Owns: Index, Dim. Never: knows about nodes."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal
from zlib import crc32

Dim = str | int
"""The extent of an index: a symbolic dimension name, or a number."""

FREE: Literal["free"] = "free"
BOUND: Literal["bound"] = "bound"
AT: Literal["at"] = "at"


class Index:
    """An index with its extent; equal indices are the same object.

    ``kind`` is ``free`` (named by a string), ``bound`` (numbered by its binder, see ``core.build``) or ``at``
    (a fixed position, counted from 0, as in ``x[0]``).
    """

    __slots__ = ("digest", "dim", "kind", "name")
    name: str | int
    dim: Dim
    kind: str
    digest: int

    def __reduce__(self) -> tuple[object, ...]:
        return (_make, (self.kind, self.name, self.dim))

    def __repr__(self) -> str:
        return f"{self.name}:{self.dim}" if self.kind != AT else f"@{self.name}"


_table: dict[tuple[str, str | int, Dim], Index] = {}


def _make(kind: str, name: str | int, dim: Dim) -> Index:
    key = (kind, name, dim)
    found = _table.get(key)
    if found is None:
        found = object.__new__(Index)
        found.kind, found.name, found.dim = kind, name, dim
        found.digest = hash((stable(kind), stable(name), stable(dim)))
        _table[key] = found
    return found


def free_index(name: str, dim: Dim) -> Index:
    """The index called ``name`` over ``dim``."""
    return _make(FREE, name, dim)


def bound_index(number: int, dim: Dim) -> Index:
    """The index a binder of that height binds."""
    return _make(BOUND, number, dim)


def position(place: int, dim: Dim) -> Index:
    """A fixed place (from 0) along an axis of extent ``dim``."""
    return _make(AT, place, dim)


@lru_cache(maxsize=65536)
def stable(value: str | int) -> int:
    """A number for a string that is the same in every process (``hash`` of a string is not)."""
    if isinstance(value, int):
        return value
    return crc32(value.encode()) | (len(value) << 32) | (1 << 40)
