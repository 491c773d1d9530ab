"""Array-valued functions of several variables: values, pullbacks and Jacobians, each against the others' truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.emit.shared import derive
from tests.emit.zoo import given_to

SIZES = {"n": 4, "d": 3, "k": 5, "s": 4, "t": 3}
LAYERS: dict[str, dict[str, tuple[str, ...]]] = {
    "X*W'+ones(n)*c'": {"X": ("n", "d"), "W": ("k", "d"), "c": ("k",)},
    "tensor[i,j](x[i,j]/sqrt(sum[p](x[i,p]^2)/d+1)*g[j])": {"x": ("n", "d"), "g": ("d",)},
    "softmax_rows(q*k'+M)*v": {"q": ("s", "d"), "k": ("t", "d"), "v": ("t", "d"), "M": ("s", "t")},
}


def _values(shapes: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {name: rng.normal(size=[SIZES[d] for d in shape]) for name, shape in shapes.items()}


def _expected(formula: str, shapes: dict[str, tuple[str, ...]]) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """The value, a Jacobian in each variable, and a cotangent."""
    values = _values(shapes)
    jacobians = [derive(formula, name, shapes=shapes).evaluate(**values) for name in shapes]
    value = derive(formula, next(iter(shapes)), shapes=shapes).compile("numpy", ["value"])(**values)
    return value, jacobians, np.random.default_rng(1).normal(size=value.shape)


@pytest.mark.parametrize("target", ["numpy", "jax", "torch", "native"])
@pytest.mark.parametrize("formula", LAYERS)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_pullback_is_the_cotangent_times_the_jacobian(formula: str, target: str) -> None:
    shapes = LAYERS[formula]
    made = derive(formula, next(iter(shapes)), shapes=shapes)
    value, jacobians, cotangent = _expected(formula, shapes)
    values = given_to(target, _values(shapes))
    jacobian = made.compile(target, wrt=list(shapes))(**values)
    pulled = made.compile(target, ["value", "pullback"], wrt=list(shapes))(
        **values, **given_to(target, {"cotangent": cotangent})
    )
    for found, expected in zip(jacobian, [value, *jacobians], strict=True):
        np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-9, atol=1e-11)
    right = [np.tensordot(cotangent, j, axes=cotangent.ndim) for j in jacobians]
    for found, expected in zip(pulled, [value, *right], strict=True):
        np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("outputs", [["value", "gradient"], ["value", "pullback"]])
@pytest.mark.parametrize("formula", LAYERS)
def test_torch_and_jax_differentiate_a_layer_in_all_its_variables(formula: str, outputs: list[str]) -> None:
    torch, jax = pytest.importorskip("torch"), pytest.importorskip("jax")
    from gradwright.emit.emitter import load

    shapes = LAYERS[formula]
    made = derive(formula, next(iter(shapes)), shapes=shapes)
    _, jacobians, cotangent = _expected(formula, shapes)
    right = [np.tensordot(cotangent, j, axes=cotangent.ndim) for j in jacobians]
    layer = load(made.emit("torch", outputs, wrt=list(shapes)), "layer_torch").value
    leaves = {name: torch.tensor(a, requires_grad=True) for name, a in _values(shapes).items()}
    layer(**leaves).backward(torch.tensor(cotangent))
    for leaf, expected in zip(leaves.values(), right, strict=True):
        np.testing.assert_allclose(leaf.grad.numpy(), expected, rtol=1e-9, atol=1e-11)
    assert torch.autograd.gradcheck(
        lambda *given: layer(**dict(zip(shapes, given, strict=True))), tuple(leaves.values())
    )
    layer = load(made.emit("jax", outputs, wrt=list(shapes)), "layer_jax").value
    with jax.enable_x64(True):
        _, pull = jax.vjp(lambda given: layer(**given), _values(shapes))
        (found,) = pull(jax.numpy.asarray(cotangent))
        for name, expected in zip(shapes, right, strict=True):
            np.testing.assert_allclose(np.asarray(found[name]), expected, rtol=1e-9, atol=1e-11)


def test_a_batch_of_layers_sums_the_pullback_in_what_its_samples_share() -> None:
    shapes = {"W": ("k", "d"), "x": ("d",)}
    made = derive("softmax(W*x)", "W", shapes=shapes)
    rng = np.random.default_rng(0)
    weights, samples, cotangent = rng.normal(size=(5, 3)), rng.normal(size=(4, 3)), rng.normal(size=(4, 5))
    _, in_weights, in_samples = made.compile("numpy", ["value", "pullback"], wrt=["W", "x"], batch="n:x")(
        weights, samples, cotangent
    )
    one = made.compile("numpy", ["value", "pullback"], wrt=["W", "x"])
    alone = [one(weights, x, c) for x, c in zip(samples, cotangent, strict=True)]
    np.testing.assert_allclose(in_weights, sum(g for _, g, _ in alone), rtol=1e-12)
    np.testing.assert_allclose(in_samples, np.stack([g for _, _, g in alone]), rtol=1e-12)


@pytest.mark.parametrize("outputs", [["value", "gradient", "hvp"], ["gradient", "value"]])
def test_a_jax_module_has_its_value_whatever_else_is_in_it(outputs: list[str]) -> None:
    jax = pytest.importorskip("jax")
    from gradwright.emit.emitter import load

    made = derive("x'*A*x", "x")
    module = load(made.emit("jax", outputs), "jax_beside_hvp")
    x, a = np.array([1.0, 2.0]), np.array([[1.0, 2.0], [0.0, 3.0]])
    with jax.enable_x64(True):
        value, gradient = jax.value_and_grad(module.value)(x, a)
    np.testing.assert_allclose(value, x @ a @ x)
    np.testing.assert_allclose(gradient, (a + a.T) @ x)
