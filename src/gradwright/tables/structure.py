"""Structured variables, one row each. Owns: which entries of a structured matrix move together. Never: differentiates.

The derivative in the independent entries of X holds G_ij, the derivative as if X were free, against ∂X_ij/∂θ_kl, where
θ_kl is the parameter that stands at (k, l), and is laid out as the matrix itself (Matrix Cookbook (2012), section 2.8).
"""

from __future__ import annotations

from collections.abc import Callable

from gradwright.core.build import ONE, ZERO, add, delta, mul, ordinal, subtract, where
from gradwright.core.facts import Facts
from gradwright.core.index import Index
from gradwright.core.node import Node
from gradwright.core.record import dataclass
from gradwright.core.rule import Rule


@dataclass(frozen=True)
class Structure:
    """``tied(i, j, k, l)`` is ∂X_ij/∂θ_kl for a matrix of which all ``facts`` are known."""

    facts: tuple[str, ...]
    tied: Callable[[Index, Index, Index, Index], Node]
    rule: Rule


def same_diagonal(i: Index, j: Index, a: Index, b: Index) -> Node:
    """1 where (i, j) and (a, b) stand on the same diagonal of a matrix."""
    return where("==", subtract(ordinal(i), ordinal(j)), subtract(ordinal(a), ordinal(b)), ONE, ZERO)


def _symmetric(i: Index, j: Index, a: Index, b: Index) -> Node:
    both = add(mul(delta(i, a), delta(j, b)), mul(delta(i, b), delta(j, a)))
    return subtract(both, mul(delta(i, j), delta(j, a), delta(a, b)))


def _symmetric_toeplitz(i: Index, j: Index, a: Index, b: Index) -> Node:
    return subtract(add(same_diagonal(i, j, a, b), same_diagonal(j, i, a, b)), mul(delta(i, j), delta(a, b)))


def _triangular(lower: bool) -> Callable[[Index, Index, Index, Index], Node]:
    def tied(i: Index, j: Index, a: Index, b: Index) -> Node:
        inside = where("<=", ordinal(b if lower else a), ordinal(a if lower else b), ONE, ZERO)
        return mul(delta(i, a), delta(j, b), inside)

    return tied


def _rule(name: str, title: str, source: str = "Matrix Cookbook (2012), section 2.8") -> Rule:
    return Rule(f"independent_{name}", title, source)


STRUCTURES: tuple[Structure, ...] = (
    Structure(
        ("diagonal",), lambda i, j, a, b: mul(delta(i, a), delta(j, b), delta(a, b)),
        _rule("diagonal", "only the diagonal moves", "Matrix Cookbook (2012) eq. 142"),
    ),
    Structure(
        ("toeplitz", "symmetric"), _symmetric_toeplitz,
        _rule("symmetric_toeplitz", "the two diagonals at a distance move together", "Matrix Cookbook (2012) eq. 144"),
    ),
    Structure(
        ("toeplitz",), same_diagonal,
        _rule("toeplitz", "the entries of a diagonal move together", "Matrix Cookbook (2012) eq. 143"),
    ),
    Structure(
        ("symmetric",), _symmetric,
        _rule("symmetric", "the entries at (k,l) and (l,k) are one", "Matrix Cookbook (2012) eq. 138"),
    ),
    Structure(
        ("skew",), lambda i, j, a, b: subtract(mul(delta(i, a), delta(j, b)), mul(delta(i, b), delta(j, a))),
        _rule("skew", "the entries at (k,l) and (l,k) are opposite", "∂X_ij/∂θ_kl = δ_ik δ_jl − δ_il δ_jk"),
    ),
    Structure(("lower",), _triangular(True), _rule("lower", "only the entries on and below the diagonal move")),
    Structure(("upper",), _triangular(False), _rule("upper", "only the entries on and above the diagonal move")),
)  # fmt: skip
"""In the order in which they are asked for: what implies another stands before it."""


def structure_of(name: str, facts: Facts) -> Structure | None:
    """The row whose facts are all known of the symbol."""
    return next((row for row in STRUCTURES if all(facts.why(fact, name) for fact in row.facts)), None)
