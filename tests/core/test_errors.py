"""Errors: where they point, whatever the source, and what they leave out."""

from __future__ import annotations

import traceback

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradwright.core.errors import Error, plainly


def test_an_error_points_at_the_characters_of_its_line() -> None:
    source = "first\nx + yy*z\nlast"
    said = str(Error("no yy", (10, 12), source, "write y"))
    assert said.splitlines() == ["no yy", "  x + yy*z", "      ^^", "hint: write y"]
    assert str(Error("no first", (0, 5), source)).splitlines() == ["no first", "  first", "  ^^^^^"]
    assert str(Error("no last", (15, 19), source)).splitlines() == ["no last", "  last", "  ^^^^"]


def test_what_has_no_place_is_a_message_alone() -> None:
    assert str(Error("no")) == str(Error("no", (0, 1))) == str(Error("no", source="x")) == "no"
    assert str(Error("no", hint="try x")) == "no\nhint: try x"
    assert Error("no", (0, 1), "x", "h").args == ("no",)


def test_a_span_at_the_end_of_a_line_or_over_it_has_its_caret_there() -> None:
    assert str(Error("no", (3, 3), "x +\ny")).splitlines()[1:] == ["  x +", "     ^"]
    assert str(Error("no", (2, 5), "x +\ny")).splitlines()[1:] == ["  x +", "    ^"]
    assert str(Error("no", (4, 5), "x +\ny")).splitlines()[1:] == ["  y", "  ^"]
    assert str(Error("no", (0, 1), "\nxy")).splitlines()[1:] == ["  ", "  ^"]


@settings(max_examples=300, deadline=None)
@given(st.text("ab \n", min_size=1, max_size=400), st.data())
def test_the_carets_stand_below_what_they_mean(source: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(source) - 1))
    end = data.draw(st.integers(start + 1, len(source)))
    _, line, carets = str(Error("no", (start, end), source)).split("\n")
    assert max(len(line), len(carets)) <= 2 + 1 + 110 + 1
    where, width = len(carets) - len(carets.lstrip()), len(carets.strip())
    meant = source[start:end].split("\n")[0]
    assert set(carets.strip()) == {"^"}
    assert line[where : where + width] == meant[:width]
    assert width == max(1, len(meant)) or len(line) >= 110  # the window ends before the span does
    text = line[2:]
    assert text.removeprefix("…") in source.split("\n")[source[:start].count("\n")]


def test_a_long_line_is_shown_around_the_place() -> None:
    source = "a" * 200 + "!" + "b" * 200
    _, line, carets = str(Error("no", (200, 201), source)).split("\n")
    assert line == "  …" + "a" * 60 + "!" + "b" * 49
    assert carets == "  " + " " * 61 + "^"


def test_carets_end_where_the_line_is_cut() -> None:
    _, line, carets = str(Error("no", (0, 300), "a" * 300)).split("\n")
    assert line == "  " + "a" * 110
    assert carets == "  " + "^" * 110


def test_a_public_function_refuses_without_our_frames() -> None:
    @plainly
    def asked(number: int, *, plus: int = 0) -> int:
        """Says what it does."""
        if number < 0:
            raise Error("negative")
        return number + plus

    assert asked(1, plus=2) == 3
    assert (asked.__name__, asked.__doc__) == ("asked", "Says what it does.")
    with pytest.raises(Error) as caught:
        asked(-1)
    assert [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)][1:] == ["asked"]
    assert caught.value.__suppress_context__
    assert caught.value._render_traceback_() == ["gradwright.Error: negative"]
