"""What a worker answers an agent: compact plain data, one function per tool. Owns: what is worth an agent's attention.

Every refusal is ``{"error": text}``: the message, the line with carets under the characters, their offsets, a hint.
Never: the protocol, a process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gradwright.api import derive, equal
from gradwright.core.errors import Error
from gradwright.read.text.declared import declared
from gradwright.referee.formula import in_text
from gradwright.referee.report import GOOD, Relation, counterexample_text
from gradwright.show.outline import shapes_sentence

_LONGEST = 20_000  # characters of a formula


def answer(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a call, or the error that says why there is none."""
    try:
        return KINDS[kind](body)
    except Error as error:
        return {"error": _said(error)}
    except RecursionError:
        return {"error": "this is nested too deeply"}
    except MemoryError:
        raise
    except Exception as error:
        return {"error": f"this is a bug in gradwright ({type(error).__name__}); please report it"}


def warm() -> None:
    """Load what the first call needs."""
    founding = {"formula": "p = softmax(o); -sum_i(y[i]*log(p[i]))", "wrt": "o", "given": ["onehot(y)"], "shapes": []}
    _derive({**founding, "order": 1, "layout": "mixed", "independent": False, "steps": "textbook"})


def _said(error: Error) -> str:
    where = (
        f"\nat characters {error.span[0]} to {error.span[1]} of: {error.source}" if error.span and error.source else ""
    )
    return f"{error}{where}"


def _derivation(body: Mapping[str, Any], **options: Any) -> Any:
    if len(body["formula"]) > _LONGEST:
        raise Error(f"the formula has {len(body['formula'])} characters; more than {_LONGEST} are not read")
    shapes, functions = declared(body["shapes"], "shapes ")
    return derive(
        body["formula"], body["wrt"], given=body["given"], shapes=shapes, functions=functions, syntax="auto", **options
    )


def _derive(body: Mapping[str, Any]) -> dict[str, Any]:
    found = _derivation(body, order=body["order"], layout=body["layout"], independent=body["independent"])
    certificate = found.certificate
    steps = found.show(detail=body["steps"]) if body["steps"] != "none" else None
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
        "steps": steps,
    }


def _check(body: Mapping[str, Any]) -> dict[str, Any]:
    from gradwright.documents import check

    report = check(body["text"], body["name"] or None, body["given"], body["shapes"], seconds=2.0)
    shown = [r for r in report.relations if body["every"] or r.verdict not in GOOD]
    return {
        "ok": report.ok,
        "summary": {verdict: count for verdict, count in report.summary.items() if count},
        "layout": report.layout,
        "relations": [_relation(r) for r in shown],
    }


def _relation(relation: Relation) -> dict[str, Any]:
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


def _emit(body: Mapping[str, Any]) -> dict[str, Any]:
    found = _derivation(body)
    code = found.emit(body["target"], tuple(body["compute"]), body["labels"])
    return {"target": body["target"], "code": code, "verdict": found.certificate.verdict}


def _equal(body: Mapping[str, Any]) -> dict[str, Any]:
    shapes, functions = declared(body["shapes"], "shapes ")
    sides = []
    for side in (body["left"], body["right"]):
        written = in_text(side, "auto")
        shapes = {**written.shapes, **shapes}
        sides.append(written.text)
    found = equal(*sides, given=body["given"], shapes=shapes, functions=functions)
    point = found.counterexample
    return {
        "equal": bool(found) if found.verdict != "unavailable" else None,
        "verdict": found.verdict,
        "certificate": str(found),
        "counterexample": str(point) if point is not None else "",
    }


KINDS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "derive": _derive, "check": _check, "emit": _emit, "equal": _equal,
}  # fmt: skip
"""The tools."""
