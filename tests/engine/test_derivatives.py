"""Derivatives that a formula writes, taken by the rules; arrays that are surely the same; what has no rule."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gradwright.core.build import (
    ONE,
    ZERO,
    add,
    apply,
    const,
    delta,
    deriv,
    entry,
    matfn,
    mul,
    open_binder,
    power,
    reduce,
    rename,
    subtract,
    total,
)
from gradwright.core.context import Context, Signature
from gradwright.core.errors import Error
from gradwright.core.index import Index, free_index
from gradwright.core.node import Array, Deriv, Node
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
    with pytest.raises(Error, match=r"^an unevaluated derivative cannot be differentiated again$"):
        RULES[Deriv](nested, scope)  # type: ignore[arg-type]
    with pytest.raises(Error, match="several indices"):
        derivative(reduce("prod", [I, J], add(u, entry("A", I, J))), "u", (), CONTEXT)
    for constant in (const(2), delta(I, J), entry("v"), subtract(v, ONE)):
        goal = deriv(constant, "u", ())
        assert isinstance(goal, Deriv)
        assert expand(goal, scope).after is ZERO


A = entry("A", I, J)
OPENED = {
    "sum": ("x", total([I], power(x, const(3)))),
    "product": ("x", reduce("prod", [I], add(x, u))),
    "maximum": ("x", reduce("max", [I], mul(u, x))),
    "inverse": ("A", matfn("inv", 0, (K, L), (I, J), A)),
    "determinant": ("A", matfn("det", 0, (), (I, J), A)),
    "exponential": ("A", matfn("expm", 0, (K, L), (I, J), A)),
    "trace of a series": ("A", total([K], matfn("expm", 0, (K, K), (I, J), A))),
    "unknown function": ("A", matfn("h", 0, (), (I, J), A)),
}


@pytest.mark.parametrize("what", OPENED)
def test_an_entry_is_not_caught_by_what_a_rule_opens(what: str) -> None:
    """The entry in which is differentiated may be called as the indices are that the rule takes for its own."""
    name, body = OPENED[what]
    scope = Scope(replace(CONTEXT, functions={"h": Signature(("n", "n"), ())}), name, frozenset({name}))

    def after(slots: tuple[Index, ...]) -> Node:
        goal = deriv(body, name, slots)
        assert isinstance(goal, Deriv)
        return expand(goal, scope).after

    opened = open_binder(body.body if what == "trace of a series" else body)[0]  # type: ignore[attr-defined, arg-type]
    fresh = tuple(free_index(f"f{k}", index.dim) for k, index in enumerate(opened))
    assert after(opened) is rename(after(fresh), dict(zip(fresh, opened, strict=True)))
