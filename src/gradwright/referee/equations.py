"""Equations that are solved step by step. Owns: whether a step keeps the solutions of the one before it.

Polynomials in one unknown number with rational coefficients are decided by their roots; two other equations are the
same if they differ by a factor. Never: knows why one follows another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING

from gradwright.core.node import Add, Const, Entry, Mul, Node, Pow
from gradwright.core.value import Value
from gradwright.read.syntax import Group, Number, Product, Quotient, Sum
from gradwright.read.syntax import Node as Tree
from gradwright.referee.clock import now
from gradwright.referee.compare.compare import Comparer, stated
from gradwright.referee.compare.verdicts import Verdict, facts_of
from gradwright.referee.evidence.chains import Chain
from gradwright.referee.evidence.claims import names_in
from gradwright.referee.evidence.imposed import differentiates, is_tied, unknown
from gradwright.referee.evidence.wording import another, clause, infers, sentence
from gradwright.referee.meaning.value import Learned, Reading
from gradwright.referee.same import have_same_zeros
from gradwright.referee.shield import NOT_READ
from gradwright.referee.slips.edits import edits
from gradwright.referee.solutions import Condition, imposed_on

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


def equivalent(comparer: Comparer, chain: Chain) -> Verdict | None:
    """Whether an equation that is said to follow from a condition on an unknown has its solutions.

    It is refuted only if one change of it makes it so.
    """
    sides = _equation(chain, last=False)
    alone = len(chain.links) == 1 and chain.links[0].sort in ("claim", "condition", "assumed")
    if sides is None or not alone or not (is_tied(chain) or infers(chain.before)) or any(map(differentiates, sides)):
        return None
    own = clause(chain.before)
    since = comparer.collected.imposed.get(chain.section, chain.number)
    stationary = since < chain.number or bool(_NORMAL.search(own))
    symbols = comparer.symbols.at(chain.section)
    keys = sorted({unknown(n) for side in sides for n in names_in(symbols, side)} - symbols.shapes.extents)
    found = []
    for key in keys:
        seen, conditions = imposed_on(comparer, chain, key, stationary)
        free = not seen.symbols.at(chain.section).is_defined(key)
        found += [(seen, key, condition) for condition in conditions[:_MOST_CONDITIONS] if free]
    for seen, key, condition in found:
        if _same(seen, chain, condition, sides, key):
            return Verdict("confirmed", f"it has the solutions of the {_said(comparer, condition)}")
    if another(sentence(chain.before), perhaps=True):
        return None
    for seen, key, condition in found:
        if slip := _slip(seen, chain, condition, sides, key):
            return Verdict("refuted", f"it does not have the solutions of the {_said(comparer, condition)}", slip=slip)
    return None


_NORMAL = re.compile(
    r"\bnormal equations?\b|\b(?:first-order|stationarity|optimality) (?:condition|equation)s?\b", re.I
)
"""Words for the equation that a gradient which vanishes is."""
_MOST_CONDITIONS = 3
_SECONDS, _MOST_EDITS = 1.5, 60


def _said(comparer: Comparer, condition: Condition) -> str:
    line = comparer.collected.source.place(condition.chain.place)[0]
    return f"condition that the gradient of {condition.of} vanishes" if condition.of else f"condition at line {line}"


def _same(comparer: Comparer, chain: Chain, condition: Condition, sides: tuple[Tree, Tree], key: str) -> bool | None:
    """Whether a condition and an equation have the same solutions for an unknown."""
    symbols = comparer.symbols.at(chain.section)
    names = {n for tree in (condition.left, condition.right, *sides) for n in (*names_in(symbols, tree), key)}
    own = frozenset(n for n in names if unknown(n) == key)
    gaps = _gap(condition.left, condition.right), _gap(*sides)
    for plain in (False, True):
        reading = Reading(comparer.layout, plain=plain, capitals=plain)
        learned = Learned(comparer.seen_from(chain, reading))
        try:
            for _ in range(2):  # once for the shapes
                world = comparer.world(chain, reading, learned, own=own)
                one, two = (comparer.tree_value(gap, world) for gap in gaps)
            context = world.context([one.body, two.body])
            facts = facts_of(stated(world, context))
            return have_same_zeros(one, two, own, replace(context, facts=facts))
        except NOT_READ:
            continue
    return None


def _slip(comparer: Comparer, chain: Chain, condition: Condition, sides: tuple[Tree, Tree], key: str) -> str:
    """The one change of an equation that gives it the solutions of a condition."""
    until = now() + _SECONDS
    text, symbols = comparer.collected.source.text, comparer.symbols
    for k, side in enumerate(sides):
        others = (sides[1 - k],)
        for edit in islice(edits(side, text, symbols, others), _MOST_EDITS):
            if now() > until:
                return ""
            changed = (edit.tree, sides[1]) if k == 0 else (sides[0], edit.tree)
            if _same(comparer, chain, condition, changed, key):
                return edit.words
    return ""


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
