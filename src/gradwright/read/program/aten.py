"""Programs of PyTorch. Owns: exporting one at given sizes, and reading its graph. Never: has a row (``operators``).

An operation without a row is traced itself, as PyTorch makes it of others, and those are read.
"""

from __future__ import annotations

import inspect
import math
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

from gradwright.core.errors import Error
from gradwright.core.index import valued
from gradwright.core.record import dataclass
from gradwright.read.program import axes, places
from gradwright.read.program.arguments import Arguments, Leaf, Spec, Symbol, Value, called, mapped
from gradwright.read.program.call import Call
from gradwright.read.program.extents import Extents, Primes
from gradwright.read.program.operators import row_of
from gradwright.read.program.source import Line, in_stack, refusal
from gradwright.read.program.tensor import Tensor, scalar

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
        def __init__(self) -> None:
            super().__init__()
            self.own = getattr(program, "module", None)  # its buffers may change

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
    with _without_checks():
        exported = torch.export.export(Program(), examples, strict=False)
        if any(_changes_in_place(node) for node in exported.graph.nodes):
            exported = exported.run_decompositions({})
    return Traced(exported, symbols, Primes(at))


def _changes_in_place(node: Any) -> bool:
    schema = getattr(node.target, "_schema", None)
    return schema is not None and schema.is_mutable


@contextmanager
def _without_checks() -> Iterator[None]:
    """PyTorch without its checks of values, of which there are none, and its warnings of itself."""
    import torch
    from torch.distributions import Distribution
    from torch.overrides import TorchFunctionMode

    class Unchecked(TorchFunctionMode):
        def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            own = _gaussian_nll if function is torch.nn.functional.gaussian_nll_loss else function
            return own(*args, **(kwargs or {}))

    checked = Distribution._validate_args
    Distribution.set_default_validate_args(False)
    try:
        with Unchecked(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        Distribution.set_default_validate_args(checked)


def _gaussian_nll(
    mean: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Any:
    """PyTorch's own looks at the sign of the variance first."""
    import torch

    var = torch.clamp(torch.as_tensor(var), min=eps)
    found = 0.5 * (torch.log(var) + (mean - target) ** 2 / var) + (0.5 * math.log(2 * math.pi) if full else 0)
    return {"mean": found.mean, "sum": found.sum, "none": lambda: found}[reduction]()


def _results(trace: Traced, inputs: Mapping[str, Tensor]) -> list[Tensor]:
    from torch.export.graph_signature import InputKind, OutputKind

    given = iter(inputs[symbol.name] for symbol in trace.symbols)
    known: dict[Any, Held] = {}
    signature = trace.exported.graph_signature
    kinds = iter(signature.input_specs)
    for node in trace.exported.graph.nodes:
        if node.op == "placeholder":
            spec = next(kinds)
            if spec.kind is InputKind.USER_INPUT:
                known[node] = next(given)
            elif node.users:
                held = trace.exported.constants.get(spec.target, trace.exported.state_dict.get(spec.target))
                known[node] = _numbers(held, trace.extents)
        elif node.op == "output":
            given_out = zip(signature.output_specs, node.args[0], strict=True)
            wanted = [known[one] for spec, one in given_out if spec.kind is OutputKind.USER_OUTPUT and one in known]
            return [value for value in wanted if isinstance(value, Tensor)]
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
    return places.written_out(tuple(value.shape), nodes) if value.dim() else scalar(nodes[0])


def _looked_up(argument: Any, known: Mapping[Any, Held]) -> Any:
    if isinstance(argument, list | tuple):
        return [_looked_up(one, known) for one in argument]
    return known[argument] if hasattr(argument, "graph") and hasattr(argument, "op") else argument


def _called(node: Any, known: Mapping[Any, Held], trace: Traced, outer: Line | None = None) -> Held:
    """The value of a node; ``outer``: the line of what it is a part of."""
    line = in_stack(node.meta.get("stack_trace") or "") or outer
    args, kwargs = _looked_up(node.args, known), {k: _looked_up(v, known) for k, v in node.kwargs.items()}
    schema = getattr(node.target, "_schema", None)
    if schema is None:
        return _of_python(node, args, trace, line)
    name = schema.name.split("::")[-1]
    row = row_of(name)
    if row is None:
        return _taken_apart(node, known, trace, line, name)
    given = {a.name: a.default_value for a in schema.arguments if a.has_default_value()}
    given |= dict(zip((a.name for a in schema.arguments), args, strict=False)) | kwargs
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


def _taken_apart(node: Any, known: Mapping[Any, Held], trace: Traced, line: Line | None, name: str) -> Held:
    """An operation as PyTorch makes it of others."""
    from torch._decomp import decomposition_table
    from torch.fx.experimental.proxy_tensor import make_fx
    from torch.fx.node import map_arg

    nodes = list(dict.fromkeys(node.all_input_nodes))

    def operation(*values: object) -> object:
        there = dict(zip(nodes, values, strict=True))
        args, kwargs = map_arg(node.args, there.__getitem__), map_arg(node.kwargs, there.__getitem__)
        return node.target(*args, **kwargs)

    values = [one.meta["val"] for one in nodes]
    own = {node.target: decomposition_table[node.target]} if node.target in decomposition_table else {}
    mode = next((value.fake_mode for value in values if hasattr(value, "fake_mode")), None)
    if mode is None:
        raise refusal(f"no formula is known for the operation {name}", line)
    with mode:
        inside = make_fx(torch_functional(operation), decomposition_table=own, tracing_mode="real")(*values)
    if any(part.target is node.target for part in inside.graph.nodes):
        raise refusal(f"no formula is known for the operation {name}", line)
    return _inside(inside, [known[one] for one in nodes], trace, line)


def torch_functional(operation: Callable[..., object]) -> Callable[..., object]:
    """The operation without changes in place."""
    from torch.func import functionalize

    changed: Callable[..., object] = functionalize(operation, remove="mutations")
    return changed


def _of_python(node: Any, args: list[Any], trace: Traced, line: Line | None) -> Held:
    name = getattr(node.target, "__name__", str(node.target))
    if name == "getitem":
        return args[0][args[1]]
    if name == "wrap_with_set_grad_enabled":
        enabled, inside, *values = args
        found = _inside(inside, values, trace, line)
        return found if enabled else [axes.held(value) for value in found]
    raise refusal(f"no formula is known for the operation {name}", line)


def _inside(module: Any, values: list[Held], trace: Traced, line: Line | None) -> Any:
    known: dict[Any, Held] = {}
    given = iter(values)
    for node in module.graph.nodes:
        if node.op == "placeholder":
            known[node] = next(given)
        elif node.op == "output":
            return _looked_up(node.args[0], known)
        elif node.op == "get_attr":
            known[node] = _numbers(getattr(module, node.target), trace.extents)
        else:
            known[node] = _called(node, known, trace, line)
    raise AssertionError("a graph ends with its output")
