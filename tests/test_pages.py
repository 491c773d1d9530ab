"""The pages of the documentation say what happens: their examples are run. ``GOLDEN=write`` writes what they give."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.pages import rerun

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    path
    for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "docs").glob("[eg]*/*.md"))
    if "```console" in path.read_text("utf-8") or "```pycon" in path.read_text("utf-8")
)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_examples_of_a_page(path: Path, tmp_path: Path) -> None:
    said = path.read_text("utf-8")
    now = rerun(said, tmp_path)
    if os.environ.get("GOLDEN") == "write":
        path.write_text(now, encoding="utf-8")
    assert now == said
