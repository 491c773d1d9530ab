"""Derivations by differentials: what is shown, in every format, and that it holds."""

from __future__ import annotations

import pytest

import gradwright as gw
from gradwright.core.errors import Error
from gradwright.show import differential as shown
from gradwright.write.unicode import unicode

FOUNDING = "p = softmax(o); -sum_i(y[i]*log(p[i]))"
NETWORK = "norm2(W*x + b - y)^2"


def test_the_founding_example_reads_as_a_person_writes_it() -> None:
    lines = [
        line.split("      ")[0].strip()
        for line in gw.derive(FOUNDING, "o", given=["onehot(y)"]).show(notation="differential").splitlines()
    ]
    start = lines.index("dL = −yᵀ diag(p)⁻¹ dp")
    assert lines[start : start + 3] == ["dL = −yᵀ diag(p)⁻¹ dp", "= −yᵀ(I − 𝟏 pᵀ) do", "= (p − y)ᵀ do"]
    assert "= (diag(p) − p pᵀ) do" in " ".join(lines)
    assert "∂L/∂o = p − y" in lines


def test_several_variables_are_one_differential_with_a_gradient_read_off_for_each() -> None:
    derivation = gw.derive(NETWORK, ["W", "b"])
    text = derivation.show(notation="differential")
    assert text.count("The differential") == 1
    assert str(derivation.differential) == "dL = 2*tr(x*(W*x + b - y)'*dW) + 2*(W*x + b - y)'*db"
    assert "∂L/∂W = 2(Wx + b − y) xᵀ" in text
    assert "∂L/∂b = 2(Wx + b − y)" in text


@pytest.mark.parametrize("format", ["text", "latex", "markdown", "html", "fragment"])
@pytest.mark.parametrize("detail", ["brief", "textbook", "full"])
def test_every_format_and_detail(format: str, detail: str) -> None:
    said = gw.derive(FOUNDING, "o", given=["onehot(y)"]).show(detail, "differential", format)
    assert "Every line holds for random differentials: confirmed" in said
    assert "the differential of" not in said.replace("The differential of", "")


def test_every_line_is_certified() -> None:
    derivation = gw.derive(FOUNDING, "o")
    for part in shown.proved([derivation.derived]):
        assert part.certificate.verdict == "confirmed"
        assert all(row.said is not None for row in part.rows)


def test_a_line_whose_text_does_not_hold_is_written_entry_by_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    derivation = gw.derive("x'*A*x", "x")
    honest = shown.said

    def wrong(*args: object) -> shown.Said | None:
        form = honest(*args)  # type: ignore[arg-type]
        return None if form is None else shown.replace(form, plain=shown.Name("x"))

    monkeypatch.setattr(shown, "said", wrong)
    (part,) = shown.proved([derivation.derived])
    assert part.rows[0].said is None
    assert part.certificate.verdict == "confirmed"
    assert "no form in matrices" in derivation.show(notation="differential")


def test_a_line_without_a_form_says_so() -> None:
    text = gw.derive("X[0,1]*tr(X)", "X").show(notation="differential")
    assert "no form in matrices: entry by entry" in text
    assert "dX_" in text


def test_the_hessian_is_the_differential_of_the_gradient() -> None:
    text = gw.derive("x'*A*x", "x", order=2).show(notation="differential")
    assert "d(∂L/∂x) = (A + Aᵀ) dx" in text


def test_what_has_no_differential_says_why() -> None:
    hvp = gw.derive("x'*A*x", "x", order=2, along="v")
    with pytest.raises(Error, match="a Hessian times a vector"):
        hvp.show(notation="differential")
    assert hvp.differential is None


def test_independent_entries_are_read_off_last() -> None:
    derivation = gw.derive("tr(A*X)", "X", given=["symmetric(X)"], independent=True)
    assert str(derivation.differential) == "dL = tr(A*dX)"
    line = next(line for line in derivation.show(notation="differential").splitlines() if "∂L/∂X" in line)
    assert "A + Aᵀ − diag(diag(A))" in line
    assert "read off, the entries at (k,l) and (l,k) are one" in line


def test_json_has_the_last_line() -> None:
    assert gw.derive("tr(A*X)", "X").to_dict()["differential"] == "dL = tr(A*dX)"
    assert gw.derive(NETWORK, ["W", "b"]).to_dict()["differential"].startswith("dL = 2*tr(")


@pytest.mark.parametrize(
    ("formula", "line"),
    [
        ("kron(A, X)", "df = A ⊗ dX"),
        ("kron(X, X)", "df = X ⊗ dX + dX ⊗ X"),
        ("vec(A*X*B)", "df = vec(A dX B)"),
        ("A*X*B", "vec(df) = (Bᵀ ⊗ A) vec(dX)"),
        ("tr(A*X*B)", "dL = tr(A dX B)"),
        ("A*X*x", "= (xᵀ ⊗ A) vec(dX)"),
    ],
)
def test_stacked_and_joint_arrays(formula: str, line: str) -> None:
    derivation = gw.derive(formula, "X")
    assert line in derivation.show(notation="differential")
    assert all(part.certificate.verdict == "confirmed" for part in shown.proved([derivation.derived]))


@pytest.mark.parametrize(
    ("formula", "rules"),
    [
        ("a'*X*b", "a scalar is its own trace, the trace is cyclic"),
        ("tr(A*X*B)", "the trace is cyclic"),
        ("tr(A*X'*B)", "tr A = tr Aᵀ, the trace is cyclic"),
        ("tr(G'*relu(X*W)*V)", "tr(Aᵀ(B ⊙ C)) = tr((A ⊙ B)ᵀC), the trace is cyclic"),
        ("tr(X*B*X')", "the trace is cyclic"),
    ],
)
def test_what_turns_a_line_into_a_trace_is_named(formula: str, rules: str) -> None:
    (part,) = shown.proved([gw.derive(formula, "X").derived])
    assert part.rows[-1].reason == rules


@pytest.mark.parametrize(("formula", "variable"), [("tr(X'*X)", "X"), ("norm2(A*x - b)^2", "x"), ("tr(X)", "X")])
def test_a_line_that_is_the_last_already_is_not_said_again(formula: str, variable: str) -> None:
    (part,) = shown.proved([gw.derive(formula, variable).derived])
    assert len(part.rows) == 1


def test_facts_are_used_where_their_step_is() -> None:
    (part,) = shown.proved([gw.derive("(x - s)'*W*(x - s)", "x", given=["symmetric(W)"]).derived])
    assert [row.said is not None and unicode(row.said.term) for row in part.rows] == [
        "dxᵀW(x − s) + (x − s)ᵀW dx", "2(x − s)ᵀW dx",
    ]  # fmt: skip
    assert "W is symmetric" in part.rows[-1].reason


def test_both_notations_stand_on_every_line() -> None:
    lines = gw.derive(FOUNDING, "o", given=["onehot(y)"]).show().split("The derivative")[1].splitlines()
    said = [line.split("│")[1].split("      ")[0].strip() for line in lines if "│" in line]
    assert said[:-1] == [
        "dL = d(−yᵀ log p)", "= −yᵀ d log p", "= −yᵀ diag(p)⁻¹ dp", "= −yᵀ(I − 𝟏 pᵀ) do", "= −(y − sum(y) p)ᵀ do",
        "∂L/∂o = −(y − sum(y) p)", "= p − y",
    ]  # fmt: skip


def test_matrix_notation_has_no_sums_left() -> None:
    said = gw.derive("x'*A*x", "x").show(notation="matrix")
    assert "Σ_" not in said
    assert "= xᵀ(Aᵀ + A) dx      product rule" in said
