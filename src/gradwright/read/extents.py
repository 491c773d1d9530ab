"""Unification of extents. Owns: which dimension variables are equal, and their names. Never: reads syntax."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, count

from gradwright.core.index import Dim

_NAMES = ("n", "m", "k", "p", "q", "r", "s", "d")


class Clash(Exception):
    """Two extents that cannot be equal."""


class Extents:
    """Dimension variables ``?1``, ``?2``, … merged as the formula demands; declared names and numbers stay apart."""

    def __init__(self) -> None:
        self._parent: dict[Dim, Dim] = {}
        self._numbers = count(1)

    def fresh(self) -> Dim:
        return f"?{next(self._numbers)}"

    def find(self, dim: Dim) -> Dim:
        while dim in self._parent:
            dim = self._parent[dim]
        return dim

    def unify(self, left: Dim, right: Dim) -> None:
        a, b = self.find(left), self.find(right)
        if a == b:
            return
        if open_extent(a):
            self._parent[a] = b
        elif open_extent(b):
            self._parent[b] = a
        else:
            raise Clash

    def name(self, dims: Iterable[Dim], taken: set[str]) -> None:
        """Names for the variables still open, in the order they are met."""
        used = {d for d in map(self.find, dims) if isinstance(d, str)} | taken
        supply: Iterator[str] = chain(_NAMES, (f"n{k}" for k in count(1)))
        for dim in list(dims):
            root = self.find(dim)
            if open_extent(root):
                chosen = next(name for name in supply if name not in used)
                used.add(chosen)
                self._parent[root] = chosen


def open_extent(dim: Dim) -> bool:
    """Whether nothing has said yet what this extent is."""
    return isinstance(dim, str) and dim.startswith("?")
