"""What a row of the scalar functions says. Owns: the columns, and what each means. Never: holds a row.

A column is empty where nothing is known; whoever wants to know a property of a function asks its row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY
from typing import Any

from gradwright.core.build import apply
from gradwright.core.node import Node, Number
from gradwright.core.record import dataclass

Interval = tuple[float, float]
REAL: Interval = (-2.0, 2.0)
RIGHT: Interval = (0.25, 2.5)
"""Domains that many functions have."""

POSITIVE, NONNEGATIVE, NEGATIVE = "positive", "nonnegative", "negative"
"""Signs of an expression, named as the facts are that state them."""


@dataclass(frozen=True)
class Code:
    """How code says the function of ``a`` (and ``b``); empty where the row's NumPy spelling serves, by other modules.

    ``math``      on Python's own numbers
    ``exact``     that it has the digits of such a number, so that none is computed beforehand
    ``numpy``     in emitted NumPy modules, with the helpers they bring
    ``jax``, ``torch``  the same for these
    ``loop``      on one number of a compiled loop; without it NumPy computes the whole array
    ``in_place``  PyTorch has it as a method that writes over its operand, named as the row with _ after it
    ``cheap``     no dearer than an addition: computed again rather than kept
    """

    math: str = ""
    exact: bool = False
    numpy: str = ""
    jax: str = ""
    torch: str = ""
    loop: str = ""
    in_place: bool = False
    cheap: bool = False


@dataclass(frozen=True, kw_only=True)
class _Row:
    """What functions and abbreviations have in common.

    ``latex``    how LaTeX output says it; empty: as an operator of its name
    ``domain``   an interval per argument on which it is defined and smooth, from which tests sample
    ``almost``   where it has no derivative, in words; such a derivative holds almost everywhere
    ``aliases``  further names in the text language and in documents
    ``written``  names that documents and LaTeX formulas alone use
    ``own``      documents give the name meanings of their own too (a step of theirs, an approximate GELU): there it is
                 this function only where it is applied, and not where the document defines it
    """

    latex: str = ""
    domain: tuple[Interval, ...] = (REAL,)
    almost: str = ""
    aliases: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    own: bool = False

    @property
    def arity(self) -> int:
        return len(self.domain)


@dataclass(frozen=True)
class Function(_Row):
    """A row.

    ``partials``  the derivative in each argument, as nodes of the arguments (None: it has none, and asking is an error)
    ``ball``      its value on python-flint's ``arb`` or ``arb_series`` (real enclosures), independent of ``partials``
    ``numpy``     its spelling on NumPy arrays: an expression in ``np``, ``special`` (SciPy) and ``a`` (and ``b``)
    ``joint``     the partial derivatives where more than one argument moves, if they then are others: arguments that
                  move together may be equal on a whole region, where theirs must still add up to the derivative
    ``unicode``   how a line of text says it; empty: by its name
    ``bare``      written without parentheses before one symbol: log p
    ``odd``       f(−x) = −f(x)
    ``sign``      of its values, wherever it has one
    ``below``     what its values surely stay below in size
    ``at_zero``   its value at 0, where that is a fraction
    ``of_sign``   what it is of an argument of a known sign
    """

    name: str
    partials: Callable[..., tuple[Node, ...]] | None
    ball: Callable[..., Any]
    numpy: str
    source: str
    _: KW_ONLY
    joint: Callable[..., tuple[Node, ...]] | None = None
    unicode: str = ""
    bare: bool = False
    odd: bool = False
    sign: str = ""
    below: Number | None = None
    at_zero: Number | None = None
    of_sign: tuple[tuple[str, Callable[[Node], Node]], ...] = ()
    code: Code = Code()

    def of(self, *arguments: Node) -> Node:
        """The function of these arguments."""
        return apply(self.name, *arguments)


@dataclass(frozen=True)
class Abbreviation(_Row):
    """A name for what other functions say: read as ``means``."""

    name: str
    means: Callable[..., Node]
    source: str

    def of(self, *arguments: Node) -> Node:
        """What the name means of these arguments."""
        return self.means(*arguments)


Scalar = Function | Abbreviation
