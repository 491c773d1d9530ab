"""Arrays give what the formula gives: the random formulas of the loops, in NumPy and PyTorch, up to hvp; ``make fuzz``
tries many, in C too."""

from __future__ import annotations

import os
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gradwright.certify.arrays import evaluate
from tests.emit.loops.test_sweeps import SHAPES, SIZES, scalars
from tests.emit.plain import computed
from tests.emit.shared import derive

FUZZ = int(os.environ.get("FUZZ", "0"))
TARGETS = ("numpy", "torch", *(("c",) if FUZZ else ()))


@given(scalars, st.sampled_from("XWAb"), st.sampled_from(TARGETS), st.booleans())
@settings(max_examples=FUZZ or 12, deadline=None, suppress_health_check=list(HealthCheck))
def test_arrays_give_what_the_formula_gives(formula: str, wrt: str, target: str, second: bool) -> None:
    if target == "torch":
        pytest.importorskip("torch")
    assume(re.search(rf"\b{wrt}\b", formula))
    shapes = {name: shape for name, shape in SHAPES.items() if re.search(rf"\b{name}\b", formula)}
    facts = ["onehot_rows(Y)"] if "Y" in shapes else []
    made = derive(formula, wrt, shapes=shapes, given=facts)
    rng = np.random.default_rng(0)
    values: dict[str, Any] = {name: 0.5 * rng.normal(size=[SIZES[d] for d in shapes[name]]) for name in shapes}
    values |= {"Y": np.eye(SIZES["k"])[rng.integers(0, SIZES["k"], SIZES["n"])]} if "Y" in shapes else {}
    right = [evaluate(made.goal, made.context, values), made.evaluate(**values)]
    outputs = ["value", "gradient"]
    known: dict[str, Any] = {**SIZES, **values, "v": rng.normal(size=right[1].shape)}
    if second:
        twice = derive(formula, wrt, shapes=shapes, given=facts, order=2)
        right.append(np.tensordot(twice.evaluate(**values), known["v"], axes=right[1].ndim))
        outputs.append("hvp")
    for found, expected in zip(computed(made, target, outputs, known), right, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9)
