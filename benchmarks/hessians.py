"""Emitted Hessians against jax.jit(jax.hessian) and torch.func.hessian, float32.

    python benchmarks/hessians.py [-k NAME] [--seconds S] [--products]

One thread and CPU time unless BENCH_THREADS says otherwise. ``--products`` times Hessian-vector products instead, with
forty times the rows, for they are that much less work. ``floor`` is the time of the largest product of matrices alone
that the answer needs, on arrays that are there: X'X (of which NumPy's BLAS computes half), V'V, and for the stacks of
matrices every pair of rows of X with every pair of classes, each once.
"""

from __future__ import annotations

from clock import THREADS, Runs, measured, progress  # isort: skip  (first: it sets the threads)

import argparse
import functools
import inspect
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import torch

import gradwright as gw

torch.set_num_threads(THREADS)
REGRESSION = {"X": "n m", "w": "m", "y": "n"}
LAYER = {"X": "n m", "W": "m k", "Y": "n k"}
FACTORS = {"X": "n m", "U": "n k", "V": "m k"}
AGAINST = {"numpy": "jax", "native": "jax", "jax": "jax", "torch": "torch"}
"""Which framework's own each target is held against."""
NET = {"X": "n m", "W": "m k", "v": "k", "y": "n"}


def pairs(extent: int) -> int:
    return extent * (extent + 1) // 2


CASES: dict[str, tuple[str, str, dict[str, str], tuple[str, ...], Any, Any, Any, list[dict[str, int]]]] = {
    "logistic regression": (
        "sum(log(1 + exp(-y.*(X*w))))", "w", REGRESSION, (),
        lambda X, w, y: jnp.sum(jax.nn.softplus(-y * (X @ w))),
        lambda X, w, y: torch.nn.functional.softplus(-y * (X @ w)).sum(),
        lambda n, m: (n, m, m),
        [{"n": 1000, "m": 50}, {"n": 4000, "m": 100}, {"n": 4000, "m": 400}]),
    "softmax regression": (
        "-sum(Y.*log(softmax_rows(X*W)))", "W", LAYER, ("onehot_rows(Y)",),
        lambda X, W, Y: -jnp.sum(Y * jax.nn.log_softmax(X @ W)),
        lambda X, W, Y: -torch.sum(Y * torch.log_softmax(X @ W, 1)),
        lambda n, m, k: (n, pairs(k), pairs(m)),
        [{"n": 300, "m": 10, "k": 5}, {"n": 1000, "m": 20, "k": 10}, {"n": 1000, "m": 50, "k": 10}]),
    "matrix factorisation": (
        "norm2(X - U*V')^2", "U", FACTORS, (),
        lambda X, U, V: jnp.sum((X - U @ V.T) ** 2), lambda X, U, V: ((X - U @ V.T) ** 2).sum(),
        lambda n, m, k: (m, k, k),
        [{"n": 20, "m": 50, "k": 5}, {"n": 50, "m": 200, "k": 8}, {"n": 100, "m": 300, "k": 10}]),
    "two-layer network": (
        "0.5*norm2(tanh(X*W)*v - y)^2", "W", NET, (),
        lambda X, W, v, y: 0.5 * jnp.sum((jnp.tanh(X @ W) @ v - y) ** 2),
        lambda X, W, v, y: 0.5 * ((torch.tanh(X @ W) @ v - y) ** 2).sum(),
        lambda n, m, k: (n, pairs(k), pairs(m)),
        [{"n": 200, "m": 10, "k": 5}, {"n": 1000, "m": 20, "k": 10}, {"n": 1000, "m": 40, "k": 15}]),
}  # fmt: skip


def arguments(shapes: dict[str, str], given: tuple[str, ...], sizes: dict[str, int]) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    found = {}
    for name, shape in shapes.items():
        value = rng.normal(size=tuple(sizes[d] for d in shape.split())).astype(np.float32)
        if name == "y":
            value = np.sign(value)
        if f"onehot_rows({name})" in given:
            value = np.eye(value.shape[1], dtype=np.float32)[rng.integers(0, value.shape[1], value.shape[0])]
        found[name] = value
    return found


def contenders(made: Any, case: Any, values: dict[str, np.ndarray], sizes: dict[str, int], products: bool) -> Runs:
    _, wrt, _, _, by_jax, by_torch, *_ = case
    jx, tx = {n: jnp.asarray(v) for n, v in values.items()}, {n: torch.tensor(v) for n, v in values.items()}
    v = np.random.default_rng(1).normal(size=values[wrt].shape).astype(np.float32)
    jv, tv = jnp.asarray(v), torch.tensor(v)
    what = "hvp" if products else "hessian"
    runs: Runs = {}
    for target, ready, direction in (
        ("numpy", values, v), ("native", values, v), ("jax", jx, jv), ("torch", tx, tv)
    ):  # fmt: skip
        function = made.compile(target, [what])
        names = [name for name in inspect.signature(function).parameters if name != "out"]
        given = [ready[n] if n in ready else sizes.get(n, direction) for n in names]
        if target == "jax":
            still = {n: x for n, x in zip(names, given, strict=True) if isinstance(x, int)}
            jitted = jax.jit(functools.partial(function, **still))
            moving = [x for x in given if not isinstance(x, int)]
            runs[target] = lambda f=jitted, g=moving: jax.block_until_ready(f(*g))
        else:
            runs[target] = lambda f=function, g=given: f(*g)
    place = list(inspect.signature(by_jax).parameters).index(wrt)
    args, targs = (
        [jx[n] for n in inspect.signature(by_jax).parameters],
        [tx[n] for n in inspect.signature(by_torch).parameters],
    )
    if products:

        def product(direction: Any, *a: Any) -> Any:
            return jax.jvp(
                lambda w: jax.grad(by_jax, place)(*a[:place], w, *a[place + 1 :]), (a[place],), (direction,)
            )[1]

        theirs = jax.jit(product)
        runs["jax own"] = lambda: jax.block_until_ready(theirs(jv, *args))
        gradient = torch.func.grad(by_torch, place)
        runs["torch own"] = lambda: torch.func.jvp(
            lambda w: gradient(*targs[:place], w, *targs[place + 1 :]), (targs[place],), (tv,))[1]  # fmt: skip
    else:
        theirs = jax.jit(jax.hessian(by_jax, place))
        runs["jax own"] = lambda: jax.block_until_ready(theirs(*args))
        other = torch.func.hessian(by_torch, place)
        runs["torch own"] = lambda: other(*targs)
    return runs


def floors(over: int, rows: int, columns: int) -> Runs:
    """A' B alone, for A (over, rows) and B (over, columns); with as many columns as rows it is A' A."""
    rng = np.random.default_rng(2)
    a = rng.normal(size=(over, rows)).astype(np.float32)
    both = (a,) if rows == columns else (a, rng.normal(size=(over, columns)).astype(np.float32))
    left, right = jnp.asarray(np.ascontiguousarray(a.T)), jnp.asarray(both[-1])  # as XLA has it fastest
    product = jax.jit(jnp.matmul)
    return {"floor numpy": lambda: a.T @ both[-1], "floor jax": lambda: jax.block_until_ready(product(left, right))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-k", default="", help="cases whose name has this in it")
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument("--products", action="store_true")
    chosen = parser.parse_args()
    ratios: dict[str, list[float]] = {target: [] for target in AGAINST}
    columns = "".join(f"{n:>9s}" for n in (*AGAINST, "jax own")) + f"{'torch own':>11s}"
    alone = "" if chosen.products else f"{'floor: numpy':>14s}{'jax':>7s}"
    print(f"{'ms':22s}{'size':>16s}{columns}{alone}   own / emitted: {'  '.join(AGAINST)}")
    for name, case in CASES.items():
        if chosen.k not in name:
            continue
        formula, wrt, shapes, given, *_ = case
        made = gw.derive(
            formula, wrt, shapes={n: tuple(s.split()) for n, s in shapes.items()}, given=given, certify=False
        )
        for sizes in case[-1]:
            progress(name)
            sizes = {d: extent * (40 if chosen.products and d == "n" else 1) for d, extent in sizes.items()}
            values = arguments(shapes, given, sizes)
            runs = contenders(made, case, values, sizes, chosen.products)
            right = np.asarray(runs["jax own"]())
            for other in (*AGAINST, "torch own"):
                np.testing.assert_allclose(np.asarray(runs[other]()), right, rtol=1e-2, atol=1e-3 * np.abs(right).max())
            runs |= {} if chosen.products else floors(*case[-2](*sizes.values()))
            taken = measured(runs, chosen.seconds)
            found = {target: taken[f"{own} own"] / taken[target] for target, own in AGAINST.items()}
            for target, ratio in found.items():
                ratios[target].append(ratio)
            size = " x ".join(str(extent) for extent in sizes.values())
            row = "".join(f"{taken[k]:9.2f}" for k in (*AGAINST, "jax own")) + f"{taken['torch own']:11.2f}"
            alone = "" if chosen.products else f"{taken['floor numpy']:14.2f}{taken['floor jax']:7.2f}"
            print(f"{name:22s}{size:>16s}{row}{alone}   " + "".join(f"{r:8.1f}" for r in found.values()), flush=True)
    for target, all_ in ratios.items():
        title = f"{target} over {AGAINST[target]}"
        print(f"{title:18s} geometric mean {math.exp(np.mean(np.log(all_))):.1f}, least {min(all_):.1f}")


if __name__ == "__main__":
    main()
