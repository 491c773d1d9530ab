"""dX as the gradient of the loss in X, where a document says so. Owns: finding dX = ∂L/∂X, and writing the trees so.

Never: meaning.
"""

from __future__ import annotations

import re
from typing import Any

from gradwright.read.tree import Tree, subtrees
from gradwright.referee.evidence.chains import Chain


def name_gradients(chains: list[Chain], trees: list[Tree]) -> list[Tree]:
    """Where dX = ∂L/∂X stands, every dY is ∂L/∂Y; the link that says so is marked."""
    loss = None
    for chain in chains:
        for link in chain.links:
            left, right = chain.sides[link.left].tree, chain.sides[link.left + 1].tree
            if left is not None and right is not None and (found := _stated(left, right)) is not None:
                loss = loss or found
                link.sort, link.reason = "fact", "what d before a symbol stands for"
    loss = loss or _unsaid(chains, trees) or _spoken(chains)
    if loss is None or any(
        n.kind == "diff" and n.parts[0].kind not in ("sym", "index") for t in trees for n in subtrees(t)
    ):
        return trees
    changed = {id(t): _written(t, loss) for t in trees}
    for chain in chains:
        for side in chain.sides:
            if side.tree is not None:
                side.tree = changed[id(side.tree)]
    return list(changed.values())


def _stated(left: Tree, right: Tree) -> Tree | None:
    """The loss in dX = ∂L/∂X."""
    if left.kind != "diff" or right.kind != "derivative" or len(right.parts[3]) != 1:
        return None
    body, variable = right.parts[2], right.parts[3][0]
    same = left.parts[0].kind == variable.kind and _text(left.parts[0]) == _text(variable)
    return body if same and body is not None and body.kind == "sym" else None


def _unsaid(chains: list[Chain], trees: list[Tree]) -> Tree | None:
    """The loss L, where ∂L/∂z stands too and dz is a side of its own, equal to what has no differential in it."""
    known: dict[str, Tree] = {}
    for node in (n for t in trees for n in subtrees(t) if n.kind == "derivative"):
        body, wrts = node.parts[2], node.parts[3]
        if body is not None and body.kind == "sym" and body.parts[0] in _LOSSES and len(wrts) == 1:
            known[_text(wrts[0])] = body
    for chain in chains:
        for link in chain.links:
            left, right = chain.sides[link.left].tree, chain.sides[link.left + 1].tree
            if left is None or right is None or left.kind != "diff" or any(n.kind == "diff" for n in subtrees(right)):
                continue
            if _text(left.parts[0]) in known:
                return known[_text(left.parts[0])]
    return None


def _spoken(chains: list[Chain]) -> Tree | None:
    """A loss that has no name, where dW = dY Xᵀ is said to be a gradient."""
    for chain in chains:
        for link in chain.links:
            left, right = chain.sides[link.left].tree, chain.sides[link.left + 1].tree
            words = re.search(r"\b(gradients?|backprop\w*|backward|upstream)\b", chain.before[-140:], re.I)
            if not words or left is None or right is None or left.kind != "diff":
                continue
            if any(n.kind == "diff" for n in subtrees(right)):
                return Tree("sym", ("the loss", ""), left.span)
    return None


_LOSSES = frozenset({"L", "J", "E", "C", "ell", "l"})


def _text(tree: Any) -> str:
    if isinstance(tree, Tree):
        return f"{tree.kind}({_text(tree.parts)})"
    if isinstance(tree, tuple):
        return ",".join(map(_text, tree))
    return str(tree)


def _written(here: Any, loss: Tree) -> Any:
    if isinstance(here, tuple):
        return tuple(_written(part, loss) for part in here)
    if not isinstance(here, Tree):
        return here
    if here.kind == "diff":
        return Tree("derivative", ("partial", 1, loss, (here.parts[0],), ""), here.span)
    return here.with_parts(*(_written(part, loss) for part in here.parts))
