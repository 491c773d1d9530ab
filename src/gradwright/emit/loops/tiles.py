"""Loops down tiles. Owns: a kernel in which the inner loops run down the rows of a tile. Never: plans.

Rows that are shorter than a vector or two waste it. So some of them are turned into a tile that has the columns one
after another: each loop, folds along the row too, then has a row per lane. Outputs are turned back when a tile is done.
"""

from __future__ import annotations

from functools import partial

from gradwright.core.node import Node
from gradwright.emit.loops import program as ir
from gradwright.emit.loops.body import BEGIN, FIRST, LAST, PART, SLOT, Body, Taking, brought, down, op, start, taken
from gradwright.emit.loops.cells import ALONG, DOWN
from gradwright.emit.loops.layout import Layout
from gradwright.emit.loops.sweeps import CELL, COLUMN, ROW, TOTAL
from gradwright.emit.plan.program import Let

NARROW = 32
"""The widest rows that are taken in tiles."""
_TALL = ir.Number(128, ir.Kind.INDEX)
_HEIGHT = ir.Var("rows", ir.Kind.INDEX)


class Tiles(Body):
    """A tile of rows after another."""

    NAME = "{}_narrow"
    SAID = "One sweep over narrow rows, in tiles that have the columns one after another: {}."

    def __init__(self, layout: Layout, constants: dict[str, str]) -> None:
        super().__init__(layout, constants)
        self.turned: dict[str, ir.Array] = {}
        """Given arrays whose cells are read."""
        self.held_rows: dict[ir.Array, None] = {}
        """Rows of numbers that a loop holds."""

    def cell(self, name: str) -> ir.Cell:
        return ir.Cell(self._tile(name), (ALONG, SLOT))

    def stored(self, name: str) -> ir.Cell:
        output = self.layout.store[name]
        return self.cell(output) if output else ir.Cell(self.kept(name, 2), (ALONG, SLOT))

    def number(self, name: str, hoists: bool) -> ir.Expr:
        return self.layout.local(name) if name in self.here else self._place(name)

    def read(self, made: ir.Expr, name: str) -> ir.Expr:
        return made

    def held(self, made: ir.Expr, node: Node, number: int) -> ir.Expr:
        if isinstance(made, ir.Cell) and len(made.at) == 1 and isinstance(made.at[0], ir.Var):
            return made
        name = self.hoisted.setdefault(made, ir.Var(f"held{number}{len(self.hoisted)}", ir.kind_of(made)))
        return ir.Cell(_rows_of(name), (SLOT,)) if node.free else name

    def label_place(self, name: str, label: ir.Expr) -> ir.Cell:
        return ir.Cell(self._tile(name), (label, SLOT))

    def put(self, let: Let) -> list[ir.Statement]:
        self.here.add(let.name)
        local = self.layout.local(let.name)
        lines: list[ir.Statement] = [ir.Set(self._place(let.name), local)] if let.name in self.layout.between else []
        return (
            [*lines, ir.Set(ir.Cell(self.layout.output(let.name), (DOWN,)), local)]
            if let in self.layout.made
            else lines
        )

    def counted(self, let: Let, made: ir.Expr) -> ir.Statement:
        return taken(let, self.total(let.name), made)

    def _tile(self, name: str) -> ir.Array:
        return ir.Array(self.layout.marked(name, "_tile"), 2)

    def _place(self, name: str) -> ir.Cell:
        return ir.Cell(self.rows(name), (SLOT,))

    def room(self) -> list[ir.Statement]:
        """Tiles of what is read and written, and rows of what is kept between loops."""
        layout = self.layout
        tiles: dict[ir.Array, ir.Expr] = {self._tile(name): ir.Extent(array, 1) for name, array in self.turned.items()}
        tiles |= {self._tile(x.name): self.width(x.name) for x in layout.of(CELL)}
        tiles |= {self.kept(name, 2): self.width(name) for name, output in layout.store.items() if not output}
        folds = {x.name for x in layout.of(ROW) if self.sweep.places[x.name].column is not None}
        rows = [*map(self.rows, sorted(layout.between | folds)), *sorted(self.held_rows, key=lambda a: a.name)]
        return [
            *(ir.Room(tile, (width, _TALL)) for tile, width in tiles.items()),
            *(ir.Room(a, (_TALL,)) for a in rows),
        ]

    def swept(self) -> list[ir.Statement]:
        layout = self.layout
        passes = range(1 + max(self.schedule.passes.values(), default=0))
        loops = [made for number in passes for made in self._pass(number)]
        read = {node.array for node in ir.inside(*loops) if isinstance(node, ir.Cell)}
        given = {name: layout.within(name) for name, rank in layout.given.items() if rank == 2}
        self.turned = {n: a for n, a in given.items() if isinstance(a, ir.Array) and self._tile(n) in read}
        rows = ir.Call("min", (_TALL, ir.Op("-", LAST, BEGIN)), ir.Kind.INDEX)
        begin: list[ir.Statement] = [ir.Set(_HEIGHT, rows)]
        for name, array in self.turned.items():
            begin.append(_turned(array, BEGIN, self._tile(name), ir.NONE, _HEIGHT, ir.Extent(array, 1)))
        end = [
            _turned(self._tile(x.name), ir.NONE, layout.output(x.name), BEGIN, self.width(x.name), _HEIGHT)
            for x in layout.of(CELL)
        ]
        return [ir.Loop(BEGIN, FIRST, LAST, _TALL, (*begin, *loops, *end))]

    def _pass(self, number: int) -> list[ir.Statement]:
        """One pass over a tile: down its columns, then down the numbers of the rows themselves."""
        lines = [made for cells in self.cells_of(number) for made in self._columns(cells, number)]
        rows = self.rows_of(number)
        sums = [x for x in self.layout.at(number) if self.layout.loop(x)[1] and self.sweep.places[x.name].kind == TOTAL]
        return [*lines, *self._totals(sums, down(_HEIGHT, rows))]

    def _totals(self, sums: list[Let], loop: list[ir.Statement]) -> list[ir.Statement]:
        """A loop and the sums over all rows that it adds to."""
        opening = [ir.Set(self.total(x.name), start(x)) for x in sums]
        return [*opening, *loop, *(brought(x, self.every(x.name), self.total(x.name)) for x in sums)]

    def _columns(self, cells: list[Let], number: int) -> list[ir.Statement]:
        """Loops down each column of the tile."""
        layout = self.layout
        of = {kind: [x for x in cells if self.sweep.places[x.name].kind == kind] for kind in (ROW, TOTAL, COLUMN)}
        self.hoisted, self.afterwards, self.here = {}, [], set()
        inner = [made for let in cells for made in self.cell_statements(let, number, self._taking(let))]
        read = {node.array for node in ir.inside(*inner) if isinstance(node, ir.Cell)}
        held = {_rows_of(name): made for made, name in self.hoisted.items() if _rows_of(name) in read}
        self.held_rows |= dict.fromkeys(held)
        lines: list[ir.Statement] = [
            ir.Set(name, made) for made, name in self.hoisted.items() if _rows_of(name) not in held
        ]
        lines += down(_HEIGHT, [ir.Set(ir.Cell(array, (SLOT,)), made) for array, made in held.items()])
        lines += [ir.Fill(self.rows(x.name), start(x)) for x in of[ROW]]
        column: list[ir.Statement] = [ir.Set(layout.local(x.name), start(x)) for x in of[COLUMN]]
        column += down(_HEIGHT, inner)
        for let in of[COLUMN]:
            add = op(let) == "sum"
            place = ir.Cell(layout.output(let.name), (PART, ALONG)) if add else ir.Cell(self.line(let.name), (ALONG,))
            column.append(brought(let, place, layout.local(let.name)))
        lines += self._totals(of[TOTAL], [ir.count(ALONG, self.width(cells[0].name), *column)]) + down(
            _HEIGHT, self.afterwards
        )
        made_rows = [x.name for x in of[ROW] if x in layout.made]
        return lines + down(
            _HEIGHT, [ir.Set(ir.Cell(layout.output(name), (DOWN,)), self._place(name)) for name in made_rows]
        )

    def _taking(self, let: Let) -> Taking:
        """What takes the cell at hand in."""
        places: dict[str, ir.Place] = {
            ROW: self._place(let.name), TOTAL: self.total(let.name), COLUMN: self.layout.local(let.name),
        }  # fmt: skip
        return partial(taken, let, places.get(self.sweep.places[let.name].kind, self.total(let.name)))


def _rows_of(name: ir.Var) -> ir.Array:
    """The row of numbers of which each is held for its row."""
    return ir.Array(f"{name.name}_rows", 1)


def _turned(array: ir.Array, first: ir.Expr, into: ir.Array, start: ir.Expr, rows: ir.Expr, columns: ir.Expr) -> ir.Run:
    """A matrix turned into another."""
    return ir.Run(ir.Call("_turned", (array, first, into, start, rows, columns)))
