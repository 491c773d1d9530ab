"""Notation spelled as LaTeX, in commands that KaTeX knows too. Owns: that spelling. Never: chooses the notation."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise
from typing import ClassVar

from gradwright.core.letters import GREEK
from gradwright.tables.arrays import ARRAYS
from gradwright.tables.scalars import FUNCTIONS
from gradwright.write.display import DIFFERENTIAL, SPECIAL, Display, unknown
from gradwright.write.spell import ATOM, FACTOR, NEG, POWER, PRODUCT
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

_TALL = (r"\frac", r"\sum", r"\prod", r"\left", r"\begin")
_BIG = {"sum": r"\sum", "prod": r"\prod", "max": r"\max", "min": r"\min"}
_COMMANDS = {name: f"\\{'lambda' if name == 'lam' else name}" for name in GREEK}
_SIGNS = {sign: _COMMANDS[name] for name, sign in GREEK.items()}


def latex(term: Term, *, nabla: bool = False) -> str:
    """The term as LaTeX; ``nabla``: as in denominator layout, where D(u, x)' is ∇(uᵀ), and u stands for u(x)."""
    return Latex(nabla).spell(term)


class Latex(Display):
    """Notation in two dimensions: a fraction has a line, and holds together by itself."""

    comparisons: ClassVar[dict[str, str]] = {
        "<": "<", "<=": r"\le", ">": ">", ">=": r"\ge", "==": "=", "!=": r"\ne",
    }  # fmt: skip
    where: ClassVar[tuple[str, str, str]] = (r", \quad \text{where } ", " = ", r", \; ")
    signs: ClassVar[dict[str, str]] = {
        "top": r"{\top}", "minus_top": r"{-\top}", "nabla": r"\nabla", "ones": r"\mathbf{1}", "zeros": r"\mathbf{0}",
        "times": r" \times ",
    }  # fmt: skip

    def level(self, term: Term) -> int:
        if isinstance(term, Num) and isinstance(term.value, Fraction):
            return NEG if term.value < 0 else FACTOR
        if isinstance(term, Quotient) and term.op == "./":
            return PRODUCT
        if isinstance(term, Call) and term.fn == "sqrt":
            return ATOM
        return super().level(term)

    def nests(self, term: Product, place: int) -> bool:
        factor = term.factors[place]
        return isinstance(factor, Quotient) and factor.op == "/"

    # characters

    def fence(self, spelled: str) -> str:
        return rf"\left({spelled}\right)" if _tall(spelled) else f"({spelled})"

    def number(self, term: Num) -> str:
        value = term.value
        if isinstance(value, Fraction) and value.denominator != 1:
            return f"{'-' if value < 0 else ''}\\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"
        shown = str(value)
        mantissa, e, exponent = shown.partition("e")
        return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if e else shown

    def name(self, term: Name) -> str:
        stem, below = _split(term.name)
        return f"{_symbol(stem)}_{{{below}}}" if below else _symbol(stem)

    def sub(self, base: Term, letters: tuple[str, ...]) -> str:
        if isinstance(base, Name):
            stem, below = _split(base.name)
            return f"{_symbol(stem)}_{{{below + ',' if below else ''}{_subscripts(letters)}}}"
        return f"{self.at(base, ATOM)}_{{{_subscripts(letters)}}}"

    def below(self, spelled: str) -> str:
        return f"_{{{spelled}}}"

    def raised(self, base: str, mark: str) -> str:
        return f"{base}^{mark}" if len(mark) == 1 or mark.startswith("{") else f"{base}^{{{mark}}}"

    def ratio(self, order: int, top: str, bottoms: list[str]) -> str:
        power = f"^{order}" if order > 1 else ""
        below = r" \, ".join(rf"\partial {bottom}" for bottom in bottoms)
        return rf"\frac{{\partial{power}{' ' + top if top else ''}}}{{{below}}}"

    def function(self, fn: str) -> str:
        row = FUNCTIONS.get(fn) or ARRAYS.get(fn)
        if row is not None and row.latex:
            return row.latex
        if len(fn) == 1 or fn in GREEK or (_split(fn)[1] and len(_split(fn)[0]) == 1):
            return self.name(Name(fn))
        return rf"\operatorname{{{_escaped(fn)}}}"

    # terms

    def kronecker(self, term: Kronecker) -> str:
        return rf"\delta_{{{_subscripts((term.left, term.right))}}}"

    def joined(self, term: Product, spelled: list[str]) -> str:
        if term.op == ".*":
            return r" \odot ".join(spelled)
        joined = spelled[0]
        for pair, piece in zip(pairwise(term.factors), spelled[1:], strict=True):
            moved = any(isinstance(factor, Call) and factor.fn == DIFFERENTIAL for factor in pair)
            joined += (r" \, " if moved else r" \cdot " if piece[0].isdigit() else " ") + piece
        return joined

    def quotient(self, term: Quotient) -> str:
        if term.op == "./":
            return rf"{self.at(term.top, FACTOR)} \oslash {self.at(term.bottom, FACTOR)}"
        return rf"\frac{{{self.of(term.top)}}}{{{self.of(term.bottom)}}}"

    def power(self, term: Power) -> str:
        base = term.base
        if isinstance(base, Call) and base.fn in ("norm1", "norm2"):
            return self.raised(self.of(base), self.exponent(term))
        if isinstance(base, Call) and base.fn not in SPECIAL and not unknown(base.fn):
            return self.raised(self.fence(self.of(base)), self.exponent(term))  # (tanh u)², not tanh(u)²
        return super().power(term)

    def exponent(self, term: Power) -> str:
        shown = self.of(term.exponent)
        return rf"\odot {shown}" if term.op == ".^" else shown

    def root(self, term: Call) -> str:
        return rf"\sqrt{{{self.of(term.args[0])}}}"

    def modulus(self, term: Call) -> str:
        return _between(r"\lvert", self.of(term.args[0]), r"\rvert")

    def norm(self, term: Call) -> str:
        return _between(r"\lVert", self.of(term.args[0]), r"\rVert") + f"_{term.fn[-1]}"

    def kron(self, term: Call) -> str:
        return r" \otimes ".join(self.at(arg, POWER) for arg in term.args)

    def quoted(self, term: Quoted) -> str:
        return rf"\text{{{term.text}}}"

    def big(self, term: Big) -> str:
        return rf"{_BIG[term.op]}_{{{self.range(term, ' < ')}}} {self.big_body(term)}"

    def subscripts(self, letters: tuple[str, ...]) -> str:
        return _subscripts(letters)

    def collect(self, term: Collect) -> str:
        return rf"\left[{self.of(term.body)}\right]_{{{_subscripts(term.letters)}}}"

    def choice(self, term: Choice) -> str:
        condition = f"{self.of(term.left)} {self.comparisons[term.op]} {self.of(term.right)}"
        first = rf"{self.of(term.then)} & \text{{if }} {condition}"
        return rf"\begin{{cases}} {first} \\ {self.of(term.other)} & \text{{otherwise}} \end{{cases}}"


def _tall(spelled: str) -> bool:
    return any(mark in spelled for mark in _TALL)


def _between(opening: str, spelled: str, closing: str) -> str:
    if _tall(spelled):
        return rf"\left{opening} {spelled}\right{closing}"
    return f"{opening} {spelled}{closing}"


def _split(name: str) -> tuple[str, str]:
    """A name as its stem and what is written below it: x1, W_out, theta0."""
    found = re.fullmatch(r"([^\W\d_]+)_?(\w*)", name)
    if found is None:
        return name, ""
    stem, below = found.groups()
    return stem, _below(below) if below else ""


def _below(text: str) -> str:
    if len(text) == 1 or text.isdigit():
        return text
    return _COMMANDS.get(text) or rf"\mathrm{{{_escaped(text)}}}"


def _symbol(stem: str) -> str:
    if stem in _COMMANDS:
        return _COMMANDS[stem]
    if len(stem) == 1:
        return _SIGNS.get(stem, stem)
    return rf"\mathrm{{{_escaped(stem)}}}"


def _subscripts(letters: tuple[str, ...]) -> str:
    shown = []
    for letter in letters:
        stem, below = _split(letter)
        shown.append(f"{_symbol(stem)}_{{{below}}}" if below else letter if letter.isdigit() else _symbol(stem))
    crowded = any(len(letter) > 1 for letter in letters)
    return ("," if crowded else "").join(shown)


def _escaped(text: str) -> str:
    return text.replace("_", r"\_")
