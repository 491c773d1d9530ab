"""How sure the shapes of a document's symbols are. Owns: telling what is declared from what a letter suggests.

Shapes that do not fit refute a relation only where nothing in it was guessed. Never: finds a shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from gradwright.read.latex.nodes import (
    Differential,
    Evaluated,
    Expectation,
    Gradient,
    Indicator,
    Integral,
    Law,
    Run,
    is_sample,
    symbol,
)
from gradwright.read.syntax import (
    Call,
    Derivative,
    Group,
    Indexed,
    Letter,
    Name,
    Node,
    Place,
    Primed,
    Product,
    Sum,
    walk,
)
from gradwright.referee.meaning.symbols import Symbols, symbol_key

_KNOWN = frozenset({"e", "pi", "I", "0", "1", "delta"})
_LOOSE = (Call, Law, Primed, Differential, Expectation, Integral, Indicator, Evaluated, Run)


def firm(symbols: Symbols, trees: Iterable[Node], place: int) -> bool:
    """Whether every shape in the trees is declared here, said by bold letters, or that of a formula of such symbols."""
    unfolded, names = _unfolded(symbols, trees, place)
    nodes = (node for tree in unfolded for node in walk(tree))
    return not any(_is_loose(symbols, node) for node in nodes) and all(_is_told(symbols, name) for name in names)


def _unfolded(symbols: Symbols, trees: Iterable[Node], place: int) -> tuple[list[Node], list[Name]]:
    """The trees with the formulas of what is defined in them, and the names that nothing defines."""
    unfolded, seen = list(trees), set[str]()
    names: list[Name] = []
    for tree in unfolded:  # which grows as it is gone through
        for name in _shaping(symbols, tree):
            key = symbols.key(name.stem, name.font)
            if key in seen:
                continue
            seen.add(key)
            definition = symbols.definition(key, place)
            if definition is None:
                names.append(name)
            elif not definition.letters:
                unfolded.append(definition.body)
    return unfolded, names


def _shaping(symbols: Symbols, tree: Node) -> Iterator[Name]:
    """The names whose shapes matter: no constant, no extent, nothing of which an entry is taken."""
    lettered = (n.base for n in walk(tree) if isinstance(n, Indexed) and _lettered(n))
    entries = {id(base) for base in lettered if symbol(base) not in symbols.names.labelled}
    for node in walk(tree):
        if not isinstance(node, Name) or id(node) in entries or node.stem in _KNOWN:
            continue
        if symbols.key(node.stem, node.font) not in symbols.shapes.extents:
            yield node


def _is_loose(symbols: Symbols, node: Node) -> bool:
    """What may have a shape that nobody said."""
    match node:
        case Indexed():
            return bool(symbols.family(node))
        case Derivative() | Gradient():
            return not _of_number(symbols, node)
        case Product():
            return any(_may_be_call(a, b) for (_, a), (_, b) in pairwise(node.factors))
    return isinstance(node, _LOOSE)


def _is_told(symbols: Symbols, name: Name) -> bool:
    """Whether the axes of a symbol are declared here, or said by its font, or those of a number beside such symbols."""
    key = symbols.key(name.stem, name.font)
    if key in symbols.shapes.declared:
        return symbols.shapes.declared[key] == symbols.view.section
    told = bool(symbols.names.bold - {"0", "1"} or symbols.shapes.declared)
    return name.font == "bold" or (told and not symbols.rank(key))


def _of_number(symbols: Symbols, node: Derivative | Gradient) -> bool:
    """A derivative of one number in one array: its shape is a convention up to a transpose at most."""
    body, wrt = (node.body, node.wrt) if isinstance(node, Derivative) else (node.body, (node.wrt,))
    return (
        body is not None
        and isinstance(body, Name)
        and not symbols.rank(symbol_key(symbols, body))
        and len(wrt) == 1
        and wrt[0] is not None
    )


def _may_be_call(one: Node, two: Node) -> bool:
    """y (x): a product, or a function applied."""
    return isinstance(one, Name | Indexed) and isinstance(two, Group) and not isinstance(two.body, Sum)


def _lettered(tree: Indexed) -> bool:
    return bool(tree.items) and all(isinstance(i, Letter | Place) and not is_sample(i) for i in tree.items)
