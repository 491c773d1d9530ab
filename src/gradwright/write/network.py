"""Products of nodes rearranged so that matrix notation can say them. Owns: finding softmax, squares, single products.

Never: makes a term. Every function gives nodes equal to those it was given.
"""

from __future__ import annotations

from collections.abc import Sequence

from gradwright.core.build import is_const, mul, open_binder, total
from gradwright.core.index import Index
from gradwright.core.node import Add, Apply, Const, Mul, Node, Pow, Reduce

_MOST_TERMS = 24


class Unfit(Exception):
    """Matrix notation cannot say this."""


def products(body: Node) -> list[Node]:
    """The body as a sum of products: Σ and products are multiplied out over the sums that carry the axes."""
    pending: list[Node] = [body]
    done: list[Node] = []
    while pending:
        node = pending.pop()
        if isinstance(node, Add):
            pending += node.terms
        elif isinstance(node, Reduce) and node.op == "sum" and node.free:
            indices, inner = open_binder(node)
            parts = _products_once(inner)
            (pending if len(parts) > 1 else done).extend(total(indices, part) for part in parts)
        else:
            parts = _products_once(node)
            (pending if len(parts) > 1 else done).extend(parts)
        if len(pending) + len(done) > _MOST_TERMS:
            raise Unfit
    return done


def _products_once(node: Node) -> list[Node]:
    if isinstance(node, Add):
        return list(node.terms)
    for factor in node.factors if isinstance(node, Mul) else ():
        inner = factor
        wrap: tuple[Index, ...] = ()
        if isinstance(factor, Reduce) and factor.op == "sum" and factor.free:
            wrap, inner = open_binder(factor)
        if isinstance(inner, Add) and factor.free:
            rest = mul(*(f for f in node.children if f is not factor))
            return [mul(rest, total(wrap, term) if wrap else term) for term in inner.terms]
    return [node]


def root(body: Node) -> Node | None:
    """f where the body is f²."""
    factors = body.factors if isinstance(body, Mul) else (body,)
    if all(isinstance(f, Pow) and is_const(f.exponent, 2) for f in factors):
        return mul(*(f.base for f in factors if isinstance(f, Pow)))
    return None


def softmax_pair(factors: Sequence[Node]) -> tuple[Node, Node, Index] | None:
    """exp(f_i), 1/Σ_j exp(f_j) (to some power) and i among the factors."""
    for bottom in factors:
        if not (isinstance(bottom, Pow) and isinstance(bottom.exponent, Const) and bottom.exponent.value in (-1, -2)):
            continue
        if not isinstance(bottom.base, Reduce) or bottom.base.op != "sum":
            continue
        for top in factors:
            if isinstance(top, Apply) and top.fn == "exp":
                for index in sorted(top.free - bottom.base.free, key=lambda i: i.digest):
                    if total([index], top) is bottom.base:
                        return top, bottom, index
    return None


def softmax_inside(factors: list[Node]) -> list[Node]:
    """Σ_i A_ik exp(f_i) · 1/Σ_j exp(f_j) with the denominator back under the Σ, where it makes a softmax."""
    for outer in factors:
        if not (isinstance(outer, Reduce) and outer.op == "sum"):
            continue
        indices, body = open_binder(outer)
        inner = list(body.factors) if isinstance(body, Mul) else [body]
        for bottom in factors:
            if isinstance(bottom, Pow) and is_const(bottom.exponent, -1) and len(inner) > 1:
                pair = softmax_pair([*inner, bottom])
                if pair is not None and pair[1] is bottom:
                    rest = [f for f in factors if f is not outer and f is not bottom]
                    return [*rest, total(indices, mul(body, bottom))]
    return factors


def without(factors: Sequence[Node], top: Node, bottom: Node) -> list[Node]:
    """The factors less one exp(f_i)/Σ_j exp(f_j)."""
    assert isinstance(bottom, Pow)
    kept = [f for f in factors if f is not top and f is not bottom]
    left = mul(bottom, bottom.base)
    return kept if is_const(left, 1) else [*kept, left]
