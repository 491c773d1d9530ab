"""What holds for the whole run: the long files come first, and bytecode is kept for the processes that tests start."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or each of some hundred processes compiles all of gradwright anew

ROOT = Path(__file__).parent
LONG = (
    "doors/web/test_first_minutes.py", "emit/test_stability.py", "doors/web/test_browser.py", "referee/test_pairs.py",
    "emit/test_targets.py", "test_docs.py", "certify/test_soundness.py", "read/program/test_jax.py",
    "emit/spell/test_linalg.py", "emit/test_functions.py", "doors/web/test_server.py", "test_examples.py",
    "doors/editor/test_server.py", "doors/agents/test_server.py", "programs/test_verify.py", "test_pages.py",
    "test_site.py", "test_wheel.py", "service/test_pool.py", "doors/test_cli.py",
)  # fmt: skip
"""The longest files, begun first, so that no worker of ``make test`` is left with one of them alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {ROOT / name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path, len(LONG)))
