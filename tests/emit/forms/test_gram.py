"""Hessians that are the same in either order of a pair of indices are computed for each pair once."""

from __future__ import annotations

import re

import numpy as np
import pytest

import gradwright as gw
from tests.emit.shared import derive, traced

SIZES = {"n": 7, "m": 4, "k": 3}
LAYER = {"X": ("n", "m"), "W": ("m", "k"), "Y": ("n", "k")}
CASES: dict[str, tuple[str, dict[str, tuple[str, ...]]]] = {
    "softmax": ("-sum(Y.*log(softmax_rows(X*W)))", LAYER),
    "two layers": ("0.5*norm2(tanh(X*W)*v - y)^2", {"X": ("n", "m"), "W": ("m", "k"), "v": ("k",), "y": ("n",)}),
    "turned": ("sum(log(exp(W'*X)'*v))", {"X": ("m", "n"), "W": ("m", "k"), "v": ("k",)}),
    "weighed": ("c*sum_i(a[i]*log(sum_k(exp(sum_j(W[k,j]*X[i,j])))))",
                {"X": ("n", "m"), "W": ("k", "m"), "a": ("n",), "c": ()}),
    "square": ("sum(log(rowsum(exp(X*W))))", {"X": ("n", "m"), "W": ("m", "m")}),
}  # fmt: skip
"""Each formula is derived in W."""


def _derived(name: str) -> gw.Derivation:
    formula, shapes = CASES[name]
    given = [fact for fact in ("onehot_rows(Y)", "positive(v)") if fact[-2] in shapes]
    return derive(formula, "W", shapes=shapes, given=given)


def _values(name: str) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    values = {s: rng.uniform(0.2, 1, [SIZES[d] for d in dims]) for s, dims in CASES[name][1].items()}
    return values | ({"Y": np.eye(3)[rng.integers(0, 3, 7)]} if "Y" in values else {})


@pytest.mark.parametrize("target", ["numpy", "jax", "torch", "native"])
@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_each_pair_once(name: str, target: str) -> None:
    made = _derived(name)
    assert "_symmetric(" in made.emit(target, ["hessian"])
    values = _values(name)
    function = traced(made, target, ["gradient", "hessian"])
    names = re.findall(r"(\w+): (?:Array|Tensor)", made.emit(target, ["gradient", "hessian"]).split("_hessian(")[1])

    def called(**changed: np.ndarray) -> list[np.ndarray]:
        given = {n: v for n, v in (values | changed).items() if n in names}
        if target == "torch":
            import torch

            given = {n: torch.tensor(v) for n, v in given.items()}
        return [np.asarray(found) for found in function(**given)]

    hessian = called()[1]
    assert hessian.shape == 2 * values["W"].shape
    for place in np.ndindex(values["W"].shape):
        step = np.zeros_like(values["W"])
        step[place] = 1e-5
        slope = (called(W=values["W"] + step)[0] - called(W=values["W"] - step)[0]) / 2e-5
        np.testing.assert_allclose(hessian[..., *place], slope, rtol=1e-6, atol=1e-7)


def test_what_is_not_symmetric_is_a_plain_product() -> None:
    """Σ_n X_ni X_nj S_nab without S_nab = S_nba."""
    shapes = {"X": ("n", "m"), "A": ("n", "k", "k"), "M": ("m", "m", "k", "k")}
    made = derive("sum[n,i,j,a,b](X[n,i]*X[n,j]*A[n,a,b]*M[i,j,a,b])", "M", shapes=shapes)
    assert "_symmetric(" not in made.emit("numpy")
