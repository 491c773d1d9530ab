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


def _asked(folder: Path, *words: str, command: str = "derive") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gradwright", command, *words], capture_output=True, text=True, cwd=folder, check=False
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
        (("loss.py",), "which function of loss.py?"),
    ):
        found = _asked(tmp_path, *words, "--wrt", "x")
        assert found.returncode == 2
        assert says in found.stderr


def test_a_document_is_checked_against_a_program_only_where_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "loss.py").write_text("import jax.numpy as jnp\n\ndef loss(x):\n    return jnp.sum(x ** 2) / 2\n")
    paper = "For $x \\in \\mathbb{R}^n$ let\n$$L(x) = \\|x\\|^2$$\n% gradwright: code loss.py:loss is L\n"
    (tmp_path / "paper.md").write_text(paper)
    assert _asked(tmp_path, "paper.md", command="check").returncode == 0
    found = _asked(tmp_path, "paper.md", "--code", "loss.py:loss", command="check")
    assert found.returncode == 1
    assert "beside what loss.py:loss computes, norm2(x)^2/2: the factor 1/2 is missing" in found.stdout
