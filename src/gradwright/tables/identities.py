"""Named identities used to simplify, a row each. Owns: pairs of equal expressions, with condition and example.

Never: differentiates. Every row is tested by sampling both sides on its own example; tests/false_identities.py holds
false rows that the same tester must reject.
"""

from __future__ import annotations

from collections.abc import Callable

from gradwright.core.build import (
    HALF,
    MINUS_ONE,
    ONE,
    ZERO,
    add,
    apply,
    const,
    delta,
    entry,
    is_const,
    matfn,
    mul,
    negate,
    open_binder,
    open_sums,
    ordinal,
    power,
    rename,
    size,
    split_coefficient,
    subtract,
    total,
    where,
)
from gradwright.core.index import Index, free_index
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
    Pow,
    Reduce,
    Where,
    factors_in,
)
from gradwright.core.record import dataclass
from gradwright.core.rule import Rule
from gradwright.tables.matrix import matrix_power
from gradwright.tables.powers import inverse_of_power, powers_multiply
from gradwright.tables.scalars import FUNCTIONS

TWO = const(2)


@dataclass(frozen=True)
class Identity:
    """``rewrite`` returns the other side, or None where the row does not apply; ``example`` is where it must fire."""

    rule: Rule
    kinds: tuple[type[Node], ...]
    rewrite: Callable[[Node], Node | None]
    example: Node


def _log_exp(node: Node) -> Node | None:
    assert isinstance(node, Apply)
    arg = node.args[0] if node.args else None
    return arg.args[0] if node.fn == "log" and isinstance(arg, Apply) and arg.fn == "exp" else None


def _exp_log(node: Node) -> Node | None:
    assert isinstance(node, Apply)
    arg = node.args[0] if node.args else None
    return arg.args[0] if node.fn == "exp" and isinstance(arg, Apply) and arg.fn == "log" else None


def _value_at_number(node: Node) -> Node | None:
    assert isinstance(node, Apply)
    if len(node.args) != 1:
        return None
    at_zero = FUNCTIONS[node.fn].at_zero if is_const(node.args[0], 0) else None
    if at_zero is not None:
        return const(at_zero)
    return const(0) if node.fn == "log" and is_const(node.args[0], 1) else None


def _square_of_abs(node: Node) -> Node | None:
    assert isinstance(node, Pow)
    base, exponent = node.base, node.exponent
    if isinstance(base, Apply) and base.fn == "abs" and isinstance(exponent, Const) and _even(exponent):
        return power(base.args[0], exponent)
    return None


def _even(exponent: Const) -> bool:
    return isinstance(exponent.value, int) and exponent.value % 2 == 0


def _exp_of(node: Node) -> Node | None:
    return node.args[0] if isinstance(node, Apply) and node.fn == "exp" else None


def _one_plus_exp(node: Node) -> Node | None:
    """u where the node is 1 + exp(u)."""
    if isinstance(node, Add) and len(node.terms) == 2 and any(t is ONE for t in node.terms):
        rest = node.terms[0] if node.terms[1] is ONE else node.terms[1]
        return _exp_of(rest)
    return None


def _logistic(node: Node) -> Node | None:
    """exp(u)/(1 + exp(u)) = σ(u), one pair at a time, inside a product."""
    assert isinstance(node, Mul)
    for factor in node.factors:
        if isinstance(factor, Pow) and isinstance(factor.exponent, Const) and factor.exponent.value == -1:
            u = _one_plus_exp(factor.base)
            if u is not None and any(_exp_of(other) is u for other in node.factors):
                rest = [f for f in node.factors if f is not factor and _exp_of(f) is not u]
                return mul(*rest, apply("sigmoid", u))
    return None


def _reciprocal_logistic(node: Node) -> Node | None:
    assert isinstance(node, Pow)
    u, exponent = _one_plus_exp(node.base), node.exponent
    if u is None or not (isinstance(exponent, Const) and isinstance(exponent.value, int) and exponent.value < 0):
        return None
    return power(apply("sigmoid", negate(u)), negate(exponent))


def _sigmoid_of(node: Node) -> Node | None:
    return node.args[0] if isinstance(node, Apply) and node.fn == "sigmoid" else None


def _complement(node: Node) -> Node | None:
    """1 − σ(u) = σ(−u) where u itself carries a minus, so that a sign goes away."""
    u = one_minus_sigmoid(node)
    return apply("sigmoid", negate(u)) if u is not None and _carries_minus(u) else None


def one_minus_sigmoid(node: Node) -> Node | None:
    """u where the node is 1 − σ(u)."""
    if isinstance(node, Add) and len(node.terms) == 2 and ONE in node.terms:
        rest = negate(node.terms[0] if node.terms[1] is ONE else node.terms[1])
        return _sigmoid_of(rest)
    return None


def _logistic_slope(node: Node) -> Node | None:
    """σ(u) σ(−u) = σ(u) (1 − σ(u)), for the u that carries no minus."""
    assert isinstance(node, Mul)
    for factor in node.factors:
        u = _sigmoid_of(factor)
        if u is None or _carries_minus(u):
            continue
        other = apply("sigmoid", negate(u))
        if other in node.factors and other is not factor:
            return mul(*(f for f in node.factors if f is not other), subtract(ONE, factor))
    return None


def _carries_minus(node: Node) -> bool:
    times = split_coefficient(node)[0]
    return times < 0


def _sign_over_abs(node: Node) -> Node | None:
    """sign(u)/|u| = 1/u."""
    assert isinstance(node, Mul)
    for factor in node.factors:
        if isinstance(factor, Apply) and factor.fn == "sign":
            u = factor.args[0]
            below = power(apply("abs", u), MINUS_ONE)
            if below in node.factors:
                return mul(*(f for f in node.factors if f is not factor and f is not below), power(u, MINUS_ONE))
    return None


def _exp_times_logistic(node: Node) -> Node | None:
    """exp(u) σ(−u) = σ(u)."""
    assert isinstance(node, Mul)
    for factor in node.factors:
        u = _exp_of(factor)
        if u is None:
            continue
        falling = apply("sigmoid", negate(u))
        if any(falling in (f, f.base if isinstance(f, Pow) else f) for f in node.factors):
            return mul(node, power(factor, MINUS_ONE), power(falling, MINUS_ONE), apply("sigmoid", u))
    return None


def _sign_times_itself(node: Node) -> Node | None:
    """u sign(u) = |u| and |u| sign(u) = u."""
    assert isinstance(node, Mul)
    for factor in node.factors:
        if isinstance(factor, Apply) and factor.fn == "sign":
            u = factor.args[0]
            size = apply("abs", u)
            for other, whole in ((u, size), (size, u)):
                if other in node.factors:
                    return mul(*(f for f in node.factors if f is not factor and f is not other), whole)
    return None


def _of_a_multiple(node: Node) -> Node | None:
    """step(2 u) = step(u)."""
    assert isinstance(node, Apply)
    if node.fn != "step":
        return None
    times, rest = split_coefficient(node.args[0])
    if rest is ONE or times in (1, -1):
        return None
    return apply("step", rest if times > 0 else negate(rest))


def _relu_times_step(node: Node) -> Node | None:
    """relu(u) step(u) = relu(u), for any positive power of relu(u)."""
    assert isinstance(node, Mul)
    for factor in node.factors:
        base = factor.base if isinstance(factor, Pow) else factor
        positive = not isinstance(factor, Pow) or (isinstance(factor.exponent, Const) and factor.exponent.value > 0)
        if positive and isinstance(base, Apply) and base.fn == "relu" and apply("step", *base.args) in node.factors:
            return mul(*(f for f in node.factors if f is not apply("step", *base.args)))
    return None


def _quotient_of_hyperbolic(node: Node) -> Node | None:
    """sinh(u)/cosh(u) = tanh(u)."""
    assert isinstance(node, Mul)
    for factor in node.factors:
        if isinstance(factor, Pow) and is_const(factor.exponent, -1) and isinstance(factor.base, Apply):
            for top, bottom, ratio in (("sinh", "cosh", "tanh"), ("sin", "cos", "tan")):
                over = apply(top, *factor.base.args)
                if factor.base.fn == bottom and over in node.factors:
                    rest = [f for f in node.factors if f is not factor and f is not over]
                    return mul(*rest, apply(ratio, *factor.base.args))
    return None


def _inverse_cancels(node: Node) -> Node | None:
    """Σ_b A⁻¹_ab A_bc = δ_ac, and Σ_b A_ab A⁻¹_bc = δ_ac."""
    assert isinstance(node, Reduce)
    if node.op != "sum" or not isinstance(node.body, Mul) or not _has_inverse(node.body):
        return None
    indices, body = open_sums(node)
    for inverse in body.children:
        if not (isinstance(inverse, MatFn) and inverse.fn == "inv" and inverse.order == 0):
            continue
        for other in body.children:
            rest = mul(*(f for f in body.children if f is not inverse and f is not other))
            for shared, outer in (inverse.slots[::-1], inverse.slots):
                if other is inverse or shared not in indices or shared not in other.free or shared in rest.free:
                    continue
                end = _other_end(inverse, other, shared)
                if end is not None:
                    return total([i for i in indices if i is not shared], mul(rest, delta(outer, end)))
    return None


def _has_inverse(body: Mul) -> bool:
    inner = [f.body if isinstance(f, Reduce) else f for f in body.factors]
    return any(isinstance(f, MatFn) and f.fn == "inv" for part in inner for f in (part, *part.children))


def _other_end(inverse: MatFn, other: Node, shared: Index) -> Index | None:
    """e where ``other`` is the entry of the inverted matrix at (shared, e), or (e, shared) on its left."""
    (row, column), matrix = open_binder(inverse, avoid=other.free)
    for end in sorted(other.free - {shared}, key=lambda index: index.digest):
        ends = (shared, end) if shared is inverse.slots[1] else (end, shared)
        if rename(matrix, dict(zip((row, column), ends, strict=True))) is other:
            return end
    return None


def _factor_before_choice(node: Node) -> Node | None:
    """A factor of both branches comes before a choice, if it is a number, a δ or has an index the condition lacks.

    A branch that is 0 has every δ and every entry of an array as a factor, but not what may be undefined there.
    """
    assert isinstance(node, Where)
    branches = [branch for branch in (node.then, node.other) if branch is not ZERO]
    factors = [factors_in(branch) for branch in branches]
    condition = node.left.free | node.right.free

    def leaves(factor: Node) -> bool:
        if isinstance(factor, Delta | Const) and factor is not ONE:
            return True
        return not factor.free <= condition and (len(branches) == 2 or isinstance(factor, Entry))

    shared = [f for f in factors[0] if leaves(f) and all(f in other for other in factors)]
    if not shared:
        return None
    then, other = (
        ZERO if branch is ZERO else mul(*(f for f in factors_in(branch) if f not in shared))
        for branch in (node.then, node.other)
    )
    return mul(*shared, where(node.op, node.left, node.right, then, other))


def _choice_is_step(node: Node) -> Node | None:
    assert isinstance(node, Where)
    if isinstance(node.left, Ordinal) or isinstance(node.right, Ordinal):
        return None
    if node.op == "<" and node.then is ONE and node.other is ZERO:
        return apply("step", subtract(node.right, node.left))
    if node.op == "<=" and node.then is ZERO and node.other is ONE:
        return apply("step", subtract(node.left, node.right))
    return None


def _sum_in_choice(node: Node) -> Node | None:
    """A choice between a sum with a δ (or a product with one) and 0, term by term, so that each δ can come out."""
    assert isinstance(node, Where)
    if node.other is not ZERO:
        return None
    factors = factors_in(node.then)
    spread = next((f for f in factors if isinstance(f, Add) and f.deltas), None)
    if spread is None:
        return None
    rest = mul(*(f for f in factors if f is not spread))
    return add(*(where(node.op, node.left, node.right, mul(rest, term), ZERO) for term in spread.children))


def _same_choice(node: Node) -> Node | None:
    """A product of two choices by the same condition, both of which are 0 elsewhere, or of one and its step."""
    assert isinstance(node, Mul)
    met: dict[tuple[object, ...], Where] = {}
    for factor in node.factors:
        if not isinstance(factor, Where) or factor.other is not ZERO:
            continue
        step = _choice_is_step(where(factor.op, factor.left, factor.right, ONE, ZERO))
        if step in node.factors:
            return mul(*(f for f in node.factors if f is not step))
        key = factor.op, factor.left, factor.right
        if key in met:
            one = met[key]
            joined = where(one.op, one.left, one.right, mul(one.then, factor.then), ZERO)
            return mul(*(f for f in node.factors if f not in (one, factor)), joined)
        met[key] = factor
    return None


_u = entry("u")
_a, _b, _c, _e, _r = (free_index(letter, "n") for letter in "abcer")


def _raised(row: Index, column: Index, exponent: Node) -> Node:
    return matrix_power((row, column), (_r, _c), entry("A", _r, _c), exponent)


_plus = add(ONE, apply("exp", _u))

IDENTITIES: tuple[Identity, ...] = (
    Identity(Rule("log_exp", "log exp u = u", "DLMF 4.2.20"), (Apply,), _log_exp, apply("log", apply("exp", _u))),
    Identity(
        Rule("exp_log", "exp log u = u", "DLMF 4.2.20"), (Apply,), _exp_log,
        apply("exp", apply("log", add(TWO, power(_u, TWO)))),
    ),
    Identity(Rule("value", "a known value", "DLMF 4.2, 4.14"), (Apply,), _value_at_number, apply("exp", const(0))),
    Identity(Rule("abs_square", "|u|² = u²", "u is real"), (Pow,), _square_of_abs, power(apply("abs", _u), TWO)),
    Identity(
        Rule("logistic", "exp u/(1 + exp u) = σ(u)", "the definition of σ"), (Mul,), _logistic,
        mul(apply("exp", _u), power(_plus, MINUS_ONE)),
    ),
    Identity(
        Rule("logistic_reciprocal", "1/(1 + exp u) = σ(−u)", "the definition of σ"), (Pow,), _reciprocal_logistic,
        power(_plus, MINUS_ONE),
    ),
    Identity(
        Rule("logistic_complement", "1 − σ(−u) = σ(u)", "the definition of σ"), (Add,), _complement,
        subtract(ONE, apply("sigmoid", negate(_u))),
    ),
    Identity(
        Rule("logistic_slope", "σ(−u) = 1 − σ(u)", "the definition of σ"), (Mul,),
        _logistic_slope, mul(apply("sigmoid", _u), apply("sigmoid", negate(_u))),
    ),
    Identity(
        Rule("logistic_product", "exp(u) σ(−u) = σ(u)", "the definition of σ"), (Mul,), _exp_times_logistic,
        mul(apply("exp", _u), apply("sigmoid", negate(_u))),
    ),
    Identity(
        Rule("inverse_cancels", "A⁻¹A = I", "the definition of the inverse"), (Reduce,), _inverse_cancels,
        total([_b], mul(matfn("inv", 0, (_a, _b), (_r, _c), entry("A", _r, _c)), entry("A", _b, _e))),
    ),
    Identity(
        Rule("factor_before_choice", "a factor comes out of the choice", "it stands in both branches", plain=True),
        (Where,), _factor_before_choice, where("<", ordinal(_a), ordinal(_b), mul(TWO, delta(_a, _c)), delta(_a, _c)),
    ),
    Identity(
        Rule("choice_is_step", "1 where u > 0, else 0, is step(u)", "the definition of step", plain=True), (Where,),
        _choice_is_step, where("<", ZERO, _u, ONE, ZERO),
    ),
    Identity(
        Rule("sum_in_choice", "a choice of a sum, term by term", "the other branch is 0", plain=True), (Where,),
        _sum_in_choice, where("<", ordinal(_a), ordinal(_b), add(delta(_a, _c), TWO), ZERO),
    ),
    Identity(
        Rule("same_choice", "two choices by one condition", "both are 0 elsewhere", plain=True), (Mul,), _same_choice,
        mul(where("<", ordinal(_a), ordinal(_b), _u, ZERO), where("<", ordinal(_a), ordinal(_b), _plus, ZERO)),
    ),
    Identity(
        Rule("powers_multiply", "Aᵖ A^q = Aᵖ⁺^q", "powers of one matrix commute and their exponents add"), (Reduce,),
        powers_multiply, total([_b], mul(_raised(_a, _b, size("k")), entry("A", _b, _c))),
    ),
    Identity(
        Rule("inverse_of_power", "(Aᵏ)⁻¹ = A⁻ᵏ", "A⁻ᵏ is (A⁻¹)ᵏ"), (MatFn,), inverse_of_power,
        matfn("inv", 0, (_a, _b), (_r, _c), _raised(_r, _c, size("k"))),
    ),
    Identity(
        Rule("relu_step", "relu(u) step(u) = relu(u)", "relu(u) is 0 where step(u) is"), (Mul,), _relu_times_step,
        mul(apply("relu", _u), apply("step", _u)),
    ),
    Identity(
        Rule("sign_over_abs", "sign(u)/|u| = 1/u", "u = sign(u) |u|"), (Mul,), _sign_over_abs,
        mul(apply("sign", _u), power(apply("abs", _u), MINUS_ONE)),
    ),
    Identity(
        Rule("sign_times_itself", "u sign(u) = |u|", "u = sign(u) |u|"), (Mul,), _sign_times_itself,
        mul(_u, apply("sign", _u)),
    ),
    Identity(
        Rule("step_of_multiple", "step(c u) = step(u) for c > 0", "c u > 0 where u > 0", plain=True), (Apply,),
        _of_a_multiple, apply("step", mul(TWO, _u)),
    ),
    Identity(
        Rule("ratio_is_tangent", "sinh u/cosh u = tanh u, sin u/cos u = tan u", "DLMF 4.28.4, 4.14.4"), (Mul,),
        _quotient_of_hyperbolic, mul(HALF, apply("sinh", _u), power(apply("cosh", _u), MINUS_ONE)),
    ),
)  # fmt: skip
