"""Special functions of emitted modules against ball arithmetic, in loops, NumPy and JAX: the bounds of docs/emit.md."""

from __future__ import annotations

import math
import types
from collections.abc import Callable
from functools import cache
from typing import Any

import flint
import numpy as np
import pytest

from gradwright.emit.emitter import load
from gradwright.emit.spell.special import DERIVATIVES, FOR_JAX, FORMULAS, helpers
from gradwright.emit.targets.native.runtime import IMPORTS, runtime

_HEAD = "\n".join(
    ["import ctypes, math, os, sys", *IMPORTS, "from typing import Any", "import numpy as np", "Array = Any", ""]
)


def _lognormcdf(x: Any) -> Any:
    tail = (abs(x) / flint.arb(2).sqrt()).erfc() / 2
    return tail.log() if x < 0 else (-tail).log1p()


def _lgamma(x: Any) -> Any:
    return x.lgamma() if x > 0 else (flint.arb.pi() / abs((flint.arb.pi() * x).sin() * x)).log() - (-x).lgamma()


Ball = Callable[[Any], Any]
CASES: dict[str, tuple[Ball, float, float, tuple[tuple[float, float], ...]]] = {
    # function: its value, the bound in loops, the bound in arrays, the intervals it is sampled on
    "erf": (lambda x: x.erf(), 4, 4, ((-6, 6), (-1e-3, 1e-3))),
    "erfc": (lambda x: x.erfc(), 6, 6, ((-6, 0), (0, 2), (2, 9), (9, 26))),
    "erfcx": (lambda x: (x * x).exp() * x.erfc(), 6, 6, ((-9, 0), (0, 5), (5, 1e4))),
    "logerfc": (lambda x: x.erfc().log(), 5, 5, ((-6, -1), (-1, 0.5), (-1e-6, 1e-6), (0.5, 5), (5, 1e4))),
    "lognormcdf": (_lognormcdf, 7, 9, ((-1e4, -5), (-5, 0), (0, 5), (5, 36))),
    "lgamma": (_lgamma, 6, 11, ((1e-9, 0.5), (0.5, 1.5), (1.5, 2.5), (2.5, 4), (4, 1e4))),
    "digamma": (lambda x: x.digamma(), 4, 4, ((1e-9, 1), (1, 2), (1.46, 1.463), (2, 1e4))),
    "trigamma": (lambda x: flint.acb(x).polygamma(1).real, 4, 4, ((1e-9, 1), (1, 2), (2, 1e4))),
}
IN_JAX = {"expm1": (lambda x: x.expm1(), 2.5, 2.5, ((-1, 1), (-88, 88)))}
"""Functions that JAX alone takes from here."""


@pytest.fixture(scope="module")
def loops() -> types.ModuleType:
    """A module with a loop over each function."""
    text = "\n".join(
        f"@_compiled\ndef over_{name}(x, out):\n    for i in range(x.shape[0]):\n        out[i] = _{name}1(x[i])\n"
        for name in CASES
    )
    tables = "\n".join(helpers("".join(f"_{name}(" for name in CASES)))
    return load(f"{_HEAD}{runtime(text)}\n{tables}\n{text}", "special_in_loops")


@pytest.fixture(scope="module")
def arrays() -> types.ModuleType:
    return load(_HEAD + "\n".join(helpers("".join(f"_{name}(" for name in CASES))), "special_in_arrays")


@pytest.fixture(scope="module")
def traced() -> types.ModuleType:
    head = "import jax\nimport jax.numpy as jnp\nfrom typing import Any\nArray = Any\n"
    return load(head + "\n".join(helpers("".join(f"_{name}(" for name in DERIVATIVES), "jnp")), "special_in_jax")


def _values(where: str, module: types.ModuleType, name: str, x: np.ndarray) -> np.ndarray:
    if where == "loops":
        found = np.empty_like(x)
        getattr(module, "over_" + name)(x, found)
        return found
    with np.errstate(all="ignore"):
        return np.asarray(getattr(module, "_" + name)(x))


@cache
def _exact(name: str, *x: float) -> list[Any]:
    """The function in balls, once for loops and arrays."""
    with flint.ctx.workprec(250):
        return [(CASES | IN_JAX)[name][0](flint.arb(value)) for value in x]


def _errors(name: str, x: np.ndarray, found: np.ndarray, least: Any = 0.0) -> np.ndarray:
    """In ulp of the value, or of ``least`` where that is more; of normal numbers alone."""
    balls = _exact(name, *x.tolist())
    with flint.ctx.workprec(250):
        right = np.array([float(ball) for ball in balls])
        wrong = np.array([abs(float((flint.arb(float(a)) - b).mid())) for a, b in zip(found, balls, strict=True)])
    kind = np.finfo(x.dtype)
    normal = (np.abs(right) >= kind.tiny) & (np.abs(right) < kind.max)
    assert normal.any() or x.dtype == np.float32
    ulp = np.spacing(np.maximum(np.abs(right), least).astype(x.dtype)).astype(np.float64)
    return (wrong / ulp)[normal]


def test_every_formula_is_tested() -> None:
    assert CASES.keys() == FORMULAS.keys()
    assert IN_JAX.keys() == FOR_JAX.keys()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("where", ["loops", "arrays"])
@pytest.mark.parametrize("name", CASES)
def test_within_the_stated_bound(name: str, where: str, dtype: type, request: pytest.FixtureRequest) -> None:
    _, *bounds, intervals = CASES[name]
    rng = np.random.default_rng(0)
    for low, high in intervals:
        spread = 10 ** rng.uniform(np.log10(low), np.log10(high), 400) if low > 0 else rng.uniform(low, high, 400)
        x = spread.astype(dtype)
        found = _values(where, request.getfixturevalue(where), name, x)
        assert found.dtype == dtype
        assert np.max(_errors(name, x, found), initial=0) <= bounds[where == "arrays"], (low, high)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("where", ["loops", "arrays"])
@pytest.mark.parametrize(("name", "bound"), [("lgamma", 9), ("digamma", 6), ("trigamma", 8)])
def test_below_zero_in_ulp_of_the_function_at_1_minus_x(
    name: str, bound: float, where: str, dtype: type, request: pytest.FixtureRequest
) -> None:
    """Or of 1, or of the value, whichever is most; next to the poles as well."""
    rng = np.random.default_rng(1)
    pole = -rng.integers(1, 40, 300)
    beside = (pole + pole * rng.choice([-1, 1], 300) * np.finfo(dtype).eps * rng.integers(1, 100, 300)).astype(dtype)
    x = np.concatenate([rng.uniform(-40, 0, 400).astype(dtype), beside[beside != np.rint(beside)]])
    found = _values(where, request.getfixturevalue(where), name, x)
    mirrored = np.array([float(abs(CASES[name][0](flint.arb(1 - float(value))))) for value in x])
    assert np.max(_errors(name, x, found, np.maximum(mirrored, 1.0))) <= bound


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("where", ["loops", "arrays"])
def test_at_the_edges(where: str, dtype: type, request: pytest.FixtureRequest) -> None:
    """Infinities have their limits, NaN stays NaN, poles are poles, 1e4 and denormals do no harm."""
    module = request.getfixturevalue(where)
    tiny, inf, nan = float(np.finfo(dtype).smallest_subnormal * 3), math.inf, math.nan
    x = np.array([-inf, -1e4, -2.0, 0.0, tiny, 1e4, inf, nan], dtype=dtype)
    limits = {
        "erf": [-1, -1, -math.erf(2), 0, 3 * 1.128 * tiny / 3, 1, 1, nan],
        "erfc": [2, 2, math.erfc(-2), 1, 1, 0, 0, nan],
        "erfcx": [inf, inf, math.exp(4) * math.erfc(-2), 1, 1, 1 / (1e4 * math.sqrt(math.pi)), 0, nan],
        "logerfc": [math.log(2), math.log(2), math.log(math.erfc(-2)), 0, -1.128 * tiny, -1e8 - 9.78, -inf, nan],
        "lognormcdf": [-inf, -5e7 - 10.1, math.log(math.erfc(math.sqrt(2)) / 2), *[-math.log(2)] * 2, 0, 0, nan],
        "lgamma": [nan, inf, inf, inf, -math.log(tiny), math.lgamma(1e4), inf, nan],
        "digamma": [nan, nan, nan, -inf, -inf, math.log(1e4) - 0.5e-4, inf, nan],
        "trigamma": [nan, inf, inf, inf, inf, 1.00005e-4, 0, nan],
    }
    assert limits.keys() == CASES.keys()
    for name, right in limits.items():
        found = _values(where, module, name, x)
        np.testing.assert_allclose(found, np.array(right, dtype), rtol=1e-5, atol=2 * tiny, err_msg=name)


def test_arrays_of_any_shape(arrays: types.ModuleType) -> None:
    x = np.random.default_rng(0).normal(size=(130, 3, 70))
    assert np.array_equal(arrays._erf(x)[5, 1], arrays._erf(x[5, 1]))
    assert np.array_equal(arrays._erf(x.T), arrays._erf(x).T)
    assert arrays._erf(np.float64(0.5)).shape == ()
    assert arrays._erf(np.empty((0, 2))).shape == (0, 2)


SLOPES: dict[str, Ball] = {
    "erfcx": lambda x: 2 * x * CASES["erfcx"][0](x) - 2 / flint.arb.pi().sqrt(),
    "logerfc": lambda x: -2 / (flint.arb.pi().sqrt() * CASES["erfcx"][0](x)),
    "lognormcdf": lambda x: (-x * x / 2).exp() / (2 * flint.arb.pi()).sqrt() / (_lognormcdf(x).exp()),
    "lgamma": lambda x: x.digamma(),
    "digamma": lambda x: flint.arb(2).zeta(x),
    "trigamma": lambda x: -2 * flint.arb(3).zeta(x),
    "expm1": lambda x: x.exp(),
}


@pytest.mark.parametrize("name", DERIVATIVES)
def test_in_jax_the_value_and_its_derivative(traced: types.ModuleType, name: str) -> None:
    import jax

    function = getattr(traced, "_" + name)
    with jax.enable_x64(True), flint.ctx.workprec(250):
        x = np.linspace(0.3, 6, 40)
        assert np.max(_errors(name, x, np.asarray(jax.jit(function)(x)))) <= (CASES | IN_JAX)[name][2]
        exact = [float(SLOPES[name](flint.arb(float(v)))) for v in x]
        np.testing.assert_allclose(jax.vmap(jax.grad(function))(x), exact, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", IN_JAX)
def test_in_jax_alone_within_the_bound(traced: types.ModuleType, name: str, dtype: type) -> None:
    import jax

    with jax.enable_x64(True):
        for low, high in IN_JAX[name][3]:
            x = np.random.default_rng(2).uniform(low, high, 2000).astype(dtype)
            found = np.asarray(jax.jit(getattr(traced, "_" + name))(x))
            assert found.dtype == dtype
            assert np.max(_errors(name, x, found)) <= IN_JAX[name][2], (low, high)
        edges = np.asarray(jax.jit(getattr(traced, "_" + name))(np.array([-np.inf, np.inf, np.nan], dtype)))
        np.testing.assert_array_equal(edges, [-1, np.inf, np.nan])
