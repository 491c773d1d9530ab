"""What a document says falsely is not accepted because a symbol could be read otherwise, or was seen in few places."""

from __future__ import annotations

import pytest

import gradwright as gw


def verdict(text: str) -> str:
    return gw.check(text).relations[-1].verdict


@pytest.mark.parametrize(
    "text",
    [
        r"Let $A, B \in \mathbb{R}^{2\times 2}$. $$ AB = BA $$",
        r"Let $A,B\in\mathbb{R}^{n\times n}$. $$ e^{A+B}=e^Ae^B $$",
        r"Let $P, S \in \mathbb{R}^{d \times d}$. $$ (P+S)^2 = P^2 + 2PS + S^2 $$",
        r"For real $x$ and $y$, $$ \sqrt{x^2 y} = x\sqrt{y} $$",
        r"For real $x$ we have $$ \tanh(1000 x) = \operatorname{sign}(x) $$",
        r"Let $S$ be positive definite. $$ |\log\det S| = \log\det S $$",
        r"For real $a$, $$ \min(a, 40) = a $$",
        r"For real $a$, $$ \frac{d}{da}(\max(2a, a+a) + a) = 1 $$",
    ],
)
def test_what_is_false_is_refuted(text: str) -> None:
    assert verdict(text) == "refuted"


@pytest.mark.parametrize(
    "text",
    [
        r"Let $A \in \mathbb{R}^{n\times n}$. $$ (e^A)^{-1} = e^{-A} $$",
        r"For real $a$, $$ \frac{d}{da}(\max(2a, a+a) + a) = 3 $$",
        r"For real $x$ and $y$, $$ \sqrt{x^2 y} = |x|\sqrt{y} $$",
        r"For real $a$, $$ \max(a, 40) + \min(a, 40) = a + 40 $$",
        r"Let $y \in \{0,1\}^n$. $$ \sum_i y_i^2 = \sum_i y_i $$",
        r"Let $B \in \{0, 1\}^{n\times m}$. $$ \sum_{ij} B_{ij}^3 = \sum_{ij} B_{ij} $$",
    ],
)
def test_what_is_true_is_accepted(text: str) -> None:
    assert verdict(text) in ("proved", "confirmed")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (r"For real $x$, $$ \operatorname{sign}(x)^2 = 1 $$", "except at single points"),
        (r"For real $x$, $$ \operatorname{sign}(x) x = |x| $$", ""),
    ],
)
def test_single_points_are_said_to_be_exceptions(text: str, said: str) -> None:
    (found,) = gw.check(text).relations
    assert (found.verdict in ("confirmed", "proved"), found.reason) == (True, said)
