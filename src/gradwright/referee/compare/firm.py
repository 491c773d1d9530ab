"""How sure the shapes of a document's symbols are. Owns: telling what is declared from what a letter suggests.

Shapes that do not fit refute a relation only where nothing in it was guessed. Never: finds a shape.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from gradwright.read.tree import Tree, subtrees
from gradwright.referee.meaning.symbols import Symbols, symbol_key

_KNOWN = frozenset({"e", "pi", "I", "0", "1", "delta"})
_LOOSE = ("call", "opaque", "prime", "upper", "diff", "expect", "integral", "indicator", "at", "run")


def firm(symbols: Symbols, trees: Iterable[Tree], place: int) -> bool:
    """Whether every shape in the trees is declared here, said by bold letters, or that of a formula of such symbols."""
    told = bool(symbols.bold - {"0", "1"} or symbols.declared)
    seen: set[str] = set()
    stack = list(trees)
    while stack:
        tree = stack.pop()
        lettered = (n.parts[0] for n in subtrees(tree) if n.kind == "index" and _lettered(n))
        entries = {id(base) for base in lettered if base.parts[0] not in symbols.labelled}
        for node in subtrees(tree):
            if node.kind in _LOOSE or (node.kind == "index" and symbols.family(node)):
                return False
            if node.kind in ("derivative", "nabla") and not _of_number(symbols, node):
                return False
            if node.kind == "mul" and any(_may_be_call(a, b) for (_, a), (_, b) in pairwise(node.parts[0])):
                return False
            if node.kind != "sym" or id(node) in entries:
                continue
            name, style = str(node.parts[0]), str(node.parts[1])
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


def _of_number(symbols: Symbols, node: Tree) -> bool:
    """A derivative of one number in one array: its shape is a convention up to a transpose at most."""
    body, wrt = (node.parts[2], node.parts[3]) if node.kind == "derivative" else (node.parts[1], (node.parts[0],))
    return (
        body is not None
        and body.kind == "sym"
        and not symbols.rank(symbol_key(symbols, body))
        and len(wrt) == 1
        and wrt[0] is not None
    )


def _may_be_call(one: Tree, two: Tree) -> bool:
    """y (x): a product, or a function applied."""
    return one.kind in ("sym", "index") and two.kind == "group" and two.parts[0].kind != "add"


def _lettered(tree: Tree) -> bool:
    return bool(tree.parts[1]) and all(i.kind in ("letter", "place") and len(i.parts) == 1 for i in tree.parts[1])
