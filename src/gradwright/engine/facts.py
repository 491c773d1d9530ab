"""What facts do to an expression. Owns: Σ y = 1, A_ij = A_ji, and what follows for functions of matrices.

Never: decides whether a fact holds (that is the context), differentiates.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from itertools import combinations

from gradwright.core.build import (
    MINUS_ONE,
    ONE,
    ZERO,
    add,
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
from gradwright.core.index import AT, Index
from gradwright.core.node import Add, Apply, Const, Entry, MatFn, Mul, Node, Ordinal, Pow, Reduce, Where, factors_in
from gradwright.core.walk import descend, run
from gradwright.engine.inverses import inverse_of_product
from gradwright.engine.normal import TooLong, multiplied_out
from gradwright.engine.simplify import Used, Visit, sum_over
from gradwright.tables import simplifications as rows
from gradwright.tables.matrix import ROWS
from gradwright.tables.signs import Why, of_known_sign


def apply_facts(node: Node, context: Context, used: Used, memo: dict[Node, Node]) -> Node:
    """Use what is known of the symbols: Σ y = 1, A_ij = A_ji."""

    def visit(current: Node) -> Visit:
        rebuilt = yield from descend(current, atoms=True)
        if isinstance(rebuilt, Reduce) and rebuilt.op == "sum":
            return _about_sum(rebuilt, context, used)
        why = context.facts.why("zero", rebuilt.name) if isinstance(rebuilt, Entry) else None
        if why is not None:
            used.since(rows.ZERO_ENTRY, why)
            return ZERO
        if isinstance(rebuilt, Entry) and len(rebuilt.slots) in (2, 3):
            turned = _symmetric(rebuilt, context, used)
            return _skew(rebuilt, context, used) if turned is rebuilt and len(rebuilt.slots) == 2 else turned
        if isinstance(rebuilt, Pow):
            return _signs(rebuilt, context, used)
        if isinstance(rebuilt, MatFn):
            return (yield from _function(rebuilt, context, used))
        if isinstance(rebuilt, Mul):
            return _inside_triangle(rebuilt, context, used)
        return _of_known_sign(rebuilt, context, used) if isinstance(rebuilt, Apply) else rebuilt

    return run(visit, node, memo)


def _inside_triangle(node: Mul, context: Context, used: Used) -> Node:
    """A choice of the entries below the diagonal goes, beside an entry of a matrix that is zero above it."""
    for mask in node.factors:
        if not (isinstance(mask, Where) and mask.op == "<=" and mask.then is ONE and mask.other is ZERO):
            continue
        ends = [side.index if isinstance(side, Ordinal) else None for side in (mask.left, mask.right)]
        for part in node.factors:
            if not (
                isinstance(part, Entry) and None not in ends and sorted(part.slots, key=id) == sorted(ends, key=id)
            ):
                continue
            why = context.facts.why("upper" if list(part.slots) == ends else "lower", part.name)
            if why is not None:
                used.since(rows.TRIANGLE, why)
                return mul(*(f for f in node.factors if f is not mask))
    return node


def _of_known_sign(node: Apply, context: Context, used: Used) -> Node:
    why: Why = {}
    other = of_known_sign(node, context, why)
    if other is None:
        return node
    told = " and ".join(why)
    rule = rows.KNOWN_SIGN.of(why=told) if told else rows.KNOWN_SIGN_OF_ITSELF.rule
    for fact in why or (None,):
        used.note(rule, fact)
    return other


def _about_sum(node: Reduce, context: Context, used: Used) -> Node:
    for rule in (_known_sums, _orthogonal, _norm_one):
        other = rule(node, context, used)
        if not (isinstance(other, Reduce) and other.op == "sum"):
            return other
        node = other
    return node


def _known_sums(node: Reduce, context: Context, used: Used) -> Node:
    """Σ_j Y_ij (f_i + g_ij) = f_i + Σ_j Y_ij g_ij where the rows of Y sum to one; for any entry whose sum is known."""
    indices, body = open_binder(node)
    if isinstance(body, Add):
        return _each_known(node, indices, body, context, used)
    factors = factors_in(body)
    for factor in factors:
        if not isinstance(factor, Entry):
            continue
        for place, index in enumerate(factor.slots):
            if index not in indices or factor.slots.count(index) > 1:
                continue
            beside = [f for f in factors if f is not factor and index in f.free]
            rest = mul(*(f for f in factors if f is not factor and f not in beside))
            fixed, loose = _apart(beside, index)
            known = _sum_over(factor, place, context, used) if fixed is not ZERO else None
            if known is not None:
                left = [i for i in indices if i is not index]
                whole = mul(rest, fixed, known)
                summed = sum_over(left, whole) if left and whole is not ZERO else whole
                return add(summed, total(indices, mul(rest, factor, loose)))
    return node


def _each_known(node: Reduce, indices: Sequence[Index], body: Add, context: Context, used: Used) -> Node:
    """Σ_i (y_i + f_i) = 1 + Σ_i f_i: the terms whose sum is known come out."""
    known: dict[Node, Node] = {}
    for term in body.terms:
        summed = sum_over(indices, term)
        factors = factors_in(summed)
        alone = next((f for f in factors if isinstance(f, Reduce) and f.op == "sum"), None)
        value = _known_sums(alone, context, used) if alone is not None else None
        if value is not None and isinstance(value, Const):
            known[term] = mul(value, *(f for f in factors if f is not alone))
    if not known:
        return node
    return add(*known.values(), total(indices, add(*(term for term in body.terms if term not in known))))


def _apart(beside: Sequence[Node], index: Index) -> tuple[Node, Node]:
    """What stands beside the entry as a part that is free of the index, and one that is not."""
    if not beside:
        return ONE, ZERO
    if len(beside) > 1 or not isinstance(beside[0], Add):
        return ZERO, mul(*beside)
    fixed = [term for term in beside[0].terms if index not in term.free]
    return add(*fixed), add(*(term for term in beside[0].terms if index in term.free))


def _sum_over(entry: Entry, place: int, context: Context, used: Used) -> Node | None:
    """What the entries of a symbol add up to along an axis: 1 by a fact, or a number that its definition gives."""
    name = entry.name
    if place == len(entry.slots) - 1:
        why = context.facts.why("simplex" if place == 0 else "simplex_rows", name)
        if why is not None:
            letters = ("Σ_i", "_i") if place == 0 else ("Σ_j", "_ij")
            used.since(rows.SUMS_TO_ONE, why, sum=letters[0], name=name, entry=letters[1])
            return ONE
    if normalised_axis(name, context) == place:
        used.note(rows.NORMALISED.of(name=name))
        return ONE
    value, facts = _defined_sum(name, place, context)
    if value is not None:
        letter = "i" if place == 0 else "j"
        subscript = "i" if len(entry.slots) == 1 else "ij"
        rule = rows.DEFINED_SUM.of(letter=letter, name=name, subscript=subscript, value=value.value)
        for fact in facts or (None,):
            used.note(rule, fact)
    return value


def _defined_sum(name: str, place: int, context: Context) -> tuple[Const | None, tuple[str, ...]]:
    """The number to which a definition that is a sum adds up (x − Σx/n to 0), and the facts this takes."""
    array = context.definitions.get(name)
    if array is None or not isinstance(array.body, Add):
        return None, ()
    key = ("sum", array, place, context.facts)
    if key not in context.found:
        used = Used()
        try:
            plain = multiplied_out(total([array.axes[place]], array.body), context)
            value = multiplied_out(apply_facts(plain, context, used, {}), context)
        except TooLong:
            value = array.body
        context.found[key] = value if isinstance(value, Const) else None, tuple(used.facts)
    found: tuple[Const | None, tuple[str, ...]] = context.found[key]
    return found


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
    used.since(rows.SKEW, why, name=node.name)
    return ZERO if ordered[0] is ordered[1] else negate(entry(node.name, *ordered))


def _symmetric(node: Entry, context: Context, used: Used) -> Node:
    why = context.facts.why("symmetric", node.name)
    if why is None:
        return node
    ordered = _ordered(node.slots)
    if ordered == node.slots:
        return node
    used.since(rows.SYMMETRY, why, name=node.name)
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
            used.since(rows.UNIT, why, name=body.base.name)
            return ONE
    return node


def _signs(node: Pow, context: Context, used: Used) -> Node:
    """y² = 1 where every entry of y is 1 or −1; a zero or one is its own square."""
    if not isinstance(node.base, Entry) or not is_const(node.exponent, 2):
        return node
    name = node.base.name
    for row, result in ((rows.SIGNS, ONE), (rows.BINARY, node.base)):
        why = context.facts.why(row.name, name)
        if why is not None:
            used.since(row, why, name=name)
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
        if why is None:
            continue
        for here in (0, 1):
            shared = left.slots[here]
            others = mul(*(f for f in body.children if f not in (left, right)))
            if shared is right.slots[here] and shared in indices and shared not in others.free:
                used.since(rows.ORTHOGONAL, why, name=left.name)
                rest = mul(others, delta(left.slots[1 - here], right.slots[1 - here]))
                return total([i for i in indices if i is not shared], rest)
    return node


def _function(node: MatFn, context: Context, used: Used) -> Generator[Node, Node, Node]:
    if node.fn == "inv" and node.order == 0:
        parted = inverse_of_product(node, context, used)
        if parted is not None:
            return (yield parted)
    return _symmetric_function(node, context, used)


def _symmetric_function(node: MatFn, context: Context, used: Used) -> Node:
    """inv(M)_ji as inv(M)_ij where M is symmetric."""
    row = ROWS.get(node.fn)
    if row is None or not row.keeps_symmetry or len(node.slots) != 2 or _ordered(node.slots) == node.slots:
        return node
    indices, body = open_binder(node)
    if not symmetric_body(body, indices, context):
        return node
    used.note(rows.SYMMETRIC_FUNCTION.rule)
    return matfn(node.fn, node.order, _ordered(node.slots), indices, body, *node.given)


def symmetric_body(body: Node, indices: Sequence[Index], context: Context) -> bool:
    """Whether exchanging the two indices surely leaves the body as it is."""
    first, second = indices
    try:
        left = multiplied_out(body, context)
        return left is multiplied_out(rename(body, {first: second, second: first}), context)
    except TooLong:
        return False


def symmetric_name(name: str, context: Context) -> bool:
    """Whether a name stands for a symmetric matrix: by a fact, or by its definition."""
    if context.facts.why("symmetric", name) is not None:
        return True
    array = context.definitions.get(name)
    if array is None or len(array.axes) != 2 or array.axes[0].dim != array.axes[1].dim:
        return False
    key = ("symmetric", array, context.facts)
    if key not in context.found:
        context.found[key] = symmetric_body(array.body, array.axes, context)
    return bool(context.found[key])
