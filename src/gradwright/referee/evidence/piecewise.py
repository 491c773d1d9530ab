"""Functions that a sentence defines piece by piece: f(x) = a for x > 0, and f(x) = b otherwise. Owns: putting the
pieces together, as braces would. Never: judges a piece.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from gradwright.read.syntax import Call, Case, Cases, Comparison, Indexed, Name, alike
from gradwright.referee.evidence.chains import CONDITION_AFTER, Chain, comparisons, since

_OPENS = re.compile(r"\b(?:for|if|when|whenever|where)\s*(?:all\s*)?$", re.I)
_THEN = re.compile(r"^[\s,:]*(?:then|we (?:have|set|let|put|define)|it is|let|put|take|define)?\s*$", re.I)
_ELSE = re.compile(r"^[\s,]*(?:otherwise|else|elsewhere)\b", re.I)
_ELSE_BEFORE = re.compile(r"\b(?:otherwise|else|elsewhere)\b[\s,:]*(?:we (?:have|set|let)|it is)?\s*$", re.I)


def put_together(chains: Sequence[Chain]) -> None:
    """Make the first of the pieces that one sentence gives a name its whole value; the others are its cases."""
    for number, chain in enumerate(chains):
        first = _piece(chains, number)
        if first is None or not first.conditions:
            continue
        pieces = [first]
        for other in range(number + 1, min(number + 6, len(chains))):
            if (chains[other].section, chains[other].sentence) != (chain.section, chain.sentence):
                break
            again = _piece(chains, other) if _is_about(chains[other], chain) else _bare_piece(chains, other)
            if again is not None:
                pieces.append(again)
            for link in chains[other].links if again is not None else ():
                link.sort, link.reason = "definition", "a case of its definition"
        if len(pieces) > 1:
            value = chain.sides[1]
            assert value.tree is not None
            value.tree = Cases(value.tree.span, tuple(sorted(pieces, key=lambda piece: not piece.conditions)))


def _is_about(chain: Chain, first: Chain) -> bool:
    one, two = chain.sides[0].tree, first.sides[0].tree
    return one is not None and two is not None and alike(one, two)


def _piece(chains: Sequence[Chain], number: int) -> Case | None:
    """The value that a relation gives a name, with the case beside it."""
    chain = chains[number]
    head = chain.sides[0].tree
    named = isinstance(head, Name | Indexed) or (isinstance(head, Call) and not head.primes)
    value = chain.sides[1].tree if named and len(chain.links) == 1 and len(chain.sides) == 2 else None
    if value is None:
        return None
    after = chains[number + 1] if number + 1 < len(chains) else None
    before = chains[number - 1] if number else None
    if after is not None and CONDITION_AFTER.match(since(after)) and (told := _condition(after, chain)):
        return Case(value.span, value, told)
    if _ELSE.match(chain.after) or _ELSE_BEFORE.search(since(chain)):
        return Case(value.span, value, ())
    if before is not None and _OPENS.search(since(before)) and _THEN.match(since(chain)):
        told = _condition(before, chain)
        return Case(value.span, value, told) if told else None
    return None


def _bare_piece(chains: Sequence[Chain], number: int) -> Case | None:
    """b in “f(x) = a if x > 0, and b otherwise”."""
    chain = chains[number]
    value = chain.sides[0].tree if len(chain.sides) == 1 else None
    return Case(value.span, value, ()) if value is not None and _ELSE.match(chain.after) else None


def _condition(chain: Chain, beside: Chain) -> tuple[Comparison, ...]:
    """The inequalities that stand by themselves, in the sentence of a relation."""
    if chain.sentence != beside.sentence or chain.section != beside.section:
        return ()
    every = comparisons(chain)
    return tuple(every) if len(every) == len(chain.signs) else ()
