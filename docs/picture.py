"""The founding example as it looks on a terminal, as an SVG. Owns: its letters and colours. Never: fetches a font."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from xml.sax.saxutils import escape

import gradwright as gw
from gradwright.doors.cli import FOUNDING
from gradwright.show.outline import outline
from gradwright.show.terminal import Piece, pieces_of

_WIDTH, _LETTER, _LINE, _MARGIN = 100, 7.6, 19, 22
_STYLE = """
text { font: 12.6px ui-monospace, "SF Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #201d19; }
rect { fill: #fdfcf9; stroke: #e2dcd1; } .title { font-weight: bold; } .head, .reason { fill: #645d54; }
.matrix { fill: #a63d26; } .good { fill: #3f6b2c; }
@media (prefers-color-scheme: dark) {
text { fill: #e9e3d8; } rect { fill: #191714; stroke: #3a352e; } .head, .reason { fill: #a59b8c; }
.matrix { fill: #ea8b6e; } .good { fill: #98c47e; } }
"""


def founding() -> str:
    """The lemma and the derivation of p − y, with its certificate."""
    derivation = gw.derive(FOUNDING, "o", given=["onehot(y)"])
    shown = outline(derivation.derived, "textbook")
    shown = replace(shown, sections=[s for s in shown.sections if s.kind in ("lemma", "main", "result")])
    command = f'$ gradwright derive "{FOUNDING}" --wrt o --given "onehot(y)"'
    return svg([[(command, "title")], [("…", "reason")], *pieces_of(shown, "both", _WIDTH)])


def svg(lines: Iterable[list[Piece]]) -> str:
    """Lines of styled pieces; every piece has its width said, so that columns stand in any font."""
    drawn = []
    for row, pieces in enumerate(lines):
        column = 0
        for text, style in pieces:
            plain = text.strip()
            if plain:
                x = _MARGIN + _LETTER * (column + len(text) - len(text.lstrip()))
                y = _MARGIN + _LINE * (row + 0.7)
                place = f'x="{x:.1f}" y="{y:.1f}" textLength="{_LETTER * len(plain):.1f}"'
                drawn.append(f'<text {place} class="{style}">{escape(plain)}</text>')
            column += len(text)
    height = _MARGIN * 2 + _LINE * (row + 1)
    wide = _MARGIN * 2 + _LETTER * (_WIDTH + 8)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {height}" role="img" '
        f'aria-label="gradwright derives the gradient of softmax and cross entropy, p − y">'
        f'<style>{_STYLE}</style><rect x=".5" y=".5" width="{wide - 1:.0f}" height="{height - 1}" rx="6"/>\n'
        + "\n".join(drawn)
        + "\n</svg>\n"
    )
