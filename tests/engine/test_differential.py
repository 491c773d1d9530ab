"""Differentials are proved by the rules of differentiation, in all variables at once."""

from __future__ import annotations

import pytest

import gradwright as gw
from gradwright.certify.certificate import hold
from gradwright.core.build import const, deriv, entry, mul, power
from gradwright.core.errors import Error
from gradwright.core.node import Array, Delta, walk
from gradwright.engine.differential import GOAL, clashing, contracted, differential, directions
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


@pytest.mark.parametrize("formula", ["x'*A*x", "p = softmax(x); y'*log(p)", "sum(exp(A*x))/norm2(x)", "x*x'"])
def test_a_line_of_a_derivative_times_dx_is_one_of_the_differential(formula: str) -> None:
    derivation = gw.derive(formula, "x")
    proof = next(proof for proof in derivation.proofs if proof.subject is None)
    moving = directions(derivation.context, ["x"])
    truth = Array(proof.axes, moving.entrywise(deriv(proof.goal.body, GOAL, ())))
    for step in proof.steps:
        for whole in (False, True):
            line = contracted(step.after, proof.goal, proof.axes, moving, whole)
            assert line is not None
            claims = {"the line": Array(proof.axes, moving.entrywise(line))}
            assert hold(truth, claims, moving.context).verdict == "confirmed"


def test_a_derivative_under_what_is_not_linear_has_no_such_line() -> None:
    derivation = gw.derive("x'*A*x", "x")
    (proof,) = derivation.proofs
    moving = directions(derivation.context, ["x"])
    assert contracted(power(proof.goal, const(2)), proof.goal, (), moving) is None
    assert contracted(mul(proof.goal, entry("x", *proof.slots)), proof.goal, (), moving) is None
