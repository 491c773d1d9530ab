"""Equations that are solved step by step. Owns: whether a step keeps the solutions of the one before it.

Polynomials in one unknown number with rational coefficients are decided by their roots; two other equations are the
same if they differ by a factor. Never: knows why one follows another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING

from gradwright.core.node import Add, Const, Entry, Mul, Node, Pow
from gradwright.core.record import dataclass
from gradwright.core.value import Value
from gradwright.read.syntax import Group, Indexed, Name, Number, Product, Quotient, Sum
from gradwright.read.syntax import Node as Tree
from gradwright.referee.clock import now
from gradwright.referee.compare.compare import Comparer, stated
from gradwright.referee.compare.verdicts import Verdict, facts_of
from gradwright.referee.evidence.chains import Chain
from gradwright.referee.evidence.claims import names_in
from gradwright.referee.evidence.hypotheses import is_condition
from gradwright.referee.evidence.imposed import differentiates, is_tied, unknown
from gradwright.referee.evidence.wording import another, clause, governs, infers, sentence
from gradwright.referee.meaning.symbols import symbol_key
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
    alone = len(chain.links) == 1 and chain.links[0].sort in ("claim", "condition", "assumed", "imposed")
    tied = is_tied(chain) or infers(chain.before)
    if sides is None or not alone or any(map(differentiates, sides)) or "definition" in governs(chain.before):
        return None
    apart = []
    for told in _tied(comparer, chain, sides, tied):
        same = _same(told, chain, sides)
        if same:
            return Verdict("confirmed", f"it has the solutions of the {_said(told)}")
        apart += [told] if same is False and told.is_ground else []
    conditional = is_condition(chain) and not (tied or _NORMAL.search(clause(chain.before)))
    if conditional or another(sentence(chain.before), perhaps=True):
        return None
    for told in apart:
        if slip := _slip(told, chain, sides):
            return Verdict("refuted", f"it does not have the solutions of the {_said(told)}", slip=slip)
    return None


@dataclass(frozen=True, slots=True)
class _Told:
    """A condition on an unknown that an equation may follow from, and the document without what its solutions mean."""

    comparer: Comparer
    condition: Condition
    key: str

    @property
    def is_ground(self) -> bool:
        """Whether an equation that differs from it may be wrong: it is that a gradient vanishes, or x = g(x)."""
        left, symbols = self.condition.left, self.comparer.symbols.at(self.condition.chain.section)
        named = isinstance(left, Name | Indexed) and symbol_key(symbols, left) == self.key
        return self.condition.gradient or named


def _tied(comparer: Comparer, chain: Chain, sides: tuple[Tree, Tree], tied: bool) -> Iterator[_Told]:
    """The conditions on its unknowns; where no word says that it follows, those of its own sentence alone."""
    symbols = comparer.symbols.at(chain.section)
    normal = bool(_NORMAL.search(clause(chain.before)))
    stationary = normal or comparer.collected.imposed.get(chain.section, chain.number) < chain.number
    for key in sorted({unknown(n) for side in sides for n in names_in(symbols, side)} & _unknowns(comparer, chain)):
        seen, conditions = imposed_on(comparer, chain, key, stationary)
        if seen.symbols.at(chain.section).is_defined(key):
            continue
        own = any(c.chain is not chain and c.chain.sentence == chain.sentence for c in conditions)
        if tied or normal or own:  # what is derived counts beside what is written, which may be wrong itself
            written = [c for c in conditions if not c.of and (tied or normal or c.chain.sentence == chain.sentence)]
            derived = [c for c in conditions if c.of]
            yield from (_Told(seen, c, key) for c in (*written[: _MOST_CONDITIONS - len(derived)], *derived))


_NORMAL = re.compile(
    r"\bnormal equations?\b|\b(?:first-order|stationarity|optimality) (?:condition|equation)s?\b", re.I
)
"""Words for the equation that a gradient which vanishes is."""
_MOST_CONDITIONS = 3
_SECONDS, _MOST_EDITS = 1.5, 60


def _unknowns(comparer: Comparer, chain: Chain) -> set[str]:
    """What is differentiated in or solved for in the section, and what is what a function of it says: v = r + γ P v."""
    symbols = comparer.symbols.at(chain.section)
    found = set(symbols.roles.wrts).union(*(d.params for d in symbols.definitions if d.section == chain.section))
    for other in comparer.collected.chains:
        for link in other.links if other.section == chain.section else ():
            left, right = other.sides[link.left].tree, other.sides[link.left + 1].tree
            key = symbol_key(symbols, left) if isinstance(left, Name | Indexed) else ""
            found |= {unknown(link.solves)} if link.solves else set()
            found |= {key} if key and right is not None and key in names_in(symbols, right) else set()
    return found


def _said(told: _Told) -> str:
    condition = told.condition
    line = told.comparer.collected.source.place(condition.chain.place)[0]
    return f"condition that the gradient of {condition.of} vanishes" if condition.of else f"condition at line {line}"


def _same(told: _Told, chain: Chain, sides: tuple[Tree, Tree]) -> bool | None:
    """Whether a condition and an equation have the same solutions for an unknown."""
    comparer, condition, key = told.comparer, told.condition, told.key
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
            if world.spread or world.lifted or world.averaged or world.endless:
                return None
            context = world.context([one.body, two.body])
            facts = facts_of(stated(world, context))
            return have_same_zeros(one, two, own, replace(context, facts=facts))
        except NOT_READ:
            continue
    return None


def _slip(told: _Told, chain: Chain, sides: tuple[Tree, Tree]) -> str:
    """The one change of an equation that gives it the solutions of a condition."""
    until = now() + _SECONDS
    text, symbols = told.comparer.collected.source.text, told.comparer.symbols
    for k, side in enumerate(sides):
        others = (sides[1 - k],)
        for edit in islice(edits(side, text, symbols, others), _MOST_EDITS):
            if now() > until:
                return ""
            changed = (edit.tree, sides[1]) if k == 0 else (sides[0], edit.tree)
            if _same(told, chain, changed):
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
