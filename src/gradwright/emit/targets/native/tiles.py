"""Loops down tiles. Owns: a kernel's text in which the inner loops run down the rows of a tile. Never: plans.

Rows that are shorter than a vector or two waste it. So some of them are turned into a tile that has the columns one
after another: each loop, folds along the row too, then has a row per lane. Outputs are turned back when a tile is done.
"""

from __future__ import annotations

import re
from functools import partial

from gradwright.core.node import Node
from gradwright.emit.plan.program import Let
from gradwright.emit.targets.native.body import Body, folded, gathered, indented, op, start
from gradwright.emit.targets.native.layout import Layout
from gradwright.emit.targets.native.loops import CELL, COLUMN, ROW, TOTAL

NARROW = 32
"""The widest rows that are taken in tiles."""
_ROWS = 128


def _down(lines: list[str]) -> list[str]:
    """A loop down the rows of the tile."""
    where = ["    i = np.uint64(begin + slot)"] if any(re.search(r"\bi\b", line) for line in lines) else []
    return ["for slot in range(rows):", *where, *indented(lines)] if lines else []


class Tiles(Body):
    """A tile of rows after another."""

    NAME = "{}_narrow"
    SAID = "One sweep over narrow rows, in tiles that have the columns one after another: {}."

    def __init__(self, layout: Layout, constants: dict[str, str]) -> None:
        super().__init__(layout, constants)
        self.turned: list[str] = []
        """Given arrays whose cells are read."""
        self.held_rows: set[str] = set()
        """Rows of numbers that a loop holds."""

    def cell(self, name: str) -> str:
        return f"{self._tile(name)}[j, slot]"

    def stored(self, name: str) -> str:
        output = self.layout.store[name]
        return self.cell(output) if output else f"{self.layout.marked(name, '_kept')}[j, slot]"

    def number(self, name: str, hoists: bool) -> str:
        return self.layout.local(name) if name in self.here else self._place(name)

    def read(self, text: str, name: str) -> str:
        return text

    def held(self, text: str, node: Node, number: int) -> str:
        if re.fullmatch(r"\w+\[\w+\]", text):
            return text
        name = self.hoisted.setdefault(text, f"held{number}{len(self.hoisted)}")
        return f"{name}_rows[slot]" if node.free else name

    def label_place(self, name: str, label: str) -> str:
        return f"{self._tile(name)}[{label}, slot]"

    def put(self, let: Let) -> list[str]:
        self.here.add(let.name)
        local = self.layout.local(let.name)
        lines = [f"{self._place(let.name)} = {local}"] if let.name in self.layout.between else []
        return [*lines, f"{self.layout.output(let.name)}[i] = {local}"] if let in self.layout.made else lines

    def counted(self, let: Let, text: str) -> list[str]:
        return [folded(let, self.total(let.name), text)]

    def _tile(self, name: str) -> str:
        return self.layout.marked(name, "_tile")

    def _place(self, name: str) -> str:
        return f"{self.layout.marked(name, '_rows')}[slot]"

    def room(self) -> list[str]:
        """Tiles of what is read and written, and rows of what is kept between loops."""
        layout = self.layout
        tiles = {self._tile(name): f"{layout.within_name(name)}.shape[1]" for name in self.turned}
        tiles |= {self._tile(x.name): self.width(x.name) for x in layout.of(CELL)}
        tiles |= {layout.marked(n, "_kept"): self.width(n) for n, output in layout.store.items() if not output}
        folds = {x.name for x in layout.of(ROW) if self.sweep.places[x.name].column is not None}
        rows = [layout.marked(name, "_rows") for name in sorted(layout.between | folds)]
        lines = [f"{tile} = np.empty(({width}, {_ROWS}), type(zero))" for tile, width in tiles.items()]
        return lines + [f"{name} = np.empty({_ROWS}, type(zero))" for name in (*rows, *sorted(self.held_rows))]

    def swept(self) -> list[str]:
        layout = self.layout
        passes = range(1 + max(self.schedule.passes.values(), default=0))
        loops = [line for number in passes for line in self._pass(number)]
        text = "\n".join(loops)
        self.turned = [n for n, rank in layout.given.items() if rank == 2 and re.search(rf"\b{self._tile(n)}\b", text)]
        begin = [f"rows = min({_ROWS}, last - begin)"]
        for name in self.turned:
            array = layout.within_name(name)
            begin.append(f"_turned({array}, begin, {self._tile(name)}, 0, rows, {array}.shape[1])")
        end = [
            f"_turned({self._tile(x.name)}, 0, {layout.output(x.name)}, begin, {self.width(x.name)}, rows)"
            for x in layout.of(CELL)
        ]
        return [f"for begin in range(first, last, {_ROWS}):", *indented([*begin, *loops, *end])]

    def _pass(self, number: int) -> list[str]:
        """One pass over a tile: down its columns, then down the numbers of the rows themselves."""
        lines = [line for cells in self.cells_of(number) for line in self._columns(cells, number)]
        down = self.rows_of(number)
        sums = [x for x in self.layout.at(number) if self.layout.loop(x)[1] and self.sweep.places[x.name].kind == TOTAL]
        return [*lines, *self._gathered(sums, _down(down))]

    def _gathered(self, sums: list[Let], loop: list[str]) -> list[str]:
        """A loop and the sums over all rows that it adds to."""
        opening = [f"{self.total(x.name)} = {start(x)}" for x in sums]
        return [*opening, *loop, *(gathered(x, f"{self.total(x.name)}s", self.total(x.name)) for x in sums)]

    def _columns(self, cells: list[Let], number: int) -> list[str]:
        """Loops down each column of the tile."""
        layout = self.layout
        of = {kind: [x for x in cells if self.sweep.places[x.name].kind == kind] for kind in (ROW, TOTAL, COLUMN)}
        self.hoisted, self.afterwards, self.here = {}, [], set()
        inner = [line for let in cells for line in self.cell_lines(let, number, partial(folded, let, self._sum(let)))]
        held = [(text, name) for text, name in self.hoisted.items() if f"{name}_rows[slot]" in " ".join(inner)]
        self.held_rows |= {f"{name}_rows" for _, name in held}
        lines = [f"{name} = {text}" for text, name in self.hoisted.items() if (text, name) not in held]
        lines += _down([f"{name}_rows[slot] = {text}" for text, name in held])
        lines += [f"{layout.marked(x.name, '_rows')}[:] = {start(x)}" for x in of[ROW]]
        column = [f"{layout.local(x.name)} = {start(x)}" for x in of[COLUMN]]
        column += _down(inner)
        for let in of[COLUMN]:
            if op(let) == "sum":
                column.append(f"{layout.output(let.name)}[part, j] += {layout.local(let.name)}")
            else:
                column.append(gathered(let, f"{self.total(let.name)}[j]", layout.local(let.name)))
        loop = [f"for j in range({self.width(cells[0].name)}):", *indented(column)]
        lines += self._gathered(of[TOTAL], loop) + _down(self.afterwards)
        made = [x.name for x in of[ROW] if x in layout.made]
        return lines + _down([f"{layout.output(name)}[i] = {self._place(name)}" for name in made])

    def _sum(self, let: Let) -> str:
        """What a fold of the cells is taken into."""
        places = {ROW: self._place(let.name), TOTAL: self.total(let.name), COLUMN: self.layout.local(let.name)}
        return places.get(self.sweep.places[let.name].kind, "")


__all__ = ["NARROW", "Tiles"]
