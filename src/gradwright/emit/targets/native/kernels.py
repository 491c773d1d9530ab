"""Sweeps as compiled functions. Owns: when and where a kernel computes each array, and the statements that run it.
Never: plans, the text of a loop.

A kernel is called with a range of rows, one range per thread. ``along`` writes it as loops along rows, ``tiles`` as
loops down tiles of narrow ones; where extents are known at run time only, both are there.
"""

from __future__ import annotations

import re

from gradwright.core.index import Dim
from gradwright.core.node import Entry, MatFn, Reduce, walk
from gradwright.emit.forms.labels import TAKE
from gradwright.emit.plan.lets import Let, Plan, inside
from gradwright.emit.plan.names import identifier
from gradwright.emit.targets.native.along import Along
from gradwright.emit.targets.native.body import op
from gradwright.emit.targets.native.loops import CELL, COLUMN, ROW, TOTAL, Sweep, costly, needed, scheduled
from gradwright.emit.targets.native.tiles import NARROW, Tiles


def _divided(number: str) -> str:
    """A number; one over an extent of 0 is what NumPy says it is, not an error."""
    found = re.fullmatch(r"(-?[\w.]+) / (\w+|\([^()]*\))", number)
    return f"np.divide({found[1]}, {found[2]})" if found else number


class Kernel:
    """One sweep as a function of its own."""

    def __init__(self, sweep: Sweep, plan: Plan, wanted: set[str], name: str, target: str = "") -> None:
        self.sweep, self.plan, self.name, self.target = sweep, plan, name, target
        self.over: dict[str, str] = {}
        """Arrays whose cells are written over, and with which array."""
        self.made = [let for let in sweep.lets if let.name in wanted]
        self.schedule = scheduled(sweep, [let.name for let in self.made])
        passes = self.schedule.passes
        self.when = {x.name: (passes[x.name], k) for k, x in enumerate(sweep.lets) if x.name in passes}
        """When an array is computed: its pass, and its turn in that."""
        self.constants: dict[str, str] = {}
        self.counts: dict[str, None] = {}
        """Extents that no array has which the kernel is given."""
        self.tops = {let.name: let for let in plan.lets if isinstance(let.body, Reduce) and let.body.op == "max"}
        entries: dict[str, int] = {}
        for let in sweep.lets:
            body = let.body if isinstance(let.body, MatFn) else inside(let)[0]
            entries |= {n.name: len(n.slots) for n in walk(body) if isinstance(n, Entry)}
            if isinstance(let.body, MatFn):
                entries[let.body.fn.removeprefix(TAKE)] = 1
        self.given = {n: rank for n, rank in sorted(entries.items()) if n not in sweep.names}
        self.columns = self._columns()
        rows = [x for x in sweep.lets if sweep.places[x.name].column is None and not isinstance(x.body, MatFn)]
        self.costly = any(costly(inside(let)[0]) for let in rows)
        """Whether numbers of the rows hold functions, which are better computed side by side."""
        self.store = self._stores()
        self._write_over(wanted)
        self.between = self._between()

    def _write_over(self, wanted: set[str]) -> None:
        """Let a cell take the place of an array computed before that nothing reads any more."""
        mine = {let.name for let in self.plan.lets}
        for name, rank in self.given.items():
            free = [let for let in self.of(CELL) if let.name not in self.over.values()]
            fitting = [let for let in free if self._read_before(name, let)]
            if rank == 2 and name in mine and name not in wanted and fitting:
                self.over[name] = fitting[0].name

    def _read_before(self, name: str, let: Let) -> bool:
        """Whether all that read an array have read a cell of it when the cell's place in another is first written."""
        stored = [n for n, place in self.store.items() if place == let.name]
        first = min(self.when[n] for n in (let.name, *stored))
        readers = [x for x in self.sweep.lets if x.name not in self.schedule.inlined
                   and name in {*x.body.names, *self._through(x)}]  # fmt: skip
        along = [x for x in readers if self.column(x.name) == self.column(let.name)]
        across = [x for x in readers if x not in along and self.when[x.name][0] >= first[0]]
        return bool(along) and not across and all(self.when[x.name] <= first for x in along)

    def _through(self, let: Let) -> set[str]:
        """Names an array reads by way of what is computed again in it."""
        again = needed(inside(let)[0], self.schedule, self.sweep) & self.schedule.inlined.keys()
        return {name for n in again for name in self.schedule.inlined[n].body.names}

    def _columns(self) -> dict[Dim, str]:
        """The variable that holds the extent of each kind of column."""
        dims = dict.fromkeys(p.column.dim for p in self.sweep.places.values() if p.column is not None)
        return {dim: "columns" if len(dims) == 1 else f"columns{k}" for k, dim in enumerate(dims, 1)}

    def _stores(self) -> dict[str, str]:
        """The output in which a cell is kept between passes, itself or one written later; none where it needs room."""
        cells = [let.name for let in self.of(CELL)]
        free = [name for name in cells if name not in self.schedule.kept]
        stores = {}
        for name in sorted(self.schedule.kept):
            later = [n for n in free if self.column(n) == self.column(name) and self._kept_until(name, n)]
            stores[name] = name if name in cells else later[0] if later else ""
            if stores[name] in free:
                free.remove(stores[name])
        return stores

    def _kept_until(self, name: str, other: str) -> bool:
        """Whether the other cell is written only when all that read a kept one have done so."""
        readers = [x for x in self.sweep.lets if name in needed(inside(x)[0], self.schedule, self.sweep)]
        return all(self.when[x.name] <= self.when[other] for x in readers if x.name in self.when)

    def _between(self) -> set[str]:
        """Numbers of the row that one loop computes and another reads."""
        loops = {let.name: self.loop(let) for let in self.sweep.lets if self.sweep.places[let.name].kind == ROW}
        return {
            n
            for x in self.sweep.lets
            if x.name in self.schedule.passes
            for n in needed(inside(x)[0], self.schedule, self.sweep)
            if n in loops and self.loop(x) != loops[n]
        }

    def loop(self, let: Let) -> tuple[int | None, bool]:
        """Which loop computes an array: its pass, and whether it is one down the rows."""
        return self.schedule.passes.get(let.name), self.sweep.places[let.name].column is None

    def column(self, name: str) -> Dim | None:
        """What an array's columns run over."""
        column = self.sweep.places[name].column
        return column.dim if column is not None else None

    def of(self, kind: str) -> list[Let]:
        """The outputs of a kind."""
        return [let for let in self.made if self.sweep.places[let.name].kind == kind]

    def at(self, number: int) -> list[Let]:
        """What a pass computes."""
        return [let for let in self.sweep.lets if self.schedule.passes.get(let.name) == number]

    # --- names ---

    def marked(self, name: str, mark: str) -> str:
        """A variable of the kernel, called after an array; a user's name that ends in the mark stays the user's."""
        taken = {identifier(n) for n in (*self.given, *self.sweep.names)}
        text = f"{identifier(name)}{mark}"
        while text in taken:
            text += "_"
        return text

    def output(self, name: str) -> str:
        """The parameter an array is written to."""
        return self.marked(name, "_")

    def within_name(self, name: str) -> str:
        """What a given array is called in the kernel."""
        return self.output(self.over[name]) if name in self.over else identifier(name)

    def local(self, name: str) -> str:
        """The variable that holds an array's number at the row or cell at hand."""
        return self.marked(name, "_i")

    def constant(self, text: str) -> str:
        """A number passed in, so that it has the type the arrays have."""
        return self.constants.setdefault(text, f"number{len(self.constants)}")

    def parameters(self) -> list[str]:
        """What the function is given after the part and its range of rows."""
        given = [identifier(g) for g in self.given if g not in self.over]
        return [*given, *(self.output(m.name) for m in self.made), *self.counts, *self.constants.values(),
                "zero", "one", "inf"]  # fmt: skip

    def extent(self, dim: Dim, column: bool = True, here: bool = False) -> str:
        """The extent of the rows or of a column, read off an array that has it, in the kernel or where it is called."""
        for let in self.sweep.lets:
            place = self.sweep.places[let.name]
            index = place.column if column else place.row
            body = let.body if isinstance(let.body, MatFn) else inside(let)[0]
            for node in walk(body):
                if isinstance(node, Entry) and node.name in self.given and index in node.slots and index.dim == dim:
                    name = self.within_name(node.name) if here else identifier(node.name)
                    return f"{name}.shape[{node.slots.index(index)}]"
            if isinstance(let.body, MatFn) and not column:
                return f"{identifier(let.body.fn.removeprefix(TAKE))}.shape[0]"
        if isinstance(dim, str) and here:
            self.counts[identifier(dim)] = None
        return identifier(dim) if isinstance(dim, str) else str(dim)

    # --- text ---

    def text(self) -> str:
        """The function, or the two of which the call takes one."""
        bodies = [body(self) for body in self._bodies()]
        written = [body.swept() for body in bodies]  # both are given what either needs
        return "\n".join(body.text(lines) for body, lines in zip(bodies, written, strict=True))

    def _bodies(self) -> list[type[Along] | type[Tiles]]:
        """Tiles where rows are sure to be narrow, and beside the other where they may be; for folds along the rows
        and for functions, for nothing less is worth the turning."""
        along = [x for x in self.sweep.lets if self.sweep.places[x.name].column is not None]
        if not any(self.sweep.places[x.name].kind == ROW or costly(inside(x)[0]) for x in along):
            return [Along]
        known = [dim for dim in self.columns if isinstance(dim, int)]
        wide = any(dim > NARROW for dim in known)
        return [Along] if wide else [Tiles] if len(known) == len(self.columns) else [Along, Tiles]

    def call(self) -> list[str]:
        """The statements that run it."""
        rows = self.extent(self.sweep.row, column=False)
        widths = [self.extent(dim) for dim in self.columns]
        lines = [f"parts = _parts({' * '.join([rows, *widths])})"]
        for let in self.made:
            name, place = identifier(let.name), self.sweep.places[let.name]
            width = self.extent(place.column.dim) if place.column is not None else ""
            if place.kind == TOTAL:
                lines.append(f"{name} = np.empty(parts)")
            elif place.kind == COLUMN:
                lines.append(f"{name} = np.zeros((parts, {width}))")
            elif place.kind == ROW:
                made = f"_buffer(out, ({rows},), dtype)" if name == self.target else f"np.empty({rows}, dtype)"
                lines.append(f"{name} = {made}")
            elif let.name in self.over.values():
                lines.append(f"{name} = {next(identifier(g) for g, by in self.over.items() if by == let.name)}")
            else:
                shape = f"({rows}, {width})"
                lines.append(
                    f"{name} = "
                    + (f"_buffer(out, {shape}, dtype)" if name == self.target else f"np.empty({shape}, dtype)")
                )
        given = [identifier(g) if rank else f"dtype.type({identifier(g)})" for g, rank in self.given.items()
                 if g not in self.over]  # fmt: skip
        arguments = [*given, *(identifier(m.name) for m in self.made), *self.counts,
                     *(f"dtype.type({_divided(c)})" for c in self.constants), "dtype.type(0)", "dtype.type(1)",
                     "dtype.type(np.inf)"]  # fmt: skip
        names = [body.NAME.format(self.name) for body in self._bodies()]
        called = names[0]
        if len(names) > 1:
            widest = f"max({', '.join(dict.fromkeys(widths))})" if len(widths) > 1 else widths[0]
            called = f"{names[1]} if {widest} <= _NARROW else {names[0]}"
        lines.append(f"_share({called}, parts, {rows}, {', '.join(arguments)})")
        for let in self.made:
            name, kind = identifier(let.name), self.sweep.places[let.name].kind
            if kind == TOTAL:
                fold = "sum" if op(let) == "sum" else f"np.{op(let)}"
                lines.append(f"{name} = dtype.type({fold}({name}))")
            elif kind == COLUMN:
                lines.append(f"{name} = np.{op(let)}({name}, axis=0).astype(dtype)")
        return lines


__all__ = ["Kernel"]
