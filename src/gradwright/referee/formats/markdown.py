"""Markdown in its dialects: GitHub, GitLab, MyST, Jekyll, Hugo, Obsidian, Quarto. Owns: their rows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gradwright.read.latex.rows import ENVIRONMENTS
from gradwright.referee.formats.mapped import Edit
from gradwright.referee.formats.plain import MARKS, lines
from gradwright.referee.formats.rows import Row

_TO = r"(?:(?!\n[ \t]*\n).)"
"""A character that does not end the paragraph."""
_OPTION = re.compile(r"^[ \t]*:[\w-]+:[^\n]*\n|\A---\n.*?^---\n", re.M | re.S)
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+.!|<>~-])")
_QUOTE = re.compile(r"^ {0,3}(?:> ?)+", re.M)


def _options(body: str) -> Iterator[Edit]:
    """``:label: x`` and what else a directive says of itself."""
    yield from (Edit(*found.span()) for found in _OPTION.finditer(body))


def _doubled(body: str) -> Iterator[Edit]:
    """Where Markdown takes one backslash of two away."""
    for found in _ESCAPE.finditer(body):
        yield Edit(*found.span(), "\\" + found[1] if found[1] in "{}|" else found[1])


def _shortcode(body: str) -> Iterator[Edit]:
    if "$" not in body and "\\begin{" not in body:
        mark = "$$" if "\n" in body.strip() else "$"
        yield Edit(0, 0, mark)
        yield Edit(len(body), len(body), mark)


def _bare(block: str) -> Iterator[Edit]:
    """A block of code in no language, in which formulas stand, is a block of text."""
    found = list(lines(block)) if "$" not in block else []
    if found:
        yield Edit(0, block.index("\n"))
        yield from found
        yield Edit(block.rindex("\n"), len(block))


DISPLAYS = (
    Row(r"\$\$(?P<body>.*?)\$\$"),
    Row(rf"\\begin\{{(?P<name>(?:{'|'.join(ENVIRONMENTS)})\*?)\}}(?P<body>.*?)\\end\{{(?P=name)\}}"),
    Row(r"(?<!\\)\\\[(?P<body>.*?)\\\]"),
    Row(rf"(?<!\\)\\\((?P<body>{_TO}*?)\\\)"),
    Row(rf"(?<![\\$])\$(?!\$|latex )(?P<body>{_TO}{{1,3000}}?)(?<!\\)\$"),
)
"""What needs no change: dollars, brackets with a backslash, environments."""

ROWS = (
    Row(r"<!--.*?-->"),
    Row(r"<(?P<tag>pre|code|style|script)\b.*?</(?P=tag)>"),
    Row(r"^[ \t]*(?P<ticks>`{3,}|~{3,})[ \t]*(?:math|\{math\})[^\n]*\n(?P<body>.*?)^[ \t]*(?P=ticks)[`~]*[ \t]*$",
        "$$\n", "$$", _options),
    Row(r"^[ \t]*(?P<colons>:{3,})[ \t]*\{math\}[^\n]*\n(?P<body>.*?)^[ \t]*(?P=colons):*[ \t]*$",
        "$$\n", "$$", _options),
    Row(r"^(?P<body>[ \t]*(?P<ticks>`{3,}|~{3,})[ \t]*(?:text|txt|plain|plaintext)?[ \t]*\n.*?^[ \t]*(?P=ticks))[`~]*"
        r"[ \t]*$", change=_bare),
    Row(r"^[ \t]*(?P<ticks>`{3,}|~{3,})[^\n]*\n.*?(?:^[ \t]*(?P=ticks)[`~]*[ \t]*$|\Z)"),
    Row(rf"(?<![`\\$])\$`(?P<body>{_TO}+?)`\$", "$"),
    Row(rf"\{{math\}}`(?P<body>{_TO}+?)`", "$"),
    Row(rf"(?<!`)(?P<ticks>`+)(?!`){_TO}+?(?<!`)(?P=ticks)(?!`)"),
    Row(r"\{\{[<%]\s*(?P<tag>katex|math|latex|tex)\b[^}]*[>%]\}\}(?P<body>.*?)\{\{[<%]\s*/\s*(?P=tag)\s*[>%]\}\}",
        "", "", _shortcode),
    Row(r"\{%-?\s*(?P<tag>katex|math|latex)\b[^%]*%\}(?P<body>.*?)\{%-?\s*end(?P=tag)\s*-?%\}", "", "", _shortcode),
    Row(r"\\\\\[(?!\s*-?[\d.]+\s*(?:em|ex|pt|cm|mm|in|px)\])(?P<body>.*?)\\\\\]", "\\[", "\\]", _doubled),
    Row(rf"\\\\\((?P<body>{_TO}*?)\\\\\)", "\\(", "\\)", _doubled),
    Row(rf"(?<![\\$])\$latex (?P<body>{_TO}+?)(?<!\\)\$", "$"),
    *DISPLAYS,
    Row(rf"^(?P<body>[^\n$`\\]*[{MARKS}][^\n$`\\]*)$", change=lines),
)  # fmt: skip


def quotes(text: str) -> Iterator[Edit]:
    """The marks before the lines of a quotation or a callout go; a line inside a display begins with an inequality."""
    inside = at = 0
    for found in _QUOTE.finditer(text):
        inside, at = inside + text.count("$$", at, found.start()), found.start()
        begins = text.rfind("\n", 0, max(0, found.start() - 1)) + 1
        if inside % 2 == 0 or _QUOTE.match(text, begins):
            yield Edit(*found.span())
