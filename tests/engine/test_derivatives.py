"""Derivatives that a formula writes, taken by the rules; arrays that are surely the same; what has no rule."""

from __future__ import annotations

import pytest

from gradwright.core.build import ONE, ZERO, add, apply, const, delta, deriv, entry, mul, power, reduce, subtract, total
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.index import free_index
from gradwright.core.node import Array, Deriv
from gradwright.engine.calculus import RULES, Scope, expand
from gradwright.engine.derivatives import derivative, resolved
from gradwright.engine.normal import same

I, J, K, L = (free_index(letter, "n") for letter in "ijkl")
P = free_index("p", "m")
u, v = entry("u"), entry("v")
x = entry("x", I)
CONTEXT = Context(symbols={"u": (), "v": (), "x": ("n",), "A": ("n", "n")})


def test_a_derivative_inside_is_taken_first() -> None:
    slope = deriv(power(u, const(3)), "u", ())
    assert resolved(slope, CONTEXT) is mul(const(3), power(u, const(2)))
    assert resolved(add(v, mul(u, slope)), CONTEXT) is add(v, mul(const(3), power(u, const(3))))
    twice = deriv(slope, "u", ())
    assert resolved(twice, CONTEXT) is mul(const(6), u)
    assert derivative(mul(v, slope), "u", (), CONTEXT) is mul(const(6), u, v)
    assert derivative(apply("exp", u), "v", (), CONTEXT) is ZERO


def test_derivatives_in_entries_keep_their_places() -> None:
    square = total([I], power(x, const(2)))
    at_k, at_l = (total([I], mul(const(2), delta(I, place), x)) for place in (K, L))  # as the rules leave it
    assert resolved(deriv(square, "x", (K,)), CONTEXT) is at_k
    assert resolved(mul(deriv(square, "x", (K,)), deriv(square, "x", (L,))), CONTEXT) is mul(at_k, at_l)
    assert resolved(total([K], deriv(square, "x", (K,))), CONTEXT) is total([K], at_k)


def test_what_holds_no_derivative_is_left_as_it_is() -> None:
    node = mul(u, total([I], x))
    assert resolved(node, CONTEXT) is node


def test_arrays_are_the_same_however_their_axes_are_called() -> None:
    a, b = entry("x", J), entry("x", K)
    assert same(Array((J,), mul(u, a)), Array((K,), mul(b, u)))
    assert same(Array((J,), mul(u, add(a, v))), Array((K,), add(mul(u, b), mul(u, v))))
    assert not same(Array((J,), a), Array((K,), mul(const(2), b)))
    assert not same(Array((J,), a), Array((P,), entry("y", P)))
    assert not same(Array((J, K), entry("A", J, K)), Array((J, K), entry("A", K, J)))
    assert same(Array((J, K), entry("A", J, K)), Array((K, J), entry("A", K, J)))
    long = [add(entry(f"a{k}"), entry(f"b{k}")) for k in range(40)]
    assert not same(Array((), mul(*long)), Array((), mul(*long[1:], add(entry("b0"), entry("a0"), ONE))))


def test_rules_refuse_what_they_do_not_know() -> None:
    scope = Scope(CONTEXT, "u", frozenset({"u"}))
    nested = deriv(deriv(power(u, const(2)), "u", ()), "u", ())
    with pytest.raises(Error, match="unevaluated derivative"):
        RULES[Deriv](nested, scope)  # type: ignore[arg-type]
    with pytest.raises(Error, match="several indices"):
        derivative(reduce("prod", [I, J], add(u, entry("A", I, J))), "u", (), CONTEXT)
    for constant in (const(2), delta(I, J), entry("v"), subtract(v, ONE)):
        goal = deriv(constant, "u", ())
        assert isinstance(goal, Deriv)
        assert expand(goal, scope).after is ZERO
