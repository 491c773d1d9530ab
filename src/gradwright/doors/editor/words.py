"""What an editor says about a relation. Owns: messages and hovers. Never: the protocol, judgement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradwright.referee.report import entry_text
from gradwright.service.editor import Found
from gradwright.show.report.phrases import phrases
from gradwright.show.report.render import SIGNS

_MEANS = {
    "definition": "gives a meaning; nothing is claimed",
    "proved": "both sides are the same, by named rules",
    "confirmed": "both sides agree in ball arithmetic; no proof was found",
    "needs": "true only under a fact that is not stated",
    "layout": "right up to a transpose, or in another layout",
    "refuted": "the sides differ",
    "unread": "not understood, so not judged",
}


def message(relation: Found) -> str:
    """A diagnostic: what matters first, the counterexample on a line of its own."""
    verdict, reason = relation["verdict"], _reason(relation)
    if verdict == "refuted":
        head = f"refuted: {relation['slip']}" if relation["slip"] else "refuted: the sides differ"
    elif verdict == "needs":
        head = "holds only if " + " and ".join(relation["needs"])
    else:
        head = f"{verdict}: {reason}" if reason else f"{verdict}: {_MEANS[verdict]}"
        reason = ""
    lines = [f"{head} ({reason})" if reason else head]
    if relation["counterexample"]:
        lines.append(_point(relation["counterexample"]))
    return "\n".join(lines)


def hover(relation: Found, mended: str = "") -> str:
    """The verdict in Markdown: what it means, why, and the point that shows it."""
    verdict = relation["verdict"]
    parts = [f"**{SIGNS[verdict]} {verdict}**: {_MEANS[verdict]}"]
    if relation["needs"]:
        parts.append("Holds only if " + " and ".join(f"**{fact}**" for fact in relation["needs"]) + ".")
    if relation["slip"]:
        parts.append(f"Likely slip: {_coded(relation['slip'])}.")
    if mended:
        parts.append(f"Mended:\n```latex\n{mended}\n```")
    if reason := _reason(relation):
        parts.append(_coded(reason[0].upper() + reason[1:]) + ".")
    if relation["counterexample"]:
        parts.append(_table(relation["counterexample"]))
    if relation["facts_used"]:
        parts.append("Uses " + ", ".join(relation["facts_used"]) + ".")
    if relation["proof"]:
        parts.append("By " + ", ".join(relation["proof"]) + ".")
    return "\n\n".join(parts)


def _reason(relation: Found) -> str:
    """What the reason adds to the verdict: that a needed fact is not stated is said by ``needs`` itself."""
    reason = str(relation["reason"]).rstrip(".")
    return "" if relation["needs"] and "state" in reason else reason


def _point(found: Mapping[str, Any]) -> str:
    values = ", ".join(f"{name} = {value}" for name, value in found["values"].items())
    where = "; ".join(part for part in (values, entry_text(found)) if part)
    return f"left {found['left']}, right {found['right']}" + (f" at {where}" if where else "")


def _table(found: Mapping[str, Any]) -> str:
    rows = [f"- left `{found['left']}`, right `{found['right']}`"]
    rows += [f"- `{name} = {value}`" for name, value in found["values"].items()]
    at = entry_text(found)
    return "\n".join([f"Counterexample{', at ' + at if at else ''}:", *rows])


def _coded(sentence: str) -> str:
    """Formulas in a sentence as code, so that Markdown leaves them alone."""
    return phrases(sentence, lambda formula: f"`{formula}`")
