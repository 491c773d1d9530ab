"""A report as a page or an element: the document typeset, a mark at every relation, details on a click. Owns: HTML.

It stands alone: no script, no font; formulas in MathML as their author wrote them, so nothing of the document is lost.
Never: judgement.
"""

from __future__ import annotations

import re
from html import escape

from gradwright.read.latex.macros import macros_of
from gradwright.read.latex.segment import Piece, segment
from gradwright.referee.report import VERDICTS, Relation, Report, counterexample_text
from gradwright.show.report.phrases import phrases
from gradwright.show.report.render import SIGNS, summary
from gradwright.show.typeset import typeset
from gradwright.write.style import PAPER, sheet

_STYLE = """
.gradwright.report{font:15px/1.6 system-ui,sans-serif;max-width:62rem;padding:.4rem .2rem}
.report code{font:.9em ui-monospace,monospace;background:none;color:inherit;padding:0;overflow-wrap:anywhere}
.report .key{display:flex;flex-wrap:wrap;gap:0 1.1em}
.report .prose,.report .heading{margin:.5rem 0}.report .heading{font-weight:600}
.report .comment{color:var(--soft);white-space:pre-wrap;font-size:.9em}
.report .display{margin:.5rem 0 .5rem 1rem}
.report summary{cursor:pointer;list-style:none}.report summary::-webkit-details-marker{display:none}
.report .row>summary{display:flex;flex-wrap:wrap;align-items:baseline;gap:.1rem .35rem;border-radius:.3rem;
 padding:.05rem .3rem}
.report .row>summary:hover{background:var(--wash)}.report .row.on>summary{padding-left:2.4rem}
.report .side{max-width:100%;overflow-x:auto;overflow-y:hidden;padding:.15rem 0}
.report .row .mark{margin-left:auto;font-size:.88rem;padding-left:1rem}
.report .inline:not([open]){display:inline-block}.report .inline>summary{display:inline}
.report .inline>summary>.mark{margin-left:.25em;font-size:.88rem}
.report .card{margin:.2rem 0 .7rem;padding:.4rem .9rem;border-left:3px solid var(--line);
 background:var(--wash);border-radius:0 .4rem .4rem 0}
.report .definition{color:var(--soft)}.report .proved,.report .confirmed{color:var(--good)}
.report .needs,.report .layout{color:var(--fair)}.report .refuted{color:var(--bad)}.report .unread{color:var(--dim)}
.report math{font-size:1.08rem}
@media(max-width:40rem){.report .display{margin-left:0}.report .row.on>summary{padding-left:1.2rem}}
"""
_BLANK = re.compile(r"\n[ \t]*\n")
_HEADING = re.compile(r"#{1,6} +(.*)|\\(?:sub)*section\*?\{([^{}]*)\}")
_WORDS = re.compile(r"\\(?:text|mathrm|textrm|mbox)\{([^{}]*)\}")
_LAYOUT = re.compile(
    r"\\(?:begin|end)\{[^{}]*\}(?:\{[^{}]*\})?|\\\\(?:\[[^\]]*\])?|\\(?:q?quad|nonumber|,|;|!|:| )|\\label\{[^{}]*\}"
    r"|[&~\s]|[.,;](?=\s|$)"
)


def fragment(report: Report) -> str:
    """The typeset document with its marks, as one element for a notebook."""
    counts = report.summary
    key = "".join(f'<span class="{v}">{SIGNS[v]} {counts[v]} {v}</span>' for v in VERDICTS if counts[v])
    body = f'<div class="key">{key or "no relations"}</div>{_Document(report).body()}'
    return f'{sheet(_STYLE)}<div class="gradwright report">{body}</div>'


def page(report: Report) -> str:
    """A page that stands alone."""
    title, name = escape(summary(report)), escape(report.file or "document")
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    style = f"<style>{PAPER}main{{max-width:62rem;margin:0 auto;padding:1.2rem}}h1{{font-size:1.3rem}}</style>"
    body = f"<main><h1>{name}</h1>{fragment(report)}</main>"
    return f'<!doctype html><html lang="en"><head>{head}{style}</head><body>{body}</body></html>\n'


class _Document:
    """The text of a report while it is set: prose in paragraphs, formulas in them, displays between them."""

    def __init__(self, report: Report) -> None:
        self.report, self.text, self.macros = report, report.text, macros_of(report.text).known

    def body(self) -> str:
        relations = sorted(self.report.relations, key=lambda r: r.span)
        done, flow = [], ""
        for piece in segment(self.text):
            inside = [r for r in relations if piece.start <= r.span[0] < piece.end] if piece.kind == "math" else []
            if piece.kind == "math" and (piece.display or len(inside) > 3):
                done += _paragraphs(flow)
                done.append(self.display(piece, inside))
                flow = ""
            elif piece.kind == "math":
                flow += self.inline(piece, inside)
            elif piece.kind == "prose":
                flow += escape(self.text[piece.start : piece.end])
            else:
                flow += f'<code class="comment">{escape(self.text[piece.start : piece.end])}</code>'
        return "".join([*done, *_paragraphs(flow)])

    def display(self, piece: Piece, relations: list[Relation]) -> str:
        """A row for every relation, then what stands beside them."""
        if not relations:
            return f'<div class="display">{self.formula(self.text[piece.start : piece.end], True)}</div>'
        rows, before = [], None
        for relation in relations:
            goes_on = before is not None and relation.trees[0] is before
            said = [] if goes_on else [self.side(relation.left, True)]
            said += [f"<span>{_sign(relation)}</span>", self.side(relation.right, True)]
            rows.append(self.details(relation, "row on" if goes_on else "row", "".join(said)))
            before = relation.trees[1]
        rest = _rest(self.text, piece, relations)
        rows += [f'<div class="comment"><code>{escape(rest)}</code></div>'] if rest else []
        return f'<div class="display">{"".join(rows)}</div>'

    def inline(self, piece: Piece, relations: list[Relation]) -> str:
        """A formula in a sentence: one mark for each of its relations."""
        if not relations or _rest(self.text, piece, relations):
            whole = self.formula(self.text[piece.start : piece.end])
            return whole + "".join(self.details(r, "inline", "") for r in relations)
        done, before = "", None
        for relation in relations:
            goes_on = before is not None and relation.trees[0] is before
            left = "" if goes_on else (" " if done else "") + self.side(relation.left)
            done += self.details(relation, "inline", f"{left} {_sign(relation)} {self.side(relation.right)}")
            before = relation.trees[1]
        return done

    def formula(self, source: str, display: bool = False) -> str:
        return typeset(source, self.macros, display)

    def side(self, source: str, display: bool = False) -> str:
        return f'<span class="side">{self.formula(source, display)}</span>'

    def details(self, relation: Relation, kind: str, said: str) -> str:
        """A mark, and behind it what there is to say."""
        verdict = relation.verdict
        open_ = " open" if verdict == "refuted" else ""
        more = " and ".join(relation.needs) or (f"({relation.reason})" if verdict == "unread" else "")
        word = SIGNS[verdict] if kind == "inline" else f"{SIGNS[verdict]} {verdict} {escape(more)}".rstrip()
        mark = f'<span class="mark {verdict}" title="{verdict}">{word}</span>'
        lines = "".join(f"<div>{line}</div>" for line in self.card(relation))
        card = f'<div class="card"><b class="{verdict}">{verdict}</b>, line {relation.line}{lines}</div>'
        return f'<details class="{kind}"{open_}><summary>{said}{mark}</summary>{card}</details>'

    def card(self, relation: Relation) -> list[str]:
        lines = []
        if relation.needs:
            lines.append("holds only if " + escape(" and ".join(relation.needs)))
        if relation.slip:
            lines.append("likely slip: " + phrases(relation.slip, self.formula, escape))
        if relation.fix is not None:
            lines.append("mended: " + self.formula(relation.fix.text))
        if relation.reason and not (relation.needs and "state" in relation.reason):
            lines.append(phrases(relation.reason, self.formula, escape))
        if relation.counterexample:
            lines.append(escape(counterexample_text(relation.counterexample)))
        if relation.facts_used:
            lines.append("uses " + escape(", ".join(relation.facts_used)))
        if relation.proof:
            lines.append("by " + escape(", ".join(relation.proof)))
        return lines


def _paragraphs(flow: str) -> list[str]:
    found = []
    for paragraph in _BLANK.split(flow):
        text = paragraph.strip()
        heading = _HEADING.fullmatch(text)
        if heading is not None:
            found.append(f'<div class="heading">{heading[1] or heading[2]}</div>')
        elif text:
            found.append(f'<div class="prose">{text}</div>')
    return found


def _sign(relation: Relation) -> str:
    return f"<math><mo>{escape(relation.relation) if len(relation.relation) == 1 else '='}</mo></math>"


def _rest(text: str, piece: Piece, relations: list[Relation]) -> str:
    """What of a formula stands beside its relations: conditions, ranges, words."""
    spans = [tree.span for r in relations for tree in r.trees if tree is not None]
    spans += [r.span if r.trees[1] is None else (r.span[0], r.span[0] + len(r.relation)) for r in relations]
    for relation in relations:
        if relation.trees[0] is None:  # all that stands before its sign is shown as its left side
            at = relation.span[0]
            spans.append((max((end for _, end in spans if end <= at), default=piece.start), at))
    taken = sorted(spans)
    parts, at = [], piece.start
    for start, end in taken:
        parts.append(text[at:start] if start > at else "")
        at = max(at, end)
    parts.append(text[at : piece.end])
    kept = [" ".join(_LAYOUT.sub(" ", _WORDS.sub(r"\1", part)).split()) for part in parts]
    return " … ".join(part for part in kept if part)
