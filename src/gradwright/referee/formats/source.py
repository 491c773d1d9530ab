"""What a document is made of before anything is read. Owns: formats, and where characters stand in the files.

Whatever a file is written in, its text here is Markdown or LaTeX with mathematics between the delimiters that
``read/latex/segment`` knows. Every character knows the file, line and column it came from. Never: reads a formula.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from functools import cached_property
from pathlib import PurePosixPath

from gradwright.core.errors import Error, Span
from gradwright.core.record import dataclass
from gradwright.referee.formats import lightweight, markdown, notebook, restructured, tex
from gradwright.referee.formats.mapped import Edit, Mapped
from gradwright.referee.formats.rows import Row, edits_of

MOST_CHARACTERS = 4_000_000
_LINE = re.compile(r"\r\n|\n|\r")
Pass = Callable[[str], Iterator[Edit]]


def _rows(*rows: Row) -> Pass:
    return lambda text: edits_of(text, rows)


_RESTRUCTURED = (restructured.titles, _rows(*restructured.ROWS))
_MARKDOWN = (markdown.quotes, _rows(*markdown.ROWS))


@dataclass(frozen=True)
class Format:
    """What names of its files end in, and the passes that rewrite them, in order."""

    endings: tuple[str, ...]
    passes: tuple[Pass, ...]
    tex: bool = False
    notebook: bool = False


FORMATS: Mapping[str, Format] = {
    "markdown": Format((".md", ".markdown", ".mdx", ".qmd", ".rmd", ".txt", ".org"), _MARKDOWN),
    "latex": Format((".tex", ".ltx", ".latex"), (), tex=True),
    "notebook": Format((".ipynb",), _MARKDOWN, notebook=True),
    "restructuredtext": Format((".rst", ".rest"), _RESTRUCTURED),
    "python": Format((".py", ".pyi"), (restructured.docstrings, *_RESTRUCTURED, *_MARKDOWN)),
    "asciidoc": Format((".adoc", ".asciidoc", ".asc"), (lightweight.asciidoc, lightweight.headings)),
    "typst": Format((".typ",), (_rows(*lightweight.TYPST), lightweight.headings)),
}  # fmt: skip
"""A row for each format that is read."""
ENDINGS = tuple(ending for row in FORMATS.values() for ending in row.endings)


@dataclass(frozen=True)
class Place:
    """Where something stands: a file, a line and a column from 1; in a notebook the cell, and its line there."""

    file: str
    line: int
    column: int
    cell: int = 0
    cell_line: int = 0


@dataclass(frozen=True)
class File:
    """A file of a document as it is on disk, the offsets at which its lines begin, and its cells."""

    name: str
    text: str
    cells: tuple[int, ...] = ()

    @cached_property
    def starts(self) -> list[int]:
        return [0, *(found.end() for found in _LINE.finditer(self.text))]

    def place(self, offset: int) -> Place:
        row = bisect_right(self.starts, offset) - 1
        cell = bisect_right(self.cells, offset)
        inside = re.findall(r"\\(.)", self.text[self.cells[cell - 1] : offset]).count("n") + 1 if cell else 0
        return Place(self.name, row + 1, offset - self.starts[row] + 1, cell, inside)

    def line(self, offset: int) -> tuple[str, int]:
        """The line that holds an offset, and where it begins."""
        row = bisect_right(self.starts, offset) - 1
        end = self.starts[row + 1] if row + 1 < len(self.starts) else len(self.text)
        return self.text[self.starts[row] : end].rstrip("\r\n"), self.starts[row]


@dataclass(frozen=True)
class Source:
    """The text to check, and the files it came from; the first one is the document."""

    whole: Mapped
    path: str | None = None
    files: tuple[File, ...] = field(default=(), repr=False)
    macros: str = ""

    @property
    def text(self) -> str:
        return self.whole.text

    def place(self, offset: int, ending: bool = False) -> tuple[int, int]:
        """Line and column, both from 1, of an offset; ``ending``: where what ends at the offset ends."""
        place = self.where(offset, ending)
        return place.line, place.column

    def where(self, offset: int, ending: bool = False) -> Place:
        file, at = self.whole.origin(offset, ending)
        return self.files[file].place(at)

    def original(self, span: Span) -> tuple[int, Span]:
        """The file, and the characters of it, that some characters of the text came from."""
        file, start = self.whole.origin(span[0])
        last, end = self.whole.origin(span[1], ending=span[1] > span[0])
        return file, (start, max(start, end) if last == file else start)

    def changed(self, texts: Mapping[int, str]) -> Source:
        """The document with other texts for some of its files."""
        first, *others = [texts.get(k, file.text) for k, file in enumerate(self.files)]
        return source_of(
            first, self.path, {f.name: t for f, t in zip(self.files[1:], others, strict=True)}, self.macros
        )


def as_it_is(text: str, path: str | None) -> Source:
    """A text of which nothing was rewritten."""
    return Source(Mapped.of(text), path, (File(path or "", text),))


def source_of(text: str, path: str | None = None, inputs: Mapping[str, str] | None = None, macros: str = "") -> Source:
    """The document in a text. Its name says its format, else what stands in it.

    ``inputs``  the texts of files that it names (``tex.named``), by name
    ``macros``  definitions in LaTeX that stand elsewhere
    """
    if "\x00" in text:
        raise Error("this is not a text: it holds zero bytes")
    inputs = inputs or {}
    format_ = format_of(text, path)
    names = [path or "", *inputs]
    cells = notebook.cells_of(text) if format_.notebook else []
    if format_.notebook:
        whole = Mapped.of(text).edited(notebook.markdown(text, cells))
    elif format_.tex:
        whole = tex.assembled(text, 0, inputs, names)
    else:
        whole = Mapped.of(text)
    if len(whole.text) > MOST_CHARACTERS:
        raise Error(f"the document has {len(whole.text)} characters; more than {MOST_CHARACTERS} are not read")
    for rewrite in (_line_ends, *format_.passes):
        whole = whole.edited(rewrite(whole.text))
    whole = tex.expanded(whole, macros)
    for rewrite in (tex.preamble, tex.environments, tex.frames) if format_.tex else (tex.environments, tex.frames):
        whole = whole.edited(rewrite(whole.text))
    first = File(names[0], text, tuple(cell.start for cell in cells))
    return Source(whole, path, (first, *(File(name, said) for name, said in inputs.items())), macros)


def format_of(text: str, path: str | None) -> Format:
    """The format that the ending of a name says; for other names, notebooks and LaTeX are told by their text."""
    ending = PurePosixPath(path or "").suffix.lower()
    by_name = next((row for row in FORMATS.values() if ending in row.endings), None)
    if by_name is not None and ending != ".txt":
        return by_name
    if text.lstrip().startswith("{") and '"cells"' in text and '"cell_type"' in text:
        return FORMATS["notebook"]
    latex = "\\documentclass" in text or "\\section" in text or "\\subsection" in text
    return FORMATS["latex" if latex else "markdown"]


def _line_ends(text: str) -> Iterator[Edit]:
    if "\r" in text:
        yield from (Edit(*found.span(), "\n") for found in _LINE.finditer(text) if found.group() != "\n")
