"""The syntax tree of a formula, whether it was written as text, in LaTeX or in Unicode. Owns: one class per kind of
node, with its span; walking and rebuilding. Never: says what a symbol means, or what shape it has.

Every node is frozen and knows the characters it was read from. Fields that hold trees come in reading order, so a walk
visits them as a reader does. What only one of the languages can write (a slice ``X[i,:]``, a ``\\cases`` environment)
is a kind like any other: whoever gives kinds a meaning is total over these classes, and a test says so.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import fields, replace
from typing import Any, Literal, TypeVar, cast

from gradwright.core.errors import Span
from gradwright.core.index import Dim, plus, times
from gradwright.core.record import dataclass
from gradwright.core.walk import run

Font = Literal["", "bold", "roman", "cal"]
Multiplication = Literal[" ", "*", "cdot", "dot", "times", "@", ".*", "kron", "/", "./"]
"""How two factors are joined: side by side, by a sign that may mean any product, or by one that says which."""
Relation = Literal["=", ":=", "!=", "<", "<=", ">", ">=", "in", "~", "to", "iff"]
ORDERS: frozenset[Relation] = frozenset(("<", "<=", ">", ">="))


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A node: ``span`` is where it stands in what was typed."""

    span: Span


Tree = TypeVar("Tree", bound=Node)


# --- atoms


@dataclass(frozen=True, slots=True, eq=False)
class Number(Node):
    """A number as it is written."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Name(Node):
    """A symbol by its whole name (``W_2``, ``x_hat``) and its font.

    ``entry_of``  the array of which it may be an entry, where a letter below it that nothing binds made it a name of
                  its own: s_y beside a sum over the s_j
    """

    stem: str
    font: Font = ""
    entry_of: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Text(Node):
    """A quoted string, the subscripts of einsum."""

    text: str


# --- what stands below a symbol, or in its brackets


@dataclass(frozen=True, slots=True, eq=False)
class Letter(Node):
    """A letter that may run over an axis; ``sample``: written above, as in x^{(i)}."""

    name: str
    sample: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Place(Node):
    """A number that picks an entry. ``first`` is the number of the first entry: 0 in the text language, 1 in LaTeX."""

    text: str
    first: int = 1

    @property
    def offset(self) -> int:
        """The place counted from 0."""
        return int(self.text) - self.first


@dataclass(frozen=True, slots=True, eq=False)
class Pair(Node):
    """Two digits below a symbol: one place or two, as the rank of the symbol says."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Label(Node):
    """What is part of a symbol's name: ``max``, ``t-1``, an expression that is not worked out."""

    text: str
    bold: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Whole(Node):
    """The whole axis: ``:``."""


Item = Letter | Place | Pair | Label | Whole


@dataclass(frozen=True, slots=True, eq=False)
class Indexed(Node):
    """Subscripts, or brackets (``bracketed``) of the text language."""

    base: Node
    items: tuple[Item, ...]
    bracketed: bool = False


# --- operators


@dataclass(frozen=True, slots=True, eq=False)
class Group(Node):
    """Brackets."""

    body: Node


@dataclass(frozen=True, slots=True, eq=False)
class Negative(Node):
    body: Node


@dataclass(frozen=True, slots=True, eq=False)
class Sum(Node):
    """Two or more terms with their signs."""

    terms: tuple[tuple[Literal["+", "-"], Node], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Product(Node):
    """Two or more factors, each with the sign before it (that of the first says nothing), from left to right."""

    factors: tuple[tuple[Multiplication, Node], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Quotient(Node):
    """A fraction, or what stands around a slash."""

    top: Node
    bottom: Node
    entrywise: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Power(Node):
    """A power; ``entrywise``: of every entry; ``python``: written ``**``, which goes by entries too."""

    base: Node
    exponent: Node
    entrywise: bool = False
    python: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Transposed(Node):
    body: Node


@dataclass(frozen=True, slots=True, eq=False)
class Primed(Node):
    """Primes: a derivative, a transpose or another symbol, as the reading says."""

    body: Node
    count: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Pseudoinverse(Node):
    """A superscript +."""

    body: Node


@dataclass(frozen=True, slots=True, eq=False)
class Comparison(Node):
    relation: Relation
    left: Node
    right: Node


# --- functions


@dataclass(frozen=True, slots=True, eq=False)
class Call(Node):
    """A symbol applied to its arguments; ``known``: its very name is that of a function (log, tr, softmax)."""

    function: Node
    arguments: tuple[Node, ...]
    primes: int = 0
    known: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Root(Node):
    body: Node
    degree: Node | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Bars(Node):
    """|·|: an absolute value or a determinant, as the argument says."""

    body: Node


@dataclass(frozen=True, slots=True, eq=False)
class Norm(Node):
    """‖·‖ with what stands below it, as written."""

    body: Node
    order: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Inner(Node):
    """⟨·, ·⟩."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True, eq=False)
class Binder(Node):
    """A letter that Σ binds: from ``low`` to ``high`` (both included), or over an ``extent``, where that is said."""

    name: str
    low: Node | None = None
    high: Node | None = None
    extent: Dim | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Big(Node):
    """Σ, Π, max and min over indices; ``tensor`` collects entries into an array."""

    operator: Literal["sum", "prod", "max", "min", "tensor"]
    binders: tuple[Binder, ...]
    conditions: tuple[Comparison, ...]
    body: Node


@dataclass(frozen=True, slots=True, eq=False)
class Derivative(Node):
    """∂body/∂wrt …: ``body`` is None for an operator that stands alone; ``mark`` is the sign that is written.

    ``note``  what had to be supplied to take it for a derivative
    """

    mark: Literal["partial", "d", "nabla"]
    body: Node | None
    wrt: tuple[Node, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Differential(Node):
    """dX, d(AX)."""

    body: Node


@dataclass(frozen=True, slots=True, eq=False)
class Case(Node):
    """A value under conditions; without any it is what holds otherwise."""

    value: Node
    conditions: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Cases(Node):
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Matrix(Node):
    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Unknown(Node):
    """What is seen to be something that has no meaning here: an integral, an expectation, an optimum."""

    what: str


# --- programs


@dataclass(frozen=True, slots=True, eq=False)
class Let(Node):
    """A definition of a symbol, or of its entries by letters."""

    name: Name
    letters: tuple[Binder, ...]
    body: Node


@dataclass(frozen=True, slots=True, eq=False)
class Declared(Node):
    """``A: n m`` among the statements: the extents of a symbol; ``u: n -> m``, of a function's argument and value."""

    name: Name
    extents: tuple[Dim, ...]
    value: tuple[Dim, ...] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Program(Node):
    """Declarations and definitions, then the formula."""

    declared: tuple[Declared, ...]
    lets: tuple[Let, ...]
    body: Node


def outline(node: Node) -> tuple[object, ...]:
    """What a node says by itself: its kind and fields, the class in place of every node below it."""
    return type(node), *(_outline(getattr(node, name)) for name in _fields(node))


def _outline(part: object) -> object:
    if isinstance(part, Node):
        return Node
    return tuple(map(_outline, part)) if isinstance(part, tuple) else part


def with_children(node: Node, below: Sequence[Node]) -> Node:
    """The node with others directly below it, in reading order."""
    given = iter(below)
    rebuilt = descend(node)
    try:
        next(rebuilt)
        while True:
            rebuilt.send(next(given))
    except StopIteration as end:
        made = end.value
    assert isinstance(made, Node)
    return made


_FIELDS: dict[type[Node], tuple[str, ...]] = {}


def _fields(node: Node) -> tuple[str, ...]:
    """The fields of a node beside its span, in reading order."""
    kind = type(node)
    if kind not in _FIELDS:
        _FIELDS[kind] = tuple(field.name for field in fields(kind) if field.name != "span")
    return _FIELDS[kind]


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below, in reading order."""
    stack: list[object] = [getattr(node, name) for name in reversed(_fields(node))]
    while stack:
        here = stack.pop()
        if isinstance(here, Node):
            yield here
        elif isinstance(here, tuple):
            stack.extend(reversed(here))


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, in reading order."""
    stack = [node]
    while stack:
        here = stack.pop()
        yield here
        stack.extend(reversed([*children(here)]))


def alike(one: object, two: object) -> bool:
    """Whether two nodes (or what their fields hold) say the same, wherever they stand."""
    if isinstance(one, Node) and isinstance(two, Node):
        names = _fields(one)
        return type(one) is type(two) and all(alike(getattr(one, name), getattr(two, name)) for name in names)
    if isinstance(one, tuple) and isinstance(two, tuple):
        return len(one) == len(two) and all(alike(a, b) for a, b in zip(one, two, strict=True))
    return one == two


def differences(one: Node, two: Node) -> list[tuple[Node, Node]]:
    """The outermost places at which two trees part: what stands there in each."""
    if alike(one, two):
        return []
    if type(one) is not type(two):
        return [(one, two)]
    parts = [(getattr(one, name), getattr(two, name)) for name in _fields(one)]
    below = [_differences(a, b) for a, b in parts]
    found = [pair for pairs in below if pairs is not None for pair in pairs]
    return found if found and None not in below else [(one, two)]


def _differences(one: object, two: object) -> list[tuple[Node, Node]] | None:
    """The same of two fields; None where they part in what is no node."""
    if isinstance(one, Node) and isinstance(two, Node):
        return differences(one, two)
    if isinstance(one, tuple) and isinstance(two, tuple) and len(one) == len(two):
        below = [_differences(a, b) for a, b in zip(one, two, strict=True)]
        return None if None in below else [pair for pairs in below for pair in pairs or []]
    return [] if one == two else None


def descend(node: Node) -> Generator[Node, Node, Node]:
    """Rebuild a node from what each node directly below it becomes: they are yielded, in reading order."""
    made = {}
    for name in _fields(node):
        value = getattr(node, name)
        changed = yield from _descend(value)
        if changed is not value:
            made[name] = changed
    return replace(node, **made) if made else node


def _descend(value: Any) -> Generator[Node, Node, Any]:
    if isinstance(value, Node):
        return (yield value)
    if not isinstance(value, tuple):
        return value
    parts = []
    for part in value:
        parts.append((yield from _descend(part)))
    return value if all(a is b for a, b in zip(parts, value, strict=True)) else tuple(parts)


def rewritten(tree: Tree, change: Callable[[Node], Node]) -> Tree:
    """The tree with every node, once those below it are changed, as ``change`` has it; it leaves a tree's own kind."""

    def visit(node: Node) -> Generator[Node, Node, Node]:
        return change((yield from descend(node)))

    return cast(Tree, run(visit, cast(Node, tree), {}))


def replaced(tree: Tree, old: Node, new: Node) -> Tree:
    """The tree with one of the nodes in it (that very object) replaced."""
    return rewritten(tree, lambda node: new if node is old else node)


def factors_of(tree: Node) -> list[Node]:
    """The factors of a product; of anything else none."""
    return [factor for _, factor in tree.factors] if isinstance(tree, Product) else []


def bare(node: Node, *kinds: type[Node]) -> Node:
    """The node without the brackets around it, and without signs, transposes … around that if their kinds are named."""
    while isinstance(node, (Group, *kinds)):
        node = next(iter(children(node)))
    return node


def extent_in(node: Node) -> Dim | None:
    """The extent that a node writes: a name, a number, sums and products of them; None of anything else."""
    node = bare(node)
    if isinstance(node, Number):
        return int(node.text) if node.text.isdigit() else None
    if isinstance(node, Name):
        return node.stem
    if isinstance(node, Product) and all(sign in _PLAIN for sign, _ in node.factors):
        factors = [extent_in(factor) for _, factor in node.factors]
        known = [dim for dim in factors if dim is not None]
        return times(*known) if len(known) == len(factors) else None
    if isinstance(node, Sum):
        terms = [(sign, extent_in(term)) for sign, term in node.terms]
        known = [times(-1, d) if sign == "-" else d for sign, d in terms if d is not None]
        return plus(*known) if len(known) == len(terms) and _minus_a_number(terms) else None
    return None


_PLAIN: tuple[Multiplication, ...] = (" ", "*", "cdot")


def _minus_a_number(terms: Sequence[tuple[str, Dim | None]]) -> bool:
    """Whether nothing but numbers is taken away, so that large names make something of it."""
    return all(sign == "+" or isinstance(dim, int) for sign, dim in terms)
