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
from gradwright.emit.loops.cells import ALONG, DOWN, Cells, Reader
from gradwright.emit.loops.layout import Layout
from gradwright.emit.loops.program import (
    INF,
    INFINITE,
    NONE,
    ONE,
    ZERO,
    Array,
    Call,
    Cell,
    Expr,
    Function,
    Kind,
    Minus,
    Number,
    Op,
    Place,
    Room,
    Set,
    Statement,
    Take,
    Var,
    count,
    inside,
)
from gradwright.emit.loops.sweeps import CELL, COLUMN, TOTAL
from gradwright.emit.plan.names import identifier
from gradwright.emit.plan.program import Fold, Formula, Gather, Let, Product

PART, FIRST, LAST = (Var(name, Kind.INDEX) for name in ("part", "first", "last"))
BEGIN, SLOT, START = (Var(name, Kind.INDEX) for name in ("begin", "slot", "start"))
_STARTS: dict[str, Expr] = {"sum": ZERO, "max": Minus(INF), "min": INF, "prod": ONE}
WIDE_STARTS: dict[str, Expr] = {"sum": Number(0.0, Kind.WIDE), "prod": Number(1.0, Kind.WIDE), "max": Minus(INFINITE),
                          "min": INFINITE}  # fmt: skip
Taking = Callable[[Expr], Statement]


def op(let: Let) -> str:
    """How an array is folded."""
    return let.operation.op if isinstance(let.operation, Fold | Product) else ""


def formula(let: Let) -> Node:
    """What is computed at a cell."""
    assert isinstance(let.operation, Formula)
    return let.operation.body


def start(let: Let) -> Expr:
    """What a fold begins with, in the arrays' own type."""
    return _STARTS[op(let)]


def taken(let: Let, total: Place, made: Expr) -> Take:
    """One more number is taken in, in a loop that vectorises."""
    return Take(total, op(let), made, loose=True)


def brought(let: Let, total: Place, made: Expr) -> Take:
    """Two totals are brought together."""
    return Take(total, op(let), made)


def unsigned(node: Expr) -> Expr:
    """A number without a sign, which is no index from the end, so that a loop vectorises."""
    return Call("np.uint64", (node,), Kind.INDEX)


def down(height: Expr, body: Sequence[Statement]) -> list[Statement]:
    """A loop down rows that are taken together, in which the row at hand has its number if that is read."""
    here = [Set(DOWN, unsigned(Op("+", BEGIN, SLOT)))] if any(node == DOWN for node in inside(*body)) else []
    return [count(SLOT, height, *here, *body)] if body else []


class Body(Reader):
    """A kernel's function."""

    NAME: ClassVar[str]
    SAID: ClassVar[str]

    def __init__(self, layout: Layout, constants: dict[str, str]) -> None:
        super().__init__(layout, constants)
        self.sweep, self.schedule = layout.sweep, layout.schedule
        self.hoisted: dict[Expr, Var] = {}
        """What is the same along a row, computed before the loop at hand, and its names."""
        self.afterwards: list[Statement] = []
        """What is added at the row's label when the loop at hand is over."""
        self.here: set[str] = set()
        """Numbers of the row that the loop at hand has computed."""

    @abstractmethod
    def label_place(self, name: str, label: Expr) -> Cell:
        """An output's cell at the row's label."""

    @abstractmethod
    def room(self) -> list[Statement]:
        """Space for what is kept between loops."""

    @abstractmethod
    def swept(self) -> list[Statement]:
        """The loops over all rows."""

    @abstractmethod
    def counted(self, let: Let, made: Expr) -> Statement:
        """A number of the row that is folded over the rows."""

    @abstractmethod
    def put(self, let: Let) -> list[Statement]:
        """A number of the row that the loop at hand has computed goes where other loops find it."""

    def function(self, name: str, loops: Iterable[Statement]) -> Function:
        """The function, called by a name of its kind, with its loops."""
        layout = self.layout
        totals, columns = layout.of(TOTAL), [x for x in layout.of(COLUMN) if op(x) != "sum"]
        opening: list[Statement] = [
            Set(width, layout.extent(dim, inside=True)) for dim, width in layout.columns.items()
        ]
        opening += [Set(self.every(x.name), WIDE_STARTS[op(x)]) for x in totals]
        opening += [Room(self.line(x.name), (self.width(x.name),), start(x)) for x in columns]
        closing: list[Statement] = [Set(Cell(layout.output(x.name), (PART,)), self.every(x.name)) for x in totals]
        for let in columns:
            line = Set(Cell(layout.output(let.name), (PART, ALONG)), Cell(self.line(let.name), (ALONG,)))
            closing.append(count(ALONG, self.width(let.name), line))
        made = [layout.output(each.name) for each in layout.made]
        given = [layout.within(each) for each in layout.given if each not in layout.over]
        numbers = [*layout.counts, *map(Var, self.constants.values()), ZERO, ONE, INF]
        said = self.SAID.format(", ".join(identifier(m.name) for m in layout.made))
        return Function(self.NAME.format(name), (PART, FIRST, LAST, *given, *made, *numbers),
                        (*opening, *self.room(), *loops, *closing), said, frozenset(m.name for m in made))  # fmt: skip

    def total(self, name: str) -> Var:
        """What gathers a fold over some rows."""
        return Var(self.layout.marked(name, "_sum"))

    def line(self, name: str) -> Array:
        """The same for each column."""
        return Array(self.layout.marked(name, "_sum"), 1)

    def every(self, name: str) -> Var:
        """What gathers a fold over all rows, in double."""
        return Var(f"{self.layout.marked(name, '_sum')}s", Kind.WIDE)

    def rows(self, name: str) -> Array:
        """A number for each of the rows that are taken together."""
        return Array(self.layout.marked(name, "_rows"), 1)

    def kept(self, name: str, rank: int) -> Array:
        """Cells that are kept between passes."""
        return Array(self.layout.marked(name, "_kept"), rank)

    def width(self, name: str) -> Var:
        """The variable that holds the extent of an array's columns."""
        dim = self.layout.column(name)
        assert dim is not None
        return self.layout.columns[dim]

    def cells_of(self, number: int) -> list[list[Let]]:
        """What a pass computes in loops along the columns, for each kind of column."""
        kinds = [[x for x in self.layout.at(number) if self.layout.column(x.name) == d] for d in self.layout.columns]
        return [cells for cells in kinds if cells]

    def rows_of(self, number: int) -> list[Statement]:
        """What a pass computes of the row itself."""
        self.here = set()
        lets = [let for let in self.layout.at(number) if self.sweep.places[let.name].column is None]
        return [made for let in lets for made in self._row(let, number)]

    def _row(self, let: Let, number: int) -> list[Statement]:
        """A number of the row itself."""
        place = self.sweep.places[let.name]
        if isinstance(let.operation, Gather):
            made: Expr = self._label_entry(let.operation)
        else:
            made = Cells(self, place, number, False).say(formula(let))
        if place.kind == TOTAL:
            return [self.counted(let, made)]
        return [Set(self.layout.local(let.name), made), *self.put(let)]

    def _label_entry(self, gather: Gather) -> Cell:
        array = self.layout.within(gather.source.name)
        assert isinstance(array, Array)
        label = self._label(gather.label.name)
        return Cell(array, (DOWN, label) if len(gather.source.slots) == 2 else (label,))

    def _label(self, name: str) -> Expr:
        """A row's label as a place; one that stands for a row of zeros reads the first, and the value is dropped."""
        labels = self.layout.within(name)
        assert isinstance(labels, Array)
        cell = Cell(labels, (DOWN,))
        return Call("max", (cell, NONE), Kind.INDEX) if zero_rows(self.layout.plan.context, name) else cell

    def cell_statements(self, let: Let, number: int, taking: Taking) -> list[Statement]:
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
            self.afterwards.append(Take(at, "sum", Cells(self, place, number, False).say(share)))
        value = Cells(self, place, number).say(body)
        if op(let):
            return [taking(value)]
        lines: list[Statement] = [Set(local, value)]
        if let.name in layout.store:
            lines.append(Set(self.stored(let.name), local))
        return [*lines, Set(self.cell(let.name), local)] if made and layout.store.get(let.name) != let.name else lines
