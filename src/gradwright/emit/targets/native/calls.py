"""Calls of kernels. Owns: the statements of a Python module that make room for what a kernel gives, run it and bring
together what its parts have gathered. Never: plans, the text of a loop.
"""

from __future__ import annotations

from collections.abc import Iterable

from gradwright.emit.loops.body import op
from gradwright.emit.loops.kernels import Kernel
from gradwright.emit.loops.layout import Layout
from gradwright.emit.loops.program import Array
from gradwright.emit.loops.python import said
from gradwright.emit.loops.sweeps import CELL, COLUMN, TOTAL
from gradwright.emit.plan.names import identifier
from gradwright.emit.plan.program import Let


def call(kernel: Kernel, target: str) -> list[str]:
    """The statements that run it; ``target`` is what goes into the user's buffer."""
    layout, rows = kernel.layout, said(kernel.rows)
    return [
        f"parts = _parts({' * '.join(map(said, [kernel.rows, *kernel.widths]))})",
        *(f"{identifier(let.name)} = {_opened(let, layout, rows, target)}" for let in layout.made),
        f"_share({_chosen(kernel)}, parts, {rows}, {', '.join(_arguments(layout, kernel.constants))})",
        *(line for let in layout.made for line in _closed(let, layout)),
    ]


def _chosen(kernel: Kernel) -> str:
    """Which function is called."""
    names = [function.name for function in kernel.functions]
    if len(names) == 1:
        return names[0]
    widths = list(dict.fromkeys(map(said, kernel.widths)))
    widest = f"max({', '.join(widths)})" if len(widths) > 1 else widths[0]
    return f"{names[1]} if {widest} <= _NARROW else {names[0]}"


def _opened(let: Let, layout: Layout, rows: str, target: str) -> str:
    """The array that an output is written to."""
    place = layout.sweep.places[let.name]
    width = said(layout.extent(place.column.dim)) if place.column is not None else ""
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
    """What the function is given after the part and its range of rows, as its parameters stand."""
    given = [layout.outside(name) for name in layout.given if name not in layout.over]
    return [*(x.name if isinstance(x, Array) else f"dtype.type({x.name})" for x in given),
            *(identifier(m.name) for m in layout.made), *(each.name for each in layout.counts),
            *(f"dtype.type({c})" for c in constants), "dtype.type(0)", "dtype.type(1)",
            "dtype.type(np.inf)"]  # fmt: skip


def _closed(let: Let, layout: Layout) -> list[str]:
    """What the parts have gathered of a fold over the rows, brought together."""
    name, kind = identifier(let.name), layout.sweep.places[let.name].kind
    if kind == TOTAL:
        fold = "sum" if op(let) == "sum" else f"np.{op(let)}"
        return [f"{name} = dtype.type({fold}({name}))"]
    return [f"{name} = np.{op(let)}({name}, axis=0).astype(dtype)"] if kind == COLUMN else []
