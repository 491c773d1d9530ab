"""Exact values where everything is rational. Owns: the sign of a sum of products at a point, without rounding.

Balls round 3·(9/7) and 27/7 overlap, and no precision parts them; as fractions they are equal. Whoever has to decide a
comparison that balls leave open asks here. Never: handles a value that moves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

from gradwright.core.index import AT, Index
from gradwright.core.node import Add, Const, Delta, Entry, Mul, Node, Ordinal, Pow, Reduce, Size

if TYPE_CHECKING:
    from gradwright.certify.program import Run

_MOST_STEPS = 3000
_MOST_POWER = 12
Places = Mapping[Index, int]


class _Irrational(Exception):
    """No fraction, or one that takes too long to find."""


def sign(run: Run, node: Node, at: Places) -> int | None:
    """−1, 0 or 1 where the node's value is a fraction at the run's point and that assignment; else None."""
    try:
        value = _Exactly(run).value(node, at)
    except (_Irrational, ZeroDivisionError):
        return None
    return (value > 0) - (value < 0)


class _Exactly:
    def __init__(self, run: Run) -> None:
        self.run, self.layout, self.context, self.steps = run, run.program.layout, run.program.context, 0

    def value(self, node: Node, at: Places) -> Fraction:
        self.steps += 1
        kind = _KINDS.get(type(node))
        if kind is None or self.steps > _MOST_STEPS:
            raise _Irrational
        return kind(self, node, at)

    def place(self, index: Index, at: Places) -> int:
        return int(index.name) if index.kind == AT else at[index]

    def const(self, node: Const, at: Places) -> Fraction:
        return Fraction(node.value)

    def size(self, node: Size, at: Places) -> Fraction:
        return Fraction(self.layout.extent(node.dim))

    def ordinal(self, node: Ordinal, at: Places) -> Fraction:
        return Fraction(self.place(node.index, at))

    def delta(self, node: Delta, at: Places) -> Fraction:
        return Fraction(int(self.place(node.left, at) == self.place(node.right, at)))

    def entry(self, node: Entry, at: Places) -> Fraction:
        places = [self.place(slot, at) for slot in node.slots]
        definition = self.context.definitions.get(node.name)
        if definition is not None:
            return self.value(definition.body, dict(zip(definition.axes, places, strict=True)))
        flat = 0
        for slot, place in zip(node.slots, places, strict=True):
            flat = flat * self.layout.extent(slot.dim) + place
        value = self.run.values[node.name][flat]
        if not isinstance(value, Fraction | int):
            raise _Irrational
        return Fraction(value)

    def add(self, node: Add, at: Places) -> Fraction:
        return sum((self.value(term, at) for term in node.terms), Fraction(0))

    def mul(self, node: Mul, at: Places) -> Fraction:
        return prod((self.value(factor, at) for factor in node.factors), start=Fraction(1))

    def power(self, node: Pow, at: Places) -> Fraction:
        exponent = self.value(node.exponent, at)
        if exponent.denominator != 1 or abs(exponent) > _MOST_POWER:
            raise _Irrational
        return Fraction(self.value(node.base, at) ** exponent.numerator)

    def reduce(self, node: Reduce, at: Places) -> Fraction:
        extents = [range(self.layout.extent(index.dim)) for index in node.bound]
        inner = ({**at, **dict(zip(node.bound, places, strict=True))} for places in product(*extents))
        return _FOLDS[node.op]([self.value(node.body, places) for places in inner])


_FOLDS: dict[str, Callable[[list[Fraction]], Fraction]] = {
    "sum": lambda values: sum(values, Fraction(0)),
    "prod": lambda values: prod(values, start=Fraction(1)),
    "max": max,
    "min": min,
}
_KINDS: dict[type[Node], Callable[[_Exactly, Any, Places], Fraction]] = {
    Const: _Exactly.const,
    Size: _Exactly.size,
    Ordinal: _Exactly.ordinal,
    Delta: _Exactly.delta,
    Entry: _Exactly.entry,
    Add: _Exactly.add,
    Mul: _Exactly.mul,
    Pow: _Exactly.power,
    Reduce: _Exactly.reduce,
}
