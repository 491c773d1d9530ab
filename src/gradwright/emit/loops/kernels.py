"""The loops of a kernel. Owns: its function, the loops along rows or down tiles of them, what they fold. Never: plans.

Inner loops run along the columns. Sums over rows are gathered per thread, in blocks of rows in the arrays' own type and
across blocks in double; where numbers of the rows hold functions, several rows are taken together, so that those are
computed side by side. Rows that are shorter than a vector or two waste it: some of them are turned into a tile that has
the columns one after another, so that each loop, folds along the row too, has a row per lane. A kernel is called with a
range of rows, one range per thread.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from gradwright.core.build import ZERO as NOTHING
from gradwright.core.node import Node
from gradwright.core.record import dataclass
from gradwright.emit.forms.labels import linear_in_label, present, zero_rows
from gradwright.emit.loops import program as ir
from gradwright.emit.loops.cells import ALONG, DOWN, SLOT, Cells, Places, rows_of
from gradwright.emit.loops.layout import Layout
from gradwright.emit.loops.sweeps import CELL, COLUMN, ROW, TOTAL, Sweep, costly
from gradwright.emit.plan.names import identifier
from gradwright.emit.plan.program import Fold, Formula, Gather, Let, Product, Program

PART, FIRST, LAST, BEGIN, START = (ir.Var(name, ir.Kind.INDEX) for name in ("part", "first", "last", "begin", "start"))
_STEPS, _HEIGHT = ir.Var("step", ir.Kind.INDEX), ir.Var("rows", ir.Kind.INDEX)
_OVER = ("the rows from first to last", "narrow rows, in tiles that have the columns one after another")
NARROW = 32
"""The widest rows that are taken in tiles."""
_TALL, _BLOCK, _FLAT_BLOCK, _STEP, _CELLS = (ir.Number(value, ir.Kind.INDEX) for value in (128, 256, 4096, 256, 2048))
"""Rows in a tile; those whose sum is taken in the arrays' own type, with and without columns; rows taken together, and
the cells in them, at the most."""
_STARTS: dict[str, ir.Expr] = {"sum": ir.ZERO, "max": ir.Minus(ir.INF), "min": ir.INF, "prod": ir.ONE}
WIDE_STARTS: dict[str, ir.Expr] = {
    "sum": ir.Number(0.0, ir.Kind.WIDE), "prod": ir.Number(1.0, ir.Kind.WIDE),
    "max": ir.Minus(ir.INFINITE), "min": ir.INFINITE,
}  # fmt: skip


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


def down(body: Sequence[ir.Statement]) -> list[ir.Statement]:
    """A loop down rows that are taken together, in which the row at hand has its number if that is read."""
    here = [ir.Set(DOWN, unsigned(ir.Op("+", BEGIN, SLOT)))] if any(node == DOWN for node in ir.inside(*body)) else []
    return [ir.count(SLOT, _HEIGHT, *here, *body)] if body else []


class Body(Places):
    """A kernel's function."""

    def __init__(self, layout: Layout, constants: dict[str, str], tiled: bool) -> None:
        super().__init__(layout, constants, tiled)
        self.sweep, self.schedule = layout.sweep, layout.schedule
        self.passes = range(1 + max(self.schedule.passes.values(), default=0))
        self.afterwards: list[ir.Statement] = []
        """What is added at the row's label when the loop at hand is over."""
        self.turned: dict[str, ir.Array] = {}
        """Given arrays that have a tile, for their cells are read."""
        self.held_rows: dict[ir.Array, None] = {}
        """Rows of numbers that a loop down tiles holds."""

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
        said = f"One sweep over {_OVER[self.tiled]}: {', '.join(identifier(m.name) for m in layout.made)}."
        return ir.Function(f"{name}_narrow" if self.tiled else name, (PART, FIRST, LAST, *given, *made, *numbers),
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

    def width(self, name: str) -> ir.Var:
        """The variable that holds the extent of an array's columns."""
        dim = self.layout.column(name)
        assert dim is not None
        return self.layout.columns[dim]

    def room(self) -> list[ir.Statement]:
        """Space for what is kept between loops, and how many rows are taken together."""
        layout, lines = self.layout, list[ir.Statement]()
        kept = {self.kept(name): self.width(name) for name, output in layout.store.items() if not output}
        rows = [*map(self.rows, sorted(layout.between - {let.name for let in layout.made}))] if self.slots else []
        if self.tiled:
            tiles: dict[ir.Array, ir.Expr] = {self.matrix(name): ir.Extent(a, 1) for name, a in self.turned.items()}
            tiles |= {self.matrix(x.name): self.width(x.name) for x in layout.of(CELL)} | kept
            rows += sorted(self.held_rows, key=lambda a: a.name)
            return [*(ir.Room(tile, (width, _TALL)) for tile, width in tiles.items()),
                    *(ir.Room(a, (_TALL,)) for a in rows)]  # fmt: skip
        sums = [x.name for x in layout.of(COLUMN) if op(x) == "sum"]
        lines += [ir.Room(self.line(name), (self.width(name),), ir.ZERO) for name in sums]
        if self.slots:
            cells: ir.Expr = ir.UNIT
            for width in layout.columns.values():
                cells = ir.Op("+", cells, width)
            most = ir.Call("min", (_STEP, ir.Op("//", _CELLS, cells)), ir.Kind.INDEX)
            lines.append(ir.Set(_STEPS, ir.Call("max", (ir.UNIT, most), ir.Kind.INDEX)))
        lines += [ir.Room(a, (_STEPS, width) if self.slots else (width,)) for a, width in kept.items()]
        return [*lines, *(ir.Room(a, (_STEPS,)) for a in rows)]

    # --- loops over rows ---

    def swept(self) -> list[ir.Statement]:
        """The loops over all rows: tiles of them, or blocks whose sums are taken in the arrays' own type."""
        if self.tiled:
            return [self._tiles()]
        layout = self.layout
        sums = [let for let in layout.of(COLUMN) if op(let) == "sum"]
        flat = [] if layout.columns else layout.of(TOTAL)
        if not sums and not flat:
            return [self._over(FIRST, LAST, (LAST,))]
        rows = _BLOCK if layout.columns else _FLAT_BLOCK
        ends = ir.Op("+", START, rows), LAST
        opening: list[ir.Statement] = [ir.Set(self.total(x.name), start(x)) for x in flat]
        opening += [ir.Fill(self.line(x.name), ir.ZERO) for x in sums]
        close: list[ir.Statement] = [brought(x, self.every(x.name), self.total(x.name)) for x in flat]
        for let in sums:
            place = ir.Cell(layout.output(let.name), (PART, ALONG))
            line = ir.Take(place, "sum", ir.Cell(self.line(let.name), (ALONG,)))
            close.append(ir.count(ALONG, self.width(let.name), line))
        over = self._over(START, ir.Call("min", ends, ir.Kind.INDEX), ends)
        return [ir.Loop(START, FIRST, LAST, rows, (*opening, over, *close))]

    def _over(self, first: ir.Expr, last: ir.Expr, ends: tuple[ir.Expr, ...]) -> ir.Loop:
        """The loop over rows, or over steps of them."""
        if not self.slots:
            body = [made for number in self.passes for made in (*self._cells(number), *self.rows_of(number))]
            return ir.Loop(DOWN, unsigned(first), unsigned(last), ir.UNIT, tuple(body))
        return ir.Loop(BEGIN, first, last, _STEPS, (self._high(_STEPS, ends), *self._passes()))

    def _high(self, most: ir.Expr, ends: tuple[ir.Expr, ...]) -> ir.Statement:
        """How many rows are taken together here."""
        return ir.Set(_HEIGHT, ir.Call("min", (most, *(ir.Op("-", end, BEGIN) for end in ends)), ir.Kind.INDEX))

    def _tiles(self) -> ir.Loop:
        """The loop over tiles: what is read of them is turned, and what is written turned back."""
        layout, loops = self.layout, self._passes()
        read = {node.array for node in ir.inside(*loops) if isinstance(node, ir.Cell)}
        given = {name: layout.within(name) for name, rank in layout.given.items() if rank == 2}
        self.turned = {n: a for n, a in given.items() if isinstance(a, ir.Array) and self.matrix(n) in read}
        begin = [_turned(array, BEGIN, self.matrix(name), ir.NONE, _HEIGHT, ir.Extent(array, 1))
                 for name, array in self.turned.items()]  # fmt: skip
        end = [_turned(self.matrix(x.name), ir.NONE, layout.output(x.name), BEGIN, self.width(x.name), _HEIGHT)
               for x in layout.of(CELL)]  # fmt: skip
        return ir.Loop(BEGIN, FIRST, LAST, _TALL, (self._high(_TALL, (LAST,)), *begin, *loops, *end))

    def _passes(self) -> list[ir.Statement]:
        """The passes over several rows: along each, or down the columns of a tile, then down the numbers of the rows
        themselves."""
        lines: list[ir.Statement] = []
        for number in self.passes:
            self.here = set()
            cells = self._cells(number)
            lines += cells if self.tiled else down(cells)
            rows, kinds = self.rows_of(number), self.sweep.places
            sums = [x for x in self.layout.at(number) if self.layout.loop(x)[1] and kinds[x.name].kind == TOTAL]
            lines += self._totals(sums, down(rows))
        return lines

    def _totals(self, sums: list[Let], loop: list[ir.Statement]) -> list[ir.Statement]:
        """A loop and the sums over all rows that it adds to."""
        opening = [ir.Set(self.total(x.name), start(x)) for x in sums]
        return [*opening, *loop, *(brought(x, self.every(x.name), self.total(x.name)) for x in sums)]

    # --- loops over columns ---

    def _cells(self, number: int) -> list[ir.Statement]:
        """What a pass computes in loops over the columns, for each kind of column."""
        kinds = [[x for x in self.layout.at(number) if self.layout.column(x.name) == d] for d in self.layout.columns]
        loop = self._columns if self.tiled else self._along
        return [made for cells in kinds if cells for made in loop(cells, number)]

    def _along(self, cells: list[Let], number: int) -> list[ir.Statement]:
        """One loop along the columns of a row."""
        layout, kinds = self.layout, {x.name: self.sweep.places[x.name].kind for x in cells}
        folds = [x for x in cells if kinds[x.name] in (ROW, TOTAL)]
        lines: list[ir.Statement] = [ir.Set(layout.local(x.name), start(x)) for x in folds]
        self.hoisted = {}
        inner = [made for let in cells for made in self.cell_statements(let, number)]
        lines += [ir.Set(name, made) for made, name in self.hoisted.items()]
        lines += [ir.count(ALONG, self.width(cells[0].name), *inner), *self.afterwards]
        self.afterwards = []
        for let in folds:
            total = kinds[let.name] == TOTAL
            lines += [brought(let, self.every(let.name), layout.local(let.name))] if total else self.put(let)
        return lines

    def _columns(self, cells: list[Let], number: int) -> list[ir.Statement]:
        """A loop over the columns of a tile, in it one down the rows."""
        layout = self.layout
        of = {kind: [x for x in cells if self.sweep.places[x.name].kind == kind] for kind in (ROW, TOTAL, COLUMN)}
        self.hoisted, self.afterwards, self.here = {}, [], set()
        inner = [made for let in cells for made in self.cell_statements(let, number)]
        read = {node.array for node in ir.inside(*inner) if isinstance(node, ir.Cell)}
        held = {rows_of(name): made for made, name in self.hoisted.items() if rows_of(name) in read}
        self.held_rows |= dict.fromkeys(held)
        lines: list[ir.Statement] = [
            ir.Set(name, made) for made, name in self.hoisted.items() if rows_of(name) not in held
        ]
        begin: list[ir.Statement] = [ir.Set(ir.Cell(array, (SLOT,)), made) for array, made in held.items()]
        lines += down([*begin, *(ir.Set(place, start(x)) for x in of[ROW] if (place := self.place(x.name)))])
        column: list[ir.Statement] = [ir.Set(layout.local(x.name), start(x)) for x in of[COLUMN]]
        column += down(inner)
        for let in of[COLUMN]:
            add = op(let) == "sum"
            line = ir.Cell(layout.output(let.name), (PART, ALONG)) if add else ir.Cell(self.line(let.name), (ALONG,))
            column.append(brought(let, line, layout.local(let.name)))
        lines += self._totals(of[TOTAL], [ir.count(ALONG, self.width(cells[0].name), *column)])
        return lines + down(self.afterwards)

    def _taking(self, let: Let, made: ir.Expr) -> ir.Statement:
        """What takes the cell at hand in; a sum down the columns of rows does so in order."""
        kind, local = self.sweep.places[let.name].kind, self.layout.local(let.name)
        if self.tiled:
            place = self.place(let.name) if kind == ROW else None
            return taken(let, place or (local if kind == COLUMN else self.total(let.name)), made)
        if kind != COLUMN:
            return taken(let, local, made)
        return (brought if op(let) == "sum" else taken)(let, ir.Cell(self.line(let.name), (ALONG,)), made)

    def cell_statements(self, let: Let, number: int) -> list[ir.Statement]:
        """An array at the cell at hand, taken in if it is folded."""
        layout, local = self.layout, self.layout.local(let.name)
        place, made = self.sweep.places[let.name], let in self.layout.made
        body = formula(let)
        found = linear_in_label(body, layout.labels) if made and place.kind == CELL else None
        if found is not None and found[0] is not NOTHING and place.row in found[2].free:
            # what stands at the row's label alone is added after the pass
            body, share, label = found
            share = present(label.name, label.slots, share, layout.plan.context)
            at = self._label(label.name)
            at = ir.Cell(self.matrix(let.name), (at, SLOT) if self.tiled else (DOWN, at))
            self.afterwards.append(ir.Take(at, "sum", Cells(self, place, number, False).say(share)))
        value = Cells(self, place, number).say(body)
        if op(let):
            return [self._taking(let, value)]
        lines: list[ir.Statement] = [ir.Set(local, value)]
        if let.name in layout.store:
            lines.append(ir.Set(self.stored(let.name), local))
        return (
            [*lines, ir.Set(self.cell(let.name), local)] if made and layout.store.get(let.name) != let.name else lines
        )

    # --- numbers of the row ---

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
            alone = self.slots or not self.layout.columns
            return [taken(let, self.total(let.name), made) if alone else brought(let, self.every(let.name), made)]
        return [ir.Set(self.layout.local(let.name), made), *self.put(let)]

    def put(self, let: Let) -> list[ir.Statement]:
        """A number of the row that the loop at hand has computed goes where other loops find it."""
        self.here.add(let.name)
        place = self.place(let.name)
        return [ir.Set(place, self.layout.local(let.name))] if place is not None else []

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


def _turned(
    array: ir.Array, first: ir.Expr, into: ir.Array, start: ir.Expr, rows: ir.Expr, columns: ir.Expr
) -> ir.Statement:
    """A matrix turned into another."""
    return ir.Run(ir.Call("_turned", (array, first, into, start, rows, columns)))


@dataclass(frozen=True)
class Kernel:
    """One sweep as functions of which a call takes one, the second where rows are narrow, and the numbers they are
    given."""

    layout: Layout
    functions: Sequence[ir.Function]
    constants: Mapping[str, str]
    """The texts of numbers, and what the functions call them."""

    @property
    def rows(self) -> ir.Expr:
        """The extent of the rows."""
        return self.layout.extent(self.layout.sweep.row, column=False)

    @property
    def widths(self) -> list[ir.Expr]:
        """The extents of the columns."""
        return [self.layout.extent(dim) for dim in self.layout.columns]


def kernel(
    sweep: Sweep, plan: Program, wanted: Collection[str], name: str, labels: Collection[str], reuse: bool = True
) -> Kernel:
    """The sweep's function, or the two of which the call takes one; ``labels`` are class labels, ``reuse``: arrays may
    be written over."""
    layout = Layout(sweep, plan, frozenset(wanted), frozenset(labels), reuse)
    constants: dict[str, str] = {}
    bodies = [Body(layout, constants, tiled) for tiled in _tiled(layout)]
    loops = [body.swept() for body in bodies]  # both are given what either needs
    functions = [body.function(name, each) for body, each in zip(bodies, loops, strict=True)]
    return Kernel(layout, functions, constants)


def _tiled(layout: Layout) -> list[bool]:
    """Tiles where rows are sure to be narrow, and beside loops along them where they may be; for folds along the rows
    and for functions, for nothing less is worth the turning."""
    along = [x for x in layout.sweep.lets if layout.sweep.places[x.name].column is not None]
    if not any(layout.sweep.places[x.name].kind == ROW or costly(x) for x in along):
        return [False]
    known = [dim for dim in layout.columns if isinstance(dim, int)]
    wide = any(dim > NARROW for dim in known)
    return [False] if wide else [True] if len(known) == len(layout.columns) else [False, True]
