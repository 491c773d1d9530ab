"""What is wrong with a false relation: one change, two, or what is lacking; exhaustive damage to the notes."""

from __future__ import annotations

import zlib

import pytest

import gradwright as gw
from tests.referee.notes import LEAST_SQUARES, SOFTMAX

DECLARED = (
    r"Let $\mathbf{X} \in \mathbb{R}^{n \times d}$, $\mathbf{w} \in \mathbb{R}^{d}$, $\mathbf{y} \in \mathbb{R}^{n}$ "
    r"and define $K = \|\mathbf{y} - \mathbf{X}\mathbf{w}\|^2$. Then "
)


def last(text: str) -> tuple[str, str, str]:
    relation = gw.check(text).relations[-1]
    return relation.verdict, relation.slip, relation.reason


@pytest.mark.parametrize(
    ("text", "slip"),
    [
        (r"$$\frac{d}{dx} \log x = x$$", "upside down"),
        (r"$$\frac{d}{dx} x^3 = 3 x$$", "square is missing"),
        (r"$$\frac{d}{dx} (x e^x) = e^x + x$$", "factor e^x is missing in x"),
        (r"$$\frac{d}{dx} \frac{1}{1 + e^{-x}} = \frac{e^{-x}}{1 + e^{-x}}$$", "factor \\frac{1}{1 + e^{-x}} is missing"),
        (r"$$(a + b)^2 = a^2 + b^2$$", "lacks 2a b"),
        (r"$$\sum_i (x_i - m)^2 = \sum_i x_i^2 - 2 m x_i + \sum_i m^2$$", "sum over i is missing"),
        (r"$$\sum_{i,j} A_{ij} x_i x_j + y_k = \sum_{i,j} A_{ij} x_i y_j + y_k$$", "y in place of x"),
        (r"Define $q = \frac{1}{n} \sum_{i=1}^n g_i^2$. $$\frac{\partial q}{\partial g_k} = 2 g_k$$", "factor 1/n is missing"),
        (r"Define $q = \frac12 \sum_i g_i^2$. $$\frac{\partial q}{\partial g_k} = 2 g_k$$", "factor 2 is one too many"),
        (r"Define $p_i = x_i^2$. $$\frac{\partial x_k}{\partial p_i} = 2 x_i \delta_{ik}$$", "upside down"),
        (r"$$(\mathbf A \mathbf B)^\top = \mathbf A^\top \mathbf B^\top$$", "wrong order"),
        (r"$$(\mathbf A \mathbf B)^{-1} = \mathbf B^{-1} \mathbf A$$", "inverse is missing on"),
    ],
)  # fmt: skip
def test_one_change_is_named(text: str, slip: str) -> None:
    verdict, said, _ = last(text)
    assert verdict == "refuted"
    assert slip in said


@pytest.mark.parametrize(
    ("claim", "slips"),
    [
        (r"2 \mathbf{X} (\mathbf{y} - \mathbf{X}\mathbf{w})", ("sign", "transpose")),
        (r"\mathbf{X}^\top (\mathbf{y} - \mathbf{X}\mathbf{w})", ("sign", "factor 2")),
    ],
)
def test_two_changes_are_named(claim: str, slips: tuple[str, str]) -> None:
    verdict, said, _ = last(DECLARED + rf"$$\nabla_{{\mathbf{{w}}}} K = {claim}$$")
    assert verdict == "refuted"
    assert all(slip in said for slip in slips)


def test_a_slip_without_a_fact_is_preferred_to_one_with_it() -> None:
    text = SOFTMAX.replace(r"+ \sum_{a \ne c} t_a s_c", r"+ \sum_{a \ne c} t_a")
    refuted = [r for r in gw.check(text).relations if r.verdict == "refuted"]
    assert [r.slip.split(" in ")[0] for r in refuted] == ["the factor s_c is missing"]


def test_a_candidate_leaves_no_trace() -> None:
    """Reading Σ up to g, as a slip of n, must not make g an extent for what follows."""
    define = r"Define $q = \frac{1}{n} \sum_{i=1}^n g_i^2$. "
    wrong = r"$$\frac{\partial q}{\partial g_k} = \frac{2}{n} \sum_{i=1}^n g_i$$ "
    right = r"$$\frac{\partial q}{\partial g_k} = \frac{2}{n} g_k$$"
    assert [r.verdict for r in gw.check(define + wrong + right).relations] == ["definition", "refuted", "proved"]


def flips(note: str, begin: str) -> list[str]:
    """The note with every sign after ``begin`` turned, one at a time."""
    start = note.index(begin)
    places = [k for k in range(start, len(note)) if note[k] in "+-" and note[k + 1] == " "]
    return [note[:k] + ("-" if note[k] == "+" else "+") + note[k + 1 :] for k in places]


@pytest.mark.parametrize(
    "text",
    [*flips(SOFTMAX, "If $a = c$"), *flips(LEAST_SQUARES, "Its gradient"), *flips(LEAST_SQUARES, "Multiplying")],
    ids=lambda text: f"{zlib.crc32(text.encode()):08x}",
)
def test_every_turned_sign_is_refuted_once_and_named(text: str) -> None:
    refuted = [r for r in gw.check(text).relations if r.verdict == "refuted"]
    assert len(refuted) == 1
    assert refuted[0].slip
    assert refuted[0].counterexample is not None
