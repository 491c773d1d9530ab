"""Small algebra on matrix terms: products kept flat, transposes pushed inside. Owns: that. Never: looks at indices."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from gradwright.core.walk import run
from gradwright.write.term import Call, Name, Neg, Num, Product, Quotient, Sum, Term, Transpose
from gradwright.write.traverse import Key, parts, rebuilt


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


def joined_sum(terms: Sequence[Term]) -> Term:
    return Sum(tuple(terms)) if len(terms) > 1 else terms[0]
