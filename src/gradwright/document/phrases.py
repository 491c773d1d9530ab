"""A sentence about a formula, parted into words and formulas. Owns: telling them apart. Never: reads a formula."""

from __future__ import annotations

import re
from itertools import groupby

_WORD = re.compile(r"[A-Za-z][a-z]+(?:[-’'][a-z]+)*[,.;:]?|a|½[,.;:]?")


def phrases(sentence: str) -> list[tuple[bool, str]]:
    """The runs of the sentence in order, each with whether it is a formula."""
    runs = groupby(sentence.split(), key=lambda word: _WORD.fullmatch(word) is None)
    return [(formula, " ".join(words)) for formula, words in runs]
