"""Every scalar function against mpmath over its whole real domain, far out too: value and two derivatives."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import mpmath
import numpy as np
import pytest
from flint import arb, arb_series

import gradwright as gw
from gradwright.certify.program import precision
from gradwright.tables.scalars import FUNCTIONS, SCALARS

POINTS = 50
DIGITS = 60
BITS = 700
_mp: Any = mpmath.mp


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + _mp.exp(-x))


def _normal(x: Any) -> Any:
    return _mp.erfc(-x / _mp.sqrt(2)) / 2


TRUTH: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "exp": ("real", _mp.exp), "log": ("positive", _mp.log), "log1p": ("above -1", lambda x: _mp.log(1 + x)),
    "expm1": ("real", lambda x: _mp.exp(x) - 1), "sin": ("real", _mp.sin), "cos": ("real", _mp.cos),
    "tan": ("real", _mp.tan), "arcsin": ("unit", _mp.asin), "arccos": ("unit", _mp.acos), "arctan": ("real", _mp.atan),
    "sinh": ("real", _mp.sinh), "cosh": ("real", _mp.cosh), "tanh": ("real", _mp.tanh), "sigmoid": ("real", _sigmoid),
    "softplus": ("real", lambda x: _mp.log(1 + _mp.exp(x))), "softsign": ("real", lambda x: x / (1 + abs(x))),
    "erf": ("real", _mp.erf), "erfc": ("real", _mp.erfc), "erfcx": ("real", lambda x: _mp.exp(x * x) * _mp.erfc(x)),
    "logerfc": ("real", lambda x: _mp.log(_mp.erfc(x))), "lognormcdf": ("real", lambda x: _mp.log(_normal(x))),
    "lgamma": ("positive", lambda x: _mp.re(_mp.loggamma(x))), "digamma": ("positive", lambda x: _mp.psi(0, x)),
    "trigamma": ("positive", lambda x: _mp.psi(1, x)), "tetragamma": ("positive", lambda x: _mp.psi(2, x)),
    "abs": ("real", abs), "sign": ("real", _mp.sign),
    "relu": ("real", lambda x: max(x, 0)), "step": ("real", lambda x: _mp.mpf(int(x > 0))),
    "sqrt": ("positive", _mp.sqrt), "square": ("real", lambda x: x * x), "silu": ("real", lambda x: x * _sigmoid(x)),
    "gelu": ("real", lambda x: x * _normal(x)), "normcdf": ("real", _normal),
    "logsigmoid": ("real", lambda x: -_mp.log(1 + _mp.exp(-x))),
    "arcsinh": ("real", _mp.asinh), "arccosh": ("above 1", _mp.acosh), "arctanh": ("unit", _mp.atanh),
    "cbrt": ("real", lambda x: _mp.sign(x) * _mp.cbrt(abs(x))), "sinc": ("real", _mp.sincpi),
    "sphj1": ("real", lambda x: _mp.sin(x) / x**2 - _mp.cos(x) / x), "floor": ("real", _mp.floor),
    "elu": ("real", lambda x: x if x > 0 else _mp.exp(x) - 1), "logit": ("probability", lambda x: _mp.log(x / (1 - x))),
    "logcosh": ("real", lambda x: _mp.log(_mp.cosh(x))), "log1mexp": ("negative", lambda x: _mp.log(1 - _mp.exp(x))),
    "gamma": ("positive", _mp.gamma), "erfi": ("real", _mp.erfi), "erfinv": ("unit", _mp.erfinv),
    "dawson": ("real", lambda x: _mp.sqrt(_mp.pi) / 2 * _mp.exp(-x * x) * _mp.erfi(x)),
    "erfcinv": ("probability", lambda x: _mp.erfinv(1 - x)),
}  # fmt: skip
LAST = {"tetragamma": 0, "trigamma": 1}
"""The last derivative that there is a rule for, where it is not any."""


def _points(name: str) -> list[float]:
    domain, rng = TRUTH[name][0], Random(name)
    found: list[float] = []
    for k in range(POINTS):
        inside = domain in ("unit", "probability") or k % 5 == 0
        size = max(rng.uniform(0, 1) if inside else rng.uniform(0, (3, 3, 12, 30)[k % 4]), 2.0**-10)
        signs = {"positive": (1,), "probability": (1,), "above 1": (1,), "negative": (-1,)}.get(domain, (-1, 1))
        sign = 1 if domain == "above -1" and size >= 1 else rng.choice(signs)
        found.append(sign * size + (1 if domain == "above 1" else 0))
    return found


def test_every_function_of_one_number_is_held_against_mpmath() -> None:
    """The names that are read as what others say have their own tests of what they mean."""
    assert {row.name for row in FUNCTIONS.values() if row.arity == 1} <= set(TRUTH)
    assert set(TRUTH) <= {row.name for row in SCALARS}
    assert {row.name for row in FUNCTIONS.values() if row.arity and row.partials is None} == {"tetragamma"}


def _truth(name: str, x: float, order: int) -> Any:
    return _mp.diff(TRUTH[name][1], _mp.mpf(x), order) if order else TRUTH[name][1](_mp.mpf(x))


@pytest.mark.parametrize("name", [name for name in TRUTH if name in FUNCTIONS])
def test_the_balls_that_certify_hold_the_truth(name: str) -> None:
    """The ball of the value, and the series' coefficients, agree with mpmath to far more digits than a double has."""
    with _mp.workdps(DIGITS), precision(BITS, 3):
        for x in _points(name):
            series = FUNCTIONS[name].ball(arb_series([arb(x), 1]))
            for order in range(3):
                ball = series[order] * (1, 1, 2)[order]
                truth = _truth(name, x, order)
                assert ball.rad() <= abs(ball).abs_upper() * 1e-40 + 1e-60, (x, order)
                apart = abs(ball - arb(_mp.nstr(truth, DIGITS)))
                assert apart.abs_upper() <= abs(ball).abs_upper() * 1e-18 + 1e-20, (x, order, truth)


@pytest.mark.parametrize("name", TRUTH)
def test_derived_formulas_have_the_values_of_the_derivatives(name: str) -> None:
    """In double precision: no digits beyond the ninth are asked for, and none where the value itself vanishes."""
    x = np.array(_points(name))
    with _mp.workdps(DIGITS):
        for order in range(LAST.get(name, 2) + 1):
            truth = np.array([float(_truth(name, float(value), order)) for value in x])
            inside = np.isfinite(truth)
            found = _derived(name, order, x)[inside]
            np.testing.assert_allclose(found, truth[inside], rtol=1e-9, atol=1e-11, err_msg=f"order {order}")


def _derived(name: str, order: int, x: Any) -> Any:
    if order == 0:
        return gw.derive(f"sum(w.*{name}(x))", "w", certify=False).evaluate(x=x)
    found = gw.derive(f"sum({name}(x))", "x", order=order, certify=False).evaluate(x=x, n=len(x))
    return found if order == 1 else np.diagonal(found)
