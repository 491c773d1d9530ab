"""Whole notes: what is true is not refuted, what is false is, at its own equals sign, with the likely slip."""

from __future__ import annotations

import re

import pytest

import gradwright as gw
from gradwright.referee.report import Report
from tests.referee.notes import BACKPROP, LEAST_SQUARES, PLANTED, PLANTED_VERDICTS, SOFTMAX

GOOD = {"definition", "proved", "confirmed"}


def verdicts(text: str, **options: object) -> list[str]:
    return [r.verdict for r in gw.check(text, **options).relations]  # type: ignore[arg-type]


def bad(report: Report) -> list[tuple[str, str, str]]:
    return [(r.verdict, r.right, r.said()) for r in report.relations if r.verdict not in GOOD]


@pytest.mark.parametrize("note", [SOFTMAX, LEAST_SQUARES, BACKPROP], ids=["softmax", "least squares", "backprop"])
def test_a_true_note_is_read_throughout_and_holds(note: str) -> None:
    report = gw.check(note)
    assert len(report.relations) >= 5
    assert bad(report) == []


def test_the_fact_is_named_where_it_is_used() -> None:
    last = gw.check(SOFTMAX).relations[-1]
    assert last.facts_used == ["Σ_i t_i = 1"]


def test_without_the_fact_the_last_relation_needs_it_and_no_other() -> None:
    report = gw.check(SOFTMAX.replace("because the target $t$ is one-hot.", ""))
    assert [r.verdict for r in report.relations if r.verdict not in GOOD] == ["needs"]
    assert report.relations[-1].needs == ["Σ_i t_i = 1"]
    assert report.relations[-1].counterexample is not None
    assert gw.check(SOFTMAX.replace("because", "%"), given=["onehot(t)"]).ok


@pytest.mark.parametrize(
    ("old", "new", "slip"),
    [
        (r"- e^{z_c} e^{z_c}}", r"+ e^{z_c} e^{z_c}}", "sign"),
        (r"= s_c (1 - s_c)", r"= s_c (1 + s_c)", "sign"),
        (r"= - s_a s_c", r"= s_a s_c", "sign"),
        (r"= - s_a s_c", r"= - s_c s_c", "in place of a"),
        (r"\frac{t_a}{s_a}", r"\frac{t_a}{s_c}", "index c in place of a"),
        (r"\sum_{a \ne c} t_a s_c", r"\sum_{a} t_a s_c", "leave out"),
        (r"= s_c - t_c", r"= t_c - s_c", "sign"),
        (r"If $a = c$", r"If $a \ne c$", "case"),
    ],
)
def test_damage_is_refuted_where_it_is(old: str, new: str, slip: str) -> None:
    report = gw.check(SOFTMAX.replace(old, new, 1))
    refuted = [r for r in report.relations if r.verdict == "refuted"]
    assert len(refuted) == 1
    assert slip in refuted[0].slip
    assert refuted[0].counterexample is not None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r"= s_c (1 - s_c)", r"= s_a (1 - s_c)"),
        (r"= - s_a s_c", r"= - s_c s_a"),
        (r"\frac{\partial s_a}{\partial z_c}" + "\n =", r"\frac{\partial s_c}{\partial z_a}" + "\n ="),
    ],
)
def test_changes_that_leave_it_true_are_not_refuted(old: str, new: str) -> None:
    assert old in SOFTMAX
    assert gw.check(SOFTMAX.replace(old, new, 1)).ok


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r"= \mathbf{X}^\top (\mathbf{X}", r"= \mathbf{X} (\mathbf{X}"),
        (r"- \mathbf{X}^\top \mathbf{y} .", r"+ \mathbf{X}^\top \mathbf{y} ."),
        (r"\tfrac12 \mathbf{w}^\top", r"\mathbf{w}^\top"),
    ],
)
def test_damaged_least_squares_does_not_pass(old: str, new: str) -> None:
    report = gw.check(LEAST_SQUARES.replace(old, new, 1))
    assert any(r.verdict in ("refuted", "unread") for r in report.relations)


def test_planted_slips() -> None:
    report = gw.check(PLANTED)
    assert [r.verdict for r in report.relations] == PLANTED_VERDICTS
    assert report.relations[1].needs == ["A is symmetric"]


# --- single rules --------------------------------------------------------------------------------------------------


def test_a_claim_for_unequal_indices_is_not_vacuous() -> None:
    text = r"Define $p_i = x_i^2$. If $i \ne k$, \[\frac{\partial p_i}{\partial x_k} = 1\]"
    assert verdicts(text)[-1] == "refuted"
    assert verdicts(text.replace("= 1", "= 0"))[-1] in GOOD


def test_cases_carry_their_own_conditions() -> None:
    text = (
        r"Define $p_i = x_i^2$. If $i \ne k$, \[\frac{\partial p_i}{\partial x_k} = 0\] \[\frac{\partial p_i}{\partial x_k} "
        r"= \begin{cases} 2 x_i & \text{if } i = k \\ 0 & \text{otherwise} \end{cases}\]"
    )
    assert set(verdicts(text)) <= GOOD
    assert verdicts(text.replace("2 x_i &", "3 x_i &"))[-1] == "refuted"


@pytest.mark.parametrize("transpose", ["^T", r"^\top", r"^\intercal", r"^{\mathsf T}", r"^\text{T}", "'"])
def test_spellings_of_the_transpose(transpose: str) -> None:
    text = rf"$$ (\mathbf A \mathbf B){transpose} = \mathbf B{transpose} \mathbf A{transpose} $$"
    assert verdicts(text) == ["proved"]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (r"$$\mathrm{tr}(\mathbf A \mathbf B) = \mathrm{tr}(\mathbf B \mathbf A)$$", "proved"),
        (r"$$(\mathbf A + \mathbf B)^2 = \mathbf A^2 + 2 \mathbf A \mathbf B + \mathbf B^2$$", "refuted"),
        (r"$$\sum_{i=1}^n (x_i + 1) = \sum_{i=1}^n x_i + n$$", "proved"),
        (r"$$\sum_i x_i^2 = \left(\sum_i x_i\right)^2$$", "refuted"),
        (r"$$\log \frac{a}{b} = \log a - \log b$$", "confirmed"),
        (r"$$\tanh z = 2\sigma(2z) - 1$$ with the sigmoid σ", "confirmed"),
        (r"$$\tanh z = 2\sigma(z) - 1$$ with the sigmoid σ", "refuted"),
        (r"$$\frac{d}{dx} x^3 = 3 x^2$$", "proved"),
        (r"$$\frac{\partial \ln \det \mathbf X}{\partial \mathbf X} = (\mathbf X^{-1})^\top$$", "proved"),
        (r"$$\frac{\partial}{\partial x_k} \sum_i x_i^2 = 2 x_k$$", "proved"),
        (r"$$\sum_{i,j} A_{ij} x_i x_j = \mathbf x^\top A \mathbf x$$", "proved"),
        (r"$$\delta_{ij} x_j = \delta_{ij} x_i$$", "proved"),
        (r"$$\int_0^1 y \, dy = \frac{1}{2}$$", "unread"),
        (r"$$x_1 + \dots + x_n = \sum_i x_i$$", "proved"),
        (r"$$x_1 + \dots + x_n = n$$", "unread"),
    ],
)
def test_single_relations(text: str, verdict: str) -> None:
    assert verdicts(text)[-1] == verdict


@pytest.mark.parametrize(
    "text",
    [
        r"The update is $$W = W - \alpha \frac{\partial L}{\partial W}$$",
        r"Setting the gradient to zero gives $$2 x - y = 0$$",
        r"With $x = 3$ we start.",
        r"$$x := y + 1$$",
    ],
)
def test_what_is_no_claim(text: str) -> None:
    assert verdicts(text) == ["definition"]


def test_a_right_line_after_a_wrong_one_is_not_blamed() -> None:
    text = r"$$ (a + b)^2 = a^2 + b^2 = a^2 + 2 a b + b^2 $$"
    report = gw.check("Let $a$ and $b$ be numbers. " + text)
    assert [r.verdict for r in report.relations] == ["refuted", "proved"]
    assert "agrees with" in report.relations[1].reason


def test_a_display_may_go_on_with_equals() -> None:
    text = "$$ (a+b)^2 $$ is\n$$ = a^2 + 2ab + b^2 $$"
    assert verdicts(text) == ["proved"]


def test_an_unreadable_relation_sinks_nothing_else() -> None:
    text = r"$$ x = \mystery{y} $$ and $$ (a+b)^2 = a^2 + 2ab + b^2 $$"
    assert verdicts(text) == ["unread", "proved"]


def test_directives_state_what_prose_does_not() -> None:
    claim = r"$$\mathbf x^\top (\mathbf A + \mathbf A^\top) = 2 \mathbf x^\top \mathbf A$$"
    assert verdicts(claim) == ["needs"]
    assert set(verdicts("% gradwright: A symmetric\n" + claim)) <= GOOD
    assert set(verdicts(claim, given=["symmetric(A)"])) <= GOOD


def test_relations_point_at_their_signs() -> None:
    report = gw.check(SOFTMAX)
    lines = SOFTMAX.splitlines()
    for relation in report.relations:
        assert lines[relation.line - 1][relation.column - 1] == "="


def test_counterexamples_are_short() -> None:
    report = gw.check(PLANTED)
    for relation in report.relations:
        if relation.counterexample is not None:
            assert not re.search(r"\d{4,}/", str(relation.counterexample["values"]))


def test_naming_a_function_does_not_make_it_a_number() -> None:
    text = r"""With the sigmoid $\sigma$ let $\mathbf{p} = \sigma(\mathbf{X} \mathbf{w})$ and
    $L = -\mathbf{y}^\top \log \mathbf{p} - (1 - \mathbf{y})^\top \log(1 - \mathbf{p})$.
    Then $\nabla_{\mathbf{w}} L = \mathbf{X}^\top (\mathbf{p} - \mathbf{y})$."""
    assert gw.check(text).relations[-1].verdict == "proved"
