"""Whole arrays as loops. Owns: the loops, over any axes, of an operation that is no part of a sweep. Never: plans,
spells.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from gradwright.core.index import AT, Index
from gradwright.core.node import Delta, Entry, Node, Ordinal
from gradwright.emit.loops import program as ir
from gradwright.emit.loops.cells import Numbers
from gradwright.emit.loops.kernels import WIDE_STARTS
from gradwright.emit.loops.read import counted
from gradwright.emit.loops.sweeps import LOOPED
from gradwright.emit.plan import program as ops
from gradwright.emit.plan.names import extent, identifier
from gradwright.emit.plan.program import Let
from gradwright.emit.spell.primitives import spellings

Constant = Callable[[str], str]
"""The name of a number that is given as text."""


class _Cell(Numbers):
    """A formula at an index of each axis; labels, and what is made of them, are numbers that count."""

    templates: ClassVar[Mapping[str, str]] = {
        **spellings(lambda code: code.numpy), **LOOPED, "hypot": "math.hypot(a, b)", "logaddexp": "logaddexp(a, b)",
        "sinc": "sinc(a)",
    }  # fmt: skip

    def __init__(self, places: Mapping[Index, ir.Var], constant: Constant, labels: frozenset[str]) -> None:
        self.places, self._constant, self.labels = places, constant, labels

    def constant(self, text: str) -> ir.Var:
        return ir.Var(self._constant(text))

    def at(self, index: Index) -> ir.Expr:
        return ir.Number(int(str(index.name)), ir.Kind.INDEX) if index.kind == AT else self.places[index]

    def entry(self, node: Entry) -> ir.Expr:
        return self.place(node.name, node.slots)

    def place(self, name: str, slots: Sequence[Index]) -> ir.Place:
        """An array's entry, or a number."""
        kind = ir.Kind.LABEL if name in self.labels else ir.Kind.REAL
        if not slots:
            return ir.Var(identifier(name), ir.Kind.INDEX if kind is ir.Kind.LABEL else kind)
        return ir.Cell(ir.Array(identifier(name), len(slots), kind), tuple(map(self.at, slots)))

    def ordinal(self, node: Ordinal) -> ir.Expr:
        return self.at(node.index)

    def delta(self, node: Delta) -> ir.Expr:
        return ir.Choose(ir.Op("==", self.at(node.left), self.at(node.right)), ir.ONE, ir.ZERO)


class Nests:
    """``constant`` names a number that is given as text, ``labels`` are arrays of class labels."""

    def __init__(self, constant: Constant, labels: frozenset[str]) -> None:
        self.constant, self.labels = constant, labels

    def nest(self, let: Let) -> list[ir.Statement]:
        """The loops that compute the array, which is there to be written to."""
        match let.operation:
            case ops.Map(body):
                return self.map(let.name, let.axes, body)
            case ops.Fold() | ops.Product():
                return self._fold(let, let.operation)
            case ops.Gather() as gather:
                return self._gather(let, gather)
            case ops.Norm() as norm:
                return self._norm(let, norm)
            case (
                ops.OfMatrix()
                | ops.Solve()
                | ops.Rowwise()
                | ops.Largest()
                | ops.Chain()
                | ops.Scatter()
                | ops.Diagonal()
            ):
                raise AssertionError("a function of a whole matrix is no loop, and what is written is lowered later")

    def map(self, name: str, axes: Sequence[Index], body: Node) -> list[ir.Statement]:
        """A formula over these axes, a copy of an array say."""
        cell = self._cell(axes)
        return _around(axes, cell, [ir.Set(cell.place(name, axes), cell.say(body))])

    def _cell(self, axes: Sequence[Index]) -> _Cell:
        places = {index: ir.Var(f"i{k}", ir.Kind.INDEX) for k, index in enumerate(dict.fromkeys(axes))}
        return _Cell(places, self.constant, self.labels)

    def _fold(self, let: Let, fold: ops.Fold | ops.Product) -> list[ir.Statement]:
        """A fold; a sum along whose axes the arrays do not lie is gathered in the array itself, so that loops run along
        what lies together."""
        cell = self._cell((*let.axes, *fold.over))
        made, place = cell.say(fold.body), cell.place(let.name, let.axes)
        last = [n.slots[-1] for n in let.nodes if isinstance(n, Entry) and n.slots]
        if fold.op == "sum" and let.axes and last.count(let.axes[-1]) > sum(i in fold.over for i in last):
            *outer, inner = let.axes
            adding = _around([inner], cell, [ir.Take(place, "sum", made, loose=True)])
            clear = _around([inner], cell, [ir.Set(place, ir.ZERO)])
            return _around(outer, cell, [*clear, *_around(fold.over, cell, adding)])
        total = ir.Var("total", ir.Kind.WIDE)
        taken = _around(fold.over, cell, [ir.Take(total, fold.op, made, loose=True)])
        return _around(let.axes, cell, [ir.Set(total, WIDE_STARTS[fold.op]), *taken, ir.Set(place, total)])

    def _gather(self, let: Let, gather: ops.Gather) -> list[ir.Statement]:
        cell = self._cell(let.axes)
        label: ir.Expr = cell.entry(gather.label)
        label = ir.Call("max", (label, ir.NONE), ir.Kind.INDEX) if gather.optional else label
        at = tuple(label if i is gather.at else cell.at(i) for i in gather.source.slots)
        source = ir.Cell(ir.Array(identifier(gather.source.name), len(at)), at)
        return _around(let.axes, cell, [ir.Set(cell.place(let.name, let.axes), source)])

    def _norm(self, let: Let, norm: ops.Norm) -> list[ir.Statement]:
        """By way of the entries over the largest, so that no square overflows or underflows."""
        cell = self._cell((*let.axes, *norm.over))
        source, scale, beside = map(cell.say, (norm.source, norm.scale, norm.beside))
        top, total = ir.Var("top"), ir.Var("total", ir.Kind.WIDE)
        ratio = ir.Op("/", source, top)
        usable = ir.Op("and", ir.Op(">", top, ir.ZERO), ir.Op("<", top, ir.INF))
        root = ir.product(ir.product(ir.Call("math.sqrt", (scale,)), top), ir.Call("math.sqrt", (total,)))
        return _around(let.axes, cell, [
            ir.Set(top, ir.ZERO),
            *_around(norm.over, cell, [ir.Take(top, "max", ir.Call("abs", (source,)), loose=True)]),
            ir.Set(top, ir.Choose(usable, top, ir.ONE)),
            ir.Set(total, ir.Number(0.0, ir.Kind.WIDE)),
            *_around(norm.over, cell, [ir.Take(total, "sum", ir.Op("*", ratio, ratio), loose=True)]),
            ir.Set(cell.place(let.name, let.axes), ir.Call("math.hypot", (root, ir.Call("math.sqrt", (beside,))))),
        ])  # fmt: skip


def _around(axes: Sequence[Index], cell: _Cell, inner: list[ir.Statement]) -> list[ir.Statement]:
    """Statements in loops over the axes."""
    for index in reversed(axes):
        inner = [ir.Loop(cell.places[index], ir.NONE, counted(extent(index.dim)), ir.UNIT, tuple(inner))]
    return inner
