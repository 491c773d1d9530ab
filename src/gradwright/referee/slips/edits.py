"""The changes people make by mistake, undone. Owns: for a side, every side that one small change makes of it, in words.

In the order in which they are likely; a kind of change is a row of ``KINDS``. Never: says whether a change helps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from gradwright.read.tree import Tree, alike, replaced, subtrees
from gradwright.referee.meaning.symbols import Symbols, symbol_key

Change = Iterator[tuple[str, Tree]]
_FACTORS = ("index", "fn", "sym", "derivative", "group", "big", "frac", "call", "T", "add", "pow")
_MOST_FACTORS = 18
_MOST_DIVISORS = 4
_MOST_NODES = 160


@dataclass(frozen=True)
class Edit:
    """A changed side: ``words`` say what was wrong with it; ``kind`` is a row of ``KINDS``."""

    words: str
    tree: Tree
    kind: str


@dataclass
class Scene:
    """What a side is seen beside: the document's text and symbols, and the other sides of its chain, nearest first."""

    text: str
    symbols: Symbols
    own: Tree
    others: Sequence[Tree]
    letters: list[str] = field(default_factory=list)

    def said(self, tree: Tree) -> str:
        shown = " ".join(self.text[tree.span[0] : tree.span[1]].split())
        return shown if len(shown) <= 60 else shown[:57] + "…"

    def around(self, node: Tree) -> str:
        start = max(0, self.text.rfind(" ", 0, node.span[0]) + 1, node.span[0] - 20)
        return " ".join(self.text[start : node.span[1] + 1].split())

    def rank(self, tree: Tree) -> int:
        return self.symbols.rank(symbol_key(self.symbols, tree)) if tree.kind in ("sym", "index") else 0


def edits(tree: Tree, text: str, symbols: Symbols, others: Sequence[Tree], kinds: Sequence[str] = ()) -> Iterator[Edit]:
    """Every side that one change makes of ``tree``, the likely ones first."""
    scene = Scene(text, symbols, tree, others)
    scene.letters = list(dict.fromkeys(str(n.parts[0]) for t in (tree, *others) for n in _letters(t)))
    nodes = list(subtrees(tree))[:_MOST_NODES]
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


def _letters(tree: Tree) -> Iterator[Tree]:
    return (n for n in subtrees(tree) if n.kind == "letter" and len(n.parts) == 1)


def times(*factors: Tree) -> Tree:
    return Tree("mul", (tuple(("juxt", f) for f in factors),), factors[0].span)


def _product(node: Tree, items: tuple[tuple[str, Tree], ...]) -> Tree:
    return node.with_parts(items) if len(items) > 1 else items[0][1]


def _number(text: str, near: Tree) -> Tree:
    return Tree("num", (text,), near.span)


# --- signs, transposes, numbers


def _sign_of_all(tree: Tree, scene: Scene) -> Change:
    if tree.kind == "neg":
        yield f"the minus before {scene.said(tree.parts[0])}", tree.parts[0]
    else:
        yield "the sign of the whole side", Tree("neg", (tree,), tree.span)


def _sign(node: Tree, scene: Scene) -> Change:
    if node.kind == "add":
        terms = node.parts[0]
        for k, (sign, term) in enumerate(terms):
            turned = (*terms[:k], ("-" if sign == "+" else "+", term), *terms[k + 1 :])
            yield f"the sign of {scene.said(term)}", node.with_parts(turned)
    elif node.kind == "neg":
        yield f"the minus before {scene.said(node.parts[0])}", node.parts[0]
    elif node.kind in ("fn", "call") and len(node.parts[1]) == 1:
        name, (inner,), primes = node.parts
        yield f"the sign of the argument of {scene.said(node)}", node.with_parts(name, (_negated(inner),), primes)
    elif node.kind == "pow" and node.parts[1].kind != "num":
        base, inner = node.parts
        yield f"the sign of the exponent of {scene.said(node)}", node.with_parts(base, _negated(inner))


def _negated(tree: Tree) -> Tree:
    inner = tree.parts[0] if tree.kind == "neg" else None
    return inner if isinstance(inner, Tree) else Tree("neg", (tree,), tree.span)


def _transpose(node: Tree, scene: Scene) -> Change:
    if node.kind == "T":
        yield f"the transpose of {scene.said(node.parts[0])} is one too many", node.parts[0]
    elif node.kind == "sym" and (scene.rank(node) or node.parts[1] == "bold"):
        yield f"a transpose is missing on {scene.said(node)}", Tree("T", (node,), node.span)
    elif node.kind == "mul":
        items = node.parts[0]
        for k, (op, item) in enumerate(items):
            if item.kind in ("group", "derivative", "nabla", "pow", "fn"):
                turned = (*items[:k], (op, Tree("T", (item,), item.span)), *items[k + 1 :])
                yield f"a transpose is missing on {scene.said(item)}", node.with_parts(turned)


def _transpose_of_all(tree: Tree, scene: Scene) -> Change:
    yield "the whole side is transposed", Tree("T", (Tree("group", (tree,), tree.span),), tree.span)


def _numbers(scene: Scene, near: Tree) -> Iterator[tuple[str, Tree]]:
    for number, said in (("2", "2"), ("0.5", "½")):
        yield said, _number(number, near)
    for name in sorted(scene.symbols.extents)[:3]:
        size = Tree("sym", (name, ""), near.span)
        yield name, size
        yield f"1/{name}", Tree("frac", (_number("1", near), size), near.span)


def _number_too_many(node: Tree, scene: Scene) -> Change:
    if node.kind == "mul":
        items = node.parts[0]
        for k, (_, item) in enumerate(items):
            kept = (*items[:k], *items[k + 1 :])
            if all(n.kind in ("num", "frac", "group") for n in subtrees(item)):
                yield f"the factor {scene.said(item)} is one too many", _product(node, kept)


def _factor_of_all(tree: Tree, scene: Scene) -> Change:
    for said, number in _numbers(scene, tree):
        yield f"a factor {said} is missing", times(number, Tree("group", (tree,), tree.span))


def _factor(node: Tree, scene: Scene) -> Change:
    if node.kind == "add":
        terms = node.parts[0]
        for k, (sign, term) in enumerate(terms):
            for said, number in _numbers(scene, term):
                grown = (*terms[:k], (sign, times(number, term)), *terms[k + 1 :])
                yield f"a factor {said} is missing in {scene.said(term)}", node.with_parts(grown)


# --- indices and sums


def _index(node: Tree, scene: Scene) -> Change:
    if node.kind == "letter" and len(node.parts) == 1:
        for letter in scene.letters:
            if letter != node.parts[0]:
                yield f"the index {node.parts[0]} in place of {letter} in {scene.around(node)}", node.with_parts(letter)


def _indices(tree: Tree, scene: Scene) -> Change:
    """One letter for another throughout, or two of them exchanged."""
    own = list(dict.fromkeys(str(n.parts[0]) for n in _letters(tree)))
    for k, one in enumerate(own):
        for other in scene.letters:
            if other in own[k + 1 :]:
                yield f"the indices {one} and {other} are exchanged", _relettered(tree, {one: other, other: one})
    for one in own:
        for other in scene.letters:
            if other != one:
                yield f"the index {one} in place of {other}, throughout", _relettered(tree, {one: other})


def _relettered(tree: Tree, names: dict[str, str]) -> Tree:
    for node in list(_letters(tree)):
        if str(node.parts[0]) in names:
            tree = replaced(tree, node, node.with_parts(names[str(node.parts[0])]))
    return tree


def _sum(node: Tree, scene: Scene) -> Change:
    if node.kind != "big":
        return
    op, binders, conditions, body = node.parts
    sign = "product" if op == "prod" else "sum"
    if len(binders) == 1:
        letter, lower, upper = (*binders[0], None, None)[:3]
        if not conditions:
            for outer in scene.letters:
                if outer != letter:
                    a, b = (Tree("sym", (x, ""), node.span) for x in (letter, outer))
                    yield (f"the {sign} should leave out {letter} = {outer}",
                           node.with_parts(op, binders, (("!=", a, b),), body))  # fmt: skip
        for other in scene.letters:
            if other != letter:
                yield (
                    f"the {sign} runs over {letter} in place of {other}",
                    node.with_parts(op, ((other, lower, upper),), conditions, body),
                )
    if conditions:
        yield f"the {sign} leaves out what it should hold", node.with_parts(op, binders, (), body)
        turned = tuple(("=" if c == "!=" else "!=" if c == "=" else c, a, b) for c, a, b in conditions)
        if turned != conditions:
            yield f"the wrong condition under the {sign}", node.with_parts(op, binders, turned, body)
    yield f"the {sign} before {scene.said(body)} is one too many", body


def _missing_sum(node: Tree, scene: Scene) -> Change:
    if node.kind not in ("mul", "index", "fn", "frac", "pow", "derivative"):
        return
    for letter in dict.fromkeys(str(n.parts[0]) for n in _letters(node)):
        yield (
            f"a sum over {letter} is missing before {scene.said(node)}",
            Tree("big", ("sum", ((letter, None, None),), (), node), node.span),
        )


def _cases(node: Tree, scene: Scene) -> Change:
    if node.kind == "cases" and len(node.parts[0]) == 2:
        (one, first), (two, second) = node.parts[0]
        yield "the cases are exchanged", node.with_parts(((two, first), (one, second)))


# --- powers, functions, fractions


def _power(node: Tree, scene: Scene) -> Change:
    if node.kind == "pow":
        base, exponent = node.parts
        if exponent.kind in ("num", "neg", "group"):
            what = "the inverse" if scene.text[slice(*exponent.span)].strip("{} ").startswith("-") else "the exponent"
            yield f"{what} of {scene.said(base)} is one too many", base
        if exponent.kind == "num" and str(exponent.parts[0]).isdigit() and len(str(exponent.parts[0])) == 1:
            for other in (int(exponent.parts[0]) - 1, int(exponent.parts[0]) + 1):
                if other > 1:
                    yield (f"the exponent {exponent.parts[0]} in place of {other}",
                           node.with_parts(base, _number(str(other), exponent)))  # fmt: skip
    elif node.kind in ("sym", "index", "fn", "group", "bars", "big", "call"):
        if scene.rank(node) == 2 and node.kind == "sym":
            yield f"an inverse is missing on {scene.said(node)}", Tree("pow", (node, _number("-1", node)), node.span)
            return
        yield f"a square is missing on {scene.said(node)}", Tree("pow", (node, _number("2", node)), node.span)
    elif node.kind == "root":
        yield f"the root of {scene.said(node.parts[0])} is one too many", node.parts[0]


def _function(node: Tree, scene: Scene) -> Change:
    if node.kind == "fn" and len(node.parts[1]) == 1:
        yield f"{node.parts[0]} is one too many before {scene.said(node.parts[1][0])}", node.parts[1][0]
    if node.kind == "pow" and node.parts[0].kind == "sym" and node.parts[0].parts[0] == "e":
        yield f"exp is one too many before {scene.said(node.parts[1])}", node.parts[1]
    used = dict.fromkeys(str(n.parts[0]) for t in scene.others for n in subtrees(t) if n.kind == "fn")
    if any(n.kind == "pow" and n.parts[0].kind == "sym" and n.parts[0].parts[0] == "e"
           for t in scene.others for n in subtrees(t)):  # fmt: skip
        used["exp"] = None
    if node.kind in ("index", "sym", "big", "group"):
        for name in list(used)[:3]:
            yield f"{name} is missing before {scene.said(node)}", Tree("fn", (name, (node,), 0), node.span)


def _fraction(node: Tree, scene: Scene) -> Change:
    if node.kind == "frac":
        top, bottom = node.parts
        yield f"{scene.said(node)} is upside down", node.with_parts(bottom, top)
        yield f"the denominator {scene.said(bottom)} is one too many", top
    elif node.kind == "index" or (node.kind == "sym" and not scene.rank(node) and len(str(node.parts[0])) == 1):
        yield f"{scene.said(node)} is upside down", Tree("frac", (_number("1", node), node), node.span)


def _derivative(node: Tree, scene: Scene) -> Change:
    if node.kind == "derivative" and node.parts[2] is not None and len(node.parts[3]) == 1:
        kind, order, body, (wrt,), note = node.parts
        if body.kind in ("sym", "index"):
            yield f"{scene.said(node)} is upside down", node.with_parts(kind, order, wrt, (body,), note)


# --- what is one too many, in the wrong order, another symbol


def _superfluous(node: Tree, scene: Scene) -> Change:
    if node.kind == "add":
        terms = node.parts[0]
        for k, (_, term) in enumerate(terms):
            rest = (*terms[:k], *terms[k + 1 :])
            if len(rest) > 1 or rest[0][0] == "-":
                yield f"the term {scene.said(term)} is one too many", node.with_parts(rest)
            else:
                yield f"the term {scene.said(term)} is one too many", rest[0][1]
    elif node.kind == "mul":
        items = node.parts[0]
        for k, (_, item) in enumerate(items):
            kept = (*items[:k], *items[k + 1 :])
            yield f"the factor {scene.said(item)} is one too many", _product(node, kept)


def _order(node: Tree, scene: Scene) -> Change:
    if node.kind != "mul":
        return
    items = node.parts[0]
    for k in range(len(items) - 1):
        one, two = items[k], items[k + 1]
        turned = (*items[:k], (one[0], two[1]), (two[0], one[1]), *items[k + 2 :])
        yield f"{scene.said(one[1])} and {scene.said(two[1])} in the wrong order", node.with_parts(turned)


def _symbol(node: Tree, scene: Scene) -> Change:
    if node.kind == "num":
        for digit in ("0", "1", "2", "3"):
            if digit != node.parts[0]:
                yield f"the number {node.parts[0]} in place of {digit}", _number(digit, node)
    if node.kind != "sym":
        return
    names: dict[tuple[str, str], None] = {}
    for tree in scene.others:
        for other in subtrees(tree):
            if other.kind == "sym":
                names[str(other.parts[0]), str(other.parts[1])] = None
    for name, style in list(names)[:10]:
        if (name, style) != node.parts:
            yield f"{scene.said(node)} in place of {_plain(name)}", node.with_parts(name, style)


def _plain(name: str) -> str:
    return name if len(name) == 1 or " " in name or "^" in name else "\\" + name


# --- what is missing


def _missing(node: Tree, scene: Scene) -> Change:
    """A factor or a divisor of another side that one term has lost."""
    if node.kind == "add":
        terms = node.parts[0]
        for k, (sign, term) in enumerate(terms):
            for words, grown in _grown(term, scene):
                yield f"{words} in {scene.said(term)}", node.with_parts((*terms[:k], (sign, grown), *terms[k + 1 :]))
    elif node.kind == "big":
        op, binders, conditions, body = node.parts
        if body.kind not in ("add", "big"):
            for words, grown in _grown(body, scene):
                yield f"{words} in {scene.said(body)}", node.with_parts(op, binders, conditions, grown)


def _missing_in_all(tree: Tree, scene: Scene) -> Change:
    if tree.kind != "add":
        yield from _grown(tree, scene)


def _grown(term: Tree, scene: Scene) -> Change:
    """Times or over what stands in this side or another, the simplest first."""
    factors: dict[str, Tree] = {}
    divisors: dict[str, Tree] = {}
    near = [n for tree in (scene.own, *scene.others) for n in subtrees(tree)]
    for simple in (True, False):
        for node in near:
            if node.kind in _FACTORS and simple == (node.kind in ("index", "sym")) and len(factors) < _MOST_FACTORS:
                factors.setdefault(scene.said(node), node)
    for node in near:
        if node.kind == "frac" and len(divisors) < _MOST_DIVISORS:
            divisors.setdefault(scene.said(node.parts[1]), node.parts[1])
    for said, factor in factors.items():
        if any(alike(factor, other) for other in scene.others[:1]):
            continue  # 1 is not a slip for just anything
        yield f"the factor {said} is missing", times(term, factor)
        if scene.rank(factor) or factor.kind in ("T", "derivative"):
            yield f"the factor {said} is missing", times(factor, term)
    for said, divisor in divisors.items():
        yield f"the denominator {said} is missing", Tree("frac", (term, divisor), term.span)


def _missing_term(node: Tree, scene: Scene) -> Change:
    """A term of another side, or half of a sum, that is not there."""
    if node.kind in ("letter", "num", "place", "label"):
        return
    terms: dict[str, Tree] = {}
    for tree in scene.others:
        for other in subtrees(tree):
            if other.kind == "add":
                for _, term in other.parts[0]:
                    terms.setdefault(scene.said(term), term)
            elif other is not tree and other.kind in ("neg", "big"):
                inner = other.parts[0] if other.kind == "neg" else other
                terms.setdefault(scene.said(inner), inner)
    if node.kind == "add":
        own, old = node.parts[0], node.parts[0][0][1]
    elif node.kind in ("neg", "mul", "big", "group", "index", "frac", "sym", "fn", "pow"):
        own, old = (("+", node),), node
    else:
        return
    for said, term in list(terms.items())[:_MOST_FACTORS]:
        if not alike(term, old):
            for sign, shown in (("+", "+"), ("-", "−")):
                yield f"the term {shown} {said} is missing", Tree("add", ((*own, (sign, term)),), node.span)


Rule = Callable[[Tree, Scene], Change]
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
