"""The likely slip behind a false relation. Owns: the search for the change that makes it true.

One change first, on either side, then two small ones, then what is left between the sides. Never: changes a verdict;
a change is named only if it makes the relation true.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from gradwright.core.errors import Error
from gradwright.read.latex.nodes import symbol
from gradwright.read.syntax import Node, Relation
from gradwright.referee.clock import OutOfTime, now
from gradwright.referee.compare.compare import Comparer
from gradwright.referee.compare.verdicts import Compared
from gradwright.referee.evidence.chains import Chain
from gradwright.referee.slips.bench import Bench
from gradwright.referee.slips.edits import Edit, edits

_SECONDS = 2.0  # at the most, of a
_SHARE = 0.5  # share of the time that a relation has left
_TOGETHER = 24
_SMALL = ("sign", "transpose", "number too many", "number", "index", "order", "sum")
_SMALLER = ("sign", "transpose", "number too many", "number")
_MOST_PAIRS = 1500
_TRIES = 8
_TURNED: dict[Relation, Relation] = {"=": "!=", "!=": "="}


class Search:
    """The search for one relation."""

    def __init__(self, comparer: Comparer, chain: Chain, left: int, right: int) -> None:
        self.comparer, self.chain = comparer, chain
        start = now()
        self.until = start + min(_SECONDS, _SHARE * (comparer.until - start))
        self.numbers = left, right
        one, two = chain.sides[left].tree, chain.sides[right].tree
        assert one is not None
        assert two is not None
        self.left, self.right = one, two
        comparer.deadline = self.until

    def others(self, number: int, facing: int) -> list[Node]:
        """The other sides of the chain, the one it is held against first."""
        sides = [facing, *(k for k in range(len(self.chain.sides)) if k not in (number, facing))]
        return [t for k in sides[:6] if (t := self.chain.sides[k].tree) is not None]

    def right_side(self) -> Edit | None:
        """One change of the right side."""
        left, right = self.numbers
        return self.first(self.left, self._edits(self.right, right, left))

    def left_side(self) -> Edit | None:
        """One change of the left side, where nothing stands before it."""
        left, right = self.numbers
        if left:
            return None
        changed = (e for e in self._edits(self.left, left, right) if e.kind != "missing term")
        found = self.first(self.right, changed, turned=True)
        return Edit(f"{found.words}, on the left side", found.tree, found.kind) if found is not None else None

    def _edits(self, tree: Node, number: int, facing: int, kinds: Sequence[str] = ()) -> Iterator[Edit]:
        comparer = self.comparer
        return edits(
            tree,
            comparer.collected.source.text,
            comparer.symbols.at(self.chain.section),
            self.others(number, facing),
            kinds,
        )

    def upside_down(self) -> Edit | None:
        """A ∂-fraction that stands upside down, on either side."""
        return self._either_side(("derivative",))

    def turned_about(self) -> Edit | None:
        """A transpose or an order without which the shapes do not fit, on either side."""
        return self._either_side(("transpose", "order"))

    def _either_side(self, kinds: Sequence[str]) -> Edit | None:
        left, right = self.numbers
        found = self.first(self.left, self._edits(self.right, right, left, kinds))
        return found or self.first(self.right, self._edits(self.left, left, right, kinds), turned=True)

    def two_changes(self) -> Edit | None:
        """A small change (a sign, a transpose, a number) beside another."""
        return self.first(self.left, islice(self._pairs(), _MOST_PAIRS))

    def what_is_left(self) -> Edit | None:
        """No change, but what is left between the sides."""
        words = Bench(self.comparer, self.chain, self.left, self.until).gap(self.right)
        return Edit(words, self.right, "gap") if words else None

    def _pairs(self) -> Iterator[Edit]:
        left, right = self.numbers
        for first in self._edits(self.right, right, left, _SMALLER):
            for second in self._edits(first.tree, right, left, _SMALL):
                yield Edit(f"{first.words}, and {second.words}", second.tree, "two")

    def first(self, known: Node, found: Iterable[Edit], turned: bool = False) -> Edit | None:
        """The first of the changed sides that equals the known one, without a fact if one of them does."""
        bench = Bench(self.comparer, self.chain, known, self.until)
        tries, by_facts = 0, None
        source = iter(found)
        while now() < self.until and tries < _TRIES:
            batch = list(islice(source, _TOGETHER))
            if not batch:
                break
            for k in bench.matching([e.tree for e in batch]):
                tries += 1
                one, two = (batch[k].tree, known) if turned else (known, batch[k].tree)
                compared = self.compared(one, two)
                if compared is not None and compared.holds:
                    if not compared.facts:
                        return batch[k]
                    by_facts = by_facts or batch[k]
        return by_facts

    def compared(self, left: Node, right: Node, chain: Chain | None = None) -> Compared | None:
        try:
            return self.comparer.compare_trees(chain or self.chain, left, right, quick=True)
        except (Error, OutOfTime, RecursionError):
            return None

    def other_case(self) -> Edit | None:
        """The case heading that would make it true."""
        chain, scope = self.chain, self.chain.scope
        if not scope:
            return None
        turned = [replace(c, relation=_TURNED.get(c.relation, c.relation)) for c in scope]
        head, elsewhere = chain.sides[0].tree, replace(chain, scope=turned)
        for side in dict.fromkeys((self.left, head if head is not None else self.left)):
            found = self.compared(side, self.right, elsewhere)
            if found is None or not found.holds:
                return None
        said = (f"{symbol(c.left)} {'≠' if c.relation == '!=' else c.relation} {symbol(c.right)}" for c in turned)
        return Edit("the wrong case: it holds for " + ", ".join(said), self.right, "case")
