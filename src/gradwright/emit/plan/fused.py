"""Elementwise structures that a target computes in one operation. Owns: the table of them, finding them. Never: spells.

An activation, or its derivative times what comes from above, is a handful of passes over memory where it is written
out, and one where the target has it. A row is a formula of our own; where a product holds it, whatever the argument,
the operation takes its place. Nothing is found by a name that a user gave. An operation that loses digits which our own
form keeps (PyTorch's GELU far below 0) has no row.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Mapping, Sequence

from gradwright.core.build import ONE, add, apply, const, mul, negate, power, split_coefficient
from gradwright.core.node import Add, Apply, Mul, Node, Pow, factors_in, walk
from gradwright.core.record import dataclass
from gradwright.core.walk import descend, run
from gradwright.emit.forms.canon import canonical

_TWO = const(2)


@dataclass(frozen=True)
class Row:
    """``formula`` of a; ``probe`` is a function that stands in it, applied to a.

    ``slope`` says that it is a derivative: ``name(g, a)`` is g times the formula. ``of`` is what the operation is given
    in the place of a, where that is in the code anyway. A ``small`` slope is no more than one pass by itself: worth it
    with a factor as large as it is.
    """

    name: str
    probe: str
    formula: Callable[[Node], Node]
    slope: bool = False
    of: Callable[[Node], Node] | None = None
    small: bool = False


def _silu_slope(a: Node) -> Node:
    return mul(apply("sigmoid", a), add(ONE, mul(a, apply("sigmoid", negate(a)))))


ROWS = (
    Row("silu", "sigmoid", lambda a: mul(a, apply("sigmoid", a))),
    Row("silu_slope", "sigmoid", _silu_slope, slope=True),
    Row("tanh_slope", "tanh", lambda a: add(ONE, negate(power(apply("tanh", a), _TWO))), slope=True,
        of=lambda a: apply("tanh", a), small=True),
    Row("relu_slope", "step", lambda a: apply("step", a), slope=True, of=lambda a: apply("relu", a),
        small=True),
)  # fmt: skip


def fused(bodies: Mapping[str, Node]) -> dict[str, Node]:
    """The formulas of a module with each structure of the table as one function."""
    found = dict(bodies)
    there = {canonical(n)[0].body for body in found.values() for n in walk(body) if isinstance(n, Apply)}
    for rows in ([row for row in ROWS if row.slope], [row for row in ROWS if not row.slope]):
        finder = _Finder(rows, there)
        finder.run(found)  # for what is above each slope
        found = finder.run(found)
    return found


class _Finder:
    def __init__(self, rows: Sequence[Row], there: Collection[Node]) -> None:
        self.rows, self.there = rows, there
        self.slopes: dict[Node, set[Node]] = {}

    def run(self, bodies: Mapping[str, Node]) -> dict[str, Node]:
        memo: dict[Node, Node] = {}
        return {key: run(self.visit, body, memo) for key, body in bodies.items()}

    def visit(self, node: Node) -> Generator[Node, Node, Node]:
        """From the top: a product takes the slope in it before its other factors are looked at."""
        for row in self.rows if isinstance(node, Mul | Add | Apply) else ():
            for a in _arguments(node, row):
                node = self.replaced(node, row, a)
        return (yield from descend(node, atoms=True))

    def replaced(self, node: Node, row: Row, a: Node) -> Node:
        """The node with the row's formula of a, a factor of it, as one function."""
        scale, pattern = split_coefficient(row.formula(a))
        needed = factors_in(pattern)
        coefficient, product = split_coefficient(node)
        factors = factors_in(product)
        if not a.names or not all(f in factors for f in needed):
            return node
        rest = [f for f in factors if f not in needed]
        number = mul(const(coefficient), power(const(scale), const(-1)))
        if not row.slope:
            return mul(number, *rest, apply(row.name, a))
        above = mul(*(f for f in rest if f.free <= a.free))
        shared = row.of(a) if row.of else a
        at = shared if shared in walk(pattern) or canonical(shared)[0].body in self.there else a
        known = self.slopes.setdefault(canonical(apply(row.name, at))[0].body, set())
        known.add(canonical(apply(row.name, above, at))[0].body)
        if row.small and (len(known) > 1 or above.free != a.free or not above.names):
            return node
        if len(known) > 1:  # one array for all of them
            return mul(number, *rest, apply(row.name, ONE, at))
        return mul(number, *(f for f in rest if not f.free <= a.free), apply(row.name, above, at))


def _arguments(node: Node, row: Row) -> list[Node]:
    """What the row's formula may be of: the arguments of its probe, above any sum."""
    stack, found = [node], dict[Node, None]()
    while stack:
        current = stack.pop()
        if isinstance(current, Apply) and current.fn == row.probe:
            found[current.args[0]] = None
        if isinstance(current, Add | Mul | Pow):
            stack.extend(current.children)
    return list(found)
