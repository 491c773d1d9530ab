"""Solutions put back into the conditions they solve, and equations solved step by step."""

from __future__ import annotations

import pytest

import gradwright as gw


def last(text: str) -> tuple[str, str, str]:
    relation = gw.check(text).relations[-1]
    return relation.verdict, relation.reason, relation.slip


START = r"Let $M$ be symmetric positive definite and $g(\mathbf{u}) = \frac12 \mathbf{u}^\top M \mathbf{u} - \mathbf{c}^\top \mathbf{u}$. "
STATES = r"Let $P = \begin{pmatrix} 1-a & a \\ b & 1-b \end{pmatrix}$. The stationary distribution $\pi^\top P = \pi^\top$ is "


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (START + r"Setting the gradient to zero gives $$\mathbf{u} = M^{-1} \mathbf{c}.$$", "confirmed"),
        (START + r"Setting the gradient to zero gives $$\mathbf{u} = -M^{-1} \mathbf{c}.$$", "refuted"),
        (START + r"Its gradient vanishes at $$\hat{\mathbf{u}} = M^{-1} \mathbf{c}.$$", "confirmed"),
        (r"Let $h(x) = x^2 - 8 x$. Setting $h'(x) = 0$ we find $x = 4$.", "confirmed"),
        (r"Let $h(x) = x^2 - 8 x$. Setting $h'(x) = 0$ we find $x = 8$.", "refuted"),
        (START + r"The start is $$\mathbf{u} = 3 \mathbf{c}.$$", "definition"),
        (r"Let $h(r) = n \ln r - r s$. Setting $h'(\hat r) = 0$ we find $\hat r = \frac ns$.", "confirmed"),
        (r"Let $h(r) = n \ln r - r s$. Setting $h'(\hat r) = 0$ we find $\hat r = \frac sn$.", "refuted"),
        (r"Let $g(x) = x^2 - 4 x$ and $h = \frac{dg}{dx}$. Setting $h = 0$ gives $x = 2$.", "confirmed"),
        (r"Let $g(x) = x^2 - 4 x$ and $h = \frac{dg}{dx}$. Setting $h = 0$ gives $x = 4$.", "refuted"),
        (
            r"Let $b = Z^\top t$ and $q(v) = \|Z v - t\|^2$. Setting $\nabla q(v) = 0$ we get $v = (Z^\top Z)^{-1} b$.",
            "confirmed",
        ),
        (
            r"Let $f(c) = \sum_{i=1}^n (t_i - c)^2$. Setting $f'(c) = 0$ and writing $m = \frac1n \sum_i t_i$, we get $c = m$.",
            "confirmed",
        ),
        (r"Let $f(c) = \sum_{i=1}^n (t_i - c)^2$. Setting $f'(c) = 0$ gives $c = \bar t$.", "definition"),
        (STATES + r"$\pi = \begin{pmatrix} b \\ a \end{pmatrix}$.", "confirmed"),
        (STATES + r"$\pi = \begin{pmatrix} a \\ b \end{pmatrix}$.", "refuted"),
    ],
)
def test_a_solution_is_put_back(text: str, verdict: str) -> None:
    assert last(text)[0] == verdict


def test_the_slip_of_a_solution_is_named() -> None:
    verdict, reason, slip = last(START + r"Setting the gradient to zero gives $$\mathbf{u} = -M^{-1} \mathbf{c}.$$")
    assert verdict == "refuted"
    assert "put back" in reason
    assert "minus" in slip


MIXTURE = r"""Let $Q = -\frac12 \sum_{n=1}^N \sum_{k=1}^K r_{nk} \|x_n - m_k\|^2$. Then
$$\frac{\partial Q}{\partial m_k} = \sum_{n=1}^N r_{nk} (x_n - m_k).$$
Setting this to zero, $$m_k = \frac{\sum_{n=1}^N r_{nk} x_n}{\sum_{BELOW} r_{nk}}.$$"""


def test_an_index_that_a_sum_leaves_behind_solves_nothing() -> None:
    assert last(MIXTURE.replace("BELOW", "n=1}^{N"))[0] == "confirmed"
    assert last(MIXTURE.replace("BELOW", "k=1}^{K"))[:2] == ("refuted", "the index n stands outside its sum")


def test_a_solution_of_two_is_wrong_and_not_both() -> None:
    text = r"The stationary point of $f(x,y) = x^2 + xy + y^2 - 3x$ is $x = 1$, $y = -1$."
    assert [r.verdict for r in gw.check(text).relations] == ["definition", "refuted", "definition"]


ROOTS = r"Let $f(p) = k \ln p + (n - k) \ln(1 - p)$. Setting $f'(p) = 0$ gives "
EIGEN = r"Let $E(u, s) = u^\top C u + s (1 - u^\top u)$ with symmetric $C$. Setting $\frac{\partial E}{\partial u} = 0$ gives "


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (ROOTS + "$k (1 - p) = (n - k) p$.", "confirmed"),
        (ROOTS + "$k (1 + p) = (n - k) p$.", "refuted"),
        (EIGEN + "$C u = s u$.", "confirmed"),
        (EIGEN + "$C u = 2 s u$.", "refuted"),
        (EIGEN + "$u^\\top C u = s$.", "unread"),
        (r"The state solves $v = r + g P v$. Hence $(I - g P) v = r$.", "confirmed"),
        (r"The state solves $v = r + g P v$. Hence $(I + g P) v = r$.", "refuted"),
    ],
)
def test_an_equation_that_follows_has_the_solutions_of_the_condition(text: str, verdict: str) -> None:
    assert last(text)[0] == verdict


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
