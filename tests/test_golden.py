"""Whole derivations as files, read as diffs. ``GOLDEN=write pytest tests/test_golden.py`` rewrites them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import gradwright as gw

FOLDER = Path(__file__).parent / "golden"
FOUNDING = "p = softmax(o); -sum_i(y[i]*log(p[i]))"

CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "founding": (FOUNDING, "o", {"given": ["onehot(y)"]}),
    "founding_written_out": (
        "p[i] = exp(o[i])/sum_j(exp(o[j])); -sum_i(y[i]*log(p[i]))", "o", {"given": ["onehot(y)"]},
    ),
    "founding_unnamed": ("-y'*log(softmax(o))", "o", {"given": ["onehot(y)"]}),
    "founding_without_facts": (FOUNDING, "o", {}),
    "founding_hessian": (FOUNDING, "o", {"given": ["onehot(y)"], "order": 2}),
    "founding_batch": ("P = softmax_rows(O); -sum(Y.*log(P))/n", "O",
                       {"given": ["onehot(Y)"], "shapes": {"O": ("n", "k"), "Y": ("n", "k")}}),
    "rule_linear_nabla": ("u(x)'*A", "x", {"layout": "denominator"}),
    "rule_product_nabla": ("u(x)'*v(x)", "x", {"layout": "denominator"}),
    "rule_product_mixed": ("u(x)'*v(x)", "x", {}),
    "least_squares": ("norm2(A*x - b)^2", "x", {}),
    "quadratic_form": ("x'*A*x", "x", {"given": ["symmetric(A)"]}),
    "logistic_regression": (
        "sum(log(1 + exp(-y.*(X*w))))", "w", {"shapes": {"y": ("n",), "X": ("n", "m"), "w": ("m",)}}
    ),
    "two_layer_network": ("0.5*norm2(V*tanh(W*x) - y)^2", "W", {}),
    "norm_hessian": ("norm2(x)", "x", {"order": 2}),
    "softmax_regression": (
        "P = softmax_rows(X*W); -sum(Y.*log(P))/n", "W",
        {"given": ["onehot(Y)"], "shapes": {"X": ("n", "m"), "W": ("m", "k"), "Y": ("n", "k")}},
    ),
    "attention": (
        "sum(G.*(softmax_rows(Q*K'/sqrt(d))*V))", "Q",
        {"shapes": {"Q": ("n", "d"), "K": ("m", "d"), "V": ("m", "e"), "G": ("n", "e")}},
    ),
    "layer_norm": (
        "m = mean(x); s = sqrt(sum((x - m).^2)/n + e); g'*((x - m)/s)", "x",
        {"shapes": {"x": ("n",), "g": ("n",), "e": ()}},
    ),
    "huber": (
        "sum(where(abs(X*w - y) <= d, 0.5*(X*w - y).^2, d*(abs(X*w - y) - 0.5*d)))", "w",
        {"shapes": {"X": ("n", "m"), "w": ("m",), "y": ("n",), "d": ()}},
    ),
    "gaussian_covariance": (
        "logdet(S)/2 + (x - m)'*inv(S)*(x - m)/2", "S", {"given": ["posdef(S)"], "shapes": {"m": ("n",)}},
    ),
    "hinge": ("relu(1 - t*(w'*x))", "w", {"shapes": {"t": (), "w": ("n",), "x": ("n",)}}),
}  # fmt: skip


DIFFERENTIALS: dict[str, tuple[str, str | list[str], dict[str, Any]]] = {
    "founding": CASES["founding"],
    "least_squares": CASES["least_squares"],
    "logistic_regression": CASES["logistic_regression"],
    "attention": CASES["attention"],
    "layer_norm": CASES["layer_norm"],
    "marginal_likelihood": ("(logdet(K) + y'*inv(K)*y)/2", "K", {"given": ["posdef(K)"]}),
    "log_determinant": ("logdet(X)", "X", {}),
    "network_in_all_weights": ("0.5*norm2(V*tanh(W*x + b) - y)^2", ["V", "W", "b"], {}),
    "rayleigh_quotient": ("(x'*A*x)/(x'*x)", "x", {"given": ["symmetric(A)"]}),
    "trace": ("tr(A*X*B*X')", "X", {}),
    "trace_hessian": ("tr(A*X*B*X')", "X", {"order": 2}),
}


@pytest.mark.parametrize("name", CASES)
def test_derivation(name: str) -> None:
    source, wrt, options = CASES[name]
    derivation = gw.derive(source, wrt, **options)
    assert derivation.certificate.verdict == "confirmed"
    assert derivation.replay()
    _compared(name, f"$ {source}\n  d/d{wrt} {options}\n\n{derivation.show()}\n\ntext: {derivation.result}\n")


@pytest.mark.parametrize("name", DIFFERENTIALS)
def test_derivation_by_differentials(name: str) -> None:
    source, wrt, options = DIFFERENTIALS[name]
    derivation = gw.derive(source, wrt, **options)
    shown = derivation.show(notation="differential")
    assert "Every line holds for random differentials: confirmed" in " ".join(shown.split())
    _compared(
        f"differential_{name}", f"$ {source}\n  d/d{wrt} {options}\n\n{shown}\n\ntext: {derivation.differential}\n"
    )


def _compared(name: str, shown: str) -> None:
    path = FOLDER / f"{name}.txt"
    if os.environ.get("GOLDEN") == "write":
        path.write_text(shown, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == shown
