"""Time to derive and to certify, and how it grows with depth. Prints a table; not a test.

Usage: python benchmarks/derive.py [--rounds 9]. Each figure is the median of interleaved rounds in one process.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import gradwright as gw

FOUNDING = "p = softmax(o); -sum_i(y[i]*log(p[i]))"


def nested(depth: int) -> str:
    """v' tanh(W tanh(W … x)): a network in one expression."""
    return "v'*" + "tanh(W*" * depth + "x" + ")" * depth


def layered(depth: int) -> str:
    """The same network with a name for every layer."""
    layers = [f"h{k} = tanh(W*{f'h{k - 1}' if k else 'x'})" for k in range(depth)]
    return "; ".join([*layers, f"v'*h{depth - 1}"])


CASES: list[tuple[str, str, str, int, list[str]]] = [
    ("founding example", FOUNDING, "o", 1, ["onehot(y)"]),
    ("its Hessian", FOUNDING, "o", 2, ["onehot(y)"]),
    ("least squares", "norm2(A*x - b)^2", "x", 1, []),
    *((f"network, {d} layers", nested(d), "x", 1, []) for d in (10, 100, 1000)),
    *((f"named layers, {d}", layered(d), "x", 1, []) for d in (10, 100, 1000)),
]


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def process(code: str) -> float:
    """Seconds a fresh interpreter takes to run the code."""
    return seconds(lambda: subprocess.run([sys.executable, "-c", code], check=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--deepest", type=int, default=1000)
    args = parser.parse_args()
    cases = [
        case for case in CASES if not (case[0].rsplit(" ", 2)[-1].isdigit() and int(case[0].split()[-1]) > args.deepest)
    ]
    derived: dict[str, list[float]] = {case[0]: [] for case in cases}
    certified: dict[str, list[float]] = {case[0]: [] for case in cases}
    for number in range(args.rounds + 1):
        for name, source, wrt, order, given in cases:
            kept: list[gw.Derivation] = []
            spent = seconds(
                lambda s=source, w=wrt, n=order, g=given, k=kept: k.append(
                    gw.derive(s, w, order=n, given=g, certify=False)
                )
            )
            if number:
                derived[name].append(spent)
                if number <= 2:
                    certified[name].append(seconds(lambda k=kept: k[0].certificate))
            print(f"\rround {number}/{args.rounds}  {name:40}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(f"{'case':28}{'derive, ms':>12}{'certify, ms':>13}")
    for name in derived:
        certify = 1e3 * statistics.median(certified[name]) if certified[name] else 0
        print(f"{name:28}{1e3 * statistics.median(derived[name]):12.2f}{certify:13.1f}")
    runs = [process("import gradwright") for _ in range(7)]
    bare = [process("pass") for _ in range(7)]
    print(f"{'import gradwright':28}{1e3 * (statistics.median(runs) - statistics.median(bare)):12.1f}")


if __name__ == "__main__":
    main()
