"""A verdict on an equality, for a notebook. Owns: its line. Never: judges."""

from __future__ import annotations

from html import escape

from gradwright.certify.verdict import Verdict
from gradwright.write.style import sheet

_SIGNS = {"refuted": ("bad", "✗"), "unavailable": ("fair", "?")}


def fragment(verdict: Verdict) -> str:
    """The verdict with its sign and colour."""
    style, sign = _SIGNS.get(verdict.verdict, ("good", "✓"))
    coloured = sheet("".join(f".gradwright .{name}{{color:var(--{name})}}" for name in ("good", "fair", "bad")))
    return f'{coloured}<div class="gradwright"><span class="{style}">{sign}</span> {escape(str(verdict))}</div>'
