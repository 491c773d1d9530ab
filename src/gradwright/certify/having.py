"""Values brought to have facts. Owns: for values of any kind, those with the facts that are like them.

``generic`` and ``edges`` draw what the facts allow; here a place that an expression asks for, the number of a
comparison or far out, is moved to where the facts allow it. Never: draws at random, looks at an expression.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import product
from math import prod

from gradwright.certify.functions import inverse
from gradwright.certify.holds import HOLDS, Place, Values
from gradwright.core.facts import FACTS

Change = Callable[[Values, Place], Values]
_MOST_ENTRIES = 16  # of a matrix that is changed as a whole: fractions grow long


def having(values: Values, extents: Place, facts: frozenset[str]) -> Values | None:
    """The values, changed as little as the facts ask; None where no such values are known."""
    if len(set(extents)) > 1 and any(FACTS[fact].square for fact in facts):
        return None
    whole = _CHANGES | _FIRMLY if prod(extents) <= _MOST_ENTRIES else _CHANGES
    for changes in (_CHANGES, whole):
        try:
            changed = _changed(values, extents, facts, changes)
        except ZeroDivisionError:
            continue
        if all(HOLDS[fact](changed, extents) for fact in facts):
            return changed
    return None


def _changed(values: Values, extents: Place, facts: frozenset[str], changes: Mapping[str, Change]) -> Values:
    changed = _signed(values, facts)
    for fact, change in changes.items():
        if fact in facts:
            changed = change(changed, extents)
    return _signed(changed, facts)


def _signed(values: Values, facts: frozenset[str]) -> Values:
    if "nonnegative" in facts:
        return {place: abs(v) for place, v in values.items()}
    return {place: -abs(v) for place, v in values.items()} if "negative" in facts else values


def _simplex(values: Values, extents: Place) -> Values:
    """The parts of the whole."""
    whole = sum(values.values())
    return {place: v / whole for place, v in values.items()}


def _simplex_rows(values: Values, extents: Place) -> Values:
    whole = [sum(values[i, j] for j in range(extents[1])) for i in range(extents[0])]
    return {(i, j): v / whole[i] for (i, j), v in values.items()}


def _unit(values: Values, extents: Place) -> Values:
    """On the sphere along the line to its last pole, so that what is rational stays so."""
    *rest, last = values
    square = sum((values[place] ** 2 for place in rest), Fraction(0))
    return {place: 2 * values[place] / (square + 1) for place in rest} | {last: (square - 1) / (square + 1)}


def toeplitz(values: Values, extents: Place) -> Values:
    line = {i - j: v for (i, j), v in values.items()}
    return {(i, j): line[i - j] for i, j in values}


def symmetric(values: Values, extents: Place) -> Values:
    return {place: values[tuple(sorted(place))] for place in values}


def skew(values: Values, extents: Place) -> Values:
    return {(i, j): Fraction(0) if i == j else v if i < j else -values[j, i] for (i, j), v in values.items()}


def lower(values: Values, extents: Place) -> Values:
    return {(i, j): v if i >= j else Fraction(0) for (i, j), v in values.items()}


def upper(values: Values, extents: Place) -> Values:
    return {(i, j): v if i <= j else Fraction(0) for (i, j), v in values.items()}


def _singular(values: Values, extents: Place) -> Values:
    """The last row, and the last column with it, made the first again: symmetric if the matrix was."""
    last = extents[0] - 1
    if not last:
        return dict.fromkeys(values, Fraction(0))
    return {(i, j): values[0 if i == last else i, 0 if j == last else j] for i, j in values}


def _gram(values: Values, extents: Place) -> Values:
    """L Lᵀ of the lower triangle."""
    n = extents[0]
    return {
        (i, j): sum((values[i, k] * values[j, k] for k in range(min(i, j) + 1)), Fraction(0))
        for i, j in product(range(n), repeat=2)
    }


def turned(values: Values, extents: Place) -> Values:
    """Cayley's (I − S)(I + S)⁻¹ of the skew part S."""
    n, part = extents[0], skew(values, extents)
    eye: Values = {(i, j): Fraction(int(i == j)) for i, j in values}
    minus = {place: eye[place] - part[place] for place in values}
    right = inverse([eye[place] + part[place] for place in values], n, abs)
    return {(i, j): sum((minus[i, k] * right[k * n + j] for k in range(n)), Fraction(0)) for i, j in values}


_CHANGES: dict[str, Change] = {
    "simplex": _simplex,
    "simplex_rows": _simplex_rows,
    "unit": _unit,
    "toeplitz": toeplitz,
    "symmetric": symmetric,
    "skew": skew,
    "lower": lower,
    "upper": upper,
}
"""What keeps most of the values; a later one keeps what an earlier one made."""
_FIRMLY: dict[str, Change] = {"posdef": _gram, "singular": _singular, "orthogonal": turned}
"""What changes all of them, where that is not enough."""
