"""What a program's arrays are while they are read. Owns: scalars over axes without names. Never: knows a framework.

An axis is a product of parts, each with an index of its own (the last runs fastest): what was ``h*d`` long and is
reshaped to h × d has two. An axis of extent 1 has none, so that it broadcasts by itself. The index of a part is a
function of its place, so two tensors of one shape have the same indices and meet without renaming.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest

from gradwright.core.build import add, delta, mul, ordinal, rename, size
from gradwright.core.errors import Error
from gradwright.core.index import Dim, Index, divided, free_index, times
from gradwright.core.node import Array, Delta, Entry, Node, Ordinal, walk
from gradwright.core.record import dataclass
from gradwright.core.walk import bottom_up

Parts = tuple[Dim, ...]


@dataclass(frozen=True)
class Tensor:
    """A scalar body over axes, each of which is a product of parts."""

    axes: tuple[Parts, ...]
    body: Node

    @property
    def shape(self) -> tuple[Dim, ...]:
        return tuple(times(*parts) for parts in self.axes)

    @property
    def rank(self) -> int:
        return len(self.axes)

    def indices(self, axis: int) -> tuple[Index, ...]:
        return indices_at(axis, self.axes[axis])

    def over(self, indices: Sequence[Sequence[Index]]) -> Node:
        """The entry at other indices, as many for each axis as it has parts."""
        mapping: dict[Index, Index] = {}
        for axis, there in enumerate(indices):
            mapping.update(zip(self.indices(axis), there, strict=True))
        return rename(self.body, mapping)

    def array(self) -> Array:
        """The value with every part an index; an axis of several is a group of the array, one of none is left out."""
        kept = [axis for axis in range(self.rank) if self.axes[axis]]
        groups = tuple(len(self.axes[axis]) for axis in kept)
        flat = tuple(index for axis in kept for index in self.indices(axis))
        return Array(flat, self.body, groups if max(groups, default=1) > 1 else ())

    def whole(self) -> Array:
        """The value with every axis, those that are 1 long too."""
        flat = tuple(
            index
            for axis, parts in enumerate(self.axes)
            for index in (self.indices(axis) or (free_index(f"{axis}.0", 1),))
        )
        return Array(flat, self.body)


class Apart(Exception):
    """An axis of an input has to be several indices: the reading begins anew with it so."""

    def __init__(self, name: str, slot: int, parts: Parts) -> None:
        super().__init__(name)
        self.name, self.slot, self.parts = name, slot, parts


def indices_at(axis: int, parts: Parts) -> tuple[Index, ...]:
    """The indices of an axis, as its place has them."""
    return tuple(free_index(f"{axis}.{part}", dim) for part, dim in enumerate(parts))


def apart(axis: int, parts: Parts) -> tuple[Index, ...]:
    """Indices for an axis that is to be bound."""
    return tuple(free_index(f"bound {axis}.{part}", dim) for part, dim in enumerate(parts))


def parts_of(dim: Dim) -> Parts:
    return () if dim == 1 else (dim,)


def scalar(node: Node) -> Tensor:
    return Tensor((), node)


def place(indices: Sequence[Index]) -> Node:
    """Where along an axis its indices stand, as a number from 0."""
    found: Node = add()
    for index in indices:
        found = add(mul(found, size(index.dim)), ordinal(index))
    return found


def finer(left: Parts, right: Parts) -> Parts:
    """The parts that are cut wherever either is cut."""
    found: list[Dim] = []
    here, there = list(left), list(right)
    while here and there:
        first, second = here.pop(0), there.pop(0)
        if first == second:
            found.append(first)
        elif (rest := divided(first, second)) is not None:
            found.append(second)
            here.insert(0, rest)
        elif (rest := divided(second, first)) is not None:
            found.append(first)
            there.insert(0, rest)
        else:
            break
    else:
        if not here and not there:
            return tuple(found)
    raise Error(f"the extents {times(*left)} and {times(*right)} differ")


def cut(tensor: Tensor, axis: int, parts: Parts) -> Tensor:
    """The tensor with an axis cut into those finer parts; both axes of a diagonal are."""
    if tensor.axes[axis] == parts:
        return tensor
    wanted = {index: inside for index, inside in _inside(tensor.indices(axis), parts) if len(inside) > 1}
    for index, inside in list(wanted.items()):
        wanted |= dict.fromkeys(_diagonal_partners(tensor.body, index), inside)
    axes: list[Parts] = []
    fresh: dict[Index, tuple[Index, ...]] = {}
    final: dict[Index, Index] = {}
    for own in range(tensor.rank):
        whole = [(index, wanted.get(index, (index.dim,))) for index in tensor.indices(own)]
        axes.append(tuple(dim for _, inside in whole for dim in inside))
        cuts = [free_index(f"cut {own}.{place}", dim) for place, dim in enumerate(axes[-1])]
        final |= dict(zip(cuts, indices_at(own, axes[-1]), strict=True))
        for index, inside in whole:
            fresh[index], cuts = tuple(cuts[: len(inside)]), cuts[len(inside) :]
    return Tensor(tuple(axes), rename(_cut_indices(tensor.body, fresh), final))


def _inside(indices: Sequence[Index], parts: Parts) -> list[tuple[Index, Parts]]:
    """The parts into which each index is cut."""
    rest, found = list(parts), []
    for index in indices:
        inside: list[Dim] = []
        while times(*inside) != index.dim:
            inside.append(rest.pop(0))
        found.append((index, tuple(inside)))
    return found


def _diagonal_partners(body: Node, index: Index) -> set[Index]:
    """The indices of the tensor that are equal to an index somewhere, or equal to one of those."""
    found, pending = {index}, [index]
    deltas = [node for node in walk(body) if isinstance(node, Delta)]
    while pending:
        current = pending.pop()
        for node in deltas:
            if current in node.indices:
                others = {other for other in node.indices if other in body.free} - found
                found |= others
                pending += others
    return found


def _cut_indices(body: Node, fresh: Mapping[Index, tuple[Index, ...]]) -> Node:
    """The body with several indices for one."""
    several = {index: inside for index, inside in fresh.items() if len(inside) > 1}

    def rule(node: Node) -> Node:
        gone = [index for index in node.indices if index in several]
        if not gone:
            return node
        if isinstance(node, Ordinal):
            return place(several[node.index])
        if isinstance(node, Delta) and len(gone) == len(node.indices):
            return mul(*map(delta, several[node.left], several[node.right]))
        if isinstance(node, Entry):
            slot = next(slot for slot, index in enumerate(node.slots) if index in several)
            raise Apart(node.name, slot, tuple(index.dim for index in several[node.slots[slot]]))
        what = "a diagonal" if isinstance(node, Delta) else "a function of a matrix"
        raise Error(f"an axis of {what} cannot be taken apart")

    body = bottom_up(rule, body)
    return rename(body, {index: inside[0] for index, inside in fresh.items() if len(inside) == 1})


def broadcast(*tensors: Tensor) -> tuple[Tensor, ...]:
    """The tensors over the same axes: those that are 1 long stretch, missing ones stand in front."""
    rank = max(tensor.rank for tensor in tensors)
    tensors = tuple(moved(tensor, range(rank - tensor.rank, rank), rank) for tensor in tensors)
    for axis in range(rank):
        together: Parts = ()
        for tensor in tensors:
            mine = tensor.axes[axis]
            together = finer(together, mine) if together and mine else together or mine
        tensors = tuple(cut(t, axis, together) if t.axes[axis] else _stretched(t, axis, together) for t in tensors)
    return tensors


def _stretched(tensor: Tensor, axis: int, parts: Parts) -> Tensor:
    return Tensor((*tensor.axes[:axis], parts, *tensor.axes[axis + 1 :]), tensor.body)


def moved(tensor: Tensor, places: Sequence[int], rank: int) -> Tensor:
    """Axis k at ``places[k]`` of so many; the others are 1 long."""
    if list(places) == list(range(rank)):
        return tensor
    axes: list[Parts] = [()] * rank
    for axis, there in enumerate(places):
        axes[there] = tensor.axes[axis]
    body = tensor.over([indices_at(there, tensor.axes[axis]) for axis, there in enumerate(places)])
    return Tensor(tuple(axes), body)


def entrywise(function: Callable[..., Node], *tensors: Tensor) -> Tensor:
    """A function of scalars, entry by entry."""
    together = broadcast(*tensors)
    return Tensor(together[0].axes, function(*(tensor.body for tensor in together)))


def regrouped(tensor: Tensor, shape: Sequence[Dim]) -> Tensor:
    """The same entries in the same order over other axes."""
    finest, axes = _regrouping([part for parts in tensor.axes for part in parts], shape)
    left = list(finest)
    for axis, parts in enumerate(tensor.axes):
        mine: list[Dim] = []
        for part in parts:
            inside: list[Dim] = []
            while times(*inside) != part:
                inside.append(left.pop(0))
            mine += inside
        tensor = cut(tensor, axis, tuple(mine))
    flat = [index for axis in range(tensor.rank) for index in tensor.indices(axis)]
    there = [index for axis, parts in enumerate(axes) for index in indices_at(axis, parts)]
    return Tensor(axes, rename(tensor.body, dict(zip_longest(flat, there))))


def _regrouping(parts: list[Dim], shape: Sequence[Dim]) -> tuple[list[Dim], tuple[Parts, ...]]:
    """All parts in order, cut where an axis of the shape ends, and those of each axis."""
    finest: list[Dim] = []
    axes: list[Parts] = []
    for dim in shape:
        whole = next((k for k in range(len(parts) + 1) if times(*parts[:k]) == dim), 0)
        mine, parts = parts[:whole], parts[whole:]
        wanted = 1 if mine else dim
        while wanted != 1:
            first = parts.pop(0) if parts else 1
            left, over = (1, 1) if first == wanted else (divided(wanted, first), divided(first, wanted))
            if first == 1 or (left is None and over is None):
                raise Error(f"the axes are not made of an axis of extent {dim}: indices cannot follow this reshape")
            if left is not None:
                mine.append(first)
                wanted = left
            elif over is not None:
                mine.append(wanted)
                parts.insert(0, over)
                wanted = 1
        finest += mine
        axes.append(tuple(mine))
    return finest, tuple(axes)
