"""``gradwright check``. Owns: formats, mends and exit codes of the command. Never: judges."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import field
from pathlib import Path

from gradwright.core.errors import Error
from gradwright.core.record import dataclass
from gradwright.documents import check
from gradwright.doors import files, screen
from gradwright.referee.formats.mend import Mend
from gradwright.referee.formats.nothing import why_nothing
from gradwright.referee.report import GOOD, SCHEMA, Report
from gradwright.referee.shield import Internal, unit
from gradwright.show.report.html import page
from gradwright.show.report.render import lines, markdown, place, sarif

FORMATS = ("text", "json", "html", "markdown", "sarif")
HOLDS, REFUTED, WRONG_CALL, BUG = range(4)
"""Exit codes: of several, the highest counts."""


@dataclass
class Options:
    """What the command was told."""

    given: Sequence[str]
    shapes: Sequence[str]
    seconds: float
    macros: str = ""
    strict: bool = False
    every: bool = False
    fix: bool = False
    code: Sequence[str] = ()


@dataclass
class Outcome:
    """The reports so far, and the highest exit code."""

    reports: list[Report] = field(default_factory=list)
    code: int = HOLDS

    def worse(self, code: int) -> None:
        self.code = max(self.code, code)

    def refuse(self, error: Error) -> None:
        print(f"gradwright: {error}", file=sys.stderr)
        self.worse(BUG if isinstance(error, Internal) else WRONG_CALL)


def run(names: Sequence[str], options: Options, format: str, output: Path | None) -> int:
    """Check the files, print all reports, and give the exit code."""
    outcome = Outcome()
    documents = _documents(names, outcome)
    for number, name in enumerate(documents, start=1):
        progress = _Progress(f"[{number}/{len(documents)}] {name}")
        try:
            report = _report(files.opened(name), options, progress)
        except Error as error:
            outcome.refuse(error)
        else:
            outcome.reports.append(report)
            outcome.worse(_code(report, options.strict))
        finally:
            progress.over()
    for report in outcome.reports:
        if not report.relations:
            print(f"gradwright: {report.file or 'standard input'}: {_nothing(report)}", file=sys.stderr)
    if not outcome.reports and format == "text" and output is None:
        return outcome.code
    try:
        with unit("the form of a report", passing=(Error, OSError)):
            screen.write(_content(outcome.reports, format, options.every, output is None), output)
    except Error as error:
        outcome.refuse(error)
    return outcome.code


def _documents(names: Sequence[str], outcome: Outcome) -> list[str]:
    found: list[str] = []
    for name in names:
        try:
            found += files.meant(name.strip())
        except Error as error:
            outcome.refuse(error)
    return list(dict.fromkeys(found))


def _code(report: Report, strict: bool) -> int:
    if report.broken:
        return BUG
    failing = ("refuted", "unread") if strict else ("refuted",)
    failed = any(r.verdict in failing for r in report.relations) or (strict and not report.relations)
    return REFUTED if failed else HOLDS


class _Progress:
    """How far a check is, on a terminal."""

    def __init__(self, said: str) -> None:
        self.said, self.shown = said, sys.stderr.isatty()
        self.tell(0, 0)

    def tell(self, done: int, of: int) -> None:
        if self.shown:
            count = f": {done} of {of} relations" if of else ""
            print(f"\r{self.said}{count}\x1b[K", end="", file=sys.stderr, flush=True)

    def over(self) -> None:
        if self.shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _report(document: files.Document, options: Options, progress: _Progress) -> Report:
    """The report on a document, after its mends are written if that was asked for."""
    report = _checked(document, options, progress)
    mends = list(report.mends()) if options.fix else []
    if not mends:
        return report
    if not document.paths:
        raise Error("standard input cannot be mended", hint="name a file, or leave --fix away")
    changed = _changed(document, [mend for _, mend in mends])
    after = _checked(changed, options, progress)
    if not _better(report, after):
        print(f"gradwright: {document.name}: not mended, for together the mends do not hold", file=sys.stderr)
        return report
    texts = [changed.text, *changed.inputs.values()]
    for k in sorted({mend.file for _, mend in mends}):
        files.write(document.paths[k], texts[k])
    for relation, mend in mends:
        print(f"mended {place(report, relation)}: {mend.text}", file=sys.stderr)
    return after


def _changed(document: files.Document, mends: Iterable[Mend]) -> files.Document:
    """The document with its mends, from the last to the first; one that overlaps another is left out."""
    texts = [document.text, *document.inputs.values()]
    at = [len(text) for text in texts]
    for mend in sorted(mends, key=lambda m: m.span, reverse=True):
        start, end = mend.span
        if end <= at[mend.file]:
            texts[mend.file] = texts[mend.file][:start] + mend.text + texts[mend.file][end:]
            at[mend.file] = start
    inputs = dict(zip(document.inputs, texts[1:], strict=True))
    return files.Document(document.name, texts[0], inputs, document.paths)


def _better(before: Report, after: Report) -> bool:
    """Whether as many relations stand there, fewer are refuted, and none that held does no more."""
    pairs = list(zip(before.relations, after.relations, strict=False))
    kept = all(b.verdict in GOOD for a, b in pairs if a.verdict in GOOD)
    fewer = after.summary["refuted"] < before.summary["refuted"]
    return len(before.relations) == len(after.relations) and kept and fewer


def _checked(document: files.Document, options: Options, progress: _Progress) -> Report:
    try:
        report = check(
            document.text, document.name, options.given, _of_document(options), options.seconds,
            inputs=document.inputs, macros=options.macros, told=progress.tell,
        )  # fmt: skip
        return _with_code(report, options) if options.code else report
    except Error as error:
        if isinstance(error, Internal) or document.name is None:
            raise
        raise Error(f"{document.name}: {error.message}", error.span, error.source, error.hint) from None


def _of_document(options: Options) -> Sequence[str]:
    """The shapes that are meant for the document; those of labels and numbers are a program's."""
    if not options.code:
        return options.shapes
    from gradwright.doors.programs import shapes_of
    from gradwright.programs.papers import plain_shapes

    return plain_shapes(shapes_of(options.shapes))


def _with_code(report: Report, options: Options) -> Report:
    """The report with what is found of programs, which are run because they were named on the command line."""
    from gradwright.doors.programs import program_named, shapes_of
    from gradwright.programs.papers import with_program

    for name in options.code:
        program = program_named(name.partition(" is ")[0])
        if program is None:
            raise Error(f"--code {name!r} names no function", hint="for example loss.py:loss")
        report = with_program(report, program, name, shapes=shapes_of(options.shapes), given=options.given)
    return report


def _nothing(report: Report) -> str:
    """What to say of a document in which there is no relation."""
    if _is_formula(report.text):
        hint = 'gradwright derive differentiates one: gradwright derive - --wrt x < FILE, or derive "FORMULA"'
        return f"this is a formula in the text language, and no document\nhint: {hint}"
    return why_nothing(report.source)


def _is_formula(text: str) -> bool:
    from gradwright.read.reader import read

    try:
        return bool(text.strip()) and "$" not in text and bool(read(text.strip(), strict=True).context.symbols)
    except Error:
        return False


def _content(reports: Sequence[Report], format: str, every: bool, to_screen: bool) -> str:
    if format == "json":
        several = {"schema": SCHEMA, "reports": [r.to_dict() for r in reports]}
        whole = reports[0].to_dict() if len(reports) == 1 else several
        return json.dumps(whole, indent=2, ensure_ascii=False)
    if format == "sarif":
        return json.dumps(sarif(reports), indent=2, ensure_ascii=False)
    if format == "html":
        return "\n".join(page(r) for r in reports)
    if format == "markdown":
        return "\n\n".join(markdown(r) for r in reports)
    width = screen.columns() if to_screen else None
    return "\n\n".join(screen.paint(lines(r, every, width)) for r in reports)
