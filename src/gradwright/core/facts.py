"""Facts about symbols. Owns: their table, what follows from them, what contradicts. Never: changes an expression.

Facts are three-valued: known, known not, unknown. Expressions are free of them; a step that uses a fact says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gradwright.core.errors import Error, Span


@dataclass(frozen=True)
class Fact:
    """A row of the table of facts: what it means for a person, what it implies and excludes, which shapes it needs."""

    name: str
    says: str
    implies: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    ranks: tuple[int, ...] = (0, 1, 2, 3, 4)
    square: bool = False


FACTS: dict[str, Fact] = {
    row.name: row
    for row in (
        Fact("onehot", "is one-hot", ("simplex", "binary"), ("zero",), (1, 2)),
        Fact("onehot_rows", "has one-hot rows", ("simplex_rows", "binary"), (), (2,)),
        Fact("onehot_or_zero_rows", "has rows that are one-hot or zero", ("binary",), (), (2,)),
        Fact("simplex", "sums to one", ("nonnegative",), ("zero",), (1, 2)),
        Fact("simplex_rows", "has rows that sum to one", ("nonnegative",), (), (2,)),
        Fact("binary", "has entries 0 or 1", ("nonnegative",)),
        Fact("signs", "has entries 1 or −1", ("nonzero",), ("zero",)),
        Fact("positive", "is positive", ("nonnegative", "nonzero"), ("negative", "zero")),
        Fact("negative", "is negative", ("nonzero",), ("nonnegative", "zero")),
        Fact("nonnegative", "is not negative"),
        Fact("nonzero", "is not zero", (), ("zero",)),
        Fact("zero", "is zero"),
        Fact("unit", "has norm one", (), ("zero",), (1,)),
        Fact("symmetric", "is symmetric", (), (), (2, 3), square=True),
        Fact("skew", "is skew-symmetric", (), ("posdef",), (2,), square=True),
        Fact(
            "posdef",
            "is symmetric positive definite",
            ("symmetric", "invertible"),
            ("singular", "zero"),
            (2,),
            square=True,
        ),
        Fact("invertible", "is invertible", (), ("singular", "zero"), (2,), square=True),
        Fact("singular", "is singular", (), (), (2,), square=True),
        Fact("orthogonal", "is orthogonal", ("invertible",), (), (2,), square=True),
        Fact("diagonal", "is diagonal", ("symmetric", "lower", "upper"), (), (2,), square=True),
        Fact("lower", "is lower triangular", (), (), (2,), square=True),
        Fact("upper", "is upper triangular", (), (), (2,), square=True),
        Fact("toeplitz", "is Toeplitz", (), (), (2,)),
    )
}


TOGETHER: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"symmetric", "skew"}), "zero"),
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
        about = [name for name, _ in self._about(symbol)]
        if any(fact in FACTS[name].excludes or name in FACTS[fact].excludes for name in about):
            return False
        return None


def _adjective(fact: str) -> str:
    return FACTS[fact].says.removeprefix("is ").removeprefix("has ")
