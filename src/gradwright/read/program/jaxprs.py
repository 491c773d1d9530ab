"""Programs of JAX. Owns: tracing one with symbols for its extents, and reading its jaxpr. Never: has a row
(``primitives``), runs a program with numbers in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gradwright.core.errors import Error
from gradwright.core.index import Dim
from gradwright.core.record import dataclass
from gradwright.read.program import places
from gradwright.read.program.arguments import Arguments, Leaf, Number, Symbol, Value, called, mapped
from gradwright.read.program.equation import Equation, Held, Missing, present
from gradwright.read.program.extents import Extents, Opaque, Primes, Symbols
from gradwright.read.program.primitives import LAZY, row_of
from gradwright.read.program.source import Line, is_users, refusal
from gradwright.read.program.tensor import Tensor, scalar


@dataclass(frozen=True)
class Traced:
    """A jaxpr with what it takes."""

    closed: Any
    symbols: tuple[Symbol, ...]
    extents: Symbols | Primes

    @property
    def order(self) -> list[str]:
        """The arguments as the program first uses them."""
        jaxpr = self.closed.jaxpr
        names = dict(zip(jaxpr.invars, (symbol.name for symbol in self.symbols), strict=True))
        used = [atom for equation in jaxpr.eqns for atom in equation.invars if not hasattr(atom, "val")]
        return [names[atom] for atom in dict.fromkeys((*used, *jaxpr.invars)) if atom in names]

    @property
    def exact(self) -> bool:
        return isinstance(self.extents, Symbols) or not self.extents.sizes

    def results(self, inputs: Mapping[str, Tensor]) -> list[Tensor]:
        """What the program gives, in indices."""
        reading = _Reading(self.extents)
        consts = [reading.numbers(value) for value in self.closed.consts]
        found = reading.evaluated(self.closed.jaxpr, consts, [inputs[symbol.name] for symbol in self.symbols])
        return [present(value) for value in found]


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

    # At extent 1 an axis broadcasts, and the program may be another function.
    scope = export.SymbolicScope([f"{name} >= 2" for name in arguments.extents])

    def value(dim: Dim) -> Any:
        return dim if isinstance(dim, int) else export.symbolic_shape(str(dim), scope=scope)[0]

    return value


def _numeric(sizes: Mapping[str, int]) -> Callable[[Dim], int]:
    from gradwright.core.index import valued

    return lambda dim: valued(dim, sizes)


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
        return self.numbers(atom.val) if hasattr(atom, "val") else known[atom]

    def numbers(self, value: Any) -> Held:
        """An array of numbers that the program holds."""
        import numpy as np

        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            return Missing(f"a constant of type {array.dtype}", None)
        if array.size > 4096:
            return Missing(f"a constant of {array.size} numbers", None)
        nodes = [self.extents.number(item) for item in _items(array)]
        return places.written_out(array.shape, nodes) if array.shape else scalar(nodes[0])

    def _called(self, equation: Any, values: list[Held]) -> Sequence[Held]:
        name = equation.primitive.name
        line = _line(equation)
        row = LAZY.get(name)
        if row is None:
            row = row_of(name)
            missing = next((value for value in values if isinstance(value, Missing)), None)
            if row is None or missing is not None:
                return [missing or Missing(name, line)] * len(equation.outvars)
        try:
            found = row(Equation(self, equation, line), *values)
        except Opaque:
            raise
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
