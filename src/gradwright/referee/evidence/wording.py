"""What the words beside a formula say that it is for. Owns: rows of words, and which of them govern a formula.

A row is a pattern with sentences in which it must fire and in which it must not. Never: reads a formula.
"""

from __future__ import annotations

import re
from typing import Literal

from gradwright.core.record import dataclass

Says = Literal["condition", "inference", "any", "definition", "solution"]
"""Of a formula: it is a condition; it follows; it holds for every value; it gives a name its meaning; it says where
something is smallest or largest, or vanishes."""


@dataclass(frozen=True, slots=True)
class Wording:
    """``⟦⟧`` in the examples is the formula that is governed."""

    says: Says
    pattern: str
    fires: tuple[str, ...]
    spares: tuple[str, ...] = ()
    after: bool = False  # the words stand behind the formula

    def found(self, words: str) -> re.Match[str] | None:
        """The last place where the words stand; a condition does not reach over a comma."""
        every = list(re.finditer(rf"\b(?:{self.pattern})(?!\w)", words, re.I))
        last = every[-1] if every else None
        reaches = last is None or self.says != "condition" or "," not in words[last.end() :]
        return last if reaches else None


_NOT_COMPARED = "".join(rf"(?<!{words} )" for words in (
    "accordance", "agrees", "agree", "agreement", "consistent", "compare", "compared", "line", "conformity",
))  # fmt: skip
"""Words after which “with” compares."""
WORDINGS: tuple[Wording, ...] = (
    Wording("condition", "if|when|whenever|iff|if and only if|only if|unless|as long as|provided(?: that)?",
            ("P is idempotent if ⟦⟧", "it is stationary when it satisfies ⟦⟧"), ("If A is regular, then ⟦⟧",)),
    Wording("condition", r"such that|(?<!,\s)so that|satisfy(?:ing)?|obey(?:ing)?|"
            rf"(?:{_NOT_COMPARED}with|for|in which|under(?: which)?)\s*$",
            ("all x with ⟦⟧", "choose s such that ⟦⟧", "let u satisfy ⟦⟧"),
            ("With the chain rule, ⟦⟧", "with the gradient ⟦⟧", "Q is orthogonal, so that ⟦⟧")),
    Wording("condition", r"assum\w*|suppos\w*|imagin\w*|consider\w*|hypothes\w+|postulat\w*",
            ("Suppose that ⟦⟧", "We assume ⟦⟧"), ("As we assumed, ⟦⟧",)),
    Wording("condition", r"choos\w*|chosen|set(?:s|ting)?|requir\w*|demand\w*|impos\w*|enforc\w*|want|would|"
            r"must|should",
            ("we choose ⟦⟧", "Setting ⟦⟧", "this demands ⟦⟧"), ("The set is convex, and ⟦⟧",)),
    Wording("condition", r"subject to|s\.t|constrain\w*|equilibrium|balance|"
            r"(?:conditions?|stationarity|optimality|feasibility|slackness)"
            r"(?: is| are| reads?| gives?| says?(?: that)?| means?(?: that)?)?",
            ("minimise it subject to ⟦⟧", "The first-order condition is ⟦⟧", "Stationarity reads ⟦⟧"),
            ("Under this condition, ⟦⟧",)),
    Wording("condition", r"solv\w*|solutions? (?:of|to)|roots? of|zeros? of|obey\w*|equations?(?: is| are)?|system",
            ("P solves ⟦⟧", "the roots of ⟦⟧"), ("Solving it, ⟦⟧",)),
    Wording("condition", r"at|start(?:s|ing)?(?: at| from| with)?|initial\w*|begin\w*",
            ("The state starts at ⟦⟧",), ("At the optimum, ⟦⟧",)),
    Wording("condition", r"commut(?:e|es|ing)\W*(?:i\.?e|that is|so)?\W*$",
            ("Let A and B commute, ⟦⟧", "commuting, that is ⟦⟧"), ("They commute only then, and ⟦⟧",)),
    Wording("definition", r"defin\w*|denot\w*|let|writ\w*|call\w*|where|now let|take|put|introduc\w*|abbreviat\w*",
            ("Let ⟦⟧", "where ⟦⟧"), ()),
    Wording("inference", r"then|thus|hence|therefore|so|(?<=,\s)so that|consequently|accordingly|whence|i\.e|"
            r"that is|means?|implies|imply",
            ("then ⟦⟧", "this means ⟦⟧", "so ⟦⟧", "it is small, so that ⟦⟧"), ("choose it so that ⟦⟧",)),
    Wording("inference", r"gives?|giving|yields?|yielding|becomes?|obtain\w*|gets?|find|follows?|conclud\w*|shows?|"
            r"reads?",
            ("we get ⟦⟧", "which gives ⟦⟧"), ()),
    Wording("inference", r"have|has|equals?|since|because|indeed|namely|recall(?: that)?|note(?: that)?",
            ("we have ⟦⟧", "because ⟦⟧"), ()),
    Wording("inference", r"simplif\w*|expand\w*|factor\w*|multiply\w*|substitut\w*|comput\w*|differentiat\w*|result\w*",
            ("Expanding, ⟦⟧",), ()),
    Wording("condition", r"(?:is|are) (?:to be solved|imposed|required|assumed|demanded|the constraints?|given)|"
            r"must hold|has (?:a|no|infinitely many|exactly \w+|\w+ real) solutions?",
            ("⟦⟧ is imposed", "⟦⟧ has a solution"), ("⟦⟧ is proved",), after=True),
)  # fmt: skip

_WHERE = (
    r"(?:argmin|argmax|minimi[sz]ers?|maximi[sz]ers?|minimum|maximum|optimum|optimal|extremum|best|mode|"
    r"(?:stationary|critical|fixed) points?|(?:stationary|equilibrium|steady) \w+|steady-state|"
    r"(?:likelihood|squares|ridge|ML|MAP|OLS) (?:estimat(?:e|es|ors?)|solutions?)|MLE|MAP|solutions?|roots?|zeros?)"
)
_MADE = (
    r"(?:minimi[sz]ed|maximi[sz]ed|attained|minimal|maximal|smallest|largest|least|greatest|vanish\w*|"
    r"(?:is|are|becomes?|equals?)(?: \w+)? zero)"
)
_IS = r"(?:is|are|at|by|reads?|becomes?|has|have|given by)(?: the)?(?: \w+)?"
_HAS = (
    r"(?:has|have|with|gives?|yields?|gets?|finds?|obtains?|the|its|their)(?: (?:the|a|an|its))?"
    r"(?: (?!of\b)[\w-]+){0,2}"
)
SOLUTIONS: tuple[Wording, ...] = (
    Wording("solution", rf"{_WHERE}(?:\W(?:[^,;:.]|⟦⟧,\s*(?=⟦⟧))*)?\b{_IS}\s*$",
            ("The minimiser of ⟦⟧ is ⟦⟧", "the optimal ⟦⟧ is ⟦⟧", "Their solution is ⟦⟧", "The minimum is at ⟦⟧",
             "The stationary distribution ⟦⟧, ⟦⟧ is ⟦⟧", "the maximum likelihood estimator is ⟦⟧",
             "it attains its maximum at ⟦⟧"),
            ("The minimum of ⟦⟧ exists, and ⟦⟧", "We minimise the loss ⟦⟧", "The gradient is ⟦⟧")),
    Wording("solution", rf"{_HAS} {_WHERE}(?: (?!of\b)\w+)?\s*$",
            ("The problem has the solution ⟦⟧", "with the unique solution ⟦⟧", "The maximum likelihood estimate ⟦⟧"),
            ("We minimise ⟦⟧", "the solution of the system ⟦⟧")),
    Wording("solution", rf"{_MADE}(?: only| exactly)? (?:at|for|when|if|where|by)(?: the \w+)?\s*$",
            ("which vanishes at ⟦⟧", "The derivative is zero at ⟦⟧", "It is minimised when ⟦⟧"),
            ("The derivative is zero, and ⟦⟧",)),
    Wording("solution", rf"at (?:the|its|their|an?) (?:\w+ )?{_WHERE}\W*(?:we (?:have|find|get)\s*)?$",
            ("At the minimum ⟦⟧", "at its maximum, ⟦⟧", "At the optimum we have ⟦⟧"),
            ("At the minimum the gradient of ⟦⟧",)),
    Wording("solution", r"(?:makes?|sets?|brings?) (?:the|its|this|that) (?:gradient|derivative|slope)s?(?: \w+)? zero|"
            rf"minimi[sz]es|maximi[sz]es|solves|is (?:the|a|an) (?:\w+ )?{_WHERE}",
            ("⟦⟧ makes the derivative zero", "⟦⟧ minimises the loss", "⟦⟧ is the unique minimiser"),
            ("⟦⟧ is zero", "⟦⟧ is the minimal polynomial"), after=True),
)  # fmt: skip
"""Words that make a value one at which something vanishes, or is smallest or largest."""
_HYPOTHETICAL = re.compile(r"\b(?:suppos\w*|assum\w*|choos\w*|start\w*|initial\w*|let|unless|not|guess\w*)\b", re.I)

_GENERAL = re.compile(
    r"\bfor (?:two |three )?(?:all|any|every|each|arbitrary|general|real|positive|negative|non-?negative|square|"
    r"symmetric|invertible|vectors|numbers|matrices|scalars)\b|\bwhatever\b|\bregardless\b|\bin general\b",
    re.I,
)
"""Words that make a formula a claim about every value."""

_ENDS = re.compile(
    r"\\item\b|\\(?:begin|end)\{\w+\}|[.!?]\s+(?=[A-Z⟦])|[。！？；]|⟦\.⟧|\n\s*\n|\n\s*(?:[-*+]|\d+[.)])\s|:\s*$"
)
_JOINS = re.compile(r"\s*(?:and|or|as well as|together with|&)\s*", re.I)

_CONCLUDES = re.compile(
    r"\b(?:then|thus|hence|therefore|so|have|get|gives?|yields?|obtain|find|follows?)\b[^⟦]{0,30}$", re.I
)
"""Words before a list of conclusions."""


_SHORT = re.compile(r"\b(i\.e|e\.g|cf|resp|s\.t|w\.r\.t|viz|eq|fig)\.", re.I)
_GLOSS = re.compile(
    r"\b(?:an?|any|every|each|two)\s[^⟦⟧.]{0,60}⟦⟧\s*,?\s*(?:\(\s*(?:so|i\.e|that is|meaning|with|where|thus|hence)?|"
    r"i\.e|that is|meaning(?: that)?|which means(?: that)?)[\s,]*(?:⟦⟧[\s,]*(?:and|or)?[\s,]*)*$|"
    r"\b(?:let|suppose|consider|take)(?: that)? ⟦⟧(?: and ⟦⟧)? (?:be|is|are) (?:an?\s)?[^⟦⟧.,:;]{0,60},\s*$",
    re.I,
)
"""“a projection P (so P² = P and Pᵀ = P)”: what the word before the name means of it."""


def sentence(before: str) -> str:
    """The words before a formula, from the beginning of its sentence on; after a display as if after a comma."""
    said = _SHORT.sub(r"\1", before).rstrip()
    if said.endswith((".", "!", "?", "。", "！", "？")):
        return ""
    said = said.rstrip(":")
    starts = [(m.end(), m.group()) for m in _ENDS.finditer(said)]
    at, sign = starts[-1] if starts else (0, "")
    return ", " + said[at:].lstrip() if sign == "⟦.⟧" else said[at:]


def clause(before: str) -> str:
    """The words of a formula's own clause; what only joins it to the formula before it takes over that one's."""
    parts = sentence(before).split("⟦⟧")
    while len(parts) > 1 and (_JOINS.fullmatch(parts[-1]) or _is_listed(parts)):
        parts.pop()
    return parts[-1]


def _is_listed(parts: list[str]) -> bool:
    """Whether only commas stand between a formula and one that is concluded: “then ⟦⟧, ⟦⟧”."""
    words = [part for part in parts if part.strip(" ,\n") not in ("", "and")]
    return bool(parts[-1] and parts[-1] not in words and words and _CONCLUDES.search(words[-1]))


def governs(before: str, after: str = "") -> frozenset[Says]:
    """What the words beside a formula say that it is for: of those before it the last, and those that are for all."""
    own = clause(before)
    found = [(match.end(), row.says) for row in WORDINGS if not row.after and (match := row.found(own)) is not None]
    last = max((end for end, _ in found), default=0)
    said: set[Says] = {"condition"} if _GLOSS.search(sentence(before)) else {says for end, says in found if end == last}
    behind = clause_after(after)
    said |= {row.says for row in WORDINGS if row.after and re.match(rf"[\s,]*(?:{row.pattern})(?!\w)", behind, re.I)}
    return frozenset(said | {"any"} if _GENERAL.search(sentence(before)) else said)


def solves(before: str, after: str = "") -> bool:
    """Whether the words beside a formula say that it is where something vanishes, or is smallest or largest."""
    said, behind = sentence(listed(before)), clause_after(after)
    if _HYPOTHETICAL.search(clause(before)):
        return False
    ahead = any(re.search(rf"\b(?:{row.pattern})", said, re.I) for row in SOLUTIONS if not row.after)
    return ahead or any(re.match(rf"\s*(?:{row.pattern})(?!\w)", behind, re.I) for row in SOLUTIONS if row.after)


_ELSEWHERE = re.compile(
    r"\b(?:without|un(?:regulari[sz]|penali[sz]|weight|constrain)ed|unbiased|corrected|Bessel|Bayes\w*|prior|posterior|"
    r"instead|similar\w*|analogous\w*|approximat\w*|subgradients?|subdifferentials?|proximal)\b|≈",
    re.I,
)
"""Words of a sentence that speak of another problem than the one that stands before it."""
_BOUNDED = re.compile(
    r"\b(?:no|limit|special|constrain\w*|subject|under|if|on|over|between|interval|boundary|restricted|small|large|dual|"
    r"leading)\b",
    re.I,
)
"""Words of a sentence that may do so."""


def another(words: str, perhaps: bool = False) -> bool:
    """Whether words speak of another problem than the one that stands before them (``perhaps``: or may do so)."""
    return bool(_ELSEWHERE.search(words) or (perhaps and _BOUNDED.search(words)))


def infers(before: str) -> bool:
    """Whether words of inference stand anywhere in the clause of a formula: “which gives the equations”."""
    own = clause(before)
    return any(row.found(own) for row in WORDINGS if row.says == "inference")


def listed(before: str) -> str:
    """The words before the first of some formulas between which there is nothing but a comma or “and”."""
    return _LISTED.sub("", before)


_LISTED = re.compile(r"(?:⟦⟧\s*(?:,|and|,\s*and)\s*)+$")


def clause_after(after: str) -> str:
    """The words behind a formula, up to the end of their clause."""
    return re.split(r"[.;:,]|\n\s*\n|⟦|\$|\\[(\[]", after, maxsplit=1)[0]
