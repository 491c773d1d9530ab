"""Numbers for the plots. Owns: the point, the direction, the values along it. Never: draws, or judges a result.

Three figures: the derivative at a random point (which respects the facts) as a heat map, the function along a random
direction with its tangent, and the error of central differences against their step. An array is seen through one
random combination of its entries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import isfinite
from random import Random
from typing import TYPE_CHECKING, Any, TypedDict

from gradwright.certify.sample import STYLES, sample
from gradwright.core.errors import Error
from gradwright.core.index import names_of, valued

if TYPE_CHECKING:
    from numpy import ndarray

    from gradwright.api import Derivation

_SIDE = 6  # of the extents that have no number
_STEPS = [10 ** (-k / 2) for k in range(2, 25)]
_SAMPLES = 61
_TRIES = 24

Point = dict[str, "ndarray[Any, Any]"]


class Heat(TypedDict):
    """The derivative in rows, and the shape it has."""

    rows: list[list[float]]
    shape: list[int]


class Along(TypedDict):
    """The function along the direction, its value and slope in the middle; of an ``array`` a combination."""

    t: list[float]
    f: list[float | None]
    value: float
    slope: float
    array: bool


class Differences(TypedDict):
    """Steps of central differences, and the errors."""

    h: list[float]
    error: list[float | None]


class Figures(TypedDict):
    heat: Heat
    along: Along
    differences: Differences


def plots(derivation: Derivation, first: Derivation, seed: int) -> dict[str, object]:
    """The three figures; ``first`` is the derivation of order one."""
    if derivation.context.functions:
        raise Error("there is no plot of a function that is unknown")
    if len(set(derivation.wrt)) > 1:
        raise Error("plots are of derivatives in one variable")
    rng = Random(seed)
    for attempt in range(_TRIES):
        point = _point(derivation, rng, attempt)
        found = _figures(derivation, first, point, rng)
        if found is not None:
            return {**found}
    raise Error("no point was found at which everything exists")


def _point(derivation: Derivation, rng: Random, attempt: int) -> Point:
    import numpy as np

    context = derivation.context
    names = [name for shape in context.symbols.values() for d in shape for name in sorted(names_of(d))]
    sizes = {name: _SIDE - k % 3 for k, name in enumerate(dict.fromkeys(names))}
    drawn = sample(context, context.symbols, sizes, rng, attempt % (len(STYLES) + 2))
    point: Point = {}
    for name, shape in context.symbols.items():
        extents = tuple(valued(d, sizes) for d in shape)
        point[name] = np.array([float(v) for v in drawn[name].values()]).reshape(extents)
    return point


def _figures(derivation: Derivation, first: Derivation, point: Point, rng: Random) -> Figures | None:
    import numpy as np

    name = derivation.wrt[0]
    noise = np.random.default_rng(rng.getrandbits(32))
    direction = noise.standard_normal(point[name].shape)
    direction = direction / max(float(np.linalg.norm(direction)), 1e-300)
    value = _evaluated(first, point)
    weights = noise.standard_normal(value.shape) if value.shape else np.ones(())

    def along(t: float) -> float:
        moved = {**point, name: point[name] + t * direction}
        return float(np.sum(weights * _evaluated(first, moved)))

    heat = derivation.evaluate(**point)
    jacobian = first.evaluate(**point)
    slope = float(np.sum(np.tensordot(weights, jacobian, value.ndim) * direction))
    middle = along(0.0)
    ts = [-1 + 2 * k / (_SAMPLES - 1) for k in range(_SAMPLES)]
    if not (np.all(np.isfinite(heat)) and np.isfinite(slope) and np.isfinite(middle)):
        return None
    return {
        "heat": _heat(heat, derivation),
        "along": {"t": ts, "f": _shown(map(along, ts)), "value": middle, "slope": slope, "array": bool(value.shape)},
        "differences": _differences(along, slope),
    }


def _evaluated(derivation: Derivation, point: Point) -> ndarray[Any, Any]:
    from gradwright.certify.arrays import evaluate

    return evaluate(derivation.goal, derivation.context, point)


def _heat(values: ndarray[Any, Any], derivation: Derivation) -> Heat:
    """Two axes: the variable's across, everything before it down; what has more is unrolled."""
    variable = len(derivation.variables[-1])
    rows = values.shape[: values.ndim - variable] if values.ndim > 1 else ()
    if derivation.order == 1 and len(rows) == 0 and values.ndim == 2:
        rows = values.shape[:1]  # the gradient in a matrix lies as the matrix does
    height = 1
    for extent in rows:
        height *= extent
    return {"rows": [[float(v) for v in row] for row in values.reshape(height, -1)], "shape": list(values.shape)}


def _differences(along: Callable[[float], float], slope: float) -> Differences:
    scale = max(1.0, abs(slope))
    errors = [abs((along(h) - along(-h)) / (2 * h) - slope) / scale for h in _STEPS]
    return {"h": _STEPS, "error": _shown(errors)}


def _shown(values: Iterable[float]) -> list[float | None]:
    """Nothing in place of what has no point in a figure."""
    return [value if isfinite(value) else None for value in values]
