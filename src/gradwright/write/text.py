"""Notation spelled in the text language, which gradwright reads back. Owns: that spelling. Never: chooses the notation.

Precedence there: postfix ', then ^ and .^, unary minus, * / .* ./ from the left, + and -.
"""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

from gradwright.write.display import DIFFERENTIAL
from gradwright.write.spell import ATOM, NEG, POWER, PRODUCT, SUM, Speller
from gradwright.write.term import (
    INDEXED,
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
    Quoted,
    Quotient,
    Subscripted,
    Sum,
    Term,
    Transpose,
)
from gradwright.write.traverse import each


def text(term: Term, *, longest: int | None = None) -> str:
    """The term in the text language (``longest``: cut there, for display only)."""
    return _Text(longest).spell(term)


class _Text(Speller):
    levels: ClassVar[dict[type[Term], int]] = {
        Sum: SUM, Neg: NEG, Product: PRODUCT, Quotient: PRODUCT, Partial: PRODUCT, Power: POWER, Transpose: POWER,
    }  # fmt: skip

    def level(self, term: Term) -> int:
        if isinstance(term, Num) and _fractional(term):
            return NEG if term.value < 0 else PRODUCT
        return super().level(term)

    def number(self, term: Num) -> str:
        return str(term.value)

    def name(self, term: Name) -> str:
        return term.name

    def subscripted(self, term: Subscripted) -> str:
        return f"{self.at(term.base, ATOM)}[{','.join(term.letters)}]"

    def kronecker(self, term: Kronecker) -> str:
        return f"delta[{term.left},{term.right}]"

    def nests(self, term: Product, place: int) -> bool:
        factor = term.factors[place]
        if isinstance(factor, Quotient):
            return not place and factor.op[-2:-1] == term.op[-2:-1]
        # 2*x.*y is read from the left, which changes nothing for a number
        first = term.factors[0]
        return place == 1 == len(term.factors) - 1 and isinstance(first, Num) and not _fractional(first)

    def joined(self, term: Product, spelled: list[str]) -> str:
        return term.op.join(spelled)

    def quotient(self, term: Quotient) -> str:
        top, bottom = term.top, term.bottom
        pointwise = term.op == "./"
        bare = isinstance(top, Product | Quotient) and not (pointwise and top.op in ("*", "/"))
        shown = self.of(top) if bare else self.at(top, POWER)
        if isinstance(top, Num) and top.value >= 0 and not _fractional(top):
            shown = self.of(top)
        return f"{shown}{term.op}{self.at(bottom, POWER)}"

    def power(self, term: Power) -> str:
        base = term.base
        spelled = self.of(base) if isinstance(base, Transpose) else self.at(base, ATOM)
        # an entry's exponent that has indices itself is raised entry by entry
        op = ".^" if term.op == "^" and _indexed(term.exponent) else term.op
        return f"{spelled}{op}{self.at(term.exponent, ATOM)}"

    def transpose(self, term: Transpose) -> str:
        inner = term.term
        return (self.of(inner) if isinstance(inner, Transpose) else self.at(inner, ATOM)) + "'"

    def call(self, term: Call) -> str:
        if term.fn == "pi" and not term.args:
            return "pi"
        if term.fn == DIFFERENTIAL:
            inner = self.of(term.args[0])
            return f"d{inner}" if isinstance(term.args[0], Name) else f"d({inner})"
        return f"{term.fn}({', '.join(self.of(arg) for arg in term.args)})"

    def quoted(self, term: Quoted) -> str:
        return f'"{term.text}"'

    def big(self, term: Big) -> str:
        bounds = term.bounds or ("",) * len(term.letters)
        letters = [f"{i}:{n}" if n else i for i, n in zip(term.letters, bounds, strict=True)]
        return f"{term.op}[{','.join(letters)}]({self.of(term.body)})"

    def collect(self, term: Collect) -> str:
        return f"tensor[{','.join(term.letters)}]({self.of(term.body)})"

    def partial(self, term: Partial) -> str:
        return f"d({self.of(term.body)})/d({self.of(term.variable)})"

    def choice(self, term: Choice) -> str:
        condition = f"{self.of(term.left)} {term.op} {self.of(term.right)}"
        return f"where({condition}, {self.of(term.then)}, {self.of(term.other)})"


def _fractional(term: Num) -> bool:
    return isinstance(term.value, Fraction) and term.value.denominator != 1


def _indexed(term: Term) -> bool:
    """Whether an entry or a δ is written anywhere in the term."""
    return any(isinstance(part, INDEXED) and not isinstance(part, Letter) for part in each(term))
