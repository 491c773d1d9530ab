"""Derivations by differentials over a set of problems: how many lines have a form in matrices, and how long they are.

    python benchmarks/differentials.py PROBLEMS.json [--id PREFIX] [--lines]

The file is a list of problems: ``expr``, ``vars`` (shapes by name), ``wrt``, and where there are any ``given``,
``order``, ``wrt2``, ``funcs``, ``independent``. A problem counts as one with a matrix form if its answer has one.
``--lines`` prints every line that has none.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gradwright as gw
from gradwright.derivation import certified
from gradwright.show.differential import proved
from gradwright.show.outline import Line, outline
from gradwright.write.unicode import unicode


@dataclass
class Tally:
    """What was found, over all problems that are said to count."""

    problems: int = 0
    lines: int = 0
    in_matrices: int = 0
    ends: int = 0
    ends_in_matrices: int = 0
    beside: int = 0
    beside_all: int = 0
    lengths: list[int] = field(default_factory=list)
    characters: list[int] = field(default_factory=list)
    indices: list[int] = field(default_factory=list)
    indices_characters: list[int] = field(default_factory=list)
    verdicts: Counter[str] = field(default_factory=Counter)


def asked(problem: dict[str, Any]) -> gw.Derivation:
    options: dict[str, Any] = {}
    if problem.get("independent"):
        options["independent"] = True
    if problem.get("funcs"):
        options["functions"] = {name: (tuple(f["in"]), tuple(f["out"])) for name, f in problem["funcs"].items()}
    wrt = (problem["wrt"], problem["wrt2"]) if problem.get("wrt2") else problem["wrt"]
    return gw.derive(
        problem["expr"], wrt, order=problem.get("order", 1), given=problem.get("given", ()),
        shapes={name: tuple(shape) for name, shape in problem["vars"].items()}, certify=False, **options,
    )  # fmt: skip


def index_lines(derivation: gw.Derivation) -> list[Line]:
    """The lines of the derivation in indices, without the one that says what is asked."""
    sections = [section for section in outline(derivation.derived).sections if section.kind in ("lemma", "main")]
    return [line for section in sections for line in section.lines if line.reason != "by definition"]


def measured(problem: dict[str, Any], tally: Tally, tell: bool) -> str:
    """Count one problem; why it does not count, or nothing."""
    derivation = asked(problem)
    found = certified(derivation.derived)
    try:
        parts = list(proved([found]))
    except gw.Error as error:
        return str(error).splitlines()[0]
    rows = [row for part in parts for row in part.rows]
    tally.verdicts.update(part.certificate.verdict for part in parts)
    if found.answer.matrix is None and rows[-1].said is None:
        return "the answer has no form in matrices"
    tally.problems += 1
    tally.lines += len(rows)
    tally.in_matrices += sum(row.said is not None for row in rows)
    tally.ends += len(parts)
    tally.ends_in_matrices += sum(part.rows[-1].said is not None for part in parts)
    tally.lengths.append(len(rows))
    tally.characters += [len(unicode(row.said.term)) for row in rows if row.said is not None]
    lines = index_lines(derivation)
    tally.indices.append(len(lines))
    tally.indices_characters += [len(unicode(line.index)) for line in lines]
    tally.beside += sum(line.matrix is not None for line in lines)
    tally.beside_all += len(lines)
    if tell and any(row.said is None for row in rows):
        print(f"\n{problem['id']}: {problem['expr']}  d/d{problem['wrt']}  {problem.get('given', '')}")
        for part in parts:
            for row in part.rows:
                print("   ", "-" if row.said is None else unicode(row.said.term), "  ", row.reason)
    return ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("problems", type=Path)
    parser.add_argument("--id", default="")
    parser.add_argument("--lines", action="store_true")
    args = parser.parse_args()
    tally, left_out = Tally(), Counter[str]()
    for problem in json.loads(args.problems.read_text()):
        if problem["id"].startswith(args.id):
            why = measured(problem, tally, args.lines)
            left_out.update([why] if why else [])
            if args.lines and why:
                print(f"\n{problem['id']}: {problem['expr']}  d/d{problem['wrt']}: {why}")
    print(f"{tally.problems} problems; left out: {dict(left_out)}")
    print(f"lines in matrices         {tally.in_matrices}/{tally.lines} = {tally.in_matrices / tally.lines:.1%}")
    print(
        f"last lines in matrices    {tally.ends_in_matrices}/{tally.ends} = {tally.ends_in_matrices / tally.ends:.1%}"
    )
    print(f"verdicts                  {dict(tally.verdicts)}")
    print(
        f"lines, median             {statistics.median(tally.lengths)} (in indices {statistics.median(tally.indices)})"
    )
    longer = sum(ours > theirs for ours, theirs in zip(tally.lengths, tally.indices, strict=True))
    print(f"longer than in indices    {longer}")
    print(
        f"characters a line, median {statistics.median(tally.characters)} "
        f"(in indices {statistics.median(tally.indices_characters)})"
    )
    print(f"index lines with matrices {tally.beside}/{tally.beside_all} = {tally.beside / tally.beside_all:.1%}")


if __name__ == "__main__":
    main()
