"""AsciiDoc and Typst. Owns: how they set formulas apart. Never: says what a formula of theirs means (``linear``)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gradwright.referee.formats.linear import linear
from gradwright.referee.formats.mapped import Edit
from gradwright.referee.formats.rows import Change, Row, edits_of, gone

_HEADING = re.compile(r"^=+(?= \S)", re.M)


def _undollared(body: str) -> Iterator[Edit]:
    """Dollars inside latexmath:[$…$] are gone."""
    dollars = len(body) - len(body.lstrip("$"))
    if dollars and body.endswith("$"):
        yield Edit(0, dollars)
        yield Edit(len(body) - dollars, len(body))


def _stem(body: str) -> Iterator[Edit]:
    """LaTeX where a backslash says so, else AsciiMath, in which letters side by side are a product."""
    if "\\" in body or "$" in body:
        yield from _undollared(body)
    else:
        yield from linear(body, names=False)


def _formulas(names: str, change: Change) -> tuple[Row, Row]:
    """A block, and a formula in a line."""
    return (
        Row(rf"^\[(?:{names})[^\]\n]*\]\n(?P<rule>\+{{4,}})\n(?P<body>.*?)\n(?P=rule)[ \t]*$", "$$", "$$", change),
        Row(rf"(?:{names}):\[(?P<body>(?:[^\]\\]|\\.|\[[^\]]*\])*)\]", "$", "$", change),
    )


_CODE = (
    Row(r"^(?P<rule>-{4,}|\.{4,}|/{4,})[ \t]*\n(?P<body>.*?)^(?P=rule)[ \t]*$", "", "", gone),
    Row(r"^//(?P<body>[^\n]*)$", "", "", gone),
    Row(r"`(?P<body>[^`\n]+)`"),
)  # fmt: skip
_ASCIIMATH = (*_formulas("latexmath", _undollared), *_formulas("stem|asciimath", _stem), *_CODE)
_LATEXMATH = (*_formulas("stem|latexmath", _undollared), *_formulas("asciimath", _stem), *_CODE)
TYPST = (
    Row(r"(?<!`)(?P<ticks>`{3,})(?!`).{0,20000}?(?P=ticks)", closer="```"),
    Row(r"`(?P<body>[^`\n]+)`"),
    Row(r"/\*(?P<body>.*?)\*/", "", "", gone, "*/"),
    Row(r"(?<!:)//(?P<body>[^\n]*)$", "", "", gone),
    Row(r"(?<!\\)\$(?=\s)(?P<body>(?:[^$\\]|\\.)*)(?<=\s)\$", "$$", "$$", linear, "$"),
    Row(r"(?<!\\)\$(?P<body>(?:[^$\\]|\\.)*)\$", "$", "$", linear, "$"),
)


def asciidoc(text: str) -> Iterator[Edit]:
    """A document says which language its stems are written in."""
    return edits_of(text, _LATEXMATH if re.search(r"^:stem: +latexmath", text, re.M) else _ASCIIMATH)


def headings(text: str) -> Iterator[Edit]:
    """``= Title`` as ``# Title``."""
    yield from (Edit(*found.span(), "#" * len(found.group())) for found in _HEADING.finditer(text))
