"""A training step of a transformer of two layers, its parts PyTorch's own or emitted: milliseconds of processor time.

    python benchmarks/transformer.py [--rows 256] [--width 256] [--hidden 512] [--classes 1000] [--rounds 15]

Forward, backward and a step of SGD, one thread each, rounds interleaved, medians; in single precision and with bfloat16
weights. The losses of a step are compared.
"""

from __future__ import annotations

import argparse
import math

from clock import measured  # isort: skip  (first: it sets the threads)

from collections.abc import Callable, Sequence
from typing import Any

import torch

import gradwright as gw
from gradwright.emit.emitter import load

torch.set_num_threads(1)
PARTS: dict[str, tuple[str, dict[str, tuple[str, ...]], list[str], list[str]]] = {
    "linear": ("x*W' + ones(n)*c'", {"x": ("n", "d"), "W": ("k", "d"), "c": ("k",)}, ["x", "W", "c"], []),
    "norm": ("C = x - rowsum(x)*ones(d)'/d; s = sqrt(rowsum(C.^2)/d + e); tensor[i,j](C[i,j]/s[i]*g[j] + c[j])",
             {"x": ("n", "d"), "g": ("d",), "c": ("d",), "e": ()}, ["x", "g", "c"], ["positive(e)"]),
    "attention": ("softmax_rows(q*k'/sqrt(d) + M)*v", dict.fromkeys("qkv", ("n", "d")) | {"M": ("n", "n")},
                  ["q", "k", "v"], []),
    "gated": ("a.*sigmoid(a).*b", {"a": ("n", "h"), "b": ("n", "h")}, ["a", "b"], []),
    "loss": ("-sum(Y.*log(softmax_rows(O)))/n", {"O": ("n", "k"), "Y": ("n", "k")}, ["O"], ["onehot_rows(Y)"]),
}  # fmt: skip
Parts = dict[str, Callable[..., Any]]


def emitted() -> Parts:
    def part(name: str, *order: str) -> Callable[..., Any]:
        formula, shapes, wrt, given = PARTS[name]
        made = gw.derive(formula, wrt[0], shapes=shapes, given=given, certify=False)
        outputs = ["value", "gradient" if name == "loss" else "pullback"]
        value = load(made.emit("torch", outputs, labels=["Y"] if name == "loss" else [], wrt=wrt), f"part_{name}").value
        return lambda *arrays: value(**dict(zip(order, arrays, strict=True)))

    norm = part("norm", "x", "g", "c", "e")
    return {
        "linear": part("linear", "x", "W", "c"), "norm": lambda x, g, c: norm(x, g, c, 1e-5),
        "attention": part("attention", "q", "k", "v", "M"), "gated": part("gated", "a", "b"),
        "loss": part("loss", "O", "Y"),
    }  # fmt: skip


def by_torch() -> Parts:
    f = torch.nn.functional
    return {
        "linear": f.linear, "norm": lambda x, g, c: f.layer_norm(x, x.shape[-1:], g, c, 1e-5),
        "attention": lambda q, k, v, m: f.scaled_dot_product_attention(q[None], k[None], v[None], m)[0],
        "gated": lambda a, b: f.silu(a) * b, "loss": f.cross_entropy,
    }  # fmt: skip


def step(parts: Parts, sizes: Sequence[int], kind: torch.dtype) -> Callable[[], float]:
    """A step on weights of its own, which gives the loss."""
    n, d, h, k = sizes
    generator = torch.Generator().manual_seed(0)

    def drawn(*shape: int) -> torch.Tensor:
        return (torch.randn(*shape, generator=generator) / math.sqrt(shape[-1])).to(kind).requires_grad_()

    layers = [[(drawn(*s), drawn(s[0])) for s in ((d, d),) * 4 + ((h, d), (h, d), (d, h))] for _ in range(2)]
    norms = [(torch.ones(d, dtype=kind).requires_grad_(), drawn(d)) for _ in range(5)]
    head = drawn(k, d), drawn(k)
    x, labels = drawn(n, d).detach() * math.sqrt(d), torch.randint(0, k, (n,), generator=generator)
    mask = torch.full((n, n), -math.inf).triu(1).to(kind)
    weights = [w for layer in layers for pair in layer for w in pair] + [w for pair in (*norms, head) for w in pair]
    optimiser = torch.optim.SGD(weights, lr=1e-3)
    linear, norm, attention, gated, loss = (parts[name] for name in PARTS)

    def run() -> float:
        optimiser.zero_grad()
        y = x
        for number, layer in enumerate(layers):
            z = norm(y, *norms[2 * number])
            y = y + linear(attention(*(linear(z, *layer[j]) for j in range(3)), mask), *layer[3])
            z = norm(y, *norms[2 * number + 1])
            y = y + linear(gated(linear(z, *layer[4]), linear(z, *layer[5])), *layer[6])
        value = loss(linear(norm(y, *norms[4]), *head), labels)
        value.backward()
        optimiser.step()
        return float(value.detach())

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("rows", 256), ("width", 256), ("hidden", 512), ("classes", 1000), ("rounds", 15)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    sizes = given.rows, given.width, given.hidden, given.classes
    ours, theirs = emitted(), by_torch()
    for kind in (torch.float32, torch.bfloat16):
        runs = {"PyTorch's own": step(theirs, sizes, kind), "emitted": step(ours, sizes, kind)}
        losses = [run() for run in runs.values()]
        if abs(losses[0] - losses[1]) > (1e-5 if kind is torch.float32 else 2e-2) * abs(losses[0]):
            raise SystemExit(f"the losses differ: {losses}")
        found = measured(dict(runs), 0.0, given.rounds)
        base = found["PyTorch's own"]
        print(f"{kind!s:16s}" + "".join(f"{n}: {ms:8.2f} ms ({ms / base:4.2f})   " for n, ms in found.items()))


if __name__ == "__main__":
    main()
