"""Hostile input: a message in bounded time, never a crash."""

from __future__ import annotations

from time import perf_counter, process_time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gradwright as gw
from gradwright.read.latex.segment import segment
from gradwright.referee.formats.source import source_of

HOSTILE = {
    "braces": "$x=" + "{" * 20000 + "x" + "}" * 20000 + "$",
    "brackets": "$$x=" + "(" * 5000 + "x" + ")" * 5000 + "$$",
    "a megabyte of fractions": "$$ x=" + "\\frac" * 200_000 + "$$",
    "nested fractions": "$$ x=" + "\\frac{1}{" * 3000 + "x" + "}" * 3000 + "$$",
    "a macro of itself": "\\def\\a{\\a\\a}\n$x=\\a$",
    "doubling macros": "".join(f"\\def\\{a}{{\\{b}\\{b}}}" for a, b in zip("abcdefghijklmnop", "bcdefghijklmnopq", strict=True)) + "$x=\\a$",
    "a huge exponent": "$x=10^{1000000000}$ $(x+1)^{1000000000} = 3$ $y = 2^{10^{9}}$",
    "a huge number": "$x=" + "9" * 100_000 + "$",
    "an open environment": "\\begin{align} x=1 \\begin{cases} a & b",
    "many open environments": "$$" + "\\begin{aligned}" * 500 + "x=1$$",
    "dollars": "$" * 10001,
    "sums": "$$" + "\\sum_i " * 2000 + "x_i=1$$",
    "a tower": "$x=" + "x^{" * 300 + "x" + "}" * 300 + "$",
    "signs": "$====$ $&=&=$ $_=^$",
    "definitions in a circle": "$a=b+1$ $b=c+1$ $c=a+1$ $$a=c$$ $f(x)=f(f(x))$",
    "many sums": "\\[" + "".join(f"\\sum_{x}" for x in "ijklmnpqr") + " A_{ij}A_{jk}A_{kl}A_{lm}A_{mn}A_{np}A_{pq}A_{qr} = 1\\]",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_documents(name: str) -> None:
    began = perf_counter()
    report = gw.check(HOSTILE[name])
    assert perf_counter() - began < 10
    assert all(r.reason for r in report.relations if r.verdict == "unread")


OPENINGS = ("$", "$$", "`", "```\n", "~~~ math\n", "\\[", "\\\\(", "> ", "<pre>", "<!--", "{{< math >}}", ".. math::\n", '"""',
            "\\begin{align}", "\\newcommand{\\a}{", "\\boxed{=", "x^(", "$ frac(", "∂x = y\n")  # fmt: skip


@pytest.mark.parametrize("name", ["a.md", "a.tex", "a.rst", "a.py", "a.adoc", "a.typ"])
def test_many_openings_are_passed_over(name: str) -> None:
    for opening in OPENINGS:
        began = process_time()
        segment(source_of(opening * 3000, name).text)
        assert process_time() - began < 5, opening


_PIECES = st.sampled_from(
    ["$", "$$", "\\[", "\\]", "x", "y_i", "=", "+", "-", "^", "_", "{", "}", "(", ")", "\\frac", "\\sum_i", "\\partial", "&",
     "\\\\", "\\begin{cases}", "\\end{cases}", "\\begin{align}", "\\end{align}", "|", "'", "\\mathbf{A}", "\\nabla", "\\log",
     "1", " ", "\\text{if }", "i=k", "\\left", "\\right", ",", "!", "d", "T", "\\top", "\\int", "%", "\n", "#", "\\begin{bmatrix}"]
)  # fmt: skip


def test_a_script_on_an_operator_is_an_error() -> None:
    assert [r.verdict for r in gw.check(r"$$y = \frac{\partial}{\partial x}^2 x$$").relations] == ["unread"]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(_PIECES, max_size=40))
def test_anything_is_checked_without_a_crash(pieces: list[str]) -> None:
    for text in ("".join(pieces), "$$" + "".join(p for p in pieces if "$" not in p) + "$$"):
        report = gw.check(text, seconds=1)
        assert report.to_dict()["summary"]
        assert report.html()
