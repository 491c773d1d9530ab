"""LaTeX formulas mean what their spelling in the text language means."""

from __future__ import annotations

import pytest

import gradwright as gw
from gradwright.engine.normal import same
from gradwright.read.reader import read


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"p = \operatorname{softmax}(o), \quad L = -\sum_i y_i \log p_i", "p = softmax(o); -sum[i](y[i]*log(p[i]))"),
        (r"p = \mathrm{softmax}(o); -\sum_i y_i \log p_i", "p = softmax(o); -sum[i](y[i]*log(p[i]))"),
        (r"$$ h = \tanh(W_1 x) \\ v^\top h $$", "h = tanh(W_1*x); v'*h"),
        (r"\frac{1}{2}\|Ax-b\|_2^2+\lambda\|x\|_1", "1/2*norm2(A*x - b)^2 + lambda*norm1(x)"),
        (r"\frac{x^\top A x}{x^\top x}", "x'*A*x/(x'*x)"),
        (r"\log \sum_{i=1}^n e^{x_i}", "log(sum[i](exp(x[i])))"),
        (r"\sigma(w^\top x)", "sigmoid(w'*x)"),
        (r"(x \odot y)^\top z", "(x.*y)'*z"),
        (r"L = -\sum_i y_i \log p_i, \quad p_i = e^{o_i}", "p[i] = exp(o[i]); -sum[i](y[i]*log(p[i]))"),
        (r"\sum_{n=1}^N \|\mathbf{x}_n - \mu\|^2", "sum[n](norm2(X[n,:] - mu)^2)"),
        (r"\sum_i (y_i - w^\top x_i)^2", "sum[i]((y[i] - w'*X[i,:])^2)"),
        (r"\sum_i x_i x_i^\top + X", "sum[i](x[i,:]*x[i,:]') + X"),
    ],
)
def test_a_formula_in_the_text_language(latex: str, text: str) -> None:
    parsed = read(latex, syntax="latex")
    assert same(parsed.array, read(text, context=parsed.context, strict=True).array)


@pytest.mark.parametrize(
    ("latex", "pointed"),
    [
        (r"x^\top \foo", r"\foo"),
        (r"p = x; y^\top (x", "("),
        (r"x; y^\top x", "x"),
        (r"p = x; \int x", r"\int"),
        (r"x + \nabla f", r"\nabla f"),
    ],
)
def test_what_has_no_form_is_pointed_at(latex: str, pointed: str) -> None:
    with pytest.raises(gw.Error) as caught:
        read(latex, syntax="latex")
    assert caught.value.source == latex
    assert caught.value.span is not None
    assert pointed in latex[slice(*caught.value.span)]


def test_an_unknown_syntax_is_refused() -> None:
    with pytest.raises(gw.Error):
        read("x", syntax="tex")


def test_latex_is_derived_and_its_errors_point_into_it() -> None:
    assert str(gw.derive(r"\|A x - b\|^2", "x", syntax="latex").result) == "2*A'*(A*x - b)"
    assert gw.derive(r"\mathbf{b}^\top \mathbf{x}", "b", syntax="auto").result.shape == ("n",)
    with pytest.raises(gw.Error) as caught:
        gw.derive(r"x^\top x + \operatorname{sofmax}(x)", "x", syntax="latex")
    assert caught.value.span is not None
    assert "sofmax" in str(caught.value.source)[slice(*caught.value.span)]


def test_names_and_facts_may_be_latex_and_a_bound_is_an_extent() -> None:
    ridge = gw.derive(r"\frac{1}{n}\sum_{i=1}^n (y_i - \mathbf{w}^\top \mathbf{x}_i)^2", r"\mathbf{w}")
    assert str(ridge.result) == "-2*X'*(y - X*w)/n"
    assert ridge.context.symbols["y"] == ("n",)
    cross = gw.derive(r"-\sum_i \mathbf{y}_i \log \sigma(\mathbf{o}_i)", "o", given=[r"onehot(\mathbf{y})"])
    assert cross.context.facts.why("onehot_rows", "Y")
