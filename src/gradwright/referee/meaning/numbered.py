"""Numbers below a symbol that are no places of an array here: x_0, x_12. Owns: making them part of its name.

Places are counted from 1, and up to 9 of them are ever put in. Never: looks at what a symbol is.
"""

from __future__ import annotations

from gradwright.read.syntax import Item, Label, Node, Place, children, with_children


def far_named(tree: Node) -> Node:
    """The tree with x_0 and W_{12,t} as symbols x0 and W12_t of their own."""
    if isinstance(tree, Place) and (tree.text == "0" or len(tree.text) > 1):
        return Label(tree.span, tree.text)
    below = list(children(tree))
    made = [far_named(child) for child in below]
    return with_children(tree, made) if any(a is not b for a, b in zip(made, below, strict=True)) else tree


def is_far(item: Item) -> bool:
    """Whether a subscript is such a number."""
    return isinstance(item, Label) and item.text.isdigit()
