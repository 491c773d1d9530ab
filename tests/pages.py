"""Running the examples of a Markdown page. Owns: finding them, running them, their output. Never: judges a page.

Run are ``console`` blocks, whose lines after ``$`` are commands, and ``pycon`` blocks, an interactive session that goes
on through the page. A block with a title is a file that is there from then on. A line ``…`` stands for any lines.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_BLOCK = re.compile(r"^(?P<fence>`{3,})(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=fence)$", re.DOTALL | re.MULTILINE)
_RUN = re.compile(r"(gradwright (derive|check|emit|demo|-)|python |cat )")
_ENVIRONMENT = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}


def rerun(page: str, folder: Path) -> str:
    """The page with the output that its examples give now; what a ``…`` covers stays covered."""
    session: dict[str, Any] = {"__name__": "__main__"}

    def again(block: re.Match[str]) -> str:
        info, body = block["info"].strip(), block["body"]
        titled = re.search(r'title="([^"]+)"', info)
        if titled:
            (folder / titled[1]).write_text(body, encoding="utf-8")
        if info.startswith("console"):
            body = _console(body, folder)
        elif info.startswith("pycon"):
            body = _session(body, session, folder)
        return f"{block['fence']}{block['info']}\n{body}{block['fence']}"

    return _BLOCK.sub(again, page)


def _console(body: str, folder: Path) -> str:
    parts = re.split(r"^(\$ (?:[^\n]*\\\n)*[^\n]*\n)", body, flags=re.MULTILINE)
    done = parts[:1]
    for command, said in zip(parts[1::2], parts[2::2], strict=True):
        words = shlex.split(command[2:].replace("\\\n", " "))
        done += [command, _kept(said, _output(words, folder)) if _RUN.match(command[2:]) else said]
    return "".join(done)


def _output(words: list[str], folder: Path) -> str:
    if words[0] == "cat":
        return "".join((folder / name).read_text("utf-8") for name in words[1:])
    python = [sys.executable] if words[0] == "python" else [sys.executable, "-m", "gradwright"]
    done = subprocess.run(
        [*python, *words[1:]], cwd=folder, env=_ENVIRONMENT, capture_output=True, text=True, check=False, timeout=60
    )
    return done.stdout + done.stderr


def _session(body: str, session: dict[str, Any], folder: Path) -> str:
    done = ""
    with contextlib.chdir(folder):
        for piece in doctest.DocTestParser().parse(body):
            if isinstance(piece, str):
                done += piece
                continue
            lines = piece.source.splitlines()
            done += "".join(f"{'>>>' if k == 0 else '...'} {line}".rstrip() + "\n" for k, line in enumerate(lines))
            done += _kept(piece.want, _evaluated(piece.source, session))
    return done


def _evaluated(source: str, session: dict[str, Any]) -> str:
    said = io.StringIO()
    show: Callable[[object], None] = sys.displayhook
    sys.displayhook = lambda value: None if value is None else print(repr(value))
    try:
        with contextlib.redirect_stdout(said):
            exec(compile(source, "<page>", "single"), session)
    except Exception as error:
        said.write(f"{type(error).__module__}.{type(error).__qualname__}: {error}\n")
    finally:
        sys.displayhook = show
    return said.getvalue()


def _kept(wanted: str, got: str) -> str:
    """What was wanted, where what was got is it but for the lines that a ``…`` stands for."""
    pieces = re.split(r"^[ \t]*…[ \t]*\n", wanted, flags=re.MULTILINE)
    pattern = "(?:.*\n)*?".join(re.escape(piece) for piece in pieces)
    return wanted if len(pieces) > 1 and re.fullmatch(pattern, got) else got
