"""The conventions of letters. Owns: what a symbol is taken for by its name and font alone, and what taking it for
something else costs. Never: looks at a formula; what stands there overrules all of this.
"""

from __future__ import annotations

import re

from gradwright.core.letters import GREEK
from gradwright.read.syntax import Font

_VECTORS = frozenset("opuvwxyz")
_EASILY_NUMBERS = frozenset("opq")
_GREEK_CAPITALS = frozenset(sign for name, sign in GREEK.items() if name[0].isupper())
_LABEL = re.compile(
    r"^([^\W\d_]+?)(?:_?(?:hat|bar|tilde|star|dot|check|prime|new|old|opt|max|min|ref|true|pred)|_\w+|\d+)+$"
)
_RANKS = (0, 1, 2)


def family(name: str) -> str:
    """The letter that a labelled symbol belongs to: x of x0, x_hat and xhat, W of W_1. A word is its own family."""
    match = _LABEL.match(name)
    stem = match.group(1) if match else name
    return stem if len(stem) == 1 or stem in GREEK or match is None or len(stem) > 3 else name


FUNCTIONS = frozenset("fgh")
"""Letters that are functions before a bracket, so that f'(x) is no product."""
CONSTANTS = {"pi": 0, "I": 2}
"""Symbols that are known constants where they have that rank, and nobody says otherwise."""


def default_rank(name: str, font: Font = "") -> int:
    """Capitals are matrices, o, p and u to z vectors, all else numbers; a bold letter has one axis at least."""
    letter = family(name)
    if letter[0].isupper() or letter in _GREEK_CAPITALS:
        return 2
    return 1 if font == "bold" or (len(letter) == 1 and letter in _VECTORS) else 0


def flips(name: str, font: Font = "") -> list[tuple[int, int]]:
    """The other ranks the symbol may have, each with what it costs to believe it, the cheaper first."""
    usual = default_rank(name, font)
    costs = {rank: _cost(name, font, usual, rank) for rank in _RANKS if rank != usual}
    return sorted(costs.items(), key=lambda item: item[1])


def _cost(name: str, font: Font, usual: int, rank: int) -> int:
    if font == "bold" and rank < usual:
        return 6 if rank else 12
    if usual == 2:
        return 8 if rank else 10
    if rank == 2:
        return 8
    return 2 if rank == 1 or family(name) in _EASILY_NUMBERS else 3
