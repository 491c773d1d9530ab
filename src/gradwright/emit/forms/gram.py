"""Products of a matrix with its own transpose. Owns: Σ_n w_n X_ni X_nj with w ≥ 0 as one matrix, √w X, times itself.

A library then computes half of it (syrk). Never: plans, spells.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction

from gradwright.core.build import const, mul, power, rename
from gradwright.core.context import Context
from gradwright.core.index import Index
from gradwright.core.node import Node
from gradwright.emit.forms.definite import apart
from gradwright.tables.signs import NONNEGATIVE, POSITIVE, sign_of


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
