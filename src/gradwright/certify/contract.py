"""Long sums of products, one summed index at a time. Owns: the order in which indices go. Never: anything but Σ Π.

A product over many indices has a table too large to fill, as A·B·C·… written out has; summing each index as soon as
its factors are together keeps every table small.
"""

from __future__ import annotations

from gradwright.certify.layout import Axes
from gradwright.certify.program import Kernel, Program, Run, Table
from gradwright.core.index import Index
from gradwright.core.node import Mul, Reduce
from gradwright.core.record import dataclass


@dataclass
class _Step:
    """Multiply the tables numbered ``operands``, spread by ``gathers``, and add every run of ``width`` entries."""

    operands: list[int]
    gathers: list[list[int]]
    width: int


def contraction(node: Reduce, program: Program) -> Kernel:
    """The kernel of a Σ over a product that fills no table over all of its indices at once."""
    assert isinstance(node.body, Mul)
    layout = program.layout
    tables: list[Axes] = [program.axes(factor) for factor in node.body.factors]
    places = [program.places[factor] for factor in node.body.factors]
    live = list(range(len(tables)))
    steps: list[_Step] = []

    def combine(operands: list[int], outer: Axes, inner: Axes) -> None:
        gathers = [layout.gather((*outer, *inner), tables[k]) for k in operands]
        steps.append(_Step(operands, gathers, layout.count(inner)))
        for k in operands:
            live.remove(k)
        live.append(len(tables))
        tables.append(outer)

    def around(index: Index) -> frozenset[Index]:
        return frozenset(i for k in live if index in tables[k] for i in tables[k])

    left = [index for index in node.bound if around(index)]
    idle = layout.count(index for index in node.bound if index not in left)
    while left:
        index = min(left, key=lambda i: layout.count(around(i)))
        left.remove(index)
        program.spend(layout.count(around(index)))
        combine([k for k in live if index in tables[k]], layout.axes(around(index) - {index}), (index,))
    combine(list(live), program.axes(node), ())

    def kernel(run: Run) -> Table:
        values = [run.tables[place] for place in places]
        for step in steps:
            values.append(_performed(step, values))
        return values[-1] if idle == 1 else [v * idle for v in values[-1]]

    return kernel


def _performed(step: _Step, values: list[Table]) -> Table:
    total: Table | None = None
    for operand, gather in zip(step.operands, step.gathers, strict=True):
        table = values[operand]
        column = [table[k] for k in gather]
        total = column if total is None else [a * b for a, b in zip(total, column, strict=True)]
    assert total is not None
    if step.width == 1:
        return total
    return [sum(total[k + 1 : k + step.width], total[k]) for k in range(0, len(total), step.width)]
