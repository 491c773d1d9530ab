"""What a kernel is before it is written. Owns: when and where each array of a sweep is computed and kept, names.
Never: plans, the text of a loop.
"""

from __future__ import annotations

from functools import cached_property

from gradwright.core.index import Dim, names_of
from gradwright.core.node import Entry
from gradwright.core.record import dataclass
from gradwright.emit.loops import program as ir
from gradwright.emit.loops.read import counted
from gradwright.emit.loops.sweeps import CELL, COLUMN, ROW, TOTAL, Schedule, Sweep, costly, needed, scheduled
from gradwright.emit.plan.names import extent, identifier
from gradwright.emit.plan.program import Fold, Gather, Let, Program


@dataclass(frozen=True)
class Layout:
    """One sweep as a kernel computes it; ``wanted`` are the names that are read after it, ``labels`` hold class labels,
    ``reuse`` says that arrays which nobody reads any more may be written over."""

    sweep: Sweep
    plan: Program
    wanted: frozenset[str]
    labels: frozenset[str] = frozenset()
    reuse: bool = True

    @cached_property
    def made(self) -> list[Let]:
        """The outputs."""
        return [let for let in self.sweep.lets if let.name in self.wanted]

    @cached_property
    def schedule(self) -> Schedule:
        return scheduled(self.sweep, [let.name for let in self.made])

    @cached_property
    def when(self) -> dict[str, tuple[int, int]]:
        """When an array is computed: its pass, and its turn in that."""
        passes = self.schedule.passes
        return {x.name: (passes[x.name], k) for k, x in enumerate(self.sweep.lets) if x.name in passes}

    @cached_property
    def tops(self) -> dict[str, Let]:
        """Maxima, computed here or before."""
        return {x.name: x for x in self.plan.lets if isinstance(x.operation, Fold) and x.operation.op == "max"}

    @cached_property
    def given(self) -> dict[str, int]:
        """Arrays the sweep reads and does not compute, and how many axes they have."""
        entries = {n.name: len(n.slots) for let in self.sweep.lets for n in let.nodes if isinstance(n, Entry)}
        return {n: rank for n, rank in sorted(entries.items()) if n not in self.sweep.names}

    @cached_property
    def columns(self) -> dict[Dim, ir.Var]:
        """The variable that holds the extent of each kind of column."""
        dims = dict.fromkeys(p.column.dim for p in self.sweep.places.values() if p.column is not None)
        names = ["columns"] if len(dims) == 1 else [f"columns{k}" for k in range(1, len(dims) + 1)]
        return {dim: ir.Var(name, ir.Kind.INDEX) for dim, name in zip(dims, names, strict=True)}

    @cached_property
    def counts(self) -> list[ir.Var]:
        """Extents of columns that no array has, which the kernel is given."""
        alone = [dim for dim in self.columns if self._holder(dim, True) is None]
        return [ir.Var(identifier(name), ir.Kind.INDEX) for dim in alone for name in sorted(names_of(dim))]

    @cached_property
    def costly(self) -> bool:
        """Whether numbers of the rows hold functions, which are better computed side by side."""
        places = self.sweep.places
        rows = [x for x in self.sweep.lets if places[x.name].column is None and not isinstance(x.operation, Gather)]
        return any(map(costly, rows))

    @cached_property
    def store(self) -> dict[str, str]:
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
        readers = [x for x in self.sweep.lets if name in needed(x, self.schedule, self.sweep)]
        return all(self.when[x.name] <= self.when[other] for x in readers if x.name in self.when)

    @cached_property
    def over(self) -> dict[str, str]:
        """Arrays computed before that nothing reads any more, and the cells that take their place."""
        mine = {let.name for let in self.plan.lets}
        found: dict[str, str] = {}
        for name, rank in self.given.items() if self.reuse else ():
            free = [let for let in self.of(CELL) if let.name not in found.values()]
            fitting = [let for let in free if self._read_before(name, let)]
            if rank == 2 and name in mine and name not in self.wanted and fitting:
                found[name] = fitting[0].name
        return found

    def _read_before(self, name: str, let: Let) -> bool:
        """Whether all that read an array have read a cell of it when the cell's place in another is first written."""
        stored = [n for n, place in self.store.items() if place == let.name]
        first = min(self.when[n] for n in (let.name, *stored))
        readers = [x for x in self.sweep.lets if x.name not in self.schedule.inlined
                   and name in {*x.reads, *self._through(x)}]  # fmt: skip
        along = [x for x in readers if self.column(x.name) == self.column(let.name)]
        across = [x for x in readers if x not in along and self.when[x.name][0] >= first[0]]
        return bool(along) and not across and all(self.when[x.name] <= first for x in along)

    def _through(self, let: Let) -> set[str]:
        """Names an array reads by way of what is computed again in it."""
        again = needed(let, self.schedule, self.sweep) & self.schedule.inlined.keys()
        return {name for n in again for name in self.schedule.inlined[n].reads}

    @cached_property
    def between(self) -> set[str]:
        """Numbers of the row that one loop computes and another reads."""
        loops = {let.name: self.loop(let) for let in self.sweep.lets if self.sweep.places[let.name].kind == ROW}
        return {
            n
            for x in self.sweep.lets
            if x.name in self.schedule.passes
            for n in needed(x, self.schedule, self.sweep)
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

    def output(self, name: str) -> ir.Array:
        """The parameter an array is written to."""
        kind = self.sweep.places[name].kind
        wide = ir.Kind.WIDE if kind in (COLUMN, TOTAL) else ir.Kind.REAL
        return ir.Array(self.marked(name, "_"), 2 if kind in (CELL, COLUMN) else 1, wide)

    def within(self, name: str) -> ir.Array | ir.Var:
        """What a given array, or number, is in the kernel."""
        return self.output(self.over[name]) if name in self.over else self.outside(name)

    def outside(self, name: str) -> ir.Array | ir.Var:
        """What it is for whoever calls the kernel."""
        rank, label = self.given[name], name in self.labels
        if not rank:
            return ir.Var(identifier(name), ir.Kind.INDEX if label else ir.Kind.REAL)
        return ir.Array(identifier(name), rank, ir.Kind.LABEL if label else ir.Kind.REAL)

    def local(self, name: str) -> ir.Var:
        """The variable that holds an array's number at the row or cell at hand."""
        return ir.Var(self.marked(name, "_i"))

    def extent(self, dim: Dim, column: bool = True, inside: bool = False) -> ir.Expr:
        """The extent of a column or of the rows, off an array that has it, as the kernel or its caller says it."""
        found = self._holder(dim, column)
        if found is None:
            return counted(extent(dim))
        array = self.within(found[0]) if inside else self.outside(found[0])
        assert isinstance(array, ir.Array)
        return ir.Extent(array, found[1])

    def _holder(self, dim: Dim, column: bool) -> tuple[str, int] | None:
        """A given array that has a column's extent or that of the rows, and which of its axes has it."""
        for let in self.sweep.lets:
            place = self.sweep.places[let.name]
            index = place.column if column else place.row
            for node in let.nodes:
                if isinstance(node, Entry) and node.name in self.given and index in node.slots and index.dim == dim:
                    return node.name, node.slots.index(index)
        return None
