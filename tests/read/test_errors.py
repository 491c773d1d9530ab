"""Wrong input: the message says in words what is wrong, and the caret stands under it."""

from __future__ import annotations

import pytest

import gradwright as gw


def refusal(source: str, wrt: str = "x", **options: object) -> gw.Error:
    with pytest.raises(gw.Error) as caught:
        gw.derive(source, wrt, **options)  # type: ignore[arg-type]
    return caught.value


def pointed(error: gw.Error) -> str:
    assert error.span is not None
    assert error.source is not None
    return error.source[slice(*error.span)]


@pytest.mark.parametrize(
    ("source", "message", "under"),
    [
        # what is no formula
        ("", "there is no formula", ""),
        ("sum(x", "this ( is never closed", "("),
        ("sum(x))", "this ) closes nothing", ")"),
        ("(x + y]*2", "this ] closes nothing", "]"),
        ("x +", "the formula ends too early: something is missing", ""),
        ("p = softmax(x);", "a definition ends here, and the formula is missing", ""),
        ("* x", "'*' was not expected here", "*"),
        ("3 $ x", "'$' means nothing here", "$"),
        ("☃*x", "'☃' means nothing here", "☃"),
        ("where(a > 0 and b > 0, 1, 0)", "'and' is no operator here", "and"),
        ("where(not a > 0, 1, 0)", "'not' is no operator here", "not"),
        ("where(a > 0 && b > 0, 1, 0)", "'&' means nothing here", "&"),
        ("a if a > 0 else b", "'if' is no operator here", "if"),
        ("where(0 < a < 1, 1, 0)", "a comparison is of two", "<"),
        ("x + y = 3", "'=' was not expected here", "="),
        ("1e999*x", "this number is out of range", "1e999"),
        # names
        ("sofmax(x)", "there is no function sofmax", "sofmax"),
        ("exp*x", "exp is a function and stands here without its argument", "exp"),
        ("p = 2*q; q = x; sum(p)", "q is used before it is defined", "q"),
        ("p = p + x; sum(p)", "p is used before it is defined", "p"),
        ("p = x; p = 2*x; sum(p)", "p already means something", "p"),
        ("1 = x; x", "only a name, or a name with indices, can be defined", "1"),
        ("u(x) = x; u", "only a name, or a name with indices, can be defined", "u(x)"),
        # numbers of arguments
        ("sum()", "sum does not take 0 arguments", "sum()"),
        ("exp(x, y)", "exp does not take 2 arguments", "exp(x, y)"),
        ("max(x, y, z)", "max does not take 3 arguments", "max(x, y, z)"),
        ("D(u)", "D takes an unknown function and its argument: D(u, x)", "D(u)"),
        ("where(x < 1, x)", "where takes a condition and two values, and here are 2 arguments", "where(x < 1, x)"),
        ("sum_i()", "sum_i(…) goes over one expression, and here are 0", "sum_i()"),
        ("sum_i(x[i], y[i])", "sum_i(…) goes over one expression, and here are 2", "sum_i(x[i], y[i])"),
        # indices
        ("sum_i(x[j])", "index j is free here", "j"),
        ("sum_i(x[i])*x[i]", "index i is free here", "i"),
        ("sum_ij(A[i,j])", "index i is free here", "i"),
        ("sum_i(sum_i(x[i]))", "index i is already bound here", "i"),
        ("p[i,i] = x[i]; sum(p)", "index i is already bound here", "i"),
        ("sum_i(A[i,i,i]*A[i,i])", "2 indices for a tensor", "A[i,i]"),
        ("sum_i(x[i])*sum_j(2)", "nothing says how far index j runs", "j"),
        ("x[1.5]", "1.5 is not an index", "1.5"),
        ("foo[i](x[i])", "only sum, prod, max, min and tensor bind indices", "foo"),
        ("sum_i(delta[i]*x[i])", "delta has two indices", "delta[i]"),
        # shapes
        ("x/0", "this divides by zero", "0"),
        ("A^0.5*x", "a matrix power is a whole number from 1 to 64", "A^0.5"),
        ("x < 2", "a comparison is between scalars, and this is a column", "x"),
        ("u(x) + u(A)", "u takes a vector, and this is a matrix", "u(A)"),
        ("kron(A, B) + I", "one axis is a product", "kron(A, B) + I"),
        ("expm(kron(A, A))", "is known for kron(A, B) of two matrices alone", "expm(kron(A, A))"),
        ("K = kron(A, A); inv(K + kron(B, A))", "of two matrices alone", "inv(K + kron(B, A))"),
        ("rowsum(kron(A, A))", "the axes of a matrix", "rowsum(kron(A, A))"),
        ('einsum("i,i->", vec(A), x)', "subscript i stands for a product of extents", "x"),
    ],
)
def test_a_wrong_formula(source: str, message: str, under: str) -> None:
    error = refusal(source)
    assert message in error.message
    assert pointed(error) == under


@pytest.mark.parametrize(
    ("source", "shapes", "message", "under"),
    [
        ("A*x", {"A": "mn", "x": "k"}, "n on one side, k on the other", "A*x"),
        ("x + y", {"x": "n", "y": "m"}, "n on one side, m on the other", "x + y"),
        ("x'*y", {"x": "n", "y": "m"}, "n on one side, m on the other", "x'*y"),
        ("sum_i(x[i]*y[i])", {"x": "n", "y": "m"}, "for index i", "i"),
        ("sum[i,j](A[i,j]*B[j,i]*x[i])", {"A": "nm", "B": "mk", "x": "n"}, "for index i", "i"),
        ("tr(A) + sum(x)", {"A": "nm", "x": "n"}, "tr needs a square matrix", "tr(A)"),
        ("A^2*x", {"A": "nm", "x": "m"}, "shapes cannot agree", "A^2"),
        ("diag(A) + x", {"A": "nm", "x": "n"}, "diag needs a square matrix", "diag(A)"),
        ("sum_i(x)", {"x": "n"}, "inside an index sum everything is an entry, and this is a column", "x"),
        ("x/y", {"x": "n", "y": "n"}, "/ divides by a scalar, and this is a column", "y"),
        ("A*x + x^2", {"x": "n"}, "^ needs a scalar or a square matrix, and this is a column", "x^2"),
        ("2^x", {"x": "n"}, "an exponent is a scalar", "2^x"),
        ("x + x'", {"x": "n"}, "a column (n) and a row (n) have different shapes", "x + x'"),
        (
            "tensor[i,j,k](A[i,j]*x[k]) + tensor[i,j,k,l](A[i,j]*A[k,l])",
            {"A": "nn", "x": "n"},
            "a tensor (n×n×n) and a tensor (n×n×n×n) have different shapes",
            "tensor[i,j,k](A[i,j]*x[k]) + tensor[i,j,k,l](A[i,j]*A[k,l])",
        ),
        ("A + x", {"A": "nn", "x": "n"}, "a matrix (n×n) and a column (n) have different shapes", "A + x"),
        ("x*A", {"A": "nn", "x": "n"}, "a column (n) times a matrix (n×n) is not defined", "x*A"),
        ("where(x < y, x, A)", {"A": "nm", "x": "n", "y": "n"}, "different shapes", "where(x < y, x, A)"),
        ("sum_i(x[i,i])", {"x": "n"}, "2 indices for a column (n)", "x[i,i]"),
    ],
)
def test_shapes_that_cannot_agree(source: str, shapes: dict[str, str], message: str, under: str) -> None:
    error = refusal(source, shapes={name: tuple(dims) for name, dims in shapes.items()})
    assert message in error.message
    assert pointed(error) == under


@pytest.mark.parametrize(
    ("given", "message", "under"),
    [
        (["onehot(y)", "zero(y)"], "zero(y) contradicts onehot(y): y cannot be both zero and one-hot", "zero(y)"),
        (["positive(y)", "negative(y)"], "y cannot be both negative and positive", "negative(y)"),
        (["onhot(y)"], "onhot is not a fact gradwright knows", "onhot"),
        (["onehot(q)"], "there is no q in the formula", "q"),
        (["symmetric(x)"], "symmetric cannot be said of x, which is a vector", "x"),
        (["y is one-hot"], "a fact is written name(symbol)", "y is one-hot"),
    ],
)
def test_a_wrong_fact(given: list[str], message: str, under: str) -> None:
    error = refusal("y'*exp(x)", given=given, shapes={"x": ("n",)})
    assert message in error.message
    assert pointed(error) == under


def test_a_fact_in_words_is_shown_as_it_is_written() -> None:
    assert refusal("x'*A*x", given=["A symmetric"]).hint == "for example symmetric(A)"
    assert refusal("x'*A*x", given=["symmetric"]).hint == "for example symmetric(A)"


def test_a_wrong_variable() -> None:
    error = refusal("p = exp(x); sum(p)", "p")
    assert "p is defined in the formula" in error.message
    assert pointed(error) == "p"
    assert "there is no z in the formula" in refusal("sum(x)", "z").message
    assert "there is no sum in the formula" in refusal("sum[i](x[i])", "sum").message


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("len(x)", "did you mean mean(x), or the extent n of x?"),
        ("x'Ax", "a product is written with *: x'*Ax"),
        ("norm2(Ax - b)", "a product is written A*x"),
        ("sofmax(x)", "did you mean softmax?"),
        ("Sum(x)", "did you mean sum?"),
        ("sum_ij(A[i,j])", "bind it: sum[i,j](…)"),
        ("A^(1/2)*x", ".^ goes by entries"),
    ],
)
def test_the_hint_says_what_to_write(source: str, hint: str) -> None:
    assert refusal(source).hint == hint


@pytest.mark.parametrize(
    ("given", "instead"),
    [
        ("X n d", "'X: n d'"),
        ("Sigma: n n", "'Sigma: n n'"),
        ("a:", "'a:'"),
        ("A is symmetric", "symmetric(A)"),
        ("one hot y", "onehot(y)"),
    ],
)
def test_what_is_no_fact_is_told_what_to_write_instead(given: str, instead: str) -> None:
    error = refusal("tr(A*X)", "X", given=[given])
    assert error.hint is not None
    assert instead in error.hint


def test_a_definition_after_the_formula_is_told_to_stand_first() -> None:
    error = refusal(r"-\sum_{i=1}^n y_i \log p_i, p = \operatorname{softmax}(o)", "o")
    assert error.hint == "definitions stand first, the formula to differentiate last"
