"""What a relation is said under. Owns: the conditions of its own sentence, values that are chosen, sets of labels.

“If y = 1, then …” supposes a value, “for x > 0 …” a sign, y ∈ {−1, 1} a fact. Never: compares sides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile

from gradwright.read.latex.nodes import Law
from gradwright.read.latex.tokens import Token
from gradwright.read.syntax import Bars, Call, Comparison, Indexed, Name, Negative, Node, Norm, Number, bare, walk
from gradwright.referee.evidence.chains import CONDITION_AFTER, Chain, Hypotheses, Supposed, comparisons, since
from gradwright.referee.evidence.imposed import differentiates, is_constant
from gradwright.referee.evidence.kept import TURNED, acting, commuting, limits, linear
from gradwright.referee.evidence.wording import clause, governs, sentence
from gradwright.referee.meaning.symbols import Stated, Symbols, is_name, keys_in, symbol_key

_SETS = {frozenset({"-1", "1"}): "signs", frozenset({"0", "1"}): "binary"}


def suppose(symbols: Symbols, chains: Sequence[Chain]) -> None:
    """Note with every chain what its own sentence supposes, and what was stated for good before it."""
    found = {chain.number: _beside(symbols, chain) for chain in chains if chain.beside or chain.guarded}
    for said in _sentences(chains):
        found.update(_in_sentence(symbols, said, found))
    held = Hypotheses()
    for chain in chains:
        own = found.get(chain.number, Hypotheses())
        keys = {value.key for value in own.values}
        kept = replace(held, values=tuple(value for value in held.values if value.key not in keys))
        if kept and chain.links:
            found[chain.number] = own.with_(kept)
        lets = is_condition(chain) and _LETS.search(sentence(chain.before)) and not _CASE.search(clause(chain.before))
        if lets or _is_imposed(chain) or _LASTING.search(clause(chain.before)):
            told = _stated(symbols, chain)
            bounded = tuple(value for value in told.values if value.bounds)
            held = held.with_(Hypotheses(bounded, told.facts if bounded else (), told.limits))
    for number, supposed in found.items():
        chains[number].supposed = supposed


def _in_sentence(symbols: Symbols, said: Sequence[Chain], beside: Mapping[int, Hypotheses]) -> dict[int, Hypotheses]:
    """What each chain of a sentence is said under; ``beside``: what stands on its own line."""
    found = {chain.number: beside[chain.number] for chain in said if chain.number in beside}
    supposed, claimed = Hypotheses(), False
    for k, chain in enumerate(said):
        if _imposes(chain) or _bounds_only(chain):
            own = _stated(symbols, chain)
            supposed = (_apart_from(symbols, supposed, own) if claimed else supposed).with_(own)
            claimed = False
            before = said[k - 1] if k and CONDITION_AFTER.match(since(chain)) else None
            if before is not None and not _imposes(before) and not found.get(before.number):
                found[before.number] = own  # ℓ = −log h if y = 1
            continue
        claimed = claimed or bool(chain.links)
        if supposed:
            general = "any" in governs(chain.before, chain.after)  # for all x, not just x = 0
            under = replace(supposed, values=tuple(v for v in supposed.values if v.bounds or not general))
            found[chain.number] = under.with_(found.get(chain.number, Hypotheses()))
    return found


def _apart_from(symbols: Symbols, told: Hypotheses, case: Hypotheses) -> Hypotheses:
    """What was supposed of other symbols than a new case is about: for x > 0 …, while for x < 0 …."""
    keys = {v.key for v in case.values} | {f.key for f in case.facts} | _bounded(symbols, case)
    return replace(
        told,
        values=tuple(v for v in told.values if v.key not in keys),
        facts=tuple(f for f in told.facts if f.key not in keys),
        limits=tuple(c for c in told.limits if not keys & (keys_in(symbols, c.left) | keys_in(symbols, c.right))),
    )


def _bounded(symbols: Symbols, case: Hypotheses) -> set[str]:
    return {key for c in case.limits for side in (c.left, c.right) for key in keys_in(symbols, side)}


def _beside(symbols: Symbols, chain: Chain) -> Hypotheses:
    """What stands on the line of a formula itself: …, if x > 0."""
    done = Hypotheses(unread=chain.guarded)
    for item in chain.beside:
        if item.relation == "=":
            done = done.with_(_value(symbols, [item.left, item.right]))
    return done.with_(limits(symbols, [c for c in chain.beside if c.relation != "="]))


_LASTING = re.compile(r"\b(?:let|where|with|assum\w+|suppos\w+|throughout|given)(?:\s+that)?\s*$", re.I)


_CASE = re.compile(r"\b(?:if|when|whenever|for|unless|iff|case)\s*$", re.I)
_LETS = re.compile(r"\b(?:let|assum\w+|suppos\w+|throughout|given|take|consider|fix|put|set|choose)\b", re.I)
"""Words of a sentence whose conditions are stated for good."""


def lasting(symbols: Symbols, chains: Sequence[Chain]) -> list[Stated]:
    """The facts that are stated for good: “Let x > 0.”; and that what |x| is said to be below is positive."""
    found = [_stated(symbols, chain) for chain in chains if _lasts(chain)]
    stated = [fact for told in found if not told.values for fact in told.facts]
    known = {fact.key for fact in stated}
    return [*stated, *(fact for fact in _thresholds(symbols, chains) if fact.key not in known)]


def _thresholds(symbols: Symbols, chains: Sequence[Chain]) -> Iterator[Stated]:
    """δ in |r| ≤ δ, and in a case of that."""
    told = [c for chain in chains for c in comparisons(chain)]
    told += [n for chain in chains for tree in chain.trees for n in walk(tree) if isinstance(n, Comparison)]
    keys: set[str] = set()
    for item in told:
        sides = (item.left, item.right) if item.relation in ("<", "<=") else (item.right, item.left)
        measured, above = (bare(side) for side in sides)
        if item.relation in TURNED and isinstance(measured, Bars | Norm) and is_name(symbols, above):
            key = symbol_key(symbols, above)
            if key and key not in keys and not symbols.rank(key) and not symbols.is_defined(key):
                keys.add(key)
                yield Stated("positive", key, "it bounds what is positive", 0)


def _lasts(chain: Chain) -> bool:
    return not chain.links and bool(_LASTING.search(clause(chain.before)))


def _bounds_only(chain: Chain) -> bool:
    """for all x > 0: what a claim about every value is said of."""
    return not chain.links and bool(chain.signs) and all(sign in TURNED or sign == "!=" for _, sign in chain.signs)


def is_equation(symbols: Symbols, chain: Chain) -> bool:
    """Whether a chain imposes an equation that is more than a value or a fact."""
    return is_condition(chain) and any(s == "=" for _, s in chain.signs) and _stated(symbols, chain).unread


def is_condition(chain: Chain) -> bool:
    """Whether the words beside a chain say that it is a condition."""
    says = governs(chain.before, chain.after)
    return ("condition" in says or ("definition" in says and _lets(chain))) and "any" not in says


def _imposes(chain: Chain) -> bool:
    """Whether a chain is a condition, by the words beside it or by what it says."""
    return is_condition(chain) or _is_imposed(chain)


def _is_imposed(chain: Chain) -> bool:
    return bool(chain.links) and all(link.sort == "imposed" for link in chain.links)


def _lets(chain: Chain) -> bool:
    """Let ‖a‖ = 1: what follows names nothing."""
    named = any(isinstance(t, Name | Indexed | Call | Law) and not is_constant(t) for t in chain.trees)
    return not (named or any(map(differentiates, chain.trees))) and bool(_LET.search(clause(chain.before)))


_LET = re.compile(r"\b(?:let|suppose|where)\s*$", re.I)


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
        elif sign == "=" and not _restates(symbols, one, two):
            value = _value(symbols, [s.tree for s in chain.sides[left:] if s.tree is not None])
            told = commuting(symbols, one, two) or acting(symbols, one, two)
            done = done.with_(told or (linear(symbols, one, two) if value.unread else value))
    return done.with_(limits(symbols, comparisons(chain)))


def _restates(symbols: Symbols, one: Node, two: Node) -> bool:
    """with p = exp(x)/Z: a name that has a meaning, and what it is made of; that is a claim and supposes nothing."""
    named = isinstance(one, Name | Indexed) and symbols.is_defined(symbol_key(symbols, one))
    return named and not is_name(symbols, two) and not isinstance(bare(two, Negative), Number)


def _value(symbols: Symbols, sides: Sequence[Node]) -> Hypotheses:
    """x = y = 0: each name is what the last side says."""
    *names, value = sides
    for one, two in ((names, value), ([value], names[0])):
        keys = [symbol_key(symbols, n) for n in one if is_name(symbols, n)]
        known = {d.key for d in symbols.definitions}
        if len(keys) == len(one) and all(keys) and not set(keys) & (keys_in(symbols, two) | known):
            return Hypotheses(values=tuple(Supposed(key, two) for key in keys))
    return Hypotheses(unread=True)


def chosen(
    symbols: Symbols, chains: Sequence[Chain], before: Chain, shared: frozenset[str] = frozenset()
) -> tuple[Supposed, ...]:
    """The values that were chosen for symbols earlier in the section, the last of each.

    Of a symbol that stands on both sides (``shared``) only what is assumed for good: “Let b = 0.”
    """
    found: dict[str, Supposed] = {}
    general = "any" in governs(before.before, before.after)
    for chain in chains[: before.number + 1]:
        for link in chain.links:
            left, right = chain.sides[link.left].tree, chain.sides[-1].tree
            if chain is before or chain.section != before.section or left is None or right is None:
                continue
            assumed = not general and _LETS.search(sentence(chain.before))
            key = symbol_key(symbols, left) if link.sort == "value" and is_name(symbols, left) else ""
            if key and _numeric(right) and (assumed or key not in shared):
                found[key] = Supposed(key, right)
    return tuple(found.values())


def _numeric(tree: Node) -> bool:
    return isinstance(bare(tree, Negative), Number)


def fact_of_set(tokens: Sequence[Token]) -> str:
    """The fact that {−1, 1}, {0, 1}ⁿ, ℤ or SO(3) states of what is in it; or nothing."""
    letters = takewhile(lambda t: t.kind != "sup", tokens)
    text = "".join(t.text for t in letters if t.kind not in ("gap", "open", "close")).replace("+", "")
    if re.fullmatch(r"S?O\(\w+\)", text):
        return "orthogonal"
    if any(t.style == "bb" for t in tokens) and re.fullmatch(r"[ZN](?:_[^_]*)?", text):
        return "integer"
    return _SETS.get(frozenset(text.strip("\\{}").split(",")), "")
