"""A derivation in a format. Owns: which renderer an outline goes to. Never: decides what is shown."""

from __future__ import annotations

from collections.abc import Sequence

from gradwright.derivation import Derived
from gradwright.show.differential import in_differentials
from gradwright.show.document import latex_document, markdown
from gradwright.show.outline import DETAILS, NOTATIONS, Outline, known, together
from gradwright.show.terminal import terminal

FORMATS = ("text", "latex", "markdown", "html", "fragment")


def in_notation(derivations: Sequence[Derived], detail: str, notation: str) -> Outline:
    """The outline in a notation: that of differentials has lines of its own."""
    return (
        in_differentials(derivations, detail)
        if notation == "differential"
        else together(derivations, detail, notation != "index")
    )


def render(derivations: Sequence[Derived], *, detail: str, notation: str, format: str) -> str:
    """The derivation, or several of one formula, in one of ``FORMATS`` at one of the levels of detail."""
    for value, allowed, what in (
        (detail, DETAILS, "detail"), (notation, NOTATIONS, "notation"), (format, FORMATS, "format"),
    ):  # fmt: skip
        known(value, allowed, what)
    sections = in_notation(derivations, detail, notation)
    if format == "text":
        return terminal(sections, notation)
    if format == "latex":
        return latex_document(sections, notation)
    if format == "markdown":
        return markdown(sections, notation)
    from gradwright.show.html import fragment, page

    return fragment(sections, notation) if format == "fragment" else page(sections, notation)
