"""Functions of a whole matrix, one row each. Owns: their derivatives in index form. Never: applies a rule.

The derivative of an entry F(A)_s in the argument's entry A_ab is what a row gives; the chain rule contracts it with
∂A_ab/∂x. Functions without a row here (and not declared unknown) have no derivative, and asking for it is an error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gradwright.core.build import matfn, mul, negate, open_binder
from gradwright.core.index import Index
from gradwright.core.node import MatFn, Node


@dataclass(frozen=True)
class MatrixFunction:
    """A row: ``partial(F, a, b)`` is ∂F_s/∂A_ab for the entry ``F`` (its slots are s).

    ``keeps_symmetry``: the function of a symmetric matrix is a symmetric matrix.
    """

    name: str
    partial: Callable[[MatFn, Index, Index], Node]
    title: str
    source: str
    keeps_symmetry: bool = False


def _entry(like: MatFn, fn: str, *slots: Index) -> Node:
    indices, body = open_binder(like)
    return matfn(fn, 0, slots, indices, body)


MATRIX_FUNCTIONS: dict[str, MatrixFunction] = {
    row.name: row
    for row in (
        MatrixFunction(
            "inv",
            lambda f, a, b: negate(mul(_entry(f, "inv", f.slots[0], a), _entry(f, "inv", b, f.slots[1]))),
            "derivative of the inverse, ∂A⁻¹ = −A⁻¹ (∂A) A⁻¹",
            "Matrix Cookbook (2012) eq. 59",
            keeps_symmetry=True,
        ),
        MatrixFunction(
            "det",
            lambda f, a, b: mul(f, _entry(f, "inv", b, a)),
            "Jacobi's formula, ∂det A = det A tr(A⁻¹ ∂A)",
            "Matrix Cookbook (2012) eq. 46",
        ),
        MatrixFunction(
            "logdet",
            lambda f, a, b: _entry(f, "inv", b, a),
            "derivative of log det, tr(A⁻¹ ∂A)",
            "Matrix Cookbook (2012) eq. 43",
        ),
    )
}
