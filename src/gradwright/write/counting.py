"""Places counted from 1, as mathematics is typeset; the text language counts from 0, as Python does.

Owns: that translation of a notation tree. Never: spells.
"""

from __future__ import annotations

from gradwright.write.term import Big, Choice, Kronecker, Letter, Neg, Num, Subscripted, Sum, Term
from gradwright.write.traverse import each, transformed

_ONE = Num(1)


def from_one(term: Term) -> Term:
    """The term with the first entry as number 1. Letters that only count, from 0, stay as they are."""
    found = list(each(term))
    if not any(isinstance(part, Letter) or _fixed(part) for part in found):
        return term
    counting = {x for part in found if isinstance(part, Big) for x, over in _bounds(part) if over}

    def change(current: Term) -> Term | None:
        if isinstance(current, Choice) and _places(current, counting):
            left, right = (_moved(side) for side in (current.left, current.right))
            return Choice(current.op, left, right, from_one(current.then), from_one(current.other))
        if isinstance(current, Sum):
            return _shifted(current, counting)
        if isinstance(current, Letter) and current.letter not in counting:
            return Sum((current, Neg(_ONE)))
        if isinstance(current, Subscripted) and _fixed(current):
            return Subscripted(from_one(current.base), tuple(map(_place, current.letters)))
        if isinstance(current, Kronecker) and _fixed(current):
            return Kronecker(_place(current.left), _place(current.right))
        return None

    return transformed(term, change)


def _shifted(term: Sum, counting: set[str]) -> Term | None:
    """k + 1, where k counts from 0, as k."""
    places = [t for t in term.terms if isinstance(t, Letter) and t.letter not in counting]
    numbers = [t for t in term.terms if isinstance(t, Num)]
    if not places or not numbers:
        return None
    left = sum((number.value for number in numbers), start=0) - len(places)
    rest = [t if t in places else from_one(t) for t in term.terms if t not in numbers]
    added = [] if not left else [Num(left) if left > 0 else Neg(Num(-left))]
    return Sum((*rest, *added)) if len(rest) + len(added) > 1 else rest[0]


def _bounds(term: Big) -> list[tuple[str, str]]:
    return list(zip(term.letters, term.bounds, strict=False))


def _fixed(term: Term) -> bool:
    letters = term.letters if isinstance(term, Subscripted) else ()
    if isinstance(term, Kronecker):
        letters = (term.left, term.right)
    return any(letter.isdigit() for letter in letters)


def _place(letter: str) -> str:
    return str(int(letter) + 1) if letter.isdigit() else letter


def _places(term: Choice, counting: set[str]) -> bool:
    """Whether a comparison is between places: i ≤ j, i = 0."""
    sides = (term.left, term.right)
    letters = [side for side in sides if isinstance(side, Letter)]
    numbers = [side for side in sides if isinstance(side, Num) and isinstance(side.value, int)]
    return bool(letters) and len(letters) + len(numbers) == 2 and not any(x.letter in counting for x in letters)


def _moved(side: Term) -> Term:
    return Num(side.value + 1) if isinstance(side, Num) else side
