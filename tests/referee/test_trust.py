"""Pairs of a true claim and a damaged one: the true one is never refuted, the damaged one never held to be true."""

from __future__ import annotations

import pytest

import gradwright as gw

GOOD = ("proved", "confirmed")


def last(text: str) -> str:
    return gw.check(text).relations[-1].verdict


QUADRATIC = r"$f = x^\top A x$, where $A$ is symmetric. "
LOGISTIC = r"Let $z \in \mathbb{R}$ and $L = -y \log \sigma(z) - (1-y)\log(1-\sigma(z))$. "
SQUASHED = r"We write $\sigma' = \sigma(1-\sigma)$. Let $u = w x$ and $a = \sigma(u)$. "
WEIGHTED = (
    r"Let $A \in \mathbb{R}^{m \times n}$, $x \in \mathbb{R}^n$, $b \in \mathbb{R}^m$, "
    r"$W \in \mathbb{R}^{m \times m}$ symmetric, and $f(x) = (A x - b)^\top W (A x - b)$. "
)
WORDS = r"With $p_o = \frac{\exp(u_o^\top v)}{\sum_w \exp(u_w^\top v)}$ and $J = -\log p_o$, "
CLASSES = r"Let $p_k = \frac{e^{s_k}}{\sum_j e^{s_j}}$ and $L = -\log p_y$. "
SECTIONS = "# One\n\nLet $f = x^2$.\n\n# Two\n\n$f = x^3$, and "
LAYERS = (
    r"Let $X \in \mathbb{R}^{N \times D}$, $W_1 \in \mathbb{R}^{D \times H}$, $W_2 \in \mathbb{R}^{H \times C}$, "
    r"$S = X W_1 W_2$ and $R = \sum_i \sum_j W_{ij}^2$. "
)


@pytest.mark.parametrize(
    ("before", "true", "damaged"),
    [
        (QUADRATIC, r"$\nabla_x f = 2 A x$", r"$\nabla_x f = 2 A x^\top$"),
        (
            LOGISTIC,
            r"$\frac{\partial L}{\partial z} = \sigma(z) - y$",
            r"$\frac{\partial L}{\partial z} = \sigma(z) + y$",
        ),
        (
            SQUASHED,
            r"$\frac{\partial a}{\partial w} = \sigma(u)(1-\sigma(u)) x$",
            r"$\frac{\partial a}{\partial w} = \sigma(u)(1+\sigma(u)) x$",
        ),
        (WEIGHTED, r"$\nabla f(x) = 2 A^\top W (A x - b)$", r"$\nabla f(x) = A^\top W (A x - b)$"),
        (
            WORDS,
            r"$$\frac{\partial J}{\partial u_w} = p_w v, \quad w \ne o$$",
            r"$$\frac{\partial J}{\partial u_w} = -p_w v, \quad w \ne o$$",
        ),
        (
            CLASSES,
            r"$$\frac{\partial L}{\partial s_k} = p_k - \mathbb{1}(y = k)$$",
            r"$$\frac{\partial L}{\partial s_k} = p_k + \mathbb{1}(y = k)$$",
        ),
        (SECTIONS, r"$\frac{df}{dx} = 3 x^2$", r"$\frac{df}{dx} = 3 x$"),
        (
            LAYERS,
            r"$$\frac{\partial L}{\partial W_2} = W_1^\top X^\top \frac{\partial L}{\partial S}$$",
            r"$$\frac{\partial L}{\partial W_2} = X^\top W_1^\top \frac{\partial L}{\partial S}$$",
        ),
    ],
)
def test_the_true_one_holds_and_the_damaged_one_does_not(before: str, true: str, damaged: str) -> None:
    assert last(before + true) in GOOD
    assert last(before + damaged) not in GOOD


SHIFTED = r"Let $\mu = \frac1N \sum_i x_i$, $v = \frac1N \sum_i (x_i - 2 \mu)^2$ and $n_i = (x_i - \mu)/\sqrt{v}$. "


def test_a_direct_part_is_named_and_not_refuted() -> None:
    claim = r"$$\frac{\partial n_i}{\partial \mu} = -\frac{1}{\sqrt{v}}$$"
    relation = gw.check(SHIFTED + claim).relations[-1]
    assert (relation.verdict, relation.needs) == ("needs", ["∂ holds v fixed"])
    assert last(SHIFTED + claim.replace("= -", "= ")) == "refuted"


@pytest.mark.parametrize(
    "text",
    [
        r"Let $\ell = \max(0, 1 - y z)$, so $\frac{\partial \ell}{\partial z} = -y$ if $y z < 1$.",
        r"Let $\pi_a = \frac{e^{t_a}}{\sum_b e^{t_b}}$. Then $\log\pi = -\frac{(a-m)^2}{2 s^2} - \frac12\log 2\pi$.",
        r"With an activation $\sigma$, let $L = -y \log g - h \sigma(z)$. $$\frac{\partial L}{\partial z} = -h \sigma(z) (1 - h)$$",
        r"We have $y_{a1} = x^2$ and $y_{a2} = x^2 + 1$.",
    ],
)
def test_what_hangs_on_something_unsaid_is_not_refuted(text: str) -> None:
    assert "refuted" not in [r.verdict for r in gw.check(text).relations]
