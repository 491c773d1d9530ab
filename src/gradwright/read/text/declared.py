"""Shapes as a person writes them: ``A: n m``, ``X: 2*e d``, ``u: n -> m``. Owns: reading those. Never: infers one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gradwright.core.errors import Error
from gradwright.core.index import Dim, plus, times

Shape = tuple[Dim, ...]
_WORD = re.compile(r"\d+(?=[x×]\d)|(?<=\d)[x×](?=\d)|[^\s,×*·+-]+(?:\s*[*·+-]\s*[^\s,×*·+-]+)*|[^\s,×]+")
_ATOM = re.compile(r"[^\W\d]\w*|[1-9]\d*")


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
    """``n m``, ``3x2``, ``2*e n+1`` or ``scalar``; ``words`` stand in ``text`` from ``at`` on."""
    dims: list[Dim] = []
    for match in _WORD.finditer(words):
        word = match.group()
        if word in ("scalar", "x", "×"):
            continue
        dim = _extent(word)
        if dim is None:
            start = at + match.start() if at else text.index(word)
            raise Error(f"{word} is not an extent: a name, a positive number, or a sum of products of them",
                        (start, start + len(word)), text, "for example 'A: 3 n', 'X: 2*e n+1'")  # fmt: skip
        dims.append(dim)
    return tuple(dims)


def _extent(word: str) -> Dim | None:
    """A sum of products of names and numbers; a number alone may be taken away, for n − m may be nothing."""
    terms = []
    for sign, said in re.findall(r"(^|[+-])([^+-]*)", re.sub(r"\s", "", word)):
        atoms = re.split(r"[*·]", said)
        if not all(map(_ATOM.fullmatch, atoms)) or (sign == "-" and not said.isdigit()):
            return None
        terms.append(times(-1 if sign == "-" else 1, *(int(a) if a.isdigit() else a for a in atoms)))
    total = plus(*terms)
    return None if isinstance(total, int) and total < 1 else total


def shape_of(said: str | Sequence[Dim]) -> Shape:
    """A shape in words, ``"n 3"``, or as its extents, ``("n", 3)``."""
    if isinstance(said, str):
        return extents(said, said)
    return tuple(dim for one in said for dim in (extents(one, one) if isinstance(one, str) else (one,)))
