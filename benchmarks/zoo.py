"""The loss zoo: value and gradient by native code, against PyTorch and JAX, side by side in one run.

    python benchmarks/zoo.py [--rounds 7] [--only NAME] [--threads 2] [--cpu]

Each loss is the project's own wording of a common one, at a size where the work takes a millisecond or more; the
frameworks get the stable wording a practitioner uses. float32, the same number of threads each, rounds interleaved,
medians. The floor is the matrix products alone or moving every argument and the gradient once (half read, half written),
whichever takes longer. On a shared machine ``--threads 1 --cpu`` measures processor time on one thread, which neighbours disturb least.
"""

from __future__ import annotations

import os
import sys

if "--threads" in sys.argv:
    os.environ["BENCH_THREADS"] = sys.argv[sys.argv.index("--threads") + 1]
os.environ.setdefault("BENCH_THREADS", "2")
from clock import THREADS, measured  # isort: skip  (first: it sets the threads)

import argparse
import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import torch

import gradwright as gw

torch.set_num_threads(THREADS)


class TorchOps:
    """What the losses are written with, in PyTorch."""

    softplus = staticmethod(torch.nn.functional.softplus)
    sigmoid, tanh, exp, log, erf, sqrt, abs = (
        torch.sigmoid, torch.tanh, torch.exp, torch.log, torch.erf, torch.sqrt, torch.abs,
    )  # fmt: skip
    relu, minimum, maximum = torch.relu, torch.minimum, torch.maximum
    logdet = staticmethod(torch.logdet)
    solve = staticmethod(torch.linalg.solve)

    @staticmethod
    def log_softmax(a: Any, axis: int) -> Any:
        return torch.log_softmax(a, axis)

    @staticmethod
    def logsumexp(a: Any) -> Any:
        return torch.logsumexp(a, 0)

    @staticmethod
    def diag(a: Any) -> Any:
        return torch.diagonal(a)


class JaxOps:
    """The same in JAX."""

    softplus, sigmoid, relu = jax.nn.softplus, jax.nn.sigmoid, jax.nn.relu
    tanh, exp, log, sqrt, abs = jnp.tanh, jnp.exp, jnp.log, jnp.sqrt, jnp.abs
    erf = staticmethod(jax.scipy.special.erf)
    minimum, maximum = jnp.minimum, jnp.maximum
    solve = staticmethod(jnp.linalg.solve)
    diag = staticmethod(jnp.diagonal)

    @staticmethod
    def logdet(a: Any) -> Any:
        return jnp.linalg.slogdet(a)[1]

    @staticmethod
    def log_softmax(a: Any, axis: int) -> Any:
        return jax.nn.log_softmax(a, axis)

    @staticmethod
    def logsumexp(a: Any) -> Any:
        return jax.scipy.special.logsumexp(a)


@dataclass(frozen=True)
class Loss:
    """A formula in the text language, the same as a function over ``TorchOps`` or ``JaxOps``, and its sizes."""

    formula: str
    wrt: str
    shapes: dict[str, tuple[str, ...]]
    sizes: dict[str, int]
    loss: Callable[..., Any]
    given: tuple[str, ...] = ()
    positive: tuple[str, ...] = field(default=())
    products: str = ""  # the matrix products that nothing can spare, "nmk" for n × m times m × k


ROWS = {"X": ("n", "m"), "w": ("m",), "y": ("n",)}
TALL = {"n": 40000, "m": 100}
LOSSES = {
    "logistic": Loss("sum(log(1 + exp(-y.*(X*w))))/n", "w", ROWS, TALL,
                     lambda o, X, w, y: o.softplus(-y * (X @ w)).mean()),
    "squared hinge": Loss("sum(relu(1 - y.*(X*w)).^2)/n", "w", ROWS, TALL,
                          lambda o, X, w, y: (o.relu(1 - y * (X @ w)) ** 2).mean()),
    "huber": Loss("r = X*w - y; q = min(abs(r), c); (0.5*sum(q.^2) + c*sum(abs(r) - q))/n", "w", ROWS | {"c": ()}, TALL,
                  lambda o, X, w, y, c: (0.5 * o.minimum(o.abs(X @ w - y), c) ** 2
                                         + c * (o.abs(X @ w - y) - o.minimum(o.abs(X @ w - y), c))).mean(),
                  ("positive(c)",), ("c",)),
    "log cosh": Loss("sum(log(cosh(X*w - y)))/n", "w", ROWS, TALL,
                     lambda o, X, w, y: (o.abs(X @ w - y) + o.softplus(-2 * o.abs(X @ w - y)) - math.log(2)).mean()),
    "Poisson": Loss("sum(exp(X*w) - y.*(X*w))/n", "w", ROWS, TALL,
                    lambda o, X, w, y: (o.exp(X @ w) - y * (X @ w)).mean()),
    "Student t": Loss("0.5*(v + 1)*sum(log(1 + (X*w - y).^2/v))/n", "w", ROWS | {"v": ()}, TALL,
                      lambda o, X, w, y, v: 0.5 * (v + 1) * o.log(1 + (X @ w - y) ** 2 / v).mean(),
                      ("positive(v)",), ("v",)),
    "focal": Loss("p = sigmoid(X*w); -sum((1 - p).^2.*log(p))/n", "w", {"X": ("n", "m"), "w": ("m",)}, TALL,
                  lambda o, X, w: (o.sigmoid(-(X @ w)) ** 2 * o.softplus(-(X @ w))).mean()),
    "least squares": Loss("norm2(X*w - y)^2/n", "w", ROWS, TALL, lambda o, X, w, y: ((X @ w - y) ** 2).mean()),
    "softmax regression": Loss("-sum(Y.*log(softmax_rows(X*W)))/n", "W",
                               {"X": ("n", "m"), "W": ("m", "k"), "Y": ("n", "k")}, {"n": 20000, "m": 64, "k": 100},
                               lambda o, X, W, Y: -(Y * o.log_softmax(X @ W, 1)).sum() / X.shape[0], ("onehot_rows(Y)",), products="nmk mnk"),
    "InfoNCE": Loss("-tr(log(softmax_rows(A*B'/t)))/n", "A", {"A": ("n", "m"), "B": ("n", "m"), "t": ()},
                    {"n": 2048, "m": 64}, lambda o, A, B, t: -o.diag(o.log_softmax(A @ B.T / t, 1)).mean(),
                    ("positive(t)",), ("t",), products="nmn nnm"),
    "CLIP": Loss("S = A*B'/t; -0.5*(tr(log(softmax_rows(S))) + tr(log(softmax_rows(S'))))/n", "A",
                 {"A": ("n", "m"), "B": ("n", "m"), "t": ()}, {"n": 2048, "m": 64},
                 lambda o, A, B, t: -0.5 * (o.diag(o.log_softmax(A @ B.T / t, 1)).mean()
                                            + o.diag(o.log_softmax(A @ B.T / t, 0)).mean()), ("positive(t)",), ("t",), products="nmn nnm"),
    "entropy of logits": Loss("p = softmax(o); -sum(p.*log(p))", "o", {"o": ("n",)}, {"n": 4_000_000},
                              lambda ops, o: -(o_exp(ops, o) * ops.log_softmax(o, 0)).sum()),
    "dice": Loss("p = sigmoid(o); 1 - 2*(y'*p)/(sum(y) + sum(p))", "o", {"o": ("n",), "y": ("n",)}, {"n": 4_000_000},
                 lambda ops, o, y: 1 - 2 * (y * ops.sigmoid(o)).sum() / (y.sum() + ops.sigmoid(o).sum()), (), ("y",)),
    "Gaussian KL": Loss("0.5*sum(exp(s) + m.^2 - 1 - s)", "s", {"m": ("n",), "s": ("n",)}, {"n": 4_000_000},
                        lambda o, m, s: 0.5 * (o.exp(s) + m**2 - 1 - s).sum()),
    "swish": Loss("sum(x.*sigmoid(a*x))", "x", {"x": ("n",), "a": ()}, {"n": 4_000_000},
                  lambda o, x, a: (x * o.sigmoid(a * x)).sum()),
    "GELU": Loss("0.5*sum(x.*(1 + erf(x/sqrt(2))))", "x", {"x": ("n",)}, {"n": 4_000_000},
                 lambda o, x: 0.5 * (x * (1 + o.erf(x / math.sqrt(2)))).sum()),
    "RMS norm": Loss("sum(G.*(diag(1./sqrt(rowsum(X.^2)/m + e))*X))", "X", {"X": ("n", "m"), "G": ("n", "m"), "e": ()},
                     {"n": 4096, "m": 1024},
                     lambda o, X, G, e: (G * X / o.sqrt((X**2).mean(1, keepdims=True) + e)).sum(), ("positive(e)",), ("e",)),
    "batch norm": Loss("C = X - ones(n)*colsum(X)'/n; s = sqrt(colsum(C.^2)/n + e); sum(G.*(C*diag(1./s)))", "X",
                       {"X": ("n", "m"), "G": ("n", "m"), "e": ()}, {"n": 8192, "m": 512},
                       lambda o, X, G, e: (G * (X - X.mean(0)) / o.sqrt(((X - X.mean(0)) ** 2).mean(0) + e)).sum(),
                       ("positive(e)",), ("e",)),
    "factorisation": Loss("norm2(X - U*V')^2", "U", {"X": ("n", "m"), "U": ("n", "k"), "V": ("m", "k")},
                          {"n": 2000, "m": 2000, "k": 20}, lambda o, X, U, V: ((X - U @ V.T) ** 2).sum(), products="nkm nmk"),
    "Itakura-Saito NMF": Loss("sum(X./(W*H) - log(X./(W*H)) - 1)", "H", {"X": ("n", "m"), "W": ("n", "k"), "H": ("k", "m")},
                              {"n": 2000, "m": 2000, "k": 20},
                              lambda o, X, W, H: (X / (W @ H) - o.log(X / (W @ H)) - 1).sum(),
                              ("positive(X)", "positive(W)", "positive(H)"), ("X", "W", "H"), products="nkm knm"),
    "two layers": Loss("0.5*norm2(relu(X*W)*V - Y)^2/n", "W",
                       {"X": ("n", "m"), "W": ("m", "k"), "V": ("k", "p"), "Y": ("n", "p")},
                       {"n": 10000, "m": 64, "k": 128, "p": 10},
                       lambda o, X, W, V, Y: 0.5 * ((o.relu(X @ W) @ V - Y) ** 2).sum() / X.shape[0], products="nmk nkp npk mnk"),
    "attention": Loss("tr(G'*(softmax_rows(Q*K'/sqrt(d))*V))", "Q",
                      {"Q": ("n", "d"), "K": ("m", "d"), "V": ("m", "p"), "G": ("n", "p")},
                      {"n": 2048, "d": 64, "m": 2048, "p": 64},
                      lambda o, Q, K, V, G: (G * (o.exp(o.log_softmax(Q @ K.T / math.sqrt(Q.shape[1]), 1)) @ V)).sum(), products="ndm nmp npm nmd"),
    "Sinkhorn dual": Loss("a'*u + b'*v - sum(exp(u*ones(m)' + ones(n)*v' - C))", "u",
                          {"a": ("n",), "u": ("n",), "b": ("m",), "v": ("m",), "C": ("n", "m")}, {"n": 2048, "m": 2048},
                          lambda o, a, u, b, v, C: a @ u + b @ v - o.exp(u[:, None] + v[None, :] - C).sum()),
    "optimal design": Loss("-logdet(A'*diag(w)*A)", "w", {"A": ("n", "m"), "w": ("n",)}, {"n": 20000, "m": 100},
                           lambda o, A, w: -o.logdet(A.T @ (w[:, None] * A)), ("positive(w)",), ("w",), products="mnm nmm"),
    "Gaussian mean": Loss("0.5*(x - m)'*inv(S)*(x - m)", "m", {"x": ("n",), "m": ("n",), "S": ("n", "n")}, {"n": 800},
                          lambda o, x, m, S: 0.5 * (x - m) @ o.solve(S, x - m), ("posdef(S)",)),
}  # fmt: skip


def o_exp(ops: Any, o: Any) -> Any:
    return ops.exp(ops.log_softmax(o, 0))


def arguments(loss: Loss) -> dict[str, Any]:
    """Random values that fit the formula's facts."""
    rng = np.random.default_rng(0)
    values: dict[str, Any] = {}
    for name, shape in loss.shapes.items():
        extents = tuple(loss.sizes[d] for d in shape)
        value = rng.normal(size=extents).astype(np.float32) * np.float32(1 / math.sqrt(extents[-1]) if extents else 1)
        if f"onehot_rows({name})" in loss.given:
            value = np.eye(extents[1], dtype=np.float32)[rng.integers(0, extents[1], extents[0])]
        elif f"posdef({name})" in loss.given:
            value = value @ value.T + np.eye(extents[0], dtype=np.float32)
        elif name in loss.positive:
            value = np.abs(value) + np.float32(0.5)
        values[name] = np.asarray(value, dtype=np.float32)
    return values


def contenders(loss: Loss) -> dict[str, Callable[[], Any]]:
    torch._dynamo.reset()
    values = arguments(loss)
    made = gw.derive(loss.formula, loss.wrt, shapes=loss.shapes, given=loss.given, certify=False)
    native = made.compile("native")
    out = np.empty_like(values[loss.wrt])
    tensors = {n: torch.tensor(v) for n, v in values.items()}
    tensors[loss.wrt].requires_grad_()
    others = {n: jnp.asarray(v) for n, v in values.items() if n != loss.wrt}
    point = jnp.asarray(values[loss.wrt])
    by_jax = jax.jit(jax.value_and_grad(lambda x, rest: loss.loss(JaxOps, **rest, **{loss.wrt: x})))

    def by_torch(function: Callable[..., Any]) -> Callable[[], Any]:
        def run() -> Any:
            tensors[loss.wrt].grad = None
            value = function(tensors)
            value.backward()
            return value

        return run

    def written(given: dict[str, Any]) -> Any:
        return loss.loss(TorchOps, **given)

    return {
        "native": lambda: native(**values, out=out),
        "torch eager": by_torch(written),
        "torch.compile": by_torch(torch.compile(written)),
        "jax.jit": lambda: jax.block_until_ready(by_jax(point, others)),
    }


def floors(loss: Loss) -> dict[str, Callable[[], Any]]:
    """What nobody can spare: the matrix products, and moving every argument and the gradient once."""
    values = arguments(loss)
    moved = (
        sum(v.nbytes for v in values.values()) + values[loss.wrt].nbytes
    ) // 8  # a copy reads a half, writes a half
    here, there = torch.zeros(moved), torch.zeros(moved)
    rng = np.random.default_rng(0)
    pairs = []
    for a, b, c in loss.products.split():
        n, m, k = (loss.sizes[d] for d in (a, b, c))
        left, right = (rng.normal(size=s).astype(np.float32) for s in ((n, m), (m, k)))
        pairs.append((left, right, np.empty((n, k), dtype=np.float32)))
    return {
        "copy": lambda: there.copy_(here),
        "products": lambda: [np.matmul(left, right, out=out) for left, right, out in pairs],
    }


def truth(loss: Loss) -> float:
    """The value in double precision, by PyTorch."""
    given = {n: torch.tensor(v, dtype=torch.float64) for n, v in arguments(loss).items()}
    return float(loss.loss(TorchOps, **given))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default="", help="losses whose name holds this")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--cpu", action="store_true", help="processor time instead of wall time")
    options = parser.parse_args()
    clock = time.process_time if options.cpu else time.perf_counter
    names = ("native", "torch eager", "torch.compile", "jax.jit")
    heads = (*names, "copy", "products", "best/native", "native/floor", "first call, s")
    print(f"{'ms':20s}" + "".join(f"{n:>14s}" for n in heads))
    ratios, over = [], []
    for name, loss in LOSSES.items():
        if options.only not in name:
            continue
        runs = contenders(loss)
        start = time.perf_counter()
        value, _ = runs["native"]()
        first = time.perf_counter() - start
        right = truth(loss)
        if not math.isclose(float(value), right, rel_tol=1e-4, abs_tol=1e-5):
            raise SystemExit(f"{name}: native {float(value)}, in double {right}")
        found = measured(runs | floors(loss), 0, options.rounds, 0.2, clock)  # OpenBLAS's threads take long to sleep
        ratios.append(min(found[n] for n in names[1:]) / found["native"])
        over.append(found["native"] / max(found["copy"], found["products"]))
        row = "".join(f"{found[n]:14.2f}" for n in (*names, "copy", "products"))
        print(f"{name:20s}{row}{ratios[-1]:14.2f}{over[-1]:14.2f}{first:14.2f}", flush=True)
    print(f"geometric mean {statistics.geometric_mean(ratios):.2f}, least {min(ratios):.2f}, {len(ratios)} losses")
    print(f"native over its floor: geometric mean {statistics.geometric_mean(over):.2f}; the floor alone would be "
          f"{statistics.geometric_mean(r * o for r, o in zip(ratios, over, strict=True)):.2f} times as fast as the best")  # fmt: skip


if __name__ == "__main__":
    main()
