"""The syntax tree of an expression. Owns: its one kind of node. Never: meaning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gradwright.core.errors import Span


@dataclass(frozen=True)
class Tree:
    """A node: what it is, its parts (trees, strings, tuples of trees), and where it stands in the document."""

    kind: str
    parts: tuple[Any, ...]
    span: Span

    def with_parts(self, *parts: Any) -> Tree:
        return Tree(self.kind, parts, self.span)


def subtrees(tree: Tree) -> Iterator[Tree]:
    """The tree and all below it."""
    stack: list[Any] = [tree]
    while stack:
        here = stack.pop()
        if isinstance(here, Tree):
            yield here
            stack.extend(reversed(here.parts))
        elif isinstance(here, tuple | list):
            stack.extend(reversed(here))


def replaced(tree: Tree, old: Tree, new: Tree) -> Tree:
    """The tree with one of its nodes (that very object) replaced."""

    def walk(here: Any) -> Any:
        if here is old:
            return new
        if isinstance(here, Tree):
            parts = tuple(walk(part) for part in here.parts)
            return here if all(a is b for a, b in zip(parts, here.parts, strict=True)) else here.with_parts(*parts)
        if isinstance(here, tuple):
            return tuple(walk(part) for part in here)
        return here

    result = walk(tree)
    assert isinstance(result, Tree)
    return result


def alike(a: Any, b: Any) -> bool:
    """Whether two trees (or their parts) say the same, wherever they stand."""
    if isinstance(a, Tree) and isinstance(b, Tree):
        return a.kind == b.kind and alike(a.parts, b.parts)
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(alike(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)
