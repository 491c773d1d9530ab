"""A derivation as a page that stands alone, or as an element for a notebook. Owns: the markup, its style, its order.

Mathematics is MathML, which browsers typeset by themselves: no script, no fonts, no network. In a notebook the result
comes first, and lemmas open on a click. Never: chooses what is shown.
"""

from __future__ import annotations

import re
from html import escape
from itertools import pairwise

from gradwright.show.document import layout_sentence
from gradwright.show.outline import Outline, Section, Shown, shown
from gradwright.show.typeset import typeset
from gradwright.write.latex import latex
from gradwright.write.style import PAPER, sheet
from gradwright.write.term import Term

_STYLE = """
.gradwright { font: 15px/1.55 system-ui, sans-serif; max-width: 62rem; padding: .4rem .2rem; }
.gradwright .what { color: var(--soft); margin: 0 0 .5rem; overflow-wrap: anywhere; }
.gradwright code { font: .93em ui-monospace, monospace; background: none; color: inherit; padding: 0; }
.gradwright section, .gradwright details { margin: .5rem 0; }
.gradwright summary { cursor: pointer; padding: .15rem 0; }
.gradwright summary > math { margin-left: .9rem; vertical-align: middle; }
.gradwright details[open] > summary > math { display: none; }
.gradwright .title { font-weight: 600; } .gradwright .case { margin-left: 1.6rem; }
.gradwright .case .title { color: var(--soft); }
.gradwright .note { margin: .35rem 0; color: var(--soft); }
.gradwright .lines { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .3rem;
 align-items: baseline; margin: .35rem 0 .35rem 1.1rem; }
.gradwright .head { text-align: right; }
.gradwright .line { display: flex; flex-wrap: wrap; gap: .1rem 1.8rem; align-items: baseline; }
.gradwright .line > * { max-width: 100%; overflow-x: auto; overflow-y: hidden; padding: .2rem 0; }
.gradwright .matrix { color: var(--mark); }
.gradwright .why { color: var(--soft); font-size: .88rem; margin-left: auto; text-align: right;
 text-wrap: balance; }
.gradwright .result { background: var(--wash); border: 1px solid var(--line); border-radius: .6rem;
 padding: .45rem .9rem .6rem; margin: .5rem 0; }
.gradwright .result .lines { margin-left: 0; }
.gradwright .result math { font-size: 1.25rem; }
.gradwright .foot { color: var(--soft); font-size: .9rem; margin: .7rem 0 0; }
.gradwright .foot div { margin: .15rem 0; overflow-wrap: anywhere; }
.gradwright .good { color: var(--good); } .gradwright .bad { color: var(--bad); }
.gradwright math { font-size: 1.1rem; }
@media (max-width: 40rem) { .gradwright .why { margin-left: 0; text-align: left; flex-basis: 100%; }
 .gradwright .lines { margin-left: 0; } }
"""
_FEW = 14  # lines that are shown without being asked for


def page(outline: Outline, notation: str) -> str:
    """A whole HTML page, everything open."""
    title = escape(outline.derivation.question.source)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>gradwright: {title}</title>\n<style>{PAPER}body>.gradwright{{margin:0 auto;padding:1.5rem 1.25rem}}"
        f"</style>\n</head>\n<body>\n{_element(outline, notation, folded=False)}\n</body>\n</html>"
    )


def fragment(outline: Outline, notation: str) -> str:
    """The derivation as one element for a notebook: the result, and the steps to open."""
    return _element(outline, notation, folded=True)


def _element(outline: Outline, notation: str, folded: bool) -> str:
    wrt = ", ".join(outline.variables or outline.derivation.wrt)
    source = escape(outline.derivation.question.source)
    sections = list(outline.sections)
    if folded:
        sections.sort(key=lambda section: section.kind != "result")
    body = [_section(own, cases, outline, notation, folded) for own, cases in _grouped(sections)]
    what = f'<div class="what">The derivative of <code>{source}</code> in <code>{escape(wrt)}</code></div>'
    return "\n".join([sheet(_STYLE), '<div class="gradwright">', what, *body, _foot(outline), "</div>"])


def _grouped(sections: list[Section]) -> list[tuple[Section, list[Section]]]:
    """Every section with the cases that follow it."""
    starts = [k for k, section in enumerate(sections) if section.kind != "case"]
    return [(sections[a], sections[a + 1 : b]) for a, b in pairwise([*starts, len(sections)])]


def _foot(outline: Outline) -> str:
    certificate = outline.certificate
    style, sign = ("good", "✓") if certificate.verdict == "confirmed" else ("bad", "!")
    text = "" if outline.variables else f"<div>Text: <code>{escape(str(outline.result))}</code></div>\n"
    return (
        f'<div class="foot"><div><span class="{style}">{sign} {escape(str(certificate))}</span></div>\n'
        f"{text}"
        f"<div>Layout: {escape(layout_sentence(outline))}</div></div>"
    )


def _section(section: Section, cases: list[Section], outline: Outline, notation: str, folded: bool) -> str:
    title = f'<span class="title" role="heading" aria-level="2">{escape(section.title)}</span>'
    body = _body(section, outline, notation)
    for case in cases:
        said = f'<div class="title" role="heading" aria-level="3">{escape(case.title)}</div>'
        body += f'<div class="case">{said}{_body(case, outline, notation)}</div>'
    if section.kind == "result":
        return f'<section class="result">{title}{body}</section>'
    shown = not folded or (section.kind != "lemma" and len(section.lines) <= _FEW)
    short = _conclusion(section, outline) if section.kind == "lemma" or not shown else ""
    return f'<details class="{section.kind}"{" open" * shown}><summary>{title}{short}</summary>{body}</details>'


def _conclusion(section: Section, outline: Outline) -> str:
    """The first side and the last: what a closed section says."""
    last = section.lines[-1] if section.lines else None
    head = (last.head or section.head) if last else None
    if last is None or head is None:
        return ""
    nabla = outline.result.nabla
    return typeset(f"{latex(head)} = {latex(last.index, nabla=nabla)}")


def _body(section: Section, outline: Outline, notation: str) -> str:
    notes = "".join(f'<div class="note">{_sentence(note)}</div>' for note in section.notes)
    rows = [_row(row, outline.result.nabla) for row in shown(section, notation)]
    table = f'<div class="lines">{"".join(rows)}</div>' if rows else ""
    return notes + table if section.kind == "definitions" else table + notes


def _sentence(note: str) -> str:
    """A note as HTML, the exponents in its shapes raised."""
    return re.sub(r"ℝ\^(?:\(([^)]*)\)|(\w+))", lambda found: f"ℝ<sup>{found[1] or found[2]}</sup>", escape(note))


def _row(row: Shown, nabla: bool) -> str:
    line = row.line
    source = f" <small>[{escape(line.source)}]</small>" if line.source else ""
    parts = [f"<span>{_math(row.body, '=', nabla)}</span>"]
    if row.beside is not None:
        parts.append(f'<span class="matrix">{_math(row.beside, "=" * row.goes_on, nabla, row.beside_head)}</span>')
    parts += [f'<span class="why">{escape(line.reason)}{source}</span>'] if line.reason else []
    return f'<div class="head">{_math(row.head)}</div><div class="line">{"".join(parts)}</div>'


def _math(term: Term | None, sign: str = "", nabla: bool = False, head: Term | None = None) -> str:
    if term is None:
        return ""
    left = f"{latex(head)} = " if head is not None else ""
    return typeset(f"{left}{sign} {latex(term, nabla=nabla)}", display=True)
