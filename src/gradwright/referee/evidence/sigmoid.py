"""Which function σ is where no word says so. Owns: telling the logistic function by its company.

σ in a logarithm, 1 − σ(…) and σ′ = σ(1 − σ) are written of the logistic function. Never: reads a side.
"""

from __future__ import annotations

from collections.abc import Sequence

from gradwright.read.tree import Tree, subtrees
from gradwright.referee.evidence.chains import Chain
from gradwright.referee.meaning.symbols import Symbols, applies


def learn_sigmoid(symbols: Symbols, chains: Sequence[Chain]) -> bool:
    """Note that σ is the logistic function where its company shows it; else whether σ is any function, with σ′."""
    trees = [side.tree for chain in chains for side in chain.sides if side.tree is not None]
    nodes = [node for tree in trees for node in subtrees(tree)]
    stated = [chain for chain in chains if states_sigmoid(chain)]
    if stated or any(_logistic(node) for node in nodes):
        symbols.words.add("sigmoid")
        return False
    return any(_primed(node) for node in nodes)


def states_sigmoid(chain: Chain) -> bool:
    """σ′ = σ(1 − σ), of the function itself."""
    if len(chain.sides) != 2 or any(side.tree is None for side in chain.sides):
        return False
    left, right = (side.tree for side in chain.sides)
    assert left is not None
    assert right is not None
    if left.kind != "prime" or left.parts[1] != 1 or not _is_sigma(left.parts[0]):
        return False
    if right.kind == "call":
        return (
            _is_sigma(right.parts[0])
            and not right.parts[2]
            and len(right.parts[1]) == 1
            and _one_minus(right.parts[1][0])
        )
    if right.kind != "mul" or len(right.parts[0]) != 2:
        return False
    factors = [factor for _, factor in right.parts[0]]
    return any(_is_sigma(a) and _one_minus(b) for a, b in (factors, factors[::-1]))


def _is_sigma(tree: Tree) -> bool:
    return tree.kind == "sym" and tree.parts[0] == "sigma" and tree.parts[1] != "bold"


def _one_minus(tree: Tree) -> bool:
    """1 − σ, 1 − σ(…)"""
    while tree.kind == "group":
        tree = tree.parts[0]
    if tree.kind != "add" or len(tree.parts[0]) != 2:
        return False
    (one_sign, one), (two_sign, two) = tree.parts[0]
    is_one = one_sign != "-" and one.kind == "num" and one.parts[0] == "1"
    return is_one and two_sign == "-" and (_is_sigma(two) or _applied(two))


def _applied(tree: Tree) -> bool:
    return tree.kind == "call" and _is_sigma(tree.parts[0]) and not tree.parts[2]


def _logistic(tree: Tree) -> bool:
    if applies(tree, "log"):
        inner = tree.parts[1][0]
        while inner.kind == "group":
            inner = inner.parts[0]
        return _applied(inner)
    return tree.kind == "add" and _one_minus(tree) and any(_applied(term) for _, term in tree.parts[0])


def _primed(tree: Tree) -> bool:
    if tree.kind == "prime":
        return _is_sigma(tree.parts[0])
    return tree.kind == "call" and bool(tree.parts[2]) and _is_sigma(tree.parts[0])
