"""The functions of arrays, by a reader that is nobody's: what a row says of its value is true of what it means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import NoReturn

import numpy as np
import pytest

import gradwright as gw
from gradwright.certify.arrays import evaluate
from gradwright.core.build import entry
from gradwright.core.context import Context
from gradwright.core.errors import Error
from gradwright.core.extents import Clash, Extents
from gradwright.core.index import Dim, Index, free_index
from gradwright.core.value import Value, kind_of
from gradwright.read.names import is_function
from gradwright.read.reader import read
from gradwright.tables.arrays import ARRAYS, WRITTEN, ArrayFunction
from gradwright.tables.products import Done, product


@dataclass
class Reader:
    """All that a meaning asks for, and no formula."""

    extents: Extents = field(default_factory=Extents)
    numbers: count[int] = field(default_factory=count)
    remarks: list[str] = field(default_factory=list)

    def fresh(self, dim: Dim) -> Index:
        return free_index(f"~{next(self.numbers)}", dim)

    def sized(self, number: int) -> Dim:
        return self.extents.sized(number)

    def unsaid(self, axis: int) -> Dim:
        return self.extents.fresh()

    def find(self, dim: Dim) -> Dim:
        return self.extents.find(dim)

    def unify(self, left: Dim, right: Dim, why: str = "") -> None:
        try:
            self.extents.unify(left, right)
        except Clash:
            self.refuse(f"{left} is not {right}{why}")

    def misfit(self, done: Done, left: Value, right: Value, hint: str | None = None) -> NoReturn:
        self.refuse(f"{self.describe(left)} and {self.describe(right)} are {done}", hint)

    def match(self, left: Sequence[Index], right: Sequence[Index], why: str = "") -> None:
        for here, there in zip(left, right, strict=True):
            self.unify(here.dim, there.dim, why)

    def describe(self, value: Value) -> str:
        return f"a {value.plain}"

    def remark(self, words: str) -> None:
        self.remarks.append(words)

    def refuse(self, message: str, hint: str | None = None) -> NoReturn:
        raise Error(message, hint=hint)


def array(name: str, *dims: Dim) -> Value:
    axes = tuple(free_index(f"{name}{k}", dim) for k, dim in enumerate(dims))
    return Value(kind_of(len(axes)), axes, entry(name, *axes))


def square(rank: int, name: str = "A") -> Value:
    return array(name, *("n",) * rank)


def meanings(row: ArrayFunction) -> list[Value]:
    """What the row means of every number of arguments that it takes."""
    ranks = [row.expects] if row.expects is not None else [0] if row.filling else [1, 2]
    found = [row.of_one(Reader(), square(rank)) for rank in ranks if row.of_one]
    if row.of_two is not None:
        left, right = {"norm": (1, 0), "cross": (1, 1)}.get(row.name, (2, 2))
        found += [row.of_two(Reader(), square(left), square(right, "B"))]
    if row.of_none is not None:
        found += [row.of_none(Reader())]
    if row.of_dims is not None:
        found += [row.of_dims(Reader(), ["n", "n"])]
    return found


over_rows = pytest.mark.parametrize("row", ARRAYS.values(), ids=lambda row: row.name)


@over_rows
def test_it_means_something_or_says_what_it_takes(row: ArrayFunction) -> None:
    assert meanings(row) or row.takes
    assert is_function(row.name) or row.name == "delta"


@over_rows
def test_its_value_has_the_axes_that_the_row_says(row: ArrayFunction) -> None:
    for value in meanings(row):
        assert row.gives is None or len(value.axes) == row.gives
        assert value.body.free <= set(value.axes)


@pytest.mark.parametrize("row", [row for row in ARRAYS.values() if row.expects == 2], ids=lambda row: row.name)
def test_one_that_expects_a_matrix_takes_no_number(row: ArrayFunction) -> None:
    if row.of_one is not None:
        with pytest.raises(Error):
            row.of_one(Reader(), square(0))


def _refusal(meaning: Callable[[Reader, Value], Value], value: Value) -> str:
    try:
        meaning(Reader(), value)
    except Error as error:
        return error.message
    return ""


@over_rows
def test_what_it_refuses_is_said_of_it_by_its_name(row: ArrayFunction) -> None:
    said = [_refusal(row.of_one, square(rank)) for rank in range(4)] if row.of_one is not None else []
    for message in filter(None, said):
        assert {row.name, "det"} & set(message.replace(":", " ").split()), message


@pytest.mark.parametrize("row", [ARRAYS[name] for name in ("tr", "diag", "inv", "det")], ids=lambda row: row.name)
def test_a_square_matrix_is_asked_for(row: ArrayFunction) -> None:
    assert row.of_one is not None
    with pytest.raises(Error, match="square"):
        row.of_one(Reader(), array("A", 2, 3))


def test_a_product_is_that_of_numpy() -> None:
    values = {"A": np.arange(6.0).reshape(2, 3), "B": np.ones((3, 4)) + np.eye(3, 4)}
    found = product(Reader(), array("A", 2, 3), array("B", 3, 4))
    context = Context(symbols={"A": (2, 3), "B": (3, 4)})
    np.testing.assert_array_equal(evaluate(found.array, context, values), values["A"] @ values["B"])


SCALAR_VALUED = [name for name, row in WRITTEN.items() if row.gives == 0]


@pytest.mark.parametrize("name", SCALAR_VALUED)
def test_latex_knows_every_name_of_it(name: str) -> None:
    row = WRITTEN[name]
    argument, shape = ("X", ("n", "n")) if row.expects == 2 else ("x", ("n",))
    typeset = gw.derive(rf"\operatorname{{{name}}}({argument})", argument, syntax="latex", shapes={argument: shape})
    text = gw.derive(f"{row.name}({argument})", argument, shapes={argument: shape})
    assert str(typeset.result) == str(text.result)


def _power(matrix: np.ndarray, times: int) -> np.ndarray:
    return np.linalg.matrix_power(matrix, times)


VALUES = {
    "inv(kron(A, B))": lambda A, B, C, x, y: np.linalg.inv(np.kron(A, B)),
    "pinv(kron(A, C))": lambda A, B, C, x, y: np.linalg.pinv(np.kron(A, C)),
    "det(kron(A, B))": lambda A, B, C, x, y: np.linalg.det(np.kron(A, B)),
    "logdet(kron(A*A', B*B'))": lambda A, B, C, x, y: np.linalg.slogdet(np.kron(A @ A.T, B @ B.T))[1],
    "kron(x, y)": lambda A, B, C, x, y: np.kron(x, y),
    "kron(A, y)": lambda A, B, C, x, y: np.kron(A, y[:, None]),
    "kron(x', C)": lambda A, B, C, x, y: np.kron(x[None, :], C),
    "kron(A, B)*kron(x, y)": lambda A, B, C, x, y: np.kron(A, B) @ np.kron(x, y),
    "kron(3, C)": lambda A, B, C, x, y: 3 * C,
    "det(kron(A, B))*x": lambda A, B, C, x, y: np.linalg.det(np.kron(A, B)) * x,
    "kron(A, B)^2": lambda A, B, C, x, y: _power(np.kron(A, B), 2),
    "A^1": lambda A, B, C, x, y: A,
    "A^3": lambda A, B, C, x, y: _power(A, 3),
    "A^(-2)": lambda A, B, C, x, y: _power(A, -2),
    "A^n": lambda A, B, C, x, y: _power(A, 3),
    "A^(-n)": lambda A, B, C, x, y: _power(A, -3),
    "A^(n + 1)*x": lambda A, B, C, x, y: _power(A, 4) @ x,
    "A^(2*n - m)": lambda A, B, C, x, y: _power(A, 4),
    "rowsum(C)": lambda A, B, C, x, y: C.sum(1),
    "colsum(C)": lambda A, B, C, x, y: C.sum(0),
    "rowsum(C) + x": lambda A, B, C, x, y: C.sum(1) + x,
    "sum(C)": lambda A, B, C, x, y: C.sum(),
    "mean(C)": lambda A, B, C, x, y: C.mean(),
    "mean(x)": lambda A, B, C, x, y: x.mean(),
    "var(x)": lambda A, B, C, x, y: x.var(),
    "std(x)": lambda A, B, C, x, y: x.std(),
    "prod(x)": lambda A, B, C, x, y: x.prod(),
    "max(C)": lambda A, B, C, x, y: C.max(),
    "min(x)": lambda A, B, C, x, y: x.min(),
    "norm1(C)": lambda A, B, C, x, y: abs(C).sum(),
    "norm2(C)": lambda A, B, C, x, y: np.sqrt((C**2).sum()),
    "normInf(x)": lambda A, B, C, x, y: abs(x).max(),
    "norm(x, 3)": lambda A, B, C, x, y: (abs(x) ** 3).sum() ** (1 / 3),
    "cumsum(x)": lambda A, B, C, x, y: np.cumsum(x),
    "tr(A)": lambda A, B, C, x, y: np.trace(A),
    "diag(A)": lambda A, B, C, x, y: np.diag(A),
    "diag(x)": lambda A, B, C, x, y: np.diag(x),
    "tril(A)": lambda A, B, C, x, y: np.tril(A),
    "triu(A)": lambda A, B, C, x, y: np.triu(A),
    "sym(A)": lambda A, B, C, x, y: (A + A.T) / 2,
    "skew(A)": lambda A, B, C, x, y: (A - A.T) / 2,
    "dev(A)": lambda A, B, C, x, y: A - np.trace(A) / 3 * np.eye(3),
    "cofac(A)": lambda A, B, C, x, y: np.linalg.det(A) * np.linalg.inv(A).T,
    "adj(A)": lambda A, B, C, x, y: np.linalg.det(A) * np.linalg.inv(A),
    "logabsdet(A)": lambda A, B, C, x, y: np.linalg.slogdet(A)[1],
    "softmax(x)": lambda A, B, C, x, y: np.exp(x) / np.exp(x).sum(),
    "log_softmax(x)": lambda A, B, C, x, y: x - np.log(np.exp(x).sum()),
    "softmax_rows(C)": lambda A, B, C, x, y: np.exp(C) / np.exp(C).sum(1, keepdims=True),
    "logsumexp(x)": lambda A, B, C, x, y: np.log(np.exp(x).sum()),
    "logsumexp_rows(C)": lambda A, B, C, x, y: np.log(np.exp(C).sum(1)),
    "vec(C)": lambda A, B, C, x, y: C.T.reshape(-1),
    "solve(A, x)": lambda A, B, C, x, y: np.linalg.solve(A, x),
    "solve(A, C)": lambda A, B, C, x, y: np.linalg.solve(A, C),
    "cross(x, A*x)": lambda A, B, C, x, y: np.cross(x, A @ x),
    "toepsum(A)": lambda A, B, C, x, y: np.array([[np.trace(A, j - i) for j in range(3)] for i in range(3)]),
    "perp(y)": lambda A, B, C, x, y: np.array([-y[1], y[0]]),
    "cross(x, diag(A))": lambda A, B, C, x, y: np.cross(x, np.diag(A)),
    "C + 2*ones(n, m)": lambda A, B, C, x, y: C + 2,
    "A + 3*eye(n) + zeros(n, n)": lambda A, B, C, x, y: A + 3 * np.eye(3),
    "A^64": lambda A, B, C, x, y: _power(A, 64),
    "x*y'": lambda A, B, C, x, y: np.outer(x, y),
    "x'*C": lambda A, B, C, x, y: x @ C,
    "x'*C*y": lambda A, B, C, x, y: x @ C @ y,
    "where(C > 0, C, 2*C)": lambda A, B, C, x, y: np.where(C > 0, C, 2 * C),
    'einsum("ij,j->i", C, y)': lambda A, B, C, x, y: C @ y,
}
"""By formula what NumPy says of it, for n = 3 and m = 2."""
SHAPES = {"A": ("n", "n"), "B": ("m", "m"), "C": ("n", "m"), "x": ("n",), "y": ("m",)}


@pytest.mark.parametrize("formula", VALUES)
def test_a_function_of_arrays_has_the_value_that_numpy_says(formula: str) -> None:
    rng = np.random.default_rng(5)
    values = {name: rng.normal(size=[{"n": 3, "m": 2}[dim] for dim in shape]) for name, shape in SHAPES.items()}
    found = read(formula, shapes=SHAPES)
    given = {name: value for name, value in values.items() if name in found.context.symbols}
    sizes = {dim: extent for dim, extent in (("n", 3), ("m", 2)) if "^" in formula and dim in formula}
    got = evaluate(found.array, found.context, {**sizes, **given})
    np.testing.assert_allclose(got.reshape(-1), VALUES[formula](**values).reshape(-1), rtol=1e-9)


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("A^1.5", "whole number"),
        ("A^65", "whole number from 1 to 64"),
        ("A^(-100)", "whole number from 1 to"),
        ("A^(n/2)", "a dimension and a whole number"),
        ("A^(a*n)", "a dimension and a whole number"),
        ("kron(A, B)^n", "a dimension and a whole number"),
        ("C^2", "square"),
        ("adj(kron(A, B))", "for kron"),
        ("inv(kron(A, B) + kron(B, A))", "shape|for kron"),
        ("D(inv, A)", "D is of"),
        ("D2(expm, A)", "D is of"),
        ("D(expm, C)", "square"),
        ("rowsum(x)", "^rowsum needs a matrix"),
        ("tril(x)", "^tril needs a matrix"),
        ("softmax_rows(x)", "^softmax_rows needs a matrix"),
        ("C*x", "^a matrix C \\(n × m\\) and a vector x \\(n\\) do not fit|multiplied"),
    ],
)
def test_what_has_no_meaning_is_refused_in_words(formula: str, message: str) -> None:
    with pytest.raises(Error, match=message):
        read(formula, shapes=SHAPES | {"a": ()})


def test_what_is_taken_for_something_is_remarked() -> None:
    assert read("norm(C)", shapes=SHAPES).remarks == ("the norm of a matrix is Frobenius'",)
    assert read("norm(x)", shapes=SHAPES).remarks == ()


def test_a_derivative_of_a_function_of_a_matrix_has_four_axes() -> None:
    assert read("D(expm, A)", shapes=SHAPES).array.shape == ("n", "n", "n", "n")


@pytest.mark.parametrize("exponent", ["2*n", "n + m"])
def test_a_power_without_a_rule_has_no_derivative(exponent: str) -> None:
    with pytest.raises(Error, match="no rule for the derivative of a matrix power"):
        gw.derive(f"tr(A^({exponent})*A)", "A", shapes=SHAPES)


def test_what_does_not_fit_says_what_may_be_meant() -> None:
    with pytest.raises(Error, match="are multiplied") as caught:
        product(Reader(), array("x", 3), array("y", 3), hint="x'*y")
    assert caught.value.hint == "x'*y"
