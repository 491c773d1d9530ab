"""Matrices of matrices. Owns: reading one for what it is as a whole, a matrix of which no entry is followed.

Its blocks have to fit; what holds for every matrix holds for it, and nothing else is said of it. Never: multiplies
block by block.
"""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

from gradwright.core.build import ZERO
from gradwright.core.index import Dim
from gradwright.core.value import Value
from gradwright.read.meaning import operators
from gradwright.read.meaning.elaborator import Elaborator, Visit
from gradwright.read.syntax import Matrix, Node, outline, walk
from gradwright.referee.meaning.document import Document
from gradwright.referee.meaning.names import entry_value


def matrix(e: Elaborator, node: Node) -> Visit:
    """A matrix that is written out, by entries or by blocks."""
    assert isinstance(e, Document)
    assert isinstance(node, Matrix)
    rows: list[list[Value]] = []
    for row in node.rows:
        rows.append([])
        for cell in row:
            rows[-1].append((yield cell))
    values = [value for row in rows for value in row]
    if not any(value.axes for value in values):
        return (yield from operators.matrix(e, node))
    if len({len(row) for row in rows}) > 1 or any(len(value.axes) > 2 for value in values):
        e.fail("blocks that do not make a matrix", node)
    if {name for value in values for name in value.body.names} & e.symbols.roles.wrts:
        e.fail("a matrix of blocks in which something is differentiated", node)
    _fit(e, rows, node)
    _fit(e, list(zip(*rows, strict=True)), node, across=True)
    stacked = len(rows[0]) == 1 and all(value.kind == "column" for value in values)
    key = f"the matrix of blocks#{crc32(repr([*map(outline, walk(node))]).encode()):x}"
    e.world.learned.ranks[key] = 1 if stacked else 2
    e.world.learned.missing.add(key)
    return entry_value(e, key, node)


def _fit(e: Document, lines: Sequence[Sequence[Value]], node: Node, across: bool = False) -> None:
    """The blocks of a row are of one height, those of a column (``across``) of one width."""
    for line in lines:
        sizes = [size for value in line if (size := _size(value, across)) is not None]
        for size in sizes[1:]:
            e.unify(sizes[0], size, node)


def _size(value: Value, across: bool) -> Dim | None:
    """The height of a block, or its width; a zero has every size."""
    if not value.axes:
        return None if value.body is ZERO else 1
    if len(value.axes) == 2:
        return value.axes[across].dim
    return value.axes[0].dim if (value.kind == "row") == across else 1
