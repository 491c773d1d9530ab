"""Blocks of rows. Owns: finding a matrix product that feeds folds along its rows, or goes by way of a sweep into
another product, and what needs no more than a block of it.

The product is wide (rows by classes, say) and wanted nowhere as a whole, so that only a block of its rows is ever held:
results with rows are put together, sums over rows are added up. Found by structure. Never: prints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gradwright.core.build import open_binder
from gradwright.core.index import Dim
from gradwright.core.node import Entry, MatFn, Mul, Reduce, walk
from gradwright.emit.forms.labels import TAKE
from gradwright.emit.native.loops import CELL, COLUMN, ROW, TOTAL, Part, Sweep, inside, wanted
from gradwright.emit.plan.lets import Let, Plan


@dataclass
class Block:
    """What is computed for some rows at a time: parts, products summed over the rows, and what leaves the block."""

    row: Dim
    wide: Let
    parts: list[Part] = field(default_factory=list)
    products: list[Let] = field(default_factory=list)
    rows: set[str] = field(default_factory=set)
    sums: dict[str, str] = field(default_factory=dict)
    """Folds over all rows, and how those of two blocks come together."""
    folded: bool = False
    """Whether rows are folded, so that the product need never be there; else it goes from one product into another."""

    @property
    def names(self) -> set[str]:
        return self.rows | self.sums.keys()


def blocked(parts: Sequence[Part], plan: Plan) -> tuple[list[Part], Block, list[Part]] | None:
    """What comes before, the block, and what comes after; None where no product is worth it."""
    for number, part in enumerate(parts):
        row = _wide(part, plan) if isinstance(part, Let) else None
        found = _block(parts, number, row, plan) if row is not None else None
        if found is not None:
            return found
    return None


def _wide(let: Let, plan: Plan) -> Dim | None:
    """The rows of a matrix product, one factor of which has these rows."""
    pair = _pair(let, plan)
    if pair is None or len(let.axes) != 2 or let.name in {n for a in plan.outputs.values() for n in a.body.names}:
        return None
    rho, kappa = let.axes
    lone = [e for e in pair if rho in e.slots]
    ok = (
        len(lone) == 1
        and lone[0].slots[0] is rho
        and rho.dim not in {i.dim for e in pair for i in e.slots if i is not rho}
    )
    return rho.dim if ok and kappa.dim != rho.dim else None


def _pair(let: Let, plan: Plan) -> tuple[Entry, ...] | None:
    """The two factors of a product summed over one index; a solve is none."""
    body, indices = inside(let)
    entries = tuple(f for f in body.factors if isinstance(f, Entry)) if isinstance(body, Mul) else ()
    plain = isinstance(let.body, Reduce) and let.body.op == "sum" and len(indices) == 1
    plain = plain and not let.body.names & plan.solves.keys()
    return entries if plain and len(entries) == 2 and len(body.children) == 2 else None


def _block(parts: Sequence[Part], number: int, row: Dim, plan: Plan) -> tuple[list[Part], Block, list[Part]] | None:
    wide = parts[number]
    assert isinstance(wide, Let)
    block = Block(row, wide, [wide], rows={wide.name})
    before, after = list(parts[:number]), list[Part]()
    late: set[str] = set()
    for part in parts[number + 1 :]:
        lets = part.lets if isinstance(part, Sweep) else [part]
        reads = {name for let in lets for name in plan.reads(let)}
        if not reads & (late | block.sums.keys()) and _taken(part, block, plan):
            continue
        if reads & (late | block.names):
            after.append(part)
            late |= {let.name for let in lets}
        else:
            before.append(part)
    sweeps = [part for part in block.parts if isinstance(part, Sweep)]
    rows = [(x, sweep) for sweep in sweeps for x in sweep.lets if sweep.places[x.name].kind == ROW]
    block.folded = any(isinstance(x.body, Reduce) and wide.name in _deep(x.name, sweep, plan) for x, sweep in rows)
    later = wanted(plan, after)
    axes = {let.name: let.axes for p in block.parts for let in (p.lets if isinstance(p, Sweep) else [p])}
    held = any(name in axes and wide.axes[1].dim in [i.dim for i in axes[name]] for name in later & block.rows)
    through = bool(sweeps) and not block.products and any(_pair(x, plan) for x in block.parts[1:] if isinstance(x, Let))
    return (before, block, after) if (block.folded or through) and not held else None


def _deep(name: str, sweep: Sweep, plan: Plan) -> set[str]:
    """Everything an array of the sweep reads, by way of the others in it."""
    found: set[str] = set()
    pending = [name]
    bodies = {let.name: let for let in sweep.lets}
    while pending:
        for read in plan.reads(bodies[pending.pop()]) - found:
            found.add(read)
            pending += [read] if read in bodies else []
    return found


def _taken(part: Part, block: Block, plan: Plan) -> bool:
    """Whether a block of rows is enough for the part; if so it joins the block."""
    if isinstance(part, Sweep):
        if part.row != block.row or any(not _sliced(let, block, plan, part.places[let.name].row) for let in part.lets):
            return False
        for let in part.lets:
            kind = part.places[let.name].kind
            if kind in (CELL, ROW):
                block.rows.add(let.name)
            elif kind in (TOTAL, COLUMN) and isinstance(let.body, Reduce):
                block.sums[let.name] = let.body.op
        block.parts.append(part)
        return True
    rho = part.axes[0] if part.axes and part.axes[0].dim == block.row else None
    if isinstance(part.body, MatFn) and part.body.fn.startswith(TAKE):
        _, inner = open_binder(part.body)
        if rho is None or part.body.slots != (rho,) or block.row in {i.dim for i in inner.free - {rho}}:
            return False
    else:
        pair = _pair(part, plan)
        bound = inside(part)[1]
        if pair is None:
            return False
        if rho is None:
            if (
                bound[0].dim != block.row
                or not all(_sliced(part, block, plan, bound[0]) and bound[0] in e.slots for e in pair)
                or len(set(pair[0].slots) & set(pair[1].slots)) > 1
            ):
                return False
            block.products.append(part)
            block.sums[part.name] = "sum"
            return True
        if not _sliced(part, block, plan, rho):
            return False
    block.rows.add(part.name)
    block.parts.append(part)
    return True


def _sliced(let: Let, block: Block, plan: Plan, rho: object) -> bool:
    """Whether every array that has the rows has them first, at the row at hand, and nothing else is as long."""
    body = let.body if isinstance(let.body, MatFn) else inside(let)[0]
    for node in walk(body):
        if isinstance(node, Entry):
            long = [k for k, index in enumerate(node.slots) if index.dim == block.row]
            if long not in ([], [0]) or (long and node.slots[0] is not rho):
                return False
    return True


__all__ = ["Block", "blocked"]
