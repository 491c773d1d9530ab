"""Facts about symbols. Owns: their table, what follows from them, what contradicts. Never: changes an expression.

Facts are three-valued: known, known not, unknown. Expressions are free of them; a step that uses a fact says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY

from gradwright.core.errors import Error, Span
from gradwright.core.record import dataclass


@dataclass(frozen=True)
class Fact:
    """A row of the table of facts.

    ``says``        what it says of a symbol, after the symbol's name
    ``formula``     the same as a formula of the symbol {x} and its entry {entry}, where there is one
    ``implies``, ``excludes``  the facts that follow from it, and that it contradicts (where an axis has two entries or
                    more: a single number may well be both one-hot and positive, and nobody says so)
    ``ranks``       how many axes a symbol has of which it can be said; ``square``: as many rows as columns too
    ``by_rows``     the fact that is meant where it is said of a matrix
    ``per_sample``  what it says of one sample it says of every row of a batch, or of every entry
    ``aliases``     further names that it is stated by
    ``words``       patterns of the words with which documents state it; ``kinds``: of what is so by its kind
    """

    name: str
    says: str
    _: KW_ONLY
    formula: str = ""
    implies: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    ranks: tuple[int, ...] = (0, 1, 2, 3, 4)
    square: bool = False
    by_rows: str = ""
    per_sample: bool = False
    aliases: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


_ROWS = (
    Fact("onehot", "is one-hot", implies=("simplex", "binary"), excludes=("zero", "nonzero"), ranks=(1, 2),
         by_rows="onehot_rows", per_sample=True, words=(r"one[- ]hot",)),
    Fact("onehot_rows", "has one-hot rows", implies=("simplex_rows", "binary"), excludes=("nonzero",), ranks=(2,),
         per_sample=True),
    Fact("onehot_or_zero", "is one-hot or zero", implies=("binary",), excludes=("nonzero",), ranks=(1, 2),
         by_rows="onehot_or_zero_rows", per_sample=True),
    Fact("onehot_or_zero_rows", "has rows that are one-hot or zero", implies=("binary",), excludes=("nonzero",),
         ranks=(2,), per_sample=True),
    Fact("simplex", "sums to one", formula="Σ_i {x}_i = 1", implies=("nonnegative",), excludes=("zero", "signs"),
         ranks=(1, 2), by_rows="simplex_rows", aliases=("sums_to_one",),
         words=(r"sums? (?:up )?to (?:one|1|⟦one⟧)", r"probability (?:vector|distribution)")),
    Fact("simplex_rows", "has rows that sum to one", formula="Σ_j {x}_ij = 1", implies=("nonnegative",),
         excludes=("zero", "signs"), ranks=(2,)),
    Fact("binary", "has entries 0 or 1", formula="{entry}² = {entry}", implies=("nonnegative", "integer"),
         per_sample=True),
    Fact("integer", "is a whole number", per_sample=True, words=(r"integers?|whole numbers?|natural numbers?",)),
    Fact("signs", "has entries 1 or −1", formula="{entry}² = 1", implies=("nonzero", "integer"), excludes=("zero",),
         per_sample=True),
    Fact("positive", "is positive", implies=("nonnegative", "nonzero"), excludes=("negative", "zero"), per_sample=True,
         words=(r"positive(?=\s*[.,;]|\s*$|\s+(?:and\b|numbers?|scalars?|constants?|reals?))",)),
    Fact("negative", "is negative", implies=("nonzero",), excludes=("nonnegative", "zero"), per_sample=True),
    Fact("nonnegative", "is not negative", per_sample=True),
    Fact("nonzero", "is not zero", excludes=("zero",), per_sample=True),
    Fact("zero", "is zero"),
    Fact("unit", "has norm one", formula="Σ_i {x}_i² = 1", excludes=("zero", "signs"), ranks=(1,),
         words=(r"unit (?:eigen|singular |normal |direction )?(?:vector|norm|length)|norm (?:one|1)",)),
    Fact("symmetric", "is symmetric", ranks=(2, 3), square=True,
         words=(r"(?<!skew-)(?<!anti)(?<!skew )(?<!a)symmetric",),
         kinds=(r"covariance(?: matri(?:x|ces))?",
                r"(?:correlation|precision|kernel|gram|hessian|laplacian|mass|inertia|scatter) matri(?:x|ces)")),
    Fact("skew", "is skew-symmetric", excludes=("posdef", "nonzero"), ranks=(2,), square=True,
         words=(r"skew[- ]symmetric|antisymmetric",)),
    Fact("posdef", "is symmetric positive definite", implies=("symmetric", "invertible"),
         excludes=("singular", "zero", "negative", "signs"), ranks=(2,), square=True,
         aliases=("spd", "positive_definite"), words=(r"positive[- ]definite",)),
    Fact("invertible", "is invertible", excludes=("singular", "zero"), ranks=(2,), square=True,
         words=(r"invertible|non-?singular",)),
    Fact("singular", "is singular", ranks=(2,), square=True),
    Fact("orthogonal", "is orthogonal", implies=("invertible", "orthonormal"), excludes=("positive", "negative"),
         ranks=(2,), square=True,
         words=(r"orthogonal(?! project)|orthonormal(?! (?:columns|rows))",)),
    Fact("orthonormal", "has orthonormal columns", formula="{x}ᵀ{x} = I", excludes=("zero", "singular", "signs"),
         ranks=(2,),
         words=(r"orthonormal columns",)),
    Fact("idempotent", "is idempotent", formula="{x}² = {x}", ranks=(2,), square=True, words=(r"idempotent",),
         kinds=(r"(?<=\ba )projection(?! of| head| layer| matri)|projector",)),
    Fact("projection", "is an orthogonal projection", formula="{x}² = {x} = {x}ᵀ", implies=("idempotent", "symmetric"),
         ranks=(2,), square=True, words=(r"orthogonal project(?:ion|or)",)),
    Fact("diagonal", "is diagonal", implies=("symmetric", "lower", "upper"), ranks=(2,), square=True,
         words=(r"diagonal matri(?:x|ces)|(?<!positive )(?<!the )(?<!main )diagonal(?=\s*⟦)|"
                r"(?<=⟧ )diagonal\b|(?:is|are|both) diagonal\b",)),
    Fact("lower", "is lower triangular", excludes=("nonzero",), ranks=(2,), square=True,
         words=(r"lower[- ]triangular|(?<!upper )Cholesky factor",)),
    Fact("upper", "is upper triangular", excludes=("nonzero",), ranks=(2,), square=True,
         words=(r"upper[- ]triangular",)),
    Fact("toeplitz", "is Toeplitz", ranks=(2,)),
)  # fmt: skip
FACTS: dict[str, Fact] = {row.name: row for row in _ROWS}
ALIASES: dict[str, str] = {alias: row.name for row in _ROWS for alias in row.aliases}
"""Other names of facts, with the rows' own."""


TOGETHER: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"symmetric", "skew"}), "zero"),
    (frozenset({"nonnegative", "skew"}), "zero"),
    (frozenset({"lower", "skew"}), "zero"),
    (frozenset({"upper", "skew"}), "zero"),
    (frozenset({"lower", "upper"}), "diagonal"),
    (frozenset({"symmetric", "lower"}), "diagonal"),
    (frozenset({"symmetric", "upper"}), "diagonal"),
)
"""What follows from two facts about one symbol."""


@dataclass(frozen=True)
class Given:
    """A fact about a symbol, with where it was stated."""

    fact: str
    symbol: str
    source: str = ""
    span: Span | None = None

    def __str__(self) -> str:
        return f"{self.symbol} {FACTS[self.fact].says}"


class Facts:
    """The facts given, closed under implication; a contradiction is an error."""

    def __init__(self, given: Iterable[Given] = ()) -> None:
        self.given: tuple[Given, ...] = tuple(given)
        self._known: dict[tuple[str, str], Given] = {}
        for item in self.given:
            self._learn(item)

    def _learn(self, item: Given) -> None:
        pending = [item.fact]
        while pending:
            name = pending.pop()
            if (name, item.symbol) in self._known:
                continue
            for other, reason in self._about(item.symbol):
                if other in FACTS[name].excludes or name in FACTS[other].excludes:
                    raise Error(
                        f"{item.fact}({item.symbol}) contradicts {reason.fact}({item.symbol}): "
                        f"{item.symbol} cannot be both {_adjective(item.fact)} and {_adjective(reason.fact)}",
                        item.span,
                        item.source or None,
                    )
            self._known[name, item.symbol] = item
            pending.extend(FACTS[name].implies)
            about = {fact for fact, _ in self._about(item.symbol)}
            pending.extend(fact for needed, fact in TOGETHER if needed <= about)

    def _about(self, symbol: str) -> list[tuple[str, Given]]:
        return [(fact, why) for (fact, name), why in self._known.items() if name == symbol]

    def why(self, fact: str, symbol: str) -> Given | None:
        """The given fact from which ``fact(symbol)`` follows, if it does."""
        return self._known.get((fact, symbol))

    def ask(self, fact: str, symbol: str) -> bool | None:
        """True, False, or None when nothing is known."""
        if (fact, symbol) in self._known:
            return True
        wanted, known = _with_implied(fact), [name for name, _ in self._about(symbol)]
        if any(a in FACTS[b].excludes or b in FACTS[a].excludes for a in wanted for b in known):
            return False
        return None


def _with_implied(fact: str) -> list[str]:
    found = [fact]
    for name in found:
        found += (each for each in FACTS[name].implies if each not in found)
    return found


def of_rank(fact: str, rank: int) -> str:
    """The fact that is meant where it is said of so many axes: one-hot of a matrix is said of its rows."""
    return (FACTS[fact].by_rows if rank == 2 else "") or fact


def _adjective(fact: str) -> str:
    return FACTS[fact].says.removeprefix("is ").removeprefix("has ")
