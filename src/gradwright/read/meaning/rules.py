"""What each kind of syntax means. Owns: the table of rules, total over the classes of ``syntax``; numbers and names.

Never: does what another module of this room does.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from fractions import Fraction
from typing import NoReturn

from gradwright.core.build import ONE, ZERO, add, apply, const, delta, deriv, entry, mul, size, total
from gradwright.core.extents import open_extent
from gradwright.core.index import Dim
from gradwright.core.value import Value
from gradwright.read.meaning import calls, indices, operators
from gradwright.read.meaning.calls import chosen
from gradwright.read.meaning.elaborator import Elaborator, Rule, Visit
from gradwright.read.names import is_function
from gradwright.read.syntax import (
    Bars,
    Big,
    Binder,
    Call,
    Case,
    Cases,
    Comparison,
    Declared,
    Derivative,
    Differential,
    Group,
    Indexed,
    Inner,
    Label,
    Let,
    Letter,
    Matrix,
    Name,
    Negative,
    Node,
    Norm,
    Number,
    Pair,
    Place,
    Power,
    Primed,
    Product,
    Program,
    Pseudoinverse,
    Quotient,
    Root,
    Sum,
    Text,
    Transposed,
    Unknown,
    Whole,
    bare,
)

_LONGEST = 60  # digits of a number
_LARGEST = 400  # exponent of ten


def number(e: Elaborator, node: Number) -> Visit:
    if len(node.text) > _LONGEST:
        e.fail("this number is too long", node)
    exponent = node.text.lower().partition("e")[2]
    if exponent and abs(int(exponent)) > _LARGEST:
        e.fail("this number is out of range", node)
    yield from ()
    return Value("scalar", (), const(Fraction(node.text)))


def name(e: Elaborator, node: Name) -> Visit:
    """A bound letter, a symbol, a dimension, or one of the few names that mean the same everywhere."""
    yield from ()
    value = indices.letter(e, node.stem) or e.symbol(node.stem)
    if value is not None:
        return value
    if node.stem in e.reading.dims:
        return Value("scalar", (), size(node.stem))
    constant = CONSTANTS.get(node.stem)
    return constant(e, node) if constant is not None else _meaningless(e, node)


def _extent(e: Elaborator, node: Name) -> Dim:
    """The extent of a constant at its place, which its neighbours have to say."""
    dim = e.extents.find(f"?at{node.span[0]}.{node.stem}")
    if e.final and open_extent(dim):
        e.fail(f"nothing says how large {node.stem} is", node, "eye(n), ones(n) and zeros(n) say it")
    return dim


def _pi(e: Elaborator, node: Name) -> Value:
    return Value("scalar", (), apply("pi"))


def _identity(e: Elaborator, node: Name) -> Value:
    dim = _extent(e, node)
    row, column = e.fresh(dim), e.fresh(dim)
    return Value("matrix", (row, column), delta(row, column))


def _ones(e: Elaborator, node: Name) -> Value:
    return Value("column", (e.fresh(_extent(e, node)),), ONE)


def _zeros(e: Elaborator, node: Name) -> Value:
    return replace(_ones(e, node), body=ZERO)


CONSTANTS: dict[str, Callable[[Elaborator, Name], Value]] = {
    "pi": _pi, "I": _identity, "\N{MATHEMATICAL BOLD DIGIT ONE}": _ones, "\N{MATHEMATICAL BOLD DIGIT ZERO}": _zeros,
}  # fmt: skip


def _meaningless(e: Elaborator, node: Name) -> NoReturn:
    stem = node.stem
    if stem in e.reading.later:
        e.fail(f"{stem} is used before it is defined", node, "definitions stand in order, each from earlier ones")
    if is_function(stem):
        e.fail(f"{stem} is a function and stands here without its argument", node, f"{stem}(…)")
    if len(stem) == 1:
        e.fail(f"index {stem} is free here", node, f"bind it: sum[{stem}](…) or tensor[{stem}](…)")
    e.fail(f"there is no {stem}", node)


def cases(e: Elaborator, node: Cases) -> Visit:
    """Values under conditions, the last without one."""
    if not node.cases:
        e.fail("cases with none among them", node)
    *conditional, last = node.cases
    if last.conditions or any(len(case.conditions) != 1 for case in conditional):
        e.fail("cases need one comparison each, and the last one none", node)
    value = yield from e.branch(last.value)
    for case in reversed(conditional):
        condition = case.conditions[0]
        if condition.relation not in operators.RELATIONS:
            e.fail("the condition of a case is not understood", condition)
        left = yield condition.left
        right = yield condition.right
        then = yield from e.branch(case.value)
        value = chosen(e, condition, [left, right, then, value], node)
    return value


def refusal(message: str, hint: str | None = None) -> Rule:
    """The rule of a kind that has no value."""

    def rule(e: Elaborator, node: Node) -> Generator[Node, Value, Value]:
        yield from ()
        e.fail(message, node, hint)

    return rule


def _unknown(e: Elaborator, node: Unknown) -> Visit:
    yield from ()
    e.fail(f"{node.what} has no meaning here", node)


def differential(e: Elaborator, node: Differential) -> Visit:
    """dX of what moves, a symbol of its shape; and the differential of what moves with it: Σ ∂f/∂X_ij dX_ij."""
    inside = bare(node.body)
    if isinstance(inside, Name) and inside.stem in e.reading.moving and (found := e.symbol(inside.stem)) is not None:
        return replace(found, body=entry(f"d{inside.stem}", *found.axes))
    moving = [(name, e.symbol(name)) for name in e.reading.moving]
    if not moving:
        e.fail("a differential has no meaning here", node)
    value = yield node.body
    terms = [
        total(symbol.axes, mul(deriv(value.body, name, symbol.axes), entry(f"d{name}", *symbol.axes)))
        for name, symbol in moving
        if symbol is not None
    ]
    return replace(value, body=add(*terms))


_PART = "this stands where a value is needed"
RULES: dict[type[Node], Rule] = {
    Number: number, Name: name, Text: refusal("a string stands only in einsum"),
    Letter: refusal(_PART), Place: refusal(_PART), Pair: refusal(_PART), Label: refusal(_PART), Whole: refusal(_PART),
    Indexed: indices.indexed, Group: operators.group, Negative: operators.negative, Sum: operators.total,
    Product: operators.multiplied, Quotient: operators.quotient, Power: operators.raised,
    Transposed: operators.transposed, Primed: refusal("a derivative of a function that is not given"),
    Pseudoinverse: operators.pseudoinverse, Comparison: operators.compared, Call: calls.call, Root: operators.root,
    Bars: operators.bars, Norm: operators.norm, Inner: operators.inner, Binder: refusal(_PART), Big: indices.big,
    Derivative: refusal("a derivative inside a formula", "derive the formula without it: its variable is given apart"),
    Differential: differential, Case: refusal(_PART), Cases: cases,
    Matrix: refusal("a matrix written out has no rule", "give it a name and its shape"), Unknown: _unknown,
    Let: refusal(_PART), Declared: refusal(_PART), Program: refusal(_PART),
}  # fmt: skip
