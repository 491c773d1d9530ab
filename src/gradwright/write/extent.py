"""Whether a term is a scalar, a column, a row or a matrix. Owns: that. Never: guesses: what is not sure is None.

An extent is a pair: whether there are rows, whether there are columns. Terms that are added have one extent, for a
scalar beside a matrix is added to every entry.
"""

from __future__ import annotations

from collections.abc import Callable

from gradwright.tables.arrays import ARRAYS
from gradwright.tables.scalars import NAMED
from gradwright.write.term import Call, Choice, Name, Neg, Num, Power, Product, Quotient, Sum, Term, Transpose
from gradwright.write.traverse import parts

DIAGONAL = "the diagonal of"
"""``diag`` of a matrix, a column, while notation is built; ``diag`` itself is that of a vector, a matrix."""
Extent = tuple[bool, bool]
SCALAR, COLUMN, ROW, MATRIX = (False, False), (True, False), (False, True), (True, True)
_OF_RANK: dict[int | None, Extent] = {0: SCALAR, 1: COLUMN, 2: MATRIX}
_DEEPEST = 40


def extent(term: Term, rank: Callable[[Name | Call], int | None], depth: int = _DEEPEST) -> Extent | None:
    """The extent of a term, where it is sure; ``rank`` tells that of a name or of a function."""

    def inner(part: Term) -> Extent | None:
        return extent(part, rank, depth - 1)

    if isinstance(term, Num | Name):
        return SCALAR if isinstance(term, Num) else _OF_RANK.get(rank(term))
    if depth == 0:
        return None
    if isinstance(term, Neg):
        return inner(term.term)
    if isinstance(term, Transpose):
        turned = inner(term.term)
        return None if turned is None else turned[::-1]
    if isinstance(term, Call):
        return _of_call(term, inner) or _OF_RANK.get(rank(term))
    if isinstance(term, Product) and term.op == "*":
        return _of_chain([inner(factor) for factor in term.factors])
    if isinstance(term, Product | Sum):
        return _agreed([inner(part) for part in (term.factors if isinstance(term, Product) else term.terms)])
    if isinstance(term, Quotient | Power):
        return inner(term.top if isinstance(term, Quotient) and term.top != Num(1) else _base(term))
    return _agreed([inner(part) for part in parts(term)]) if isinstance(term, Choice) else None


def _base(term: Quotient | Power) -> Term:
    return term.base if isinstance(term, Power) else term.bottom


def _of_call(term: Call, inner: Callable[[Term], Extent | None]) -> Extent | None:
    if term.fn == DIAGONAL:
        return COLUMN
    if entrywise(term):
        return _agreed([inner(arg) for arg in term.args])
    if term.fn in ("ones", "zeros"):
        return COLUMN if len(term.args) == 1 else MATRIX
    if term.fn == "diag":
        return {COLUMN: MATRIX, MATRIX: COLUMN}.get(inner(term.args[0]) or SCALAR)
    return _OF_RANK.get(ARRAYS[term.fn].gives) if term.fn in ARRAYS else None


def entrywise(term: Call) -> bool:
    """Whether the function is one of numbers, applied to as many as it takes."""
    row = NAMED.get(term.fn)
    return row is not None and len(term.args) == row.arity


def _agreed(found: list[Extent | None]) -> Extent | None:
    arrays = [one for one in found if one != SCALAR]
    if not arrays:
        return SCALAR
    return arrays[0] if all(one == arrays[0] for one in arrays) else None


def _of_chain(found: list[Extent | None]) -> Extent | None:
    arrays = [one for one in found if one != SCALAR]
    if not arrays:
        return SCALAR
    first, last = arrays[0], arrays[-1]
    return None if first is None or last is None else (first[0], last[1])
