"""Proofs for a document's relations. Owns: equal normal forms, what a δ may be put to.

Never: decides a verdict; a form that cannot be had is None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradwright.core.build import ZERO, subtract
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.index import Index
from gradwright.core.node import Delta, Node
from gradwright.core.walk import bottom_up
from gradwright.engine.derivatives import resolved
from gradwright.engine.normal import TooLong
from gradwright.engine.passes import normal_form
from gradwright.engine.simplify import Used


def proved(
    left: Node, right: Node, axes: Sequence[Index], context: Context, apart: Sequence[tuple[Index, Index]] = ()
) -> Used | None:
    """What was used if the normal forms coincide; None if they do not, or cannot be had.

    ``apart`` are unequal indices.
    """
    used = Used()
    try:
        plain = replace(context)
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


def never_equal(
    left: Node, right: Node, axes: Sequence[Index], context: Context, apart: Sequence[tuple[Index, Index]]
) -> bool:
    """Whether the sides differ by a number that is not zero."""
    try:
        left, right = (resolved(side, context) for side in (left, right))
        gap = normal_form(subtract(left, right), axes, replace(context), Used())
        for a, b in apart:
            gap = normal_form(without(gap, a, b), axes, replace(context), Used())
    except (TooLong, Error, RecursionError, ArithmeticError):
        return False
    return gap is not ZERO and not gap.names and not gap.free


def without(node: Node, a: Index, b: Index) -> Node:
    """δ_ab put to 0."""
    return bottom_up(lambda n: ZERO if isinstance(n, Delta) and {n.left, n.right} == {a, b} else n, node)
