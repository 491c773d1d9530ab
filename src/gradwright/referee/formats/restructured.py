"""reStructuredText, in files and in the docstrings of Python. Owns: directives and roles. Never: reads TeX."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gradwright.referee.formats.mapped import Edit
from gradwright.referee.formats.rows import Row, gone

_BLOCK = r"(?:^(?P=indent)[ \t]+\S[^\n]*(?:\n|\Z)|^[ \t]*\n)*"
"""What is indented further than the directive it belongs to."""
_OPTION = re.compile(r"^[ \t]*:[\w-]+:[^\n]*\n?", re.M)
_PARTED = re.compile(r"(?<=\S)[ \t]*\n(?:[ \t]*\n)+(?=[ \t]*\S)")
_TITLE = re.compile(r"^(?P<title>[^\s.:][^\n]*)\n(?P<rule>([=~^\"*+#'`-])\3{2,})[ \t]*$", re.M)
_TWO = re.compile(r"\\\\")
_DOCSTRING = re.compile(r"(?<![\w\"'])(?P<prefix>[rRuU]{0,2})(?P<quotes>\"\"\"|''')(?P<body>.*?)(?P=quotes)", re.S)


def _equations(body: str) -> Iterator[Edit]:
    """The options go; empty lines part equations."""
    options = [Edit(*found.span()) for found in _OPTION.finditer(body)]
    yield from options
    begin = max((option.end for option in options), default=0)
    nested = "\\begin{" in body
    for found in _PARTED.finditer(body, begin):
        if not nested and not body[begin : found.start()].isspace() and body[begin : found.start()]:
            yield Edit(*found.span(), " \\\\\n")


ROWS = (
    Row(r"^(?P<indent>[ \t]*)\.\.[ \t]+(?:code-block|code|sourcecode|literalinclude|ipython|plot|parsed-literal|raw|"
        rf"testcode|doctest)::[^\n]*(?:\n(?P<body>{_BLOCK}))", "", "", gone),
    Row(rf"^(?P<indent>[ \t]*)\.\.[ \t]+math::(?P<body>[^\n]*(?:\n{_BLOCK}|\Z))", "\n\n$$", "$$\n\n", _equations),
    Row(r"``(?P<body>[^`]+)``"),
    Row(r"^[ \t]*>>>[^\n]*$"),
    Row(r":math:`(?P<body>[^`]+)`", "$"),
    Row(r"`(?P<body>[^`]+)`:math:", "$"),
)  # fmt: skip


def titles(text: str) -> Iterator[Edit]:
    """A line with a rule below it is a heading."""
    for found in _TITLE.finditer(text):
        yield Edit(found.start(), found.start(), "# ")
        yield Edit(found.start("rule"), found.end("rule"))


def docstrings(text: str) -> Iterator[Edit]:
    """Edits that leave of a program its long strings; backslashes that are written twice are one."""
    at = 0
    for found in _DOCSTRING.finditer(text):
        yield Edit(at, found.start("body"), "\n\n" if at else "")
        if "r" not in found["prefix"].lower():
            yield from (Edit(*two.span(), "\\") for two in _TWO.finditer(text, *found.span("body")))
        at = found.end("body")
    yield Edit(at, len(text))
