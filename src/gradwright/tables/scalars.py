"""The scalar functions by their names. Owns: the indexes over their rows, and which name means what where.

The rows stand in ``functions`` and ``abbreviations``, their columns in ``row``. Never: applies a rule.
"""

from __future__ import annotations

from collections.abc import Callable

from gradwright.tables import abbreviations, functions
from gradwright.tables.row import NEGATIVE, NONNEGATIVE, POSITIVE, Abbreviation, Code, Function, Scalar

FUNCTIONS: dict[str, Function] = {row.name: row for row in functions.ROWS}
"""The functions that formulas are made of."""
ABBREVIATIONS: dict[str, Abbreviation] = {row.name: row for row in abbreviations.ROWS}
"""Names that are read as what they mean in terms of those."""
SCALARS: tuple[Scalar, ...] = (*functions.ROWS, *abbreviations.ROWS)
NAMED: dict[str, Scalar] = {name: row for row in SCALARS for name in (row.name, *row.aliases)}
"""Every name of the text language, with the row it means."""
WRITTEN: dict[str, Scalar] = {
    name: row for row in SCALARS if row.arity for name in (row.name, *row.aliases, *row.written)
}
"""Every name that documents and LaTeX formulas apply, with the row it means there."""


def those(has: Callable[[Function], object]) -> frozenset[str]:
    """The functions with a property."""
    return frozenset(row.name for row in functions.ROWS if has(row))


__all__ = [
    "ABBREVIATIONS", "FUNCTIONS", "NAMED", "NEGATIVE", "NONNEGATIVE", "POSITIVE", "SCALARS", "WRITTEN", "Abbreviation",
    "Code", "Function", "Scalar", "those",
]  # fmt: skip
