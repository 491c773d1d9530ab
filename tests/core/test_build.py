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
    deriv,
    divide,
    entry,
    matfn,
    mul,
    negate,
    open_binder,
    open_sums,
    ordinal,
    power,
    rebuild,
    reduce,
    rename,
    subtract,
    total,
    where,
)
from gradwright.core.index import Index, free_index, position
from gradwright.core.node import KINDS, Entry, Mul, Node, Pow, Reduce, walk

I, J, K, L = (free_index(c, "n") for c in "ijkl")
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


def test_powers_of_products_that_come_apart_are_collected_with_the_rest() -> None:
    root = power(mul(x, y), const(Fraction(1, 2)))
    others = [entry(name) for name in "cdefgh"]
    for rest in (others, others[:1], [*others, const(3)], [*others, x, power(y, const(-3))], [power(y, root)]):
        assert mul(*rest, root, root) is mul(*rest, x, y) is mul(root, *rest, root)
    assert mul(root, power(root, const(-1))) is ONE


def test_a_power_of_numbers_is_a_number_only_where_that_is_exact() -> None:
    half, third = const(Fraction(1, 2)), const(Fraction(1, 3))
    assert power(const(Fraction(9, 4)), half) is const(Fraction(3, 2))
    assert power(const(Fraction(9, 4)), const(Fraction(-3, 2))) is const(Fraction(8, 27))
    for base, exponent in (
        (const(Fraction(9, 5)), half), (const(Fraction(7, 4)), half), (const(8), third), (const(-4), half),
        (ZERO, MINUS_ONE), (const(0.5), const(2)), (const(2), const(0.5)), (const(0.5), const(0.5)), (ZERO, half),
    ):  # fmt: skip
        assert isinstance(power(base, exponent), Pow), (base, exponent)
    assert power(ZERO, const(2)) is ZERO
    assert power(const(2), const(2048)) is const(2**2048)
    assert isinstance(power(const(2), const(2049)), Pow)
    assert power(x, ZERO) is power(ONE, x) is ONE
    assert power(x, ONE) is x
    assert isinstance(power(mul(x, y), third), Pow)
    assert isinstance(power(power(x, y), third), Pow)


def test_a_sum_over_a_renamed_body_is_the_sum_of_it() -> None:
    """Where the body's height changes, and where several indices are bound, binders are numbered anew."""
    inner = total([J], mul(entry("A", I, J), entry("x", J)))
    nested = total([I], mul(apply("exp", inner), entry("B", I, K)))
    assert rename(nested, {K: J}) is total([I], mul(apply("exp", inner), entry("B", I, J)))
    pairs = total([I, J], mul(A, apply("exp", entry("B", I, K)), entry("x", J)))
    assert rename(pairs, {K: position(1, "n")}) is total(
        [I, J], mul(A, apply("exp", entry("B", I, position(1, "n"))), entry("x", J))
    )
    with_delta = total([I, J], mul(A, apply("exp", delta(K, I))))
    assert rename(with_delta, {K: J}) is total(
        [I, LETTERS[0]], mul(entry("A", I, LETTERS[0]), apply("exp", delta(J, I)))
    )
    one = total([I], mul(entry("x", I), apply("exp", total([J], mul(delta(K, LETTERS[1]), entry("y", J))))))
    same = total([I], mul(entry("x", I), apply("exp", total([J], entry("y", J)))))
    assert rename(one, {K: LETTERS[1]}) is same


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


def test_an_opened_index_is_none_that_is_to_be_avoided() -> None:
    node = total([I], mul(entry("x", I), entry("y", J)))
    (first,), _ = open_binder(node)
    (second,), body = open_binder(node, frozenset({first}))
    (third,), _ = open_binder(node, frozenset({first, second}))
    assert len({first, second, third}) == 3
    assert body is mul(entry("x", second), entry("y", J))
    assert open_binder(node) == ((first,), mul(entry("x", first), entry("y", J)))


def test_sums_that_are_factors_of_a_sum_are_opened_with_it() -> None:
    inner = total([J], mul(entry("B", I, J), total([K], entry("C", J, K))))
    node = total([I], mul(entry("x", I), inner, total([J], entry("z", J))))
    assert isinstance(node, Reduce)
    indices, body = open_sums(node)
    assert len(set(indices)) == 4
    assert isinstance(body, Mul)
    assert sorted(factor.name for factor in body.factors if isinstance(factor, Entry)) == ["B", "C", "x", "z"]
    assert total(indices, body) is total(
        [I, J, K, L], mul(entry("x", I), entry("B", I, J), entry("C", J, K), entry("z", L))
    )
    avoided = frozenset(indices)
    assert not avoided & set(open_sums(node, avoided)[0])
    alone = total([I], entry("x", I))
    assert isinstance(alone, Reduce)
    assert open_sums(alone) == open_binder(alone)
    greatest = total([I], mul(entry("x", I), reduce("max", [J], A)))
    assert isinstance(greatest, Reduce)
    assert open_sums(greatest) == open_binder(greatest)


def test_a_derivative_says_of_what_in_what() -> None:
    node = deriv(apply("exp", x), "a", ())
    assert (node.body, node.name, node.slots) == (apply("exp", x), "a", ())  # type: ignore[attr-defined]
    assert node.names == {"a"}
    assert node.derivs
    assert deriv(A, "A", (K, J)).free == {I, J, K}


def test_signs_and_differences() -> None:
    assert add(negate(x), x) is ZERO
    assert subtract(x, y) is add(x, mul(MINUS_ONE, y))
    assert where("<", x, y, A, A) is A
    assert negate(negate(x)) is x


def test_numbers_have_digests_of_their_own() -> None:
    numbers = [const(Fraction(k, 7)) for k in range(1, 7)] + [const(k) for k in range(-9, 10)] + [const(0.25)]
    assert len({number.digest for number in numbers}) == len(numbers)
    parts = [power(x, const(k)) for k in (-1, -2, -3)]
    assert add(*parts) is add(*reversed(parts))
    assert len({delta(free_index(a, "n"), free_index(b, "n")).digest for a, b in ("ij", "ik", "jk")}) == 3


def test_a_node_knows_the_names_in_it() -> None:
    B_J = entry("B", J, K)
    assert mul(add(A, entry("C", I, J)), B_J).names == {"A", "B", "C"}
    assert apply("max", mul(x, y), entry("c")).names == {"a", "b", "c"}
    assert matfn("inv", 0, (I, J), (K, L), mul(entry("S", K, L), x)).names == {"inv", "S", "a"}


def test_functions_of_matrices_have_digests_of_their_own() -> None:
    parts = [(fn, body, slots) for fn in ("inv", "pinv") for body in (A, B) for slots in ((I, K), (K, I))]
    nodes = [matfn(fn, 0, slots, (I, J), body) for fn, body, slots in parts]
    assert len({node.digest for node in nodes}) == len(nodes)
    assert add(*nodes) is add(*reversed(nodes))
    powers = [matfn("power", 0, (I, K), (I, J), A, entry(exponent)) for exponent in "pq"]
    assert powers[0].digest != powers[1].digest


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
