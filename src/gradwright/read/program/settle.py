"""What a program does for the sake of its arithmetic, undone. Owns: the maximum that cancels, −∞ under exp, Cholesky's
factor, labels, what is held constant. Never: changes a value.

A maximum m is subtracted so that exp does not overflow: exp(f − m) = exp(f) exp(−m), exp(−m) comes out of a sum, and
log(exp(−m) S) = log S − m, until it is gone. Where it is not, the formula stands as the program has it.
"""

from __future__ import annotations

from collections.abc import Mapping

from gradwright.core.build import (
    HALF,
    ZERO,
    add,
    apply,
    const,
    entry,
    matfn,
    mul,
    open_binder,
    open_sums,
    ordinal,
    rename,
    split_coefficient,
    total,
    where,
)
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.index import Index, free_index
from gradwright.core.node import (
    Add,
    Apply,
    Array,
    MatFn,
    Mul,
    Node,
    Ordinal,
    Pow,
    Reduce,
    Where,
    factors_in,
    intern,
    terms_in,
    walk,
)
from gradwright.core.record import dataclass
from gradwright.core.walk import bottom_up
from gradwright.engine.simplify import Used, collapse, sum_over
from gradwright.read.program.matrices import even_powers
from gradwright.read.program.sums import plain_sums
from gradwright.read.program.truth import INFINITY, UNDEFINED, is_held, is_label, is_maximum, label_of
from gradwright.tables.signs import sign_of

TWO = const(2)


@dataclass(frozen=True)
class Settled:
    """A value as a formula; ``held``: what stands for parts of it that a derivative takes for constant."""

    body: Node
    held: Mapping[str, Array]


def settled(body: Node, taken: frozenset[str], held: Mapping[str, Array]) -> Settled:
    """The formula a program computes; ``taken`` are names that mean something, ``held`` what is held already."""
    body = bottom_up(_finite, body)
    gone = bottom_up(_shifted, body)
    if _fewer(gone, body):
        body = gone
    body = bottom_up(_label_value, body)
    body = bottom_up(_whole_again, collapse(plain_sums(body), Used(), {}, ()))
    if (INFINITY.names | UNDEFINED.names) & body.names:
        raise Error("the program computes with infinity, or NaN, where it is not under an exponential")
    return _with_held(body, taken, held)


def _fewer(after: Node, before: Node) -> bool:
    """Whether some maxima are gone, and none that is left stands under an exponential by itself."""
    left = sum(map(_is_shift, walk(after)))
    return left < sum(map(_is_shift, walk(before))) and not any(
        isinstance(node, Apply) and node.fn == "exp" and _is_shift(split_coefficient(node.args[0])[1])
        for node in walk(after)
    )


def _is_shift(node: Node) -> bool:
    return is_held(node) or is_maximum(node)


# --- −∞


def _finite(node: Node) -> Node:
    """exp(−∞) = 0, in the branches of a choice too."""
    if not INFINITY.names & node.names:
        return node
    if isinstance(node, Apply) and node.fn == "exp":
        return _exponential(terms_in(node.args[0]))
    return node


def _exponential(terms: tuple[Node, ...]) -> Node:
    for term in terms:
        number, core = split_coefficient(term)
        rest = tuple(other for other in terms if other is not term)
        if core is INFINITY:
            if number > 0:
                raise Error("the program takes the exponential of infinity")
            return ZERO
        if isinstance(core, Where) and INFINITY.names & (core.then.names | core.other.names) and _only_maxima(rest):
            then, other = (
                _exponential((*terms_in(mul(const(number), branch)), *rest)) for branch in (core.then, core.other)
            )
            return where(core.op, core.left, core.right, then, other)
    return apply("exp", add(*terms))


def _only_maxima(terms: tuple[Node, ...]) -> bool:
    """Whether infinity stands among the terms inside maxima alone, which are finite where anything is."""
    return all(not INFINITY.names & term.names or _is_shift(split_coefficient(term)[1]) for term in terms)


# --- maxima


def _shifted(node: Node) -> Node:
    """Move exponentials of maxima outwards."""
    if isinstance(node, Apply) and node.fn == "exp":
        terms = terms_in(node.args[0])
        shifts = [term for term in terms if _is_shift(split_coefficient(term)[1])]
        if not shifts or len(shifts) == len(terms) == 1:
            return node
        rest = [term for term in terms if term not in shifts]
        return mul(apply("exp", add(*rest)) if rest else add(const(1)), *(apply("exp", term) for term in shifts))
    if isinstance(node, Reduce) and node.op == "sum":
        return _out_of_sum(node)
    if isinstance(node, Apply) and node.fn == "log":
        outside, inside = _shift_factors(node.args[0])
        return add(apply("log", inside), *(_logarithm(factor) for factor in outside)) if outside else node
    if isinstance(node, Apply) and node.fn == "abs" and sign_of(node.args[0], Context(), {}) == "positive":
        return node.args[0]
    if isinstance(node, Where):
        return _out_of_choice(node)
    return _out_of_terms(node) if isinstance(node, Add) else node


def _exponent_of_shift(factor: Node) -> bool:
    base = factor.base if isinstance(factor, Pow) else factor
    return isinstance(base, Apply) and base.fn == "exp" and _is_shift(split_coefficient(base.args[0])[1])


def _logarithm(factor: Node) -> Node:
    if isinstance(factor, Pow):
        assert isinstance(factor.base, Apply)
        return mul(factor.exponent, factor.base.args[0])
    assert isinstance(factor, Apply)
    return factor.args[0]


def _shift_factors(node: Node) -> tuple[list[Node], Node]:
    outside = [factor for factor in factors_in(node) if _exponent_of_shift(factor)]
    return outside, mul(*(factor for factor in factors_in(node) if factor not in outside))


def _out_of_sum(node: Reduce) -> Node:
    bound, body = open_binder(node)
    outside = [f for f in factors_in(body) if _exponent_of_shift(f) and not f.free & frozenset(bound)]
    if not outside:
        return node
    return mul(*outside, total(bound, mul(*(f for f in factors_in(body) if f not in outside))))


def _out_of_choice(node: Where) -> Node:
    (first, then), (second, other) = _shift_factors(node.then), _shift_factors(node.other)
    if first and (node.other is ZERO or first == second):
        return mul(*first, where(node.op, node.left, node.right, then, ZERO if node.other is ZERO else other))
    if second and node.then is ZERO:
        return mul(*second, where(node.op, node.left, node.right, ZERO, other))
    return node


def _out_of_terms(node: Add) -> Node:
    """exp(−m) a + exp(−m) b = exp(−m) (a + b), and a − (b − m) = a − b + m."""
    opened = add(*(part for term in node.terms for part in _opened(term)))
    if not isinstance(opened, Add):
        return opened
    parts = [_shift_factors(term) for term in opened.terms]
    first = parts[0][0]
    if not first or any(outside != first for outside, _ in parts):
        return opened
    return mul(*first, add(*(rest for _, rest in parts)))


def _opened(term: Node) -> tuple[Node, ...]:
    """The terms of a multiple of a sum in which a maximum stands."""
    number, core = split_coefficient(term)
    if not isinstance(core, Add) or not any(_is_shift(split_coefficient(inner)[1]) for inner in core.terms):
        return (term,)
    return tuple(mul(const(number), inner) for inner in core.terms)


# --- Cholesky's factor


def _whole_again(node: Node) -> Node:
    """Σ_k (L⁻¹)_ki (L⁻¹)_kj = (A⁻¹)_ij and Σ_i log L_ii = log det(A)/2, of a symmetric A = L Lᵀ."""
    if not isinstance(node, Reduce) or node.op != "sum":
        return node
    bound, body = open_sums(node)
    for index in bound:
        found = _without_factor(index, body)
        if found is not None:
            rest = tuple(other for other in bound if other is not index)
            again = sum_over(rest, found) if rest else found
            return _whole_again(again)
    return node


def _without_factor(index: Index, body: Node) -> Node | None:
    using = [factor for factor in factors_in(body) if index in factor.free]
    rest = [factor for factor in factors_in(body) if factor not in using]
    if len(using) == 1 and isinstance(using[0], Apply) and using[0].fn == "log":
        entry_of = using[0].args[0]
        matrix = _factored(entry_of)
        if matrix is not None and isinstance(entry_of, MatFn) and entry_of.slots == (index, index):
            return mul(*rest, HALF, matfn("logdet", 0, (), *matrix))
    if len(using) == 2 and all(isinstance(factor, MatFn) and factor.fn == "inv" for factor in using):
        one, other = using
        assert isinstance(one, MatFn)
        assert isinstance(other, MatFn)
        matrix = _factored(open_binder(one)[1])
        if matrix is not None and one.body is other.body and one.slots[0] is other.slots[0] is index:
            return mul(*rest, matfn("inv", 0, (one.slots[1], other.slots[1]), *matrix))
    if len(using) == 1 and isinstance(using[0], Pow) and using[0].exponent is TWO:
        base = using[0].base
        return _without_factor(index, intern(Mul, (base, base, *rest))) if isinstance(base, MatFn) else None
    return None


def _factored(node: Node) -> tuple[tuple[Index, ...], Node] | None:
    """The matrix whose factor the node is an entry of, if it is symmetric as it is written."""
    if not isinstance(node, MatFn) or node.fn != "chol":
        return None
    (row, column), body = open_binder(node)
    turned = even_powers(rename(body, {row: column, column: row}))
    return ((row, column), body) if turned is even_powers(body) else None


# --- labels, and what is held


def _label_value(node: Node) -> Node:
    """A label as the number that its one-hot row stands for."""
    if not is_label(node):
        return node
    name, dim, slots = label_of(node)
    index = free_index("class", dim)
    return total([index], mul(ordinal(index), entry(name, *slots, index)))


def _with_held(body: Node, taken: frozenset[str], before: Mapping[str, Array]) -> Settled:
    held = dict(before)

    def rule(node: Node) -> Node:
        if not is_held(node):
            return node
        assert isinstance(node, Apply)
        inner, *places = node.args
        slots = [place.index for place in places if isinstance(place, Ordinal)]
        if len(slots) < len(places) or len(set(slots)) < len(slots):
            raise Error("a part is taken of what the program holds constant", hint="make it an argument")
        axes = tuple(free_index(f"held {place}", slot.dim) for place, slot in enumerate(slots))
        array = Array(axes, rename(inner, dict(zip(slots, axes, strict=True))))
        known = next((name for name, other in held.items() if other == array), None)
        numbers = (f"c{number}" for number in range(1, len(taken) + len(held) + 2))
        name = known or next(n for n in ("c", *numbers) if n not in taken and n not in held)
        held[name] = array
        return entry(name, *slots)

    return Settled(bottom_up(rule, body), held)
