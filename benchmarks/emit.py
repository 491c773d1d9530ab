"""Emitted code against the frameworks, side by side in one run.

    python benchmarks/emit.py softmax      softmax cross entropy: value and gradient, in milliseconds and ratios

Rounds are interleaved and the median is taken; every library gets two threads; float32.
"""

from __future__ import annotations

import os

os.environ.setdefault("BENCH_THREADS", "2")
from clock import THREADS, Runs, measured  # isort: skip  (first: it sets the threads)

import ctypes
import sys
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.special
import torch

import gradwright as gw
from gradwright.emit.toolchain import loaded

torch.set_num_threads(THREADS)
BY_HAND = """
#include <math.h>
#include <stddef.h>
#include <stdint.h>

float by_hand(ptrdiff_t n, ptrdiff_t k, const float *restrict logits, const int64_t *restrict labels,
    float *restrict gradient)
{
    double loss = 0;
#ifdef _OPENMP
#pragma omp parallel for schedule(static) reduction(+:loss) if(n * k >= 131072)
#endif
    for (ptrdiff_t i = 0; i < n; i++) {
        const float *row = logits + i * k;
        float *found = gradient + i * k;
        float top = -INFINITY, total = 0;
#pragma omp simd reduction(max:top)
        for (ptrdiff_t j = 0; j < k; j++) top = row[j] > top ? row[j] : top;
#pragma omp simd reduction(+:total)
        for (ptrdiff_t j = 0; j < k; j++) {
            found[j] = expf(row[j] - top);
            total += found[j];
        }
        loss += logf(total) + top - row[labels[i]];
        const float scale = 1 / (total * n);
#pragma omp simd
        for (ptrdiff_t j = 0; j < k; j++) found[j] *= scale;
        found[labels[i]] -= 1.0f / n;
    }
    return loss / n;
}
"""
"""The loop that a person writes, built by the same command; with -ffast-math the compiler's exponential is for vectors."""


def in_c(logits: Any, labels: Any, out: Any, *options: str) -> Any:
    """It as a function without arguments."""
    function = loaded(BY_HAND, options).by_hand
    function.restype, function.argtypes = ctypes.c_float, [ctypes.c_ssize_t] * 2 + [ctypes.c_void_p] * 3
    given = (*logits.shape, logits.ctypes.data, labels.ctypes.data, out.ctypes.data)
    return lambda: function(*given)


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
    by_c = made.compile("c", labels=["Y"])
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
        "emitted C, out=": lambda: by_c(O=logits, Y=labels, out=out),
        "C by hand": in_c(logits, labels, out),
        "C by hand, -ffast-math": in_c(logits, labels, out, "-ffast-math"),
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


def main() -> None:
    what = sys.argv[1] if len(sys.argv) > 1 else "softmax"
    if what == "softmax":
        for n, k, rounds in ((4096, 10, 30), (4096, 1000, 9), (1024, 32000, 5), (512, 128000, 3)):
            softmax_case(n, k, rounds)
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main()
