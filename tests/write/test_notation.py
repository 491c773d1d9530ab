"""How results are written, in every spelling, read as a diff where it changes: ``GOLDEN=write`` writes it anew."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradwright as gw
from gradwright.write.latex import latex
from gradwright.write.term import Term
from gradwright.write.text import text
from gradwright.write.unicode import unicode

FILE = Path(__file__).with_name("notation.txt")
AN = {"A": ("n", "n")}
WRITTEN: list[tuple[str, str, dict[str, Any]]] = [
    ("x'*A*x", "x", {}),
    ("x'*A*x", "A", {}),
    ("x'*A*x", "x", {"order": 2, "given": ["symmetric(A)"]}),
    ("norm2(A*x - b)", "x", {}),
    ("norm2(A*x - b)^3/6", "x", {}),
    ("norm1(A*x)", "x", {}),
    ("norm1(x)^3", "x", {}),
    ("w.*x.*y.*z", "x", {}),
    ("x'*A^k*y", "A", {"shapes": {"A": ("n", "n")}}),
    ("norm1(X)", "X", {"shapes": {"X": ("n", "m")}}),
    ("norm2(X)", "X", {"shapes": {"X": ("n", "m")}}),
    ("sum(x)^2/n", "x", {}),
    ("sum(X)*sum(X.^2)", "X", {"shapes": {"X": ("n", "m")}}),
    ("rowsum(A)", "A", {"shapes": {"A": ("n", "m")}}),
    ("colsum(A.^2)*x", "A", {"shapes": {"A": ("n", "m")}}),
    ("A*x", "A", {}),
    ("A*X*B", "X", {}),
    ("A*X'*B", "X", {}),
    ("X*X", "X", {}),
    ("tr(A*X*B*X'*C)", "X", {}),
    ("tr(X^3)", "X", {}),
    ("tr(inv(X)*A)", "X", {}),
    ("inv(X)", "X", {"shapes": {"X": ("n", "n")}}),
    ("logdet(X'*X)", "X", {}),
    ("det(X)", "X", {}),
    ("tr(expm(A))", "A", {}),
    ("tr(kron(A, B))", "A", {}),
    ("tr(kron(A, X)*kron(B, C))", "X", {}),
    ("kron(X, A)*vec(C)", "C", {}),
    ("kron(x, y)", "x", {}),
    ("vec(A*X*B)", "X", {}),
    ("u'*kron(A, B)*v", "u", {}),
    ("u'*kron(A, B)*v", "A", {}),
    ("diag(x)*A*y", "x", {}),
    ("tr(diag(x)*A)", "x", {}),
    ("diag(A*B)", "A", {"shapes": {"A": ("n", "n"), "B": ("n", "n")}}),
    ("x.*exp(A*x)", "x", {}),
    ("exp(-x'*x/2)/sqrt(2*pi)", "x", {}),
    ("sigmoid(w'*x + b)", "w", {}),
    ("sum(log(1 + exp(-y.*(X*w))))", "w", {}),
    ("sum(log(1 + exp(-y.*(X*w))))", "w", {"order": 2}),
    ("v'*tanh(W*x + b)", "W", {}),
    ("0.5*norm2(V*tanh(W*x + b) - y)^2", "W", {}),
    ("logsumexp(A*x)", "x", {}),
    ("sum(logsumexp_rows(X*W))", "W", {}),
    ("logsumexp(x)/lambda", "x", {"order": 2}),
    ("-sum(y.*log(softmax(o)))", "o", {"given": ["onehot(y)"]}),
    ("softmax(x)", "x", {}),
    ("softmax_rows(X)", "X", {"shapes": {"X": ("n", "m")}}),
    ("tr(A'*softmax_rows(Q*K'/sqrt(d))*V)", "Q", {"shapes": {"d": ()}}),
    ("max(x)", "x", {}),
    ("sum(max(x, y))", "x", {}),
    ("sum(relu(A*x))", "A", {}),
    ("sum(where(x > 0, x.^2, -x))", "x", {}),
    ("sum(where(abs(x) <= t, x.^2/2, t*abs(x)))", "x", {}),
    ("prod_i(x[i])", "x", {}),
    ("sum[i,j,k](T[i,j,k]*x[i]*y[j]*z[k])", "T", {}),
    ("sum[i,j,k](T[i,j,k]*x[i]*y[j]*z[k])", "y", {}),
    ("tensor[i,j,k](x[i]*A[j,k])", "A", {}),
    ("sum_i(sum_j((x[i] - x[j])^2))", "x", {}),
    ("x[0]*x[1]", "x", {}),
    ("A[0,1]^2", "A", {"shapes": AN}),
    ("sum(toepsum(A).*B)", "A", {"shapes": {"A": ("n", "n"), "B": ("n", "n")}}),
    ("tr(A*X)", "X", {"given": ["symmetric(X)"], "independent": True}),
    ("tr(A*X)", "X", {"given": ["toeplitz(X)"], "independent": True, "shapes": {"X": ("n", "n")}}),
    ("tr(A*X)", "X", {"given": ["skew(X)"], "independent": True}),
    ("tr(A*X)", "X", {"given": ["lower(X)"], "independent": True}),
    ("u(x)", "x", {"functions": {"u": (("n",), ("m",))}, "shapes": {"x": ("n",)}}),
    ("u(A*x)", "x", {"functions": {"u": (("n",), ())}, "shapes": {"x": ("m",), "A": ("n", "m")}}),
    ("y'*log(x)", "x", {}),
    ("sum((x + y)./(x.*y + z))", "z", {}),
    ("sum(A.*(X*B).*C)", "X", {}),
    ("a*b^c", "b", {}),
    ("a*b^c", "c", {}),
    ("(a + b)^-2 - 1/3*sqrt(a)", "a", {}),
    ("2.5*a^1.5", "a", {"order": 2}),
    ("digamma(a) + lgamma(a)/7", "a", {}),
    ("alpha_1*theta^2 + gamma*x_hat'*x_hat", "theta", {}),
    ("m = sum(x)/n; s = sqrt(sum((x - m).^2)/n); sum(z.*(x - m)/s)", "x", {}),
    ("x'*A'*A*x + n*m*sum(x)", "x", {"shapes": {"A": ("m", "n")}}),
]  # fmt: skip
DIFFERENTIALS: list[tuple[str, str | list[str], dict[str, Any]]] = [
    ("norm2(A*x - b)^2", "x", {}),
    ("0.5*norm2(W*x + b - y)^2", ["W", "b", "x"], {}),
    ("tr(A*X*B*X')", "X", {}),
    ("A*X*B", "X", {}),
    ("vec(A*X*B)", "X", {}),
    ("logdet(X) - 3*tr(inv(X)*S)", "X", {}),
    ("(x'*A*x)/(x'*x)", "x", {}),
    ("p = softmax(x); y'*log(p)", "x", {}),
    ("sum(log(1 + exp(-y.*(X*w))))", "w", {}),
    ("x'*A*x/2", "x", {"order": 2}),
    ("sigmoid(a*x'*y)*b", ["a", "b"], {}),
    ("y'*log(x)", "x", {}),
    ("sum(A.*(X*B).*C)", "X", {}),
    ("sum(x./y)", ["x", "y"], {"shapes": {"x": ("n",), "y": ("n",)}}),
    ("norm2(sigmoid(W*x))^2", "W", {}),
]


def _spelled(name: str, term: Term, *ways: Callable[[Term], str]) -> list[str]:
    return [f"  {name:8}{spelled(term)}" for spelled in ways]


def written() -> str:
    lines: list[str] = []
    for formula, variable, options in WRITTEN:
        result = gw.derive(formula, variable, certify=False, **options).result
        lines += [
            f"{formula}  by {variable}  {options or ''}".rstrip(),
            *_spelled("said", result.said, text, unicode, latex),
        ]
        lines += _spelled("indices", result.index_term, text, latex)
        lines += [f"  program {text(result.program)}", ""]
    for formula, variables, options in DIFFERENTIALS:
        shown = gw.derive(formula, variables, certify=False, **options).show(notation="differential")
        shown = shown.partition("Every line holds")[0].rstrip()
        lines += [f"d of {formula}  in {variables}", *(f"  {line}".rstrip() for line in shown.splitlines()), ""]
    return "\n".join(lines)


def test_results_are_written_as_they_were() -> None:
    now = written()
    if os.environ.get("GOLDEN") == "write":
        FILE.write_text(now, encoding="utf-8")
    said, expected = now.splitlines(), FILE.read_text(encoding="utf-8").splitlines()
    for place, (line, before) in enumerate(zip(said, expected, strict=False)):
        assert line == before, f"line {place + 1}"
    assert len(said) == len(expected)
