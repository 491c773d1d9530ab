"""Whether a symbol is applied to the brackets after it. Owns: telling calls and laws such as p(x | θ) from products.

Never: takes a token.
"""

from __future__ import annotations

from collections.abc import Sequence

from gradwright.read.latex.cursor import Cursor
from gradwright.read.latex.grammar import GREEK
from gradwright.read.latex.rows import levels
from gradwright.read.latex.tokens import Token
from gradwright.read.syntax import Name


def is_law(c: Cursor, ahead: int) -> bool:
    """P(t = 1 | z): a name with a condition or an equation in its brackets is read as one symbol."""
    if _is_parted(c.tokens[c.at + ahead + 1 : c.at + ahead + c.bracket_length(ahead) - 1]):
        return True
    if c.at and c.tokens[c.at - 1].text in c.grammar.distributions:
        inside = c.tokens[c.at + ahead + 1 : c.at + ahead + c.bracket_length(ahead) - 1]
        return not any(top and t.kind == "op" and t.text in "+-/" for t, top in levels(inside))
    depth = 0
    k = ahead
    while (token := c.peek(k)) is not None:
        if (token.kind == "op" and token.text in "([") or token.kind == "open":
            depth += 1
        elif (token.kind == "op" and token.text in ")]") or token.kind == "close":
            depth -= 1
            if depth == 0:
                return False
        elif depth == 1 and (token.text in ("|", "mid", "=", ";", "vert")):
            return not (token.text in ("|", "vert") and c.text(k - 1) in ("(", "+", "-", ","))
        k += 1
    return False


def _is_parted(inside: Sequence[Token]) -> bool:
    """Whether one bar by itself stands between the brackets, and both of its sides hold something."""
    bars = [k for k, (t, top) in enumerate(levels(inside)) if top and t.text in ("|", "vert", "mid")]
    return len(bars) == 1 and 0 < bars[0] < len(inside) - 1


def is_applied(c: Cursor, tree: Name, ahead: int) -> bool:
    """A bracket that holds a list, or one symbol alone, is what the symbol before it is applied to."""
    if tree.stem.isdigit() or (tree.font == "bold" and tree.stem[:1].isupper()):
        return False
    length = c.bracket_length(ahead)
    inside = c.tokens[c.at + ahead + 1 : c.at + ahead + length - 1]
    if any(top and t.text == "," for t, top in levels(inside)):
        return True
    symbols = [t for t, top in levels(_unscripted(inside)) if top]
    return len(symbols) == 1 and (symbols[0].kind == "letter" or symbols[0].text in GREEK)


def holds_itself(c: Cursor, name: str, ahead: int) -> bool:
    """σ (1 − σ) is a product: the bracket holds the symbol by itc."""
    inside = c.tokens[c.at + ahead + 1 : c.at + ahead + c.bracket_length(ahead) - 1]
    last = [*inside, None][1:]
    return any(t.text == name and (n is None or n.text != "(") for t, n in zip(inside, last, strict=True))


def _unscripted(tokens: Sequence[Token]) -> list[Token]:
    """Without subscripts, superscripts and primes."""
    done: list[Token] = []
    depth, skip = 0, False
    for token in tokens:
        if skip and depth == 0 and token.kind != "open":
            skip = False
            continue
        if token.kind in ("sub", "sup") and depth == 0:
            skip = True
        elif skip:
            depth += {"open": 1, "close": -1}.get(token.kind, 0)
            skip = depth > 0
        elif token.kind != "prime":
            done.append(token)
    return done
