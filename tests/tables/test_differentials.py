"""Every rule of the differential is sampled, and so is a damaged one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gradwright.certify.certificate import hold
from gradwright.core.build import rename
from gradwright.core.node import Array
from gradwright.engine import calculus
from gradwright.show.rules import sides
from gradwright.tables.differentials import COLUMNS, DIFFERENTIALS, NAMED, DifferentialRule
from gradwright.tables.matrix import ROWS


def _verdict(row: DifferentialRule) -> str:
    _, form, truth = sides(row)
    claim = rename(form.array.body, dict(zip(form.array.axes, truth.axes, strict=True)))
    return hold(replace(truth, groups=()), {row.name: Array(truth.axes, claim)}, form.context).verdict


@pytest.mark.parametrize("row", DIFFERENTIALS, ids=lambda row: row.name)
def test_a_rule_holds(row: DifferentialRule) -> None:
    assert _verdict(row) == "confirmed"


@pytest.mark.parametrize("row", DIFFERENTIALS, ids=lambda row: row.name)
def test_a_damaged_rule_does_not(row: DifferentialRule) -> None:
    if row is COLUMNS:
        assert _verdict(replace(row, form="kron(B, A)*vec(dX)", formula="vec(A*X*B + 0*B*X)")) == "refuted"
    else:
        assert _verdict(replace(row, form=f"2*({row.form})")) == "refuted"


def test_a_rule_stands_for_rules_that_there_are() -> None:
    known = {value.name for value in vars(calculus).values() if isinstance(value, calculus.Rule)}
    assert NAMED.keys() <= known | {f"d_{name}" for name in ROWS}
