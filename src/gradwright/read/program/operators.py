"""What the operations of PyTorch mean. Owns: a row for each, by its name in ATen. Never: traces.

A scalar function of the tables has no row here (``scalars``), and an operation without a row is what PyTorch itself
makes of it in terms of others: rows are for what has no such form, or reads better as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from gradwright.core.build import HALF, MINUS_ONE, ONE, ZERO, add, apply, const, divide, mul, power, size, subtract
from gradwright.core.errors import Error
from gradwright.core.index import Dim
from gradwright.core.node import Node
from gradwright.read.program import axes, layers, matrices, places, truth
from gradwright.read.program.call import Call
from gradwright.read.program.scalars import LOGICAL, Scalar, cast, formula, in_tables, scalar_named
from gradwright.read.program.tensor import Tensor, broadcast, entrywise, moved, parts_of, scalar

Row = Callable[[Call], Any]


# --- entry by entry


def _of(said: str, names: str, *tensors: str) -> Row:
    """A formula of the tensors, and of the numbers by whose names it calls them."""
    function = partial(formula, said, names)

    def row(call: Call) -> Tensor:
        numbers = [call.node(name) for name in names.split()[len(tensors) :]]
        return entrywise(lambda *entries: function()(*entries, *numbers), *map(call.tensor, tensors))

    return row


def _cast(call: Call) -> Tensor:
    new = str(call["dtype"] or "")
    kind = "b" if new.endswith("bool") else "i" if "int" in new else "f"
    return cast(call.own, call.kinds.get("self", "f"), kind)


def _logical(name: str) -> Row:
    return lambda c: entrywise(LOGICAL[name], *c.truths(*(each for each in ("self", "other") if each in c.given)))


def _div(call: Call) -> Tensor:
    mode = call["rounding_mode"]
    rounded: Scalar = truth.floored if mode == "floor" else divide
    found = entrywise(rounded, call.own, call.other)
    return entrywise(truth.truncated, found) if mode == "trunc" else found


def _clamp(call: Call) -> Tensor:
    found = call.own
    if call["min"] is not None:
        found = entrywise(truth.larger, found, call.tensor("min"))
    return found if call["max"] is None else entrywise(truth.smaller, found, call.tensor("max"))


def _gelu(call: Call) -> Tensor:
    exact = call["approximate"] != "tanh"
    said = "x*(1 + erf(x/sqrt(2)))/2" if exact else "x*(1 + tanh(sqrt(2/pi)*(x + 44715/1000000*x^3)))/2"
    return entrywise(formula(said), call.own)


def _prelu(call: Call) -> Tensor:
    weight = call.tensor("weight")
    slope = layers.along_channels(weight, call.rank) if call.rank > 1 else weight
    return entrywise(formula("where(x > 0, x, w*x)", "x w"), call.own, slope)


def _polygamma(call: Call) -> Tensor:
    name = ("digamma", "trigamma", "tetragamma")[call["n"]] if call["n"] < 3 else ""
    if not name:
        raise Error("a polygamma function of higher order")
    return entrywise(lambda x: apply(name, x), call.own)


# --- reductions


def _reduced(op: str) -> Row:
    return lambda c: axes.reduced(op, c.own, c.axes, c.keep)


def _running(op: str) -> Row:
    return lambda c: places.running(op, c.own, c.axis)


def _extreme(op: str) -> Row:
    """max() of all; max(dim) with the places, of which no formula is known; max(other)."""

    def row(call: Call) -> Any:
        if call["other"] is not None:
            return entrywise(truth.larger if op == "max" else truth.smaller, call.own, call.other)
        found = axes.reduced(op, call.own, call.axes, call.keep)
        return [found, None] if call["dim"] is not None else found

    return row


def _variance(call: Call) -> Tensor:
    less = call["correction"]
    if less is None:
        less = int(call["unbiased"]) if call["unbiased"] is not None else 1
    return axes.variance(call.own, call.axes, call.number(less), call.keep)


def _norm(call: Call) -> Tensor:
    order = call["ord"] if "ord" in call.given else call["p"]
    if isinstance(order, str) and order != "fro":
        raise Error("a norm of the singular values")
    return layers.norm(call.own, call.axes, 2.0 if order is None or order == "fro" else float(order), call.keep)


# --- axes and places


def _picked(call: Call) -> Tensor:
    axis = call.axis
    return axes.without(places.taken(call.own, axis, call.place("index", axis), 1), [axis])


def _slice(call: Call) -> Tensor:
    axis = call.axis
    return places.sliced(call.own, axis, call.place("start", axis), call.out[axis], call["step"] or 1)


_PIECES = ("chunk", "split", "split_with_sizes", "tensor_split", "unsafe_chunk", "unsafe_split",
           "unsafe_split_with_sizes")  # fmt: skip


def _pieces(call: Call) -> list[Tensor]:
    axis, found, start = call.axis, [], ZERO
    for shape in call.shape:
        dim = call.extents.dim(shape[axis])
        found.append(places.sliced(call.own, axis, start, dim))
        start = add(start, size(dim))
    return found


def _unbound(call: Call) -> list[Tensor]:
    return [_picked(call.but(index=k)) for k in range(len(call.shape))]


def _stacked(call: Call) -> Tensor:
    tensors = call["tensors"]
    return places.stacked(tensors, call["dim"] % (tensors[0].rank + 1))


def _gather(call: Call) -> Tensor:
    """Entries along an axis, at a place for each entry of the result."""
    value, axis, index = call.own, call.axis, call.tensor("index")
    shape, rank = index.shape, value.rank
    found = moved(value, [rank if a == axis else a for a in range(rank)], rank + 1)
    found = broadcast(found, Tensor((*index.axes, ()), ZERO))[0]
    if any(found.shape[a] != shape[a] for a in range(rank)):
        raise Error("entries are gathered from a part of an axis")
    return axes.without(places.taken(found, rank, index.body, 1), [rank])


def _index(call: Call) -> Tensor:
    """x[i, j, :]: arrays of places, which broadcast with each other; they stand next to each other."""
    value, at_places = call.own, call["indices"]
    gone = [axis for axis, at in enumerate(at_places) if at is not None]
    if gone != list(range(gone[0], gone[-1] + 1)):
        raise Error("places along axes that are not neighbours")
    together = broadcast(*(at_places[axis] for axis in gone))
    width, before = together[0].rank, gone[0]
    rank = value.rank - len(gone) + width
    rest = [*range(before), *range(gone[-1] + 1, value.rank)]
    there = {axis: axis if axis < before else axis - len(gone) + width for axis in rest}
    there |= {axis: rank + k for k, axis in enumerate(gone)}
    found = moved(value, [there[axis] for axis in range(value.rank)], rank + len(gone))
    shape = Tensor((*[()] * before, *together[0].axes, *[()] * (found.rank - before - width)), ZERO)
    found = broadcast(found, shape)[0]
    for k in reversed(range(len(gone))):
        at = moved(together[k], range(before, before + width), rank).body
        found = axes.without(places.taken(found, rank + k, at, 1), [rank + k])
    return found


def _put(call: Call) -> Tensor:
    """x[i, j] = v and x[mask] = v."""
    value, at, update = call.own, call["indices"], call.tensor("values")
    if call.kinds["indices"] == "b":
        if len(at) > 1 or update.rank or call["accumulate"]:
            raise Error("several values that are put where a mask is true")
        return entrywise(truth.choice, moved(at[0], range(at[0].rank), value.rank), update, value)
    gone = [axis for axis, one in enumerate(at) if one is not None]
    together = broadcast(*(at[axis] for axis in gone))
    width = together[0].rank
    beyond = range(value.rank, value.rank + width)
    taken = [*range(gone[0]), *beyond, *range(gone[-1] + 1, value.rank)]  # the axes of what would be taken
    spread = moved(update, taken[len(taken) - update.rank :], value.rank + width)
    there = {axis: moved(one, beyond, value.rank + width) for axis, one in zip(gone, together, strict=True)}
    return places.scattered(value, there, spread, scalar(ONE), bool(call["accumulate"]))


def _embedding(call: Call) -> Tensor:
    weight, at = call.tensor("weight"), call.tensor("indices")
    found = moved(weight, [at.rank + 1, at.rank], at.rank + 2)
    found = broadcast(found, Tensor((*at.axes, (), ()), ZERO))[0]
    return axes.without(places.taken(found, at.rank + 1, at.body, 1), [at.rank + 1])


def _padded(call: Call) -> Tensor:
    found, sizes = call.own, call["pad"]
    value = call.node("value")
    for k in range(0, len(sizes), 2):
        before, after = sizes[k : k + 2]
        if before or after:
            found = places.padded(found, found.rank - 1 - k // 2, value, before, after)
    return found


def _rolled(call: Call) -> Tensor:
    found = call.own
    if not call["dims"]:
        raise Error("a roll along all axes at once")
    for shift, axis in zip(call["shifts"], call["dims"], strict=True):
        found = places.rolled(found, axis % found.rank, shift)
    return found


def _moved(call: Call) -> Tensor:
    value = call.own
    source, there = ([axis % value.rank for axis in call[name]] for name in ("source", "destination"))
    order = [axis for axis in range(value.rank) if axis not in source]
    for axis, at in sorted(zip(source, there, strict=True), key=lambda pair: pair[1]):
        order.insert(at, axis)
    return axes.transposed(value, order)


def _flipped(call: Call) -> Tensor:
    value = call.own
    for axis in call["dims"]:
        value = places.reversed_along(value, axis % value.rank)
    return value


def _diag(call: Call) -> Tensor:
    value = call.own
    if call["diagonal"] or call["offset"]:
        raise Error("a diagonal beside the main one")
    if value.rank == 2 and call.name == "diag":
        return axes.diagonal(value, 0, 1)
    found = axes.with_axis(value, value.rank)
    return entrywise(mul, found, moved(places.unit(value.shape[-1]), [value.rank - 1, value.rank], found.rank))


def _diagonal(call: Call) -> Tensor:
    if call["offset"]:
        raise Error("a diagonal beside the main one")
    first, second = sorted((call.at("dim1"), call.at("dim2")))
    found = axes.diagonal(call.own, first, second)
    return axes.transposed(found, [*(axis for axis in range(found.rank) if axis != first), first])


def _onto_diagonal(call: Call, value: Tensor) -> Tensor:
    """The tensor with other entries on the diagonal."""
    own, ends = call.own, (call.at("dim1"), call.at("dim2"))
    if call["offset"] or own.shape[ends[0]] != own.shape[ends[1]]:
        raise Error("a diagonal beside the main one")
    rest = [axis for axis in range(own.rank) if axis not in ends]
    hits = moved(places.unit(own.shape[ends[0]]), ends, own.rank)
    spread = moved(value, [*rest, ends[0]], own.rank) if value.rank else value
    return entrywise(truth.choice, hits, spread, own)


def _arange(call: Call) -> Tensor:
    found = axes.counted(call.out, 0)
    return Tensor(found.axes, add(mul(call.node("step", 1), found.body), call.node("start")))


def _linspace(call: Call) -> Tensor:
    found = axes.counted(call.out, 0)
    step = divide(subtract(call.node("end"), call.node("start")), subtract(size(call.out[0]), ONE))
    return Tensor(found.axes, add(call.node("start"), mul(step, found.body)))


def _eye(call: Call) -> Tensor:
    rows, columns = call.out
    if rows != columns:
        raise Error("an identity that is not square")
    return places.unit(rows)


# --- products


def _product(left: str, right: str) -> Row:
    return lambda c: axes.multiplied(c.tensor(left), c.tensor(right))


def _added_product(left: str, right: str) -> Row:
    def row(call: Call) -> Tensor:
        beta, alpha = call.node("beta", 1), call.node("alpha", 1)
        product = axes.multiplied(call.tensor(left), call.tensor(right))
        return entrywise(lambda x, p: add(mul(beta, x), mul(alpha, p)), call.own, product)

    return row


def _linear(call: Call) -> Tensor:
    product = axes.multiplied(call.tensor("input"), axes.swapped(call.tensor("weight"), 0, 1))
    return product if call["bias"] is None else entrywise(add, product, call.tensor("bias"))


def _each(value: Any, count: int) -> tuple[Any, ...]:
    """What convolutions and pools say once for all axes, or for each."""
    several = tuple(value) if isinstance(value, list | tuple) else (value,)
    return several * count if len(several) == 1 else several


def _same_padding(lengths: Sequence[Dim], apart: Sequence[int]) -> list[int]:
    if not all(isinstance(length, int) for length in lengths):
        raise Error("padding as wide as an extent")
    return [far * (length - 1) // 2 for far, length in zip(apart, lengths, strict=True) if isinstance(length, int)]


def _convolved(call: Call) -> Tensor:
    value, kernel = call.tensor("input"), call.tensor("weight")
    if call["transposed"]:
        raise Error("a transposed convolution")
    if len(call.shape) != kernel.rank:
        raise Error("a convolution of one sample", hint="give it an axis of samples")
    width = kernel.rank - 2
    lengths, apart, padding = kernel.shape[2:], _each(call["dilation"], width), call["padding"]
    before = {"same": _same_padding, "valid": lambda *_: [0] * width}[padding](lengths, apart) if isinstance(
        padding, str) else _each(padding, width)  # fmt: skip
    window = layers.Window(tuple(range(2, kernel.rank)), lengths, _each(call["stride"], width), tuple(before), apart)
    found = layers.convolved(value, kernel, window, call["groups"] or 1, call.out[2:])
    bias = call.if_any("bias")
    return found if bias is None else entrywise(add, found, layers.along_channels(bias, found.rank))


def _pool(op: str) -> Row:
    def row(call: Call) -> Tensor:
        width = call.rank - 2
        lengths, before = _each(call["kernel_size"], width), _each(call["padding"], width)
        if call["ceil_mode"] or any(before):
            raise Error("pooling beyond the edges")
        steps, apart = _each(call["stride"] or lengths, width), _each(call["dilation"] or 1, width)
        window = layers.Window(tuple(range(2, call.rank)), call.dims(lengths), steps, before, apart)
        found = layers.windows(call.own, window, call.out[2:])
        inside = range(found.rank - width, found.rank)
        return axes.mean(found, inside) if op == "mean" else axes.reduced(op, found, inside)

    return row


def _whole_mean(call: Call) -> Tensor:
    width = len(_each(call["output_size"], 1))
    if any(dim != 1 for dim in call.shape[-width:]):
        raise Error("pooling into more than one place")
    return axes.mean(call.own, range(call.rank - width, call.rank), keep=True)


# --- losses


def _reduction(call: Call, entries: Tensor) -> Tensor:
    """A loss as its ``reduction`` says: 0 none, 1 mean, 2 sum."""
    how, every = call["reduction"], range(entries.rank)
    if how == 0:
        return entries
    return axes.mean(entries, every) if how == 1 else axes.reduced("sum", entries, every)


def _loss(said: str, *numbers: str, of: tuple[str, str] = ("self", "target")) -> Row:
    """A loss of x and y by entries."""
    each = _of(said, " ".join(("x", "y", *numbers)), *of)
    return lambda c: _reduction(c, each(c))


def _cross_entropy(call: Call) -> Tensor:
    logits = call.own
    return _negative_log(call, layers.log_softmax(logits, _class_axis(logits)))


def _class_axis(values: Tensor) -> int:
    return 1 if values.rank > 1 else 0


def _negative_log(call: Call, logarithms: Tensor) -> Tensor:
    """−Σ_c w_c t_c log p_c of class labels, or of probabilities; of labels the mean is by weight."""
    axis, target, smooth = _class_axis(logarithms), call.tensor("target"), call.node("label_smoothing")
    classes = logarithms.shape[axis]
    labels = target.rank < logarithms.rank

    def by_class(values: Tensor, factor: Tensor | None) -> Tensor:
        return values if factor is None else entrywise(mul, values, moved(factor, [axis], logarithms.rank))

    weight, kept = call.if_any("weight"), _kept_classes(call, labels, classes)
    target = by_class(layers.one_hot(target, axis, classes) if labels else target, kept)
    shares = target
    if smooth is not ZERO:
        is_kept = scalar(ONE) if kept is None else axes.reduced("sum", target, [axis], keep=True)
        spread = divide(smooth, size(classes))
        shares = entrywise(lambda t, k: add(mul(subtract(ONE, smooth), t), mul(spread, k)), target, is_kept)
    losses = layers.cross_entropies(logarithms, by_class(shares, weight), axis)
    weighs = labels and (weight is not None or kept is not None)
    return _reduction_of_classes(call, losses, by_class(target, weight) if weighs else None)


def _reduction_of_classes(call: Call, losses: Tensor, weights: Tensor | None) -> Tensor:
    if call["reduction"] != 1 or (weights is None and losses.rank):
        return _reduction(call, losses) if weights is not None or losses.rank else losses
    total = axes.reduced("sum", losses, range(losses.rank))
    whole = ONE if weights is None else axes.reduced("sum", weights, range(weights.rank)).body
    return Tensor((), divide(total.body, whole))


def _kept_classes(call: Call, labels: bool, classes: Any) -> Tensor | None:
    """1 for every class but one whose samples are left out."""
    without = call["ignore_index"]
    if not labels or without is None or without < 0:
        return None
    return entrywise(lambda c: truth.compared("!=", c, const(without)), axes.counted((classes,), 0))


def _binary_with_logits(call: Call) -> Tensor:
    said = "softplus(x) - x*y" if call["pos_weight"] is None else "(1 - y)*softplus(x) + y*p*softplus(-x)"
    tensors = [call.own, call.tensor("target"), *filter(None, [call.if_any("pos_weight")])]
    return _reduction(call, _weighted(call, entrywise(formula(said, "x y p"), *tensors)))


def _weighted(call: Call, losses: Tensor) -> Tensor:
    weight = call.if_any("weight")
    return losses if weight is None else entrywise(mul, weight, losses)


def _binary(call: Call) -> Tensor:
    each = formula("-(y*log(x) + (1 - y)*log(1 - x))")
    return _reduction(call, _weighted(call, entrywise(each, call.own, call.tensor("target"))))


def _poisson(call: Call) -> Any:
    if call["full"]:
        raise Error("a Poisson loss with Stirling's terms")
    said = "exp(x) - y*x" if call["log_input"] else "x - y*log(x + eps)"
    return _loss(said, "eps", of=("input", "target"))(call)


# --- layers


def _affine(call: Call, value: Tensor, channels: bool = False) -> Tensor:
    for function, name in ((mul, "weight"), (add, "bias")):
        own = call.if_any(name)
        if own is not None:
            value = entrywise(function, value, layers.along_channels(own, value.rank) if channels else own)
    return value


def _rms_norm(call: Call) -> Tensor:
    eps = call.node("eps", 2.220446049250313e-16)
    return _affine(call, layers.scaled_by_root(call.own, call.last_axes, eps))


def _batch_norm(call: Call) -> Tensor:
    """By what it has seen, where it is not in training; an instance is a batch of its own."""
    value, eps = call.own, call.node("eps")
    own = call.name == "instance_norm"
    if call["training"] or call["use_input_stats"]:
        over = [axis for axis in range(value.rank) if axis != 1 and (axis or not own)]
        return _affine(call, layers.standardized(value, over, eps), channels=True)
    mean, var = (layers.along_channels(call.tensor(name), value.rank) for name in ("running_mean", "running_var"))
    found = entrywise(lambda x, m, v: divide(subtract(x, m), power(add(v, eps), HALF)), value, mean, var)
    return _affine(call, found, channels=True)


def _attention(call: Call) -> Tensor:
    query, key, value = (call.tensor(name) for name in ("query", "key", "value"))
    if call["dropout_p"]:
        raise Error("dropout draws at random")
    if call["enable_gqa"]:
        key, value = (_repeated_heads(one, query) for one in (key, value))
    mask = call.if_any("attn_mask")
    if mask is not None and call.kinds.get("attn_mask") == "b":
        mask = layers.masked(mask)
    if call["is_causal"]:
        mask = layers.masked(layers.causal(query.shape[-2], key.shape[-2]))
    return layers.attention(query, key, value, call.number(call["scale"]) if call["scale"] is not None else None, mask)


def _repeated_heads(tensor: Tensor, like: Tensor) -> Tensor:
    """Heads next to each other that are alike, as many as another tensor has."""
    return places.repeated(tensor, tensor.rank - 3, like.shape[-3])


# --- matrices


def _cholesky(call: Call) -> Tensor:
    value = call.own
    half = entrywise(lambda x, y: mul(HALF, add(x, y)), value, axes.swapped(value, -1, -2))
    found = matrices.factor_of(half)
    return axes.swapped(found, -1, -2) if call["upper"] else found


def _triangular(call: Call) -> Tensor:
    if call["unitriangular"]:
        raise Error("a triangular matrix with ones on its diagonal")
    triangle = places.triangle(call.own, 0, call["upper"])
    return matrices.solved_by_triangle(triangle, call.tensor("B"), call["left"])


def _cholesky_solve(call: Call) -> Tensor:
    factor = places.triangle(call.tensor("input2"), 0, call["upper"])
    inverse = matrices.of_matrix("inv", axes.swapped(factor, -1, -2) if call["upper"] else factor)
    return axes.multiplied(axes.swapped(inverse, -1, -2), axes.multiplied(inverse, call.own))


def _solve(call: Call) -> Tensor:
    right = call.tensor("B")
    vector = right.rank == call.own.rank - 1
    found = matrices.solved(call.own, axes.with_axis(right, right.rank) if vector and right.rank > 1 else right)
    return axes.without(found, [found.rank - 1]) if vector and right.rank > 1 else found


def _log_det(value: Tensor) -> Tensor:
    return entrywise(lambda x: apply("log", x), matrices.of_matrix("det", value))


def _dropout(call: Call) -> Tensor:
    if (call["train"] or call["training"]) and call["p"]:
        raise Error("dropout draws at random", hint="module.eval() leaves it out")
    return call.own


def _same(call: Call) -> Tensor:
    return call.own


def _constant(node: Node) -> Row:
    return lambda c: Tensor(tuple(map(parts_of, c.out)), node)


ROWS: dict[str, Row] = {
    # entry by entry
    "add": lambda c: entrywise(lambda x, y: add(x, mul(c.node("alpha", 1), y)), c.own, c.other),
    "sub": lambda c: entrywise(lambda x, y: subtract(x, mul(c.node("alpha", 1), y)), c.own, c.other),
    "rsub": lambda c: entrywise(lambda x, y: subtract(y, mul(c.node("alpha", 1), x)), c.own, c.other),
    **dict.fromkeys(("div", "true_divide", "divide"), _div),
    **{name: _logical(name) for name in LOGICAL},
    **dict.fromkeys(("clamp", "clamp_min", "clamp_max", "clip"), _clamp),
    "hardtanh": lambda c: _clamp(c.but(min=c["min_val"], max=c["max_val"])),
    "where": lambda c: entrywise(truth.choice, c.tensor("condition"), c.own, c.other),
    "masked_fill": lambda c: entrywise(truth.choice, c.tensor("mask"), c.tensor("value"), c.own),
    "to": _cast, "_to_copy": _cast, "gelu": _gelu,
    "polygamma": _polygamma, "softplus": _of("softplus(beta*x)/beta", "x beta", "self"),
    "leaky_relu": _of("where(x > 0, x, negative_slope*x)", "x negative_slope", "self"),
    "elu": lambda c: entrywise(
        formula("s*where(x > 0, x, a*expm1(k*x))", "x a s k"), c.own, scalar(c.node("alpha", 1)),
        scalar(c.node("scale", 1)), scalar(c.node("input_scale", 1))),
    "selu": lambda c: ROWS["elu"](c.but(alpha=1.6732632423543772, scale=1.0507009873554805)),
    "celu": _of("where(x > 0, x, alpha*expm1(x/alpha))", "x alpha", "self"),
    "hardshrink": _of("where(abs(x) > lambd, x, 0)", "x lambd", "self"),
    "softshrink": _of("sign(x)*relu(abs(x) - lambd)", "x lambd", "self"),
    "prelu": _prelu,
    "lerp": lambda c: entrywise(formula("x + w*(y - x)", "x y w"), c.own, c.tensor("end"), c.tensor("weight")),
    # reductions
    "sum": _reduced("sum"), "prod": _reduced("prod"), "amax": _reduced("max"), "amin": _reduced("min"),
    "all": _reduced("prod"),
    "max": _extreme("max"), "min": _extreme("min"), "mean": lambda c: axes.mean(c.own, c.axes, c.keep),
    "var": _variance, "std": lambda c: entrywise(in_tables("sqrt"), _variance(c)),
    "var_mean": lambda c: [_variance(c), axes.mean(c.own, c.axes, c.keep)],
    "logsumexp": lambda c: layers.log_sum_exp(c.own, c.axes, c.keep),
    **dict.fromkeys(("norm", "linalg_vector_norm", "linalg_norm", "frobenius_norm", "linalg_matrix_norm"), _norm),
    "any": lambda c: axes.any_of(c.own, c.axes, c.keep),
    **dict.fromkeys(("softmax", "_softmax", "special_softmax"), lambda c: layers.softmax(c.own, c.axis)),
    **dict.fromkeys(("log_softmax", "_log_softmax", "special_log_softmax"),
                    lambda c: layers.log_softmax(c.own, c.axis)),
    "softmin": lambda c: layers.softmax(entrywise(lambda x: mul(MINUS_ONE, x), c.own), c.axis),
    "cumsum": _running("sum"), "cumprod": _running("prod"), "logcumsumexp": _running("log-sum-exp"),
    "cummax": lambda c: [places.running("max", c.own, c.axis), None],
    # axes
    **dict.fromkeys(("view", "reshape", "_unsafe_view", "flatten", "unflatten"),
                    lambda c: places.reshaped(c.own, c.out)),
    **dict.fromkeys(("transpose", "swapaxes", "swapdims"),
                    lambda c: axes.swapped(c.own, *(c.at(next(n for n in (f"dim{k}", f"axis{k}") if n in c.given))
                                                    for k in (0, 1)))),
    **dict.fromkeys(("t", "numpy_T", "mT", "adjoint", "matrix_H"),
                    lambda c: axes.swapped(c.own, -1, -2) if c.rank > 1 else c.own),
    "permute": lambda c: axes.transposed(c.own, c["dims"]), "movedim": _moved,
    "unsqueeze": lambda c: axes.with_axis(c.own, c["dim"]), "squeeze": lambda c: axes.without(c.own, c.axes),
    **dict.fromkeys(("expand", "broadcast_to", "expand_as"), lambda c: axes.stretched(c.own, c.out)),
    "copy": lambda c: axes.stretched(c.tensor("src"), c.out),
    **dict.fromkeys(("clone", "contiguous", "alias", "lift_fresh_copy", "view_as", "positive", "type_as",
                     "alpha_dropout", "feature_dropout"), _same),
    **dict.fromkeys(("detach", "detach_"), lambda c: axes.held(c.own)), "dropout": _dropout,
    "native_dropout": lambda c: [_dropout(c), None],
    # places
    "select": _picked, "slice": _slice,
    "narrow": lambda c: places.sliced(c.own, c.axis, c.place("start", c.axis), c.out[c.axis]),
    **dict.fromkeys(_PIECES, _pieces),
    **dict.fromkeys(("cat", "concat"), lambda c: places.concatenated(c["tensors"], c["dim"])), "stack": _stacked,
    "gather": _gather, "index": _index, "index_put": _put, "embedding": _embedding, "unbind": _unbound,
    "flip": _flipped,
    "index_select": lambda c: _index(c.but(indices=[None] * c.axis + [c.tensor("index")])),
    "one_hot": lambda c: layers.one_hot(c.own, -1, c.extents.dim(c["num_classes"])),
    "broadcast_tensors": lambda c: list(broadcast(*c["tensors"])), "pad": _padded, "constant_pad_nd": _padded,
    "roll": _rolled, "repeat_interleave": lambda c: places.repeated(c.own, c.axis, c.out[c.axis]),
    # new tensors
    **dict.fromkeys(("ones", "ones_like", "new_ones"), _constant(ONE)),
    **dict.fromkeys(("zeros", "zeros_like", "new_zeros"), _constant(ZERO)),
    **dict.fromkeys(("full", "full_like", "new_full"), lambda c: _constant(c.node("fill_value"))(c)),
    **dict.fromkeys(("empty", "empty_like", "new_empty", "empty_permuted"), _constant(ZERO)),  # filled afterwards
    "arange": _arange, "linspace": _linspace, "eye": _eye,
    "scalar_tensor": lambda c: scalar(c.node("s")),
    **dict.fromkeys(("item", "_local_scalar_dense"), lambda c: axes.held(c.own)),
    "tril": lambda c: places.triangle(c.own, c["diagonal"], upper=False),
    "triu": lambda c: places.triangle(c.own, c["diagonal"], upper=True),
    "fill_diagonal": lambda c: _onto_diagonal(c.but(dim1=0, dim2=1), c.tensor("fill_value")),
    "diag": _diag, "diag_embed": _diag, "diagonal": _diagonal,
    "trace": lambda c: axes.reduced("sum", axes.diagonal(c.own, 0, 1), [0]),
    # products
    "matmul": _product("self", "other"), "mm": _product("self", "mat2"), "bmm": _product("self", "mat2"),
    "mv": _product("self", "vec"), "dot": _product("self", "tensor"), "vdot": _product("self", "other"),
    "linear": _linear, "addmm": _added_product("mat1", "mat2"), "addmv": _added_product("mat", "vec"),
    "baddbmm": _added_product("batch1", "batch2"),
    **dict.fromkeys(("outer", "ger"),
                    lambda c: entrywise(mul, axes.with_axis(c.own, 1), axes.with_axis(c.tensor("vec2"), 0))),
    "einsum": lambda c: axes.einsum(c["equation"], *c["tensors"]),
    **dict.fromkeys(("conv1d", "conv2d", "conv3d", "convolution", "_convolution"), _convolved),
    **dict.fromkeys(("avg_pool1d", "avg_pool2d"), _pool("mean")),
    **dict.fromkeys(("max_pool1d", "max_pool2d"), _pool("max")),
    **dict.fromkeys(("adaptive_avg_pool1d", "adaptive_avg_pool2d"), _whole_mean),
    # losses
    "cross_entropy_loss": _cross_entropy, **dict.fromkeys(("nll_loss", "nll_loss_nd", "nll_loss2d"),
                                                          lambda c: _negative_log(c, c.own)),
    "binary_cross_entropy": _binary, "binary_cross_entropy_with_logits": _binary_with_logits,
    "mse_loss": _loss("(x - y)^2"), "l1_loss": _loss("abs(x - y)"),
    "smooth_l1_loss": _loss("where(abs(x - y) < beta, (x - y)^2/(2*beta), abs(x - y) - beta/2)", "beta"),
    "huber_loss": _loss("where(abs(x - y) < delta, (x - y)^2/2, delta*(abs(x - y) - delta/2))", "delta"),
    "soft_margin_loss": _loss("softplus(-x*y)"), "hinge_embedding_loss": _loss(
        "where(y == 1, 0, relu(margin - x)) + where(y == -1, 0, x)", "margin"),
    "margin_ranking_loss": lambda c: _reduction(
        c, _of("relu(m - y*(x - z))", "x z y m", "input1", "input2", "target")(c.but(m=c["margin"]))),
    "kl_div": lambda c: _loss("exp(y)*(y - x)" if c["log_target"] else "xlogy(y, y) - y*x")(c),
    "poisson_nll_loss": _poisson,
    "cosine_similarity": lambda c: layers.cosines(c.tensor("x1"), c.tensor("x2"), c["dim"], c.node("eps")),
    "pairwise_distance": lambda c: layers.distance(c.tensor("x1"), c.tensor("x2"), c["p"], c.node("eps"), c.keep),
    "cdist": lambda c: layers.distance(axes.with_axis(c.tensor("x1"), -2), axes.with_axis(c.tensor("x2"), -3), c["p"],
                                       ZERO),
    # layers
    "layer_norm": lambda c: _affine(c, layers.standardized(c.own, c.last_axes, c.node("eps"))), "rms_norm": _rms_norm,
    "group_norm": lambda c: _affine(
        c, layers.standardized_in_groups(c.own, c["num_groups"], c.node("eps")), channels=True),
    "batch_norm": _batch_norm, "instance_norm": _batch_norm, "scaled_dot_product_attention": _attention,
    # matrices
    **dict.fromkeys(("linalg_cholesky", "cholesky"), _cholesky),
    **dict.fromkeys(("linalg_inv", "inverse"), lambda c: matrices.of_matrix("inv", c.own)), "linalg_solve": _solve,
    "linalg_solve_triangular": _triangular, "cholesky_solve": _cholesky_solve,
    **dict.fromkeys(("linalg_det", "det"), lambda c: matrices.of_matrix("det", c.own)),
    **dict.fromkeys(("linalg_slogdet", "slogdet"), lambda c: matrices.sign_and_log(c.own)),
    "logdet": lambda c: _log_det(c.own),
    "_assert_tensor_metadata": lambda c: None, "_assert_async": lambda c: None,
}  # fmt: skip
"""What an operation means, by its name in ATen."""


PUT: dict[str, Callable[[Call, Any], Tensor]] = {
    **dict.fromkeys(_PIECES, lambda c, v: places.concatenated(v, c.axis)),
    "unbind": lambda c, v: places.stacked(v, c.axis),
    "select": lambda c, v: places.put(c.own, c.axis, axes.with_axis(v, c.axis), c.place("index", c.axis)),
    "slice": lambda c, v: places.put(c.own, c.axis, v, c.place("start", c.axis), c["step"] or 1),
    "narrow": lambda c, v: places.put(c.own, c.axis, v, c.place("start", c.axis)),
    **dict.fromkeys(("view", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze"),
                    lambda c, v: places.reshaped(v, c.own.shape)),
    **dict.fromkeys(("transpose", "swapaxes", "t", "numpy_T", "mT"), lambda c, v: ROWS[c.name](c.but(self=v))),
    "diagonal": _onto_diagonal, "permute": lambda c, v: moved(v, [axis % v.rank for axis in c["dims"]], v.rank),
    **dict.fromkeys(("alias", "detach", "lift_fresh_copy", "to", "contiguous"), lambda c, v: v),
}  # fmt: skip
"""What a view is of, once the view holds another value."""
ROWS["select_scatter"] = lambda c: PUT["select"](c, c.tensor("src"))
ROWS["slice_scatter"] = lambda c: PUT["slice"](c, c.tensor("src"))


def row_of(name: str) -> Row | None:
    """The row of an operation, or the scalar function of that name."""
    name = name if name in ROWS else name.removesuffix("_")  # what is changed in place is not used after it
    if name in ROWS:
        return ROWS[name]
    function = scalar_named(name)
    if function is None:
        return None
    operands = ("self", "other", "exponent")
    return lambda c: entrywise(function, *(c.tensor(each) for each in operands if each in c.given))
