"""Names of a document's symbols as a person writes them. Owns: from keys to Unicode. Never: knows what they mean."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from unicodedata import normalize

from gradwright.read.latex.grammar import GREEK

_ACCENTS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303", "dot": "\u0307", "ddot": "\u0308"}
_BOLD = {"A": 0x1D400, "a": 0x1D41A}


def written(keys: Sequence[str]) -> dict[str, str]:
    """Each key as it is written, or as it is where two would look the same."""
    plain = {key: _plain(key) for key in keys}
    count = Counter(plain.values())
    return {key: _plain(key, bold=True) if count[name] > 1 else name for key, name in plain.items()}


def _plain(key: str, bold: bool = False) -> str:
    """``bold x`` is x (𝐱 beside another x), ``hat y`` is ŷ, ``gamma`` γ, ``d X`` dX."""
    heavy = key.startswith("bold ")
    name = re.sub(r" alone$|\[2?\]$|\(\)$", "", key.removeprefix("bold "))
    *marks, name = name.split(" ")
    base, sign, label = name.partition("_" if "_" in name else "^")
    letter = GREEK.get(base, base)
    if heavy and bold and len(letter) == 1 and letter.isascii():
        first = "A" if letter.isupper() else "a"
        letter = chr(_BOLD[first] + ord(letter) - ord(first))
    lead = "".join(GREEK.get(m, m) for m in marks if m not in _ACCENTS)
    accents = "".join(_ACCENTS[m] for m in marks if m in _ACCENTS)
    return normalize("NFC", lead + letter + accents + sign + label)
