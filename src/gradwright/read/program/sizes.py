"""Extents of a PyTorch program while it is traced. Owns: what is answered where one is asked about.

Never: reads a graph.

``torch.export`` with a ``Dim`` for each extent refuses most programs that people write: an extent that is a product,
``math.sqrt(d)``, ``x[1:]``. So a program is traced with a ``ShapeEnv`` of ours below it, in which every extent is a
symbol with a prime for its value: shapes are symbols throughout, and what PyTorch's own code asks about sizes is
answered by the primes. What the user's code asks is another matter:

* a truth that is the same at all sizes is that one;
* another one is a choice by a size, an error with its line, but where the other way raises: that is a condition;
* a number that is wanted (``math.sqrt(d)``, ``range(n)``) is the prime, and the program has to read the same at others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import sympy  # type: ignore[import-untyped]
import torch
from sympy.core.relational import Relational  # type: ignore[import-untyped]
from torch._dynamo.source import ConstantSource
from torch.fx.experimental.symbolic_shapes import DimDynamic, ShapeEnv
from torch.utils._sympy.functions import ToFloat

from gradwright.core.build import const, mul, power, size
from gradwright.core.index import Dim, plus, terms_of, times
from gradwright.core.node import Node
from gradwright.core.record import dataclass
from gradwright.read.program.extents import Extents, Opaque
from gradwright.read.program.source import Line, refusal, running

_LEAST = 2
"""At extent 1 an axis broadcasts, and the program may be another function."""


class Sizes(ShapeEnv):
    """The extents of one trace.

    ``other_way``  what of the user's questions is answered the other way round
    ``choices``    what the user's code asked that is not the same at all sizes, with its line
    ``numbers``    whether the number of an extent was taken
    ``least``      the extents from which on the answers hold
    """

    def __init__(self, sizes: Mapping[str, int], other_way: object = None) -> None:
        super().__init__()
        self.other_way = other_way
        self.choices: dict[Any, Line] = {}
        self.numbers = False
        self.least = 1
        self.symbols: dict[str, sympy.Symbol] = {
            name: self.create_symbol(size, ConstantSource(name), DimDynamic.DYNAMIC) for name, size in sizes.items()
        }
        self.names = {symbol: name for name, symbol in self.symbols.items()}
        self.primes = {symbol: sizes[name] for name, symbol in self.symbols.items()}

    # --- extents as PyTorch has them, and back

    def extent(self, dim: Dim) -> Any:
        if isinstance(dim, str):
            symbol = self.symbols[dim]
            return self.create_symintnode(symbol, hint=self.primes[symbol], source=None)
        return sum(prod(map(self.extent, names), start=count) for names, count in terms_of(dim).items())

    def dim(self, traced: torch.SymInt) -> Dim:
        """The sum of products of names that a size is."""
        return self.dim_of(traced.node.expr)

    def dim_of(self, expr: Any) -> Dim:
        if expr in self.names:
            return self.names[expr]
        if expr.is_Integer:
            return int(expr)
        if expr.is_Add:
            return plus(*map(self.dim_of, expr.args))
        if expr.is_Mul:
            return times(*map(self.dim_of, expr.args))
        if expr.is_Pow and expr.exp.is_Integer and expr.exp > 0:
            return times(*[self.dim_of(expr.base)] * int(expr.exp))
        said = f"an extent of the program is {self.said(expr)}, which is no sum of products of names"
        raise Opaque(said, hint="an extent that is halved is given as 2*n")

    def said(self, expr: Any) -> str:
        """A size, or a question about sizes, in the names of extents."""
        named = expr.xreplace({symbol: sympy.Symbol(name) for symbol, name in self.names.items()})
        return f"{named.lhs} {named.rel_op} {named.rhs}" if isinstance(named, Relational) else str(named)

    def in_names(self, said: str) -> str:
        """A message of PyTorch with its symbols under their names."""
        named = {str(symbol): name for symbol, name in self.names.items()}
        return re.sub(r"\bs\d+\b", lambda found: named.get(found[0], found[0]), said)

    @property
    def conditions(self) -> tuple[str, ...]:
        """What is true of the extents where the program goes as it was traced."""
        met = (choice if choice.xreplace(self.primes) else sympy.Not(choice) for choice in self.choices)
        return (*(("every extent is at least 2",) if self.least == _LEAST else ()), *map(self.said, met))

    # --- what is asked

    def evaluate_expr(self, orig_expr: Any, *args: Any, **kwargs: Any) -> Any:
        """What PyTorch asks wherever it has to know something of sizes."""
        expr = sympy.sympify(orig_expr)
        user, caller = running()
        if expr.free_symbols - self.names.keys():
            hint = "a choice by a value is written with where"
            raise refusal("the program chooses by a value, which a trace does not have", user, hint)
        found = expr.xreplace(self.primes)
        is_number = isinstance(expr, sympy.Expr)
        self.numbers |= is_number and bool(expr.free_symbols)
        if is_number or user is None or caller != torch.__file__ or not expr.free_symbols:
            return found
        for least in (1, _LEAST):
            known = _known(expr, list(self.names), least)
            if known is not None:
                self.least = max(self.least, least)
                return sympy.sympify(known)
        self.choices[expr] = user
        return sympy.Not(found) if expr == self.other_way else found


def _known(expr: Any, symbols: Sequence[Any], least: int) -> bool | None:
    """Whether a comparison of polynomials holds wherever every symbol is at least so large; None if it depends."""
    if not isinstance(expr, Relational):
        return None
    gap = (
        (expr.lhs - expr.rhs)
        .replace(ToFloat, lambda number: number)
        .xreplace({symbol: symbol + least for symbol in symbols})
    )
    if not gap.is_polynomial(*symbols):
        return None
    terms = sympy.Poly(gap, *symbols).terms()
    constant = sum(count for powers, count in terms if not any(powers))
    lowest = constant if all(count >= 0 for powers, count in terms if any(powers)) else None
    highest = constant if all(count <= 0 for powers, count in terms if any(powers)) else None
    above, below = lowest is not None and lowest > 0, highest is not None and highest < 0
    not_below, not_above = lowest is not None and lowest >= 0, highest is not None and highest <= 0
    holds, fails = {
        "==": (False, above or below), "!=": (above or below, False), ">": (above, not_above), ">=": (not_below, below),
        "<": (below, not_below), "<=": (not_above, above),
    }[expr.rel_op]  # fmt: skip
    return bool(holds) if holds or fails else None


@dataclass(frozen=True)
class Sized:
    """How numbers of a trace are read: what is no symbol is a number, and only made of extents where one was taken."""

    sizes: Sizes
    plain: Extents

    def dim(self, traced: object) -> Dim:
        return self.sizes.dim(traced) if isinstance(traced, torch.SymInt) else self.plain.dim(traced)

    def is_one(self, value: object) -> bool:
        """Whether a value is made of extents alone."""
        return isinstance(value, torch.SymInt) and value.node.expr.free_symbols <= self.sizes.names.keys()

    def number(self, value: Any) -> Node:
        return (
            self._made(sympy.factor(value.node.expr)) if isinstance(value, torch.SymInt) else self.plain.number(value)
        )

    def _made(self, expr: Any) -> Node:
        """A number of extents in factors: n² − 2n + 1 was (n − 1)²."""
        if expr.is_Mul:
            return mul(*map(self._made, expr.args))
        if expr.is_Pow and expr.exp.is_Integer:
            return power(self._made(expr.base), const(int(expr.exp)))
        return const(int(expr)) if expr.is_Integer else size(self.sizes.dim_of(expr))
