"""Scalar functions by the names that frameworks give them. Owns: rows for names that the tables do not have, and
formulas in text for what losses and activations do to an entry. Never: knows an array.

A primitive of JAX or an operation of PyTorch that is called as a row of the tables is that function, entry by entry.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from functools import cache

from gradwright.core.node import Entry, Node, Where
from gradwright.core.walk import descend, run
from gradwright.read.program.truth import choice, compared
from gradwright.read.reader import read
from gradwright.tables.scalars import NAMED

Scalar = Callable[..., Node]

_SPELLED = {
    "erf_inv": "erfinv", "log_sigmoid": "logsigmoid", "remainder": "mod", "fmod": "rem", "log_ndtr": "lognormcdf",
    "sgn": "sign", "absolute": "abs",
}  # fmt: skip
"""Other spellings of rows."""
_FORMULAS = {
    "neg": "-x",
    "negative": "-x",
    "ceil": "-floor(-x)",
    "trunc": "sign(x)*floor(abs(x))",
    "fix": "sign(x)*floor(abs(x))",
    "frac": "x - sign(x)*floor(abs(x))",
    "round": "floor(x + 1/2) - where(x + 1/2 == 2*floor(x/2 + 1/4) + 1, 1, 0)",  # halves go to the even number
    "relu6": "min(relu(x), 6)",
    "hardsigmoid": "min(max(x/6 + 1/2, 0), 1)",
    "hardswish": "x*min(max(x/6 + 1/2, 0), 1)",
    "logaddexp2": "log2(2^x + 2^y)",
}
"""What has no row."""


def scalar_named(name: str) -> Scalar | None:
    """The function that a framework calls so, by its row or its formula."""
    own = name.removeprefix("special_")
    if own in _FORMULAS:
        return formula(_FORMULAS[own])
    row = NAMED.get(_SPELLED.get(own, own))
    return row.of if row is not None and row.arity else None


def in_tables(name: str) -> Scalar:
    """The function of a row."""
    return NAMED[name].of


@cache
def formula(said: str, names: str = "x y") -> Scalar:
    """A scalar formula as a function of what stands for its names, in their order."""
    order = names.split()
    body = read(said, shapes=dict.fromkeys(order, ())).array.body

    def of(*values: Node) -> Node:
        return _replaced(body, dict(zip(order, values, strict=False)))

    return of


def _replaced(body: Node, values: Mapping[str, Node]) -> Node:
    """The formula with those values, its choices decided where they are known by then."""

    def visit(current: Node) -> Generator[Node, Node, Node]:
        if isinstance(current, Entry):
            return values[current.name]
        node = yield from descend(current, atoms=True)
        if isinstance(node, Where):
            return choice(compared(node.op, node.left, node.right), node.then, node.other)
        return node

    return run(visit, body, {})
