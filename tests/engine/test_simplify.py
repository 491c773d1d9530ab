"""Single passes: what is taken out of a Σ, which names are recognised, which facts a step says it used."""

from __future__ import annotations

import pytest

import gradwright as gw
from gradwright.core.build import (
    HALF,
    MINUS_ONE,
    ONE,
    ZERO,
    add,
    apply,
    const,
    entry,
    matfn,
    mul,
    negate,
    open_binder,
    ordinal,
    power,
    size,
    total,
    where,
)
from gradwright.core.context import Context
from gradwright.core.facts import Facts, Given
from gradwright.core.index import Index, free_index
from gradwright.core.node import Array, MatFn, Node
from gradwright.engine.abbreviate import abbreviate_all, unused_name
from gradwright.engine.facts import apply_facts, symmetric_name
from gradwright.engine.fold import Folder
from gradwright.engine.inverses import inverse_of_product
from gradwright.engine.shorten import shorten
from gradwright.engine.simplify import Used, factor, split

I, J, K, L = (free_index(letter, "n") for letter in "ijkl")
P = free_index("p", "m")
a, b, c = (entry(name) for name in "abc")
x, y = entry("x", I), entry("y", I)
A = entry("A", I, J)


def said(*facts: str) -> Context:
    return Context(facts=Facts(Given(*fact.split("(")[0:1], fact.split("(")[1][:-1]) for fact in facts))


# --- split -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (total([I], mul(c, x)), mul(c, total([I], x))),
        (total([I], total([J], mul(x, entry("y", J)))), mul(total([I], x), total([I], y))),
        (total([I], add(x, mul(c, y))), total([I], add(x, mul(c, y)))),
        (total([I, J], mul(A, x)), total([I, J], mul(A, x))),
        # a sum inside a function loses its constant, and every factor of the body holds the index all the same
        (total([I], apply("exp", add(x, total([J], mul(c, entry("y", J)))))),
         total([I], apply("exp", add(x, mul(c, total([J], entry("y", J))))))),
    ],
)  # fmt: skip
def test_constants_come_out_of_a_sum(before: Node, after: Node) -> None:
    assert split(before, Used(), {}) is after


def test_an_index_that_does_not_occur_counts_its_extent() -> None:
    assert split(total([I, J], mul(c, x)), Used(), {}) is mul(c, size("n"), total([I], x))


# --- definitions read from right to left -----------------------------------------------------------------------------


def folded(node: Node, definition: Node, *axes: Index) -> Node:
    return Folder(Context(definitions={"d": Array(axes, definition)}))(node, Used(), {})


@pytest.mark.parametrize(
    ("definition", "node", "after"),
    [
        (add(a, b), mul(c, add(a, b)), mul(c, entry("d"))),
        (add(a, b), add(negate(a), negate(b)), negate(entry("d"))),
        (mul(a, b), mul(a, b, c), mul(c, entry("d"))),
        (mul(a, b), mul(a, c), mul(a, c)),
        (mul(a, power(b, MINUS_ONE)), mul(a, c, power(b, MINUS_ONE)), mul(c, entry("d"))),
        (mul(const(2), add(a, b)), power(add(a, b), const(2)), power(mul(HALF, entry("d")), const(2))),
        (power(add(a, b), HALF), add(a, b), power(entry("d"), const(2))),
        (power(add(a, b), HALF), mul(c, power(add(a, b), MINUS_ONE)),
         mul(c, power(entry("d"), const(-2)))),
        (power(add(a, b), const(2)), add(a, b), add(a, b)),
        (apply("sigmoid", a), apply("sigmoid", negate(a)), add(ONE, negate(entry("d")))),
    ],
)  # fmt: skip
def test_a_definition_is_recognised(definition: Node, node: Node, after: Node) -> None:
    assert folded(node, definition) is after


def test_entries_of_a_definition_are_recognised_at_any_index() -> None:
    exp_x = [apply("exp", entry("x", i)) for i in (I, J)]
    whole = total([J], exp_x[1])
    softmax = mul(exp_x[0], power(whole, MINUS_ONE))
    assert folded(mul(c, exp_x[1], power(whole, MINUS_ONE)), softmax, I) is mul(c, entry("d", J))
    assert folded(exp_x[1], softmax, I) is exp_x[1]
    weighted = mul(power(whole, MINUS_ONE), total([J], mul(exp_x[1], entry("y", J))))
    assert folded(weighted, softmax, I) is total([J], mul(entry("d", J), entry("y", J)))


def test_a_softmax_that_is_defined_keeps_its_name() -> None:
    context = Context(symbols={"x": ("n",), "y": ("n",)})
    quotient = mul(apply("exp", x), power(total([J], apply("exp", entry("x", J))), MINUS_ONE))
    context.definitions["q"] = Array((I,), quotient)
    named = abbreviate_all(mul(y, quotient), context)
    assert named is mul(y, entry("q", I))
    assert list(context.definitions) == ["q"]
    other = mul(apply("exp", y), power(total([J], apply("exp", entry("y", J))), MINUS_ONE))
    assert abbreviate_all(other, context) is entry("p", I)
    assert context.introduced == ["p"]


# --- facts -----------------------------------------------------------------------------------------------------------


MASK = where("<=", ordinal(J), ordinal(I), ONE, ZERO)
FACTS = [
    ("skew(A)", entry("A", J, I), negate(A)),
    ("symmetric(A)", entry("A", J, I), A),
    ("unit(x)", total([I], power(x, const(2))), ONE),
    ("zero(x)", mul(c, x), ZERO),
    ("signs(x)", power(x, const(2)), ONE),
    ("binary(x)", power(x, const(2)), x),
    ("simplex(x)", total([I], mul(c, x)), c),
    ("onehot(x)", total([I], mul(c, x)), c),
    ("lower(A)", mul(c, apply("exp", y), MASK, A), mul(c, apply("exp", y), A)),
    ("lower(A)", mul(x, where("<=", a, b, c, ONE), MASK, A), mul(x, where("<=", a, b, c, ONE), A)),
    ("orthogonal(A)", total([J], mul(A, entry("A", K, J))), None),
]  # fmt: skip


@pytest.mark.parametrize(("fact", "before", "after"), FACTS)
def test_a_step_by_a_fact_says_so(fact: str, before: Node, after: Node | None) -> None:
    used = Used()
    found = apply_facts(before, said(fact), used, {})
    assert found is not before
    assert after is None or found is after
    (given,) = said(fact).facts.given
    assert list(used.facts) == [str(given)]
    assert all(str(given) in rule.source for rule in used.rules)
    nothing = Used()
    assert apply_facts(before, Context(), nothing, {}) is before
    assert not nothing.rules


def test_a_mask_for_the_other_triangle_stays() -> None:
    node = mul(MASK, A)
    assert apply_facts(node, said("upper(A)"), Used(), {}) is node


def test_a_name_is_symmetric_by_its_definition() -> None:
    def of(body: Node, *facts: str, axes: tuple[Index, ...] = (I, J)) -> bool:
        context = said(*facts)
        context.definitions["S"] = Array(axes, body)
        return symmetric_name("S", context) and symmetric_name("S", context)  # as found and as remembered

    gram = total([K], mul(entry("B", K, I), entry("B", K, J)))
    assert of(gram)
    assert not of(total([K], mul(entry("B", I, K), entry("C", K, J))))
    assert not of(entry("B", I, J))
    assert of(entry("B", I, J), "symmetric(B)")
    assert not of(entry("x", I), axes=(I,))
    assert not of(entry("B", I, P), "skew(B)", axes=(I, P))
    assert not symmetric_name("S", Context())
    assert symmetric_name("S", said("posdef(S)"))


# --- inverses of products --------------------------------------------------------------------------------------------


def inverse(body: Node, row: Index, column: Index, *slots: Index) -> MatFn:
    made = matfn("inv", 0, slots, (row, column), body)
    assert isinstance(made, MatFn)
    return made


def product(*factors: tuple[str, Index, Index], over: list[Index]) -> Node:
    return total(over, mul(*(entry(name, i, j) for name, i, j in factors)))


def test_an_inverse_in_a_product_is_turned_back() -> None:
    """(B⁻¹ A)⁻¹ = A⁻¹ B where A and B are invertible, whatever the entry is called."""
    context = said("invertible(A)", "invertible(B)")
    beside = inverse(entry("B", I, J), I, J, I, K)
    body = total([K], mul(beside, entry("A", K, J)))
    for slots in ((K, L), (I, J), (J, I), open_binder(inverse(body, I, J, K, L))[0]):
        found = inverse_of_product(inverse(body, I, J, *slots), context, Used())
        middle = free_index("~m", "n")
        expected = total([middle], mul(inverse(A, I, J, slots[0], middle), entry("B", middle, slots[1])))
        assert found is expected
    # B has an inverse, for its inverse stands there
    assert inverse_of_product(inverse(body, I, J, K, L), said("invertible(B)"), Used()) is None


def test_no_other_function_is_taken_for_an_inverse() -> None:
    context = said("invertible(A)", "invertible(B)")
    other = matfn("expm", 0, (I, K), (I, J), entry("B", I, J))
    body = total([K], mul(other, entry("A", K, J)))
    assert inverse_of_product(inverse(body, I, J, K, L), context, Used()) is None


# --- shorter ways ----------------------------------------------------------------------------------------------------


def test_scalars_inside_are_multiplied_out_where_that_is_shorter() -> None:
    inside = total([I], mul(x, add(y, negate(x))))
    node = add(mul(a, add(inside, total([I], power(x, const(2))))), mul(c, x))
    assert shorten(node, Context(), Used(), {}) is add(mul(a, total([I], mul(x, y))), mul(c, x))


def test_a_minus_goes_into_a_sum_of_minuses() -> None:
    assert factor(mul(const(-2), add(a, negate(b))), Used(), {}) is mul(const(2), add(b, negate(a)))
    assert factor(mul(const(2), add(a, negate(b))), Used(), {}) is mul(const(2), add(a, negate(b)))


# --- exceptions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "facts", "said_so"),
    [
        ("abs(a)", [], ["abs has no derivative at 0"]),
        ("abs(a)", ["positive(a)"], []),
        ("max(a, b)", [], ["max has no derivative where the arguments are equal"]),
        ("sqrt(a)", [], ["a root has no derivative where it is 0"]),
        ("sqrt(a)", ["positive(a)"], []),
        ("a^(2/3)*b", [], ["a root has no derivative where it is 0"]),
        ("norm2(x - a*y)", [], ["a norm has no derivative where it is 0"]),
        ("max(a*x)", [], ["max has no derivative where two entries tie for it"]),
        ("where(a > b, a, b^2)", [], ["a choice has no derivative where its condition turns"]),
        ("where(b > c, a, a^2)", [], []),
        ("a^2 + exp(a)", [], []),
    ],
)
def test_where_a_derivative_does_not_hold_is_said(formula: str, facts: list[str], said_so: list[str]) -> None:
    found = gw.derive(formula, "a", given=facts, certify=False)
    assert list(found.almost_everywhere) == said_so


def test_the_rule_of_a_function_says_whether_it_is_of_the_variable_itself() -> None:
    def titles(formula: str) -> list[str]:
        return [step.title for step in gw.derive(formula, "a", certify=False).proofs[-1].steps]

    assert titles("exp(a)") == ["derivative of exp, ∂x_i/∂x_k = δ_ik"]
    assert "derivative of exp" not in " ".join(titles("b*exp(a^2)"))
    assert any(title.startswith("chain rule, exp′") for title in titles("exp(a^2)"))


def test_a_determinant_of_a_singular_matrix_has_its_derivative_in_cofactors() -> None:
    assert str(gw.derive("det(A)", "A", given=["singular(A)"], certify=False).result) == "adj(A)'"
    assert "inv" in str(gw.derive("det(A)", "A", given=["invertible(A)"], certify=False).result)


def test_a_name_that_is_taken_is_numbered_from_1() -> None:
    context = Context(symbols={"p": (), "q": (), "p1": ()})
    assert unused_name(("p", "q"), Context(symbols={"p": ()})) == "q"
    assert unused_name(("p", "q"), Context(symbols={"p": (), "q": ()})) == "p1"
    assert unused_name(("p", "q"), context) == "p2"


def test_independent_entries_are_counted_once() -> None:
    found = gw.derive("tr(B*A)", "A", given=["symmetric(A)"], independent=True, certify=False)
    assert str(found.result) == "B + B' - diag(diag(B))"
    with pytest.raises(gw.Error, match="nothing ties the entries of A"):
        gw.derive("tr(B*A)", "A", independent=True, shapes={"A": ("n", "n")}, certify=False)


def test_what_has_no_second_derivative_says_what_has() -> None:
    with pytest.raises(gw.Error, match=r"no rule for the second derivative of expm\n.*that of tr\(expm\(t\*A\)\) in t"):
        gw.derive("sum(expm(A))", "A", order=2, certify=False)
