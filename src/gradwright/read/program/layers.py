"""What is made of whole arrays. Owns: softmaxes, norms, losses, attention, windows. Never: knows a framework."""

from __future__ import annotations

from collections.abc import Sequence

from gradwright.core.build import HALF, MINUS_ONE, add, apply, const, divide, mul, negate, power, size, subtract
from gradwright.core.errors import Error
from gradwright.core.index import Dim, divided, times
from gradwright.core.node import Node
from gradwright.core.record import dataclass
from gradwright.read.program.axes import (
    contracted,
    counted,
    mean,
    multiplied,
    reduced,
    stretched,
    swapped,
    transposed,
    with_axis,
)
from gradwright.read.program.places import taken
from gradwright.read.program.tensor import Tensor, broadcast, entrywise, indices_at, moved, parts_of, place, regrouped
from gradwright.read.program.truth import INFINITY, choice, compared

TWO = const(2)


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


# --- norms


def norm(tensor: Tensor, axes: Sequence[int], order: float, keep: bool = False) -> Tensor:
    """The p-norm of the entries along axes."""
    if abs(order) == float("inf"):
        sizes = entrywise(lambda x: apply("abs", x), tensor)
        return reduced("max" if order > 0 else "min", sizes, axes, keep)
    if order == 0:
        raise Error("the number of entries that are not 0")
    exponent = const(int(order)) if order == int(order) else const(order)
    even = order == 2
    powers = entrywise(lambda x: power(x if even else apply("abs", x), exponent), tensor)
    found = reduced("sum", powers, axes, keep)
    return Tensor(found.axes, power(found.body, power(exponent, MINUS_ONE)))


def distance(left: Tensor, right: Tensor, order: float, eps: Node, keep: bool = False) -> Tensor:
    """The norms of the differences along the last axis, to each of which something small is added."""
    gap = entrywise(lambda x, y: add(subtract(x, y), eps), left, right)
    return norm(gap, [gap.rank - 1], order, keep)


def standardized(tensor: Tensor, axes: Sequence[int], eps: Node) -> Tensor:
    """Less its mean, over the root of its variance, along axes."""
    gap = entrywise(subtract, tensor, mean(tensor, axes, keep=True))
    return _over_root(gap, gap, axes, eps)


def scaled_by_root(tensor: Tensor, axes: Sequence[int], eps: Node) -> Tensor:
    """Over the root of the mean of its squares along axes."""
    return _over_root(tensor, tensor, axes, eps)


def _over_root(tensor: Tensor, of: Tensor, axes: Sequence[int], eps: Node) -> Tensor:
    spread = mean(entrywise(lambda x: power(x, TWO), of), axes, keep=True)
    return entrywise(lambda x, v: divide(x, power(add(v, eps), HALF)), tensor, spread)


def standardized_in_groups(tensor: Tensor, groups: Dim, eps: Node) -> Tensor:
    """Standardized over so many groups of channels, the second axis, and everything behind them."""
    shape = tensor.shape
    channels = divided(shape[1], groups)
    if channels is None:
        raise Error(f"{shape[1]} channels in {groups} groups")
    apart = regrouped(tensor, (shape[0], groups, channels, *shape[2:]))
    return regrouped(standardized(apart, range(2, apart.rank), eps), shape)


def along_channels(tensor: Tensor, rank: int) -> Tensor:
    """A vector along the second of so many axes."""
    return moved(tensor, [1], rank)


# --- losses


def cross_entropies(logarithms: Tensor, target: Tensor, axis: int) -> Tensor:
    """−Σ_c t_c log p_c along an axis, which is gone."""
    return reduced("sum", entrywise(lambda t, log_p: negate(mul(t, log_p)), target, logarithms), [axis])


def one_hot(labels: Tensor, axis: int, classes: Dim) -> Tensor:
    """Class labels with an axis, along which the one that is meant is 1."""
    labels = with_axis(labels, axis)
    numbers = counted([classes if a == axis % labels.rank else 1 for a in range(labels.rank)], axis % labels.rank)
    return entrywise(lambda x, y: compared("==", x, y), labels, numbers)


def cosines(one: Tensor, other: Tensor, axis: int, eps: Node) -> Tensor:
    one, other = broadcast(one, other)
    product = reduced("sum", entrywise(mul, one, other), [axis])
    lengths = [entrywise(lambda n: apply("max", n, eps), norm(t, [axis], 2.0)) for t in (one, other)]
    return entrywise(lambda p, a, b: divide(p, mul(a, b)), product, *lengths)


# --- attention


def attention(query: Tensor, key: Tensor, value: Tensor, scale: Node | None, bias: Tensor | None) -> Tensor:
    """softmax(q kᵀ/√d + bias) v."""
    scale = power(size(query.shape[-1]), negate(HALF)) if scale is None else scale
    scores = entrywise(lambda s: mul(scale, s), multiplied(query, swapped(key, -1, -2)))
    scores = scores if bias is None else entrywise(add, scores, bias)
    return multiplied(softmax(scores, scores.rank - 1), value)


def masked(truth: Tensor) -> Tensor:
    """0 where something is true, −∞ elsewhere: what is added to scores."""
    return entrywise(lambda m: choice(m, const(0), negate(INFINITY)), truth)


def causal(rows: Dim, columns: Dim) -> Tensor:
    """True where the column is not beyond the row."""
    row, column = counted((rows, columns), 0), counted((rows, columns), 1)
    return entrywise(lambda r, c: compared("<=", c, r), row, column)


# --- windows


@dataclass(frozen=True)
class Window:
    """A window that moves along axes, with an entry of each for every one of them.

    ``before``  how many zeros stand in front of the first entry
    ``apart``   how far its places are from each other
    """

    axes: tuple[int, ...]
    lengths: tuple[Dim, ...]
    steps: tuple[int, ...]
    before: tuple[int, ...]
    apart: tuple[int, ...]


def windows(tensor: Tensor, window: Window, out: Sequence[Dim]) -> Tensor:
    """The entries at each place of a window, in axes behind the others; 0 beyond the edges."""
    width = len(window.lengths)
    found = moved(tensor, range(tensor.rank), tensor.rank + width)
    found = stretched(found, (*tensor.shape, *window.lengths))
    for k, axis in enumerate(window.axes):
        inside = tensor.rank + k
        start = place(indices_at(axis, parts_of(out[k])))
        along = place(indices_at(inside, parts_of(window.lengths[k])))
        at = add(mul(const(window.steps[k]), start), mul(const(window.apart[k]), along), const(-window.before[k]))
        found = taken(found, axis, at, out[k])
    return found


def convolved(tensor: Tensor, kernel: Tensor, window: Window, groups: int, out: Sequence[Dim]) -> Tensor:
    """Σ over channels and places of a window of the products; the kernel is outputs × channels × places."""
    if groups != 1:
        return _in_groups(tensor, kernel, window, groups, out)
    found = windows(tensor, window, out)
    width = len(out)
    over = [(1, 1), *((2 + width + k, 2 + k) for k in range(width))]
    found = contracted(found, kernel, over, [])  # samples, places, outputs
    return transposed(found, [0, found.rank - 1, *range(1, found.rank - 1)])


def _in_groups(tensor: Tensor, kernel: Tensor, window: Window, groups: int, out: Sequence[Dim]) -> Tensor:
    """Each group of channels by its own outputs; where every channel is a group its outputs come next to each other."""
    inputs, outputs = divided(tensor.shape[1], groups), divided(kernel.shape[0], groups)
    if inputs is None or outputs is None:
        raise Error(f"{tensor.shape[1]} channels in {groups} groups")
    width = len(out)
    found = windows(tensor, window, out)
    found = regrouped(found, (found.shape[0], groups, inputs, *found.shape[2:]))
    kernel = regrouped(kernel, (groups, outputs, *kernel.shape[1:]))
    over = [(2, 2), *((3 + width + k, 3 + k) for k in range(width))]
    found = contracted(found, kernel, over, [(1, 0)])  # groups, samples, places, outputs
    found = transposed(found, [1, 0, found.rank - 1, *range(2, found.rank - 1)])
    return regrouped(found, (found.shape[0], times(groups, outputs), *out))
