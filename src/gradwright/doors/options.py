"""The words of the command line. Owns: commands and their options, help, completion. Never: does what they say.

A command is a row: its name, what it does, its arguments. Help, the reference and the completions of shells follow.
"""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from gradwright.core.errors import Error
from gradwright.core.record import dataclass

Asked = argparse.Namespace


@dataclass(frozen=True)
class Option:
    """An option, or without dashes an argument.

    ``many``  may be said again (an argument: may be several); ``flag``: takes no value
    ``into``  the attribute that holds it, where that is not its name
    """

    names: str
    says: str
    metavar: str = ""
    default: str | int | float | None = None
    many: bool = False
    flag: bool = False
    kind: Callable[[str], object] = str
    into: str | None = None

    @property
    def words(self) -> list[str]:
        return self.names.split()

    @property
    def positional(self) -> bool:
        return not self.names.startswith("-")


@dataclass(frozen=True)
class Command:
    """A command: its name, what it does (the first line in short), its options, and the function that does it."""

    name: str
    says: str
    options: tuple[Option, ...]
    run: Callable[[Asked], int | None]


class _Parser(argparse.ArgumentParser):
    """A parser whose refusals are ours."""

    def error(self, message: str) -> NoReturn:
        raise Error(message, hint=f"{self.prog} --help says what there is")


class _Paragraphs(argparse.HelpFormatter):
    """Paragraphs filled one by one; what is indented stays as it is."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        fill = super()._fill_text
        said = [part if part.startswith(" ") else fill(part, width, indent) for part in text.split("\n\n")]
        return "\n\n".join(said)


def parser(commands: Sequence[Command], version: str, about: str, example: str) -> argparse.ArgumentParser:
    """The parser of a command line with these commands."""
    whole = _Parser("gradwright", description=about, epilog=f"For example: {example}", allow_abbrev=False)
    whole.add_argument("--version", action="version", version=f"gradwright {version}")
    rows = whole.add_subparsers(metavar="COMMAND", dest="command", parser_class=_Parser)
    for command in commands:
        made = rows.add_parser(
            command.name, help=command.says.split("\n")[0], description=command.says, allow_abbrev=False,
            formatter_class=_Paragraphs,
        )  # fmt: skip
        for option in command.options:
            _add(made, option)
    return whole


def _add(made: argparse.ArgumentParser, option: Option) -> None:
    shown = f"{option.says} (usually {option.default})" if option.default not in (None, "") else option.says
    shown = shown.replace("%", "%%")
    if option.flag:
        made.add_argument(*option.words, dest=option.into, action="store_true", help=shown)
    elif option.positional:
        nargs = "+" if option.many else None
        made.add_argument(option.names, metavar=option.metavar, nargs=nargs, help=shown)
    else:
        made.add_argument(
            *option.words, metavar=option.metavar, type=option.kind, default=[] if option.many else option.default,
            action="append" if option.many else "store", dest=option.into, help=shown,
        )  # fmt: skip


def understood(words: Sequence[str], commands: Mapping[str, Command]) -> list[str]:
    """The words with what begins with a minus and is no option kept apart, by a space, for it is a formula.

    A word that should be a command and is none is refused with the nearest one.
    """
    if words and not words[0].startswith("-") and words[0] not in commands:
        near = difflib.get_close_matches(words[0], commands, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(commands)}"
        if re.search(r"[^\w-]", words[0]):
            hint = f'to differentiate a formula: gradwright derive "{words[0]}"'
        raise Error(f"there is no command {words[0]}", hint=hint)
    return [word if _is_option(word) else f" {word}" for word in words]


def variables(said: Sequence[str]) -> str | list[str]:
    """One name; several gradients (with commas); or one for each order of a mixed second derivative (said again)."""
    names = [name.strip() for word in said for name in (word.split(",") if len(said) == 1 else [word]) if name.strip()]
    return names if len(names) > 1 else "".join(names)


def _is_option(word: str) -> bool:
    return not word.startswith("-") or re.fullmatch(r"-|--[a-z][a-z-]*(=.*)?|-o|-h", word, re.DOTALL) is not None


def completion(shell: str, commands: Sequence[Command]) -> str:
    """A script that completes commands and options in a shell."""
    words = {command.name: [w for o in command.options if not o.positional for w in o.words] for command in commands}
    if shell == "fish":
        lines = [
            f"complete -c gradwright -n __fish_use_subcommand -f -a {c.name} -d '{_short(c.says)}'" for c in commands
        ]
        for command in commands:
            for option in command.options:
                long = next((word[2:] for word in option.words if word.startswith("--")), None)
                if long is not None:
                    here = f"'__fish_seen_subcommand_from {command.name}'"
                    lines.append(f"complete -c gradwright -n {here} -l {long} -d '{_short(option.says)}'")
        return "\n".join(lines)
    cases = "\n".join(f"    {name}) words='{' '.join(options)} --help' ;;" for name, options in words.items())
    start = "autoload -U +X bashcompinit && bashcompinit\n" if shell == "zsh" else ""
    return f"""{start}_gradwright() {{
  local words
  case "${{COMP_WORDS[1]}}" in
{cases}
    *) words='{" ".join(words)}' ;;
  esac
  [ "$COMP_CWORD" -eq 1 ] && words='{" ".join(words)}'
  COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _gradwright gradwright"""


def _short(says: str) -> str:
    return says.split("\n")[0].replace("'", "")
