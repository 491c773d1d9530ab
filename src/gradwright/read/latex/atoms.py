"""Atoms. Owns: symbols, groups, fractions, derivatives, bars, ∇. Never: sums."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from gradwright.read.latex.cursor import Cursor, Mark, derivative_marks, font_of, is_mark, shown, strip_mark
from gradwright.read.latex.environments import environment
from gradwright.read.latex.grammar import ACCENTS, GREEK, UNKNOWABLE, is_symbol
from gradwright.read.latex.nodes import Braces, Factorial, Function, Gradient, Hessian, Vector
from gradwright.read.latex.rows import levels, relation
from gradwright.read.latex.runs import listed
from gradwright.read.latex.scripts import called, scripted
from gradwright.read.latex.tokens import Token, closed_after
from gradwright.read.syntax import (
    Bars,
    Call,
    Derivative,
    Group,
    Indexed,
    Inner,
    Name,
    Node,
    Norm,
    Number,
    Power,
    Product,
    Quotient,
    Sum,
    Transposed,
)


def atom(c: Cursor) -> Node:
    token = c.peek()
    if token is None:
        c.fail("something is missing here")
    start, text = token.start, token.text
    if token.kind == "number":
        c.take()
        return c.made(Number, start, text)
    if token.kind == "open" or (token.kind == "op" and text in "([{"):
        return group(c)
    if token.kind == "begin":
        return environment(c)
    if (token.kind == "op" and text == "|") or (token.kind == "cmd" and text in ("|", "vert")):
        return barred(c)
    if token.kind in ("letter", "word"):
        c.take()
        return letter_or_word(c, token)
    if token.kind == "cmd":
        return command(c, token)
    c.fail(f"{shown(token)} is not understood here")


def letter_or_word(c: Cursor, token: Token) -> Node:
    if token.kind == "word":
        if not token.text.replace("-", "").replace("_", "").isalnum():
            c.fail(f"the words “{token.text.strip()[:40]}” stand inside the formula", token)
        return called(c, c.made(Name, token.start, token.text, "roman"))
    if token.style == "bb":
        if token.text == "E" or token.text == "P":
            c.fail("an expectation or a probability", token)
        if token.text == "1":
            return c.made(Name, token.start, "1", "")
        if token.text in _SETS:
            c.fail(f"the set {token.text}", token)
        if token.text != "I":  # the entropy ℍ(X), the Hessian ℍ
            return called(c, c.made(Name, token.start, token.text, "cal" if c.opens(c.after_scripts(0)) else "bold"))
    return called(c, c.made(Name, token.start, token.text, font_of(token)))


_SETS = frozenset("CNQRZ")
"""Sets of numbers; other letters in this font are symbols."""


def command(c: Cursor, token: Token) -> Node:
    start, text = token.start, token.text
    if text in UNKNOWABLE or text in _WITHOUT_MEANING:
        c.fail(UNKNOWABLE.get(text) or _WITHOUT_MEANING[text])
    if text == "langle":
        return inner_product(c, start)
    if text in _HELD_OPEN and (c.text(1) in _AFTER_OPEN or c.peek(1) is None):
        c.take()
        return c.made(Name, start, "·")
    if text == "begin":
        return environment(c)
    if text not in _OF_ONE and text not in ACCENTS and text not in GREEK and text not in _OF_TWO:
        if text in c.grammar.functions and text not in _OPERATORS:
            c.take()
            return called(c, c.made(Name, start, text, "roman"))
        c.fail(f"\\{text} is not known: give the file that defines it as --macros FILE")
    c.take()
    if text in _OF_TWO:
        return _OF_TWO[text](c, start)
    if text in ACCENTS or (text == "Delta" and c.grammar.letters.steps and _before_symbol(c)):
        return accented(c, text, start)
    if text in GREEK:
        return called(c, c.made(Name, start, text, "bold" if token.style == "bold" else ""))
    return _OF_ONE[text](c, start, script_tree(c))


def _before_symbol(c: Cursor) -> bool:
    return c.kind() in ("letter", "open") or c.text() in GREEK


def _inverse(c: Cursor, start: int, body: Node) -> Node:
    return c.made(Power, start, body, Number((start, start + 1), "-1"))


_OF_ONE: dict[str, Callable[[Cursor, int, Node], Node]] = {
    **dict.fromkeys(("transpose", "trans", "tp"), lambda c, start, body: c.made(Transposed, start, body)),
    **dict.fromkeys(("inv", "inverse"), _inverse),
    "norm": lambda c, start, body: c.made(Norm, start, body), "abs": lambda c, start, body: c.made(Bars, start, body),
}  # fmt: skip
_HELD_OPEN = ("cdot", "bullet")
_AFTER_OPEN = (",", ";", ")", "]", "|", "mid", "vert")
"""What stands after the dot of k(·, x), which holds an argument's place."""
_WITHOUT_MEANING = {
    "mathbb": "a set", "mathbf": "a set", "lfloor": "rounding", "lceil": "rounding",
    **dict.fromkeys(("mathbf1", "Ind", "I", "one", "ones"), "an indicator in a form that is not understood"),
}  # fmt: skip


_OPERATORS = frozenset(
    {"cap", "cup", "setminus", "sqcap", "sqcup", "uplus", "amalg", "perp", "pmod", "bmod", "mod", "neg", "lnot", "vee"}
)
"""Commands of TeX that stand before brackets, and are no functions whose macro the document leaves out."""


def script_tree(c: Cursor) -> Node:
    """A script's or a command's argument as an expression."""
    token = c.peek()
    if token is None:
        c.fail("a script of nothing")
    if token.kind == "open":
        return sub_parse_group(c)
    if token.kind == "cmd" and token.text == "frac":
        return atom(c)
    c.at += 1
    return c.sub_parse([token])


def sub_parse_group(c: Cursor) -> Node:
    start = c.here()
    inner = c.sub_parse(c.raw_group())
    return inner if isinstance(inner, Name | Indexed | Call | Number | Function) else c.made(Group, start, inner)


def inner_product(c: Cursor, start: int) -> Node:
    c.take()
    first = c.sum()
    if c.text() != ",":
        c.fail("⟨·,·⟩ has two parts")
    c.take()
    second = c.sum()
    if c.text() != "rangle":
        c.fail("⟨ is not closed")
    c.take()
    return c.made(Inner, start, first, second)


def accented(c: Cursor, accent: str, start: int) -> Node:
    inner = script_tree(c)
    labels = inner
    if isinstance(labels, Group):
        labels = labels.body
    if isinstance(labels, Name):
        return called(c, c.made(Name, start, f"{accent} {labels.stem}", labels.font))
    if isinstance(labels, Indexed) and isinstance(labels.base, Name):
        return replace(labels, base=replace(labels.base, stem=f"{accent} {labels.base.stem}"))
    c.fail(f"\\{accent} over an expression")


def fraction(c: Cursor, start: int) -> Node:
    top, bottom = c.raw_group(), c.raw_group()
    mark = derivative_marks(top, bottom)
    if mark:
        return derivative(c, top, bottom, mark, start)
    above = c.sub_parse(top)
    below = c.within(bottom)
    below.grammar = replace(c.grammar, differential=False)  # nothing is divided by a differential alone: x/(d r)
    return c.made(Quotient, start, above, below.whole() if bottom else c.sub_parse(bottom))


def binomial(c: Cursor, start: int) -> Node:
    """n over k, by factorials."""
    n, k = (c.made(Group, start, c.sub_parse(c.raw_group())) for _ in range(2))
    above, below, rest = (c.made(Factorial, start, x) for x in (n, k, _difference(c, start, n, k)))
    return c.made(Quotient, start, above, c.made(Product, start, ((" ", below), (" ", rest))))


def _difference(c: Cursor, start: int, one: Node, two: Node) -> Node:
    return c.made(Group, start, c.made(Sum, start, (("+", one), ("-", two))))


_OF_TWO: dict[str, Callable[[Cursor, int], Node]] = {"frac": fraction, "binom": binomial}


def derivative(c: Cursor, top: Sequence[Token], bottom: Sequence[Token], mark: Mark, start: int) -> Node:
    note = ""
    order = 1
    if mark == "partial":
        top, bottom = _marked(top), _marked(bottom)
    marked = strip_mark(top, mark)
    if marked is None:
        note = "the ∂ above is missing; read as a derivative"
        body: list[Token] = list(top)
    else:
        order, body = marked
    if strip_mark(bottom, mark) is None:
        note = "the ∂ below is missing; read as a derivative"
        wrts = [c.sub_parse(bottom)]
    else:
        wrts = variables(c, bottom, mark)
    if order == 1 and len(wrts) == 2 and wrts[0] is wrts[1] and marked is not None:
        wrts = [Power(wrts[0].span, wrts[0], Number(wrts[0].span, "2"))]
    if len(wrts) == 1 and order > 1:
        wrts = wrts * order
    inner = c.sub_parse(body) if body else None
    return c.made(Derivative, start, mark, inner, tuple(wrts), note)


def _marked(part: Sequence[Token]) -> Sequence[Token]:
    """dz in dz/∂b, where the other part has a ∂, as ∂z."""
    if len(part) < 2 or not is_mark(part[0], "d") or part[1].kind in ("sub", "op"):
        return part
    return [replace(part[0], kind="cmd", text="partial"), *part[1:]]


def variables(c: Cursor, tokens: Sequence[Token], mark: Mark) -> list[Node]:
    """∂x ∂y, ∂x², ∂x_i ∂x_j: the variables, one per order."""
    inner = c.within(tokens)
    found: list[Node] = []
    while inner.peek() is not None:
        if not is_mark(inner.tokens[inner.at], mark):
            inner.fail("the variables of a derivative are not understood")
        inner.take()
        tree = scripted(inner, atom(inner))
        if isinstance(tree, Power) and isinstance(tree.exponent, Number) and tree.exponent.text.isdigit():
            found += [tree.base] * min(int(tree.exponent.text), 5)
        else:
            found.append(tree)
    return found


def is_d_over_d(c: Cursor) -> bool:
    """dL/dx and d/dx on one line."""
    token = c.peek()
    if token is None or not is_mark(token, "d") or token.style == "bold":
        return False
    ahead = 1
    if c.text(ahead) != "/":
        if c.kind(ahead) not in ("letter", "cmd") or c.text(ahead) in ("frac", "partial"):
            return False
        ahead = c.after_scripts(ahead + 1)
    mark, variable = c.peek(ahead + 1), c.peek(ahead + 2)
    if c.text(ahead) != "/" or mark is None or variable is None or not is_mark(mark, "d"):
        return False
    return is_symbol(variable)


def flat_derivative(c: Cursor) -> Node:
    start = c.take().start
    body = None if c.text() == "/" else scripted(c, plain_symbol(c))
    c.take()
    c.take()
    wrt = scripted(c, plain_symbol(c))
    tree = c.made(Derivative, start, "d", body, (wrt,))
    return operator(c, tree, start) if body is None else tree


def plain_symbol(c: Cursor) -> Name:
    token = c.take()
    return c.made(Name, token.start, token.text, "bold" if token.style == "bold" else "")


def inline_derivative(c: Cursor) -> Node:
    r"""∂y/∂z on one line, and \partial_x f."""
    if c.kind() == "letter":
        return flat_derivative(c)
    start = c.take().start
    if c.kind() == "sub":
        c.take()
        wrt = script_tree(c)
        body = scripted(c, group(c)) if c.text() in ("(", "[") else c.factor()
        return c.made(Derivative, start, "partial", body, (wrt,))
    numerator = None if c.text() == "/" else c.factor()
    if c.text() == "/" and c.text(1) == "partial":
        c.take()
        c.take()
        wrt = scripted(c, atom(c))
        tree = c.made(Derivative, start, "partial", numerator, (wrt,))
        return operator(c, tree, start) if numerator is None else tree
    c.fail("∂ without what it is taken in")


def operator(c: Cursor, tree: Node, start: int) -> Node:
    """∂/∂x of what follows: a bracket alone, or the product."""
    if not c.starts_factor() and not c.starts_negative():
        c.fail("a derivative of nothing")
    deferring, c.deferring = c.deferring, True  # d/dx f |_{x = a}: the bar is for the derivative
    body = operand(c)
    c.deferring = deferring
    if not isinstance(tree, Derivative):
        c.fail("a script on a derivative of nothing")
    return c.made(Derivative, start, tree.mark, body, tree.wrt, tree.note)


def operand(c: Cursor) -> Node:
    """What ∂/∂x acts on; (x − a)ᵀ B (x − a) is one product, though it begins with a bracket."""
    if c.text() not in ("(", "["):
        return c.product()
    at = c.at
    body = scripted(c, group(c))
    if isinstance(body, Transposed) and c.starts_factor():
        c.at = at
        return c.product()
    return body


def nabla(c: Cursor) -> Node:
    start = c.take().start
    wrt: Node | None = None
    twice = False
    while c.kind() in ("sub", "sup"):
        if c.take().kind == "sup":
            if [t.text for t in c.script_tokens()] != ["2"]:
                c.fail("a higher order of ∇")
            twice = True
        else:
            wrt = script_tree(c)
    if c.text() in ("cdot", "times"):
        c.fail("a divergence or a curl")
    if wrt is None and c.text() == "nabla" and c.text(1) not in ("nabla", "cdot", "times"):
        twice = bool(c.take())
    body = operand(c) if c.text() == "(" else nabla_operand(c, wrt)
    return c.made(Hessian, start, wrt, body) if twice else c.made(Gradient, start, wrt, body)


def nabla_operand(c: Cursor, wrt: Node | None) -> Node:
    token = c.peek()
    if token is None:
        c.fail("∇ of nothing")
    if token.kind == "cmd" and token.text in ("sum", "frac"):
        return c.product()
    if token.style == "bold" and token.kind in ("letter", "cmd"):
        return c.product()  # ∇_s y log sᵀ: of the product; ∇_s H J is of H alone
    at = c.at
    body = c.factor()
    inner = body.body if isinstance(body, Transposed) else None
    if wrt is not None and isinstance(inner, Name | Indexed) and c.starts_factor() and not _is_function(c, inner):
        c.at = at
        return c.product()  # ∇_x xᵀ A x
    return body


def _is_function(c: Cursor, tree: Name | Indexed) -> bool:
    base = tree.base if isinstance(tree, Indexed) else tree
    return isinstance(base, Name) and base.stem in c.grammar.functions


def is_braced_derivative(c: Cursor) -> bool:
    """{∂y}/{∂z}."""
    if c.kind() != "open" or c.text(1) != "partial":
        return False
    after = closed_after(c.tokens, c.at) - c.at
    return c.text(after) == "/" and c.kind(after + 1) == "open" and c.text(after + 2) == "partial"


def braced_derivative(c: Cursor) -> Node:
    start, top = c.here(), c.raw_group()
    c.take()
    return derivative(c, top, c.raw_group(), "partial", start)


def group(c: Cursor) -> Node:
    if is_braced_derivative(c):
        return braced_derivative(c)
    opened = c.take()
    closer = {"{": "}", "(": ")", "[": "]"}[opened.text]
    bars, c.bars = c.bars, 0
    if (
        opened.text == "{"
        and opened.kind == "op"
        and c.kind() == "begin"
        and "}" not in (t.text for t in c.tokens[c.at :] if t.kind == "op")
    ):
        return environment(c, braced=True)
    if opened.text == "{" and opened.kind == "op" and passes_set(c):
        return c.made(Braces, opened.start)
    if opened.text == "[" and (row := spaced(c)) is not None:
        return row
    inner = c.sum()
    if c.text() in (",", ";") and opened.kind == "op" and opened.text in ("(", "["):
        inner = vector(c, inner, opened)
    c.bars = bars
    if c.text() != closer:
        c.fail(f"a bracket is not closed: {closer} is missing", c.peek() or opened)
    c.take()
    if opened.kind == "open":
        return inner if isinstance(inner, Name | Indexed | Call | Function) else c.made(Group, opened.start, inner)
    return c.made(Group, opened.start, inner)


def vector(c: Cursor, first: Node, opened: Token) -> Node:
    """(a, b, c), (x_1, …, x_n) and (x_1; …; x_n): the entries of a vector."""
    items: list[Node | None] = [first]
    sign = c.text()
    while c.text() == sign:
        c.take()
        if c.kind() == "cmd" and c.text() == "dots":
            c.take()
            items.append(None)
            if not c.starts_factor():
                continue  # a comma goes missing in x_1, … x_n
        items.append(c.sum())
    found = listed(items, (opened.start, c.here()))
    if found is None:
        c.fail("an ellipsis whose pattern is not seen", opened)
    return Vector(found.span, found)


def spaced(c: Cursor) -> Node | None:
    """[x_1 x_2 … x_n], with nothing but spaces between: a row, where all is the like of its last."""
    inside = c.inside(-1)
    signs = {t.text for t, top in levels(inside) if top and t.kind in ("op", "cmd")}
    if "dots" not in signs or signs & {"+", "-", "/", ",", ";", "|"}:
        return None
    inner = c.within(inside)
    factors: list[Node | None] = []
    while inner.peek() is not None:
        if inner.text() == "dots":
            inner.take()
            factors.append(None)
        else:
            factors.append(inner.factor())
    gap = factors.index(None)
    count = len(factors) - gap - 1
    if count < 1 or gap % count or None in factors[gap + 1 :]:
        return None
    parts = [factors[k : k + count] for k in (*range(0, gap, count), gap + 1)]
    span = (inside[0].start, inside[-1].end)
    items = [Product(span, tuple((" ", x) for x in part if x)) if count > 1 else part[0] for part in parts]
    found = listed([*items[:-1], None, items[-1]], span)
    if found is None:
        return None
    c.at += len(inside) + 1
    return Group(span, Transposed(span, found))


def passes_set(c: Cursor) -> bool:
    r"""Whether \{ … \} holds a list or a description; it is then taken as a whole."""
    inside, end = c.inside(-1), closed_after(c.tokens, c.at - 1)
    if c.tokens[end - 1].text != "}":
        return False
    described = any(top and (t.text in (",", ";", ":", "mid") or relation(t)) for t, top in levels(inside))
    c.at = end if described or not inside else c.at
    return described or not inside


def barred(c: Cursor) -> Node:
    opened = c.take()
    double = opened.kind == "cmd" and opened.text == "|"
    if not double and c.text() == "|" and c.kind() == "op":
        c.take()
        double = True
    if c.bars:
        c.fail("bars inside bars")
    c.bars += 1
    inner = c.sum()
    c.bars -= 1
    token = c.peek()
    if token is None or token.text not in ("|", "vert"):
        c.fail("a bar is not closed", opened)
    c.take()
    if double and not (token.kind == "cmd" and token.text == "|"):
        if c.text() != "|":
            c.fail("a bar is not closed", opened)
        c.take()
    return c.made(Norm, opened.start, inner) if double else c.made(Bars, opened.start, inner)
