"""From tokens to a tree, by precedence. Owns: how TeX mathematics groups, with the help of a table of symbols.

Whether p(1 − p) is a product or a call, whether T transposes, d is a differential and e is Euler's number, the table
says (``Grammar``). Never: knows shapes or values. Depth is limited; what is not understood is an ``Error`` with a span.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from gradwright.read.latex.atoms import atom, group, inline_derivative, is_d_over_d, nabla, operator, script_tree
from gradwright.read.latex.cursor import DEEPEST, Cursor, Rules
from gradwright.read.latex.grammar import ACCENTS, BIG, GREEK, PRODUCT, UNKNOWABLE, Grammar
from gradwright.read.latex.nodes import Differential, Dots, Evaluated, Function, Law, Range
from gradwright.read.latex.runs import joined, pattern
from gradwright.read.latex.scripts import arguments, scripted
from gradwright.read.latex.sums import big, extreme
from gradwright.read.latex.tokens import Token, is_norm
from gradwright.read.latex.wholes import (
    OPTIMA,
    expectation,
    indicator,
    integral,
    is_expectation,
    is_probability,
    optimum,
    probability,
)
from gradwright.read.syntax import (
    Bars,
    Big,
    Call,
    Comparison,
    Derivative,
    Group,
    Multiplication,
    Negative,
    Node,
    Number,
    Power,
    Product,
    Quotient,
    Root,
    Sum,
    bare,
)

Sign = Literal["+", "-"]
Factor = tuple[Multiplication, Node]
_EXTREMES: dict[str, Literal["max", "min"]] = {"max": "max", "min": "min"}


def parse(tokens: Sequence[Token], grammar: Grammar) -> Node:
    """The tree of one side of a relation."""
    return Cursor(tokens, grammar, _RULES).whole()


def parse_condition(tokens: Sequence[Token], grammar: Grammar) -> tuple[Comparison, ...]:
    """The comparisons of a condition."""
    return Cursor([], grammar, _RULES).conditions(tokens)


_COMPLETE = (Derivative, Quotient, Big, Bars, Group, Call, Law, Function)
"""What a function without brackets takes alone: log p(x) q is (log p(x)) q."""


def terms_of(c: Cursor) -> Node:
    c.depth += 1
    if c.depth > DEEPEST:
        c.fail(f"nested more than {DEEPEST} deep")
    start = c.here()
    terms: list[tuple[Sign, Node]] = []
    terms.append((signs(c), c.product()))
    gap = None
    while True:
        if c.starts_sign() or (gap is None and c.leaves_out()):
            sign = signs(c)
            if c.text() == "dots" and not _left_out_twice(c, terms):
                gap = c.take()
                terms.append((sign, Dots((gap.start, gap.end))))
                if not c.starts_factor():
                    continue
            terms.append((sign, c.product()))
        elif c.text() in ("pm", "mp"):
            c.fail(UNKNOWABLE[c.text()])
        else:
            break
    c.depth -= 1
    if gap is not None:
        terms = summed(c, terms, gap)
    tree: Node = c.made(Sum, start, tuple(terms))
    if len(terms) == 1:
        tree = terms[0][1] if terms[0][0] == "+" else c.made(Negative, start, terms[0][1])
    return tree


def _left_out_twice(c: Cursor, terms: list[tuple[Sign, Node]]) -> bool:
    """Whether two ellipses stand here; of … + x_i + … the middle goes, if it is another term of the same kind."""
    places = [k for k, (_, t) in enumerate(terms) if isinstance(t, Dots)]
    if places and len(terms) == places[0] + 2 and places[0]:
        first, middle = terms[places[0] - 1][1], terms.pop()[1]
        if pattern(first, middle) is None:
            c.fail("an ellipsis whose pattern is not seen")
        terms.pop()
        return False
    return bool(places)


def signs(c: Cursor) -> Sign:
    """One sign or several in a row."""
    sign: Sign = "+"
    while c.starts_sign():
        sign = sign if c.take().text == "+" else ("-" if sign == "+" else "+")
    return sign


def summed(c: Cursor, terms: list[tuple[Sign, Node]], gap: Token) -> list[tuple[Sign, Node]]:
    """Terms with an ellipsis among them as one Σ."""
    place = next(k for k, (_, t) in enumerate(terms) if isinstance(t, Dots))
    signs = {s for s, _ in terms[max(place - 1, 0) : place + 2]}
    begin = next((k for k in range(place, 0, -1) if terms[k - 1][0] not in signs), 0)
    run = joined([None if isinstance(t, Dots) else t for _, t in terms[begin : place + 2]], "sum")
    if run is None or len(signs) != 1:
        c.fail("an ellipsis whose pattern is not seen", gap)
    sign = signs.pop()
    return [*terms[:begin], *((sign, t) for t in run), *terms[place + 2 :]]


def multiplied(c: Cursor, items: list[Factor]) -> list[Factor]:
    """Factors with an ellipsis among them as one Π."""
    place = next(k for k, (_, t) in enumerate(items) if isinstance(t, Dots))
    first = items[0][1]
    if len(items) == 3 and isinstance(first, Number):
        return [(" ", Range((first.span[0], items[-1][1].span[1])))]
    run = joined([None if isinstance(t, Dots) else t for _, t in items], "prod")
    if run is None:
        c.fail("an ellipsis whose pattern is not seen")
    return [(" ", t) for t in run] if place else items


def factors_of(c: Cursor) -> Node:
    start = c.here()
    items: list[Factor] = []
    op: Multiplication | None = " "
    while op is not None:
        factor = _next_factor(c, start, op) if items else c.factor()
        if op == "/":
            # a / b c is (a / b) c where written with /, as one reads it
            factor = divisor(c, factor) if c.grammar.dividing else factor
            before = items[0][1] if len(items) == 1 else c.made(Product, start, tuple(items))
            items = [(" ", c.made(Quotient, start, before, factor))]
        else:
            items.append((op, factor))
        op = _sign(c)
    if any(isinstance(t, Dots) for _, t in items):
        items = multiplied(c, items)
    tree = items[0][1] if len(items) == 1 else c.made(Product, start, tuple(items))
    return tree if c.deferring else evaluated(c, tree, start)


def _next_factor(c: Cursor, start: int, op: Multiplication) -> Node:
    """A factor that is not the first: an ellipsis, or what may be negative after a sign."""
    if c.text() == "dots" and c.kind() == "cmd":
        dots = c.take()
        return Dots((dots.start, dots.end))
    if c.starts_negative() and op != " ":
        c.take()
        return c.made(Negative, start, c.factor())
    return c.factor()


def _sign(c: Cursor) -> Multiplication | None:
    """How the next factor is joined; None where no factor follows."""
    token = c.peek()
    if token is not None and token.kind in ("op", "cmd") and token.text in PRODUCT and c.operand_follows():
        c.take()
        return PRODUCT[token.text]
    while c.kind() == "open" and c.kind(1) == "close":
        c.at += 2
    if token is not None and token.kind == "number" and c.at and c.tokens[c.at - 1].kind == "number":
        c.fail("two numbers side by side")
    if c.leaves_out():
        return None
    return " " if token is not None and c.starts_factor() else None


def divisor(c: Cursor, first: Node) -> Node:
    """a / b c as a / (b c)."""
    factors: list[Factor] = [(" ", first)]
    while c.starts_factor():
        factors.append((" ", c.factor()))
    return first if len(factors) == 1 else c.made(Product, first.span[0], tuple(factors))


def evaluated(c: Cursor, tree: Node, start: int) -> Node:
    """With the bars after it that say where."""
    while c.text() in ("|", "vert") and c.kind(1) == "sub" and not c.bars:
        c.take()
        c.take()
        tree = c.made(Evaluated, start, tree, c.conditions(c.script_tokens()))
    return tree


def factor_of(c: Cursor) -> Node:
    token = c.peek()
    if token is None:
        c.fail("something is missing here")
    c.depth += 1
    if c.depth > DEEPEST:
        c.fail(f"nested more than {DEEPEST} deep")
    try:
        return _factor_at(c, token)
    finally:
        c.depth -= 1


def _factor_at(c: Cursor, token: Token) -> Node:
    if token.kind == "cmd" and token.text in _COMMANDS:
        return _COMMANDS[token.text](c)
    if is_expectation(c):
        return expectation(c)
    if is_probability(c):
        return probability(c)
    if token.text in OPTIMA or (token.text == "arg" and c.text(1) in ("min", "max")):
        return optimum(c)
    if token.text in ("1", "I", "[", "(") and (found := indicator(c)) is not None:
        return scripted(c, found)
    if is_d_over_d(c):
        return inline_derivative(c)
    if c.is_function_name() and not (token.text in ("norm", "abs") and token.kind == "cmd"):
        return function(c, token)
    if is_differential(c):
        return _differential(c)
    base = atom(c)
    tree = scripted(c, base)
    return operator(c, tree, token.start) if isinstance(base, Derivative) and base.body is None else tree


_COMMANDS: dict[str, Callable[[Cursor], Node]] = {
    **dict.fromkeys(BIG, big), "int": integral, "iint": integral, "nabla": nabla, "partial": inline_derivative,
}  # fmt: skip


def _differential(c: Cursor) -> Node:
    start = c.here()
    c.take()
    if c.is_function_name():
        return c.made(Differential, start, c.factor())
    return c.made(Differential, start, group(c) if c.text() == "(" else scripted(c, atom(c)))


def is_differential(c: Cursor) -> bool:
    token = c.peek()
    nxt = c.peek(1)
    if token is None or token.kind != "letter" or token.text != "d" or not c.grammar.differential:
        return False
    if token.style not in ("", "roman") and not (nxt is not None and nxt.style == token.style == "bold"):
        return False
    if nxt is None or nxt.kind in ("sub", "sup", "prime"):
        return False
    return (
        nxt.kind in ("letter", "open", "word")
        or nxt.text in ("(", "[")
        or (nxt.kind == "cmd" and (nxt.text in GREEK or nxt.text in ACCENTS))
        or (is_norm(nxt) and not c.bars)
        or c.is_function_name(1)
    )


def function(c: Cursor, token: Token) -> Node:
    """log p, exp(o_i), tr(AB), softmax(o)_j, sin² x."""
    start = token.start
    c.take()
    name = token.text
    if name == "sqrt" and token.kind == "cmd":
        return root(c, start)
    exponent: Node | None = None
    label: Node | None = None
    primes = 0
    while c.kind() in ("sup", "sub", "prime"):
        if c.kind() == "prime":
            primes += len(c.take().text)
        elif c.take().kind == "sup":
            exponent = script_tree(c)
        elif name in _EXTREMES:
            return extreme(c, _EXTREMES[name], start)
        else:
            label = script_tree(c)
    if c.text() in ("(", "[", "{") or (c.kind() == "open" and c.kind(1) != "close"):
        args = (group(c),) if name == "diag" and c.kind() == "op" else arguments(c)  # diag(d_1, …, d_n) is of a vector
    else:
        args = (bare_argument(c),)
    tree: Node = c.made(Function, start, name, args, primes)
    if label is not None and name == "log":
        tree = c.made(Quotient, start, tree, c.made(Function, start, name, (label,), 0))
    if exponent is not None and _is_minus_one(exponent) and name in INVERSES:
        tree = c.made(Function, start, INVERSES[name], args, primes)
    elif exponent is not None:
        tree = c.made(Power, start, tree, exponent)
    return scripted(c, tree)


INVERSES = {
    "logit": "sigmoid", "sigmoid": "logit", "sin": "arcsin", "cos": "arccos", "tan": "arctan", "tanh": "artanh",
    "exp": "log", "log": "exp", "ln": "exp",
}  # fmt: skip
"""What f⁻¹(x) of a function is by its name: its inverse, and no reciprocal."""


def _is_minus_one(exponent: Node) -> bool:
    exponent = bare(exponent)
    return isinstance(exponent, Negative) and isinstance(exponent.body, Number) and exponent.body.text == "1"


def bare_argument(c: Cursor) -> Node:
    """What a function without brackets takes: Σ with its product, or the atoms that follow."""
    start = c.here()
    if (c.kind() == "cmd" and c.text() in BIG) or c.is_function_name():
        return c.factor()
    items: list[Factor] = []
    while (c.starts_factor() and c.text() not in ("(", "[", "frac", "partial")) or not items:
        nxt = c.peek()
        if items and nxt is not None and (nxt.text in BIG or c.is_function_name() or is_differential(c)):
            break
        items.append((" ", c.factor()))
        if len(items) == 1 and isinstance(items[0][1], _COMPLETE):
            break
    return items[0][1] if len(items) == 1 else c.made(Product, start, tuple(items))


def root(c: Cursor, start: int) -> Node:
    degree: Node | None = None
    if c.text() == "[":
        degree = group(c)
    body = script_tree(c)
    return scripted(c, c.made(Root, start, body, degree))


_RULES = Rules(terms_of, factors_of, factor_of)
