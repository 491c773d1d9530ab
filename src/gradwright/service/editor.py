"""What an editor is shown of a check. Owns: a relation as plain data, with its places. Never: a protocol."""

from __future__ import annotations

from typing import Any, TypedDict

from gradwright.read.tree import Tree
from gradwright.referee.report import Relation
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
    return {"relations": [_found(r) for r in Document.of(body).report().relations]}


def _found(relation: Relation) -> Found:
    left = relation.trees[0]
    start = left.span[0] if isinstance(left, Tree) else relation.span[0]
    return {
        "start": min(start, relation.span[0]),
        "span": list(relation.span),
        "sign": len(relation.relation),
        "verdict": relation.verdict,
        "needs": relation.needs,
        "facts_used": relation.facts_used,
        "slip": relation.slip,
        "counterexample": relation.counterexample,
        "reason": relation.reason,
        "proof": relation.proof,
        "fix": {"span": list(relation.fix.span), "text": relation.fix.text} if relation.fix else None,
    }
