"""Powers that are symbols of their own, as σ² is where σ² = … defines it or ∂/∂σ² is taken. Owns: finding them, and
writing the trees in them. Never: meaning.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import repeat

from gradwright.read.syntax import Derivative, Indexed, Name, Node, Number, Power, Root, children, walk, with_children
from gradwright.referee.evidence.chains import Chain, equated, rewritten
from gradwright.referee.meaning.symbols import whole_of


def name_squares(chains: list[Chain], trees: list[Node]) -> list[Node]:
    """The trees with a symbol for every square that is defined or differentiated in; what stands alone is its root."""
    names = (_defined(chains) | _differentiated(trees, squares=True)) - _differentiated(trees, squares=False)
    names -= {name for name in names if name[:1].isupper() and any(map(_unsquared, trees, repeat(name)))}
    if not names:
        return trees
    return rewritten(chains, trees, lambda tree: _written(tree, names))


def _unsquared(tree: Node, name: str) -> bool:
    """Whether a capital stands without its square, as a matrix does."""
    bases = {id(node.base) for node in walk(tree) if isinstance(node, Power) and _squared(node)}
    return any(isinstance(n, Name) and n.stem == name and id(n) not in bases for n in walk(tree))


def _base(tree: Node) -> str:
    base, _ = whole_of(tree)
    return base.stem if isinstance(base, Name) else ""


def _squared(tree: Node) -> str:
    """The name of what a square is of; nothing for what is none."""
    square = isinstance(tree, Power) and isinstance(tree.exponent, Number) and tree.exponent.text == "2"
    return _base(tree.base) if isinstance(tree, Power) and square else ""


def _defined(chains: list[Chain]) -> set[str]:
    """σ in σ² = …, unless σ is defined too."""
    found: set[str] = set()
    alone: set[str] = set()
    for _, link, left, right in equated(chains):
        if link.left:
            continue
        if _squared(left) and not isinstance(right, Number) and _squared(left) not in _names(right):
            found.add(_squared(left))
        elif isinstance(left, Name | Indexed) and _base(left) and not _only_root(right, _base(left)):
            alone.add(_base(left))
    return found - alone


def _names(tree: Node) -> set[str]:
    return {node.stem for node in walk(tree) if isinstance(node, Name)}


def _only_root(tree: Node, name: str) -> bool:
    return isinstance(tree, Root) and _squared(tree.body) == name


def _differentiated(trees: list[Node], squares: bool) -> set[str]:
    """The symbols in whose squares, or in which themselves, something is differentiated."""
    wrts = [w for tree in trees for node in walk(tree) if isinstance(node, Derivative) for w in node.wrt]
    if squares:
        return {_squared(w) for w in wrts if _squared(w)}
    return {_base(w) for w in wrts if _base(w)}


def _written(here: Node, names: set[str]) -> Node:
    """The tree with σ² as one symbol, and σ as its root."""
    if isinstance(here, Power) and _base(here.base) in names and isinstance(here.exponent, Number):
        power = here.exponent.text
        if power.isdigit() and int(power) % 2 == 0 and int(power) <= 8:
            square = _renamed(here.base)
            half = Number(here.exponent.span, str(int(power) // 2))
            return square if power == "2" else Power(here.span, square, half)
    if isinstance(here, Name | Indexed) and _base(here) in names:
        return Root(here.span, _renamed(here))
    return with_children(here, [_written(child, names) for child in children(here)])


def _renamed(tree: Node) -> Node:
    if isinstance(tree, Indexed):
        return replace(tree, base=_renamed(tree.base))
    return replace(tree, stem=f"{tree.stem}²") if isinstance(tree, Name) else tree
