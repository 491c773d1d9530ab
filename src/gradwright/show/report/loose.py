"""A formula that is not understood as MathML. Owns: how TeX's tokens are set one by one. Never: reads a formula.

Fractions, roots, scripts, accents and tables are set as TeX sets them; a command that is not known shows its name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape

from gradwright.core.errors import Error
from gradwright.core.record import dataclass
from gradwright.read.latex.grammar import GREEK
from gradwright.read.latex.tokens import Token, tokenize

_SIGNS = {
    "partial": "∂", "nabla": "∇", "sum": "∑", "prod": "∏", "int": "∫", "neq": "≠", "leq": "≤", "geq": "≥",
    "cdot": "·", "times": "×", "odot": "⊙", "circ": "∘", "otimes": "⊗", "oplus": "⊕", "in": "∈", "notin": "∉",
    "dots": "…", "vdots": "⋮", "ddots": "⋱", "top": "⊤", "approx": "≈", "infty": "∞", "to": "→", "equiv": "≡",
    "forall": "∀", "exists": "∃", "pm": "±", "sim": "∼", "propto": "∝", "langle": "⟨", "rangle": "⟩",
    "Rightarrow": "⇒", "implies": "⇒", "iff": "⇔", "vert": "|", "mid": "∣", "dagger": "†", "star": "⋆",
    "perp": "⊥", "cup": "∪", "cap": "∩", "subset": "⊂", "defined": "≔", "R": "ℝ", "leftarrow": "←", "gets": "←",
    "succ": "≻", "succeq": "⪰", "prec": "≺", "preceq": "⪯", "|": "‖", "ᵀ": "⊤", "prime": "′",
}  # fmt: skip
_ACCENTS = {"hat": "^", "bar": "¯", "tilde": "~", "dot": "˙", "ddot": "¨", "vec": "→", "check": "ˇ"}
_BRACKETS = {"pmatrix": "()", "bmatrix": "[]", "vmatrix": "||", "Vmatrix": "‖‖", "Bmatrix": "{}"}
_DEEPEST = 60


def loosely(source: str, display: bool = False) -> str:
    """The formula inside a <math> element, or its characters where they are no tokens."""
    try:
        tokens = [token for token in tokenize(source) if token.kind != "gap"]
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
        base = "" if self.next in ("sub", "sup") else self.atom()
        below = above = ""
        while self.next in ("sub", "sup", "prime"):
            kind = self.next
            self.at += kind != "prime"
            said = self.atom() if self.at < len(self.tokens) else ""
            below, above = (said, above) if kind == "sub" and not below else (below, above + said)
        base = base or "<mrow></mrow>"
        if below and above:
            return f"<msubsup>{base}{below}<mrow>{above}</mrow></msubsup>"
        if above:
            return f"<msup>{base}<mrow>{above}</mrow></msup>"
        return f"<msub>{base}{below}</msub>" if below else base

    @property
    def next(self) -> str:
        return self.tokens[self.at].kind if self.at < len(self.tokens) else ""

    def atom(self) -> str:
        token = self.tokens[self.at]
        self.at += 1
        if token.kind in ("open", "begin") and self.depth < _DEEPEST:
            return self.group(token)
        if token.kind == "cmd":
            return self.command(token.text)
        return _SET.get(token.kind, _nothing)(token)

    def group(self, token: Token) -> str:
        self.depth += 1
        said = self.row("close") if token.kind == "open" else self.table(token.text)
        self.at += 1
        self.depth -= 1
        return said

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
        return f"<mrow>{_op(brackets[0])}{table}{_op(brackets[1])}</mrow>" if brackets else table

    def command(self, name: str) -> str:
        if name in ("frac", "binom") or (name in _ACCENTS or name == "sqrt"):
            return self.notation(name)
        if name in GREEK:
            return f"<mi>{GREEK[name]}</mi>"
        return _op(_SIGNS[name]) if name in _SIGNS else f"<mi>{escape(name)}</mi>"

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


_SET: Mapping[str, Callable[[Token], str]] = {
    "letter": lambda t: f'<mi mathvariant="normal">{escape(t.text)}</mi>' if t.style else f"<mi>{escape(t.text)}</mi>",
    "number": lambda t: f"<mn>{escape(t.text)}</mn>",
    "word": lambda t: f"<mtext>{escape(t.text)}</mtext>",
    "op": lambda t: _op(t.text),
    "prime": lambda t: _op("′" * len(t.text)),
    "quad": lambda t: '<mspace width="1em"/>',
}
