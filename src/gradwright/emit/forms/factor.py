"""Matrix functions through one factorisation. Owns: what log det and the inverse of a positive definite matrix become,
and what the inverse of a matrix times its determinant does: its cofactors, which a singular matrix has too.

With M = L Lᵀ, log det M = 2 Σ log L_kk, and the inverse is ``cho_inv`` of L: the planner sees one factor, whatever asks
for it. It runs when every derivative has been taken. Never: decides what is positive definite, or spells a solve.
"""

from __future__ import annotations

from gradwright.core.build import ONE, add, apply, const, matfn, mul, open_binder, power, rename, subtract, total
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.index import Index, free_index
from gradwright.core.node import Add, Const, Entry, MatFn, Mul, Node, Pow, Reduce, walk
from gradwright.core.walk import bottom_up
from gradwright.emit.forms.definite import definite

CHOLESKY, INVERSE, COFACTORS = "chol", "cho_inv", "cofactors"


def factored(node: Node, context: Context) -> Node:
    """The node with its log-determinants and inverses of positive definite matrices through Cholesky's factor, and
    with cofactors."""

    def through(current: Node) -> Node:
        if isinstance(current, Mul):
            return _with_cofactors(current)
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


def _with_cofactors(node: Mul) -> Node:
    """det(M)^k inv(M)_ij as det(M)^(k − 1) times the cofactor ji."""
    for factor in node.factors:
        base, exponent = (factor.base, factor.exponent) if isinstance(factor, Pow) else (factor, ONE)
        positive = isinstance(exponent, Const) and exponent.value >= 1
        if not positive or not isinstance(base, MatFn) or base.fn != "det" or base.order:
            continue
        for other in node.factors:
            found = _taken(other, base) if other is not factor else None
            if found is not None:
                rest = mul(*(f for f in node.factors if f not in (factor, other)))
                return mul(rest, power(base, subtract(exponent, ONE)), found)
    return node


def _taken(node: Node, det: MatFn) -> Node | None:
    """The node times the determinant, taken into an inverse that each of its terms has; None where one has none."""
    if isinstance(node, MatFn):
        indices, body = open_binder(node)
        if node.fn != "inv" or node.order or matfn("det", 0, (), indices, body) is not det:
            return None
        return matfn(COFACTORS, 0, node.slots[::-1], indices, body)
    if isinstance(node, Reduce) and node.op == "sum":
        indices, body = open_binder(node, avoid=det.free)
        inner = _taken(body, det)
        return None if inner is None else total(indices, inner)
    if isinstance(node, Add):
        terms = [_taken(term, det) for term in node.terms]
        return None if None in terms else add(*(term for term in terms if term is not None))
    for factor in node.factors if isinstance(node, Mul) else ():
        found = _taken(factor, det)
        if found is not None:
            return mul(*(f for f in node.factors if f is not factor), found)  # type: ignore[attr-defined]
    return None


def _turned(body: Node, row: Index) -> int:
    """How many arrays that stand for the whole matrix are read by columns."""
    return sum(isinstance(n, Entry) and n.free == body.free and row in n.slots[1:] for n in walk(body))


def _first(index: Index) -> tuple[int, str, str]:
    """The order of the axes of a symmetric matrix: as their names go."""
    return len(str(index.name)), str(index.name), repr(index)
