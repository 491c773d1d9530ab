"""A derivation as a LaTeX or Markdown document. Owns: the environments and sentences around the lines.

Never: chooses what is shown.
"""

from __future__ import annotations

import re

from gradwright.derivation import LAYOUTS
from gradwright.show.outline import Line, Outline, Section
from gradwright.write.latex import latex
from gradwright.write.unicode import unicode

_SIGNS = str.maketrans(
    {"_": r"\_", "^": r"\^{}", "&": r"\&", "%": r"\%", "#": r"\#", "{": r"\{", "}": r"\}", "∈": r"$\in$",
     "ℝ": r"$\mathbb{R}$", "×": r"$\times$", "Σ": r"$\Sigma$", "δ": r"$\delta$", "→": r"$\to$", "′": "$'$",
     "≠": r"$\ne$", "−": "$-$", "∂": r"$\partial$", "Π": r"$\Pi$", "σ": r"$\sigma$", "·": r"$\cdot$",
     "ᵀ": r"$^{\top}$", "∇": r"$\nabla$", "⁻": "$^{-}$", "¹": "$^{1}$", "²": "$^{2}$", "ᵃ": "$^{a}$", "ᶠ": "$^{f}$",
     "ᵍ": "$^{g}$"}
)  # fmt: skip


_WIDTH = 85  # characters of a line that have room on a page
_TIMES = r" \times "
_SPACE = re.compile(r"ℝ\^(\([^)]*\)|\w+)")


def latex_document(outline: Outline, notation: str) -> str:
    """A LaTeX document that compiles by itself (amsmath)."""
    body = "\n\n".join(_latex_section(section, outline, notation) for section in outline.sections)
    return "\n".join(
        (
            r"\documentclass{article}", r"\usepackage{amsmath,amssymb}", r"\usepackage[margin=22mm]{geometry}",
            r"\begin{document}", "",
            body, "", rf"\paragraph{{Layout}} {_escaped(layout_sentence(outline))}",
            rf"\paragraph{{Certificate}} {_escaped(str(outline.certificate))}.", r"\end{document}", "",
        )
    )  # fmt: skip


def markdown(outline: Outline, notation: str) -> str:
    """Markdown with TeX mathematics, as GitHub and notebooks typeset it."""
    parts = []
    for section in outline.sections:
        parts.append(f"{'####' if section.kind == 'case' else '###'} {section.title}")
        notes = "\n\n".join(section.notes)
        display = f"$$\n{aligned(section, outline, notation)}\n$$" if section.lines else ""
        ordered = (notes, display) if section.kind == "definitions" else (display, notes)
        parts += [part for part in ordered if part]
    parts.append(f"**Layout:** {layout_sentence(outline)}")
    parts.append(f"**Certificate:** {outline.certificate}")
    return "\n\n".join(parts) + "\n"


def layout_sentence(outline: Outline) -> str:
    return f"{outline.derivation.layout}: {LAYOUTS[outline.derivation.layout]}."


def _latex_section(section: Section, outline: Outline, notation: str) -> str:
    notes = "\n\n".join(_escaped(note) for note in section.notes)
    lines = "\\begin{align*}\n" + _rows(section, outline, notation) + "\n\\end{align*}" if section.lines else ""
    ordered = (notes, lines) if section.kind == "definitions" else (lines, notes)
    return "\n".join([rf"\paragraph{{{_escaped(section.title)}}}", *(part for part in ordered if part)])


def aligned(section: Section, outline: Outline, notation: str) -> str:
    """The section's lines as one aligned environment, reasons at the right."""
    return "\\begin{aligned}\n" + _rows(section, outline, notation) + "\n\\end{aligned}"


def _rows(section: Section, outline: Outline, notation: str) -> str:
    rows = []
    previous = ""
    for line in section.lines:
        head, body = _sides(line, section, outline, notation)
        shown = head if head != previous else ""
        previous = head
        width = _width(line, outline)
        reason = rf"\text{{\small {_escaped(line.reason)}}}" if line.reason else ""
        beside = width + len(line.reason) <= _WIDTH
        rows.append(f"{shown} &= {body}" + (f" && {reason}" if reason and beside else ""))
        rows += [rf"&\rlap{{\qquad {reason}}}"] if reason and not beside else []
    return " \\\\\n".join(rows)


def _width(line: Line, outline: Outline) -> int:
    """About how many characters wide a line is when typeset."""
    spelled = [unicode(term, nabla=outline.result.nabla) for term in (line.index, line.matrix) if term is not None]
    return sum(map(len, spelled)) + 12


def _sides(line: Line, section: Section, outline: Outline, notation: str) -> tuple[str, str]:
    nabla = outline.result.nabla
    head = line.head or section.head
    if notation == "matrix" and line.matrix is not None:
        left = line.matrix_head or head
        return (latex(left) if left is not None else "", latex(line.matrix, nabla=nabla))
    body = latex(line.index, nabla=nabla)
    if notation == "both" and line.matrix is not None:
        matrix = latex(line.matrix, nabla=nabla)
        if matrix != body and _width(line, outline) > _WIDTH:
            body += (
                rf" \\\\ &\qquad \left[\,{latex(line.matrix_head) + ' = ' if line.matrix_head else ''}{matrix}\,\right]"
            )
        elif matrix != body:
            body += rf" \qquad \left[\,{latex(line.matrix_head) + ' = ' if line.matrix_head else ''}{matrix}\,\right]"
    return (latex(head) if head is not None else "", body)


def _escaped(text: str) -> str:
    """A sentence in LaTeX, the shapes in it as mathematics."""
    parts = _SPACE.split(text)
    shapes = [rf"\mathbb{{R}}^{{{_TIMES.join(space.strip('()').split('×'))}}}" for space in parts[1::2]]
    pieces = [part.translate(_SIGNS) for part in parts[::2]]
    return pieces[0] + "".join(f"${shape}${piece}" for shape, piece in zip(shapes, pieces[1:], strict=True))
