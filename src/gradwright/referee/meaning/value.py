"""Values while a side is read. Owns: a body with axes, and the world of one reading. Never: reads a tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field, replace

from gradwright.core.build import rename
from gradwright.core.context import Context, Signature
from gradwright.core.errors import Error
from gradwright.core.extents import Extents
from gradwright.core.index import Dim
from gradwright.core.node import Array, Entry, Node
from gradwright.core.record import dataclass
from gradwright.core.value import Value
from gradwright.core.walk import bottom_up
from gradwright.read.latex.nodes import Differential
from gradwright.read.syntax import Call, Name, walk
from gradwright.read.syntax import Node as Tree
from gradwright.referee.meaning.symbols import Stated, Symbols, dependencies, labels_in, symbol_key

HIDDEN = "x°"
TURNED = {"scalar": "scalar", "column": "row", "row": "column", "matrix": "matrix"}


class Unsaid(Error):
    """A derivative in what its body is not said to depend on: perhaps the fraction stands upside down."""


def shaped(value: Value, find: Callable[[Dim], Dim] = lambda dim: dim) -> str:
    """The shape in words: a number, a column of n, n×d."""
    dims = [str(find(a.dim)) for a in value.axes]
    known = not any(d.startswith("?") for d in dims)
    if value.kind in ("column", "row"):
        return f"a {value.kind}" + (f" of {dims[0]}" if known else "")
    if not dims:
        return "a number"
    return "×".join(dims) if known else "a matrix" if len(dims) == 2 else f"an array of {len(dims)} axes"


def put(body: Node, values: Mapping[str, Value | Array]) -> Node:
    """The body with values in the place of symbols that have as many axes."""

    def exchange(node: Node) -> Node:
        value = values.get(node.name) if isinstance(node, Entry) else None
        if value is None or not isinstance(node, Entry) or len(value.axes) != len(node.slots):
            return node
        return rename(value.body, dict(zip(value.axes, node.slots, strict=True)))

    return bottom_up(exchange, body)


def number(body: Node) -> Value:
    return Value("scalar", (), body)


@dataclass(frozen=True, slots=True)
class Reading:
    """How two sides are read.

    ``plain``     letters of vectors are numbers here; ``capitals``: those of matrices, where nothing declares them
    ``most``      arrays have as many entries as are written out
    ``partial``   ∂ holds fixed what its body is made of, beside the variable itself
    ``loose``     declared extents become one where nothing else fits
    ``turned``    vectors are rows where the document's are columns, and the other way round
    ``own``       symbols are as the section of the relation has them; those ``freed`` are anything
    ``fitted``    symbols of which the document says what their estimates are: y = m x + b says it of ŷ
    ``scaled``    a number beside a square matrix is so much of the identity: (1 − P) x is x − P x
    ``still``     symbols that move with nothing here, though other formulas differentiate them
    """

    layout: str = "mixed"
    plain: bool = False
    capitals: bool = False
    most: int = 0
    partial: bool = False
    loose: bool = False
    turned: bool = False
    own: bool = False
    scaled: bool = False
    freed: frozenset[str] = frozenset()
    still: frozenset[str] = frozenset()
    fitted: frozenset[str] = frozenset()


class Learned:
    """What reading teaches of shapes: the notes of one comparison, which begin with what is known."""

    def __init__(self, symbols: Symbols, loose: bool = False) -> None:
        shapes = symbols.shapes
        self.ranks, self.facts = dict(shapes.ranks), list(symbols.roles.facts)
        self.missing = set(symbols.roles.missing)
        self.sizes = Extents(shapes.firm, shapes.equal, loose)
        self._known, self._summed = shapes.summed, dict[int, dict[str, Dim]]()

    def summed(self, chain: int) -> dict[str, Dim]:
        """How far the letters of sums go in a chain."""
        if chain not in self._summed:
            self._summed[chain] = dict(self._known.get(chain, {}))
        return self._summed[chain]

    def state(self, fact: str, key: str, words: str) -> None:
        if not any(s.fact == fact and s.key == key for s in self.facts):
            self.facts.append(Stated(fact, key, words, 0))

    def kept(self, symbols: Symbols) -> Symbols:
        """The symbols with all that was learned."""
        summed = {**self._known, **self._summed}
        shapes = replace(symbols.shapes, ranks=dict(self.ranks), equal=self.sizes.mark(), summed=summed)
        roles = replace(symbols.roles, facts=tuple(self.facts), missing=frozenset(self.missing))
        return replace(symbols, shapes=shapes, roles=roles)

    @contextmanager
    def forgetting(self) -> Iterator[None]:
        """What the block learns of ranks and extents is forgotten after it."""
        ranks, sizes = dict(self.ranks), self.sizes.mark()
        try:
            yield
        finally:
            self.ranks = ranks
            self.sizes.reset(sizes)


@dataclass
class World:
    """One reading of the sides of a chain: how they are read, and what is met on the way."""

    symbols: Symbols
    place: int
    chain: int
    reading: Reading = field(default_factory=Reading)
    learned: Learned = field(default_factory=lambda: Learned(Symbols()))
    depends: dict[str, Mapping[str, None]] = field(default_factory=dict)
    varying: frozenset[str] = frozenset()
    outer: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    arrays: dict[str, Array] = field(default_factory=dict)
    busy: set[str] = field(default_factory=set)
    functions: dict[str, Signature] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    stand_ins: set[str] = field(default_factory=set)
    lifted: bool = False
    averaged: bool = False
    endless: bool = False
    held: str = ""
    spread: bool = False  # a side itself adds what is no plain number to every entry of an array
    fixed: set[str] = field(default_factory=set)
    holder: str = ""
    direct: set[str] = field(default_factory=set)
    by_value: bool = False
    forgotten: dict[str, bool] = field(default_factory=dict)
    implicit: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def rank(self, key: str) -> int:
        return self.learned.ranks.get(key, 0)

    def shape(self, key: str) -> tuple[Dim, ...]:
        return tuple(map(self.learned.sizes.find, self.symbols.shape_of(key, self.rank(key))))

    def context(self, roots: Sequence[Node]) -> Context:
        """The definitions that the nodes reach, in order, with everything they need."""
        order: dict[str, Array] = {}
        symbols: dict[str, tuple[Dim, ...]] = {}

        def visit(name: str, above: tuple[str, ...]) -> None:
            if name in order or name.endswith("°f"):
                return
            array = self.arrays.get(name)
            if array is None:
                return
            if name in above:
                raise Error(f"{name} is defined by itself")
            for other in sorted(array.body.names):
                visit(other, (*above, name))
            order[name] = array

        for root in roots:
            for name in sorted(root.names):
                visit(name, ())
        return Context("", symbols, order, dict(self.functions))


def local_dependencies(trees: Sequence[Tree], symbols: Symbols) -> dict[str, Mapping[str, None]]:
    """The chain's own ∂-fractions, and the document's for the symbols it does not differentiate itself."""
    own: dict[str, Mapping[str, None]] = {**dependencies(trees, symbols)}
    moved = {symbol_key(symbols, n.body) for t in trees for n in walk(t) if isinstance(n, Differential)}
    rest = {k: v for k, v in symbols.roles.depends.items() if k not in moved}
    for tree in trees:
        for node in walk(tree):
            if isinstance(node, Call) and len(node.arguments) > 1 and all(isinstance(a, Name) for a in node.arguments):
                key = symbol_key(symbols, node.function)
                keys = [symbols.key(a.stem, a.font) for a in node.arguments if isinstance(a, Name)]
                if key and not symbols.is_defined(key):
                    own[key] = dict.fromkeys(keys)
    data = labels_in(symbols.roles.facts)
    return {k: v for k, v in {**rest, **own}.items() if k not in data}
