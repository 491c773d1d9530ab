"""The meaning of a program under a reading. Owns: the two runs of the elaborator, and the names of extents.

The first run has open extents and collects every equation between them; the second has those that solve the equations.
Nothing is written to: a tree and a reading in, arrays out. Never: chooses a reading.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import islice

from gradwright.core.context import Signature
from gradwright.core.errors import Error
from gradwright.core.extents import Clash, Extents, open_extent
from gradwright.core.index import Dim, divided, times
from gradwright.core.node import Array, Node
from gradwright.core.record import dataclass
from gradwright.core.value import Value
from gradwright.read.meaning.elaborator import Apart, Elaborator, Solved
from gradwright.read.meaning.rules import RULES
from gradwright.read.reading import Reading
from gradwright.read.syntax import Program


@dataclass(frozen=True)
class Meaning:
    """The value of the formula and of its parts, the shapes of its symbols (``inner``: of the indices of those with an
    axis of several), what it defines, and what a reader should be told.
    """

    value: Value
    parts: tuple[Node, ...]
    shapes: Mapping[str, tuple[Dim, ...]]
    inner: Mapping[str, tuple[tuple[Dim, ...], ...]]
    functions: Mapping[str, Signature]
    definitions: Mapping[str, Array]
    remarks: tuple[str, ...]


def meaning(program: Program, reading: Reading) -> Meaning:
    """What the program means; an ``Error`` points at what has no meaning."""
    apart: dict[tuple[str, int], int] = {}
    while True:
        try:
            return _meaning(program, reading, apart)
        except Apart as found:  # every time of more axes, of which there are so many
            apart |= dict.fromkeys(found.axes, found.count)


def _meaning(program: Program, reading: Reading, apart: Mapping[tuple[str, int], int]) -> Meaning:
    """The meaning where those axes of symbols are made of so many indices."""
    extents = Extents()
    first = Elaborator(reading, extents, RULES, None, apart)
    first.program(program.lets, program.body)
    extents.settle()
    for name in set(reading.square) - first.groups.keys():
        _make_square(first.shapes.get(name, ()), extents)
    for name in first.groups.keys() & reading.shapes.keys():
        _fill(_parts(first, name), reading.shapes[name], extents, name)
    dims = _dims(first)
    extents.name(dims, {*_names(reading), *reading.ranks, *reading.reserved, *reading.dims})
    solved = _solved(first, extents)
    second = Elaborator(reading, extents, RULES, solved, apart)
    value = second.program(program.lets, program.body)
    inner = {name: _parts(second, name) for name in second.groups}
    shapes = second.shapes | {name: tuple(times(*part) for part in parts) for name, parts in inner.items()}
    said = [f"an axis of {name} is several indices, of which the last runs fastest" for name in inner]
    remarks = (*second.remarks, *said)
    return Meaning(value, tuple(second.parts), shapes, inner, second.functions, second.definitions, remarks)


def _parts(e: Elaborator, name: str) -> tuple[tuple[Dim, ...], ...]:
    dims = iter(e.shapes[name])
    return tuple(tuple(islice(dims, count)) for count in e.groups[name])


def _fill(parts: Sequence[Sequence[Dim]], shape: Sequence[Dim], extents: Extents, name: str) -> None:
    """The extents of indices have the declared one for their product, which says the last that nothing else says."""
    for part, declared in zip(parts, shape, strict=True):
        found = [extents.find(dim) for dim in part]
        *others, last = sorted(found, key=lambda dim: isinstance(dim, str) and open_extent(dim))
        rest = divided(declared, times(*others))
        if any(map(open_extent, others)) or rest is None or not _agree(extents, last, rest):
            said = "·".join("…" if open_extent(dim) else str(dim) for dim in found)
            raise Error(f"the {declared} places of {name} are those of several indices, {said}, and do not fit them",
                        hint="declare the shapes of what it is multiplied with")  # fmt: skip


def _agree(extents: Extents, left: Dim, right: Dim) -> bool:
    try:
        extents.unify(left, right)
    except Clash:
        return False
    return True


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
