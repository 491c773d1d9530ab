"""The PyTorch module: autograd, torch.compile, torch.func, and arrays written over only where nobody reads them."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gradwright.core.errors import Error
from gradwright.emit.emitter import load
from gradwright.emit.spell.blocks import Held
from tests.emit.shared import derive
from tests.emit.zoo import ZOO, arguments, derivation, truth

SMOOTHED = "((1 - e)*Y + (e/k)*rowsum(Y)*ones(k)').*log(softmax_rows(O))"
# torch.compile and torch.func call what torch itself has deprecated
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
REDUCTIONS = {"mean": f"-sum({SMOOTHED})/sum(Y)", "sum": f"-sum({SMOOTHED})", "none": f"-rowsum({SMOOTHED})"}


def module(name: str, outputs: tuple[str, ...] = ("value", "gradient"), labels: tuple[str, ...] = ()) -> ModuleType:
    return load(derivation(name).emit("torch", outputs, labels), f"torch_{name.replace('-', '_')}")


def tensors(name: str, seed: int = 0) -> dict[str, Any]:
    return {key: torch.tensor(value) for key, value in arguments(name, seed).items()}


@pytest.mark.parametrize("name", list(ZOO))
def test_backward_is_the_derived_gradient(name: str) -> None:
    made, values = module(name), tensors(name)
    wrt = ZOO[name][1]
    leaf = values[wrt].clone().requires_grad_()
    value = made.value(**{**values, wrt: leaf})
    right = truth(derivation(name), arguments(name))
    np.testing.assert_allclose(value.detach().numpy(), right[0], rtol=1e-10, atol=1e-12)
    weights = torch.arange(1.0, 1 + value.numel(), dtype=torch.float64).reshape(value.shape)
    (value * weights).sum().backward()
    expected = np.tensordot(weights.numpy(), right[1], value.ndim)
    np.testing.assert_allclose(leaf.grad.numpy(), expected, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("second", ["hvp", "hessian"])
@pytest.mark.parametrize("name", ["softmax", "logistic", "factorise"])
def test_twice_differentiable_where_the_hessian_is_there(name: str, second: str) -> None:
    made, values, wrt = module(name, ("value", "gradient", second)), tensors(name), ZOO[name][1]
    leaf = values[wrt].clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: made.value(**{**values, wrt: x}), (leaf,))
    assert torch.autograd.gradgradcheck(lambda x: made.value(**{**values, wrt: x}), (leaf,))


def test_twice_is_an_error_where_it_is_not() -> None:
    made, values = module("logistic"), tensors("logistic")
    leaf = values["w"].requires_grad_()
    (first,) = torch.autograd.grad(made.value(**values) + leaf @ leaf, leaf, create_graph=True)
    with pytest.raises(RuntimeError, match="was not derived"):
        first.sum().backward()
    with pytest.raises(RuntimeError, match="was not derived"):
        torch.func.jacrev(torch.func.grad(lambda w: made.value(**{**values, "w": w})))(leaf.detach())


def test_the_hessian_by_torch_func_is_the_derived_one() -> None:
    made, values = module("logistic", ("value", "gradient", "hvp")), tensors("logistic")
    hessian = torch.func.jacrev(torch.func.grad(lambda w: made.value(**{**values, "w": w})))(values["w"])
    right = derivation("logistic").compile("torch", ["hessian"])(**values)
    torch.testing.assert_close(hessian, right, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", ["softmax-logits", "logistic", "attention", "jacobian"])
def test_compiles_whole(name: str) -> None:
    made, values, wrt = module(name), tensors(name), ZOO[name][1]
    leaf = values[wrt].clone().requires_grad_()
    right = truth(derivation(name), arguments(name))
    torch._dynamo.reset()
    value = torch.compile(made.value, fullgraph=True, backend="aot_eager")(**{**values, wrt: leaf})
    value.sum().backward()
    expected = np.tensordot(np.ones(value.shape), right[1], value.ndim)
    np.testing.assert_allclose(leaf.grad.numpy(), expected, rtol=1e-9, atol=1e-11)
    pair = torch.compile(made.value_and_gradient, fullgraph=True, backend="aot_eager")(**values)
    np.testing.assert_allclose(pair[1].numpy(), right[1], rtol=1e-9, atol=1e-11)


def test_functional_transforms() -> None:
    made, values = module("softmax-logits"), tensors("softmax-logits")
    right = truth(derivation("softmax-logits"), arguments("softmax-logits"))[1]
    gradient = torch.func.grad(lambda o: made.value(O=o, Y=values["Y"]))
    np.testing.assert_allclose(gradient(values["O"]).numpy(), right, atol=1e-14)
    many = torch.func.vmap(gradient)(torch.stack([values["O"], values["O"] * 2]))
    np.testing.assert_allclose(many[0].numpy(), right, atol=1e-14)


@pytest.mark.parametrize("reduction", list(REDUCTIONS))
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("ignored", [-100, 2])
def test_drop_in_for_cross_entropy(reduction: str, smoothing: float, ignored: int) -> None:
    """Index labels, ignore_index, label_smoothing and reduction; a label below 0 is a row of zeros in Y."""
    made = derive(
        REDUCTIONS[reduction], "O", shapes={"O": ("n", "k"), "Y": ("n", "k"), "e": ()},
        given=["onehot_or_zero_rows(Y)"],
    )  # fmt: skip
    loss = load(made.emit("torch", labels=["Y"]), "cross_entropy").value
    torch.manual_seed(0)
    logits = torch.randn(7, 5, dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([0, ignored, 2, 4, ignored, 1, 3])
    ours = loss(O=logits, Y=torch.where(labels == ignored, -1, labels), e=smoothing)
    theirs = torch.nn.functional.cross_entropy(
        logits, labels, ignore_index=ignored, label_smoothing=smoothing, reduction=reduction
    )
    weights = torch.randn_like(theirs)
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-14)
    (a,) = torch.autograd.grad((ours * weights).sum(), logits)
    (b,) = torch.autograd.grad((theirs * weights).sum(), logits)
    torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-15)


def test_several_variables_in_one_pass() -> None:
    formula = "norm2(tanh(X*W)*V - Y)^2"
    shapes = {"X": ("n", "m"), "W": ("m", "k"), "V": ("k", "p"), "Y": ("n", "p")}
    text = derive(formula, "W", shapes=shapes).emit("torch", wrt=["W", "V"])
    assert text.count(".tanh_()") == 3  # once in each of the two functions, and for the value alone
    made = load(text, "several")
    values = {n: torch.randn(*({"n": 5, "m": 3, "k": 4, "p": 2}[d] for d in s)) for n, s in shapes.items()}
    for name in ("W", "V"):
        values[name].requires_grad_()
    right = torch.autograd.grad(((torch.tanh(values["X"] @ values["W"]) @ values["V"] - values["Y"]) ** 2).sum(),
                                [values["W"], values["V"]])  # fmt: skip
    for a, b in zip(torch.autograd.grad(made.value(**values), [values["W"], values["V"]]), right, strict=True):
        torch.testing.assert_close(a, b)
    with pytest.raises(ValueError, match="derived in W and V alone"):
        made.value(**{**values, "X": values["X"].requires_grad_()})
    with pytest.raises(Error, match="a Hessian is in one variable"):
        derive(formula, "W", shapes=shapes).emit("torch", ["hessian"], wrt=["W", "V"])
    with pytest.raises(Error, match="no variable Z"):
        derive(formula, "W", shapes=shapes).emit("torch", wrt=["Z"])


PARTS = ("X", "Y", "exp(X)", "X.*Y", "tanh(Y)", "X.^2", "s*X", "1./(1 + Y.^2)", "X + Y", "log(1 + exp(X))", "t*Y",
         "colsum(X)", "diag(rowsum(Y))*X", "-X", "sqrt(1 + X.^2)")  # fmt: skip


def _full(part: str) -> str:
    return "ones(n)*colsum(X)'" if part == "colsum(X)" else part


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(PARTS), min_size=2, max_size=4), st.lists(st.sampled_from(["+", "-", ".*"]), min_size=3)
)
def test_writing_over_changes_no_answer(parts: list[str], signs: list[str]) -> None:
    """Value and gradient of Σ tanh(random formula), which share arrays, against the evaluator."""
    body = f"({_full(parts[0])})"
    for part, sign in zip(parts[1:], signs, strict=False):
        body = f"({body} {sign} ({_full(part)}))"
    made = derive(f"sum(tanh({body}))", "X",
                     shapes={"X": ("n", "m"), "Y": ("n", "m"), "s": (), "t": ()})  # fmt: skip
    rng = np.random.default_rng(0)
    values: dict[str, Any] = {"X": rng.normal(size=(3, 2)), "Y": rng.normal(size=(3, 2)), "s": 0.7, "t": -1.3}
    needed = {name: values[name] for name in made.context.symbols}
    function = load(made.emit("torch"), "over")
    before = {name: torch.tensor(value, dtype=torch.float64) for name, value in needed.items()}
    given_ = {name: value.clone() for name, value in before.items()}
    import inspect

    names = inspect.signature(function.value_and_gradient).parameters
    if "X" not in names:  # it cancelled
        return
    value, gradient = function.value_and_gradient(**{n: given_[n] for n in names})
    right = truth(made, needed)
    np.testing.assert_allclose(value.numpy(), right[0], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(gradient.numpy(), right[1], rtol=1e-8, atol=1e-10)
    for name, value in before.items():  # an argument is never written over
        torch.testing.assert_close(given_[name], value, rtol=0, atol=0)


def test_errors_name_the_argument() -> None:
    made, values = module("logistic"), tensors("logistic")
    with pytest.raises(ValueError, match="w has shape"):
        made.value(**{**values, "w": torch.ones(7)})
    with pytest.raises(TypeError, match="y has dtype"):
        made.value(**{**values, "y": values["y"] + 0j})


def test_a_python_number_is_exact() -> None:
    made = derive("sum(e*x)", "x", shapes={"x": ("n",), "e": ()}).compile("torch")
    assert float(made(e=0.1, x=torch.ones(1, dtype=torch.float64))[0]) == 0.1


ACTIVATIONS = {
    "silu": ("Z.*sigmoid(Z)", "functional.silu(", "silu_"),
    "tanh": ("tanh(Z)", "tanh_()", "tanh_backward"),
    "relu": ("relu(Z)", "relu_()", "threshold_backward"),
}


@pytest.mark.parametrize("outer", ["sum({})", "sum(G.*({}))", "norm2(({})*V - Y)^2"])
@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_an_activation_is_one_operation_wherever_it_stands(name: str, outer: str) -> None:
    """Forwards and backwards, against the evaluator; found in the formula, not by what it is called."""
    body, forward, backward = ACTIVATIONS[name]
    shapes = {"X": ("n", "m"), "W": ("m", "k"), "G": ("n", "k"), "V": ("k", "p"), "Y": ("n", "p")}
    used = {s: d for s, d in shapes.items() if s in ("X", "W") or s in outer}
    made = derive(f"Z = X*W; {outer.format(body)}", "W", shapes=used)
    text = made.emit("torch")
    if outer != "sum({})" or name == "silu":  # the slope of a small one alone is a pass as it is
        assert forward in text
        assert backward in text
    rng = np.random.default_rng(0)
    values = {s: rng.normal(size=[{"n": 5, "m": 3, "k": 4, "p": 2}[d] for d in dims]) for s, dims in used.items()}
    right = truth(made, values)
    code = load(text, f"activation_{name}")
    given_ = {s: torch.tensor(v) for s, v in values.items()}
    value, gradient = code.value_and_gradient(**given_)
    np.testing.assert_allclose(value.numpy(), right[0], rtol=1e-12)
    np.testing.assert_allclose(gradient.numpy(), right[1], rtol=1e-10, atol=1e-12)
    leaf = given_["W"].clone().requires_grad_()
    many = torch.func.vmap(torch.func.grad(lambda w: code.value(**{**given_, "W": w})))(torch.stack([leaf, 2 * leaf]))
    (found,) = torch.autograd.grad(code.value(**{**given_, "W": leaf}), leaf)
    np.testing.assert_allclose(found.numpy(), right[1], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(many[0].detach().numpy(), right[1], rtol=1e-10, atol=1e-12)


def test_vmap_over_what_is_written_into_an_array() -> None:
    """In place where there is room; over the other operand alone there is none, and the answer is the same."""
    made = load(derive("sum(log(1 + exp(x)) - y.*x)", "x", shapes={"x": ("n",), "y": ("n",)})
                .emit("torch"), "placed")  # fmt: skip
    assert "_sub(" in made.__source__
    x, y = torch.randn(4, dtype=torch.float64), torch.rand(3, 4, dtype=torch.float64)
    many = torch.func.vmap(lambda part: made.value_and_gradient(x=x, y=part)[1])(y)
    torch.testing.assert_close(many, torch.sigmoid(x) - y)
    leaf = x.clone().requires_grad_()
    several = torch.autograd.grad(made.value(x=leaf, y=y[0]), leaf, torch.arange(1.0, 4.0, dtype=torch.float64),
                                  is_grads_batched=True)  # fmt: skip
    torch.testing.assert_close(several[0], torch.arange(1.0, 4.0)[:, None] * (torch.sigmoid(x) - y[0]))


def test_softmax_compiles_to_the_same_answers() -> None:
    """Under torch.compile labels are marked and maxima taken in other forms: with labels, and with rows of none."""
    made = derive(
        "-sum(Y.*log(softmax_rows(O)))/n",
        "O",
        shapes={"O": ("n", "k"), "Y": ("n", "k")},
        given=["onehot_or_zero_rows(Y)"],
    )
    function = made.compile("torch", labels=["Y"])
    logits = torch.randn(6, 5, dtype=torch.float64) * 30
    labels = torch.tensor([0, 4, -1, 2, 3, 1])
    torch._dynamo.reset()
    compiled = torch.compile(function, fullgraph=True, backend="aot_eager")
    for a, b in zip(compiled(O=logits, Y=labels), function(O=logits, Y=labels), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-15)


WIDE: dict[str, Any] = {"X": ("n", "d"), "W": ("d", "k"), "Y": ("n", "k"), "b": ("k",)}
HEADS: dict[str, Any] = {"Q": ("n", "d"), "K": ("m", "d"), "V": ("m", "p"), "G": ("n", "p")}
IN_BLOCKS: dict[str, tuple[str, list[str], list[str], list[str], dict[str, Any]]] = {
    "linear layer": ("-sum(Y.*log(softmax_rows(X*W)))/n", ["onehot_rows(Y)"], ["X", "W"], ["Y"], WIDE),
    "dense targets": ("-sum(Y.*log(softmax_rows(X*W)))/n", [], ["W"], [], WIDE),
    "bias": ("-sum(Y.*log(softmax_rows(X*W + ones(n)*b')))/n", ["onehot_rows(Y)"], ["b", "W"], ["Y"], WIDE),
    "attention": ("tr(G'*(softmax_rows(Q*K'/sqrt(d))*V))", [], ["Q", "K", "V"], [], HEADS),
    "log-sum-exp": ("sum(log(rowsum(exp(X*W))))^2", [], ["X"], [], WIDE),
}


@pytest.mark.parametrize("name", IN_BLOCKS)
def test_a_wide_product_is_held_a_block_of_rows_at_a_time(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradwright.emit.targets.torch.blocks._HELD", Held(1))
    formula, facts, wrt, labels, shapes = IN_BLOCKS[name]
    shapes = {symbol: shape for symbol, shape in shapes.items() if symbol in formula}
    made = derive(formula, wrt[0], shapes=shapes, given=facts)
    block = load(made.emit("torch", labels=labels, wrt=wrt), "torch_blocks")
    rng, sizes = np.random.default_rng(0), {"n": 35, "d": 3, "k": 5, "m": 6, "p": 2}
    given: dict[str, Any] = {symbol: rng.normal(size=[sizes[d] for d in shape]) for symbol, shape in shapes.items()}
    given |= {symbol: rng.integers(0, 5, 35) for symbol in labels}
    value, *gradients = load(made.emit("numpy", labels=labels, wrt=wrt), "numpy_whole").value_and_gradient(**given)
    values = {symbol: torch.tensor(array) for symbol, array in given.items()}

    def of(*points: Any) -> Any:
        return block.value(**{**values, **dict(zip(wrt, points, strict=True))})

    found = block.value_and_gradient(**values)
    for one, other in zip(found, (value, *gradients), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-13)
    points = [values[symbol].clone().requires_grad_() for symbol in wrt]
    (3 * of(*points)).backward()
    for point, gradient in zip(points, gradients, strict=True):
        np.testing.assert_allclose(point.grad, 3 * gradient, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(of(*(point.detach() for point in points)), value, rtol=1e-13)
    assert torch.autograd.gradcheck(of, points)
    rest = [values[symbol] for symbol in wrt[1:]]
    many = torch.func.vmap(torch.func.grad(lambda x: of(x, *rest)))(torch.stack([values[wrt[0]]] * 2))
    np.testing.assert_allclose(many[1], gradients[0], rtol=1e-11, atol=1e-13)
    (once,) = torch.autograd.grad(of(*points), points[:1], create_graph=True)
    with pytest.raises(RuntimeError, match="was not derived"):
        once.sum().backward()


def test_gradients_of_blocks_are_copied_by_no_one_and_changed_unseen_by_no_one() -> None:
    """What comes back is what was kept; written over, it is no gradient any more, and PyTorch says so."""
    made = derive("sum(log(rowsum(exp(X*W))))", "W", shapes={"X": ("n", "d"), "W": ("d", "k")})
    x, w = torch.rand(5, 3), torch.rand(3, 4, requires_grad=True)
    found = load(made.emit("torch"), "torch_alias").value(X=x, W=w)
    right = x.T @ torch.softmax(x @ w.detach(), dim=1)
    for times in (1, 2):
        found.backward(retain_graph=True)
        torch.testing.assert_close(w.grad, times * right)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        found.backward()


def test_blocks_of_rows_compile_without_a_break(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradwright.emit.targets.torch.blocks._HELD", Held(1))
    made, values = module("softmax"), tensors("softmax")
    values = {**values, "X": torch.cat([values["X"]] * 8), "Y": torch.cat([values["Y"]] * 8)}
    point = values["W"].clone().requires_grad_()
    torch.compile(made.value, fullgraph=True, backend="aot_eager")(**{**values, "W": point}).backward()
    np.testing.assert_allclose(point.grad, made.value_and_gradient(**values)[1], rtol=1e-12, atol=1e-14)


def test_the_gradient_is_computed_with_the_value_and_not_without() -> None:
    """What is kept for the way back is the gradient itself; where no gradient is wanted none is computed."""
    made, values = module("softmax"), tensors("softmax")
    wrt = ZOO["softmax"][1]
    values[wrt].requires_grad_()
    kept = made.value(**values).grad_fn
    while not hasattr(kept, "saved_tensors"):
        kept = kept.next_functions[0][0]
    largest = max(kept.saved_tensors, key=torch.Tensor.numel)
    assert largest.shape == values[wrt].shape
    with torch.no_grad():
        alone = made.value(**values)
    torch.testing.assert_close(alone, made.value(**values).detach(), rtol=0, atol=0)
    assert not alone.requires_grad


def test_backward_twice_gives_the_same_gradient() -> None:
    """What the forward pass keeps is not written over on the way back."""
    made, values = module("logistic"), tensors("logistic")
    leaf = values["w"].requires_grad_()
    value = made.value(**values)
    first, second = (torch.autograd.grad(value, leaf, retain_graph=True)[0] for _ in range(2))
    torch.testing.assert_close(first, second, rtol=0, atol=0)


def test_a_common_factor_is_multiplied_once() -> None:
    """p (g - p'g) of a softmax, not p g - p p'g; and p sums to one, so the entropy's gradient has no sum of its own."""
    text = derive("p = softmax(o); -sum(p.*log(p))", "o", shapes={"o": ("n",)}).emit("torch")
    pair = text[text.index("def value_and_gradient") : text.index("class _Last")]
    assert pair.count(" @ ") == 1
    assert pair.count("mul_(p)") == 1


@pytest.mark.parametrize("half", ["y", "x y"])
def test_under_autocast_a_loss_is_computed_and_answered_in_single_precision(half: str) -> None:
    """As PyTorch's own losses are; matrix products inside are not cast down."""
    made = load(derive("sum((A*x-y).^2)/n", "x", shapes={"y": ("n",)}).emit("torch"), "autocast")
    a, x, y = torch.randn(4, 3), torch.randn(3, requires_grad=True), torch.randn(4)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        given = [t.bfloat16() if name in half.split() else t for name, t in (("A", a), ("x", x), ("y", y))]
        value = made.value(*given)
    assert value.dtype is torch.float32
    value.backward()
    right = made.value(*(t.float() for t in given))
    torch.testing.assert_close(value, right)
    assert x.grad is not None
    assert x.grad.dtype is torch.float32


def test_the_bias_of_a_layer_is_read_at_the_labels_of_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradwright.emit.targets.torch.blocks._HELD", Held(1))
    made = derive(
        "-sum(Y.*log(softmax_rows(X*W'+ones(n)*c')))/n",
        "W",
        given=["onehot_rows(Y)"],
        shapes={"Y": ("n", "k"), "X": ("n", "h"), "W": ("k", "h"), "c": ("k",)},
    )
    x, w, c = torch.randn(40, 3), torch.randn(5, 3), torch.randn(5)
    labels = torch.randint(5, (40,))
    results = made.compile("torch", labels=["Y"], wrt=["W", "c"])(labels, x, w, c)
    leaves = [t.clone().requires_grad_() for t in (w, c)]
    value = torch.nn.functional.cross_entropy(torch.nn.functional.linear(x, *leaves), labels)
    for found, right in zip(results, [value, *torch.autograd.grad(value, leaves)], strict=True):
        torch.testing.assert_close(found, right)
