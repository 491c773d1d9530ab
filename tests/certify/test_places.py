"""Where is looked: what moves with an entry, edges of facts, roots of gaps, and every kind of place around a point."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from random import Random

import pytest
from flint import arb

from gradwright.certify.cells import cells
from gradwright.certify.edges import at_an_edge, rank_deficient
from gradwright.certify.gaps import numbers, spread
from gradwright.certify.generic import built
from gradwright.certify.having import having
from gradwright.certify.holds import HOLDS, Place, Values
from gradwright.certify.motions import has, path
from gradwright.certify.probes import Surroundings
from gradwright.certify.program import exact, precision
from gradwright.certify.report import Certificate, Counterexample
from gradwright.certify.roots import between, lowest_of, pinned, refined, root_of, roots_of
from gradwright.certify.sample import STYLES
from gradwright.certify.structure import moves
from gradwright.core.build import add, const, entry, mul
from gradwright.core.facts import FACTS
from tests.certify.test_sample import CONTENTED

F = Fraction
DRAWS = 60

# --- structure -------------------------------------------------------------------------------------------------------

STRUCTURES = ("diagonal", "symmetric", "toeplitz", "skew", "lower", "upper")


@pytest.mark.parametrize("facts", [*((f,) for f in STRUCTURES), ("symmetric", "toeplitz"), ("diagonal", "lower")])
@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_what_moves_together_keeps_the_structure_and_reaches_all_of_it(facts: tuple[str, ...], n: int) -> None:
    known, places = frozenset(facts), list(product(range(n), repeat=2))
    start = built((n, n), known, (-2, 2), Random(n))
    for k, place in enumerate(places):
        moved = dict(start)
        together = moves(known, (n, n), k)
        for at, sign in together:
            moved[places[at]] += sign
        assert all(HOLDS[fact](moved, (n, n)) for fact in facts)
        assert len({at for at, _ in together}) == len(together)
        if together:  # an entry that the structure fixes moves nothing
            assert (k, 1) in together
            assert moved[place] == start[place] + 1
        else:
            assert start[place] == 0


def test_without_a_structure_an_entry_moves_alone() -> None:
    assert moves(frozenset(), (2, 3), 4) == [(4, 1)]
    assert moves(frozenset({"positive"}), (3, 3), 4) == [(4, 1)]


# --- edges of facts --------------------------------------------------------------------------------------------------


def edges(facts: tuple[str, ...], extents: Place) -> list[Values]:
    rng, known = Random(",".join(facts)), frozenset(facts)
    closed = known | {implied for fact in facts for implied in FACTS[fact].implies}
    return [values for values in (at_an_edge(extents, closed, rng) for _ in range(DRAWS)) if values is not None]


EVERY = [(fact,) for fact in FACTS if fact != "invertible"] + list(CONTENTED)


@pytest.mark.parametrize("facts", EVERY, ids="+".join)
def test_an_edge_is_found_and_has_the_facts(facts: tuple[str, ...]) -> None:
    for n in (1, 2, 3):
        extents = (n,) * max(1 if {*facts} & {"unit", "simplex", "onehot", "onehot_or_zero"} else 2, 1)
        found = edges(facts, extents)
        if n > 1 or not {*facts} & {"skew", "singular"}:
            assert len(found) >= DRAWS // 4, (facts, n)
        for values in found:
            assert all(HOLDS[fact](values, extents) for fact in facts)


def determinant(values: Values, n: int) -> Fraction:
    if not n:
        return F(1)
    rows = [[values[i, j] for j in range(n)] for i in range(n)]

    def det(matrix: list[list[Fraction]]) -> Fraction:
        if not matrix:
            return F(1)
        top, *rest = matrix
        return sum(((-1) ** j * v * det([r[:j] + r[j + 1 :] for r in rest]) for j, v in enumerate(top)), F(0))

    return det(rows)


KINDS: dict[str, tuple[tuple[str, ...], Place, Callable[[Values], bool]]] = {
    "a rotation": (("orthogonal",), (3, 3), lambda v: determinant(v, 3) == 1),
    "a reflection": (("orthogonal",), (3, 3), lambda v: determinant(v, 3) == -1),
    "a permutation": (("orthogonal",), (3, 3), lambda v: {*map(abs, v.values())} == {0, 1}),
    "no permutation": (("orthogonal",), (3, 3), lambda v: {*map(abs, v.values())} > {0, 1} or len({*v.values()}) > 3),
    "a symmetric reflection": (("orthogonal", "symmetric"), (2, 2), lambda v: determinant(v, 2) == -1),
    "orthonormal axes": (("orthonormal",), (3, 2), lambda v: {*map(abs, v.values())} == {0, 1}),
    "orthonormal and no axes": (("orthonormal",), (3, 2), lambda v: sum(map(bool, v.values())) > 2),
    "nearly singular": (("posdef",), (2, 2), lambda v: 0 < determinant(v, 2) < F(1, 10**4)),
    "large": (("posdef",), (2, 2), lambda v: max(v.values()) > 100),
    "larger off the diagonal": (("posdef",), (2, 2), lambda v: abs(v[0, 1]) > min(v[0, 0], v[1, 1])),
    "negative off the diagonal": (("posdef",), (2, 2), lambda v: v[0, 1] < 0),
    "definite and diagonal": (("posdef", "diagonal"), (2, 2), lambda v: v[0, 0] != v[1, 1]),
    "definite and positive": (("posdef", "positive"), (2, 2), lambda v: v[0, 1] > 0),
    "rank 0": (("singular",), (2, 2), lambda v: not any(v.values())),
    "rank 1": (("singular",), (2, 2), lambda v: all(v.values())),
    "singular, symmetric, of negative trace": (("singular", "symmetric"), (2, 2), lambda v: v[0, 0] + v[1, 1] < 0),
    "a corner": (("simplex",), (3,), lambda v: sorted(v.values()) == [0, 0, 1]),
    "a face": (("simplex",), (3,), lambda v: list(v.values()).count(F(0)) == 1),
    "inside": (("simplex",), (3,), lambda v: all(v.values())),
    "corner rows": (("simplex_rows",), (2, 2), lambda v: {*v.values()} == {0, 1}),
    "an axis": (("unit",), (3,), lambda v: sorted(map(abs, v.values())) == [0, 0, 1]),
    "a negative axis": (("unit",), (3,), lambda v: min(v.values()) == -1),
    "no axis": (("unit",), (3,), lambda v: sum(map(bool, v.values())) > 1),
    "zero, one-hot or zero": (("onehot_or_zero",), (3,), lambda v: not any(v.values())),
    "one-hot, one-hot or zero": (("onehot_or_zero",), (3,), lambda v: sum(v.values()) == 1),
    "nothing": (("nonnegative",), (3,), lambda v: 0 in v.values()),
    "small and positive": (("positive",), (3,), lambda v: 0 < max(v.values()) < F(1, 500)),
    "large and positive": (("positive",), (3,), lambda v: max(v.values()) > 20),
    "small and negative": (("negative",), (3,), lambda v: 0 > min(v.values()) > F(-1, 500)),
    "both signs": (("nonzero",), (3,), lambda v: min(v.values()) < 0 < max(v.values())),
    "all ones": (("binary",), (3,), lambda v: {*v.values()} == {1}),
    "all zeros": (("binary",), (3,), lambda v: {*v.values()} == {0}),
    "all minus ones": (("signs",), (3,), lambda v: {*v.values()} == {-1}),
    "equal along a line": (("toeplitz",), (2, 2), lambda v: v[0, 0] == v[1, 1] != v[0, 1]),
    "nothing on a diagonal": (("lower",), (2, 2), lambda v: v[0, 0] == 0 != v[1, 0]),
}


@pytest.mark.parametrize("what", KINDS)
def test_edges_of_every_kind_are_met(what: str) -> None:
    facts, extents, kind = KINDS[what]
    assert any(map(kind, edges(facts, extents)))


def test_a_matrix_without_facts_may_lose_any_rank() -> None:
    rng = Random(0)
    ranks = {sum(any(v[i, j] for j in range(3)) for i in range(3)) for v in (rank_deficient(3, rng) for _ in range(40))}
    assert {0, 3} <= ranks
    assert all(determinant(rank_deficient(3, rng), 3) == 0 for _ in range(40))


# --- values brought to have facts ------------------------------------------------------------------------------------

DISCRETE = {
    "onehot",
    "onehot_rows",
    "onehot_or_zero",
    "onehot_or_zero_rows",
    "binary",
    "integer",
    "signs",
    "zero",
    "orthonormal",
    "idempotent",
    "projection",
}
"""Facts that no change brings about."""
CHANGED = [facts for facts in EVERY if not {*facts} & DISCRETE]


@pytest.mark.parametrize("facts", [*CHANGED, ("invertible",)], ids="+".join)
def test_values_are_brought_to_have_facts(facts: tuple[str, ...]) -> None:
    rng = Random(0)
    closed = frozenset(facts) | {implied for fact in facts for implied in FACTS[fact].implies}
    closed |= {implied for fact in closed for implied in FACTS[fact].implies}
    for extents in [(3,)] if {*facts} & {"unit", "simplex"} else [(2, 2), (3, 3)]:
        met = 0
        for _ in range(10):
            values = {place: F(rng.randint(1, 90), 8) * rng.choice((1, -1)) for place in product(*map(range, extents))}
            found = having(values, extents, closed)
            met += found is not None
            assert found is None or all(HOLDS[fact](found, extents) for fact in closed)
        assert met > 4 or facts in {("posdef", "orthogonal"), ("diagonal", "orthogonal"), ("symmetric", "orthogonal"),
                                    ("posdef", "toeplitz"), ("diagonal", "singular")}  # fmt: skip


def test_what_has_the_facts_stays_as_it_is() -> None:
    square = {(0, 0): F(5), (0, 1): F(2), (1, 0): F(2), (1, 1): F(1)}
    for facts in ("symmetric", "nonnegative", "positive", "invertible", "posdef"):
        closed = frozenset({facts, "symmetric", "invertible"} if facts == "posdef" else {facts})
        assert having(square, (2, 2), closed) == square
    assert having({(): F(-3)}, (), frozenset({"positive", "nonnegative"})) == {(): F(3)}
    assert having({(): F(3)}, (), frozenset({"negative"})) == {(): F(-3)}
    assert having({(0,): F(3), (1,): F(-1)}, (2,), frozenset({"simplex", "nonnegative"})) == {
        (0,): F(3, 4),
        (1,): F(1, 4),
    }
    assert having({(0,): F(3), (1,): F(9)}, (2,), frozenset({"unit"})) == {(0,): F(3, 5), (1,): F(4, 5)}
    wide = {(i, j): F(i + 3 * j) for i, j in product(range(3), repeat=2)}
    lines = having(wide, (3, 3), frozenset({"toeplitz"}))
    assert lines is not None
    assert lines[0, 2] == wide[0, 2]


def test_where_no_values_are_known_there_are_none() -> None:
    assert having({(): F(0)}, (), frozenset({"positive", "nonnegative"})) is None
    assert having({(0,): F(0), (1,): F(0)}, (2,), frozenset({"simplex", "nonnegative"})) is None
    assert having({place: F(1) for place in product(range(2), range(3))}, (2, 3), frozenset({"symmetric"})) is None
    large = {(i, j): F(-1) for i, j in product(range(5), repeat=2)}
    assert having(large, (5, 5), frozenset({"posdef", "symmetric", "invertible"})) is None  # not in good time


# --- around a point --------------------------------------------------------------------------------------------------


def probed(
    facts: dict[str, frozenset[str]], extents: dict[str, Place], found: list[Fraction]
) -> list[dict[str, Values]]:
    """Points around one whose entries all differ, drawn four times."""
    places = {name: list(product(*map(range, extent))) for name, extent in extents.items()}
    good = {name: {place: F(2 + k, 3) + n for k, place in enumerate(places[name])} for n, name in enumerate(places)}
    around = Surroundings(extents, facts, found)
    return [point for seed in range(4) for point in around.points([good], Random(seed))]


def test_a_symbol_without_facts_is_moved_everywhere() -> None:
    points = probed({"a": frozenset(), "b": frozenset()}, {"a": (), "b": ()}, [F(6)])
    seen = {name: {point[name][()] for point in points} for name in "ab"}
    for values in seen.values():
        assert {F(0), F(1), F(-1), F(6), F(-6)} <= values
        assert any(F(6) < v < F(8) for v in values)
        assert any(F(4) < v < F(6) for v in values)
        assert any(F(-8) < v < F(-6) for v in values)
        assert any(v > 900 for v in values) or any(v < -900 for v in values)
        assert any(0 < abs(v) < F(1, 10**6) for v in values)
        assert any(v < 0 for v in values)
    assert any(point["a"] == point["b"] for point in points)
    assert any(point["a"][()] == -point["b"][()] != 0 for point in points)
    alone = [point for point in points if point["b"][()] == F(5, 3)]
    assert len({point["a"][()] for point in alone}) > 20  # one moves while the other stays


def test_arrays_meet_ties_zeros_and_repeated_rows() -> None:
    points = probed({"X": frozenset(), "x": frozenset()}, {"X": (2, 2), "x": (3,)}, [])
    vectors = [list(point["x"].values()) for point in points]
    assert any(0 in v and any(v) for v in vectors)
    assert any(v.count(max(v)) == 2 for v in vectors)
    matrices = [point["X"] for point in points]
    assert any(m[0, 0] == m[1, 0] and m[0, 1] == m[1, 1] for m in matrices)
    assert any({*m.values()} <= {-1, 0, 1} and m[0, 1] == 0 != m[0, 0] for m in matrices)
    assert any(determinant(m, 2) == 0 and len({*m.values()}) > 2 for m in matrices)


def test_what_has_facts_is_moved_to_their_edges_only() -> None:
    points = probed({"x": frozenset({"simplex", "nonnegative"}), "a": frozenset()}, {"x": (3,), "a": ()}, [])
    assert all(HOLDS["simplex"](point["x"], (3,)) for point in points if point["x"][(0,)] != F(2, 3))
    assert any(0 in point["x"].values() for point in points)
    assert list(Surroundings({}, {}, []).together(Random(0))) == []


# --- gaps ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "root"),
    [
        (lambda s: float(s) - 7, 7.0),
        (lambda s: float(s) ** 3 + 8, -2.0),
        (lambda s: 1e6 * (float(s) - 0.25), 0.25),
        (lambda s: float(s), 0.0),
    ],
)
def test_a_gap_is_followed_to_where_it_vanishes(value: Callable[[Fraction], float], root: float) -> None:
    found = root_of(value)
    assert found is not None
    assert float(found) == pytest.approx(root, abs=1e-5)


@pytest.mark.parametrize(
    "value",
    [
        lambda s: 3.0,
        lambda s: float("nan"),
        lambda s: float("nan") if s > F(1, 2) else 1.0,
        lambda s: 1 + 1e-13 * float(s),
        lambda s: float("inf") if s else 1.0,
    ],
)
def test_what_does_not_vanish_has_no_root(value: Callable[[Fraction], float]) -> None:
    assert root_of(value) is None


@pytest.mark.parametrize(
    ("height", "roots"),
    [
        (lambda x: 3 * x - 1e30, [1e30 / 3]),
        (lambda x: abs(x) - 1e-15, [-1e-15, 1e-15]),
        (lambda x: x * x - 6 * x + 8.9999, [2.99, 3.01]),
        (lambda x: math.log(x) + 40 if x > 0 else math.nan, [math.exp(-40)]),
        (lambda x: 1 / x - 1e9 if x else math.nan, [0, 1e-9]),
        (lambda x: x**3, [0]),
        (lambda x: 1 + x * x, []),
        (lambda x: 5.0, []),
    ],
)
def test_all_roots_of_a_gap_are_found_whatever_their_magnitude(
    height: Callable[[float], float], roots: list[float]
) -> None:
    found = [float(root) for root in roots_of(lambda place: height(float(place)))]
    assert found == pytest.approx(roots, rel=1e-5, abs=1e-30)


def test_where_a_gap_is_least_without_vanishing() -> None:
    assert lowest_of(lambda x: float(x - 3) ** 2 + 0.5) == 3
    assert lowest_of(lambda x: 2 + math.tanh(float(x))) is None
    assert lowest_of(lambda x: math.nan) is None


def test_every_cell_between_roots_has_a_place() -> None:
    heights = [lambda x: float(x) - 2, lambda x: float(x * x) - 9]
    assert dict(cells(heights, F(0), True)) == {
        F(-3): 2, F(2): 2, F(3): 2, F(-13, 4): 3, F(-1, 2): 1, F(5, 2): 3, F(13, 4): 3,
    }  # fmt: skip
    assert dict(cells([lambda x: float(x - 3) ** 2 + 1], F(0), True)) == {F(3): 3}
    assert dict(cells([lambda x: float(x) - 2], F(5), False)) == {F(2): 2, F(29, 16): 3, F(35, 16): 1}


def test_numbers_of_a_formula() -> None:
    a = entry("a")
    node = add(mul(const(F(1, 100)), a), const(-6), mul(const(F(3, 2)), entry("b")), const(0))
    nodes = [*node.children, *(child for part in node.children for child in part.children)]
    assert numbers(nodes) == [F(1, 100), F(3, 2), F(6), F(100)]
    assert numbers([const(1), const(-1), const(0)]) == []
    assert spread([const(2**100), const(F(1, 2**20)), a]) == 120
    assert spread([a]) == 0
    assert spread([const(8)]) == 3


@pytest.mark.parametrize(
    ("height", "root"),
    [(lambda x: x * x * x - 2, 2 ** (1 / 3)), (lambda x: x.exp() - 3, math.log(3)), (lambda x: x - arb.pi(), math.pi)],
)
def test_a_root_that_is_no_fraction_is_found_to_many_bits(height: Callable[[arb], arb], root: float) -> None:
    def ball(shift: Fraction, bits: int) -> arb:
        with precision(bits):
            return height(exact(shift))

    near = between(lambda shift: float(ball(shift, 64).mid()), F(1, 2), F(4))
    assert float(near) == pytest.approx(root)
    found = refined(near, ball)
    assert found is not None
    assert float(found) == pytest.approx(root)
    with precision(400):
        assert pinned(found).contains(exact(found))
        assert height(pinned(found)).contains(arb(0))
        assert abs(height(exact(found))) < exact(F(1, 2**290))


@pytest.mark.parametrize(
    "height",
    [
        lambda x: x * x + 1,
        lambda x: x - arb(10) ** -4,  # not near the place
        lambda x: arb(-1 if x < 0 else 1),  # jumps and does not cross
        lambda x: (x - arb.pi()) ** 2,  # touches and does not cross
        lambda x: arb("nan"),
        lambda x: arb(3),
        lambda x: (x * 10**12).exp(),  # larger and smaller than a fraction can be
        lambda x: (-((x + 1) ** 2) * 10**12).exp(),
    ],
)
def test_what_does_not_surely_cross_is_not_pinned(height: Callable[[arb], arb]) -> None:
    def ball(shift: Fraction, bits: int) -> arb:
        with precision(bits):
            return height(exact(shift))

    assert refined(F(0), ball) is None
    assert refined(F(355, 113), ball) is None


def test_halves_end_at_the_change_of_sign() -> None:
    assert between(lambda s: float(s) - 3, F(1), F(4)) == pytest.approx(3, abs=1e-8)
    assert between(lambda s: 3 - float(s), F(1), F(4)) == pytest.approx(3, abs=1e-8)
    assert between(lambda s: float(s), F(-1), F(3)) == pytest.approx(0, abs=1e-8)


# --- motions ---------------------------------------------------------------------------------------------------------

STILL = {"zero", "integer", "binary", "signs", "onehot", "onehot_rows", "onehot_or_zero", "onehot_or_zero_rows"}
ALONE = {("diagonal", "orthogonal"), ("posdef", "orthogonal")}
"""Facts with values that stand alone, so that nothing moves them a little and keeps the facts."""


@pytest.mark.parametrize("facts", EVERY, ids="+".join)
def test_ways_keep_the_facts_and_balls_hold_what_fractions_are(facts: tuple[str, ...]) -> None:
    known = frozenset(facts) | {implied for fact in facts for implied in FACTS[fact].implies}
    extents = (3,) * (1 if {*facts} & {"unit", "simplex", "onehot", "onehot_or_zero"} else 2)
    rng = Random(3)
    begun = built(extents, known, (-2, 2), rng)
    along = path(begun, extents, known, rng)
    if along is None:
        assert known & STILL or facts in ALONE
        return
    assert along(F(0)) == begun
    beside = [along(shift) for shift in (F(1, 64), F(-1, 64))]
    kept = [values for values in beside if has(values, extents, known)]
    assert any(values != begun for values in kept)
    with precision(200):
        held = along(pinned(F(1, 64)))
        assert all(held[place].overlaps(exact(value)) for place, value in beside[0].items())


# --- reports ---------------------------------------------------------------------------------------------------------


def test_a_certificate_counts_in_words() -> None:
    assert str(Certificate("confirmed", "arithmetic", digits=30, points=1)).startswith(
        "confirmed: 30 digits at 1 point,"
    )
    two = Certificate("confirmed", "arithmetic", digits=30, points=2, sizes=({"n": 2, "m": 3}, {"n": 3, "m": 2}))
    assert str(two) == "confirmed: 30 digits at 2 points, sizes n=2,m=3 and n=3,m=2, by arithmetic"
    many = Certificate("confirmed", "arithmetic", points=3, sizes=({"n": 2}, {"n": 3}, {"n": 1}))
    assert "only for sizes n=1,2,3" in str(many)
    held = Certificate("confirmed", "m", points=3, ranges={"a": (F(-2), F(3))}, facts=("a is real", "b is positive"))
    assert "entries between -2 and 3, given a is real and b is positive" in str(held)
    assert str(Certificate("unavailable", "arithmetic", reason="why")) == "not checked: why"
    assert str(Certificate("refuted", "arithmetic", reason="why")) == "refuted: why"


def test_a_counterexample_is_written_as_numpy_writes_arrays() -> None:
    values = {"a": {(): F(1, 3)}, "x": {(0,): F(1, 64), (1,): F(-2)}, "A": {(0, 0): F(1), (0, 1): F(1, 128)}}
    found = Counterexample("the result", values, {"n": 2}, (1, 0), "1", "2")
    assert str(found) == "at a = 1/3, x = [0.015625, -2], A = [[1, 1/128]]: entry [1,0] 1 against 2"
    assert str(Counterexample("the result", {}, {}, (), "1", "2")) == "1 against 2"
    assert str(Counterexample("the result", {"a": {(): F(2)}}, {}, (), "1", "2")) == "at a = 2: 1 against 2"
    assert found.to_dict()["values"] == {"a": "1/3", "x": "[0.015625, -2]", "A": "[[1, 1/128]]"}
    assert "refuted: the result is wrong at a = 1/3" in str(Certificate("refuted", "m", counterexample=found))
    beside = Certificate("refuted", "m", counterexample=found, reason="agreed elsewhere")
    assert str(beside).endswith(" (agreed elsewhere)")


@pytest.mark.parametrize("n", [1, 2, 3])
def test_generic_values_are_of_every_sign(n: int) -> None:
    """An invertible matrix, and an orthogonal one that is diagonal, each with a dominant diagonal."""
    for facts in ({"invertible"}, {"orthogonal", "diagonal", "invertible"}):
        found = [built((n, n), frozenset(facts), (-2, 2), Random(seed)) for seed in range(30)]
        assert {values[0, 0] > 0 for values in found} == {True, False}
        assert all(HOLDS[fact](values, (n, n)) for fact in facts for values in found)
        for values in found:
            for i in range(n):
                assert abs(values[i, i]) > sum(abs(values[i, j]) for j in range(n) if j != i)


def test_styles_hold_both_signs_first() -> None:
    assert STYLES[0][0] < 0 < STYLES[0][1]
    drawn = [built((), frozenset(), STYLES[0], Random(seed))[()] for seed in range(40)]
    assert min(drawn) < 0 < max(drawn)
    assert 0 not in drawn


@pytest.mark.parametrize("n", [1, 2, 3])
def test_generic_idempotent_matrices_are_of_every_rank_that_is_left(n: int) -> None:
    """Between nothing and the whole, and the whole only where it must have an inverse; symmetric where they project."""
    for facts in ({"idempotent"}, {"idempotent", "symmetric"}, {"idempotent", "diagonal"}):
        found = [built((n, n), frozenset(facts), (-2, 2), Random(seed)) for seed in range(30)]
        met = [values for values in found if all(HOLDS[fact](values, (n, n)) for fact in facts)]
        ranks = {sum(values[i, i] for i in range(n)) for values in met}
        assert len(met) > 25
        assert ranks >= (set(range(1, n)) or {0, 1})
    whole = {(i, j): F(int(i == j)) for i in range(n) for j in range(n)}
    for fact in ("invertible", "orthogonal", "posdef"):
        assert built((n, n), frozenset({"idempotent", fact}), (-2, 2), Random(0)) == whole


def test_an_invertible_matrix_whose_entries_are_not_negative_is_so_on_its_diagonal_too() -> None:
    found = [built((2, 2), frozenset({"invertible", "nonnegative"}), (-2, 2), Random(seed)) for seed in range(30)]
    assert all(value >= 0 for values in found for value in values.values())
