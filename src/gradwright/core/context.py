"""What is known beside an expression. Owns: symbols, definitions and functions. Never: changes an expression."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from gradwright.core.facts import Facts
from gradwright.core.index import Dim
from gradwright.core.node import Array, Node
from gradwright.core.record import dataclass


@dataclass(frozen=True)
class Signature:
    """An unknown smooth function: the extents of its argument's axes and of its value's."""

    argument: tuple[Dim, ...]
    value: tuple[Dim, ...]


@dataclass
class Context:
    """Everything beside the expression. ``order`` lists names as the user first wrote them, for display.

    ``inner`` has the symbols with an axis of several indices (x beside A ⊗ B): the extents of the indices of each axis.
    ``introduced`` names the definitions that gradwright made itself (such as p for a softmax written out); ``dims`` are
    the dimensions declared or named, which need not be the extent of any symbol here; ``found`` remembers what was
    worked out about definitions.
    """

    source: str = ""
    symbols: dict[str, tuple[Dim, ...]] = field(default_factory=dict)
    definitions: dict[str, Array] = field(default_factory=dict)
    functions: dict[str, Signature] = field(default_factory=dict)
    facts: Facts = field(default_factory=Facts)
    order: list[str] = field(default_factory=list)
    decimals: bool = False
    introduced: list[str] = field(default_factory=list)
    dims: frozenset[str] = frozenset()
    inner: dict[str, tuple[tuple[Dim, ...], ...]] = field(default_factory=dict)
    found: dict[object, Any] = field(default_factory=dict, repr=False, compare=False)

    def shape(self, name: str) -> tuple[Dim, ...]:
        definition = self.definitions.get(name)
        return definition.shape if definition is not None else self.symbols[name]

    def parts(self, name: str) -> tuple[tuple[Dim, ...], ...]:
        """The extents of the indices that each axis of a symbol is made of."""
        return self.inner.get(name) or tuple((dim,) for dim in self.symbols[name])

    def dependents(self, name: str) -> frozenset[str]:
        """``name`` and every definition that depends on it (definitions are in order, so one pass is enough)."""
        found = {name}
        for defined, array in self.definitions.items():
            if array.body.names & found:
                found.add(defined)
        return frozenset(found)

    def depends(self, node: Node, name: str) -> bool:
        return bool(node.names & self.dependents(name))
