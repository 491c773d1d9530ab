"""The summation convention. Owns: who keeps to it, and which letters of a side are summed. Never: reads trees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence, Set
from itertools import pairwise
from typing import Literal

from gradwright.core.build import add, negate, total
from gradwright.core.value import Value
from gradwright.read.syntax import Big, Letter, Negative, Node, Sum, children, walk
from gradwright.referee.meaning.sums import free_letters


def outer_letters_of(trees: Iterable[Node]) -> set[str]:
    """The letters that stand once in a term of some side, and somewhere in all: those are free, the others summed."""
    sides = [t for t in trees if free_letters(t)]
    if not sides:
        return set()
    everywhere = set.intersection(*(free_letters(t) for t in sides))
    once = {x for t in sides for _, term in terms_of(t) for x, n in _counts(term).items() if n == 1}
    return everywhere & once


def keeps_to_it(chains: Sequence[Sequence[Node]]) -> bool:
    """Whether formulas keep to the convention without saying so, each given by its sides.

    No Σ stands anywhere, and in more than one formula a letter stands twice in the terms of a side and not in the next.
    """
    if any(isinstance(n, Big) and n.operator == "sum" for sides in chains for side in sides for n in walk(side)):
        return False
    return sum(any(_contracts(one, two) for one, two in pairwise(sides)) for sides in chains) > 1


def _contracts(one: Node, two: Node) -> bool:
    return any(_twice(a) - free_letters(b) and free_letters(a) & free_letters(b) for a, b in ((one, two), (two, one)))


def _twice(tree: Node) -> set[str]:
    """The letters that stand twice in every term of a side that has them."""
    counts = [_counts(term) for _, term in terms_of(tree)]
    return {x for found in counts for x in found if all(c[x] in (0, 2) for c in counts)}


def terms_of(tree: Node) -> list[tuple[Literal["+", "-"], Node]]:
    if isinstance(tree, Sum):
        return list(tree.terms)
    return [("-", tree.body)] if isinstance(tree, Negative) else [("+", tree)]


def _counts(tree: Node) -> Counter[str]:
    """How often each letter stands in a term; in a sum within it, as often as in the term of it that has it most."""
    if isinstance(tree, Letter):
        return Counter({tree.name: 1})
    if isinstance(tree, Sum):
        found: Counter[str] = Counter()
        for _, term in tree.terms:
            found |= _counts(term)
        return found
    found = Counter()
    for child in children(tree):
        found += _counts(child)
    return found


def summed(read: Callable[[Node], Value], tree: Node, outer: Set[str]) -> Value:
    """The value of a side with every letter that stands twice in a term, and is not ``outer``, summed there."""
    done, shape = [], None
    for sign, term in terms_of(tree):
        part = read(term)
        twice = {x for x, n in _counts(term).items() if n > 1} - outer
        letters = [i for i in part.body.free if i.name in twice]
        body = total(letters, part.body)
        done.append(negate(body) if sign == "-" else body)
        shape = shape or part
    assert shape is not None
    return Value(shape.kind, shape.axes, add(*done))
