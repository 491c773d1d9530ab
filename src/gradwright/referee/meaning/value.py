"""Values while a side is read. Owns: a body with axes, and the world of one reading. Never: reads a tree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field

from gradwright.core.context import Context, Signature
from gradwright.core.errors import Error
from gradwright.core.index import Dim
from gradwright.core.node import Array, Node
from gradwright.core.record import dataclass
from gradwright.core.value import Value
from gradwright.read.latex.nodes import Differential
from gradwright.read.syntax import Call, Name, walk
from gradwright.read.syntax import Node as Tree
from gradwright.referee.meaning.symbols import Symbols, dependencies, symbol_key

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


def number(body: Node) -> Value:
    return Value("scalar", (), body)


@dataclass
class World:
    """What stays the same while one chain is read: the symbols, the place, the conventions."""

    symbols: Symbols
    place: int
    chain: int
    layout: str = "mixed"
    elementwise: bool = True
    plain_scalars: bool = False
    depends: dict[str, dict[str, None]] = field(default_factory=dict)
    arrays: dict[str, Array] = field(default_factory=dict)
    busy: set[str] = field(default_factory=set)
    functions: dict[str, Signature] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    stand_ins: set[str] = field(default_factory=set)
    outer: set[str] = field(default_factory=set)
    varying: set[str] = field(default_factory=set)
    lifted: bool = False
    averaged: bool = False
    held: str = ""
    spread: bool = False  # a side itself adds what is no plain number to every entry of an array
    partial: bool = False  # ∂ holds fixed what its body is made of, beside the variable itself
    fixed: set[str] = field(default_factory=set)
    holder: str = ""
    direct: set[str] = field(default_factory=set)
    by_value: bool = False
    capitals: bool = False
    forgotten: dict[str, bool] = field(default_factory=dict)
    most: int = 0
    implicit: dict[str, tuple[str, ...]] = field(default_factory=dict)

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


def local_dependencies(trees: Sequence[Tree], symbols: Symbols) -> dict[str, dict[str, None]]:
    """The chain's own ∂-fractions, and the document's for the symbols it does not differentiate itself."""
    own = dependencies(trees, symbols)
    moved = {symbol_key(symbols, n.body) for t in trees for n in walk(t) if isinstance(n, Differential)}
    rest = {k: v for k, v in symbols.depends.items() if k not in moved}
    for tree in trees:
        for node in walk(tree):
            if isinstance(node, Call) and len(node.arguments) > 1 and all(isinstance(a, Name) for a in node.arguments):
                key = symbol_key(symbols, node.function)
                keys = [symbols.key(a.stem, a.font) for a in node.arguments if isinstance(a, Name)]
                if key and not any(d.key == key for d in symbols.definitions):
                    own[key] = dict.fromkeys(keys)
    return {k: v for k, v in {**rest, **own}.items() if k not in symbols.labels()}
