"""Products of a matrix with its own transpose. Owns: finding them, and what of them is the same twice.

Σ_n w_n X_ni X_nj with w ≥ 0 is one matrix, √w X, times itself: a library then computes half of it (syrk). Of a
Hessian's Σ_n X_ni X_nj S_nab with S_nab = S_nba a quarter of the entries says all. Never: plans, spells.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction
from itertools import combinations
from typing import NamedTuple

from gradwright.core.build import const, mul, power, rename
from gradwright.core.context import Context
from gradwright.core.index import Index
from gradwright.core.node import Delta, Node, factors_in
from gradwright.emit.forms.definite import apart
from gradwright.engine.normal import TooLong, terms_of_products
from gradwright.tables.scalars import NONNEGATIVE, POSITIVE
from gradwright.tables.signs import sign_of


def balanced(factors: Sequence[Node], live: Collection[Index], context: Context) -> tuple[Node, Node, Node] | None:
    """√w, X_i and X_j of a summand w X_i X_j with w ≥ 0, where i and j are all that one factor has and another has not.

    None where it is not made so, or where w does not move with what is summed over.
    """
    free = [f.free - frozenset(live) for f in factors]
    ends = sorted({i for each in free for i in each if not all(i in f for f in free)}, key=repr)
    if len(ends) != 2 or ends[0].dim != ends[1].dim:
        return None
    row, column = ends
    left, right, rest = apart(factors, row, column)
    weight = mul(*rest)
    if not left or not weight.free & set(live) or len(left) + len(right) + len(rest) < len(factors):
        return None
    if rename(mul(*left), {row: column}) is not mul(*right):
        return None
    if sign_of(weight, context, {}) not in (POSITIVE, NONNEGATIVE):
        return None
    return power(weight, const(Fraction(1, 2))), mul(*left), mul(*right)


class Symmetric(NamedTuple):
    """Σ_n x_ni x_nj s_nab: what it is made of, and the factors that stand outside."""

    left: Node
    right: Node
    middle: Node
    outside: list[Node]


def symmetric(factors: Sequence[Node], live: Collection[Index], context: Context) -> Symmetric | None:
    """The factors of a summand as x_ni x_nj s_nab with a symmetric s; None where it is not made so."""
    over = frozenset(live)
    ends = sorted({i for f in factors for i in f.free - over}, key=repr)
    if len(over) != 1 or len(ends) != 4:
        return None
    for row, column in combinations(ends, 2):
        one, two = (i for i in ends if i not in (row, column))
        left, right = ([f for f in factors if f.free == {*over, end}] for end in (row, column))
        rest = [f for f in factors if f not in left and f not in right]
        middle = mul(*(f for f in rest if f.free))
        if row.dim != column.dim or one.dim != two.dim or not left or middle.free != {*over, one, two}:
            continue
        if rename(mul(*left), {row: column}) is mul(*right) and _is_symmetric(middle, one, two, context):
            return Symmetric(mul(*left), mul(*right), middle, [f for f in rest if not f.free])
    return None


def _is_symmetric(node: Node, row: Index, column: Index, context: Context) -> bool:
    """Whether the entry is the same with its indices exchanged, as far as multiplying out shows."""
    try:
        found, turned = (
            {_on_diagonal(term, row, column) for term in terms_of_products(each, context)}
            for each in (node, rename(node, {row: column, column: row}))
        )
    except TooLong:
        return False
    return found == turned


def _on_diagonal(term: Node, row: Index, column: Index) -> Node:
    """The term with one of the two indices alone beside a δ of both."""
    for factor in factors_in(term):
        if isinstance(factor, Delta) and factor.free == {row, column}:
            return mul(factor, rename(mul(*(f for f in factors_in(term) if f is not factor)), {column: row}))
    return term
