"""Which extents become one: names that are declared stay apart, unless it is asked what would fit if they did not."""

from __future__ import annotations

import pytest

from gradwright.core.extents import Clash, Extents, open_extent
from gradwright.core.index import Extent, times


def test_every_name_is_declared_where_none_is_said_to_be() -> None:
    with pytest.raises(Clash):
        Extents().unify("n", "m")


def test_a_name_that_nothing_declares_gives_way() -> None:
    extents = Extents(firm={"n", "m"})
    extents.unify("k", "n")
    assert extents.find("k") == "n"
    assert extents.merged == [("k", "n")]
    with pytest.raises(Clash):
        extents.unify("n", "m")
    with pytest.raises(Clash):
        extents.unify("j", 3)


def test_loosely_declared_names_become_one_and_are_remembered() -> None:
    extents = Extents(firm={"n", "m"})
    extents.loose = True
    extents.unify("n", "m")
    extents.unify("m", 3)
    assert extents.find("n") == 3
    assert len(extents.merged) == 2
    with pytest.raises(Clash):
        extents.unify("n", 4)


def test_what_was_found_is_put_back() -> None:
    extents = Extents(firm=())
    mark = extents.mark()
    extents.unify("?1", "n")
    extents.reset(mark)
    extents.unify("?1", "m")
    assert extents.find("?1") == "m"
    extents.reset(mark)
    assert extents.find("?1") == "?1"


def test_an_open_extent_becomes_what_it_meets() -> None:
    extents = Extents()
    one, two = extents.fresh(), extents.fresh()
    assert one != two
    assert open_extent(one)
    assert not open_extent("n")
    assert not open_extent(3)
    extents.unify(one, two)
    extents.unify("n", two)
    assert extents.find(one) == extents.find(two) == "n"
    assert Extents(equal={"m": "n"}).find("m") == "n"


def test_a_number_that_is_wanted_comes_of_it_in_the_end() -> None:
    extents = Extents()
    sized, other = extents.sized(3), extents.sized(3)
    extents.unify(sized, "n")
    extents.unify("n", 3)  # what it is to be
    extents.unify("n", other)
    assert extents.find(sized) == "n"
    extents.settle()
    assert extents.find("n") == extents.find(sized) == 3
    with pytest.raises(Clash):
        extents.unify("n", 4)


@pytest.mark.parametrize(("left", "right"), [(4, "n"), ("n", 4), ("?9", "n")])
def test_two_numbers_that_are_wanted_are_one(left: str | int, right: str | int) -> None:
    extents = Extents()
    extents.unify("n", extents.sized(3))
    extents.unify("?9", extents.sized(4))
    with pytest.raises(Clash):
        extents.unify(left, right)


def test_what_is_still_open_gets_a_name_that_is_free() -> None:
    extents = Extents()
    dims = [extents.fresh() for _ in range(3)]
    extents.unify(dims[2], "k")
    extents.name([*dims, dims[0], "n", 5], {"m"})
    names = [extents.find(dim) for dim in dims]
    assert names[2] == "k"
    assert len({*names, "n", "m"}) == 5
    assert not any(open_extent(name) for name in names)


def test_more_are_named_than_there_are_letters() -> None:
    extents = Extents()
    dims = [extents.fresh() for _ in range(40)]
    extents.name(dims, set())
    assert len({extents.find(dim) for dim in dims}) == 40


def test_a_product_of_names_is_a_name_of_its_own() -> None:
    extents, product = Extents(), times("n", "m")
    assert isinstance(product, Extent)
    extents.unify("?1", product)
    assert extents.find("?1") == product
    with pytest.raises(Clash):
        extents.unify(product, "n")
