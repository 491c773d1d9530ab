"""What the loops of a kernel say, whichever way they run. Owns: the frame of its function, and a formula at the row or
cell at hand. Never: the order of loops.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import ClassVar

from gradwright.core.build import ZERO
from gradwright.core.node import Node
from gradwright.emit.forms.labels import linear_in_label, present, zero_rows
from gradwright.emit.plan.names import identifier
from gradwright.emit.plan.program import Fold, Formula, Gather, Let, Product
from gradwright.emit.targets.native.cells import CellSpeller, Reader
from gradwright.emit.targets.native.layout import Layout
from gradwright.emit.targets.native.loops import CELL, COLUMN, TOTAL

_START = {"sum": "zero", "max": "-inf", "min": "inf", "prod": "one"}
_WIDE = {"zero": "0.0", "one": "1.0", "inf": "np.inf", "-inf": "-np.inf"}
_FOLD = {"sum": "_plus({a}, {b})", "prod": "{a} * ({b})", "max": "_larger({a}, {b})", "min": "_smaller({a}, {b})"}
_OVER_ROWS = {"sum": "{a} + {b}", "prod": "{a} * ({b})", "max": "max({a}, {b})", "min": "min({a}, {b})"}


def indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def op(let: Let) -> str:
    """How an array is folded."""
    return let.operation.op if isinstance(let.operation, Fold | Product) else ""


def formula(let: Let) -> Node:
    """What is computed at a cell."""
    assert isinstance(let.operation, Formula)
    return let.operation.body


def start(let: Let, wide: bool = False) -> str:
    """What a fold begins with, in the arrays' own type or in double."""
    return _WIDE[_START[op(let)]] if wide else _START[op(let)]


def folded(let: Let, total: str, text: str) -> str:
    """The statement that takes one more number in, of a loop that vectorises."""
    return f"{total} = {_FOLD[op(let)].format(a=total, b=text)}"


def gathered(let: Let, total: str, text: str) -> str:
    """The statement that brings two totals together."""
    return f"{total} = {_OVER_ROWS[op(let)].format(a=total, b=text)}"


class Body(Reader):
    """The text of a kernel's function."""

    NAME: ClassVar[str]
    SAID: ClassVar[str]

    def __init__(self, layout: Layout, constants: dict[str, str]) -> None:
        super().__init__(layout, constants)
        self.sweep, self.schedule = layout.sweep, layout.schedule
        self.hoisted: dict[str, str] = {}
        """What is the same along a row, computed before the loop at hand, and its names."""
        self.afterwards: list[str] = []
        """What is added at the row's label when the loop at hand is over."""
        self.here: set[str] = set()
        """Numbers of the row that the loop at hand has computed."""

    @abstractmethod
    def label_place(self, name: str, label: str) -> str:
        """An output's cell at the row's label."""

    @abstractmethod
    def room(self) -> list[str]:
        """Space for what is kept between loops."""

    @abstractmethod
    def swept(self) -> list[str]:
        """The loops over all rows."""

    @abstractmethod
    def counted(self, let: Let, text: str) -> list[str]:
        """A number of the row that is folded over the rows."""

    @abstractmethod
    def put(self, let: Let) -> list[str]:
        """A number of the row that the loop at hand has computed goes where other loops find it."""

    def parameters(self) -> list[str]:
        """What the function is given after the part and its range of rows."""
        layout = self.layout
        given = [identifier(g) for g in layout.given if g not in layout.over]
        return [*given, *(layout.output(m.name) for m in layout.made), *layout.counts, *self.constants.values(),
                "zero", "one", "inf"]  # fmt: skip

    def text(self, name: str, lines: list[str]) -> str:
        """The function, called by a name of its kind, with its loops."""
        layout = self.layout
        totals, columns = layout.of(TOTAL), [x for x in layout.of(COLUMN) if op(x) != "sum"]
        opening = [f"{text} = {layout.extent(dim, named=layout.within_name)}" for dim, text in layout.columns.items()]
        opening += [f"{self.total(x.name)}s = {start(x, wide=True)}" for x in totals]
        opening += [f"{self.total(x.name)} = np.full({self.width(x.name)}, {start(x)})" for x in columns]
        opening += self.room()
        closing = [f"{layout.output(x.name)}[part] = {self.total(x.name)}s" for x in totals]
        closing += [f"{layout.output(x.name)}[part] = {self.total(x.name)}" for x in columns]
        what = ", ".join(identifier(m.name) for m in layout.made)
        parameters = ", ".join(["part", "first", "last", *self.parameters()])
        return "\n".join([
            "@_compiled",
            f"def {self.NAME.format(name)}({parameters}):  # type: ignore[no-untyped-def]",
            f'    """{self.SAID.format(what)}"""',
            *indented([*opening, *lines, *closing]),
            "",
        ])  # fmt: skip

    def total(self, name: str) -> str:
        """The variable that gathers a sum over rows."""
        return self.layout.marked(name, "_sum")

    def width(self, name: str) -> str:
        """The variable that holds the extent of an array's columns."""
        dim = self.layout.column(name)
        assert dim is not None
        return self.layout.columns[dim]

    def cells_of(self, number: int) -> list[list[Let]]:
        """What a pass computes in loops along the columns, for each kind of column."""
        kinds = [[x for x in self.layout.at(number) if self.layout.column(x.name) == d] for d in self.layout.columns]
        return [cells for cells in kinds if cells]

    def rows_of(self, number: int) -> list[str]:
        """What a pass computes of the row itself."""
        self.here = set()
        lets = [let for let in self.layout.at(number) if self.sweep.places[let.name].column is None]
        return [line for let in lets for line in self._row(let, number)]

    def _row(self, let: Let, number: int) -> list[str]:
        """A number of the row itself."""
        place = self.sweep.places[let.name]
        if isinstance(let.operation, Gather):
            text = self._label_entry(let.operation)
        else:
            text = CellSpeller(self, place, number, False).say(formula(let))[0]
        if place.kind == TOTAL:
            return self.counted(let, text)
        return [f"{self.layout.local(let.name)} = {text}", *self.put(let)]

    def _label_entry(self, gather: Gather) -> str:
        label = self._label(gather.label.name)
        array = self.layout.within_name(gather.source.name)
        return f"{array}[i, {label}]" if len(gather.source.slots) == 2 else f"{array}[{label}]"

    def _label(self, name: str) -> str:
        """A row's label as a place; one that stands for a row of zeros reads the first, and the value is dropped."""
        text = f"{identifier(name)}[i]"
        return f"max({text}, 0)" if zero_rows(self.layout.plan.context, name) else text

    def cell_lines(self, let: Let, number: int, fold: Callable[[str], str]) -> list[str]:
        """An array at the cell at hand; ``fold`` is the statement that folds it, if it is folded."""
        layout, name = self.layout, self.layout.local(let.name)
        place, made = self.sweep.places[let.name], let in self.layout.made
        body = formula(let)
        found = linear_in_label(body) if made and place.kind == CELL else None
        if found is not None and found[0] is not ZERO and place.row in found[2].left.free:
            # what stands at the row's label alone is added after the pass
            body, share, label = found
            share = present(label.left, share, layout.plan.context)
            at = self.label_place(let.name, self._label(min(label.left.names)))
            self.afterwards.append(f"{at} += {CellSpeller(self, place, number, False).say(share)[0]}")
        text = CellSpeller(self, place, number).say(body)[0]
        if op(let):
            return [fold(text)]
        lines = [f"{name} = {text}"]
        if let.name in layout.store:
            lines.append(f"{self.stored(let.name)} = {name}")
        return [*lines, f"{self.cell(let.name)} = {name}"] if made and layout.store.get(let.name) != let.name else lines
