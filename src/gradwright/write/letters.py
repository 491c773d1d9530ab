"""Letters for indices. Owns: which letter an index is shown as. Never: looks inside an expression.

A letter means one thing: no letter is also a symbol, a function or a dimension, and within one ``Letters`` a letter
always runs over the same extent, so sums beside each other may share it and a reader can infer what it ranges over.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from itertools import count

from gradwright.core.context import Context
from gradwright.core.index import AT, Dim, Index, names_of

_CANDIDATES = "ijlpqrsabtcdefghkmnuvwxyz"


class Letters:
    """The letters of free indices, and a supply of others for bound ones.

    ``axes`` are the indices of the array on show and ``wrt`` those of the variable: a plain name is kept where it
    means nothing else, an opened one (``~3``) gets a letter.
    """

    def __init__(self, context: Context, axes: Sequence[Index], wrt: Sequence[Index] = ()) -> None:
        self._taken = _names(context)
        self._letters: dict[Index, str] = {}
        self._extents: dict[str, Dim] = {}
        self.add((*axes, *wrt))

    def add(self, indices: Sequence[Index]) -> None:
        """Give letters to free indices, those with names of their own first."""
        for index in sorted(dict.fromkeys(indices), key=lambda i: not str(i.name).isidentifier()):
            self.of(index)

    def of(self, index: Index) -> str:
        """The letter of a free index, or the number of a fixed position."""
        if index.kind == AT:
            return str(index.name)
        if index not in self._letters:
            name = str(index.name)
            used = set(self._letters.values())
            kept = name.isidentifier() and name not in self._taken and name not in used
            self._letters[index] = name if kept else self.fresh(index.dim, used)
            self._extents[self._letters[index]] = index.dim
        return self._letters[index]

    def fresh(self, dim: Dim, avoid: Container[str]) -> str:
        """The earliest letter that may run over ``dim``."""
        letter = next(c for c in self._free(dim) if c not in avoid)
        self._extents[letter] = dim
        return letter

    def extent(self, letter: str) -> Dim:
        """What a letter handed out here runs over."""
        return self._extents[letter]

    @property
    def places(self) -> dict[str, int]:
        """The free letters in the order of the axes."""
        return {letter: place for place, letter in enumerate(self._letters.values())}

    def _free(self, dim: Dim) -> Iterator[str]:
        for letter in _supply():
            if letter not in self._taken and self._extents.get(letter, dim) == dim:
                yield letter


def _supply() -> Iterator[str]:
    yield from _CANDIDATES
    for number in count(1):
        yield from (f"{letter}{number}" for letter in "ijlpqr")


def _names(context: Context) -> set[str]:
    """Every name that means something: symbols, definitions, functions, dimensions."""
    shapes = [*context.symbols.values(), *(array.shape for array in context.definitions.values())]
    for signature in context.functions.values():
        shapes += [signature.argument, signature.value]
    dims = frozenset().union(*(names_of(*shape) for shape in shapes))
    return {*context.symbols, *context.definitions, *context.functions, *context.order, *dims}
