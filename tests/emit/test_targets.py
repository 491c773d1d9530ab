"""Every target computes what the evaluator computes, over the zoo. A missing backend is a failure, not a skip."""

from __future__ import annotations

import inspect
import pickle
import sys

import numpy as np
import pytest

from gradwright.core.errors import Error
from gradwright.emit import emitter
from gradwright.emit.emitter import TARGETS, load
from gradwright.emit.plan.names import identifier
from gradwright.emit.spell.blocks import Held
from tests.emit.shared import compiled, derive, traced
from tests.emit.zoo import ZOO, arguments, derivation, given_to, truth

CASES = [(t, name) for t in TARGETS for name in ZOO]


@pytest.mark.parametrize(("target", "name"), CASES)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_value_and_gradient(target: str, name: str) -> None:
    made = derivation(name)
    by_target = traced(made, target)
    for seed in (0, 1):
        values = arguments(name, seed)
        value, gradient = by_target(**given_to(target, values))
        right = truth(made, values)
        np.testing.assert_allclose(np.asarray(value), right[0], rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(np.asarray(gradient), right[1], rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", ["softmax", "gaussian", "jacobian"])
def test_native_computes_the_same_by_numba(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it does where there is no compiler of C."""
    monkeypatch.setattr(emitter, "compiler", lambda: None)
    function, values = derivation(name).compile("native"), arguments(name)
    for found, right in zip(function(**values), truth(derivation(name), values), strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-9, atol=1e-11)


def test_shapes_and_types_are_checked_by_name() -> None:
    function = compiled(derivation("logistic"), "numpy")
    values = arguments("logistic")
    with pytest.raises(ValueError, match="w has shape"):
        function(**{**values, "w": np.ones(7)})
    with pytest.raises(ValueError, match="X has 1 axes, expected 2"):
        function(**{**values, "X": np.ones(7)})
    with pytest.raises(TypeError, match="y has dtype complex128"):
        function(**{**values, "y": values["y"] + 0j})
    values["X"][1, 2] = np.nan
    with pytest.raises(ValueError, match=r"X holds NaN, first at \[1, 2\]"):
        function(**values)


def test_unknown_targets_and_outputs_are_refused() -> None:
    made = derivation("logistic")
    with pytest.raises(Error, match="no target 'fortran'"):
        made.emit("fortran")
    with pytest.raises(Error, match="no output 'jacobian'"):
        made.emit("numpy", ["jacobian"])
    with pytest.raises(Error, match="Y is not known to be one-hot"):
        derive("sum(Y.*O)", "O", shapes={"Y": ("n", "k"), "O": ("n", "k")}).emit("numpy", labels=["Y"])


def test_hessian_and_its_product_with_a_vector() -> None:
    for name in ("logistic", "softmax"):
        made = derivation(name)
        values = arguments(name)
        function = made.compile("numpy", ["hessian"])
        needed = inspect.signature(function).parameters  # labels that sum to one need not stand in it
        hessian = function(**{key: value for key, value in values.items() if key in needed})
        wrt = made.wrt[0]
        gradient = made.compile("numpy", ["gradient"])
        step, v = 1e-6, np.random.default_rng(3).normal(size=values[wrt].shape)
        ahead, behind = ({**values, wrt: values[wrt] + s * step * v} for s in (1, -1))
        slope = (gradient(**ahead) - gradient(**behind)) / (2 * step)
        along = np.tensordot(hessian, v, v.ndim)
        np.testing.assert_allclose(along, slope, rtol=1e-6, atol=1e-8)
        product = made.compile("numpy", ["hvp"])

        needed = {n: x for n, x in {**values, "v": v}.items() if n in inspect.signature(product).parameters}
        np.testing.assert_allclose(product(**needed), along, rtol=1e-9, atol=1e-12)


def test_the_hessian_of_logistic_regression_never_builds_a_diagonal_matrix() -> None:
    text = derivation("logistic").emit("numpy", ["hessian"])
    assert "eye" not in text
    assert "diag" not in text
    assert "t2.T @ t2" in text  # which a library computes by half


def test_attention_stays_two_dimensional() -> None:
    assert "None, :]" not in derivation("attention").emit("numpy")


def test_inverses_that_only_multiply_are_solved() -> None:
    text = derivation("gaussian-mean").emit("numpy")
    assert "_cho_solve(chol1, t1" in text
    assert "= _cho_inverse" not in text


def test_names_are_made_safe() -> None:
    text = derive("sum(log(1 + exp(lambda*np)))", "np", shapes={"lambda": (), "np": ("n",)}).emit("numpy")
    assert "lambda_" in text
    assert "np_" in text
    value, _ = load(text, "safe").value_and_gradient(np_=np.ones(3), lambda_=2.0)
    np.testing.assert_allclose(value, 3 * np.log1p(np.exp(2.0)))


def test_labels_stand_for_one_hot_rows() -> None:
    made = derivation("softmax-logits")
    values = arguments("softmax-logits")
    labels = values["Y"].argmax(axis=1)
    right = truth(made, values)
    for target in TARGETS:
        given = given_to(target, {"O": values["O"], "Y": labels})
        value, gradient = compiled(made, target, labels=["Y"])(**given)
        np.testing.assert_allclose(np.asarray(value), right[0], rtol=1e-12)
        np.testing.assert_allclose(np.asarray(gradient), right[1], atol=1e-14)


def test_native_writes_where_it_is_told() -> None:
    values = arguments("softmax-logits")
    function = compiled(derivation("softmax-logits"), "native")
    out = np.empty_like(values["O"])
    _, gradient = function(**values, out=out)
    assert np.shares_memory(gradient, out)
    with pytest.raises(ValueError, match="out has shape"):
        function(**values, out=np.empty((1, 1)))


def test_torch_passes_gradcheck_and_compiles_whole() -> None:
    import torch

    module = load(derivation("softmax-logits").emit("torch"), "torch_softmax")
    values = {k: torch.tensor(v) for k, v in arguments("softmax-logits").items()}
    logits = values["O"].clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda o: module.value(O=o, Y=values["Y"]), (logits,))
    with pytest.raises(ValueError, match="derived in O alone"):
        module.value(O=logits, Y=values["Y"].clone().requires_grad_())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_jax_grad_jit_and_vmap_use_the_derived_gradient() -> None:
    import jax

    jax.config.update("jax_enable_x64", True)
    made = derivation("softmax-logits")
    module = load(made.emit("jax"), "jax_softmax")
    values = arguments("softmax-logits")
    right = truth(made, values)[1]
    found = jax.jit(jax.grad(lambda o: module.value(O=o, Y=values["Y"])))(values["O"])
    np.testing.assert_allclose(np.asarray(found), right, atol=1e-14)
    many = jax.vmap(jax.grad(lambda o: module.value(O=o, Y=values["Y"])))(np.stack([values["O"]] * 3))
    np.testing.assert_allclose(np.asarray(many)[2], right, atol=1e-14)
    with pytest.raises(ValueError, match="derived in O alone"):
        jax.grad(lambda y: module.value(O=values["O"], Y=y))(values["Y"])


def test_no_one_hot_matrix_is_built_from_labels() -> None:
    for target in ("numpy", "torch"):
        text = derivation("softmax-logits").emit(target, labels=["Y"])
        assert ".eye(" not in text
        assert ("] += -1 / n if n" if target == "numpy" else "gradient, Y, -1 / n if n") in text


@pytest.mark.parametrize("labels", [[], ["Y"]])
@pytest.mark.parametrize("cells", [1, 1 << 21])
def test_a_wide_product_is_taken_in_blocks_of_rows(
    monkeypatch: pytest.MonkeyPatch, cells: int, labels: list[str]
) -> None:
    """The same value and gradients however many rows a block has; the whole product is formed nowhere."""
    monkeypatch.setattr("gradwright.emit.targets.native.target._WIDE", Held(cells))
    rng = np.random.default_rng(0)
    x, w, y = rng.normal(size=(53, 7)), rng.normal(size=(7, 11)), rng.integers(0, 11, 53)
    made = derivation("softmax")
    assert "def _block(" in made.emit("native", labels=labels, wrt=["X", "W"])
    function = made.compile("native", labels=labels, wrt=["X", "W"])
    value, by_x, by_w = function(X=x, W=w, Y=y if labels else np.eye(11)[y])
    p = np.exp(x @ w)
    p /= p.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(value, -np.log(p[np.arange(53), y]).mean(), rtol=1e-13)
    g = (p - np.eye(11)[y]) / 53
    np.testing.assert_allclose(by_x, g @ w.T, atol=1e-14)
    np.testing.assert_allclose(by_w, x.T @ g, atol=1e-14)


def test_what_asks_which_row_it_is_is_not_taken_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lower triangle of a block of rows is not the block of the lower triangle."""
    monkeypatch.setattr("gradwright.emit.targets.native.target._WIDE", Held(1))
    made = derive("sum(log(rowsum(exp(tril(X*W)))))", "W", shapes={"X": ("n", "d"), "W": ("d", "k")})
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(40, 3)), rng.normal(size=(3, 5))
    found, right = (made.compile(target)(X=x, W=w) for target in ("native", "numpy"))
    np.testing.assert_allclose(found[0], right[0], rtol=1e-13)
    np.testing.assert_allclose(found[1], right[1], rtol=1e-12)


@pytest.mark.parametrize("target", TARGETS)
def test_labels_that_are_no_class_are_refused(target: str) -> None:
    """Before anything is read or written with them: a loop would write outside its array."""
    by_labels = compiled(derivation("softmax-logits"), target, labels=["Y"])
    logits = np.zeros((3, 4))
    for wrong in ([0, 4, 1], [0, -1, 1]):
        with pytest.raises(ValueError, match=r"Y .* run from 0 to 3"):
            by_labels(**given_to(target, {"O": logits, "Y": np.array(wrong)}))
    with pytest.raises(TypeError, match=r"Y has dtype .*float64: whole numbers"):
        by_labels(**given_to(target, {"O": logits, "Y": np.ones(3)}))


def test_labels_that_are_no_class_make_nan_where_jax_knows_them_too_late() -> None:
    jax = pytest.importorskip("jax")
    function = jax.jit(derivation("softmax-logits").compile("jax", labels=["Y"]))
    for wrong in ([0, 4, 1], [0, -1, 1]):
        assert all(np.isnan(result).any() for result in function(O=np.zeros((3, 4)), Y=np.array(wrong)))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.int32])
def test_labels_are_of_any_whole_numbers(target: str, kind: type) -> None:
    by_labels = compiled(derivation("softmax-logits"), target, labels=["Y"])
    logits, labels = np.arange(12.0).reshape(3, 4), np.array([0, 3, 1])
    right = by_labels(**given_to(target, {"O": logits, "Y": labels}))
    for found, expected in zip(
        by_labels(**given_to(target, {"O": logits, "Y": labels.astype(kind)})), right, strict=True
    ):
        np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))


@pytest.mark.parametrize("target", TARGETS)
def test_the_answer_has_the_type_that_the_arguments_have_together(target: str) -> None:
    function = derive("x'*y", "x").compile(target)
    x, y = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    for one, two, both in ((np.float32, np.float64, "float64"), (np.float16, np.float32, "float32")):
        value, _ = function(**given_to(target, {"x": x.astype(one), "y": y.astype(two)}))
        assert str(value.dtype).endswith(both)


def test_native_names_an_out_that_does_not_fit() -> None:
    values = arguments("softmax-logits")
    function = compiled(derivation("softmax-logits"), "native")
    with pytest.raises(TypeError, match="out has dtype float32, expected float64"):
        function(**values, out=np.empty(values["O"].shape, np.float32))
    with pytest.raises(ValueError, match="out overlaps O"):
        function(**values, out=values["O"])
    turned = np.empty(values["O"].shape[::-1]).T
    assert np.shares_memory(function(**values, out=turned)[1], turned)
    np.testing.assert_allclose(turned, function(**values)[1])


def test_native_without_numba_is_numpy_with_a_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "numba", None)
    values = arguments("softmax-logits")
    with pytest.warns(RuntimeWarning, match="Numba is not installed"):
        module = load(derivation("softmax-logits").emit("native"), "without_numba")
    value, gradient = module.value_and_gradient(**values)
    right = truth(derivation("softmax-logits"), values)
    np.testing.assert_allclose(value, right[0])
    np.testing.assert_allclose(gradient, right[1], atol=1e-15)


def test_native_reports_nan_in_any_argument() -> None:
    for name in ("softmax-logits", "logistic", "relu-net", "batchnorm", "swish-like"):
        if name not in ZOO:
            continue
        values = arguments(name)
        function = derivation(name).compile("native")
        for key, value in values.items():
            if value.ndim and key not in ("Y",):
                broken = value.copy()
                broken.flat[1] = np.nan
                with pytest.raises(ValueError, match=f"{key} holds NaN"):
                    function(**{**values, key: broken})


@pytest.mark.parametrize(
    ("matrix", "vector"),
    [("i", "j"), ("part", "zero"), ("one", "inf"), ("columns", "first"), ("_exp", "_share"), ("out", "gradient_"),
     ("r", "begin"), ("X_i", "NATIVE"), ("_rows", "parts"), ("start", "step"), ("number0", "held0"), ("w_i", "w_rows")],
)  # fmt: skip
@pytest.mark.filterwarnings("error")
def test_native_keeps_its_own_names_apart_from_the_users(matrix: str, vector: str) -> None:
    shapes = {matrix: ("n", "m"), vector: ("n",), "w": ("m",)}
    made = derive(f"sum(log(1 + exp(-{vector}.*({matrix}*w))))", "w", shapes=shapes)
    values = {identifier(matrix): np.ones((5, 3)), identifier(vector): np.ones(5), "w": np.ones(3)}
    value, gradient = made.compile("native")(**values)
    np.testing.assert_allclose(value, 5 * np.log1p(np.exp(-3.0)))
    np.testing.assert_allclose(gradient, -5 / (1 + np.exp(3.0)))


def test_a_hessian_vector_product_takes_the_products_that_are_there() -> None:
    """X v once, which both terms of the softmax's own derivative need, and no matrix but X and its transpose."""
    for target in ("numpy", "torch", "jax"):
        text = derivation("softmax").emit(target, ["hvp"])
        assert text.count("@") == 3
        assert "X @ v" in text
        assert "v.T" not in text


def test_powers_of_an_extent_fit_in_no_integer() -> None:
    import jax

    jax.config.update("jax_enable_x64", False)
    try:
        formula, wrt, shapes, given = ZOO["batchnorm"]
        function = derive(formula, wrt, shapes=shapes, given=given).compile("jax")
        values = {"X": np.random.default_rng(0).normal(size=(3000, 2)), "G": np.ones((3000, 2)), "e": 0.5}
        assert np.isfinite(np.asarray(jax.jit(function)(**values)[1])).all()
    finally:
        jax.config.update("jax_enable_x64", True)


def test_an_odd_function_of_a_size_with_its_sign_is_of_the_number_itself() -> None:
    """The gradient of log cosh is tanh, whatever form its value takes."""
    text = derivation("log-cosh").emit("numpy")
    assert "np.sign" not in text
    assert text.count("np.tanh") == 1


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("formula", ["sum(x./x)", "exp(x)/exp(x)", "x-x"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_symbol_that_cancels_is_an_argument_still(target: str, formula: str) -> None:
    made = derive(formula, "x", shapes={"x": ("n",) if "./" in formula else ()})
    x = np.array([1.0, 2.0]) if "./" in formula else np.array(2.0)
    value, gradient = made.compile(target)(**given_to(target, {"x": x}))
    np.testing.assert_allclose(np.asarray(value), {"sum(x./x)": 2, "exp(x)/exp(x)": 1, "x-x": 0}[formula])
    np.testing.assert_array_equal(np.asarray(gradient), np.zeros_like(x))


@pytest.mark.parametrize("target", ["numpy", "torch", "native"])
@pytest.mark.parametrize("formula", ["log(exp(x))", "X'", "sum(x.*y)"])
def test_no_result_is_an_argument(target: str, formula: str) -> None:
    """The caller may write to what was computed."""
    name = "X" if "X" in formula else "x"
    made = derive(formula, name, shapes={"x": ("n",), "X": ("n", "k"), "y": ("n",)})
    values = {"x": np.ones(2), "X": np.ones((2, 3)), "y": np.ones(2)}
    given = given_to(target, {symbol: values[symbol] for symbol in values if symbol in formula})
    results = made.compile(target)(**given)
    for result in results:
        result[...] = 7
    assert all((np.asarray(value) == 1).all() for value in given.values())


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("formula", ["sum(log(1+exp(X*w)))/m", "sum((X*w).^2)/where(m > 1, m-1, 1)", "w'*w*(1-1/m)"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_extents_of_0_and_conditions_on_extents_are_numbers(target: str, formula: str) -> None:
    """0/0 of arrays is NaN; Python's numbers would raise."""
    made = derive(formula, "w", shapes={"X": ("m", "n"), "w": ("n",)})
    values = {"X": np.zeros((0, 2)), "w": np.array([1.0, 2.0])} if "X" in formula else {"w": np.array([1.0, 2.0])}
    function = made.compile(target)
    value = function(**given_to(target, values), **({} if "X" in formula else {"m": 0}))[0]
    expected = {"sum(log(1+exp(X*w)))/m": np.nan, "w'*w*(1-1/m)": -np.inf}.get(formula, 0)
    np.testing.assert_array_equal(np.asarray(value), expected)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_triangle_of_an_identity_is_an_array(target: str) -> None:
    made = derive("x'*(A+2*tril(eye(n)))*x", "x", shapes={"x": ("n",), "A": ("n", "n")})
    values = {"x": np.array([1.0, 2.0]), "A": np.array([[1.0, 2.0], [3.0, 4.0]])}
    value, gradient = traced(made, target)(**given_to(target, values))
    matrix = values["A"] + 2 * np.eye(2)
    np.testing.assert_allclose(np.asarray(value), values["x"] @ matrix @ values["x"])
    np.testing.assert_allclose(np.asarray(gradient), (matrix + matrix.T) @ values["x"])


@pytest.mark.parametrize("target", TARGETS)
def test_an_entry_that_is_not_there_is_refused(target: str) -> None:
    with pytest.raises(Error, match="there is no entry 2 of 2"):
        derive("A[0,2]*A[1,1]", "A", shapes={"A": (2, 2)}).emit(target)
    function = derive("x[2]^2", "x", shapes={"x": ("n",)}).compile(target)
    with pytest.raises(ValueError, match="n is 2, and entry 2 is read"):
        function(**given_to(target, {"x": np.ones(2)}))


@pytest.mark.parametrize("target", TARGETS)
def test_a_compiled_function_is_pickled_with_its_code(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    function = derivation("logistic").compile(target)
    written = pickle.dumps(function)
    monkeypatch.delitem(sys.modules, function.__module__)
    values = given_to(target, arguments("logistic"))
    for found, right in zip(pickle.loads(written)(**values), function(**values), strict=True):
        np.testing.assert_array_equal(np.asarray(found), np.asarray(right))
    assert inspect.signature(function) == inspect.signature(pickle.loads(written))


@pytest.mark.parametrize("target", TARGETS)
def test_letters_of_any_alphabet_stay_apart(target: str) -> None:
    value, _ = derive("ö*ö+é*é*2", "ö", shapes={"ö": (), "é": ()}).compile(target)(
        *given_to(target, {"ö": np.array(3.0), "é": np.array(2.0)}).values()
    )
    assert float(value) == 17


@pytest.mark.parametrize("target", TARGETS)
def test_extents_made_of_names_are_read_off_the_arguments(target: str) -> None:
    made = derive("mean(x.^2) + sum(ones(h)*v')", "x", shapes={"x": "2*e*h+1", "v": "h"})
    function = made.compile(target)
    values = {"x": np.linspace(-1, 1, 13), "v": np.ones(3)}
    value, gradient = function(**given_to(target, values))
    np.testing.assert_allclose(np.asarray(value), np.mean(values["x"] ** 2) + 9, rtol=1e-12)
    np.testing.assert_allclose(np.asarray(gradient), 2 * values["x"] / 13, rtol=1e-12)
    with pytest.raises(ValueError, match=r"an axis of 12 where 2\*e\*h\+1 = 7"):
        function(**given_to(target, {**values, "x": np.ones(12)}))
