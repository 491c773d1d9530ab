"""Values with axes, arrays whose axes are made of several indices, and what a context knows of definitions."""

from __future__ import annotations

import pytest

from gradwright.core.build import ONE, ZERO, add, apply, entry, mul, rename, where
from gradwright.core.context import Context
from gradwright.core.index import free_index, position
from gradwright.core.node import Array
from gradwright.core.rule import Rule, Step
from gradwright.core.value import Value, arranged, kind_of, mask

I, J, K = (free_index(c, "n") for c in "ijk")
ONLY = free_index("o", 1)
A, x, a, b = entry("A", I, J), entry("x", I), entry("a"), entry("b")


def test_a_kind_says_how_many_axes() -> None:
    assert [kind_of(rank) for rank in range(5)] == ["scalar", "column", "matrix", "tensor", "tensor"]


def test_axes_of_one_index_each_make_a_plain_value() -> None:
    assert arranged([], a) == Value("scalar", (), a)
    assert arranged([(I,)], x) == Value("column", (I,), x)
    assert arranged([(I,)], x, row=True) == Value("row", (I,), x)
    assert arranged([(I,), (J,)], A, row=True) == Value("matrix", (I, J), A)
    assert arranged([(I,), (J,)], A).array == Array((I, J), A)


def test_an_axis_of_several_indices_makes_a_block() -> None:
    body = mul(A, entry("x", K))
    value = arranged([(I, K), (J,)], body)
    assert value == Value("block matrix", (I, K, J), body, (2, 1))
    assert (value.plain, value.parts) == ("matrix", ((I, K), (J,)))
    assert value.array == Array((I, K, J), body, (2, 1))
    assert value.array.parts == ((I, K), (J,))
    assert value.array.shape == ("n", "n", "n")
    assert arranged([(I, J)], A, row=True).kind == "block row"
    assert Array((I, J), A).parts == ((I,), (J,))


def test_beside_others_an_index_of_extent_one_is_dropped() -> None:
    thin = entry("B", I, ONLY)
    assert arranged([(I, ONLY)], thin) == Value("column", (I,), entry("B", I, position(0, 1)))
    assert arranged([(I,), (ONLY,)], thin) == Value("matrix", (I, ONLY), thin)
    other = free_index("p", 1)
    both = entry("C", ONLY, other)
    assert arranged([(ONLY, other)], both) == Value("column", (ONLY,), rename(both, {other: position(0, 1)}))


@pytest.mark.parametrize(
    ("op", "node"),
    [
        (">", where("<", b, a, ONE, ZERO)),
        (">=", where("<=", b, a, ONE, ZERO)),
        *((op, where(op, a, b, ONE, ZERO)) for op in ("<", "<=", "==", "!=")),
    ],
)
def test_every_comparison_is_one_of_four(op: str, node: object) -> None:
    assert mask(op, a, b, ONE, ZERO) is node


def test_a_context_follows_definitions() -> None:
    context = Context(
        symbols={"o": ("n",), "s": ()},
        definitions={
            "p": Array((I,), apply("exp", entry("o", I))),
            "q": Array((), entry("s")),
            "r": Array((I, J), mul(entry("p", I), entry("p", J))),
        },
    )
    assert context.dependents("o") == {"o", "p", "r"}
    assert context.dependents("p") == {"p", "r"}
    assert context.dependents("nothing") == {"nothing"}
    assert context.depends(add(entry("r", I, J), ONE), "o")
    assert not context.depends(entry("q"), "o")
    assert (context.shape("o"), context.shape("r"), context.shape("q")) == (("n",), ("n", "n"), ())
    with pytest.raises(KeyError):
        context.shape("nothing")


def test_a_step_says_each_rule_once() -> None:
    rules = Rule("f", "folded", "here"), Rule("g", "folded", "there"), Rule("h", "split", "here")
    step = Step(rules, a, b)
    assert (step.rule, step.title) == ("f+g+h", "folded, split")
