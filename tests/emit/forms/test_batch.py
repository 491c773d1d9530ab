"""A batch axis gives what a loop over the samples gives, in every target."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradwright.core.errors import Error
from gradwright.emit.emitter import TARGETS, load
from tests.emit.shared import derive, traced
from tests.emit.zoo import given_to

LINEAR: dict[str, list[str]] = {"w": ["d"], "x": ["d"], "y": []}
CASES: dict[str, tuple[str, str, dict[str, list[str]], str, dict[str, tuple[int, ...]]]] = {
    "ridge": ("(w'*x - y)^2 + sum(w.^2)", "w", LINEAR, "n:x,y", {"w": (3,), "x": (5, 3), "y": (5,)}),
    "each": ("log(sum(exp(x + b)))", "x", {"b": ["d"], "x": ["d"]}, "n:x", {"x": (5, 3), "b": (3,)}),
    "layer": ("sum(tanh(W*x))", "W", {"W": ["m", "d"], "x": ["d"]}, "n", {"W": (2, 3), "x": (5, 3)}),
    "fixed": ("sum(b.^2) + sum(x)", "x", {"b": ["m"], "x": ["d"]}, "n:b", {"b": (5, 2), "x": (3,)}),
    "matrix": ("sum((A*x).^2)", "x", {"A": ["m", "d"], "x": ["d"]}, "n:A", {"A": (5, 2, 3), "x": (3,)}),
}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", CASES)
def test_the_batch_is_a_loop_over_samples(target: str, name: str) -> None:
    formula, wrt, shapes, batch, sizes = CASES[name]
    rng = np.random.default_rng(0)
    values: dict[str, Any] = {n: rng.normal(size=shape) for n, shape in sizes.items()}
    made = derive(formula, wrt, shapes=shapes)
    names = [n for n, shape in sizes.items() if shape and shape[0] == 5]
    one = traced(made, "numpy")
    samples = [one(**{n: v[k] if n in names else v for n, v in values.items()}) for k in range(5)]
    value, gradient = traced(made, target, batch=batch)(**given_to(target, values))
    np.testing.assert_allclose(np.asarray(value), [s[0] for s in samples], rtol=1e-11)
    parts = np.array([s[1] for s in samples])
    right = parts if wrt in names else parts.sum(0)
    np.testing.assert_allclose(np.asarray(gradient), right, rtol=1e-10, atol=1e-12)


def test_second_derivatives_and_their_direction() -> None:
    made = derive("log(sum(exp(x + b)))", "x", shapes={"b": ["d"], "x": ["d"]})
    rng = np.random.default_rng(1)
    x, b, v = rng.normal(size=(4, 3)), rng.normal(size=3), rng.normal(size=(4, 3))
    hessian = made.compile("numpy", ["hessian"])
    each = np.array([hessian(x=row, b=b) for row in x])
    np.testing.assert_allclose(made.compile("numpy", ["hessian"], batch="n:x")(x=x, b=b), each, rtol=1e-10)
    along = made.compile("numpy", ["hvp"], batch="n:x")(x=x, b=b, v=v)
    np.testing.assert_allclose(along, np.einsum("nij,nj->ni", each, v), rtol=1e-9, atol=1e-12)


def test_the_cotangent_has_the_axis() -> None:
    import torch

    made = derive("(w'*x - y)^2", "w", shapes=LINEAR)
    module = load(made.emit("torch", batch="n:x,y"), "batched")
    w, x, y = (
        torch.randn(3, dtype=torch.float64, requires_grad=True),
        torch.randn(5, 3).double(),
        torch.randn(5).double(),
    )
    weight = torch.randn(5).double()
    module.value(w=w, x=x, y=y).backward(weight)
    right = (2 * weight * (x @ w - y)) @ x
    assert torch.allclose(torch.as_tensor(w.grad), right)


def test_class_labels_go_with_the_batch() -> None:
    shapes = {"W": ["k", "d"], "x": ["d"], "y": ["k"]}
    made = derive("-y'*log(softmax(W*x))", "W", given=["onehot(y)"], shapes=shapes)
    rng = np.random.default_rng(2)
    W, x, y = rng.normal(size=(4, 3)), rng.normal(size=(6, 3)), rng.integers(0, 4, 6)
    for target in ("numpy", "native"):
        value, gradient = traced(made, target, labels=["y"], batch="n")(W=W, x=x, y=y)
        p = np.exp(x @ W.T) / np.exp(x @ W.T).sum(1, keepdims=True)
        np.testing.assert_allclose(value, -np.log(p[np.arange(6), y]), rtol=1e-12)
        np.testing.assert_allclose(gradient, (p - np.eye(4)[y]).T @ x, rtol=1e-10, atol=1e-13)


def test_a_jacobian_keeps_the_axis() -> None:
    made = derive("tanh(W*x)", "x", shapes={"W": ["m", "d"], "x": ["d"]}, order=1)
    rng = np.random.default_rng(3)
    W, x = rng.normal(size=(5, 2, 3)), rng.normal(size=3)
    value, jacobian = made.compile("numpy", batch="n:W")(W=W, x=x)
    each = [made.compile("numpy")(W=w, x=x) for w in W]
    np.testing.assert_allclose(value, [e[0] for e in each])
    np.testing.assert_allclose(jacobian, [e[1] for e in each])


def test_mistakes_are_named() -> None:
    made = derive("(w'*x - y)^2", "w", shapes=LINEAR)
    for batch, said in (("d", "already"), ("n:q", "no q to batch"), (":x", "no name"), ("n:", "no symbol")):
        with pytest.raises(Error, match=said):
            made.emit("numpy", batch=batch)
    with pytest.raises(Error, match="torch"):
        made.emit("torch", ["value", "gradient", "hvp"], batch="n:x,y")
