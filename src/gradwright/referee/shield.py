"""One unit of a document at a time. Owns: the place where a bug of ours is caught and logged. Never: judges.

A unit is a side, a line, a link, a relation. What it may raise for want of a meaning passes; anything else is a bug,
which costs the unit and never the report: it becomes an error like any other, and its traceback goes to the log.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from gradwright.core.errors import Error, Span
from gradwright.core.extents import Clash
from gradwright.referee.clock import OutOfTime

NOT_READ = (Error, Clash, ArithmeticError, RecursionError)
"""What a tree without meaning may raise while it is read; its relations are unread, and nothing else is lost."""
INTERNAL = "internal error, please report"
"""How the reason begins for which something is unread that met a bug of ours."""
_LOG = logging.getLogger(__name__)


def why(error: Exception) -> Error:
    """What is said of a unit that has no meaning."""
    if isinstance(error, Error):
        return error
    said = "too deeply nested" if isinstance(error, RecursionError) else "this could not be computed"
    return Error(said)


class Internal(Error):
    """A bug, as what it is to the reader of a report."""


@contextmanager
def unit(
    what: str, span: Span | None = None, passing: tuple[type[Exception], ...] = (*NOT_READ, OutOfTime)
) -> Iterator[None]:
    """Run the block; what may not pass is a bug in ``what``: it is logged, and raised as ``Internal``."""
    try:
        yield
    except MemoryError:
        raise
    except Exception as bug:
        if isinstance(bug, passing):
            raise
        _LOG.error("a bug in %s", what, exc_info=bug)
        raise Internal(INTERNAL, span) from bug
