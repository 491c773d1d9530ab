"""Matrix functions through one factorisation. Owns: what log det and the inverse of a positive definite matrix become.

With M = L Lᵀ, log det M = 2 Σ log L_kk, and the inverse is ``cho_inv`` of L: the planner sees one factor, whatever asks
for it. It runs when every derivative has been taken. Never: decides what is positive definite, or spells a solve.
"""

from __future__ import annotations

from gradwright.core.build import apply, const, matfn, mul, open_binder, rename, total
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.index import Index, free_index
from gradwright.core.node import Entry, MatFn, Node, walk
from gradwright.core.walk import bottom_up
from gradwright.emit.forms.definite import definite

CHOLESKY, INVERSE = "chol", "cho_inv"


def factored(node: Node, context: Context) -> Node:
    """The node with its log-determinants and inverses of positive definite matrices through Cholesky's factor."""

    def through(current: Node) -> Node:
        if not isinstance(current, MatFn) or current.order or current.fn not in ("inv", "logdet", CHOLESKY):
            return current
        (row, column), body = open_binder(current)
        if definite(body, row, column, context) is None:
            if current.fn == CHOLESKY:
                name = body.name if isinstance(body, Entry) else "S"
                raise Error("no code is written for chol of a matrix that is not known to be positive definite",
                            hint=f"say so: --given 'posdef({name})', in Python given=['posdef({name})']")  # fmt: skip
            return current
        body = min(body, rename(body, {row: column, column: row}), key=lambda n: (_turned(n, row), n.digest))
        if current.fn == CHOLESKY:
            return matfn(CHOLESKY, 0, current.slots, (row, column), body)
        if current.fn == "logdet":
            k = free_index("k~", row.dim)
            return mul(const(2), total([k], apply("log", matfn(CHOLESKY, 0, (k, k), (row, column), body))))
        ends = free_index("p~", row.dim), free_index("q~", row.dim)
        factor = matfn(CHOLESKY, 0, ends, (row, column), body)
        return matfn(INVERSE, 0, sorted(current.slots, key=_first), ends, factor)

    return bottom_up(through, node)


def _turned(body: Node, row: Index) -> int:
    """How many arrays that stand for the whole matrix are read by columns."""
    return sum(isinstance(n, Entry) and n.free == body.free and row in n.slots[1:] for n in walk(body))


def _first(index: Index) -> tuple[int, str, str]:
    """The order of the axes of a symmetric matrix: as their names go."""
    return len(str(index.name)), str(index.name), repr(index)
