"""The rules of the differential, a row each. Owns: what they say, their sources, which rules of derivatives they are.

A differential is proved by the rules of differentiation; a row says what some of these are called where dX stands in
place of an index. Every row is sampled: the differential of its ``formula`` is its ``form``. Never: differentiates.
"""

from __future__ import annotations

from gradwright.core.record import dataclass
from gradwright.core.rule import Rule


@dataclass(frozen=True)
class DifferentialRule:
    """A row.

    ``of``       names of the rules that this one is, for a line in matrices
    ``formula``  what the differential is taken of, in the variables ``wrt``, under the facts ``given``
    ``form``     the differential, in the text language
    """

    name: str
    says: str
    source: str
    formula: str
    form: str
    of: tuple[str, ...] = ()
    wrt: tuple[str, ...] = ("X",)
    given: tuple[str, ...] = ()
    plain: bool = False

    @property
    def rule(self) -> Rule:
        return Rule(self.name, self.says, self.source, self.plain)


def _cookbook(number: int) -> str:
    return f"Matrix Cookbook (2012), eq. {number}; Magnus and Neudecker, Matrix Differential Calculus, chapter 8"


LINEAR = DifferentialRule(
    "differential_linear", "d is linear", _cookbook(35), "a*X + A*X*B + X'", "a*dX + A*dX*B + dX'", plain=True,
    of=("constant", "sum_rule", "constant_factor", "sum_over_index"),
)  # fmt: skip
PRODUCT = DifferentialRule(
    "differential_product",
    "d(AB) = dA B + A dB",
    _cookbook(37),
    "X*Y",
    "dX*Y + X*dY",
    of=("product_rule",),
    wrt=("X", "Y"),
)
POWER = DifferentialRule(
    "differential_power",
    "d(uᵃ) = a uᵃ⁻¹ du",
    "calculus",
    "(a'*x)^3",
    "3*(a'*x)^2*a'*dx",
    of=("power_rule",),
    wrt=("x",),
)
NORM = DifferentialRule(
    "differential_norm_squared", "d‖u‖² = 2uᵀ du", "calculus", "norm2(A*x - b)^2", "2*(A*x - b)'*A*dx", wrt=("x",)
)
QUOTIENT = DifferentialRule(
    "differential_quotient", "d(u/v) = (v du − u dv)/v²", "calculus", "(a'*x)/(b'*x)",
    "((b'*x)*a'*dx - (a'*x)*b'*dx)/(b'*x)^2", of=("quotient_rule",), wrt=("x",),
)  # fmt: skip
INVERSE = DifferentialRule(
    "differential_inverse", "dX⁻¹ = −X⁻¹ dX X⁻¹", _cookbook(40), "inv(X)", "-inv(X)*dX*inv(X)", of=("d_inv",)
)
DET = DifferentialRule(
    "differential_determinant", "d det X = det(X) tr(X⁻¹ dX)", _cookbook(42), "det(X)", "det(X)*tr(inv(X)*dX)",
    of=("d_det",),
)  # fmt: skip
LOGDET = DifferentialRule(
    "differential_log_determinant",
    "d log det X = tr(X⁻¹ dX)",
    _cookbook(43),
    "logdet(X)",
    "tr(inv(X)*dX)",
    of=("d_logdet",),
)
OWN_TRACE = DifferentialRule(
    "differential_own_trace", "a scalar is its own trace", "linear algebra", "a'*X*b", "tr(b*a'*dX)"
)
CYCLIC = DifferentialRule(
    "differential_cyclic", "the trace is cyclic", "Matrix Cookbook (2012), eq. 14 and 16", "tr(A*X*B)", "tr(B*A*dX)"
)
TRANSPOSED = DifferentialRule(
    "differential_transposed", "tr A = tr Aᵀ", "Matrix Cookbook (2012), eq. 13", "tr(A*X')", "tr(A'*dX)"
)
HADAMARD_TRACE = DifferentialRule(
    "differential_hadamard_trace", "tr(Aᵀ(B ⊙ C)) = tr((A ⊙ B)ᵀC)", "Magnus and Neudecker, theorem 3.1",
    "tr(A'*(B.*X))", "tr((A.*B)'*dX)",
)  # fmt: skip
COLLECTED = DifferentialRule(
    "differential_collected",
    "collect the differential on the right",
    "linear algebra",
    "x'*A*x",
    "x'*(A + A')*dx",
    wrt=("x",),
)
COLUMNS = DifferentialRule(
    "differential_columns", "vec(AXB) = (Bᵀ ⊗ A) vec X",
    "Magnus and Neudecker, theorem 2.2; Matrix Cookbook (2012), eq. 520",
    "vec(A*X*B)", "kron(B', A)*vec(dX)",
)  # fmt: skip
DIFFERENTIALS = (
    LINEAR, PRODUCT, POWER, NORM, QUOTIENT, INVERSE, DET, LOGDET, OWN_TRACE, CYCLIC, TRANSPOSED,
    HADAMARD_TRACE, COLLECTED, COLUMNS,
)  # fmt: skip
NAMED = {name: row for row in DIFFERENTIALS for name in row.of}
"""The row by the name of a rule of differentiation."""
