"""Errors a user sees. Owns: the one public exception and how it points at characters. Never: catches anything."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

Span = tuple[int, int]
_P = ParamSpec("_P")
_R = TypeVar("_R")


class Error(Exception):
    """Every refusal gradwright makes: one clear message, and where in the source it points.

    ``span`` is a half-open pair of character offsets into ``source``; ``hint`` says what to do about it.
    """

    def __init__(
        self, message: str, span: Span | None = None, source: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.source = source
        self.hint = hint

    def _render_traceback_(self) -> list[str]:
        """What IPython and Jupyter show: the message where it points, and no frames of ours."""
        return [f"gradwright.Error: {self}"]

    def __str__(self) -> str:
        lines = [self.message]
        if self.source is not None and self.span is not None:
            lines += _pointer(self.source, self.span)
        if self.hint:
            lines.append(f"hint: {self.hint}")
        return "\n".join(lines)


class Misfit(Error):
    """Shapes that do not fit: what is written is wrong, or the shapes are not what the symbols were taken for."""


def plainly(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """A public function whose refusals come without the frames of our code: what is wrong stands in the message."""

    @wraps(function)
    def asked(*args: _P.args, **options: _P.kwargs) -> _R:
        try:
            return function(*args, **options)
        except Error as error:
            raise error.with_traceback(None) from None

    return asked


def _pointer(source: str, span: Span) -> list[str]:
    """The source line that holds the span, windowed to a terminal's width, with carets under the span."""
    start, end = span
    left = source.rfind("\n", 0, start) + 1
    right = source.find("\n", start)
    right = len(source) if right < 0 else right
    window = max(left, start - 60)
    line = source[window : min(right, window + 110)]
    lead = "…" if window > left else ""
    width = max(1, min(end, right, window + 110) - start)
    return ["  " + lead + line, "  " + " " * (len(lead) + start - window) + "^" * width]
