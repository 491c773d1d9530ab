"""Spellings that people use: each means what its spelling in the text language means, and is remarked on."""

from __future__ import annotations

import pytest

import gradwright as gw
from gradwright.engine.normal import same
from gradwright.read import syntax
from gradwright.read.meaning.rules import RULES
from gradwright.read.reader import read
from gradwright.read.sketch import RULES as KINDS_OF

SPELLINGS = [
    ("x^T A x", "x'*A*x"), ("x^T*A*x + b^T*x", "x'*A*x + b'*x"), ("A^-T*x", "inv(A')*x"), ("2 x'x", "2*x'*x"),
    ("||A*x - b||^2", "norm2(A*x - b)^2"), ("‖w‖_1", "norm1(w)"), ("log|S|", "log(det(S))"), ("|t|", "abs(t)"),
    ("log x'*y", "log(x)'*y"), ("tr A", "tr(A)"), ("np.sum(np.exp(x))", "sum(exp(x))"), ("A.T @ x", "A'*x"),
    ("sum(x**2)", "sum(x.^2)"), ("sum_i (x_i - t)^2", "sum[i]((x[i] - t)^2)"), ("e^(-t^2)", "exp(-t^2)"),
    ("trace(A)", "tr(A)"), ("transpose(A)*x", "A'*x"), ("dot(x, y)", "x'*y"), ("outer(x, y)", "x*y'"),
    ("mse(x, y)", "mean((x - y).^2)"), ("softmax(A)", "softmax_rows(A)"), ("x·y", "x'*y"), ("sum(x*y)", "sum(x.*y)"),
    ("inv(A + I)", "inv(A + eye(n))"), ("A: n n; tr(A)", "tr(A)"),
]  # fmt: skip
SHAPES = {"x": ("n",), "y": ("n",), "w": ("n",), "b": ("n",), "A": ("n", "n"), "S": ("n", "n"), "t": ()}


@pytest.mark.parametrize(("typed", "meant"), SPELLINGS)
def test_means_the_same(typed: str, meant: str) -> None:
    shapes = {name: shape for name, shape in SHAPES.items() if name in typed and not typed.startswith("A:")}
    parsed = read(typed, shapes=shapes)
    assert same(parsed.array, read(meant, context=parsed.context, strict=True).array)


@pytest.mark.parametrize("typed", ["x^T*y", "2 x", "np.sum(x)", "softmax(A)", "sum(x**2*y)", "log x", "sum_i x_i"])
def test_is_remarked_on(typed: str) -> None:
    assert read(typed, shapes={name: shape for name, shape in SHAPES.items() if name in typed}).remarks


@pytest.mark.parametrize(
    ("typed", "message"),
    [("x'Ax", "something is missing before 'Ax'"), ("|x", "this | is never closed"), ("x.y", "'.' means nothing here")],
)
def test_what_may_mean_several_things_is_refused(typed: str, message: str) -> None:
    with pytest.raises(gw.Error) as caught:
        read(typed)
    assert message in caught.value.message


@pytest.mark.parametrize("typed", ["x^T*y", "2 x", "||x||", "np.sum(x)", "|t|", "sum_i x_i"])
def test_what_is_printed_is_read_without_forgiveness(typed: str) -> None:
    context = read("sum(x) + x'*y + t", shapes={"x": ("n",), "y": ("n",), "t": ()}).context
    with pytest.raises(gw.Error):
        read(typed, context=context, strict=True)


def test_a_name_before_a_bracket_is_a_function_unless_it_is_declared() -> None:
    assert read("u(x)").context.functions
    assert not read("t(x + x)", shapes={"t": (), "x": ("n",)}).context.functions


def test_every_kind_of_syntax_has_a_meaning() -> None:
    here = [kind for kind in vars(syntax).values() if isinstance(kind, type) and kind.__module__ == syntax.__name__]
    assert set(RULES) == {kind for kind in here if issubclass(kind, syntax.Node) and kind is not syntax.Node}
    assert set(KINDS_OF) <= set(RULES)


def test_a_word_in_quotes_is_answered_with_what_it_may_mean() -> None:
    with pytest.raises(gw.Error) as quoted:
        read("norm(X - U*V', 'fro')^2")
    assert "norm2(A) is the Frobenius norm" in str(quoted.value.hint)
    with pytest.raises(gw.Error) as joined:
        read("(U*V')foo")
    assert joined.value.hint == "a product is written with *: (U*V')*foo"
