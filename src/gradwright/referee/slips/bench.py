"""Many candidates for a side at one point. Owns: telling quickly which of them can equal the other side.

A candidate that passes is not yet true: whoever asks compares it afterwards. Never: decides a verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from random import Random
from typing import Any

from gradwright.certify.layout import Layout, TooLarge, dimensions, reach, symbols_in
from gradwright.certify.report import entries_of
from gradwright.certify.sample import sample
from gradwright.core.build import rename
from gradwright.core.errors import Error
from gradwright.core.index import Index
from gradwright.core.node import Node
from gradwright.core.value import Value
from gradwright.read.latex.nodes import symbol
from gradwright.read.syntax import Comparison
from gradwright.read.syntax import Node as Tree
from gradwright.referee.clock import now
from gradwright.referee.compare.compare import Comparer, stated
from gradwright.referee.compare.numeric import within
from gradwright.referee.compare.verdicts import cased, facts_of, fitted
from gradwright.referee.evidence.chains import Chain
from gradwright.referee.shield import NOT_READ
from gradwright.referee.slips.gap import gap

_EXTENT = 3
_BITS = 96
_MOST_WORK = 400_000
_TOGETHER = 24
_STYLES = (0, 1, 4, 3)


class Bench:
    """One side of a relation, and the point at which others are held against it."""

    def __init__(self, comparer: Comparer, chain: Chain, side: Tree, until: float) -> None:
        self.comparer, self.chain, self.side, self.until = comparer, chain, side, until
        self.world = comparer.world(chain)
        self.known = self._read(side)
        self.conditions = comparer.cases(chain)[0][0]

    def _value(self, tree: Tree) -> Value | None:
        """What a tree means, read twice for its shapes; what only a candidate teaches is forgotten."""
        if tree is self.side:
            return self.known
        with self.world.learned.forgetting():
            return self._read(tree)

    def _read(self, tree: Tree) -> Value | None:
        """Once for the shapes, once for the nodes: definitions that were read before their shapes are read again."""
        known = dict(self.world.arrays)
        try:
            self.comparer.tree_value(tree, self.world)
            self.world.arrays = dict(known)
            return self.comparer.tree_value(tree, self.world)
        except NOT_READ:
            self.world.arrays = known
            return None

    def matching(self, trees: Sequence[Tree]) -> list[int]:
        """The numbers of the candidates that agree with the side at the point, in order."""
        found: list[int] = []
        for start in range(0, len(trees), _TOGETHER):
            if now() > self.until:
                break
            found += [start + k for k in self._matching(trees[start : start + _TOGETHER])]
        return found

    def _matching(self, trees: Sequence[Tree]) -> list[int]:
        pairs: list[tuple[int, Node, Node]] = []
        for k, tree in enumerate(trees):
            value = self._value(tree) if now() < self.until else None
            pair = self._aligned(value) if value is not None else None
            if pair is not None:
                pairs.append((k, *pair))
        return self._agreeing(pairs)

    def _aligned(self, value: Value) -> tuple[Node, Node] | None:
        """The side and a candidate over the same axes, all indices of one extent."""
        known = self.known
        if known is None or len(known.axes) != len(value.axes):
            return None
        try:
            if fitted(known, value):
                return None
        except Error:
            return None
        left, right = known.body, rename(value.body, dict(zip(value.axes, known.axes, strict=True)))
        named = {str(i.name): i for i in left.free}
        right = rename(right, {i: named[str(i.name)] for i in right.free if str(i.name) in named})
        left, right, _ = cased(self.conditions, left, right)
        return left, right

    def gap(self, tree: Tree) -> str:
        """What a tree lacks to equal the side."""
        value = self._value(tree)
        pair = self._aligned(value) if value is not None else None
        if pair is None or self.known is None:
            return ""
        context = self.world.context(pair)
        context = replace(context, facts=facts_of(stated(self.world, context)))
        named = {str(i.name): i for i in pair[0].free | pair[1].free}
        apart = [(named[a], named[b]) for a, b in _kept_apart(self.conditions) if {a, b} <= set(named)]
        return gap(*pair, self.known.axes, context, apart)

    def _agreeing(self, pairs: Sequence[tuple[int, Node, Node]]) -> list[int]:
        if not pairs:
            return []
        roots = list(dict.fromkeys(n for _, a, b in pairs for n in (a, b)))
        try:
            context = self.world.context(roots)
            context = replace(context, facts=facts_of(stated(self.world, context)))
            nodes = list(reach(roots, context))
            sizes = {
                d: max(_EXTENT, low) for d, low in {**dimensions(nodes, context), **_free_dimensions(roots)}.items()
            }
            shapes = symbols_in(nodes, context)
        except Error:
            return []
        for style in _STYLES:
            try:
                tables = _Tables(roots, context, shapes, sizes, style)
            except (Error, TooLarge, ArithmeticError):
                return self._one_by_one(pairs)
            found = [k for k, a, b in pairs if tables.agree(a, b, self.conditions)]
            if found or tables.finite(pairs[0][1]):
                return found
        return []

    def _one_by_one(self, pairs: Sequence[tuple[int, Node, Node]]) -> list[int]:
        """One candidate that cannot be computed spoils the others' tables."""
        if len(pairs) == 1:
            return []
        half = len(pairs) // 2
        return self._agreeing(pairs[:half]) + self._agreeing(pairs[half:])


def _free_dimensions(roots: Sequence[Node]) -> dict[str, int]:
    return {i.dim: 1 for root in roots for i in root.free if isinstance(i.dim, str)}


class _Tables:
    """The values of some nodes at one point."""

    def __init__(self, roots: Sequence[Node], context: Any, shapes: Any, sizes: Any, style: int) -> None:
        from gradwright.certify.ball import naive_program
        from gradwright.certify.program import Run, precision

        rng = Random(7 + style)
        values = sample(context, shapes, sizes, rng, style)
        layout = Layout(sizes)
        within(reach(roots, context), shapes, layout)
        self.program = naive_program(list(roots), layout, context, _MOST_WORK)
        self.run = Run(self.program, entries_of(values), _BITS, 5, 0)
        self.precision = precision

    def finite(self, node: Node) -> bool:
        return all(v.is_finite() for v in self.run.table(node, self.program.axes(node)))

    def agree(self, a: Node, b: Node, conditions: Sequence[Comparison]) -> bool:
        axes = tuple(sorted(a.free | b.free, key=lambda i: (str(i.name), str(i.dim))))
        layout = self.program.layout
        with self.precision(_BITS):
            left, right = self.run.table(a, axes), self.run.table(b, axes)
            places = product(*map(range, layout.extents(axes)))
            apart = _apart(conditions, axes)
            for place, x, y in zip(places, left, right, strict=True):
                if any(place[p] == place[q] for p, q in apart):
                    continue
                if not (x.is_finite() and y.is_finite() and x.overlaps(y)):
                    return False
        return True


def _apart(conditions: Sequence[Comparison], axes: Sequence[Index]) -> list[tuple[int, int]]:
    at = {str(i.name): k for k, i in enumerate(axes)}
    return [(at[a], at[b]) for a, b in _kept_apart(conditions) if a in at and b in at]


def _kept_apart(conditions: Sequence[Comparison]) -> list[tuple[str, str]]:
    """i and k in i ≠ k."""
    return [(symbol(c.left), symbol(c.right)) for c in conditions if c.relation == "!="]
