"""Fused loops give what the formula gives, whatever is fused: random formulas, the loops run as plain Python."""

from __future__ import annotations

import inspect
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gradwright.certify.arrays import evaluate
from tests.emit.plain import in_python
from tests.emit.shared import derive

SHAPES = {"X": ("n", "d"), "W": ("d", "k"), "A": ("n", "k"), "Y": ("n", "k"), "b": ("k",), "u": ("n",)}
SIZES = {"n": 5, "d": 3, "k": 4}
MAPS = ("sigmoid({})", "tanh({})", "exp({})", "log(1 + exp({}))", "relu({})", "({}).^2", "softmax_rows({})",
        "({})./(1 + ({}).^2)", "diag(u)*({})", "({})*diag(b)", "({} + u*b')")  # fmt: skip
PAIRS = ("({}).*({})", "({}) + ({})", "({}) - ({})")
SCALARS = ("sum({})", "norm2({})^2", "u'*({})*b", "-sum(Y.*log(softmax_rows({})))", "sum(log(rowsum(exp({}))))",
           "norm2(colsum({}))^2", "sum(sigmoid(({})*b))", "sum(tanh(({})'*u))")  # fmt: skip

matrices = st.recursive(
    st.sampled_from(("X*W", "A")),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(MAPS), inner).map(lambda t: t[0].format(*[t[1]] * 2)),
        st.tuples(st.sampled_from(PAIRS), inner, inner).map(lambda t: t[0].format(*t[1:])),
    ),
    max_leaves=4,
)
scalars = st.tuples(st.sampled_from(SCALARS), matrices).map(lambda t: t[0].format(t[1]))

FOUND = (
    (["sum((sigmoid(X*W).*A).^2)", "sum((tanh(X*W).*A).^2)"], "A"),
    (["u'*(diag(u)*sigmoid(X*W))*b"], "X"),
    (["sum(sigmoid((sigmoid(X*W)*diag(b))*b))"], "X"),
    (["norm2(colsum(softmax_rows(sigmoid(sigmoid(X*W)))))^2"], "X"),
    (["-sum(Y.*log(softmax_rows((A + (X*W).*(X*W))*diag(b))))", "sum(tanh(sigmoid(A - (A - X*W))'*u))"], "X"),
    (["-sum(Y.*log(softmax_rows(softmax_rows(softmax_rows(diag(u)*(X*W))))))"], "W"),
    (["-sum(Y.*log(softmax_rows((X*W) - (X*W))))"], "X"),
    (["-sum(Y.*log(softmax_rows(X*W)))", "norm2(colsum(sigmoid((X*W)./(1 + (X*W).^2))))^2"], "W"),
)
"""Formulas that random ones have led to, once wrong or refused."""


@given(st.lists(scalars, min_size=1, max_size=2), st.sampled_from("XWAb"), st.booleans())
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_loops_give_what_the_formula_gives(terms: list[str], wrt: str, labelled: bool) -> None:
    assume(re.search(rf"\b{wrt}\b", " + ".join(terms)))
    _compared(terms, wrt, labelled)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("terms", "wrt"), FOUND)
@pytest.mark.parametrize("labelled", [False, True])
def test_formulas_once_wrong(terms: list[str], wrt: str, labelled: bool) -> None:
    _compared(terms, wrt, labelled)


def _compared(terms: list[str], wrt: str, labelled: bool) -> None:
    formula = " + ".join(terms)
    shapes = {name: shape for name, shape in SHAPES.items() if re.search(rf"\b{name}\b", formula)}
    labels = ["Y"] if labelled and "Y" in shapes else []
    made = derive(formula, wrt, shapes=shapes, given=["onehot_rows(Y)"] if "Y" in shapes else [])
    rng = np.random.default_rng(0)
    values: dict[str, Any] = {name: 0.5 * rng.normal(size=[SIZES[d] for d in shapes[name]]) for name in shapes}
    places = rng.integers(0, SIZES["k"], SIZES["n"])
    values |= {"Y": np.eye(SIZES["k"])[places]} if "Y" in shapes else {}
    right = evaluate(made.goal, made.context, values), made.evaluate(**values)
    text = re.sub(r"step = max\(16, ", "step = min(2, ", made.emit("native", labels=labels))  # blocks of two rows
    text = re.sub(r"(?<=[ ,(])128\b", "2", text)  # tiles of two rows
    module = in_python(text).__dict__
    function = module["value_and_gradient"]
    values |= {"Y": places} if labels else {}
    known: dict[str, Any] = {**SIZES, **values}
    given = {name: known[name] for name in inspect.signature(function).parameters if name != "out"}
    for narrow in (0, 32):
        module["_NARROW"] = narrow
        value, gradient = function(**given)
        np.testing.assert_allclose(value, right[0], rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(gradient, right[1], rtol=1e-8, atol=1e-10)
