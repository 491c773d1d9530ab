"""Every identity fires on its own example, and holds there by ball arithmetic; a false one is rejected."""

from __future__ import annotations

import pytest

from gradwright.certify.certificate import compare
from gradwright.core.build import ONE, ZERO, add, apply, const, entry, mul, where
from gradwright.core.context import Context
from gradwright.core.node import Array, Node
from gradwright.tables.identities import IDENTITIES, Identity

CONTEXT = Context(symbols={"u": (), "A": ("n", "n")})
u = entry("u")


def verdict(left: Node, right: Node) -> str:
    axes = tuple(sorted(left.free, key=lambda index: str(index.name)))
    return compare(Array(axes, left), Array(axes, right), CONTEXT).verdict


@pytest.mark.parametrize("row", IDENTITIES, ids=lambda row: row.rule.name)
def test_identity(row: Identity) -> None:
    assert isinstance(row.example, row.kinds)
    other = row.rewrite(row.example)
    assert other is not None
    assert other is not row.example
    assert verdict(row.example, other) == "confirmed"


@pytest.mark.parametrize(
    ("name", "node", "other"),
    [
        ("choice_is_step", where("<=", u, ZERO, ZERO, ONE), apply("step", u)),
        ("choice_is_step", where("<=", u, ZERO, ONE, ZERO), None),
        ("choice_is_step", where("<", u, ZERO, ZERO, ONE), None),
    ],
)
def test_an_identity_in_another_form(name: str, node: Node, other: Node | None) -> None:
    (row,) = (row for row in IDENTITIES if row.rule.name == name)
    assert row.rewrite(node) is other


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (apply("log", apply("exp", u)), mul(const(-1), u)),
        (apply("tanh", u), apply("sigmoid", mul(const(2), u))),
        (apply("sigmoid", mul(const(-1), u)), add(const(1), apply("sigmoid", u))),
    ],
)
def test_the_tester_rejects_false_identities(left: Node, right: Node) -> None:
    assert verdict(left, right) == "refuted"
