"""Every rule that a pass applies: it fires on its example, and is true there under its condition and not without it."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import gradwright
from gradwright.certify.certificate import Certificate, compare
from gradwright.core.build import ONE, add, mul, negate, rename, total
from gradwright.core.context import Context
from gradwright.core.facts import Facts
from gradwright.core.index import Index
from gradwright.core.node import Array, Node
from gradwright.show.rules import fired
from gradwright.tables import simplifications as rows
from gradwright.tables.simplifications import SIMPLIFICATIONS, Simplification

SHAPES = {**dict.fromkeys("AB", ("n", "n")), **dict.fromkeys("xyz", ("n",)), "s": (), "t": ()}


def _context(row: Simplification) -> Context:
    return Context(symbols=dict(SHAPES), definitions=dict(row.definitions), facts=Facts(row.facts))


def _axes(node: Node) -> tuple[Index, ...]:
    return tuple(sorted(node.free, key=str))


def _held(before: Node, after: Node, context: Context) -> Certificate:
    axes = _axes(before)
    return compare(Array(axes, before), Array(axes, after), context)


@pytest.mark.parametrize("row", SIMPLIFICATIONS, ids=lambda row: f"{row.name}: {row.says}")
def test_a_rule_fires_on_its_example_and_is_true_there(row: Simplification) -> None:
    made = fired(row)
    assert made
    for after in made:
        found = _held(row.example, after, _context(row))
        assert found.verdict == "confirmed", f"{found}"


OF_FACTS = [row for row in SIMPLIFICATIONS if row.facts and row is not rows.INVERSE_OF_PRODUCT]
"""An inverse of a product of square matrices exists only where those of its factors do."""


@pytest.mark.parametrize("row", OF_FACTS, ids=lambda row: f"{row.name}: {row.says}")
def test_a_rule_about_facts_needs_each_of_them(row: Simplification) -> None:
    """Without its facts it does not fire, and what it made of its example is false."""
    for lost in row.facts:
        assert not fired(replace(row, facts=tuple(fact for fact in row.facts if fact != lost)))
    for after in fired(row):
        assert _held(row.example, after, replace(_context(row), facts=Facts())).verdict == "refuted"


@pytest.mark.parametrize("row", SIMPLIFICATIONS, ids=lambda row: f"{row.name}: {row.says}")
def test_a_row_says_where_it_is_from_and_when_it_holds(row: Simplification) -> None:
    assert row.source
    assert row.condition or not (row.facts or row.definitions)


_x, _y, _s = rows._x, rows._y, rows._s


def _transposed(node: Node) -> Node:
    return rename(node, {rows._k: rows._l, rows._l: rows._k})


FALSE: dict[str, tuple[Simplification, Callable[[Node], Node]]] = {
    "δ picks out another term": (rows.COLLAPSE, lambda n: mul(_x, _x, _y)),
    "a term lost in splitting": (rows.SPLIT, lambda n: _y),
    "a constant taken out twice": (rows.OUTSIDE, lambda n: mul(_s, n)),
    "a sign lost": (rows.ORIENT, negate),
    "the numerator alone": (rows.DENOMINATOR, lambda n: ONE),
    "a transpose of a skew matrix": (rows.SKEW, _transposed),
    "the norm for its square": (rows.UNIT, lambda n: mul(_y, _y)),
    "an inverse the wrong way round": (rows.INVERSE_IS_TRANSPOSE, _transposed),
    "a product turned round": (rows.INVERSE_OF_PRODUCT, _transposed),
    "2 for 1": (rows.SUMS_TO_ONE, lambda n: add(n, _x)),
    "one for a zero or one": (rows.BINARY, lambda n: _x),
    "a factor left in": (rows.FACTOR_OUT, lambda n: mul(n, _x)),
    "σ(u) for σ(−u)": (rows.COMPLEMENT, lambda n: mul(rows._t, rows._logistic(_s))),
    "sums of another length": (rows.JOIN, lambda n: total([rows._i], mul(rows._xi, rows._yi))),
}  # fmt: skip


@pytest.mark.parametrize("what", FALSE)
def test_a_false_rule_is_rejected_by_the_same_tester(what: str) -> None:
    row, wrong = FALSE[what]
    made = fired(row)
    assert made
    for after in made:
        assert _held(row.example, wrong(after), _context(row)).verdict == "refuted"


def test_no_pass_makes_a_rule_of_its_own() -> None:
    engine = Path(gradwright.__file__).parent / "engine"
    for path in engine.glob("*.py"):
        if path.name == "calculus.py":  # the rules of differentiation, sampled on derivatives
            continue
        calls = (n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call))
        assert not [n for n in calls if isinstance(n.func, ast.Name) and n.func.id == "Rule"], path.name
