"""Kinds, shapes and numbers of samples in words."""

from __future__ import annotations

import pytest

import gradwright as gw
from gradwright.referee.evidence.spoken import counted, declarations, size_of


def declared(text: str, sizes: dict[int, int] | None = None) -> dict[int, tuple[int, bool]]:
    """The kind of every formula that is declared, the first that is found of each."""
    found: dict[int, tuple[int, bool]] = {}
    ranks = sizes or {}
    for item in declarations(text, lambda n: n not in ranks, lambda n: ranks.get(n, 0)):
        for name in item.names:
            found.setdefault(name, (item.rank, item.square))
    return found


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Let ⟦1⟧ and ⟦2⟧ be square matrices.", {1: (2, True), 2: (2, True)}),
        ("for vectors ⟦1⟧, ⟦2⟧ and ⟦3⟧", {1: (1, False), 2: (1, False), 3: (1, False)}),
        ("Let ⟦1⟧ be a square matrix, ⟦2⟧ and ⟦3⟧ numbers.", {1: (2, True), 2: (0, False), 3: (0, False)}),
        ("an invertible matrix ⟦1⟧ and a real number ⟦2⟧", {1: (2, False), 2: (0, False)}),
        ("⟦1⟧ is not a matrix", {}),
    ],
)
def test_nouns_declare(text: str, kinds: dict[int, tuple[int, bool]]) -> None:
    assert declared(text) == kinds


@pytest.mark.parametrize(
    ("text", "sizes", "rank"),
    [
        ("Let ⟦1⟧ be an ⟦2⟧ matrix", {2: 2}, 2),
        ("for ⟦2⟧ matrices ⟦1⟧", {2: 2}, 2),
        ("Let ⟦1⟧ be ⟦2⟧ and", {2: 2}, 2),
        ("⟦1⟧ is a vector of ⟦2⟧ entries", {2: 1}, 1),
    ],
)
def test_a_size_declares(text: str, sizes: dict[int, int], rank: int) -> None:
    assert declared(text, sizes)[1][0] == rank


def test_what_is_a_size() -> None:
    assert size_of(r"n \times d_k") == ("n", "d_k")
    assert size_of("n") == ("n",)
    assert size_of(r"x \in \mathbb{R}") == ()


def test_how_many_there_are() -> None:
    assert list(counted("We have ⟦1⟧ independent samples ⟦2⟧ and")) == [(1, 2)]
    assert list(counted("Let ⟦1⟧ and ⟦2⟧ be vectors")) == []
    assert list(counted("⟦1⟧ and ⟦2⟧ vectors")) == []


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (r"For square matrices $P$ and $S$ we have $P S = S P$.", "refuted"),
        (r"For numbers $p$ and $s$ we have $p s = s p$.", "proved"),
        (r"Let $K$ be an $m \times m$ matrix and $a$ a number. Then $\det(a K) = a^m \det(K)$.", "confirmed"),
        (r"Let $K$ be an $m \times m$ matrix and $a$ a number. Then $\det(a K) = a \det(K)$.", "refuted"),
        (r"Of $N$ measurements $z_i$ the mean is $a = \frac1N \sum_i z_i$. Then $\sum_i (z_i - a) = 0$.", "proved"),
    ],
)
def test_what_words_declare_is_kept_to(text: str, verdict: str) -> None:
    assert gw.check(text).relations[-1].verdict == verdict
