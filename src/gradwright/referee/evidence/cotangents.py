"""dX as the gradient of the loss in X, where a document says so. Owns: finding dX = ∂L/∂X, and writing the trees so.

Never: meaning.
"""

from __future__ import annotations

import re

from gradwright.read.latex.nodes import Differential
from gradwright.read.syntax import Derivative, Indexed, Name, Node, alike, bare, children, walk, with_children
from gradwright.referee.evidence.chains import Chain, rewritten


def name_gradients(chains: list[Chain], trees: list[Node]) -> list[Node]:
    """Where dX = ∂L/∂X stands, every dY is ∂L/∂Y; the link that says so is marked."""
    loss = None
    for chain in chains:
        for link in chain.links:
            left, right = chain.sides[link.left].tree, chain.sides[link.left + 1].tree
            if left is not None and right is not None and (found := _stated(left, right)) is not None:
                loss = loss or found
                link.sort, link.reason = "fact", "what d before a symbol stands for"
    loss = loss or _told(chains) or _unsaid(chains, trees) or (None if _genuine(chains) else _spoken(chains))
    if loss is None or any(
        isinstance(n, Differential) and not isinstance(n.body, Name | Indexed) for t in trees for n in walk(t)
    ):
        return trees
    return rewritten(chains, trees, lambda tree: _written(tree, loss))


def _stated(left: Node, right: Node) -> Node | None:
    """The loss in dX = ∂L/∂X."""
    if not isinstance(left, Differential) or not isinstance(right, Derivative) or len(right.wrt) != 1:
        return None
    body, variable = right.body, right.wrt[0]
    return body if alike(left.body, variable) and isinstance(body, Name) else None


_TOLD = re.compile(
    r"\s*(?:be|is|denotes?|stands? for|means?)\s+the\s+(?:\w+\s+)?gradient of "
    r"(?:the\s+)?(?:\w+\s+)?(?:loss|cost|objective)\b",
    re.I,
)


def _told(chains: list[Chain]) -> Node | None:
    """A loss that has no name, where dX is said to be its gradient."""
    said = [bare(tree) for c in chains if not c.links and _TOLD.match(c.after) and (tree := c.sides[0].tree)]
    return next((Name(tree.span, "the loss") for tree in said if isinstance(tree, Differential)), None)


def _unsaid(chains: list[Chain], trees: list[Node]) -> Node | None:
    """The loss L, where ∂L/∂z stands too and dz is a side of its own, equal to what has no differential in it."""
    known: list[tuple[Node, Node]] = []
    for node in (n for t in trees for n in walk(t)):
        loss = node.body if isinstance(node, Derivative) and len(node.wrt) == 1 else None
        if isinstance(node, Derivative) and isinstance(loss, Name) and loss.stem in _LOSSES:
            known.append((node.wrt[0], loss))
    for chain in chains:
        for link in chain.links:
            left, right = chain.sides[link.left].tree, chain.sides[link.left + 1].tree
            if right is None or not isinstance(left, Differential) or _varies(right):
                continue
            losses = [loss for variable, loss in known if alike(variable, left.body)]
            if losses:
                return losses[-1]
    return None


def _genuine(chains: list[Chain]) -> bool:
    """Whether a differential is equated with what has one in it: df = f′(x) dx."""
    links = [(c.sides[k.left].tree, c.sides[k.left + 1].tree) for c in chains for k in c.links]
    return any(a is not None and b is not None and _varies(a) and _varies(b) for a, b in links)


def _varies(tree: Node) -> bool:
    return any(isinstance(n, Differential) for n in walk(tree))


def _spoken(chains: list[Chain]) -> Node | None:
    """A loss that has no name, where dW = dY Xᵀ is said to be a gradient."""
    for chain in chains:
        for link in chain.links:
            left, right = chain.sides[link.left].tree, chain.sides[link.left + 1].tree
            words = re.search(r"\b(gradients?|backprop\w*|backward|upstream)\b", chain.before[-140:], re.I)
            if not words or left is None or right is None or not isinstance(left, Differential):
                continue
            if any(isinstance(n, Differential) for n in walk(right)):
                return Name(left.span, "the loss")
    return None


_LOSSES = frozenset({"L", "J", "E", "C", "ell", "l"})


def _written(here: Node, loss: Node) -> Node:
    if isinstance(here, Differential):
        return Derivative(here.span, "partial", loss, (here.body,))
    return with_children(here, [_written(child, loss) for child in children(here)])
