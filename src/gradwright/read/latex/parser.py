"""From tokens to a tree, by precedence. Owns: how TeX mathematics groups, with the help of a table of symbols.

Whether p(1 − p) is a product or a call, whether T transposes, d is a differential and e is Euler's number, the table
says (``Grammar``). Never: knows shapes or values. Depth is limited; what is not understood is an ``Error`` with a span.
"""

from __future__ import annotations

from collections.abc import Sequence

from gradwright.read.latex.cursor import BIG, DEEPEST, PRODUCT, UNKNOWABLE, Grammar
from gradwright.read.latex.rows import relation
from gradwright.read.latex.runs import joined
from gradwright.read.latex.tokens import Token
from gradwright.read.latex.wholes import OPTIMA, Wholes
from gradwright.read.tree import Tree

__all__ = ["Grammar", "parse", "parse_condition"]


def parse(tokens: Sequence[Token], grammar: Grammar) -> Tree:
    """The tree of one side of a relation."""
    return Parser(tokens, grammar).whole()


def parse_condition(tokens: Sequence[Token], grammar: Grammar) -> list[tuple[str, Tree, Tree]]:
    """The comparisons of a condition."""
    return Parser([], grammar).conditions(tokens)


_COMPLETE = frozenset({"derivative", "frac", "big", "bars", "group", "call", "opaque", "fn"})
"""What a function without brackets takes alone: log p(x) q is (log p(x)) q."""


class Parser(Wholes):
    """Sums, products and factors."""

    # --- sums and products

    def sum(self) -> Tree:
        self.depth += 1
        if self.depth > DEEPEST:
            self.fail(f"nested more than {DEEPEST} deep")
        start = self.here()
        terms: list[tuple[str, Tree]] = []
        sign = "+"
        while self.kind() == "op" and self.text() in "+-":
            sign = sign if self.take().text == "+" else ("-" if sign == "+" else "+")
        terms.append((sign, self.product()))
        gap = None
        while True:
            if self.kind() == "op" and self.text() in "+-":
                sign = self.take().text
                while self.kind() == "op" and self.text() in "+-":
                    sign = sign if self.take().text == "+" else ("-" if sign == "+" else "+")
                if self.text() == "dots" and gap is None:
                    gap = self.take()
                    terms.append((sign, Tree("dots", (), (gap.start, gap.end))))
                    continue
                terms.append((sign, self.product()))
            elif self.text() in ("pm", "mp"):
                self.fail(UNKNOWABLE[self.text()])
            else:
                break
        self.depth -= 1
        if gap is not None:
            terms = self.summed(terms, gap)
        if len(terms) == 1:
            return terms[0][1] if terms[0][0] == "+" else self.made("neg", start, terms[0][1])
        return self.made("add", start, tuple(terms))

    def summed(self, terms: list[tuple[str, Tree]], gap: Token) -> list[tuple[str, Tree]]:
        """Terms with an ellipsis among them as one Σ."""
        place = next(k for k, (_, t) in enumerate(terms) if t.kind == "dots")
        signs = {s for s, _ in terms[max(place - 1, 0) : place + 2]}
        begin = next((k for k in range(place, 0, -1) if terms[k - 1][0] not in signs), 0)
        run = joined([None if t.kind == "dots" else t for _, t in terms[begin : place + 2]], "sum")
        if run is None or len(signs) != 1:
            self.fail("an ellipsis whose pattern is not seen", gap)
        sign = signs.pop()
        return [*terms[:begin], *((sign, t) for t in run), *terms[place + 2 :]]

    def multiplied(self, items: list[tuple[str, Tree]]) -> list[tuple[str, Tree]]:
        """Factors with an ellipsis among them as one Π."""
        place = next(k for k, (_, t) in enumerate(items) if t.kind == "dots")
        first = items[0][1]
        if len(items) == 3 and first.kind == "num":
            return [("juxt", Tree("range", (), (first.span[0], items[-1][1].span[1])))]
        run = joined([None if t.kind == "dots" else t for _, t in items], "prod")
        if run is None:
            self.fail("an ellipsis whose pattern is not seen")
        return [("juxt", t) for t in run] if place else items

    def product(self) -> Tree:
        start = self.here()
        items: list[tuple[str, Tree]] = []
        op = "juxt"
        while True:
            if items and self.text() == "dots" and self.kind() == "cmd":
                dots = self.take()
                factor = Tree("dots", (), (dots.start, dots.end))
            elif items and self.starts_negative() and op != "juxt":
                self.take()
                factor = self.made("neg", start, self.factor())
            else:
                factor = self.factor()
            if op == "slash" and self.grammar.dividing:
                factor = self.divisor(factor)
            if op == "slash":
                # a / b c is (a / b) c where written with /, as one reads it
                before = items if len(items) == 1 else [("juxt", self.made("mul", start, tuple(items)))]
                items = [("juxt", self.made("frac", start, before[0][1], factor))]
            else:
                items.append((op, factor))
            token = self.peek()
            if token is None:
                break
            if token.kind in ("op", "cmd") and token.text in PRODUCT and self.operand_follows():
                self.take()
                op = PRODUCT[token.text]
                continue
            while self.kind() == "open" and self.kind(1) == "close":
                self.at += 2
            if not self.starts_factor():
                break
            op = "juxt"
        if any(t.kind == "dots" for _, t in items):
            items = self.multiplied(items)
        tree = items[0][1] if len(items) == 1 else self.made("mul", start, tuple(items))
        return tree if self.deferring else self.evaluated(tree, start)

    def divisor(self, first: Tree) -> Tree:
        """a / b c as a / (b c)."""
        factors = [("juxt", first)]
        while self.starts_factor():
            factors.append(("juxt", self.factor()))
        return first if len(factors) == 1 else self.made("mul", first.span[0], tuple(factors))

    def evaluated(self, tree: Tree, start: int) -> Tree:
        """With the bars after it that say where."""
        while self.text() in ("|", "vert") and self.kind(1) == "sub" and not self.bars:
            self.take()
            self.take()
            tree = self.made("at", start, tree, tuple(self.conditions(self.script_tokens())))
        return tree

    def starts_negative(self) -> bool:
        return self.kind() == "op" and self.text() == "-"

    def operand_follows(self) -> bool:
        nxt = self.peek(1)
        return nxt is not None and (self.begins(nxt) or (nxt.kind == "op" and nxt.text == "-"))

    def starts_factor(self) -> bool:
        token = self.peek()
        if token is not None and token.text in ("|", "vert") and self.kind(1) == "sub":
            return False  # evaluated at
        return token is not None and self.begins(token)

    def begins(self, token: Token) -> bool:
        if token.kind in ("letter", "number", "word", "open", "begin"):
            return True
        if token.kind == "op":
            return token.text in "([{" or (token.text == "|" and self.bars == 0)
        if token.kind == "cmd":
            if token.text in ("|", "vert"):
                return self.bars == 0
            return relation(token) is None and token.text not in PRODUCT and token.text not in (
                "mid", "rangle", "rceil", "rfloor", "right", "end",
            )  # fmt: skip
        return False

    # --- factors

    def factor(self) -> Tree:
        token = self.peek()
        if token is None:
            self.fail("something is missing here")
        self.depth += 1
        if self.depth > DEEPEST:
            self.fail(f"nested more than {DEEPEST} deep")
        try:
            return self._factor(token)
        finally:
            self.depth -= 1

    def _factor(self, token: Token) -> Tree:
        start, text = token.start, token.text
        if token.kind == "cmd" and text in ("int", "iint"):
            return self.integral()
        if token.kind == "cmd" and text in BIG:
            return self.big()
        if self.is_expectation():
            return self.expectation()
        if text in OPTIMA or (text == "arg" and self.text(1) in ("min", "max")):
            return self.optimum()
        if text in ("1", "I", "[") and (found := self.indicator()) is not None:
            return self.scripted(found)
        if token.kind == "cmd" and text == "nabla":
            return self.nabla()
        if (token.kind == "cmd" and text == "partial") or self.is_d_over_d():
            return self.inline_derivative()
        if self.is_function_name():
            return self.named(token)
        if self.is_differential():
            self.take()
            nxt = self.peek()
            if self.is_function_name():
                body = self.factor()
            else:
                body = self.group() if nxt is not None and nxt.text == "(" else self.scripted(self.atom())
            return self.made("diff", start, body)
        base = self.atom()
        tree = self.scripted(base)
        if base.kind == "derivative" and base.parts[2] is None:
            return self.operator(tree, start)
        return tree

    def operator(self, tree: Tree, start: int) -> Tree:
        """∂/∂x of what follows: a bracket alone, or the product."""
        if not self.starts_factor() and not self.starts_negative():
            self.fail("a derivative of nothing")
        deferring, self.deferring = self.deferring, True  # d/dx f |_{x = a}: the bar is for the derivative
        body = self.operand()
        self.deferring = deferring
        if tree.kind != "derivative":
            self.fail("a script on a derivative of nothing")
        kind, order, _, wrts, note = tree.parts
        return self.made("derivative", start, kind, order, body, wrts, note)

    def operand(self) -> Tree:
        """What ∂/∂x acts on; (x − a)ᵀ B (x − a) is one product, though it begins with a bracket."""
        if self.text() not in ("(", "["):
            return self.product()
        at = self.at
        body = self.scripted(self.group())
        if body.kind == "T" and self.starts_factor():
            self.at = at
            return self.product()
        return body

    def named(self, token: Token) -> Tree:
        """log p, exp(o_i), tr(AB), softmax(o)_j, sin² x."""
        start = token.start
        self.take()
        name = token.text
        if name == "sqrt" and token.kind == "cmd":
            return self.root(start)
        exponent: Tree | None = None
        label: Tree | None = None
        primes = 0
        while self.kind() in ("sup", "sub", "prime"):
            if self.kind() == "prime":
                primes += len(self.take().text)
            elif self.take().kind == "sup":
                exponent = self.script_tree()
            elif name in ("max", "min"):
                return self.extreme(name, start)
            else:
                label = self.script_tree()
        if self.text() in ("(", "[", "{") or (self.kind() == "open" and self.kind(1) != "close"):
            args = self.arguments()
        else:
            args = (self.bare_argument(),)
        tree = self.made("fn", start, name, args, primes)
        if label is not None and name == "log":
            tree = self.made("frac", start, tree, self.made("fn", start, name, (label,), 0))
        if exponent is not None:
            tree = self.made("pow", start, tree, exponent)
        return self.scripted(tree)

    def extreme(self, name: str, start: int) -> Tree:
        """max_v z_v over an index; over anything else it is an optimum."""
        below = self.script_tokens()
        if any(t.kind != "letter" and relation(t) is None for t in below):
            return self.optimum()
        binders, conditions = self.binders(below, [])
        outside, self.bound = self.bound, self.bound | {letter for letter, _, _ in binders}
        body = self.product()
        self.bound = outside
        return self.made("big", start, name, binders, conditions, body)

    def bare_argument(self) -> Tree:
        """What a function without brackets takes: Σ with its product, or the atoms that follow."""
        start = self.here()
        if (self.kind() == "cmd" and self.text() in BIG) or self.is_function_name():
            return self.factor()
        items: list[tuple[str, Tree]] = []
        while (self.starts_factor() and self.text() not in ("(", "[", "frac", "partial")) or not items:
            nxt = self.peek()
            if items and nxt is not None and (nxt.text in BIG or self.is_function_name() or self.is_differential()):
                break
            items.append(("juxt", self.factor()))
            if len(items) == 1 and items[0][1].kind in _COMPLETE:
                break
        return items[0][1] if len(items) == 1 else self.made("mul", start, tuple(items))

    def root(self, start: int) -> Tree:
        degree: Tree | None = None
        if self.text() == "[":
            degree = self.group()
        body = self.script_tree()
        return self.scripted(self.made("root", start, body, degree))

    def arguments(self) -> tuple[Tree, ...]:
        """What stands in the brackets of a call, parted at commas."""
        opened = self.take()
        closer = {"(": ")", "[": "]", "{": "}"}[opened.text]
        bars, self.bars = self.bars, 0
        args = [self.sum()]
        while self.text() in (",", ";"):
            self.take()
            args.append(self.sum())
        self.bars = bars
        if self.text() != closer:
            self.fail(f"a bracket is not closed: {closer} is missing", opened if self.peek() is None else self.peek())
        self.take()
        return tuple(args)
