"""Three matrices in a row are multiplied in the order that their extents make cheapest."""

from __future__ import annotations

import numpy as np
import pytest

from tests.emit.shared import derive

SHAPES = {"A": ("n", "m"), "B": ("m", "k"), "C": ("k", "p"), "G": ("n", "p")}


@pytest.mark.parametrize(
    ("formula", "factors"),
    [
        ("sum(G.*(A*B*C))", "multi_dot("),
        ("sum(G.*(A*(C'*B')'))", "multi_dot("),
    ],
)
@pytest.mark.parametrize("target", ["numpy", "jax"])
def test_the_gradient_of_a_chain(formula: str, factors: str, target: str) -> None:
    made = derive(formula, "A", shapes=SHAPES)
    text = made.emit(target, ["gradient"])
    assert factors in text
    assert " @ " not in text
    rng = np.random.default_rng(0)
    sizes = dict(zip("nmkp", (5, 4, 3, 2), strict=True))
    values = {name: rng.normal(size=[sizes[d] for d in shape]) for name, shape in SHAPES.items()}
    del values["A"]
    found = made.compile(target, ["gradient"])(**{n: v.astype(np.float32) for n, v in values.items()})
    np.testing.assert_allclose(found, values["G"] @ values["C"].T @ values["B"].T, rtol=1e-5, atol=1e-5)


def test_a_product_that_is_read_twice_is_kept() -> None:
    made = derive("sum(G.*(A*B*C)) + sum(tanh(A*B))", "C", shapes=SHAPES)
    assert "multi_dot" not in made.emit("numpy")


def test_a_residual_between_two_products_is_no_chain() -> None:
    shapes = {"X": ("n", "m"), "U": ("n", "k"), "V": ("m", "k")}
    assert "multi_dot" not in derive("norm2(X - U*V')^2", "U", shapes=shapes).emit("numpy")
