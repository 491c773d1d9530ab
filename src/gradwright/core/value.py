"""What a formula's parts are while it is read. Owns: values with axes. Never: elaborates."""

from __future__ import annotations

from collections.abc import Sequence

from gradwright.core.build import rename, where
from gradwright.core.index import Index, position
from gradwright.core.node import Array, Node, grouped
from gradwright.core.record import dataclass

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
