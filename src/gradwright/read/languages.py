"""Which language a formula is in. Owns: that question. Never: reads it."""

from __future__ import annotations

import re

from gradwright.core.errors import Error

SYNTAXES = ("text", "latex", "auto")


def is_latex(source: str, syntax: str) -> bool:
    """Whether a formula is LaTeX: said, or for auto by what the text language has no use for.

    That is a backslash, a brace or a pair of dollar signs.
    """
    if syntax not in SYNTAXES:
        raise Error(f"unknown syntax {syntax!r}", hint="one of " + ", ".join(SYNTAXES))
    return syntax == "latex" or (syntax == "auto" and re.search(r"[\\{]|\$.*\$", source, re.DOTALL) is not None)
