"""Formulas at the ends of their range. Owns: what a product is where one factor is 0 and another is not finite, and
derivatives that cancel far out. Never: changes a value elsewhere.

0 log 0 is 0, as in the losses of every framework, and that of two arguments too; what falls off as an exponential does
is 0 whatever power of its argument it is multiplied by; 2u erfcx(u) − 2/√π is a difference of nearly equal numbers for
a large u. Used last: a condition has no derivative that a rule knows.
"""

from __future__ import annotations

from collections.abc import Collection

from gradwright.core.build import (
    HALF,
    MINUS_ONE,
    ONE,
    ZERO,
    add,
    apply,
    const,
    divide,
    mul,
    negate,
    power,
    rebuild,
    where,
)
from gradwright.core.context import Context
from gradwright.core.node import Add, Apply, Const, Entry, Mul, Node, Pow, Where, factors_in, walk
from gradwright.core.walk import bottom_up

_TWO = const(2)
_FAR = const(20)
"""From here on a series has all digits; up to here the difference has lost none that matter."""
_ODD_NUMBERS = (13, 11, 9, 7, 5, 3)


class Limits:
    """Rewrites formulas, as a function: their products and differences as they are at the ends of their range."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._memo: dict[Node, Node] = {}

    def __call__(self, node: Node) -> Node:
        return bottom_up(self._rule, node, self._memo)

    def _rule(self, node: Node) -> Node:
        if isinstance(node, Mul):
            return _damped(_weighed(node, self._context))
        return _scaled_tail(node) if isinstance(node, Add) else node


def _weighed(node: Mul, context: Context) -> Node:
    """u (log u + …) with a logarithm that is 0 where u is 0, and v log u of arguments where both are."""
    weights = {f.base if isinstance(f, Pow) and _positive(f) else f for f in node.factors}
    weights = {w for w in weights if w.free and not (isinstance(w, Entry) and context.facts.ask("positive", w.name))}
    return mul(*(_masked(factor, weights) for factor in node.factors)) if weights else node


def _masked(node: Node, weights: Collection[Node]) -> Node:
    if isinstance(node, Apply) and node.fn in ("log", "log1p"):
        inner = node.args[0] if node.fn == "log" else add(ONE, node.args[0])
        if inner in weights:
            return where("==", inner, ZERO, ZERO, node)
        found: Node = node
        for weight in sorted((w for w in weights if isinstance(w, Entry)), key=lambda w: w.digest):
            found = where("==", weight, ZERO, ZERO, found) if isinstance(inner, Entry) else found
        return node if found is node else where("==", inner, ZERO, found, node)
    if isinstance(node, Add | Mul) or (isinstance(node, Pow) and _positive(node)):
        return rebuild(node, tuple(_masked(child, weights) for child in node.children))
    return node


def _damped(node: Node) -> Node:
    """d P(x), where d falls off as its argument, made of x too, grows: 0 where d is, though P may overflow there."""
    factors = factors_in(node)
    for damping in [f for f in factors if _falls_off(f)]:
        inside = [f for f in factors if f is not damping and f.names and f.names <= damping.names]
        if any(_grows(f) for f in inside) and all(f.free <= damping.free for f in inside):
            product = where("==", damping, ZERO, ZERO, mul(damping, *inside))
            return mul(*(f for f in factors if f is not damping and f not in inside), product)
    return node


def _falls_off(node: Node) -> bool:
    """exp w, σ(w) or 1 − tanh² w of what grows, number by number."""
    if isinstance(node, Add):
        squares = [negate(term) for term in node.terms if term is not ONE]
        (square, *others) = squares
        tanh = square.base if isinstance(square, Pow) and square.exponent is _TWO and not others else ZERO
        return ONE in node.terms and isinstance(tanh, Apply) and tanh.fn == "tanh" and _grows(tanh.args[0])
    return isinstance(node, Apply) and node.fn in ("exp", "sigmoid") and _grows(node.args[0])


def _grows(node: Node) -> bool:
    """Whether it is a polynomial in entries, and not a linear one."""
    if isinstance(node, Pow):
        return _positive(node) and all(isinstance(n, Entry | Const | Add | Mul) for n in walk(node.base))
    return isinstance(node, Add | Mul | Where) and any(_grows(child) for child in node.children)


def _positive(node: Pow) -> bool:
    return isinstance(node.exponent, Const) and node.exponent.value > 0


def _scaled_tail(node: Add) -> Node:
    """s (u erfcx(u) − 1/√π), by its series where u is large."""
    for term in node.terms:
        for factor in factors_in(term):
            if not (isinstance(factor, Apply) and factor.fn == "erfcx"):
                continue
            u = factor.args[0]
            share = divide(term, mul(u, factor))
            partner = negate(mul(share, power(apply("pi"), negate(HALF))))
            if partner in node.terms:
                rest = add(*(t for t in node.terms if t not in (term, partner)))
                return add(rest, where(">", u, _FAR, mul(negate(partner), _tail_series(u)), add(term, partner)))
    return node


def _tail_series(u: Node) -> Node:
    """√π u erfcx(u) − 1 = −t (1 − 3t (1 − 5t …)), t = 1/(2u²)."""
    t = mul(HALF, power(u, const(-2)))
    found: Node = ONE
    for number in _ODD_NUMBERS:
        found = add(ONE, mul(const(-number), t, found))
    return mul(MINUS_ONE, t, found)
