"""From a document to its chains. Owns: what stands where, in order, with case scopes, definitions and facts.

A chain is a run of sides joined by relations; a display that begins with = goes on with the one before. Never: judges.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gradwright.core.context import FACTS
from gradwright.core.errors import Error
from gradwright.document import prose
from gradwright.document.parser import NAMED, Grammar, parse, parse_condition
from gradwright.document.rows import Line, lines_of, relation
from gradwright.document.segment import Piece, segment
from gradwright.document.source import Source
from gradwright.document.symbols import Definition, Stated, Symbols, base_of, dependencies, gather, symbol_key
from gradwright.document.tokens import Token, macros_in, tokenize
from gradwright.document.tree import Tree, subtrees

Condition = tuple[str, Tree, Tree]


@dataclass
class Side:
    """One side of a relation: its tokens, and its tree or why there is none."""

    tokens: list[Token]
    tree: Tree | None = None
    error: Error | None = None

    @property
    def span(self) -> tuple[int, int]:
        return (self.tokens[0].start, self.tokens[-1].end) if self.tokens else (0, 0)


@dataclass
class Link:
    """A relation: which sides it joins, its sign, what it is said to be (a claim, or why it is none)."""

    left: int
    op: Token
    sort: str = "claim"
    reason: str = ""
    definition: Definition | None = None


@dataclass
class Chain:
    """Sides in order, and the relations between neighbours."""

    number: int
    display: bool
    before: str
    after: str
    sides: list[Side] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    scope: list[Condition] = field(default_factory=list)
    closed_scope: list[Condition] = field(default_factory=list)
    section: int = 0
    kept: dict[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> int:
        return self.sides[0].span[0] if self.sides else 0


@dataclass
class Collected:
    source: Source
    chains: list[Chain]
    symbols: Symbols
    grammar: Grammar
    einstein: bool


def collect(source: Source, given: Sequence[str] = (), shapes: Sequence[str] = ()) -> Collected:
    """Everything that is to be judged, with what is known about its symbols."""
    text = source.text
    pieces = segment(text)
    macros = macros_in(text)
    lines: list[list[Line]] = []
    for piece in pieces:
        lines.append([])
        if piece.kind == "math":
            try:
                lines[-1] = lines_of(tokenize(text[piece.start : piece.end], piece.start, macros))
            except Error as error:
                span = error.span or (piece.start, piece.end)
                broken = Token("op", "=", *span)
                lines[-1] = (
                    [Line([[broken], []], [broken], error=error)] if "=" in text[piece.start : piece.end] else []
                )
    grammar = _grammar([t for ls in lines for line in ls for side in line.sides for t in side])
    builder = _Builder(source, pieces, lines, grammar)
    builder.build()
    collected = Collected(source, builder.chains, Symbols(), grammar,
                          bool(re.search(r"index notation|Einstein|summation convention|repeated ind", text)))  # fmt: skip
    _learn(collected, builder, given, shapes)
    return collected


# --- the grammar: which symbols are functions ----------------------------------------------------------------------


def _grammar(tokens: Sequence[Token]) -> Grammar:
    """Functions are the symbols that are always applied, or conventionally so; words are runs of letters applied twice."""
    plain = [t for t in tokens if t.kind not in ("gap", "amp", "quad", "open", "close")]
    applied: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    symbols_only: Counter[str] = Counter()
    listed: Counter[str] = Counter()
    differential = alone_d = 0
    words: Counter[str] = Counter()
    transposed: Counter[str] = Counter()
    raised = {id(b) for a, b in zip(tokens, tokens[1:], strict=False) if a.kind == "sup"}
    depth_sup = _inside_superscripts(tokens)
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.kind == "letter" and not token.style:
            end = at
            while (
                end < len(tokens)
                and tokens[end].kind == "letter"
                and not tokens[end].style
                and (end == at or tokens[end].start == tokens[end - 1].end)
            ):
                end += 1
            run = "".join(t.text for t in tokens[at:end])
            if end - at >= 3 and end < len(tokens) and tokens[end].text == "(":
                words[run] += 1
            at = end
        else:
            at += 1
    for k, token in enumerate(plain):
        nxt = plain[k + 1] if k + 1 < len(plain) else None
        if token.text in ("T", "t") and token.kind == "letter" and id(token) not in depth_sup:
            transposed[token.text] += 1
        if token.kind == "word" or token.kind == "letter" or (token.kind == "cmd" and token.text[:1].isalpha()):
            name = token.text
            if name in NAMED or name in ("frac", "partial", "sum", "nabla", "log", "exp", "sqrt", "prod"):
                continue
            after = nxt
            if nxt is not None and nxt.kind == "prime":
                after = plain[k + 2] if k + 2 < len(plain) else None
                if after is not None and after.text == "(":
                    symbols_only[name] += 2
            if after is not None and after.text == "(":
                applied[name] += 1
                opened = k + 1 if nxt is after else k + 2
                if _arguments_only(plain, opened):
                    symbols_only[name] += 1
                    listed[name] += any(t.text == "," for t in plain[opened + 1 : opened + 4])
                if token.kind == "word" and len(name) > 1:
                    listed[name] += 1
            elif id(token) not in raised:
                alone[name] += 1
        if token.kind == "letter" and token.text == "d" and token.style in ("", "roman"):
            starts = nxt is not None and nxt.kind in ("letter", "cmd", "word") and relation(nxt) is None
            starts = starts and nxt is not None and nxt.text not in ("in", "times", "cdot", "dots", "odot")
            if starts or (nxt is not None and nxt.text == "("):
                differential += 1
            else:
                alone_d += 1
    functions = {
        n for n, c in symbols_only.items() if c and (not alone[n] or n in _CONVENTIONAL or applied[n] > alone[n])
    }
    functions |= {n for n, c in listed.items() if c} | {w for w in words if words[w] > 1}
    functions -= {"d", "e", "left", "right", "cdot", "quad", "in", "delta", "times"} | NAMED
    grammar = Grammar(functions, {w for w in words if words[w] > 1 and w not in NAMED})
    grammar.differential = differential > alone_d
    if grammar.differential:
        grammar.functions.discard("d")
    grammar.transposing = frozenset({"T"} if not transposed["T"] or "T" in functions else {"T"})
    return grammar


_CONVENTIONAL = frozenset(
    {
        "f",
        "g",
        "h",
        "phi",
        "psi",
        "sigma",
        "varphi",
        "F",
        "G",
        "s",
        "ell",
        "varsigma",
        "xi",
        "L",
        "J",
        "H",
        "l",
        "u",
        "v",
    }
)


def _inside_superscripts(tokens: Sequence[Token]) -> set[int]:
    found: set[int] = set()
    for k, token in enumerate(tokens[:-1]):
        if token.kind == "sup":
            if tokens[k + 1].kind != "open":
                found.add(id(tokens[k + 1]))
                continue
            for inner in tokens[k + 2 : k + 6]:
                if inner.kind == "close":
                    break
                found.add(id(inner))
    return found


def _arguments_only(plain: Sequence[Token], at: int) -> bool:
    """Whether the bracket at ``at`` holds only symbols and commas."""
    k = at + 1
    while k < len(plain) and k < at + 14:
        token = plain[k]
        if token.text == ")":
            return k > at + 1
        symbol = token.kind in ("letter", "word") or (token.kind == "cmd" and relation(token) is None)
        if not (symbol or token.text in (",", ";") or token.kind in ("sub", "prime", "number")):
            return False
        if symbol and plain[k - 1].kind in ("letter", "number") and plain[k - 1].text != "d":
            return False
        if token.kind == "number" and plain[k - 1].kind != "sub":
            return False
        k += 1
    return False


# --- chains -------------------------------------------------------------------------------------------------------


class _Builder:
    def __init__(self, source: Source, pieces: list[Piece], lines: list[list[Line]], grammar: Grammar) -> None:
        self.source, self.pieces, self.lines, self.grammar = source, pieces, lines, grammar
        self.chains: list[Chain] = []
        self.sets: list[tuple[Tree, list[Token], int]] = []
        self.scope: list[Condition] = []
        self.closed: list[Condition] = []
        self.section = 0
        self.trees: list[Tree] = []
        self.loose: dict[int, Tree] = {}
        self.opened = -1

    def build(self) -> None:
        text = self.source.text
        for number, piece in enumerate(self.pieces):
            if piece.kind != "math":
                if piece.kind == "prose":
                    self.prose(text[piece.start : piece.end])
                continue
            before = "".join(
                text[p.start : p.end] if p.kind == "prose" else "⟦⟧" for p in self.pieces[max(0, number - 6) : number]
            )[-300:]
            after = text[piece.outer[1] : piece.outer[1] + 160]
            for line in self.lines[number]:
                self.line(line, piece, before, after, number)

    def prose(self, said: str) -> None:
        if prose.HEADING.search(said):
            self.section += 1
            self.scope, self.closed = [], []
        elif prose.closes_case(said):
            self.closed = self.scope or self.closed
            self.scope = []

    def parsed(self, tokens: list[Token]) -> Side:
        side = Side(tokens)
        try:
            side.tree = parse(tokens, self.grammar)
            self.trees.append(side.tree)
        except Error as error:
            side.error = error
        return side

    def conditions(self, groups: Sequence[Sequence[Token]]) -> list[Condition]:
        found: list[Condition] = []
        for group in groups:
            try:
                found += [c for c in parse_condition(group, self.grammar) if _index_condition(c)]
            except Error:
                continue
        return found

    def line(self, line: Line, piece: Piece, before: str, after: str, number: int) -> None:
        if not line.ops:
            if any(s for s in line.sides):
                side = self.parsed(line.sides[0])
                if side.tree is not None:
                    self.loose[number] = side.tree
                self.begin(side, piece, before, after, line)
            return
        if not piece.display and self.is_condition(line):
            conditions = self.conditions([_flat(line)])
            if prose.opens_case(before, after):
                self.scope = [*self.scope, *conditions] if self.opened == number else conditions
                self.opened = number
            return
        if line.continues and self.chains:
            chain = self.chains[-1]
            own = self.source.text[chain.sides[-1].span[1] : line.ops[0].start]
            if len(own) > 400 or chain.section != self.section:
                chain = self.begin(_nothing_before(line), piece, before, after, line)
        else:
            side = self.parsed(line.sides[0]) if line.sides[0] else _nothing_before(line)
            chain = self.begin(side, piece, before, after, line)
        for op, tokens in zip(line.ops, line.sides[1:], strict=True):
            meaning = relation(op)
            if op.text == ":=":
                meaning = ":="
            if meaning == "in":
                if chain.sides[-1].tree is not None:
                    self.sets.append((chain.sides[-1].tree, tokens, self.section))
                continue
            nothing = line.error or Error("nothing stands after this sign", (op.start, op.end))
            side = self.parsed(tokens) if tokens else Side([op], None, nothing)
            left = len(chain.sides) - 1
            chain.sides.append(side)
            if meaning in ("=", ":="):
                chain.links.append(Link(left, op, "claim" if meaning == "=" else "definition"))

    def begin(self, side: Side, piece: Piece, before: str, after: str, line: Line) -> Chain:
        chain = Chain(len(self.chains), piece.display, before, after, [side], section=self.section)
        chain.conditions = self.conditions(line.conditions)
        chain.scope, chain.closed_scope = list(self.scope), list(self.closed)
        self.chains.append(chain)
        return chain

    def is_condition(self, line: Line) -> bool:
        if len(line.sides) < 2 or any(len(s) > 3 for s in line.sides):
            return False
        try:
            found = parse_condition(_flat(line), self.grammar)
        except Error:
            return False
        return bool(found) and all(_index_condition(c) for c in found)


def _nothing_before(line: Line) -> Side:
    op = line.ops[0]
    return Side([op], None, Error("nothing stands before this sign", (op.start, op.end)))


def _flat(line: Line) -> list[Token]:
    flat = list(line.sides[0])
    for op, side in zip(line.ops, line.sides[1:], strict=True):
        flat += [op, *side]
    for group in line.conditions:
        flat += [Token("op", ",", group[0].start, group[0].start), *group]
    return flat


_INDEX_LETTERS = frozenset("ijklmnpqrstc")


def _index_condition(condition: Condition) -> bool:
    """i = k, i ≠ k, j < i: a comparison of two index letters."""
    _, left, right = condition
    return all(t.kind == "sym" and str(t.parts[0]) in _INDEX_LETTERS and not t.parts[1] for t in (left, right))


# --- what is known ------------------------------------------------------------------------------------------------


def _learn(collected: Collected, builder: _Builder, given: Sequence[str], shapes: Sequence[str]) -> None:
    symbols, text = collected.symbols, collected.source.text
    letters: set[str] = set()
    symbols.functions = set(collected.grammar.functions)
    lowered = text.lower()
    if "sigmoid" in lowered or "logistic function" in lowered:
        symbols.words.add("sigmoid")
    symbols.row_vectors = "row vector" in lowered and "column vector" not in lowered
    stated = [*prose.directives(text), *given, *[s for s in shapes]]
    for tree, tokens, section in builder.sets:
        _declared(symbols, tree, tokens, section)
    gather(symbols, builder.trees, letters)
    for tree, tokens, section in builder.sets:
        _declared(symbols, tree, tokens, section)
    _said(collected, builder, text)
    for part in stated:
        _directive(symbols, part)
    for tree in builder.trees:
        for node in subtrees(tree):
            if node.kind == "diff" and node.parts[0].kind in ("sym", "index"):
                symbols.varying.add(symbol_key(symbols, node.parts[0]))
            if node.kind == "nabla" and node.parts[0] is None:
                body = node.parts[1]
                while body.kind in ("group", "T"):
                    body = body.parts[0]
                if body.kind == "sym":
                    symbols.hidden.add(symbols.key(str(body.parts[0]), str(body.parts[1])))
    symbols.depends = dependencies(builder.trees, symbols)
    _definitions(collected)
    symbols.hidden = {k for k in symbols.hidden if not any(d.key == k for d in symbols.definitions)}


def _declared(symbols: Symbols, tree: Tree, tokens: Sequence[Token], section: int) -> None:
    r"""X ∈ \mathbb{R}^{n×m}."""
    base = base_of(tree) if tree.kind in ("sym", "index") else None
    flat = [t for t in tokens if t.kind not in ("open", "close", "gap")]
    if base is None or base.kind != "sym" or not flat or flat[0].text != "R":
        return
    dims = [t for t in flat[1:] if t.kind in ("letter", "number")]
    if (len(flat) > 1 and flat[1].kind != "sup") or any(t.text in "+-" for t in flat):
        return
    key = symbols.key(str(base.parts[0]), str(base.parts[1]))
    shape: list[str | int] = [int(t.text) if t.kind == "number" else t.text for t in dims]
    symbols.extents |= {d for d in shape if isinstance(d, str)}
    if len(shape) == 2 and shape[1] == 1:
        shape = shape[:1]
    if len(shape) == 2 and shape[0] == 1:
        shape = shape[1:]
    symbols.ranks[key] = len(shape)
    symbols.shapes[key] = tuple(shape)
    symbols.declared[key] = section


def _said(collected: Collected, builder: _Builder, text: str) -> None:
    """Facts in prose; a formula between the words is a number in brackets."""
    symbols = collected.symbols
    parts: list[str] = []
    for number, piece in enumerate(builder.pieces):
        if piece.kind == "prose":
            parts.append(text[piece.start : piece.end])
        elif piece.kind == "math":
            if text[piece.start : piece.end].strip() == "1":
                parts.append("⟦one⟧")
            else:
                parts.append(f"⟦{number}⟧" if not piece.display else f" ⟦{number}⟧ ")
    for words in prose.facts_in("".join(parts)):
        tree = builder.loose.get(words.piece)
        base = base_of(tree) if tree is not None else None
        if base is None or base.kind != "sym":
            continue
        key = symbols.key(str(base.parts[0]), str(base.parts[1]), tree is not None and tree.kind == "index")
        if words.fact == "constant":
            symbols.constants.add(key)
        else:
            symbols.facts.append(Stated(words.fact, key, words.said, 0))


def _directive(symbols: Symbols, text: str) -> None:
    kind, name, values = prose.directive(text)
    name = name.lstrip("\\")
    key = symbols.key(name, "bold" if name in symbols.apart else "")
    if kind == "shape":
        shape = tuple(int(v) if v.isdigit() else v for v in values)
        symbols.ranks[key], symbols.shapes[key] = len(shape), shape
        return
    for fact in values:
        if fact == "constant":
            symbols.constants.add(key)
        elif fact == "vector":
            symbols.ranks[key] = 1
        elif fact == "matrix":
            symbols.ranks[key] = 2
        elif fact == "scalar":
            symbols.ranks[key] = 0
        elif fact == "elementwise":
            symbols.elementwise.add(key)
        elif fact in FACTS:
            symbols.facts.append(Stated(fact, key, "stated", 0))
        else:
            raise Error(f"there is no fact {fact}", hint="facts: " + ", ".join(FACTS))


def _definitions(collected: Collected) -> None:
    symbols = collected.symbols
    for chain in collected.chains:
        for link in chain.links:
            left, right = chain.sides[link.left], chain.sides[link.left + 1]
            if left.tree is None or right.tree is None:
                continue
            _sort(collected, chain, link, left.tree, right.tree)


def _sort(collected: Collected, chain: Chain, link: Link, left: Tree, right: Tree) -> None:
    """Whether a relation defines, states a fact, imposes a condition or is an update; what is left is a claim."""
    symbols = collected.symbols
    fact = _stated_fact(symbols, left, right)
    if fact is not None and len(chain.links) == 1:
        if not any(s.fact == fact[0] and s.key == fact[1] for s in symbols.facts):
            symbols.facts.append(Stated(*fact, place=left.span[0]))
        link.sort, link.reason = "fact", "a fact that is stated"
        return
    if link.left == 0 and _is_number(right) and prose.IMPOSING.search(chain.before):
        link.sort, link.reason = "condition", "a condition that is imposed, not a claim"
        return
    if left.kind == "diff" and _is_number(right) and left.parts[0].kind == "sym" and right_is_zero(right):
        key = symbol_key(symbols, left.parts[0])
        symbols.constants.add(key)
        symbols.varying.discard(key)
        link.sort, link.reason = "fact", f"{key} is constant, stated"
        return
    if left.kind in ("sym", "index", "call") and _is_number(right) and not chain.display:
        link.sort, link.reason = "value", "a value that is chosen, not a claim"
        return
    form = _defined_form(symbols, left)
    if form is None:
        if link.left == 0 and len(chain.links) == 1 and not chain.display and prose.ASSUMING.search(chain.before):
            link.sort = "assumed"
        return
    key, params, letters, kind = form
    mentioned = {
        symbols.key(str(n.parts[0]), str(n.parts[1]), i) for n in subtrees(right) if n.kind == "sym" for i in (0, 1, 2)
    }
    if kind != "call" and key in mentioned:
        if _is_update(symbols, left, right):
            link.sort, link.reason = "update", "an update, not a claim"
        return
    if link.left > 0 and kind not in ("call", "opaque"):
        return
    if right.kind == "matrix" and any(
        n.kind == "sym" and n.parts[0] == str(_base_name(left)).lower() for n in subtrees(right)
    ):
        link.sort, link.reason = "data", "the entries of an array"
        link.definition = Definition(key, (), (), right, left.span[0], chain.number, chain.section)
        return
    known = [d for d in symbols.definitions if d.key == key]
    if len(known) == 1 and kind == "sym" and _turned(symbols, known[0], right, mentioned):
        link.sort, link.definition = (
            "definition",
            Definition(key, params, letters, right, known[0].place, chain.number, chain.section),
        )
        symbols.definitions.append(link.definition)
        return
    afresh = bool(prose.DEFINING.search(chain.before)) or link.sort == "definition"
    if known and not (afresh and any(d.params != params for d in known)):
        if not (afresh and chain.section != _section(collected, known[-1].chain)):
            return
    link.definition = Definition(key, params, letters, right, left.span[0], chain.number, chain.section)
    link.sort = "definition"
    link.definition.said = bool(re.search(r"\bwhere\b[^.]*$", chain.before))
    symbols.definitions.append(link.definition)
    symbols.varying.discard(key)


def _turned(symbols: Symbols, known: Definition, right: Tree, mentioned: set[str]) -> bool:
    """η = log λ, then η = θᵀx: the first is turned round, λ = exp η, where λ has no other meaning."""
    body = known.body
    if (
        body.kind != "fn"
        or body.parts[0] not in ("log", "ln", "exp")
        or body.parts[1][0].kind != "sym"
        or known.letters
    ):
        return False
    inner = symbol_key(symbols, body.parts[1][0])
    if inner in mentioned or any(d.key == inner for d in symbols.definitions):
        return False
    name = Tree("sym", (known.key, ""), body.span)
    back = Tree("fn", ("log" if body.parts[0] == "exp" else "exp", (name,), 0), body.span)
    symbols.definitions.remove(known)
    symbols.definitions.append(Definition(inner, (), (), back, known.place, known.chain, known.section))
    return True


def _section(collected: Collected, number: int) -> int:
    return collected.chains[number].section


def _base_name(tree: Tree) -> str:
    base = base_of(tree)
    return str(base.parts[0]) if base is not None and base.kind == "sym" else ""


def _is_number(tree: Tree) -> bool:
    while tree.kind in ("neg", "group"):
        tree = tree.parts[0]
    return tree.kind == "num" or (tree.kind == "sym" and tree.parts == ("0", "bold"))


def right_is_zero(tree: Tree) -> bool:
    while tree.kind in ("neg", "group"):
        tree = tree.parts[0]
    return bool(tree.parts[0] == "0")


def _is_update(symbols: Symbols, left: Tree, right: Tree) -> bool:
    if right.kind != "add":
        return False
    return any(sign == "+" and _same(term, left) for sign, term in right.parts[0])


def _same(a: Tree, b: Tree) -> bool:
    if a.kind != b.kind or len(a.parts) != len(b.parts):
        return False
    return all(_same(x, y) if isinstance(x, Tree) else _same_parts(x, y) for x, y in zip(a.parts, b.parts, strict=True))


def _same_parts(x: Any, y: Any) -> bool:
    if isinstance(x, tuple) and isinstance(y, tuple) and len(x) == len(y):
        return all(_same(a, b) if isinstance(a, Tree) else _same_parts(a, b) for a, b in zip(x, y, strict=True))
    return bool(x == y)


def _defined_form(symbols: Symbols, tree: Tree) -> tuple[str, tuple[str, ...], tuple[str, ...], str] | None:
    """y, y_c, f(x), s(x)_i, P(t = 1 | z): key, parameters, index letters."""
    letters: list[str] = []
    if tree.kind == "index":
        items = list(tree.parts[1])
        inner = tree.parts[0]
        while inner.kind == "index":
            items = [*inner.parts[1], *items]
            inner = inner.parts[0]
        labels = [str(i.parts[0]) for i in items if i.kind == "label"]
        letters = [str(i.parts[0]) for i in items if i.kind == "letter"]
        if inner.kind == "sym" and labels and len(labels) == len(items):
            return symbols.key(f"{inner.parts[0]}_{','.join(labels)}", str(inner.parts[1])), (), (), "sym"
        if inner.kind == "sym" and str(inner.parts[0]) in symbols.labelled and not letters and not labels:
            name = f"{inner.parts[0]}_{''.join(str(i.parts[0]) for i in items)}"
            return symbols.key(name, str(inner.parts[1])), (), (), "sym"
        if any(len(i.parts) > 1 for i in items):
            if len(items) != 1 or inner.kind != "sym":
                return None
            return symbols.key(str(inner.parts[0]), str(inner.parts[1])) + "()", (), tuple(letters), "sym"
        if len(letters) != len(items) or len(set(letters)) != len(letters):
            return None
        tree = inner
    if tree.kind == "sym":
        if str(tree.parts[0]) in ("0", "1", "I", "e") or (tree.parts[0] == "delta" and letters):
            return None
        return symbols.key(str(tree.parts[0]), str(tree.parts[1]), len(letters)), (), tuple(letters), "sym"
    if tree.kind == "opaque":
        if letters:
            return None
        symbols.ranks[str(tree.parts[0])] = len(tree.parts[1])
        return str(tree.parts[0]), (), tuple(tree.parts[1]), "opaque"
    if tree.kind == "call" and tree.parts[0].kind == "sym" and not tree.parts[2]:
        params = []
        for arg in tree.parts[1]:
            if arg.kind != "sym":
                return None
            params.append(symbols.key(str(arg.parts[0]), str(arg.parts[1])))
        if len(set(params)) != len(params):
            return None
        return (
            symbols.key(str(tree.parts[0].parts[0]), str(tree.parts[0].parts[1])),
            tuple(params),
            tuple(letters),
            "call",
        )
    return None


def _stated_fact(symbols: Symbols, left: Tree, right: Tree) -> tuple[str, str, str] | None:
    """Σ_i y_i = 1, A = A^T, ‖x‖ = 1 for symbols without a definition."""
    if left.kind == "big" and left.parts[0] == "sum" and right.kind == "num" and right.parts[0] == "1":
        body = left.parts[3]
        if body.kind == "index" and body.parts[0].kind == "sym" and len(left.parts[1]) == 1 and not left.parts[2]:
            key = symbols.key(str(body.parts[0].parts[0]), str(body.parts[0].parts[1]), True)
            items = [str(i.parts[0]) for i in body.parts[1]]
            defined = any(d.key == key for d in symbols.definitions)
            if items and items[-1] == left.parts[1][0][0] and not defined:
                return ("simplex" if len(items) == 1 else "simplex_rows"), key, "Σ = 1, stated"
    if left.kind == "sym" and right.kind == "T" and _same(left, right.parts[0]):
        return "symmetric", symbols.key(str(left.parts[0]), str(left.parts[1])), "A = Aᵀ, stated"
    return None


def second_meaning(judge: Any, chain: Chain, left: Tree, right: Tree) -> bool:
    """Whether a name is given a new meaning: in other symbols than the old one's, or afresh in words."""
    symbols: Symbols = judge.symbols
    form = _defined_form(symbols, left)
    if form is None:
        return False
    key, params, letters, kind = form
    known = symbols.definition(key, chain.place - 1)
    if known is None or known.chain == chain.number:
        return False
    old, new = (_names(symbols, tree) for tree in (known.body, right))
    if key in new or (new <= old and kind != "opaque" and not prose.DEFINING.search(chain.before[-90:])):
        return False
    symbols.definitions.append(Definition(key, params, letters, right, left.span[0], chain.number, chain.section))
    return True


def _names(symbols: Symbols, tree: Tree) -> set[str]:
    found = {symbol_key(symbols, n) for n in subtrees(tree) if n.kind in ("sym", "index")}
    return {n for n in found if n} | {str(n.parts[0]) for n in subtrees(tree) if n.kind == "opaque"}


def is_entry(left: Tree | None, right: Tree | None) -> bool:
    """t_2 = 1 − t_1 in a sentence: an entry at a fixed place, set in terms of others."""
    if left is None or right is None or left.kind != "index":
        return False
    return bool(left.parts[1]) and all(i.kind == "place" for i in left.parts[1])
