"""The generated pages are current, and every claim of the Matrix Cookbook that they list holds."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

import gradwright as gw
from gradwright.engine.normal import same
from gradwright.read.languages import is_latex
from gradwright.read.names import canonical, is_word
from gradwright.read.reader import read
from gradwright.read.sketch import EVENTS, Event
from gradwright.read.text.declared import declared

DOCS = Path(__file__).parents[1] / "docs"
sys.path.insert(0, str(DOCS))

import cookbook  # noqa: E402
import generate  # noqa: E402
import picture  # noqa: E402
import reading  # noqa: E402


@pytest.mark.parametrize("place", range(len(cookbook.claims())), ids=lambda place: cookbook.claims()[place]["eq"])
def test_an_equation_of_the_matrix_cookbook(place: int) -> None:
    """One that the page calls wrong is refuted, and all others hold."""
    wrong = cookbook.claims()[place]["wrong"]
    assert cookbook.judged(place)[1] in (("refuted",) if wrong else ("proved", "confirmed"))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.words)
def test_a_sign_of_a_misreading_happens_in_its_example(event: Event) -> None:
    assert event in reading.events(reading.EXAMPLES[event][0])


@pytest.mark.parametrize(("typed", "meant"), reading.SPELLINGS)
def test_a_forgiven_spelling_means_what_the_page_says(typed: str, meant: str) -> None:
    shapes = {"x": ("n",), "b": ("n",), "A": ("n", "n"), "S": ("n", "n"), "t": ()}
    parsed = read(typed, shapes={name: shape for name, shape in shapes.items() if name in typed and ":" not in typed})
    assert same(parsed.array, read(meant, context=parsed.context, strict=True).array)


# --- the page of the language agrees with the parser

LANGUAGE = (DOCS / "reference" / "language.md").read_text("utf-8")
SHAPES = {"x": ("n",), "y": ("n",), "A": ("n", "n"), "B": ("n", "n"), "a": (), "b": (), "t": (), "p": (), "Y": ("n",)}
WITHIN = {
    "name = …": "q = x; q", "p[i] = …": "q[i] = x[i]; q", "L = …": "L = sum(x)", "f(x) = …": "f(x) = sum(x)",
    "·": "A·x", "x[i]": "sum_i(x[i])", "A[i,j]": "sum[i,j](A[i,j])", "A[i,:]": "sum_i(sum(A[i,:]))",
    "kron(A, B)*x": "C: n n; D: m m; z: n*m; kron(C, D)*z", "reshape(A, n, m)": "C: n*m; reshape(C, n, m)",
    "sum_i(…)": "sum_i(x[i])", "sum[i,j](…)": "sum[i,j](A[i,j])", "Σ_i(…)": "Σ_i(x[i])",
    "tensor[i,j](…)": "tensor[i,j](x[i]*y[j])", "delta[i,j]": "sum[i,j](A[i,j]*delta[i,j])",
    "levicivita()[i,j,k]": "v: 3; w: 3; tensor[i](sum[j,k](levicivita()[i,j,k]*v[j]*w[k]))",
    "vector(1)": "x + vector(1)", "matrix(2)": "A + matrix(2)",
    "eye(n)": "A - eye(n)", "ones(n, m)": "C: n m; C - ones(n, m)", "zeros(n)": "x - zeros(n)",
}  # fmt: skip
"""What is only a part of a formula, in one."""
REFUSED = {"x'Ax", "f'(x)", "log(x, y)"}
ALSO = [
    ("A @ B", "A*B"), ("A·x", "A*x"), ("A x", "A*x"), ("x ⊙ y", "x .* y"), ("xᵀ*y", "x'*y"), ("a²", "a*a"),
    ("A⁻¹*x", "inv(A)*x"), ("A^-1*x", "inv(A)*x"), ("A^3", "A*A*A"), ("Σ_i(x[i])", "sum(x)"),
    ('einsum("ij,jk->ik", A, B)', "A*B"), ("tensor[i,j](x[i]*y[j])", "x*y'"), ("σ(x)", "sigmoid(x)"),
    ("norm(A)", "norm2(A)"),
    ("sym(A)", "(A + A')/2"), ("skew(A)", "(A - A')/2"), ("vector(1) + x", "ones(n) + x"),
]  # fmt: skip


def _spans(part: str, title: str) -> list[str]:
    section = re.split(r"^##+ ", part.partition(f"# {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    assert section, title
    return re.findall(r"`([^`\n]+)`", section)


SECTIONS = "Statements", "Operators", "Indices", "Functions", "Spellings that are forgiven"


@pytest.mark.parametrize("span", [span for title in SECTIONS for span in _spans(LANGUAGE, title)])
def test_what_the_page_of_the_language_writes_is_read(span: str) -> None:
    if span in REFUSED:
        with pytest.raises(gw.Error):
            read(span)
        return
    if span.isidentifier() and (is_word(span) or canonical(span) or span in ("n", "Ax")):
        return
    if span.endswith('"]'):
        return
    formula = WITHIN.get(span, span)
    shapes = {name: shape for name, shape in SHAPES.items() if re.search(rf"\b{name}\b", formula)}
    functions = {"u": (("n",), ("n",))} if "u" in formula.split("(")[0] or "(u" in formula else {}
    assert read(formula, shapes=shapes, functions=functions).array is not None


@pytest.mark.parametrize(("written", "meant"), ALSO)
def test_what_is_also_written_means_the_same(written: str, meant: str) -> None:
    shapes = {name: shape for name, shape in SHAPES.items() if re.search(rf"\b{name}\b", f"{written} {meant}")}
    parsed = read(written, shapes=shapes)
    assert same(parsed.array, read(meant, context=parsed.context).array)


@pytest.mark.parametrize("span", [span for span in _spans(LANGUAGE, "LaTeX") if len(span) > 3])
def test_what_the_page_writes_in_latex_is_read(span: str) -> None:
    assert is_latex(span, "auto")
    read(span, syntax="latex")


DECLARED = {
    "A: n m": {"A": ("n", "m")}, "A: n, m": {"A": ("n", "m")}, "A: 3x2": {"A": (3, 2)}, "x: 3": {"x": (3,)},
    "a:": {"a": ()}, "a: scalar": {"a": ()}, "u: n -> m": {"u": (("n",), ("m",))}, "f: ->": {"f": ((), ())},
}  # fmt: skip


@pytest.mark.parametrize("span", [span for span in _spans(LANGUAGE, "How to declare a shape") if span in DECLARED])
def test_a_declaration_says_among_the_statements_what_it_says_beside_them(span: str) -> None:
    (name, expected), *_ = DECLARED[span].items()
    symbols, functions = declared([span])
    assert {**symbols, **functions} == DECLARED[span]
    used = {"u": "u(z)", "f": "f(t)"}.get(name, name)
    context = read(f"{span}; {used}").context
    found = context.functions.get(name)
    assert ((found.argument, found.value) if found else context.symbols[name]) == expected


def test_every_declaration_of_the_page_is_tested() -> None:
    assert set(DECLARED) <= set(_spans(LANGUAGE, "How to declare a shape"))


@pytest.mark.parametrize("block", re.findall(r"```text\n(.*?)```", LANGUAGE, re.DOTALL))
def test_a_block_of_the_page_is_read(block: str) -> None:
    read(block.strip())


def test_the_picture_is_what_is_printed() -> None:
    assert (DOCS / "assets" / "founding.svg").read_text("utf-8") == picture.founding()


def test_the_pages_are_those_the_tables_give() -> None:
    written = {str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md") if generate.NOTE in path.read_text("utf-8")}
    expected = dict(generate.pages())
    assert written == set(expected)
    for path, text in expected.items():
        assert (DOCS / path).read_text("utf-8") == text, f"run python docs/generate.py: {path} is old"
