"""Class labels: sums in which Y stands linearly are read at the label, and rows without one are rows of zeros."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradwright.emit.emitter import TARGETS
from tests.emit.shared import derive, traced
from tests.emit.zoo import given_to

SHAPES = {"O": ("n", "k"), "Y": ("n", "k"), "e": (), "c": ("k",)}
FORMULAS = {
    "smoothing": "-sum(((1 - e)*Y + e/k).*log(softmax_rows(O)))/n",
    "class weights": "-sum((Y*diag(c)).*log(softmax_rows(O)))/sum(Y*c)",
    "mean over labels": "-sum(Y.*log(softmax_rows(O)))/sum(Y)",
    "squared": "sum((softmax_rows(O) - Y).^2)",
}


@pytest.mark.parametrize("target", list(TARGETS))
@pytest.mark.parametrize("name", list(FORMULAS))
@pytest.mark.parametrize("fact", ["onehot_rows", "onehot_or_zero_rows"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_labels_give_what_the_matrix_gives(name: str, target: str, fact: str) -> None:
    import inspect

    import jax

    jax.config.update("jax_enable_x64", True)
    made = derive(FORMULAS[name], "O", shapes={s: SHAPES[s] for s in "OYec" if s in FORMULAS[name] or s in "OY"},
                     given=[f"{fact}(Y)"])  # fmt: skip
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 6)
    matrix = np.eye(4)[labels]
    if fact == "onehot_or_zero_rows":
        labels[[1, 4]] = [-1, -100]
        matrix[[1, 4]] = 0
    values: dict[str, Any] = {"O": rng.normal(size=(6, 4)), "e": 0.1, "c": rng.uniform(1, 2, 4)}
    by_label, by_matrix = traced(made, target, labels=["Y"]), traced(made, "numpy")

    def chosen(f: Any, y: Any) -> dict[str, Any]:
        return {n: {**values, "Y": y}[n] for n in inspect.signature(f).parameters if n != "out"}

    right = by_matrix(**chosen(by_matrix, matrix))
    given = chosen(by_label, labels)
    if target == "torch":
        import torch

        given = {n: torch.as_tensor(v) if isinstance(v, np.ndarray) else v for n, v in given.items()}
    found = by_label(**given)
    np.testing.assert_allclose(np.asarray(found[0]), right[0], rtol=1e-12)
    np.testing.assert_allclose(np.asarray(found[1]), right[1], atol=1e-13)


def test_no_matrix_is_built_for_smoothing() -> None:
    text = derive(FORMULAS["smoothing"], "O", shapes={s: SHAPES[s] for s in "OYe"}, given=["onehot_rows(Y)"],
                     ).emit("torch", labels=["Y"])  # fmt: skip
    assert "arange(k" not in text
    assert "one_hot" not in text


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_label_of_one_sample_may_be_none(target: str) -> None:
    made = derive("-y'*log(softmax(o))", "o", given=["onehot_or_zero(y)"])
    logits = np.array([1.0, 2.0, 4.0])
    right = logits - np.log(np.exp(logits).sum())
    one = made.compile(target, labels=["y"])
    for label in (2, -1, -100):
        value, gradient = one(**given_to(target, {"y": np.array(label), "o": logits}))
        np.testing.assert_allclose(np.asarray(value), -right[label] if label >= 0 else 0, atol=1e-15)
        mark = np.eye(3)[label] if label >= 0 else np.zeros(3)
        np.testing.assert_allclose(np.asarray(gradient), mark.sum() * np.exp(right) - mark, atol=1e-15)
    values, _ = made.compile(target, labels=["y"], batch="s:y,o")(
        **given_to(target, {"y": np.array([0, -100]), "o": np.stack([logits, logits])})
    )
    np.testing.assert_allclose(np.asarray(values), [-right[0], 0], atol=1e-15)
