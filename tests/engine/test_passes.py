"""The list of passes: what is remembered of a pass is remembered for what steers it, and steps follow each other."""

from __future__ import annotations

import pytest

from gradwright.core.build import MINUS_ONE, add, delta, entry, mul, rename
from gradwright.core.index import Index, free_index
from gradwright.core.node import Node, written_length
from gradwright.engine.passes import DETOURS, ENDINGS, PASSES, Line, Simplifier
from gradwright.engine.prove import Prover
from gradwright.engine.simplify import Signature, written_differences
from gradwright.read.reader import read
from tests import strategies

I, K = free_index("i", "n"), free_index("k", "n")
X, Y = entry("x", I), entry("y", I)


def _length(node: Node, order: tuple[Index, ...]) -> tuple[int, int]:
    return 0, written_length(node, 1000)


def _simplifier() -> Simplifier:
    return Simplifier(strategies.context(), _length)


def _simplified(
    simplifier: Simplifier, node: Node, order: tuple[Index, ...], written: frozenset[Signature] = frozenset()
) -> Line:
    return simplifier(node, simplifier.setting(order, written))


def test_passes_have_names_of_their_own() -> None:
    """What a pass leaves as it is is remembered by its name."""
    known = dict.fromkeys((*PASSES, *DETOURS, *(row for ending in ENDINGS for row in ending.passes)))
    assert len({row.name for row in known}) == len(known)


def test_the_order_of_axes_says_which_index_is_written() -> None:
    simplifier, here, there = _simplifier(), mul(delta(I, K), X), mul(delta(I, K), entry("x", K))
    for order, expected in (((I, K), here), ((K, I), there), ((I, K), here)):
        assert _simplified(simplifier, here, order).node is expected
        assert _simplified(simplifier, there, order).node is expected


def test_a_difference_stays_the_way_round_it_was_written() -> None:
    simplifier = _simplifier()
    one, other = add(X, mul(MINUS_ONE, Y)), add(Y, mul(MINUS_ONE, X))
    product = mul(one, X)
    for written, expected in ((one, product), (other, mul(MINUS_ONE, other, X)), (one, product)):
        assert _simplified(simplifier, product, (I,), written_differences([written])).node is expected


FORMULAS = ["norm2(A*x - z)^2", "p = softmax(y); x'*p", "sum(log(1 + exp(y.*x)))", "(a*x'*x)^2"]


@pytest.mark.parametrize("formula", FORMULAS)
def test_steps_follow_each_other(formula: str) -> None:
    parsed = read(formula, shapes=strategies.FORMULA_SHAPES | {"x": ("m",) if "A" in formula else ("n",), "z": ("n",)})
    slot = free_index("s", parsed.context.symbols["x"][0])
    proof = Prover(parsed.context, "x", (slot,)).prove(parsed.array, "")
    current = proof.raw
    for step in proof.simplified:
        assert step.before is current
        assert step.after is not current
        assert step.rules
        current = step.after
    assert current is proof.result


def test_the_shortest_end_wins() -> None:
    product = mul(add(X, Y), add(X, mul(MINUS_ONE, Y)))
    assert _simplified(_simplifier(), add(product, mul(Y, Y)), (I,)).node is mul(X, X)


def test_a_detour_is_an_end_like_the_others() -> None:
    whole, inverse = (read(formula, shapes=strategies.SHAPES) for formula in ("B*inv(B*B)", "inv(B)"))
    expected = rename(inverse.array.body, dict(zip(inverse.array.axes, whole.array.axes, strict=True)))
    assert _simplified(_simplifier(), whole.array.body, whole.array.axes).node is expected
