"""The changes people make by mistake, undone. Owns: for a side, every side that one small change makes of it, in words.

In the order in which they are likely; a kind of change is a row of ``KINDS``. Never: says whether a change helps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import field, replace
from typing import Literal

from gradwright.core.record import dataclass
from gradwright.read.latex.nodes import Function, Gradient
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
    Label,
    Letter,
    Name,
    Negative,
    Node,
    Number,
    Place,
    Power,
    Product,
    Quotient,
    Root,
    Sum,
    Transposed,
    alike,
    replaced,
    walk,
)
from gradwright.referee.meaning.symbols import Symbols, symbol_key

Change = Iterator[tuple[str, Node]]
_FACTORS = (Indexed, Function, Name, Derivative, Group, Big, Quotient, Call, Transposed, Sum, Power)
_MOST_FACTORS = 18
_MOST_DIVISORS = 4
_MOST_NODES = 160


@dataclass(frozen=True)
class Edit:
    """A changed side: ``words`` say what was wrong with it; ``kind`` is a row of ``KINDS``."""

    words: str
    tree: Node
    kind: str


@dataclass
class Scene:
    """What a side is seen beside: the document's text and symbols, and the other sides of its chain, nearest first."""

    text: str
    symbols: Symbols
    own: Node
    others: Sequence[Node]
    letters: list[str] = field(default_factory=list)

    def said(self, tree: Node) -> str:
        shown = " ".join(self.text[tree.span[0] : tree.span[1]].split())
        return shown if len(shown) <= 60 else shown[:57] + "…"

    def around(self, node: Node) -> str:
        start = max(0, self.text.rfind(" ", 0, node.span[0]) + 1, node.span[0] - 20)
        return " ".join(self.text[start : node.span[1] + 1].split())

    def rank(self, tree: Node) -> int:
        return self.symbols.rank(symbol_key(self.symbols, tree)) if isinstance(tree, Name | Indexed) else 0


def edits(tree: Node, text: str, symbols: Symbols, others: Sequence[Node], kinds: Sequence[str] = ()) -> Iterator[Edit]:
    """Every side that one change makes of ``tree``, the likely ones first."""
    scene = Scene(text, symbols, tree, others)
    scene.letters = list(dict.fromkeys(n.name for t in (tree, *others) for n in _letters(t)))
    nodes = [n for n in walk(tree) if not isinstance(n, Binder | Comparison | Case)][:_MOST_NODES]
    for kind, whole, part in KINDS:
        if kinds and kind not in kinds:
            continue
        if whole is not None:
            for words, changed in whole(tree, scene):
                yield Edit(words, changed, kind)
        for node in nodes if part is not None else ():
            assert part is not None
            for words, changed in part(node, scene):
                yield Edit(words, replaced(tree, node, changed), kind)


def _letters(tree: Node) -> Iterator[Letter]:
    return (n for n in walk(tree) if isinstance(n, Letter) and not n.sample)


def times(*factors: Node) -> Node:
    return Product(factors[0].span, tuple((" ", f) for f in factors))


def _without(node: Product, k: int) -> Node:
    """The product without one of its factors."""
    kept = (*node.factors[:k], *node.factors[k + 1 :])
    return replace(node, factors=kept) if len(kept) > 1 else kept[0][1]


def _number(text: str, near: Node) -> Node:
    return Number(near.span, text)


# --- signs, transposes, numbers


def _sign_of_all(tree: Node, scene: Scene) -> Change:
    if isinstance(tree, Negative):
        yield f"the minus before {scene.said(tree.body)}", tree.body
    else:
        yield "the sign of the whole side", Negative(tree.span, tree)


def _sign(node: Node, scene: Scene) -> Change:
    if isinstance(node, Sum):
        terms = node.terms
        for k, (sign, term) in enumerate(terms):
            turned = (*terms[:k], ("-" if sign == "+" else "+", term), *terms[k + 1 :])
            yield f"the sign of {scene.said(term)}", Sum(node.span, turned)
    elif isinstance(node, Negative):
        yield f"the minus before {scene.said(node.body)}", node.body
    elif isinstance(node, Function | Call) and len(node.arguments) == 1:
        turned_argument = replace(node, arguments=(_negated(node.arguments[0]),))
        yield f"the sign of the argument of {scene.said(node)}", turned_argument
    elif isinstance(node, Power) and not isinstance(node.exponent, Number):
        yield f"the sign of the exponent of {scene.said(node)}", replace(node, exponent=_negated(node.exponent))


def _negated(tree: Node) -> Node:
    return tree.body if isinstance(tree, Negative) else Negative(tree.span, tree)


def _transpose(node: Node, scene: Scene) -> Change:
    if isinstance(node, Transposed):
        yield f"the transpose of {scene.said(node.body)} is one too many", node.body
    elif isinstance(node, Name) and (scene.rank(node) or node.font == "bold"):
        yield f"a transpose is missing on {scene.said(node)}", Transposed(node.span, node)
    elif isinstance(node, Product):
        items = node.factors
        for k, (op, item) in enumerate(items):
            if isinstance(item, Group | Derivative | Gradient | Power | Function):
                turned = (*items[:k], (op, Transposed(item.span, item)), *items[k + 1 :])
                yield f"a transpose is missing on {scene.said(item)}", replace(node, factors=turned)


def _transpose_of_all(tree: Node, scene: Scene) -> Change:
    yield "the whole side is transposed", Transposed(tree.span, Group(tree.span, tree))


def _numbers(scene: Scene, near: Node) -> Iterator[tuple[str, Node]]:
    for number, said in (("2", "2"), ("0.5", "½")):
        yield said, _number(number, near)
    for name in sorted(scene.symbols.shapes.extents)[:3]:
        size = Name(near.span, name)
        yield name, size
        yield f"1/{name}", Quotient(near.span, _number("1", near), size)


def _number_too_many(node: Node, scene: Scene) -> Change:
    if isinstance(node, Product):
        for k, (_, item) in enumerate(node.factors):
            if all(isinstance(n, Number | Quotient | Group) for n in walk(item)):
                yield f"the factor {scene.said(item)} is one too many", _without(node, k)


def _factor_of_all(tree: Node, scene: Scene) -> Change:
    for said, number in _numbers(scene, tree):
        yield f"a factor {said} is missing", times(number, Group(tree.span, tree))


def _factor(node: Node, scene: Scene) -> Change:
    if isinstance(node, Sum):
        terms = node.terms
        for k, (sign, term) in enumerate(terms):
            for said, number in _numbers(scene, term):
                grown = (*terms[:k], (sign, times(number, term)), *terms[k + 1 :])
                yield f"a factor {said} is missing in {scene.said(term)}", replace(node, terms=grown)


# --- indices and sums


def _index(node: Node, scene: Scene) -> Change:
    if isinstance(node, Letter) and not node.sample:
        for letter in scene.letters:
            if letter != node.name:
                changed = replace(node, name=letter)
                yield f"the index {node.name} in place of {letter} in {scene.around(node)}", changed


def _indices(tree: Node, scene: Scene) -> Change:
    """One letter for another throughout, or two of them exchanged."""
    own = list(dict.fromkeys(n.name for n in _letters(tree)))
    for k, one in enumerate(own):
        for other in scene.letters:
            if other in own[k + 1 :]:
                yield f"the indices {one} and {other} are exchanged", _relettered(tree, {one: other, other: one})
    for one in own:
        for other in scene.letters:
            if other != one:
                yield f"the index {one} in place of {other}, throughout", _relettered(tree, {one: other})


def _relettered(tree: Node, names: dict[str, str]) -> Node:
    for node in list(_letters(tree)):
        if node.name in names:
            tree = replaced(tree, node, replace(node, name=names[node.name]))
    return tree


def _sum(node: Node, scene: Scene) -> Change:
    if not isinstance(node, Big):
        return
    sign = "product" if node.operator == "prod" else "sum"
    if len(node.binders) == 1:
        (binder,) = node.binders
        others = [letter for letter in scene.letters if letter != binder.name]
        for other in others if not node.conditions else ():
            apart = Comparison(node.span, "!=", Name(node.span, binder.name), Name(node.span, other))
            yield f"the {sign} should leave out {binder.name} = {other}", replace(node, conditions=(apart,))
        for other in others:
            over = replace(node, binders=(replace(binder, name=other),))
            yield f"the {sign} runs over {binder.name} in place of {other}", over
    if node.conditions:
        yield f"the {sign} leaves out what it should hold", replace(node, conditions=())
        turned = tuple(_turned(condition) for condition in node.conditions)
        if any(condition.relation in ("=", "!=") for condition in node.conditions):
            yield f"the wrong condition under the {sign}", replace(node, conditions=turned)
    yield f"the {sign} before {scene.said(node.body)} is one too many", node.body


def _turned(condition: Comparison) -> Comparison:
    """= for ≠, and ≠ for =."""
    if condition.relation == "=":
        return replace(condition, relation="!=")
    return replace(condition, relation="=") if condition.relation == "!=" else condition


def _missing_sum(node: Node, scene: Scene) -> Change:
    if not isinstance(node, Product | Indexed | Function | Quotient | Power | Derivative):
        return
    for letter in dict.fromkeys(n.name for n in _letters(node)):
        yield (
            f"a sum over {letter} is missing before {scene.said(node)}",
            Big(node.span, "sum", (Binder(node.span, letter),), (), node),
        )


def _cases(node: Node, scene: Scene) -> Change:
    if isinstance(node, Cases) and len(node.cases) == 2:
        one, two = node.cases
        exchanged = replace(one, value=two.value), replace(two, value=one.value)
        yield "the cases are exchanged", Cases(node.span, exchanged)


# --- powers, functions, fractions


def _power(node: Node, scene: Scene) -> Change:
    if isinstance(node, Power):
        base, exponent = node.base, node.exponent
        if isinstance(exponent, Number | Negative | Group):
            what = "the inverse" if scene.text[slice(*exponent.span)].strip("{} ").startswith("-") else "the exponent"
            yield f"{what} of {scene.said(base)} is one too many", base
        if isinstance(exponent, Number) and exponent.text.isdigit() and len(exponent.text) == 1:
            for other in (int(exponent.text) - 1, int(exponent.text) + 1):
                if other > 1:
                    yield (f"the exponent {exponent.text} in place of {other}",
                           replace(node, exponent=_number(str(other), exponent)))  # fmt: skip
    elif isinstance(node, Name | Indexed | Function | Group | Bars | Big | Call):
        if scene.rank(node) == 2 and isinstance(node, Name):
            yield f"an inverse is missing on {scene.said(node)}", Power(node.span, node, _number("-1", node))
            return
        yield f"a square is missing on {scene.said(node)}", Power(node.span, node, _number("2", node))
    elif isinstance(node, Root):
        yield f"the root of {scene.said(node.body)} is one too many", node.body


def _function(node: Node, scene: Scene) -> Change:
    if isinstance(node, Function) and len(node.arguments) == 1:
        yield f"{node.name} is one too many before {scene.said(node.arguments[0])}", node.arguments[0]
    if isinstance(node, Power) and isinstance(node.base, Name) and node.base.stem == "e":
        yield f"exp is one too many before {scene.said(node.exponent)}", node.exponent
    used = dict.fromkeys(n.name for t in scene.others for n in walk(t) if isinstance(n, Function))
    if any(isinstance(n, Power) and isinstance(n.base, Name) and n.base.stem == "e"
           for t in scene.others for n in walk(t)):  # fmt: skip
        used["exp"] = None
    if isinstance(node, Indexed | Name | Big | Group):
        for name in list(used)[:3]:
            yield f"{name} is missing before {scene.said(node)}", Function(node.span, name, (node,))


def _fraction(node: Node, scene: Scene) -> Change:
    if isinstance(node, Quotient):
        top, bottom = node.top, node.bottom
        yield f"{scene.said(node)} is upside down", Quotient(node.span, bottom, top)
        yield f"the denominator {scene.said(bottom)} is one too many", top
    elif isinstance(node, Indexed) or (isinstance(node, Name) and not scene.rank(node) and len(node.stem) == 1):
        yield f"{scene.said(node)} is upside down", Quotient(node.span, _number("1", node), node)


def _derivative(node: Node, scene: Scene) -> Change:
    if isinstance(node, Derivative) and node.body is not None and len(node.wrt) == 1:
        body, (wrt,) = node.body, node.wrt
        if isinstance(body, Name | Indexed):
            yield f"{scene.said(node)} is upside down", replace(node, body=wrt, wrt=(body,))


# --- what is one too many, in the wrong order, another symbol


def _superfluous(node: Node, scene: Scene) -> Change:
    if isinstance(node, Sum):
        terms = node.terms
        for k, (_, term) in enumerate(terms):
            rest = (*terms[:k], *terms[k + 1 :])
            if len(rest) > 1 or rest[0][0] == "-":
                yield f"the term {scene.said(term)} is one too many", replace(node, terms=rest)
            else:
                yield f"the term {scene.said(term)} is one too many", rest[0][1]
    elif isinstance(node, Product):
        for k, (_, item) in enumerate(node.factors):
            yield f"the factor {scene.said(item)} is one too many", _without(node, k)


def _order(node: Node, scene: Scene) -> Change:
    if not isinstance(node, Product):
        return
    items = node.factors
    for k in range(len(items) - 1):
        one, two = items[k], items[k + 1]
        turned = (*items[:k], (one[0], two[1]), (two[0], one[1]), *items[k + 2 :])
        yield f"{scene.said(one[1])} and {scene.said(two[1])} in the wrong order", replace(node, factors=turned)


def _symbol(node: Node, scene: Scene) -> Change:
    if isinstance(node, Number):
        raised = any(isinstance(n, Power) and n.exponent is node for n in walk(scene.own))
        for digit in ("1", "2", "3") if raised else ("0", "1", "2", "3"):  # x⁰ is no mend of x²
            if digit != node.text:
                yield f"the number {node.text} in place of {digit}", _number(digit, node)
    if not isinstance(node, Name):
        return
    names: dict[tuple[str, Font], None] = {}
    for tree in scene.others:
        for other in walk(tree):
            if isinstance(other, Name):
                names[other.stem, other.font] = None
    for name, style in list(names)[:10]:
        if (name, style) != (node.stem, node.font):
            yield f"{scene.said(node)} in place of {_plain(name)}", Name(node.span, name, style)


def _plain(name: str) -> str:
    return name if len(name) == 1 or " " in name or "^" in name else "\\" + name


# --- what is missing


def _missing(node: Node, scene: Scene) -> Change:
    """A factor or a divisor of another side that one term has lost."""
    if isinstance(node, Sum):
        terms = node.terms
        for k, (sign, term) in enumerate(terms):
            for words, grown in _grown(term, scene):
                yield (
                    f"{words} in {scene.said(term)}",
                    replace(node, terms=(*terms[:k], (sign, grown), *terms[k + 1 :])),
                )
    elif isinstance(node, Big):
        body = node.body
        if not isinstance(body, Sum | Big):
            for words, grown in _grown(body, scene):
                yield f"{words} in {scene.said(body)}", replace(node, body=grown)


def _missing_in_all(tree: Node, scene: Scene) -> Change:
    if not isinstance(tree, Sum):
        yield from _grown(tree, scene)


def _grown(term: Node, scene: Scene) -> Change:
    """Times or over what stands in this side or another, the simplest first."""
    factors: dict[str, Node] = {}
    divisors: dict[str, Node] = {}
    near = [n for tree in (scene.own, *scene.others) for n in walk(tree)]
    for simple in (True, False):
        for node in near:
            if (
                isinstance(node, _FACTORS)
                and simple == (isinstance(node, Indexed | Name))
                and len(factors) < _MOST_FACTORS
            ):
                factors.setdefault(scene.said(node), node)
    for node in near:
        if isinstance(node, Quotient) and len(divisors) < _MOST_DIVISORS:
            divisors.setdefault(scene.said(node.bottom), node.bottom)
    for said, factor in factors.items():
        if any(alike(factor, other) for other in scene.others[:1]):
            continue  # 1 is not a slip for just anything
        yield f"the factor {said} is missing", times(term, factor)
        if scene.rank(factor) or isinstance(factor, Transposed | Derivative):
            yield f"the factor {said} is missing", times(factor, term)
    for said, divisor in divisors.items():
        yield f"the denominator {said} is missing", Quotient(term.span, term, divisor)


def _missing_term(node: Node, scene: Scene) -> Change:
    """A term of another side, or half of a sum, that is not there."""
    if isinstance(node, Letter | Number | Place | Label):
        return
    terms: dict[str, Node] = {}
    for tree in scene.others:
        for other in walk(tree):
            if isinstance(other, Sum):
                for _, term in other.terms:
                    terms.setdefault(scene.said(term), term)
            elif other is not tree and isinstance(other, Negative | Big):
                inner = other.body if isinstance(other, Negative) else other
                terms.setdefault(scene.said(inner), inner)
    if not isinstance(node, Sum | Negative | Product | Big | Group | Indexed | Quotient | Name | Function | Power):
        return
    own: tuple[tuple[Literal["+", "-"], Node], ...] = node.terms if isinstance(node, Sum) else (("+", node),)
    for said, term in list(terms.items())[:_MOST_FACTORS]:
        if not alike(term, own[0][1]):
            yield f"the term + {said} is missing", Sum(node.span, (*own, ("+", term)))
            yield f"the term − {said} is missing", Sum(node.span, (*own, ("-", term)))


Rule = Callable[[Node, Scene], Change]
KINDS: tuple[tuple[str, Rule | None, Rule | None], ...] = (
    ("sign", _sign_of_all, _sign),
    ("transpose", None, _transpose),
    ("number too many", None, _number_too_many),
    ("number", _factor_of_all, _factor),
    ("index", None, _index),
    ("sum", None, _sum),
    ("cases", None, _cases),
    ("order", None, _order),
    ("power", None, _power),
    ("function", None, _function),
    ("fraction", None, _fraction),
    ("derivative", None, _derivative),
    ("superfluous", None, _superfluous),
    ("missing", _missing_in_all, _missing),
    ("indices", _indices, None),
    ("missing sum", None, _missing_sum),
    ("symbol", None, _symbol),
    ("whole transpose", _transpose_of_all, None),
    ("missing term", None, _missing_term),
)  # fmt: skip
"""What can be wrong, in the order in which it is tried: a change of the whole side, and one of any part of it."""
