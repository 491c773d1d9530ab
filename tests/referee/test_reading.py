"""What documents write, feature by feature: a relation that is true, and its damaged twin that is false."""

from __future__ import annotations

import pytest

import gradwright as gw

GOOD = {"definition", "proved", "confirmed"}


def bad(text: str) -> list[tuple[str, str, str]]:
    return [(r.verdict, r.right, r.said()) for r in gw.check(text).relations if r.verdict not in GOOD]


PAIRS = {
    "many vectors under one letter": (
        r"""With weights $w \in \mathbb{R}^d$ and points $x_1, \dots, x_n \in \mathbb{R}^d$ let
        $$E = \frac{1}{2} \sum_{i=1}^n (w^\top x_i - t_i)^2 .$$
        $$\nabla_w E = \sum_{i=1}^n (w^\top x_i - t_i) x_i$$""",
        (r"- t_i) x_i$$", r"+ t_i) x_i$$"),
    ),
    "rows of a matrix": (
        r"""The rows of $\mathbf X$ are the points $\mathbf x_n^\top$.
        $$\mathbf X^\top \mathbf X = \sum_n \mathbf x_n \mathbf x_n^\top$$
        $$\mathbf X^\top \mathbf y = \sum_n y_n \mathbf x_n$$
        $$\frac{\partial}{\partial \mathbf w} \sum_n (\mathbf w^\top \mathbf x_n)^2 = 2 \sum_n \mathbf x_n \mathbf x_n^\top \mathbf w$$""",
        (r"= 2 \sum_n", r"= \sum_n"),
    ),
    "samples by a superscript": (
        r"""For one sample $z = w^T x$ and $h = \frac{1}{1 + e^{-z}}$; over all of them
        $$J = -\sum_{i=1}^m y^{(i)} \log h^{(i)} + (1 - y^{(i)}) \log (1 - h^{(i)})$$
        $$\frac{\partial J}{\partial w_j} = \sum_{i=1}^m (h^{(i)} - y^{(i)}) x_j^{(i)}$$""",
        (r"(h^{(i)} - y^{(i)}) x", r"(y^{(i)} - h^{(i)}) x"),
    ),
    "letters that are parts of names": (
        r"""$$f_t = \sigma(W_f x_t + U_f h_{t-1} + b_f)$$ with the sigmoid function $\sigma$,
        $$c_t = f_t \odot c_{t-1} + i_t \odot g_t, \qquad h_t = o_t \odot \tanh(c_t)$$
        $$\frac{\partial E}{\partial o_t} = \frac{\partial E}{\partial h_t} \odot \tanh(c_t)$$
        $$\frac{\partial E}{\partial c_t} = \frac{\partial E}{\partial h_t} \odot o_t \odot (1 - \tanh^2(c_t))$$""",
        (r"(1 - \tanh^2", r"(1 + \tanh^2"),
    ),
    "a square as a symbol": (
        r"""$$\mu = \frac{1}{n} \sum_{i=1}^n x_i, \qquad \sigma^2 = \frac{1}{n} \sum_{i=1}^n (x_i - \mu)^2, \qquad
        y_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}}$$
        $$\frac{\partial \sigma^2}{\partial x_j} = \frac{2}{n} (x_j - \mu)$$
        $$\frac{\partial L}{\partial \sigma^2} = -\frac{1}{2} \sum_i \frac{\partial L}{\partial y_i} (x_i - \mu) (\sigma^2 + \epsilon)^{-3/2}$$""",
        (r"= -\frac{1}{2} \sum_i", r"= \frac{1}{2} \sum_i"),
    ),
    "an expectation by its law": (
        r"""$$J(\theta) = \mathbb{E}_{a \sim \pi_\theta}[r(a)] = \sum_a \pi_\theta(a) r(a)$$
        $$\nabla_\theta J(\theta) = \sum_a \pi_\theta(a) \nabla_\theta \log \pi_\theta(a) r(a)$$""",
        (r"\nabla_\theta \log \pi_\theta(a) r(a)$$", r"\nabla_\theta \pi_\theta(a) r(a)$$"),
    ),
    "an ellipsis": (
        r"""Let $s = x_1 + x_2 + \dots + x_n$. $$\frac{\partial}{\partial x_k} s^2 = 2 \sum_i x_i$$""",
        (r"= 2 \sum_i x_i", r"= 2 x_k"),
    ),
    "a vector by its entries": (
        r"""Let $\phi(x) = (x_1^2, \sqrt{2} x_1 x_2, x_2^2)^T$.
        $$\phi(x)^T \phi(z) = x_1^2 z_1^2 + 2 x_1 x_2 z_1 z_2 + x_2^2 z_2^2 = (x_1 z_1 + x_2 z_2)^2$$""",
        (r"+ 2 x_1 x_2", r"+ x_1 x_2"),
    ),
    "an evaluation bar": (
        r"""$$\frac{d}{dx} x^3 \Big|_{x = 2} = 12$$""",
        ("= 12", "= 6"),
    ),
    "Kronecker products": (
        r"""$$(\mathbf A \otimes \mathbf B)(\mathbf C \otimes \mathbf D) = (\mathbf A \mathbf C) \otimes (\mathbf B \mathbf D)$$
        $$\mathrm{vec}(\mathbf A \mathbf X \mathbf B) = (\mathbf B^\top \otimes \mathbf A) \mathrm{vec}(\mathbf X)$$""",
        (
            r"(\mathbf A \mathbf C) \otimes (\mathbf B \mathbf D)",
            r"(\mathbf A \mathbf D) \otimes (\mathbf B \mathbf C)",
        ),
    ),
    "the Hessian": (
        r"""Let $f(\mathbf x) = \frac12 \mathbf x^\top \mathbf A \mathbf x$ with $\mathbf A$ symmetric.
        The matrix $\mathbf A$ is symmetric.
        $$\nabla f(\mathbf x) = \mathbf A \mathbf x, \qquad \nabla^2 f(\mathbf x) = \mathbf A$$""",
        (r"\nabla^2 f(\mathbf x) = \mathbf A", r"\nabla^2 f(\mathbf x) = 2 \mathbf A"),
    ),
    "the summation convention": (
        r"""Repeated indices are summed. Let $y_i = W_{ij} x_j$.
        $$\frac{\partial}{\partial x_k} (y_i y_i) = 2 y_i W_{ik}$$""",
        (r"W_{ik}$$", r"W_{ki}$$"),
    ),
    "a sign at the end of a row and before the next": (
        r"""$$(a - b)^3 = a^3 - 3 a^2 b + \\ + 3 a b^2 - b^3$$ \begin{multline} (a + b)^2 = \\ = a^2 + 2ab + b^2 \end{multline}
        $$(a - b)^2 = a^2 - \\ - 2 a b + b^2 = $$ $$ = b^2 - 2 a b + a^2$$""",
        (r"= b^2 - 2 a b", r"= b^2 + 2 a b"),
    ),
    "bounds that are indices or before the end": (
        r"""Let $q = \sum_{j=1}^{n} \sum_{i=1}^{j-1} s_i s_j$. Then $q = \sum_{i=1}^{n-1} \sum_{j=i+1}^{n} s_i s_j$.
        $$2 q = \left(\sum_i s_i\right)^2 - \sum_i s_i^2, \qquad q = \sum_{j=1}^{n} \sum_{i=1}^{j} s_i s_j - \sum_i s_i^2$$""",
        (r"{j} s_i s_j - \sum", r"{j} s_i s_j + \sum"),
    ),
    "indices after a transpose": (
        r"""With vectors $x_1, \dots, x_n$ and numbers $y_t$ let $E = \frac12 \sum_{t=1}^n (x^\top_t w - y_t)^2$.
        $$\nabla_w E = \sum_t x_t (x_t^{\top} w - y_t), \qquad \sum_t y^2_t = \sum_t y_t^2$$""",
        (r"(x_t^{\top} w - y_t)", r"(x_t^{\top} w + y_t)"),
    ),
    "columns with semicolons": (
        r"""Let $\mathbf{x} = (x_1; x_2; \dots; x_d)$ and $c = [1; 2]$, $e = [s; t]$. Then $c^\top e = s + 2 t$ and
        $$\mathbf{w}^\top \mathbf{x} = w_1 x_1 + w_2 x_2 + \dots + w_d x_d$$""",
        (r"= s + 2 t", r"= 2 s + t"),
    ),
    "commands that are words or spaces": (
        r"""$$\begin{aligned} & \because y = a \: x + b \; c \\ & \therefore y^2 = a^2\,x^2 + 2 a \! b c x + b^2 c^2 \end{aligned}$$
        $$y = a x + b c \implies \frac{dy}{\partial x} = a, \qquad \frac{\partial y}{d x} = a$$""",
        (r"a^2\,x^2", r"a\,x^2"),
    ),
    "a fraction as a script": (
        r"""For $x > 0$ we have $(4 x)^\frac{3}{2} = 8 x^\frac32 = 8 x \cdot x^\sqrt{\frac14}$.""",
        (r"= 8 x^", r"= 6 x^"),
    ),
    "products one after the other": (
        r"""$$\prod_{i=1}^m a_i \prod_{j=1}^n b_j = \Big(\prod_{i=1}^m a_i\Big) \Big(\prod_{j=1}^n b_j\Big), \quad
        \prod_{i=1}^m \prod_{j=1}^n e^{w_{ij}} \prod_{i=1}^m e^{2 a_i} = \exp\Big(\sum_{i,j} w_{ij} + 2 \sum_i a_i\Big)$$
        $$\prod_{i=1}^m e^{a_i} \prod_{j=1}^n e^{w_{ij}} = \exp\Big(\sum_i a_i + \sum_{i,j} w_{ij}\Big)$$""",
        (r"+ 2 \sum_i a_i", r"+ \sum_i a_i"),
    ),
    "an inverse function": (
        r"""Define $g(t) = \log \frac{t}{1-t}$ for $t \in (0, 1)$, with the inverse $g^{-1}(t) = \frac{1}{1+e^{-t}}$.
        $$g^{-1}(g(t)) = t, \qquad g(g^{-1}(t)) = t, \qquad g^{-1}(0) = \frac12$$ Also $\sigma^{-1}(1 - \sigma) = \sigma^{-1} - 1$.""",
        (r"g^{-1}(0) = \frac12", r"g^{-1}(0) = \frac13"),
    ),
    "kinds in brackets above a symbol": (
        r"""The state is $u_{k+1}^{(t)} = M_k u_k^{(t)} + \xi_{k+1}^{(p)}$ and its forecast $u_{k+1}^{(b)} = M_k u_k^{(a)}$.
        $$\xi_{k+1}^{(b)} = u_{k+1}^{(t)} - u_{k+1}^{(b)} = M_k (u_k^{(t)} - u_k^{(a)}) + \xi_{k+1}^{(p)}$$
        With $z^{(f)} = W x^{(f)}$ and $z^{(g)} = W x^{(g)}$ we have $z^{(f)} + z^{(g)} = W (x^{(f)} + x^{(g)})$.""",
        (r"= W (x^{(f)} + x^{(g)})", r"= W (x^{(f)} - x^{(g)})"),
    ),
    "a diagonal matrix by its entries": (
        r"""Let $W = \operatorname{diag}(w_1, \ldots, w_n)$ and $G = \operatorname{diag}(a, b, c)$. Then $(W x)_i = w_i x_i$,
        $\operatorname{tr} W = \sum_i w_i$, $\operatorname{tr} G = a + b + c$ and $\det G = a b c$.""",
        (r"= a + b + c", r"= a + b - c"),
    ),
    "a number d below a line": (
        r"""With $r = \sqrt{\frac1d \sum_{i=1}^d x_i^2}$ we have $\frac{\partial r}{\partial x_j} = \frac{x_j}{d r}$ and $\frac{dr}{d x_j} = \frac{1}{d r} x_j$.""",
        (r"\frac{x_j}{d r}", r"\frac{x_j}{r}"),
    ),
    "a function of two capitals": (
        r"""Let $FL(p) = -(1-p)^g \log p$. Then $FL'(p) = g (1-p)^{g-1} \log p - \frac{(1-p)^g}{p}$.""",
        (r"- \frac{(1-p)^g}{p}", r"+ \frac{(1-p)^g}{p}"),
    ),
    "a gradient at a place": (
        r"""Let $f(x) = \|A x - b\|^2 + x^\top x_0$. Then $\nabla f(x_0) = 2 A^\top (A x_0 - b) + x_0$ and $\nabla f(0) = x_0 - 2 A^\top b$.
        $$\nabla f(x^*) = 2 A^\top (A x^* - b) + x_0, \qquad \nabla f(u + v) = 2 A^\top (A u + A v - b) + x_0$$""",
        (r"= x_0 - 2", r"= 2 x_0 - 2"),
    ),
    "a gradient along a direction": (
        r"""Let $f(x) = b^\top x + x^\top x$. Then $\nabla f(x)^\top d = b^\top d + 2 x^\top d$ and $\nabla f^\top d = b^\top d + 2 d^\top x$.
        $$\nabla_x f(x)^T d = (b + 2 x)^T d$$ Let $h$ be smooth and $u(t) = h(x_0 + t d)$. Then $u'(0) = \nabla h(x_0)^\top d$.
        $$\nabla_x x^T A x = (A + A^T) x, \qquad \nabla_x c^T x = c$$""",
        (r"= (b + 2 x)^T d", r"= (b + x)^T d"),
    ),
    "gradients written with d": (
        r"""We write $dZ = \frac{\partial L}{\partial Z}$, where $Z = X W$.
        $$dW = X^\top dZ, \qquad dX = dZ \, W^\top$$""",
        (r"= X^\top dZ", r"= X dZ"),
    ),
    "one symbol alone in brackets": (
        r"""Let $s(u) = u^2 + 1$. $$s(a) s(b) - s(b) = a^2 s(b)$$""",
        ("= a^2 s(b)", "= a s(b)"),
    ),
    "a function of numbers on a vector": (
        r"""Let $\sigma(u) = 1 / (1 + e^{-u})$ and $g(u) = u \sigma(u)$; $a = W x$ and $h = g(a) \odot b$.
        $$\frac{\partial L}{\partial b} = \frac{\partial L}{\partial h} \odot g(a)$$
        $$\frac{\partial L}{\partial a} = \frac{\partial L}{\partial h} \odot b \odot g'(a)$$""",
        (r"\odot g(a)$$", r"\odot g'(a)$$"),
    ),
    "a maximum over an index": (
        r"""Let $m = \max_v z_v$. $$\log \sum_v e^{z_v} = m + \log \sum_v e^{z_v - m}$$""",
        (r"= m +", r"= -m +"),
    ),
    "a logarithm to a base": (r"""$$\log_2 8 = 3$$""", ("= 3", "= 2")),
    "a Gaussian density": (
        r"""$$\log \mathcal{N}(x \mid \mu, s) = -\frac{1}{2} \log(2 \pi s) - \frac{(x - \mu)^2}{2 s}$$""",
        (r"{2 s}$$", r"{s}$$"),
    ),
    "the entry of a class": (
        r"""With scores $f_k$ and the class $y_i$ of an example,
        $$p_k = \frac{e^{f_k}}{\sum_j e^{f_j}} \hspace{1in} L_i = -\log\left(p_{y_i}\right)$$
        $$L_i = -f_{y_i} + \log \sum_j e^{f_j}$$
        $$\frac{\partial L_i}{\partial f_k} = p_k - \mathbb{1}(y_i = k)$$""",
        (r"= p_k - \mathbb", r"= p_k + \mathbb"),
    ),
    "letters before indices that are parts of names": (
        r"""\begin{align} W_h = \begin{bmatrix} w_{h11} & w_{h12} \\ w_{h21} & w_{h22} \end{bmatrix} && s = w_{h12} w_{h21}
        \end{align}
        $$\det(W_h) = w_{h11} w_{h22} - s$$ and $h_{11} = 1$.""",
        (r"w_{h22} - s", r"w_{h22} + s"),
    ),
    "capitals above a symbol": (
        r"""$$\Sigma^F = \Sigma - K G \Sigma$$ $$A \Sigma^F A^\top = A \Sigma A^\top - A K G \Sigma A^\top$$""",
        (r"- A K G", r"+ A K G"),
    ),
    "a gradient that words name": (
        r"""Let $\mathbf{q}, \mathbf{k} \in \mathbb{R}^d$ and $\mathbf{o} = c \, \mathbf{q} \odot \mathbf{k}$ with a number $c$.
        Let $\mathbf{do}$ be the gradient of the loss in $\mathbf{o}$. The gradient for $\mathbf{q}$ is
        $$\mathbf{dq} = c \, \mathbf{do} \odot \mathbf{k} .$$""",
        (r"= c \, \mathbf{do}", r"= -c \, \mathbf{do}"),
    ),
    "a primed letter that is another one": (
        r"""Write $\theta'$ for the new parameters. At $\theta' = \theta$ the penalty vanishes, and
        $$\nabla_{\theta'} (\theta' - \theta)^\top (\theta' - \theta) = 2 (\theta' - \theta) .$$""",
        (r"= 2 (\theta'", r"= (\theta'"),
    ),
    "the chain rule of matrices": (
        r"""Let $Z = X Y$ for matrices. $$\frac{\partial L}{\partial X} = \frac{\partial L}{\partial Z} \frac{\partial Z}{\partial X} = \frac{\partial L}{\partial Z} Y^T$$""",
        (r"Y^T$$", r"Y$$"),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_what_is_true_is_read_and_holds(name: str) -> None:
    assert bad(PAIRS[name][0]) == []


@pytest.mark.parametrize("name", PAIRS)
def test_its_damaged_twin_is_not_accepted(name: str) -> None:
    text, (old, new) = PAIRS[name]
    assert text.count(old) == 1
    assert any(verdict in ("refuted", "needs") for verdict, *_ in bad(text.replace(old, new)))


HEADS = (
    r"\text{If } i \neq j, \quad {}", r"\text{For } i \ne j: {}", r"\text{Case } i \neq j:\; & {}", r"\text{when } i \ne j, {}",
    r"\forall i \neq j: \quad {}", r"\text{if } i \neq j \text{ then } {}", r"& \text{if } i \neq j: \\ & {}",
    r"& {} \\ & \text{for } i \neq j", r"\text{for all } i, j \text{ with } i \neq j: \quad {}",
)  # fmt: skip
"""A display that begins, or ends, with its condition."""


@pytest.mark.parametrize("head", HEADS)
def test_a_display_that_begins_with_its_condition_is_read(head: str) -> None:
    claim = r"\frac{\partial p_i}{\partial z_j} = - p_i p_j"
    said = r"Let $q = a + b$ and $p_c = e^{z_c}/\sum_d e^{z_d}$." + "\n\n"
    for written, verdict in ((claim, "proved"), (claim.replace("- p", "p"), "refuted")):
        text = said + r"$$\begin{aligned} " + head.replace("{}", written) + r" \end{aligned}$$"
        assert [r.verdict for r in gw.check(text).relations] == ["definition", "definition", verdict]


def test_a_display_goes_on_with_the_display_alone() -> None:
    said = r"where $q = a + b$. $$\begin{aligned} \text{If } x > 0, \quad u(x) &= (x + 1)^2 \\ &= x^2 + 2x + 1 \end{aligned}$$"
    assert [r.verdict for r in gw.check(said).relations] == ["definition", "definition", "proved"]
    (_, second) = gw.check("where $q = a + b$. It follows that $$= a^2$$").relations
    assert (second.verdict, second.left) == ("unread", "=")


def test_a_definition_after_where_is_one() -> None:
    report = gw.check(r"$$\text{where } \quad g = p + 1, \quad \text{and } (g - 1)^2 = p^2$$")
    assert [r.verdict for r in report.relations] == ["definition", "proved"]


def test_what_follows_from_a_condition_is_no_claim_about_everything() -> None:
    report = gw.check(
        r"""Let $J(w) = (w - a)^2 + \lambda w^2$. Setting its derivative to zero,
        $$\frac{dJ}{dw} = 2 (w - a) + 2 \lambda w = 0$$ so that $$w = \frac{a}{1 + \lambda} .$$"""
    )
    assert [r.verdict for r in report.relations] == ["definition", "proved", "definition", "confirmed"]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (r"$$\mathbb{E}[a X + b] = a \mathbb{E}[X] + b$$", "confirmed"),
        (r"$$\mathbb{E}[X Y] = \mathbb{E}[X] \mathbb{E}[Y]$$", "unread"),
        (r"$$\mathrm{Var}(x) = \mathbb{E}[x^2] - (\mathbb{E}[x])^2$$", "proved"),
        (r"$$\int f(x) (a + x) \, dx = a \int f(x) \, dx + \int x f(x) \, dx$$", "confirmed"),
        (r"$$\int_0^1 x^2 \, dx = \frac{1}{3}$$", "unread"),
    ],
)
def test_expectations_and_integrals_are_followed_by_linearity_alone(text: str, verdict: str) -> None:
    found = gw.check(text).relations[-1].verdict
    assert found == verdict or (verdict != "unread" and found in GOOD)


def test_symbols_that_nothing_relates_are_no_ground_to_refute() -> None:
    text = r"Of the points, $\mathbf a$ is old and $\mathbf c$ is new. $$\mathbf a^\top \mathbf b = \mathbf c^\top \mathbf b$$"
    (relation,) = gw.check(text).relations
    assert relation.verdict == "unread"
    assert "related" in relation.reason


def test_a_set_a_range_and_an_optimum_say_what_a_name_stands_for() -> None:
    text = r"$B = \{x_1, \dots, x_m\}$ and $c = 1 \ldots C$ and $$w^* = \arg\min_w L(w)$$"
    assert {r.verdict for r in gw.check(text).relations} == {"definition"}


SAMPLES = r"""With the sigmoid $\sigma$, let $\mathbf{v}_c$ be the centre vector and $\mathbf{u}_o$ the outside vector, and $\mathbf{u}_1,\ldots,\mathbf{u}_K$ samples, with
$$J = -\log\sigma(\mathbf{u}_o^\top \mathbf{v}_c) - \sum_{k=1}^K \log \sigma(-\mathbf{u}_k^\top \mathbf{v}_c).$$
Then $$\frac{\partial J}{\partial \mathbf{u}_o} = (\sigma(\mathbf{u}_o^\top\mathbf{v}_c) - 1)\mathbf{v}_c.$$
"""


def test_letters_that_nothing_binds_may_be_labels() -> None:
    assert gw.check(SAMPLES).summary["refuted"] == 0
    assert gw.check(SAMPLES.replace("- 1)", "+ 1)")).summary["refuted"] == 1


APART = r"""# Points
Let $x \in \mathbb{R}^n$ and $$f(x) = x^\top A x .$$

# Gates
For two numbers $$g(y, z) = y z, \qquad \frac{\partial g}{\partial y} = z .$$

# Vectors
$$y^\top z = z^\top y$$
"""


def test_what_a_letter_is_in_another_section_does_not_count_in_this_one() -> None:
    report = gw.check(APART)
    assert report.summary["unread"] == 0
    assert gw.check(APART.replace("= z .", "= y .")).summary["proved"] == report.summary["proved"] - 1


def test_a_matrix_of_blocks_is_a_matrix() -> None:
    blocks = r"""Let $A, B, Q$ be $n \times n$ matrices.
    $$L = \begin{bmatrix} I & B Q^{-1} B^\top \\ 0 & A^\top \end{bmatrix}$$ $$M = L^{-1}, \qquad L M = I, \qquad M L = L^2$$"""
    assert [r.verdict for r in gw.check(blocks).relations] == ["definition", "definition", "proved", "unread"]


def test_blocks_have_to_fit() -> None:
    text = r"Let $A \in \mathbb{R}^{n \times m}$ and $C \in \mathbb{R}^{k \times m}$. $$L = \begin{bmatrix} A & C \end{bmatrix}$$"
    (relation,) = gw.check(text).relations
    assert relation.verdict == "unread"
    assert "fit" in relation.reason


def test_what_rests_on_a_meaning_that_is_not_understood_is_any_value() -> None:
    text = r"Let $$B = \lim_{t \to \infty} A_t, \qquad C = B^\top + B$$ $$C^\top = C$$"
    assert [r.verdict for r in gw.check(text).relations] == ["unread", "definition", "proved"]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (r"Here $\mathbf{v}$ is an eigenvector if $$A \mathbf{v} = \lambda \mathbf{v}$$", "definition"),
        (r"We want $P$ to satisfy $$P = R + A^\top P A$$", "definition"),
        (r"Here $Q$ is orthogonal, so that $$Q^2 = I$$", "needs"),
        (r"Note that $$A \mathbf{v} = \lambda \mathbf{v}$$", "unread"),
    ],
)
def test_a_condition_by_its_words_is_one(text: str, verdict: str) -> None:
    assert gw.check(text).relations[-1].verdict == verdict


@pytest.mark.parametrize(
    "text",
    [
        r"$$X = \begin{bmatrix} x_{11} & x_{12} \\ \vdots & \vdots \\ x_{N1} & x_{N2} \end{bmatrix}$$",
        r"$$c = \begin{bmatrix} c_0 & c_1 & \cdots & c_{N-1} \end{bmatrix}$$",
        r"$$p(x_i | z) = \mathcal{N}(x_i | a z + b, \sigma^2)$$",
        r"$$V^\pi(s) = \alpha H(\pi(\cdot|s))$$",
        r"$${\cal L} = .5 x^2$$",
        r"$$p(x | y) = \frac{p(y | x) p(x)}{p(y)}, \qquad p(y) = \int p(y | x) p(x) dx$$",
    ],
)
def test_what_gives_a_meaning_is_read(text: str) -> None:
    assert bad(text) == []


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (r"Suppose that $A$ and $B$ are both circulant matrices. Then $A B = B A$.", "unread"),
        (r"Suppose that $A$ and $B$ are both square matrices. Then $A B = B A$.", "refuted"),
        (r"An orthogonal matrix is one with $$A^\top A = A A^\top = I$$", "definition"),
        (r"The columns of $A$ are orthonormal, so $$A A^\top = I$$", "needs"),
        (r"The rows of $A$ are orthonormal. Then $$A^\top A = I$$", "unread"),
        (r"Let $A$ be a matrix with orthonormal rows. Then $$A^\top A = I$$", "unread"),
        (r"Let $n = m^2$ with an $n \times n$ matrix $M$. Here $n = 50^2$.", "definition"),
        (r"We take $w_r = w_x = 1$ first.", "definition"),
        (r"Two inputs may be identical, $x_i = x_j$.", "definition"),
        (r"$$\mathrm{logit}^{-1}(v) = \frac{1}{1 + \exp(-v)}$$", "confirmed"),
        (r"$$\mathrm{logit}^{-1}(v) = \frac{1}{1 + \exp(v)}$$", "refuted"),
        (r"$$f = a^2, \text{ use } d = a s$$", "definition"),
        (r"When $U$ is a complex valued matrix, $U^\top$ is its adjoint. $$(U V)^\top = V^\top U^\top$$", "proved"),
        (r"If $U$ is complex, $U^\top$ is its adjoint. $$(U V)^\top = U^\top V^\top$$", "refuted"),
        (r"Let $U$ be a complex matrix. $$(U V)^\top = V^\top U^\top$$", "unread"),
        (r"Let $u \in C$ be a level. $$(u + 1)^2 = u^2 + 2 u + 1$$", "proved"),
        (r"Let $u \in \mathbb{C}$. $$(u + 1)^2 = u^2 + 2 u + 1$$", "unread"),
    ],
)
def test_what_a_sentence_says_of_its_symbols_counts(text: str, verdict: str) -> None:
    assert gw.check(text).relations[-1].verdict == verdict


def test_a_symbol_by_itself_among_the_links_holds_the_others_fixed() -> None:
    text = r"""The state is $s_t = W s_{t-1} + U x_t$.
    $$\frac{\partial s_t}{\partial W} = \frac{\partial s_t}{\partial W}\frac{\partial W}{\partial W}
    + \frac{\partial s_t}{\partial s_{t-1}}\frac{\partial s_{t-1}}{\partial W}$$"""
    assert [r.verdict for r in gw.check(text).relations] == ["definition", "unread"]


@pytest.mark.parametrize(
    ("relation", "verdict"),
    [
        (r"\sum_{i=1}^{n-m+1} (c_i + 1)^2 = \sum_{i=1}^{n-m+1} (c_i^2 + 2 c_i + 1)", "proved"),
        (r"\sum_{i=1}^{n-m+1} (c_i + 1)^2 = \sum_{i=1}^{n-m+1} (c_i^2 + c_i + 1)", "unread"),
        (r"\sum_{i=1}^{n-1} a_i = a_1 + \sum_{i=2}^{n-1} a_i", "confirmed"),
        (r"\sum_{i=1}^{n-1} a_i = \sum_{i=1}^{n} a_i", "unread"),
    ],
)
def test_of_a_sum_to_fewer_places_only_what_holds_for_any_length_is_said(relation: str, verdict: str) -> None:
    assert [r.verdict for r in gw.check(f"$${relation}$$").relations] == [verdict]


def test_two_numbers_side_by_side_are_no_product() -> None:
    (relation,) = gw.check("$$x = 8 1 + 2$$").relations
    assert relation.verdict == "unread"
    assert "side by side" in relation.reason


@pytest.mark.parametrize(
    "text",
    [
        r"""Let $z_k = b_k + \sum_j w_{jk} x_j$, $a_k = g_k(z_k)$ and $E = \frac12 \sum_k (a_k - t_k)^2$.
        $$\frac{\partial E}{\partial w_{jk}} = (a_k - t_k) g_k'(z_k) x_j = (a_k - t_k) g'_k(z_k) x_j$$""",
        r"""$$a^{\langle t \rangle} = \tanh(w a^{\langle t-1 \rangle} + u x^{<t>} + b)$$
        $$\frac{\partial a^{\langle t \rangle}}{\partial b} = 1 - \tanh^2(w a^{\langle t-1 \rangle} + u x^{<t>} + b)$$""",
        r"""The family has $L(\eta) = \eta t - \CGF(\eta)$, so $L(\eta) + \CGF(\eta) = \eta t$.""",
        r"""$$J(\theta) = \text{loss}(y, \theta) + \lambda \theta^2$$ so that $$J(\theta) - \text{loss}(y, \theta) = \lambda \theta^2$$""",
        r"""$$\ell(\phi) = \sum_{i=1}^m 1\{y_i = 1\} \log \phi + \sum_{i=1}^m 1\{y_i = 0\} \log(1 - \phi)$$
        $$\ell'(\phi) = \frac{1}{\phi} \sum_{i=1}^m 1\{y_i = 1\} - \frac{1}{1 - \phi} \sum_{i=1}^m 1\{y_i = 0\}$$""",
        r"""For $\mathbf A, \mathbf B \in \mathbb{R}^{n \times n}$: $\mathbf A \mathbf B = \sum_k A_{ik} B_{kj}$""",
        r"""$$\frac{\partial}{\partial t}\left|t\right| = \left\{\begin{array}{cc} {1} & {t>0} \\ {-1} & {t<0} \end{array}\right.$$""",
        r"""Let $f(x) = x^2 + 1$. In many dimensions $f(\mathbf x) = \frac12 \mathbf x^\top \mathbf P \mathbf x$ with
        $\mathbf P$ symmetric, and $\nabla f(\mathbf x) = \mathbf P \mathbf x$.""",
        r"""$$\begin{aligned} L(\alpha) &= \alpha_1 + \alpha_2 \\ &- \tfrac12 \left\{\alpha_1^2 \right. \\ & + \\
        & \left. \alpha_1 \alpha_2 \right\} \end{aligned}$$""",
        r"""For test points $x_{test}$ let $y_i = w^\top x_i$ and $\hat y = w^\top x_{test}$, where
        $w, x_i, x_{test} \in \mathbb{R}^n$. $$\hat y - y_i = w^\top (x_{test} - x_i)$$""",
    ],
)
def test_it_is_read(text: str) -> None:
    assert bad(text) == []
