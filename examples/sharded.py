"""Softmax cross entropy over logits that no device holds: sharded by rows and by classes, on CPU devices.

    python examples/sharded.py                # 8 devices in one process
    python examples/sharded.py --processes 2  # 4 devices in each of 2 processes, which talk over the loopback

The emitted JAX function is jitted as it is. XLA turns each reduction into a collective; the example reads the compiled
program and fails if anything but a number per row is exchanged. Needs JAX.
"""

from __future__ import annotations

import argparse
import os
import re
import socket
import subprocess
import sys

ROWS, CLASSES = 64, 48


def run(processes: int, rank: int, port: int) -> None:
    """Compile for each way to shard, look at what is exchanged, and compare with one device."""
    os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={8 // processes}"
    import jax
    import numpy as np
    from jax.sharding import Mesh, NamedSharding, PartitionSpec

    import gradwright as gw
    from gradwright.emit.emitter import load

    jax.config.update("jax_platforms", "cpu")
    if processes > 1:
        jax.config.update("jax_cpu_collectives_implementation", "gloo")
        jax.distributed.initialize(f"127.0.0.1:{port}", processes, rank)
    made = gw.derive(
        "-sum(Y.*log(softmax_rows(O)))/n", "O", shapes={"O": ("n", "k"), "Y": ("n", "k")}, given=["onehot_rows(Y)"]
    )
    loss = load(made.emit("jax", labels=["Y"]), "sharded_loss")
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(ROWS, CLASSES)).astype(np.float32)
    labels = rng.integers(0, CLASSES, ROWS).astype(np.int32)
    shifted = logits - logits.max(axis=1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    right = np.exp(logp)
    right[np.arange(ROWS), labels] -= 1
    mesh = Mesh(np.array(jax.devices()).reshape(4, 2), ("batch", "class"))
    step = jax.value_and_grad(loss.value, argnums=1)
    for rows, classes in (("batch", None), (None, "class"), ("batch", "class"), (None, ("batch", "class"))):
        whole, parted = NamedSharding(mesh, PartitionSpec()), NamedSharding(mesh, PartitionSpec(rows, classes))
        by_row = NamedSharding(mesh, PartitionSpec(rows))
        given = [
            jax.make_array_from_callback(array.shape, sharding, lambda at, a=array: a[at])
            for array, sharding in ((labels, by_row), (logits, parted))
        ]
        compiled = jax.jit(step, out_shardings=(whole, parted)).lower(*given).compile()
        exchanged = exchanges(compiled.as_text())
        value, gradient = compiled(*given)
        np.testing.assert_allclose(float(value.addressable_data(0)), -logp[np.arange(ROWS), labels].mean(), rtol=1e-5)
        for shard in gradient.addressable_shards:
            np.testing.assert_allclose(np.asarray(shard.data), right[shard.index] / ROWS, atol=1e-7)
        if any(kind != "all-reduce" or size > ROWS for kind, size in exchanged):
            raise SystemExit(f"more than a number per row is exchanged: {exchanged}")
        if rank == 0:
            said = ", ".join(f"{kind} of {size}" for kind, size in exchanged)
            number = float(value.addressable_data(0))
            print(f"rows over {rows!s:6}, classes over {classes!s:19}: value {number:.6f}; {said}")
    if rank == 0:
        print(f"The {ROWS} x {CLASSES} logits are never gathered: no exchange is larger than {ROWS} numbers.")


def exchanges(program: str) -> list[tuple[str, int]]:
    """Every collective of a compiled program, with the most numbers it gives a device."""
    found = []
    for line in program.splitlines():
        match = re.search(
            r"= (.+?) (all-gather|all-to-all|all-reduce|collective-permute|reduce-scatter)(-start)?\(", line
        )
        if match:
            shapes = re.findall(r"\w+\[([\d,]*)\]", match[1])
            sizes = [numbers_in(shape) for shape in shapes]
            found.append((match[2], max(sizes)))
    return found


def numbers_in(shape: str) -> int:
    """``"16,2"`` as 32."""
    size = 1
    for extent in filter(None, shape.split(",")):
        size *= int(extent)
    return size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=1, choices=(1, 2, 4))
    parser.add_argument("--rank", type=int, default=-1, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.processes == 1 or chosen.rank >= 0:
        run(chosen.processes, max(chosen.rank, 0), chosen.port)
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, __file__, "--processes", str(chosen.processes), "--port", str(port), "--rank"]
    started = [subprocess.Popen([*command, str(rank)]) for rank in range(chosen.processes)]
    codes = [process.wait(timeout=300) for process in started]
    sys.exit(max(map(abs, codes)))


if __name__ == "__main__":
    main()
