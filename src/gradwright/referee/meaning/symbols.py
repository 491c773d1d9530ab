"""What a document's symbols are. Owns: names, ranks by evidence, extents by unification, definitions, facts.

Evidence is gathered from every formula before any is read: bold letters, subscripts, transposes, declared sets, words.
Never: turns a formula into nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from typing import TypeGuard

from gradwright.core.extents import Extents
from gradwright.core.index import Dim
from gradwright.core.record import dataclass
from gradwright.read.latex.nodes import Function, Gradient, is_sample, symbol, written
from gradwright.read.syntax import (
    Call,
    Derivative,
    Group,
    Indexed,
    Item,
    Label,
    Letter,
    Name,
    Node,
    Pair,
    Place,
    Primed,
    Transposed,
    walk,
)
from gradwright.tables import arrays, scalars

MATRIX_LETTERS = frozenset("ABCDMPQRSUVWXYZ") | {"Sigma", "Lambda", "Phi", "Psi", "Theta", "Omega"}


@dataclass
class Definition:
    """``key``, applied to ``params`` and indexed by ``letters``, is what ``body`` says."""

    key: str
    params: tuple[str, ...]
    letters: tuple[str, ...]
    body: Node
    place: int
    chain: int
    section: int = 0


@dataclass(frozen=True)
class Stated:
    """A fact the document states about a symbol, in the words it used."""

    fact: str
    key: str
    words: str
    place: int


@dataclass(frozen=True, slots=True)
class Names:
    """Which spellings are one symbol.

    ``same``      small letters with two indices that are entries of the capital; ``upper``: those that are so with two
                  indices alone; ``twofold``: letters that are another symbol with two indices
    ``apart``     letters that are two symbols, bold and plain; ``script``: calligraphic and plain
    ``labelled``  names of which a number below is part; ``bold``: names that stand in bold somewhere
    """

    same: Mapping[str, str] = field(default_factory=dict)
    upper: frozenset[str] = frozenset()
    twofold: frozenset[str] = frozenset()
    apart: frozenset[str] = frozenset()
    script: frozenset[str] = frozenset()
    labelled: frozenset[str] = frozenset()
    bold: frozenset[str] = frozenset()

    def key(self, name: str, style: str, indexed: int = 0) -> str:
        """The name under which a symbol is known: bold x and the x of x_i are one symbol, unless x stands alone too."""
        name = self.same.get(name, name)
        if style == "cal" and name in self.script:
            return "script " + name
        if indexed == 2 and name in self.upper:
            return name.upper()
        if indexed == 2 and name in self.twofold:
            return name + "[2]"
        if style == "bold" and name in self.apart:
            return "bold " + name
        if style != "bold" and indexed and name in self.apart:
            return "bold " + name
        return name

    def parted(self, name: str, items: Sequence[Item]) -> tuple[list[str], list[Item]]:
        """The subscripts of a name that are part of it, as they are written, and those that pick an entry."""
        labels, real = [written(i) for i in items if isinstance(i, Label)], index_items(items)
        if name in self.labelled and not labels and real and not any(isinstance(i, Letter) for i in real):
            return ["".join(map(written, real))], []
        return labels, real


@dataclass(frozen=True, slots=True)
class Seen:
    """Where names stand in a document.

    ``alone``       without an index or an argument; ``lettered``: with letters below; ``sampled``: one of many x^{(i)}
    ``transposed``  under a transpose; ``subscripts``: letters that are indices; ``laws``: keys of what is applied
    """

    alone: frozenset[str] = frozenset()
    lettered: frozenset[str] = frozenset()
    sampled: frozenset[str] = frozenset()
    transposed: frozenset[str] = frozenset()
    subscripts: frozenset[str] = frozenset()
    laws: frozenset[str] = frozenset()


@dataclass
class Symbols:
    """Everything known of the names of one document."""

    names: Names = field(default_factory=Names)
    seen: Seen = field(default_factory=Seen)
    ranks: dict[str, int] = field(default_factory=dict)
    shapes: dict[str, tuple[Dim, ...]] = field(default_factory=dict)
    sizes: Extents = field(default_factory=lambda: Extents(set()))
    definitions: list[Definition] = field(default_factory=list)
    facts: list[Stated] = field(default_factory=list)
    functions: set[str] = field(default_factory=set)
    elementwise: set[str] = field(default_factory=set)
    constants: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    depends: dict[str, dict[str, None]] = field(default_factory=dict)
    extents: set[str] = field(default_factory=set)
    summed: dict[int, dict[str, Dim]] = field(default_factory=dict)
    varying: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    row_vectors: bool = False
    einstein: bool = False
    gradients_of_rows: bool = False  # ∇(uᵀ) stands somewhere, so ∇u is its transpose
    declared: dict[str, int] = field(default_factory=dict)
    section: int = 0
    families: dict[str, int] = field(default_factory=dict)
    entries: set[tuple[int, str]] = field(default_factory=set)
    random: set[str] = field(default_factory=set)
    wrts: set[str] = field(default_factory=set)
    whole: set[str] = field(default_factory=set)
    beyond: set[str] = field(default_factory=set)  # no real numbers
    missing: set[str] = field(default_factory=set)
    guessed: set[str] = field(default_factory=set)
    freed: frozenset[str] = frozenset()
    own_section: bool = False
    holders: dict[str, str] = field(default_factory=dict)
    holding_said: bool = False
    rows: set[str] = field(default_factory=set)
    scalars: set[str] = field(default_factory=set)
    generic_sigma: bool = False  # σ′ stands somewhere, and nothing says which function σ is

    def key(self, name: str, style: str, indexed: int = 0) -> str:
        return self.names.key(name, style, indexed)

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """What reading a formula teaches about shapes inside the block is forgotten after it."""
        sizes, extents = self.sizes.mark(), set(self.extents)
        ranks, shapes = dict(self.ranks), dict(self.shapes)
        try:
            yield
        finally:
            self.sizes.reset(sizes)
            self.extents, self.ranks, self.shapes = extents, ranks, shapes

    def labels(self) -> set[str]:
        """Symbols that a fact makes data: what is one-hot is no smooth function of anything."""
        return {s.key for s in self.facts if s.fact in ("onehot", "binary", "signs")}

    def rank(self, key: str) -> int:
        return self.ranks.get(key, 0)

    def family(self, tree: Node) -> str:
        """The name of the many of which x_n is one, or nothing where x_n is an entry (in this section)."""
        name = family_name(tree)
        return name if name in self.families and (self.section, name) not in self.entries else ""

    def shape(self, key: str) -> tuple[Dim, ...]:
        rank = self.rank(key)
        known = self.shapes.get(key)
        if key in self.declared and self.declared[key] != self.section:
            return tuple(self.sizes.find(f"?{key}:{k}") for k in range(rank))
        if known is None or len(known) != rank:
            known = self.shapes[key] = tuple(f"?{key}:{k}" for k in range(rank))
        return tuple(self.sizes.find(d) for d in known)

    def state(self, fact: str, key: str, words: str, place: int = 0) -> None:
        """Remember a fact, once."""
        if not any(s.fact == fact and s.key == key for s in self.facts):
            self.facts.append(Stated(fact, key, words, place))

    def definition(self, key: str, place: int, chain: int | None = None) -> Definition | None:
        """The latest definition before ``place``, or the first after it.

        Never one that the chain itself makes later.
        """
        own = [d for d in self.definitions if d.key == key and key not in self.freed]
        if self.own_section:
            own = [d for d in own if d.section == self.section]
        before = [d for d in own if d.place <= place]
        after = [d for d in own if d.section == self.section]
        return before[-1] if before else (after[0] if after else None)


def latest(symbols: Symbols, key: str, place: int) -> Definition | None:
    """What a bare f means: the last f(…) that was defined, of whatever variables."""
    known = symbols.definition(key, place)
    others = [d for d in symbols.definitions if d.key.startswith(f"{key}(") and d.params and d.place <= place]
    if not others or (known is not None and known.place >= others[-1].place):
        return known
    return others[-1]


def base_of(tree: Node) -> Name | Call | None:
    """The symbol at the root of x, x_i, x_i^T, s(x)_i."""
    while isinstance(tree, Indexed | Transposed | Group | Primed):
        tree = tree.base if isinstance(tree, Indexed) else tree.body
    return tree if isinstance(tree, Name | Call) else None


def applies(tree: Node, *functions: str) -> TypeGuard[Function]:
    """Whether a tree is one of these functions of something, by whatever name the document calls it."""
    if not isinstance(tree, Function):
        return False
    row = scalars.WRITTEN.get(tree.name) or arrays.WRITTEN.get(tree.name)
    return row is not None and row.name in functions


def symbol_key(symbols: Symbols, tree: Node) -> str:
    """The key of x, x_i (of all x_i, where they are vectors) or W_1 (a label), or nothing."""
    while isinstance(tree, Group | Transposed):
        tree = tree.body
    if isinstance(tree, Name):
        return symbols.key(tree.stem, tree.font)
    if isinstance(tree, Indexed) and isinstance(tree.base, Name):
        base = tree.base
        real = index_items(tree.items)
        name = base.stem
        labels, rest = symbols.names.parted(name, tree.items)
        if not labels and symbols.family(tree) and not is_sample(real[0]):
            return family_name(tree)
        if labels:
            name = f"{name}_{','.join(labels)}"
        return symbols.key(name, base.font, sum(2 if isinstance(i, Pair) else 1 for i in rest))
    return ""


def whole_of(tree: Node) -> tuple[Node, list[Item]]:
    """What the subscripts and superscripts of x_i^{(k)} stand at, and all of them in order."""
    items: list[Item] = []
    while isinstance(tree, Indexed):
        items = [*tree.items, *items]
        tree = tree.base
    return tree, items


def family_name(tree: Node) -> str:
    """The name of the many vectors of which x_n is one; nothing for what is none."""
    base = tree.base if isinstance(tree, Indexed) else None
    return f"{'bold ' if base.font == 'bold' else ''}{base.stem}{{}}" if isinstance(base, Name) else ""


def is_name(symbols: Symbols, tree: Node) -> bool:
    """Whether a tree is a bare symbol, or one with a label such as w_0."""
    if isinstance(tree, Indexed) and isinstance(tree.base, Name):
        labelled = tree.base.stem in symbols.names.labelled
        return all(isinstance(i, Label) or (labelled and isinstance(i, Place)) for i in tree.items)
    return isinstance(tree, Name)


def overloaded(symbols: Symbols, key: str, params: Iterable[str]) -> str:
    """The key of f as a function of these variables, where f is defined for others too."""
    special = f"{key}({','.join(params)})"
    return special if any(d.key == special for d in symbols.definitions) else key


def applied_name(call: Call) -> str:
    """γ(z) for γ(z_{nk}): a function that is only ever met at the entries of an array is one number for each."""
    names = []
    for arg in call.arguments:
        base = arg
        while isinstance(base, Indexed | Group):
            base = base.base if isinstance(base, Indexed) else base.body
        names.append(symbol(base) or type(base).__name__.lower())
    return f"{symbol(call.function)}({','.join(names)})"


def index_items(items: Iterable[Item]) -> list[Item]:
    return [i for i in items if isinstance(i, Letter | Place | Pair)]


def dependencies(trees: Iterable[Node], symbols: Symbols) -> dict[str, dict[str, None]]:
    """Which bare symbols are differentiated in what: L in Z, where ∂L/∂Z stands."""
    found: dict[str, dict[str, None]] = {}
    for tree in trees:
        for node in walk(tree):
            if not isinstance(node, Derivative | Gradient):
                continue
            top = body = node.body
            while isinstance(top, Indexed | Group | Transposed):
                top = top.base if isinstance(top, Indexed) else top.body
            if body is None or not isinstance(top, Name):
                continue
            key = symbol_key(symbols, body)
            for wrt in node.wrt if isinstance(node, Derivative) else (node.wrt,):
                base = base_of(wrt) if wrt is not None else None
                if wrt is None or base is None:
                    continue
                other = symbol_key(symbols, base.function if isinstance(base, Call) else wrt)
                if other != key:
                    found.setdefault(key, {})[other] = None
    return found
