"""When a difference may be one of reading. Owns: what the sides of a failed relation rest on. Never: compares.

A refutation must not rest on what the document never says: how a symbol that only one side has is related to one that
only the other has.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain as chained

from gradwright.core.node import Deriv, Entry, Node, walk
from gradwright.referee.evidence.chains import shown
from gradwright.referee.meaning.value import HIDDEN, World


def unrelated(world: World, left: Node, right: Node, known: Callable[[str], bool]) -> str:
    """That each side rests on a symbol that the other lacks, in words; or nothing.

    A symbol that the right side brings in and that stands nowhere else is no ground: nothing could relate it.
    """
    one, two = _leaves(world, left), _leaves(world, right)
    for name in sorted(one | two):
        if name in world.symbols.missing:
            return f"what {shown(name)} is could not be read"
        if name.rstrip(".").lower() in ("const", "constant", "cst", "c.st"):
            return "both sides agree up to a constant at best"
    only = sorted(one - two), sorted(name for name in two - one if "(" in name or known(name))
    if only[0] and only[1]:
        return f"it is not said how {shown(only[0][0])} and {shown(only[1][0])} are related"
    for name in sorted(one ^ two):
        for other in sorted(one if name in two else two):
            many = any(n.endswith(("{}", "()", "[]", " alone")) for n in (name, other))
            if other != name and _plain(other) == _plain(name) and many:
                return f"it is not said how {shown(name)} and {shown(other)} are related"
    return ""


def _plain(name: str) -> str:
    return name.removeprefix("bold ").removesuffix(" alone").rstrip("{}()[]")


def _leaves(world: World, side: Node) -> set[str]:
    """The variables and unknown functions a side is made of, through every definition."""
    context = world.context([side])
    names: set[str] = set()
    for node in chained(*(walk(n) for n in (side, *(a.body for a in context.definitions.values())))):
        if isinstance(node, Entry | Deriv) and node.name not in context.definitions and node.name != HIDDEN:
            names.add(node.name)
    return names
