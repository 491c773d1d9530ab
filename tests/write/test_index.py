"""Index notation: faithful, in the order a person writes, letters that mean one thing."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradwright.certify.arrays import evaluate
from gradwright.core.build import (
    HALF,
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
    ordinal,
    power,
    reduce,
    rename,
    size,
    subtract,
    total,
    where,
)
from gradwright.core.context import Context, Signature
from gradwright.core.index import Index, free_index, position
from gradwright.core.node import KINDS, Array, Node
from gradwright.write import index as writer
from gradwright.write.index import array_term, index_term
from gradwright.write.letters import Letters
from gradwright.write.text import text
from tests import strategies

I, J, K, L = (free_index(letter, "n") for letter in "ijkl")
C = free_index("c", "m")
CONTEXT = Context(
    symbols={"o": ("n",), "y": ("n",), "x": ("n",), "A": ("n", "n"), "B": ("n", "m"), "t": (), "s": ()},
    definitions={"p": Array((I,), apply("exp", entry("o", I)))},
    functions={"u": Signature(("n",), ("n",)), "f": Signature(("n",), ()), "g": Signature((), ())},
    order=["p", "o", "y", "x", "A", "B", "t", "s"],
)
DECIMAL = Context(symbols=CONTEXT.symbols, order=CONTEXT.order, decimals=True)
T, S = entry("t"), entry("s")


def o(i: Index) -> Node:
    return entry("o", i)


def p(i: Index) -> Node:
    return entry("p", i)


def y(i: Index) -> Node:
    return entry("y", i)


def x(i: Index) -> Node:
    return entry("x", i)


def A(i: Index, j: Index) -> Node:
    return entry("A", i, j)


def exp(node: Node) -> Node:
    return apply("exp", node)


def log(node: Node) -> Node:
    return apply("log", node)


def written(node: Node, *axes: Index, context: Context = CONTEXT) -> str:
    return text(index_term(node, Letters(context, axes), context))


SUM_EXP = total([J], exp(o(J)))
NORM2 = total([J], power(x(J), const(2)))

GOLDEN: list[tuple[Node, tuple[Index, ...], str]] = [
    (subtract(p(K), y(K)), (K,), "p[k] - y[k]"),
    (negate(total([I], mul(y(I), log(p(I))))), (), "-sum[i](y[i]*log(p[i]))"),
    (divide(exp(o(I)), SUM_EXP), (I,), "exp(o[i])/sum[j](exp(o[j]))"),
    (mul(p(I), subtract(delta(I, K), p(K))), (I, K), "p[i]*(delta[i,k] - p[k])"),
    (subtract(mul(delta(I, K), p(I)), mul(p(I), p(K))), (I, K), "p[i]*delta[i,k] - p[i]*p[k]"),
    (mul(HALF, x(K), power(T, MINUS_ONE)), (K,), "x[k]/(2*t)"),
    (mul(y(K), HALF, power(x(K), const(Fraction(-1, 2)))), (K,), "y[k]/(2*sqrt(x[k]))"),
    (mul(const(Fraction(-2, 3)), x(K)), (K,), "-2*x[k]/3"),
    (mul(x(K), power(NORM2, const(Fraction(-1, 2)))), (K,), "x[k]/sqrt(sum[i](x[i]^2))"),
    (power(NORM2, HALF), (), "sqrt(sum[i](x[i]^2))"),
    (add(power(T, const(2)), mul(const(3), T), const(-1)), (), "t^2 + 3*t - 1"),
    (add(T, S, const(Fraction(1, 2))), (), "t + s + 1/2"),
    (subtract(ONE, power(apply("tanh", T), const(2))), (), "1 - tanh(t)^2"),
    (log(add(ONE, exp(negate(T)))), (), "log(1 + exp(-t))"),
    (negate(add(x(K), y(K))), (K,), "-(y[k] + x[k])"),
    (add(negate(x(K)), negate(y(K))), (K,), "-y[k] - x[k]"),
    (power(negate(T), S), (), "(-t)^s"),
    (negate(power(T, S)), (), "-t^s"),
    (power(T, negate(S)), (), "t^(-s)"),
    (power(T, const(-2)), (), "1/t^2"),
    (power(T, const(Fraction(2, 3))), (), "t^(2/3)"),
    (power(power(T, HALF), HALF), (), "sqrt(sqrt(t))"),
    (power(x(I), y(I)), (I,), "x[i].^y[i]"),
    (divide(total([I], x(I)), size("n")), (), "sum[i](x[i])/n"),
    (mul(total([I], x(I)), total([J], y(J)), T), (), "t*sum[i](y[i])*sum[i](x[i])"),
    (total([I], mul(x(I), total([C], entry("B", I, C)))), (), "sum[i](x[i]*sum[j](B[i,j]))"),
    (total([I, J], mul(x(I), A(J, I), y(J))), (), "sum[i,j](y[i]*x[j]*A[i,j])"),
    (add(total([J], mul(A(J, K), x(J))), total([J], mul(A(K, J), x(J)))), (K,),
     "sum[i](x[i]*A[k,i]) + sum[i](x[i]*A[i,k])"),
    (add(A(K, I), A(I, K)), (I, K), "A[i,k] + A[k,i]"),
    (mul(const(2), total([I], mul(A(I, K), subtract(total([J], mul(A(I, J), x(J))), y(I))))), (K,),
     "2*sum[i](A[i,k]*(sum[j](x[j]*A[i,j]) - y[i]))"),
    (x(position(0, "n")), (), "x[0]"),
    (apply("max", T, S), (), "max(t, s)"),
    (reduce("max", [I], x(I)), (), "max[i](x[i])"),
    (reduce("prod", [I], x(I)), (), "prod[i](x[i])"),
    (apply("pi"), (), "pi"),
    (where("<=", ordinal(I), ordinal(J), x(I), ZERO), (I, J), "where(i <= j, x[i], 0)"),
    (matfn("u", 0, (I,), (J,), x(J)), (I,), "u(x)[i]"),
    (matfn("u", 1, (I, K), (J,), x(J)), (I, K), "D(u, x)[i,k]"),
    (matfn("f", 2, (I, K), (J,), x(J)), (I, K), "D2(f, x)[i,k]"),
    (matfn("f", 0, (), (J,), matfn("u", 0, (J,), (I,), x(I))), (), "f(u(x))"),
    (matfn("g", 0, (), (), mul(T, S)), (), "g(t*s)"),
    (matfn("inv", 0, (I, K), (J, L), A(L, J)), (I, K), "inv(A')[i,k]"),
    (matfn("logdet", 0, (), (J, L), A(J, L)), (), "logdet(A)"),
    (matfn("u", 0, (I,), (J,), mul(T, x(J))), (I,), "u(tensor[j](t*x[j]))[i]"),
    (deriv(log(p(I)), "o", (K,)), (I, K), "d(log(p[i]))/d(o[k])"),
    (mul(y(I), power(p(I), MINUS_ONE), deriv(p(I), "o", (K,))), (I, K), "y[i]/p[i]*d(p[i])/d(o[k])"),
]  # fmt: skip


@pytest.mark.parametrize(("node", "axes", "expected"), GOLDEN, ids=[row[2] for row in GOLDEN])
def test_golden(node: Node, axes: tuple[Index, ...], expected: str) -> None:
    assert written(node, *axes) == expected


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (mul(HALF, T), "0.5*t"),
        (mul(const(Fraction(-1, 4)), T, power(S, MINUS_ONE)), "-0.25*t/s"),
        (mul(const(Fraction(1, 3)), T), "t/3"),
        (add(T, const(Fraction(1, 10))), "t + 0.1"),
    ],
)
def test_decimals_where_the_user_wrote_decimals(node: Node, expected: str) -> None:
    assert written(node, context=DECIMAL) == expected


def test_every_kind_of_node_is_written() -> None:
    assert set(writer._LEAVES) | set(writer._BUILDERS) == set(KINDS)


# --- letters -------------------------------------------------------------------------------------------------------


def test_names_in_use_are_no_letters() -> None:
    context = Context(symbols={"i": (), "x": ("j",), "l": ("p",)}, order=["i", "x", "l"])
    node = total([free_index("a", "j")], mul(entry("i"), entry("x", free_index("a", "j"))))
    assert written(node, context=context) == "sum[q](i*x[q])"


def test_an_axis_whose_name_means_something_else_gets_a_letter() -> None:
    node = entry("x", free_index("t", "n"))
    assert written(node, free_index("t", "n")) == "x[i]"


def test_an_opened_index_gets_a_letter_and_keeps_it() -> None:
    letters = Letters(CONTEXT, (free_index("~1", "n"), free_index("i", "n")))
    assert text(index_term(A(free_index("~1", "n"), I), letters, CONTEXT)) == "A[j,i]"
    assert text(index_term(x(free_index("~1", "n")), letters, CONTEXT)) == "x[j]"


def test_a_letter_always_runs_over_one_extent() -> None:
    node = add(total([I], x(I)), total([C, I], entry("B", I, C)))
    assert written(node) == "sum[i](x[i]) + sum[i,j](B[i,j])"
    letters = Letters(CONTEXT, ())
    index_term(node, letters, CONTEXT)
    assert (letters.extent("i"), letters.extent("j")) == ("n", "m")


def test_nested_sums_never_share_a_letter() -> None:
    node = x(I)
    for _ in range(30):
        node = total([I], mul(x(I), apply("tanh", node)))
        node = mul(node, x(I))
    spelled = written(node, I)
    assert len(set(re.findall(r"sum\[(\w+)\]", spelled))) == 30


# --- arrays --------------------------------------------------------------------------------------------------------


def collected(node: Node, *axes: Index) -> str:
    return text(array_term(Array(axes, node), Letters(CONTEXT, axes), CONTEXT))


def test_arrays_are_collected() -> None:
    assert collected(A(K, I), I, K) == "tensor[i,k](A[k,i])"
    assert collected(T) == "t"


def test_an_axis_without_an_entry_gets_ones() -> None:
    assert collected(mul(T, x(I)), I, K) == "one = ones(n); tensor[i,k](t*x[i]*one[k])"
    assert collected(mul(T, delta(I, K)), I, K) == "I = eye(n); tensor[i,k](t*I[i,k])"
    assert collected(mul(delta(I, K), x(K)), I, K) == "tensor[i,k](x[k]*delta[i,k])"


# --- faithful ------------------------------------------------------------------------------------------------------


class _Delta:
    def __getitem__(self, pair: tuple[int, int]) -> float:
        return float(pair[0] == pair[1])


def read_back(spelled: str, letters: Letters, axes: tuple[Index, ...], values: dict[str, Any]) -> np.ndarray:
    """The value of a text in index notation, by way of Python's own grammar."""
    sizes = strategies.SIZES

    def over(op: Callable[[list[float]], float], names: str, body: Callable[..., float]) -> float:
        ranges = [range(sizes[str(letters.extent(name))]) for name in names.split(",")]
        return op([body(*place) for place in product(*ranges)])

    def big(match: re.Match[str]) -> str:
        return f'over({match[1]}_, "{match[2]}", lambda {match[2]}: '

    source = re.sub(r"\b(sum|prod|max|min)\[([\w,]+)\]\(", big, spelled).replace(".^", "**").replace("^", "**")
    names: dict[str, Any] = {
        **values, **sizes, "over": over, "sum_": sum, "max_": max, "min_": min, "delta": _Delta(),
        "prod_": lambda factors: np.prod(factors, dtype=float),
        "where": lambda test, then, other: then if test else other, "sqrt": np.sqrt, "exp": np.exp, "tanh": np.tanh,
        "sin": np.sin, "sigmoid": lambda z: 1 / (1 + np.exp(-z)), "relu": lambda z: max(z, 0.0), "abs": abs,
        "softplus": lambda z: np.logaddexp(z, 0), "arctan": np.arctan,
    }  # fmt: skip
    code = compile(source, "<text>", "eval")
    result = np.empty([sizes[str(axis.dim)] for axis in axes])
    for place in np.ndindex(result.shape):
        at = {letters.of(axis): number for axis, number in zip(axes, place, strict=True)}
        result[place] = eval(code, {**names, **at})
    return result


@given(strategies.arrays(), st.integers(0, 5))
@settings(max_examples=150, deadline=None)
def test_what_is_written_has_the_value_of_what_was_meant(array: Array, seed: int) -> None:
    context, values = strategies.context(), strategies.values(seed)
    letters = Letters(context, array.axes)
    spelled = text(index_term(array.body, letters, context))
    with np.errstate(all="ignore"):
        expected = evaluate(array, context, values)
        got = read_back(spelled, letters, array.axes, values)
    assert np.allclose(got, expected, rtol=1e-8, atol=1e-8, equal_nan=True), spelled


# --- size ----------------------------------------------------------------------------------------------------------


def test_depth() -> None:
    chain: Node = T
    network: Node = x(I)
    for _ in range(1000):
        chain = divide(ONE, add(T, apply("tanh", mul(S, chain))))
        network = apply("tanh", total([J], mul(A(I, J), rename(network, {I: J}))))
    assert written(chain).count("tanh") == 1000
    assert written(network, I).count("tanh") == 1000


def test_shared_parts_stay_shared() -> None:
    node: Node = T
    for _ in range(300):
        node = apply("tanh", add(node, mul(S, node)))
    term = index_term(node, Letters(CONTEXT, ()), CONTEXT)
    assert text(term, longest=50).endswith("…")
    assert len(text(term, longest=50)) == 51
    with pytest.raises(Exception, match="too long to write out"):
        text(term)
