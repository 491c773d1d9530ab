"""The text language as tokens. Owns: characters to tokens with their places. Never: knows a grammar."""

from __future__ import annotations

import re

from gradwright.core.errors import Error, Span
from gradwright.core.letters import FRACTIONS
from gradwright.core.record import dataclass

_SCAN = re.compile(
    rf"""(?P<space>\s+)
    |(?P<STRING>"[^"\n]*")
    |(?P<NUMBER>\d+(?:\.\d+)?(?:[eE][+-]?\d+(?!\w))?)
    |(?P<FRACTION>[{"".join(FRACTIONS)}])
    |(?P<LOWERED>[₀-₉]+)
    |(?P<NAME>(?:[^\W\d⁰¹²³⁴-⁹ᵀ]|[∑∏])[^\W⁰¹²³⁴-⁹ᵀ{"".join(FRACTIONS)}]*)
    |(?P<RAISED>⁻?[⁰¹²³⁴-⁹]+)
    |(?P<QUOTE>['’′ᵀ⊤])
    |(?P<COMPARE><=|>=|==|!=|[<>≤≥≠])
    |(?P<NORM>\|\||‖)
    |(?P<BAR>\|)
    |(?P<PYTHON>\*\*)
    |(?P<TIMES>\.\*|\./|[*/·@⊙∘⊗])
    |(?P<POWER>\.\^|\^)
    |(?P<ADDING>[-+−])
    |(?P<LPAR>\()|(?P<RPAR>\))|(?P<LSQB>\[)|(?P<RSQB>\])|(?P<COMMA>,)|(?P<SEMICOLON>;)|(?P<EQUAL>=)|(?P<ALL>:)
    |(?P<DOT>\.)
    """,
    re.VERBOSE,
)
_BOTH = "where(a > 0, where(b > 0, x, y), y) asks for both, and 1 - where(…, 1, 0) for the opposite"
_CHOICE = "where(a > 0, x, y) chooses"
_WORDS = {"and": _BOTH, "or": _BOTH, "not": _BOTH, "if": _CHOICE, "else": _CHOICE}
"""Words of programs, which nobody calls a symbol."""
_ELSEWHERE = {
    "&": _BOTH, "∧": _BOTH, "∨": _BOTH, "¬": _BOTH, "?": _CHOICE,
    "√": "sqrt(x)", "⁻": "a power is ^(-x)", "{": "brackets are ( )", "}": "brackets are ( )",
    "\\": 'this looks like LaTeX: syntax="latex"', "!": "lgamma(x + 1) is the logarithm of x!",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """``kind`` is a group of the scanner; ``spaced``: white space stands before it."""

    kind: str
    text: str
    start: int
    end: int
    spaced: bool = False

    @property
    def span(self) -> Span:
        return self.start, self.end


def tokenize(source: str) -> list[Token]:
    """The tokens of a formula; an ``Error`` points at a character that means nothing."""
    tokens: list[Token] = []
    at, spaced = 0, False
    while at < len(source):
        match = _SCAN.match(source, at)
        if match is None:
            raise Error(f"{source[at]!r} means nothing here", (at, at + 1), source, _ELSEWHERE.get(source[at]))
        kind = match.lastgroup or ""
        if match.group() in _WORDS:
            raise Error(f"{match.group()!r} is no operator here", match.span(), source, _WORDS[match.group()])
        if kind == "FRACTION":
            tokens.append(Token("NUMBER", "/".join(FRACTIONS[match.group()]), at, match.end(), spaced))
        elif kind != "space":
            tokens.append(Token(kind, match.group(), at, match.end(), spaced))
        spaced, at = kind == "space", match.end()
    return tokens
