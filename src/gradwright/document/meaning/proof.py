"""Proofs for a document's relations. Owns: derivatives taken away by the rules, normal forms, what a δ may be put to.

Never: decides a verdict; a form that cannot be had is None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradwright.core.build import ZERO, rename
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.index import Index, free_index
from gradwright.core.node import Array, Delta, Deriv, Entry, Node
from gradwright.core.walk import bottom_up
from gradwright.normal import TooLong
from gradwright.prove import Prover, normal_form
from gradwright.simplify import Used


def derivative(body: Node, name: str, slots: tuple[Index, ...], context: Context) -> Node:
    """∂body/∂name[slots] with every derivative inside taken too."""
    body = resolved(body, context)
    return Prover(context, name, slots).prove(Array((), body), "").raw


def resolved(node: Node, context: Context) -> Node:
    """The node with no unevaluated derivative left, innermost first."""
    count = 0

    def rule(current: Node) -> Node:
        nonlocal count
        if not isinstance(current, Deriv):
            return current
        count += 1
        free = tuple(free_index(f"~z{count}.{k}", s.dim) for k, s in enumerate(current.slots))
        raw = Prover(context, current.name, free).prove(Array((), current.body), "").raw
        return rename(raw, dict(zip(free, current.slots, strict=True)))

    return bottom_up(rule, node) if node.derivs else node


def proved(
    left: Node, right: Node, axes: Sequence[Index], context: Context, apart: Sequence[tuple[Index, Index]] = ()
) -> Used | None:
    """What was used if the normal forms coincide; None if they do not, or cannot be had.

    ``apart`` are unequal indices.
    """
    used = Used()
    try:
        plain = unfolded(context)
        sides = []
        for side in (left, right):
            done = resolved(side, context)
            done = normal_form(done, axes, plain, used)
            for a, b in apart:
                done = normal_form(without(done, a, b), axes, plain, used)
            sides.append(done)
        return used if sides[0] is sides[1] else None
    except (TooLong, Error, RecursionError, ArithmeticError):
        return None


def without(node: Node, a: Index, b: Index) -> Node:
    """δ_ab put to 0."""
    return bottom_up(lambda n: ZERO if isinstance(n, Delta) and {n.left, n.right} == {a, b} else n, node)


def unfolded(context: Context) -> Context:
    return replace(context)


def mentions(node: Node, name: str) -> bool:
    return name in node.names and any(isinstance(n, Entry) and n.name == name for n in _walk(node))


def _walk(node: Node) -> list[Node]:
    from gradwright.core.node import walk

    return list(walk(node))
