"""Which symbols of a document are functions. Owns: the grammar its tokens suggest. Never: parses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import field
from itertools import pairwise

from gradwright.core.letters import GREEK
from gradwright.core.record import dataclass
from gradwright.read.latex.grammar import BIG, NAMED, OWN, Grammar
from gradwright.read.latex.letters import letters_of, runs
from gradwright.read.latex.rows import Line, relation
from gradwright.read.latex.tokens import Token, argument_at, closed_after, is_norm, solid


def grammar_of(lines: Sequence[Line]) -> Grammar:
    """Functions are the symbols that are always applied, or conventionally so.

    Words are runs of letters applied twice.
    """
    tokens = [t for line in lines for side in line.sides for t in side]
    named = NAMED - _redefined(lines)
    plain = [t for t in solid(tokens) if t.kind not in ("open", "close")]
    words = _applied_words(tokens) + Counter(_headed(lines))
    mentioned = {id(line.sides[0][0]) for line in lines if not line.ops and len(line.sides[0]) == 1}
    outside = mentioned | {id(b) for a, b in pairwise(tokens) if a.kind == "sup"}
    uses = _Uses()
    for at, token in enumerate(plain):
        usual = (token.text in named and not _is_letter(token)) or token.text in _SIGNS
        if not usual and (token.kind in ("word", "letter") or (token.kind == "cmd" and token.text[:1].isalpha())):
            uses.note(plain, at, id(token) not in outside)
    functions = uses.functions | {w for w in words if words[w] > 1}
    functions -= {"d", "e", "left", "right", "cdot", "quad", "in", "delta", "times"} | named - frozenset(GREEK)
    applied = {w for w in words if words[w] > 1 and w not in named}
    differential = _writes_differentials(plain)
    functions -= {"d"} if differential else set()
    spelled = applied | _names(lines, named) | _acronyms(lines, named) | _plain_words(lines, named)
    return Grammar(functions, spelled, letters_of(lines), named, differential)


_SIGNS = frozenset(("frac", "partial", "sum", "nabla", "log", "exp", "sqrt", "prod"))


@dataclass
class _Uses:
    """How often each symbol is applied to a bracket, to symbols alone, to a list of them, and stands alone."""

    applied: Counter[str] = field(default_factory=Counter)
    symbols_only: Counter[str] = field(default_factory=Counter)
    listed: Counter[str] = field(default_factory=Counter)
    alone: Counter[str] = field(default_factory=Counter)

    def note(self, plain: Sequence[Token], at: int, counted: bool) -> None:
        """The symbol at a place; ``counted``: it may stand there alone, which is neither an exponent nor a mention."""
        name, primed = plain[at].text, at + 1 < len(plain) and plain[at + 1].kind == "prime"
        opened = at + 1 + primed
        if opened >= len(plain) or plain[opened].text != "(" or _is_parted(plain, at, opened):
            self.alone[name] += counted
            return
        self.symbols_only[name] += 2 * primed
        self.applied[name] += 1
        if _arguments_only(plain, opened):
            self.symbols_only[name] += 1
            self.listed[name] += any(t.text == "," for t in plain[opened + 1 : opened + 4])
        self.listed[name] += plain[at].kind == "word" and len(name) > 1

    @property
    def functions(self) -> set[str]:
        alone = self.alone
        symbols = {n for n, c in self.symbols_only.items() if c}
        found = {n for n in symbols if not alone[n] or n in _CONVENTIONAL or self.applied[n] > alone[n]}
        found |= {n for n, c in self.listed.items() if c}
        return found | {n for n in self.applied if n in _CONVENTIONAL and not alone[n]}


def _is_parted(plain: Sequence[Token], at: int, opened: int) -> bool:
    """``H (w - v)``: a capital with a space before a bracket that holds more than symbols is a factor."""
    parted = plain[at].text.isupper() and plain[opened].start > plain[opened - 1].end
    return parted and not _arguments_only(plain, opened)


def _applied_words(tokens: Sequence[Token]) -> Counter[str]:
    """Runs of three letters and more before a bracket."""
    spelled = (("".join(t.text for t in tokens[begin:end]), end) for begin, end in runs(tokens))
    return Counter(
        run for run, end in spelled if _opens_after(tokens, end) and (len(run) >= 3 or _is_acronym(tokens, run))
    )


def _headed(lines: Sequence[Line]) -> Iterator[str]:
    """SSE in SSE(λ) = …: capitals that a line defines as a function of symbols."""
    for line in lines:
        left = solid(line.sides[0])
        begin, end = next(runs(left), (0, 0))
        run = "".join(t.text for t in left[begin:end])
        if begin or len(run) < 2 or not run.isupper() or len(line.sides) < 2 or not _opens_after(left, end):
            continue
        opened = next(k for k in range(end, len(left)) if left[k].text == "(")
        defined = closed_after(left, opened) == len(left) and _arguments_only(left, opened)
        if defined and (len(run) > 2 or _is_acronym([t for ln in lines for side in ln.sides for t in side], run)):
            yield run


def _opens_after(tokens: Sequence[Token], at: int) -> bool:
    """Whether a bracket follows, perhaps after primes and subscripts: FL'(p), SSE_λ(β)."""
    while at < len(tokens) and tokens[at].kind in ("prime", "sub", "gap"):
        at = argument_at(tokens, at + 1)[1] if tokens[at].kind == "sub" else at + 1
    return at < len(tokens) and tokens[at].text == "("


def _is_acronym(tokens: Sequence[Token], run: str) -> bool:
    """FL: two capitals that stand side by side, and nowhere else."""
    letters = [t for t in tokens if t.kind == "letter"]
    beside = {id(t) for one, two in pairwise(letters) if one.text + two.text == run for t in (one, two)}
    return len(run) == 2 and run.isupper() and all(id(t) in beside for t in letters if t.text in run)


_AFTER_A_SYMBOL = frozenset(("in", "times", "cdot", "dots", "odot"))


def _writes_differentials(plain: Sequence[Token]) -> bool:
    """Whether d stands before a symbol more often than not."""
    differential = alone = 0
    inside = False
    for token, after in zip(plain, (*plain[1:], None), strict=False):
        inside ^= is_norm(token)
        if token.kind == "letter" and token.text == "d" and token.style in ("", "roman"):
            starts = after is not None and after.kind in ("letter", "cmd", "word") and relation(after) is None
            starts = starts and after is not None and after.text not in _AFTER_A_SYMBOL | BIG.keys()
            begins = starts or (after is not None and (after.text == "(" or (is_norm(after) and not inside)))
            differential, alone = differential + begins, alone + (not begins)
    return differential > alone


_CONVENTIONAL = frozenset((
    "f", "g", "h", "phi", "psi", "sigma", "varphi", "F", "G", "s", "ell", "varsigma", "xi", "L", "J", "H", "l", "u",
    "v",
))  # fmt: skip


def _is_letter(token: Token) -> bool:
    r"""Whether it is \\psi, which is no name of digamma."""
    return token.kind == "cmd" and token.text in GREEK


def _names(lines: Sequence[Line], named: frozenset[str]) -> set[str]:
    """FL, where it stands before an = and its letters never stand alone."""
    found: Counter[str] = Counter()
    sides = [solid(side) for line in lines for side in line.sides]
    runs = [s for s in sides if len(s) > 1 and all(t.kind == "letter" and t.text.isupper() and not t.style for t in s)]
    for run in runs:
        if run[-1].end - run[0].start == len(run):
            found["".join(t.text for t in run)] += 1
    letters = Counter(t.text for side in sides for t in side if t.kind == "letter" and not t.style)
    return {name for name in found if all(letters[x] <= _within(sides, name) for x in set(name)) and name not in named}


def _acronyms(lines: Sequence[Line], named: frozenset[str]) -> set[str]:
    """NDCG, DCG, IDCG: capitals that stand side by side and never alone, where one such run is a side by itself.

    A B C and B C A are products: no two runs are of the same letters.
    """
    sides = [side for line in lines for side in line.sides]
    spelled = [("".join(t.text for t in s[begin:end]), s, end) for s in sides for begin, end in runs(s)]
    loose = {run for run, _, _ in spelled if len(run) == 1} | {
        x for run, _, _ in spelled if not run.isupper() for x in run
    }
    found = {run for run, _, _ in spelled if len(run) > 1 and run.isupper() and not set(run) & loose}
    kinds = Counter("".join(sorted(run)) for run in found)
    found = {run for run in found if kinds["".join(sorted(run))] == 1} - named
    heads = {run for run, side, end in spelled if run in found and len(run) > 2 and _is_all(side, run, end)}
    return found if heads else set()


def _is_all(side: Sequence[Token], run: str, end: int) -> bool:
    """Whether a run of letters is a side by itself, whatever its subscript or its argument."""
    if end != len(run):
        return False
    return end == len(side) or side[end].kind == "sub" or (side[end].text == "(" and side[-1].text == ")")


_VOWELS = frozenset("aeiouy")


def _plain_words(lines: Sequence[Line], named: frozenset[str]) -> set[str]:
    """query, key: runs of letters that stand more than once, while few of their letters stand by themselves."""
    runs: Counter[str] = Counter()
    for side in (side for line in lines for side in line.sides):
        joined = "".join(t.text if t.kind == "letter" and not t.style else " " for t in side)
        runs.update(joined.split())
    known = [name for name in named if len(name) > 1]
    words = {
        run
        for run, times in runs.items()
        if times > 1 and len(run) > 2 and run.islower() and run.isascii()
        and set(run) & _VOWELS and set(run) - _VOWELS and not any(name in run for name in known)
    }  # fmt: skip
    loose = {letter for run in runs if run not in words for letter in run}
    return {word for word in words if 2 * len(set(word) & loose) < len(set(word))}


def _redefined(lines: Sequence[Line]) -> frozenset[str]:
    """The names to which a line gives a meaning of the document's own: GELU(x) = …"""
    found = set()
    for line in lines:
        left = solid(line.sides[0])
        opened = next((k for k, t in enumerate(left) if t.text == "("), 0)
        if len(line.sides) > 1 and left[-1:] and left[-1].text == ")":
            found.add("".join(t.text for t in left[:opened]))
    return frozenset(found) & OWN


def _within(sides: Sequence[Sequence[Token]], name: str) -> int:
    """How often a run of letters stands in the document."""
    return sum("".join(t.text if t.kind == "letter" else " " for t in side).count(name) for side in sides)


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
