"""A report as a page: the document with a mark at every relation, details on a click. Owns: HTML. Never: judgement.

The page stands alone: no script from elsewhere, no font, formulas in MathML.
"""

from __future__ import annotations

from html import escape

from gradwright.document.render import SIGNS, summary
from gradwright.document.report import VERDICTS, Relation, Report
from gradwright.document.tree import Tree
from gradwright.document.typeset import mathml

_STYLE = """
.gw{font:15px/1.6 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem;color:#1d2330;background:#fff}
.gw .text{white-space:pre-wrap;overflow-wrap:anywhere;font:13px/1.7 ui-monospace,monospace;
 border-left:3px solid #e3e6ee;padding-left:1rem}
.gw details{display:inline}
.gw details:not([open]){display:inline-block}
.gw summary{display:inline;cursor:pointer;list-style:none;border-radius:3px;padding:0 3px}
.gw summary::-webkit-details-marker{display:none}
.gw details[open]>summary{outline:2px solid #7a8ab5}
.gw .card{display:block;white-space:normal;font:15px/1.6 system-ui,sans-serif;margin:.4rem 0 .6rem;padding:.6rem .9rem;
 border:1px solid #d5d9e4;border-radius:6px;background:#fafbfe}
.gw .card math{font-size:1.15em;display:block math;text-align:left;overflow-x:auto;overflow-y:hidden;padding:.3rem 0}
.gw .definition{background:#eceef3;color:#4a5268}.gw .proved,.gw .confirmed{background:#d6f2de;color:#14592c}
.gw .needs,.gw .layout{background:#fdeec4;color:#6b4a00}.gw .refuted{background:#fbd3d0;color:#8c1410;font-weight:600}
.gw .unread{background:#eadcf8;color:#56258a}
.gw .key span{border-radius:3px;padding:0 .4em;margin-right:.5em;display:inline-block}
@media(prefers-color-scheme:dark){.gw{color:#dfe3ee;background:#161a22}
.gw .card{background:#1e2430;border-color:#39415a}
.gw .text{border-color:#39415a}}
"""


def fragment(report: Report) -> str:
    """The marked document, for a notebook."""
    counts = report.summary
    key = "".join(f'<span class="{v}">{SIGNS[v]} {counts[v]} {v}</span>' for v in VERDICTS if counts[v])
    body = f'<p class="key">{key}</p><div class="text">{_marked(report)}</div>'
    return f'<style>{_STYLE}</style><div class="gw">{body}</div>'


def page(report: Report) -> str:
    title = escape(summary(report))
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    name = escape(report.file or "document")
    body = f'<div class="gw"><h1>{name}</h1></div>{fragment(report)}'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>\n'


def _marked(report: Report) -> str:
    """The text with every relation's sign as a mark; relations are in the order of the text."""
    done: list[str] = []
    at = 0
    for relation in sorted(report.relations, key=lambda r: r.span):
        start = relation.span[0]
        end = start + max(1, len(relation.relation))
        if start < at:
            continue
        done.append(escape(report.text[at:start]))
        done.append(_mark(relation, report.text[start:end]))
        at = end
    done.append(escape(report.text[at:]))
    return "".join(done)


def _mark(relation: Relation, shown: str) -> str:
    verdict = relation.verdict
    formula = ""
    left, right = relation.trees
    if isinstance(left, Tree) and isinstance(right, Tree):
        formula = mathml(left).removesuffix("</math>") + "<mo>=</mo>" + mathml(right).removeprefix("<math>")
    said = "<br>".join(escape(line) for line in relation.said().splitlines())
    proof = f"<br>by {escape(', '.join(relation.proof))}" if relation.proof else ""
    title = f'<b class="{verdict}">{SIGNS[verdict]} {verdict}</b> at line {relation.line}'
    card = f'<span class="card">{title}{formula}{said}{proof}</span>'
    open_ = " open" if verdict == "refuted" else ""
    sign = f'<summary class="{verdict}" title="{verdict}">{escape(shown)} {SIGNS[verdict]}</summary>'
    return f"<details{open_}>{sign}{card}</details>"
