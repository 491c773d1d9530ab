"""The Python interface to documents. Owns: check, and the report it gives. Never: judges, renders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradwright.core.errors import plainly
from gradwright.referee import report
from gradwright.referee.checker import checked
from gradwright.referee.compare.compare import SECONDS


class Report(report.Report):
    """A document's relations with their verdicts, as ``check`` gives it; ``ok`` where nothing is refuted."""

    def html(self) -> str:
        """A page: the document with a mark at every relation."""
        from gradwright.show.report.html import page

        return page(self)

    def markdown(self) -> str:
        from gradwright.show.report.render import markdown

        return markdown(self)

    def sarif(self) -> dict[str, Any]:
        from gradwright.show.report.render import sarif

        return sarif([self])

    def __str__(self) -> str:
        from gradwright.show.report.render import terminal

        return terminal(self)

    def __repr__(self) -> str:
        from gradwright.show.report.render import summary

        return f"<Report on {summary(self)}>"

    def _repr_html_(self) -> str:
        from gradwright.show.report.html import fragment

        return fragment(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """What a notebook shows: the typeset document; the lines of the terminal where there is no HTML."""
        return {"text/plain": str(self), "text/html": self._repr_html_()}


@plainly
def check(
    text: str, path: str | None = None, given: Sequence[str] = (), shapes: Sequence[str] = (), seconds: float = SECONDS
) -> Report:
    """Every relation of a document with its verdict.

    ``given``    facts beside the document: ``["onehot(y)", "A symmetric"]``
    ``shapes``   ``["X: n m"]``
    ``seconds``  for one relation; one that takes longer is ``unread``
    """
    found = checked(text, path, given, shapes, seconds)
    return Report(**vars(found))
