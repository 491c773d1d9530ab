"""What is parsed as a whole: expectations, integrals, indicators, optima. Owns: finding their parts. Never: meaning."""

from __future__ import annotations

from collections.abc import Sequence

from gradwright.core.errors import Error
from gradwright.read.latex.cursor import GREEK, is_mark
from gradwright.read.latex.nodes import Expectation, Indicator, Integral, Optimum
from gradwright.read.latex.rows import levels, relation
from gradwright.read.latex.scripts import Scripts
from gradwright.read.latex.tokens import Token
from gradwright.read.syntax import Node

OPTIMA = frozenset({"argmax", "argmin"})
_MOMENTS = {"E": "E", "Var": "Var", "var": "Var", "Cov": "Cov", "cov": "Cov", "Expect": "E", "expect": "E"}


class Wholes(Scripts):
    """Operators that bind what stands in them."""

    # --- expectations

    def is_expectation(self) -> bool:
        r"""\mathbb{E}[…], E[…], \operatorname{Var}(…)."""
        token = self.peek()
        if token is None or token.text not in _MOMENTS or token.kind not in ("letter", "word", "cmd"):
            return False
        if token.style == "bb" or len(token.text) > 1:
            return token.style == "bb" or self.opens(self.after_scripts(1))
        return self.text(self.after_scripts(1)) == "[" and token.text not in self.grammar.functions

    def opens(self, ahead: int) -> bool:
        return self.text(ahead) in ("(", "[", "{")

    def after_scripts(self, ahead: int) -> int:
        while self.kind(ahead) in ("sub", "sup"):
            ahead += 1 + self.script_length(ahead + 1)
        return ahead

    def expectation(self) -> Node:
        """Its kind, what is random by its subscript, the subscript's text, what it is given, and its bodies."""
        token = self.take()
        under: list[Token] = []
        while self.kind() in ("sub", "sup"):
            if self.take().kind == "sup":
                self.fail("a power of an expectation before its brackets")
            under = self.script_tokens()
        names, law, drawn = self.random_in(under)
        given: list[Token] = []
        if self.opens(0):
            inside = self.bracketed()
            parts, given = _parted(inside)
            bodies = tuple(self.sub_parse(part) for part in parts)
        else:
            bodies = (self.product(),)
        text = "".join(t.text for t in given)
        moment = _MOMENTS[token.text]
        if len(bodies) != (2 if moment == "Cov" else 1):
            self.fail("an expectation of several things", token)
        return self.scripted(self.made(Expectation, token.start, moment, names, law, text, bodies, drawn))

    def random_in(self, under: Sequence[Token]) -> tuple[tuple[str, ...], str, Node | None]:
        """x ∼ p, (x, y) ∼ D, x: the symbols that a subscript makes random, and the law it names, as text and tree."""
        place = next((k for k, t in enumerate(under) if t.text == "sim"), None)
        named = under if place is None else under[:place]
        law = "" if place is None else "".join(t.text for t in under[place + 1 :] if t.kind not in ("open", "close"))
        symbols = [t for t, top in levels([t for t in named if t.text not in ("(", ")")]) if top]
        names = [t.text for t in symbols if t.kind == "letter" or t.text in GREEK]
        drawn: Node | None = None
        if place is not None and len(names) == 1 and under[place + 1 :]:
            try:
                drawn = self.sub_parse(under[place + 1 :])
            except Error:
                drawn = None
        return tuple(dict.fromkeys(names)), law, drawn

    def bracketed(self) -> list[Token]:
        """The tokens between a bracket and the one that closes it, which is taken too."""
        opened = self.take()
        depth, begin = 1, self.at
        while depth:
            token = self.take()
            if token.kind in ("op", "open", "close"):
                depth += 1 if token.text in ("(", "[", "{") else -1 if token.text in (")", "]", "}") else 0
        if self.at - 1 == begin:
            self.fail("nothing stands in these brackets", opened)
        return list(self.tokens[begin : self.at - 1])

    # --- integrals

    def integral(self) -> Node:
        """∫ f(x) dx: the variables, the text of the bounds, the integrand."""
        token = self.take()
        bounds: list[Token] = []
        while self.kind() in ("sub", "sup"):
            bounds += [self.take(), *self.script_tokens()]
        place = self.differential_ahead()
        if place is None:
            below = [t for t in bounds if t.kind == "letter" or t.text in GREEK]
            if len(bounds) < 2 or not below or any(t.kind == "number" for t in bounds):
                self.fail("an integral that does not say in what", token)
            variables = [self.sub_parse(below[:1])]
            body = self.product()
        else:
            tokens = self.tokens[self.at : place]
            self.at = place
            variables = self.differentials()
            body = self.sub_parse(tokens) if tokens else self.product()
        text = "".join(t.text for t in bounds)
        return self.made(Integral, token.start, tuple(variables), text, body)

    def differential_ahead(self) -> int | None:
        """Where dx stands, outside all brackets, before the side or another integral ends."""
        for at, (token, top) in enumerate(levels(self.tokens[self.at :]), self.at):
            if top and relation(token):
                return None
            nxt = self.tokens[at + 1] if at + 1 < len(self.tokens) else None
            inside = self.tokens[at - 1].kind in ("sub", "sup")
            if (
                top
                and is_mark(token, "d")
                and nxt is not None
                and not inside
                and (nxt.kind == "letter" or nxt.text in GREEK)
            ):
                return at
        return None

    def differentials(self) -> list[Node]:
        found = []
        while (token := self.peek()) is not None and is_mark(token, "d"):
            self.take()
            found.append(self.scripted(self.atom(), calls=False))
        return found

    # --- indicators, optima

    def indicator(self) -> Node | None:
        r"""1\{y = k\}, \mathbb{1}[i = j], \mathbf 1_{i = j}, [i = j]; nothing where another thing stands."""
        token = self.peek()
        assert token is not None
        start = self.at
        one = (token.text == "1" and (token.kind == "number" or token.style in ("bb", "bold"))) or (
            token.text in ("I", "1") and token.style == "bb"
        )
        if one:
            self.take()
            tokens = self.script_tokens() if self.kind() == "sub" and self.take() else []
            if not tokens and self.opens(0) and (token.kind != "number" or self.text() == "{"):
                tokens = self.bracketed()
        elif token.kind == "op" and token.text == "[":
            tokens = self.bracketed()
        else:
            return None
        tokens = _unbracketed(tokens)
        if not any(relation(t) for t, top in levels(tokens) if top):
            self.at = start
            return None
        conditions = self.conditions(tokens)
        return self.made(Indicator, token.start, conditions) if conditions else None

    def optimum(self) -> Node:
        """argmin over something: what follows is taken as a whole."""
        start = self.here()
        self.at = len(self.tokens)
        return self.made(Optimum, start)


def _parted(tokens: Sequence[Token]) -> tuple[list[list[Token]], list[Token]]:
    """What is averaged, parted at commas, and what it is given."""
    parts: list[list[Token]] = [[]]
    for at, (token, top) in enumerate(levels(tokens)):
        if top and token.text in ("mid", ";", "|", "vert") and not (token.text in ("|", "vert") and not parts[-1]):
            return parts, list(tokens[at + 1 :])
        if top and token.text == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts, []


def _unbracketed(tokens: Sequence[Token]) -> list[Token]:
    tokens = list(tokens)
    while len(tokens) > 2 and tokens[0].text in ("[", "(", "{") and tokens[-1].text in ("]", ")", "}"):
        tokens = tokens[1:-1]
    return tokens
