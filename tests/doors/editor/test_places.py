"""Offsets and places agree with each other, and with another way of counting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradwright.doors.editor.places import Places

TEXTS = st.text(alphabet=st.sampled_from("ab é∂𝔾\r\n\x0c\u2028"), max_size=40)


@given(TEXTS, st.sampled_from(["utf-8", "utf-16", "utf-32"]))
def test_there_and_back(text: str, encoding: str) -> None:
    places = Places(text, encoding)
    for offset in range(len(text) + 1):
        if text[max(0, offset - 1) : offset + 1] == "\r\n":
            continue  # between the two characters of one end of line there is no place
        assert places.offset(*places.place(offset)) == offset


@given(TEXTS)
def test_lines_are_those_of_the_protocol(text: str) -> None:
    places = Places(text)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert len(places.starts) == len(lines)
    line, units = places.place(len(text))
    assert line == len(lines) - 1
    assert units == len(lines[-1].encode("utf-16-le")) // 2


@pytest.mark.parametrize(("line", "units", "offset"), [(0, 99, 2), (7, 0, 5), (1, 1, 4), (0, 1, 2)])
def test_a_place_that_is_not_there_is_the_nearest(line: int, units: int, offset: int) -> None:
    assert Places("a𝔾\nbc").offset(line, units) == {(0, 1): 1}.get((line, units), offset)
