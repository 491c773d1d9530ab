"""Proofs for a document's relations. Owns: equal normal forms, what a δ may be put to.

Never: decides a verdict; a form that cannot be had is None.
"""

from __future__ import annotations

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
from gradwright.referee.compare.numeric import Pair


def proved(pair: Pair, context: Context) -> Used | None:
    """What was used if the normal forms coincide; None if they do not, or cannot be had."""
    used = Used()
    try:
        left, right = (_normal(resolved(side, context), pair, context, used) for side in pair.sides)
        return used if left is right else None
    except (TooLong, Error, RecursionError, ArithmeticError):
        return None


def never_equal(pair: Pair, context: Context) -> bool:
    """Whether the sides differ by a number that is not zero."""
    try:
        left, right = (resolved(side, context) for side in pair.sides)
        gap = _normal(subtract(left, right), pair, context, Used())
    except (TooLong, Error, RecursionError, ArithmeticError):
        return False
    return gap is not ZERO and not gap.names and not gap.free


def _normal(node: Node, pair: Pair, context: Context, used: Used) -> Node:
    """The normal form of a scalar, with δ_ab put to 0 for indices that are unequal."""
    node = normal_form(node, pair.axes, replace(context), used)
    for a, b in pair.apart:
        node = normal_form(without(node, a, b), pair.axes, replace(context), used)
    return node


def without(node: Node, a: Index, b: Index) -> Node:
    """δ_ab put to 0."""
    return bottom_up(lambda n: ZERO if isinstance(n, Delta) and {n.left, n.right} == {a, b} else n, node)
