"""Words beside a formula: every row fires where it must, and nowhere else."""

from __future__ import annotations

import pytest

from gradwright.referee.evidence.wording import SOLUTIONS, WORDINGS, Wording, another, clause, governs, infers, solves

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


@pytest.mark.parametrize("row", SOLUTIONS, ids=[row.pattern[:30] for row in SOLUTIONS])
def test_a_row_says_where_something_vanishes_in_its_examples_and_not_in_the_others(row: Wording) -> None:
    fires, spares = ([example.rpartition("⟦⟧") for example in said] for said in (row.fires, row.spares))
    assert all(solves(before, after) for before, _, after in fires)
    assert not any(solves(before, after) for before, _, after in spares)


@pytest.mark.parametrize("before", ["Suppose the minimum is at ", "Let the solution be ", "An estimator is "])
def test_what_is_supposed_or_only_estimated_solves_nothing(before: str) -> None:
    assert not solves(before)


def test_a_list_of_formulas_has_the_words_before_its_first() -> None:
    assert solves("Their solution is ⟦⟧, ")
    assert solves("Their solution is ⟦⟧ and ")
    assert not solves("Their solution is ⟦⟧. Put ")


def test_words_of_another_problem() -> None:
    assert another("Without the penalty, the minimiser is ")
    assert not another("On the simplex the minimiser is ")
    assert another("On the simplex the minimiser is ", perhaps=True)
    assert not another("The minimiser is ", perhaps=True)


def test_words_of_inference_stand_anywhere_in_a_clause() -> None:
    assert infers("Setting it to zero gives the normal equations ")
    assert not infers("The normal equations are ")
