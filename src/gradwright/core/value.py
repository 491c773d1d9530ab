"""What a formula's parts are while it is read. Owns: values with axes, and what names mean. Never: elaborates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gradwright.core.build import rename, where
from gradwright.core.context import Signature
from gradwright.core.extents import Extents
from gradwright.core.index import Dim, Index, position
from gradwright.core.node import Array, Node, grouped

BLOCK = "block "
_KINDS = ("scalar", "column", "matrix")


@dataclass(frozen=True)
class Value:
    """``kind`` begins with ``block`` where an axis is made of several indices, as ``groups`` then says."""

    kind: str
    axes: tuple[Index, ...]
    body: Node
    groups: tuple[int, ...] = ()

    @property
    def parts(self) -> tuple[tuple[Index, ...], ...]:
        """The indices of each axis."""
        return grouped(self.axes, self.groups)

    @property
    def plain(self) -> str:
        """Scalar, column, row, matrix or tensor, whatever the axes are made of."""
        return self.kind.removeprefix(BLOCK)

    @property
    def array(self) -> Array:
        return Array(self.axes, self.body, self.groups)


@dataclass
class Symbols:
    """What names mean while a formula is read.

    ``joined`` are definitions with axes of several indices, which are put in the place of their names.
    """

    source: str
    shapes: dict[str, tuple[Dim, ...]] = field(default_factory=dict)
    functions: dict[str, Signature] = field(default_factory=dict)
    definitions: dict[str, Array] = field(default_factory=dict)
    inherited: frozenset[str] = frozenset()
    dims: set[str] = field(default_factory=set)
    ranks: dict[str, int] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)
    weak: set[str] = field(default_factory=set)  # scalars, and
    lettered: set[str] = field(default_factory=set)  # vectors and matrices, by their letter alone
    wary: bool = False  # of reductions over a scalar: ranks are being tried
    later: frozenset[str] = frozenset()
    final: bool = False
    joined: dict[str, Value] = field(default_factory=dict)

    def names(self) -> set[str]:
        return {*self.shapes, *self.functions, *self.definitions, *self.joined}

    def knows(self, name: str) -> bool:
        """Whether the name means something by itself, which a bound letter and a function of the language do not."""
        return name in self.shapes or name in self.functions or name in self.definitions or name in self.dims

    def opened(self, extents: Extents) -> Symbols:
        """A copy in which every symbol of inferred rank has open extents."""
        shapes = dict(self.shapes)
        for name, rank in self.ranks.items():
            shapes[name] = tuple(extents.fresh() for _ in range(rank))
        return Symbols(self.source, shapes, dict(self.functions), dict(self.definitions), self.inherited,
                       set(self.dims), dict(self.ranks), dict(self.unknown), set(self.weak), set(self.lettered),
                       self.wary, self.later)  # fmt: skip

    def all_dims(self) -> list[Dim]:
        dims = [d for shape in self.shapes.values() for d in shape]
        return dims + [d for s in self.functions.values() for d in (*s.argument, *s.value)]

    def closed(self, extents: Extents) -> Symbols:
        def solved(shape: Sequence[Dim]) -> tuple[Dim, ...]:
            return tuple(extents.find(d) for d in shape)

        definitions = {n: a for n, a in self.definitions.items() if n in self.inherited}
        return Symbols(
            self.source, {n: solved(s) for n, s in self.shapes.items()},
            {n: Signature(solved(s.argument), solved(s.value)) for n, s in self.functions.items()},
            definitions, self.inherited,
            self.dims | {d for s in self.all_dims() for d in [extents.find(s)] if isinstance(d, str)}, final=True,
        )  # fmt: skip


def kind_of(rank: int) -> str:
    return _KINDS[rank] if rank < 3 else "tensor"


def arranged(parts: Sequence[tuple[Index, ...]], body: Node, row: bool = False) -> Value:
    """A value whose axes are made of those indices. Beside others an index of extent 1 is dropped, for 1·n = n."""
    kept = []
    for part in parts:
        slim = tuple(index for index in part if index.dim != 1) or part[:1]
        body = rename(body, {index: position(0, 1) for index in part if index not in slim})
        kept.append(slim)
    kind = "row" if row and len(kept) == 1 else kind_of(len(kept))
    groups = tuple(map(len, kept))
    flat = tuple(index for part in kept for index in part)
    return Value(f"{BLOCK}{kind}", flat, body, groups) if max(groups, default=1) > 1 else Value(kind, flat, body)


def mask(op: str, left: Node, right: Node, then: Node, other: Node) -> Node:
    """A choice by a comparison, of which nodes have those with <, <=, == and !=."""
    if op in (">", ">="):
        return where("<" if op == ">" else "<=", right, left, then, other)
    return where(op, left, right, then, other)
