"""Loops as Python. Owns: how they read in the Python that Numba compiles. Never: writes a loop of its own."""

from __future__ import annotations

from collections.abc import Sequence

from gradwright.emit.loops import program as ir

_LEVELS = {"or": 1, "and": 2, "+": 5, "-": 5, "*": 6, "/": 6, "//": 6, "%": 6, "**": 8}
_COMPARED, _SUM, _MINUS, _ATOM = 3, 5, 7, 9
_LOOSE = {"sum": "_plus({a}, {b})", "prod": "{a} * ({b})", "max": "_larger({a}, {b})", "min": "_smaller({a}, {b})"}
_STRICT = {"prod": "{a} * ({b})", "max": "max({a}, {b})", "min": "min({a}, {b})"}
_SIGNS = {"sum": "+=", "less": "-=", "over": "/="}


def function(made: ir.Function) -> str:
    """The function, which Numba compiles."""
    parameters = ", ".join(parameter.name for parameter in made.parameters)
    opening = ["@_compiled", f"def {made.name}({parameters}):  # type: ignore[no-untyped-def]"]
    return "\n".join([*opening, f'    """{made.said}"""', *_indented(made.body), ""])


def said(node: ir.Expr, least: int = 0) -> str:
    """An expression; in brackets where it binds less than it has to."""
    text, level = _said(node)
    return text if level >= least else f"({text})"


def _said(node: ir.Expr) -> tuple[str, int]:
    match node:
        case ir.Var(name) | ir.Array(name):
            return name, _ATOM
        case ir.Number(value):
            return "np.inf" if value == float("inf") else repr(value), _ATOM
        case ir.Cell(array, at):
            return f"{array.name}[{', '.join(map(said, at))}]", _ATOM
        case ir.Extent(array, axis):
            return f"{array.name}.shape[{axis}]", _ATOM
        case ir.Minus(of):
            return f"-{said(of, _MINUS)}", _MINUS if isinstance(of, ir.Number) else _SUM
        case ir.Choose(test, then, other):
            return f"({said(then)} if {said(test)} else {said(other)})", _ATOM
        case ir.Call(fn, given):
            return f"{fn}({', '.join(map(said, given))})", _ATOM
        case ir.Op(sign, left, right):
            level = _LEVELS.get(sign, _COMPARED)
            sides = (level + 1, level) if sign == "**" else (level, level + 1)
            first = said(left) if isinstance(left, ir.Minus) and level <= _LEVELS["*"] else said(left, sides[0])
            return f"{first} {sign} {said(right, sides[1])}", level


def _indented(body: Sequence[ir.Statement]) -> list[str]:
    return [f"    {line}" for statement in body for line in statements(statement)]


def statements(node: ir.Statement) -> list[str]:
    """A statement's lines."""
    match node:
        case ir.Set(place, value):
            return [f"{said(place)} = {said(value)}"]
        case ir.Take(place, op, value, loose):
            if not loose and op in _SIGNS:
                return [f"{said(place)} {_SIGNS[op]} {said(value)}"]
            return [f"{said(place)} = " + (_LOOSE if loose else _STRICT)[op].format(a=said(place), b=said(value))]
        case ir.Fill(array, value):
            return [f"{array.name}[:] = {said(value)}"]
        case ir.Room(array, shape, value):
            size = said(shape[0]) if len(shape) == 1 else f"({', '.join(map(said, shape))})"
            made = f"np.empty({size}, type(zero))" if value is None else f"np.full({size}, {said(value)})"
            return [f"{array.name} = {made}"]
        case ir.Run(call):
            return [said(call)]
        case ir.Loop(index, first, last, step, body):
            limits = [first, last, step] if step != ir.UNIT else [first, last] if first != ir.NONE else [last]
            return [f"for {index.name} in range({', '.join(map(said, limits))}):", *_indented(body)]
        case ir.Return(value):
            return [f"return {said(value)}"]
        case ir.If() | ir.Each():
            raise AssertionError("no kernel branches: what is read from Python is there as Python")
