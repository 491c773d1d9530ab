"""A native module that is a file keeps what Numba compiled: a second process compiles nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.emit.shared import derive

RUN = """
import numpy as np
import loss
x = np.linspace(-1, 1, 12).reshape(4, 3)
value = loss.value_and_gradient(x)
cached = [f for f in vars(loss).values() if hasattr(f, "stats")]
print(sum(sum(f.stats.cache_misses.values()) for f in cached), sum(sum(f.stats.cache_hits.values()) for f in cached))
"""


def test_a_second_process_compiles_nothing(tmp_path: Path) -> None:
    made = derive("sum(log(1 + exp(X)))", "X", shapes={"X": ["n", "m"]})
    (tmp_path / "loss.py").write_text(made.emit("native"), encoding="utf-8")
    environment = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"} | {"PYTHONPATH": str(tmp_path)}

    def compiled_and_found() -> list[int]:
        run = [sys.executable, "-c", RUN]
        said = subprocess.run(run, env=environment, capture_output=True, text=True, check=True, timeout=120)
        return [int(number) for number in said.stdout.split()]

    assert compiled_and_found()[0] > 0
    again = compiled_and_found()
    assert again[0] == 0
    assert again[1] > 0
