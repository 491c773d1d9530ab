"""What a comparison found, and helpers that say it. Owns: records, facts in words, how sides lie. Never: compares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from itertools import permutations
from math import prod
from typing import Any

from gradwright.core.build import ZERO, rename
from gradwright.core.context import Context
from gradwright.core.errors import Error, Misfit, Span
from gradwright.core.facts import FACTS, Facts, Given
from gradwright.core.index import Dim, Index, free_index
from gradwright.core.node import Array, Node
from gradwright.core.record import dataclass
from gradwright.core.value import Value
from gradwright.read.latex.nodes import Run, symbol, variables_of
from gradwright.read.syntax import Big, Comparison, Letter, Name, children, walk
from gradwright.read.syntax import Node as Tree
from gradwright.referee.compare.numeric import Outcome, Pair
from gradwright.referee.evidence.chains import Chain
from gradwright.referee.meaning.sums import free_letters
from gradwright.referee.meaning.value import shaped


@dataclass(frozen=True)
class Fix:
    """Characters of the document, and what is to stand in their place."""

    span: Span
    text: str

    def to_dict(self) -> dict[str, Any]:
        return {"span": list(self.span), "text": self.text}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found about a relation."""

    verdict: str
    reason: str = ""
    needs: tuple[str, ...] = ()
    facts_used: tuple[str, ...] = ()
    slip: str = ""
    outcome: Outcome | None = None
    proof: tuple[str, ...] = ()
    span: Span | None = None
    doubtful: bool = False
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Two scalars that differ, for whoever wants to know how.

    ``within``    the context in which the point that shows it lies
    ``seen``      what was found with the facts that are stated (``given``), where they were put
    ``supposed``  what was put in for symbols, of which the point has to tell
    """

    pair: Pair
    within: Context
    seen: Outcome | None = None
    given: Context | None = None
    supposed: Mapping[str, Array] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Compared:
    """One comparison: does it hold, and by what.

    ``turned``     only up to a transpose, or in a layout that is not the document's
    ``fixed``      what a ∂ has to hold fixed; ``sizes``: declared extents that have to be equal
    ``unread``     a side has no value; ``misfit``: as shapes do not fit; ``unsaid``: as a derivative is of what is not
                   said to depend on its variable
    ``never``      the sides differ by a number that is not zero, whatever the symbols are
    ``unknown``    derivatives of unknown functions are multiplied
    ``gap``        the difference itself, until somebody looks at it
    ``doubt``      why the difference may be one of reading; ``unrelated``: each side rests on what the other lacks
    """

    holds: bool | None
    outcome: Outcome | None = None
    facts: tuple[str, ...] = ()
    reason: str = ""
    proof: tuple[str, ...] = ()
    exact: bool = False
    notes: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    turned: bool = False
    span: Span | None = None
    unread: bool = False
    misfit: bool = False
    unsaid: bool = False
    never: bool = False
    unknown: bool = False
    gap: Gap | None = None
    doubt: str = ""
    unrelated: str = ""
    sizes: tuple[str, ...] = ()

    @property
    def failure(self) -> str:
        return "false" if self.holds is False else "unread" if self.holds is None and self.unread else ""

    def noting(self, *notes: str) -> Compared:
        return replace(self, notes=(*self.notes, *notes))


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


def letters_in(tree: Tree) -> set[str]:
    return {n.name for n in walk(tree) if isinstance(n, Letter)}


def outer_letters(trees: Sequence[Tree]) -> set[str]:
    """The letters that the head of a chain leaves free."""
    if not trees:
        return set()
    head = trees[0]
    return set().union(*map(letters_in, _outside_sums(head))) - bound_in(head)


def _outside_sums(tree: Tree) -> Iterator[Tree]:
    """The parts of a tree below which no Σ without an index stands: what it goes over, its summand alone tells."""
    if isinstance(tree, Big) and not tree.binders:
        return
    if not any(isinstance(n, Big) and not n.binders for n in walk(tree)):
        yield tree
        return
    for child in children(tree):
        yield from _outside_sums(child)


def bound_in(tree: Tree) -> set[str]:
    """The letters that sums, products and lists with an ellipsis run over."""
    return {binder.name for n in walk(tree) if isinstance(n, Big | Run) for binder in n.binders}


def _times(tree: Tree, letter: str) -> int:
    return sum(isinstance(n, Letter) and n.name == letter for n in walk(tree))


def loose_index(chain: Chain, left: int, right: int) -> str:
    """An index outside its sum, or free on one side only; t in z_t = t u is a number, k beside a ∂x_k is none."""
    trees = [t for k in (left, right) if (t := chain.sides[k].tree) is not None]
    free = [free_letters(t) for t in trees]
    if len(trees) < 2 or not all(any(isinstance(n, Name) for n in walk(t)) for t in trees):
        return ""  # a constant has every index that is asked of it
    bound = {binder.name for t in trees for n in walk(t) if isinstance(n, Big) for binder in n.binders}
    cases = {symbol(side) for c in (*chain.scope, *chain.conditions) for side in (c.left, c.right)}
    summed = [{x for x in letters if _times(t, x) > 1} for letters, t in zip(free, trees, strict=True)]
    if any(len(letters) > 1 and letters == every for letters, every in zip(summed, free, strict=True)):
        return ""  # x_i a_ij x_j: each letter twice, by the summation convention
    for letter in sorted((free[0] ^ free[1]) - cases - counting_letters(trees)):
        if letter in bound:
            return f"the index {letter} stands outside its sum"
        return f"the index {letter} is free on one side only"
    return ""


def counting_letters(trees: Sequence[Tree]) -> set[str]:
    """t in z_t = t u: letters that are numbers and pick one of many, too; none in which is differentiated."""
    inside = {id(n) for t in trees for m in walk(t) if isinstance(m, Comparison) for n in walk(m)}
    numbers = {n.stem for t in trees for n in walk(t) if isinstance(n, Name) and id(n) not in inside}
    moved = {x for t in trees for n in walk(t) for wrt in variables_of(n) for x in letters_in(wrt)}
    return (numbers & set().union(*map(free_letters, trees))) - moved


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


def fitted(a: Value, b: Value) -> bool:
    """Whether only a transpose parts the kinds of two sides; 0 fits any array."""
    if a.kind == b.kind or ZERO in (a.body if not a.axes else None, b.body if not b.axes else None):
        return False
    if {a.kind, b.kind} == {"row", "column"}:
        return True
    if a.axes and len(a.axes) == len(b.axes):
        return False
    said = apart_in_shape(a, b)
    raise Error(said) if _entries(a) == _entries(b) else Misfit(said)


def by_letters(a: Value, b: Value) -> Iterator[tuple[Value, Value]]:
    """An entry with letters for its place beside a whole array: the array of all such entries, in any order."""
    for one, two in ((a, b), (b, a)):
        free = (i for i in one.body.free - two.body.free if len(str(i.name)) == 1)
        letters = sorted(free, key=lambda i: str(i.name))
        if one.axes or not letters or len(letters) != len(two.axes):
            continue
        for order in permutations(letters):
            whole = replace(two, body=one.body, axes=order)
            yield (whole, two) if one is a else (two, whole)


def _entries(value: Value) -> tuple[int, list[str]]:
    """How many entries an array has: the same for arrays that a document may take for each other, flattened."""
    dims = [a.dim for a in value.axes]
    return prod(d for d in dims if isinstance(d, int)), sorted(d for d in dims if isinstance(d, str))


def aligned(a: Value, b: Value, turned: bool) -> tuple[Node, Node, tuple[Index, ...]]:
    """The bodies of two sides over the same axes."""
    if not (a.axes and b.axes):
        return a.body, b.body, a.axes or b.axes
    other = b.axes[::-1] if turned and len(b.axes) == 2 else b.axes
    return a.body, rename(b.body, dict(zip(other, a.axes, strict=True))), a.axes


def apart_in_shape(a: Value, b: Value, find: Callable[[Dim], Dim] = lambda dim: dim) -> str:
    return f"the shapes differ: {shaped(a, find)} on the left, {shaped(b, find)} on the right"
