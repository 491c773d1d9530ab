"""Programs of JAX. Owns: tracing one with symbols for its extents, and reading its jaxpr. Never: has a row
(``primitives``), runs a program with numbers in it.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gradwright.core.errors import Error
from gradwright.core.index import Dim, valued
from gradwright.core.record import dataclass
from gradwright.read.program import places
from gradwright.read.program.arguments import Arguments, Leaf, Number, Symbol, Value, called, mapped
from gradwright.read.program.equation import Equation, Held, Missing, present
from gradwright.read.program.extents import Extents, Opaque, Primes, Symbols
from gradwright.read.program.primitives import LAZY, row_of
from gradwright.read.program.source import Line, Raised, attempted, failed, is_users, refusal
from gradwright.read.program.tensor import Tensor, scalar


@dataclass(frozen=True)
class Traced:
    """A jaxpr with what it takes."""

    closed: Any
    symbols: tuple[Symbol, ...]
    extents: Symbols | Primes
    conditions: tuple[str, ...] = ()

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
    if sizes is not None:
        return _at_numbers(program, arguments, sizes)
    try:
        return _with_symbols(program, arguments, tuple(f"{name} >= 1" for name in arguments.extents))
    except (Error, Raised):  # at extent 1 an axis broadcasts, and the program may be another one, or none
        found = _with_symbols(program, arguments, tuple(f"{name} >= 2" for name in arguments.extents))
        return replace(found, conditions=("every extent is at least 2", *found.conditions))


def _at_numbers(program: Callable[..., object], arguments: Arguments, sizes: Mapping[str, int]) -> Traced:
    """The trace at those sizes, which has to have the same primitives at others that are small."""
    closed, order = _jaxpr(program, arguments, lambda dim: valued(dim, sizes))
    small = range(2, 2 + len(sizes))
    for others in (small, reversed(small)) if sizes else ():
        at = dict(zip(sizes, others, strict=True))
        try:
            other, _ = _jaxpr(program, arguments, lambda dim, at=at: valued(dim, at))  # type: ignore[misc]
        except Raised:  # it may be none where they are so small
            continue
        if list(_primitives(other)) != list(_primitives(closed)):
            raise Error("the program is another one at other sizes", hint=_BY_SIZE)
    return Traced(closed, order, Primes(sizes))


def _primitives(jaxpr: Any) -> Iterator[str]:
    for equation in getattr(jaxpr, "jaxpr", jaxpr).eqns:
        yield equation.primitive.name
        for value in equation.params.values():
            for inner in value if isinstance(value, list | tuple) else (value,):
                if hasattr(inner, "eqns") or hasattr(inner, "jaxpr"):
                    yield from _primitives(inner)


_BY_SIZE = "a loop over an extent is written with sums; a choice by a size is made outside"


def _with_symbols(program: Callable[..., object], arguments: Arguments, facts: tuple[str, ...]) -> Traced:
    """The trace where the extents meet those facts.

    Where the program asks whether an extent is larger than another one, it goes on where it does not raise.
    """
    from jax import export

    scope = export.SymbolicScope(facts)

    def value(dim: Dim) -> Any:
        return dim if isinstance(dim, int) else export.symbolic_shape(str(dim), scope=scope)[0]

    try:
        return Traced(*_jaxpr(program, arguments, value), Symbols())
    except Raised as raised:
        said, either = _asked(raised.error)
        if not either:
            raise
        going = {fact: found for fact in either if (found := _going(program, arguments, (*facts, fact))) is not None}
        if len(going) != 1:
            raise refusal(f"the program chooses by a size, {said}", failed(raised.error), _BY_SIZE) from None
        ((fact, found),) = going.items()
        return replace(found, conditions=(either[fact], *found.conditions))


def _asked(error: Exception) -> tuple[str, dict[str, str]]:
    """The comparison of extents that the user's own code makes, and each answer to it, as a fact and in words."""
    frames = traceback.extract_tb(error.__traceback__)
    last = max((at for at, frame in enumerate(frames) if is_users(frame.filename)), default=-1)
    found = re.match(r"Symbolic dimension comparison '(.*)' ([<>]=?) '(.*)' is inconclusive", str(error))
    if found is None or frames[last + 1 : last + 2][0].name not in ("__gt__", "__ge__", "__lt__", "__le__"):
        return "", {}
    left, op, right = found.groups()
    facts = {
        "<": f"{left} + 1 <= {right}", "<=": f"{left} <= {right}", ">": f"{left} >= {right} + 1",
        ">=": f"{left} >= {right}",
    }  # fmt: skip
    opposite = {"<": ">=", ">=": "<", ">": "<=", "<=": ">"}[op]
    return f"{left} {op} {right}", {facts[way]: f"{left} {way} {right}" for way in (op, opposite)}


def _going(program: Callable[..., object], arguments: Arguments, facts: tuple[str, ...]) -> Traced | None:
    """The trace where the extents meet those facts, if the program goes through there."""
    from jax.errors import InconclusiveDimensionOperation

    try:
        return _with_symbols(program, arguments, facts)
    except Raised as raised:
        if isinstance(raised.error, InconclusiveDimensionOperation):
            raise
        return None


def _jaxpr(
    program: Callable[..., object], arguments: Arguments, value: Callable[[Dim], Any]
) -> tuple[Any, tuple[Symbol, ...]]:
    """The jaxpr, and the symbols that it takes; ``value`` is what an extent is."""
    import jax

    struct_of: Any = jax.ShapeDtypeStruct

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
        closed = attempted(lambda: jax.make_jaxpr(flat_program)(*(flat[at] for at in varied)))
    order = jax.tree_util.tree_leaves(
        {name: mapped(tree, lambda leaf: leaf if isinstance(leaf, Symbol) else None)
         for name, tree in arguments.trees.items()},
        is_leaf=lambda leaf: isinstance(leaf, Symbol),
    )  # fmt: skip
    return closed, tuple(order)


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
            said = error.message if name in LAZY else f"{error.message} ({name})"  # which stands inside it
            raise refusal(said, line, error.hint) from None
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
