"""Values where doubles give out: what overflows on the way to a value, and inverses beside a determinant of 0."""

from __future__ import annotations

import numpy as np
import pytest

import gradwright as gw
from gradwright.core.errors import Error

SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]])


@pytest.mark.parametrize(
    ("formula", "variable", "given", "value"),
    [
        ("sqrt(a^2+1)", "a", {"a": 1e200}, 1.0),
        ("norm2(x)", "x", {"x": [3e200, 4e200]}, [0.6, 0.8]),
        ("exp(a)/(1+exp(a))", "a", {"a": 3000.0}, 0.0),
        ("log(sum(exp(x)))", "x", {"x": [3000.0, 3000.0]}, [0.5, 0.5]),
        ("log(prod_i(x[i]))", "x", {"x": [1e-200, 1e-200, 1e-100]}, [1e200, 1e200, 1e100]),
    ],
)  # fmt: skip
def test_what_overflows_on_the_way_has_its_value(
    formula: str, variable: str, given: dict[str, object], value: object
) -> None:
    np.testing.assert_allclose(gw.derive(formula, variable).evaluate(**given), value, rtol=1e-12)


def test_attention_at_large_logits_is_finite() -> None:
    far = np.array([[3000.0, 0.0], [-3000.0, 3000.0]])
    arrays = {"Q": far, "K": np.eye(2), "V": far / 3000, "C": np.ones((2, 2))}
    for variable in "QKV":
        assert np.isfinite(gw.derive("sum(C.*(softmax_rows(Q*K')*V))", variable).evaluate(**arrays)).all()


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("det(A)", [[4.0, -2.0], [-2.0, 1.0]]),
        ("det(A)^2", [[0.0, 0.0], [0.0, 0.0]]),
        ("tr(A)*det(A)", [[20.0, -10.0], [-10.0, 5.0]]),
        ("det(A'*A)", [[0.0, 0.0], [0.0, 0.0]]),
    ],
)
def test_a_removable_inverse_does_not_stand_in_the_way(formula: str, value: list[list[float]]) -> None:
    np.testing.assert_allclose(gw.derive(formula, "A").evaluate(A=SINGULAR), value, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("formula", ["logdet(A)", "tr(inv(A))", "x'*inv(A)*x"])
def test_one_that_is_not_removable_is_named(formula: str) -> None:
    found = gw.derive(formula, "A")
    with pytest.raises(Error, match="inv does not exist, for A is singular"):
        found.evaluate(A=SINGULAR, **({"x": np.ones(2)} if "x" in formula else {}))


def test_a_kink_stays_without_a_value_beside_a_singular_matrix() -> None:
    with pytest.raises(Error, match="no value"):
        gw.derive("sum(abs(inv(A)))", "A").evaluate(A=SINGULAR)


def test_a_value_outside_a_domain_stays_nan() -> None:
    assert np.isnan(gw.derive("a*log(a)", "a").evaluate(a=-1.0))
