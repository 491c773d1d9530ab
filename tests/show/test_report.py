"""What a check found, as HTML, Markdown, SARIF, JSON and lines of a terminal."""

from __future__ import annotations

import html
import json
from html.parser import HTMLParser

import pytest

import gradwright as gw
from gradwright.referee.report import SCHEMA, VERDICTS
from tests.referee.notes import PLANTED

FIELDS = {"id", "line", "column", "end_line", "end_column", "relation", "left", "right", "verdict", "needs", "reason",
          "facts_used", "slip", "fix", "counterexample", "proof", "span", "file", "cell", "cell_line"}  # fmt: skip


def test_json_has_every_field() -> None:
    found = json.loads(json.dumps(gw.check(PLANTED, "note.md").to_dict()))
    assert (found["schema"], found["file"]) == (SCHEMA, "note.md")
    assert all(set(r) == FIELDS for r in found["relations"])
    assert set(found["summary"]) == set(VERDICTS)
    assert sum(found["summary"].values()) == len(found["relations"])


def test_spans_are_those_of_the_file() -> None:
    text = "```math\r\nx^2 = x x\r\n```\r\n"
    (found,) = gw.check(text, "note.md").to_dict()["relations"]
    assert text[slice(*found["span"])] == "= x x"
    assert (found["line"], found["column"], found["end_column"]) == (2, 5, 10)


def test_the_terminal_shows_the_line_and_a_caret() -> None:
    lines = str(gw.check(PLANTED, "note.md")).splitlines()
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


def _balanced(page: str) -> bool:
    parser = _Balanced()
    parser.feed(page)
    return parser.stack == []


def test_html_stands_alone_and_is_balanced() -> None:
    report = gw.check(PLANTED + "\n<script>alert(1)</script> $x < y = z$", "a<b.md")
    page = report.html()
    assert _balanced(page)
    assert "<script" not in page
    assert page.count("<details") == len(report.relations)
    assert "<math>" in page
    assert report._repr_html_() in page


def test_what_is_unread_is_typeset_with_its_reason() -> None:
    report = gw.check(
        r"$$\mystery{x}^2 + \frac{\hat a_{i}}{\sqrt[3]{2}} = \begin{pmatrix} a & b \\ c & <d> \end{pmatrix}$$"
    )
    (relation,) = report.relations
    page = report.html()
    assert relation.verdict == "unread"
    assert html.escape(relation.reason) in page
    assert _balanced(page)
    assert "<mfrac>" in page
    assert "<mroot>" in page
    assert page.count("<mtd>") == 4
    assert "mystery" in page


def test_markdown_and_sarif() -> None:
    report = gw.check(PLANTED, "note.md")
    assert report.markdown().count("\n|") == len(report.relations) + 2
    run = report.sarif()["runs"][0]
    assert {r["ruleId"] for r in run["results"]} <= {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert sum(r["level"] == "error" for r in run["results"]) == report.summary["refuted"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (r"\left(\frac ab\right)^2", "<mo>)</mo></mrow><mrow><mn>2</mn></mrow></msup>"),
        (r"[0, 1)", "<mo>[</mo>"),
        (r"\sum_{i=1}^n x_i", "<munderover><mo>∑</mo>"),
        (r"\log x", '<mo lspace="0.17em" rspace="0.17em">log</mo>'),
        (r"\operatorname{tr}(\mathbf A)", "<mi>𝐀</mi>"),
        (r"\RR^n", "<mi>ℝ</mi>"),
        (r"\|x\|_2^2", "<mo>‖</mo></mrow><mn>2</mn>"),
        (r"a\,|x| - 1", '<mspace width="0.17em"/><mrow><mo>|</mo><mrow><mi>x</mi></mrow><mo>|</mo></mrow><mo>−</mo>'),
        (r"\begin{cases} 1 & \text{if } x \\ 0 \end{cases}", "<mrow><mo>{</mo><mtable><mtr><mtd>"),
    ],
)
def test_a_formula_is_set_as_it_is_written(source: str, said: str) -> None:
    page = gw.check(rf"\newcommand{{\RR}}{{\mathbb{{R}}}} Here ${source}$ stands.").html()
    assert said in page
    assert _balanced(page)
