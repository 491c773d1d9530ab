"""What a document's symbols are. Owns: names, ranks by evidence, extents by unification, definitions, facts.

Evidence is gathered from every formula before any is read: bold letters, subscripts, transposes, declared sets, words.
Never: turns a formula into nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import field
from itertools import pairwise
from typing import TypeGuard

from gradwright.core.extents import Clash, Extents
from gradwright.core.index import Dim
from gradwright.core.record import dataclass
from gradwright.read.latex.nodes import Function, Gradient, is_sample, symbol, written
from gradwright.read.syntax import (
    Big,
    Call,
    Derivative,
    Group,
    Indexed,
    Item,
    Label,
    Letter,
    Name,
    Negative,
    Node,
    Number,
    Pair,
    Place,
    Power,
    Primed,
    Product,
    Quotient,
    Sum,
    Transposed,
    bare,
    walk,
)
from gradwright.tables import arrays, scalars

_OF_MATRIX = ("tr", "det", "logdet")
MATRIX_LETTERS = frozenset("ABCDMPQRSUVWXYZ") | {"Sigma", "Lambda", "Phi", "Psi", "Theta", "Omega"}
_VECTOR_LETTERS = frozenset("abcghopqruvwxyz") | {"theta", "beta", "mu"}


_LOSSES = frozenset({"L", "J", "E", "C", "ell", "l", "Q"})
"""Letters of which the plain one is the sum of the indexed ones, and no vector of them."""


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


class Sizes(Extents):
    """Extents that can be put back as they were."""

    def __init__(self) -> None:
        super().__init__()
        self.loose = False
        self.firm: set[Dim] = set()
        self.merged: list[tuple[Dim, Dim]] = []

    def unify(self, left: Dim, right: Dim) -> None:
        """Equal extents; where ``loose``, two declared ones may be made equal too, and are remembered.

        A letter that only bounds sums may mean another extent in another place.
        """
        try:
            super().unify(left, right)
        except Clash:
            a, b = self.find(left), self.find(right)
            firm = isinstance(a, int) or isinstance(b, int) or {a, b} <= self.firm
            if (firm and not self.loose) or (isinstance(a, int) and isinstance(b, int)):
                raise
            a, b = (b, a) if isinstance(a, int) or (a in self.firm and isinstance(b, str)) else (a, b)
            self._parent[a] = b
            self.merged.append((a, b))

    def mark(self) -> dict[Dim, Dim]:
        return dict(self._parent)

    def reset(self, mark: dict[Dim, Dim]) -> None:
        self._parent = mark


@dataclass
class Symbols:
    """Everything known of the names of one document."""

    ranks: dict[str, int] = field(default_factory=dict)
    shapes: dict[str, tuple[Dim, ...]] = field(default_factory=dict)
    sizes: Sizes = field(default_factory=Sizes)
    definitions: list[Definition] = field(default_factory=list)
    facts: list[Stated] = field(default_factory=list)
    functions: set[str] = field(default_factory=set)
    elementwise: set[str] = field(default_factory=set)
    constants: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    apart: set[str] = field(default_factory=set)
    bold: set[str] = field(default_factory=set)
    same: dict[str, str] = field(default_factory=dict)
    upper: set[str] = field(default_factory=set)
    twofold: set[str] = field(default_factory=set)
    labelled: set[str] = field(default_factory=set)
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
    script: set[str] = field(default_factory=set)
    entries: set[tuple[int, str]] = field(default_factory=set)
    alone: set[str] = field(default_factory=set)
    lettered: set[str] = field(default_factory=set)
    sampled: set[str] = field(default_factory=set)
    random: set[str] = field(default_factory=set)
    wrts: set[str] = field(default_factory=set)
    whole: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    guessed: set[str] = field(default_factory=set)
    freed: frozenset[str] = frozenset()
    own_section: bool = False
    laws: set[str] = field(default_factory=set)
    holders: dict[str, str] = field(default_factory=dict)
    holding_said: bool = False
    rows: set[str] = field(default_factory=set)
    scalars: set[str] = field(default_factory=set)
    transposed: set[str] = field(default_factory=set)
    generic_sigma: bool = False  # σ′ stands somewhere, and nothing says which function σ is
    subscripts: set[str] = field(default_factory=set)

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
        labels = [written(i) for i in tree.items if isinstance(i, Label)]
        if not labels and name in symbols.labelled and not any(isinstance(i, Letter) for i in real):
            labels, real = ["".join(map(written, real))], []
        if not labels and symbols.family(tree) and not is_sample(real[0]):
            return family_name(tree)
        if labels:
            name = f"{name}_{','.join(labels)}"
        return symbols.key(name, base.font, sum(2 if isinstance(i, Pair) else 1 for i in real))
    return ""


def family_name(tree: Node) -> str:
    """The name of the many vectors of which x_n is one; nothing for what is none."""
    base = tree.base if isinstance(tree, Indexed) else None
    return f"{'bold ' if base.font == 'bold' else ''}{base.stem}{{}}" if isinstance(base, Name) else ""


def is_name(symbols: Symbols, tree: Node) -> bool:
    """Whether a tree is a bare symbol, or one with a label such as w_0."""
    if isinstance(tree, Indexed) and isinstance(tree.base, Name):
        labelled = tree.base.stem in symbols.labelled
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


def gather(symbols: Symbols, trees: list[Node], once: set[str]) -> None:
    """Ranks and names from every tree of the document; ``once``: letters that are declared in one font only."""
    bare_plain: set[str] = set()
    bold: set[str] = set()
    counts: dict[str, set[int]] = {}
    lettered: set[str] = set()
    evidence: dict[str, int] = {}
    seen: set[str] = set()
    scalars: set[str] = set()
    applied_plain: set[str] = set()
    numbered: set[str] = set()
    cells: set[str] = set()
    zeroth: set[str] = set()
    for tree in trees:
        indexed: set[int] = set()
        for node in walk(tree):
            if isinstance(node, Indexed) and isinstance(node.base, Name | Indexed):
                base: Node = node.base
                items = [i for i in index_items(node.items) if not is_sample(i)]
                while isinstance(base, Indexed):
                    indexed.add(id(base))
                    items = [i for i in index_items(base.items) if not is_sample(i)] + items
                    base = base.base
                if not isinstance(base, Name):
                    continue
                indexed.add(id(base))
                name = base.stem
                size = sum(2 if isinstance(i, Pair) else 1 for i in items)
                if items and id(node) not in indexed:
                    counts.setdefault(name, set()).add(size)
                    symbols.subscripts |= {i.name for i in items if isinstance(i, Letter)}
                    zeroth |= {name for i in items if isinstance(i, Place) and i.text == "0"}
                    if all(not isinstance(i, Letter) for i in items):
                        (numbered if size == 1 else cells).add(name)
                    if any(isinstance(i, Letter) for i in items) or size > 1:
                        lettered.add(name)
                if base.font == "bold":
                    bold.add(name)
            elif isinstance(node, Call):
                indexed.add(id(node.function))
                if isinstance(node.function, Name) and node.function.font != "bold":
                    applied_plain.add(node.function.stem)
            elif isinstance(node, Name):
                name = node.stem
                seen.add(name)
                if node.font == "bold":
                    bold.add(name)
                elif id(node) not in indexed:
                    bare_plain.add(name)
            elif isinstance(node, Transposed):
                turned = bare(node.body)
                if isinstance(turned, Name):
                    name = turned.stem
                    symbols.transposed.add(name)
                    evidence[name] = max(evidence.get(name, 0), 2 if _capital(name) else 1)
            elif isinstance(node, Product):
                for (_, one), (_, two) in pairwise(node.factors):
                    if _acts(one) and isinstance(two, Name) and two.stem in _VECTOR_LETTERS and not two.font:
                        evidence.setdefault(two.stem, 1)
            elif isinstance(node, Sum):
                terms = [t for _, t in node.terms]
                if any(isinstance(t, Product) and len(t.factors) == 2 and _maps(t.factors) for t in terms):
                    for term in terms:
                        if isinstance(term, Name) and term.stem in _VECTOR_LETTERS and not term.font:
                            evidence.setdefault(term.stem, 1)
            elif applies(node, *_OF_MATRIX):
                for inner in walk(node.arguments[0]):
                    if isinstance(inner, Name) and _capital(inner.stem):
                        evidence[inner.stem] = 2
            elif isinstance(node, Big):
                for binder in node.binders:
                    scalars |= _counted(binder.high)
            elif isinstance(node, Derivative) and isinstance(node.body, Name):
                scalars |= {node.body.stem} & _LOSSES if node.body.font != "bold" else set()
            elif isinstance(node, Power) and not isinstance(node.base, Name):
                scalars |= _counted(node.exponent)
            elif isinstance(node, Quotient) and isinstance(node.bottom, Name | Product):
                scalars |= _counted(node.bottom, capitals="NMKTDJ")
            elif (
                isinstance(node, Power) and isinstance(node.base, Name) and isinstance(node.exponent, Number | Negative)
            ):
                name = node.base.stem
                minus = isinstance(node.exponent, Negative) or node.exponent.text == "-1"
                if minus and name in MATRIX_LETTERS:
                    evidence[name] = 2
    symbols.bold |= bold
    symbols.labelled |= zeroth - lettered  # z_0, z_1 are names, where z has no other entries
    for name in symbols.labelled:
        counts.pop(name, None)
    applied = [n.function for t in trees for n in walk(t) if isinstance(n, Call)]
    symbols.laws = {symbol_key(symbols, head) for head in applied}
    symbols.alone, symbols.lettered = bare_plain, set(lettered)
    symbols.sampled = {
        root.stem
        for t in trees
        for n in walk(t)
        if isinstance(n, Indexed) and any(map(is_sample, n.items)) and isinstance(root := base_of(n), Name)
    }
    symbols.families.update({name + "{}": 0 for name in _LOSSES & bare_plain & lettered if counts[name] == {1}})
    for name in symbols.families:
        counts.pop(name[:-2], None)
        lettered.discard(name[:-2])
    symbols.scalars |= {n for n in scalars - bold if n not in evidence or n in "NMKTDJ"}
    symbols.apart |= {n for n in (bold & bare_plain) - once if not _capital(n) or n not in counts}
    styles = {(n.stem, n.font) for t in trees for n in walk(t) if isinstance(n, Name)}
    symbols.script = {n for n, style in styles if style == "cal" and (n, "") in styles}
    symbols.apart |= {n for n in bold & applied_plain if _capital(n) and n not in counts}
    for name in list(counts):
        upper = name.upper()
        alias = len(name) == 1 and name != upper and counts[name] == {2} and name not in bare_plain and name not in bold
        if alias and upper in seen and (upper in evidence or upper in MATRIX_LETTERS or upper in bold):
            symbols.same[name] = upper
            evidence[upper] = 2
        elif len(name) == 1 and name != upper and 2 in counts[name] and name not in bare_plain and upper in seen:
            if upper in evidence or upper in MATRIX_LETTERS or upper in bold:
                symbols.upper.add(name)
                counts[name] = counts[name] - {2}
                evidence[upper] = 2
        elif counts[name] >= {1, 2} and len(name) == 1 and name == name.lower():
            symbols.twofold.add(name)
            counts[name] = counts[name] - {2}
            symbols.ranks[name + "[2]"] = 2
    for name in numbered - cells - set(symbols.same):  # W_1 beside W_ij: a matrix of its own, as W has no entry W_1
        if _capital(name) and counts.get(name) == {1, 2}:
            symbols.labelled.add(name)
            counts[name] = {2}
    for name in seen | set(counts) | bold:
        if name in symbols.same:
            continue
        _rank(symbols, name, counts.get(name, set()), name in lettered, name in bold, evidence.get(name), bare_plain)


def _counted(tree: Node | None, capitals: str = "") -> set[str]:
    """The capitals in a bound or an exponent: numbers, whatever their letters suggest."""
    if tree is None:
        return set()
    names = {n.stem for n in walk(tree) if isinstance(n, Name) and n.font != "bold"}
    indexed = {n.base.stem for n in walk(tree) if isinstance(n, Indexed) and isinstance(n.base, Name)}
    return {n for n in names - indexed if len(n) == 1 and n.isupper() and n != "T" and (not capitals or n in capitals)}


def _acts(tree: Node) -> bool:
    """A matrix or a row by its letter: what stands after it is a vector."""
    if isinstance(tree, Transposed):
        return isinstance(tree.body, Name) and not tree.body.font
    return isinstance(tree, Name) and tree.stem in MATRIX_LETTERS and len(tree.stem) == 1


def _maps(items: tuple[tuple[str, Node], ...]) -> bool:
    (_, one), (_, two) = items
    return isinstance(one, Name) and _acts(one) and isinstance(two, Name) and two.stem in _VECTOR_LETTERS


def _rank(
    symbols: Symbols, name: str, counts: set[int], lettered: bool, bold: bool, evidence: int | None, bare: set[str]
) -> None:
    key = "bold " + name if name in symbols.apart else name
    capital = _capital(name)
    rank = 0
    if bold:
        rank = 2 if capital else 1
    if evidence:
        rank = max(rank, evidence)
    if name in symbols.whole and not lettered:
        rank = max(rank, 1)
    elif counts and lettered:
        rank = max(rank, *counts)
    elif counts and not bold:
        if rank == 0 and max(counts) == 1:
            symbols.labelled.add(name)
    elif counts:
        symbols.labelled.add(name)
    letter = name.split("^")[0]
    if rank == 0 and not counts and capital and letter in MATRIX_LETTERS and letter != "Sigma":
        rank = 2
        if key not in symbols.ranks:  # a shape that is said is no guess
            symbols.guessed.add(key)
    if name in symbols.scalars and not bold and not counts:
        rank = 0
    declared = symbols.ranks.get(key)
    if declared is None:
        symbols.ranks[key] = rank
    elif not counts or declared >= max(counts):
        pass
    else:
        symbols.ranks[key] = max(declared, *counts)
    if name in symbols.apart:
        symbols.ranks.setdefault(name, 0)


def _capital(name: str) -> bool:
    last = name.split("^")[0].split()[-1]
    return last[:1].isupper()


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
