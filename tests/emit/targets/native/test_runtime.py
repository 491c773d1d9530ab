"""The scalar functions of native modules against ball arithmetic: the bounds that docs/emit.md states, in ulp."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import flint
import numpy as np
import pytest

from gradwright.emit.emitter import load
from gradwright.emit.targets.native.runtime import IMPORTS, runtime

Ball = Callable[[Any], Any]
CASES: dict[str, tuple[Ball, float, float, float]] = {  # function: its value, the bound, where it is sampled
    "_exp": (lambda x: x.exp(), 3, -80, 80),
    "_exp_below": (lambda x: x.exp(), 3, -80, 0),
    "_expm1": (lambda x: x.expm1(), 3, -30, 30),
    "_log": (lambda x: x.log(), 1, 1e-30, 1e3),
    "_log1p": (lambda x: x.log1p(), 2, -0.9, 1e3),
    "_softplus": (lambda x: x.exp().log1p(), 4, -80, 80),
    "_sigmoid1": (lambda x: 1 / (1 + (-x).exp()), 5, -80, 80),
    "_tanh": (lambda x: x.tanh(), 4, -20, 20),
}


@pytest.fixture(scope="module")
def loops() -> types.ModuleType:
    """A module with a loop over each function."""
    text = "\n".join(
        f"@_compiled\ndef over{name}(x, out):\n    for i in range(x.shape[0]):\n        out[i] = {name}(x[i])\n"
        for name in CASES
    )
    text += "\n# _turned(\n"
    head = "\n".join(["import ctypes, math, os, sys", *IMPORTS, "from typing import Any", ""])
    return load(f"{head}import numpy as np\nArray = Any\n{runtime(text)}\n{text}", "scalar_functions")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", CASES)
def test_within_the_stated_bound(loops: types.ModuleType, name: str, dtype: type) -> None:
    exact, bound, low, high = CASES[name]
    rng = np.random.default_rng(0)
    near = rng.normal(size=150) * 10.0 ** rng.integers(-9, 1, 150)
    x = np.concatenate([rng.uniform(low, high, 300), near[(near > low) & (near < high)]]).astype(dtype)
    found = np.empty_like(x)
    getattr(loops, "over" + name)(x, found)
    with flint.ctx.workprec(200):
        right = np.array([float(exact(flint.arb(float(value)))) for value in x])
    ulp = np.spacing(np.abs(right).astype(dtype)).astype(np.float64)
    assert np.max(np.abs(found.astype(np.float64) - right) / ulp) <= bound


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_at_the_edges(loops: types.ModuleType, dtype: type) -> None:
    """Infinities have their limits, NaN stays NaN, 1e4 and denormals do no harm."""
    x = np.array([-np.inf, -1e4, 0.0, 1e-40, 1e4, np.inf, np.nan], dtype=dtype)
    limits = {
        "_exp": [0, 0, 1, 1, np.inf, np.inf, np.nan],
        "_expm1": [-1, -1, 0, x[3], np.inf, np.inf, np.nan],
        "_log": [np.nan, np.nan, -np.inf, np.log(x[3]), np.log(dtype(1e4)), np.inf, np.nan],
        "_softplus": [0, 0, np.log(dtype(2)), np.log(dtype(2)), 1e4, np.inf, np.nan],
        "_sigmoid1": [0, 0, 0.5, 0.5, 1, 1, np.nan],
        "_tanh": [-1, -1, 0, x[3], 1, 1, np.nan],
    }
    for name, right in limits.items():
        found = np.empty_like(x)
        getattr(loops, "over" + name)(x, found)
        np.testing.assert_allclose(found, np.array(right, dtype), rtol=1e-5, err_msg=name)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("rows", "columns"), [(5, 3), (8, 8), (9, 21), (16, 5), (7, 40), (33, 10)])
def test_tiles_are_turned(loops: types.ModuleType, dtype: type, rows: int, columns: int) -> None:
    """Into a tile and back, and nothing else is written."""
    a = np.arange((rows + 4) * columns, dtype=dtype).reshape(rows + 4, columns)
    tile, back = np.full((columns, 64), -1, dtype), np.full_like(a, -1)
    loops._turned(a, 3, tile, 0, rows, columns)
    np.testing.assert_array_equal(tile[:, :rows], a[3 : 3 + rows].T)
    assert np.all(tile[:, rows:] == -1)
    other = np.empty_like(tile)
    loops._turned(np.asfortranarray(a), 3, other, 0, rows, columns)
    np.testing.assert_array_equal(other[:, :rows], tile[:, :rows])
    loops._turned(tile, 0, back, 2, columns, rows)
    np.testing.assert_array_equal(back[2 : 2 + rows], a[3 : 3 + rows])
    assert np.all(back[:2] == -1)
    assert np.all(back[2 + rows :] == -1)
