"""Where the mathematics of a document stands. Owns: finding it by its delimiters, with exact offsets; prose between.

Delimiters count, not lines: two displays may share a line. Code and comments are neither. Never: reads inside.
"""

from __future__ import annotations

import re

from gradwright.core.record import dataclass
from gradwright.read.latex.rows import ENVIRONMENTS

_OPEN = re.compile(
    r"(?P<comment><!--)|(?P<fence>^[ \t]*(?P<ticks>```+|~~~+))|(?P<pre><(?P<tag>pre|code|style)\b[^>]*>)"
    r"|(?P<script><script\b[^>]*math/tex[^>]*>)|(?P<other><script\b[^>]*>)"
    r"|(?P<verb>\\begin\{(?P<vname>verbatim|lstlisting|minted|comment)\*?\})|(?P<escaped>\\[\\$`%](?!\[))"
    r"|(?P<dollars>\$\$)|(?P<dollar>\$)|(?P<paren>\\\()|(?P<bracket>\\?\\\[)|(?P<code>`+)"
    r"|(?P<begin>\\begin\{(?P<name>" + "|".join(ENVIRONMENTS) + r")(?P<star>\*?)\})",
    re.M,
)
_BLANK = re.compile(r"\n[ \t]*\n")
_MOST_INLINE = 3000


@dataclass(frozen=True)
class Piece:
    """A stretch of the text. ``start`` and ``end`` bound the mathematics itself; ``outer`` its delimiters too."""

    kind: str  # "math", "prose", "comment"
    start: int
    end: int
    outer: tuple[int, int]
    display: bool = False


def segment(text: str) -> list[Piece]:
    """The document from beginning to end, as prose and mathematics."""
    pieces: list[Piece] = []
    at = prose = 0

    def said(end: int) -> None:
        if end > prose:
            pieces.append(Piece("prose", prose, end, (prose, end)))

    while True:
        match = _OPEN.search(text, at)
        if match is None:
            break
        kind = match.lastgroup if match.lastgroup in _CLOSERS else _named(match)
        begin, inner = match.span()
        if kind == "escaped":
            at = inner
            continue
        found = _closed(text, kind, match)
        if found is None:
            at = inner
            continue
        end, outer = found
        said(begin)
        if kind in _MATHS:
            first = begin if kind == "begin" else inner
            display = kind in ("dollars", "bracket", "begin") or (kind == "script" and "display" in match.group())
            if kind == "dollars":
                display = _alone(text, begin, outer)
            pieces.append(Piece("math", first, outer if kind == "begin" else end, (begin, outer), display))
        else:
            pieces.append(Piece("comment", begin, outer, (begin, outer)))
        at = prose = outer
    said(len(text))
    return pieces


_MATHS = frozenset({"script", "dollars", "dollar", "paren", "bracket", "begin"})
_CLOSERS = frozenset(
    {"comment", "fence", "pre", "script", "other", "verb", "escaped", "dollars", "dollar", "paren", "bracket", "code",
     "begin"}
)  # fmt: skip


def _named(match: re.Match[str]) -> str:
    return next(kind for kind in _CLOSERS if match.group(kind) is not None)


def _closed(text: str, kind: str, match: re.Match[str]) -> tuple[int, int] | None:
    """Where the contents end and where the closing delimiter does; None where it is never closed."""
    inner = match.end()
    if kind == "dollar":
        return _dollar(text, inner)
    if kind == "bracket" and match.group().startswith("\\\\"):  # \\[1em] is a line break
        return None
    closer = {
        "comment": "-->", "pre": f"</{match.group('tag')}>", "script": "</script>", "other": "</script>",
        "dollars": "$$", "paren": "\\)", "bracket": "\\]", "code": match.group("code") or "`",
        "fence": "\n" + (match.group("ticks") or ""), "verb": "\\end{" + (match.group("vname") or ""),
    }.get(kind)  # fmt: skip
    if kind == "begin":
        closer = "\\end{" + match.group("name") + match.group("star") + "}"
        end = _nested_end(text, inner, "\\begin{" + match.group("name") + match.group("star") + "}", closer)
        return None if end is None else (end, end + len(closer))
    assert closer is not None
    end = _unescaped(text, closer, inner) if kind == "dollars" else text.find(closer, inner)
    if end < 0:
        return (len(text), len(text)) if kind in ("fence", "comment") else None
    blank = _BLANK.search(text, inner, end) if kind in ("code", "paren") else None
    return None if blank else (end, end + len(closer))


def _nested_end(text: str, at: int, opener: str, closer: str) -> int | None:
    depth = 1
    while True:
        end = text.find(closer, at)
        if end < 0:
            return None
        begin = text.find(opener, at, end)
        if begin >= 0:
            depth, at = depth + 1, begin + len(opener)
            continue
        depth -= 1
        if depth == 0:
            return end
        at = end + len(closer)


def _unescaped(text: str, closer: str, at: int) -> int:
    end = text.find(closer, at)
    while end > 0 and text[end - 1] == "\\" and text[end - 2 : end - 1] != "\\":
        end = text.find(closer, end + 1)
    return end


def _dollar(text: str, inner: int) -> tuple[int, int] | None:
    """Inline mathematics ends before a blank line, and not before a digit; an amount of money is none."""
    end = _unescaped(text, "$", inner)
    if (
        end < 0
        or text[end + 1 : end + 2].isdigit()
        or end == inner
        or end - inner > _MOST_INLINE
        or _BLANK.search(text, inner, end)
    ):
        return None
    content = text[inner:end]
    if content[0].isdigit() and re.search(r"[A-Za-z]{3,} ", content) and "\\" not in content and "=" not in content:
        return None
    return end, end + 1


def _alone(text: str, begin: int, outer: int) -> bool:
    """Whether ``$$…$$`` stands alone on its lines (some dialects write inline mathematics so too)."""
    before = text[text.rfind("\n", 0, begin) + 1 : begin]
    after = text[outer : (text.find("\n", outer) + 1 or len(text) + 1) - 1]
    return not (before.strip() and after.strip())
