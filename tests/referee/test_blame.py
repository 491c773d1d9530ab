"""Equations between free symbols: conditions are spared, claims are blamed, values and signs are supposed."""

from __future__ import annotations

import pytest

import gradwright as gw

GOOD = {"proved", "confirmed"}


def verdicts(text: str) -> list[str]:
    return [r.verdict for r in gw.check(text).relations]


@pytest.mark.parametrize(
    "text",
    [
        r"A matrix $H$ is called a reflection if $H^2 = I$.",
        r"Choose $a$ and $b$ with $a + b = 7$.",
        r"The matrix $X$ solves the equation $A X + X B = C$.",
        r"Minimise it subject to $C x = d$.",
        r"Its fixed points satisfy $F v = \mu v$.",
        r"We require $\alpha_1 x_1 = \alpha_2 x_2$.",
        r"$$ T u = f \iff u = T^{-1} f $$",
    ],
)
def test_a_condition_is_not_refuted(text: str) -> None:
    assert "refuted" not in verdicts(text)


@pytest.mark.parametrize(
    "text",
    [
        r"$$(a + b)^2 = a^2 + b^2$$",
        r"For every symmetric matrix $A$ we have $x^\top A^2 x = x^\top A x$.",
        r"Let $f(x) = x^3$. Then $f'(x) = x^2$.",
        r"Hence $\frac{3}{4} = 0.6$.",
        r"Let $q = a^2$. Then $\frac{\partial q}{\partial a} = a$.",
        r"Let $v = a^2 + b$, hence $v - b = a^2 + 1$.",
    ],
)
def test_what_is_no_condition_is_refuted(text: str) -> None:
    assert verdicts(text)[-1] == "refuted"


@pytest.mark.parametrize(
    ("text", "last"),
    [
        (r"Let $g = t \log r + (1 - t) \log(1 - r)$. If $t = 0$, then $g = \log(1 - r)$.", True),
        (r"Let $g = t \log r + (1 - t) \log(1 - r)$. If $t = 0$, then $g = \log r$.", False),
        (r"If $u < 0$, then $|u| = -u$.", True),
        (r"If $u < 0$, then $|u| = u$.", False),
        (r"Let $u > 0$. Then $\sqrt{u^2} = u$.", True),
        (r"Let $s \in \{-1, 1\}$. Then $s^3 = s$.", True),
        (r"With $k = 3$ and $m = 0.5$ the product is $k m = 1.5$.", True),
        (r"With $k = 3$ and $m = 0.5$ the product is $k m = 2.5$.", False),
    ],
)
def test_what_a_sentence_supposes_is_put_in(text: str, last: bool) -> None:
    verdict = verdicts(text)[-1]
    assert verdict in GOOD if last else verdict == "refuted"


@pytest.mark.parametrize(("shown", "right"), [("0.333", True), ("0.34", True), ("0.343", False), ("0.3333333", True)])
def test_decimals_hold_to_the_digits_shown(shown: str, right: bool) -> None:
    assert verdicts(rf"It is $\frac13 = {shown}$.") == (["confirmed"] if right else ["refuted"])


def test_a_condition_before_it_may_make_it_true() -> None:
    text = r"Let $\mathbf{p}$ and $\mathbf{q}$ be vectors with $\mathbf{p}^\top \mathbf{q} = 0$. "
    assert (
        verdicts(text + r"So $\|\mathbf{p} - \mathbf{q}\|^2 = \|\mathbf{p}\|^2 + \|\mathbf{q}\|^2$.")[-1] != "refuted"
    )
    wrong = r"For any $\mathbf{p}$, $\mathbf{q}$ we have $\|\mathbf{p} - \mathbf{q}\|^2 = \|\mathbf{p}\|^2 + \|\mathbf{q}\|^2$."
    assert verdicts(text + wrong)[-1] == "refuted"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (r"Let $B = W V$ with $W^\top W = I$. Then $B^\top B = V^\top V$.", "confirmed"),
        (r"Let $W$ have orthonormal columns. Then $W^\top W x = x$.", "confirmed"),
        (r"Let $W \in \mathbb{R}^{m \times n}$ with $W^\top W = I$ and $P = W W^\top$. Then $P^2 = P$.", "confirmed"),
        (r"For complex $w$ we have $|w|^2 = w^2$.", "unread"),
    ],
)
def test_facts_by_formulas_and_words(text: str, verdict: str) -> None:
    assert verdicts(text)[-1] == verdict
