"""Operations on places along axes. Owns: what is taken, put beside, padded, accumulated. Never: knows a framework."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gradwright.core.build import (
    ONE,
    ZERO,
    add,
    apply,
    const,
    delta,
    mul,
    negate,
    ordinal,
    reduce,
    rename,
    size,
    subtract,
    total,
    where,
)
from gradwright.core.errors import Error
from gradwright.core.index import Dim, Index, divided, free_index, plus, position, times
from gradwright.core.node import Const, Node, Ordinal
from gradwright.core.record import dataclass
from gradwright.engine.simplify import sum_over
from gradwright.read.program.axes import counted, filled, reduced, stretched, with_axis, without
from gradwright.read.program.sums import with_place
from gradwright.read.program.tensor import (
    Parts,
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
    regrouped,
)
from gradwright.read.program.truth import INFINITY, choice, class_entry, classes, compared, decided, surely_within

MOST_HELD = 4096  # numbers of an array that a program holds
_MOST_WRITTEN = 64  # entries of an array of numbers that is written out


def taken(tensor: Tensor, axis: int, at: Node, dim: Dim) -> Tensor:
    """The tensor with ``at``, a place in the indices of the result, for its place along an axis, which is ``dim``
    long then. ``at`` may stand in the indices of every axis of the result.
    """
    parts = parts_of(dim)
    own = tensor.axes[axis]
    outside = [apart(a, p) if a == axis else indices_at(a, p) for a, p in enumerate(tensor.axes)]
    body = tensor.over(outside)
    axes = (*tensor.axes[:axis], parts, *tensor.axes[axis + 1 :])
    if not own:
        return Tensor(axes, body)
    if len(own) == 1:
        found = _at_place(body, outside[axis][0], at)
        if found is None and surely_within(at, times(*own)):
            found = with_place(body, outside[axis][0], at)
        if found is not None:
            return Tensor(axes, found)
    along = parts or tuple(index.dim for index in at.free)  # what is picked by an index stands along it
    block = _block(times(*own), at, along)
    block_of = None if block is None else _of_block(tensor, axis, block, None if parts else free_index_of(at))
    if block_of is not None:
        return block_of
    return Tensor(axes, sum_over(outside[axis], choice(compared("==", place(outside[axis]), at), body, ZERO)))


def _at_place(body: Node, index: Index, at: Node) -> Node | None:
    """The body at a place that an index, a number or a label says."""
    if isinstance(at, Ordinal) and at.index.dim == index.dim:
        return rename(body, {index: at.index})
    if isinstance(at, Const) and isinstance(at.value, int) and at.value >= 0:
        return decided(rename(body, {index: position(at.value, index.dim)}))
    dim = classes(at)
    if dim is not None:
        if dim != index.dim:
            raise Error(f"labels below {dim} choose among {index.dim}")
        return total([index], mul(class_entry(at, index), body))
    return None


@dataclass(frozen=True)
class _Block:
    """A block of an axis, one of ``count`` next to each other, or every so many-th entry, one of as many strides."""

    count: int
    length: Dim
    number: int
    strided: bool

    @property
    def parts(self) -> Parts:
        return (self.length, self.count) if self.strided else (self.count, self.length)


def _block(dim: Dim, at: Node, parts: Parts) -> _Block | None:
    """The block or stride of an axis that a place along another one says."""
    if len(parts) != 1:
        return None
    (length,) = parts
    count = divided(dim, length) if length else None
    if not isinstance(count, int) or (isinstance(length, int) and not isinstance(dim, int)):
        return None
    along = ordinal(free_index_of(at))
    for number in range(count):
        if at is add(along, mul(const(number), size(length))):
            return _Block(count, length, number, strided=False)
        if at is add(mul(const(count), along), const(number)):
            return _Block(count, length, number, strided=True)
    return None


def free_index_of(node: Node) -> Index:
    """Some index of the node; of none, one that stands nowhere."""
    return min(node.free, key=lambda index: str(index.name), default=free_index("nowhere", 1))


def _of_block(tensor: Tensor, axis: int, block: _Block, along: Index | None) -> Tensor | None:
    """The block as an axis of its own, with the parts it has in the tensor; or the entry of it ``along`` an index."""
    tensor = cut(tensor, axis, finer(tensor.axes[axis], block.parts))
    fine = tensor.axes[axis]
    front = _width(fine, block.parts[0])
    kept = fine[:front] if block.strided else fine[front:]
    if along is not None and len(kept) != 1:
        return None
    picked = _position(block.number, fine[front:] if block.strided else fine[:front])
    own = indices_at(axis, kept) if along is None else (along,)
    there = (*own, *picked) if block.strided else (*picked, *own)
    indices = [there if a == axis else indices_at(a, p) for a, p in enumerate(tensor.axes)]
    parts = kept if along is None else ()
    return Tensor((*tensor.axes[:axis], parts, *tensor.axes[axis + 1 :]), decided(tensor.over(indices)))


def _width(fine: Parts, first: Dim) -> int:
    """How many of the parts make up so long a beginning."""
    return next(k for k in range(len(fine) + 1) if times(*fine[:k]) == first)


def _position(number: int, parts: Parts) -> tuple[Index, ...]:
    """The indices at a place, the last of which runs fastest."""
    found: list[Index] = []
    for part in reversed(parts):
        assert isinstance(part, int)
        found.append(position(number % part, part))
        number //= part
    return tuple(reversed(found))


def sliced(tensor: Tensor, axis: int, start: Node, dim: Dim, step: int = 1) -> Tensor:
    """``dim`` entries along an axis from ``start`` on."""
    if tensor.shape[axis] == dim and start is ZERO and step == 1:
        return tensor
    parts = parts_of(dim)
    return taken(tensor, axis, add(mul(const(step), place(indices_at(axis, parts))), start), dim)


def reshaped(tensor: Tensor, shape: Sequence[Dim]) -> Tensor:
    """The same entries in the same order over other axes, by their places where indices cannot follow."""
    try:
        return regrouped(tensor, shape)
    except Error:
        whole, rank = times(*shape), len(shape)
        if times(*tensor.shape) != whole:
            raise
    flat = moved(regrouped(tensor, [whole]), [rank], rank + 1)
    at = place([index for axis, dim in enumerate(shape) for index in indices_at(axis, parts_of(dim))])
    return without(taken(stretched(flat, (*shape, whole)), rank, at, 1), [rank])


def put(tensor: Tensor, axis: int, value: Tensor, start: Node, step: int = 1) -> Tensor:
    """The tensor with other entries along an axis from ``start`` on: what ``sliced`` would take."""
    dim, whole = value.shape[axis], tensor.shape[axis]
    if dim == whole:
        return stretched(value, tensor.shape)
    block = _block(whole, add(mul(const(step), place(indices_at(axis, parts_of(dim)))), start), parts_of(dim))
    if block is not None:
        wide = regrouped(tensor, (*tensor.shape[:axis], *block.parts, *tensor.shape[axis + 1 :]))
        number = axis + 1 if block.strided else axis
        hits = entrywise(lambda at: compared("==", at, const(block.number)), _along(wide, number))
        return joined(entrywise(choice, hits, with_axis(value, number), wide), axis)
    if step != 1:
        raise Error("entries that are put at a distance from each other")
    along = entrywise(lambda at: subtract(at, start), _along(tensor, axis))
    if dim == 1:
        return entrywise(choice, entrywise(lambda at: compared("==", at, ZERO), along), value, tensor)
    inside = entrywise(lambda at: mul(compared("<=", ZERO, at), compared("<", at, size(dim))), along)
    return entrywise(choice, inside, taken(value, axis, along.body, whole), tensor)


def scattered(value: Tensor, at: Mapping[int, Tensor], update: Tensor, inside: Tensor, adds: bool) -> Tensor:
    """Updates put at places along axes, or added there. Behind the value's axes ``at`` and ``update`` have those along
    which updates are spread. ``inside``: 1 at the places that are written at all.
    """
    rank = max(value.rank, update.rank, *(place.rank for place in at.values()), 0)
    spread = list(range(value.rank, rank))
    hits = moved(inside, range(inside.rank), rank)
    for axis, there in at.items():
        along = moved(_along(value, axis), range(value.rank), rank)
        hits = entrywise(mul, hits, entrywise(lambda here, there: compared("==", here, there), along, there))
    if not spread and not adds:
        return entrywise(choice, hits, update, value)
    if not adds and not _are_apart(at, spread):
        raise Error("values that are put at places which may be equal")
    found = _summed(entrywise(mul, hits, moved(update, range(update.rank), rank)), spread)
    if adds:
        return entrywise(add, value, found)
    return entrywise(lambda x, h, u: add(mul(subtract(ONE, h), x), u), value, _summed(hits, spread), found)


def _summed(tensor: Tensor, spread: Sequence[int]) -> Tensor:
    return reduced("sum", tensor, spread) if spread else tensor


def _are_apart(at: Mapping[int, Tensor], spread: Sequence[int]) -> bool:
    """Whether no two updates are put at one place: some place is that of the update itself."""
    varying = [axis for axis in spread if any(place.axes[axis] for place in at.values())]
    return not varying or (len(varying) == 1 and any(isinstance(place.body, Ordinal) for place in at.values()))


def _along(tensor: Tensor, axis: int) -> Tensor:
    """The place along an axis, beside others that are 1 long."""
    return counted([dim if a == axis else 1 for a, dim in enumerate(tensor.shape)], axis)


def reversed_along(tensor: Tensor, axis: int) -> Tensor:
    dim = tensor.shape[axis]
    along = place(indices_at(axis, parts_of(dim)))
    return taken(tensor, axis, subtract(subtract(size(dim), ONE), along), dim)


def rolled(tensor: Tensor, axis: int, shift: int) -> Tensor:
    """The entries moved on by some places, those at the end to the front."""
    dim = tensor.shape[axis]
    if shift < 0:
        pieces = (sliced(tensor, axis, const(-shift), plus(dim, shift)), sliced(tensor, axis, ZERO, -shift))
    else:
        rest = plus(dim, -shift)
        pieces = (sliced(tensor, axis, size(rest), shift), sliced(tensor, axis, ZERO, rest))
    return concatenated(pieces, axis) if shift else tensor


def repeated(tensor: Tensor, axis: int, dim: Dim) -> Tensor:
    """Every entry several times, next to each other, until the axis is so long."""
    times_each = divided(dim, tensor.shape[axis])
    if times_each is None:
        raise Error(f"{tensor.shape[axis]} entries are not repeated to {dim}")
    wide = with_axis(tensor, axis + 1)
    shape = [times_each if a == axis + 1 else d for a, d in enumerate(wide.shape)]
    return joined(stretched(wide, shape), axis)


def concatenated(tensors: Sequence[Tensor], axis: int) -> Tensor:
    """One after the other along an axis; equally long ones are a part of the axis by themselves."""
    axis %= tensors[0].rank
    tensors = [tensor for tensor in tensors if tensor.shape[axis] != 0] or tensors[:1]
    shape = list(tensors[0].shape)
    lengths = [tensor.shape[axis] for tensor in tensors]
    if len(set(lengths)) == 1 and lengths[0] != 1:
        found = stacked(tensors, axis)
        shape[axis] = times(len(tensors), lengths[0])
        return joined(found, axis)
    if set(lengths) == {1}:
        return stacked([without(tensor, [axis]) for tensor in tensors], axis)
    shape[axis] = plus(*lengths)
    along = place(indices_at(axis, parts_of(shape[axis])))
    result, start = filled(shape, ZERO), add()
    for tensor, length in zip(tensors, lengths, strict=True):
        end = add(start, size(length))
        piece = taken(tensor, axis, subtract(along, start), shape[axis])
        if length == 1:
            inside = compared("==", along, start)
            piece = Tensor(piece.axes, choice(inside, piece.body, ZERO))
        result = entrywise(add, result, piece)
        start = end
    return result


def stacked(tensors: Sequence[Tensor], axis: int) -> Tensor:
    """A new axis, along which the tensors stand."""
    widened = broadcast(*(with_axis(tensor, axis) for tensor in tensors))
    parts = parts_of(len(tensors))
    along = place(indices_at(axis, parts))
    body = widened[-1].body
    for number in reversed(range(len(tensors) - 1)):
        body = choice(compared("==", along, const(number)), widened[number].body, body)
    axes = widened[0].axes
    return Tensor((*axes[:axis], parts, *axes[axis + 1 :]), body)


def joined(tensor: Tensor, axis: int) -> Tensor:
    """An axis and the next as one."""
    axes = (*tensor.axes[:axis], (*tensor.axes[axis], *tensor.axes[axis + 1]), *tensor.axes[axis + 2 :])
    indices = [index for a, parts in enumerate(axes) for index in (indices_at(a, parts),)]
    first = len(tensor.axes[axis])
    spread = [*indices[:axis], indices[axis][:first], indices[axis][first:], *indices[axis + 1 :]]
    return Tensor(axes, tensor.over(spread))


def padded(tensor: Tensor, axis: int, value: Node, before: Dim, after: Dim) -> Tensor:
    """Numbers before and after along an axis; fewer entries where the numbers of them are negative."""
    dim = plus(tensor.shape[axis], before, after)
    along = subtract(place(indices_at(axis, parts_of(dim))), size(before))
    moved_along = taken(tensor, axis, along, dim)
    if value is ZERO and tensor.axes[axis]:
        return moved_along
    inside = mul(
        ONE if isinstance(before, int) and before <= 0 else compared("<=", ZERO, along),
        ONE if isinstance(after, int) and after <= 0 else compared("<", along, size(tensor.shape[axis])),
    )
    return Tensor(moved_along.axes, choice(inside, moved_along.body, value))


def spread(tensor: Tensor, axis: int, inner: int, value: Node) -> Tensor:
    """The entries with so many numbers between each and the next."""
    own = tensor.axes[axis]
    if not own or not inner:
        return tensor
    dim = plus(times(inner + 1, tensor.shape[axis]), -inner)
    inside, along = apart(axis, own), place(indices_at(axis, parts_of(dim)))
    body = tensor.over([inside if a == axis else indices_at(a, p) for a, p in enumerate(tensor.axes)])
    hits = compared("==", mul(const(inner + 1), place(inside)), along)
    found = total(inside, choice(hits, body if value is ZERO else subtract(body, value), ZERO))
    return Tensor((*tensor.axes[:axis], parts_of(dim), *tensor.axes[axis + 1 :]), add(found, value))


def running(op: str, tensor: Tensor, axis: int, backwards: bool = False) -> Tensor:
    """The sum (product, maximum) of the entries up to each place."""
    parts = tensor.axes[axis]
    if not parts:
        return tensor
    inner, outer = apart(axis, parts), indices_at(axis, parts)
    body = tensor.over([inner if a == axis else indices_at(a, p) for a, p in enumerate(tensor.axes)])
    here, there = (place(outer), place(inner)) if backwards else (place(inner), place(outer))
    if op == "log-sum-exp":
        masked = total(inner, where("<=", here, there, apply("exp", body), ZERO))
        return Tensor(tensor.axes, apply("log", masked))
    neutral = {"sum": ZERO, "prod": ONE, "max": negate(INFINITY), "min": INFINITY}[op]
    return Tensor(tensor.axes, reduce(op, inner, where("<=", here, there, body, neutral)))


def triangle(tensor: Tensor, offset: int, upper: bool) -> Tensor:
    """The entries on one side of a diagonal, and zeros elsewhere."""
    row, column = (place(tensor.indices(axis)) for axis in (tensor.rank - 2, tensor.rank - 1))
    lower, higher = (row, column) if upper else (column, row)
    beyond = offset if upper else -offset
    strictly = compared("<", lower, higher) if beyond == 1 else compared("<=", add(lower, const(beyond)), higher)
    return Tensor(tensor.axes, choice(strictly, tensor.body, ZERO))


def unit(dim: Dim) -> Tensor:
    axes = (parts_of(dim), parts_of(dim))
    return Tensor(axes, mul(*map(delta, indices_at(0, axes[0]), indices_at(1, axes[1]))))


def written_out(shape: Sequence[Dim], values: Sequence[Node]) -> Tensor:
    """An array of numbers: at once where all are one, else each at its place."""
    if len(set(values)) == 1:
        return filled(shape, values[0])
    if len(values) > _MOST_WRITTEN:
        raise Error(f"the program holds an array of {len(values)} numbers", hint="make it an argument")
    axes = tuple(map(parts_of, shape))
    at = ZERO
    for axis, parts in enumerate(axes):
        at = add(mul(at, size(times(*parts))), place(indices_at(axis, parts)))
    body = values[-1]
    for number in reversed(range(len(values) - 1)):
        body = choice(compared("==", at, const(number)), values[number], body)
    return Tensor(axes, body)
