"""The generated pages are current, and every claim of the Matrix Cookbook that they list holds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from gradwright.engine.normal import same
from gradwright.read.reader import read
from gradwright.read.sketch import EVENTS, Event

DOCS = Path(__file__).parents[1] / "docs"
sys.path.insert(0, str(DOCS))

import generate  # noqa: E402
import picture  # noqa: E402
import reading  # noqa: E402


@pytest.mark.parametrize("row", generate.claims(), ids=lambda row: row["eq"])
def test_an_equation_of_the_matrix_cookbook(row: dict[str, Any]) -> None:
    """One that the page calls wrong is refuted, and all others hold."""
    assert generate.judged(row)[1] in (("refuted",) if row["wrong"] else ("proved", "confirmed"))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.words)
def test_a_sign_of_a_misreading_happens_in_its_example(event: Event) -> None:
    assert event in reading.events(reading.EXAMPLES[event][0])


@pytest.mark.parametrize(("typed", "meant"), reading.SPELLINGS)
def test_a_forgiven_spelling_means_what_the_page_says(typed: str, meant: str) -> None:
    shapes = {"x": ("n",), "b": ("n",), "A": ("n", "n"), "S": ("n", "n"), "t": ()}
    parsed = read(typed, shapes={name: shape for name, shape in shapes.items() if name in typed and ":" not in typed})
    assert same(parsed.array, read(meant, context=parsed.context, strict=True).array)


def test_the_picture_is_what_is_printed() -> None:
    assert (DOCS / "assets" / "founding.svg").read_text("utf-8") == picture.founding()


def test_the_pages_are_those_the_tables_give() -> None:
    written = {str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md") if generate.NOTE in path.read_text("utf-8")}
    expected = dict(generate.pages())
    assert written == set(expected)
    for path, text in expected.items():
        assert (DOCS / path).read_text("utf-8") == text, f"run python docs/generate.py: {path} is old"
