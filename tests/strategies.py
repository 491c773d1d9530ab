"""Random scalar arrays for property tests: sums, products, powers, functions, deltas and quotients over few symbols."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from gradwright.core.build import HALF, MINUS_ONE, ONE, add, apply, const, delta, entry, mul, power, reduce, size, where
from gradwright.core.context import Context
from gradwright.core.index import Index, free_index
from gradwright.core.node import Array, Node

SHAPES: dict[str, tuple[str, ...]] = {"a": (), "x": ("n",), "y": ("n",), "A": ("n", "m"), "B": ("n", "n")}
SIZES = {"n": 3, "m": 2}
AXES = (free_index("i", "n"), free_index("k", "m"))
FUNCTIONS = ("exp", "tanh", "sin", "sigmoid", "relu", "abs", "softplus", "arctan")
KINDS = ("add", "mul", "scaled", "quotient", "root", "power", "apply", "sum", "sum", "where", "leaf")
CONSTANTS = (2, 3, -1, -2, Fraction(1, 2), Fraction(-3, 4), Fraction(2, 3))


def context() -> Context:
    return Context(symbols=dict(SHAPES), order=["y", "B", "x", "a", "A"])


def values(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {name: rng.uniform(-1, 1, [SIZES[dim] for dim in shape]) for name, shape in SHAPES.items()}


@st.composite
def arrays(draw: st.DrawFn, depth: int = 4) -> Array:
    """An array of up to two axes."""
    axes = draw(st.sampled_from([(), AXES[:1], AXES]))
    return Array(axes, draw(scalars(axes, depth)))


@st.composite
def scalars(draw: st.DrawFn, scope: tuple[Index, ...] = (), depth: int = 3) -> Node:
    """A scalar in the indices of the scope, smooth enough to evaluate anywhere."""
    if depth == 0:
        return draw(leaves(scope))
    part = scalars(scope, depth - 1)
    kind = draw(st.sampled_from(KINDS))
    if kind == "add":
        return add(*draw(st.lists(part, min_size=2, max_size=3)))
    if kind == "mul":
        return mul(*draw(st.lists(part, min_size=2, max_size=3)))
    if kind == "scaled":
        return mul(const(draw(st.sampled_from(CONSTANTS))), draw(part))
    if kind in ("quotient", "root"):
        below = add(ONE, power(draw(part), const(2)))
        exponents = [MINUS_ONE] if kind == "quotient" else [HALF, const(Fraction(-1, 2))]
        return mul(draw(part), power(below, draw(st.sampled_from(exponents))))
    if kind == "power":
        base = add(const(2), apply("tanh", draw(part)))
        exponents = [const(2), const(-3), const(Fraction(3, 2)), entry("a"), draw(leaves(scope))]
        return power(base, draw(st.sampled_from(exponents)))
    if kind == "apply":
        return apply(draw(st.sampled_from(FUNCTIONS)), draw(part) if draw(st.booleans()) else apply("tanh", draw(part)))
    if kind == "where":
        return where(draw(st.sampled_from(["<", "<=", "!="])), draw(part), draw(part), draw(part), draw(part))
    if kind == "sum":
        dims = draw(st.lists(st.sampled_from(["n", "m"]), min_size=1, max_size=2))
        bound = tuple(free_index(f"b{len(scope) + place}", dim) for place, dim in enumerate(dims))
        op = draw(st.sampled_from(["sum", "sum", "sum", "max", "prod"]))
        return reduce(op, bound, draw(scalars((*scope, *bound), depth - 1)))
    return draw(leaves(scope))


@st.composite
def leaves(draw: st.DrawFn, scope: tuple[Index, ...]) -> Node:
    name = draw(st.sampled_from(sorted(SHAPES)))
    choices = [[index for index in scope if index.dim == dim] for dim in SHAPES[name]]
    if all(choices):
        return entry(name, *(draw(st.sampled_from(choice)) for choice in choices))
    if scope and draw(st.booleans()):
        left = draw(st.sampled_from(scope))
        return delta(left, draw(st.sampled_from([index for index in scope if index.dim == left.dim])))
    return draw(st.sampled_from([const(1), const(Fraction(1, 2)), entry("a"), size("n")]))
