"""The functions that people know from other systems: each name says what it says there, or what to write instead."""

from __future__ import annotations

import pytest

import gradwright as gw
from gradwright.expression import function_names
from gradwright.read.evidence import RULELESS
from gradwright.tables.arrays import ARRAYS
from gradwright.tables.scalars import NAMED

NUMBERS = {"x": (), "y": ()}
VECTORS = {"x": ("n",), "y": ("n",)}
IN_SPACE = {"x": (3,), "y": (3,)}
MATRICES = {"A": ("n", "n"), "B": ("n", "n")}

OF_NUMBERS = [
    ("cbrt(x)^3", "x"), ("log2(x)", "log(x)/log(2)"), ("log10(x)", "log(x)/log(10)"), ("exp2(x)", "2^x"),
    ("exp10(x)", "10^x"), ("abs2(x)", "x^2"), ("sec(x)", "1/cos(x)"), ("csc(x)", "1/sin(x)"), ("cot(x)", "1/tan(x)"),
    ("sech(x)", "1/cosh(x)"), ("csch(x)", "1/sinh(x)"), ("coth(x)", "1/tanh(x)"),
    ("asinh(x)", "log(x + sqrt(x^2 + 1))"), ("arcsinh(sinh(x))", "x"),
    ("acosh(1 + x^2)", "log(1 + x^2 + sqrt((1 + x^2)^2 - 1))"), ("atanh(tanh(x))", "x"), ("arctanh(tanh(x))", "x"),
    ("asech(sech(x)) - abs(x)", "0"), ("acsch(csch(x))", "x"), ("acoth(coth(x))", "x"),
    ("asec(1 + x^2)", "arccos(1/(1 + x^2))"), ("acsc(1 + x^2)", "arcsin(1/(1 + x^2))"), ("acot(x)", "arctan(1/x)"),
    ("sinpi(x)", "sin(pi*x)"), ("cospi(x)", "cos(pi*x)"), ("sinc(x)", "sin(pi*x)/(pi*x)"),
    ("sind(x)", "sin(pi*x/180)"), ("cosd(x)", "cos(pi*x/180)"), ("tand(x)", "tan(pi*x/180)"),
    ("asind(sind(x))", "asin(sin(pi*x/180))*180/pi"), ("acosd(cosd(x))", "acos(cos(pi*x/180))*180/pi"),
    ("atand(x)", "atan(x)*180/pi"), ("deg2rad(x)", "pi*x/180"), ("rad2deg(x)", "180*x/pi"),
    ("gamma(1 + x^2)", "exp(lgamma(1 + x^2))"), ("loggamma(1 + x^2)", "lgamma(1 + x^2)"),
    ("gammaln(1 + x^2)", "lgamma(1 + x^2)"), ("psi(1 + x^2)", "digamma(1 + x^2)"),
    ("erf(erfinv(tanh(x)))", "tanh(x)"), ("erfcinv(1 - tanh(x))", "erfinv(tanh(x))"),
    ("erfi(x)", "2/sqrt(pi)*exp(x^2)*dawson(x)"), ("logerfcx(x)", "log(erfcx(x))"),
    ("ndtr(x)", "erfc(-x/sqrt(2))/2"), ("logit(sigmoid(x))", "x"), ("xlogx(1 + x^2)", "(1 + x^2)*log(1 + x^2)"),
    ("entr(1 + x^2)", "-(1 + x^2)*log(1 + x^2)"), ("log1pexp(x)", "softplus(x)"),
    ("log1mexp(-x^2)", "log(1 - exp(-x^2))"), ("log2mexp(-x^2)", "log(2 - exp(-x^2))"),
    ("logexpm1(x^2)", "log(exp(x^2) - 1)"), ("log1psq(x)", "log(1 + x^2)"), ("log1pmx(x^2)", "log(1 + x^2) - x^2"),
    ("logmxp1(1 + x^2)", "log(1 + x^2) - x^2"), ("logcosh(x)", "log(cosh(x))"), ("rsqrt(1 + x^2)", "1/sqrt(1 + x^2)"),
    ("reciprocal(x)", "1/x"), ("sgn(x)", "sign(x)"), ("heaviside(x)", "step(x)"),
    ("elu(x)", "where(x > 0, x, exp(x) - 1)"), ("swish(x)", "x*sigmoid(x)"), ("softsign(x)", "x/(1 + abs(x))"),
    ("mish(x)", "x*tanh(softplus(x))"), ("tan(atan2(y, x))", "y/x"), ("hypot(x, y)*cos(arctan2(y, x))", "x"),
    ("hypot(x, y)*sin(atan2(y, x))", "y"), ("logaddexp(x, y)", "log(exp(x) + exp(y))"),
    ("logsubexp(x, y)", "log(abs(exp(x) - exp(y)))"), ("xlogy(x, 1 + y^2)", "x*log(1 + y^2)"),
    ("xlog1py(x, y^2)", "x*log(1 + y^2)"), ("pow(1 + x^2, y)", "(1 + x^2)^y"), ("power(1 + x^2, y)", "(1 + x^2)^y"),
    ("beta(1 + x^2, 1 + y^2)", "gamma(1 + x^2)*gamma(1 + y^2)/gamma(2 + x^2 + y^2)"),
    ("logbeta(1 + x^2, 1 + y^2)", "log(beta(1 + x^2, 1 + y^2))"), ("ldexp(x, y)", "x*2^y"),
    ("mod(x, 2) + 2*floor(x/2)", "x"), ("rem(x, 2)", "sign(x)*mod(abs(x), 2)"),
    ("polygamma(0, 1 + x^2)", "digamma(1 + x^2)"), ("polygamma(1, 1 + x^2)", "trigamma(1 + x^2)"),
    ("polygamma(2, 1 + x^2)", "tetragamma(1 + x^2)"),
    ("maximum(x, y)", "max(x, y)"), ("minimum(x, y)", "min(x, y)"), ("clip(x, 0, 1)", "min(max(x, 0), 1)"),
    ("clamp(x, 0, 1)", "min(max(x, 0), 1)"),
]  # fmt: skip
OF_VECTORS = [
    ("dot(x, y)", "x'*y"), ("inner(x, y)", "x'*y"), ("outer(x, y)", "x*y'"), ("x'*vector(1)", "sum(x)"),
    ("norm2(x - vector(2))^2", "sum_i((x[i] - 2)^2)"), ("normInf(x)", "max(abs(x))"),
    ("cumsum(x)", "tril(ones(n, n))*x"), ("std(x)", "sqrt(var(x))"), ("log_softmax(x)", "log(softmax(x))"),
    ("lse(x)", "logsumexp(x)"), ("prod(x)", "prod[i](x[i])"), ("multiply(x, y)", "x.*y"),
    ('norm(x, "inf")', "max(abs(x))"),
]  # fmt: skip
OF_MATRICES = [
    ("trace(A)", "tr(A)"), ("transpose(A)", "A'"), ("sym(A)", "(A + A')/2"), ("skew(A)", "(A - A')/2"),
    ("sym(A) + skew(A)", "A"), ("dev(A)", "A - tr(A)/n*eye(n)"), ("cofac(A)", "det(A)*inv(A)'"),
    ("cofac(A)", "adj(A)'"), ("inverse(A)", "inv(A)"), ("logabsdet(A)", "log(abs(det(A)))"),
    ("diagonal(A)", "diag(A)"), ("norm(A)", "norm2(A)"), ('norm(A, "fro")', "norm2(A)"), ("inner(A, B)", "tr(A'*B)"),
    ("dot(A, B)", "A*B"), ("matmul(A, B)", "A*B"), ("hadamard(A, B)", "A.*B"), ("multiply(A, B)", "A.*B"),
    ("A.*matrix(1)", "A"), ("norm2(A - matrix(3))^2", "sum[i,j]((A[i,j] - 3)^2)"),
    ("log_softmax(A)", "log(softmax_rows(A))"),
]  # fmt: skip
IN_THREE = [
    ("cross(x, y)'*x", "0"), ("cross(x, y)", "-cross(y, x)"), ("norm2(cross(x, y))^2", "x'*x*y'*y - (x'*y)^2"),
    ("cross(x, y)[0]", "x[1]*y[2] - x[2]*y[1]"),
]  # fmt: skip
CASES = [
    *((*pair, NUMBERS) for pair in OF_NUMBERS), *((*pair, VECTORS) for pair in OF_VECTORS),
    *((*pair, MATRICES) for pair in OF_MATRICES), *((*pair, IN_SPACE) for pair in IN_THREE),
    ("perp(x)'*x", "0", {"x": (2,)}), ("norm2(perp(x))", "norm2(x)", {"x": (2,)}), ("perp(x)[1]", "x[0]", {"x": (2,)}),
]  # fmt: skip


@pytest.mark.parametrize(("call", "meaning", "shapes"), CASES, ids=lambda part: part if isinstance(part, str) else "")
def test_a_name_says_what_it_says_elsewhere(call: str, meaning: str, shapes: dict[str, tuple[str | int, ...]]) -> None:
    assert gw.equal(call, meaning, shapes=shapes).verdict in ("proved", "confirmed")


def found(source: str, wrt: str = "x", syntax: str = "text", **shapes: tuple[str, ...]) -> str:
    return str(gw.derive(source, wrt, syntax=syntax, shapes=shapes).result)


# --- letters that are functions


def test_a_letter_is_a_function_directly_before_a_bracket_and_only_there() -> None:
    assert found("gamma*x") == "gamma"
    assert found("gamma(x)", x=()) == "gamma(x)*digamma(x)"
    assert found("gamma*gamma(x)", x=()) == "gamma*gamma(x)*digamma(x)"
    assert found("gamma (x - 1)", x=()) == "gamma"
    assert found("gamma x'*y") == "gamma*y"
    assert found("beta*norm2(x)^2") == "2*beta*x"
    assert found("psi*x + psi(x)", x=()) == "psi + trigamma(x)"
    assert found("gamma'*x") == "gamma"


def test_a_letter_that_is_declared_is_a_factor_before_a_bracket() -> None:
    assert found("gamma(x - 1)", x=(), gamma=()) == "gamma"


def test_a_beta_of_one_argument_is_a_slip() -> None:
    with pytest.raises(gw.Error) as caught:
        found("beta(x - 1)", x=())
    assert caught.value.hint is not None
    assert "a product is written beta*(…)" in caught.value.hint


def test_latex_has_its_own_letters() -> None:
    assert found(r"\gamma x", syntax="latex", x=()) == "gamma"
    assert found(r"\gamma (x^\top x - 1)", syntax="latex") == "2*gamma*x"
    assert found(r"\beta(1 - \beta)", "beta", syntax="latex") == "1 - 2*beta"
    assert found(r"\psi x^\top x", syntax="latex") == "2*psi*x"
    assert found(r"\operatorname{gamma}(x)", syntax="latex", x=()) == "gamma(x)*digamma(x)"
    assert found(r"\Gamma(x)", syntax="latex", x=()) == "gamma(x)*digamma(x)"
    assert found(r"\psi(x)", syntax="latex", x=()) == "trigamma(x)"
    with pytest.raises(gw.Error, match=r"there is no function \\gamma"):
        found(r"\gamma(x)", syntax="latex", x=())


@pytest.mark.parametrize("document", [
    r"$$\frac{d}{dt} \psi(t)^2 = 2\psi(t)\psi'(t)$$",
    r"$$\frac{\partial}{\partial x} \gamma(x - 1)^2 = 2\gamma(x - 1)$$",
    r"$$\frac{\partial}{\partial x} \beta x^2 = 2\beta x$$",
    r"$$\frac{\partial}{\partial x}\operatorname{sech}(x) = -\operatorname{sech}(x)\tanh(x)$$",
    r"$$\frac{\partial}{\partial x}\operatorname{atan2}(y, x) = -\frac{y}{x^2 + y^2}$$",
    r"$$\frac{\partial}{\partial A}\operatorname{tr}(\operatorname{sym}(A) B) = \operatorname{sym}(B)$$",
    r"$$\frac{\partial}{\partial A}\operatorname{tr}(\operatorname{dev}(A) B) = \operatorname{dev}(B)^\top$$",
    r"$L_{\mathrm{dev}}$ is a number. $$\frac{\partial}{\partial x} L_{\mathrm{dev}} x = L_{\mathrm{dev}}$$",
])  # fmt: skip
def test_documents_read_them_where_they_are_applied_by_name(document: str) -> None:
    verdicts = {relation.verdict for relation in gw.check(document).relations}
    assert verdicts
    assert verdicts <= {"proved", "confirmed"}


# --- what stays an error, and names that are no functions


@pytest.mark.parametrize(("source", "hint"), [
    ("log(x, y)", "log(x)/log(b)"), ("besselj0(x)", "'besselj0: n -> n'"), ("sqrtm(A)", "'sqrtm: n -> n'"),
    ("polygamma(3, x)", "digamma(x), trigamma(x) or tetragamma(x)"), ("sum(vector(1))", "ones(n, m)"),
    ("normInf(A)", "max(abs(A))"), ("vector(x)", "") , ("cross(x, A)", ""),
])  # fmt: skip
def test_what_has_no_meaning_says_what_to_write(source: str, hint: str) -> None:
    with pytest.raises(gw.Error) as caught:
        gw.derive(source, "x" if "x" in source else "A" if "A" in source else "y")
    assert hint in (caught.value.hint or "")


def test_an_unknown_function_may_have_a_name_without_a_rule() -> None:
    declared = gw.derive("sum(besselj0(x))", "x", functions={"besselj0": (("n",), ("n",))})
    assert str(declared.result) == "colsum(D(besselj0, x))"


def test_no_name_without_a_rule_has_one() -> None:
    assert not RULELESS & {*NAMED, *ARRAYS}


def test_vector_and_matrix_make_symbols_in_python() -> None:
    assert not {"vector", "matrix"} & function_names()
    assert gw.vector("x", "n").shapes == {"x": ("n",)}
    assert gw.matrix("A", "n", "m").shapes == {"A": ("n", "m")}
    with pytest.raises(gw.Error, match="nothing says how large this is"):
        gw.call("vector", 1)
