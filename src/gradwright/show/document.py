"""A derivation as a LaTeX or Markdown document. Owns: the environments and sentences around the lines.

Never: chooses what is shown.
"""

from __future__ import annotations

import re

from gradwright.derivation import LAYOUTS
from gradwright.show.outline import Outline, Section, Shown, shown
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
    nabla = outline.result.nabla
    for row in shown(section, notation):
        head = latex(row.head) if row.head is not None else ""
        width, words = _width(row, nabla), row.line.reason
        reason = rf"\text{{\small {_escaped(words)}}}" if words else ""
        fits = width + len(words) <= _WIDTH
        other = _beside(row, nabla)
        joined = other if not other or width <= _WIDTH else rf" \\ &{other}"
        rows.append(f"{head} &= {latex(row.body, nabla=nabla)}{joined}" + (f" && {reason}" if reason and fits else ""))
        rows += [rf"&\rlap{{\qquad {reason}}}"] if reason and not fits else []
    return " \\\\\n".join(rows)


def _width(row: Shown, nabla: bool) -> int:
    """About how many characters wide a line is when typeset."""
    spelled = [unicode(term, nabla=nabla) for term in (row.body, row.beside) if term is not None]
    return sum(map(len, spelled)) + 12


def _beside(row: Shown, nabla: bool) -> str:
    if row.beside is None:
        return ""
    head = latex(row.beside_head) + " = " if row.beside_head is not None else "= " * row.goes_on
    return rf" \qquad \left[\,{head}{latex(row.beside, nabla=nabla)}\,\right]"


def _escaped(text: str) -> str:
    """A sentence in LaTeX, the shapes in it as mathematics."""
    parts = _SPACE.split(text)
    shapes = [rf"\mathbb{{R}}^{{{_TIMES.join(space.strip('()').split('×'))}}}" for space in parts[1::2]]
    pieces = [part.translate(_SIGNS) for part in parts[::2]]
    return pieces[0] + "".join(f"${shape}${piece}" for shape, piece in zip(shapes, pieces[1:], strict=True))
