"""How sure the shapes of a document's symbols are. Owns: telling what is declared from what a letter suggests.

Shapes that do not fit refute a relation only where nothing in it was guessed. Never: finds a shape.
"""

from __future__ import annotations

from collections.abc import Iterable
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
    Upper,
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
_LOOSE = (Call, Law, Primed, Upper, Differential, Expectation, Integral, Indicator, Evaluated, Run)


def firm(symbols: Symbols, trees: Iterable[Node], place: int) -> bool:
    """Whether every shape in the trees is declared here, said by bold letters, or that of a formula of such symbols."""
    told = bool(symbols.names.bold - {"0", "1"} or symbols.declared)
    seen: set[str] = set()
    stack = list(trees)
    while stack:
        tree = stack.pop()
        lettered = (n.base for n in walk(tree) if isinstance(n, Indexed) and _lettered(n))
        entries = {id(base) for base in lettered if symbol(base) not in symbols.names.labelled}
        for node in walk(tree):
            if isinstance(node, _LOOSE) or (isinstance(node, Indexed) and symbols.family(node)):
                return False
            if isinstance(node, Derivative | Gradient) and not _of_number(symbols, node):
                return False
            if isinstance(node, Product) and any(_may_be_call(a, b) for (_, a), (_, b) in pairwise(node.factors)):
                return False
            if not isinstance(node, Name) or id(node) in entries:
                continue
            name, style = node.stem, node.font
            key = symbols.key(name, style)
            if key in seen or name in _KNOWN or key in symbols.extents:
                continue
            seen.add(key)
            definition = symbols.definition(key, place)
            if definition is not None:
                if not definition.letters:
                    stack.append(definition.body)
            elif key in symbols.declared:
                if symbols.declared[key] != symbols.section:
                    return False
            elif style != "bold" and not (told and not symbols.rank(key)):
                return False
    return True


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
