"""Differentials in formulas that are compared."""

from __future__ import annotations

import pytest

import gradwright as gw
from gradwright.core.errors import Error
from gradwright.read.differentials import moving

TRUE = (
    ("d(tr(A*X))", "tr(A*dX)"),
    ("tr(A*dX)", "d(tr(A*X))"),
    ("d(inv(X))", "-inv(X)*dX*inv(X)"),
    ("d(logdet(X))", "tr(inv(X)*dX)"),
    ("d(X*Y)", "dX*Y + X*dY"),
    ("d(norm2(W*x + b - y)^2)", "2*(W*x + b - y)'*(dW*x + db)"),
    ("d(x'*A*x)", "x'*(A + A')*dx"),
    ("vec(d(A*X*B))", "kron(B', A)*vec(dX)"),
    (r"d\operatorname{tr}(AX)", r"\operatorname{tr}(A\,dX)"),
    (r"dX^{-1}", r"-X^{-1}\,dX\,X^{-1}"),
    (r"d\log\det X", r"\operatorname{tr}(X^{-1}dX)"),
    (r"d\|Ax - b\|^2", r"2(Ax - b)^\top A\,dx"),
)
FALSE = (
    ("d(tr(A*X))", "tr(A'*dX)"),
    ("d(inv(X))", "inv(X)*dX*inv(X)"),
    ("d(X*Y)", "dX*Y - X*dY"),
    ("d(x'*A*x)", "2*x'*A*dx"),
    (r"d\log\det X", r"\operatorname{tr}(X\,dX)"),
    (r"d\|Ax - b\|^2", r"(Ax - b)^\top A\,dx"),
)


@pytest.mark.parametrize(("left", "right"), TRUE)
def test_true_ones_are_proved(left: str, right: str) -> None:
    assert gw.equal(left, right).verdict == "proved"


@pytest.mark.parametrize(("left", "right"), FALSE)
def test_false_ones_are_refuted(left: str, right: str) -> None:
    assert gw.equal(left, right).verdict == "refuted"


def test_facts_and_definitions_hold_in_differentials() -> None:
    assert gw.equal("d(x'*A*x)", "2*x'*A*dx", given=["symmetric(A)"])
    crossed = "p = softmax(o); d(-y'*log(p))", "p = softmax(o); (p - y)'*do"
    assert gw.equal(*crossed, given=["onehot(y)"])
    assert not gw.equal(*crossed)


@pytest.mark.parametrize("formula", ["p = softmax(o); -y'*log(p)", "x'*A*x", "logdet(X)", "sum(exp(A*x))"])
def test_the_last_line_of_a_derivation_is_a_true_one(formula: str) -> None:
    *lets, body = formula.split("; ")
    line = gw.derive(formula, "o" if lets else "x" if "x" in formula else "X").differential
    prefix = "".join(f"{let}; " for let in lets)
    assert gw.equal(f"{prefix}d({body})", prefix + str(line).split(" = ", 1)[1])


def test_what_moves_is_what_has_a_differential() -> None:
    assert moving("d(X*Y)", "dX*Y + X*dY") == ("X", "Y")
    assert moving("d(A*X)", "A*dX") == ("X",)
    assert moving(r"dX^{-1}", r"-X^{-1}\,dX\,X^{-1}") == ("X",)


def test_without_a_differential_d_is_a_name_like_any_other() -> None:
    assert moving("d*(x)", "x*d") == ()
    assert moving("tr(X*dX)", "tr(dX*X)") == ()
    assert gw.equal("d*x + dX", "x*d + dX")


def test_a_differential_alone_has_no_meaning_in_a_formula() -> None:
    with pytest.raises(Error, match="a differential has no meaning here"):
        gw.derive(r"\operatorname{tr}(A\,dX)", "A")
    with pytest.raises(Error, match="a differential has no meaning here"):
        gw.equal(r"d(x^\top A x)", r"2 x^\top A x")
