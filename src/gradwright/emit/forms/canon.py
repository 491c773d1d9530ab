"""One name for one array. Owns: an expression up to the names of its free indices, arrays with names of their own.
Never: decides what is computed.
"""

from __future__ import annotations

from gradwright.core.build import _ordered, entry, rename
from gradwright.core.index import Index, free_index
from gradwright.core.node import Array, Node


def canonical(node: Node) -> tuple[Array, tuple[Index, ...]]:
    """The array over canonical axes, and the node's own free indices in the order of those axes.

    Nodes that differ only in the names of their free indices have the same array.
    """
    free = sorted(node.free, key=lambda i: (i.digest, repr(i)))
    order = tuple(_ordered(free, node)) if free else ()
    axes = tuple(free_index(f"?{k}", index.dim) for k, index in enumerate(order))
    return Array(axes, rename(node, dict(zip(order, axes, strict=True)))), order


class Named:
    """Arrays with names, each once; ``arrays`` has them in order. Their terms and factors do not mix with what they
    stand in."""

    def __init__(self, prefix: str) -> None:
        self.arrays: dict[str, Array] = {}
        self._prefix, self._names = prefix, dict[Node, str]()

    def __call__(self, node: Node) -> Node:
        """The array by its name, at the node's own indices."""
        key, order = canonical(node)
        name = self._names.setdefault(key.body, f"{self._prefix}{len(self._names)}")
        self.arrays.setdefault(name, key)
        return entry(name, *order)
