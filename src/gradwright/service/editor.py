"""What a worker answers an editor: the relations of a document. Owns: the check, as plain data. Never: a protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradwright.core.errors import Error
from gradwright.documents import check
from gradwright.read.tree import Tree
from gradwright.referee.report import Relation

_WARM = "Let $p = e^{x}$. Then $\\frac{\\partial p}{\\partial x} = p$."


def answer(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The report on ``text``, or the error that says why there is none."""
    try:
        report = check(body["text"], body["name"], body["given"], body["shapes"], body["seconds"])
    except Error as error:
        return {"error": {"message": error.message, "hint": error.hint}}
    except RecursionError:
        return {"error": {"message": "this is nested too deeply", "hint": None}}
    except MemoryError:
        raise
    except Exception as error:
        return {"error": {"message": f"this is a bug in gradwright ({type(error).__name__}); please report it"}}
    return {"relations": [_relation(r) for r in report.relations], "layout": report.layout}


def _relation(relation: Relation) -> dict[str, Any]:
    """With ``start``, where the left side begins, and ``sign``, how many characters the sign has."""
    left = relation.trees[0]
    start = left.span[0] if isinstance(left, Tree) else relation.span[0]
    return {**relation.to_dict(), "start": min(start, relation.span[0]), "sign": len(relation.relation)}


def warm() -> None:
    """Load what the first check needs."""
    check(_WARM)
