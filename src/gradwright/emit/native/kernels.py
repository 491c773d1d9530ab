"""Sweeps as compiled functions. Owns: the text of a loop over rows and of the statements that run it. Never: plans.

A kernel is called with a range of rows, one range per thread. Sums over rows are gathered per thread, in blocks of rows
in the arrays' own type and across blocks in double.
"""

from __future__ import annotations

from gradwright.core.build import ZERO, open_binder
from gradwright.core.index import Dim
from gradwright.core.node import Entry, MatFn, Reduce, walk
from gradwright.emit.forms.labels import TAKE, linear_in_label, present, zero_rows
from gradwright.emit.native.cells import CellSpeller
from gradwright.emit.native.loops import CELL, COLUMN, ROW, TOTAL, Sweep, costly, inside, needed, scheduled
from gradwright.emit.plan.lets import Let, Plan
from gradwright.emit.plan.names import identifier

_START = {"sum": "zero", "max": "-inf", "min": "inf", "prod": "one"}
_FOLD = {"sum": "_plus({a}, {b})", "prod": "{a} * ({b})", "max": "_larger({a}, {b})", "min": "_smaller({a}, {b})"}
_OVER_ROWS = {"sum": "{a} + {b}", "prod": "{a} * ({b})", "max": "max({a}, {b})", "min": "min({a}, {b})"}
_BLOCK, _FLAT_BLOCK = 256, 4096
"""Rows whose sum is taken in the arrays' own type, with and without columns."""
_STEP, _CELLS = 256, 2048
"""Rows taken together, and the cells in them, at the most."""


_ROWS_HERE = ["for slot in range(stop - begin):", "    i = np.uint64(begin + slot)"]


def _rows_from(first: str, last: str) -> str:
    """The loop over rows: a number without a sign is no index from the end, so the loop vectorises."""
    return f"for i in range(np.uint64({first}), np.uint64({last})):"


def indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


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
        self.hoisted: dict[str, str] = {}
        self.afterwards: list[str] = []
        self.tops = {let.name: let for let in plan.lets if isinstance(let.body, Reduce) and let.body.op == "max"}
        entries: dict[str, int] = {}
        for let in sweep.lets:
            body = let.body if isinstance(let.body, MatFn) else inside(let)[0]
            entries |= {n.name: len(n.slots) for n in walk(body) if isinstance(n, Entry)}
            if isinstance(let.body, MatFn):
                entries[let.body.fn.removeprefix(TAKE)] = 1
        self.given = {n: rank for n, rank in sorted(entries.items()) if n not in sweep.names}
        self.columns = self._columns()
        self.here: set[str] = set()
        """Numbers of the row that the loop at hand has computed."""
        rows = [x for x in sweep.lets if sweep.places[x.name].column is None and not isinstance(x.body, MatFn)]
        self.stepped = bool(self.columns) and any(costly(inside(let)[0]) for let in rows)
        """Whether several rows are taken together, so that the numbers of the rows are computed side by side."""
        self.store = self._stores()
        self._write_over(wanted)
        self.rows = self._rows()

    def _write_over(self, wanted: set[str]) -> None:
        """Let a cell take the place of an array computed before that nothing reads any more."""
        mine = {let.name for let in self.plan.lets}
        for name, rank in self.given.items():
            free = [let for let in self._of(CELL) if let.name not in self.over.values()]
            fitting = [let for let in free if self._read_before(name, let)]
            if rank == 2 and name in mine and name not in wanted and fitting:
                self.over[name] = fitting[0].name

    def _read_before(self, name: str, let: Let) -> bool:
        """Whether all that read an array have read a cell of it when the cell's place in another is first written."""
        stored = [n for n, place in self.store.items() if place == f"{self.output(let.name)}[i, j]"]
        first = min(self.when[n] for n in (let.name, *stored))
        readers = [x for x in self.sweep.lets if x.name not in self.schedule.inlined
                   and name in {*x.body.names, *self._through(x)}]  # fmt: skip
        along = [x for x in readers if self._columns_of(x.name) == self._columns_of(let.name)]
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
        """Where cells kept between passes live: in an output written later, or in a row of their own."""
        cells = [let.name for let in self.made if self.sweep.places[let.name].kind == CELL]
        free = [name for name in cells if name not in self.schedule.kept]
        stores = {}
        for name in sorted(self.schedule.kept):
            if name in cells:
                stores[name] = f"{self.output(name)}[i, j]"
                continue
            kept = f"{self.marked(name, '_kept')}[{'slot, j' if self.stepped else 'j'}]"
            later = [n for n in free if self._columns_of(n) == self._columns_of(name) and self._kept_until(name, n)]
            if later:
                free.remove(later[0])
            stores[name] = f"{self.output(later[0])}[i, j]" if later else kept
        return stores

    def _kept_until(self, name: str, other: str) -> bool:
        """Whether the other cell is written only when all that read a kept one have done so."""
        readers = [x for x in self.sweep.lets if name in needed(inside(x)[0], self.schedule, self.sweep)]
        return all(self.when[x.name] <= self.when[other] for x in readers if x.name in self.when)

    def _columns_of(self, name: str) -> Dim | None:
        column = self.sweep.places[name].column
        return column.dim if column is not None else None

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

    def total(self, name: str) -> str:
        """The variable that gathers a sum over rows."""
        return self.marked(name, "_sum")

    def constant(self, text: str) -> str:
        """A number passed in, so that it has the type the arrays have."""
        return self.constants.setdefault(text, f"number{len(self.constants)}")

    # --- text ---

    def text(self) -> str:
        totals, columns = self._of(TOTAL), self._of(COLUMN)
        opening = [f"{text} = {self._extent(dim, here=True)}" for dim, text in self.columns.items()]
        opening += [f"{self.total(x.name)}s = {self._start(x, wide=True)}" for x in totals]
        opening += [f"{self.total(x.name)} = np.full({self._width(x.name)}, {self._start(x)})" for x in columns]
        opening += self._room()
        lines = self._swept()
        closing = [f"{self.output(x.name)}[part] = {self.total(x.name)}s" for x in totals]
        closing += [f"{self.output(x.name)}[part] = {self.total(x.name)}" for x in columns if self._op(x) != "sum"]
        what = ", ".join(identifier(m.name) for m in self.made)
        parameters = ", ".join(["part", "first", "last", *self._parameters()])
        return "\n".join([
            "@_compiled",
            f"def {self.name}({parameters}):  # type: ignore[no-untyped-def]",
            f'    """One sweep over the rows from first to last: {what}."""',
            *(f"    {line}" for line in (*opening, *lines, *closing)),
            "",
        ])  # fmt: skip

    def _of(self, kind: str) -> list[Let]:
        return [let for let in self.made if self.sweep.places[let.name].kind == kind]

    def _room(self) -> list[str]:
        """Space for what is kept between passes, and how many rows are taken together."""
        cells = " + ".join(["1", *self.columns.values()])
        lines = [f"step = max(1, min({_STEP}, {_CELLS} // ({cells})))"] if self.stepped else []
        for name, place in self.store.items():
            if "_kept[" in place:
                shape = f"(step, {self._width(name)})" if self.stepped else self._width(name)
                lines.append(f"{self.marked(name, '_kept')} = np.empty({shape}, type(zero))")
        return lines + [f"{self.marked(name, '_rows')} = np.empty(step, type(zero))" for name in sorted(self.rows)]

    def _swept(self) -> list[str]:
        """The loops over rows: blocks whose sums are taken in the arrays' own type, and steps that stay in cache."""
        passes = range(1 + max(self.schedule.passes.values(), default=0))
        if self.stepped:
            body = ["stop = min(begin + step, last)", *(line for number in passes for line in self._step(number))]
        else:
            body = [line for number in passes for line in self._pass(number)]
        sums = [let for let in self._of(COLUMN) if self._op(let) == "sum"]
        flat = [] if self.columns else self._of(TOTAL)
        if not sums and not flat:
            over = "for begin in range(first, last, step):" if self.stepped else _rows_from("first", "last")
            return [over, *indented(body)]
        rows = _BLOCK if self.columns else _FLAT_BLOCK
        end = f"min(start + {rows}, last)"
        over = f"for begin in range(start, {end}, step):" if self.stepped else _rows_from("start", end)
        start = [f"{self.total(x.name)} = {self._start(x)}" for x in flat]
        start += [f"{self.total(x.name)}[:] = zero" for x in sums]
        close = [self._gathered(let) for let in flat]
        close += [f"{self.output(x.name)}[part] += {self.total(x.name)}" for x in sums]
        if self.stepped:
            body[0] = f"stop = min(begin + step, start + {rows}, last)"
        block = [*start, over, *indented(body), *close]
        return [f"for start in range(first, last, {rows}):", *indented(block)]

    def _parameters(self) -> list[str]:
        given = [identifier(g) for g in self.given if g not in self.over]
        return [*given, *(self.output(m.name) for m in self.made), *self.counts, *self.constants.values(),
                "zero", "one", "inf"]  # fmt: skip

    def _op(self, let: Let) -> str:
        return let.body.op if isinstance(let.body, Reduce) else ""

    def _start(self, let: Let, wide: bool = False) -> str:
        wides = {"zero": "0.0", "one": "1.0", "inf": "np.inf", "-inf": "-np.inf"}
        return wides[_START[self._op(let)]] if wide else _START[self._op(let)]

    def _gathered(self, let: Let) -> str:
        total = self.total(let.name)
        return f"{total}s = {_OVER_ROWS[self._op(let)].format(a=total + 's', b=total)}"

    def _width(self, name: str) -> str:
        dim = self._columns_of(name)
        assert dim is not None
        return self.columns[dim]

    def _extents(self) -> list[tuple[str, str]]:
        return [(text, self._extent(dim)) for dim, text in self.columns.items()]

    def _extent(self, dim: Dim, column: bool = True, here: bool = False) -> str:
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

    def _pass(self, number: int) -> list[str]:
        """One pass over a row."""
        return [*self._cells_of(number), *self._rows_of(number)]

    def _step(self, number: int) -> list[str]:
        """One pass over several rows: along each, then down the numbers of the rows themselves."""
        lines: list[str] = []
        self.here = set()
        along = self._cells_of(number)
        lines += [*_ROWS_HERE, *indented(along)] if along else []
        self.here = set()
        down = self._rows_of(number)
        sums = [x for x in self._at(number) if self.loop(x)[1] and self.sweep.places[x.name].kind == TOTAL]
        lines += [f"{self.total(x.name)} = {self._start(x)}" for x in sums]
        lines += [*_ROWS_HERE, *indented(down)] if down else []
        return lines + [self._gathered(x) for x in sums]

    def _at(self, number: int) -> list[Let]:
        return [let for let in self.sweep.lets if self.schedule.passes.get(let.name) == number]

    def _cells_of(self, number: int) -> list[str]:
        lines: list[str] = []
        for dim, width in self.columns.items():
            cells = [let for let in self._at(number) if self._columns_of(let.name) == dim]
            lines += self._along(cells, number, width) if cells else []
        return lines

    def _rows_of(self, number: int) -> list[str]:
        lets = [let for let in self._at(number) if self.sweep.places[let.name].column is None]
        return [line for let in lets for line in self._row(let, number)]

    def _along(self, cells: list[Let], number: int, width: str) -> list[str]:
        """One loop along the columns of a row."""
        folds = [x for x in cells if self.sweep.places[x.name].kind in (ROW, TOTAL)]
        lines = [f"{self.local(x.name)} = {self._start(x)}" for x in folds]
        self.hoisted = {}
        inner = [f"    {line}" for let in cells for line in self._cell(let, number)]
        lines += [f"{name} = {text}" for text, name in self.hoisted.items()]
        lines += [f"for j in range({width}):", *inner, *self.afterwards]
        self.afterwards = []
        for let in folds:
            if self.sweep.places[let.name].kind == TOTAL:
                total = f"{self.total(let.name)}s"
                lines.append(f"{total} = {_OVER_ROWS[self._op(let)].format(a=total, b=self.local(let.name))}")
            else:
                lines += self._kept_row(let)
        return lines

    def _kept_row(self, let: Let) -> list[str]:
        """A number of the row, put where later loops find it."""
        self.here.add(let.name)
        place = self.row_place(let.name)
        return [f"{place} = {self.local(let.name)}"] if place else []

    def row_place(self, name: str) -> str:
        """Where a number of the row is kept; nowhere if only the loop at hand needs it."""
        if any(let.name == name for let in self.made):
            return f"{self.output(name)}[i]"
        return f"{self.marked(name, '_rows')}[slot]" if name in self.rows else ""

    def loop(self, let: Let) -> tuple[int | None, bool]:
        """Which loop computes an array: its pass, and whether it is one down the rows."""
        return self.schedule.passes.get(let.name), self.sweep.places[let.name].column is None

    def _rows(self) -> set[str]:
        """Numbers of the row that one loop computes and another reads."""
        loops = {let.name: self.loop(let) for let in self.sweep.lets if self.sweep.places[let.name].kind == ROW}
        readers = [x for x in self.sweep.lets if x.name in self.schedule.passes]
        found = {
            n
            for x in readers
            for n in needed(inside(x)[0], self.schedule, self.sweep)
            if n in loops and self.loop(x) != loops[n]
        }
        return found - {let.name for let in self.made} if self.stepped else set()

    def _row(self, let: Let, number: int) -> list[str]:
        """A number of the row itself."""
        place = self.sweep.places[let.name]
        text = self._label_entry(let) if isinstance(let.body, MatFn) else self._said(let, number)
        if place.kind == TOTAL and (self.stepped or not self.columns):
            total = self.total(let.name)
            return [f"{total} = {_FOLD[self._op(let)].format(a=total, b=text)}"]
        if place.kind == TOTAL:
            total = f"{self.total(let.name)}s"
            return [f"{total} = {_OVER_ROWS[self._op(let)].format(a=total, b=text)}"]
        return [f"{self.local(let.name)} = {text}", *self._kept_row(let)]

    def _label_entry(self, let: Let) -> str:
        assert isinstance(let.body, MatFn)
        name = let.body.fn.removeprefix(TAKE)
        label = self._place_of(name)
        _, inner = open_binder(let.body)
        assert isinstance(inner, Entry)
        array = self.within_name(inner.name)
        return f"{array}[i, {label}]" if len(inner.slots) == 2 else f"{array}[{label}]"

    def _place_of(self, name: str) -> str:
        """A row's label as a place; one that stands for a row of zeros reads the first, and the value is dropped."""
        return f"max({identifier(name)}[i], 0)" if zero_rows(self.plan.context, name) else f"{identifier(name)}[i]"

    def _cell(self, let: Let, number: int) -> list[str]:
        place, name = self.sweep.places[let.name], self.local(let.name)
        body, _ = inside(let)
        found = linear_in_label(body) if let in self.made and place.kind == CELL else None
        if found is not None and found[0] is not ZERO and place.row in found[2].left.free:
            # what stands at the row's label alone is added after the pass
            body, share, label = found
            share = present(label.left, share, self.plan.context)
            at = f"{self.output(let.name)}[i, {self._place_of(min(label.left.names))}]"
            self.afterwards.append(f"{at} += {CellSpeller(self, place, number, False).say(share)[0]}")
        text = CellSpeller(self, place, number).say(body)[0]
        if place.kind == COLUMN:
            total = f"{self.total(let.name)}[j]"
            fold = _OVER_ROWS if self._op(let) == "sum" else _FOLD
            return [f"{total} = {fold[self._op(let)].format(a=total, b=text)}"]
        if isinstance(let.body, Reduce):
            return [f"{name} = {_FOLD[self._op(let)].format(a=name, b=text)}"]
        lines = [f"{name} = {text}"]
        if let.name in self.store:
            lines.append(f"{self.store[let.name]} = {name}")
        own = f"{self.output(let.name)}[i, j]"
        return [*lines, f"{own} = {name}"] if let in self.made and self.store.get(let.name) != own else lines

    def _said(self, let: Let, number: int) -> str:
        return CellSpeller(self, self.sweep.places[let.name], number, False).say(inside(let)[0])[0]

    # --- the call ---

    def call(self) -> list[str]:
        """The statements that run it."""
        rows = self._extent(self.sweep.row, column=False)
        widths = [extent for _, extent in self._extents()]
        lines = [f"parts = _parts({' * '.join([rows, *widths])})"]
        for let in self.made:
            name, place = identifier(let.name), self.sweep.places[let.name]
            width = self._extent(place.column.dim) if place.column is not None else ""
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
                     *(f"dtype.type({c})" for c in self.constants), "dtype.type(0)", "dtype.type(1)",
                     "dtype.type(np.inf)"]  # fmt: skip
        lines.append(f"_share({self.name}, parts, {rows}, {', '.join(arguments)})")
        for let in self.made:
            name, kind = identifier(let.name), self.sweep.places[let.name].kind
            if kind == TOTAL:
                lines.append(f"{name} = dtype.type(np.{self._op(let)}({name}))")
            elif kind == COLUMN:
                lines.append(f"{name} = np.{self._op(let)}({name}, axis=0).astype(dtype)")
        return lines
