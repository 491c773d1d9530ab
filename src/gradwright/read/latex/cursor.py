"""The tokens of one side, and where the parser is. Owns: looking, taking, failing, stretches between brackets.

Never: builds an operator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Concatenate, Literal, NoReturn, ParamSpec, TypeVar

from gradwright.core.errors import Error, Span
from gradwright.core.record import dataclass
from gradwright.read.latex.grammar import PRODUCT, Grammar, with_words
from gradwright.read.latex.nodes import Noted
from gradwright.read.latex.rows import parted, relation
from gradwright.read.latex.tokens import Token, argument_at, closed_after, inside
from gradwright.read.syntax import Comparison, Font, Node

_Parts = ParamSpec("_Parts")
_Made = TypeVar("_Made", bound=Node)
Mark = Literal["partial", "d"]
DEEPEST = 48


@dataclass(frozen=True)
class Rules:
    """The rules of the grammar that stand above all others, and that what stands in a bracket comes back to."""

    sum: Callable[[Cursor], Node]
    product: Callable[[Cursor], Node]
    factor: Callable[[Cursor], Node]


class Cursor:
    """A place in the tokens of one side."""

    def __init__(self, tokens: Sequence[Token], grammar: Grammar, rules: Rules) -> None:
        self.grammar, self.rules = grammar, rules
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

    def made(
        self, kind: Callable[Concatenate[Span, _Parts], _Made], start: int, *parts: _Parts.args, **named: _Parts.kwargs
    ) -> _Made:
        """A node that reaches from ``start`` to the last token that was taken."""
        end = self.tokens[self.at - 1].end if self.at else start
        return kind((start, max(end, start + 1)), *parts, **named)

    def here(self) -> int:
        token = self.peek()
        return token.start if token else self.span[1]

    def whole(self) -> Node:
        if not self.tokens:
            raise Error("nothing stands here", self.span)
        tree = self.sum()
        if self.peek() is not None and all(t.text in (")", "]") and t.kind == "op" for t in self.tokens[self.at :]):
            return Noted(self.span, tree, "a bracket is closed that was never opened")
        if self.peek() is not None:
            self.fail(f"{shown(self.tokens[self.at])} is not understood here")
        return tree

    def conditions(self, tokens: Sequence[Token]) -> tuple[Comparison, ...]:
        """``i = k``, ``i \\ne k, l = j``."""
        found: list[Comparison] = []
        clauses = parted(tokens, (",", "and"))
        for clause in clauses:
            places = [k for k, t in enumerate(clause) if relation(t)]
            bounds = [-1, *places, len(clause)]
            for k, place in enumerate(places):
                left = clause[bounds[k] + 1 : place]
                right = clause[place + 1 : bounds[k + 2]]
                sign = relation(clause[place])
                if left and right and sign is not None:
                    sides = [Cursor(side, self.grammar, self.rules).whole() for side in (left, right)]
                    found.append(Comparison((left[0].start, right[-1].end), sign, *sides))
        return tuple(found)

    # --- stretches of tokens

    def inside(self, ahead: int) -> list[Token]:
        """What stands in the bracket there."""
        return inside(self.tokens, self.at + ahead)

    def after_scripts(self, ahead: int, *others: str) -> int:
        """Beyond scripts, and tokens of other kinds."""
        while self.kind(ahead) in ("sub", "sup", *others):
            scripted = self.kind(ahead) in ("sub", "sup")
            ahead = argument_at(self.tokens, self.at + ahead + 1)[1] - self.at if scripted else ahead + 1
        return ahead

    def opens(self, ahead: int) -> bool:
        return self.text(ahead) in ("(", "[", "{")

    def raw_group(self) -> list[Token]:
        """The tokens of the next group, unread."""
        token = self.peek()
        if token is None:
            self.fail("a fraction has two parts")
        if token.kind != "open":
            self.take()
            if token.kind == "number" and len(token.text) > 1 and token.text.isdigit():  # \frac12
                self.at -= 1
                self.tokens[self.at] = replace(token, text=token.text[1:], start=token.start + 1)
                return [replace(token, text=token.text[0], end=token.start + 1)]
            return [token]
        return self._taken("a brace is not closed")

    def script_tokens(self) -> list[Token]:
        token = self.peek()
        if token is None:
            self.fail("a script of nothing")
        return self.raw_group()

    def bracketed(self) -> list[Token]:
        """The tokens between a bracket and the one that closes it, which is taken too."""
        opened = self.peek()
        return self._taken("something is missing here") or self.fail("nothing stands in these brackets", opened)

    def _taken(self, unclosed: str) -> list[Token]:
        found, begin = self.inside(0), self.at
        self.at = closed_after(self.tokens, begin)
        if self.at - begin < len(found) + 2:
            self.fail(unclosed, self.tokens[begin])
        return found

    # --- what begins here

    def starts_sign(self) -> bool:
        return self.kind() == "op" and self.text() in "+-"

    def starts_negative(self) -> bool:
        return self.kind() == "op" and self.text() == "-"

    def leaves_out(self) -> bool:
        """Whether an ellipsis stands here for terms, with a sign or nothing after it."""
        after = self.peek(1)
        return self.text() == "dots" and self.kind() == "cmd" and (after is None or after.text in ("+", "-"))

    def starts_factor(self) -> bool:
        token = self.peek()
        if token is not None and token.text in ("|", "vert") and self.kind(1) == "sub":
            return False  # evaluated at
        return token is not None and self.begins(token)

    def operand_follows(self) -> bool:
        nxt = self.peek(1)
        return nxt is not None and (self.begins(nxt) or (nxt.kind == "op" and nxt.text == "-"))

    def begins(self, token: Token) -> bool:
        if token.kind in ("letter", "number", "word", "open", "begin"):
            return True
        if token.kind == "op":
            return token.text in "([{" or (token.text == "|" and self.bars == 0)
        if token.kind == "cmd":
            if token.text in ("|", "vert"):
                return self.bars == 0
            return relation(token) is None and token.text not in PRODUCT and token.text not in (
                "mid", "rangle", "rceil", "rfloor", "right", "end",
            )  # fmt: skip
        return False

    # --- the rules that others come back to

    def sum(self) -> Node:
        return self.rules.sum(self)

    def product(self) -> Node:
        return self.rules.product(self)

    def factor(self) -> Node:
        return self.rules.factor(self)

    def within(self, tokens: Sequence[Token]) -> Cursor:
        """A parser of some of the tokens, in the place of this one."""
        inner = Cursor([], self.grammar, self.rules)
        inner.tokens, inner.depth, inner.span = list(tokens), self.depth, (tokens[0].start, tokens[-1].end)
        inner.bound = self.bound
        return inner

    def sub_parse(self, tokens: Sequence[Token]) -> Node:
        if not tokens:
            self.fail("an empty group")
        inner = self.within(tokens)
        tree = inner.sum()
        if inner.peek() is not None:
            inner.fail(f"{shown(inner.tokens[inner.at])} is not understood here")
        return tree


def bare(tokens: Sequence[Token]) -> list[Token]:
    """Without gaps, and without alignment marks outside the environments that need them."""
    done: list[Token] = []
    depth = 0
    for token in tokens:
        depth += {"begin": 1, "end": -1}.get(token.kind, 0)
        if token.kind not in ("gap", "quad") and (depth or token.kind != "amp"):
            done.append(token)
        if [t.kind for t in done[-3:]] == ["open", "word", "close"] and (
            len(done) == 3 or done[-4].kind not in ("sub", "sup", "cmd", "close")
        ):
            done[-3:] = [done[-2]]  # {\rm Prob}
        elif [t.kind for t in done[-3:]] == ["open", "cmd", "close"] and done[-2].text in _DOTS:
            done[-3:] = [done[-2]]  # {\vdots}
        if len(done) > 1 and done[-1].text == done[-2].text == "dots":
            done.pop()  # ......
    return done


_DOTS = ("dots", "vdots", "ddots")


def shown(token: Token) -> str:
    return f"\\{token.text}" if token.kind == "cmd" else f"“{token.text}”"


def font_of(token: Token) -> Font:
    """The font that makes a symbol another one."""
    return "bold" if token.style == "bold" else "cal" if token.style == "cal" else ""


def is_mark(token: Token, mark: Mark) -> bool:
    if mark == "partial":
        return token.kind == "cmd" and token.text == "partial"
    return token.kind == "letter" and token.text == "d"


def strip_mark(tokens: Sequence[Token], mark: Mark) -> tuple[int, list[Token]] | None:
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


def derivative_marks(top: Sequence[Token], bottom: Sequence[Token]) -> Mark | None:
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
    return None
