"""The summation convention. Owns: which letters of a side are summed, term by term. Never: reads a tree itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from gradwright.core.build import add, negate, total
from gradwright.core.value import Value
from gradwright.read.tree import Tree
from gradwright.referee.meaning.sums import free_letters


def outer_letters_of(trees: Iterable[Tree]) -> set[str]:
    """The letters that stand once in a term of some side, and somewhere in all: those are free, the others summed."""
    sides = [t for t in trees if free_letters(t)]
    if not sides:
        return set()
    everywhere = set.intersection(*(free_letters(t) for t in sides))
    once = {x for t in sides for _, term in terms_of(t) for x, n in _counts(term).items() if n == 1}
    return everywhere & once


def terms_of(tree: Tree) -> list[tuple[str, Tree]]:
    if tree.kind == "add":
        return list(tree.parts[0])
    return [("-", tree.parts[0])] if tree.kind == "neg" else [("+", tree)]


def _counts(tree: Tree) -> Counter[str]:
    """How often each letter stands in a term; in a sum within it, as often as in the term of it that has it most."""
    if tree.kind == "letter":
        return Counter({str(tree.parts[0]): 1})
    if tree.kind == "add":
        found: Counter[str] = Counter()
        for _, term in tree.parts[0]:
            found |= _counts(term)
        return found
    found = Counter()
    stack = list(tree.parts)
    while stack:
        part = stack.pop()
        if isinstance(part, Tree):
            found += _counts(part)
        elif isinstance(part, tuple):
            stack += part
    return found


def summed(read: Callable[[Tree], Value], tree: Tree, outer: set[str]) -> Value:
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
