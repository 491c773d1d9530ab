"""Rules of judgement: facts that are needed, shapes that refute, restatements, counterexamples, index hygiene."""

from __future__ import annotations

import pytest

import gradwright as gw
from gradwright.referee.compare.names import written

SHAPES = (
    r"Let $\mathbf{X} \in \mathbb{R}^{n \times d}$, $\mathbf{w} \in \mathbb{R}^{d}$, $\mathbf{y} \in \mathbb{R}^{n}$. "
)


def verdicts(text: str) -> list[str]:
    return [r.verdict for r in gw.check(text).relations]


@pytest.mark.parametrize(
    ("claim", "fact"),
    [
        (r"\mathbf x^\top (\mathbf A + \mathbf A^\top) = 2 \mathbf x^\top \mathbf A", "A is symmetric"),
        (r"\mathbf Q^\top \mathbf Q \mathbf x = \mathbf x", "Q is orthogonal"),
        (r"p \sum_i y_i - z = p - z", "Σ_i y_i = 1"),
        (r"(y - s)^2 = 1 - 2 y s + s^2", "y² = 1"),
        (r"\sqrt{r^2} = r", "r is not negative"),
        (r"\mathbf u \mathbf u^\top \mathbf u = \mathbf u", "Σ_i u_i² = 1"),
    ],
)
def test_the_fact_that_is_needed_is_the_least(claim: str, fact: str) -> None:
    relation = gw.check(f"$${claim}$$").relations[-1]
    assert (relation.verdict, relation.needs) == ("needs", [fact])
    assert relation.counterexample is not None


def test_a_slip_of_one_transpose_is_no_symmetry_that_nobody_states() -> None:
    relation = gw.check(r"$$(\mathbf A \mathbf x)^\top \mathbf y = \mathbf x^\top \mathbf A \mathbf y$$").relations[-1]
    assert relation.verdict == "refuted"
    assert "transpose is missing on" in relation.slip


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        (
            r"\mathbf{y}^\top \mathbf{X} \mathbf{w} = \mathbf{X} \mathbf{w}",
            "a number on the left, a column of n on the right",
        ),
        (r"\mathbf{y}^\top \mathbf{y} = \mathbf{X}^\top \mathbf{w}", "d×n and a column of d"),
        (r"\mathbf{y} + \mathbf{X} = \mathbf{w}", "a column of n and n×d are added"),
    ],
)
def test_shapes_refute_without_numbers(claim: str, said: str) -> None:
    relation = gw.check(SHAPES + f"$${claim}$$").relations[-1]
    assert relation.verdict == "refuted"
    assert said in relation.reason
    assert relation.counterexample is None


@pytest.mark.parametrize("claim", [r"f(x) = A x^\top", r"\frac{\partial Z}{\partial X} = Y^\top"])
def test_shapes_that_only_letters_suggest_refute_nothing(claim: str) -> None:
    assert "refuted" not in verdicts(f"$${claim}$$")


def test_a_second_line_for_a_name_is_a_claim_unless_it_says_otherwise() -> None:
    start = "Define\n" + r"$$L = \sum_i (x_i - t_i)^2$$" + "\n"
    wrong = r"Multiplying out $$L = \sum_i x_i^2 + 2 x_i t_i + t_i^2$$"
    assert verdicts(start + wrong)[-1] == "refuted"
    known = r"With $z_i = x_i - t_i$ we find" + "\n" + r"$$L = \sum_i z_i$$"
    assert verdicts(start + known)[-1] == "refuted"
    assert verdicts(start + r"Now let $$L = \sum_i x_i^4$$")[-1] == "definition"
    assert verdicts(start + r"# Elsewhere" + "\n" + r"$$L = a b^2$$")[-1] == "definition"


def test_what_is_one_hot_is_no_function() -> None:
    """∂y_i/∂o_k on a damaged line must not make y depend on o on the lines before it."""
    text = (
        r"The label $y$ is one-hot. Define $q_i = o_i^2$ and $L = \sum_i y_i q_i$. $$\frac{\partial L}{\partial o_k} = "
        r"\sum_i y_i \frac{\partial q_i}{\partial o_k} = \sum_i q_i \frac{\partial y_i}{\partial o_k}$$"
    )
    assert verdicts(text)[-2:] == ["proved", "refuted"]


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        (r"\sum_i a_i b_i = a_i b_i", "the index i stands outside its sum"),
        (r"\sum_i a_i b_i = \sum_i a_i b_k", "the index k is free on one side only"),
    ],
)
def test_index_hygiene(claim: str, said: str) -> None:
    relation = gw.check(f"$${claim}$$").relations[-1]
    assert (relation.verdict, relation.reason) == ("refuted", said)


def test_errors_that_cancel_are_blamed_once() -> None:
    text = r"$$ (r - t)^2 = r^2 + 2 r t + t^2 = r^2 - 2 r t + t^2 $$"
    assert verdicts(text) == ["refuted", "proved"]


@pytest.mark.parametrize(
    "claim",
    [
        r"\sum_i (x_i - m)^2 = \sum_i x_i^2 - 2 m \sum_i x_i + \sum_i m^2",
        r"\sum_i (x_i + 1) = \sum_j x_j + \sum_j 1",
    ],
)
def test_a_sum_of_a_constant_goes_as_far_as_the_others(claim: str) -> None:
    assert verdicts(f"$${claim}$$")[-1] in ("proved", "confirmed")


@pytest.mark.parametrize(
    "claim",
    [
        r"\mathbf{w}^\top \lambda \mathbf{w} = \lambda \mathbf{w}^\top \mathbf{w}",
        r"\mathbf{A} a \mathbf{B} = a \mathbf{A} \mathbf{B}",
    ],
)
def test_a_number_between_arrays_is_no_vector(claim: str) -> None:
    assert verdicts(f"$${claim}$$") == ["proved"]


def test_nothing_agrees_by_accident() -> None:
    text = r"Define $z = x^2 + w$. $$\frac{\partial z}{\partial x} = w$$"
    assert verdicts(text)[-1] == "refuted"


@pytest.mark.parametrize(
    "claim",
    [r"(a + b)^2 = a^2 + b^2", r"\mathbf x^\top \mathbf A \mathbf x = \mathbf x^\top \mathbf x", r"a e^{a} = a^2"],
)
def test_counterexamples_can_be_checked_by_hand(claim: str) -> None:
    found = gw.check(f"$${claim}$$").relations[-1].counterexample
    assert found is not None
    assert len(str(found["values"])) < 50
    assert float(found["left"]) != float(found["right"])


def test_a_counterexample_says_that_a_function_is_unknown() -> None:
    text = r"$$\nabla (u^\intercal v) = \nabla (u^\intercal) v - \nabla (v^\intercal) u$$"
    relation = gw.check(text).relations[-1]
    assert "for a smooth u, v" in relation.said()


def test_names_as_they_are_written() -> None:
    assert written(["bold x", "gamma", "hat y", "d X", "x alone"]) == {
        "bold x": "𝐱", "gamma": "γ", "hat y": "ŷ", "d X": "dX", "x alone": "x"}  # fmt: skip
    assert written(["bold x"]) == {"bold x": "x"}
