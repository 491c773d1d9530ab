"""The Python interface on the founding example and everything of its kind."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import gradwright as gw

FOUNDING = "p = softmax(o); -sum_i(y[i]*log(p[i]))"


def softmax(o: np.ndarray) -> np.ndarray:
    e = np.exp(o - o.max())
    return np.asarray(e / e.sum())


@pytest.mark.parametrize(
    "source",
    [
        FOUNDING,
        "p[i] = exp(o[i])/sum_j(exp(o[j])); -sum_i(y[i]*log(p[i]))",
        "-sum_i(y[i]*log(exp(o[i])/sum_j(exp(o[j]))))",
        "-y'*log(softmax(o))",
        "q = softmax(o); -sum(y.*log(q))",
    ],
)
def test_the_founding_gradient(source: str) -> None:
    derivation = gw.derive(source, "o", given=["onehot(y)"], shapes={"o": ("n",), "y": ("n",)})
    o, y = np.array([0.3, -1.2, 2.0]), np.array([0.0, 1.0, 0.0])
    np.testing.assert_allclose(derivation.evaluate(o=o, y=y), softmax(o) - y)
    assert str(derivation.result).endswith((" - y",))
    assert derivation.facts_used == ["y is one-hot"]
    assert derivation.certificate.verdict == "confirmed"
    assert derivation.certificate.digits >= 30
    assert any(step["rule"].startswith("quotient_rule") for step in derivation.steps)
    assert derivation.replay()


def test_without_the_fact_the_sum_stays_and_the_fact_is_named() -> None:
    derivation = gw.derive(FOUNDING, "o")
    o, y = np.array([0.3, -1.2, 2.0]), np.array([0.5, 1.0, 0.25])
    np.testing.assert_allclose(derivation.evaluate(o=o, y=y), y.sum() * softmax(o) - y)
    assert derivation.facts_used == []
    assert [(fact, str(r).split("; ")[-1]) for fact, r in derivation.suggestions] == [("simplex(y)", "p - y")]


def test_the_hessian() -> None:
    derivation = gw.derive(FOUNDING, "o", given=["onehot(y)"], order=2)
    assert str(derivation.result) == "p = softmax(o); diag(p) - p*p'"
    p = softmax(np.array([0.1, 0.2, -0.4]))
    got = derivation.evaluate(o=np.array([0.1, 0.2, -0.4]), y=np.array([1.0, 0, 0]))
    np.testing.assert_allclose(got, np.diag(p) - np.outer(p, p))


def test_a_batch_of_logits() -> None:
    derivation = gw.derive(
        "P = softmax_rows(O); -sum(Y.*log(P))/n",
        "O",
        given=["onehot(Y)"],
        shapes={"O": ("n", "k"), "Y": ("n", "k")},
    )
    assert str(derivation.result).split("; ")[-1] == "(P - Y)/n"


def test_the_product_rules_in_both_layouts() -> None:
    linear = gw.derive("u(x)'*A", "x", layout="denominator")
    assert str(linear.result) == "D(u, x)'*A"
    assert linear.result.unicode() == "∇(uᵀ) A"
    product = gw.derive("u(x)'*v(x)", "x", layout="denominator")
    assert product.result.unicode() == "∇(uᵀ) v + ∇(vᵀ) u"
    mixed = gw.derive("u(x)'*A", "x")
    assert str(mixed.result) == "A'*D(u, x)"
    assert product.certificate.verdict == linear.certificate.verdict == mixed.certificate.verdict == "confirmed"


@pytest.mark.parametrize(
    ("layout", "shape", "text"),
    [
        ("mixed", ("n",), "2*A'*(A*x - b)"),
        ("denominator", ("n",), "2*A'*(A*x - b)"),
        ("numerator", ("n",), "2*(A*x - b)'*A"),
    ],
)
def test_layouts_of_a_scalar(layout: str, shape: tuple[str, ...], text: str) -> None:
    derivation = gw.derive("norm2(A*x - b)^2", "x", layout=layout, shapes={"A": ("m", "n"), "x": ("n",), "b": ("m",)})
    assert derivation.result.shape == shape
    assert str(derivation.result) == text


def test_layouts_of_a_vector() -> None:
    shapes = {"A": ("m", "n"), "x": ("n",)}
    assert gw.derive("A*exp(x)", "x", shapes=shapes).result.shape == ("m", "n")
    assert gw.derive("A*exp(x)", "x", shapes=shapes, layout="numerator").result.shape == ("m", "n")
    assert gw.derive("A*exp(x)", "x", shapes=shapes, layout="denominator").result.shape == ("n", "m")


@pytest.mark.parametrize(
    ("source", "wrt", "options", "expected"),
    [
        ("x'*A*x", "x", {}, "(A + A')*x"),
        ("x'*A*x", "x", {"given": ["symmetric(A)"]}, "2*A*x"),
        ("tr(A*X)", "X", {}, "A'"),
        ("sum(X*w)", "w", {}, None),
        ("norm2(X*w - y)^2 + lambda*norm2(w)^2", "w", {}, None),
        ("norm1(x)", "x", {}, "sign(x)"),
        ("x^a", "x", {"shapes": {"x": (), "a": ()}, "given": ["positive(x)"]}, None),
        ("max(x)", "x", {}, None),
        ("prod[i](x[i])", "x", {}, None),
        ("sum[i,j](where(i <= j, x[i]*x[j], 0))", "x", {}, None),
        ("logsumexp(A*x)", "x", {}, "A'*softmax(A*x)"),
    ],
)
def test_the_kinds_the_general_rules_cover(
    source: str, wrt: str, options: dict[str, Any], expected: str | None
) -> None:
    derivation = gw.derive(source, wrt, **options)
    assert derivation.certificate.verdict == "confirmed"
    if expected is not None:
        assert str(derivation.result) == expected


def test_derivatives_that_hold_almost_everywhere_say_so() -> None:
    assert gw.derive("sum(relu(x))", "x").almost_everywhere == ["relu has no derivative at 0"]
    assert gw.derive("sum(exp(x))", "x").almost_everywhere == []


def test_no_rule_is_an_error_and_never_zero() -> None:
    with pytest.raises(gw.Error, match="tetragamma"):
        gw.derive("sum(tetragamma(x))", "x")


def test_the_json_carries_what_was_promised() -> None:
    data = gw.derive(FOUNDING, "o", given=["onehot(y)"]).to_dict()
    assert json.loads(json.dumps(data)) == data
    assert set(data["result"]) == {"text", "latex", "index", "shape"}
    assert data["result"]["index"] == "p[k] - y[k]"
    assert set(data["certificate"]) >= {"verdict", "digits", "points", "sizes"}
    assert set(data["steps"][0]) >= {"rule", "title", "before", "after", "used"}
    assert data["layout"] == "mixed"
    assert data["almost_everywhere"] == []


def test_formulas_built_in_python() -> None:
    A, x, b = gw.matrix("A", "m", "n"), gw.vector("x", "n"), gw.vector("b", "m")
    residual = A @ x - b
    assert str(gw.derive(residual.T @ residual, "x").result) == "2*A'*(A*x - b)"
    o, y = gw.vector("o", "n"), gw.vector("y", "n")
    assert gw.derive(-(y.T @ gw.log(gw.softmax(o))), "o", given=["onehot(y)"]).certificate.verdict == "confirmed"


def test_formulas_in_python_have_indices_choices_and_every_function() -> None:
    A, x, y = gw.matrix("A", "n", "m"), gw.vector("x", "m"), gw.vector("y", "n")
    assert str(gw.derive((y["i"] ** 2).sum("i"), y).result) == "2*y"
    assert str(gw.derive(gw.einsum("i,ij,j->", y, A, x), A).result) == "y*x'"
    chosen = gw.derive(gw.where(x > 0, x, 0).sum(), x)
    np.testing.assert_array_equal(chosen.evaluate(x=[1.0, -2.0]), [1.0, 0.0])
    assert str(gw.derive(gw.tr(A.T @ A + gw.eye("m")), A).result) == "2*A"
    assert {"kron", "solve", "derive", "softmax"} <= set(dir(gw))
    with pytest.raises(gw.Error, match="cannot stand in a formula"):
        x + None  # type: ignore[operator]


def test_both_sides_say_what_the_shapes_are() -> None:
    assert gw.equal("det(A*B)", "det(A)*det(B)").verdict == "confirmed"
    assert gw.equal("inv(A*B)", "inv(A)*inv(B)").verdict == "refuted"
    with pytest.raises(gw.Error, match="det needs a square matrix"):
        gw.equal("det(A*B)", "det(A)*det(B)", shapes={"A": ("n", "m")})


def test_equal_proves_confirms_and_refutes() -> None:
    assert gw.equal("tr(A*B)", "tr(B*A)").verdict == "proved"
    assert gw.equal("sin(t)^2 + cos(t)^2", "1 + 0*t").verdict == "confirmed"
    wrong = gw.equal("x'*A*x", "x'*A'*x + 1")
    assert wrong.verdict == "refuted"
    assert not wrong


def test_evaluate_says_which_argument_is_wrong() -> None:
    derivation = gw.derive("A*x", "x", shapes={"A": ("m", "n"), "x": ("n",)})
    with pytest.raises(gw.Error, match="A"):
        derivation.evaluate(x=np.zeros(3))


@pytest.mark.parametrize("detail", ["brief", "textbook", "full"])
@pytest.mark.parametrize("notation", ["index", "matrix", "both"])
@pytest.mark.parametrize("format", ["text", "latex", "markdown", "html"])
def test_every_form_of_showing(detail: str, notation: str, format: str) -> None:
    shown = gw.derive(FOUNDING, "o", given=["onehot(y)"]).show(detail=detail, notation=notation, format=format)
    assert "one-hot" in shown
    assert "http://" not in shown
    assert "https://" not in shown


# --- several gradients at once

NETWORK = "h = tanh(W1*x + b1); norm2(W2*h - t)^2"


def test_a_list_of_variables_gives_a_gradient_in_each() -> None:
    found = gw.derive(NETWORK, ["W1", "b1", "W2"])
    assert list(found.results) == ["W1", "b1", "W2"]
    for name, result in found.results.items():
        assert str(result) == str(gw.derive(NETWORK, name).result)
    assert found.certificate.verdict == "confirmed"
    assert found.replay()
    with pytest.raises(gw.Error, match="3 results"):
        _ = found.result
    for format in ("text", "latex", "markdown", "html", "fragment"):
        shown = found.show(format=format)
        assert shown.count("Given") == 1
        assert all(f"Result in {name}" in shown for name in found.results)
    assert list(found.to_dict()["results"]) == ["W1", "b1", "W2"]
    assert "_b1" in found.emit("numpy") or "b1" in found.emit("numpy")
    assert found.each["b1"].result.shape == found.results["b1"].shape


def test_a_pair_is_a_mixed_derivative_where_the_order_says_so() -> None:
    assert str(gw.derive("x'*A*y", ("x", "y"), order=2).result) == "A"
    for unsaid in (("x", "y"), ["x", "x"]):
        with pytest.raises(gw.Error, match="may mean two things") as raised:
            gw.derive("x'*A*y", unsaid)
        assert "order=2" in (raised.value.hint or "")


# --- extents that are made of names


@pytest.mark.parametrize(
    ("source", "shapes", "text"),
    [
        ("sum(x)", {"x": ("2*e",)}, "ones(2*e)"),
        ("mean(x)", {"x": "2*e"}, "1/(2*e)*ones(2*e)"),
        ("sum(x)", {"x": "h*d n+1"}, "ones(d*h, n + 1)"),
        ("norm2(D*x)^2", {"D": "n-1 n"}, "2*D'*D*x"),
        ("sum(x) + sum(ones(2*n))", {}, "ones(m)"),
    ],
)
def test_extents_are_sums_and_products_of_names(source: str, shapes: dict[str, Any], text: str) -> None:
    found = gw.derive(source, "x", shapes=shapes)
    assert str(found.result) == text
    assert found.certificate.verdict == "confirmed"


def test_extents_made_of_names_agree_or_are_refused() -> None:
    assert gw.derive("x: 2*e; y: e*2; x'*y", "x").symbols["x"]["shape"] == ["2*e"]
    with pytest.raises(gw.Error, match=r"2\*e on one side, n on the other"):
        gw.derive("x'*y", "x", shapes={"x": "2*e", "y": "n"})
    with pytest.raises(gw.Error, match="n-m is not an extent"):
        gw.derive("sum(x)", "x", shapes={"x": "n-m"})


def test_names_of_extents_follow_from_arguments() -> None:
    found = gw.derive("mean(x.^2) + sum(X*y)", "x", shapes={"x": "2*e", "X": "n+1 e"})
    assert found.evaluate(x=np.ones(4), X=np.ones((3, 2)), y=np.ones(2)).tolist() == [0.5] * 4
    with pytest.raises(gw.Error, match=r"5 stands where 2\*e is expected"):
        gw.derive("mean(x.^2)", "x", shapes={"x": "2*e"}).evaluate(x=np.ones(5))


# --- axes of several indices


@pytest.mark.parametrize(
    ("source", "wrt", "text"),
    [
        ("norm2(kron(A,B)*x - b)^2", "A", "x1 = reshape(x, m, p); b1 = reshape(b, n, k); 2*(A*x1*B' - b1)*B*x1'"),
        ("norm2(vec(X) - b)^2", "X", "b1 = reshape(b, m, n); 2*(X - b1')"),
        ("tr(C*kron(A,B))", "C", "kron(A', B')"),
        ("kron(a', eye(n))*X*b", "X", None),
        ("vec(kron(X, eye(n)))", "X", None),
        ("X: 6 k; tr(reshape(X*y, 2, 3)*Z)", "y", None),
    ],
)
def test_what_meets_a_kronecker_product_has_an_axis_of_several_indices(source: str, wrt: str, text: str | None) -> None:
    found = gw.derive(source, wrt)
    assert found.certificate.verdict == "confirmed"
    assert text is None or str(found.result) == text


def test_a_kronecker_product_of_unequal_matrices_computes() -> None:
    found = gw.derive("norm2(kron(A,B)*x - b)^2", "x")
    assert found.symbols["x"]["shape"] == ["m*p"]
    rng = np.random.default_rng(0)
    values = {"A": (2, 3), "B": (4, 2), "x": (6,), "b": (8,)}
    A, B, x, b = (rng.normal(size=shape) for shape in values.values())
    product = np.kron(A, B)
    np.testing.assert_allclose(found.evaluate(A=A, B=B, x=x, b=b), 2 * product.T @ (product @ x - b))


def test_the_vec_of_a_product_is_proved() -> None:
    assert gw.equal("vec(A*X*B)", "kron(B', A)*vec(X)").verdict == "proved"
    assert gw.equal("reshape(X, n*m)", "vec(X')", shapes={"X": "n m"}).verdict == "proved"


@pytest.mark.parametrize(
    ("source", "options", "said"),
    [
        ("norm2(kron(A,B)*x)", {"given": ["positive(x)"]}, "an axis of which is several indices"),
        ("norm2(kron(A,B)*x)", {"shapes": {"x": "6", "A": "3 n"}}, "hint: declare|do not fit them"),
        ("norm2(reshape(x, 2, n))", {"shapes": {"x": "7"}}, "not those of the array"),
    ],
)
def test_indices_that_do_not_fill_an_axis_are_refused(source: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(gw.Error, match=said):
        gw.derive(source, "x", **options)
