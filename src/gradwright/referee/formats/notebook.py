"""Notebooks. Owns: the Markdown cells of a notebook's JSON, as edits of it, and where cells begin."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import field

from gradwright.core.errors import Error, Span
from gradwright.core.record import dataclass
from gradwright.referee.formats.mapped import Edit

_NO_NOTEBOOK = "this is not a notebook: its JSON has no cells with a source"
_COLON = re.compile(r"\s*:")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s"{}\[\]:,]+')
_ESCAPE = re.compile(r"(?:\\u[0-9a-fA-F]{4})+|\\.")


@dataclass
class _Object:
    """An object or a list of the JSON while it is read: the key that is being given a value, and its strings."""

    key: str = ""
    start: int = 0
    kind: str = ""
    sources: list[Span] = field(default_factory=list)


@dataclass(frozen=True)
class Cell:
    """A cell: where its first source begins in the JSON, and the strings of its text if it is Markdown."""

    start: int
    strings: tuple[Span, ...]


def cells_of(text: str) -> list[Cell]:
    """The cells of a notebook in order."""
    _validated(text)
    cells: list[Cell] = []
    open_: list[_Object] = []
    for token in _TOKEN.finditer(text):
        said = token.group()
        if said in "{[":
            open_.append(_Object(open_[-1].key if said == "[" and open_ else "", token.start()))
        elif said in "}]":
            closed = open_.pop()
            if said == "]" and open_:
                open_[-1].sources += closed.sources
            elif closed.kind:
                strings = tuple(closed.sources) if closed.kind == "markdown" else ()
                cells.append(Cell(closed.sources[0][0] if closed.sources else closed.start, strings))
        elif said.startswith('"') and open_:
            _string(open_[-1], token)
    return cells


def _string(holder: _Object, token: re.Match[str]) -> None:
    """A key, or a value that matters."""
    if _is_key(token):
        holder.key = json.loads(token.group())
    elif holder.key == "cell_type":
        holder.kind = json.loads(token.group())
    elif holder.key == "source":
        holder.sources.append((token.start() + 1, token.end() - 1))


def _is_key(token: re.Match[str]) -> bool:
    return _COLON.match(token.string, token.end()) is not None


def _validated(text: str) -> None:
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError):
        notebook = None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if cells is None and isinstance(notebook, dict) and isinstance(notebook.get("worksheets"), list):
        cells = [cell for sheet in notebook["worksheets"] if isinstance(sheet, dict) for cell in sheet.get("cells", [])]
    if not isinstance(cells, list) or not all(map(_sound, cells)):
        raise Error(_NO_NOTEBOOK)


def _sound(cell: object) -> bool:
    """Whether something is a cell; the source of a Markdown cell may be null."""
    if not isinstance(cell, dict) or "cell_type" not in cell:
        return False
    source = cell.get("source", 0 if cell["cell_type"] == "markdown" else None)
    lines = source if isinstance(source, list) else ["" if source is None else source]
    return all(isinstance(line, str) for line in lines)


def markdown(text: str, cells: list[Cell]) -> Iterator[Edit]:
    """Edits that leave of a notebook the text of its Markdown cells, with an empty line between two."""
    at = 0
    for cell in cells:
        for k, (start, end) in enumerate(cell.strings):
            yield Edit(at, start, "\n\n" if k == 0 and at else "")
            for escape in _ESCAPE.finditer(text, start, end):
                yield Edit(*escape.span(), json.loads(f'"{escape.group()}"'))
            at = end
    yield Edit(at, len(text), "\n" if at else "")


def escaped(text: str) -> str:
    """A text as it stands between the quotes of JSON."""
    return json.dumps(text, ensure_ascii=False)[1:-1]
