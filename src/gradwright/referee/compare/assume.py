"""Values that are supposed, put into two sides. Owns: substitution after differentiation. Never: knows why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from gradwright.core.context import Context, Signature
from gradwright.core.node import Array, Deriv, Node, walk
from gradwright.engine.derivatives import resolved
from gradwright.referee.meaning.value import put


def put_in(values: Mapping[str, Array], left: Node, right: Node, context: Context) -> tuple[Node, Node, Context]:
    """Both sides, and what they are defined by, at these values; what is differentiated in one is so before."""
    if not values:
        return left, right, context
    sides = [_differentiated(side, values, context) for side in (left, right)]
    bodies = {n: _differentiated(a.body, values, context) for n, a in context.definitions.items()}
    definitions = {n: Array(a.axes, put(bodies[n], values)) for n, a in context.definitions.items()}
    one, two = (put(side, values) for side in sides)
    return one, two, replace(context, definitions=definitions)


def _differentiated(side: Node, values: Mapping[str, Array], context: Context) -> Node:
    moved = {name for name in values for node in walk(side) if isinstance(node, Deriv) and node.name == name}
    return _resolved(side, (*context.definitions.items(),), (*context.functions.items(),)) if moved else side


@lru_cache(maxsize=128)
def _resolved(
    side: Node, definitions: tuple[tuple[str, Array], ...], functions: tuple[tuple[str, Signature], ...]
) -> Node:
    """The side without derivatives: the same for every value that is tried."""
    return resolved(side, Context(definitions=dict(definitions), functions=dict(functions)))
