"""The command line. Owns: what each command does with its options, exit codes. Never: mathematics.

Bad input ends with one message and exit code 2, never with a traceback. A command imports only what it needs.
"""

from __future__ import annotations

import difflib
import gc
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gradwright import __version__
from gradwright.core.errors import Error
from gradwright.doors import screen
from gradwright.doors.options import Asked, Command, Option, completion, parser, understood, variables
from gradwright.referee.clock import SECONDS

if TYPE_CHECKING:
    from gradwright.api import Derivation

ABOUT = "Matrix calculus for machine learning: derive, explain and certify."
EXAMPLE = 'gradwright derive "norm2(A*x - b)^2" --wrt x'
FOUNDING = "p = softmax(o); -sum_i(y[i]*log(p[i]))"
FORMATS = ("text", "latex", "markdown", "html", "json")
_STYLES = {"title": "bold", "head": "cyan", "reason": "dim", "matrix": "magenta", "note": "", "plain": "",
           "good": "green", "bad": "bold red"}  # fmt: skip

_FORMULA = Option("expression", "definitions first, separated by semicolons; - reads standard input; or a function of "
                  "JAX or PyTorch, loss.py:loss, whose file is run", "FORMULA")  # fmt: skip
_GIVEN = Option("--given", "a fact, such as 'onehot(y)'; again for more", "FACT", many=True)
_SHAPE = Option("--shape", "'A: n m', 'a:' for a scalar, 'u: n -> m' for a function", "SHAPE", many=True)
_OUTPUT = Option("--output -o", "write to this file; its ending chooses the format", "FILE", kind=Path)


# --- what the commands do


def derive(asked: Asked) -> None:
    """Differentiate, and show every step."""
    format = screen.format_of(asked.output, asked.format, FORMATS)
    wrt = _variables(asked.wrt, asked.order)
    _shown(_derivation(asked, wrt), asked.detail, asked.notation, format, asked.output)


def emit(asked: Asked) -> None:
    """Write the code of a module."""
    variable, *more = _names(asked.wrt)
    derivation = _derivation(asked, variable)
    wanted = tuple(_names(asked.with_code))
    layer = _names(asked.module) if asked.module else ()
    text = derivation.emit(asked.target, wanted, asked.labels, [variable, *more] if more else [], asked.batch,
                           asked.bare, layer, asked.keep)  # fmt: skip
    if asked.target == "c" and asked.output is not None and str(asked.output) != "-":
        from gradwright.emit.targets.c.target import files

        header, text = files(text, asked.output.stem)
        screen.write(header.rstrip("\n"), asked.output.with_suffix(".h"))
    screen.write(text.rstrip("\n"), asked.output)


def equal(asked: Asked) -> int:
    """Compare two formulas; the exit code is 1 where they differ."""
    import gradwright as gw
    from gradwright.read.text.declared import declared

    shapes, functions = declared(asked.shape, "--shape ")
    verdict = gw.equal(asked.left, asked.right, given=asked.given, shapes=shapes, functions=functions)
    screen.write(str(verdict), None)
    return int(verdict.verdict == "refuted")


def check(asked: Asked) -> int:
    """Check documents; ``doors/check`` says what the exit codes are."""
    from gradwright.doors import files
    from gradwright.doors.check import FORMATS, Options, run

    format = screen.format_of(asked.output, asked.format, FORMATS)
    macros = "\n".join(files.read(Path(name)) for name in asked.macros)
    options = Options(
        asked.given, asked.shape, asked.seconds, macros, asked.strict, asked.all_relations, asked.fix, asked.code,
    )  # fmt: skip
    return run(asked.files, options, format, asked.output)


def serve(asked: Asked) -> None:
    with _extra("the page", "web"):
        from gradwright.doors.web.server import serve as run
    run(asked.port, not asked.no_open)


def lsp(asked: Asked) -> None:
    with _extra("the language server", "lsp"):
        from gradwright.doors.editor.server import serve as run
    run()


def mcp(asked: Asked) -> None:
    with _extra("the server for agents", "mcp"):
        from gradwright.doors.agents.server import serve as run
    run()


def demo(asked: Asked) -> None:
    import gradwright as gw

    _shown(gw.derive(FOUNDING, "o", given=["onehot(y)"]), "textbook", "both", "text", None)


def complete(asked: Asked) -> None:
    screen.write(completion(asked.shell.strip(), COMMANDS), None)


COMMANDS = (
    Command("derive", """Differentiate a formula and show every step.

The formula is text or LaTeX. For example:

    gradwright derive "-y'*log(softmax(o))" --wrt o
    gradwright derive "norm2(tanh(W*x + b))^2" --wrt W,b
    gradwright derive loss.py:loss --wrt w --shape 'w: m'""", (
        _FORMULA,
        Option("--wrt", "the variable; several gradients: W,b; twice for a mixed --order 2", "NAME", many=True),
        _GIVEN,
        _SHAPE,
        Option("--order", "1: gradient or Jacobian, 2: Hessian", "N", 1, kind=int),
        Option("--layout", "mixed, numerator or denominator", "NAME", "mixed"),
        Option("--independent", "in the independent entries of a structured variable", flag=True),
        Option("--along", "a direction v: the Hessian times v", "NAME", ""),
        Option("--detail", "brief, textbook or full", "NAME", "textbook"),
        Option("--notation", "index, matrix, both or differential", "NAME", "both"),
        Option("--format", "text, latex, markdown, html or json", "NAME", ""),
        _OUTPUT,
    ), derive),
    Command("emit", "Write code for the value and its derivatives: a module that stands alone.", (
        _FORMULA,
        Option("--wrt", "the variable; several, such as W,b, in one pass", "NAMES", ""),
        Option("--target", "numpy, jax, torch, native or c", "NAME", "numpy"),
        Option("--with", "of value,gradient,hessian,hvp,pullback", "NAMES", "value,gradient", into="with_code"),
        _GIVEN,
        _SHAPE,
        Option("--labels", "a one-hot symbol given as whole-number labels", "NAME", many=True),
        Option("--batch", "an axis more for the symbols named, or for all but the variable", "N:NAMES", ""),
        Option("--bare", "the mathematics alone, without what checks arguments", flag=True),
        Option("--module", "parameters of a torch.nn.Module beside it, such as W,b", "NAMES", ""),
        Option("--keep", "what a backward pass finds: values, or arguments and computes again", "WHAT", "values"),
        Option("--output -o", "write to this file", "FILE", kind=Path),
    ), emit),
    Command("check", """Give every relation of a document a verdict.

Documents are Markdown, LaTeX, notebooks, reStructuredText, docstrings of Python, AsciiDoc, Typst or plain text; a
directory or a pattern stands for those in it, - for standard input. The exit code is 1 where something is refuted, 2
where a file cannot be read or the call is wrong, 3 where gradwright has a bug; of several the highest.""", (
        Option("files", "documents, directories, patterns, or -", "FILE", many=True),
        _GIVEN,
        _SHAPE,
        Option("--format", "text, json, html, markdown or sarif", "NAME", ""),
        _OUTPUT,
        Option("--macros", "a file of LaTeX definitions that the documents use; again for more", "FILE", many=True),
        Option("--code", "a program that computes a formula: loss.py:loss, 'loss.py:loss is L'; it is run", "FILE:NAME",
               many=True),
        Option("--fix", "write the mends that were verified into the files", flag=True),
        Option("--strict", "an unread relation, or none at all, counts as a failure", flag=True),
        Option("--all", "show the relations that hold, too", flag=True, into="all_relations"),
        Option("--seconds", "time for one relation", "S", SECONDS, kind=float),
    ), check),
    Command("equal", """Say whether two formulas are equal, and how it is known.

For example:

    gradwright equal "tr(A*B)" "tr(B*A)"

Proved is for every size and every point, confirmed is of the points and sizes that are named. The exit code is 1 where
they differ.""", (
        Option("left", "a formula, text or LaTeX", "LEFT"),
        Option("right", "what it should be equal to", "RIGHT"),
        _GIVEN,
        _SHAPE,
    ), equal),
    Command("serve", "A page to derive and check on, served to this machine alone.", (
        Option("--port", "0 takes a free one", "N", 8765, kind=int),
        Option("--no-open", "leave the browser alone", flag=True),
    ), serve),
    Command("lsp", "A language server for editors: the wrong = is marked while writing. Speaks over stdin and stdout.",
            (), lsp),
    Command("mcp", "A server for agents: derive, check, emit and equal as tools. Speaks over stdin and stdout.",
            (), mcp),
    Command("demo", "The founding example: softmax, cross entropy, p − y.", (), demo),
    Command("completion", """Print a script that completes commands and options.

For example: gradwright completion bash >> ~/.bashrc""", (
        Option("shell", "bash, zsh or fish", "SHELL"),
    ), complete),
)  # fmt: skip


def main() -> None:
    """Run the command line; every refusal is one message on stderr and exit code 2."""
    screen.in_utf8()
    try:
        with screen.written():
            code = _run(sys.argv[1:])
        sys.exit(code)
    except Error as error:
        print(f"gradwright: {error}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:  # whoever read has seen enough
        sys.stderr.close()
        sys.exit(0)


def _run(words: Sequence[str]) -> int:
    known = {command.name: command for command in COMMANDS}
    whole = parser(COMMANDS, __version__, ABOUT, EXAMPLE)
    asked, more = whole.parse_known_args(understood(words, known))
    if more:
        more = [word.strip() for word in more]
        raise Error(f"this call has too much: {' '.join(more)}", hint=_left_over(more, asked.command, known))
    if asked.command in ("derive", "emit", "demo"):
        gc.disable()  # a process that ends at once needs no memory back
    if asked.command is None:
        whole.print_help()
        return 2
    return known[asked.command].run(asked) or 0


def _left_over(more: Sequence[str], command: str | None, known: Mapping[str, Command]) -> str:
    """What to do about words that no argument takes."""
    here = known[command].options if command else ()
    words = [word for option in here for word in option.words if word.startswith("--")]
    near = difflib.get_close_matches(more[0], words, 1)
    if near:
        return f"did you mean {near[0]}?"
    if "--wrt" in words and re.fullmatch(r"\w+", more[0]):
        return f"the variable is said so: --wrt {more[0]}"
    return f"gradwright {command or ''} --help says what there is".replace("  ", " ")


# --- shared


def _variables(said: Sequence[str], order: int) -> str | list[str]:
    if len(said) > 1 and order != len(said):
        hint = f"several gradients: --wrt {','.join(name.strip() for name in said)}"
        raise Error("--wrt said twice is a mixed second derivative, and needs --order 2", hint=hint)
    return variables(said)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()] or [""]


def _derivation(asked: Asked, wrt: str | list[str]) -> Derivation:
    import gradwright as gw
    from gradwright.doors.programs import program_named, shapes_of
    from gradwright.read.text.declared import declared

    program = program_named(asked.expression)
    if program is not None:
        options = {name: getattr(asked, name) for name in ("order", "layout", "along") if name in asked}
        return gw.derive(program, wrt, given=asked.given, shapes=shapes_of(asked.shape), **options)
    shapes, functions = declared(asked.shape, "--shape ")
    source = screen.stdin() if asked.expression.strip() == "-" else asked.expression
    options = {name: getattr(asked, name) for name in ("order", "layout", "independent", "along") if name in asked}
    return gw.derive(source, wrt, given=asked.given, shapes=shapes, functions=functions, **options)


@contextmanager
def _extra(what: str, extra: str) -> Iterator[None]:
    """Import what an optional extra brings; where it is not there, say how it is had."""
    try:
        yield
    except ModuleNotFoundError as missing:
        library = (missing.name or extra).split(".")[0]
        if library == "gradwright":
            raise
        hint = f"pip install '.[{extra}]' where gradwright was cloned"
        raise Error(f"{what} needs {library}, which is not installed", hint=hint) from None


def _shown(derivation: Derivation, detail: str, notation: str, format: str, output: Path | None) -> None:
    if format == "json":
        content = json.dumps(derivation.to_dict(), indent=2, ensure_ascii=False)
    elif format == "text":
        pieces = derivation.pieces(detail, notation, screen.width() if output is None else 100)
        content = screen.paint([(text, _STYLES[style]) for text, style in line] for line in pieces)
    else:
        content = derivation.show(detail=detail, notation=notation, format=format)
    screen.write(content, output)
