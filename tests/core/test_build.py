"""Constructors: canonical form, interning, binders."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradwright.core.build import (
    MINUS_ONE,
    ONE,
    ZERO,
    add,
    apply,
    const,
    delta,
    divide,
    entry,
    matfn,
    mul,
    open_binder,
    ordinal,
    power,
    rebuild,
    reduce,
    rename,
    total,
    where,
)
from gradwright.core.index import Index, free_index, position
from gradwright.core.node import KINDS, Node, Reduce, walk

I, J, K = (free_index(c, "n") for c in "ijk")
A, B = entry("A", I, J), entry("B", I, J)
x, y = entry("a"), entry("b")


def test_equal_nodes_are_one_object() -> None:
    assert add(x, y) is add(y, x)
    assert mul(x, y, x) is mul(power(x, const(2)), y)
    assert add(x, x) is mul(const(2), x)
    assert add(x, mul(MINUS_ONE, x)) is ZERO
    assert divide(x, x) is ONE


def test_arithmetic_on_constants_is_exact() -> None:
    assert add(const(Fraction(1, 3)), const(Fraction(2, 3))) is ONE
    assert power(const(2), const(-2)) is const(Fraction(1, 4))
    assert power(const(4), const(Fraction(1, 2))) is const(2)
    assert power(const(2), const(Fraction(1, 2))) is not const(Fraction(7, 5))


def test_a_block_symmetric_throughout_is_ordered_without_a_search() -> None:
    block = [free_index(f"s{k}", "n") for k in range(14)]
    body = apply("exp", mul(*(entry("x", index) for index in block)))
    assert total(block, body) is total(block[::-1], body)


def test_a_huge_power_stays_unevaluated() -> None:
    assert len(list(walk(power(const(3), const(10**9))))) == 3


def test_whole_powers_of_products_and_powers_are_multiplied_out() -> None:
    assert power(mul(x, y), const(2)) is mul(power(x, const(2)), power(y, const(2)))
    root = power(x, const(Fraction(1, 2)))
    assert power(root, const(2)) is x
    assert power(power(x, const(2)), const(Fraction(1, 2))) is not x  # that is |x|


def test_delta_is_symmetric_and_one_on_the_diagonal() -> None:
    assert delta(I, J) is delta(J, I)
    assert delta(I, I) is ONE
    assert delta(position(0, "n"), position(1, "n")) is ZERO


def test_a_summation_index_has_no_name() -> None:
    assert total([I], entry("x", I)) is total([J], entry("x", J))
    assert total([I, J], A) is total([J, I], rename(A, {I: J, J: I}))
    assert total([I], total([J], A)) is total([I, J], A)


def test_substitution_cannot_be_captured() -> None:
    inner = total([J], mul(entry("x", J), entry("y", I)))
    outer = total([I], inner)
    assert rename(inner, {I: J}).free == {J}
    assert outer.free == frozenset()
    (opened,), body = open_binder(total([J], mul(entry("x", J), total([I], entry("A", I, J)))))
    assert body.free == {opened}


def test_sum_of_zero_is_zero() -> None:
    assert total([I], ZERO) is ZERO


def test_nodes_survive_pickling() -> None:
    import pickle

    node = total([I, J], mul(A, apply("exp", entry("x", J)), delta(I, K)))
    assert pickle.loads(pickle.dumps(node)) is node


def test_every_kind_can_be_rebuilt_and_renamed() -> None:
    """Totality: each kind of node goes through rename and rebuild."""
    samples: list[Node] = [
        const(2),
        rebuild(add(A, B), (A, A)),
        ordinal(I),
        A,
        delta(I, J),
        add(A, B),
        mul(A, B),
        power(A, const(3)),
        apply("exp", A),
        total([J], A),
        matfn("u", 0, (I,), (J,), A),
        where("<=", ordinal(I), ordinal(J), A, B),
    ]
    from gradwright.core.build import deriv, size

    samples += [size("n"), deriv(A, "A", (I, J))]
    assert {type(s) for s in samples} == set(KINDS)
    for node in samples:
        moved = rename(node, {I: K})
        assert moved.free == frozenset(K if i is I else i for i in node.free)
        assert rebuild(node, node.children) is node


# --- α-renaming fuzz -------------------------------------------------------------------------------------------------

LETTERS = [free_index(f"v{k}", "n") for k in range(6)]


def _random_body(rng: random.Random, indices: list[Index], depth: int) -> Node:
    factors: list[Node] = []
    for _ in range(rng.randint(1, 4)):
        kind = rng.randint(0, 4)
        a, b = rng.choice(indices), rng.choice(indices)
        if kind == 0:
            factors.append(entry("x", a))
        elif kind in (1, 2):
            factors.append(entry(rng.choice("AB"), a, b))
        elif kind == 3 and depth:
            factors.append(apply("exp", _random_body(rng, indices, depth - 1)))
        elif depth:
            factors.append(total([a], mul(entry("x", a), _random_body(rng, indices, depth - 1))))
        else:
            factors.append(add(entry("x", a), entry("y", b)))
    return mul(*factors)


@settings(max_examples=400, deadline=None)
@given(st.integers(0, 10**9))
def test_renaming_and_permuting_bound_indices_gives_the_same_object(seed: int) -> None:
    rng = random.Random(seed)
    count = rng.randint(1, 4)
    bound, spare = LETTERS[:count], LETTERS
    body = _random_body(rng, bound, 2)
    shuffled = rng.sample(spare, count)
    renamed = rename(body, dict(zip(bound, shuffled, strict=True)))
    order = rng.sample(shuffled, count)
    left, right = reduce("sum", bound, body), reduce("sum", order, renamed)
    assert left is right
    if isinstance(left, Reduce):
        opened, inner = open_binder(left)
        assert reduce("sum", opened, inner) is left


def test_a_deep_chain_meets_no_recursion_limit() -> None:
    node = entry("x", J)
    for _ in range(3000):
        node = rename(apply("tanh", total([J], mul(entry("W", I, J), node))), {I: J})
    assert node.height == 3000


@pytest.mark.parametrize("node", [add(A, B), mul(A, B), total([I], A)])
def test_digests_do_not_depend_on_the_process(node: Node) -> None:
    import subprocess
    import sys

    code = (
        "from gradwright.core.build import *; from gradwright.core.index import free_index as f\n"
        "i, j = f('i', 'n'), f('j', 'n'); A, B = entry('A', i, j), entry('B', i, j)\n"
        "print([n.digest for n in (add(A, B), mul(A, B), total([i], A))])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert str(node.digest) in printed


@pytest.mark.parametrize("count", [2, 10])
def test_a_product_of_like_traces_takes_no_search(count: int) -> None:
    """Σ of many disjoint triangles A_ij A_jk A_ki, in any naming, is one object, found at once."""
    names = [free_index(f"a{place}", "n") for place in range(3 * count)]

    def triangles(indices: list[Index]) -> Node:
        corners = [indices[k : k + 3] for k in range(0, 3 * count, 3)]
        return total(indices, mul(*(entry("A", c[k], c[(k + 1) % 3]) for c in corners for k in range(3))))

    assert triangles(names) is triangles(names[::-1])
