"""The meaning of a program under a reading. Owns: the two runs of the elaborator, and the names of extents.

The first run has open extents and collects every equation between them; the second has those that solve the equations.
Nothing is written to: a tree and a reading in, arrays out. Never: chooses a reading.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from gradwright.core.context import Signature
from gradwright.core.extents import Clash, Extents
from gradwright.core.index import Dim
from gradwright.core.node import Array, Node
from gradwright.core.record import dataclass
from gradwright.core.value import Value
from gradwright.read.meaning.elaborator import Elaborator, Solved
from gradwright.read.meaning.rules import RULES
from gradwright.read.reading import Reading
from gradwright.read.syntax import Program


@dataclass(frozen=True)
class Meaning:
    """The value of the formula and its parts, the shapes of its symbols, what it defines, and what a reader is told."""

    value: Value
    parts: tuple[Node, ...]
    shapes: Mapping[str, tuple[Dim, ...]]
    functions: Mapping[str, Signature]
    definitions: Mapping[str, Array]
    dims: frozenset[str]
    remarks: tuple[str, ...]


def meaning(program: Program, reading: Reading) -> Meaning:
    """What the program means; an ``Error`` points at what has no meaning."""
    extents = Extents()
    first = Elaborator(reading, extents, RULES, None)
    first.program(program.lets, program.body)
    extents.settle()
    for name in reading.square:
        _make_square(first.shapes.get(name, ()), extents)
    dims = _dims(first)
    extents.name(dims, {*_names(reading), *reading.ranks, *reading.reserved, *reading.dims})
    solved = _solved(first, extents)
    second = Elaborator(reading, extents, RULES, solved)
    value = second.program(program.lets, program.body)
    named = frozenset(dim for dim in map(extents.find, dims) if isinstance(dim, str))
    return Meaning(value, tuple(second.parts), second.shapes, second.functions, second.definitions,
                   reading.dims | named, tuple(second.remarks))  # fmt: skip


def _names(reading: Reading) -> set[str]:
    return {*reading.shapes, *reading.functions, *reading.definitions, *reading.later}


def _make_square(shape: Sequence[Dim], extents: Extents) -> None:
    """What is said to be symmetric, invertible, … has as many rows as columns."""
    if len(shape) >= 2:
        with suppress(Clash):  # of shapes that were declared: said once the formula is read
            extents.unify(shape[0], shape[1])


def _dims(e: Elaborator) -> list[Dim]:
    dims = [d for shape in e.shapes.values() for d in shape]
    return dims + [d for s in e.functions.values() for d in (*s.argument, *s.value)]


def _solved(e: Elaborator, extents: Extents) -> Solved:
    def found(shape: Sequence[Dim]) -> tuple[Dim, ...]:
        return tuple(extents.find(d) for d in shape)

    shapes = {name: found(shape) for name, shape in e.shapes.items()}
    functions = {name: Signature(found(s.argument), found(s.value)) for name, s in e.functions.items()}
    return Solved(shapes, functions)
