"""Stable forms. Owns: rewriting a formula to primitives that neither overflow nor cancel. Never: changes its value.

Found by structure, however it was written: a positive quantity made of exponentials is kept as its logarithm, so that
log Σ exp, log(1 + exp x), softmax, exp x/(1 + exp x), 1 − σ(x) and −log σ(x) meet in log-sum-exp, softplus and σ.
A softmax is ``exp(f − log Σ exp f)`` here; ``plan`` computes the pair with one shared maximum.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple, TypeGuard

from gradwright.core.build import (
    ONE,
    ZERO,
    add,
    apply,
    const,
    matfn,
    mul,
    negate,
    open_binder,
    ordinal,
    power,
    reduce,
    rename,
    size,
    split_coefficient,
    subtract,
)
from gradwright.core.context import Context
from gradwright.core.index import Index
from gradwright.core.node import (
    Add,
    Apply,
    Const,
    Entry,
    MatFn,
    Mul,
    Node,
    Number,
    Pow,
    Reduce,
    Size,
    factors_in,
    terms_in,
    walk,
    written_size,
)
from gradwright.core.walk import bottom_up
from gradwright.emit.forms.definite import DEFINITE, definite
from gradwright.emit.forms.tails import complemented, length, log_of_tail, scaled
from gradwright.tables.matrix import LEVI_CIVITA
from gradwright.tables.scalars import those

_ROUNDS = 4
_LONG = 10_000  # nodes: longer is not told apart


def inlined(node: Node, context: Context) -> Node:
    """The node with every definition written out: shared parts stay shared, for equal nodes are one object."""

    def unfold(current: Node) -> Node:
        if not isinstance(current, Entry) or current.name not in context.definitions:
            return current
        array = context.definitions[current.name]
        return inlined(rename(array.body, dict(zip(array.axes, current.slots, strict=True))), context)

    return bottom_up(unfold, node)


def stabilised(node: Node, context: Context, moving: Collection[str] = ()) -> Node:
    """The node in stable forms; rewriting runs until nothing changes.

    ``moving`` are symbols whose derivative is still to be taken: entries of a symmetric one are told apart till then.
    """
    rule = _Stable(context, moving)
    for _ in range(_ROUNDS):
        before, node = node, bottom_up(rule, node)
        if node is before:
            break
    return node


class _Stable:
    """One rewrite at a node whose children are stable already."""

    def __init__(self, context: Context, moving: Collection[str]) -> None:
        self.context, self.moving = context, moving

    def __call__(self, node: Node) -> Node:
        rule = _RULES.get(type(node))
        return rule(self, node) if rule is not None else node

    # --- logarithms ---

    def apply(self, node: Apply) -> Node:
        if node.fn == "exp" and isinstance(node.args[0], Add | Mul):
            return exp_of(node.args[0])
        return self.log(node.args[0], node) if node.fn == "log" else node

    def log(self, x: Node, node: Node) -> Node:
        tail = log_of_tail(x)
        if tail is not None:
            return tail
        if exponential(x):
            found = self.log_of(x)
            if found is not None:
                return found
        if isinstance(x, Mul):
            parts = [(f, self.log_of(f)) for f in x.factors if exponential(f) or isinstance(f, Pow) or _is_det(f)]
            taken = [(f, found) for f, found in parts if found is not None]
            rest = [f for f in x.factors if f not in [f for f, _ in taken]]
            if taken:
                return add(*(found for _, found in taken), apply("log", mul(*rest)) if rest else ZERO)
        if isinstance(x, Pow) and isinstance(x.exponent, Const) and Fraction(x.exponent.value).numerator % 2:
            return mul(x.exponent, self(apply("log", x.base)))
        if _is_det(x):
            return _same(x, "logdet")
        if isinstance(x, Apply) and x.fn == "cosh":  # |u| + log(1 + exp(−2|u|)) − log 2
            size = apply("abs", x.args[0])
            return add(size, apply("softplus", mul(const(-2), size)), negate(apply("log", const(2))))
        if isinstance(x, Add) and ONE in x.terms:
            return apply("log1p", subtract(x, ONE))
        return node

    def log_of(self, x: Node) -> Node | None:
        """The logarithm of a quantity known to be positive, without taking it; None where that is not known."""
        if isinstance(x, Const):
            return None if x.value <= 0 else ZERO if x.value == 1 else apply("log", x)
        if isinstance(x, Size):
            return apply("log", x)
        if isinstance(x, Apply):
            return self._log_apply(x)
        if isinstance(x, Pow):
            base = self.log_of(x.base)
            return None if base is None else mul(x.exponent, base)
        if isinstance(x, Mul):
            parts = [self.log_of(factor) for factor in x.factors]
            return None if None in parts else add(*(p for p in parts if p is not None))
        if isinstance(x, Add):
            found = self._log_add(x)
            return found if found is None or exponential(x) else self.log(x, apply("log", x))
        if isinstance(x, Reduce):
            return self._log_sum(x)
        if isinstance(x, Entry):
            return apply("log", x) if self.context.facts.ask("positive", x.name) else None
        return _same(x, "logdet") if _is_det(x) and self._definite(x) else None

    def _log_apply(self, x: Apply) -> Node | None:
        if x.fn == "sigmoid":
            return negate(apply("softplus", negate(x.args[0])))
        return x.args[0] if x.fn == "exp" else apply("log", x) if x.fn in ("softplus", "cosh", "pi") else None

    def _log_sum(self, x: Reduce) -> Node | None:
        """log of a sum of positive terms over indices."""
        indices, body = open_binder(x)
        chosen = self._chosen(indices, body) if x.op == "sum" else None
        inner = self.log_of(body) if x.op == "sum" and chosen is None else chosen
        if inner is None or chosen is not None:
            return chosen
        if not exponential(x):  # plain positive terms: nothing overflows
            return apply("log", x)
        return apply("log", reduce("sum", indices, apply("exp", inner)))

    def _chosen(self, indices: tuple[Index, ...], body: Node) -> Node | None:
        """log Σ y f = Σ y log f where y is one-hot along the indices."""
        for factor in body.factors if isinstance(body, Mul) else ():
            if not isinstance(factor, Entry) or factor.slots[-1:] != indices:
                continue
            if self.context.facts.ask("onehot_rows" if len(factor.slots) > 1 else "onehot", factor.name):
                log = self.log_of(mul(*(f for f in body.factors if f is not factor)))  # type: ignore[attr-defined]
                return None if log is None else reduce("sum", indices, mul(factor, log))
        return None

    def _log_add(self, x: Add) -> Node | None:
        """log of a sum of positive terms, as a + softplus(b − a) with the plainest term first."""
        logs = [self.log_of(term) for term in x.terms]
        found = [item for item in logs if item is not None]
        if len(found) != len(logs):
            return None
        found.sort(key=lambda item: (len(item.free), item.height, written_size(item, _LONG)))
        result = found[0]
        for item in found[1:]:
            result = add(result, apply("softplus", _minus(item, result)))
        return result

    def _definite(self, node: MatFn) -> str | None:
        (row, column), body = open_binder(node)
        return definite(body, row, column, self.context)

    # --- products, powers and sums ---

    def mul(self, node: Mul) -> Node:
        ratio = scaled(node)
        if ratio is not node:
            return ratio
        signless = _signless(node)
        if signless is not node:
            return signless
        grouped = [f for f in node.factors if exponential(f) and isinstance(f, Apply | Pow) and not _is_softmax(f)]
        if all(isinstance(f, Apply) and f.fn == "sigmoid" for f in grouped):
            return _spread(node)
        logs = {f: found for f in grouped if (found := self.log_of(f)) is not None}
        exponent, rest = add(*logs.values()), [f for f in node.factors if f not in logs]
        for total in [f for f in rest if isinstance(f, Reduce) and f.op == "sum" and exponential(f)]:
            log = self.log_of(total)
            whole = add(exponent, log) if log is not None else ZERO
            over = normalised(whole)
            if over is not None and over.times < 0 and over.lse is log:  # one over a softmax
                exponent, rest = whole, [f for f in rest if f is not total]
        if len(logs) < 2 and len(rest) + len(logs) == len(node.factors):
            return _spread(node)
        return _spread(mul(*rest, exp_of(exponent)))

    def matfn(self, node: MatFn) -> Node:
        """inv(Aᵀ) is the transpose of inv(A), and of a symmetric matrix either: one array is enough."""
        if node.fn == LEVI_CIVITA:  # (i − j)(j − k)(k − i)/2 of places that count from anywhere
            i, j, k = map(ordinal, node.slots)
            return mul(const(Fraction(1, 2)), subtract(i, j), subtract(j, k), subtract(k, i))
        indices, body = open_binder(node)
        if node.fn not in ("inv", "det", "logdet") or not isinstance(body, Entry) or len(body.slots) != 2:
            return node
        slots = node.slots
        if body.slots == indices[::-1]:
            slots, body = slots[::-1], rename(body, dict(zip(indices, indices[::-1], strict=True)))
        assert isinstance(body, Entry)
        if body.name not in self.moving and self.context.facts.ask("symmetric", body.name):
            slots = tuple(sorted(slots, key=lambda i: (i.digest, repr(i))))
        return matfn(node.fn, node.order, slots, indices, body)

    def reduce(self, node: Reduce) -> Node:
        """What does not move with an index is added up as a multiple, multiplied as a power, and its own maximum."""
        indices, body = open_binder(node)
        moving = [i for i in indices if i in body.free]
        if len(moving) == len(indices):
            return _of_softmax(node, indices, body) if node.op == "sum" else node
        times = mul(*(size(i.dim) for i in indices if i not in moving))
        body = mul(times, body) if node.op == "sum" else power(body, times) if node.op == "prod" else body
        return reduce(node.op, moving, body)

    def power(self, node: Pow) -> Node:
        if isinstance(node.base, Apply) and node.base.fn == "sigmoid":
            return node
        if exponential(node.base):
            base = self.log_of(node.base)
            if base is not None:
                return exp_of(mul(node.exponent, base))
        if _is_det(node.base) and self._definite(node.base) == DEFINITE:
            return apply("exp", mul(node.exponent, _same(node.base, "logdet")))
        return node

    def add(self, node: Add) -> Node:
        tail = complemented(node)
        if tail is not node:
            return tail
        for number, (coefficient, rest) in enumerate(parts := [split_coefficient(t) for t in node.terms]):
            if not isinstance(rest, Apply) or rest.fn not in ("sigmoid", "softplus"):
                continue
            u = rest.args[0]
            opposite = -coefficient, apply(rest.fn, distributed(negate(u)))
            if opposite in parts[:number]:  # σ(u) − σ(−u), softplus u − softplus(−u)
                found = u if rest.fn == "softplus" else apply("tanh", mul(const(Fraction(1, 2)), u))
                both = add(distributed(mul(const(coefficient), found)), mul(const(-coefficient), rest))
                return add(node, both, mul(const(coefficient), opposite[1]))
            taken = distributed(mul(const(coefficient), u))
            left = add(node, taken, mul(const(-coefficient), rest))
            if rest.fn == "softplus" and length(left) <= len(parts) - 1 - length(u):  # softplus u − u
                return add(left, mul(const(coefficient), opposite[1]))
        return _with_number(node)


def _with_number(node: Add) -> Node:
    """1 − σ(z), 1 − 2σ(z) and exp x − 1 by functions that do not cancel."""
    whole = next((t for t in node.terms if isinstance(t, Const)), None)
    if whole is None:
        return node
    for term in node.terms:
        coefficient, rest = split_coefficient(term)
        if not isinstance(rest, Apply) or coefficient == 0:
            continue
        others = add(*(t for t in node.terms if t is not term and t is not whole))
        if rest.fn == "sigmoid" and coefficient == -whole.value:  # 1 − σ(z)
            return add(others, mul(whole, apply("sigmoid", negate(rest.args[0]))))
        if rest.fn == "sigmoid" and coefficient == -2 * whole.value:  # 1 − 2σ(z)
            return add(others, mul(negate(whole), apply("tanh", mul(const(Fraction(1, 2)), rest.args[0]))))
        if rest.fn == "exp" and coefficient == -whole.value:  # exp x − 1
            return add(others, mul(const(coefficient), apply("expm1", rest.args[0])))
    return node


_RULES: dict[type[Node], Callable[[_Stable, Any], Node]] = {
    Apply: _Stable.apply,
    Mul: _Stable.mul,
    Pow: _Stable.power,
    Reduce: _Stable.reduce,
    Add: _Stable.add,
    MatFn: _Stable.matfn,
}


_ODD = those(lambda row: row.odd)


def _signless(node: Mul) -> Node:
    """sign(u) f(c|u|) of an odd f as f(cu)."""
    for sign in [f for f in node.factors if isinstance(f, Apply) and f.fn == "sign"]:
        size = apply("abs", sign.args[0])
        for odd in [f for f in node.factors if isinstance(f, Apply) and f.fn in _ODD]:
            coefficient, inner = split_coefficient(odd.args[0])
            if inner is size:
                rest = [f for f in node.factors if f is not sign and f is not odd]
                return mul(*rest, apply(odd.fn, mul(const(coefficient), sign.args[0])))
    return node


def _is_softmax(x: Node) -> bool:
    """A product of softmaxes, exp(f − log Σ exp f): between 0 and 1, so it may be multiplied by anything."""
    found = normalised(x.args[0]) if isinstance(x, Apply) and x.fn == "exp" else None
    return found is not None and found.times > 0 and (found.rest is ZERO or _is_softmax(apply("exp", found.rest)))


def _of_softmax(node: Node, indices: tuple[Index, ...], body: Node) -> Node:
    """Σ_j p_j (c + f_j) of a softmax p and a number c is c + Σ_j p_j f_j; of anything else the two may cancel."""
    factors = factors_in(body)
    whole = next((f for f in factors if _sums_to_one(f, indices)), None)
    if whole is None:
        return node
    still = [f for f in factors if f.free.isdisjoint(indices)]
    moving = mul(*(f for f in factors if f is not whole and f not in still))
    number = next((t for t in terms_in(moving) if isinstance(t, Const)), ZERO)
    left = subtract(moving, number)
    if number is ZERO:
        return node
    return mul(*still, add(number, reduce("sum", indices, mul(whole, left)) if left is not ZERO else ZERO))


def _sums_to_one(x: Node, indices: tuple[Index, ...]) -> bool:
    """Whether it is a softmax along these indices."""
    found = normalised(x.args[0]) if isinstance(x, Apply) and x.fn == "exp" else None
    if found is None or found.times != 1 or found.rest is not ZERO or not found.lse.free.isdisjoint(indices):
        return False
    over, _ = log_sum_exp(found.lse) or ((), ZERO)
    return len(over) == len(indices) and found.top.free >= set(indices)


def _bounded(x: Node) -> bool:
    """Whether it is a product of probabilities."""
    if isinstance(x, Mul):
        return all(_bounded(factor) for factor in x.factors)
    return x is ONE or _is_softmax(x) or (isinstance(x, Apply) and x.fn == "sigmoid")


def _spread(node: Node) -> Node:
    """exp(−log Z) Σ exp f as Σ exp(f − log Z): small and large meet before either is formed."""
    if not isinstance(node, Mul):
        return node
    scale = next((f for f in node.factors if isinstance(f, Apply) and f.fn == "exp"), None)
    sums = [f for f in node.factors if isinstance(f, Add | Reduce) and exponential(f)]
    if scale is None:
        return _exchanged(node)
    if not sums or (isinstance(sums[0], Reduce) and sums[0].op != "sum"):
        return node
    exps = [scale, *(n for n in walk(sums[0]) if isinstance(n, Apply) and n.fn == "exp")]
    if not any(_normalises(e.args[0]) for e in exps):
        return node
    return mul(*(f for f in node.factors if f is not scale and f is not sums[0]), _scaled(sums[0], scale.args[0]))


def _exchanged(node: Mul) -> Node:
    """(exp(g − log Z) + …) Σ exp f with Z = Σ exp f: the sum is divided by Z, and the bracket no more."""
    for total in (f for f in node.factors if isinstance(f, Reduce) and f.op == "sum" and exponential(f)):
        for bracket in (f for f in node.factors if isinstance(f, Add)):
            carried = [found for term in bracket.terms if isinstance(found := _carrier(term), Apply)]
            logs = [split_coefficient(term)[1] for exp in carried for term in terms_in(exp.args[0])]
            for lse in dict.fromkeys(log for log in logs if log_sum_exp(log) is not None):
                if _each(bracket, partial(_taken, lse)) and _each(total, partial(_completed, lse)):
                    rest = [f for f in node.factors if f not in (total, bracket)]
                    return mul(*rest, _scaled(bracket, lse), _scaled(total, negate(lse)))
    return node


def _taken(lse: Node, exponent: Node) -> bool:
    return any(log is lse and times < 0 for times, log in map(split_coefficient, terms_in(exponent)))


def _completed(lse: Node, exponent: Node) -> bool:
    return _is_softmax(apply("exp", subtract(exponent, lse)))


def _carrier(x: Node) -> Apply | Reduce | None:
    """The exponential in a product, or the sum of exponentials, that another is taken into."""
    for factor in factors_in(x):
        if isinstance(factor, Apply) and factor.fn == "exp":
            return factor
        if isinstance(factor, Reduce) and factor.op == "sum" and exponential(factor):
            return factor
    return None


def _each(x: Node, fits: Callable[[Node], bool]) -> bool:
    """Whether the exponent of every term fits."""
    if isinstance(x, Add):
        return all(_each(term, fits) for term in x.terms)
    carrier = _carrier(x)
    return (
        fits(carrier.args[0])
        if isinstance(carrier, Apply)
        else carrier is not None and _each(open_binder(carrier)[1], fits)
    )


def _normalises(x: Node) -> bool:
    """Whether something is divided by that is no softmax's own sum: a logarithm or softplus taken away."""
    found = normalised(x)
    if found is not None and found.times > 0:
        return _normalises(found.rest)
    for term in terms_in(x):
        coefficient, inner = split_coefficient(term)
        if coefficient < 0 and isinstance(inner, Apply) and inner.fn in ("log", "softplus"):
            return True
    return False


def _scaled(x: Node, exponent: Node) -> Node:
    """x · exp(exponent), with the exponential taken into the exponentials of x."""
    if isinstance(x, Add):
        return add(*(_scaled(term, exponent) for term in x.terms))
    if isinstance(x, Reduce) and x.op == "sum" and exponential(x):
        indices, body = open_binder(x, avoid=exponent.free)
        return reduce("sum", indices, _scaled(body, exponent))
    carrier = _carrier(x)
    if carrier is None:
        return mul(x, apply("exp", exponent))
    whole = isinstance(carrier, Apply)
    found = exp_of(add(carrier.children[0], exponent)) if whole else _scaled(carrier, exponent)
    return mul(*(f for f in factors_in(x) if f is not carrier), found)


def exponential(x: Node) -> bool:
    """Whether exponentials are what it is made of, so that it is better kept as its logarithm."""
    if isinstance(x, Apply):
        return x.fn in ("exp", "sigmoid")
    if isinstance(x, Pow):
        return exponential(x.base)
    if isinstance(x, Reduce):
        return x.op == "sum" and exponential(x.body)
    return isinstance(x, Add | Mul) and any(exponential(child) for child in x.children)


def exp_of(x: Node) -> Node:
    """exp x, where x − softplus(x) and −softplus(x) in the exponent are σ(x) and σ(−x)."""
    x = distributed(x)
    for term in terms_in(x):
        coefficient, inner = split_coefficient(term)
        if _whole(coefficient) and isinstance(inner, Apply) and inner.fn == "softplus":
            u = inner.args[0]
            rest = add(x, inner)
            at, left = (u, _minus(rest, u)) if length(_minus(rest, u)) < length(rest) else (negate(u), rest)
            other = exp_of(left)
            if _bounded(other):
                return mul(apply("sigmoid", at), other)
    found = normalised(x)
    if found is not None and found.rest is not ZERO and _is_softmax(apply("exp", x)):  # one softmax after another
        return mul(apply("exp", _minus(x, found.rest)), exp_of(found.rest))
    return ONE if x is ZERO else apply("exp", x)


def _minus(x: Node, y: Node) -> Node:
    """x − y, term by term."""
    return add(x, distributed(negate(y)))


def distributed(x: Node) -> Node:
    """The sum with every number before a bracket multiplied out."""
    terms = []
    for term in terms_in(x):
        coefficient, inner = split_coefficient(term)
        inside = distributed(inner) if isinstance(inner, Add) else inner
        terms += [mul(const(coefficient), part) for part in terms_in(inside)]
    return add(*terms)


def _whole(coefficient: Any) -> bool:
    return isinstance(coefficient, int) and coefficient <= -1


def log_sum_exp(node: Node) -> tuple[tuple[Index, ...], Node] | None:
    """The indices and the exponents, where the node is log Σ exp."""
    if not (isinstance(node, Apply) and node.fn == "log"):
        return None
    inner = node.args[0]
    if not (isinstance(inner, Reduce) and inner.op == "sum"):
        return None
    indices, body = open_binder(inner)
    return (indices, body.args[0]) if isinstance(body, Apply) and body.fn == "exp" else None


class Normalised(NamedTuple):
    """times · (f − log Σ exp f) + rest: a log-softmax, or the exponent of a power of a softmax."""

    top: Node
    lse: Node
    rest: Node
    times: Number


def normalised(x: Node) -> Normalised | None:
    """The log-softmax in a sum, the one that leaves least of it; None where there is none."""
    best: Normalised | None = None
    for term in x.terms if isinstance(x, Add) else ():
        coefficient, inner = split_coefficient(term)
        found = log_sum_exp(inner)
        if found is None:
            continue
        indices, exponent = found
        once: Number = 1 if coefficient < 0 else -1
        choices: list[Number] = [-coefficient, once] if coefficient * coefficient > 1 else [-coefficient]
        for times in choices:
            rest = add(x, mul(const(times), inner))
            for at in _assignments(indices, rest):
                top = rename(exponent, dict(zip(indices, at, strict=True)))
                left = _minus(rest, mul(const(times), top))
                fits = left is ZERO or length(left) <= length(rest) - length(top)
                if fits and (best is None or length(left) < length(best.rest)):
                    best = Normalised(top, inner, left, times)
    return best


def _assignments(indices: tuple[Index, ...], node: Node) -> Iterator[tuple[Index, ...]]:
    if not indices:
        yield ()
        return
    for index in sorted(node.free, key=lambda i: (i.digest, repr(i))):
        if index.dim == indices[0].dim:
            for rest in _assignments(indices[1:], node):
                if index not in rest:
                    yield (index, *rest)


def _is_det(x: Node) -> TypeGuard[MatFn]:
    return isinstance(x, MatFn) and x.fn == "det" and not x.order


def _same(node: MatFn, fn: str) -> Node:
    indices, body = open_binder(node)
    return matfn(fn, 0, node.slots, indices, body)
