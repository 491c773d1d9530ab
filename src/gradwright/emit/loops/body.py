"""What the loops of a kernel say, whichever way they run. Owns: the frame of its function, and a formula at the row or
cell at hand. Never: the order of loops.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from gradwright.core.build import ZERO as NOTHING
from gradwright.core.node import Node
from gradwright.emit.forms.labels import linear_in_label, present, zero_rows
from gradwright.emit.loops import program as ir
from gradwright.emit.loops.cells import ALONG, DOWN, Cells, Reader
from gradwright.emit.loops.layout import Layout
from gradwright.emit.loops.sweeps import CELL, COLUMN, TOTAL
from gradwright.emit.plan.names import identifier
from gradwright.emit.plan.program import Fold, Formula, Gather, Let, Product

PART, FIRST, LAST = (ir.Var(name, ir.Kind.INDEX) for name in ("part", "first", "last"))
BEGIN, SLOT, START = (ir.Var(name, ir.Kind.INDEX) for name in ("begin", "slot", "start"))
_STARTS: dict[str, ir.Expr] = {"sum": ir.ZERO, "max": ir.Minus(ir.INF), "min": ir.INF, "prod": ir.ONE}
WIDE_STARTS: dict[str, ir.Expr] = {
    "sum": ir.Number(0.0, ir.Kind.WIDE), "prod": ir.Number(1.0, ir.Kind.WIDE),
    "max": ir.Minus(ir.INFINITE), "min": ir.INFINITE,
}  # fmt: skip
Taking = Callable[[ir.Expr], ir.Statement]


def op(let: Let) -> str:
    """How an array is folded."""
    return let.operation.op if isinstance(let.operation, Fold | Product) else ""


def formula(let: Let) -> Node:
    """What is computed at a cell."""
    assert isinstance(let.operation, Formula)
    return let.operation.body


def start(let: Let) -> ir.Expr:
    """What a fold begins with, in the arrays' own type."""
    return _STARTS[op(let)]


def taken(let: Let, total: ir.Place, made: ir.Expr) -> ir.Take:
    """One more number is taken in, in a loop that vectorises."""
    return ir.Take(total, op(let), made, loose=True)


def brought(let: Let, total: ir.Place, made: ir.Expr) -> ir.Take:
    """Two totals are brought together."""
    return ir.Take(total, op(let), made)


def unsigned(node: ir.Expr) -> ir.Expr:
    """A number without a sign, which is no index from the end, so that a loop vectorises."""
    return ir.Call("np.uint64", (node,), ir.Kind.INDEX)


def down(height: ir.Expr, body: Sequence[ir.Statement]) -> list[ir.Statement]:
    """A loop down rows that are taken together, in which the row at hand has its number if that is read."""
    here = [ir.Set(DOWN, unsigned(ir.Op("+", BEGIN, SLOT)))] if any(node == DOWN for node in ir.inside(*body)) else []
    return [ir.count(SLOT, height, *here, *body)] if body else []


class Body(Reader):
    """A kernel's function."""

    NAME: ClassVar[str]
    SAID: ClassVar[str]

    def __init__(self, layout: Layout, constants: dict[str, str]) -> None:
        super().__init__(layout, constants)
        self.sweep, self.schedule = layout.sweep, layout.schedule
        self.hoisted: dict[ir.Expr, ir.Var] = {}
        """What is the same along a row, computed before the loop at hand, and its names."""
        self.afterwards: list[ir.Statement] = []
        """What is added at the row's label when the loop at hand is over."""
        self.here: set[str] = set()
        """Numbers of the row that the loop at hand has computed."""

    @abstractmethod
    def label_place(self, name: str, label: ir.Expr) -> ir.Cell:
        """An output's cell at the row's label."""

    @abstractmethod
    def room(self) -> list[ir.Statement]:
        """Space for what is kept between loops."""

    @abstractmethod
    def swept(self) -> list[ir.Statement]:
        """The loops over all rows."""

    @abstractmethod
    def counted(self, let: Let, made: ir.Expr) -> ir.Statement:
        """A number of the row that is folded over the rows."""

    @abstractmethod
    def put(self, let: Let) -> list[ir.Statement]:
        """A number of the row that the loop at hand has computed goes where other loops find it."""

    def function(self, name: str, loops: Iterable[ir.Statement]) -> ir.Function:
        """The function, called by a name of its kind, with its loops."""
        layout = self.layout
        totals, columns = layout.of(TOTAL), [x for x in layout.of(COLUMN) if op(x) != "sum"]
        opening: list[ir.Statement] = [
            ir.Set(width, layout.extent(dim, inside=True)) for dim, width in layout.columns.items()
        ]
        opening += [ir.Set(self.every(x.name), WIDE_STARTS[op(x)]) for x in totals]
        opening += [ir.Room(self.line(x.name), (self.width(x.name),), start(x)) for x in columns]
        closing: list[ir.Statement] = [
            ir.Set(ir.Cell(layout.output(x.name), (PART,)), self.every(x.name)) for x in totals
        ]
        for let in columns:
            line = ir.Set(ir.Cell(layout.output(let.name), (PART, ALONG)), ir.Cell(self.line(let.name), (ALONG,)))
            closing.append(ir.count(ALONG, self.width(let.name), line))
        made = [layout.output(each.name) for each in layout.made]
        given = [layout.within(each) for each in layout.given if each not in layout.over]
        numbers = [*layout.counts, *map(ir.Var, self.constants.values()), ir.ZERO, ir.ONE, ir.INF]
        said = self.SAID.format(", ".join(identifier(m.name) for m in layout.made))
        return ir.Function(self.NAME.format(name), (PART, FIRST, LAST, *given, *made, *numbers),
                        (*opening, *self.room(), *loops, *closing), said, frozenset(m.name for m in made))  # fmt: skip

    def total(self, name: str) -> ir.Var:
        """What gathers a fold over some rows."""
        return ir.Var(self.layout.marked(name, "_sum"))

    def line(self, name: str) -> ir.Array:
        """The same for each column."""
        return ir.Array(self.layout.marked(name, "_sum"), 1)

    def every(self, name: str) -> ir.Var:
        """What gathers a fold over all rows, in double."""
        return ir.Var(f"{self.layout.marked(name, '_sum')}s", ir.Kind.WIDE)

    def rows(self, name: str) -> ir.Array:
        """A number for each of the rows that are taken together."""
        return ir.Array(self.layout.marked(name, "_rows"), 1)

    def kept(self, name: str, rank: int) -> ir.Array:
        """Cells that are kept between passes."""
        return ir.Array(self.layout.marked(name, "_kept"), rank)

    def width(self, name: str) -> ir.Var:
        """The variable that holds the extent of an array's columns."""
        dim = self.layout.column(name)
        assert dim is not None
        return self.layout.columns[dim]

    def cells_of(self, number: int) -> list[list[Let]]:
        """What a pass computes in loops along the columns, for each kind of column."""
        kinds = [[x for x in self.layout.at(number) if self.layout.column(x.name) == d] for d in self.layout.columns]
        return [cells for cells in kinds if cells]

    def rows_of(self, number: int) -> list[ir.Statement]:
        """What a pass computes of the row itself."""
        self.here = set()
        lets = [let for let in self.layout.at(number) if self.sweep.places[let.name].column is None]
        return [made for let in lets for made in self._row(let, number)]

    def _row(self, let: Let, number: int) -> list[ir.Statement]:
        """A number of the row itself."""
        place = self.sweep.places[let.name]
        if isinstance(let.operation, Gather):
            made: ir.Expr = self._label_entry(let.operation)
        else:
            made = Cells(self, place, number, False).say(formula(let))
        if place.kind == TOTAL:
            return [self.counted(let, made)]
        return [ir.Set(self.layout.local(let.name), made), *self.put(let)]

    def _label_entry(self, gather: Gather) -> ir.Cell:
        array = self.layout.within(gather.source.name)
        assert isinstance(array, ir.Array)
        label = self._label(gather.label.name)
        return ir.Cell(array, (DOWN, label) if len(gather.source.slots) == 2 else (label,))

    def _label(self, name: str) -> ir.Expr:
        """A row's label as a place; one that stands for a row of zeros reads the first, and the value is dropped."""
        labels = self.layout.within(name)
        assert isinstance(labels, ir.Array)
        cell = ir.Cell(labels, (DOWN,))
        return ir.Call("max", (cell, ir.NONE), ir.Kind.INDEX) if zero_rows(self.layout.plan.context, name) else cell

    def cell_statements(self, let: Let, number: int, taking: Taking) -> list[ir.Statement]:
        """An array at the cell at hand; ``taking`` takes it in, if it is folded."""
        layout, local = self.layout, self.layout.local(let.name)
        place, made = self.sweep.places[let.name], let in self.layout.made
        body = formula(let)
        found = linear_in_label(body, layout.labels) if made and place.kind == CELL else None
        if found is not None and found[0] is not NOTHING and place.row in found[2].free:
            # what stands at the row's label alone is added after the pass
            body, share, label = found
            share = present(label.name, label.slots, share, layout.plan.context)
            at = self.label_place(let.name, self._label(label.name))
            self.afterwards.append(ir.Take(at, "sum", Cells(self, place, number, False).say(share)))
        value = Cells(self, place, number).say(body)
        if op(let):
            return [taking(value)]
        lines: list[ir.Statement] = [ir.Set(local, value)]
        if let.name in layout.store:
            lines.append(ir.Set(self.stored(let.name), local))
        return (
            [*lines, ir.Set(self.cell(let.name), local)] if made and layout.store.get(let.name) != let.name else lines
        )
