"""Expressions of a known sign. Owns: what is surely positive, negative or not negative. Never: guesses, differentiates.

What follows from a fact names it, so that a step can say what it used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gradwright.core.build import ONE, negate
from gradwright.core.context import Context
from gradwright.core.node import Add, Apply, Const, Entry, MatFn, Mul, Node, Pow, Reduce, Size
from gradwright.tables.scalars import FUNCTIONS, NEGATIVE, NONNEGATIVE, POSITIVE, those

_DEEPEST = 8
SIGNED = those(lambda row: row.of_sign)
"""The functions that a known sign of their argument takes away."""

Why = dict[str, None]
"""The facts used, each as a person reads it."""


def sign_of(node: Node, context: Context, why: Why, depth: int = 0) -> str | None:
    """The sign that the node surely has wherever it has a value, or None; ``why`` is told of the facts this takes."""
    if depth > _DEEPEST:
        return None
    kind = _KINDS.get(type(node))
    return kind(node, context, why, depth + 1) if kind is not None else None


def _const(node: Const, context: Context, why: Why, depth: int) -> str | None:
    return POSITIVE if node.value > 0 else NEGATIVE if node.value < 0 else NONNEGATIVE


def _size(node: Size, context: Context, why: Why, depth: int) -> str | None:
    return POSITIVE


def _entry(node: Entry, context: Context, why: Why, depth: int) -> str | None:
    for sign in (POSITIVE, NEGATIVE, NONNEGATIVE):
        given = context.facts.why(sign, node.name)
        if given is not None:
            why[str(given)] = None
            return sign
    return None


def _apply(node: Apply, context: Context, why: Why, depth: int) -> str | None:
    row = FUNCTIONS.get(node.fn)
    return (row.sign or None) if row is not None else None


def _all(signs: Iterable[str | None]) -> str | None:
    """The sign of a sum of terms with those signs."""
    found = set(signs)
    if len(found) == 1:
        return found.pop()
    return POSITIVE if found == {POSITIVE, NONNEGATIVE} else None


def _add(node: Add, context: Context, why: Why, depth: int) -> str | None:
    if len(node.terms) == 2 and ONE in node.terms and any(_below_one(negate(term)) for term in node.terms):
        return POSITIVE
    return _all(sign_of(term, context, why, depth) for term in node.terms)


def _below_one(node: Node) -> bool:
    """σ u, or an even power of tanh u: a power of what is below 1 in size, and not negative."""
    base, exponent = (node.base, node.exponent) if isinstance(node, Pow) else (node, ONE)
    if not isinstance(base, Apply) or not isinstance(exponent, Const) or exponent.value <= 0:
        return False
    row = FUNCTIONS.get(base.fn)
    return row is not None and row.below == 1 and (row.sign == POSITIVE or exponent.value % 2 == 0)


def _mul(node: Mul, context: Context, why: Why, depth: int) -> str | None:
    signs = [sign_of(factor, context, why, depth) for factor in node.factors]
    if None in signs or (NONNEGATIVE in signs and NEGATIVE in signs):
        return None
    if NONNEGATIVE in signs:
        return NONNEGATIVE
    return NEGATIVE if signs.count(NEGATIVE) % 2 else POSITIVE


def _pow(node: Pow, context: Context, why: Why, depth: int) -> str | None:
    base = sign_of(node.base, context, why, depth)
    if base == POSITIVE:
        return POSITIVE
    even = isinstance(node.exponent, Const) and node.exponent.value % 2 == 0
    if even and base == NEGATIVE:
        return POSITIVE
    if base == NONNEGATIVE or even:
        return NONNEGATIVE
    return None


def _reduce(node: Reduce, context: Context, why: Why, depth: int) -> str | None:
    sign = sign_of(node.body, context, why, depth)
    return None if node.op == "prod" and sign == NEGATIVE else sign


def _matfn(node: MatFn, context: Context, why: Why, depth: int) -> str | None:
    given = context.facts.why("posdef", node.body.name) if isinstance(node.body, Entry) else None
    if node.fn != "det" or node.order or given is None:
        return None
    why[str(given)] = None
    return POSITIVE


_KINDS: dict[type[Node], Callable[..., str | None]] = {
    Const: _const, Size: _size, Entry: _entry, Apply: _apply, Add: _add, Mul: _mul, Pow: _pow, Reduce: _reduce,
    MatFn: _matfn,
}  # fmt: skip


def of_known_sign(node: Apply, context: Context, why: Why) -> Node | None:
    """|u| = u for u > 0, and its like, where the sign of u is known."""
    sign = sign_of(node.args[0], context, why) if node.fn in SIGNED else None
    change = dict(FUNCTIONS[node.fn].of_sign).get(sign) if sign is not None else None
    return change(node.args[0]) if change is not None else None


def smooth(node: Apply, context: Context) -> bool:
    """Whether the argument surely keeps away from the 0 at which the function has no derivative."""
    return node.fn in SIGNED and sign_of(node.args[0], context, {}) in (POSITIVE, NEGATIVE)
