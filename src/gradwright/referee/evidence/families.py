"""Many vectors under one letter, and ranks that the company of a symbol shows. Owns: x_n as the n-th of many vectors,
W x + b with b a vector. Evidence comes from products, transposes, norms and sums. Never: turns a formula into nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

from gradwright.read.tree import Tree, subtrees
from gradwright.referee.meaning.symbols import MATRIX_LETTERS, Symbols, applies, base_of, family_name, symbol_key
from gradwright.tables.scalars import WRITTEN

_ELEMENTWISE = frozenset(name for name, row in WRITTEN.items() if row.arity == 1)
_LIKE_SIGMA = frozenset({"sigma", "phi", "psi", "rho", "varphi", "tanh"})
_ROUNDS = 4


def find_families(
    symbols: Symbols,
    trees: list[Tree],
    equal: list[tuple[Tree, Tree]],
    declared: Iterable[tuple[Tree, int, int]],
    sections: Mapping[int, int],
) -> None:
    """Indexed symbols whose members are vectors or matrices (``symbols.families``), then ranks by company."""
    finder = _Finder(symbols, sections)
    for tree, rank, finder.section in declared:
        if rank and _is_member(tree):
            finder.member(tree, rank, declared=True)
    for _ in range(_ROUNDS):
        before = (dict(symbols.families), dict(symbols.ranks))
        for tree in trees:
            finder.section = sections.get(id(tree), 0)
            for node in subtrees(tree):
                finder.look(node)
        for left, right in equal:
            if finder.kind(left) == "?" and finder.kind(right) in ("c", "r"):
                finder.promote(left)
        if before == (symbols.families, symbols.ranks):
            break
    for tree in trees:
        finder.contradict(tree)
        finder.single(tree)
    finder.spread(equal)
    symbols.entries = finder.against - finder.shown


def _is_member(tree: Tree) -> bool:
    """x_i, x^{(i)}: a symbol with one index letter."""
    if tree.kind != "index" or tree.parts[0].kind != "sym":
        return False
    items = tree.parts[1]
    return len(items) == 1 and items[0].kind in ("letter", "place") and len(items[0].parts) == 1


class _Finder:
    """What each node shows of the symbols in it."""

    def __init__(self, symbols: Symbols, sections: Mapping[int, int]) -> None:
        self.symbols, self.sections, self.section = symbols, sections, 0
        self.shown: set[tuple[int, str]] = set()
        self.against: set[tuple[int, str]] = set()

    def member(self, tree: Tree, rank: int, declared: bool = False) -> None:
        name = family_name(tree)
        if not declared and self.is_entry(tree):
            return
        self.shown.add((self.section, name))
        if rank > self.symbols.families.get(name, 0):
            self.symbols.families[name] = rank

    def is_member(self, tree: Tree) -> bool:
        """x_i; W_1 is a name where W has no other indices."""
        named = tree.kind == "index" and str(tree.parts[0].parts[0]) in self.symbols.labelled
        return _is_member(tree) and not (named and tree.parts[1][0].kind == "place")

    def is_entry(self, tree: Tree) -> bool:
        """Plain x_i beside a bold x is one of its entries."""
        base = tree.parts[0]
        return base.parts[1] != "bold" and str(base.parts[0]) in self.symbols.bold

    def kind(self, tree: Tree) -> str:
        """s, c, r, m for a number, a column, a row, a matrix; ? for a bare symbol that tells nothing; else nothing."""
        kind = tree.kind
        if kind == "num":
            return "s"
        if kind in ("sym", "index"):
            return self.symbol(tree)
        if kind in ("group", "neg"):
            return self.kind(tree.parts[0])
        if kind == "T":
            return {"c": "r", "r": "c"}.get(self.kind(tree.parts[0]), self.kind(tree.parts[0]))
        if kind == "add":
            kinds = [self.kind(t) for _, t in tree.parts[0]]
            return next(
                (k for k in kinds if k in ("c", "r", "m")), "s" if "s" in kinds else "?" if set(kinds) == {"?"} else ""
            )
        if kind == "mul":
            return self.product(tree)
        if kind == "frac":
            return self.kind(tree.parts[0]) if self.kind(tree.parts[1]) in ("s", "?") else ""
        if kind == "pow" and self.kind(tree.parts[0]) == "m":
            return "m"
        if kind == "fn" and str(tree.parts[0]) in _ELEMENTWISE:
            return self.kind(tree.parts[1][0])
        if kind == "call" and str(tree.parts[0].parts[0]) in _LIKE_SIGMA and len(tree.parts[1]) == 1:
            return self.kind(tree.parts[1][0])
        return ""

    def symbol(self, tree: Tree) -> str:
        if self.is_member(tree) and family_name(tree) in self.symbols.families:
            return "cm"[self.symbols.families[family_name(tree)] - 1]
        key = symbol_key(self.symbols, tree)
        named = tree.kind == "index" and "{" not in key and key not in self.symbols.ranks and not self.is_member(tree)
        real = [i for i in tree.parts[1] if i.kind in ("letter", "place", "pair")] if tree.kind == "index" else []
        real = [] if named or key.endswith(tuple(f"_{i.parts[0]}" for i in real if i.kind == "place")) else real
        samples = [i for i in real if len(i.parts) > 1]
        if key in self.symbols.scalars or key in self.symbols.functions:
            return "s"
        if samples or not real:
            rank = self.rank(key, tree) - len(real) + len(samples)
            return {1: "c", 2: "m"}.get(rank, "?") if not self.symbols.row_vectors or rank != 1 else "r"
        return "?" if self.is_member(tree) else "s"

    def rank(self, key: str, tree: Tree) -> int:
        """The rank of a symbol; a labelled one such as W_f is a matrix by its letter."""
        if key not in self.symbols.ranks and tree.kind == "index" and tree.parts[0].kind == "sym":
            name = str(tree.parts[0].parts[0]).split("^")[0]
            bold = tree.parts[0].parts[1] == "bold"
            self.symbols.ranks[key] = 2 if name in MATRIX_LETTERS or (bold and _capital(tree)) else int(bold)
        return self.symbols.rank(key)

    def product(self, tree: Tree) -> str:
        result = "s"
        for op, item in tree.parts[0]:
            kind = self.kind(item)
            if kind in ("s", ""):
                if kind == "":
                    return ""
                continue
            if kind == "?":
                kind = "s"
                continue
            if op in ("odot", "star") and result == kind:
                continue
            result = kind if result == "s" else _TIMES.get(result + kind, "")
            if not result:
                return ""
        return result

    def contradict(self, tree: Tree) -> None:
        """μ_j² and log μ_j show entries, in sections where nothing shows vectors."""
        section = self.sections.get(id(tree), 0)
        for node in subtrees(tree):
            inner = node.parts[0] if node.kind == "pow" else node.parts[1][0] if node.kind == "fn" else None
            if node.kind == "fn" and not applies(node, "exp", "log"):
                continue
            for term in _terms(inner) if inner is not None else ():
                if self.is_member(term) and self.symbols.families.get(family_name(term)) == 1:
                    self.against.add((section, family_name(term)))

    def single(self, tree: Tree) -> None:
        """y log a shows two numbers: the output of a network with one unit."""
        for node in subtrees(tree):
            for (_, one), (op, two) in pairwise(node.parts[0]) if node.kind == "mul" else ():
                logged = applies(two, "log") and op == "juxt"
                inner = _bare(two.parts[1][0]) if logged else None
                if inner is not None and self.kind(one) == self.kind(inner) == "c":
                    for side in (one, inner):
                        self.number(side)

    def number(self, tree: Tree) -> None:
        key = symbol_key(self.symbols, _bare(tree))
        if key and key not in self.symbols.bold and _bare(tree).kind in ("sym", "index"):
            self.symbols.ranks[key] = 0
            self.symbols.scalars.add(key)

    def spread(self, equal: list[tuple[Tree, Tree]]) -> None:
        """Where a is a number, so are z in a = σ(z) and b in z = W x + b, and W is a row."""
        for left, right in reversed(equal * 2):
            if symbol_key(self.symbols, left) not in self.symbols.scalars or left.kind not in ("sym", "index"):
                continue
            if right.kind in ("call", "fn") and len(right.parts[1]) == 1:
                self.number(right.parts[1][0])
            for term in _terms(right):
                if term.kind == "mul" and len(term.parts[0]) == 2 and self.kind(term.parts[0][0][1]) == "m":
                    key = symbol_key(self.symbols, term.parts[0][0][1])
                    self.symbols.ranks[key] = 1
                    self.symbols.rows.add(key)
                elif self.kind(term) == "c":
                    self.number(term)

    def look(self, node: Tree) -> None:
        kind = node.kind
        if kind == "T" and self.is_member(_bare(node.parts[0])):
            tree = _bare(node.parts[0])
            self.member(tree, 2 if _capital(tree) else 1)
        elif kind == "norm":
            for inner in _terms(node.parts[0]):
                if self.is_member(inner):
                    self.member(inner, 1)
        elif kind == "pow" and node.parts[1].kind in ("num", "neg", "group") and _inverse(node.parts[1]):
            tree = _bare(node.parts[0])
            if self.is_member(tree) and _capital(tree):
                self.member(tree, 2)
        elif kind == "bars" or applies(node, "det", "tr", "logdet"):
            tree = _bare(node.parts[0] if kind == "bars" else node.parts[1][0])
            if self.is_member(tree) and _capital(tree) and str(tree.parts[0].parts[0]) in MATRIX_LETTERS:
                self.member(tree, 2)
        elif kind == "mul":
            self.multiplied(node)
        elif kind == "add":
            self.added([t for _, t in node.parts[0]])

    def multiplied(self, node: Tree) -> None:
        """What stands after a matrix or a row, and lies under ⊙ with a vector, is a vector.

        Not a number that stands between, as in wᵀ λ w and A λ B.
        """
        items = node.parts[0]
        for k, ((_, one), (op, two)) in enumerate(pairwise(items)):
            first, second = self.kind(one), self.kind(two)
            if op == "juxt" and first in ("m", "r") and second == "?":
                if k + 2 < len(items) and self.kind(items[k + 2][1]) in ("c", "m"):
                    continue
                self.promote(two, strong=True)
            elif op == "juxt" and first == "?" and two.kind == "T" and two.parts[0].parts[:2] == ("1", "bold"):
                self.promote(one)
            elif op == "odot" and second == "?" and self.entrywise(one) in ("c", "r"):
                self.promote(two)
            elif op == "odot" and first == "?" and self.entrywise(two) in ("c", "r"):
                self.promote(one)

    def entrywise(self, tree: Tree) -> str:
        """What stands beside ⊙; a function of a vector is one there."""
        tree = _bare(tree)
        if tree.kind in ("call", "fn") and len(tree.parts[1]) == 1:
            return self.kind(tree) or self.kind(tree.parts[1][0])
        return self.kind(tree)

    def added(self, terms: list[Tree]) -> None:
        kinds = [self.kind(t) for t in terms]
        if "c" in kinds or "r" in kinds:
            for term, kind in zip(terms, kinds, strict=True):
                if kind == "?":
                    self.promote(term)

    def promote(self, tree: Tree, strong: bool = False) -> None:
        """A symbol that nothing else tells of is a vector; x_i only where a matrix acts on it, if x is one too."""
        tree = _bare(tree)
        if tree.kind == "add" and strong:
            for _, term in tree.parts[0]:
                if self.kind(term) == "?":
                    self.promote(term, strong)
            return
        if tree.kind not in ("sym", "index"):
            return
        if self.is_member(tree):
            alone = self.symbols.rank(symbol_key(self.symbols, tree.parts[0]))
            if not _capital(tree) and (strong or not alone):
                self.member(tree, 1)
            return
        base = tree if tree.kind == "sym" else tree.parts[0]
        if base.kind == "sym" and base.parts[1] != "bold" and str(base.parts[0]) in self.symbols.bold:
            return
        key = symbol_key(self.symbols, tree)
        if not key or _capital(tree) or key in self.symbols.scalars or key in self.symbols.functions:
            return
        if self.symbols.rank(key) == 0:
            self.symbols.ranks[key] = 1


_TIMES = {"rc": "s", "rm": "r", "mc": "c", "mm": "m", "cr": "m"}


def _bare(tree: Tree) -> Tree:
    while tree.kind in ("group", "neg"):
        tree = tree.parts[0]
    return tree


def _terms(tree: Tree) -> list[Tree]:
    tree = _bare(tree)
    return [_bare(t) for _, t in tree.parts[0]] if tree.kind == "add" else [tree]


def _inverse(exponent: Tree) -> bool:
    exponent = _bare(exponent) if exponent.kind != "neg" else exponent
    return exponent.kind == "neg" or (exponent.kind == "num" and exponent.parts[0] == "-1")


def _capital(tree: Tree) -> bool:
    base = base_of(tree)
    name = str(base.parts[0]) if base is not None and base.kind == "sym" else ""
    return name.split("^")[0].split()[-1][:1].isupper() if name else False
