"""Formulas in sentences are told apart from words, and punctuation from formulas."""

from __future__ import annotations

import pytest

from gradwright.show.report.phrases import phrases


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        (r"the sign of \mathbf{X}^\top \mathbf{y}", r"the sign of <\mathbf{X}^\top \mathbf{y}>"),
        ("the index i is free on one side only", "the index <i> is free on one side only"),
        ("fit only if m = n, and then it is false", "fit only if <m = n>, and then it is false"),
        ("a transpose is missing on A", "a transpose is missing on <A>"),
        ("y is one-hot", "<y> is one-hot"),
        ("not stated", "not stated"),
        ("", ""),
    ],
)
def test_phrases(sentence: str, said: str) -> None:
    assert phrases(sentence, lambda formula: f"<{formula}>") == said
