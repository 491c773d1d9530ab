"""``gradwright check``. Owns: files, formats and exit codes of the command. Never: judges."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from gradwright.core.errors import Error
from gradwright.documents import check
from gradwright.referee.report import Report
from gradwright.show.report.html import page
from gradwright.show.report.render import lines, markdown, sarif, terminal

FORMATS = ("text", "json", "html", "markdown", "sarif")


def run(
    files: Sequence[Path], given: Sequence[str], shapes: Sequence[str], format: str, output: Path | None, strict: bool,
    every: bool, seconds: float,
) -> int:  # fmt: skip
    """Check the files; 0 when nothing is refuted, 1 when something is (or unread, if strict), 2 for a wrong call."""
    if format not in FORMATS:
        raise Error(f"unknown format {format}", hint="one of " + ", ".join(FORMATS))
    reports: list[Report] = []
    code = 0
    progress = len(files) > 1 and sys.stderr.isatty()
    for number, file in enumerate(files, start=1):
        if progress:
            print(f"\r[{number}/{len(files)}] {file}\x1b[K", end="", file=sys.stderr, flush=True)
        try:
            text = file.read_bytes().decode("utf-8")
        except OSError as error:
            print(f"gradwright: {file}: {error.strerror}", file=sys.stderr)
            code = 2
            continue
        except UnicodeDecodeError:
            print(f"gradwright: {file}: this is not a UTF-8 text", file=sys.stderr)
            code = 2
            continue
        try:
            reports.append(check(text, str(file), given, shapes, seconds))
        except Error as error:
            print(f"gradwright: {file}: {error}", file=sys.stderr)
            code = 2
    if progress:
        print("\r\x1b[K", end="", file=sys.stderr)
    _emit(reports, format, output, every)
    failing = ("refuted", "unread") if strict else ("refuted",)
    if code == 0 and any(r.verdict in failing for report in reports for r in report.relations):
        code = 1
    return code


def _emit(reports: Sequence[Report], format: str, output: Path | None, every: bool) -> None:
    if format == "text" and output is None and sys.stdout.isatty():
        return _styled(reports, every)
    if format == "json":
        whole = reports[0].to_dict() if len(reports) == 1 else [r.to_dict() for r in reports]
        content = json.dumps(whole, indent=2, ensure_ascii=False)
    elif format == "sarif":
        content = json.dumps(sarif(reports), indent=2, ensure_ascii=False)
    elif format == "html":
        content = "\n".join(page(r) for r in reports)
    elif format == "markdown":
        content = "\n\n".join(markdown(r) for r in reports)
    else:
        content = "\n\n".join(terminal(r, every) for r in reports)
    if output is None:
        print(content)
    else:
        output.write_text(content + "\n", encoding="utf-8")
    return None


def _styled(reports: Sequence[Report], every: bool) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for report in reports:
        for line in lines(report, every):
            console.print(Text.assemble(*line), soft_wrap=True)
