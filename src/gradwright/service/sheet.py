"""A checked document as pieces that a page can typeset. Owns: cutting the text at its relations. Never: judges."""

from __future__ import annotations

from typing import Any, TypedDict

from gradwright.read.latex.segment import segment
from gradwright.referee.report import Relation, Report
from gradwright.show.report.render import SIGNS


class Sign(TypedDict):
    """The characters of a sign, and the number of its relation."""

    id: int
    text: str


class Piece(TypedDict):
    """Prose or a formula, cut at its relations."""

    kind: str
    display: bool
    parts: list[str | Sign]


class Mend(TypedDict):
    """Characters of the document as it was sent, what is to stand in their place, and that as a formula."""

    span: list[int]
    text: str
    latex: str


class Shown(TypedDict):
    """A relation with its verdict."""

    id: int
    verdict: str
    sign: str
    line: int
    column: int
    cell: int
    left: str
    right: str
    needs: list[str]
    facts: list[str]
    reason: str
    slip: str
    mend: Mend | None
    proof: list[str]
    counterexample: dict[str, Any] | None


def sheet(report: Report) -> dict[str, object]:
    """The document in order: prose and formulas, each a list of text and of relations by their number."""
    relations = sorted(report.relations, key=lambda r: r.span)
    pieces: list[Piece] = []
    for piece in segment(report.text):
        outer = piece.outer if piece.kind != "math" else (piece.start, piece.end)
        pieces.append({"kind": piece.kind, "display": piece.display, "parts": _cut(report.text, *outer, relations)})
    return {
        "pieces": pieces,
        "relations": [_relation(report, r) for r in relations],
        "summary": report.summary,
        "layout": report.layout,
        "facts": report.facts,
    }


def _cut(text: str, start: int, end: int, relations: list[Relation]) -> list[str | Sign]:
    parts: list[str | Sign] = []
    at = start
    for relation in relations:
        begin = relation.span[0]
        stop = begin + max(1, len(relation.relation))
        if begin < at or stop > end:
            continue
        parts += [text[at:begin], {"id": relation.id, "text": text[begin:stop]}]
        at = stop
    return [*parts, text[at:end]]


def _relation(report: Report, relation: Relation) -> Shown:
    place = report.place(relation)
    return {
        "id": relation.id,
        "verdict": relation.verdict,
        "sign": SIGNS[relation.verdict],
        "line": relation.line,
        "column": relation.column,
        "cell": place.cell,
        "left": relation.left,
        "right": relation.right,
        "needs": relation.needs,
        "facts": relation.facts_used,
        "reason": relation.reason,
        "slip": relation.slip,
        "mend": _mend(report, relation),
        "proof": relation.proof,
        "counterexample": relation.counterexample,
    }


def _mend(report: Report, relation: Relation) -> Mend | None:
    mend = report.mend(relation)
    if mend is None or relation.fix is None:
        return None
    return {"span": list(mend.span), "text": mend.text, "latex": relation.fix.text}
