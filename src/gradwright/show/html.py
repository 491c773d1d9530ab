"""A derivation as a page that stands alone. Owns: the page, its style, its order. Never: chooses what is shown.

Mathematics is MathML, which browsers typeset by themselves: no script, no fonts, no network.
"""

from __future__ import annotations

import re
from html import escape

from gradwright.show.document import layout_sentence
from gradwright.show.outline import Line, Outline, Section
from gradwright.write.mathml import mathml
from gradwright.write.term import Term

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #5b6470; --rule: #d9dee5; --paper: #fff; --mark: #0b62c4;
  --good: #1a7f37; --bad: #b42318; --wash: #f5f8fc; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --soft: #9aa5b3; --rule: #333b46; --paper: #15181d;
  --mark: #7ab7ff; --good: #57c274; --bad: #ff8f85; --wash: #1c2128; } }
.gradwright { font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 62rem;
  margin: 0 auto; padding: 1.5rem 1.25rem; }
.gradwright h1 { font-size: 1.35rem; margin: 0 0 1rem; } .gradwright h2 { font-size: 1.02rem; margin: 1.6rem 0 .4rem; }
.gradwright h3 { font-size: .95rem; margin: .9rem 0 .3rem 1.5rem; color: var(--soft); }
.gradwright p { margin: .35rem 0; color: var(--soft); } .gradwright code { font-size: .95em; }
.gradwright .case { margin-left: 1.5rem; }
.gradwright .lines { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .45rem .3rem;
  align-items: center; } .gradwright .head { text-align: right; }
.gradwright .line { display: flex; flex-wrap: wrap; gap: .1rem 1.8rem; align-items: center; }
.gradwright .line > * { max-width: 100%; overflow-x: auto; overflow-y: hidden; }
.gradwright .matrix { color: var(--mark); }
.gradwright .why { color: var(--soft); font-size: .88rem; margin-left: auto; text-align: right; }
.gradwright .result { background: var(--wash); border: 1px solid var(--rule); border-radius: .6rem;
  padding: .35rem 1rem .7rem; margin-top: 1.4rem; } .gradwright .result h2 { margin-top: .5rem; }
.gradwright .good { color: var(--good); } .gradwright .bad { color: var(--bad); }
.gradwright math { font-size: 1.12rem; }
"""


def page(outline: Outline, notation: str) -> str:
    """A whole HTML page."""
    title = escape(outline.derivation.source)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>gradwright: {title}</title>\n</head>\n<body style="margin:0">\n'
        f"{fragment(outline, notation)}\n</body>\n</html>"
    )


def fragment(outline: Outline, notation: str) -> str:
    """The derivation as one element, for a page or a notebook."""
    wrt = ", ".join(outline.derivation.wrt)
    parts = [
        f"<style>{_STYLE}</style>",
        f"<h1>The derivative of <code>{escape(outline.derivation.source)}</code> in <code>{escape(wrt)}</code></h1>",
        *(_section(section, outline, notation) for section in outline.sections),
        _footer(outline),
    ]
    return '<div class="gradwright">\n' + "\n".join(parts) + "\n</div>"


def _footer(outline: Outline) -> str:
    certificate = outline.derivation.certificate
    style = "good" if certificate.verdict == "confirmed" else "bad"
    return (
        f"<p><b>Text:</b> <code>{escape(str(outline.result))}</code></p>\n"
        f"<p><b>Layout:</b> {escape(layout_sentence(outline))}</p>\n"
        f'<p><b>Certificate:</b> <span class="{style}">{escape(str(certificate))}</span></p>'
    )


def _section(section: Section, outline: Outline, notation: str) -> str:
    level = "h3" if section.kind == "case" else "h2"
    notes = "".join(f"<p>{_sentence(note)}</p>" for note in section.notes)
    rows = []
    previous: Term | None = None
    for line in section.lines:
        head = line.head or section.head
        rows.append(_row(line, head if head != previous else None, section, outline, notation))
        previous = head
    table = f'<div class="lines">{"".join(rows)}</div>' if rows else ""
    body = notes + table if section.kind == "definitions" else table + notes
    return f'<section class="{section.kind}"><{level}>{escape(section.title)}</{level}>{body}</section>'


def _sentence(note: str) -> str:
    """A note as HTML, the exponents in its shapes raised."""
    return re.sub(r"ℝ\^(?:\(([^)]*)\)|(\w+))", lambda found: f"ℝ<sup>{found[1] or found[2]}</sup>", escape(note))


def _row(line: Line, head: Term | None, section: Section, outline: Outline, notation: str) -> str:
    nabla = outline.result.nabla
    if notation == "matrix" and line.matrix is not None:
        left = line.matrix_head or head
        cells = [_math(left), _math(line.matrix, "=", nabla), ""]
    else:
        matrix = line.matrix if notation == "both" and line.matrix != line.index else None
        cells = [_math(head), _math(line.index, "=", nabla), _math(matrix, "", nabla, line.matrix_head)]
    source = f" <small>[{escape(line.source)}]</small>" if line.source else ""
    parts = [f"<span>{cells[1]}</span>"]
    parts += [f'<span class="matrix">{cells[2]}</span>'] if cells[2] else []
    parts += [f'<span class="why">{escape(line.reason)}{source}</span>'] if line.reason else []
    return f'<div class="head">{cells[0]}</div><div class="line">{"".join(parts)}</div>'


def _math(term: Term | None, sign: str = "", nabla: bool = False, head: Term | None = None) -> str:
    if term is None:
        return ""
    left = mathml(head) + "<mo>=</mo>" if head is not None else ""
    lead = f"<mo>{sign}</mo>" if sign else ""
    return f'<math displaystyle="true">{left}{lead}{mathml(term, nabla=nabla)}</math>'
