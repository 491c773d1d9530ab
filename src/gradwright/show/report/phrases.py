"""A sentence about a formula, parted into words and formulas. Owns: telling them apart. Never: reads a formula."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import groupby

_WORD = re.compile(r"[A-Za-z][a-z]+(?:[-’'][a-z]+)*[,.;:]?|a|½[,.;:]?")


def phrases(sentence: str, formula: Callable[[str], str], word: Callable[[str], str] = str) -> str:
    """The sentence with its runs of formulas and of words spelled; punctuation after a formula is none of it."""
    done = []
    for plain, words in groupby(sentence.split(), key=lambda word: _WORD.fullmatch(word) is not None):
        run = " ".join(words)
        body = run if plain else run.rstrip(",.;:")
        done.append(word(run) if plain else formula(body) + word(run[len(body) :]))
    return " ".join(done)
