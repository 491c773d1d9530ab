"""Operations on a program's arrays, in indices. Owns: what they mean. Never: knows a framework, differentiates.

Truth is 1 and falsehood 0. A class label is the number Σ_c c·Y_c of the one-hot row Y that stands for it: a comparison
with a place, and a choice by it, are entries of Y.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gradwright.core.build import (
    HALF,
    MINUS_ONE,
    ONE,
    ZERO,
    add,
    apply,
    const,
    delta,
    divide,
    entry,
    matfn,
    mul,
    negate,
    ordinal,
    power,
    reduce,
    rename,
    size,
    split_coefficient,
    subtract,
    total,
    where,
)
from gradwright.core.errors import Error
from gradwright.core.index import Dim, Index, divided, free_index, plus, position, times
from gradwright.core.node import (
    Add,
    Apply,
    Const,
    Delta,
    Entry,
    MatFn,
    Mul,
    Node,
    Ordinal,
    Pow,
    Reduce,
    Size,
    Where,
    terms_in,
)
from gradwright.core.value import mask
from gradwright.core.walk import bottom_up
from gradwright.engine.simplify import sum_over
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
)

INFINITY = entry("∞")
HELD = "held"
LABEL = "label "
"""What a symbol of class labels is called before its name, while its numbers are meant and not its one-hot rows."""
_MOST_WRITTEN = 64  # entries of an array of numbers that is written out


# --- choices


def compared(op: str, left: Node, right: Node) -> Node:
    """1 where the comparison holds, 0 elsewhere; at once where that is known."""
    known = _known(op, left, right)
    if known is not None:
        return ONE if known else ZERO
    if op in ("==", "!="):
        if isinstance(left, Ordinal) and isinstance(right, Ordinal) and left.index.dim == right.index.dim:
            same = delta(left.index, right.index)
            return same if op == "==" else subtract(ONE, same)
        for label, other in ((left, right), (right, left)):
            chosen = _chosen(label, other)
            if chosen is not None:
                return chosen if op == "==" else subtract(ONE, chosen)
    return mask(op, left, right, ONE, ZERO)


def _known(op: str, left: Node, right: Node) -> bool | None:
    """What a comparison of numbers gives, or of places that stand between 0 and their extent."""
    if left is right:
        return op in ("==", "<=", ">=")
    if isinstance(left, Const) and isinstance(right, Const):
        a, b = left.value, right.value
        return {"<": a < b, "<=": a <= b, "==": a == b, "!=": a != b, ">": a > b, ">=": a >= b}[op]
    turned = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(op, op)
    return _of_place(op, left, right) if not isinstance(left, Const) else _of_place(turned, right, left)


def _of_place(op: str, left: Node, right: Node) -> bool | None:
    least = 1 if isinstance(left, Size) else 0 if _whole(left) else None
    if least is None or not isinstance(right, Const):
        beyond = isinstance(left, Ordinal) and right is size(left.index.dim)
        return {"<": True, "<=": True, "==": False, "!=": True, ">": False, ">=": False}[op] if beyond else None
    if right.value < least:
        return op in (">", ">=", "!=")
    if right.value == least and op in ("<", ">="):
        return op == ">="
    return None


def _whole(node: Node) -> bool:
    """Whether the node is surely a number of places: whole, and not negative."""
    if isinstance(node, Add | Mul):
        return all(map(_whole, node.children))
    if isinstance(node, Const):
        return isinstance(node.value, int) and node.value >= 0
    return isinstance(node, Ordinal | Size) or is_label(node)


def is_label(node: Node) -> bool:
    return isinstance(node, Entry) and node.name.startswith(LABEL)


def classes(node: Node) -> tuple[str, Dim, tuple[Index, ...]]:
    """The symbol of one-hot rows that a label stands for, the extent it chooses from, and where the label stands."""
    assert isinstance(node, Entry)
    *slots, last = node.slots
    return node.name.removeprefix(LABEL), last.dim, tuple(slots)


def _chosen(label: Node, other: Node) -> Node | None:
    """The entry of the one-hot row at a place."""
    if not is_label(label):
        return None
    name, dim, slots = classes(label)
    if isinstance(other, Const) and isinstance(other.value, int):
        return entry(name, *slots, position(other.value, dim)) if other.value >= 0 else ZERO
    if isinstance(other, Ordinal) and other.index.dim == dim:
        return entry(name, *slots, other.index)
    return None


def negated(truth: Node) -> Node:
    """1 where the truth is 0."""
    if isinstance(truth, Where):
        return where(truth.op, truth.left, truth.right, negated(truth.then), negated(truth.other))
    return subtract(ONE, truth)


def choice(truth: Node, then: Node, other: Node) -> Node:
    """``then`` where the truth is 1, else ``other``."""
    if isinstance(truth, Const):
        return other if truth is ZERO else then
    if isinstance(truth, Where):
        if _already(truth, then, other):
            return then
        return _turned(truth, choice(truth.then, then, other), choice(truth.other, then, other))
    if isinstance(truth, Mul) and any(isinstance(factor, Where) for factor in truth.factors):
        first = next(factor for factor in truth.factors if isinstance(factor, Where))
        rest = mul(*(factor for factor in truth.factors if factor is not first))
        return choice(first, choice(rest, then, other), other)
    if isinstance(truth, Delta) and other is not ZERO:
        return where("==", ordinal(truth.left), ordinal(truth.right), then, other)
    if other is ZERO and INFINITY.names.isdisjoint(then.names):
        return mul(truth, then)
    return where("==", truth, ZERO, other, then)


def _turned(truth: Where, then: Node, other: Node) -> Node:
    """The choice, with what is 0 as its other branch: x where j ≤ i, and not 0 where i < j."""
    if then is ZERO and truth.op in ("<", "<="):
        return where("<=" if truth.op == "<" else "<", truth.right, truth.left, other, then)
    return where(truth.op, truth.left, truth.right, then, other)


def _already(truth: Where, then: Node, other: Node) -> bool:
    """Whether the choice is the lower triangle of what is lower triangular by itself."""
    if other is not ZERO or not isinstance(then, MatFn) or then.fn != "chol" or truth.op != "<=":
        return False
    row, column = map(ordinal, then.slots)
    return (truth.left, truth.right, truth.then, truth.other) == (column, row, ONE, ZERO)


def decided(node: Node) -> Node:
    """The node without choices that are decided by now, as after a place was put in for an index."""

    def rule(part: Node) -> Node:
        known = _known(part.op, part.left, part.right) if isinstance(part, Where) else None
        if known is None or not isinstance(part, Where):
            return part
        return part.then if known else part.other

    return bottom_up(rule, node)


def either(left: Node, right: Node) -> Node:
    return negated(mul(negated(left), negated(right)))


def larger(left: Node, right: Node) -> Node:
    """max, which is the other where one is −∞."""
    for one, other in ((left, right), (right, left)):
        if one is negate(INFINITY):
            return other
        if one is ZERO:
            return apply("relu", other)
    if isinstance(left, Const) and isinstance(right, Const):
        return max(left, right, key=lambda number: number.value)
    return apply("max", left, right)


def smaller(left: Node, right: Node) -> Node:
    for one, other in ((left, right), (right, left)):
        if one is INFINITY:
            return other
    return apply("min", left, right)


def rounded_to_zero(node: Node) -> Node:
    return apply("floor", node) if _whole(node) else mul(apply("sign", node), apply("floor", apply("abs", node)))


def floored(left: Node, right: Node) -> Node:
    """⌊left/right⌋ of whole numbers."""
    quotient = divide(left, right)
    return quotient if _whole(quotient) else apply("floor", quotient)


# --- axes


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
    return Tensor(tuple(tensor.axes[axis] for axis in stay), tensor.over(indices))


# --- places


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
        if found is not None:
            return Tensor(axes, found)
    fine = _cut_for(times(*own), at, parts)
    if fine is not None:
        return _taken_of_cut(cut(tensor, axis, fine[0]), axis, fine[1], parts)
    return Tensor(axes, sum_over(outside[axis], choice(compared("==", place(outside[axis]), at), body, ZERO)))


def _at_place(body: Node, index: Index, at: Node) -> Node | None:
    """The body at a place that an index, a number or a label says."""
    if isinstance(at, Ordinal) and at.index.dim == index.dim:
        return rename(body, {index: at.index})
    if isinstance(at, Const) and isinstance(at.value, int) and at.value >= 0:
        return decided(rename(body, {index: position(at.value, index.dim)}))
    if is_label(at):
        name, dim, slots = classes(at)
        if dim != index.dim:
            raise Error(f"{name} holds labels below {dim}, and chooses among {index.dim}")
        return total([index], mul(entry(name, *slots, index), body))
    return None


def _cut_for(dim: Dim, at: Node, parts: Parts) -> tuple[Parts, tuple[int | None, ...]] | None:
    """A block or a stride of an axis as one of its parts: the parts, and the number of each (None for the index)."""
    if len(parts) != 1:
        return None
    (length,) = parts
    count = divided(dim, length)
    if not isinstance(count, int) or isinstance(length, int):
        return None
    along = ordinal(free_index_of(at))
    for number in range(count):
        if at is add(along, mul(const(number), size(length))):
            return (count, length), (number, None)
        if at is add(mul(const(count), along), const(number)):
            return (length, count), (None, number)
    return None


def free_index_of(node: Node) -> Index:
    """Some index of the node; of none, one that stands nowhere."""
    return min(node.free, key=lambda index: str(index.name), default=free_index("nowhere", 1))


def _taken_of_cut(tensor: Tensor, axis: int, chosen: tuple[int | None, ...], parts: Parts) -> Tensor:
    (own,) = indices_at(axis, parts)
    there = tuple(
        own if number is None else position(number, dim) for number, dim in zip(chosen, tensor.axes[axis], strict=True)
    )
    indices = [there if a == axis else indices_at(a, p) for a, p in enumerate(tensor.axes)]
    return Tensor((*tensor.axes[:axis], parts, *tensor.axes[axis + 1 :]), decided(tensor.over(indices)))


def sliced(tensor: Tensor, axis: int, start: Node, dim: Dim, step: int = 1) -> Tensor:
    """``dim`` entries along an axis from ``start`` on."""
    if tensor.shape[axis] == dim and start is ZERO and step == 1:
        return tensor
    parts = parts_of(dim)
    return taken(tensor, axis, add(mul(const(step), place(indices_at(axis, parts))), start), dim)


def reversed_along(tensor: Tensor, axis: int) -> Tensor:
    dim = tensor.shape[axis]
    along = place(indices_at(axis, parts_of(dim)))
    return taken(tensor, axis, subtract(subtract(size(dim), ONE), along), dim)


def concatenated(tensors: Sequence[Tensor], axis: int) -> Tensor:
    """One after the other along an axis; equally long ones are a part of the axis by themselves."""
    axis %= tensors[0].rank
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


def padded(tensor: Tensor, axis: int, value: Node, before: int, after: int) -> Tensor:
    """Numbers before and after along an axis; fewer entries where the numbers of them are negative."""
    dim = plus(tensor.shape[axis], before, after)
    along = subtract(place(indices_at(axis, parts_of(dim))), const(before))
    moved_along = taken(tensor, axis, along, dim)
    if value is ZERO and tensor.axes[axis]:
        return moved_along
    inside = mul(
        compared("<=", ZERO, along) if before > 0 else ONE,
        compared("<", along, size(tensor.shape[axis])) if after > 0 else ONE,
    )
    return Tensor(moved_along.axes, choice(inside, moved_along.body, value))


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


# --- functions along axes


def exponentials(tensor: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    found = entrywise(lambda x: apply("exp", x), tensor)
    return found, reduced("sum", found, [axis], keep=True)


def softmax(tensor: Tensor, axis: int) -> Tensor:
    return entrywise(divide, *exponentials(tensor, axis))


def log_softmax(tensor: Tensor, axis: int) -> Tensor:
    _, whole = exponentials(tensor, axis)
    return entrywise(lambda x, s: subtract(x, apply("log", s)), tensor, whole)


def log_sum_exp(tensor: Tensor, axes: Sequence[int], keep: bool = False) -> Tensor:
    found = reduced("sum", entrywise(lambda x: apply("exp", x), tensor), axes, keep)
    return Tensor(found.axes, apply("log", found.body))


def norm(tensor: Tensor, axes: Sequence[int], order: float, keep: bool = False) -> Tensor:
    """The p-norm of the entries along axes."""
    if order == float("inf"):
        return reduced("max", entrywise(lambda x: apply("abs", x), tensor), axes, keep)
    exponent = const(int(order)) if order == int(order) else const(order)
    even = order == 2
    powers = entrywise(lambda x: power(x if even else apply("abs", x), exponent), tensor)
    found = reduced("sum", powers, axes, keep)
    return Tensor(found.axes, power(found.body, power(exponent, MINUS_ONE)))


# --- functions of matrices, along the last two axes


def of_matrix(fn: str, tensor: Tensor) -> Tensor:
    """inv, chol (rank 2), det, logdet (rank 0) of every matrix of a stack."""
    rows, columns = tensor.axes[-2:]
    if len(rows) != 1 or len(columns) != 1:
        raise Error(f"{fn} of a matrix whose axes are 1 long, or products")
    stack = tensor.rank - 2
    inner = (free_index("row", rows[0]), free_index("column", columns[0]))
    body = tensor.over([*(indices_at(a, tensor.axes[a]) for a in range(stack)), (inner[0],), (inner[1],)])
    if fn in ("det", "logdet"):
        return Tensor(tensor.axes[:-2], matfn(fn, 0, (), inner, body))
    slots = (indices_at(stack, rows)[0], indices_at(stack + 1, columns)[0])
    return Tensor(tensor.axes, matfn(fn, 0, slots, inner, body))


def even_powers(node: Node) -> Node:
    """(a − b)² and (b − a)² as one."""

    def rule(part: Node) -> Node:
        if not (isinstance(part, Pow) and isinstance(part.exponent, Const) and isinstance(part.base, Add)):
            return part
        if not (isinstance(part.exponent.value, int) and part.exponent.value % 2 == 0):
            return part
        return power(min(part.base, negate_terms(part.base), key=lambda base: base.digest), part.exponent)

    return bottom_up(rule, node)


def negate_terms(node: Add) -> Node:
    return add(*map(negate, node.terms))


def factor_of(tensor: Tensor) -> Tensor:
    """Cholesky's factor, which is that of the symmetric part."""
    number, core = split_coefficient(even_powers(tensor.body))
    return of_matrix("chol", Tensor(tensor.axes, add(*(mul(const(number), term) for term in terms_in(core)))))


def solved(matrix: Tensor, right: Tensor) -> Tensor:
    """A⁻¹ b of matrices b."""
    return multiplied(of_matrix("inv", matrix), right)


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


Scalar = Callable[..., Node]


def function(fn: str) -> Scalar:
    """A row of the table of scalar functions."""
    return lambda *args: apply(fn, *args)


def root(x: Node) -> Node:
    return power(x, HALF)


def logistic(x: Node) -> Node:
    return apply("sigmoid", x)


def held(tensor: Tensor) -> Tensor:
    """What a derivative takes for constant, which remembers the order of its axes."""
    if not tensor.body.names:
        return tensor
    indices = [index for axis in range(tensor.rank) for index in tensor.indices(axis)]
    return Tensor(tensor.axes, apply(HELD, tensor.body, *map(ordinal, indices)))


def is_held(node: Node) -> bool:
    return isinstance(node, Apply) and node.fn == HELD


def is_maximum(node: Node) -> bool:
    return isinstance(node, Reduce) and node.op == "max"
