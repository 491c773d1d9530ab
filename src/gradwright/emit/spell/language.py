"""Array languages. Owns: what one says, as patterns. Never: text of its own.

Patterns name NumPy ``np``; a language puts its own name there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field

from gradwright.core.errors import Error
from gradwright.core.index import Index
from gradwright.core.record import dataclass
from gradwright.emit.plan.program import Reuse
from gradwright.tables.scalars import FUNCTIONS

_OF_MATRIX = {"inv": "np.linalg.inv({a})", "det": "np.linalg.det({a})", "cofactors": "_cofactors({a})",
              "logdet": "_logdet({a})", "chol": "np.linalg.cholesky({a})"}  # fmt: skip


@dataclass(frozen=True)
class Language:
    """``functions`` replace a row's NumPy spelling; ``module`` is what ``np`` is called. What is elementwise comes
    first, then reductions, products, functions of matrices."""

    module: str
    functions: dict[str, str] = field(default_factory=dict)
    eye: str = "np.eye({n}, dtype=dtype)"
    arange: str = "np.arange({n}, dtype=dtype)"
    permute: str = "{a}.transpose({axes})"
    diagonal: str = "np.einsum({subscripts!r}, {a})"
    where: str = "np.where({cond}, {then}, {other})"
    lone: str = "{a}"  # a number where nothing beside it has the type to compute in
    known: str = "np.asarray({cond})"  # a condition that holds everywhere or nowhere
    mark: str = "({cond}).astype(dtype)"  # 1 where a condition holds, 0 elsewhere
    sqrt: str = "np.sqrt({a})"
    power: str = "{a} ** {b}"
    wide: str = "{n}"  # an extent among those that are multiplied: the product may be more than the target's integers
    reduce: Mapping[str, str] = field(default_factory=lambda: {op: f"np.{op}" for op in ("sum", "prod", "max", "min")})
    axis: str = "axis"  # what reductions call it
    chain: str = ""
    """A product of three matrices in the order that is cheapest for their extents."""
    einsum: str = "np.einsum({subscripts!r}, {a}, {b})"
    dot: str = "np.vdot({a}, {b})"
    weighed: bool = True  # whether a sum of products along an axis is spelled as one
    whole: str = ""
    """The sum of all of a formula, where it is spelled apart from that of an array that is there."""
    tensordot: str = "np.tensordot({a}, {b}, {where})"
    take: str = "{a}[np.arange({a}.shape[0]), {label}]"
    scatter: str = ""
    placed: str = ""
    """How an array is written on a diagonal of a larger one that is 0 elsewhere."""
    largest: str = ""
    """The largest entries of a softmax."""
    reusing: Callable[[Reuse, tuple[Index, ...], Language], str] | None = None
    """How a formula is computed in one array."""
    copy: str = ".copy()"
    matrix: Mapping[str, str] = field(default_factory=dict)  # beside what all say alike
    along: dict[str, str] = field(default_factory=dict)
    solve: str = "np.linalg.solve({a}, {b})"
    solve_many: str = ""  # where it is another
    cho_solve: str = ""
    cho_solve_many: str = ""
    solve_rows: str = ""
    cho_solve_rows: str = ""
    symmetric: str = "_symmetric({x}, {s})"
    stacks: bool = False
    """Whether products of stacks are written with @, for einsum has no fast way for them."""
    broadcast: str = "np.broadcast_to({a}, {shape}).copy()"
    full: str = "np.full({shape}, {a}, dtype=dtype)"

    def function(self, fn: str) -> str:
        text = self.functions.get(fn) or FUNCTIONS[fn].numpy
        if "special." in text and fn not in self.functions:
            raise Error(f"{fn} has no spelling for this target")
        return self.local(text)

    def reduced(self, op: str, text: str, axis: str = "") -> str:
        """A reduction along an axis, or of everything."""
        return self.local(f"{self.reduce[op]}({text}{axis and f', {self.axis}={axis}'})")

    def of_matrix(self, fn: str, text: str) -> str:
        """A function of a matrix."""
        return self.local((self.matrix.get(fn) or _OF_MATRIX[fn]).format(a=text))

    def local(self, text: str) -> str:
        return re.sub(r"\bnp\.", f"{self.module}.", text)
