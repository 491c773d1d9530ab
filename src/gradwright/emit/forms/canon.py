"""One name for one array. Owns: an expression up to the names of its free indices. Never: decides what is computed."""

from __future__ import annotations

from gradwright.core.build import _ordered, rename
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
