"""Whatever is typed is read or refused with a ``gradwright.Error``, in little time: token soup and damaged formulas."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from random import Random

import pytest

from gradwright.core.errors import Error
from gradwright.read.reader import read

COUNT = int(os.environ.get("FUZZ", "0")) or 150
SECONDS = 5
TEXT = """
-sum_i(y[i]*log(p[i])) ; x'*A*x + b'*x ; norm2(W2*relu(W1*x + b1) + b2 - y)^2 ; sum(log(1 + exp(-y.*(X*w))))
A: n m; tr(A'*A) ; kron(a', eye(n))*X*b ; vec(kron(X, eye(n))) ; einsum("ij,jk->ik", A, B)
sum[i,j](A[i,j]*x[i]*delta[i,j]) ; tensor[i,j](x[i]*y[j]) ; p = softmax(o); -y'*log(p) ; where(x > 0, x, 0.1*x)
logdet(S) + tr(inv(S)*C) ; (x - mu)'*inv(S)*(x - mu) ; D(u, x)'*v ; ||A x - b||_2^2 + lambda*|x|
X.T @ (X @ w - y) / n ; np.sum(np.maximum(0, 1 - y*(X@w))) ; sum_{i<j} w_ij (x_i - x_j)^2 ; max(min(a, 6), 0)/6
A^k*x ; adj(A)*det(A) ; toepsum(A) ; x.^2 ./ (1 + y.^2) ; 1e-3*a + .5*b ; f(x) + D2(f, x)*v
"""
LATEX = r"""
\sum_{i=1}^n (y_i - x_i^\top\beta)^2 ; -\sum_i y_i \log p_i ; \frac{1}{2}\|A x - b\|_2^2 + \lambda \|x\|_1
x^\top A x ; \log\det\Sigma + \operatorname{tr}(\Sigma^{-1} S) ; \mathbf{w}^T\mathbf{x} + b
\frac{e^{x_i}}{\sum_j e^{x_j}} ; \sqrt{a^2 + b^2} ; \left(1 + e^{-z}\right)^{-1} ; \sigma'(W^{(1)} x + b_1)
\begin{cases} x & x > 0 \\ 0 & \text{otherwise} \end{cases} ; \langle A, X \rangle
\frac{\partial}{\partial X} \operatorname{tr}(A X B X^\top) ; \prod_{k} x_k ; \max_i x_i ; A \odot B \otimes C
\hat y = \tanh(W h_{t-1} + U x_t) ; \lvert a \rvert + \lVert X \rVert_F^2 ; \nabla_w \ell(w) ; \mathbb{1}[x > 0]
A^{+} b ; \int_0^1 x \, dx ; \bar{x} = \frac1n \sum_i x_i
"""
TEXT_TOKENS = """
.* ./ .^ <= != ** || '* sum sum_i sum[i]( norm2( inv( eye(n) 1e9 D( tensor[i,j]( where( delta[i,j] α Σ ² ᵀ
"""
LATEX_TOKENS = r"""
\ \\ \frac{ \sum_ \left( \right) \begin{cases} \end{cases} \mathbf ^{ _{ ^\top \sqrt[ \operatorname{tr} \text{ \partial
\nabla $ % #1 \| \langle \prime \hat \limits \label{
"""
SOUP = {
    "text": [*"abxyAXnijk0123456789+-*/^'=<>()[]{},;:|.\"_@ \n", *TEXT_TOKENS.split()],
    "latex": [*"abxyAXnijk0123+-=<>()[]{}&,;:|'_^!~ \n", *LATEX_TOKENS.split()],
}
FORMULAS = {name: re.split(" ; |\n", bank.strip()) for name, bank in (("text", TEXT), ("latex", LATEX))}
_TOKEN = re.compile(r"\\[A-Za-z]+|[A-Za-z]+|\d+|\s+|.", re.S)


def soup(syntax: str, rng: Random) -> str:
    return "".join(rng.choice(SOUP[syntax]) for _ in range(rng.randint(1, 25)))


def damaged(syntax: str, rng: Random, formulas: list[str]) -> str:
    """A formula with tokens lost, doubled, exchanged or taken from elsewhere."""
    tokens = _TOKEN.findall(rng.choice(formulas))
    other = _TOKEN.findall(rng.choice(formulas)) + SOUP[syntax]
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(tokens) + 1)
        kind = rng.randrange(5)
        if kind == 0:
            del tokens[place : place + rng.randint(1, 3)]
        elif kind == 1:
            tokens.insert(place, rng.choice(other))
        elif kind == 2:
            tokens[place:place] = tokens[: rng.randint(0, 6)]
        elif kind == 3:
            tokens[place : place + 1] = [rng.choice(other)]
        else:
            rng.shuffle(tokens)
    return "".join(tokens)


class Late(BaseException):
    """It took too long."""


def _late(*_: object) -> None:
    raise Late


def faults(sources: Iterator[str], syntax: str) -> Iterator[str]:
    """What neither is read nor refused."""
    before = signal.signal(signal.SIGVTALRM, _late)
    try:
        for source in sources:
            signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
            try:
                read(source, syntax=syntax)
            except Error:
                pass
            except (Exception, Late) as fault:
                yield f"{source!r}: {fault!r}"
            finally:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    finally:
        signal.signal(signal.SIGVTALRM, before)


@pytest.mark.parametrize("source", ["D()", "D2()*x", r"\begin{cases}\end{cases}", r"\max' x"])
def test_what_once_was_neither(source: str) -> None:
    assert not list(faults(iter([source]), "auto"))


@pytest.mark.parametrize("syntax", FORMULAS)
def test_any_soup_of_tokens_is_read_or_refused(syntax: str) -> None:
    rng = Random(f"soup {syntax} {COUNT}")
    assert not list(faults((soup(syntax, rng) for _ in range(COUNT)), syntax))


@pytest.mark.parametrize("syntax", FORMULAS)
def test_any_damaged_formula_is_read_or_refused(syntax: str) -> None:
    rng = Random(f"damaged {syntax} {COUNT}")
    assert not list(faults((damaged(syntax, rng, FORMULAS[syntax]) for _ in range(COUNT)), syntax))
