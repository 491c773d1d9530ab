"""Writes the pages that follow from tables and code: functions, rules, facts, readings, Python, command line, Cookbook.

Usage: python docs/generate.py. A test says whether the pages (docs/reference, docs/cookbook.md) are old.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cookbook
import gallery
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
NOTE = "\n<!-- Written by docs/generate.py from the tables: change those. -->\n"
_ENTRY = "---\nsearch:\n  boost: 0.6\n---\n\n"
"""Opens a page about one function or rule: whoever searches looks for a guide first."""


def pages() -> Iterator[tuple[str, str]]:
    """Every generated page: its path under docs, its text."""
    yield from ((path, text + NOTE) for path, text in _pages())


def _pages() -> Iterator[tuple[str, str]]:
    yield from functions()
    yield from _rules()
    yield "reference/facts.md", _facts()
    yield "reference/reading.md", reading.reading()
    yield "reference/python.md", interfaces.python()
    yield "reference/cli.md", interfaces.command_line()
    yield gallery.PLACE, gallery.examples()
    yield "cookbook.md", cookbook.page()


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
    yield "reference/functions.md", index


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
    return _ENTRY + f"{head}\n\n" + "\n".join(rest) + "\n" + (f"\n{more}" if more else "")


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
            yield f"reference/rules/{name}.md", _page(lines, _worked(rules.instance(name)) + _seen(name))
        index.append("")
    yield "reference/rules.md", "\n".join(index)


def _worked(found: rules.Instance | None) -> str:
    """An application of the rule, and where it happened."""
    assert found is not None, "every rule has an instance"
    where = f"In the derivative of `{found.of}`:" if found.of else "For example:"
    text = f"{where}\n\n\\[{latex(found.before)} = {latex(found.after)}\\]\n"
    if found.numbers is not None:
        numbers = found.numbers
        text += f"\nAt {numbers.point} both sides are {numbers.value}; they agree to {numbers.agreement}.\n"
    return text


def _seen(name: str) -> str:
    """The examples that need the rule."""
    links = [f"[{example}](../../{place})" for example, place in gallery.using(name)]
    return f"\n**Used in:** {', '.join(links)}\n" if links else ""


def _facts() -> str:
    lines = ["# Facts", "", "| fact | meaning | implies | excludes |", "|---|---|---|---|"]
    for fact in FACTS.values():
        lines.append(f"| `{fact.name}(x)` | {fact.says} | {', '.join(fact.implies)} | {', '.join(fact.excludes)} |")
    return "\n".join(lines) + "\n"


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
