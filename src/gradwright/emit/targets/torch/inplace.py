"""Elementwise statements in one array. Owns: which operation may write over its operand (PyTorch). Never: plans.

Memory is what large elementwise code costs: every operation that makes a new array makes new pages. A chain of them
needs one array: the first operation makes it, or takes one that nobody reads afterwards, the others work in place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

from gradwright.core.build import MINUS_ONE, add, const, mul, negate, power, split_coefficient
from gradwright.core.index import AT, Index
from gradwright.core.node import Add, Apply, Const, Entry, Mul, Node, Pow, Where, walk
from gradwright.emit.plan.names import identifier
from gradwright.emit.spell.primitives import all_with
from gradwright.emit.spell.spell import Dialect, _negative, _under, spelled

_METHODS = all_with(lambda code: code.in_place)
_SLOPES = {
    "tanh_slope": "torch.ops.aten.tanh_backward, {}, {}",
    "relu_slope": "torch.ops.aten.threshold_backward, {}, {}, 0",
    "silu_slope": "torch.ops.aten.silu_backward, {}, {}",
}
"""Derivatives times their first operand, in its place: by ``_over``, which the module has to define."""
_POWERS: dict[int | Fraction | float, str] = {2: "pow_(2)", -1: "reciprocal_()", 0.5: "sqrt_()", -0.5: "rsqrt_()"}


Sources = Mapping[str, frozenset[str]]


def in_place(
    body: Node, axes: tuple[Index, ...], dialect: Dialect, dying: frozenset[str], sources: Sources
) -> str | None:
    """The body, computed in one array over ``axes``; None where no operation can work in place.

    ``dying`` names arrays of this module that nobody reads afterwards, and which may be written over. Where something
    else than the arguments (``sources``) that the array comes from is written into it, ``vmap`` over the rest would
    find no room: such an operation is one of ``PLACED``, which the module has to define.
    """
    once = frozenset(name for name in dying if _reads(body, name) == 1)
    text = _Chain(axes, dialect, once, sources).chain(body)
    return text if _overwrites(text) else None


def _overwrites(text: str | None) -> bool:
    return text is not None and re.search(r"\.\w+_\(|\b_(add|sub|mul|div|over)\(", text) is not None


def _reads(body: Node, name: str) -> int:
    """How often the array stands in the body, as it is printed."""
    count, stack = 0, [body]
    while stack:
        node = stack.pop()
        count += isinstance(node, Entry) and node.name == name
        stack.extend(node.children)
    return count


class _Chain:
    def __init__(self, axes: tuple[Index, ...], dialect: Dialect, dying: frozenset[str], sources: Sources) -> None:
        self.axes, self.dialect, self.dying, self.sources = axes, dialect, dying, sources
        self._chains: dict[Node, str | None] = {}

    def chain(self, node: Node) -> str | None:
        """Text whose value is a new array over all axes, or one that may be written over; None where it is neither."""
        if node not in self._chains:
            self._chains[node] = self._chained(node)
        return self._chains[node]

    def _chained(self, node: Node) -> str | None:
        if not self.whole(node) or any(isinstance(n, Where) for n in walk(node)):
            return None
        if isinstance(node, Entry):
            plain = node.slots == self.axes and all(i.kind != AT for i in node.slots)
            return identifier(node.name) if plain and node.name in self.dying else None
        if isinstance(node, Apply):
            inner = self.chain(node.args[0]) if node.fn in _METHODS or node.fn in _SLOPES else None
            if inner is not None and node.fn in _SLOPES:
                return f"_over({_SLOPES[node.fn].format(_bare(inner), self.said(node.args[1]))})"
            return self.said(node) if inner is None else f"{inner}.{node.fn}_()"
        if isinstance(node, Pow):
            return self.raised(node)
        if isinstance(node, Mul):
            return self.product(node.factors)
        return self.total(node.terms) if isinstance(node, Add) else None

    def whole(self, node: Node) -> bool:
        return set(node.free) == set(self.axes)

    def said(self, node: Node) -> str:
        return spelled(node, self.axes, self.dialect)

    def raised(self, node: Pow) -> str:
        inner = self.chain(node.base)
        if inner is None or not isinstance(node.exponent, Const):
            return f"({self.said(node)})"
        exponent = node.exponent.value
        return f"{inner}.{_POWERS.get(exponent) or f'pow_({float(exponent)!r})'}"

    def product(self, factors: Sequence[Node]) -> str:
        first = self.carrier(factors)
        if first is None:
            return f"({self.said(mul(*factors))})"
        groups = _by_axes([f for f in factors if f is not first], len(self.axes))
        text = None if _under(first) else self.chain(first)
        if text is None:
            scale, groups = mul(*groups[0]), groups[1:]
            minus = MINUS_ONE in factors and not scale.free and scale is not MINUS_ONE  # one pass, not one for the sign
            text = f"({self.said(first)} * ({self.said(scale)}))" if minus else f"({self.said(mul(first, scale))})"
            done = [first, scale]
        else:
            done = [first]
        for group in groups:
            scale = mul(*group)
            if all(_under(f) for f in group):
                text = self.onto(text, done, scale, "div", power(scale, MINUS_ONE))
            elif scale is MINUS_ONE:
                text += ".neg_()"
            else:
                text = self.onto(text, done, scale, "mul", scale)
        return text

    def onto(self, text: str, done: list[Node], part: Node, method: str, operand: Node) -> str:
        """One more operation: in place, where the array comes from all that the operand comes from."""
        fits = self.arguments(part) <= frozenset().union(*map(self.arguments, done))
        done.append(part)
        if fits:
            return f"{text}.{self.scaled(method, operand) or f'{method}_({self.said(operand)})'}"
        return f"_{method}({_bare(text)}, {self.said(operand)})"

    def scaled(self, method: str, operand: Node) -> str | None:
        """A number times an array, added or taken away without an array for the product."""
        number, rest = split_coefficient(operand)
        if method not in ("add", "sub") or number == 1 or isinstance(rest, Mul) or not self.whole(rest):
            return None
        return f"{method}_({self.said(rest)}, alpha={self.said(const(number))})"

    def arguments(self, node: Node) -> frozenset[str]:
        return frozenset().union(*(self.sources.get(name, frozenset()) for name in node.names))

    def total(self, terms: Sequence[Node]) -> str:
        first = self.carrier(terms)
        if first is None:
            return f"({self.said(add(*terms))})"
        rest = [t for t in terms if t is not first]
        text, done = self.chain(first), [first]
        if text is None or (_negative(first) and not _overwrites(text)):
            text, rest, done = f"({self.said(add(first, rest[0]))})", rest[1:], [first, rest[0]]
        for term in rest:
            if _negative(term):
                text = self.onto(text, done, term, "sub", negate(term))
            else:
                text = self.onto(text, done, term, "add", term)
        return text

    def carrier(self, parts: Sequence[Node]) -> Node | None:
        """The operand to work on: one that may be written over, else one over all axes."""
        whole = [p for p in parts if self.whole(p)]
        plain = [p for p in whole if not _under(p) and not _negative(p)]
        found = next((p for p in plain if _overwrites(self.chain(p))), None)  # what else would be an array of its own
        found = found or next((p for p in plain if self.chain(p) is not None), None)
        found = found or next((p for p in whole if not _under(p) and _overwrites(self.chain(p))), None)
        return found or next(iter([*plain, *whole]), None)


def _bare(text: str) -> str:
    """The text without brackets around all of it."""
    whole = re.fullmatch(r"\((.*)\)", text)
    return whole[1] if whole and _balanced(whole[1]) else text


def _balanced(text: str) -> bool:
    """Whether no bracket closes that was not opened."""
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return True


def _by_axes(factors: list[Node], most: int) -> list[list[Node]]:
    """Factors over the same axes are multiplied first, numbers with the smallest of them, where that is small."""
    groups: dict[frozenset[Index], list[Node]] = {}
    for factor in sorted(factors, key=lambda f: len(f.free)):
        groups.setdefault(factor.free, []).append(factor)
    numbers = groups.pop(frozenset(), [])
    found = list(groups.values())
    if numbers and found and len(found[0][0].free) < min(2, most):
        found[0] = [*numbers, *found[0]]
    elif numbers:
        found = [numbers, *found]
    return found


__all__ = ["in_place"]
