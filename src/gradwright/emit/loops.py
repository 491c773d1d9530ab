"""Loops over rows. Owns: which arrays are computed together, one row at a time while it is in cache. Never: prints.

A group has a row axis and a column axis. Inside a row, a maximum or a sum over the columns ends one pass, and whatever
needs it starts the next; a cell that costs nothing is computed again where it is used, one with an exponential is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from gradwright.core.build import open_binder
from gradwright.core.index import AT, Dim, Index
from gradwright.core.node import Apply, Const, Delta, Entry, MatFn, Node, Pow, Reduce, walk
from gradwright.emit.plan import Let, Plan


@dataclass
class Group:
    """Arrays computed in one sweep over the rows. ``fold`` tells which of them are reductions."""

    row: Dim
    column: Dim
    lets: list[Let] = field(default_factory=list)

    @property
    def names(self) -> set[str]:
        return {let.name for let in self.lets}

    @property
    def totals(self) -> set[str]:
        """Sums over all rows, known only when the sweep is over."""
        return {let.name for let in self.lets if isinstance(let.body, Reduce) and not let.axes}


Part = Let | Group
LOOPED = frozenset((
    "exp", "log", "log1p", "sigmoid", "softplus", "tanh", "abs", "sign", "relu", "step", "max", "min", "pi",
))  # fmt: skip
"""Functions that have a scalar form for loops; an array of any other is computed by NumPy."""


def grouped(plan: Plan) -> list[Part]:
    """The plan's arrays in order, those that one sweep over rows can compute brought together."""
    parts: list[Part] = []
    group: Group | None = None
    after: list[Let] = []
    for let in plan.lets:
        shape = _row_and_column(let)
        waits = bool(plan.reads(let) & {x.name for x in after})
        if shape is not None and (group is None or waits):
            parts += _flushed(group, after)
            group, after = Group(*shape), []
        ready = group is not None and not plan.reads(let) & (group.totals | {x.name for x in after})
        if group is not None and ready and fits(let, group):
            group.lets.append(let)
        elif group is not None and (plan.reads(let) & group.names or waits):
            after.append(let)
        else:
            parts.append(let)
    return [*parts, *_flushed(group, after)]


def _flushed(group: Group | None, after: list[Let]) -> list[Part]:
    worth = group is not None and any(_cells(let, group) for let in group.lets)
    return [*([group] if group is not None and worth else group.lets if group else []), *after]


def _cells(let: Let, group: Group) -> bool:
    return costly(let.body) or isinstance(let.body, Reduce)


def inside(let: Let) -> tuple[Node, tuple[Index, ...]]:
    """What is computed at a cell, and the indices it is summed over."""
    if isinstance(let.body, Reduce):
        indices, body = open_binder(let.body)
        return body, indices
    return let.body, ()


def _row_and_column(let: Let) -> tuple[Dim, Dim] | None:
    """The axes of a two-dimensional cell, as its arrays store them."""
    body, _ = inside(let)
    if len(body.free) != 2 or any(isinstance(n, Reduce | MatFn | Delta) for n in walk(body)):
        return None
    orders = {tuple(i.dim for i in n.slots) for n in walk(body) if isinstance(n, Entry) and len(n.slots) == 2}
    if len(orders) != 1:
        return None
    row, column = next(iter(orders))
    found = (row, column) if row != column else None
    return found if found and fits(let, Group(*found)) else None


def fits(let: Let, group: Group) -> bool:
    """Whether a sweep over the group's rows can compute it."""
    body, _ = inside(let)
    if any(isinstance(n, Reduce | MatFn | Delta) or any(i.kind == AT for i in n.indices) for n in walk(body)):
        return False
    if any(isinstance(n, Apply) and n.fn not in LOOPED and n.free for n in walk(body)):
        return False
    axes = [i.dim for i in body.free]
    if not axes or len(set(axes)) != len(axes) or not set(axes) <= {group.row, group.column}:
        return False
    if group.row not in axes:
        return False
    for node in walk(body):
        if isinstance(node, Entry) and len(node.slots) == 2 and node.slots[0].dim != group.row:
            return False
    kept = [i.dim for i in let.axes]
    if isinstance(let.body, Reduce):
        return kept == [group.row] or not kept
    return kept in ([group.row, group.column], [group.row])


def costly(node: Node) -> bool:
    """Whether computing it twice would cost."""
    return any((isinstance(n, Apply) and n.fn not in ("abs", "sign", "relu", "step", "max", "min") and n.free)
               or (isinstance(n, Pow) and not isinstance(n.exponent, Const)) for n in walk(node))  # fmt: skip


@dataclass
class Schedule:
    """Where each array of a group is computed: the pass it belongs to, and which cells are kept between passes."""

    passes: dict[str, int] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    inlined: dict[str, Let] = field(default_factory=dict)
    rows: set[str] = field(default_factory=set)
    folds: set[str] = field(default_factory=set)


def scheduled(group: Group, wanted: Iterable[str]) -> Schedule:
    """Passes for a group; ``wanted`` are its arrays that are needed outside."""
    made = Schedule()
    outside = set(wanted)
    for let in group.lets:
        body, _ = inside(let)
        cell = len(body.free) == 2
        least = 0
        for name in _needed(body, made, group):
            if name not in made.passes:
                continue
            below = made.passes[name]
            least = max(least, below + 1 if name in made.folds and cell else below)
        if isinstance(let.body, Reduce):
            made.folds.add(let.name)
        elif not cell:
            made.rows.add(let.name)
            made.folds.add(let.name)
        elif let.name not in outside and not costly(let.body):
            made.inlined[let.name] = let
            continue
        made.passes[let.name] = least
        if cell:
            for name in _needed(body, made, group):
                if name in made.passes and name not in made.folds and made.passes[name] < least:
                    made.kept.add(name)
    return made


def _needed(body: Node, made: Schedule, group: Group) -> set[str]:
    """Names a body reads, through those that are computed again where they are used."""
    found: set[str] = set()
    pending = list(body.names & group.names)
    while pending:
        name = pending.pop()
        if name in found:
            continue
        found.add(name)
        if name in made.inlined:
            pending += list(made.inlined[name].body.names & group.names)
    return found
