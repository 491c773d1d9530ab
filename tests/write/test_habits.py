"""Where a person puts signs, numbers and differentials."""

from __future__ import annotations

import pytest

from gradwright.core.context import Context
from gradwright.write.habits import Habits
from gradwright.write.matrix import Writer
from gradwright.write.term import Call, Name, Neg, Num, Product, Quotient, Sum, Term, Transpose
from gradwright.write.text import text

CONTEXT = Context(symbols={
    "s": (), "ds": (), "x": ("n",), "u": ("n",), "dx": ("n",), "A": ("n", "n"), "X": ("n", "n"), "dX": ("n", "n"),
})  # fmt: skip
HABITS = Habits(Writer(CONTEXT), frozenset(("ds", "dx", "dX")))
s, ds, x, u, dx, A, X, dX = map(Name, ("s", "ds", "x", "u", "dx", "A", "X", "dX"))
EYE = Call("eye", (Name("n"),))


def times(*factors: Term) -> Term:
    return Product("*", factors)


@pytest.mark.parametrize(
    ("term", "said"),
    [
        (Neg(Neg(x)), "x"),
        (Sum((x, Neg(Sum((u, Neg(x)))))), "2*x - u"),
        (times(Num(2), Num(0.5), x), "x"),
        (times(Num(0.1), Num(3), x), "0.3*x"),
        (Quotient("/", times(Num(2), x), times(Num(2), s)), "x/s"),
        (Quotient("/", times(Num(2), x), times(Num(6), s)), "x/(3*s)"),
        (Quotient("/", Neg(x), s), "-x/s"),
        (Quotient("/", Quotient("/", x, Num(2)), s), "x/(2*s)"),
        (times(A, EYE, X), "A*X"),
        (times(s, EYE), "s*eye(n)"),
        (Call("tr", (times(Num(2), A, dX),)), "2*tr(A*dX)"),
        (Call("tr", (Neg(times(s, A, dX)),)), "-s*tr(A*dX)"),
        (Call("tr", (Quotient("/", times(A, dX), s),)), "tr(A*dX)/s"),
        (Call("tr", (times(dX, A),)), "tr(A*dX)"),
        (Call("tr", (times(EYE, dX),)), "tr(dX)"),
        (Call("sum", (Call("rowsum", (A,)),)), "sum(A)"),
        (Call("rowsum", (EYE,)), "ones(n)"),
        (times(ds, x), "x*ds"),
        (times(s, Transpose(dx), u), "s*u'*dx"),
        (times(Transpose(dx), A, x), "dx'*A*x"),
        (times(Transpose(x), Transpose(dX), u), "u'*dX*x"),
        (Product(".*", (Neg(x), u)), "-x.*u"),
    ],
)
def test_a_line(term: Term, said: str) -> None:
    assert text(HABITS.tidy(term)) == said


def test_what_is_all_of_a_line_has_the_differential_on_its_right() -> None:
    assert text(HABITS.faced(Neg(times(Transpose(dx), A, x)))) == "-x'*A'*dx"
    assert text(HABITS.faced(times(Transpose(dx), A, dx))) == "dx'*A*dx"


def test_order_is_no_difference_but_that_of_a_product_is_one() -> None:
    def same(one: Term, other: Term, cyclic: bool = False) -> bool:
        return HABITS.key(one, cyclic) == HABITS.key(other, cyclic)

    assert same(Sum((x, u)), Sum((u, x)))
    assert same(Product(".*", (x, u)), Product(".*", (u, x)))
    assert same(times(s, A, x), times(A, s, x))
    assert not same(times(A, X), times(X, A))
    assert not same(Sum((x, u)), Sum((x, x)))
    trace, turned = Call("tr", (times(A, dX, X),)), Call("tr", (times(X, A, dX),))
    assert same(trace, turned, cyclic=True)
    assert not same(trace, turned)
    assert not same(trace, Call("tr", (times(A, X, dX),)), cyclic=True)
