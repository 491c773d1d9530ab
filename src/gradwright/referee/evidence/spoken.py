"""Kinds and shapes that a document says in words. Owns: “n × n matrices M and N”, “let a be N × D”, “numbers s and t”.

In the text ⟦k⟧ stands for the k-th formula. Never: reads a formula; which of them are names the caller knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from gradwright.core.record import dataclass

_NAMES = r"(?P<names>⟦\d+⟧(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s+)⟦\d+⟧){0,7})"
_SIZE = r"⟦(?P<size>\d+)⟧"
_BE = r"\s*,?\s*(?:be|is|are|being|as|with)?\s*"
_OF = r"(?:(?!(?:is|are|be|with|for|and|has|have|having|whose)\b)[\w-]+\s+){0,4}?"  # an, two given real symmetric


@dataclass(frozen=True, slots=True)
class Kind:
    """The nouns of a kind, in the singular: how many axes, and whether rows and columns are as many."""

    nouns: str
    rank: int
    square: bool = False


KINDS = (
    Kind(r"square(?:\s+[\w-]+){0,3}\s+matri(?:x|ces)", 2, square=True),
    Kind(r"(?:square|symmetric|invertible|orthogonal|diagonal|positive[- ]definite)", 2, square=True),
    Kind(r"matri(?:x|ces)", 2),
    Kind(r"(?:row |column )?vectors?|columns?", 1),
    Kind(r"(?:real |complex |positive |negative )?(?:numbers?|scalars?|reals?)|constants?", 0),
)


@dataclass(frozen=True, slots=True)
class Declared:
    """The formulas that are names of arrays of this kind; ``size`` is the formula that says n × m, if one does."""

    names: tuple[int, ...]
    rank: int
    square: bool = False
    size: int | None = None


def declarations(text: str, is_name: Callable[[int], bool], ranks: Callable[[int], int]) -> Iterator[Declared]:
    """Every declaration in words; the more exact come first."""
    sized = (
        rf"{_SIZE}\s+(?:[\w-]+\s+){{0,2}}?matri(?:x|ces)\s+{_NAMES}",
        rf"{_NAMES}{_BE}(?:an?|the)?\s*(?:[\w-]+\s+){{0,3}}?{_SIZE}(?!\s*(?:entries|numbers))",
        rf"{_NAMES}{_BE}(?:an?|the)?\s*(?:[\w-]+\s+){{0,4}}?(?:of|with)\s+(?:size|shape|dimensions?)\s+{_SIZE}",
    )
    long = rf"{_NAMES}{_BE}(?:an?|the)?\s*(?:[\w-]+\s+){{0,3}}?(?:vector|column)s?\s+(?:of|with)\s+(?:\w+\s+)?{_SIZE}"
    for rank, pattern in (*((2, p) for p in sized), (1, long)):
        for match in re.finditer(pattern, text, re.I):
            size = int(match["size"])
            if ranks(size) == rank:
                for found in _named(match, is_name, rank, False):
                    yield Declared(found.names, rank, False, size)
    for kind in KINDS:
        patterns = [rf"\b(?:{kind.nouns})\s+{_NAMES}"]
        if kind.nouns[0] != "(" or kind.rank != 2:
            patterns.append(rf"{_NAMES}{_BE}(?:an?|the|two|three|some|any)?\s*{_OF}(?:{kind.nouns})\b(?!\s*⟦)")
        for pattern in patterns:
            for match in re.finditer(pattern, text, re.I):
                if not re.search(r"\bnot\b|\bentr|⟦\d+⟧[^⟦]*\bof\b", match.group()):
                    yield from _named(match, is_name, kind.rank, kind.square)


def _named(match: re.Match[str], is_name: Callable[[int], bool], rank: int, square: bool) -> Iterator[Declared]:
    names = tuple(int(n) for n in re.findall(r"\d+", match["names"]) if is_name(int(n)))
    if names:
        yield Declared(names, rank, square)


_ENTRIES = re.compile(
    r"⟦(?P<many>\d+)⟧\s*,?\s*(?:has|have|having|with|of which)\s+(?:all\s+|its\s+|the\s+)?"
    r"(?:entries|components|elements|values|coordinates)\s+(?:lie\s+|are\s+|is\s+)?(?:in|from|either)\s+"
    r"(?:the set\s+)?⟦(?P<set>\d+)⟧",
    re.I,
)


def with_entries(text: str) -> Iterator[tuple[int, int]]:
    """The formulas m and {0, 1} in “m has entries in {0, 1}”."""
    yield from ((int(match["many"]), int(match["set"])) for match in _ENTRIES.finditer(text))


_MANY = (
    r"observations|samples|points|numbers|values|measurements|examples|data|terms|vectors|entries|components|counts|"
    r"scores|weights|inputs|labels|targets|tokens|patterns|classes|units|coefficients"
)


def counted(text: str) -> Iterator[tuple[int, int | None]]:
    """The formulas n and x_i in “n observations x_i”; the second is None where none stands there."""
    little = r"(?:(?!(?:be|are|is|has|have|having|and|with|in|of|the)\b)[\w-]+\s+){0,2}"
    for match in re.finditer(rf"{_SIZE}\s+{little}(?:{_MANY})\b(?:\s*,?\s*⟦(?P<name>\d+)⟧)?", text, re.I):
        if not re.search(r"⟧(?:\s*,)?(?:\s+and)?\s*$", text[: match.start()]):  # y and b vectors
            yield int(match["size"]), int(match["name"]) if match["name"] else None


_EXTENT = r"(\d+|\\?[A-Za-z]\w*(?:_\{?\w\}?)?)"


def size_of(formula: str) -> tuple[str, ...]:
    r"""The extents in ``n \times m`` and ``n``; () for what is no size."""
    match = re.fullmatch(rf"\s*\(?\s*{_EXTENT}\s*(?:(?:\\times|×)\s*{_EXTENT}\s*)?\)?\s*", formula)
    return () if match is None else tuple(part.lstrip("\\") for part in match.groups() if part is not None)


_DRAWN = re.compile(
    r"\brandom\s+(?:vectors?|variables?|matrix|matrices|numbers?|samples?|quantit(?:y|ies))\s*"
    r"(?P<after>⟦\d+⟧(?:\s*(?:,|and|,\s*and)\s*⟦\d+⟧)*)"
    r"|(?P<before>⟦\d+⟧(?:\s*(?:,|and|,\s*and)\s*⟦\d+⟧)*)\s*(?:is|are|be)\s+(?:an?\s+)?(?:\w+\s+)?random\b"
)


def drawn(said: str) -> list[int]:
    """The formulas that are called random: “a random vector v”, “x is random”."""
    found = (match["after"] or match["before"] for match in _DRAWN.finditer(said))
    return [int(number) for text in found for number in re.findall(r"\d+", text)]
