"""Chains of relations in the order of the document. Owns: sides, links, case scopes. Never: says what a link is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace

from gradwright.core.errors import Error, Span
from gradwright.core.record import dataclass
from gradwright.read.latex.grammar import Grammar
from gradwright.read.latex.parser import parse, parse_condition
from gradwright.read.latex.rows import Line, relation
from gradwright.read.latex.segment import Piece
from gradwright.read.latex.tokens import Token
from gradwright.read.syntax import ORDERS, Comparison, Name, Node, Relation
from gradwright.referee.evidence import prose
from gradwright.referee.formats.source import Source
from gradwright.referee.meaning.numbered import far_named
from gradwright.referee.meaning.symbols import Definition, Stated, Symbols
from gradwright.referee.shield import NOT_READ, unit, why

DISPLAYED = "⟦.⟧"
"""A display among the words before a formula: like a full stop, it ends what they govern."""


def shown(name: str) -> str:
    """x{} as x_i, x() as x^(i); of what has no name its kind, without the number behind #."""
    return name.partition("#")[0].removeprefix("bold ").replace("{}", "_i").replace("()", "^(i)").replace("[]", "_i")


CONDITION_AFTER = re.compile(
    r"^[\s,]*(?:(?:but )?only )?(?:for|if|when|whenever|where|provided(?: that)?|as long as|in case|iff|with)"
    r"\s*(?:all|every|any|each)?\s*$",
    re.I,
)
"""The words between a formula and its condition: |x| = x if x > 0."""
DEFINITE = {"succ": "posdef", "succeq": "symmetric"}
"""The fact that Q ≻ 0 and Q ⪰ 0 state of Q."""
_SIGNS: dict[str, str] = {"<=": "≤", ">=": "≥", "!=": "≠"}


@dataclass(frozen=True, slots=True)
class Supposed:
    """A symbol and the side that is its value here, entry by entry where it has letters.

    ``bounds``: the signs and the places of what it keeps to, where no more is supposed; of a relation that is more
    than a bound there is no sign, and the place is all of it. ``generic``: nearly every symbol that keeps to it has
    such a value, and not every one.
    """

    key: str
    value: Node
    letters: tuple[str, ...] = ()
    bounds: tuple[tuple[Relation | None, Span], ...] = ()
    generic: bool = False

    def said(self, text: str) -> str:
        """What is supposed, as it is written."""
        told: tuple[tuple[Relation | None, Span], ...] = self.bounds or (("=", self.value.span),)
        heads = (f"{shown(self.key)} {_SIGNS.get(sign, sign)} " if sign else "" for sign, _ in told)
        return ", ".join(head + text[a:b] for head, (_, (a, b)) in zip(heads, told, strict=True))


@dataclass(frozen=True, slots=True)
class Hypotheses:
    """What holds in one sentence: values, facts and inequalities (``limits``).

    ``unread``  it has a condition that is none of these
    ``alone``   nothing is said of what holds without it
    """

    values: tuple[Supposed, ...] = ()
    facts: tuple[Stated, ...] = ()
    limits: tuple[Comparison, ...] = ()
    unread: bool = False
    alone: bool = False

    def __bool__(self) -> bool:
        return bool(self.values or self.facts or self.limits or self.unread)

    def with_(self, other: Hypotheses) -> Hypotheses:
        return Hypotheses(
            self.values + other.values, self.facts + other.facts, self.limits + other.limits,
            self.unread or other.unread,
        )  # fmt: skip


@dataclass
class Side:
    """One side of a relation: its tokens, and its tree or why there is none."""

    tokens: list[Token]
    tree: Node | None = None
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
    solves: str = ""  # the unknown of which it is the solution
    value: Node | None = None  # and what it says that that is
    error: Error | None = None  # why it is not known what it says


@dataclass
class Chain:
    """Sides in order, and the relations between neighbours."""

    number: int
    display: bool
    before: str
    after: str
    sides: list[Side] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    conditions: list[Comparison] = field(default_factory=list)
    scope: list[Comparison] = field(default_factory=list)
    closed_scope: list[Comparison] = field(default_factory=list)
    section: int = 0
    sentence: int = 0
    signs: list[tuple[int, Relation]] = field(default_factory=list)  # every relation by its left side, < and ∈ too
    beside: list[Comparison] = field(default_factory=list)  # conditions on values that stand on its line
    guarded: bool = False  # said under a condition on values, which is not followed
    follows: int = -1  # the chain from which it is said to follow by ⇒ or ⇔ (``both``)
    both: bool = False
    leads: bool = False  # whether ⇒ or ⇔ stands after it
    item: int = 0  # the list item it stands in
    supposed: Hypotheses = Hypotheses()

    @property
    def place(self) -> int:
        return self.sides[0].span[0] if self.sides else 0

    @property
    def trees(self) -> list[Node]:
        """The sides that are read."""
        return [side.tree for side in self.sides if side.tree is not None]


def comparisons(chain: Chain) -> list[Comparison]:
    """The inequalities of a chain."""
    every = ((chain.sides[left].tree, sign, chain.sides[left + 1].tree) for left, sign in chain.signs)
    return [
        Comparison(one.span, sign, one, two)
        for one, sign, two in every
        if one is not None and two is not None and sign not in ("=", ":=", "in")
    ]


def since(at: Chain | _At) -> str:
    """The words since the formula before."""
    return re.split("⟦.?⟧", at.before)[-1]


@dataclass(frozen=True, slots=True)
class Collected:
    """A document as it is judged.

    ``imposed``  by section, the chain from which a condition is imposed
    ``said``     what was taken for granted of the whole document
    """

    source: Source
    chains: Sequence[Chain]
    symbols: Symbols
    grammar: Grammar
    imposed: Mapping[int, int]
    said: tuple[str, ...] = ()


def equated(chains: Iterable[Chain]) -> Iterator[tuple[Chain, Link, Node, Node]]:
    """Every link of which both sides are read, with them."""
    for chain in chains:
        for link in chain.links:
            left, right = chain.sides[link.left].tree, chain.sides[link.left + 1].tree
            if left is not None and right is not None:
                yield chain, link, left, right


def rewritten(chains: Sequence[Chain], trees: Sequence[Node], write: Callable[[Node], Node]) -> list[Node]:
    """The trees as ``write`` writes them, and the sides with them in place of the old ones."""
    changed = {id(tree): write(tree) for tree in trees}
    for chain in chains:
        for side in chain.sides:
            if side.tree is not None:
                side.tree = changed[id(side.tree)]
    return list(changed.values())


def unreadable(error: Error, span: Span) -> Line:
    """A line that could not be taken apart: one relation without sides."""
    sign = Token("op", "=", *span)
    return Line([[sign], []], [sign], error=error)


_SENTENCE_ENDS = re.compile(r"[.!?](?=\s|$)|(?:^|\n)\s*(?:[-*+]|\d+[.)])\s")


_ITEMS = re.compile(r"(?:^|\n)\s*(?:[-*+]|\(?(?:\d+|[a-z])[.)])\s+\S?[^\n]*$")
"""A list item that begins here."""


@dataclass(frozen=True, slots=True)
class _At:
    """A line of a formula: the number of its piece, the words around that."""

    number: int
    piece: Piece
    before: str
    after: str
    line: Line


class Builder:
    """The chains of a document, piece after piece, with what its formulas declare."""

    def __init__(self, source: Source, pieces: list[Piece], lines: list[list[Line]], grammar: Grammar) -> None:
        self.source, self.pieces, self.lines, self.grammar = source, pieces, lines, grammar
        self.chains: list[Chain] = []
        self.sets: list[tuple[Node, list[Token], int]] = []
        self.drawn: list[tuple[Node, Node | None]] = []
        self.definite: list[tuple[Node, str]] = []
        self.scope: list[Comparison] = []
        self.closed: list[Comparison] = []
        self.section = self.sentence = self.item = 0
        self.trees: list[Node] = []
        self.loose: dict[int, Node] = {}
        self.declaring: set[int] = set()
        self.section_of: dict[int, int] = {}
        self.defined: dict[int, Node] = {}
        self.members: dict[int, list[Node]] = {}
        self.opened = -1
        self.letters = subscripts(lines)

    def build(self) -> None:
        text = self.source.text
        for number, piece in enumerate(self.pieces):
            if piece.kind != "math":
                if piece.kind == "prose":
                    self.prose(text[piece.start : piece.end])
                continue
            before = "".join(
                text[p.start : p.end] if p.kind == "prose" else DISPLAYED if p.display else "⟦⟧"
                for p in self.pieces[max(0, number - 6) : number]
            )[-300:]
            after = text[piece.outer[1] : piece.outer[1] + 160]
            for line in self.claims(self.lines[number]) if piece.display else self.lines[number]:
                self.shielded(_At(number, piece, before, after, line))
            self.sentence += text[piece.start : piece.end].rstrip().endswith(".")

    def shielded(self, at: _At) -> None:
        """A line, or a relation that says why there is none."""
        chains = len(self.chains)
        try:
            with unit("a line"):
                self.line(at)
        except NOT_READ as error:
            del self.chains[chains:]
            self.line(replace(at, line=unreadable(why(error), (at.piece.start, at.piece.end))))

    def claims(self, lines: Sequence[Line]) -> list[Line]:
        """The lines of a display without the conditions beside them (…, w ≠ o), which the others then keep."""
        kept: list[Line] = []
        for line in lines:
            if kept and kept[-1].conditions is line.conditions and self.is_condition(line):
                line.conditions.append(_flat(line))
            else:
                kept.append(line)
        return kept

    def prose(self, said: str) -> None:
        self.sentence += len(_SENTENCE_ENDS.findall(said))
        if _ITEMS.search(said):
            self.item = self.sentence + 1
        if prose.HEADING.search(said) or re.search(r"\n\s*\n\s*\S", said):
            self.item = self.item if _ITEMS.search(said) else 0
        if prose.HEADING.search(said):
            self.section += 1
            self.scope, self.closed = [], []
        elif prose.closes_case(said):
            self.closed = self.scope or self.closed
            self.scope = []

    def parsed(self, tokens: list[Token]) -> Side:
        side = Side(tokens)
        try:
            with unit("the tree of a side", side.span):
                side.tree = far_named(parse(tokens, self.grammar))
            self.trees.append(side.tree)
        except NOT_READ as error:
            side.error = why(error)
        return side

    def conditions(self, groups: Sequence[Sequence[Token]]) -> list[Comparison]:
        return [c for group in groups for c in self.comparisons(group) if _index_condition(c, self.letters)]

    def comparisons(self, tokens: Sequence[Token]) -> tuple[Comparison, ...]:
        """The comparisons of a condition; none where it is not understood."""
        try:
            with unit("a condition"):
                return parse_condition(tokens, self.grammar)
        except Error:
            return ()

    def line(self, at: _At) -> None:
        """A side by itself, the condition of a case, or sides with the relations between them."""
        line = at.line
        if not line.ops:
            if any(line.sides):
                self.alone(at)
            return
        if not at.piece.display and self.is_condition(line):
            self.case(at)
            return
        chain = self.opening(at)
        for op, tokens in zip(line.ops, line.sides[1:], strict=True):
            chain = self.joined(chain, op, tokens, at)

    def alone(self, at: _At) -> None:
        side = self.parsed(at.line.sides[0])
        if side.tree is not None:
            self.loose[at.number], self.section_of[at.number] = side.tree, self.section
        self.begin(side, at)

    def case(self, at: _At) -> None:
        """“When i = j”: the case of what follows, where words say so."""
        if prose.opens_case(at.before, at.after):
            conditions = self.conditions([_flat(at.line)])
            self.scope = [*self.scope, *conditions] if self.opened == at.number else conditions
            self.opened = at.number

    def opening(self, at: _At) -> Chain:
        """The chain of a line: one of its own, or the last if it begins with a sign."""
        line = at.line
        if line.continues and self.chains:
            chain = self.chains[-1]
            between = line.ops[0].start - chain.sides[-1].span[1]
            near = between <= 400 and chain.section == self.section
            near = near and (chain.display or not at.piece.display or not since(at).strip())  # in the text only then
            if near and _breaks_off(chain, line.ops[0]):
                del chain.sides[-1], chain.links[-1], chain.signs[-1]
            return chain if near else self.begin(_nothing_before(line), at)
        side = self.parsed(line.sides[0]) if line.sides[0] else _nothing_before(line)
        if side.tree is not None:
            self.defined[at.number], self.section_of[at.number] = side.tree, self.section
        return self.begin(side, at)

    def joined(self, chain: Chain, op: Token, tokens: list[Token], at: _At) -> Chain:
        """The chain with one more side; ⇒ and ⇔ begin another, which follows it."""
        meaning = ":=" if op.text == ":=" else relation(op)
        if meaning == "in":
            self.member(chain, tokens, at)
            return chain
        last = chain.sides[-1].tree
        if op.text == "sim" and last is not None:
            self.drawn.append((last, self.parsed(tokens).tree if tokens else None))
        if op.text in DEFINITE and last is not None:
            self.definite.append((last, DEFINITE[op.text]))
        if meaning == "iff":
            done = self.begin(self.parsed(tokens) if tokens else _nothing_before(at.line), at)
            done.follows, done.both = chain.number, op.text in ("iff", "Leftrightarrow")
            chain.leads = True
            return done
        nothing = at.line.error or Error("nothing stands after this sign", (op.start, op.end))
        left = len(chain.sides) - 1
        chain.sides.append(self.parsed(tokens) if tokens else Side([op], None, nothing))
        if meaning is not None:
            chain.signs.append((left, meaning))
        if meaning in ORDERS and isinstance(last, Name):  # an integer n > 1
            self.loose.setdefault(at.number, last)
        if meaning in ("=", ":="):
            chain.links.append(Link(left, op, "claim" if meaning == "=" else "definition"))
        return chain

    def member(self, chain: Chain, tokens: list[Token], at: _At) -> None:
        """x, y ∈ ℝⁿ: what is declared."""
        for side in (chain.sides[-1], *map(self.parsed, at.line.also)):
            if side.tree is None:
                continue
            self.sets.append((side.tree, tokens, self.section))
            self.members.setdefault(at.number, []).append(side.tree)
            if not at.line.also:
                self.loose.setdefault(at.number, side.tree)
                self.declaring.add(at.number)

    def begin(self, side: Side, at: _At) -> Chain:
        every = [c for group in at.line.conditions for c in self.comparisons(group)]
        conditions = self.conditions(at.line.conditions)
        chain = Chain(
            len(self.chains), at.piece.display, at.before, at.after, [side], section=self.section,
            sentence=self.sentence, item=self.item, conditions=conditions, scope=list(self.scope),
            closed_scope=list(self.closed), beside=[c for c in every if c not in conditions],
            guarded=len(every) < len(at.line.conditions) and any(map(_compares, at.line.conditions)),
        )  # fmt: skip
        self.chains.append(chain)
        return chain

    def is_condition(self, line: Line) -> bool:
        if len(line.sides) < 2 or any(len(s) > 3 for s in line.sides):
            return False
        found = self.comparisons(_flat(line))
        return bool(found) and all(_index_condition(c, self.letters) for c in found)


def _breaks_off(chain: Chain, op: Token) -> bool:
    """Whether a chain ends with the sign that the next formula begins with: … = $$ $$ = …."""
    return bool(chain.links) and chain.sides[-1].tokens == [chain.links[-1].op] and chain.links[-1].op.text == op.text


def subscripts(lines: list[list[Line]]) -> frozenset[str]:
    """The letters that stand as subscripts anywhere: what an index can be."""
    found: set[str] = set()
    for line in (line for ls in lines for line in ls):
        for side in line.sides:
            for k, token in enumerate(side[:-1]):
                if token.kind == "sub":
                    group = side[k + 1 : k + 2] if side[k + 1].kind != "open" else side[k + 2 : k + 8]
                    for inner in group:
                        if inner.kind == "close":
                            break
                        if inner.kind == "letter" and not inner.text.isupper():
                            found.add(inner.text)
    return frozenset(found)


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


def _compares(tokens: Sequence[Token]) -> bool:
    """An inequality."""
    return any(
        t.text in ("<", ">", "lt", "gt", "le", "ge", "leq", "geq", "leqslant", "geqslant", "ll", "gg") for t in tokens
    )


def _index_condition(condition: Comparison, letters: frozenset[str]) -> bool:
    """i = k, i ≠ k, j < i: a comparison of two index letters."""
    return all(isinstance(t, Name) and t.stem in letters and not t.font for t in (condition.left, condition.right))
