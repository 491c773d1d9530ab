"""Equations that are solved step by step. Owns: whether a step keeps the solutions of the one before it.

Polynomials in one unknown number with rational coefficients are decided by their roots; two other equations are the
same if they differ by a factor. Never: knows why one follows another.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from gradwright.core.node import Add, Const, Entry, Mul, Node, Pow
from gradwright.core.value import Value
from gradwright.read.syntax import Group, Number, Product, Quotient, Sum
from gradwright.read.syntax import Node as Tree
from gradwright.referee.compare.compare import Comparer
from gradwright.referee.compare.verdicts import Verdict
from gradwright.referee.evidence.chains import Chain
from gradwright.referee.evidence.claims import names_in
from gradwright.referee.shield import NOT_READ

if TYPE_CHECKING:
    from flint import fmpq, fmpq_poly

_FACTORS = tuple(Fraction(a, b) for a in (1, -1, 2, -2, 3, -3, 4, -4) for b in (1, 2, 3, 4))
_MOST_DEGREE = 12


def follows(comparer: Comparer, before: Chain, after: Chain, both: bool) -> Verdict | None:
    """Whether the solutions of an equation are kept by the next one (``both``: and none are gained)."""
    first, second = _equation(before, last=True), _equation(after, last=False)
    if first is None or second is None:
        return None
    polynomials = [_polynomial(comparer, chain, sides) for chain, sides in ((before, first), (after, second))]
    one, two = polynomials
    if one is not None and two is not None and one[0] == two[0]:
        return _by_roots(one[0], one[1], two[1], both)
    for factor in _FACTORS:
        scaled = Product(first[0].span, ((" ", _number(factor)), (" ", Group(first[0].span, _gap(*first)))))
        found = comparer.compare_trees(after, _gap(*second), scaled, quick=True)
        if found.holds is None:
            return None
        if found.holds:
            return Verdict("proved" if found.exact else "confirmed", "the same equation as the one before it",
                           facts_used=found.facts)  # fmt: skip
    return None


def _equation(chain: Chain, last: bool) -> tuple[Tree, Tree] | None:
    links = chain.links[-1:] if last else chain.links[:1]
    if not links:
        return None
    left, right = chain.sides[links[0].left].tree, chain.sides[links[0].left + 1].tree
    return (left, right) if left is not None and right is not None else None


def _gap(left: Tree, right: Tree) -> Tree:
    return Sum(left.span, (("+", left), ("-", right)))


def _number(value: Fraction) -> Tree:
    span = (0, 0)
    return Quotient(span, Number(span, str(value.numerator)), Number(span, str(value.denominator)))


def _by_roots(unknown: str, one: fmpq_poly, two: fmpq_poly, both: bool) -> Verdict | None:
    lost, gained = _apart(one, two), _apart(two, one)
    if lost:
        return Verdict("refuted", f"this step loses the solution {unknown} = {lost[0]}")
    if gained and both:
        return Verdict(
            "refuted", f"this step gains {unknown} = {gained[0]}, which does not solve the equation before it"
        )
    if one.gcd(two).degree() == min(one.degree(), two.degree()) and not gained:
        return Verdict("proved", "it has the solutions of the equation before it")
    return (
        Verdict("unread", f"it is implied by the equation before it, and gains {unknown} = {gained[0]}")
        if gained
        else None
    )


def _apart(one: fmpq_poly, two: fmpq_poly) -> list[str]:
    """The rational roots of the first that are none of the second."""
    _, factors = one.numer().factor()
    roots = [(-f[0], f[1]) for f, _ in factors if f.degree() == 1]
    return [str(Fraction(int(a), int(b))) for a, b in roots if two(_rational(int(a), int(b))) != 0]


def _rational(top: int, bottom: int) -> fmpq:
    from flint import fmpq

    return fmpq(top, bottom)


def unknown_of(comparer: Comparer, chain: Chain) -> str:
    """The one unknown number in which a chain is a polynomial equation; or nothing."""
    sides = _equation(chain, last=False)
    found = _polynomial(comparer, chain, sides) if sides is not None else None
    return found[0] if found is not None else ""


def _polynomial(comparer: Comparer, chain: Chain, sides: tuple[Tree, Tree]) -> tuple[str, fmpq_poly] | None:
    """The difference of the sides in its one unknown; None where it has another form, or no unknown is left."""
    symbols = comparer.symbols.at(chain.section)
    world = comparer.world(chain, own=frozenset(key for side in sides for key in names_in(symbols, side)))
    try:
        values: Sequence[Value] = [comparer.tree_value(side, world) for side in sides]
    except NOT_READ:
        return None
    names = frozenset().union(*(v.body.names for v in values))
    if any(v.axes for v in values) or len(names) != 1 or names & set(world.arrays):
        return None
    parts = [_poly(v.body) for v in values]
    if parts[0] is None or parts[1] is None:
        return None
    gap = parts[0] - parts[1]
    return (next(iter(names)), gap) if 1 <= gap.degree() <= _MOST_DEGREE else None


def _poly(node: Node) -> fmpq_poly | None:
    from flint import fmpq, fmpq_poly

    match node:
        case Const() if isinstance(node.value, int | Fraction):
            value = Fraction(node.value)
            return fmpq_poly([fmpq(value.numerator, value.denominator)])
        case Entry() if not node.slots:
            return fmpq_poly([0, 1])
        case Add() | Mul():
            parts = [_poly(part) for part in (node.terms if isinstance(node, Add) else node.factors)]
            done = fmpq_poly([int(isinstance(node, Mul))])
            for part in parts:
                if part is None:
                    return None
                done = done + part if isinstance(node, Add) else done * part
            return done
        case Pow() if isinstance(node.exponent, Const):
            base, power = _poly(node.base), Fraction(node.exponent.value)
            if base is None or power.denominator != 1 or not 0 <= power <= _MOST_DEGREE:
                return None
            return base ** int(power)
    return None
