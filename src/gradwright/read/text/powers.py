"""Powers of matrices in the text language. Owns: whole ones, written out, and those with a dimension in the exponent.

Never: parses. A symbol in the exponent of a matrix is a dimension: a whole number that is nobody's entry.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gradwright.core.build import add, negate, split_coefficient
from gradwright.core.node import Const, Node, Ordinal, Size, terms_in
from gradwright.core.value import Value
from gradwright.read.text.functions import ARRAY_FUNCTIONS
from gradwright.read.text.grammar import Syntax
from gradwright.tables.matrix import matrix_power

if TYPE_CHECKING:
    from gradwright.read.text.elaborate import Elaborator

_MOST = 64


def power_of_matrix(e: Elaborator, base: Value, exponent: Node, syntax: Syntax) -> Value:
    """Aᵏ, of a square matrix; A⁻ᵏ is (A⁻¹)ᵏ."""
    terms = terms_in(exponent)
    if all(split_coefficient(term)[0] < 0 for term in terms):
        base, exponent = ARRAY_FUNCTIONS["inv"](e, base, syntax), add(*map(negate, terms))
    e.square(base, syntax, "a power")
    if isinstance(exponent, Const):
        return _written_out(e, base, exponent, syntax)
    if base.groups or not whole(exponent):
        hint = "X^k, of a symbol k whose shape is not declared; .^ goes by entries"
        e.fail("a matrix power is a whole number, or a dimension and a whole number", syntax, hint)
    slots = tuple(e.fresh(axis.dim) for axis in base.axes)
    return Value("matrix", slots, matrix_power(slots, base.axes, base.body, exponent))


def _written_out(e: Elaborator, base: Value, exponent: Const, syntax: Syntax) -> Value:
    times = exponent.value
    if not isinstance(times, int) or not 0 < times <= _MOST:
        e.fail(f"a matrix power is a whole number from 1 to {_MOST}, or from -{_MOST} to -1", syntax,
               ".^ goes by entries")  # fmt: skip
    result = base
    for _ in range(times - 1):
        again = tuple(e.fresh(a.dim) for a in base.axes)
        result = e.times(result, replace(base, axes=again, body=e.onto(base, again, syntax)), syntax)
    return result


def whole(exponent: Node) -> bool:
    """Whether an exponent is surely a whole number: made of dimensions, places of indices and whole numbers."""
    terms = terms_in(exponent)
    parts = [split_coefficient(term) for term in terms]
    return all(isinstance(number, int) and isinstance(rest, Size | Ordinal | Const) for number, rest in parts)
