"""Notation spelled in one line for a terminal. Owns: that spelling. Never: chooses the notation."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import ClassVar

from gradwright.core.letters import GREEK
from gradwright.tables.arrays import ARRAYS
from gradwright.tables.scalars import FUNCTIONS
from gradwright.write.display import DERIVATIVES, DIFFERENTIAL, Display
from gradwright.write.spell import ATOM, NEG, POWER, PRODUCT
from gradwright.write.term import (
    Big,
    Call,
    Choice,
    Collect,
    Kronecker,
    Name,
    Num,
    Partial,
    Power,
    Product,
    Quoted,
    Quotient,
    Term,
)

_BIG = {"sum": "Σ", "prod": "Π", "max": "max", "min": "min"}
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LETTER = "A-Za-zͰ-Ͽ"
_WORD = re.compile(f"[{_LETTER}]+")
_ENDS_IN_WORD = re.compile(f"[{_LETTER}]{{2,}}$")
_ENDS_LOW = re.compile(r"(_[\w,⁻]*|[a-zα-ω𝟏𝟎]|[₁₂]\w?|[)\]|])$")


def unicode(term: Term, *, nabla: bool = False) -> str:
    """The term in one line of Unicode; ``nabla``: as ``latex`` has it."""
    return _Unicode(nabla).spell(term)


class _Unicode(Display):
    minus = "−"
    comparisons: ClassVar[dict[str, str]] = {"<": "<", "<=": "≤", ">": ">", ">=": "≥", "==": "=", "!=": "≠"}
    signs: ClassVar[dict[str, str]] = {
        "top": "ᵀ", "minus_top": "⁻ᵀ", "nabla": "∇", "ones": "𝟏", "zeros": "𝟎", "times": "×",
    }  # fmt: skip

    def level(self, term: Term) -> int:
        if isinstance(term, Num) and isinstance(term.value, Fraction) and term.value.denominator != 1:
            return NEG if term.value < 0 else PRODUCT
        return PRODUCT if isinstance(term, Quotient) else super().level(term)

    def loose(self, term: Term) -> bool:
        return _slashed(term) or super().loose(term)

    # characters

    def number(self, term: Num) -> str:
        return str(term.value).replace("-", "−")

    def name(self, term: Name) -> str:
        stem = term.name.rstrip("0123456789")
        return GREEK.get(stem, stem) + term.name[len(stem) :]

    def sub(self, base: Term, letters: tuple[str, ...]) -> str:
        spelled = self.at(base, ATOM)
        return f"{spelled}{',' if isinstance(base, Name) and '_' in base.name else '_'}{self.subscripts(letters)}"

    def subscripts(self, letters: tuple[str, ...]) -> str:
        crowded = any(len(letter) > 1 for letter in letters)
        return ("," if crowded else "").join(self.name(Name(letter)) for letter in letters)

    def below(self, spelled: str) -> str:
        return f"_{spelled}" if re.fullmatch(r"[\w×]+", spelled) else f"_({spelled})"

    def raised(self, base: str, mark: str) -> str:
        if re.fullmatch(r"-?\d+", mark):
            return base + mark.translate(_SUPERSCRIPT)
        return base + mark

    def ratio(self, order: int, top: str, bottoms: list[str]) -> str:
        power = str(order).translate(_SUPERSCRIPT) if order > 1 else ""
        return f"∂{power}{top}/" + "".join(f"∂{bottom}" for bottom in bottoms)

    def function(self, fn: str) -> str:
        row = FUNCTIONS.get(fn) or ARRAYS.get(fn)
        return (row is not None and row.unicode) or self.name(Name(fn))

    # terms

    def kronecker(self, term: Kronecker) -> str:
        return "δ_" + self.subscripts((term.left, term.right))

    def nests(self, term: Product, place: int) -> bool:
        factor = term.factors[place]
        return isinstance(factor, Quotient) and factor.op == "/" and term.op == "*" and place == len(term.factors) - 1

    def joined(self, term: Product, spelled: list[str]) -> str:
        if term.op == ".*":
            return " ⊙ ".join(spelled)
        joined = spelled[0]
        for factor, piece in zip(term.factors[1:], spelled[1:], strict=True):
            apart = isinstance(factor, Call) and factor.fn == DIFFERENTIAL
            joined += (" " if apart else _gap(joined, piece)) + piece
        return joined

    def quotient(self, term: Quotient) -> str:
        if term.op == "./":
            return f"{self.at(term.top, POWER)} ⊘ {self.at(term.bottom, POWER)}"
        top, bottom = term.top, term.bottom
        above = self.fenced(top) if self.loose(top) else self.at(top, PRODUCT)
        bare = isinstance(bottom, Big) and self.level(bottom.body) >= POWER
        return f"{above}/{self.of(bottom) if bare else self.at(bottom, POWER)}"

    def exponent(self, term: Power) -> str:
        shown = self.of(term.exponent).replace("−", "-")
        mark = "^⊙" if term.op == ".^" else "^"
        if term.op == "^" and re.fullmatch(r"-?\d+", shown):
            return shown
        return mark + (self.of(term.exponent) if self.level(term.exponent) == ATOM else self.fenced(term.exponent))

    def root(self, term: Call) -> str:
        arg = term.args[0]
        single = isinstance(arg, Name | Num) and self.level(arg) == ATOM
        return "√" + (self.of(arg) if single else self.fence(self.of(arg)))

    def modulus(self, term: Call) -> str:
        return f"|{self.of(term.args[0])}|"

    def norm(self, term: Call) -> str:
        return f"‖{self.of(term.args[0])}‖{'₁' if term.fn == 'norm1' else '₂'}"

    def kron(self, term: Call) -> str:
        return " ⊗ ".join(self.at(arg, POWER) for arg in term.args)

    def quoted(self, term: Quoted) -> str:
        return f'"{term.text}"'

    def big(self, term: Big) -> str:
        below = self.range(term, "<")
        return f"{_BIG[term.op]}_{f'({below})' if any(term.bounds) else below} {self.big_body(term)}"

    def collect(self, term: Collect) -> str:
        return f"[{self.of(term.body)}]_{self.subscripts(term.letters)}"

    def choice(self, term: Choice) -> str:
        condition = f"{self.of(term.left)} {self.comparisons[term.op]} {self.of(term.right)}"
        return f"({self.of(term.then)} if {condition} else {self.of(term.other)})"


def _slashed(term: Term) -> bool:
    """Whether a term ends in a/b, so that what follows would seem to stand below the line."""
    if isinstance(term, Product):
        term = term.factors[-1]
    if isinstance(term, Num):
        return isinstance(term.value, Fraction) and term.value.denominator != 1
    return isinstance(term, Partial | Quotient) or (isinstance(term, Call) and term.fn in DERIVATIVES)


def _gap(left: str, right: str) -> str:
    """What stands between two factors written side by side: nothing where they are told apart without it."""
    if right[0].isdigit():
        return "·"
    if right[0] in "([|‖√𝟏𝟎":
        return " " if _ENDS_LOW.search(left) or _ENDS_IN_WORD.search(left) else ""
    word = _WORD.match(right)
    if word is None or len(word[0]) > 1 or right[0] in "ΣΠ" or _ENDS_IN_WORD.search(left):
        return " "
    return " " if _ENDS_LOW.search(left) else ""
