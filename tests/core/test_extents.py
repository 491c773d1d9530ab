"""Unification of extents, and their names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradwright.core.extents import Clash, Extents, open_extent
from gradwright.core.index import Dim


def opened(number: int) -> tuple[Extents, list[Dim]]:
    extents = Extents()
    return extents, [extents.fresh() for _ in range(number)]


def test_variables_are_open_until_something_says_what_they_are() -> None:
    extents, (a, b, c) = opened(3)
    assert len({a, b, c}) == 3
    assert all(map(open_extent, (a, b, c)))
    assert not open_extent("n")
    assert not open_extent(3)
    extents.unify(a, b)
    assert extents.find(a) == extents.find(b) != extents.find(c)
    assert open_extent(extents.find(a))
    extents.unify("n", a)
    assert extents.find(b) == "n"
    extents.unify(c, 4)
    assert extents.find(c) == 4


@pytest.mark.parametrize(("left", "right"), [("n", "m"), ("n", 3), (3, "n"), (2, 3)])
def test_names_and_numbers_that_differ_clash(left: Dim, right: Dim) -> None:
    extents, (a, b) = opened(2)
    with pytest.raises(Clash):
        extents.unify(left, right)
    extents.unify(a, left)
    extents.unify(b, right)
    with pytest.raises(Clash):
        extents.unify(a, b)
    extents.unify(left, left)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=8))
def test_what_is_equal_does_not_depend_on_the_order_of_the_equations(pairs: list[tuple[int, int]]) -> None:
    def classes(equations: list[tuple[int, int]]) -> list[list[bool]]:
        extents, dims = opened(6)
        for left, right in equations:
            extents.unify(dims[left], dims[right])
        return [[extents.find(a) == extents.find(b) for a in dims] for b in dims]

    assert classes(pairs) == classes(pairs[::-1]) == classes([(b, a) for a, b in pairs])


def test_a_number_that_is_wanted_is_given_when_all_is_settled() -> None:
    extents, (a, b) = opened(2)
    three = extents.sized(3)
    assert open_extent(three)
    extents.unify(three, a)
    extents.unify(b, a)
    assert open_extent(extents.find(b))
    extents.settle()
    assert [extents.find(dim) for dim in (three, a, b)] == [3, 3, 3]
    extents.settle()
    assert extents.find(three) == 3


def test_a_wanted_number_makes_a_name_that_number_and_meets_no_other() -> None:
    extents, (a,) = opened(1)
    extents.unify(extents.sized(3), "n")
    extents.unify("n", 3)
    extents.unify(3, "n")
    extents.settle()
    assert extents.find("n") == 3
    with pytest.raises(Clash):
        extents.unify(extents.sized(2), 3)
    with pytest.raises(Clash):
        extents.unify(extents.sized(2), extents.sized(3))
    extents.unify(a, extents.sized(2))
    with pytest.raises(Clash):
        extents.unify(3, a)
    extents.unify(2, a)
    extents.settle()
    assert extents.find(a) == 2


def test_open_extents_are_named_in_order_and_never_as_another() -> None:
    extents, dims = opened(11)
    extents.unify(dims[1], dims[0])
    extents.unify(dims[2], "m")
    extents.unify(dims[3], 7)
    extents.name(dims, {"k", "n2"})
    found = [extents.find(dim) for dim in dims]
    assert found == ["n", "n", "m", 7, "p", "q", "r", "s", "d", "n1", "n3"]
