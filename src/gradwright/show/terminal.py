"""A derivation on a terminal. Owns: columns, widths and styles of the plain-text form. Never: chooses what is shown."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from gradwright.derivation import LAYOUTS
from gradwright.show.outline import Outline, Section, Shown, shown
from gradwright.write.term import Term
from gradwright.write.unicode import unicode

_SIGNS = ("+ ", "− ", "= ", "if", "el")
_LEADING = re.compile(r"(?:^|[ (/])(?:[+−=]|Σ_?\w*|∂/∂\S+)$")
_NO_PLACE = 10**6
_USUAL = 100  # columns of what is not for a terminal
_LEAST = 24  # columns for a formula, however narrow the terminal is
Piece = tuple[str, str]
"""Text and its style: plain, title, head, reason, matrix, note, good or bad."""


def terminal(outline: Outline, notation: str, width: int = _USUAL) -> str:
    """The derivation as plain text."""
    return "\n".join("".join(text for text, _ in pieces).rstrip() for pieces in pieces_of(outline, notation, width))


def pieces_of(outline: Outline, notation: str, width: int) -> Iterator[list[Piece]]:
    """The lines of the derivation as styled pieces."""
    for section in outline.sections:
        if section.kind != "case":
            yield [(section.title, "title")]
        yield from _section(section, outline, notation, width)
        yield []
    certificate = outline.certificate
    yield from _said("Layout: ", f"{outline.derivation.layout}, {_layout_words(outline)}", "plain", width)
    good = certificate.verdict == "confirmed"
    yield from _said("Certificate: ", str(certificate), "good" if good else "bad", width)


def _said(title: str, words: str, style: str, width: int) -> Iterator[list[Piece]]:
    """A title with words after it, which go on below it on a terminal that is narrow."""
    room = max(_LEAST, width - len(title)) if width != _USUAL else len(words)
    first, *rest = textwrap.wrap(words, room, break_long_words=False)
    yield [(title, "title"), (first, style)]
    for line in rest:
        yield [("  " + line, style)]


def _layout_words(outline: Outline) -> str:
    if outline.variables:
        return LAYOUTS[outline.derivation.layout]
    shape = outline.result.shape
    return LAYOUTS[outline.derivation.layout] + "; shape " + ("scalar" if not shape else " × ".join(map(str, shape)))


def _section(section: Section, outline: Outline, notation: str, width: int) -> Iterator[list[Piece]]:
    indent = "  "
    if section.kind == "case":
        yield [(f"  {section.title}:", "title")]
        indent = "    "
    for note in section.notes if section.kind == "definitions" else ():
        yield from _wrapped(note, indent, width)
    nabla = outline.result.nabla
    rows = [_row(row, nabla) for row in shown(section, notation)]
    heads = max((len(head) for head, *_ in rows), default=0)
    bodies = max((len(body) for _, body, *_ in rows), default=0)
    for head, body, matrix, reason in rows:
        left = f"{indent}{head:<{heads}} = "
        yield from _columns(left, body, matrix, reason, min(bodies, 56), width)
    for note in section.notes if section.kind != "definitions" else ():
        yield from _wrapped(note, indent, width)


def _row(row: Shown, nabla: bool) -> tuple[str, str, str, str]:
    reason = row.line.reason + (f"  [{row.line.source}]" if row.line.source else "")
    beside = unicode(row.beside, nabla=nabla) if row.beside is not None else ""
    if row.beside_head is not None or row.goes_on:
        beside = f"{_spelled(row.beside_head)} = {beside}".lstrip()
    return _spelled(row.head), unicode(row.body, nabla=nabla), beside, reason


def _spelled(term: Term | None) -> str:
    return unicode(term) if term is not None else ""


def _columns(left: str, body: str, matrix: str, reason: str, bodies: int, width: int) -> Iterator[list[Piece]]:
    """Body, matrix form and reason on one line where they fit, else each on its own below the other."""
    indent = " " * (len(left) + 2)
    first, *rest = broken(body, max(_LEAST, width - len(left) - 2))
    pieces: list[Piece] = [(left, "head"), (first, "plain")]
    used = len(left) + len(first)
    for more in rest:
        yield pieces
        pieces, used = [(indent, "plain"), (more, "plain")], width  # what is left of a broken line stands alone
    pad = " " * max(0, len(left) + bodies - used)
    for text, mark, style in ((matrix, "│ ", "matrix"), (reason, "    ", "reason")):
        if not text:
            continue
        if used + len(pad) + 2 + len(mark) + len(text) > width:
            yield pieces
            room = max(_LEAST, width - len(indent) - 6)
            *above, text = broken(text, room) if style == "matrix" else textwrap.wrap(text, room)
            for line in above:
                yield [(indent, "plain"), (f"  {mark}{line}", style)]
            pieces, used, pad = [(indent, "plain"), (f"  {mark}{text}", style)], width, ""
            continue
        pieces.append((f"{pad}  {mark}{text}", style))
        used += len(pad) + 2 + len(mark) + len(text)
        pad = ""
    yield pieces


def broken(text: str, width: int) -> list[str]:
    """The text in lines of at most that width, broken outside parentheses and before signs or a fraction's line.

    Where there is no such place, as far out as there is one; a word longer than the width stays whole.
    """
    lines = []
    depth = 0
    while len(text) > width:
        best, here = (_NO_PLACE, 0), depth
        for place, sign in enumerate(text[: width + 1]):
            here += (sign in "([") - (sign in ")]")
            fraction = text[place : place + 2] in ("/(", "/√")
            if place > width // 3 and (fraction or (sign == " " and not _leads(text[:place]))):
                apart = fraction or text[place + 1 : place + 3] in _SIGNS
                best = min(best, (2 * here + (not apart), -place))
        place = -best[1] or text.find(" ", width)
        if place < 0:
            break
        depth += sum((sign in "([") - (sign in ")]") for sign in text[:place])
        lines.append(text[:place])
        text = text[place:].lstrip(" ")
    return [*lines, text]


def _leads(text: str) -> bool:
    """Whether the last word belongs to what follows it: a sign, a Σ or a ∂."""
    return _LEADING.search(text) is not None


def _wrapped(text: str, indent: str, width: int) -> Iterator[list[Piece]]:
    for line in textwrap.wrap(text, width - len(indent), break_long_words=False) or [""]:
        yield [(indent + line, "note")]
