"""A report in text. Owns: the terminal's lines, Markdown, SARIF. Never: HTML (``html``), judgement."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from gradwright.referee.report import VERDICTS, Relation, Report

_WIDE = 100
_LEAST = 24  # columns for a message, however narrow the terminal is
SIGNS = {"definition": "·", "proved": "✓", "confirmed": "✓", "needs": "!", "layout": "~", "refuted": "✗", "unread": "?"}
STYLES = {"definition": "dim", "proved": "green", "confirmed": "green", "needs": "yellow", "layout": "yellow",
          "refuted": "bold red", "unread": "magenta"}  # fmt: skip
Piece = tuple[str, str]


def lines(report: Report, every: bool = False, width: int | None = None) -> list[list[Piece]]:
    """The report line by line, as pieces of text with a style; all relations only if asked for.

    What is longer than ``width`` is wrapped; without one every message stays on its line.
    """
    done: list[list[Piece]] = []
    for relation in report.relations:
        quiet = relation.verdict in ("definition", "proved", "confirmed")
        if quiet and not every and not relation.facts_used:
            continue
        done.append(
            [
                (place(report, relation) + ": ", "bold"),
                (f"{SIGNS[relation.verdict]} {relation.verdict}", STYLES[relation.verdict]),
            ]
        )
        text, caret = _pointed(report, relation, min(_WIDE, (width or _WIDE + 6) - 6))
        done += [[("    " + text, "")], [("    " + caret, STYLES[relation.verdict])]]
        done += [[("    " + part, "")] for line in relation.said().splitlines() for part in _wrapped(line, width, 4)]
    done += [[(part, "bold")] for part in _wrapped(summary(report), width, 0)]
    return done


def _wrapped(line: str, width: int | None, indent: int) -> list[str]:
    """The line in parts that fit, all but the first further in."""
    room = len(line) if width is None else max(_LEAST, width - indent)
    return textwrap.wrap(
        line, max(1, room), subsequent_indent="  ", break_on_hyphens=False, break_long_words=False
    ) or [line]


def place(report: Report, relation: Relation) -> str:
    """``notes.md:3:14``, and in a notebook the cell."""
    found = report.place(relation)
    cell = f" (cell {found.cell}, line {found.cell_line})" if found.cell else ""
    return f"{found.file or 'document'}:{found.line}:{found.column}{cell}"


def _pointed(report: Report, relation: Relation, wide: int) -> tuple[str, str]:
    """The line of the file that holds a relation, and what points at it."""
    file, span = report.source.original(relation.span)
    line, start = report.source.files[file].line(span[0])
    at = span[0] - start
    width = max(1, min(span[1], start + len(line)) - span[0])
    left = max(0, at - wide * 2 // 5)
    shown = line[left : left + wide]
    lead = "…" if left else ""
    tail = "…" if left + wide < len(line) else ""
    return lead + shown + tail, " " * (len(lead) + at - left) + "^" + "~" * min(
        width - 1, max(0, len(shown) - (at - left) - 1)
    )


def summary(report: Report) -> str:
    counts = report.summary
    parts = [f"{counts[v]} {v}" + "s" * (v == "definition" and counts[v] > 1) for v in VERDICTS if counts[v]]
    name = report.file or "document"
    count = len(report.relations)
    return f"{name}: {count} relation{'s' * (count != 1)}" + (": " + ", ".join(parts) if parts else "")


def terminal(report: Report, every: bool = False) -> str:
    return "\n".join("".join(text for text, _ in line) for line in lines(report, every))


def markdown(report: Report) -> str:
    """A table of every relation."""
    rows = ["| line | verdict | relation | details |", "|---|---|---|---|"]
    for r in report.relations:
        said = r.said().replace("\n", "; ").replace("|", "\\|")
        relation = f"{_short(r.left)} {r.relation} {_short(r.right)}".replace("|", "\\|").replace("`", "'")
        found = report.place(r)
        other = f"{found.file}:" if found.file != report.file else ""
        cell = f" (cell {found.cell})" if found.cell else ""
        rows.append(f"| {other}{r.line}{cell} | {SIGNS[r.verdict]} {r.verdict} | `{relation}` | {said} |")
    return "\n".join([f"## {summary(report)}", "", *rows])


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:28] + " … " + text[-28:]


_LEVELS = {"refuted": "error", "needs": "warning", "layout": "warning", "unread": "note"}


def sarif(reports: Sequence[Report]) -> dict[str, Any]:
    """SARIF 2.1.0: what code hosts show beside the lines of a change."""
    results = []
    for report in reports:
        for r in report.relations:
            if r.verdict not in _LEVELS:
                continue
            region = {"startLine": r.line, "startColumn": r.column, "endLine": r.end_line, "endColumn": r.end_column}
            location = {
                "physicalLocation": {"artifactLocation": {"uri": report.place(r).file or "document"}, "region": region}
            }
            message = {"text": r.said() or r.verdict}
            results.append(
                {"ruleId": r.verdict, "level": _LEVELS[r.verdict], "message": message, "locations": [location]}
            )
    rules = [{"id": name, "shortDescription": {"text": text}} for name, text in _RULES.items()]
    driver = {"name": "gradwright", "informationUri": "https://github.com/gradwright/gradwright", "rules": rules}
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results, "columnKind": "unicodeCodePoints"}],
    }


_RULES = {
    "refuted": "The two sides differ at a point.",
    "needs": "The relation holds only under a fact that is not stated.",
    "layout": "The relation holds in another layout than the document's.",
    "unread": "The relation was not understood.",
}
