"""Facts: what follows of them, what contradicts, and in which order they were said makes no difference."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradwright.core.errors import Error
from gradwright.core.facts import ALIASES, FACTS, TOGETHER, Facts, Given, of_rank

PAIRS = list(combinations(FACTS, 2))


def facts(*names: str, symbol: str = "A") -> Facts:
    return Facts([Given(name, symbol) for name in names])


@pytest.mark.parametrize("fact", FACTS)
def test_what_a_fact_implies_is_known_with_the_reason_and_what_it_excludes_is_known_not(fact: str) -> None:
    known = facts(fact)
    assert known.ask(fact, "A") is True
    for implied in FACTS[fact].implies:
        assert known.ask(implied, "A") is True
        assert known.why(implied, "A") == Given(fact, "A")
    for excluded in FACTS[fact].excludes:
        assert known.ask(excluded, "A") is False
        assert facts(excluded).ask(fact, "A") is False
        assert known.why(excluded, "A") is None


def test_what_follows_follows_on() -> None:
    assert facts("onehot").ask("nonnegative", "A") is True
    assert facts("diagonal").ask("symmetric", "A") is True
    assert facts("positive").ask("zero", "A") is False
    assert facts("onehot").ask("positive", "A") is False  # which would imply nonzero
    assert facts("positive").ask("onehot", "A") is False


def test_nothing_is_known_of_what_nobody_said() -> None:
    assert facts("symmetric").ask("posdef", "A") is None
    assert facts("symmetric").ask("symmetric", "B") is None
    assert facts("positive", symbol="B").ask("zero", "A") is None
    assert Facts().ask("zero", "A") is None
    assert Facts().given == ()


@pytest.mark.parametrize(("needed", "follows"), TOGETHER)
def test_what_follows_of_two_facts_together_does_not_of_one(needed: frozenset[str], follows: str) -> None:
    both = facts(*sorted(needed))
    assert both.ask(follows, "A") is True
    assert all(both.ask(fact, "A") for fact in FACTS[follows].implies)
    for alone in needed:
        assert facts(alone).ask(follows, "A") is None
    one, other = sorted(needed)
    assert Facts([Given(one, "A"), Given(other, "B")]).ask(follows, "A") is None


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PAIRS))
def test_two_facts_contradict_whichever_is_said_first(pair: tuple[str, str]) -> None:
    def said(*names: str) -> list[bool | None] | None:
        try:
            return [facts(*names).ask(fact, "A") for fact in FACTS]
        except Error:
            return None

    assert said(*pair) == said(*reversed(pair))


def test_a_contradiction_says_what_and_points_at_it() -> None:
    source = "negative(a)"
    with pytest.raises(Error) as caught:
        Facts([Given("positive", "a"), Given("negative", "a", source, (0, 11))])
    first, line, carets = str(caught.value).splitlines()
    assert first == "negative(a) contradicts positive(a): a cannot be both negative and positive"
    assert (line, carets) == ("  negative(a)", "  " + "^" * 11)
    with pytest.raises(Error, match=r"simplex\(y\) contradicts zero\(y\): y cannot be both sums to one and zero$"):
        Facts([Given("zero", "y"), Given("simplex", "y")])
    with pytest.raises(Error, match="cannot be both rows that are one-hot or zero"):
        Facts([Given("negative", "Y"), Given("onehot_or_zero_rows", "Y")])


def test_facts_of_a_matrix_are_said_of_its_rows() -> None:
    for name, fact in FACTS.items():
        assert of_rank(name, 2) == (fact.by_rows or name)
        assert of_rank(name, 1) == of_rank(name, 3) == name
    assert of_rank("onehot", 2) == "onehot_rows"


def test_every_name_that_a_row_mentions_is_a_row() -> None:
    for fact in FACTS.values():
        assert {*fact.implies, *fact.excludes, *filter(None, [fact.by_rows])} <= set(FACTS)
        assert not set(fact.aliases) & set(FACTS)
    assert ALIASES["spd"] == "posdef"


def test_a_fact_is_said_in_words() -> None:
    assert str(Given("posdef", "S")) == "S is symmetric positive definite"
