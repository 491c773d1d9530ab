"""The printer every spelling shares. Owns: the walk over a term, and where parentheses are needed. Never: a notation.

A spelling gives each kind of term a level (how tightly it holds together); a part that holds less tightly than its
place asks for is fenced. A term that is ``loose`` would swallow what follows it (Σ_i x_i, log x), so it stands last.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import ClassVar

from gradwright.core.errors import Error
from gradwright.core.walk import run
from gradwright.write.term import (
    Big,
    Call,
    Choice,
    Collect,
    Kronecker,
    Letter,
    Name,
    Neg,
    Num,
    Partial,
    Power,
    Product,
    Program,
    Quoted,
    Quotient,
    Subscripted,
    Sum,
    Term,
    Transpose,
)
from gradwright.write.traverse import Key, parts

SUM, NEG, PRODUCT, FACTOR, POWER, ATOM = range(6)
LONGEST = 5_000_000
"""Characters: beyond it a shared expression has exploded, and nothing could read it."""


class Speller:
    """Spells one term. ``longest`` cuts the spelling there, with an ellipsis; without it nothing is left out."""

    minus: ClassVar[str] = "-"
    plus: ClassVar[str] = "+"
    comma: ClassVar[str] = ", "
    gap: ClassVar[str] = " "
    levels: ClassVar[dict[type[Term], int]]
    comparisons: ClassVar[dict[str, str]] = {op: op for op in ("<", "<=", ">", ">=", "==", "!=")}

    def __init__(self, longest: int | None = None) -> None:
        self.longest = longest
        self._spelled: dict[Key, str] = {}

    def spell(self, term: Term) -> str:
        return run(self._visit, Key(term), self._spelled)

    def _visit(self, key: Key) -> Generator[Key, str, str]:
        for part in parts(key.term):
            yield Key(part)
        spelled: str = getattr(self, HANDLERS[type(key.term)])(key.term)
        if self.longest is not None and len(spelled) > self.longest:
            return spelled[: self.longest] + "…"
        if len(spelled) > LONGEST:
            raise Error(
                "the formula is too long to write out: its shared parts repeat too often",
                hint="name the repeated parts with definitions, as in h = tanh(W*x); …",
            )
        return spelled

    # what a spelling builds on

    def of(self, part: Term) -> str:
        """The spelling of a part that has been visited."""
        return self._spelled[Key(part)]

    def level(self, term: Term) -> int:
        if isinstance(term, Num) and term.value < 0:
            return NEG
        return self.levels.get(type(term), ATOM)

    def loose(self, term: Term) -> bool:
        """Whether what follows the term could be read as part of it."""
        return False

    def fence(self, spelled: str) -> str:
        return f"({spelled})"

    def fenced(self, term: Term) -> str:
        return self.fence(self.of(term))

    def at(self, term: Term, level: int) -> str:
        return self.of(term) if self.level(term) >= level else self.fenced(term)

    # what all spellings share

    def sum(self, term: Sum) -> str:
        pieces = []
        for place, part in enumerate(term.terms):
            spelled = self.at(part, NEG)
            negative = spelled.startswith(self.minus)
            if place and negative:
                pieces.append(f" {self.minus} {spelled[len(self.minus) :]}")
            else:
                pieces.append(f" {self.plus} {spelled}" if place else spelled)
        return "".join(pieces)

    def neg(self, term: Neg) -> str:
        spelled = self.at(term.term, PRODUCT)
        return self.minus + (self.fenced(term.term) if spelled.startswith(self.minus) else spelled)

    def product(self, term: Product) -> str:
        spelled = []
        last = len(term.factors) - 1
        for place, factor in enumerate(term.factors):
            fits = self.level(factor) >= PRODUCT or (not place and isinstance(factor, Num))
            if place < last and self.loose(factor):
                fits = False
            if isinstance(factor, Product | Quotient):
                fits = self.nests(term, place)
            piece = self.of(factor) if fits else self.fenced(factor)
            spelled.append(self.fenced(factor) if place and piece.startswith(self.minus) else piece)
        return self.joined(term, spelled)

    def nests(self, term: Product, place: int) -> bool:
        """Whether a product or quotient may stand bare as that factor."""
        raise NotImplementedError

    def joined(self, term: Product, spelled: list[str]) -> str:
        raise NotImplementedError

    def program(self, term: Program) -> str:
        lets = [f"{self.name(Name(name))} = {self.of(value)}; " for name, value in term.lets]
        return "".join(lets) + self.of(term.body)

    def name(self, term: Name) -> str:
        raise NotImplementedError

    def letter(self, term: Letter) -> str:
        return self.name(Name(term.letter))


HANDLERS: dict[type[Term], str] = {
    Num: "number", Name: "name", Subscripted: "subscripted", Kronecker: "kronecker", Letter: "letter", Sum: "sum",
    Neg: "neg", Product: "product", Quotient: "quotient", Power: "power", Transpose: "transpose", Call: "call",
    Quoted: "quoted", Big: "big", Collect: "collect", Partial: "partial", Choice: "choice", Program: "program",
}  # fmt: skip
"""The method that spells each kind of term; every spelling has them all, and a test says so."""
