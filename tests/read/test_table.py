"""The parser's table is that of its grammar. ``GOLDEN=write`` writes the table that the grammar gives now, by lark."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path
from typing import Any

from lark import Lark
from lark.lexer import Lexer
from lark.parsers.lalr_analysis import Shift

from gradwright.read.text import table
from gradwright.read.text.parser import GRAMMAR

_HEAD = '''"""What the parser of the text language does in each state: its grammar's table.

Written by ``tests/read/test_table.py``; do not edit.

``RULES``   a production by its left side, the number of its parts, and what makes its value: a method of the parser's,
            ``*`` where parts are gathered, nothing where the only part stands for itself
``STATES``  what follows a token (or what was made): the next state, or where negative the production that ends, as ~n
"""

# fmt: off
'''


class _NoLexer(Lexer):
    """The grammar has no characters: its terminals are declared."""

    def __init__(self, conf: Any) -> None:
        pass

    def lex(self, data: Any, state: Any = None) -> Any:
        raise NotImplementedError


def _written() -> str:
    """The module ``table`` of the grammar. States are numbered as a walk from the first meets them."""
    lark: Any = Lark(GRAMMAR, parser="lalr", lexer=_NoLexer, maybe_placeholders=False, keep_all_tokens=True)
    states = lark.parser.parser._parse_table
    rules = sorted(lark.rules, key=lambda rule: (rule.origin.name, [part.name for part in rule.expansion]))
    number = {rule: at for at, rule in enumerate(rules)}
    order = [states.start_states["start"]]
    rows: list[dict[str, int]] = []
    for state in order:  # which grows as it is walked
        row = {}
        for name, (kind, then) in sorted(states.states[state].items()):
            if kind is Shift and then not in order:
                order.append(then)
            row[str(name)] = order.index(then) if kind is Shift else ~number[then]
        rows.append(row)
    made = [(str(rule.origin.name), len(rule.expansion), _maker(rule)) for rule in rules]
    return "\n".join([
        f"{_HEAD}RULES: tuple[tuple[str, int, str], ...] = {_spelled(made)}",
        f"STATES: tuple[dict[str, int], ...] = {_spelled(rows)}\n",
    ])  # fmt: skip


def _maker(rule: Any) -> str:
    if rule.origin.name.startswith("_"):
        return "*"
    single = rule.options.expand1 and len(rule.expansion) == 1
    return str(rule.alias) if rule.alias else "" if single else str(rule.origin.name)


def _spelled(rows: list[Any]) -> str:
    return "(\n" + "\n".join(textwrap.fill(f"{row},", 119, subsequent_indent=" ") for row in rows) + "\n)"


def test_the_table_is_that_of_the_grammar() -> None:
    path = Path(table.__file__)
    written = _written()
    if os.environ.get("GOLDEN") == "write":
        path.write_text(written, encoding="utf-8")
    assert path.read_text("utf-8") == written
