"""Which function σ is where no word says so. Owns: telling the logistic function by its company, and by default.

σ in a logarithm, 1 − σ(…) and σ′ = σ(1 − σ) are written of the logistic function. It is the default too, as everyone
of the field takes it, where nothing makes σ just any function. Never: reads a side.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from gradwright.read.syntax import Call, Name, Node, Number, Primed, Product, Sum, bare, walk
from gradwright.referee.evidence.chains import Chain
from gradwright.referee.meaning.symbols import Customs, applies

TAKEN = "σ, of which nothing else is said, is read as the logistic function"
_ANY = re.compile(
    r"\b(?:activations?|non-?\s?linear\w*|transfer|squashing|link|differentiable|smooth|some|permut\w*|spectr\w*|singular)\b",
    re.I,
)
"""Words beside which σ may be any function."""


def learn_sigmoid(customs: Customs, chains: Sequence[Chain], text: str) -> tuple[Customs, bool]:
    """That σ is the logistic function, where its company shows it, or nothing speaks against it (True then).

    Else σ may be any function, and it is noted whether σ′ stands somewhere.
    """
    nodes = [node for chain in chains for tree in chain.trees for node in walk(tree)]
    shown = any(map(states_sigmoid, chains)) or any(map(_logistic, nodes))
    taken = not shown and not customs.sigmoid and any(map(_applied, nodes)) and not _ANY.search(text)
    if shown or taken:
        return replace(customs, sigmoid=True), taken
    return replace(customs, any_sigma=any(map(_primed, nodes))), False


def states_sigmoid(chain: Chain) -> bool:
    """σ′ = σ(1 − σ), of the function itself."""
    if len(chain.sides) != 2 or any(side.tree is None for side in chain.sides):
        return False
    left, right = (side.tree for side in chain.sides)
    assert left is not None
    assert right is not None
    if not isinstance(left, Primed) or left.count != 1 or not _is_sigma(left.body):
        return False
    if isinstance(right, Call):
        return (
            _is_sigma(right.function)
            and not right.primes
            and len(right.arguments) == 1
            and _one_minus(right.arguments[0])
        )
    if not isinstance(right, Product) or len(right.factors) != 2:
        return False
    factors = [factor for _, factor in right.factors]
    return any(_is_sigma(a) and _one_minus(b) for a, b in (factors, factors[::-1]))


def _is_sigma(tree: Node) -> bool:
    return isinstance(tree, Name) and tree.stem == "sigma" and tree.font != "bold"


def _one_minus(tree: Node) -> bool:
    """1 − σ, 1 − σ(…)"""
    tree = bare(tree)
    if not isinstance(tree, Sum) or len(tree.terms) != 2:
        return False
    (one_sign, one), (two_sign, two) = tree.terms
    is_one = one_sign != "-" and isinstance(one, Number) and one.text == "1"
    return is_one and two_sign == "-" and (_is_sigma(two) or _applied(two))


def _applied(tree: Node) -> bool:
    return isinstance(tree, Call) and _is_sigma(tree.function) and not tree.primes


def _logistic(tree: Node) -> bool:
    if applies(tree, "log"):
        return _applied(bare(tree.arguments[0]))
    return isinstance(tree, Sum) and _one_minus(tree) and any(_applied(term) for _, term in tree.terms)


def _primed(tree: Node) -> bool:
    if isinstance(tree, Primed):
        return _is_sigma(tree.body)
    return isinstance(tree, Call) and bool(tree.primes) and _is_sigma(tree.function)
