"""Definitions read from right to left: an instance of a definition's body becomes the defined name. Owns: that.

Never: differentiates. Besides the body itself, its opposite and its powers are recognised, and what its functions say
of it: with s = √q, q is s²; with p = σ(u), σ(−u) is 1 − p.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from gradwright.core.build import (
    MINUS_ONE,
    ONE,
    add,
    apply,
    const,
    entry,
    mul,
    negate,
    open_binder,
    power,
    rename,
    split_coefficient,
    subtract,
    total,
)
from gradwright.core.context import Context
from gradwright.core.index import Index
from gradwright.core.node import Add, Apply, Array, Const, Entry, Mul, Node, Pow, Reduce
from gradwright.core.walk import descend, run
from gradwright.engine.simplify import Used, Visit, identities, powers
from gradwright.tables.simplifications import FOLD

_Pattern = tuple[str, tuple[Index, ...], Node, Node]
"""A name, the axes of its definition, a body over these, and that body in terms of the name."""


class Folder:
    """Folds the definitions of a context."""

    def __init__(self, context: Context) -> None:
        self._exact: dict[tuple[type[Node], frozenset[str]], list[_Pattern]] = {}
        self._powers: dict[frozenset[str], list[tuple[str, Array]]] = {}
        self._products: list[tuple[str, Array]] = []
        for name, array in context.definitions.items():
            if isinstance(array.body, Mul) and len(array.axes) <= 2:
                self._products.append((name, array))
                times, rest = split_coefficient(array.body)
                if isinstance(rest, Add) and not isinstance(times, float):  # m = (p + q)/2: p + q is 2 m
                    whole = mul(const(1 / Fraction(times)), entry(name, *array.axes))
                    self._exact.setdefault((Add, rest.names), []).append((name, array.axes, rest, whole))
            elif array.body.names and not isinstance(array.body, Entry | Const):
                for body, meaning in _readings(entry(name, *array.axes), array.body):
                    self._exact.setdefault((type(body), body.names), []).append((name, array.axes, body, meaning))
                if isinstance(array.body, Pow):
                    self._powers.setdefault(array.body.names, []).append((name, array))

    def __call__(self, node: Node, used: Used, memo: dict[Node, Node]) -> Node:
        def visit(current: Node) -> Visit:
            # a power before its base: q⁻¹ᐟ² is 1/s, not (s²)⁻¹ᐟ²
            found = self._match_power(current) if isinstance(current, Pow) else None
            rebuilt = current if found is not None else (yield from descend(current))
            found = found or self._match(rebuilt)
            if found is not None:
                used.note(FOLD.of(name=found[0]))
                return (yield found[1])
            return rebuilt

        return run(visit, node, memo)

    def _match(self, node: Node) -> tuple[str, Node] | None:
        for name, axes, body, meaning in self._exact.get((type(node), node.names), ()):
            for slots in _assignments(axes, node.free):
                if rename(body, dict(zip(axes, slots, strict=True))) is node:
                    return name, rename(meaning, dict(zip(axes, slots, strict=True)))
        if isinstance(node, Mul):
            return self._match_product(node)
        return self._match_power(node)

    def _match_power(self, node: Node) -> tuple[str, Node] | None:
        """q⁻¹ᐟ² as 1/s, where s = √q."""
        base, exponent = (node.base, node.exponent) if isinstance(node, Pow) else (node, ONE)
        for name, array in self._powers.get(node.names, ()):
            body = array.body
            if not (isinstance(body, Pow) and isinstance(body.exponent, Const) and isinstance(exponent, Const)):
                continue
            times = mul(exponent, power(body.exponent, MINUS_ONE))
            if isinstance(body.base, Entry) or not (isinstance(times, Const) and isinstance(times.value, int)):
                continue
            for slots in _assignments(array.axes, node.free):
                if rename(body.base, dict(zip(array.axes, slots, strict=True))) is base:
                    return name, power(entry(name, *slots), times)
        return None

    def _match_product(self, node: Mul) -> tuple[str, Node] | None:
        for name, array in self._products:
            if not array.body.names <= node.names:
                continue
            folded = _fold_once(node, name, array) or _fold_fraction(node, name, array)
            if folded is not None:
                return name, folded
        return None


def _readings(symbol: Node, body: Node) -> list[tuple[Node, Node]]:
    """The body, and what else is said in terms of the symbol: the body under identities, its opposite, 1 − p."""
    plain = identities(body, Used(), {})
    found = [(body, symbol), *([(plain, symbol)] if plain is not body else [])]
    if isinstance(body, Add):
        found.append((add(*map(negate, body.terms)), negate(symbol)))
    if isinstance(plain, Apply) and plain.fn == "sigmoid":
        found.append((apply("sigmoid", negate(plain.args[0])), subtract(ONE, symbol)))
    return found


def _assignments(axes: Sequence[Index], free: Iterable[Index]) -> Iterable[tuple[Index, ...]]:
    """Ways to give each axis an index of its extent."""
    ways: list[tuple[Index, ...]] = [()]
    candidates = sorted(free, key=lambda index: index.digest)
    for axis in axes:
        ways = [(*way, index) for way in ways for index in candidates if index.dim == axis.dim]
    return ways


def _fold_once(node: Mul, name: str, array: Array) -> Node | None:
    return _fold_product(node, name, array) or _fold_under_sum(node, name, array)


def _fold_under_sum(node: Mul, name: str, array: Array) -> Node | None:
    """(Σ_l w_l a_l)/S as Σ_l w_l (a_l/S), when the definition then takes that denominator away."""
    for outer in node.factors:
        if not (isinstance(outer, Reduce) and outer.op == "sum"):
            continue
        indices, body = open_binder(outer, avoid=node.free)
        for below in _denominators(array.body) & _denominators(node):
            inner = mul(body, power(below, MINUS_ONE))
            if isinstance(inner, Mul):
                folded = _fold_product(inner, name, array)
                if folded is not None and below not in powers(folded):
                    return mul(node, power(outer, MINUS_ONE), below, total(indices, folded))
    return None


def _denominators(node: Node) -> set[Node]:
    return {base for base, exponent in powers(node).items() if isinstance(exponent, Const) and exponent.value < 0}


def _fold_product(node: Mul, name: str, array: Array) -> Node | None:
    """One instance of the definition's factors inside the node's, taken out as the defined entry."""
    have = powers(node)
    for slots in _assignments(array.axes, node.free):
        pattern = rename(array.body, dict(zip(array.axes, slots, strict=True)))
        need = powers(pattern)
        if all(_enough(have.get(base), exponent) for base, exponent in need.items()):
            return mul(node, power(pattern, MINUS_ONE), entry(name, *slots))
    return None


def _enough(have: Node | None, need: Node) -> bool:
    if have is None or not isinstance(have, Const) or not isinstance(need, Const):
        return have is need
    return have.value >= need.value > 0 or have.value <= need.value < 0


def _fold_fraction(node: Mul, name: str, array: Array) -> Node | None:
    """(a S − a b)/S² as a/S − (a/S)(b/S), when the definition then takes every denominator away."""
    sums = [f for f in node.factors if isinstance(f, Add)]
    below = [f for f in node.factors if isinstance(f, Pow) and f.base in powers(array.body)]
    if len(sums) != 1 or not below:
        return None
    rest = [f for f in node.factors if f is not sums[0]]
    folded = []
    for term in sums[0].terms:
        piece: Node = mul(term, *rest)
        while isinstance(piece, Mul):
            smaller = _fold_once(piece, name, array)
            if smaller is None:
                break
            piece = smaller
        folded.append(piece)
    gone = not any(f.base in powers(piece) for piece in folded for f in below)
    return add(*folded) if gone else None
