"""What is told of a rule when somebody asks."""

from __future__ import annotations

import pytest

from gradwright.show import rules
from gradwright.write.text import text

SAYS_ANOTHER_THING = "independent"
"""The derivative in independent entries is another function, no equal one."""
UNKNOWN = {"chain_rule_array"}
"""What is said of a function that nobody knows has no number."""


@pytest.mark.parametrize("name", sorted(rules.RULES))
def test_a_rule_is_seen_at_work(name: str) -> None:
    found = rules.instance(name)
    assert found is not None
    assert text(found.before) != text(found.after)
    if not name.startswith(SAYS_ANOTHER_THING) and name not in UNKNOWN:
        assert found.numbers is not None
        assert found.numbers.value


def test_what_is_no_rule_has_no_instance() -> None:
    assert rules.instance("nothing") is None
