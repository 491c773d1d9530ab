"""Names for the repeated parts of a long term. Owns: which parts are named. Never: changes what a term means.

A person who meets tanh(W*x) five times in an answer writes h1 for it. Only parts without indices of their own can be
named: an entry means something only under the letters that surround it.
"""

from __future__ import annotations

from collections.abc import Generator
from itertools import count

from gradwright.core.walk import run
from gradwright.write.term import INDEXED, Big, Call, Collect, Name, Partial, Power, Program, Quotient, Sum, Term
from gradwright.write.traverse import Key, marks, parts, rebuilt

_LONG = 45  # signs of notation: a shorter answer is read more easily as it is
_VERY_LONG = 90  # beyond it everything that repeats gets a name
_WORTH_A_NAME = 4
_GAIN = 8  # signs that a name has to save in an answer of middling length
_NAMED = (Call, Sum, Power, Quotient)
_INDEXED = (*INDEXED, Big, Collect, Partial)


def shared(term: Term, taken: set[str]) -> Term:
    """The term as a program in which every repeated part is written once; as it is where it is short or indexed."""
    lets, body = (term.lets, term.body) if isinstance(term, Program) else ((), term)
    found = _Parts()
    root = run(found.visit, Key(body), found.of)
    if found.sizes[root] < _LONG or found.indexed[root]:
        return term
    named, rest = found.named(root, taken)
    return Program((*lets, *named), rest) if named else term


class _Parts:
    """The distinct parts of a term, numbered children first."""

    def __init__(self) -> None:
        self.of: dict[Key, int] = {}
        self.numbers: dict[tuple[object, ...], int] = {}
        self.terms: list[Term] = []
        self.below: list[tuple[int, ...]] = []
        self.sizes: list[int] = []
        self.indexed: list[bool] = []

    def visit(self, key: Key) -> Generator[Key, int, int]:
        below = []
        for part in parts(key.term):
            below.append((yield Key(part)))
        term = key.term
        signature = (type(term), marks(term), tuple(below))
        number = self.numbers.setdefault(signature, len(self.terms))
        if number == len(self.terms):
            self.terms.append(term)
            self.below.append(tuple(below))
            self.sizes.append(1 + sum(self.sizes[b] for b in below))
            self.indexed.append(isinstance(term, _INDEXED) or any(self.indexed[b] for b in below))
        return number

    def named(self, root: int, taken: set[str]) -> tuple[list[tuple[str, Term]], Term]:
        """The repeated parts with their names, and the term at ``root`` said with these."""
        uses = [0] * len(self.terms)
        for below in self.below:
            for number in below:
                uses[number] += 1
        fresh = (name for k in count(1) if (name := f"h{k}") not in taken)
        written: list[Term] = []
        named: list[tuple[str, Term]] = []
        for number, term in enumerate(self.terms):
            whole = rebuilt(term, [written[b] for b in self.below[number]]) if self.below[number] else term
            if number != root and uses[number] > 1 and self._worth(number, uses[number], self.sizes[root]):
                named.append((next(fresh), whole))
                whole = Name(named[-1][0])
            written.append(whole)
        return named, written[root]

    def _worth(self, number: int, uses: int, whole: int) -> bool:
        size = self.sizes[number]
        saved = (uses - 1) * size - uses
        return (
            isinstance(self.terms[number], _NAMED) and size >= _WORTH_A_NAME and (whole >= _VERY_LONG or saved >= _GAIN)
        )
