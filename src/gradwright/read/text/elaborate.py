"""From syntax to nodes. Owns: what every operator and function of the text language means. Never: guesses a shape.

A value is a scalar body with axes and a kind: scalar, column, row, matrix or tensor.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import count
from typing import NoReturn

from gradwright.core.build import (
    ONE,
    ZERO,
    add,
    apply,
    const,
    delta,
    divide,
    entry,
    matfn,
    mul,
    negate,
    ordinal,
    power,
    reduce,
    rename,
    size,
    subtract,
    total,
)
from gradwright.core.context import Signature
from gradwright.core.errors import Error
from gradwright.core.extents import Clash, Extents, open_extent
from gradwright.core.index import Dim, Index, free_index, position
from gradwright.core.node import Array, Node
from gradwright.core.value import Symbols, Value, arranged, kind_of, mask
from gradwright.core.walk import run
from gradwright.engine.normal import same
from gradwright.read.text.grammar import Syntax, keeps_an_axis
from gradwright.tables.arrays import ARRAYS, ArrayFunction, frechet_derivative, power_of_matrix
from gradwright.tables.matrix import MATRIX_FUNCTIONS
from gradwright.tables.products import product
from gradwright.tables.scalars import NAMED


class Promoted(Exception):
    """A symbol thought to be a scalar has to be a vector; reading starts again."""

    def __init__(self, name: str) -> None:
        self.name = name


Visit = Generator[Syntax, Value, Value]


def is_function(name: str) -> bool:
    """Whether the text language has a function of that name (a symbol may be called delta, D or σ all the same)."""
    return name != "delta" and (name in ARRAYS or name in NAMED)


class Elaborator:
    """One run over a syntax tree."""

    def __init__(self, symbols: Symbols, extents: Extents) -> None:
        self.symbols, self.extents = symbols, extents
        self.scope: dict[str, Index] = {}
        self._numbers = count(1)

    def run(self, tree: Syntax) -> Value:
        *lets, last = tree.parts
        for let in lets:
            self._define(let)
        return self._value(last)

    def _value(self, syntax: Syntax) -> Value:
        return run(self._visit, syntax, {})

    def _visit(self, syntax: Syntax) -> Visit:
        leaf = {"number": self._number, "string": self._string, "name": self._name}.get(syntax.kind)
        if leaf is not None:
            return leaf(syntax)
        method: Callable[[Syntax], Visit] = getattr(self, f"_{syntax.kind}")
        return (yield from method(syntax))

    # --- helpers

    def fail(self, message: str, syntax: Syntax, hint: str | None = None) -> NoReturn:
        raise Error(message, syntax.span, self.symbols.source, hint)

    def fresh(self, dim: Dim) -> Index:
        return free_index(f"~r{next(self._numbers)}", self.extents.find(dim))

    def unify(self, left: Dim, right: Dim, syntax: Syntax, what: str = "") -> None:
        try:
            self.extents.unify(left, right)
        except Clash:
            a, b = self.extents.find(left), self.extents.find(right)
            self.fail(f"shapes cannot agree{what}: {a} on one side, {b} on the other", syntax)

    def onto(self, value: Value, axes: Sequence[Index], syntax: Syntax, what: str = "") -> Node:
        """The value's body with its axes renamed to ``axes``."""
        for here, there in zip(value.axes, axes, strict=True):
            self.unify(there.dim, here.dim, syntax, what)
        return rename(value.body, dict(zip(value.axes, axes, strict=True)))

    def say(self, value: Value) -> str:
        dims = ["·".join(str(self.extents.find(index.dim)) for index in part) for part in value.parts]
        known = dims and not any("?" in dim for dim in dims)
        return f"a {value.plain}" + (f" ({'×'.join(dims)})" if known else "")

    # --- definitions and atoms

    def _define(self, let: Syntax) -> None:
        if let.kind == "misfit":
            self.fail("only a name, or a name with indices, can be defined", let)
        name = str(let.parts[0])
        if name in self.symbols.shapes or (name in self.symbols.definitions and name not in self.symbols.inherited):
            raise Error(f"{name} already means something", (let.span[0], let.span[0] + len(name)), self.symbols.source)
        if let.kind == "let_indexed":
            letters = self._open_scope(let.parts[1])
            body = self._scalar(self._value(let.parts[2]), let.parts[2])
            array = Array(tuple(letters.values()), body)
            for letter in letters:
                del self.scope[letter]
        else:
            value = self._value(let.parts[1])
            if value.groups:
                self.symbols.joined[name] = value
                return
            array = Array(value.axes, value.body)
        known = self.symbols.definitions.get(name)
        if known is not None and self.symbols.final and not same(known, array):
            raise Error(f"{name} already means something else", let.span, self.symbols.source)
        self.symbols.definitions[name] = known or array

    def _group(self, syntax: Syntax) -> Visit:
        return (yield syntax.parts[0])

    def _number(self, syntax: Syntax) -> Value:
        text = str(syntax.parts[0])
        if len(text) > 60:
            self.fail("this number is too long", syntax)
        exponent = text.lower().partition("e")[2]
        if exponent and abs(int(exponent)) > 400:
            self.fail("this number is out of range", syntax)
        return Value("scalar", (), const(Fraction(text)))

    def _string(self, syntax: Syntax) -> NoReturn:
        self.fail("a string stands only in einsum", syntax)

    def _name(self, syntax: Syntax) -> Value:
        name = str(syntax.parts[0])
        if name in self.scope:
            return Value("scalar", (), ordinal(self.scope[name]))
        return self._symbol(name, syntax)

    def _symbol(self, name: str, syntax: Syntax) -> Value:
        known = self.symbols
        if name in known.joined:
            value = known.joined[name]
            fresh = tuple(self.fresh(axis.dim) for axis in value.axes)
            return Value(value.kind, fresh, self.onto(value, fresh, syntax), value.groups)
        if name in known.definitions:
            shape: tuple[Dim, ...] = known.definitions[name].shape
        elif name in known.shapes:
            shape = known.shapes[name]
        elif name in known.dims:
            return Value("scalar", (), size(name))
        elif name == "pi":
            return Value("scalar", (), apply("pi"))
        else:
            self._meaningless(name, syntax)
        axes = tuple(self.fresh(d) for d in shape)
        return Value(kind_of(len(shape)), axes, entry(name, *axes))

    def _meaningless(self, name: str, syntax: Syntax) -> NoReturn:
        if name in self.symbols.later:
            self.fail(
                f"{name} is used before it is defined", syntax, "definitions stand in order, each from earlier ones"
            )
        if is_function(name):
            self.fail(f"{name} is a function and stands here without its argument", syntax, f"{name}(…)")
        if len(name) == 1:
            self.fail(f"index {name} is free here", syntax, f"bind it: sum[{name}](…) or tensor[{name}](…)")
        self.fail(f"there is no {name}", syntax)

    # --- indices

    def _open_scope(self, items: Syntax) -> dict[str, Index]:
        letters: dict[str, Index] = {}
        for item in items.parts:
            letter = str(item.parts[0])
            if not letter.isidentifier():
                self.fail("an index is a letter", item)
            if letter in self.scope or letter in letters:
                self.fail(f"index {letter} is already bound here", item, "use another letter for the inner one")
            dim = self._dim_of(item)
            if self.symbols.final and open_extent(dim):
                entry_of = next((n for n in self.symbols.shapes if n.endswith(f"_{letter}")), f"x_{letter}")
                stem = entry_of.removesuffix(f"_{letter}")
                self.fail(f"nothing says how far index {letter} runs", item,
                          f"an entry is written {stem}[{letter}]; {entry_of} is a name")  # fmt: skip
            letters[letter] = free_index(letter, dim)
        self.scope |= letters
        return letters

    def _dim_of(self, item: Syntax) -> Dim:
        key = f"?at{item.span[0]}"
        if len(item.parts) == 3:  # r:k, a number from 0 to k − 1
            end = str(item.parts[2])
            self.unify(key, int(end) if end.isdigit() else end, item)
        return self.extents.find(key)

    def _scalar(self, value: Value, syntax: Syntax) -> Node:
        if value.axes:
            self.fail(f"inside an index sum everything is an entry, and this is {self.say(value)}", syntax)
        return value.body

    def _indexed(self, syntax: Syntax) -> Visit:
        base, items = syntax.parts
        if base.kind == "name" and str(base.parts[0]) == "delta":
            if len(items.parts) != 2:
                self.fail("delta has two indices", syntax)
            left, right = (self._index(item, None) for item in items.parts)
            self.unify(left.dim, right.dim, syntax)
            return Value("scalar", (), delta(left, right))
        value = yield base
        if value.groups:
            self.fail(f"an axis of {self.say(value)} is several indices, so no one letter can stand for it", syntax)
        if len(value.axes) != len(items.parts):
            many = len(items.parts)
            self.fail(f"{many} {'index' if many == 1 else 'indices'} for {self.say(value)}", syntax)
        kept = tuple(axis for item, axis in zip(items.parts, value.axes, strict=True) if str(item.parts[0]) == ":")
        slots = [axis if axis in kept else self._index(item, axis.dim)
                 for item, axis in zip(items.parts, value.axes, strict=True)]  # fmt: skip
        for slot, axis, item in zip(slots, value.axes, items.parts, strict=True):
            self.unify(slot.dim, axis.dim, item, f" for index {item.parts[0]}")
        return Value(kind_of(len(kept)), kept, rename(value.body, dict(zip(value.axes, slots, strict=True))))

    def _index(self, item: Syntax, dim: Dim | None) -> Index:
        letter = str(item.parts[0])
        if letter.isdigit():
            return position(int(letter), self.extents.find(dim if dim is not None else self.extents.fresh()))
        if letter not in self.scope:
            if not letter.isidentifier():
                self.fail(f"{letter} is not an index", item, "an index is a letter, or a whole number counted from 0")
            joined = next((bound for bound in self.scope if len(bound) > 1 and letter in bound), None)
            hint = f"sum[{','.join(joined)}](…)" if joined else f"sum[{letter}](…) or tensor[{letter}](…)"
            self.fail(f"index {letter} is free here", item, f"bind it: {hint}")
        return self.scope[letter]

    def _scoped(self, syntax: Syntax) -> Visit:
        base, items, body = syntax.parts
        op = str(base.parts[0]) if base.kind == "name" else ""
        if op not in ("sum", "prod", "max", "min", "tensor"):
            self.fail("only sum, prod, max, min and tensor bind indices", base)
        letters = self._open_scope(items)
        value = yield body
        axes = tuple(letters.values())
        for letter in letters:
            del self.scope[letter]
        if op == "sum" and (keeps_an_axis(body) or any(len(item.parts) == 3 for item in items.parts)):
            return Value(value.kind, value.axes, total(axes, value.body))
        inner = self._scalar(value, body)
        if op == "tensor":  # two tensor[i](…) side by side have axes of their own
            slots = tuple(self.fresh(axis.dim) for axis in axes)
            return Value(kind_of(len(slots)), slots, rename(inner, dict(zip(axes, slots, strict=True))))
        return Value("scalar", (), total(axes, inner) if op == "sum" else reduce(op, axes, inner))

    # --- operators

    def _signed(self, syntax: Syntax) -> Visit:
        value = yield syntax.parts[1]
        return value if str(syntax.parts[0]) == "+" else replace(value, body=negate(value.body))

    def _transpose(self, syntax: Syntax) -> Visit:
        value = yield syntax.parts[0]
        if value.plain == "tensor":
            self.fail("a tensor has no transpose", syntax)
        return arranged(value.parts[::-1], value.body, row=value.plain == "column")

    def _binary(self, syntax: Syntax) -> Visit:
        left_syntax, op, right_syntax = syntax.parts
        left = yield left_syntax
        right = yield right_syntax
        if op in ("+", "-"):
            self._promote(left_syntax, left, right)
            self._promote(right_syntax, right, left)
            return self._entrywise(left, right, syntax, add if op == "+" else subtract)
        if op == "*":
            return product(_At(self, syntax), left, right, _product_hint(left, right, syntax))
        if op == ".*":
            return self._entrywise(left, right, syntax, mul)
        if op in ("/", "./"):
            self._divisor(right, right_syntax)
        if op == "./":
            return self._entrywise(left, right, syntax, divide)
        if op == "/":
            if right.axes:
                self.fail(f"/ divides by a scalar, and this is {self.say(right)}", right_syntax, "use ./ for entries")
            return replace(left, body=divide(left.body, right.body))
        if op == ".^":
            return self._entrywise(left, right, syntax, power)
        if op == "^":
            return self._power(left, right, syntax)
        for value, part in ((left, left_syntax), (right, right_syntax)):
            if value.axes:
                self.fail(f"a comparison is between scalars, and this is {self.say(value)}", part,
                          "where(x > 0, …, …) compares entry by entry")  # fmt: skip
        return Value("scalar", (), mask(op, left.body, right.body, ONE, ZERO))

    def _promote(self, syntax: Syntax, value: Value, other: Value) -> None:
        """``A*x - b``: a letter that only looks like a scalar is a vector beside one."""
        if syntax.kind == "name" and not value.axes and other.kind == "column":
            name = str(syntax.parts[0])
            matrices = any(len(shape) > 1 for shape in self.symbols.shapes.values())
            if name in self.symbols.weak and (name in "bcd" or (name == "mu" and matrices)):
                raise Promoted(name)

    def _entrywise(self, left: Value, right: Value, syntax: Syntax, op: Callable[[Node, Node], Node]) -> Value:
        if not right.axes:
            return replace(left, body=op(left.body, right.body))
        if not left.axes:
            return replace(right, body=op(left.body, right.body))
        if left.kind != right.kind or left.groups != right.groups:
            hint = "transpose one of them" if {left.kind, right.kind} == {"row", "column"} else None
            self.fail(f"{self.say(left)} and {self.say(right)} have different shapes", syntax, hint)
        what = f" ({self.say(left)} with {self.say(right)})"
        return replace(left, body=op(left.body, self.onto(right, left.axes, syntax, what)))

    def _power(self, base: Value, exponent: Value, syntax: Syntax) -> Value:
        if exponent.axes:
            self.fail("an exponent is a scalar", syntax, "' transposes, and .^ goes by entries")
        if not base.axes:
            return Value("scalar", (), power(base.body, exponent.body))
        if base.plain != "matrix":
            self.fail(
                f"^ needs a scalar or a square matrix, and this is {self.say(base)}",
                syntax,
                "use .^ for entries, or declare a scalar: 'x:' with no extents after the colon",
            )
        return power_of_matrix(_At(self, syntax), base, exponent.body)

    # --- calls

    def _call(self, syntax: Syntax) -> Visit:
        name, *arguments = syntax.parts
        name = str(name)
        op, _, letter = name.partition("_")
        if op in ("sum", "prod", "max", "min") and letter and name not in self.symbols.functions:
            if len(arguments) != 1:
                self.fail(f"{name}(…) goes over one expression, and here are {len(arguments)}", syntax)
            item = Syntax("item", (letter,), (syntax.span[0] + len(op) + 1, syntax.span[0] + len(name)))
            base = Syntax("name", (op,), syntax.span)
            return (yield Syntax("scoped", (base, Syntax("items", (item,), item.span), arguments[0]), syntax.span))
        if name == "einsum":
            return (yield from self._einsum(syntax, arguments))
        if name in ("D", "D2"):
            if len(arguments) != 2 or arguments[0].kind != "name":
                self.fail(f"{name} takes an unknown function and its argument: {name}(u, x)", syntax)
            value = yield arguments[1]
            return self._unknown(str(arguments[0].parts[0]), 1 if name == "D" else 2, value, syntax)
        if name in ARRAYS and ARRAYS[name].of_dims is not None:
            return self._filled(ARRAYS[name], arguments, syntax)
        if name == "where":
            if len(arguments) != 3:
                self.fail(f"where takes a condition and two values, and here are {len(arguments)} arguments", syntax)
            return (yield from self._where(arguments, syntax))
        values = []
        for argument in arguments:
            values.append((yield argument))
        return self._called(name, values, syntax)

    def _divisor(self, value: Value, syntax: Syntax) -> None:
        if value.body is ZERO:
            self.fail("this divides by zero", syntax)

    def _called(self, name: str, values: list[Value], syntax: Syntax) -> Value:
        if name in self.symbols.functions or name in self.symbols.unknown:
            if len(values) != 1:
                self.fail(f"{name} is a function of one argument", syntax)
            return self._unknown(name, 0, values[0], syntax)
        scalar = NAMED.get(name)
        if scalar is not None and values and len(values) == scalar.arity:
            if len(values) == 1:
                return replace(values[0], body=scalar.of(values[0].body))
            return self._entrywise(values[0], values[1], syntax, scalar.of)
        return self._of_arrays(name, values, syntax)

    def _of_arrays(self, name: str, values: list[Value], syntax: Syntax) -> Value:
        """A function of whole arrays, by its row."""
        row, at = ARRAYS.get(name), _At(self, syntax)
        if row is not None and row.of_two is not None and len(values) == 2:
            return row.of_two(at, values[0], values[1])
        if row is not None and row.of_none is not None and not values:
            return row.of_none(at)
        if row is None or len(values) != 1:
            self.fail(f"{name} does not take {len(values)} argument{'s' * (len(values) != 1)}", syntax)
        if self.symbols.wary and not values[0].axes:
            self.fail(f"{name} of a scalar", syntax)
        return row.of_one(at, values[0]) if row.of_one is not None else self.fail(row.takes, syntax)

    def _filled(self, row: ArrayFunction, arguments: Sequence[Syntax], syntax: Syntax) -> Value:
        """``eye``, ``ones`` and ``zeros`` of dimensions."""
        dims: list[Dim] = []
        for argument in arguments:
            text = str(argument.parts[0]) if argument.kind in ("name", "number") else ""
            if text.isdigit() and int(text) > 0:
                dims.append(int(text))
            elif argument.kind == "name" and (text in self.symbols.dims or text not in self.symbols.shapes):
                dims.append(text)
            else:
                self.fail(f"{row.name} takes names of dimensions or whole numbers", argument)
        assert row.of_dims is not None
        return row.of_dims(_At(self, syntax), dims)

    def _unknown(self, name: str, order: int, value: Value, syntax: Syntax) -> Value:
        if name in MATRIX_FUNCTIONS and name not in self.symbols.functions:
            return frechet_derivative(_At(self, syntax), name, order, value)
        signature = self.symbols.functions.get(name)
        if signature is None:
            rank = self.symbols.unknown.get(name)
            if rank is None:
                self.fail(f"{name} is not an unknown function", syntax)
            argument = tuple(a.dim for a in value.axes)
            signature = Signature(argument, tuple(self.extents.fresh() for _ in range(rank)))
            self.symbols.functions[name] = signature
        if value.groups:
            self.fail(f"{name} takes no axis of several indices, and this is {self.say(value)}", syntax)
        if len(signature.argument) != len(value.axes):
            wanted = kind_of(len(signature.argument)).replace("column", "vector")
            self.fail(f"{name} takes a {wanted}, and this is {self.say(value)}", syntax)
        for dim, axis in zip(signature.argument, value.axes, strict=True):
            self.unify(dim, axis.dim, syntax, f" in the argument of {name}")
        slots = tuple(self.fresh(d) for d in (*signature.value, *signature.argument * order))
        return Value(kind_of(len(slots)), slots, matfn(name, order, slots, value.axes, value.body))

    def _einsum(self, syntax: Syntax, arguments: Sequence[Syntax]) -> Visit:
        if not arguments or arguments[0].kind != "string":
            self.fail('einsum begins with its subscripts: einsum("ij,jk->ik", A, B)', syntax)
        spec = str(arguments[0].parts[0])[1:-1].replace(" ", "")
        before, arrow, after = spec.partition("->")
        operands = before.split(",")
        if not arrow or len(operands) != len(arguments) - 1 or len(set(after)) != len(after):
            self.fail("these subscripts do not fit the arguments", arguments[0])
        letters: dict[str, tuple[Index, ...]] = {}
        factors = []
        for subscripts, argument in zip(operands, arguments[1:], strict=True):
            value = yield argument
            if len(subscripts) != len(value.parts):
                self.fail(f"{len(subscripts)} subscripts for {self.say(value)}", argument)
            for letter, part in zip(subscripts, value.parts, strict=True):
                letters.setdefault(letter, tuple(self.fresh(axis.dim) for axis in part))
                if len(letters[letter]) != len(part):
                    self.fail(f"subscript {letter} stands for a product of extents here, and elsewhere not", argument)
            factors.append(self.onto(value, [index for c in subscripts for index in letters[c]], argument))
        if not set(after) <= set(letters):
            self.fail("a subscript of the result stands in no argument", arguments[0])
        summed = [index for letter, part in letters.items() if letter not in after for index in part]
        body = total(summed, mul(*factors)) if summed else mul(*factors)
        return arranged([letters[c] for c in after], body)

    def _where(self, arguments: Sequence[Syntax], syntax: Syntax) -> Visit:
        condition = arguments[0]
        if condition.kind != "binary" or str(condition.parts[1]) not in ("<", "<=", ">", ">=", "==", "!="):
            self.fail("where begins with a comparison", condition)
        op = str(condition.parts[1])
        values = []
        for part in (condition.parts[0], condition.parts[2], arguments[1], arguments[2]):
            values.append((yield part))
        shaped = next((v for v in values if v.axes), values[0])
        bodies = []
        for value in values:
            if value.axes and value.kind != shaped.kind:
                self.fail("the parts of where have different shapes", syntax)
            bodies.append(self.onto(value, shaped.axes, syntax) if value.axes else value.body)
        return replace(shaped, body=mask(op, *bodies))


@dataclass(frozen=True)
class _At:
    """A place of the formula, as the tables of functions ask for it."""

    elaborator: Elaborator
    syntax: Syntax

    def fresh(self, dim: Dim) -> Index:
        return self.elaborator.fresh(dim)

    def sized(self, number: int) -> Dim:
        return number if self.elaborator.symbols.final else self.elaborator.extents.sized(number)

    def find(self, dim: Dim) -> Dim:
        return self.elaborator.extents.find(dim)

    def unify(self, left: Dim, right: Dim, why: str = "") -> None:
        self.elaborator.unify(left, right, self.syntax, why)

    def describe(self, value: Value) -> str:
        return self.elaborator.say(value)

    def refuse(self, message: str, hint: str | None = None) -> NoReturn:
        self.elaborator.fail(message, self.syntax, hint)


def _product_hint(left: Value, right: Value, syntax: Syntax) -> str:
    """What to write instead of a product that is not defined; a letter before a matrix may be meant as a number."""
    name = syntax.parts[0]
    if (left.plain, right.plain) != ("column", "matrix") or name.kind != "name":
        return "use .* for entries, or transpose one of them"
    declared = f"'{name.parts[0]}:' with no extents after the colon"
    return f"if {name.parts[0]} is a number, declare it: {declared}; else use .* or transpose one of them"
