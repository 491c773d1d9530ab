"""Derivatives of random expressions against the oracle, and what is written read back."""

from __future__ import annotations

import os
import re

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import gradwright as gw

FUZZ = int(os.environ.get("FUZZ", "0"))
"""How many examples ``make fuzz`` asks for."""
ATOMS = st.sampled_from(["x", "y", "A*x", "2*x", "a*y", "A'*y", "x.*y"])
FUNCTIONS = st.sampled_from(
    [
        "sin({})",
        "exp(0.1*({}))",
        "tanh({})",
        "sigmoid({})",
        "({}).^2",
        "softmax({})",
        "softplus({})",
        "arctan({})",
        "relu({})",
        "where({0} > 0, {0}, 0.1*({0}))",
        "where(x > {0}, sin(x), 0)",
        "({0})/(1 + norm2({0})^2)",
    ]
)


def vectors() -> st.SearchStrategy[str]:
    def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        applied = st.builds(lambda f, v: f.format(v), FUNCTIONS, inner)
        joined = st.builds(lambda op, v, w: f"({v}) {op} ({w})", st.sampled_from(["+", "-", ".*"]), inner, inner)
        return st.one_of(applied, joined, st.builds("A*({})".format, inner))

    return st.recursive(ATOMS, grown, max_leaves=4)


SCALARS = st.builds(
    lambda form, v: form.format(v),
    st.sampled_from(
        ["sum({})", "norm2({})^2", "y'*({})", "log(1 + norm2({})^2)", "x'*A*A'*({})", "norm2(A - ({})*y')^2"]
    ),
    vectors(),
)
SHAPES = {"x": ("n",), "y": ("n",), "A": ("n", "n"), "a": ()}


@example("log(1 + norm2(((2*x) + (A*x)) - ((2*x) - (A*x)))^2)", "x")
@settings(max_examples=FUZZ or 60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(SCALARS, vectors()), st.sampled_from(["x", "A", "a"]))
def test_every_derivative_is_confirmed(source: str, wrt: str) -> None:
    """A wrong one would raise; the certificate reads the printed text back as well."""
    variable = next(
        (name for name in (wrt, "x", "y") if name in re.sub(r"[a-z]\w+", "", source)),
        "",
    )
    derivation = gw.derive(source, variable, shapes=SHAPES)
    assert derivation.certificate.verdict in ("confirmed", "unavailable")
    assert derivation.replay()
