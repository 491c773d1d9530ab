"""C files' own functions. Owns: scalar functions and linear algebra as C. Never: plans, calls any of it.

Scalar functions are those of native loops, translated; linear algebra is written here, for matrices whose rows stand
one after another. What comes out of memory, or meets a matrix that it cannot do anything with, says so by its status.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from textwrap import dedent

from gradwright.emit.loops.c import Speller
from gradwright.emit.loops.program import Kind
from gradwright.emit.loops.read import Reader
from gradwright.emit.spell.polynomials import COEFFICIENTS
from gradwright.emit.spell.special import FORMULAS, HELPERS
from gradwright.emit.targets.native.runtime import PRECISIONS, SCALARS

STATUSES = {1: "out of memory", 2: "a matrix that has to be positive definite is not", 3: "a matrix is singular"}

_, TYPES, PRELUDE, _FUNCTIONS = re.split(
    r"/\* --- \w+ --- \*/\n", Path(__file__).with_name("library.c").read_text(encoding="utf-8")
)
_BY_HAND = {
    re.findall(r"(\w+)\(", code)[0]: f"\n{code.strip()}\n" for code in re.split(r"\n(?=static )", _FUNCTIONS)[1:]
}


@cache
def _translated(name: str) -> str:
    """A scalar function of native loops, or one over arrays as one over numbers."""
    tables: list[ast.Assign] = []
    if name in _SCALARS:
        called, text = _SCALARS[name]
        given, body = called.removesuffix(")").partition("(")[2].split(", "), ast.parse(dedent(text)).body
    else:
        tree = ast.parse(re.sub(rf"_({'|'.join(FORMULAS)})\(", r"_\g<1>1(", HELPERS[name])).body
        (function,) = [n for n in tree if isinstance(n, ast.FunctionDef)]
        tables = [n for n in tree if isinstance(n, ast.Assign)]
        given, body = [argument.arg for argument in function.args.args], function.body
    reader = Reader({}, {**dict.fromkeys(given, Kind.REAL), "bits": Kind.BITS}, Kind.REAL)
    lines = Speller(Kind.REAL).block(reader.statements(body), given)
    parameters = ", ".join(f"real {parameter}" for parameter in given)
    held = [
        f"static const real {ast.unparse(t.targets[0])}[] = {{{', '.join(map(repr, _numbers(t)))}}};" for t in tables
    ]
    return "\n".join(
        ["", *held, f"static inline real {name}({parameters})", "{", *(f"    {x}" for x in lines), "}", ""]
    )


def _numbers(table: ast.Assign) -> tuple[float, ...]:
    """The numbers of a table that is written beside a formula of ours."""
    found: tuple[float, ...] = eval(ast.unparse(table.value))
    return found


_SCALARS = {f"_{called.partition('(')[0]}": (called, text) for called, text in SCALARS.items()}


def library(text: str) -> str:
    """The functions that the text calls, and those that these call, before those that call them."""
    order: dict[str, str] = {}
    _gathered(text, order)
    code = "".join(order.values())
    tables = [name.upper() for name in COEFFICIENTS if re.search(rf"\b{name.upper()}_(POLYNOMIAL|HIGH)\b", code)]
    words = sorted({word for word in PRECISIONS[32] if re.search(rf"\b{word}\b", code)} - {"INT", "FLOAT"})
    lines = []
    for sign, bits in (("#ifdef GRADWRIGHT_FLOAT", 32), ("#else", 64)):
        lines += [sign, *(f"#define {word} {_word(word, bits)}" for word in words)]
        lines += [line for table in tables for line in _table(table, COEFFICIENTS[table.lower()][bits == 64])]
    return "\n".join([*lines, "#endif", ""] if words or tables else []) + code


def _gathered(text: str, order: dict[str, str]) -> None:
    for name in sorted({*re.findall(r"\b(\w+)\(", text)} & {*_BY_HAND, *_SCALARS, *HELPERS}):
        if name not in order:
            code = _BY_HAND[name] if name in _BY_HAND else _translated(name)
            _gathered(code.replace(f" {name}(", " "), order)
            order[name] = code


def _word(word: str, bits: int) -> str:
    text = PRECISIONS[bits][word]
    return f"((real){text})" if "." in text else text


def _table(name: str, row: tuple[float, ...]) -> list[str]:
    """A polynomial by Horner's rule, or a number in two parts."""
    if len(row) == 2:
        return [f"#define {name}_{part} ((real){number!r})" for part, number in zip(("HIGH", "LOW"), row, strict=True)]
    text = f"(real){row[0]!r}"
    for number in row[1:]:
        text = f"({text}) * x + (real){number!r}"
    return [f"#define {name}_POLYNOMIAL(x) ({text})"]
