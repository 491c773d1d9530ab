"""Random scalar expressions with indices, and values for their symbols: what the evaluators are tried on."""

from __future__ import annotations

from random import Random

from gradwright.core.build import ONE, add, apply, const, delta, divide, entry, mul, ordinal, power, reduce, size, where
from gradwright.core.context import Context
from gradwright.core.index import Index, free_index
from gradwright.core.node import Array, Node

SYMBOLS: dict[str, tuple[str, ...]] = {"x": ("n",), "y": ("n",), "z": ("m",), "A": ("n", "n"), "B": ("n", "m"), "s": ()}
ROW, COLUMN = free_index("i", "n"), free_index("j", "n")
_BOUNDED = ("sin", "cos", "tanh", "arctan", "sigmoid", "abs", "relu", "softplus", "exp")


def context() -> Context:
    """The symbols above, and p = softmax(x), as a definition."""
    k = free_index("k", "n")
    top = apply("exp", entry("x", ROW))
    softmax = divide(top, reduce("sum", [k], apply("exp", entry("x", k))))
    return Context(symbols=dict(SYMBOLS), definitions={"p": Array((ROW,), softmax)})


def expression(rng: Random, scope: list[Index], depth: int) -> Node:
    """An expression in the indices of the scope, moderate in size."""
    if depth == 0:
        return _leaf(rng, scope)
    kind = rng.randrange(8)

    def part() -> Node:
        return expression(rng, scope, depth - 1)

    if kind == 0:
        return add(part(), part(), part())
    if kind in (1, 2):
        return mul(part(), part())
    if kind == 3:
        return apply(rng.choice(_BOUNDED), apply("tanh", part()))
    if kind == 4:
        return power(add(const(2), power(part(), const(2))), rng.choice((const(-1), const(2), entry("s"))))
    if kind == 5:
        return where(rng.choice(("<", "<=", "==", "!=")), part(), part(), part(), part())
    dim = rng.choice(("n", "m"))
    index = free_index(f"b{len(scope)}", dim)
    body = expression(rng, [*scope, index], depth - 1)
    return reduce(rng.choice(("sum", "sum", "sum", "max", "min", "prod")), [index], body)


def _leaf(rng: Random, scope: list[Index]) -> Node:
    name = rng.choice((*SYMBOLS, "p"))
    shape = SYMBOLS.get(name, ("n",))
    fitting = [[i for i in scope if i.dim == dim] for dim in shape]
    if rng.random() < 0.2 or not all(fitting):
        index = rng.choice(scope)
        other = rng.choice([i for i in scope if i.dim == index.dim])
        return rng.choice((delta(index, other), ordinal(index), size(index.dim), const(3), ONE))
    return entry(name, *(rng.choice(choice) for choice in fitting))
