"""The ball evaluator and the NumPy evaluator, which share no arithmetic, held against each other and known values."""

from __future__ import annotations

import sys
from fractions import Fraction
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradwright.certify.arrays import _compiled, evaluate
from gradwright.certify.ball import naive_program
from gradwright.certify.layout import Layout
from gradwright.certify.program import Run
from gradwright.core.build import (
    HALF,
    ONE,
    add,
    apply,
    const,
    deriv,
    divide,
    entry,
    matfn,
    mul,
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
from gradwright.core.errors import Error
from gradwright.core.index import Index, free_index, position
from gradwright.core.node import Array, Node
from tests.certify.exprs import SYMBOLS, context, expression

R, J, K, L = (free_index(letter, "n") for letter in "ijkl")
SIZES = {"n": 3, "m": 2}


def balls(node: Node, axes: tuple[Index, ...], ctx: Context, values: dict[str, np.ndarray]) -> np.ndarray:
    flat = {name: [Fraction(float(v)) for v in np.asarray(value).ravel()] for name, value in values.items()}
    layout = Layout(SIZES)
    table = Run(naive_program([node], layout, ctx), flat, 200).table(node, axes)
    return np.array([float(v.mid()) for v in table]).reshape(layout.extents(axes))


def random_values(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=[SIZES[d] for d in shape]) for name, shape in SYMBOLS.items()}


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_the_two_evaluators_agree(seed: int) -> None:
    rng = Random(seed)
    node, ctx, values = expression(rng, [R, J], 4), context(), random_values(seed)
    ours, theirs = balls(node, (R, J), ctx, values), evaluate(Array((R, J), node), ctx, {**values, **SIZES})
    defined = np.isfinite(ours)
    scale = 1 + np.abs(ours[defined]).max(initial=0)
    np.testing.assert_allclose(theirs[defined], ours[defined], rtol=1e-8, atol=1e-8 * scale)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_derivatives_by_series_agree_with_finite_differences(seed: int) -> None:
    rng = Random(seed)
    ctx, values = context(), random_values(seed)
    node = apply("tanh", expression(rng, [R, J], 3))
    slope = balls(deriv(node, "x", (K,)), (R, J, K), ctx, values)
    for k in range(3):
        step = np.zeros(3)
        step[k] = 1e-6
        moved = ({**values, **SIZES, "x": values["x"] + s * step} for s in (1, -1))
        up, down = (evaluate(Array((R, J), node), ctx, at) for at in moved)
        defined = np.isfinite(slope[:, :, k])
        np.testing.assert_allclose(((up - down) / 2e-6)[defined], slope[:, :, k][defined], atol=2e-4, rtol=2e-4)


def test_second_derivatives_by_polarization() -> None:
    cubic = total([R, J], mul(entry("A", R, J), power(entry("x", R), const(2)), entry("x", J)))
    values = random_values(5)
    a, x = values["A"], values["x"]
    second = balls(deriv(deriv(cubic, "x", (K,)), "x", (L,)), (K, L), context(), values)
    expected = 2 * np.diag(a @ x) + 2 * np.diag(x) @ a + 2 * a.T @ np.diag(x)
    np.testing.assert_allclose(second, expected, rtol=1e-12)
    mixed = balls(deriv(deriv(cubic, "x", (K,)), "A", (R, J)), (K, R, J), context(), values)
    eye = np.eye(3)
    expected = 2 * np.einsum("ki,i,j->kij", eye, x, x) + np.einsum("i,kj->kij", x**2, eye)
    np.testing.assert_allclose(mixed, expected, rtol=1e-12)


def test_powers_are_exact_where_they_can_be() -> None:
    values = {"x": np.array([-2.0, 0.5, 4.0])}
    ctx = Context(symbols={"x": ("n",)})
    x = entry("x", R)
    np.testing.assert_array_equal(balls(power(x, const(-3)), (R,), ctx, values), values["x"] ** -3)
    assert np.isnan(balls(power(x, HALF), (R,), ctx, values)).tolist() == [True, False, False]
    np.testing.assert_array_equal(balls(power(const(-1), ordinal(R)), (R,), ctx, values), [1, -1, 1])
    np.testing.assert_array_equal(balls(power(x, size("n")), (R,), ctx, values), values["x"] ** 3)
    general = balls(power(power(x, const(2)), x), (R,), ctx, values)
    np.testing.assert_allclose(general, (values["x"] ** 2) ** values["x"])


def test_a_value_that_does_not_exist_spoils_only_what_needs_it() -> None:
    x = entry("x", R)
    guarded = where("<", const(0), x, apply("log", x), const(0))
    values = {"x": np.array([-1.0, 1.0, 2.0])}
    np.testing.assert_allclose(balls(guarded, (R,), Context(), values), [0, 0, np.log(2)])


def test_fixed_positions_and_repeated_indices() -> None:
    values = random_values(1)
    first = entry("A", position(0, "n"), R)
    np.testing.assert_allclose(balls(first, (R,), context(), values), values["A"][0])
    np.testing.assert_allclose(balls(entry("A", R, R), (R,), context(), values), np.diag(values["A"]))
    np.testing.assert_allclose(evaluate(Array((R,), first), context(), values), values["A"][0])
    np.testing.assert_allclose(evaluate(Array((R,), entry("A", R, R)), context(), values), np.diag(values["A"]))


def test_siblings_may_bind_the_same_number_over_other_extents() -> None:
    m = free_index("m1", "m")
    node = add(total([J], entry("x", J)), total([m], entry("z", m)))
    values = random_values(2)
    assert balls(node, (), context(), values) == pytest.approx(values["x"].sum() + values["z"].sum())


def test_long_products_are_contracted_index_by_index() -> None:
    indices = [free_index(f"a{k}", "n") for k in range(24)]
    chain = mul(*(entry("A", a, b) for a, b in pairwise(indices)))
    node = total(indices[1:-1], chain)
    values = random_values(3)
    axes = (indices[0], indices[-1])
    expected = np.linalg.matrix_power(values["A"], 23)
    np.testing.assert_allclose(balls(node, axes, context(), values), expected, rtol=1e-9)
    np.testing.assert_allclose(evaluate(Array(axes, node), context(), values), expected, rtol=1e-9)


def test_functions_of_a_matrix() -> None:
    values = random_values(4)
    a = values["A"]
    if np.linalg.det(a) < 0:
        a[0] *= -1
    inverse = matfn("inv", 0, (R, J), (K, L), entry("A", K, L))
    np.testing.assert_allclose(balls(inverse, (J, R), context(), values), np.linalg.inv(a).T)
    np.testing.assert_allclose(evaluate(Array((J, R), inverse), context(), values), np.linalg.inv(a).T)
    trace = total([R], matfn("inv", 0, (R, R), (K, L), entry("A", L, K)))
    assert balls(trace, (), context(), values) == pytest.approx(np.trace(np.linalg.inv(a)))
    assert evaluate(Array((), trace), context(), values) == pytest.approx(np.trace(np.linalg.inv(a)))
    scaled = matfn("logdet", 0, (), (K, L), mul(power(entry("x", R), const(2)), entry("A", K, L)))
    expected = np.log(values["x"] ** 6 * np.linalg.det(a))
    np.testing.assert_allclose(balls(scaled, (R,), context(), values), expected)
    np.testing.assert_allclose(evaluate(Array((R,), scaled), context(), values), expected)


def test_an_unknown_function_has_consistent_derivatives() -> None:
    ctx = Context(symbols={"x": ("n",), "A": ("n", "n")}, functions={"u": Signature(("n",), ("m",))})
    o = free_index("o", "m")
    b = free_index("b", "n")
    inner = total([J], mul(entry("A", b, J), entry("x", J)))
    values = {name: value for name, value in random_values(6).items() if name in ctx.symbols}
    for order in range(3):
        slots = (o, *(R, L)[:order])
        u = matfn("u", order, slots, (b,), inner)
        up = matfn("u", order + 1, (*slots, b), (b,), inner)
        claimed = total([b], mul(up, entry("A", b, K)))
        axes = (*slots, K)
        true, ours = (balls(node, axes, ctx, values) for node in (deriv(u, "x", (K,)), claimed))
        np.testing.assert_allclose(true, ours, rtol=1e-12)
    with pytest.raises(Error, match="u is not known as a function"):
        evaluate(Array((o,), matfn("u", 0, (o,), (b,), inner)), ctx, {**values, "m": 2})


@pytest.mark.parametrize("op", ["max", "min"])
def test_an_extremum_less_its_own_entry_is_exactly_zero(op: str) -> None:
    body = apply("exp", entry("x", J))
    extremum = reduce(op, [J], body)
    gap = subtract(extremum, rename(body, {J: R}))
    values = {"x": np.array([0.3, 0.7, -0.2])}
    signs = balls(apply("sign", gap), (R,), Context(symbols={"x": ("n",)}), values)
    np.testing.assert_array_equal(signs, np.sign(getattr(values["x"], op)() - values["x"]))


# --- the NumPy evaluator's own duties -------------------------------------------------------------------------------


def softmax(index: Index) -> Node:
    return divide(apply("exp", entry("x", index)), total([J], apply("exp", entry("x", J))))


def test_large_entries_do_not_overflow() -> None:
    ctx = Context(symbols={"x": ("n",), "y": ("n",)})
    x = np.array([1000.0, 0.0, -1000.0])
    np.testing.assert_allclose(evaluate(Array((R,), softmax(R)), ctx, {"x": x}), [1, 0, 0], atol=1e-300)
    weighted = total([R], mul(entry("y", R), softmax(R)))
    assert evaluate(Array((), weighted), ctx, {"x": x, "y": [3.0, 4.0, 5.0]}) == 3.0
    assert evaluate(Array((), apply("log", total([J], apply("exp", entry("x", J))))), ctx, {"x": x}) == 1000.0
    for fn, expected in (("sigmoid", [1, 0.5, 0]), ("softplus", [1000, np.log(2), 0])):
        np.testing.assert_allclose(evaluate(Array((R,), apply(fn, entry("x", R))), ctx, {"x": x}), expected)


def test_a_product_of_matrices_makes_no_array_over_three_indices() -> None:
    ctx = Context(symbols={"A": ("n", "n"), "B": ("n", "n")})
    node = total([K], mul(entry("A", R, K), entry("B", K, J)))
    big = np.random.default_rng(0).normal(size=(2, 700, 700))
    np.testing.assert_allclose(evaluate(Array((R, J), node), ctx, {"A": big[0], "B": big[1]}), big[0] @ big[1])


def test_axes_the_body_does_not_mention_are_filled_in() -> None:
    ctx = Context(symbols={"x": ("n",)})
    got = evaluate(Array((R, J), entry("x", J)), ctx, {"x": [1, 2]})
    np.testing.assert_array_equal(got, [[1, 2], [1, 2]])
    assert evaluate(Array((), total([R], ONE)), ctx, {"n": 4}) == 4


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "no value for A, x"),
        ({"A": np.ones((2, 2))}, "no value for x"),
        ({"A": np.ones((2, 2)), "x": np.ones(2), "q": 1.0}, "there is no symbol q"),
        ({"A": np.ones((2, 2)), "x": np.ones(2), "p": np.ones(2)}, "p is defined by the formula"),
        ({"A": np.ones((2, 3)), "x": np.ones(2)}, "A has shape (2, 3)"),
        ({"A": np.ones((2, 2)), "x": np.ones(3)}, "x has shape (3,): an axis of extent 3 stands where n = 2 by A"),
        ({"A": np.ones(2), "x": np.ones(2)}, "A has 2 axes, and an array of 1 was given"),
        ({"A": np.ones((2, 2)), "x": "two"}, "the value of x is not an array of real numbers"),
        ({"A": np.ones((2, 2)), "x": [1, None]}, "the value of x is not an array of real numbers"),
        ({"A": np.ones((2, 2)), "x": np.array([1, 2j])}, "the value of x is not an array of real numbers"),
        ({"A": [[1, 2], [3]], "x": np.ones(2)}, "the value of A is not an array of real numbers"),
    ],
)
def test_wrong_arguments_are_named(values: dict[str, object], message: str) -> None:
    ctx = Context(symbols={"A": ("n", "n"), "x": ("n",)}, definitions={"p": Array((R,), softmax(R))})
    node = total([J], mul(entry("A", R, J), entry("x", J)))
    with pytest.raises(Error) as caught:
        evaluate(Array((R,), node), ctx, values)
    assert message in caught.value.message
    assert "no symbol" not in message or caught.value.hint == "the symbols are A, x"


@pytest.mark.parametrize("values", [[1, 2], (True, 2), [Fraction(1), Fraction(2)], np.float16([1, 2])])
def test_whatever_is_a_real_number_is_taken(values: object) -> None:
    got = evaluate(Array((R,), entry("x", R)), Context(symbols={"x": ("n",)}), {"x": values})
    np.testing.assert_array_equal(got, [1.0, 2.0])
    assert got.dtype == float


def test_a_dimension_no_array_tells_is_asked_for() -> None:
    with pytest.raises(Error, match="the size of n is not known"):
        evaluate(Array((), size("n")), Context(), {})
    assert evaluate(Array((), size("n")), Context(), {"n": 3}) == 3


def test_both_evaluators_take_a_chain_of_a_thousand() -> None:
    ctx, node = Context(symbols={"x": ("n",), "A": ("n", "n")}), entry("x", R)
    for _ in range(1000):
        node = apply("tanh", total([J], mul(entry("A", R, J), rename(node, {R: J}))))
    values = {name: value * 0.3 for name, value in random_values(7).items() if name in ctx.symbols}
    np.testing.assert_allclose(balls(node, (R,), ctx, values), evaluate(Array((R,), node), ctx, values), atol=1e-12)


def test_scipy_is_asked_for_only_where_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    _compiled.cache_clear()
    ctx = Context(symbols={"s": ()})
    assert evaluate(Array((), apply("sigmoid", entry("s"))), ctx, {"s": 0.0}) == 0.5
    with pytest.raises(Error, match="erf needs SciPy") as caught:
        evaluate(Array((), apply("erf", entry("s"))), ctx, {"s": 0.0})
    assert "pip install scipy" in str(caught.value)


def test_an_entry_has_the_extents_of_its_definition() -> None:
    pair = Context(definitions={"u": Array((free_index("i", 2),), ONE)})
    with pytest.raises(Error, match="other extents than its definition"):
        naive_program([entry("u", K)], Layout(SIZES), pair, 1000)
