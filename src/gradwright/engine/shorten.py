"""Shorter ways to write the same thing. Owns: rewriting a part where that makes it shorter, sums put together.

Never: differentiates, uses a fact. A part is replaced only by something that takes fewer signs, so what the user wrote
stays as it is unless there is something to gain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import permutations

from gradwright.core.build import (
    MINUS_ONE,
    ONE,
    add,
    apply,
    mul,
    negate,
    open_binder,
    power,
    rebuild,
    rename,
    split_coefficient,
    total,
)
from gradwright.core.context import Context
from gradwright.core.index import Index
from gradwright.core.node import (
    Add,
    Apply,
    Const,
    MatFn,
    Mul,
    Node,
    Pow,
    Reduce,
    Size,
    factors_in,
    walk,
    written_length,
)
from gradwright.core.rule import Rule
from gradwright.core.walk import descend, run
from gradwright.engine.normal import TooLong, is_small, terms_of_products
from gradwright.engine.simplify import Signature, Used, Visit, common_factor, factor, orient, powers, signature
from gradwright.tables import simplifications as rows
from gradwright.tables.identities import one_minus_sigmoid

COLLECT, DENOMINATOR, COMPLEMENT, JOIN = (
    row.rule for row in (rows.COLLECT, rows.DENOMINATOR, rows.COMPLEMENT, rows.JOIN)
)
Known = frozenset[Signature]
_LONGEST = 120  # nodes of a part that is rewritten, as written out
_MOST_TERMS = 8
_MOST_INDICES = 3
_OPEN = ("step",)  # functions that only rules of ours write, so that their arguments are not the user's own


def shorten(node: Node, context: Context, used: Used, memo: dict[Node, Node], known: Known = frozenset()) -> Node:
    """Multiply out, or bring over one denominator, every part that gets shorter by it (``known``: see ``factor``)."""

    def visit(current: Node) -> Visit:
        if isinstance(current, MatFn) or (isinstance(current, Apply) and current.fn not in _OPEN):
            return current
        rebuilt = yield from descend(current)
        while isinstance(rebuilt, Add | Mul | Reduce) and _is_short(rebuilt):
            better = _shorter(rebuilt, context, known)
            if better is None:
                break
            rebuilt, rule = better
            used.note(rule)
        return rebuilt

    return run(visit, node, memo)


def _is_short(node: Node) -> bool:
    """Whether the node takes few signs as written out; a long one is left without being read to its end."""
    signs, stack = 0, [node]
    while stack and signs < _LONGEST:
        current = stack.pop()
        signs += 1
        stack.extend(current.children)
    return not stack and signs < _LONGEST


def _shorter(node: Node, context: Context, known: Known) -> tuple[Node, Rule] | None:
    size = min(written_length(way, _LONGEST) for way in (node, factor(node, Used(), {}, known)))
    for other, rule in _other_ways(node, context):
        other = orient(factor(other, Used(), {}, known), Used(), {}, known)
        if other is not node and written_length(other, _LONGEST) < size:
            return other, rule
    return None


def _other_ways(node: Node, context: Context) -> Iterator[tuple[Node, Rule]]:
    if not _can_change(node) or not is_small(node):
        return
    expanded = _multiplied_out(node, context)
    if expanded is not None:
        yield expanded, COLLECT
    if isinstance(node, Add) and len(node.terms) <= _MOST_TERMS:
        for bottom in _bottoms(node):
            top = _multiplied_out(add(*(mul(term, bottom) for term in node.terms)), context)
            if top is not None:
                yield mul(factor(top, Used(), {}), power(bottom, MINUS_ONE)), DENOMINATOR
        for below in _shared_bottoms(node):
            over = [term for term in node.terms if any(base is below for base, _ in _below(term))]
            apart = add(*(term for term in node.terms if term not in over))
            yield add(factor(add(*over), Used(), {}), apart), DENOMINATOR


def _can_change(node: Node) -> bool:
    """Whether the terms of a sum could meet: a sum of products with sums in them, or a product or Σ of a sum."""
    if isinstance(node, Add):
        return any(isinstance(part, Add | Reduce | Pow) for term in node.terms for part in (term, *term.children))
    return any(isinstance(part, Add) for child in node.children for part in (child, *child.children))


def _multiplied_out(node: Node, context: Context) -> Node | None:
    try:
        return add(*terms_of_products(node, context, scalars=True))
    except TooLong:
        return None


def _bottoms(node: Add) -> list[Node]:
    """The sums that stand below a fraction line in some of the terms, to the power they have there."""
    found = dict.fromkeys(
        power(base, negate(exponent)) for term in node.terms for base, exponent in _below(term) if isinstance(base, Add)
    )
    return list(found)


def _shared_bottoms(node: Add) -> list[Node]:
    """What stands below a fraction line in several of the terms, and not in all."""
    counted = Counter(base for term in node.terms for base, _ in _below(term) if not isinstance(base, Size))
    return [base for base, times in counted.items() if 1 < times < len(node.terms)]


def _below(term: Node) -> list[tuple[Node, Node]]:
    found = powers(split_coefficient(term)[1]).items()
    return [(base, exponent) for base, exponent in found if isinstance(exponent, Const) and exponent.value < 0]


def complements(node: Node, used: Used, memo: dict[Node, Node]) -> Node:
    """1 − σ(u) as σ(−u), where σ(u) stands nowhere else: beside it, σ (1 − σ) is what a person writes."""
    nodes = list(walk(node))
    logistic = [part for part in nodes if isinstance(part, Apply) and part.fn == "sigmoid"]
    found = {part: other for part in nodes if (other := _complement(part)) is not None} if logistic else {}
    if not found:
        return node
    parents: dict[Node, set[Node]] = {}
    for part in nodes:
        for child in part.children:
            parents.setdefault(child, set()).add(part)
    for part in logistic:
        if any(parent is not negate(part) for parent in parents.get(part, set()) - found.keys()):
            found = {whole: other for whole, other in found.items() if part not in walk(whole)}
    new: dict[Node, Node] = {}
    for part in nodes:
        new[part] = found[part] if part in found else rebuild(part, tuple(new[child] for child in part.children))
    if new[node] is not node:
        used.note(COMPLEMENT)
    return new[node]


def _complement(node: Node) -> Node | None:
    """±σ(−u) where the node is ±(1 − σ(u))."""
    if not (isinstance(node, Add) and len(node.terms) == 2 and (ONE in node.terms or MINUS_ONE in node.terms)):
        return None
    for sign in (ONE, MINUS_ONE):
        u = one_minus_sigmoid(add(*(mul(sign, term) for term in node.terms)))
        if u is not None:
            return mul(sign, apply("sigmoid", negate(u)))
    return None


# --- sums put together ----------------------------------------------------------------------------------------------


def join(node: Node, used: Used, memo: dict[Node, Node], known: Known = frozenset()) -> Node:
    """Σ_i f_i g_i + Σ_i f_i h_i as Σ_i f_i (g_i + h_i): sums whose terms have a factor in common, as one.

    What the user wrote as two sums (``known``) stays two.
    """

    def visit(current: Node) -> Visit:
        if isinstance(current, MatFn | Apply):
            return current
        rebuilt = yield from descend(current)
        if isinstance(rebuilt, Add) and len(rebuilt.terms) <= _MOST_TERMS and signature(rebuilt) not in known:
            joined = _joined(list(rebuilt.terms))
            if len(joined) < len(rebuilt.terms):
                used.note(JOIN)
                return (yield add(*joined))
        return rebuilt

    return run(visit, node, memo)


def _joined(terms: list[Node]) -> list[Node]:
    done: list[Node] = []
    while terms:
        first = terms.pop(0)
        for place, other in enumerate(terms):
            both = _one_sum(first, other) or _one_sum(other, first)
            if both is not None:
                terms[place] = both
                break
        else:
            done.append(first)
    return done


def _one_sum(left: Node, right: Node) -> Node | None:
    """Both under one Σ, over the indices of the right one, where a common factor holds one of these."""
    for factors, here in _sums(left):
        indices, body = open_binder(here, avoid=left.free | right.free)
        for others, there in _sums(right):
            if len(there.bound) > len(here.bound) or bool(here.free) != bool(there.free):
                continue
            own, inside = open_binder(there, avoid=left.free | right.free)
            for slots in permutations(indices, len(own)):
                if any(a.dim != b.dim for a, b in zip(own, slots, strict=True)):
                    continue
                first = mul(*factors, _partly_summed([i for i in indices if i not in slots], body))
                second = mul(*others, rename(inside, dict(zip(own, slots, strict=True))))
                both = _with_common_factor(add(first, second), slots)
                if both is not None:
                    return both
    return None


def _partly_summed(indices: Sequence[Index], body: Node) -> Node:
    """Σ over some of the indices, of the factors that hold them."""
    factors = factors_in(body)
    outside = [f for f in factors if not f.free & frozenset(indices)]
    return mul(*outside, total(indices, mul(*(f for f in factors if f not in outside))))


def _with_common_factor(whole: Node, slots: tuple[Index, ...]) -> Node | None:
    if not isinstance(whole, Add):
        return total(slots, whole)
    common, rest = common_factor(whole)
    if not any(set(slots) & part.free for part in common):
        return None
    fixed = [part for part in common if not set(slots) & part.free]
    return mul(*fixed, total(slots, mul(*(part for part in common if part not in fixed), rest)))


def _sums(term: Node) -> Iterator[tuple[list[Node], Reduce]]:
    factors = factors_in(term)
    for part in factors:
        if isinstance(part, Reduce) and part.op == "sum" and len(part.bound) <= _MOST_INDICES:
            yield [f for f in factors if f is not part], part
