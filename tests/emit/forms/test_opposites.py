"""σ(u) and σ(−u) come from one exponential, and neither loses a digit."""

from __future__ import annotations

import re

import flint
import jax
import numpy as np
import pytest

import gradwright as gw
from tests.emit.shared import derive

SHAPES = {"x": ("n",), "a": ("n",), "b": ("n",), "X": ("n", "m"), "w": ("m",), "y": ("n",)}


def _made(formula: str, wrt: str) -> gw.Derivation:
    shapes = {name: shape for name, shape in SHAPES.items() if re.search(rf"\b{name}\b", formula)}
    return derive(formula, wrt, shapes=shapes)


@pytest.mark.parametrize(
    ("formula", "wrt"),
    [
        ("sum(x.*sigmoid(x))", "x"),
        ("sum(x.^2.*sigmoid(x).*sigmoid(-x))", "x"),
        ("sum((a - b).*sigmoid(a - b))", "a"),
        ("sum(sigmoid(2*x).*sigmoid(-2*x).^2)", "x"),
    ],
)
@pytest.mark.parametrize("target", ["jax", "native"])
def test_one_exponential(formula: str, wrt: str, target: str) -> None:
    made = _made(formula, wrt)
    if target != "native":  # whose loops hold other functions too
        assert len(re.findall(r"sigmoid\(", made.emit(target).split("    arrays, dtype")[1])) == 1
    rng = np.random.default_rng(0)
    values = {name: rng.normal(size=40) * 3 for name in ("x", "a", "b") if re.search(rf"\b{name}\b", formula)}
    _, gradient = made.compile(target)(**values)
    for seed, entry in enumerate(np.asarray(gradient)[:5]):
        moved = {n: v.copy() for n, v in values.items()}
        moved[wrt][seed] += 1e-6
        rise = (made.compile("numpy")(**moved)[0] - made.compile("numpy")(**values)[0]) / 1e-6
        np.testing.assert_allclose(entry, rise, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("target", ["numpy", "jax", "native"])
def test_both_tails_keep_their_digits(target: str) -> None:
    """σ(x)² σ(−x), one entry at a time, where 1 − σ(x) would have lost all."""
    jax.config.update("jax_enable_x64", True)
    function = _made("sum(sigmoid(x).^2.*sigmoid(-x))", "x").compile(target, ["value"])
    for x in (-30.0, -1.0, 0.0, 1e-3, 1.0, 20.0, 30.0):
        with flint.ctx.workprec(200):
            ball = 1 / (1 + (-flint.arb(x)).exp())
            exact = ball * ball * (1 / (1 + flint.arb(x).exp()))
            found = flint.arb(float(np.asarray(function(x=np.array([x])))))
            assert abs(float(((found - exact) / exact).mid())) < 2e-15


def test_a_regression_s_weights_are_known_not_to_be_negative() -> None:
    """t (1 − t) is the product of both, so XᵀDX is still one matrix times itself."""
    text = _made("sum(log(1 + exp(-y.*(X*w))))", "w").emit("numpy", ["hessian"])
    assert re.search(r"hessian = (\w+)\.T @ \1\n", text)
    assert "np.where" not in text.split("errstate")[-1]


def test_jax_differentiates_what_was_chosen_by_a_sign() -> None:
    """At 0, too, where |u| has no derivative: the slope of x σ(x) rises by 2 σ'(0)."""
    jax.config.update("jax_enable_x64", True)
    gradient = _made("sum(x.*sigmoid(x))", "x").compile("jax", ["gradient"])
    for differentiate in (jax.jacfwd, jax.jacrev):
        found = differentiate(lambda x: gradient(x=x))(np.array([0.0, 0.5]))
        s = 1 / (1 + np.exp(-0.5))
        second = s * (1 - s) * (2 + 0.5 * (1 - 2 * s))
        np.testing.assert_allclose(found, np.diag([0.5, second]), rtol=1e-12)
