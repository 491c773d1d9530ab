"""What facts do to an expression. Owns: Σ y = 1, A_ij = A_ji, and what follows for functions of matrices.

Never: decides whether a fact holds (that is the context), differentiates.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from itertools import combinations
from typing import TypeGuard

from gradwright.core.build import (
    MINUS_ONE,
    ONE,
    ZERO,
    delta,
    entry,
    is_const,
    matfn,
    mul,
    negate,
    open_binder,
    open_sums,
    rename,
    total,
)
from gradwright.core.context import Context
from gradwright.core.index import AT, Index, free_index
from gradwright.core.node import Entry, MatFn, Mul, Node, Pow, Reduce
from gradwright.core.walk import descend, run
from gradwright.normal import TooLong, multiplied_out
from gradwright.rewrite import Rule
from gradwright.simplify import Used, Visit, sum_over
from gradwright.tables.matrix import MATRIX_FUNCTIONS

ONE_SUM = Rule("sums_to_one", "its entries sum to one", "the fact")
SYMMETRY = Rule("symmetry", "A_ij = A_ji", "the fact")
INVERSE_OF_PRODUCT = Rule("inverse_of_product", "(A B)⁻¹ = B⁻¹A⁻¹", "Matrix Cookbook (2012) eq. 1")
SYMMETRIC_FUNCTION = Rule("symmetry", "a function of a symmetric matrix is symmetric", "f(A)ᵀ = f(Aᵀ)")


def apply_facts(node: Node, context: Context, used: Used, memo: dict[Node, Node]) -> Node:
    """Use what is known of the symbols: Σ y = 1, A_ij = A_ji."""

    def visit(current: Node) -> Visit:
        rebuilt = yield from descend(current, atoms=True)
        if isinstance(rebuilt, Reduce) and rebuilt.op == "sum":
            return _norm_one(_orthogonal(_sums_to_one(rebuilt, context, used), context, used), context, used)
        if isinstance(rebuilt, Entry) and len(rebuilt.slots) in (2, 3):
            turned = _symmetric(rebuilt, context, used)
            return _skew(rebuilt, context, used) if turned is rebuilt and len(rebuilt.slots) == 2 else turned
        if isinstance(rebuilt, Pow):
            return _signs(rebuilt, context, used)
        if isinstance(rebuilt, MatFn):
            return (yield from _function(rebuilt, context, used))
        return rebuilt

    return run(visit, node, memo)


def _sums_to_one(node: Reduce, context: Context, used: Used) -> Node:
    """Σ_j Y_ij f_i = f_i where the rows of Y sum to one: the entry is the one factor that its last index stands in."""
    indices, body = open_binder(node)
    factors = body.factors if isinstance(body, Mul) else (body,)
    for factor in factors:
        index = factor.slots[-1] if isinstance(factor, Entry) and factor.slots else None
        if not isinstance(factor, Entry) or index is None or index not in indices or index in factor.slots[:-1]:
            continue
        rest = mul(*(f for f in factors if f is not factor))
        if index not in rest.free and _sums_to_one_over_last(factor, context, used):
            left = [i for i in indices if i is not index]
            return sum_over(left, rest) if left else rest
    return node


def _sums_to_one_over_last(entry: Entry, context: Context, used: Used) -> bool:
    place, name = len(entry.slots) - 1, entry.name
    why = context.facts.why("simplex" if place == 0 else "simplex_rows", name)
    if why is not None:
        letters = ("Σ_i", "_i") if place == 0 else ("Σ_j", "_ij")
        used.note(Rule(ONE_SUM.name, f"since {why}, {letters[0]} {name}{letters[1]} = 1", str(why)), str(why))
        return True
    if normalised_axis(name, context) == place:
        used.note(Rule("softmax_sums_to_one", f"{name} is normalised: its sum is 1", "Σ_i f_i/Σ_j f_j = 1"))
        return True
    return False


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


def _skew(node: Entry, context: Context, used: Used) -> Node:
    """A_ji = −A_ij, and A_ii = 0, for a skew-symmetric matrix."""
    why = context.facts.why("skew", node.name)
    ordered = _ordered(node.slots)
    if why is None or (ordered == node.slots and ordered[0] is not ordered[1]):
        return node
    used.note(Rule("skew", f"since {why}, {node.name}_ij = −{node.name}_ji", str(why)), str(why))
    return ZERO if ordered[0] is ordered[1] else negate(entry(node.name, *ordered))


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


def _norm_one(node: Node, context: Context, used: Used) -> Node:
    """Σ_i x_i² = 1 for a unit vector."""
    body = node.body if isinstance(node, Reduce) and node.op == "sum" and len(node.bound) == 1 else None
    if isinstance(body, Pow) and is_const(body.exponent, 2) and isinstance(body.base, Entry):
        why = context.facts.why("unit", body.base.name)
        if why is not None and len(body.base.slots) == 1:
            used.note(Rule("unit", f"since {why}, Σ_i {body.base.name}_i² = 1", str(why)), str(why))
            return ONE
    return node


def _signs(node: Pow, context: Context, used: Used) -> Node:
    """y² = 1 where every entry of y is 1 or −1; a zero or one is its own square."""
    if not isinstance(node.base, Entry) or not is_const(node.exponent, 2):
        return node
    name = node.base.name
    for fact, result, says in (("signs", ONE, "1"), ("binary", node.base, name)):
        why = context.facts.why(fact, name)
        if why is not None:
            used.note(Rule(fact, f"since {why}, {name}² = {says}", str(why)), str(why))
            return result
    return node


def _orthogonal(node: Node, context: Context, used: Used) -> Node:
    """Σ_b Q_ab Q_cb = δ_ac = Σ_b Q_ba Q_bc for an orthogonal Q."""
    if not (isinstance(node, Reduce) and node.op == "sum" and isinstance(node.body, Mul)):
        return node
    if not any(context.facts.why("orthogonal", name) for name in node.names):
        return node
    indices, body = open_sums(node)
    entries = [f for f in body.children if isinstance(f, Entry) and len(f.slots) == 2]
    for left, right in combinations(entries, 2):
        why = context.facts.why("orthogonal", left.name) if left.name == right.name else None
        for here in (0, 1) if why is not None else ():
            shared = left.slots[here]
            others = mul(*(f for f in body.children if f not in (left, right)))
            if shared is right.slots[here] and shared in indices and shared not in others.free:
                used.note(Rule("orthogonal", f"since {why}, {left.name} {left.name}ᵀ = I", str(why)), str(why))
                rest = mul(others, delta(left.slots[1 - here], right.slots[1 - here]))
                return total([i for i in indices if i is not shared], rest)
    return node


def _function(node: MatFn, context: Context, used: Used) -> Generator[Node, Node, Node]:
    if node.fn == "inv" and node.order == 0:
        parted = _inverse_of_product(node, context, used)
        if parted is not None:
            return (yield parted)
    return _symmetric_function(node, context, used)


def inverses_apart(node: Node, context: Context, used: Used) -> Node:
    """Every inverse of a product of square matrices as the product of theirs: it exists where all of them do."""

    def visit(current: Node) -> Visit:
        rebuilt = yield from descend(current)
        if isinstance(rebuilt, MatFn) and rebuilt.fn == "inv" and rebuilt.order == 0:
            return _inverse_of_product(rebuilt, context, used, square=True) or rebuilt
        return rebuilt

    return run(visit, node, {})


def _inverse_of_product(node: MatFn, context: Context, used: Used, square: bool = False) -> Node | None:
    """inv(A B)_ij as Σ_k inv(B)_ik inv(A)_kj, where every factor is known to be invertible, or square; inv(Q) = Qᵀ."""
    if len(node.bound) != 2:
        return None
    (row, column), body = open_binder(node, avoid=frozenset(node.slots))
    chain = _chain(body, row, column)
    if chain is None:
        return None
    whys = [str(context.facts.why("invertible", link.name) or "") for link, _ in chain if isinstance(link, Entry)]
    if "" in whys and not (square and all(slot.dim == row.dim for link, _ in chain for slot in link.slots)):
        return None
    if len(chain) == 1:
        return _inverse_of_one(chain[0], node.slots, context, used)
    links = [free_index(f"~c{k}", row.dim) for k in range(len(chain) - 1)]
    ends = [node.slots[0], *links, node.slots[1]]
    factors = []
    for (single, straight), left, right in zip(reversed(chain), ends, ends[1:], strict=False):
        factors.append(_inverse(single, (left, right) if straight else (right, left)))
    used.note(INVERSE_OF_PRODUCT, ", ".join(dict.fromkeys(whys)) if whys and "" not in whys else None)
    return total(links, mul(*factors))


Link = tuple[Entry | MatFn, bool]
"""A matrix in a product, and whether it stands untransposed."""


def _inverse_of_one(link: Link, slots: tuple[Index, ...], context: Context, used: Used) -> Node | None:
    """inv(Q) = Qᵀ, inv(Aᵀ) = inv(A)ᵀ, inv(inv(A)) = A."""
    single, straight = link
    slots = slots if straight else slots[::-1]
    if isinstance(single, MatFn):
        return _inverse(single, slots) if single.fn == "inv" else None
    why = context.facts.why("orthogonal", single.name)
    if why is not None:
        used.note(Rule("orthogonal", f"since {why}, its inverse is its transpose", str(why)), str(why))
        return entry(single.name, *slots[::-1])
    return None if straight else _inverse(single, slots)


def _inverse(matrix: Entry | MatFn, slots: Sequence[Index]) -> Node:
    """The entry at ``slots`` of the inverse of the matrix of which an entry is given."""
    if isinstance(matrix, MatFn) and matrix.fn == "inv":
        bound, body = open_binder(matrix, avoid=frozenset(slots))
        return rename(body, dict(zip(bound, slots, strict=True)))
    fresh = [free_index(f"~d{k}", slot.dim) for k, slot in enumerate(slots)]
    return matfn("inv", 0, tuple(slots), fresh, rename(matrix, dict(zip(matrix.slots, fresh, strict=True))))


def _chain(body: Node, row: Index, column: Index) -> list[Link] | None:
    """The matrices of a product from ``row`` to ``column``: symbols and inverses."""
    indices: tuple[Index, ...] = ()
    if isinstance(body, Reduce) and body.op == "sum":
        indices, body = open_sums(body)
    rest = list(body.factors) if isinstance(body, Mul) else [body]
    if len(rest) != len(indices) + 1:
        return None
    found: list[Link] = []
    at = row
    while rest:
        step = next((f for f in rest if _is_link(f) and at in f.slots), None)
        if step is None or step.slots[0] is step.slots[1]:
            return None
        rest.remove(step)
        found.append((step, step.slots[0] is at))
        at = step.slots[1] if step.slots[0] is at else step.slots[0]
    return found if at is column else None


def _is_link(node: Node) -> TypeGuard[Entry | MatFn]:
    inverse = isinstance(node, MatFn) and node.fn == "inv" and node.order == 0 and len(node.bound) == 2
    return inverse or (isinstance(node, Entry) and len(node.slots) == 2)


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
