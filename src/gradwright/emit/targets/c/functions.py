"""Kernels as C functions. Owns: their parameters, and how a caller gives them. Never: writes a loop, runs one."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Collection, Mapping

from gradwright.core.record import dataclass
from gradwright.emit.plan.names import identifier
from gradwright.emit.targets.c.translate import INDEX, LABEL, REAL, WIDE, Arrays, Translator, c_name
from gradwright.emit.targets.native.kernels import Kernel
from gradwright.emit.targets.native.loops import CELL, COLUMN, TOTAL

_KINDS = {REAL: "a", LABEL: "l", WIDE: "w"}


@dataclass(frozen=True)
class Function:
    """What a function is called, its text, and what it is given: ``i`` an extent, ``r`` a number, ``a`` an array,
    ``o`` one that is written, ``l`` labels, ``w`` an array of double precision."""

    name: str
    text: str
    kinds: str


def translated(kernel: Kernel, labels: Collection[str]) -> list[Function]:
    """The functions of a sweep."""
    layout = kernel.layout
    ranks = {layout.within_name(name): rank for name, rank in layout.given.items() if rank}
    kinds = {identifier(name): LABEL for name in labels}
    numbers = dict.fromkeys(("part", "first", "last", *layout.counts, *map(identifier, labels)), INDEX)
    made = set()
    for let in layout.made:
        kind, name = layout.sweep.places[let.name].kind, layout.output(let.name)
        ranks[name] = 2 if kind in (CELL, COLUMN) else 1
        kinds |= {name: WIDE} if kind in (COLUMN, TOTAL) else {}
        made.add(name)
    return [function(text, Arrays(ranks, kinds, frozenset(made)), numbers) for text in kernel.texts]


def function(text: str, arrays: Arrays, numbers: Mapping[str, str]) -> Function:
    """A function of our loops in C, which answers with a status."""
    tree = next(node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef))
    given = [argument.arg for argument in tree.args.args]
    ranks = {c_name(n): rank for n, rank in arrays.ranks.items()}
    kinds = {c_name(n): kind for n, kind in arrays.kinds.items()}
    arrays = Arrays(ranks, kinds, frozenset(map(c_name, arrays.written)))
    translator = Translator(arrays, {c_name(name): kind for name, kind in numbers.items()})
    names = list(map(c_name, given))
    parameters = [
        arrays.parameter(name) if name in arrays.ranks else f"{translator.kinds.get(name, REAL)} {name}"
        for name in names
    ]
    lines = translator.body("\n".join(ast.unparse(statement) for statement in tree.body))
    rooms = [f"{REAL} *restrict {name} = NULL;" for name in translator.rooms]
    end = ["goto end;", "end:", *(f"free({name});" for name in translator.rooms)] if rooms else []
    body = needed(["int status = 0;", *rooms, *lines, *end, "return status;"])
    opening = f"int {tree.name}({', '.join(parameters)})"
    return Function(tree.name, "\n".join([opening, "{", *(f"    {line}" for line in body), "}", ""]),
                    "".join(_kind(name, arrays, translator.kinds) for name in names))  # fmt: skip


def _kind(name: str, arrays: Arrays, numbers: Mapping[str, str]) -> str:
    if name not in arrays.ranks:
        return "i" if numbers.get(name) == INDEX else "r"
    kind = _KINDS[arrays.kind(name)]
    return "o" if kind == "a" and name in arrays.written else kind


def needed(lines: list[str]) -> list[str]:
    """The statements without constants that nobody reads."""
    while True:
        words = Counter(re.findall(r"\w+", "\n".join(lines)))
        kept = [x for x in lines if not (m := re.match(r"const \w+ (\w+) = ", x)) or words[m[1]] > 1]
        if len(kept) == len(lines):
            return kept
        lines = kept


__all__ = ["Function", "function", "needed", "translated"]
