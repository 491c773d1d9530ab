"""What a document's symbols are. Owns: names, ranks by evidence, extents by unification, definitions, facts.

Evidence is gathered from every formula before any is read: bold letters, subscripts, transposes, declared sets, words.
Never: turns a formula into nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import TypeGuard

from gradwright.core.index import Dim
from gradwright.core.record import dataclass
from gradwright.read.latex.nodes import Function, Gradient, is_sample, symbol, variables_of, written
from gradwright.read.syntax import (
    Call,
    Derivative,
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
    bare,
    walk,
)
from gradwright.tables import arrays, scalars

MATRIX_LETTERS = frozenset("ABCDMPQRSUVWXYZ") | {"Sigma", "Lambda", "Phi", "Psi", "Theta", "Omega"}


@dataclass(frozen=True, slots=True)
class Definition:
    """``key``, applied to ``params`` and indexed by ``letters``, is what ``body`` says.

    ``onward``: from here on only, for it is a special value of what was spoken of before.
    """

    key: str
    params: tuple[str, ...]
    letters: tuple[str, ...]
    body: Node
    place: int
    chain: int
    section: int = 0
    onward: bool = False


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Shapes:
    """How many axes symbols have, and which extents.

    ``ranks``     how many axes; ``known``: the extents of those that are said, in the sections of ``declared``
    ``guessed``   capitals that are matrices by their letter alone; ``scalars``: numbers, whatever the letter suggests
    ``families``  the ranks of the members of many under one letter; ``entries``: sections in which such a member is
                  an entry all the same; ``holders``: matrices that hold them, in rows or columns
    ``rows``      vectors that are rows; ``whole``: variables of which entries are taken
    ``extents``   names that are extents; ``firm``: those that are declared; ``equal``: what unification made one
    ``summed``    by the number of a chain, how far the letters of its sums go
    """

    ranks: Mapping[str, int] = field(default_factory=dict)
    known: Mapping[str, tuple[Dim, ...]] = field(default_factory=dict)
    declared: Mapping[str, int] = field(default_factory=dict)
    guessed: frozenset[str] = frozenset()
    scalars: frozenset[str] = frozenset()
    families: Mapping[str, int] = field(default_factory=dict)
    entries: frozenset[tuple[int, str]] = frozenset()
    holders: Mapping[str, str] = field(default_factory=dict)
    rows: frozenset[str] = frozenset()
    whole: frozenset[str] = frozenset()
    extents: frozenset[str] = frozenset()
    firm: frozenset[Dim] = frozenset()
    equal: Mapping[Dim, Dim] = field(default_factory=dict)
    summed: Mapping[int, Mapping[str, Dim]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Roles:
    """What symbols are to the document.

    ``facts``      what is stated of them; ``constants``, ``varying``, ``random``: that they are so
    ``functions``  names that are applied; ``elementwise``: those that go by entries
    ``wrts``       what is differentiated in; ``depends``: what is differentiated, and in what
    ``paired``     what is differentiated in what with the same number of both alone
    ``hidden``     what depends on a variable without a name
    ``beyond``     no real numbers; ``missing``: what has a meaning that could not be read
    ``laws``       what is drawn from which law, where one is named
    """

    facts: tuple[Stated, ...] = ()
    constants: frozenset[str] = frozenset()
    varying: frozenset[str] = frozenset()
    random: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    elementwise: frozenset[str] = frozenset()
    wrts: frozenset[str] = frozenset()
    depends: Mapping[str, Mapping[str, None]] = field(default_factory=dict)
    paired: frozenset[tuple[str, str]] = frozenset()
    hidden: frozenset[str] = frozenset()
    beyond: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    laws: Mapping[str, Node] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Customs:
    """What a document keeps to as a whole.

    ``sigmoid``            σ is the logistic function; ``any_sigma``: σ′ stands somewhere, and nothing says what σ is
    ``row_vectors``        its vectors are rows; ``said_held``: it speaks of rows or columns that hold something
    ``einstein``           letters that stand twice are summed
    ``gradients_of_rows``  ∇(uᵀ) stands somewhere, so ∇u is its transpose
    ``crossed``            × stands between vectors
    """

    sigmoid: bool = False
    any_sigma: bool = False
    row_vectors: bool = False
    said_held: bool = False
    einstein: bool = False
    gradients_of_rows: bool = False
    crossed: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """From where symbols are seen: a section, with its own definitions alone (``own``), without those ``freed``."""

    section: int = 0
    own: bool = False
    freed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Symbols:
    """Everything known of the names of one document, seen from one of its sections."""

    names: Names = field(default_factory=Names)
    seen: Seen = field(default_factory=Seen)
    shapes: Shapes = field(default_factory=Shapes)
    roles: Roles = field(default_factory=Roles)
    customs: Customs = field(default_factory=Customs)
    definitions: tuple[Definition, ...] = ()
    view: View = field(default_factory=View)

    # --- with more that is known

    def ranked(self, ranks: Mapping[str, int]) -> Symbols:
        return replace(self, shapes=replace(self.shapes, ranks={**self.shapes.ranks, **ranks}))

    def sized(self, dims: Iterable[Dim]) -> Symbols:
        """These extents are names of the document, and apart from each other."""
        dims = frozenset(dims)
        named = frozenset(d for d in dims if isinstance(d, str))
        shapes = self.shapes
        return replace(self, shapes=replace(shapes, extents=shapes.extents | named, firm=shapes.firm | dims))

    def with_shape(self, key: str, shape: Sequence[Dim]) -> Symbols:
        known = {**self.shapes.known, key: tuple(shape)}
        return replace(self, shapes=replace(self.shapes, known=known)).ranked({key: len(shape)})

    def state(self, *facts: Stated) -> Symbols:
        return replace(self, roles=replace(self.roles, facts=(*self.roles.facts, *facts)))

    def knows(self, fact: str, key: str) -> bool:
        return any(s.fact == fact and s.key == key for s in self.roles.facts)

    def defining(self, definition: Definition) -> Symbols:
        return replace(self, definitions=(*self.definitions, definition))

    def at(self, section: int, own: bool = False, freed: frozenset[str] = frozenset()) -> Symbols:
        view = View(section, own, freed)
        return self if view == self.view else replace(self, view=view)

    # --- what is known

    def key(self, name: str, style: str, indexed: int = 0) -> str:
        return self.names.key(name, style, indexed)

    def rank(self, key: str) -> int:
        return self.shapes.ranks.get(key, 0)

    def shape(self, key: str) -> tuple[Dim, ...]:
        return self.shape_of(key, self.rank(key))

    def shape_of(self, key: str, rank: int) -> tuple[Dim, ...]:
        """The extents of a symbol with that many axes; what is declared elsewhere is open here."""
        known = self.shapes.known.get(key)
        elsewhere = self.shapes.declared.get(key, self.view.section) != self.view.section
        return tuple(f"?{key}:{k}" for k in range(rank)) if known is None or elsewhere or len(known) != rank else known

    def is_defined(self, key: str) -> bool:
        return any(d.key == key for d in self.definitions)

    def family(self, tree: Node) -> str:
        """The name of the many of which x_n is one, or nothing where x_n is an entry (in this section)."""
        name, shapes = family_name(tree), self.shapes
        return name if name in shapes.families and (self.view.section, name) not in shapes.entries else ""

    def definition(self, key: str, place: int) -> Definition | None:
        """The latest definition before ``place``, or the first after it in the section."""
        view = self.view
        if key in view.freed:
            return None
        known = [d for d in self.definitions if d.key == key and (not view.own or d.section == view.section)]
        before = [d for d in known if d.place <= place]
        after = [d for d in known if d.section == view.section and not d.onward]
        return before[-1] if before else (after[0] if after else None)


def labels_in(facts: Iterable[Stated]) -> frozenset[str]:
    """Symbols that a fact makes data: what is one-hot is no smooth function of anything."""
    return frozenset(s.key for s in facts if s.fact in ("onehot", "binary", "signs"))


def latest(symbols: Symbols, key: str, place: int) -> Definition | None:
    """What a bare f means: the last f(…) that was defined, of whatever variables."""
    known = symbols.definition(key, place)
    others = [d for d in symbols.definitions if d.key.startswith(f"{key}(") and d.params and d.place <= place]
    if not others or (known is not None and known.place >= others[-1].place):
        return known
    return others[-1]


def base_of(tree: Node) -> Name | Call | None:
    """The symbol at the root of x, x_i, x_i^T, s(x)_i."""
    tree = bare(tree, Indexed, Transposed, Primed)
    return tree if isinstance(tree, Name | Call) else None


def applies(tree: Node, *functions: str) -> TypeGuard[Function]:
    """Whether a tree is one of these functions of something, by whatever name the document calls it."""
    if not isinstance(tree, Function):
        return False
    row = scalars.WRITTEN.get(tree.name) or arrays.WRITTEN.get(tree.name)
    return row is not None and row.name in functions


def symbol_key(symbols: Symbols, tree: Node) -> str:
    """The key of x, x_i (of all x_i, where they are vectors) or W_1 (a label), or nothing."""
    tree = bare(tree, Transposed)
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


def keys_in(symbols: Symbols, tree: Node) -> set[str]:
    """The keys of the symbols of a tree, and of what picks entries."""
    return {symbol_key(symbols, n) for n in walk(tree) if isinstance(n, Name | Indexed)}


def overloaded(symbols: Symbols, key: str, params: Iterable[str]) -> str:
    """The key of f as a function of these variables, where f is defined for others too."""
    special = f"{key}({','.join(params)})"
    return special if symbols.is_defined(special) else key


def applied_name(call: Call) -> str:
    """γ(z) for γ(z_{nk}): a function that is only ever met at the entries of an array is one number for each."""
    bases = [bare(argument, Indexed) for argument in call.arguments]
    names = (symbol(base) or type(base).__name__.lower() for base in bases)
    return f"{symbol(call.function)}({','.join(names)})"


def index_items(items: Iterable[Item]) -> list[Item]:
    return [i for i in items if isinstance(i, Letter | Place | Pair)]


def paired(trees: Iterable[Node], symbols: Symbols) -> frozenset[tuple[str, str]]:
    """J and p, where ∂J_i/∂p_i stands, and ∂J_i/∂p_k nowhere: each J_i is of its own p_i."""
    found: dict[tuple[str, str], bool] = {}
    taken = (n for tree in trees for n in walk(tree) if isinstance(n, Derivative))
    for body, wrt in ((bare(n.body), wrt) for n in taken if n.body is not None for wrt in n.wrt):
        pair = symbol_key(symbols, body), symbol_key(symbols, wrt)
        if all(pair):
            found[pair] = found.get(pair, True) and _one_letter(body) == _one_letter(wrt) != ""
    return frozenset(pair for pair, alone in found.items() if alone)


def _one_letter(tree: Node) -> str:
    """i in p_i."""
    items = tree.items if isinstance(tree, Indexed) else ()
    letters = [item.name for item in items if isinstance(item, Letter)]
    return letters[0] if len(letters) == len(items) == 1 else ""


def dependencies(trees: Iterable[Node], symbols: Symbols) -> dict[str, dict[str, None]]:
    """Which bare symbols are differentiated in what: L in Z, where ∂L/∂Z stands."""
    found: dict[str, dict[str, None]] = {}
    for tree in trees:
        for node in walk(tree):
            if not isinstance(node, Derivative | Gradient):
                continue
            body = node.body
            if body is None or not isinstance(bare(body, Indexed, Transposed), Name):
                continue
            key = symbol_key(symbols, body)
            for wrt in variables_of(node):
                base = base_of(wrt)
                if base is None:
                    continue
                other = symbol_key(symbols, base.function if isinstance(base, Call) else wrt)
                if other != key:
                    found.setdefault(key, {})[other] = None
    return found
