"""Expressions in index notation. Owns: which term of notation a node is, and the order a person writes terms in.

Never: spells, or changes the value; what it builds reads back as the same node. Small expressions get their letters
from the outside in (Σ_i … Σ_j …); an expression too large to be read gets them by the number of the bound index,
which needs no scopes, so shared parts stay shared and the cost is linear.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from fractions import Fraction
from typing import Any

from gradwright.core.build import HALF, ONE, negate
from gradwright.core.context import Context
from gradwright.core.index import AT, BOUND, Dim, Index, terms_of
from gradwright.core.node import (
    Add,
    Apply,
    Array,
    Const,
    Delta,
    Deriv,
    Entry,
    MatFn,
    Mul,
    Node,
    Number,
    Ordinal,
    Pow,
    Reduce,
    Size,
    Where,
    walk,
    written_size,
)
from gradwright.core.walk import run
from gradwright.tables.matrix import LEVI_CIVITA, POWER
from gradwright.write.letters import Letters
from gradwright.write.order import Order, comparison
from gradwright.write.term import (
    Big,
    Call,
    Choice,
    Collect,
    Kronecker,
    Letter,
    Name,
    Neg,
    Num,
    Partial,
    Power,
    Product,
    Program,
    Quotient,
    Subscripted,
    Sum,
    Term,
    Transpose,
)
from gradwright.write.traverse import each, transformed

_READABLE = 3000  # nodes when written out; beyond it nobody reads the letters
_ONES = ("one", "ones1", "allones")
_UNITS = ("I", "E", "U")


def index_term(node: Node, letters: Letters, context: Context) -> Term:
    """A scalar in index notation, its free indices under their letters."""
    letters.add(sorted(node.free, key=lambda i: (str(i.name), str(i.dim))))
    writer = _Writer(node, letters, context)
    return run(writer.visit, (node, writer.outermost), {})


def array_term(array: Array, letters: Letters, context: Context) -> Term:
    """An array as ``tensor[i,j](…)``; a scalar as it is.

    An axis that no entry ranges over has no extent a reader could infer, so a vector of ones ranges over it.
    """
    letters.add(array.axes)
    body = index_term(array.body, letters, context)
    if not array.axes:
        return body
    names = tuple(letters.of(axis) for axis in array.axes)
    body, units = _with_units(body, array, letters, context)
    idle = [axis for axis in _idle_axes(array) if not _stands_in(letters.of(axis), units, body)]
    ones = dict(zip(dict.fromkeys(axis.dim for axis in idle), _unused(_ONES, array, context), strict=False))
    extra = [Subscripted(Name(ones[axis.dim]), (letters.of(axis),)) for axis in idle]
    lets = (*((name, Call("ones", (extent_term(dim),))) for dim, name in ones.items()), *units)
    factors = body.factors if isinstance(body, Product) else (body,)
    collected = Collect(names, _product([*factors, *extra]))
    return Program(lets, collected) if lets else collected


def _with_units(
    body: Term, array: Array, letters: Letters, context: Context
) -> tuple[Term, tuple[tuple[str, Term], ...]]:
    """The body with δ as an entry of an identity matrix where a reader needs its extent; and those matrices."""
    dims = {letters.of(axis): axis.dim for axis in array.axes}
    idle = {letters.of(axis) for axis in _idle_axes(array)}
    names = dict(zip(dict.fromkeys(dims.values()), _unused(_UNITS, array, context), strict=False))
    made: dict[str, Term] = {}

    def change(term: Term) -> Term | None:
        if not isinstance(term, Kronecker) or term.left not in dims:
            return None
        if not (term.right.isdigit() or (term.left in idle and term.right in dims)):
            return None
        dim = dims[term.left]
        made[names[dim]] = Call("eye", (extent_term(dim),))
        return Subscripted(Name(names[dim]), (term.left, term.right))

    return transformed(body, change), tuple(made.items())


def _stands_in(letter: str, units: Sequence[tuple[str, Term]], body: Term) -> bool:
    """Whether the letter is one of an entry of those matrices."""
    names = [Name(name) for name, _ in units]
    return any(isinstance(part, Subscripted) and part.base in names and letter in part.letters for part in each(body))


def _idle_axes(array: Array) -> list[Index]:
    """Axes no entry ranges over, not even by way of a δ (one at a fixed place is an entry of a matrix)."""
    anchored: set[Index] = set()
    deltas = []
    for node in walk(array.body):
        if isinstance(node, Entry | MatFn | Deriv):
            anchored.update(slot for slot in node.slots if slot.kind != AT)
        elif isinstance(node, Delta):
            deltas.append({node.left, node.right})
            anchored.update(deltas[-1] if any(index.kind == AT for index in deltas[-1]) else ())
    for _ in deltas:
        anchored.update(*(pair for pair in deltas if pair & anchored))
    return [axis for axis in array.axes if axis not in anchored]


def _unused(candidates: Sequence[str], array: Array, context: Context) -> list[str]:
    taken = {*context.symbols, *context.definitions, *context.functions, *array.body.names, *context.dims}
    numbered = (f"{candidates[0]}{number}" for number in range(len(taken) + len(array.axes)))
    return [name for name in (*candidates, *numbered) if name not in taken]


def extent_term(dim: Dim) -> Term:
    """An extent as what is written for it."""
    if isinstance(dim, str):
        return Name(dim)
    terms = []
    for names, times in terms_of(dim).items():
        factors: list[Term] = [Num(abs(times))] if abs(times) != 1 or not names else []
        factors += map(Name, names)
        term = factors[0] if len(factors) == 1 else Product("*", tuple(factors))
        terms.append(Neg(term) if times < 0 else term)
    return terms[0] if len(terms) == 1 else Sum(tuple(terms))


def number_term(value: Number, decimals: bool = False) -> Term:
    """A number: fractions as quotients, or as decimals where the user wrote decimals and they are exact."""
    if value < 0:
        return Neg(number_term(-value, decimals))
    if isinstance(value, Fraction) and value.denominator != 1:
        if decimals and _decimal(value):
            return Num(float(value))
        return Quotient("/", Num(value.numerator), Num(value.denominator))
    return Num(value)


def numeral(value: Number, decimals: bool) -> tuple[list[Term], list[Term]]:
    """What of a factor that is a number stands above and what below a fraction line, without its sign; 1 nowhere."""
    value = -value if value < 0 else value
    written = number_term(value, decimals)
    if isinstance(written, Quotient):
        return [written.top] * (written.top != Num(1)), [written.bottom]
    return [written] * (value != 1), []


def _decimal(value: Fraction) -> bool:
    shown = repr(float(value))
    return len(shown) <= 10 and Fraction(shown) == value


def _product(factors: Sequence[Term]) -> Term:
    return factors[0] if len(factors) == 1 else Product("*", tuple(factors))


class _Scope:
    """The letters of the indices bound around a place."""

    __slots__ = ("letters",)

    def __init__(self, letters: dict[Index, str]) -> None:
        self.letters = letters


Key = tuple[Node, _Scope]
Built = Generator[Key, Term, Term]


class _Writer:
    """One expression on its way to a term."""

    def __init__(self, root: Node, letters: Letters, context: Context) -> None:
        self.letters = letters
        self.context = context
        self.free = letters.places
        self.order = Order(root, context, self.free)
        self.readable = written_size(root, _READABLE + 1) <= _READABLE
        self.outermost = _Scope({})

    def visit(self, key: Key) -> Built:
        node, scope = key
        leaf = _LEAVES.get(type(node))
        if leaf is not None:
            return leaf(self, node, scope)
        return (yield from _BUILDERS[type(node)](self, node, scope))

    # letters

    def letter(self, index: Index, scope: _Scope) -> str:
        return scope.letters[index] if index.kind == BOUND else self.letters.of(index)

    def slots(self, indices: Sequence[Index], scope: _Scope) -> tuple[str, ...]:
        return tuple(self.letter(index, scope) for index in indices)

    def enter(self, bound: Sequence[Index], body: Node, scope: _Scope) -> _Scope:
        """The scope inside a binder: a fresh letter for each index, in the order they will be met."""
        if not self.readable:
            inner = self.outermost
        else:
            inner = _Scope(dict(scope.letters))
            if len(bound) > 1:
                bound = self.order.met(bound, body)
        used = {*self.free, *inner.letters.values()}
        for index in bound:
            if self.readable or index not in inner.letters:
                letter = self.letters.fresh(index.dim, used)
                inner.letters[index] = letter
                used.add(letter)
        return inner

    # leaves

    def const(self, node: Const, scope: _Scope) -> Term:
        return number_term(node.value, self.context.decimals)

    def size(self, node: Size, scope: _Scope) -> Term:
        return extent_term(node.dim)

    def ordinal(self, node: Ordinal, scope: _Scope) -> Term:
        return Letter(self.letter(node.index, scope))

    def entry(self, node: Entry, scope: _Scope) -> Term:
        return Subscripted(Name(node.name), self.slots(node.slots, scope)) if node.slots else Name(node.name)

    def delta(self, node: Delta, scope: _Scope) -> Term:
        left, right = sorted(self.slots((node.left, node.right), scope), key=lambda letter: (letter.isdigit(), letter))
        return Kronecker(left, right)

    # sums, products, powers

    def add(self, node: Add, scope: _Scope) -> Built:
        terms: list[tuple[Any, Term]] = []
        lead = self.order.number_leads(node)
        for term in node.terms:
            built = yield term, scope
            terms.append((self.order.of_term(term, built, lead), built))
        terms.sort(key=lambda pair: pair[0])
        return Sum(tuple(built for _, built in terms))

    def mul(self, node: Mul, scope: _Scope) -> Built:
        coefficient: Number = 1
        above: list[tuple[Any, Term]] = []
        below: list[tuple[Any, Term]] = []
        beside: list[tuple[Any, Term]] = []  # ∂p_i/∂o_k is a fraction of its own: y_i/p_i ∂p_i/∂o_k
        for factor in node.factors:
            if isinstance(factor, Const):
                coefficient = factor.value
                continue
            base, exponent, under = _raised(factor)
            built = yield from self.raised(base, exponent, scope)
            side = below if under else beside if isinstance(factor, Deriv) else above
            side.append((self.order.of_factor(base, built), built))
        top, bottom, aside = ([t for _, t in sorted(side, key=lambda pair: pair[0])] for side in (above, below, beside))
        if not bottom:
            top, aside = [*top, *aside], []
        return _scaled(coefficient, top, bottom, aside, self.context.decimals)

    def raised(self, base: Node, exponent: Node, scope: _Scope) -> Built:
        built = yield base, scope
        if exponent is ONE:
            return built
        if exponent is HALF:
            return Call("sqrt", (built,))
        return Power("^", built, (yield exponent, scope))

    def power(self, node: Pow, scope: _Scope) -> Built:
        base, exponent, under = _raised(node)
        built = yield from self.raised(base, exponent, scope)
        return Quotient("/", Num(1), built) if under else built

    # functions and binders

    def apply(self, node: Apply, scope: _Scope) -> Built:
        args = []
        for arg in node.args:
            args.append((yield arg, scope))
        return Call(node.fn, tuple(args))

    def reduce(self, node: Reduce, scope: _Scope) -> Built:
        inner = self.enter(node.bound, node.body, scope)
        body = yield node.body, inner
        numbers = counters(node.bound, node.body)
        over = {self.letter(i, inner): str(i.dim) if i in numbers else "" for i in node.bound}
        letters = tuple(sorted(over, key=lambda letter: (len(letter), letter)))
        return Big(node.op, letters, body, tuple(over[i] for i in letters) if numbers else ())

    def matfn(self, node: MatFn, scope: _Scope) -> Built:
        if node.fn == LEVI_CIVITA:
            return Subscripted(Call(node.fn, ()), self.slots(node.slots, scope))
        arg = yield from self.whole(node.bound, node.body, scope)
        if node.fn == POWER:
            return Subscripted(Power("^", arg, (yield node.given[0], scope)), self.slots(node.slots, scope))
        call = applied(node, arg)
        return Subscripted(call, self.slots(node.slots, scope)) if node.slots else call

    def whole(self, bound: tuple[Index, ...], body: Node, scope: _Scope) -> Built:
        """The array ``bound -> body``: by its name where it has one, else collected entry by entry."""
        if not bound:
            return (yield body, scope)
        if isinstance(body, Entry) and body.slots == bound:
            return Name(body.name)
        if isinstance(body, Entry) and len(bound) == 2 and body.slots == bound[::-1]:
            return Transpose(Name(body.name))
        inner = self.enter(bound, body, scope)
        built = yield body, inner
        if isinstance(body, MatFn) and isinstance(built, Subscripted) and body.slots == bound:
            return built.base
        return Collect(self.slots(bound, inner), built)

    def where(self, node: Where, scope: _Scope) -> Built:
        built = []
        op, *sides = comparison(node, self.order.of_side)
        for child in (*sides, node.then, node.other):
            built.append((yield child, scope))
        return Choice(op, *built)

    def deriv(self, node: Deriv, scope: _Scope) -> Built:
        slots = self.slots(node.slots, scope)
        body = yield node.body, scope
        return Partial(body, Subscripted(Name(node.name), slots) if slots else Name(node.name))


def counters(indices: Sequence[Index], body: Node) -> frozenset[Index]:
    """Those of the indices that stand in the body as numbers alone, so that no entry tells how far they run."""
    here = frozenset(indices)
    standing: set[Node] = set()
    left = [body]
    while left:  # only where one of the indices stands, so that a deep body is not walked again for every Σ in it
        node = left.pop()
        if node not in standing and node.free & here:
            standing.add(node)
            left += node.children
    numbers = frozenset(node.index for node in standing if isinstance(node, Ordinal)) & here
    return numbers - frozenset(i for node in standing if not isinstance(node, Ordinal) for i in node.indices)


def applied(node: MatFn, arg: Term) -> Call:
    """A function of an array, or a derivative of it."""
    if not node.order:
        return Call(node.fn, (arg,))
    return Call(f"D{node.order}" if node.order > 1 else "D", (Name(node.fn), arg))


def _raised(node: Node) -> tuple[Node, Node, bool]:
    """Base, exponent, and whether it is written below a fraction line (then the exponent is the opposite one)."""
    if not isinstance(node, Pow):
        return node, ONE, False
    exponent = node.exponent
    if isinstance(exponent, Const) and exponent.value < 0:
        return node.base, negate(exponent), True
    return node.base, exponent, False


def _scaled(coefficient: Number, top: list[Term], bottom: list[Term], beside: list[Term], decimals: bool) -> Term:
    """coefficient · top / bottom · beside, with the sign in front and a fraction's denominator below."""
    above, below = numeral(coefficient, decimals)
    top, bottom = [*above, *top] or [Num(1)], [*below, *bottom]
    whole = Quotient("/", _product(top), _product(bottom)) if bottom else _product(top)
    term = _product([whole, *beside])
    return Neg(term) if coefficient < 0 else term


_LEAVES: dict[type[Node], Callable[[_Writer, Any, _Scope], Term]] = {
    Const: _Writer.const, Size: _Writer.size, Ordinal: _Writer.ordinal, Entry: _Writer.entry, Delta: _Writer.delta,
}  # fmt: skip
_BUILDERS: dict[type[Node], Callable[[_Writer, Any, _Scope], Built]] = {
    Add: _Writer.add, Mul: _Writer.mul, Pow: _Writer.power, Apply: _Writer.apply, Reduce: _Writer.reduce,
    MatFn: _Writer.matfn, Where: _Writer.where, Deriv: _Writer.deriv,
}  # fmt: skip
