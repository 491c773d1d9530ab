"""Solutions put back into the conditions they solve. Owns: which conditions those are, and the verdict.

A solution is refuted only if it fails in the condition as it is written and as it is derived. Never: solves.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from gradwright.core.record import dataclass
from gradwright.read.latex.nodes import Differential, Gradient, Known, variables_of
from gradwright.read.syntax import Derivative, Indexed, Letter, Name, Node, Number, walk
from gradwright.referee.clock import OutOfTime, now
from gradwright.referee.compare.compare import Comparer
from gradwright.referee.compare.firm import firm
from gradwright.referee.compare.verdicts import Compared, Verdict
from gradwright.referee.evidence.chains import Chain, Hypotheses, Link, Supposed
from gradwright.referee.evidence.hypotheses import is_condition
from gradwright.referee.evidence.imposed import is_zero, reached, unknown
from gradwright.referee.evidence.wording import clause
from gradwright.referee.meaning.symbols import Symbols, symbol_key
from gradwright.referee.slips.edits import edits

_SECONDS = 2.0  # for the slip
_MOST_EDITS = 80


@dataclass(frozen=True, slots=True)
class Condition:
    """Two sides that are to be equal; ``gradient``: that a gradient vanishes, as it is written or as we derive it.

    ``key``: the unknown as it is called there, x where the solution is x̂.
    """

    key: str
    left: Node
    right: Node
    chain: Chain
    gradient: bool = False


def put_back(comparer: Comparer, chain: Chain, link: Link) -> Verdict:
    """The verdict on a solution; a definition where nothing can be said."""
    undecided = Verdict("definition", link.reason)
    value = link.value
    if value is None:
        return undecided
    letters = _letters(chain.sides[link.left].tree)
    keys = dict.fromkeys((link.solves, unknown(link.solves)))
    every = _nearest([c for key in keys for c in _conditions(comparer, chain, key)])
    beside = _beside(comparer, chain, link)
    found = [(c, _holds(comparer, c, letters, value, beside)) for c in every]
    decided = [(c, held) for c, held in found if held.holds is not None]
    good = next(((c, held) for c, held in decided if held.holds), None)
    if good is not None and all(held.holds for c, held in decided if not c.gradient):
        line = comparer.collected.source.place(good[0].left.span[0])[0]
        return Verdict("confirmed", f"put back into the condition at line {line}", outcome=good[1].outcome,
                       facts_used=good[1].facts)  # fmt: skip
    wrong = [(c, held) for c, held in decided if not held.holds]
    misfit = next((held for _, held in found if held.misfit), None)
    if not wrong and misfit is not None and firm(comparer.symbols.at(chain.section), [value], chain.place):
        slip = _slip(comparer, chain, value, every, letters, beside)
        return Verdict("refuted", misfit.reason, slip=slip, span=misfit.span)
    if not wrong or len(decided) < len(found) or any(held.doubt for _, held in wrong):
        return undecided
    slip = _slip(comparer, chain, value, every, letters, beside)
    line = comparer.collected.source.place(wrong[0][0].left.span[0])[0]
    if beside and not slip:
        return Verdict("unread", f"with the other solutions it does not satisfy the condition at line {line}")
    reason = f"put back into the condition at line {line} it does not satisfy it"
    return Verdict("refuted", reason, slip=slip, outcome=wrong[0][1].outcome)


def _nearest(conditions: Sequence[Condition]) -> list[Condition]:
    """Those of the last sentence that imposes one: “so” speaks of them, and not of a constraint long before."""
    last = max((c.chain.sentence for c in conditions), default=0)
    return [c for c in conditions if c.chain.sentence == last]


def _letters(tree: Node | None) -> tuple[str, ...]:
    """i for p_i: the letters over which the unknown runs."""
    return tuple(i.name for i in tree.items if isinstance(i, Letter)) if isinstance(tree, Indexed) else ()


def _is_stationary(tree: Node) -> bool:
    return any(isinstance(n, Derivative | Gradient | Differential) for n in walk(tree))


def _beside(comparer: Comparer, chain: Chain, link: Link) -> tuple[Supposed, ...]:
    """The solutions for other unknowns that the section gives: x = 2 and y = 1 solve two equations together."""
    found: dict[str, Supposed] = {}
    for other in comparer.collected.chains:
        for one in other.links if other.section == chain.section else ():
            if one.sort == "solution" and one.solves != link.solves and one.value is not None:
                found[one.solves] = Supposed(one.solves, one.value, _letters(other.sides[one.left].tree))
    return tuple(found.values())


def _holds(
    comparer: Comparer, condition: Condition, letters: tuple[str, ...], value: Node, beside: tuple[Supposed, ...]
) -> Compared:
    """Whether the condition holds with the value put in after differentiation."""
    supposed = Hypotheses(values=(Supposed(condition.key, value, letters), *beside))
    place = replace(condition.chain, supposed=supposed, scope=[], conditions=[], closed_scope=[])
    return comparer.compare_trees(place, condition.left, condition.right, quick=True)


def _conditions(comparer: Comparer, chain: Chain, key: str) -> list[Condition]:
    """What was imposed on the unknown: written equations, and the gradient of what is made stationary."""
    found: list[Condition] = []
    symbols, chains = comparer.symbols.at(chain.section), comparer.collected.chains
    for other in chains[: chain.number]:
        if other.section != chain.section:
            continue
        for link in other.links:
            left, right = other.sides[link.left].tree, other.sides[link.left + 1].tree
            if left is None or right is None:
                continue
            if link.sort in ("definition", "solution", "fact"):
                continue
            last = other.sides[-1].tree
            ends = last is None or not is_zero(last) or link is other.links[-1]  # of ∇f = … = 0 only that it is zero
            said = (link.sort in ("condition", "assumed", "value") or is_condition(other)) and ends
            met = reached(symbols, left) | reached(symbols, right)
            if (
                said
                and key in met
                and not _names(symbols, left, key)
                and not _is_aside(symbols, chain, other, met, key)
            ):
                found.append(Condition(key, left, right, other, gradient=_is_stationary(left)))
            elif _differentiated(symbols, left, key) and not is_zero(right) and link.sort == "claim":
                found.append(Condition(key, right, _ZERO, other, gradient=True))
    gradients = [
        _gradient(d.key, key, chain) for d in symbols.definitions if _is_objective(comparer, d.key, key, chain)
    ]
    if any(c.gradient for c in found) or not found:
        found += gradients[-1:]
    return found


_ZERO = Number((0, 0), "0")


_CONSTRAINT = re.compile(r"\bsubject to\b|\bs\.t\b|\bconstrain", re.I)


def _is_aside(symbols: Symbols, chain: Chain, other: Chain, met: set[str], key: str) -> bool:
    """Whether a condition is a constraint of which the solution does not speak yet: it has multipliers in it."""
    told = set().union(*(reached(symbols, tree) for tree in chain.trees))
    return bool(_CONSTRAINT.search(clause(other.before))) and not met - {key} <= told


def _names(symbols: Symbols, tree: Node, key: str) -> bool:
    return isinstance(tree, Name | Indexed) and symbol_key(symbols, tree) == key


def _differentiated(symbols: Symbols, tree: Node, key: str) -> bool:
    """Whether a side is the derivative in the unknown."""
    return any(symbol_key(symbols, wrt) == key for node in walk(tree) for wrt in variables_of(node))


def _is_objective(comparer: Comparer, name: str, key: str, chain: Chain) -> bool:
    """Whether a name is a number that depends on the unknown, and is defined before."""
    symbols = comparer.symbols.at(chain.section)
    return any(
        d.key == name
        and d.place < chain.place
        and not d.letters
        and not symbols.rank(name)
        and key in reached(symbols, d.body)
        for d in symbols.definitions
    )


def _gradient(name: str, key: str, chain: Chain) -> Condition:
    """∂f/∂x = 0, of names that are known by their keys."""
    span = chain.sides[0].span
    return Condition(
        key, Derivative(span, "partial", Known(span, name), (Known(span, key),)), _ZERO, chain, gradient=True
    )


def _slip(
    comparer: Comparer, chain: Chain, value: Node, conditions: Sequence[Condition], letters: tuple[str, ...],
    beside: tuple[Supposed, ...],
) -> str:  # fmt: skip
    """The one change of the solution that makes it satisfy every condition."""
    comparer.deadline = until = min(now() + _SECONDS, comparer.until)
    others = [tree for tree in chain.trees if tree is not value]
    try:
        for edit in islice(edits(value, comparer.collected.source.text, comparer.symbols, others, ()), _MOST_EDITS):
            if now() > until:
                break
            if all(_holds(comparer, c, letters, edit.tree, beside).holds for c in conditions):
                return edit.words
    except OutOfTime:
        pass
    return ""
