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
    epilog='For example: gradwright derive "norm2(A*x - b)^2" --wrt x',
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
)

FOUNDING = "p = softmax(o); -sum_i(y[i]*log(p[i]))"
Formula = Annotated[str, typer.Argument(metavar="FORMULA", help="definitions first, separated by semicolons")]
Given = Annotated[list[str] | None, typer.Option(metavar="FACT", help="a fact, such as 'onehot(y)'; again for more")]
Shape = Annotated[
    list[str] | None, typer.Option(metavar="SHAPE", help="'A: n m', 'a:' for a scalar, 'u: n -> m' for a function")
]
Output = Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="write to this file")]
_STYLES = {"title": "bold", "head": "cyan", "reason": "dim", "matrix": "magenta", "note": "", "plain": "",
           "good": "green", "bad": "bold red"}  # fmt: skip


def _version(asked: bool) -> None:
    if asked:
        from gradwright import __version__

        print(f"gradwright {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="its number")] = False,
) -> None:
    """Matrix calculus for machine learning: derive, explain and certify."""


@app.command()
def derive(
    expression: Formula,
    wrt: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="the variable; twice for a mixed second derivative", show_default=False),
    ] = None,
    given: Given = None,
    shape: Shape = None,
    order: Annotated[int, typer.Option(metavar="N", help="1: gradient or Jacobian, 2: Hessian")] = 1,
    layout: Annotated[str, typer.Option(metavar="NAME", help="mixed, numerator or denominator")] = "mixed",
    independent: Annotated[
        bool, typer.Option("--independent", help="in the independent entries of a structured variable")
    ] = False,
    along: Annotated[str, typer.Option(metavar="NAME", help="a direction v: the Hessian times v")] = "",
    detail: Annotated[str, typer.Option(metavar="NAME", help="brief, textbook or full")] = "textbook",
    notation: Annotated[str, typer.Option(metavar="NAME", help="index, matrix or both")] = "both",
    format: Annotated[str, typer.Option(metavar="NAME", help="text, latex, markdown, html or json")] = "text",
    output: Output = None,
) -> None:
    """Differentiate a formula and show every step.

    The formula is text or LaTeX. For example:

        gradwright derive "p = softmax(o); -sum_i(y[i]*log(p[i]))" --wrt o --given "onehot(y)"
    """
    import gradwright as gw
    from gradwright.read.text.declared import declared

    shapes, functions = declared(shape or [], "--shape ")
    variable: str | tuple[str, ...] = wrt[0] if wrt and len(wrt) == 1 else tuple(wrt or ())
    if len(variable) > 1 and not isinstance(variable, str):
        order = len(variable)
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
    expression: Formula,
    wrt: Annotated[str, typer.Option(metavar="NAMES", help="the variable; several, such as W,b, in one pass")] = "",
    target: Annotated[str, typer.Option(metavar="NAME", help="numpy, jax, torch or native")] = "numpy",
    with_: Annotated[
        str, typer.Option("--with", metavar="NAMES", help="of value,gradient,hessian,hvp,pullback")
    ] = "value,gradient",
    given: Given = None,
    shape: Shape = None,
    labels: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="a one-hot symbol given as whole-number labels")
    ] = None,
    batch: Annotated[
        str, typer.Option(metavar="N:NAMES", help="an axis more for the symbols named, or for all but the variable")
    ] = "",
    output: Output = None,
) -> None:
    """Write code for the value and its derivatives: a module that stands alone."""
    import gradwright as gw
    from gradwright.read.text.declared import declared

    shapes, functions = declared(shape or [], "--shape ")
    variable, *more = [name.strip() for name in wrt.split(",")]
    derivation = gw.derive(expression, variable, given=given or [], shapes=shapes, functions=functions)
    wanted = tuple(word.strip() for word in with_.split(",") if word.strip())
    text = derivation.emit(target, wanted, labels or [], [variable, *more] if more else [], batch)
    _written(text.rstrip("\n"), output)


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Markdown, LaTeX, notebooks or plain text")],
    given: Given = None,
    shape: Shape = None,
    format: Annotated[str, typer.Option(metavar="NAME", help="text, json, html, markdown or sarif")] = "text",
    output: Output = None,
    strict: Annotated[bool, typer.Option("--strict", help="an unread relation counts as a failure")] = False,
    every: Annotated[bool, typer.Option("--all", help="show the relations that hold, too")] = False,
    seconds: Annotated[float, typer.Option(metavar="S", help="time for one relation")] = 6.0,
) -> None:
    """Give every relation of a document a verdict.

    The exit code is 1 where something is refuted, 2 where a file cannot be read.
    """
    from gradwright.doors.check import run

    sys.exit(run(files, given or [], shape or [], format, output, strict, every, seconds))


@app.command()
def serve(
    port: Annotated[int, typer.Option(metavar="N", help="0 takes a free one")] = 8765,
    open_: Annotated[bool, typer.Option("--open/--no-open", help="open the page in a browser")] = True,
) -> None:
    """A page to derive and check on, served to this machine alone."""
    with _extra("the page", "web"):
        from gradwright.doors.web.server import serve as run
    run(port, open_)


@app.command()
def lsp() -> None:
    """A language server for editors: the wrong = is marked while you write. Speaks over stdin and stdout."""
    with _extra("the language server", "lsp"):
        from gradwright.doors.editor.server import serve as run
    run()


@app.command()
def mcp() -> None:
    """A server for agents: derive, check, emit and equal as tools. Speaks over stdin and stdout."""
    with _extra("the server for agents", "mcp"):
        from gradwright.doors.agents.server import serve as run
    run()


@app.command()
def demo() -> None:
    """The founding example: softmax, cross entropy, p − y."""
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
        library = (missing.name or extra).split(".")[0]
        if library == "gradwright":
            raise
        hint = f"pip install 'gradwright[{extra}]'"
        raise Error(f"{what} needs {library}, which is not installed", hint=hint) from None


def _is_option(argument: str) -> bool:
    """Whether to leave an argument as it is: a formula that begins with a minus is no option, and a space says so."""
    return not argument.startswith("-") or re.fullmatch(r"--[a-z-]*(=.*)?|-o", argument) is not None


def _shown(derivation: Derivation, detail: str, notation: str, format: str, output: Path | None) -> None:
    from gradwright.show.render import FORMATS

    if format not in (*FORMATS, "json"):
        raise Error(f"unknown format {format!r}", hint="one of " + ", ".join((*FORMATS, "json")))
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
        try:
            output.write_text(content + "\n", encoding="utf-8")
        except OSError as error:
            raise Error(f"cannot write to {output}: {error.strerror}") from None
        print(f"wrote {output}")


def _print_styled(derivation: Derivation, detail: str, notation: str) -> None:
    from rich.console import Console
    from rich.text import Text

    from gradwright.show.outline import outline
    from gradwright.show.terminal import pieces_of

    console = Console(highlight=False)
    for pieces in pieces_of(outline(derivation.derived, detail), notation, console.width):
        console.print(Text.assemble(*((text, _STYLES[style]) for text, style in pieces)), soft_wrap=True)
