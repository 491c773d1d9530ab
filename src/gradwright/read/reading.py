"""How a formula is taken. Owns: the frozen value that elaboration is given, beside the tree. Never: decides it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from gradwright.core.context import Signature
from gradwright.core.index import Dim
from gradwright.core.node import Array
from gradwright.core.record import dataclass
from gradwright.read.syntax import Node


@dataclass(frozen=True)
class Reading:
    """What every name is, and the conventions in force.

    ``shapes``       symbols whose extents are declared, or known from a formula read before
    ``inner``        those of them with an axis of several indices: the extents of the indices of each axis
    ``ranks``        the number of axes of the other symbols: their extents are open
    ``functions``    unknown functions with declared shapes; ``unknown``: the axes of the value of the others
    ``definitions``  what was defined in a formula read before
    ``dims``         names of dimensions
    ``square``       symbols of which a fact says that they have as many rows as columns
    ``later``        what the formula itself defines
    ``reserved``     names that an extent must not be given
    ``reduced``      nodes inside a reduction, where a power of a vector goes by entries
    ``entrywise``    matrices whose functions go by entries, beside a Hadamard product
    ``matrices``     functions of a matrix are matrix functions (LaTeX), not entry by entry (text)
    ``first``        the number of the first entry: 0 in the text language, 1 in LaTeX
    ``typeset``      as a document is typeset: ⊙ binds least, * and / of arrays and powers of vectors go by entries, |x|
                     of a vector is its length, a bold 1 has any shape, and two columns have no product
    ``moving``       symbols X whose dX is written: d(AX) is a differential
    ``python``       written as for NumPy, with @ or **: vectors are divided by entries; ``contracting``: with @, so
                     that * goes by entries
    """

    source: str
    shapes: Mapping[str, tuple[Dim, ...]]
    ranks: Mapping[str, int]
    functions: Mapping[str, Signature]
    unknown: Mapping[str, int]
    definitions: Mapping[str, Array]
    inner: Mapping[str, tuple[tuple[Dim, ...], ...]] = field(default_factory=dict)
    dims: frozenset[str] = frozenset()
    square: tuple[str, ...] = ()
    later: frozenset[str] = frozenset()
    reserved: frozenset[str] = frozenset()
    reduced: frozenset[Node] = frozenset()
    entrywise: frozenset[Node] = frozenset()
    matrices: bool = False
    first: int = 0
    typeset: bool = False
    python: bool = False
    contracting: bool = False
    moving: tuple[str, ...] = ()
