"""What is told of a rule when somebody asks."""

from __future__ import annotations

import pytest

from gradwright.show import rules
from gradwright.write.text import text

WITHOUT = {"join_sums", "common_denominator", "collect", "inverse_of_product", "merge_sums", "orient",
           "chain_rule_array", "constant", "known_sign", "triangle", "binary", "signs", "unit", "skew",
           "sum_of_definition",
           "softmax_sums_to_one", "zero"}  # fmt: skip
"""Rules that no short derivation shows."""


@pytest.mark.parametrize("name", sorted(rules.RULES))
def test_a_rule_is_seen_at_work(name: str) -> None:
    found = rules.instance(name)
    assert (found is None) == (name in WITHOUT)
    if found is None:
        return
    assert text(found.before) != text(found.after)
    if not name.startswith("independent"):  # which say another thing, no equal one
        assert found.numbers is not None
        assert found.numbers.value
