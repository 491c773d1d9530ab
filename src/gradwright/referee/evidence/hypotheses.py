"""What a relation is said under. Owns: the conditions of its own sentence, values that are chosen, sets of labels.

“If y = 1, then …” supposes a value, “for x > 0 …” a sign, y ∈ {−1, 1} a fact. Never: compares sides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from gradwright.core.facts import FACTS
from gradwright.read.latex.tokens import Token
from gradwright.read.syntax import Group, Indexed, Name, Negative, Node, Number, Relation, walk
from gradwright.referee.evidence.chains import Chain, Hypotheses, Supposed
from gradwright.referee.evidence.wording import clause, governs
from gradwright.referee.meaning.symbols import Stated, Symbols, is_name, symbol_key

_SIGNS: dict[tuple[str, bool], str] = {
    (">", True): "positive", ("<", True): "negative", (">=", True): "nonnegative", ("!=", True): "nonzero",
}  # fmt: skip
"""The fact of x ∘ 0."""
_TURNED: dict[Relation, Relation] = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_SETS = {frozenset({"-1", "1"}): "signs", frozenset({"0", "1"}): "binary"}


def suppose(symbols: Symbols, chains: Sequence[Chain]) -> None:
    """Note with every chain what its own sentence supposes."""
    found = {chain.number: _beside(symbols, chain) for chain in chains if chain.beside or chain.guarded}
    for sentence in _sentences(chains):
        supposed = Hypotheses()
        for k, chain in enumerate(sentence):
            if is_condition(chain):
                own = _stated(symbols, chain)
                supposed = supposed.with_(own)
                before = sentence[k - 1] if k else None
                if before is not None and not is_condition(before) and not found.get(before.number):
                    found[before.number] = own  # ℓ = −log h if y = 1
            elif supposed:
                found[chain.number] = supposed.with_(found.get(chain.number, Hypotheses()))
    for number, supposed in found.items():
        chains[number].supposed = supposed


def _beside(symbols: Symbols, chain: Chain) -> Hypotheses:
    """What stands on the line of a formula itself: …, if x > 0."""
    done = Hypotheses(unread=chain.guarded)
    for item in chain.beside:
        sides = [item.left, item.right]
        done = done.with_(
            _value(symbols, sides) if item.relation == "=" else _compared(symbols, sides[0], item.relation, sides[1])
        )
    return done


_LASTING = re.compile(r"\b(?:let|where|with|assum\w+|suppos\w+|throughout|given)(?:\s+that)?\s*$", re.I)


def lasting(symbols: Symbols, chains: Sequence[Chain]) -> list[Stated]:
    """The facts that are stated for good: “Let x > 0.”"""
    found = [
        _stated(symbols, chain).facts for chain in chains if not chain.links and _LASTING.search(clause(chain.before))
    ]
    return [fact for facts in found for fact in facts]


def is_equation(symbols: Symbols, chain: Chain) -> bool:
    """Whether a chain imposes an equation that is more than a value or a fact."""
    return is_condition(chain) and any(s == "=" for _, s in chain.signs) and _stated(symbols, chain).unread


def is_condition(chain: Chain) -> bool:
    """Whether the words beside a chain say that it is a condition."""
    says = governs(chain.before, chain.after)
    return "condition" in says and "any" not in says


def _sentences(chains: Iterable[Chain]) -> list[list[Chain]]:
    found: dict[tuple[int, int], list[Chain]] = {}
    for chain in chains:
        found.setdefault((chain.section, chain.sentence), []).append(chain)
    return list(found.values())


def _stated(symbols: Symbols, chain: Chain) -> Hypotheses:
    """Every relation of a condition, as a value or as a fact."""
    done = Hypotheses()
    said = {link.left for link in chain.links if link.sort in ("definition", "fact", "data")}
    for left, sign in chain.signs:
        if left in said or sign == "in":
            continue
        one, two = chain.sides[left].tree, chain.sides[left + 1].tree
        if one is None or two is None:
            done = done.with_(Hypotheses(unread=True))
        elif sign == "=":
            done = done.with_(_value(symbols, [s.tree for s in chain.sides[left:] if s.tree is not None]))
        else:
            done = done.with_(_compared(symbols, one, sign, two))
    return done


def _value(symbols: Symbols, sides: Sequence[Node]) -> Hypotheses:
    """x = y = 0: each name is what the last side says."""
    *names, value = sides
    for one, two in ((names, value), ([value], names[0])):
        keys = [symbol_key(symbols, n) for n in one if is_name(symbols, n)]
        known = {d.key for d in symbols.definitions}
        if len(keys) == len(one) and all(keys) and not set(keys) & (_names(symbols, two) | known):
            return Hypotheses(values=tuple(Supposed(key, two) for key in keys))
    return Hypotheses(unread=True)


def _names(symbols: Symbols, tree: Node) -> set[str]:
    return {symbol_key(symbols, n) for n in walk(tree) if isinstance(n, Name | Indexed)}


def _compared(symbols: Symbols, left: Node, sign: Relation, right: Node) -> Hypotheses:
    """x > 0, 0 < x."""
    if _is_zero(left):
        left, sign, right = right, _TURNED.get(sign, sign), left
    fact = _SIGNS.get((sign, _is_zero(right)))
    key = symbol_key(symbols, left) if is_name(symbols, left) else ""
    if fact is None or not key or symbols.rank(key) not in FACTS[fact].ranks:
        return Hypotheses(unread=True)
    return Hypotheses(facts=(Stated(fact, key, "stated", left.span[0]),))


def _is_zero(tree: Node) -> bool:
    return isinstance(tree, Number) and not tree.text.strip("0.")


def chosen(symbols: Symbols, chains: Sequence[Chain], before: Chain) -> tuple[Supposed, ...]:
    """The values that were chosen for symbols earlier in the section, the last of each."""
    found: dict[str, Supposed] = {}
    for chain in chains[: before.number + 1]:
        for link in chain.links:
            left, right = chain.sides[link.left].tree, chain.sides[-1].tree
            if chain is before or chain.section != before.section or left is None or right is None:
                continue
            if link.sort == "value" and is_name(symbols, left) and _numeric(right):
                key = symbol_key(symbols, left)
                found[key] = Supposed(key, right)
    return tuple(found.values())


def _numeric(tree: Node) -> bool:
    while isinstance(tree, Group | Negative):
        tree = tree.body
    return isinstance(tree, Number)


def fact_of_set(tokens: Sequence[Token]) -> str:
    """The fact that {−1, 1}, {0, 1} or SO(3) states of what is in it; or nothing."""
    text = "".join(t.text for t in tokens if t.kind not in ("gap", "open", "close")).replace("+", "")
    if re.fullmatch(r"S?O\(\w+\)", text):
        return "orthogonal"
    return _SETS.get(frozenset(text.strip("\\{}").split(",")), "")
