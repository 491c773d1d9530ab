"""What the parser asks about symbols: names of functions, letters, signs. Owns: the tables, words of a document's own.

Never: parses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Literal

from gradwright.core.letters import GREEK as LETTERS
from gradwright.core.record import dataclass
from gradwright.read.latex.letters import Letters, runs
from gradwright.read.latex.tokens import Token, argument_at
from gradwright.read.syntax import Multiplication
from gradwright.tables import arrays, scalars

VALUELESS = frozenset({"lg"})
"""Scalar functions that are known by name, and have no value here: lg is to the base 10, 2 or e."""
NAMED = frozenset({*scalars.WRITTEN, *arrays.WRITTEN, *VALUELESS, "rank"})
"""Functions by the names that documents give them."""
MOMENTS = frozenset({"Var", "var", "Cov", "cov", "Pr", "Prob"})
"""Words of probability that are names where a bracket follows."""
OWN = frozenset(name for name, row in scalars.WRITTEN.items() if row.own) | NAMED & frozenset(LETTERS)
"""Names that documents give meanings of their own, or that are letters too: γ is no function, gamma(x) is one."""
ACCENTS = frozenset({"hat", "bar", "tilde", "dot", "ddot", "check", "breve", "acute", "grave", "mathring"})
GREEK = LETTERS | {
    "varsigma": "ς", "varrho": "ϱ", "varpi": "ϖ", "ell": "ℓ", "hbar": "ℏ", "imath": "ı", "jmath": "ȷ", "aleph": "ℵ",
}  # fmt: skip
BIG: dict[str, Literal["sum", "prod"] | None] = {
    "sum": "sum", "prod": "prod", "bigoplus": None, "bigcup": None, "int": None, "iint": None, "oint": None,
    "bigwedge": None,
}  # fmt: skip
PRODUCT: dict[str, Multiplication] = {
    "cdot": "cdot", "times": "times", "odot": ".*", "circ": ".*", "otimes": "kron", "*": "*", "/": "/", ".": "cdot",
    "bullet": "cdot", "div": "/", "bigodot": ".*", "star": "*", "oslash": "./",
}  # fmt: skip
TRANSPOSE = frozenset({"top", "intercal", "tran", "transp"})
UNKNOWABLE = {
    "dots": "an ellipsis", "vdots": "an ellipsis", "ddots": "an ellipsis", "int": "an integral", "iint": "an integral",
    "mathbb": "a set", "pm": "a sign that is both + and −", "mp": "a sign that is both + and −", "lim": "a limit",
    "infty": "infinity", "mathbb E": "an expectation", "sup": "a supremum", "inf": "an infimum",
    "limsup": "a limit", "liminf": "a limit", "forall": "what holds for all", "exists": "that something exists",
}  # fmt: skip


@dataclass
class Grammar:
    """What the parser asks about symbols: which are functions, runs of letters that are words, what letters are."""

    functions: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    letters: Letters = field(default_factory=Letters)
    named: frozenset[str] = NAMED
    differential: bool = False  # dX is a differential
    dividing: bool = False  # a slash divides by the whole product after it

    def names(self, tokens: Sequence[Token], at: int) -> bool:
        """Whether the token there is the name of a function that everybody knows; of some, only where it is applied."""
        token = tokens[at] if at < len(tokens) else None
        if token is None or token.kind not in ("word", "cmd") or token.text not in self.named:
            return False
        return token.text not in OWN or (token.kind == "word" and _is_applied(tokens, at + 1))


def _is_applied(tokens: Sequence[Token], at: int) -> bool:
    """Whether a bracket begins there, after scripts and primes."""
    while at < len(tokens) and tokens[at].kind in ("prime", "sub", "sup"):
        at = at + 1 if tokens[at].kind == "prime" else argument_at(tokens, at + 1)[1]
    return at < len(tokens) and tokens[at].text in ("(", "[")


def _spells(run: str, follows: str, grammar: Grammar) -> bool:
    """Whether letters side by side are the name of a function."""
    if run in grammar.words or (run in MOMENTS and follows in ("(", "[")):
        return True
    if run not in grammar.named:
        return False
    return follows == "(" if run in OWN else follows in ("(", "^", "_", " ", "{", "[") or len(run) > 2


def with_words(tokens: Sequence[Token], grammar: Grammar) -> list[Token]:
    """Runs of letters that spell a function's name become one word."""
    done: list[Token] = []
    at = 0
    for begin, end in runs(tokens):
        run = "".join(t.text for t in tokens[begin:end])
        follows = tokens[end].text if end < len(tokens) else ""
        ends = (run[k:] for k in range(len(run) - 1) if not run[k : k + 2].isupper() or not run[:k].isupper())
        name = next((name for name in ends if _spells(name, follows, grammar)), "")
        cut = end - len(name)
        done += tokens[at:cut]
        done += [Token("word", name, tokens[cut].start, tokens[end - 1].end, "roman")] if name else []
        at = end
    return [*done, *tokens[at:]]


def is_symbol(token: Token) -> bool:
    """Whether it is a letter, Latin or Greek."""
    return token.kind == "letter" or token.text in GREEK
