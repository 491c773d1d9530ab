"""Hessian-vector products: the gradient run forwards gives what the derivative of the gradient's code gives."""

from __future__ import annotations

import re

import jax
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gradwright.emit.emitter import load
from tests.emit.loops.test_sweeps import SHAPES, SIZES, scalars
from tests.emit.shared import derive


@given(scalars, st.sampled_from("XWAb"))
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_products_are_the_derivative_of_the_gradient(formula: str, wrt: str) -> None:
    assume(re.search(rf"\b{wrt}\b", formula))
    _compared(formula, wrt)


@pytest.mark.parametrize(
    ("formula", "wrt"),
    [
        ("norm2(softmax_rows(X*W)*b - u)^2", "W"),
        ("p = softmax(u); -sum(p.*log(p))", "u"),
        ("sum(A.*(softmax_rows(X*X')*A))", "X"),
        ("logdet(X'*X + eye(d)) + sum((X*W).^2)", "X"),
        ("sum(log(cosh(X*W*b - u)))", "W"),
    ],
)
def test_products_of_losses(formula: str, wrt: str) -> None:
    _compared(formula, wrt)


def _compared(formula: str, wrt: str) -> None:
    shapes = {name: shape for name, shape in SHAPES.items() if re.search(rf"\b{name}\b", formula)}
    facts = ["onehot_rows(Y)"] if "Y" in shapes else []
    made = derive(formula, wrt, shapes=shapes, given=facts)
    rng = np.random.default_rng(0)
    values = {name: 0.5 * rng.normal(size=[SIZES[d] for d in shape]) for name, shape in shapes.items()}
    values |= {"Y": np.eye(SIZES["k"])[rng.integers(0, SIZES["k"], SIZES["n"])]} if "Y" in shapes else {}
    v = rng.normal(size=values[wrt].shape)
    text, known = made.emit("jax", ["gradient"]), {**SIZES, **values, "v": v}
    slope = load(text, "gradwright_slope").gradient
    product = load(made.emit("numpy", ["hvp"]), "gradwright_product").hvp
    with jax.enable_x64(True):
        args = {n: known[n] for n in _names(slope) if n != wrt}
        if wrt not in _names(slope):
            right = np.zeros_like(v)
        else:
            right = jax.jvp(lambda x: slope(**{**args, wrt: x}), (values[wrt],), (v,))[1]
        found = product(**{n: known[n] for n in _names(product)})
    np.testing.assert_allclose(found, right, rtol=1e-8, atol=1e-10)


def _names(function: object) -> list[str]:
    import inspect

    return list(inspect.signature(function).parameters)  # type: ignore[arg-type]


def test_a_network_s_slope_stays_whole() -> None:
    """1 − tanh² is one array, not two sums of products."""
    shapes = {"X": ("n", "m"), "W": ("m", "k"), "v": ("k",), "y": ("n",)}
    text = derive("0.5*norm2(tanh(X*W)*v - y)^2", "W", shapes=shapes).emit("numpy", ["hvp"])
    assert text.count(" @ ") == 5
    assert text.count("np.tanh(") == 1


FAR = {
    "layer norm": "C = X - rowsum(X)*ones(m)'/m; s = sqrt(rowsum(C.^2)/m + e); sum(G.*tensor[i,j](C[i,j]/s[i]))",
    "batch norm": "C = X - ones(n)*colsum(X)'/n; s = sqrt(colsum(C.^2)/n + e); sum(G.*tensor[i,j](C[i,j]/s[j]))",
    "variance": "C = X - rowsum(X)*ones(m)'/m; sum(sqrt(rowsum(C.^2)/m + e))",
}


@pytest.mark.parametrize("name", FAR)
def test_what_is_centred_keeps_its_digits_far_from_0(name: str) -> None:
    """Multiplied out, the gradient in single precision lost all but two digits at a mean of 1000."""
    shapes: dict[str, tuple[str, ...]] = {"X": ("n", "m"), "e": ()} | ({"G": ("n", "m")} if "G" in FAR[name] else {})
    made = derive(FAR[name], "X", shapes=shapes, given=["positive(e)"]).compile("numpy")
    rng = np.random.default_rng(0)
    values = {"X": rng.integers(-8, 8, (8, 16)) / 4 + 1000, "G": rng.normal(size=(8, 16)), "e": 1e-5}
    values = {symbol: values[symbol] for symbol in shapes}
    right = made(**values)[1]
    found = made(**{symbol: np.float32(value) for symbol, value in values.items()})[1]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, right, atol=1e-4 * np.abs(right).max(), rtol=0)
