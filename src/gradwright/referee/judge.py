"""The verdict of one relation. Owns: what a comparison means.

A relation is held against the side before it and against the head of its chain; a claim that fails is tried with
common facts that nobody stated before it is refuted. Never: reads tokens.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from gradwright.core.errors import Error
from gradwright.core.record import dataclass
from gradwright.read.latex.nodes import variables_of
from gradwright.read.syntax import Derivative, Indexed, Name, Negative, Number, Sum, Transposed, alike, bare, walk
from gradwright.read.syntax import Node as Tree
from gradwright.referee.blame import CONSTANTS, TAKEN, Accused, blamed, derives, numeric, spared
from gradwright.referee.clock import SECONDS, OutOfTime, limited, now
from gradwright.referee.compare.compare import Comparer
from gradwright.referee.compare.firm import firm
from gradwright.referee.compare.names import written
from gradwright.referee.compare.needs import COMMON, SUMS, all_symmetric, needed
from gradwright.referee.compare.readings import LAYOUTS, Attempt, unmoved
from gradwright.referee.compare.verdicts import Compared, Fix, Verdict, counting_letters, loose_index
from gradwright.referee.equations import equivalent, follows, unknown_of
from gradwright.referee.evidence import prose
from gradwright.referee.evidence.chains import Chain, Collected, since
from gradwright.referee.evidence.claims import made_of, named, names_in
from gradwright.referee.evidence.imposed import differentiates, reached
from gradwright.referee.evidence.wording import governs, sentence
from gradwright.referee.meaning.document import SPREAD
from gradwright.referee.meaning.symbols import Symbols, base_of, symbol_key
from gradwright.referee.meaning.value import Learned, Reading
from gradwright.referee.shield import NOT_READ, unit
from gradwright.referee.slips.edits import Edit
from gradwright.referee.slips.fixes import fix
from gradwright.referee.slips.slips import Search

_COMPARING = 0.6  # of the time of a relation, for its comparison; the rest is for what would make it true
_FACTS = 1.0  # seconds for the facts that would do so, each time they are tried
_SEARCHING = 25.0  # seconds spent on the slips of one document
_PREPARING = 60.0  # seconds for the shapes of one document

_BACKWARD = re.compile(r"\bback(?:ward|prop)|\bgradients?\b|\bupstream\b|\bcotangents?\b|\badjoints?\b", re.I)
_CHAINS = 60  # of a document, that tell columns from rows


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


def _is_opaque(symbols: Symbols, one: Tree, two: Tree) -> bool:
    """∂s/∂z = diag(1 − s²), where nothing says what s is of z, and the other side has no derivative in it."""
    unknown = False
    for node in walk(one):
        body = node.body if isinstance(node, Derivative) else None
        key = symbol_key(symbols, body) if isinstance(body, Name | Indexed) else ""
        others = {symbol_key(symbols, wrt) for wrt in variables_of(node)} - {key}
        base = base_of(body) if isinstance(body, Name | Indexed) else None
        stem = base.stem if isinstance(base, Name) else key  # p_c may say what p_i is
        known = any(d.key == key or d.key.partition("_")[0] == stem for d in symbols.definitions)
        unknown = unknown or bool(key and others and not known)
    bodies = [two, *(d.body for d in symbols.definitions if d.key in reached(symbols, two))]
    return unknown and not any(map(differentiates, bodies))


@dataclass(frozen=True, slots=True)
class Claim:
    """One relation of a chain, by the numbers of its sides, and the sides of the chain that are known to be wrong."""

    chain: Chain
    left: int
    right: int
    wrong: frozenset[int] = frozenset()

    @property
    def head(self) -> int:
        """The first side that is read and right; the left one where there is none before it."""
        sides = self.chain.sides
        return next((k for k in range(self.left) if sides[k].tree is not None and k not in self.wrong), self.left)

    @property
    def earlier(self) -> list[int]:
        """The sides it may follow from where the one before it is no help: the head, then the nearest."""
        if self.head == self.left and self.left not in self.wrong:
            return []
        near = (self.head, *range(self.left - 1, max(self.left - 4, -1), -1))
        return [k for k in dict.fromkeys(near) if k != self.left and self.chain.sides[k].tree is not None]


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on a relation, and whether its right side is wrong from here on."""

    verdict: Verdict
    wrong: bool = False


class Judge(Comparer):
    """Judges chain after chain."""

    def __init__(self, collected: Collected, seconds: float = SECONDS) -> None:
        super().__init__(collected, seconds)
        self.symbols = self.prepared()
        self.searched = 0.0
        self.foreign = prose.is_foreign(collected.source.text)
        self.places: dict[str, int] = {}
        self.oriented_by: list[tuple[int, bool, bool]] | None = None

    def first_place(self, key: str) -> int:
        """Where a symbol occurs first in the document."""
        if not self.places:
            for chain in self.collected.chains:
                symbols = self.symbols.at(chain.section)
                for side in chain.sides:
                    for name in names_in(symbols, side.tree) if side.tree is not None else ():
                        self.places.setdefault(name, side.span[0])
        return self.places.get(key, 0)

    # --- shapes first

    def prepared(self) -> Symbols:
        """The symbols with what every chain says of shapes; what cannot be read leaves no trace."""
        until, learned = now() + _PREPARING, Learned(self.symbols)
        for chain in [*self.collected.chains, *self.collected.chains]:
            if now() > until:
                break
            any(self.shaped(chain, layout, learned) for layout in dict.fromkeys((self.layout, *LAYOUTS)))
        return learned.kept(self.symbols)

    def shaped(self, chain: Chain, layout: str, learned: Learned) -> bool:
        good = True
        for k in range(len(chain.sides)):
            sizes = learned.sizes.mark()
            try:
                with unit("the shapes of a side", chain.sides[k].span):
                    self.shape_side(chain, k, Reading(layout), learned)
            except NOT_READ:
                learned.sizes.reset(sizes)
                good = good and k > 0
        return good

    def shape_side(self, chain: Chain, k: int, reading: Reading, learned: Learned) -> None:
        """A side has the extents of the one before it."""
        world = self.world(chain, reading, learned)
        first = self.side(chain, k, world)
        second = self.side(chain, k - 1, world) if k else first
        if len(first.axes) == len(second.axes):
            for a, b in zip(first.axes, second.axes, strict=True):
                learned.sizes.unify(a.dim, b.dim)

    # --- one relation

    def relation(self, claim: Claim) -> Judged:
        return self.timed(lambda: self._relation(claim))

    def timed(self, judged: Callable[[], Judged]) -> Judged:
        """A verdict, or that it takes too long."""
        self.began = now()
        self.until, self.deadline = self.began + self.seconds, self.began + self.seconds * _COMPARING
        try:
            with limited(self.seconds):
                return judged()
        except OutOfTime:
            return Judged(Verdict("unread", f"not decided in {self.seconds:g} seconds"))
        except RecursionError:
            return Judged(Verdict("unread", "too deeply nested"))

    def _relation(self, claim: Claim) -> Judged:
        """Against the side before it; where that is wrong or not understood, against an earlier one."""
        chain, left, right = claim.chain, claim.left, claim.right
        if (unread := chain.sides[right].error) is not None and chain.sides[right].tree is None:
            return Judged(Verdict("unread", unread.message, span=unread.span))
        if (unread := chain.sides[left].error) is not None and chain.sides[left].tree is None:
            return Judged(self.past(claim, unread))
        found = self.compared(chain, left, right)
        if found.holds:
            return self.followed(claim, found)
        if found.unread and claim.head != left and self.readable(chain, right) and not self.readable(chain, left):
            return Judged(self.past(claim, Error(found.reason, found.span)))
        for k in claim.earlier:
            again = self.compared(chain, k, right)
            if again.holds:
                which = "the head of the chain" if k == claim.head else "an earlier side"
                said = f"agrees with {which}; the side before it is wrong" if left in claim.wrong else ""
                return Judged(good(again, said))
        return self.unread(claim, found) if found.holds is None else self.failed(claim, found)

    def followed(self, claim: Claim, found: Compared) -> Judged:
        """What equals the side before it: of a wrong one it is right only if it equals the head too."""
        if claim.left not in claim.wrong:
            return Judged(good(found))
        right = claim.head != claim.left and self.compared(claim.chain, claim.head, claim.right).holds
        return Judged(good(found, "follows from the side before it, which is wrong itself"), wrong=not right)

    def unread(self, claim: Claim, found: Compared) -> Judged:
        """What has no value is an error if shapes that are declared do not fit, or if one turn of a part mends it."""
        chain = claim.chain
        trees = [t for k in (claim.left, claim.right) if (t := chain.sides[k].tree) is not None]
        at = found.span[0] if found.span is not None else None
        here = at is None or any(t.span[0] <= at <= t.span[1] for t in trees)  # not in what a symbol is defined as
        sure = here and found.misfit and self.misfits(claim)
        plain = any(isinstance(t, Number) for t in trees)  # t = 0: a number has the shape that is wanted
        if sure and not plain and firm(self.symbols.at(chain.section), trees, chain.place):
            return self.failed(claim, found)
        way = Search.upside_down if found.unsaid else Search.turned_about
        slip = self.slip(chain, claim.left, claim.right, (way,))[0] if sure or found.unsaid else ""
        verdict = Verdict("refuted" if slip else "unread", found.reason, slip=slip, span=found.span)
        return Judged(verdict, wrong=bool(slip))

    def misfits(self, claim: Claim) -> bool:
        """Whether shapes do not fit in the right side or between the sides, in any layout."""
        chain = claim.chain
        one, two = chain.sides[claim.left].tree, chain.sides[claim.right].tree
        if one is None or two is None or not (claim.left == 0 or self.readable(chain, claim.left)):
            return False
        turned = not self.oriented(chain)
        return all(self.under(chain, Attempt(Reading(x, turned=turned), one, two), True).misfit for x in LAYOUTS)

    def oriented(self, apart_from: Chain) -> bool:
        """Whether the document's other formulas say that its vectors are columns (or rows, if they are read so)."""
        if self.oriented_by is None:
            sides = [(c, k) for c in self.collected.chains[:_CHAINS] for k in range(len(c.sides))]
            self.oriented_by = [(c.number, self.readable(c, k), self.readable(c, k, turned=True)) for c, k in sides]
        others = [(so, turned) for number, so, turned in self.oriented_by if number != apart_from.number]
        return sum(a and not b for a, b in others) > 2 * sum(b and not a for a, b in others)

    def failed(self, claim: Claim, found: Compared) -> Judged:
        """A relation that does not hold: a condition, one for want of a fact, or an error."""
        chain, left, right = claim.chain, claim.left, claim.right
        accused = self.accused(claim, found)
        if (row := spared(accused)) is not None:
            said = Verdict("definition", row.ground) if row.stated else Verdict("unread", f"{row.ground}; {TAKEN}")
            return Judged(replace(said, doubtful=True))
        slip, mended, changed = "", None, None
        searches = (Search.other_case, Search.right_side), (Search.left_side, Search.two_changes, Search.what_is_left)
        for facts, ways in zip((SUMS, COMMON), searches, strict=True):
            if (needs := self.needed(claim, found, facts)) is not None:
                return Judged(Verdict("needs", "which the document does not state", (needs,), outcome=found.outcome))
            if doubt := found.doubt or found.unrelated:
                return Judged(Verdict("unread", doubt, doubtful=True))
            slip, mended, changed = self.slip(chain, claim.head if left in claim.wrong else left, right, ways)
            if (one_letter := _SPELLED.match(slip)) and one_letter[1].lower() == one_letter[2].lower():
                unsaid = f"it is not said how {one_letter[1]} and {one_letter[2]} are related"
                return Judged(Verdict("unread", unsaid, doubtful=True))
            if slip:
                break
        open_ = not slip and found.holds is False
        needs = self._in_time(lambda: all_symmetric(self, chain, left, right)) if open_ else None
        if needs is not None:
            return Judged(Verdict("needs", f"not stated: {needs}", (needs,), outcome=found.outcome))
        simple = slip if changed is not None and not alike(bare(changed), bare(accused.left)) else ""
        if not blamed(replace(accused, slip=simple)) and found.holds is False:
            return Judged(Verdict("unread", TAKEN, doubtful=True))
        if (excused := self.excused(chain, accused)) is not None:
            return Judged(excused)
        reason = accused.loose or found.reason
        return Judged(Verdict("refuted", reason, slip=slip, outcome=found.outcome, fix=mended), wrong=True)

    def excused(self, chain: Chain, accused: Accused) -> Verdict | None:
        """What else may be meant by a relation that is to be blamed."""
        if (held := self.holding_still(chain, accused)) is not None:
            return good(held)
        if letters := counting_letters((accused.left, accused.right)):
            said = f"{min(letters)} stands for a number here and picks one of many, too"
            return Verdict("unread", said, doubtful=True)
        return Verdict("unread", _EMPTIED, doubtful=True) if self.is_emptied(chain, accused) else None

    def holding_still(self, chain: Chain, accused: Accused) -> Compared | None:
        """Whether it holds of symbols that move with nothing here, though other formulas differentiate them."""
        still = unmoved(self.symbols.at(chain.section), accused.left, accused.right) if accused.derived else frozenset()
        readings = (Reading(layout, still=still) for layout in LAYOUTS if still)
        found = (self.under(chain, Attempt(reading, accused.left, accused.right)) for reading in readings)
        return next((each for each in found if each.holds), None)

    def is_emptied(self, chain: Chain, accused: Accused) -> bool:
        """Whether y − (a x + b) is zero by what y is said to be: y may be data, and no model of them."""
        if accused.derived or not accused.compound:
            return False
        symbols = self.symbols.at(chain.section)
        sides = [side for side in (accused.left, accused.right) if _subtracts_defined(symbols, side)]
        zero = Number(accused.left.span, "0")
        return any(self.compare_trees(chain, side, zero, quick=True).holds for side in sides)

    def accused(self, claim: Claim, found: Compared) -> Accused:
        """A relation that does not hold, with what stands around it."""
        chain, left, right = claim.chain, claim.left, claim.right
        symbols = self.symbols.at(chain.section)
        sides = [side.tree for side in chain.sides]
        one, two = sides[left], sides[right]
        assert one is not None
        assert two is not None
        names = frozenset(names_in(symbols, one)), frozenset(names_in(symbols, two))
        rests = self.rests(chain, one), self.rests(chain, two)
        defined = frozenset(d.key for d in symbols.definitions)
        return Accused(
            left=one,
            right=two,
            says=governs(chain.before, chain.after if right == len(sides) - 1 else ""),
            names=names,
            rests=rests,
            condition=self.condition(chain, rests[0] | rests[1]),
            earlier=frozenset().union(*(self.rests(chain, tree) for tree in sides[:right] if tree is not None)),
            tied=tied(symbols, chain),
            loose="" if symbols.customs.einstein else loose_index(chain, left, right),
            never=found.never,
            backward=bool(_BACKWARD.search(sentence(chain.before))),
            brings=self.brings(chain, right),
            derives=derives(sides[0]) if sides[0] is not None else False,
            leads=chain.leads or chain.follows >= 0,
            unknown=found.unknown,
            opaque=_is_opaque(symbols, one, two),
            sized=bool((names[0] | names[1]) & symbols.shapes.extents),
            named=is_new(symbols, one) or is_new(symbols, two),
            constant=numeric(one, defined) or numeric(two, defined),
            ends=numeric(one, defined)
            or (sides[-1] is not None and numeric(sides[-1], defined) and _is_equated(chain)),
            foreign=self.foreign,
            first=left == 0,
            defined=not left and named(symbols, one) in defined,
        )

    def condition(self, chain: Chain, rests: frozenset[str]) -> int:
        """The line of an equation that its section imposes on one of these symbols; 0 if there is none."""
        earlier = (c for c in self.collected.chains[: chain.number] if c.section == chain.section)
        imposing = (c for c in earlier if c.number in self.conditioned)
        found = (c for c in imposing if rests & frozenset().union(*(self.rests(c, tree) for tree in c.trees)))
        return next((self.collected.source.place(c.place)[0] for c in found), 0)

    def step(self, chain: Chain, verdict: Verdict) -> Verdict:
        """The verdict on an equation that follows another by ⇒, ⇔ or as the next step of solving it."""
        before = self.before(chain)
        if verdict.verdict in ("proved", "confirmed"):
            return verdict
        if before is None:
            return self.timed(lambda: Judged(equivalent(self, chain) or verdict)).verdict
        return self.timed(lambda: Judged(follows(self, before, chain, chain.both) or verdict)).verdict

    def before(self, chain: Chain) -> Chain | None:
        """The equation that a chain follows."""
        if chain.follows >= 0:
            return self.collected.chains[chain.follows]
        last = self.collected.chains[chain.number - 1] if chain.number else None
        if last is None or last.section != chain.section or len(chain.links) != 1 or not _NEXT.fullmatch(since(chain)):
            return None
        if _is_solved(last):
            return None
        unknown = unknown_of(self, chain)
        return last if unknown and unknown == unknown_of(self, last) else None

    def brings(self, chain: Chain, right: int) -> bool:
        """Whether a symbol that nothing defines stands in a side for the first time in its document."""
        side, symbols = chain.sides[right], self.symbols.at(chain.section)
        known = symbols.shapes.extents | symbols.seen.subscripts | CONSTANTS | {d.key for d in symbols.definitions}
        names = names_in(symbols, side.tree) - known if side.tree is not None else ()
        return any(self.first_place(name) == side.span[0] for name in names)

    def rests(self, chain: Chain, tree: Tree) -> frozenset[str]:
        """The symbols without a definition that a tree comes down to, by what is supposed and the laws of them too."""
        symbols = self.symbols.at(chain.section)
        chosen = {item.key for item in self.values(chain)} | ({"sigma"} if symbols.customs.sigmoid else set())
        names = names_in(symbols, tree)
        bound = (names_in(symbols, v.value) for v in chain.supposed.values if v.key in names and v.bounds)
        found = made_of(symbols, names.union(*bound), chain.place)
        found |= {name for key, law in symbols.roles.laws.items() if key in found for name in names_in(symbols, law)}
        constants = {key for key in CONSTANTS if not symbols.rank(key)}
        return frozenset(found - chosen - constants)

    def needed(self, claim: Claim, found: Compared, facts: Sequence[str]) -> str | None:
        if found.holds is not False:
            return None
        return self._in_time(lambda: needed(self, claim.chain, claim.left, claim.right, facts))

    def _in_time(self, search: Callable[[], str | None]) -> str | None:
        """What a search for facts that are not stated finds in its own time: a refutation does not wait for it."""
        self.deadline = min(now() + _FACTS, self.until)
        try:
            return search()
        except OutOfTime:
            return None

    def slip(
        self, chain: Chain, left: int, right: int, ways: Sequence[Callable[[Search], Edit | None]]
    ) -> tuple[str, Fix | None, Tree | None]:
        """The likely slip in words, its mend, and the side without it; a document has only so much time for these."""
        began = now()
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
            self.searched += now() - began
        return "", None, None

    def readable(self, chain: Chain, k: int, turned: bool = False) -> bool:
        try:
            with unit("the meaning of a side", chain.sides[k].span):
                self.side(chain, k, self.world(chain, Reading(self.layout, turned=turned)))
        except NOT_READ:
            return False
        return True

    def past(self, claim: Claim, error: Error) -> Verdict:
        """The side before it is not understood: the relation is held against the head of the chain."""
        unread = Verdict("unread", error.message, span=error.span)
        if claim.head == claim.left:
            return unread
        found = self.compared(claim.chain, claim.head, claim.right)
        if found.holds:
            return good(found, "held against the head of the chain; the side before it is not understood")
        if found.holds is None:
            return unread
        reason = f"the side before it is not understood ({error.message}), and the head differs"
        return replace(unread, reason=reason)


def _subtracts_defined(symbols: Symbols, tree: Tree) -> bool:
    """Whether a term of a difference is a symbol that has a meaning."""
    terms = (term for n in walk(tree) if isinstance(n, Sum) for _, term in n.terms)
    return any(isinstance(term, Name | Indexed) and symbols.is_defined(symbol_key(symbols, term)) for term in terms)


_EMPTIED = "what its symbols are said to stand for makes a side zero; it is not said which of them are data"


def is_new(symbols: Symbols, tree: Tree) -> bool:
    """Whether a side is a symbol by itself, which nothing defines."""
    tree = bare(tree, Negative, Transposed)
    key = symbol_key(symbols, tree) if isinstance(tree, Name | Indexed) else ""
    return bool(key) and not symbols.is_defined(key)


def tied(symbols: Symbols, chain: Chain) -> frozenset[str]:
    """The symbols of every definition before a chain or in its section."""
    told = (d for d in symbols.definitions if d.place <= chain.place or d.section == chain.section)
    return frozenset().union(*(names_in(symbols, d.body) | {d.key} for d in told))


def good(found: Compared, said: str = "") -> Verdict:
    """The verdict on what holds; ``said`` in place of its own words, where these are not of what it needs."""
    if found.sizes:
        reason = f"the declared shapes fit only if {' and '.join(found.sizes)}"
        return Verdict("needs", said or reason, found.sizes, found.facts)
    if found.fixed:
        held = f"∂ holds {', '.join(written(found.fixed).values())} fixed"
        return Verdict("needs", said or "the total derivative differs, and the direct part agrees", (held,))
    constant = tuple(n for n in found.notes if n.endswith(" constant"))
    remarks = (n for n in found.notes if n not in constant)
    reason = said or "; ".join(x for x in (found.reason, *remarks) if x)
    if found.turned and SPREAD in found.notes:
        return Verdict("unread", f"{SPREAD} of an array, which may not be what is meant", doubtful=True)
    verdict = "layout" if found.turned else "proved" if found.exact else "confirmed"
    return Verdict(verdict, reason, facts_used=found.facts + constant, outcome=found.outcome, proof=found.proof)
