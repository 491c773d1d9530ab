"""Sums that are multiples of one another. Owns: one array for all. Never: changes a value, decides what is an array.

X − UVᵀ in a value and UVᵀ − X in its gradient are one array and a sign: where a sum was met before with another factor,
it is written as that multiple of it. Elsewhere than in a product that is summed, a sum of plain entries stays as it is:
it costs no more than the sign does.
"""

from __future__ import annotations

from gradwright.core.build import MINUS_ONE, add, const, mul, open_binder, power, rename, split_coefficient, total
from gradwright.core.index import Index
from gradwright.core.node import Add, Apply, Array, MatFn, Node, Pow, Reduce, factors_in, terms_in, walk
from gradwright.core.walk import bottom_up
from gradwright.emit.forms.canon import canonical


class Multiples:
    """Rewrites formulas, one after another: a sum is computed as it was first met."""

    def __init__(self) -> None:
        self._met: dict[Node, tuple[Node, Array]] = {}
        self._memo: dict[Node, Node] = {}

    def __call__(self, formula: Node) -> Node:
        return bottom_up(self._rule, formula, self._memo)

    def _rule(self, node: Node) -> Node:
        if isinstance(node, Add) and any(isinstance(n, _COMPUTED) and n.free for n in walk(node)):
            return self._once(node)
        if isinstance(node, Reduce) and node.op == "sum":  # a factor is an array, whatever it is made of
            indices, body = open_binder(node)
            factors = [self._once(f) if isinstance(f, Add) and f.free else f for f in factors_in(body)]
            return total(indices, mul(*factors))
        return node

    def _once(self, node: Add) -> Node:
        """The sum as a multiple of the first that it is one of."""
        size = max((split_coefficient(term)[0] for term in node.terms), key=lambda c: abs(float(c)))
        key, scale, order = min((_over(node, const(s)) for s in (size, -size)), key=lambda found: found[0].body.digest)
        first, as_met = self._met.setdefault(key.body, (scale, Array(key.axes, _times(key.body, scale))))
        if first is scale:
            return node
        again = rename(as_met.body, dict(zip(as_met.axes, order, strict=True)))
        return mul(scale, power(first, MINUS_ONE), again)


_COMPUTED = Apply | MatFn | Pow | Reduce


def _over(node: Add, scale: Node) -> tuple[Array, Node, tuple[Index, ...]]:
    """The sum over a number, up to the names of its indices, the number, and the sum's own indices."""
    key, order = canonical(_times(node, power(scale, MINUS_ONE)))
    return key, scale, order


def _times(node: Node, scale: Node) -> Node:
    return add(*(mul(scale, term) for term in terms_in(node)))
