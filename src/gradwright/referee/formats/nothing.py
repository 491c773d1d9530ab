"""A document in which nothing was found. Owns: what to say of it. Never: finds anything."""

from __future__ import annotations

import re

from gradwright.read.latex.segment import segment
from gradwright.referee.formats.source import Source

_COMMAND = re.compile(r"\\(?:d?frac|partial|nabla|sum|mathbf|mathbb|sqrt|top|alpha|beta|sigma|theta|lambda|int)\b")
_PLAIN = "mathematics stands between $ signs, as in $\\nabla f = 2x$"


def why_nothing(source: Source) -> str:
    """Why there is no relation in a document, and what to write."""
    found = [piece for piece in segment(source.text) if piece.kind == "math"]
    if found:
        count = f"{len(found)} formula{'s' * (len(found) != 1)}"
        return f"{count}, the first at line {source.place(found[0].start)[0]}, and no = in any of them"
    first = source.files[0] if source.files else None
    command = _COMMAND.search(first.text) if first is not None else None
    if first is None or command is None:
        return f"there is no relation to check\nhint: {_PLAIN}"
    line = first.place(command.start()).line
    return f"line {line} has {command.group()}, but not between delimiters that are known\nhint: {_PLAIN}"
