"""The command line: exit codes, messages, formats."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

FOUNDING = "p = softmax(o); -sum_i(y[i]*log(p[i]))"


def run(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "gradwright", *args], capture_output=True, text=True, check=False)


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
    assert "p − y" in run("demo").stdout


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
    assert run("--version").stdout.startswith("gradwright 0.")


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
    assert f"pip install 'gradwright[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr
