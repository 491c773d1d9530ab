"""A derivation on a terminal. Owns: columns, widths and styles of the plain-text form. Never: chooses what is shown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from gradwright.show.outline import Line, Outline, Section, whole
from gradwright.write.term import Term
from gradwright.write.unicode import unicode

Piece = tuple[str, str]
"""Text and its style: plain, title, head, reason, matrix, note, good or bad."""


def terminal(outline: Outline, notation: str, width: int = 100) -> str:
    """The derivation as plain text."""
    return "\n".join("".join(text for text, _ in pieces).rstrip() for pieces in pieces_of(outline, notation, width))


def pieces_of(outline: Outline, notation: str, width: int) -> Iterator[list[Piece]]:
    """The lines of the derivation as styled pieces."""
    for section in outline.sections:
        if section.kind != "case":
            yield [(section.title, "title")]
        yield from _section(section, outline, notation, width)
        yield []
    certificate = outline.derivation.certificate
    yield [("Layout: ", "title"), (f"{outline.derivation.layout}, {_layout_words(outline)}", "plain")]
    good = certificate.verdict == "confirmed"
    yield [("Certificate: ", "title"), (str(certificate), "good" if good else "bad")]


def _layout_words(outline: Outline) -> str:
    from gradwright.api import LAYOUTS

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
    previous = ""
    rows = [_row(line, section, notation, nabla) for line in section.lines]
    heads = max((len(head) for head, *_ in rows), default=0)
    bodies = max((len(body) for _, body, *_ in rows), default=0)
    for head, body, matrix, reason in rows:
        shown = head if head != previous else ""
        previous = head
        left = f"{indent}{shown:<{heads}} = "
        yield from _columns(left, body, matrix, reason, min(bodies, 56), width)
    for note in section.notes if section.kind != "definitions" else ():
        yield from _wrapped(note, indent, width)


def _row(line: Line, section: Section, notation: str, nabla: bool) -> tuple[str, str, str, str]:
    reason = line.reason + (f"  [{line.source}]" if line.source else "")
    head = line.head or section.head
    matrix = unicode(line.matrix, nabla=nabla) if line.matrix is not None else ""
    if notation == "matrix" and line.matrix is not None:
        return _spelled(line.matrix_head or (whole(head) if head is not None else None)), matrix, "", reason
    body = unicode(line.index, nabla=nabla)
    said = matrix if notation == "both" and matrix != body else ""
    if said and line.matrix_head is not None and len(body) + len(said) > 0:
        said = f"{_spelled(line.matrix_head)} = {said}"
    return _spelled(head), body, said, reason


def _spelled(term: Term | None) -> str:
    return unicode(term) if term is not None else ""


def _columns(left: str, body: str, matrix: str, reason: str, bodies: int, width: int) -> Iterator[list[Piece]]:
    """Body, matrix form and reason on one line where they fit, below each other where they do not."""
    first, *rest = textwrap.wrap(body, max(40, width - len(left)), break_long_words=False) or [""]
    pieces: list[Piece] = [(left, "head"), (first, "plain")]
    used = len(left) + len(first)
    for more in rest:
        yield pieces
        pieces, used = [(" " * (len(left) + 2), "plain"), (more, "plain")], len(left) + 2 + len(more)
    pad = " " * max(0, len(left) + bodies - used)
    for text, mark, style in ((matrix, "│ ", "matrix"), (reason, "    ", "reason")):
        if not text:
            continue
        if used + len(pad) + 4 + len(mark) + len(text) > width:
            yield pieces
            pieces, used, pad = [(" " * (len(left) + 2), "plain")], len(left) + 2, ""
            if style == "reason":
                *above, text = textwrap.wrap(text, max(40, width - used - 6)) or [""]
                for line in above:
                    yield [*pieces, (f"  {mark}{line}", style)]
        piece = f"{pad}  {mark}{text}"
        pieces.append((piece, style))
        used += len(piece)
        pad = ""
    yield pieces


def _wrapped(text: str, indent: str, width: int) -> Iterator[list[Piece]]:
    for line in textwrap.wrap(text, width - len(indent), break_long_words=False) or [""]:
        yield [(indent + line, "note")]
