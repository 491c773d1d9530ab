"""What the letters in scripts are: indices, or parts of a name. Owns: telling them apart over a whole document.

W_f is a matrix of the gate f where f_t is a symbol itself; h_t is a name of its own where h_{t-1} stands beside it.
Never: parses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import field
from itertools import pairwise
from string import ascii_uppercase

from gradwright.core.letters import GREEK
from gradwright.core.record import dataclass
from gradwright.read.latex.rows import Line, levels, relation
from gradwright.read.latex.tokens import TAGGING, Token, argument_at, inside, solid

_BIG = frozenset({"sum", "prod", "max", "min", "bigcup", "bigcap", "int", "argmax", "argmin", "lim"})
_INDICES = frozenset("ijkmnt")  # letters that mostly do
_NO_INDEX = frozenset("cefghoquvwxyz")  # letters that seldom run over anything


@dataclass
class Letters:
    """``labels`` are parts of names wherever they stand below; ``running`` ones, unless a Σ binds them."""

    labels: frozenset[str] = frozenset()
    running: frozenset[str] = frozenset()
    distributions: frozenset[str] = frozenset()
    primed: frozenset[str] = frozenset()
    raised: frozenset[str] = frozenset()  # F in X^F, V^π: names above a symbol, and no exponents
    counted: frozenset[str] = frozenset()  # w in w^1, w^k = w^{k-1} - g: what stands above counts, and is no power
    marks: frozenset[str] = frozenset()  # t and b in u^{(t)}, u^{(b)}: kinds of u, and no samples
    unbound: frozenset[str] = frozenset()  # o in u_o beside a u_k, w and l in r_w, r_l: labels, perhaps
    bound: frozenset[str] = frozenset()  # letters that a Σ or a range binds somewhere
    words: frozenset[str] = frozenset()  # test in x_{test}
    steps: bool = False  # Δx is one symbol, a step of x


@dataclass
class _Seen:
    """What each letter was seen as."""

    named: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)
    paired: set[str] = field(default_factory=set)  # below a δ
    shifted: set[str] = field(default_factory=set)
    below: dict[str, set[str]] = field(default_factory=dict)


def letters_of(lines: Sequence[Line]) -> Letters:
    """The letters of a document's formulas that are no indices."""
    plain = solid([t for line in lines for side in line.sides for t in side])
    seen = _seen(plain)
    seen.bound |= {x for line in lines for x in _compared(line)}
    numbered = {s[0].text for _, s in _scripts(plain) if [t.kind for t in s] == ["letter", "number"]} & _NO_INDEX
    labels = frozenset(((seen.named - seen.paired) | numbered) - seen.bound - {"d"})
    seen.bound |= seen.paired - labels
    counting = seen.bound | seen.shifted | _USUAL.union(*seen.below.values())
    marks = _marks(plain, frozenset(counting))
    named = _distributions(plain), _primed(lines, plain), _raised(plain), _counted(lines, plain)
    shifted, bound = frozenset(seen.shifted), frozenset(seen.bound)
    return Letters(labels, shifted, *named, marks, _unbound(seen), bound, _words(plain, seen.bound))


def _seen(plain: Sequence[Token]) -> _Seen:
    seen = _Seen()
    scripts = {id(t) for _, script in _scripts(plain) for t in script}
    for at, script in _scripts(plain):
        base = plain[at - 1] if at else None
        if base is not None and base.text in _BIG:
            seen.bound |= {t.text for t in script if t.kind == "letter"}
            continue
        if base is not None and base.text in ("delta", "mathbb", "nabla", "partial"):
            seen.paired |= {t.text for t in script if t.kind == "letter"} if base.text == "delta" else set()
            continue
        bracketed = bool(script) and script[0].text in TAGGING
        if plain[at].kind == "sub" or bracketed:
            seen.shifted |= set(_shifted(script[1:-1] if bracketed else script))
        below = plain[at].kind == "sub" or bracketed or [t.text for t in script] in (["T"], ["top"])
        if base is not None and base.kind == "letter" and base.text.islower() and id(base) not in scripts and below:
            seen.named.add(base.text)
        if base is not None and plain[at].kind == "sub" and len(script) == 1 and script[0].kind == "letter":
            seen.below.setdefault(base.text, set()).add(script[0].text)
    return seen


def _unbound(seen: _Seen) -> frozenset[str]:
    """Letters that seldom run over anything, below symbols that others run over, or below one in company."""
    free = (set().union(*seen.below.values()) & _NO_INDEX) - seen.bound
    apart = any(letters & seen.bound and letters & free for letters in seen.below.values())
    often = Counter(x for below in seen.below.values() for x in below)
    sets = (
        below
        for below in seen.below.values()
        if len(below) > 1 and below & _NO_INDEX and not below & (seen.bound | seen.shifted)
        and (not below & _INDICES or all(often[x] == 1 for x in below))
    )  # fmt: skip
    return frozenset(free if apart else ()).union(*sets)


_USUAL = frozenset("ijklmn")
"""Letters that count what they stand above, though nothing says so."""


def _words(plain: Sequence[Token], bound: set[str]) -> frozenset[str]:
    """opt in θ_{opt}: three letters and more below a symbol, of which one stands in no other script."""
    spelled = [[t.text for t in script if t.kind == "letter" and not t.style] for _, script in _scripts(plain)]
    within: dict[str, set[str]] = {}
    for letters in spelled:
        for x in letters:
            within.setdefault(x, set()).add("".join(letters))
    words = (letters for (at, script), letters in zip(_scripts(plain), spelled, strict=True)
             if plain[at].kind == "sub" and len(letters) == len(script) > 2)  # fmt: skip
    return frozenset("".join(w) for w in words if any(len(within[x]) == 1 and x not in bound for x in w))


def takes_steps(lines: Sequence[Line]) -> bool:
    """Whether Δ stands before symbols, and nowhere by itself."""
    plain = [t for line in lines for side in line.sides for t in (*solid(side), Token("end", "", 0, 0))]
    after = [b for a, b in pairwise(plain) if a.text == "Delta" and b.text != "("]
    return bool(after) and all(t.kind in ("letter", "open") or t.text in GREEK for t in after)


def _marks(plain: Sequence[Token], counting: frozenset[str]) -> frozenset[str]:
    """Letters in brackets above a symbol that another such letter stands above too, where neither counts anything."""
    above: dict[str, set[str]] = {}
    base = ""
    for at, script in _scripts(plain):
        base = plain[at - 1].text if at and plain[at - 1].kind in ("letter", "cmd") else base  # that of u_k^{(t)}, too
        if plain[at].kind == "sup" and len(script) == 3 and script[0].text == "(" and script[1].kind == "letter":
            above.setdefault(base, set()).add(script[1].text)
    return frozenset(x for letters in above.values() if len(letters) > 1 and not letters & counting for x in letters)


_EXPONENTS = frozenset("DJKLMNT")
"""Capitals that are numbers, or a transpose, where they stand above."""


def _raised(plain: Sequence[Token]) -> frozenset[str]:
    """Capitals that stand above symbols alone and nowhere else; π above capitals."""
    above: dict[str, list[Token]] = {}
    inside: set[int] = set()
    for at, script in _scripts(plain):
        head = script[0].text if script and at and plain[at].kind == "sup" else ""
        if head == "pi" or (head in _SUPERS and len(script) == 1):
            above.setdefault(head, []).append(plain[at - 1])
            inside.add(id(script[0]))
    elsewhere = {t.text for t in plain if id(t) not in inside}
    found = {x for x, bases in above.items() if x not in elsewhere and all(_is_symbol(b) for b in bases)}
    policies = all(b.kind == "letter" and b.text.isupper() for b in above.get("pi", ()))
    return frozenset(found - {"pi"} | (above.keys() & {"pi"} if policies else set()))


def _counted(lines: Sequence[Line], plain: Sequence[Token]) -> frozenset[str]:
    """Letters whose superscripts count: nobody writes a first power, or x^k as x^{k-1} and something."""
    first = {plain[at - 1].text for at, script in _scripts(plain) if at and plain[at].kind == "sup" and _is_one(script)}
    found, heads = set(), set()
    for line in lines:
        side, *others = (solid(side) for side in line.sides)
        head, end = _superscripted(side)
        if not head or end < len(side):
            continue
        base = side[0].text
        heads |= {base} if any(_shifted(head)) else set()
        steps = any(other[:1] and other[0].text == base and _is_step(head, other) for other in others)
        found |= {base} if base in first or steps else set()
    return frozenset(found | first | heads if found else ())


def _is_one(script: Sequence[Token]) -> bool:
    return len(script) == 1 and script[0].text == "1"


def _superscripted(side: Sequence[Token]) -> tuple[list[Token], int]:
    """What stands above the letter that a side begins with, and where that ends."""
    return argument_at(side, 2) if len(side) > 2 and side[0].kind == "letter" and side[1].kind == "sup" else ([], 0)


def _is_step(head: Sequence[Token], side: Sequence[Token]) -> bool:
    """Whether a side begins with x^{k-1} and a sign, where the head is x^k; or with x^k, where it is x^{k+1}."""
    before, end = _superscripted(side)
    steps = ([t.text for t in head], [*_shifted(before)]), ([*_shifted(head)], [t.text for t in before])
    return any(one and one == two for one, two in steps) and end < len(side) and side[end].text in ("+", "-")


_SUPERS = frozenset(ascii_uppercase) - _EXPONENTS


def _is_symbol(token: Token) -> bool:
    return (token.kind == "letter" and token.text != "e") or token.kind == "close" or token.kind == "cmd"


def _primed(lines: Sequence[Line], plain: Sequence[Token]) -> frozenset[str]:
    """x, where x' stands as an argument, is differentiated in or is given a meaning: another x, and no derivative."""
    found = set()
    for at in range(1, len(plain) - 2):
        before, token, mark, after = plain[at - 1 : at + 3]
        if mark.kind != "prime" or not (token.kind == "letter" or token.text in GREEK):
            continue
        below = [t.text for t in plain[max(at - 3, 0) : at]] in (["nabla", "_", "{"], ["{", "nabla", "_"])
        listed = token.kind == "letter" and before.text in ("(", ",") and after.text in (")", ",")
        if listed or below or before.text == "partial":
            found.add(token.text)
    applied = {a.text for a, b in pairwise(plain) if b.text == "("}
    found |= {letter for line in lines for side in line.sides for letter in _acted_on(side)}
    for line in lines:
        side = solid(line.sides[0]) if line.ops else []
        if [t.kind for t in side[1:]] == ["prime"] and relation(line.ops[0]) in ("=", ":="):
            letter = side[0].text
            named = letter in GREEK or (side[0].kind == "letter" and letter.islower() and letter not in _DERIVED)
            found |= {letter} if named and letter not in applied else set()
    heads = {line.sides[0][0].text for line in lines if line.ops and len(line.sides[0]) == 1}
    return frozenset(found | (_multiplied(plain) - applied - heads))


def _multiplied(plain: Sequence[Token]) -> set[str]:
    """k, where k x stands beside k' (x - y): two numbers, and no derivative."""
    factors = {a.text for a, b in pairwise(plain) if a.kind == b.kind == "letter"}
    primed = set()
    for at, token in enumerate(plain[:-2]):
        if token.kind == "letter" and plain[at + 1].kind == "prime" and plain[at + 2].text == "(":
            ends = next((k for k in range(at + 3, len(plain)) if plain[k].text == ")"), len(plain))
            if any(t.text in ("+", "-") for t in plain[at + 4 : ends]):
                primed.add(token.text)
    return primed & factors


def _acted_on(side: Sequence[Token]) -> Iterator[str]:
    """p in T p': no row stands after a matrix."""
    plain = [t for t in solid(side) if t.kind not in ("open", "close")]
    for at in range(len(plain) - 2):
        one, two, three = plain[at : at + 3]
        acted = one.kind == two.kind == "letter" and one.text.isupper() and two.text.islower()
        ends = at + 3 == len(plain) or plain[at + 3].text in ("+", "-")
        if acted and three.kind == "prime" and ends and (not at or plain[at - 1].kind != "prime"):
            yield two.text


_DERIVED = frozenset("fghuvy")
"""Letters of functions, whose primes are derivatives."""


def _distributions(plain: Sequence[Token]) -> frozenset[str]:
    """The letters that stand for a law: p, where p(x | z) stands somewhere, so that p(x) and p(z) are two functions."""
    found: set[str] = set()
    for at, token in enumerate(plain[:-1]):
        if token.text not in ("p", "P", "q", "Q", "Pr", "N", "r") or plain[at + 1].text != "(":
            continue
        if any(top and t.text in ("mid", "|", ";") for t, top in levels(inside(plain, at + 1))):
            found.add(token.text)
    applied = {a.text for a, b in pairwise(plain) if b.text == "("}
    return frozenset(found | (applied & {"p", "q"} if found & {"p", "q"} else set()))


def _scripts(plain: Sequence[Token]) -> Iterator[tuple[int, list[Token]]]:
    """Every script with the place of its mark, its braces taken off."""
    for at, token in enumerate(plain[:-1]):
        if token.kind in ("sub", "sup"):
            yield at, argument_at(plain, at + 1)[0]


def runs(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Where letters stand side by side, without a space between them or a font of their own."""
    at = 0
    while at < len(tokens):
        end = at
        while (
            end < len(tokens) and tokens[end].kind == "letter" and not tokens[end].style
            and (end == at or tokens[end].start == tokens[end - 1].end)
        ):  # fmt: skip
            end += 1
        if end > at:
            yield at, end
        at = max(end, at + 1)


def _shifted(script: Sequence[Token]) -> Iterator[str]:
    """t in t − 1, l in l + 1."""
    if len(script) == 3 and script[0].kind == "letter" and script[1].text in "+-" and script[2].kind == "number":
        yield script[0].text


def _compared(line: Line) -> Iterator[str]:
    """i and k in i = k, i ≠ k, i = 1, …, n."""
    for op, left, right in zip(line.ops, line.sides, line.sides[1:], strict=False):
        if relation(op) not in ("=", "!=") or len(left) != 1 or not right or right[0].kind not in ("letter", "number"):
            continue
        if len(right) == 1 or right[1].text == ",":
            yield from (t.text for t in (left[0], right[0]) if t.kind == "letter")
    for condition in line.conditions:  # …, if i ≠ k
        group = [t for t in condition if t.kind != "gap"]
        if len(group) > 2 and relation(group[-2]) in ("=", "!=") and group[-3].kind == "letter":
            yield from (t.text for t in (group[-3], group[-1]) if t.kind == "letter")
