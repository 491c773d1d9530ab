"""Loops as values. Owns: the statements and expressions that compiled loops are made of, a closed set. Never: spells.

Numbers have the arrays' own type (real), or are indices, doubles in which sums are gathered, or the bits of a number.
Nothing is declared: a number belongs to the innermost block in which it is first set.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from enum import Enum

from gradwright.core.record import dataclass


class Kind(Enum):
    """What a number is, or an array holds; LABEL is what arrays of class labels hold."""

    INDEX = "index"
    REAL = "real"
    WIDE = "wide"
    BITS = "bits"
    LABEL = "label"


@dataclass(frozen=True, slots=True)
class Var:
    """A number by its name."""

    name: str
    kind: Kind = Kind.REAL


@dataclass(frozen=True, slots=True)
class Array:
    """An array by its name."""

    name: str
    rank: int
    kind: Kind = Kind.REAL


@dataclass(frozen=True, slots=True)
class Number:
    value: int | float
    kind: Kind


@dataclass(frozen=True, slots=True)
class Cell:
    """An entry of an array."""

    array: Array
    at: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Extent:
    """How long an axis of an array is."""

    array: Array
    axis: int


@dataclass(frozen=True, slots=True)
class Op:
    """Arithmetic, a comparison, ``and`` or ``or``, by Python's sign for it."""

    sign: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Minus:
    of: Expr


@dataclass(frozen=True, slots=True)
class Choose:
    test: Expr
    then: Expr
    other: Expr


@dataclass(frozen=True, slots=True)
class Call:
    """A function of numbers, or of arrays, by the name that it has in Python."""

    fn: str
    given: tuple[Expr, ...]
    kind: Kind = Kind.REAL


Expr = Var | Array | Number | Cell | Extent | Op | Minus | Choose | Call
Place = Var | Cell


@dataclass(frozen=True, slots=True)
class Set:
    place: Place
    value: Expr


@dataclass(frozen=True, slots=True)
class Take:
    """One more number is folded in: ``loose`` where numbers may be taken in any order, so that loops vectorise."""

    place: Place
    op: str
    value: Expr
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Fill:
    """Every entry of an array is the number."""

    array: Array
    value: Expr


@dataclass(frozen=True, slots=True)
class Room:
    """An array for as long as the function runs, full of a number where there is one."""

    array: Array
    shape: tuple[Expr, ...]
    value: Expr | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A function that writes to its arguments."""

    call: Call


@dataclass(frozen=True, slots=True)
class Loop:
    index: Var
    first: Expr
    last: Expr
    step: Expr
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Each:
    """A loop over the numbers of a table, or of several beside each other."""

    names: tuple[Var, ...]
    tables: tuple[Array | tuple[Expr, ...], ...]
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class If:
    test: Expr
    then: tuple[Statement, ...]
    other: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Return:
    value: Expr


Statement = Set | Take | Fill | Room | Run | Loop | Each | If | Return


@dataclass(frozen=True, slots=True)
class Function:
    """``said`` is what it is for, ``written`` names the arrays among its parameters that it writes to."""

    name: str
    parameters: tuple[Var | Array, ...]
    body: tuple[Statement, ...]
    said: str = ""
    written: frozenset[str] = frozenset()


NONE, UNIT, INFINITE = Number(0, Kind.INDEX), Number(1, Kind.INDEX), Number(float("inf"), Kind.WIDE)
ZERO, ONE, INF = Var("zero"), Var("one"), Var("inf")
"""Numbers of the arrays' own type, which every kernel is given."""


def count(index: Var, last: Expr, *body: Statement) -> Loop:
    """The loop from 0."""
    return Loop(index, NONE, last, UNIT, body)


def product(left: Expr, right: Expr) -> Expr:
    """The product, taken from left to right whatever the right factor is made of."""
    if isinstance(right, Op) and right.sign in ("*", "/"):
        return Op(right.sign, product(left, right.left), right.right)
    return Op("*", left, right)


def negative(node: Expr) -> Expr:
    """Minus a product, by its first factor."""
    if isinstance(node, Op) and node.sign in ("*", "/"):
        return Op(node.sign, negative(node.left), node.right)
    return Minus(node)


def kind_of(node: Expr) -> Kind:
    """What an expression is."""
    match node:
        case Var() | Number() | Call():
            return node.kind
        case Array() | Cell():
            held = node.kind if isinstance(node, Array) else node.array.kind
            return Kind.INDEX if held is Kind.LABEL else held
        case Extent():
            return Kind.INDEX
        case Minus(of):
            return kind_of(of)
        case Choose(_, then, other):
            return kind_of(then) if kind_of(then) is not Kind.INDEX else kind_of(other)
        case Op(sign, left, right):
            if sign in COMPARED:
                return Kind.BITS
            kinds = {kind_of(left), kind_of(right)}
            counted = Kind.WIDE if sign in ("/", "**") else Kind.INDEX
            return next((kind for kind in (Kind.BITS, Kind.WIDE, Kind.REAL) if kind in kinds), counted)


COMPARED = frozenset(("<", "<=", ">", ">=", "==", "!=", "and", "or"))


def inside(*nodes: Statement | Expr) -> Iterator[Statement | Expr]:
    """Every statement and expression in these."""
    pending: list[object] = list(reversed(nodes))
    while pending:
        node = pending.pop()
        if isinstance(node, tuple):
            pending += reversed(node)
        elif isinstance(node, Statement | Expr):
            yield node
            pending += [getattr(node, f.name) for f in reversed(dataclasses.fields(node))]


def substituted(node: Expr, by: Callable[[Var], Expr]) -> Expr:
    """The expression with others in the place of its numbers."""
    match node:
        case Var():
            return by(node)
        case Op(sign, left, right):
            return Op(sign, substituted(left, by), substituted(right, by))
        case Minus(of):
            return Minus(substituted(of, by))
        case Choose(test, then, other):
            return Choose(substituted(test, by), substituted(then, by), substituted(other, by))
        case Call(fn, given, kind):
            return Call(fn, tuple(substituted(each, by) for each in given), kind)
        case Array() | Number() | Cell() | Extent():
            return node
