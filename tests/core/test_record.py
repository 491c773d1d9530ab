"""A record is what the standard library makes of the same class, only later."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import KW_ONLY, FrozenInstanceError, field, fields, replace
from typing import ClassVar

import pytest

from gradwright.core.record import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 2
    names: list[str] = field(default_factory=list, compare=False)
    _: KW_ONLY
    hidden: str = field(default="", repr=False)
    KIND: ClassVar[str] = "point"


@dataclass(frozen=True, slots=True)
class Labelled(Point):
    label: str = ""


@dataclass
class Open:
    """One whose attributes may be set, and that checks them."""

    x: int

    def __post_init__(self) -> None:
        if self.x < 0:
            raise ValueError("negative")


@dataclass(frozen=True, eq=False, repr=False)
class Kind:
    x: int

    def __repr__(self) -> str:
        return "mine"


def test_what_is_made_is_shown_compared_and_hashed() -> None:
    one, same = Point(1, names=["a"], hidden="h"), Point(x=1, hidden="h")
    assert repr(one) == "Point(x=1, y=2, names=['a'])"
    assert one == same
    assert hash(one) == hash(same) == hash((1, 2, "h"))
    assert one != Point(1, 3, hidden="h")
    assert one != Labelled(1, hidden="h")
    assert Point(1).names is not Point(1).names
    with pytest.raises(TypeError, match="positional"):
        Point(1, 2, [], "h")  # type: ignore[misc]


def test_the_fields_are_the_standard_librarys() -> None:
    assert [each.name for each in fields(Labelled)] == ["x", "y", "names", "hidden", "label"]
    assert replace(Labelled(1, label="l"), x=5) == Labelled(5, label="l")
    match Labelled(1, 2, [], "l"):
        case Labelled(x, y, label="l"):
            assert (x, y) == (1, 2)
        case _:
            pytest.fail("the pattern does not match")
    assert not hasattr(Point(1), "__dict__")


def test_what_is_frozen_refuses() -> None:
    with pytest.raises(FrozenInstanceError):
        Point(1).x = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del Point(1).x
    with pytest.raises(TypeError, match="unhashable"):
        hash(Open(1))
    opened = Open(1)
    opened.x = 3
    assert opened == Open(3)


def test_what_a_class_says_itself_stays() -> None:
    with pytest.raises(ValueError, match="negative"):
        Open(-1)
    assert repr(Kind(1)) == "mine"
    assert Kind(1) != Kind(1)


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_copy_is_the_same(again: Callable[[object], object]) -> None:
    one = Labelled(1, 3, ["a"], "l", hidden="h")
    assert again(one) == one
    assert again(Open(2)) == Open(2)


def test_an_instance_of_a_class_below_may_come_first() -> None:
    @dataclass(frozen=True)
    class Base:
        x: int

    class Below(Base):
        """No record itself: it has the methods of its base."""

    assert (Below(1), hash(Base(1))) == (Below(1), hash((1,)))
    assert repr(Below(2)).endswith("Below(x=2)")


def test_a_method_is_compiled_as_it_is_first_called() -> None:
    @dataclass(frozen=True, slots=True)
    class Late:
        x: int

    before = vars(Late)["__init__"]
    Late(1)
    assert vars(Late)["__init__"] is not before
    assert vars(Late)["__init__"].__code__.co_varnames == ("self", "x")
