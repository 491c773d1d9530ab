"""How two sides may be read. Owns: the attempts at a relation, in the order in which they are plausible. Never: reads.

Each attempt is a value: a reading, the sides it is of, and what is said of a relation that holds in it. What a document
keeps to comes first; layouts are tried where something is differentiated; the rest only where a relation fails so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain as chained
from itertools import pairwise
from typing import Literal

from gradwright.core.record import dataclass
from gradwright.read.latex.nodes import Differential, Expectation, Gradient, Hessian, symbol
from gradwright.read.syntax import (
    Call,
    Derivative,
    Indexed,
    Letter,
    Matrix,
    Name,
    Node,
    Norm,
    Place,
    Product,
    Sum,
    Transposed,
    walk,
)
from gradwright.referee.evidence.chains import Chain, shown
from gradwright.referee.meaning.sums import by_entries, extended, goes_by_entries, narrowed, widened
from gradwright.referee.meaning.symbols import Symbols, base_of, dependencies, symbol_key, whole_of
from gradwright.referee.meaning.value import Reading

LAYOUTS = ("mixed", "denominator", "numerator")
DERIVED = (Derivative, Gradient, Differential)
Outcome = Literal["false", "unread"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """Two sides in one reading.

    ``after``  the outcomes of the attempt before it after which it is made; none where it always is
    ``said``   the note on a relation that holds in it
    ``fixed``  whether it counts only where a ∂ holds something fixed
    """

    reading: Reading
    left: Node
    right: Node
    after: frozenset[Outcome] = frozenset()
    said: str = ""
    fixed: bool = False


def usual(
    symbols: Symbols, ordered: frozenset[str], layout: str, left: Node, right: Node, quick: bool
) -> tuple[Attempt, ...]:
    """In the document's layout, then in the others; ``quick``: in its own alone."""
    capitals = (
        _averages(left, right) or bool(guessed(symbols, ordered, left, right)) or _is_called(symbols, left, right)
    )
    first = Attempt(Reading(layout, capitals=capitals), left, right)
    return tuple(_in_layouts(first, quick))


def others(symbols: Symbols, first: Attempt) -> Iterator[Attempt]:
    """What is tried with a relation that fails in the usual readings."""
    left, right, reading = first.left, first.right, first.reading
    if (most := _most_place(left, right)) > 1:
        said = f"of {most} entries, as many as are written out"
        yield from _in_layouts(replace(first, reading=replace(reading, most=most), said=said))
    if len({d.section for d in symbols.definitions}) > 1:
        said = "its symbols are taken as this section has them"
        yield from _in_layouts(replace(first, reading=replace(reading, own=True), said=said))
    if (models := _models(symbols)) and _has((Derivative, Gradient, Hessian), left, right):
        said = f"{', '.join(sorted(map(shown, models)))} taken as data"
        yield from _in_layouts(replace(first, reading=replace(reading, freed=reading.freed | models), said=said))
    if _has(Derivative, left, right):
        yield replace(first, reading=replace(reading, partial=True), fixed=True)
    if fitted := _fitted(symbols):
        said = f"what is said of {', '.join(sorted(map(shown, fitted)))} is taken for its estimate"
        yield from _in_layouts(replace(first, reading=replace(reading, fitted=fitted), said=said))
    yield from _of_signs(first)


def _of_signs(first: Attempt) -> Iterator[Attempt]:
    """What signs may mean, or reach, beside the usual."""
    left, right, reading = first.left, first.right, first.reading
    if _has(Sum, left, right):
        said = "a number beside a square matrix is so much of the identity"
        yield replace(first, reading=replace(reading, scaled=True), said=said)
    if any(map(goes_by_entries, chained(walk(left), walk(right)))):
        said = "powers go by entries, as ⊙ and fractions do"
        yield replace(first, left=by_entries(left), right=by_entries(right), said=said)
    for said, reach in _REACHES:
        for a, b in ((left, reach(right)), (reach(left), right), (reach(left), reach(right))):
            if a is not left or b is not right:
                yield replace(first, left=a, right=b, said=said)


_REACHES: tuple[tuple[str, Callable[[Node], Node]], ...] = (
    ("the Σ is read to the end of its side", widened),
    ("d/dx is read as far as the next sign of multiplication", narrowed),
    ("d/dx is read of the whole product", extended),
)
"""How far an operator without brackets may reach, beside the usual."""


def _fitted(symbols: Symbols) -> frozenset[str]:
    """y, where y = m x + b is a line that is fitted: ŷ stands beside y, and nothing says what it is."""
    lines = {d.key for d in symbols.definitions if not symbols.is_defined(f"hat {d.key}")}
    used = {symbol_key(symbols, n) for d in symbols.definitions for n in walk(d.body) if isinstance(n, Name | Indexed)}
    return frozenset(key for key in lines if f"hat {key}" in used and key in used)


def unmoved(symbols: Symbols, *trees: Node) -> frozenset[str]:
    """What nothing defines, and other formulas differentiate: here it may stand still."""
    keys = frozenset(symbol_key(symbols, n) for t in trees for n in walk(t) if isinstance(n, Name | Indexed))
    moved = symbols.roles.depends.keys() - dependencies(trees, symbols).keys()
    return frozenset(key for key in keys & moved if not symbols.is_defined(key))


_NOISE = frozenset({"epsilon", "varepsilon"})


def _models(symbols: Symbols) -> frozenset[str]:
    """y, where y = X β + ε says how data came about: what is fitted to them takes them as they are."""
    noise = symbols.roles.random | _NOISE
    return frozenset(
        d.key for d in symbols.definitions
        if isinstance(d.body, Sum) and any(_noise_in(symbols, term, noise) for _, term in d.body.terms)
    )  # fmt: skip


def _noise_in(symbols: Symbols, term: Node, noise: frozenset[str]) -> bool:
    base = base_of(term)
    return base is not None and bool(noise & {symbol_key(symbols, term), symbol(base)})


def _in_layouts(first: Attempt, quick: bool = False) -> Iterator[Attempt]:
    """An attempt in every layout, each with letters as arrays and, where that has no meaning, as numbers."""
    own = first.reading.layout
    layouts = (
        [own, *(x for x in LAYOUTS if x != own)] if _has(DERIVED, first.left, first.right) and not quick else [own]
    )
    open_to: set[Outcome] = {"unread", "false"} if first.reading.capitals else {"unread"}
    for layout in layouts:
        reading = replace(first.reading, layout=layout)
        yield replace(first, reading=reading)
        yield replace(first, reading=replace(reading, plain=True), after=frozenset(open_to))


def _has(kinds: type[Node] | tuple[type[Node], ...], *trees: Node) -> bool:
    return any(isinstance(n, kinds) for n in chained(*map(walk, trees)))


def _averages(*trees: Node) -> bool:
    return _has(Expectation, *trees)


def guessed(symbols: Symbols, ordered: frozenset[str], *trees: Node) -> frozenset[str]:
    """The capitals that were taken for matrices by their letter alone, where they multiply nothing but numbers."""
    nodes = [n for t in trees for n in walk(t)]
    names = symbols.shapes.guessed & {n.stem for n in nodes if isinstance(n, Name)}
    if names & ordered or any(op == "kron" for n in nodes if isinstance(n, Product) for op, _ in n.factors):
        return frozenset()
    inner = {id(n.base) for n in nodes if isinstance(n, Indexed)}
    outer = (n for n in nodes if id(n) not in inner and not (isinstance(n, Name) and n.stem in names))
    arrays = _has((Transposed, Matrix, Norm, Gradient, Hessian), *trees)
    return frozenset() if arrays or any(_is_array(symbols, n) for n in outer) else names


def _is_array(symbols: Symbols, node: Node) -> bool:
    """A symbol with axes that no index takes: x and h_t, and not x_i."""
    base, items = whole_of(node)
    if not isinstance(base, Name):
        return False
    _, taken = symbols.names.parted(base.stem, items)
    return symbols.rank(symbol_key(symbols, node)) > len(taken)


def ordered(symbols: Symbols, chain: Chain) -> set[str]:
    """A and B in A B = B A: whoever writes both orders writes of matrices; and A in A x, where x is a vector."""
    nodes = [n for side in chain.sides if side.tree is not None for n in walk(side.tree)]
    products = [n for n in nodes if isinstance(n, Product)]
    pairs = {pair for n in products for pair in pairwise(_capitals(n))}
    beside = (pair for n in products for pair in pairwise(f for _, f in n.factors))
    acting = {a.stem for a, b in beside if isinstance(a, Name) and a.stem.isupper() and _acts_on(symbols, b)}
    return acting | {a for a, b in pairs if a and b and a != b and (b, a) in pairs}


def _acts_on(symbols: Symbols, node: Node) -> bool:
    base = whole_of(node)[0]
    return isinstance(base, Name) and base.stem not in symbols.shapes.guessed and _is_array(symbols, node)


def _capitals(product: Product) -> list[str]:
    return [f.stem if isinstance(f, Name) and f.stem.isupper() else "" for _, f in product.factors]


def _is_called(symbols: Symbols, *trees: Node) -> bool:
    """Whether a capital that was taken for a matrix by its letter alone is only ever applied here."""
    nodes = [n for t in trees for n in walk(t)]
    heads = {id(n.function) for n in nodes if isinstance(n, Call)}
    found = [n for n in nodes if isinstance(n, Name) and n.stem in symbols.shapes.guessed]
    return bool(found) and all(id(n) in heads for n in found)


def _most_place(*trees: Node) -> int:
    """The last entry that is written out by its number, where numbers and nothing else pick entries."""
    items = [i for t in trees for n in walk(t) if isinstance(n, Indexed) for i in n.items]
    if any(isinstance(i, Letter) for i in items):
        return 0
    return max((int(i.text) for i in items if isinstance(i, Place) and len(i.text) == 1), default=0)
