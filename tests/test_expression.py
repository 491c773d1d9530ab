"""Formulas built in Python: their shapes, their functions, what a checker and a notebook see of them."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import gradwright as gw
from gradwright import functions
from gradwright.show.glossary import FUNCTIONS

A, B = gw.matrix("A", "m", "n"), gw.matrix("B", "n", "n")
x, y = gw.vector("x", "n"), gw.vector("y", "m")


@pytest.mark.parametrize(
    ("made", "shape"),
    [
        (A @ x - y, ("m",)),
        (x.T @ B @ x, ()),
        (A.T, ("n", "m")),
        (B.inv @ x, ("n",)),
        (abs(x) + 2, ("n",)),
        (gw.softmax(x), ("n",)),
        ((x["i"] * x["i"]).sum("i"), ()),
        (gw.where(x > 0, x, 0), ("n",)),
        (gw.einsum("ij,j->i", A, x), ("m",)),
        (gw.eye("n") + B, ("n", "n")),
        (gw.max(x), ()),
        (gw.max(x, 0), ("n",)),
    ],
)
def test_shapes_are_known(made: gw.Expression, shape: tuple[str, ...]) -> None:
    assert made.shape == shape


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: x + A, "different shapes"),
        (lambda: A @ y, "cannot agree"),
        (lambda: gw.inv(A), "square"),
        (lambda: gw.tr(x), "tr"),
        (lambda: gw.vector("x", "n") + gw.vector("x", "k"), "two shapes"),
        (lambda: x + "y", "str cannot stand in a formula"),
    ],
)
def test_operators_check_shapes_when_they_are_applied(wrong: Callable[[], gw.Expression], said: str) -> None:
    with pytest.raises(gw.Error, match=said):
        wrong()


def test_every_function_of_the_tables_has_a_signature_and_a_docstring() -> None:
    for name, word in FUNCTIONS.items():
        function = getattr(gw, name)
        assert function is getattr(functions, name)
        assert word.says in (inspect.getdoc(function) or "")
        named = [p.name for p in inspect.signature(function).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
        assert not named or named[0] == word.arguments[0]
        optional = [p.name for p in inspect.signature(function).parameters.values() if p.default is None]
        assert optional == list(word.optional) or name in ("einsum", "ones", "reshape", "zeros")


def test_a_long_chain_is_not_read_again_at_every_operator() -> None:
    h = x
    for _ in range(150):
        h = gw.tanh(B @ h) + x
    assert h.shape == ("n",)


def test_an_expression_is_typeset_in_a_notebook() -> None:
    assert (A @ x)._repr_latex_() == r"$\displaystyle A x$"
    assert "x" in x["i"]._repr_latex_()


def test_a_refusal_shows_its_message_and_not_our_frames(tmp_path: Path) -> None:
    script = tmp_path / "user.py"
    script.write_text("import gradwright as gw\ngw.derive('norm2(A*x - b', 'x')\n")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert len(done.stderr.splitlines()) < 16
    assert "^" in done.stderr
    with pytest.raises(gw.Error) as raised:
        gw.derive("sofmax(x)", "x")
    assert raised.value._render_traceback_() == [f"gradwright.Error: {raised.value}"]


def test_a_checker_sees_types(tmp_path: Path) -> None:
    (tmp_path / "user.py").write_text(
        "import gradwright as gw\nx = gw.vector('x', 'n')\n"
        "reveal_type(gw.derive('sum(x)', 'x'))\nreveal_type(gw.softmax(x))\nreveal_type(x.T @ x + 1)\n"
    )
    assert (Path(gw.__file__).parent / "py.typed").exists()
    done = subprocess.run(  # with what the project's own check of types has found out
        [sys.executable, "-m", "mypy", str(tmp_path / "user.py")],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    assert not [line for line in done.stdout.splitlines() if "user.py" in line and "error" in line]
    shown = [line.split('"')[1] for line in done.stdout.splitlines() if "Revealed" in line]
    assert shown == [
        "gradwright.api.Derivation",
        "gradwright.expression.Expression",
        "gradwright.expression.Expression",
    ]


def test_brackets_stand_only_where_something_is_joined() -> None:
    A, x = gw.matrix("A", "m", "n"), gw.vector("x", "n")
    assert str(A @ x + 1) == "(A * x) + 1"
    assert str((x + 1) ** 2) == "(x + 1) .^ 2"
    assert str(gw.softmax(A @ x)) == "softmax(A * x)"
    assert str(-x.T @ x) == "(-(x')) * x"


def test_a_star_between_a_matrix_and_a_vector_says_what_the_product_is() -> None:
    A, x = gw.matrix("A", "m", "n"), gw.vector("x", "n")
    with pytest.raises(gw.Error, match="@ is the matrix product"):
        _ = A * x
    with pytest.raises(gw.Error) as plus:
        _ = A + x
    assert "@" not in str(plus.value)
