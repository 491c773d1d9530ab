"""The text that mends a slip. Owns: writing a changed tree back into the document's own words. Never: finds a slip.

What the change left alone keeps its very characters; what it made is spelled in LaTeX. The new side is read again and
held against the relation, and only a text that makes it true is offered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gradwright.core.errors import Error
from gradwright.read.latex.parser import parse
from gradwright.read.latex.tokens import macros_in, tokenize
from gradwright.read.syntax import (
    Big,
    Group,
    Indexed,
    Letter,
    Name,
    Negative,
    Node,
    Number,
    Product,
    Sum,
    Transposed,
    children,
    walk,
)
from gradwright.referee.clock import OutOfTime
from gradwright.referee.compare.compare import Comparer
from gradwright.referee.compare.verdicts import Fix
from gradwright.referee.evidence.chains import Chain

_TALL = re.compile(r"\\(frac|dfrac|sum|prod|left|begin)\b")
_TRANSPOSES = (r"^{\top}", r"^\top", r"^{\intercal}", r"^\intercal", "^{T}", "^T", "^{t}")
_NUMBERS = {"0.5": r"\tfrac{1}{2}"}


def fix(comparer: Comparer, chain: Chain, left: Node, right: Node, changed: Node) -> Fix | None:
    """The right side as the changed tree says it, or None where that cannot be written and read back as true."""
    text = comparer.collected.source.text
    for factors_first in (False, True):
        try:
            said = _Writer(text, right, factors_first).spell(changed)
            tokens = tokenize(said, 0, macros_in(text))
            again = parse(tokens, comparer.collected.grammar)
            if comparer.compare_trees(chain, left, again, quick=True).holds:
                return Fix(right.span, said)
        except (Error, OutOfTime, RecursionError, _Unwritable):
            continue
    return None


class _Unwritable(Exception):
    """A change that has no text of its own."""


class _Writer:
    """Spells a tree that shares nodes with the one in the document."""

    def __init__(self, text: str, tree: Node, factors_first: bool) -> None:
        self.text, self.factors_first = text, factors_first
        self.original = {id(node) for node in walk(tree)}
        self.places = {(type(node), node.span): node for node in walk(tree)}
        self.transpose = next((t for t in _TRANSPOSES if t in text), _TRANSPOSES[1])

    def spell(self, tree: Node) -> str:
        if id(tree) in self.original:
            return self.text[slice(*tree.span)]
        before = self.places.get((type(tree), tree.span))
        if before is not None and not any(node is before for node in walk(tree)):
            edits = sorted(self._edits(before, tree))
            return self._edited(before.span, edits)
        return self._made(tree)

    def _made(self, tree: Node) -> str:
        """What the change made, in LaTeX."""
        match tree:
            case Negative():
                return self.spell(tree.body.body) if isinstance(tree.body, Negative) else "-" + self._factor(tree.body)
            case Transposed():
                return self._transposed(tree.body.body if isinstance(tree.body, Group) else tree.body)
            case Group():
                return self._wrapped(self.spell(tree.body))
            case Number():
                return _NUMBERS.get(tree.text, tree.text)
            case Product():
                items = [self._factor(item) for _, item in tree.factors]
                return _beside(items[::-1] if self.factors_first else items)
        raise _Unwritable

    def _transposed(self, tree: Node) -> str:
        if isinstance(tree, Transposed):
            return self.spell(tree.body)
        said = self.spell(tree)
        return (said if isinstance(tree, Name | Indexed | Group) else self._wrapped(said)) + self.transpose

    def _factor(self, tree: Node) -> str:
        """As a factor of a product: a sum in brackets, a bracket around one factor alone gone."""
        if isinstance(tree, Group) and id(tree) not in self.original and not isinstance(tree.body, Sum | Negative):
            return self.spell(tree.body)
        said = self.spell(tree)
        return self._wrapped(said) if isinstance(tree, Sum | Negative) else said

    def _wrapped(self, said: str) -> str:
        if "&" in said or r"\\" in said:
            raise _Unwritable  # brackets do not reach over the rows of a display
        return rf"\left( {said} \right)" if _TALL.search(said) else f"({said})"

    # --- nodes that stand where they stood, with other parts

    def _edited(self, span: tuple[int, int], edits: list[tuple[int, int, str]]) -> str:
        done, at = [], span[0]
        for start, end, said in edits:
            if start < at:
                raise _Unwritable
            done += [self.text[at:start], said]
            at = end
        return "".join([*done, self.text[at : span[1]]])

    def _edits(self, before: Node, after: Node) -> Iterator[tuple[int, int, str]]:
        match before, after:
            case Letter(), Letter():
                yield (*before.span, after.name)
            case Sum(), Sum():
                yield from self._terms(before, after)
            case Product(), Product():
                yield from self._factors(before, after)
            case Big(), Big() if before.conditions != after.conditions:
                yield self._bounds(before, after)
            case _:
                old, new = list(children(before)), list(children(after))
                if len(old) != len(new):
                    raise _Unwritable
                for one, two in zip(old, new, strict=True):
                    if one is not two:
                        yield (*one.span, self.spell(two))

    def _terms(self, before: Sum, after: Sum) -> Iterator[tuple[int, int, str]]:
        """Terms of a sum: their signs, changed, or one fewer."""
        old, new = [term for _, term in before.terms], [term for _, term in after.terms]
        if len(new) == len(old) - 1:
            start, end, first = _gone(before, old, new)
            yield (start, end, "-" if first and before.terms[1][0] == "-" else "")
            return
        if len(new) != len(old):
            raise _Unwritable
        for k, ((sign, one), (turned, two)) in enumerate(zip(before.terms, after.terms, strict=True)):
            if sign != turned:
                yield self._sign(before, k, turned)
            if one is not two:
                yield (*one.span, self.spell(two))

    def _factors(self, before: Product, after: Product) -> Iterator[tuple[int, int, str]]:
        """Factors of a product: exchanged, changed, or one fewer."""
        old, new = [factor for _, factor in before.factors], [factor for _, factor in after.factors]
        if len(new) == len(old) - 1:
            start, end, _ = _gone(before, old, new)
            yield (start, end, "")
            return
        if len(new) != len(old):
            raise _Unwritable
        for one, two in zip(old, new, strict=True):
            if one is not two:
                yield (*one.span, self._factor(two))

    def _sign(self, before: Sum, k: int, sign: str) -> tuple[int, int, str]:
        start = before.terms[k - 1][1].span[1] if k else before.span[0]
        end = before.terms[k][1].span[0]
        at = max(self.text.rfind("+", start, end), self.text.rfind("-", start, end))
        if at < 0:
            return (end, end, sign)
        return (at, at + 1, sign if k or sign == "-" else "")

    def _bounds(self, before: Big, after: Big) -> tuple[int, int, str]:
        r"""\sum_i becomes \sum_{i \ne k}, and \sum_{i \ne k} becomes \sum_i."""
        found = re.compile(r"\\(?:sum|prod)(?:\\limits)?\s*_\s*(?:\{[^{}]*\}|\w)").match(self.text, before.span[0])
        if found is None or len(after.binders) != 1:
            raise _Unwritable
        letter = after.binders[0].name
        said = [rf"{letter} \ne {_plain(c.right)}" for c in after.conditions if c.relation == "!="]
        opened = found.group().split("_")[0]
        return (*found.span(), f"{opened}_{{{said[0]}}}" if said else f"{opened}_{letter}")


def _gone(before: Node, old: Sequence[Node], new: Sequence[Node]) -> tuple[int, int, bool]:
    """Where the one stands that is no longer there, and whether it is the first."""
    gone = next((k for k, (a, b) in enumerate(zip(old, new, strict=False)) if a is not b), len(new))
    start = old[gone - 1].span[1] if gone else before.span[0]
    return start, old[gone].span[1] if gone else old[1].span[0], not gone


def _plain(tree: Node) -> str:
    """A symbol or a number."""
    if isinstance(tree, Name | Number):
        return tree.stem if isinstance(tree, Name) else tree.text
    raise _Unwritable


def _beside(items: list[str]) -> str:
    """Factors side by side, a dot where two numbers would become one; ½ takes a 2 away."""
    done, *rest = items
    double = re.match(r"2\s*(?=[^\s\d.^])", rest[0]) if done == _NUMBERS["0.5"] and rest else None
    if double is not None:
        return _beside([rest[0][double.end() :], *rest[1:]])
    for item in rest:
        done += (r" \cdot " if item[:1].isdigit() and done[-1:].isdigit() else " ") + item
    return done
