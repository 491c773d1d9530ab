"""Formulas that tests emit, with random arguments for them, and the oracle's answer."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradwright.api import Derivation
from gradwright.certify.arrays import evaluate
from tests.emit.shared import derive

REGRESSION = {"X": ("n", "m"), "w": ("m",), "y": ("n",)}
SOFTMAX = {"X": ("n", "m"), "W": ("m", "k"), "Y": ("n", "k")}
ZOO: dict[str, tuple[str, str, dict[str, tuple[str, ...]], tuple[str, ...]]] = {
    "logistic": ("sum(log(1 + exp(-y.*(X*w))))/n", "w", REGRESSION, ()),
    "logistic-01": ("-y'*log(sigmoid(X*w)) - (1 - y)'*log(1 - sigmoid(X*w))", "w", REGRESSION, ()),
    "squared-hinge": ("sum(relu(1 - y.*(X*w)).^2)", "w", REGRESSION, ()),
    "log-cosh": ("sum(log(cosh(X*w - y)))", "w", REGRESSION, ()),
    "softmax": ("-sum(Y.*log(softmax_rows(X*W)))/n", "W", SOFTMAX, ("onehot_rows(Y)",)),
    "softmax-logits": ("-sum(Y.*log(softmax_rows(O)))/n", "O", {"O": ("n", "k"), "Y": ("n", "k")}, ("onehot_rows(Y)",)),
    "entropy": ("p = softmax(o); -sum(p.*log(p))", "o", {"o": ("n",)}, ()),
    "clip": ("S = A*B'/t; -0.5*(tr(log(softmax_rows(S))) + tr(log(softmax_rows(S'))))/n", "A",
             {"A": ("n", "m"), "B": ("n", "m"), "t": ()}, ("positive(t)",)),
    "infonce": ("log(exp(q'*k/t) + sum(exp(N*q/t))) - q'*k/t", "q",
                {"q": ("n",), "k": ("n",), "N": ("m", "n"), "t": ()}, ("positive(t)",)),
    "factorise": ("norm2(X - U*V')^2", "U", {"X": ("n", "m"), "U": ("n", "k"), "V": ("m", "k")}, ()),
    "relu-net": ("0.5*norm2(relu(X*W)*V - Y)^2/n", "W",
                 {"X": ("n", "m"), "W": ("m", "k"), "V": ("k", "p"), "Y": ("n", "p")}, ()),
    "gaussian": ("0.5*logdet(S) + 0.5*(x - m)'*inv(S)*(x - m)", "S", {"x": ("n",), "m": ("n",), "S": ("n", "n")},
                 ("posdef(S)",)),
    "gaussian-mean": ("0.5*(x - m)'*inv(S)*(x - m)", "m", {"x": ("n",), "m": ("n",), "S": ("n", "n")}, ("posdef(S)",)),
    "attention": ("tr(G'*(softmax_rows(Q*K'/sqrt(d))*V))", "Q",
                  {"Q": ("n", "d"), "K": ("m", "d"), "V": ("m", "p"), "G": ("n", "p")}, ()),
    "batchnorm": ("C = X - ones(n)*colsum(X)'/n; s = sqrt(colsum(C.^2)/n + e); sum(G.*(C*diag(1./s)))", "X",
                  {"X": ("n", "m"), "G": ("n", "m"), "e": ()}, ("positive(e)",)),
    "design": ("-logdet(A'*diag(w)*A)", "w", {"A": ("n", "m"), "w": ("n",)}, ("positive(w)",)),
    "gelu": ("0.5*sum(x.*(1 + erf(x/sqrt(2))))", "x", {"x": ("n",)}, ()),
    "jacobian": ("x/sqrt(x'*x/n + e)", "x", {"x": ("n",), "e": ()}, ("positive(e)",)),
}  # fmt: skip
SIZES = {"n": 5, "m": 3, "k": 4, "p": 2, "d": 3}


def derivation(name: str) -> Derivation:
    formula, wrt, shapes, given = ZOO[name]
    return derive(formula, wrt, shapes=shapes, given=given)


def arguments(name: str, seed: int = 0, sizes: dict[str, int] = SIZES) -> dict[str, Any]:
    """Random values that fit the formula's facts."""
    _, _, shapes, given = ZOO[name]
    rng = np.random.default_rng(seed)
    values: dict[str, Any] = {}
    for symbol, shape in shapes.items():
        extents = tuple(sizes[d] for d in shape)
        value = rng.normal(size=extents)
        if f"onehot_rows({symbol})" in given:
            value = np.eye(extents[1])[rng.integers(0, extents[1], extents[0])]
        elif f"posdef({symbol})" in given:
            value = value @ value.T + np.eye(extents[0])
        elif f"positive({symbol})" in given:
            value = np.abs(value) + 0.5
        values[symbol] = value
    return values


def truth(made: Derivation, values: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Value and derivative by the evaluator, which shares nothing with what is emitted."""
    return evaluate(made.goal, made.context, values), made.evaluate(**values)


def given_to(target: str, values: dict[str, Any]) -> dict[str, Any]:
    """The arguments as the target takes them, in double precision."""
    if target == "torch":
        import torch

        return {name: torch.tensor(value) for name, value in values.items()}
    if target == "jax":
        import jax

        jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]
    return values
