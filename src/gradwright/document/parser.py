"""From tokens to a tree, by precedence. Owns: how TeX mathematics groups, with the help of a table of symbols.

Whether p(1 − p) is a product or a call, whether T transposes, d is a differential and e is Euler's number, the table
says (``Grammar``). Never: knows shapes or values. Depth is limited; what is not understood is an ``Error`` with a span.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from gradwright.core.errors import Error
from gradwright.document.rows import relation
from gradwright.document.tokens import Token
from gradwright.document.tree import Tree

DEEPEST = 48
ELEMENTWISE = {
    "exp": "exp", "log": "log", "ln": "log", "sin": "sin", "cos": "cos", "tan": "tan", "sinh": "sinh", "cosh": "cosh",
    "tanh": "tanh", "arcsin": "arcsin", "arccos": "arccos", "arctan": "arctan", "sigmoid": "sigmoid", "relu": "relu",
    "ReLU": "relu", "softplus": "softplus", "erf": "erf", "sign": "sign", "sgn": "sign", "abs": "abs", "lg": "",
    "logistic": "sigmoid", "Sigmoid": "sigmoid", "expit": "sigmoid", "sech": "", "Exp": "exp", "Log": "log",
}  # fmt: skip
"""Scalar functions by the name a document gives them; an empty one is known, but has no value here."""
ARRAY = frozenset(
    {"tr", "Tr", "trace", "Trace", "det", "diag", "Diag", "softmax", "Softmax", "vec", "max", "min", "sum", "rank",
     "logsumexp", "LSE", "adj", "mean", "ones", "zeros", "sqrt", "logdet", "norm"}
)  # fmt: skip
NAMED = frozenset(ELEMENTWISE) | ARRAY
_GREEK_FUNCTIONS = {"Gamma"}
_ACCENTS = frozenset({"hat", "bar", "tilde", "dot", "ddot", "check", "breve", "acute", "grave", "mathring"})
_GREEK = frozenset(
    ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega", "varsigma", "varrho", "varpi", "ell", "hbar", "imath", "jmath", "aleph"]
)
_BIG = {"sum": "sum", "prod": "prod", "bigoplus": "", "bigcup": "", "int": "", "iint": "", "oint": "", "bigwedge": ""}
_PRODUCT = {"cdot": "cdot", "times": "times", "odot": "odot", "circ": "odot", "otimes": "kron", "*": "star", "/": "slash",
            ".": "cdot", "bullet": "cdot", "div": "slash", "bigodot": "odot", "star": "star", "oslash": "odiv"}  # fmt: skip
_TRANSPOSE = frozenset({"top", "intercal", "ᵀ", "tran", "transp"})
_UNKNOWABLE = {
    "dots": "an ellipsis", "vdots": "an ellipsis", "ddots": "an ellipsis", "int": "an integral", "iint": "an integral",
    "mathbb": "a set", "pm": "a sign that is both + and −", "mp": "a sign that is both + and −", "lim": "a limit",
    "underset": "something set below", "infty": "infinity", "mathbb E": "an expectation",
}  # fmt: skip


@dataclass
class Grammar:
    """What the parser asks about symbols."""

    functions: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    differential: bool = False
    transposing: frozenset[str] = frozenset({"T", "t"})
    euler: bool = True
    expectation: bool = True


def parse(tokens: Sequence[Token], grammar: Grammar) -> Tree:
    """The tree of one side of a relation."""
    return _Parser(tokens, grammar).whole()


def parse_condition(tokens: Sequence[Token], grammar: Grammar) -> list[tuple[str, Tree, Tree]]:
    """``i = k``, ``i \\ne k, l = j``: each comparison with its two sides."""
    found: list[tuple[str, Tree, Tree]] = []
    clauses: list[list[Token]] = [[]]
    for token in tokens:
        if token.text == "," or (token.kind == "word" and token.text.strip() in ("and",)) or token.text in ("and",):
            clauses.append([])
        else:
            clauses[-1].append(token)
    for clause in clauses:
        places = [k for k, t in enumerate(clause) if relation(t)]
        bounds = [-1, *places, len(clause)]
        for k, place in enumerate(places):
            left = clause[bounds[k] + 1 : place]
            right = clause[place + 1 : bounds[k + 2]]
            if left and right:
                found.append((relation(clause[place]) or "", parse(left, grammar), parse(right, grammar)))
    return found


class _Parser:
    def __init__(self, tokens: Sequence[Token], grammar: Grammar) -> None:
        self.grammar = grammar
        self.tokens = _bare(_with_words(tokens, grammar))
        self.at = 0
        self.depth = 0
        self.bars = 0
        first, last = (tokens[0], tokens[-1]) if tokens else (None, None)
        self.span = (first.start, last.end) if first and last else (0, 0)

    # --- the tokens

    def peek(self, ahead: int = 0) -> Token | None:
        place = self.at + ahead
        return self.tokens[place] if place < len(self.tokens) else None

    def text(self, ahead: int = 0) -> str:
        token = self.peek(ahead)
        return token.text if token is not None else ""

    def kind(self, ahead: int = 0) -> str:
        token = self.peek(ahead)
        return token.kind if token is not None else ""

    def take(self) -> Token:
        token = self.peek()
        if token is None:
            self.fail("something is missing here")
        self.at += 1
        return token

    def fail(self, message: str, token: Token | None = None) -> NoReturn:
        token = token or self.peek()
        raise Error(message, (token.start, token.end) if token else self.span)

    def made(self, kind: str, start: int, *parts: Any) -> Tree:
        end = self.tokens[self.at - 1].end if self.at else start
        return Tree(kind, parts, (start, max(end, start + 1)))

    def here(self) -> int:
        token = self.peek()
        return token.start if token else self.span[1]

    def whole(self) -> Tree:
        if not self.tokens:
            raise Error("nothing stands here", self.span)
        tree = self.sum()
        if self.peek() is not None:
            self.fail(f"{_shown(self.tokens[self.at])} is not understood here")
        return tree

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
        while True:
            if self.kind() == "op" and self.text() in "+-":
                sign = self.take().text
                while self.kind() == "op" and self.text() in "+-":
                    sign = sign if self.take().text == "+" else ("-" if sign == "+" else "+")
                terms.append((sign, self.product()))
            elif self.text() in ("pm", "mp"):
                self.fail(_UNKNOWABLE[self.text()])
            else:
                break
        self.depth -= 1
        if len(terms) == 1:
            return terms[0][1] if terms[0][0] == "+" else self.made("neg", start, terms[0][1])
        return self.made("add", start, tuple(terms))

    def product(self) -> Tree:
        start = self.here()
        items: list[tuple[str, Tree]] = []
        op = "juxt"
        while True:
            if items and self.starts_negative() and op != "juxt":
                self.take()
                factor = self.made("neg", start, self.factor())
            else:
                factor = self.factor()
            if op == "slash":
                # a / b c is (a / b) c where written with /, as one reads it
                before = items if len(items) == 1 else [("juxt", self.made("mul", start, tuple(items)))]
                items = [("juxt", self.made("frac", start, before[0][1], factor))]
            else:
                items.append((op, factor))
            token = self.peek()
            if token is None:
                break
            if token.kind in ("op", "cmd") and token.text in _PRODUCT and self.operand_follows():
                self.take()
                op = _PRODUCT[token.text]
                continue
            while self.kind() == "open" and self.kind(1) == "close":
                self.at += 2
            if not self.starts_factor():
                break
            op = "juxt"
        return items[0][1] if len(items) == 1 else self.made("mul", start, tuple(items))

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
            return relation(token) is None and token.text not in _PRODUCT and token.text not in (
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
        if token.kind == "cmd" and text in _BIG:
            return self.big()
        if token.kind == "cmd" and text == "nabla":
            return self.nabla()
        if (token.kind == "cmd" and text == "partial") or self.is_d_over_d():
            return self.inline_derivative()
        if self.is_function_name(token):
            return self.named(token)
        if self.is_differential():
            self.take()
            nxt = self.peek()
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
        body = self.scripted(self.group()) if self.text() in ("(", "[") else self.product()
        kind, order, _, wrts, note = tree.parts
        return self.made("derivative", start, kind, order, body, wrts, note)

    def is_function_name(self, token: Token) -> bool:
        if token.kind == "word" or (token.kind == "cmd" and token.text in NAMED):
            return token.text in NAMED
        return False

    def named(self, token: Token) -> Tree:
        """log p, exp(o_i), tr(AB), softmax(o)_j, sin² x."""
        start = token.start
        self.take()
        name = token.text
        if name == "sqrt":
            return self.root(start)
        exponent: Tree | None = None
        label: Tree | None = None
        primes = 0
        while self.kind() in ("sup", "sub", "prime"):
            if self.kind() == "prime":
                primes += len(self.take().text)
            elif self.take().kind == "sup":
                exponent = self.script_tree()
            else:
                label = self.script_tree()
        if name in ("max", "min") and label is not None:
            return self.made("big", start, name, (("free", label),), (), self.product())
        if self.text() in ("(", "[", "{") or (self.kind() == "open" and self.kind(1) != "close"):
            args = self.arguments()
        else:
            args = (self.bare_argument(),)
        tree = self.made("fn", start, name, args, primes)
        if exponent is not None:
            tree = self.made("pow", start, tree, exponent)
        return self.scripted(tree)

    def bare_argument(self) -> Tree:
        """What a function without brackets takes: Σ with its product, or the atoms that follow."""
        start = self.here()
        if self.kind() == "cmd" and (self.text() in _BIG or self.text() in NAMED):
            return self.factor()
        if self.kind() == "word" and self.text() in NAMED:
            return self.factor()
        items: list[tuple[str, Tree]] = []
        while (self.starts_factor() and self.text() not in ("(", "[", "frac", "partial")) or not items:
            nxt = self.peek()
            if items and nxt is not None and (nxt.text in _BIG or self.is_function_name(nxt) or self.is_differential()):
                break
            items.append(("juxt", self.factor()))
            if len(items) == 1 and items[0][1].kind in ("derivative", "frac", "big", "bars", "group"):
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

    # --- atoms

    def atom(self) -> Tree:
        token = self.peek()
        if token is None:
            self.fail("something is missing here")
        start, text = token.start, token.text
        if token.kind == "number":
            self.take()
            return self.made("num", start, text)
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
        self.fail(f"{_shown(token)} is not understood here")

    def symbol(self, token: Token) -> Tree:
        style = token.style
        if token.kind == "word":
            if not token.text.replace("-", "").replace("_", "").isalnum():
                self.fail(f"the words “{token.text.strip()[:40]}” stand inside the formula", token)
            return self.called(self.made("sym", token.start, token.text, "roman"))
        if style == "bb":
            if token.text == "E" or token.text == "P":
                self.fail("an expectation or a probability", token)
            if token.text == "1":
                return self.made("sym", token.start, "1", "")
            if token.text != "I":
                self.fail(f"the set {token.text}", token)
        return self.called(self.made("sym", token.start, token.text, style if style in ("bold", "cal") else ""))

    def called(self, tree: Tree) -> Tree:
        """The symbol with the brackets it is applied to, if it is a function; its scripts come after either way."""
        name = str(tree.parts[0])
        ahead = 0
        while self.kind(ahead) in ("sub", "sup", "prime"):  # W_1(x), f'(x), σ^{(2)}(x)
            ahead += 1 if self.kind(ahead) == "prime" else 1 + self.script_length(ahead + 1)
        if self.text(ahead) not in ("(", "["):
            return tree
        primes = 0
        if self.text(ahead) == "(" and self.is_opaque(ahead):
            if ahead:
                self.fail("a call with a condition in it")
            return self.opaque(tree)
        if name not in self.grammar.functions or self.text(ahead) != "(":
            return tree
        if ahead:
            scripts = self.tokens[self.at : self.at + ahead]
            if all(t.kind == "prime" for t in scripts):
                primes = sum(len(t.text) for t in scripts)
                self.at += ahead
            elif [t.kind for t in scripts[:1]] == ["sub"] and not any(t.kind == "sup" for t in scripts):
                tree = self.scripted(tree, calls=False)
            else:
                return tree
        args = self.arguments()
        return Tree("call", (tree, args, primes), (tree.span[0], self.tokens[self.at - 1].end))

    def script_length(self, ahead: int) -> int:
        if self.kind(ahead) != "open":
            return 1
        depth = length = 0
        while self.peek(ahead + length) is not None:
            depth += {"open": 1, "close": -1}.get(self.kind(ahead + length), 0)
            length += 1
            if depth == 0:
                break
        return length

    def is_opaque(self, ahead: int) -> bool:
        """P(t = 1 | z): a name with a condition or an equation in its brackets is read as one symbol."""
        depth = 0
        k = ahead
        while (token := self.peek(k)) is not None:
            if (token.kind == "op" and token.text in "([") or token.kind == "open":
                depth += 1
            elif (token.kind == "op" and token.text in ")]") or token.kind == "close":
                depth -= 1
                if depth == 0:
                    return False
            elif depth == 1 and (token.text in ("|", "mid", "=", ";", "vert")):
                return not (token.text in ("|", "vert") and self.text(k - 1) in ("(", "+", "-"))
            k += 1
        return False

    def opaque(self, tree: Tree) -> Tree:
        depth = 0
        text = str(tree.parts[0])
        letters: dict[str, None] = {}
        while True:
            token = self.take()
            if token.kind == "op" and token.text in "([":
                depth += 1
            elif token.kind == "op" and token.text in ")]":
                depth -= 1
            elif token.kind == "sub":
                nxt = self.peek()
                if nxt is not None and nxt.kind == "letter":
                    letters[nxt.text] = None
            if token.kind not in ("open", "close"):
                text += {"mid": "|", "vert": "|"}.get(token.text, token.text)
            if depth == 0:
                break
        return Tree("opaque", (text, tuple(letters)), (tree.span[0], self.tokens[self.at - 1].end))

    def command(self, token: Token) -> Tree:
        start, text = token.start, token.text
        if text == "frac":
            self.take()
            return self.fraction(start)
        if text in _ACCENTS:
            self.take()
            return self.accented(text, start)
        if text in _GREEK:
            self.take()
            return self.called(self.made("sym", start, text, token.style if token.style == "bold" else ""))
        if text in ("transpose", "trans", "tp"):
            self.take()
            return self.made("T", start, self.script_tree())
        if text in ("inv", "inverse"):
            self.take()
            return self.made("pow", start, self.script_tree(), Tree("num", ("-1",), (start, start + 1)))
        if text in ("norm", "abs"):
            self.take()
            return self.made("norm" if text == "norm" else "bars", start, self.script_tree())
        if text in ("mathbb", "mathbf"):
            self.fail("a set")
        if text in ("mathbf1", "mathbbm", "Ind", "I", "one", "ones"):
            self.fail("an indicator in a form that is not understood")
        if text == "lfloor" or text == "lceil" or text == "langle":
            return self.inner_product(start) if text == "langle" else self.fail("rounding")
        if text in _UNKNOWABLE:
            self.fail(_UNKNOWABLE[text])
        if text == "begin":
            return self.environment()
        self.fail(f"\\{text} is not known")

    def inner_product(self, start: int) -> Tree:
        self.take()
        first = self.sum()
        if self.text() != ",":
            self.fail("⟨·,·⟩ has two parts")
        self.take()
        second = self.sum()
        if self.text() != "rangle":
            self.fail("⟨ is not closed")
        self.take()
        return self.made("inner", start, first, second)

    def accented(self, accent: str, start: int) -> Tree:
        inner = self.script_tree()
        labels = inner
        if labels.kind == "group":
            labels = labels.parts[0]
        if labels.kind == "sym":
            return self.called(self.made("sym", start, f"{accent} {labels.parts[0]}", labels.parts[1]))
        if labels.kind == "index" and labels.parts[0].kind == "sym":
            base = labels.parts[0]
            named = Tree("sym", (f"{accent} {base.parts[0]}", base.parts[1]), base.span)
            return Tree("index", (named, labels.parts[1]), labels.span)
        self.fail(f"\\{accent} over an expression")

    def fraction(self, start: int) -> Tree:
        top, bottom = self.raw_group(), self.raw_group()
        mark = derivative_marks(top, bottom)
        if mark:
            return self.derivative(top, bottom, mark, start)
        return self.made("frac", start, self.sub_parse(top), self.sub_parse(bottom))

    def raw_group(self) -> list[Token]:
        """The tokens of the next group, unread."""
        token = self.peek()
        if token is None:
            self.fail("a fraction has two parts")
        if token.kind != "open":
            self.take()
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

    def sub_parse(self, tokens: Sequence[Token]) -> Tree:
        if not tokens:
            self.fail("an empty group")
        inner = _Parser([], self.grammar)
        inner.tokens, inner.depth, inner.span = list(tokens), self.depth, (tokens[0].start, tokens[-1].end)
        tree = inner.sum()
        if inner.peek() is not None:
            inner.fail(f"{_shown(inner.tokens[inner.at])} is not understood here")
        return tree

    def derivative(self, top: Sequence[Token], bottom: Sequence[Token], mark: str, start: int) -> Tree:
        note = ""
        order = 1
        marked = _strip_mark(top, mark)
        if marked is None:
            note = "the ∂ above is missing; read as a derivative"
            body: list[Token] = list(top)
        else:
            order, body = marked
        if _strip_mark(bottom, mark) is None:
            note = "the ∂ below is missing; read as a derivative"
            wrts = [self.sub_parse(bottom)]
        else:
            wrts = self.variables(bottom, mark)
        if (len(wrts) == 1 and order > 1) or len(wrts) not in (1, order):
            wrts = wrts * order if len(wrts) == 1 else wrts
        inner = self.sub_parse(body) if body else None
        return self.made("derivative", start, mark, len(wrts), inner, tuple(wrts), note)

    def variables(self, tokens: Sequence[Token], mark: str) -> list[Tree]:
        """∂x ∂y, ∂x², ∂x_i ∂x_j: the variables, one per order."""
        inner = _Parser([], self.grammar)
        inner.tokens, inner.depth, inner.span = list(tokens), self.depth, (tokens[0].start, tokens[-1].end)
        found: list[Tree] = []
        while inner.peek() is not None:
            if not _is_mark(inner.tokens[inner.at], mark):
                inner.fail("the variables of a derivative are not understood")
            inner.take()
            tree = inner.scripted(inner.atom())
            if tree.kind == "pow" and tree.parts[1].kind == "num" and tree.parts[1].parts[0].isdigit():
                found += [tree.parts[0]] * min(int(tree.parts[1].parts[0]), 5)
            else:
                found.append(tree)
        return found

    def is_d_over_d(self) -> bool:
        return False

    def inline_derivative(self) -> Tree:
        r"""∂y/∂z on one line, {∂y}/{∂z} being groups, and \partial_x f."""
        start = self.take().start
        if self.kind() == "sub":
            self.take()
            wrt = self.script_tree()
            body = self.scripted(self.group()) if self.text() in ("(", "[") else self.factor()
            return self.made("derivative", start, "partial", 1, body, (wrt,), "")
        numerator = None if self.text() == "/" else self.factor()
        if self.text() == "/" and self.text(1) == "partial":
            self.take()
            self.take()
            wrt = self.scripted(self.atom())
            tree = self.made("derivative", start, "partial", 1, numerator, (wrt,), "")
            return self.operator(tree, start) if numerator is None else tree
        if numerator is not None and self.kind() in ("", "close"):
            return self.made("upper", start, numerator)
        self.fail("∂ without what it is taken in")

    def nabla(self) -> Tree:
        start = self.take().start
        wrt: Tree | None = None
        while self.kind() in ("sub", "sup"):
            if self.take().kind == "sup":
                self.fail("a higher order of ∇")
            wrt = self.script_tree()
        if self.text() in ("cdot", "times"):
            self.fail("a divergence or a curl")
        body = self.scripted(self.group()) if self.text() == "(" else self.nabla_operand()
        return self.made("nabla", start, wrt, body)

    def nabla_operand(self) -> Tree:
        token = self.peek()
        if token is None:
            self.fail("∇ of nothing")
        if token.kind == "cmd" and token.text in ("sum", "log", "ln", "exp", "frac"):
            return self.product()
        if token.style == "bold" and token.kind in ("letter", "cmd"):
            return self.product()  # ∇_s y log sᵀ: of the product; ∇_s H J is of H alone
        return self.factor()

    def group(self) -> Tree:
        opened = self.take()
        closer = {"{": "}", "(": ")", "[": "]"}[opened.text]
        bars, self.bars = self.bars, 0
        inner = self.sum()
        if self.text() == "," and opened.kind == "op":
            self.fail("a list in brackets")
        self.bars = bars
        if self.text() != closer:
            self.fail(f"a bracket is not closed: {closer} is missing", self.peek() or opened)
        self.take()
        if opened.kind == "open":
            if inner.kind == "upper":
                return self.braced_derivative(inner, opened.start)
            return inner if inner.kind in ("sym", "index", "call", "fn") else self.made("group", opened.start, inner)
        return self.made("group", opened.start, inner)

    def braced_derivative(self, upper: Tree, start: int) -> Tree:
        if self.text() == "/" and self.kind(1) == "open" and self.text(2) == "partial":
            self.take()
            wrts = self.variables(self.raw_group(), "partial")
            return self.made("derivative", start, "partial", len(wrts), upper.parts[0], tuple(wrts), "")
        self.fail("∂ without what it is taken in")

    def barred(self) -> Tree:
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
        return self.made("norm" if double else "bars", opened.start, inner)

    # --- scripts

    def script_tree(self) -> Tree:
        """A script's or a command's argument as an expression."""
        token = self.peek()
        if token is None:
            self.fail("a script of nothing")
        if token.kind == "open":
            return self.sub_parse_group()
        if token.kind == "cmd" and token.text == "frac":
            return self.atom()
        self.at += 1
        return self.sub_parse([token])

    def sub_parse_group(self) -> Tree:
        start = self.here()
        inner = self.sub_parse(self.raw_group())
        return inner if inner.kind in ("sym", "index", "call", "num", "fn") else self.made("group", start, inner)

    def script_tokens(self) -> list[Token]:
        token = self.peek()
        if token is None:
            self.fail("a script of nothing")
        return self.raw_group()

    def scripted(self, base: Tree, calls: bool = True) -> Tree:
        """Subscripts, superscripts, primes, factorials and evaluation bars after an atom."""
        tree = base
        start = base.span[0]
        while True:
            kind = self.kind()
            if kind == "sub":
                self.take()
                tree = self.made("index", start, tree, self.items(self.script_tokens()))
            elif kind == "sup":
                self.take()
                tree = self.raised(tree, self.script_tokens(), start)
            elif kind == "prime":
                tree = self.made("prime", start, tree, len(self.take().text))
            elif kind == "op" and self.text() == "!":
                self.take()
                tree = self.made("factorial", start, tree)
            elif self.text() in ("|", "vert") and self.kind(1) == "sub" and not self.bars:
                self.take()
                self.take()
                tree = self.made("at", start, tree, tuple(parse_condition(self.script_tokens(), self.grammar)))
            else:
                return tree

    def items(self, tokens: Sequence[Token]) -> tuple[Tree, ...]:
        """The parts of a subscript: letters, numbers, labels."""
        parts: list[list[Token]] = [[]]
        for token in tokens:
            if token.text == "," and token.kind == "op":
                parts.append([])
            else:
                parts[-1].append(token)
        single = len(parts) == 1
        found: list[Tree] = []
        for part in parts:
            part = [t for t in part if t.kind not in ("open", "close")]
            if not part:
                continue
            span = (part[0].start, part[-1].end)
            simple = all(t.kind in ("letter", "number") and t.style in ("", "roman") for t in part)
            simple = simple and not any(t.text.isupper() for t in part)
            if simple and all(t.style == "" for t in part):
                for token in part:
                    digits = token.text if token.kind == "number" else ""
                    if digits and single and len(digits) == 2 and len(part) == 1 and "0" not in digits:
                        found.append(Tree("pair", (digits,), (token.start, token.end)))
                    elif digits:
                        found.append(Tree("place", (digits,), (token.start, token.end)))
                    else:
                        found.append(Tree("letter", (token.text,), (token.start, token.end)))
            elif len(part) == 1 and part[0].kind == "cmd" and part[0].text in ("alpha", "beta", "mu", "nu"):
                found.append(Tree("letter", (part[0].text,), span))
            elif len(part) == 1:
                found.append(Tree("label", (("bold " if part[0].style == "bold" else "") + part[0].text,), span))
            else:
                found.append(Tree("label", ("".join(t.text for t in part),), span))
        return tuple(found)

    def raised(self, tree: Tree, tokens: list[Token], start: int) -> Tree:
        """What a superscript means: a transpose, an inverse, a label, a power."""
        bare = [t for t in tokens if t.kind not in ("open", "close")]
        if not bare:
            return tree
        texts = [t.text for t in bare]
        if len(bare) == 1:
            token = bare[0]
            if token.text in _TRANSPOSE or (token.kind == "letter" and token.text in self.grammar.transposing):
                return self.made("T", start, tree)
            if token.text == "T" and token.style in ("roman", "sans"):
                return self.made("T", start, tree)
            if token.text == "prime":
                return self.made("prime", start, tree, 1)
            if token.kind == "prime":
                return self.made("prime", start, tree, len(token.text))
            if token.text in ("*", "star", "dagger", "+", "-", "circ", "H"):
                return self.labelled(tree, token.text, start)
            if token.kind == "word":
                return self.labelled(tree, token.text, start)
        if texts == ["-", "T"] or texts == ["-", "top"]:
            minus = Tree("num", ("-1",), (bare[0].start, bare[-1].end))
            return self.made("T", start, self.made("pow", start, tree, minus))
        if texts[0] in ("(", "[") and texts[-1] in (")", "]") and tree.kind in ("sym", "index"):
            inner = bare[1:-1]
            letters = [t for t in inner if t.kind == "letter"]
            if inner and len(letters) == len(inner) == 1:
                item = Tree("letter", (inner[0].text, "sample"), (inner[0].start, inner[0].end))
                return self.made("index", start, tree, (item,))
            return self.labelled(tree, "(" + "".join(t.text for t in inner) + ")", start)
        if texts[0] == "<" and texts[-1] == ">":
            return self.labelled(tree, "<" + "".join(texts[1:-1]) + ">", start)
        return self.made("pow", start, tree, self.sub_parse(tokens))

    def labelled(self, tree: Tree, label: str, start: int) -> Tree:
        if tree.kind == "sym":
            return self.called(self.made("sym", start, f"{tree.parts[0]}^{label}", tree.parts[1]))
        if tree.kind == "index" and tree.parts[0].kind == "sym":
            base = tree.parts[0]
            named = Tree("sym", (f"{base.parts[0]}^{label}", base.parts[1]), base.span)
            return Tree("index", (named, tree.parts[1]), tree.span)
        self.fail(f"the superscript {label} is not understood here")

    def is_differential(self) -> bool:
        token = self.peek()
        if token is None or token.kind != "letter" or token.text != "d" or token.style not in ("", "roman"):
            return False
        if not self.grammar.differential:
            return False
        nxt = self.peek(1)
        if nxt is None or nxt.kind in ("sub", "sup", "prime"):
            return False
        return (
            nxt.kind in ("letter", "open", "word")
            or nxt.text in ("(", "[")
            or (nxt.kind == "cmd" and (nxt.text in _GREEK or nxt.text in _ACCENTS or nxt.text in NAMED))
        )

    # --- Σ and Π

    def big(self) -> Tree:
        token = self.take()
        op = _BIG[token.text]
        if not op:
            self.fail("an integral" if "int" in token.text else f"\\{token.text} is not known", token)
        bounds: list[Token] = []
        upper: list[Token] = []
        while self.kind() in ("sub", "sup"):
            if self.take().kind == "sub":
                bounds = self.script_tokens()
            else:
                upper = self.script_tokens()
        binders, conditions = self.binders(bounds, upper)
        if self.starts_negative() or self.text() == "+":
            sign = self.take().text
            body = self.product()
            body = body if sign == "+" else self.made("neg", token.start, body)
        else:
            if not self.starts_factor():
                self.fail("a sum of nothing", token)
            body = self.product()
        return self.made("big", token.start, op, binders, conditions, body)

    def binders(
        self, bounds: Sequence[Token], upper: Sequence[Token]
    ) -> tuple[tuple[Any, ...], tuple[tuple[str, Tree, Tree], ...]]:
        """The letters a Σ binds, each with its bounds, and what else stands below it."""
        letters: list[Any] = []
        conditions: list[tuple[str, Tree, Tree]] = []
        clauses: list[list[Token]] = [[]]
        for token in bounds:
            if token.text in (",", ":", ";") and token.kind == "op":
                clauses.append([])
            else:
                clauses[-1].append(token)
        for clause in clauses:
            clause = [t for t in clause if t.kind not in ("open", "close")] if len(clauses) > 1 else clause
            if not clause:
                continue
            place = next((k for k, t in enumerate(clause) if relation(t)), None)
            if place is None:
                for token in clause:
                    if token.kind != "letter" and not (token.kind == "cmd" and token.text in _GREEK):
                        self.fail("what a sum runs over is not understood", token)
                    letters.append((token.text, None, None))
                continue
            first, rest = clause[:place], clause[place + 1 :]
            meaning = relation(clause[place])
            if len(first) != 1 or not rest:
                if [t.kind for t in first] == ["letter"] * len(first) and first and meaning != "=":
                    letters += [(t.text, None, None) for t in first[:-1]]
                    first = first[-1:]
                else:
                    self.fail("what a sum runs over is not understood", clause[0])
            name = first[0].text
            if meaning == "=":
                letters.append((name, self.sub_parse(rest), self.sub_parse(upper) if upper else None))
            elif meaning == "in":
                letters.append((name, None, None))
            elif meaning in ("!=", "<", ">", "<=", ">="):
                if name not in [n for n, _, _ in letters]:
                    letters.append((name, None, None))
                conditions.append((meaning, self.sub_parse(first), self.sub_parse(rest)))
            else:
                self.fail("what a sum runs over is not understood", clause[0])
        if upper and letters and letters[-1][1] is None:
            name, lower, _ = letters[-1]
            letters[-1] = (name, lower, self.sub_parse(upper))
        return tuple(letters), tuple(conditions)

    # --- environments inside an expression

    def environment(self) -> Tree:
        begin = self.take()
        rows: list[list[list[Token]]] = [[[]]]
        depth = 0
        braces = 0
        while True:
            token = self.raw()
            if token is None:
                self.fail(f"the environment {begin.text} is not closed", begin)
            if token.kind == "end" and depth == 0:
                break
            depth += {"begin": 1, "end": -1}.get(token.kind, 0)
            braces += {"open": 1, "close": -1}.get(token.kind, 0)
            if token.kind == "row" and depth == 0 and braces == 0:
                rows.append([[]])
            elif token.kind == "amp" and depth == 0 and braces == 0:
                rows[-1].append([])
            else:
                rows[-1][-1].append(token)
        rows = [row for row in rows if any(row)]
        if begin.text in ("cases", "dcases", "rcases"):
            return self.cases(rows, begin)
        if begin.text.endswith("matrix") or begin.text == "array":
            if begin.text == "array" and rows and rows[0] and rows[0][0][:1] and rows[0][0][0].kind == "open":
                end = next((k for k, t in enumerate(rows[0][0]) if t.kind == "close"), 0)
                rows[0][0] = rows[0][0][end + 1 :]
            cells = tuple(tuple(self.sub_parse(cell) for cell in row) for row in rows)
            tree = self.made("matrix", begin.start, cells)
            return self.made("bars", begin.start, tree) if begin.text == "vmatrix" else tree
        if begin.text in ("aligned", "split", "gathered") and len(rows) == 1:
            return self.sub_parse([t for cell in rows[0] for t in cell])
        self.fail(f"the environment {begin.text} is not understood here", begin)

    def raw(self) -> Token | None:
        token = self.peek()
        if token is not None:
            self.at += 1
        return token

    def cases(self, rows: Sequence[Sequence[list[Token]]], begin: Token) -> Tree:
        found: list[tuple[Tree, Any]] = []
        for row in rows:
            flat = list(row[0])
            condition = [t for cell in row[1:] for t in cell]
            if not condition:
                place = next((k for k, t in enumerate(flat) if t.kind == "word" or t.text == ","), None)
                if place is not None:
                    flat, condition = flat[:place], flat[place:]
            while flat and flat[-1].text in (",", ";", "."):
                flat.pop()
            words = " ".join(t.text.strip().lower() for t in condition if t.kind == "word")
            bare = [t for t in condition if t.kind not in ("word",) and t.text not in (".", ";")]
            bare = bare[1:] if bare and bare[0].text == "," else bare
            if not bare:
                if not any(w in words for w in ("otherwise", "else")) and not (not words and row is rows[-1]):
                    self.fail("a case without a condition", begin)
                found.append((self.sub_parse(flat), None))
                continue
            conditions = tuple(parse_condition(bare, self.grammar))
            if not conditions:
                self.fail("the condition of a case is not understood", bare[0])
            found.append((self.sub_parse(flat), conditions))
        return self.made("cases", begin.start, tuple(found))


def _bare(tokens: Sequence[Token]) -> list[Token]:
    """Without gaps, and without alignment marks outside the environments that need them."""
    done: list[Token] = []
    depth = 0
    for token in tokens:
        depth += {"begin": 1, "end": -1}.get(token.kind, 0)
        if token.kind not in ("gap", "quad") and (depth or token.kind != "amp"):
            done.append(token)
    return done


def _shown(token: Token) -> str:
    return f"\\{token.text}" if token.kind == "cmd" else f"“{token.text}”"


def _is_mark(token: Token, mark: str) -> bool:
    if mark == "partial":
        return token.kind == "cmd" and token.text == "partial"
    return token.kind == "letter" and token.text == "d"


def _strip_mark(tokens: Sequence[Token], mark: str) -> tuple[int, list[Token]] | None:
    """The order and what follows, where the tokens begin with ∂ or d."""
    if not tokens or not _is_mark(tokens[0], mark):
        return None
    rest = list(tokens[1:])
    order = 1
    if rest and rest[0].kind == "sup":
        inner = rest[1:2]
        skip = 2
        if inner and inner[0].kind == "open":
            inner, skip = rest[2:3], 4
        if inner and inner[0].kind == "number" and inner[0].text.isdigit():
            order = min(int(inner[0].text), 5)
            rest = rest[skip:]
    return order, rest


def derivative_marks(top: Sequence[Token], bottom: Sequence[Token]) -> str:
    """Whether a fraction is a derivative: with ∂ at the head of a part, or d at the head of both."""
    heads = [part[0] for part in (top, bottom) if part]
    if any(t.kind == "cmd" and t.text == "partial" for t in heads[:1]) and len(heads) == 2:
        return "partial"
    if len(heads) == 2 and heads[1].kind == "cmd" and heads[1].text == "partial":
        return "partial"
    if len(heads) == 2 and _is_mark(heads[0], "d") and len(top) > 1 and len(bottom) == 1 and bottom[0].kind == "letter":
        return "d"
    if len(heads) == 2 and all(_is_mark(t, "d") for t in heads) and len(bottom) > 1 and bottom[1].kind != "sub":
        return "d"
    return ""


def _with_words(tokens: Sequence[Token], grammar: Grammar) -> list[Token]:
    """Runs of letters that spell a function's name become one word."""
    done: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.kind == "letter" and not token.style:
            end = at
            while end < len(tokens) and tokens[end].kind == "letter" and not tokens[end].style:
                end += 1
            run = "".join(t.text for t in tokens[at:end])
            joined = len(run) > 1 and tokens[end - 1].end - token.start == len(run)
            name = next((run[k:] for k in range(len(run) - 1) if run[k:] in NAMED or run[k:] in grammar.words), "")
            follows = tokens[end].text if end < len(tokens) else ""
            if (
                joined
                and name
                and (name in grammar.words or follows in ("(", "^", "_", " ", "{", "[") or len(name) > 2)
            ):
                cut = end - len(name)
                done += tokens[at:cut]
                done.append(Token("word", name, tokens[cut].start, tokens[end - 1].end, "roman"))
            else:
                done += tokens[at:end]
            at = end
            continue
        done.append(token)
        at += 1
    return done
