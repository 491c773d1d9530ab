"""What runs over indices. Owns: Σ and its bounds, conditions, cases, lists with an ellipsis, indicators.

Never: what a subscript picks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradwright.core.build import (
    ONE,
    ZERO,
    add,
    const,
    delta,
    divide,
    matfn,
    mul,
    ordinal,
    reduce,
    size,
    subtract,
    total,
    where,
)
from gradwright.core.context import Signature
from gradwright.core.index import Index, free_index
from gradwright.core.node import Node as Body
from gradwright.core.value import Value, kind_of, mask
from gradwright.read.latex.nodes import ENDLESS, Indicator, Run, symbol
from gradwright.read.meaning.operators import RELATIONS, entrywise
from gradwright.read.syntax import (
    ORDERS,
    Big,
    Binder,
    Cases,
    Comparison,
    Group,
    Indexed,
    Letter,
    Name,
    Negative,
    Node,
    Number,
    Sum,
    bare,
    walk,
)
from gradwright.referee.meaning.document import Document
from gradwright.referee.meaning.members import of_class
from gradwright.referee.meaning.sums import free_letters
from gradwright.referee.meaning.symbols import symbol_key
from gradwright.referee.meaning.value import number

_SUBSCRIPTS = "ijklmnpqrstabcd"


def big(e: Document, tree: Big) -> Value:
    binders = tree.binders or _implied(e, tree)
    inner = _opened(e, binders, tree)
    masks = [m for binder in binders for m in _bounds(inner, binder, tree)]
    masks += [condition(inner, c, tree) for c in tree.conditions]
    value = inner.value(tree.body)
    for binder in binders:
        used = bool(tree.conditions) or any(i.name == inner.letter(binder.name).name for i in value.body.free)
        _reached(inner, binder, used, tree)
    bound = [inner.letter(binder.name) for binder in binders]
    body = value.body
    if tree.operator in ("max", "min") and (masks or not set(bound) <= body.free):
        e.fail(f"{tree.operator} over what is no index", tree)
    if tree.operator == "sum":
        return replace(value, body=total(bound, mul(*masks, body)))
    if masks:
        body = add(mul(*masks, subtract(body, ONE)), ONE)
    return replace(value, body=reduce(tree.operator, bound, body))


def _opened(e: Document, binders: Sequence[Binder], tree: Node) -> Document:
    """The elaborator of what stands below a sign that binds letters."""
    at = f"{tree.span}:"
    letters = {b.name: free_index(f"~s{tree.span[0]}.{b.name}", e.find(f"?s{at}{b.name}")) for b in binders}
    return e.binding(letters, frozenset(b.name for b in binders if _starts(b) == "0"))


def _reached(e: Document, binder: Binder, used: bool, tree: Node) -> None:
    """How far a sum goes whose summand does not tell: as far as the chain's others over that letter, or any."""
    letter = binder.name
    known = e.world.learned.summed(e.world.chain)
    if used:
        known.setdefault(letter, e.letter(letter).dim)
    elif binder.high is None:
        dims = {e.find(d) for d in known.values()}
        if letter not in known and len(dims) != 1:
            e.fail("a sum that does not say how far it goes", tree)
        e.unify(e.letter(letter).dim, known[letter] if letter in known else dims.pop(), tree)


def _implied(e: Document, tree: Big) -> tuple[Binder, ...]:
    """The letters an index-less Σ must mean: those of its summand that nothing outside mentions."""
    inside = {n.name for n in walk(tree.body) if isinstance(n, Letter)}
    left = inside - (e.world.outer if e.place.own is None else e.place.own) - set(e.place.scope)
    if len(left) != 1:
        e.fail("a sum that does not say over what", tree)
    return (Binder(tree.span, left.pop()),)


def _starts(binder: Binder) -> str | None:
    return binder.low.text if isinstance(binder.low, Number) else None


def _is_endless(binder: Binder) -> bool:
    return symbol(binder.high) == ENDLESS if binder.high is not None else False


def _without_end(e: Document, binder: Binder, tree: Big | Run) -> list[Body]:
    """A sum to infinity: over points that nobody counts, so that what holds for sums of any length holds.

    Where it begins matters to what its letter counts; only one that begins with 1 or 0 says so.
    """
    counts = any(isinstance(n, Name) and n.stem == binder.name for n in walk(tree.body))
    if counts and _starts(binder) not in ("0", "1"):
        e.fail("a sum without end, in which a letter counts from what is not read", tree)
    e.world.endless = True
    e.unify(e.letter(binder.name).dim, f"?{ENDLESS}{_starts(binder)}", tree)  # as far as the others of its kind
    return []


def _bounds(e: Document, binder: Binder, tree: Big | Run) -> list[Body]:
    """From 1 to n, or from 0 to n − 1: the whole axis, of extent n. Other bounds cut it with a mask."""
    letter, low = binder.name, bare(binder.low) if binder.low is not None else None
    start = _starts(binder)
    if _is_endless(binder):
        return _without_end(e, binder, tree)
    ends: list[Body] = []
    if binder.high is not None:
        last, start = until(bare(binder.high), start)
        ends = _ends(e, letter, last, start, tree)
    if low is None or start in ("0", "1"):
        return ends
    if start is not None:
        return [*ends, where("<", add(ordinal(e.letter(letter)), ONE), const(int(start)), ZERO, ONE)]
    first, shift = _shifted(low)
    if len(first) != 1 or (first not in e.place.scope and binder.high is not None):
        # \sum_{i=c}^{C}: a slip of the pen in many texts; not read
        e.fail("the lower bound of this sum is not understood", tree)
    e.unify(e.letter(first).dim, e.letter(letter).dim, tree)
    return [*ends, where("<", ordinal(e.letter(letter)), add(ordinal(e.letter(first)), const(shift)), ZERO, ONE)]


def _ends(e: Document, letter: str, last: Node, start: str | None, tree: Node) -> list[Body]:
    """The extent of the axis of a letter, from the bound above it, and masks where the bound lies before its end."""
    index = e.letter(letter)
    first, shift = _shifted(last)
    if first and first in {*e.place.scope, *e.world.outer} and start != "0":  # up to j − 1, of an index j
        e.unify(index.dim, e.letter(first).dim, tree)
        return [where("<", add(ordinal(e.letter(first)), const(shift)), ordinal(e.letter(letter)), ZERO, ONE)]
    if isinstance(last, Sum) and start != "0":
        return _ends_before(e, index, last, (first, shift), tree)
    _ends_with(e, index, last, start, tree)
    return []


def _ends_before(e: Document, index: Index, last: Sum, shifted: tuple[str, int], tree: Node) -> list[Body]:
    """Up to n − 1 of n places; n − m + 1 are so many places, which nothing ties to n and m."""
    parts: list[str] = []
    for sign, term in last.terms:
        if not isinstance(term, Name | Number):
            e.fail("the upper bound of this sum is not understood", tree)
        parts += [sign, term.stem if isinstance(term, Name) else term.text]
    e.world.endless = True
    name, shift = shifted
    if not name or shift > 0:
        e.unify(index.dim, "?to " + "".join(parts), tree)
        return []
    e.unify(index.dim, name, tree)
    dim = e.find(index.dim)
    return [where("<", add(ordinal(free_index(str(index.name), dim)), const(-shift)), size(dim), ONE, ZERO)]


def _ends_with(e: Document, index: Index, last: Node, start: str | None, tree: Node) -> None:
    key = symbol_key(e.symbols, last)
    if key and (isinstance(last, Name) or not free_letters(last)):
        if start == "0":
            e.world.endless = True  # n + 1 places, which are not tied to n
            e.unify(index.dim, f"?0 to {key}", tree)
            return
        e.unify(index.dim, key, tree)
    elif isinstance(last, Number) and last.text.isdigit() and 0 < int(last.text) < 50:
        e.unify(index.dim, int(last.text) + (start == "0"), tree)
    else:
        e.fail("the upper bound of this sum is not understood", tree)


def until(last: Node, start: str | None) -> tuple[Node, str | None]:
    """From 0 to n − 1 as from 1 to n."""
    match last:
        case Sum(terms=(("+", n), ("-", Number(text="1")))) if start == "0":
            return n, "1"
    return last, start


def _shifted(low: Node) -> tuple[str, int]:
    """i and 1 in i + 1; no letter where it is something else."""
    match low:
        case Sum(terms=((_, Name(stem=name)), (sign, Number(text=text)))):
            return name, int(text) * (1 if sign == "+" else -1)
    return symbol(low), 0


def run(e: Document, tree: Run) -> Value:
    """A vector or a matrix with an ellipsis: what stands at every place."""
    inner = _opened(e, tree.binders, tree)
    for binder in tree.binders:
        _bounds(inner, binder, tree)
    value = inner.value(tree.body)
    axes = (*(inner.letter(binder.name) for binder in tree.binders), *value.axes)
    return Value(kind_of(len(axes)), axes, value.body)


# --- conditions


def condition(e: Document, tree: Comparison, around: Node, labelled: bool = False) -> Body:
    """1 where it holds, 0 elsewhere; between indices a δ, and where one is a label, the one-hot vector of the class.

    ``labelled``: whether what is compared with an index can be nothing but a class label.
    """
    op = str(tree.relation)
    a, b = index_of(e, tree.left), index_of(e, tree.right)
    if a is not None and b is not None:
        e.unify(a.dim, b.dim, around)
        a, b = index_of(e, tree.left) or a, index_of(e, tree.right) or b
        if op in ("=", "!="):
            return delta(a, b) if op == "=" else subtract(ONE, delta(a, b))
        return mask(op, ordinal(a), ordinal(b), ONE, ZERO)
    letter, label = (a, tree.right) if b is None else (b, tree.left)
    if (
        op in ("=", "!=")
        and letter is not None
        and isinstance(label, Name | Indexed)
        and (labelled or _is_class(label))
    ):
        held = of_class(e, label, letter, around)
        return held if op == "=" else subtract(ONE, held)
    if op in ("=", "!="):
        held = (_at_value if labelled else _by_value)(e, tree.left, tree.right, around)
        return held if op == "=" else subtract(ONE, held)
    if op not in RELATIONS:
        e.fail("this condition is not understood", tree)
    return mask(op, e.number(tree.left), e.number(tree.right), ONE, ZERO)


def _is_class(label: Node) -> bool:
    """y_i, beside an index."""
    return (
        isinstance(label, Indexed) and isinstance(label.base, Name) and all(isinstance(i, Letter) for i in label.items)
    )


def index_of(e: Document, tree: Node) -> Index | None:
    """The index that a letter of a condition is; none where it is a number."""
    tree = bare(tree)
    if not isinstance(tree, Name) or len(tree.stem) != 1:
        return None
    letter = tree.stem
    if letter in e.place.scope:
        return e.letter(letter)
    key = e.symbols.key(letter, tree.font)
    if key in e.place.env or key in e.symbols.shapes.extents or e.rank(key):
        return None
    seen = e.symbols.seen
    if letter in e.world.outer | seen.subscripts or (letter in _SUBSCRIPTS and letter not in seen.alone):
        return e.letter(letter)
    return None


def cases(e: Document, tree: Cases) -> Value:
    """The sum of the values, each where its conditions hold and none before it does."""
    e = e.inside(replace(e.place, chosen=_chosen(e, tree)))
    rest: Body = ONE
    pieces: list[Body] = []
    for case in tree.cases:
        value = e.number(case.value)
        if not case.conditions:
            return number(add(*pieces, mul(rest, value)))
        held = mul(*(condition(e, c, tree) for c in case.conditions))
        pieces.append(mul(held, value))
        rest = mul(rest, subtract(ONE, held))
    return number(add(*pieces))


def _chosen(e: Document, tree: Cases) -> dict[str, list[Body]]:
    """The numbers a symbol is said to equal, case by case."""
    found: dict[str, list[Body]] = {}
    for c in (c for case in tree.cases for c in case.conditions):
        plain = c.relation == "=" and isinstance(c.right, Number | Negative | Group)
        if plain and index_of(e, c.left) is None:
            found.setdefault(_chosen_key(e, c.left), []).append(e.number(c.right))
    return found


def _chosen_key(e: Document, tree: Node) -> str:
    """The symbol that the cases tell apart; what is none stands for itself."""
    return e.symbols.key(tree.stem, tree.font) if isinstance(tree, Name) else str(tree.span)


def _by_value(e: Document, left: Node, right: Node, tree: Node) -> Body:
    """1 at one of the numbers the cases give a symbol, 0 at the others: a product of differences."""
    values, chosen = e.place.chosen.get(_chosen_key(e, left), []), e.number(right)
    if len(values) < 2 or len(set(values)) < len(values):
        e.fail("a case by the value of a variable", tree)
    e.remark("a case by its value holds for the values that are named")
    e.world.by_value = True
    told = e.number(left)
    return mul(*(divide(subtract(told, v), subtract(chosen, v)) for v in values if v is not chosen))


def _at_value(e: Document, left: Node, right: Node, tree: Node) -> Body:
    """1 where two numbers are equal, 0 elsewhere: a function of their difference of which nothing else is used."""
    off = subtract(e.number(left), e.number(right))
    e.world.by_value = True
    e.world.functions[_EQUAL] = Signature((), ())
    return matfn(_EQUAL, 0, (), (), off)


_EQUAL = "1{=0}°f"
"""The function that is 1 at 0."""


def indicator(e: Document, tree: Indicator) -> Value:
    """1 where a condition holds, entry by entry where arrays are compared."""
    first = tree.conditions[0]
    indexed = index_of(e, first.left) is not None or index_of(e, first.right) is not None
    if len(tree.conditions) == 1 and first.relation in ORDERS and not indexed:
        left, right = e.value(first.left), e.value(first.right)
        return entrywise(e, left, right, tree, lambda a, b: mask(first.relation, a, b, ONE, ZERO))
    return number(mul(*(condition(e, c, tree, labelled=True) for c in tree.conditions)))
