"""What a relation is said for. Owns: telling claims from definitions, facts, conditions, updates and values.

Never: judges.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import Literal

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
    Call,
    Group,
    Indexed,
    Item,
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
    bare,
    differences,
    factors_of,
    walk,
)
from gradwright.referee.evidence import prose
from gradwright.referee.evidence.chains import Chain, Link, Side, since
from gradwright.referee.evidence.hypotheses import is_condition
from gradwright.referee.evidence.imposed import (
    Imposed,
    first_differentiated,
    imposes,
    is_constant,
    is_number,
    is_solution,
    is_tied,
    is_told,
    is_zero,
    noted,
    reached,
)
from gradwright.referee.evidence.sigmoid import states_sigmoid
from gradwright.referee.evidence.stated import stated_fact
from gradwright.referee.evidence.wording import clause, governs, sentence, solves
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
    whole_of,
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


@dataclass(frozen=True, slots=True)
class Sorting:
    """What is known after some links were sorted; ``imposed``: by section, the chain from which a condition is."""

    symbols: Symbols
    imposed: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Sorted:
    """What a relation is for, and what it teaches; ``right``: its right side, where that is read to its end.

    ``value``: what it says that the unknown is which it solves.
    """

    sort: str
    reason: str = ""
    symbols: Symbols | None = None
    definition: Definition | None = None
    solves: str = ""
    value: Node | None = None
    right: Node | None = None
    imposes: bool = False


def sort_links(symbols: Symbols, chains: Sequence[Chain]) -> Sorting:
    """Say in every link what it is for, one after the other, and what that teaches of the symbols."""
    differentiated = first_differentiated(symbols, chains)
    symbols = replace(symbols, roles=replace(symbols.roles, wrts=frozenset(differentiated)))
    known = Sorting(symbols, {})
    for chain in chains:
        imposed = noted(known.imposed, chain)
        known = Sorting(known.symbols.at(chain.section), imposed)
        for link in chain.links:
            try:
                with unit("what a link says", (link.op.start, link.op.end)):
                    known = _sort_link(known, differentiated, chains, chain, link)
            except NOT_READ as error:
                link.error = why(error)
    symbols = known.symbols
    hidden = frozenset(key for key in symbols.roles.hidden if not symbols.is_defined(key))
    return replace(known, symbols=replace(symbols, roles=replace(symbols.roles, hidden=hidden)))


def _sort_link(
    known: Sorting, differentiated: Mapping[str, int], chains: Sequence[Chain], chain: Chain, link: Link
) -> Sorting:
    left, right = chain.sides[link.left], chain.sides[link.left + 1]
    if link.left == 0 and left.tree is not None and right.tree is None:
        return replace(known, symbols=_miss(known.symbols, left.tree))
    if left.tree is None or right.tree is None or link.sort == "fact":
        return known
    said = _Said(known.symbols, Imposed(known.imposed, differentiated, chains), chain, link, left.tree, right.tree)
    found = next((done for role in _ROLES if (done := role(said)) is not None), None) or _define(said)
    if found is None:
        return known
    link.sort, link.reason, link.definition = found.sort, found.reason, found.definition
    link.solves, link.value = found.solves, found.value
    if found.right is not None:
        right.tree = found.right
    imposed = {chain.section: chain.number, **known.imposed} if found.imposes else known.imposed
    return Sorting(found.symbols or known.symbols, imposed)


def _miss(symbols: Symbols, left: Node) -> Symbols:
    """A name whose first meaning could not be read is no free variable."""
    form = defined_form(symbols, left)
    if form is None or symbols.is_defined(form.key):
        return symbols
    return replace(symbols, roles=replace(symbols.roles, missing=symbols.roles.missing | {form.key}))


@dataclass(frozen=True, slots=True)
class _Said:
    """A relation and where it stands; ``turned``: its sides are not as they were written."""

    symbols: Symbols
    imposed: Imposed
    chain: Chain
    link: Link
    left: Node
    right: Node
    turned: bool = False


def _names_sigmoid(said: _Said) -> Sorted | None:
    if not states_sigmoid(said.chain) or not said.symbols.customs.sigmoid:
        return None
    return Sorted("fact", "says that σ is the logistic function")


def _names_unit(said: _Said) -> Sorted | None:
    left = said.left
    if not _imaginary(left, said.right):
        return None
    unit_key = _base_name(left.base if isinstance(left, Power) else left).removesuffix("²")
    roles = replace(said.symbols.roles, beyond=said.symbols.roles.beyond | {unit_key})
    return Sorted("fact", "names the imaginary unit", replace(said.symbols, roles=roles))


def _states_fact(said: _Said) -> Sorted | None:
    symbols = said.symbols
    told = is_condition(said.chain) or _is_listed_beside(said) or bool(_NAMED.search(sentence(said.chain.before)))
    fact = stated_fact(symbols, said.chain, said.link, told)
    if fact is None:
        return None
    known = symbols.knows(fact.fact, fact.key)
    return Sorted("fact", "a fact that is stated", symbols if known else symbols.state(fact))


_NAMED = re.compile(r"\b(?:symmetric|idempotent|orthonormal|orthogonal|unitary|skew\S*|unit)\b[^.⟦]{0,25}$", re.I)
"""Words for what a formula states: “It is symmetric, Pᵀ = P”."""


def _is_listed_beside(said: _Said) -> bool:
    """VᵀV = I in “with UᵀU = I, VᵀV = I”: beside what states something, after a comma alone."""
    chain, chains = said.chain, said.imposed.chains
    before = chains[chain.number - 1] if chain.number and not chain.display else None
    if before is None or (before.section, before.sentence) != (chain.section, chain.sentence):
        return False
    said_so = is_condition(before) or any(link.sort in ("fact", "imposed") for link in before.links)
    said_so = said_so or bool(prose.LETTING.search(before.before))
    return said_so and re.fullmatch(r"\s*,?\s*(?:and)?\s*", since(chain)) is not None


def _solves_for_number(said: _Said) -> Sorted | None:
    form = defined_form(said.symbols, said.left) if is_number(said.right) and is_tied(said.chain) else None
    return _solved(said, form.key) if form is not None and form.kind == "sym" else None


def _imposes(said: _Said) -> Sorted | None:
    if not imposes(said.chain, said.link, said.right):
        return None
    return Sorted("condition", "a condition that is imposed, not a claim", imposes=True)


def _says_constant(said: _Said) -> Sorted | None:
    """dc = 0."""
    left, right = said.left, said.right
    if not isinstance(left, Differential) or not isinstance(left.body, Name):
        return None
    if not (is_number(right) and is_zero(right)):
        return None
    key, roles = symbol_key(said.symbols, left.body), said.symbols.roles
    roles = replace(roles, constants=roles.constants | {key}, varying=roles.varying - {key})
    return Sorted("fact", f"{key} is constant, stated", replace(said.symbols, roles=roles))


_AT = re.compile(r"\b(?:at|if|when|whenever|unless|once|as long as)\s*$", re.I)


_IFF = re.compile(
    r"\b(?:iff|(?:only|exactly|precisely) if|if and only if|(?:exactly|precisely) when|"
    r"equality (?:holds )?(?:if|when))\s*$",
    re.I,
)
"""Words after which an equation says when another statement holds: it gives no name a meaning."""


def _supposes(said: _Said) -> Sorted | None:
    """At θ′ = θ, if a = b: two names, which are one in the rest of the sentence."""
    if not said.chain.display and _IFF.search(clause(said.chain.before)):
        return Sorted("condition", "a condition, by the words before it")
    alone = not said.chain.display and len(said.chain.links) == 1
    names = is_name(said.symbols, said.left) and is_name(said.symbols, said.right)
    if not (alone and names and _AT.search(clause(said.chain.before))):
        return None
    return Sorted("condition", "a condition, by the words before it")


def _follows(said: _Said, key: str) -> bool:
    """Whether what is said of a symbol is concluded from a relation before it: that is not to be judged by this."""
    chain, chains = said.chain, said.imposed.chains
    concluded = "inference" in governs(chain.before) or chain.follows >= 0
    before = chains[chain.number - 1] if chain.number and concluded else None
    if before is None or before.section != chain.section:
        return False
    return any(key in names_in(said.symbols, tree) for tree in before.trees)


def _is_special(said: _Said, key: str) -> bool:
    """Whether an earlier sentence spoke of a symbol in general."""
    chain = said.chain
    earlier = (c for c in said.imposed.chains[: chain.number] if c.sentence != chain.sentence)
    return any(key in names_in(said.symbols, tree) for c in earlier for tree in c.trees)


def _equates_eigen(said: _Said) -> Sorted | None:
    """A v = λ v, A v = v and their transposes: of symbols of which nothing is known they are no identities."""
    symbols, one, two = said.symbols, factors_of(said.left), factors_of(said.right) or [said.right]
    claimed = bool(governs(said.chain.before) & {"inference", "any"})
    if claimed or len(said.chain.links) > 1 or len(one) != 2 or len(two) > 2:
        return None
    matrix, vector = one if isinstance(one[0], Name) else one[::-1]
    names = [matrix, bare(vector, Transposed), *two[:-1]]
    keys = [symbol_key(symbols, name) if is_name(symbols, name) else "" for name in names]
    free = all(keys) and not any(symbols.is_defined(key) or key in symbols.shapes.extents for key in keys)
    told = {fact.fact for fact in symbols.roles.facts if fact.key == keys[0]} - {"symmetric", "invertible"}
    if not (free and alike(vector, two[-1]) and symbols.rank(keys[0]) == 2) or told or keys[0] in keys[1:]:
        return None
    return Sorted("imposed", "an equation of eigenvalues, not a claim")


def _takes_special(said: _Said) -> Sorted | None:
    """For A = I, where B = A: what one sentence supposes."""
    chain, symbols = said.chain, said.symbols
    if chain.display or len(chain.links) != 1 or not (_AT.search(clause(chain.before)) or _CASE.search(chain.before)):
        return None
    key = symbol_key(symbols, said.left) if is_name(symbols, said.left) else ""
    plain = (is_constant(said.right) and not is_number(said.right)) or is_name(symbols, said.right)
    special = bool(key) and plain and not symbols.is_defined(key) and _is_special(said, key)
    return Sorted("imposed", "a special case, not a claim") if special else None


_CASE = re.compile(r"\b(?:case|for)\s*$", re.I)


def _chooses(said: _Said) -> Sorted | None:
    last = said.chain.sides[-1].tree
    valued = is_number(said.right) or (isinstance(said.right, Name | Indexed) and last is not None and is_number(last))
    if not valued or not _is_chosen(said.symbols, said.chain, said.left):
        return None
    return Sorted("value", "a value that is chosen, not a claim")


def _iterates(said: _Said) -> Sorted | None:
    """θ = 3.6 − 0.2 · 4 where θ is updated, θ = θ − α g: it is another number after each step."""
    if said.link.left or not _is_closed(said.right) or not is_name(said.symbols, said.left):
        return None
    heads = (c.trees[:2] for c in said.imposed.chains if len(c.trees) > 1 and alike(c.trees[0], said.left))
    updated = any(_is_update(left, right) for left, right in heads)
    return Sorted("value", "a value of what is updated, not a claim") if updated else None


def _is_closed(tree: Node) -> bool:
    return not any(isinstance(n, Name | Letter) for n in walk(tree))


def _explains(said: _Said) -> Sorted | None:
    if isinstance(said.left, Vector) and said.link.left == 0:
        return Sorted("data", "says what the brackets stand for")
    return Sorted("data", _WHOLE[type(said.right)]) if type(said.right) in _WHOLE else None


_ROLES: tuple[Callable[[_Said], Sorted | None], ...] = (
    _names_sigmoid, _names_unit, _states_fact, _solves_for_number, _imposes, _says_constant, _supposes, _equates_eigen,
    _takes_special,
    _chooses, _iterates, _explains,
)  # fmt: skip
"""What a relation may be for beside naming and claiming, in the order in which it is asked."""


@dataclass(frozen=True, slots=True)
class _Naming:
    """A name that a relation may give a meaning, and the meanings that it has."""

    form: Form
    known: tuple[Definition, ...]

    def meaning(self, said: _Said, body: Node, place: int) -> Definition:
        form, chain = self.form, said.chain
        onward = _is_special(said, form.key) if is_constant(body) else _follows(said, form.key)
        return Definition(form.key, form.params, form.letters, body, place, chain.number, chain.section, onward)


def _define(said: _Said) -> Sorted | None:
    """Give a name its meaning, if that is what the relation does."""
    said = _turned_round(said)
    naming = _naming(said)
    if naming is None:
        alone = said.link.left == 0 and len(said.chain.links) == 1 and not said.chain.display
        assumed = alone and prose.ASSUMING.search(clause(said.chain.before))
        return _names_right(said) or _names_within(said) or (Sorted("assumed") if assumed else None)
    said = replace(said, symbols=said.symbols.ranked(naming.form.ranks))
    found = next((done for step in _NAMINGS if (done := step(said, naming)) is not None), None) or _mean(said, naming)
    return replace(found, symbols=found.symbols or said.symbols)


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
    form = defined_form(said.symbols, said.left, said.right)
    if form is None:
        return None
    definitions = said.symbols.definitions
    known = [d for d in definitions if d.key == form.key]
    if form.kind == "call" and known and all(not _restated(said.symbols, d, form.params) for d in known):
        form = replace(form, key=f"{form.key}({','.join(form.params)})")
        known = [d for d in definitions if d.key == form.key]
    return _Naming(form, tuple(known))


def _as_it_was(said: _Said) -> Sorted:
    """No meaning; what the sign says stays."""
    return Sorted(said.link.sort)


def _names_itself(said: _Said, naming: _Naming) -> Sorted | None:
    """w = w − η g is an update, or an equation."""
    if naming.form.kind == "call" or naming.form.key not in names_in(said.symbols, said.right):
        return None
    return Sorted("update", "an update, not a claim") if _is_update(said.left, said.right) else _as_it_was(said)


def _goes_on(said: _Said, naming: _Naming) -> Sorted | None:
    """Inside a chain only a name that the sign before it gave as a meaning is given one itself."""
    inside = said.link.left > 0 and naming.form.kind not in ("call", "opaque")
    unnamed = inside and (bool(naming.known) or not _named_before(said.chain, said.link))
    return _as_it_was(said) if unnamed else None


def _lists_entries(said: _Said, naming: _Naming) -> Sorted | None:
    small = _base_name(said.left).lower()
    picked = [n.base for n in walk(said.right) if isinstance(n, Indexed)] if _is_listed(said.right) else []
    if not any(isinstance(base, Name) and base.stem == small for base in picked):
        return None
    form = replace(naming.form, params=(), letters=())
    definition = replace(naming, form=form).meaning(said, said.right, said.left.span[0])
    first = not naming.known and naming.form.key not in names_in(said.symbols, said.right)  # W_h of w_{hij}: two names
    known = said.symbols.defining(definition) if first else None
    return Sorted("data", "the entries of an array", known, definition=definition)


def _is_listed(tree: Node) -> bool:
    """Whether an array is written out, with an ellipsis or without."""
    return isinstance(bare(tree, Vector, Transposed), Matrix | Run)


def _turns_known(said: _Said, naming: _Naming) -> Sorted | None:
    if len(naming.known) != 1 or naming.form.kind != "sym":
        return None
    (known,) = naming.known
    turned = _turned(said.symbols, known, names_in(said.symbols, said.right))
    if turned is None:
        return None
    definition = naming.meaning(said, said.right, known.place)
    others = tuple(d for d in said.symbols.definitions if d is not known)
    symbols = replace(said.symbols, definitions=(*others, turned, definition))
    return Sorted("definition", symbols=symbols, definition=definition)


def _restates(said: _Said, naming: _Naming) -> Sorted | None:
    """A name that has a meaning gets another one only where words say so, in another section."""
    afresh = bool(prose.DEFINING.search(said.chain.before)) or said.link.sort == "definition"
    known = naming.known
    if known and _is_solved_anew(said, naming):
        return _told(said, naming)
    again = bool(known) and not (afresh and any(d.params != naming.form.params for d in known))
    return _as_it_was(said) if again and not (afresh and said.chain.section != known[-1].section) else None


def _solves(said: _Said, naming: _Naming) -> Sorted | None:
    """The solution of a condition; where words alone say so, it gives the name its meaning too."""
    form = naming.form
    solved = _solved(said, form.key)
    if solved is not None or form.kind != "sym" or not is_told(said.symbols, said.imposed, said.chain, form.key):
        return solved
    return _told(said, naming)


def _told(said: _Said, naming: _Naming) -> Sorted | None:
    """A solution by the words beside it, which is what its name means from here on."""
    found = _mean(said, naming)
    key = naming.form.key
    return replace(found, sort="solution", solves=key, value=said.right) if found.sort == "definition" else None


def _is_solved_anew(said: _Said, naming: _Naming) -> bool:
    """Whether words say that a name which has been the solution of one problem is that of another."""
    places = {
        link.definition.place
        for c in said.imposed.chains
        for link in c.links
        if link.sort == "solution" and link.definition
    }
    solved = all(d.place in places for d in naming.known)
    return solved and naming.form.kind == "sym" and said.link.left == 0 and solves(said.chain.before, said.chain.after)


_NAMINGS: tuple[Callable[[_Said, _Naming], Sorted | None], ...] = (
    _lists_entries, _names_itself, _goes_on, _turns_known, _restates, _solves,
)  # fmt: skip
"""What a relation with a name on its left may be instead of its definition."""


def _mean(said: _Said, naming: _Naming) -> Sorted:
    right = widened(said.right)
    shown = right if not said.turned and right is not said.right else None
    if naming.form.key in reached(said.symbols, right):
        if said.link.left == 0 and "definition" in governs(said.chain.before):  # take L = √A, where A is L Lᵀ
            return Sorted("condition", "a value that is taken, not a claim", right=shown)
        return replace(_as_it_was(said), right=shown)
    definition = naming.meaning(said, right, said.left.span[0])
    return replace(_defined(said.symbols, definition), right=shown)


def _defined(symbols: Symbols, definition: Definition) -> Sorted:
    roles = replace(symbols.roles, varying=symbols.roles.varying - {definition.key})
    known = replace(symbols, roles=roles).defining(definition)
    return Sorted("definition", symbols=known, definition=definition)


def _solved(said: _Said, key: str) -> Sorted | None:
    """The solution of a condition that was imposed; it is put back where words tie it to that."""
    if not is_solution(said.symbols, said.imposed, said.chain, key, said.left.span[0]):
        return None
    reason = "the solution of a condition that is imposed, not a claim about all values"
    return Sorted("solution" if is_tied(said.chain) else "condition", reason, solves=key, value=said.right)


def _is_chosen(symbols: Symbols, chain: Chain, left: Node) -> bool:
    """Whether a side is something of which a sentence may choose the value: nothing that is defined or derived.

    An extent is what it is said to be, and what was chosen before is chosen anew.
    """
    if chain.display or not isinstance(left, Name | Indexed | Call) or (isinstance(left, Call) and left.primes):
        return False
    form = defined_form(symbols, left)
    if isinstance(left, Call) and form is None and symbols.is_defined(symbol_key(symbols, left.function)):
        return False  # H(0.9), where H(p) is defined
    if form is None or form.key in symbols.shapes.extents:
        return True
    return all(is_number(d.body) for d in symbols.definitions if d.key == form.key)


def _names_right(said: _Said) -> Sorted | None:
    """Whether a relation names on its right side what stands on its left: P Qᵀ = R̂."""
    symbols, chain, left, right = said.symbols, said.chain, said.left, said.right
    form = defined_form(symbols, right, left)
    if form is None or form.kind != "sym" or said.link is not chain.links[-1] or is_number(left) or is_condition(chain):
        return None
    if (
        _is_known(symbols, form.key)
        or form.key in reached(symbols, left)
        or _met_before(said, form.key, chain.sides[:-1])
    ):
        return None
    return _defined(symbols, _Naming(form, ()).meaning(said, left, right.span[0]))


def _names_within(said: _Said) -> Sorted | None:
    """Whether a relation puts in what a new name stands for: Σ (y_i − ŷ_i)² = Σ (y_i − (m x_i + c))²."""
    symbols, pairs = said.symbols, differences(said.left, said.right)
    name, body = pairs[0] if pairs else (said.left, said.right)
    form = defined_form(symbols, name, body)
    if form is None or form.kind != "sym" or is_number(body) or is_name(symbols, bare(body)):
        return None
    consistent = all(alike(a, name) and alike(b, body) for a, b in pairs)
    if _is_known(symbols, form.key) or not consistent or form.key in reached(symbols, said.right) | symbols.roles.wrts:
        return None
    if _met_before(said, form.key, said.chain.sides[: said.link.left]):
        return None
    definition = _Naming(form, ()).meaning(said, body, name.span[0])
    return replace(_defined(symbols, definition), reason=f"says what {form.key} stands for")


def _is_known(symbols: Symbols, key: str) -> bool:
    """Whether a symbol is an extent, or is declared or defined anywhere so far."""
    return key in symbols.shapes.declared or key in symbols.shapes.extents or symbols.is_defined(key)


def _met_before(said: _Said, key: str, beside: Sequence[Side]) -> bool:
    """Whether a symbol stands anywhere in a relation before a chain, or in some of its sides."""
    others = [c.sides for c in said.imposed.chains[: said.chain.number] if c.links]
    return any(
        key in names_in(said.symbols, s.tree) for sides in (*others, beside) for s in sides if s.tree is not None
    )


def _inverted(symbols: Symbols, left: Node, right: Node) -> tuple[Node, Node] | None:
    """S⁻¹ = … gives S its meaning, where nothing else does."""
    if not isinstance(left, Power) or not isinstance(left.base, Name | Indexed) or isinstance(right, Number):
        return None
    exponent, form = left.exponent, defined_form(symbols, left.base)
    exponent = bare(exponent)
    minus = isinstance(exponent, Negative) and isinstance(exponent.body, Number) and exponent.body.text == "1"
    if not minus or form is None or symbols.is_defined(form.key) or form.letters or form.key in symbols.shapes.declared:
        return None
    return left.base, Power(right.span, Group(right.span, right), exponent)


def _logged(symbols: Symbols, left: Node) -> Node | None:
    """The law p(x) in log p(x) = …, where nothing else says what it is."""
    if not applies(left, "log") or not isinstance(left.arguments[0], Law | Call):
        return None
    inner = left.arguments[0]
    form = defined_form(symbols, inner)
    return inner if form is not None and not symbols.is_defined(form.key) else None


def _turned(symbols: Symbols, known: Definition, mentioned: set[str]) -> Definition | None:
    """η = log λ, then η = θᵀx: the first is turned round, λ = exp η, where λ has no other meaning."""
    body = known.body
    if not applies(body, "log", "exp") or not isinstance(body.arguments[0], Name) or known.letters:
        return None
    inner = symbol_key(symbols, body.arguments[0])
    if inner in mentioned or symbols.is_defined(inner):
        return None
    name = Name(body.span, known.key)
    back = Function(body.span, "log" if applies(body, "exp") else "exp", (name,))
    return Definition(inner, (), (), back, known.place, known.chain, known.section)


def _restated(symbols: Symbols, known: Definition, params: tuple[str, ...]) -> bool:
    """Whether f(x, y) speaks of the f that is known: in its own variables, or in what they are made of."""
    return set(known.params) == set(params) or set(params) <= reached(symbols, known.body)


def _named_before(chain: Chain, link: Link) -> bool:
    """y = a = σ(z): the side that the first = gave as a meaning is a name itself, and gets its own."""
    return any(before.left == link.left - 1 and before.sort == "definition" for before in chain.links)


def _base_name(tree: Node) -> str:
    base = base_of(tree)
    return base.stem if base is not None and isinstance(base, Name) else ""


def _is_update(left: Node, right: Node) -> bool:
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


@dataclass(frozen=True, slots=True)
class Form:
    """What a side can give a meaning: a name, with its parameters and the letters of its indices.

    ``kind``   "sym" for y and y_c, "call" for f(x), "opaque" for what is applied and has a number for every letter
    ``ranks``  what that says of its axes
    """

    key: str
    params: tuple[str, ...] = ()
    letters: tuple[str, ...] = ()
    kind: Literal["sym", "call", "opaque"] = "sym"
    ranks: Mapping[str, int] = field(default_factory=dict)


def defined_form(symbols: Symbols, tree: Node, whole: Node | None = None) -> Form | None:
    """The form of y, y_c, f(x), s(x)_i, P(t = 1 | z); None for what cannot be given a meaning."""
    letters: tuple[str, ...] = ()
    if isinstance(tree, Indexed):
        base, items = whole_of(tree)
        special = _labelled_form(symbols, base, items)
        if special is not None:
            return special
        letters = tuple(i.name for i in items if isinstance(i, Letter))
        if any(map(is_sample, items)) or len(letters) != len(items) or len(set(letters)) != len(letters):
            return None
        if symbols.family(tree):
            return Form(family_name(tree), letters=letters) if len(letters) == 1 else None
        tree = base
    match tree:
        case Name():
            return _name_form(symbols, tree, letters, whole)
        case Law():
            return None if letters else _law_form(symbols, tree, whole)
        case Call() if not tree.primes:
            return _call_form(symbols, tree, letters)
    return None


def _labelled_form(symbols: Symbols, base: Node, items: Sequence[Item]) -> Form | None:
    """W_out, W_1 where a number is part of the name, and x^{(i)}."""
    if not isinstance(base, Name):
        return None
    labels = [written(i) for i in items if isinstance(i, Label)]
    letters = tuple(i.name for i in items if isinstance(i, Letter))
    if labels and len(labels) == len(items):
        return Form(symbols.key(f"{base.stem}_{','.join(labels)}", base.font))
    if base.stem in symbols.names.labelled and not letters and not labels:
        return Form(symbols.key(f"{base.stem}_{''.join(map(written, items))}", base.font))
    if len(items) == 1 and is_sample(items[0]):
        return Form(symbols.key(base.stem, base.font) + "()", letters=letters)
    return None


def _name_form(symbols: Symbols, tree: Name, letters: tuple[str, ...], whole: Node | None) -> Form | None:
    known = tree.stem in ("0", "1", "I") or (tree.stem == "delta" and len(letters) == 2)
    number = whole is not None and not any(isinstance(n, Name | Indexed) for n in walk(whole))
    if known or (tree.stem == "e" and number):
        return None
    return Form(symbols.key(tree.stem, tree.font, len(letters)), letters=letters)


def _law_form(symbols: Symbols, tree: Law, whole: Node | None) -> Form | None:
    """p(x | θ) of symbols, whose law it is; P(t = 1 | z) and p(z_n), one number for every letter."""
    inside, base, trees = tuple(tree.letters), tree.spelled, tree.arguments
    if base.startswith("N(") and len(trees) == 3:  # a Gaussian density is known
        return None
    if not inside and trees and all(is_name(symbols, t) for t in trees) and not _picked(symbols, trees, whole):
        return Form(base, tuple(symbol_key(symbols, t) for t in trees), kind="opaque")
    return Form(tree.text, letters=inside, kind="opaque", ranks={tree.text: len(inside)})


def _call_form(symbols: Symbols, tree: Call, letters: tuple[str, ...]) -> Form | None:
    """f(x), f_i(x); γ(z_nk) is one number for each z_nk."""
    head, args = tree.function, tree.arguments
    if isinstance(head, Indexed) and not letters:
        letters = tuple(i.name for i in head.items if isinstance(i, Letter))
    inside = tuple(n.name for a in args for n in walk(a) if isinstance(n, Letter))
    if inside and not letters and isinstance(head, Name) and len(set(inside)) == len(inside):
        key = applied_name(tree)
        return Form(key, letters=inside, kind="opaque", ranks={key: len(inside)})
    key, params = symbol_key(symbols, head), tuple(symbol_key(symbols, a) for a in args)
    if not key or not all(is_name(symbols, a) for a in args) or len(set(params)) != len(params):
        return None
    return Form(key, params, letters, "call")


def _imaginary(left: Node, right: Node) -> bool:
    """i² = −1, i = √−1."""
    squared = isinstance(left, Power) or (isinstance(left, Name) and left.stem.endswith("²"))
    minus = isinstance(right, Negative) and isinstance(right.body, Number) and right.body.text == "1"
    rooted = isinstance(right, Root) and isinstance(right.body, Negative) and isinstance(left, Name)
    return (squared and minus) or rooted


@dataclass(frozen=True, slots=True)
class Anew:
    """A name that has a meaning, in a relation that may give it another; the symbols that each is made of.

    ``elsewhere``  whether it stands in another section or list item than the meaning that is known
    """

    definition: Definition
    known: Definition
    ranks: Mapping[str, int]
    new: frozenset[str]
    old: frozenset[str]
    elsewhere: bool


def anew(symbols: Symbols, chains: Sequence[Chain], chain: Chain, left: Node, right: Node) -> Anew | None:
    """What a relation would mean as a definition of what is known already."""
    form = defined_form(symbols, left)
    known = symbols.definition(form.key, chain.place - 1) if form is not None else None
    if form is None or known is None or known.chain == chain.number:
        return None
    new, old = names_in(symbols, right), names_in(symbols, known.body)
    if form.key in new:
        return None
    fresh = Definition(form.key, form.params, form.letters, right, left.span[0], chain.number, chain.section)
    item = chains[known.chain].item
    elsewhere = known.section != chain.section or (chain.item != item and bool(chain.item and item))
    return Anew(fresh, known, form.ranks, frozenset(new), frozenset(old), elsewhere)


def is_second_meaning(
    symbols: Symbols, found: Anew, chain: Chain, mended: bool, first_place: Callable[[str], int]
) -> bool:
    """Whether a name that has a meaning is given a new one here, in words or by what the new one is made of.

    Made of the variables of the old one, or of symbols that are all in use already, it restates: a claim; unless it
    stands in a section of its own that gave those symbols new meanings too. A function that is written out anew, where
    no word says that it follows and no mend explains the difference, is another one.
    """
    if is_number(found.definition.body) and found.known.params and "inference" in governs(chain.before):
        return False  # a value of the function
    if (
        labelled(chain)
        or _AFRESH.search(chain.before[-90:])
        or any(row(symbols, found, chain, mended) for row in _ANEW)
    ):
        return True
    mine, its = (made_of(symbols, names, chain.place - 1) for names in (found.new, found.old))
    in_use = bool(mine & its) and all(first_place(name) < chain.place for name in found.new)
    return not (found.new <= found.old or in_use)


def _is_alone_elsewhere(symbols: Symbols, found: Anew, chain: Chain, mended: bool) -> bool:
    """By itself in another section or item, where no word says that it follows."""
    return found.elsewhere and len(chain.links) == 1 and not goes_on(chain)


def _is_made_of_new(symbols: Symbols, found: Anew, chain: Chain, mended: bool) -> bool:
    """Elsewhere, and made of what this section has given a meaning."""
    here = {d.key for d in symbols.definitions if d.section == chain.section and d.place < chain.place}
    return found.elsewhere and bool(here & found.new)


def _is_another_function(symbols: Symbols, found: Anew, chain: Chain, mended: bool) -> bool:
    """A function that is introduced in words, of fewer variables, or written out anew."""
    params = found.definition.params
    fewer = set(params) < set(found.known.params)
    follows = mended or goes_on(chain)
    return bool(params) and (fewer or not follows or bool(prose.INTRODUCING.search(chain.before)))


def _is_no_function(symbols: Symbols, found: Anew, chain: Chain, mended: bool) -> bool:
    """A name, where f(x) is known, of what is not made of x; or a function for these variables alone."""
    other = not found.definition.params and bool(found.known.params) and not set(found.known.params) & found.new
    return other or "(" in found.definition.key


_ANEW: tuple[Callable[[Symbols, Anew, Chain, bool], bool], ...] = (
    _is_alone_elsewhere, _is_made_of_new, _is_another_function, _is_no_function,
)  # fmt: skip
"""What makes a formula for a known name another meaning, whatever it is made of."""


def goes_on(chain: Chain) -> bool:
    """Whether the words before a chain say that it follows from what was said."""
    return bool(_FOLLOWING.search(chain.before[-60:]))


def labelled(chain: Chain) -> bool:
    """Whether a chain opens a paragraph that says what it is about."""
    return bool(_LABEL.search(chain.before)) and not goes_on(chain)


def is_restated(found: Anew, chain: Chain) -> bool:
    """Whether a later section says the same of a name in symbols of its own: what follows is read in those."""
    return not found.new <= found.old and found.known.section != chain.section


def named(symbols: Symbols, tree: Node) -> str:
    """The name that a side is, where it could be given a meaning; or nothing."""
    form = defined_form(symbols, tree)
    return form.key if form is not None else ""


def made_of(symbols: Symbols, names: Iterable[str], place: int) -> set[str]:
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
    return found - symbols.shapes.extents


def names_in(symbols: Symbols, tree: Node) -> set[str]:
    """The keys of the symbols of a tree."""
    bases = {id(n.base) for n in walk(tree) if isinstance(n, Indexed)}
    found = {symbol_key(symbols, n) for n in walk(tree) if isinstance(n, Name | Indexed) and id(n) not in bases}
    return {n for n in found if n} | {n.text for n in walk(tree) if isinstance(n, Law)}
