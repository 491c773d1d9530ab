"""What is said about a relation: what matters first, formulas as code."""

from __future__ import annotations

from gradwright.doors.editor.words import hover, message
from gradwright.service.answers import answer

BODY = {"name": "note.md", "given": [], "shapes": [], "seconds": 2.0}
NOTE = r"$f = \mathbf{x}^\top A \mathbf{x}$. $\nabla_{\mathbf{x}} f = 2 A \mathbf{x}$ and $f = \mystery$."


def test_a_missing_fact_comes_first() -> None:
    definition, needs, unread = answer("editor", "check", {**BODY, "text": NOTE})["relations"]
    assert message(needs).splitlines()[0] == "holds only if A is symmetric"
    assert "Holds only if **A is symmetric**." in hover(needs)
    assert "nothing is claimed" in hover(definition)
    assert "not understood" in hover(unread)


def test_formulas_in_sentences_are_code() -> None:
    relation = answer("editor", "check", {**BODY, "text": r"$p_i = e^{x_i}$. $\sum_i p_i^2 = \sum_i p_j p_i$."})[
        "relations"
    ][-1]
    assert relation["verdict"] == "refuted"
    assert "The index `j` is free on one side only." in hover(relation)


def test_an_answer_is_an_error_where_there_is_no_report() -> None:
    assert "zero bytes" in answer("editor", "check", {**BODY, "text": "\0"})["error"]["message"]
    assert "must be text" in answer("editor", "check", {**BODY, "text": None})["error"]["message"]
