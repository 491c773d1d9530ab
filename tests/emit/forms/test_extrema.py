"""The largest entry is found exactly: a maximum and the entry it is compared with come from one array."""

from __future__ import annotations

import numpy as np
import pytest

from tests.emit.plain import computed
from tests.emit.shared import derive

SHAPES = {"u": ("n",), "w": ("d",), "b": ("d",)}


@pytest.mark.parametrize("target", ["numpy", "loops", "torch"])
@pytest.mark.parametrize("extremum", ["max", "min"])
@pytest.mark.parametrize("scale", ["(-log(sum(exp(w))) - norm2(b))", "(sum(w) + norm2(b)/3)"])
def test_one_entry_alone_has_the_gradient(scale: str, extremum: str, target: str) -> None:
    if target == "torch":
        pytest.importorskip("torch")
    made = derive(f"{extremum}({scale}*u)", "u", shapes=SHAPES)
    factor = derive(f"{scale}*sum(u)", "u", shapes=SHAPES)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        values = {name: rng.normal(size=7 if name == "u" else 3) for name in SHAPES}
        (c, *_) = factor.evaluate(**values)
        entries = c * values["u"]
        at = np.argmax(entries) if extremum == "max" else np.argmin(entries)
        value, gradient = computed(made, target, ("value", "gradient"), values)
        assert value == pytest.approx(entries[at], rel=1e-12)
        np.testing.assert_allclose(gradient, c * (np.arange(7) == at), rtol=1e-12)
