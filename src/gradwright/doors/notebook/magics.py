"""Magics for IPython and Jupyter. Owns: their options and what they show. Never: mathematics.

``%%gradwright`` checks the mathematics written in a cell; ``%derive`` differentiates a formula. IPython is imported
here and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NoReturn

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import no_var_expand
from IPython.display import display

from gradwright.api import Derivation, derive
from gradwright.core.errors import Error
from gradwright.documents import check
from gradwright.doors.options import variables
from gradwright.read.text.declared import declared
from gradwright.referee.clock import SECONDS
from gradwright.referee.report import Report

_OPTION = re.compile(r"\s*--([\w-]+)(?:(?:\s+|=)('[^']*'|\"[^\"]*\"|(?!--)\S+))?")
_CHECK = ("given", "shape", "seconds", "to", "strict")
_DERIVE = ("wrt", "given", "shape", "order", "to")


class WrongMathematics(Exception):
    """A cell under ``--strict`` holds a relation that is wrong or not understood."""

    def _render_traceback_(self) -> list[str]:
        return [f"gradwright: {self}"]


def register(shell: InteractiveShell) -> None:
    """Give the shell its magics."""

    def check_cell(line: str, cell: str) -> Report | None:
        r"""Check the mathematics of the cell, which is Markdown or LaTeX: a verdict for every ``=``.

        ``--given 'onehot(y)'``  a fact beside the cell      ``--shape 'X: n m'``  the shape of a symbol
        ``--strict``  fail where a relation is refuted or unread
        ``--seconds 5``  time for one relation      ``--to NAME``  a variable that is to hold the report
        """
        said, rest = _options(line, _CHECK, ("strict",))
        if rest:
            raise UsageError(f"{rest!r} is no option; the mathematics stands in the lines below")
        try:
            report = check(cell, "cell", said["given"], said["shape"], _seconds(said["seconds"]))
        except Error as error:
            _refuse(error)
        _named(said["to"], shell, report)
        wrong = report.summary["refuted"] + report.summary["unread"]
        if said["strict"] and wrong:
            display(report)  # type: ignore[no-untyped-call]
            raise WrongMathematics(f"refuted or not understood: {wrong} of {len(report.relations)}")
        return report

    def derive_line(line: str) -> Derivation:
        r"""Differentiate a formula, in text or LaTeX: ``%derive --wrt x norm2(A*x - b)^2``.

        Options stand before the formula: ``--wrt NAME`` (W,b for several gradients; with ``--order 2`` twice for a
        mixed second derivative), ``--given 'FACT'``, ``--shape 'A: n m'``, ``--to NAME`` for a variable that is to hold
        the derivation.
        """
        said, formula = _options(line, _DERIVE)
        if not formula:
            raise UsageError("the formula is missing: %derive --wrt x norm2(A*x - b)^2")
        try:
            found = _derived(formula, said)
        except Error as error:
            _refuse(error)
        _named(said["to"], shell, found)
        return found

    manager: Any = shell.magics_manager
    for magic, kind, name in ((check_cell, "cell", "gradwright"), (derive_line, "line", "derive")):
        as_typed: Any = no_var_expand  # $ and {} belong to LaTeX
        manager.register_function(as_typed(magic), magic_kind=kind, magic_name=name)


def _derived(formula: str, said: dict[str, list[str]]) -> Derivation:
    wrt = said["wrt"]
    if any(word not in ("1", "2") for word in said["order"]):
        raise UsageError("the order of a derivative is 1 or 2")
    order = max([len(wrt), *map(int, said["order"]), 1])
    shapes, functions = declared(said["shape"], "--shape ")
    return derive(formula, variables(wrt), given=said["given"], shapes=shapes, functions=functions, order=order)


def _options(line: str, known: Sequence[str], flags: Sequence[str] = ()) -> tuple[dict[str, list[str]], str]:
    """The options a line begins with, and what follows them as it was typed."""
    said: dict[str, list[str]] = {name: [] for name in known}
    at = 0
    while found := _OPTION.match(line, at):
        name, value = found[1], found[2]
        if name not in said:
            raise UsageError(f"there is no option --{name}; there are --{', --'.join(known)}")
        if name in flags:
            said[name].append(name)
            at = found.end(1)
            continue
        if value is None:
            raise UsageError(f"--{name} needs a value")
        said[name].append(_plain(value))
        at = found.end()
    return said, _plain(line[at:].strip())


def _plain(value: str) -> str:
    """Without the quotes around it."""
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if quoted and value[0] not in value[1:-1] else value


def _seconds(words: list[str]) -> float:
    try:
        return float(words[-1]) if words else SECONDS
    except ValueError:
        raise UsageError(f"--seconds {words[-1]}: this is not a number") from None


def _named(names: Sequence[str], shell: InteractiveShell, value: object) -> None:
    for name in names:
        if not name.isidentifier():
            raise UsageError(f"--to {name}: this is not the name of a variable")
        shell.user_ns[name] = value


def _refuse(error: Error) -> NoReturn:
    """One message that points at the characters, and no traceback."""
    raise UsageError(str(error)) from None
