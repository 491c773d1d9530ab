"""Formulas that nothing sets apart: ``∂L/∂w = Xᵀ(Xw − y)``. Owns: telling them from words. Never: reads one.

On a line, words part what stands between them; a run with a sign of equality and a letter or mark that only
mathematics has is a formula.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from gradwright.referee.formats.linear import FUNCTIONS, linear
from gradwright.referee.formats.mapped import Edit

MARKS = "∂∇∑∏√‖⊙⊗∘≈≠∈ℝᵀ⊤½⁰¹²³⁴⁵⁶⁷⁸⁹⁻ⁿ₀₁₂₃₄₅₆₇₈₉ᵢⱼₖα-ωΑ-Ω"
_EQUALS = re.compile(r"(?<![=<>!:])=(?!=)|:=|≡")
_WORD = re.compile(r"[(“\"]?[^\W\d_]{3,}(?:[-'’/][^\W\d_]+)*[.,;:!?)”\"]*|[—–:•…-]+|\d+[.)]")
_SHORT = re.compile(r"(?:a|A|an|is|of|to|by|we|We|so|So|in|In|on|at|if|If|it|It|as|As|be|or|is)[,:;]?|[^=]*:")
_OTHER_SCRIPTS = re.compile(r"[\u0400-\u052f\u3040-\u9fff\uac00-\ud7af]")
_MARK = re.compile(f"[{MARKS}]")


def formulas(line: str) -> Iterator[Edit]:
    """Edits that put the formulas of a line between dollars."""
    tokens = [(m.group(), m.start(), m.end()) for m in re.finditer(r"\S+", line)]
    for plain, group in groupby(tokens, key=lambda t: _is_word(t[0])):
        run = [] if plain else list(group)
        while run and run[0][0] in ("*", "-", "+", "|", ">", "#", "**"):
            run = run[1:]
        if run:
            yield from _formula(line, run[0][1], run[-1][2])


def _is_word(token: str) -> bool:
    if _OTHER_SCRIPTS.search(token) or _SHORT.fullmatch(token):
        return True
    return bool(_WORD.fullmatch(token)) and token.strip("(,.;:") not in FUNCTIONS


def _formula(line: str, start: int, end: int) -> Iterator[Edit]:
    while start < end and line[start : start + 2] == "**":
        start += 2
    while end > start and line[end - 1] in ".,;:*|!?":
        end -= 1
    said = line[start:end]
    sign = _EQUALS.search(said)
    if sign is None or not _MARK.search(said) or not said[: sign.start()].strip() or not said[sign.end() :].strip():
        return
    yield Edit(start, start, "$")
    yield from (edit.moved(start) for edit in linear(said, fractions=False))
    yield Edit(end, end, "$")


def lines(text: str) -> Iterator[Edit]:
    """The formulas of each line."""
    for found in re.finditer(r"[^\n]+", text):
        yield from (edit.moved(found.start()) for edit in formulas(found.group()))
