"""Words beside a formula: every row fires where it must, and nowhere else."""

from __future__ import annotations

import pytest

from gradwright.referee.evidence.wording import WORDINGS, Wording, clause, governs

_ROWS = [pytest.param(row, id=row.pattern[:30]) for row in WORDINGS]


def said(row: Wording, example: str) -> bool:
    before, after = example.split("⟦⟧")
    return row.says in governs(before, after)


@pytest.mark.parametrize("row", _ROWS)
def test_a_row_fires_in_its_examples_and_not_in_the_others(row: Wording) -> None:
    assert row.fires
    assert all(said(row, example) for example in row.fires)
    assert not any(said(row, example) for example in row.spares)


@pytest.mark.parametrize(
    ("before", "own"),
    [
        ("We know this. Assume that ", "Assume that "),
        ("If ⟦⟧ and ", "If "),
        ("If ⟦⟧, then ", ", then "),
        ("It is done.", ""),
        ("Solve it:\n\n", "Solve it"),
        ("Das ist bekannt。设 ", "设 "),
    ],
)
def test_a_clause_begins_with_its_sentence_or_takes_over_the_one_it_is_joined_to(before: str, own: str) -> None:
    assert clause(before).strip() == own.strip()


def test_for_all_is_said_of_the_whole_sentence() -> None:
    assert "any" in governs("For every vector ⟦⟧ of that length ")
    assert "any" not in governs("For the vector ⟦⟧ of that length ")
