"""From the tree of a LaTeX formula to the syntax tree of every formula. Owns: what a construction of TeX is, letter by
letter: which subscripts are indices and which belong to a name, what stands above a symbol.

Never: knows the rank of a symbol.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NoReturn

from gradwright.core.errors import Error
from gradwright.core.letters import GREEK
from gradwright.core.record import dataclass
from gradwright.read.latex.nodes import (
    ENDLESS,
    Braces,
    Differential,
    Dots,
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
    Optimum,
    Range,
    Run,
    Vector,
    symbol,
    written,
)
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
    Label,
    Letter,
    Matrix,
    Name,
    Negative,
    Node,
    Norm,
    Number,
    Pair,
    Place,
    Power,
    Primed,
    Product,
    Pseudoinverse,
    Quotient,
    Root,
    Sum,
    Transposed,
    Unknown,
    children,
    with_children,
)
from gradwright.tables import arrays, scalars

ONES, ZEROS = "\N{MATHEMATICAL BOLD DIGIT ONE}", "\N{MATHEMATICAL BOLD DIGIT ZERO}"
_UNKNOWN: dict[type[Node], str] = {
    Expectation: "an expectation", Integral: "an integral", Optimum: "a minimum over a variable", Braces: "a set",
    Law: "a law", Evaluated: "a value at a point",
    Factorial: "a factorial", Dots: "an ellipsis", Range: "an ellipsis", Run: "an ellipsis", Vector: "a list",
    Known: "this", Noted: "this",
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
    ``letters``  letters that a Σ binds anywhere in the formula
    """

    bound: frozenset[str] = frozenset()
    whole: frozenset[str] = frozenset()
    indexed: frozenset[str] = frozenset()
    euler: bool = True
    transposing: bool = True
    defined: frozenset[str] = frozenset()
    letters: frozenset[str] = frozenset()

    def binding(self, letters: Sequence[str]) -> Scope:
        return replace(self, bound=self.bound | frozenset(letters))


def lowered(tree: Node, scope: Scope) -> Node:
    """The syntax of a tree; an ``Error`` points at what is nothing a formula can hold."""
    return RULES[type(tree)](tree, scope)


def fail(message: str, tree: Node, hint: str | None = None) -> NoReturn:
    raise Error(message, tree.span, hint=hint)


# --- names


def identifier(text: str) -> str:
    return _MARKS.sub("_", text.replace("*", "star").replace("′", "_prime")).strip("_")


def name_of(tree: Name) -> Name:
    """A symbol with its accents and what is written above it as parts of its name."""
    *accents, stem = tree.stem.split(" ")
    font: Font = "bold" if tree.font == "bold" else ""
    return Name(tree.span, identifier("_".join([stem, *accents])), font)


def _symbol(tree: Name, scope: Scope) -> Node:
    text = tree.stem
    if text[0].isdigit():
        digit = {"1": ONES, "0": ZEROS}.get(text)
        return Name(tree.span, digit) if digit else fail("a bold number is 𝟏 or 𝟎", tree)
    stem, _, mark = text.rpartition("^")
    if mark in ("+", "dagger") and stem:
        return Pseudoinverse(tree.span, _symbol(replace(tree, stem=stem), scope))
    if mark == "H" and stem:
        return Transposed(tree.span, _symbol(replace(tree, stem=stem), scope))
    if mark == "-" and stem:
        fail("a superscript − alone has no meaning here", tree, "an inverse is ^{-1}")
    if text == "e" and scope.euler:
        return Call(tree.span, Name(tree.span, "exp"), (Number(tree.span, "1"),))
    return name_of(tree)


def _indexed(tree: Indexed, scope: Scope) -> Node:
    base, items = tree.base, tree.items
    order = "".join(map(written, items))
    if isinstance(base, Norm):
        return _norm(base, scope, order)
    if isinstance(base, Power) and isinstance(base.base, Norm):  # ‖A‖^2_F
        return Power(tree.span, _norm(base.base, scope, order), lowered(base.exponent, scope))
    if not isinstance(base, Name):
        return Indexed(tree.span, lowered(base, scope), tuple(map(_item, items)))
    name = name_of(base)
    if base.stem in ("1", "0") or (name.stem == "I" and not _bound(items, scope)):
        return _sized(tree, name.stem)
    indices = [item for item in items if _is_index(item, name, scope)]
    labels = [item for item in items if item not in indices]
    _require_labels(tree, name, labels, scope)
    stem = "_".join([name.stem, *(identifier(_text(item)) for item in labels)])
    loose = name.stem in scope.indexed and any(isinstance(item, Letter) for item in labels)
    labelled = replace(name, stem=stem, span=name.span if indices else tree.span, entry_of=name.stem if loose else "")
    return Indexed(tree.span, labelled, tuple(map(_item, indices))) if indices else labelled


def _require_labels(tree: Indexed, name: Name, labels: Sequence[Item], scope: Scope) -> None:
    """What is an entry all the same is refused: x_{t-1} under a Σ over t, and x_i beside one over the x_i."""
    letters = {item.name for item in labels if isinstance(item, Letter)}
    shifted = {part for item in labels if isinstance(item, Label) for part in re.findall(r"[^\W\d_]+", item.text)}
    if shifted & scope.bound and any(not item.text.isalpha() for item in labels if isinstance(item, Label)):
        fail("an entry at a shifted place", tree, "the shifted array needs a name of its own")
    if letters and letters <= scope.letters and name.stem in scope.indexed:
        over = ", ".join(sorted(letters))
        fail(f"this stands outside the Σ over {over}, which has entries of {name.stem}", tree,
             "brackets hold what a Σ goes over; another letter names a label")  # fmt: skip


def _text(item: Item) -> str:
    return item.text if isinstance(item, Label) else written(item)


def _sized(tree: Indexed, stem: str) -> Node:
    """``I_n``, ``\\mathbf 1_n``: of an extent."""
    function = {"1": "ones", "0": "zeros"}.get(stem, "eye")
    return Call(tree.span, Name(tree.span, function), tuple(map(_extent, tree.items)))


def _extent(item: Item) -> Node:
    text = written(item)
    return Number(item.span, text) if text.isdigit() else Name(item.span, identifier(text))


def _bound(items: Sequence[Item], scope: Scope) -> bool:
    return any(isinstance(item, Letter) and item.name in scope.bound for item in items)


def _is_index(item: Item, name: Name, scope: Scope) -> bool:
    """A letter that is bound; a number, below a symbol that is an array elsewhere."""
    if isinstance(item, Letter):
        return item.name in scope.bound
    return isinstance(item, Place | Pair) and name.stem in scope.whole and item.text != "0"


def _item(item: Item) -> Item:
    if isinstance(item, Letter):
        return item
    if isinstance(item, Place | Pair) and item.text.isdigit():
        return Place(item.span, item.text)
    fail("a subscript that is neither a letter nor a number", item)


# --- operators


def _power(tree: Power, scope: Scope) -> Node:
    base, exponent = tree.base, tree.exponent
    if symbol(base) == "e" and scope.euler:
        return Call(tree.span, Name(base.span, "exp"), (lowered(exponent, scope),))
    if symbol(exponent) == "circ":
        fail("this power is not understood", exponent)
    return Power(tree.span, lowered(base, scope), lowered(exponent, scope))


def _primed(tree: Primed, scope: Scope) -> Node:
    """A prime transposes, or its symbol is another one."""
    body, count = tree.body, tree.count
    if scope.transposing or not isinstance(body, Name | Indexed):
        made = lowered(body, scope)
        for _ in range(count):
            made = Transposed(tree.span, made)
        return made
    made = lowered(body, scope)
    if isinstance(made, Name):
        return replace(made, stem=made.stem + "_prime" * count, span=tree.span)
    if isinstance(made, Indexed) and isinstance(made.base, Name):
        return replace(made, base=replace(made.base, stem=made.base.stem + "_prime" * count))
    fail("a prime that is not understood", tree)


def _norm(tree: Norm, scope: Scope, order: str = "") -> Node:
    return Norm(tree.span, lowered(tree.body, scope), order)


# --- functions


def _function(tree: Function, scope: Scope) -> Node:
    """A function that everybody knows by its name."""
    if tree.name == "log" and (gamma := _gamma(tree.arguments[0])) is not None:
        inner = lowered(_unwrapped(gamma.arguments[0]), scope)
        return Call(tree.span, Name(tree.span, "lgamma"), (inner,), known=True)
    made = tuple(lowered(_unwrapped(argument), scope) for argument in tree.arguments)
    at = (tree.span[0], tree.span[0] + len(tree.name))
    return Call(tree.span, Name(at, canonical(tree.name)), made, tree.primes, known=True)


def _gamma(tree: Node) -> Call | None:
    """Γ(x), of which the tables have the logarithm."""
    return tree if isinstance(tree, Call) and symbol(tree.function) == "Gamma" else None


def canonical(name: str) -> str:
    """The name that the text language has for a function that documents write so."""
    row = scalars.WRITTEN.get(name) or arrays.WRITTEN.get(name)
    return row.name if row is not None else name


def _call(tree: Call, scope: Scope) -> Node:
    """A symbol applied to something: σ is the sigmoid, Γ and ψ are theirs, unless the formula defines them."""
    name = lowered(tree.function, replace(scope, euler=False))
    if not isinstance(name, Name):
        fail("a derivative of a function that is not given", tree)
    made = tuple(lowered(_unwrapped(argument), scope) for argument in tree.arguments)
    if name.stem in GREEK:
        meant = APPLIED.get(name.stem) if name.stem not in scope.defined else None
        if meant is None and name.stem in scalars.NAMED:
            hint = rf"\operatorname{{{name.stem}}}(…) is the one of that name"
            fail(f"there is no function \\{name.stem}", tree.function, hint)
        return Call(tree.span, replace(name, stem=meant or name.stem), made, tree.primes)
    return Call(tree.span, replace(name, stem=canonical(name.stem)), made, tree.primes)


APPLIED = {"sigma": "sigmoid", "Gamma": "gamma", "psi": "digamma"}
"""Functions that formulas write by a letter, where it is applied to something."""


def _unwrapped(tree: Node) -> Node:
    return tree.body if isinstance(tree, Group) else tree


def _big(tree: Big, scope: Scope) -> Node:
    letters = [binder.name for binder in tree.binders]
    if not letters:
        fail("what this runs over is not understood", tree)
    made = tuple(_binder(tree, binder, scope) for binder in tree.binders)
    beside = [
        x
        for x in _beside(tree.conditions)
        if x not in letters and x not in scope.bound and letters[-1] < x and x not in _CLASSES
    ]
    made += tuple(Binder((tree.span[0], tree.span[0] + 1 + k), x) for k, x in enumerate(beside))
    inner = scope.binding([*letters, *beside])
    return Big(tree.span, tree.operator, made, _conditions(tree.conditions, inner, tree), lowered(tree.body, inner))


_CLASSES = frozenset("cy")
"""Letters of the one class that a Σ leaves out, j ≠ y, and which it does not go over."""


def _binder(tree: Big, binder: Binder, scope: Scope) -> Binder:
    if any(bound is not None and symbol(bound) == ENDLESS for bound in (binder.low, binder.high)):
        fail("infinity", tree)
    low, high = (lowered(bound, scope) if bound is not None else None for bound in (binder.low, binder.high))
    return Binder(tree.span, binder.name, low, high)


def _beside(conditions: Sequence[Comparison]) -> list[str]:
    """The letters that stand on the other side of what a Σ runs over."""
    return [name for condition in conditions if len(name := symbol(condition.right)) == 1]


def _conditions(conditions: Sequence[Comparison], scope: Scope, tree: Node) -> tuple[Comparison, ...]:
    made = []
    for condition in conditions:
        if condition.relation in (":=", "to", "iff"):
            fail("this condition is not understood", tree)
        left, right = lowered(condition.left, scope), lowered(condition.right, scope)
        span = (condition.left.span[0], condition.right.span[1])
        made.append(Comparison(span, condition.relation, left, right))
    return tuple(made)


def _nabla(tree: Gradient | Hessian, scope: Scope) -> Node:
    if tree.wrt is None:
        fail("∇ without the variable it is taken in", tree, r"\nabla_x f")
    wrt = lowered(tree.wrt, scope)
    return Derivative(
        tree.span, "nabla", lowered(tree.body, scope), (wrt, wrt) if isinstance(tree, Hessian) else (wrt,)
    )


def _indicator(tree: Indicator, scope: Scope) -> Node:
    one, zero = Number(tree.span, "1"), Number(tree.span, "0")
    held = Case(tree.span, one, _conditions(tree.conditions, scope, tree))
    return Cases(tree.span, (held, Case(tree.span, zero, ())))


def _cases(tree: Cases, scope: Scope) -> Node:
    made = []
    for case in tree.cases:
        value = lowered(case.value, scope)
        made.append(Case(case.value.span, value, _conditions(case.conditions, scope, tree)))
    return Cases(tree.span, tuple(made))


def _number(tree: Number, scope: Scope) -> Node:
    number = Number(tree.span, tree.text.lstrip("-"))
    return Negative(tree.span, number) if tree.text.startswith("-") else number


def _same(tree: Node, scope: Scope) -> Node:
    """Kinds that every formula has: what stands below them is lowered."""
    return with_children(tree, [lowered(node, scope) for node in children(tree)])


def _unknown(tree: Node, scope: Scope) -> Node:
    return Unknown(tree.span, _UNKNOWN[type(tree)])


RULES: dict[type[Node], Callable[..., Node]] = {
    Number: _number, Name: _symbol, Indexed: _indexed, Power: _power, Primed: _primed, Norm: _norm,
    Function: _function, Call: _call, Big: _big, Gradient: _nabla, Hessian: _nabla, Indicator: _indicator,
    Cases: _cases, Negative: _same, Group: _same, Sum: _same, Product: _same, Quotient: _same, Transposed: _same,
    Bars: _same, Inner: _same, Root: _same, Derivative: _same, Differential: _same, Matrix: _same,
    **dict.fromkeys(_UNKNOWN, _unknown),
}  # fmt: skip
