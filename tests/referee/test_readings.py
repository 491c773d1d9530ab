"""Readings as values: which attempts are made at a relation, in which order, and that none leaves a trace."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields

import pytest

from gradwright.referee.compare.compare import Comparer
from gradwright.referee.compare.readings import Attempt, others, usual
from gradwright.referee.evidence.collect import collect
from gradwright.referee.formats.source import source_of
from gradwright.referee.judge import Claim, Judge
from gradwright.referee.meaning.symbols import Stated

LOSS = r"""Let $X \in \mathbb{R}^{n \times d}$ and $w \in \mathbb{R}^d$.
$$L = \frac{1}{2} \|Xw - y\|^2, \qquad \frac{\partial L}{\partial w} = X^\top (Xw - y)$$
# Another section
$$M = \|w\|^2, \qquad a x_2 = x_1 + x_2$$
"""


def judge() -> Judge:
    return Judge(collect(source_of(LOSS, "a.md")))


def attempts(number: int) -> tuple[tuple[Attempt, ...], list[Attempt]]:
    known = judge()
    left, right = known.collected.chains[number].trees
    first = usual(known.symbols, known.ordered, "mixed", left, right, quick=False)
    return first, list(others(known.symbols, first[0]))


def numbered(text: str) -> int:
    return next(c.number for c in judge().collected.chains if c.links and text in LOSS[c.place : c.sides[-1].span[1]])


def test_layouts_are_tried_where_something_is_differentiated_the_documents_first() -> None:
    derived, plain = attempts(numbered(r"\partial L"))[0], attempts(numbered("x_2"))[0]
    assert [a.reading.layout for a in derived] == [
        "mixed",
        "mixed",
        "denominator",
        "denominator",
        "numerator",
        "numerator",
    ]
    assert [a.reading.layout for a in plain] == ["mixed", "mixed"]
    assert [a.reading.plain for a in plain] == [False, True]
    assert plain[1].after == {"unread"}  # letters are numbers only where they have no meaning as arrays


def test_what_fails_is_read_otherwise_with_what_is_said_of_it() -> None:
    derived, plain = attempts(numbered(r"\partial L"))[1], attempts(numbered("x_2"))[1]
    assert any(a.reading.partial and a.fixed for a in derived)
    assert [a.reading.most for a in plain if a.reading.most] == [2, 2]
    assert all(a.said or a.fixed for a in derived + plain)
    assert len(set(derived)) == len(derived)


def test_no_reading_leaves_a_trace_in_another() -> None:
    known = judge()
    before = known.symbols
    for chain in known.collected.chains:
        for link in chain.links:
            known.relation(Claim(chain, link.left, link.left + 1))
    assert known.symbols is before


def test_symbols_and_readings_are_values() -> None:
    known, (first, _) = judge(), attempts(numbered("x_2"))
    for value in (known.symbols, known.symbols.shapes, known.symbols.roles, known.symbols.customs, first[0].reading):
        with pytest.raises(FrozenInstanceError):
            setattr(value, fields(value)[0].name, None)


def test_what_is_supposed_is_known_to_another_comparer_alone() -> None:
    known = Comparer(collect(source_of(LOSS, "a.md")))
    other = known.supposing([Stated("symmetric", "M", "", 0)])
    assert other.symbols.knows("symmetric", "M")
    assert not known.symbols.knows("symmetric", "M")
