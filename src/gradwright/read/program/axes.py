"""Operations that follow whole axes. Owns: reductions, products, and how axes are moved. Never: knows a framework."""

from __future__ import annotations

from collections.abc import Sequence

from gradwright.core.build import ONE, ZERO, apply, const, divide, mul, ordinal, power, reduce, size, subtract
from gradwright.core.index import Dim, Index, times
from gradwright.core.node import Node
from gradwright.engine.simplify import sum_over
from gradwright.read.program.tensor import (
    Tensor,
    apart,
    broadcast,
    cut,
    entrywise,
    finer,
    indices_at,
    moved,
    parts_of,
    place,
)
from gradwright.read.program.truth import HELD, decided, freed, negated


def reduced(op: str, tensor: Tensor, axes: Sequence[int], keep: bool = False) -> Tensor:
    """Σ, Π, the maximum or the minimum over axes, which then are gone, or 1 long."""
    gone = {axis % tensor.rank for axis in axes}
    stay = [axis for axis in range(tensor.rank) if axis not in gone]
    there = {axis: axis if keep else at for at, axis in enumerate(stay)}
    indices = [
        apart(axis, tensor.axes[axis]) if axis in gone else indices_at(there[axis], tensor.axes[axis])
        for axis in range(tensor.rank)
    ]
    bound = [index for axis in sorted(gone) for index in indices[axis]]
    body = _over(op, bound, tensor.over(indices))
    if keep:
        return Tensor(tuple(() if axis in gone else parts for axis, parts in enumerate(tensor.axes)), body)
    return Tensor(tuple(tensor.axes[axis] for axis in stay), body)


def _over(op: str, bound: Sequence[Index], body: Node) -> Node:
    if op == "sum":
        return sum_over(bound, body) if bound else body
    live = [index for index in bound if index in body.free]
    found = reduce(op, live, body) if live else body
    idle = [size(index.dim) for index in bound if index not in body.free]
    return power(found, mul(*idle)) if op == "prod" and idle else found


def mean(tensor: Tensor, axes: Sequence[int], keep: bool = False) -> Tensor:
    count = times(*(tensor.shape[axis % tensor.rank] for axis in set(axes)))
    found = reduced("sum", tensor, axes, keep)
    return Tensor(found.axes, divide(found.body, size(count)))


def variance(tensor: Tensor, axes: Sequence[int], less: Node, keep: bool = False) -> Tensor:
    """The squares of what is left without the mean, over their number less ``less``."""
    gap = entrywise(subtract, tensor, mean(tensor, axes, keep=True))
    count = times(*(tensor.shape[axis % tensor.rank] for axis in set(axes)))
    found = reduced("sum", entrywise(lambda x: power(x, const(2)), gap), axes, keep)
    return Tensor(found.axes, divide(found.body, subtract(size(count), less)))


def any_of(tensor: Tensor, axes: Sequence[int], keep: bool = False) -> Tensor:
    """Whether something is true along axes."""
    return entrywise(negated, reduced("prod", entrywise(negated, tensor), axes, keep))


def transposed(tensor: Tensor, order: Sequence[int]) -> Tensor:
    """Axis k is what was axis ``order[k]``."""
    places = [0] * tensor.rank
    for there, axis in enumerate(order):
        places[axis % tensor.rank] = there
    return moved(tensor, places, tensor.rank)


def swapped(tensor: Tensor, one: int, other: int) -> Tensor:
    order = list(range(tensor.rank))
    order[one], order[other] = order[other], order[one]
    return transposed(tensor, order)


def filled(shape: Sequence[Dim], node: Node) -> Tensor:
    return Tensor(tuple(map(parts_of, shape)), node)


def counted(shape: Sequence[Dim], axis: int) -> Tensor:
    """The place along an axis."""
    axes = tuple(map(parts_of, shape))
    return Tensor(axes, place(indices_at(axis, axes[axis])))


def stretched(tensor: Tensor, shape: Sequence[Dim]) -> Tensor:
    return broadcast(tensor, filled(shape, ZERO))[0]


def without(tensor: Tensor, axes: Sequence[int]) -> Tensor:
    """The tensor without those of its axes that are 1 long."""
    gone = {axis % tensor.rank for axis in axes if not tensor.axes[axis]}
    return reduced("sum", tensor, sorted(gone)) if gone else tensor


def with_axis(tensor: Tensor, axis: int) -> Tensor:
    """A further axis, 1 long."""
    rank = tensor.rank + 1
    there = axis % rank
    return moved(tensor, [at for at in range(rank) if at != there], rank)


def contracted(
    left: Tensor, right: Tensor, over: Sequence[tuple[int, int]], beside: Sequence[tuple[int, int]]
) -> Tensor:
    """Σ over pairs of axes of the product; the axes beside come first, then the left ones, then the right ones."""
    for one, other in (*over, *beside):
        if left.axes[one] and right.axes[other]:
            parts = finer(left.axes[one], right.axes[other])
            left, right = cut(left, one, parts), cut(right, other, parts)
    free_left = [axis for axis in range(left.rank) if axis not in [one for one, _ in (*over, *beside)]]
    free_right = [axis for axis in range(right.rank) if axis not in [other for _, other in (*over, *beside)]]
    axes = (
        *(left.axes[one] or right.axes[other] for one, other in beside),
        *(left.axes[axis] for axis in free_left),
        *(right.axes[axis] for axis in free_right),
    )
    here: dict[int, tuple[Index, ...]] = {}
    there: dict[int, tuple[Index, ...]] = {}
    for at, (one, other) in enumerate(over):
        here[one] = apart(at, left.axes[one])
        there[other] = apart(at, right.axes[other])
    for at, (one, other) in enumerate(beside):
        here[one], there[other] = indices_at(at, left.axes[one]), indices_at(at, right.axes[other])
    for at, axis in enumerate(free_left, len(beside)):
        here[axis] = indices_at(at, left.axes[axis])
    for at, axis in enumerate(free_right, len(beside) + len(free_left)):
        there[axis] = indices_at(at, right.axes[axis])
    bound = list(dict.fromkeys(index for one, other in over for index in (*here[one], *there[other])))
    product = mul(
        left.over([here[axis] for axis in range(left.rank)]), right.over([there[axis] for axis in range(right.rank)])
    )
    return Tensor(axes, sum_over(bound, product) if bound else product)


def multiplied(left: Tensor, right: Tensor) -> Tensor:
    """The product of matrices, of vectors, and of stacks of matrices, as NumPy's @ has it."""
    if left.rank == 1 and right.rank == 1:
        return contracted(left, right, [(0, 0)], [])
    if left.rank <= 2 and right.rank <= 2:
        return contracted(left, right, [(left.rank - 1, max(0, right.rank - 2))], [])
    one, other = (with_axis(left, 0) if left.rank == 1 else left), (with_axis(right, 1) if right.rank == 1 else right)
    rank = max(one.rank, other.rank)
    one, other = (moved(t, range(rank - t.rank, rank), rank) for t in (one, other))
    stack = rank - 2
    found = contracted(one, other, [(rank - 1, rank - 2)], [(axis, axis) for axis in range(stack)])
    if left.rank == 1:
        return without(found, [stack])
    return without(found, [stack + 1]) if right.rank == 1 else found


def einsum(subscripts: str, *tensors: Tensor) -> Tensor:
    """A sum of products by letters."""
    inputs, _, output = subscripts.replace(" ", "").partition("->")
    letters = inputs.split(",")
    if "->" not in subscripts:
        output = "".join(sorted(c for c in set(inputs) - {","} if inputs.count(c) == 1))
    every = output + "".join(dict.fromkeys(c for c in inputs if c not in "," + output))
    product = filled((), ONE)
    for word, tensor in zip(letters, tensors, strict=True):
        product = entrywise(mul, product, _lettered(tensor, word, every))
    return reduced("sum", product, range(len(output), len(every))) if len(every) > len(output) else product


def _lettered(tensor: Tensor, word: str, every: str) -> Tensor:
    """The tensor with its axes where its letters stand among all; of a letter that comes twice, the diagonal."""
    for letter in dict.fromkeys(word):
        while word.count(letter) > 1:
            first = word.index(letter)
            second = word.index(letter, first + 1)
            tensor = diagonal(tensor, first, second)
            word = word[:second] + word[second + 1 :]
    return moved(tensor, [every.index(letter) for letter in word], len(every))


def diagonal(tensor: Tensor, first: int, second: int) -> Tensor:
    """The entries with equal places along both axes, at the first of them."""
    parts = finer(tensor.axes[first], tensor.axes[second]) if tensor.axes[first] else ()
    tensor = cut(cut(tensor, first, parts), second, parts)
    stay = [axis for axis in range(tensor.rank) if axis != second]
    indices = [
        indices_at(stay.index(first if axis == second else axis), tensor.axes[axis]) for axis in range(tensor.rank)
    ]
    return Tensor(tuple(tensor.axes[axis] for axis in stay), decided(tensor.over(indices)))


def held(tensor: Tensor) -> Tensor:
    """What a derivative takes for constant, which remembers the order of its axes."""
    if not tensor.body.names:
        return tensor
    indices = [index for axis in range(tensor.rank) for index in tensor.indices(axis)]
    return Tensor(tensor.axes, apply(HELD, freed(tensor.body), *map(ordinal, indices)))
