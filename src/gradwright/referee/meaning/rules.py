"""What each kind of syntax means in a document. Owns: the table of rules, total over the kinds of formula and of LaTeX.

Operators, norms, powers, functions and matrices mean what they mean in formulas. Never: has a rule of its own for what
formulas have too, unless documents know something that decides it (a definition, a layout, an index in scope).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradwright.core.node import Const
from gradwright.core.value import Value
from gradwright.read.latex.nodes import (
    WITHOUT_MEANING,
    Differential,
    Evaluated,
    Expectation,
    Factorial,
    Function,
    Gradient,
    Hessian,
    Indicator,
    Integral,
    Known,
    Law,
    Noted,
    Run,
    Vector,
    symbol,
)
from gradwright.read.meaning import operators
from gradwright.read.meaning.calls import applied_by_name
from gradwright.read.meaning.elaborator import Elaborator, Rule, Visit
from gradwright.read.meaning.rules import RULES, refusal
from gradwright.read.syntax import (
    Big,
    Call,
    Cases,
    Derivative,
    Group,
    Indexed,
    Item,
    Letter,
    Matrix,
    Name,
    Node,
    Number,
    Place,
    Power,
    Primed,
    Product,
    Transposed,
    bare,
)
from gradwright.referee.meaning import averages, blocks, derivatives, functions, indices, members, names
from gradwright.referee.meaning.document import Document, rule
from gradwright.referee.meaning.symbols import symbol_key
from gradwright.referee.meaning.value import World

_HIGHEST = 64  # a power that is computed


def _power(e: Elaborator, tree: Node) -> Visit:
    """Powers; of Euler's number, which e is unless the document makes it a symbol, the exponential."""
    assert isinstance(e, Document)
    assert isinstance(tree, Power)
    exponent = yield tree.exponent
    if _is_euler(e, tree):
        rows = {e.find(axis.dim) for axis in exponent.axes}
        name = "expm" if exponent.kind == "matrix" and len(rows) == 1 else "exp"
        return applied_by_name(e, name, [exponent], Call(tree.span, tree.base, (tree.exponent,)))
    if isinstance(exponent.body, Const) and abs(float(exponent.body.value)) > _HIGHEST:
        e.fail("an exponent too large to check", tree)
    return operators.raised_to(e, (yield tree.base), exponent, tree)


def _is_euler(e: Document, tree: Power) -> bool:
    if symbol(tree.base) != "e" or "e" in e.place.env:
        return False
    return not isinstance(tree.exponent, Number) or not (e.rank("e") or e.definition("e") is not None)


def _transposed(e: Elaborator, tree: Node) -> Visit:
    """(a, b) and (a, b)ᵀ are one column, by habit; A_{ij}ᵀ is typeset as Aᵀ_{ij}, and is that entry."""
    assert isinstance(tree, Transposed)
    body = bare(tree.body)
    if isinstance(body, Vector):
        return (yield tree.body)
    if isinstance(body, Indexed) and _is_matrix(e, body.base) and _of_entry(body.items):
        return (yield replace(body, base=Transposed(tree.span, body.base)))
    return (yield from operators.transposed(e, tree))


def _of_entry(items: Sequence[Item]) -> bool:
    return len(items) == 2 and all(isinstance(item, Letter | Place) for item in items)


def _is_matrix(e: Elaborator, tree: Node) -> bool:
    assert isinstance(e, Document)
    return isinstance(tree, Group) or (isinstance(tree, Name) and e.rank(symbol_key(e.symbols, tree)) == 2)


DOCUMENT: dict[type[Node], Rule] = {
    **RULES,
    **{kind: refusal(f"{words} is not understood here") for kind, words in WITHOUT_MEANING.items()},
    **dict(
        (
            rule(Name, names.name), rule(Noted, names.noted), rule(Known, names.known),
            rule(Indexed, members.indexed),
            rule(Primed, functions.primed), rule(Factorial, functions.factorial),
            rule(Function, functions.function), rule(Call, functions.call), rule(Law, functions.law),
            rule(Vector, functions.vector), rule(Derivative, derivatives.fraction),
            rule(Gradient, derivatives.gradient), rule(Hessian, derivatives.hessian),
            rule(Differential, derivatives.differential), rule(Evaluated, derivatives.evaluated),
            rule(Big, indices.big), rule(Cases, indices.cases), rule(Run, indices.run),
            rule(Indicator, indices.indicator), rule(Expectation, averages.expectation),
            rule(Integral, averages.integral),
        )
    ),
    Product: derivatives.product, Power: _power, Transposed: _transposed, Matrix: blocks.matrix,
}  # fmt: skip
"""Rules of formulas, with those that documents add or replace."""


def value_of(world: World, tree: Node) -> Value:
    """What a side means in a world."""
    return Document(world, DOCUMENT).value(tree)
