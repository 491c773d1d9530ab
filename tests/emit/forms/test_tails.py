"""Tails of the normal distribution in emitted code, however they are written, in ulp of ball arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import flint
import numpy as np
import pytest

from tests.emit.shared import derive, traced

Ball = Callable[[Any], Any]
POINTS = (-1e4, -300.0, -38.0, -20.0, -10.0, -5.0, -2.0, -0.7, -1e-3, 0.0, 1e-3, 0.7, 2.0, 5.0, 10.0, 38.0, 1e4)


def _normcdf(x: Any) -> Any:
    return (-x / flint.arb(2).sqrt()).erfc() / 2


def _density(x: Any) -> Any:
    return (-x * x / 2).exp() / (2 * flint.arb.pi()).sqrt()


def _slope(x: Any) -> Any:
    return 2 * (-x * x).exp() / flint.arb.pi().sqrt()


CASES: dict[str, tuple[tuple[str, ...], Ball, Ball]] = {  # how it may be written, its value, its derivative
    "gelu": (("sum(gelu(x))", "sum(x/2 + x.*erf(x/sqrt(2))/2)", "0.5*sum(x.*(1 + erf(x/sqrt(2))))"),
             lambda x: x * _normcdf(x), lambda x: _normcdf(x) + x * _density(x)),
    "1 + erf": (("sum(1 + erf(x))", "sum(2 - erfc(x))", "-sum(erf(-x) - 1)"), lambda x: (-x).erfc(), _slope),
    "1 - erf": (("sum(1 - erf(x))",), lambda x: x.erfc(), lambda x: -_slope(x)),
    "log(1 + erf)": (("sum(log(1 + erf(x)))", "sum(log(erfc(-x)))"),
                     lambda x: (-x).erfc().log(), lambda x: _slope(x) / (-x).erfc()),
    "log cdf": (("sum(log(normcdf(x)))", "sum(log(0.5*(1 + erf(x/sqrt(2)))))",
                 "P = (1 + erf(x/sqrt(2)))/2; sum(log(P))"),
                lambda x: _normcdf(x).log() if x < 0 else (-_normcdf(-x)).log1p(), lambda x: _density(x) / _normcdf(x)),
    "log survival": (("sum(log(1 - normcdf(x)))", "-sum(log(2./(1 - erf(x/sqrt(2)))))"),
                     lambda x: _normcdf(-x).log() if x > 0 else (-_normcdf(x)).log1p(),
                     lambda x: -_density(x) / _normcdf(-x)),
    "hazard": (("sum(exp(-x.^2/2)./(1 - erf(x/sqrt(2))))",), lambda x: (-x * x / 2).exp() / (2 * _normcdf(-x)),
               lambda x: (-x * x / 2).exp() / (2 * _normcdf(-x)) * (_density(x) / _normcdf(-x) - x)),
}  # fmt: skip
_LARGEST: dict[str, Ball] = {  # what a gradient with a root, or with no limit of its own, is the difference of
    "gelu": _normcdf, "hazard": lambda x: x * CASES["hazard"][1](x),
}  # fmt: skip
SPELLED = [(name, formula) for name, (formulas, *_) in CASES.items() for formula in formulas]


def _called(target: str, formula: str, dtype: Any) -> Callable[[float], tuple[float, float]]:
    made = traced(derive(formula, "x", shapes={"x": (1,)}), target)
    if target == "torch":
        import torch

        kind = torch.float32 if dtype is np.float32 else torch.float64
        return lambda x: tuple(float(each) for each in made(x=torch.tensor([x], dtype=kind)))  # type: ignore[return-value]
    if target == "jax":
        import jax

        made = jax.jit(made)
    return lambda x: tuple(float(np.asarray(each).ravel()[0]) for each in made(x=np.array([x], dtype)))  # type: ignore[return-value]


def _off(found: float, exact: Any, dtype: Any, least: float = 0.0) -> float:
    """In ulp of the exact number; what is below the normal numbers may be 0, what is above them infinite."""
    right, kind = abs(float(exact)), np.finfo(dtype)
    if right < kind.tiny * 4:
        return 0.0 if abs(found) < kind.tiny * 8 else math.inf
    if right > float(kind.max):
        return 0.0 if math.isinf(found) else math.inf
    return abs(float((flint.arb(found) - exact).mid())) / float(np.spacing(dtype(max(right, least))))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("target", ["numpy", "native", "jax", "torch"])
@pytest.mark.parametrize(("name", "formula"), SPELLED, ids=[formula for _, formula in SPELLED])
def test_in_ulp(name: str, formula: str, target: str, dtype: Any) -> None:
    """10 ulp, and 1.5 x² more: x² and x/√2 are rounded before they are exponentiated."""
    import jax

    _, value, slope = CASES[name]
    with jax.enable_x64(dtype is np.float64), flint.ctx.workprec(400):
        run = _called(target, formula, dtype)
        for point in POINTS:
            x = flint.arb(float(dtype(point)))
            found = run(float(dtype(point)))
            allowed = 10 + 1.5 * point**2
            least = abs(float(_LARGEST[name](x))) if name in _LARGEST else 0.0
            assert _off(found[0], value(x), dtype) <= allowed, (point, "value", found[0])
            assert _off(found[1], slope(x), dtype, least) <= allowed, (point, "gradient", found[1])
