"""The magics in an IPython shell: what they show, what they keep, what they refuse."""

from __future__ import annotations

from typing import Any

import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

import gradwright as gw
from gradwright.doors.notebook.magics import WrongMathematics

QUADRATIC = r"Let $f = \mathbf{x}^\top A \mathbf{x}$. Then $\nabla_{\mathbf{x}} f = 2 A \mathbf{x}$."


@pytest.fixture(scope="module")
def shell() -> InteractiveShell:
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "gradwright")
    return shell


def check(shell: InteractiveShell, line: str, cell: str) -> Any:
    return shell.run_cell_magic("gradwright", line, cell)


def derive(shell: InteractiveShell, line: str) -> Any:
    return shell.run_line_magic("derive", line)


def test_a_cell_is_checked(shell: InteractiveShell) -> None:
    report = check(shell, "--to kept", QUADRATIC)
    assert [r.verdict for r in report.relations] == ["definition", "needs"]
    assert shell.user_ns["kept"] is report
    assert check(shell, "--given 'symmetric(A)' --seconds 3", QUADRATIC).relations[1].verdict == "proved"
    assert check(shell, "--shape 'A: 2 2' --given \"symmetric(A)\"", QUADRATIC).ok


def test_strict_fails_where_something_is_wrong(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(shell, "--strict", "$(a+b)^2 = a^2 + 2 a b + b^2$").ok
    with pytest.raises(WrongMathematics, match="1 of 1"):
        check(shell, "--strict", "$(a+b)^2 = a^2 + b^2$")
    assert "refuted" in capsys.readouterr().out
    with pytest.raises(WrongMathematics):
        check(shell, "--strict", r"$q = q \mystery$")
    assert not check(shell, "", "$(a+b)^2 = a^2 + b^2$").ok


@pytest.mark.parametrize(
    ("line", "result"),
    [
        ("--wrt x norm2(A*x - b)^2", "2*A'*(A*x - b)"),
        ("--wrt=x 'A*x + A*x'", "2*A"),
        ("--wrt x -x'*x", "-2*x"),
        ("x'*x", "2*x"),
        (r"--wrt w \frac{1}{2} w^\top w", "w"),
        ("--given onehot(y) --wrt o p = softmax(o); -sum_i(y[i]*log(p[i]))", "p = softmax(o); p - y"),
        ("--order 2 --shape 'A: n n' --wrt x x'*A*x", "A + A'"),
        ("--wrt x --wrt y x'*A*y", "A"),
    ],
)
def test_a_line_is_derived(shell: InteractiveShell, line: str, result: str) -> None:
    found = derive(shell, f"--to d {line}")
    assert gw.equal(str(found.result), result, shapes={"x": ("n",)} if result.startswith("eye") else None)
    assert shell.user_ns["d"] is found


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--wrt x", "the formula is missing"),
        ("--wrd x x", "no option --wrd"),
        ("--wrt x sofmax(x)", "did you mean softmax"),
        ("--wrt x --order 3 x", "1 or 2"),
        ("--to 3d --wrt x x", "not the name"),
        ("--wrt", "needs a value"),
        ("--wrt x --shape 'A n' A*x", "--shape"),
    ],
)
def test_a_refusal_is_one_message(shell: InteractiveShell, line: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        derive(shell, line)


def test_a_wrong_option_of_a_cell_is_said(shell: InteractiveShell) -> None:
    for line, said in (("--given nonsense(y)", "nonsense"), ("--seconds soon", "number"), ("stray", "no option")):
        with pytest.raises(UsageError, match=said):
            check(shell, line, "$a = b$")
