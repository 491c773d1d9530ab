"""Why there is no answer. Owns: how an error becomes plain data, and the log of what must not happen.

Every refusal is ``{"error": {"message", "hint", "field", "text", "span"}}``: ``text`` is what was typed, ``span`` the
characters of it that are meant, ``field`` the part of the request it stands in. This is the one place where a bug of
ours is caught; it is told to whoever asked, and written to the log with its traceback.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict

from gradwright.core.errors import Error, Span
from gradwright.core.record import dataclass

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Failure:
    """One message, what to do about it, and where it points."""

    message: str
    hint: str | None = None
    field: str = ""
    text: str | None = None
    span: Span | None = None

    def to_dict(self) -> dict[str, object]:
        return asdict(self)

    def __str__(self) -> str:
        """The message with carets under the characters, the hint, and the characters' offsets."""
        said = str(Error(self.message, self.span, self.text, self.hint))
        if not (self.span and self.text):
            return said
        return f"{said}\nat characters {self.span[0]} to {self.span[1]} of: {self.text}"


def failure(error: Exception, kind: str, body: Mapping[str, object]) -> Failure:
    """What is said of an error that ended a request."""
    if isinstance(error, Error):
        return of_error(error, body)
    if isinstance(error, RecursionError):
        return Failure("this is nested too deeply")
    if isinstance(error, MemoryError):
        return Failure("this needs more memory than one request may use")
    _LOG.error("a request to %s ended with a bug", kind, exc_info=error)
    return Failure(f"this is a bug in gradwright ({type(error).__name__})", "please report it")


def of_error(error: Error, body: Mapping[str, object]) -> Failure:
    """A refusal of ours, with the part of the request that it points into."""
    return Failure(error.message, error.hint, _field(error, body), error.source, error.span)


def _field(error: Error, body: Mapping[str, object]) -> str:
    """The part of the request that an error points into; empty where it points at nothing."""
    given = body.get("given")
    if isinstance(given, list) and error.source in given:
        return "given"
    if error.source is None or error.span is None:
        return ""
    return "formula" if error.source == body.get("formula") else "other"
