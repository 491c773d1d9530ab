"""Loops read from Python. Owns: the part of Python in which scalar functions and small kernels are written out.
Never: spells, runs what it reads.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from functools import cache

from gradwright.core.record import dataclass
from gradwright.emit.loops import program as ir

_SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.LShift: "<<",
    ast.RShift: ">>", ast.BitAnd: "&", ast.Pow: "**", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.Eq: "==", ast.NotEq: "!=", ast.And: "and", ast.Or: "or",
}  # fmt: skip
_NUMBERS = {"inf": float("inf"), "nan": float("nan"), "pi": 3.141592653589793}
_KINDS = {"INT": ir.Kind.BITS, "np.uint64": ir.Kind.INDEX, "np.int64": ir.Kind.INDEX}
_FOLDS = {ast.Add: "sum", ast.Sub: "less", ast.Div: "over"}


@dataclass
class Reader:
    """``arrays`` are there, ``numbers`` are what they are said to be, others what is first put in them; ``literal`` is
    what a number that is written out is."""

    arrays: Mapping[str, ir.Array] = field(default_factory=dict)
    numbers: dict[str, ir.Kind] = field(default_factory=dict)
    literal: ir.Kind = ir.Kind.WIDE

    def statements(self, body: list[ast.stmt]) -> tuple[ir.Statement, ...]:
        return tuple(made for statement in body for made in self.statement(statement))

    def statement(self, node: ast.stmt) -> list[ir.Statement]:
        match node:
            case ast.For(ast.Name(name), ast.Call(ast.Name("range"), limits), body):
                self.numbers[name] = ir.Kind.INDEX
                ends = tuple(map(self.expression, limits))
                first, last, step = (ir.NONE, *ends, ir.UNIT) if len(ends) == 1 else (*ends, ir.UNIT)[:3]
                return [ir.Loop(ir.Var(name, ir.Kind.INDEX), first, last, step, self.statements(body))]
            case ast.For(names, values, body):
                return [self._each(names, values, body)]
            case ast.Assign(targets, value):
                return self._assign(targets, value)
            case ast.AugAssign(target, operator, value):
                return [ir.Take(self._place(target), _FOLDS[type(operator)], self.expression(value))]
            case ast.If(test, body, other):
                return [ir.If(self.expression(test), self.statements(body), self.statements(other))]
            case ast.Return(value) if value is not None:
                return [ir.Return(self.expression(value))]
            case ast.Expr(ast.Constant()):
                return []
        raise AssertionError(f"no loops are written with {ast.unparse(node)}")

    def _assign(self, targets: list[ast.expr], value: ast.expr) -> list[ir.Statement]:
        match targets, value:
            case [ast.Tuple(places)], ast.Call(ast.Name("_pair"), [table, _]):
                both = [ir.Call(f"{ast.unparse(table)}_{part}", ()) for part in ("HIGH", "LOW")]
            case [ast.Tuple(places)], ast.Tuple(values):
                both = list(map(self.expression, values))  # type: ignore[arg-type]
            case _:
                places, first = targets[::-1], self.expression(value)
                made: list[ir.Statement] = [ir.Set(self._place(places[0], first), first)]
                return made + [ir.Set(self._place(place, first), self.expression(places[0])) for place in places[1:]]
        return [ir.Set(self._place(place, each), each) for place, each in zip(places, both, strict=True)]

    def _place(self, node: ast.expr, value: ir.Expr | None = None) -> ir.Var | ir.Cell:
        if isinstance(node, ast.Name) and value is not None:
            self.numbers.setdefault(node.id, ir.kind_of(value))
        place = self.expression(node)
        assert isinstance(place, ir.Var | ir.Cell)
        return place

    def _each(self, names: ast.expr, values: ast.expr, body: list[ast.stmt]) -> ir.Each:
        each = [n.id for n in (names.elts if isinstance(names, ast.Tuple) else [names]) if isinstance(n, ast.Name)]
        self.numbers |= dict.fromkeys(each, ir.Kind.REAL)
        if isinstance(values, ast.Tuple):
            tables: list[ir.Array | tuple[ir.Expr, ...]] = [tuple(map(self.expression, values.elts))]
        else:
            assert isinstance(values, ast.Call)
            tables = [ir.Array(ast.unparse(table), 1) for table in values.args]
        return ir.Each(tuple(map(ir.Var, each)), tuple(tables), self.statements(body))

    def expression(self, node: ast.expr) -> ir.Expr:
        match node:
            case ast.Name(name):
                return self.arrays.get(name) or ir.Var(name, self.numbers.get(name, ir.Kind.REAL))
            case ast.Constant(int() | float() as value):
                return ir.Number(value, ir.Kind.INDEX if isinstance(value, int) else self.literal)
            case ast.Attribute(ast.Name("math" | "np"), name):
                return ir.Number(_NUMBERS[name], self.literal)
            case ast.Subscript(ast.Attribute(ast.Name(name), "shape"), ast.Constant(int() as axis)):
                return ir.Extent(self.arrays.get(name) or ir.Array(name, 0), axis)
            case ast.Subscript(ast.Name(name), at):
                places = at.elts if isinstance(at, ast.Tuple) else [at]
                return ir.Cell(
                    self.arrays.get(name) or ir.Array(name, len(places)), tuple(map(self.expression, places))
                )
            case ast.Compare(ast.Attribute(_, "dtype"), _, _):
                return ir.Call("_in_double", (), ir.Kind.BITS)
            case _:
                return self._operation(node)

    def _operation(self, node: ast.expr) -> ir.Expr:
        match node:
            case ast.BinOp(left, sign, right) | ast.Compare(left, [sign], [right]) | ast.BoolOp(sign, [left, right]):
                return ir.Op(_SIGNS[type(sign)], self.expression(left), self.expression(right))
            case ast.UnaryOp(ast.USub(), operand):
                return ir.Minus(self.expression(operand))
            case ast.IfExp(test, then, other):
                return ir.Choose(*map(self.expression, (test, then, other)))
            case ast.Call(ast.Attribute(ast.Name("np"), "where") | ast.Name("_where"), given):
                return ir.Choose(*map(self.expression, given))
            case ast.Call(ast.Attribute(number, "view"), [kind]):
                into = ("bits_of", ir.Kind.BITS) if ast.unparse(kind) == "INT" else ("number_of", ir.Kind.REAL)
                return ir.Call(into[0], (self.expression(number),), into[1])
            case ast.Call(ast.Call(ast.Name("type"), _), given):
                return ir.Call("FLOAT", tuple(map(self.expression, given)))
            case ast.Call(function, given):
                return self._called(ast.unparse(function), tuple(map(self.expression, given)))
        raise AssertionError(f"no loops are written with {ast.unparse(node)}")

    def _called(self, name: str, given: tuple[ir.Expr, ...]) -> ir.Call:
        if name in ("min", "max"):
            return ir.Call(name, given, ir.kind_of(given[0]))
        return ir.Call(name, given, _KINDS.get(name, ir.Kind.REAL))


@cache
def template(text: str) -> ir.Expr:
    """How a loop says a function of a and b, which are read as numbers of the arrays' own type."""
    return expression(text)


def expression(
    text: str, numbers: Mapping[str, ir.Kind] | None = None, arrays: Mapping[str, ir.Array] | None = None
) -> ir.Expr:
    """An expression of ours."""
    return Reader(arrays or {}, dict(numbers or {})).expression(ast.parse(text, mode="eval").body)


def counted(text: str) -> ir.Expr:
    """An extent."""
    tree = ast.parse(text, mode="eval").body
    names = (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    return Reader({}, dict.fromkeys(names, ir.Kind.INDEX)).expression(tree)


def function(text: str, arrays: Sequence[ir.Array], written: Collection[str]) -> ir.Function:
    """A kernel that is written out: ``arrays`` are what it is given after its part and its range of rows."""
    (tree,) = (node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef))
    rows = [ir.Var(name, ir.Kind.INDEX) for name in ("part", "first", "last")]
    reader = Reader({array.name: array for array in arrays}, {each.name: each.kind for each in rows})
    return ir.Function(tree.name, (*rows, *arrays), reader.statements(tree.body), "", frozenset(written))
