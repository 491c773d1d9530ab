"""Tails of the error function. Owns: 1 ± erf, its logarithms and its ratios where digits would be lost. Never: plans.

erfc(u) is what is left of 1 − erf(u); ``logerfc`` and ``lognormcdf`` are logarithms of it that neither round to log 1
nor underflow, and erfcx(u) = exp(u²) erfc(u) stands where an exponential is divided by erfc. Used by ``stable``.
"""

from __future__ import annotations

from collections.abc import Callable

from gradwright.core.build import HALF, MINUS_ONE, ONE, ZERO, add, apply, const, divide, mul, negate, power, subtract
from gradwright.core.node import Add, Apply, Const, Mul, Node, Pow, factors_in

_TWO = const(2)


def complemented(node: Add) -> Node:
    """r + r erf u as r erfc(−u), r − r erf u as r erfc u, and the same undone where erfc is taken from 1 or from 2."""
    for term in node.terms:
        for factor in factors_in(term):
            if not (isinstance(factor, Apply) and factor.fn in ("erf", "erfc")):
                continue
            u, share = factor.args[0], divide(term, factor)
            for partner, whole in _WHOLE[factor.fn](share, u):
                if partner in node.terms:
                    return add(*(t for t in node.terms if t not in (term, partner)), whole)
    return node


_WHOLE: dict[str, Callable[[Node, Node], tuple[tuple[Node, Node], ...]]] = {
    "erf": lambda r, u: (
        (r, mul(r, apply("erfc", negate(u)))),
        (negate(r), negate(mul(r, apply("erfc", u)))),
    ),
    "erfc": lambda r, u: (
        (negate(r), negate(mul(r, apply("erf", u)))),
        (mul(const(-2), r), negate(mul(r, apply("erfc", negate(u))))),
    ),
}
"""What completes r times the function of u, and to what."""


def log_of_tail(x: Node) -> Node | None:
    """log x, where erfc is a factor of x or of its inverse: log(erfc(u)/2) is the log of the normal distribution."""
    factors = factors_in(x)
    tails = {f: found for f in factors if (found := _tail(f)) is not None}
    if not tails:
        return None
    rest = mul(*(f for f in factors if f not in tails))
    (u, k), *others = tails.values()
    half = power(HALF, k)
    if not others and half in factors:
        log, rest = mul(k, apply("lognormcdf", mul(MINUS_ONE, power(_TWO, HALF), u))), divide(rest, half)
    else:
        log = add(*(mul(k, apply("logerfc", u)) for u, k in tails.values()))
    return log if rest is ONE else add(log, apply("log", rest))


def scaled(node: Mul) -> Node:
    """exp(w) erfc(u)^k as exp(w − k u²) erfcx(u)^k, where that leaves less to exponentiate."""
    exponential = next((f for f in node.factors if isinstance(f, Apply) and f.fn == "exp"), None)
    if exponential is None:
        return node
    w, taken, given = exponential.args[0], list[Node]([exponential]), list[Node]()
    for factor in node.factors:
        found = _tail(factor)
        if found is not None:
            u, k = found
            less = subtract(w, mul(k, squared(u)))
            if length(less) < length(w):
                w, taken, given = less, [*taken, factor], [*given, power(apply("erfcx", u), k)]
    if not given:
        return node
    return mul(*(f for f in node.factors if f not in taken), ONE if w is ZERO else apply("exp", w), *given)


def squared(u: Node) -> Node:
    """u², factor by factor."""
    return mul(*(power(f, _TWO) for f in factors_in(u)))


def _tail(x: Node) -> tuple[Node, Node] | None:
    """(u, k), where x is erfc(u)^k."""
    base, exponent = (x.base, x.exponent) if isinstance(x, Pow) else (x, ONE)
    if isinstance(base, Apply) and base.fn == "erfc" and isinstance(exponent, Const):
        return base.args[0], exponent
    return None


def length(x: Node) -> int:
    """How many terms it has."""
    return 0 if x is ZERO else len(x.terms) if isinstance(x, Add) else 1
