"""Traversal without recursion: every node once, children first; lengths as written out; rewriting below binders."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from gradwright.core.build import ONE, add, apply, const, divide, entry, factors_in, matfn, mul, power, total, where
from gradwright.core.index import AT, free_index, position
from gradwright.core.node import MatFn, Node, terms_in, walk, written_length, written_size
from gradwright.core.walk import bottom_up, run

I, J = (free_index(c, "n") for c in "ij")
a, b = entry("a"), entry("b")
TREE = add(mul(const(2), apply("exp", a)), divide(b, apply("exp", a)))


def test_every_node_is_met_once_after_what_it_is_made_of() -> None:
    met = list(walk(TREE))
    assert len(met) == len(set(met))
    assert met[-1] is TREE
    for place, node in enumerate(met):
        assert set(node.children) <= set(met[:place])
    assert {a, b, apply("exp", a)} <= set(met)


def test_sizes_count_what_is_shared_as_often_as_it_is_written() -> None:
    shared = add(a, b)
    node = mul(shared, apply("exp", shared))
    assert written_size(node, 100) == 1 + 3 + 1 + 3
    assert written_size(node, 5) == 5
    assert written_length(node, 100) == 2 + 1 + 2
    assert written_length(node, 4) == 4
    assert written_length(matfn("inv", 0, (I, J), (I, J), entry("A", I, J)), 100) == 2
    deep: Node = a
    for _ in range(200):
        deep = add(deep, apply("exp", deep))
    assert written_size(deep, 1000) == written_length(deep, 1000) == 1000


def test_terms_and_factors_of_what_is_no_sum_or_product_are_itself() -> None:
    assert terms_in(a) == factors_in(a) == (a,)
    assert set(terms_in(add(a, b))) == set(factors_in(mul(a, b))) == {a, b}
    assert terms_in(mul(a, b)) == (mul(a, b),)
    assert factors_in(add(a, b)) == (add(a, b),)


def test_a_recursive_function_runs_once_for_each_key() -> None:
    asked: list[int] = []

    def fibonacci(n: int) -> Generator[int, int, int]:
        asked.append(n)
        if n < 2:
            return n
        return (yield n - 1) + (yield n - 2)

    memo: dict[int, int] = {}
    assert run(fibonacci, 30, memo) == 832040
    assert sorted(asked) == list(range(31))
    assert memo[29] == 514229
    assert run(fibonacci, 30, memo) == 832040
    assert len(asked) == 31


def _renamed(node: Node) -> Node:
    return b if node is a else node


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (TREE, add(mul(const(2), apply("exp", b)), divide(b, apply("exp", b)))),
        (total([I], mul(a, entry("x", I))), total([I], mul(b, entry("x", I)))),
        (total([I], entry("x", I)), total([J], entry("x", J))),
        (
            matfn("inv", 0, (I, J), (I, J), mul(a, entry("A", I, J))),
            matfn("inv", 0, (I, J), (I, J), mul(b, entry("A", I, J))),
        ),
        (
            matfn("^", 0, (I, J), (I, J), entry("A", I, J), a),
            matfn("^", 0, (I, J), (I, J), entry("A", I, J), b),
        ),
        (where("<", a, ONE, power(a, b), a), where("<", b, ONE, power(b, b), b)),
        (a, b),
        (const(3), const(3)),
    ],
)
def test_rewriting_reaches_every_place(before: Node, after: Node) -> None:
    assert bottom_up(_renamed, before) is after
    assert bottom_up(lambda node: node, before) is before


def test_what_was_rewritten_is_remembered() -> None:
    memo: dict[Node, Node] = {}
    bottom_up(_renamed, TREE, memo)
    assert memo[a] is b
    memo[TREE] = ONE
    assert bottom_up(_renamed, TREE, memo) is ONE


def test_indices_say_what_they_are() -> None:
    assert (repr(I), repr(position(2, "n"))) == ("i:n", "@2")
    assert (position(0, "n").kind, entry("x", position(0, "n")).free) == (AT, frozenset())
    inverse = matfn("inv", 0, (I, J), (I, J), entry("A", I, J))
    assert isinstance(inverse, MatFn)
    assert (inverse.indices, inverse.free) == ((I, J), frozenset((I, J)))
    assert repr(power(a, const(2))) == "Pow(Entry('a', ()), Const(2))"
