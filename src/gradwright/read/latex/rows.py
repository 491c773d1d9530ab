"""From one stretch of mathematics to its lines. Owns: environments, rows, what separates two relations on a row,
conditions that stand beside one. Never: parses an expression.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from itertools import pairwise

from gradwright.core.errors import Error
from gradwright.core.record import dataclass
from gradwright.read.latex.tokens import Token, closed_after, solid
from gradwright.read.syntax import ORDERS, Relation

ENVIRONMENTS = (
    "equation", "align", "aligned", "gather", "multline", "flalign", "alignat", "eqnarray", "displaymath", "math",
    "split", "gathered", "dmath",
)  # fmt: skip
"""Environments that are mathematics by themselves."""

_SPLITTING = {*ENVIRONMENTS, "subequations", "center"}
EQUALS: dict[str, Relation] = {"=": "=", "equiv": "=", "defined": ":=", ":=": ":="}
RELATIONS: dict[str, Relation] = {
    **EQUALS, "neq": "!=", "<": "<", ">": ">", "leq": "<=", "geq": ">=", "approx": "~", "in": "in", "to": "to",
        "sim": "~",
    "propto": "~", "simeq": "~", "leftarrow": ":=", "gets": ":=", "iff": "iff", "implies": "iff", "Rightarrow": "iff",
    "Leftrightarrow": "iff", "cong": "~", "ll": "<", "gg": ">", "Longrightarrow": "iff", "perp": "~", "subset": "in",
    "preceq": "<=", "succeq": ">=", "succ": ">", "prec": "<", "notin": "in", "le": "<=", "ge": ">=",
    "longleftarrow": ":=",
}  # fmt: skip
_REMARKS = ("from", "since", "because", "by", "as", "using", "let", "note", "see", "recall")
CONDITIONAL = (
    "if", "for", "when", "where", "with", "otherwise", "whenever", "given", "provided", "else", "case", "iff",
    "subject", "such", "s.t",
)  # fmt: skip


@dataclass
class Line:
    """Sides joined by relations: ``sides[k] ops[k] sides[k + 1]``. An empty first side continues the line before."""

    sides: list[list[Token]]
    ops: list[Token]
    conditions: list[list[Token]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    error: Error | None = None
    also: list[list[Token]] = field(default_factory=list)

    @property
    def continues(self) -> bool:
        return bool(self.ops) and not self.sides[0]


def lines_of(tokens: Sequence[Token]) -> list[Line]:
    """The lines of a formula, in order; a row that is only a condition is one of what stands beside it."""
    lines: list[Line] = []
    ahead: list[list[Token]] = []
    for row in _joined(_rows(tokens)):
        found, conditions = _lines(row)
        if found:
            found[0].conditions[:0] = ahead
            lines += found
            ahead = []
        elif lines and row[-1].text != ":":
            _belongs(lines).extend(conditions)
        else:
            ahead = conditions
    return lines


def _belongs(lines: Sequence[Line]) -> list[list[Token]]:
    """The conditions of the last chain."""
    return next((line for line in reversed(lines) if not line.continues), lines[-1]).conditions


def _rows(tokens: Sequence[Token]) -> list[list[Token]]:
    rows: list[list[Token]] = [[]]
    depth = brackets = inner = 0
    skip, systems = 0, set[int]()
    opening, closing = _brackets(tokens)
    for at, token in enumerate(tokens):
        if skip:
            skip -= 1
            continue
        opens = token.kind == "begin" and inner == 0
        system = _system(tokens, at) if opens and token.text == "array" and not solid(rows[-1]) else None
        if opens and (token.text in _SPLITTING or system is not None):
            systems |= {system} if system is not None else set()
            skip = _arguments(tokens, at + 1) if system is None else closed_after(tokens, at + 1) - at - 1
            continue
        if token.kind == "end" and inner == 0 and (token.text in _SPLITTING or at in systems):
            if rows[-1]:
                rows.append([])
            continue
        inner += {"begin": 1, "end": -1}.get(token.kind, 0)
        depth += {"open": 1, "close": -1}.get(token.kind, 0)
        if inner == 0 and token.kind == "op":
            brackets += (token.text in opening) - (token.text in closing)
        if token.kind == "row" and depth <= 0 and inner == 0:
            if brackets <= 0:
                rows.append([])
                brackets = 0
            continue
        rows[-1].append(token)
    return [row for row in rows if solid(row)]


def _brackets(tokens: Sequence[Token]) -> tuple[str, str]:
    r"""The signs that open and close; braces only where each has its partner, unlike \left\{ … \right. of cases."""
    braces = [t.text for t in tokens if t.kind == "op" and t.text in "{}"]
    return ("([{", ")]}") if braces.count("{") == braces.count("}") else ("([", ")]")


def _system(tokens: Sequence[Token], at: int) -> int | None:
    r"""Where an array ends that sets equations below each other: a &=& b \\ c &=& d."""
    depth = 0
    for end in range(at, len(tokens)):
        depth += {"begin": 1, "end": -1}.get(tokens[end].kind, 0)
        if depth == 0:
            cells = [t for t in tokens[at:end] if t.kind != "gap"]
            beside = (one.kind == "amp" and relation(two) is not None for one, two in pairwise(cells))
            return end if any(beside) else None
    return None


def _arguments(tokens: Sequence[Token], at: int) -> int:
    r"""How many tokens the argument of \begin{alignat}{2} or \begin{aligned}[t] takes."""
    if at < len(tokens) and tokens[at].text == "[":
        end = next((k for k in range(at, min(at + 4, len(tokens))) if tokens[k].text == "]"), at - 1)
        return end - at + 1
    numbers = tokens[at : at + 3]
    if len(numbers) == 3 and [t.kind for t in numbers] == ["open", "number", "close"]:
        return 3
    return 0


_BINARY = ("+", "-", "times", "cdot")


def _joined(rows: list[list[Token]]) -> list[list[Token]]:
    """A row that begins with + or − (after &), or follows one that ends with an operator, goes on with it.

    A sign at the end of a row that stands again before the next is one, as many print it.
    """
    done: list[list[Token]] = []
    for row in rows:
        bare = _without_empty_groups(solid(row))
        last = solid(done[-1]) if done else []
        begins = bool(bare) and bare[0].text in _BINARY and _has_relation(done[-1] if done else [])
        ends = bool(last) and (last[-1].text in _BINARY or relation(last[-1]) == "=")
        again = ends and bool(bare) and bare[0].text == last[-1].text
        if done and ((begins and not _has_relation(row)) or ends):
            start = row.index(bare[0]) if begins or again else 0
            done[-1] += row[start + again :]
        else:
            done.append(list(row))
    return done


def _without_empty_groups(row: list[Token]) -> list[Token]:
    """Without the {} that stands before a sign to make it a binary one."""
    while len(row) > 2 and row[0].kind == "open" and row[1].kind == "close":
        row = row[2:]
    return row


def _has_relation(row: Sequence[Token]) -> bool:
    return any(relation(t) for t, top in levels(row) if top)


def relation(token: Token) -> Relation | None:
    if token.kind == "op" or token.kind == "cmd":
        return RELATIONS.get(token.text)
    return None


def levels(row: Sequence[Token]) -> list[tuple[Token, bool]]:
    """Every token with whether it stands outside all brackets, groups and environments."""
    depth = 0
    result = []
    opens, closes = _brackets(row)
    for token in row:
        angle = token.text if token.kind == "cmd" else ""
        closing = token.kind in ("close", "end") or (token.kind == "op" and token.text in closes) or angle == "rangle"
        opening = token.kind in ("open", "begin") or (token.kind == "op" and token.text in opens) or angle == "langle"
        if closing and depth:
            depth -= 1
        result.append((token, depth == 0 and not closing and not opening))
        if opening:
            depth += 1
    return result


def parted(tokens: Sequence[Token], signs: Sequence[str]) -> list[list[Token]]:
    """The stretches between signs."""
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.text.strip() in signs:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


@dataclass
class _Part:
    """What stands between two cuts of a row: the word before it, and whether more than a comma parts it."""

    word: str
    tokens: list[Token] = field(default_factory=list)
    wide: bool = False


def _lines(row: Sequence[Token]) -> tuple[list[Line], list[list[Token]]]:
    """The row cut where a word, a wide space, a comma or a semicolon parts two statements, and its conditions."""
    lines: list[Line] = []
    conditions: list[list[Token]] = []
    words: list[str] = []
    conditional = False
    listed: list[list[Token]] = []
    parts = _parts(row)
    claim = _first_claim(parts)
    for part in parts:
        bare = _bare(part.tokens)
        if part.word:
            words.append(part.word)
            conditional = _is_conditional(part.word)
        if not bare:
            continue
        if conditional and part is not claim:
            conditions.append(bare)
            continue
        conditional = False
        inner = solid(bare)
        inner = inner[:-1] if inner[-1:] and inner[-1].text in (".", ",", ";") else inner
        if lines and "=" in map(relation, lines[-1].ops) and _is_bound(inner):
            conditions.append(inner)
        elif _has_relation(bare):
            lines.append(_line(bare))
            lines[-1].also, listed = listed, []
        elif not lines or not lines[-1].ops:
            lines.append(Line([bare], []))
            listed.append(bare)
        elif len(inner) >= 3 and inner[0].text == "(" and inner[-1].text == ")":
            conditions.append(inner[1:-1])
    for line in lines:
        line.conditions, line.words = conditions, words
    return lines, conditions


def _is_bound(part: Sequence[Token]) -> bool:
    """x > 0, 0 < p < 1, i ≠ j after an equation: where it holds."""
    sides = parted(part, [t.text for t in part if relation(t) in ORDERS | {"!="}])
    letters = [side for side in sides if len(side) == 1 and side[0].kind == "letter"]
    short = all(len(side) == 1 or (len(side) == 2 and side[0].text == "-") for side in sides)
    return len(sides) > 1 and bool(letters) and short


def _is_conditional(word: str) -> bool:
    first, last = word.split()[0].rstrip(",.:"), word.split()[-1]
    return first in (*CONDITIONAL, *_REMARKS) or last in CONDITIONAL


def _first_claim(parts: Sequence[_Part]) -> _Part | None:
    """What a row is said of that begins with its condition: if i = j: x = y; where s = t.

    It stands after more than a comma, or last where only commas part it.
    """
    head = next((k for k, part in enumerate(parts) if _bare(part.tokens)), len(parts))
    word = next((part.word for part in reversed(parts[: head + 1]) if part.word), "")
    if head == len(parts) or not word or not _is_conditional(word):
        return None
    if word.split()[0].rstrip(",.:") in ("where", *_REMARKS) and _has_relation(parts[head].tokens):
        return parts[head]
    others = (k for k in range(head + 1, len(parts)) if parts[k].word and not _is_conditional(parts[k].word))
    end = next(others, len(parts))
    after = [part for part in parts[head + 1 : end] if not part.word and _has_relation(_bare(part.tokens))]
    wide = next((part for part in after if part.wide), None)
    last = after[-1:] if end == len(parts) else []
    return wide or next((part for part in last if any(len(side) > 3 for side in _sides(part))), None)


def _sides(part: _Part) -> list[list[Token]]:
    return _line(_bare(part.tokens)).sides


def _parts(row: Sequence[Token]) -> list[_Part]:
    """The row where it is cut."""
    parts = [_Part("")]
    places = levels(row)
    for at, (token, top) in enumerate(places):
        part = parts[-1]
        word = _cut(places, at, part.tokens) if top else None
        if word is not None:
            wide = token.text not in (",", ";") or (part.wide and not _bare(part.tokens))
            parts.append(_Part(word, [], wide))
        elif not top or not (token.kind == "amp" or (token.kind == "quad" and _unfinished(part.tokens))):
            part.tokens.append(token)
    return parts


def _cut(places: Sequence[tuple[Token, bool]], at: int, before: Sequence[Token]) -> str | None:
    """The word with which a new part begins at a token, nothing where it is a sign; None where none begins."""
    token, after = places[at][0], places[at + 1][0].text if at + 1 < len(places) else ""
    if token.kind == "word" and is_prose(token.text) and not _is_constant(token, before):
        return token.text.strip().lower()
    if token.kind == "cmd" and token.text == "forall":
        return "for"
    if token.kind == "amp":
        bare = _bare(before)
        if not bare or relation(bare[-1]) is not None:
            return None
        return "" if _next_is_word(places, at) or (_has_relation(bare) and _begins_another(places, at)) else None
    parting = token.kind == "quad" or (token.text in (",", ";") and token.kind == "op")
    parting = parting or (token.text == ":" and after != "=")
    return "" if parting and not (token.kind == "quad" and _unfinished(before)) else None


def _is_constant(word: Token, before: Sequence[Token]) -> bool:
    """The word in … + const."""
    last = solid(before)
    return word.text.strip(" .").lower() in ("const", "constant") and bool(last) and last[-1].text in ("+", "-")


def _unfinished(part: Sequence[Token]) -> bool:
    last = solid(part)
    return bool(last) and (last[-1].text in ("+", "-", "times", "cdot") or relation(last[-1]) is not None)


def _begins_another(places: Sequence[tuple[Token, bool]], at: int) -> bool:
    """Whether a side stands between a mark of alignment and the next relation: a = b && c = d."""
    side: list[Token] = []
    for token, top in places[at + 1 :]:
        if top and relation(token):
            return bool(_bare(side)) and side[0].text not in ("+", "-")
        side.append(token)
    return False


def _next_is_word(places: Sequence[tuple[Token, bool]], at: int) -> bool:
    rest = solid([t for t, _ in places[at + 1 :]])
    return bool(rest) and rest[0].kind == "word"


def _bare(tokens: Sequence[Token]) -> list[Token]:
    done: list[Token] = []
    depth = 0
    for token in tokens:
        depth += {"begin": 1, "end": -1}.get(token.kind, 0)
        if depth or token.kind not in ("amp", "quad"):
            done.append(token)
    return done if any(t.kind != "gap" for t in done) else []


def is_prose(text: str) -> bool:
    """Whether a word inside mathematics is said about it, rather than a name in it."""
    first = text.strip().lower().split()
    if not first:
        return True
    return text.endswith(" ") or len(first) > 1 or first[0].rstrip(",.:;()") in (
        *CONDITIONAL, "and", "or", "from", "since", "because", "as", "so", "thus", "hence", "is", "by", "let", "are",
        "we", "using", "to", "of", "on", "at", "const", "then", "otherwise", "therefore", "but", "also", "while",
    )  # fmt: skip


def _line(tokens: Sequence[Token]) -> Line:
    sides: list[list[Token]] = [[]]
    ops: list[Token] = []
    for token, top in levels(tokens):
        meaning = relation(token) if top else None
        if meaning and token.text == "=" and sides[-1] and sides[-1][-1].text == ":":
            sides[-1].pop()
            ops.append(Token("op", ":=", token.start, token.end))
            sides.append([])
        elif meaning:
            ops.append(token)
            sides.append([])
        else:
            sides[-1].append(token)
    return Line([_trimmed(side) for side in sides], ops)


def _trimmed(side: list[Token]) -> list[Token]:
    """Without the gaps and the punctuation at its ends."""
    start, end = 0, len(side)
    while start < end and side[start].kind == "gap":
        start += 1
    while end > start and (
        side[end - 1].kind == "gap" or (side[end - 1].kind == "op" and side[end - 1].text in ",.;:")
    ):
        end -= 1
    return side[start:end]
