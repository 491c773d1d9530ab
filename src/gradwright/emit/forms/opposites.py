"""σ(u) and σ(−u) where both are wanted. Owns: one exponential for the two. Never: changes a value.

With t = σ(−|u|), the smaller of the two, the other is 1 − t, and neither loses a digit; σ(u) σ(−u) is t (1 − t).
Applied to what has been derived, for |u| has no derivative at 0.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable

from gradwright.core.build import ONE, ZERO, apply, const, mul, negate, power, split_coefficient, subtract, where
from gradwright.core.node import Apply, Const, Mul, Node, Pow, walk
from gradwright.core.walk import descend, run
from gradwright.emit.forms.canon import canonical
from gradwright.emit.forms.stable import distributed


class Opposites:
    """Rewrites formulas: a σ whose opposite stands in any of those given comes from the smaller of the two."""

    def __init__(self, formulas: Iterable[Node]) -> None:
        found = {n for formula in formulas for n in walk(formula) if _is_sigmoid(n)}
        there = {_key(n) for n in found}
        self._both = {key for n in found if (key := _key(n)) and _key(_opposite(n)) in there}
        self._memo: dict[Node, Node] = {}

    def __call__(self, formula: Node) -> Node:
        return run(self._visit, formula, self._memo) if self._both else formula

    def _visit(self, node: Node) -> Generator[Node, Node, Node]:
        if isinstance(node, Mul):
            for factor in node.factors:
                sigmoid, times = _power(factor)
                other = next((f for f in node.factors if times and _power(f) == (_opposite(sigmoid), times)), None)
                if times is not None and other is not None and self._known(sigmoid):
                    small = _smaller((yield sigmoid.children[0]))
                    rest = yield mul(*(f for f in node.factors if f is not factor and f is not other))
                    return mul(power(mul(small, subtract(ONE, small)), times), rest)
        if self._known(node):
            coefficient, rest = split_coefficient((yield node.children[0]))
            small = _smaller(mul(const(coefficient), rest))
            pair = (small, subtract(ONE, small))
            return where("<", rest, ZERO, *(pair if coefficient > 0 else pair[::-1]))
        return (yield from descend(node, atoms=True))

    def _known(self, node: Node) -> bool:
        return _is_sigmoid(node) and _key(node) in self._both


def _is_sigmoid(node: Node) -> bool:
    return isinstance(node, Apply) and node.fn == "sigmoid" and bool(node.free)


def _plain(sigmoid: Node) -> Node:
    """The same of an argument without a number before a bracket."""
    return apply("sigmoid", distributed(sigmoid.children[0]))


def _opposite(sigmoid: Node) -> Node:
    return apply("sigmoid", distributed(negate(sigmoid.children[0])))


def _key(sigmoid: Node) -> Node:
    return canonical(_plain(sigmoid))[0].body


def _power(factor: Node) -> tuple[Node, Node | None]:
    """σ(u) and n, where the factor is σ(u)^n."""
    base, times = (factor.base, factor.exponent) if isinstance(factor, Pow) else (factor, ONE)
    return (_plain(base), times) if _is_sigmoid(base) and isinstance(times, Const) else (factor, None)


def _smaller(u: Node) -> Node:
    """σ(−|u|)."""
    coefficient, rest = split_coefficient(u)
    return apply("sigmoid", mul(const(-coefficient if coefficient > 0 else coefficient), apply("abs", rest)))
