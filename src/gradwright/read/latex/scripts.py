"""Scripts, Σ and environments. Owns: what stands below, above and after an atom. Never: precedence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from gradwright.read.latex.atoms import Atoms
from gradwright.read.latex.cursor import ACCENTS, BIG, GREEK, TRANSPOSE
from gradwright.read.latex.rows import relation
from gradwright.read.latex.runs import tabled
from gradwright.read.latex.tokens import Token
from gradwright.read.tree import Tree

_EVALUATED = frozenset({"derivative", "frac", "group", "call", "prime", "opaque"})
"""What an evaluation bar belongs to alone; after anything else it belongs to the whole product."""


class Scripts(Atoms):
    """Subscripts, superscripts, big operators, environments."""

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
                items = self.items(self.script_tokens())
                tree = self.made("index", start, tree, items) if items else tree
            elif kind == "sup":
                self.take()
                tree = self.raised(tree, self.script_tokens(), start)
            elif kind == "prime" and tree.kind == "sym" and tree.parts[0] in self.grammar.primed:
                tree = self.labelled(tree, "′" * len(self.take().text), start)
            elif kind == "prime":
                tree = self.made("prime", start, tree, len(self.take().text))
            elif kind == "op" and self.text() == "!":
                self.take()
                tree = self.made("factorial", start, tree)
            elif self.text() in ("|", "vert") and self.kind(1) == "sub" and not self.bars and tree.kind in _EVALUATED:
                self.take()
                self.take()
                tree = self.made("at", start, tree, tuple(self.conditions(self.script_tokens())))
            else:
                return tree

    def items(self, tokens: Sequence[Token]) -> tuple[Tree, ...]:
        """The parts of a subscript: letters, numbers, labels."""
        parts: list[list[Token]] = [[]]
        for token in _primed(tokens):
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
            if simple and self.is_label(part):
                found.append(Tree("label", ("".join(t.text for t in part),), span))
            elif simple and all(t.style == "" for t in part):
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
            if token.text in TRANSPOSE or (token.kind == "letter" and token.text in self.grammar.transposing):
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
        if texts[0] in ("(", "[") and tree.kind in ("sym", "index"):
            end = texts.index(")" if texts[0] == "(" else "]") if ({")", "]"} & set(texts)) else 0
            inner, rest = bare[1:end], bare[end + 1 :]
            if inner and self.is_tag(inner, texts[0]):
                tree = self.tagged(tree, inner, start)
                return self.raised(tree, rest, start) if rest else tree
        if texts[0] == "<" and texts[-1] == ">":
            return self.labelled(tree, "<" + "".join(texts[1:-1]) + ">", start)
        return self.made("pow", start, tree, self.sub_parse(tokens))

    def is_label(self, part: Sequence[Token]) -> bool:
        """Whether letters below a symbol are part of its name."""
        names = [t.text for t in part if t.kind == "letter"]
        if len(names) != len(part) or set(names) & self.bound:
            return False
        return set(names) <= self.grammar.labels or (len(names) == 1 and names[0] in self.grammar.running)

    def is_tag(self, inner: Sequence[Token], opened: str) -> bool:
        """Whether brackets above a symbol hold a number, a name or a shifted letter, rather than an exponent."""
        if len(inner) == 1:
            return True
        return opened == "[" or (inner[0].kind in ("letter", "word") and all(t.kind != "cmd" for t in inner))

    def tagged(self, tree: Tree, inner: Sequence[Token], start: int) -> Tree:
        """x^{(i)} is the i-th of many x; W^{(2)}, a^{[l-1]} are names."""
        single = inner[0] if len(inner) == 1 and inner[0].kind == "letter" else None
        if single is not None and (single.text in self.bound or single.text not in self.grammar.running):
            item = Tree("letter", (single.text, "sample"), (single.start, single.end))
            return self.made("index", start, tree, (item,))
        return self.labelled(tree, "(" + "".join(t.text for t in inner) + ")", start)

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
        nxt = self.peek(1)
        if token is None or token.kind != "letter" or token.text != "d" or not self.grammar.differential:
            return False
        if token.style not in ("", "roman") and not (nxt is not None and nxt.style == token.style == "bold"):
            return False
        if nxt is None or nxt.kind in ("sub", "sup", "prime"):
            return False
        return (
            nxt.kind in ("letter", "open", "word")
            or nxt.text in ("(", "[")
            or (nxt.kind == "cmd" and (nxt.text in GREEK or nxt.text in ACCENTS))
            or self.is_function_name(1)
        )

    # --- Σ and Π

    def big(self) -> Tree:
        token = self.take()
        op = BIG[token.text]
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
        outside, self.bound = self.bound, self.bound | {name for name, _, _ in binders}
        body = self.summand(token)
        self.bound = outside
        return self.made("big", token.start, op, binders, conditions, body)

    def summand(self, token: Token) -> Tree:
        if self.starts_negative() or self.text() == "+":
            sign = self.take().text
            body = self.product()
            return body if sign == "+" else self.made("neg", token.start, body)
        if not self.starts_factor():
            self.fail("a sum of nothing", token)
        return self.product()

    def binders(
        self, bounds: Sequence[Token], upper: Sequence[Token]
    ) -> tuple[tuple[Any, ...], tuple[tuple[str, Tree, Tree], ...]]:
        """The letters a Σ binds, each with its bounds, and what else stands below it."""
        letters: list[Any] = []
        conditions: list[tuple[str, Tree, Tree]] = []
        clauses: list[list[Token]] = [[]]
        for token in _primed(bounds):
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
                    if token.kind != "letter" and not (token.kind == "cmd" and token.text in GREEK):
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
            tree = self.table(rows, begin)
            return self.made("bars", begin.start, tree) if begin.text == "vmatrix" else tree
        if begin.text in ("aligned", "split", "gathered") and len(rows) == 1:
            return self.sub_parse([t for cell in rows[0] for t in cell])
        self.fail(f"the environment {begin.text} is not understood here", begin)

    def table(self, rows: Sequence[Sequence[list[Token]]], begin: Token) -> Tree:
        """The entries of a matrix; dots in the place of some stand for those between the first and the last."""
        cells = [[None if _dotted(cell) else self.sub_parse(cell) for cell in row] for row in self.spread(rows)]
        if all(cell is not None for row in cells for cell in row):
            return self.made("matrix", begin.start, tuple(map(tuple, cells)))
        kept = [row for row in cells if any(cell is not None for cell in row)]
        shown = cells if all(len(row) == 1 for row in cells) or len(cells) == 1 else kept
        span = (begin.start, self.tokens[self.at - 1].end)
        found = tabled(shown, span)
        if found is None:
            self.fail("an ellipsis whose pattern is not seen", begin)
        return found

    def spread(self, rows: Sequence[Sequence[list[Token]]]) -> list[list[list[Token]]]:
        """Cells that only space parts, as in x_1 \\ x_2 \\ … \\ x_n, are cells all the same."""
        done = []
        for row in rows:
            if len(row) == 1 and any(t.text == "dots" for t in row[0]) and len(row[0]) > 1:
                symbols: list[list[Token]] = [[]]
                for token in row[0]:
                    parted = (
                        bool(symbols[-1]) and token.start > symbols[-1][-1].end and token.kind not in ("sub", "sup")
                    )
                    if token.text == "dots" or parted:
                        symbols.append([])
                    symbols[-1].append(token)
                done.append([cell for cell in symbols if cell])
            else:
                done.append(list(row))
        return done

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
            conditions = tuple(self.conditions(bare))
            if not conditions:
                self.fail("the condition of a case is not understood", bare[0])
            found.append((self.sub_parse(flat), conditions))
        return self.made("cases", begin.start, tuple(found))


def _primed(tokens: Sequence[Token]) -> list[Token]:
    """i' below a symbol is a letter of its own."""
    done: list[Token] = []
    for token in tokens:
        if token.kind == "prime" and done and done[-1].kind == "letter":
            done[-1] = replace(done[-1], text=done[-1].text + "′" * len(token.text), end=token.end)
        else:
            done.append(token)
    return done


def _dotted(cell: Sequence[Token]) -> bool:
    return bool(cell) and all(t.text in ("dots", "vdots", "ddots") for t in cell)
