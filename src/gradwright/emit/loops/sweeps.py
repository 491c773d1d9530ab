"""Sweeps over rows. Owns: which arrays are computed together, one row at a time while it is in cache. Never: prints.

A sweep runs over one axis, the rows. In it a cell belongs to a row and a column, a fold along the columns ends one pass
over the row and whatever needs it starts the next, and sums over the rows are known when the sweep is over. A cell that
costs nothing is computed again where it is used, one with an exponential is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field

from gradwright.core.index import AT, Dim, Index
from gradwright.core.node import Add, Apply, Const, Delta, Entry, Mul, Node, Pow, Where, walk
from gradwright.core.record import dataclass
from gradwright.emit.plan.program import Fold, Formula, Gather, Let, Map, Product, Program
from gradwright.emit.spell.primitives import all_with, spellings
from gradwright.emit.spell.special import FORMULAS

CELL, ROW, COLUMN, TOTAL = "cell", "row", "column", "total"
LOOPED = spellings(lambda code: code.loop) | {name: f"_{name}1(a)" for name in FORMULAS}
"""The scalar form of each function that has one for loops; an array of any other is computed by NumPy."""
_MOST_AGAIN = 2  # functions computed again rather than kept in memory
_FREE = all_with(lambda code: code.cheap)


@dataclass(frozen=True)
class Place:
    """What an array is in a sweep, and which of its indices run over rows and columns."""

    kind: str
    row: Index
    column: Index | None


@dataclass
class Sweep:
    """Arrays computed in one sweep over the rows."""

    row: Dim
    lets: list[Let] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)

    @property
    def names(self) -> set[str]:
        return {let.name for let in self.lets}

    @property
    def flat(self) -> bool:
        """Whether there are no columns."""
        return all(place.column is None for place in self.places.values())

    def fits(self, let: Let) -> Place | None:
        """Where the array would stand in this sweep; None where it cannot be computed in it."""
        place = _placed(let, self.row)
        reads = let.reads & self.names
        if place is None or (isinstance(let.operation, Gather) and reads):
            return None
        if any(self.places[name].kind in (COLUMN, TOTAL) for name in reads):
            return None
        for node in let.nodes:
            if isinstance(node, Entry) and node.name in reads and place.row not in node.slots:
                return None  # a number of another row
        return place


Part = Let | Sweep


def parts(plan: Program) -> list[Part]:
    """The plan's arrays in an order that works, those that one sweep can compute brought together."""
    made: list[Part] = []
    pending = list(plan.lets)
    waiting = {let.name for let in pending}
    while pending:
        ready = [let for let in pending if not let.reads & waiting]
        whole = [let for let in ready if not _rows_of(let)]
        if whole:
            sweep, taken = None, whole[:1]
        else:
            sweep = _swept(ready[0], pending, waiting)
            taken = sweep.lets
        worth = sweep is not None and (len(taken) > 1 or not plain(taken[0]))
        made += [sweep] if sweep is not None and worth else taken
        pending = [let for let in pending if let not in taken]
        waiting -= {let.name for let in taken}
    _recomputed(made, plan)
    return made


def _recomputed(made: list[Part], plan: Program) -> None:
    """A formula that a later sweep reads is computed there again where that costs less than memory does."""
    sweeps = [part for part in made if isinstance(part, Sweep)]
    stored = wanted(plan, [part for part in made if not isinstance(part, Sweep)])
    for number, sweep in enumerate(sweeps):
        for before in reversed(sweeps[:number]):
            for let in reversed(before.lets):
                place = sweep.fits(let) if let.name not in sweep.names | stored and _by_row(let, sweep) else None
                if place is not None and _cheaper_again(let, before):
                    sweep.lets.insert(0, let)
                    sweep.places[let.name] = place
        sweep.lets.sort(key=plan.lets.index)
    for number, part in reversed(list(enumerate(made))):
        if isinstance(part, Sweep):
            needed_later = wanted(plan, made[number + 1 :])
            for let in reversed(list(part.lets)):
                if let.name not in needed_later and not any(let.name in x.reads for x in part.lets):
                    part.lets.remove(let)
                    del part.places[let.name]
    made[:] = [part for part in made if not isinstance(part, Sweep) or part.lets]


def _by_row(let: Let, sweep: Sweep) -> bool:
    """Whether the sweep reads the array, and only ever at its own row and column."""
    if any(isinstance(x.operation, Gather) and let.name in x.reads for x in sweep.lets):
        return False
    found = [(n, sweep.places[x.name].row) for x in sweep.lets for n in x.nodes
             if isinstance(n, Entry) and n.name == let.name]  # fmt: skip
    return bool(found) and all(row in node.slots for node, row in found)


def _cheaper_again(let: Let, before: Sweep) -> bool:
    """Whether an array is long and made of few functions."""
    long = before.flat or before.places[let.name].kind == CELL
    functions = sum(isinstance(n, Apply) and n.fn not in _FREE for n in let.nodes)
    return long and isinstance(let.operation, Map) and functions <= _MOST_AGAIN


def wanted(plan: Program, rest: Sequence[Part]) -> set[str]:
    """Names that are read later, or returned."""
    later = plan.returned
    for part in rest:
        lets, own = (part.lets, part.names) if isinstance(part, Sweep) else ([part], set[str]())
        later |= {name for let in lets for name in let.reads} - own
    return later


def _swept(start: Let, pending: Sequence[Let], waiting: set[str]) -> Sweep:
    """The sweep that begins with an array, and every array after it that can be computed with it."""
    best = Sweep("")
    for row in _rows_of(start):
        sweep = Sweep(row)
        for let in (start, *(x for x in pending if x is not start)):
            blocked = let.reads & (waiting - sweep.names)
            place = None if blocked else sweep.fits(let)
            if place is not None:
                sweep.lets.append(let)
                sweep.places[let.name] = place
        if len(sweep.lets) > len(best.lets):
            best = sweep
    return best


def plain(let: Let) -> bool:
    """One operation, or a product of two arrays, perhaps summed: NumPy is as good."""
    operations = [n for n in let.nodes if isinstance(n, Add | Mul | Pow | Apply | Where) and n.free]
    if not isinstance(let.operation, Fold | Product):
        return len(let.axes) < 2 and len(operations) < 2 and not costly(let)
    return len(operations) < 2 and all(isinstance(n, Mul | Pow) and len(n.children) < 3 for n in operations)


def _rows_of(let: Let) -> list[Dim]:
    """The axes a sweep that computes the array could run over."""
    over = let.operation.over if isinstance(let.operation, Fold | Product) else ()
    free = (index for node in let.operation.nodes for index in node.free)
    return [dim for dim in dict.fromkeys(index.dim for index in (*let.axes, *over, *free)) if _placed(let, dim)]


def _placed(let: Let, row: Dim) -> Place | None:
    operation = let.operation
    if isinstance(operation, Gather):
        return _at_label(operation, let.axes, row)
    if not isinstance(operation, Formula) or not all(_loops(node) for node in let.nodes):
        return None
    rho, kappa = _row_and_column(let, operation.body, row)
    if rho is None:
        return None
    if isinstance(operation, Map):
        kinds = {(rho, kappa): CELL, (rho,): ROW}
        return Place(kinds[let.axes], rho, kappa) if let.axes in kinds else None
    if operation.over == (kappa,) and let.axes == (rho,):
        return Place(ROW, rho, kappa)
    if operation.over == (rho,) and kappa is not None and let.axes == (kappa,):
        return Place(COLUMN, rho, kappa) if operation.op != "prod" else None
    if set(operation.over) == {i for i in (rho, kappa) if i is not None} and not let.axes:
        return Place(TOTAL, rho, kappa)
    return None


def _at_label(gather: Gather, axes: tuple[Index, ...], row: Dim) -> Place | None:
    """An array read at each row's class label."""
    slots, source = gather.label.slots, gather.source.slots
    if len(slots) != 1 or axes != slots or slots[0].dim != row or (len(source) != 1 and source[:-1] != slots):
        return None
    return Place(ROW, slots[0], None)


def _loops(node: Node) -> bool:
    """Whether a loop can compute the node itself."""
    if isinstance(node, Delta) or any(i.kind == AT for i in node.indices):
        return False
    if isinstance(node, Entry):
        return len(set(node.slots)) == len(node.slots) <= 2
    return not isinstance(node, Apply) or node.fn in LOOPED or not node.free


def _row_and_column(let: Let, body: Node, row: Dim) -> tuple[Index | None, Index | None]:
    """The index of the rows and that of the columns, as every array in the body stores them."""
    pairs = {n.slots for n in walk(body) if isinstance(n, Entry) and len(n.slots) == 2}
    if len(pairs) > 1:
        return None, None
    found: Sequence[Index] = next(iter(pairs), let.axes if len(let.axes) == 2 else ())
    if not found:
        found = sorted(body.free, key=lambda i: (i.dim != row, i not in let.axes, repr(i)))
    if not 0 < len(found) <= 2 or not body.free <= set(found) or found[0].dim != row:
        return None, None
    return found[0], found[1] if len(found) == 2 else None


def costly(let: Let) -> bool:
    """Whether computing a cell of it twice would cost."""
    return any((isinstance(n, Apply) and n.fn not in _FREE and n.free)
               or (isinstance(n, Pow) and not isinstance(n.exponent, Const)) for n in let.nodes)  # fmt: skip


@dataclass
class Schedule:
    """Where each array of a sweep is computed: its pass, and which cells are kept between passes."""

    passes: dict[str, int] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    inlined: dict[str, Let] = field(default_factory=dict)


def scheduled(sweep: Sweep, wanted: Iterable[str]) -> Schedule:
    """Passes for a sweep; ``wanted`` are its arrays that are needed outside."""
    made = Schedule()
    outside = set(wanted)
    for let in sweep.lets:
        place = sweep.places[let.name]
        needs = needed(let, made, sweep)
        inner = place.column is not None
        least = max((made.passes[n] + (inner and sweep.places[n].kind == ROW) for n in needs if n in made.passes),
                    default=0)  # fmt: skip
        if place.kind == CELL and let.name not in outside and not costly(let):
            made.inlined[let.name] = let
            continue
        made.passes[let.name] = least
        made.kept |= {n for n in needs if sweep.places[n].kind == CELL and made.passes.get(n, least) < least}
    return made


def needed(let: Let, made: Schedule, sweep: Sweep) -> set[str]:
    """Names an array reads, through those that are computed again where they are used."""
    found: set[str] = set()
    pending = list(let.reads & sweep.names)
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            if name in made.inlined:
                pending += list(made.inlined[name].reads & sweep.names)
    return found
