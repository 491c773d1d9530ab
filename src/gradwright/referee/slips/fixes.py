"""The text that mends a slip. Owns: writing a changed tree back into the document's own words. Never: finds a slip.

What the change left alone keeps its very characters; what it made is spelled in LaTeX. The new side is read again and
held against the relation, and only a text that makes it true is offered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gradwright.core.errors import Error
from gradwright.read.latex.parser import parse
from gradwright.read.latex.tokens import macros_in, tokenize
from gradwright.read.tree import Tree, subtrees
from gradwright.referee.clock import OutOfTime
from gradwright.referee.compare.compare import Comparer
from gradwright.referee.compare.verdicts import Fix
from gradwright.referee.evidence.collect import Chain

_TALL = re.compile(r"\\(frac|dfrac|sum|prod|left|begin)\b")
_TRANSPOSES = (r"^{\top}", r"^\top", r"^{\intercal}", r"^\intercal", "^{T}", "^T", "^{t}")
_NUMBERS = {"0.5": r"\tfrac{1}{2}"}


def fix(comparer: Comparer, chain: Chain, left: Tree, right: Tree, changed: Tree) -> Fix | None:
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

    def __init__(self, text: str, tree: Tree, factors_first: bool) -> None:
        self.text, self.factors_first = text, factors_first
        self.original = {id(node) for node in subtrees(tree)}
        self.places = {(node.kind, node.span): node for node in subtrees(tree)}
        self.transpose = next((t for t in _TRANSPOSES if t in text), _TRANSPOSES[1])

    def spell(self, tree: Tree) -> str:
        if id(tree) in self.original:
            return self.text[slice(*tree.span)]
        before = self.places.get((tree.kind, tree.span))
        if before is not None and not any(node is before for node in subtrees(tree)):
            edits = sorted(self._edits(before, tree))
            return self._edited(before.span, edits)
        inner = tree.parts[0]
        if tree.kind == "neg":
            return self.spell(inner.parts[0]) if inner.kind == "neg" else "-" + self._factor(inner)
        if tree.kind == "T":
            turned = inner.parts[0] if inner.kind == "group" else inner
            if turned.kind == "T":
                return self.spell(turned.parts[0])
            single = turned.kind in ("sym", "index", "group")
            return (self.spell(turned) if single else self._wrapped(self.spell(turned))) + self.transpose
        if tree.kind == "group":
            return self._wrapped(self.spell(inner))
        if tree.kind == "num":
            return _NUMBERS.get(str(inner), str(inner))
        if tree.kind == "mul":
            items = [self._factor(item) for _, item in inner]
            return _beside(items[::-1] if self.factors_first else items)
        raise _Unwritable

    def _factor(self, tree: Tree) -> str:
        """As a factor of a product: a sum in brackets, a bracket around one factor alone gone."""
        if tree.kind == "group" and id(tree) not in self.original and tree.parts[0].kind not in ("add", "neg"):
            return self.spell(tree.parts[0])
        said = self.spell(tree)
        return self._wrapped(said) if tree.kind in ("add", "neg") else said

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

    def _edits(self, before: Tree, after: Tree) -> Iterator[tuple[int, int, str]]:
        if before.kind == "letter":
            yield (*before.span, str(after.parts[0]))
        elif before.kind in ("add", "mul") and len(before.parts) == len(after.parts) == 1:
            yield from self._rows(before, list(before.parts[0]), list(after.parts[0]))
        elif before.kind == "big" and before.parts[2] != after.parts[2]:
            yield self._bounds(before, after)
        else:
            old, new = list(_children(before)), list(_children(after))
            if len(old) != len(new):
                raise _Unwritable
            for one, two in zip(old, new, strict=True):
                if one is not two:
                    yield (*one.span, self.spell(two))

    def _rows(self, before: Tree, old: list[Any], new: list[Any]) -> Iterator[tuple[int, int, str]]:
        """Terms of a sum or factors of a product: turned, exchanged, changed, or one fewer."""
        if len(new) == len(old) - 1:
            gone = next((k for k, (a, b) in enumerate(zip(old, new, strict=False)) if a[1] is not b[1]), len(new))
            start = old[gone - 1][1].span[1] if gone else before.span[0]
            end = old[gone][1].span[1] if gone else old[1][1].span[0]
            yield (start, end, "-" if not gone and before.kind == "add" and old[1][0] == "-" else "")
            return
        if len(new) != len(old):
            raise _Unwritable
        for k, (one, two) in enumerate(zip(old, new, strict=True)):
            if one[0] != two[0] and before.kind == "add":
                yield self._sign(before, old, k, two[0])
            if one[1] is not two[1]:
                said = self._factor(two[1]) if before.kind == "mul" else self.spell(two[1])
                yield (*one[1].span, said)

    def _sign(self, before: Tree, terms: list[Any], k: int, sign: str) -> tuple[int, int, str]:
        start = terms[k - 1][1].span[1] if k else before.span[0]
        end = terms[k][1].span[0]
        at = max(self.text.rfind("+", start, end), self.text.rfind("-", start, end))
        if at < 0:
            return (end, end, sign)
        return (at, at + 1, sign if k or sign == "-" else "")

    def _bounds(self, before: Tree, after: Tree) -> tuple[int, int, str]:
        r"""\sum_i becomes \sum_{i \ne k}, and \sum_{i \ne k} becomes \sum_i."""
        found = re.compile(r"\\(?:sum|prod)(?:\\limits)?\s*_\s*(?:\{[^{}]*\}|\w)").match(self.text, before.span[0])
        if found is None or len(after.parts[1]) != 1:
            raise _Unwritable
        letter = str(after.parts[1][0][0])
        said = [rf"{letter} \ne {b.parts[0]}" for op, _, b in after.parts[2] if op == "!="]
        opened = found.group().split("_")[0]
        return (*found.span(), f"{opened}_{{{said[0]}}}" if said else f"{opened}_{letter}")


def _children(tree: Tree) -> Iterator[Tree]:
    """The trees just below, in order."""
    stack: list[Any] = list(reversed(tree.parts))
    while stack:
        here = stack.pop()
        if isinstance(here, Tree):
            yield here
        elif isinstance(here, tuple | list):
            stack.extend(reversed(here))


def _beside(items: list[str]) -> str:
    """Factors side by side, a dot where two numbers would become one; ½ takes a 2 away."""
    done, *rest = items
    double = re.match(r"2\s*(?=[^\s\d.^])", rest[0]) if done == _NUMBERS["0.5"] and rest else None
    if double is not None:
        return _beside([rest[0][double.end() :], *rest[1:]])
    for item in rest:
        done += (r" \cdot " if item[:1].isdigit() and done[-1:].isdigit() else " ") + item
    return done
