"""Which language a formula is in. Owns: that question. Never: reads it."""

from __future__ import annotations

import re

from gradwright.core.errors import Error
from gradwright.core.letters import FRACTIONS, GREEK, LOWERED, RAISED
from gradwright.tables import arrays, scalars

SYNTAXES = ("text", "latex", "auto")
_SIGNS = re.compile(f"[‖{''.join((*RAISED, *LOWERED, *FRACTIONS))}]")
_OWN = re.compile(r"[*'’′\[\]^;:\"@]|\./|[^\W\d_][0-9]|=[^=]*=|_(?!F\b)")


def is_typeset(source: str) -> bool:
    """Whether a formula is typeset in signs of Unicode, ‖Ax − b‖² + λ‖x‖₁, where letters side by side are multiplied.

    Nothing in it is the text language's own: no sign of its operators, and no name of several letters but of functions.
    """
    words = re.findall(r"[A-Za-z]{2,}", source)
    functions = (*arrays.WRITTEN, *scalars.WRITTEN)
    named = all(word in functions or (len(word) == 2 and word not in GREEK) for word in words)
    return named and _SIGNS.search(source) is not None and _OWN.search(source.replace("∇_", "∇")) is None


def is_latex(source: str, syntax: str) -> bool:
    """Whether a formula is LaTeX: said, or for auto by what the text language has no use for.

    That is a backslash, a brace or a pair of dollar signs; or letters that are typeset in Unicode.
    """
    if syntax not in SYNTAXES:
        raise Error(f"unknown syntax {syntax!r}", hint="one of " + ", ".join(SYNTAXES))
    marked = re.search(r"[\\{]|\$.*\$", source, re.DOTALL) is not None
    return syntax == "latex" or (syntax == "auto" and (marked or is_typeset(source)))
