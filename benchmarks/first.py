"""What a first call of compiled code costs: with nothing built, and in a second process, which finds what was built.

    python benchmarks/first.py [c] [native]

The time of the first call less that of the next, on the clock and of the processors (the compiler's too), in processes
of their own with a cache of their own.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import gradwright as gw

FIRST: dict[str, tuple[str, str, dict[str, tuple[str, ...]], list[str]]] = {
    "softmax cross entropy": ("-sum(Y.*log(softmax_rows(O)))/n", "O", {"O": ("n", "k"), "Y": ("n", "k")}, ["Y"]),
    "logistic regression": ("sum(log(1 + exp(-y.*(X*w))))/n", "w", {"X": ("n", "k"), "w": ("k",), "y": ("n",)}, []),
    "log-cosh": ("sum(log(cosh(O - P)))/n", "O", {"O": ("n", "k"), "P": ("n", "k")}, []),
    "Gaussian": ("0.5*logdet(S) + 0.5*x'*inv(S)*x", "S", {"S": ("k", "k"), "x": ("k",)}, []),
}


def first_calls(target: str) -> None:
    """In seconds, on the clock and of all processors, the compiler's too."""
    print(f"\n{target}: what a first call takes longer than the next (seconds on the clock; of the processors)")
    rng, sizes = np.random.default_rng(0), {"n": 256, "k": 64}
    for name, (formula, wrt, shapes, labels) in FIRST.items():
        facts = [f"onehot_rows({label})" for label in labels] + ["posdef(S)"] * ("S" in shapes)
        made = gw.derive(formula, wrt, shapes=shapes, given=facts, certify=False).compile(target, labels=labels)
        values: dict[str, Any] = {n: rng.normal(size=[sizes[d] for d in s]).astype("f4") for n, s in shapes.items()}
        values |= {label: rng.integers(0, sizes["k"], sizes["n"]) for label in labels}
        if "S" in values:
            values["S"] = (values["S"] @ values["S"].T + np.eye(sizes["k"])).astype("f4")
        with tempfile.TemporaryDirectory() as place:
            given = Path(place) / "call.pickle"
            given.write_bytes(pickle.dumps((made, values)))
            told = [in_process(given, place) for _ in range(3)]
        said = "   ".join(f"{which} {wall:6.3f} {cpu:6.3f}" for which, (wall, cpu) in
                          (("first process", told[0]), ("second", min(told[1:]))))  # fmt: skip
        print(f"  {name:24s} {said}")


def in_process(given: Path, cache: str) -> tuple[float, float]:
    """The first call's time less the second's, in a process of its own with this cache."""
    command = [sys.executable, __file__, "call", str(given)]
    environment = {**os.environ, "GRADWRIGHT_CACHE": cache}
    wall, cpu = subprocess.run(command, env=environment, capture_output=True, check=True, text=True).stdout.split()[-2:]
    return float(wall), float(cpu)


def called(path: str) -> None:
    """What a process of its own does: it loads a function, calls it twice and prints by how much the first is longer."""
    function, values = pickle.loads(Path(path).read_bytes())
    marks = []
    for _ in range(3):
        marks.append((time.perf_counter(), sum(os.times()[:4])))
        function(**values)
    print(*(marks[1][k] - marks[0][k] - (marks[2][k] - marks[1][k]) for k in range(2)))


def main() -> None:
    if sys.argv[1:2] == ["call"]:
        called(sys.argv[2])
        return
    for target in sys.argv[1:] or ("c", "native"):
        first_calls(target)


if __name__ == "__main__":
    main()
