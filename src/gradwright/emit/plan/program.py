"""Programs, between the planner and the targets. Owns: the operations, a closed set, and that a program is well formed.

A statement assigns what one operation makes of arrays that are there to a new array, over axes of known extents. What a
target prints is spelled from these alone. Never: plans, spells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field, replace
from enum import Enum, auto
from typing import ClassVar, NamedTuple

from gradwright.core.build import ONE, mul
from gradwright.core.context import Context
from gradwright.core.index import AT, Dim, Index, names_of
from gradwright.core.node import Array, Entry, Node, Size, terms_in, walk
from gradwright.core.record import dataclass
from gradwright.emit.plan.names import extents_of


class Room(Enum):
    """Where an operation puts its result: in an array of its own, in the place of its operand, or there only if that
    has room: under PyTorch's ``vmap`` an array may be smaller than what is written into it."""

    NEW = auto()
    SAME = auto()
    PERHAPS = auto()


class Step(NamedTuple):
    """One operation on the array at hand, with ``other`` where it takes two."""

    fn: str
    room: Room = Room.SAME
    other: Node = ONE


@dataclass(frozen=True, slots=True)
class Reuse:
    """How a formula is computed in one array: what is there first, a formula or an array that nobody reads afterwards,
    and the operations on it."""

    first: Node
    steps: tuple[Step, ...] = ()

    def then(self, *steps: Step) -> Reuse:
        """With more operations."""
        return Reuse(self.first, (*self.steps, *steps))

    @property
    def overwrites(self) -> bool:
        """Whether any operation puts its result in the place of its operand."""
        return any(step.room is not Room.NEW for step in self.steps)


class _Operation:
    """``nodes`` are the formulas in an operation, in order."""

    __slots__: tuple[str, ...] = ()

    @property
    def nodes(self) -> tuple[Node, ...]:
        return tuple(part for name in self.__slots__ if isinstance(part := getattr(self, name), Node))


@dataclass(frozen=True, slots=True)
class Map(_Operation):
    """A formula, entry by entry; ``reuse`` says how it is computed in one array, where a target asks for that."""

    body: Node
    reuse: Reuse | None = None
    over: ClassVar[tuple[Index, ...]] = ()


@dataclass(frozen=True, slots=True)
class Fold(_Operation):
    """A formula summed, multiplied, or its largest or least entry, over some axes."""

    op: str
    over: tuple[Index, ...]
    body: Node
    reuse: Reuse | None = None

    def order(self, axes: tuple[Index, ...]) -> tuple[Index, ...]:
        """All axes of the summand, as its largest array stores them; those that are left come out as ``axes``."""
        entries = sorted((n for n in walk(self.body) if isinstance(n, Entry)), key=lambda n: -len(n.slots))
        stored = dict.fromkeys(i for n in entries for i in n.slots if i in self.body.free)
        every = tuple(dict.fromkeys((*stored, *axes, *self.over)))
        places = iter(axes)
        return tuple(next(places) if i in axes else i for i in every)


@dataclass(frozen=True, slots=True)
class Product(_Operation):
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
class Gather(_Operation):
    """An array read at class labels, which take the place of the index ``at``; where ``optional``, a negative label is
    none, and reads anything."""

    source: Entry
    at: Index
    label: Entry
    optional: bool


@dataclass(frozen=True, slots=True)
class Scatter(_Operation):
    """A matrix, with a share added to each row at its class label; ``optional`` as in ``Gather``."""

    base: Node
    share: Node
    label: Entry
    optional: bool
    reuse: Reuse | None = None


@dataclass(frozen=True, slots=True)
class Diagonal(_Operation):
    """An array where two indices of it are one, and 0 elsewhere: nothing is multiplied by 0."""

    ends: tuple[Index, Index]
    body: Node


@dataclass(frozen=True, slots=True)
class Largest(_Operation):
    """The largest entry of each row of a softmax along an axis, whose argument is there, too."""

    softmax: Entry
    source: Entry
    along: Index


class Matrix(NamedTuple):
    """A matrix or a vector beside ``@``: an array, and whether its axes are exchanged."""

    array: Entry
    turned: bool = False

    @property
    def transposed(self) -> Matrix:
        return Matrix(self.array, not self.turned)

    @property
    def name(self) -> str:
        return self.array.name


@dataclass(frozen=True, slots=True)
class Chain(_Operation):
    """The product of three matrices, in the order that is cheapest for their extents."""

    factors: tuple[Matrix, ...]

    @property
    def nodes(self) -> tuple[Node, ...]:
        return tuple(factor.array for factor in self.factors)


@dataclass(frozen=True, slots=True)
class Rowwise(_Operation):
    """A softmax or a log-softmax along an axis."""

    fn: str
    source: Entry
    along: Index


@dataclass(frozen=True, slots=True)
class Norm(_Operation):
    """√(scale Σ source² + beside), without overflow or underflow."""

    source: Entry
    over: tuple[Index, ...]
    scale: Node
    beside: Node


@dataclass(frozen=True, slots=True)
class OfMatrix(_Operation):
    """A function of the matrix (row, column) -> source, or of each of a stack, at the indices ``slots``."""

    fn: str
    source: Entry
    ends: tuple[Index, ...]
    slots: tuple[Index, ...]


@dataclass(frozen=True, slots=True)
class Solve(_Operation):
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


Formula = Map | Fold | Product
"""What is computed from an entry of each array at a time."""
Operation = Formula | Gather | Rowwise | Norm | OfMatrix | Solve | Scatter | Diagonal | Largest | Chain


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

    ``sizes`` are extents that no input has, so that the caller gives them; ``labels`` are inputs that hold labels.
    """

    inputs: dict[str, tuple[Dim, ...]]
    lets: list[Let]
    outputs: dict[str, Array]
    sizes: tuple[str, ...] = ()
    labels: frozenset[str] = frozenset()
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


def matrices(let: Let) -> tuple[Matrix, Matrix] | None:
    """What ``@`` stands between, where the array is a product of two matrices or vectors."""
    product = let.operation
    if not isinstance(product, Product) or len(product.over) != 1:
        return None
    pair = product.left, product.right
    if max(len(o.slots) for o in pair) > 2:
        return None
    left, right = pair if not let.axes or let.axes[0] in pair[0].slots else pair[::-1]
    (over,) = product.over
    rest = tuple(i for o in (left, right) for i in o.slots if i is not over)
    if set(left.slots) & set(right.slots) != {over} or rest != let.axes:
        return None
    turned = len(left.slots) == 2 and left.slots[0] is over, len(right.slots) == 2 and right.slots[1] is over
    if turned[0] and len(right.slots) == 1:
        return Matrix(right), Matrix(left)  # the product of a row with a matrix, which is nowhere transposed
    return Matrix(left, turned[0]), Matrix(right, turned[1])


def plain(node: Entry) -> bool:
    """An array as it is: every index once, none fixed."""
    return len(set(node.slots)) == len(node.slots) and all(i.kind != AT for i in node.slots)
