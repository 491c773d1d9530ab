"""Σ, Π, max and min over letters. Owns: what they bind, and how far they reach. Never: sums without a Σ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from gradwright.read.latex.cursor import Cursor
from gradwright.read.latex.grammar import BIG, is_symbol
from gradwright.read.latex.nodes import ENDLESS
from gradwright.read.latex.rows import parted, relation
from gradwright.read.latex.scripts import primed
from gradwright.read.latex.tokens import Token
from gradwright.read.latex.wholes import optimum
from gradwright.read.syntax import (
    Big,
    Binder,
    Comparison,
    Letter,
    Multiplication,
    Name,
    Negative,
    Node,
    Product,
    Relation,
    children,
)


def big(c: Cursor) -> Node:
    token = c.take()
    op = BIG[token.text]
    if op is None:
        c.fail("an integral" if "int" in token.text else f"\\{token.text} is not known", token)
    bounds: list[Token] = []
    upper: list[Token] = []
    while c.kind() in ("sub", "sup"):
        if c.take().kind == "sub":
            bounds = c.script_tokens()
        else:
            upper = c.script_tokens()
    binders, conditions = bound_letters(c, bounds, upper)
    body = _under(c, binders, lambda: summand(c, token))
    tree = Big((token.start, body.span[1]), op, binders, conditions, body)
    return _ended(tree) if op == "prod" else c.made(Big, token.start, op, binders, conditions, body)


def _ended(tree: Big) -> Node:
    """∏_i f_i ∏_j g_j: a ∏ ends where another begins in which none of its letters occurs."""
    factors = tree.body.factors if isinstance(tree.body, Product) else ()
    flat = [f for sign, one in factors for f in (_run(one) if sign == " " else ()) or ((sign, one),)]
    letters = {binder.name for binder in tree.binders}
    for k, (sign, factor) in enumerate(flat):
        if k and sign == " " and _is_product(factor) and not letters & free_names(factor):
            body = flat[0][1] if k == 1 else Product((tree.body.span[0], flat[k - 1][1].span[1]), tuple(flat[:k]))
            first = replace(tree, span=(tree.span[0], body.span[1]), body=body)
            return Product(tree.span, ((" ", first), *flat[k:]))
    return tree


def _is_product(tree: Node) -> bool:
    return isinstance(tree, Big) and tree.operator == "prod"


def _run(tree: Node) -> tuple[tuple[Multiplication, Node], ...]:
    """Several ∏, one after the other; nothing of what is something else."""
    return tree.factors if isinstance(tree, Product) and _is_product(tree.factors[0][1]) else ()


def free_names(tree: Node) -> set[str]:
    """The letters and names of a tree that no sign in it binds."""
    if isinstance(tree, Big):
        inside = set().union(*map(free_names, children(tree)))
        return inside - {binder.name for binder in tree.binders}
    own = {tree.stem} if isinstance(tree, Name) else {tree.name} if isinstance(tree, Letter) else set()
    return own.union(*map(free_names, children(tree)))


def extreme(c: Cursor, name: Literal["max", "min"], start: int) -> Node:
    """max_v z_v over an index; over anything else it is an optimum."""
    below = c.script_tokens()
    if any(t.kind != "letter" and relation(t) is None for t in below):
        return optimum(c)
    binders, conditions = bound_letters(c, below, [])
    return c.made(Big, start, name, binders, conditions, _under(c, binders, c.product))


def _under(c: Cursor, binders: Sequence[Binder], body: Callable[[], Node]) -> Node:
    """What is read while the letters are bound."""
    outside, c.bound = c.bound, c.bound | {binder.name for binder in binders}
    found = body()
    c.bound = outside
    return found


def summand(c: Cursor, token: Token) -> Node:
    if c.starts_negative() or c.text() == "+":
        sign = c.take().text
        body = c.product()
        return body if sign == "+" else c.made(Negative, token.start, body)
    if not c.starts_factor():
        c.fail("a sum of nothing", token)
    return c.product()


def bound_letters(
    c: Cursor, bounds: Sequence[Token], upper: Sequence[Token]
) -> tuple[tuple[Binder, ...], tuple[Comparison, ...]]:
    """The letters a Σ binds, each with its bounds, and what else stands below it."""
    letters: list[Binder] = []
    conditions: list[Comparison] = []
    if len(upper) > 2 and upper[0].kind == "letter" and relation(upper[1]) == "=":  # up to i = n
        upper = upper[2:]
    clauses = parted(primed(bounds), (",", ":", ";"))
    for clause in clauses:
        clause = [t for t in clause if t.kind not in ("open", "close")] if len(clauses) > 1 else clause
        place = next((k for k, t in enumerate(clause) if relation(t)), None)
        if place is None:
            letters += [_plain_binder(c, token) for token in clause]
        else:
            *others, condition = _clause(c, clause, place, upper)
            letters += [b for b in others if isinstance(b, Binder) and b.name not in [known.name for known in letters]]
            conditions += [condition] if isinstance(condition, Comparison) else []
    if upper and letters and letters[-1].low is None:
        letters[-1] = replace(letters[-1], high=c.sub_parse(upper))
    return tuple(letters), tuple(conditions)


def _clause(
    c: Cursor, clause: Sequence[Token], place: int, upper: Sequence[Token]
) -> tuple[Binder | Comparison | None, ...]:
    """The letters that ``i = 1``, ``i \\in S`` or ``i, j < k`` binds, and the condition on the last, or None."""
    meaning, first, rest = relation(clause[place]), clause[:place], clause[place + 1 :]
    several = bool(first) and all(t.kind == "letter" for t in first) and meaning != "="
    if meaning not in _BOUNDING or (not several and (len(first) != 1 or not rest)):
        c.fail("what a sum runs over is not understood", clause[0])
    *before, last = map(_binder, first)
    if meaning == "=":
        return replace(last, low=_bound(c, rest), high=_bound(c, upper) if upper else None), None
    if meaning == "in":
        return *before, last, None
    span = (clause[0].start, clause[-1].end)
    return *before, last, Comparison(span, meaning, c.sub_parse(first[-1:]), c.sub_parse(rest))


_BOUNDING: tuple[Relation, ...] = ("=", "in", "!=", "<", ">", "<=", ">=")


def _bound(c: Cursor, tokens: Sequence[Token]) -> Node:
    """A bound, which may be ∞."""
    signed = [t for t in tokens if t.kind not in ("open", "close") and t.text not in ("+", "-")]
    if [t.text for t in signed] == ["infty"]:
        return Name((signed[0].start, signed[0].end), ENDLESS)
    return c.sub_parse(tokens)


def _plain_binder(c: Cursor, token: Token) -> Binder:
    if not is_symbol(token):
        c.fail("what a sum runs over is not understood", token)
    return _binder(token)


def _binder(token: Token) -> Binder:
    return Binder((token.start, token.end), token.text)
