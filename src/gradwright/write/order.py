"""The order a person writes things in. Owns: sort keys of terms and of factors. Never: builds terms.

Names count by where the user first wrote them. In a sum positive terms come first and numbers last (x + 1, but
1 + exp(x)); in a product the coefficient, scalars, entries, functions, parentheses and then sums over indices.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradwright.core.context import Context
from gradwright.core.index import BOUND, Index
from gradwright.core.node import (
    Add,
    Apply,
    Const,
    Delta,
    Deriv,
    Entry,
    MatFn,
    Mul,
    Node,
    Ordinal,
    Pow,
    Reduce,
    Size,
    Where,
    walk,
)
from gradwright.write.term import Kronecker, Neg, Subscripted, Term
from gradwright.write.traverse import parts

_LAST = 1 << 30
_LONGEST_KEY = 8
_CATEGORY: dict[type[Node], int] = {
    Const: 0, Size: 1, Ordinal: 2, Entry: 3, MatFn: 4, Apply: 5, Delta: 6, Where: 7, Add: 8, Mul: 8, Deriv: 9,
    Reduce: 10, Pow: 8,
}  # fmt: skip


_TURNED = {"<": ">", "<=": ">="}


def comparison(node: Where, place: Callable[[Node], Any]) -> tuple[str, Node, Node]:
    """An inequality as a person writes it: a number last, else the side first that ``place`` puts first."""
    left, right = node.left, node.right
    turned = not isinstance(right, Const) and (isinstance(left, Const) or place(right) < place(left))
    return (_TURNED[node.op], right, left) if turned and node.op in _TURNED else (node.op, left, right)


class Order:
    """Sort keys for the parts of one expression; ``free`` gives the free letters their places."""

    def __init__(self, root: Node, context: Context, free: dict[str, int]) -> None:
        self.free = free
        self.rank = {name: place for place, name in enumerate(dict.fromkeys([*context.order, *sorted(root.names)]))}
        self._keys: dict[Node, tuple[int, ...]] = {}
        for node in walk(root):
            self._keys[node] = self._key(node)[:_LONGEST_KEY]

    def _key(self, node: Node) -> tuple[int, ...]:
        """The names that count in a node, most important first; a power repeats its base, so x² comes before x."""
        keys = self._keys
        if isinstance(node, Entry):
            return (self.rank[node.name],)
        if isinstance(node, Pow):
            whole = isinstance(node.exponent, Const) and isinstance(node.exponent.value, int)
            times = node.exponent.value if whole else 1  # type: ignore[attr-defined]
            return keys[node.base] * max(1, min(_LONGEST_KEY, times))
        if isinstance(node, Mul):
            return tuple(sorted(rank for factor in node.factors for rank in keys[factor]))
        if isinstance(node, Reduce):
            return keys[node.body]
        lowest = [min(keys[child], default=_LAST) for child in node.children]
        if isinstance(node, MatFn):
            lowest.append(self.rank[node.fn])
        least = min(lowest, default=_LAST)
        return (least,) if least != _LAST else ()

    def of_side(self, node: Node) -> tuple[int, ...]:
        """Where a side of a comparison stands: what depends on an earlier name before what depends on a later one."""
        return (*self._keys[node], _LAST)

    def number_leads(self, node: Add) -> bool:
        """1 + exp(x), but x + 1."""
        return all(isinstance(term, Const | Apply) for term in node.terms)

    def of_term(self, node: Node, built: Term, number_leads: bool) -> tuple[Any, ...]:
        """Where a term stands in its sum."""
        number = isinstance(node, Const) != number_leads
        return isinstance(built, Neg), number, *self._shared(node), self._letters(built)

    def of_factor(self, base: Node, built: Term) -> tuple[Any, ...]:
        """Where a factor stands in its product, by its base."""
        scalar = isinstance(base, Entry) and not base.slots
        category = 2 if scalar else _CATEGORY[type(base)]
        return category, *self._shared(base), self._letters(built)

    def _shared(self, node: Node) -> tuple[Any, ...]:
        return (*self._keys[node], _LAST), _CATEGORY[type(node)]

    def letter_rank(self, letter: str) -> tuple[int, int, str]:
        """Free letters in the order of the axes, then the others."""
        place = self.free.get(letter)
        return (1, len(letter), letter) if place is None else (0, place, letter)

    def _letters(self, term: Term) -> tuple[tuple[int, int, str], ...]:
        """The first letters met in a term: what tells A_ij and A_ji apart."""
        found: list[str] = []
        stack = [term]
        for _ in range(40):
            if not stack or len(found) >= 4:
                break
            current = stack.pop()
            if isinstance(current, Subscripted):
                found += current.letters
            elif isinstance(current, Kronecker):
                found += (current.left, current.right)
            else:
                stack.extend(reversed(list(parts(current))))
        return tuple(self.letter_rank(letter) for letter in found)

    def met(self, bound: Sequence[Index], body: Node) -> list[Index]:
        """A block of bound indices in the order they are met: in entries with most indices first, then by name."""
        block = set(bound)
        entries = [n for n in walk(body) if isinstance(n, Entry | MatFn) and not block.isdisjoint(n.slots)]
        entries.sort(key=lambda n: (-len(n.slots), self._keys[n], [s.kind == BOUND for s in n.slots], n.digest))
        met = dict.fromkeys(s for n in entries for s in n.slots if s in block)
        return [*met, *(index for index in bound if index not in met)]
