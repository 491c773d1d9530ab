"""Emitted code against the frameworks, side by side in one run.

    python benchmarks/emit.py softmax      softmax cross entropy: value and gradient, in milliseconds and ratios
    python benchmarks/emit.py hessian      Hessians against jax.hessian and torch.func.hessian

Rounds are interleaved and the median is taken; every library gets two threads; float32.
"""

from __future__ import annotations

import os

os.environ.setdefault("BENCH_THREADS", "2")
from clock import THREADS, Runs, measured  # isort: skip  (first: it sets the threads)

import sys
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.special
import torch

import gradwright as gw

torch.set_num_threads(THREADS)


def table(title: str, found: dict[str, float], base: str) -> None:
    print(f"\n{title}")
    for name, value in found.items():
        print(f"  {name:34s} {value:10.2f} ms   {value / found[base]:8.2f} x {base}")


def softmax_case(n: int, k: int, rounds: int) -> None:
    made = gw.derive(
        "-sum(Y.*log(softmax_rows(O)))/n", "O", shapes={"O": ("n", "k"), "Y": ("n", "k")}, given=["onehot_rows(Y)"]
    )
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(n, k)).astype(np.float32), rng.integers(0, k, n)
    out = np.empty_like(logits)
    native, plain = made.compile("native", labels=["Y"]), made.compile("numpy", labels=["Y"])
    ours = made.compile("torch", labels=["Y"])
    ours_jax = jax.jit(made.compile("jax", labels=["Y"]))
    t_logits, t_labels = torch.tensor(logits, requires_grad=True), torch.tensor(labels)
    still = t_logits.detach()
    j_logits, j_labels = jnp.asarray(logits), jnp.asarray(labels)

    def eager() -> Any:
        t_logits.grad = None
        loss = torch.nn.functional.cross_entropy(t_logits, t_labels)
        loss.backward()
        return loss

    def loss_jax(o: Any) -> Any:
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(o), j_labels[:, None], 1))

    def own_loss(o: Any, y: Any) -> Any:
        return torch.nn.functional.cross_entropy(o, y)

    def by_hand() -> Any:
        shifted = logits - logits.max(axis=1, keepdims=True)
        e = np.exp(shifted)
        total = e.sum(axis=1, keepdims=True)
        loss = np.mean(np.log(total[:, 0]) - shifted[np.arange(n), labels])
        gradient = e / total
        gradient[np.arange(n), labels] -= 1
        return loss, gradient / n

    def by_scipy() -> Any:
        logs = scipy.special.log_softmax(logits, axis=1)
        gradient = np.exp(logs)
        gradient[np.arange(n), labels] -= 1
        return -np.mean(logs[np.arange(n), labels]), gradient / n

    compiled_loss = torch.compile(own_loss)
    compiled_ours = torch.compile(ours)

    def compiled() -> Any:
        t_logits.grad = None
        loss = compiled_loss(t_logits, t_labels)
        loss.backward()
        return loss

    grad_jax = jax.jit(jax.value_and_grad(loss_jax))
    runs: Runs = {
        "native, out=": lambda: native(O=logits, Y=labels, out=out),
        "native": lambda: native(O=logits, Y=labels),
        "memory copy, out=": lambda: np.copyto(out, logits),
        "memory copy": lambda: logits.copy(),
        "emitted numpy": lambda: plain(O=logits, Y=labels),
        "numpy by hand": by_hand,
        "scipy.special.log_softmax": by_scipy,
        "emitted torch": lambda: ours(O=still, Y=t_labels),
        "torch eager": eager,
        "emitted torch, torch.compile": lambda: compiled_ours(O=still, Y=t_labels),
        "torch.compile": compiled,
        "emitted jax, jit": lambda: jax.block_until_ready(ours_jax(O=j_logits, Y=j_labels)),
        "jax.jit(value_and_grad)": lambda: jax.block_until_ready(grad_jax(j_logits)),
    }
    table(f"softmax cross entropy, {n} x {k}", measured(runs, 0, rounds, 0.05), "native, out=")


def hessians(rounds: int = 5) -> None:
    rng = np.random.default_rng(0)
    for n, m in ((1000, 50), (4000, 200)):
        x, w = rng.normal(size=(n, m)).astype(np.float32), rng.normal(size=m).astype(np.float32)
        y = np.sign(rng.normal(size=n)).astype(np.float32)
        made = gw.derive("sum(log(1 + exp(-y.*(X*w))))", "w", shapes={"X": ("n", "m"), "w": ("m",), "y": ("n",)})
        ours = made.compile("numpy", ["hessian"])
        jx, jy, tx, ty, tw = jnp.asarray(x), jnp.asarray(y), torch.tensor(x), torch.tensor(y), torch.tensor(w)
        by_jax = jax.jit(jax.hessian(lambda v, a=jx, b=jy: jnp.sum(jax.nn.softplus(-b * (a @ v)))))
        by_torch = torch.func.hessian(lambda v, a=tx, b=ty: torch.sum(torch.nn.functional.softplus(-b * (a @ v))))
        runs: Runs = {
            "emitted numpy": lambda f=ours, a=x, b=y, v=w: f(X=a, w=v, y=b),
            "jax.jit(jax.hessian)": lambda f=by_jax, v=w: jax.block_until_ready(f(v)),
            "torch.func.hessian": lambda f=by_torch, v=tw: f(v),
        }
        table(f"Hessian of logistic regression, {n} x {m}", measured(runs, 0, rounds, 0.05), "emitted numpy")
    for n, m, k in ((500, 20, 10), (1000, 40, 10)):
        x, w = rng.normal(size=(n, m)).astype(np.float32), rng.normal(size=(m, k)).astype(np.float32)
        labels = rng.integers(0, k, n)
        y = np.eye(k, dtype=np.float32)[labels]
        made = gw.derive(
            "-sum(Y.*log(softmax_rows(X*W)))", "W", given=["onehot_rows(Y)"],
            shapes={"X": ("n", "m"), "W": ("m", "k"), "Y": ("n", "k")},
        )  # fmt: skip
        ours = made.compile("numpy", ["hessian"])
        jx, jy, tx, ty, tw = jnp.asarray(x), jnp.asarray(y), torch.tensor(x), torch.tensor(y), torch.tensor(w)
        by_jax = jax.jit(jax.hessian(lambda v, a=jx, b=jy: -jnp.sum(b * jax.nn.log_softmax(a @ v))))
        by_torch = torch.func.hessian(lambda v, a=tx, b=ty: -torch.sum(b * torch.log_softmax(a @ v, 1)))
        import inspect

        given = {k_: v_ for k_, v_ in {"X": x, "W": w, "Y": y}.items() if k_ in inspect.signature(ours).parameters}
        runs = {
            "emitted numpy": lambda f=ours, g=given: f(**g),
            "jax.jit(jax.hessian)": lambda f=by_jax, v=w: jax.block_until_ready(f(v)),
            "torch.func.hessian": lambda f=by_torch, v=tw: f(v),
        }
        table(f"Hessian of softmax regression, {n} x {m} x {k}", measured(runs, 0, rounds, 0.05), "emitted numpy")


def main() -> None:
    what = sys.argv[1] if len(sys.argv) > 1 else "softmax"
    if what == "hessian":
        hessians()
    elif what == "softmax":
        for n, k, rounds in ((4096, 10, 30), (4096, 1000, 9), (1024, 32000, 5), (512, 128000, 3)):
            softmax_case(n, k, rounds)
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main()
