"""Differentials are proved by the rules of differentiation, in all variables at once."""

from __future__ import annotations

import pytest

import gradwright as gw
from gradwright.certify.certificate import hold
from gradwright.core.build import deriv
from gradwright.core.errors import Error
from gradwright.core.node import Array, Delta, walk
from gradwright.engine.differential import GOAL, clashing, differential, directions
from gradwright.engine.prove import replay
from gradwright.read.reader import read
from gradwright.write.answer import length_as_written

CASES = (
    ("norm2(A*x - b)^2", ("x",)),
    ("p = softmax(o); y'*log(p)", ("o",)),
    ("norm2(W*x + b - y)^2", ("W", "b", "x")),
    ("A*X*B*X'", ("X", "B")),
    ("logdet(X) + tr(A*inv(X))", ("X",)),
)


@pytest.mark.parametrize(("formula", "names"), CASES)
def test_every_line_is_the_sum_of_derivatives_along_the_entries(formula: str, names: tuple[str, ...]) -> None:
    parsed = read(formula)
    moving = directions(parsed.context, names)
    for proof in differential(parsed.array, moving, length_as_written(moving.context)):
        truth = Array(proof.axes, moving.entrywise(deriv(proof.goal.body, GOAL, ())))
        lines = {str(k): Array(proof.axes, moving.entrywise(step.after)) for k, step in enumerate(proof.steps)}
        certificate = hold(truth, lines, moving.context)
        assert certificate.verdict == "confirmed", certificate


@pytest.mark.parametrize(("formula", "names"), CASES)
def test_the_proof_is_replayed_and_has_no_delta(formula: str, names: tuple[str, ...]) -> None:
    parsed = read(formula)
    moving = directions(parsed.context, names)
    for proof in differential(parsed.array, moving, length_as_written(moving.context)):
        replay(proof)
        assert not any(isinstance(node, Delta) for step in proof.steps for node in walk(step.after))


def test_a_wrong_line_does_not_hold() -> None:
    parsed = read("x'*A*x")
    moving = directions(parsed.context, ("x",))
    truth = Array((), moving.entrywise(deriv(parsed.array.body, GOAL, ())))
    claim = read("2*x'*A*dx", context=moving.context).array
    assert hold(truth, {"line": claim}, moving.context).verdict == "refuted"


def test_a_symbol_called_dx_is_no_differential() -> None:
    parsed = read("dx'*A*x")
    assert clashing(parsed.context, ("x", "A")) == ["x"]
    with pytest.raises(Error, match="dx is the differential of x"):
        directions(parsed.context, ("x",))
    assert gw.derive("dx'*A*x", "x").differential is None
