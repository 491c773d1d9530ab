"""The colours of what is shown on pages and in notebooks. Owns: CSS. Never: knows what it colours.

Everything is mixed from the colour of the text around it, so it fits a light and a dark notebook alike; only a whole
page brings its own paper.
"""

from __future__ import annotations

import re

_MIXED = {
    "soft": "currentColor 66%, transparent", "line": "currentColor 18%, transparent",
    "wash": "currentColor 4%, transparent", "mark": "currentColor 45%, #1a78ff", "good": "currentColor 42%, #17a34a",
    "fair": "currentColor 42%, #d99a00", "bad": "currentColor 35%, #f0332a", "dim": "currentColor 40%, #9a4fe0",
}  # fmt: skip
COLOURS = ".gradwright{" + "".join(f"--{name}:color-mix(in srgb,{mix});" for name, mix in _MIXED.items()) + "}"
"""Custom properties for whatever stands inside ``class="gradwright"``."""

PAPER = (
    ":root{color-scheme:light dark}body{margin:0;color:#1b1f24;background:#fff}"
    "@media(prefers-color-scheme:dark){body{color:#e6e9ee;background:#15181d}}"
)
"""What a page that stands alone adds."""


def sheet(css: str) -> str:
    """A style element, without the white space that only its authors need."""
    return "<style>" + re.sub(r"\s*\n\s*", "", COLOURS + css) + "</style>"
