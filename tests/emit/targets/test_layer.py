"""Layers written as modules of PyTorch: how they begin, what they keep, and a transformer made of nothing else."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from gradwright.core.errors import Error
from gradwright.emit.emitter import load
from tests.emit.shared import derive
from tests.emit.zoo import derivation

torch = pytest.importorskip("torch")

LINEAR = "x*W'+ones(n)*c'", {"x": ("n", "d"), "W": ("k", "d"), "c": ("k",)}
NORMED = (
    "C = x - rowsum(x)*ones(d)'/d; s = sqrt(rowsum(C.^2)/d + e); tensor[i,j](C[i,j]/s[i]*g[j] + c[j])",
    {"x": ("n", "d"), "g": ("d",), "c": ("d",), "e": ()},
)
ATTENTION = "softmax_rows(q*k'/sqrt(d)+M)*v", {"q": ("n", "d"), "k": ("n", "d"), "v": ("n", "d"), "M": ("n", "n")}
GATED = "a.*sigmoid(a).*b", {"a": ("n", "h"), "b": ("n", "h")}
LOSS = "-sum(Y.*log(softmax_rows(O)))/n", {"Y": ("n", "k"), "O": ("n", "k")}


def _module(of: tuple[str, dict[str, Any]], wrt: Sequence[str], **options: Any) -> Any:
    formula, shapes = of
    given = ["positive(e)"] if "e" in shapes else []
    made = derive(formula, wrt[0], shapes=shapes, given=given)
    text = made.emit("torch", ["value", "pullback"], wrt=list(wrt), **options)
    return load(text, f"layer_{hashlib.sha256(text.encode()).hexdigest()[:16]}")


def test_a_module_begins_as_its_parameters_are_used() -> None:
    linear = _module(LINEAR, ["x", "W", "c"], module=["W", "c"]).Layer(d=9, k=4, dtype=torch.float64)
    assert linear.W.abs().max() <= 1 / 3
    assert linear.W.std() > 0.1
    assert not linear.c.any()
    normed = _module(NORMED, ["x", "g", "c"], module=["g", "c"]).Layer(d=9)
    assert torch.equal(normed.g, torch.ones(9))
    assert not normed.c.any()
    x = torch.randn(3, 9)
    right = torch.nn.functional.layer_norm(x, (9,), eps=1e-5)
    torch.testing.assert_close(normed(x=x, e=torch.tensor(1e-5)), right)
    assert {name for name, _ in linear.named_parameters()} == {"W", "c"}


def test_a_module_needs_what_it_is_to_learn() -> None:
    with pytest.raises(Error, match="c is no variable that is differentiated in"):
        _module(LINEAR, ["x", "W"], module=["W", "c"])
    with pytest.raises(Error, match="written for torch"):
        derive("sum(x.^2)", "x").emit("jax", module=["x"])


def _noted(kept: list[Any]) -> Any:
    """What is saved for the backward pass, noted."""
    return lambda x: kept.append(x) or x


@pytest.mark.parametrize("of", [LINEAR, NORMED, ATTENTION, GATED])
def test_what_is_kept_changes_no_gradient(of: tuple[str, dict[str, Any]]) -> None:
    wrt = [name for name in of[1] if name not in ("M", "e")]
    sizes = {"n": 4, "d": 3, "k": 5, "h": 6}
    found, held = [], []
    for keep in ("values", "arguments"):
        module, rng = _module(of, wrt, keep=keep), np.random.default_rng(0)
        given = {name: torch.tensor(rng.uniform(0.5, 1, [sizes[d] for d in shape])) for name, shape in of[1].items()}
        leaves = [given[name].requires_grad_() for name in wrt]
        kept: list[Any] = []
        with torch.autograd.graph.saved_tensors_hooks(_noted(kept), lambda x: x):
            value = module.value(**given)
        value.sum().backward()
        found.append([leaf.grad for leaf in leaves])
        held.append({x.data_ptr() for x in kept if x.numel()} - {x.data_ptr() for x in given.values()})
    for here, there in zip(*found, strict=True):
        torch.testing.assert_close(here, there)
    assert not held[1]
    assert held[0] or of is LINEAR


@pytest.mark.parametrize("target", ["numpy", "jax", "torch"])
@pytest.mark.parametrize("name", ["logistic", "clip", "gaussian", "batchnorm", "gelu"])
def test_bare_code_computes_the_same(name: str, target: str) -> None:
    from tests.emit.zoo import arguments, given_to

    made, values = derivation(name), given_to(target, arguments(name))
    if target == "jax":
        import jax.numpy as jnp

        values = {key: jnp.asarray(value) for key, value in values.items()}
    text = made.emit(target, bare=True)
    assert "_prepared" not in text
    found = load(text, f"bare_{target}").value_and_gradient(**values)
    for here, there in zip(found, made.compile("numpy")(**arguments(name)), strict=True):
        np.testing.assert_allclose(np.asarray(here), there, rtol=1e-9, atol=1e-11)


def test_a_linear_layer_multiplies_in_the_type_that_it_is_given() -> None:
    """As PyTorch's does; what computes more of its products than a sum computes in single precision."""
    generator = torch.Generator().manual_seed(0)
    x, w, c = (
        torch.randn(*shape, generator=generator).bfloat16().requires_grad_() for shape in ((9, 40), (7, 40), (7,))
    )
    cotangent = torch.randn(9, 7, generator=generator).bfloat16()
    linear = _module(LINEAR, ["x", "W", "c"])
    found = linear.value(x=x, W=w, c=c)
    assert found.dtype is torch.bfloat16
    assert linear._prepared(x=x, W=w, c=c)[1] is torch.bfloat16
    assert _module(GATED, ["a", "b"])._prepared(a=x, b=x)[1] is torch.float32
    right = torch.nn.functional.linear(x, w, c)
    torch.testing.assert_close(found, right, rtol=1e-2, atol=4e-2)
    made, expected = (torch.autograd.grad(out, [x, w, c], cotangent) for out in (found, right))
    torch.testing.assert_close(made, expected, rtol=1e-2, atol=4e-2)


def test_bare_code_is_mathematics_first() -> None:
    for target in ("numpy", "jax", "torch"):
        whole = derivation("logistic").emit(target)
        assert whole.index("def value_and_gradient") < whole.index("def _check")


class _Blocks(torch.nn.Module):
    """A transformer of two layers, by functions for each of its parts."""

    def __init__(self, parts: dict[str, Any], d: int, h: int, k: int) -> None:
        super().__init__()
        self.parts = parts
        generator = torch.Generator().manual_seed(0)
        shapes = [(d, d)] * 4 + [(h, d)] * 2 + [(d, h)]
        self.matrices = torch.nn.ParameterList(
            torch.nn.Parameter(torch.randn(*shape, generator=generator) / math.sqrt(shape[1])) for shape in shapes * 2
        )
        self.biases = torch.nn.ParameterList(torch.nn.Parameter(torch.zeros(shape[0])) for shape in shapes * 2)
        self.scales = torch.nn.ParameterList(torch.nn.Parameter(torch.ones(d)) for _ in range(5))
        self.shifts = torch.nn.ParameterList(torch.nn.Parameter(torch.zeros(d)) for _ in range(5))
        self.head = torch.nn.Parameter(torch.randn(k, d, generator=generator) / math.sqrt(d))
        self.last = torch.nn.Parameter(torch.zeros(k))

    def forward(self, x: Any, mask: Any, labels: Any) -> Any:
        linear, norm, attention, gated, loss = (self.parts[n] for n in ("linear", "norm", "attention", "gated", "loss"))
        for layer in range(2):
            weights = list(zip(self.matrices, self.biases, strict=True))[7 * layer : 7 * layer + 7]
            y = norm(x, self.scales[2 * layer], self.shifts[2 * layer])
            q, k, v = (linear(y, *weights[j]) for j in range(3))
            x = x + linear(attention(q, k, v, mask), *weights[3])
            y = norm(x, self.scales[2 * layer + 1], self.shifts[2 * layer + 1])
            x = x + linear(gated(linear(y, *weights[4]), linear(y, *weights[5])), *weights[6])
        return loss(linear(norm(x, self.scales[4], self.shifts[4]), self.head, self.last), labels)


def _by_torch() -> dict[str, Any]:
    f = torch.nn.functional
    return {
        "linear": f.linear,
        "norm": lambda x, g, c: f.layer_norm(x, x.shape[-1:], g, c, 1e-5),
        "attention": lambda q, k, v, m: f.scaled_dot_product_attention(q[None], k[None], v[None], m)[0],
        "gated": lambda a, b: f.silu(a) * b,
        "loss": f.cross_entropy,
    }


def _emitted() -> dict[str, Any]:
    loss = derive(LOSS[0], "O", shapes=LOSS[1], given=["onehot_rows(Y)"])
    cross = load(loss.emit("torch", labels=["Y"]), "layer_loss").value
    normed = _module(NORMED, ["x", "g", "c"]).value
    attention = _module(ATTENTION, ["q", "k", "v"]).value
    linear = _module(LINEAR, ["x", "W", "c"]).value
    return {
        "linear": lambda x, w, c: linear(x=x, W=w, c=c),
        "norm": lambda x, g, c: normed(x=x, g=g, c=c, e=1e-5),
        "attention": lambda q, k, v, m: attention(q=q, k=k, v=v, M=m),
        "gated": _module(GATED, ["a", "b"]).value,
        "loss": lambda o, y: cross(O=o, Y=y),
    }


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Matrices so small are no work for two threads, which would wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("one_thread")
def test_a_transformer_of_emitted_layers_trains_as_pytorchs_own_does() -> None:
    """Two layers, a hundred steps of Adam in single precision: the losses stay together."""
    n, d, h, k = 24, 16, 32, 11
    generator = torch.Generator().manual_seed(1)
    x, labels = torch.randn(n, d, generator=generator), torch.randint(0, k, (n,), generator=generator)
    mask = torch.full((n, n), -math.inf).triu(1)
    losses: list[list[float]] = []
    for parts in (_by_torch(), _emitted()):
        model = _Blocks(parts, d, h, k)
        optimiser = torch.optim.Adam(model.parameters(), lr=3e-4)
        run = []
        for _ in range(100):
            optimiser.zero_grad()
            value = model(x, mask, labels)
            value.backward()
            optimiser.step()
            run.append(float(value.detach()))
        losses.append(run)
    assert losses[0][-1] < 0.5 * losses[0][0]
    np.testing.assert_allclose(losses[1], losses[0], atol=1e-6, rtol=0)
