"""What the formulas of a document show of its names. Owns: the rows from kinds of nodes to signs, and what the signs of
one name come to: which spellings are one symbol, which subscripts are labels, how many axes a symbol has.

Never: reads prose, looks at what a formula means.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Literal, NamedTuple, TypeGuard

from gradwright.core.record import dataclass
from gradwright.read.latex.nodes import Function, Vector, is_sample
from gradwright.read.syntax import (
    Big,
    Call,
    Derivative,
    Indexed,
    Label,
    Letter,
    Name,
    Negative,
    Node,
    Number,
    Pair,
    Power,
    Primed,
    Product,
    Quotient,
    Sum,
    Transposed,
    bare,
    walk,
)
from gradwright.referee.meaning.symbols import (
    MATRIX_LETTERS,
    Names,
    Seen,
    Symbols,
    applies,
    index_items,
    symbol_key,
    whole_of,
)

OF_MATRIX = ("tr", "det", "logdet")
"""Functions of a matrix: a capital in them is one."""
_VECTOR_LETTERS = frozenset("abcghopqruvwxyz") | {"theta", "beta", "mu"}
_LOSSES = frozenset({"L", "J", "E", "C", "ell", "l", "Q"})
"""Letters of which the plain one is the sum of the indexed ones, and no vector of them."""
_COUNTS = frozenset("NMKTDJ")
"""Capitals that are numbers below a fraction."""

What = Literal[
    "stands", "alone", "bold", "script", "plain", "applied", "indices", "lettered", "numbered", "cell", "subscript",
    "sampled", "zeroth", "transposed", "axes", "number", "listed", "member",
]  # fmt: skip
"""That a name stands somewhere, by itself, in a font; is applied; has so many indices, letters or numbers among them;
is a subscript, one of many samples, has an index 0, is transposed; has so many axes; is a number; is
a capital whose plain entries are listed, (X_1, …, X_n); is bold with an index."""


class Sign(NamedTuple):
    """What a node shows of a name."""

    name: str
    what: What
    value: int = 0


Row = Callable[[Node, frozenset[int]], Iterator[Sign]]


class Signs:
    """All signs of all names."""

    def __init__(self, trees: Iterable[Node]) -> None:
        self.found: dict[What, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        for tree in trees:
            heads = frozenset(_heads(tree))
            for node in walk(tree):
                for name, what, value in _ROWS[type(node)](node, heads) if type(node) in _ROWS else ():
                    self.found[what][name].add(value)

    def names(self, *whats: What) -> frozenset[str]:
        return frozenset(name for what in whats for name in self.found[what])

    def of(self, what: What) -> dict[str, set[int]]:
        return {name: set(values) for name, values in self.found[what].items()}


def _heads(tree: Node) -> Iterator[int]:
    """The nodes that stand below an index or before an argument, and so not by themselves."""
    for node in walk(tree):
        if isinstance(node, Indexed) and isinstance(node.base, Name | Indexed):
            yield id(node.base)
        elif isinstance(node, Call):
            yield id(node.function)


# --- the rows


def _indexed(node: Node, heads: frozenset[int]) -> Iterator[Sign]:
    assert isinstance(node, Indexed)
    base, every = whole_of(node)
    items = [i for i in index_items(every) if not is_sample(i)]
    if not isinstance(base, Name):
        return
    if any(isinstance(i, Label) and i.text == "0" for i in node.items):
        yield Sign(base.stem, "zeroth")
    name, size = base.stem, sum(2 if isinstance(i, Pair) else 1 for i in items)
    letters = [i for i in items if isinstance(i, Letter)]
    if base.font == "bold":
        yield Sign(name, "bold")
        yield Sign(name, "member")
    if any(map(is_sample, node.items)):
        yield Sign(name, "sampled")
    if not items or id(node) in heads:
        return
    yield Sign(name, "indices", size)
    for letter in letters:
        yield Sign(letter.name, "subscript")
    if not letters:
        yield Sign(name, "numbered" if size == 1 else "cell")
    if letters or size > 1:
        yield Sign(name, "lettered")


def _vector(node: Node, heads: frozenset[int]) -> Iterator[Sign]:
    assert isinstance(node, Vector)
    entries = [n for n in walk(node.body) if isinstance(n, Indexed) and isinstance(n.base, Name)]
    names = {n.base.stem for n in entries if isinstance(n.base, Name) and not n.base.font}
    others = [n for n in walk(node.body) if isinstance(n, Product | Sum | Call | Transposed)]
    if len(names) == 1 and entries and not others and is_capital(min(names)):
        yield Sign(min(names), "listed")


def _called(node: Node, heads: frozenset[int]) -> Iterator[Sign]:
    assert isinstance(node, Call)
    if isinstance(node.function, Name) and node.function.font != "bold":
        yield Sign(node.function.stem, "applied")


def _name(node: Node, heads: frozenset[int]) -> Iterator[Sign]:
    assert isinstance(node, Name)
    yield Sign(node.stem, "stands")
    if node.font in ("", "cal"):
        yield Sign(node.stem, "script" if node.font else "plain")
    if node.font == "bold":
        yield Sign(node.stem, "bold")
    elif id(node) not in heads:
        yield Sign(node.stem, "alone")


def _transposed(node: Node, heads: frozenset[int]) -> Iterator[Sign]:
    assert isinstance(node, Transposed)
    turned = bare(node.body)
    if isinstance(turned, Name):
        yield Sign(turned.stem, "transposed")
        yield Sign(turned.stem, "axes", 2 if is_capital(turned.stem) else 1)


def _product(node: Node, heads: frozenset[int]) -> Iterator[Sign]:
    """What stands after a matrix or a row by its letter is a vector by its own."""
    assert isinstance(node, Product)
    for (_, one), (_, two) in pairwise(node.factors):
        if _acts(one) and _is_vector(two):
            yield Sign(two.stem, "axes", 1)
    factors = [bare(factor) for _, factor in node.factors]
    for k, factor in enumerate(factors):
        turned = whole_of(factor.body)[0] if isinstance(factor, Primed) else None
        if isinstance(turned, Name) and any(_stem(other) == turned.stem for other in factors[k + 1 :]):
            yield Sign(turned.stem, "axes", 2 if is_capital(turned.stem) else 1)  # x′ R x


def _stem(node: Node) -> str:
    base = whole_of(node)[0]
    return base.stem if isinstance(base, Name) else ""


def _sum(node: Node, heads: frozenset[int]) -> Iterator[Sign]:
    """b in A x + b."""
    assert isinstance(node, Sum)
    terms = [t for _, t in node.terms]
    if any(isinstance(t, Product) and _maps(t) for t in terms):
        yield from (Sign(t.stem, "axes", 1) for t in terms if _is_vector(t))


def _function(node: Node, heads: frozenset[int]) -> Iterator[Sign]:
    if applies(node, *OF_MATRIX):
        for inner in walk(node.arguments[0]):
            if isinstance(inner, Name) and is_capital(inner.stem):
                yield Sign(inner.stem, "axes", 2)


def _big(node: Node, heads: frozenset[int]) -> Iterator[Sign]:
    assert isinstance(node, Big)
    for binder in node.binders:
        yield from _counted(binder.high)


def _derivative(node: Node, heads: frozenset[int]) -> Iterator[Sign]:
    assert isinstance(node, Derivative)
    if isinstance(node.body, Name) and node.body.stem in _LOSSES and node.body.font != "bold":
        yield Sign(node.body.stem, "number")


def _power(node: Node, heads: frozenset[int]) -> Iterator[Sign]:
    assert isinstance(node, Power)
    if not isinstance(node.base, Name):
        yield from _counted(node.exponent)
    elif node.base.stem in MATRIX_LETTERS:
        minus = isinstance(node.exponent, Negative)
        if minus or (isinstance(node.exponent, Number) and node.exponent.text == "-1"):
            yield Sign(node.base.stem, "axes", 2)


def _quotient(node: Node, heads: frozenset[int]) -> Iterator[Sign]:
    assert isinstance(node, Quotient)
    if isinstance(node.bottom, Name | Product):  # nothing is divided by a matrix
        alone = isinstance(node.bottom, Name)
        yield from (sign for sign in _counted(node.bottom) if alone or sign.name in _COUNTS)


_ROWS: dict[type[Node], Row] = {
    Indexed: _indexed, Call: _called, Name: _name, Transposed: _transposed, Product: _product, Sum: _sum,
    Function: _function, Big: _big, Derivative: _derivative, Power: _power, Quotient: _quotient, Vector: _vector,
}  # fmt: skip


def _counted(tree: Node | None) -> Iterator[Sign]:
    """The capitals in a bound or an exponent: numbers, whatever their letters suggest."""
    nodes = list(walk(tree)) if tree is not None else []
    indexed = {n.base.stem for n in nodes if isinstance(n, Indexed) and isinstance(n.base, Name)}
    for name in {n.stem for n in nodes if isinstance(n, Name) and n.font != "bold"} - indexed:
        if len(name) == 1 and name.isupper() and name != "T":
            yield Sign(name, "number")


def _acts(tree: Node) -> bool:
    """A matrix or a row by its letter: what stands after it is a vector."""
    if isinstance(tree, Transposed):
        return isinstance(tree.body, Name) and not tree.body.font
    return isinstance(tree, Name) and tree.stem in MATRIX_LETTERS and len(tree.stem) == 1


def _is_vector(tree: Node) -> TypeGuard[Name]:
    return isinstance(tree, Name) and tree.stem in _VECTOR_LETTERS and not tree.font


def _maps(tree: Product) -> bool:
    """A x, by its letters."""
    factors = [factor for _, factor in tree.factors]
    if len(factors) != 2 or not isinstance(factors[0], Name) or not isinstance(factors[1], Name):
        return False
    return _acts(factors[0]) and factors[1].stem in _VECTOR_LETTERS


def is_capital(name: str) -> bool:
    last = name.split("^")[0].split()[-1]
    return last[:1].isupper()


# --- what the signs come to


@dataclass(frozen=True)
class _Company:
    """All signs beside each other: the names of each symbol, its indices by number, the axes that are shown."""

    signs: Signs
    names: Names
    counts: Mapping[str, frozenset[int]]
    axes: Mapping[str, int]
    lettered: frozenset[str]
    vectors: frozenset[str]  # capitals in bold whose plain entries are listed: X = (X_1, …, X_n)


def gather(symbols: Symbols, trees: Sequence[Node], once: set[str], compared: frozenset[str] = frozenset()) -> Symbols:
    """Names and ranks from every tree of the document; ``once``: letters that are declared in one font only.

    ``compared``: letters that are said to be greater or less than a number.
    """
    signs = Signs(trees)
    losses = _LOSSES & signs.names("alone") & signs.names("lettered")
    losses = frozenset(name for name in losses if signs.found["indices"][name] == {1})
    company = _company(signs, losses, symbols.shapes.whole, once)
    counted = (signs.names("number") | compared) - signs.names("bold")
    scalars = symbols.shapes.scalars | {n for n in counted if n not in signs.found["axes"] or n in _COUNTS}
    ranks = {**symbols.shapes.ranks, **{name + "[2]": 2 for name in company.names.twofold}}
    stand = signs.names("stands", "indices", "bold") - set(company.names.same)
    guessed: set[str] = set()
    for name in stand:
        key = "bold " + name if name in company.names.apart else name
        counts = company.counts.get(name, frozenset())
        rank = _rank(name, company, counts, name in symbols.shapes.whole)
        by_letter = not rank and not counts and is_capital(name) and name.split("^")[0] in MATRIX_LETTERS
        number = name in scalars and name not in company.names.bold and not counts
        if key in ranks:  # a declared one has as many axes as indices at least, and is no guess
            ranks[key] = max(ranks[key], *counts, 0)
        else:
            ranks[key] = 0 if number else 2 if by_letter else rank
            guessed |= {key} if by_letter else set()
        ranks.setdefault(name, 0)
    families = {**symbols.shapes.families, **{name + "{}": 0 for name in losses}}
    shapes = replace(symbols.shapes, ranks=ranks, scalars=scalars, guessed=frozenset(guessed), families=families)
    named = replace(symbols, names=company.names, shapes=shapes)
    called = (n.function for tree in trees for n in walk(tree) if isinstance(n, Call))
    seen = Seen(
        signs.names("alone"), signs.names("lettered"), signs.names("sampled"), signs.names("transposed"),
        signs.names("subscript"), frozenset(symbol_key(named, head) for head in called),
    )  # fmt: skip
    return replace(named, seen=seen)


def _company(signs: Signs, losses: frozenset[str], whole: frozenset[str], once: set[str]) -> _Company:
    """Which spellings are one symbol: a_ij beside A, bold x beside the x of x_i, W_1 as a name of its own."""
    bold, alone = signs.names("bold"), signs.names("alone")
    zeroth = signs.names("zeroth") - signs.names("lettered")  # z_0, z_1 are names, where z has no other entries
    counts = {n: frozenset(sizes) for n, sizes in signs.of("indices").items() if n not in losses | zeroth}
    axes = {name: max(shown) for name, shown in signs.of("axes").items()}
    apart = {n for n in (bold & alone) - once if not is_capital(n) or n not in counts}
    apart |= {n for n in bold & signs.names("applied") if is_capital(n) and n not in counts}
    same: dict[str, str] = {}
    upper, twofold = set(), set()
    for name, sizes in [*counts.items()]:
        if len(name) > 1 or 2 not in sizes:
            continue
        above = name.upper()
        beside = above != name and name not in alone and above in signs.found["stands"]
        if beside and (above in axes or above in MATRIX_LETTERS or above in bold):
            axes[above] = 2
            if sizes == {2} and name not in bold:
                same[name] = above
                continue
            upper.add(name)
        elif not beside and 1 in sizes and name == name.lower():
            twofold.add(name)
        else:
            continue
        counts[name] = sizes - {2}
    lettered = signs.names("lettered") - losses
    cells = signs.names("numbered") - signs.names("cell") - set(same)
    both = frozenset({1, 2})  # W_1 beside W_ij: W has no entry W_1
    picked = (name for name in cells - lettered if counts.get(name) == frozenset({1}))
    one = {name for name in picked if axes.get(name) == 2}  # W_0 beside W x
    labelled = {name for name in cells | one if is_capital(name) and (name in one or counts.get(name) == both)}
    counts |= dict.fromkeys(labelled, frozenset({2}))
    plainly = bold - signs.names("member")  # t, whose t_1 are plain: its entries
    for name in set(counts) - lettered - whole - set(same) - plainly:
        if counts[name] and (name in bold or (not axes.get(name) and max(counts[name]) == 1)):
            labelled.add(name)
    vectors = signs.names("listed") & bold
    labelled = (labelled | zeroth) - vectors
    script = signs.names("script") & signs.names("plain")
    names = Names(same, frozenset(upper), frozenset(twofold), frozenset(apart), script, frozenset(labelled), bold)
    return _Company(signs, names, counts, axes, lettered, vectors)


def _rank(name: str, company: _Company, counts: frozenset[int], whole: bool) -> int:
    """The axes that the font, the company and the indices of a symbol show."""
    rank = company.axes.get(name, 0)
    if name in company.vectors:
        return 1
    if name in company.names.bold:
        rank = max(rank, 2 if is_capital(name) else 1)
    if name in company.lettered:
        return max(rank, *counts, 0)
    return max(rank, 1) if whole else rank
