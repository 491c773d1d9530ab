"""The reader: meanings, shapes, errors that point, and no exception but Error on any input."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradwright.core.errors import Error
from gradwright.read.reader import read


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("x'*y", "sum[i](x[i]*y[i])"),
        ("sum_i(x[i])", "sum(x)"),
        ("norm2(x)^2", "sum(x.^2)"),
        ("-a*b", "-(a*b)"),
        ("a - b - c", "(a - b) - c"),
        ("a/b/c", "(a/b)/c"),
        ("2.*a", "2*a"),
        ("a^b^c", "a^(b^c)"),
        ("-a^2", "-(a^2)"),
        ("tr(A*B)", "sum[i,j](A[i,j]*B[j,i])"),
        ("sum[i](x'*A[i,:])", "sum(A*x)"),
        ("tr(sum[i](A[i,:]*A[i,:]'))", "tr(A'*A)"),
        ("xᵀ*A@x − x⊤·x", "x'*A*x - x'*x"),
        ("A⁻¹*x", "inv(A)*x"),
        ("a² + a⁻¹⁰", "a^2 + a^(-10)"),
        ("x ⊙ y ∘ x", "x.*y.*x"),
        ("Σ_i(x[i]) + ∑[j](x[j])*∏_k(x[k])", "sum_i(x[i]) + sum[j](x[j])*prod[k](x[k])"),
        ("σ(x)", "sigmoid(x)"),
        ("where(a ≤ b, x, y)", "where(a <= b, x, y)"),
        ("norm(x)", "norm2(x)"),
        ("L = sum(x)", "sum(x)"),
        ("p = exp(x); f(x) = sum(p)", "p = exp(x); sum(p)"),
        ("f[i] = x[i]^2", "tensor[i](x[i]^2)"),
        ("var(x)", "mean((x - mean(x)).^2)"),
        ("sum(silu(x))", "x'*sigmoid(x)"),
        ("sum(gelu(x))", "sum(x.*(1 + erf(x/sqrt(2)))/2)"),
        ("logsigmoid(a)", "-softplus(-a)"),
        ("A[:,0]'*x", "sum[i](A[i,0]*x[i])"),
        ('einsum("ij,ij->", A, B)', "sum(A.*B)"),
        ("p = exp(x); sum(p)", "p[k] = exp(x[k]); sum(p)"),
        ("sum(tensor[i](x[i])*tensor[i](y[i])')", "sum(x*y')"),
        ("tr(tensor[i,j](A[i,j])*tensor[j,i](B[j,i]))", "tr(A*B)"),
    ],
)
def test_two_ways_to_write_the_same(left: str, right: str) -> None:
    shapes = {"x": ("n",), "y": ("n",), "A": ("n", "n"), "B": ("n", "n"), "a": (), "b": (), "c": ()}
    assert read(left, shapes=shapes).array.body is read(right, shapes=shapes).array.body


def test_a_letter_that_is_also_a_function_may_be_a_symbol() -> None:
    context = read("x'*D*x/σ^2").context
    assert context.symbols == {"x": ("n",), "D": ("n", "n"), "σ": ()}


@pytest.mark.parametrize(
    ("source", "shapes"),
    [
        ("norm2(A*x - b)^2", {"A": ("n", "m"), "x": ("m",), "b": ("n",)}),
        ("-y'*log(softmax(o))", {"y": ("n",), "o": ("n",)}),
        ("a'*X*b*c'*X*d", {"a": ("n",), "X": ("n", "m"), "b": ("m",), "c": ("n",), "d": ("m",)}),
        ("exp(-norm2(x - y)^2/(2*s^2))", {"x": ("n",), "y": ("n",), "s": ()}),
        ("a'*X*b", {"a": ("n",), "X": ("n", "m"), "b": ("m",)}),
        ("sum(lgamma(a)) - lgamma(sum(a))", {"a": ("n",)}),
        ("norm2(X*w)^2 + a*sum(w)", {"X": ("n", "m"), "w": ("m",), "a": ()}),
        ("x^2 + 2*x", {"x": ()}),
        ("x'*A*x + c*sum(x)", {"x": ("n",), "A": ("n", "n"), "c": ()}),
    ],
)
def test_shapes_are_inferred(source: str, shapes: dict[str, tuple[str, ...]]) -> None:
    assert read(source).context.symbols == shapes


@pytest.mark.parametrize("source", ["x^2", "norm2(x)^2 + x^2", "1/x", "2^x"])
def test_a_declared_shape_is_never_overturned(source: str) -> None:
    with pytest.raises(Error):
        read(source, shapes={"x": ("n",)})


def test_names_of_operators_and_bound_letters_are_no_symbols() -> None:
    context = read("sum[i,j](where(i <= j, A[i,j]*delta[i,j], x[i]))").context
    assert set(context.symbols) == {"A", "x"}
    assert set(context.order) == {"A", "x"}


def test_dimensions_are_known_without_a_symbol_of_that_extent() -> None:
    assert read("eye(n)*x").context.symbols == {"x": ("n",)}
    scaled = read("n*z", shapes={"x": ("n",), "z": ("m",)})
    again = read("n*z", context=scaled.context)
    assert again.array.body.names == {"z"}


def test_shapes_that_cannot_agree_name_both() -> None:
    with pytest.raises(Error, match="shapes cannot agree"):
        read("A*x", shapes={"A": ("m", "n"), "x": ("k",)})


def test_a_deep_formula_is_read() -> None:
    assert read("v'*" + "tanh(W*" * 1000 + "x" + ")" * 1000).array.body.height >= 1000


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="xyAo[]()+-*/.^'=;,_ij0123 sumexp<\"", max_size=30))
def test_any_text_is_read_or_refused(source: str) -> None:
    with suppress(Error):
        read(source)
