"""Certificates: right results are confirmed, slips of every kind refuted, and what cannot be checked says so."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from itertools import pairwise

import pytest

from gradwright.certify.certificate import Certificate, certify, compare
from gradwright.certify.verdict import judge
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
    subtract,
    total,
    where,
)
from gradwright.core.context import Context, Signature
from gradwright.core.errors import Error
from gradwright.core.facts import Facts, Given
from gradwright.core.index import free_index, position
from gradwright.core.node import Array, Node

R, J, K, L = (free_index(letter, "n") for letter in "ijkl")
P, Q = (free_index(letter, "m") for letter in "pq")
TWO = const(2)
SYMBOLS = {"o": ("n",), "x": ("n",), "y": ("n",), "z": ("m",), "A": ("n", "n"), "B": ("m", "n"), "s": ()}


def softmax(name: str = "o") -> Array:
    return Array((R,), divide(apply("exp", entry(name, R)), total([J], apply("exp", entry(name, J)))))


def context(*facts: str, **functions: Signature) -> Context:
    given = [Given(fact.split("(")[0], fact.split("(")[1].rstrip(")")) for fact in facts]
    return Context(symbols=dict(SYMBOLS), definitions={"p": softmax()}, functions=functions, facts=Facts(given))


p, x, y = (lambda index, name=name: entry(name, index) for name in "pxy")
ENTROPY = Array((), negate(total([R], mul(y(R), apply("log", p(R))))))
QUADRATIC = Array((), total([R, J], mul(x(R), entry("A", R, J), x(J))))
RESIDUAL = Array((P,), subtract(total([J], mul(entry("B", P, J), x(J))), entry("z", P)))
SQUARES = Array((), total([P], power(RESIDUAL.body, TWO)))


def gradient_of_squares(factor: Node = TWO, at: Callable[..., Node] = lambda a, b: entry("B", a, b)) -> Node:
    return mul(factor, total([P], mul(RESIDUAL.body, at(P, K))))


# --- what is right ---------------------------------------------------------------------------------------------------


def test_the_founding_problem_is_confirmed_in_little_time() -> None:
    result = Array((K,), subtract(p(K), y(K)))
    certify(ENTROPY, [("o", (K,))], result, context("simplex(y)"))
    began = time.process_time()
    found = certify(ENTROPY, [("o", (K,))], result, context("simplex(y)"), printed=Array((L,), subtract(p(L), y(L))))
    assert found.verdict == "confirmed"
    assert found.digits >= 30
    assert found.points == 6
    assert found.sizes == ({"n": 2}, {"n": 3})
    said = "digits at 6 points, sizes n=2 and n=3, by power series in ball arithmetic"
    assert str(found) == f"confirmed: {found.digits} {said}"
    assert time.process_time() - began < 0.1


RIGHT = {
    "no fact": (ENTROPY, "o", subtract(mul(p(K), total([R], y(R))), y(K))),
    "quadratic form": (QUADRATIC, "x", total([J], mul(add(entry("A", K, J), entry("A", J, K)), x(J)))),
    "two sizes": (SQUARES, "x", gradient_of_squares()),
    "norm": (Array((), power(total([R], power(x(R), TWO)), HALF)), "x",
             divide(x(K), power(total([R], power(x(R), TWO)), HALF))),
    "a domain to find": (Array((), apply("log", subtract(ONE, total([R], power(x(R), TWO))))), "x",
                         divide(mul(const(-2), x(K)), subtract(ONE, total([R], power(x(R), TWO))))),
    "maximum of images": (Array((), reduce("max", [R], apply("exp", x(R)))), "x",
                          mul(apply("exp", x(K)), subtract(ONE, apply("step", subtract(
                              reduce("max", [R], apply("exp", x(R))), apply("exp", x(K))))))),
    "a fixed position": (Array((), power(entry("x", position(2, "n")), TWO)), "x",
                         mul(TWO, x(K), delta(K, position(2, "n")))),
    "a constant": (ENTROPY, "x", ZERO),
    "zero after all": (Array((), total([R], p(R))), "o", ZERO),
    "a mask": (Array((), total([R, J], where("<=", ordinal(R), ordinal(J), mul(x(R), x(J)), ZERO))), "x",
               add(total([J], where("<=", ordinal(K), ordinal(J), x(J), ZERO)),
                   total([J], where("<=", ordinal(J), ordinal(K), x(J), ZERO)))),
    "log det": (Array((), matfn("logdet", 0, (), (R, J), entry("A", R, J))), "A",
                matfn("inv", 0, (L, K), (R, J), entry("A", R, J))),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_derivative_is_confirmed(name: str) -> None:
    original, variable, result = RIGHT[name]
    slots = (K, L)[: len(SYMBOLS[variable])]
    found = certify(original, [(variable, slots)], Array(slots, result), context())
    assert found.verdict == "confirmed", str(found)
    assert found.digits >= 30
    assert len(found.sizes) == 2


@pytest.mark.parametrize("number", [6, 100, -31])
def test_a_derivative_is_held_on_both_sides_of_every_comparison(number: int) -> None:
    """min(Σ x, c) of which the result forgets the bound, and a choice that it forgets too: near 0 nothing shows."""
    reached, slope = total([R], x(R)), apply("step", subtract(const(number), total([R], x(R))))
    bounded = Array((), apply("min" if number > 0 else "max", reached, const(number)))
    right = slope if number > 0 else subtract(ONE, slope)
    assert certify(bounded, [("x", (K,))], Array((K,), right), context()).verdict == "confirmed"
    assert certify(bounded, [("x", (K,))], Array((K,), ONE), context()).verdict == "refuted"
    chosen = Array((), where("<", const(number * number), entry("s"), ZERO, entry("s")))
    assert certify(chosen, [("s", ())], Array((), ONE), context()).verdict == "refuted"


def test_the_layout_may_be_any_order_of_the_axes() -> None:
    jacobian = mul(p(R), subtract(delta(R, K), p(K)))
    outer = Array((R, P), mul(p(R), entry("z", P)))
    for axes in ((R, P, K), (K, R, P), (P, K, R)):
        result = Array(axes, mul(jacobian, entry("z", P)))
        assert certify(outer, [("o", (K,))], result, context()).verdict == "confirmed"
    with pytest.raises(Error, match="axes"):
        certify(outer, [("o", (K,))], Array((R, P), jacobian), context())


def test_second_derivatives() -> None:
    hessian = mul(p(K), subtract(delta(K, L), p(L)))
    wrt = [("o", (K,)), ("o", (L,))]
    assert certify(ENTROPY, wrt, Array((K, L), hessian), context("onehot(y)")).verdict == "confirmed"
    assert certify(ENTROPY, wrt, Array((L, K), hessian), context("simplex(y)")).verdict == "confirmed"
    assert certify(ENTROPY, wrt, Array((K, L), negate(hessian)), context("simplex(y)")).verdict == "refuted"
    mixed = Array((K, J), subtract(p(K), delta(J, K)))
    assert certify(ENTROPY, [("o", (K,)), ("y", (J,))], mixed, context()).verdict == "confirmed"


def test_higher_orders_are_refused() -> None:
    wrt = [("x", (R,)), ("x", (K,)), ("x", (L,))]
    found = certify(QUADRATIC, wrt, Array((R, K, L), ZERO), context())
    assert found.verdict == "unavailable"
    assert "above the second" in found.reason


# --- what is wrong ---------------------------------------------------------------------------------------------------

_jacobian = mul(p(R), subtract(delta(R, K), p(K)))
WRONG = {
    "sign": (ENTROPY, "o", subtract(y(K), p(K)), "simplex(y)"),
    "a fact that was not given": (ENTROPY, "o", subtract(p(K), y(K)), ""),
    "lost factor": (SQUARES, "x", gradient_of_squares(ONE), ""),
    "lost term": (QUADRATIC, "x", total([J], mul(entry("A", K, J), x(J))), ""),
    "transpose": (QUADRATIC, "x", mul(TWO, total([J], mul(entry("A", J, K), x(J)))), ""),
    "swapped index": (Array((R,), p(R)), "o", mul(p(K), subtract(delta(R, K), p(K))), ""),
    "wrong case": (Array((R,), p(R)), "o", mul(p(R), delta(R, K), subtract(ONE, p(R))), ""),
    "wrong off the diagonal only": (Array((R,), p(R)), "o",
                                    add(_jacobian, mul(TWO, p(R), p(K), subtract(ONE, delta(R, K)))), ""),
    "a silent zero": (Array((), matfn("logdet", 0, (), (R, J), entry("A", R, J))), "A", ZERO, ""),
    "off by 1e-25": (SQUARES, "x", add(gradient_of_squares(), power(const(10), const(-25))), ""),
    "right at n=2 only": (Array((), total([R], apply("exp", x(R)))), "x",
                          mul(apply("exp", x(K)), HALF, total([J], ONE)), ""),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_slip_is_refuted_with_a_counterexample(name: str) -> None:
    original, variable, result, fact = WRONG[name]
    slots = (K, L)[: len(SYMBOLS[variable])]
    claim = Array((*original.axes, *slots), result)
    found = certify(original, [(variable, slots)], claim, context(*filter(None, [fact])))
    assert found.verdict == "refuted", str(found)
    assert found.counterexample is not None
    assert found.counterexample.claim == "the result"
    assert found.counterexample.left != found.counterexample.right or name == "off by 1e-25"
    assert "against" in str(found)


def test_a_slip_of_the_printed_text_alone_is_refuted() -> None:
    right, wrong = subtract(p(K), y(K)), subtract(y(K), p(K))
    found = certify(ENTROPY, [("o", (K,))], Array((K,), right), context("simplex(y)"), printed=Array((K,), wrong))
    assert found.verdict == "refuted"
    assert found.counterexample is not None
    assert found.counterexample.claim == "the printed text"


def test_sides_of_different_shapes_are_an_error_that_says_them() -> None:
    with pytest.raises(Error, match="one side is of shape n×m, the other a scalar"):
        compare(Array((R, P), entry("B", P, R)), Array((), entry("s")), context())


def test_a_printed_text_of_another_shape_is_refuted() -> None:
    found = certify(ENTROPY, [("o", (K,))], Array((K,), ZERO), context("simplex(y)"), printed=Array((), ZERO))
    assert str(found) == "refuted: the printed text is a scalar, and the result of shape n"


def test_a_counterexample_is_short_and_obeys_the_facts() -> None:
    found = certify(ENTROPY, [("o", (K,))], Array((K,), add(p(K), y(K))), context("onehot(y)"))
    assert found.counterexample is not None
    assert sorted(found.counterexample.values["y"].values()) == [0, 1]
    assert set(found.counterexample.values) == {"o", "y"}
    assert len(str(found)) < 160
    json.dumps(found.to_dict())


# --- unknown functions -----------------------------------------------------------------------------------------------


def test_the_chain_rule_of_unknown_functions() -> None:
    ctx = context(u=Signature(("n",), ("m",)), v=Signature(("m",), ()))
    u = matfn("u", 0, (P,), (R,), x(R))
    du = matfn("u", 1, (P, K), (R,), x(R))
    original = Array((), matfn("v", 0, (), (P,), u))
    slope = matfn("v", 1, (P,), (P,), u)
    right, wrong = total([P], mul(slope, du)), total([P], mul(slope, u))
    assert certify(original, [("x", (K,))], Array((K,), right), ctx).verdict == "confirmed"
    assert certify(original, [("x", (K,))], Array((K,), wrong), ctx).verdict == "refuted"
    first = matfn("v", 1, (Q,), (P,), u)
    second = matfn("v", 2, (Q, P), (P,), u)
    outer = total([Q, P], mul(second, rename(du, {P: Q}), rename(du, {K: L})))
    inner = total([Q], mul(first, matfn("u", 2, (Q, K, L), (R,), x(R))))
    wrt = [("x", (K,)), ("x", (L,))]
    assert certify(original, wrt, Array((K, L), add(outer, inner)), ctx).verdict == "confirmed"
    assert certify(original, wrt, Array((K, L), outer), ctx).verdict == "refuted"


def test_a_derivative_of_an_unknown_function_differentiated_again() -> None:
    ctx = context(v=Signature(("n",), ()))
    original = Array((K,), matfn("v", 1, (K,), (R,), x(R)))
    second = Array((K, L), matfn("v", 2, (K, L), (R,), x(R)))
    assert certify(original, [("x", (L,))], second, ctx).verdict == "confirmed"


def test_a_logarithm_of_an_unknown_function_finds_a_positive_one() -> None:
    ctx = context(v=Signature(("n",), ()))
    v, dv = matfn("v", 0, (), (R,), x(R)), matfn("v", 1, (K,), (R,), x(R))
    assert certify(Array((), apply("log", v)), [("x", (K,))], Array((K,), divide(dv, v)), ctx).verdict == "confirmed"


# --- what cannot be checked ------------------------------------------------------------------------------------------


def test_an_expression_that_exists_nowhere() -> None:
    nowhere = apply("log", subtract(negate(total([R], power(x(R), TWO))), ONE))
    found = certify(Array((), nowhere), [("x", (K,))], Array((K,), ZERO), context())
    assert found.verdict == "unavailable"
    assert not found.points
    assert str(found) == "not checked: no point was found at which the expression has a value (and a derivative)"


def test_a_result_that_exists_nowhere() -> None:
    found = certify(Array((), total([R], x(R))), [("x", (K,))], Array((K,), power(ZERO, MINUS_ONE)), context())
    assert found.verdict == "unavailable"
    assert "the result" in found.reason


def test_an_unknown_function_without_a_value() -> None:
    found = compare(Array((), matfn("mystery", 0, (R, R), (R, J), entry("A", R, J))), Array((), ZERO), context())
    assert found.verdict == "unavailable"
    assert "mystery" in found.reason


def test_tables_too_large_are_not_filled() -> None:
    axes = tuple(free_index(f"a{k}", "n") for k in range(22))
    node = reduce("max", axes, apply("exp", mul(*(entry("A", a, b) for a, b in pairwise(axes)))))
    found = compare(Array((), node), Array((), node), context())
    assert found.verdict == "unavailable"
    assert "too large" in found.reason


def test_where_all_entries_are_too_many_some_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradwright.certify.certificate._MOST_WORK", 300)
    row, column = free_index("a", 20), free_index("b", 20)
    known = Context(symbols={"u": ("n",), "W": (20, 20)})
    square = total([R, row, column], mul(power(entry("W", row, column), TWO), power(entry("u", R), TWO)))

    def held(factor: int) -> Certificate:
        result = mul(const(factor), entry("W", row, column), total([R], power(entry("u", R), TWO)))
        return certify(Array((), square), [("W", (row, column))], Array((row, column), result), known)

    assert held(2).verdict == "unavailable"
    monkeypatch.setattr("gradwright.certify.certificate._MOST_WORK", 3000)
    assert (held(2).verdict, held(2).entries) == ("confirmed", (6, 400))
    assert "at 6 of 400 entries" in str(held(2))
    wrong = held(3)
    assert wrong.verdict == "refuted"
    assert wrong.counterexample is not None
    assert len(wrong.counterexample.entry) == 2


def test_facts_that_contradict_each_other_in_effect() -> None:
    found = compare(Array((K,), x(K)), Array((K,), x(K)), context("unit(x)", "simplex(x)", "nonzero(x)"))
    assert found.verdict == "unavailable"
    assert "no x of shape 2 was found that is not zero and sums to one and has norm one" in found.reason


# --- equalities ------------------------------------------------------------------------------------------------------


def test_equalities_without_derivatives() -> None:
    left = Array((R,), apply("log", p(R)))
    right = Array((R,), subtract(entry("o", R), apply("log", total([J], apply("exp", entry("o", J))))))
    assert compare(left, right, context()).verdict == "confirmed"
    assert compare(left, Array((R,), entry("o", R)), context()).verdict == "refuted"
    with pytest.raises(Error, match="shapes differ"):
        compare(left, Array((), ONE), context())


def test_an_unevaluated_derivative_is_a_side_like_any_other() -> None:
    left = Array((K,), deriv(ENTROPY.body, "o", (K,)))
    assert compare(left, Array((K,), subtract(p(K), y(K))), context("simplex(y)")).verdict == "confirmed"


def test_verdicts() -> None:
    left, right = Array((R,), add(x(R), x(R))), Array((R,), mul(TWO, x(R)))
    assert judge(left, right, context(), proved=True).verdict == "proved"
    assert judge(left, right, context())
    assert judge(left, right, context()).verdict == "confirmed"
    refuted = judge(left, Array((R,), x(R)), context())
    assert not refuted
    assert refuted.counterexample is not None
    assert judge(left, Array((R,), x(R)), context(), proved=True).verdict == "refuted"
    json.dumps(refuted.to_dict())


def test_the_same_question_has_the_same_answer() -> None:
    def ask() -> Certificate:
        return certify(ENTROPY, [("o", (K,))], Array((K,), add(p(K), y(K))), context("simplex(y)"))

    assert ask().counterexample == ask().counterexample


# --- depth and precision ---------------------------------------------------------------------------------------------


def chain(depth: int) -> tuple[Node, Node]:
    """h = tanh(A tanh(A … x)) and ∂(Σ h)/∂x_k, multiplied out from the outside inwards."""
    layers = [x(R)]
    for _ in range(depth):
        layers.append(apply("tanh", total([J], mul(entry("A", R, J), rename(layers[-1], {R: J})))))
    row: Node = ONE
    for layer in reversed(layers[1:]):
        row = total([R], mul(row, subtract(ONE, power(layer, TWO)), entry("A", R, J)))
        row = rename(row, {J: R})
    return total([R], layers[-1]), rename(row, {R: K})


def test_a_chain_of_a_thousand_is_certified() -> None:
    value, slope = chain(1000)
    found = certify(Array((), value), [("x", (K,))], Array((K,), slope), context())
    assert found.verdict == "confirmed", str(found)
    assert found.digits >= 30


def test_precision_grows_until_the_digits_are_there() -> None:
    big = apply("exp", const(100))
    noise = subtract(power(big, TWO), apply("exp", const(200)))  # 0, of which 160 bits know nothing
    found = compare(Array((), add(entry("s"), noise)), Array((), entry("s")), context())
    assert found.verdict == "confirmed"
    assert found.digits >= 30
    slip = add(entry("s"), power(const(10), const(-20)))
    assert compare(Array((), add(entry("s"), noise)), Array((), slip), context()).verdict == "refuted"


def test_enclosures_that_stay_too_wide_are_no_verdict() -> None:
    big = apply("exp", const(5000))
    noise = subtract(power(big, TWO), apply("exp", const(10000)))
    found = compare(Array((), add(entry("s"), noise)), Array((), entry("s")), context())
    assert found.verdict == "unavailable"
    assert "too wide" in found.reason
