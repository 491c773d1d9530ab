"""The kinds of scalar node, interned. Owns: what a node is, equality as identity, the canonical order.

Never: simplifies (that is ``build``), differentiates, prints. A vector or a matrix exists only as an ``Array``: an
order of axes and a scalar body. No node stores a shape; an index carries its own extent.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, ClassVar, TypeVar
from weakref import WeakValueDictionary

from gradwright.core.index import AT, Dim, Index, stable
from gradwright.core.record import dataclass

Number = int | Fraction | float
EMPTY: frozenset[Index] = frozenset()
N = TypeVar("N", bound="Node")


class Node:
    """An immutable scalar expression. Equal nodes are the same object, so ``==`` is identity.

    ``free``    indices free in it (a bound index counts as free below its own binder)
    ``names``   symbols and functions it mentions
    ``height``  the highest number of a bound index inside it
    ``digest``  a number equal in every process for equal nodes; orders sums and products
    ``derivs``  whether an unevaluated derivative stands inside
    ``deltas``  whether a Kronecker delta stands inside
    """

    __slots__ = ("__weakref__", "_opened", "deltas", "derivs", "digest", "free", "height", "names")
    free: frozenset[Index]
    names: frozenset[str]
    height: int
    digest: int
    derivs: bool
    deltas: bool
    _opened: object

    fields: ClassVar[tuple[str, ...]] = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(repr(getattr(self, f)) for f in self.fields)})"

    def __reduce__(self) -> tuple[object, ...]:
        return (intern, (type(self), *(getattr(self, f) for f in self.fields)))

    @property
    def children(self) -> tuple[Node, ...]:
        """Nodes directly below."""
        return ()

    @property
    def indices(self) -> tuple[Index, ...]:
        """Indices this node itself mentions (not those of its children, not those it binds)."""
        return ()

    @property
    def binds(self) -> tuple[Index, ...]:
        """Indices this node binds in its children."""
        return ()


class Const(Node):
    """An exact number (a float only where a float was given)."""

    __slots__ = fields = ("value",)
    value: Number


class Size(Node):
    """The extent of an axis by its name, as a number: ``n``."""

    __slots__ = fields = ("dim",)
    dim: str


class Ordinal(Node):
    """The place an index stands at, as a number: for masks such as ``i <= j``."""

    __slots__ = fields = ("index",)
    index: Index

    @property
    def indices(self) -> tuple[Index, ...]:
        return (self.index,)


class Entry(Node):
    """An entry of a symbol: ``A[i,j]``, ``x[k]``, or a scalar symbol with no index."""

    __slots__ = fields = ("name", "slots")
    name: str
    slots: tuple[Index, ...]

    @property
    def indices(self) -> tuple[Index, ...]:
        return self.slots


class Delta(Node):
    """Kronecker's delta of two indices: 1 where they are equal, 0 elsewhere."""

    __slots__ = fields = ("left", "right")
    left: Index
    right: Index

    @property
    def indices(self) -> tuple[Index, ...]:
        return (self.left, self.right)


class Add(Node):
    """A sum of at least two terms, flat and collected."""

    __slots__ = fields = ("terms",)
    terms: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        return self.terms


class Mul(Node):
    """A product of at least two factors, flat and collected; a numerical coefficient stands first."""

    __slots__ = fields = ("factors",)
    factors: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        return self.factors


class Pow(Node):
    """A power. ``1/x`` is ``Pow(x, -1)``, ``sqrt(x)`` is ``Pow(x, 1/2)``."""

    __slots__ = fields = ("base", "exponent")
    base: Node
    exponent: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.base, self.exponent)


class Apply(Node):
    """A scalar function of scalars: a row of ``tables.elementwise``."""

    __slots__ = fields = ("fn", "args")
    fn: str
    args: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        return self.args


class Reduce(Node):
    """A sum, product, maximum or minimum (``op``: sum prod max min) of the body over bound indices."""

    __slots__ = fields = ("op", "bound", "body")
    op: str
    bound: tuple[Index, ...]
    body: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.body,)

    @property
    def binds(self) -> tuple[Index, ...]:
        return self.bound


class MatFn(Node):
    """An entry of a function of a whole array: an unknown ``u(x)``, its derivatives ``D(u,x)``, or inv, det, ….

    ``fn`` names it; ``order`` counts derivatives taken of it; ``slots`` are the output's indices followed, for each
    derivative, by the indices of the argument's entry. The argument is the array ``bound -> body``; ``given`` are
    scalars beside it, such as the exponent of a power.
    """

    __slots__ = fields = ("fn", "order", "slots", "bound", "body", "given")
    fn: str
    order: int
    slots: tuple[Index, ...]
    bound: tuple[Index, ...]
    body: Node
    given: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.body, *self.given)

    @property
    def indices(self) -> tuple[Index, ...]:
        return self.slots

    @property
    def binds(self) -> tuple[Index, ...]:
        return self.bound


class Where(Node):
    """``then`` where ``left <op> right`` holds (op: < <= == !=), else ``other``."""

    __slots__ = fields = ("op", "left", "right", "then", "other")
    op: str
    left: Node
    right: Node
    then: Node
    other: Node

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.left, self.right, self.then, self.other)


class Deriv(Node):
    """The unevaluated derivative of ``body`` in the entry ``name[slots]``: what the rules rewrite."""

    __slots__ = fields = ("body", "name", "slots")
    body: Node
    name: str
    slots: tuple[Index, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.body,)

    @property
    def indices(self) -> tuple[Index, ...]:
        return self.slots


KINDS: tuple[type[Node], ...] = (
    Const, Size, Ordinal, Entry, Delta, Add, Mul, Pow, Apply, Reduce, MatFn, Where, Deriv,
)  # fmt: skip
_RANK = {kind: number for number, kind in enumerate(KINDS)}


@dataclass(frozen=True)
class Array:
    """A tensor: the order of its axes (free indices) and the scalar at them. Axes () is a scalar.

    ``groups`` says how many indices in turn make one axis of the array, as in vec(X), whose axis is the pair of column
    and row (the last index runs fastest); () where every index is an axis of its own.
    """

    axes: tuple[Index, ...]
    body: Node
    groups: tuple[int, ...] = ()

    @property
    def shape(self) -> tuple[Dim, ...]:
        """The extents of the indices."""
        return tuple(axis.dim for axis in self.axes)

    @property
    def parts(self) -> tuple[tuple[Index, ...], ...]:
        """The indices of each axis."""
        return grouped(self.axes, self.groups)


def grouped(axes: tuple[Index, ...], groups: tuple[int, ...]) -> tuple[tuple[Index, ...], ...]:
    """The indices in runs of those lengths, or each alone."""
    rest = iter(axes)
    return tuple(tuple(next(rest) for _ in range(width)) for width in groups or (1,) * len(axes))


_table: WeakValueDictionary[tuple[object, ...], Node] = WeakValueDictionary()


def intern(kind: type[N], *values: object) -> N:
    """The one node of that kind with these fields."""
    key = (kind, *values, type(values[0]))
    reference = _references.get(key)
    found = reference() if reference is not None else None
    if found is None:
        found = object.__new__(kind)
        for field, value in zip(kind.fields, values, strict=True):
            setattr(found, field, value)
        found._opened = None
        _finish(found, values)
        _table[key] = found
    return found


# The table's own dict of references: reading it directly halves the cost of meeting a node again.
_references: dict[tuple[object, ...], Any] = _table.data  # type: ignore[attr-defined]


def _digest_of(value: object) -> int:
    if isinstance(value, tuple):
        return hash(tuple([_digest_of(item) for item in value]))
    if isinstance(value, Node | Index):
        return value.digest
    if isinstance(value, str | int):
        return stable(value)
    return hash(value)  # Fraction and float hash alike in every process


def _finish(node: Node, values: tuple[object, ...]) -> None:
    kind = type(node)
    own = node.indices
    free: frozenset[Index] = frozenset([i for i in own if i.kind != AT]) if own else EMPTY
    names: frozenset[str] = _NAMELESS
    height = 0
    derivs = kind is Deriv
    deltas = kind is Delta
    for child in node.children:
        if child.free and not child.free <= free:
            free = free | child.free if free else child.free
        if child.names and not child.names <= names:
            names = names | child.names if names else child.names
        if child.height > height:
            height = child.height
        derivs = derivs or child.derivs
        deltas = deltas or child.deltas
    bound = node.binds
    if bound:
        free = free.difference(bound)
        height = max(height, *[int(i.name) for i in bound])
    if kind in _NAMED:
        names = names | {node.fn if kind is MatFn else node.name}  # type: ignore[attr-defined]
    node.free, node.names, node.height, node.derivs, node.deltas = free, names, height, derivs, deltas
    said = values if kind is not MatFn or values[-1] else values[:-1]  # no scalars beside: nothing to tell apart
    node.digest = hash((_RANK[kind], *[_digest_of(v) for v in said]))


_NAMELESS: frozenset[str] = frozenset()
_NAMED = frozenset((Entry, MatFn, Deriv))


def factors_in(node: Node) -> tuple[Node, ...]:
    """The factors of a product; of anything else itself."""
    return node.factors if isinstance(node, Mul) else (node,)


def terms_in(node: Node) -> tuple[Node, ...]:
    """The terms of a sum; of anything else itself."""
    return node.terms if isinstance(node, Add) else (node,)


def walk(node: Node) -> Iterator[Node]:
    """Every distinct node below and including this one, children before parents."""
    seen: set[Node] = set()
    stack: list[tuple[Node, bool]] = [(node, False)]
    while stack:
        current, expanded = stack.pop()
        if expanded:
            yield current
        elif current not in seen:
            seen.add(current)
            stack.append((current, True))
            stack.extend((child, False) for child in current.children)


def written_size(root: Node, most: int) -> int:
    """Nodes in the tree the expression would be written out as, at the most ``most`` (shared parts make it explode)."""
    sizes: dict[Node, int] = {}
    for node in walk(root):
        sizes[node] = min(most, 1 + sum(sizes[child] for child in node.children))
    return sizes[root]


def written_length(root: Node, most: int) -> int:
    """Numbers, names and functions in the expression as written out, at the most ``most``."""
    lengths: dict[Node, int] = {}
    for node in walk(root):
        own = 0 if node.children and not isinstance(node, Apply | MatFn) else 1
        lengths[node] = min(most, own + sum(lengths[child] for child in node.children))
    return lengths[root]
