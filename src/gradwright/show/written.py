"""A formula as its author wrote it. Owns: the syntax tree as notation. Never: shows what is not the formula.

What is made is read back, and kept if that gives the very array that was read; of a kind of syntax that notation does
not have, or an einsum, nothing is made.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from fractions import Fraction
from typing import TypeGuard

from gradwright.core.build import rename
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.node import Array
from gradwright.core.walk import run
from gradwright.read import syntax
from gradwright.read.reader import read
from gradwright.tables.scalars import NAMED
from gradwright.write.index import number_term
from gradwright.write.term import (
    Big,
    Call,
    Choice,
    Collect,
    Name,
    Neg,
    Num,
    Power,
    Product,
    Quotient,
    Subscripted,
    Sum,
    Term,
    Transpose,
)
from gradwright.write.text import text

_NORMS = {"": "norm2", "2": "norm2", "F": "norm2", "1": "norm1"}
_INVISIBLE = (syntax.Letter, syntax.Place, syntax.Binder)


Written = tuple[tuple[str, ...], Term]
"""The letters and the right side of a definition; no letters where it is not made entry by entry."""


class _Unwritten(Exception):
    """Notation does not have this kind of syntax."""


def as_written(tree: syntax.Node, meant: Array, context: Context) -> Term | None:
    """What the tree says, where that reads back as the array it stands for."""
    try:
        term = run(_visit, tree, {})
        array = read(text(term), context=context, strict=True).array
    except (_Unwritten, Error):
        return None
    if array.shape != meant.shape or array.groups != meant.groups:
        return None
    return term if rename(array.body, dict(zip(array.axes, meant.axes, strict=True))) is meant.body else None


def let_as_written(let: syntax.Let, meant: Array, context: Context) -> Written | None:
    """A definition, as ``as_written`` has a formula."""
    tree = syntax.Big(let.span, "tensor", let.letters, (), let.body) if let.letters else let.body
    term = as_written(tree, meant, context)
    if isinstance(term, Collect) and let.letters:
        return term.letters, term.body
    return None if term is None else ((), term)


def _visit(node: syntax.Node) -> Generator[syntax.Node, Term, Term]:
    rule = _RULES.get(type(node))
    if rule is None:
        raise _Unwritten
    terms = []
    for child in syntax.children(node):
        if not isinstance(child, _INVISIBLE) and not (isinstance(node, syntax.Call) and child is node.function):
            terms.append((yield child))
    return rule(node, *terms)


def _number(node: syntax.Number) -> Term:
    value = Fraction(node.text)
    return Num(int(value)) if value.denominator == 1 else number_term(value, decimals="." in node.text)


def _indexed(node: syntax.Indexed, base: Term) -> Term:
    letters = []
    for item in node.items:
        if not isinstance(item, syntax.Letter | syntax.Place):
            raise _Unwritten
        letters.append(item.name if isinstance(item, syntax.Letter) else str(item.offset))
    return Subscripted(base, tuple(letters))


def _sum(node: syntax.Sum, *terms: Term) -> Term:
    return Sum(tuple(Neg(t) if sign == "-" else t for (sign, _), t in zip(node.terms, terms, strict=True)))


def _product(node: syntax.Product, first: Term, *terms: Term) -> Term:
    """The factors from left to right, as the text language takes them; a minus before the first is one before all."""
    if isinstance(first, Neg):
        return Neg(_product(node, first.term, *terms))
    whole = first
    for (sign, _), term in zip(node.factors[1:], terms, strict=True):
        if sign in ("/", "./"):
            whole = Quotient(sign, whole, term)
        elif sign == "kron":
            whole = Call("kron", (whole, term))
        else:
            op = ".*" if sign == ".*" else "*"
            before = whole.factors if isinstance(whole, Product) and whole.op == op else (whole,)
            whole = Product(op, (*before, term))
    return whole


def _quotient(node: syntax.Quotient, top: Term, bottom: Term) -> Term:
    return Quotient("./" if node.entrywise else "/", top, bottom)


def _power(node: syntax.Power, base: Term, exponent: Term) -> Term:
    return Power(".^" if node.entrywise or node.python else "^", base, exponent)


def _call(node: syntax.Call, *terms: Term) -> Term:
    if not isinstance(node.function, syntax.Name) or node.primes:
        raise _Unwritten
    name = node.function.stem
    if name == "where" and _is_condition(terms[0]):
        return replace(terms[0], then=terms[1], other=terms[2])
    if any(map(_is_condition, terms)):
        raise _Unwritten
    return Call(NAMED[name].name if name in NAMED else name, terms)


def _comparison(node: syntax.Comparison, left: Term, right: Term) -> Term:
    """A condition, whose two values are still to come."""
    return Choice(node.relation, left, right, _OPEN, _OPEN)


def _is_condition(term: Term) -> TypeGuard[Choice]:
    return isinstance(term, Choice) and term.then is _OPEN


def _norm(node: syntax.Norm, inner: Term) -> Term:
    if node.order not in _NORMS:
        raise _Unwritten
    return Call(_NORMS[node.order], (inner,))


def _big(node: syntax.Big, body: Term) -> Term:
    if node.conditions:
        raise _Unwritten
    letters = tuple(binder.name for binder in node.binders)
    return Collect(letters, body) if node.operator == "tensor" else Big(node.operator, letters, body)


def _root(node: syntax.Root, inner: Term) -> Term:
    if node.degree is not None:
        raise _Unwritten
    return Call("sqrt", (inner,))


_OPEN = Num(0)
_RULES: dict[type[syntax.Node], Callable[..., Term]] = {
    syntax.Number: _number,
    syntax.Name: lambda node: Name(node.stem),
    syntax.Indexed: _indexed,
    syntax.Group: lambda node, inner: inner,
    syntax.Negative: lambda node, inner: Neg(inner),
    syntax.Sum: _sum,
    syntax.Product: _product,
    syntax.Quotient: _quotient,
    syntax.Power: _power,
    syntax.Transposed: lambda node, inner: Transpose(inner),
    syntax.Primed: lambda node, inner: Transpose(inner),
    syntax.Pseudoinverse: lambda node, inner: Call("pinv", (inner,)),
    syntax.Comparison: _comparison,
    syntax.Call: _call,
    syntax.Root: _root,
    syntax.Bars: lambda node, inner: Call("abs", (inner,)),
    syntax.Norm: _norm,
    syntax.Inner: lambda node, left, right: Product("*", (Transpose(left), right)),
    syntax.Big: _big,
}
"""Notation for a kind of syntax, made of the node and of what stands below it."""
