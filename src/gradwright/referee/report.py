"""What a check found, as records. Owns: verdicts, relations, the report and its counts. Never: finds anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from gradwright.core.record import dataclass
from gradwright.read.syntax import Node
from gradwright.referee.compare.verdicts import Fix
from gradwright.referee.formats.mend import Mend, mended
from gradwright.referee.formats.source import Place, Source
from gradwright.referee.shield import INTERNAL

VERDICTS = ("definition", "proved", "confirmed", "needs", "layout", "refuted", "unread")
SCHEMA = 2
"""The form of what ``to_dict`` gives; it grows with every change that a reader may notice."""
GOOD = frozenset({"definition", "proved", "confirmed"})


@dataclass
class Relation:
    """One equals sign: where it stands, what is on its sides, and what was found."""

    id: int
    span: tuple[int, int]
    line: int
    column: int
    end_line: int
    end_column: int
    relation: str
    left: str
    right: str
    verdict: str = "unread"
    needs: list[str] = field(default_factory=list)
    facts_used: list[str] = field(default_factory=list)
    slip: str = ""
    fix: Fix | None = None
    counterexample: dict[str, Any] | None = None
    reason: str = ""
    proof: list[str] = field(default_factory=list)
    seconds: float = 0.0
    trees: tuple[Node | None, Node | None] = (None, None)

    def to_dict(self) -> dict[str, Any]:
        fields = (
            "id", "line", "column", "end_line", "end_column", "relation", "left", "right", "verdict", "needs",
            "facts_used", "slip", "counterexample", "reason", "proof",
        )  # fmt: skip
        fix = self.fix.to_dict() if self.fix else None
        return {"span": list(self.span), **{name: getattr(self, name) for name in fields}, "fix": fix}

    def said(self) -> str:
        """The verdict's explanation in one line or a few."""
        lines = []
        if self.needs:
            lines.append("holds only if " + " and ".join(self.needs))
        if self.facts_used:
            lines.append("uses " + ", ".join(self.facts_used))
        if self.reason:
            lines.append(self.reason)
        if self.slip:
            lines.append("likely slip: " + self.slip)
        if self.counterexample:
            lines.append(counterexample_text(self.counterexample))
        return "\n".join(lines)


@dataclass(repr=False)
class Report:
    """A document's relations with their verdicts. ``ok`` where nothing is refuted.

    Spans of relations are offsets in ``text``, as it was read; ``to_dict`` gives those of the file.
    """

    source: Source
    relations: list[Relation]
    layout: str = "mixed"
    facts: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def file(self) -> str:
        return self.source.path or ""

    @property
    def text(self) -> str:
        return self.source.text

    @property
    def summary(self) -> dict[str, int]:
        return {v: sum(r.verdict == v for r in self.relations) for v in VERDICTS}

    @property
    def ok(self) -> bool:
        return not any(r.verdict == "refuted" for r in self.relations)

    @property
    def broken(self) -> bool:
        """Whether a bug of ours was met."""
        return any(r.verdict == "unread" and r.reason.startswith(INTERNAL) for r in self.relations)

    def place(self, relation: Relation) -> Place:
        """Where a relation stands: its file, line and column, and in a notebook its cell."""
        return self.source.where(relation.span[0])

    def mend(self, relation: Relation) -> Mend | None:
        """The change of a file that mends a relation, where one was verified."""
        return mended(self.source, relation.fix.span, relation.fix.text) if relation.fix is not None else None

    def mends(self) -> Iterator[tuple[Relation, Mend]]:
        """What mends the relations that are refuted."""
        for relation in self.relations:
            mend = self.mend(relation) if relation.verdict == "refuted" else None
            if mend is not None:
                yield relation, mend

    def to_dict(self) -> dict[str, Any]:
        relations = [self._told(r) for r in self.relations]
        return {"schema": SCHEMA, "file": self.file, "relations": relations, "summary": self.summary}

    def _told(self, relation: Relation) -> dict[str, Any]:
        """A relation with its places in the file."""
        place, mend = self.place(relation), self.mend(relation)
        where = {"file": place.file, "cell": place.cell or None, "cell_line": place.cell_line or None}
        told = {**relation.to_dict(), **where, "span": list(self.source.original(relation.span)[1])}
        return {**told, "fix": {"span": list(mend.span), "text": mend.text} if mend is not None else None}


def counterexample_text(found: dict[str, Any]) -> str:
    """``counterexample: at x = [1, 2]; k = 1: left 2, right 4``."""
    values = ", ".join(f"{name} = {value}" for name, value in found["values"].items())
    functions = ", ".join(found.get("functions", ()))
    where = "; ".join(part for part in (values, entry_text(found)) if part)
    some = f"for a smooth {functions}" if functions else ""
    said = ", ".join(part for part in (some, "at " + where if where else "") if part)
    return f"counterexample: {said + ': ' if said else ''}left {found['left']}, right {found['right']}"


def entry_text(found: Mapping[str, Any]) -> str:
    """The entry at which the sides differ, by the document's letters where it has some."""
    entry = found.get("entry") or {}
    places = [str(place) for name, place in entry.items() if name.startswith("entry")]
    said = [f"{name} = {place}" for name, place in entry.items() if not name.startswith("entry")]
    if places:
        said.insert(0, "entry " + (places[0] if len(places) == 1 else f"({', '.join(places)})"))
    return " and ".join(said)
