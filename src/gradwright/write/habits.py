"""Lines of a differential as a person writes them. Owns: where signs, numbers and differentials stand in a line.

Signs and scalars stand before a trace, numbers are multiplied, the identity is left out of products, a scalar's
differential stands last, and (u − v)ᵀ du is written for duᵀ (u − v). Never: changes what a line says.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from fractions import Fraction
from math import isfinite, prod

from gradwright.core.walk import run
from gradwright.write.algebra import chain, collected, joined_sum, product
from gradwright.write.contract import Contractor
from gradwright.write.extent import COLUMN, MATRIX, ROW, SCALAR, Extent, extent
from gradwright.write.index import number_term
from gradwright.write.term import Call, Name, Neg, Num, Product, Quotient, Sum, Term, Transpose
from gradwright.write.traverse import Key, marks, names, parts, rebuilt

_LINEAR = frozenset(("tr", "sum", "rowsum", "colsum", "diag", "vec"))
_ROWS = frozenset(("rowsum", "colsum"))


class Habits:
    """The habits of a writer, in lines where the names ``moved`` stand for differentials."""

    def __init__(self, writer: Contractor, moved: frozenset[str]) -> None:
        self._writer = writer
        self._moved = moved

    def tidy(self, term: Term) -> Term:
        """The term as a person writes it."""

        def visit(key: Key) -> Generator[Key, Term, Term]:
            new = []
            for part in parts(key.term):
                new.append((yield Key(part)))
            return self._written(rebuilt(key.term, new) if new else key.term)

        return run(visit, Key(term), {})

    def moves(self, term: Term) -> bool:
        """Whether a differential stands in the term."""
        return not self._moved.isdisjoint(names(term))

    def extent(self, term: Term) -> Extent | None:
        return extent(term, self._writer.rank_of)

    def turned(self, term: Term) -> Term:
        return self._writer.turned(term)

    def scalars_first(self, term: Term) -> tuple[list[Term], list[Term]]:
        """The factors of a chain that are scalars, among them a row times a column, and the others."""
        lead: list[Term] = []
        rest: list[Term] = []
        row: list[Term] = []
        for factor in chain(term):
            found = self.extent(factor)
            if found == SCALAR:
                lead.append(factor)
            elif row or found == ROW:
                row.append(factor)
                if found == COLUMN:
                    lead, row = [*lead, *row], []
            else:
                rest.append(factor)
        return lead, [*rest, *row]

    def _written(self, term: Term) -> Term:
        if isinstance(term, Neg):
            return self._neg(term)
        if isinstance(term, Sum):
            return joined_sum(collected([part for one in term.terms for part in _addends(one)]) or [Num(0)])
        if isinstance(term, Transpose):
            return Neg(Transpose(term.term.term)) if isinstance(term.term, Neg) else term
        if isinstance(term, Quotient):
            return self._quotient(term)
        return self._call(term) if isinstance(term, Call) else self._product(term)

    def _neg(self, term: Neg) -> Term:
        inner = term.term
        if isinstance(inner, Sum) and all(isinstance(part, Neg) for part in inner.terms):
            return Sum(tuple(part.term for part in inner.terms if isinstance(part, Neg)))
        return inner.term if isinstance(inner, Neg) else term

    def _quotient(self, term: Quotient) -> Term:
        top, bottom = term.top, term.bottom
        if isinstance(top, Neg):
            return Neg(self._quotient(Quotient(term.op, top.term, bottom)))
        if term.op == "/" and isinstance(top, Quotient) and top.op == "/":
            return self._quotient(Quotient("/", top.top, self._product(_times(top.bottom, bottom))))
        (above, over), (below, under) = _number(top), _number(bottom)
        if term.op == "./" or below == 1:
            return term
        ratio = above / below
        rest = [*_numeral(Fraction(ratio.denominator)), *under]
        whole = product(*_numeral(Fraction(ratio.numerator)), *over)
        return Quotient("/", whole, product(*rest)) if rest else whole

    def _call(self, term: Call) -> Term:
        """Signs and scalars before what is linear; the sum of sums of rows is that of all entries; I has rows of 1."""
        if term.fn in _ROWS and _is_identity(term.args[0]):
            return Call("ones", tuple(parts(term.args[0])))
        if term.fn not in _LINEAR or len(term.args) != 1:
            return term
        (inner,) = term.args
        if isinstance(inner, Neg):
            return Neg(self._call(Call(term.fn, (inner.term,))))
        if isinstance(inner, Call) and inner.fn in _ROWS and term.fn == "sum":
            return self._call(Call("sum", inner.args))
        if isinstance(inner, Quotient) and inner.op == "/":
            return self._quotient(Quotient("/", self._call(Call(term.fn, (inner.top,))), inner.bottom))
        scalars, arrays = self.scalars_first(inner)
        if term.fn == "tr" and arrays and isinstance(arrays[0], Name) and self.moves(arrays[0]) and len(arrays) > 1:
            return self._call(Call("tr", (product(*scalars, *arrays[1:], arrays[0]),)))
        if not scalars or not arrays:
            return term
        return self._product(_times(*scalars, Call(term.fn, (product(*arrays),))))

    def _entrywise(self, term: Product) -> Term:
        negative = sum(isinstance(factor, Neg) for factor in term.factors) % 2
        plain = Product(term.op, tuple(f.term if isinstance(f, Neg) else f for f in term.factors))
        return Neg(plain) if negative else plain

    def _product(self, term: Term) -> Term:
        """The chain: signs and numbers first, no identity in it, and a scalar's differential last."""
        if not isinstance(term, Product):
            return term
        if term.op != "*":
            return self._entrywise(term)
        whole = product(*term.factors)
        if isinstance(whole, Neg):
            return Neg(self._product(whole.term))
        if not isinstance(whole, Product):
            return whole
        factors = self._without_identity(list(_joined(whole.factors)))
        return product(*self._differential_last(self._turned_round(self._pairs_turned(factors))))

    def _without_identity(self, factors: list[Term]) -> list[Term]:
        others = [f for f in factors if not _is_identity(f)]
        return others if any(self.extent(f) not in (SCALAR, None) for f in others) else factors

    def _pairs_turned(self, factors: list[Term]) -> list[Term]:
        """uᵀ dx for dxᵀu, beside whatever else."""
        for place in range(len(factors) - 1):
            left, right = factors[place : place + 2]
            pair = self.extent(left) == ROW and self.extent(right) == COLUMN
            if pair and self.moves(left) and not self.moves(right) and isinstance(left, Transpose):
                factors[place : place + 2] = [self.turned(right), left.term]
        return factors

    def _turned_round(self, factors: list[Term]) -> list[Term]:
        """aᵀ dX b for bᵀ dXᵀ a: a scalar is its own transpose."""
        turned = (f for f in factors if isinstance(f, Transpose) and isinstance(f.term, Name) and self.moves(f))
        if not any(self.extent(f) == MATRIX for f in turned) or self.extent(product(*factors)) != SCALAR:
            return factors
        lead = [f for f in factors if self.extent(f) == SCALAR]
        return [*lead, *chain(self.turned(product(*(f for f in factors if f not in lead))))]

    def _differential_last(self, factors: list[Term]) -> list[Term]:
        plain = all(self.extent(f) == SCALAR for f in factors)
        last = [f for f in factors if self.moves(f) and (plain or isinstance(f, Name)) and self.extent(f) == SCALAR]
        return [*(f for f in factors if f not in last), *last] if len(last) == 1 else factors

    def faced(self, term: Term) -> Term:
        """yᵀA do for doᵀAᵀ y, where that is all of a line; in a sum dxᵀA x stands, as the product rule leaves it."""
        if isinstance(term, Neg):
            return Neg(self.faced(term.term))
        if isinstance(term, Quotient) and term.op == "/":
            return Quotient("/", self.faced(term.top), term.bottom)
        lead = [f for f in chain(term) if self.extent(f) == SCALAR]
        rest = [f for f in chain(term) if f not in lead]
        turns = len(rest) > 1 and self.extent(rest[0]) == ROW and self.extent(rest[-1]) == COLUMN
        if not turns or not self.moves(rest[0]) or any(map(self.moves, rest[1:])):
            return term
        return product(*lead, self.turned(product(*rest)))

    # --- what is the same but for the order in which it is written

    def key(self, term: Term, cyclic: bool = False) -> object:
        """Equal for lines that differ by the order of their terms alone; if ``cyclic``, of factors in a trace, too."""

        def visit(current: Key) -> Generator[Key, object, object]:
            inside = []
            for part in parts(current.term):
                inside.append((yield Key(part)))
            return self._ordered(current.term, inside, cyclic)

        return run(visit, Key(term), {})

    def _ordered(self, term: Term, inside: list[object], cyclic: bool) -> object:
        mark = (type(term).__name__, *marks(term))
        if isinstance(term, Sum) or (isinstance(term, Product) and term.op == ".*"):
            return (*mark, *sorted(inside, key=repr))
        if isinstance(term, Product):
            scalars = [k for k, f in zip(inside, term.factors, strict=True) if self.extent(f) == SCALAR]
            return (*mark, *sorted(scalars, key=repr), *(k for k in inside if k not in scalars))
        if cyclic and isinstance(term, Call) and term.fn == "tr" and len(chain(term.args[0])) > 1:
            return ("tr", _least_turn(inside[0]))
        return (*mark, *inside)


def _addends(term: Term) -> Iterator[Term]:
    """The terms of a sum in a sum, with the sign before it."""
    inner = term.term if isinstance(term, Neg) else term
    if not isinstance(inner, Sum):
        yield term
        return
    for part in inner.terms:
        minus = isinstance(term, Neg) != isinstance(part, Neg)
        plain = part.term if isinstance(part, Neg) else part
        yield Neg(plain) if minus else plain


def _least_turn(key: object) -> object:
    """Of the ways round that a cyclic product can be written the first."""
    assert isinstance(key, tuple)
    factors = key[2:]
    return min((repr((*factors[k:], *factors[:k])) for k in range(len(factors))), default="")


def _times(*factors: Term) -> Product:
    return Product("*", tuple(factor for one in factors for factor in chain(one)))


def _is_identity(term: Term) -> bool:
    return isinstance(term, Call) and term.fn == "eye"


def _joined(factors: Sequence[Term]) -> Iterator[Term]:
    """The factors, the numbers among them multiplied: 0.5·2 u as u."""
    numbers = [value for value in map(_rational, factors) if value is not None]
    if len(numbers) > 1:
        yield from _numeral(prod(numbers, start=Fraction(1)))
    yield from (factor for factor in factors if len(numbers) < 2 or _rational(factor) is None)


def _number(term: Term) -> tuple[Fraction, list[Term]]:
    """The number that a product begins with, and the rest."""
    first, *rest = chain(term)
    value = _rational(first)
    return (Fraction(1), [first, *rest]) if value is None else (value, rest)


def _rational(term: Term) -> Fraction | None:
    """The number as it is written, 0.1 as a tenth; None for what is none."""
    if not isinstance(term, Num) or (isinstance(term.value, float) and not isfinite(term.value)):
        return None
    return Fraction(repr(term.value)) if isinstance(term.value, float) else Fraction(term.value)


def _numeral(value: Fraction) -> tuple[Term, ...]:
    """The number as a factor; 1 is none."""
    return () if value == 1 else (number_term(value, decimals=True),)
