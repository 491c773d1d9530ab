"""What a comparison found, and helpers that say it. Owns: records, facts in words, doubts. Never: compares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import field
from itertools import chain as chained
from math import prod
from typing import Any

from gradwright.core.build import ZERO, rename
from gradwright.core.errors import Error, Misfit
from gradwright.core.facts import FACTS, Facts, Given
from gradwright.core.index import Dim, Index, free_index
from gradwright.core.node import Deriv, MatFn, Mul, Node
from gradwright.core.node import walk as nodes_of
from gradwright.core.record import dataclass
from gradwright.core.value import Value
from gradwright.read.latex.nodes import Run, symbol
from gradwright.read.syntax import Big, Comparison, Letter, Name, walk
from gradwright.read.syntax import Node as Tree
from gradwright.referee.compare.numeric import Outcome
from gradwright.referee.evidence.chains import Chain
from gradwright.referee.meaning.sums import free_letters
from gradwright.referee.meaning.value import HIDDEN, World, shaped


@dataclass(frozen=True)
class Fix:
    """Characters of the document, and what is to stand in their place."""

    span: tuple[int, int]
    text: str

    def to_dict(self) -> dict[str, Any]:
        return {"span": list(self.span), "text": self.text}


@dataclass
class Verdict:
    """What was found about a relation."""

    verdict: str
    reason: str = ""
    needs: list[str] = field(default_factory=list)
    facts_used: list[str] = field(default_factory=list)
    slip: str = ""
    outcome: Outcome | None = None
    proof: list[str] = field(default_factory=list)
    span: tuple[int, int] | None = None
    doubtful: bool = False
    fix: Fix | None = None


@dataclass
class Compared:
    """One comparison: does it hold, and by what."""

    holds: bool | None
    outcome: Outcome | None = None
    facts: list[str] = field(default_factory=list)
    reason: str = ""
    proof: list[str] = field(default_factory=list)
    exact: bool = False
    notes: list[str] = field(default_factory=list)
    fixed: list[str] = field(default_factory=list)
    turned: bool = False
    span: tuple[int, int] | None = None
    unread: bool = False
    misfit: bool = False
    unsaid: bool = False
    never: bool = False  # the sides differ by a number that is not zero, whatever the symbols are
    unknown: bool = False  # derivatives of unknown functions are multiplied
    doubt: str = ""
    unrelated: str = ""  # each side rests on a symbol that the other lacks
    sizes: list[str] = field(default_factory=list)


def facts_of(given: Sequence[Given]) -> Facts:
    """The facts without those that contradict an earlier one."""
    kept: list[Given] = []
    for item in given:
        try:
            Facts([*kept, item])
        except Error:
            continue
        kept.append(item)
    return Facts(kept)


def say(fact: Given, rank: int = 1) -> str:
    """A fact as a person writes it: by its formula, where it has one."""
    entry = f"{fact.symbol}_i" if rank == 1 else f"{fact.symbol}_ij" if rank == 2 else fact.symbol
    formula = FACTS[fact.fact].formula
    return formula.format(x=fact.symbol, entry=entry) if formula else f"{fact.symbol} {FACTS[fact.fact].says}"


def doubt(world: World, left: Node, right: Node) -> str:
    """Why a difference between the sides may be one of reading: symbols related without its being said how."""
    if world.averaged:
        return "an expectation or an integral, of which only what follows from linearity is checked"
    if world.endless:
        return "a sum whose length is not followed, of which only what holds for sums of any length is checked"
    if world.by_value:
        return "cases by the value of a variable, which are followed at these values only"
    if world.held and world.holder in world.direct and not world.symbols.holding_said:
        return world.held + ", and so it does not hold"
    if world.lifted:
        return "a symbol stands for one number and, with an index, for many; how they are related is not said"
    if world.spread:
        return "a number is added to every entry of an array, which may not be what is meant"
    lone = [{n for n in side.names if n.endswith(" alone")} for side in (left, right)]
    if any(lone) and left.names != right.names and (left.names - lone[0] or right.names - lone[1]):
        name = min(lone[0] | lone[1]).removesuffix(" alone")
        return f"{name} stands for one number here and for many elsewhere; how they are related is not said"
    arguments: list[dict[str, set[Node]]] = []
    for side in (left, right):
        found: dict[str, set[Node]] = {}
        context = world.context([side])
        for node in chained(*(nodes_of(n) for n in (side, *(a.body for a in context.definitions.values())))):
            if isinstance(node, MatFn) and node.fn in world.functions:
                found.setdefault(node.fn, set()).add(node.body)
        arguments.append(found)
    for name in _plainest(set(arguments[0]) & set(arguments[1])):
        if arguments[0][name] != arguments[1][name] and HIDDEN not in {n for b in arguments[0][name] for n in b.names}:
            return f"the unknown function {_bare(name)} is applied to different things"
    if any("sigma°f" in side for side in arguments) and not world.symbols.generic_sigma:
        return "it is not said what sigma is"
    for name in _plainest(set(arguments[0]) ^ set(arguments[1])):
        if not any(HIDDEN in b.names for side in arguments for b in side.get(name, ())):
            return f"it is not said what {_bare(name)} is"
    for name in _plainest(left.names | right.names):
        if "^" in name and len(name.split("^")[1].strip("()<>")) > 2 and name not in world.arrays:
            return f"it is not said what {name} is"
    reached = world.context([left, right]).definitions
    every = left.names | right.names | {n for a in reached.values() for n in a.body.names}
    only = {n for n in every if ("|" in n or ";" in n) and n not in world.arrays}
    return f"it is not said what {_plainest(only)[0]} is" if only else ""


def unknown_products(world: World, *sides: Node) -> bool:
    """Whether derivatives of two functions of which nothing is known are multiplied."""
    for node in chained(*(nodes_of(side) for side in sides)):
        if isinstance(node, Mul):
            found = {
                n.fn for f in node.factors for n in nodes_of(f) if isinstance(n, MatFn) and n.fn in world.functions
            }
            derived = [f for f in node.factors if any(isinstance(n, Deriv) for n in nodes_of(f))]
            if len(found) > 1 or (len(derived) > 1 and found):
                return True
    return False


def _plainest(names: Iterable[str]) -> list[str]:
    """The shortest names first, and of those the first by the alphabet: which of several is told does not vary."""
    return sorted(names, key=lambda name: (len(_bare(name)), _bare(name), name))


def _bare(name: str) -> str:
    """The name of an unknown function, without what it is applied to."""
    return name.split("°")[0].split(".")[0]


def letters_in(tree: Tree) -> set[str]:
    return {n.name for n in walk(tree) if isinstance(n, Letter)}


def outer_letters(trees: Sequence[Tree]) -> set[str]:
    """The letters that the head of a chain leaves free."""
    if not trees:
        return set()
    head = trees[0]
    return letters_in(head) - bound_in(head)


def bound_in(tree: Tree) -> set[str]:
    """The letters that sums, products and lists with an ellipsis run over."""
    return {binder.name for n in walk(tree) if isinstance(n, Big | Run) for binder in n.binders}


def _times(tree: Tree, letter: str) -> int:
    return sum(isinstance(n, Letter) and n.name == letter for n in walk(tree))


def loose_index(chain: Chain, left: int, right: int) -> str:
    """An index outside its sum, or free on one side only."""
    trees = [t for k in (left, right) if (t := chain.sides[k].tree) is not None]
    free = [free_letters(t) for t in trees]
    if len(trees) < 2 or not all(any(isinstance(n, Name) for n in walk(t)) for t in trees):
        return ""  # a constant has every index that is asked of it
    bound = {binder.name for t in trees for n in walk(t) if isinstance(n, Big) for binder in n.binders}
    cases = {symbol(side) for c in (*chain.scope, *chain.conditions) for side in (c.left, c.right)}
    summed = [{x for x in letters if _times(t, x) > 1} for letters, t in zip(free, trees, strict=True)]
    if any(len(letters) > 1 and letters == every for letters, every in zip(summed, free, strict=True)):
        return ""  # x_i a_ij x_j: each letter twice, by the summation convention
    for letter in sorted((free[0] ^ free[1]) - cases):
        if letter in bound:
            return f"the index {letter} stands outside its sum"
        return f"the index {letter} is free on one side only"
    return ""


def cased(conditions: Sequence[Comparison], left: Node, right: Node) -> tuple[Node, Node, list[tuple[Index, Index]]]:
    """i = k makes the letters one; i ≠ k keeps them apart."""
    apart: list[tuple[Index, Index]] = []
    for condition in conditions:
        found = {str(i.name): i for i in left.free | right.free}
        x, y = found.get(symbol(condition.left)), found.get(symbol(condition.right))
        if x is None or y is None or x is y:
            continue
        if condition.relation == "=":
            left, right = rename(left, {y: free_index(str(x.name), x.dim)}), rename(right, {y: x})
            apart = [(x if p is y else p, x if q is y else q) for p, q in apart]
        elif condition.relation == "!=":
            apart.append((x, y))
    return left, right, apart


def entries(value: Value) -> tuple[int, list[str]]:
    """How many entries an array has: the same for arrays that a document may take for each other, flattened."""
    dims = [a.dim for a in value.axes]
    return prod(d for d in dims if isinstance(d, int)), sorted(d for d in dims if isinstance(d, str))


def fitted(a: Value, b: Value) -> bool:
    """Whether the sides have the same kind, or only a transpose parts them (True then)."""
    if a.kind == b.kind or (not a.axes and not b.axes):
        return False
    if {a.kind, b.kind} == {"row", "column"}:
        return True
    if not a.axes or not b.axes:
        if (a if not a.axes else b).body is ZERO:
            return False
        raise Misfit(apart_in_shape(a, b))
    if len(a.axes) == len(b.axes):
        return False
    raise Misfit(apart_in_shape(a, b))


def apart_in_shape(a: Value, b: Value, find: Callable[[Dim], Dim] = lambda dim: dim) -> str:
    return f"the shapes differ: {shaped(a, find)} on the left, {shaped(b, find)} on the right"
