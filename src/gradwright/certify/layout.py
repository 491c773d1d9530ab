"""Where an entry stands in a flat table. Owns: extents, the order of a table's axes, positions. Never: values.

The table of a node holds its value for every assignment of its free indices, row-major over ``axes(node.free)``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod

from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.index import AT, Dim, Index, names_of, valued
from gradwright.core.node import Delta, Deriv, Entry, Node, Size

Axes = tuple[Index, ...]


class TooLarge(Exception):
    """More table entries than anyone should fill."""


class Layout:
    """Extents for the symbolic dimensions, and the positions that follow from them (kept once found)."""

    def __init__(self, sizes: Mapping[str, int]) -> None:
        self.sizes = dict(sizes)
        self._axes: dict[frozenset[Index], Axes] = {}
        self._gathers: dict[tuple[Axes, Axes], list[int]] = {}

    def extent(self, dim: Dim) -> int:
        missing = names_of(dim) - self.sizes.keys()
        if missing:
            raise Error(f"the size of the dimension {min(missing)} is not known")
        return valued(dim, self.sizes)

    def extents(self, axes: Iterable[Index]) -> list[int]:
        return [self.extent(index.dim) for index in axes]

    def count(self, axes: Iterable[Index]) -> int:
        return prod(self.extents(axes))

    def axes(self, free: frozenset[Index]) -> Axes:
        found = self._axes.get(free)
        if found is None:
            found = tuple(sorted(free, key=lambda index: (index.digest, repr(index))))
            self._axes[free] = found
        return found

    def gather(self, axes: Axes, slots: Axes) -> list[int]:
        """For every assignment of ``axes``, the position in a table over ``slots`` (which may repeat, or be fixed)."""
        key = (axes, slots)
        found = self._gathers.get(key)
        if found is None:
            found = self._gathers[key] = self._positions(axes, slots)
        return found

    def _positions(self, axes: Axes, slots: Axes) -> list[int]:
        steps = dict.fromkeys(axes, 0)
        start, stride = 0, 1
        for slot in reversed(slots):
            extent = self.extent(slot.dim)
            if slot.kind == AT:
                if int(slot.name) >= extent:
                    raise Error(f"position {slot.name} lies outside an axis of extent {extent}")
                start += int(slot.name) * stride
            else:
                steps[slot] += stride
            stride *= extent
        positions = [start]
        for index in axes:
            offsets = [steps[index] * k for k in range(self.extent(index.dim))]
            positions = [at + offset for at in positions for offset in offsets]
        return positions

    def chunks(self, outer: Axes, inner: Axes, slots: Axes) -> list[list[int]]:
        """For every assignment of ``outer``, the positions over ``slots`` as ``inner`` runs."""
        positions = self.gather((*outer, *inner), slots)
        width = self.count(inner)
        return [positions[k : k + width] for k in range(0, len(positions), width)]


def below(node: Node, context: Context) -> tuple[Node, ...]:
    """What a node's value is made of: its children, or the body of the definition it names."""
    if isinstance(node, Entry):
        definition = context.definitions.get(node.name)
        return () if definition is None else (definition.body,)
    return node.children


def reach(roots: Sequence[Node], context: Context) -> Iterator[Node]:
    """Every node the roots are made of, through definitions, each after what it is made of."""
    seen: set[Node] = set()
    stack = [(root, False) for root in reversed(roots)]
    while stack:
        node, ready = stack.pop()
        if ready:
            yield node
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((child, False) for child in below(node, context))


def symbols_in(nodes: Iterable[Node], context: Context) -> dict[str, tuple[Dim, ...]]:
    """The symbols without a definition that occur, with their extents."""
    found: dict[str, tuple[Dim, ...]] = {}
    for node in nodes:
        if isinstance(node, Entry | Deriv) and node.name not in context.definitions and node.name not in found:
            found[node.name] = context.symbols.get(node.name) or tuple(slot.dim for slot in node.slots)
    return found


def dimensions(nodes: Sequence[Node], context: Context) -> dict[str, int]:
    """The symbolic dimensions that occur, each with the least extent its fixed positions need."""
    found: dict[str, int] = {}
    for shape in symbols_in(nodes, context).values():
        at_least(found, shape)
    for node in nodes:
        if isinstance(node, Size):
            found.setdefault(node.dim, 1)
        fixed = (node.left, node.right) if isinstance(node, Delta) else node.indices
        for index in (*fixed, *node.binds):
            at_least(found, [index.dim], int(index.name) + 1 if index.kind == AT else 1)
    return found


def at_least(sizes: dict[str, int], dims: Iterable[Dim], least: int = 1) -> None:
    """Make the sizes of names as large as extents of at least so many places need."""
    for dim in dims:
        names = names_of(dim)
        for name in names:
            sizes.setdefault(name, 1)
        while names and valued(dim, sizes) < least:
            sizes.update((name, sizes[name] + 1) for name in names)
