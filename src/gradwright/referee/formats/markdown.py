"""Markdown in its dialects: GitHub, GitLab, MyST, Jekyll, Hugo, Obsidian, Quarto. Owns: their rows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gradwright.read.latex.rows import ENVIRONMENTS
from gradwright.referee.formats.mapped import Edit
from gradwright.referee.formats.plain import MARKS, STEP, lines
from gradwright.referee.formats.rows import Row

_TO = r"(?:(?!\n[ \t]*\n).)"
"""A character that does not end the paragraph."""
_BLOCK = r".{0,20000}?"
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
    Row(r"\$\$(?P<body>.*?)\$\$", closer="$$"),
    Row(rf"\\begin\{{(?P<name>(?:{'|'.join(ENVIRONMENTS)})\*?)\}}{_BLOCK}\\end\{{(?P=name)\}}", closer="\\end{"),
    Row(r"(?<!\\)\\\[(?P<body>.*?)\\\]", closer="\\]"),
    Row(rf"(?<!\\)\\\((?P<body>{_TO}{{0,2000}}?)\\\)", closer="\\)"),
    Row(rf"(?<![\\$])\$(?!\$|latex )(?P<body>{_TO}{{1,3000}}?)(?<!\\)\$", closer="$"),
)
"""What needs no change: dollars, brackets with a backslash, environments."""

_TICKS = r"^[ \t]*(?P<ticks>`{3,}|~{3,})[ \t]*"
_TICKED = r"^[ \t]*(?P=ticks)[`~]*[ \t]*$"
ROWS = (
    Row(r"<!--.*?-->", closer="-->"),
    Row(rf"<(?P<tag>pre|code|style|script)\b{_BLOCK}</(?P=tag)>", closer="</"),
    Row(rf"{_TICKS}(?:math|\{{math\}})[^\n]*\n(?P<body>{_BLOCK}){_TICKED}", "$$\n", "$$", _options),
    Row(rf"^[ \t]*(?P<colons>:{{3,}})[ \t]*\{{math\}}[^\n]*\n(?P<body>{_BLOCK})^[ \t]*(?P=colons):*[ \t]*$",
        "$$\n", "$$", _options, ":::"),
    Row(rf"^(?P<body>{_TICKS[1:]}(?:text|txt|plain|plaintext)?[ \t]*\n{_BLOCK}^[ \t]*(?P=ticks))[`~]*[ \t]*$",
        change=_bare),
    Row(rf"{_TICKS}[^\n]*\n.*?(?:{_TICKED}|\Z)"),
    Row(rf"(?<![`\\$])\$`(?P<body>{_TO}{{1,2000}}?)`\$", "$", closer="`$"),
    Row(rf"\{{math\}}`(?P<body>{_TO}{{1,2000}}?)`", "$", closer="`"),
    Row(rf"(?<!`)(?P<ticks>`+)(?!`){_TO}{{1,2000}}?(?<!`)(?P=ticks)(?!`)", closer="`"),
    Row(rf"\{{\{{[<%]\s*(?P<tag>katex|math|latex|tex)\b[^}}]*[>%]\}}\}}(?P<body>{_BLOCK})"
        r"\{\{[<%]\s*/\s*(?P=tag)\s*[>%]\}\}", "", "", _shortcode, "}}"),
    Row(rf"\{{%-?\s*(?P<tag>katex|math|latex)\b[^%]*%\}}(?P<body>{_BLOCK})\{{%-?\s*end(?P=tag)\s*-?%\}}",
        "", "", _shortcode, "%}"),
    Row(r"\\\\\[(?!\s*-?[\d.]+\s*(?:em|ex|pt|cm|mm|in|px)\])(?P<body>.*?)\\\\\]", "\\[", "\\]", _doubled, "\\\\]"),
    Row(rf"\\\\\((?P<body>{_TO}{{0,2000}}?)\\\\\)", "\\(", "\\)", _doubled, "\\\\)"),
    Row(rf"(?<![\\$])\$latex (?P<body>{_TO}{{1,2000}}?)(?<!\\)\$", "$", closer="$"),
    *DISPLAYS,
    Row(rf"^(?P<body>[^\n$`\\]*[{MARKS}][^\n$`\\]*)$", change=lines),
    Row(rf"^(?P<body>{STEP})$", change=lines),
)  # fmt: skip


def quotes(text: str) -> Iterator[Edit]:
    """The marks before the lines of a quotation or a callout go; a line inside a display begins with an inequality."""
    inside = at = 0
    for found in _QUOTE.finditer(text):
        inside, at = inside + text.count("$$", at, found.start()), found.start()
        begins = text.rfind("\n", 0, max(0, found.start() - 1)) + 1
        if inside % 2 == 0 or _QUOTE.match(text, begins):
            yield Edit(*found.span())
