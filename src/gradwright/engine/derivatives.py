"""Derivatives a formula writes, taken by the rules. Owns: nodes without unevaluated derivatives. Never: simplifies."""

from __future__ import annotations

from itertools import count

from gradwright.core.build import rename
from gradwright.core.context import Context
from gradwright.core.index import Index, free_index
from gradwright.core.node import Array, Deriv, Node
from gradwright.core.walk import bottom_up
from gradwright.engine.prove import Prover


def derivative(body: Node, name: str, slots: tuple[Index, ...], context: Context) -> Node:
    """∂body/∂name[slots] with every derivative inside taken too."""
    body = resolved(body, context)
    return Prover(context, name, slots).prove(Array((), body), "").raw


def resolved(node: Node, context: Context) -> Node:
    """The node with no unevaluated derivative left, innermost first."""
    numbers = count()

    def rule(current: Node) -> Node:
        if not isinstance(current, Deriv):
            return current
        number = next(numbers)
        free = tuple(free_index(f"~z{number}.{k}", s.dim) for k, s in enumerate(current.slots))
        raw = Prover(context, current.name, free).prove(Array((), current.body), "").raw
        return rename(raw, dict(zip(free, current.slots, strict=True)))

    return bottom_up(rule, node) if node.derivs else node
