"""Structured variables: what a row says moves with an entry is what keeps the facts, and facts find their row."""

from __future__ import annotations

from itertools import product

import pytest

from gradwright.certify.structure import moves
from gradwright.core.facts import Facts, Given
from gradwright.core.index import free_index
from gradwright.tables.structure import STRUCTURES, Structure, structure_of
from tests.tables.foreign import Point, value

INDICES = tuple(free_index(letter, "n") for letter in "ijab")


@pytest.mark.parametrize("row", STRUCTURES, ids=lambda row: "+".join(row.facts))
@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_row_moves_what_keeps_its_facts(row: Structure, n: int) -> None:
    """The certificate's own reading of the facts, which never sees the table, says the same."""
    node, point = row.tied(*INDICES), Point({}, {"n": n})
    for i, j, a, b in product(range(n), repeat=4):
        together = dict(moves(frozenset(row.facts), (n, n), a * n + b))
        claimed = value(node, point, dict(zip(INDICES, (i, j, a, b), strict=True)))
        assert claimed == together.get(i * n + j, 0), (i, j, a, b)


@pytest.mark.parametrize(
    ("said", "facts"),
    [
        (("symmetric",), ("symmetric",)),
        (("toeplitz",), ("toeplitz",)),
        (("toeplitz", "symmetric"), ("toeplitz", "symmetric")),
        (("diagonal",), ("diagonal",)),
        (("posdef",), ("symmetric",)),
        (("lower", "upper"), ("diagonal",)),
        (("skew",), ("skew",)),
        (("positive",), None),
        ((), None),
    ],
)
def test_facts_find_the_row_that_says_most(said: tuple[str, ...], facts: tuple[str, ...] | None) -> None:
    known = Facts(Given(fact, "X") for fact in said)
    found = structure_of("X", known)
    assert (found.facts if found else None) == facts
    assert structure_of("Y", known) is None
