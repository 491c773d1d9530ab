"""Lines of the terminal's form: where they break, and that nothing is lost or hidden by it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

import gradwright as gw
from gradwright.show.terminal import broken

WORDS = st.sampled_from(["a", "Σ_i", "x_i", "+", "−", "(a", "b)", "(b)/(c)", "=", "∂/∂x_k", "exp(u)"])


@given(st.lists(WORDS, max_size=60).map(" ".join), st.integers(8, 60))
def test_breaking_loses_nothing(text: str, width: int) -> None:
    lines = broken(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert "".join(f" {line}" for line in broken(text, len(text) + 1)) == f" {text}"


def test_lines_break_at_signs_outside_parentheses() -> None:
    assert broken("f(a + b, c) + g(a − b, c)", 20) == ["f(a + b, c)", "+ g(a − b, c)"]
    assert broken("(f(a) x − g(a) y)/(u + v)²", 20) == ["(f(a) x − g(a) y)", "/(u + v)²"]
    assert broken("alpha beta Σ_i gamma delta", 15) == ["alpha beta", "Σ_i gamma delta"]


def test_a_formula_of_one_word_stays_whole() -> None:
    assert broken("x" * 50, 20) == ["x" * 50]


def test_a_line_that_does_not_fit_has_its_reason_below() -> None:
    source = "norm2(V*tanh(U*tanh(W*x + b) + c) - y)^2"
    lines = gw.derive(source, "b", shapes={"b": ("n",), "c": ("k",)}).show(notation="index").splitlines()
    reason = next(place for place, line in enumerate(lines) if line.strip() == "differentiate under the Σ")
    assert lines[reason - 1].strip().startswith(("=", "−", "+"))


def test_a_matrix_form_is_not_said_twice_in_a_row() -> None:
    shown = gw.derive("inv(Y(t))", "t").show().split("Result")[0]
    forms = [line.split("│")[1].strip() for line in shown.splitlines() if "│" in line]
    assert len(forms) == len(set(forms))
