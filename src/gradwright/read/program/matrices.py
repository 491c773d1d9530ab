"""Functions of matrices, along the last two axes. Owns: inverses, determinants, factors. Never: knows a framework."""

from __future__ import annotations

from gradwright.core.build import add, apply, const, matfn, mul, negate, power, split_coefficient
from gradwright.core.errors import Error
from gradwright.core.index import free_index
from gradwright.core.node import Add, Const, Node, Pow, terms_in
from gradwright.core.walk import bottom_up
from gradwright.read.program.axes import multiplied, swapped
from gradwright.read.program.tensor import Tensor, entrywise, indices_at


def of_matrix(fn: str, tensor: Tensor) -> Tensor:
    """inv, chol (rank 2), det, logdet (rank 0) of every matrix of a stack."""
    rows, columns = tensor.axes[-2:]
    if len(rows) != 1 or len(columns) != 1:
        raise Error(f"{fn} of a matrix whose axes are 1 long, or products")
    stack = tensor.rank - 2
    inner = (free_index("row", rows[0]), free_index("column", columns[0]))
    body = tensor.over([*(indices_at(a, tensor.axes[a]) for a in range(stack)), (inner[0],), (inner[1],)])
    if fn in ("det", "logdet"):
        return Tensor(tensor.axes[:-2], matfn(fn, 0, (), inner, body))
    slots = (indices_at(stack, rows)[0], indices_at(stack + 1, columns)[0])
    return Tensor(tensor.axes, matfn(fn, 0, slots, inner, body))


def even_powers(node: Node) -> Node:
    """(a − b)² and (b − a)² as one."""

    def rule(part: Node) -> Node:
        if not (isinstance(part, Pow) and isinstance(part.exponent, Const) and isinstance(part.base, Add)):
            return part
        if not (isinstance(part.exponent.value, int) and part.exponent.value % 2 == 0):
            return part
        return power(min(part.base, negate_terms(part.base), key=lambda base: base.digest), part.exponent)

    return bottom_up(rule, node)


def negate_terms(node: Add) -> Node:
    return add(*map(negate, node.terms))


def factor_of(tensor: Tensor) -> Tensor:
    """Cholesky's factor, which is that of the symmetric part."""
    number, core = split_coefficient(even_powers(tensor.body))
    return of_matrix("chol", Tensor(tensor.axes, add(*(mul(const(number), term) for term in terms_in(core)))))


def sign_and_log(tensor: Tensor) -> list[Tensor]:
    """The sign of the determinant, and the logarithm of its size."""
    found = of_matrix("det", tensor)
    return [entrywise(lambda x: apply("sign", x), found), entrywise(lambda x: apply("log", apply("abs", x)), found)]


def solved_by_triangle(triangle: Tensor, right: Tensor, left: bool, turned: bool = False) -> Tensor:
    """X with T X = B, or X T = B; ``turned``: with Tᵀ."""
    inverse = of_matrix("inv", triangle)
    inverse = swapped(inverse, -1, -2) if turned else inverse
    return multiplied(inverse, right) if left else multiplied(right, inverse)


def solved(matrix: Tensor, right: Tensor) -> Tensor:
    """A⁻¹ b of matrices b."""
    return multiplied(of_matrix("inv", matrix), right)
