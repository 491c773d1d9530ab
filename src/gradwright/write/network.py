"""Products of nodes rearranged so that matrix notation can say them. Owns: finding softmax, squares, single products.

Never: makes a term. Every function gives nodes equal to those it was given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard

from gradwright.core.build import ONE, ZERO, is_const, mul, open_binder, split_coefficient, total, where
from gradwright.core.context import Context
from gradwright.core.index import Index
from gradwright.core.node import Apply, Const, Mul, Node, Number, Ordinal, Pow, Reduce, Where, factors_in, terms_in
from gradwright.engine.normal import TooLong, terms_of_products

_MOST_TERMS = 24
_MOST_WORK = 40_000


class Unfit(Exception):
    """Matrix notation cannot say this."""


def products(body: Node, context: Context) -> list[Node]:
    """The body as a sum of products, where these are few."""
    try:
        terms = terms_of_products(body, context, most=_MOST_WORK)
    except TooLong:
        raise Unfit from None
    if len(terms) > _MOST_TERMS:
        raise Unfit
    return list(terms)


def root(body: Node) -> Node | None:
    """f where the body is f²."""
    factors = factors_in(body)
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


def merged(factors: Sequence[Node], summed: tuple[Index, ...]) -> tuple[list[Node], tuple[Index, ...]]:
    """The factors and summed indices with sums opened that are matrices of no kind (more than two free indices)."""
    pending = list(factors)
    done: list[Node] = []
    while pending:
        factor = pending.pop(0)
        if isinstance(factor, Reduce) and factor.op == "sum" and len(factor.free) > 2:
            used = frozenset(index for f in (*pending, *done, factor) for index in f.free) | frozenset(summed)
            indices, body = open_binder(factor, avoid=used)
            pending += factors_in(body)
            summed = (*summed, *indices)
        else:
            done.append(factor)
    return done, summed


def same_diagonal_sum(summed: Sequence[Index], body: Node) -> tuple[Node, tuple[Index, ...], tuple[Index, ...]] | None:
    """G, (i, j) and (k, l) where the body is G times 1 if i − j = k − l: a Σ over a diagonal of G."""
    factors = factors_in(body)
    for factor in factors:
        if not (isinstance(factor, Where) and factor.op == "==" and factor.then is ONE and factor.other is ZERO):
            continue
        gap = [*_signed(factor.left), *((-sign, term) for sign, term in _signed(factor.right))]
        signs = {term.index: sign for sign, term in gap if isinstance(term, Ordinal) and abs(sign) == 1}
        inside, outside = [i for i in signs if i in summed], [i for i in signs if i not in summed]
        if not len(gap) == len(signs) == 4 or len(summed) != 2 or len(inside) != 2:
            continue
        k, b = sorted(outside, key=lambda index: str(index.name))
        i, j = sorted(inside, key=lambda index: signs[index] == signs[k])
        if signs[i] != signs[j] and signs[k] != signs[b]:
            return mul(*(f for f in factors if f is not factor)), (i, j), (k, b)
    return None


def is_triangle(node: Node) -> TypeGuard[Where]:
    """Whether a node is 0 on one side of the diagonal of its two indices by a choice."""
    if not (isinstance(node, Where) and node.op == "<=" and node.other is ZERO):
        return False
    return isinstance(node.left, Ordinal) and isinstance(node.right, Ordinal)


def triangles(factors: Sequence[Node], summed: tuple[Index, ...]) -> tuple[list[Node], tuple[Index, ...]]:
    """The factors with every choice of a triangle joined to a matrix over its indices, or to all the others."""
    wide = next((f for f in factors if is_triangle(f) and isinstance(f.then, Mul) and len(f.free) > 2), None)
    if wide is not None:
        mask = where(wide.op, wide.left, wide.right, ONE, ZERO)
        return triangles([*(f for f in factors if f is not wide), *wide.then.children, mask], summed)
    for mask in factors:
        if not is_triangle(mask) or mask.then is not ONE:
            continue
        others = [f for f in factors if f is not mask]
        matrix = next((f for f in others if mask.free <= f.free), None)
        if matrix is not None:
            rest, joined = [f for f in others if f is not matrix], matrix
        elif not mask.free & frozenset(summed):
            rest, joined = [f for f in others if not f.free], total(summed, mul(*(f for f in others if f.free)))
            summed = ()
        else:
            rest, joined = others, ONE
        chosen = where(mask.op, mask.left, mask.right, joined, ZERO)
        return triangles([*rest, chosen], summed) if joined is not ONE else (list(factors), summed)
    return list(factors), summed


def _signed(node: Node) -> list[tuple[Number, Node]]:
    return [split_coefficient(term) for term in terms_in(node)]


def without(factors: Sequence[Node], top: Node, bottom: Node) -> list[Node]:
    """The factors less one exp(f_i)/Σ_j exp(f_j)."""
    assert isinstance(bottom, Pow)
    kept = [f for f in factors if f is not top and f is not bottom]
    left = mul(bottom, bottom.base)
    return kept if is_const(left, 1) else [*kept, left]
