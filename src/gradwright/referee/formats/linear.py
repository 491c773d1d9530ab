"""Mathematics on one line as LaTeX. Owns: fractions, scripts and symbols of Typst, AsciiMath and plain Unicode.

The result is edits of the text, so every part of a formula knows where it stands. Never: says where formulas are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import field

from gradwright.core.record import dataclass
from gradwright.referee.formats.mapped import Edit

_UP = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵀᵗᵏᵐʲˡᵈᵇᶜᵃᵉᵖʳˢᵘᵛʷˣʸᶻᴴ", "0123456789+-=()niTtkmjldbcaeprsuvwxyzH", strict=True))
_DOWN = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "0123456789+-=()aehijklmnoprstuvx", strict=True))
_ACCENTS = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0305": "bar", "\u0307": "dot", "\u20d7": "vec"}
_HALVES = {"½": "1}{2", "⅓": "1}{3", "¼": "1}{4", "⅔": "2}{3", "¾": "3}{4"}
_TOKEN = re.compile(
    rf'(?P<space>\s+)|"(?P<text>[^"]*)"|(?P<word>[A-Za-z]{{2,}}(?:\.[a-z]+)*)|(?P<number>\d+(?:\.\d+)?)'
    rf"|(?P<up>[{''.join(_UP)}]+)|(?P<down>[{''.join(_DOWN)}]+)"
    rf"|(?P<accented>[^\W\d_][{''.join(_ACCENTS)}])|(?P<sign><=>|=>|<=|>=|!=|->|:=|\*\*|\\\n|\\\s|.)",
    re.S,
)

FUNCTIONS = frozenset({
    "arccos", "arcsin", "arctan", "arg", "cos", "cosh", "cot", "coth", "det", "diag", "div", "dim", "exp", "gcd",
    "grad", "inf", "ker", "ln", "log", "max", "min", "mod", "sech", "sin", "sinh", "softmax", "sup", "tan", "tanh",
    "tr", "trace", "vec", "sigmoid", "relu", "logsumexp", "sign", "argmax", "argmin", "var", "cov", "rank", "erf",
    "softplus", "KL", "mean",
})  # fmt: skip
"""Words that are functions, not words."""
_COMMANDS = frozenset({
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi",
    "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi",
    "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega", "nabla", "partial", "sum", "in", "forall", "exists", "approx",
    "equiv", "times", "quad", "top", "ell", "cos", "sin", "tan", "log", "ln", "exp", "max", "min", "det", "tanh",
    "cosh", "sinh", "sup", "inf", "arctan", "arcsin", "arccos", "sqrt", "ne", "le", "ge",
})  # fmt: skip
_SYMBOLS: Mapping[str, str] = {
    **{name: f"\\{name} " for name in _COMMANDS},
    "infinity": "\\infty ", "oo": "\\infty ", "dots": "\\dots ", "ldots": "\\dots ", "dot": "\\cdot ",
    "dot.op": "\\cdot ", "dot.c": "\\cdot ", "dot.o": "\\odot ", "dot.circle": "\\odot ", "times.o": "\\otimes ",
    "times.circle": "\\otimes ", "compose": "\\circ ", "RR": "\\mathbb{R}", "NN": "\\mathbb{N}", "ZZ": "\\mathbb{Z}",
    "EE": "\\mathbb{E}", "diff": "\\partial ", "del": "\\partial ", "grad": "\\nabla ", "product": "\\prod ",
    "prod": "\\prod ",
    "integral": "\\int ", "int": "\\int ", "dif": "d ", "lt.eq": "\\le ", "gt.eq": "\\ge ", "prop": "\\propto ",
    "xx": "\\times ", "o.": "\\odot ", "arrow.r": "\\to ", "arrow": "\\to ", "arrow.r.double": "\\Rightarrow ",
    "epsilon.alt": "\\epsilon ", "phi.alt": "\\phi ", "eq.def": ":=", "plus.minus": "\\pm ", "tilde.op": "\\sim ",
    "sim": "\\sim ", "eq.not": "\\ne ", "in.not": "\\notin ", "tack.b": "\\top ", "bar.v": "\\mid ",
    "space.quad": "\\quad ",
    "wide": "\\quad ", "thin": " ", "minus": "-", "plus": "+", "arrow.l.r.double": "\\Leftrightarrow ",
    "subset.eq": "\\subset ", "dots.v": "\\vdots ", "dots.down": "\\ddots ", "bar.v.double": "\\| ",
    "parallel": "\\| ", "star.op": "\\star ", "convolve": "*", "colon": ":", "lt": "<", "gt": ">",
    "approx.eq": "\\approx ", "dots.h": "\\dots ", "dots.c": "\\dots ",
}  # fmt: skip
_AROUND: Mapping[str, tuple[str, str]] = {
    "sqrt": ("\\sqrt{", "}"), "norm": ("\\lVert ", "\\rVert "), "abs": ("\\lvert ", "\\rvert "), "lr": ("", ""),
    "hat": ("\\hat{", "}"), "tilde": ("\\tilde{", "}"), "bar": ("\\bar{", "}"), "overline": ("\\bar{", "}"),
    "dot": ("\\dot{", "}"), "bold": ("\\mathbf{", "}"), "bb": ("\\mathbf{", "}"), "upright": ("\\mathrm{", "}"),
    "italic": ("", ""), "cal": ("\\mathcal{", "}"), "op": ("\\operatorname{", "}"), "display": ("", ""),
    "frac": ("\\frac{", "}"), "binom": ("\\binom{", "}"), "vec": ("\\begin{pmatrix}", "\\end{pmatrix}"),
    "mat": ("\\begin{pmatrix}", "\\end{pmatrix}"), "cases": ("\\begin{cases}", "\\end{cases}"),
    "arrow": ("\\vec{", "}"), "transpose": ("", "^{\\top}"),
}  # fmt: skip
"""Functions that are notation: what stands before and after their arguments."""
_COMMAS = {"frac": "}{", "binom": "}{", "vec": "\\\\ ", "cases": "\\\\ ", "mat": "&"}
_SIGNS = {
    "<=": "\\le ",
    ">=": "\\ge ",
    "!=": "\\ne ",
    "->": "\\to ",
    "=>": "\\Rightarrow ",
    "<=>": "\\Leftrightarrow ",
    "*": "\\cdot ",
    "**": "\\odot ",
    "⊤": "^{\\top}",
}


@dataclass(frozen=True)
class _Part:
    kind: str
    text: str
    start: int
    end: int


@dataclass
class _Writer:
    """One formula: its parts, where reading is, and the edits so far."""

    parts: list[_Part]
    fractions: bool
    names: bool
    at: int = 0
    edits: list[Edit] = field(default_factory=list)

    def peek(self, ahead: int = 0) -> str:
        k = self.at + ahead
        return self.parts[k].text if k < len(self.parts) and self.parts[k].kind != "text" else ""

    def skip(self) -> None:
        while self.at < len(self.parts) and self.parts[self.at].kind == "space":
            self.at += 1

    def put(self, start: int, end: int, text: str) -> None:
        self.edits.append(Edit(start, end, text))

    def until(self, closing: str, comma: str = ",") -> int:
        """Read up to a closing bracket, where there is one, and past it; commas become ``comma``."""
        while self.at < len(self.parts) and self.peek() != closing:
            part = self.parts[self.at]
            if part.text in (",", ";") and part.kind == "sign" and comma != ",":
                self.put(part.start, part.end, comma if part.text == "," else "\\\\ ")
                self.at += 1
            else:
                self.term()
        self.at += 1
        return self.parts[min(self.at, len(self.parts)) - 1].end

    def term(self) -> None:
        """An atom with its scripts, over another where a slash follows."""
        if self.parts[self.at].kind == "space":
            self.at += 1
            return
        first, begin = self.at, self.parts[self.at].start
        group = self.scripted()
        if not (self.fractions and self.peek() == "/" and self.peek(1) != "/"):
            return
        slash = self.parts[self.at]
        if group:  # a bracket above or below a line is none
            self.put(begin, begin + 1, "\\frac{")
            self.put(self.parts[self.at - 1].start, slash.end, "}{")
        else:
            self.put(begin, begin, "\\frac{")
            self.put(slash.start, slash.end, "}{")
        self.at += 1
        self.skip()
        if self.at < len(self.parts) and self.at > first:
            self.script(braces=("", "}"))

    def scripted(self) -> bool:
        """Whether it was a bracket alone."""
        group, applied = self.peek() == "(", self.parts[self.at].text.isalpha()
        self.atom()
        while self.at < len(self.parts):
            part = self.parts[self.at]
            if part.kind == "sign" and part.text in ("_", "^"):
                self.at += 1
                self.skip()
                if self.at < len(self.parts):
                    self.script()
            elif part.kind in ("up", "down"):
                self.raised(part)
            elif applied and part.text == "(":  # f(x)/g(x): what a letter is applied to belongs to it
                self.atom()
                applied = False
            else:
                return group
            group = False
        return group

    def script(self, braces: tuple[str, str] = ("{", "}")) -> None:
        """A bracket as a group of LaTeX, or one atom."""
        begin = self.parts[self.at]
        if begin.text == "(":
            self.put(begin.start, begin.end, braces[0])
            self.at += 1
            end = self.until(")")
            self.put(end - 1, end, braces[1])
            return
        self.put(begin.start, begin.start, braces[0])
        if begin.text in ("-", "−", "+"):
            self.at += 1
        if self.at < len(self.parts):
            self.scripted() if braces[0] == "" else self.atom()
        end = self.parts[self.at - 1].end
        self.put(end, end, braces[1])

    def raised(self, part: _Part) -> None:
        """Small letters and digits; a small T is a transpose."""
        table, sign = (_UP, "^") if part.kind == "up" else (_DOWN, "_")
        said = "".join(table[c] for c in part.text)
        if self.at and self.parts[self.at - 1].text == "ℝ":
            said = said.replace("x", "\\times ")
        self.put(part.start, part.end, sign + ("{\\top}" if said == "T" else "{" + said + "}"))
        self.at += 1

    def atom(self) -> None:
        part = self.parts[self.at]
        self.at += 1
        if part.kind == "text":
            self.put(part.start, part.end, "\\text{" + part.text + "}")
        elif part.kind == "word":
            self.word(part)
        elif part.kind == "accented":
            self.put(part.start, part.end, f"\\{_ACCENTS[part.text[1]]}{{{part.text[0]}}}")
        elif part.kind in ("up", "down"):
            self.at -= 1
            self.raised(part)
        elif part.kind == "sign":
            self.sign(part)

    def sign(self, part: _Part) -> None:
        if part.text == "(":
            self.until(")")
        elif part.text in _HALVES:
            self.put(part.start, part.end, "\\frac{" + _HALVES[part.text] + "}")
        elif part.text == "√":
            self.put(part.start, part.end, "\\sqrt")
            self.skip()
            if self.at < len(self.parts):
                self.script()
        elif part.text in "Σ∑" and self.at < len(self.parts) and (self.parts[self.at].kind == "down" or self.sums()):
            self.put(part.start, part.end, "\\sum")
        elif part.text[0] == "\\" and part.text != "\\":
            self.put(part.start, part.end, "\\\\ ")
        elif part.text in _SIGNS:
            self.put(part.start, part.end, _SIGNS[part.text])
        elif len(split := unicodedata.normalize("NFD", part.text)) == 2 and split[1] in _ACCENTS:
            self.put(part.start, part.end, f"\\{_ACCENTS[split[1]]}{{{split[0]}}}")

    def sums(self) -> bool:
        """Whether an index below and what is summed follow, as in Σ_k y_k; Σ_k⁻¹ is of a matrix."""
        after = self.parts[self.at : self.at + 4]
        return (
            len(after) == 4 and after[0].text == "_" and after[2].kind == "space"
            and (after[3].text.isalnum() or after[3].text in "(√‖")
        )  # fmt: skip

    def word(self, part: _Part) -> None:
        called = self.peek() == "("
        if called and self.fractions and part.text in _AROUND:
            before, after = _AROUND[part.text]
            self.put(part.start, self.parts[self.at].end, before)
            self.at += 1
            end = self.until(")", _COMMAS.get(part.text, ","))
            self.put(end - 1, end, after)
        elif part.text == "sqrt":
            self.put(part.start, part.end, "\\sqrt")
            self.skip()
            if self.at < len(self.parts):
                self.script()
        elif part.text in _SYMBOLS and (self.fractions or part.text in FUNCTIONS | _COMMANDS):
            self.put(part.start, part.end, _SYMBOLS[part.text])
        elif called or part.text in FUNCTIONS:
            self.put(part.start, part.end, f"\\operatorname{{{part.text}}}")
        elif self.names and (self.fractions or len(part.text) > 2):
            self.put(part.start, part.end, f"\\mathrm{{{part.text}}}")


def linear(text: str, fractions: bool = True, names: bool = True) -> Iterator[Edit]:
    """Edits that make LaTeX of a formula of Typst, of AsciiMath without ``names``, of Unicode without ``fractions``.

    In plain Unicode a slash stays one, and two letters are a product; in AsciiMath every unknown word is one.
    """
    parts = [
        _Part(m.lastgroup or "sign", m["text"] if m["text"] is not None else m.group(), *m.span())
        for m in _TOKEN.finditer(text)
    ]
    writer = _Writer(parts, fractions, names)
    while writer.at < len(parts):
        writer.term()
    yield from writer.edits
