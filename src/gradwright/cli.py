"""The command line. Owns: options, colours, exit codes. Never: mathematics.

Bad input ends with one message and exit code 2, never with a traceback.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gradwright.core.errors import Error

if TYPE_CHECKING:
    from gradwright.api import Derivation

app = typer.Typer(
    help="Matrix calculus for machine learning: derive, explain and certify.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

FOUNDING = "p = softmax(o); -sum_i(y[i]*log(p[i]))"
_STYLES = {"title": "bold", "head": "cyan", "reason": "dim", "matrix": "magenta", "note": "", "plain": "",
           "good": "green", "bad": "bold red"}  # fmt: skip


@app.callback()
def _root() -> None:
    """Keep ``derive`` a command of its own."""


@app.command()
def derive(
    expression: Annotated[str, typer.Argument(help="the formula; definitions first, separated by semicolons")],
    wrt: Annotated[list[str], typer.Option(help="the variable; twice for a mixed second derivative")],
    given: Annotated[list[str] | None, typer.Option(help="a fact, such as 'onehot(y)'")] = None,
    shape: Annotated[list[str] | None, typer.Option(help="'A: n m', or 'u: n -> m' for an unknown function")] = None,
    order: Annotated[int, typer.Option(help="1 for the gradient or Jacobian, 2 for the Hessian")] = 1,
    layout: Annotated[str, typer.Option(help="mixed, numerator or denominator")] = "mixed",
    independent: Annotated[
        bool, typer.Option("--independent", help="in the independent entries of a structured variable")
    ] = False,
    along: Annotated[str, typer.Option(help="a name v: the Hessian times v")] = "",
    detail: Annotated[str, typer.Option(help="brief, textbook or full")] = "textbook",
    notation: Annotated[str, typer.Option(help="index, matrix or both")] = "both",
    format: Annotated[str, typer.Option(help="text, latex, markdown, html or json")] = "text",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="write to this file")] = None,
) -> None:
    """Differentiate a formula and show every step."""
    import gradwright as gw
    from gradwright.read.declared import declared

    shapes, functions = declared(shape or [], "--shape ")
    variable = wrt[0] if len(wrt) == 1 else tuple(wrt)
    if len(wrt) > 1:
        order = len(wrt)
    derivation = gw.derive(
        expression,
        variable,
        given=given or [],
        shapes=shapes,
        functions=functions,
        order=order,
        layout=layout,
        independent=independent,
        along=along,
    )
    _shown(derivation, detail, notation, format, output)


@app.command()
def emit(
    expression: Annotated[str, typer.Argument(help="the formula; definitions first, separated by semicolons")],
    wrt: Annotated[str, typer.Option(help="the variable")],
    target: Annotated[str, typer.Option(help="numpy, jax, torch or native")] = "numpy",
    with_: Annotated[str, typer.Option("--with", help="of value,gradient,hessian,hvp")] = "value,gradient",
    given: Annotated[list[str] | None, typer.Option(help="a fact, such as 'onehot_rows(Y)'")] = None,
    shape: Annotated[list[str] | None, typer.Option(help="'A: n m'")] = None,
    labels: Annotated[list[str] | None, typer.Option(help="a one-hot symbol given as whole-number labels")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="write to this file")] = None,
) -> None:
    """Write a module that computes the value and its derivatives, and stands alone."""
    import gradwright as gw
    from gradwright.read.declared import declared

    shapes, functions = declared(shape or [], "--shape ")
    derivation = gw.derive(expression, wrt, given=given or [], shapes=shapes, functions=functions)
    wanted = tuple(word.strip() for word in with_.split(",") if word.strip())
    _written(derivation.emit(target, wanted, labels or []).rstrip("\n"), output)


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Markdown, LaTeX, notebooks or plain text")],
    given: Annotated[list[str] | None, typer.Option(help="a fact beside the document, such as 'onehot(y)'")] = None,
    shape: Annotated[list[str] | None, typer.Option(help="the shape of a symbol, such as 'X: n m'")] = None,
    format: Annotated[str, typer.Option(help="text, json, html, markdown or sarif")] = "text",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="write to this file")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="an unread relation counts as a failure")] = False,
    every: Annotated[bool, typer.Option("--all", help="show the relations that hold, too")] = False,
    seconds: Annotated[float, typer.Option(help="time for one relation")] = 6.0,
) -> None:
    """Give every relation of a document a verdict. Code 1: something is refuted; 2: a file cannot be read."""
    from gradwright.document.command import run

    sys.exit(run(files, given or [], shape or [], format, output, strict, every, seconds))


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="0 takes a free one")] = 8765,
    open_: Annotated[bool, typer.Option("--open/--no-open", help="open the page in a browser")] = True,
) -> None:
    """A page to derive and check on, served to this machine alone."""
    with _extra("the page", "web"):
        from gradwright.web.server import serve as run
    run(port, open_)


@app.command()
def lsp() -> None:
    """A language server for editors: the wrong = is marked while you write. Speaks over stdin and stdout."""
    with _extra("the language server", "lsp"):
        from gradwright.editor.server import serve as run
    run()


@app.command()
def mcp() -> None:
    """A server for agents: derive, check, emit and equal as tools. Speaks over stdin and stdout."""
    with _extra("the server for agents", "mcp"):
        from gradwright.agents.server import serve as run
    run()


@app.command()
def demo() -> None:
    """The founding example: softmax, cross entropy, and the gradient p − y."""
    derive(FOUNDING, ["o"], given=["onehot(y)"])


def main() -> None:
    """Run the command line; every refusal is one message on stderr and exit code 2."""
    try:
        app([argument if _is_option(argument) else f" {argument}" for argument in sys.argv[1:]])
    except Error as error:
        print(f"gradwright: {error}", file=sys.stderr)
        sys.exit(2)


@contextmanager
def _extra(what: str, extra: str) -> Iterator[None]:
    """Import what an optional extra brings; where it is not there, say how it is had."""
    try:
        yield
    except ModuleNotFoundError as missing:
        hint = f"pip install 'gradwright[{extra}]'"
        raise Error(f"{what} needs {missing.name}, which is not installed", hint=hint) from None


def _is_option(argument: str) -> bool:
    """Whether to leave an argument as it is: a formula that begins with a minus is no option, and a space says so."""
    return not argument.startswith("-") or re.fullmatch(r"--[a-z-]*(=.*)?|-o", argument) is not None


def _shown(derivation: Derivation, detail: str, notation: str, format: str, output: Path | None) -> None:
    if format == "json":
        content = json.dumps(derivation.to_dict(), indent=2, ensure_ascii=False)
    elif format == "text" and output is None and sys.stdout.isatty():
        return _print_styled(derivation, detail, notation)
    else:
        content = derivation.show(detail=detail, notation=notation, format=format)
    return _written(content, output)


def _written(content: str, output: Path | None) -> None:
    if output is None:
        print(content)
    else:
        output.write_text(content + "\n", encoding="utf-8")
        print(f"wrote {output}")


def _print_styled(derivation: Derivation, detail: str, notation: str) -> None:
    from rich.console import Console
    from rich.text import Text

    from gradwright.show.outline import outline
    from gradwright.show.terminal import pieces_of

    console = Console(highlight=False)
    for pieces in pieces_of(outline(derivation, detail), notation, console.width):
        console.print(Text.assemble(*((text, _STYLES[style]) for text, style in pieces)), soft_wrap=True)
