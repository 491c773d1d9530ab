"""Names for the repeated parts of a long term. Owns: which parts are named. Never: changes what a term means.

A person who meets tanh(W*x) five times in an answer writes h1 for it. Only parts without indices of their own can be
named: an entry means something only under the letters that surround it.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import fields
from itertools import count

from gradwright.core.walk import run
from gradwright.write.term import (
    Big,
    Call,
    Collect,
    Kronecker,
    Letter,
    Name,
    Partial,
    Power,
    Program,
    Quotient,
    Subscripted,
    Sum,
    Term,
)
from gradwright.write.traverse import Key, parts, rebuilt

_LONG = 90  # signs of notation: a shorter answer is read more easily as it is
_WORTH_A_NAME = 4
_NAMED = (Call, Sum, Power, Quotient)
_INDEXED = (Subscripted, Letter, Kronecker, Big, Collect, Partial)


def shared(term: Term, taken: set[str]) -> Term:
    """The term as a program in which every repeated part is written once; as it is where it is short or indexed."""
    body = term.body if isinstance(term, Program) else term
    found = _Parts()
    root = run(found.visit, Key(body), found.of)
    if found.sizes[root] < _LONG or found.indexed[root]:
        return term
    return found.program(root, term.lets if isinstance(term, Program) else (), taken)


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
        own = tuple(v for f in fields(term) if not _has_terms(v := getattr(term, f.name)))
        signature = (type(term), own, tuple(below))
        number = self.numbers.setdefault(signature, len(self.terms))
        if number == len(self.terms):
            self.terms.append(term)
            self.below.append(tuple(below))
            self.sizes.append(1 + sum(self.sizes[b] for b in below))
            self.indexed.append(isinstance(term, _INDEXED) or any(self.indexed[b] for b in below))
        return number

    def program(self, root: int, lets: tuple[tuple[str, Term], ...], taken: set[str]) -> Term:
        uses = [0] * len(self.terms)
        for below in self.below:
            for number in below:
                uses[number] += 1
        fresh = (name for k in count(1) if (name := f"h{k}") not in taken)
        written: list[Term] = []
        named: list[tuple[str, Term]] = []
        for number, term in enumerate(self.terms):
            whole = rebuilt(term, [written[b] for b in self.below[number]]) if self.below[number] else term
            if number != root and uses[number] > 1 and self._worth(number):
                named.append((next(fresh), whole))
                whole = Name(named[-1][0])
            written.append(whole)
        return Program((*lets, *named), written[root]) if lets or named else written[root]

    def _worth(self, number: int) -> bool:
        return isinstance(self.terms[number], _NAMED) and self.sizes[number] >= _WORTH_A_NAME


def _has_terms(value: object) -> bool:
    items = value if isinstance(value, tuple) else (value,)
    return any(hasattr(item, "__dataclass_fields__") for item in items)
