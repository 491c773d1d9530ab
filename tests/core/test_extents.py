"""Which extents become one: names that are declared stay apart, unless it is asked what would fit if they did not."""

from __future__ import annotations

import pytest

from gradwright.core.extents import Clash, Extents


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
