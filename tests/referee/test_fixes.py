"""The text that mends a slip: it keeps the document's words, and the document with it in place holds."""

from __future__ import annotations

import pytest

import gradwright as gw

GIVEN = r"""Let $\mathbf{X} \in \mathbb{R}^{n \times d}$, $\mathbf{w} \in \mathbb{R}^{d}$, $\mathbf{y} \in \mathbb{R}^{n}$,
$A \in \mathbb{R}^{d \times d}$ and define $J = \frac{1}{2} \|\mathbf{X}\mathbf{w} - \mathbf{y}\|^2$.
With $p_i = \frac{e^{o_i}}{\sum_j e^{o_j}}$:

"""


@pytest.mark.parametrize(
    ("claim", "mended"),
    [
        (r"\nabla_{\mathbf{w}} J = \mathbf{X}^\top \mathbf{X}\mathbf{w} + \mathbf{X}^\top \mathbf{y}",
         r"\mathbf{X}^\top \mathbf{X}\mathbf{w} - \mathbf{X}^\top \mathbf{y}"),
        (r"\nabla_{\mathbf{w}} J = \mathbf{X} (\mathbf{X} \mathbf{w} - \mathbf{y})",
         r"\mathbf{X}^\top (\mathbf{X} \mathbf{w} - \mathbf{y})"),
        (r"\nabla_{\mathbf{w}} J = 2 \mathbf{X}^\top (\mathbf{X} \mathbf{w} - \mathbf{y})",
         r"\mathbf{X}^\top (\mathbf{X} \mathbf{w} - \mathbf{y})"),
        (r"\nabla_{\mathbf{w}} \|\mathbf{X}\mathbf{w} - \mathbf{y}\|^2 = \mathbf{X}^\top (\mathbf{X}\mathbf{w} - \mathbf{y})",
         r"2 \mathbf{X}^\top (\mathbf{X}\mathbf{w} - \mathbf{y})"),
        (r"\nabla_{\mathbf{w}} (\mathbf{w}^T A \mathbf{w}) = A \mathbf{w} + A \mathbf{w}", r"A^T \mathbf{w} + A \mathbf{w}"),
        (r"\nabla_{\mathbf{w}} (\mathbf{w}^T A \mathbf{w}) = -(A + A^T) \mathbf{w}", r"(A + A^T) \mathbf{w}"),
        (r"\frac{\partial p_k}{\partial o_k} = p_k (1 + p_k)", r"p_k (1 - p_k)"),
        (r"p_k - 1 = -\sum_i p_i", r"-\sum_{i \ne k} p_i"),
    ],
)  # fmt: skip
def test_a_slip_is_mended_in_the_documents_own_words(claim: str, mended: str) -> None:
    before = gw.check(f"{GIVEN}$$ {claim} . $$\n")
    relation = before.relations[-1]
    assert relation.verdict == "refuted"
    assert relation.fix is not None
    assert relation.fix.text == mended
    assert relation.to_dict()["fix"] == {"span": list(relation.fix.span), "text": mended}
    start, end = relation.fix.span
    after = gw.check(before.text[:start] + relation.fix.text + before.text[end:])
    assert after.relations[-1].verdict in ("proved", "confirmed")


def test_no_text_is_offered_where_none_is_found() -> None:
    relation = gw.check(f"{GIVEN}$$ J = \\mathbf{{w}}^\\top A \\mathbf{{w}} $$\n").relations[-1]
    assert relation.verdict != "proved"
    assert relation.fix is None


def test_a_relation_that_holds_has_none() -> None:
    claim = r"\nabla_{\mathbf{w}} J = \mathbf{X}^\top (\mathbf{X}\mathbf{w} - \mathbf{y})"
    assert all(r.fix is None for r in gw.check(f"{GIVEN}$$ {claim} $$").relations)
