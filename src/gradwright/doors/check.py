"""``gradwright check``. Owns: which files are meant, formats and exit codes of the command. Never: judges."""

from __future__ import annotations

import glob
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from gradwright.core.errors import Error
from gradwright.documents import check
from gradwright.doors import screen
from gradwright.referee.report import Report
from gradwright.show.report.html import page
from gradwright.show.report.render import lines, markdown, sarif

FORMATS = ("text", "json", "html", "markdown", "sarif")
_DOCUMENTS = (".md", ".markdown", ".tex", ".ipynb", ".rst", ".txt")
_STDIN = "-"


def run(
    files: Sequence[str], given: Sequence[str], shapes: Sequence[str], format: str, output: Path | None, strict: bool,
    every: bool, seconds: float,
) -> int:  # fmt: skip
    """Check the files; 0 when nothing is refuted, 1 when something is (or unread, if strict), 2 for a wrong call."""
    reports: list[Report] = []
    code = 0
    documents = list(dict.fromkeys(name for said in files for name in _meant(said.strip())))
    progress = len(documents) > 1 and sys.stderr.isatty()
    for number, name in enumerate(documents, start=1):
        if progress:
            print(f"\r[{number}/{len(documents)}] {name}\x1b[K", end="", file=sys.stderr, flush=True)
        try:
            reports.append(_checked(name, given, shapes, seconds))
        except Error as error:
            print(f"gradwright: {error}", file=sys.stderr)
            code = 2
    if progress:
        print("\r\x1b[K", end="", file=sys.stderr)
    for report in reports:
        if not report.relations:
            print(f"gradwright: {_nothing(report)}", file=sys.stderr)
    _emit(reports, format, output, every)
    failing = ("refuted", "unread") if strict else ("refuted",)
    if code == 0 and any(r.verdict in failing for report in reports for r in report.relations):
        code = 1
    return code


def _meant(said: str) -> Iterator[str]:
    """The documents that a name stands for: itself, those in a directory, those a pattern fits."""
    path = Path(said)
    if said == _STDIN or path.is_file():
        yield said
    elif path.is_dir():
        found = [p for p in sorted(path.rglob("*")) if p.suffix.lower() in _DOCUMENTS and p.is_file()]
        shown = [str(p) for p in found if not any(part.startswith(".") for part in p.relative_to(path).parts)]
        if not shown:
            raise Error(f"there is no document in {said}", hint=f"documents end in {', '.join(_DOCUMENTS)}")
        yield from shown
    elif glob.has_magic(said):
        matched = sorted(name for name in glob.glob(said, recursive=True) if Path(name).is_file())
        if not matched:
            raise Error(f"no file fits {said}")
        yield from matched
    else:
        yield said


def _checked(name: str, given: Sequence[str], shapes: Sequence[str], seconds: float) -> Report:
    if name == _STDIN:
        return check(screen.stdin(), None, given, shapes, seconds)
    try:
        content = Path(name).read_bytes()
    except OSError as error:
        raise Error(f"{name}: {error.strerror}") from None
    text = screen.decoded(content, name)
    try:
        return check(text, name, given, shapes, seconds)
    except Error as error:
        raise Error(f"{name}: {error.message}", error.span, error.source, error.hint) from None


def _nothing(report: Report) -> str:
    """What to say of a document in which there is no relation."""
    name = report.file or "standard input"
    if _is_formula(report.text):
        hint = 'gradwright derive differentiates one: gradwright derive - --wrt x < FILE, or derive "FORMULA"'
        return f"{name}: this is a formula in the text language, and no document\nhint: {hint}"
    return f"{name}: there is no relation to check\nhint: mathematics stands between $ signs, as in $\\nabla f = 2x$"


def _is_formula(text: str) -> bool:
    from gradwright.read.reader import read

    try:
        return bool(text.strip()) and "$" not in text and bool(read(text.strip(), strict=True).context.symbols)
    except Error:
        return False


def _emit(reports: Sequence[Report], format: str, output: Path | None, every: bool) -> None:
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
        content = "\n\n".join(screen.paint(lines(r, every)) for r in reports)
    if output is None:
        print(content)
    else:
        screen.write(content, output)
