"""An evaluator of nodes in mpmath, which shares nothing with the ones that certify.

It reads a node as its docstring says it: no tables, no balls, no order of filling. Slow, and only for small sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import product
from random import Random
from typing import Any

import mpmath

from gradwright.core.index import AT, Index
from gradwright.core.node import (
    Add,
    Apply,
    Array,
    Const,
    Delta,
    Entry,
    MatFn,
    Mul,
    Node,
    Ordinal,
    Pow,
    Reduce,
    Size,
    Where,
)
from tests.tables.test_scalars_truth import TRUTH

mp: Any = mpmath.mp
Table = dict[tuple[int, ...], Any]
DIGITS = 70
_STEP = "1e-22"
_CLOSE = 1e-25
CLOSE = 1e-12
"""What is allowed between a derivative and a difference."""


class Undefined(Exception):
    """There is no value here."""


@dataclass
class Point:
    """Values of the symbols, extents of the dimensions, definitions, and the places of indices."""

    symbols: Mapping[str, Table]
    sizes: Mapping[str, int]
    definitions: Mapping[str, Array] = field(default_factory=dict)
    known: dict[object, Any] = field(default_factory=dict, init=False, repr=False)

    def extent(self, index: Index) -> int:
        return index.dim if isinstance(index.dim, int) else self.sizes[index.dim]

    def places(self, indices: Sequence[Index], at: Mapping[Index, int]) -> Iterator[dict[Index, int]]:
        """Every assignment of the indices, beside those that have a place."""
        for places in product(*(range(self.extent(index)) for index in indices)):
            yield {**at, **dict(zip(indices, places, strict=True))}

    def somewhere(self, indices: Sequence[Index], rng: Random) -> dict[Index, int]:
        return {index: rng.randrange(self.extent(index)) for index in indices}


def number(value: Fraction | float) -> Any:
    exact = Fraction(value)
    return mp.mpf(exact.numerator) / exact.denominator


def value(node: Node, point: Point, at: Mapping[Index, int]) -> Any:
    """The node's value, a finite real number."""
    key = node, *((index, at[index]) for index in node.free)
    if key not in point.known:
        found = _RULES[type(node)](node, point, at)
        if not mp.isfinite(found) or mp.im(found):
            raise Undefined
        point.known[key] = mp.re(found)
    return point.known[key]


def differ(left: Any, right: Any) -> bool:
    return bool(abs(left - right) > _CLOSE * (1 + max(abs(left), abs(right))))


def _place(index: Index, at: Mapping[Index, int]) -> int:
    return int(index.name) if index.kind == AT else at[index]


def _entry(node: Entry, point: Point, at: Mapping[Index, int]) -> Any:
    places = tuple(_place(slot, at) for slot in node.slots)
    definition = point.definitions.get(node.name)
    if definition is None:
        return point.symbols[node.name][places]
    return value(definition.body, point, dict(zip(definition.axes, places, strict=True)))


def _pow(node: Pow, point: Point, at: Mapping[Index, int]) -> Any:
    base, exponent = value(node.base, point, at), value(node.exponent, point, at)
    if base < 0 and exponent != mp.floor(exponent):
        raise Undefined
    if base == 0 and exponent < 0:
        raise Undefined
    return mp.mpf(1) if exponent == 0 else mp.power(base, exponent)


_OF_TWO: dict[str, Callable[[Any, Any], Any]] = {"max": max, "min": min, "atan2": mp.atan2}


def _apply(node: Apply, point: Point, at: Mapping[Index, int]) -> Any:
    arguments = [value(argument, point, at) for argument in node.args]
    if not arguments:
        return {"pi": mp.pi}[node.fn] * 1
    try:
        if len(arguments) == 2:
            return _OF_TWO[node.fn](*arguments)
        return TRUTH[node.fn][1](arguments[0])
    except (ValueError, ArithmeticError):
        raise Undefined from None


def _reduce(node: Reduce, point: Point, at: Mapping[Index, int]) -> Any:
    values = [value(node.body, point, inner) for inner in point.places(node.bound, at)]
    folds = {"sum": mp.fsum, "prod": mp.fprod, "max": max, "min": min}
    return folds[node.op](values)


def _where(node: Where, point: Point, at: Mapping[Index, int]) -> Any:
    left, right = value(node.left, point, at), value(node.right, point, at)
    holds = {"<": left < right, "<=": left <= right, "==": left == right, "!=": left != right}[node.op]
    return value(node.then if holds else node.other, point, at)


def _matfn(node: MatFn, point: Point, at: Mapping[Index, int]) -> Any:
    rows, columns = map(point.extent, node.bound)
    matrix = mp.matrix(rows, columns)
    for inner in point.places(node.bound, at):
        matrix[inner[node.bound[0]], inner[node.bound[1]]] = value(node.body, point, inner)
    given = [value(scalar, point, at) for scalar in node.given]
    key = node.fn, tuple(matrix), tuple(given)
    try:
        whole = point.known.get(key) or point.known.setdefault(key, _MATRICES[node.fn](matrix, *given))
    except (ValueError, ArithmeticError):
        raise Undefined from None
    return whole[tuple(_place(slot, at) for slot in node.slots)] if node.slots else whole


def _minor(matrix: Any, row: int, column: int) -> Any:
    n = matrix.rows - 1
    found = mp.matrix(n, n)
    for i, j in product(range(n), repeat=2):
        found[i, j] = matrix[i + (i >= row), j + (j >= column)]
    return found


def _det(matrix: Any) -> Any:
    """By the first row."""
    if not matrix.rows:
        return mp.mpf(1)
    return mp.fsum((-1) ** j * matrix[0, j] * _det(_minor(matrix, 0, j)) for j in range(matrix.cols) if matrix[0, j])


def _adjugate(matrix: Any) -> Any:
    found = matrix.copy()
    for i, j in product(range(matrix.rows), repeat=2):
        found[j, i] = (-1) ** (i + j) * _det(_minor(matrix, i, j))
    return found


def _inverse(matrix: Any) -> Any:
    determinant = _det(matrix)
    if abs(determinant) < mp.mpf(10) ** (-mp.dps // 2):
        raise Undefined
    return _adjugate(matrix) / determinant


def _series(matrix: Any, signs: Sequence[int]) -> Any:
    """Σ s_k Aᵏ/k!, whose signs repeat."""
    n = range(matrix.rows)
    columns = [[matrix[k, j] for k in n] for j in n]
    term, found, k = mp.eye(matrix.rows).tolist(), mp.zeros(matrix.rows).tolist(), 0
    while k < len(signs) or max(abs(entry) for row in term for entry in row) > mp.eps:
        found = [
            [a + signs[k % len(signs)] * b for a, b in zip(*rows, strict=True)]
            for rows in zip(found, term, strict=True)
        ]
        k += 1
        term = [[mp.fdot(row, column) / k for column in columns] for row in term]
    return mp.matrix(found)


def _cholesky(matrix: Any) -> Any:
    return mp.cholesky((matrix + matrix.T) / 2)


def _pseudoinverse(matrix: Any) -> Any:
    """Of a matrix of full rank."""
    if matrix.rows >= matrix.cols:
        return _inverse(matrix.T * matrix) * matrix.T
    return matrix.T * _inverse(matrix * matrix.T)


def _power(matrix: Any, exponent: Any) -> Any:
    times = int(exponent)
    found, factor = mp.eye(matrix.rows), matrix if times >= 0 else _inverse(matrix)
    for _ in range(abs(times)):
        found = found * factor
    return found


_MATRICES: dict[str, Callable[..., Any]] = {
    "inv": _inverse, "det": _det, "logdet": lambda m: mp.log(_det(m)), "adj": _adjugate, "pinv": _pseudoinverse,
    "chol": _cholesky, "expm": lambda m: _series(m, (1,)), "sinm": lambda m: _series(m, (0, 1, 0, -1)),
    "cosm": lambda m: _series(m, (1, 0, -1, 0)), "^": _power,
}  # fmt: skip
_RULES: dict[type[Node], Callable[[Any, Point, Mapping[Index, int]], Any]] = {
    Const: lambda node, point, at: number(node.value),
    Size: lambda node, point, at: mp.mpf(point.sizes[node.dim]),
    Ordinal: lambda node, point, at: mp.mpf(_place(node.index, at)),
    Entry: _entry,
    Delta: lambda node, point, at: mp.mpf(int(_place(node.left, at) == _place(node.right, at))),
    Add: lambda node, point, at: mp.fsum([value(term, point, at) for term in node.terms]),
    Mul: lambda node, point, at: mp.fprod([value(factor, point, at) for factor in node.factors]),
    Pow: _pow,
    Apply: _apply,
    Reduce: _reduce,
    Where: _where,
    MatFn: _matfn,
}

# --- differences ----------------------------------------------------------------------------------------------------


def moved(point: Point, name: str, place: tuple[int, ...], step: Any) -> Point:
    table = dict(point.symbols[name])
    table[place] += step
    return replace(point, symbols={**point.symbols, name: table})


def slopes(body: Node, point: Point, at: Mapping[Index, int], name: str, place: tuple[int, ...]) -> tuple[Any, Any]:
    """The slopes to both sides, which differ at a kink."""
    step = mp.mpf(_STEP)
    here = value(body, point, at)
    up, down = (value(body, moved(point, name, place, sign * step), at) for sign in (1, -1))
    twice, half = (value(body, moved(point, name, place, sign * step / 2), at) for sign in (1, -1))
    return (4 * (twice - here) - (up - here)) / step, (4 * (here - half) - (here - down)) / step


# --- points ----------------------------------------------------------------------------------------------------------

_AWKWARD = (0, 1, -1, 2, Fraction(1, 2), Fraction(-3, 2), 7, -9, Fraction(1, 10**9), -40, 40)


def drawn(shapes: Mapping[str, Sequence[str]], facts: Mapping[str, str], rng: Random) -> Point:
    """A point at which each symbol has the fact that is said of it: awkward numbers among plain ones."""
    sizes = {"n": rng.choice((1, 2, 2, 3)), "m": rng.choice((1, 2, 3)), "k": rng.choice((1, 2, 4))}
    symbols = {}
    for name, shape in shapes.items():
        extents = [sizes[dim] for dim in shape]
        awkward = 0.4 if len(shape) < 2 else 0.15
        plain = {
            place: number(rng.choice(_AWKWARD) if rng.random() < awkward else Fraction(rng.randint(-48, 48), 16))
            for place in product(*map(range, extents))
        }
        symbols[name] = _WITH[facts[name]](plain, extents, rng) if name in facts else plain
    return Point(symbols, sizes)


def _scaled(table: Table, norm: Callable[[Table], Any]) -> Table:
    total = norm(table)
    return {
        place: (entry / total if total else (mp.mpf(1) if not any(place) else entry)) for place, entry in table.items()
    }


def _rows(table: Table) -> Table:
    rows: Table = {}
    for row in {place[0] for place in table}:
        part = {place[1:]: abs(entry) for place, entry in table.items() if place[0] == row}
        rows |= {(row, *place): entry for place, entry in _scaled(part, lambda t: mp.fsum(t.values())).items()}
    return rows


def _rotated(table: Table, extents: Sequence[int], rng: Random) -> Table:
    """The Q of a QR decomposition, its columns with any sign."""
    n = extents[0]
    matrix = mp.matrix(n, n)
    for place, entry in table.items():
        matrix[place] = entry + (3 if place[0] == place[1] else 0)
    if _det(matrix) == 0:
        matrix = mp.eye(n)
    turned = mp.qr(matrix)[0]
    signs = [rng.choice((-1, 1)) for _ in range(n)]
    return {place: turned[place] * signs[place[1]] for place in table}


def _mirrored(table: Table, sign: int) -> Table:
    return {
        (i, j): table[i, j] if i < j else sign * table[j, i] if i > j else table[i, i] * (sign > 0) for i, j in table
    }


Drawing = Callable[[Table, Sequence[int], Random], Table]
_WITH: dict[str, Drawing] = {
    "zero": lambda t, e, r: dict.fromkeys(t, mp.mpf(0)),
    "simplex": lambda t, e, r: _scaled({p: abs(v) for p, v in t.items()}, lambda s: mp.fsum(s.values())),
    "simplex_rows": lambda t, e, r: _rows(t),
    "symmetric": lambda t, e, r: _mirrored(t, 1),
    "skew": lambda t, e, r: _mirrored(t, -1),
    "unit": lambda t, e, r: _scaled(t, lambda s: mp.sqrt(mp.fsum(v * v for v in s.values()))),
    "signs": lambda t, e, r: {place: mp.mpf(r.choice((-1, 1))) for place in t},
    "binary": lambda t, e, r: {place: mp.mpf(r.choice((0, 1))) for place in t},
    "orthogonal": _rotated,
    "invertible": lambda t, e, r: {(i, j): v + (150 * r.choice((-1, 1)) if i == j else 0) for (i, j), v in t.items()},
    "lower": lambda t, e, r: {(i, j): v if i >= j else mp.mpf(0) for (i, j), v in t.items()},
    "positive": lambda t, e, r: {place: abs(v) + mp.mpf(2) ** -9 for place, v in t.items()},
}
"""How what has a fact is drawn, each from plain numbers."""
