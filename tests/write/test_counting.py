"""Typeset, the first entry is number 1; in the text language, as in Python, number 0."""

from __future__ import annotations

import pytest

import gradwright as gw


def test_entries_picked_by_number() -> None:
    found = gw.derive("x[0]^2*t", "t", shapes={"x": ("n",)})
    assert str(found.result) == "x[0]^2"
    assert found.result.latex() == "x_{1}^2"
    assert found.result.unicode() == "x_1²"
    again = gw.derive("x_1^2 t", "t", shapes={"x": ("n",)}, syntax="latex")
    assert str(again.result) == "x[0]^2"


def test_letters_that_stand_as_numbers() -> None:
    counted = gw.derive(r"\sum_{i=1}^n i x_i t", "t")
    assert counted.result.latex() == r"\sum_{i} x_{i} i"
    assert counted.result.index == "sum[i](x[i]*(i + 1))"
    assert counted.evaluate(x=[3.0, 5.0], t=1.0) == pytest.approx(13.0)
    assert gw.derive("sum[i](i*x[i])*t", "t").result.unicode() == "Σ_i (i − 1) x_i"


def test_comparisons_of_places_stay_as_they_are() -> None:
    found = gw.derive("sum[i,j](where(i < j, A[i,j]*x[i], 0))", "x").show()
    assert "i < j" in found or "j > i" in found or "k < i" in found
    assert "− 1" not in found


def test_an_entry_beyond_the_extent_is_refused() -> None:
    with pytest.raises(gw.Error, match="there is no entry 3 of 2, counted from 1"):
        gw.derive("x_3", "x", shapes={"x": (2,)}, syntax="latex")
    with pytest.raises(gw.Error, match="there is no entry 2 of 2, counted from 0"):
        gw.derive("x[2]", "x", shapes={"x": (2,)})
