"""Functions by their names in documents: those of the table are known, and a document may still define its own."""

from __future__ import annotations

import pytest

import gradwright as gw

GELU = r"\frac12(1+\operatorname{erf}(x/\sqrt{2})) + \frac{x}{\sqrt{2\pi}}e^{-x^2/2}"


def verdicts(document: str) -> list[str]:
    return [relation.verdict for relation in gw.check(document, seconds=60).relations]


@pytest.mark.parametrize("name", ["GELU", "GeLU", "gelu"])
def test_a_function_of_the_table_is_known_by_every_name(name: str) -> None:
    assert verdicts(rf"$$\frac{{d}}{{dx}}\operatorname{{{name}}}(x) = {GELU}$$") == ["confirmed"]
    assert verdicts(rf"$$\frac{{d}}{{dx}}\operatorname{{{name}}}(x) = x {GELU}$$") == ["refuted"]


def test_a_run_of_letters_is_a_function_where_it_is_applied() -> None:
    assert verdicts(r"With the sigmoid $\sigma$, $$\frac{d}{dx} silu(x) = \sigma(x)(1 + x(1-\sigma(x)))$$") == [
        "proved"
    ]


def test_a_prime_is_its_derivative() -> None:
    assert verdicts(r"$$\operatorname{softsign}'(x) = \frac{1}{(1+|x|)^2}$$") == ["proved"]


def test_scripts_may_stand_before_the_bracket() -> None:
    assert verdicts(r"$$\frac{d}{dx} \operatorname{softsign}^{2}(x) = \frac{2x}{(1+|x|)^3}$$") == ["confirmed"]


def test_what_the_document_defines_is_the_document_s() -> None:
    approximate = r"Let $\operatorname{GELU}(x) = \frac{x}{2}(1+\tanh(x))$. "
    slope = r"$$\frac{d}{dx}\operatorname{GELU}(x) = \frac12(1+\tanh x) + \frac{x}{2}(1-\tanh(x)^2)$$"
    assert verdicts(approximate + slope) == ["definition", "proved"]
    schedule = r"$$\operatorname{step}(t) = t^{-1/2}, \quad \frac{d}{dt}\operatorname{step}(t) = -\frac12 t^{-3/2}$$"
    assert verdicts(schedule) == ["definition", "proved"]


@pytest.mark.parametrize(
    "document",
    [r"$$\frac{d}{d\text{step}} (\text{step}^2) = 2\,\text{step}$$", r"$$\frac{d}{dx} x^2 = 2x \qquad \square$$"],
    ids=["a symbol", "a box"],
)
def test_a_word_that_is_not_applied_is_none(document: str) -> None:
    assert verdicts(document) == ["proved"]
