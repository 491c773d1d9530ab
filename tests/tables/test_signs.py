"""Known signs: what follows from facts and from functions, what does not, and which facts it takes."""

from __future__ import annotations

import pytest

from gradwright.core.build import (
    HALF,
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
    reduce,
    size,
    total,
)
from gradwright.core.context import Context
from gradwright.core.facts import Facts, Given
from gradwright.core.index import free_index
from gradwright.core.node import Apply, Node
from gradwright.tables.scalars import NEGATIVE, NONNEGATIVE, POSITIVE
from gradwright.tables.signs import of_known_sign, sign_of, smooth

I, J = free_index("i", "n"), free_index("j", "n")
a, p, q, z = (entry(name) for name in "apqz")  # of any sign, positive, negative, not negative
x = entry("x", I)
TWO = const(2)
CONTEXT = Context(
    facts=Facts(
        [Given("positive", "p"), Given("negative", "q"), Given("nonnegative", "z"), Given("posdef", "S"),
         Given("onehot", "y"), Given("invertible", "A"), Given("positive", "x")]
    )
)  # fmt: skip
SQUARE, SIGMA, TANH = power(a, TWO), apply("sigmoid", a), apply("tanh", a)


def det(name: str) -> Node:
    return matfn("det", 0, (), (I, J), entry(name, I, J))


SIGNS: list[tuple[Node, str | None, set[str]]] = [
    (const(3), POSITIVE, set()),
    (const(-3), NEGATIVE, set()),
    (ZERO, NONNEGATIVE, set()),
    (size("n"), POSITIVE, set()),
    (a, None, set()),
    (p, POSITIVE, {"p"}),
    (q, NEGATIVE, {"q"}),
    (z, NONNEGATIVE, {"z"}),
    (entry("y", I), NONNEGATIVE, {"y"}),
    (apply("exp", a), POSITIVE, set()),
    (apply("abs", a), NONNEGATIVE, set()),
    (apply("sin", a), None, set()),
    (delta(I, J), None, set()),
    (add(p, ONE), POSITIVE, {"p"}),
    (add(p, z), POSITIVE, {"p", "z"}),
    (add(z, SQUARE), NONNEGATIVE, {"z"}),
    (add(q, const(-1)), NEGATIVE, {"q"}),
    (add(p, q), None, {"p", "q"}),
    (add(z, q), None, {"z", "q"}),
    (add(p, a), None, {"p"}),
    (add(ONE, negate(SIGMA)), POSITIVE, set()),
    (add(ONE, negate(power(TANH, TWO))), POSITIVE, set()),
    (add(ONE, negate(power(TANH, const(3)))), None, set()),
    (add(ONE, negate(TANH)), None, set()),
    (add(ONE, negate(power(SIGMA, MINUS_ONE))), None, set()),
    (add(ONE, negate(power(SIGMA, const(3)))), POSITIVE, set()),
    (add(TWO, negate(apply("exp", a))), None, set()),
    (add(ONE, negate(apply("exp", a))), None, set()),
    (add(ONE, negate(a)), None, set()),
    (add(ONE, negate(SIGMA), negate(SIGMA), q), None, {"q"}),
    (mul(p, q), NEGATIVE, {"p", "q"}),
    (mul(q, apply("exp", a)), NEGATIVE, {"q"}),
    (mul(q, const(-2)), POSITIVE, {"q"}),
    (mul(z, p), NONNEGATIVE, {"z", "p"}),
    (mul(z, q), None, {"z", "q"}),
    (mul(p, a), None, {"p"}),
    (SQUARE, NONNEGATIVE, set()),
    (power(q, TWO), POSITIVE, {"q"}),
    (power(q, const(3)), None, {"q"}),
    (power(p, a), POSITIVE, {"p"}),
    (power(p, HALF), POSITIVE, {"p"}),
    (power(z, HALF), NONNEGATIVE, {"z"}),
    (power(a, HALF), None, set()),
    (power(a, const(3)), None, set()),
    (total([I], x), POSITIVE, {"x"}),
    (total([I], power(entry("w", I), TWO)), NONNEGATIVE, set()),
    (reduce("prod", [I], x), POSITIVE, {"x"}),
    (reduce("prod", [I], negate(x)), None, {"x"}),
    (reduce("max", [I], negate(x)), NEGATIVE, {"x"}),
    (det("S"), POSITIVE, {"S"}),
    (det("A"), None, set()),
    (matfn("inv", 0, (I, J), (I, J), entry("S", I, J)), None, set()),
]  # fmt: skip


@pytest.mark.parametrize(("node", "sign", "used"), SIGNS)
def test_a_sign_is_known_or_it_is_not(node: Node, sign: str | None, used: set[str]) -> None:
    why: dict[str, None] = {}
    assert sign_of(node, CONTEXT, why) == sign
    assert {said.split()[0] for said in why} <= used  # what was looked at in vain may be among them
    if sign is not None:
        assert {said.split()[0] for said in why} == used


def test_a_sign_is_looked_for_only_so_deep() -> None:
    deep, deeper = p, p
    for _ in range(7):
        deep = power(add(deep, ONE), HALF) if deep is not p else add(p, ONE)
    for _ in range(20):
        deeper = power(add(deeper, ONE), HALF)
    assert sign_of(deeper, CONTEXT, {}) is None
    shallow = power(add(power(add(p, ONE), HALF), ONE), HALF)
    assert sign_of(shallow, CONTEXT, {}) == POSITIVE


@pytest.mark.parametrize(
    ("fn", "argument", "after", "away_from_0"),
    [
        ("abs", p, p, True),
        ("abs", q, negate(q), True),
        ("abs", z, z, False),
        ("abs", a, None, False),
        ("sign", p, ONE, True),
        ("sign", q, MINUS_ONE, True),
        ("sign", z, None, False),
        ("relu", z, z, False),
        ("relu", q, ZERO, True),
        ("step", p, ONE, True),
        ("exp", p, None, False),
    ],
)
def test_a_known_sign_takes_a_function_away(fn: str, argument: Node, after: Node | None, away_from_0: bool) -> None:
    node = apply(fn, argument)
    assert isinstance(node, Apply)
    assert of_known_sign(node, CONTEXT, {}) is after
    assert smooth(node, CONTEXT) is away_from_0
