"""TeX mathematics as tokens. Owns: characters to tokens, fonts, macros the document defines, what is mere layout.

Every token knows where it stands in the document. Expansion is bounded, so that no definition can run away. Never:
decides what a letter means.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from gradwright.core.errors import Error
from gradwright.core.letters import FRACTIONS, GREEK, LOWERED, RAISED
from gradwright.core.record import dataclass

MOST_TOKENS = 20_000
_MOST_EXPANSIONS = 2_000
_DEEPEST = 20


@dataclass(frozen=True)
class Token:
    """``kind``: letter, number, cmd, word, op, open, close, sub, sup, prime, amp, row, quad, begin, end, dot."""

    kind: str
    text: str
    start: int
    end: int
    style: str = ""


@dataclass(frozen=True)
class Macro:
    """A macro of the document: how many arguments it takes, and what it stands for."""

    arity: int
    body: str


_TEXT = frozenset(
    {"text", "textrm", "mathrm", "operatorname", "operatorname*", "textit", "mathit", "textbf", "textsf", "mbox",
     "hbox", "mathtt", "texttt", "rm", "mathop", "textnormal", "textup"}
)  # fmt: skip
_FONTS = {
    "mathbf": "bold", "boldsymbol": "bold", "bm": "bold", "bf": "bold", "pmb": "bold", "vec": "bold",
    "mathbfit": "bold", "overrightarrow": "bold",
    "vect": "bold", "vec*": "bold", "matr": "bold", "mat": "bold", "mx": "bold", "bs": "bold", "symbf": "bold",
    "mathsf": "sans", "mathcal": "cal", "cal": "cal",
    "mathscr": "cal", "mathfrak": "cal", "mathbb": "bb", "mathds": "bb",
    "mathbbm": "bb",
    "mathbin": "", "mathrel": "", "mathopen": "", "mathclose": "", "mathord": "",
    "mathnormal": "", "underline": "", "boxed": "", "displaystyle": "", "ensuremath": "",
}  # fmt: skip
_SWITCHES = frozenset({"displaystyle", "textstyle", "scriptstyle", "bf", "rm", "it", "cal"})
_DROPPED = frozenset(
    {",", ";", ":", "!", ">", " ", "\n", "/", "left", "right", "middle", "big", "Big", "bigg", "Bigg", "bigl", "bigr",
     "Bigl", "Bigr", "biggl", "biggr", "Biggl", "Biggr", "bigm", "limits", "nolimits", "nonumber", "notag", "noindent",
     "displaystyle", "textstyle", "scriptstyle", "space", "thinspace", "medspace", "hfill", "mathstrut", "strut",
     "allowbreak", "centering", "negthickspace", "enspace", "relax", "protect", "-", "pause",
     "tiny", "scriptsize", "footnotesize", "small", "normalsize", "large", "Large", "LARGE", "huge", "Huge"}
)  # fmt: skip
_DROPPED_WITH = {
    "label": 1, "tag": 1, "tag*": 1, "hspace": 1, "hspace*": 1, "vspace": 1, "phantom": 1, "hphantom": 1, "vphantom": 1,
    "setcounter": 2, "color": 1, "ref": 1, "eqref": 1, "cite": 1, "intertext": 1, "footnote": 1, "mspace": 1, "kern": 0,
}  # fmt: skip
_KEPT_LAST = {"textcolor": 2, "colorbox": 2, "underbrace": 1, "overbrace": 1, "mathstrut": 0, "cancel": 1, "smash": 1,
              "stackrel": 2, "overset": 2, "boxed": 1, "fbox": 1, "bcancel": 1, "xcancel": 1,
              "mathclap": 1, "underset": 2}  # fmt: skip
_SPACES = frozenset({"hspace", "hspace*", "mspace"})
_POINTS = {"in": 72.3, "cm": 28.5, "mm": 2.85, "em": 10.0, "ex": 4.3, "pt": 1.0, "px": 0.75, "mu": 0.56}
"""The lengths of TeX in points; a space of 10 and more parts formulas, as \\quad does."""
_STARRED = "|".join(name[:-1] for name in {*_TEXT, *_FONTS, *_DROPPED_WITH} if name.endswith("*"))
"""The commands that have a starred form; a star after any other multiplies."""
_LOW = "".join(LOWERED)
_SCAN = re.compile(
    r"(?P<space>\s+)|(?P<comment>%[^\n]*(?:\n|$))|\\(?P<env>begin|end)\s*\{(?P<name>[^{}]*)\}"
    rf"|(?P<row>\\\\(?:\s*\[[-\d.\s]*(?:em|ex|pt|cm|mm|in|px)\])?\*?)|\\(?P<cmd>(?:{_STARRED})\*|[A-Za-z]+|.)"
    r"|(?P<compared>[<>]=)|(?P<dots>\.{3})|(?P<number>0 \. [0-9]+|[0-9]+(?:\. ?[0-9]+)?|(?<![\w.)\]}}])\.[0-9]+)"
    rf"|(?P<prime>['’′]+)|(?P<sup>[{''.join(RAISED)}]+)|(?P<sub>[{_LOW}]+)"
    rf"|(?P<total>Σ(?=[{_LOW}]+(?:\s+‖|\s*(?![{''.join(RAISED)}])[\w(√∑Σ])))|(?P<fraction>[{''.join(FRACTIONS)}])"
    r"|(?P<other>.)",
    re.S,
)
_COMMENTING = re.compile(r"(comment|note|remark|explain|annot)", re.I)
SIGNS = {
    "∂": "partial", "∇": "nabla", "∑": "sum", "∏": "prod", "≠": "neq", "≤": "leq", "≥": "geq", "·": "cdot",
    "×": "times", "⊙": "odot", "∘": "circ", "⊗": "otimes", "∈": "in", "…": "dots", "⊤": "top", "√": "sqrt",
    "≈": "approx", "∞": "infty", "∫": "int", "→": "to", "≡": "equiv", "‖": "|", "∀": "forall",
}  # fmt: skip
"""Signs of Unicode and the commands that they are."""
_UNICODE = {
    **{sign: "lambda" if name == "lam" else name for name, sign in GREEK.items()}, **SIGNS,
    "⋅": "cdot", "∥": "|", "µ": "mu", "ϕ": "phi", "ℝ": "R",
}  # fmt: skip
_SAME = {
    "ne": "neq", "le": "leq", "ge": "geq", "lVert": "|", "rVert": "|", "Vert": "|", "lvert": "vert", "rvert": "vert",
    "vert": "vert", "coloneqq": "defined", "triangleq": "defined", "dfrac": "frac", "tfrac": "frac", "cfrac": "frac",
    "varepsilon": "epsilon", "varphi": "phi", "vartheta": "theta", "varsigma": "varsigma", "ldots": "dots",
    "cdots": "dots", "dotsc": "dots", "dotsb": "dots",
    "dotsm": "dots", "dotsi": "dots", "dotso": "dots", "hdots": "dots",
    "rightarrow": "to", "longrightarrow": "to", "mapsto": "to",
    "dbinom": "binom", "tbinom": "binom", "parallel": "|",
    "lbrace": "{", "rbrace": "}", "lbrack": "[", "rbrack": "]", "widehat": "hat", "widetilde": "tilde",
    "overline": "bar", "ast": "*", "colon": ":", "land": "and", "wedge": "and", "coloneq": "defined",
    "doteq": "defined",
}  # fmt: skip


def is_norm(token: Token) -> bool:
    """Whether a token is a bar of ‖·‖."""
    return token.kind == "cmd" and token.text == "|"


def tokenize(text: str, base: int = 0, macros: Mapping[str, Macro] | None = None) -> list[Token]:
    """Tokens of a stretch of TeX that starts at offset ``base`` of the document."""
    found = _expanded(_raw(text, base), macros or {})
    return _tidied(found)


def macros_in(text: str) -> dict[str, Macro]:
    r"""The macros a document defines with \newcommand, \def and \DeclareMathOperator."""
    found: dict[str, Macro] = {}
    pattern = re.compile(
        r"\\(?:re)?(?:newcommand|providecommand)\*?\s*\{?\\(?P<a>[A-Za-z]+)\}?\s*(?:\[(?P<n>\d)\])?\s*(?=\{)"
        r"|\\def\s*\\(?P<b>[A-Za-z]+)(?P<args>(?:#\d)*)\s*(?=\{)"
        r"|\\DeclareMathOperator\*?\s*\{?\\(?P<c>[A-Za-z]+)\}?\s*(?=\{)"
    )
    for match in pattern.finditer(text):
        end = _group_end(text, match.end())
        if end is None or end - match.end() > 400:
            continue
        body = text[match.end() + 1 : end]
        name = match.group("a") or match.group("b") or match.group("c")
        arity = int(match.group("n") or 0) if match.group("a") else len(match.group("args") or "") // 2
        if match.group("c"):
            body = "\\operatorname{" + body + "}"
        if len(found) < 500:
            found[name] = Macro(arity, body)
    return found


def _group_end(text: str, at: int) -> int | None:
    depth = 0
    for k in range(at, min(len(text), at + 500)):
        if text[k] == "{" and text[k - 1] != "\\":
            depth += 1
        elif text[k] == "}" and text[k - 1] != "\\":
            depth -= 1
            if depth == 0:
                return k
    return None


def _raw(text: str, base: int) -> list[Token]:
    tokens: list[Token] = []
    for match in _SCAN.finditer(text):
        start, end = base + match.start(), base + match.end()
        kind = match.lastgroup
        if kind in ("space", "comment"):
            if tokens and tokens[-1].kind != "gap":
                tokens.append(Token("gap", " ", start, end))
            continue
        if len(tokens) > MOST_TOKENS:
            raise Error(f"a formula of more than {MOST_TOKENS} parts", (base, base + min(len(text), 40)))
        if match.group("env"):
            tokens.append(Token(match.group("env"), match.group("name").strip().rstrip("*"), start, end))
        elif kind in ("sup", "sub"):
            tokens += _script(kind, match.group(), start)
        elif kind == "fraction":
            tokens += _fraction(match.group(), start, end)
        else:
            tokens.append(_ONE[kind or ""](match.group(), start, end))
    return tokens


_ONE: dict[str, Callable[[str, int, int], Token]] = {
    "row": lambda text, start, end: Token("row", "\\\\", start, end),
    "cmd": lambda text, start, end: _command(text[1:], start, end),
    "dots": lambda text, start, end: Token("cmd", "dots", start, end),
    "compared": lambda text, start, end: Token("cmd", "geq" if text[0] == ">" else "leq", start, end),
    "number": lambda text, start, end: Token("number", text.replace(" ", ""), start, end),  # 0. 8, as scanners spell it
    "total": lambda text, start, end: Token("cmd", "sum", start, end),  # Σᵢ xᵢ; Σₖ⁻¹ and |Σₖ| are of a matrix
    "prime": lambda text, start, end: Token("prime", "'" * len(text), start, end),
    "other": lambda text, start, end: _character(text, start, end),
}
"""A token of each kind that the scanner finds, from its signs."""


def _script(kind: str, signs: str, start: int) -> list[Token]:
    """``ᵀ`` and ``₁₂`` as a superscript and a subscript, each sign in its place."""
    plain = "".join((RAISED if kind == "sup" else LOWERED)[sign] for sign in signs)
    opened, closed = Token("open", "{", start, start), Token("close", "}", start + len(signs), start + len(signs))
    return [Token(kind, "^" if kind == "sup" else "_", start, start), opened, *_raw(plain, start), closed]


def _fraction(sign: str, start: int, end: int) -> list[Token]:
    tokens = [Token("cmd", "frac", start, end)]
    for part in FRACTIONS[sign]:
        tokens += [Token("open", "{", start, start), Token("number", part, start, end), Token("close", "}", end, end)]
    return tokens


_SAID = frozenset({"therefore", "because", "since"})
"""Commands that say a word."""


def _command(name: str, start: int, end: int) -> Token:
    if name == ":":
        return Token("cmd", name, start, end)  # a space
    name = _SAME.get(name, name)
    if name in _SAID:
        return Token("word", name + " ", start, end, "roman")
    if name in ("quad", "qquad"):
        return Token("quad", name, start, end)
    if name in ("newline", "cr"):
        return Token("row", name, start, end)
    if name in ("{", "}", "[", "]", "#", "&", "%", "$", "*", ":"):
        return Token("op", {"{": "{", "}": "}"}.get(name, name), start, end)
    if name == "_":
        return Token("sub", "_", start, end)
    return Token("cmd", name, start, end)


def _character(text: str, start: int, end: int) -> Token:
    if text in _UNICODE:
        return Token("cmd", _SAME.get(_UNICODE[text], _UNICODE[text]), start, end)
    if unicodedata.category(text)[0] == "S" and "ARROW" in unicodedata.name(text, ""):
        return Token("cmd", "Rightarrow" if "DOUBLE" in unicodedata.name(text) else "to", start, end)
    kinds = {"{": "open", "}": "close", "_": "sub", "^": "sup", "&": "amp", "~": "gap"}
    if text in kinds:
        return Token(kinds[text], text, start, end)
    if text.isalpha():
        return Token("letter", text, start, end)
    return Token("op", "-" if text in "−–" else text, start, end)


def _expanded(tokens: list[Token], macros: Mapping[str, Macro]) -> list[Token]:
    """Macros of the document replaced, up to a depth and a number of times."""
    if not macros:
        return tokens
    count = 0
    for _ in range(_DEEPEST):
        if not any(t.kind == "cmd" and t.text in macros for t in tokens):
            return tokens
        result: list[Token] = []
        at = 0
        while at < len(tokens):
            token = tokens[at]
            at += 1
            macro = macros.get(token.text) if token.kind == "cmd" else None
            if macro is None:
                result.append(token)
                continue
            count += 1
            if count > _MOST_EXPANSIONS or len(result) > MOST_TOKENS:
                raise Error(f"\\{token.text} expands without end", (token.start, token.end))
            arguments = []
            for _ in range(macro.arity):
                argument, at = argument_at(tokens, at)
                arguments.append(argument)
            end = tokens[at - 1].end if macro.arity and at <= len(tokens) else token.end
            result += _substituted(macro.body, arguments, token.start, end)
        tokens = result
    if any(t.kind == "cmd" and t.text in macros for t in tokens):
        raise Error("a macro that expands to itself", (tokens[0].start, tokens[0].end))
    return tokens


def _substituted(body: str, arguments: Sequence[list[Token]], start: int, end: int) -> list[Token]:
    result: list[Token] = []
    raw = [replace(t, start=start, end=end) for t in _raw(body, 0)]
    at = 0
    while at < len(raw):
        token = raw[at]
        if token.kind == "op" and token.text == "#" and at + 1 < len(raw) and raw[at + 1].kind == "number":
            number = int(raw[at + 1].text[0])
            if 0 < number <= len(arguments):
                result += arguments[number - 1]
            at += 2
            continue
        result.append(token)
        at += 1
    return result


_CLOSING = {"{": "}", "(": ")", "[": "]"}
TAGGING = {"(": ")", "[": "]", "<": ">", "langle": "rangle"}
"""Brackets above a symbol that hold the number of a sample, a layer or a step."""


def closed_after(tokens: Sequence[Token], at: int) -> int:
    """The place after the bracket or group that opens there; the end if it never closes, or nothing is there."""
    if at >= len(tokens):
        return len(tokens)
    opening, closing = tokens[at].text, _CLOSING.get(tokens[at].text, ")")
    kinds = ("open", "close") if tokens[at].kind == "open" else ("op", "open", "close")
    depth = 0
    for end in range(at, len(tokens)):
        if tokens[end].kind in kinds:
            depth += (tokens[end].text == opening) - (tokens[end].text == closing)
        if depth == 0:
            return end + 1
    return len(tokens)


def inside(tokens: Sequence[Token], at: int) -> list[Token]:
    """What stands in the bracket that opens there."""
    end = closed_after(tokens, at)
    return list(tokens[at + 1 : end - (tokens[end - 1].text in _CLOSING.values())])


def argument_at(tokens: Sequence[Token], at: int) -> tuple[list[Token], int]:
    """The tokens of a command's argument (a group's contents, or one token), and where the next begins."""
    while at < len(tokens) and tokens[at].kind == "gap":
        at += 1
    if at >= len(tokens):
        return [], at
    if tokens[at].kind != "open":
        return [tokens[at]], at + 1
    return inside(tokens, at), closed_after(tokens, at)


def solid(tokens: Sequence[Token]) -> list[Token]:
    """Without what is layout: spaces and marks of alignment."""
    return [t for t in tokens if t.kind not in ("gap", "amp", "quad")]


def _tidied(tokens: Sequence[Token]) -> list[Token]:
    """Layout dropped, fonts put on the letters, text turned into words."""
    done: list[Token] = []
    stack: list[_Stretch] = [(tokens, 0, "")]  # instead of recursion
    while stack:
        here, at, style = stack.pop()
        while at < len(here):
            token, at = here[at], at + 1
            name = token.text if token.kind == "cmd" else ""
            if name in _TEXT:
                at = _worded(here, at, token, done)
            elif name in _SWITCHES and _FONTS.get(name):
                style = _FONTS[name]
            elif name in _SPACES and _is_wide(argument_at(here, at)[0]):
                at = _after_dropped(here, at, name)
                done.append(replace(token, kind="quad"))
            elif name and (name in _DROPPED or name in _DROPPED_WITH or _COMMENTING.search(name)):
                at = _after_dropped(here, at, name)
            elif name in _FONTS or name in _KEPT_LAST:
                inner, at = _inside(here, at, token, style, _is_open(done))
                stack += [(here, at, style), inner]
                break
            else:
                done.append(replace(token, style=style) if style and token.kind in ("cmd", "letter") else token)
        if len(done) > MOST_TOKENS:
            raise Error(f"a formula of more than {MOST_TOKENS} parts", (tokens[0].start, tokens[0].end))
    return _with_primes(_with_braces(_with_fractions(done)))


_ENDING = {"=", ",", "<", ">", "leq", "geq", "approx", "propto"}


def _with_fractions(tokens: Sequence[Token]) -> list[Token]:
    r"""{a \over b} as {\frac{a}{b}}: all that its group holds, or its side."""
    done = list(tokens)
    while (at := next((k for k, t in enumerate(done) if t.kind == "cmd" and t.text == "over"), None)) is not None:
        start, end = _reach(done, range(at - 1, -1, -1)) + 1, _reach(done, range(at + 1, len(done)))
        first, last, middle = done[min(start, at)].start, done[max(end - 1, at)].end, done[at]
        done[start:end] = [
            replace(middle, text="frac", start=first),
            Token("open", "{", first, first), *done[start:at], Token("close", "}", middle.start, middle.start),
            Token("open", "{", middle.end, middle.end), *done[at + 1 : end], Token("close", "}", last, last),
        ]  # fmt: skip
    return done


def _reach(tokens: Sequence[Token], places: range) -> int:
    """The first place that closes what holds the places before it, or ends a side."""
    depth, opening = 0, ("{", "(", "[") if places.step > 0 else ("}", ")", "]")
    closing = ("}", ")", "]") if places.step > 0 else ("{", "(", "[")
    for at in places:
        token = tokens[at]
        ends = token.kind in ("row", "amp") or (token.kind in ("op", "cmd") and token.text in _ENDING)
        if depth == 0 and (token.text in closing or ends):
            return at
        depth += (token.text in opening) - (token.text in closing)
    return places.stop


_TAKING = {"frac": 2, "sqrt": 1}
"""Commands that may be a script without braces, and how many arguments they have."""


def _with_braces(tokens: Sequence[Token]) -> list[Token]:
    r"""x^\frac{n}{2} as x^{\frac{n}{2}}."""
    done: list[Token] = []
    at = 0
    while at < len(tokens):
        count = _TAKING.get(tokens[at].text, 0) if done and done[-1].kind in ("sub", "sup") else 0
        end = at + 1
        while count and end < len(tokens):
            argument, end = argument_at(tokens, end)
            joined = [t.kind for t in argument] == ["number"] and len(argument[0].text) > 1  # \frac12
            count = max(count - 1 - joined, 0)
        if end > at + 1:
            start, last = tokens[at].start, tokens[end - 1].end
            done += [Token("open", "{", start, start), *tokens[at:end], Token("close", "}", last, last)]
        else:
            done.append(tokens[at])
        at = end
    return done


def _with_primes(tokens: Sequence[Token]) -> list[Token]:
    r"""x^\prime, x^{\prime\prime} and A^{\prime-1} as x', x'' and A'^{-1}."""
    done: list[Token] = []
    at = 0
    while at < len(tokens):
        script, after = argument_at(tokens, at + 1) if tokens[at].kind == "sup" else ([], at + 1)
        script = [t for t in script if t.kind != "gap"]
        primes = next((k for k, t in enumerate(script) if t.text != "prime"), len(script))
        if primes:
            start, end = tokens[at].start, tokens[after - 1].end
            done.append(Token("prime", "'" * primes, start, end))
            if script[primes:]:
                done += [tokens[at], Token("open", "{", start, start), *script[primes:], Token("close", "}", end, end)]
            at = after
        else:
            done.append(tokens[at])
            at += 1
    return done


def _is_wide(length: Sequence[Token]) -> bool:
    """Whether a length is as wide as a quad."""
    said = re.fullmatch(r"([\d.]+)([a-z]{2})", "".join(t.text for t in length if t.kind != "gap"))
    return said is not None and float(said[1]) * _POINTS.get(said[2], 0.0) >= 10


_Stretch = tuple[Sequence[Token], int, str]
"""Tokens, the place among them, and the font in force."""


def _after_dropped(tokens: Sequence[Token], at: int, name: str) -> int:
    """Where it goes on after a command of layout and what belongs to it."""
    if name in _DROPPED:
        return at + (name in ("left", "right") and at < len(tokens) and tokens[at].text == ".")
    for _ in range(_DROPPED_WITH.get(name, 1)):
        _, at = argument_at(tokens, at)
    return at


def _is_open(done: Sequence[Token]) -> bool:
    """Whether nothing stands before, or what takes no argument, so that letters in a font need no braces."""
    return not done or done[-1].kind not in ("sub", "sup", "cmd") or done[-1].text in GREEK


def _inside(tokens: Sequence[Token], at: int, command: Token, style: str, free: bool) -> tuple[_Stretch, int]:
    """What a command of a font or a frame holds, and where it goes on after it.

    ``free``: letters in a font stand side by side, as they would without it: \\mathbf{AB}^T is A Bᵀ.
    """
    name = command.text
    inner: list[Token] = []
    for _ in range(_KEPT_LAST.get(name, 1)):
        inner, at = argument_at(tokens, at)
    if name in ("underbrace", "overbrace"):
        at = _without_scripts(tokens, at)
    end = tokens[at - 1].end
    if _FONTS.get(name) in ("bb", "cal") and len(inner) > 1 and all(t.kind == "letter" for t in inner):  # \mathbb{KL}
        return ([Token("word", "".join(t.text for t in inner), command.start, end, "roman")], 0, style), at
    digit = len(inner) == 1 and inner[0].text in ("0", "1") and _FONTS.get(name) in ("bold", "bb")
    if digit or (len(inner) == 1 and inner[0].kind == "letter" and name in _FONTS):
        inner = [replace(inner[0], kind="letter", start=command.start, end=end)]
    elif free and inner and _side_by_side(inner, name):
        inner = [replace(inner[0], start=command.start), *inner[1:-1], replace(inner[-1], end=end)]
    elif name not in ("stackrel", "overset", "underset"):
        inner = [Token("open", "{", command.start, command.end), *inner, Token("close", "}", end, end)]
    return (inner, 0, _FONTS.get(name) or style), at


def _side_by_side(inner: Sequence[Token], font: str) -> bool:
    return (
        _FONTS.get(font) == "bold"
        and len(inner) > 1
        and all(t.kind in ("letter", "gap") or t.text in GREEK for t in inner)
    )


def _without_scripts(tokens: Sequence[Token], at: int) -> int:
    while True:
        here = at
        while here < len(tokens) and tokens[here].kind == "gap":
            here += 1
        if here >= len(tokens) or tokens[here].kind not in ("sub", "sup"):
            return at
        _, at = argument_at(tokens, here + 1)


def _worded(tokens: Sequence[Token], at: int, command: Token, done: list[Token]) -> int:
    r"""\text{…} as one word; what stands between $…$ inside it is mathematics again."""
    inner, after = argument_at(tokens, at)
    flat = [t for t in inner if t.kind not in ("open", "close")]
    text = "".join(" " if t.kind == "gap" else ("\\" if t.kind == "cmd" else "") + t.text for t in flat).strip()
    end = tokens[after - 1].end if after <= len(tokens) and after > 0 else command.end
    if command.text == "rm" and tokens[at : at + 1] and tokens[at].kind != "open":
        return _roman(tokens, at, command, done)
    symbols = [t for t in flat if t.kind != "gap"]
    if "".join(t.text for t in symbols if t.kind == "letter") in ("argmax", "argmin"):
        text = "".join(t.text for t in symbols if t.kind == "letter")
    if len(symbols) == 1 and symbols[0].kind in ("number", "op", "cmd"):
        done.append(replace(symbols[0], start=command.start, end=end))
    elif "$" in text:
        _mixed(inner, done)
    elif text and flat[-1].kind == "gap" and command.text.startswith(("text", "mbox", "hbox")):
        done.append(Token("word", text + " ", command.start, end, "roman"))  # words are parted from what follows
    elif text:
        kind = "letter" if len(text) == 1 and text.isalpha() else "word"
        done.append(Token(kind, text, command.start, end, "roman"))
    return after


def _roman(tokens: Sequence[Token], at: int, command: Token, done: list[Token]) -> int:
    r"""{\rm Prob}: the letters after the switch as one word."""
    start = at + (tokens[at].kind == "gap")
    end = start
    while end < len(tokens) and tokens[end].kind == "letter":
        end += 1
    if end - start < 2:
        return at
    done.append(Token("word", "".join(t.text for t in tokens[start:end]), command.start, tokens[end - 1].end, "roman"))
    return end


def _mixed(inner: Sequence[Token], done: list[Token]) -> None:
    words: list[Token] = []
    maths = False
    for token in inner:
        if token.text == "$":
            maths = not maths
            if words:
                text = "".join(" " if t.kind == "gap" else t.text for t in words).strip()
                if text:
                    done.append(Token("word", text + " ", words[0].start, words[-1].end, "roman"))
                words = []
        elif maths:
            done.append(token)
        else:
            words.append(token)
    text = "".join(" " if t.kind == "gap" else t.text for t in words).strip()
    if text:
        done.append(Token("word", text + " ", words[0].start, words[-1].end, "roman"))
