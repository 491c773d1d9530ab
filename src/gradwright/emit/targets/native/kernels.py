"""Sweeps as compiled functions. Owns: which loops a kernel is written as, and the statements that run it.
Never: plans, the text of a loop.

A kernel is called with a range of rows, one range per thread. ``along`` writes it as loops along rows, ``tiles`` as
loops down tiles of narrow ones; where extents are known at run time only, both are there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from gradwright.core.record import dataclass
from gradwright.emit.plan.names import identifier
from gradwright.emit.plan.program import Let, Program
from gradwright.emit.targets.native.along import Along
from gradwright.emit.targets.native.body import op
from gradwright.emit.targets.native.layout import Layout
from gradwright.emit.targets.native.loops import CELL, COLUMN, ROW, TOTAL, Sweep, costly
from gradwright.emit.targets.native.tiles import NARROW, Tiles


@dataclass(frozen=True)
class Kernel:
    """One sweep as functions of which a call takes one: what each is called, its text, and the numbers it is given."""

    layout: Layout
    names: Sequence[str]
    texts: Sequence[str]
    constants: Mapping[str, str]
    """The texts of numbers, and what the functions call them."""

    @property
    def over(self) -> Mapping[str, str]:
        """Arrays computed before that are written over, and by which."""
        return self.layout.over

    @property
    def widths(self) -> list[str]:
        """The extents of the columns."""
        return [self.layout.extent(dim) for dim in self.layout.columns]

    @property
    def chosen(self) -> str:
        """Which function is called, as an expression."""
        if len(self.names) == 1:
            return self.names[0]
        widths = list(dict.fromkeys(self.widths))
        widest = f"max({', '.join(widths)})" if len(widths) > 1 else widths[0]
        return f"{self.names[1]} if {widest} <= _NARROW else {self.names[0]}"


def kernel(sweep: Sweep, plan: Program, wanted: Collection[str], name: str, reuse: bool = True) -> Kernel:
    """The sweep's function, or the two of which the call takes one; ``reuse``: arrays may be written over."""
    layout = Layout(sweep, plan, frozenset(wanted), reuse)
    constants: dict[str, str] = {}
    bodies = [kind(layout, constants) for kind in _kinds(layout)]
    written = [body.swept() for body in bodies]  # both are given what either needs
    texts = [body.text(name, lines) for body, lines in zip(bodies, written, strict=True)]
    return Kernel(layout, [body.NAME.format(name) for body in bodies], texts, constants)


def call(kernel: Kernel, target: str) -> list[str]:
    """The statements that run it; ``target`` is what goes into the user's buffer."""
    layout = kernel.layout
    rows = layout.extent(layout.sweep.row, column=False)
    return [
        f"parts = _parts({' * '.join([rows, *kernel.widths])})",
        *(f"{identifier(let.name)} = {_opened(let, layout, rows, target)}" for let in layout.made),
        f"_share({kernel.chosen}, parts, {rows}, {', '.join(_arguments(layout, kernel.constants))})",
        *(line for let in layout.made for line in _closed(let, layout)),
    ]


def _kinds(layout: Layout) -> list[type[Along] | type[Tiles]]:
    """Tiles where rows are sure to be narrow, and beside the other where they may be; for folds along the rows
    and for functions, for nothing less is worth the turning."""
    along = [x for x in layout.sweep.lets if layout.sweep.places[x.name].column is not None]
    if not any(layout.sweep.places[x.name].kind == ROW or costly(x) for x in along):
        return [Along]
    known = [dim for dim in layout.columns if isinstance(dim, int)]
    wide = any(dim > NARROW for dim in known)
    return [Along] if wide else [Tiles] if len(known) == len(layout.columns) else [Along, Tiles]


def _opened(let: Let, layout: Layout, rows: str, target: str) -> str:
    """The array that an output is written to."""
    place = layout.sweep.places[let.name]
    width = layout.extent(place.column.dim) if place.column is not None else ""
    if place.kind == TOTAL:
        return "np.empty(parts)"
    if place.kind == COLUMN:
        return f"np.zeros((parts, {width}))"
    under = next((identifier(g) for g, by in layout.over.items() if by == let.name), None)
    if under is not None:
        return f"_contiguous({under})"
    shape = f"({rows}, {width})" if place.kind == CELL else f"({rows},)"
    if identifier(let.name) == target:
        return f"_buffer(out, {shape}, dtype)"
    return f"np.empty({shape if place.kind == CELL else rows}, dtype)"


def _arguments(layout: Layout, constants: Iterable[str]) -> list[str]:
    """What the function is given after the part and its range of rows, as ``Body.parameters`` names it."""
    given = [identifier(g) if rank else f"dtype.type({identifier(g)})" for g, rank in layout.given.items()
             if g not in layout.over]  # fmt: skip
    return [*given, *(identifier(m.name) for m in layout.made), *layout.counts,
            *(f"dtype.type({c})" for c in constants), "dtype.type(0)", "dtype.type(1)",
            "dtype.type(np.inf)"]  # fmt: skip


def _closed(let: Let, layout: Layout) -> list[str]:
    """What the parts have gathered of a fold over the rows, brought together."""
    name, kind = identifier(let.name), layout.sweep.places[let.name].kind
    if kind == TOTAL:
        fold = "sum" if op(let) == "sum" else f"np.{op(let)}"
        return [f"{name} = dtype.type({fold}({name}))"]
    return [f"{name} = np.{op(let)}({name}, axis=0).astype(dtype)"] if kind == COLUMN else []


__all__ = ["Kernel", "call", "kernel"]
