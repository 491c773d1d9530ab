"""Powers that are symbols of their own, as σ² is where σ² = … defines it or ∂/∂σ² is taken. Owns: finding them, and
writing the trees in them. Never: meaning.
"""

from __future__ import annotations

from typing import Any

from gradwright.read.tree import Tree, subtrees
from gradwright.referee.evidence.chains import Chain


def name_squares(chains: list[Chain], trees: list[Tree]) -> list[Tree]:
    """The trees with a symbol for every square that is defined or differentiated in; what stands alone is its root."""
    names = (_defined(chains) | _differentiated(trees, squares=True)) - _differentiated(trees, squares=False)
    if not names:
        return trees
    changed = {id(t): _written(t, names) for t in trees}
    for chain in chains:
        for side in chain.sides:
            if side.tree is not None:
                side.tree = changed[id(side.tree)]
    return list(changed.values())


def _base(tree: Tree) -> str:
    while tree.kind == "index":
        tree = tree.parts[0]
    return str(tree.parts[0]) if tree.kind == "sym" else ""


def _is_square(tree: Tree) -> bool:
    if tree.kind != "pow" or not _base(tree.parts[0]):
        return False
    exponent = tree.parts[1]
    return bool(exponent.kind == "num" and exponent.parts[0] == "2")


def _defined(chains: list[Chain]) -> set[str]:
    """σ in σ² = …, unless σ is defined too."""
    found: set[str] = set()
    alone: set[str] = set()
    for chain in chains:
        for link in chain.links:
            left, right = chain.sides[link.left].tree, chain.sides[link.left + 1].tree
            if left is None or right is None or link.left:
                continue
            if _is_square(left) and right.kind != "num":
                found.add(_base(left.parts[0]))
            elif left.kind in ("sym", "index") and _base(left) and not _only_root(right, _base(left)):
                alone.add(_base(left))
    return found - alone


def _only_root(tree: Tree, name: str) -> bool:
    return tree.kind == "root" and _is_square(tree.parts[0]) and _base(tree.parts[0].parts[0]) == name


def _differentiated(trees: list[Tree], squares: bool) -> set[str]:
    """The symbols in whose squares, or in which themselves, something is differentiated."""
    wrts = [w for tree in trees for node in subtrees(tree) if node.kind == "derivative" for w in node.parts[3]]
    if squares:
        return {_base(w.parts[0]) for w in wrts if _is_square(w)}
    return {_base(w) for w in wrts if _base(w)}


def _written(here: Any, names: set[str]) -> Any:
    """The tree with σ² as one symbol, and σ as its root."""
    if isinstance(here, tuple):
        return tuple(_written(part, names) for part in here)
    if not isinstance(here, Tree):
        return here
    if here.kind == "pow" and _base(here.parts[0]) in names and here.parts[1].kind == "num":
        power = here.parts[1].parts[0]
        if power.isdigit() and int(power) % 2 == 0 and int(power) <= 8:
            square = _renamed(here.parts[0])
            half = Tree("num", (str(int(power) // 2),), here.parts[1].span)
            return square if power == "2" else Tree("pow", (square, half), here.span)
    if here.kind in ("sym", "index") and _base(here) in names:
        return Tree("root", (_renamed(here), None), here.span)
    return here.with_parts(*(_written(part, names) for part in here.parts))


def _renamed(tree: Tree) -> Tree:
    if tree.kind == "index":
        return tree.with_parts(_renamed(tree.parts[0]), tree.parts[1])
    return tree.with_parts(f"{tree.parts[0]}²", *tree.parts[1:])
