"""Index notation read back by Python's own grammar, with nodes for numbers, is the same interned node."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from hypothesis import given, settings

from gradwright.core.build import (
    add,
    apply,
    const,
    delta,
    divide,
    entry,
    mul,
    negate,
    power,
    reduce,
    size,
    subtract,
    where,
)
from gradwright.core.index import free_index
from gradwright.core.node import Node
from gradwright.tables.elementwise import ABBREVIATIONS
from gradwright.write.index import index_term
from gradwright.write.letters import Letters
from gradwright.write.text import text
from tests import strategies


class Value:
    """A node under Python's operators."""

    __hash__ = object.__hash__

    def __init__(self, node: Node) -> None:
        self.node = node

    def __add__(self, other: Value) -> Value:
        return Value(add(self.node, other.node))

    def __sub__(self, other: Value) -> Value:
        return Value(subtract(self.node, other.node))

    def __mul__(self, other: Value) -> Value:
        return Value(mul(self.node, other.node))

    def __truediv__(self, other: Value) -> Value:
        return Value(divide(self.node, other.node))

    def __pow__(self, other: Value) -> Value:
        return Value(power(self.node, other.node))

    def __neg__(self) -> Value:
        return Value(negate(self.node))

    def __lt__(self, other: Value) -> Any:
        return "<", self.node, other.node

    def __le__(self, other: Value) -> Any:
        return "<=", self.node, other.node

    def __ne__(self, other: object) -> Any:
        assert isinstance(other, Value)
        return "!=", self.node, other.node


class Symbol:
    """A name that takes indices in brackets."""

    def __init__(self, make: Callable[..., Node]) -> None:
        self.make = make

    def __getitem__(self, slots: Any) -> Value:
        return Value(self.make(*slots) if isinstance(slots, tuple) else self.make(slots))


def read(spelled: str, letters: Letters) -> Node:
    def over(op: str, names: str, body: Callable[..., Value]) -> Value:
        bound = [free_index(name, letters.extent(name)) for name in names.split(",")]
        return Value(reduce(op, bound, body(*bound).node))

    def function(fn: str) -> Callable[..., Value]:
        make = ABBREVIATIONS.get(fn, lambda *args: apply(fn, *args))
        return lambda *args: Value(make(*(arg.node for arg in args)))

    source = re.sub(r"(?<![\w\]])\d+", lambda m: f"number({m[0]})", spelled)
    source = re.sub(r"\b(sum|prod|max|min)\[([\w,]+)\]\(", r'over("\1", "\2", lambda \2: ', source)
    scope: dict[str, Any] = {
        **{fn: function(fn) for fn in (*strategies.FUNCTIONS, "sqrt")},
        **{n: Symbol(lambda *slots, n=n: entry(n, *slots)) for n, shape in strategies.SHAPES.items() if shape},
        **{n: Value(entry(n)) for n, shape in strategies.SHAPES.items() if not shape},
        **{dim: Value(size(dim)) for dim in strategies.SIZES},
        **{axis.name: axis for axis in strategies.AXES},
        "number": lambda value: Value(const(Fraction(value))), "over": over, "delta": Symbol(delta),
        "where": lambda test, then, other: Value(where(*test, then.node, other.node)),
    }  # fmt: skip
    value: Value = eval(source.replace(".^", "**").replace("^", "**"), scope)
    return value.node


@given(strategies.arrays())
@settings(max_examples=500, deadline=None)
def test_the_same_node_comes_back(array: Any) -> None:
    context = strategies.context()
    letters = Letters(context, array.axes)
    spelled = text(index_term(array.body, letters, context))
    assert read(spelled, letters) is array.body, spelled
