"""Symmetric matrices that are surely positive definite. Owns: what follows from facts and from how a matrix is made.

Cholesky's factor exists exactly for these; where a determinant's logarithm or an inverse is asked for, the matrix is
invertible, and positive semidefinite is enough. Never: guesses: what no rule here reaches is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations

from gradwright.core.build import entry, mul, open_binder, open_sums, rename, total
from gradwright.core.context import Context
from gradwright.core.index import Index
from gradwright.core.node import Add, Const, Delta, Entry, MatFn, Mul, Node, Pow, Reduce, factors_in
from gradwright.core.walk import bottom_up
from gradwright.tables.scalars import NONNEGATIVE, POSITIVE
from gradwright.tables.signs import sign_of

DEFINITE, SEMIDEFINITE = "definite", "semidefinite"
_DEEPEST = 8


def definite(body: Node, row: Index, column: Index, context: Context, depth: int = 0) -> str | None:
    """Whether the symmetric matrix (row, column) -> body is positive definite or semidefinite; None: not known."""
    if depth > _DEEPEST:
        return None
    if not body.free & {row, column}:  # the same number everywhere
        return SEMIDEFINITE if sign_of(body, context, {}) in (POSITIVE, NONNEGATIVE) else None
    if not {row, column} <= body.free:
        return None
    rule = _RULES.get(type(body))
    return rule(body, row, column, context, depth + 1) if rule is not None else None


def _entry(node: Entry, row: Index, column: Index, context: Context, depth: int) -> str | None:
    plain = set(node.slots) == {row, column} and len(node.slots) == 2
    return DEFINITE if plain and context.facts.ask("posdef", node.name) else None


def _delta(node: Delta, row: Index, column: Index, context: Context, depth: int) -> str | None:
    return DEFINITE


def _add(node: Add, row: Index, column: Index, context: Context, depth: int) -> str | None:
    found = {definite(term, row, column, context, depth) for term in node.terms}
    return None if None in found else DEFINITE if DEFINITE in found else SEMIDEFINITE


def _mul(node: Mul, row: Index, column: Index, context: Context, depth: int) -> str | None:
    """c f_i f_j B_ij for c ≥ 0 and a semidefinite B; B may be a product of such (Schur), or δ beside any g_i ≥ 0."""
    both = [f for f in node.factors if {row, column} <= f.free]
    left, right, rest = apart(node.factors, row, column)
    diagonal = any(isinstance(f, Delta) for f in both)
    sign = sign_of(mul(*(f for f in node.factors if f not in both) if diagonal else rest), context, {})
    if sign not in (POSITIVE, NONNEGATIVE):
        return None
    if not diagonal and not _same(left, right, {row: column}, context):
        return None
    found = {definite(f, row, column, context, depth) for f in both}
    if None in found:
        return None
    whole = found == {DEFINITE} and sign == POSITIVE and (diagonal or not left)
    return DEFINITE if whole else SEMIDEFINITE


def _sum(node: Reduce, row: Index, column: Index, context: Context, depth: int) -> str | None:
    """A sum of semidefinite matrices, or Σ_ab F_ia B_ab F_jb with a semidefinite B."""
    if node.op != "sum":
        return None
    indices, body = open_sums(node, avoid=frozenset((row, column)))
    found = definite(body, row, column, context, depth)
    if found is not None:
        return found
    factors = factors_in(body)
    left, right, rest = apart(factors, row, column)
    if len(left) + len(right) + len(rest) < len(factors):
        return None
    for a, b in permutations(indices, 2):
        if a.dim != b.dim or b in mul(*left).free or not _same(left, right, {row: column, a: b}, context):
            continue
        inner = [i for i in indices if i not in (a, b) and i not in mul(*left).free]
        if definite(total(inner, mul(*rest)), a, b, context, depth) is not None:
            return SEMIDEFINITE
    return None


def _inverse(node: MatFn, row: Index, column: Index, context: Context, depth: int) -> str | None:
    if node.fn != "inv" or node.order or set(node.slots) != {row, column}:
        return None
    (first, second), body = open_binder(node, avoid=frozenset((row, column)))
    return DEFINITE if definite(body, first, second, context, depth) is not None else None


def _power(node: Pow, row: Index, column: Index, context: Context, depth: int) -> str | None:
    """B_ij to a whole power: a product of entries with themselves (Schur)."""
    whole = isinstance(node.exponent, Const) and isinstance(node.exponent.value, int) and node.exponent.value > 0
    return definite(node.base, row, column, context, depth) if whole else None


def _same(left: list[Node], right: list[Node], mapping: dict[Index, Index], context: Context) -> bool:
    """Whether the factors are the same at other indices; those of symmetric matrices go in either order."""

    def ordered(node: Node) -> Node:
        if not isinstance(node, Entry) or not context.facts.ask("symmetric", node.name):
            return node
        return entry(node.name, *sorted(node.slots, key=lambda i: (i.digest, repr(i))))

    return bottom_up(ordered, rename(mul(*left), mapping)) is bottom_up(ordered, mul(*right))


def apart(factors: Sequence[Node], row: Index, column: Index) -> tuple[list[Node], list[Node], list[Node]]:
    """Factors that move with the row alone, with the column alone, and with neither."""
    left = [f for f in factors if row in f.free and column not in f.free]
    right = [f for f in factors if column in f.free and row not in f.free]
    return left, right, [f for f in factors if not f.free & {row, column}]


_RULES: dict[type[Node], Callable[..., str | None]] = {
    Entry: _entry, Delta: _delta, Add: _add, Mul: _mul, Reduce: _sum, MatFn: _inverse, Pow: _power,
}  # fmt: skip
