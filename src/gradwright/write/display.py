"""What typeset and terminal notation share. Owns: conventions of the field common to both. Never: characters.

Where parentheses may be left off (log p), which functions have signs of their own (norms, roots, inverses), how
derivatives are written, and when the argument of an unknown function is understood.
"""

from __future__ import annotations

from typing import ClassVar

from gradwright.core.errors import Error
from gradwright.tables.arrays import ARRAYS
from gradwright.tables.scalars import ABBREVIATIONS, FUNCTIONS, those
from gradwright.write.counting import from_one
from gradwright.write.spell import ATOM, FACTOR, NEG, POWER, PRODUCT, SUM, Speller
from gradwright.write.term import (
    Big,
    Call,
    Name,
    Neg,
    Num,
    Partial,
    Power,
    Product,
    Program,
    Quotient,
    Subscripted,
    Sum,
    Term,
    Transpose,
)
from gradwright.write.traverse import each

DERIVATIVES = ("D", "D2", "D3")
"""Derivatives of unknown functions; a third is only ever written."""
DIFFERENTIAL = "the differential of"
"""The function that d is: dX, d log p, d(AX)."""
_BARE = frozenset((*those(lambda row: row.bare), *(name for name, row in ARRAYS.items() if row.bare)))


class Display(Speller):
    """``nabla`` writes D(u, x)' as ∇(uᵀ), and leaves off the argument of an unknown function (u for u(x))."""

    signs: ClassVar[dict[str, str]]

    def __init__(self, nabla: bool) -> None:
        super().__init__()
        self.nabla = nabla
        self.one_identity = True

    def spell(self, term: Term) -> str:
        self.one_identity = _one_identity(term)
        return super().spell(from_one(term))

    # levels

    levels: ClassVar[dict[type[Term], int]] = {
        Sum: SUM, Neg: NEG, Product: PRODUCT, Big: PRODUCT, Partial: FACTOR, Quotient: FACTOR, Power: POWER,
        Transpose: POWER,
    }  # fmt: skip

    def level(self, term: Term) -> int:
        if isinstance(term, Call):
            if bare(term):
                return PRODUCT
            if term.fn == DIFFERENTIAL and not isinstance(term.args[0], Name):
                return PRODUCT if self.atomic(term.args[0]) else FACTOR
            return {"D": FACTOR, "D2": FACTOR, "kron": PRODUCT, "inv": POWER, "sqrt": POWER}.get(term.fn, ATOM)
        return super().level(term)

    def loose(self, term: Term) -> bool:
        if isinstance(term, Product):
            term = term.factors[-1]
        if isinstance(term, Call) and term.fn in (DIFFERENTIAL, "kron"):
            return term.fn == "kron" or self.loose(term.args[0])
        return isinstance(term, Big) or (isinstance(term, Call) and bare(term)) or self.operator(term)

    def operator(self, term: Term) -> bool:
        """Whether a derivative is written as an operator in front of what it acts on."""
        if not isinstance(term, Partial):
            return False
        inner: Term = term
        while isinstance(inner, Partial):
            inner = inner.body
        return not self.plain(inner)

    def plain(self, term: Term) -> bool:
        """A symbol or an entry of one (or of an unknown function)."""
        base = term.base if isinstance(term, Subscripted) else term
        return isinstance(base, Name) or (isinstance(base, Call) and unknown(base.fn))

    where: ClassVar[tuple[str, str, str]] = (", where ", " = ", ", ")

    # parts in the spelling's own characters

    def function(self, fn: str) -> str:
        raise NotImplementedError

    def sub(self, base: Term, letters: tuple[str, ...]) -> str:
        raise NotImplementedError

    def raised(self, base: str, mark: str) -> str:
        raise NotImplementedError

    def ratio(self, order: int, top: str, bottoms: list[str]) -> str:
        raise NotImplementedError

    # terms

    def program(self, term: Program) -> str:
        """What is said, and after it what the names in it stand for."""
        first, equals, comma = self.where
        lets = comma.join(self.name(Name(name)) + equals + self.of(value) for name, value in term.lets)
        return self.of(term.body) + first + lets

    def fenced(self, term: Term) -> str:
        if isinstance(term, Call) and bare(term):
            return self.function(term.fn) + self.fence(self.of(term.args[0]))
        return super().fenced(term)

    def subscripted(self, term: Subscripted) -> str:
        return self.sub(term.base, term.letters)

    def transpose(self, term: Transpose) -> str:
        inner = term.term
        if isinstance(inner, Call):
            if self.nabla and inner.fn == "D" and isinstance(inner.args[0], Name):
                return self.gradient(inner)
            if inner.fn == "inv":
                return self.raised(self.at(inner.args[0], ATOM), self.signs["minus_top"])
        return self.raised(self.at(inner, ATOM), self.signs["top"])

    def gradient(self, call: Call) -> str:
        """∇(uᵀ), with what the derivative is taken in where that is not a symbol."""
        fn, arg = call.args[0], call.args[1]
        spelled = self.signs["nabla"]
        if not isinstance(arg, Name):
            inner = arg.fn if isinstance(arg, Call) and unknown(arg.fn) else None
            spelled += self.below(self.function(inner) if inner is not None else self.of(arg))
        return spelled + self.fence(self.raised(self.of(fn), self.signs["top"]))

    def below(self, spelled: str) -> str:
        raise NotImplementedError

    def call(self, term: Call) -> str:
        special = SPECIAL.get(term.fn)
        if special is not None:
            return str(getattr(self, special)(term))
        if bare(term):
            return self.function(term.fn) + self.gap + self.of(term.args[0])
        understood = self.nabla and unknown(term.fn) and all(isinstance(arg, Name) for arg in term.args)
        if understood:
            return self.function(term.fn)
        return self.function(term.fn) + self.fence(self.comma.join(self.of(arg) for arg in term.args))

    def derivative(self, term: Call) -> str:
        """D(u, x) as ∂u/∂x, D2(s, x) as ∂²s/∂x²."""
        if len(term.args) != 2:
            raise Error(f"{term.fn} takes a function and its argument")
        fn, arg = term.args
        order = 1 if term.fn == "D" else int(term.fn[1:])
        shown = self.at(arg, ATOM)
        return self.ratio(order, self.of(fn), [self.raised(shown, str(order)) if order > 1 else shown])

    def differential(self, term: Call) -> str:
        """dX, d log p, d(A X)."""
        arg = term.args[0]
        gap = self.gap if isinstance(arg, Call) and self.atomic(arg) else ""
        return self.name(Name("d")) + gap + (self.of(arg) if self.atomic(arg) else self.fenced(arg))

    def atomic(self, term: Term) -> bool:
        return isinstance(term, Name) or self.level(term) == ATOM or (isinstance(term, Call) and bare(term))

    def constant(self, term: Call) -> str:
        return self.name(Name(_CONSTANTS[term.fn]))

    def inverse(self, term: Call) -> str:
        return self.raised(self.at(term.args[0], ATOM), "-1")

    def partial(self, term: Partial) -> str:
        bottoms: list[str] = []
        inner: Term = term
        while isinstance(inner, Partial):
            bottoms.append(self.of(inner.variable))
            inner = inner.body
        bottoms.reverse()
        if self.plain(inner):
            return self.ratio(len(bottoms), self.of(inner), bottoms)
        # a product or a quotient in parentheses, so that it is plain how far the operator reaches
        level = POWER if isinstance(inner, Product | Quotient) else PRODUCT
        return f"{self.ratio(len(bottoms), '', bottoms)} {self.at(inner, level)}"

    def identity(self, term: Call) -> str:
        sign = self.name(Name("I"))
        return sign if self.one_identity else sign + self.below(self.of(term.args[0]))

    def filled(self, term: Call) -> str:
        sign = self.signs[term.fn]
        if len(term.args) < 2:
            return sign
        return sign + self.below(self.signs["times"].join(self.of(arg) for arg in term.args))

    def range(self, term: Big, below: str) -> str:
        """What stands below a Σ: its letters, and r < k for one that is only a number."""
        if not any(term.bounds):
            return self.subscripts(term.letters)
        said = [self.name(Name(i)) + (below + self.name(Name(n)) if n else "")
                for i, n in zip(term.letters, term.bounds, strict=True)]  # fmt: skip
        return self.comma.join(said)

    def subscripts(self, letters: tuple[str, ...]) -> str:
        raise NotImplementedError

    def big_body(self, term: Big) -> str:
        spelled = self.at(term.body, PRODUCT)
        return self.fenced(term.body) if spelled.startswith(self.minus) else spelled

    def norm(self, term: Call) -> str:
        raise NotImplementedError

    def power(self, term: Power) -> str:
        spelled = self.at(term.base, ATOM)
        return self.raised(spelled, self.exponent(term))

    def exponent(self, term: Power) -> str:
        raise NotImplementedError


_CONSTANTS = {"pi": "pi", "levicivita": "epsilon"}
SPECIAL = {
    "sqrt": "root", "abs": "modulus", "norm1": "norm", "norm2": "norm", "inv": "inverse", "eye": "identity",
    "pi": "constant", "levicivita": "constant",
    "ones": "filled", "zeros": "filled", **dict.fromkeys(DERIVATIVES, "derivative"), "kron": "kron",
    DIFFERENTIAL: "differential",
}  # fmt: skip


def unknown(fn: str) -> bool:
    """Whether a function is one the user brought."""
    return (
        fn not in FUNCTIONS and fn not in ABBREVIATIONS and fn not in ARRAYS and fn not in (*DERIVATIVES, DIFFERENTIAL)
    )


def bare(term: Call) -> bool:
    """Whether the function is written without parentheses: log p, tr A."""
    if term.fn not in _BARE or len(term.args) != 1:
        return False
    arg = term.args[0]
    return isinstance(arg, Name) or (isinstance(arg, Subscripted) and isinstance(arg.base, Name))


def _one_identity(term: Term) -> bool:
    """Whether I needs no size: there is one, and no symbol is called I."""
    sizes = set()
    for current in each(term):
        if isinstance(current, Name) and current.name == "I":
            return False
        if isinstance(current, Call) and current.fn == "eye" and isinstance(current.args[0], Name | Num):
            sizes.add(current.args[0])
    return len(sizes) <= 1
