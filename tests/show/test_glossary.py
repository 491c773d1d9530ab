"""Every function of the tables is explained, and nothing else."""

from __future__ import annotations

from gradwright.expression import function_names
from gradwright.show.glossary import FUNCTIONS, WORDS
from gradwright.tables.arrays import ARRAYS
from gradwright.tables.scalars import NAMED


def test_every_function_is_explained() -> None:
    assert set(FUNCTIONS) == function_names()
    assert set(WORDS) == {*NAMED, *ARRAYS} - {"pi"}
    for name, word in WORDS.items():
        assert word.says, name
        assert set(word.optional) <= set(word.arguments), name
