"""What is worth an agent's attention of a derivation or a check: compact rows. Never: the protocol, a process."""

from __future__ import annotations

from gradwright.api import equal as compared
from gradwright.referee.report import GOOD, SCHEMA, Relation, counterexample_text
from gradwright.service.request import Asked, Body, Document, Shapes, flag_of, formula_of, one_of, text_of, texts_of
from gradwright.show.outline import DETAILS, shapes_sentence


def derive(body: Body) -> dict[str, object]:
    """A certified derivative, with as much of its derivation as ``steps`` says."""
    steps = one_of(body, "steps", ("none", *DETAILS), "brief")
    found = Asked.of(body).derivation()
    certificate = found.certificate
    return {
        "result": str(found.result),
        "entry": found.result.index,
        "latex": found.result.latex(),
        "shape": list(map(str, found.result.shape)),
        "read_as": shapes_sentence(found.derived).removeprefix("Read as: ").rstrip("."),
        "layout": found.layout,
        "verdict": certificate.verdict,
        "certificate": str(certificate),
        "facts_used": found.facts_used,
        "almost_everywhere": found.almost_everywhere,
        "shorter_with": {fact: str(shorter) for fact, shorter in found.suggestions},
        "steps": found.show(detail=steps) if steps != "none" else None,
    }


def check(body: Body) -> dict[str, object]:
    """The relations that do not simply hold, or all."""
    report, every = Document.of(body).report(), flag_of(body, "every")
    shown = [r for r in report.relations if every or r.verdict not in GOOD]
    return {
        "schema": SCHEMA,
        "ok": report.ok,
        "summary": {verdict: count for verdict, count in report.summary.items() if count},
        "layout": report.layout,
        "relations": [_relation(r) for r in shown],
    }


def _relation(relation: Relation) -> dict[str, object]:
    found = relation.counterexample
    return {
        "line": relation.line,
        "column": relation.column,
        "left": relation.left,
        "right": relation.right,
        "verdict": relation.verdict,
        "needs": relation.needs,
        "slip": relation.slip,
        "mended": relation.fix.text if relation.fix else "",
        "counterexample": counterexample_text(found).removeprefix("counterexample: ") if found else "",
        "reason": relation.reason,
    }


def emit(body: Body) -> dict[str, object]:
    """The text of a module."""
    target, wanted = text_of(body, "target", "numpy"), texts_of(body, "compute", ("value", "gradient"))
    found = Asked.of(body).derivation()
    code = found.emit(target, wanted, texts_of(body, "labels"))
    return {"target": target, "code": code, "verdict": found.certificate.verdict}


def equal(body: Body) -> dict[str, object]:
    """Whether two formulas are equal."""
    declared = Shapes.of(body)
    left, right = formula_of(body, "left"), formula_of(body, "right")
    found = compared(left, right, given=texts_of(body, "given"), shapes=declared.symbols, functions=declared.functions)
    point = found.counterexample
    return {
        "equal": bool(found) if found.verdict != "unavailable" else None,
        "verdict": found.verdict,
        "certificate": str(found),
        "counterexample": str(point) if point is not None else "",
    }
