"""Notation spelled as MathML Core, for pages that stand alone. Owns: that spelling. Never: chooses the notation."""

from __future__ import annotations

import re
from fractions import Fraction
from html import escape
from itertools import pairwise
from typing import ClassVar

from gradwright.core.letters import GREEK
from gradwright.write.display import DIFFERENTIAL, Typeset, sign_of
from gradwright.write.spell import ATOM, FACTOR, POWER
from gradwright.write.term import (
    Big,
    Call,
    Choice,
    Collect,
    Kronecker,
    Name,
    Num,
    Power,
    Product,
    Quoted,
    Quotient,
    Term,
)

_BIG = {"sum": "∑", "prod": "∏"}
_NAMED = re.compile(r"<mi>\w{2,}")
_SUBSCRIPTED = re.compile(r"<msub>(.*)</msub>", re.DOTALL)
_TIMES = "<mo>&#x2062;</mo>"
_APPLY = "<mo>&#x2061;</mo>"


def mathml(term: Term, *, nabla: bool = False) -> str:
    """The term as MathML (without the enclosing ``math`` element).

    ``nabla``: D(u, x)' is written ∇(uᵀ), as in denominator layout, and u for u(x).
    """
    return _MathML(nabla).spell(term)


class _MathML(Typeset):
    minus = "<mo>−</mo>"
    plus = "<mo>+</mo>"
    comma = "<mo>,</mo>"
    where: ClassVar[tuple[str, str, str]] = ("<mo>,</mo><mtext> where </mtext>", "<mo>=</mo>", "<mo>,</mo>")
    gap = '<mspace width="0.17em"/>'
    comparisons: ClassVar[dict[str, str]] = {
        "<": "&lt;", "<=": "≤", ">": "&gt;", ">=": "≥", "==": "=", "!=": "≠",
    }  # fmt: skip
    signs: ClassVar[dict[str, str]] = {
        "top": "<mi>⊤</mi>", "minus_top": "<mrow><mo>−</mo><mi>⊤</mi></mrow>", "nabla": "<mo>∇</mo>",
        "ones": "<mn>𝟏</mn>", "zeros": "<mn>𝟎</mn>", "times": "<mo>×</mo>",
    }  # fmt: skip

    # characters

    def fence(self, spelled: str) -> str:
        return _fenced(spelled)

    def number(self, term: Num) -> str:
        value = term.value
        sign = self.minus if value < 0 else ""
        if isinstance(value, Fraction) and value.denominator != 1:
            return f"{sign}<mfrac><mn>{abs(value.numerator)}</mn><mn>{value.denominator}</mn></mfrac>"
        return f"{sign}<mn>{abs(value)}</mn>"

    def name(self, term: Name) -> str:
        stem = term.name.rstrip("0123456789")
        digits = term.name[len(stem) :]
        symbol = f"<mi>{escape(GREEK.get(stem, stem))}</mi>"
        return f"<msub>{symbol}<mn>{digits}</mn></msub>" if digits and stem else symbol

    def sub(self, base: Term, letters: tuple[str, ...]) -> str:
        return f"<msub>{_row(self.at(base, ATOM))}{self.subscripts(letters)}</msub>"

    def subscripts(self, letters: tuple[str, ...]) -> str:
        crowded = any(len(letter) > 1 for letter in letters)
        spelled = [f"<mn>{c}</mn>" if c.isdigit() else self.name(Name(c)) for c in letters]
        return _row((self.comma if crowded else "").join(spelled))

    def below(self, spelled: str) -> str:
        return f"<msub><mrow></mrow>{_row(spelled)}</msub>"

    def raised(self, base: str, mark: str) -> str:
        shown = {"-1": "<mrow><mo>−</mo><mn>1</mn></mrow>"}.get(mark, f"<mn>{mark}</mn>" if mark.isdigit() else mark)
        subscripted = _SUBSCRIPTED.fullmatch(base)
        if subscripted and "<msub>" not in subscripted[1]:  # both at one height, whatever fonts there are
            return f"<msubsup>{subscripted[1]}{_row(shown)}</msubsup>"
        return f"<msup>{_row(base)}{_row(shown)}</msup>"

    def ratio(self, order: int, top: str, bottoms: list[str]) -> str:
        sign = f"<msup><mo>∂</mo><mn>{order}</mn></msup>" if order > 1 else "<mo>∂</mo>"
        return f"<mfrac>{_row(sign, top)}{_row(*(f'<mo>∂</mo>{bottom}' for bottom in bottoms))}</mfrac>"

    def function(self, fn: str) -> str:
        return self.name(Name(sign_of(fn, page=True) or fn)) + _APPLY

    # terms

    def kronecker(self, term: Kronecker) -> str:
        return f"<msub><mi>δ</mi>{self.subscripts((term.left, term.right))}</msub>"

    def joined(self, term: Product, spelled: list[str]) -> str:
        if term.op == ".*":
            return "<mo>⊙</mo>".join(spelled)
        joined = spelled[0]
        for pair, piece in zip(pairwise(term.factors), spelled[1:], strict=True):
            moved = any(isinstance(factor, Call) and factor.fn == DIFFERENTIAL for factor in pair)
            between = self.gap if moved or _NAMED.match(piece) else _TIMES
            joined += ("<mo>·</mo>" if piece.startswith("<mn>") else between) + piece
        return joined

    def quotient(self, term: Quotient) -> str:
        if term.op == "./":
            return f"{self.at(term.top, FACTOR)}<mo>⊘</mo>{self.at(term.bottom, FACTOR)}"
        return f"<mfrac>{_row(self.of(term.top))}{_row(self.of(term.bottom))}</mfrac>"

    def exponent(self, term: Power) -> str:
        shown = self.of(term.exponent)
        return f"<mo>⊙</mo>{shown}" if term.op == ".^" else shown

    def root(self, term: Call) -> str:
        return f"<msqrt>{self.of(term.args[0])}</msqrt>"

    def modulus(self, term: Call) -> str:
        return _fenced(self.of(term.args[0]), "|", "|")

    def norm(self, term: Call) -> str:
        return f"<msub>{_fenced(self.of(term.args[0]), '‖', '‖')}<mn>{term.fn[-1]}</mn></msub>"

    def kron(self, term: Call) -> str:
        return "<mo>⊗</mo>".join(self.at(arg, POWER) for arg in term.args)

    def quoted(self, term: Quoted) -> str:
        return f"<mtext>{escape(term.text)}</mtext>"

    def big(self, term: Big) -> str:
        sign = f'<mo largeop="true">{_BIG[term.op]}</mo>' if term.op in _BIG else f"<mi>{term.op}</mi>"
        return f"<munder>{sign}{_row(self.range(term, '<mo>&lt;</mo>'))}</munder>{self.big_body(term)}"

    def collect(self, term: Collect) -> str:
        return f"<msub>{_fenced(self.of(term.body), '[', ']')}{self.subscripts(term.letters)}</msub>"

    def choice(self, term: Choice) -> str:
        condition = f"{self.of(term.left)}<mo>{self.comparisons[term.op]}</mo>{self.of(term.right)}"
        rows = (
            (self.of(term.then), f"<mtext>if </mtext>{condition}"),
            (self.of(term.other), "<mtext>otherwise</mtext>"),
        )
        cells = "".join(f"<mtr><mtd>{_row(value)}</mtd><mtd>{_row(when)}</mtd></mtr>" for value, when in rows)
        return _row("<mo>{</mo>", f"<mtable>{cells}</mtable>")


def _row(*pieces: str) -> str:
    return "<mrow>" + "".join(pieces) + "</mrow>"


def _fenced(spelled: str, opening: str = "(", closing: str = ")") -> str:
    return _row(f'<mo rspace="0">{opening}</mo>', spelled, f'<mo lspace="0">{closing}</mo>')
