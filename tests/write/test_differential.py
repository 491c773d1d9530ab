"""How lines of a differential are written in matrices."""

from __future__ import annotations

import pytest

import gradwright as gw
from gradwright.core.node import Array
from gradwright.engine.differential import differential, directions
from gradwright.read.reader import read
from gradwright.write.answer import length_as_written
from gradwright.write.differential import said
from gradwright.write.latex import latex
from gradwright.write.text import text
from gradwright.write.unicode import unicode


def _first(formula: str, *names: str) -> list[str]:
    """The lines of the goal's differentiation, None where one has no form."""
    parsed = read(formula)
    moving = directions(parsed.context, names)
    proof = differential(parsed.array, moving, length_as_written(moving.context))[-1]
    forms = [said(Array(proof.axes, step.after), moving) for step in proof.differentiation()]
    return [unicode(form.term) if form is not None else "none" for form in forms]


@pytest.mark.parametrize(
    ("formula", "names", "line"),
    [
        ("p = softmax(o); y'*log(p)", "o", "yᵀ d log p"),
        ("p = softmax(o); y'*log(p)", "o", "yᵀ diag(p)⁻¹ dp"),
        ("A*X*B", "X", "A dX B"),
        ("inv(X)", "X", "−X⁻¹ dX X⁻¹"),
        ("sum(exp(theta))", "theta", "exp(θ)ᵀ dθ"),
        ("m = mean(x); g'*(x - m)", "x", "gᵀ(dx − 𝟏 dm)"),
        ("tr(A*X*B*X')", "X", "tr(XᵀA dX B) + tr(BᵀXᵀAᵀ dX)"),
        ("y'*inv(K)*y", "K", "−yᵀK⁻¹ dK K⁻¹y"),
        ("X[0,1]*tr(X)", "X", "none"),
    ],
)
def test_a_line(formula: str, names: str, line: str) -> None:
    assert line in _first(formula, names)


@pytest.mark.parametrize(
    ("formula", "variable", "line"),
    [
        ("x'*A*x", "x", "dL = x'*(A' + A)*dx"),
        ("tr(A*X)", "X", "dL = tr(A*dX)"),
        ("a'*x/s", "s", "dL = -a'*x*ds/s^2"),
        ("A*x", "x", "df = A*dx"),
        ("A*X*B", "X", "vec(df) = kron(B', A)*vec(dX)"),
        ("relu(1 - t*(w'*x))", "w", "dL = -t*step(1 - t*w'*x)*x'*dw"),
        ("(x'*A*x)*(b'*x)", "b", "dL = x'*A*x*x'*db"),
    ],
)
def test_the_last_line(formula: str, variable: str, line: str) -> None:
    shapes = {"t": (), "s": ()} if "t*" in formula or "/s" in formula else {}
    assert str(gw.derive(formula, variable, shapes=shapes).differential) == line


def test_a_differential_is_spelled_everywhere() -> None:
    parsed = read("y'*log(p)")
    moving = directions(parsed.context, ("p",))
    proof = differential(parsed.array, moving, length_as_written(moving.context))[-1]
    form = said(Array((), proof.differentiation()[0].after), moving)
    assert form is not None
    assert text(form.term) == "y'*d(log(p))"
    assert text(form.plain) == "y'*d1"
    assert latex(form.term) == r"y^{\top} \, d \log p"
