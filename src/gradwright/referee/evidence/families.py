"""Many vectors under one letter, and ranks that the company of a symbol shows. Owns: x_n as the n-th of many vectors,
W x + b with b a vector. Evidence comes from products, transposes, norms and sums. Never: turns a formula into nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TypeGuard

from gradwright.read.latex.nodes import Function, Run, Vector, is_sample, symbol, written
from gradwright.read.syntax import (
    Bars,
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
    Norm,
    Number,
    Pair,
    Place,
    Power,
    Product,
    Quotient,
    Sum,
    Transposed,
    bare,
    walk,
)
from gradwright.referee.meaning.symbols import MATRIX_LETTERS, Symbols, applies, base_of, family_name, symbol_key
from gradwright.tables.scalars import WRITTEN

_ELEMENTWISE = frozenset(name for name, row in WRITTEN.items() if row.arity == 1)
_LIKE_SIGMA = frozenset({"sigma", "phi", "psi", "rho", "varphi", "tanh"})
_ROUNDS = 4


def find_families(
    symbols: Symbols,
    trees: Sequence[Node],
    equal: Sequence[tuple[Node, Node]],
    declared: Iterable[tuple[Node, int, int]],
    sections: Mapping[int, int],
) -> Symbols:
    """Indexed symbols whose members are vectors or matrices, then ranks by company."""
    finder = _Finder(symbols, sections)
    for tree, rank, finder.section in declared:
        if rank and _is_member(tree):
            finder.member(tree, rank, declared=True)
    for _ in range(_ROUNDS):
        before = finder.symbols.shapes
        for tree in trees:
            finder.section = sections.get(id(tree), 0)
            for node in walk(tree):
                finder.look(node)
        for left, right in equal:
            finder.equate(left, right)
        if before == finder.symbols.shapes:
            break
    for tree in trees:
        finder.contradict(tree)
        finder.single(tree)
    finder.spread(equal)
    entries = frozenset(finder.against - finder.shown)
    return replace(finder.symbols, shapes=replace(finder.symbols.shapes, entries=entries))


def _is_member(tree: Node) -> TypeGuard[Indexed]:
    """x_i, x^{(i)}: a symbol with one index letter."""
    if not isinstance(tree, Indexed) or not isinstance(tree.base, Name) or len(tree.items) != 1:
        return False
    return isinstance(tree.items[0], Letter | Place) and not is_sample(tree.items[0])


class _Finder:
    """What each node shows of the symbols in it; ``symbols`` are those with all that was shown so far."""

    def __init__(self, symbols: Symbols, sections: Mapping[int, int]) -> None:
        self.symbols, self.sections, self.section = symbols, sections, 0
        self.shown: set[tuple[int, str]] = set()
        self.against: set[tuple[int, str]] = set()

    def member(self, tree: Node, rank: int, declared: bool = False) -> None:
        name = family_name(tree)
        if not declared and isinstance(tree, Indexed) and self.is_entry(tree):
            return
        self.shown.add((self.section, name))
        shapes = self.symbols.shapes
        if rank > shapes.families.get(name, 0):
            self.symbols = replace(self.symbols, shapes=replace(shapes, families={**shapes.families, name: rank}))

    def is_member(self, tree: Node) -> TypeGuard[Indexed]:
        """x_i; W_1 is a name where W has no other indices."""
        named = isinstance(tree, Indexed) and symbol(tree.base) in self.symbols.names.labelled
        return _is_member(tree) and not (named and isinstance(tree.items[0], Place))

    def is_entry(self, tree: Indexed) -> bool:
        """Plain x_i beside a bold x is one of its entries."""
        return isinstance(tree.base, Name) and tree.base.font != "bold" and tree.base.stem in self.symbols.names.bold

    def kind(self, tree: Node) -> str:
        """s, c, r, m for a number, a column, a row, a matrix; ? for a bare symbol that tells nothing; else nothing."""
        match tree:
            case Name() | Indexed():
                return self.symbol(tree)
            case Group() | Negative() | Vector():
                return self.kind(tree.body)
            case Transposed():
                return _turned(self.kind(tree.body))
            case Sum():
                return _common([self.kind(t) for _, t in tree.terms])
            case Product():
                return self.product(tree)
            case Run() | Matrix():
                return self.listed(tree)
            case Quotient() if self.kind(tree.bottom) in ("s", "?"):
                return self.kind(tree.top)
            case Power() if self.kind(tree.base) == "m":
                return "m"
            case Function() | Call() if _is_entrywise(tree):
                return self.kind(tree.arguments[0])
        return "s" if isinstance(tree, Number) else ""

    def listed(self, tree: Run | Matrix) -> str:
        """What is written out, with an ellipsis or without."""
        if isinstance(tree, Run):
            return {1: {"c": "m"}.get(self.kind(tree.body), "c"), 2: "m"}.get(len(tree.binders), "")
        flat = all(len(row) == 1 for row in tree.rows)
        return "c" if flat else "r" if len(tree.rows) == 1 else "m"

    def symbol(self, tree: Node) -> str:
        if self.is_member(tree) and family_name(tree) in self.symbols.shapes.families:
            return "cm"[self.symbols.shapes.families[family_name(tree)] - 1]
        key = symbol_key(self.symbols, tree)
        named = (
            isinstance(tree, Indexed)
            and "{" not in key
            and key not in self.symbols.shapes.ranks
            and not self.is_member(tree)
        )
        real = [i for i in tree.items if isinstance(i, Letter | Place | Pair)] if isinstance(tree, Indexed) else []
        real = [] if named or key.endswith(tuple(f"_{i.text}" for i in real if isinstance(i, Place))) else real
        samples = [i for i in real if is_sample(i)]
        if key in self.symbols.shapes.scalars or key in self.symbols.roles.functions:
            return "s"
        if samples or not real:
            rank = self.rank(key, tree) - len(real) + len(samples)
            return {1: "c", 2: "m"}.get(rank, "?") if not self.symbols.customs.row_vectors or rank != 1 else "r"
        return "?" if self.is_member(tree) else "s"

    def rank(self, key: str, tree: Node) -> int:
        """The rank of a symbol; a labelled one such as W_f is a matrix by its letter."""
        if key not in self.symbols.shapes.ranks and isinstance(tree, Indexed) and isinstance(tree.base, Name):
            name = tree.base.stem.split("^")[0]
            bold = tree.base.font == "bold"
            alike = self.symbols.shapes.ranks.get(name, 0)  # z_0 is as z
            labelled = any(isinstance(i, Label) for i in tree.items)
            places = sum(1 + isinstance(i, Pair) for i in tree.items if not isinstance(i, Label)) if labelled else 0
            by_letter = 2 if name in MATRIX_LETTERS or (bold and _capital(tree)) else max(alike, int(bold))
            applied = key in self.symbols.seen.laws
            self.symbols = self.symbols.ranked({key: places or (0 if applied else by_letter)})
        return self.symbols.rank(key)

    def product(self, tree: Product) -> str:
        result = "s"
        kinds = [self.kind(item) for _, item in tree.factors]
        for (op, item), kind, after in zip(tree.factors, kinds, (*kinds[1:], "s"), strict=True):
            if kind == "":
                return ""
            if kind == "?" and op == " " and result in ("m", "r") and after not in ("c", "m") and not _capital(item):
                kind = "c"  # as ``multiplied`` takes it
            if kind in ("s", "?"):
                continue
            if op in (".*", "*") and result == kind:
                continue
            result = kind if result == "s" else _TIMES.get(result + kind, "")
            if not result:
                return ""
        return result

    def contradict(self, tree: Node) -> None:
        """μ_j² and log μ_j show entries, in sections where nothing shows vectors."""
        section = self.sections.get(id(tree), 0)
        for node in walk(tree):
            inner = node.base if isinstance(node, Power) else node.arguments[0] if isinstance(node, Function) else None
            if isinstance(node, Function) and not applies(node, "exp", "log"):
                continue
            for term in _terms(inner) if inner is not None else ():
                if self.is_member(term) and self.symbols.shapes.families.get(family_name(term)) == 1:
                    self.against.add((section, family_name(term)))

    def single(self, tree: Node) -> None:
        """y log a shows two numbers: the output of a network with one unit."""
        for node in walk(tree):
            for (_, one), (op, two) in pairwise(node.factors) if isinstance(node, Product) else ():
                inner = _bare(two.arguments[0]) if applies(two, "log") and op == " " else None
                if inner is not None and self.kind(one) == self.kind(inner) == "c":
                    for side in (one, inner):
                        self.number(side)

    def number(self, tree: Node) -> None:
        key = symbol_key(self.symbols, _bare(tree))
        if key and key not in self.symbols.names.bold and isinstance(_bare(tree), Name | Indexed):
            ranked = self.symbols.ranked({key: 0})
            scalars = ranked.shapes.scalars | {key}
            self.symbols = replace(ranked, shapes=replace(ranked.shapes, scalars=scalars))

    def equate(self, left: Node, right: Node) -> None:
        """What equals an array is one."""
        shown = self.kind(right)
        if self.kind(left) == "?" and shown in ("c", "r"):
            self.promote(left)
        elif shown == "m" and isinstance(right, Matrix | Run | Vector | Group):
            self.matrix(left)

    def spread(self, equal: Sequence[tuple[Node, Node]]) -> None:
        """Where a is a number, so are z in a = σ(z) and b in z = W x + b, and W is a row."""
        for left, right in reversed([*equal] * 2):
            if symbol_key(self.symbols, left) not in self.symbols.shapes.scalars or not isinstance(
                left, Name | Indexed
            ):
                continue
            if isinstance(right, Call | Function) and len(right.arguments) == 1:
                self.number(right.arguments[0])
            for term in _terms(right):
                if isinstance(term, Product) and len(term.factors) == 2 and self.kind(term.factors[0][1]) == "m":
                    key = symbol_key(self.symbols, term.factors[0][1])
                    ranked = self.symbols.ranked({key: 1})
                    self.symbols = replace(ranked, shapes=replace(ranked.shapes, rows=ranked.shapes.rows | {key}))
                elif self.kind(term) == "c":
                    self.number(term)

    def counted(self, node: Big) -> None:
        """x_i in a sum over i up to n is one of n vectors, where x has other entries by what is declared."""
        for binder in node.binders:
            high = symbol_key(self.symbols, binder.high) if isinstance(binder.high, Name) else ""
            for inner in walk(node.body) if high else ():
                if not self.is_member(inner) or written(inner.items[0]) != binder.name:
                    continue
                key = symbol_key(self.symbols, inner.base)
                shapes = self.symbols.shapes
                shape = shapes.known.get(key, ())
                if key in shapes.declared and len(shape) == 1 and isinstance(shape[0], str) and shape[0] != high:
                    self.member(inner, 1, declared=True)
                    self.symbols = self.symbols.with_shape(family_name(inner), (high, *shape))

    def look(self, node: Node) -> None:
        match node:
            case Big():
                self.counted(node)
            case Transposed():
                tree = _bare(node.body)
                self.members([tree], 2 if _capital(tree) else 1)
            case Norm():
                self.members(_terms(node.body), 1)
            case Power() if _inverse(node.exponent):
                self.matrix(_bare(node.base))
            case Bars():
                self.matrix(_bare(node.body), MATRIX_LETTERS)
            case Function() if applies(node, "det", "tr", "logdet"):
                self.matrix(_bare(node.arguments[0]), MATRIX_LETTERS)
            case Product():
                self.multiplied(node)
            case Sum():
                self.added([t for _, t in node.terms])

    def members(self, trees: Sequence[Node], rank: int) -> None:
        for tree in trees:
            if self.is_member(tree):
                self.member(tree, rank)

    def matrix(self, tree: Node, letters: frozenset[str] | None = None) -> None:
        """What has an inverse or a determinant is a matrix, if it is a capital (and one of these letters)."""
        if self.is_member(tree) and _capital(tree) and (letters is None or symbol(tree.base) in letters):
            self.member(tree, 2)

    def multiplied(self, node: Product) -> None:
        """What stands after a matrix or a row, and lies under ⊙ with a vector, is a vector.

        Not a number that stands between, as in wᵀ λ w and A λ B.
        """
        items = node.factors
        for k, ((_, one), (op, two)) in enumerate(pairwise(items)):
            first, second = self.kind(one), self.kind(two)
            if op == " " and first in ("m", "r") and second == "?":
                if k + 2 < len(items) and self.kind(items[k + 2][1]) in ("c", "m"):
                    continue
                self.promote(two, strong=True)
            elif op == " " and first == "?" and isinstance(two, Transposed) and _is_one(two.body):
                self.promote(one)
            elif op == "times" and "?" in (first, second) and self.crosses(first, second):
                for factor in (one, two):
                    self.promote(factor)
            elif op == ".*" and second == "?" and self.entrywise(one) in ("c", "r"):
                self.promote(two)
            elif op == ".*" and first == "?" and self.entrywise(two) in ("c", "r"):
                self.promote(one)

    def crosses(self, first: str, second: str) -> bool:
        """Whether × between these two is the cross product: one is a vector, or words say so."""
        if {first, second} & {"c", "r"}:
            self.symbols = replace(self.symbols, customs=replace(self.symbols.customs, crossed=True))
        return self.symbols.customs.crossed

    def entrywise(self, tree: Node) -> str:
        """What stands beside ⊙; a function of a vector is one there."""
        tree = _bare(tree)
        if isinstance(tree, Call | Function) and len(tree.arguments) == 1:
            return self.kind(tree) or self.kind(tree.arguments[0])
        return self.kind(tree)

    def added(self, terms: list[Node]) -> None:
        if any(map(_is_identity, terms)):
            for term in terms:
                self.square(term)
        kinds = [self.kind(t) for t in terms]
        if "c" in kinds or "r" in kinds:
            for term, kind in zip(terms, kinds, strict=True):
                if kind == "?":
                    self.promote(term)

    def square(self, tree: Node) -> None:
        """A capital to which a multiple of I is added is a matrix, whatever its letter."""
        key = symbol_key(self.symbols, tree) if isinstance(tree, Name) and _capital(tree) else ""
        shapes = self.symbols.shapes
        if key and not _is_identity(tree) and not self.symbols.rank(key) and key not in shapes.scalars:
            self.symbols = self.symbols.ranked({key: 2})

    def promote(self, tree: Node, strong: bool = False) -> None:
        """A symbol that nothing else tells of is a vector; x_i only where a matrix acts on it, if x is one too."""
        tree = _bare(tree)
        if isinstance(tree, Sum) and strong:
            for _, term in tree.terms:
                if self.kind(term) == "?":
                    self.promote(term, strong)
            return
        if not isinstance(tree, Name | Indexed):
            return
        if self.is_member(tree):
            alone = self.symbols.rank(symbol_key(self.symbols, tree.base))
            if not _capital(tree) and (strong or not alone):
                self.member(tree, 1)
            return
        base = tree if isinstance(tree, Name) else tree.base
        if isinstance(base, Name) and base.font != "bold" and base.stem in self.symbols.names.bold:
            return
        key = symbol_key(self.symbols, tree)
        if not key or _capital(tree) or key in self.symbols.shapes.scalars or key in self.symbols.roles.functions:
            return
        if self.symbols.rank(key) == 0:
            self.symbols = self.symbols.ranked({key: 1})


def _is_identity(term: Node) -> bool:
    """I, and λ I."""
    last = bare(term.factors[-1][1]) if isinstance(term, Product) else bare(term)
    return isinstance(last, Name) and last.stem == "I"


def _turned(kind: str) -> str:
    return {"c": "r", "r": "c"}.get(kind, kind)


def _common(kinds: Sequence[str]) -> str:
    """What a sum is, of whose terms this is known."""
    array = next((k for k in kinds if k in ("c", "r", "m")), "")
    return array or ("s" if "s" in kinds else "?" if set(kinds) == {"?"} else "")


def _is_entrywise(tree: Function | Call) -> bool:
    """Whether a function goes by entries, by its name."""
    if isinstance(tree, Function):
        return tree.name in _ELEMENTWISE
    return symbol(tree.function) in _LIKE_SIGMA and len(tree.arguments) == 1


_TIMES = {"rc": "s", "rm": "r", "mc": "c", "mm": "m", "cr": "m"}


def _bare(tree: Node) -> Node:
    return bare(tree, Negative)


def _terms(tree: Node) -> list[Node]:
    tree = _bare(tree)
    return [_bare(t) for _, t in tree.terms] if isinstance(tree, Sum) else [tree]


def _is_one(tree: Node) -> bool:
    """A bold 1."""
    return isinstance(tree, Name) and (tree.stem, tree.font) == ("1", "bold")


def _inverse(exponent: Node) -> bool:
    exponent = _bare(exponent) if not isinstance(exponent, Negative) else exponent
    return isinstance(exponent, Negative) or (isinstance(exponent, Number) and exponent.text == "-1")


def _capital(tree: Node) -> bool:
    base = base_of(tree)
    name = base.stem if base is not None and isinstance(base, Name) else ""
    return name.split("^")[0].split()[-1][:1].isupper() if name else False
