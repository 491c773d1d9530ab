"""Emitted code at the edges: huge arguments, −inf logits, half precision; found by structure, however it is written."""

from __future__ import annotations

import flint
import numpy as np
import pytest

from tests.emit.shared import derive
from tests.emit.zoo import derivation

BIG = np.array([1e4, -1e4, 88.0, -88.0, 1e-30, -1e-30, 0.0, 709.0])


def _pair(formula: str, target: str = "numpy") -> tuple[np.ndarray, np.ndarray]:
    made = derive(formula, "x", shapes={"x": ("n",)})
    value, gradient = made.compile(target)(x=BIG)
    return value, gradient


@pytest.mark.parametrize("formula", [
    "sum(log(1 + exp(x)))", "sum(log(exp(x) + 1))", "sum(softplus(x))", "-sum(log(sigmoid(-x)))",
    "-sum(log(1 - sigmoid(x)))",
    "-sum(log(1./(1 + exp(x))))", "sum(log(exp(x).*(1 + exp(-x))))",
])  # fmt: skip
def test_softplus_however_it_is_written(formula: str) -> None:
    value, gradient = _pair(formula)
    np.testing.assert_allclose(value, np.logaddexp(BIG, 0).sum(), rtol=1e-14)
    exact = [float(1 / (1 + (-flint.arb(x)).exp())) for x in BIG]
    np.testing.assert_allclose(gradient, exact, rtol=1e-14, atol=1e-300)


@pytest.mark.parametrize("formula", [
    "log(sum(exp(x)))", "logsumexp(x)", "log(sum_i(exp(x[i])))", "log(2*sum(exp(x))) - log(2)", "-log(1/sum(exp(x)))",
])  # fmt: skip
def test_log_sum_exp_however_it_is_written(formula: str) -> None:
    value, gradient = _pair(formula)
    np.testing.assert_allclose(value, 1e4, rtol=1e-15)
    np.testing.assert_allclose(gradient, np.eye(8)[0], atol=1e-300)


def test_small_things_are_not_lost() -> None:
    assert "log1p" in derive("sum(log(1 + x.^2))", "x").emit("numpy")
    assert "expm1" in derive("sum(exp(x) - 1)", "x").emit("numpy")


@pytest.mark.parametrize("target", ["numpy", "native", "torch"])
@pytest.mark.parametrize("scale", [1e4, -1e4, 1.0])
def test_softmax_cross_entropy_in_ulp(target: str, scale: float) -> None:
    """Within 16 ulp of ball arithmetic in single precision, for the largest entry of each row's gradient."""
    rng = np.random.default_rng(1)
    logits = (rng.normal(size=(6, 9)) + scale).astype(np.float32)
    labels = rng.integers(0, 9, 6)
    one_hot = np.eye(9, dtype=np.float32)[labels]
    made = derivation("softmax-logits").compile(target)
    if target == "torch":
        import torch

        value, gradient = (np.asarray(x) for x in made(O=torch.tensor(logits), Y=torch.tensor(one_hot)))
    else:
        value, gradient = made(O=logits, Y=one_hot)
    if target != "torch":
        by_label, _ = derivation("softmax-logits").compile(target, labels=["Y"])(O=logits, Y=labels)
        assert abs(float(by_label) - float(value)) <= 4 * np.spacing(value)
    exact, loss = np.zeros((6, 9)), 0.0
    for i, row in enumerate(logits):
        tops = [flint.arb(float(x)).exp() for x in row - row.max()]
        total = sum(tops, flint.arb(0))
        exact[i] = [float(t / total) for t in tops]
        loss -= float((tops[labels[i]] / total).log()) / 6
    exact = (exact - one_hot) / 6
    ulp = np.spacing(np.abs(exact).max(axis=1, keepdims=True).astype(np.float32))
    assert np.max(np.abs(gradient - exact) / ulp) <= 16
    assert abs(float(value) - loss) <= 16 * np.spacing(np.float32(loss))


@pytest.mark.parametrize("target", ["numpy", "native"])
def test_a_class_ruled_out_by_minus_infinity(target: str) -> None:
    logits = np.array([[1.0, -np.inf, 2.0], [0.0, 1.0, -np.inf]])
    made = derivation("softmax-logits").compile(target, labels=["Y"])
    value, gradient = made(O=logits, Y=np.array([2, 0]))
    assert np.isfinite(value)
    assert gradient[0, 1] == 0
    assert gradient[1, 2] == 0
    np.testing.assert_allclose(gradient.sum(axis=1), 0, atol=1e-16)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("target", ["numpy", "native"])
def test_the_type_given_is_the_type_returned(dtype: type, target: str) -> None:
    logits = np.random.default_rng(0).normal(size=(4, 5)).astype(dtype)
    value, gradient = derivation("softmax-logits").compile(target, labels=["Y"])(O=logits, Y=np.array([0, 1, 2, 3]))
    assert value.dtype == dtype
    assert gradient.dtype == dtype
    wide, right = derivation("softmax-logits").compile("numpy", labels=["Y"])(
        O=logits.astype(float), Y=np.array([0, 1, 2, 3])
    )
    np.testing.assert_allclose(gradient, right, atol=2 * np.finfo(dtype).eps)
    np.testing.assert_allclose(value, wide, rtol=4 * np.finfo(dtype).eps)


def test_bfloat16_is_computed_in_single() -> None:
    import torch

    logits = torch.randn(4, 5, dtype=torch.bfloat16) * 100
    value, gradient = derivation("softmax-logits").compile("torch", labels=["Y"])(O=logits, Y=torch.arange(4))
    right = torch.nn.functional.cross_entropy(logits.float(), torch.arange(4))
    assert value.dtype == gradient.dtype == torch.bfloat16
    assert abs(float(value) - float(right)) <= 0.01 * abs(float(right))


@pytest.mark.parametrize("formula", ["sum(log(softmax(x)).*x)", "sum(log(1 + exp(softmax(3*x))))"])
def test_a_direction_goes_through_a_softmax_at_thousands(formula: str) -> None:
    """The sum of exponentials that a Hessian-vector product has is divided by the softmax's own before it overflows."""
    x, v = np.array([2000.0, 2000.5, -3000.0, 1999.0]), np.array([1.0, -0.5, 2.0, 0.25])
    made = derive(formula, "x", shapes={"x": ("n",)})
    twice = derive(formula, "x", shapes={"x": ("n",)}, order=2)
    _, _, found = made.compile("numpy", ("value", "gradient", "hvp"))(x=x, v=v)
    np.testing.assert_allclose(found, twice.evaluate(x=x) @ v, rtol=1e-11, atol=1e-11)
