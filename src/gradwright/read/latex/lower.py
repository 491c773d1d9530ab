"""From the tree of a LaTeX formula to the syntax tree of every formula. Owns: what a construction of TeX is, letter by
letter: which subscripts are indices and which belong to a name, what stands above a symbol.

Never: knows the rank of a symbol.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from gradwright.core.errors import Error
from gradwright.core.letters import GREEK
from gradwright.read.syntax import (
    Bars,
    Big,
    Binder,
    Call,
    Case,
    Cases,
    Comparison,
    Derivative,
    Font,
    Group,
    Indexed,
    Inner,
    Item,
    Letter,
    Matrix,
    Multiplication,
    Name,
    Negative,
    Node,
    Norm,
    Number,
    Place,
    Power,
    Product,
    Pseudoinverse,
    Quotient,
    Relation,
    Root,
    Sum,
    Transposed,
    Unknown,
)
from gradwright.read.tree import Tree
from gradwright.tables import arrays, scalars

ONES, ZEROS = "\N{MATHEMATICAL BOLD DIGIT ONE}", "\N{MATHEMATICAL BOLD DIGIT ZERO}"
_TIMES: dict[str, Multiplication] = {
    "juxt": " ", "cdot": "cdot", "times": "times", "odot": ".*", "odiv": "./", "kron": "kron", "star": "*",
    "slash": "/",
}  # fmt: skip
_RELATIONS: dict[str, Relation] = {
    "=": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "in": "in", "~": "~",
}  # fmt: skip
_UNKNOWN = {
    "expect": "an expectation", "integral": "an integral", "optimum": "a minimum over a variable", "set": "a set",
    "opaque": "a law", "diff": "a differential", "at": "a value at a point", "upper": "∂ of nothing",
    "factorial": "a factorial", "dots": "an ellipsis", "range": "an ellipsis", "run": "an ellipsis",
    "vector": "a list", "known": "this", "noted": "this",
}  # fmt: skip
_MARKS = re.compile(r"\W+")


@dataclass(frozen=True)
class Scope:
    """What surrounds a construction.

    ``bound``    letters that a Σ binds, or that are indices of what is defined
    ``whole``    names that stand somewhere without a subscript, or with a bound one: their x_1 is an entry
    ``indexed``  names that stand somewhere with a bound letter below them
    ``euler``    e is Euler's number; ``transposing``: a prime transposes, and makes no other symbol
    ``defined``  names that the formula itself defines
    """

    bound: frozenset[str] = frozenset()
    whole: frozenset[str] = frozenset()
    indexed: frozenset[str] = frozenset()
    euler: bool = True
    transposing: bool = True
    defined: frozenset[str] = frozenset()

    def binding(self, letters: Sequence[str]) -> Scope:
        return replace(self, bound=self.bound | frozenset(letters))


def lowered(tree: Tree, scope: Scope) -> Node:
    """The syntax of a tree; an ``Error`` points at what is nothing a formula can hold."""
    rule = _RULES.get(tree.kind)
    if rule is not None:
        return rule(tree, scope)
    return Unknown(tree.span, _UNKNOWN.get(tree.kind, "this"))


def fail(message: str, tree: Tree, hint: str | None = None) -> NoReturn:
    raise Error(message, tree.span, hint=hint)


# --- names


def identifier(text: str) -> str:
    return _MARKS.sub("_", text.replace("*", "star").replace("′", "_prime")).strip("_")


def name_of(tree: Tree) -> Name:
    """A symbol with its accents and what is written above it as parts of its name."""
    *accents, stem = str(tree.parts[0]).split(" ")
    font: Font = "bold" if tree.parts[1] == "bold" else ""
    return Name(tree.span, identifier("_".join([stem, *accents])), font)


def _symbol(tree: Tree, scope: Scope) -> Node:
    text = str(tree.parts[0])
    if text[0].isdigit():
        digit = {"1": ONES, "0": ZEROS}.get(text)
        return Name(tree.span, digit) if digit else fail("a bold number is 𝟏 or 𝟎", tree)
    stem, _, mark = text.rpartition("^")
    if mark in ("+", "dagger") and stem:
        return Pseudoinverse(tree.span, _symbol(tree.with_parts(stem, tree.parts[1]), scope))
    if mark == "H" and stem:
        return Transposed(tree.span, _symbol(tree.with_parts(stem, tree.parts[1]), scope))
    if mark == "-" and stem:
        fail("a superscript − alone has no meaning here", tree, "an inverse is ^{-1}")
    if text == "e" and scope.euler:
        return Call(tree.span, Name(tree.span, "exp"), (Number(tree.span, "1"),))
    return name_of(tree)


def _indexed(tree: Tree, scope: Scope) -> Node:
    base, items = tree.parts
    order = "".join(str(item.parts[0]) for item in items)
    if base.kind == "norm":
        return _norm(base, scope, order)
    if base.kind == "pow" and base.parts[0].kind == "norm":  # ‖A‖^2_F
        norm = _norm(base.parts[0], scope, order)
        return Power(tree.span, norm, lowered(base.parts[1], scope))
    if base.kind != "sym":
        return Indexed(tree.span, lowered(base, scope), tuple(_item(item, scope) for item in items))
    name = name_of(base)
    if str(base.parts[0]) in ("1", "0") or (name.stem == "I" and not _bound(items, scope)):
        return _sized(tree, name.stem, items)
    indices = [item for item in items if _is_index(item, name, scope)]
    labels = [item for item in items if item not in indices]
    stem = "_".join([name.stem, *(identifier(str(item.parts[0]).removeprefix("bold ")) for item in labels)])
    loose = name.stem in scope.indexed and any(item.kind == "letter" for item in labels)
    labelled = replace(name, stem=stem, span=name.span if indices else tree.span, entry_of=name.stem if loose else "")
    if not indices:
        return labelled
    return Indexed(tree.span, labelled, tuple(_item(item, scope) for item in indices))


def _sized(tree: Tree, stem: str, items: Sequence[Tree]) -> Node:
    """``I_n``, ``\\mathbf 1_n``: of an extent."""
    function = {"1": "ones", "0": "zeros"}.get(stem, "eye")
    extents = tuple(_extent(item) for item in items)
    return Call(tree.span, Name(tree.span, function), extents)


def _extent(item: Tree) -> Node:
    text = str(item.parts[0])
    return Number(item.span, text) if text.isdigit() else Name(item.span, identifier(text))


def _bound(items: Sequence[Tree], scope: Scope) -> bool:
    return any(item.kind == "letter" and str(item.parts[0]) in scope.bound for item in items)


def _is_index(item: Tree, name: Name, scope: Scope) -> bool:
    """A letter that is bound; a number, below a symbol that is an array elsewhere."""
    if item.kind == "letter":
        return str(item.parts[0]) in scope.bound
    return item.kind in ("place", "pair") and name.stem in scope.whole


def _item(item: Tree, scope: Scope) -> Item:
    text = str(item.parts[0])
    if item.kind == "letter":
        return Letter(item.span, text, sample=len(item.parts) > 1)
    if item.kind in ("place", "pair") and text.isdigit():
        return Place(item.span, text, first=1)
    fail("a subscript that is neither a letter nor a number", item)


# --- operators


def _add(tree: Tree, scope: Scope) -> Node:
    return Sum(tree.span, tuple((sign, lowered(term, scope)) for sign, term in tree.parts[0]))


def _product(tree: Tree, scope: Scope) -> Node:
    factors = []
    for sign, factor in tree.parts[0]:
        if sign not in _TIMES:
            fail("this product is not understood", tree)
        factors.append((_TIMES[sign], lowered(factor, scope)))
    return Product(tree.span, tuple(factors))


def _power(tree: Tree, scope: Scope) -> Node:
    base, exponent = tree.parts
    if base.kind == "sym" and base.parts[0] == "e" and scope.euler:
        return Call(tree.span, Name(base.span, "exp"), (lowered(exponent, scope),))
    if exponent.kind == "sym" and exponent.parts[0] in ("circ",):
        fail("this power is not understood", exponent)
    return Power(tree.span, lowered(base, scope), lowered(exponent, scope))


def _primed(tree: Tree, scope: Scope) -> Node:
    """A prime transposes, or its symbol is another one."""
    body, count = tree.parts
    if scope.transposing or body.kind not in ("sym", "index"):
        made = lowered(body, scope)
        for _ in range(int(count)):
            made = Transposed(tree.span, made)
        return made
    made = lowered(body, scope)
    if isinstance(made, Name):
        return replace(made, stem=made.stem + "_prime" * int(count), span=tree.span)
    if isinstance(made, Indexed) and isinstance(made.base, Name):
        return replace(made, base=replace(made.base, stem=made.base.stem + "_prime" * int(count)))
    fail("a prime that is not understood", tree)


def _norm(tree: Tree, scope: Scope, order: str = "") -> Node:
    return Norm(tree.span, lowered(tree.parts[0], scope), order)


def _root(tree: Tree, scope: Scope) -> Node:
    degree = tree.parts[1] if len(tree.parts) > 1 else None
    return Root(tree.span, lowered(tree.parts[0], scope), lowered(degree, scope) if degree is not None else None)


# --- functions


def _function(tree: Tree, scope: Scope) -> Node:
    """A function that everybody knows by its name."""
    if tree.parts[0] == "log" and _is_gamma(tree.parts[1][0]):
        inner = _unwrapped(tree.parts[1][0].parts[1][0])
        return Call(tree.span, Name(tree.span, "lgamma"), (lowered(inner, scope),), known=True)
    written, arguments, primes = str(tree.parts[0]), tree.parts[1], int(tree.parts[2]) if len(tree.parts) > 2 else 0
    made = tuple(lowered(_unwrapped(argument), scope) for argument in arguments)
    at = (tree.span[0], tree.span[0] + len(written))
    return Call(tree.span, Name(at, canonical(written)), made, primes, known=True)


def _is_gamma(tree: Tree) -> bool:
    """Γ(x), of which the tables have the logarithm."""
    return tree.kind == "call" and tree.parts[0].kind == "sym" and tree.parts[0].parts[0] == "Gamma"


def canonical(written: str) -> str:
    """The name that the text language has for a function that documents write so."""
    row = scalars.WRITTEN.get(written) or arrays.WRITTEN.get(written)
    return row.name if row is not None else written


def _call(tree: Tree, scope: Scope) -> Node:
    """A symbol applied to something: σ is the sigmoid, Γ and ψ are theirs, unless the formula defines them."""
    function, arguments, primes = tree.parts
    name = lowered(function, replace(scope, euler=False))
    if not isinstance(name, Name):
        fail("a derivative of a function that is not given", tree)
    made = tuple(lowered(_unwrapped(argument), scope) for argument in arguments)
    if name.stem in GREEK:
        meant = APPLIED.get(name.stem) if name.stem not in scope.defined else None
        if meant is None and name.stem in scalars.NAMED:
            hint = rf"\operatorname{{{name.stem}}}(…) is the one of that name"
            fail(f"there is no function \\{name.stem}", function, hint)
        return Call(tree.span, replace(name, stem=meant or name.stem), made, int(primes))
    return Call(tree.span, replace(name, stem=canonical(name.stem)), made, int(primes))


APPLIED = {"sigma": "sigmoid", "Gamma": "gamma", "psi": "digamma"}
"""Functions that formulas write by a letter, where it is applied to something."""


def _unwrapped(tree: Tree) -> Tree:
    return tree.parts[0] if tree.kind == "group" else tree


def _big(tree: Tree, scope: Scope) -> Node:
    operator, binders, conditions, body = tree.parts
    letters = [str(binder[0]) for binder in binders]
    if not letters or operator not in ("sum", "prod", "max", "min"):
        fail("what this runs over is not understood", tree)
    made = tuple(_binder(tree, binder, scope) for binder in binders)
    beside = [x for x in _beside(conditions) if x not in letters and x not in scope.bound and letters[-1] < x]
    made += tuple(Binder((tree.span[0], tree.span[0] + 1 + k), x) for k, x in enumerate(beside))
    inner = scope.binding([*letters, *beside])
    return Big(tree.span, operator, made, _conditions(conditions, inner, tree), lowered(body, inner))


def _binder(tree: Tree, binder: Sequence[Any], scope: Scope) -> Binder:
    letter, low, high = (*binder, None, None)[:3]
    low = lowered(low, scope) if isinstance(low, Tree) else None
    return Binder(tree.span, str(letter), low, lowered(high, scope) if isinstance(high, Tree) else None)


def _beside(conditions: Sequence[Any]) -> list[str]:
    """The letters that stand on the other side of what a Σ runs over."""
    sides = [side for _, _, side in conditions]
    return [str(side.parts[0]) for side in sides if side.kind == "sym" and len(str(side.parts[0])) == 1]


def _conditions(conditions: Sequence[Any], scope: Scope, tree: Tree) -> tuple[Comparison, ...]:
    made = []
    for relation, left, right in conditions:
        if relation not in _RELATIONS:
            fail("this condition is not understood", tree)
        sides = [_compared(side, scope) for side in (left, right)]
        made.append(Comparison((left.span[0], right.span[1]), _RELATIONS[relation], *sides))
    return tuple(made)


def _compared(side: Tree, scope: Scope) -> Node:
    return lowered(side, scope)


def _derivative(tree: Tree, scope: Scope) -> Node:
    mark, _, body, wrt = tree.parts[:4]
    variables = tuple(lowered(variable, scope) for variable in wrt)
    return Derivative(tree.span, mark, lowered(body, scope) if body is not None else None, variables)


def _nabla(tree: Tree, scope: Scope) -> Node:
    variable, body = tree.parts
    if variable is None:
        fail("∇ without the variable it is taken in", tree, r"\nabla_x f")
    wrt = lowered(variable, scope)
    return Derivative(tree.span, "nabla", lowered(body, scope), (wrt, wrt) if tree.kind == "hessian" else (wrt,))


def _indicator(tree: Tree, scope: Scope) -> Node:
    one, zero = Number(tree.span, "1"), Number(tree.span, "0")
    held = Case(tree.span, one, _conditions(tree.parts[0], scope, tree))
    return Cases(tree.span, (held, Case(tree.span, zero, ())))


def _cases(tree: Tree, scope: Scope) -> Node:
    made = []
    for value, conditions in tree.parts[0]:
        made.append(Case(value.span, lowered(value, scope), _conditions(conditions or (), scope, tree)))
    return Cases(tree.span, tuple(made))


def _matrix(tree: Tree, scope: Scope) -> Node:
    return Matrix(tree.span, tuple(tuple(lowered(cell, scope) for cell in row) for row in tree.parts[0]))


def _number(tree: Tree, scope: Scope) -> Node:
    text = str(tree.parts[0])
    number = Number(tree.span, text.lstrip("-"))
    return Negative(tree.span, number) if text.startswith("-") else number


_RULES: dict[str, Callable[[Tree, Scope], Node]] = {
    "num": _number, "sym": _symbol, "index": _indexed, "add": _add, "mul": _product, "pow": _power, "prime": _primed,
    "neg": lambda t, s: Negative(t.span, lowered(t.parts[0], s)),
    "group": lambda t, s: Group(t.span, lowered(t.parts[0], s)),
    "frac": lambda t, s: Quotient(t.span, lowered(t.parts[0], s), lowered(t.parts[1], s)),
    "T": lambda t, s: Transposed(t.span, lowered(t.parts[0], s)),
    "bars": lambda t, s: Bars(t.span, lowered(t.parts[0], s)), "norm": _norm,
    "inner": lambda t, s: Inner(t.span, lowered(t.parts[0], s), lowered(t.parts[1], s)),
    "root": _root, "fn": _function, "call": _call, "big": _big, "derivative": _derivative, "nabla": _nabla,
    "hessian": _nabla, "indicator": _indicator, "cases": _cases, "matrix": _matrix,
}  # fmt: skip
