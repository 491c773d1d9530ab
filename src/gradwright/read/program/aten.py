"""Programs of PyTorch. Owns: tracing one, and reading its graph. Never: has a row (``operators``).

An operation without a row is traced itself, as PyTorch makes it of others, and those are read. What extents are while
a program is traced is said in ``sizes``.
"""

from __future__ import annotations

import inspect
import logging
import math
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from gradwright.core.build import add, divide, mul, negate, power, subtract
from gradwright.core.errors import Error
from gradwright.core.index import valued
from gradwright.core.record import dataclass
from gradwright.read.program import axes, places
from gradwright.read.program.arguments import Arguments, Leaf, Spec, Symbol, Value, called, mapped
from gradwright.read.program.call import Call
from gradwright.read.program.extents import Primes, Symbols
from gradwright.read.program.operators import PUT, row_of
from gradwright.read.program.scalars import Scalar, scalar_named
from gradwright.read.program.source import Line, Raised, attempted, in_stack, refusal, running
from gradwright.read.program.tensor import Tensor, entrywise, scalar

if TYPE_CHECKING:
    from gradwright.read.program.sizes import Sized, Sizes

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
    functional.module = program  # type: ignore[attr-defined]
    return functional, {"parameters": parameters, **rest}


@dataclass(frozen=True)
class Traced:
    """A graph with what it takes."""

    graph: Any
    symbols: tuple[Symbol, ...]
    sizes: Sizes
    extents: Sized
    conditions: tuple[str, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether no number stands for an extent."""
        return not self.sizes.numbers

    @property
    def numbers(self) -> frozenset[float]:
        """The numbers in it."""
        from torch.utils._pytree import tree_leaves

        nodes = self.graph.graph.nodes
        held = [getattr(self.graph, node.target) for node in nodes if node.op == "get_attr"]
        numbers = [value.flatten().tolist() for value in held if value.numel() <= places.MOST_HELD]
        given = [[node.args, *node.kwargs.values()] for node in nodes]
        return frozenset(leaf for leaf in tree_leaves([numbers, given]) if isinstance(leaf, int | float))

    def owning(self, numbers: frozenset[float]) -> Traced:
        """The trace in which those numbers stand for no extent."""
        assert isinstance(self.extents.plain, Primes)
        return replace(self, extents=replace(self.extents, plain=replace(self.extents.plain, own=numbers)))

    @property
    def order(self) -> list[str]:
        """The arguments as the program first uses them."""
        given = [node for node in self.graph.graph.nodes if node.op == "placeholder"][1:]
        names = dict(zip(given, (symbol.name for symbol in self.symbols), strict=True))
        used = [one for node in self.graph.graph.nodes for one in node.all_input_nodes]
        return [names[node] for node in dict.fromkeys((*used, *given)) if node in names]

    def results(self, inputs: Mapping[str, Tensor]) -> list[Tensor]:
        """What the program gives, in indices."""
        given = [inputs[symbol.name] for symbol in self.symbols]
        found = Reading(self.graph, self.extents).results([None, *given])
        return [value for value in found if isinstance(value, Tensor)]


def traced(program: Callable[..., object], arguments: Arguments, sizes: Mapping[str, int] | None) -> Traced:
    """The program's graph, in whose shapes the extents are symbols; where it wants numbers, those sizes."""
    assert sizes is not None
    found = _traced(program, arguments, sizes)
    for choice, line in found.sizes.choices.items():
        if not _is_condition(program, arguments, sizes, choice):
            said = f"the program chooses by a size, {found.sizes.said(choice)}"
            raise refusal(said, line, "a choice by a size is made outside")
    return replace(found, conditions=found.sizes.conditions)


def _is_condition(
    program: Callable[..., object], arguments: Arguments, sizes: Mapping[str, int], choice: object
) -> bool:
    """Whether the program raises where a choice by a size goes the other way."""
    try:
        _traced(program, arguments, sizes, other_way=choice)
    except Error:
        return False
    except Raised:
        return True
    return False


def _traced(
    program: Callable[..., object], arguments: Arguments, at: Mapping[str, int], other_way: object = None
) -> Traced:
    import torch
    from torch._subclasses.fake_tensor import FakeTensorMode
    from torch.fx.experimental.proxy_tensor import make_fx
    from torch.utils._pytree import tree_leaves

    from gradwright.read.program.sizes import Sized, Sizes

    symbols = arguments.symbols
    sizes = Sizes(at, other_way)

    def flat(carrier: torch.Tensor, *values: torch.Tensor) -> list[Any]:
        given = dict(zip((symbol.name for symbol in symbols), values, strict=True))
        extents = dict(zip(at, carrier.shape, strict=True))

        def value(leaf: Leaf) -> object:
            if isinstance(leaf, Value):
                return leaf.value
            return given[leaf.name] if isinstance(leaf, Symbol) else valued(leaf.dim, extents)

        found = called(program, {name: mapped(tree, value) for name, tree in arguments.trees.items()})
        return [leaf if isinstance(leaf, torch.Tensor) else torch.full((), leaf, dtype=torch.float64)
                for leaf in tree_leaves(found) if leaf is not None]  # fmt: skip

    def example(symbol: Symbol) -> torch.Tensor:
        kind = torch.float64 if symbol.below is None else torch.int64
        return torch.empty([sizes.extent(dim) for dim in symbol.shape], dtype=kind)

    mode = FakeTensorMode(allow_non_fake_inputs=True, shape_env=sizes)  # shapes alone, without any memory
    mode.cache_enabled = False  # what is asked of sizes is asked every time
    with mode:
        examples = torch.empty(list(map(sizes.extent, at))), *map(example, symbols)
    with _without_checks():
        tracer = make_fx(flat, tracing_mode="symbolic", pre_dispatch=True, _allow_non_fake_inputs=True)
        try:
            graph = attempted(lambda: tracer(*examples))
        except Raised as raised:
            raised.error.args = (sizes.in_names(str(raised.error)),)
            raise
    return Traced(graph, symbols, sizes, Sized(sizes, Primes(at) if sizes.numbers else Symbols()))


@contextmanager
def _without_checks() -> Iterator[None]:
    """PyTorch without its checks of values, of which there are none, and without what it says of itself; every
    operation is noted with the user's line.
    """
    import torch
    from torch.distributions import Distribution
    from torch.fx.traceback import preserve_node_meta, set_stack_trace
    from torch.overrides import TorchFunctionMode

    class Unchecked(TorchFunctionMode):
        def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            line, _ = running()
            if line is not None:
                set_stack_trace([f'File "{line.file}", line {line.number}'])
            own = _gaussian_nll if function is torch.nn.functional.gaussian_nll_loss else function
            return own(*args, **(kwargs or {}))

    checked, level = Distribution._validate_args, logging.root.manager.disable
    Distribution.set_default_validate_args(False)
    try:
        with Unchecked(), preserve_node_meta(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            logging.disable(logging.CRITICAL)
            yield
    finally:
        logging.disable(level)
        Distribution.set_default_validate_args(checked)


def _gaussian_nll(
    mean: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Any:
    """PyTorch's own looks at the sign of the variance first."""
    import torch

    var = torch.clamp(torch.as_tensor(var), min=eps)
    found = 0.5 * (torch.log(var) + (mean - target) ** 2 / var) + (0.5 * math.log(2 * math.pi) if full else 0)
    return {"mean": found.mean, "sum": found.sum, "none": lambda: found}[reduction]()


@dataclass(frozen=True)
class Reading:
    """A graph while it is read, in order. ``outer``: the line of what it is a part of.

    ``known``     values of nodes
    ``views``     nodes that share what another one holds: their value is read anew whenever it is wanted
    ``constant``  whether gradients are not followed where the reading stands
    """

    module: Any
    extents: Sized
    outer: Line | None = None
    known: dict[Any, Held] = field(default_factory=dict)
    views: dict[Any, Any] = field(default_factory=dict)
    constant: list[bool] = field(default_factory=lambda: [False])

    def results(self, given: Sequence[Held]) -> list[Held]:
        inputs = iter(given)
        changing = any(map(_changes, self.module.graph.nodes))
        for node in self.module.graph.nodes:
            if node.op == "placeholder":
                self.known[node] = next(inputs)
            elif node.op == "get_attr":
                self.known[node] = self._numbers(getattr(self.module, node.target))
            elif node.op == "output":
                found = self._looked_up(node.args[0])
                return found if isinstance(found, list) else [found]
            else:
                self._met(node, _shared(node) if changing else None)
        raise AssertionError("a graph ends with its output")

    def _numbers(self, value: Any) -> Tensor:
        """A tensor of numbers that the program holds."""
        if value.numel() > places.MOST_HELD:
            raise Error(f"the program holds a tensor of {value.numel()} numbers", hint="make it an argument")
        nodes = [self.extents.number(item) for item in value.flatten().tolist()]
        return places.written_out(tuple(value.shape), nodes) if value.dim() else scalar(nodes[0])

    def _looked_up(self, argument: Any) -> Any:
        if isinstance(argument, list | tuple):
            return [self._looked_up(one) for one in argument]
        return self._value(argument) if hasattr(argument, "graph") and hasattr(argument, "op") else argument

    def _value(self, node: Any) -> Held:
        if node not in self.views:
            return self.known[node]
        return self._value(self.views[node]) if _changes(node) else self._called(node)

    def _met(self, node: Any, shared: Any) -> None:
        """A call; ``shared``: the node that it is a view of."""
        if getattr(node.target, "__name__", "") == "_set_grad_enabled":
            self.constant[0] = not node.args[0]
        elif _changes(node):
            value = self._held(self._called(node))
            self.views[node] = node.args[0]
            self._put(node.args[0], value)
        elif node.users and shared is not None:
            self.views[node] = shared
        elif node.users:
            self.known[node] = self._held(self._called(node))

    def _held(self, value: Held) -> Held:
        if not self.constant[0]:
            return value
        if isinstance(value, list):
            return [self._held(one) for one in value]
        return axes.held(value) if isinstance(value, Tensor) else value

    def _put(self, node: Any, value: Held) -> None:
        """A value in the place of what a node holds, and of that part of what it is a view of."""
        if node not in self.views:
            self.known[node] = value
        elif _changes(node):
            self._put(self.views[node], value)
        elif not hasattr(node.target, "_schema"):  # an entry of a list of views
            several, number = node.args
            self._put(several, [value if k == number else one for k, one in enumerate(self._value(several))])
        else:
            base, line = self.views[node], in_stack(node.meta.get("stack_trace") or "") or self.outer
            call = self._call(node)
            undone = PUT.get(call.name if call is not None else "")
            if call is None or undone is None:
                raise refusal("a change in place of a view that is not followed", line, "write it without the change")
            self._put(base, undone(call, value))

    # --- calls

    def _call(self, node: Any) -> Call | None:
        schema = getattr(node.target, "_schema", None)
        if schema is None:
            return None
        args, kwargs = self._looked_up(node.args), {k: self._looked_up(v) for k, v in node.kwargs.items()}
        given = {a.name: a.default_value for a in schema.arguments if a.has_default_value()}
        given |= dict(zip((a.name for a in schema.arguments), args, strict=False)) | kwargs
        kinds = {a.name: _kind(source) for a, source in zip(schema.arguments, node.args, strict=False)}
        return Call(schema.name.split("::")[-1], given, self.extents, _shapes(node.meta.get("val")), kinds)

    def _called(self, node: Any) -> Held:
        """The value of a node."""
        value = node.meta.get("val")
        if self.extents.is_one(value):
            return value
        line = in_stack(node.meta.get("stack_trace") or "") or self.outer
        call = self._call(node)
        if call is None:
            return _of_python(node, self._looked_up(node.args), self.extents, line)
        row = row_of(call.name)
        if row is None:
            return self._taken_apart(node, line, call.name)
        try:
            return row(call)
        except Error as error:
            if error.source is not None:
                raise
            raise refusal(f"{error.message} ({call.name})", line, error.hint) from None

    def _taken_apart(self, node: Any, line: Line | None, name: str) -> Held:
        """An operation as PyTorch makes it of others."""
        from torch._decomp import decomposition_table
        from torch.func import functionalize
        from torch.fx.experimental.proxy_tensor import make_fx
        from torch.fx.node import map_arg

        nodes = list(dict.fromkeys(node.all_input_nodes))
        alone: list[bool] = []

        def operation(*values: object) -> object:
            there = dict(zip(nodes, values, strict=True))
            args, kwargs = map_arg(node.args, there.__getitem__), map_arg(node.kwargs, there.__getitem__)
            found = node.target(*args, **kwargs)
            alone.append(not isinstance(found, list | tuple))
            return found if isinstance(found, list | tuple) else [found]

        values = [one.meta["val"] for one in nodes]
        own = {node.target: decomposition_table[node.target]} if node.target in decomposition_table else {}
        mode = next((value.fake_mode for value in values if hasattr(value, "fake_mode")), None)
        if mode is None:
            raise refusal(f"no formula is known for the operation {name}", line)
        with mode:
            tracer = make_fx(functionalize(operation), decomposition_table=own, tracing_mode="symbolic")
            try:
                inside = attempted(lambda: tracer(*values))
            except Raised:
                raise refusal(f"no formula is known for the operation {name}", line) from None
        if any(part.target is node.target for part in inside.graph.nodes):
            raise refusal(f"no formula is known for the operation {name}", line)
        found = Reading(inside, self.extents, line).results([self._value(one) for one in nodes])
        return found[0] if alone[0] else found


def _changes(node: Any) -> bool:
    """Whether an operation changes its first argument in place."""
    schema = getattr(node.target, "_schema", None)
    return schema is not None and schema.is_mutable


def _shared(node: Any) -> Any:
    """The argument that a node is a view of."""
    schema = getattr(node.target, "_schema", None)
    if schema is None:  # an entry of a list of views
        return next(iter(node.all_input_nodes), None)
    if "::unsafe" in schema.name:
        return None
    mine = _storage(node.meta.get("val"))
    return next(
        (one for one in node.all_input_nodes if mine is not None and _storage(one.meta.get("val")) == mine), None
    )


def _storage(value: Any) -> int | None:
    value = value[0] if isinstance(value, list | tuple) and value else value
    return value.untyped_storage()._cdata if hasattr(value, "untyped_storage") else None


def _shapes(value: Any) -> Any:
    """The shape of a result, or of each."""
    return [_shapes(one) for one in value] if isinstance(value, list | tuple) else tuple(getattr(value, "shape", ()))


def _kind(source: Any) -> str:
    """b, i or f: the kind of an argument."""
    if isinstance(source, list | tuple):
        source = next((one for one in source if one is not None), None)
    value = source.meta.get("val") if hasattr(source, "meta") else source
    dtype = getattr(value, "dtype", None)
    if dtype is None:
        return "b" if isinstance(value, bool) else "i" if isinstance(value, int) else "f"
    return "b" if str(dtype).endswith("bool") else "f" if dtype.is_floating_point else "i"


def _of_python(node: Any, args: list[Any], extents: Sized, line: Line | None) -> Held:
    name = getattr(node.target, "__name__", str(node.target))
    if name == "getitem":
        return args[0][args[1]]
    row = _OF_NUMBERS.get(name) or scalar_named(name.removeprefix("_sym_").removeprefix("sym_"))
    if row is None:
        raise refusal(f"no formula is known for the operation {name}", line)
    return entrywise(row, *(arg if isinstance(arg, Tensor) else scalar(extents.number(arg)) for arg in args))


_OF_NUMBERS: dict[str, Scalar] = {
    "add": add, "sub": subtract, "mul": mul, "truediv": divide, "pow": power, "neg": negate, "sym_float": lambda x: x,
}  # fmt: skip
"""What Python does with numbers that are made of extents."""
