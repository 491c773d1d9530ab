"""Decompositions that words name: “the SVD X = U Σ Vᵀ”. Owns: what each says of its factors.

A row is the words, and for each factor, in order, the fact of it and whether it is transposed. Never: computes one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gradwright.core.record import dataclass
from gradwright.read.syntax import Name, Node, Transposed, factors_of
from gradwright.referee.evidence.chains import Chain
from gradwright.referee.meaning.symbols import Stated, Symbols, symbol_key


@dataclass(frozen=True, slots=True)
class Decomposition:
    """``factors``: the fact of each factor, from left to right, and whether it is transposed."""

    words: str
    factors: tuple[tuple[str, bool], ...]


DECOMPOSITIONS = (
    Decomposition(r"\bSVD\b|singular[- ]value decomposition",
                  (("orthonormal", False), ("diagonal", False), ("orthonormal", True))),
    Decomposition(r"eigen[- ]?(?:value )?decomposition|spectral (?:theorem|decomposition)|\bdiagonali[sz]\w*",
                  (("orthogonal", False), ("diagonal", False), ("orthogonal", True))),
    Decomposition(r"\bQR\b", (("orthonormal", False), ("upper", False))),
    Decomposition(r"\bCholesky\b", (("lower", False), ("lower", True))),
    Decomposition(r"\bLU\b", (("lower", False), ("upper", False))),
)  # fmt: skip
_NEAR = 120  # characters on either side of the formula


def decomposed(symbols: Symbols, chains: Sequence[Chain]) -> Iterator[Stated]:
    """The facts of the factors of every decomposition that is named beside its formula."""
    for chain in chains:
        said = chain.before[-_NEAR:] + chain.after[:_NEAR]
        for row in DECOMPOSITIONS if len(chain.sides) == 2 else ():
            right = chain.sides[1].tree
            if right is not None and re.search(row.words, said, re.I):
                yield from _facts(symbols, row, right, chain.place)


def _facts(symbols: Symbols, row: Decomposition, tree: Node, place: int) -> Iterator[Stated]:
    factors = factors_of(tree)
    names = [f.body if isinstance(f, Transposed) else f for f in factors]
    turned = tuple(isinstance(f, Transposed) for f in factors)
    if turned == tuple(t for _, t in row.factors) and all(isinstance(name, Name) for name in names):
        for (fact, _), name in zip(row.factors, names, strict=True):
            if symbols.rank(symbol_key(symbols, name)) == 2:
                yield Stated(fact, symbol_key(symbols, name), "the decomposition that is named", place)
