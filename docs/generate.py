"""Writes the pages that follow from tables and code: functions, rules, facts, readings, Python, command line, Cookbook.

Usage: python docs/generate.py. A test says whether the pages (docs/reference, docs/cookbook.md) are old.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import interfaces
import picture
import reading

import gradwright as gw
from gradwright.core.build import entry
from gradwright.core.context import Context
from gradwright.core.facts import FACTS
from gradwright.show import rules
from gradwright.tables.matrix import MATRIX_FUNCTIONS, MatrixFunction
from gradwright.tables.scalars import SCALARS, Abbreviation, Function, Scalar
from gradwright.write.index import index_term
from gradwright.write.latex import latex
from gradwright.write.letters import Letters
from gradwright.write.unicode import unicode

HERE = Path(__file__).parent
NOTE = "<!-- Written by docs/generate.py from the tables: change those. -->\n\n"


def pages() -> Iterator[tuple[str, str]]:
    """Every generated page: its path under docs, its text."""
    yield from functions()
    yield from _rules()
    yield "reference/facts.md", _facts()
    yield "reference/reading.md", NOTE + reading.reading()
    yield "reference/python.md", NOTE + interfaces.python()
    yield "reference/cli.md", NOTE + interfaces.command_line()
    yield "cookbook.md", _cookbook()


# --- functions -----------------------------------------------------------------------------------------------------


def functions() -> Iterator[tuple[str, str]]:
    """The pages of the functions, from their rows."""
    names = []
    for scalar in SCALARS:
        if scalar.arity:
            names.append(scalar.name)
            yield f"reference/functions/{scalar.name}.md", _scalar(scalar)
    for matrix in MATRIX_FUNCTIONS.values():
        names.append(matrix.name)
        yield f"reference/functions/{matrix.name}.md", _matrix(matrix)
    index = "# Functions\n\n" + "".join(f"* [{name}](functions/{name}.md)\n" for name in sorted(names))
    yield "reference/functions.md", NOTE + index


def _scalar(row: Scalar) -> str:
    formula = f"{row.name}(t)" if row.arity == 1 else f"{row.name}(t, s)"
    differentiable = not isinstance(row, Function) or row.partials is not None
    shown = "none: it can be evaluated, not differentiated"
    if differentiable:
        shown = f"`{gw.derive(formula, 't', shapes={'t': (), 's': ()}).result}` in `t`"
    lines = [f"# {row.name}", f"* **Formula:** `{formula}`, entry by entry on arrays"]
    lines += [f"* **Read as:** `{_meaning(row)}`"] if isinstance(row, Abbreviation) else []
    lines += [f"* **Derivative:** {shown}"]
    lines += [f"* **No derivative:** {row.almost}"] if row.almost else []
    lines += [f"* **Also written:** {', '.join(row.aliases)}"] if row.aliases else []
    lines += [f"* **In documents and LaTeX also:** {', '.join(row.written)}"] if row.written else []
    lines += [f"* **Source:** {row.source}"]
    lines += [f"* **NumPy:** `{row.numpy}`"] if isinstance(row, Function) else []
    return _page(lines, _example(row) if differentiable else "")


def _meaning(row: Abbreviation) -> str:
    context = Context(symbols={"t": (), "s": ()})
    arguments = map(entry, ("t", "s")[: row.arity])
    return unicode(index_term(row.means(*arguments), Letters(context, ()), context))


def _matrix(matrix: MatrixFunction) -> str:
    scalar = f"{matrix.name}(X)" if not matrix.rank else f"tr({matrix.name}(X)*A)"
    formula = scalar if matrix.partial is not None else f"tr({matrix.name}(X))"
    shapes = None if matrix.square else {"X": ("n", "m"), "A": ("n", "m")}
    result = gw.derive(formula, "X", shapes=shapes).result
    lines = [f"# {matrix.name}", f"* **Rule:** {matrix.title}", f"* **Source:** {matrix.source}"]
    lines += [f"* **Does not hold:** {matrix.almost}"] if matrix.almost else []
    lines += ["* **Keeps symmetry:** the function of a symmetric matrix is symmetric"] if matrix.keeps_symmetry else []
    lines += [f"* **Example:** the derivative of `{formula}` in `X` is `{result}`"]
    return _page(lines)


def _example(row: Scalar) -> str:
    two = row.arity == 2
    formula = f"sum({row.name}(A*x, b))" if two else f"sum({row.name}(A*x))"
    derivation = gw.derive(formula, "x", shapes={"b": ("n",)} if two else None)
    return f"```\n{derivation.show(detail='textbook')}\n```\n"


def _page(lines: list[str], more: str = "") -> str:
    head, *rest = lines
    return NOTE + f"{head}\n\n" + "\n".join(rest) + "\n" + (f"\n{more}" if more else "")


# --- rules ---------------------------------------------------------------------------------------------------------


def _rules() -> Iterator[tuple[str, str]]:
    index = [
        "# Rules",
        "",
        "Every line of a derivation names the rules that made it. On the page a reason opens its rule.",
        "",
    ]
    for group in dict.fromkeys(known.group for known in reversed(rules.RULES.values())):
        index += [f"## {group}", ""]
        for name, known in reversed(rules.RULES.items()):
            if known.group != group:
                continue
            rule = known.rule
            index.append(f"* [{rule.title}](rules/{name}.md)")
            lines = [f"# {rule.title}", f"* **Name:** `{name}`", f"* **Source:** {rule.source}"]
            lines += [f"* **Holds:** {known.condition}"] if known.condition else []
            lines += ["* **Applied without a word**, as a lecturer does."] if rule.plain else []
            yield f"reference/rules/{name}.md", _page(lines, _worked(rules.instance(name)))
        index.append("")
    yield "reference/rules.md", NOTE + "\n".join(index)


def _worked(found: rules.Instance | None) -> str:
    """An application of the rule, and where it happened."""
    if found is None:
        return ""
    where = f"In the derivative of `{found.of}`:" if found.of else "For example:"
    text = f"{where}\n\n\\[{latex(found.before)} = {latex(found.after)}\\]\n"
    if found.numbers is not None:
        numbers = found.numbers
        text += f"\nAt {numbers.point} both sides are {numbers.value}; they agree to {numbers.agreement}.\n"
    return text


def _facts() -> str:
    lines = ["# Facts", "", "| fact | meaning | implies | excludes |", "|---|---|---|---|"]
    for fact in FACTS.values():
        lines.append(f"| `{fact.name}(x)` | {fact.says} | {', '.join(fact.implies)} | {', '.join(fact.excludes)} |")
    return NOTE + "\n".join(lines) + "\n"


# --- the Matrix Cookbook -----


def claims() -> list[dict[str, Any]]:
    """The rows of cookbook.tsv: an equation of the Matrix Cookbook (2012), as a formula, a variable and a claim."""
    with (HERE / "cookbook.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    for row in rows:
        row["given"] = [fact for fact in (row["given"] or "").split(",") if fact]
        row["options"] = _options(row["options"] or "")
    return rows


def _options(text: str) -> dict[str, Any]:
    options: dict[str, Any] = {}
    key = ""
    for part in text.split(";") if text else []:
        if part == "independent":
            options["independent"] = True
            continue
        if part.startswith("order="):
            options["order"] = int(part.removeprefix("order="))
            continue
        if "=" in part:
            key, _, part = part.partition("=")
        name, _, dims = part.partition(":")
        before, arrow, after = dims.partition(">")
        shape = tuple(d for d in before.split(",") if d)
        value: Any = (shape, tuple(d for d in after.split(",") if d)) if arrow else shape
        options.setdefault(key, {})[name] = value
    return options


def judged(row: dict[str, Any]) -> tuple[str, str]:
    """Our result for a row, and the verdict on its claim."""
    options = row["options"]
    derivation = gw.derive(row["formula"], row["variable"], given=row["given"], **options)
    shapes = derivation.context.symbols
    functions = {n: (s.argument, s.value) for n, s in derivation.context.functions.items()}
    ours = str(derivation.result)
    given = [
        fact for fact in row["given"] if row["variable"] in ours + row["claim"] or f"({row['variable']})" not in fact
    ]
    return ours, gw.equal(ours, row["claim"], given=given, shapes=shapes, functions=functions).verdict


def _cookbook() -> str:
    lines = [
        "# The Matrix Cookbook, checked", "",
        "Equations of Petersen & Pedersen, *The Matrix Cookbook* (version of November 15, 2012), each derived,",
        "certified, and compared with what the book claims: *proved* where the normal forms coincide, *confirmed*",
        "by ball arithmetic at random points, *refuted* where a point was found at which they differ. A symbol in the",
        "exponent of a matrix is any whole number; `sum[r:k](…)` runs from 0 to k − 1. Some rows name a section (§).",
        "",
        "Not here, for the text language does not say it: complex matrices (45, 89 and chapter 4), eigenvalues (66 to",
        "68; their sum and product are `tr` and `det`), and the sums 47 and 50, which restate 49. 94, 96 and 133 to",
        "136 prepare what follows them.", "",
        "| eq. | derivative of | in | given | the book | gradwright | verdict |", "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    notes = []
    for row in claims():
        ours, verdict = judged(row)
        told = [*row["given"], *(["independent entries"] if row["options"].get("independent") else [])]
        if row["options"].get("order") == 2:
            told.append("second derivative")
        cells = [
            row["eq"],
            f"`{row['formula']}`",
            f"`{row['variable']}`",
            ", ".join(told),
            f"`{row['claim']}`",
            f"`{ours}`",
        ]
        if row["note"]:
            notes.append(f"* **{row['eq']}**, `{row['claim']}`: {row['note']}")
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in (*cells, verdict)) + " |")
    return NOTE + "\n".join([*lines, "", "## Notes", "", *notes]) + "\n"


def main() -> None:
    made = dict(pages())
    for old in HERE.rglob("*.md"):
        if NOTE in old.read_text("utf-8") and str(old.relative_to(HERE)) not in made:
            old.unlink()
    code = [("../src/gradwright/functions.py", interfaces.functions())]
    for path, text in (*made.items(), *code, ("assets/founding.svg", picture.founding())):
        target = HERE / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        print(f"wrote docs/{path}")


if __name__ == "__main__":
    main()
