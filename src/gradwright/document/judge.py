"""The verdict of one relation. Owns: what is compared with what, under which facts, cases and conventions.

A relation is held against the side before it and against the head of its chain. A claim that fails is tried with the
document's facts, in other layouts, with common unstated facts, before it is refuted. Never: reads tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain as chained
from time import perf_counter

from gradwright.core.build import rename, total
from gradwright.core.context import FACTS, Context, Facts, Given
from gradwright.core.errors import Error
from gradwright.core.index import Index
from gradwright.core.node import Node
from gradwright.document.clock import OutOfTime, limited
from gradwright.document.collect import Chain, Collected, Condition
from gradwright.document.meaning import Reader
from gradwright.document.numeric import examine
from gradwright.document.proof import proved
from gradwright.document.symbols import Stated, symbol_key
from gradwright.document.tree import Tree, subtrees
from gradwright.document.value import Value, World, local_dependencies
from gradwright.document.verdicts import (
    Compared,
    Verdict,
    cased,
    doubt,
    extended,
    facts_of,
    fitted,
    letters_in,
    loose_index,
    outer_letters,
    say,
)
from gradwright.read.extents import Clash

NOT_READ = (
    Error,
    Clash,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What a tree without meaning may raise while it is read; its relations are unread, and nothing else is lost."""
LAYOUTS = ("mixed", "denominator", "numerator")
SECONDS = 6.0
_PROOF_SECONDS = 2.5


class Judge:
    """Judges chain after chain; remembers which layout the document keeps to."""

    def __init__(self, collected: Collected, seconds: float = SECONDS) -> None:
        self.collected, self.symbols, self.seconds = collected, collected.symbols, seconds
        self.layout = "mixed"
        self.kept: list[tuple[Chain, Tree, Tree]] = []
        self.deadline = 0.0

    # --- shapes first

    def prepare(self) -> None:
        """Read every chain once for its shapes; what cannot be read leaves no trace."""
        until = perf_counter() + 60
        for _ in range(2):
            for chain in self.collected.chains:
                if perf_counter() > until:
                    return
                for layout in (self.layout, *LAYOUTS):
                    if self.shaped(chain, layout):
                        break

    def shaped(self, chain: Chain, layout: str) -> bool:
        good = True
        for k in range(len(chain.sides)):
            sizes = self.symbols.sizes.mark()
            try:
                world = self.world(chain, layout)
                first = self.side(chain, k, world)
                if k:
                    second = self.side(chain, k - 1, world)
                    if len(first.axes) == len(second.axes):
                        for a, b in zip(first.axes, second.axes, strict=True):
                            self.symbols.sizes.unify(a.dim, b.dim)
            except NOT_READ:
                self.symbols.sizes.reset(sizes)
                good = good and k > 0
        return good

    def world(self, chain: Chain, layout: str, plain: bool = False) -> World:
        world = World(self.symbols, chain.place, chain.number, layout, plain_scalars=plain)
        self.symbols.section = chain.section
        if not chain.kept:
            trees = [s.tree for s in chain.sides if s.tree is not None]
            own = {symbol_key(self.symbols, n.parts[0]) for t in trees for n in subtrees(t) if n.kind == "diff"} - {""}
            varying = {k for k in own if k in self.symbols.varying} or set(self.symbols.varying)
            chain.kept = {
                "depends": local_dependencies(trees, self.symbols),
                "outer": outer_letters(trees),
                "varying": varying,
            }
        world.depends, world.outer = dict(chain.kept["depends"]), set(chain.kept["outer"])
        world.varying = set(chain.kept["varying"])
        return world

    def side(self, chain: Chain, k: int, world: World, own: frozenset[str] = frozenset()) -> Value:
        side = chain.sides[k]
        if side.tree is None:
            raise side.error or Error("not understood", side.span)
        return self.tree_value(side.tree, chain, world)

    def tree_value(self, tree: Tree, chain: Chain, world: World) -> Value:
        value = Reader(world).value(tree)
        if self.collected.einstein and len(chain.sides) > 1:
            return self.summed(tree, chain, world, value)
        return value

    def summed(self, tree: Tree, chain: Chain, world: World, value: Value) -> Value:
        """The summation convention: a letter that not every side has is summed, term by term."""
        trees = [
            s.tree for s in chain.sides if s.tree is not None and any(n.kind == "letter" for n in subtrees(s.tree))
        ]
        outer = set.intersection(*[letters_in(t) for t in trees]) if len(trees) > 1 else set()
        terms = (
            tree.parts[0]
            if tree.kind == "add"
            else (("-" if tree.kind == "neg" else "+", tree.parts[0] if tree.kind == "neg" else tree),)
        )
        from gradwright.core.build import add, negate

        done = []
        for sign, term in terms:
            part = Reader(world).value(term)
            letters = [
                i for i in part.body.free if isinstance(i.name, str) and len(i.name) == 1 and i.name not in outer
            ]
            if len(trees) == 1:
                counts = [str(n.parts[0]) for n in subtrees(term) if n.kind == "letter"]
                letters = [i for i in letters if counts.count(str(i.name)) == 2]
            body = total(letters, part.body)
            done.append(negate(body) if sign == "-" else body)
        return Value(value.kind, value.axes, add(*done))

    # --- one relation

    def relation(self, chain: Chain, k: int, wrong: set[int]) -> Verdict:
        """The verdict on ``chain.links[k]``; ``wrong`` are the sides known to differ from the head."""
        began = perf_counter()
        self.deadline = began + self.seconds
        link = chain.links[k]
        left, right = link.left, link.left + 1
        try:
            with limited(2 * self.seconds + 2):
                return self._relation(chain, left, right, wrong)
        except OutOfTime:
            return Verdict("unread", f"not decided in {self.seconds:g} seconds")
        except RecursionError:
            return Verdict("unread", "too deeply nested")

    def _relation(self, chain: Chain, left: int, right: int, wrong: set[int]) -> Verdict:
        head = next((k for k in range(left) if chain.sides[k].tree is not None and k not in wrong), left)
        for k in (right, left):
            error = chain.sides[k].error
            if chain.sides[k].tree is None:
                assert error is not None
                if k == left and head != left:
                    return self.past(chain, head, left, right, wrong, error)
                return Verdict("unread", error.message, span=error.span)
        found = self.compared(chain, left, right)
        if found.unread and head != left and self.readable(chain, right) and not self.readable(chain, left):
            return self.past(chain, head, left, right, wrong, Error(found.reason, found.span))
        if found.holds:
            if left in wrong:
                wrong.add(right)
                verdict = self.good(found, chain, right)
                verdict.reason = "follows from the side before it, which is wrong itself"
                if head != left:
                    again = self.compared(chain, head, right)
                    if again.holds:
                        wrong.discard(right)
                return verdict
            return self.good(found, chain, right)
        earlier = [
            k for k in (head, *range(left - 1, max(left - 4, -1), -1)) if k != left and chain.sides[k].tree is not None
        ]
        for k in dict.fromkeys(earlier if head != left or left in wrong else []):
            again = self.compared(chain, k, right)
            if again.holds:
                verdict = self.good(again, chain, right)
                if left in wrong:
                    which = "the head of the chain" if k == head else "an earlier side"
                    verdict.reason = f"agrees with {which}; the side before it is wrong"
                return verdict
        if found.holds is None:
            return Verdict("unread", found.reason, span=found.span)
        needed = self.needed(chain, left, right)
        if needed is not None:
            return Verdict("needs", f"not stated: {needed}", needs=[needed], outcome=found.outcome)
        if found.doubt:
            return Verdict("unread", found.doubt, doubtful=True)
        wrong.add(right)
        from gradwright.document.slips import likely

        slip, mended = likely(self, chain, head if head != left and left in wrong else left, right)
        reason = loose_index(chain, left, right) or found.reason
        return Verdict("refuted", reason, slip=slip, outcome=found.outcome, fix=mended)

    def readable(self, chain: Chain, k: int) -> bool:
        sizes = self.symbols.sizes.mark()
        try:
            self.side(chain, k, self.world(chain, self.layout))
        except NOT_READ:
            return False
        finally:
            self.symbols.sizes.reset(sizes)
        return True

    def past(self, chain: Chain, head: int, left: int, right: int, wrong: set[int], error: Error) -> Verdict:
        """The side before it is not understood: the relation is held against the head of the chain."""
        found = self.compared(chain, head, right)
        if found.holds:
            verdict = self.good(found, chain, right)
            verdict.reason = "held against the head of the chain; the side before it is not understood"
            return verdict
        if found.holds is False:
            return Verdict(
                "unread",
                f"the side before it is not understood ({error.message}), and the head differs",
                span=error.span,
            )
        return Verdict("unread", error.message, span=error.span)

    def good(self, found: Compared, chain: Chain, right: int) -> Verdict:
        verdict = "proved" if found.exact else "confirmed"
        if found.sizes:
            said = f"the declared shapes fit only if {' and '.join(found.sizes)}"
            return Verdict("needs", said, needs=found.sizes, facts_used=found.facts)
        if found.turned:
            verdict = "layout"
        constant = [n for n in found.notes if n.endswith(" constant")]
        remarks = [n for n in found.notes if n not in constant]
        reason = "; ".join(x for x in (found.reason, *remarks) if x)
        facts = [*found.facts, *constant]
        return Verdict(verdict, reason, facts_used=facts, outcome=found.outcome, proof=found.proof)

    def compared(self, chain: Chain, left: int, right: int) -> Compared:
        trees = chain.sides[left].tree, chain.sides[right].tree
        assert trees[0] is not None
        assert trees[1] is not None
        return self.compare_trees(chain, trees[0], trees[1])

    def compare_trees(self, chain: Chain, left: Tree, right: Tree, quick: bool = False) -> Compared:
        """Under the document's layout, then under the others; the first that holds, or the first refutation."""
        first: Compared | None = None
        arrays = any(n.kind in ("derivative", "nabla", "diff") for n in chained(subtrees(left), subtrees(right)))
        layouts = [self.layout, *[x for x in LAYOUTS if x != self.layout]] if arrays else [self.layout]
        for layout in layouts[:1] if quick else layouts:
            for plain in (False, True):
                found = self.under(chain, left, right, layout, plain, quick)
                if found.holds:
                    if layout != self.layout:
                        self.settle(chain, layout, found)
                    return found
                if first is None or (first.holds is None and found.holds is False):
                    first = found
                if not (found.holds is None and found.unread):
                    break
        assert first is not None
        if first.holds is False and not quick:
            for a, b in ((left, extended(right)), (extended(left), right)):
                if a is not left or b is not right:
                    found = self.under(chain, a, b, self.layout, False, quick)
                    if found.holds:
                        found.notes.append("the Σ is read to the end of its side")
                        return found
        return first

    def settle(self, chain: Chain, layout: str, found: Compared) -> None:
        """Move to another layout if everything held so far holds in it too; else the relation is one of layout."""
        if all(self.under(c, a, b, layout, False, True).holds for c, a, b in self.kept[-6:]):
            self.layout = layout
        else:
            found.turned = True
            found.reason = f"right in {layout} layout; the document keeps to {self.layout} layout"

    def under(self, chain: Chain, left: Tree, right: Tree, layout: str, plain: bool, quick: bool = False) -> Compared:
        """One comparison under one convention; declared extents are made equal only where nothing else fits."""
        found = self.once(chain, left, right, layout, plain, quick)
        if quick or not (found.unread and "shapes" in found.reason):
            return found
        sizes = self.symbols.sizes
        mark, sizes.loose, sizes.merged = sizes.mark(), True, []
        try:
            again = self.once(chain, left, right, layout, plain, quick)
        finally:
            sizes.loose = False
            sizes.reset(mark)
        if again.holds is None or again.doubt:
            return found
        said = self.symbols.declared
        known = {d for key, section in said.items() if section == chain.section for d in self.symbols.shapes[key]}
        if again.holds and any(isinstance(b, str) and not {a, b} <= known for a, b in sizes.merged):
            return found
        named = [f"{a} = {b}" for a, b in sizes.merged if isinstance(b, str)]
        again.notes += [f"{a} = {b} here" for a, b in sizes.merged if isinstance(b, int)]
        if again.holds:
            again.sizes = named
        elif named:
            again.reason = f"the shapes fit only if {' and '.join(named)}, and then it is false"
        return again

    def once(self, chain: Chain, left: Tree, right: Tree, layout: str, plain: bool, quick: bool = False) -> Compared:
        world = self.world(chain, layout, plain)
        sizes = self.symbols.sizes.mark()
        try:
            for _ in range(2):  # once for the shapes, once for the nodes
                world = self.world(chain, layout, plain)
                a, b = self.tree_value(left, chain, world), self.tree_value(right, chain, world)
                turned = fitted(a, b)
                if len(a.axes) == len(b.axes) and not turned:
                    for x, y in zip(a.axes, b.axes, strict=True):
                        self.symbols.sizes.unify(x.dim, y.dim)
            if bool(a.axes) != bool(b.axes):  # 0 for an array of zeros
                axes = a.axes or b.axes
                found = self.decided(chain, a.body, b.body, axes, world, quick)
                found.notes += [n for n in world.notes if n not in found.notes]
                return found
            axes = a.axes
            other = b.axes[::-1] if turned and len(b.axes) == 2 else b.axes
            body = rename(b.body, dict(zip(other, axes, strict=True)))
            found = self.decided(chain, a.body, body, axes, world, quick)
        except Error as error:
            self.symbols.sizes.reset(sizes)
            return Compared(None, reason=error.message, span=error.span, unread=True)
        except (ArithmeticError, LookupError, ValueError, AssertionError, AttributeError, TypeError) as error:
            self.symbols.sizes.reset(sizes)
            return Compared(None, reason=f"could not be computed ({type(error).__name__})", unread=True)
        except Exception as error:
            if type(error).__name__ != "Clash":
                raise
            self.symbols.sizes.reset(sizes)
            return Compared(None, reason="the shapes of the two sides do not fit", unread=True)
        if turned and found.holds:
            found.turned, found.reason = True, "equal up to a transpose"
        if not quick and found.holds and axes and any(n.kind == "derivative" for n in subtrees(left)):
            self.kept.append((chain, left, right))
        found.notes += [n for n in world.notes if n not in found.notes]
        if found.holds is False:
            found.doubt = doubt(world, a.body, body)
        if world.stand_ins:
            found.exact = False
        return found

    def decided(
        self, chain: Chain, left: Node, right: Node, axes: tuple[Index, ...], world: World, quick: bool = False
    ) -> Compared:
        """Without facts, then with the document's; in the case that is open; then whether it is proved."""
        attempts = [[*chain.scope, *chain.conditions]]
        if "cases" not in chain.kept:
            trees = [s.tree for s in chain.sides if s.tree is not None]
            chain.kept["cases"] = any(n.kind == "cases" for t in trees for n in subtrees(t))
        if chain.kept["cases"]:
            attempts = [list(chain.conditions)]
        elif chain.closed_scope and not chain.scope:
            attempts.append([*chain.closed_scope, *chain.conditions])
        first: Compared | None = None
        for conditions in attempts:
            found = self.in_case(conditions, left, right, axes, world, quick)
            if found.holds:
                return found
            first = first or found
        assert first is not None
        return first

    def in_case(
        self,
        conditions: Sequence[Condition],
        left: Node,
        right: Node,
        axes: tuple[Index, ...],
        world: World,
        quick: bool,
    ) -> Compared:
        left, right, apart = cased(conditions, left, right)
        free = sorted((left.free | right.free) - set(axes), key=lambda i: str(i.name))
        every = (*axes, *free)
        context = world.context([left, right])
        facts = self.facts(context)
        plain = replace(context, facts=Facts())
        outcome = examine(left, right, every, plain, apart, self.deadline)
        used: list[str] = []
        final = plain
        if outcome.agree is not True and facts:
            final = replace(context, facts=facts_of(facts))
            again = examine(left, right, every, final, apart, self.deadline)
            if again.agree is not True:
                return Compared(
                    again.agree
                    if again.agree is False
                    else outcome.agree
                    if outcome.agree is False and again.agree is None
                    else again.agree,
                    again if again.counterexample else outcome,
                    reason=again.reason or outcome.reason,
                )
            chosen = self.least(left, right, every, context, apart, facts)
            final = replace(context, facts=facts_of(chosen))
            used, outcome = [say(f) for f in chosen], again
        if outcome.agree is not True:
            return Compared(outcome.agree, outcome, reason=outcome.reason)
        if quick:
            return Compared(True, outcome, used)
        proof = None
        if perf_counter() < self.deadline - self.seconds + _PROOF_SECONDS:
            proof = proved(left, right, every, final, apart)
        names = list(dict.fromkeys(rule.name for rule in proof.rules)) if proof is not None else []
        return Compared(True, outcome, used, exact=proof is not None, proof=names)

    def facts(self, context: Context) -> list[Given]:
        """The document's facts about the symbols of a context (as far as they can hold of them)."""
        found: list[Given] = []
        for stated in self.symbols.facts:
            row = FACTS.get(stated.fact)
            rank = self.symbols.rank(stated.key)
            if row is None or rank not in row.ranks or stated.key in context.definitions:
                continue
            if stated.fact == "onehot" and rank == 2:
                found.append(Given("onehot_rows", stated.key))
            elif stated.fact == "simplex" and rank == 2:
                found.append(Given("simplex_rows", stated.key))
            else:
                found.append(Given(stated.fact, stated.key))
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

    # --- facts that nobody stated

    def needed(self, chain: Chain, left: int, right: int) -> str | None:
        """A common fact under which the relation holds."""
        trees = [chain.sides[k].tree for k in (left, right)]
        keys: dict[str, None] = {}
        assert trees[0] is not None
        assert trees[1] is not None
        try:
            world = self.world(chain, self.layout)
            values = [self.tree_value(t, chain, world) for t in trees if t is not None]
            context = world.context([v.body for v in values])
        except Error:
            return None
        names = set().union(*(v.body.names for v in values), *(a.body.names for a in context.definitions.values()))
        for key in sorted(names):
            if key not in context.definitions and "°" not in key:
                keys[key] = None
        tries: list[Stated] = []
        for key in keys:
            rank = self.symbols.rank(key)
            if rank == 1:
                tries.append(Stated("simplex", key, "", 0))
            elif rank == 2:
                tries += [
                    Stated("symmetric", key, "", 0),
                    Stated("simplex_rows", key, "", 0),
                    Stated("orthogonal", key, "", 0),
                ]
        stated = {(s.fact, s.key) for s in self.symbols.facts}
        before = list(self.symbols.facts)
        for extra in tries:
            if (extra.fact, extra.key) in stated or ("onehot", extra.key) in stated:
                continue
            try:
                self.symbols.facts = [*before, extra]
                found = self.compare_trees(chain, trees[0], trees[1], quick=True)
            except Error:
                continue
            finally:
                self.symbols.facts = before
            if found.holds:
                from gradwright.document.slips import transposed

                # one transpose more or less is a slip, before it is a symmetric matrix that nobody mentions
                if extra.fact == "symmetric" and transposed(self, chain, trees[0], trees[1]):
                    return None
                return say(Given(extra.fact, extra.key))
        return None
