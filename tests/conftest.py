"""What holds for the whole run: the long files come first, and bytecode is kept for the processes that tests start."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or each of some hundred processes compiles all of gradwright anew

ROOT = Path(__file__).parent
LONG = ("doors", "test_docs.py", "test_site.py", "test_examples.py", "test_wheel.py", "service", "programs")
"""Begun first, so that no worker of ``make test`` is left with one of them alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.relative_to(ROOT).parts[0] not in LONG)
