"""Equal formulas share a normal form; unequal ones never do."""

from __future__ import annotations

import pytest

import gradwright as gw
from gradwright.engine.normal import TooLong
from gradwright.engine.passes import normal_form
from gradwright.engine.simplify import Used
from gradwright.read.reader import read

SAME = [
    ("x'*A*x", "x'*A'*x", []),
    ("(x+y)'*A*(x+y)", "x'*A*x + x'*A*y + y'*A*x + y'*A*y", []),
    ("norm2(A*x-b)^2", "x'*A'*A*x - 2*b'*A*x + b'*b", []),
    ("2*A'*(A*x-b)", "2*A'*A*x - 2*A'*b", []),
    ("x'*A*y", "y'*A*x", ["symmetric(A)"]),
    ("x'*A*B*A*y", "y'*A*B'*A*x", ["symmetric(A)"]),
    ("p = softmax(o); sum_i(p[i]*(y[i]-1))", "sum_i(y[i]*exp(o[i]))/sum_i(exp(o[i])) - 1", []),
    ("sum(x)^2", "sum[i,j](x[i]*x[j])", []),
    ("(A*B)'", "B'*A'", []),
    ("exp(a + 2*b)", "exp(a)*exp(b)^2", []),
    ("1/(2*a + 2*b)", "1/2/(a + b)", []),
    ("1/(a - b)", "-1/(b - a)", []),
    ("sum_i(y[i]*(t + x[i]))", "t + y'*x", ["onehot(y)"]),
    ("tr(A'*A)", "norm2(A)^2", []),
    ("sum_i(sum_j(A[i,j]*x[j])^2)", "sum[i,j,l](A[i,j]*A[i,l]*x[j]*x[l])", []),
    ("(x'*y)^3", "(y'*x)*(x'*y)^2", []),
    ("sqrt(x'*(A + A')*x)", "sqrt(2*x'*A*x)", []),
    ("sqrt(a*b)^3", "a*b*sqrt(a*b)", []),
    ("1/sqrt(a*b)", "sqrt(a*b)/(a*b)", []),
    ("sqrt(x'*x/n)^-3", "n*sqrt(x'*x/n)^-1/(x'*x)", []),
    ("sqrt(a^2)^3", "a^2*sqrt(a^2)", []),
    ("sum(x)/sum(x.^2)", "sum_i(x[i]/sum(x.^2))", []),
    ("sum[i,j](3*delta[i,j]*x[i]*(y[j] + 1))", "3*x'*y + 3*sum(x)", []),
]
DIFFERENT = [
    ("x'*A*y", "y'*A*x", [], {"A": ("n", "n")}),
    ("A*(x + y)", "A*x - A*y", [], {}),
    ("sum(x)^2", "sum(x.^2)", [], {}),
    ("exp(a + b)", "exp(a) + exp(b)", [], {}),
    ("1/(a + b)", "1/a + 1/b", [], {}),
]


@pytest.mark.parametrize(("left", "right", "given"), SAME)
def test_equal_formulas_are_proved(left: str, right: str, given: list[str]) -> None:
    assert gw.equal(left, right, given=given).verdict == "proved"


@pytest.mark.parametrize(("left", "right", "given", "shapes"), DIFFERENT)
def test_unequal_formulas_are_refuted(left: str, right: str, given: list[str], shapes: dict) -> None:
    assert gw.equal(left, right, given=given, shapes=shapes).verdict == "refuted"


def test_what_was_applied_is_noted() -> None:
    parsed, used = read("log(exp(a)) + b - b"), Used()
    assert normal_form(parsed.array.body, (), parsed.context, used) is read("a").array.body
    assert used.rules


def test_a_formula_too_long_to_multiply_out_is_left_to_arithmetic() -> None:
    product = "*".join(f"({c} + {c}1 + {c}2)" for c in "abcdefg")
    parsed = read(product)
    with pytest.raises(TooLong):
        normal_form(parsed.array.body, (), parsed.context, Used())
    assert gw.equal(product, f"{product} + 0*a").verdict == "proved"
