"""What operators mean. Owns: sums, products, powers, transposes, bars and norms of values. Never: names, functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from gradwright.core.build import ONE, ZERO, add, apply, const, delta, divide, mul, negate, power, reduce, subtract
from gradwright.core.errors import Error
from gradwright.core.index import position
from gradwright.core.node import Node as Entry
from gradwright.core.value import Value, arranged, mask
from gradwright.read.meaning.elaborator import At, Elaborator, Visit
from gradwright.read.names import called as called_name
from gradwright.read.syntax import (
    Bars,
    Call,
    Comparison,
    Group,
    Indexed,
    Inner,
    Matrix,
    Multiplication,
    Name,
    Negative,
    Node,
    Norm,
    Power,
    Product,
    Pseudoinverse,
    Quotient,
    Root,
    Sum,
    Transposed,
    Whole,
    bare,
)
from gradwright.tables.arrays import ARRAYS, power_of_matrix
from gradwright.tables.products import cross, kronecker, product, want

Operation = Callable[[Entry, Entry], Entry]
_VECTORS = ("column", "row")
_TWO = const(2)
_CELLS = 64  # of a matrix that is written out


def group(e: Elaborator, node: Group) -> Visit:
    return (yield node.body)


def negative(e: Elaborator, node: Negative) -> Visit:
    value = yield node.body
    return replace(value, body=negate(value.body))


def total(e: Elaborator, node: Sum) -> Visit:
    """Terms, each with its sign."""
    (sign, first), *rest = node.terms
    value = yield first
    if sign == "-":
        value = replace(value, body=negate(value.body))
    for sign, term in rest:
        other = yield term
        if value.kind != other.kind:
            value, other = e.leveled(value, other)
        value = entrywise(e, value, other, node, add if sign == "+" else subtract)
    return value


def entrywise(e: Elaborator, left: Value, right: Value, node: Node, op: Operation) -> Value:
    """Entry by entry; a number goes with every entry."""
    if not right.axes:
        return replace(left, body=op(left.body, right.body))
    if not left.axes:
        return replace(right, body=op(left.body, right.body))
    if e.reading.typeset and left.kind != right.kind and ONE in (left.body, right.body):  # a bold 1 of any shape
        return replace(right if left.body is ONE else left, body=op(left.body, right.body))
    many = len(left.parts) == len(right.parts)  # a tensor may have any number of axes
    if left.plain == right.plain and many:
        for here, there in zip(left.parts, right.parts, strict=True):
            e.match(here, there, node, f" ({e.say(left)} with {e.say(right)})")
    if left.kind != right.kind or not many:
        hint = "transpose one of them" if {left.kind, right.kind} == {"row", "column"} else None
        e.misfit("added", left, right, node, hint)
    what = f" ({e.say(left)} with {e.say(right)})"
    return replace(left, body=op(left.body, e.onto(right, left.axes, node, what)))


def multiplied(e: Elaborator, node: Product) -> Visit:
    """Factors from left to right, each by the sign before it.

    As mathematics is typeset ⊙ and ⊗ bind less than a product without a sign (a ⊙ B c is a ⊙ (B c)), unless the shapes
    say otherwise.
    """
    factors: list[Factor] = []
    for sign, factor in node.factors:
        factors.append((sign, factor, (yield factor)))
    loose = (".*", "kron") if e.reading.typeset else ()
    starts = [k for k, (sign, _, _) in enumerate(factors) if k and sign in loose]
    if 0 < len(starts) < len(factors) - 1:
        runs = [factors[a:b] for a, b in pairwise([0, *starts, len(factors)])]
        mark = e.extents.mark()
        try:
            return _folded(e, [(run[0][0], run[0][1], _folded(e, run, node)) for run in runs], node)
        except Error:
            e.extents.reset(mark)
    return _folded(e, factors, node)


Factor = tuple[Multiplication, Node, Value]
Sides = tuple[Node, Node]


def _folded(e: Elaborator, factors: Sequence[Factor], node: Product) -> Value:
    (_, before, value), *rest = factors
    for sign, factor, other in rest:
        rule = _SIGNS.get(sign, _matrix_product)
        value, before = rule(e, value, other, (before, factor), node), node
    return value


def _matrix_product(e: Elaborator, left: Value, right: Value, sides: Sides, node: Product) -> Value:
    if left.kind == "column" and right.kind in ("column", "matrix") and _is_slice(sides[0]):
        left = replace(left, kind="row")
    if e.reading.typeset:
        return product(At(e, node), left, right)
    if left.kind == right.kind and left.axes and (left.plain == "column" or e.reading.contracting):
        e.remark("* beside @ goes by entries" if e.reading.contracting else "a product of two vectors goes by entries")
        return entrywise(e, left, right, node, mul)
    return product(At(e, node), left, right, _hint(left, right, sides[0]))


def _contracted(e: Elaborator, left: Value, right: Value, sides: Sides, node: Product) -> Value:
    """``@``, which contracts the last axis with the first whatever lies how."""
    if left.kind == "column" and right.kind in ("column", "matrix"):
        result = product(At(e, node), replace(left, kind="row"), right)
        return replace(result, kind="column") if result.kind == "row" else result
    return product(At(e, node), left, right, _hint(left, right, sides[0]))


def _dotted(e: Elaborator, left: Value, right: Value, sides: Sides, node: Product) -> Value:
    """``·`` of two vectors is their inner product, and any other product else."""
    if left.kind == right.kind and left.kind in _VECTORS:
        return product(At(e, node), replace(left, kind="row"), replace(right, kind="column"))
    return _matrix_product(e, left, right, sides, node)


def _starred(e: Elaborator, left: Value, right: Value, sides: Sides, node: Product) -> Value:
    """``*``, which typeset between arrays is a product by entries."""
    if e.reading.typeset and left.axes and right.axes:
        return entrywise(e, left, right, node, mul)
    return _matrix_product(e, left, right, sides, node)


def _hadamard(e: Elaborator, left: Value, right: Value, sides: Sides, node: Product) -> Value:
    return entrywise(e, left, right, node, mul)


def _entrywise_quotient(e: Elaborator, left: Value, right: Value, sides: Sides, node: Product) -> Value:
    _divisor(e, right, sides[1])
    return entrywise(e, left, right, node, divide)


def _divided(e: Elaborator, left: Value, right: Value, sides: Sides, node: Node) -> Value:
    _divisor(e, right, sides[1])
    if right.axes and (e.reading.python or e.reading.typeset):
        if e.reading.typeset:
            e.remark("arrays are divided entry by entry")
        return entrywise(e, left, right, node, divide)
    if right.axes:
        e.fail(f"/ divides by a scalar, and this is {e.say(right)}", sides[1], "use ./ for entries")
    return replace(left, body=divide(left.body, right.body))


def _divisor(e: Elaborator, value: Value, node: Node) -> None:
    if value.body is ZERO:
        e.fail("this divides by zero", node)
    e.parts[divide(ONE, value.body)] = None


def _kronecker(e: Elaborator, left: Value, right: Value, sides: Sides, node: Product) -> Value:
    return kronecker(At(e, node), left, right)


def _crossed(e: Elaborator, left: Value, right: Value, sides: Sides, node: Product) -> Value:
    """``×`` of two vectors is their cross product, and any other product else."""
    if left.kind == right.kind and left.kind in _VECTORS:
        return cross(At(e, node), left, right)
    return _matrix_product(e, left, right, sides, node)


_SIGNS: dict[str, Callable[[Elaborator, Value, Value, Sides, Product], Value]] = {
    "@": _contracted, "cdot": _dotted, "dot": _dotted, ".*": _hadamard, "./": _entrywise_quotient, "/": _divided,
    "kron": _kronecker, "*": _starred, "times": _crossed,
}  # fmt: skip


def _is_slice(node: Node) -> bool:
    """A whole row or column of a matrix, which lies as its neighbour wants."""
    node = bare(node)
    return isinstance(node, Indexed) and sum(isinstance(item, Whole) for item in node.items) == 1


def _hint(left: Value, right: Value, node: Node) -> str:
    """What to write instead; a letter before a matrix may be meant as a number."""
    if left.plain == "column" and right.plain == "matrix" and isinstance(node, Name):
        declared = f"'{node.stem}:' with no extents after the colon"
        return f"if {node.stem} is a number, declare it: {declared}; else use .* or transpose one of them"
    return "use .* for entries, or transpose one of them"


def quotient(e: Elaborator, node: Quotient) -> Visit:
    top = yield node.top
    bottom = yield node.bottom
    return _divided(e, top, bottom, (node.top, node.bottom), node)


def raised(e: Elaborator, node: Power) -> Visit:
    base = yield node.base
    return raised_to(e, base, (yield node.exponent), node)


def raised_to(e: Elaborator, base: Value, exponent: Value, node: Power) -> Value:
    """A power of values."""
    if node.entrywise or (node.python and base.axes):
        return entrywise(e, base, exponent, node, power)
    if exponent.axes:
        e.fail("an exponent is a scalar", node, "' transposes, and .^ goes by entries")
    if not base.axes:
        return Value("scalar", (), power(base.body, exponent.body))
    if base.plain in _VECTORS and (node in e.reading.reduced or e.reading.typeset):
        e.remark("a power of a vector goes by entries")
        return entrywise(e, base, exponent, node, power)
    if base.plain != "matrix":
        e.fail(
            f"^ needs a scalar or a square matrix, and this is {e.say(base)}",
            node,
            "use .^ for entries, or declare a scalar: 'x:' with no extents after the colon",
        )
    return power_of_matrix(At(e, node), base, exponent.body)


def transposed(e: Elaborator, node: Transposed) -> Visit:
    value = yield node.body
    called = bare(node.body)
    if not value.axes and isinstance(called, Call) and (name := called_name(called)) in e.reading.unknown:
        e.fail(f"{name}(…) is transposed, and is taken for a number", node, f"declare its shapes: '{name}: n -> m'")
    if value.plain == "tensor":
        e.fail("a tensor has no transpose", node)
    return arranged(value.parts[::-1], value.body, row=value.plain == "column")


def pseudoinverse(e: Elaborator, node: Pseudoinverse) -> Visit:
    value = yield node.body
    return _function("pinv", e, value, node)


def _function(name: str, e: Elaborator, value: Value, node: Node) -> Value:
    row = ARRAYS[name]
    assert row.of_one is not None
    return row.of_one(At(e, node), value)


def compared(e: Elaborator, node: Comparison) -> Visit:
    """1 where it holds, else 0."""
    left = yield node.left
    right = yield node.right
    for value, part in ((left, node.left), (right, node.right)):
        if value.axes:
            e.fail(f"a comparison is between scalars, and this is {e.say(value)}", part,
                   "where(x > 0, …, …) compares entry by entry")  # fmt: skip
    return Value("scalar", (), mask(RELATIONS[node.relation], left.body, right.body, ONE, ZERO))


RELATIONS = {"=": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def root(e: Elaborator, node: Root) -> Visit:
    value = yield node.body
    degree = (yield node.degree).body if node.degree is not None else _TWO
    if value.plain == "matrix" and e.reading.matrices and node not in e.reading.entrywise:
        e.fail("the square root of a matrix has no rule", node, "the root of every entry is (…)^{\\circ 1/2}")
    return replace(value, body=power(value.body, divide(ONE, degree)))


def bars(e: Elaborator, node: Bars) -> Visit:
    """|A| is a determinant, |a| an absolute value, of a vector entry by entry."""
    value = yield node.body
    if value.plain == "matrix":
        return _function("det", e, value, node)
    if value.axes and e.reading.typeset:
        return _function("norm2", e, value, node)
    if value.axes:
        e.remark("|·| of a vector goes by entries")
    return replace(value, body=apply("abs", value.body))


def norm(e: Elaborator, node: Norm) -> Visit:
    """‖·‖ of a vector is the 2-norm, of a matrix Frobenius'; an order that names another one is never dropped."""
    value = yield node.body
    at = At(e, node)
    if node.order in ("F", "Fro", "fro") or (node.order == "2" and value.plain != "matrix"):
        return _function("norm2", e, value, node)
    if not node.order:
        if value.plain == "matrix":
            e.remark("the norm of a matrix is Frobenius'")
        return _function("norm2", e, value, node)
    if node.order == "1" and value.plain != "matrix":
        return _function("norm1", e, value, node)
    if node.order in ("infty", "inf", "∞") and value.plain != "matrix":
        return Value("scalar", (), reduce("max", value.axes, apply("abs", value.body)))
    order = e.symbol(node.order)
    if order is not None and not order.axes:
        both = ARRAYS["norm"].of_two
        assert both is not None
        return both(at, value, order)
    e.fail(f"the norm ‖·‖ with {node.order} below it has no rule for {e.say(value)}", node,
           "‖·‖ and ‖·‖_F are roots of sums of squares, ‖·‖_1 sums absolute values")  # fmt: skip


def matrix(e: Elaborator, node: Matrix) -> Visit:
    """A matrix that is written out; of one column, a column, of one row, a row."""
    height, width = len(node.rows), len(node.rows[0]) if node.rows else 0
    if not width or any(len(row) != width for row in node.rows) or height * width > _CELLS:
        e.fail("a matrix whose rows differ in length, or a large one", node)
    row, column = e.fresh(height), e.fresh(width)
    terms = []
    for r, cells in enumerate(node.rows):
        for c, cell in enumerate(cells):
            marks = [delta(row, position(r, height))] if height > 1 or width == 1 else []
            marks += [delta(column, position(c, width))] if width > 1 else []
            terms.append(mul(*marks, e.scalar((yield cell), cell)))
    if width == 1:
        return Value("column", (row,), add(*terms))
    return Value("row", (column,), add(*terms)) if height == 1 else Value("matrix", (row, column), add(*terms))


def inner(e: Elaborator, node: Inner) -> Visit:
    """⟨x, y⟩ of two vectors or two matrices: the sum over all entries of the product."""
    left = yield node.left
    right = yield node.right
    for value, side in ((left, node.left), (right, node.right)):
        want(At(e, side), value, ("scalar", "column", "row", "matrix", "tensor"), "⟨·, ·⟩")
    return _function("sum", e, entrywise(e, left, right, node, mul), node)
