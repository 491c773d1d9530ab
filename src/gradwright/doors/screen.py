"""Where the command writes. Owns: widths, colours, encodings, files. Never: what is written.

COLUMNS, NO_COLOR and FORCE_COLOR are respected; what is written is UTF-8, whatever the locale says.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from gradwright.core.errors import Error

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "magenta": "35", "cyan": "36"}
_USUAL = 100  # columns of what goes to a file or a pipe
_NEVER_TEXT = (".pdf", ".png", ".svg", ".ps", ".jpg", ".docx", ".odt", ".ipynb")
Piece = tuple[str, str]
"""Text and its style: words of ``_CODES``, or nothing."""


def in_utf8() -> None:
    """Write UTF-8 on every stream: formulas have signs that no other encoding of a terminal knows."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


def columns() -> int | None:
    """The columns there are: what COLUMNS says, or those of the terminal; a file or a pipe has as many as it takes."""
    said = os.environ.get("COLUMNS", "")
    if said.isdigit() and int(said):
        return int(said)
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def width() -> int:
    """The columns there are, or a usual number for a file or a pipe."""
    return columns() or _USUAL


def coloured() -> bool:
    if os.environ.get("FORCE_COLOR"):
        return True
    return not os.environ.get("NO_COLOR") and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def paint(lines: Iterable[Sequence[Piece]]) -> str:
    """Lines of styled pieces as text, with colours where they are wanted."""
    colours = coloured()
    return "\n".join("".join(_painted(*piece) if colours else piece[0] for piece in line).rstrip() for line in lines)


def _painted(text: str, style: str) -> str:
    codes = ";".join(_CODES[word] for word in style.split())
    return f"\x1b[{codes}m{text}\x1b[0m" if codes and text.strip() else text


@contextmanager
def written() -> Iterator[None]:
    """Everything that is printed inside has reached standard output, or why it cannot is an error."""
    if sys.stdout is None:
        raise Error("cannot write to standard output: it is closed")
    try:
        try:
            yield
        finally:
            if not sys.stdout.closed:
                sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.filename is not None:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or what is left is written once more at the end, and fails again
        raise Error(f"cannot write to standard output: {error.strerror}") from None


def write(content: str, output: Path | None) -> None:
    """To the file, or to standard output."""
    if output is None or str(output) == "-":
        print(content)
        return
    try:
        output.write_text(content + "\n", encoding="utf-8")
    except OSError as error:
        raise Error(f"cannot write to {output}: {error.strerror}") from None
    print(f"wrote {output}")


def stdin() -> str:
    """What is piped in, as UTF-8 with or without a mark at its beginning."""
    return decoded(sys.stdin.buffer.read(), "standard input")


def decoded(content: bytes, name: str) -> str:
    """A text in the encoding that its bytes tell."""
    try:
        return content.decode(encoding(content))
    except UnicodeDecodeError:
        raise Error(f"{name}: this is not a text") from None


def encoding(content: bytes) -> str:
    """UTF-8, with a mark or without; UTF-16 as PowerShell writes it; what is neither is Latin-1, as Windows has it."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if content.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    for name in ("utf-8", "cp1252"):
        try:
            content.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    return "latin-1"


def format_of(output: Path | None, said: str, formats: Sequence[str]) -> str:
    """The format that was asked for, else that of the file's ending, else text."""
    endings = {".tex": "latex", ".html": "html", ".htm": "html", ".md": "markdown", ".json": "json", ".sarif": "sarif"}
    ending = output.suffix.lower() if output is not None else ""
    if not said and ending in _NEVER_TEXT:
        hint = f"--format text writes plain text there; the endings that choose: {', '.join(endings)}"
        raise Error(f"no format of ours ends with {ending}", hint=hint)
    chosen = said or endings.get(ending, "text")
    if chosen not in formats:
        raise Error(f"unknown format {chosen!r}", hint="one of " + ", ".join(formats))
    return chosen
