"""A program named on the command line: its file is run because it is named, and only then."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doors.command import run

pytest.importorskip("jax")

LOSS = """import jax
import jax.numpy as jnp

def loss(W, X, y):
    return -jnp.mean(jnp.sum(jax.nn.one_hot(y, W.shape[1]) * jax.nn.log_softmax(X @ W), axis=-1))
"""
SHAPES = ("--shape", "W: m k", "--shape", "X: n m", "--shape", "y: n in k")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the command is called; what it runs there is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    sys.modules.pop("loss", None)


def test_a_function_in_a_file_is_derived(folder: Path) -> None:
    (folder / "loss.py").write_text(LOSS)
    found = run("derive", "loss.py:loss", "--wrt", "W", "--detail", "brief", *SHAPES)
    assert "Xᵀ(P − y)/n" in found.stdout
    assert "confirmed" in found.stdout


def test_a_file_that_is_not_there_and_a_name_that_is_not(folder: Path) -> None:
    (folder / "loss.py").write_text("raise ValueError('no')\n")
    for words, says in (
        (("other.py:f",), "there is no file other.py"),
        (("loss.py:f",), "ValueError: no, in loss.py:1"),
        (("loss.py",), "which function of loss.py?"),
    ):
        found = run("derive", *words, "--wrt", "x")
        assert found.returncode == 2
        assert says in found.stderr


def test_a_document_is_checked_against_a_program_only_where_that_is_named(folder: Path) -> None:
    (folder / "loss.py").write_text("import jax.numpy as jnp\n\ndef loss(x):\n    return jnp.sum(x ** 2) / 2\n")
    paper = "For $x \\in \\mathbb{R}^n$ let\n$$L(x) = \\|x\\|^2$$\n% gradwright: code loss.py:loss is L\n"
    (folder / "paper.md").write_text(paper)
    assert run("check", "paper.md").returncode == 0
    found = run("check", "paper.md", "--code", "loss.py:loss")
    assert found.returncode == 1
    assert "beside what loss.py:loss computes, norm2(x)^2/2: the factor 1/2 is missing" in found.stdout
