"""Powers of one matrix beside each other, where an exponent is a symbol."""

from __future__ import annotations

from gradwright.core.build import MINUS_ONE, ONE, add, const, entry, matfn, mul, negate, total
from gradwright.core.index import Index, free_index
from gradwright.core.node import Node
from gradwright.tables.matrix import matrix_power
from gradwright.tables.powers import inverse_of_power, powers_multiply

I, J, K, L = (free_index(letter, "n") for letter in "ijkl")
p, q, s = entry("p"), entry("q"), entry("s")
A = entry("A", I, J)


def raised(exponent: Node, row: Index, column: Index, body: Node = A) -> Node:
    return matrix_power((row, column), (I, J), body, exponent)


def inverse(row: Index, column: Index, body: Node = A) -> Node:
    return matfn("inv", 0, (row, column), (I, J), body)


def test_exponents_of_one_matrix_add_up() -> None:
    between = [
        (mul(raised(p, I, K), raised(q, K, J)), raised(add(p, q), I, J)),
        (mul(raised(p, I, K), entry("A", K, J)), raised(add(p, ONE), I, J)),
        (mul(entry("A", I, K), raised(p, K, J)), raised(add(p, ONE), I, J)),
        (mul(raised(p, I, K), inverse(K, J)), raised(add(p, MINUS_ONE), I, J)),
        (mul(s, raised(p, I, K), raised(q, K, J)), mul(s, raised(add(p, q), I, J))),
    ]
    for body, after in between:
        assert powers_multiply(total([K], body)) is after
    longer = total([K, L], mul(raised(p, I, K), raised(q, K, L), entry("x", L)))
    assert powers_multiply(longer) is total([L], mul(raised(add(p, q), I, L), entry("x", L)))


def test_what_does_not_follow_is_left() -> None:
    B = entry("B", I, J)
    for body in (
        mul(raised(p, I, K), raised(q, K, J, B)),  # of two matrices
        mul(raised(p, K, I), raised(q, K, J)),  # one of them turned round
        mul(raised(p, I, K), entry("A", J, K)),
        mul(entry("A", I, K), entry("A", K, J)),  # no symbol in an exponent
        mul(entry("A", I, K), inverse(K, J)),
        mul(raised(p, I, K), raised(q, K, J), entry("x", K)),  # something else holds the index between
        mul(raised(p, K, K), raised(q, I, J)),
    ):
        assert powers_multiply(total([K], body)) is None
    assert powers_multiply(mul(raised(p, I, K), raised(q, K, J))) is None
    assert powers_multiply(total([K], entry("A", I, K))) is None


def test_the_inverse_of_a_power_has_the_opposite_exponent() -> None:
    power = raised(p, K, L)
    assert inverse_of_power(matfn("inv", 0, (I, J), (K, L), power)) is raised(negate(p), I, J)
    assert inverse_of_power(matfn("inv", 0, (I, J), (L, K), power)) is None  # of its transpose
    assert inverse_of_power(matfn("det", 0, (), (K, L), power)) is None
    assert inverse_of_power(inverse(K, L)) is None
    assert inverse_of_power(matfn("inv", 0, (I, J), (K, L), mul(const(2), power))) is None
