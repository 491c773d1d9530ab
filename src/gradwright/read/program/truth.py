"""Truths and choices of a program. Owns: comparisons that are known, choices, labels. Never: knows an array.

Truth is 1 and falsehood 0. A class label is the number Σ_c c·Y_c of the one-hot row Y that stands for it: a comparison
with a place, and a choice by it, are entries of Y.
"""

from __future__ import annotations

from collections.abc import Sequence

from gradwright.core.build import (
    ONE,
    ZERO,
    apply,
    delta,
    divide,
    entry,
    mul,
    negate,
    open_binder,
    ordinal,
    size,
    split_coefficient,
    subtract,
    total,
    where,
)
from gradwright.core.index import Dim, Index, plus, position, terms_of, times
from gradwright.core.node import (
    Add,
    Apply,
    Const,
    Delta,
    Entry,
    MatFn,
    Mul,
    Node,
    Ordinal,
    Reduce,
    Size,
    Where,
    terms_in,
)
from gradwright.core.value import mask
from gradwright.core.walk import bottom_up

INFINITY = entry("∞")
UNDEFINED = entry("NaN")
"""No number: a program has no value where it comes to be one."""


HELD = "held"


LABEL = "label "
"""What a symbol of class labels is called before its name, while its numbers are meant and not its one-hot rows."""


_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def compared(op: str, left: Node, right: Node) -> Node:
    """1 where the comparison holds, 0 elsewhere; at once where that is known."""
    known = _known(op, left, right)
    if known is not None:
        return ONE if known else ZERO
    for made, other, way in ((left, right, op), (right, left, _TURNED.get(op, op))):
        if isinstance(made, Where) and all(isinstance(n, Const) for n in (made.then, made.other, other)):
            branches = (compared(way, branch, other) for branch in (made.then, made.other))
            return where(made.op, made.left, made.right, *branches)
    if op in ("==", "!="):
        if isinstance(left, Ordinal) and isinstance(right, Ordinal) and left.index.dim == right.index.dim:
            same = delta(left.index, right.index)
            return same if op == "==" else subtract(ONE, same)
        for label, other in ((left, right), (right, left)):
            chosen = _chosen(label, other)
            if chosen is not None:
                return chosen if op == "==" else subtract(ONE, chosen)
    return mask(op, left, right, ONE, ZERO)


def _known(op: str, left: Node, right: Node) -> bool | None:
    """What a comparison of numbers gives, or of places that stand between 0 and their extent."""
    if left is right:
        return op in ("==", "<=", ">=")
    if op in ("==", "!=") and _surely_apart(left, right):
        return op == "!="
    if isinstance(left, Const) and isinstance(right, Const):
        a, b = left.value, right.value
        return {"<": a < b, "<=": a <= b, "==": a == b, "!=": a != b, ">": a > b, ">=": a >= b}[op]
    return _of_place(op, left, right) if not isinstance(left, Const) else _of_place(_TURNED.get(op, op), right, left)


def _of_place(op: str, left: Node, right: Node) -> bool | None:
    least = 1 if isinstance(left, Size) else 0 if _whole(left) else None
    if least is None or not isinstance(right, Const):
        beyond = isinstance(left, Ordinal) and right is size(left.index.dim)
        return {"<": True, "<=": True, "==": False, "!=": True, ">": False, ">=": False}[op] if beyond else None
    if right.value < least:
        return op in (">", ">=", "!=")
    if right.value == least and op in ("<", ">="):
        return op == ">="
    return None


def _whole(node: Node) -> bool:
    """Whether the node is surely a number of places: whole, and not negative."""
    if isinstance(node, Add | Mul):
        return all(map(_whole, node.children))
    if isinstance(node, Const):
        return isinstance(node.value, int) and node.value >= 0
    if isinstance(node, Reduce):
        return node.op == "sum" and _whole(node.body)
    if isinstance(node, Where):
        return _whole(node.then) and _whole(node.other)
    return isinstance(node, Ordinal | Size) or is_label(node)


def is_label(node: Node) -> bool:
    return isinstance(node, Entry) and node.name.startswith(LABEL)


def label_of(node: Node) -> tuple[str, Dim, tuple[Index, ...]]:
    """The symbol of one-hot rows that a label stands for, the extent it chooses from, and where the label stands."""
    assert isinstance(node, Entry)
    *slots, last = node.slots
    return node.name.removeprefix(LABEL), last.dim, tuple(slots)


def classes(node: Node) -> Dim | None:
    """The extent that a label chooses from, or that one at some place does; None of what is no label."""
    if is_label(node):
        return label_of(node)[1]
    moved = _moved_label(node)
    return None if moved is None else classes(moved[1].then)


def class_entry(node: Node, at: Index) -> Node:
    """The entry of the one-hot row that a label stands for."""
    moved = _moved_label(node)
    if moved is not None:
        bound, body = moved
        return total(bound, where(body.op, body.left, body.right, class_entry(body.then, at), ZERO))
    name, _, slots = label_of(node)
    return entry(name, *slots, at)


def _moved_label(node: Node) -> tuple[tuple[Index, ...], Where] | None:
    """Σ_p y_p over the one p that is at a place: a label there."""
    if not isinstance(node, Reduce) or node.op != "sum" or len(node.bound) != 1:
        return None
    bound, body = open_binder(node)
    if not isinstance(body, Where) or body.op != "==" or body.other is not ZERO or classes(body.then) is None:
        return None
    own = ordinal(bound[0])
    at = next((there for here, there in ((body.left, body.right), (body.right, body.left)) if here is own), None)
    return (bound, body) if at is not None and surely_within(at, bound[0].dim) else None


def _chosen(label: Node, other: Node) -> Node | None:
    """The entry of the one-hot row at a place."""
    dim = classes(label)
    if dim is None:
        return None
    if isinstance(other, Const) and isinstance(other.value, int):
        return class_entry(label, position(other.value, dim)) if other.value >= 0 else ZERO
    return class_entry(label, other.index) if isinstance(other, Ordinal) and other.index.dim == dim else None


def surely_within(at: Node, dim: Dim) -> bool:
    """Whether a place is one along so long an axis, whatever its indices are."""
    bounds = _bounds(terms_in(at))
    if bounds is None:
        return False
    least, most = bounds
    return _not_negative(least) and _not_negative(plus(dim, -1, times(-1, most)))


def _surely_apart(left: Node, right: Node) -> bool:
    """Whether two places differ, whatever their indices are."""
    bounds = _bounds((*terms_in(left), *map(negate, terms_in(right))))
    if bounds is None:
        return False
    least, most = bounds
    return _not_negative(plus(least, -1)) or _not_negative(plus(times(-1, most), -1))


def _bounds(terms: Sequence[Node]) -> tuple[Dim, Dim] | None:
    """The least and the largest that a sum of multiples of places and extents may be."""
    least: list[Dim] = []
    most: list[Dim] = []
    for term in terms:
        number, core = split_coefficient(term)
        if not isinstance(number, int):
            return None
        if isinstance(core, Ordinal):
            (most if number > 0 else least).append(times(number, plus(core.index.dim, -1)))
        elif core is ONE or isinstance(core, Size):
            both = times(number, core.dim) if isinstance(core, Size) else number
            least.append(both)
            most.append(both)
        else:
            return None
    return plus(*least), plus(*most)


def _not_negative(dim: Dim) -> bool:
    """Whether a sum of extents is surely at least 0; every one of them is at least 1."""
    found = terms_of(dim)
    return all(count >= 0 for names, count in found.items() if names) and sum(found.values()) >= 0


def negated(truth: Node) -> Node:
    """1 where the truth is 0."""
    if isinstance(truth, Where):
        return where(truth.op, truth.left, truth.right, negated(truth.then), negated(truth.other))
    return subtract(ONE, truth)


def choice(truth: Node, then: Node, other: Node) -> Node:
    """``then`` where the truth is 1, else ``other``."""
    if isinstance(truth, Const):
        return other if truth is ZERO else then
    if other is UNDEFINED and not truth.names and not truth.free:  # a size, at which there is no value
        return then
    if isinstance(truth, Where):
        if _already(truth, then, other):
            return then
        asked = truth.op, truth.left, truth.right
        holds, fails = ([_given(asked, node, known) for node in (then, other)] for known in (True, False))
        return _turned(truth, choice(truth.then, *holds), choice(truth.other, *fails))
    if isinstance(truth, Mul) and any(isinstance(factor, Where) for factor in truth.factors):
        first = next(factor for factor in truth.factors if isinstance(factor, Where))
        rest = mul(*(factor for factor in truth.factors if factor is not first))
        return choice(first, choice(rest, then, other), other)
    if isinstance(truth, Delta) and other is not ZERO:
        asked = "==", ordinal(truth.left), ordinal(truth.right)
        return where(*asked, _given(asked, then, True), _given(asked, other, False))
    if other is ZERO and INFINITY.names.isdisjoint(then.names):
        return mul(truth, then)
    return where("==", truth, ZERO, other, then)


def _given(asked: tuple[str, Node, Node], node: Node, holds: bool) -> Node:
    """What a choice by a comparison is where that comparison holds, or does not."""
    if not isinstance(node, Where) or (node.op, node.left, node.right) != asked:
        return node
    return node.then if holds else node.other


def _turned(truth: Where, then: Node, other: Node) -> Node:
    """The choice, with what is 0 as its other branch: x where j ≤ i, and not 0 where i < j."""
    if then is ZERO and truth.op in ("<", "<="):
        return where("<=" if truth.op == "<" else "<", truth.right, truth.left, other, then)
    return where(truth.op, truth.left, truth.right, then, other)


def _already(truth: Where, then: Node, other: Node) -> bool:
    """Whether the choice is the lower triangle of what is lower triangular by itself."""
    if other is not ZERO or not isinstance(then, MatFn) or then.fn != "chol" or truth.op != "<=":
        return False
    row, column = map(ordinal, then.slots)
    return (truth.left, truth.right, truth.then, truth.other) == (column, row, ONE, ZERO)


def rechosen(node: Where) -> Node:
    """A choice in which something was put, decided where it is known by then."""
    return choice(compared(node.op, node.left, node.right), node.then, node.other)


def decided(node: Node) -> Node:
    """The node without choices that are decided by now, as after a place was put in for an index."""

    def rule(part: Node) -> Node:
        if isinstance(part, Reduce) and part.op == "sum" and part.body is ZERO:
            return ZERO
        known = _known(part.op, part.left, part.right) if isinstance(part, Where) else None
        if known is None or not isinstance(part, Where):
            return part
        return part.then if known else part.other

    return bottom_up(rule, node)


def either(left: Node, right: Node) -> Node:
    return negated(mul(negated(left), negated(right)))


def larger(left: Node, right: Node) -> Node:
    """max, which is the other where one is −∞."""
    for one, other in ((left, right), (right, left)):
        if one is negate(INFINITY):
            return other
        if one is ZERO:
            return apply("relu", other)
    if isinstance(left, Const) and isinstance(right, Const):
        return max(left, right, key=lambda number: number.value)
    return apply("max", left, right)


def smaller(left: Node, right: Node) -> Node:
    for one, other in ((left, right), (right, left)):
        if one is INFINITY:
            return other
    return apply("min", left, right)


def floored(left: Node, right: Node) -> Node:
    """⌊left/right⌋ of whole numbers."""
    quotient = divide(left, right)
    return quotient if _whole(quotient) else apply("floor", quotient)


def is_held(node: Node) -> bool:
    return isinstance(node, Apply) and node.fn == HELD


def freed(node: Node) -> Node:
    """The node without what is held inside it, as where the whole is held."""
    return bottom_up(lambda part: part.children[0] if is_held(part) else part, node)


def is_maximum(node: Node) -> bool:
    return isinstance(node, Reduce) and node.op == "max"


def truncated(node: Node) -> Node:
    """A number cut to the whole one towards 0; what is whole stays itself."""
    return node if _whole(node) else mul(apply("sign", node), apply("floor", apply("abs", node)))
