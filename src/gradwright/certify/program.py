"""Tables of balls, one per node, filled in order. Owns: what is to be filled, and filling it, moved entries and all.

A ``Program`` lists, for fixed sizes, the tables to fill (one per node, an entry per assignment of its free indices, so
that shared and nested sums cost what their tables cost). A ``Run`` fills them at one point with ``arb``; a derivative
perturbs entries of a symbol with ``arb_series`` and fills again the tables that move. Never: knows what a kind of node
means (its kernel does), uses a rule of ours.

python-flint's precision is one setting for the whole process; it is set inside ``precision`` and put back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

from flint import arb, arb_series, ctx, fmpq

from gradwright.certify.functions import StandIn
from gradwright.certify.layout import Axes, Layout, TooLarge, below, reach
from gradwright.certify.structure import moves
from gradwright.core.context import Context
from gradwright.core.facts import FACTS
from gradwright.core.node import Mul, Node, Number, Reduce

Direction = tuple[tuple[str, int], ...]
"""Entries of symbols that move together: each a symbol and a place in its flat table."""
Table = list[Any]
Kernel = Callable[["Run"], Table]
Kernels = Mapping[type[Node], Callable[[Any, "Program"], Kernel]]
"""For every kind, what makes the kernel that fills the table of a node of that kind."""
NAN = arb.nan()
_WIDE = 512  # entries of a product's table above which its Σ is contracted index by index


def exact(value: Number | arb) -> Any:
    """The tightest ball round a number at the present precision."""
    return arb(fmpq(value.numerator, value.denominator)) if isinstance(value, Fraction) else arb(value)


@contextmanager
def precision(bits: int, terms: int = 1) -> Iterator[None]:
    """Balls of that many bits and power series of that many terms, inside the block."""
    before = ctx.prec, ctx.cap
    ctx.prec, ctx.cap = bits, terms
    try:
        yield
    finally:
        ctx.prec, ctx.cap = before


class Program:
    """The tables that some nodes need, in the order they are filled; ``TooLarge`` if over ``most`` entries in all."""

    def __init__(
        self,
        roots: Sequence[Node],
        layout: Layout,
        context: Context,
        kernels: Kernels,
        most: int,
        tied: frozenset[str],
    ) -> None:
        self.layout, self.context, self.most, self.tied = layout, context, most, tied
        self.places: dict[Node, int] = {}
        self.code: list[Kernel] = []
        self.cost = 0
        self._moving: dict[tuple[Node, frozenset[str]], list[int]] = {}
        nodes = list(reach(roots, context))
        skipped = self._contracted(nodes, roots)
        for node in nodes:
            if node not in skipped:
                self.places[node] = len(self.code)
                self.spend(self.layout.count(self.axes(node)))
                self.code.append(kernels[type(node)](node, self))

    def spend(self, entries: int) -> None:
        """Count entries to be filled, before they are."""
        self.cost += entries
        if self.cost > self.most:
            raise TooLarge

    def _contracted(self, nodes: Sequence[Node], roots: Sequence[Node]) -> set[Node]:
        """Products under a Σ whose own table would be too large, and which nothing else needs."""
        self.wide = {n for n in nodes if isinstance(n, Reduce) and self._is_wide(n)}
        bodies = {n.body for n in self.wide}
        return bodies - {c for n in nodes if n not in self.wide for c in below(n, self.context)} - set(roots)

    def _is_wide(self, node: Reduce) -> bool:
        size = self.layout.count(node.body.free)
        return node.op == "sum" and isinstance(node.body, Mul) and len(node.bound) > 1 and size > _WIDE

    def axes(self, node: Node) -> Axes:
        return self.layout.axes(node.free)

    def column(self, node: Node, axes: Axes) -> Kernel:
        """The node's table spread over the assignments of ``axes``."""
        place, own = self.places[node], self.axes(node)
        if own == axes:
            return lambda run: run.tables[place]
        gather = self.layout.gather(axes, own)
        return lambda run: [run.tables[place][k] for k in gather]

    def columns(self, nodes: Sequence[Node], axes: Axes) -> list[Kernel]:
        return [self.column(node, axes) for node in nodes]

    def moves(self, name: str, place: int) -> list[tuple[int, int]]:
        """The entries that move where one does, each with its sign: itself, unless its structure ties it to others."""
        if name not in self.tied:
            return [(place, 1)]
        facts = frozenset(fact for fact in FACTS if self.context.facts.ask(fact, name))
        return moves(facts, [self.layout.extent(dim) for dim in self.context.symbols[name]], place)

    def moving(self, body: Node, names: frozenset[str]) -> list[int]:
        """The tables under ``body`` that change with the symbols called ``names``."""
        found = self._moving.get((body, names))
        if found is None:
            moved = frozenset(n for name in names for n in self.context.dependents(name))
            under = (n for n in reach([body], self.context) if n.names & moved and n in self.places)
            found = self._moving[body, names] = [self.places[n] for n in under]
        return found


class Run:
    """The tables of a program at one point, an entry of which may be a ball where something vanishes.

    ``vanishing``: what is then 0 inside it, a node and a place in its table. ``undecided``: whether a comparison met
    numbers that balls do not part; with ``supposing`` they are taken for equal, and what comes of it proves nothing.
    """

    def __init__(
        self,
        program: Program,
        values: Mapping[str, Sequence[Number | arb]],
        bits: int,
        seed: int = 0,
        lift: int = 0,
        vanishing: tuple[Node, int] | None = None,
        supposing: bool = False,
    ) -> None:
        self.program, self.values, self.bits, self.seed, self.lift = program, values, bits, seed, lift
        self.vanishing, self.supposing, self.undecided = vanishing, supposing, False
        self.tables: list[Table] = []
        self._slopes: dict[tuple[Node, Direction, int], Table] = {}
        self._stand_ins: dict[tuple[str, int, int], StandIn] = {}
        with precision(bits):
            self.symbols = {name: [exact(v) for v in flat] for name, flat in values.items()}
            for kernel in program.code:
                self.tables.append(kernel(self))

    def table(self, node: Node, axes: Axes) -> Table:
        return self.program.column(node, axes)(self)

    def stand_in(self, name: str, outputs: int, inputs: int) -> StandIn:
        key = (name, outputs, inputs)
        if key not in self._stand_ins:
            self._stand_ins[key] = StandIn(name, self.seed, outputs, inputs, self.lift)
        return self._stand_ins[key]

    def slope(self, body: Node, direction: Direction) -> Table:
        """The body's table of derivatives: once along one entry, or twice along two, by polarization."""
        if len(direction) == 1:
            return self._along(body, direction, 1)
        a, b = direction
        alone = self._along(body, (a,), 2)
        with precision(self.bits):
            if a == b:
                return [2 * v for v in alone]
            both, other = self._along(body, direction, 2), self._along(body, (b,), 2)
            return [ab - aa - bb for ab, aa, bb in zip(both, alone, other, strict=True)]

    def _along(self, body: Node, direction: Direction, order: int) -> Table:
        """The coefficients of t^order in the body's table, as the entries of the direction move by t each."""
        key = (body, direction, order)
        if key not in self._slopes:
            self._slopes[key] = self._expanded(body, direction, order)
        return self._slopes[key]

    def _expanded(self, body: Node, direction: Direction, order: int) -> Table:
        tables, symbols = self.tables, self.symbols
        try:
            with precision(self.bits, order + 1):
                self.tables, self.symbols = list(tables), dict(symbols)
                for name, place in direction:
                    moved = list(self.symbols[name])
                    for at, sign in self.program.moves(name, place):
                        moved[at] = moved[at] + arb_series([0, sign])
                    self.symbols[name] = moved
                for k in self.program.moving(body, frozenset(name for name, _ in direction)):
                    self.tables[k] = self.program.code[k](self)
                return [_coefficient(v, order) for v in self.tables[self.program.places[body]]]
        finally:
            self.tables, self.symbols = tables, symbols


def _coefficient(value: Any, order: int) -> Any:
    """The coefficient of t^order; a value that does not exist has no derivative, whatever its coefficients are."""
    if not isinstance(value, arb_series):
        return arb(0) if value.is_finite() else NAN
    return value[order] if all(value[k].is_finite() for k in range(order + 1)) else NAN
