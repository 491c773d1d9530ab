"""Small algebra on matrix terms: products kept flat, transposes pushed inside. Owns: that. Never: looks at indices."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from fractions import Fraction

from gradwright.core.walk import run
from gradwright.write.term import Call, Name, Neg, Num, Product, Quotient, Sum, Term, Transpose
from gradwright.write.traverse import Key, parts, rebuilt

_FEW = 12  # terms among which like ones are looked for


def chain(term: Term) -> tuple[Term, ...]:
    return term.factors if isinstance(term, Product) and term.op == "*" else (term,)


def product(*terms: Term) -> Term:
    flat = [factor for term in terms for factor in chain(term) if factor != Num(1)]
    return Product("*", tuple(flat)) if len(flat) > 1 else flat[0] if flat else Num(1)


def hadamard(left: Term, right: Term) -> Term:
    parts = [f for t in (left, right) for f in (t.factors if isinstance(t, Product) and t.op == ".*" else (t,))]
    return Product(".*", tuple(parts))


def turned(term: Term, symmetric: frozenset[str] = frozenset()) -> Term:
    """The transpose, pushed inside wherever that takes no more transposes; a name that is symmetric is its own."""
    if isinstance(term, Transpose):
        return term.term
    if isinstance(term, Num) or (isinstance(term, Name) and term.name in symmetric):
        return term
    if isinstance(term, Call) and (term.fn in _SCALAR or _is_diagonal(term)):
        return term
    if isinstance(term, Product) and term.op == "*":
        lead = tuple(f for f in term.factors if isinstance(f, Num))
        return Product("*", (*lead, *(turned(f, symmetric) for f in reversed(term.factors) if not isinstance(f, Num))))
    if isinstance(term, Neg):
        return Neg(turned(term.term, symmetric))
    if isinstance(term, Quotient) and term.op == "/":
        return Quotient("/", turned(term.top, symmetric), term.bottom)
    if isinstance(term, Sum) or (isinstance(term, Product) and term.op == ".*"):
        inside = rebuilt(term, [turned(part, symmetric) for part in parts(term)])
        if transposes(inside, {}) <= transposes(term, {}):
            return inside
    return Transpose(term)


def _is_diagonal(term: Call) -> bool:
    """``eye(n)``, or ``diag`` of a vector, as far as can be seen."""
    return term.fn == "eye" or (term.fn == "diag" and not isinstance(term.args[0], Call))


def transposes(term: Term, counted: dict[Key, int]) -> int:
    """How many transposes are written in a term: of two like terms the plainer comes first. ``counted`` keeps counts."""

    def visit(key: Key) -> Generator[Key, int, int]:
        found = int(isinstance(key.term, Transpose))
        for part in parts(key.term):
            found += yield Key(part)
        return found

    return run(visit, Key(term), counted)


_SCALAR = frozenset(("sum", "norm1", "norm2", "tr", "det", "logdet", "logsumexp"))


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
    size = abs(times)
    whole = product(*((Num(size.numerator),) if size.numerator != 1 else ()), *rest)
    said = Quotient("/", whole, Num(size.denominator)) if size.denominator != 1 else whole
    return Neg(said) if times < 0 else said


def joined_sum(terms: Sequence[Term]) -> Term:
    return Sum(tuple(terms)) if len(terms) > 1 else terms[0]
