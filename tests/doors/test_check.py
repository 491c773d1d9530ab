"""``gradwright check``: which files, which exit codes, what is mended, what is said where nothing is found."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from gradwright import documents
from gradwright.doors import check as door
from gradwright.doors.cli import main
from gradwright.doors.files import meant
from gradwright.referee.formats.source import ENDINGS
from gradwright.referee.report import SCHEMA
from gradwright.show.report import html
from tests.referee.notes import PLANTED, SOFTMAX

ROOT = Path(__file__).parents[2]
TRUE, FALSE = "$a + a = 2 a$", "$(a-b)^2 = a^2 - 2ab - b^2$"
UNREAD = "$x = \\mystery$"


def command(*words: str | Path) -> int:
    """The exit code of the command with these words."""
    before = sys.argv
    sys.argv = ["gradwright", "check", *map(str, words)]
    try:
        with pytest.raises(SystemExit) as stop:
            main()
    finally:
        sys.argv = before
    return int(stop.value.code or 0)


def put(folder: Path, **texts: str) -> list[Path]:
    """Markdown files with these texts."""
    for name, text in texts.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return [folder / f"{name}.md" for name in texts]


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        (SOFTMAX, [], 0),
        (PLANTED, [], 1),
        (UNREAD, [], 0),
        (UNREAD, ["--strict"], 1),
        ("nothing", [], 0),
        ("nothing", ["--strict"], 1),
        (SOFTMAX, ["--format", "nonsense"], 2),
        (SOFTMAX, ["--given", "nonsense(y)"], 2),
        (SOFTMAX, ["--macros", "none.sty"], 2),
        (b"\xff\xfe\x00", [], 2),
        (b"\x00\x01", [], 2),
    ],
)
def test_exit_codes(tmp_path: Path, text: str | bytes, options: list[str], code: int) -> None:
    file = tmp_path / "note.md"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert command(file, *options) == code


def test_the_highest_code_counts_and_every_report_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong, right, bug = put(tmp_path, wrong=FALSE, right=TRUE, bug="bug")
    (tmp_path / "bad.ipynb").write_text("{}")
    sound = documents.source_of

    def broken(text: str, *others: Any) -> Any:
        if text == "bug":
            raise AttributeError("nothing has no parts")
        return sound(text, *others)

    monkeypatch.setattr(documents, "source_of", broken)
    assert command(wrong, right) == 1
    assert command(tmp_path / "none.md", wrong, tmp_path / "bad.ipynb", right) == 2
    told = capsys.readouterr()
    assert told.out.count("1 relation: 1 refuted") == 2
    assert told.out.count("1 relation: 1 proved") == 2
    assert "none.md: there is no such file" in told.err
    assert "bad.ipynb: this is not a notebook" in told.err
    assert command(bug, wrong, tmp_path / "none.md") == 3
    told = capsys.readouterr()
    assert "internal error, please report" in told.out
    assert "1 relation: 1 refuted" in told.out


def test_a_bug_in_a_form_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = put(tmp_path, note=TRUE)
    monkeypatch.setattr(html, "fragment", lambda report: 1 / 0)
    assert command(file, "--format", "html") == 3
    assert "internal error, please report" in capsys.readouterr().err


def test_a_directory_a_pattern_and_what_others_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "main.tex").write_text("\\input{parts/one}\n$\\sq{a} = a a$\n")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "one.tex").write_text("\\newcommand{\\sq}[1]{#1^2}\n" + FALSE)
    (tmp_path / "code.py").write_text(f'"""{TRUE}"""')
    put(tmp_path, note=TRUE)
    assert [Path(name).name for name in meant(str(tmp_path))] == ["main.tex", "note.md"]
    assert [Path(name).name for name in meant(str(tmp_path / "*.py"))] == ["code.py"]
    assert command(tmp_path) == 1
    told = " ".join(capsys.readouterr().out.split())  # a long path breaks the line
    assert "one.tex:2:" in told
    assert "main.tex: 2 relations: 1 proved, 1 refuted" in told
    assert command(tmp_path / "code.py") == 0
    (tmp_path / "bad.tex").write_bytes(b"\xff\xfea")
    assert command(tmp_path) == 2
    told = capsys.readouterr()
    assert "bad.tex: this is not a text" in told.err
    assert "note.md: 1 relation: 1 proved" in " ".join(told.out.split())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings_are_read_and_kept(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "note.tex"
    file.write_bytes(f"\\section{{Été}}\r\n{FALSE}\r\n".encode(encoding))
    assert command(file) == 1
    assert command(file, "--fix") == 0
    assert file.read_bytes().decode(encoding) == f"\\section{{Été}}\r\n{FALSE.replace('ab -', 'ab +')}\r\n"


def test_mends_are_written_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (file,) = put(tmp_path, note=f"Here {TRUE} and {FALSE}.\n\n{FALSE}, {UNREAD}\n")
    assert command(file, "--fix", "--strict") == 1  # something is unread
    told = capsys.readouterr()
    assert told.err.count("mended ") == 2
    assert "2 proved" not in told.out
    assert "refuted" not in told.out
    assert file.read_text() == f"Here {TRUE} and {FALSE}.\n\n{FALSE}, {UNREAD}\n".replace("ab -", "ab +")


def test_what_does_not_hold_afterwards_is_not_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = put(tmp_path, note=FALSE)
    monkeypatch.setattr(door, "_better", lambda before, after: False)
    assert command(file, "--fix") == 1
    assert file.read_text() == FALSE
    assert "not mended" in capsys.readouterr().err


def test_a_part_and_a_notebook_are_mended_where_they_stand(tmp_path: Path) -> None:
    (tmp_path / "main.tex").write_text("\\input{part}")
    (tmp_path / "part.tex").write_text(FALSE)
    assert command(tmp_path / "main.tex", "--fix") == 0
    assert (tmp_path / "part.tex").read_text() == FALSE.replace("ab -", "ab +")
    book = json.dumps({"cells": [{"cell_type": "markdown", "source": ["Here\n", FALSE]}]}, indent=1)
    (tmp_path / "book.ipynb").write_text(book)
    assert command(tmp_path / "book.ipynb", "--fix") == 0
    assert (tmp_path / "book.ipynb").read_text() == book.replace("ab -", "ab +")


def test_macros_of_another_file(tmp_path: Path) -> None:
    (file,) = put(tmp_path, note="$\\sq{a} = a a$")
    (tmp_path / "own.sty").write_text("\\newcommand{\\sq}[1]{#1^2}")
    assert command(file, "--strict") == 1
    assert command(file, "--strict", "--macros", tmp_path / "own.sty") == 0


def test_json_of_several_documents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = put(tmp_path, one=TRUE, two=FALSE)
    assert command(one, two, "--format", "json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == SCHEMA
    assert [Path(report["file"]).name for report in told["reports"]] == ["one.md", "two.md"]


def test_progress_is_shown_on_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = put(tmp_path, note=f"{TRUE} {TRUE}")
    command(file)
    assert "\r" not in capsys.readouterr().err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    command(file)
    assert "2 of 2 relations" in capsys.readouterr().err


def test_the_pre_commit_hook_covers_what_is_read() -> None:
    said = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    pattern = re.search(r"files: (.*)", said)
    assert pattern is not None
    covered = {ending for ending in ENDINGS if re.search(pattern[1], "docs/note" + ending)}
    assert covered == set(ENDINGS)
    assert not re.search(pattern[1], "note.c")
