"""The tokens of one side, and where the parser is. Owns: looking, taking, failing; tables of names.

Never: builds an operator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from gradwright.core.errors import Error
from gradwright.core.letters import GREEK as LETTERS
from gradwright.read.latex.rows import relation
from gradwright.read.latex.tokens import Token, argument_at
from gradwright.read.tree import Tree
from gradwright.tables import arrays, scalars

DEEPEST = 48
VALUELESS = frozenset({"lg"})
"""Scalar functions that are known by name, and have no value here: lg is to the base 10, 2 or e."""
NAMED = frozenset({*scalars.WRITTEN, *arrays.WRITTEN, *VALUELESS, "rank"})
"""Functions by the names that documents give them."""
OWN = frozenset(name for name, row in scalars.WRITTEN.items() if row.own) | NAMED & frozenset(LETTERS)
"""Names that documents give meanings of their own, or that are letters too: γ is no function, gamma(x) is one."""
ACCENTS = frozenset({"hat", "bar", "tilde", "dot", "ddot", "check", "breve", "acute", "grave", "mathring"})
GREEK = LETTERS | {
    "varsigma": "ς", "varrho": "ϱ", "varpi": "ϖ", "ell": "ℓ", "hbar": "ℏ", "imath": "ı", "jmath": "ȷ", "aleph": "ℵ",
}  # fmt: skip
BIG = {"sum": "sum", "prod": "prod", "bigoplus": "", "bigcup": "", "int": "", "iint": "", "oint": "", "bigwedge": ""}
PRODUCT = {"cdot": "cdot", "times": "times", "odot": "odot", "circ": "odot", "otimes": "kron", "*": "star",
    "/": "slash",
            ".": "cdot", "bullet": "cdot", "div": "slash", "bigodot": "odot", "star": "star",
            "oslash": "odiv"}  # fmt: skip
TRANSPOSE = frozenset({"top", "intercal", "ᵀ", "tran", "transp"})
UNKNOWABLE = {
    "dots": "an ellipsis", "vdots": "an ellipsis", "ddots": "an ellipsis", "int": "an integral", "iint": "an integral",
    "mathbb": "a set", "pm": "a sign that is both + and −", "mp": "a sign that is both + and −", "lim": "a limit",
    "infty": "infinity", "mathbb E": "an expectation",
}  # fmt: skip


@dataclass
class Grammar:
    """What the parser asks about symbols."""

    functions: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    differential: bool = False
    transposing: frozenset[str] = frozenset({"T", "t"})
    euler: bool = True
    expectation: bool = True
    labels: frozenset[str] = frozenset()
    running: frozenset[str] = frozenset()
    distributions: frozenset[str] = frozenset()
    primed: frozenset[str] = frozenset()
    unbound: frozenset[str] = frozenset()
    dividing: bool = False  # a slash divides by the whole product after it
    named: frozenset[str] = NAMED

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


class Cursor:
    """A place in the tokens of one side."""

    def __init__(self, tokens: Sequence[Token], grammar: Grammar) -> None:
        self.grammar = grammar
        self.tokens = bare(with_words(tokens, grammar))
        self.at = 0
        self.depth = 0
        self.bars = 0
        self.deferring = False
        self.bound: frozenset[str] = frozenset()
        first, last = (tokens[0], tokens[-1]) if tokens else (None, None)
        self.span = (first.start, last.end) if first and last else (0, 0)

    # --- the tokens

    def peek(self, ahead: int = 0) -> Token | None:
        place = self.at + ahead
        return self.tokens[place] if place < len(self.tokens) else None

    def text(self, ahead: int = 0) -> str:
        token = self.peek(ahead)
        return token.text if token is not None else ""

    def kind(self, ahead: int = 0) -> str:
        token = self.peek(ahead)
        return token.kind if token is not None else ""

    def is_function_name(self, ahead: int = 0) -> bool:
        return self.grammar.names(self.tokens, self.at + ahead)

    def take(self) -> Token:
        token = self.peek()
        if token is None:
            self.fail("something is missing here")
        self.at += 1
        return token

    def fail(self, message: str, token: Token | None = None) -> NoReturn:
        token = token or self.peek()
        raise Error(message, (token.start, token.end) if token else self.span)

    def made(self, kind: str, start: int, *parts: Any) -> Tree:
        end = self.tokens[self.at - 1].end if self.at else start
        return Tree(kind, parts, (start, max(end, start + 1)))

    def here(self) -> int:
        token = self.peek()
        return token.start if token else self.span[1]

    def whole(self) -> Tree:
        if not self.tokens:
            raise Error("nothing stands here", self.span)
        tree = self.sum()
        if self.peek() is not None and all(t.text in (")", "]") and t.kind == "op" for t in self.tokens[self.at :]):
            return Tree("noted", (tree, "a bracket is closed that was never opened"), self.span)
        if self.peek() is not None:
            self.fail(f"{shown(self.tokens[self.at])} is not understood here")
        return tree

    def conditions(self, tokens: Sequence[Token]) -> list[tuple[str, Tree, Tree]]:
        """``i = k``, ``i \\ne k, l = j``: each comparison with its two sides."""
        found: list[tuple[str, Tree, Tree]] = []
        clauses: list[list[Token]] = [[]]
        for token in tokens:
            if token.text == "," or (token.kind == "word" and token.text.strip() in ("and",)) or token.text in ("and",):
                clauses.append([])
            else:
                clauses[-1].append(token)
        for clause in clauses:
            places = [k for k, t in enumerate(clause) if relation(t)]
            bounds = [-1, *places, len(clause)]
            for k, place in enumerate(places):
                left = clause[bounds[k] + 1 : place]
                right = clause[place + 1 : bounds[k + 2]]
                if left and right:
                    found.append(
                        (
                            relation(clause[place]) or "",
                            type(self)(left, self.grammar).whole(),
                            type(self)(right, self.grammar).whole(),
                        )
                    )
        return found

    # --- what the classes above bring

    def sum(self) -> Tree:
        raise NotImplementedError

    def product(self) -> Tree:
        raise NotImplementedError

    def sub_parse(self, tokens: Sequence[Token]) -> Tree:
        raise NotImplementedError

    def factor(self) -> Tree:
        raise NotImplementedError

    def arguments(self) -> tuple[Tree, ...]:
        raise NotImplementedError

    def operator(self, tree: Tree, start: int) -> Tree:
        raise NotImplementedError

    def scripted(self, base: Tree, calls: bool = True) -> Tree:
        raise NotImplementedError

    def script_tree(self) -> Tree:
        raise NotImplementedError

    def script_tokens(self) -> list[Token]:
        raise NotImplementedError

    def environment(self) -> Tree:
        raise NotImplementedError

    def starts_factor(self) -> bool:
        raise NotImplementedError

    def starts_negative(self) -> bool:
        raise NotImplementedError


def bare(tokens: Sequence[Token]) -> list[Token]:
    """Without gaps, and without alignment marks outside the environments that need them."""
    done: list[Token] = []
    depth = 0
    for token in tokens:
        depth += {"begin": 1, "end": -1}.get(token.kind, 0)
        if token.kind not in ("gap", "quad") and (depth or token.kind != "amp"):
            done.append(token)
    return done


def shown(token: Token) -> str:
    return f"\\{token.text}" if token.kind == "cmd" else f"“{token.text}”"


def is_mark(token: Token, mark: str) -> bool:
    if mark == "partial":
        return token.kind == "cmd" and token.text == "partial"
    return token.kind == "letter" and token.text == "d"


def strip_mark(tokens: Sequence[Token], mark: str) -> tuple[int, list[Token]] | None:
    """The order and what follows, where the tokens begin with ∂ or d."""
    if not tokens or not is_mark(tokens[0], mark):
        return None
    rest = list(tokens[1:])
    order = 1
    if rest and rest[0].kind == "sup":
        inner = rest[1:2]
        skip = 2
        if inner and inner[0].kind == "open":
            inner, skip = rest[2:3], 4
        if inner and inner[0].kind == "number" and inner[0].text.isdigit():
            order = min(int(inner[0].text), 5)
            rest = rest[skip:]
    return order, rest


def derivative_marks(top: Sequence[Token], bottom: Sequence[Token]) -> str:
    """Whether a fraction is a derivative: with ∂ at the head of a part, or d at the head of both."""
    heads = [part[0] for part in (top, bottom) if part]
    if any(t.kind == "cmd" and t.text == "partial" for t in heads[:1]) and len(heads) == 2:
        return "partial"
    if len(heads) == 2 and heads[1].kind == "cmd" and heads[1].text == "partial":
        return "partial"
    if len(heads) == 2 and is_mark(heads[0], "d") and len(top) > 1 and len(bottom) == 1 and bottom[0].kind == "letter":
        return "d"
    if len(heads) == 2 and all(is_mark(t, "d") for t in heads) and len(bottom) > 1 and bottom[1].kind != "sub":
        return "d"
    return ""


def _spells(run: str, follows: str, grammar: Grammar) -> bool:
    """Whether letters side by side are the name of a function."""
    if run in grammar.words:
        return True
    if run not in grammar.named:
        return False
    return follows == "(" if run in OWN else follows in ("(", "^", "_", " ", "{", "[") or len(run) > 2


def with_words(tokens: Sequence[Token], grammar: Grammar) -> list[Token]:
    """Runs of letters that spell a function's name become one word."""
    done: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.kind == "letter" and not token.style:
            end = at
            while end < len(tokens) and tokens[end].kind == "letter" and not tokens[end].style:
                end += 1
            run = "".join(t.text for t in tokens[at:end])
            joined = len(run) > 1 and tokens[end - 1].end - token.start == len(run)
            follows = tokens[end].text if end < len(tokens) else ""
            name = next((run[k:] for k in range(len(run) - 1) if _spells(run[k:], follows, grammar)), "")
            if joined and name:
                cut = end - len(name)
                done += tokens[at:cut]
                done.append(Token("word", name, tokens[cut].start, tokens[end - 1].end, "roman"))
            else:
                done += tokens[at:end]
            at = end
            continue
        done.append(token)
        at += 1
    return done
