"""Outputs: JSON, HTML, Markdown, SARIF, the terminal; notebooks; the command and its exit codes."""

from __future__ import annotations

import json
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import gradwright as gw
from gradwright.doors.cli import main
from gradwright.referee.report import SCHEMA, VERDICTS
from tests.referee.notes import PLANTED, SOFTMAX

FIELDS = {"id", "line", "column", "end_line", "end_column", "relation", "left", "right", "verdict", "needs", "facts_used",
          "slip", "fix", "counterexample", "reason", "proof", "span", "file", "cell", "cell_line"}  # fmt: skip


def command(*words: str) -> int:
    """The exit code of the command with these words."""
    before = sys.argv
    sys.argv = ["gradwright", *words]
    try:
        with pytest.raises(SystemExit) as stop:
            main()
    finally:
        sys.argv = before
    return int(stop.value.code or 0)


def test_json_has_every_field(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "note.md"
    file.write_text(PLANTED)
    assert command("check", str(file), "--format", "json") == 1
    found = json.loads(capsys.readouterr().out)
    assert found["file"] == str(file)
    assert found["schema"] == SCHEMA
    assert all(set(r) == FIELDS for r in found["relations"])
    assert set(found["summary"]) == set(VERDICTS)
    assert sum(found["summary"].values()) == len(found["relations"])


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        (SOFTMAX, [], 0),
        (PLANTED, [], 1),
        ("$x = \\mystery$", [], 0),
        ("$x = \\mystery$", ["--strict"], 1),
        (SOFTMAX, ["--format", "nonsense"], 2),
        (SOFTMAX, ["--given", "nonsense(y)"], 2),
        (b"\xff\xfe\x00", [], 2),
        (b"\x00\x01", [], 2),
    ],
)
def test_exit_codes(tmp_path: Path, text: str | bytes, options: list[str], code: int) -> None:
    file = tmp_path / "note.md"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert command("check", str(file), *options) == code


def test_a_missing_file_does_not_hide_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "note.md"
    file.write_text(SOFTMAX)
    assert command("check", str(tmp_path / "none.md"), str(file)) == 2
    assert "relations" in capsys.readouterr().out


def test_the_terminal_shows_the_line_and_a_caret() -> None:
    text = str(gw.check(PLANTED, "note.md"))
    lines = text.splitlines()
    at = next(k for k, line in enumerate(lines) if "refuted" in line)
    assert lines[at].startswith("note.md:")
    assert lines[at + 1][lines[at + 2].index("^")] == "="


class _Balanced(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("meta", "br", "link"):
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag


def test_html_stands_alone_and_is_balanced() -> None:
    report = gw.check(PLANTED + "\n<script>alert(1)</script> $x < y = z$", "a<b.md")
    page = report.html()
    parser = _Balanced()
    parser.feed(page)
    assert parser.stack == []
    assert "<script" not in page
    assert page.count("<details") == len(report.relations)
    assert "<math>" in page
    assert report._repr_html_() in page


def test_markdown_and_sarif() -> None:
    report = gw.check(PLANTED, "note.md")
    assert report.markdown().count("\n|") == len(report.relations) + 2
    run = report.sarif()["runs"][0]
    assert {r["ruleId"] for r in run["results"]} <= {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert sum(r["level"] == "error" for r in run["results"]) == report.summary["refuted"]


def test_a_cell_without_text_is_empty_and_what_is_no_cell_is_refused() -> None:
    cells = [{"cell_type": "markdown", "source": s} for s in ("$a + a = 2 a$.", None, ["$b = b$"])]
    assert [r.verdict for r in gw.check(json.dumps({"cells": cells}), "note.ipynb").relations] == ["proved", "proved"]
    for wrong in ({}, [], {"cells": 3}, {"cells": [3]}, {"cells": [{"cell_type": "markdown"}]},
                  {"cells": [{"cell_type": "markdown", "source": [3]}]}, {"cells": [{"source": "a"}]}):  # fmt: skip
        with pytest.raises(gw.Error, match="not a notebook"):
            gw.check(json.dumps(wrong), "note.ipynb")


def test_a_notebook_is_its_markdown_cells(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "code", "source": ["x = 1\n", "y = $2$"]},
        {"cell_type": "markdown", "source": ["Let $a$ be.\n", "\n", "$$(a+b)^2 = a^2 + b^2$$"]},
    ]
    file = tmp_path / "note.ipynb"
    file.write_text(json.dumps({"cells": cells, "nbformat": 4}, indent=1))
    report = gw.check(file.read_text(), str(file))
    assert [r.verdict for r in report.relations] == ["refuted"]
    assert "(a+b)^2" in file.read_text().splitlines()[report.relations[0].line - 1]
    with pytest.raises(gw.Error):
        gw.check("not json", "broken.ipynb")
