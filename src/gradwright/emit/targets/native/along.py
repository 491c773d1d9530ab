"""Loops along rows. Owns: a kernel's text in which the inner loops run along the columns. Never: plans.

Sums over rows are gathered per thread, in blocks of rows in the arrays' own type and across blocks in double. Where
numbers of the rows hold functions, several rows are taken together, so that those are computed side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from gradwright.core.node import Node
from gradwright.emit.plan.program import Let
from gradwright.emit.targets.native.body import Body, folded, gathered, indented, op, start
from gradwright.emit.targets.native.loops import COLUMN, ROW, TOTAL

_BLOCK, _FLAT_BLOCK = 256, 4096
"""Rows whose sum is taken in the arrays' own type, with and without columns."""
_STEP, _CELLS = 256, 2048
"""Rows taken together, and the cells in them, at the most."""
_ROWS_HERE = ["for slot in range(stop - begin):", "    i = np.uint64(begin + slot)"]


def _rows_from(first: str, last: str) -> str:
    """The loop over rows: a number without a sign is no index from the end, so the loop vectorises."""
    return f"for i in range(np.uint64({first}), np.uint64({last})):"


class Along(Body):
    """One row after another."""

    NAME = "{}"
    SAID = "One sweep over the rows from first to last: {}."

    @property
    def stepped(self) -> bool:
        """Whether several rows are taken together."""
        return self.layout.costly and bool(self.layout.columns)

    def cell(self, name: str) -> str:
        layout = self.layout
        return f"{layout.output(name) if name in self.sweep.names else layout.within_name(name)}[i, j]"

    def stored(self, name: str) -> str:
        output = self.layout.store[name]
        if output:
            return self.cell(output)
        return f"{self.layout.marked(name, '_kept')}[{'slot, j' if self.stepped else 'j'}]"

    def number(self, name: str, hoists: bool) -> str:
        if not self.stepped or name in self.here:
            return self.layout.local(name)
        return self.read(self._place(name), name) if hoists else self._place(name)

    def read(self, text: str, name: str) -> str:
        return self.hoisted.setdefault(text, self.layout.local(name))

    def held(self, text: str, node: Node, number: int) -> str:
        return self.hoisted.setdefault(text, f"held{number}{len(self.hoisted)}")

    def label_place(self, name: str, label: str) -> str:
        return f"{self.layout.output(name)}[i, {label}]"

    def _place(self, name: str) -> str:
        """Where a number of the row is kept; nowhere if only the loop at hand needs it."""
        if any(let.name == name for let in self.layout.made):
            return f"{self.layout.output(name)}[i]"
        return f"{self.layout.marked(name, '_rows')}[slot]" if self.stepped and name in self.layout.between else ""

    def put(self, let: Let) -> list[str]:
        self.here.add(let.name)
        place = self._place(let.name)
        return [f"{place} = {self.layout.local(let.name)}"] if place else []

    def counted(self, let: Let, text: str) -> list[str]:
        total = self.total(let.name)
        alone = self.stepped or not self.layout.columns
        return [folded(let, total, text) if alone else gathered(let, f"{total}s", text)]

    def room(self) -> list[str]:
        """Space for what is kept between passes, and how many rows are taken together."""
        cells = " + ".join(["1", *self.layout.columns.values()])
        sums = [x.name for x in self.layout.of(COLUMN) if op(x) == "sum"]
        lines = [f"{self.total(name)} = np.full({self.width(name)}, zero)" for name in sums]
        lines += [f"step = max(1, min({_STEP}, {_CELLS} // ({cells})))"] if self.stepped else []
        for name, output in self.layout.store.items():
            if not output:
                shape = f"(step, {self.width(name)})" if self.stepped else self.width(name)
                lines.append(f"{self.layout.marked(name, '_kept')} = np.empty({shape}, type(zero))")
        made = {let.name for let in self.layout.made}
        rows = sorted(self.layout.between - made) if self.stepped else []
        return lines + [f"{self.layout.marked(name, '_rows')} = np.empty(step, type(zero))" for name in rows]

    def swept(self) -> list[str]:
        """The loops over rows: blocks whose sums are taken in the arrays' own type, and steps that stay in cache."""
        layout = self.layout
        passes = range(1 + max(self.schedule.passes.values(), default=0))
        if self.stepped:
            body = ["stop = min(begin + step, last)", *(line for number in passes for line in self._step(number))]
        else:
            body = [line for number in passes for line in (*self._cells(number), *self.rows_of(number))]
        sums = [let for let in layout.of(COLUMN) if op(let) == "sum"]
        flat = [] if layout.columns else layout.of(TOTAL)
        if not sums and not flat:
            over = "for begin in range(first, last, step):" if self.stepped else _rows_from("first", "last")
            return [over, *indented(body)]
        rows = _BLOCK if layout.columns else _FLAT_BLOCK
        end = f"min(start + {rows}, last)"
        over = f"for begin in range(start, {end}, step):" if self.stepped else _rows_from("start", end)
        opening = [f"{self.total(x.name)} = {start(x)}" for x in flat]
        opening += [f"{self.total(x.name)}[:] = zero" for x in sums]
        close = [gathered(x, f"{self.total(x.name)}s", self.total(x.name)) for x in flat]
        close += [f"{layout.output(x.name)}[part] += {self.total(x.name)}" for x in sums]
        if self.stepped:
            body[0] = f"stop = min(begin + step, start + {rows}, last)"
        block = [*opening, over, *indented(body), *close]
        return [f"for start in range(first, last, {rows}):", *indented(block)]

    def _step(self, number: int) -> list[str]:
        """One pass over several rows: along each, then down the numbers of the rows themselves."""
        self.here = set()
        along = self._cells(number)
        lines = [*_ROWS_HERE, *indented(along)] if along else []
        down = self.rows_of(number)
        sums = [x for x in self.layout.at(number) if self.layout.loop(x)[1] and self.sweep.places[x.name].kind == TOTAL]
        lines += [f"{self.total(x.name)} = {start(x)}" for x in sums]
        lines += [*_ROWS_HERE, *indented(down)] if down else []
        return lines + [gathered(x, f"{self.total(x.name)}s", self.total(x.name)) for x in sums]

    def _cells(self, number: int) -> list[str]:
        return [line for cells in self.cells_of(number) for line in self._along(cells, number)]

    def _along(self, cells: list[Let], number: int) -> list[str]:
        """One loop along the columns of a row."""
        layout, kinds = self.layout, {x.name: self.sweep.places[x.name].kind for x in cells}
        folds = [x for x in cells if kinds[x.name] in (ROW, TOTAL)]
        lines = [f"{layout.local(x.name)} = {start(x)}" for x in folds]
        self.hoisted = {}
        inner = [line for let in cells for line in self.cell_lines(let, number, self._fold(let))]
        lines += [f"{name} = {text}" for text, name in self.hoisted.items()]
        lines += [f"for j in range({self.width(cells[0].name)}):", *indented(inner), *self.afterwards]
        self.afterwards = []
        for let in folds:
            total = kinds[let.name] == TOTAL
            lines += [gathered(let, f"{self.total(let.name)}s", layout.local(let.name))] if total else self.put(let)
        return lines

    def _fold(self, let: Let) -> Callable[[str], str]:
        """The statement that takes the cell at hand in, which a sum down the columns does in order."""
        if self.sweep.places[let.name].kind != COLUMN:
            return partial(folded, let, self.layout.local(let.name))
        return partial(gathered if op(let) == "sum" else folded, let, f"{self.total(let.name)}[j]")


__all__ = ["Along"]
