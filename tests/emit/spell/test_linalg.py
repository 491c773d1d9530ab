"""Determinants, inverses and solves: of stacks, and through one factor of a positive definite matrix."""

from __future__ import annotations

from typing import Any

import flint
import numpy as np
import pytest

from gradwright.core.errors import Error
from gradwright.emit.emitter import TARGETS, load
from gradwright.emit.forms.definite import DEFINITE, SEMIDEFINITE, definite
from gradwright.emit.forms.stable import inlined
from tests.emit.shared import compiled, derive, traced
from tests.emit.zoo import given_to

GAUSS = ("0.5*logdet(S) + 0.5*x'*inv(S)*x", {"S": ["d", "d"], "x": ["d"]}, ("posdef(S)",))
GENERAL = ("logdet(A) + x'*inv(A)*B*x", {"A": ["d", "d"], "B": ["d", "d"], "x": ["d"]}, ("invertible(A)",))
DESIGN = ("logdet(X'*diag(w)*X + e*eye(d))", {"X": ["m", "d"], "w": ["m"], "e": []}, ("positive(w)", "positive(e)"))
CASES: dict[str, tuple[tuple[str, dict[str, list[str]], tuple[str, ...]], str, str]] = {
    "each has its covariance": (GAUSS, "S", "n:S,x"),
    "each has its covariance, in x": (GAUSS, "x", "n:S,x"),
    "one covariance, in x": (GAUSS, "x", "n:x"),
    "one covariance": (GAUSS, "S", "n:x"),
    "one x": (GAUSS, "x", "n:S"),
    "any matrix": (GENERAL, "A", "n:A,x"),
    "any matrix, in x": (GENERAL, "x", "n:A,x"),
    "any matrix, all": (GENERAL, "B", "n:A,B,x"),
    "determinant": (("det(A)*(a'*inv(A)*b)", {"A": ["d", "d"], "a": ["d"], "b": ["d"]}, ()), "A", "n:A,b"),
    "matrix to solve for": (("tr(inv(S)*B*B')", {"S": ["d", "d"], "B": ["d", "m"]}, ("posdef(S)",)), "B", "n:S,B"),
    "design": (DESIGN, "w", "n:w"),
    "design, in X": (DESIGN, "X", "n:X,e"),
    "one matrix to solve for": (("tr(inv(S)*B*B')", {"S": ["d", "d"], "B": ["d", "m"]}, ("posdef(S)",)), "S", "n:S"),
    "any to solve for": (("tr(inv(S)*B*C')", {"S": ["d", "d"], "B": ["d", "m"], "C": ["d", "m"]}, ()), "C", "n:S"),
    "two inverses": (("tr(inv(A)*inv(B)*C)", {"A": ["d", "d"], "B": ["d", "d"], "C": ["d", "d"]}, ()), "C", "n:A,C"),
}  # fmt: skip
SIZES = {"d": 3, "m": 4}


def arguments(shapes: dict[str, list[str]], given: tuple[str, ...], names: list[str], seed: int = 0) -> dict[str, Any]:
    """Values that fit the facts; those of ``names`` five times over."""
    rng = np.random.default_rng(seed)
    values: dict[str, Any] = {}
    for name, shape in shapes.items():
        extents = ((5,) if name in names else ()) + tuple(SIZES[d] for d in shape)
        value = rng.normal(size=extents)
        if f"posdef({name})" in given:
            value = value @ np.swapaxes(value, -1, -2) + np.eye(SIZES["d"])
        elif f"positive({name})" in given:
            value = np.abs(value) + 0.5
        elif shape == ["d", "d"]:  # of positive determinant
            value = value / 4 + np.eye(SIZES["d"])
        values[name] = value
    return values


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", CASES)
def test_a_stack_is_a_loop_over_matrices(target: str, name: str) -> None:
    (formula, shapes, given), wrt, batch = CASES[name]
    names = batch.partition(":")[2].split(",")
    values = arguments(shapes, given, names)
    made = derive(formula, wrt, shapes=shapes, given=given)
    each = [{n: v[k] if n in names else v for n, v in values.items()} for k in range(5)]
    value, gradient = traced(made, target, batch=batch)(**given_to(target, values))
    one = compiled(made, "numpy")
    right = [one(**sample)[0] for sample in each]
    np.testing.assert_allclose(np.asarray(value), right, rtol=1e-10, atol=1e-12)
    parts = np.array([made.evaluate(**sample) for sample in each])
    right_gradient = parts if wrt in names else parts.sum(0)
    np.testing.assert_allclose(np.asarray(gradient), right_gradient, rtol=1e-9, atol=1e-11)


def _balls(matrix: np.ndarray) -> flint.arb_mat:
    return flint.arb_mat([[flint.arb(float(x)) for x in row] for row in matrix])


@pytest.mark.parametrize("target", ["numpy", "native", "torch"])
def test_a_gaussian_likelihood_against_balls(target: str) -> None:
    """With condition numbers up to 1e7, in double: within 1e7 · 50 roundings, the number of operations left aside."""
    formula, shapes, given = GAUSS
    rng = np.random.default_rng(3)
    basis = np.linalg.qr(rng.normal(size=(4, 3, 3)))[0]
    S = basis * np.array([1.0, 1e-3, 1e-7]) @ np.swapaxes(basis, 1, 2)
    S, x = (S + np.swapaxes(S, 1, 2)) / 2, rng.normal(size=(4, 3))
    made = derive(formula, "S", shapes=shapes, given=given)
    found = made.compile(target, batch="n:S,x")(**given_to(target, {"S": S, "x": x}))
    value, gradient = (np.asarray(part) for part in found)
    for k in range(4):
        matrix, vector = _balls(S[k]), _balls(x[k][:, None])
        solution = matrix.solve(vector)
        exact = (matrix.det().log() + (vector.transpose() * solution)[0, 0]) / 2
        right = (matrix.inv() - solution * solution.transpose()) * flint.arb("0.5")
        right_gradient = np.array([[float(right[i, j]) for j in range(3)] for i in range(3)])
        assert abs(value[k] - float(exact)) <= 1e7 * 50 * 2**-53 * abs(float(exact))
        assert np.abs(gradient[k] - right_gradient).max() <= 1e7 * 50 * 2**-53 * np.abs(right_gradient).max()


@pytest.mark.parametrize("target", TARGETS)
def test_second_derivatives_of_a_stack(target: str) -> None:
    formula, shapes, given = DESIGN
    values = arguments(shapes, given, ["w"]) | {"v": np.random.default_rng(4).normal(size=(5, 4))}
    made = derive(formula, "w", shapes=shapes, given=given)
    hessian, along = (traced(made, target, [what], batch="n:w") for what in ("hessian", "hvp"))
    found = np.asarray(hessian(**given_to(target, {n: v for n, v in values.items() if n != "v"})))
    X, e = values["X"], values["e"]
    inner = [X @ np.linalg.inv(X.T @ (w[:, None] * X) + e * np.eye(3)) @ X.T for w in values["w"]]
    np.testing.assert_allclose(found, -(np.array(inner) ** 2), rtol=1e-9)
    right = np.einsum("nij,nj->ni", found, values["v"])
    np.testing.assert_allclose(np.asarray(along(**given_to(target, values))), right, rtol=1e-9, atol=1e-11)


def test_one_factor_serves_value_gradient_and_hessian() -> None:
    formula, shapes, given = DESIGN
    made = derive(formula, "w", shapes=shapes, given=given)
    for target, call in (
        ("numpy", "= _cholesky("),
        ("torch", "torch.linalg.cholesky("),
        ("jax", "jnp.linalg.cholesky("),
    ):
        code = made.emit(target, ["value", "gradient", "hessian"]).partition("def value_and_gradient_and_hessian")[2]
        body = code.partition("\n\n\n")[0]
        assert body.count(call) == 1
        assert "slogdet" not in body
        assert "linalg.solve" not in body


SQUARE = {"A": ("d", "d"), "B": ("d", "d"), "S": ("d", "d")}
REST = {"X": ("m", "d"), "w": ("m",), "u": ("d",), "z": ("d",), "e": ()}
KNOWN = {
    "S": DEFINITE, "2*S": DEFINITE, "inv(S)": DEFINITE, "S + A'*A": DEFINITE, "eye(d)": DEFINITE, "diag(u)": DEFINITE,
    "S.*S": DEFINITE, "e*eye(d) + A*A'": DEFINITE,
    "X'*X": SEMIDEFINITE, "X'*diag(w)*X": SEMIDEFINITE, "A*S*A'": SEMIDEFINITE, "u*u'": SEMIDEFINITE,
    "A*inv(S)*A'": SEMIDEFINITE, "z*z' + A'*A": SEMIDEFINITE, "S.*(z*z')": SEMIDEFINITE, "A'*S*B'*B*S*A": SEMIDEFINITE,
    "S*S": SEMIDEFINITE, "diag(z)*S*diag(z)": SEMIDEFINITE,
    "A": None, "A + A'": None, "S - A'*A": None, "-S": None, "diag(z)": None, "A*B'": None, "A*S*B'": None,
    "X'*diag(X*z)*X": None, "z*u'": None, "A*S": None, "A*A": None,
}  # fmt: skip


@pytest.mark.parametrize("formula", KNOWN)
def test_what_is_known_to_be_definite_is(formula: str) -> None:
    given = ["posdef(S)", "positive(w)", "positive(u)", "positive(e)"]
    made = derive(f"tr(({formula})*H)", "H", shapes={**SQUARE, **REST, "H": ("d", "d")}, given=given)
    row, column = made.result.array.axes
    body = inlined(made.result.array.body, made.context)
    assert definite(body, row, column, made.context) == KNOWN[formula]
    for seed in range(5) if KNOWN[formula] else ():
        shapes = {n: list(s) for n, s in {**SQUARE, **REST}.items() if n in made.context.symbols}
        matrix = made.evaluate(**arguments(shapes, tuple(given), [], seed), H=np.eye(3))
        np.testing.assert_allclose(matrix, matrix.T, atol=1e-12)
        assert np.linalg.eigvalsh(matrix).min() > (1e-9 if KNOWN[formula] == DEFINITE else -1e-12)


@pytest.mark.parametrize("target", ["numpy", "native"])
def test_a_matrix_that_is_not_definite_and_one_with_nan(target: str) -> None:
    formula, shapes, given = GAUSS
    made = derive(formula, "x", shapes=shapes, given=given)
    alone = compiled(made, target)
    with pytest.raises(ValueError, match="positive definite is not: its least eigenvalue is -1"):
        alone(S=-np.eye(3), x=np.ones(3))
    with pytest.raises(ValueError, match="is not, number 1 of the stack"):
        made.compile(target, batch="n:S")(S=np.array([np.eye(3), -np.eye(3)]), x=np.ones(3))
    for size in (3, 300):
        with pytest.raises(ValueError, match=r"S holds NaN, first at \[1, 1\]"):
            alone(S=np.diag([1.0, np.nan, *np.ones(size - 2)]), x=np.ones(size))


@pytest.mark.parametrize("size", [1, 31, 33, 70, 300])
@pytest.mark.parametrize("columns", [1, 5, 400])
def test_helpers_solve_and_invert(size: int, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """By NumPy, and by SciPy's LAPACK where the matrix is large; one and a stack of two."""
    shapes = {"S": ["d", "d"], "B": ["d", "m"]}
    made = derive("tr(B'*inv(S)*B)", "B", shapes=shapes, given=["posdef(S)"])
    rng = np.random.default_rng(size)
    root, B = rng.normal(size=(2, size, size)), rng.normal(size=(2, size, columns))
    S = root @ np.swapaxes(root, 1, 2) + size * np.eye(size)
    right = 2 * np.linalg.solve(S, B)
    with_scipy = compiled(made, "native", ["gradient"])
    without = load(made.emit("native", ["gradient"]), "without_scipy")
    monkeypatch.setattr(without, "lapack", None)
    for each in (compiled(made, "numpy", ["gradient"]), with_scipy, without.gradient):
        np.testing.assert_allclose(each(S=S[0], B=B[0]), right[0], rtol=1e-9, atol=1e-12)
    for target in ("numpy", "native"):
        stack = compiled(made, target, ["gradient"], batch="n:S,B")
        np.testing.assert_allclose(stack(S=S, B=B), right, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("formula", ["logdet(S)", "u'*inv(S)*u"])
def test_a_large_matrix_is_factored_by_scipy_and_by_numpy_alike(formula: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = derive(formula, "S", shapes={"S": ["d", "d"], "u": ["d"]}, given=["posdef(S)"])
    rng = np.random.default_rng(0)
    S = rng.normal(size=(300, 300)).astype(np.float32)
    values = {"S": S @ S.T / 300 + np.eye(300, dtype=np.float32), "u": rng.normal(size=300).astype(np.float32)}
    module = load(made.emit("native"), "large")
    given = {n: v for n, v in values.items() if n in module.SHAPES}
    assert module.lapack is not None
    one = module.value_and_gradient(**given)
    monkeypatch.setattr(module, "lapack", None)
    two = module.value_and_gradient(**given)
    for here, there in zip(one, two, strict=True):
        np.testing.assert_allclose(here, there, rtol=1e-4, atol=1e-5)


def test_a_weight_is_shared_out_only_where_it_is_not_negative() -> None:
    shapes = {"X": ["n", "m"], "s": ["n"], "H": ["m", "m"]}
    for given, said in ((["positive(s)"], "r1 = np.sqrt(s)"), ([], "s[:, None] * X")):
        text = derive("tr(X'*diag(s)*X*H)", "H", shapes=shapes, given=given).emit("numpy")
        assert said in text


def test_a_product_by_way_of_a_sweep_into_another_is_taken_in_blocks() -> None:
    """Of a size that takes several blocks, the last of them shorter."""
    shapes = {"X": ["n", "m"], "U": ["n", "k"], "V": ["m", "k"]}
    made = derive("norm2(X - U*V')^2", "U", shapes=shapes)
    text = made.emit("native")
    assert "1048576 // max(1, m)" in text
    rng = np.random.default_rng(0)
    X, U, V = rng.normal(size=(700, 3000)), rng.normal(size=(700, 2)), rng.normal(size=(3000, 2))
    out = np.empty_like(U)
    value, gradient = load(text, "in_blocks").value_and_gradient(X=X, U=U, V=V, out=out)
    assert gradient is out
    np.testing.assert_allclose(value, ((X - U @ V.T) ** 2).sum(), rtol=1e-12)
    np.testing.assert_allclose(gradient, 2 * (U @ V.T - X) @ V, rtol=1e-9, atol=1e-9)
    value, gradient = load(text, "in_blocks").value_and_gradient(X=X[:0], U=U[:0], V=V)  # no rows
    assert value == 0
    assert gradient.shape == (0, 2)


@pytest.mark.parametrize("formula", ["logdet(c*ones(d)*ones(d)')", "det(u*ones(d)')"])
def test_equal_rows_are_refused(formula: str) -> None:
    made = derive(formula, shapes={"u": ["d"], "c": []})
    with pytest.raises(Error, match="rows or columns are all the same"):
        made.emit("numpy")


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("rank", [4, 3, 2, 0])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_gradient_of_a_determinant_is_made_of_cofactors(target: str, rank: int) -> None:
    """A singular matrix has them, too; each is a determinant of what is left without a row and a column."""
    rng = np.random.default_rng(rank)
    a = rng.normal(size=(4, rank)) @ rng.normal(size=(rank, 4))
    cofactors = [
        [(-1) ** (i + j) * np.linalg.det(np.delete(np.delete(a, i, 0), j, 1)) for j in range(4)] for i in range(4)
    ]
    one = derive("det(A)", "A", shapes={"A": ("n", "n")})
    _, gradient = traced(one, target)(**given_to(target, {"A": a}))
    np.testing.assert_allclose(np.asarray(gradient), cofactors, atol=1e-13)
    shifted = derive("det(A-b*eye(n))^2", "b", shapes={"A": ("n", "n"), "b": ()})
    value, slope = traced(shifted, target)(**given_to(target, {"A": a, "b": np.array(0.0)}))
    np.testing.assert_allclose(np.asarray(value), np.linalg.det(a) ** 2, atol=1e-13)
    np.testing.assert_allclose(np.asarray(slope), -2 * np.linalg.det(a) * np.trace(cofactors), atol=1e-12)
    _, each = traced(one, target, batch="m:A")(**given_to(target, {"A": np.stack([a, np.eye(4)])}))
    np.testing.assert_allclose(np.asarray(each), [cofactors, np.eye(4)], atol=1e-13)
