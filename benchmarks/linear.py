"""Linear layer and softmax cross entropy: value and gradients in X and W, time and peak memory, each in a process of its own.

    python benchmarks/linear.py [--rows 4096] [--width 512] [--classes 32000] [--rounds 3] [--threads 2]

Peak memory is what the process held at the most beyond its inputs: its high-water mark (VmHWM) against what it held
(VmRSS) when the inputs were there and a small call had loaded every library. float32, class labels.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

WHO = ("native", "emitted torch", "torch eager", "torch.compile", "torch chunked")


def memory(key: str) -> float:
    """A line of /proc/self/status, in MB."""
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith(key))
    return int(line.split()[1]) / 1024


def emitted(target: str) -> Any:
    """The module for both gradients, with class labels."""
    import gradwright as gw
    from gradwright.emit.emitter import load

    made = gw.derive(
        "-sum(Y.*log(softmax_rows(X*W)))/n", "W", given=["onehot_rows(Y)"], certify=False,
        shapes={"X": ("n", "d"), "W": ("d", "k"), "Y": ("n", "k")},
    )  # fmt: skip
    return load(made.emit(target, labels=["Y"], wrt=["X", "W"]), f"linear_{target}")


def native() -> Callable[..., Any]:
    function = emitted("native").value_and_gradient
    return lambda X, W, Y: function(X=X, W=W, Y=Y)


def by_torch(who: str, threads: int) -> Callable[..., Any]:
    import torch

    torch.set_num_threads(threads)

    def loss(x: Any, w: Any, y: Any) -> Any:
        return torch.nn.functional.cross_entropy(x @ w, y)

    def chunked(x: Any, w: Any, y: Any) -> Any:
        """PyTorch's own loss that never holds the logits; W stands as its layers hold it, a class a row."""
        options = torch.nn.LinearCrossEntropyOptions()
        return torch.nn.functional.linear_cross_entropy(x, w, y, options=options)

    chosen = {"torch.compile": torch.compile(loss), "torch chunked": chunked}.get(who, loss)
    if who == "emitted torch":
        value = emitted("torch").value
        chosen = lambda x, w, y: value(X=x, W=w, Y=y)  # noqa: E731

    def run(X: Any, W: Any, Y: Any) -> Any:
        x, w = torch.from_numpy(X).requires_grad_(), torch.from_numpy(W).requires_grad_()
        value = chosen(x, w, torch.from_numpy(Y))
        value.backward()
        return value.detach().numpy(), x.grad.numpy(), w.grad.numpy()

    return run


def one(options: argparse.Namespace) -> None:
    """What a process of its own measures."""
    import numpy as np

    run = native() if options.only == "native" else by_torch(options.only, options.threads)
    rng = np.random.default_rng(0)

    def inputs(n: int, d: int, k: int) -> tuple[Any, Any, Any]:
        x, w = rng.normal(size=(n, d)).astype(np.float32), rng.normal(size=(d, k)).astype(np.float32)
        w /= np.float32(d**0.5)
        return x, np.ascontiguousarray(w.T) if options.only == "torch chunked" else w, rng.integers(0, k, n)

    start = time.perf_counter()
    run(*inputs(32, 16, 40))
    first = time.perf_counter() - start
    given = inputs(options.rows, options.width, options.classes)
    with open("/proc/self/clear_refs", "w") as reset:
        reset.write("5")  # the high-water mark starts here
    held = memory("VmRSS")
    found: list[tuple[float, float]] = []
    peak = 0.0  # of the first call: after it the allocator has pages of its own
    for _ in range(options.rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        answers = run(*given)
        peak = peak or memory("VmHWM") - held
        found.append((time.perf_counter() - wall, time.process_time() - cpu))
        value = float(answers[0])
        check = [float(np.vdot(a, a)) for a in answers[1:]]  # nothing of their size is made
        del answers
    print(json.dumps({"peak": peak, "wall": sorted(w for w, _ in found)[len(found) // 2],
                      "cpu": sorted(c for _, c in found)[len(found) // 2], "first": first, "value": value, "sums": check}))  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("rows", 4096), ("width", 512), ("classes", 32000), ("rounds", 3), ("threads", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--only", default="", help=", ".join(WHO))
    options = parser.parse_args()
    if options.only:
        return one(options)
    n, d, k = options.rows, options.width, options.classes
    outputs = 4 * (n * d + d * k) / 2**20
    print(
        f"N = {n}, D = {d}, V = {k}; the two gradients alone are {outputs:.0f} MB, the logits {4 * n * k / 2**20:.0f} MB"
    )
    print(f"{'':16s}{'peak MB':>10s}{'beyond gradients':>18s}{'wall s':>10s}{'CPU s':>10s}{'first s':>10s}")
    threads = {v: str(options.threads) for v in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    values = []
    for who in WHO:
        words = [sys.executable, __file__, "--only", who]
        words += [
            w
            for name in ("rows", "width", "classes", "rounds", "threads")
            for w in (f"--{name}", str(getattr(options, name)))
        ]
        said = subprocess.run(words, env=os.environ | threads, capture_output=True, text=True, check=True).stdout
        found = json.loads(said.strip().splitlines()[-1])
        values.append((found["value"], *found["sums"]))
        print(f"{who:16s}{found['peak']:10.0f}{found['peak'] - outputs:18.0f}{found['wall']:10.2f}{found['cpu']:10.2f}{found['first']:10.2f}",
              flush=True)  # fmt: skip
    for one_of, found in zip(WHO, values, strict=True):
        if any(abs(a - b) > 1e-3 * abs(b) for a, b in zip(found, values[-1], strict=True)):
            raise SystemExit(f"{one_of} {found} and {WHO[-1]} {values[-1]} disagree")


if __name__ == "__main__":
    main()
