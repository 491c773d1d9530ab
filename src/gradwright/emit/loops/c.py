"""Loops as C. Owns: how they read in C, and what C has no other name for. Never: writes a loop of its own.

A real is float or double, as the file is compiled. An array is a pointer, rows one after another, and its extents are
``NAME__0``, ``NAME__1``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

from gradwright.core.record import dataclass
from gradwright.emit.loops import program as ir

TYPES = {
    ir.Kind.INDEX: "gw_index",
    ir.Kind.REAL: "real",
    ir.Kind.WIDE: "double",
    ir.Kind.BITS: "whole",
    ir.Kind.LABEL: "int64_t",
}
_SIGNS = {"//": "/", "and": "&&", "or": "||"}
_LEVELS = {"or": 4, "and": 5, "&": 8, "<<": 11, ">>": 11, "+": 12, "-": 12, "*": 13, "/": 13, "//": 13, "%": 13}
_CHOICE, _JOINED, _COMPARED, _SHIFTED, _MINUS, _ATOM = 3, 9, 10, 11, 14, 16
_NAMES = {"abs": "fabs", "arctanh": "atanh", "sign": "_sign", "maximum": "_maximum", "minimum": "_minimum"}
_EXTREMES = {"min": "<", "max": ">", "_smaller": "<", "_larger": ">"}
_CASTS = {"INT": "whole", "FLOAT": "real"}
_TAKEN = {"sum": "+=", "less": "-=", "over": "/=", "prod": "*="}
_REDUCED = {"sum": "+", "prod": "*", "max": "max", "min": "min"}
_KINDS = {ir.Kind.INDEX: "i", ir.Kind.LABEL: "l", ir.Kind.WIDE: "w"}
_RESERVED = frozenset((
    "auto", "bool", "case", "char", "const", "default", "do", "double", "enum", "extern", "float", "free", "goto",
    "inline", "int", "long", "malloc", "real", "register", "restrict", "short", "signed", "sizeof", "static", "status",
    "struct", "switch", "typedef", "union", "unsigned", "void", "volatile", "whole", "linux", "unix", "complex", "I",
    "status", "end", "at", "errno", "double_t", "float_t", "signgam",
))  # fmt: skip


def c_name(name: str) -> str:
    """A name that means nothing else in C."""
    return f"{name}_c" if name in _RESERVED else name


@dataclass
class Speller:
    """``literal`` is the type of numbers that are written out; what is said is remembered: the names that are ``read``,
    and the ``rooms`` to be given back at the end."""

    literal: ir.Kind = ir.Kind.WIDE
    read: set[str] = field(default_factory=set)
    rooms: dict[str, ir.Kind] = field(default_factory=dict)

    # --- statements ---

    def block(self, body: Iterable[ir.Statement], declared: Iterable[str] = ()) -> list[str]:
        """Statements, with a declaration where a number is first set."""
        there = set(declared)
        return [line for statement in body for line in self.statement(statement, there)]

    def statement(self, node: ir.Statement, declared: set[str]) -> list[str]:
        match node:
            case ir.Set(place, value):
                return [f"{self._opening(place, declared)} = {self.say(value)};"]
            case ir.Take():
                return [self._taken(node)]
            case ir.Fill(array, value):
                return [self._filled(array, value)]
            case ir.Room():
                return self._room(node)
            case ir.Run(call):
                return [f"{self.say(call)};"]
            case ir.Loop():
                return self._loop(node, declared)
            case ir.Each():
                return self._each(node, declared)
            case ir.If(test, then, other):
                lines = [f"if ({self.say(test)}) {{", *self._inner(then, declared), "}"]
                return lines + (["else {", *self._inner(other, declared), "}"] if other else [])
            case ir.Return(value):
                return [f"return {self.say(value)};"]

    def _inner(self, body: Sequence[ir.Statement], declared: set[str]) -> list[str]:
        return [line if line.startswith("#") else f"    {line}" for line in self.block(body, declared)]

    def _opening(self, place: ir.Place, declared: set[str]) -> str:
        """What is set, declared if it is not."""
        if not isinstance(place, ir.Var) or place.name in declared:
            return self.say(place)
        declared.add(place.name)
        return f"{TYPES[place.kind]} {c_name(place.name)}"

    def _taken(self, node: ir.Take) -> str:
        place = self.say(node.place)
        if node.op in _TAKEN:
            return f"{place} {_TAKEN[node.op]} {self.say(node.value)};"
        return f"{place} = {self._extreme(_EXTREMES[node.op], (node.place, node.value))};"

    def _filled(self, array: ir.Array, value: ir.Expr) -> str:
        return f"for (gw_index at = 0; at < {self._size(array)}; at++) {c_name(array.name)}[at] = {self.say(value)};"

    def _room(self, node: ir.Room) -> list[str]:
        name = c_name(node.array.name)
        self.rooms[name] = node.array.kind
        extents = [f"const gw_index {name}__{k} = {self.say(x)};" for k, x in enumerate(node.shape)]
        made = f"ROOM({name}, {self._size(node.array)})"
        return [*extents, made, *([self._filled(node.array, node.value)] if node.value is not None else [])]

    def _loop(self, node: ir.Loop, declared: set[str]) -> list[str]:
        index, step = c_name(node.index.name), self.say(node.step)
        inner = self._inner(node.body, declared | {node.index.name})
        more = f"{index}++" if step == "1" else f"{index} += {step}"
        sign = ">" if step.startswith("-") else "<"
        first, last = self.say(node.first), self.say(node.last)
        lines = [f"for (gw_index {index} = {first}; {index} {sign} {last}; {more}) {{", *inner, "}"]
        folds = _folds(node.body)
        if folds is None:
            return lines
        clauses = " ".join(f"reduction({how}:{c_name(fold)})" for fold, how in folds.items())
        return [f"SIMD({clauses})", *lines]

    def _each(self, node: ir.Each, declared: set[str]) -> list[str]:
        tables, lines = [], list[str]()
        for name, table in zip(node.names, node.tables, strict=True):
            if isinstance(table, ir.Array):
                tables.append(table.name)
                continue
            tables.append(f"of_{name.name}")
            lines.append(f"const real {tables[-1]}[] = {{{', '.join(map(self.say, table))}}};")
        lines.append(f"for (size_t at = 0; at < sizeof {tables[0]} / sizeof *{tables[0]}; at++) {{")
        lines += [f"    const real {v.name} = {table}[at];" for v, table in zip(node.names, tables, strict=True)]
        return [*lines, *self._inner(node.body, declared | {v.name for v in node.names}), "}"]

    # --- expressions ---

    def say(self, node: ir.Expr, least: int = 0) -> str:
        """An expression; in brackets where it binds less than it has to."""
        text, level = self._said(node)
        return text if level >= least else f"({text})"

    def _said(self, node: ir.Expr) -> tuple[str, int]:
        match node:
            case ir.Var(name):
                self.read.add(name)
                return c_name(name), _ATOM
            case ir.Number():
                return self._number(node)
            case ir.Cell(array, at):
                return f"{c_name(array.name)}[{self._place(array, at)}]", _ATOM
            case ir.Extent(array, axis):
                return self.extent(array, axis), _ATOM
            case ir.Minus(of):
                return f"-{self.say(of, _MINUS)}", _MINUS
            case ir.Choose(test, then, other):
                counts = ir.kind_of(test) is ir.Kind.INDEX
                said = f"{self.say(test, _SHIFTED)} != 0" if counts else self.say(test, 4)
                return f"{said} ? {self.say(then, 4)} : {self.say(other, 3)}", _CHOICE
            case ir.Op(sign, left, right):
                return self._operation(sign, left, right)
            case ir.Call(fn, given):
                return self._call(fn, given)
            case ir.Array(name, rank):
                return ", ".join([c_name(name), *(self.extent(node, axis) for axis in range(rank))]), _ATOM

    def extent(self, array: ir.Array, axis: int) -> str:
        """How long an axis is."""
        self.read.add(f"{array.name}__{axis}")
        return f"{c_name(array.name)}__{axis}"

    def _number(self, node: ir.Number) -> tuple[str, int]:
        if not math.isfinite(node.value):
            return "NAN" if math.isnan(node.value) else "INFINITY", _ATOM
        whole = node.kind is ir.Kind.INDEX or self.literal is ir.Kind.WIDE
        return (repr(node.value), _ATOM) if whole else (f"(real){node.value!r}", _MINUS)

    def _operation(self, sign: str, left: ir.Expr, right: ir.Expr) -> tuple[str, int]:
        counts = ir.kind_of(left) is ir.kind_of(right) is ir.Kind.INDEX
        if sign == "**":
            return f"pow({self._real(left)}, {self._real(right)})", _ATOM
        if sign == "/" and counts:
            return f"(double){self.say(left, _MINUS)} / {self.say(right, _MINUS)}", _LEVELS["/"]
        if sign == "%" and not counts:
            return f"fmod({self.say(left)}, {self.say(right)})", _ATOM
        level = _LEVELS.get(sign, _COMPARED)
        least = _JOINED if sign in ("and", "or") else _MINUS if sign in ("<<", ">>", "&") else _SHIFTED
        sides = (level, level + 1) if sign in ("+", "-", "*", "/", "//", "%") else (least, least)
        return f"{self.say(left, sides[0])} {_SIGNS.get(sign, sign)} {self.say(right, sides[1])}", level

    def _extreme(self, sign: str, given: Sequence[ir.Expr]) -> str:
        """The larger or the smaller of two or more numbers."""
        text = self.say(given[0], _SHIFTED)
        for each in given[1:]:
            other = self.say(each, _SHIFTED)
            text = f"({other} {sign} {text} ? {other} : {text})"
        return text

    def _real(self, node: ir.Expr) -> str:
        """A number that a function of C's library is given: what counts is no integer there."""
        if isinstance(node, ir.Array):
            return self.say(node)
        counts = ir.kind_of(node) is ir.Kind.INDEX
        return f"(double){self.say(node, _MINUS)}" if counts else self.say(node)

    def _call(self, fn: str, given: Sequence[ir.Expr]) -> tuple[str, int]:
        if fn in _EXTREMES:
            return self._extreme(_EXTREMES[fn], given), _ATOM
        if fn in _CASTS:
            return f"({_CASTS[fn]}){self.say(given[0], _MINUS)}", _MINUS
        if fn in ("np.uint64", "np.int64"):
            return self._said(given[0])
        if fn == "_in_double":
            return "sizeof(real) == 8", _COMPARED
        if fn == "_polynomial":
            return f"{self.say(given[1])}_POLYNOMIAL({self.say(given[0])})", _ATOM
        if not given:  # a number that the file defines
            return fn, _ATOM
        name = fn.rpartition(".")[2]
        passed = self.say if any(isinstance(each, ir.Array) for each in given) else self._real
        return f"{_NAMES.get(name, name)}({', '.join(map(passed, given))})", _ATOM

    def _place(self, array: ir.Array, at: Sequence[ir.Expr]) -> str:
        """Where an entry is, rows after one another."""
        text = ""
        for axis, place in enumerate(at):
            said = self.say(place, _LEVELS["*"] if len(at) == 1 else _LEVELS["+"])
            text = f"{f'({text})' if ' + ' in text else text} * {self.extent(array, axis)} + {said}" if text else said
        return text

    def _size(self, array: ir.Array) -> str:
        return " * ".join(self.extent(array, axis) for axis in range(array.rank)) or "1"


def function(made: ir.Function) -> str:
    """The function, which answers with a status."""
    speller = Speller()
    names = [parameter.name for parameter in made.parameters]
    lines = speller.block(made.body, names)
    given = ", ".join(_parameter(each, each.name in made.written) for each in made.parameters)
    end = ["goto end;", "end:", *closed(speller.rooms)] if speller.rooms else []
    body = ["int status = 0;", *opened(speller.rooms), *lines, *end, "return status;"]
    return "\n".join([f"int {made.name}({given})", "{", *(f"    {line}" for line in body), "}", ""])


def opened(rooms: Mapping[str, ir.Kind]) -> list[str]:
    """The declarations of arrays that are made for a while."""
    return [f"{TYPES[kind]} *restrict {name} = NULL;" for name, kind in rooms.items()]


def closed(rooms: Iterable[str]) -> list[str]:
    """The statements that give them back."""
    return [f"free({name});" for name in rooms]


def _parameter(given: ir.Var | ir.Array, written: bool) -> str:
    """A number, or the pointer to an array and its extents."""
    if isinstance(given, ir.Var):
        return f"{TYPES[given.kind]} {c_name(given.name)}"
    extents = "".join(f", gw_index {c_name(given.name)}__{axis}" for axis in range(given.rank))
    return f"{'' if written else 'const '}{TYPES[given.kind]} *restrict {c_name(given.name)}{extents}"


def kinds(made: ir.Function) -> str:
    """What the function is given: ``i`` an extent, ``r`` a number, ``a`` an array, ``o`` one that is written, ``l``
    labels, ``w`` an array of double precision."""
    found = ""
    for given in made.parameters:
        real = "r" if isinstance(given, ir.Var) else "o" if given.name in made.written else "a"
        found += _KINDS.get(given.kind, real)
    return found


def _folds(body: Sequence[ir.Statement]) -> dict[str, str] | None:
    """What an innermost loop folds into numbers, and how; None where it is not innermost, or no vector loop."""
    found: dict[str, str] = {}
    for statement in body:
        match statement:
            case ir.Take(ir.Var(name), op, _, True):
                found[name] = _REDUCED[op]
            case ir.Set(ir.Var(name), value) if not any(
                isinstance(n, ir.Var) and n.name == name for n in ir.inside(value)
            ):
                pass
            case ir.Take(ir.Cell()) | ir.Set(ir.Cell()):
                pass
            case _:
                return None
    return found
