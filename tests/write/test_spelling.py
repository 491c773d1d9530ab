"""The three spellings of one tree: precedence, the conventions of the field, every kind of term."""

from __future__ import annotations

from fractions import Fraction
from typing import get_args

import pytest

from gradwright.write.latex import latex
from gradwright.write.spell import HANDLERS
from gradwright.write.term import (
    Big,
    Call,
    Choice,
    Collect,
    Kronecker,
    Letter,
    Name,
    Neg,
    Num,
    Partial,
    Power,
    Product,
    Program,
    Quoted,
    Quotient,
    Subscripted,
    Sum,
    Term,
    Transpose,
)
from gradwright.write.text import text
from gradwright.write.unicode import unicode

A, B, X, W = Name("A"), Name("B"), Name("X"), Name("W")
p, w, x, y, t, n = Name("p"), Name("w"), Name("x"), Name("y"), Name("t"), Name("n")
lam = Name("lambda")


def num(value: int) -> Num:
    return Num(value)


def mul(*factors: Term) -> Term:
    return Product("*", factors)


def had(*factors: Term) -> Term:
    return Product(".*", factors)


def add(*terms: Term) -> Term:
    return Sum(terms)


def over(top: Term, bottom: Term) -> Term:
    return Quotient("/", top, bottom)


def pw(base: Term, exponent: Term) -> Term:
    return Power("^", base, exponent)


def T(term: Term) -> Term:
    return Transpose(term)


def call(fn: str, *args: Term) -> Term:
    return Call(fn, args)


def at(name: str, letters: str) -> Term:
    return Subscripted(Name(name), tuple(letters))


def total(letters: str, body: Term) -> Term:
    return Big("sum", tuple(letters), body)


residual = add(mul(X, w), Neg(y))
jacobian = call("D", Name("u"), x)

GOLDEN: list[tuple[Term, str, str, str]] = [
    # precedence
    (over(Name("a"), mul(Name("b"), Name("c"))), "a/(b*c)", r"\frac{a}{b c}", "a/(b c)"),
    (Neg(pw(t, num(2))), "-t^2", "-t^2", "−t²"),
    (pw(Neg(t), num(2)), "(-t)^2", "(-t)^2", "(−t)²"),
    (Power(".^", x, num(-2)), "x.^(-2)", r"x^{\odot -2}", "x^⊙(−2)"),
    (mul(num(2), add(Name("a"), Name("b"))), "2*(a + b)", "2 (a + b)", "2(a + b)"),
    (add(Name("a"), Neg(add(Name("b"), Name("c")))), "a - (b + c)", "a - (b + c)", "a − (b + c)"),
    (Neg(Neg(t)), "-(-t)", "-(-t)", "−(−t)"),
    (mul(Neg(t), x), "(-t)*x", "(-t) x", "(−t) x"),
    (mul(num(-2), x), "-2*x", "-2 x", "−2x"),
    (add(x, mul(num(-2), y)), "x - 2*y", "x - 2 y", "x − 2y"),
    (add(x, num(-1)), "x - 1", "x - 1", "x − 1"),
    (mul(num(2), num(3), t), "2*3*t", r"2 \cdot 3 t", "2·3t"),
    (over(over(x, n), t), "x/n/t", r"\frac{\frac{x}{n}}{t}", "(x/n)/t"),
    (mul(over(x, n), t), "x/n*t", r"\frac{x}{n} t", "(x/n) t"),
    (mul(t, over(x, n)), "t*(x/n)", r"t \frac{x}{n}", "t x/n"),
    (pw(pw(t, num(2)), num(3)), "(t^2)^3", "(t^2)^3", "(t²)³"),
    (pw(t, over(num(1), num(3))), "t^(1/3)", r"t^{\frac{1}{3}}", "t^(1/3)"),
    (mul(Num(Fraction(1, 2)), t), "1/2*t", r"\frac{1}{2} t", "(1/2) t"),
    (pw(t, Neg(n)), "t^(-n)", "t^{-n}", "t^(−n)"),
    (pw(t, n), "t^n", "t^n", "t^n"),
    (Num(1e-05), "1e-05", r"1 \cdot 10^{-5}", "1e−05"),
    # matrices
    (mul(num(2), T(A), add(mul(A, x), Neg(y))), "2*A'*(A*x - y)", r"2 A^{\top} (A x - y)", "2Aᵀ(Ax − y)"),
    (mul(T(X), residual), "X'*(X*w - y)", r"X^{\top} (X w - y)", "Xᵀ(Xw − y)"),
    (add(call("diag", p), Neg(mul(p, T(p)))), "diag(p) - p*p'",
     r"\operatorname{diag}(p) - p p^{\top}", "diag(p) − p pᵀ"),
    (mul(T(x), A, x), "x'*A*x", r"x^{\top} A x", "xᵀAx"),
    (mul(mul(T(x), y), x), "(x'*y)*x", r"(x^{\top} y) x", "(xᵀy) x"),
    (mul(num(2), lam, w), "2*lambda*w", r"2 \lambda w", "2λ w"),
    (T(mul(A, B)), "(A*B)'", r"(A B)^{\top}", "(AB)ᵀ"),
    (pw(T(A), num(2)), "A'^2", r"(A^{\top})^2", "(Aᵀ)²"),
    (had(x, mul(A, y)), "x.*(A*y)", r"x \odot (A y)", "x ⊙ (Ay)"),
    (mul(num(2), had(x, y)), "2*x.*y", r"2 (x \odot y)", "2(x ⊙ y)"),
    (Quotient("./", had(x, y), p), "x.*y./p", r"(x \odot y) \oslash p", "(x ⊙ y) ⊘ p"),
    (Quotient("./", mul(A, x), p), "(A*x)./p", r"(A x) \oslash p", "(Ax) ⊘ p"),
    (mul(T(A), Quotient("./", x, y)), "A'*(x./y)", r"A^{\top} (x \oslash y)", "Aᵀ(x ⊘ y)"),
    (mul(T(A), call("diag", call("cos", mul(B, x))), B), "A'*diag(cos(B*x))*B",
     r"A^{\top} \operatorname{diag}(\cos(B x)) B", "Aᵀ diag(cos(Bx)) B"),
    (call("inv", A), "inv(A)", "A^{-1}", "A⁻¹"),
    (T(call("inv", A)), "inv(A)'", r"A^{-\top}", "A⁻ᵀ"),
    (mul(call("inv", mul(T(X), X)), T(X), y), "inv(X'*X)*X'*y", r"(X^{\top} X)^{-1} X^{\top} y", "(XᵀX)⁻¹Xᵀy"),
    (mul(t, call("eye", n)), "t*eye(n)", "t I", "t I"),
    (add(call("eye", n), call("eye", Name("m"))), "eye(n) + eye(m)", "I_{n} + I_{m}", "I_n + I_m"),
    (mul(call("ones", n), T(y)), "ones(n)*y'", r"\mathbf{1} y^{\top}", "𝟏 yᵀ"),
    (call("tr", mul(A, B)), "tr(A*B)", r"\operatorname{tr}(A B)", "tr(AB)"),
    (pw(call("norm2", residual), num(2)), "norm2(X*w - y)^2", r"\lVert X w - y\rVert_2^2", "‖Xw − y‖₂²"),
    (over(x, call("norm2", x)), "x/norm2(x)", r"\frac{x}{\lVert x\rVert_2}", "x/‖x‖₂"),
    (call("abs", x), "abs(x)", r"\lvert x\rvert", "|x|"),
    (call("softmax", mul(W, x)), "softmax(W*x)", r"\operatorname{softmax}(W x)", "softmax(Wx)"),
    (call("sigmoid", x), "sigmoid(x)", r"\sigma(x)", "σ(x)"),
    (call("kron", A, B), "kron(A, B)", r"A \otimes B", "A ⊗ B"),
    (call("einsum", Quoted("ij,k->ijk"), A, x), 'einsum("ij,k->ijk", A, x)',
     r"\operatorname{einsum}(\text{ij,k->ijk}, A, x)", 'einsum("ij,k->ijk", A, x)'),
    (over(call("exp", over(x, t)), num(2)), "exp(x/t)/2", r"\frac{\exp\left(\frac{x}{t}\right)}{2}", "exp(x/t)/2"),
    # indices
    (add(at("p", "k"), Neg(at("y", "k"))), "p[k] - y[k]", "p_{k} - y_{k}", "p_k − y_k"),
    (Neg(total("i", mul(at("y", "i"), call("log", at("p", "i"))))), "-sum[i](y[i]*log(p[i]))",
     r"-\sum_{i} y_{i} \log p_{i}", "−Σ_i y_i log p_i"),
    (mul(call("log", at("p", "i")), Kronecker("i", "k")), "log(p[i])*delta[i,k]",
     r"\log(p_{i}) \delta_{ik}", "log(p_i) δ_ik"),
    (over(call("exp", at("o", "i")), total("j", call("exp", at("o", "j")))), "exp(o[i])/sum[j](exp(o[j]))",
     r"\frac{\exp(o_{i})}{\sum_{j} \exp(o_{j})}", "exp(o_i)/Σ_j exp(o_j)"),
    (over(total("j", at("x", "j")), n), "sum[j](x[j])/n", r"\frac{\sum_{j} x_{j}}{n}", "(Σ_j x_j)/n"),
    (over(t, total("j", mul(at("x", "j"), at("y", "j")))), "t/sum[j](x[j]*y[j])",
     r"\frac{t}{\sum_{j} x_{j} y_{j}}", "t/(Σ_j x_j y_j)"),
    (mul(total("i", at("x", "i")), t), "sum[i](x[i])*t", r"\left(\sum_{i} x_{i}\right) t", "(Σ_i x_i) t"),
    (mul(at("p", "i"), add(Kronecker("i", "k"), Neg(at("p", "k")))), "p[i]*(delta[i,k] - p[k])",
     r"p_{i} (\delta_{ik} - p_{k})", "p_i (δ_ik − p_k)"),
    (pw(at("x", "i"), num(2)), "x[i]^2", "x_{i}^2", "x_i²"),
    (pw(at("x", "i"), at("y", "i")), "x[i].^y[i]", "x_{i}^{y_{i}}", "x_i^y_i"),
    (call("sqrt", total("i", pw(at("x", "i"), num(2)))), "sqrt(sum[i](x[i]^2))",
     r"\sqrt{\sum_{i} x_{i}^2}", "√(Σ_i x_i²)"),
    (Subscripted(Name("h1"), ("i", "j1")), "h1[i,j1]", "h_{1,i,j_{1}}", "h1_i,j1"),
    (at("x", "0"), "x[0]", "x_{1}", "x_1"),
    (Name("theta0"), "theta0", r"\theta_{0}", "θ0"),
    (Name("W_out"), "W_out", r"W_{\mathrm{out}}", "W_out"),
    (Name("loss"), "loss", r"\mathrm{loss}", "loss"),
    (Big("max", ("i",), at("x", "i")), "max[i](x[i])", r"\max_{i} x_{i}", "max_i x_i"),
    (Collect(("i", "k"), mul(at("x", "i"), at("y", "k"))), "tensor[i,k](x[i]*y[k])",
     r"\left[x_{i} y_{k}\right]_{ik}", "[x_i y_k]_ik"),
    (Choice("<=", Letter("i"), Letter("j"), t, num(0)), "where(i <= j, t, 0)",
     r"\begin{cases} t & \text{if } i \le j \\ 0 & \text{otherwise} \end{cases}", "(t if i ≤ j else 0)"),
    (Program((("p", call("softmax", Name("o"))),), add(p, Neg(y))), "p = softmax(o); p - y",
     r"p - y, \quad \text{where } p = \operatorname{softmax}(o)", "p − y, where p = softmax(o)"),
    # derivatives
    (Partial(Name("L"), at("o", "k")), "d(L)/d(o[k])", r"\frac{\partial L}{\partial o_{k}}", "∂L/∂o_k"),
    (Partial(Partial(Name("L"), at("o", "k")), at("o", "l")), "d(d(L)/d(o[k]))/d(o[l])",
     r"\frac{\partial^2 L}{\partial o_{k} \, \partial o_{l}}", "∂²L/∂o_k∂o_l"),
    (Partial(call("log", at("p", "i")), at("o", "k")), "d(log(p[i]))/d(o[k])",
     r"\frac{\partial}{\partial o_{k}} \log p_{i}", "∂/∂o_k log p_i"),
    (mul(over(at("y", "i"), at("p", "i")), Partial(at("p", "i"), at("o", "k"))), "y[i]/p[i]*d(p[i])/d(o[k])",
     r"\frac{y_{i}}{p_{i}} \frac{\partial p_{i}}{\partial o_{k}}", "(y_i/p_i) ∂p_i/∂o_k"),
    (mul(T(A), jacobian), "A'*D(u, x)", r"A^{\top} \frac{\partial u}{\partial x}", "Aᵀ ∂u/∂x"),
    (mul(T(jacobian), Name("v")), "D(u, x)'*v", r"\left(\frac{\partial u}{\partial x}\right)^{\top} v", "(∂u/∂x)ᵀv"),
    (Subscripted(jacobian, ("i", "k")), "D(u, x)[i,k]",
     r"\left(\frac{\partial u}{\partial x}\right)_{ik}", "(∂u/∂x)_ik"),
    (call("D2", Name("f"), x), "D2(f, x)", r"\frac{\partial^2 f}{\partial x^2}", "∂²f/∂x²"),
    (Subscripted(call("u", x), ("i",)), "u(x)[i]", "u(x)_{i}", "u(x)_i"),
]  # fmt: skip


@pytest.mark.parametrize(("term", "spelled", "typeset", "shown"), GOLDEN, ids=[row[1] for row in GOLDEN])
def test_golden(term: Term, spelled: str, typeset: str, shown: str) -> None:
    assert text(term) == spelled
    assert latex(term) == typeset
    assert unicode(term) == shown


def test_nabla_is_the_denominator_layout() -> None:
    u, v = call("u", x), call("v", x)
    term = add(mul(T(jacobian), v), mul(T(call("D", Name("v"), x)), u))
    assert unicode(term, nabla=True) == "∇(uᵀ) v + ∇(vᵀ) u"
    assert latex(term, nabla=True) == r"\nabla(u^{\top}) v + \nabla(v^{\top}) u"
    assert unicode(mul(T(jacobian), A), nabla=True) == "∇(uᵀ) A"
    assert unicode(T(call("D", Name("u"), call("w", x))), nabla=True) == "∇_w(uᵀ)"


def test_an_argument_may_be_understood() -> None:
    term = mul(T(call("u", x)), call("w", call("u", x)))
    assert unicode(term, nabla=True) == "uᵀw(u)"
    assert latex(term, nabla=True) == "u^{\\top} w(u)"
    assert latex(call("exp", x), nabla=True) == r"\exp(x)"


def test_every_kind_of_term_has_a_spelling() -> None:
    assert set(HANDLERS) == set(get_args(Term))
    shown = {type(part) for row in GOLDEN for part in _all(row[0])}
    assert shown == set(get_args(Term))


def _all(term: Term) -> list[Term]:
    from gradwright.write.traverse import parts

    found = [term]
    for part in found:
        found.extend(parts(part))
    return found


@pytest.mark.parametrize("spelling", [latex, unicode, text])
def test_deep_terms(spelling: object) -> None:
    term: Term = x
    for _ in range(1000):
        term = over(num(1), add(num(1), call("tanh", mul(W, T(term)))))
    assert callable(spelling)
    spelled = spelling(term)
    for opening, closing in ("()", "{}", "[]"):
        assert spelled.count(opening) == spelled.count(closing)
