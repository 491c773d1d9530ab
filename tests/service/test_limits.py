"""Systems without limits: the page, the editor and the agents work without ``resource`` and ``fcntl``."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.doors.web.client import FOUNDING, post


@pytest.fixture
def elsewhere(tmp_path: Path) -> dict[str, str]:
    """The environment of a process that finds no ``resource`` and no ``fcntl``."""
    for name in ("resource", "fcntl"):
        (tmp_path / f"{name}.py").write_text(f"raise ModuleNotFoundError('No module named {name}', name={name!r})\n")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *map(str, sys.path)])}


def test_the_page_answers_and_warns(elsewhere: dict[str, str]) -> None:
    command = [sys.executable, "-u", "-m", "gradwright", "serve", "--port", "0", "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=elsewhere) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"http://\S+/", process.stdout.readline())
            assert found is not None
            assert "limits no memory" in process.stdout.readline()
            status, reply = post(found.group(), "derive", FOUNDING)
            assert (status, reply["result"]["latex"]) == (200, "p - y")
        finally:
            process.terminate()


@pytest.mark.parametrize("module", ["gradwright.doors.editor.server", "gradwright.doors.agents.server"])
def test_editor_and_agents_start(elsewhere: dict[str, str], tmp_path: Path, module: str) -> None:
    (tmp_path / "fcntl.py").unlink()  # which the library for agents asks for here, and not on Windows
    done = subprocess.run([sys.executable, "-c", f"import {module}"], env=elsewhere, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
