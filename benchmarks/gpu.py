"""Softmax cross entropy on a CUDA device: emitted PyTorch and JAX code against the frameworks' own, and Liger-Kernel;
then with the linear layer before it, where memory is what counts.

    python benchmarks/gpu.py [--dtype float32|bfloat16] [--rounds 30]

Needs a CUDA build of torch, of JAX, or both; what is not there is said and left out. Times are medians of interleaved
rounds, waited for on the device; memory is PyTorch's peak above what the arguments take.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import gradwright as gw
from gradwright.emit.emitter import load

SIZES = ((4096, 1000), (4096, 32000), (4096, 128000))
LAYER = (4096, 512, 32000)


def emitted(target: str) -> Any:
    """The module for softmax cross entropy with index labels."""
    made = gw.derive(
        "-sum(Y.*log(softmax_rows(O)))/n", "O", shapes={"O": ("n", "k"), "Y": ("n", "k")}, given=["onehot_rows(Y)"]
    )
    return load(made.emit(target, labels=["Y"]), f"gpu_{target}")


def linear() -> Any:
    """The PyTorch module for a linear layer and cross entropy, with both gradients."""
    made = gw.derive(
        "-sum(Y.*log(softmax_rows(X*W)))/n", "W", given=["onehot_rows(Y)"],
        shapes={"X": ("n", "d"), "W": ("d", "k"), "Y": ("n", "k")},
    )  # fmt: skip
    return load(made.emit("torch", labels=["Y"], wrt=["X", "W"]), "gpu_linear")


def medians(runs: dict[str, Callable[[], Any]], wait: Callable[[Any], Any], rounds: int) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(rounds + 3):
        for name, run in runs.items():
            wait(None)
            start = time.perf_counter()
            wait(run())
            if turn >= 3:
                times[name].append(1000 * (time.perf_counter() - start))
    return {name: sorted(taken)[len(taken) // 2] for name, taken in times.items()}


def by_torch(rows: int, classes: int, dtype: str, rounds: int) -> None:
    import torch
    import torch.nn.functional as F

    module = emitted("torch")
    logits = torch.randn(rows, classes, device="cuda", dtype=getattr(torch, dtype)).requires_grad_()
    labels = torch.randint(0, classes, (rows,), device="cuda")

    def trained(loss: Callable[[], Any]) -> Callable[[], Any]:
        return lambda: loss().backward()

    whole, own = torch.compile(module.value, fullgraph=True), torch.compile(F.cross_entropy)
    runs = {
        "torch": trained(lambda: F.cross_entropy(logits, labels)),
        "emitted torch": trained(lambda: module.value(O=logits, Y=labels)),
        "emitted torch, one pass": lambda: module.value_and_gradient(O=logits.detach(), Y=labels),
        "torch.compile": trained(lambda: own(logits, labels)),
        "emitted torch, torch.compile": trained(lambda: whole(O=logits, Y=labels)),
    }
    try:
        from liger_kernel.transformers import LigerCrossEntropyLoss

        liger = LigerCrossEntropyLoss()
        runs["Liger-Kernel"] = trained(lambda: liger(logits * 1, labels))  # it writes over what it is given
    except ImportError:
        print("  Liger-Kernel is not installed: left out")
    runs["memory copy"] = lambda: logits.detach().clone()
    table(runs, [logits], rounds)


def layer_by_torch(rows: int, width: int, classes: int, dtype: str, rounds: int) -> None:
    import torch
    import torch.nn.functional as F

    module, kind = linear(), getattr(torch, dtype)
    x = torch.randn(rows, width, device="cuda", dtype=kind).requires_grad_()
    w = (torch.randn(width, classes, device="cuda") / width**0.5).to(kind).requires_grad_()
    labels = torch.randint(0, classes, (rows,), device="cuda")
    own = torch.compile(lambda: F.cross_entropy(x @ w, labels))
    runs: dict[str, Callable[[], Any]] = {
        "torch": lambda: F.cross_entropy(x @ w, labels).backward(),
        "emitted torch": lambda: module.value(X=x, W=w, Y=labels).backward(),
        "torch.compile": lambda: own().backward(),
    }
    try:
        from liger_kernel.transformers import LigerFusedLinearCrossEntropyLoss

        liger = LigerFusedLinearCrossEntropyLoss()
        runs["Liger-Kernel"] = lambda: liger(w.T, x, labels).backward()
    except ImportError:
        print("  Liger-Kernel is not installed: left out")
    table(runs, [x, w], rounds)


def table(runs: dict[str, Callable[[], Any]], leaves: list[Any], rounds: int) -> None:
    """Medians, and PyTorch's peak memory beyond what was there before."""
    import torch

    def cleared(run: Callable[[], Any]) -> Callable[[], Any]:
        def from_nothing() -> Any:
            for leaf in leaves:
                leaf.grad = None
            return run()

        return from_nothing

    runs = {name: cleared(run) for name, run in runs.items()}
    times = medians(runs, lambda _: torch.cuda.synchronize(), rounds)
    for name, run in runs.items():
        for leaf in leaves:
            leaf.grad = None
        torch.cuda.synchronize()
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        run()
        peak = (torch.cuda.max_memory_allocated() - before) / 2**20
        print(f"  {name:32s}{times[name]:9.3f} ms{times['torch'] / times[name]:8.2f} x torch{peak:10.0f} MiB")


def by_jax(rows: int, classes: int, dtype: str, rounds: int) -> None:
    import jax
    import jax.numpy as jnp

    module = emitted("jax")
    rng = np.random.default_rng(0)
    logits = jnp.asarray(rng.normal(size=(rows, classes)), dtype=dtype)
    labels = jnp.asarray(rng.integers(0, classes, rows))

    def loss(o: Any) -> Any:
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(o), labels[:, None], 1))

    own, ours = jax.jit(jax.value_and_grad(loss)), jax.jit(module.value_and_gradient)
    times = medians(
        {"jax": lambda: own(logits), "emitted jax": lambda: ours(labels, logits)}, jax.block_until_ready, rounds
    )
    for name, taken in times.items():
        print(f"  {name:32s}{taken:9.3f} ms{times['jax'] / taken:8.2f} x jax")


def available(name: str) -> bool:
    """Whether the framework is there and has a CUDA device."""
    try:
        if name == "torch":
            import torch

            return torch.cuda.is_available()
        import jax

        return any(device.platform == "gpu" for device in jax.devices())
    except ImportError:
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dtype", default="float32", choices=("float32", "bfloat16"))
    parser.add_argument("--rounds", type=int, default=30)
    chosen = parser.parse_args()
    for name, bench in (("torch", by_torch), ("jax", by_jax)):
        if not available(name):
            print(f"{name}: no CUDA device, left out")
            continue
        for rows, classes in SIZES:
            print(f"{name}, {rows} x {classes}, {chosen.dtype}")
            bench(rows, classes, chosen.dtype, chosen.rounds)
    if available("torch"):
        print(f"torch, linear layer {LAYER[0]} x {LAYER[1]} x {LAYER[2]}, {chosen.dtype}")
        layer_by_torch(*LAYER, chosen.dtype, chosen.rounds)


if __name__ == "__main__":
    main()
