"""Unification of extents. Owns: which dimension variables are equal, and their names. Never: reads syntax."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, count

from gradwright.core.index import Dim, names_of

_NAMES = ("n", "m", "k", "p", "q", "r", "s", "d")


class Clash(Exception):
    """Two extents that cannot be equal."""


class Extents:
    """Dimension variables ``?1``, ``?2``, … merged as the formula demands; declared names and numbers stay apart.

    ``firm``    the names that are declared, or None where every name is: a letter that only bounds a sum may mean
                another extent in another place
    ``equal``   what is one already
    ``loose``   whether even declared names may become one; ``merged``: the names that did
    """

    def __init__(
        self, firm: Iterable[Dim] | None = None, equal: Mapping[Dim, Dim] | None = None, loose: bool = False
    ) -> None:
        self.firm, self.loose = None if firm is None else frozenset(firm), loose
        self.merged: list[tuple[Dim, Dim]] = []
        self._parent = dict(equal or {})
        self._wanted: dict[Dim, int] = {}
        self._numbers = count(1)

    def fresh(self) -> Dim:
        return f"?{next(self._numbers)}"

    def find(self, dim: Dim) -> Dim:
        while dim in self._parent:
            dim = self._parent[dim]
        return dim

    def sized(self, number: int) -> Dim:
        """An extent that is that number, and makes a dimension it meets that number too."""
        dim = self.fresh()
        self._wanted[dim] = number
        return dim

    def settle(self) -> None:
        """Give every extent the number it has to be."""
        for dim, number in list(self._wanted.items()):
            root = self.find(dim)
            if root != number:
                self._parent[root] = number

    def unify(self, left: Dim, right: Dim) -> None:
        a, b = self.find(left), self.find(right)
        if a == b or self._number(a) == b or self._number(b) == a:
            return
        if not open_extent(a):
            a, b = b, a
        numbers = {self._number(a), self._number(b)} - {None}
        if len(numbers) > 1:
            raise Clash
        if not open_extent(a):
            a, b = self._named(b, a)
        if a in self._wanted and not isinstance(b, int):
            self._wanted[b] = self._wanted[a]
        self._parent[a] = b

    def _named(self, a: Dim, b: Dim) -> tuple[Dim, Dim]:
        """Of two names, or a name and a number, the one that gives way to the other."""
        firm = [isinstance(dim, int) or self.firm is None or dim in self.firm for dim in (a, b)]
        if not self.loose and (all(firm) or isinstance(a, int) or isinstance(b, int)):
            raise Clash
        a, b = (b, a) if isinstance(a, int) or (firm[0] and isinstance(b, str)) else (a, b)
        self.merged.append((a, b))
        return a, b

    def mark(self) -> dict[Dim, Dim]:
        """What is known now, to come back to."""
        return dict(self._parent)

    def reset(self, mark: dict[Dim, Dim]) -> None:
        self._parent = dict(mark)

    def _number(self, dim: Dim) -> int | None:
        return dim if isinstance(dim, int) else self._wanted.get(dim)

    def name(self, dims: Iterable[Dim], taken: set[str]) -> None:
        """Names for the variables still open, in the order they are met."""
        used = {*names_of(*map(self.find, dims)), *taken}
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
