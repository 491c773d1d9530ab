"""From a program to a formula. Owns: the order of the work: trace, read in indices, settle. Never: differentiates.

Only what a caller hands over is traced, and tracing runs the program's Python, on symbols; no array is computed. Where
a program takes the number of an extent it is traced at assignments of primes, and has to read the same at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from types import CodeType, ModuleType
from typing import Protocol

from gradwright.core.build import apply, const, mul
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.facts import Facts
from gradwright.core.node import Array, Node
from gradwright.core.record import dataclass
from gradwright.core.walk import bottom_up
from gradwright.read.program.arguments import Arguments, Layout, Spec, arguments_of
from gradwright.read.program.extents import SMALL, Opaque, assignments
from gradwright.read.program.settle import settled
from gradwright.read.program.source import Raised, failed, loaded, names_in, refusal
from gradwright.read.program.tensor import Apart, Tensor, cut, finer
from gradwright.read.reader import Parsed
from gradwright.read.stated import fitting, stated

_MOST_CUTS = 40


@dataclass(frozen=True)
class Lifted:
    """What a program computes: an array for each of its results, in one context.

    ``held``        what symbols stand for that the program holds constant
    ``conditions``  on extents, under which the program was read
    """

    arrays: tuple[Array, ...]
    context: Context
    arguments: Arguments
    held: Mapping[str, Array]
    conditions: tuple[str, ...] = ()

    @property
    def array(self) -> Array:
        """The only result."""
        if len(self.arrays) != 1:
            raise Error(f"the program gives {len(self.arrays)} arrays", hint="a formula is one: return one of them")
        return self.arrays[0]

    def parsed(self, source: str) -> Parsed:
        """The only result as if it had been read from text."""
        declared = {symbol.name: symbol.symbol_shape for symbol in self.arguments.symbols}
        remarks = (
            *(f"{name} is held constant, as the program says" for name in self.held),
            *(f"the program is read where {condition}" for condition in self.conditions),
        )
        context = replace(self.context, source=source)
        return Parsed(
            self.array, "column", context, declared=declared, remarks=remarks, renamed=self.arguments.symbol_at
        )


class Trace(Protocol):
    """A program traced by a framework."""

    @property
    def order(self) -> list[str]:
        """The arguments as the program first uses them."""

    @property
    def exact(self) -> bool:
        """Whether no number of it stands for an extent."""

    @property
    def conditions(self) -> tuple[str, ...]:
        """What it asks of extents; elsewhere it raises."""

    @property
    def numbers(self) -> frozenset[float]:
        """The numbers in it."""

    def owning(self, numbers: frozenset[float]) -> Trace:
        """The trace in which those numbers stand for no extent."""

    def results(self, inputs: Mapping[str, Tensor]) -> list[Tensor]:
        """What it gives, in indices."""


class Frontend(Protocol):
    """A framework, by how it traces a program."""

    def traced(
        self, program: Callable[..., object], arguments: Arguments, sizes: Mapping[str, int] | None
    ) -> Trace: ...


@dataclass(frozen=True)
class Wanted:
    """What is asked of a program beside its shapes: facts, and the results that are shaped like an argument.

    ``torch``  whether it is PyTorch's, where the program does not show it by itself
    """

    given: tuple[str, ...] = ()
    like: Mapping[int, str] = field(default_factory=dict)
    torch: bool = False


def lifted(program: Callable[..., object], specs: Mapping[str, Spec], wanted: Wanted | None = None) -> Lifted:
    """The formula of a program, whose arguments have those shapes."""
    _require_program(program)
    try:
        return _of_program(program, specs, wanted or Wanted())
    except Raised as raised:
        raise _told(raised.error) from raised.error


def _require_program(program: object) -> None:
    if isinstance(program, type):
        raise Error(
            f"{program.__name__} is a class", hint=f"hand over a module that is made of it, {program.__name__}(…)"
        )
    if not callable(program):
        raise Error(f"{program!r} is no program", hint="a function of JAX or PyTorch, or an nn.Module")


def _of_program(program: Callable[..., object], specs: Mapping[str, Spec], wanted: Wanted) -> Lifted:
    if wanted.torch or is_torch(program):
        from gradwright.read.program import aten

        program, specs = aten.function_of(program, specs)
        return _at_primes(aten, program, arguments_of(program, specs), wanted)
    from gradwright.read.program import jaxprs

    arguments = arguments_of(program, specs)
    try:
        trace = jaxprs.traced(program, arguments, None)
    except Raised as with_symbols:  # it may want numbers
        try:
            return _at_primes(jaxprs, program, arguments, wanted)
        except Raised as at_numbers:  # what it says of symbols is clearer, unless it is that it wants numbers
            raise (at_numbers if "_DimExpr" in str(with_symbols) else with_symbols) from None
    try:
        return _read(trace, arguments, wanted)
    except Opaque:
        return _at_primes(jaxprs, program, arguments, wanted)


def _at_primes(frontend: Frontend, program: Callable[..., object], arguments: Arguments, wanted: Wanted) -> Lifted:
    """The formula that is the same at every assignment of primes to the extents."""
    if len(arguments.extents) > len(SMALL):
        raise Error(f"the shapes have more than {len(SMALL)} extents")
    first, *others = assignments(arguments.extents)
    trace = frontend.traced(program, arguments, first)
    if trace.exact:
        return _read(trace, arguments, wanted)
    own: frozenset[float] | None = None
    for sizes in others:
        other = frontend.traced(program, arguments, sizes)
        if own is None:
            own = trace.numbers & other.numbers
            found = _read(trace.owning(own), arguments, wanted)
        again = _read(other.owning(own), arguments, wanted)
        if (found.arrays, found.context.inner) != (again.arrays, again.context.inner):
            said = "the program is another one at other sizes, so that no formula is known to hold for all of them"
            raise Error(said, hint="a loop over an extent is written with sums; a choice by a size is made outside")
    return found


def _read(trace: Trace, arguments: Arguments, wanted: Wanted) -> Lifted:
    symbols = arguments.symbols
    layout = Layout({})
    for _ in range(_MOST_CUTS):
        try:
            tensors = trace.results({symbol.name: layout.tensor(symbol) for symbol in symbols})
            tensors = _aligned(tensors, arguments, layout, wanted.like)
            return replace(_lifted(tensors, arguments, layout, wanted, trace.order), conditions=trace.conditions)
        except Apart as asked:
            layout = layout.cut(symbols, asked)
    raise Error("the axes of the program are taken apart in too many ways")


def _told(error: Exception) -> Error:
    """What a user's program raises, with its line."""
    said = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return refusal(f"the program cannot be traced: {said[:200]}", failed(error), _hint(str(error)))


_HINTS = {
    'class labels are declared as such: y="n in k"': (
        "ndexer must have integer", "integer dtype", "LongTensor", "arrays used as indices",
    ),
    "jax.numpy has the functions of numpy": ("__array__",),
    "a choice by a value is written with where, and a number is left an array": ("oncret", "boolean value"),
}  # fmt: skip


def _hint(said: str) -> str | None:
    """What to do about an error of a framework, by words in it."""
    return next((hint for hint, words in _HINTS.items() if any(word in said for word in words)), None)


def _aligned(tensors: Sequence[Tensor], arguments: Arguments, layout: Layout, like: Mapping[int, str]) -> list[Tensor]:
    """The results with their axes in the parts of the arguments whose shape they have."""
    symbols = {symbol.name: symbol for symbol in arguments.symbols}
    found = list(tensors)
    for place, name in like.items():
        symbol = symbols[name]
        result = found[place]
        if result.shape != symbol.shape:
            said = "×".join(map(str, result.shape)) or "a number"
            raise Error(
                f"what is given for {name} is {said}, and {name} is {'×'.join(map(str, symbol.shape)) or 'a number'}"
            )
        argument = layout.tensor(symbol)
        for axis in range(result.rank):
            parts = finer(argument.axes[axis], result.axes[axis]) if result.axes[axis] else argument.axes[axis]
            cut(argument, axis, parts)
            result = cut(result, axis, parts) if result.axes[axis] else result
        found[place] = result
    return found


def _lifted(
    tensors: Sequence[Tensor], arguments: Arguments, layout: Layout, wanted: Wanted, order: Sequence[str]
) -> Lifted:
    names = {symbol.name for symbol in arguments.symbols} | set(arguments.extents)
    arrays: list[Array] = []
    held: dict[str, Array] = {}
    for place, tensor in enumerate(tensors):
        found = settled(tensor.body, frozenset(names), held)
        held |= found.held
        tensor = Tensor(tensor.axes, bottom_up(_without_pi, found.body) if "pi" in names else found.body)
        arrays.append(tensor.whole() if place in wanted.like else tensor.array())
    context = _context(arguments, layout, held, wanted.given, order)
    return Lifted(tuple(arrays), context, arguments, held)


def _without_pi(node: Node) -> Node:
    """The number π where an argument is called pi."""
    return mul(const(4), apply("arctan", const(1))) if node is apply("pi") else node


def _context(
    arguments: Arguments, layout: Layout, held: Mapping[str, Array], given: tuple[str, ...], order: Sequence[str]
) -> Context:
    symbols = {symbol.name: symbol.symbol_shape for symbol in arguments.symbols}
    inner = {s.name: layout.inner(s) for s in arguments.symbols if layout.inner(s)}
    symbols |= {name: array.shape for name, array in held.items()}
    context = Context(
        symbols=symbols, inner=inner, order=[*order, *held], dims=frozenset(arguments.extents) - symbols.keys()
    )
    facts = [symbol.fact for symbol in arguments.symbols if symbol.fact is not None]
    context.facts = Facts([*facts, *(fitting(item, context) for item in map(stated, given))])
    return context


def is_torch(program: object) -> bool:
    """Whether a program is PyTorch's: a module, or a function that names something of it, or stands beside it."""
    if not loaded("torch"):
        return False
    import torch

    if isinstance(program, torch.nn.Module):
        return True
    code, scope = getattr(program, "__code__", None), getattr(program, "__globals__", {})
    cells = [cell.cell_contents for cell in getattr(program, "__closure__", None) or ()]
    named = [scope[name] for name in names_in(code, outside=True) if name in scope]
    for values in ((*named, *cells), scope.values()):
        homes = set(map(_home, values)) & {"torch", "jax"}
        if len(homes) == 1:
            return "jax" not in homes
        if homes:
            return _calls_tensors(code)
    return False


def _calls_tensors(code: CodeType | None) -> bool:
    """Whether a function names methods that PyTorch's arrays have, and JAX's have not."""
    import jax
    import torch

    return any(hasattr(torch.Tensor, name) and not hasattr(jax.Array, name) for name in names_in(code))


def _home(value: object) -> str:
    """The package of a module, or of the class of a value, or that it stands in itself."""
    if isinstance(value, ModuleType):
        return value.__name__.split(".")[0]
    homes = [str(getattr(one, "__module__", "")).split(".")[0] for one in (value, type(value))]
    return next((home for home in homes if home in ("torch", "jax", "jaxlib")), "").replace("jaxlib", "jax")
