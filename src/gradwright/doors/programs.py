"""A program named on the command line, ``loss.py:loss``. Owns: running its file, reading its shapes. Never: derives.

The file is run as Python runs it, and only because its name was typed here.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gradwright.core.errors import Error
from gradwright.read.program.source import failed, refusal

_NAMED = re.compile(r"(?P<file>[^\s:;]+\.py):(?P<name>[A-Za-z_][\w.]*)")


def program_named(text: str) -> Callable[..., Any] | None:
    """The function that is named, or None where the text is a formula."""
    if text.strip().endswith(".py") and Path(text.strip()).is_file():
        raise Error(f"which function of {text.strip()}?", hint=f"{text.strip()}:NAME")
    found = _NAMED.fullmatch(text.strip())
    if found is None:
        return None
    path = Path(found["file"])
    if not path.is_file():
        raise Error(f"there is no file {path}")
    value: Any = _run(path)
    for name in found["name"].split("."):
        if not hasattr(value, name):
            raise Error(f"there is no {found['name']} in {path}")
        value = getattr(value, name)
    if not callable(value):
        raise Error(f"{found['name']} in {path} is no function")
    return value  # type: ignore[no-any-return]


def _run(path: Path) -> object:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise Error(f"{path} is no module of Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)
    sys.path.insert(0, str(path.parent.resolve()))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise refusal(f"{path} cannot be run: {type(error).__name__}: {error}", failed(error)) from error
    return module


def shapes_of(said: Sequence[str]) -> dict[str, str]:
    """``W: m k``, ``y: n in k`` by name; a number stands for itself as ``heads: = h`` stands for an extent."""
    found = {}
    for one in said:
        name, colon, shape = one.partition(":")
        if not colon or not name.strip().isidentifier():
            raise Error(f"--shape {one!r} is not 'NAME: extents'", hint="for example 'W: m k', 'y: n in k'")
        found[name.strip()] = shape.strip()
    return found
