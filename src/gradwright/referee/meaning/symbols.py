"""What a document's symbols are. Owns: names, ranks by evidence, extents by unification, definitions, facts.

Evidence is gathered from every formula before any is read: bold letters, subscripts, transposes, declared sets, words.
Never: turns a formula into nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise

from gradwright.core.extents import Clash, Extents
from gradwright.core.index import Dim
from gradwright.read.tree import Tree, subtrees
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
    body: Tree
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

    def family(self, tree: Tree) -> str:
        """The name of the many of which x_n is one, or nothing where x_n is an entry (in this section)."""
        name = family_name(tree) if tree.kind == "index" and tree.parts[0].kind == "sym" else ""
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


def base_of(tree: Tree) -> Tree | None:
    """The symbol at the root of x, x_i, x_i^T, s(x)_i."""
    while tree.kind in ("index", "T", "group", "prime"):
        tree = tree.parts[0]
    return tree if tree.kind in ("sym", "call") else None


def applies(tree: Tree, *functions: str) -> bool:
    """Whether a tree is one of these functions of something, by whatever name the document calls it."""
    if tree.kind != "fn":
        return False
    row = scalars.WRITTEN.get(str(tree.parts[0])) or arrays.WRITTEN.get(str(tree.parts[0]))
    return row is not None and row.name in functions


def symbol_key(symbols: Symbols, tree: Tree) -> str:
    """The key of x, x_i (of all x_i, where they are vectors) or W_1 (a label), or nothing."""
    while tree.kind in ("group", "T"):
        tree = tree.parts[0]
    if tree.kind == "sym":
        return symbols.key(str(tree.parts[0]), str(tree.parts[1]))
    if tree.kind == "index" and tree.parts[0].kind == "sym":
        base = tree.parts[0]
        real = index_items(tree.parts[1])
        name = str(base.parts[0])
        labels = [str(i.parts[0]) for i in tree.parts[1] if i.kind == "label"]
        if not labels and name in symbols.labelled and not any(i.kind == "letter" for i in real):
            labels, real = ["".join(str(i.parts[0]) for i in real)], []
        if not labels and symbols.family(tree) and len(real[0].parts) == 1:
            return family_name(tree)
        if labels:
            name = f"{name}_{','.join(labels)}"
        return symbols.key(name, str(base.parts[1]), sum(2 if i.kind == "pair" else 1 for i in real))
    return ""


def family_name(tree: Tree) -> str:
    """The name of the many vectors of which x_n is one."""
    base = tree.parts[0]
    return f"{'bold ' if base.parts[1] == 'bold' else ''}{base.parts[0]}{{}}"


def is_name(symbols: Symbols, tree: Tree) -> bool:
    """Whether a tree is a bare symbol, or one with a label such as w_0."""
    if tree.kind == "index" and tree.parts[0].kind == "sym":
        labelled = str(tree.parts[0].parts[0]) in symbols.labelled
        return all(i.kind == "label" or (labelled and i.kind == "place") for i in tree.parts[1])
    return tree.kind == "sym"


def overloaded(symbols: Symbols, key: str, params: Iterable[str]) -> str:
    """The key of f as a function of these variables, where f is defined for others too."""
    special = f"{key}({','.join(params)})"
    return special if any(d.key == special for d in symbols.definitions) else key


def applied_name(call: Tree) -> str:
    """γ(z) for γ(z_{nk}): a function that is only ever met at the entries of an array is one number for each."""
    head, args, _ = call.parts
    names = []
    for arg in args:
        base = arg
        while base.kind in ("index", "group"):
            base = base.parts[0]
        names.append(str(base.parts[0]) if base.kind == "sym" else base.kind)
    return f"{head.parts[0]}({','.join(names)})"


def index_items(items: Iterable[Tree]) -> list[Tree]:
    return [i for i in items if i.kind in ("letter", "place", "pair")]


def gather(symbols: Symbols, trees: list[Tree], letters: set[str]) -> None:
    """Ranks and names from every tree of the document."""
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
    for tree in trees:
        indexed: set[int] = set()
        for node in subtrees(tree):
            if node.kind == "index" and node.parts[0].kind in ("sym", "index"):
                base = node.parts[0]
                items = [i for i in index_items(node.parts[1]) if len(i.parts) == 1]
                while base.kind == "index":
                    indexed.add(id(base))
                    items = [i for i in index_items(base.parts[1]) if len(i.parts) == 1] + items
                    base = base.parts[0]
                if base.kind != "sym":
                    continue
                indexed.add(id(base))
                name = str(base.parts[0])
                size = sum(2 if i.kind == "pair" else 1 for i in items)
                if items and id(node) not in indexed:
                    counts.setdefault(name, set()).add(size)
                    symbols.subscripts |= {str(i.parts[0]) for i in items if i.kind == "letter"}
                    if all(i.kind != "letter" for i in items):
                        (numbered if size == 1 else cells).add(name)
                    if any(i.kind == "letter" for i in items) or size > 1:
                        lettered.add(name)
                if base.parts[1] == "bold":
                    bold.add(name)
            elif node.kind == "call":
                indexed.add(id(node.parts[0]))
                if node.parts[0].kind == "sym" and node.parts[0].parts[1] != "bold":
                    applied_plain.add(str(node.parts[0].parts[0]))
            elif node.kind == "sym":
                name = str(node.parts[0])
                seen.add(name)
                if node.parts[1] == "bold":
                    bold.add(name)
                elif id(node) not in indexed:
                    bare_plain.add(name)
            elif node.kind == "T":
                base = node.parts[0]
                while base.kind == "group":
                    base = base.parts[0]
                if base.kind == "sym":
                    name = str(base.parts[0])
                    symbols.transposed.add(name)
                    evidence[name] = max(evidence.get(name, 0), 2 if _capital(name) else 1)
            elif node.kind == "mul":
                for (_, one), (_, two) in pairwise(node.parts[0]):
                    if _acts(one) and two.kind == "sym" and str(two.parts[0]) in _VECTOR_LETTERS and not two.parts[1]:
                        evidence.setdefault(str(two.parts[0]), 1)
            elif node.kind == "add":
                terms = [t for _, t in node.parts[0]]
                if any(t.kind == "mul" and len(t.parts[0]) == 2 and _maps(t.parts[0]) for t in terms):
                    for term in terms:
                        if term.kind == "sym" and str(term.parts[0]) in _VECTOR_LETTERS and not term.parts[1]:
                            evidence.setdefault(str(term.parts[0]), 1)
            elif applies(node, *_OF_MATRIX):
                for inner in subtrees(node.parts[1][0]):
                    if inner.kind == "sym" and _capital(str(inner.parts[0])):
                        evidence[str(inner.parts[0])] = 2
            elif node.kind == "big":
                for binder in node.parts[1]:
                    scalars |= _counted(binder[2] if len(binder) > 2 else None)
            elif node.kind == "derivative" and node.parts[2] is not None and node.parts[2].kind == "sym":
                scalars |= {str(node.parts[2].parts[0])} & _LOSSES if node.parts[2].parts[1] != "bold" else set()
            elif node.kind == "pow" and node.parts[0].kind != "sym":
                scalars |= _counted(node.parts[1])
            elif node.kind == "frac" and node.parts[1].kind in ("sym", "mul"):
                scalars |= _counted(node.parts[1], capitals="NMKTDJ")
            elif node.kind == "pow" and node.parts[0].kind == "sym" and node.parts[1].kind in ("num", "neg"):
                name = str(node.parts[0].parts[0])
                minus = node.parts[1].kind == "neg" or node.parts[1].parts[0] == "-1"
                if minus and name in MATRIX_LETTERS:
                    evidence[name] = 2
    symbols.bold |= bold
    applied = [n.parts[0] for t in trees for n in subtrees(t) if n.kind == "call"]
    symbols.laws = {symbol_key(symbols, head) for head in applied}
    symbols.alone, symbols.lettered = bare_plain, set(lettered)
    symbols.sampled = {
        str(base.parts[0])
        for t in trees
        for n in subtrees(t)
        if n.kind == "index" and any(len(i.parts) > 1 for i in n.parts[1]) and (base := base_of(n)) is not None
    }
    symbols.families.update({name + "{}": 0 for name in _LOSSES & bare_plain & lettered if counts[name] == {1}})
    for name in symbols.families:
        counts.pop(name[:-2], None)
        lettered.discard(name[:-2])
    symbols.scalars |= {n for n in scalars - bold if n not in evidence or n in "NMKTDJ"}
    symbols.apart |= {n for n in bold & bare_plain if not _capital(n) or n not in counts}
    styles = {(str(n.parts[0]), str(n.parts[1])) for t in trees for n in subtrees(t) if n.kind == "sym"}
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


def _counted(tree: Tree | None, capitals: str = "") -> set[str]:
    """The capitals in a bound or an exponent: numbers, whatever their letters suggest."""
    if tree is None:
        return set()
    names = {str(n.parts[0]) for n in subtrees(tree) if n.kind == "sym" and n.parts[1] != "bold"}
    indexed = {str(n.parts[0].parts[0]) for n in subtrees(tree) if n.kind == "index" and n.parts[0].kind == "sym"}
    return {n for n in names - indexed if len(n) == 1 and n.isupper() and n != "T" and (not capitals or n in capitals)}


def _acts(tree: Tree) -> bool:
    """A matrix or a row by its letter: what stands after it is a vector."""
    if tree.kind == "T":
        return tree.parts[0].kind == "sym" and not tree.parts[0].parts[1]
    return tree.kind == "sym" and str(tree.parts[0]) in MATRIX_LETTERS and len(str(tree.parts[0])) == 1


def _maps(items: tuple[tuple[str, Tree], ...]) -> bool:
    (_, one), (_, two) = items
    return one.kind == "sym" and _acts(one) and two.kind == "sym" and str(two.parts[0]) in _VECTOR_LETTERS


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


def dependencies(trees: Iterable[Tree], symbols: Symbols) -> dict[str, dict[str, None]]:
    """Which bare symbols are differentiated in what: L in Z, where ∂L/∂Z stands."""
    found: dict[str, dict[str, None]] = {}
    for tree in trees:
        for node in subtrees(tree):
            if node.kind != "derivative" and node.kind != "nabla":
                continue
            body, wrts = (
                (node.parts[2], node.parts[3]) if node.kind == "derivative" else (node.parts[1], (node.parts[0],))
            )
            top = body
            while top is not None and top.kind in ("index", "group", "T"):
                top = top.parts[0]
            if top is None or top.kind != "sym":
                continue
            key = symbol_key(symbols, body)
            for wrt in wrts:
                base = base_of(wrt) if wrt is not None else None
                if base is None:
                    continue
                if base.kind == "call":
                    wrt = base = base.parts[0]
                other = symbol_key(symbols, wrt)
                if other != key:
                    found.setdefault(key, {})[other] = None
    return found
