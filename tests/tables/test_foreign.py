"""Rows held against an evaluator that shares nothing with ours: on their examples, and on near misses of them.

A near miss is an example with a small damage: another exponent, a sign, an entry transposed, one function for another.
Most rows do not apply there; where one does, both sides have to agree. False rows, each right on its own example, are
rejected by the same tester.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from random import Random

import pytest

from gradwright.core.build import (
    MINUS_ONE,
    ONE,
    ZERO,
    add,
    apply,
    const,
    delta,
    entry,
    matfn,
    mul,
    negate,
    power,
    rebuild,
    subtract,
    where,
)
from gradwright.core.index import Index
from gradwright.core.node import Add, Apply, Array, Const, Entry, MatFn, Mul, Node, Pow, Reduce, Where, walk
from gradwright.show.rules import fired, passed
from gradwright.tables.identities import IDENTITIES, Identity
from gradwright.tables.simplifications import SIMPLIFICATIONS, Simplification
from tests.tables.foreign import DIGITS, Point, Undefined, differ, drawn, mp, value

FUZZ = int(os.environ.get("FUZZ", "0"))
POINTS = 100
FEW_POINTS = 8
DAMAGES = FUZZ or 60
SHAPES = {**dict.fromkeys("uvst", ()), **dict.fromkeys("xyz", ("n",)), **dict.fromkeys("AB", ("n", "n"))}
NO_DEFINITIONS: dict[str, Array] = {}


def counterexample(
    left: Node,
    right: Node,
    rng: Random,
    *,
    points: int = FEW_POINTS,
    facts: Mapping[str, str] | None = None,
    definitions: Mapping[str, Array] = NO_DEFINITIONS,
) -> tuple[int, Point | None]:
    """At how many points both sides had a value, and one at which they differ."""
    free = sorted(left.free | right.free, key=str)
    seen = 0
    with mp.workdps(DIGITS):
        for _ in range(points):
            point = replace(drawn(SHAPES, facts or {}, rng), definitions=definitions)
            at = point.somewhere(free, rng)
            try:
                sides = value(left, point, at), value(right, point, at)
            except Undefined:
                continue
            seen += 1
            if differ(*sides) and _still_differ(left, right, point, at):
                return seen, point
    return seen, None


def _still_differ(left: Node, right: Node, point: Point, at: Mapping[Index, int]) -> bool:
    """Whether more digits leave the sides apart: what is nearly singular eats many."""
    with mp.workdps(6 * DIGITS):
        again = replace(point)
        return differ(value(left, again, at), value(right, again, at))


# --- near misses -----------------------------------------------------------------------------------------------------

v = entry("v")
_SIBLINGS = {"sinh": "sin", "cosh": "cos", "sin": "cosh", "cos": "sinh", "step": "sign", "sign": "step", "exp": "sinh",
             "abs": "relu", "relu": "abs", "sigmoid": "tanh", "log": "cbrt"}  # fmt: skip


def _edits(node: Node, rng: Random) -> list[Node]:
    """What may stand instead of a node."""
    found = [negate(node), mul(const(2), node), add(node, ONE), power(node, const(2)), power(node, MINUS_ONE)]
    if isinstance(node, Const):
        return [add(node, ONE), negate(node), add(node, const(2)), mul(node, const(3)), const(0)]
    if isinstance(node, Apply) and node.fn in _SIBLINGS:
        found.append(apply(_SIBLINGS[node.fn], *node.args))
    if isinstance(node, Entry):
        found += [entry(node.name, *node.slots[::-1]), entry({"A": "B", "x": "y"}.get(node.name, "v"), *node.slots)
                  if node.name in "Axu" else v, add(node, v), mul(node, v)]  # fmt: skip
    if isinstance(node, MatFn):
        found.append(matfn(node.fn, node.order, node.slots[::-1], node.bound, node.body, *node.given))
    if isinstance(node, Where):
        op = rng.choice(("<", "<=", "==", "!="))
        found += [where(op, node.left, node.right, node.then, node.other),
                  where(node.op, node.right, node.left, node.then, node.other),
                  where(node.op, node.left, node.right, node.other, node.then)]  # fmt: skip
    return found


def damaged(node: Node, rng: Random) -> Node:
    """The node with one place of it edited."""
    if node.children and rng.random() < 0.75:
        children = list(node.children)
        place = rng.randrange(len(children))
        children[place] = damaged(children[place], rng)
        return rebuild(node, tuple(children))
    return rng.choice(_edits(node, rng))


def near_misses(example: Node, others: list[Node], count: int, rng: Random) -> Iterator[Node]:
    """The example in company, damaged once or twice."""
    for turn in range(count):
        node = example if turn % 3 else mul(example, rng.choice(others))
        for _ in range(1 + turn % 2):
            node = damaged(node, rng)
        yield node


# --- identities ------------------------------------------------------------------------------------------------------

EXAMPLES = [row.example for row in IDENTITIES]


def fires(row: Identity, count: int) -> Iterator[tuple[Node, Node]]:
    """Near misses on which the row fires all the same, each once, with what it makes of them."""
    rng, met = Random(row.rule.name), set[Node]()
    alike = [e for e in EXAMPLES if e is not row.example and any(isinstance(n, row.kinds) for n in walk(e))]
    for example in (row.example, *alike):
        for node in near_misses(example, EXAMPLES, count if example is row.example else count // 6, rng):
            for part in walk(node):
                if isinstance(part, row.kinds) and part not in met:
                    other = row.rewrite(part)
                    if other is not None and other is not part:
                        yield part, other
                met.add(part)


def false_on_a_near_miss(row: Identity, count: int) -> str:
    rng = Random(row.rule.name)
    for node, other in fires(row, count):
        point = counterexample(node, other, rng)[1]
        if point is not None:
            return f"{node} is no {other} at {point.symbols}, {point.sizes}"
    return ""


@pytest.mark.parametrize("row", IDENTITIES, ids=lambda row: row.rule.name)
def test_an_identity_holds_at_a_hundred_points(row: Identity) -> None:
    other = row.rewrite(row.example)
    assert other is not None
    seen, found = counterexample(row.example, other, Random(row.rule.name), points=POINTS)
    assert found is None
    assert seen >= POINTS // 3


@pytest.mark.parametrize("row", IDENTITIES, ids=lambda row: row.rule.name)
def test_an_identity_fires_on_no_near_miss_that_is_false(row: Identity) -> None:
    assert false_on_a_near_miss(row, DAMAGES) == ""


def test_near_misses_are_near_enough_to_fire_on() -> None:
    assert sum(any(True for _ in fires(row, DAMAGES)) for row in IDENTITIES) >= len(IDENTITIES) - 2


def _any_power_of_abs(node: Node) -> Node | None:
    assert isinstance(node, Pow)
    base = node.base
    return power(base.args[0], node.exponent) if isinstance(base, Apply) and base.fn == "abs" else None


def _any_multiple(node: Node) -> Node | None:
    assert isinstance(node, Apply)
    argument = node.args[0] if node.args else ONE
    if node.fn != "step" or not isinstance(argument, Mul) or not isinstance(argument.factors[0], Const):
        return None
    return apply("step", mul(*argument.factors[1:]))


def _sign_over_any(node: Node) -> Node | None:
    """sign(u) w/|u| = w/u with no look at whose absolute value it is."""
    assert isinstance(node, Mul)
    signs = [f for f in node.factors if isinstance(f, Apply) and f.fn == "sign"]
    below = [f for f in node.factors if isinstance(f, Pow) and isinstance(f.base, Apply) and f.base.fn == "abs"]
    if not signs or not below:
        return None
    return mul(*(f for f in node.factors if f not in (signs[0], below[0])), power(signs[0].args[0], MINUS_ONE))


def _relu_to_any_power(node: Node) -> Node | None:
    """relu(u)^k step(w) = relu(u)^k whatever k and w are."""
    assert isinstance(node, Mul)
    steps = [f for f in node.factors if isinstance(f, Apply) and f.fn == "step"]
    return mul(*(f for f in node.factors if f not in steps)) if steps and "relu" in repr(node) else None


def _inverse_of_any(node: Node) -> Node | None:
    """Σ_b A⁻¹_ab C_bc = δ_ac whatever C is and however it lies."""
    assert isinstance(node, Reduce)
    factors = node.body.factors if isinstance(node.body, Mul) else ()
    if len(factors) != 2 or len(node.bound) != 1 or not any(isinstance(f, MatFn) and f.fn == "inv" for f in factors):
        return None
    ends = sorted(node.free, key=str)
    return delta(*ends) if len(ends) == 2 else None


def _ratio_to_any_power(node: Node) -> Node | None:
    assert isinstance(node, Mul)
    over = [f for f in node.factors if isinstance(f, Apply) and f.fn == "sinh"]
    below = [f for f in node.factors if isinstance(f, Pow) and isinstance(f.base, Apply) and f.base.fn == "cosh"]
    if not over or not below:
        return None
    return mul(*(f for f in node.factors if f not in (over[0], below[0])), apply("tanh", *over[0].args))


def _logistic_of_any_sum(node: Node) -> Node | None:
    """1/(c + exp u)ᵏ = σ(−u)ᵏ with no look at c."""
    assert isinstance(node, Pow)
    terms = node.base.terms if isinstance(node.base, Add) else ()
    inner = next((t.args[0] for t in terms if isinstance(t, Apply) and t.fn == "exp"), None)
    if inner is None or len(terms) != 2:
        return None
    return power(apply("sigmoid", negate(inner)), negate(node.exponent))


def _step_of_any_comparison(node: Node) -> Node | None:
    assert isinstance(node, Where)
    return apply("step", subtract(node.right, node.left)) if node.then is ONE and node.other is ZERO else None


def _choices_by_any_condition(node: Node) -> Node | None:
    assert isinstance(node, Mul)
    choices = [f for f in node.factors if isinstance(f, Where)]
    if len(choices) != 2:
        return None
    one, other = choices
    joined = where(one.op, one.left, one.right, mul(one.then, other.then), ZERO)
    return mul(*(f for f in node.factors if f not in choices), joined)


FALSE = {
    "abs_square": _any_power_of_abs,
    "step_of_multiple": _any_multiple,
    "sign_over_abs": _sign_over_any,
    "relu_step": _relu_to_any_power,
    "inverse_cancels": _inverse_of_any,
    "ratio_is_tangent": _ratio_to_any_power,
    "logistic_reciprocal": _logistic_of_any_sum,
    "choice_is_step": _step_of_any_comparison,
    "same_choice": _choices_by_any_condition,
}
"""Rewritings that are right on the examples of these rows, and ask for less than the rows do."""


@pytest.mark.parametrize("name", FALSE)
def test_a_row_that_asks_for_too_little_is_rejected_by_near_misses(name: str) -> None:
    row = next(row for row in IDENTITIES if row.rule.name == name)
    false = replace(row, rewrite=FALSE[name])
    other = false.rewrite(row.example)
    assert other is not None
    assert counterexample(row.example, other, Random(name), points=POINTS)[1] is None
    assert false_on_a_near_miss(false, max(DAMAGES, 200)) != ""


# --- what passes do --------------------------------------------------------------------------------------------------


def _facts(row: Simplification) -> dict[str, str]:
    return {given.symbol: given.fact for given in row.facts}


@pytest.mark.parametrize("row", SIMPLIFICATIONS, ids=lambda row: f"{row.name}: {row.says}")
def test_a_simplification_holds_at_a_hundred_points(row: Simplification) -> None:
    for after in fired(row):
        seen, found = counterexample(
            row.example, after, Random(row.name), points=POINTS, facts=_facts(row), definitions=row.definitions
        )
        assert found is None
        assert seen >= POINTS // 3


@pytest.mark.parametrize("row", SIMPLIFICATIONS, ids=lambda row: f"{row.name}: {row.says}")
def test_no_pass_makes_what_is_false_of_a_near_miss(row: Simplification) -> None:
    """Whatever any pass makes of a damaged example, under the facts of the row, is equal to it."""
    rng = Random(row.name + row.says)
    for node in near_misses(row.example, [row.example], DAMAGES // 3, rng):
        for used, after in passed(replace(row, example=node)):
            found = counterexample(node, after, rng, points=4, facts=_facts(row), definitions=row.definitions)[1]
            assert found is None, f"{used.rules}: {node} is no {after} at {found}"
