"""Programs of PyTorch. Owns: exporting one at given sizes, and what its operations mean, a row each.

Never: differentiates, runs a program with numbers in it.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, TypeAlias

from gradwright.core.build import (
    HALF,
    MINUS_ONE,
    ONE,
    ZERO,
    add,
    apply,
    const,
    divide,
    mul,
    negate,
    power,
    size,
    subtract,
)  # fmt: skip
from gradwright.core.errors import Error
from gradwright.core.index import Dim, valued
from gradwright.core.node import Node
from gradwright.core.record import dataclass
from gradwright.read.program import operations as ops
from gradwright.read.program.arguments import Arguments, Leaf, Spec, Symbol, Value, called, mapped
from gradwright.read.program.extents import Extents, Primes
from gradwright.read.program.source import in_stack, refusal
from gradwright.read.program.tensor import Tensor, broadcast, entrywise, moved, place, regrouped, scalar  # fmt: skip

TWO = const(2)
Row = Callable[["Call"], Any]
Held: TypeAlias = Any
"""A tensor, a list of them, or a value of Python."""


def function_of(program: Any, specs: Mapping[str, Spec]) -> tuple[Callable[..., object], Mapping[str, Spec]]:
    """A module as a function of its parameters and of what its ``forward`` takes; a function as it is."""
    import torch

    if not isinstance(program, torch.nn.Module):
        return program, specs
    own = {name: tuple(value.shape) for name, value in program.named_parameters()}
    named = {**{name: name for name in own}, **{re.sub(r"\W", "_", name): name for name in own}}
    parameters = {name: next((specs[s] for s in named if named[s] == name and s in specs), own[name]) for name in own}
    rest = {name: spec for name, spec in specs.items() if name not in named}

    def functional(parameters: Mapping[str, Any], **values: object) -> object:
        return torch.func.functional_call(program, dict(parameters), (), values)

    forward = inspect.signature(program.forward).parameters
    first = inspect.Parameter("parameters", inspect.Parameter.KEYWORD_ONLY)
    others = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in forward.values()]
    functional.__signature__ = inspect.Signature([first, *others])  # type: ignore[attr-defined]
    functional.__name__ = type(program).__name__
    return functional, {"parameters": parameters, **rest}


@dataclass(frozen=True)
class Traced:
    """An exported program with what it takes."""

    exported: Any
    symbols: tuple[Symbol, ...]
    extents: Extents

    @property
    def order(self) -> list[str]:
        """The arguments as the program first uses them."""
        given = [node for node in self.exported.graph.nodes if node.op == "placeholder"][-len(self.symbols) :]
        names = dict(zip(given, (symbol.name for symbol in self.symbols), strict=True))
        used = [one for node in self.exported.graph.nodes for one in node.all_input_nodes]
        return [names[node] for node in dict.fromkeys((*used, *given)) if node in names]

    def results(self, inputs: Mapping[str, Tensor]) -> list[Tensor]:
        """What the program gives, in indices."""
        return _results(self, inputs)


def traced(program: Callable[..., object], arguments: Arguments, sizes: Mapping[str, int] | None) -> Traced:
    """The program exported at those sizes."""
    import torch
    from torch._subclasses.fake_tensor import FakeTensorMode

    assert sizes is not None
    at = sizes
    symbols = arguments.symbols

    class Program(torch.nn.Module):
        def forward(self, *values: torch.Tensor) -> Any:
            given = dict(zip((symbol.name for symbol in symbols), values, strict=True))

            def value(leaf: Leaf) -> object:
                if isinstance(leaf, Value):
                    return leaf.value
                return given[leaf.name] if isinstance(leaf, Symbol) else valued(leaf.dim, at)

            return called(program, {name: mapped(tree, value) for name, tree in arguments.trees.items()})

    def example(symbol: Symbol) -> torch.Tensor:
        shape = [valued(dim, at) for dim in symbol.shape]
        if symbol.below is not None:
            return torch.zeros(shape, dtype=torch.int64)
        return torch.empty(shape, dtype=torch.float64)

    with FakeTensorMode(allow_non_fake_inputs=True):  # shapes alone, without any memory
        examples = tuple(map(example, symbols))
    exported = torch.export.export(Program(), examples, strict=False)
    if any(_changes_in_place(node) for node in exported.graph.nodes):
        exported = exported.run_decompositions({})
    return Traced(exported, symbols, Primes(at))


def _changes_in_place(node: Any) -> bool:
    schema = getattr(node.target, "_schema", None)
    return schema is not None and schema.is_mutable


def _results(trace: Traced, inputs: Mapping[str, Tensor]) -> list[Tensor]:
    from torch.export.graph_signature import InputKind

    given = iter(inputs[symbol.name] for symbol in trace.symbols)
    known: dict[Any, Held] = {}
    kinds = iter(trace.exported.graph_signature.input_specs)
    for node in trace.exported.graph.nodes:
        if node.op == "placeholder":
            spec = next(kinds)
            if spec.kind is InputKind.USER_INPUT:
                known[node] = next(given)
            else:
                held = trace.exported.constants.get(spec.target, trace.exported.state_dict.get(spec.target))
                known[node] = _numbers(held, trace.extents)
        elif node.op == "output":
            return [value for value in _looked_up(node.args[0], known) if isinstance(value, Tensor)]
        elif node.op == "call_function":
            known[node] = _called(node, known, trace)
        elif node.op == "get_attr":
            known[node] = _attribute(node, trace)
    raise AssertionError("a graph ends with its output")


def _attribute(node: Any, trace: Traced) -> Held:
    value = getattr(trace.exported.graph_module, node.target)
    return value if hasattr(value, "graph") else _numbers(value, trace.extents)


def _numbers(value: Any, extents: Extents) -> Tensor:
    """A tensor of numbers that the program holds."""
    if value.numel() > 4096:
        raise Error(f"the program holds a tensor of {value.numel()} numbers", hint="make it an argument")
    nodes = [extents.number(item) for item in value.flatten().tolist()]
    return ops.written_out(tuple(value.shape), nodes) if value.dim() else scalar(nodes[0])


def _looked_up(argument: Any, known: Mapping[Any, Held]) -> Any:
    if isinstance(argument, list | tuple):
        return [_looked_up(one, known) for one in argument]
    return known[argument] if hasattr(argument, "graph") and hasattr(argument, "op") else argument


@dataclass(frozen=True)
class Call:
    """An operation where it is called: its arguments by the names of its schema, with those left out."""

    name: str
    given: Mapping[str, Any]
    extents: Extents
    shape: tuple[int, ...]
    kinds: Mapping[str, str]

    def __getitem__(self, name: str) -> Any:
        return self.given.get(name)

    def but(self, **given: Any) -> Call:
        """The same call with other arguments."""
        return replace(self, given={**self.given, **given})

    def tensor(self, name: str) -> Tensor:
        """An argument as a tensor, where it may be a number."""
        value = self.given[name]
        return value if isinstance(value, Tensor) else scalar(self.number(value))

    def number(self, value: Any) -> Node:
        if isinstance(value, Tensor):
            return value.body
        return self.extents.number(value)

    def dims(self, shape: Sequence[int]) -> tuple[Dim, ...]:
        return tuple(map(self.extents.dim, shape))

    @property
    def out(self) -> tuple[Dim, ...]:
        return self.dims(self.shape)

    @property
    def rank(self) -> int:
        return self.tensor("self").rank

    def axes(self, name: str = "dim") -> list[int]:
        """The axes that an argument names; all where it names none."""
        value = self.given.get(name)
        if value is None or value == []:
            return list(range(self.rank))
        return [value] if isinstance(value, int) else list(value)


def _called(node: Any, known: Mapping[Any, Held], trace: Traced) -> Held:
    args, kwargs = _looked_up(node.args, known), {k: _looked_up(v, known) for k, v in node.kwargs.items()}
    line = in_stack(node.meta.get("stack_trace") or "")
    schema = getattr(node.target, "_schema", None)
    if schema is None:
        return _of_python(node, args, trace, line)
    name = schema.name.split("::")[-1]
    given = {a.name: a.default_value for a in schema.arguments if a.has_default_value()}
    given |= dict(zip((a.name for a in schema.arguments), args, strict=False)) | kwargs
    row = ROWS.get(name)
    if row is None:
        raise refusal(f"no formula is known for the operation {name}", line)
    value = node.meta.get("val")
    shape = tuple(value.shape) if hasattr(value, "shape") else ()
    kinds = {a.name: _kind(source) for a, source in zip(schema.arguments, node.args, strict=False)}
    try:
        return row(Call(name, given, trace.extents, shape, kinds))
    except Error as error:
        if error.source is not None:
            raise
        raise refusal(f"{error.message} ({name})", line, error.hint) from None


def _kind(source: Any) -> str:
    """b, i or f: the kind of an argument."""
    value = source.meta.get("val") if hasattr(source, "meta") else source
    dtype = getattr(value, "dtype", None)
    if dtype is None:
        return "b" if isinstance(value, bool) else "i" if isinstance(value, int) else "f"
    return "b" if str(dtype).endswith("bool") else "f" if dtype.is_floating_point else "i"


def _of_python(node: Any, args: list[Any], trace: Traced, line: Any) -> Held:
    name = getattr(node.target, "__name__", str(node.target))
    if name == "getitem":
        return args[0][args[1]]
    if name == "wrap_with_set_grad_enabled":
        enabled, inside, *values = args
        found = _inside(inside, values, trace)
        return found if enabled else [ops.held(value) for value in found]
    raise refusal(f"no formula is known for the operation {name}", line)


def _inside(module: Any, values: list[Held], trace: Traced) -> list[Held]:
    known: dict[Any, Held] = {}
    given = iter(values)
    for node in module.graph.nodes:
        if node.op == "placeholder":
            known[node] = next(given)
        elif node.op == "output":
            return list(_looked_up(node.args[0], known))
        else:
            known[node] = _called(node, known, trace)
    raise AssertionError("a graph ends with its output")


# --- entry by entry


def _each(function: Callable[..., Node]) -> Row:
    return lambda call: entrywise(function, call.tensor("self"))


def _fn(name: str) -> Row:
    return _each(ops.function(name))


def _two(function: Callable[..., Node]) -> Row:
    return lambda call: entrywise(function, call.tensor("self"), call.tensor("other"))


def _compare(op: str) -> Row:
    return _two(lambda left, right: ops.compared(op, left, right))


def _add(sign: int) -> Row:
    def row(call: Call) -> Tensor:
        times_other = mul(const(sign), call.number(call["alpha"]) if call["alpha"] is not None else ONE)
        return entrywise(lambda x, y: add(x, mul(times_other, y)), call.tensor("self"), call.tensor("other"))

    return row


def _rsub(call: Call) -> Tensor:
    alpha = call.number(call["alpha"])
    return entrywise(lambda x, y: subtract(y, mul(alpha, x)), call.tensor("self"), call.tensor("other"))


def _div(call: Call) -> Tensor:
    mode = call["rounding_mode"]
    rounded = {"floor": ops.floored, "trunc": lambda x, y: ops.rounded_to_zero(divide(x, y)), None: divide}[mode]
    return entrywise(rounded, call.tensor("self"), call.tensor("other"))


def _pow(call: Call) -> Tensor:
    return entrywise(power, call.tensor("self"), call.tensor("exponent"))


def _clamp(call: Call) -> Tensor:
    found = call.tensor("self")
    if call["min"] is not None:
        found = entrywise(ops.larger, found, call.tensor("min"))
    return found if call["max"] is None else entrywise(ops.smaller, found, call.tensor("max"))


def _where(call: Call) -> Tensor:
    return entrywise(ops.choice, call.tensor("condition"), call.tensor("self"), call.tensor("other"))


def _masked_fill(call: Call) -> Tensor:
    value = call.tensor("value")
    return entrywise(lambda m, x, v: ops.choice(m, v, x), call.tensor("mask"), call.tensor("self"), value)


def _not(call: Call) -> Tensor:
    if call.kinds["self"] != "b":
        raise Error("arithmetic of bits")
    return entrywise(ops.negated, call.tensor("self"))


def _logical(function: Callable[..., Node]) -> Row:
    def row(call: Call) -> Tensor:
        if call.kinds["self"] != "b":
            raise Error("arithmetic of bits")
        return entrywise(function, call.tensor("self"), call.tensor("other"))

    return row


def _cast(call: Call) -> Tensor:
    value = call.tensor("self")
    new = str(call["dtype"] or "")
    if new.endswith("bool") and call.kinds.get("self") != "b":
        return entrywise(lambda x: ops.compared("!=", x, ZERO), value)
    if "int" in new and call.kinds.get("self") == "f":
        return entrywise(ops.rounded_to_zero, value)
    return value


def _gelu(call: Call) -> Tensor:
    if call["approximate"] == "tanh":
        return entrywise(_gelu_tanh, call.tensor("self"))
    return entrywise(
        lambda x: mul(HALF, x, add(ONE, apply("erf", mul(x, power(TWO, negate(HALF)))))), call.tensor("self")
    )


def _gelu_tanh(x: Node) -> Node:
    inner = add(x, mul(const(Fraction("0.044715")), power(x, const(3))))
    return mul(HALF, x, add(ONE, apply("tanh", mul(power(divide(TWO, apply("pi")), HALF), inner))))


def _softplus(call: Call) -> Tensor:
    beta = call.number(call["beta"])
    return entrywise(lambda x: divide(apply("softplus", mul(beta, x)), beta), call.tensor("self"))


def _leaky(call: Call) -> Tensor:
    slope = call.number(call["negative_slope"])
    return entrywise(lambda x: ops.choice(ops.compared(">", x, ZERO), x, mul(slope, x)), call.tensor("self"))


def _elu(call: Call) -> Tensor:
    alpha, scale = call.number(call["alpha"]), call.number(call["scale"])
    return entrywise(
        lambda x: mul(scale, ops.choice(ops.compared(">", x, ZERO), x, mul(alpha, apply("expm1", x)))),
        call.tensor("self"),
    )


def _log_sigmoid(x: Node) -> Node:
    return negate(apply("softplus", negate(x)))


def _silu(x: Node) -> Node:
    return mul(x, apply("sigmoid", x))


# --- reductions


def _keep(call: Call) -> bool:
    return bool(call["keepdim"])


def _reduce(op: str) -> Row:
    return lambda call: ops.reduced(op, call.tensor("self"), call.axes(), _keep(call))


def _extreme(op: str) -> Row:
    """max() of all; max(dim) with the places, of which no formula is known; max(other)."""

    def row(call: Call) -> Any:
        if call["other"] is not None:
            return entrywise(ops.larger if op == "max" else ops.smaller, call.tensor("self"), call.tensor("other"))
        found = ops.reduced(op, call.tensor("self"), call.axes(), _keep(call))
        return [found, None] if call["dim"] is not None else found

    return row


def _mean(call: Call) -> Tensor:
    return ops.mean(call.tensor("self"), call.axes(), _keep(call))


def _variance(call: Call) -> Tensor:
    less = call["correction"]
    if less is None:
        less = int(call["unbiased"]) if call["unbiased"] is not None else 1
    return ops.variance(call.tensor("self"), call.axes(), call.number(less), _keep(call))


def _deviation(call: Call) -> Tensor:
    return entrywise(ops.root, _variance(call))


def _log_sum_exp(call: Call) -> Tensor:
    return ops.log_sum_exp(call.tensor("self"), call.axes(), _keep(call))


def _norm(call: Call) -> Tensor:
    order = call["ord"] if "ord" in call.given else call["p"]
    return ops.norm(call.tensor("self"), call.axes(), 2.0 if order is None else float(order), _keep(call))


def _any(call: Call) -> Tensor:
    none = ops.reduced("prod", entrywise(ops.negated, call.tensor("self")), call.axes(), _keep(call))
    return entrywise(ops.negated, none)


def _softmax(call: Call) -> Tensor:
    return ops.softmax(call.tensor("self"), call["dim"])


def _log_softmax(call: Call) -> Tensor:
    return ops.log_softmax(call.tensor("self"), call["dim"])


def _running(op: str) -> Row:
    return lambda call: ops.running(op, call.tensor("self"), call["dim"] % call.rank)


# --- axes


def _reshape(call: Call) -> Tensor:
    return regrouped(call.tensor("self"), call.out)


def _transpose(call: Call) -> Tensor:
    value = call.tensor("self")
    return ops.swapped(value, call["dim0"] % value.rank, call["dim1"] % value.rank)


def _turned(call: Call) -> Tensor:
    value = call.tensor("self")
    return ops.swapped(value, -1, -2) if value.rank > 1 else value


def _unsqueeze(call: Call) -> Tensor:
    return ops.with_axis(call.tensor("self"), call["dim"])


def _squeeze(call: Call) -> Tensor:
    return ops.without(call.tensor("self"), call.axes())


def _expand(call: Call) -> Tensor:
    return ops.stretched(call.tensor("self"), call.out)


def _together(call: Call) -> list[Tensor]:
    return list(broadcast(*call["tensors"]))


def _same(call: Call) -> Tensor:
    return call.tensor("self")


def _detach(call: Call) -> Tensor:
    return ops.held(call.tensor("self"))


def _dropout(call: Call) -> Tensor:
    if call["train"] and call["p"]:
        raise Error("dropout draws at random", hint="module.eval() leaves it out")
    return call.tensor("input" if "input" in call.given else "self")


# --- places


def _select(call: Call) -> Tensor:
    value, axis = call.tensor("self"), call["dim"] % call.rank
    return ops.without(ops.taken(value, axis, _at(call, call["index"], axis), 1), [axis])


def _at(call: Call, index: int, axis: int) -> Node:
    """A place from the front, or from the back where it is negative."""
    if index >= 0:
        return call.number(index)
    return add(size(call.tensor("self").shape[axis]), const(index))


def _slice(call: Call) -> Tensor:
    value, axis = call.tensor("self"), call["dim"] % call.rank
    start = _at(call, call["start"], axis) if call["start"] else ZERO
    return ops.sliced(value, axis, start, call.out[axis], call["step"])


def _narrow(call: Call) -> Tensor:
    axis = call["dim"] % call.rank
    return ops.sliced(call.tensor("self"), axis, _at(call, call["start"], axis), call.out[axis])


def _pieces(sizes: Callable[[Call, int], list[int]]) -> Row:
    def row(call: Call) -> list[Tensor]:
        axis = call["dim"] % call.rank
        found, start = [], ZERO
        for dim in call.dims(sizes(call, valued_size(call, axis))):
            found.append(ops.sliced(call.tensor("self"), axis, start, dim))
            start = add(start, size(dim))
        return found

    return row


def valued_size(call: Call, axis: int) -> int:
    """The number an extent is in this trace."""
    assert isinstance(call.extents, Primes)
    return valued(call.tensor("self").shape[axis], call.extents.sizes)


def _chunked(call: Call, length: int) -> list[int]:
    each = -(-length // call["chunks"])
    return [min(each, length - start) for start in range(0, length, each)]


def _split_evenly(call: Call, length: int) -> list[int]:
    each = call["split_size"]
    if isinstance(each, list):
        return each
    return [min(each, length - start) for start in range(0, length, each)]


def _cat(call: Call) -> Tensor:
    return ops.concatenated(call["tensors"], call["dim"])


def _stack(call: Call) -> Tensor:
    tensors = call["tensors"]
    return ops.stacked(tensors, call["dim"] % (tensors[0].rank + 1))


def _gather(call: Call) -> Tensor:
    """Entries along an axis, at a place for each entry of the result."""
    value, axis, index = call.tensor("self"), call["dim"] % call.rank, call.tensor("index")
    shape, rank = index.shape, value.rank
    found = moved(value, [rank if a == axis else a for a in range(rank)], rank + 1)
    beside = Tensor((*index.axes, ()), ZERO)
    found = broadcast(found, beside)[0]
    if any(found.shape[a] != shape[a] for a in range(rank)):
        raise Error("entries are gathered from a part of an axis")
    return ops.without(ops.taken(found, rank, index.body, 1), [rank])


def _index(call: Call) -> Tensor:
    """x[i, j, :]: arrays of places, which broadcast with each other; they stand next to each other."""
    value, places = call.tensor("self"), call["indices"]
    axes = [axis for axis, at in enumerate(places) if at is not None]
    if axes != list(range(axes[0], axes[-1] + 1)):
        raise Error("places along axes that are not neighbours")
    together = broadcast(*(places[axis] for axis in axes))
    width, before = together[0].rank, axes[0]
    rank = value.rank - len(axes) + width
    rest = [*range(before), *range(axes[-1] + 1, value.rank)]
    there = {axis: axis if axis < before else axis - len(axes) + width for axis in rest}
    there |= {axis: rank + k for k, axis in enumerate(axes)}
    found = moved(value, [there[axis] for axis in range(value.rank)], rank + len(axes))
    shape = Tensor((*[()] * before, *together[0].axes, *[()] * (found.rank - before - width)), ZERO)
    found = broadcast(found, shape)[0]
    for k in reversed(range(len(axes))):
        at = moved(together[k], range(before, before + width), rank).body
        found = ops.without(ops.taken(found, rank + k, at, 1), [rank + k])
    return found


def _one_hot(call: Call) -> Tensor:
    classes = call.extents.dim(call["num_classes"])
    labels = ops.with_axis(call.tensor("self"), -1)
    numbers = ops.counted((*[1] * (labels.rank - 1), classes), labels.rank - 1)
    return entrywise(lambda x, y: ops.compared("==", x, y), labels, numbers)


def _embedding(call: Call) -> Tensor:
    weight, places = call.tensor("weight"), call.tensor("indices")
    found = moved(weight, [places.rank + 1, places.rank], places.rank + 2)
    shape = Tensor((*places.axes, (), ()), ZERO)
    rank = places.rank + 1
    return ops.without(ops.taken(broadcast(found, shape)[0], rank, places.body, 1), [rank])


# --- new tensors


def _filled(node: Node) -> Row:
    return lambda call: ops.filled(call.out, node)


def _full(call: Call) -> Tensor:
    return ops.filled(call.out, call.number(call["fill_value"]))


def _arange(call: Call) -> Tensor:
    start, step = call["start"] or 0, call["step"] or 1
    found = ops.counted(call.out, 0)
    return Tensor(found.axes, add(mul(call.number(step), found.body), call.number(start)))


def _eye(call: Call) -> Tensor:
    rows, columns = call.out
    if rows != columns:
        raise Error("an identity that is not square")
    return ops.unit(rows)


def _triangle(upper: bool) -> Row:
    return lambda call: ops.triangle(call.tensor("self"), call["diagonal"], upper)


def _diag(call: Call) -> Tensor:
    value = call.tensor("self")
    if call["diagonal"]:
        raise Error("a diagonal beside the main one")
    if value.rank == 2:
        return ops.diagonal(value, 0, 1)
    return entrywise(mul, ops.with_axis(value, 1), ops.unit(value.shape[0]))


def _diagonal(call: Call) -> Tensor:
    value = call.tensor("self")
    if call["offset"]:
        raise Error("a diagonal beside the main one")
    first, second = call["dim1"] % value.rank, call["dim2"] % value.rank
    found = ops.diagonal(value, min(first, second), max(first, second))
    order = [axis for axis in range(found.rank) if axis != min(first, second)]
    return ops.transposed(found, [*order, min(first, second)])


def _trace(call: Call) -> Tensor:
    return ops.reduced("sum", ops.diagonal(call.tensor("self"), 0, 1), [0])


# --- products


def _matmul(left: str, right: str) -> Row:
    return lambda call: ops.multiplied(call.tensor(left), call.tensor(right))


def _linear(call: Call) -> Tensor:
    product = ops.multiplied(call.tensor("input"), ops.swapped(call.tensor("weight"), 0, 1))
    return product if call["bias"] is None else entrywise(add, product, call.tensor("bias"))


def _added_product(left: str, right: str) -> Row:
    def row(call: Call) -> Tensor:
        beta, alpha = call.number(call["beta"]), call.number(call["alpha"])
        product = ops.multiplied(call.tensor(left), call.tensor(right))
        return entrywise(lambda x, p: add(mul(beta, x), mul(alpha, p)), call.tensor("self"), product)

    return row


def _outer(call: Call) -> Tensor:
    other = call.tensor("vec2")
    return entrywise(mul, ops.with_axis(call.tensor("self"), 1), other)


def _einsum(call: Call) -> Tensor:
    return ops.einsum(call["equation"], *call["tensors"])


# --- layers and losses


def _reduction(call: Call, value: Tensor) -> Tensor:
    """none, mean or sum, as ATen numbers them."""
    every = range(value.rank)
    return (value, ops.mean(value, every), ops.reduced("sum", value, every))[call["reduction"]]


def _loss(function: Callable[..., Node]) -> Row:
    return lambda call: _reduction(call, entrywise(function, call.tensor("self"), call.tensor("target")))


def _huber(smooth: bool) -> Row:
    def row(call: Call) -> Tensor:
        delta = call.number(call["beta" if smooth else "delta"])

        def of_gap(x: Node, y: Node) -> Node:
            gap = subtract(x, y)
            near = mul(HALF, power(gap, TWO))
            far = mul(delta, subtract(apply("abs", gap), mul(HALF, delta)))
            found = ops.choice(ops.compared("<", apply("abs", gap), delta), near, far)
            return divide(found, delta) if smooth else found

        return _reduction(call, entrywise(of_gap, call.tensor("self"), call.tensor("target")))

    return row


def _cross_entropy(call: Call) -> Tensor:
    logits, target = call.tensor("self"), call.tensor("target")
    axis = 1 if logits.rank > 1 else 0
    logarithms = ops.log_softmax(logits, axis)
    smooth = call.number(call["label_smoothing"])
    return _negative_log(call, logarithms, target, axis, smooth)


def _negative_log(call: Call, logarithms: Tensor, target: Tensor, axis: int, smooth: Node) -> Tensor:
    """−Σ_c t_c log p_c of class labels, or of probabilities."""
    if call["weight"] is not None:
        raise Error("a loss with class weights", hint="multiply by them")
    if target.rank < logarithms.rank:
        labels = ops.with_axis(target, axis)
        numbers = ops.counted([d if a == axis else 1 for a, d in enumerate(logarithms.shape)], axis)
        target = entrywise(lambda x, y: ops.compared("==", x, y), labels, numbers)
    classes = size(logarithms.shape[axis])
    target = entrywise(lambda t: add(mul(subtract(ONE, smooth), t), divide(smooth, classes)), target)
    losses = ops.reduced("sum", entrywise(lambda t, log_p: negate(mul(t, log_p)), target, logarithms), [axis])
    return _reduction(call, losses)


def _nll(call: Call) -> Tensor:
    value = call.tensor("self")
    return _negative_log(call, value, call.tensor("target"), 1 if value.rank > 1 else 0, ZERO)


def _binary(p: Node, y: Node) -> Node:
    return negate(add(mul(y, apply("log", p)), mul(subtract(ONE, y), apply("log", subtract(ONE, p)))))


def _binary_with_logits(call: Call) -> Tensor:
    if call["weight"] is not None or call["pos_weight"] is not None:
        raise Error("a loss with weights", hint="multiply by them")

    def function(x: Node, y: Node) -> Node:
        return add(apply("softplus", x), negate(mul(x, y)))

    return _reduction(call, entrywise(function, call.tensor("self"), call.tensor("target")))


def _ranking(call: Call) -> Tensor:
    margin = call.number(call["margin"])
    gap = entrywise(subtract, call.tensor("input1"), call.tensor("input2"))
    found = entrywise(lambda x, y: apply("relu", subtract(margin, mul(y, x))), gap, call.tensor("target"))
    return _reduction(call, found)


def _poisson(call: Call) -> Tensor:
    if call["full"] or not call["log_input"]:
        raise Error("a Poisson loss of a rate, or with Stirling's terms")
    of_rate = entrywise(lambda x, y: subtract(apply("exp", x), mul(y, x)), call.tensor("input"), call.tensor("target"))
    return _reduction(call, of_rate)


def _hard_sigmoid(x: Node) -> Node:
    return ops.smaller(ops.larger(add(divide(x, const(6)), HALF), ZERO), ONE)


def _divergence(call: Call) -> Tensor:
    logged = call["log_target"]

    def function(x: Node, y: Node) -> Node:
        return mul(apply("exp", y), subtract(y, x)) if logged else subtract(apply("xlogy", y, y), mul(y, x))

    return _reduction(call, entrywise(function, call.tensor("self"), call.tensor("target")))


def _layer_norm(call: Call) -> Tensor:
    value = call.tensor("input")
    axes = range(value.rank - len(call["normalized_shape"]), value.rank)
    gap = entrywise(subtract, value, ops.mean(value, axes, keep=True))
    spread = ops.mean(entrywise(lambda x: power(x, TWO), gap), axes, keep=True)
    eps = call.number(call["eps"])
    found = entrywise(lambda x, v: divide(x, power(add(v, eps), HALF)), gap, spread)
    return _affine(call, found)


def _affine(call: Call, value: Tensor) -> Tensor:
    if call["weight"] is not None:
        value = entrywise(mul, value, call.tensor("weight"))
    return entrywise(add, value, call.tensor("bias")) if call["bias"] is not None else value


def _rms_norm(call: Call) -> Tensor:
    value = call.tensor("input")
    axes = range(value.rank - len(call["normalized_shape"]), value.rank)
    eps = call.number(call["eps"] if call["eps"] is not None else 2.220446049250313e-16)
    spread = ops.mean(entrywise(lambda x: power(x, TWO), value), axes, keep=True)
    return _affine(call, entrywise(lambda x, v: divide(x, power(add(v, eps), HALF)), value, spread))


def _attention(call: Call) -> Tensor:
    query, key, value = (call.tensor(name) for name in ("query", "key", "value"))
    if call["dropout_p"]:
        raise Error("dropout draws at random")
    scale = call.number(call["scale"]) if call["scale"] is not None else power(size(query.shape[-1]), negate(HALF))
    scores = entrywise(lambda s: mul(scale, s), ops.multiplied(query, ops.swapped(key, -1, -2)))
    if call["is_causal"]:
        row, column = (place(scores.indices(axis)) for axis in (scores.rank - 2, scores.rank - 1))
        body = ops.choice(ops.compared("<=", column, row), scores.body, negate(ops.INFINITY))
        scores = Tensor(scores.axes, body)
    if call["attn_mask"] is not None:
        mask = call.tensor("attn_mask")
        bias = call.kinds.get("attn_mask") != "b"
        scores = entrywise(
            (lambda s, m: add(s, m)) if bias else (lambda s, m: ops.choice(m, s, negate(ops.INFINITY))), scores, mask
        )
    return ops.multiplied(ops.softmax(scores, scores.rank - 1), value)


def _cosine(call: Call) -> Tensor:
    one, other = broadcast(call.tensor("x1"), call.tensor("x2"))
    axis, eps = call["dim"], call.number(call["eps"])
    product = ops.reduced("sum", entrywise(mul, one, other), [axis])
    lengths = [entrywise(lambda n: apply("max", n, eps), ops.norm(t, [axis], 2.0)) for t in (one, other)]
    return entrywise(lambda p, a, b: divide(p, mul(a, b)), product, *lengths)


# --- matrices


def _cholesky(call: Call) -> Tensor:
    value = call.tensor("self")
    half = entrywise(lambda x, y: mul(HALF, add(x, y)), value, ops.swapped(value, -1, -2))
    found = ops.factor_of(half)
    return ops.swapped(found, -1, -2) if call["upper"] else found


def _inverse(call: Call) -> Tensor:
    return ops.of_matrix("inv", call.tensor("A" if "A" in call.given else "self"))


def _solve(call: Call) -> Tensor:
    return ops.solved(call.tensor("A"), call.tensor("B"))


def _triangular(call: Call) -> Tensor:
    if call["unitriangular"]:
        raise Error("a triangular matrix with ones on its diagonal")
    inverse = ops.of_matrix("inv", ops.triangle(call.tensor("self"), 0, call["upper"]))
    right = call.tensor("B")
    return ops.multiplied(inverse, right) if call["left"] else ops.multiplied(right, inverse)


def _cholesky_solve(call: Call) -> Tensor:
    factor = ops.triangle(call.tensor("input2"), 0, call["upper"])
    inverse = ops.of_matrix("inv", ops.swapped(factor, -1, -2) if call["upper"] else factor)
    return ops.multiplied(ops.swapped(inverse, -1, -2), ops.multiplied(inverse, call.tensor("self")))


def _det(call: Call) -> Tensor:
    return ops.of_matrix("det", call.tensor("A" if "A" in call.given else "self"))


def _slogdet(call: Call) -> list[Tensor]:
    found = _det(call)
    return [
        entrywise(ops.function("sign"), found), entrywise(lambda x: apply("log", apply("abs", x)), found),
    ]  # fmt: skip


def _logdet(call: Call) -> Tensor:
    return entrywise(lambda x: apply("log", x), _det(call))


def _moved(call: Call) -> Tensor:
    value = call.tensor("self")
    source = [axis % value.rank for axis in call["source"]]
    there = [axis % value.rank for axis in call["destination"]]
    order = [axis for axis in range(value.rank) if axis not in source]
    for axis, at in sorted(zip(source, there, strict=True), key=lambda pair: pair[1]):
        order.insert(at, axis)
    return ops.transposed(value, order)


def _flipped(call: Call) -> Tensor:
    value = call.tensor("self")
    for axis in call["dims"]:
        value = ops.reversed_along(value, axis % value.rank)
    return value


_ALIKE = (
    "exp", "expm1", "log", "log1p", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sigmoid", "relu", "erf", "erfc",
    "erfinv",
    "lgamma", "digamma", "abs", "sign", "floor", "logit", "sinc",
)  # fmt: skip
_OTHERWISE = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh",
    "special_log_ndtr": "lognormcdf", "special_erfcx": "erfcx", "special_expit": "sigmoid",
}  # fmt: skip
"""Functions of the tables, by the names they have in ATen."""


def _hard_tanh(call: Call) -> Tensor:
    return _clamp(call.but(min=call["min_val"], max=call["max_val"]))


def _selu(call: Call) -> Tensor:
    return _elu(call.but(alpha=1.6732632423543772, scale=1.0507009873554805))


def _unbind(call: Call) -> list[Tensor]:
    return [_select(call.but(index=k)) for k in range(valued_size(call, call["dim"] % call.rank))]


ROWS: dict[str, Row] = {
    # entry by entry
    **{name: _fn(name) for name in _ALIKE}, **{name: _fn(row) for name, row in _OTHERWISE.items()},
    "neg": _each(negate), "sqrt": _each(ops.root), "rsqrt": _each(lambda x: power(x, negate(HALF))),
    "reciprocal": _each(lambda x: power(x, MINUS_ONE)), "square": _each(lambda x: power(x, TWO)),
    "exp2": _each(lambda x: power(TWO, x)), "log2": _each(lambda x: divide(apply("log", x), apply("log", TWO))),
    "log10": _each(lambda x: divide(apply("log", x), apply("log", const(10)))),
    "ceil": _each(lambda x: negate(apply("floor", negate(x)))), "trunc": _each(ops.rounded_to_zero), "add": _add(1),
    "sub": _add(-1), "rsub": _rsub, "mul": _two(mul), "div": _div, "true_divide": _div,
    "floor_divide": _two(ops.floored), "pow": _pow, "float_power": _pow, "maximum": _two(ops.larger),
    "minimum": _two(ops.smaller), "atan2": _two(ops.function("arctan2")), "xlogy": _two(ops.function("xlogy")),
    "logaddexp": _two(ops.function("logaddexp")),
    "hypot": _two(lambda x, y: power(add(power(x, TWO), power(y, TWO)), HALF)), "clamp": _clamp, "clamp_min": _clamp,
    "clamp_max": _clamp, "hardtanh": _hard_tanh, "eq": _compare("=="), "ne": _compare("!="), "lt": _compare("<"),
    "le": _compare("<="), "gt": _compare(">"), "ge": _compare(">="), "logical_not": _not, "bitwise_not": _not,
    "logical_and": _logical(mul), "bitwise_and": _logical(mul), "__and__": _logical(mul),
    "logical_or": _logical(ops.either), "bitwise_or": _logical(ops.either), "__or__": _logical(ops.either),
    "where": _where, "masked_fill": _masked_fill, "to": _cast, "_to_copy": _cast, "type_as": _same,
    "isfinite": _each(lambda x: ONE), "isnan": _each(lambda x: ZERO), "isinf": _each(lambda x: ZERO), "gelu": _gelu,
    "softplus": _softplus, "leaky_relu": _leaky, "elu": _elu, "selu": _selu, "log_sigmoid": _each(_log_sigmoid),
    "silu": _each(_silu), "relu6": _each(lambda x: ops.smaller(apply("relu", x), const(6))),
    "mish": _each(lambda x: mul(x, apply("tanh", apply("softplus", x)))),
    # reductions
    "sum": _reduce("sum"), "prod": _reduce("prod"), "amax": _reduce("max"), "amin": _reduce("min"),
    "max": _extreme("max"), "min": _extreme("min"), "mean": _mean, "var": _variance, "std": _deviation,
    "logsumexp": _log_sum_exp, "norm": _norm, "linalg_vector_norm": _norm, "linalg_norm": _norm,
    "frobenius_norm": _norm, "all": _reduce("prod"), "any": _any, "softmax": _softmax, "_softmax": _softmax,
    "log_softmax": _log_softmax, "_log_softmax": _log_softmax, "special_softmax": _softmax,
    "special_log_softmax": _log_softmax, "cumsum": _running("sum"), "cumprod": _running("prod"),
    "logcumsumexp": _running("log-sum-exp"),
    # axes
    **dict.fromkeys(("view", "reshape", "_unsafe_view", "flatten", "unflatten"), _reshape), "transpose": _transpose,
    "swapaxes": _transpose, "t": _turned, "numpy_T": _turned, "mT": _turned, "adjoint": _turned, "matrix_H": _turned,
    "permute": lambda call: ops.transposed(call.tensor("self"), call["dims"]), "movedim": _moved,
    "unsqueeze": _unsqueeze, "squeeze": _squeeze, "expand": _expand, "broadcast_to": _expand, "expand_as": _expand,
    **dict.fromkeys(("clone", "contiguous", "alias", "lift_fresh_copy", "view_as", "positive"), _same),
    "detach": _detach, "detach_": _detach, "dropout": _dropout,
    # places
    "select": _select, "slice": _slice, "narrow": _narrow, "chunk": _pieces(_chunked),
    "split": _pieces(_split_evenly), "split_with_sizes": _pieces(lambda call, length: call["split_sizes"]),
    "cat": _cat, "concat": _cat, "stack": _stack, "gather": _gather, "index": _index, "one_hot": _one_hot,
    "embedding": _embedding, "broadcast_tensors": _together, "flip": _flipped, "unbind": _unbind,
    # new tensors
    **dict.fromkeys(("ones", "ones_like", "new_ones"), _filled(ONE)),
    **dict.fromkeys(("zeros", "zeros_like", "new_zeros"), _filled(ZERO)),
    **dict.fromkeys(("full", "full_like", "new_full"), _full), "arange": _arange, "eye": _eye,
    "tril": _triangle(False), "triu": _triangle(True), "scalar_tensor": lambda call: scalar(call.number(call["s"])),
    "diag": _diag, "diag_embed": _diag, "diagonal": _diagonal, "trace": _trace,
    # products
    "matmul": _matmul("self", "other"), "mm": _matmul("self", "mat2"), "bmm": _matmul("self", "mat2"),
    "mv": _matmul("self", "vec"), "dot": _matmul("self", "tensor"), "vdot": _matmul("self", "other"),
    "linear": _linear, "addmm": _added_product("mat1", "mat2"), "addmv": _added_product("mat", "vec"),
    "baddbmm": _added_product("batch1", "batch2"), "outer": _outer, "ger": _outer, "einsum": _einsum,
    # layers and losses
    "cross_entropy_loss": _cross_entropy, "nll_loss": _nll, "nll_loss_nd": _nll,
    "binary_cross_entropy": _loss(_binary), "binary_cross_entropy_with_logits": _binary_with_logits,
    "mse_loss": _loss(lambda x, y: power(subtract(x, y), TWO)),
    "l1_loss": _loss(lambda x, y: apply("abs", subtract(x, y))), "smooth_l1_loss": _huber(True),
    "huber_loss": _huber(False), "margin_ranking_loss": _ranking, "poisson_nll_loss": _poisson,
    "hardsigmoid": _each(_hard_sigmoid), "hardswish": _each(lambda x: mul(x, _hard_sigmoid(x))),
    "_assert_tensor_metadata": lambda call: None,
    "soft_margin_loss": _loss(lambda x, y: apply("softplus", negate(mul(x, y)))), "kl_div": _divergence,
    "layer_norm": _layer_norm, "rms_norm": _rms_norm, "scaled_dot_product_attention": _attention,
    "cosine_similarity": _cosine,
    # matrices
    "linalg_cholesky": _cholesky, "cholesky": _cholesky, "linalg_inv": _inverse, "inverse": _inverse,
    "linalg_solve": _solve, "linalg_solve_triangular": _triangular, "cholesky_solve": _cholesky_solve,
    "linalg_det": _det, "det": _det, "linalg_slogdet": _slogdet, "slogdet": _slogdet, "logdet": _logdet,
}  # fmt: skip
"""What an operation means, by its name in ATen."""
