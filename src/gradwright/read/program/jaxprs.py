"""Programs of JAX. Owns: tracing one with symbols for its extents, and reading its jaxpr. Never: has a row
(``primitives``), runs a program with numbers in it.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
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
from gradwright.read.program.source import Line, Raised, asking, attempted, failed, is_users, numbers_compared, refusal
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

    @property
    def numbers(self) -> frozenset[float]:
        import numpy as np

        held = [np.asarray(value) for value in (*self.closed.consts, *_literals(self.closed))]
        return frozenset(item for array in held if _is_read(array) for item in _items(array))

    def owning(self, numbers: frozenset[float]) -> Traced:
        assert isinstance(self.extents, Primes)
        return replace(self, extents=replace(self.extents, own=numbers))

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
    """The trace at those sizes, which has to have the same primitives at others that are small, and where all are a
    number that the program compares something with.
    """
    closed, order = _jaxpr(program, arguments, lambda dim: valued(dim, sizes))
    small = range(2, 2 + len(sizes))
    equal = [[at if at > 1 else _ANY] * len(sizes) for at in numbers_compared(program)]
    for others in (small, reversed(small), *equal) if sizes else ():
        at = dict(zip(sizes, others, strict=True))
        try:
            other, _ = _jaxpr(program, arguments, lambda dim, at=at: valued(dim, at))  # type: ignore[misc]
        except Raised:  # it may be none where they are so small
            continue
        if _primitives(other) != _primitives(closed):
            raise Error("the program is another one at other sizes", hint=_BY_SIZE)
    return Traced(closed, order, Primes(sizes))


def _equations(jaxpr: Any) -> Iterator[Any]:
    """The equations, each before those inside it."""
    for equation in getattr(jaxpr, "jaxpr", jaxpr).eqns:
        yield equation
        for value in equation.params.values():
            for inner in value if isinstance(value, list | tuple) else (value,):
                if hasattr(inner, "eqns") or hasattr(inner, "jaxpr"):
                    yield from _equations(inner)


def _primitives(jaxpr: Any) -> list[str]:
    return [equation.primitive.name for equation in _equations(jaxpr)]


def _literals(jaxpr: Any) -> list[Any]:
    return [atom.val for equation in _equations(jaxpr) for atom in equation.invars if hasattr(atom, "val")]


_ANY = 7
_BY_SIZE = "a loop over an extent is written with sums; a choice by a size is made outside"


def _with_symbols(program: Callable[..., object], arguments: Arguments, facts: tuple[str, ...]) -> Traced:
    """The trace where the extents meet those facts.

    Where the program asks whether an extent is as large as another one, or larger, it goes on where it does not raise.
    """
    try:
        trace, equalities = _in_scope(program, arguments, facts)
        for said, line in equalities.items():
            if not _raises(program, arguments, facts, said):
                raise refusal(f"the program chooses by a size, {said}", line, _BY_SIZE)
        return replace(trace, conditions=tuple(said.replace("==", "!=") for said in equalities))
    except Raised as raised:
        said, either = _asked(raised.error)
        if not either:
            raise
        going = {fact: found for fact in either if (found := _going(program, arguments, (*facts, fact))) is not None}
        if len(going) != 1:
            raise refusal(f"the program chooses by a size, {said}", failed(raised.error), _BY_SIZE) from None
        ((fact, found),) = going.items()
        return replace(found, conditions=(either[fact], *found.conditions))


def _in_scope(
    program: Callable[..., object], arguments: Arguments, facts: tuple[str, ...], taken: str = ""
) -> tuple[Traced, dict[str, Line]]:
    """The trace where the extents meet those facts, and what it says of their equality that is not known from them.

    ``taken``: of these equalities the one that is taken to hold; the others are not.
    """
    from jax import export

    scope = export.SymbolicScope(facts)

    def value(dim: Dim) -> Any:
        return dim if isinstance(dim, int) else export.symbolic_shape(str(dim), scope=scope)[0]

    with _equalities(type(export.symbolic_shape("n")[0]), taken) as found:
        return Traced(*_jaxpr(program, arguments, value), Symbols()), found


@contextmanager
def _equalities(extent: type, taken: str) -> Iterator[dict[str, Line]]:
    """The equalities of extents that the user's code asks about and that depend on sizes, each with its line.

    JAX takes such extents for different, and does not say so, for its ``==`` cannot raise.
    """
    asked: dict[str, Line] = {}
    plain: Callable[[Any, object], bool] = vars(extent)["__eq__"]

    def noted(left: Any, right: object) -> bool:
        line = None if plain(left, right) or not isinstance(right, int | extent) else asking("__ne__")
        if line is None or _are_apart(left, right):
            return plain(left, right)
        asked[said := f"{left} == {right}"] = line
        return said == taken

    extent.__eq__ = noted  # type: ignore[method-assign,assignment]
    try:
        yield asked
    finally:
        extent.__eq__ = plain  # type: ignore[method-assign,assignment]


def _are_apart(left: Any, right: Any) -> bool:
    """Whether one of two extents is known to be larger."""
    from jax.errors import InconclusiveDimensionOperation

    try:
        return bool(left < right or left > right)
    except InconclusiveDimensionOperation:
        return False


def _raises(program: Callable[..., object], arguments: Arguments, facts: tuple[str, ...], taken: str) -> bool:
    """Whether the program raises where an equality of extents holds."""
    try:
        _in_scope(program, arguments, facts, taken)
    except Raised:
        return True
    return False


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
        if not _is_read(array):
            return Missing(f"a constant of {array.size} numbers of type {array.dtype}", None)
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


def _is_read(array: Any) -> bool:
    """Whether an array of numbers is one that may be written out."""
    return array.dtype.kind in "biuf" and array.size <= places.MOST_HELD


def _items(array: Any) -> list[bool | int | float]:
    if array.dtype.kind == "f" and array.dtype.itemsize < 8:
        return [float(str(item)) for item in array.ravel()]
    items: list[bool | int | float] = array.ravel().tolist()
    return items


def _line(equation: Any) -> Line | None:
    trace = equation.source_info.traceback
    frames = trace.frames if trace is not None else ()
    return next((Line(f.file_name, f.line_num) for f in frames if is_users(f.file_name)), None)
