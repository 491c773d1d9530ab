"""Factors of sums of products. Owns: what stands outside a sum, what is multiplied inside. Never: orders products."""

from __future__ import annotations

from gradwright.core.build import add, const, mul, open_binder, split_coefficient
from gradwright.core.build import reduce as fold
from gradwright.core.index import Index
from gradwright.core.node import Add, Const, Entry, Mul, Node, Pow, Reduce, factors_in, terms_in
from gradwright.core.walk import bottom_up


def hoisted(node: Node, memo: dict[Node, Node] | None = None) -> Node:
    """The node with every factor outside the sums it does not move with; ``memo`` keeps what was seen."""

    def hoist(current: Node) -> Node:
        if not isinstance(current, Reduce) or current.op != "sum":
            return current
        indices, body = open_binder(current)
        factors = body.factors if isinstance(body, Mul) else ()
        outside = [f for f in factors if f.free.isdisjoint(indices)]
        if not outside or len(outside) == len(factors):
            return current
        return mul(*outside, fold("sum", indices, mul(*(f for f in factors if f not in outside))))

    return bottom_up(hoist, node, memo)


def gathered(node: Node) -> Node:
    """The node with an array that is a factor of every term of a sum multiplied once, with what the others come to."""

    def gather(current: Node) -> Node:
        if not isinstance(current, Add):
            return current
        terms = [factors_in(term) for term in current.terms]
        common = [f for f in terms[0] if isinstance(f, Entry) and f.free == current.free and all(f in t for t in terms)]
        left = [mul(*(f for f in t if f not in common)) for t in terms]
        return mul(*common, add(*(part for term in left for part in _loose(term)))) if common else current

    return bottom_up(gather, node)


def _loose(term: Node) -> list[Node]:
    """The terms of a number times a sum."""
    number, inner = split_coefficient(term)
    return [mul(const(number), part) for part in terms_in(inner)]


def in_order(node: Node) -> list[Index]:
    return sorted(node.free, key=lambda i: (i.digest, repr(i)))


def factors_of(body: Node) -> list[Node]:
    """Factors of a product; a square counts twice, and a sum gives up what is the same in all its terms."""
    found: list[Node] = []
    for factor in factors_in(body):
        two = isinstance(factor, Pow) and isinstance(factor.exponent, Const) and factor.exponent.value == 2
        if isinstance(factor, Reduce) and factor.op == "sum":
            indices, inner = open_binder(factor, avoid=body.free)
            inside = factors_of(inner)
            loose = [f for f in inside if not f.free & set(indices)]
            rest = [f for f in inside if f not in loose]
            found += [*loose, fold("sum", indices, mul(*rest))] if loose and rest else [factor]
        else:
            found += [factor.base, factor.base] if two and isinstance(factor, Pow) else [factor]
    return found
