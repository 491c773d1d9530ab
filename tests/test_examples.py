"""The examples run, in quick settings, and say what they should."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


def said(script: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / script), *arguments], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_digits_reach_what_autodiff_reaches(tmp_path: Path) -> None:
    picture = tmp_path / "digits.png"
    text = said("digits.py", "--epochs", "8", "--torch", "--plot", str(picture))
    ours, theirs = (float(x) for x in re.findall(r"([\d.]+)%", text.splitlines()[-2]))
    assert ours >= 94
    assert abs(ours - theirs) < 0.5
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_newton_and_lbfgs_meet(tmp_path: Path) -> None:
    picture = tmp_path / "newton.png"
    text = said("newton.py", "--plot", str(picture))
    assert float(re.findall(r"\|gradient\| (\S+)", text)[-2]) < 1e-12  # Newton's last step
    assert float(re.findall(r"agree within (\S+);", text)[0]) < 1e-6
    assert picture.exists()


@pytest.mark.parametrize("processes", ["1", "2"])
def test_sharded_logits_are_never_gathered(processes: str) -> None:
    text = said("sharded.py", "--processes", processes)
    assert text.count("all-reduce") >= 4
    assert "never gathered" in text
    assert "all-gather" not in text
