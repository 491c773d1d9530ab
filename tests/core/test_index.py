"""Extents: sums and products of names as values."""

from __future__ import annotations

import pytest

from gradwright.core.build import size
from gradwright.core.index import alone_in, extent_of, names_of, plus, times, valued
from gradwright.core.node import Size


def test_equal_extents_are_equal_values() -> None:
    assert times("h", 2, "d") == times(2, times("d", "h")) != times("h", "d")
    assert plus("n", "n") == times(2, "n")
    assert times(plus("n", 1), "n") == plus(times("n", "n"), "n")
    assert str(plus(times(2, "e"), "n", -1)) == "2*e+n-1"


@pytest.mark.parametrize(("dim", "plain"), [(plus("n", 0), "n"), (times("n", 1), "n"), (plus(2, 3), 5), (times(), 1)])
def test_what_is_a_name_or_a_number_is_no_more(dim: object, plain: object) -> None:
    assert dim == plain
    assert type(dim) is type(plain)


def test_a_value_needs_its_names() -> None:
    dim = plus(times(2, "e", "h"), 3)
    assert names_of(dim) == {"e", "h"}
    assert valued(dim, {"e": 2, "h": 5}) == 23


def test_a_name_that_stands_alone_follows_from_its_extent() -> None:
    found = alone_in(plus(times(2, "e", "h"), 3), {"h"})
    assert found is not None
    assert (found.name, found.of(23, {"h": 5})) == ("e", 2)
    assert alone_in(times("e", "h"), set()) is None
    assert alone_in(times("e", "e"), set()) is None
    assert alone_in("e", {"e"}) is None


def test_the_number_of_an_extent_is_made_of_its_names() -> None:
    assert size(times(2, "e")) is size(extent_of({("e",): 2}))
    assert [node for node in size(times(2, "e")).children if isinstance(node, Size)] == [size("e")]
