"""When a difference may be one of reading. Owns: what the sides of a failed relation rest on. Never: compares.

A refutation must not rest on what the document never says: how a symbol that only one side has is related to one that
only the other has, what a function is, what an expectation or a sum without end comes to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain as chained

from gradwright.core.node import Deriv, Entry, MatFn, Mul, Node, walk
from gradwright.core.record import dataclass
from gradwright.referee.evidence.chains import shown
from gradwright.referee.meaning.document import SPREAD
from gradwright.referee.meaning.names import LONE
from gradwright.referee.meaning.value import HIDDEN, World


@dataclass(frozen=True, slots=True)
class _Sides:
    """Two sides that differ; ``applied``: by unknown function, what each applies it to."""

    world: World
    left: Node
    right: Node
    applied: tuple[Mapping[str, set[Node]], Mapping[str, set[Node]]]


def doubt(world: World, left: Node, right: Node) -> str:
    """Why a difference between the sides may be one of reading, in words; or nothing."""
    sides = _Sides(world, left, right, (_applications(world, left), _applications(world, right)))
    return next((said for row in _DOUBTS if (said := row(sides))), "")


def _applications(world: World, side: Node) -> dict[str, set[Node]]:
    found: dict[str, set[Node]] = {}
    for node in _unfolded(world, side):
        if isinstance(node, MatFn) and node.fn in world.functions:
            found.setdefault(node.fn, set()).add(node.body)
    return found


def _unfolded(world: World, side: Node) -> Iterator[Node]:
    """The nodes of a side and of every definition that it reaches."""
    context = world.context([side])
    return chained(*map(walk, (side, *(a.body for a in context.definitions.values()))))


def _met(sides: _Sides) -> str:
    """What was met as the sides were read."""
    world = sides.world
    rows = (
        (world.averaged, "an expectation or an integral, of which only what follows from linearity is checked"),
        (world.endless,
         "a sum whose length is not followed, of which only what holds for sums of any length is checked"),
        (world.by_value, "cases by the value of a variable, which are followed at these values only"),
        (world.held and world.holder in world.direct and not world.symbols.customs.said_held,
         world.held + ", and so it does not hold"),
        (world.lifted, "a symbol stands for one number and, with an index, for many; how they are related is not said"),
        (world.spread, f"{SPREAD} of an array, which may not be what is meant"),
    )  # fmt: skip
    return next((said for met, said in rows if met), "")


def _told_of_functions(sides: _Sides) -> str:
    """K = K(θ), symmetric: what a document says of a symbol is not known of the function that it is."""
    told = {fact.key for fact in sides.world.learned.facts}
    names = {fn.split("°")[0].split(".")[0] for side in sides.applied for fn in side} & told
    return f"what is said of {shown(min(names))} is not followed where it is a function" if names else ""


def _lone(sides: _Sides) -> str:
    """A letter that is one number here and many elsewhere, beside other symbols."""
    names = sides.left.names, sides.right.names
    lone = [{n for n in side if n.endswith(LONE)} for side in names]
    if not any(lone) or names[0] == names[1] or not (names[0] - lone[0] or names[1] - lone[1]):
        return ""
    name = min(lone[0] | lone[1]).removesuffix(LONE)
    return f"{name} stands for one number here and for many elsewhere; how they are related is not said"


def _applied_otherwise(sides: _Sides) -> str:
    one, two = sides.applied
    for name in _plainest(set(one) & set(two)):
        if one[name] != two[name] and HIDDEN not in {n for b in one[name] for n in b.names}:
            return f"the unknown function {_bare(name)} is applied to different things"
    return ""


def _unknown_function(sides: _Sides) -> str:
    one, two = sides.applied
    if "sigma°f" in {*one, *two} and not sides.world.symbols.customs.any_sigma:
        return "it is not said what sigma is"
    for name in _plainest(set(one) ^ set(two)):
        if not any(HIDDEN in body.names for body in (*one.get(name, ()), *two.get(name, ()))):
            return f"it is not said what {_bare(name)} is"
    return ""


def _forgotten(sides: _Sides) -> str:
    """A symbol with a meaning in another section, which is not the one that it has here."""
    functions = {_bare(fn) for side in sides.applied for fn in side}
    for key in _plainest(key for key, gone in sides.world.forgotten.items() if gone and key in functions):
        return f"what {shown(key)} is here is not said, and elsewhere it is something else"
    return ""


def _unknown_symbol(sides: _Sides) -> str:
    """A long superscript or a law that nothing defines."""
    world, names = sides.world, sides.left.names | sides.right.names
    for name in _plainest(names):
        if "^" in name and len(name.split("^")[1].strip("()<>")) > 2 and name not in world.arrays:
            return f"it is not said what {name} is"
    reached = world.context([sides.left, sides.right]).definitions.values()
    every = names | {n for array in reached for n in array.body.names}
    laws = [n for n in every if ("|" in n or ";" in n) and n not in world.arrays]
    return f"it is not said what {_plainest(laws)[0]} is" if laws else ""


_DOUBTS: tuple[Callable[[_Sides], str], ...] = (
    _met, _told_of_functions, _lone, _forgotten, _applied_otherwise, _unknown_function, _unknown_symbol,
)  # fmt: skip
"""In the order in which they are told."""


def unknown_products(world: World, *sides: Node) -> bool:
    """Whether derivatives of two functions of which nothing is known are multiplied."""
    for node in chained(*(walk(side) for side in sides)):
        if isinstance(node, Mul):
            found = {n.fn for f in node.factors for n in walk(f) if isinstance(n, MatFn) and n.fn in world.functions}
            derived = [f for f in node.factors if any(isinstance(n, Deriv) for n in walk(f))]
            if len(found) > 1 or (len(derived) > 1 and found):
                return True
    return False


def _plainest(names: Iterable[str]) -> list[str]:
    """The shortest names first, and of those the first by the alphabet: which of several is told does not vary."""
    return sorted(names, key=lambda name: (len(_bare(name)), _bare(name), name))


def _bare(name: str) -> str:
    """The name of an unknown function, without what it is applied to."""
    return name.split("°")[0].split(".")[0]


def unrelated(
    world: World, left: Node, right: Node, known: Callable[[str], bool], tied: Sequence[frozenset[str]] = ()
) -> str:
    """That each side rests on a symbol that the other lacks, in words; or nothing.

    A symbol that the right side brings in and that stands nowhere else is no ground: nothing could relate it.
    ``tied``: symbols that a condition relates.
    """
    one, two = _leaves(world, left), _leaves(world, right)
    for name in sorted(one | two):
        if name in world.learned.missing:
            return f"what {shown(name)} is could not be read"
        if name.rstrip(".").lower() in ("const", "constant", "cst", "c.st"):
            return "both sides agree up to a constant at best"
    only = sorted(one - two), sorted(name for name in two - one if "(" in name or known(name))
    if only[0] and only[1] and not any({*only[0]} & keys and {*only[1]} & keys for keys in tied):
        return f"it is not said how {shown(only[0][0])} and {shown(only[1][0])} are related"
    for name in sorted(one ^ two):
        for other in sorted(one if name in two else two):
            many = any(n.endswith(("{}", "()", "[]", LONE)) for n in (name, other))
            if other != name and _plain(other) == _plain(name) and many:
                return f"it is not said how {shown(name)} and {shown(other)} are related"
    return ""


def _plain(name: str) -> str:
    return name.removeprefix("bold ").removesuffix(LONE).rstrip("{}()[]")


def _leaves(world: World, side: Node) -> set[str]:
    """The variables and unknown functions a side is made of, through every definition."""
    known = world.context([side]).definitions
    names = {node.name for node in _unfolded(world, side) if isinstance(node, Entry | Deriv)}
    return {name for name in names if name not in known and name != HIDDEN}
