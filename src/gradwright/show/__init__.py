"""Showing a derivation: an outline of sections and lines, rendered as text, LaTeX, Markdown or HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradwright.core.errors import Error

if TYPE_CHECKING:
    from gradwright.api import Derivation

NOTATIONS = ("index", "matrix", "both")
FORMATS = ("text", "latex", "markdown", "html", "fragment")


def render(derivation: Derivation, *, detail: str, notation: str, format: str) -> str:
    """The derivation in one of ``FORMATS`` at one of the levels of detail."""
    from gradwright.show.outline import DETAILS, outline

    for value, allowed, what in (
        (detail, DETAILS, "detail"), (notation, NOTATIONS, "notation"), (format, FORMATS, "format"),
    ):  # fmt: skip
        if value not in allowed:
            raise Error(f"unknown {what} {value!r}", hint="one of " + ", ".join(allowed))
    sections = outline(derivation, detail)
    if format == "text":
        from gradwright.show.terminal import terminal

        return terminal(sections, notation)
    if format == "latex":
        from gradwright.show.document import latex_document

        return latex_document(sections, notation)
    if format == "markdown":
        from gradwright.show.document import markdown

        return markdown(sections, notation)
    from gradwright.show.html import fragment, page

    return fragment(sections, notation) if format == "fragment" else page(sections, notation)
