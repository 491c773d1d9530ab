"""The wheel in an environment of its own: what it brings, what it needs, what an extra adds.

It is built and installed by pip from the index, so a machine that reaches none fails here and does not pass unseen.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WITHIN = 300  # seconds
_OWN = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def _run(*words: str | Path) -> str:
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False, timeout=WITHIN, env=_OWN)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", home, ROOT)
    (built,) = home.glob("gradwright-*.whl")
    return built


@pytest.fixture(scope="module")
def fresh(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of an environment that has the wheel and what it depends on, and nothing else."""
    home = tmp_path_factory.mktemp("fresh")
    _run(sys.executable, "-m", "venv", "--without-pip", home)
    _install(home / "bin", str(wheel))
    return home / "bin"


def _install(commands: Path, what: str) -> None:
    _run(sys.executable, "-m", "pip", "--python", commands / "python", "install", "--quiet", what)


def test_the_wheel_brings_its_page_and_its_types(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    source = {path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src").rglob("*") if path.is_file()}
    assert {name for name in source if "__pycache__" not in name} <= names
    assert "gradwright/py.typed" in names


def test_without_extras_it_derives_and_says_what_an_extra_brings(fresh: Path) -> None:
    assert "confirmed:" in _run(fresh / "gradwright", "demo")
    assert "def value_and_gradient" in _run(fresh / "gradwright", "emit", "norm2(A*x - b)^2", "--wrt", "x")
    for command, extra in ("serve", "web"), ("lsp", "lsp"), ("mcp", "mcp"):
        done = subprocess.run([fresh / "gradwright", command], capture_output=True, text=True, check=False, env=_OWN)
        assert done.returncode == 2
        assert f"pip install '.[{extra}]'" in done.stderr


def test_with_its_extra_it_serves_the_page(fresh: Path, wheel: Path) -> None:
    _install(fresh, f"{wheel}[web]")
    command = [fresh / "gradwright", "serve", "--port", "0", "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**_OWN, "PYTHONUNBUFFERED": "1"}) as server:
        try:
            assert server.stdout is not None
            assert re.search(r"http://127\.0\.0\.1:\d+/", server.stdout.readline())
        finally:
            server.terminate()
