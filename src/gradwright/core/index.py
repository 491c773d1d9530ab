"""Named indices and their extents. Owns: Index, Dim, arithmetic of extents. Never: knows about nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping
from functools import lru_cache
from math import prod
from typing import Literal
from zlib import crc32

from gradwright.core.record import dataclass

Product = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Extent:
    """An extent made of names: 2·e, h·d, n + 1. ``terms`` are products of names in order, each with how often it is
    added; the number that is added to them is that of the product of no names. Equal extents are equal values.
    """

    terms: tuple[tuple[Product, int], ...]

    def __str__(self) -> str:
        said = ["*".join([*([str(times)] if times != 1 or not names else []), *names]) for names, times in self.terms]
        return "+".join(said).replace("+-", "-")

    @property
    def names(self) -> frozenset[str]:
        return frozenset(name for names, _ in self.terms for name in names)


Dim = str | int | Extent
"""The extent of an index: a symbolic dimension name, a number, or what names and numbers make."""


def terms_of(dim: Dim) -> dict[Product, int]:
    """An extent as a sum: how often each product of names is added."""
    if isinstance(dim, Extent):
        return dict(dim.terms)
    return {(): dim} if isinstance(dim, int) else {(dim,): 1}


def extent_of(terms: Mapping[Product, int]) -> Dim:
    """The extent that is this sum: a number or a name wherever it is no more than that."""
    kept = sorted((item for item in terms.items() if item[1]), key=lambda item: (-len(item[0]), item))
    if not kept or kept == [((), terms.get(()))]:
        return terms.get((), 0)
    ((names, times), *others) = kept
    return names[0] if not others and times == 1 and len(names) == 1 else Extent(tuple(kept))


def plus(*dims: Dim) -> Dim:
    """The sum of extents."""
    found: Counter[Product] = Counter()
    for dim in dims:
        for names, times in terms_of(dim).items():
            found[names] += times
    return extent_of(found)


def times(*dims: Dim) -> Dim:
    """The product of extents."""
    found: dict[Product, int] = {(): 1}
    for dim in dims:
        made: Counter[Product] = Counter()
        for names, count in found.items():
            for others, more in terms_of(dim).items():
                made[tuple(sorted((*names, *others)))] += count * more
        found = dict(made)
    return extent_of(found)


def names_of(*dims: Dim) -> frozenset[str]:
    """The names that extents are made of."""
    return frozenset(name for dim in dims for names in terms_of(dim) for name in names)


def valued(dim: Dim, sizes: Mapping[str, int]) -> int:
    """The number an extent is, where its names are those numbers."""
    if isinstance(dim, int):
        return dim
    if isinstance(dim, str):
        return sizes[dim]
    return sum(count * prod(sizes[name] for name in names) for names, count in dim.terms)


def divided(dim: Dim, by: Dim) -> Dim | None:
    """The extent that times ``by``, a product of names and numbers, is ``dim``; None where there is none."""
    ((under, count), *others) = terms_of(by).items()
    found: dict[Product, int] = {}
    for names, times in terms_of(dim).items():
        left = Counter(names)
        left.subtract(under)
        if others or times % count or min(left.values(), default=0) < 0:
            return None
        found[tuple(sorted(left.elements()))] = times // count
    return extent_of(found)


@dataclass(frozen=True, slots=True)
class Alone:
    """A name that follows from an extent: it is (extent − less) / by."""

    name: str
    less: Dim
    by: Dim

    def of(self, extent: int, sizes: Mapping[str, int]) -> int:
        return (extent - valued(self.less, sizes)) // valued(self.by, sizes)


def alone_in(dim: Dim, known: Container[str]) -> Alone | None:
    """The only name of an extent that is not known, where the extent says it: e of 2·e + 1."""
    terms = terms_of(dim)
    open_names = [name for names in terms for name in names if name not in known]
    if len(open_names) != 1:
        return None
    (name,) = open_names
    names = next(names for names in terms if name in names)
    by = extent_of({tuple(n for n in names if n != name): terms.pop(names)})
    return Alone(name, extent_of(terms), by)


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
        found.digest = hash((stable(kind), stable(name), stable(dim if isinstance(dim, int) else str(dim))))
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


_MINUS_TWO = -1 << 42


@lru_cache(maxsize=65536)
def stable(value: str | int) -> int:
    """A number whose hash is the same in every process (a string's is not) and its own (−1 and −2 share one)."""
    if isinstance(value, int):
        return value if value != -2 else _MINUS_TWO
    return crc32(value.encode()) | (len(value) << 32) | (1 << 40)
