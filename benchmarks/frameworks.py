"""Emitted PyTorch and JAX code against the framework's own autodiff: the loss zoo, value and gradient, float32.

    python benchmarks/frameworks.py [torch] [compile] [jax] [-k NAME]

Each loss is written as a user of the framework writes it, with its fused kernels. Eager is compared with eager, compiled
with compiled. One thread and CPU time unless BENCH_THREADS says otherwise (then the wall clock).
"""

from __future__ import annotations

from clock import THREADS, Runs, keep_memory, measured, progress  # isort: skip  (first: it sets the threads)

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import torch
import torch.nn.functional as F

import gradwright as gw
from gradwright.emit.emitter import load

torch.set_num_threads(THREADS)
Loss = Callable[..., Any]


@dataclass(frozen=True)
class Case:
    """A loss: its formula, extents, facts, and how a user of each framework writes it."""

    formula: str
    wrt: str
    shapes: dict[str, str]
    sizes: dict[str, int]
    torch: Loss
    jax: Loss
    given: tuple[str, ...] = ()
    labels: str = ""
    exact: Loss | None = None
    """In PyTorch, with all the digits that emitted code has, where its own kernel loses them."""


def _gaussian(x: Any, m: Any, S: Any) -> Any:
    r = x - m
    return 0.5 * torch.logdet(S) + 0.5 * r @ torch.linalg.solve(S, r)


def _gaussian_jax(x: Any, m: Any, S: Any) -> Any:
    r = x - m
    return 0.5 * jnp.linalg.slogdet(S)[1] + 0.5 * r @ jnp.linalg.solve(S, r)


def _picked(logp: Any, y: Any) -> Any:
    return jnp.take_along_axis(logp, y[:, None], 1)


def _clip_torch(A: Any, B: Any, t: Any) -> Any:
    S, at = A @ B.T / t, torch.arange(A.shape[0])
    return 0.5 * (F.cross_entropy(S, at) + F.cross_entropy(S.T, at))


def _clip_jax(A: Any, B: Any, t: Any) -> Any:
    S = A @ B.T / t
    return -0.5 * (jnp.trace(jax.nn.log_softmax(S)) + jnp.trace(jax.nn.log_softmax(S.T))) / A.shape[0]


def _batchnorm(lib: Any) -> Loss:
    def loss(X: Any, G: Any, e: Any) -> Any:
        C = X - X.mean(0)
        return lib.sum(G * (C / lib.sqrt((C * C).mean(0) + e)))

    return loss


def _smoothed_jax(Y: Any, O: Any, e: Any) -> Any:
    logp = jax.nn.log_softmax(O)
    return -((1 - e) * jnp.mean(_picked(logp, Y)) + e * jnp.mean(logp))


def _distil(log_softmax: Any, lib: Any) -> Loss:
    def loss(A: Any, O: Any, t: Any) -> Any:
        logq = log_softmax(A / t, -1)
        return lib.sum(lib.exp(logq) * (logq - log_softmax(O / t, -1))) / A.shape[0]

    return loss


REGRESSION = {"X": "n m", "w": "m", "y": "n"}
WIDE = {"n": 200000, "m": 50}
LOGITS = {"O": "n k", "Y": "n k"}
LAYER = {"X": "n m", "W": "m k", "Y": "n k"}
CASES: dict[str, Case] = {
    "softmax 4096x10": Case(
        "-sum(Y.*log(softmax_rows(O)))/n", "O", LOGITS, {"n": 40960, "k": 10},
        lambda Y, O: F.cross_entropy(O, Y), lambda Y, O: -jnp.mean(_picked(jax.nn.log_softmax(O), Y)),
        ("onehot_rows(Y)",), "Y"),
    "softmax 4096x1000": Case(
        "-sum(Y.*log(softmax_rows(O)))/n", "O", LOGITS, {"n": 4096, "k": 1000},
        lambda Y, O: F.cross_entropy(O, Y), lambda Y, O: -jnp.mean(_picked(jax.nn.log_softmax(O), Y)),
        ("onehot_rows(Y)",), "Y"),
    "softmax 256x32000": Case(
        "-sum(Y.*log(softmax_rows(O)))/n", "O", LOGITS, {"n": 256, "k": 32000},
        lambda Y, O: F.cross_entropy(O, Y), lambda Y, O: -jnp.mean(_picked(jax.nn.log_softmax(O), Y)),
        ("onehot_rows(Y)",), "Y"),
    "label smoothing": Case(
        "-sum(((1 - e)*Y + e/k).*log(softmax_rows(O)))/n", "O", {**LOGITS, "e": ""}, {"n": 2048, "k": 1000},
        lambda Y, O, e: F.cross_entropy(O, Y, label_smoothing=0.1), _smoothed_jax, ("onehot_rows(Y)",), "Y"),
    "softmax layer": Case(
        "-sum(Y.*log(softmax_rows(X*W)))/n", "W", LAYER, {"n": 4096, "m": 64, "k": 1000},
        lambda Y, X, W: F.cross_entropy(X @ W, Y), lambda Y, X, W: -jnp.mean(_picked(jax.nn.log_softmax(X @ W), Y)),
        ("onehot_rows(Y)",), "Y"),
    "logistic": Case(
        "sum(log(1 + exp(-y.*(X*w))))/n", "w", REGRESSION, WIDE,
        lambda y, X, w: F.softplus(-y * (X @ w)).mean(), lambda y, X, w: jax.nn.softplus(-y * (X @ w)).mean()),
    "poisson": Case(
        "sum(exp(X*w/m) - y.*(X*w/m))/n", "w", REGRESSION, WIDE,
        lambda X, w, y: F.poisson_nll_loss(X @ w / X.shape[1], y),
        lambda X, w, y: jnp.mean(jnp.exp(X @ w / X.shape[1]) - y * (X @ w / X.shape[1]))),
    "squared hinge": Case(
        "sum(relu(1 - y.*(X*w)).^2)", "w", REGRESSION, WIDE,
        lambda y, X, w: torch.relu(1 - y * (X @ w)).square().sum(), lambda y, X, w: (jax.nn.relu(1 - y * (X @ w)) ** 2).sum()),
    "log-cosh": Case(
        "sum(log(cosh(X*w - y)))", "w", REGRESSION, WIDE,
        lambda X, w, y: torch.log(torch.cosh(X @ w - y)).sum(), lambda X, w, y: jnp.log(jnp.cosh(X @ w - y)).sum()),
    "pseudo-huber": Case(
        "sum(sqrt(1 + (x - y).^2) - 1)", "x", {"x": "n", "y": "n"}, {"n": 1000000},
        lambda x, y: (torch.sqrt(1 + (x - y) ** 2) - 1).sum(), lambda x, y: (jnp.sqrt(1 + (x - y) ** 2) - 1).sum()),
    "binary cross entropy": Case(
        "sum(softplus(x) - y.*x)/n", "x", {"x": "n", "y": "n"}, {"n": 1000000},
        lambda x, y: F.binary_cross_entropy_with_logits(x, y),
        lambda x, y: jnp.mean(jax.nn.softplus(x) - y * x)),
    "gaussian KL": Case(
        "0.5*sum(exp(V) + M.^2 - 1 - V)/n", "V", {"M": "n k", "V": "n k"}, {"n": 4096, "k": 256},
        lambda V, M: 0.5 * (V.exp() + M**2 - 1 - V).sum() / V.shape[0],
        lambda V, M: 0.5 * (jnp.exp(V) + M**2 - 1 - V).sum() / V.shape[0]),
    "entropy": Case(
        "p = softmax(o); -sum(p.*log(p))", "o", {"o": "n"}, {"n": 1000000},
        lambda o: -(torch.softmax(o, 0) * torch.log_softmax(o, 0)).sum(),
        lambda o: -(jax.nn.softmax(o) * jax.nn.log_softmax(o)).sum()),
    "distillation": Case(
        "Q = softmax_rows(A/t); sum(Q.*(log(Q) - log(softmax_rows(O/t))))/n", "O", {"A": "n k", "O": "n k", "t": ""},
        {"n": 2048, "k": 1000}, _distil(torch.log_softmax, torch),
        _distil(jax.nn.log_softmax, jnp), ("positive(t)",)),
    "clip": Case(
        "S = A*B'/t; -0.5*(tr(log(softmax_rows(S))) + tr(log(softmax_rows(S'))))/n", "A",
        {"A": "n m", "B": "n m", "t": ""}, {"n": 1024, "m": 128}, _clip_torch, _clip_jax, ("positive(t)",)),
    "infonce": Case(
        "log(exp(q'*k/t) + sum(exp(N*q/t))) - q'*k/t", "q", {"q": "n", "k": "n", "N": "m n", "t": ""},
        {"n": 128, "m": 20000},
        lambda q, k, t, N: torch.logsumexp(torch.cat([(q @ k / t)[None], N @ q / t]), 0) - q @ k / t,
        lambda q, k, t, N: jax.nn.logsumexp(jnp.concatenate([(q @ k / t)[None], N @ q / t])) - q @ k / t,
        ("positive(t)",)),
    "factorisation": Case(
        "norm2(X - U*V')^2", "U", {"X": "n m", "U": "n k", "V": "m k"}, {"n": 1000, "m": 1000, "k": 16},
        lambda X, U, V: ((X - U @ V.T) ** 2).sum(), lambda X, U, V: ((X - U @ V.T) ** 2).sum()),
    "relu net": Case(
        "0.5*norm2(relu(X*W)*V - Y)^2/n", "W", {"X": "n m", "W": "m k", "V": "k p", "Y": "n p"},
        {"n": 4096, "m": 64, "k": 256, "p": 10},
        lambda X, W, V, Y: 0.5 * ((torch.relu(X @ W) @ V - Y) ** 2).sum() / X.shape[0],
        lambda X, W, V, Y: 0.5 * ((jax.nn.relu(X @ W) @ V - Y) ** 2).sum() / X.shape[0]),
    "tanh net": Case(
        "0.5*norm2(tanh(X*W)*V - Y)^2/n", "W", {"X": "n m", "W": "m k", "V": "k p", "Y": "n p"},
        {"n": 4096, "m": 64, "k": 256, "p": 10},
        lambda X, W, V, Y: 0.5 * ((torch.tanh(X @ W) @ V - Y) ** 2).sum() / X.shape[0],
        lambda X, W, V, Y: 0.5 * ((jnp.tanh(X @ W) @ V - Y) ** 2).sum() / X.shape[0]),
    "gaussian": Case(
        "0.5*logdet(S) + 0.5*(x - m)'*inv(S)*(x - m)", "S", {"x": "n", "m": "n", "S": "n n"}, {"n": 300},
        _gaussian, _gaussian_jax, ("posdef(S)",)),
    "attention": Case(
        "sum(G.*(softmax_rows(Q*K'/sqrt(d))*V))", "Q", {"Q": "n d", "K": "m d", "V": "m p", "G": "n p"},
        {"n": 512, "m": 1024, "d": 64, "p": 64},
        lambda G, Q, K, V: (G * F.scaled_dot_product_attention(Q, K, V)).sum(),
        lambda G, Q, K, V: (G * (jax.nn.softmax(Q @ K.T / math.sqrt(Q.shape[1])) @ V)).sum()),
    "batch norm": Case(
        "C = X - ones(n)*colsum(X)'/n; s = sqrt(colsum(C.^2)/n + e); sum(G.*(C*diag(1./s)))", "X",
        {"X": "n m", "G": "n m", "e": ""}, {"n": 4096, "m": 256}, _batchnorm(torch), _batchnorm(jnp), ("positive(e)",)),
    "gelu": Case(
        "0.5*sum(x.*(1 + erf(x/sqrt(2))))", "x", {"x": "n"}, {"n": 1000000},
        lambda x: F.gelu(x).sum(), lambda x: jax.nn.gelu(x, approximate=False).sum(),
        exact=lambda x: (0.5 * x * torch.erfc(x * -math.sqrt(0.5))).sum()),
    "silu": Case(
        "sum(g.*x.*sigmoid(x))", "x", {"x": "n", "g": "n"}, {"n": 1000000},
        lambda g, x: (g * F.silu(x)).sum(), lambda g, x: (g * jax.nn.silu(x)).sum()),
    "cosine": Case(
        "1 - x'*y/(norm2(x)*norm2(y))", "x", {"x": "n", "y": "n"}, {"n": 2000000},
        lambda x, y: 1 - F.cosine_similarity(x, y, 0),
        lambda x, y: 1 - x @ y / (jnp.linalg.norm(x) * jnp.linalg.norm(y))),
}  # fmt: skip


def arguments(case: Case) -> dict[str, np.ndarray]:
    """Random values that fit the facts; a one-hot symbol as its labels."""
    rng = np.random.default_rng(0)
    found: dict[str, Any] = {}
    for name, shape in case.shapes.items():
        extents = tuple(case.sizes[d] for d in shape.split())
        value = rng.normal(size=extents).astype(np.float32)
        if name == case.labels:
            value = rng.integers(0, extents[1], extents[0])
        elif f"posdef({name})" in case.given:
            value = value @ value.T / extents[0] + np.eye(*extents, dtype=np.float32)
        elif f"positive({name})" in case.given or not extents:
            value = np.float32(0.1)
        found[name] = value
    return found


def contenders(case: Case, modes: list[str]) -> dict[str, Runs]:
    """For each mode: the framework's own, and the emitted code."""
    made = gw.derive(
        case.formula, case.wrt, shapes={n: tuple(s.split()) for n, s in case.shapes.items()}, given=case.given,
        certify=False,
    )  # fmt: skip
    labels = [case.labels] if case.labels else []
    values = arguments(case)
    found: dict[str, Runs] = {}
    if {"torch", "compile"} & set(modes):
        module = load(made.emit("torch", labels=labels), "bench_torch")
        given = {n: torch.as_tensor(v) for n, v in values.items()}
        leaf = given[case.wrt].requires_grad_()

        def trained(loss: Loss, names: list[str]) -> Callable[[], Any]:
            def run() -> Any:
                leaf.grad = None
                value = loss(*(given[n] for n in names))
                value.backward()
                return value, leaf.grad

            return run

        own, ours = names_of(case.torch), names_of(module.value)
        still = {n: v.detach() for n, v in given.items()}
        if "torch" in modes:
            found["torch"] = {
                "own": trained(case.torch, own),
                "emitted": trained(module.value, ours),
                "one pass": lambda: module.value_and_gradient(**{n: still[n] for n in ours}),
            }
            if case.exact is not None:
                found["torch"]["exact"] = trained(case.exact, names_of(case.exact))
        if "compile" in modes:
            whole = torch.compile(module.value_and_gradient, fullgraph=True)
            found["compile"] = {
                "own": trained(torch.compile(case.torch), own),
                "emitted": trained(torch.compile(module.value, fullgraph=True), ours),
                "one pass": lambda: whole(**{n: still[n] for n in ours}),
            }
    if "jax" in modes:
        jmodule = load(made.emit("jax", labels=labels), "bench_jax")
        arrays = {n: jnp.asarray(v) for n, v in values.items()}
        own, ours = names_of(case.jax), names_of(jmodule.value_and_gradient)
        theirs = jax.jit(jax.value_and_grad(case.jax, argnums=own.index(case.wrt)))
        emitted = jax.jit(jax.value_and_grad(jmodule.value, argnums=ours.index(case.wrt)))
        one = jax.jit(jmodule.value_and_gradient)
        found["jax"] = {
            "own": lambda: jax.block_until_ready(theirs(*(arrays[n] for n in own))),
            "emitted": lambda: jax.block_until_ready(emitted(*(arrays[n] for n in ours))),
            "one pass": lambda: jax.block_until_ready(one(*(arrays[n] for n in ours))),
        }
    return found


def names_of(function: Any) -> list[str]:
    import inspect

    return list(inspect.signature(function).parameters)


def agree(runs: Runs, name: str) -> None:
    """All contenders give the same value and gradient, or the benchmark is worth nothing."""
    value, gradient = (np.asarray(x.detach() if hasattr(x, "detach") else x) for x in runs["own"]())
    for other in ("emitted", "one pass"):
        found = [np.asarray(x.detach() if hasattr(x, "detach") else x) for x in runs[other]()]
        np.testing.assert_allclose(found[0], value, rtol=2e-3, err_msg=f"{name}, {other}")
        np.testing.assert_allclose(found[1], gradient, rtol=2e-2, atol=2e-3 * np.abs(gradient).max(), err_msg=name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modes", nargs="*", default=["torch", "compile", "jax"])
    parser.add_argument("-k", default="", help="the cases whose names have one of these in them, as in gelu,silu,net")
    parser.add_argument("--seconds", type=float, default=1.5)
    chosen = parser.parse_args()
    if "jax" not in chosen.modes:
        keep_memory()
    ratios: dict[str, list[float]] = {}
    print(f"{'own time / emitted time':24s}" + "".join(f"{m:>26s}" for m in chosen.modes))
    print(f"{'':24s}" + "".join(f"{'own ms':>10s}{'value':>8s}{'pair':>8s}" for _ in chosen.modes))
    for name, case in CASES.items():
        if not any(part in name for part in chosen.k.split(",")):
            continue
        line = f"{name:24s}"
        for mode in chosen.modes:
            progress(f"{name}, {mode}")
            torch._dynamo.reset()
            runs = contenders(case, [mode])[mode]
            agree(runs, name)
            taken = measured(runs, chosen.seconds, again=True)
            for key in ("emitted", "one pass"):
                ratios.setdefault(f"{mode} {key}", []).append(taken["own"] / taken[key])
            line += f"{taken['own']:10.2f}{taken['own'] / taken['emitted']:8.2f}{taken['own'] / taken['one pass']:8.2f}"
            if "exact" in taken:
                line += f"   own as exact: {taken['exact']:.2f} ms, {taken['exact'] / taken['emitted']:.2f} of emitted"
        print(line, flush=True)
    for key, found in ratios.items():
        print(
            f"{key:24s} geometric mean {math.exp(np.mean(np.log(found))):.2f}, least {min(found):.2f}, of {len(found)}"
        )


if __name__ == "__main__":
    main()
