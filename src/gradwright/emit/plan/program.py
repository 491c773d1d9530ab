"""Programs, between the planner and the targets. Owns: the operations, a closed set, and that a program is well formed.

A statement assigns what one operation makes of arrays that are there to a new array, over axes of known extents. What a
target prints is spelled from these alone. Never: plans, spells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field, replace
from typing import ClassVar

from gradwright.core.build import mul
from gradwright.core.context import Context
from gradwright.core.index import AT, Dim, Index, names_of
from gradwright.core.node import Array, Entry, Node, Size, terms_in, walk
from gradwright.core.record import dataclass
from gradwright.emit.plan.names import extents_of

_NONE: tuple[Index, ...] = ()


@dataclass(frozen=True, slots=True)
class Map:
    """A formula, entry by entry."""

    body: Node
    over: ClassVar[tuple[Index, ...]] = _NONE

    @property
    def nodes(self) -> tuple[Node, ...]:
        return (self.body,)


@dataclass(frozen=True, slots=True)
class Fold:
    """A formula summed, multiplied, or its largest or least entry, over some axes."""

    op: str
    over: tuple[Index, ...]
    body: Node

    @property
    def nodes(self) -> tuple[Node, ...]:
        return (self.body,)


@dataclass(frozen=True, slots=True)
class Product:
    """The sum of the products of two arrays' entries."""

    over: tuple[Index, ...]
    left: Entry
    right: Entry
    op: ClassVar[str] = "sum"

    @property
    def body(self) -> Node:
        return mul(self.left, self.right)

    @property
    def nodes(self) -> tuple[Node, ...]:
        return (self.body,)


@dataclass(frozen=True, slots=True)
class Gather:
    """An array read at class labels, which take the place of the index ``at``; where ``optional``, a negative label is
    none, and reads anything."""

    source: Entry
    at: Index
    label: Entry
    optional: bool

    @property
    def nodes(self) -> tuple[Node, ...]:
        return self.source, self.label


@dataclass(frozen=True, slots=True)
class Rowwise:
    """A softmax or a log-softmax along an axis."""

    fn: str
    source: Entry
    along: Index

    @property
    def nodes(self) -> tuple[Node, ...]:
        return (self.source,)


@dataclass(frozen=True, slots=True)
class Norm:
    """√(scale Σ source² + beside), without overflow or underflow."""

    source: Entry
    over: tuple[Index, ...]
    scale: Node
    beside: Node

    @property
    def nodes(self) -> tuple[Node, ...]:
        return self.source, self.scale, self.beside


@dataclass(frozen=True, slots=True)
class OfMatrix:
    """A function of the matrix (row, column) -> source, or of each of a stack, at the indices ``slots``."""

    fn: str
    source: Entry
    ends: tuple[Index, ...]
    slots: tuple[Index, ...]

    @property
    def nodes(self) -> tuple[Node, ...]:
        return (self.source,)


@dataclass(frozen=True, slots=True)
class Solve:
    """What the inverse of the matrix (row, column) -> source gives when it is multiplied by ``other`` along ``live``.

    The source is its own matrix, or Cholesky's factor of it. ``kept`` is the inverse's other axis, ``stack`` the axes
    over which there is a matrix each, ``columns`` what is left of ``other``, one axis at the most.
    """

    source: Entry
    ends: tuple[Index, ...]
    cholesky: bool
    other: Entry
    live: Index
    kept: Index
    stack: tuple[Index, ...]
    columns: tuple[Index, ...]

    @property
    def nodes(self) -> tuple[Node, ...]:
        return self.source, self.other


Formula = Map | Fold | Product
"""What is computed from an entry of each array at a time."""
Operation = Formula | Gather | Rowwise | Norm | OfMatrix | Solve


@dataclass(frozen=True, slots=True)
class Let:
    """A statement: an array's name, its axes in the order they are stored, and the operation that makes it."""

    name: str
    axes: tuple[Index, ...]
    operation: Operation

    @property
    def reads(self) -> frozenset[str]:
        """The arrays it reads."""
        return frozenset().union(*(node.names for node in self.operation.nodes))

    @property
    def nodes(self) -> Iterator[Node]:
        """Every node of the formula, or of what is read."""
        return (node for part in self.operation.nodes for node in walk(part))

    @property
    def shape(self) -> tuple[Dim, ...]:
        return tuple(index.dim for index in self.axes)


@dataclass(frozen=True)
class Program:
    """What a target prints: inputs in the user's order, statements in order of computation, and the outputs.

    ``sizes`` are extents that no input has, so that the caller gives them.
    """

    inputs: dict[str, tuple[Dim, ...]]
    lets: list[Let]
    outputs: dict[str, Array]
    sizes: tuple[str, ...] = ()
    context: Context = field(default_factory=Context)

    def __post_init__(self) -> None:
        """A program that is not well formed is an error of ours."""
        there = set(self.inputs)
        extents = {*self.sizes, *extents_of(self.inputs)}
        for let in self.lets:
            self._verify(let.name, let.operation.nodes, let.axes, there, extents)
            there.add(let.name)
        for label, array in self.outputs.items():
            self._verify(label, (array.body,), array.axes, there, extents)

    def _verify(
        self, name: str, nodes: tuple[Node, ...], axes: tuple[Index, ...], there: set[str], extents: set[str]
    ) -> None:
        missing = {name for node in nodes for name in node.names} - there
        assert not missing, f"{name} reads {', '.join(sorted(missing))} before it is computed"
        dims = {index.dim for index in (*axes, *(index for node in nodes for index in node.free))}
        dims |= {n.dim for node in nodes for n in walk(node) if isinstance(n, Size)}
        unknown = names_of(*dims) - extents
        assert not unknown, f"{name} has extents that no argument has: {', '.join(sorted(map(str, unknown)))}"

    @property
    def shapes(self) -> dict[str, tuple[Dim, ...]]:
        """The extents of every array."""
        return self.inputs | {let.name: let.shape for let in self.lets}

    @property
    def returned(self) -> set[str]:
        """The arrays that the outputs are made of."""
        return set().union(*(array.body.names for array in self.outputs.values()))

    @property
    def nodes(self) -> Iterator[Node]:
        """Every node of every formula."""
        yield from (node for let in self.lets for node in let.nodes)
        yield from (node for array in self.outputs.values() for node in walk(array.body))

    def sources(self) -> dict[str, frozenset[str]]:
        """The arguments that each argument and each array depends on."""
        found = {name: frozenset((name,)) for name in self.inputs}
        for let in self.lets:
            found[let.name] = frozenset().union(*(found[name] for name in let.reads))
        return found

    def only(self, *labels: str) -> Program:
        """The part of it that some of the outputs need."""
        outputs = {label: array for label, array in self.outputs.items() if label in labels}
        needed = set().union(*(array.body.names for array in outputs.values()))
        for let in reversed(self.lets):
            needed |= let.reads if let.name in needed else set()
        return replace(self, lets=[let for let in self.lets if let.name in needed], outputs=outputs)


def rewritten(program: Program, rule: Callable[[Node], Node]) -> Program:
    """The program with its formulas rewritten; products, and what works on whole arrays, are as they were."""
    lets = [
        replace(let, operation=replace(let.operation, body=rule(let.operation.body)))
        if isinstance(let.operation, Map | Fold)
        else let
        for let in program.lets
    ]
    return replace(program, lets=lets)


def multilinear(program: Program) -> bool:
    """Whether every array is a product or a sum of arguments, or such added together and returned."""
    return all(_of_arguments(let, program) for let in program.lets)


def _of_arguments(let: Let, program: Program) -> bool:
    match let.operation:
        case Product():
            return let.reads <= program.inputs.keys()
        case Fold("sum", _, Entry()):
            return let.reads <= program.inputs.keys()
        case Map(body):
            read_on = any(let.name in other.reads for other in program.lets)
            return not read_on and all(isinstance(term, Entry) for term in terms_in(body))
    return False


def plain(node: Entry) -> bool:
    """An array as it is: every index once, none fixed."""
    return len(set(node.slots)) == len(node.slots) and all(i.kind != AT for i in node.slots)
