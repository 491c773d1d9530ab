"""Determinants, inverses and solves: of stacks, and through one factor of a positive definite matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradwright as gw
from gradwright.emit.emitter import TARGETS
from tests.emit.test_batch import _as

GAUSS = ("0.5*logdet(S) + 0.5*x'*inv(S)*x", {"S": ["d", "d"], "x": ["d"]}, ("posdef(S)",))
GENERAL = ("logdet(A) + x'*inv(A)*B*x", {"A": ["d", "d"], "B": ["d", "d"], "x": ["d"]}, ("invertible(A)",))
DESIGN = ("logdet(X'*diag(w)*X + e*eye(d))", {"X": ["m", "d"], "w": ["m"], "e": []}, ("positive(w)", "positive(e)"))
CASES: dict[str, tuple[tuple[str, dict[str, list[str]], tuple[str, ...]], str, str]] = {
    "each has its covariance": (GAUSS, "S", "n:S,x"),
    "each has its covariance, in x": (GAUSS, "x", "n:S,x"),
    "one covariance, in x": (GAUSS, "x", "n:x"),
    "one covariance": (GAUSS, "S", "n:x"),
    "one x": (GAUSS, "x", "n:S"),
    "any matrix": (GENERAL, "A", "n:A,x"),
    "any matrix, in x": (GENERAL, "x", "n:A,x"),
    "any matrix, all": (GENERAL, "B", "n:A,B,x"),
    "determinant": (("det(A)*(a'*inv(A)*b)", {"A": ["d", "d"], "a": ["d"], "b": ["d"]}, ()), "A", "n:A,b"),
    "matrix to solve for": (("tr(inv(S)*B*B')", {"S": ["d", "d"], "B": ["d", "m"]}, ("posdef(S)",)), "B", "n:S,B"),
    "design": (DESIGN, "w", "n:w"),
    "design, in X": (DESIGN, "X", "n:X,e"),
    "one matrix to solve for": (("tr(inv(S)*B*B')", {"S": ["d", "d"], "B": ["d", "m"]}, ("posdef(S)",)), "S", "n:S"),
    "any to solve for": (("tr(inv(S)*B*C')", {"S": ["d", "d"], "B": ["d", "m"], "C": ["d", "m"]}, ()), "C", "n:S"),
    "two inverses": (("tr(inv(A)*inv(B)*C)", {"A": ["d", "d"], "B": ["d", "d"], "C": ["d", "d"]}, ()), "C", "n:A,C"),
}  # fmt: skip
SIZES = {"d": 3, "m": 4}


def arguments(shapes: dict[str, list[str]], given: tuple[str, ...], names: list[str], seed: int = 0) -> dict[str, Any]:
    """Values that fit the facts; those of ``names`` five times over."""
    rng = np.random.default_rng(seed)
    values: dict[str, Any] = {}
    for name, shape in shapes.items():
        extents = ((5,) if name in names else ()) + tuple(SIZES[d] for d in shape)
        value = rng.normal(size=extents)
        if f"posdef({name})" in given:
            value = value @ np.swapaxes(value, -1, -2) + np.eye(SIZES["d"])
        elif f"positive({name})" in given:
            value = np.abs(value) + 0.5
        elif shape == ["d", "d"]:  # of positive determinant
            value = value / 4 + np.eye(SIZES["d"])
        values[name] = value
    return values


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", CASES)
def test_a_stack_is_a_loop_over_matrices(target: str, name: str) -> None:
    (formula, shapes, given), wrt, batch = CASES[name]
    names = batch.partition(":")[2].split(",")
    values = arguments(shapes, given, names)
    made = gw.derive(formula, wrt, shapes=shapes, given=given)
    each = [{n: v[k] if n in names else v for n, v in values.items()} for k in range(5)]
    function = made.compile(target, batch=batch)
    value, gradient = function(**_as(target, values))
    one = made.compile("numpy")
    right = [one(**sample)[0] for sample in each]
    np.testing.assert_allclose(np.asarray(value), right, rtol=1e-10, atol=1e-12)
    parts = np.array([made.evaluate(**sample) for sample in each])
    right_gradient = parts if wrt in names else parts.sum(0)
    np.testing.assert_allclose(np.asarray(gradient), right_gradient, rtol=1e-9, atol=1e-11)
