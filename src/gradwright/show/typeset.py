"""TeX as MathML, for pages. Owns: how the tokens of a formula are set, one by one. Never: reads a formula.

Fractions, roots, scripts, accents and tables are set as TeX sets them, whether or not the formula is understood; a
command that is not known shows its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape

from gradwright.core.errors import Error
from gradwright.core.record import dataclass
from gradwright.read.latex.grammar import GREEK
from gradwright.read.latex.tokens import SIGNS, Macro, Token, tokenize
from gradwright.tables import arrays, scalars

_SIGNS = {name: sign for sign, name in SIGNS.items() if name != "sqrt"} | {
    "oplus": "⊕", "notin": "∉", "vdots": "⋮", "ddots": "⋱", "exists": "∃", "pm": "±", "sim": "∼", "propto": "∝",
    "langle": "⟨", "rangle": "⟩", "Rightarrow": "⇒", "implies": "⇒", "iff": "⇔", "vert": "|", "mid": "∣", "dagger": "†",
    "star": "⋆", "perp": "⊥", "cup": "∪", "cap": "∩", "subset": "⊂", "defined": "≔", "R": "ℝ", "leftarrow": "←",
    "gets": "←", "succ": "≻", "succeq": "⪰", "prec": "≺", "preceq": "⪯", "ᵀ": "⊤", "prime": "′",
}  # fmt: skip
_ACCENTS = {"hat": "^", "bar": "¯", "tilde": "~", "dot": "˙", "ddot": "¨", "vec": "→", "check": "ˇ"}
_BRACKETS = {"pmatrix": "()", "bmatrix": "[]", "vmatrix": "||", "Vmatrix": "‖‖", "Bmatrix": "{}", "cases": "{"}
_DOUBLE = {"R": "ℝ", "N": "ℕ", "Z": "ℤ", "C": "ℂ", "Q": "ℚ", "E": "𝔼", "P": "ℙ", "1": "𝟙"}
_LIMITS = frozenset(("sum", "prod", "int", "max", "min", "argmax", "argmin", "lim", "sup", "inf"))
"""What has its scripts below and above it."""
_NAMES = frozenset((*scalars.WRITTEN, *arrays.WRITTEN, "rank", *_LIMITS))
_CLOSING = {"(": ")", "[": "]", "|": "|", "vert": "vert"}
_THIN, _THIN_SPACE = re.compile(r"(?<!\\)\\[,;: ]"), "~"
_DEEPEST = 60


def typeset(source: str, macros: Mapping[str, Macro] | None = None, display: bool = False) -> str:
    """The formula inside a <math> element, or its characters where they are no tokens."""
    try:
        found = tokenize(_THIN.sub(_THIN_SPACE, source), 0, macros)
        tokens = [token for token in found if token.kind != "gap" or token.text == _THIN_SPACE]
    except Error:
        return f"<code>{escape(source.strip())}</code>"
    style = ' displaystyle="true"' if display else ""
    return f"<math{style}>{_Setter(tokens).row()}</math>"


@dataclass
class _Setter:
    """The tokens of a formula, and the one to be set next."""

    tokens: Sequence[Token]
    at: int = 0
    depth: int = 0

    def row(self, *ends: str) -> str:
        """All up to one of these kinds of token, which is left standing."""
        done = []
        while self.at < len(self.tokens) and self.tokens[self.at].kind not in ends:
            done.append(self.scripted())
        return f"<mrow>{''.join(done)}</mrow>"

    def scripted(self) -> str:
        """An atom with what stands below and above it."""
        limits = self.at < len(self.tokens) and self.tokens[self.at].text in _LIMITS
        base = "" if self.next in ("sub", "sup") else self.atom()
        below = above = ""
        while self.next in ("sub", "sup", "prime"):
            kind = self.next
            self.at += kind != "prime"
            said = self.atom() if self.at < len(self.tokens) else ""
            below, above = (said, above) if kind == "sub" and not below else (below, above + said)
        base = base or "<mrow></mrow>"
        both, over, under = ("munderover", "mover", "munder") if limits else ("msubsup", "msup", "msub")
        if below and above:
            return f"<{both}>{base}{below}<mrow>{above}</mrow></{both}>"
        if above:
            return f"<{over}>{base}<mrow>{above}</mrow></{over}>"
        return f"<{under}>{base}{below}</{under}>" if below else base

    @property
    def next(self) -> str:
        return self.tokens[self.at].kind if self.at < len(self.tokens) else ""

    def atom(self) -> str:
        token = self.tokens[self.at]
        self.at += 1
        if token.kind in ("open", "begin") and self.depth < _DEEPEST:
            return self.group(token)
        if token.kind in ("op", "cmd") and token.text in _CLOSING and self.depth < _DEEPEST:
            return self.fenced(token)
        if token.kind == "word" and token.text in _NAMES:
            return self.name(token.text)
        if token.kind == "cmd":
            return self.command(token.text)
        return _SET.get(token.kind, _nothing)(token)

    def group(self, token: Token) -> str:
        self.depth += 1
        said = self.row("close") if token.kind == "open" else self.table(token.text)
        self.at += 1
        self.depth -= 1
        return said

    def fenced(self, opened: Token) -> str:
        """What stands in brackets or bars is one thing, of which there are powers; what never closes is a sign."""
        closing = _CLOSING[opened.text]
        sign = _op("‖" if opened.kind == "cmd" and opened.text == "|" else "|" if closing == "vert" else opened.text)
        depth, end = 1, self.at
        while depth and end < len(self.tokens):
            if self.tokens[end].kind == opened.kind:
                depth += -1 if self.tokens[end].text == closing else self.tokens[end].text == opened.text
            end += 1
        if depth:
            return sign
        inside, self.at = _Setter(self.tokens[self.at : end - 1], 0, self.depth + 1).row(), end
        return f"<mrow>{sign}{inside}{_op(closing) if closing in ')]' else sign}</mrow>"

    def table(self, name: str) -> str:
        """The rows of an environment up to its end."""
        rows: list[list[str]] = [[]]
        while self.next not in ("", "end"):
            rows[-1].append(self.row("amp", "row", "end"))
            if self.next == "row":
                rows.append([])
            self.at += self.next in ("amp", "row")
        cells = ("".join(f"<mtd>{cell}</mtd>" for cell in row) for row in rows if row)
        table = f"<mtable>{''.join(f'<mtr>{row}</mtr>' for row in cells)}</mtable>"
        brackets = _BRACKETS.get(name)
        return f"<mrow>{_op(brackets[0])}{table}{''.join(map(_op, brackets[1:]))}</mrow>" if brackets else table

    def name(self, text: str) -> str:
        """The name of a function, parted from what stands around it."""
        applied = self.at < len(self.tokens) and self.tokens[self.at].text in ("(", "[")
        return f'<mo lspace="0.17em" rspace="{"0" if applied else "0.17em"}">{escape(text)}</mo>'

    def command(self, name: str) -> str:
        if name in ("frac", "binom") or (name in _ACCENTS or name == "sqrt"):
            return self.notation(name)
        if name in GREEK:
            return f"<mi>{GREEK[name]}</mi>"
        if name in _SIGNS:
            return _op(_SIGNS[name])
        return self.name(name) if name in _NAMES else f"<mi>{escape(name)}</mi>"

    def notation(self, name: str) -> str:
        """A command with arguments."""
        index = ""
        if name == "sqrt" and self.at < len(self.tokens) and self.tokens[self.at].text == "[":
            end = next((k for k in range(self.at, len(self.tokens)) if self.tokens[k].text == "]"), self.at)
            index = _Setter(self.tokens[self.at + 1 : end], 0, self.depth).row()
            self.at = end + 1
        first = self.argument()
        if name == "sqrt":
            return f"<mroot>{first}{index}</mroot>" if index else f"<msqrt>{first}</msqrt>"
        if name in _ACCENTS:
            return f"<mover>{first}<mo>{escape(_ACCENTS[name])}</mo></mover>"
        return f"<mfrac>{first}{self.argument()}</mfrac>"

    def argument(self) -> str:
        return self.atom() if self.at < len(self.tokens) else "<mrow></mrow>"


def _op(text: str) -> str:
    return f"<mo>{escape(text)}</mo>"


def _nothing(token: Token) -> str:
    return "<mrow></mrow>"


def _letter(token: Token) -> str:
    """Upright bold and double-struck letters are characters of their own in MathML Core."""
    shown = _DOUBLE.get(token.text, token.text) if token.style == "bb" else token.text
    if token.style == "bold" and shown.isascii():
        first, start = ("0", 0x1D7CE) if shown.isdigit() else ("a", 0x1D41A) if shown.islower() else ("A", 0x1D400)
        shown = chr(start + ord(shown) - ord(first))
    return f'<mi mathvariant="normal">{escape(shown)}</mi>' if token.style == "roman" else f"<mi>{escape(shown)}</mi>"


_SET: Mapping[str, Callable[[Token], str]] = {
    "letter": _letter,
    "number": lambda t: f"<mn>{escape(t.text)}</mn>",
    "word": lambda t: f"<mtext>{escape(t.text)}</mtext>".replace(" <", "\N{NO-BREAK SPACE}<"),
    "op": lambda t: _op("−" if t.text == "-" else t.text),
    "prime": lambda t: _op("′" * len(t.text)),
    "quad": lambda t: '<mspace width="1em"/>',
    "gap": lambda t: '<mspace width="0.17em"/>',
}
