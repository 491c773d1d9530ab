"""Where an offset into a text stands for an editor, and back. Owns: lines and code units. Never: mathematics.

The protocol ends a line at LF, CR LF or CR, and at nothing else; it counts UTF-16 code units unless agreed otherwise.
"""

from __future__ import annotations

import re
from bisect import bisect_right

_ENDS = re.compile(r"\r\n|\n|\r")
_BYTES = {"utf-8": 1, "utf-16": 2, "utf-32": 4}


class Places:
    """The lines of one text."""

    def __init__(self, text: str, encoding: str = "utf-16") -> None:
        self.text, self.unit = text, _BYTES[encoding]
        self.codec = encoding if encoding == "utf-8" else f"{encoding}-le"
        self.starts = [0, *(found.end() for found in _ENDS.finditer(text))]

    def place(self, offset: int) -> tuple[int, int]:
        """Line and code unit, both from 0, of an offset in characters."""
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self.starts, offset) - 1
        return line, self._units(self.text[self.starts[line] : offset])

    def offset(self, line: int, units: int) -> int:
        """The offset in characters; a place beyond a line's or the text's end is that end."""
        if line >= len(self.starts):
            return len(self.text)
        start = self.starts[line]
        end = self.starts[line + 1] if line + 1 < len(self.starts) else len(self.text)
        row = self.text[start:end].rstrip("\r\n")
        taken = 0
        for at, character in enumerate(row):
            if taken >= units:
                return start + at
            taken += self._units(character)
        return start + len(row)

    def _units(self, text: str) -> int:
        return len(text.encode(self.codec, "surrogatepass")) // self.unit
