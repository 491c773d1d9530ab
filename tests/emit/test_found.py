"""Formulas that random ones have led to, once wrong or refused, in every target."""

from __future__ import annotations

import inspect
import re
from typing import Any

import numpy as np
import pytest

from gradwright.certify.arrays import evaluate
from gradwright.emit.toolchain import compiler
from tests.emit.plain import computed
from tests.emit.shared import derive

SHAPES = {"X": ("n", "d"), "A": ("n", "k"), "W": ("d", "k"), "S": ("d", "d"), "u": ("n",), "w": ("d",), "b": ("k",),
          "q": ("k",), "Y": ("n", "k"), "s": (), "t": ()}  # fmt: skip
SIZES = {"n": 5, "d": 3, "k": 4, "B": 2}
FACTS = {"S": "posdef(S)", "q": "onehot(q)", "Y": "onehot_rows(Y)", "t": "positive(t)"}
TARGETS = ("numpy", "loops", "tiles", "torch", "jax", "c")
FOUND: tuple[tuple[str, str, str], ...] = (
    # formula, variable, batch
    ("norm2(diag(inv(S)))*sum(u)", "u", ""),
    ("c = softmax(diag(inv(S + w*w'))); sum((c - mean(c)).^2)", "S", ""),
    ("sum(log(rowsum(exp(inv(S)))))", "S", ""),
    ("norm2(relu(1.5 + (w - w).^2))*norm2(w)", "w", ""),
    ("prod[i](s + u[i] - u[i])*sum(u)", "s", ""),
    ("max[i](s + u[i] - u[i])*sum(u)", "s", ""),
    ("prod[i](1 + t*u[i]^2)", "u", ""),
    ("prod[i](1 + t*u[i]^2)*sum_i(sqrt(sum_j((X[i,j] - w[j])^2) + 1))", "X", ""),
    ("sum(log(rowsum(exp(W - W))))*s + sum(W)", "W", ""),
    ("s", "s", ""),
    ("norm1(log(softmax(t + q)))", "t", ""),
    ("sum(max(x, 0.7).*y)", "x", ""),
    ("sum(where(x > 0.1, 0.7, 0.3).*y)", "y", ""),
    ("sigmoid(1)*sum(u)", "u", ""),
    ("tanh(sum(u))*softplus(1000)", "u", ""),
    ("log(sum(exp(softmax_rows(X))))", "X", ""),
    ("min(q) + s^2", "s", ""),
    ("max(exp(-q.^2/2)) + sum(w)", "w", ""),
    ("sum_i(sum_j(exp(-(u[i] - w[j])^2)))", "u", "B:w"),
    ("sum[l](log(sum[m](exp(X[l,m]*w[m] + norm2(b)))))", "w", "B:w,b"),
    ("log(sum(exp(X*w))) - sigmoid(-q'*log(softmax(log(1 + exp(q)))))", "w", "B:w,q"),
    ("sum(log(rowsum(exp((1 + (mean(b)*softmax_rows(X')).^2).^(-1/2)))))", "b", "B:b"),
    ("sigmoid(1 - norm2(S*w - w))", "w", "B:S"),
    ("tr(cosh(u*u').*(sin(X*W)*(A'./(1 + A'.^2))))", "X", ""),
    ("tr(inv(X'*diag(exp(rowsum(softmax_rows(A)) - mean(rowsum(softmax_rows(A))))/2)*X + S))", "A", ""),
    ("log(1 + exp(-sum(Y.*log(softmax_rows(sigmoid(X*X'*A))))))", "A", ""),
    ("sum[i,j](exp(A[i,j]) + A[i,j]*where(u[i] == j, 1, 0))", "A", ""),
    ("sum(where(log(1 + exp(A - A)) > 0, log(1 + exp(A - A)), 0).^2)", "A", ""),
)


def _values(names: Any) -> dict[str, Any]:
    rng = np.random.default_rng(4)
    shapes = {**SHAPES, "x": ("n",), "y": ("n",)}
    values: dict[str, Any] = {n: 0.5 * rng.normal(size=[SIZES[d] for d in shapes[n]]) for n in sorted(names)}
    for name, value in values.items():
        if name == "S":
            values[name] = value @ value.T + np.eye(SIZES["d"])
        elif name in ("Y", "q"):
            values[name] = np.eye(SIZES["k"])[rng.integers(0, SIZES["k"], value.shape[:-1])]
        elif name == "t":
            values[name] = np.float64(0.7)
    return values


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("formula", "wrt", "batch"), FOUND)
def test_formulas_once_wrong(formula: str, wrt: str, batch: str, target: str) -> None:
    if target in ("torch", "jax"):
        pytest.importorskip(target)
    if target == "c" and compiler() is None:
        pytest.skip("there is no C compiler")
    every = {**SHAPES, "x": ("n",), "y": ("n",)}
    shapes = {name: shape for name, shape in every.items() if re.search(rf"\b{name}\b", formula)}
    made = derive(formula, wrt, shapes=shapes, given=[FACTS[n] for n in shapes if n in FACTS])
    values = _values(shapes)
    many = batch.partition(":")[2].split(",") if batch else []
    samples = [{**values, **{n: values[n] if n in FACTS else values[n] * (1 + k) for n in many}} for k in range(2)]
    labels = [name for name in ("Y", "q") if name in shapes]
    known: dict[str, Any] = {**SIZES, **values, **{n: np.stack([sample[n] for sample in samples]) for n in many}}
    known |= {n: np.argmax(known[n], axis=-1) for n in labels}
    found = computed(made, target, ("value", "gradient"), known, labels=labels, batch=batch)
    right = [(evaluate(made.goal, made.context, sample), made.evaluate(**sample)) for sample in samples]
    value = np.stack([v for v, _ in right]) if batch else right[0][0]
    gradients = np.stack([g for _, g in right])
    gradient = right[0][1] if not batch else gradients if wrt in many else gradients.sum(0)
    np.testing.assert_allclose(found[0], value, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(found[1], gradient, rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize(
    ("formula", "outputs", "names"),
    [
        ("sign(u)", ["value", "pullback"], ["u", "cotangent"]),
        ("sum(u)", ["value", "hvp"], ["u", "v"]),
        ("sum(u)", ["hvp"], ["v"]),
    ],
)
def test_what_is_asked_for_along_something_is_given_it(formula: str, outputs: list[str], names: list[str]) -> None:
    """Even where it cancels."""
    made = derive(formula, "u", shapes={"u": ("n",)}).compile("numpy", outputs)
    assert [name for name in inspect.signature(made).parameters if name not in SIZES] == names
