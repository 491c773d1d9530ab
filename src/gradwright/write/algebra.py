"""Small algebra on matrix terms: products kept flat, transposes pushed inside. Owns: that. Never: looks at indices."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from fractions import Fraction

from gradwright.core.walk import run
from gradwright.tables.arrays import ARRAYS
from gradwright.tables.matrix import MATRIX_FUNCTIONS
from gradwright.write.extent import entrywise
from gradwright.write.term import (
    Big,
    Call,
    Choice,
    Inner,
    Name,
    Neg,
    Num,
    Power,
    Product,
    Quotient,
    Sum,
    Term,
    Transpose,
)
from gradwright.write.traverse import Key, each, parts, rebuilt

_FEW_PARTS = 40  # of a term that is compared with its transpose
_KEEPS_SYMMETRY = frozenset(row.name for row in MATRIX_FUNCTIONS.values() if row.keeps_symmetry)
_TRIANGLES = {"tril": "triu", "triu": "tril"}
_FEW = 12  # terms among which like ones are looked for


def chain(term: Term) -> tuple[Term, ...]:
    return term.factors if type(term) is Product and term.op == "*" else (term,)


def product(*terms: Term) -> Term:
    """The chain of the factors, a minus among them before it all."""
    flat = [factor for term in terms for factor in chain(term)]
    kinds = set(map(type, flat))  # a long chain is read once
    if Num in kinds:
        flat = sorted((f for f in flat if f != Num(1)), key=lambda factor: not isinstance(factor, Num))
    if Neg in kinds:
        negative = sum(isinstance(factor, Neg) for factor in flat) % 2
        whole = product(*(factor.term if isinstance(factor, Neg) else factor for factor in flat))
        return Neg(whole) if negative else whole
    halved = _divided(flat) if Quotient in kinds else None
    if halved is not None and len(flat) > 1:
        tops, bottom = halved
        return Quotient("/", product(*tops), bottom)
    return Product("*", tuple(flat)) if len(flat) > 1 else flat[0] if flat else Num(1)


def inner(left: Term, right: Term) -> Term:
    """left · right, of a row and a column."""
    factors = [factor for term in (left, right) for factor in chain(term)]
    halved = _divided(factors)
    if halved is not None:
        tops, bottom = halved
        return Quotient("/", Inner("*", tuple(factor for top in tops for factor in chain(top))), bottom)
    return Inner("*", tuple(factors))


def _divided(factors: Sequence[Term]) -> tuple[list[Term], Term] | None:
    """xᵀA/2 and x as xᵀA and x over 2: the number that one factor is divided by stands below them all."""
    halves = [k for k, f in enumerate(factors) if isinstance(f, Quotient) and f.op == "/" and isinstance(f.bottom, Num)]
    if len(halves) != 1:
        return None
    found = factors[halves[0]]
    assert isinstance(found, Quotient)
    return [*factors[: halves[0]], found.top, *factors[halves[0] + 1 :]], found.bottom


def hadamard(left: Term, right: Term) -> Term:
    """The product entry by entry; with a triangle of ones it is that triangle of the other."""
    for ones, other in ((left, right), (right, left)):
        inside = ones.args[0] if isinstance(ones, Call) and ones.fn in _TRIANGLES else None
        if isinstance(ones, Call) and isinstance(inside, Call) and inside.fn == "ones":
            return Call(ones.fn, (other,))
    parts = [f for t in (left, right) for f in (t.factors if isinstance(t, Product) and t.op == ".*" else (t,))]
    return Product(".*", tuple(parts))


def turned(term: Term, symmetric: frozenset[str] = frozenset(), scalars: frozenset[str] = frozenset()) -> Term:
    """The transpose, pushed inside wherever that takes no more transposes; scalars stay in front of a product."""

    def flipped(part: Term) -> Term:
        return turned(part, symmetric, scalars)

    if isinstance(term, Transpose):
        return term.term
    if is_scalar(term, scalars) or _is_symmetric(term, symmetric):
        return term
    if isinstance(term, Product) and term.op == "*":
        lead: list[Term] = []
        rest: list[Term] = []
        for part in term.factors:
            (lead if is_scalar(part, scalars) else rest).append(part)
        return product(*lead, *(flipped(part) for part in reversed(rest)))
    inside = _turned_call(term, flipped) if isinstance(term, Call) else _turned_inside(term, flipped)
    return Transpose(term) if inside is None else inside


def _turned_call(term: Call, flipped: Callable[[Term], Term]) -> Term | None:
    """The transpose of a triangle, or of a function that keeps symmetry, of what equals its own transpose."""
    if term.fn in _KEEPS_SYMMETRY and few(term.args[0]) and _equals_its_transpose(term.args[0], flipped):
        return term
    return Call(_TRIANGLES[term.fn], (flipped(term.args[0]),)) if term.fn in _TRIANGLES else None


def _turned_inside(term: Term, flipped: Callable[[Term], Term]) -> Term | None:
    """The transpose of a term by those of its parts; entry by entry only where that takes no more transposes."""
    if isinstance(term, Neg):
        return Neg(flipped(term.term))
    if isinstance(term, Big):  # Σ_r of a matrix: each term by itself
        return Big(term.op, term.letters, flipped(term.body), term.bounds)
    if isinstance(term, Quotient) and term.op == "/":
        return Quotient("/", flipped(term.top), term.bottom)
    if isinstance(term, Power) and flipped(term.base) == term.base:
        return term
    if isinstance(term, Sum) or (isinstance(term, Product) and term.op == ".*"):
        other = rebuilt(term, [flipped(part) for part in parts(term)])
        if transposes(other, {}) <= transposes(term, {}):
            return other
    return None


def is_scalar(term: Term, scalars: frozenset[str]) -> bool:
    """Whether a term is surely a scalar."""
    if isinstance(term, Num | Inner) or (isinstance(term, Name) and term.name in scalars):
        return True
    if isinstance(term, Call):
        if entrywise(term):
            return all(is_scalar(arg, scalars) for arg in term.args)
        return term.fn in ARRAYS and ARRAYS[term.fn].gives == 0
    if isinstance(term, Power | Quotient | Product):
        return term.op in ("^", "/", "*") and all(is_scalar(part, scalars) for part in parts(term))
    return isinstance(term, Sum | Neg | Choice) and all(is_scalar(part, scalars) for part in parts(term))


def few(term: Term) -> bool:
    """Whether a term is small enough to be compared with its transpose."""
    return sum(1 for _, _ in zip(each(term), range(_FEW_PARTS), strict=False)) < _FEW_PARTS


def _equals_its_transpose(term: Term, flipped: Callable[[Term], Term]) -> bool:
    if isinstance(term, Sum):
        return all(_equals_its_transpose(part, flipped) for part in term.terms)
    return flipped(term) == term


def _is_symmetric(term: Term, symmetric: frozenset[str]) -> bool:
    """A symmetric name or a power of one, ``eye(n)``, ``ones(n, n)``, or ``diag`` of a vector."""
    if isinstance(term, Power) and term.op == "^":
        term = term.base
    if isinstance(term, Name):
        return term.name in symmetric
    if isinstance(term, Call) and term.fn == "ones":
        return len(term.args) == 2 and term.args[0] == term.args[1]
    return isinstance(term, Call) and term.fn in ("eye", "diag")


def transposes(term: Term, counted: dict[Key, int]) -> int:
    """How many transposes are written in a term: of two like terms the plainer comes first. ``counted`` is a memo."""

    def visit(key: Key) -> Generator[Key, int, int]:
        found = int(isinstance(key.term, Transpose))
        for part in parts(key.term):
            found += yield Key(part)
        return found

    return run(visit, Key(term), counted)


def collected(terms: Sequence[Term]) -> list[Term]:
    """Like terms joined: A + 2 A as 3 A."""
    if len(terms) > _FEW:
        return list(terms)
    found: list[tuple[Fraction, tuple[Term, ...]]] = []
    for term in terms:
        times, rest = _counted(term)
        for place, (before, other) in enumerate(found):
            if other == rest:
                found[place] = (before + times, rest)
                break
        else:
            found.append((times, rest))
    if len(found) == len(terms):
        return list(terms)
    return [_times(times, rest) for times, rest in found if times]


def _counted(term: Term) -> tuple[Fraction, tuple[Term, ...]]:
    if isinstance(term, Neg):
        times, rest = _counted(term.term)
        return -times, rest
    factors = chain(term)
    first = factors[0]
    if isinstance(first, Num) and len(factors) > 1 and not isinstance(first.value, float):
        return Fraction(first.value), factors[1:]
    return Fraction(1), factors


def _times(times: Fraction, rest: tuple[Term, ...]) -> Term:
    if isinstance(rest[0], Neg):
        return _times(-times, (rest[0].term, *rest[1:]))
    size = abs(times)
    whole = product(*((Num(size.numerator),) if size.numerator != 1 else ()), *rest)
    said = Quotient("/", whole, Num(size.denominator)) if size.denominator != 1 else whole
    return Neg(said) if times < 0 else said


def joined_sum(terms: Sequence[Term]) -> Term:
    """The sum of the terms; one that is a sum itself is taken apart, and then what is subtracted comes last."""
    flat = [part for term in terms for part in (term.terms if type(term) is Sum else (term,))]
    if len(flat) > len(terms):
        flat.sort(key=lambda term: isinstance(term, Neg))
    return Sum(tuple(flat)) if len(flat) > 1 else flat[0]
