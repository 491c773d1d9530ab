"""Solutions put back into the conditions they solve, and equations solved step by step."""

from __future__ import annotations

import pytest

import gradwright as gw


def last(text: str) -> tuple[str, str, str]:
    relation = gw.check(text).relations[-1]
    return relation.verdict, relation.reason, relation.slip


START = r"Let $M$ be symmetric positive definite and $g(\mathbf{u}) = \frac12 \mathbf{u}^\top M \mathbf{u} - \mathbf{c}^\top \mathbf{u}$. "


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (START + r"Setting the gradient to zero gives $$\mathbf{u} = M^{-1} \mathbf{c}.$$", "confirmed"),
        (START + r"Setting the gradient to zero gives $$\mathbf{u} = -M^{-1} \mathbf{c}.$$", "refuted"),
        (START + r"Its gradient vanishes at $$\hat{\mathbf{u}} = M^{-1} \mathbf{c}.$$", "confirmed"),
        (r"Let $h(x) = x^2 - 8 x$. Setting $h'(x) = 0$ we find $x = 4$.", "confirmed"),
        (r"Let $h(x) = x^2 - 8 x$. Setting $h'(x) = 0$ we find $x = 8$.", "refuted"),
        (START + r"The start is $$\mathbf{u} = 3 \mathbf{c}.$$", "definition"),
    ],
)
def test_a_solution_is_put_back(text: str, verdict: str) -> None:
    assert last(text)[0] == verdict


def test_the_slip_of_a_solution_is_named() -> None:
    verdict, reason, slip = last(START + r"Setting the gradient to zero gives $$\mathbf{u} = -M^{-1} \mathbf{c}.$$")
    assert verdict == "refuted"
    assert "put back" in reason
    assert "minus" in slip


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (r"$$ 2 x - 6 = 4 \iff 2 x = 10 \iff x = 5 $$", "proved"),
        (r"$$ 2 x - 6 = 4 \iff 2 x = 2 $$", "refuted"),
        (r"$$ u^2 + v = 3 \iff 2 u^2 = 6 - 2 v $$", "proved"),
        (r"$$ x = 2 \Rightarrow x^2 = 4 $$", "proved"),
        (r"$$ x = 2 \Rightarrow x^2 = 5 $$", "refuted"),
    ],
)
def test_a_step_keeps_the_solutions(text: str, verdict: str) -> None:
    assert last(text)[0] in ({"proved", "confirmed"} if verdict == "proved" else {verdict})
