"""The command line for the tests: called in this process, for a hundred processes take minutes."""

from __future__ import annotations

import gc
import io
import os
import subprocess
import sys
from unittest.mock import patch

import pytest

from gradwright.doors.cli import main

Done = subprocess.CompletedProcess[str]


def run(*words: str, given: bytes = b"", **environment: str) -> Done:
    """What the command says with these words, with ``given`` piped in, and its exit code."""
    streams = [io.TextIOWrapper(io.BytesIO(content), encoding="utf-8") for content in (given, b"", b"")]
    names = ("sys.stdin", "sys.stdout", "sys.stderr")
    with patch.dict(os.environ, environment), patch("sys.argv", ["gradwright", *words]):
        replaced = [patch(name, stream) for name, stream in zip(names, streams, strict=True)]
        with replaced[0], replaced[1], replaced[2], pytest.raises(SystemExit) as stop:
            main()
    gc.enable()  # which the command does without, for its own process would end
    for stream in streams[1:]:
        stream.flush()
    said, told = (stream.buffer.getvalue().decode() for stream in streams[1:])  # type: ignore[attr-defined]
    return Done(words, int(stop.value.code or 0), said, told)


def run_alone(*words: str, given: bytes = b"", **environment: str) -> Done:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "gradwright", *words]
    done = subprocess.run(command, input=given, capture_output=True, check=False, env={**os.environ, **environment})
    return Done(words, done.returncode, done.stdout.decode(), done.stderr.decode())
