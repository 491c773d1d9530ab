"""The examples of the page, and what comes of them. Owns: the text of the docs about them. Never: writes files."""

from __future__ import annotations

import json
import shlex
from functools import cache
from pathlib import Path
from typing import Any

import gradwright as gw
from gradwright.show import rules

SOURCE = Path(gw.__file__).parent / "doors" / "web" / "static" / "examples.js"
PLACE = "examples.md"
Example = dict[str, Any]


def fields() -> list[dict[str, Any]]:
    """The fields with their examples, as the page shows them."""
    found: list[dict[str, Any]] = json.loads(SOURCE.read_text("utf-8").split("export default ", 1)[1].rstrip("\n;"))
    return found


def examples() -> str:
    """Every example with its formula typeset, its result, and the command that derives it."""
    lines = [
        "# Examples by field", "",
        "Every one is derived, certified and explained step by step by the command below it, and on",
        "[the page](guides/page.md) with a click.",
    ]  # fmt: skip
    for group in fields():
        lines += ["", f"## {group['field']}"]
        for example in group["examples"]:
            lines += ["", f"### {example['name']}", "", *_told(example)]
    return "\n".join(lines) + "\n"


def _told(example: Example) -> list[str]:
    found = derived(example["name"])
    what = "Hessian" if found.order == 2 else "derivative" if len(found.result.shape) > 1 else "gradient"
    given = " and ".join(f"`{fact}`" for fact in example.get("given", ()))
    facts = f", given {given}," if given else ""
    return [
        f"The {what} of \\({example['tex']}\\) in `{example['x']}`{facts} is",
        "",
        f"\\[{found.result.latex()}\\]",
        "",
        "```text",
        _command(example),
        "```",
    ]


def _command(example: Example) -> str:
    words = ["gradwright", "derive", example["f"], "--wrt", example["x"]]
    words += [word for fact in example.get("given", ()) for word in ("--given", fact)]
    words += [word for shape in example.get("shape", ()) for word in ("--shape", shape)]
    words += ["--order", "2"] if example.get("order") == "2" else []
    words += ["--independent"] if example.get("ind") else []
    return shlex.join(words)


@cache
def derived(name: str) -> gw.Derivation:
    """The derivation of an example."""
    example = next(one for group in fields() for one in group["examples"] if one["name"] == name)
    shapes = dict(map(_shape, example.get("shape", ())))
    order, independent = int(example.get("order", 1)), bool(example.get("ind"))
    return gw.derive(
        example["f"], example["x"], given=example.get("given", ()), shapes=shapes, order=order,
        independent=independent, syntax="auto",
    )  # fmt: skip


def _shape(said: str) -> tuple[str, str]:
    name, _, extents = said.partition(":")
    return name, extents


def using(rule: str) -> list[tuple[str, str]]:
    """The examples in whose derivation a rule is used: name and address."""
    names = [example["name"] for group in fields() for example in group["examples"]]
    found = [name for name in names if any(one.name == rule for one in rules.used(derived(name).derived))]
    return [(name, f"{PLACE}#{_anchor(name)}") for name in found]


def _anchor(name: str) -> str:
    """What the headings of the page are called in addresses."""
    return "".join(letter for letter in name.lower().replace(" ", "-") if letter.isalnum() or letter == "-")
