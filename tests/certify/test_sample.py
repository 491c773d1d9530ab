"""Random points: every fact holds exactly, alone and in company."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradwright.certify.holds import HOLDS
from gradwright.certify.sample import STYLES, sample
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.facts import FACTS, Facts, Given

SQUARE = {name for name, fact in FACTS.items() if fact.square}
CONTENTED = (
    ("symmetric", "orthogonal"), ("posdef", "orthogonal"), ("diagonal", "orthogonal"), ("symmetric", "toeplitz"),
    ("posdef", "toeplitz"), ("diagonal", "posdef"), ("symmetric", "singular"), ("diagonal", "singular"),
    ("symmetric", "positive"), ("posdef", "positive"), ("invertible", "negative"), ("symmetric", "invertible"),
    ("unit", "positive"), ("unit", "negative"), ("simplex", "positive"), ("simplex_rows", "positive"),
)  # fmt: skip


def drawn(facts: tuple[str, ...], rank: int, sizes: dict[str, int], seed: int, style: int) -> None:
    shape = ("n",) * rank if set(facts) & SQUARE else ("n", "m", "n", "m")[:rank]
    context = Context(symbols={"X": shape}, facts=Facts(Given(fact, "X") for fact in facts))
    values = sample(context, context.symbols, sizes, Random(seed), style)["X"]
    extents = tuple(sizes[dim] for dim in shape)
    assert all(isinstance(value, Fraction) for value in values.values())
    for fact in FACTS:
        if context.facts.ask(fact, "X"):
            assert HOLDS[fact](values, extents), (fact, values)
        if context.facts.ask(fact, "X") is False and rank in FACTS[fact].ranks:
            assert not HOLDS[fact](values, extents), (fact, values)


def test_every_fact_has_a_meaning() -> None:
    assert set(HOLDS) == set(FACTS)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_point_respects_a_fact(data: st.DataObject) -> None:
    fact = data.draw(st.sampled_from(sorted(FACTS)))
    rank = data.draw(st.sampled_from([r for r in FACTS[fact].ranks if r < 4]))
    n = data.draw(st.integers(2, 5))
    sizes = {"n": n, "m": data.draw(st.integers(2, n if fact == "orthonormal" else 5))}
    drawn((fact,), rank, sizes, data.draw(st.integers(0, 10**6)), data.draw(st.integers(0, len(STYLES) + 1)))


@pytest.mark.parametrize("facts", CONTENTED, ids="+".join)
@pytest.mark.parametrize("n", [2, 3, 4])
def test_a_point_respects_facts_together(facts: tuple[str, ...], n: int) -> None:
    rank = 1 if set(facts) & {"unit", "simplex"} else 2
    for seed in range(10):
        drawn(facts, rank, {"n": n, "m": n + 1}, seed, 0)


def test_points_differ_and_are_short() -> None:
    context = Context(symbols={"x": ("n",)})
    points = [sample(context, context.symbols, {"n": 3}, Random(seed)) for seed in range(20)]
    assert len({tuple(point["x"].values()) for point in points}) == 20
    assert all(value.denominator <= 16 and value for point in points for value in point["x"].values())


def test_facts_no_point_has_are_an_error() -> None:
    context = Context(symbols={"X": ("n", "n")}, facts=Facts([Given("skew", "X"), Given("orthogonal", "X")]))
    with pytest.raises(Error, match="no X of shape 3×3 was found that is orthogonal and is skew-symmetric"):
        sample(context, context.symbols, {"n": 3}, Random(0))
    context = Context(symbols={"X": ("n", "m")}, facts=Facts([Given("symmetric", "X")]))
    with pytest.raises(Error, match="square"):
        sample(context, context.symbols, {"n": 2, "m": 3}, Random(0))
