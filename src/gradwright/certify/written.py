"""What a formula needs as it was written. Owns: parts that may have no value, and that cancelled as it was built.

1/a − 1/a is 0 by the time it is a node, and has no value at 0 all the same. Never: computes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gradwright.certify.layout import below
from gradwright.core.build import total
from gradwright.core.context import Context
from gradwright.core.node import Apply, Const, MatFn, Node, Pow, Where


def cancelled(parts: Sequence[Node], sides: Sequence[Node], context: Context) -> list[Node]:
    """Sums that have a value where everything has that the parts need and the sides no longer do."""
    kept = {_closed(node) for node in _partial(sides, context)}
    return [node for node in dict.fromkeys(map(_closed, _partial(parts, context))) if node not in kept]


def _closed(node: Node) -> Node:
    """One number that is finite where every entry is, the same for equal nodes with indices of other names."""
    return total(node.free, node)


def _partial(roots: Iterable[Node], context: Context) -> Iterator[Node]:
    """What may have no value, each once; not what only a condition asks for."""
    seen: set[Node] = set()
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if isinstance(node, Apply | MatFn) or (isinstance(node, Pow) and not _is_natural(node.exponent)):
            yield node
        stack.extend((node.left, node.right) if isinstance(node, Where) else below(node, context))


def _is_natural(exponent: Node) -> bool:
    return isinstance(exponent, Const) and isinstance(exponent.value, int) and exponent.value >= 0
