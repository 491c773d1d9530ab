"""The Matrix Cookbook, checked: its equations as the table has them, our results, the verdicts. Owns: the page's text.
Never: writes files.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

import gradwright as gw
from gradwright.service import page as shown

HERE = Path(__file__).parent
BAR = r"\vert "


@cache
def claims() -> tuple[dict[str, Any], ...]:
    """The rows of cookbook.tsv: an equation of the Matrix Cookbook (2012), as a formula, a variable and a claim."""
    with (HERE / "cookbook.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    for row in rows:
        row["given"] = [fact for fact in (row["given"] or "").split(",") if fact]
        row["options"] = _options(row["options"] or "")
    return tuple(rows)


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


@cache
def judged(place: int) -> tuple[gw.Derivation, str]:
    """Our derivation for a row, and the verdict on the book's claim."""
    row = claims()[place]
    options = row["options"]
    derivation = gw.derive(row["formula"], row["variable"], given=row["given"], **options)
    shapes = derivation.context.symbols
    functions = {n: (s.argument, s.value) for n, s in derivation.context.functions.items()}
    ours = str(derivation.result)
    given = [
        fact for fact in row["given"] if row["variable"] in ours + row["claim"] or f"({row['variable']})" not in fact
    ]
    return derivation, gw.equal(ours, row["claim"], given=given, shapes=shapes, functions=functions).verdict


def page() -> str:
    """The page: formulas typeset, with the text that gives them."""
    lines = [
        "---", "hide: [toc]", "---", "", "# The Matrix Cookbook, checked", "",
        "Equations of Petersen & Pedersen, *The Matrix Cookbook* (version of November 15, 2012), each derived,",
        "certified, and compared with what the book claims: *proved* where the normal forms coincide, *confirmed*",
        "by ball arithmetic at random points, *refuted* where a point was found at which they differ. A symbol in the",
        "exponent of a matrix is any whole number; `sum[r:k](…)` runs from 0 to k − 1. Some rows name a section (§).",
        "",
        "Not here, for the text language does not say it: complex matrices (45, 89 and chapter 4), eigenvalues (66 to",
        "68; their sum and product are `tr` and `det`), and the sums 47 and 50, which restate 49. 94, 96 and 133 to",
        "136 prepare what follows them.", "",
        "| eq. | verdict | derivative of | in | given | the book | gradwright |", "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    notes = []
    for place, row in enumerate(claims()):
        derivation, verdict = judged(place)
        told = [f"`{fact}`" for fact in row["given"]]
        told += ["independent entries"] if row["options"].get("independent") else []
        told += ["second derivative"] if row["options"].get("order") == 2 else []
        cells = [
            row["eq"],
            verdict,
            f"{_typeset(row['formula'], derivation)}<br>`{row['formula']}`",
            f"`{row['variable']}`",
            ", ".join(told),
            _typeset(row["claim"], derivation),
            _math(derivation.result.latex()),
        ]
        if row["note"]:
            notes.append(f"* **{row['eq']}**, `{row['claim']}`: {row['note']}")
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join([*lines, "", "## Notes", "", *notes]) + "\n"


def _typeset(formula: str, derivation: gw.Derivation) -> str:
    """A formula as it is read beside a derivation's: with the shapes that its symbols have there."""
    context = derivation.context
    shapes = {name: " ".join(map(str, shape)) for name, shape in context.symbols.items()}
    for name, signature in context.functions.items():
        shapes[name] = f"{' '.join(map(str, signature.argument))} -> {' '.join(map(str, signature.value))}"
    found: Any = shown.read({"formula": formula, "shapes": shapes, "given": [str(g) for g in context.facts.given]})
    return "<br>".join(map(_math, found["latex"]))


def _math(tex: str) -> str:
    """Formulas of a table: a bar would end the cell."""
    return f"\\({tex.replace('|', BAR)}\\)"
