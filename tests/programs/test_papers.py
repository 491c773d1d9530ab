"""A document beside a program: its formula, its gradient and the program agree, or the report says where they part."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("jax")

import gradwright as gw
from gradwright.programs.papers import with_program
from tests.programs import losses

PAPER = r"""
Let $X \in \mathbb{R}^{n \times m}$, $W \in \mathbb{R}^{m \times k}$ and $Y \in \mathbb{R}^{n \times k}$.

% gradwright: code losses.py:softmax_loss is L

$$L(W) = -\frac{1}{n}\sum_{i=1}^n \sum_{j=1}^k Y_{ij} \log \frac{\exp((XW)_{ij})}{\sum_{l=1}^k \exp((XW)_{il})}$$

and its gradient is

$$\nabla_W L = \frac{1}{n} X^\top (\mathrm{softmax}(XW) - Y).$$
"""
HERE = str(Path(losses.__file__))


def found(program, name: str, shapes: dict[str, str] | None = None):
    report = gw.check(PAPER, "paper.md")
    return with_program(report, program, name, shapes=shapes or {}).relations[len(report.relations) :]


def test_a_directive_is_inert_without_code() -> None:
    assert [r.verdict for r in gw.check(PAPER, "paper.md").relations] == ["definition", "needs"]


def test_formula_gradient_and_program_agree() -> None:
    formula, gradient = found(losses.softmax_loss, "losses.py:softmax_loss")
    assert formula.verdict == "confirmed"
    assert formula.reason == "it is what losses.py:softmax_loss computes"
    assert gradient.verdict == "needs"
    assert "simplex_rows(Y)" in gradient.needs


def test_labels_are_the_documents_one_hot_rows() -> None:
    formula, gradient = found(losses.labelled_loss, "losses.py:labelled_loss is L", {"y": "n in k"})
    assert (formula.verdict, gradient.verdict) == ("confirmed", "proved")


def test_where_they_part_is_said() -> None:
    formula, gradient = found(losses.summed_loss, "losses.py:summed_loss is L")
    assert (formula.verdict, gradient.verdict) == ("refuted", "refuted")
    assert formula.reason.endswith("the factor n is missing")
    assert formula.counterexample is not None


def test_a_symbol_has_to_be_known() -> None:
    with pytest.raises(gw.Error, match="the document has no formula of F"):
        found(losses.softmax_loss, "losses.py:softmax_loss is F")
    with pytest.raises(gw.Error, match="does not say the extents of z"):
        found(losses.other, "losses.py:other is L")


def test_a_docstring_beside_its_function() -> None:
    report = gw.check(Path(HERE).read_text(), HERE)
    ridge = with_program(report, losses.ridge, f"{HERE}:ridge", shapes={}).relations[len(report.relations) :]
    assert [r.verdict for r in ridge] == ["proved", "proved"]
    (lasso,) = with_program(report, losses.lasso, f"{HERE}:lasso", shapes={}).relations[len(report.relations) :]
    assert lasso.verdict == "refuted"


def test_a_docstrings_letters_are_its_own_and_what_it_defines_is_known() -> None:
    report = gw.check(Path(HERE).read_text(), HERE)
    found = with_program(report, losses.described, f"{HERE}:described", shapes={}).relations[len(report.relations) :]
    assert [(r.verdict, r.left) for r in found] == [("confirmed", "f(W)")]
