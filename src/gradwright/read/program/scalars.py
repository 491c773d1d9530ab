"""Scalar functions by the names that frameworks give them. Owns: rows for names that the tables do not have, and
formulas in text for what losses and activations do to an entry. Never: knows a framework.

A primitive of JAX or an operation of PyTorch that is called as a row of the tables is that function, entry by entry.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from functools import cache, partial

from gradwright.core.build import ONE, ZERO, add, const, mul, power, subtract
from gradwright.core.node import Entry, Node, Where
from gradwright.core.walk import descend, run
from gradwright.read.program import truth
from gradwright.read.program.tensor import Tensor, entrywise
from gradwright.read.reader import read
from gradwright.tables.scalars import NAMED

Scalar = Callable[..., Node]

_SPELLED = {
    "erf_inv": "erfinv", "log_sigmoid": "logsigmoid", "remainder": "mod", "fmod": "rem", "log_ndtr": "lognormcdf",
    "sgn": "sign", "absolute": "abs",
}  # fmt: skip
"""Other spellings of rows."""
_OPERATIONS: dict[str, Scalar] = {
    **dict.fromkeys(("add", "add_any"), add), **dict.fromkeys(("sub", "subtract"), subtract),
    **dict.fromkeys(("mul", "multiply"), mul), **dict.fromkeys(("pow", "float_power"), power),
    **dict.fromkeys(("max", "maximum", "fmax"), truth.larger),
    **dict.fromkeys(("min", "minimum", "fmin"), truth.smaller),
    "floor_divide": truth.floored, "square": lambda x: power(x, const(2)),
    **{name: partial(truth.compared, op) for op, name in (
        ("==", "eq"), ("!=", "ne"), ("<", "lt"), ("<=", "le"), (">", "gt"), (">=", "ge"))},
    **dict.fromkeys(("is_finite", "isfinite"), lambda x: ONE), **dict.fromkeys(("isnan", "isinf"), lambda x: ZERO),
}  # fmt: skip
"""What is no function of the tables, by its names in either framework."""
LOGICAL: dict[str, Scalar] = {
    f"{kind}{name}{end}": function
    for name, function in (
        ("and", mul), ("or", truth.either), ("xor", partial(truth.compared, "!=")), ("not", truth.negated))
    for kind, end in (("", ""), ("logical_", ""), ("bitwise_", ""), ("__", "__"))
}  # fmt: skip
"""What means a truth of truths, and else is arithmetic of bits."""
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
    if own in _OPERATIONS:
        return _OPERATIONS[own]
    if own in _FORMULAS:
        return formula(_FORMULAS[own])
    row = NAMED.get(_SPELLED.get(own, own))
    return row.of if row is not None and row.arity else None


def in_tables(name: str) -> Scalar:
    """The function of a row."""
    return NAMED[name].of


def cast(value: Tensor, old: str, new: str) -> Tensor:
    """An array of numbers (f), whole numbers (i, u) or truths (b) as another one."""
    if new == "b" and old != "b":
        return entrywise(lambda x: truth.compared("!=", x, ZERO), value)
    return entrywise(truth.truncated, value) if new in "iu" and old == "f" else value


@cache
def formula(said: str, names: str = "x y") -> Scalar:
    """A scalar formula as a function of what stands for its names, in their order."""
    order = names.split()
    body = read(said, shapes=dict.fromkeys(order, ())).array.body

    def of(*values: Node) -> Node:
        return _replaced(body, dict(zip(order, values, strict=False)))

    return of


def _replaced(body: Node, values: Mapping[str, Node]) -> Node:
    """The formula with those values, its choices decided where they are known by then.

    A value is put in where the formula has its name, and nowhere in what comes of that: 1·x is no letter of its own.
    """

    def visit(current: Node) -> Generator[Node, Node, Node]:
        if isinstance(current, Entry):
            return values[current.name]
        node = yield from descend(current, atoms=True)
        return truth.rechosen(node) if isinstance(node, Where) else node

    return run(visit, body, {})
