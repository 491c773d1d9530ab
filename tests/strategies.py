"""Random scalar arrays for property tests: sums, products, powers, functions, deltas and quotients over few symbols."""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from gradwright.core.build import (
    HALF,
    MINUS_ONE,
    ONE,
    ZERO,
    add,
    apply,
    const,
    delta,
    entry,
    mul,
    power,
    reduce,
    size,
    where,
)
from gradwright.core.context import Context
from gradwright.core.index import Index, free_index, position
from gradwright.core.node import Array, Entry, Node, walk

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
def arrays(draw: st.DrawFn, depth: int = 4, told: bool = False) -> Array:
    """An array of up to two axes (``told``: every bound index stands on a symbol, which tells a reader its extent)."""
    axes = draw(st.sampled_from([(), AXES[:1], AXES]))
    return Array(axes, draw(scalars(axes, depth, told)))


@st.composite
def scalars(draw: st.DrawFn, scope: tuple[Index, ...] = (), depth: int = 3, told: bool = False) -> Node:
    """A scalar in the indices of the scope, smooth enough to evaluate anywhere."""
    if depth == 0:
        return draw(leaves(scope))
    part = scalars(scope, depth - 1, told)
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
        body = draw(scalars((*scope, *bound), depth - 1, told))
        if told:
            standing = {slot for node in walk(body) if isinstance(node, Entry) for slot in node.slots}
            body = mul(body, *(_telling(index) for index in bound if index not in standing))
        return body if told and body is ZERO else reduce(op, bound, body)  # 0 does not tell how far an index runs
    return draw(leaves(scope))


def _telling(index: Index) -> Node:
    return entry("x", index) if index.dim == "n" else entry("A", position(0, "n"), index)


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


# --- formulas in the text language ---------------------------------------------------------------------------------

_FORMS: dict[str, tuple[str, ...]] = {
    "()": ("sum({n})", "norm2({n})^2", "norm1({m})", "{n}'*{n}", "{n}'*{nm}*{m}", "tr({nn})", "sum({nm})", "mean({n})",
           "logsumexp({n})", "max({n})", "{()} + {()}", "{()}*{()}", "{()}/(2 + tanh({()}))", "exp(sin({()}))",
           "where({()} < {()}, {()}, 1)", "det({nn})", "w({n})", "sum[i,j](A[i,j]*x[i])", "x[0]",
           "sum[i](where(i <= 1, y[i], x[i]))"),
    "n": ("{n} + {n}", "{n} - {()}", "{n}.*{n}", "2*{n}", "{()}*{n}", "{nm}*{m}", "{nn}*{n}", "softmax({n})",
          "sin({n})",
          "sigmoid({n})./(1 + {n}.^2)", "rowsum({nm})", "u({n})", "D(w, {n})", "max({n}, {n})", "-{n}/3",
          "tensor[i](x[i]*A[i,1])", "where({n} <= {n}, {n}, 0)", "where({n} > {()}, {n}, 0.1*{n})",
          "{n} + ones(n)"),
    "m": ("{m} + {m}", "{nm}'*{n}", "tanh({m})", "colsum({nm})", "({n}'*{nm})'", "{m}.*{m}", "{()}*{m}"),
    "nn": ("{n}*{n}'", "diag({n})", "{nm}*{nm}'", "{nn}*{nn}", "{nn}'", "{nn} + {nn}", "inv({nn})", "D(u, {n})",
           "{nn}.*{nn}", "{nn} + eye(n)", "D2(w, {n})", "{nn}^2", "{()}*{nn}"),
    "nm": ("{n}*{m}'", "{nn}*{nm}", "exp({nm})", "{nm} - A/7", "{nm}.*{nm}", "softmax_rows({nm})", "diag({n})*{nm}",
           "where({nm} > 0, {nm}, {()})"),
}  # fmt: skip
_ATOMS = {"()": ("a", "3", "n"), "n": ("x", "y"), "m": ("z",), "nn": ("B",), "nm": ("A",)}
FORMULA_SHAPES: dict[str, tuple[str, ...]] = {**SHAPES, "z": ("m",)}
FORMULA_FUNCTIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {"u": (("n",), ("n",)), "w": (("n",), ())}


@st.composite
def formulas(draw: st.DrawFn, depth: int = 2) -> str:
    """A formula in the text language: a scalar, a vector or a matrix, sometimes with a definition before it."""
    kind = draw(st.sampled_from(sorted(_FORMS)))
    if draw(st.integers(0, 3)):
        return draw(_formula(kind, depth))
    return f"p = {draw(_formula('n', 1))}; {draw(_formula(kind, depth)).replace('(x)', '(p)')}"


@st.composite
def _formula(draw: st.DrawFn, kind: str, depth: int) -> str:
    if depth == 0:
        return draw(st.sampled_from(_ATOMS[kind]))
    form = draw(st.sampled_from(_FORMS[kind]))
    for hole in re.findall(r"\{([^}]*)\}", form):
        form = form.replace(f"{{{hole}}}", f"({draw(_formula(hole, depth - 1))})", 1)
    return form
