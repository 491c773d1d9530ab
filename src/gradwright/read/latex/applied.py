"""Whether a symbol is applied to the brackets after it. Owns: telling calls and laws such as p(x | θ) from products.

Never: takes a token.
"""

from __future__ import annotations

from collections.abc import Sequence

from gradwright.read.latex.cursor import Cursor
from gradwright.read.latex.grammar import is_symbol
from gradwright.read.latex.rows import levels
from gradwright.read.latex.tokens import Token, argument_at
from gradwright.read.syntax import Name


def is_law(c: Cursor, ahead: int) -> bool:
    """P(t = 1 | z): a name with a condition or an equation in its brackets is read as one symbol."""
    inside = c.inside(ahead)
    if _is_parted(inside):
        return True
    if c.at and c.tokens[c.at - 1].text in c.grammar.letters.distributions:
        return not any(top and t.kind == "op" and t.text in "+-/" for t, top in levels(inside))
    signs = (k for k, (t, top) in enumerate(levels(inside)) if top and t.text in ("|", "mid", "=", ";", "vert"))
    first = next(signs, None)
    if first is None:
        return False
    opens = first == 0 or inside[first - 1].text in ("(", "+", "-", ",")
    return not (inside[first].text in ("|", "vert") and opens)


def _is_parted(inside: Sequence[Token]) -> bool:
    """Whether one bar by itself stands between the brackets, and both of its sides hold something."""
    bars = [k for k, (t, top) in enumerate(levels(inside)) if top and t.text in ("|", "vert", "mid")]
    return len(bars) == 1 and 0 < bars[0] < len(inside) - 1


def is_applied(c: Cursor, tree: Name, ahead: int) -> bool:
    """A bracket that holds a list, or one symbol alone, is what the symbol before it is applied to."""
    if tree.stem.isdigit() or (tree.font == "bold" and tree.stem[:1].isupper()):
        return False
    inside = c.inside(ahead)
    if any(top and t.text == "," for t, top in levels(inside)):
        return True
    symbols = [t for t, top in levels(_unscripted(inside)) if top]
    return len(symbols) == 1 and is_symbol(symbols[0])


def holds_itself(c: Cursor, name: str, ahead: int) -> bool:
    """σ (1 − σ) is a product: the bracket holds the symbol by itself."""
    inside = c.inside(ahead)
    last = [*inside, None][1:]
    return any(t.text == name and (n is None or n.text != "(") for t, n in zip(inside, last, strict=True))


def _unscripted(tokens: Sequence[Token]) -> list[Token]:
    """Without subscripts, superscripts and primes."""
    done: list[Token] = []
    at = 0
    while at < len(tokens):
        if tokens[at].kind in ("sub", "sup"):
            at = argument_at(tokens, at + 1)[1]
            continue
        done += [tokens[at]] if tokens[at].kind != "prime" else []
        at += 1
    return done
