"""What an editor is shown of a check. Owns: a relation as plain data, with its places. Never: a protocol."""

from __future__ import annotations

from typing import Any, TypedDict

from gradwright.referee.report import Relation, Report
from gradwright.service.request import Body, Document


class Mend(TypedDict):
    """Characters of the document, and what is to stand in their place."""

    span: list[int]
    text: str


class Found(TypedDict):
    """One relation: ``start``, where the left side begins; ``span`` from the sign on; ``sign``, its characters."""

    start: int
    span: list[int]
    sign: int
    verdict: str
    needs: list[str]
    facts_used: list[str]
    slip: str
    counterexample: dict[str, Any] | None
    reason: str
    proof: list[str]
    fix: Mend | None


def check(body: Body) -> dict[str, object]:
    """The relations of a document."""
    report = Document.of(body).report()
    return {"relations": [_found(report, r) for r in report.relations]}


def _found(report: Report, relation: Relation) -> Found:
    left = relation.trees[0]
    start, _ = report.source.original(left.span if left is not None else relation.span)[1]
    span, mend = report.source.original(relation.span)[1], report.mend(relation)
    return {
        "start": min(start, span[0]),
        "span": list(span),
        "sign": len(relation.relation),
        "verdict": relation.verdict,
        "needs": relation.needs,
        "facts_used": relation.facts_used,
        "slip": relation.slip,
        "counterexample": relation.counterexample,
        "reason": relation.reason,
        "proof": relation.proof,
        "fix": {"span": list(mend.span), "text": mend.text} if mend else None,
    }
