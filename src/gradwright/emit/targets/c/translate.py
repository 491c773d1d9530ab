"""Loops as C. Owns: how the part of Python that our loops are written in reads in C. Never: writes a loop of its own.

Kernels, and the formulas of scalar functions, are written once: in Python that Numba compiles. What stands there is
assignments, loops over ranges, arithmetic and calls; a number is a ``real`` (float or double, as the file is compiled),
an index, or a double in which sums are gathered. An array is a pointer, and its extents are ``NAME__0``, ``NAME__1``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import field

from gradwright.core.record import dataclass

INDEX, REAL, WIDE, BITS, LABEL = "gw_index", "real", "double", "whole", "int64_t"
"""Kinds of numbers, as C spells their types; LABEL is what arrays of class labels hold."""


@dataclass(frozen=True)
class Arrays:
    """What a function is given or makes beside numbers: how many axes each array has, and what it holds."""

    ranks: Mapping[str, int]
    kinds: Mapping[str, str] = field(default_factory=dict)
    written: frozenset[str] = frozenset()

    def kind(self, name: str) -> str:
        return self.kinds.get(name, REAL)

    def with_array(self, name: str, rank: int, kind: str = REAL) -> Arrays:
        """The same, and one array more."""
        return Arrays({**self.ranks, name: rank}, {**self.kinds, name: kind}, self.written)

    def parameter(self, name: str) -> str:
        """The pointer to an array and its extents, as parameters."""
        const = "" if name in self.written else "const "
        extents = "".join(f", {INDEX} {c_name(name)}__{axis}" for axis in range(self.ranks[name]))
        return f"{const}{self.kind(name)} *restrict {c_name(name)}{extents}"


_OPERATORS: dict[type[ast.operator], tuple[str, int]] = {
    ast.Add: ("+", 12), ast.Sub: ("-", 12), ast.Mult: ("*", 13), ast.Div: ("/", 13), ast.FloorDiv: ("/", 13),
    ast.Mod: ("%", 13), ast.LShift: ("<<", 11), ast.RShift: (">>", 11), ast.BitAnd: ("&", 8),
}  # fmt: skip
_COMPARED: dict[type[ast.cmpop], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip
_NAMED = {"abs": "fabs", "asin": "asin", "acos": "acos", "atan": "atan", "asinh": "asinh", "acosh": "acosh",
          "atanh": "atanh", "atan2": "atan2", "arctanh": "atanh", "sign": "_sign"}  # fmt: skip
_CONSTANTS = {"inf": "INFINITY", "nan": "NAN", "pi": "3.141592653589793"}
_EXTREMES = {"min": "<", "max": ">", "_smaller": "<", "_larger": ">"}
_CASTS = {"INT": "whole", "FLOAT": "real"}
_FOLDS = {"_plus": "+", "_larger": "max", "_smaller": "min"}
_ATOM = 16


class Translator:
    """One function's text as C."""

    def __init__(self, arrays: Arrays, numbers: Mapping[str, str], literal: str = WIDE) -> None:
        self.arrays, self.literal = arrays, literal
        self.kinds = dict(numbers)
        """What each number is."""
        self.rooms: list[str] = []
        """Arrays that are made here, to be given back at the end."""

    # --- statements ---

    def body(self, text: str, declared: Iterable[str] = ()) -> list[str]:
        """Statements, with the declarations they need, but for what is declared."""
        return self.block(_renamed(text), set(declared))

    def block(self, statements: list[ast.stmt], declared: set[str]) -> list[str]:
        """Statements; a number is declared in the smallest block that has all there is to do with it."""
        here = _own(statements) - declared - self.arrays.ranks.keys()
        lines, ahead, met = list[str](), dict[str, list[str]](), set[str]()
        for statement in statements:
            said = self.statement(statement, declared | here)
            new = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)} & here - met - self.arrays.ranks.keys()
            met |= new
            for name in sorted(new):
                if said[0].startswith(f"{name} = "):
                    said[0] = f"{self.kinds[name]} {said[0]}"
                else:
                    ahead.setdefault(self.kinds[name], []).append(name)
            lines += said
        return [f"{kind} {', '.join(names)};" for kind, names in ahead.items()] + lines

    def statement(self, node: ast.stmt, declared: set[str]) -> list[str]:
        match node:
            case ast.For(ast.Name(name), ast.Call(ast.Name("range"), limits), body):
                return self._loop(name, limits, body, declared)
            case ast.For(names, values, body):
                return self._over(names, values, body, declared)
            case ast.Assign([target], value):
                return self._assign(target, value, declared)
            case ast.Assign([*others, target], value):
                return [self._set(target, value), *(self._set(other, target) for other in others)]
            case ast.AugAssign(target, operator, value):
                return self._augmented(target, f"{_OPERATORS[type(operator)][0]}=", value)
            case ast.If(test, body, other):
                lines = [f"if ({self.say(test)}) {{", *(f"    {line}" for line in self.block(body, declared)), "}"]
                return [*lines, *(["else {", *(f"    {x}" for x in self.block(other, declared)), "}"] if other else [])]
            case ast.Return(value) if value is not None:
                return [f"return {self.say(value)};"]
            case ast.Expr(value):
                return [] if isinstance(value, ast.Constant) else [f"{self.say(value)};"]
        raise AssertionError(f"no C is known for {ast.unparse(node)}")

    def _assign(self, target: ast.expr, value: ast.expr, declared: set[str]) -> list[str]:
        match target, value:
            case ast.Name(name), ast.Call(ast.Attribute(ast.Name("np"), "empty" | "full"), [shape, *_]):
                return self._room(name, shape, value)
            case ast.Tuple([ast.Name(high), ast.Name(low)]), ast.Call(ast.Name("_pair"), [table, _]):
                self.kinds |= {high: REAL, low: REAL}
                return [f"{high} = {ast.unparse(table)}_HIGH;", f"{low} = {ast.unparse(table)}_LOW;"]
            case ast.Tuple(targets), ast.Tuple(values):
                pairs = zip(targets, values, strict=True)
                return [line for t, v in pairs for line in self.statement(ast.Assign([t], v), declared)]
            case ast.Subscript(ast.Name(name), ast.Slice()), _:
                return [f"for (gw_index at = 0; at < {self._size(name)}; at++) {name}[at] = {self.say(value)};"]
            case ast.Subscript(), ast.Name(other) if self.arrays.ranks.get(other) == 1:
                return self._augmented(target, "=", value)
        return [self._set(target, value)]

    def _augmented(self, target: ast.expr, how: str, value: ast.expr) -> list[str]:
        """A number, or a row of an array, that another is put into."""
        match target, value:
            case ast.Subscript(ast.Name(name), ast.Name(at)), ast.Name(other) if self.arrays.ranks.get(other) == 1:
                put = f"{name}[{at} * {name}__1 + at] {how} {other}[at];"
                return [f"for (gw_index at = 0; at < {other}__0; at++) {put}"]
        return [f"{self.say(target)} {how} {self.say(value)};"]

    def _loop(self, name: str, limits: list[ast.expr], body: list[ast.stmt], declared: set[str]) -> list[str]:
        self.kinds[name] = INDEX
        texts = [self.say(limit) for limit in limits]
        first, last, step = ["0", *texts, "1"] if len(texts) == 1 else [*texts, "1"][:3]
        folds = _folds(body)
        inner = self.block(body, declared | {name})
        more = f"{name} += {step}" if step != "1" else f"{name}++"
        sign = ">" if step.startswith("-") else "<"
        lines = [
            f"for (gw_index {name} = {first}; {name} {sign} {last}; {more}) {{",
            *(f"    {line}" for line in inner),
            "}",
        ]
        if folds is None:
            return lines
        clauses = "".join(f" reduction({how}:{fold})" for fold, how in folds.items())
        return [f"SIMD({clauses.strip()})", *lines]

    def _over(self, names: ast.expr, values: ast.expr, body: list[ast.stmt], declared: set[str]) -> list[str]:
        """A loop over the numbers of a table, or over those of several at once."""
        each = [
            name.id for name in (names.elts if isinstance(names, ast.Tuple) else [names]) if isinstance(name, ast.Name)
        ]
        self.kinds |= dict.fromkeys(each, REAL)
        lines: list[str] = []
        if isinstance(values, ast.Tuple):
            tables = [f"of_{each[0]}"]
            lines.append(f"const real {tables[0]}[] = {{{', '.join(self.say(value) for value in values.elts)}}};")
        else:
            assert isinstance(values, ast.Call)
            tables = [ast.unparse(table) for table in values.args]
        lines.append(f"for (size_t at = 0; at < sizeof {tables[0]} / sizeof *{tables[0]}; at++) {{")
        lines += [f"    const real {name} = {table}[at];" for name, table in zip(each, tables, strict=True)]
        return [*lines, *(f"    {line}" for line in self.block(body, declared | set(each))), "}"]

    def _room(self, name: str, shape: ast.expr, made: ast.expr) -> list[str]:
        """An array for a while."""
        extents = shape.elts if isinstance(shape, ast.Tuple) else [shape]
        self.rooms.append(name)
        self.arrays = self.arrays.with_array(name, len(extents))
        texts = [self.say(extent) for extent in extents]
        lines = [f"const gw_index {name}__{axis} = {text};" for axis, text in enumerate(texts)]
        lines += [f"ROOM({name}, {self._size(name)});"]
        if isinstance(made, ast.Call) and isinstance(made.func, ast.Attribute) and made.func.attr == "full":
            lines += [f"for (gw_index at = 0; at < {self._size(name)}; at++) {name}[at] = {self.say(made.args[1])};"]
        return lines

    def _set(self, target: ast.expr, value: ast.expr) -> str:
        if isinstance(target, ast.Name):
            self.kinds.setdefault(target.id, self.kind(value))
        said = self.say(target)
        match value:
            case ast.Call(ast.Name("_plus"), [first, second]) if ast.unparse(first) == ast.unparse(target):
                return f"{said} += {self.say(second)};"
        return f"{said} = {self.say(value)};"

    # --- expressions ---

    def say(self, node: ast.expr, least: int = 0) -> str:
        text, level = self._said(node)
        return text if level >= least else f"({text})"

    def _said(self, node: ast.expr) -> tuple[str, int]:
        match node:
            case ast.BinOp(left, operator, right):
                return self._operation(left, operator, right)
            case ast.UnaryOp(ast.USub(), operand):
                return f"-{self.say(operand, 14)}", 14
            case ast.BoolOp(operator, values):
                sign = " && " if isinstance(operator, ast.And) else " || "
                return sign.join(self.say(value, 9) for value in values), 4
            case ast.Compare(ast.Attribute(_, "dtype"), _, _):
                return "sizeof(real) == 8", 10
            case ast.Compare(left, [operator], [right]):
                return f"{self.say(left, 11)} {_COMPARED[type(operator)]} {self.say(right, 11)}", 10
            case ast.IfExp(test, then, other):
                return f"{self.say(test, 4)} ? {self.say(then, 4)} : {self.say(other, 3)}", 3
            case ast.Call(function, given):
                return self._call(function, given)
        return self._atom(node)

    def _atom(self, node: ast.expr) -> tuple[str, int]:
        """A name, a number, or an entry of an array."""
        match node:
            case ast.Name(name):
                return name, _ATOM
            case ast.Constant(int() | float() as value):
                whole = isinstance(value, int) or self.literal == WIDE
                return (repr(value), _ATOM) if whole else (f"(real){value!r}", 14)
            case ast.Subscript(ast.Attribute(ast.Name(name), "shape"), ast.Constant(axis)):
                return f"{name}__{axis!r}", _ATOM
            case ast.Subscript(ast.Name(name), at):
                return f"{name}[{self._place(name, at)}]", _ATOM
            case ast.Attribute(ast.Name("math" | "np"), name):
                return _CONSTANTS[name], _ATOM
        raise AssertionError(f"no C is known for {ast.unparse(node)}")

    def _operation(self, left: ast.expr, operator: ast.operator, right: ast.expr) -> tuple[str, int]:
        if isinstance(operator, ast.Pow):
            return f"pow({self._real(left)}, {self._real(right)})", _ATOM
        counts = self.kind(left) == self.kind(right) == INDEX
        if isinstance(operator, ast.Div) and counts:
            return f"(double){self.say(left, 14)} / {self.say(right, 14)}", 13
        if isinstance(operator, ast.Mod) and not counts:
            return f"fmod({self.say(left)}, {self.say(right)})", _ATOM
        sign, level = _OPERATORS[type(operator)]
        return f"{self.say(left, level)} {sign} {self.say(right, level + 1)}", level

    def _extreme(self, sign: str, given: list[ast.expr]) -> tuple[str, int]:
        """The larger or the smaller of two or more numbers."""
        text = self.say(given[0], 11)
        for each in given[1:]:
            other = self.say(each, 11)
            text = f"({other} {sign} {text} ? {other} : {text})"
        return text, _ATOM

    def _real(self, node: ast.expr) -> str:
        """A number that a function of C's library is given: what counts is no integer there."""
        text = self.say(node, 14)
        return f"(double){text}" if self.kind(node) == INDEX else text

    def _call(self, function: ast.expr, given: list[ast.expr]) -> tuple[str, int]:
        match function:
            case ast.Name(name) if name in _EXTREMES:
                return self._extreme(_EXTREMES[name], given)
            case ast.Name("_polynomial"):
                x, table = map(ast.unparse, given)
                return f"{table}_POLYNOMIAL({x})", _ATOM
            case ast.Name("INT" | "FLOAT" as name):
                return f"({_CASTS[name]}){self.say(given[0], 14)}", 14
            case ast.Call(ast.Name("type"), _):
                return f"(real){self.say(given[0], 14)}", 14
            case ast.Attribute(ast.Name("np"), "uint64" | "int64"):
                return self._said(given[0])
            case ast.Attribute(ast.Name("np"), "where") | ast.Name("_where"):
                return self._said(ast.IfExp(*given))
            case ast.Attribute(number, "view"):
                into = "bits_of" if ast.unparse(given[0]) == "INT" else "number_of"
                return f"{into}({self.say(number)})", _ATOM
            case ast.Attribute(ast.Name("np" | "math"), name) | ast.Name(name):
                said = [self._argument(each) if name in _WHOLE else self._real(each) for each in given]
                return f"{_NAMED.get(name, name)}({', '.join(said)})", _ATOM
        raise AssertionError(f"no C is known for {ast.unparse(function)}")

    def _argument(self, node: ast.expr) -> str:
        """An argument of a function of arrays: an array with its extents, or a number."""
        if isinstance(node, ast.Name) and node.id in self.arrays.ranks:
            return ", ".join([node.id, *(f"{node.id}__{axis}" for axis in range(self.arrays.ranks[node.id]))])
        return self.say(node)

    def _place(self, name: str, at: ast.expr) -> str:
        """Where an entry is, rows after one another."""
        places = at.elts if isinstance(at, ast.Tuple) else [at]
        text = ""
        for axis, place in enumerate(places):
            said = self.say(place, 13 if axis == len(places) - 1 and axis == 0 else 12)
            text = f"{f'({text})' if ' + ' in text else text} * {name}__{axis} + {said}" if text else said
        return text

    def _size(self, name: str) -> str:
        return " * ".join(f"{name}__{axis}" for axis in range(self.arrays.ranks[name])) or "1"

    def kind(self, node: ast.expr) -> str:
        """What a number is."""
        match node:
            case ast.Name(name):
                return self.kinds.get(name, REAL)
            case ast.Constant(value):
                return INDEX if isinstance(value, int) else self.literal
            case ast.UnaryOp(_, operand):
                return self.kind(operand)
            case ast.BinOp(left, operator, right):
                kinds = {self.kind(left), self.kind(right)}
                whole = WIDE if isinstance(operator, ast.Div | ast.Pow) else INDEX
                return next((kind for kind in (BITS, WIDE, REAL) if kind in kinds), whole)
            case ast.IfExp(_, then, other):
                return self.kind(then) if self.kind(then) != INDEX else self.kind(other)
            case ast.Subscript(ast.Name(name), _):
                return INDEX if self.arrays.kind(name) == LABEL else self.arrays.kind(name)
            case ast.Call(function, given):
                return self._kind_of_call(ast.unparse(function), given)
        return {ast.Subscript: INDEX, ast.Attribute: self.literal}.get(type(node), BITS)  # an extent; inf; a comparison

    def _kind_of_call(self, name: str, given: list[ast.expr]) -> str:
        if name in ("np.uint64", "np.int64"):
            return INDEX
        if name in ("min", "max"):
            return self.kind(given[0])
        return BITS if name == "INT" else self.literal if name.startswith("math.") else REAL


_RESERVED = frozenset((
    "auto", "bool", "case", "char", "const", "default", "do", "double", "enum", "extern", "float", "free", "goto",
    "inline", "int", "long", "malloc", "real", "register", "restrict", "short", "signed", "sizeof", "static", "status",
    "struct", "switch", "typedef", "union", "unsigned", "void", "volatile", "whole", "linux", "unix", "complex", "I",
    "status", "end", "at", "errno", "double_t", "float_t", "signgam",
))  # fmt: skip
_WHOLE = frozenset(("_turned",))
"""Functions that are given arrays."""


def c_name(name: str) -> str:
    """A name that means nothing else in C."""
    return f"{name}_c" if name in _RESERVED else name


def _renamed(text: str) -> list[ast.stmt]:
    """The statements, with names that C has no other meaning for."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = c_name(node.id)
    return tree.body


def _own(statements: list[ast.stmt]) -> set[str]:
    """The names that are bound in a block and not in the loops in it alone."""
    bound = {n.id for s in statements for n in ast.walk(s) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    targets = [n.target for s in statements for n in ast.walk(s) if isinstance(n, ast.For)]
    loops = {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}
    found = set()
    for name in bound - loops:
        there = [s for s in statements if any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(s))]
        if not all(isinstance(s, ast.For) for s in there) or (
            len(there) > 1 and not all(_begins(s, name) for s in there)
        ):
            found.add(name)
    return found


def _begins(node: ast.AST, name: str) -> bool:
    """Whether what a statement does first with a number is to set it."""
    names = (n for n in _within(node) if isinstance(n, ast.Name) and n.id == name)
    return isinstance(next(names).ctx, ast.Store)


def _within(node: ast.AST) -> list[ast.AST]:
    """The nodes below a node, in the order in which they run."""
    order = [node.value, *node.targets] if isinstance(node, ast.Assign) else list(ast.iter_child_nodes(node))
    return [each for part in order for each in (part, *_within(part))]


def _folds(body: list[ast.stmt]) -> dict[str, str] | None:
    """What an innermost loop folds into numbers, and how; None where it is not innermost, or no vector loop."""
    found: dict[str, str] = {}
    for statement in body:
        match statement:
            case ast.Assign([ast.Name(name)], ast.Call(ast.Name(how), [ast.Name(first), _])) if (
                first == name and how in _FOLDS
            ):
                found[name] = _FOLDS[how]
            case ast.Assign([ast.Name(name)], ast.BinOp(ast.Name(first), ast.Mult(), _)) if first == name:
                found[name] = "*"
            case ast.Assign([ast.Name(name)], value):
                if any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(value)):
                    return None
            case ast.Assign() | ast.AugAssign(ast.Subscript()):
                pass
            case _:
                return None
    return found


__all__ = ["BITS", "INDEX", "LABEL", "REAL", "WIDE", "Arrays", "Translator", "c_name"]
