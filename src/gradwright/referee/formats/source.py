"""What a document is made of before anything is read. Owns: the text, and where its characters stand in the file.

A notebook is the text of its Markdown cells; every line knows the line of the file it came from.
Never: looks at mathematics.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import field

from gradwright.core.errors import Error
from gradwright.core.record import dataclass

MOST_CHARACTERS = 4_000_000
_NO_NOTEBOOK = "this is not a notebook: its JSON has no cells with a source"


@dataclass
class Source:
    """The text to check; ``file_lines`` gives, for a notebook, the line of the file for each line of the text."""

    text: str
    path: str | None = None
    file_lines: list[int] | None = None
    _starts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._starts = [0]
        at = self.text.find("\n")
        while at >= 0:
            self._starts.append(at + 1)
            at = self.text.find("\n", at + 1)

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of an offset."""
        row = bisect_right(self._starts, offset) - 1
        line = self.file_lines[row] if self.file_lines and row < len(self.file_lines) else row + 1
        return line, offset - self._starts[row] + 1

    def line_at(self, offset: int) -> tuple[str, int]:
        """The text of the line that holds an offset, and the offset at which that line starts."""
        row = bisect_right(self._starts, offset) - 1
        end = self._starts[row + 1] - 1 if row + 1 < len(self._starts) else len(self.text)
        return self.text[self._starts[row] : end], self._starts[row]


def source_of(text: str, path: str | None = None) -> Source:
    """The document in a string; a name that ends in ``.ipynb`` makes it a notebook."""
    if len(text) > MOST_CHARACTERS:
        raise Error(f"the document has {len(text)} characters; more than {MOST_CHARACTERS} are not read")
    if "\x00" in text:
        raise Error("this is not a text: it holds zero bytes")
    if path is not None and path.endswith(".ipynb"):
        return _notebook(text, path)
    return Source(text, path)


def _notebook(text: str, path: str) -> Source:
    lines: list[str] = []
    places: list[int] = []
    at = 0
    for cell in _markdown(text):
        for piece in cell.split("\n"):
            at = _found(text, piece, at)
            lines.append(piece)
            places.append(text.count("\n", 0, at) + 1 if at < 200_000 else 1)
        lines.append("")
        places.append(places[-1] if places else 1)
    return Source("\n".join(lines), path, places)


def _markdown(text: str) -> list[str]:
    """The sources of a notebook's Markdown cells; one that holds null is empty."""
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError):
        notebook = None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) and "cell_type" in cell for cell in cells):
        raise Error(_NO_NOTEBOOK)
    return [_source(cell) for cell in cells if cell["cell_type"] == "markdown"]


def _source(cell: dict[str, object]) -> str:
    source = cell.get("source", 0)
    lines = [source or ""] if source is None or isinstance(source, str) else source
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise Error(_NO_NOTEBOOK)
    return "".join(lines)


def _found(text: str, piece: str, start: int) -> int:
    """Where a line of a cell stands in the notebook's JSON, or ``start`` where it cannot be told."""
    if not piece.strip():
        return start
    for ascii_only in (False, True):
        at = text.find(json.dumps(piece, ensure_ascii=ascii_only)[1:-1], start)
        if at >= 0:
            return at
    return start
