"""What a line rewrote of the one before. Owns: comparing two terms, and LaTeX with the changed parts in classes.

The classes are ``was`` (what the next line rewrites) and ``now`` (what this line put in its place). Never: a rule.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from itertools import pairwise

from gradwright.write.latex import Latex
from gradwright.write.term import Term
from gradwright.write.traverse import Key, marks, parts

Changed = tuple[list[Term], list[Term]]
_DEEPEST = 60


def changes(before: Term, after: Term) -> Changed:
    """The smallest parts in which two terms differ: those of the first, and those of the second."""
    gone: list[Term] = []
    come: list[Term] = []
    stack = [(before, after, 0)]
    while stack:
        old, new, depth = stack.pop()
        if old == new:
            continue
        inner = _pairs(old, new) if depth < _DEEPEST else None
        if inner is None:
            gone.append(old)
            come.append(new)
        else:
            stack += [(a, b, depth + 1) for a, b in inner]
    return gone, come


def _pairs(old: Term, new: Term) -> list[tuple[Term, Term]] | None:
    """The parts of two terms side by side, where they differ in their parts alone."""
    left, right = list(parts(old)), list(parts(new))
    if type(old) is not type(new) or marks(old) != marks(new) or len(left) != len(right) or not left:
        return None
    return list(zip(left, right, strict=True))


def marked_lines(terms: Sequence[Term], *, nabla: bool = False) -> list[str]:
    """Every line as LaTeX for KaTeX, the parts that changed inside ``\\htmlClass``."""
    between = [changes(a, b) for a, b in pairwise(terms)]
    spelled = []
    for place, term in enumerate(terms):
        was = between[place][0] if place < len(between) else []
        now = between[place - 1][1] if place else []
        spelled.append(_Marked(was, now, nabla).spell(term))
    return spelled


class _Marked(Latex):
    def __init__(self, was: Sequence[Term], now: Sequence[Term], nabla: bool) -> None:
        super().__init__(nabla)
        self.was, self.now = {Key(t) for t in was}, {Key(t) for t in now}

    def _visit(self, key: Key) -> Generator[Key, str, str]:
        spelled = yield from super()._visit(key)
        names = [name for name, group in (("was", self.was), ("now", self.now)) if key in group]
        if not names:
            return spelled
        sign = "-" if spelled.startswith("-") else ""  # a sum turns the sign of a term into its own
        return rf"{sign}\htmlClass{{{' '.join(names)}}}{{{spelled.removeprefix('-') if sign else spelled}}}"
