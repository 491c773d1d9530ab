"""Sweeps as functions. Owns: which loops a kernel is written as. Never: plans, spells a loop.

A kernel is called with a range of rows, one range per thread. It is written as loops along rows, or down tiles of
narrow ones; where extents are known at run time only, both are there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from gradwright.core.record import dataclass
from gradwright.emit.loops import program as ir
from gradwright.emit.loops.body import NARROW, Body
from gradwright.emit.loops.layout import Layout
from gradwright.emit.loops.sweeps import ROW, Sweep, costly
from gradwright.emit.plan.program import Program


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
