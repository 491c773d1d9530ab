"""Notation as a tree: what is on the paper, before any spelling. Owns: the kinds of notation. Never: computes.

``write.index`` and ``write.matrix`` build these from expressions; ``write.text``, ``write.latex`` and
``write.unicode`` spell them. Terms are cheap immutable records; indices are already letters.
"""

from __future__ import annotations

from gradwright.core.node import Number
from gradwright.core.record import dataclass


@dataclass(frozen=True, slots=True)
class Num:
    """A number, of either sign."""

    value: Number


@dataclass(frozen=True, slots=True)
class Name:
    """A symbol standing whole (``X``, ``lambda``, a dimension ``n``)."""

    name: str


@dataclass(frozen=True, slots=True)
class Subscripted:
    """``base[i,j]``: an entry. The base is a Name, or a Call for an entry of ``u(x)``, ``D(u,x)``, ``inv(A)``."""

    base: Term
    letters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kronecker:
    """δ_ij."""

    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Letter:
    """An index standing as a number."""

    letter: str


@dataclass(frozen=True, slots=True)
class Sum:
    """Terms added; a Neg among them is written with a minus."""

    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Neg:
    term: Term


@dataclass(frozen=True, slots=True)
class Product:
    """``op`` is ``*`` (scalars, matrix products, outer products) or ``.*`` (Hadamard)."""

    op: str
    factors: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Inner(Product):
    """A product of a row, matrices and a column: a scalar, kept apart from its neighbours while notation is built.

    The matrix writer turns it into a plain product at the end: no spelling knows it.
    """


@dataclass(frozen=True, slots=True)
class Quotient:
    """``op`` is ``/`` (by a scalar) or ``./`` (elementwise)."""

    op: str
    top: Term
    bottom: Term


@dataclass(frozen=True, slots=True)
class Power:
    """``op`` is ``^`` or ``.^``."""

    op: str
    base: Term
    exponent: Term


@dataclass(frozen=True, slots=True)
class Transpose:
    term: Term


@dataclass(frozen=True, slots=True)
class Call:
    """A function by its name in the text language: exp, softmax, tr, norm2, sqrt, eye, u, D, einsum, …."""

    fn: str
    args: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Quoted:
    """A literal string: the subscripts of an einsum."""

    text: str


@dataclass(frozen=True, slots=True)
class Big:
    """Σ, Π, max or min (``op``: sum prod max min) over letters.

    ``bounds``: the extent of each letter that is only a number, from 0, and ranges over no entry ("" for the others).
    """

    op: str
    letters: tuple[str, ...]
    body: Term
    bounds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Collect:
    """The array whose entry at ``letters`` is ``body``: ``tensor[i,j](…)``."""

    letters: tuple[str, ...]
    body: Term


@dataclass(frozen=True, slots=True)
class Partial:
    """∂ body / ∂ variable, not yet evaluated."""

    body: Term
    variable: Term


@dataclass(frozen=True, slots=True)
class Choice:
    """``then`` where ``left op right`` (op: < <= > >= == !=), else ``other``."""

    op: str
    left: Term
    right: Term
    then: Term
    other: Term


@dataclass(frozen=True, slots=True)
class Program:
    """Definitions and a body: ``p = softmax(o); p - y``."""

    lets: tuple[tuple[str, Term], ...]
    body: Term


Term = (
    Num | Name | Subscripted | Kronecker | Letter | Sum | Neg | Product | Quotient | Power | Transpose | Call | Quoted
    | Big | Collect | Partial | Choice | Program
)  # fmt: skip
INDEXED = (Subscripted, Letter, Kronecker)
"""The kinds that write an index."""
