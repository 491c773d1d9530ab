"""Comparisons that balls leave open and fractions decide."""

from __future__ import annotations

import pytest

import gradwright as gw


@pytest.mark.parametrize(
    ("left", "right", "point"),
    [
        ("where(a==9/7,1,0)", "0", "a = 9/7"),
        ("where(3*a+1/7==b,1,0)", "0", ""),
        ("where(sum(x)==4/3,2,1)", "1", ""),
        ("sign(a-5/3)^2", "1", "a = 5/3"),
        ("where(a^2==1/9,0,1)", "1", ""),
        ("where(prod_i(x[i])==1/3,0,1)", "1", ""),
    ],
)
def test_a_point_that_no_binary_fraction_is_can_be_met(left: str, right: str, point: str) -> None:
    found = gw.equal(left, right)
    assert found.verdict == "refuted", str(found)
    assert point in str(found)


def test_both_sides_of_a_choice_agree_where_it_is_met() -> None:
    for left, right in (("where(a<=9/7,a,9/7)", "min(a,9/7)"), ("step(a-1/3)", "where(a>1/3,1,0)")):
        assert gw.equal(left, right)


def test_what_is_no_fraction_stays_open() -> None:
    assert gw.equal("where(exp(a)==exp(a)+1,1,0)", "0")
