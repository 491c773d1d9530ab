"""Solutions put back into the conditions they solve. Owns: which conditions those are, and the verdict.

A solution is refuted only if it fails in the condition as it is written and as it is derived; where words alone make it
one, or the equation is one that nobody called a condition, only if one change of it makes it right. Never: solves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import replace
from itertools import groupby, islice

from gradwright.core.record import dataclass
from gradwright.read.latex.nodes import Differential, Function, Gradient, Known, variables_of
from gradwright.read.syntax import (
    Bars,
    Big,
    Call,
    Cases,
    Derivative,
    Indexed,
    Letter,
    Name,
    Node,
    Norm,
    Number,
    replaced,
    walk,
)
from gradwright.referee.clock import OutOfTime, now
from gradwright.referee.compare.compare import Comparer
from gradwright.referee.compare.firm import firm
from gradwright.referee.compare.verdicts import Compared, Verdict, bound_in
from gradwright.referee.evidence.chains import Chain, Hypotheses, Link, Supposed, comparisons, shown
from gradwright.referee.evidence.claims import made_of, names_in
from gradwright.referee.evidence.hypotheses import is_condition
from gradwright.referee.evidence.imposed import is_zero, reached, unknown
from gradwright.referee.evidence.wording import another, clause, sentence, solves
from gradwright.referee.meaning.sums import free_letters
from gradwright.referee.meaning.symbols import Symbols, symbol_key
from gradwright.referee.slips.edits import edits

_SECONDS = 2.5  # for the slip
_MOST_EDITS = 160


@dataclass(frozen=True, slots=True)
class Condition:
    """Two sides that are to be equal.

    ``gradient``  that a gradient vanishes, as it is written or as we derive it (``of`` what)
    ``stated``    whether the document imposes it; it may also be an equation from which the solution is said to follow
    """

    left: Node
    right: Node
    chain: Chain
    gradient: bool = False
    of: str = ""
    stated: bool = True


@dataclass(frozen=True, slots=True)
class Solution:
    """What a document says that an unknown is.

    ``comparer``  of the document without the meanings that its solutions give; ``whole``: with them
    ``keys``      the unknown as it is called there, and in the conditions
    ``others``    the solutions for other unknowns of its section
    """

    whole: Comparer
    comparer: Comparer
    chain: Chain
    link: Link
    value: Node
    keys: tuple[str, ...]
    letters: tuple[str, ...] = ()
    others: tuple[tuple[Chain, Link], ...] = ()

    @property
    def beside(self) -> tuple[Supposed, ...]:
        """The solutions for other unknowns: x = 2 and y = 1 solve two equations together."""
        found: dict[str, Supposed] = {}
        for chain, link in self.others:
            if link.value is not None:
                for key in (link.solves, unknown(link.solves)):
                    found[key] = Supposed(key, link.value, _letters(chain.sides[link.left].tree))
        return tuple(found.values())

    @property
    def symbols(self) -> Symbols:
        return self.comparer.symbols.at(self.chain.section)

    @property
    def is_imposed(self) -> bool:
        """Whether a condition was imposed before it; words alone may make it a solution, and a meaning too."""
        return self.link.definition is None

    def tried(self, condition: Condition, value: Node | None = None) -> Compared:
        """Whether a condition holds with the value, by itself or together with the other solutions."""
        met = _met(self, condition)
        own = {key: Supposed(key, value or self.value, self.letters) for key in self.keys if key in met}
        hatted = {s.key: s for s in self.hatted(value or self.value) if s.key in met and s.key not in self.keys}
        alone = self.held(condition, {**hatted, **own})
        others = {s.key: s for s in self.beside if s.key not in self.keys}
        needed = met.union(*(reached(self.symbols, s.value) for s in (*others.values(), *own.values())))
        if alone.holds or not needed & set(others):
            return alone
        joint = self.held(condition, {**hatted, **others, **own})
        return joint if joint.holds or alone.holds is None else alone

    def held(self, condition: Condition, supposed: dict[str, Supposed]) -> Compared:
        """Whether a condition holds with values that are put in after differentiation."""
        said = self.chain.supposed  # “for λ = 0 the minimiser is”
        own = set(self.keys)
        beside = (v for v in said.values if v.key not in supposed and not own & reached(self.symbols, v.value))
        under = Hypotheses((*supposed.values(), *beside), said.facts, alone=bool(supposed))
        place = replace(condition.chain, supposed=under, scope=[], conditions=[], closed_scope=[])
        return self.comparer.compare_trees(place, condition.left, condition.right, quick=True)

    def hatted(self, value: Node) -> Iterator[Supposed]:
        """β for β̂, where that stands in the value: it names the same unknown."""
        for node in walk(value):
            key = symbol_key(self.symbols, node) if isinstance(node, Name | Indexed) else ""
            if key and unknown(key) != key and not self.symbols.is_defined(key):
                yield Supposed(unknown(key), node, _letters(node))

    def is_open(self, condition: Condition) -> bool:
        """Whether a condition says anything: it does not hold whatever the unknown is."""
        return not self.held(condition, {}).holds


@dataclass(frozen=True, slots=True)
class Tried:
    """A condition, and whether it holds with the solution."""

    condition: Condition
    held: Compared


def put_back(comparer: Comparer, chain: Chain, link: Link) -> Verdict:
    """The verdict on a solution; a definition where nothing can be said."""
    undecided = Verdict("definition", link.reason)
    if link.value is None:
        return undecided
    solution = _solution(comparer, chain, link, link.value)
    if any(solution.symbols.is_defined(key) for key in solution.keys):
        return undecided
    written = _written(solution)
    derived = [Tried(c, solution.tried(c)) for c in _derived(solution, written)]
    groups, skipped = _groups(written), False
    for group in groups:
        tried = [Tried(c, solution.tried(c)) for c in group if c.gradient or solution.is_open(c)]
        if any(one.held.holds is not None or one.held.misfit for one in tried):
            farther = [c for other in groups if other is not group for c in other]
            return _verdict(solution, (*tried, *derived), farther, skipped) or undecided
        skipped = skipped or any(c.stated for c in group)
    return _verdict(solution, derived, (), skipped) or undecided


def _verdict(solution: Solution, tried: Sequence[Tried], farther: Sequence[Condition], skipped: bool) -> Verdict | None:
    """What the conditions say that were tried (others, nearer, are not understood); nothing where it is not certain."""
    good = [one for one in tried if one.held.holds and solution.is_open(one.condition)]
    wrong = [one for one in tried if one.held.holds is False]
    if good and all(_is_weak(one.condition) for one in wrong):
        told = next((one for one in good if one.condition.stated), None)
        if told is None and any(one.condition.gradient for one in wrong):
            return None
        told = told or good[0]
        said, held = _where(solution, told.condition), told.held
        return Verdict("confirmed", said, outcome=held.outcome, facts_used=held.facts)
    holding = next((c for c in farther if solution.tried(c).holds and solution.is_open(c)), None)
    if holding is not None and holding.stated and not good and not any(one.condition.stated for one in tried):
        return Verdict("confirmed", _where(solution, holding))
    if good or holding is not None:
        return None
    return _failed(solution, tried, wrong, skipped) if wrong else _unfitting(solution, tried)


def _is_weak(condition: Condition) -> bool:
    """Whether a solution that satisfies another condition may fail in this one: it may be wrong itself."""
    return condition.gradient or not condition.stated


def _failed(solution: Solution, tried: Sequence[Tried], wrong: Sequence[Tried], skipped: bool) -> Verdict | None:
    """What a solution is called that satisfies no condition."""
    conditions = [one.condition for one in tried]
    if _is_unsure(solution, conditions) or any(one.held.doubt for one in wrong):
        return None
    met = set().union(*(_met(solution, c) for c in conditions))
    others = [(c, one) for c, one in solution.others if {one.solves, unknown(one.solves)} & met]
    earlier = ((c, one) for c, one in others if c.number < solution.chain.number)
    if any(put_back(solution.whole, c, one).verdict != "confirmed" for c, one in earlier):
        return None  # one of the two is wrong
    open_ = bool(others) or bool(_unsolved(solution) & met)
    undecided = skipped or open_ or any(one.held.holds is None for one in tried)
    slip = _slip(solution, conditions)
    if loose := _loose(solution):
        return Verdict("refuted", loose, slip=slip)
    stated = solution.is_imposed and any(one.condition.stated for one in wrong)
    if not slip and (undecided or not stated):
        return None
    first = next((one for one in wrong if one.condition.stated), wrong[0])
    fails = "it is not zero" if first.condition.of else "it does not satisfy it"
    return Verdict("refuted", f"{_where(solution, first.condition)} {fails}", slip=slip, outcome=first.held.outcome)


def _unsolved(solution: Solution) -> set[str]:
    """The other unknowns of functions of several, of which the solution does not speak: multipliers above all."""
    symbols, chain = solution.symbols, solution.chain
    functions = [d for d in symbols.definitions if d.place < chain.place and set(solution.keys) & set(d.params)]
    return {p for d in functions for p in d.params} - set(solution.keys) - _leaves(solution, [solution.value])


def _unfitting(solution: Solution, tried: Sequence[Tried]) -> Verdict | None:
    """What a solution is called that has no value where it is put: an error if its shapes are declared."""
    conditions = [one.condition for one in tried]
    misfit = next((one.held for one in tried if one.held.misfit), None)
    if misfit is not None:
        certain = solution.is_imposed and firm(solution.symbols, [solution.value], solution.chain.place)
        if not certain and _is_unsure(solution, conditions):
            return None
        slip = _slip(solution, conditions)
        return Verdict("refuted", misfit.reason, slip=slip, span=misfit.span) if certain or slip else None
    loose = _loose(solution) if tried else ""
    return Verdict("refuted", loose, slip=_slip(solution, conditions)) if loose else None


def _loose(solution: Solution) -> str:
    """An index of what solves an imposed condition that stands outside its sum, in words."""
    left = solution.chain.sides[solution.link.left].tree
    if not solution.is_imposed or left is None:
        return ""
    lost = (free_letters(solution.value) - free_letters(left)) & bound_in(solution.value)
    return f"the index {min(lost)} stands outside its sum" if lost else ""


def _where(solution: Solution, condition: Condition) -> str:
    if condition.of:
        return f"put back into the gradient of {condition.of}"
    line = solution.comparer.collected.source.place(condition.left.span[0])[0]
    return f"put back into the {'condition' if condition.stated else 'equation'} at line {line}"


def _met(solution: Solution, condition: Condition) -> set[str]:
    """The symbols that a condition comes down to."""
    return set().union(*(reached(solution.symbols, tree) for tree in _trees(solution, condition)))


def _trees(solution: Solution, condition: Condition) -> list[Node]:
    """The sides of a condition, and what is meant by the names in them that we put there."""
    sides = (condition.left, condition.right)
    known = {node.key for side in sides for node in walk(side) if isinstance(node, Known)}
    return [*sides, *(d.body for d in solution.symbols.definitions if d.key in known)]


def _is_unsure(solution: Solution, conditions: Sequence[Condition]) -> bool:
    """Whether a difference may come of what is not read, of a symbol that nothing ties to the rest, or of rounding."""
    symbols, chain = solution.symbols, solution.chain
    trees = [tree for c in conditions for tree in _trees(solution, c)]
    told, used = _leaves(solution, trees), _leaves(solution, [solution.value])
    if (told | used) & symbols.roles.missing or any(
        _is_rough(n) for tree in (*trees, solution.value) for n in walk(tree)
    ):
        return True
    if another(sentence(chain.before), perhaps=not solution.is_imposed):
        return True
    if not solution.is_imposed and (chain.supposed.unread or _is_bounded(solution)):
        return True
    chains = solution.comparer.collected.chains[: chain.number] if solution.is_imposed else ()
    earlier = (names_in(symbols, tree) for c in chains for tree in c.trees)
    known = told.union(symbols.shapes.extents, _CONSTANTS, *earlier)
    return any(key not in known and unknown(key) not in known for key in used)


def _is_rough(node: Node) -> bool:
    """A number that may be rounded, and what has no derivative everywhere."""
    match node:
        case Number():
            return "." in node.text
        case Function():
            return node.name in ("max", "min", "sign", "abs")
        case Norm():
            return node.order not in ("", "2", "F")
    return isinstance(node, Bars | Cases)


def _is_bounded(solution: Solution) -> bool:
    """Whether an inequality before it, or the set it is in, keeps the unknown from where the gradient vanishes."""
    symbols, chain, source = solution.symbols, solution.chain, solution.comparer.collected.source
    earlier = [c for c in solution.comparer.collected.chains[: chain.number] if c.section == chain.section]
    limits = [item for c in earlier for item in comparisons(c)]
    bounded = [names_in(symbols, item.left) | names_in(symbols, item.right) for item in limits]
    own = [names_in(symbols, item.left) | names_in(symbols, item.right) for item in chain.supposed.limits]
    numbers = any(not any(map(symbols.rank, names)) for names in own)  # Q ≻ 0 is no bound of x
    told = numbers or any(set(solution.keys) & names for names in bounded)
    start = earlier[0].place if earlier else chain.place
    return told or bool(_INTERVAL.search(source.text[max(0, start - 200) : chain.place]))


_INTERVAL = re.compile(r"\\in\s*(?:\\left\s*)?[\[(]|∈\s*[\[(]|\\Delta\b|\bsimplex\b", re.I)


def _leaves(solution: Solution, trees: Sequence[Node]) -> set[str]:
    """The symbols without a meaning that trees come down to."""
    names = set().union(*(names_in(solution.symbols, tree) for tree in trees))
    return made_of(solution.symbols, names, solution.chain.place)


_CONSTANTS = frozenset({"e", "pi", "I", "0", "1"})


def _solution(comparer: Comparer, chain: Chain, link: Link, value: Node) -> Solution:
    """A solution, seen without the meaning that it gives its own name."""
    symbols = comparer.symbols
    plain = unknown(link.solves)
    keys = (link.solves,) if plain in names_in(symbols.at(chain.section), value) else (link.solves, plain)
    links = [one for c in comparer.collected.chains for one in c.links if one.sort == "solution"]
    solving = [one.definition for one in links]
    kept = tuple(d for d in symbols.definitions if d not in solving)
    own = copy(comparer)
    own.symbols = replace(symbols, definitions=kept)
    solution = Solution(
        comparer, own, chain, link, value, tuple(dict.fromkeys(keys)), _letters(chain.sides[link.left].tree)
    )
    solved = ((c, one) for c in comparer.collected.chains if c.section == chain.section for one in c.links)
    others = ((c, one) for c, one in solved if one.sort == "solution" and unknown(one.solves) != plain)
    return replace(solution, others=tuple(others))


def _letters(tree: Node | None) -> tuple[str, ...]:
    """i for p_i: the letters over which the unknown runs."""
    return tuple(i.name for i in tree.items if isinstance(i, Letter)) if isinstance(tree, Indexed) else ()


def _groups(conditions: Sequence[Condition]) -> list[list[Condition]]:
    """By sentence, the last one first: “so” speaks of it, and not of a constraint long before."""
    return [list(group) for _, group in groupby(conditions, key=lambda c: c.chain.sentence)][::-1]


def _written(solution: Solution) -> list[Condition]:
    """What the document says of the unknown: equations that are imposed, or from which the solution may follow."""
    chain = solution.chain
    earlier = (c for c in solution.comparer.collected.chains[: chain.number] if c.section == chain.section)
    every = ((other, link) for other in earlier for link in other.links)
    return [found for other, link in every if (found := _condition(solution, other, link)) is not None]


def _condition(solution: Solution, other: Chain, link: Link) -> Condition | None:
    """What a relation imposes on the unknown."""
    symbols, chain = solution.symbols, solution.chain
    left, right = other.sides[link.left].tree, other.sides[link.left + 1].tree
    if left is None or right is None or link.sort in ("definition", "solution", "fact"):
        return None
    met = reached(symbols, left) | reached(symbols, right)
    values = any(_is_value(symbols, one, two, solution.keys) for one, two in ((left, right), (right, left)))
    if not set(solution.keys) & met or values:
        return None
    last = other.sides[-1].tree
    ends = last is None or not is_zero(last) or link is other.links[-1]  # of ∇f = … = 0 only that it is zero
    said = (link.sort in ("condition", "assumed", "value", "imposed") or is_condition(other)) and ends
    written = Condition(left, right, other, gradient=_is_stationary(left))
    derived = any(_is_differentiated(symbols, left, key) for key in solution.keys) and not is_zero(right)
    if derived and link.sort in ("claim", "assumed") and not (said and solution.is_open(written)):
        return Condition(right, _ZERO, other, gradient=True)  # “with ∇f = 2x” says what the gradient is
    if said and not _is_aside(symbols, chain, other, met, solution.keys):
        return written
    if link.sort != "claim" or is_zero(right):
        return None
    if other.sentence < chain.sentence - 1 or _is_stationary(left):
        return None
    stated = other.sentence == chain.sentence and solves(chain.before, chain.after)
    return Condition(left, right, other, stated=stated)


def imposed_on(comparer: Comparer, chain: Chain, key: str, stationary: bool) -> tuple[Comparer, list[Condition]]:
    """The conditions on an unknown before a chain, the last first, seen without what its solutions mean.

    ``stationary``: that the gradient vanishes is one, in words.
    """
    link = Link(0, chain.links[0].op, solves=key)
    solution = _solution(comparer, chain, link, _ZERO)
    written = [c for c in _written(solution) if c.stated and (stationary or c.right is not _ZERO)]
    return solution.comparer, [*reversed(written), *(_derived(solution, written) if stationary else ())]


def _is_value(symbols: Symbols, one: Node, two: Node, keys: Sequence[str]) -> bool:
    """x = 3 says what x is; v = r + γ P v is an equation."""
    named = isinstance(one, Name | Indexed) and symbol_key(symbols, one) in keys
    return named and not set(keys) & names_in(symbols, two)


_ZERO = Number((0, 0), "0")
_CONSTRAINT = re.compile(r"\bsubject to\b|\bs\.t\b|\bconstrain", re.I)


def _is_aside(symbols: Symbols, chain: Chain, other: Chain, met: set[str], keys: Sequence[str]) -> bool:
    """Whether a condition is a constraint of which the solution does not speak yet: it has multipliers in it."""
    told = set().union(*(reached(symbols, tree) for tree in chain.trees))
    return bool(_CONSTRAINT.search(clause(other.before))) and not met - set(keys) <= told


def _is_stationary(tree: Node) -> bool:
    nodes = walk(tree)
    return any(isinstance(n, Derivative | Gradient | Differential) or (isinstance(n, Call) and n.primes) for n in nodes)


def _is_differentiated(symbols: Symbols, tree: Node, key: str) -> bool:
    """Whether a side is the derivative in the unknown."""
    moved = [wrt for node in walk(tree) for wrt in variables_of(node)]
    moved += [one for node in walk(tree) if isinstance(node, Call) and node.primes for one in node.arguments]
    return any(isinstance(one, Name | Indexed) and symbol_key(symbols, one) == key for one in moved)


def _derived(solution: Solution, written: Sequence[Condition]) -> list[Condition]:
    """That the gradient of what is made stationary vanishes, where a gradient is spoken of or nothing else is."""
    if any(c.stated and not c.gradient for c in written) and not any(c.gradient for c in written):
        return []
    return [*_optima(solution), *_objectives(solution)][:1]


def _optima(solution: Solution) -> Iterator[Condition]:
    """min_x … in the sentence itself."""
    chain = solution.chain
    for other in solution.comparer.collected.chains[: chain.number]:
        for tree in other.trees if other.sentence == chain.sentence and other.section == chain.section else ():
            for node in walk(tree):
                names = {b.name for b in node.binders} if isinstance(node, Big) and node.operator in _OPTIMA else set()
                if isinstance(node, Big) and names & set(solution.keys):
                    yield _stationary(solution, replaced(tree, node, node.body), min(names), "what is optimised")


_OPTIMA = ("min", "max")


def _objectives(solution: Solution) -> Iterator[Condition]:
    """The last number that depends on the unknown and is defined before; one of the sentence itself comes first."""
    symbols, chain = solution.symbols, solution.chain
    for d in reversed(symbols.definitions):
        before = d.place < chain.place and not d.letters and not symbols.rank(d.key)
        key = next((k for k in reversed(solution.keys) if k in reached(symbols, d.body)), "")
        if before and key:
            yield _stationary(solution, Known(chain.sides[0].span, d.key), key, shown(d.key))


def _stationary(solution: Solution, body: Node, key: str, name: str) -> Condition:
    """∂f/∂x = 0, of an unknown that is known by its key."""
    span = solution.chain.sides[0].span
    wrt = (Known(span, key),)
    return Condition(Derivative(span, "partial", body, wrt), _ZERO, solution.chain, gradient=True, of=name)


def _slip(solution: Solution, conditions: Sequence[Condition]) -> str:
    """The one change of the solution that makes it satisfy the conditions."""
    comparer, chain, value = solution.comparer, solution.chain, solution.value
    comparer.deadline = until = min(now() + _SECONDS, comparer.until)
    others = [tree for tree in chain.trees if tree is not value]
    try:
        for edit in islice(edits(value, comparer.collected.source.text, comparer.symbols, others, ()), _MOST_EDITS):
            if now() > until:
                break
            held = [(c, solution.tried(c, edit.tree).holds) for c in conditions]
            if any(holds for _, holds in held) and all(holds or _is_weak(c) for c, holds in held):
                return edit.words
    except OutOfTime:
        pass
    return ""
