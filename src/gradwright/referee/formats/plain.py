"""Formulas that nothing sets apart: ``∂L/∂w = Xᵀ(Xw − y)``. Owns: telling them from words. Never: reads one.

On a line, words and the ends of sentences part what stands between them; a run with a sign of equality and a letter or
mark that only mathematics has is a formula.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from gradwright.core.errors import Span
from gradwright.referee.formats.linear import FUNCTIONS, linear
from gradwright.referee.formats.mapped import Edit

MARKS = "∂∇∑∏√‖⊙⊗∘≈≠∈ℝᵀ⊤½⁰¹²³⁴⁵⁶⁷⁸⁹⁻ⁿ₀₁₂₃₄₅₆₇₈₉ᵢⱼₖ′α-ωΑ-Ω"
_EQUALS = re.compile(r"(?<![=<>!:])=(?!=)|:=|≡|∈")
_LETTER = re.compile(r"[^\W\d_aAI]")
"""A letter among words that is none, as in: where y is one-hot."""
_WORD = re.compile(r"[(“\"]?[^\W\d_]{3,}(?:[-'’/][^\W\d_]+)*[.,;:!?)”\"]*|[—–:•…-]+|\d+[.)]")
_SHORT = re.compile(r"(?:a|A|an|is|of|to|by|we|We|so|So|in|In|on|at|if|If|it|It|as|As|be|or|is)[,:;]?|[^=]*:")
_OTHER_SCRIPTS = re.compile(r"[\u0400-\u052f\u3040-\u9fff\uac00-\ud7af]")
_BULLETS = frozenset({"*", "-", "+", "|", ">", "#", "**", "•", "–"})
_OPERATOR = re.compile(r"[-+−·*/=]|[<>]=?")
STEP = (
    r"[ \t]*(?:\d+[.)]|[-*+])[ \t]+(?![^\n]*[A-Za-z]{3})(?=[^=\n]*[A-Za-z])(?=[^\n]*\d)"
    r"[-\dA-Za-z()+*/^. ]+=[-\dA-Za-z()+*/^. ]+"
)
"""A list item that is an equation and nothing else."""
_STEP = re.compile(STEP)
_MARK = re.compile(f"[{MARKS}]")


def formulas(line: str) -> Iterator[Edit]:
    """Edits that put the formulas of a line between dollars, if one of them has a mark."""
    tokens = list(re.finditer(r"\S+", line))
    named = {k for k, after in enumerate(tokens[1:]) if after.group() in ("=", ":=", "≡")}
    spans: list[Span] = []
    said = [token.group() for token in tokens]
    for plain, group in groupby(range(len(tokens)), key=lambda k: k not in named and _is_word(said, k)):
        if not plain:
            spans += _sentences([tokens[k] for k in group])
    found = [span for part in spans if (span := _trimmed(line, *part)) and _is_relation(line[slice(*span)])]
    if _STEP.fullmatch(line) or any(_MARK.search(line[slice(*span)]) for span in found):
        letters = [_trimmed(line, *tokens[k].span()) for k in range(len(tokens))]
        found += [span for span in letters if _LETTER.fullmatch(line[slice(*span)]) and not _inside(span, found)]
        for start, end in sorted(found):
            yield Edit(start, start, "$")
            yield from (edit.moved(start) for edit in linear(line[start:end], fractions=False))
            yield Edit(end, end, "$")


def _inside(span: Span, others: list[Span]) -> bool:
    return any(start <= span[0] < end for start, end in others)


def _is_word(said: list[str], k: int) -> bool:
    token = said[k].strip("*_")
    if token in ("a", "A", "I") and any(_OPERATOR.fullmatch(t) for t in said[max(0, k - 1) : k + 2]):
        return False
    if _MARK.search(token) and not _OTHER_SCRIPTS.search(token):
        return False
    if _OTHER_SCRIPTS.search(token) or _SHORT.fullmatch(token):
        return True
    return bool(_WORD.fullmatch(token)) and token.strip("(,.;:") not in FUNCTIONS


def _sentences(run: list[re.Match[str]]) -> Iterator[Span]:
    """Where each sentence of a run of formulas begins and ends, without the bullet before it."""
    while run and run[0].group() in _BULLETS:
        run = run[1:]
    while run and len(run) > 1 and _LETTER.fullmatch(run[-1].group()) and run[-2].group().endswith(","):
        yield run[-1].span()  # …, y one-hot
        run = run[:-1]
    while run:
        last = next((k for k, token in enumerate(run) if token.group()[-1] in ".;。；"), len(run) - 1)
        yield run[0].start(), run[last].end()
        run = run[last + 1 :]


def _trimmed(line: str, start: int, end: int) -> Span:
    """Without emphasis and punctuation around it."""
    while start < end and line[start : start + 2] == "**":
        start += 2
    while end > start and line[end - 1] in ".,;:*|!?。，；：":
        end -= 1
    return start, end


def _is_relation(said: str) -> bool:
    sign = _EQUALS.search(said)
    return sign is not None and bool(said[: sign.start()].strip()) and bool(said[sign.end() :].strip())


def lines(text: str) -> Iterator[Edit]:
    """The formulas of each line."""
    for found in re.finditer(r"[^\n]+", text):
        yield from (edit.moved(found.start()) for edit in formulas(found.group()))
