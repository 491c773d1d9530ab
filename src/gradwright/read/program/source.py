"""A user's program as it is written. Owns: the line at which something happened, errors that point at it, what its code
names and compares. Never: traces.
"""

from __future__ import annotations

import dis
import linecache
import random
import re
import sys
import sysconfig
import traceback
from collections.abc import Callable, Iterator, Sequence
from types import CodeType
from typing import Any, TypeVar

from gradwright.core.errors import Error
from gradwright.core.record import dataclass

Traced = TypeVar("Traced")
_OURS = __name__.split(".")[0]
_LIBRARY = sysconfig.get_paths()["purelib"], sysconfig.get_paths()["stdlib"]


@dataclass(frozen=True)
class Line:
    """A line of a file."""

    file: str
    number: int

    @property
    def text(self) -> str:
        return linecache.getline(self.file, self.number).strip()

    def __str__(self) -> str:
        return f"{self.file.rsplit('/', 1)[-1]}:{self.number}"


def refusal(message: str, line: Line | None, hint: str | None = None) -> Error:
    """The error, with the line of the program it is about."""
    if line is None:
        return Error(message, hint=hint)
    text = line.text
    return Error(f"{message}, in {line}", (0, len(text)), text or None, hint)


class Raised(Exception):
    """What a user's program raised while it was traced."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def attempted(trace: Callable[[], Traced]) -> Traced:
    """What tracing a user's program gives, which may raise anything."""
    before = _random_state()
    try:
        found = trace()
    except Error:
        raise
    except Exception as error:
        raise Raised(error) from error
    if _random_state() != before:
        raise Error("the program draws random numbers by itself, others every time", hint="make them an argument")
    return found


def _random_state() -> object:
    """What Python's and NumPy's own random numbers follow from."""
    if not loaded("numpy"):
        return random.getstate()
    import numpy as np

    state: Any = np.random.get_state()
    return random.getstate(), bytes(state[1]), state[2:]


def is_users(file: str) -> bool:
    """Whether a file is none of a library, nor of ours."""
    return not file.startswith((*_LIBRARY, "<")) and f"/{_OURS}/" not in file


def failed(error: BaseException) -> Line | None:
    """The user's line at which an exception arose."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((Line(f.filename, f.lineno or 0) for f in reversed(frames) if is_users(f.filename)), None)


def running() -> tuple[Line | None, str]:
    """The user's line that runs right now, and the file of what it calls."""
    below, frame = "", sys._getframe(1)
    while frame.f_back is not None and not is_users(frame.f_code.co_filename):
        below, frame = frame.f_code.co_filename, frame.f_back
    found = frame.f_code.co_filename
    return (Line(found, frame.f_lineno) if is_users(found) else None), below


def asking(through: str) -> Line | None:
    """The user's line that calls the function that asks, by itself or ``through`` another of that name."""
    frame = sys._getframe(2)
    if frame.f_code.co_name == through and frame.f_back is not None:
        frame = frame.f_back
    file = frame.f_code.co_filename
    return Line(file, frame.f_lineno) if is_users(file) else None


def in_stack(said: str) -> Line | None:
    """The user's line in a stack as Python prints one."""
    found: Sequence[tuple[str, str]] = re.findall(r'File "([^"]+)", line (\d+)', said)
    return next((Line(file, int(number)) for file, number in reversed(found) if is_users(file)), None)


def codes(program: object) -> Iterator[CodeType]:
    """The code of a program, of functions inside it, and of the user's functions that it names."""
    seen: set[object] = set()
    pending: list[object] = [program]
    while pending:
        found = pending.pop()
        code = found if isinstance(found, CodeType) else getattr(found, "__code__", None)
        if code is None or code in seen or not is_users(code.co_filename):
            continue
        seen.add(code)
        yield code
        scope = getattr(found, "__globals__", {})
        pending += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
        pending += [scope[name] for name in names_in(code, outside=True) if name in scope]


def names_in(code: CodeType | None, outside: bool = False) -> set[str]:
    """The names that a function and those inside it mention; ``outside``: of those only what is no attribute."""
    if code is None:
        return set()
    inside = (names_in(constant, outside) for constant in code.co_consts if isinstance(constant, CodeType))
    own = (step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL")
    return set(own if outside else code.co_names).union(*inside)


def numbers_compared(program: object) -> list[int]:
    """The whole numbers on those lines of a program where something is asked to be equal; 0 for a line without one."""
    found: dict[int, None] = {}
    for code in codes(program):
        lines: dict[int | None, list[dis.Instruction]] = {}
        for step in dis.get_instructions(code):
            lines.setdefault(step.positions.lineno if step.positions else None, []).append(step)
        for steps in lines.values():
            if any(step.opname == "CONTAINS_OP" or step.argrepr in ("==", "!=") for step in steps):
                given = [step.argval for step in steps if step.opname == "LOAD_CONST"]
                each = [item for value in given for item in (value if isinstance(value, tuple) else (value,))]
                found |= dict.fromkeys([item for item in each if type(item) is int] or [0])
    return list(found)


def loaded(name: str) -> bool:
    """Whether a module is loaded already: what a program does not use is not imported for it."""
    return name in sys.modules
