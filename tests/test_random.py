"""Derivatives of random expressions against the oracle and against differences, and what is written read back."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from random import Random

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import gradwright as gw
from gradwright.core.errors import Error
from gradwright.derivation import Question, derived
from gradwright.read.reader import read
from tests.tables.foreign import CLOSE, DIGITS, Undefined, drawn, mp, slopes, value

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
SHAPES = {"x": ("n",), "y": ("n",), "A": ("n", "n"), "B": ("n", "n"), "a": ()}


MATRICES = st.sampled_from(
    """
    tr(inv(A)*B) ; det(A + x*y') ; x'*inv(A + B)*y ; logdet(A*A' + 90*eye(n)) ; tr(A*B'*A) ; norm2(A*B - x*y')^2 ;
    x'*adj(A)*y ; tr(A^3*B) ; sum(softmax_rows(A*B)) ; x'*A.^2*y ; sum(max(A, B)) ; norm1(A*x - y) ; max(A*x) ;
    prod(x + y) ; logsumexp(A*x) ; tr(expm(A/16)) ; sum(kron(x, y).*kron(y, x)) ; diag(x)*A*y ;
    A*inv(A + a*eye(n))*x ; abs(A*x).^(3/2) ; sum_i(x[i]^y[i])
    """.replace("\n", " ").split(";")
)
INSIDE = st.builds(
    lambda form, m: form.format(m), st.sampled_from(["{}", "({})^2", "sin({})", "a*({})", "exp(0.01*({}))"]), MATRICES
)


def variable_of(source: str, wrt: str) -> str:
    return next((name for name in (wrt, "x", "y", "A") if name in re.sub(r"[a-z]\w+", "", source)), "")


@example("log(1 + norm2(((2*x) + (A*x)) - ((2*x) - (A*x)))^2)", "x")
@settings(max_examples=FUZZ or 40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(SCALARS, vectors()), st.sampled_from(["x", "A", "a"]))
def test_every_derivative_is_confirmed(source: str, wrt: str) -> None:
    """A wrong one would raise; the certificate reads the printed text back as well."""
    variable = variable_of(source, wrt)
    derivation = gw.derive(source, variable, shapes=SHAPES)
    assert derivation.certificate.verdict in ("confirmed", "unavailable")
    assert derivation.replay()


@settings(max_examples=FUZZ or 40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=not FUZZ)
@given(st.one_of(SCALARS, vectors(), MATRICES, INSIDE), st.sampled_from("xAaB"), st.integers(0, 10**6))
def test_every_derivative_agrees_with_differences(source: str, wrt: str, seed: int) -> None:
    """The answer, evaluated by mpmath, against the slopes of the formula as it was read."""
    variable, rng = variable_of(source, wrt), Random(seed)
    try:
        found = derived(Question(read(source, shapes=SHAPES), (variable,)))
    except Error:
        return  # what has no rule as it stands, such as sin of a matrix
    axes, result = found.variables[0], found.answer.array
    with mp.workdps(DIGITS):
        for _ in range(2):
            point = replace(drawn(SHAPES, {}, rng), definitions=found.context.definitions)
            at = point.somewhere(result.axes, rng)
            try:
                above, below = slopes(found.goal.body, point, at, variable, tuple(at[axis] for axis in axes))
                claimed = value(result.body, point, at)
            except Undefined:
                continue
            if abs(above - below) <= CLOSE * (1 + abs(above)):
                assert abs(claimed - above) <= CLOSE * (1 + abs(above)), f"{claimed} for {above} at {point}"
