"""Loops along rows. Owns: a kernel's text in which the inner loops run along the columns. Never: plans.

Sums over rows are gathered per thread, in blocks of rows in the arrays' own type and across blocks in double. Where
numbers of the rows hold functions, several rows are taken together, so that those are computed side by side.
"""

from __future__ import annotations

from functools import partial, reduce

from gradwright.core.node import Node
from gradwright.emit.loops import program as ir
from gradwright.emit.loops.body import (
    BEGIN,
    FIRST,
    LAST,
    PART,
    SLOT,
    START,
    Body,
    Taking,
    brought,
    down,
    op,
    start,
    taken,
    unsigned,
)
from gradwright.emit.loops.cells import ALONG, DOWN
from gradwright.emit.loops.sweeps import COLUMN, ROW, TOTAL
from gradwright.emit.plan.program import Let

_BLOCK, _FLAT_BLOCK = 256, 4096
"""Rows whose sum is taken in the arrays' own type, with and without columns."""
_STEP, _CELLS = 256, 2048
"""Rows taken together, and the cells in them, at the most."""
_STEPS, _STOP = ir.Var("step", ir.Kind.INDEX), ir.Var("stop", ir.Kind.INDEX)


def _number(value: int) -> ir.Expr:
    return ir.Number(value, ir.Kind.INDEX)


class Along(Body):
    """One row after another."""

    NAME = "{}"
    SAID = "One sweep over the rows from first to last: {}."

    @property
    def stepped(self) -> bool:
        """Whether several rows are taken together."""
        return self.layout.costly and bool(self.layout.columns)

    def cell(self, name: str) -> ir.Cell:
        array = self.layout.output(name) if name in self.sweep.names else self.layout.within(name)
        assert isinstance(array, ir.Array)
        return ir.Cell(array, (DOWN, ALONG))

    def stored(self, name: str) -> ir.Cell:
        output = self.layout.store[name]
        if output:
            return self.cell(output)
        return ir.Cell(self.kept(name, 2), (SLOT, ALONG)) if self.stepped else ir.Cell(self.kept(name, 1), (ALONG,))

    def number(self, name: str, hoists: bool) -> ir.Expr:
        place = self._place(name) if self.stepped and name not in self.here else None
        if place is None:
            return self.layout.local(name)
        return self.read(place, name) if hoists else place

    def read(self, made: ir.Expr, name: str) -> ir.Expr:
        return self.hoisted.setdefault(made, ir.Var(self.layout.local(name).name, ir.kind_of(made)))

    def held(self, made: ir.Expr, node: Node, number: int) -> ir.Expr:
        return self.hoisted.setdefault(made, ir.Var(f"held{number}{len(self.hoisted)}", ir.kind_of(made)))

    def label_place(self, name: str, label: ir.Expr) -> ir.Cell:
        return ir.Cell(self.layout.output(name), (DOWN, label))

    def _place(self, name: str) -> ir.Cell | None:
        """Where a number of the row is kept; nowhere if only the loop at hand needs it."""
        if any(let.name == name for let in self.layout.made):
            return ir.Cell(self.layout.output(name), (DOWN,))
        return ir.Cell(self.rows(name), (SLOT,)) if self.stepped and name in self.layout.between else None

    def put(self, let: Let) -> list[ir.Statement]:
        self.here.add(let.name)
        place = self._place(let.name)
        return [ir.Set(place, self.layout.local(let.name))] if place is not None else []

    def counted(self, let: Let, made: ir.Expr) -> ir.Statement:
        alone = self.stepped or not self.layout.columns
        return taken(let, self.total(let.name), made) if alone else brought(let, self.every(let.name), made)

    def room(self) -> list[ir.Statement]:
        """Space for what is kept between passes, and how many rows are taken together."""
        sums = [x.name for x in self.layout.of(COLUMN) if op(x) == "sum"]
        lines: list[ir.Statement] = [ir.Room(self.line(name), (self.width(name),), ir.ZERO) for name in sums]
        if self.stepped:
            cells = reduce(lambda total, width: ir.Op("+", total, width), self.layout.columns.values(), _number(1))
            most = ir.Call("min", (_number(_STEP), ir.Op("//", _number(_CELLS), cells)), ir.Kind.INDEX)
            lines.append(ir.Set(_STEPS, ir.Call("max", (_number(1), most), ir.Kind.INDEX)))
        for name, output in self.layout.store.items():
            if not output:
                shape = (_STEPS, self.width(name)) if self.stepped else (self.width(name),)
                lines.append(ir.Room(self.kept(name, len(shape)), shape))
        made = {let.name for let in self.layout.made}
        rows = sorted(self.layout.between - made) if self.stepped else []
        return [*lines, *(ir.Room(self.rows(name), (_STEPS,)) for name in rows)]

    def swept(self) -> list[ir.Statement]:
        """The loops over rows: blocks whose sums are taken in the arrays' own type, and steps that stay in cache."""
        layout = self.layout
        sums = [let for let in layout.of(COLUMN) if op(let) == "sum"]
        flat = [] if layout.columns else layout.of(TOTAL)
        if not sums and not flat:
            return [self._over(FIRST, LAST, (LAST,))]
        rows = _number(_BLOCK if layout.columns else _FLAT_BLOCK)
        ends = ir.Op("+", START, rows), LAST
        opening: list[ir.Statement] = [ir.Set(self.total(x.name), start(x)) for x in flat]
        opening += [ir.Fill(self.line(x.name), ir.ZERO) for x in sums]
        close: list[ir.Statement] = [brought(x, self.every(x.name), self.total(x.name)) for x in flat]
        for let in sums:
            line = ir.Take(
                ir.Cell(layout.output(let.name), (PART, ALONG)), "sum", ir.Cell(self.line(let.name), (ALONG,))
            )
            close.append(ir.count(ALONG, self.width(let.name), line))
        over = self._over(START, ir.Call("min", ends, ir.Kind.INDEX), ends)
        return [ir.Loop(START, FIRST, LAST, rows, (*opening, over, *close))]

    def _over(self, first: ir.Expr, last: ir.Expr, ends: tuple[ir.Expr, ...]) -> ir.Loop:
        """The loop over rows, or over steps of them."""
        passes = range(1 + max(self.schedule.passes.values(), default=0))
        if not self.stepped:
            body = [made for number in passes for made in (*self._cells(number), *self.rows_of(number))]
            return ir.Loop(DOWN, unsigned(first), unsigned(last), ir.UNIT, tuple(body))
        stop = ir.Set(_STOP, ir.Call("min", (ir.Op("+", BEGIN, _STEPS), *ends), ir.Kind.INDEX))
        return ir.Loop(BEGIN, first, last, _STEPS, (stop, *(made for number in passes for made in self._step(number))))

    def _step(self, number: int) -> list[ir.Statement]:
        """One pass over several rows: along each, then down the numbers of the rows themselves."""
        self.here = set()
        along = self._cells(number)
        lines = down(ir.Op("-", _STOP, BEGIN), along)
        rows = self.rows_of(number)
        sums = [x for x in self.layout.at(number) if self.layout.loop(x)[1] and self.sweep.places[x.name].kind == TOTAL]
        lines += [ir.Set(self.total(x.name), start(x)) for x in sums]
        lines += down(ir.Op("-", _STOP, BEGIN), rows)
        return [*lines, *(brought(x, self.every(x.name), self.total(x.name)) for x in sums)]

    def _cells(self, number: int) -> list[ir.Statement]:
        return [made for cells in self.cells_of(number) for made in self._along(cells, number)]

    def _along(self, cells: list[Let], number: int) -> list[ir.Statement]:
        """One loop along the columns of a row."""
        layout, kinds = self.layout, {x.name: self.sweep.places[x.name].kind for x in cells}
        folds = [x for x in cells if kinds[x.name] in (ROW, TOTAL)]
        lines: list[ir.Statement] = [ir.Set(layout.local(x.name), start(x)) for x in folds]
        self.hoisted = {}
        inner = [made for let in cells for made in self.cell_statements(let, number, self._taking(let))]
        lines += [ir.Set(name, made) for made, name in self.hoisted.items()]
        lines += [ir.count(ALONG, self.width(cells[0].name), *inner), *self.afterwards]
        self.afterwards = []
        for let in folds:
            total = kinds[let.name] == TOTAL
            lines += [brought(let, self.every(let.name), layout.local(let.name))] if total else self.put(let)
        return lines

    def _taking(self, let: Let) -> Taking:
        """What takes the cell at hand in, which a sum down the columns does in order."""
        if self.sweep.places[let.name].kind != COLUMN:
            return partial(taken, let, self.layout.local(let.name))
        return partial(brought if op(let) == "sum" else taken, let, ir.Cell(self.line(let.name), (ALONG,)))
