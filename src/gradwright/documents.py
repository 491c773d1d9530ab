"""The Python interface to documents. Owns: check, and the report it gives. Never: judges, renders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradwright.core.errors import Error, plainly
from gradwright.referee import report
from gradwright.referee.checker import Told, broken, checked
from gradwright.referee.clock import SECONDS
from gradwright.referee.formats.source import as_it_is, source_of
from gradwright.referee.shield import Internal, unit


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
    text: str, path: str | None = None, given: Sequence[str] = (), shapes: Sequence[str] = (), seconds: float = SECONDS,
    *, inputs: Mapping[str, str] | None = None, macros: str = "", told: Told = lambda done, of: None,
) -> Report:  # fmt: skip
    """Every relation of a document with its verdict.

    ``path``     the name of its file, whose ending says the format
    ``given``    facts beside the document: ``["onehot(y)", "A symmetric"]``
    ``shapes``   ``["X: n m"]``
    ``seconds``  for one relation; one that takes longer is ``unread``
    ``inputs``   the texts of other files that a LaTeX document names, by name (``sections/loss.tex``)
    ``macros``   definitions in LaTeX that stand elsewhere
    ``told``     called with how many relations are done, and of how many
    """
    try:
        with unit("the format of a document", passing=(Error,)):
            source = source_of(text, path, inputs, macros)
    except Internal as error:
        return Report(**vars(broken(as_it_is(text, path), error)))
    return Report(**vars(checked(source, given, shapes, seconds, told)))
