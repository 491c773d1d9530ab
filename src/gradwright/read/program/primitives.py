"""What the primitives of JAX mean. Owns: a row for each. Never: traces.

A scalar function of the tables has no row here (``scalars``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from gradwright.core.build import ONE, ZERO, add, const, divide, entry, matfn, mul, open_binder, power, rename, size
from gradwright.core.errors import Error
from gradwright.core.index import Dim, free_index
from gradwright.core.node import Const, Entry, Node, Reduce, factors_in
from gradwright.engine.simplify import sum_over
from gradwright.read.program import axes, layers, matrices, places, truth
from gradwright.read.program.equation import Equation, Held, Missing, present
from gradwright.read.program.scalars import LOGICAL, Scalar, cast, in_tables, scalar_named
from gradwright.read.program.tensor import Tensor, broadcast, entrywise, indices_at, moved, parts_of, place, scalar

_MOST_STEPS = 64  # of a loop that is written out
Row = Callable[..., Any]


# --- entry by entry


def _each(function: Scalar) -> Row:
    return lambda call, *values: entrywise(function, *values)


def _logical(of_truths: Scalar) -> Row:
    def row(call: Equation, *values: Tensor) -> Tensor:
        if call.kind(0) != "b":
            raise Error("arithmetic of bits")
        return entrywise(of_truths, *values)

    return row


def _reduced(op: str) -> Row:
    return lambda call, value: axes.reduced(op, value, call["axes"])


def _running(op: str) -> Row:
    return lambda call, value: places.running(op, value, call["axis"], call["reverse"])


def _div(call: Equation, left: Tensor, right: Tensor) -> Tensor:
    return entrywise(truth.floored if call.kind(0) in "iu" else divide, left, right)


def _cast(call: Equation, value: Tensor) -> Tensor:
    return cast(value, call.kind(0), call["new_dtype"].kind)


def _select(call: Equation, which: Tensor, *cases: Tensor) -> Tensor:
    if len(cases) == 1:
        return cases[0]
    if len(cases) == 2 and call.kind(0) == "b":
        return entrywise(lambda which, other, then: truth.choice(which, then, other), which, *cases)
    found = cases[-1]
    for number in reversed(range(len(cases) - 1)):
        found = entrywise(
            lambda at, then, other, k=number: truth.choice(truth.compared("==", at, const(k)), then, other),
            which, cases[number], found,
        )  # fmt: skip
    return found


def _dot(call: Equation, left: Tensor, right: Tensor) -> Tensor:
    (over_left, over_right), (beside_left, beside_right) = call["dimension_numbers"]
    over = list(zip(over_left, over_right, strict=True))
    return axes.contracted(left, right, over, list(zip(beside_left, beside_right, strict=True)))


def _broadcast(call: Equation, value: Tensor, *extents: Tensor) -> Tensor:
    shape = call.dims(call["shape"])
    return axes.stretched(moved(value, call["broadcast_dimensions"], len(shape)), shape)


def _iota(call: Equation, *extents: Tensor) -> Tensor:
    return axes.counted(call.shape, call["dimension"])


def _slice(call: Equation, value: Tensor) -> Tensor:
    starts, steps = call["start_indices"], call["strides"] or (1,) * value.rank
    for axis, dim in enumerate(call.shape):
        start = size(call.dim(starts[axis]))
        value = places.sliced(value, axis, start, dim, int(steps[axis]))
    return value


def _dynamic_slice(call: Equation, value: Tensor, *starts: Tensor) -> Tensor:
    for axis, dim in enumerate(call.shape):
        if dim != value.shape[axis]:
            value = places.sliced(value, axis, starts[axis].body, dim)
    return value


def _update_slice(call: Equation, value: Tensor, update: Tensor, *starts: Tensor) -> Tensor:
    """The entries of the update where it is put, the value elsewhere."""
    axis = next((axis for axis in range(value.rank) if value.shape[axis] != update.shape[axis]), None)
    if axis is None:
        return update
    part = places.sliced(value, axis, starts[axis].body, update.shape[axis])
    return places.put(value, axis, _update_slice(call, part, update, *starts), starts[axis].body)


def _concatenate(call: Equation, *values: Tensor) -> Tensor:
    return places.concatenated(values, call["dimension"])


def _split(call: Equation, value: Tensor) -> list[Tensor]:
    axis, start, found = call["axis"], ZERO, []
    for dim in call.dims(call["sizes"]):
        found.append(places.sliced(value, axis, start, dim))
        start = add(start, size(dim))
    return found


def _pad(call: Equation, value: Tensor, filling: Tensor) -> Tensor:
    for axis, (before, after, inner) in enumerate(call["padding_config"]):
        value = places.spread(value, axis, int(inner), filling.body)
        if before or after:
            value = places.padded(value, axis, filling.body, *call.dims((before, after)))
    return value


def _reverse(call: Equation, value: Tensor) -> Tensor:
    for axis in call["dimensions"]:
        value = places.reversed_along(value, axis)
    return value


def _gather(call: Equation, value: Tensor, starts: Tensor) -> Tensor:
    """Entries at places: the last axis of ``starts`` has a place for each of some axes of the value."""
    numbers = call["dimension_numbers"]
    shape = call.shape
    offsets = list(numbers.offset_dims)
    batch = [axis for axis in range(len(shape)) if axis not in offsets]
    gone = [*numbers.collapsed_slice_dims, *numbers.operand_batching_dims]
    window = dict(zip([axis for axis in range(value.rank) if axis not in gone], offsets, strict=True))
    at_start = {
        axis: _start(starts, component, batch, len(shape)).body
        for component, axis in enumerate(numbers.start_index_map)
    }
    for axis, own in window.items():  # what begins at one place for all is a slice
        if axis in at_start and not at_start[axis].free:
            value = places.sliced(value, axis, at_start.pop(axis), shape[own])
    # The value's axes are put behind those of the result; each is then taken at its place and summed away.
    rank = len(shape)
    found = moved(value, range(rank, rank + value.rank), rank + value.rank)
    found = axes.stretched(found, (*shape, *value.shape))
    for axis in reversed(range(value.rank)):
        at = at_start.get(axis, ZERO)
        if axis in numbers.operand_batching_dims:
            beside = numbers.start_indices_batching_dims[numbers.operand_batching_dims.index(axis)]
            at = place(indices_at(batch[beside], parts_of(shape[batch[beside]])))
        if axis in window:
            own = window[axis]
            at = add(at, place(indices_at(own, parts_of(shape[own])))) if shape[own] != 1 else at
        found = axes.without(places.taken(found, rank + axis, at, 1), [rank + axis])
    return found


def _start(starts: Tensor, component: int, batch: Sequence[int], rank: int) -> Tensor:
    """The place that a component of the last axis says, over the axes of the result."""
    last = starts.rank - 1
    one = axes.without(places.taken(starts, last, const(component), 1), [last])
    return moved(one, batch, rank)


def _scan(call: Equation, *values: Tensor) -> list[Held]:
    params = call.params
    length = call.dim(params["length"])
    if not isinstance(length, int) or length > _MOST_STEPS:
        raise Error(
            f"a loop of {length} steps", hint=f"a loop of at most {_MOST_STEPS} steps, a number, is written out"
        )
    fixed = values[: params["num_consts"]]
    state: list[Held] = list(values[params["num_consts"] : params["num_consts"] + params["num_carry"]])
    over = values[params["num_consts"] + params["num_carry"] :]
    steps = range(length)
    given: list[list[Held]] = []
    for step in reversed(steps) if params["reverse"] else steps:
        now = [axes.without(places.taken(value, 0, const(step), 1), [0]) for value in over]
        state, out = _parted(call.inside(params["jaxpr"], *fixed, *state, *now), params["num_carry"])
        given.append(out)
    if params["reverse"]:
        given.reverse()
    stacks = [places.stacked([present(out) for out in outs], 0) for outs in zip(*given, strict=True)]
    return [*state, *stacks]


def _parted(values: list[Held], count: int) -> tuple[list[Held], list[Held]]:
    return values[:count], values[count:]


def _while(call: Equation, *values: Held) -> list[Held]:
    """A loop whose condition is known at every step: it is written out."""
    params = call.params
    first, second = params["cond_nconsts"], params["cond_nconsts"] + params["body_nconsts"]
    tests, fixed, state = list(values[:first]), list(values[first:second]), list(values[second:])
    for _ in range(_MOST_STEPS + 1):
        (going,) = call.inside(params["cond_jaxpr"], *tests, *state)
        truth = present(going).body
        if truth is ZERO:
            return state
        if truth is not ONE:
            raise Error("a loop whose number of steps depends on values, or on an extent")
        state = call.inside(params["body_jaxpr"], *fixed, *state)
    raise Error(f"a loop of more than {_MOST_STEPS} steps")


def _cond(call: Equation, which: Held, *values: Held) -> list[Held]:
    branches = call["branches"]
    if isinstance(which, Missing):  # which platform it runs on: the last branch is the one for any
        return call.inside(branches[-1], *values) if which.primitive == "platform_index" else [which] * call.results
    at = which.body
    if isinstance(at, Const):
        return call.inside(branches[min(max(int(at.value), 0), len(branches) - 1)], *values)
    results = [call.inside(branch, *values) for branch in branches]
    found = results[-1]
    for number in reversed(range(len(branches) - 1)):
        here = entrywise(lambda x, k=number: truth.compared("==", x, const(k)), which)
        found = [
            entrywise(truth.choice, here, present(then), present(other))
            for then, other in zip(results[number], found, strict=True)
        ]
    return found


def _named(call: Equation, *values: Held) -> list[Held]:
    """A function inside the program. Some of JAX's own are rows of the tables."""
    inner = call.params.get("jaxpr") or call.params.get("call_jaxpr") or call.params.get("fun_jaxpr")
    row = _own(_name_in_jax(inner))
    if row is not None and not any(isinstance(value, Missing) for value in values):
        found = row(*values)
        return found if isinstance(found, list) else [found]
    return call.inside(inner, *values)


def _name_in_jax(jaxpr: Any) -> str:
    """What JAX calls a function of its own; of another one nothing, by the file it stands in."""
    import jax

    info = getattr(getattr(jaxpr, "jaxpr", jaxpr), "debug_info", None)
    name, _, place = str(info.func_src_info if info is not None else "").partition(" at ")
    return name if place.startswith(str(Path(jax.__file__).parent)) else ""


def _clamp(call: Equation, low: Tensor, value: Tensor, high: Tensor) -> Tensor:
    return entrywise(lambda a, x, b: truth.smaller(truth.larger(x, a), b), low, value, high)


def _triangular(call: Equation, matrix: Tensor, right: Tensor) -> Tensor:
    """X with A X = B, of the triangle that is named, or X A = B."""
    params = call.params
    if params["unit_diagonal"]:
        raise Error("a triangular matrix with ones on its diagonal")
    triangle = places.triangle(matrix, 0, upper=not params["lower"])
    return matrices.solved_by_triangle(triangle, right, params["left_side"], params["transpose_a"])


def _linear_solve(call: Equation, *values: Held) -> list[Held]:
    """x with A x = b, where A is read off from the product that the program hands over with it."""
    lengths, inner = call["const_lengths"], call["jaxprs"]
    matvec = values[: lengths.matvec]
    (right,) = values[sum(lengths) :]
    right = present(right)
    unknown = Tensor(right.axes, entry("unknown", *(i for a in range(right.rank) for i in right.indices(a))))
    (product,) = call.inside(inner.matvec, *matvec, unknown)
    body = present(product).body
    if not isinstance(body, Reduce) or len(body.bound) != 1:
        raise Error("a linear system whose matrix does not stand alone")
    (summed,), inside = open_binder(body)
    own = next(f for f in factors_in(inside) if isinstance(f, Entry) and f.name == "unknown")
    matrix = mul(*(f for f in factors_in(inside) if f is not own))
    slot = own.slots.index(summed)
    out = [i for a in range(right.rank) for i in right.indices(a)][slot]
    row, column, at = (free_index(name, summed.dim) for name in ("row", "column", "solved"))
    inverse = matfn("inv", 0, (out, at), (row, column), rename(matrix, {out: row, summed: column}))
    found = sum_over([at], mul(inverse, rename(right.body, {out: at})))
    return [Tensor(right.axes, found)]


def _softplus(first: Tensor, second: Tensor) -> Tensor:
    """log(eˣ + eʸ), which is a softplus where one of them is 0."""
    for one, other in ((first, second), (second, first)):
        if one.body is ZERO:
            return entrywise(in_tables("softplus"), *broadcast(other, one)[:1])
    return entrywise(in_tables("logaddexp"), first, second)


# --- scatters and windows


def _scattered(adds: bool) -> Row:
    """Updates at places: put there, or added."""

    def row(call: Equation, value: Tensor, starts: Tensor, updates: Tensor) -> Tensor:
        numbers = call["dimension_numbers"]
        if numbers.operand_batching_dims:
            raise Error("a scatter in batches")
        spread = [axis for axis in range(updates.rank) if axis not in numbers.update_window_dims]
        whole = [axis for axis in range(value.rank) if axis not in numbers.inserted_window_dims]
        # Behind the value's axes stand those along which updates are spread, summed in the end.
        rank = value.rank + len(spread)
        there = {axis: value.rank + k for k, axis in enumerate(spread)}
        there |= dict(zip(numbers.update_window_dims, whole, strict=True))
        update = moved(updates, [there[axis] for axis in range(updates.rank)], rank)
        at: dict[int, Tensor] = {}
        inside = scalar(ONE)
        for component, axis in enumerate(numbers.scatter_dims_to_operand_dims):
            start = _start(starts, component, range(value.rank, rank), rank)
            if axis not in whole:
                at[axis] = start
            elif update.shape[axis] != value.shape[axis]:
                if start.body.free:
                    raise Error("windows that are scattered")
                inside = entrywise(mul, inside, _window_at(value, axis, start.body, update.shape[axis]))
                update = places.put(axes.filled(value.shape, ZERO), axis, update, start.body)
        return places.scattered(value, at, update, inside, adds)

    return row


def _window_at(value: Tensor, axis: int, start: Node, length: Dim) -> Tensor:
    """1 where a window of updates stands, 0 elsewhere."""
    one = [length if a == axis else dim for a, dim in enumerate(value.shape)]
    return places.put(axes.filled(value.shape, ZERO), axis, axes.filled(one, ONE), start)


def _window(call: Equation) -> layers.Window:
    """The window of a reduction over windows; its axes are those along which it is longer than 1, or moves."""
    lengths, steps = call["window_dimensions"], call["window_strides"]
    over = [axis for axis, length in enumerate(lengths) if length != 1 or steps[axis] != 1]
    padding, apart = call["padding"], call["window_dilation"] or (1,) * len(lengths)
    if any(far != 1 for far in call["base_dilation"] or ()):
        raise Error("windows over entries that are spread")
    return layers.Window(
        tuple(over), call.dims([lengths[axis] for axis in over]), tuple(steps[axis] for axis in over),
        tuple(padding[axis][0] for axis in over), tuple(apart[axis] for axis in over),
    )  # fmt: skip


def _reduced_windows(op: str) -> Row:
    def row(call: Equation, value: Tensor) -> Tensor:
        window = _window(call)
        if op != "sum" and any(any(sides) for sides in call["padding"]):
            raise Error("pooling beyond the edges")
        found = layers.windows(value, window, [call.shape[axis] for axis in window.axes])
        return axes.reduced(op, found, range(value.rank, found.rank))

    return row


def _convolved(call: Equation, value: Tensor, kernel: Tensor) -> Tensor:
    numbers = call["dimension_numbers"]
    if any(far != 1 for far in call["lhs_dilation"]) or call["batch_group_count"] != 1:
        raise Error("a transposed convolution, or one in groups of samples")
    value, kernel = axes.transposed(value, numbers.lhs_spec), axes.transposed(kernel, numbers.rhs_spec)
    out = [call.shape[axis] for axis in numbers.out_spec[2:]]
    before = [sides[0] for sides in call["padding"]]
    if not all(isinstance(number, int) for number in before):
        raise Error("padding as wide as an extent")
    window = layers.Window(
        tuple(range(2, value.rank)), kernel.shape[2:], call["window_strides"], tuple(before), call["rhs_dilation"]
    )
    found = layers.convolved(value, kernel, window, call["feature_group_count"], out)
    order = [numbers.out_spec.index(axis) for axis in range(value.rank)]
    return axes.transposed(found, order)


ROWS: dict[str, Row] = {
    # entry by entry
    "div": _div, "clamp": _clamp, "select_n": _select, "convert_element_type": _cast,
    "integer_pow": lambda c, x: entrywise(lambda b: power(b, const(c["y"])), x),
    **{name: _logical(LOGICAL[name]) for name in ("and", "or", "not", "xor")},
    # reductions
    "reduce_sum": _reduced("sum"), "reduce_prod": _reduced("prod"), "reduce_max": _reduced("max"),
    "reduce_min": _reduced("min"), "reduce_and": _reduced("prod"),
    "reduce_or": lambda c, x: axes.any_of(x, c["axes"]),
    "cumsum": _running("sum"), "cumprod": _running("prod"), "cummax": _running("max"), "cummin": _running("min"),
    "cumlogsumexp": _running("log-sum-exp"),
    # axes
    "dot_general": _dot, "broadcast_in_dim": _broadcast,
    **dict.fromkeys(("reshape", "expand_dims"), lambda c, x, *extents: places.reshaped(x, c.shape)),
    "squeeze": lambda c, x: axes.without(x, c["dimensions"]),
    "transpose": lambda c, x: axes.transposed(x, c["permutation"]), "iota": _iota,
    "dim_as_value": lambda c: scalar(size(c.dim(c["dim"]))),
    # places
    "slice": _slice, "dynamic_slice": _dynamic_slice, "dynamic_update_slice": _update_slice,
    "concatenate": lambda c, *x: places.concatenated(x, c["dimension"]),
    "stack": lambda c, *x: places.stacked(x, c["axis"]), "split": _split, "pad": _pad, "rev": _reverse,
    "gather": _gather, "scatter": _scattered(adds=False),
    **dict.fromkeys(("scatter-add", "scatter_add"), _scattered(adds=True)),
    "conv_general_dilated": _convolved,
    **{f"reduce_window_{op}": _reduced_windows(op) for op in ("sum", "max", "min")},
    # what changes nothing, and what is held
    "stop_gradient": lambda c, x: axes.held(x), "optimization_barrier": lambda c, *x: list(x), "scan": _scan,
    **dict.fromkeys(("copy", "copy_p", "reduce_precision", "real", "sharding_constraint"), lambda c, x: x),
    # matrices
    "cholesky": lambda c, x: matrices.factor_of(x), "triangular_solve": _triangular,
}  # fmt: skip
"""What a primitive means of tensors, where it is no scalar function of the tables."""
LAZY: dict[str, Row] = {
    "jit": _named, "pjit": _named, "closed_call": _named, "core_call": _named, "remat": _named, "remat2": _named,
    "checkpoint": _named, "custom_jvp_call": _named, "custom_vjp_call": _named, "custom_vjp_call_jaxpr": _named,
    "custom_lin": _named, "custom_linear_solve": _linear_solve, "while": _while, "cond": _cond,
}  # fmt: skip
"""What may be called with values that nobody needs."""
OWN: dict[str, Callable[..., Any]] = {
    "logaddexp": _softplus,
    **dict.fromkeys(("_slogdet_lu", "_slogdet_qr"), matrices.sign_and_log),
    **dict.fromkeys(("_det", "det"), lambda x: matrices.of_matrix("det", x)),
}  # fmt: skip
"""Functions of JAX that are read as a whole."""
_IN_TABLES = ("log_ndtr", "xlogy", "xlog1py", "logit", "sinc", "entr")
"""Those that are scalar functions of the tables."""


def row_of(name: str) -> Row | None:
    """The row of a primitive, or the scalar function of that name."""
    if name in ROWS:
        return ROWS[name]
    function = scalar_named(name)
    return None if function is None else _each(function)


def _own(name: str) -> Callable[..., Any] | None:
    """What a function of JAX's own is read as."""
    function = scalar_named(name) if name in _IN_TABLES else None
    return OWN.get(name) if function is None else partial(entrywise, function)
