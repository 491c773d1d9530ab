"""Plans. Owns: what one is: arrays in order of computation, who reads which. Never: makes one."""

from __future__ import annotations

from dataclasses import field, replace

from gradwright.core.build import open_binder
from gradwright.core.context import Context
from gradwright.core.index import AT, Dim, Index
from gradwright.core.node import Array, Entry, Node, Reduce
from gradwright.core.record import dataclass
from gradwright.emit.forms.labels import TAKE


@dataclass(frozen=True)
class Let:
    """An array: its name, its axes in the order they are stored, and its entry there."""

    name: str
    axes: tuple[Index, ...]
    body: Node


@dataclass
class Plan:
    """What a target prints: inputs in the user's order, arrays in order of computation, and the outputs."""

    inputs: dict[str, tuple[Dim, ...]]
    lets: list[Let]
    outputs: dict[str, Array]
    sizes: tuple[str, ...] = ()
    solves: dict[str, Let] = field(default_factory=dict)
    context: Context = field(default_factory=Context)

    def reads(self, let: Let) -> frozenset[str]:
        """The arrays a statement reads; a solve reads the matrix, not its inverse."""
        found = let.body.names
        for name in found & self.solves.keys():
            found = (found - {name}) | self.solves[name].body.names
        return found

    def sources(self) -> dict[str, frozenset[str]]:
        """The arguments that each argument and each array depends on."""
        found = {name: frozenset((name,)) for name in self.inputs}
        for let in self.lets:
            reads = {name.removeprefix(TAKE) for name in self.reads(let)}
            found[let.name] = frozenset().union(*(found.get(name, frozenset()) for name in reads))
        return found

    def only(self, *labels: str) -> Plan:
        """The part of it that some of the outputs need."""
        outputs = {label: array for label, array in self.outputs.items() if label in labels}
        needed = set().union(*(array.body.names for array in outputs.values()))
        for let in reversed(self.lets):
            needed |= self.reads(let) if let.name in needed else set()
        return replace(self, lets=[let for let in self.lets if let.name in needed], outputs=outputs)


def inside(let: Let) -> tuple[Node, tuple[Index, ...]]:
    """What is computed at a cell, and the indices it is folded over."""
    if isinstance(let.body, Reduce):
        indices, body = open_binder(let.body)
        return body, indices
    return let.body, ()


def plain(node: Entry) -> bool:
    """An array as it is: every index once, none fixed."""
    return len(set(node.slots)) == len(node.slots) and all(i.kind != AT for i in node.slots)
