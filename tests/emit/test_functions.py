"""Every row of the table of scalar functions has code in every target, that computes its value and its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradwright as gw
from gradwright.certify.arrays import evaluate
from gradwright.emit.emitter import TARGETS
from gradwright.tables.scalars import Scalar
from tests.emit.shared import compiled, derive
from tests.emit.zoo import given_to
from tests.tables.test_scalars import LETTERS, formula, has_derivative, over_rows

COMPILED = ("softsign", "gelu")
"""Rows whose loops are compiled here: it takes seconds each."""


def points(row: Scalar) -> dict[str, Any]:
    """Points of the row's own domain, none of them a corner; the constant's x is anything."""
    rng = np.random.default_rng(3)
    domain = row.domain or ((-2.0, 2.0),)
    return {letter: rng.uniform(low, high, size=5) for letter, (low, high) in zip(LETTERS, domain, strict=False)}


def summed(row: Scalar) -> gw.Derivation:
    names = LETTERS[: max(row.arity, 1)]
    return derive(f"sum({formula(row)})", "x", shapes=dict.fromkeys(names, ("n",)))


@over_rows
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_code_computes_it(row: Scalar, target: str) -> None:
    if not has_derivative(row):
        return
    made, values = summed(row), points(row)
    if target == "native" and row.name not in COMPILED:
        assert "def " in made.emit(target)
        return
    value, gradient = compiled(made, target)(**given_to(target, values))
    np.testing.assert_allclose(np.asarray(value), evaluate(made.goal, made.context, values), rtol=1e-10)
    np.testing.assert_allclose(np.asarray(gradient), made.evaluate(**values), rtol=1e-9, atol=1e-12)
