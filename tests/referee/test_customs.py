"""What real documents write and define elsewhere, or nowhere: each is read, and its damaged twin is never called true."""

from __future__ import annotations

import pytest

import gradwright as gw

GOOD = {"proved", "confirmed"}


def last(text: str) -> str:
    return gw.check(text).relations[-1].verdict


PAIRS = {
    "a bold letter of another file": (
        r"$$f(\vx) = \vx^\top \mA \vx$$ $$\nabla_{\vx} f = (\mA + \mA^\top) \vx$$",
        (r"(\mA + \mA^\top) \vx$$", r"2 \mA \vx$$"),
    ),
    "a sum and a variance by customary names": (
        r"For all $X$: $$\V{X} = \E{X^2} - \E{X}^2$$",
        (r"- \E", r"+ \E"),
    ),
    "bold letters by \\MA and an expectation of words": (
        r"""Let $v$ be a random vector and $A$ a constant matrix.
        $$\mathbb{E}[A v (A v)^\top] = A \, \mathbb{E}[v v^\top] A^\top$$""",
        (r"] A^\top$$", r"] A$$"),
    ),
    "a mean that is defined": (
        r"Let $m = \mathbb{E}[x]$. $$\mathbb{E}[(x - m)^2] = \mathbb{E}[x^2] - m^2$$",
        (r"- m^2$$", r"+ m^2$$"),
    ),
    "a sum that counts from 0": (
        r"For all $n$ and $r$: $$\sum_{i=0}^{n-1} r^i = \frac{1 - r^n}{1 - r}$$",
        (r"1 - r^n", r"1 + r^n"),
    ),
    "sums without end": (
        r"For all $x$, $y$: $$\sum_{i=1}^\infty (a x_i + y_i) = a \sum_{i=1}^\infty x_i + \sum_{i=1}^\infty y_i$$",
        (r"+ \sum_{i=1}^\infty y_i$$", r"- \sum_{i=1}^\infty y_i$$"),
    ),
    "x_0 is a name": (
        r"$$s(a) = \sum_{i=1}^n (y_i - a_0 - a_1 x_i)^2$$ $$\frac{\partial s}{\partial a_0} = -2 \sum_{i=1}^n (y_i - a_0 - a_1 x_i)$$",
        (r"= -2 \sum", r"= 2 \sum"),
    ),
    "fractions by \\over and binomials": (
        r"For all $n$, $k$: $$\binom{n}{k} = {n! \over k! (n - k)!}$$",
        (r"k! (n", r"(n"),
    ),
    "an indicator in round brackets": (
        r"$$\frac{\partial}{\partial x} \max(x, y) = 1(x >= y)$$",
        (r"1(x >= y)", r"1(y >= x)"),
    ),
    "words as names": (
        r"Let $score = query^\top key$ with vectors $query$ and $key$. $$\frac{\partial score}{\partial query} = key$$",
        (r"= key$$", r"= query$$"),
    ),
    "a law that depends on what is differentiated in": (
        r"$$\nabla_\theta P_\theta(x) = P_\theta(x) \nabla_\theta \log P_\theta(x)$$",
        (r"= P_", r"= 2 P_"),
    ),
    "what is true whatever the symbol is": (
        r"$$q = \oint p$$ For all $q$: $$(q + 1)^2 = q^2 + 2 q + 1$$",
        (r"2 q + 1$$", r"2 q - 1$$"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", PAIRS)
def test_the_right_one_holds_and_the_damaged_one_does_not(kind: str) -> None:
    text, (old, new) = PAIRS[kind]
    assert old in text
    assert last(text) in GOOD
    assert last(text.replace(old, new)) not in {*GOOD, "definition"}


def test_what_is_taken_for_granted_is_said() -> None:
    report = gw.check(r"$$f(\vx) = \vx^\top \vx$$")
    assert any(said.startswith(r"\vx, which is not defined here") for said in report.facts)


def test_a_macro_of_the_document_is_never_overridden() -> None:
    text = r"\newcommand{\vx}{y} $y = z^2$, and then $$\frac{d \vx}{d z} = 2 z$$"
    report = gw.check(text)
    assert report.relations[-1].verdict in GOOD
    assert not report.facts


def test_an_unknown_command_says_what_to_give() -> None:
    assert "--macros" in gw.check(r"$$y = \foo x$$").relations[0].reason


@pytest.mark.parametrize("text", [
    r"$$\sum_{k=0}^\infty p^k = \frac{1}{1 - p}$$",
    r"$$\Pr{A \cap B} = \Pr{A} \Pr{B}$$",
    r"$$x_0 + \sum_{i=1}^n x_i = 2 \sum_{i=1}^n x_i$$",
    r"矩阵乘积并不满足交换律（$AB = BA$ 的情况并非总是满足），其中 $A$ 和 $B$ 是矩阵，这一点对于所有的人来说都很重要。",
])  # fmt: skip
def test_what_cannot_be_decided_is_not_refuted(text: str) -> None:
    assert gw.check(text).summary["refuted"] == 0


def test_what_a_letter_is_applied_to_belongs_to_its_fraction() -> None:
    text = "$ K = integral q(theta) log p(X, theta)/q(theta) d theta $\n"
    (relation,) = gw.check(text, path="a.typ").relations
    assert r"\frac{p(X, \theta )}{q(\theta )}" in relation.right
