"""The worked documents of docs/check.md are checked as the page says."""

from __future__ import annotations

from pathlib import Path

import pytest

import gradwright as gw

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(("name", "last"), [("softmax", "needs"), ("least_squares", "refuted"), ("quadratic", "needs")])
def test_worked_documents(name: str, last: str) -> None:
    text = (DOCS / "check" / f"{name}.md").read_text()
    report = gw.check(text, f"{name}.md")
    assert report.relations[-1].verdict == last
    assert all(r.verdict in ("definition", "proved", "confirmed") for r in report.relations[:-1])
    page = (DOCS / "check.md").read_text()
    assert text in page
    assert str(report) in page
