"""Loops read from Python say the same in Python again, and in C what C means by it."""

from __future__ import annotations

import ast

import pytest

from gradwright.emit.loops import c, python
from gradwright.emit.loops.program import Array, Expr, Kind, Loop, Minus, Number, Op, Set, Take, Var, product
from gradwright.emit.loops.read import expression, function

KERNEL = """
def _kernel(part, first, last, a, l):
    for i in range(first, last):
        total = 0.0
        for j in range(a.shape[1]):
            total += a[i, j] * (l[i, j] - a[i, j]) / -(a[i, j] + 2.0)
        l[i, 0] = total
        for j in range(5, -1, -1):
            l[i, j] -= total ** 2.0 ** a[i, j]
"""
ARRAYS = [Array("a", 2), Array("l", 2)]


def test_python_is_read_and_said_again() -> None:
    said = python.function(function(KERNEL, ARRAYS, ["l"]))
    (right,), (made,) = (node.body for node in map(ast.parse, (KERNEL, said)))
    assert isinstance(right, ast.FunctionDef)
    assert isinstance(made, ast.FunctionDef)
    assert [ast.unparse(x) for x in made.body[1:]] == [ast.unparse(x) for x in right.body]


def test_a_number_is_declared_in_the_block_that_sets_it() -> None:
    lines = [line.strip() for line in c.function(function(KERNEL, ARRAYS, ["l"])).split("\n")]
    opening = "const real *restrict a, gw_index a__0, gw_index a__1, real *restrict l, gw_index l__0, gw_index l__1"
    assert lines[0] == f"int _kernel(gw_index part, gw_index first, gw_index last, {opening})"
    assert "double total = 0.0;" in lines
    assert "for (gw_index j = 5; j > -1; j += -1) {" in lines
    assert "l[i * l__1 + 0] = total;" in lines


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a - (b - c)", "a - (b - c)"),
        ("-a * b", "-a * b"),
        ("1 / n if n else inf", "n != 0 ? (double)1 / n : inf"),
        ("a if b < c and c < d else e", "b < c && c < d ? a : e"),
        ("math.sin(n)", "sin((double)n)"),
        ("(a + n) ** 2", "pow(a + n, (double)2)"),
        ("max(n, 0)", "(0 > n ? 0 : n)"),
        ("a % b + n % 2", "fmod(a, b) + n % 2"),
        ("math.inf", "INFINITY"),
    ],
)
def test_expressions_in_c(text: str, said: str) -> None:
    assert c.Speller().say(expression(text, {"n": Kind.INDEX})) == said


def test_a_loop_that_folds_in_any_order_is_one_for_vectors() -> None:
    i, total, x = Var("i", Kind.INDEX), Var("total"), Var("x")
    one, some = Number(1, Kind.INDEX), Number(9, Kind.INDEX)
    for loose, there in ((True, True), (False, False)):
        loop = Loop(i, one, some, one, (Set(x, i), Take(total, "sum", x, loose=loose)))
        assert ("SIMD(reduction(+:total))" in c.Speller().block([loop], ["total"])) is there


def test_products_are_taken_from_the_left() -> None:
    a, b, d = map(Var, "abd")
    made: Expr = product(a, Op("/", b, Minus(d)))
    assert python.said(made) == "a * b / (-d)"
    assert made == Op("/", Op("*", a, b), Minus(d))
