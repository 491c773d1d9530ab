"""Every row of the table of scalar functions, sampled over its domain; and the tester, on rows that are false."""

from __future__ import annotations

import pytest

from gradwright.tables.scalars import FUNCTIONS, Function
from tests.certify.false_rows import FALSE_ROWS
from tests.certify.rowtest import complaint


@pytest.mark.parametrize("row", FUNCTIONS.values(), ids=lambda row: row.name)
def test_a_row_agrees_with_its_own_ball_value(row: Function) -> None:
    assert complaint(row) is None


@pytest.mark.parametrize("row", FALSE_ROWS, ids=lambda row: row.name)
def test_a_false_row_is_rejected(row: Function) -> None:
    assert complaint(row) is not None
