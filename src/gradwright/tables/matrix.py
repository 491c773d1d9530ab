"""Functions of a whole matrix, one row each. Owns: their derivatives in index form. Never: applies a rule.

The derivative of an entry F(A)_s in the argument's entry A_ab is what a row gives; the chain rule contracts it with
∂A_ab/∂x. Functions without a row here (and not declared unknown) have no derivative, and asking for it is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gradwright.core.build import (
    HALF,
    ONE,
    ZERO,
    add,
    const,
    delta,
    is_const,
    matfn,
    mul,
    negate,
    open_binder,
    ordinal,
    rename,
    size,
    split_coefficient,
    subtract,
    total,
    where,
)
from gradwright.core.errors import Error
from gradwright.core.index import Dim, Index, free_index
from gradwright.core.node import MatFn, Node, Ordinal, Size, terms_in
from gradwright.core.record import dataclass

LEVI_CIVITA = "levicivita"
"""The array of ε_ijk, kept as a function of no argument: a constant."""

Partial = Callable[[MatFn, Index, Index], Node]


@dataclass(frozen=True)
class MatrixFunction:
    """A row: ``partial(F, a, b)`` is ∂F_s/∂A_ab for the entry ``F`` (its slots are s), if more than its trace has one.

    ``slope``           for a power series f: the sign and name of f′, of which ∂tr f(A)/∂A = f′(A)ᵀ is made
    ``where_singular``  the name of what stands for det(A) A⁻¹ where A is known to be singular
    ``keeps_symmetry``  the function of a symmetric matrix is a symmetric matrix
    ``square``          whether the argument has to be square
    ``rank``            axes of the value
    ``almost``          where the derivative does not exist
    ``exists``          the fact about the argument without which the function has no value
    ``means``           what that asks of the argument, in words
    """

    name: str
    title: str
    source: str
    partial: Partial | None = None
    slope: tuple[int, str] | None = None
    where_singular: Partial | None = None
    keeps_symmetry: bool = False
    square: bool = True
    rank: int = 2
    almost: str = ""
    exists: str = ""
    means: str = ""


def _entry(like: MatFn, fn: str, *slots: Index) -> Node:
    indices, body = open_binder(like)
    return matfn(fn, 0, slots, indices, body)


def _argument(like: MatFn, row: Index, column: Index) -> Node:
    (first, second), body = open_binder(like, avoid=frozenset((row, column)))
    return rename(body, {first: row, second: column})


def _inverse(f: MatFn, a: Index, b: Index) -> Node:
    return negate(mul(_entry(f, "inv", f.slots[0], a), _entry(f, "inv", b, f.slots[1])))


def _adjugate(f: MatFn, a: Index, b: Index) -> Node:
    s, t = f.slots
    both = mul(_entry(f, "inv", b, a), _entry(f, "inv", s, t))
    return mul(_entry(f, "det"), subtract(both, mul(_entry(f, "inv", s, a), _entry(f, "inv", b, t))))


def _pseudoinverse(f: MatFn, a: Index, b: Index) -> Node:
    """∂P = −P ∂A P + P Pᵀ ∂Aᵀ (1 − A P) + (1 − P A) ∂Aᵀ Pᵀ P."""
    (s, t), fn = f.slots, f.fn
    over, down = free_index("~p", s.dim), free_index("~q", t.dim)
    outer = total([down], mul(_entry(f, fn, s, down), _entry(f, fn, b, down)))
    inner = total([over], mul(_entry(f, fn, over, t), _entry(f, fn, over, a)))
    left = subtract(delta(a, t), total([over], mul(_argument(f, a, over), _entry(f, fn, over, t))))
    right = subtract(delta(s, b), total([down], mul(_entry(f, fn, s, down), _argument(f, down, b))))
    return add(negate(mul(_entry(f, fn, s, a), _entry(f, fn, b, t))), mul(outer, left), mul(right, inner))


def _cholesky(f: MatFn, a: Index, b: Index) -> Node:
    """L_ik Φ_kj (G_ka G_jb + G_kb G_ja)/2 over k, with G = L⁻¹ and Φ 1 below the diagonal, 1/2 on it and 0 above.

    As PyTorch and JAX do, the function is that of the symmetric part of its argument.
    """
    i, j = f.slots
    k = free_index("~c", i.dim)
    p, q = free_index("~p", i.dim), free_index("~q", i.dim)
    triangle = subtract(where("<=", ordinal(j), ordinal(k), ONE, ZERO), mul(HALF, delta(k, j)))

    def lower(row: Index, column: Index) -> Node:
        return matfn("inv", 0, (row, column), (p, q), _entry(f, "chol", p, q))

    both = add(mul(lower(k, a), lower(j, b)), mul(lower(k, b), lower(j, a)))
    return total([k], mul(HALF, _entry(f, "chol", i, k), triangle, both))


POWER = "^"


def matrix_power(slots: Sequence[Index], indices: Sequence[Index], body: Node, exponent: Node) -> Node:
    """The entry at ``slots`` of (indices -> body) to a whole power: I, A and A⁻¹ by their own names."""
    if is_const(exponent, 0):
        return delta(*slots)
    if is_const(exponent, 1):
        return rename(body, dict(zip(indices, slots, strict=True)))
    if is_const(exponent, -1):
        return matfn("inv", 0, slots, indices, body)
    return matfn(POWER, 0, slots, indices, body, exponent)


def _power(f: MatFn, a: Index, b: Index) -> Node:
    """Σ_r (Aʳ)_sa (Aᵏ⁻¹⁻ʳ)_bt over r < k. The index r runs over a dimension; where k is less, a choice cuts it."""
    exponent = f.given[0]
    more = _number_in(exponent)
    if more > 0:  # Aᵏ⁺ᶜ = Aᵏ Aᶜ
        return _power_and_more(f, a, b, more)
    dim = _least_dimension(exponent)
    r = free_index("~r", dim)
    indices, body = open_binder(f)
    left = matrix_power((f.slots[0], a), indices, body, ordinal(r))
    right = matrix_power((b, f.slots[1]), indices, body, subtract(subtract(exponent, ONE), ordinal(r)))
    term = mul(left, right)
    return total([r], term if exponent is size(dim) else where("<", ordinal(r), exponent, term, ZERO))


def _number_in(exponent: Node) -> int:
    """c of an exponent k + c."""
    terms = terms_in(exponent)
    return sum(int(number) for number, part in map(split_coefficient, terms) if part is ONE)


def _power_and_more(f: MatFn, a: Index, b: Index, more: int) -> Node:
    """(∂Aᵏ) Aᶜ and Aᵏ⁺ʲ (∂A) Aᶜ⁻¹⁻ʲ for each j < c."""
    (s, t), m = f.slots, free_index("~m", f.slots[0].dim)
    indices, body = open_binder(f)
    less = subtract(f.given[0], const(more))
    head = matrix_power((s, m), indices, body, less)
    assert isinstance(head, MatFn)
    terms = [total([m], mul(_power(head, a, b), matrix_power((m, t), indices, body, const(more))))]
    for j in range(more):
        left = matrix_power((s, a), indices, body, add(less, const(j)))
        terms.append(mul(left, matrix_power((b, t), indices, body, const(more - 1 - j))))
    return add(*terms)


def _least_dimension(exponent: Node) -> Dim:
    """A dimension that the exponent is surely no more than, where it is at least 1."""
    rest = terms_in(exponent)
    parts = [split_coefficient(term) for term in rest]
    above = [part for number, part in parts if number > 0]
    number = sum(number for number, part in parts if part is ONE)
    if len(above) == 1 and number <= 0 and all(abs(times) == 1 for times, part in parts if part is not ONE):
        if isinstance(above[0], Size):
            return above[0].dim
        if isinstance(above[0], Ordinal):
            return above[0].index.dim
    raise Error("no rule for the derivative of a matrix power with this exponent", hint="X^k or X^(k - 1), k a symbol")


_SERIES = "f a power series: ∂tr f(A) = tr(f′(A) ∂A), Matrix Cookbook (2012) eq. 128"

MATRIX_FUNCTIONS: dict[str, MatrixFunction] = {
    row.name: row
    for row in (
        MatrixFunction(
            "inv", "derivative of the inverse, ∂A⁻¹ = −A⁻¹ (∂A) A⁻¹", "Matrix Cookbook (2012) eq. 59",
            _inverse, keeps_symmetry=True, exists="invertible", means="invertible",
        ),
        MatrixFunction(
            "det", "Jacobi's formula, ∂det A = det A tr(A⁻¹ ∂A)", "Matrix Cookbook (2012) eq. 46",
            lambda f, a, b: mul(f, _entry(f, "inv", b, a)), rank=0,
            where_singular=lambda f, a, b: _entry(f, "adj", b, a),
        ),
        MatrixFunction(
            "logdet", "derivative of log det, tr(A⁻¹ ∂A)", "Matrix Cookbook (2012) eq. 43",
            lambda f, a, b: _entry(f, "inv", b, a), rank=0, exists="posdef", means="of positive determinant",
        ),
        MatrixFunction(
            "chol", "derivative of the Cholesky factor, ∂L = L Φ(L⁻¹ ∂A L⁻ᵀ)", "Murray (2016), arXiv:1602.07527, eq. 8",
            _cholesky, exists="posdef", means="symmetric positive definite",
        ),
        MatrixFunction(
            "adj", "derivative of the adjugate det(A) A⁻¹", "the product rule on det(A) A⁻¹",
            _adjugate, keeps_symmetry=True, almost="where the matrix is singular",
        ),
        MatrixFunction(
            "pinv", "derivative of the pseudoinverse", "Golub & Pereyra (1973), SIAM J. Numer. Anal. 10, eq. 4.12",
            _pseudoinverse, keeps_symmetry=True, square=False, almost="where the rank changes",
        ),
        MatrixFunction("expm", "derivative of the trace of the matrix exponential", _SERIES,
                       slope=(1, "expm"), keeps_symmetry=True),
        MatrixFunction("sinm", "derivative of the trace of the matrix sine", _SERIES,
                       slope=(1, "cosm"), keeps_symmetry=True),
        MatrixFunction("cosm", "derivative of the trace of the matrix cosine", _SERIES,
                       slope=(-1, "sinm"), keeps_symmetry=True),
    )
}  # fmt: skip
POWERS = MatrixFunction(
    POWER,
    "derivative of a power, ∂Aᵏ = Σ_r Aʳ (∂A) Aᵏ⁻¹⁻ʳ",
    "Matrix Cookbook (2012) eq. 90",
    _power,
    keeps_symmetry=True,
)
ROWS = MATRIX_FUNCTIONS | {POWER: POWERS}
"""Every row, that of powers too, which have no name in the text language."""
