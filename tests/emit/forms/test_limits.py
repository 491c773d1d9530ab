"""Products and differences at the ends of their range: 0 log 0, 0 times what overflows, far tails, infinite maxima."""

from __future__ import annotations

import numpy as np
import pytest

from gradwright.core.context import Context
from gradwright.emit.emitter import TARGETS
from gradwright.emit.forms.limits import Limits
from tests.emit.shared import derive
from tests.emit.zoo import given_to

INF = np.inf
# formula, x, value, gradient (None: not told)
CASES = [
    ("sum(x.*log(x))", [0.0, 1.0], 0.0, None),
    ("sum(x.^2.*log(x))", [0.0, 1.0], 0.0, [0.0, 1.0]),
    ("sum(x.*log(x)+(1-x).*log(1-x))", [0.0, 1.0], 0.0, None),
    ("sum(x.*exp(-x.^2/2))", [1e200, -1e200], 0.0, [0.0, 0.0]),
    ("sum(x/2 .* (1+tanh(x+x.^3)))", [1e110, -1e110], 1e110, [1.0, 0.0]),
    ("sum(x.*sigmoid(x+x.^3))", [1e110, -1e110], 1e110, [1.0, 0.0]),
    ("sum(erfcx(x))", [1e8, 1e8], 2 * 5.641895835477562e-09, [-5.641895835477562e-17] * 2),
    ("logsumexp(x)", [INF, 1.0], INF, None),
    ("logsumexp(x)", [-INF, -INF], -INF, None),
    ("log(sum(exp(2*x)))", [INF, 1.0], INF, None),
]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("formula", "x", "value", "gradient"), CASES)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_ends_of_a_range(
    target: str, formula: str, x: list[float], value: float, gradient: list[float] | None
) -> None:
    function = derive(formula, "x", shapes={"x": ("n",)}).compile(target)
    found = function(**given_to(target, {"x": np.array(x)}))
    np.testing.assert_allclose(np.asarray(found[0]), value, rtol=1e-13, atol=1e-300)
    if gradient is not None:
        np.testing.assert_allclose(np.asarray(found[1]), gradient, rtol=1e-13, atol=1e-300)


@pytest.mark.parametrize("target", TARGETS)
def test_both_sides_of_the_tail_of_erfcx_meet(target: str) -> None:
    function = derive("sum(erfcx(x))", "x", shapes={"x": ("n",)}).compile(target)
    _, gradient = function(**given_to(target, {"x": np.array([19.999999, 20.000001])}))
    np.testing.assert_allclose(np.asarray(gradient)[0], np.asarray(gradient)[1], rtol=1e-6)


@pytest.mark.parametrize("target", ["torch", "jax"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_nan_has_no_sign(target: str) -> None:
    function = derive("sum(abs(x))", "x", shapes={"x": ("n",)}).compile(target)
    value, gradient = function(**given_to(target, {"x": np.array([np.nan, 2.0])}))
    assert np.isnan(np.asarray(value))
    np.testing.assert_array_equal(np.asarray(gradient), [np.nan, 1.0])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_weight_of_0_silences_the_logarithm_of_another_argument_that_is_0(target: str) -> None:
    shapes = {"x": ("n",), "y": ("n",)}
    function = derive("sum(y.*log(x))", "y", shapes=shapes).compile(target, ["value"])
    for x, y, value in (([0.0, 1.0], [0.0, 2.0], 0.0), ([0.0, 1.0], [1.0, 2.0], -INF), ([0.0, 0.5], [0.0, 0.0], 0.0)):
        found = function(**given_to(target, {"x": np.array(x), "y": np.array(y)}))
        np.testing.assert_allclose(np.asarray(found), value, atol=1e-300)


def test_a_weight_that_is_no_part_of_the_logarithm_is_let_alone() -> None:
    alone = [("y*log(2*x)", []), ("y*log(x)", ["positive(y)"]), ("x*log(x)", ["positive(x)"]), ("x*log(2*x+1)", [])]
    for formula, facts in alone:
        goal = derive(formula, "x", shapes={"x": (), "y": ()}, given=facts)
        assert Limits(goal.context)(goal.goal.body) is goal.goal.body
    assert Limits(Context())(goal.goal.body) is goal.goal.body
