"""Symbols that keep to a condition, as values in what does not. Owns: x > c as c + x², A B = B A as a polynomial of A,
A v = w as a change of A of rank one.

A value may speak of its own symbol: that is what is left free of it. Never: says which conditions hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from gradwright.core.errors import Span
from gradwright.core.facts import FACTS
from gradwright.read.latex.nodes import Function, Known, symbol
from gradwright.read.syntax import (
    Comparison,
    Group,
    Name,
    Negative,
    Node,
    Number,
    Power,
    Product,
    Quotient,
    Relation,
    Sum,
    Transposed,
    alike,
    factors_of,
)
from gradwright.referee.evidence.chains import Hypotheses, Supposed
from gradwright.referee.evidence.imposed import reached
from gradwright.referee.meaning.symbols import Stated, Symbols, is_name, keys_in, symbol_key

Term = tuple[Literal["+", "-"], Node]

_SIGNS: dict[tuple[str, bool], str] = {
    (">", True): "positive", ("<", True): "negative", (">=", True): "nonnegative", ("!=", True): "nonzero",
}  # fmt: skip
"""The fact of x ∘ 0."""
TURNED: dict[Relation, Relation] = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def limits(symbols: Symbols, comparisons: Sequence[Comparison]) -> Hypotheses:
    """x > 0 as a fact; x > c as c + x², and so on: what keeps to bounds is a value in what does not."""
    done, bounds = Hypotheses(), dict[str, list[Comparison]]()
    for item in comparisons:
        one, sign, two = item.left, item.relation, item.right
        if not is_name(symbols, one):
            one, sign, two = two, TURNED.get(sign, sign), one
        key = symbol_key(symbols, one) if is_name(symbols, one) else ""
        if sign == "~" and key in symbols.roles.laws:
            continue
        if sign not in TURNED and sign != "!=":
            done = done.with_(Hypotheses(unread=True))
        elif key and symbol(two) not in ("infty", "∞"):
            bounds.setdefault(key, []).append(Comparison(item.span, sign, one, two))
        elif not key and sign != "!=":  # what is only not to vanish does so nowhere by chance
            done = done.with_(Hypotheses(limits=(item,)))
    for key, told in bounds.items():
        done = done.with_(_limited(symbols, key, told))
    return done


def _limited(symbols: Symbols, key: str, told: Sequence[Comparison]) -> Hypotheses:
    """What the bounds of one symbol say of it."""
    sign, bound = told[0].relation, told[0].right
    if symbols.rank(key) == 2 and _is_zero(bound):  # a matrix: of its entries, or definite; the sign ≻ says so itself
        return Hypotheses()
    fact = _SIGNS.get((sign, _is_zero(bound)))
    if fact is not None and len(told) == 1 and symbols.rank(key) in FACTS[fact].ranks:
        return Hypotheses(facts=(Stated(fact, key, "stated", bound.span[0]),))
    above = [item.right for item in told if item.relation in (">", ">=")]
    below = [item.right for item in told if item.relation in ("<", "<=")]
    free = not symbols.rank(key) and not symbols.is_defined(key) and not symbols.knows("integer", key)
    beside = {key for item in told for key in reached(symbols, item.right)}
    if not free or key in beside or any(symbols.rank(k) for k in beside) or max(len(above), len(below)) > 1:
        return Hypotheses(limits=tuple(told))
    away: Node = Known(bound.span, key)
    if above or below:
        away = Power(bound.span, away, Number(bound.span, "2"))
    if above and below:
        value = _moved(above[0], "+", _share(above[0], below[0], away))
    else:
        value = _moved(bound, "-" if below else "+", away)
    return Hypotheses((Supposed(key, value, bounds=tuple((item.relation, item.right.span) for item in told)),))


def _moved(start: Node, sign: Literal["+", "-"], away: Node) -> Node:
    return Sum(start.span, (("+", Group(start.span, start)), (sign, away)))


def _share(low: Node, high: Node, away: Node) -> Node:
    """The way between two bounds, divided by one and a square."""
    return Quotient(low.span, Group(low.span, _moved(high, "-", Group(low.span, low))),
                    _moved(Number(low.span, "1"), "+", away))  # fmt: skip


def _is_zero(tree: Node) -> bool:
    return isinstance(tree, Number) and not tree.text.strip("0.")


def linear(symbols: Symbols, one: Node, two: Node) -> Hypotheses:
    """a + b = 5 as b = 5 − a: a number that stands in it once, by itself, is what the rest says."""
    known = {s.key for s in symbols.roles.facts} | {d.key for d in symbols.definitions} | symbols.shapes.extents
    if isinstance(one, Sum):
        for k, (sign, term) in reversed(list(enumerate(one.terms))):
            key = symbol_key(symbols, term) if isinstance(term, Name) else ""
            rest = one.terms[:k] + one.terms[k + 1 :]
            beside = keys_in(symbols, two).union(*(keys_in(symbols, other) for _, other in rest))
            if key and not symbols.rank(key) and key not in known | beside and not any(map(symbols.rank, beside)):
                told = Group(one.span, Sum(one.span, rest)) if len(rest) > 1 else _signed(*rest[0])
                value: Node = _moved(two, "-", told)
                value = value if sign == "+" else Negative(one.span, Group(one.span, value))
                return Hypotheses((Supposed(key, value, bounds=((None, (one.span[0], two.span[1])),)),))
    return Hypotheses(unread=True)


def _signed(sign: str, term: Node) -> Node:
    return Group(term.span, term if sign == "+" else Negative(term.span, Group(term.span, term)))


def commuting(symbols: Symbols, one: Node, two: Node) -> Hypotheses:
    """A B = B A: nearly every B that commutes with A is a polynomial of A."""
    if not (isinstance(one, Product) and isinstance(two, Product) and len(one.factors) == len(two.factors) == 2):
        return Hypotheses()
    (_, a), (_, b) = one.factors
    key, span = symbol_key(symbols, b), (one.span[0], two.span[1])
    turned = all(alike(x, y) for (_, x), y in zip(two.factors, (b, a), strict=True))
    free = key not in {s.key for s in symbols.roles.facts} | {d.key for d in symbols.definitions}
    if not (turned and free and is_name(symbols, a) and symbols.rank(symbol_key(symbols, a)) == symbols.rank(key) == 2):
        return Hypotheses()
    at = b.span
    one, two = Known(at, key), Number(at, "2")
    powers = ((one, Name(at, "I")), (_times(at, a, one), a), (Power(at, one, two), Power(at, a, two)))
    terms: tuple[Term, ...] = tuple(("+", _times(at, Function(at, "tr", (of,)), power)) for of, power in powers)
    return Hypotheses((Supposed(key, Sum(at, terms), bounds=((None, span),), generic=True),))


def acting(symbols: Symbols, one: Node, two: Node) -> Hypotheses:
    """A v = w: A + (w − A v) vᵀ / vᵀv is any such matrix, as A is any; vᵀA = wᵀ likewise; of a symmetric one it is

    A + (r vᵀ + v rᵀ) / vᵀv − (vᵀr) v vᵀ / (vᵀv)², where r = w − A v (the secant updates of Broyden and Powell).
    """
    factors = factors_of(one)
    if len(factors) != 2:
        return Hypotheses()
    left = isinstance(factors[0], Transposed)
    matrix, vector = (factors[1], factors[0]) if left else (factors[0], factors[1])
    inner = vector.body if isinstance(vector, Transposed) else vector
    key = symbol_key(symbols, matrix) if isinstance(matrix, Name) else ""
    told = {s.fact for s in symbols.roles.facts if s.key == key}
    bound = not key or symbols.is_defined(key) or key in reached(symbols, two)
    acts = is_name(symbols, inner) and symbols.rank(symbol_key(symbols, inner)) == 1 and symbols.rank(key) == 2
    if bound or not acts or told - {"symmetric"}:
        return Hypotheses()
    change = _symmetric_change if "symmetric" in told else _change
    at = one.span
    rest = _minus(at, two, _times(at, *((Transposed(at, inner), Known(at, key)) if left else (Known(at, key), inner))))
    rest = Transposed(at, rest) if left else rest
    terms: list[Term] = [("+", Known(at, key)), *change(at, rest, inner, left)]
    return Hypotheses((Supposed(key, Sum(at, tuple(terms)), bounds=((None, (one.span[0], two.span[1])),)),))


def _change(at: Span, rest: Node, vector: Node, left: bool) -> list[Term]:
    """r vᵀ / vᵀv, or its transpose."""
    row, turned = Transposed(at, vector), Transposed(at, rest)
    change = _times(at, vector, turned) if left else _times(at, rest, row)
    return [("+", Quotient(at, change, _times(at, row, vector)))]


def _symmetric_change(at: Span, rest: Node, vector: Node, left: bool) -> list[Term]:
    """(r vᵀ + v rᵀ) / vᵀv − (vᵀr) v vᵀ / (vᵀv)²."""
    row, turned = Transposed(at, vector), Transposed(at, rest)
    length = Group(at, _times(at, row, vector))
    both = Sum(at, (("+", _times(at, rest, row)), ("+", _times(at, vector, turned))))
    twice = Quotient(at, _times(at, row, rest), Power(at, length, Number(at, "2")))
    return [("+", Quotient(at, Group(at, both), length)), ("-", _times(at, twice, vector, row))]


def _minus(at: Span, one: Node, two: Node) -> Node:
    return Group(at, Sum(at, (("+", Group(at, one)), ("-", two))))


def _times(at: Span, *factors: Node) -> Node:
    return Product(at, tuple((" ", factor) for factor in factors))
