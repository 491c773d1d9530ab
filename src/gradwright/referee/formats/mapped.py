"""A text that was rewritten, and where its characters come from. Owns: edits, and the way back to a file.

A text is a row of stretches, each of them characters of a file or what was put in their place; an edit gives a new
text, so that one after the other may rewrite it. Never: says what is to be rewritten.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property
from typing import Self

from gradwright.core.record import dataclass


@dataclass(frozen=True, slots=True)
class Stretch:
    """``length`` characters of the text, in the place of ``taken`` characters of a file from ``origin`` on.

    ``kept``: that they are these characters, so that each has a place of its own; as many may be put in their place.
    """

    file: int
    origin: int
    taken: int
    length: int
    kept: bool = False

    def cut(self, start: int, end: int) -> Stretch:
        """The characters from ``start`` to ``end`` of this stretch."""
        if self.kept:
            return Stretch(self.file, self.origin + start, end - start, end - start, True)
        return Stretch(self.file, self.origin, self.taken, end - start)


@dataclass(frozen=True)
class Mapped:
    """A text with its stretches."""

    text: str
    stretches: tuple[Stretch, ...]

    @classmethod
    def of(cls, text: str, file: int = 0) -> Self:
        """The text of a file, as it is."""
        return cls(text, (Stretch(file, 0, len(text), len(text), True),))

    @cached_property
    def _starts(self) -> list[int]:
        starts, at = [], 0
        for stretch in self.stretches:
            starts.append(at)
            at += stretch.length
        return starts

    def edited(self, edits: Iterable[Edit]) -> Mapped:
        """The text with these edits made; one that begins before the one before has ended is left out."""
        texts: list[str] = []
        stretches: list[Stretch] = []
        at = 0
        for edit in sorted(edits, key=lambda e: (e.start, e.end)):
            if edit.start < at:
                continue
            texts += [self.text[at : edit.start], edit.said]
            stretches += self._between(at, edit.start)
            file, origin = self.origin(edit.start)
            last, end = self.origin(edit.end, ending=True) if edit.end > edit.start else (file, origin)
            if isinstance(edit.content, Mapped):
                stretches += edit.content.stretches
            elif edit.content:
                stretches.append(Stretch(file, origin, end - origin if last == file else 0, len(edit.content)))
            at = edit.end
        texts.append(self.text[at:])
        stretches += self._between(at, len(self.text))
        return Mapped("".join(texts), tuple(stretches))

    def _between(self, start: int, end: int) -> list[Stretch]:
        found = []
        k = max(0, bisect_right(self._starts, start) - 1)
        while start < end:
            stretch, begin = self.stretches[k], self._starts[k]
            stop = min(end, begin + stretch.length)
            if stop > start:
                found.append(stretch.cut(start - begin, stop - begin))
                start = stop
            k += 1
        return found

    def origin(self, offset: int, ending: bool = False) -> tuple[int, int]:
        """The file and its offset from which a character comes; ``ending``: where what ends at the offset ends."""
        if not self.stretches:
            return 0, 0
        k = max(0, bisect_right(self._starts, offset - ending) - 1)
        stretch, inside = self.stretches[k], offset - self._starts[k]
        if stretch.kept or inside > stretch.length:
            return stretch.file, stretch.origin + min(inside, stretch.taken)
        return stretch.file, stretch.origin + (stretch.taken if ending or inside == stretch.length else 0)


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters of a text, and what is to stand in their place."""

    start: int
    end: int
    content: str | Mapped = ""

    @property
    def said(self) -> str:
        return self.content if isinstance(self.content, str) else self.content.text

    def moved(self, by: int) -> Edit:
        return Edit(self.start + by, self.end + by, self.content)
