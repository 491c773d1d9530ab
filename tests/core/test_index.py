"""Extents: sums and products of names as values."""

from __future__ import annotations

import pytest

from gradwright.core.build import size
from gradwright.core.index import Dim, alone_in, divided, extent_of, names_of, plus, times, valued
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


@pytest.mark.parametrize(
    ("dim", "by", "left"),
    [
        (times(6, "n", "m"), times(2, "n"), times(3, "m")),
        (times("n", "n"), "n", "n"),
        ("n", "n", 1),
        (12, 4, 3),
        (plus(times(2, "n"), 4), 2, plus("n", 2)),
        (plus("n", 3), 2, None),
        (times(3, "n"), 2, None),
        ("n", "m", None),
        (4, "n", None),
        (times("n", "m"), plus("n", "m"), None),
    ],
)
def test_extents_are_divided_where_that_is_an_extent(dim: Dim, by: Dim, left: Dim | None) -> None:
    assert divided(dim, by) == left
    assert left is None or times(left, by) == dim


def test_sums_that_begin_with_less_are_written_with_a_minus() -> None:
    assert str(plus("n", times(-1, "m"))) in ("n-m", "-1*m+n", "n+-1*m")
    assert str(plus("n", -2)) == "n-2"
