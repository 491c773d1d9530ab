"""Formulas as their author wrote them."""

from __future__ import annotations

import pytest

import gradwright as gw
from gradwright.core.node import Array
from gradwright.read.reader import read
from gradwright.show.written import as_written
from gradwright.write.text import text
from gradwright.write.unicode import unicode


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("x'*A*x", "x'*A*x"),
        ("(x'*A*x)/(x'*x)", "x'*A*x/(x'*x)"),
        ("-sum_i(y[i]*log(p[i]))", "-sum[i](y[i]*log(p[i]))"),
        ("sum(log(1 + exp(-y.*(X*w))))", "sum(log(1 + exp(-y.*(X*w))))"),
        ("tr(A*X*B*X')", "tr(A*X*B*X')"),
        ("||A x - b||^2", "norm2(A*x - b)^2"),
        ("sum(where(x > 0, x, 0))", "sum(where(x > 0, x, 0))"),
        ("X[0,1]*tr(X)", "X[0,1]*tr(X)"),
        (r"\frac{1}{2}\|Ax - b\|_2^2", "1/2*norm2(A*x - b)^2"),
        (r"\sqrt{x^\top x}", "sqrt(x'*x)"),
        ("sum(x./y)", "sum(x./y)"),
        ("kron(A, B)", "kron(A, B)"),
    ],
)
def test_a_formula(typed: str, said: str) -> None:
    parsed = read(typed, syntax="auto")
    assert parsed.program is not None
    term = as_written(parsed.program.body, parsed.array, parsed.context)
    assert term is not None
    assert text(term) == said


def test_what_notation_does_not_have_is_left() -> None:
    parsed = read('einsum("ij,j->i", A, x)')
    assert parsed.program is not None
    assert as_written(parsed.program.body, parsed.array, parsed.context) is None


def test_what_does_not_read_back_as_the_formula_is_left() -> None:
    parsed, other = read("x'*A*x"), read("x'*A*x + 1")
    assert parsed.program is not None
    assert as_written(parsed.program.body, other.array, parsed.context) is None
    column = Array(read("A*x").array.axes, read("A*x").array.body)
    assert as_written(parsed.program.body, column, parsed.context) is None


@pytest.mark.parametrize("notation", ["index", "both", "matrix", "differential"])
def test_what_is_given_comes_as_it_was_written(notation: str) -> None:
    shown = gw.derive("x'*A*x", "x").show(notation=notation)
    assert shown.splitlines()[2].startswith("  L = xᵀAx")


def test_a_definition_by_its_entries_keeps_its_letters() -> None:
    shown = gw.derive("p[k] = exp(o[k])/sum_m(exp(o[m])); -sum_i(y[i]*log(p[i]))", "o").show()
    assert "p_k = exp(o_k)/Σ_m exp(o_m)" in shown
    assert "p = softmax(o)" in shown


def test_an_author_s_minus_stands_before_all() -> None:
    parsed = read("-y'*log(softmax(o))")
    assert parsed.program is not None
    term = as_written(parsed.program.body, parsed.array, parsed.context)
    assert term is not None
    assert unicode(term) == "−yᵀ log(softmax(o))"
