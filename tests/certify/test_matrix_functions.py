"""Functions of a matrix: balls, their series, NumPy and an evaluator that shares nothing with either agree."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from random import Random

import numpy as np
import pytest

from gradwright.certify.arrays import evaluate
from gradwright.certify.ball import naive_program
from gradwright.certify.functions import KNOWN, SERIES
from gradwright.certify.layout import Layout
from gradwright.certify.program import Run
from gradwright.core.build import add, const, delta, deriv, entry, matfn, mul, total
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.index import Index, free_index
from gradwright.core.node import Array, Node
from tests.tables.foreign import DIGITS, Point, Undefined, mp, number, slopes, value

I, J, K, L = (free_index(letter, "n") for letter in "ijkl")
A, B = free_index("a", "n"), free_index("b", "n")
P, Q = free_index("p", "m"), free_index("q", "m")
BODY = entry("A", I, J)
POSDEF = add(mul(const(40), delta(I, J)), total([L], mul(entry("A", I, L), entry("A", J, L))))
SMALL = mul(const(Fraction(1, 4)), BODY)
CONTEXT = Context(symbols={"A": ("n", "n"), "R": ("n", "m")})


def of(fn: str, body: Node = BODY, *given: Node) -> Array:
    return Array((K, L), matfn(fn, 0, (K, L), (I, J), body, *given))


FUNCTIONS: dict[str, Array] = {
    "inv": of("inv"),
    "det": Array((), matfn("det", 0, (), (I, J), BODY)),
    "logdet": Array((), matfn("logdet", 0, (), (I, J), POSDEF)),
    "adj": of("adj"),
    "chol": of("chol", add(POSDEF, BODY)),
    "expm": of("expm", SMALL),
    "sinm": of("sinm", SMALL),
    "cosm": of("cosm", SMALL),
    "^": of("^", BODY, const(3)),
    "^ negative": of("^", BODY, const(-2)),
    "pinv": Array((P, K), matfn("pinv", 0, (P, K), (I, Q), entry("R", I, Q))),
}


def points(what: str, count: int, singular: bool = False) -> Iterator[Point]:
    rng = Random(what)
    for turn in range(count):
        sizes = {"n": 1 + turn % 3, "m": 1 + turn % 2}
        tables = {
            name: {place: Fraction(rng.randint(-24, 24), 8) for place in product(*(range(sizes[d]) for d in shape))}
            for name, shape in CONTEXT.symbols.items()
        }
        if singular:
            for place in tables["A"]:
                if place[0] == sizes["n"] - 1:
                    tables["A"][place] = 2 * tables["A"][0, place[1]] if sizes["n"] > 1 else Fraction(0)
        yield Point({name: {p: number(v) for p, v in table.items()} for name, table in tables.items()}, sizes)


def exact(point: Point) -> dict[str, list[Fraction]]:
    return {name: [Fraction(float(v)) for v in table.values()] for name, table in point.symbols.items()}


def balls(array: Array, point: Point) -> np.ndarray:
    layout = Layout(point.sizes)
    table = Run(naive_program([array.body], layout, CONTEXT), exact(point), 300).table(array.body, array.axes)
    return np.array([float(v.mid()) for v in table]).reshape(layout.extents(array.axes))


def foreign(array: Array, point: Point) -> np.ndarray:
    extents = [point.extent(axis) for axis in array.axes]
    return np.array([float(value(array.body, point, at)) for at in point.places(array.axes, {})]).reshape(extents)


def numpy(array: Array, point: Point) -> np.ndarray:
    arrays = {
        name: np.array(list(map(float, table.values()))).reshape([point.sizes[d] for d in CONTEXT.symbols[name]])
        for name, table in point.symbols.items()
    }
    return evaluate(array, CONTEXT, arrays)


def test_every_function_that_has_a_value_is_tried() -> None:
    assert {name.split()[0] for name in FUNCTIONS} - {"^"} == KNOWN - {"levicivita"}


@pytest.mark.parametrize("singular", [False, True])
@pytest.mark.parametrize("what", FUNCTIONS)
def test_values_agree(what: str, singular: bool) -> None:
    seen = 0
    for point in points(what, 9, singular and what != "pinv"):
        with mp.workdps(DIGITS):
            try:
                truth = foreign(FUNCTIONS[what], point)
            except Undefined:
                continue
        seen += 1
        np.testing.assert_allclose(balls(FUNCTIONS[what], point), truth, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(numpy(FUNCTIONS[what], point), truth, rtol=1e-7, atol=1e-9)
    assert seen or singular


@pytest.mark.parametrize("what", FUNCTIONS)
def test_series_agree_with_differences(what: str) -> None:
    function, rng = FUNCTIONS[what], Random(what)
    name, moving = ("R", (A, Q)) if what == "pinv" else ("A", (A, B))
    slope = Array((*function.axes, *moving), deriv(function.body, name, moving))
    seen = 0
    for point in points(what, 3):
        found = balls(slope, point)
        places = list(point.places(slope.axes, {}))
        with mp.workdps(DIGITS):
            for at in rng.sample(places, min(len(places), 5)):
                try:
                    truth = slopes(function.body, point, at, name, tuple(at[axis] for axis in moving))[0]
                except Undefined:
                    continue
                seen += 1
                assert found[tuple(at[axis] for axis in slope.axes)] == pytest.approx(float(truth), rel=1e-9, abs=1e-9)
    assert seen


@pytest.mark.parametrize("what", SERIES)
def test_the_derivative_of_a_series_is_its_corner_above(what: str) -> None:
    """f of [[A, E], [0, A]] against the series of f(A)."""
    first = Array((K, L, A, B), matfn(what, 1, (K, L, A, B), (I, J), BODY))
    series = Array((K, L, A, B), deriv(matfn(what, 0, (K, L), (I, J), BODY), "A", (A, B)))
    for point in points(what, 3):
        np.testing.assert_allclose(balls(first, point), balls(series, point), rtol=1e-10, atol=1e-12)


def test_no_other_function_has_its_derivative_there() -> None:
    """An adjugate is no power series, and the corner of its block is not its derivative."""
    first = Array((K, L, A, B), matfn("adj", 1, (K, L, A, B), (I, J), BODY))
    with pytest.raises(Error, match="the value of adj is not known"):
        balls(first, next(points("adj", 1)))


def test_a_pseudoinverse_of_any_rank_has_its_four_properties() -> None:
    inverse = FUNCTIONS["pinv"]
    rng = Random(3)
    for rows, columns, rank in product((1, 2, 3, 4), (1, 2, 3), (0, 1, 2, 3)):
        left = np.array([[rng.randint(-3, 3) for _ in range(rank)] for _ in range(rows)]).reshape(rows, rank)
        right = np.array([[rng.randint(-3, 3) for _ in range(columns)] for _ in range(rank)]).reshape(rank, columns)
        whole = left @ right
        point = Point(
            {"A": {}, "R": {place: number(Fraction(int(v))) for place, v in np.ndenumerate(whole)}},
            {"n": rows, "m": columns},
        )
        found = balls(inverse, point)
        for product_ in (whole @ found, found @ whole):
            np.testing.assert_allclose(product_, product_.T, atol=1e-12)
        np.testing.assert_allclose(whole @ found @ whole, whole, atol=1e-11)
        np.testing.assert_allclose(found @ whole @ found, found, atol=1e-11)


def test_the_alternating_array() -> None:
    axes: tuple[Index, ...] = tuple(free_index(letter, 3) for letter in "ijk")
    found = balls(Array(axes, matfn("levicivita", 0, axes, (), const(0))), Point({"A": {}, "R": {}}, {}))
    truth = np.zeros((3, 3, 3))
    truth[0, 1, 2] = truth[1, 2, 0] = truth[2, 0, 1] = 1
    truth[0, 2, 1] = truth[2, 1, 0] = truth[1, 0, 2] = -1
    np.testing.assert_array_equal(found, truth)
