"""A row is all it takes: whatever stands in the table of scalar functions is read, derived, checked, shown.

Every test goes over the rows of the table, so that a new row is tested by being there.
Their code: tests/emit/test_functions.
"""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from flint import arb, arb_series

import gradwright as gw
from gradwright.certify.arrays import evaluate
from gradwright.certify.program import precision
from gradwright.core.build import const
from gradwright.core.context import Context
from gradwright.core.node import Array
from gradwright.tables.balls import larger_of, polygamma, sinc, smaller_of
from gradwright.tables.scalars import FUNCTIONS, NEGATIVE, NONNEGATIVE, POSITIVE, SCALARS, WRITTEN, Function, Scalar
from gradwright.write.latex import Latex

sys.path.insert(0, str(Path(__file__).parents[2] / "docs"))

import generate

over_rows = pytest.mark.parametrize("row", SCALARS, ids=lambda row: row.name)
over_functions = pytest.mark.parametrize("row", FUNCTIONS.values(), ids=lambda row: row.name)
LETTERS = ("x", "y")


def formula(row: Scalar, name: str = "") -> str:
    """The function of as many numbers as it takes; a constant beside one."""
    return f"{name or row.name}({', '.join(LETTERS[: row.arity])})" if row.arity else f"{row.name}*x"


def typeset(row: Scalar, name: str = "") -> str:
    given = ", ".join(LETTERS[: row.arity])
    return rf"\operatorname{{{name or row.name}}}({given})" if row.arity else rf"{row.latex} x"


def derived(row: Scalar, source: str = "", syntax: str = "text") -> gw.Derivation:
    return gw.derive(source or formula(row), "x", syntax=syntax, shapes=dict.fromkeys(LETTERS[: max(row.arity, 1)], ()))


def has_derivative(row: Scalar) -> bool:
    return not isinstance(row, Function) or row.partials is not None


class Named(Latex):
    """LaTeX with every function by its name, not by a letter that could be anybody's."""

    def function(self, fn: str) -> str:
        return rf"\operatorname{{{fn}}}"


@over_rows
def test_the_text_language_knows_it(row: Scalar) -> None:
    if not has_derivative(row):
        with pytest.raises(gw.Error, match=f"no rule for the derivative of {row.name}"):
            derived(row)
        return
    for name in (row.name, *row.aliases):
        assert derived(row, formula(row, name)).certificate.verdict == "confirmed"
    assert hasattr(gw, row.name) or not row.arity


@over_rows
def test_latex_knows_every_name_of_it(row: Scalar) -> None:
    if not has_derivative(row):
        return
    text = derived(row)
    for name in [name for name, meant in WRITTEN.items() if meant is row] or [row.name]:
        assert str(derived(row, typeset(row, name), "latex").result) == str(text.result), name


@over_rows
@pytest.mark.parametrize("factor", ["", "2"], ids=["true", "false"])
def test_a_document_that_states_its_derivative_is_judged(row: Scalar, factor: str) -> None:
    if not has_derivative(row):
        return
    said = Named(nabla=False).spell(derived(row).result.said)
    document = rf"$$\frac{{\partial}}{{\partial x}} {typeset(row)} = {factor}\left({said}\right)$$"
    if factor and said == "0":
        return
    (relation,) = gw.check(document, seconds=60).relations
    assert relation.verdict in (("refuted",) if factor else ("proved", "confirmed")), relation.reason


PAGES = dict(generate.functions())


@over_rows
def test_the_reference_has_a_page_of_it(row: Scalar) -> None:
    if not row.arity:
        return
    page = PAGES[f"reference/functions/{row.name}.md"]
    assert f"({row.name}.md)" in PAGES["reference/functions.md"].replace("functions/", "")
    assert row.source in page
    assert all(name in page for name in (*row.aliases, *row.written))


# --- what a row says of its function, against the function's own value


def value_at(row: Function, *point: Fraction) -> Any:
    with precision(192, 2):
        return row.ball(*(arb(x.numerator) / x.denominator for x in point))


def samples(row: Function) -> list[Fraction]:
    low, high = row.domain[0]
    return [Fraction(k, 16) for k in range(int(low * 16) + 1, int(high * 16)) if k]


@over_functions
def test_its_parity_sign_and_bound_are_those_of_its_values(row: Function) -> None:
    if row.arity > 1:
        return
    for x in samples(row) if row.arity else [None]:
        value = value_at(row) if x is None else value_at(row, x)
        assert {POSITIVE: value > 0, NONNEGATIVE: value >= 0, NEGATIVE: value < 0, "": True}[row.sign], x
        assert row.below is None or abs(value) < row.below, x
        assert not row.odd or (x is not None and value.overlaps(-value_at(row, -x))), x


@over_functions
def test_its_value_at_zero(row: Function) -> None:
    if row.at_zero is not None:
        zero = value_at(row, Fraction(0))
        assert zero.overlaps(arb(Fraction(row.at_zero).numerator) / Fraction(row.at_zero).denominator)


@over_functions
def test_what_it_is_of_an_argument_of_known_sign(row: Function) -> None:
    inside = {POSITIVE: (1, 2, 3), NONNEGATIVE: (1, 2), NEGATIVE: (-1, -2)}
    for sign, change in row.of_sign:
        for x in inside[sign]:
            plain = float(evaluate(Array((), change(const(x))), Context(), {}))
            assert plain == float(value_at(row, Fraction(x)))


@over_functions
def test_an_odd_function_has_an_even_derivative(row: Function) -> None:
    """The series at x and at −x, so that a column that holds at the samples by accident is found out."""
    if row.odd:
        with precision(192, 2):
            one, other = (row.ball(arb_series([sign * arb(3) / 8, 1])) for sign in (1, -1))
        assert len(one) < 2 or (one[1] - other[1]).contains(0)


def test_a_polygamma_of_what_does_not_move_has_no_slope() -> None:
    with precision(64, 3):
        for order in (0, 1, 2):
            still = polygamma(order, arb_series([2]))
            moved = polygamma(order, arb_series([2, 1]))
            assert still[0].overlaps(polygamma(order, arb(2)))
            assert (still[1], still[2]) == (0, 0)
            assert moved[1].overlaps(polygamma(order + 1, arb(2)))
            assert (2 * moved[2]).overlaps(polygamma(order + 2, arb(2)))


def test_extrema_of_series_part_where_they_do() -> None:
    with precision(64, 2):
        low, high, still = arb_series([1, 5]), arb_series([2, 3]), arb_series([1, 5])
        for one, two in ((low, high), (high, low)):
            assert larger_of(one, two) is high
            assert list(smaller_of(one, two)) == list(low)
        assert list(larger_of(low, still)) == [1, 5]  # equal to the last term: no tie
        assert larger_of(arb(1), arb(2)) == 2
        assert smaller_of(arb(1), arb(2)) == 1
        with pytest.raises(ArithmeticError):
            larger_of(low, arb_series([1, 4]))


def test_what_is_steady_at_zero_has_a_value_and_a_slope_there() -> None:
    with precision(64, 2):
        assert sinc(arb(0)) == 1
        moved = sinc(arb_series([0, 1]))
        assert moved[0].contains(1)
        assert moved[1].contains(0)
        assert sinc(arb(1)).contains(0)
        assert abs(sinc(arb(1) / 2) - 2 / arb.pi()) < arb(10) ** -15
