"""Answers of the whole pipeline, as they are printed: each is certified before it is compared."""

from __future__ import annotations

import numpy as np
import pytest

import gradwright as gw

MATRIX_FUNCTIONS = [
    ("tr(kron(A, X))", "X", [], "tr(A)*eye(m)"),
    ("tr(expm(X))", "X", [], "expm(X)'"),
    ("tr(sinm(X))", "X", [], "cosm(X)'"),
    ("expm(t*A)", "t", [], "A*expm(t*A)"),
    ("vec(A)'*vec(X*A*B)", "X", [], "A*B'*A'"),
    ("tr(X^3)", "X", [], "3*(X^2)'"),
    ("tr(X^-2)", "X", [], "-2*(inv(X)^3)'"),
    ("det(A)", "A", ["singular(A)"], "adj(A)'"),
    ("log(abs(det(X)))", "X", ["invertible(X)"], "inv(X)'"),
    ("log(det(X'*X))", "X", [], "2*X*inv(X'*X)"),
    ("tr(inv(A'*A)*B)", "A", ["symmetric(B)"], "-2*A*inv(A'*A)*B*inv(A'*A)"),
    ("tr(inv(X)*X*A*inv(X))", "X", [], "-inv(X)'*A'*inv(X)'"),
    ("y'*inv(X)*X*z", "z", [], "y"),
    ("y'*solve(A, z)", "z", [], "inv(A)'*y"),
    ("norm(x, a)", "x", ["positive(a)"], "sum(abs(x).^a)^(1/a - 1)*(sign(x).*abs(x).^(a - 1))"),
]
FACTS = [
    ("norm2(Q*x)^2", "x", ["orthogonal(Q)"], "2*x"),
    ("x'*A*x", "x", ["skew(A)"], "zeros(n)"),
    ("a'*inv(Q)*x", "x", ["orthogonal(Q)"], "Q*a"),
    ("0.5*y'*inv(K)*y + 0.5*logdet(K)", "K", ["posdef(K)"], "0.5*inv(K) - 0.5*inv(K)*y*y'*inv(K)"),
    ("(x - A*s)'*W*(x - A*s)", "s", ["symmetric(W)"], "-2*A'*W*(x - A*s)"),
    ("-y'*log(softmax(W*x + b))", "x", ["simplex(y)"], "W'*(softmax(W*x + b) - y)"),
    ("sum(abs(x).^a)", "x", ["negative(x)", "positive(a)"], "-a*(-x).^(a - 1)"),
    ("relu(x)'*y", "x", ["positive(x)"], "y"),
    ("x'*A*x", "x", ["symmetric(A)", "skew(A)"], "zeros(n)"),
    ("x'*A*x", "x", ["lower(A)", "upper(A)"], "2*A*x"),
    ("log(abs(det(A)))", "A", ["posdef(A)"], "inv(A)"),
    ("det(A*X*B)", "X", [], "det(A*X*B)*A'*inv(A*X*B)'*B'"),
    ("det(X^3)", "X", [], "3*det(X^3)*inv(X)'"),
    ("det(X^-2)", "X", [], "-2*det(inv(X)^2)*inv(X)'"),
]
SERIES = [
    ("expm(X)", "X", [], "D(expm, X)"),
    ("u'*expm(X)*v", "X", [], 'einsum("klij,k,l->ij", D(expm, X), u, v)'),
    ("tr(A*expm(t*B))", "t", [], "tr(A*B*expm(t*B))"),
    ("x'*inv(chol(S))'*inv(chol(S))*x", "x", ["posdef(S)"], "2*inv(chol(S))'*inv(chol(S))*x"),
]
POWERS = [
    ("tr(X^k)", "X", [], "k*(X^(k - 1))'"),
    ("det(X^k)", "X", [], "k*det(X^k)*inv(X)'"),
    ("tr(X^-k)", "X", [], "-k*(inv(X)^(k + 1))'"),
    ("u'*X^k*v", "X", ["symmetric(X)"], "sum[r:k](X^r*u*v'*X^(k - r - 1))"),
    ("X^k*x", "x", [], "X^k"),
    ("tr(X^(k + 1))", "X", [], "(k + 1)*(X^k)'"),
    ("tr((A*B)^k)", "A", [], "k*((A*B)^(k - 1))'*B'"),
    ("tr(inv(X^k))", "X", [], "-k*(X^(-k - 1))'"),
]
TRIANGLES = [
    ("a'*tril(X)*b", "X", [], "tril(a*b')"),
    ("norm2(triu(A*X))^2", "X", [], "2*A'*triu(A*X)"),
    ("x'*triu(A)*x", "x", [], "(tril(A') + triu(A))*x"),
]
OF_A_SCALAR = [
    ("det(Y(t))", "t", [], "det(Y(t))*tr(inv(Y(t))*D(Y, t))"),
    ("tr(Y(t)^3)", "t", [], "3*tr(Y(t)^2*D(Y, t))"),
    ("logdet(Y(t))", "t", [], "tr(inv(Y(t))*D(Y, t))"),
    ("u'*inv(Y(t))*v", "t", [], "-u'*inv(Y(t))*D(Y, t)*inv(Y(t))*v"),
]
PLACES = [
    ("x[0]*x[1]", "x", [], "I = eye(n); tensor[k](x[0]*I[k,1] + x[1]*I[k,0])"),
    ("sum[i](A[i,0]*x[i])", "A", [], "E = eye(m); tensor[k,l](x[k]*E[l,0])"),
    ('einsum("ijk,j,k->i", levicivita(), x, y)', "x", [], 'einsum("ijk,k->ij", levicivita(), y)'),
]
INDEPENDENT = [
    ("tr(A*X)", "X", ["symmetric(X)"], "A + A' - diag(diag(A))"),
    ("logdet(X)", "X", ["posdef(X)"], "2*inv(X) - diag(diag(inv(X)))"),
    ("tr(A*X)", "X", ["diagonal(X)"], "diag(diag(A))"),
    ("x'*T*x", "T", ["toeplitz(T)"], "toepsum(x*x')"),
    ("tr(A*T)", "T", ["toeplitz(T)", "symmetric(T)"], "toepsum(A) + toepsum(A') - tr(A)*eye(n)"),
    ("tr(A*X)", "X", ["skew(X)"], "A' - A"),
    ("norm2(X - A)^2", "X", ["lower(X)"], "2*tril(X - A)"),
    ("tr(X*X')", "X", ["upper(X)"], "2*X"),
    ("tr(A*inv(X))", "X", ["posdef(X)"], "diag(diag(inv(X)*A*inv(X))) - inv(X)*A'*inv(X) - inv(X)*A*inv(X)"),
]
JOINED = [
    ("kron(Y(t), A)", "t", [], "kron(D(Y, t), A)"),
    ("kron(x, y)", "x", [], "kron(eye(n), y)"),
    ("vec(x*y')", "x", [], "kron(y, eye(n))"),
    ("vec(A*X*B)", "X", [], 'kron(einsum("ki,j->ijk", B, ones(1)), einsum("ij,k->ijk", A, ones(1)))'),
    ("vec(X)'*inv(kron(B, A))*vec(X)", "X", [], "inv(A)'*X*inv(B) + inv(A)*X*inv(B)'"),
    ("K = kron(A, B); tr(K*K)", "A", [], "2*tr(B^2)*A'"),
]
CHOICES = [
    ("sum(where(x > 0, x, exp(x) - 1))", "x", [], "where(x > 0, 1, exp(x))"),
    ("sum(where(x > 0, x, 0))", "x", [], "step(x)"),
    ("sum(where(0 >= x, 0, x))", "x", [], "step(x)"),
    ("sum(where(x > y, x - y, 0).^2) + sum(y)", "x", [], "2*where(x > y, x - y, 0)"),
    ("sum(where(y < x, x.*y, exp(x)))", "x", [], "where(y < x, y, exp(x))"),
    ("sum(where(X*w > 0, X*w, a*(X*w)))", "w", [], "X'*where(X*w > 0, 1, a)"),
    ("v'*where(W*x > 0, W*x, 0.1*(W*x))", "W", [], "(v.*where(W*x > 0, 1, 0.1))*x'"),
    ("norm2(where(A' > 0, A', 0) - B)^2", "A", [], "2*step(A).*(where(A > 0, A, 0) - B')"),
    ("where(w'*x > 0, w'*x, a*(w'*x))", "w", [], "where(w'*x > 0, 1, a)*x"),
    ("sum(where(x > 0, sqrt(x), 0).*y)", "x", [], "where(x > 0, 1./sqrt(x), 0).*y/2"),
]
DIFFERENCES = [
    ("norm2(X*w - y)^2", "w", [], "2*X'*(X*w - y)"),
    ("norm2(y - X*w)^2/n", "w", [], "-2*X'*(y - X*w)/n"),
    ("norm2(R - U*V')^2", "U", [], "-2*(R - U*V')*V"),
    ("(x - mu)'*inv(S)*(x - mu)", "mu", ["posdef(S)"], "-2*inv(S)*(x - mu)"),
    ("exp(-norm2(x - y)^2/2)", "x", [], "-exp(-norm2(x - y)^2/2)*(x - y)"),
    ("exp(-norm2(x - y)^2/2)", "y", [], "exp(-norm2(x - y)^2/2)*(x - y)"),
]
LOSSES = [
    ("-y'*log(sigmoid(X*w)) - (1 - y)'*log(1 - sigmoid(X*w))", "w", [], "X'*(sigmoid(X*w) - y)"),
    ("sum(exp(X*w) - y.*(X*w))", "w", [], "X'*(exp(X*w) - y)"),
    ("sum(relu(1 - y.*(X*w)).^2)", "w", [], "-2*X'*(y.*relu(1 - y.*(X*w)))"),
    ("p = softmax(o); p'*r", "o", [], "p = softmax(o); p.*(r - p'*r)"),
    ("logsumexp(A*x)", "x", [], "A'*softmax(A*x)"),
    ("u'*v/(norm2(u)*norm2(v))", "u", [], "(v - u'*v*u/norm2(u)^2)/(norm2(u)*norm2(v))"),
    ("p = sigmoid(X*w); -sum(y.*log(p) + (1 - y).*log(1 - p))", "w", [], "p = sigmoid(X*w); X'*(p - y)"),
    ("-sum(log(sigmoid(y.*(X*w))))", "w", [], "-X'*(y.*sigmoid(-y.*(X*w)))"),
    ("p = 1/(1 + exp(b - a)); -c*log(p) - (1 - c)*log(1 - p)", "a", [], "p = 1/(exp(b - a) + 1); p - c"),
    ("sum(W*H - X.*log(W*H))", "W", [], "(1 - X./(W*H))*H'"),
    ("0.5*sum(p.*log(2*p./(p + q))) + 0.5*sum(q.*log(2*q./(p + q)))", "p", [], "0.5*log(2*(p./(p + q)))"),
    ("p = softmax(o); sum(p.*log(p./q))", "o", [], "p = softmax(o); p.*(log(p./q) - p'*log(p./q))"),
    ("mean((x - mean(x)).^2)", "x", [], "2*(x - sum(x)/n)/n"),
    ("sum(x./(1 + abs(x)))", "x", [], "1./(abs(x) + 1).^2"),
    ("sum(logsumexp_rows(X*W)) - tr(Y'*X*W)", "W", [], "X'*(softmax_rows(X*W) - Y)"),
]


@pytest.mark.parametrize(
    ("source", "wrt", "given", "answer"),
    [
        *MATRIX_FUNCTIONS,
        *FACTS,
        *SERIES,
        *POWERS,
        *TRIANGLES,
        *OF_A_SCALAR,
        *PLACES,
        *JOINED,
        *CHOICES,
        *DIFFERENCES,
        *LOSSES,
    ],
)
def test_an_answer(source: str, wrt: str, given: list[str], answer: str) -> None:
    derivation = gw.derive(source, wrt, given=given)
    assert derivation.certificate.verdict == "confirmed"
    assert str(derivation.result) == answer
    assert derivation.replay()


@pytest.mark.parametrize(("source", "wrt", "given", "answer"), INDEPENDENT)
def test_an_answer_in_the_independent_entries(source: str, wrt: str, given: list[str], answer: str) -> None:
    derivation = gw.derive(source, wrt, given=given, independent=True)
    assert derivation.certificate.verdict == "confirmed"
    assert str(derivation.result) == answer
    assert derivation.replay()


@pytest.mark.parametrize("fact", ["symmetric", "skew", "lower", "upper", "diagonal", "toeplitz"])
def test_a_tied_derivative_is_the_slope_along_the_tied_entries(fact: str) -> None:
    """Against differences of the function itself, moving every entry that the structure ties to one."""
    from gradwright.certify.structure import moves

    derivation = gw.derive(
        "tr(A*X*X) + sum(X.*B)", "X", given=[f"{fact}(X)"], shapes={"X": ("n", "n")}, independent=True
    )
    rng = np.random.default_rng(0)
    a, b, x = (rng.standard_normal((3, 3)) for _ in range(3))
    mask = {"lower": np.tril, "upper": np.triu}.get(fact, lambda m: m)
    base = {
        "symmetric": x + x.T, "skew": x - x.T, "diagonal": np.diag(np.diag(x)),
        "toeplitz": np.array([[x[abs(i - j), 0] if i >= j else x[0, j - i] for j in range(3)] for i in range(3)]),
    }.get(fact, mask(x))  # fmt: skip
    found = derivation.evaluate(A=a, B=b, X=base)
    for place in range(9):
        step = np.zeros(9)
        for at, sign in moves(frozenset({fact}), (3, 3), place):
            step[at] = sign * 1e-6
        step = step.reshape(3, 3)
        high, low = base + step, base - step
        slope = (np.trace(a @ high @ high) + (high * b).sum() - np.trace(a @ low @ low) - (low * b).sum()) / 2e-6
        assert found.flat[place] == pytest.approx(slope, abs=1e-6)


@pytest.mark.parametrize(
    ("source", "wrt", "answer"),
    [
        ("norm2(A*x - b)^2", "x", "2*A'*A*v"),
        ("logsumexp(x)", "x", "(v - v'*softmax(x)).*softmax(x)"),
        ("norm2(X - U*V)^2", "U", "2*v*V*V'"),
        ("logdet(X)", "X", "-inv(X)'*v'*inv(X)'"),
    ],
)
def test_a_hessian_times_a_vector(source: str, wrt: str, answer: str) -> None:
    derivation = gw.derive(source, wrt, along="v")
    assert derivation.certificate.verdict == "confirmed"
    assert str(derivation.result) == answer
    assert derivation.replay()


@pytest.mark.parametrize(
    "source", ["vec(exp(X))", "kron(A, X)", "vec(kron(A, X))", "vec(A*X)*x'", "kron(X, x) + kron(X, x)"]
)
def test_an_axis_of_several_indices_runs_over_their_product(source: str) -> None:
    """Values of the result, and of its text read back, against differences of the formula in NumPy."""
    from gradwright.certify.arrays import evaluate
    from gradwright.read.reader import read

    shapes = {"A": ("k", "n"), "X": ("n", "m"), "x": ("p",)}
    derivation = gw.derive(source, "X", shapes=shapes)
    assert derivation.certificate.verdict == "confirmed"
    rng = np.random.default_rng(0)
    values = {"A": rng.standard_normal((2, 3)), "X": rng.standard_normal((3, 4)), "x": rng.standard_normal(2)}
    values = {name: value for name, value in values.items() if name in source}

    def vec(x: np.ndarray) -> np.ndarray:
        return x.T.reshape(-1)

    def function(x: np.ndarray) -> np.ndarray:
        a, v = values.get("A"), values.get("x")
        return {
            "vec(exp(X))": lambda: vec(np.exp(x)),
            "kron(A, X)": lambda: np.kron(a, x),
            "vec(kron(A, X))": lambda: vec(np.kron(a, x)),
            "vec(A*X)*x'": lambda: np.outer(vec(a @ x), v),
            "kron(X, x) + kron(X, x)": lambda: 2 * np.kron(x, v[:, None]),
        }[source]()

    slopes = []
    for place in range(12):
        step = np.zeros(12)
        step[place] = 1e-6
        high, low = (function(values["X"] + sign * step.reshape(3, 4)) for sign in (1, -1))
        slopes.append((high - low) / 2e-6)
    truth = np.moveaxis(np.array(slopes), 0, -1).reshape(*slopes[0].shape, 3, 4)
    printed = read(str(derivation.result), context=derivation.context)
    if derivation.context.symbols.keys() - values.keys():
        raise AssertionError("a value is missing")
    needed = {name: values[name] for name in derivation.context.symbols}
    assert derivation.evaluate(**needed) == pytest.approx(truth, abs=1e-6)
    assert evaluate(printed.array, printed.context, needed) == pytest.approx(truth, abs=1e-6)


def test_no_code_is_written_for_a_joined_axis() -> None:
    with pytest.raises(gw.Error, match="an axis of several indices"):
        gw.derive("vec(A*X)", "X").emit()


def test_a_direction_has_the_shape_of_the_variable() -> None:
    with pytest.raises(gw.Error, match="A is not a name for a direction shaped like x"):
        gw.derive("norm2(A*x)^2", "x", along="A")


def test_independent_entries_need_a_structure() -> None:
    with pytest.raises(gw.Error, match="nothing ties the entries of X together"):
        gw.derive("tr(A*X)", "X", independent=True)


def test_no_rule_is_an_error() -> None:
    with pytest.raises(gw.Error, match="no rule for the second derivative of expm"):
        gw.derive("a'*expm(X)*b", "X", order=2)


@pytest.mark.parametrize(
    ("source", "note"),
    [
        ("norm2(x)", "a norm has no derivative where it is 0"),
        ("a'*inv(X)*a", "inv has a value only where its argument is invertible"),
        ("tr(pinv(X)*A)", "this derivative of pinv does not hold where the rank changes"),
    ],
)
def test_singular_points_are_stated(source: str, note: str) -> None:
    assert gw.derive(source, "X" if "X" in source else "x").almost_everywhere == [note]


def test_a_known_sign_leaves_no_singular_point() -> None:
    assert gw.derive("norm1(x)", "x", given=["positive(x)"]).almost_everywhere == []
    assert gw.derive("norm1(x)", "x", given=["nonnegative(x)"]).almost_everywhere != []


def test_a_declared_variable_that_is_not_in_the_formula() -> None:
    derivation = gw.derive("A*x", "t", shapes={"t": (), "A": ("n", "m")})
    assert str(derivation.result) == "zeros(n)"
    assert "The formula does not depend on t." in derivation.show()
    with pytest.raises(gw.Error, match="there is no t in the formula"):
        gw.derive("A*x", "t")


def test_a_dimension_that_has_to_be_three() -> None:
    derivation = gw.derive('einsum("ijk,j,k->i", levicivita(), x, y)', "x", shapes={"x": ("s",), "y": ("s",)})
    assert derivation.result.shape == (3, 3)
    y = np.array([1.0, 2.0, 3.0])
    assert derivation.evaluate(y=y) == pytest.approx(np.cross(np.eye(3), y).T)
    with pytest.raises(gw.Error, match="shapes cannot agree"):
        gw.derive('einsum("ijk,j,k->i", levicivita(), x, y)', "x", shapes={"x": (4,)})


def test_a_symbol_in_the_exponent_of_a_matrix_is_a_dimension() -> None:
    derivation = gw.derive("tr(A*X^k)", "X")
    rng = np.random.default_rng(0)
    a, x = rng.standard_normal((3, 3)), rng.standard_normal((3, 3))
    powers = [np.linalg.matrix_power(x, r) for r in range(4)]
    truth = sum((powers[3 - r] @ a @ powers[r]).T for r in range(4))
    assert derivation.evaluate(A=a, X=x, k=4) == pytest.approx(truth)
    assert gw.derive("tr(X^k)", "X", order=2).certificate.verdict == "confirmed"
    with pytest.raises(gw.Error, match="no code is written for a matrix power"):
        derivation.emit()
    with pytest.raises(gw.Error, match="a matrix power is a whole number, or a dimension"):
        gw.derive("tr(X^t)", "X", shapes={"t": ()})


def test_deep_factors_that_are_nearly_alike_are_not_compared_to_their_depth() -> None:
    result = gw.derive("exp(" * 800 + "x" + ")" * 800, "x", shapes={"x": ()}, certify=False).result
    assert str(result).count("exp(") >= 800


@pytest.mark.parametrize(
    "source", ["tr(A*chol(S))", "chol(S)*x", "sum(log(diag(chol(S))))", "tr(A*expm(S))", "expm(S)"]
)
def test_a_derivative_of_a_factor_or_a_series_against_differences(source: str) -> None:
    """The Cholesky factor is that of the symmetric part of its argument."""
    linalg = pytest.importorskip("scipy.linalg")
    derivation = gw.derive(source, "S", given=["posdef(S)"], shapes={"x": ("n",)})
    assert derivation.certificate.verdict == "confirmed"
    rng = np.random.default_rng(0)
    a, x, root = rng.standard_normal((3, 3)), rng.standard_normal(3), rng.standard_normal((3, 3))
    s = root @ root.T + np.eye(3)

    def function(s: np.ndarray) -> np.ndarray:
        lower = np.linalg.cholesky((s + s.T) / 2)
        return {
            "tr(A*chol(S))": lambda: np.trace(a @ lower),
            "chol(S)*x": lambda: lower @ x,
            "sum(log(diag(chol(S))))": lambda: np.log(np.diag(lower)).sum(),
            "tr(A*expm(S))": lambda: np.trace(a @ linalg.expm(s)),
            "expm(S)": lambda: linalg.expm(s),
        }[source]()

    slopes = []
    for place in range(9):
        step = np.zeros(9)
        step[place] = 1e-6
        high, low = (function(s + sign * step.reshape(3, 3)) for sign in (1, -1))
        slopes.append((high - low) / 2e-6)
    truth = np.moveaxis(np.array(slopes), 0, -1).reshape(*np.shape(slopes[0]), 3, 3)
    values = {name: value for name, value in (("A", a), ("x", x), ("S", s)) if name in derivation.context.symbols}
    assert derivation.evaluate(**values) == pytest.approx(truth, rel=1e-5, abs=1e-5)


def test_arguments_of_max_that_coincide_on_a_region_keep_their_derivative() -> None:
    """PPO's min(r a, clip(r) a): inside the clip both are r a, and the derivative is a, not 0."""
    derivation = gw.derive("min(r*a, max(min(r, 1 + e), 1 - e)*a)", "r", given=["positive(e)"], shapes={"r": ()})
    inside, outside = derivation.evaluate(r=1.1, a=2.0, e=0.2), derivation.evaluate(r=1.5, a=2.0, e=0.2)
    assert inside == 2
    assert outside == 0


def test_powers_of_a_definition_are_said_by_its_name() -> None:
    result = gw.derive("c = x - mean(x); s = sqrt(c'*c/n + e); v'*(c/s)", "x", given=["positive(e)"],
                       shapes={"x": ("n",), "e": ()}).result  # fmt: skip
    assert str(result).endswith("(v - c'*v*c/(s^2*n) - sum(v)/n)/s")


def test_second_derivatives_name_a_softmax_that_stands_under_a_sum() -> None:
    result = gw.derive("log(sum(exp(F*w)))", "w", order=2).result
    assert "exp" not in str(result)


def test_a_chain_of_named_layers_takes_no_search() -> None:
    layers = "; ".join(f"h{k} = tanh(W*{'x' if k == 1 else f'h{k - 1}'})" for k in range(1, 61))
    derivation = gw.derive(f"{layers}; sum(h60)", "x", shapes={"W": ("n", "n"), "x": ("n",)}, certify=False)
    assert str(derivation.result).startswith("h1 = tanh(W*x);")
