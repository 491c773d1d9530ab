"""A program named on the command line: its file is run because it is named, and only then."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("jax")

LOSS = """import jax
import jax.numpy as jnp

def loss(W, X, y):
    return -jnp.mean(jnp.sum(jax.nn.one_hot(y, W.shape[1]) * jax.nn.log_softmax(X @ W), axis=-1))
"""
SHAPES = ("--shape", "W: m k", "--shape", "X: n m", "--shape", "y: n in k")


def _asked(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gradwright", "derive", *words], capture_output=True, text=True, cwd=folder, check=False
    )


def test_a_function_in_a_file_is_derived(tmp_path: Path) -> None:
    (tmp_path / "loss.py").write_text(LOSS)
    found = _asked(tmp_path, "loss.py:loss", "--wrt", "W", "--detail", "brief", *SHAPES)
    assert "Xᵀ(P − y)/n" in found.stdout
    assert "confirmed" in found.stdout


def test_a_file_that_is_not_there_and_a_name_that_is_not(tmp_path: Path) -> None:
    (tmp_path / "loss.py").write_text("raise ValueError('no')\n")
    for words, says in (
        (("other.py:f",), "there is no file other.py"),
        (("loss.py:f",), "ValueError: no, in loss.py:1"),
    ):
        found = _asked(tmp_path, *words, "--wrt", "x")
        assert found.returncode == 2
        assert says in found.stderr
