"""Two sides of a relation against each other. Owns: under which layout, case, facts and conventions they are compared.

A claim that fails is tried with the document's facts, in other layouts and readings. Never: says what a failure means.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import chain as chained
from itertools import pairwise
from time import perf_counter

from gradwright.core.build import ZERO, rename
from gradwright.core.context import Context
from gradwright.core.errors import Error, Misfit, Span
from gradwright.core.extents import Clash
from gradwright.core.facts import FACTS, Facts, Given, of_rank
from gradwright.core.index import Index, free_index
from gradwright.core.node import Array, Const, Node
from gradwright.core.value import Value
from gradwright.read.latex.nodes import Differential, Expectation, Gradient, Hessian, Vector
from gradwright.read.syntax import (
    Call,
    Cases,
    Comparison,
    Derivative,
    Group,
    Indexed,
    Letter,
    Matrix,
    Name,
    Negative,
    Norm,
    Number,
    Place,
    Product,
    Transposed,
    walk,
)
from gradwright.read.syntax import Node as Tree
from gradwright.referee.clock import SECONDS, OutOfTime
from gradwright.referee.compare.assume import put_in
from gradwright.referee.compare.doubts import unrelated
from gradwright.referee.compare.numeric import Outcome, as_shown, examine, exception, steady
from gradwright.referee.compare.proof import never_equal, proved
from gradwright.referee.compare.verdicts import (
    Compared,
    apart_in_shape,
    cased,
    doubt,
    entries,
    facts_of,
    fitted,
    outer_letters,
    say,
    unknown_products,
)
from gradwright.referee.compare.witness import shortened, told
from gradwright.referee.evidence import prose
from gradwright.referee.evidence.chains import Hypotheses, Supposed, shown
from gradwright.referee.evidence.claims import names_in
from gradwright.referee.evidence.collect import Chain, Collected
from gradwright.referee.evidence.hypotheses import chosen, is_equation, suppositions
from gradwright.referee.evidence.imposed import reached
from gradwright.referee.meaning.einstein import outer_letters_of, summed
from gradwright.referee.meaning.rules import value_of
from gradwright.referee.meaning.sums import widened
from gradwright.referee.meaning.symbols import symbol_key
from gradwright.referee.meaning.value import Unsaid, World, local_dependencies

LAYOUTS = ("mixed", "denominator", "numerator")
_PROOF_SECONDS = 2.5


class Comparer:
    """Compares trees of one document; remembers which layout it keeps to."""

    def __init__(self, collected: Collected, seconds: float = SECONDS) -> None:
        self.collected, self.symbols, self.seconds = collected, collected.symbols, seconds
        self.stated = prose.layout_in(collected.source.text)
        self.layout = self.stated or "mixed"
        self.kept: list[tuple[Chain, Tree, Tree]] = []
        self.deadline = 0.0
        self.most = 0
        self.capitals = False
        self.partial = False
        self.homes: dict[str, set[int]] = {}
        self.ordered = frozenset[str]().union(*map(ordered, collected.chains))
        for number, supposed in suppositions(self.symbols, collected.chains).items():
            collected.chains[number].supposed = supposed
        self.conditioned = {c.number for c in collected.chains if is_equation(self.symbols, c)}

    def world(self, chain: Chain, layout: str, plain: bool = False) -> World:
        world = World(self.symbols, chain.place, chain.number, layout, plain_scalars=plain)
        self.symbols.section = chain.section
        if not chain.kept:
            trees = [s.tree for s in chain.sides if s.tree is not None]
            own = {symbol_key(self.symbols, n.body) for t in trees for n in walk(t) if isinstance(n, Differential)} - {
                ""
            }
            varying = {k for k in own if k in self.symbols.varying} or set(self.symbols.varying)
            chain.kept = {
                "depends": local_dependencies(trees, self.symbols),
                "outer": outer_letters(trees),
                "varying": varying,
            }
        world.depends, world.outer = dict(chain.kept["depends"]), set(chain.kept["outer"])
        world.varying = set(chain.kept["varying"])
        world.most, world.capitals, world.partial = self.most, self.capitals, self.partial
        return world

    def side(self, chain: Chain, k: int, world: World, own: frozenset[str] = frozenset()) -> Value:
        side = chain.sides[k]
        if side.tree is None:
            raise side.error or Error("not understood", side.span)
        return self.tree_value(side.tree, chain, world)

    def tree_value(self, tree: Tree, chain: Chain, world: World) -> Value:
        if not self.symbols.einstein:
            return value_of(world, tree)
        if "outer letters" not in chain.kept:
            chain.kept["outer letters"] = outer_letters_of(s.tree for s in chain.sides if s.tree is not None)
        value_of(world, tree)  # for the shapes of the whole
        return summed(lambda term: value_of(world, term), tree, chain.kept["outer letters"])

    def compared(self, chain: Chain, left: int, right: int) -> Compared:
        trees = chain.sides[left].tree, chain.sides[right].tree
        assert trees[0] is not None
        assert trees[1] is not None
        return self.compare_trees(chain, trees[0], trees[1])

    def compare_trees(self, chain: Chain, left: Tree, right: Tree, quick: bool = False) -> Compared:
        """Under the document's layout, then under the others; the first that holds, or the first refutation."""
        moments = any(isinstance(n, Expectation) for n in chained(walk(left), walk(right)))
        self.capitals = moments or self.is_guessed(left, right) or self.is_called(left, right)
        first = self.in_layouts(chain, left, right, quick)
        if first.unread and (found := self.whatever_they_are(chain, left, right, first, quick)):
            return found
        if first.holds is not False or quick:
            return first
        if (most := _most_place(left, right)) > 1:
            self.most = most
            try:
                found = self.in_layouts(chain, left, right, quick)
            finally:
                self.most = 0
            if found.holds:
                found.notes.append(f"of {most} entries, as many as are written out")
                return found
        if len({d.section for d in self.symbols.definitions}) > 1:
            self.symbols.own_section = True
            try:
                found = self.in_layouts(chain, left, right, quick)
            finally:
                self.symbols.own_section = False
            if found.holds:
                found.notes.append("its symbols are taken as this section has them")
                return found
        if any(isinstance(n, Derivative) for n in chained(walk(left), walk(right))):
            self.partial = True
            try:
                found = self.under(chain, left, right, self.layout, False, quick)
            finally:
                self.partial = False
            if found.holds and found.fixed:
                return found
        for a, b in ((left, widened(right)), (widened(left), right)):
            if a is not left or b is not right:
                found = self.under(chain, a, b, self.layout, False, quick)
                if found.holds:
                    found.notes.append("the Σ is read to the end of its side")
                    return found
        return first

    def whatever_they_are(self, chain: Chain, left: Tree, right: Tree, found: Compared, quick: bool) -> Compared | None:
        """What holds whatever a symbol is, where what it is defined as cannot be read; nothing else is said of it.

        A derivative is left out: what its symbol depends on is part of what is not known.
        """
        if any(isinstance(n, Derivative | Gradient | Differential) for n in chained(walk(left), walk(right))):
            return None
        keys: frozenset[str] = frozenset()
        try:
            while found.unread and (more := self.unread_at(found.span, (left, right)) - keys):
                keys |= more
                self.symbols.freed = keys
                found = self.in_layouts(chain, left, right, quick)
        finally:
            self.symbols.freed = frozenset()
        if not keys or not found.holds:
            return None
        found.notes.append(f"whatever {' and '.join(sorted(keys))} stands for")
        return found

    def unread_at(self, span: Span | None, trees: Sequence[Tree | None]) -> frozenset[str]:
        """The symbols in whose definition something is not understood, if it does not stand in the trees themselves."""
        if span is None or any(t is not None and t.span[0] <= span[0] < t.span[1] for t in trees):
            return frozenset()
        spans = ((d.key, d.body.span) for d in self.symbols.definitions)
        return frozenset(key for key, body in spans if body[0] <= span[0] < body[1])

    def in_layouts(self, chain: Chain, left: Tree, right: Tree, quick: bool) -> Compared:
        found: list[Compared] = []
        arrays = any(isinstance(n, Derivative | Gradient | Differential) for n in chained(walk(left), walk(right)))
        layouts = [self.layout, *[x for x in LAYOUTS if x != self.layout]] if arrays else [self.layout]
        for layout in layouts[:1] if quick else layouts:
            for plain in (False, True):
                found.append(self.under(chain, left, right, layout, plain, quick))
                if found[-1].holds:
                    if layout != self.layout:
                        self.settle(chain, layout, found[-1])
                    false = any(f.holds is False for f in found)
                    return self.as_numbers(found[-1], left, right) if plain and false else found[-1]
                guessed = found[-1].holds is False and self.capitals
                if not guessed and not (found[-1].holds is None and found[-1].unread):
                    break
        first = next((f for f in found if f.holds is False), found[0])
        first.misfit = first.misfit and all(f.unread for f in found)
        return first

    def as_numbers(self, found: Compared, left: Tree, right: Tree) -> Compared:
        """What holds of numbers and not of matrices, where the letters alone tell which they are."""
        names = {n.stem for n in chained(walk(left), walk(right)) if isinstance(n, Name)} & self.symbols.guessed
        if not names or not self.is_guessed(left, right):
            return found
        said = " and ".join(sorted(names))
        if not _MATRICES.search(self.collected.source.text):
            found.notes.append(f"{said} read as {'numbers' if len(names) > 1 else 'a number'}")
            return found
        reason = f"it holds of numbers and not of matrices, and it is not said which {said} is: say its shape"
        return Compared(None, reason=reason, unread=True)

    def is_guessed(self, *trees: Tree) -> bool:
        """Whether a capital was taken for a matrix by its letter alone, and multiplies nothing but numbers."""
        nodes = [n for t in trees for n in walk(t)]
        names = {n.stem for n in nodes if isinstance(n, Name)} & self.symbols.guessed
        if names & self.ordered or any(
            isinstance(n, Product) and any(op == "kron" for op, _ in n.factors) for n in nodes
        ):
            return False
        entries = {id(n.base) for n in nodes if isinstance(n, Indexed)}
        arrays = [
            n
            for n in nodes
            if isinstance(n, Transposed | Matrix | Norm | Gradient | Hessian)
            or (isinstance(n, Name) and id(n) not in entries and n.stem not in names and self._is_array(n))
        ]
        return bool(names) and not arrays

    def is_called(self, *trees: Tree) -> bool:
        """Whether a capital that was taken for a matrix by its letter alone is only ever applied here."""
        nodes = [n for t in trees for n in walk(t)]
        heads = {id(n.function) for n in nodes if isinstance(n, Call)}
        found = [n for n in nodes if isinstance(n, Name) and n.stem in self.symbols.guessed]
        return bool(found) and all(id(n) in heads for n in found)

    def _is_array(self, symbol: Tree) -> bool:
        return bool(self.symbols.rank(symbol_key(self.symbols, symbol)))

    def settle(self, chain: Chain, layout: str, found: Compared) -> None:
        """Move to another layout if everything held so far holds in it too; else the relation is one of layout."""
        again = [self.under(c, a, b, layout, False, True) for c, a, b in self.kept[-6:]]
        if not self.stated and all(kept.holds and not kept.turned for kept in again):
            self.layout = layout
        else:
            found.turned = True
            found.reason = f"right in {layout} layout; the document keeps to {self.layout} layout"

    def under(self, chain: Chain, left: Tree, right: Tree, layout: str, plain: bool, quick: bool = False) -> Compared:
        """One comparison under one convention; declared extents are made equal only where nothing else fits."""
        found = self.once(chain, left, right, layout, plain, quick)
        if quick or not found.misfit:
            return found
        sizes = self.symbols.sizes
        mark, sizes.loose, sizes.merged = sizes.mark(), True, []
        try:
            again = self.once(chain, left, right, layout, plain, quick)
        finally:
            sizes.loose = False
            sizes.reset(mark)
        if again.holds is None or again.doubt or again.unrelated:
            return found
        declared = self.symbols.declared.items()
        known = {d for key, section in declared if section == chain.section for d in self.symbols.shapes[key]}
        merged = [(f"{a} = {b}", isinstance(b, str) and {a, b} <= known) for a, b in sizes.merged if str(a)[:1] != "?"]
        named = [said for said, both in merged if both]
        again.notes += [f"{said} here" for said, both in merged if not both]
        if again.holds:
            again.sizes = named
        elif named:
            again.reason = f"the shapes fit only if {' and '.join(named)}, and then it is false"
        return again

    def once(self, chain: Chain, left: Tree, right: Tree, layout: str, plain: bool, quick: bool = False) -> Compared:
        world = self.world(chain, layout, plain)
        sizes = self.symbols.sizes.mark()
        flat = False
        try:
            for _ in range(2):  # once for the shapes, once for the nodes
                world = self.world(chain, layout, plain)
                a, b = self.tree_value(left, chain, world), self.tree_value(right, chain, world)
                flat = len(a.axes) != len(b.axes) and entries(a) == entries(b)
                turned = fitted(a, b)
                if len(a.axes) == len(b.axes) and not turned:
                    for x, y in zip(a.axes, b.axes, strict=True):
                        self.symbols.sizes.unify(x.dim, y.dim)
            if bool(a.axes) != bool(b.axes):  # 0 for an array of zeros
                axes = a.axes or b.axes
                found = self.decided(chain, a.body, b.body, axes, world, quick, unit_shown(left, right))
                found.notes += [n for n in world.notes if n not in found.notes]
                if found.holds is False and not isinstance(a.body if b.axes else b.body, Const):
                    said = apart_in_shape(a, b, self.symbols.sizes.find)
                    return Compared(None, reason=said, unread=True, misfit=True)
                return found
            axes = a.axes
            other = b.axes[::-1] if turned and len(b.axes) == 2 else b.axes
            body = rename(b.body, dict(zip(other, axes, strict=True)))
            found = self.decided(chain, a.body, body, axes, world, quick, unit_shown(left, right))
        except Error as error:
            self.symbols.sizes.reset(sizes)
            found = Compared(None, reason=error.message, span=error.span, unread=True)
            found.misfit, found.unsaid = isinstance(error, Misfit) and not flat, isinstance(error, Unsaid)
            return found
        except ArithmeticError as error:
            self.symbols.sizes.reset(sizes)
            return Compared(None, reason=f"could not be computed ({type(error).__name__})", unread=True)
        except Clash:
            said = apart_in_shape(a, b, self.symbols.sizes.find)
            self.symbols.sizes.reset(sizes)
            return Compared(None, reason=said, unread=True, misfit=True)
        if found.holds and (keys := self.vanishing(chain, left, right, a.body, axes, world)):
            self.symbols.freed = keys
            try:
                return self.once(chain, left, right, layout, plain, quick)
            finally:
                self.symbols.freed = frozenset()
        if turned and found.holds:
            found.turned, found.reason = True, "equal up to a transpose"
        if not quick and found.holds and axes and any(isinstance(n, Derivative) for n in walk(left)):
            self.kept.append((chain, left, right))
        found.notes += [n for n in world.notes if n not in found.notes]
        if found.holds is False:
            found.doubt = doubt(world, a.body, body)
            found.unknown = bool(world.stand_ins) or unknown_products(world, a.body, body)
            data = isinstance(left, Indexed) and any(isinstance(i, Place) for i in left.items)
            if not found.doubt and (data or outer_letters([left]) == outer_letters([right])):
                found.unrelated = unrelated(world, a.body, body, lambda key: self.is_elsewhere(key, chain))
        if world.stand_ins:
            found.exact = False
        found.fixed = sorted(world.fixed)
        return found

    def is_elsewhere(self, key: str, chain: Chain) -> bool:
        """Whether a symbol stands in another chain of the document too."""
        if not self.homes:
            for other in self.collected.chains:
                for name in {n for s in other.sides if s.tree is not None for n in names_in(self.symbols, s.tree)}:
                    self.homes.setdefault(name, set()).add(other.number)
        return bool(self.homes.get(key, set()) - {chain.number})

    def vanishing(
        self, chain: Chain, left: Tree, right: Tree, body: Node, axes: tuple[Index, ...], world: World
    ) -> frozenset[str]:
        """The symbols with a value in which a derivative is taken, where both sides are zero at that value."""
        nodes = [n for t in (left, right) for n in walk(t) if isinstance(n, Derivative | Gradient)]
        wrts = [w for n in nodes for w in (n.wrt if isinstance(n, Derivative) else (n.wrt,)) if w is not None]
        keys = {symbol_key(self.symbols, w) for w in wrts} & set(world.arrays)
        keys = {key for key in keys if self.symbols.definition(key, chain.place) is not None}
        if not keys or isinstance(right, Number) or not self.decided(chain, body, ZERO, axes, world, True).holds:
            return frozenset()
        return frozenset(keys)

    def decided(
        self, chain: Chain, left: Node, right: Node, axes: tuple[Index, ...], world: World, quick: bool = False,
        unit: Fraction | None = None,
    ) -> Compared:  # fmt: skip
        """In the case that is open; under what its sentence supposes; with the values that were chosen."""
        case = [*chain.scope, *chain.conditions]
        attempts: list[tuple[list[Comparison], Hypotheses]] = [(case, Hypotheses())]
        if "cases" not in chain.kept:
            trees = [s.tree for s in chain.sides if s.tree is not None]
            chain.kept["cases"] = any(isinstance(n, Cases) for t in trees for n in walk(t))
        if chain.kept["cases"]:
            attempts = [(list(chain.conditions), Hypotheses())]
        elif chain.closed_scope and not chain.scope:
            attempts.append(([*chain.closed_scope, *chain.conditions], Hypotheses()))
        supposed = chain.supposed
        values = self.values(chain)
        if supposed.values or supposed.facts:
            attempts.append((case, supposed))
        if values != supposed.values:
            attempts.append((case, replace(supposed, values=values)))
        first: Compared | None = None
        for conditions, under in attempts:
            found = self.in_case(conditions, under, left, right, axes, world, quick, unit)
            if found.holds and under.values and ZERO not in (left, right):  # 0 = 0, at a value where a step vanishes
                vacuous = self.in_case(conditions, under, left, ZERO, axes, world, True, None).holds
                found = first if vacuous and first is not None else found
            if found.holds:
                found.notes += self.said_of(under)
                found.exact = found.exact and not any(v.generic for v in under.values)
                return found
            bounded = replace(under, values=tuple(v for v in under.values if v.bounds))
            if bounded.values and found.holds is False:
                found.outcome = told(found.outcome, self.supposed_values(bounded, world))
            first = found if under and found.holds is False else first or found
        assert first is not None
        return first

    def values(self, chain: Chain) -> tuple[Supposed, ...]:
        """The values that are supposed in the sentence, or were chosen before it."""
        own = chain.supposed.values
        anew = [s.tree for s in chain.sides if isinstance(s.tree, Name | Indexed)]
        keys = {item.key for item in own} | {symbol_key(self.symbols, tree) for tree in anew}
        return (*own, *(v for v in chosen(self.symbols, self.collected.chains, chain) if v.key not in keys))

    def said_of(self, under: Hypotheses) -> list[str]:
        """What is supposed, in words."""
        text = self.collected.source.text
        values = [v.said(text) for v in under.values]
        return [f"where {', '.join(values)}"] if values else []

    def in_case(
        self,
        conditions: Sequence[Comparison],
        under: Hypotheses,
        left: Node,
        right: Node,
        axes: tuple[Index, ...],
        world: World,
        quick: bool,
        unit: Fraction | None,
    ) -> Compared:
        left, right, apart = cased(conditions, left, right)
        context = world.context([left, right])
        left, right, context = put_in(self.supposed_values(under, world), left, right, context)
        for name, array in context.definitions.items():
            if array.body.free - set(array.axes):
                raise Error(f"{name} rests on one of many of a symbol with an index; which one is not said")
        free = sorted((left.free | right.free) - set(axes), key=lambda i: str(i.name))
        every = (*axes, *free)
        facts = [*self.facts(context), *(Given(f.fact, f.key) for f in under.facts if f.key not in context.definitions)]
        plain = replace(context, facts=Facts())
        outcome = examine(left, right, every, plain, apart, self.deadline)
        used: list[str] = []
        final = plain
        if outcome.agree is False and unit is not None and as_shown(left, right, every, unit, plain):
            return Compared(True, replace(outcome, agree=True, counterexample=None), notes=["to the digits shown"])
        if outcome.agree is not True and facts:
            final = replace(context, facts=facts_of(facts))
            again = examine(left, right, every, final, apart, self.deadline)
            if again.agree is not True:
                agree = again.agree  # None where no point has the facts: what fails without them may hold with them
                shown, within = (again, final) if again.counterexample else (outcome, plain)
                never = agree is False and not quick and self.apart_everywhere(left, right, every, final, apart, again)
                if agree is False and not quick:
                    shown = shortened(left, right, every, within, apart, shown, self.deadline)
                said = "" if agree is False else again.reason or outcome.reason
                return Compared(agree, shown, reason=said, never=never)
            chosen = self.least(left, right, every, context, apart, facts)
            final = replace(context, facts=facts_of(chosen))
            used, outcome = [say(f) for f in chosen], again
        if outcome.agree is not True:
            never = outcome.agree is False and not quick
            never = never and self.apart_everywhere(left, right, every, context, apart, outcome)
            if outcome.agree is False and not quick:
                outcome = shortened(left, right, every, plain, apart, outcome, self.deadline)
            return Compared(outcome.agree, outcome, reason=outcome.reason, never=never)
        if quick:
            return Compared(True, outcome, used)
        elsewhere = exception(left, right, every, final, apart, self.deadline)
        if elsewhere is not None and facts and not used:
            used, final = [say(f) for f in facts], replace(context, facts=facts_of(facts))
            elsewhere = exception(left, right, every, final, apart, self.deadline)
        if elsewhere is not None:
            return Compared(False, shortened(left, right, every, final, apart, elsewhere, self.deadline))
        proof = None
        if perf_counter() < self.deadline - self.seconds + _PROOF_SECONDS:
            proof = proved(left, right, every, final, apart)
        names = list(dict.fromkeys(rule.name for rule in proof.rules)) if proof is not None else []
        return Compared(True, outcome, used, exact=proof is not None, proof=names)

    def apart_everywhere(
        self, left: Node, right: Node, axes: Sequence[Index], context: Context, apart: Sequence[tuple[Index, Index]],
        seen: Outcome,
    ) -> bool:  # fmt: skip
        """Whether the sides differ by a number that is not zero: by their normal form, or at every point."""
        if never_equal(left, right, axes, context, apart):
            return True
        try:
            return steady(left, right, axes, context, apart, seen, self.deadline)
        except (Error, OutOfTime):
            return False

    def supposed_values(self, under: Hypotheses, world: World) -> dict[str, Array]:
        """The values that are supposed, as arrays."""
        found: dict[str, Array] = {}
        for item in under.values:
            if item.key in world.arrays or any(d.key == item.key for d in self.symbols.definitions):
                continue
            if item.bounds and item.key in reached(self.symbols, item.value):
                continue  # what it is said to be is defined by it
            value = value_of(world, item.value)
            loose = {str(index.name): index for index in value.body.free}
            axes = (*(loose.get(x) or free_index(x, f"?ix:{x}") for x in item.letters), *value.axes)
            if len(axes) != self.symbols.rank(item.key):
                raise Error(f"what is put in for {shown(item.key)} has another shape", item.value.span)
            found[item.key] = Array(axes, value.body)
        return found

    def facts(self, context: Context) -> list[Given]:
        """The document's facts about the symbols of a context (as far as they can hold of them)."""
        found: list[Given] = []
        many = [replace(s, key=s.key + "[]") for s in self.symbols.facts if self.symbols.rank(s.key + "[]")]
        for stated in [*self.symbols.facts, *many]:  # of y, and of all the y_i where y is one number too
            row = FACTS.get(stated.fact)
            rank = self.symbols.rank(stated.key)
            if row is None or rank not in row.ranks or stated.key in context.definitions:
                continue
            found.append(Given(of_rank(stated.fact, rank), stated.key))
        return list(dict.fromkeys(found))

    def least(
        self,
        left: Node,
        right: Node,
        axes: Sequence[Index],
        context: Context,
        apart: Sequence[tuple[Index, Index]],
        facts: list[Given],
    ) -> list[Given]:
        """One fact that is enough, the weakest first; else all of them."""
        weak: list[Given] = []
        for fact in facts:
            for name in FACTS[fact.fact].implies:
                weak.append(Given(name, fact.symbol))
        for fact in dict.fromkeys([*[w for w in weak if w.fact in ("simplex", "simplex_rows", "symmetric")], *facts]):
            try:
                again = examine(left, right, axes, replace(context, facts=Facts([fact])), apart, self.deadline)
            except Error:
                continue
            if again.agree:
                return [fact]
        return facts


def unit_shown(*trees: Tree) -> Fraction | None:
    """One unit of the last digit of a side that is made of decimal numbers."""
    sides = [[n.text for n in walk(tree) if isinstance(n, Number)] for tree in trees if _literal(tree)]
    digits = [len(text.partition(".")[2]) for side in sides for text in side if text.count(".") == 1]
    return Fraction(1, 10 ** min(digits)) if digits else None


_MATRICES = re.compile(r"\bmatri(?:x|ces)\b", re.I)


def ordered(chain: Chain) -> set[str]:
    """A and B in A B = B A: whoever writes both orders writes of matrices."""
    nodes = [n for side in chain.sides if side.tree is not None for n in walk(side.tree)]
    pairs = {pair for n in nodes if isinstance(n, Product) for pair in pairwise(_capitals(n))}
    return {a for a, b in pairs if a and b and a != b and (b, a) in pairs}


def _capitals(product: Product) -> list[str]:
    return [f.stem if isinstance(f, Name) and f.stem.isupper() else "" for _, f in product.factors]


def _literal(tree: Tree) -> bool:
    """A number, or an array that is written out in numbers."""
    return all(isinstance(n, Number | Negative | Group | Matrix | Vector) for n in walk(tree))


def _most_place(*trees: Tree) -> int:
    """The last entry that is written out by its number, where numbers and nothing else pick entries."""
    items = [i for t in trees for n in walk(t) if isinstance(n, Indexed) for i in n.items]
    if any(isinstance(i, Letter) for i in items):
        return 0
    return max((int(i.text) for i in items if isinstance(i, Place) and len(i.text) == 1), default=0)
