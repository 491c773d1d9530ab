"""A change of the text as a change of the file. Owns: how what was rewritten is written. Never: says what is changed.

A file may write the same characters otherwise (a notebook escapes them, Jekyll doubles backslashes). Each way is tried,
and the file read again: only a change that gives just the text that was meant is one.
"""

from __future__ import annotations

from collections.abc import Callable

from gradwright.core.errors import Error, Span
from gradwright.core.record import dataclass
from gradwright.referee.formats.notebook import escaped
from gradwright.referee.formats.source import Source

Spelling = Callable[[str], str]
_SPELLINGS: tuple[Spelling, ...] = (
    str,
    lambda text: text.replace("\\", "\\\\"),
    escaped,
    lambda text: escaped(text.replace("\\", "\\\\")),
)


@dataclass(frozen=True)
class Mend:
    """Characters of one of a document's files, and what is to stand in their place."""

    file: int
    span: Span
    text: str


def mended(source: Source, span: Span, text: str) -> Mend | None:
    """The change of a file that puts ``text`` in the place of some characters of the document's text."""
    meant = source.text[: span[0]] + text + source.text[span[1] :]
    file, (start, end) = source.original(span)
    whole = source.files[file].text
    as_before = [spelling for spelling in _SPELLINGS if spelling(source.text[slice(*span)]) == whole[start:end]]
    for spelling in dict.fromkeys((*as_before, *_SPELLINGS)):
        said = spelling(text)
        try:
            again = source.changed({file: whole[:start] + said + whole[end:]})
        except Error:  # no notebook any more
            continue
        if again.text == meant:
            return Mend(file, (start, end), said)
    return None
