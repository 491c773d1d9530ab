"""Every rule of differentiation against differences, by an evaluator that shares nothing with what certifies."""

from __future__ import annotations

import os
from dataclasses import replace
from fractions import Fraction
from random import Random

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
    ordinal,
    power,
    reduce,
    size,
    subtract,
    total,
    where,
)
from gradwright.core.context import Context
from gradwright.core.index import Index, free_index, position
from gradwright.core.node import Array, Node
from gradwright.core.rule import Rule
from gradwright.engine import calculus
from gradwright.engine.prove import Prover
from gradwright.tables.matrix import ROWS
from tests.tables.foreign import CLOSE, DIGITS, Undefined, drawn, mp, slopes, value

FUZZ = int(os.environ.get("FUZZ", "0"))
POINTS = max(100, FUZZ) if FUZZ else 30
I, J, K, L = (free_index(letter, "n") for letter in "ijkl")
P = free_index("p", "m")
TWO, THREE = const(2), const(3)
u, s = entry("u"), entry("s")
x, y = entry("x", I), entry("y", I)
A, B = entry("A", I, J), entry("B", I, J)
SHAPES = {"u": (), "s": (), "x": ("n",), "y": ("n",), "z": ("m",), "A": ("n", "n"), "B": ("n", "n"), "R": ("n", "m")}
DEFINITIONS = {"q": Array((I,), mul(apply("exp", x), total([J], mul(A, entry("x", J)))))}


def of(fn: str, row: Index, column: Index, body: Node = A, *given: Node) -> Node:
    return matfn(fn, 0, (row, column), (I, J), body, *given)


def scalar(fn: str, body: Node = A) -> Node:
    return matfn(fn, 0, (), (I, J), body)


SMALL = mul(const(Fraction(1, 16)), A)
POSDEF = add(mul(const(90), delta(I, J)), total([L], mul(entry("A", I, L), entry("A", J, L))))
FORMULAS: dict[str, tuple[str, Node]] = {
    "constant": ("u", mul(s, apply("exp", s))),
    "constant_factor": ("u", mul(s, power(u, THREE), apply("sin", u))),
    "variable": ("A", add(entry("A", K, L), entry("A", position(0, "n"), L))),
    "sum_rule": ("u", add(apply("exp", u), power(u, TWO), s)),
    "sum_over_index": ("x", total([I, J], mul(x, A, entry("x", J)))),
    "product_rule": ("u", mul(apply("sin", u), apply("exp", u), add(u, s))),
    "quotient_rule": ("u", mul(apply("sin", u), power(add(s, power(u, TWO)), MINUS_ONE))),
    "power_rule": ("u", add(power(u, const(-3)), power(add(u, s), HALF))),
    "exponential_rule": ("u", add(power(s, apply("sin", u)), power(THREE, u))),
    "general_power_rule": ("u", power(add(power(u, TWO), s), mul(s, u))),
    "chain_rule": ("x", apply("tanh", total([J], mul(A, entry("x", J))))),
    "chain_rule of two": ("u", apply("max", mul(s, u), power(u, TWO))),
    "lemma": ("x", mul(entry("q", K), total([I], mul(entry("q", I), y)))),
    "extremum": ("x", reduce("max", [I], mul(x, y))),
    "extremum below": ("x", reduce("min", [I], power(subtract(x, y), TWO))),
    "piecewise": ("u", where("<", mul(s, u), ONE, power(u, TWO), mul(s, u))),
    "piecewise by place": ("x", total([I, J], where("<=", ordinal(I), ordinal(J), mul(A, x, entry("x", J)), ZERO))),
    "product_over_index": ("x", reduce("prod", [I], add(x, y))),
    "product_over_index of two": ("A", reduce("prod", [I], total([J], A))),
    "inv": ("A", mul(of("inv", K, L), s)),
    "inv of a product": ("A", of("inv", K, L, total([P], mul(entry("R", I, P), entry("R", J, P), add(A, ONE))))),
    "det": ("A", scalar("det")),
    "logdet": ("A", scalar("logdet", add(POSDEF, B))),
    "chol": ("A", of("chol", K, L, POSDEF)),
    "adj": ("A", of("adj", K, L)),
    "pinv": ("R", matfn("pinv", 0, (P, K), (I, free_index("o", "m")), entry("R", I, free_index("o", "m")))),
    "expm": ("A", total([K], of("expm", K, K, SMALL))),
    "sinm": ("A", total([K], of("sinm", K, K, SMALL))),
    "cosm": ("A", total([K], of("cosm", K, K, SMALL))),
    "expm of a multiple": ("u", of("expm", K, L, mul(u, HALF, SMALL))),
    "sinm of a multiple": ("u", of("sinm", K, L, mul(power(u, TWO), SMALL))),
    "cosm of a multiple": ("u", of("cosm", K, L, mul(apply("sin", u), A, SMALL))),
    "^": ("A", of("^", K, L, A, size("n"))),
    "^ and more": ("A", of("^", K, L, A, add(size("n"), ONE))),
}  # fmt: skip
"""By the rule they are to need: the variable, and what is differentiated in it."""


def rules_of(context: Context, name: str, slots: tuple[Index, ...], body: Node) -> tuple[set[str], Node]:
    prover = Prover(context, name, slots)
    proof = prover.prove(Array((), body), "")
    steps = [step for each in (*prover.lemmas, proof) for step in each.differentiation(10**4)]
    return {rule.name for step in steps for rule in step.rules}, proof.raw


@pytest.mark.parametrize("what", FORMULAS)
def test_a_rule_agrees_with_differences(what: str) -> None:
    name, body = FORMULAS[what]
    rng, axes = Random(what), tuple(free_index(f"v{k}", dim) for k, dim in enumerate(SHAPES[name]))
    context = Context(symbols=dict(SHAPES), definitions=DEFINITIONS)
    used, claimed = rules_of(context, name, axes, body)
    assert what.split(" ")[0] in {*used, *ROWS}
    seen = 0
    with mp.workdps(DIGITS):
        for _ in range(POINTS):
            point = replace(drawn(SHAPES, {}, rng), definitions=DEFINITIONS)
            at = point.somewhere(sorted(body.free | {*axes}, key=str), rng)
            try:
                above, below = slopes(body, point, at, name, tuple(at[axis] for axis in axes))
                found = value(claimed, point, at)
            except Undefined:
                continue
            if abs(above - below) > CLOSE * (1 + abs(above)):
                continue
            seen += 1
            assert abs(found - above) <= CLOSE * (1 + abs(above)), f"{found} for {above} at {point}"
    assert seen >= POINTS // 5


def test_every_rule_has_its_formula() -> None:
    rules = {rule.name for rule in vars(calculus).values() if isinstance(rule, Rule)} - {"chain_rule_array"}
    assert rules | set(ROWS) <= {what.split(" ")[0] for what in FORMULAS}
