"""Which symbols of a document are functions. Owns: the grammar its tokens suggest. Never: parses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from gradwright.core.letters import GREEK
from gradwright.read.latex.grammar import NAMED, OWN, Grammar
from gradwright.read.latex.letters import letters_of
from gradwright.read.latex.rows import Line, relation
from gradwright.read.latex.tokens import Token


def grammar_of(lines: Sequence[Line]) -> Grammar:
    """Functions are the symbols that are always applied, or conventionally so.

    Words are runs of letters applied twice.
    """
    tokens = [t for line in lines for side in line.sides for t in side]
    named = NAMED - _redefined(lines)
    plain = [t for t in tokens if t.kind not in ("gap", "amp", "quad", "open", "close")]
    applied: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    symbols_only: Counter[str] = Counter()
    listed: Counter[str] = Counter()
    differential = alone_d = 0
    words: Counter[str] = Counter()
    transposed: Counter[str] = Counter()
    raised = {id(b) for a, b in pairwise(tokens) if a.kind == "sup"}
    depth_sup = _inside_superscripts(tokens)
    mentioned = {id(line.sides[0][0]) for line in lines if not line.ops and len(line.sides[0]) == 1}
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.kind == "letter" and not token.style:
            end = at
            while (
                end < len(tokens)
                and tokens[end].kind == "letter"
                and not tokens[end].style
                and (end == at or tokens[end].start == tokens[end - 1].end)
            ):
                end += 1
            run = "".join(t.text for t in tokens[at:end])
            if end - at >= 3 and end < len(tokens) and tokens[end].text == "(":
                words[run] += 1
            at = end
        else:
            at += 1
    for k, token in enumerate(plain):
        nxt = plain[k + 1] if k + 1 < len(plain) else None
        if token.text in ("T", "t") and token.kind == "letter" and id(token) not in depth_sup:
            transposed[token.text] += 1
        if token.kind == "word" or token.kind == "letter" or (token.kind == "cmd" and token.text[:1].isalpha()):
            name = token.text
            if (name in named and not _is_letter(token)) or name in (
                "frac",
                "partial",
                "sum",
                "nabla",
                "log",
                "exp",
                "sqrt",
                "prod",
            ):
                continue
            after = nxt
            if nxt is not None and nxt.kind == "prime":
                after = plain[k + 2] if k + 2 < len(plain) else None
                if after is not None and after.text == "(":
                    symbols_only[name] += 2
            if after is not None and after.text == "(" and not (name.isupper() and after.start > token.end):
                applied[name] += 1
                opened = k + 1 if nxt is after else k + 2
                if _arguments_only(plain, opened):
                    symbols_only[name] += 1
                    listed[name] += any(t.text == "," for t in plain[opened + 1 : opened + 4])
                if token.kind == "word" and len(name) > 1:
                    listed[name] += 1
            elif id(token) not in raised and id(token) not in mentioned:
                alone[name] += 1
        if token.kind == "letter" and token.text == "d" and token.style in ("", "roman"):
            starts = nxt is not None and nxt.kind in ("letter", "cmd", "word") and relation(nxt) is None
            starts = starts and nxt is not None and nxt.text not in ("in", "times", "cdot", "dots", "odot")
            if starts or (nxt is not None and nxt.text == "("):
                differential += 1
            else:
                alone_d += 1
    functions = {
        n for n, c in symbols_only.items() if c and (not alone[n] or n in _CONVENTIONAL or applied[n] > alone[n])
    }
    functions |= {n for n, c in listed.items() if c} | {w for w in words if words[w] > 1}
    functions |= {n for n in applied if n in _CONVENTIONAL and not alone[n]}
    functions -= {"d", "e", "left", "right", "cdot", "quad", "in", "delta", "times"} | named - frozenset(GREEK)
    grammar = Grammar(functions, {w for w in words if words[w] > 1 and w not in named}, named=named)
    grammar.words |= _names(lines, named)
    grammar.differential = differential > alone_d
    if grammar.differential:
        grammar.functions.discard("d")
    grammar.transposing = frozenset({"T"})
    found = letters_of(lines)
    grammar.labels, grammar.running = found.labels, found.running
    grammar.distributions, grammar.primed, grammar.unbound = found.distributions, found.primed, found.unbound
    return grammar


_CONVENTIONAL = frozenset(
    {
        "f",
        "g",
        "h",
        "phi",
        "psi",
        "sigma",
        "varphi",
        "F",
        "G",
        "s",
        "ell",
        "varsigma",
        "xi",
        "L",
        "J",
        "H",
        "l",
        "u",
        "v",
    }
)


def _is_letter(token: Token) -> bool:
    r"""Whether it is \\psi, which is no name of digamma."""
    return token.kind == "cmd" and token.text in GREEK


def _names(lines: Sequence[Line], named: frozenset[str]) -> set[str]:
    """FL, where it stands before an = and its letters never stand alone."""
    found: Counter[str] = Counter()
    sides = [[t for t in side if t.kind != "gap"] for line in lines for side in line.sides]
    runs = [s for s in sides if len(s) > 1 and all(t.kind == "letter" and t.text.isupper() and not t.style for t in s)]
    for run in runs:
        if run[-1].end - run[0].start == len(run):
            found["".join(t.text for t in run)] += 1
    letters = Counter(t.text for side in sides for t in side if t.kind == "letter" and not t.style)
    return {name for name in found if all(letters[x] <= _within(sides, name) for x in set(name)) and name not in named}


def _redefined(lines: Sequence[Line]) -> frozenset[str]:
    """The names to which a line gives a meaning of the document's own: GELU(x) = …"""
    found = set()
    for line in lines:
        left = [t for t in line.sides[0] if t.kind != "gap"]
        opened = next((k for k, t in enumerate(left) if t.text == "("), 0)
        if len(line.sides) > 1 and left[-1:] and left[-1].text == ")":
            found.add("".join(t.text for t in left[:opened]))
    return frozenset(found) & OWN


def _within(sides: Sequence[Sequence[Token]], name: str) -> int:
    """How often a run of letters stands in the document."""
    return sum("".join(t.text if t.kind == "letter" else " " for t in side).count(name) for side in sides)


def _inside_superscripts(tokens: Sequence[Token]) -> set[int]:
    found: set[int] = set()
    for k, token in enumerate(tokens[:-1]):
        if token.kind == "sup":
            if tokens[k + 1].kind != "open":
                found.add(id(tokens[k + 1]))
                continue
            for inner in tokens[k + 2 : k + 6]:
                if inner.kind == "close":
                    break
                found.add(id(inner))
    return found


def _arguments_only(plain: Sequence[Token], at: int) -> bool:
    """Whether the bracket at ``at`` holds only symbols and commas."""
    k = at + 1
    while k < len(plain) and k < at + 14:
        token = plain[k]
        if token.text == ")":
            return k > at + 1
        symbol = token.kind in ("letter", "word") or (token.kind == "cmd" and relation(token) is None)
        if not (symbol or token.text in (",", ";") or token.kind in ("sub", "prime", "number")):
            return False
        if symbol and plain[k - 1].kind in ("letter", "number") and plain[k - 1].text != "d":
            return False
        if token.kind == "number" and plain[k - 1].kind != "sub":
            return False
        k += 1
    return False
