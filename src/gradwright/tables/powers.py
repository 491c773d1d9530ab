"""Powers of one matrix beside each other. Owns: Aᵖ A^q = Aᵖ⁺^q and (Aᵏ)⁻¹ = A⁻ᵏ, where an exponent is a symbol.

Never: differentiates. Products of plain factors, A A, are left as they stand.
"""

from __future__ import annotations

from itertools import permutations

from gradwright.core.build import MINUS_ONE, ONE, add, mul, negate, open_sums, rename, total
from gradwright.core.index import Index
from gradwright.core.node import Entry, MatFn, Node, Reduce, factors_in
from gradwright.core.record import dataclass
from gradwright.tables.matrix import POWER, matrix_power


@dataclass(frozen=True)
class _Power:
    """An entry, at (row, column), of a power of the matrix ``bound -> body``."""

    factor: Node
    bound: tuple[Index, ...]
    body: Node
    exponent: Node
    row: Index
    column: Index


def powers_multiply(node: Node) -> Node | None:
    """Σ_m (Aᵖ)_im (A^q)_mj = (Aᵖ⁺^q)_ij, where one of the two has a symbol in its exponent."""
    if not (isinstance(node, Reduce) and node.op == "sum" and POWER in node.names):
        return None
    indices, body = open_sums(node)
    factors = factors_in(body)
    raised = [f for f in factors if isinstance(f, MatFn) and f.fn == POWER]
    for matrix in dict.fromkeys((f.bound, f.body) for f in raised):
        powers = [p for p in (_as_power(f, *matrix) for f in factors) if p is not None]
        for left, right in permutations(powers, 2):
            shared = left.column
            rest = [f for f in factors if f is not left.factor and f is not right.factor]
            symbolic = left.factor in raised or right.factor in raised
            if not symbolic or shared is not right.row or shared not in indices or any(shared in f.free for f in rest):
                continue
            if shared in (left.row, right.column):
                continue
            both = matrix_power((left.row, right.column), *matrix, add(left.exponent, right.exponent))
            return total([i for i in indices if i is not shared], mul(*rest, both))
    return None


def _as_power(factor: Node, bound: tuple[Index, ...], body: Node) -> _Power | None:
    """The factor as a power of that matrix: A itself, A⁻¹, Aᵏ."""
    if isinstance(factor, MatFn) and factor.bound == bound and factor.body is body and not factor.order:
        exponent = {"inv": MINUS_ONE, POWER: factor.given[0] if factor.given else ONE}.get(factor.fn)
        if exponent is not None:
            return _Power(factor, bound, body, exponent, *factor.slots)
    if not (isinstance(factor, Entry | MatFn) and len(factor.slots) == 2):
        return None
    itself = rename(body, dict(zip(bound, factor.slots, strict=True))) is factor
    return _Power(factor, bound, body, ONE, *factor.slots) if itself else None


def inverse_of_power(node: Node) -> Node | None:
    """(Aᵏ)⁻¹ = A⁻ᵏ."""
    assert isinstance(node, MatFn)
    inner = node.body
    if node.fn != "inv" or node.order or not (isinstance(inner, MatFn) and inner.fn == POWER):
        return None
    if inner.slots != node.bound:
        return None
    return matrix_power(node.slots, inner.bound, inner.body, negate(inner.given[0]))
