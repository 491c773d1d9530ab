"""What facts do to an expression. Owns: Σ y = 1, A_ij = A_ji, and what follows for functions of matrices.

Never: decides whether a fact holds (that is the context), differentiates.
"""

from __future__ import annotations

from collections.abc import Sequence

from gradwright.core.build import MINUS_ONE, ONE, entry, matfn, mul, open_binder, rename, total
from gradwright.core.context import Context
from gradwright.core.index import AT, Index
from gradwright.core.node import Entry, MatFn, Mul, Node, Pow, Reduce
from gradwright.core.walk import descend, run
from gradwright.normal import TooLong, multiplied_out
from gradwright.rewrite import Rule
from gradwright.simplify import Used, Visit
from gradwright.tables.matrix import MATRIX_FUNCTIONS

ONE_SUM = Rule("sums_to_one", "its entries sum to one", "the fact")
SYMMETRY = Rule("symmetry", "A_ij = A_ji", "the fact")
SYMMETRIC_FUNCTION = Rule("symmetry", "a function of a symmetric matrix is symmetric", "f(A)ᵀ = f(Aᵀ)")


def apply_facts(node: Node, context: Context, used: Used, memo: dict[Node, Node]) -> Node:
    """Use what is known of the symbols: Σ y = 1, A_ij = A_ji."""

    def visit(current: Node) -> Visit:
        rebuilt = yield from descend(current, atoms=True)
        if isinstance(rebuilt, Reduce) and rebuilt.op == "sum":
            return _sums_to_one(rebuilt, context, used)
        if isinstance(rebuilt, Entry) and len(rebuilt.slots) in (2, 3):
            return _symmetric(rebuilt, context, used)
        if isinstance(rebuilt, MatFn):
            return _symmetric_function(rebuilt, context, used)
        return rebuilt

    return run(visit, node, memo)


def _sums_to_one(node: Reduce, context: Context, used: Used) -> Node:
    body = node.body
    if not isinstance(body, Entry) or len(node.bound) != 1:
        return node
    place = len(body.slots) - 1
    if body.slots[place] is not node.bound[0] or node.bound[0] in body.slots[:place]:
        return node
    why = context.facts.why("simplex" if place == 0 else "simplex_rows", body.name)
    if why is not None:
        index = "Σ_i" if place == 0 else "Σ_j"
        letters = "_i" if place == 0 else "_ij"
        used.note(Rule(ONE_SUM.name, f"since {why}, {index} {body.name}{letters} = 1", str(why)), str(why))
        return ONE
    if normalised_axis(body.name, context) == place:
        used.note(Rule("softmax_sums_to_one", f"{body.name} is normalised: its sum is 1", "Σ_i f_i/Σ_j f_j = 1"))
        return ONE
    return node


def normalised_axis(name: str, context: Context) -> int | None:
    """The axis over which a defined symbol sums to one because it is f_i/Σ_j f_j."""
    array = context.definitions.get(name)
    if array is None or not isinstance(array.body, Mul):
        return None
    for factor in array.body.factors:
        if isinstance(factor, Pow) and factor.exponent is MINUS_ONE and isinstance(factor.base, Reduce):
            top = mul(array.body, factor.base)
            for place, axis in enumerate(array.axes):
                if factor.base is total([axis], top):
                    return place
    return None


def _symmetric(node: Entry, context: Context, used: Used) -> Node:
    why = context.facts.why("symmetric", node.name)
    if why is None:
        return node
    ordered = _ordered(node.slots)
    if ordered == node.slots:
        return node
    used.note(Rule(SYMMETRY.name, f"since {why}, {node.name}_ij = {node.name}_ji", str(why)), str(why))
    return entry(node.name, *ordered)


def _ordered(slots: Sequence[Index]) -> tuple[Index, ...]:
    """The order in which the indices of a symmetric array are written: as letters go, fixed positions last."""
    return tuple(sorted(slots, key=lambda index: (index.kind == AT, len(str(index.name)), str(index.name))))


def _symmetric_function(node: MatFn, context: Context, used: Used) -> Node:
    """inv(M)_ji as inv(M)_ij where M is symmetric."""
    row = MATRIX_FUNCTIONS.get(node.fn)
    if row is None or not row.keeps_symmetry or len(node.slots) != 2 or _ordered(node.slots) == node.slots:
        return node
    indices, body = open_binder(node)
    if not symmetric_body(body, indices, context):
        return node
    used.note(SYMMETRIC_FUNCTION)
    return matfn(node.fn, node.order, _ordered(node.slots), indices, body)


def symmetric_body(body: Node, indices: Sequence[Index], context: Context) -> bool:
    """Whether exchanging the two indices surely leaves the body as it is."""
    first, second = indices
    try:
        left = multiplied_out(body, context)
        return left is multiplied_out(rename(body, {first: second, second: first}), context)
    except TooLong:
        return False
