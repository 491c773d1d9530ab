"""A clock for comparisons on a busy machine: one thread each, CPU time, interleaved rounds, medians. Import it first."""

from __future__ import annotations

import os
import sys

THREADS = int(os.environ.get("BENCH_THREADS", "1"))
for variable in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(THREADS)
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
if THREADS == 1:
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

import ctypes
import time
from collections.abc import Callable
from typing import Any

Runs = dict[str, Callable[[], Any]]
now = time.process_time if THREADS == 1 else time.perf_counter


def measured(
    runs: Runs,
    seconds: float = 2.0,
    least: int = 5,
    pause: float = 0.0,
    clock: Callable[[], float] = now,
    again: bool = False,
) -> dict[str, float]:
    """The median milliseconds of each; a round runs every contender once, ``least`` rounds at least.

    With one thread they are CPU time. A ``pause`` before each lets the threads of the one before go to sleep; a run
    that is not timed wakes those of the next. ``again`` has such a run, too: what is timed finds the caches as a run
    of its own left them, and not as another contender did.
    """  # fmt: skip
    for run in runs.values():
        run()
        run()
    times: dict[str, list[float]] = {name: [] for name in runs}
    stop = time.perf_counter() + seconds
    while len(next(iter(times.values()))) < least or time.perf_counter() < stop:
        for name, run in runs.items():
            if pause:
                time.sleep(pause)
            if pause or again:
                run()
            start = clock()
            run()
            times[name].append(clock() - start)
    return {name: 1000 * sorted(taken)[len(taken) // 2] for name, taken in times.items()}


def keep_memory() -> None:
    """Have glibc keep what was freed: whether it gives large arrays back to the kernel and takes new pages, at a cost as
    high as the arithmetic, depends on what ran before, and not on what is measured."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(-3, 1 << 30)  # M_MMAP_THRESHOLD
        libc.mallopt(-1, 1 << 30)  # M_TRIM_THRESHOLD


def progress(text: str) -> None:
    """What is being measured, where a person watches."""
    if sys.stderr.isatty():
        print(f"\r{text:60s}", end="", file=sys.stderr, flush=True)
