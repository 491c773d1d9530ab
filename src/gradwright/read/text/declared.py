"""Shapes as a person writes them: ``A: n m``, ``u: n -> m``. Owns: reading those. Never: infers a shape."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gradwright.core.errors import Error
from gradwright.core.index import Dim

Shape = tuple[Dim, ...]


def declared(shapes: Sequence[str], said: str = "") -> tuple[dict[str, Shape], dict[str, tuple[Shape, Shape]]]:
    """The shapes of symbols and of unknown functions; ``said`` is what an error calls a declaration."""
    symbols: dict[str, Shape] = {}
    functions: dict[str, tuple[Shape, Shape]] = {}
    for text in shapes:
        name, colon, rest = text.partition(":")
        if not colon or not name.strip().isidentifier():
            raise Error(f"{said}{text!r} is not 'NAME: extents'", (0, len(text)), text, "for example 'A: n m'")
        if "->" in rest:
            before, after = rest.split("->", 1)
            functions[name.strip()] = extents(before, text), extents(after, text)
        else:
            symbols[name.strip()] = extents(rest, text)
    return symbols, functions


def extents(words: str, text: str, at: int = 0) -> Shape:
    """``n m``, ``3x2`` or ``scalar``; ``words`` stand in ``text`` from ``at`` on."""
    dims: list[Dim] = []
    for match in re.finditer(r"\d+(?=[x×]\d)|(?<=\d)[x×](?=\d)|[^\s,×]+", words):
        word = match.group()
        if word in ("scalar", "x", "×"):
            continue
        if not (word.isidentifier() or (word.isdigit() and int(word) > 0)):
            start = at + match.start() if at else text.index(word)
            raise Error(f"{word} is not an extent: a name or a positive number", (start, start + len(word)), text,
                        "for example 'A: 3 n'")  # fmt: skip
        dims.append(int(word) if word.isdigit() else word)
    return tuple(dims)
