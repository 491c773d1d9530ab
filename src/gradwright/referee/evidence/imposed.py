"""Conditions a document imposes, and what may follow from them. Owns: “set to zero”, “at the optimum”, solutions.

What holds only where a condition does is no claim about everything; it is neither refuted nor taken for a definition
of what was a variable before. Never: compares.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gradwright.core.record import dataclass
from gradwright.read.latex.nodes import Differential, Gradient, symbol, variables_of
from gradwright.read.syntax import (
    Derivative,
    Group,
    Indexed,
    Name,
    Negative,
    Node,
    Number,
    Power,
    Product,
    Quotient,
    bare,
    walk,
)
from gradwright.referee.evidence.chains import Chain, Collected, Link
from gradwright.referee.evidence.prose import IMPOSING, SOLVING
from gradwright.referee.evidence.wording import governs, listed, sentence, solves
from gradwright.referee.meaning.symbols import Symbols, keys_in, symbol_key

_VANISHES = re.compile(
    r"\b(set\w*|equat\w*|vanish\w*|stationar\w*|optim\w*|minim\w*|maxim\w*|satisf\w*|solv\w*|requir\w*|constrain\w*|"
    r"subject to|critical|KKT|normal equation\w*|zero)\b",
    re.I,
)
_FROM = re.compile(r"\b(?:from|by)\s*$", re.I)
"""From ∂L/∂w = … = 0 it follows."""
_DERIVED = (Derivative, Gradient, Differential)


def is_number(tree: Node) -> bool:
    """Whether a side is a plain number, or a bold 0."""
    tree = bare(tree, Negative)
    if isinstance(tree, Name):
        return (tree.stem, tree.font) == ("0", "bold")
    return all(isinstance(n, Number | Negative | Group | Power | Quotient | Product) for n in walk(tree))


def is_constant(tree: Node) -> bool:
    """Whether a side is made of numbers, 0, 1 and I alone: a matrix that is written out, too."""
    return all(n.stem in ("0", "1", "I") for n in walk(tree) if isinstance(n, Name))


def is_zero(tree: Node) -> bool:
    tree = bare(tree, Negative)
    return not tree.text.strip("0.") if isinstance(tree, Number) else symbol(tree) == "0"


@dataclass(frozen=True, slots=True)
class Imposed:
    """By section, the chain from which a condition is imposed; where each symbol is first differentiated in."""

    since: Mapping[int, int]
    differentiated: Mapping[str, int]
    chains: Sequence[Chain]


def imposes(chain: Chain, link: Link, right: Node) -> bool:
    """Whether a link imposes a condition; then its section has one from here on."""
    words = IMPOSING.search(chain.before) if link.left == 0 else None
    ends = link.left > 0 and is_zero(right) and link is chain.links[-1] and differentiates(chain.sides[0].tree)
    told = _VANISHES.search(chain.before[-200:]) or _VANISHES.search(chain.after[:120]) or _FROM.search(chain.before)
    solved = link.left == 0 and SOLVING.search(chain.before) and not isinstance(chain.sides[0].tree, Name | Indexed)
    return bool((words and is_number(right)) or (ends and told) or solved)


def differentiates(tree: Node | None) -> bool:
    return tree is not None and any(isinstance(n, _DERIVED) for n in walk(tree))


def noted(imposed: Mapping[int, int], chain: Chain) -> Mapping[int, int]:
    """“Setting the derivative to zero gives”: the condition is in the words alone."""
    return {chain.section: chain.number - 1, **imposed} if STATIONARY.search(chain.before[-220:]) else imposed


STATIONARY = re.compile(
    r"\b(set\w*|equat\w*)\b[^.]{0,80}\b(zero|0)\b|⟦⟧[^.]{0,20}\bto (zero|0)\b|"
    r"\b(gradient|derivative)s?\b[^.]{0,60}\bvanish\w*|\b(stationar|critical)\w*",
    re.I,
)
"""Words that impose that a gradient is zero."""
_TIED = re.compile(r"\b(solution|solv\w+|minim\w+|maxim\w+|optim\w+|vanish\w*|attain\w*|root|zero|estimat\w+)\b", re.I)


def is_tied(chain: Chain) -> bool:
    """Whether words tie what is said to the condition before it."""
    before = listed(chain.before)
    tied = "inference" in governs(before) or bool(_TIED.search(sentence(before)))
    return tied or solves(chain.before, chain.after)


def unknown(key: str) -> str:
    """λ for λ̂ and λ*: the letter of which these are the solution."""
    bare = re.sub(rf"^hat |\^\(?{_LABELS}\)?$|_{_LABELS}$", "", key)
    return bare or key


_LABELS = r"(\*|⋆|star|ast|opt|ML|MLE|MAP|OLS|LS|WLS|GLS|ridge|min|max)"
"""Labels of a solution."""


def is_solution(symbols: Symbols, imposed: Imposed, chain: Chain, key: str, place: int) -> bool:
    """Whether a name gets a value that was a variable until a condition was imposed."""
    since = imposed.since.get(chain.section)
    if since is None or since >= chain.number:
        return False
    keys = {key, unknown(key)}
    if any(imposed.differentiated.get(k, place) < place for k in keys):
        return True
    if re.search(r"\b(where|define|denote|let)\b[^.]*$|\b(for|of|with|from)\s*$", chain.before[-80:], re.I):
        return False
    earlier = (c for c in imposed.chains[: chain.number] if c.section == chain.section)
    trees = (tree for c in earlier for tree in c.trees)
    return any(keys & keys_in(symbols, tree) for tree in trees)


def is_told(symbols: Symbols, imposed: Imposed, chain: Chain, key: str) -> bool:
    """Whether the words beside a chain make a name the solution of what stands before it, though nothing is imposed."""
    keys = {key, unknown(key)}
    near = [c for c in imposed.chains[: chain.number] if c.section == chain.section]
    if solves(chain.before, chain.after):
        return any(keys & reached(symbols, tree) for c in near for tree in c.trees)
    if "inference" not in governs(chain.before):
        return False
    links = ((c, link) for c in near if c.sentence >= chain.sentence - 1 for link in c.links)
    return any(_is_equation_in(symbols, c, link, keys) for c, link in links)


def _is_equation_in(symbols: Symbols, chain: Chain, link: Link, keys: set[str]) -> bool:
    """A x = b, v = r + γ P v: an equation with the unknown in it that is no definition."""
    left, right = chain.sides[link.left].tree, chain.sides[link.left + 1].tree
    if (
        left is None
        or right is None
        or link.sort not in ("claim", "condition", "assumed", "imposed")
        or differentiates(left)
    ):
        return False
    found = [keys_in(symbols, tree) & keys for tree in (left, right)]
    names = [isinstance(tree, Name | Indexed) for tree in (left, right)]
    return any(found) and not (any(names) and not all(found))


def first_differentiated(symbols: Symbols, chains: Sequence[Chain]) -> dict[str, int]:
    """Where each symbol first stands below a ∂."""
    found: dict[str, int] = {}
    for node in (node for chain in chains for tree in chain.trees for node in walk(tree)):
        for wrt in variables_of(node):
            found.setdefault(symbol_key(symbols, wrt), node.span[0])
    return found


def reached(symbols: Symbols, tree: Node) -> set[str]:
    """Every symbol that a tree reaches through the definitions there are."""
    found: set[str] = set()
    stack = [tree]
    while stack:
        nodes = list(walk(stack.pop()))
        inner = {id(node.base) for node in nodes if isinstance(node, Indexed)}  # W_0 speaks of no W
        for node in nodes:
            key = symbol_key(symbols, node) if isinstance(node, Name | Indexed) and id(node) not in inner else ""
            if key and key not in found:
                found.add(key)
                stack += [d.body for d in symbols.definitions if d.key == key]
    return found


def may_follow(symbols: Symbols, collected: Collected, chain: Chain, left: Node | None, right: Node | None) -> str:
    """Why a relation that fails may hold all the same: a condition was imposed before it in its section."""
    since = collected.imposed.get(chain.section)
    if since is None or since > chain.number or differentiates(left) or differentiates(right):
        return ""
    before = [c for c in collected.chains[: chain.number + 1] if c.section == chain.section]
    bound = set(first_differentiated(symbols, before))
    if not bound & {key for tree in (left, right) if tree is not None for key in reached(symbols, tree)}:
        return ""  # it speaks of nothing that the condition is about
    line = collected.source.place(collected.chains[max(since, 0)].place)[0]
    return f"it may follow from the condition that is imposed at line {line}, which is not solved here"
