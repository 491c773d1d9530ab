"""Programs of JAX. Owns: tracing one with symbols for its extents, and what its primitives mean, a row each.

Never: differentiates, runs a program with numbers in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from gradwright.core.build import (
    HALF,
    ONE,
    ZERO,
    add,
    apply,
    const,
    divide,
    entry,
    matfn,
    mul,
    negate,
    open_binder,
    power,
    rename,
    size,
    subtract,
)  # fmt: skip
from gradwright.core.errors import Error
from gradwright.core.index import Dim, free_index
from gradwright.core.node import Const, Entry, Node, Reduce, factors_in
from gradwright.core.record import dataclass
from gradwright.engine.simplify import sum_over
from gradwright.read.program import operations as ops
from gradwright.read.program.arguments import Arguments, Leaf, Number, Symbol, Value, called, mapped
from gradwright.read.program.extents import Extents, Primes, Symbols
from gradwright.read.program.source import Line, is_users, refusal
from gradwright.read.program.tensor import Tensor, entrywise, indices_at, moved, parts_of, place, regrouped, scalar

_MOST_STEPS = 64  # of a loop that is written out


@dataclass(frozen=True)
class Missing:
    """A value that no formula is known for; an error where it is used."""

    primitive: str
    line: Line | None


Held: TypeAlias = "Tensor | Missing"
Row = Callable[..., Any]


@dataclass(frozen=True)
class Traced:
    """A jaxpr with what it takes."""

    closed: Any
    symbols: tuple[Symbol, ...]
    extents: Extents

    @property
    def order(self) -> list[str]:
        """The arguments as the program first uses them."""
        jaxpr = self.closed.jaxpr
        names = dict(zip(jaxpr.invars, (symbol.name for symbol in self.symbols), strict=True))
        used = [atom for equation in jaxpr.eqns for atom in equation.invars if not hasattr(atom, "val")]
        return [names[atom] for atom in dict.fromkeys((*used, *jaxpr.invars)) if atom in names]

    def results(self, inputs: Mapping[str, Tensor]) -> list[Tensor]:
        """What the program gives, in indices."""
        reading = _Reading(self.extents)
        consts = [reading.numbers(value, None) for value in self.closed.consts]
        found = reading.evaluated(self.closed.jaxpr, consts, [inputs[symbol.name] for symbol in self.symbols])
        return [_present(value) for value in found]


def traced(program: Callable[..., object], arguments: Arguments, sizes: Mapping[str, int] | None) -> Traced:
    """The program's jaxpr; its extents are symbols, or numbers where ``sizes`` are given."""
    import jax

    struct_of: Any = jax.ShapeDtypeStruct
    value = _symbolic(arguments) if sizes is None else _numeric(sizes)

    def struct(leaf: Leaf) -> Any:
        if isinstance(leaf, Value):
            return leaf.value
        if isinstance(leaf, Number):
            return value(leaf.dim)
        assert isinstance(leaf, Symbol)
        kind = "float64" if leaf.below is None else "int64"
        return struct_of(tuple(map(value, leaf.shape)), kind)

    trees = {name: mapped(tree, struct) for name, tree in arguments.trees.items()}
    flat, tree = jax.tree_util.tree_flatten(trees)
    varied = [at for at, leaf in enumerate(flat) if isinstance(leaf, jax.ShapeDtypeStruct)]

    def flat_program(*values: object) -> object:
        leaves = list(flat)
        for at, given in zip(varied, values, strict=True):
            leaves[at] = given
        return called(program, jax.tree_util.tree_unflatten(tree, leaves))

    with jax.enable_x64(True):
        closed = jax.make_jaxpr(flat_program)(*(flat[at] for at in varied))
    order = jax.tree_util.tree_leaves(
        {name: mapped(tree, lambda leaf: leaf if isinstance(leaf, Symbol) else None)
         for name, tree in arguments.trees.items()},
        is_leaf=lambda leaf: isinstance(leaf, Symbol),
    )  # fmt: skip
    return Traced(closed, tuple(order), Symbols() if sizes is None else Primes(sizes))


def _symbolic(arguments: Arguments) -> Callable[[Dim], Any]:
    from jax import export

    scope = export.SymbolicScope()

    def value(dim: Dim) -> Any:
        return dim if isinstance(dim, int) else export.symbolic_shape(str(dim), scope=scope)[0]

    return value


def _numeric(sizes: Mapping[str, int]) -> Callable[[Dim], int]:
    from gradwright.core.index import valued

    return lambda dim: valued(dim, sizes)


def _present(value: Held, where: Line | None = None) -> Tensor:
    if isinstance(value, Missing):
        raise refusal(f"no formula is known for the primitive {value.primitive}", value.line or where)
    return value


@dataclass(frozen=True)
class Call:
    """A primitive where it is called."""

    reading: _Reading
    equation: Any

    @property
    def params(self) -> Mapping[str, Any]:
        params: Mapping[str, Any] = self.equation.params
        return params

    def dims(self, shape: Sequence[object]) -> tuple[Dim, ...]:
        return tuple(map(self.reading.extents.dim, shape))

    @property
    def shape(self) -> tuple[Dim, ...]:
        return self.dims(self.equation.outvars[0].aval.shape)

    def kind(self, place: int) -> str:
        """b, i, u or f: the kind of an operand."""
        return str(self.equation.invars[place].aval.dtype.kind)

    def inside(self, jaxpr: Any, *values: Held) -> list[Held]:
        consts = [self.reading.numbers(value, None) for value in getattr(jaxpr, "consts", ())]
        return self.reading.evaluated(getattr(jaxpr, "jaxpr", jaxpr), consts, list(values))


@dataclass(frozen=True)
class _Reading:
    extents: Extents

    def evaluated(self, jaxpr: Any, consts: Sequence[Held], values: Sequence[Held]) -> list[Held]:
        """The results of a jaxpr."""
        known: dict[Any, Held] = dict(zip(jaxpr.constvars, consts, strict=True))
        known.update(zip(jaxpr.invars, values, strict=True))
        for equation in jaxpr.eqns:
            taken = [self._operand(atom, known) for atom in equation.invars]
            known.update(zip(equation.outvars, self._called(equation, taken), strict=True))
        return [self._operand(atom, known) for atom in jaxpr.outvars]

    def _operand(self, atom: Any, known: Mapping[Any, Held]) -> Held:
        return self.numbers(atom.val, atom.aval) if hasattr(atom, "val") else known[atom]

    def numbers(self, value: Any, aval: Any) -> Held:
        """An array of numbers that the program holds."""
        import numpy as np

        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            return Missing(f"a constant of type {array.dtype}", None)
        if array.size > 4096:
            return Missing(f"a constant of {array.size} numbers", None)
        nodes = [self.extents.number(item) for item in _items(array)]
        return ops.written_out(array.shape, nodes) if array.shape else scalar(nodes[0])

    def _called(self, equation: Any, values: list[Held]) -> Sequence[Held]:
        name = equation.primitive.name
        line = _line(equation)
        row = LAZY.get(name)
        if row is None:
            row = ROWS.get(name)
            missing = next((value for value in values if isinstance(value, Missing)), None)
            if row is None or missing is not None:
                return [missing or Missing(name, line)] * len(equation.outvars)
        try:
            found = row(Call(self, equation), *values)
        except Error as error:
            if error.source is not None:
                raise
            raise refusal(f"{error.message} ({name})", line, error.hint) from None
        results = found if isinstance(found, list) else [found]
        return [Missing(r.primitive, line) if isinstance(r, Missing) and r.line is None else r for r in results]


def _items(array: Any) -> list[bool | int | float]:
    if array.dtype.kind == "f" and array.dtype.itemsize < 8:
        return [float(str(item)) for item in array.ravel()]
    items: list[bool | int | float] = array.ravel().tolist()
    return items


def _line(equation: Any) -> Line | None:
    trace = equation.source_info.traceback
    frames = trace.frames if trace is not None else ()
    return next((Line(f.file_name, f.line_num) for f in frames if is_users(f.file_name)), None)


# --- the rows: what a primitive means


def _each(function: Callable[..., Node]) -> Row:
    return lambda call, *values: entrywise(function, *values)


def _fn(name: str) -> Row:
    return _each(ops.function(name))


def _compare(op: str) -> Row:
    return _each(lambda left, right: ops.compared(op, left, right))


def _logical(of_truths: Callable[..., Node]) -> Row:
    def row(call: Call, *values: Tensor) -> Tensor:
        if call.kind(0) != "b":
            raise Error("arithmetic of bits")
        return entrywise(of_truths, *values)

    return row


def _reduce(op: str) -> Row:
    return lambda call, value: ops.reduced(op, value, call.params["axes"])


def _all(call: Call, value: Tensor) -> Tensor:
    return ops.reduced("prod", value, call.params["axes"])


def _any(call: Call, value: Tensor) -> Tensor:
    none = ops.reduced("prod", entrywise(ops.negated, value), call.params["axes"])
    return entrywise(ops.negated, none)


def _div(call: Call, left: Tensor, right: Tensor) -> Tensor:
    return entrywise(ops.floored if call.kind(0) in "iu" else divide, left, right)


def _cast(call: Call, value: Tensor) -> Tensor:
    new = call.params["new_dtype"].kind
    if new == "b" and call.kind(0) != "b":
        return entrywise(lambda x: ops.compared("!=", x, ZERO), value)
    if new in "iu" and call.kind(0) == "f":
        return entrywise(ops.rounded_to_zero, value)
    return value


def _select(call: Call, which: Tensor, *cases: Tensor) -> Tensor:
    if len(cases) == 1:
        return cases[0]
    if len(cases) == 2 and call.kind(0) == "b":
        return entrywise(lambda truth, other, then: ops.choice(truth, then, other), which, *cases)
    found = cases[-1]
    for number in reversed(range(len(cases) - 1)):
        found = entrywise(
            lambda at, then, other, k=number: ops.choice(ops.compared("==", at, const(k)), then, other),
            which, cases[number], found,
        )  # fmt: skip
    return found


def _dot(call: Call, left: Tensor, right: Tensor) -> Tensor:
    (over_left, over_right), (beside_left, beside_right) = call.params["dimension_numbers"]
    over = list(zip(over_left, over_right, strict=True))
    return ops.contracted(left, right, over, list(zip(beside_left, beside_right, strict=True)))


def _broadcast(call: Call, value: Tensor, *extents: Tensor) -> Tensor:
    shape = call.dims(call.params["shape"])
    return ops.stretched(moved(value, call.params["broadcast_dimensions"], len(shape)), shape)


def _reshape(call: Call, value: Tensor, *extents: Tensor) -> Tensor:
    return regrouped(value, call.shape)


def _iota(call: Call, *extents: Tensor) -> Tensor:
    return ops.counted(call.shape, call.params["dimension"])


def _extent(call: Call) -> Tensor:
    return scalar(size(call.reading.extents.dim(call.params["dim"])))


def _slice(call: Call, value: Tensor) -> Tensor:
    starts, steps = call.params["start_indices"], call.params["strides"] or (1,) * value.rank
    for axis, dim in enumerate(call.shape):
        start = size(call.reading.extents.dim(starts[axis]))
        value = ops.sliced(value, axis, start, dim, int(steps[axis]))
    return value


def _dynamic_slice(call: Call, value: Tensor, *starts: Tensor) -> Tensor:
    for axis, dim in enumerate(call.shape):
        if dim != value.shape[axis]:
            value = ops.sliced(value, axis, starts[axis].body, dim)
    return value


def _update_slice(call: Call, value: Tensor, update: Tensor, *starts: Tensor) -> Tensor:
    """The entries of the update where it is put, the value elsewhere."""
    inside, found = scalar(ONE), update
    for axis, dim in enumerate(value.shape):
        if dim == update.shape[axis]:
            continue
        along = subtract(place(indices_at(axis, parts_of(dim))), starts[axis].body)
        within = mul(ops.compared("<=", ZERO, along), ops.compared("<", along, size(update.shape[axis])))
        if update.shape[axis] == 1:
            within = ops.compared("==", along, ZERO)
        found = ops.taken(found, axis, along, dim)
        axes = tuple(parts_of(dim) if a == axis else () for a in range(value.rank))
        inside = entrywise(mul, inside, Tensor(axes, within))
    return entrywise(ops.choice, inside, found, value)


def _concatenate(call: Call, *values: Tensor) -> Tensor:
    return ops.concatenated(values, call.params["dimension"])


def _split(call: Call, value: Tensor) -> list[Tensor]:
    axis, start, found = call.params["axis"], ZERO, []
    for dim in call.dims(call.params["sizes"]):
        found.append(ops.sliced(value, axis, start, dim))
        start = add(start, size(dim))
    return found


def _pad(call: Call, value: Tensor, filling: Tensor) -> Tensor:
    for axis, (before, after, inner) in enumerate(call.params["padding_config"]):
        if inner or not isinstance(before, int) or not isinstance(after, int):
            raise Error("padding between entries, or as wide as an extent")
        if before or after:
            value = ops.padded(value, axis, filling.body, before, after)
    return value


def _reverse(call: Call, value: Tensor) -> Tensor:
    for axis in call.params["dimensions"]:
        value = ops.reversed_along(value, axis)
    return value


def _running(op: str) -> Row:
    return lambda call, value: ops.running(op, value, call.params["axis"], call.params["reverse"])


def _gather(call: Call, value: Tensor, starts: Tensor) -> Tensor:
    """Entries at places: the last axis of ``starts`` has a place for each of some axes of the value."""
    numbers = call.params["dimension_numbers"]
    shape = call.shape
    offsets = list(numbers.offset_dims)
    batch = [axis for axis in range(len(shape)) if axis not in offsets]
    gone = [*numbers.collapsed_slice_dims, *numbers.operand_batching_dims]
    window = dict(zip([axis for axis in range(value.rank) if axis not in gone], offsets, strict=True))
    # The value's axes are put behind those of the result; each is then taken at its place and summed away.
    rank = len(shape)
    found = moved(value, range(rank, rank + value.rank), rank + value.rank)
    found = ops.stretched(found, (*shape, *value.shape))
    for axis in reversed(range(value.rank)):
        at: Node = ZERO
        if axis in numbers.start_index_map:
            at = _start(starts, numbers.start_index_map.index(axis), batch, rank)
        elif axis in numbers.operand_batching_dims:
            beside = numbers.start_indices_batching_dims[numbers.operand_batching_dims.index(axis)]
            at = place(indices_at(batch[beside], parts_of(shape[batch[beside]])))
        if axis in window:
            own = window[axis]
            at = add(at, place(indices_at(own, parts_of(shape[own])))) if shape[own] != 1 else at
        found = ops.without(ops.taken(found, rank + axis, at, 1), [rank + axis])
    return found


def _start(starts: Tensor, component: int, batch: Sequence[int], rank: int) -> Node:
    """The place that a component of the last axis says, in the indices of the result."""
    last = starts.rank - 1
    one = ops.without(ops.taken(starts, last, const(component), 1), [last])
    return moved(one, batch, rank).body


def _scan(call: Call, *values: Tensor) -> list[Held]:
    params = call.params
    length = call.reading.extents.dim(params["length"])
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
        now = [ops.without(ops.taken(value, 0, const(step), 1), [0]) for value in over]
        state, out = _parted(call.inside(params["jaxpr"], *fixed, *state, *now), params["num_carry"])
        given.append(out)
    if params["reverse"]:
        given.reverse()
    stacks = [ops.stacked([_present(out) for out in outs], 0) for outs in zip(*given, strict=True)]
    return [*state, *stacks]


def _parted(values: list[Held], count: int) -> tuple[list[Held], list[Held]]:
    return values[:count], values[count:]


def _while(call: Call, *values: Held) -> list[Held]:
    """A loop whose condition is known at every step: it is written out."""
    params = call.params
    first, second = params["cond_nconsts"], params["cond_nconsts"] + params["body_nconsts"]
    tests, fixed, state = list(values[:first]), list(values[first:second]), list(values[second:])
    for _ in range(_MOST_STEPS + 1):
        (going,) = call.inside(params["cond_jaxpr"], *tests, *state)
        truth = _present(going).body
        if truth is ZERO:
            return state
        if truth is not ONE:
            raise Error("a loop whose number of steps depends on values, or on an extent")
        state = call.inside(params["body_jaxpr"], *fixed, *state)
    raise Error(f"a loop of more than {_MOST_STEPS} steps")


def _cond(call: Call, which: Held, *values: Held) -> list[Held]:
    branches = call.params["branches"]
    if isinstance(which, Missing):  # which platform it runs on: the last branch is the one for any
        return (
            call.inside(branches[-1], *values)
            if which.primitive == "platform_index"
            else [which] * len(call.equation.outvars)
        )
    at = which.body
    if isinstance(at, Const):
        return call.inside(branches[min(max(int(at.value), 0), len(branches) - 1)], *values)
    results = [call.inside(branch, *values) for branch in branches]
    found = results[-1]
    for number in reversed(range(len(branches) - 1)):
        here = entrywise(lambda x, k=number: ops.compared("==", x, const(k)), which)
        found = [
            entrywise(ops.choice, here, _present(then), _present(other))
            for then, other in zip(results[number], found, strict=True)
        ]
    return found


def _named(call: Call, *values: Held) -> list[Held]:
    """A function inside the program. Some of JAX's own are rows of the tables."""
    inner = call.params.get("jaxpr") or call.params.get("call_jaxpr") or call.params.get("fun_jaxpr")
    row = OWN.get(_name_in_jax(inner))
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


def _integer_pow(call: Call, value: Tensor) -> Tensor:
    return entrywise(lambda x: power(x, const(call.params["y"])), value)


def _clamp(call: Call, low: Tensor, value: Tensor, high: Tensor) -> Tensor:
    return entrywise(lambda a, x, b: ops.smaller(ops.larger(x, a), b), low, value, high)


def _triangular(call: Call, matrix: Tensor, right: Tensor) -> Tensor:
    """X with A X = B, of the triangle that is named, or X A = B."""
    params = call.params
    side = _triangle_of(matrix, lower=params["lower"], unit=params["unit_diagonal"])
    inverse = ops.of_matrix("inv", side)
    if params["transpose_a"]:
        inverse = ops.swapped(inverse, -1, -2)
    return ops.multiplied(inverse, right) if params["left_side"] else ops.multiplied(right, inverse)


def _triangle_of(matrix: Tensor, lower: bool, unit: bool) -> Tensor:
    if unit:
        raise Error("a triangular matrix with ones on its diagonal")
    return ops.triangle(matrix, 0, upper=not lower)


def _cholesky(call: Call, value: Tensor) -> Tensor:
    return ops.factor_of(value)


def _linear_solve(call: Call, *values: Held) -> list[Held]:
    """x with A x = b, where A is read off from the product that the program hands over with it."""
    lengths, inner = call.params["const_lengths"], call.params["jaxprs"]
    matvec = values[: lengths.matvec]
    (right,) = values[sum(lengths) :]
    right = _present(right)
    unknown = Tensor(right.axes, entry("unknown", *(i for a in range(right.rank) for i in right.indices(a))))
    (product,) = call.inside(inner.matvec, *matvec, unknown)
    body = _present(product).body
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


def _logabsdet(value: Tensor) -> list[Held]:
    found = ops.of_matrix("det", value)
    return [entrywise(ops.function("sign"), found),
            entrywise(lambda x: apply("log", apply("abs", x)), found)]  # fmt: skip


def _softplus(*values: Tensor) -> Tensor:
    first, second = values
    if second.body is ZERO:
        return entrywise(ops.function("softplus"), first)
    return (
        entrywise(ops.function("softplus"), second)
        if first.body is ZERO
        else entrywise(ops.function("logaddexp"), first, second)
    )


def _sort_missing(call: Call, *values: Held) -> list[Held]:
    return [Missing(call.equation.primitive.name, _line(call.equation))] * len(call.equation.outvars)


def _pow(call: Call, base: Tensor, exponent: Tensor) -> Tensor:
    return entrywise(power, base, exponent)


def _same(call: Call, *values: Tensor) -> Tensor:
    return values[0]


def _several(call: Call, *values: Tensor) -> list[Tensor]:
    return list(values)


ROWS: dict[str, Row] = {
    "add": _each(add), "sub": _each(subtract), "mul": _each(mul), "div": _div, "neg": _each(negate),
    "add_any": _each(add), "max": _each(ops.larger), "min": _each(ops.smaller), "pow": _pow,
    "integer_pow": _integer_pow, "square": _each(lambda x: power(x, const(2))), "sqrt": _each(ops.root),
    "rsqrt": _each(lambda x: power(x, negate(HALF))), "cbrt": _fn("cbrt"), "exp": _fn("exp"),
    "exp2": _each(lambda x: power(const(2), x)), "expm1": _fn("expm1"), "log": _fn("log"), "log1p": _fn("log1p"),
    "sin": _fn("sin"), "cos": _fn("cos"), "tan": _fn("tan"), "asin": _fn("arcsin"), "acos": _fn("arccos"),
    "atan": _fn("arctan"), "sinh": _fn("sinh"), "cosh": _fn("cosh"), "tanh": _fn("tanh"), "asinh": _fn("arcsinh"),
    "acosh": _fn("arccosh"), "atanh": _fn("arctanh"), "atan2": _fn("arctan2"), "logistic": _fn("sigmoid"),
    "erf": _fn("erf"), "erfc": _fn("erfc"), "erf_inv": _fn("erfinv"), "lgamma": _fn("lgamma"),
    "digamma": _fn("digamma"), "abs": _fn("abs"), "sign": _fn("sign"), "floor": _fn("floor"),
    "ceil": _each(lambda x: negate(apply("floor", negate(x)))), "clamp": _clamp, "eq": _compare("=="),
    "ne": _compare("!="), "lt": _compare("<"), "le": _compare("<="), "gt": _compare(">"), "ge": _compare(">="),
    "and": _logical(mul), "or": _logical(ops.either), "not": _logical(ops.negated),
    "xor": _logical(lambda a, b: ops.compared("!=", a, b)), "is_finite": _each(lambda x: ONE), "select_n": _select,
    "convert_element_type": _cast, "reduce_sum": _reduce("sum"), "reduce_prod": _reduce("prod"),
    "reduce_max": _reduce("max"), "reduce_min": _reduce("min"), "reduce_and": _all, "reduce_or": _any,
    "dot_general": _dot, "broadcast_in_dim": _broadcast, "reshape": _reshape, "squeeze": lambda call,
    value: ops.without(value, call.params["dimensions"]), "expand_dims": _reshape, "transpose": lambda call,
    value: ops.transposed(value, call.params["permutation"]), "iota": _iota, "dim_as_value": _extent, "slice": _slice,
    "dynamic_slice": _dynamic_slice, "dynamic_update_slice": _update_slice, "concatenate": _concatenate,
    "split": _split, "pad": _pad, "rev": _reverse, "cumsum": _running("sum"), "cumprod": _running("prod"),
    "cummax": _running("max"), "cummin": _running("min"), "cumlogsumexp": _running("log-sum-exp"), "gather": _gather,
    "stop_gradient": lambda call, value: ops.held(value), "copy": _same, "copy_p": _same, "reduce_precision": _same,
    "real": _same, "optimization_barrier": _several, "scan": _scan, "cholesky": _cholesky,
    "triangular_solve": _triangular,
}  # fmt: skip
"""What a primitive means of tensors."""
LAZY: dict[str, Row] = {
    "jit": _named, "pjit": _named, "closed_call": _named, "core_call": _named, "remat": _named, "remat2": _named,
    "checkpoint": _named, "custom_jvp_call": _named, "custom_vjp_call": _named, "custom_vjp_call_jaxpr": _named,
    "custom_lin": _named, "custom_linear_solve": _linear_solve, "while": _while, "cond": _cond,
}  # fmt: skip
"""What may be called with values that nobody needs."""
OWN: dict[str, Callable[..., Any]] = {
    "logaddexp": _softplus,
    "_slogdet_lu": _logabsdet,
    "_slogdet_qr": _logabsdet,
    "_det": lambda value: ops.of_matrix("det", value),
    "det": lambda value: ops.of_matrix("det", value),
    "log_ndtr": lambda value: entrywise(ops.function("lognormcdf"), value),
    "xlogy": lambda *values: entrywise(ops.function("xlogy"), *values),
    "xlog1py": lambda *values: entrywise(ops.function("xlog1py"), *values),
    "logit": lambda value: entrywise(ops.function("logit"), value),
    "sinc": lambda value: entrywise(ops.function("sinc"), value),
}
"""Functions of JAX that the tables have."""
