"""Documents on disk. Owns: which files are meant, their encodings, the other files they name, writing them back.

Never: looks into a document beyond the names in it.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from gradwright.core.errors import Error
from gradwright.core.record import dataclass
from gradwright.doors import screen
from gradwright.referee.formats import tex
from gradwright.referee.formats.source import ENDINGS, format_of

STDIN = "-"
_DOCUMENTS = frozenset(ENDINGS) - {".py", ".pyi"}
"""What a directory is searched for; a program only where it is named, or a pattern fits it."""


@dataclass(frozen=True)
class Document:
    """A document with the texts of the files it names, and where each of them stands."""

    name: str | None
    text: str
    inputs: dict[str, str]
    paths: tuple[Path, ...]


def meant(said: str) -> Iterator[str]:
    """The documents that a name stands for: itself, those in a directory, those a pattern fits."""
    path = Path(said)
    if said == STDIN or path.is_file():
        yield said
    elif path.is_dir():
        found = [p for p in sorted(path.rglob("*")) if p.suffix.lower() in _DOCUMENTS and p.is_file()]
        shown = [str(p) for p in found if not any(part.startswith(".") for part in p.relative_to(path).parts)]
        if not shown:
            raise Error(f"there is no document in {said}", hint=f"documents end in {', '.join(sorted(_DOCUMENTS))}")
        yield from _whole(shown)
    elif glob.has_magic(said):
        matched = sorted(name for name in glob.glob(said, recursive=True) if Path(name).is_file())
        if not matched:
            raise Error(f"no file fits {said}")
        yield from _whole(matched)
    else:
        raise Error(f"{said}: there is no such file")


def _whole(names: Sequence[str]) -> list[str]:
    """Without those that are part of another one."""
    parts: set[Path] = set()
    for name in names:
        if Path(name).suffix.lower() == ".tex":
            with suppress(Error):  # told where it is opened for itself
                parts |= {path.resolve() for path in _opened(name).paths[1:]}
    return [name for name in names if Path(name).resolve() not in parts]


def opened(name: str) -> Document:
    """The document of that name; ``-`` is standard input."""
    if name == STDIN:
        return Document(None, screen.stdin(), {}, ())
    return _opened(name)


def _opened(name: str) -> Document:
    text, inputs, paths = read(Path(name)), {}, [Path(name)]
    waiting = tex.named(text) if format_of(text, name).tex else []
    while waiting:
        other = waiting.pop(0)
        path = Path(name).parent / other
        if other not in inputs and path.is_file():
            inputs[other] = read(path)
            paths.append(path)
            waiting += tex.named(inputs[other])
    return Document(name, text, inputs, tuple(paths))


def read(path: Path) -> str:
    """The text of a file, whatever its encoding."""
    try:
        return screen.decoded(path.read_bytes(), str(path))
    except OSError as error:
        raise Error(f"{path}: {error.strerror}") from None


def write(path: Path, text: str) -> None:
    """Put a text into a file, in the encoding it had."""
    try:
        path.write_bytes(text.encode(screen.encoding(path.read_bytes())))
    except OSError as error:
        raise Error(f"cannot write to {path}: {error.strerror}") from None
    except UnicodeEncodeError:
        raise Error(f"{path}: the encoding of the file has no character for a mend") from None
