"""What a relation is said for. Owns: telling claims from definitions, facts, conditions, updates and values.

Never: judges.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from gradwright.core.facts import of_rank
from gradwright.core.record import dataclass
from gradwright.read.latex.nodes import (
    Braces,
    Differential,
    Function,
    Law,
    Optimum,
    Range,
    Run,
    Vector,
    is_sample,
    symbol,
    written,
)
from gradwright.read.syntax import (
    Big,
    Call,
    Group,
    Indexed,
    Label,
    Letter,
    Matrix,
    Name,
    Negative,
    Node,
    Number,
    Power,
    Product,
    Root,
    Sum,
    Transposed,
    alike,
    walk,
)
from gradwright.referee.evidence import prose
from gradwright.referee.evidence.chains import Chain, Collected, Link
from gradwright.referee.evidence.hypotheses import is_condition
from gradwright.referee.evidence.imposed import (
    first_differentiated,
    impose,
    is_number,
    is_solution,
    is_tied,
    is_zero,
    note_words,
    reached,
)
from gradwright.referee.evidence.sigmoid import states_sigmoid
from gradwright.referee.evidence.wording import clause
from gradwright.referee.meaning.sums import widened
from gradwright.referee.meaning.symbols import (
    Definition,
    Symbols,
    applied_name,
    applies,
    base_of,
    family_name,
    is_name,
    symbol_key,
)
from gradwright.referee.shield import NOT_READ, unit, why

_WHOLE: dict[type[Node], str] = {
    Braces: "a set, and no array",
    Range: "what a letter runs over",
    Optimum: "an optimum, which is not computed",
}
"""Sides that say what a name stands for, and are not followed further."""
_AFRESH = re.compile(
    r"\b(re)?(defin\w*|denote\w*|let|write|call|where|is given by|another|alternativ\w*|other|instead|different|next|"
    r"second|third|for example|for instance|common\w*|popular|choice\w*|option\w*|consider)\b[^.]{0,80}$",
    re.I,
)
"""Words that give a name a meaning, whether or not it has one."""
_LABEL = re.compile(r"(?:^|\n)\s*\n\s*[-*]*\s*[A-Z][\w\s()'’-]{1,40}:\s*$")
"""A paragraph that begins with what it is about: “Squared hinge: …”."""
_FOLLOWING = re.compile(
    r"\b(recall|so|thus|hence|therefore|then|again|gives?|becomes?|yields?|get|obtain|i\.e\.|substitut\w*|expand\w*|"
    r"simplif\w*|multiply\w*|insert\w*|plug\w*|rewrit\w*)\b[^.]*$",
    re.I,
)
"""Words after which a formula follows from what was said."""


def sort_links(collected: Collected) -> None:
    collected.differentiated = first_differentiated(collected.symbols, collected.chains)
    collected.symbols.wrts = set(collected.differentiated)
    for chain in collected.chains:
        collected.symbols.section = chain.section
        note_words(collected, chain)
        for link in chain.links:
            try:
                with unit("what a link says", (link.op.start, link.op.end)):
                    _sort_link(collected, chain, link)
            except NOT_READ as error:
                link.error = why(error)


def _sort_link(collected: Collected, chain: Chain, link: Link) -> None:
    left, right = chain.sides[link.left], chain.sides[link.left + 1]
    if link.left == 0 and left.tree is not None and right.tree is None:
        _miss(collected.symbols, left.tree)
    if left.tree is not None and right.tree is not None and link.sort != "fact":
        _sort(_Said(collected, chain, link, left.tree, right.tree))


def _miss(symbols: Symbols, left: Node) -> None:
    """A name whose first meaning could not be read is no free variable."""
    form = _defined_form(symbols, left)
    if form is not None and not any(d.key == form[0] for d in symbols.definitions):
        symbols.missing.add(form[0])


@dataclass(frozen=True, slots=True)
class _Said:
    """A relation and where it stands; ``turned``: its sides are not as they were written."""

    collected: Collected
    chain: Chain
    link: Link
    left: Node
    right: Node
    turned: bool = False

    @property
    def symbols(self) -> Symbols:
        return self.collected.symbols

    def note(self, sort: str, reason: str) -> bool:
        """Say in the link what it is for."""
        self.link.sort, self.link.reason = sort, reason
        return True


def _sort(said: _Said) -> None:
    """Whether a relation defines, states a fact, imposes a condition or is an update; what is left is a claim."""
    if not any(role(said) for role in _ROLES):
        _define(said)


def _names_sigmoid(said: _Said) -> bool:
    if not states_sigmoid(said.chain) or "sigmoid" not in said.symbols.words:
        return False
    return said.note("fact", "says that σ is the logistic function")


def _names_unit(said: _Said) -> bool:
    left = said.left
    if not _imaginary(left, said.right):
        return False
    said.symbols.beyond.add(_base_name(left.base if isinstance(left, Power) else left).removesuffix("²"))
    return said.note("fact", "names the imaginary unit")


def _states_fact(said: _Said) -> bool:
    symbols, left, right = said.symbols, said.left, said.right
    if _defines_orthogonal(said):
        return said.note("fact", "a fact that is stated")
    condition = _imposed_fact(symbols, left, right) if is_condition(said.chain) else None
    fact = _stated_fact(symbols, left, right) or condition
    if fact is None or len(said.chain.links) != 1:
        return False
    symbols.state(*fact, place=left.span[0])
    return said.note("fact", "a fact that is stated")


def _solves_for_number(said: _Said) -> bool:
    form = _defined_form(said.symbols, said.left) if is_number(said.right) and is_tied(said.chain) else None
    if form is None or form[3] != "sym":
        return False
    if not is_solution(said.collected, said.chain, form[0], said.left.span[0]):
        return False
    return _solved(said.link, form[0], said.chain)


def _imposes(said: _Said) -> bool:
    if not impose(said.collected, said.chain, said.link, said.right):
        return False
    return said.note("condition", "a condition that is imposed, not a claim")


def _says_constant(said: _Said) -> bool:
    """dc = 0."""
    left, right = said.left, said.right
    if (
        not isinstance(left, Differential)
        or not isinstance(left.body, Name)
        or not (is_number(right) and is_zero(right))
    ):
        return False
    key = symbol_key(said.symbols, left.body)
    said.symbols.constants.add(key)
    said.symbols.varying.discard(key)
    return said.note("fact", f"{key} is constant, stated")


_AT = re.compile(r"\b(?:at|if|when|whenever|unless|once|as long as)\s*$", re.I)


def _supposes(said: _Said) -> bool:
    """At θ′ = θ, if a = b: two names, which are one in the rest of the sentence."""
    alone = not said.chain.display and len(said.chain.links) == 1
    names = is_name(said.symbols, said.left) and is_name(said.symbols, said.right)
    if not (alone and names and _AT.search(clause(said.chain.before))):
        return False
    return said.note("condition", "a condition, by the words before it")


def _chooses(said: _Said) -> bool:
    last = said.chain.sides[-1].tree
    valued = is_number(said.right) or (isinstance(said.right, Name | Indexed) and last is not None and is_number(last))
    if not valued or not _is_chosen(said.symbols, said.chain, said.left):
        return False
    return said.note("value", "a value that is chosen, not a claim")


def _explains(said: _Said) -> bool:
    if isinstance(said.left, Vector) and said.link.left == 0:
        return said.note("data", "says what the brackets stand for")
    return type(said.right) in _WHOLE and said.note("data", _WHOLE[type(said.right)])


_ROLES: tuple[Callable[[_Said], bool], ...] = (
    _names_sigmoid, _names_unit, _states_fact, _solves_for_number, _imposes, _says_constant, _supposes, _chooses,
    _explains,
)  # fmt: skip
"""What a relation may be for beside naming and claiming, in the order in which it is asked."""


@dataclass(frozen=True, slots=True)
class _Naming:
    """A name that a relation may give a meaning, and the meanings that it has."""

    key: str
    params: tuple[str, ...]
    letters: tuple[str, ...]
    kind: str
    known: tuple[Definition, ...]

    def meaning(self, said: _Said, body: Node, place: int) -> Definition:
        return Definition(self.key, self.params, self.letters, body, place, said.chain.number, said.chain.section)


def _define(said: _Said) -> None:
    """Give a name its meaning, if that is what the relation does."""
    said = _turned_round(said)
    naming = _naming(said)
    if naming is None:
        alone = said.link.left == 0 and len(said.chain.links) == 1 and not said.chain.display
        if not _names_right(said) and alone and prose.ASSUMING.search(clause(said.chain.before)):
            said.link.sort = "assumed"
    elif not any(step(said, naming) for step in _NAMINGS):
        _mean(said, naming)


def _turned_round(said: _Said) -> _Said:
    """log p(x) = … and S⁻¹ = … as what they say of p(x) and of S."""
    if said.link.left:
        return said
    left, right = said.left, said.right
    logged = _logged(said.symbols, left)
    if logged is not None:
        left, right = logged, Function(right.span, "exp", (Group(right.span, right),))
    inverted = _inverted(said.symbols, left, right)
    left, right = inverted or (left, right)
    return replace(said, left=left, right=right, turned=logged is not None or inverted is not None)


def _naming(said: _Said) -> _Naming | None:
    """The name on the left; that of a function for these variables, where it is known for others only."""
    form = _defined_form(said.symbols, said.left, said.right)
    if form is None:
        return None
    key, params, letters, kind = form
    definitions = said.symbols.definitions
    known = [d for d in definitions if d.key == key]
    if kind == "call" and known and all(not _restated(said.symbols, d, params) for d in known):
        key = f"{key}({','.join(params)})"
        known = [d for d in definitions if d.key == key]
    return _Naming(key, params, letters, kind, tuple(known))


def _names_itself(said: _Said, naming: _Naming) -> bool:
    """w = w − η g is an update, or an equation."""
    if naming.kind == "call" or naming.key not in names_in(said.symbols, said.right):
        return False
    if _is_update(said.symbols, said.left, said.right):
        said.note("update", "an update, not a claim")
    return True


def _goes_on(said: _Said, naming: _Naming) -> bool:
    """Inside a chain only a name that the sign before it gave as a meaning is given one itself."""
    inside = said.link.left > 0 and naming.kind not in ("call", "opaque")
    return inside and (bool(naming.known) or not _named_before(said.chain, said.link))


def _lists_entries(said: _Said, naming: _Naming) -> bool:
    small = _base_name(said.left).lower()
    picked = [n.base for n in walk(said.right) if isinstance(n, Indexed)] if _is_listed(said.right) else []
    if not any(isinstance(base, Name) and base.stem == small for base in picked):
        return False
    said.link.definition = replace(naming, params=(), letters=()).meaning(said, said.right, said.left.span[0])
    if not naming.known and naming.key not in names_in(said.symbols, said.right):  # W_h of w_{hij}, two names
        said.symbols.definitions.append(said.link.definition)
    return said.note("data", "the entries of an array")


def _is_listed(tree: Node) -> bool:
    """Whether an array is written out, with an ellipsis or without."""
    while isinstance(tree, Group | Vector | Transposed):
        tree = tree.body
    return isinstance(tree, Matrix | Run)


def _turns_known(said: _Said, naming: _Naming) -> bool:
    if len(naming.known) != 1 or naming.kind != "sym":
        return False
    (known,) = naming.known
    if not _turned(said.symbols, known, said.right, names_in(said.symbols, said.right)):
        return False
    said.link.sort, said.link.definition = "definition", naming.meaning(said, said.right, known.place)
    said.symbols.definitions.append(said.link.definition)
    return True


def _restates(said: _Said, naming: _Naming) -> bool:
    """A name that has a meaning gets another one only where words say so, in another section."""
    afresh = bool(prose.DEFINING.search(said.chain.before)) or said.link.sort == "definition"
    known = naming.known
    again = bool(known) and not (afresh and any(d.params != naming.params for d in known))
    return again and not (afresh and said.chain.section != _section(said.collected, known[-1].chain))


def _solves(said: _Said, naming: _Naming) -> bool:
    if not is_solution(said.collected, said.chain, naming.key, said.left.span[0]):
        return False
    return _solved(said.link, naming.key, said.chain)


_NAMINGS: tuple[Callable[[_Said, _Naming], bool], ...] = (
    _lists_entries, _names_itself, _goes_on, _turns_known, _restates, _solves,
)  # fmt: skip
"""What a relation with a name on its left may be instead of its definition."""


def _mean(said: _Said, naming: _Naming) -> None:
    right = widened(said.right)
    if not said.turned:
        said.chain.sides[said.link.left + 1].tree = right
    if naming.key in reached(said.symbols, right):
        return
    said.link.sort, said.link.definition = "definition", naming.meaning(said, right, said.left.span[0])
    said.symbols.definitions.append(said.link.definition)
    said.symbols.varying.discard(naming.key)


def _solved(link: Link, key: str, chain: Chain) -> bool:
    """The solution of a condition that was imposed; it is put back where words tie it to that."""
    link.reason = "the solution of a condition that is imposed, not a claim about all values"
    link.sort, link.solves = ("solution" if is_tied(chain) else "condition"), key
    return True


def _is_chosen(symbols: Symbols, chain: Chain, left: Node) -> bool:
    """Whether a side is something of which a sentence may choose the value: nothing that is defined or derived.

    An extent is what it is said to be, and what was chosen before is chosen anew.
    """
    if chain.display or not isinstance(left, Name | Indexed | Call) or (isinstance(left, Call) and left.primes):
        return False
    form = _defined_form(symbols, left)
    if form is None or form[0] in symbols.extents:
        return True
    return all(is_number(d.body) for d in symbols.definitions if d.key == form[0])


def _names_right(said: _Said) -> bool:
    """Whether a relation names on its right side what stands on its left: P Qᵀ = R̂."""
    collected, chain, link, left, right = said.collected, said.chain, said.link, said.left, said.right
    symbols = collected.symbols
    form = _defined_form(symbols, right, left)
    if form is None or form[3] != "sym" or link is not chain.links[-1] or is_number(left) or is_condition(chain):
        return False
    key, params, letters, _ = form
    known = key in symbols.declared or key in symbols.extents or any(d.key == key for d in symbols.definitions)
    if known or key in reached(symbols, left) or _met_before(collected, chain, key):
        return False
    link.definition = Definition(key, params, letters, left, right.span[0], chain.number, chain.section)
    link.sort = "definition"
    symbols.definitions.append(link.definition)
    symbols.varying.discard(key)
    return True


def _met_before(collected: Collected, chain: Chain, key: str) -> bool:
    """Whether a symbol stands anywhere before a chain, or in its other sides."""
    others = [c.sides for c in collected.chains[: chain.number]] + [chain.sides[:-1]]
    return any(key in names_in(collected.symbols, s.tree) for sides in others for s in sides if s.tree is not None)


def _inverted(symbols: Symbols, left: Node, right: Node) -> tuple[Node, Node] | None:
    """S⁻¹ = … gives S its meaning, where nothing else does."""
    if not isinstance(left, Power) or not isinstance(left.base, Name | Indexed) or isinstance(right, Number):
        return None
    exponent, form = left.exponent, _defined_form(symbols, left.base)
    while isinstance(exponent, Group):
        exponent = exponent.body
    minus = isinstance(exponent, Negative) and isinstance(exponent.body, Number) and exponent.body.text == "1"
    known = form is None or any(d.key == form[0] for d in symbols.definitions)
    if not minus or known or (form and (form[2] or form[0] in symbols.declared)):
        return None
    return left.base, Power(right.span, Group(right.span, right), exponent)


def _logged(symbols: Symbols, left: Node) -> Node | None:
    """The law p(x) in log p(x) = …, where nothing else says what it is."""
    if not applies(left, "log") or not isinstance(left.arguments[0], Law | Call):
        return None
    inner = left.arguments[0]
    form = _defined_form(symbols, inner)
    return inner if form is not None and not any(d.key == form[0] for d in symbols.definitions) else None


def _turned(symbols: Symbols, known: Definition, right: Node, mentioned: set[str]) -> bool:
    """η = log λ, then η = θᵀx: the first is turned round, λ = exp η, where λ has no other meaning."""
    body = known.body
    if not applies(body, "log", "exp") or not isinstance(body.arguments[0], Name) or known.letters:
        return False
    inner = symbol_key(symbols, body.arguments[0])
    if inner in mentioned or any(d.key == inner for d in symbols.definitions):
        return False
    name = Name(body.span, known.key)
    back = Function(body.span, "log" if applies(body, "exp") else "exp", (name,))
    symbols.definitions.remove(known)
    symbols.definitions.append(Definition(inner, (), (), back, known.place, known.chain, known.section))
    return True


def _restated(symbols: Symbols, known: Definition, params: tuple[str, ...]) -> bool:
    """Whether f(x, y) speaks of the f that is known: in its own variables, or in what they are made of."""
    return set(known.params) == set(params) or set(params) <= reached(symbols, known.body)


def _named_before(chain: Chain, link: Link) -> bool:
    """y = a = σ(z): the side that the first = gave as a meaning is a name itself, and gets its own."""
    return any(before.left == link.left - 1 and before.sort == "definition" for before in chain.links)


def _section(collected: Collected, number: int) -> int:
    return collected.chains[number].section


def _base_name(tree: Node) -> str:
    base = base_of(tree)
    return base.stem if base is not None and isinstance(base, Name) else ""


def _is_update(symbols: Symbols, left: Node, right: Node) -> bool:
    match right:
        case Sum():
            return any(sign == "+" and alike(term, left) for sign, term in right.terms)
        case Product():
            return any(alike(f, left) for _, f in right.factors) and any(is_number(f) for _, f in right.factors)
    return False


def _picked(symbols: Symbols, params: Sequence[Node], whole: Node | None) -> bool:
    """Whether what is said of t speaks of its entries t_i, though t is one number."""
    names = {p.stem for p in params if isinstance(p, Name) and not symbols.rank(symbol_key(symbols, p))}
    indexed = (
        [n for n in walk(whole) if isinstance(n, Indexed) and isinstance(n.base, Name)] if whole is not None else []
    )
    return any(symbol(n.base) in names for n in indexed)


def _defined_form(
    symbols: Symbols, tree: Node, whole: Node | None = None
) -> tuple[str, tuple[str, ...], tuple[str, ...], str] | None:
    """y, y_c, f(x), s(x)_i, P(t = 1 | z): key, parameters, index letters."""
    letters: list[str] = []
    if isinstance(tree, Indexed):
        items = list(tree.items)
        inner = tree.base
        while isinstance(inner, Indexed):
            items = [*inner.items, *items]
            inner = inner.base
        labels = [written(i) for i in items if isinstance(i, Label)]
        letters = [i.name for i in items if isinstance(i, Letter)]
        if isinstance(inner, Name) and labels and len(labels) == len(items):
            return symbols.key(f"{inner.stem}_{','.join(labels)}", inner.font), (), (), "sym"
        if isinstance(inner, Name) and inner.stem in symbols.names.labelled and not letters and not labels:
            name = f"{inner.stem}_{''.join(map(written, items))}"
            return symbols.key(name, inner.font), (), (), "sym"
        if any(map(is_sample, items)):
            if len(items) != 1 or not isinstance(inner, Name):
                return None
            return symbols.key(inner.stem, inner.font) + "()", (), tuple(letters), "sym"
        if len(letters) != len(items) or len(set(letters)) != len(letters):
            return None
        if symbols.family(tree):
            return (family_name(tree), (), tuple(letters), "sym") if len(letters) == 1 else None
        tree = inner
    if isinstance(tree, Name):
        if tree.stem == "e" and whole is not None and not any(isinstance(n, Name | Indexed) for n in walk(whole)):
            return None
        if tree.stem in ("0", "1", "I") or (tree.stem == "delta" and letters):
            return None
        return symbols.key(tree.stem, tree.font, len(letters)), (), tuple(letters), "sym"
    if isinstance(tree, Law):
        text, inside, base, trees = tree.text, tree.letters, tree.spelled, tree.arguments
        if letters or (base.startswith("N(") and len(trees) == 3):  # a Gaussian density is known
            return None
        if not inside and trees and all(is_name(symbols, t) for t in trees) and not _picked(symbols, trees, whole):
            return base, tuple(symbol_key(symbols, t) for t in trees), (), "opaque"
        symbols.ranks[text] = len(inside)
        return text, (), tuple(inside), "opaque"
    if isinstance(tree, Call) and not tree.primes:
        head, args = tree.function, tree.arguments
        if isinstance(head, Indexed) and not letters:
            letters = [i.name for i in head.items if isinstance(i, Letter)]
        key, params = symbol_key(symbols, head), tuple(symbol_key(symbols, a) for a in args)
        inside = tuple(n.name for a in args for n in walk(a) if isinstance(n, Letter))
        if inside and not letters and isinstance(head, Name) and len(set(inside)) == len(inside):
            key = applied_name(tree)
            symbols.ranks[key] = len(inside)
            return key, (), inside, "opaque"
        if not key or not all(is_name(symbols, a) for a in args) or len(set(params)) != len(params):
            return None
        return key, params, tuple(letters), "call"
    return None


def _stated_fact(symbols: Symbols, left: Node, right: Node) -> tuple[str, str, str] | None:
    """Σ_i y_i = 1, A = A^T, ‖x‖ = 1 for symbols without a definition."""
    if isinstance(left, Big) and left.operator == "sum" and isinstance(right, Number) and right.text == "1":
        body = left.body
        if isinstance(body, Indexed) and isinstance(body.base, Name) and len(left.binders) == 1 and not left.conditions:
            key = symbols.key(body.base.stem, body.base.font, True)
            items = [written(i) for i in body.items]
            defined = any(d.key == key for d in symbols.definitions)
            if items and items[-1] == left.binders[0].name and not defined:
                return of_rank("simplex", len(items)), key, "Σ = 1, stated"
    if isinstance(left, Indexed) and isinstance(right, Indexed) and alike(left.base, right.base):
        letters = [i.name for i in left.items if isinstance(i, Letter)]
        if len(letters) == 2 and letters[::-1] == [i.name for i in right.items if isinstance(i, Letter)]:
            return "symmetric", symbol_key(symbols, left), "stated"
    if isinstance(left, Name) and isinstance(right, Transposed) and alike(left, right.body):
        return "symmetric", symbols.key(left.stem, left.font), "A = Aᵀ, stated"
    turned = right.body if isinstance(right, Negative) else None
    if isinstance(left, Name) and isinstance(turned, Transposed) and alike(left, turned.body):
        return "skew", symbols.key(left.stem, left.font), "A = −Aᵀ, stated"
    return None


def _imaginary(left: Node, right: Node) -> bool:
    """i² = −1, i = √−1."""
    squared = isinstance(left, Power) or (isinstance(left, Name) and left.stem.endswith("²"))
    minus = isinstance(right, Negative) and isinstance(right.body, Number) and right.body.text == "1"
    rooted = isinstance(right, Root) and isinstance(right.body, Negative) and isinstance(left, Name)
    return (squared and minus) or rooted


def _defines_orthogonal(said: _Said) -> bool:
    """AᵀA = AAᵀ = I of a matrix of which nothing else is said."""
    *products, last = [side.tree for side in said.chain.sides]
    keys = {_gram(said.symbols, tree) for tree in products if tree is not None}
    if len(products) != 2 or len(keys) != 2 or last is None or symbol(last).split("_")[0] != "I":
        return False
    names = {key for key, _ in keys}
    key = min(names)
    told = {s.key for s in said.symbols.facts if not s.place}
    known = key in told or any(d.key == key for d in said.symbols.definitions)
    if len(names) != 1 or not key or known:
        return False
    said.symbols.state("orthogonal", key, "AᵀA = AAᵀ = I, stated", place=max(said.left.span[0], 1))
    return True


def _gram(symbols: Symbols, tree: Node) -> tuple[str, bool]:
    """A and whether its transpose stands first, in AᵀA and AAᵀ."""
    factors = [factor for _, factor in tree.factors] if isinstance(tree, Product) else []
    if len(factors) != 2:
        return "", False
    for (one, two), first in ((factors, True), (factors[::-1], False)):
        if isinstance(one, Transposed) and isinstance(two, Name) and alike(one.body, two):
            return symbol_key(symbols, two), first
    return "", False


def _imposed_fact(symbols: Symbols, left: Node, right: Node) -> tuple[str, str, str] | None:
    """QᵀQ = I, P² = P, Pᵀ = P, Pᵀ = −P, as conditions on a symbol without a definition."""
    for fact, formula, said_of in _LAWS:
        for one, two in ((left, right), (right, left)):
            name = said_of(one, two)
            if name is not None and not any(d.key == symbol_key(symbols, name) for d in symbols.definitions):
                return fact, symbol_key(symbols, name), f"{formula}, stated"
    return None


def _is_orthonormal(one: Node, two: Node) -> Name | None:
    if not isinstance(one, Product) or len(one.factors) != 2 or symbol(two).split("_")[0] != "I":
        return None
    (_, first), (_, second) = one.factors
    return second if isinstance(first, Transposed) and isinstance(second, Name) and alike(first.body, second) else None


def _is_idempotent(one: Node, two: Node) -> Name | None:
    """P² or P P, and P; of a capital: x² = x of a number has two solutions."""
    if not isinstance(two, Name) or not two.stem[:1].isupper():
        return None
    if isinstance(one, Power) and isinstance(one.exponent, Number):
        return two if one.exponent.text == "2" and alike(one.base, two) else None
    return (
        two
        if isinstance(one, Product) and len(one.factors) == 2 and all(alike(f, two) for _, f in one.factors)
        else None
    )


def _is_turned(one: Node, two: Node) -> Name | None:
    return two if isinstance(one, Transposed) and isinstance(two, Name) and alike(one.body, two) else None


def _is_skew(one: Node, two: Node) -> Name | None:
    return _is_turned(one, two.body) if isinstance(two, Negative) else None


_LAWS: tuple[tuple[str, str, Callable[[Node, Node], Name | None]], ...] = (
    ("orthonormal", "QᵀQ = I", _is_orthonormal),
    ("idempotent", "P² = P", _is_idempotent),
    ("symmetric", "Pᵀ = P", _is_turned),
    ("skew", "Pᵀ = −P", _is_skew),
)
"""Facts, the formulas that state them, and the symbol of which two sides say one."""


def second_meaning(judge: Any, verdict: Any, chain: Chain, left: Node, right: Node) -> bool:
    """Whether a name that has a meaning is given a new one here, in words or by what the new one is made of.

    Made of the variables of the old one, or of symbols that are all in use already, it restates: a claim; unless it
    stands in a section of its own that gave those symbols new meanings too. A function that is written out anew, where
    no word says that it follows and no mend explains the difference, is another one.
    """
    symbols: Symbols = judge.symbols
    found = _anew(symbols, chain, left, right)
    if found is None:
        return False
    definition, known, (new, old) = found
    here = [d.key for d in symbols.definitions if d.section == chain.section and d.place < chain.place]
    known_item = judge.collected.chains[known.chain].item
    elsewhere = known.section != chain.section or (chain.item != known_item and bool(chain.item and known_item))
    again = elsewhere and len(chain.links) == 1 and not goes_on(chain)
    afresh = again or (elsewhere and any(key in new for key in here))
    introduced = bool(definition.params) and prose.INTRODUCING.search(chain.before)
    other = not definition.params and bool(known.params) and not set(known.params) & new
    fewer = bool(definition.params) and set(definition.params) < set(known.params)
    anew = bool(definition.params) and verdict.fix is None and not goes_on(chain)
    told = introduced or other or fewer or anew or "(" in definition.key
    if not afresh and not labelled(chain) and not _AFRESH.search(chain.before[-90:]) and not told:
        mine, its = (made_of(symbols, names, chain.place - 1) for names in (new, old))
        if new <= old or (mine & its and all(judge.first_place(n) < chain.place for n in new)):
            return False
    symbols.definitions.append(definition)
    return True


def goes_on(chain: Chain) -> bool:
    """Whether the words before a chain say that it follows from what was said."""
    return bool(_FOLLOWING.search(chain.before[-60:]))


def labelled(chain: Chain) -> bool:
    """Whether a chain opens a paragraph that says what it is about."""
    return bool(_LABEL.search(chain.before)) and not goes_on(chain)


def keep_restated(judge: Any, chain: Chain, left: Node, right: Node) -> None:
    """A later section that says the same of a name in symbols of its own: what follows is read in those."""
    found = _anew(judge.symbols, chain, left, right)
    if found is not None and not found[2][0] <= found[2][1] and found[1].section != chain.section:
        judge.symbols.definitions.append(found[0])


def named(symbols: Symbols, tree: Node) -> str:
    """The name that a side is, where it could be given a meaning; or nothing."""
    form = _defined_form(symbols, tree)
    return form[0] if form is not None else ""


def _anew(
    symbols: Symbols, chain: Chain, left: Node, right: Node
) -> tuple[Definition, Definition, tuple[set[str], set[str]]] | None:
    """A definition of what is known already, the known one, and the symbols that each is made of."""
    form = _defined_form(symbols, left)
    if form is None:
        return None
    key, params, letters, _ = form
    known = symbols.definition(key, chain.place - 1)
    if known is None or known.chain == chain.number:
        return None
    new, old = names_in(symbols, right), names_in(symbols, known.body)
    if key in new:
        return None
    fresh = Definition(key, params, letters, right, left.span[0], chain.number, chain.section)
    return fresh, known, (new, old)


def made_of(symbols: Symbols, names: set[str], place: int) -> set[str]:
    """The symbols without a definition that these come down to."""
    found: set[str] = set()
    seen: set[str] = set()
    stack = list(names)
    while stack:
        name = stack.pop()
        if name in seen:
            continue
        seen.add(name)
        definition = symbols.definition(name, place)
        if definition is None:
            found.add(name)
        else:
            stack.extend(names_in(symbols, definition.body))
    return found - symbols.extents


def names_in(symbols: Symbols, tree: Node) -> set[str]:
    """The keys of the symbols of a tree."""
    bases = {id(n.base) for n in walk(tree) if isinstance(n, Indexed)}
    found = {symbol_key(symbols, n) for n in walk(tree) if isinstance(n, Name | Indexed) and id(n) not in bases}
    return {n for n in found if n} | {n.text for n in walk(tree) if isinstance(n, Law)}
