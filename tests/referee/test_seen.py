"""What formulas show of names: which spellings are one symbol, and the axes that their company shows."""

from __future__ import annotations

import pytest

import gradwright as gw
from gradwright.referee.evidence.collect import collect
from gradwright.referee.formats.source import source_of
from gradwright.referee.meaning.symbols import Symbols


def symbols(text: str) -> Symbols:
    return collect(source_of(text, "a.md")).symbols


@pytest.mark.parametrize(
    ("text", "name", "rank"),
    [
        (r"$f = x^\top A x$", "x", 1),
        (r"$f = x^\top A x$", "A", 2),
        (r"$A x + b = c$", "b", 1),
        (r"$f = \operatorname{tr}(K)$", "K", 2),
        (r"$f = \operatorname{tr}(k)$", "k", 0),
        (r"$f = \frac{1}{N} \sum_i x_i$", "N", 0),
        (r"$f = \sum_{i=1}^{M} x_i$", "M", 0),
        (r"$f = \sum_{ij} w_{ij}$", "w", 2),
        (r"$f = \mathbf W \mathbf h$", "W", 2),
        (r"$f = \mathbf W \mathbf h$", "h", 1),
        (r"$L = \sum_i L_i$", "L", 0),
    ],
)
def test_axes_by_company(text: str, name: str, rank: int) -> None:
    assert symbols(text).rank(name) == rank


@pytest.mark.parametrize(
    ("text", "one", "two", "same"),
    [
        (r"$f = \sum_{ij} a_{ij} x_j, \quad y = A x$", ("a", "", 2), ("A", "", 0), True),
        (r"$f = \sum_{ij} a_{ij} + a, \quad y = A x$", ("a", "", 2), ("A", "", 0), False),
        (r"$f = \sum_i x_i, \quad y = \mathbf x$", ("x", "", 1), ("x", "bold", 0), True),
        (r"$f = x + \mathbf y^\top \mathbf x$", ("x", "", 0), ("x", "bold", 0), False),
        (r"$f = \mathcal D + D$", ("D", "cal", 0), ("D", "", 0), False),
        (r"$f = \sum_i a_i + \sum_{ij} a_{ij}$", ("a", "", 1), ("a", "", 2), False),
    ],
)
def test_which_spellings_are_one_symbol(
    text: str, one: tuple[str, str, int], two: tuple[str, str, int], same: bool
) -> None:
    known = symbols(text)
    assert (known.key(*one) == known.key(*two)) is same


def test_a_number_below_a_capital_is_a_label_where_no_letter_is_one() -> None:
    assert "W" in symbols(r"$f = W_1 x + W_2 y$").names.labelled
    assert "W" not in symbols(r"$f = \sum_i W_i x + W_2 y$").names.labelled


def test_what_is_orthogonal_is_square_and_a_fact_is_said_of_all_in_a_list() -> None:
    start = r"Let $A = U S V^\top$ with orthogonal $U$ and $V$ and a diagonal matrix $S$. "
    assert gw.check(start + r"Then $A A^\top = U S^2 U^\top$.").relations[-1].verdict == "proved"
    assert gw.check(start + r"Then $A A^\top = U S U^\top$.").relations[-1].verdict == "refuted"
