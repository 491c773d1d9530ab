"""Code for functions that people know from other systems: digits where a plain formula has none, NumPy's values."""

from __future__ import annotations

from typing import Any

import flint
import numpy as np
import pytest

from gradwright.certify.program import precision
from gradwright.emit.emitter import TARGETS
from gradwright.tables.scalars import FUNCTIONS
from tests.emit.shared import derive, traced
from tests.emit.zoo import given_to

LIBRARIES = [target for target in TARGETS if target != "native"]
on_targets = pytest.mark.parametrize("target", LIBRARIES)

FAR: dict[str, tuple[float, ...]] = {
    "arcsinh": (-3.0, -1e-9, 0.5, 1e9), "arccosh": (1 + 1e-9, 1.5, 1e9), "arctanh": (-0.9999999, -1e-12, 1 - 1e-15),
    "cbrt": (-1e300, -8.0, -1e-300, 1e-5, 27.0), "sinc": (-1e-9, 1e-3, 0.5, 3.3),
    "sphj1": (-1e-9, 1e-3, 0.5, 0.999, 1.001, 100.25), "elu": (-50.0, -1e-12, 1e-3, 5.0),
    "logit": (1e-300, 1e-5, 0.3, 0.501, 1 - 1e-10), "logcosh": (1e-9, -1e-4, 0.999, 1.01, 800.0),
    "log1mexp": (-1e-12, -0.5, -0.7, -50.0), "gamma": (0.001, 0.5, 5.5, 20.0, 170.2, -0.5, -1.5, -2.5, -3.7),
    "erfi": (1e-9, -0.3, 0.49, 0.51, 2.2, 20.0), "dawson": (1e-12, -0.3, 0.49, 0.51, 5.0, 999.0, 1001.0, 1e10),
    "erfinv": (1e-300, -1e-9, 0.49, 0.51, 0.999, -0.7), "erfcinv": (1e-300, 1e-100, 1e-10, 0.5, 0.99, 1.3, 1.9999),
}  # fmt: skip


@on_targets
@pytest.mark.parametrize("name", FAR)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_function_has_its_digits_far_from_the_points_of_its_row(name: str, target: str, dtype: str) -> None:
    with np.errstate(over="ignore"):
        points = np.array(FAR[name]).astype(dtype)
        with precision(600, 2):
            values = [float(FUNCTIONS[name].ball(flint.arb(float(x)))) for x in points]
        exact = np.array(values).astype(dtype)
    seen = np.isfinite(exact) & (exact != 0)
    points, exact = points[seen], exact[seen]
    made = derive(f"{name}(x)", "x", shapes={"x": ("n",)})
    value = np.asarray(_first(traced(made, target, ("value",))(**given_to(target, {"x": points}))))
    assert value.dtype == dtype
    np.testing.assert_allclose(value, exact, rtol=3e-13 if dtype == "float64" else 3e-6)


@on_targets
def test_the_derivative_of_trigamma_has_its_digits(target: str) -> None:
    x = np.array([0.01, 0.5, 1.0, 3.7, 25.0, 1e4])
    made = derive("sum(trigamma(x))", "x", shapes={"x": ("n",)})
    _, gradient = traced(made, target)(**given_to(target, {"x": x}))
    with precision(200, 2):
        exact = [float(FUNCTIONS["tetragamma"].ball(flint.arb(float(point)))) for point in x]
    np.testing.assert_allclose(np.asarray(gradient), exact, rtol=1e-13)


def _first(results: Any) -> Any:
    return results[0] if isinstance(results, tuple) else results


@on_targets
@pytest.mark.parametrize("name", ["xlogx", "entr"])
def test_a_number_without_entropy_adds_none(name: str, target: str) -> None:
    made = derive(f"sum({name}(x))", "x", shapes={"x": ("n",)})
    value, _ = traced(made, target)(**given_to(target, {"x": np.array([0.0, 0.5, 0.0])}))
    assert abs(float(value)) == pytest.approx(0.5 * np.log(2))


@on_targets
@pytest.mark.parametrize(("formula", "numpy"), [
    ("sum(logaddexp(x, 0))", lambda x: np.logaddexp(x, 0).sum()),
    ("sum(arctan2(x, 1))", lambda x: np.arctan2(x, 1).sum()),
    ("sum(arctan2(2, x))", lambda x: np.arctan2(2, x).sum()), ("sum(hypot(x, 3))", lambda x: np.hypot(x, 3).sum()),
    ("sum(logsubexp(x, 5))", lambda x: np.log(np.exp(5) - np.exp(x)).sum()),
    ("sum(mod(x, 2))", lambda x: np.mod(x, 2).sum()),
    ("sum(rem(x, 2))", lambda x: np.fmod(x, 2).sum()), ("sum(clip(x, 0, 1))", lambda x: np.clip(x, 0, 1).sum()),
    ("norm2(cumsum(x))^2", lambda x: (np.cumsum(x) ** 2).sum()), ("prod(x)", np.prod), ("std(x)", np.std),
    ("norm2(cross(x, x.^2))^2", lambda x: (np.cross(x, x**2) ** 2).sum()), ("normInf(x)", lambda x: np.abs(x).max()),
    ("norm2(x - vector(2))^2", lambda x: ((x - 2) ** 2).sum()),
])  # fmt: skip
def test_code_is_what_numpy_has_by_that_name(formula: str, numpy: Any, target: str) -> None:
    x = np.array([-1.25, 0.5, 2.75])
    made = derive(formula, "x", shapes={"x": (3,)})
    value, gradient = traced(made, target)(**given_to(target, {"x": x}))
    slopes = [(numpy(x + 1e-6 * step) - numpy(x - 1e-6 * step)) / 2e-6 for step in np.eye(3)]
    np.testing.assert_allclose(np.asarray(value), numpy(x), rtol=1e-12)
    np.testing.assert_allclose(np.asarray(gradient), slopes, rtol=1e-6, atol=1e-8)


@on_targets
@pytest.mark.parametrize(("formula", "numpy"), [
    ("tr(sym(A)*A)", lambda a: np.trace((a + a.T) / 2 @ a)), ("tr(skew(A)*A)", lambda a: np.trace((a - a.T) / 2 @ a)),
    ("norm2(dev(A))", lambda a: np.linalg.norm(a - np.trace(a) / 3 * np.eye(3))), ("norm(A)", np.linalg.norm),
    ("tr(cofac(A)*A)", lambda a: np.trace(np.linalg.det(a) * np.linalg.inv(a).T @ a)),
    ("logabsdet(A)", lambda a: np.linalg.slogdet(a)[1]), ("sum(diagonal(A))", np.trace),
    ("sum(A.*matrix(2))", lambda a: 2 * a.sum()),
])  # fmt: skip
def test_code_for_a_matrix_is_what_numpy_has_by_that_name(formula: str, numpy: Any, target: str) -> None:
    a = np.array([[1.5, -0.25, 2.0], [0.5, -1.0, 0.75], [1.0, 0.25, -2.0]])
    made = derive(formula, "A", shapes={"A": (3, 3)})
    value, gradient = traced(made, target)(**given_to(target, {"A": a}))
    steps = np.eye(9).reshape(9, 3, 3)
    slopes = [(numpy(a + 1e-6 * step) - numpy(a - 1e-6 * step)) / 2e-6 for step in steps]
    np.testing.assert_allclose(np.asarray(value), numpy(a), rtol=1e-12)
    np.testing.assert_allclose(np.asarray(gradient).ravel(), slopes, rtol=1e-6, atol=1e-7)
