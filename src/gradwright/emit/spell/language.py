"""Array languages. Owns: what one says beside elementwise formulas, as patterns. Never: text of its own.

Patterns name NumPy ``np``; a dialect puts its own name there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field

from gradwright.core.index import Index
from gradwright.core.record import dataclass
from gradwright.emit.plan.program import Reuse
from gradwright.emit.spell.spell import Dialect, spelled


def _anew(reuse: Reuse, axes: tuple[Index, ...], dialect: Dialect) -> str:
    """A formula in an array of its own."""
    assert not reuse.steps
    return spelled(reuse.first, axes, dialect)


@dataclass(frozen=True)
class Language(Dialect):
    """A dialect that also says reductions, products and functions of matrices."""

    reduce: dict[str, str] = field(default_factory=dict)
    chain: str = ""
    """A product of three matrices in the order that is cheapest for their extents."""
    einsum: str = "np.einsum({subscripts!r}, {a}, {b})"
    dot: str = "np.vdot({a}, {b})"
    weighed: str = ""
    whole: str = ""
    """The sum of all of a formula, where it is spelled apart from that of an array that is there."""
    tensordot: str = "np.tensordot({a}, {b}, {where})"
    take: str = "{a}[np.arange({a}.shape[0]), {label}]"
    scatter: str = ""
    placed: str = ""
    """How an array is written on a diagonal of a larger one that is 0 elsewhere."""
    largest: str = ""
    """The largest entries of a softmax."""
    reusing: Callable[[Reuse, tuple[Index, ...], Dialect], str] = _anew
    """How a formula is computed in one array."""
    copy: str = ".copy()"
    matrix: dict[str, str] = field(default_factory=dict)
    along: dict[str, str] = field(default_factory=dict)
    solve: str = "np.linalg.solve({a}, {b})"
    solve_many: str = "np.linalg.solve({a}, {b})"
    cho_solve: str = ""
    cho_solve_many: str = ""
    solve_rows: str = ""
    cho_solve_rows: str = ""
    symmetric: str = "_symmetric({x}, {s})"
    stacks: bool = False
    """Whether products of stacks are written with @, for einsum has no fast way for them."""
    broadcast: str = "np.broadcast_to({a}, {shape}).copy()"
    full: str = "np.full({shape}, {a}, dtype=dtype)"
