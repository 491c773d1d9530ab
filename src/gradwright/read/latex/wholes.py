"""What is parsed as a whole: expectations, integrals, indicators, optima. Owns: finding their parts. Never: meaning."""

from __future__ import annotations

from collections.abc import Sequence

from gradwright.core.errors import Error
from gradwright.read.latex.atoms import atom
from gradwright.read.latex.cursor import Cursor, is_mark
from gradwright.read.latex.grammar import PRODUCT, is_symbol
from gradwright.read.latex.nodes import Expectation, Indicator, Integral, Optimum
from gradwright.read.latex.rows import levels, relation
from gradwright.read.latex.scripts import law, scripted
from gradwright.read.latex.tokens import Token
from gradwright.read.syntax import ORDERS, Name, Node

OPTIMA = frozenset({"argmax", "argmin"})
_PROBABILITIES = frozenset({"Pr", "Prob", "Probability"})
_MOMENTS = {
    **dict.fromkeys(("E", "Expect", "expect"), "E"), **dict.fromkeys(("Cov", "cov", "Covar"), "Cov"),
    **dict.fromkeys(("V", "Var", "var", "VAR", "Variance"), "Var"),
}  # fmt: skip


def is_expectation(c: Cursor) -> bool:
    r"""\mathbb{E}[…], E[…], \operatorname{Var}(…)."""
    token = c.peek()
    if token is None or token.text not in _MOMENTS or token.kind not in ("letter", "word", "cmd"):
        return False
    if token.style == "bb" or len(token.text) > 1:
        return token.style == "bb" or c.opens(c.after_scripts(1))
    return token.text == "E" and c.text(c.after_scripts(1)) == "[" and token.text not in c.grammar.functions


def expectation(c: Cursor) -> Node:
    """Its kind, what is random by its subscript, the subscript's text, what it is given, and its bodies."""
    token = c.take()
    under: list[Token] = []
    while c.kind() in ("sub", "sup"):
        if c.take().kind == "sup":
            c.fail("a power of an expectation before its brackets")
        under = c.script_tokens()
    names, law, drawn = random_in(c, under)
    given: list[Token] = []
    if c.opens(0):
        inside = c.bracketed()
        parts, given = _parted(inside)
        bodies = tuple(c.sub_parse(part) for part in parts)
    else:
        bodies = (c.product(),)
    text = "".join(t.text for t in given)
    moment = _MOMENTS[token.text]
    if len(bodies) != (2 if moment == "Cov" else 1):
        c.fail("an expectation of several things", token)
    return scripted(c, c.made(Expectation, token.start, moment, names, law, text, bodies, drawn))


def is_probability(c: Cursor) -> bool:
    r"""\Pr(…), \mathbb{P}[…], {\rm Prob}\{…\}."""
    token = c.peek()
    if token is None or not c.opens(c.after_scripts(1)):
        return False
    named = token.text in _PROBABILITIES and token.kind in ("word", "cmd")
    return named or (token.text == "P" and token.style == "bb")


def probability(c: Cursor) -> Node:
    """The probability of an event is a number that its text names."""
    start = c.take().start
    return scripted(c, law(c, scripted(c, Name((start, start + 1), "Pr", "roman"))))


def random_in(c: Cursor, under: Sequence[Token]) -> tuple[tuple[str, ...], str, Node | None]:
    """x ∼ p, (x, y) ∼ D, x: the symbols that a subscript makes random, and the law it names, as text and tree."""
    place = next((k for k, t in enumerate(under) if t.text == "sim"), None)
    named = under if place is None else under[:place]
    law = "" if place is None else "".join(t.text for t in under[place + 1 :] if t.kind not in ("open", "close"))
    symbols = [t for t, top in levels([t for t in named if t.text not in ("(", ")")]) if top]
    names = [t.text for t in symbols if is_symbol(t)]
    drawn: Node | None = None
    if place is not None and len(names) == 1 and under[place + 1 :]:
        try:
            drawn = c.sub_parse(under[place + 1 :])
        except Error:
            drawn = None
    return tuple(dict.fromkeys(names)), law, drawn


def integral(c: Cursor) -> Node:
    """∫ f(x) dx: the variables, the text of the bounds, the integrand."""
    token = c.take()
    bounds: list[Token] = []
    while c.kind() in ("sub", "sup"):
        bounds += [c.take(), *c.script_tokens()]
    place = differential_ahead(c)
    if place is None:
        below = [t for t in bounds if is_symbol(t)]
        if len(bounds) < 2 or not below or any(t.kind == "number" for t in bounds):
            c.fail("an integral that does not say in what", token)
        variables = [c.sub_parse(below[:1])]
        body = c.product()
    else:
        tokens = c.tokens[c.at : place]
        c.at = place
        variables = differentials(c)
        body = c.sub_parse(tokens) if tokens else c.product()
    text = "".join(t.text for t in bounds)
    return c.made(Integral, token.start, tuple(variables), text, body)


def differential_ahead(c: Cursor) -> int | None:
    """Where dx stands, outside all brackets, before the side or another integral ends."""
    for at, (token, top) in enumerate(levels(c.tokens[c.at :]), c.at):
        if top and relation(token):
            return None
        nxt = c.tokens[at + 1] if at + 1 < len(c.tokens) else None
        inside = c.tokens[at - 1].kind in ("sub", "sup")
        if top and is_mark(token, "d") and nxt is not None and not inside and is_symbol(nxt):
            return at
    return None


def differentials(c: Cursor) -> list[Node]:
    found = []
    while (token := c.peek()) is not None and is_mark(token, "d"):
        c.take()
        found.append(scripted(c, atom(c)))
    return found


def indicator(c: Cursor) -> Node | None:
    r"""1\{y = k\}, \mathbb{1}[i = j], \mathbf 1_{i = j}, [i = j], (z > 0); nothing where another thing stands."""
    token = c.peek()
    assert token is not None
    start = c.at
    one = (token.text == "1" and (token.kind == "number" or token.style in ("bb", "bold"))) or (
        token.text in ("I", "1") and (token.style == "bb" or c.text(1) in ("(", "{"))
    )
    if one:
        c.take()
        tokens = c.script_tokens() if c.kind() == "sub" and c.take() else []
        if not tokens and c.opens(0):
            tokens = c.bracketed()
    elif token.kind == "op" and (token.text == "[" or (token.text == "(" and _is_factor(c))):
        tokens = c.bracketed()
    else:
        return None
    tokens = _unbracketed(tokens)
    signs = [relation(t) for t, top in levels(tokens) if top and relation(t)]
    if not signs or (token.text == "(" and not set(signs) <= ORDERS):
        c.at = start
        return None
    conditions = c.conditions(tokens)
    return c.made(Indicator, token.start, conditions) if conditions else None


def _is_factor(c: Cursor) -> bool:
    """Whether a sign stands before a bracket: of x (x > 0) it may say where that is meant."""
    before = c.tokens[c.at - 1] if c.at else None
    return before is None or before.text in PRODUCT or before.text in ("+", "-", "(", "[", "{")


def optimum(c: Cursor) -> Node:
    """argmin over something: what follows is taken as a whole."""
    start = c.here()
    c.at = len(c.tokens)
    return c.made(Optimum, start)


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
