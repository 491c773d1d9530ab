"""Ways to set mathematics apart, a row each. Owns: finding them in order, and the edits that make them LaTeX's own.

What a reader finds by itself (``$``, ``\\[``, environments) has rows too, so that nothing is rewritten inside it; so
has code, in which nothing is mathematics. Never: knows a format.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from gradwright.core.record import dataclass
from gradwright.referee.formats.mapped import Edit

Change = Callable[[str], Iterator[Edit]]


@dataclass(frozen=True)
class Row:
    """A pattern with the group ``body``; what stands before and after the body becomes ``opens`` and ``closes``.

    ``opens`` is None where all is left as it is; ``change`` rewrites the body, with offsets from its beginning. Beyond
    the last ``closer`` of a text the row is not searched for, so that many openings without one cost nothing.
    """

    pattern: str
    opens: str | None = None
    closes: str | None = None
    change: Change | None = None
    closer: str = ""

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.M | re.S)

    def last(self, text: str) -> int:
        """Where the last match of a text ends at most."""
        return text.rfind(self.closer) + len(self.closer) if self.closer in text else 0

    def edits(self, found: re.Match[str]) -> Iterator[Edit]:
        if self.opens is None and self.change is None:
            return
        start, end = found.span("body")
        if self.opens is not None:
            yield Edit(found.start(), start, self.opens)
        if self.change is not None:
            yield from (edit.moved(start) for edit in self.change(found["body"]))
        if self.opens is not None:
            yield Edit(end, found.end(), self.opens if self.closes is None else self.closes)


def edits_of(text: str, rows: Sequence[Row]) -> Iterator[Edit]:
    """What the rows make of a text, from its beginning to its end: the row that begins first has its stretch."""
    lasts = [row.last(text) for row in rows]
    ahead = {k: found for k, row in enumerate(rows) if (found := row.compiled.search(text, 0, lasts[k])) is not None}
    while ahead:
        first = min(ahead, key=lambda k: (ahead[k].start(), k))
        found = ahead[first]
        yield from rows[first].edits(found)
        at = max(found.end(), found.start() + 1)
        for k in [k for k, other in ahead.items() if other.start() < at]:
            again = rows[k].compiled.search(text, at, lasts[k])
            if again is None:
                del ahead[k]
            else:
                ahead[k] = again


def gone(body: str) -> Iterator[Edit]:
    """Nothing is left of code and comments."""
    yield Edit(0, len(body))
