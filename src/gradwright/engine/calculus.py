"""The rules of differentiation. Owns: what each kind of node's derivative is, and its name. Never: simplifies.

Each rule takes an unevaluated ``Deriv`` apart by one level; what remains to be differentiated stays a ``Deriv``. A kind
or a function without a rule is an error, never 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field

from gradwright.core.build import (
    MINUS_ONE,
    ONE,
    ZERO,
    add,
    apply,
    const,
    delta,
    deriv,
    divide,
    entry,
    matfn,
    mul,
    open_binder,
    ordinal,
    power,
    reduce,
    rename,
    subtract,
    total,
    where,
)
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.index import Index, free_index
from gradwright.core.node import (
    Add,
    Apply,
    Const,
    Delta,
    Deriv,
    Entry,
    MatFn,
    Mul,
    Node,
    Ordinal,
    Pow,
    Reduce,
    Size,
    Where,
    factors_in,
)
from gradwright.core.record import dataclass
from gradwright.core.rule import Rewrite, Rule
from gradwright.tables.differentials import LINEAR as DIRECTION
from gradwright.tables.matrix import ROWS, MatrixFunction
from gradwright.tables.scalars import FUNCTIONS, POSITIVE
from gradwright.tables.signs import sign_of, smooth

CONSTANT = Rule("constant", "the derivative of a constant is 0", "calculus", plain=True)
VARIABLE = Rule("variable", "∂x_i/∂x_k = δ_ik", "the entries of a free variable are independent", plain=True)
SUM = Rule("sum_rule", "the derivative of a sum is the sum of the derivatives", "calculus", plain=True)
FACTOR = Rule("constant_factor", "constants come out of the derivative", "calculus", plain=True)
LINEAR = Rule("sum_over_index", "differentiate under the Σ", "linearity", plain=True)
PRODUCT = Rule("product_rule", "product rule", "(fg)′ = f′g + fg′")
QUOTIENT = Rule("quotient_rule", "quotient rule", "(f/g)′ = (f′g − fg′)/g²")
POWER = Rule("power_rule", "power rule", "(fᵃ)′ = a fᵃ⁻¹ f′")
EXPONENTIAL = Rule("exponential_rule", "exponential rule", "(aᶠ)′ = aᶠ log(a) f′, DLMF 4.7.9")
GENERAL_POWER = Rule("general_power_rule", "power rule, base and exponent both varying", "fᵍ = exp(g log f)")
CHAIN = Rule("chain_rule", "chain rule", "∂f(u)/∂x = f′(u) ∂u/∂x")
CHAIN_ARRAY = Rule("chain_rule_array", "chain rule, over the argument's entries", "∂u(z)/∂x = Σ_a ∂u/∂z_a ∂z_a/∂x")
LEMMA = Rule("lemma", "by the lemma", "shown above")
EXTREMUM = Rule("extremum", "only the extremal entry moves the extremum", "the envelope theorem")
PIECEWISE = Rule("piecewise", "each piece by itself", "a choice differentiates piece by piece inside its pieces")
PRODUCT_OVER = Rule("product_over_index", "product rule over the Π", "(Π f_i)′ = Σ_i f_i′ Π_{j≠i} f_j")

_MINUS_TWO = const(-2)
_FRECHET = "Higham, Functions of Matrices (2008), section 3.1 and eq. 3.16"


@dataclass
class Scope:
    """What a rule may look at: the context, which names move with the variable, and the lemmas shown so far.

    ``along`` has the symbols that move each in a direction of its own, with the name of that direction: dX of X in a
    differential, which is a derivative in no entry. A derivative in the entries of ``name`` has none.
    """

    context: Context
    name: str
    moving: frozenset[str]
    lemmas: dict[str, tuple[tuple[Index, ...], Node]] = field(default_factory=dict)
    along: dict[str, str] = field(default_factory=dict)

    def varies(self, node: Node) -> bool:
        """Whether a node is an entry of the variable itself."""
        return isinstance(node, Entry) and (node.name == self.name or node.name in self.along)

    def moves(self, node: Node) -> bool:
        return bool(node.names & self.moving)


def expand(goal: Deriv, scope: Scope) -> Rewrite:
    """Take one unevaluated derivative apart by one level."""
    if not scope.moves(goal.body):
        return Rewrite(CONSTANT, ZERO)
    return RULES[type(goal.body)](goal, scope)


def _constant(goal: Deriv, scope: Scope) -> Rewrite:
    return Rewrite(CONSTANT, ZERO)


def _entry(goal: Deriv, scope: Scope) -> Rewrite:
    body = goal.body
    assert isinstance(body, Entry)
    if body.name == goal.name:
        return Rewrite(VARIABLE, mul(*(delta(a, b) for a, b in zip(body.slots, goal.slots, strict=True))))
    if body.name in scope.along:
        return Rewrite(DIRECTION.rule, entry(scope.along[body.name], *body.slots))
    axes, value = scope.lemmas[body.name]
    mapping = dict(zip(axes, (*body.slots, *goal.slots), strict=True))
    return Rewrite(LEMMA, rename(value, mapping))


def _add(goal: Deriv, scope: Scope) -> Rewrite:
    body = goal.body
    assert isinstance(body, Add)
    moving = [term for term in body.terms if scope.moves(term)]
    return Rewrite(SUM, add(*(_d(term, goal) for term in moving)))


def _d(node: Node, goal: Deriv) -> Node:
    return deriv(node, goal.name, goal.slots)


def _mul(goal: Deriv, scope: Scope) -> Rewrite:
    body = goal.body
    assert isinstance(body, Mul)
    still = [f for f in body.factors if not scope.moves(f)]
    moving = [f for f in body.factors if scope.moves(f)]
    if still:
        return Rewrite(FACTOR, mul(*still, _d(mul(*moving), goal)))
    below = [f for f in moving if isinstance(f, Pow) and _negative(f.exponent)]
    above = [f for f in moving if f not in below]
    if below:
        top, bottom = mul(*above), mul(*(power(f, MINUS_ONE) for f in below))
        gain = mul(_d(top, goal), bottom) if above else ZERO
        numerator = subtract(gain, mul(top, _d(bottom, goal)))
        return Rewrite(QUOTIENT, mul(numerator, power(bottom, _MINUS_TWO)))
    terms = [mul(*moving[:k], _d(f, goal), *moving[k + 1 :]) for k, f in enumerate(moving)]
    return Rewrite(PRODUCT, add(*terms))


def _negative(exponent: Node) -> bool:
    return isinstance(exponent, Const) and exponent.value == -1


def _pow(goal: Deriv, scope: Scope) -> Rewrite:
    body = goal.body
    assert isinstance(body, Pow)
    base, exponent = body.base, body.exponent
    if not scope.moves(exponent):
        lowered = mul(exponent, power(base, add(exponent, MINUS_ONE)))
        return Rewrite(POWER, mul(lowered, _d(base, goal)), almost=_root_at_zero(body, scope.context))
    if not scope.moves(base):
        return Rewrite(EXPONENTIAL, mul(body, apply("log", base), _d(exponent, goal)))
    inner = add(mul(_d(exponent, goal), apply("log", base)), divide(mul(exponent, _d(base, goal)), base))
    return Rewrite(GENERAL_POWER, mul(body, inner))


def _root_at_zero(body: Pow, context: Context) -> str:
    """A square root, or a norm, has no derivative where it is 0."""
    if not (isinstance(body.exponent, Const) and 0 < body.exponent.value < 1):
        return ""
    if sign_of(body.base, context, {}) == POSITIVE:
        return ""
    squares = isinstance(body.base, Reduce) and isinstance(body.base.body, Pow)
    return "a norm has no derivative where it is 0" if squares else "a root has no derivative where it is 0"


def _apply(goal: Deriv, scope: Scope) -> Rewrite:
    body = goal.body
    assert isinstance(body, Apply)
    row = FUNCTIONS[body.fn]
    if row.partials is None:
        raise Error(f"no rule for the derivative of {body.fn}", hint=f"{body.fn} can be evaluated, not differentiated")
    moving = [arg for arg in body.args if scope.moves(arg)]
    partials = (row.joint if row.joint is not None and len(moving) > 1 else row.partials)(*body.args)
    terms = [mul(p, _d(arg, goal)) for p, arg in zip(partials, body.args, strict=True) if scope.moves(arg)]
    almost = f"{body.fn} has no derivative {row.almost}" if row.almost and not smooth(body, scope.context) else ""
    rule = Rule(CHAIN.name, f"chain rule, {row.name}′", row.source)
    if scope.varies(body.args[0]):
        rule = Rule(f"d_{row.name}", f"derivative of {row.name}", row.source)
    return Rewrite(rule, add(*terms), almost=almost)


def _reduce(goal: Deriv, scope: Scope) -> Rewrite:
    body = goal.body
    assert isinstance(body, Reduce)
    indices, inner = open_binder(body, avoid=frozenset(goal.slots))
    if body.op == "sum":
        traced = _trace_of_series(goal, indices, inner, scope)
        if traced is not None:
            return traced
        return Rewrite(LINEAR, reduce("sum", indices, _d(inner, goal)))
    if body.op == "prod":
        return Rewrite(PRODUCT_OVER, _product_over(body, indices, inner, goal))
    # max: 1 − step(max_j f_j − f_i) is 1 at the extremal entry and 0 elsewhere (for min with the sign turned)
    indices = tuple(index for index in indices if index in inner.free)
    extreme = reduce(body.op, indices, inner)
    gap = subtract(extreme, inner) if body.op == "max" else subtract(inner, extreme)
    chosen = subtract(ONE, apply("step", gap)) if indices else ONE
    almost = f"{body.op} has no derivative where two entries tie for it"
    return Rewrite(EXTREMUM, total(indices, mul(chosen, _d(inner, goal))), almost=almost)


def _product_over(body: Reduce, indices: tuple[Index, ...], inner: Node, goal: Deriv) -> Node:
    others, other = open_binder(body, avoid=frozenset((*goal.slots, *indices)))
    kept = other
    for here, there in zip(indices, others, strict=True):
        if len(indices) > 1:
            raise Error("no rule for the derivative of a product over several indices")
        kept = where("==", ordinal(there), ordinal(here), ONE, other)
    return total(indices, mul(_d(inner, goal), reduce("prod", others, kept)))


def _trace_of_series(goal: Deriv, indices: tuple[Index, ...], inner: Node, scope: Scope) -> Rewrite | None:
    """∂tr f(A) = Σ_ab f′(A)_ba ∂A_ab, for f a power series."""
    if not (isinstance(inner, MatFn) and len(indices) == 1 and inner.slots == (*indices, *indices)):
        return None
    row = ROWS.get(inner.fn)
    if row is None or row.slope is None or inner.order:
        return None
    (a, b), argument = open_binder(inner, avoid=frozenset(goal.slots))
    sign, name = row.slope
    slope = mul(const(sign), matfn(name, 0, (b, a), (a, b), argument))
    return Rewrite(Rule(f"d_tr_{row.name}", row.title, row.source), total((a, b), mul(slope, _d(argument, goal))))


def _scaled_series(goal: Deriv, body: MatFn, scope: Scope) -> Node | None:
    """∂f(s B)_ij = s′ Σ_k B_ik f′(s B)_kj, where the scalar s moves and the matrix B does not."""
    row = ROWS[body.fn]
    indices, inner = open_binder(body, avoid=frozenset((*goal.slots, *body.slots)))
    factors = factors_in(inner)
    moving = mul(*(f for f in factors if scope.moves(f)))
    if row.slope is None or body.order or moving.free & frozenset(indices):
        return None
    matrix = mul(*(f for f in factors if not scope.moves(f)))
    middle = free_index("~k", indices[0].dim)
    sign, name = row.slope
    left = rename(matrix, dict(zip(indices, (body.slots[0], middle), strict=True)))
    slope = matfn(name, 0, (middle, body.slots[1]), indices, inner)
    return mul(const(sign), _d(moving, goal), total([middle], mul(left, slope)))


def _matfn(goal: Deriv, scope: Scope) -> Rewrite:
    body = goal.body
    assert isinstance(body, MatFn)
    indices, inner = open_binder(body, avoid=frozenset((*goal.slots, *body.slots)))
    row = ROWS.get(body.fn)
    if row is not None:
        return _known_matfn(goal, body, row, scope)
    if body.fn not in scope.context.functions:
        raise Error(f"no rule for the derivative of {body.fn}")
    outer = matfn(body.fn, body.order + 1, (*body.slots, *indices), indices, inner)
    return Rewrite(CHAIN_ARRAY, total(indices, mul(outer, _d(inner, goal))))


def _known_matfn(goal: Deriv, body: MatFn, row: MatrixFunction, scope: Scope) -> Rewrite:
    indices, inner = open_binder(body, avoid=frozenset((*goal.slots, *body.slots)))
    a, b = indices
    rule = Rule(f"d_{row.name}", row.title, row.source)
    if row.partial is None:
        scaled = _scaled_series(goal, body, scope)
        if scaled is not None:
            return Rewrite(Rule(f"d_{row.name}_scaled", f"derivative of {row.name}(t A) in t", row.source), scaled)
        if body.order:
            raise Error(
                f"no rule for the second derivative of {row.name}", hint=f"that of tr({row.name}(t*A)) in t has one"
            )
        outer = matfn(body.fn, 1, (*body.slots, a, b), indices, inner)
        frechet = Rule(f"d_{row.name}_along", f"the Fréchet derivative of {row.name}", _FRECHET)
        return Rewrite(frechet, total(indices, mul(outer, _d(inner, goal))))
    known = isinstance(inner, Entry) and scope.context.facts.why(row.exists, inner.name) is not None
    singular = isinstance(inner, Entry) and scope.context.facts.why("singular", inner.name) is not None
    partial = row.where_singular if singular and row.where_singular is not None else row.partial
    almost = f"this derivative of {row.name} does not hold {row.almost}" if row.almost else ""
    if row.exists and not known:
        almost = f"{row.name} has a value only where its argument is {row.means}"
    return Rewrite(rule, total(indices, mul(partial(body, a, b), _d(inner, goal))), almost=almost)


def _where(goal: Deriv, scope: Scope) -> Rewrite:
    body = goal.body
    assert isinstance(body, Where)
    almost = ""
    if scope.moves(body.left) or scope.moves(body.right):
        almost = "a choice has no derivative where its condition turns"
    pieces = where(body.op, body.left, body.right, _d(body.then, goal), _d(body.other, goal))
    return Rewrite(PIECEWISE, pieces, almost=almost)


def _nested(goal: Deriv, scope: Scope) -> Rewrite:
    raise Error("an unevaluated derivative cannot be differentiated again")


RULES: dict[type[Node], Callable[[Deriv, Scope], Rewrite]] = {
    Const: _constant,
    Size: _constant,
    Ordinal: _constant,
    Delta: _constant,
    Entry: _entry,
    Add: _add,
    Mul: _mul,
    Pow: _pow,
    Apply: _apply,
    Reduce: _reduce,
    MatFn: _matfn,
    Where: _where,
    Deriv: _nested,
}
