"""What a document says in words. Owns: facts, declarations and case scopes stated in prose. Never: reads formulas."""

from __future__ import annotations

import re

from gradwright.core.facts import FACTS
from gradwright.core.record import dataclass

_CONSTANT = r"constant|does not depend|independent of"
FACT_WORDS: tuple[tuple[str, str, bool], ...] = (
    *((pattern, row.name, False) for row in FACTS.values() for pattern in row.words),
    *((pattern, row.name, True) for row in FACTS.values() for pattern in row.kinds),
    (_CONSTANT, "constant", False),
)
"""Words, the fact they state of the symbol beside them, and whether they say it by naming a kind of matrix; that it is
constant is none of its values."""

_BEYOND = r"(?:complex(?:[- ]valued)?|imaginary unit|quaternions?|random (?:process|field))"
"""Words for what is no array of real numbers."""

_NOT = re.compile(r"\b(not|isn't|aren't|non-?|unless|if|whether|need not|(?<!\bis )(?<!\bbe )any)\s[^.]*$", re.I)
_OPENS = re.compile(
    r"(?:\b(?:if|for|when|where|whenever|case|suppose|assume|assuming|consider(?:ing)?|otherwise)\b[^.;:]{0,40}|\bcase\b[\w\s.]{0,12}[*_]*:?[*_]*\s*\(?\s*|^\s*#+\s*[\w.\s]*|^\s*[-*]*\s*)$",
    re.I,
)
_CLOSES = re.compile(
    r"\b(therefore|in consequence|consequently|thus|hence|in summary|summari[sz]ing|altogether|combining|"
    r"combine|in general|"
    r"putting|in both cases|finally|overall|as a result|in total|together)\b", re.I,
)  # fmt: skip
_GOES_ON = r"(?!(?:Step|Given|Answer|Proof|Solution|Note|Remark|Hint|Result|Derivation|Jacobian|Gradient|Hence|Then)\b)"
"""What a paragraph may begin with in bold without being another subject."""
HEADING = re.compile(
    rf"^\s*#{{1,6}}\s|^\s*\*\*{_GOES_ON}[^*\n]{{1,60}}\*\*|\\(?:sub)*section|\\paragraph|<h[1-6]|"
    r"\\begin\{frame\}(?:\[[^\]\n]*\])?\s*\{|\\frametitle\b",
    re.M,
)
DEFINING = re.compile(r"\b(defin\w*|denote\w*|let|write|call|where|is given by|with|set)\b[^.]{0,80}$", re.I)
INTRODUCING = re.compile(r"\b(for|let|consider|suppose|take|given|define|with|when|where)\s*$", re.I)
IMPOSING = re.compile(
    r"\b(set(?:ting)?|equat\w*|requir\w*|impos\w*|must (?:be|satisfy)|solv\w*|want\w*|(?<!we )(?<!one )find|seek\w*|"
    r"look\w* for|minimi[sz]\w*|subject to)\b[^.]{0,60}$",
    re.I,
)
SOLVING = re.compile(r"\b(solv(?:es?|ing)|solutions? (?:of|to)|must satisfy)\s*(?:the )?[\w\s-]{0,40}$", re.I)
"""Words before an equation for what stands on either side of it."""
ASSUMING = re.compile(
    r"\b(given|assum\w*|suppos\w*|if|when|where|for|provided|such that|(?<!,\s)so that|require\w*|at|"
    r"(?<!accordance )(?<!agrees )(?<!agreement )(?<!consistent )with)\s*$",
    re.I,
)
LETTING = re.compile(r"\b(?:let|suppose|write)\s*$", re.I)
"""Words after which a list gives names their meanings, or says what holds of them."""
_NOTE = re.compile(r"(?:%|<!--|//|#)\s*gradwright:\s*(?P<body>[^\n]*?)(?:-->|$)", re.M)
_DIRECTIVE = re.compile(r"^(?P<name>\\?[A-Za-z]\w*)\s*:\s*(?P<shape>[\w\s]+?)$")


@dataclass(frozen=True)
class Words:
    """A fact in words about the formula numbered ``piece``; ``kind``: of what is so by its kind, as covariances are."""

    fact: str
    piece: int
    said: str
    kind: bool = False


_BESIDE = r"(?:(?:real|square|symmetric|strictly|invertible|nonsingular|and|also|both)\s+)*"
"""Adjectives before another one that is said of the same symbol."""
_SAID_OF = (
    r"(?:vectors?|matrix|matrices|labels?|encoding|target|scalar|covariance|kernel|precision|weight|cost|noise|hessian|"
    r"gram|definite|positive|semi-?definite)"
)
"""Words between an adjective and the symbol of which it is said."""
_NAMED = rf"\)?(?:\s+{_SAID_OF})+(?:\s+(?:is|are|be|called|denoted(?:\s+by)?))?"
"""symmetric) covariance matrix is Σ."""
_ENTRYWISE = r"(?:element|entry|component|coordinate|point)[- ]?wise"


_COLUMNS = re.compile(r"\bcolumns\s+of\s+(?:the\s+matrix\s+)?⟦\d+⟧\s+(?:are|being)[^⟦⟧]*$", re.I)
"""The columns of Q are orthonormal: Q itself need not be square."""
_ROWS = re.compile(_COLUMNS.pattern.replace("columns", "rows"), re.I)
"""The rows of Q are: a fact that is not followed."""


def facts_in(text: str, sets: frozenset[int] = frozenset()) -> list[Words]:
    """Facts in a sentence where ⟦n⟧ stands for the n-th formula.

    In a list of declarations (``sets``: x ∈ …, W ∈ … symmetric) a fact is said of the last one only.
    """
    found: list[Words] = []
    for match in re.finditer(rf"⟦(\d+)⟧[^⟦⟧.]{{0,60}}?{_ENTRYWISE}|{_ENTRYWISE}[^⟦⟧.]{{0,40}}⟦(\d+)⟧", text, re.I):
        found.append(Words("elementwise", int(match.group(1) or match.group(2)), match.group()[:80]))
    for sentence in re.split(r"(?<=[.!?])\s|\n\s*\n|[⟧]{3}", text):
        for pattern, row, kind in FACT_WORDS:
            for match in re.finditer(pattern, sentence, re.I):
                before, after = sentence[: match.start()], sentence[match.end() :]
                if row == "orthogonal" and _ROWS.search(before):
                    continue
                fact = "orthonormal" if row == "orthogonal" and _COLUMNS.search(before) else row
                subject = re.search(r"⟦(\d+)⟧[^⟦⟧]{0,20}?\b(?:is|are|be|being|were|was|has|have)\b[^⟦⟧]{0,40}$", before)
                many = re.search(r"((?:⟦\d+⟧(?:,|\s|and|both)*)+)(?:is|are|be)\b[^⟦⟧]{0,30}$", before)
                listed = re.search(rf"((?:⟦\d+⟧(?:,|\s|and|both)*)+|⟦\d+⟧\s+an?\s+){_BESIDE}$", before)
                following = re.match(rf"(?:{_NAMED})?\s*((?:⟦\d+⟧(?:,|\s|and|both)*)+)", after, re.I)
                if following and re.search(r"\b(?:with|has|having)\s+(?:an?\s+|the\s+)?(?:\w+\s+)?$", before):
                    subject = None
                if subject and not _NOT.search(before[subject.start() :]) and not re.search(r"\b(if|not)\b", before):
                    pieces = re.findall(r"⟦(\d+)⟧", many.group(1)) if many else [subject.group(1)]
                    found += [Words(fact, p, sentence.strip()[:80], kind) for p in _meant(pieces, sets)]
                elif listed and not re.search(r"\b(if|not)\b", before):
                    pieces = re.findall(r"⟦(\d+)⟧", listed.group(1))
                    found += [Words(fact, p, sentence.strip()[:80], kind) for p in _meant(pieces, sets)]
                elif following and not re.search(r"\bnot\s+(?:\w+\s+)?$", before):
                    pieces = re.findall(r"⟦(\d+)⟧", following.group(1))
                    found += [Words(fact, p, sentence.strip()[:80], kind) for p in _meant(pieces, sets)]
    return found


_STRUCTURES = (
    r"(?:circulant|toeplitz|hankel|vandermonde|tri-?diagonal|banded|commut(?:e|ing)|nilpotent|hadamard|companion|"
    r"permutation|rotation|unitary|hermitian|stochastic)"
)
_LISTED = r"((?:⟦\d+⟧(?:,|\s|and)*)+)"


def structured(text: str) -> set[int]:
    """The formulas that stand for matrices of a structure that is not followed."""
    said = (
        rf"{_LISTED}(?:(?:is|are|be)\s+)?(?:\w+\s+){{0,3}}?{_STRUCTURES}\b",
        rf"\b{_STRUCTURES}\s+(?:matri(?:x|ces)\s+)?{_LISTED}",
        rf"{_LISTED}(?:\w+\s+){{0,4}}?orthonormal rows\b",
        rf"\brows\s+of\s+(?:the\s+matrix\s+)?{_LISTED}(?:are|being)\s+orthonormal\b",
    )
    return {int(n) for pattern in said for m in re.finditer(pattern, text, re.I) for n in re.findall(r"\d+", m[1])}


def beyond(text: str) -> set[int]:
    """The formulas that stand for what is no array of real numbers."""
    said = (
        rf"{_BEYOND}(?: (?:number|variable|vector|matrix|scalar)s?)?,? ⟦(\d+)⟧|⟦(\d+)⟧ (?:is|are|be)(?: an?)? {_BEYOND}"
    )
    matches = (m for m in re.finditer(said, text, re.I) if m[1] or not _WHENEVER.search(text[: m.start()]))
    return {int(m[1] or m[2]) for m in matches}


_WHENEVER = re.compile(r"\b(?:when|whenever|if|unless|even|not)\s+(?:\w+\s+)?$", re.I)
"""Words before “z is complex” that say it of some of its values, and not of those of the document."""


def _meant(pieces: list[str], sets: frozenset[int]) -> list[int]:
    numbers = [int(p) for p in pieces]
    return numbers[-1:] if sets & set(numbers) else numbers


def opens_case(before: str, after: str) -> bool:
    """Whether an index condition between these words opens a case, rather than remarks on one."""
    line = before[before.rfind("\n") + 1 :]
    if not _OPENS.search(line[-80:]):
        return False
    if re.search(r"\b(note|notice|recall|because|since|similar|unlike)\b[^.]*$", before[-80:], re.I):
        return bool(re.match(r"\s*[:]", after))
    return bool(re.match(r"\s*\)?\s*(?:[,:.;]|$|\n|then|we |the )|\s*\$?\s*\n", after)) or not after.strip()


def closes_case(between: str) -> bool:
    return bool(_CLOSES.search(between) or HEADING.search(between))


def is_foreign(text: str) -> bool:
    """Whether a document is in a language whose words are not read here."""
    letters = [c for c in re.sub(r"\$[^$]*\$|\\\w+", " ", text) if c.isalpha()]
    strange = sum(ord(c) >= 0x400 for c in letters)
    words = re.findall(r"[a-z]{2,}", text.lower())
    common = sum(word in _ENGLISH for word in words)
    return strange > len(letters) // 4 or (len(words) > 200 and common < len(words) // 40)


_ENGLISH = frozenset(
    [
        "the",
        "of",
        "and",
        "is",
        "in",
        "to",
        "we",
        "that",
        "for",
        "with",
        "are",
        "this",
        "it",
        "as",
        "by",
        "on",
        "be",
        "an",
        "or",
        "from",
    ]
)


_CODE = re.compile(r"code\s+(?P<program>\S+\.py:[\w.]+)\s+is\s+(?P<symbol>\S+)")
_LAYOUTS = (
    (re.compile(r"numerator layout|jacobian (?:layout|convention|formulation)|gradients? (?:is|are)(?: \w+){0,3} rows?|"
                r"derivatives? (?:is|are)(?: \w+){0,3} rows?\b", re.I), "numerator"),
    (re.compile(r"denominator layout|hessian (?:layout|convention|formulation)", re.I), "denominator"),
)  # fmt: skip


def layout_in(text: str) -> str:
    """The layout of derivatives that a document says it keeps to; or nothing."""
    return next((name for pattern, name in _LAYOUTS if pattern.search(text)), "")


def directives(text: str) -> list[str]:
    """What comments that begin with ``gradwright:`` state; the programs that they name are no statements."""
    return [part for part in _notes(text) if not _CODE.fullmatch(part)]


def programs(text: str) -> list[tuple[str, str]]:
    """The programs that comments name, each with the symbol it computes: ``% gradwright: code loss.py:loss is L``."""
    found = filter(None, map(_CODE.fullmatch, _notes(text)))
    return [(code["program"], code["symbol"]) for code in found]


def _notes(text: str) -> list[str]:
    return [part.strip() for m in _NOTE.finditer(text) for part in m.group("body").split(";") if part.strip()]


def directive(text: str) -> tuple[str, str, tuple[str, ...]]:
    """``y onehot``, ``onehot(y)`` and ``X: n by m`` as (kind, name, values)."""
    called = re.match(r"^(\w+)\((\\?\w+)\)$", text)
    if called:
        return "fact", called.group(2), (called.group(1),)
    shaped = _DIRECTIVE.match(text)
    if shaped:
        dims = [d for d in re.split(r"[\s,x×]+|\bby\b", shaped.group("shape")) if d and d not in ("by", "scalar")]
        return "shape", shaped.group("name"), tuple(dims)
    words = text.split()
    return "fact", words[0], tuple(w.replace("-", "") for w in words[1:] if w not in ("is", "a", "an"))
