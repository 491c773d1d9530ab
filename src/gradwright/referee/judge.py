"""The verdict of one relation. Owns: what a comparison means.

A relation is held against the side before it and against the head of its chain; a claim that fails is tried with
common facts that nobody stated before it is refuted. Never: reads tokens.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from time import perf_counter
from typing import TypeVar

from gradwright.core.errors import Error
from gradwright.read.syntax import Group, Indexed, Name, Negative, Number, Transposed, alike
from gradwright.read.syntax import Node as Tree
from gradwright.referee.blame import CONSTANTS, TAKEN, Accused, blamed, numeric, spared
from gradwright.referee.clock import SECONDS, OutOfTime, limited
from gradwright.referee.compare.compare import LAYOUTS, Comparer
from gradwright.referee.compare.firm import firm
from gradwright.referee.compare.names import written
from gradwright.referee.compare.needs import COMMON, SUMS, all_symmetric, needed
from gradwright.referee.compare.verdicts import Compared, Fix, Verdict, loose_index
from gradwright.referee.equations import follows, unknown_of
from gradwright.referee.evidence import prose
from gradwright.referee.evidence.claims import made_of, named, names_in
from gradwright.referee.evidence.collect import Chain, Collected
from gradwright.referee.evidence.wording import governs
from gradwright.referee.meaning.symbols import symbol_key
from gradwright.referee.meaning.value import World
from gradwright.referee.shield import NOT_READ, unit
from gradwright.referee.slips.edits import Edit
from gradwright.referee.slips.fixes import fix
from gradwright.referee.slips.slips import Search

_AFTER = 4.5  # seconds for a false relation beyond its comparison, of which
_FACTS = 1.0  # for the facts that would make it true, each time they are tried
_SEARCHING = 25.0  # seconds spent on the slips of one document

_CHAINS = 60  # of a document, that tell columns from rows
T = TypeVar("T")


_NEXT = re.compile(
    r"(?:\s|[-*+.,;:()]|\d+|so|thus|hence|then|therefore|step|"
    r"which gives|this gives|gives|and)*",
    re.I,
)
"""Words between two steps of solving an equation."""


_SPELLED = re.compile(r"(\w) in place of (\w)\b")
"""A slip that would be one of spelling: a_ij for A_ij."""


def _is_solved(chain: Chain) -> bool:
    """x = 5: nothing is left to be done."""
    left, right = chain.sides[0].tree, chain.sides[-1].tree
    return isinstance(left, Name | Indexed) and right is not None and numeric(right)


def _is_equated(chain: Chain) -> bool:
    """Whether the last sign of a chain is =."""
    return not chain.signs or chain.signs[-1][1] == "="


def _since(chain: Chain) -> str:
    """The words since the formula before."""
    return re.split("⟦.?⟧", chain.before)[-1]


def _bare(tree: Tree) -> Tree:
    while isinstance(tree, Group):
        tree = tree.body
    return tree


class Judge(Comparer):
    """Judges chain after chain."""

    def __init__(self, collected: Collected, seconds: float = SECONDS) -> None:
        super().__init__(collected, seconds)
        self.places: dict[str, int] = {}
        self.searched = 0.0
        self.unsettled: dict[str, int] = {}
        self.foreign = prose.is_foreign(collected.source.text)
        self.readings: list[tuple[int, bool, bool]] | None = None

    def first_place(self, key: str) -> int:
        """Where a symbol occurs first in the document."""
        if not self.places:
            for side in (s for chain in self.collected.chains for s in chain.sides):
                for name in names_in(self.symbols, side.tree) if side.tree is not None else ():
                    self.places.setdefault(name, side.span[0])
        return self.places.get(key, 0)

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
                with unit("the shapes of a side", chain.sides[k].span):
                    self.shape_side(chain, k, self.world(chain, layout))
            except NOT_READ:
                self.symbols.sizes.reset(sizes)
                good = good and k > 0
        return good

    def shape_side(self, chain: Chain, k: int, world: World) -> None:
        """A side has the extents of the one before it."""
        first = self.side(chain, k, world)
        if not k:
            return
        second = self.side(chain, k - 1, world)
        if len(first.axes) == len(second.axes):
            for a, b in zip(first.axes, second.axes, strict=True):
                self.symbols.sizes.unify(a.dim, b.dim)

    # --- one relation

    def relation(self, chain: Chain, k: int, wrong: set[int]) -> Verdict:
        """The verdict on ``chain.links[k]``; ``wrong`` are the sides known to differ from the head."""
        link = chain.links[k]
        return self.timed(lambda: self._relation(chain, link.left, link.left + 1, wrong))

    def timed(self, judged: Callable[[], Verdict]) -> Verdict:
        """A verdict, or that it takes too long."""
        self.deadline = perf_counter() + self.seconds
        try:
            with limited(self.seconds + _AFTER):
                return judged()
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
            trees = [t for k in (left, right) if (t := chain.sides[k].tree) is not None]
            at = found.span[0] if found.span is not None else None
            here = at is None or any(t.span[0] <= at <= t.span[1] for t in trees)  # not in what a symbol is defined as
            sure = here and found.misfit and self.misfits(chain, left, right)
            plain = any(isinstance(t, Number) for t in trees)  # t = 0: a number has the shape that is wanted
            if plain or not (sure and firm(self.symbols, trees, chain.place)):
                # what has no value as it stands, and is true with one thing turned round, is a slip all the same
                way = Search.upside_down if found.unsaid else Search.turned_about
                slip = self.slip(chain, left, right, (way,))[0] if sure or found.unsaid else ""
                if not slip:
                    return Verdict("unread", found.reason, span=found.span)
                wrong.add(right)
                return Verdict("refuted", found.reason, slip=slip, span=found.span)
        return self.failed(chain, head if left in wrong else left, left, right, wrong, found)

    def misfits(self, chain: Chain, left: int, right: int) -> bool:
        """Whether shapes do not fit in the right side or between the sides, in any layout."""
        one, two = chain.sides[left].tree, chain.sides[right].tree
        if one is None or two is None or not (left == 0 or self.readable(chain, left)):
            return False

        def all_misfit() -> bool:
            return all(self.under(chain, one, two, layout, False, True).misfit for layout in LAYOUTS)

        return all_misfit() if self.oriented(chain) else self.turned_round(all_misfit)

    def oriented(self, apart_from: Chain) -> bool:
        """Whether the document's other formulas say that its vectors are columns (or rows, if they are read so)."""
        if self.readings is None:
            sides = [(c, k) for c in self.collected.chains[:_CHAINS] for k in range(len(c.sides))]

            def read() -> list[bool]:
                return [self.readable(chain, k) for chain, k in sides]

            self.readings = list(zip((c.number for c, _ in sides), read(), self.turned_round(read), strict=True))
        others = [(so, turned) for number, so, turned in self.readings if number != apart_from.number]
        return sum(a and not b for a, b in others) > 2 * sum(b and not a for a, b in others)

    def turned_round(self, done: Callable[[], T]) -> T:
        """Something done with vectors as rows where they are read as columns, and the other way round."""
        self.symbols.row_vectors = not self.symbols.row_vectors
        try:
            return done()
        finally:
            self.symbols.row_vectors = not self.symbols.row_vectors

    def failed(self, chain: Chain, known: int, left: int, right: int, wrong: set[int], found: Compared) -> Verdict:
        """A relation that does not hold: a condition, one for want of a fact, or an error."""
        accused = self.accused(chain, left, right, found)
        if (row := spared(accused)) is not None:
            if row.stated and not accused.slip:
                return Verdict("definition", row.ground, doubtful=True)
            return Verdict("unread", f"{row.ground}; {TAKEN}", doubtful=True)
        slip, mended, changed = "", None, None
        one = accused.left
        searches = (Search.other_case, Search.right_side), (Search.left_side, Search.two_changes, Search.what_is_left)
        for facts, ways in zip((SUMS, COMMON), searches, strict=True):
            needs = self.needed(chain, left, right, facts) if found.holds is False else None
            if needs is not None:
                return Verdict("needs", "which the document does not state", needs=[needs], outcome=found.outcome)
            if doubt := found.doubt or found.unrelated:
                return Verdict("unread", doubt, doubtful=True)
            slip, mended, changed = self.slip(chain, known, right, ways)
            if (one_letter := _SPELLED.match(slip)) and one_letter[1].lower() == one_letter[2].lower():
                said = f"it is not said how {one_letter[1]} and {one_letter[2]} are related"
                return Verdict("unread", said, doubtful=True)
            if slip:
                break
        unsaid = not slip and found.holds is False
        needs = self._in_time(lambda: all_symmetric(self, chain, left, right)) if unsaid else None
        if needs is not None:
            return Verdict("needs", f"not stated: {needs}", needs=[needs], outcome=found.outcome)
        simple = slip if changed is not None and not alike(_bare(changed), _bare(one)) else ""
        if not blamed(replace(accused, slip=simple)) and found.holds is False:
            return Verdict("unread", TAKEN, doubtful=True)
        wrong.add(right)
        reason = loose_index(chain, left, right) or found.reason
        return Verdict("refuted", reason, slip=slip, outcome=found.outcome, fix=mended)

    def accused(self, chain: Chain, left: int, right: int, found: Compared) -> Accused:
        """A relation that does not hold, with what stands around it."""
        symbols = self.symbols
        sides = [side.tree for side in chain.sides]
        one, two = sides[left], sides[right]
        assert one is not None
        assert two is not None
        defined = frozenset(d.key for d in symbols.definitions)
        rests = self.rests(chain, one), self.rests(chain, two)
        before = [tree for tree in sides[:right] if tree is not None]
        return Accused(
            left=one,
            right=two,
            says=governs(chain.before, chain.after if right == len(sides) - 1 else ""),
            names=(frozenset(names_in(symbols, one)), frozenset(names_in(symbols, two))),
            rests=rests,
            condition=self.condition(chain, rests[0] | rests[1]),
            earlier=frozenset().union(*(self.rests(chain, tree) for tree in before)),
            tied=self.tied(chain),
            loose=loose_index(chain, left, right),
            never=found.never,
            brings=self.brings(chain, right),
            leads=chain.leads or chain.follows >= 0,
            unknown=found.unknown,
            sized=bool((names_in(symbols, one) | names_in(symbols, two)) & symbols.extents),
            named=self.is_new(one) or self.is_new(two),
            constant=numeric(one, defined) or numeric(two, defined),
            ends=numeric(one, defined)
            or (sides[-1] is not None and numeric(sides[-1], defined) and _is_equated(chain)),
            foreign=self.foreign,
            first=left == 0,
            defined=not left and bool(key := named(symbols, one)) and any(d.key == key for d in symbols.definitions),
        )

    def condition(self, chain: Chain, rests: frozenset[str]) -> int:
        """The line of an equation that its section imposes on one of these symbols; 0 if there is none."""
        for other in self.collected.chains[: chain.number]:
            if other.number in self.conditioned and other.section == chain.section:
                trees = [s.tree for s in other.sides if s.tree is not None]
                if rests & frozenset().union(*(self.rests(other, tree) for tree in trees)):
                    return self.collected.source.place(other.place)[0]
        return 0

    def step(self, chain: Chain, verdict: Verdict) -> Verdict:
        """The verdict on an equation that follows another by ⇒, ⇔ or as the next step of solving it."""
        before = self.before(chain)
        if before is None or verdict.verdict in ("proved", "confirmed"):
            return verdict
        return self.timed(lambda: follows(self, before, chain, chain.both) or verdict)

    def before(self, chain: Chain) -> Chain | None:
        """The equation that a chain follows."""
        if chain.follows >= 0:
            return self.collected.chains[chain.follows]
        last = self.collected.chains[chain.number - 1] if chain.number else None
        if last is None or last.section != chain.section or len(chain.links) != 1 or not _NEXT.fullmatch(_since(chain)):
            return None
        if _is_solved(last):
            return None
        unknown = unknown_of(self, chain)
        return last if unknown and unknown == unknown_of(self, last) else None

    def is_new(self, tree: Tree) -> bool:
        """Whether a side is a symbol by itself, which nothing defines."""
        while isinstance(tree, Group | Negative | Transposed):
            tree = tree.body
        key = symbol_key(self.symbols, tree) if isinstance(tree, Name | Indexed) else ""
        return bool(key) and not any(d.key == key for d in self.symbols.definitions)

    def brings(self, chain: Chain, right: int) -> bool:
        """Whether a symbol that nothing defines stands in a side for the first time in its document."""
        side = chain.sides[right]
        known = self.symbols.extents | self.symbols.seen.subscripts | CONSTANTS
        defined = {d.key for d in self.symbols.definitions} | known
        names = names_in(self.symbols, side.tree) - defined if side.tree is not None else ()
        return any(self.first_place(name) == side.span[0] for name in names)

    def tied(self, chain: Chain) -> frozenset[str]:
        """The symbols of every definition before a chain or in its section."""
        symbols = self.symbols
        told = (d for d in symbols.definitions if d.place <= chain.place or d.section == chain.section)
        bodies = (names_in(symbols, d.body) | {d.key} for d in told)
        return frozenset().union(*bodies)

    def rests(self, chain: Chain, tree: Tree) -> frozenset[str]:
        """The symbols without a definition that a tree comes down to."""
        chosen = {item.key for item in self.values(chain)} | ({"sigma"} if "sigmoid" in self.symbols.words else set())
        return frozenset(made_of(self.symbols, names_in(self.symbols, tree), chain.place) - chosen - CONSTANTS)

    def needed(self, chain: Chain, left: int, right: int, facts: Sequence[str]) -> str | None:
        return self._in_time(lambda: needed(self, chain, left, right, facts))

    def _in_time(self, search: Callable[[], str | None]) -> str | None:
        """What a search for facts that are not stated finds in its own time: a refutation does not wait for it."""
        self.deadline = perf_counter() + _FACTS
        try:
            return search()
        except OutOfTime:
            return None

    def slip(
        self, chain: Chain, left: int, right: int, ways: Sequence[Callable[[Search], Edit | None]]
    ) -> tuple[str, Fix | None, Tree | None]:
        """The likely slip in words, its mend, and the side without it; a document has only so much time for these."""
        began = perf_counter()
        if self.searched > _SEARCHING:
            return "", None, None
        search = Search(self, chain, left, right)
        try:
            for way in ways:
                edit = way(search)
                if edit is not None:
                    mends = way in (Search.right_side, Search.two_changes)
                    mended = fix(self, chain, search.left, search.right, edit.tree) if mends else None
                    return edit.words, mended, edit.tree if edit.kind != "gap" else None
        except OutOfTime:
            pass
        finally:
            self.searched += perf_counter() - began
        return "", None, None

    def readable(self, chain: Chain, k: int) -> bool:
        sizes = self.symbols.sizes.mark()
        try:
            with unit("the meaning of a side", chain.sides[k].span):
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
        if found.fixed:
            held = [f"∂ holds {', '.join(written(found.fixed).values())} fixed"]
            return Verdict("needs", "the total derivative differs, and the direct part agrees", needs=held)
        if found.turned:
            verdict = "layout"
        constant = [n for n in found.notes if n.endswith(" constant")]
        remarks = [n for n in found.notes if n not in constant]
        reason = "; ".join(x for x in (found.reason, *remarks) if x)
        facts = [*found.facts, *constant]
        return Verdict(verdict, reason, facts_used=facts, outcome=found.outcome, proof=found.proof)
