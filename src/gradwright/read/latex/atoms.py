"""Atoms. Owns: symbols, groups, fractions, derivatives, bars, ∇. Never: scripts, sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradwright.read.latex.applied import Applied
from gradwright.read.latex.cursor import (
    ACCENTS,
    GREEK,
    UNKNOWABLE,
    Mark,
    derivative_marks,
    font_of,
    is_mark,
    shown,
    strip_mark,
)
from gradwright.read.latex.nodes import Braces, Function, Gradient, Hessian, Upper, Vector
from gradwright.read.latex.rows import levels, relation
from gradwright.read.latex.runs import listed
from gradwright.read.latex.tokens import Token
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
    Quotient,
    Transposed,
)


class Atoms(Applied):
    """What stands by itself."""

    # --- atoms

    def atom(self) -> Node:
        token = self.peek()
        if token is None:
            self.fail("something is missing here")
        start, text = token.start, token.text
        if token.kind == "number":
            self.take()
            return self.made(Number, start, text)
        if token.kind == "open" or (token.kind == "op" and text in "([{"):
            return self.group()
        if token.kind == "begin":
            return self.environment()
        if (token.kind == "op" and text == "|") or (token.kind == "cmd" and text in ("|", "vert")):
            return self.barred()
        if token.kind in ("letter", "word"):
            self.take()
            return self.symbol(token)
        if token.kind == "cmd":
            return self.command(token)
        self.fail(f"{shown(token)} is not understood here")

    def symbol(self, token: Token) -> Node:
        if token.kind == "word":
            if not token.text.replace("-", "").replace("_", "").isalnum():
                self.fail(f"the words “{token.text.strip()[:40]}” stand inside the formula", token)
            return self.called(self.made(Name, token.start, token.text, "roman"))
        if token.style == "bb":
            if token.text == "E" or token.text == "P":
                self.fail("an expectation or a probability", token)
            if token.text == "1":
                return self.made(Name, token.start, "1", "")
            if token.text != "I":
                self.fail(f"the set {token.text}", token)
        return self.called(self.made(Name, token.start, token.text, font_of(token)))

    def command(self, token: Token) -> Node:
        start, text = token.start, token.text
        if text == "frac":
            self.take()
            return self.fraction(start)
        if text in ACCENTS:
            self.take()
            return self.accented(text, start)
        if text in GREEK:
            self.take()
            return self.called(self.made(Name, start, text, "bold" if token.style == "bold" else ""))
        if text in ("transpose", "trans", "tp"):
            self.take()
            return self.made(Transposed, start, self.script_tree())
        if text in ("inv", "inverse"):
            self.take()
            return self.made(Power, start, self.script_tree(), Number((start, start + 1), "-1"))
        if text in ("norm", "abs"):
            self.take()
            body = self.script_tree()
            return self.made(Norm, start, body) if text == "norm" else self.made(Bars, start, body)
        if text in ("mathbb", "mathbf"):
            self.fail("a set")
        if text in ("mathbf1", "mathbbm", "Ind", "I", "one", "ones"):
            self.fail("an indicator in a form that is not understood")
        if text == "lfloor" or text == "lceil" or text == "langle":
            return self.inner_product(start) if text == "langle" else self.fail("rounding")
        if text in UNKNOWABLE:
            self.fail(UNKNOWABLE[text])
        if text == "begin":
            return self.environment()
        self.fail(f"\\{text} is not known")

    def inner_product(self, start: int) -> Node:
        self.take()
        first = self.sum()
        if self.text() != ",":
            self.fail("⟨·,·⟩ has two parts")
        self.take()
        second = self.sum()
        if self.text() != "rangle":
            self.fail("⟨ is not closed")
        self.take()
        return self.made(Inner, start, first, second)

    def accented(self, accent: str, start: int) -> Node:
        inner = self.script_tree()
        labels = inner
        if isinstance(labels, Group):
            labels = labels.body
        if isinstance(labels, Name):
            return self.called(self.made(Name, start, f"{accent} {labels.stem}", labels.font))
        if isinstance(labels, Indexed) and isinstance(labels.base, Name):
            return replace(labels, base=replace(labels.base, stem=f"{accent} {labels.base.stem}"))
        self.fail(f"\\{accent} over an expression")

    def fraction(self, start: int) -> Node:
        top, bottom = self.raw_group(), self.raw_group()
        mark = derivative_marks(top, bottom)
        if mark:
            return self.derivative(top, bottom, mark, start)
        return self.made(Quotient, start, self.sub_parse(top), self.sub_parse(bottom))

    def raw_group(self) -> list[Token]:
        """The tokens of the next group, unread."""
        token = self.peek()
        if token is None:
            self.fail("a fraction has two parts")
        if token.kind != "open":
            self.take()
            if token.kind == "number" and len(token.text) > 1 and token.text.isdigit():  # \frac12
                self.at -= 1
                self.tokens[self.at] = replace(token, text=token.text[1:], start=token.start + 1)
                return [replace(token, text=token.text[0], end=token.start + 1)]
            return [token]
        depth, begin = 0, self.at
        while True:
            token = self.peek()
            if token is None:
                self.fail("a brace is not closed", self.tokens[begin])
            self.at += 1
            depth += {"open": 1, "close": -1}.get(token.kind, 0)
            if depth == 0:
                return self.tokens[begin + 1 : self.at - 1]

    def within(self, tokens: Sequence[Token]) -> Atoms:
        """A parser of some of the tokens, in the place of this one."""
        inner = type(self)([], self.grammar)
        inner.tokens, inner.depth, inner.span = list(tokens), self.depth, (tokens[0].start, tokens[-1].end)
        inner.bound = self.bound
        return inner

    def sub_parse(self, tokens: Sequence[Token]) -> Node:
        if not tokens:
            self.fail("an empty group")
        inner = self.within(tokens)
        tree = inner.sum()
        if inner.peek() is not None:
            inner.fail(f"{shown(inner.tokens[inner.at])} is not understood here")
        return tree

    def derivative(self, top: Sequence[Token], bottom: Sequence[Token], mark: Mark, start: int) -> Node:
        note = ""
        order = 1
        marked = strip_mark(top, mark)
        if marked is None:
            note = "the ∂ above is missing; read as a derivative"
            body: list[Token] = list(top)
        else:
            order, body = marked
        if strip_mark(bottom, mark) is None:
            note = "the ∂ below is missing; read as a derivative"
            wrts = [self.sub_parse(bottom)]
        else:
            wrts = self.variables(bottom, mark)
        if order == 1 and len(wrts) == 2 and wrts[0] is wrts[1] and marked is not None:
            wrts = [Power(wrts[0].span, wrts[0], Number(wrts[0].span, "2"))]
        if len(wrts) == 1 and order > 1:
            wrts = wrts * order
        inner = self.sub_parse(body) if body else None
        return self.made(Derivative, start, mark, inner, tuple(wrts), note)

    def variables(self, tokens: Sequence[Token], mark: Mark) -> list[Node]:
        """∂x ∂y, ∂x², ∂x_i ∂x_j: the variables, one per order."""
        inner = self.within(tokens)
        found: list[Node] = []
        while inner.peek() is not None:
            if not is_mark(inner.tokens[inner.at], mark):
                inner.fail("the variables of a derivative are not understood")
            inner.take()
            tree = inner.scripted(inner.atom())
            if isinstance(tree, Power) and isinstance(tree.exponent, Number) and tree.exponent.text.isdigit():
                found += [tree.base] * min(int(tree.exponent.text), 5)
            else:
                found.append(tree)
        return found

    def is_d_over_d(self) -> bool:
        """dL/dx and d/dx on one line."""
        token = self.peek()
        if token is None or not is_mark(token, "d") or token.style == "bold":
            return False
        ahead = 1
        if self.text(ahead) != "/":
            if self.kind(ahead) not in ("letter", "cmd") or self.text(ahead) in ("frac", "partial"):
                return False
            ahead += 1
            while self.kind(ahead) in ("sub", "sup"):
                ahead += 1 + self.script_length(ahead + 1)
        mark, variable = self.peek(ahead + 1), self.peek(ahead + 2)
        if self.text(ahead) != "/" or mark is None or variable is None or not is_mark(mark, "d"):
            return False
        return variable.kind == "letter" or variable.text in GREEK

    def flat_derivative(self) -> Node:
        start = self.take().start
        body = None if self.text() == "/" else self.scripted(self.plain_symbol())
        self.take()
        self.take()
        wrt = self.scripted(self.plain_symbol(), calls=False)
        tree = self.made(Derivative, start, "d", body, (wrt,))
        return self.operator(tree, start) if body is None else tree

    def plain_symbol(self) -> Name:
        token = self.take()
        return self.made(Name, token.start, token.text, "bold" if token.style == "bold" else "")

    def inline_derivative(self) -> Node:
        r"""∂y/∂z on one line, {∂y}/{∂z} being groups, and \partial_x f."""
        if self.kind() == "letter":
            return self.flat_derivative()
        start = self.take().start
        if self.kind() == "sub":
            self.take()
            wrt = self.script_tree()
            body = self.scripted(self.group()) if self.text() in ("(", "[") else self.factor()
            return self.made(Derivative, start, "partial", body, (wrt,))
        numerator = None if self.text() == "/" else self.factor()
        if self.text() == "/" and self.text(1) == "partial":
            self.take()
            self.take()
            wrt = self.scripted(self.atom())
            tree = self.made(Derivative, start, "partial", numerator, (wrt,))
            return self.operator(tree, start) if numerator is None else tree
        if numerator is not None and self.kind() in ("", "close"):
            return self.made(Upper, start, numerator)
        self.fail("∂ without what it is taken in")

    def nabla(self) -> Node:
        start = self.take().start
        wrt: Node | None = None
        twice = False
        while self.kind() in ("sub", "sup"):
            if self.take().kind == "sup":
                if [t.text for t in self.script_tokens()] != ["2"]:
                    self.fail("a higher order of ∇")
                twice = True
            else:
                wrt = self.script_tree()
        if self.text() in ("cdot", "times"):
            self.fail("a divergence or a curl")
        if wrt is None and self.text() == "nabla" and self.text(1) not in ("nabla", "cdot", "times"):
            twice = bool(self.take())
        body = self.scripted(self.group()) if self.text() == "(" else self.nabla_operand()
        return self.made(Hessian, start, wrt, body) if twice else self.made(Gradient, start, wrt, body)

    def nabla_operand(self) -> Node:
        token = self.peek()
        if token is None:
            self.fail("∇ of nothing")
        if token.kind == "cmd" and token.text in ("sum", "frac"):
            return self.product()
        if token.style == "bold" and token.kind in ("letter", "cmd"):
            return self.product()  # ∇_s y log sᵀ: of the product; ∇_s H J is of H alone
        return self.factor()

    def group(self) -> Node:
        opened = self.take()
        closer = {"{": "}", "(": ")", "[": "]"}[opened.text]
        bars, self.bars = self.bars, 0
        if opened.text == "{" and opened.kind == "op" and self.is_set():
            return self.made(Braces, opened.start)
        inner = self.sum()
        if self.text() == "," and opened.text in ("(", "["):
            inner = self.list(inner, opened)
        self.bars = bars
        if self.text() != closer:
            self.fail(f"a bracket is not closed: {closer} is missing", self.peek() or opened)
        self.take()
        if opened.kind == "open":
            if isinstance(inner, Upper):
                return self.braced_derivative(inner, opened.start)
            return (
                inner if isinstance(inner, Name | Indexed | Call | Function) else self.made(Group, opened.start, inner)
            )
        return self.made(Group, opened.start, inner)

    def list(self, first: Node, opened: Token) -> Node:
        """(a, b, c) and (x_1, …, x_n): the entries of a vector."""
        items: list[Node | None] = [first]
        while self.text() == ",":
            self.take()
            if self.kind() == "cmd" and self.text() == "dots":
                self.take()
                items.append(None)
            else:
                items.append(self.sum())
        found = listed(items, (opened.start, self.here()))
        if found is None:
            self.fail("an ellipsis whose pattern is not seen", opened)
        return Vector(found.span, found)

    def is_set(self) -> bool:
        r"""Whether \{ … \} holds a list or a description; it is then taken as a whole."""
        depth = 0
        for end in range(self.at, len(self.tokens)):
            token = self.tokens[end]
            if token.kind == "op":
                depth += {"{": 1, "}": -1, "(": 1, ")": -1}.get(token.text, 0)
            if depth < 0:
                inside = self.tokens[self.at : end]
                described = any(top and (t.text in (",", ";", ":", "mid") or relation(t)) for t, top in levels(inside))
                self.at = end + 1 if described or not inside else self.at
                return described or not inside
        return False

    def braced_derivative(self, upper: Upper, start: int) -> Node:
        if self.text() == "/" and self.kind(1) == "open" and self.text(2) == "partial":
            self.take()
            wrts = self.variables(self.raw_group(), "partial")
            return self.made(Derivative, start, "partial", upper.body, tuple(wrts))
        self.fail("∂ without what it is taken in")

    def barred(self) -> Node:
        opened = self.take()
        double = opened.kind == "cmd" and opened.text == "|"
        if not double and self.text() == "|" and self.kind() == "op":
            self.take()
            double = True
        if self.bars:
            self.fail("bars inside bars")
        self.bars += 1
        inner = self.sum()
        self.bars -= 1
        token = self.peek()
        if token is None or token.text not in ("|", "vert"):
            self.fail("a bar is not closed", opened)
        self.take()
        if double and not (token.kind == "cmd" and token.text == "|"):
            if self.text() != "|":
                self.fail("a bar is not closed", opened)
            self.take()
        return self.made(Norm, opened.start, inner) if double else self.made(Bars, opened.start, inner)
