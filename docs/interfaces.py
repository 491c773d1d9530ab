"""The reference of Python and of the command line, from docstrings and options. Owns: its text. Never: writes files."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import gradwright as gw
from gradwright.api import Verdict
from gradwright.certify.certificate import Certificate
from gradwright.documents import Report
from gradwright.doors.cli import COMMANDS
from gradwright.doors.options import Option
from gradwright.referee.report import Relation
from gradwright.show.glossary import FUNCTIONS, Word
from gradwright.write.answer import Result

PUBLIC: dict[str, dict[str, Any]] = {
    "Functions": {
        "derive": gw.derive, "formula": gw.formula, "verify": gw.verify, "equal": gw.equal, "check": gw.check,
    },
    "Symbols": {"scalar": gw.scalar, "vector": gw.vector, "matrix": gw.matrix, "call": gw.call},
    "What they return": {cls.__name__: cls for cls in (
        gw.Derivation, Result, Certificate, Verdict, Report, Relation, gw.Expression, gw.Error)},
}  # fmt: skip
INTERNAL = {"use_index_notation", "index_term", "matrix", "said", "program"}
_TERM = re.compile(r"``([^`]+)``  +(.*)")  # a line of a docstring that explains a name


def python() -> str:
    """The page of the Python interface."""
    lines = ["# Python", "", "`import gradwright as gw` is light: what a name needs is imported on its first use."]
    for group, things in PUBLIC.items():
        lines += ["", f"## {group}"]
        for name, thing in things.items():
            lines += ["", f"### {name}", ""]
            if not inspect.isclass(thing):
                lines += ["```python", _signature(name, thing), "```", ""]
            lines += [*_prose(thing.__doc__), *(_members(thing) if inspect.isclass(thing) else ())]
    return "\n".join(lines) + "\n"


def _members(cls: type) -> Iterator[str]:
    """What may be asked of an object: its methods with their signatures, its properties by name."""
    for name, member in vars(cls).items():
        function = member.fget if isinstance(member, property) else getattr(member, "func", member)
        if name.startswith("_") or name in INTERNAL or not callable(function) or not function.__doc__:
            continue
        yield from ("", "```python", _signature(name, member), "```") if member is function else ("", f"**`{name}`**")
        yield from ("", *_prose(function.__doc__))


def _signature(name: str, function: Any) -> str:
    """``name(…) -> …``, a parameter to a line where there are many."""
    signature = inspect.signature(function)
    said, starred = [], False
    for parameter in signature.parameters.values():
        if parameter.name == "self":
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            said.append("*")
            starred = True
        stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        shown = "…" if callable(parameter.default) else repr(parameter.default)  # a function is shown by its address
        default = "" if parameter.default is parameter.empty else f" = {shown}"
        said.append(f"{stars}{parameter.name}: {parameter.annotation}{default}")
    line = f"{name}({', '.join(said)}) -> {signature.return_annotation}"
    if len(line) <= 100:
        return line
    return f"{name}(\n    " + ",\n    ".join(said) + f",\n) -> {signature.return_annotation}"


def _prose(docstring: str | None) -> list[str]:
    """A docstring as Markdown: lines that explain a name become a table."""
    lines: list[str] = []
    for line in inspect.cleandoc(docstring or "").splitlines():
        found = _TERM.match(line)
        row = bool(lines) and lines[-1].startswith("|")
        if found:
            lines += [] if row else ["| | |", "|---|---|"]
            lines.append(f"| `{found[1]}` | {found[2].replace('``', '`')} |")
        elif row and line.startswith("  "):
            lines[-1] = f"{lines[-1].removesuffix(' |')} {line.strip().replace('``', '`')} |"
        else:
            lines.append(line.replace("``", "`"))
    return lines


def command_line() -> str:
    """The page of the command line."""
    lines = [
        "# Command line",
        "",
        "Exit codes: 0; 1 where `check` refutes something; 2 for bad input, with one message.",
    ]
    for command in COMMANDS:
        usage = "".join(f" {option.metavar}" for option in command.options if option.positional)
        options = [option for option in command.options if not option.positional]
        name = command.name
        lines += ["", f"## {name}", "", f"`gradwright {name}{usage}{' [OPTIONS]' if options else ''}`", ""]
        lines += command.says.splitlines()
        lines += ["", "| option | | default |", "|---|---|---|", *map(_option, options)] if options else []
    return "\n".join(lines) + "\n"


def _option(option: Option) -> str:
    names = ", ".join(option.words)
    metavar = f" {option.metavar}" if option.metavar else ""
    default = "" if option.default in (None, "") else f"`{option.default}`"
    return f"| `{names}{metavar}` | {option.says} | {default} |"


# --- the functions in Python

_HEAD = '''"""Every function of the text language as a Python function. Owns: their signatures. Never: computes.

Written by docs/generate.py from the tables: what each takes, and what it gives (``show/glossary``).
"""

from __future__ import annotations

from gradwright.expression import Expression, Operand, call
'''
_OWN = {
    "reshape": ("A: Operand, *extents: str | int", "A, *extents"),
    "einsum": ("subscripts: str, *operands: Operand", "subscripts, *operands"),
    "ones": ("*extents: str | int", "*map(str, extents)"),
    "zeros": ("*extents: str | int", "*map(str, extents)"),
    "eye": ("n: str | int", "str(n)"),
    "D": ("u: str, x: Operand", "u, x"),
    "D2": ("u: str, x: Operand", "u, x"),
}
"""Signatures of functions that take words or extents."""


def functions() -> str:
    """The module ``gradwright.functions``."""
    return _HEAD + "".join(f"\n\n{_function(name, word)}" for name, word in sorted(FUNCTIONS.items()))


def _function(name: str, word: Word) -> str:
    required = [argument for argument in word.arguments if argument not in word.optional]
    signature, passed = _OWN.get(name, ("", ""))
    if not signature:
        optional = [f"{argument}: Operand | None = None" for argument in word.optional]
        signature, passed = ", ".join([f"{a}: Operand" for a in required] + optional), ", ".join(required)
    said = f"call({', '.join(filter(None, (repr(name), passed)))})".replace("'", '"')
    if word.optional and name not in _OWN:
        (last,) = word.optional
        said = f"{said} if {last} is None else {said[:-1]}, {last})"
    doc = f"``{word.call(name)}``: {word.says}."
    return f'def {name}({signature}) -> Expression:\n    """{doc}"""\n    return {said}\n'


def imports() -> str:
    """What ``gradwright/__init__.py`` imports of it for checkers."""
    return "".join(f"    from gradwright.functions import {name} as {name}\n" for name in sorted(FUNCTIONS))
