"""Every row of the table of scalar functions, sampled over its domain; and the tester, on rows that are false."""

from __future__ import annotations

import pytest
from flint import arb_series

from gradwright.certify.program import precision
from gradwright.tables.scalars import FUNCTIONS, Function
from tests.certify.false_rows import FALSE_ROWS
from tests.certify.rowtest import complaint


@pytest.mark.parametrize("row", FUNCTIONS.values(), ids=lambda row: row.name)
def test_a_row_agrees_with_its_own_ball_value(row: Function) -> None:
    assert complaint(row) is None


@pytest.mark.parametrize("row", FALSE_ROWS, ids=lambda row: row.name)
def test_a_false_row_is_rejected(row: Function) -> None:
    assert complaint(row) is not None


@pytest.mark.parametrize("row", FUNCTIONS.values(), ids=lambda row: row.name)
def test_the_value_of_every_row_moves_with_its_arguments(row: Function) -> None:
    with precision(64, 3):
        at = [arb_series([low + (high - low) * (place + 1) / 5, 1]) for place, (low, high) in enumerate(row.domain)]
        assert not at or isinstance(row.ball(*at), arb_series)
