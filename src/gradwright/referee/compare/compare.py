"""Two sides of a relation against each other. Owns: under which reading, case and facts they are compared.

The readings are values (``readings``), each tried once on notes of its own; the first in which the sides are equal
counts, else the first in which they differ. Never: says what a failure means.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import field, replace
from fractions import Fraction

from gradwright.core.build import ONE, ZERO, where
from gradwright.core.context import Context
from gradwright.core.errors import Error, Misfit, Span
from gradwright.core.extents import Clash, Extents
from gradwright.core.facts import FACTS, Facts, Given, of_rank
from gradwright.core.index import Index, free_index
from gradwright.core.node import Array, Node
from gradwright.core.record import dataclass
from gradwright.core.value import Value
from gradwright.read.latex.nodes import Differential, Gradient, Indicator, Vector, variables_of
from gradwright.read.syntax import (
    Cases,
    Comparison,
    Derivative,
    Group,
    Indexed,
    Matrix,
    Name,
    Negative,
    Number,
    Place,
    walk,
)
from gradwright.read.syntax import Node as Tree
from gradwright.referee.clock import SECONDS, OutOfTime, now
from gradwright.referee.compare.assume import put_in
from gradwright.referee.compare.doubts import doubt, unknown_products, unrelated
from gradwright.referee.compare.numeric import Outcome, Pair, as_shown, examine, exception, steady
from gradwright.referee.compare.proof import never_equal, proved
from gradwright.referee.compare.readings import DERIVED, Attempt, guessed, ordered, others, usual
from gradwright.referee.compare.verdicts import (
    Compared,
    Gap,
    aligned,
    apart_in_shape,
    by_letters,
    cased,
    facts_of,
    fitted,
    outer_letters,
    say,
)
from gradwright.referee.compare.witness import shortened, told
from gradwright.referee.evidence import prose
from gradwright.referee.evidence.chains import Chain, Collected, Hypotheses, Supposed, shown
from gradwright.referee.evidence.claims import names_in
from gradwright.referee.evidence.hypotheses import chosen, is_equation
from gradwright.referee.evidence.imposed import differentiates, reached
from gradwright.referee.meaning.einstein import outer_letters_of, summed
from gradwright.referee.meaning.rules import value_of
from gradwright.referee.meaning.symbols import Stated, Symbols, dependencies, symbol_key
from gradwright.referee.meaning.value import Learned, Reading, Unsaid, World, local_dependencies

_PROOF_SECONDS = 2.5


@dataclass(frozen=True, slots=True)
class Around:
    """What the sides of a chain say of each other.

    ``depends``  what is differentiated in what; ``varying``: what its differentials move
    ``outer``    the letters that its head leaves free; ``once``: those that the summation convention leaves so
    ``cased``    whether a side tells cases apart itself
    """

    depends: Mapping[str, Mapping[str, None]] = field(default_factory=dict)
    varying: frozenset[str] = frozenset()
    outer: frozenset[str] = frozenset()
    once: frozenset[str] = frozenset()
    cased: bool = False


def around(symbols: Symbols, chain: Chain) -> Around:
    trees = chain.trees
    nodes = [n for tree in trees for n in walk(tree)]
    varying = symbols.roles.varying
    return Around(
        local_dependencies([*trees, *_gradients_in(symbols, trees)], symbols),
        varying & {symbol_key(symbols, n.body) for n in nodes if isinstance(n, Differential)} or varying,
        frozenset(outer_letters(trees)),
        frozenset(outer_letters_of(trees)) if symbols.customs.einstein else frozenset(),
        any(isinstance(n, Cases) for n in nodes),
    )


def _gradients_in(symbols: Symbols, trees: Sequence[Tree]) -> list[Tree]:
    """∂L/∂h, where a side speaks of g and g = ∂L/∂h: what else the chain differentiates in."""
    keys = frozenset[str]().union(*(reached(symbols, tree) for tree in trees))
    return [d.body for d in symbols.definitions if d.key in keys and differentiates(d.body)]


class Comparer:
    """Compares trees of one document; remembers which layout it keeps to."""

    def __init__(self, collected: Collected, seconds: float = SECONDS) -> None:
        self.collected, self.symbols, self.seconds = collected, collected.symbols, seconds
        self.stated = prose.layout_in(collected.source.text)
        self.layout = self.stated or "mixed"
        self.kept: list[tuple[Chain, Tree, Tree]] = []
        self.began = self.until = self.deadline = 0.0
        self.around = [around(self.symbols.at(chain.section), chain) for chain in collected.chains]
        self.conditioned = {c.number for c in collected.chains if is_equation(self.symbols, c)}
        self.ordered = frozenset[str]().union(*(ordered(self.symbols, chain) for chain in collected.chains))
        self.homes: dict[str, set[int]] = {}
        self.within: dict[int, Mapping[str, Mapping[str, None]]] = {}

    def supposing(self, facts: Sequence[Stated]) -> Comparer:
        """One that knows some facts besides; of what is square by them, the extents are equal."""
        symbols = self.symbols.state(*facts)
        sizes = Extents(symbols.shapes.firm, symbols.shapes.equal)
        for fact in facts:
            if FACTS[fact.fact].square:
                sizes.unify(*symbols.shape(fact.key)[:2])
        other = copy(self)
        other.symbols = replace(symbols, shapes=replace(symbols.shapes, equal=sizes.mark()))
        return other

    def seen_from(self, chain: Chain, reading: Reading) -> Symbols:
        """The symbols as a chain and a reading have them."""
        symbols = self.symbols.at(chain.section, reading.own, reading.freed)
        if reading.fitted:
            known = (replace(d, key=f"hat {d.key}") if d.key in reading.fitted else d for d in symbols.definitions)
            symbols = replace(symbols, definitions=tuple(known))
        customs = symbols.customs
        return (
            replace(symbols, customs=replace(customs, row_vectors=not customs.row_vectors))
            if reading.turned
            else symbols
        )

    def world(
        self, chain: Chain, reading: Reading | None = None, learned: Learned | None = None,
        own: frozenset[str] = frozenset(),
    ) -> World:  # fmt: skip
        """What one reading of a chain begins with; ``own``: symbols that are taken as they stand."""
        reading = reading or Reading(self.layout)
        symbols, there = self.seen_from(chain, reading), self.around[chain.number]
        notes = learned or Learned(symbols, reading.loose)
        depends = self.own_depends(chain) if reading.own else dict(there.depends)
        moved = {key: on for key, on in depends.items() if key not in reading.still}
        return World(
            symbols, chain.place, chain.number, reading, notes, moved, there.varying, there.outer, own,
            fixed=set(reading.still),
        )  # fmt: skip

    def own_depends(self, chain: Chain) -> dict[str, Mapping[str, None]]:
        """What depends on what by the formulas of the chain's section alone."""
        symbols, section = self.symbols.at(chain.section), chain.section
        if section not in self.within:
            trees = [tree for c in self.collected.chains if c.section == section for tree in c.trees]
            self.within[section] = dependencies(trees, symbols)
        within = replace(symbols, roles=replace(symbols.roles, depends=self.within[section]))
        return local_dependencies([*chain.trees, *_gradients_in(within, chain.trees)], within)

    def side(self, chain: Chain, k: int, world: World) -> Value:
        side = chain.sides[k]
        if side.tree is None:
            raise side.error or Error("not understood", side.span)
        return self.tree_value(side.tree, world)

    def tree_value(self, tree: Tree, world: World) -> Value:
        value = value_of(world, tree)
        if not self.symbols.customs.einstein:
            return value
        return summed(lambda term: value_of(world, term), tree, self.around[world.chain].once)

    def compared(self, chain: Chain, left: int, right: int) -> Compared:
        trees = chain.sides[left].tree, chain.sides[right].tree
        assert trees[0] is not None
        assert trees[1] is not None
        return self.compare_trees(chain, trees[0], trees[1])

    def compare_trees(self, chain: Chain, left: Tree, right: Tree, quick: bool = False) -> Compared:
        """The first reading in which the sides are equal, else the first in which they differ."""
        attempts = usual(self.symbols.at(chain.section), self.ordered, self.layout, left, right, quick)
        best = self.tried(chain, attempts, quick)
        if best.unread and (found := self.whatever_they_are(chain, left, right, best, quick)):
            return found
        if quick or not (best.holds is False or best.sizes or best.misfit):
            return best
        again = self.tried(chain, others(self.symbols, attempts[0]), quick, firm=True)
        if again.holds:
            return again
        return self.looked_at(best) if best.holds is False else best

    def looked_at(self, found: Compared) -> Compared:
        """A difference with the shortest point that shows it, and whether the sides differ everywhere."""
        gap, outcome = found.gap, found.outcome
        if gap is None or outcome is None:
            return found
        never = gap.given is not None and never_equal(gap.pair, gap.given)
        if gap.seen is not None and gap.given is not None and not never:
            never = self.is_steady(gap.pair, gap.given, gap.seen)
        short = shortened(gap.pair, gap.within, outcome, self.deadline)
        return replace(found, outcome=told(short, gap.supposed), never=never, gap=None)

    def tried(self, chain: Chain, attempts: Iterable[Attempt], quick: bool, firm: bool = False) -> Compared:
        """The first attempt that holds (``firm``: as extents are declared); else the first that is false, or any."""
        found: list[Compared] = []
        for attempt in attempts:
            if attempt.after and found[-1].failure not in attempt.after:
                continue
            tried = self.under(chain, attempt, quick)
            if tried.holds and (tried.fixed or not attempt.fixed) and not (firm and tried.sizes):
                settled = self.settled(attempt, tried)
                numbers = attempt.reading.plain and any(f.holds is False for f in found)
                return self.as_numbers(attempt, settled) if numbers else settled
            found += [tried] if not tried.holds else []
        best = next((f for f in found if f.holds is False), found[0] if found else Compared(None))
        return replace(best, misfit=best.misfit and all(f.unread for f in found))

    def as_numbers(self, attempt: Attempt, found: Compared) -> Compared:
        """What holds of numbers and not of matrices, where the letters alone tell which they are."""
        names = guessed(self.symbols, self.ordered, attempt.left, attempt.right)
        if not names:
            return found
        said = " and ".join(sorted(names))
        if not _MATRICES.search(self.collected.source.text):
            return found.noting(f"{said} read as {'numbers' if len(names) > 1 else 'a number'}")
        reason = f"it holds of numbers and not of matrices, and it is not said which {said} is: say its shape"
        return Compared(None, reason=reason, unread=True)

    def whatever_they_are(self, chain: Chain, left: Tree, right: Tree, found: Compared, quick: bool) -> Compared | None:
        """What holds whatever a symbol is, where what it is defined as cannot be read; nothing else is said of it.

        A derivative is left out: what its symbol depends on is part of what is not known.
        """
        if any(isinstance(n, DERIVED) for t in (left, right) for n in walk(t)):
            return None
        attempts = usual(self.symbols.at(chain.section), self.ordered, self.layout, left, right, quick)
        keys: frozenset[str] = frozenset()
        while found.unread and (more := self.unread_at(found.span, (left, right)) - keys):
            keys |= more
            freed = (replace(a, reading=replace(a.reading, freed=keys)) for a in attempts)
            found = self.tried(chain, freed, quick)
        return found.noting(f"whatever {' and '.join(sorted(keys))} stands for") if keys and found.holds else None

    def unread_at(self, span: Span | None, trees: Sequence[Tree | None]) -> frozenset[str]:
        """The symbols in whose definition something is not understood, if it does not stand in the trees themselves."""
        if span is None or any(t is not None and t.span[0] <= span[0] < t.span[1] for t in trees):
            return frozenset()
        spans = ((d.key, d.body.span) for d in self.symbols.definitions)
        return frozenset(key for key, body in spans if body[0] <= span[0] < body[1])

    def settled(self, attempt: Attempt, found: Compared) -> Compared:
        """With its note; in another layout, to which the document moves if everything held so far holds in it too."""
        found = found.noting(attempt.said) if attempt.said else found
        layout = attempt.reading.layout
        if layout == self.layout:
            return found
        again = [self.under(c, Attempt(Reading(layout), a, b), True) for c, a, b in self.kept[-6:]]
        if not self.stated and all(kept.holds and not kept.turned for kept in again):
            self.layout = layout
            return found
        return replace(
            found, turned=True, reason=f"right in {layout} layout; the document keeps to {self.layout} layout"
        )

    def under(self, chain: Chain, attempt: Attempt, quick: bool = False) -> Compared:
        """One comparison in one reading; declared extents are made equal only where nothing else fits."""
        learned, found = self.once(chain, attempt, quick)
        if quick or not found.misfit:
            return found
        loose = replace(attempt, reading=replace(attempt.reading, loose=True))
        learned, again = self.once(chain, loose, quick)
        if again.holds is None or again.doubt or again.unrelated:
            return found
        shapes = self.symbols.shapes
        known = {d for key, section in shapes.declared.items() if section == chain.section for d in shapes.known[key]}
        merged = [(a, b) for a, b in learned.sizes.merged if str(a)[:1] != "?"]
        named = [f"{a} = {b}" for a, b in merged if isinstance(b, str) and {a, b} <= known]
        again = again.noting(*(f"{a} = {b} here" for a, b in merged if f"{a} = {b}" not in named))
        if again.holds:
            return replace(again, sizes=tuple(named))
        reason = f"the shapes fit only if {' and '.join(named)}, and then it is false"
        return replace(again, reason=reason) if named else again

    def once(self, chain: Chain, attempt: Attempt, quick: bool) -> tuple[Learned, Compared]:
        """What one reading says, and what it learned of shapes."""
        learned = Learned(self.seen_from(chain, attempt.reading), attempt.reading.loose)
        try:
            world, a, b = self.read(chain, attempt, learned)
            turned, left, right, axes = self.side_by_side(chain, a, b, world)
            found = self.decided(chain, left, right, axes, world, quick, unit_shown(attempt.left, attempt.right))
        except Error as error:
            found = Compared(None, reason=error.message, span=error.span, unread=True)
            return learned, replace(found, misfit=isinstance(error, Misfit), unsaid=isinstance(error, Unsaid))
        except ArithmeticError as error:
            return learned, Compared(None, reason=f"could not be computed ({type(error).__name__})", unread=True)
        if found.holds and (keys := self.vanishing(chain, attempt, left, axes, world)):
            return self.once(chain, replace(attempt, reading=replace(attempt.reading, freed=keys)), quick)
        if not quick and found.holds and axes and any(isinstance(n, Derivative) for n in walk(attempt.left)):
            self.kept.append((chain, attempt.left, attempt.right))
        if turned and found.holds:
            found = replace(found, turned=True, reason="equal up to a transpose")
        found = found.noting(*(n for n in world.notes if n not in found.notes))
        found = replace(found, exact=found.exact and not world.stand_ins, fixed=tuple(sorted(world.fixed)))
        return learned, self.doubted(chain, attempt, left, right, world, found) if found.holds is False else found

    def side_by_side(
        self, chain: Chain, a: Value, b: Value, world: World
    ) -> tuple[bool, Node, Node, tuple[Index, ...]]:
        """Whether one side is turned, and both over the same axes; an entry may stand for its array."""
        try:
            turned = fitted(a, b)
        except Misfit:
            for one, two in by_letters(a, b):
                before = world.learned.sizes.mark()
                with suppress(Clash):
                    for x, y in zip(one.axes, two.axes, strict=True):
                        world.learned.sizes.unify(x.dim, y.dim)
                    bodies = aligned(one, two, False)
                    if self.decided(chain, *bodies, world, True).holds:
                        world.notes["an entry stands for the whole array"] = None
                        return False, *bodies
                world.learned.sizes.reset(before)
            raise
        return turned, *aligned(a, b, turned)

    def read(self, chain: Chain, attempt: Attempt, learned: Learned) -> tuple[World, Value, Value]:
        """Both sides: once for the shapes, once for the nodes."""
        for _ in range(2):
            world = self.world(chain, attempt.reading, learned)
            a, b = self.tree_value(attempt.left, world), self.tree_value(attempt.right, world)
            self.learn_shapes(chain, world)
            if len(a.axes) == len(b.axes) and not fitted(a, b):
                try:
                    for x, y in zip(a.axes, b.axes, strict=True):
                        learned.sizes.unify(x.dim, y.dim)
                except Clash:
                    raise Misfit(apart_in_shape(a, b, learned.sizes.find)) from None
        return world, a, b

    def learn_shapes(self, chain: Chain, world: World) -> None:
        """What the values that are supposed say of shapes; those that do not fit are told of when they are put in."""
        learned = world.learned
        sizes = learned.sizes.mark()
        try:
            self.supposed_values(chain.supposed, world)
        except Error:
            learned.sizes.reset(sizes)

    def doubted(
        self, chain: Chain, attempt: Attempt, left: Node, right: Node, world: World, found: Compared
    ) -> Compared:
        """A difference, with why it may be one of reading."""
        why = doubt(world, left, right)
        unknown = bool(world.stand_ins) or unknown_products(world, left, right)
        one, two = attempt.left, attempt.right
        data = isinstance(one, Indexed) and any(isinstance(i, Place) for i in one.items)
        apart = ""
        if not why and (data or outer_letters([one]) == outer_letters([two])):
            supposed = found.gap.supposed if found.gap is not None else {}
            tied = [array.body.names | {key} for key, array in supposed.items()]
            apart = unrelated(world, left, right, lambda key: self.is_elsewhere(key, chain), tied)
        return replace(found, doubt=why, unknown=unknown, unrelated=apart)

    def is_elsewhere(self, key: str, chain: Chain) -> bool:
        """Whether a symbol stands in another chain of the document too."""
        if not self.homes:
            for other in self.collected.chains:
                symbols = self.symbols.at(other.section)
                for name in {n for tree in other.trees for n in names_in(symbols, tree)}:
                    self.homes.setdefault(name, set()).add(other.number)
        return bool(self.homes.get(key, set()) - {chain.number})

    def vanishing(
        self, chain: Chain, attempt: Attempt, body: Node, axes: tuple[Index, ...], world: World
    ) -> frozenset[str]:
        """The symbols with a value in which a derivative is taken, where both sides are zero at that value."""
        nodes = [n for t in (attempt.left, attempt.right) for n in walk(t) if isinstance(n, Derivative | Gradient)]
        keys = {symbol_key(world.symbols, w) for n in nodes for w in variables_of(n)} & set(world.arrays)
        keys = {key for key in keys if world.symbols.definition(key, chain.place) is not None}
        if not keys or isinstance(attempt.right, Number):
            return frozenset()
        return frozenset(keys) if self.decided(chain, body, ZERO, axes, world, True).holds else frozenset()

    def decided(
        self, chain: Chain, left: Node, right: Node, axes: tuple[Index, ...], world: World, quick: bool = False,
        unit: Fraction | None = None,
    ) -> Compared:  # fmt: skip
        """In the case that is open; under what its sentence supposes; with the values that were chosen."""
        first: Compared | None = None
        for conditions, under in self.cases(chain, left.names & right.names):
            found = self.in_case(conditions, under, left, right, axes, world, quick, unit)
            if found.holds and under.values and ZERO not in (left, right):  # 0 = 0, at a value where a step vanishes
                vacuous = self.in_case(conditions, under, left, ZERO, axes, world, True, None).holds
                found = first if vacuous and first is not None else found
            if found.holds:
                found = found.noting(*self.said_of(under))
                return replace(found, exact=found.exact and not any(v.generic for v in under.values))
            bounded = replace(under, values=tuple(v for v in under.values if v.bounds))
            if bounded.values and found.gap is not None:
                found = replace(found, gap=replace(found.gap, supposed=self.supposed_values(bounded, world)))
            first = found if under and found.holds is False else first or found
        assert first is not None
        return first

    def cases(self, chain: Chain, shared: frozenset[str] = frozenset()) -> list[tuple[list[Comparison], Hypotheses]]:
        """The case that is open, the one that is not; under what is supposed; with the values that were chosen.

        ``shared``: the symbols that stand on both sides.
        """
        case = [*chain.scope, *chain.conditions]
        found = [(list(chain.conditions) if self.around[chain.number].cased else case, Hypotheses())]
        if not self.around[chain.number].cased and chain.closed_scope and not chain.scope:
            found.append(([*chain.closed_scope, *chain.conditions], Hypotheses()))
        supposed = chain.supposed
        values = self.values(chain, shared)
        if supposed.values or supposed.facts or supposed.limits:
            found.append((case, supposed))
        if values != supposed.values:
            found.append((case, replace(supposed, values=values)))
        return found[1:] if supposed.alone else found

    def values(self, chain: Chain, shared: frozenset[str] = frozenset()) -> tuple[Supposed, ...]:
        """The values that are supposed in the sentence, or were chosen before it."""
        symbols, own = self.symbols.at(chain.section), chain.supposed.values
        anew = [s.tree for s in chain.sides if isinstance(s.tree, Name | Indexed)]
        keys = {item.key for item in own} | {symbol_key(symbols, tree) for tree in anew}
        return (*own, *(v for v in chosen(symbols, self.collected.chains, chain, shared) if v.key not in keys))

    def said_of(self, under: Hypotheses) -> list[str]:
        """What is supposed, in words."""
        text = self.collected.source.text
        told = [v.said(text) for v in under.values]
        told += [text[c.left.span[0] : c.right.span[1]] for c in under.limits]
        return [f"where {', '.join(told)}"] if told else []

    def in_case(
        self, conditions: Sequence[Comparison], under: Hypotheses, left: Node, right: Node, axes: tuple[Index, ...],
        world: World, quick: bool, unit: Fraction | None,
    ) -> Compared:  # fmt: skip
        """Without a fact, then with all that are stated, then with the one that is enough."""
        left, right, apart = cased(conditions, left, right)
        values = self.supposed_values(under, world)
        context = world.context([left, right, *(array.body for array in values.values())])
        left, right, context = put_in(values, left, right, context)
        left, right, held = narrowed(under, world, left, right)
        for name, array in context.definitions.items():
            if array.body.free - set(array.axes):
                raise Error(f"{name} rests on one of many of a symbol with an index; which one is not said")
        free = sorted((left.free | right.free) - set(axes), key=lambda i: str(i.name))
        pair = Pair(left, right, (*axes, *free), tuple(apart))
        facts = [
            *stated(world, context),
            *(Given(f.fact, f.key) for f in under.facts if f.key not in context.definitions),
        ]
        plain, given = replace(context, facts=Facts()), replace(context, facts=facts_of(facts))
        if held is not ONE and not _on_a_region(exception(replace(pair, left=held, right=ZERO), given, self.deadline)):
            return Compared(None, reason="no point was found that satisfies the conditions it is said under")
        outcome = examine(pair, plain, self.deadline)
        if outcome.agree is True:
            return self.agreed(pair, outcome, plain, [], facts, quick)
        if outcome.agree is False and unit is not None and as_shown(pair, unit, plain):
            return Compared(True, replace(outcome, agree=True, counterexample=None), notes=("to the digits shown",))
        if not facts:
            return differing(Gap(pair, plain, outcome, plain), outcome, outcome.reason)
        again = examine(pair, given, self.deadline)
        if again.agree is True:
            enough = self.least(pair, context, facts)
            return self.agreed(pair, again, replace(context, facts=facts_of(enough)), enough, facts, quick)
        # None where no point has the facts: what fails without them may hold with them
        reason = "" if again.agree is False else again.reason or outcome.reason
        at, within = (again, given) if again.counterexample else (outcome, plain)
        return differing(Gap(pair, within, again, given), at, reason)

    def is_steady(self, pair: Pair, context: Context, seen: Outcome) -> bool:
        """Whether the sides differ by one number at every point, as far as there is time."""
        try:
            return steady(pair, context, seen, self.deadline)
        except (Error, OutOfTime):
            return False

    def agreed(
        self, pair: Pair, outcome: Outcome, context: Context, used: Sequence[Given], facts: Sequence[Given], quick: bool
    ) -> Compared:
        """Sides that agree at points: perhaps not at all, perhaps by a proof."""
        if quick:
            return Compared(True, outcome, tuple(map(say, used)))
        elsewhere = exception(pair, context, self.deadline)
        if _on_a_region(elsewhere) and facts and not used:
            used, context = facts, replace(context, facts=facts_of(facts))
            elsewhere = exception(pair, context, self.deadline)
        if _on_a_region(elsewhere):
            return Compared(False, elsewhere, gap=Gap(pair, context))
        proof = proved(pair, context) if now() < self.began + _PROOF_SECONDS else None
        names = dict.fromkeys(rule.name for rule in proof.rules) if proof is not None else ()
        notes = ("except at single points",) if elsewhere is not None else ()
        return Compared(True, outcome, tuple(map(say, used)), exact=proof is not None, proof=tuple(names), notes=notes)

    def supposed_values(self, under: Hypotheses, world: World) -> dict[str, Array]:
        """The values that are supposed, as arrays."""
        found: dict[str, Array] = {}
        for item in under.values:
            if item.key in world.arrays or self.symbols.is_defined(item.key) or self.is_circular(item):
                continue
            value = value_of(world, item.value)
            loose = {str(index.name): index for index in value.body.free}
            axes = (*(loose.get(x) or free_index(x, f"?ix:{x}") for x in item.letters), *value.axes)
            if len(axes) != world.rank(item.key):
                raise Error(f"what is put in for {shown(item.key)} has another shape", item.value.span)
            try:
                for axis, dim in zip(axes, world.shape(item.key), strict=True):
                    world.learned.sizes.unify(axis.dim, dim)
            except Clash:
                raise Misfit(f"what is put in for {shown(item.key)} has another shape", item.value.span) from None
            found[item.key] = Array(axes, value.body)
        return found

    def is_circular(self, item: Supposed) -> bool:
        """Whether a definition of what a value is made of speaks of the symbol whose value it is."""
        keys = names_in(self.symbols, item.value) - {item.key}
        return any(item.key in reached(self.symbols, d.body) for d in self.symbols.definitions if d.key in keys)

    def least(self, pair: Pair, context: Context, facts: list[Given]) -> list[Given]:
        """One fact that is enough, the weakest first; else all of them."""
        weak = [Given(name, fact.symbol) for fact in facts for name in FACTS[fact.fact].implies if name in _WEAK]
        for fact in dict.fromkeys([*weak, *facts]):
            try:
                again = examine(pair, replace(context, facts=Facts([fact])), self.deadline)
            except Error:
                continue
            if again.agree:
                return [fact]
        return facts


_MATRICES = re.compile(r"\bmatri(?:x|ces)\b", re.I)
_WEAK = ("simplex", "simplex_rows", "symmetric")


def narrowed(under: Hypotheses, world: World, left: Node, right: Node) -> tuple[Node, Node, Node]:
    """Both sides where the inequalities that are supposed hold and 0 elsewhere, and 1 where they do."""
    if not under.limits:
        return left, right, ONE
    held = value_of(world, Indicator(under.limits[0].span, under.limits)).body
    one, two = (where("==", held, ONE, side, ZERO) for side in (left, right))
    return one, two, held


def stated(world: World, context: Context) -> list[Given]:
    """The document's facts about the symbols of a context (as far as they can hold of them)."""
    told = world.learned.facts
    many = [replace(s, key=s.key + "[]") for s in told if world.rank(s.key + "[]")]
    found: list[Given] = []
    for fact in [*told, *many]:  # of y, and of all the y_i where y is one number too
        row, rank = FACTS.get(fact.fact), world.rank(fact.key)
        if row is not None and rank in row.ranks and fact.key not in context.definitions:
            found.append(Given(of_rank(fact.fact, rank), fact.key))
    return list(dict.fromkeys(found))


def _on_a_region(exception: Outcome | None) -> bool:
    """Whether sides that agree elsewhere differ at more than single points."""
    return exception is not None and exception.agree is False


def differing(gap: Gap, shown: Outcome, reason: str) -> Compared:
    """Sides that differ, or cannot be compared."""
    agree = gap.seen.agree if gap.seen is not None else False
    return Compared(agree, shown, reason=reason, gap=gap if agree is False else None)


def unit_shown(*trees: Tree) -> Fraction | None:
    """One unit of the last digit of a side that is made of decimal numbers."""
    sides = [[n.text for n in walk(tree) if isinstance(n, Number)] for tree in trees if _literal(tree)]
    digits = [len(text.partition(".")[2]) for side in sides for text in side if text.count(".") == 1]
    return Fraction(1, 10 ** min(digits)) if digits else None


def _literal(tree: Tree) -> bool:
    """A number, or an array that is written out in numbers."""
    return all(isinstance(n, Number | Negative | Group | Matrix | Vector) for n in walk(tree))
