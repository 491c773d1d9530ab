"""The command line: exit codes, messages, formats."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gradwright.core.errors import Error
from gradwright.doors import screen
from tests.doors.command import run, run_alone

FOUNDING = "p = softmax(o); -sum_i(y[i]*log(p[i]))"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("words", [["derive", "x'*x", "--wrt", "x"], ["check", "-"]])
def test_an_output_that_is_full_is_said_to_be(words: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([sys.executable, "-m", "gradwright", *words], input="$a + a = 2a$", stdout=full,
                              stderr=subprocess.PIPE, text=True, check=False)  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "cannot write to standard output: No space left" in done.stderr


def test_an_output_that_is_closed_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(Error, match="standard output: it is closed"), screen.written():
        pass


def test_derive_prints_the_derivation() -> None:
    done = run("derive", FOUNDING, "--wrt", "o", "--given", "onehot(y)")
    assert done.returncode == 0, done.stderr
    for part in ("quotient rule", "If i = k", "If i ≠ k", "p_i (δ_ik − p_k)", "since y is one-hot, Σ_i y_i = 1",
                 "p − y",
                 "p_k − y_k", "Certificate: confirmed", "Layout: mixed"):  # fmt: skip
        assert part in done.stdout


@pytest.mark.parametrize("formula", ["-sum_i(y[i]*log(x[i]))", "-o'*x", "-x"])
def test_a_formula_may_begin_with_a_minus(formula: str) -> None:
    done = run("derive", formula, "--wrt", "x", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["certificate"]["verdict"] == "confirmed"


def test_demo_is_the_founding_example() -> None:
    assert "p − y" in run_alone("demo").stdout


def test_json() -> None:
    done = run("derive", FOUNDING, "--wrt", "o", "--given", "onehot(y)", "--format", "json")
    assert json.loads(done.stdout)["certificate"]["verdict"] == "confirmed"


def test_shapes_and_functions_are_declared() -> None:
    done = run("derive", "u(x)'*A", "--wrt", "x", "--shape", "u: n -> m", "--shape", "A: m k", "--format", "json")
    assert json.loads(done.stdout)["result"]["shape"] == ["k", "n"]


def test_a_page_is_written(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    assert run("derive", "sum(x)", "--wrt", "x", "--format", "html", "-o", str(target)).returncode == 0
    assert "<math" in target.read_text(encoding="utf-8")


def test_the_variable_may_be_left_out_where_there_is_one_symbol() -> None:
    assert "exp(x)" in run("derive", "sum(exp(x))").stdout
    done = run("derive", "norm2(A*x - b)^2")
    assert done.returncode == 2
    assert "in which symbol? the formula has A, x, b" in done.stderr
    assert "--wrt x" in done.stderr


def test_latex_is_read_on_the_command_line() -> None:
    assert "Aᵀ(Ax − b)" in run("derive", r"\frac12 \|A x - b\|^2", "--wrt", "x").stdout


def test_its_number() -> None:
    assert run_alone("--version").stdout.startswith("gradwright 0.")


def test_without_a_command_it_says_what_there_is() -> None:
    done = run()
    assert "derive" in done.stdout + done.stderr
    assert "For example" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["derive", "sum(x)", "--format", "pdf"], "json"),
        (["derive", "x'*A*x", "--wrt", "x", "--given", "sym(A)"], "did you mean symmetric?"),
        (["derive", "sum(x", "--wrt", "x"], ")"),
        (["derive", "sofmax(o)", "--wrt", "o"], "softmax"),
        (["derive", "A*x + y", "--wrt", "x", "--shape", "A: m n", "--shape", "x: k"], "k"),
        (["derive", "sum(x)", "--wrt", "z"], "z"),
        (["derive", "sum(y.*x)", "--wrt", "x", "--given", "onehot(y)", "--given", "zero(y)"], "contradicts"),
        (["derive", "sum_i(A[i,i]*x[i]*T[i,k])", "--wrt", "x"], "k"),
        (["derive", "x'*x", "--wrt", "x", "--given", "onhot(x)"], "onehot"),
        (["derive", "x'*x", "--wrt", "x", "--layout", "sideways"], "layout"),
        (["derive", "p = x; sum(p)", "--wrt", "p"], "defined"),
        (["derive", "", "--wrt", "x"], ""),
        (["derive", "x'*x", "--wrt", "x", "--shape", "x n"], "--shape"),
    ],
)
def test_bad_input_is_one_clear_message_and_code_2(args: list[str], message: str) -> None:
    done = run(*args)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("command", "library", "extra"),
    [("serve", "starlette", "web"), ("lsp", "pygls", "lsp"), ("mcp", "mcp", "mcp")],
)
def test_a_missing_extra_says_how_to_get_it(command: str, library: str, extra: str) -> None:
    code = f"import sys; sys.modules[{library!r}] = None; sys.argv = ['gradwright', {command!r}]\n"
    code += "from gradwright.doors.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert f"needs {library}, which is not installed" in done.stderr
    assert f"pip install '.[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr


# --- the first five minutes


@pytest.mark.parametrize(
    "words", [["-h"], ["--help"], ["derive", "-h"], ["check", "-h"], ["equal", "-h"], ["completion", "-h"]]
)
def test_help_is_help(words: list[str]) -> None:
    done = run(*words, COLUMNS="60")
    assert done.returncode == 0
    assert done.stdout.startswith("usage: gradwright")
    told = done.stdout if words[0] != "completion" else done.stdout.split("For example:")[0]
    assert max(map(len, told.splitlines())) <= 60


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["derve", "x"], "did you mean derive?"),
        (["x'*A*x"], 'gradwright derive "x\'*A*x"'),
        (["derive", "x'*x", "--wrt", "x", "--ordr", "2"], "--ordr"),
        (["derive", "x'*x", "--wrt", "x", "--order", "two"], "--order"),
        (["derive"], "FORMULA"),
        (["derive", "x'*A*y", "--wrt", "x", "--wrt", "y"], "--order 2"),
    ],
)
def test_a_wrong_call_says_what_to_write(words: list[str], said: str) -> None:
    done = run(*words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_dash_is_standard_input_everywhere() -> None:
    assert "2A" in run("derive", "-", "--wrt", "x", given=b"norm2(A*x - b)^2\n").stdout
    assert "def value" in run("emit", "-", "--wrt", "x", given=b"norm2(A*x - b)^2").stdout
    done = run_alone("check", "-", given=b"Let $y = 2x$ and $\\frac{dy}{dx} = 3$.")
    assert "refuted" in done.stdout
    assert done.returncode == 1


def test_several_gradients_at_once() -> None:
    done = run("derive", "h = tanh(W*x + b); norm2(h - t)^2", "--wrt", "W,b", "--format", "json")
    assert list(json.loads(done.stdout)["results"]) == ["W", "b"]
    shown = run("derive", "h = tanh(W*x + b); norm2(h - t)^2", "--wrt", "W,b").stdout
    assert shown.count("Given") == 1
    assert "Result in W" in shown
    assert "Result in b" in shown
    assert run("derive", "x'*A*y", "--wrt", "x", "--wrt", "y", "--order", "2").returncode == 0


@pytest.mark.parametrize(
    ("name", "begins"),
    [("a.tex", "\\documentclass"), ("a.html", "<!doctype"), ("a.md", "### "), ("a.json", "{"), ("a.txt", "Given")],
)
def test_the_ending_of_a_file_chooses_the_format(tmp_path: Path, name: str, begins: str) -> None:
    assert run("derive", "sum(x)", "--wrt", "x", "-o", str(tmp_path / name)).returncode == 0
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins)
    run("derive", "sum(x)", "--wrt", "x", "-o", str(tmp_path / name), "--format", "json")
    assert (tmp_path / name).read_text(encoding="utf-8").startswith("{")


def test_what_is_written_is_utf8_whatever_the_locale_says() -> None:
    done = run_alone("demo", PYTHONIOENCODING="cp1252", LC_ALL="C", PYTHONUTF8="0")
    assert done.returncode == 0
    assert "p − y" in done.stdout


def test_colours_are_asked_for_and_refused() -> None:
    assert "\x1b[" not in run("demo").stdout
    assert "\x1b[" in run("demo", FORCE_COLOR="1").stdout
    assert "\x1b[" not in run("demo", NO_COLOR="1").stdout


@pytest.mark.parametrize(
    "formula",
    [FOUNDING, "h = tanh(W*x + b); norm2(h - t)^2", "logdet(A*W*B + W)", "norm2(W)^3/(1 + norm2(W)^2)",
     "sum(log(1 + exp(-y .* (W*w)))) + lam*norm2(W)^2", "tr(W'*X)/(norm(W)*norm(X))"],
)  # fmt: skip
def test_nothing_overruns_sixty_columns(formula: str) -> None:
    wrt = "o" if "o" in formula and "softmax" in formula else "W"
    done = run("derive", formula, "--wrt", wrt, COLUMNS="60")
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if len(line) > 60] == []


def test_a_directory_and_a_pattern_are_checked(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.md").write_text("$x + x = 2 x$")
    (tmp_path / "notes" / "b.tex").write_text("$x + x = 3 x$")
    (tmp_path / "notes" / "c.py").write_text("x = 2")
    assert run("check", str(tmp_path)).stdout.count("1 relation") == 2
    assert run("check", str(tmp_path / "**" / "*.md")).stdout.count("1 relation") == 1
    for none in ("empty/*.md", "notes/*.rst"):
        assert "no file fits" in run("check", str(tmp_path / none)).stderr
    (tmp_path / "empty").mkdir()
    assert "there is no document" in run("check", str(tmp_path / "empty")).stderr


def test_a_document_without_a_relation_says_so(tmp_path: Path) -> None:
    (tmp_path / "f.txt").write_text("norm2(A*x - b)^2")
    assert "a formula in the text language" in run("check", str(tmp_path / "f.txt")).stderr
    (tmp_path / "g.md").write_text("Words alone.")
    assert "there is no relation" in run("check", str(tmp_path / "g.md")).stderr


def test_a_file_of_powershell_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes("$x + x = 2 x$".encode("utf-16"))
    assert "1 proved" in run("check", str(tmp_path / "a.md")).stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_the_options(shell: str) -> None:
    script = run("completion", shell).stdout
    assert re.search(r"-?-?wrt", script)
    assert "derive" in script


def test_a_call_imports_only_what_it_needs() -> None:
    code = "import sys; sys.argv = ['gradwright', 'demo']\ntry:\n  from gradwright.doors.cli import main; main()\n"
    code += "except SystemExit: print(*{m.split('.')[0] for m in sys.modules}, file=sys.stderr)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr.split()
    assert not {"rich", "pydantic", "typer", "scipy", "asyncio", "starlette", "opt_einsum"} & set(loaded)


# --- a newcomer's walk


def test_two_formulas_are_compared() -> None:
    same = run("equal", "tr(A*B)", "tr(B*A)")
    assert (same.returncode, same.stdout.startswith("proved")) == (0, True)
    apart = run("equal", "(a + b)^2", "a^2 + b^2")
    assert (apart.returncode, apart.stdout.startswith("refuted")) == (1, True)
    matrices = run("equal", "A*B", "B*A")
    assert matrices.returncode == 2
    assert "n × n on the left, m × m on the right" in matrices.stderr
    assert run("equal", "A*B", "B*A", "--shape", "A: n n", "--shape", "B: n n").returncode == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [(["norm2(x)", "x"], "the variable is said so: --wrt x"), (["norm2(x)", "--wr", "x"], "did you mean --wrt?"),
     (["norm2(x)", "--zzz"], "gradwright derive --help"), (["norm2(x)", "--wrt", "x", "--detail", "short"], "textbook"),
     (["norm2(x)", "--wrt", "x", "--notation", "words"], "index, matrix, both"),
     (["logdet(S)", "--wrt", "S", "--given", "S > 0"], "posdef(S)"),
     (["sum(x)", "--wrt", "x", "--given", "x >= 0"], "nonnegative(x)")],
)  # fmt: skip
def test_a_wrong_derivation_says_what_to_write(words: list[str], said: str) -> None:
    done = run("derive", *words)
    assert done.returncode == 2
    assert said in done.stderr.split("hint: ")[1]


def test_text_is_not_written_under_the_name_of_a_picture(tmp_path: Path) -> None:
    target = tmp_path / "result.pdf"
    done = run("derive", "sum(x)", "--wrt", "x", "-o", str(target))
    assert (done.returncode, target.exists()) == (2, False)
    assert run("derive", "sum(x)", "--wrt", "x", "--format", "text", "-o", str(target)).returncode == 0


def test_a_report_stays_within_sixty_columns(tmp_path: Path) -> None:
    long = r"$$\frac{\partial}{\partial x} \|A x - b\|_2^2 = A^\top (A x - b) + \frac{1}{2} A^\top A x + A^\top b$$"
    (tmp_path / "note.md").write_text(
        f"Let $A \\in \\mathbb R^{{n \\times n}}$.\n\n{long}\n\n$a + a = 2 a$, $b + b = 2 b$\n"
    )
    narrow, piped = (run("check", str(tmp_path / "note.md"), **told) for told in ({"COLUMNS": "60"}, {}))
    body = [line for line in narrow.stdout.splitlines() if not line.startswith(str(tmp_path))]
    assert "refuted" in narrow.stdout
    assert max(map(len, body)) <= 60
    assert any(line.endswith("…") for line in body)  # what is cut says so
    assert any(line.lstrip().startswith("counterexample") and len(line) > 60 for line in piped.stdout.splitlines())


def test_nothing_is_printed_where_nothing_was_read(tmp_path: Path) -> None:
    done = run_alone("check", str(tmp_path / "none.md"))
    assert (done.returncode, done.stdout) == (2, "")
