"""Every way to write a document: its formulas are found, stand where they are said to, and can be mended there."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import gradwright as gw
from gradwright.referee.formats import tex
from gradwright.referee.formats.linear import linear
from gradwright.referee.formats.mapped import Edit, Mapped
from gradwright.referee.formats.nothing import why_nothing
from gradwright.referee.formats.source import ENDINGS, FORMATS, as_it_is, source_of
from gradwright.referee.report import Report

TRUE = "(a+b)^2 = a^2 + 2ab + b^2"
FALSE = "(a-b)^2 = a^2 - 2ab - b^2"
MENDED = "a^2 - 2ab + b^2"
TWO = "\\" * 2  # what Markdown makes one backslash of
_CELLS = [
    {"cell_type": "code", "source": ["x = 1\n", "y = '$1 = 2$'"]},
    {"cell_type": "markdown", "source": [f'Here ${TRUE}$ « " »\n', "\n", f"$$ {FALSE} $$\n"]},
]

KINDS = {
    "dollars.md": f"Here ${TRUE}$ and\n\n$$\n{FALSE}\n$$\n",
    "brackets.md": f"Here \\({TRUE}\\) and\n\n\\[\n{FALSE}\n\\]\n",
    "environments.md": f"Here\n\\begin{{equation}}{TRUE}\\end{{equation}}\nand\n\\begin{{align*}}\n{FALSE}\n\\end{{align*}}\n",
    "lines.md": f"$$\\begin{{aligned}} {TRUE} {TWO}\n {FALSE} \\end{{aligned}}$$\n",
    "carriage.md": f"Here ${TRUE}$ and\r\n\r\n$$\r\n{FALSE}\r\n$$\r\n",
    "github.md": f"```math\n{TRUE}\n```\nand\n   ~~~math\n   {FALSE}\n   ~~~\n",
    "gitlab.md": f"Here $`{TRUE}`$ and $`{FALSE}`$.\n",
    "myst.md": f"A role {{math}}`{TRUE}` and\n\n```{{math}}\n:label: one\n\n{FALSE}\n```\n",
    "colons.md": f":::{{math}}\n:label: one\n{TRUE}\n:::\n\n::::{{math}}\n{FALSE}\n::::\n",
    "jekyll.md": f"---\nlayout: post\n---\nHere {TWO}({TRUE}{TWO}) and\n\n{TWO}[\n{FALSE}\n{TWO}]\n",
    "doubled.md": f"$$\n\\begin{{align}}\n{TRUE} {TWO}{TWO}\n{FALSE}\n\\end{{align}}\n$$\n",
    "hugo.md": f"{{{{< katex >}}}}{TRUE}{{{{< /katex >}}}}\n\n{{{{< math >}}}}\n$${FALSE}$$\n{{{{< /math >}}}}\n",
    "wordpress.md": f"Here $latex {TRUE}$ and $latex {FALSE}$.\n",
    "obsidian.md": f"> [!note] Squares\n> Here\n> $$\n> {TRUE}\n> $$\n> and\n> > $$\n> > {FALSE}\n> > $$\n",
    "quarto.qmd": f"---\ntitle: x\n---\n```{{r}}\nx$y = 3; z$w = 4\n```\n\n$${TRUE}$$\n\n$${FALSE}$$ {{#eq-a}}\n",
    "knitr.Rmd": f"```{{r, echo=FALSE}}\nx$y = 3; z$w = 4\n```\n\n$${TRUE}$$\n\n$${FALSE}$$\n",
    "emacs.org": f"* Squares\n\\({TRUE}\\)\n\\[{FALSE}\\]\n",
    "plain.txt": "So (α+b)² = α² + 2αb + b² holds and\n\n- **Wrong:** (α−b)² = α² − 2αb − b².\n",
    "pasted.md": "An agent says:\n\n```\n(α+b)² = α² + 2αb + b²\n(α−b)² = α² − 2αb − b²\n```\n",
    "boxed.md": f"$$\\boxed{{{TRUE}}}$$ and $$\\textcolor{{red}}{{{FALSE}}}$$\n",
    "sphinx.rst": f"Title\n=====\n\nHere :math:`{TRUE}` and\n\n.. math::\n   :label: x\n\n   {FALSE}\n\nText.\n",
    "equations.rst": f".. math::\n\n   {TRUE}\n\n   {FALSE}\n\n.. code-block:: sh\n\n   echo $x = $y\n",
    "module.py": f'def f(x):\n    r"""A square.\n\n    .. math::\n\n        {TRUE}\n\n    and :math:`{FALSE}`.\n    """\n    y = "$1 = 2$"\n',
    "doubled.py": f'"""Here $\\\\mathbf{{a}} = \\\\mathbf{{a}}$ in text: ${TRUE}$ and\n\n$${FALSE}$$"""\n',
    "guide.adoc": f"= Title\n:stem: latexmath\n\nHere latexmath:[{TRUE}] and\n\n[stem]\n++++\n{FALSE}\n++++\n\n----\n$x = 3$\n----\n",
    "asciimath.adoc": f"= Title\n:stem:\n\nHere stem:[{TRUE}] and\n\n[asciimath]\n++++\n{FALSE}\n++++\n",
    "note.typ": "= Title\nHere $(a+b)^2 = a^2 + 2 a b + b^2$ and // $1 = 2$\n$ (a-b)^2 = a^2 - 2 a b - b^2 $\n",
    "latex.tex": f"\\section{{One}}\n% not this: $1 = 2$\nHere ${TRUE}$ and \\[{FALSE}\\]\n",
    "packages.tex": f"\\begin{{IEEEeqnarray*}}{{rCl}}{TRUE}\\end{{IEEEeqnarray*}}\n\\begin{{empheq}}[box=\\fbox]{{align*}}{FALSE}\\end{{empheq}}\n",
    "short.tex": "\\documentclass{article}\n\\def\\be{\\begin{equation}}\\def\\ee{\\end{equation}}\n"
                 "\\newcommand{\\alns}[1]{\\begin{align*}#1\\end{align*}}\n\\begin{document}\n"
                 f"\\be\n{TRUE}\n\\ee\n\\alns{{ {FALSE} }}\n\\end{{document}}\n",
    "let.tex": "\\let\\beq\\equation\\let\\eeq\\endequation\n\\def\\bal#1\\eal{\\begin{align}#1\\end{align}}\n"
               f"\\beq {TRUE} \\eeq\n\\bal {FALSE} \\eal\n",
    "new.tex": "\\newenvironment{eqn}[1][x]{\\begin{equation}}{\\end{equation}}\n\\NewDocumentCommand{\\sq}{O{2} m}{#2^#1}\n"
               f"\\begin{{eqn}}(a+b)^2 = \\sq{{a}} + 2ab + \\sq[2]{{b}}\\end{{eqn}}\n\\begin{{eqn}}[y]{FALSE}\\end{{eqn}}\n",
    "book.ipynb": json.dumps({"cells": _CELLS, "nbformat": 4}, indent=1),
    "old.ipynb": json.dumps({"worksheets": [{"cells": _CELLS}], "nbformat": 3}, ensure_ascii=False),
}  # fmt: skip
"""A document in each form: what is true comes first, then what is false."""


def verdicts(report: Report) -> list[str]:
    return [r.verdict for r in report.relations]


@pytest.mark.parametrize("name", KINDS)
def test_formulas_are_found_where_they_stand(name: str) -> None:
    report = gw.check(KINDS[name], name)
    assert verdicts(report)[-2:] == ["proved", "refuted"]
    assert set(verdicts(report)[:-2]) <= {"proved"}
    lines = KINDS[name].replace("\r\n", "\n").split("\n")
    for relation in report.relations:
        assert lines[relation.line - 1][relation.column - 1] == "="
    for told in report.to_dict()["relations"]:
        assert KINDS[name][told["span"][0]] == "="


@pytest.mark.parametrize(
    "name", [name for name in KINDS if name not in ("plain.txt", "pasted.md", "note.typ", "asciimath.adoc")]
)
def test_a_mend_is_written_as_the_file_writes(name: str) -> None:
    report = gw.check(KINDS[name], name)
    ((_, mend),) = report.mends()
    text = KINDS[name][: mend.span[0]] + mend.text + KINDS[name][mend.span[1] :]
    assert text == KINDS[name].replace("2ab - b^2", "2ab + b^2")
    assert verdicts(gw.check(text, name))[-2:] == ["proved", "proved"]


def test_each_format_has_a_document() -> None:
    tried = {"." + name.rpartition(".")[2].lower() for name in KINDS}
    assert all(tried & set(row.endings) for row in FORMATS.values())
    assert len(ENDINGS) == len(set(ENDINGS))


def test_a_mend_with_commands_is_escaped() -> None:
    wrong = r"\nabla_{\mathbf{w}} \|\mathbf{w}\|^2 = \mathbf{w}"
    for name, text in (("a.ipynb", json.dumps({"cells": [{"cell_type": "markdown", "source": f"$${wrong}$$"}]})),
                       ("a.py", '"""$$' + wrong.replace("\\", "\\\\") + '$$"""')):  # fmt: skip
        ((_, mend),) = gw.check(text, name).mends()
        assert r"\\mathbf{w}" in mend.text
        assert verdicts(gw.check(text[: mend.span[0]] + mend.text + text[mend.span[1] :], name)) == ["proved"]


def test_notebooks_say_the_cell() -> None:
    (first, second) = gw.check(KINDS["book.ipynb"], "book.ipynb").to_dict()["relations"]
    assert [(r["cell"], r["cell_line"]) for r in (first, second)] == [(2, 1), (2, 3)]
    assert "book.ipynb:15:17 (cell 2, line 3)" in str(gw.check(KINDS["book.ipynb"], "book.ipynb"))


def test_a_large_notebook_is_read() -> None:
    image = {"cell_type": "code", "source": [], "outputs": [{"data": {"image/png": "A" * 5_000_000}}]}
    text = json.dumps({"cells": [image, *_CELLS]}, indent=1)
    report = gw.check(text, "large.ipynb")
    assert verdicts(report) == ["proved", "refuted"]
    assert "a^2" in text.split("\n")[report.relations[1].line - 1]


@pytest.mark.parametrize("text", ["{}", "[]", '{"cells": 3}', '{"cells": [3]}', '{"cells": [{"cell_type": "markdown"}]}',
    '{"cells": [{"cell_type": "markdown", "source": [3]}]}', '{"cells": [{"source": "a"}]}', "not json"])  # fmt: skip
def test_what_is_no_notebook_is_refused(text: str) -> None:
    with pytest.raises(gw.Error, match="not a notebook"):
        gw.check(text, "note.ipynb")


def test_a_cell_without_text_is_empty() -> None:
    cells = [{"cell_type": "markdown", "source": s} for s in ("$a + a = 2 a$.", None, ["$b = b$"])]
    assert verdicts(gw.check(json.dumps({"cells": cells}), "note.ipynb")) == ["proved", "proved"]


# --- what is no mathematics


@pytest.mark.parametrize(("name", "text"), [
    ("a.md", "```python\nx = α²\ny = '$1 = 2$'\n```\n"),
    ("a.md", "`$1 = 2$` and `∂x = 3`\n"),
    ("a.md", "<!-- $1 = 2$ -->\n<pre>$$1 = 2$$</pre>\n"),
    ("a.md", "It costs $5 or x = 3 for $6.\n"),
    ("a.md", "Το μέγεθος είναι μεγάλο. Set size = 3 here.\n"),
    ("a.md", "Shape 3 × 4 = 12 pixels\n"),
    ("a.tex", "% $1 = 2$\n\\begin{verbatim}\n$1 = 2$\n\\end{verbatim}\n"),
    ("a.tex", "\\newcommand{\\x}{$1 = 2$}\n\\begin{document}\n\\end{document}\n$1 = 2$\n"),
    ("a.rst", "``$1 = 2$``\n\n.. code-block:: tex\n\n   $1 = 2$\n\nText.\n"),
    ("a.py", "x = '$1 = 2$'  # $1 = 2$\n"),
    ("a.adoc", "// $1 = 2$\n\n----\n$1 = 2$\n----\n"),
    ("a.typ", "// $1 = 2$\n`$1 = 2$`\n/* $1 = 2$ */\n"),
])  # fmt: skip
def test_what_is_no_mathematics_is_left(name: str, text: str) -> None:
    assert gw.check(text, name).relations == []


def test_a_document_in_which_nothing_was_found_says_why() -> None:
    assert "line 2 has \\frac" in why_nothing(source_of("Text\n\\frac{a}{b} = 1\n", "a.md"))
    assert "1 formula, the first at line 1" in why_nothing(source_of("Only $x$.\n", "a.md"))
    assert "there is no relation" in why_nothing(source_of("Text\n", "a.md"))


# --- LaTeX


MAIN = "\\documentclass{article}\n\\usepackage{own}\n\\begin{document}\n\\input{part}\n% \\input{none}\n$(c-d)^2 = \\sq{c} - \\sq{d}$\n\\end{document}\n"
PARTS = {"own.sty": "\\newcommand{\\sq}[1]{#1^2}\n", "part.tex": "\\include{deeper/x}\n$(a+b)^2 = \\sq{a} + 2ab + \\sq{b}$\n",
         "deeper/x.tex": "\\documentclass{subfiles}$0 = 1$\\begin{document}\n\n$b = b$\\end{document} $0 = 1$"}  # fmt: skip


def test_files_that_a_document_names_are_followed() -> None:
    assert tex.named(MAIN) == ["own.sty", "part.tex"]
    report = gw.check(MAIN, "main.tex", inputs=PARTS)
    places = [(report.place(r).file, r.line, r.verdict) for r in report.relations]
    assert places == [("deeper/x.tex", 3, "proved"), ("part.tex", 2, "proved"), ("main.tex", 6, "refuted")]
    assert "main.tex:6:" in str(report)


def test_files_that_name_each_other_end() -> None:
    report = gw.check("\\input{b}\n$x = x$", "a.tex", inputs={"b.tex": "\\input{b}$y = y$"})
    assert set(verdicts(report)) == {"proved"}


def test_macros_from_another_file() -> None:
    macros = "\\newcommand{\\sq}[1]{#1^2}\\def\\be{\\begin{equation}}\\def\\ee{\\end{equation}}"
    report = gw.check("\\be \\sq{a} = a a \\ee", "a.tex", macros=macros)
    assert verdicts(report) == ["proved"]
    assert verdicts(gw.check("Here $\\sq{a} = a a$", "a.md", macros=macros)) == ["proved"]


@pytest.mark.parametrize("text", ["\\def\\a{\\a $x = x$}\\a", "\\def\\a{$x$ \\b}\\def\\b{\\a}\\b"])
def test_macros_of_themselves_do_not_run_away(text: str) -> None:
    assert len(tex.expanded(Mapped.of(text)).text) < 1_000


def test_macros_that_grow_without_end_are_an_error() -> None:
    with pytest.raises(gw.Error, match="without end"):
        gw.check("\\def\\a{$x$ \\a\\a}\\a", "a.tex")


@pytest.mark.parametrize(("defined", "used", "meant"), [
    (r"\newcommand{\eq}[2][=]{$#2 #1 #2$}", r"\eq{a}\eq[+]{b}", r"$a = a$$b + b$"),
    (r"\NewDocumentCommand{\eq}{s m}{$#2$}", r"\eq*{a}", r"$a$"),
    (r"\DeclarePairedDelimiter{\norm}{\lVert}{\rVert}", r"$\norm*{x}$", r"$\left\lVert x \right\rVert$"),
    (r"\def\eq(#1){$#1$}", r"\eq", r"\eq"),
    (r"\newcommand\eq{\begin{align}}\newcommand\qe{\end{align}}", r"\eq x \qe", r"\begin{align} x \end{align}"),
    (r"\newcommand\one{$}\newcommand\two{\one x \one}", r"\two", r"$ x $"),
])  # fmt: skip
def test_macros_that_hide_mathematics_are_replaced(defined: str, used: str, meant: str) -> None:
    assert tex.expanded(Mapped.of(defined + used)).text.endswith(meant)


# --- formulas on one line


@pytest.mark.parametrize(("text", "meant"), [
    ("frac(partial L, partial w) = X^top (X w - y)", r"\frac{\partial  L}{ \partial  w} = X^{\top } (X w - y)"),
    ("(partial L)/(partial w_i) = sum_(i=1)^n x_i/2", r"\frac{\partial  L}{\partial  w_{i}} = \sum _{i=1}^{n} \frac{x_{i}}{2}"),
    ("bold(x)^T A bold(x) = norm(x)^2", r"\mathbf{x}^{T} A \mathbf{x} = \lVert x\rVert ^{2}"),
    ("mat(1, 2; 3, 4)", r"\begin{pmatrix}1& 2\\  3& 4\end{pmatrix}"),
    ('a_"max" != loss', r"a_{\text{max}} \ne  \mathrm{loss}"),
    ("x \\\n y", "x \\\\  y"),
])  # fmt: skip
def test_typst_as_latex(text: str, meant: str) -> None:
    assert Mapped.of(text).edited(linear(text)).text == meant


@pytest.mark.parametrize(("text", "meant"), [
    ("∂L/∂w = Xᵀ(Xw − y)", r"∂L/∂w = X^{\top}(Xw − y)"),
    ("ŷ = σ(x̂) + e⁻ᶻ", r"\hat{y} = σ(\hat{x}) + e^{-z}"),
    ("½‖w‖² + λΣᵢ wᵢ²", r"\frac{1}{2}‖w‖^{2} + λ\sum_{i} w_{i}^{2}"),
    ("√(x² + 1) = √x", r"\sqrt{x^{2} + 1} = \sqrt{x}"),
    ("X ∈ ℝⁿˣᵈ", r"X ∈ ℝ^{n\times d}"),
])  # fmt: skip
def test_unicode_as_latex(text: str, meant: str) -> None:
    assert Mapped.of(text).edited(linear(text, fractions=False)).text == meant


def test_words_around_plain_formulas_state_facts() -> None:
    text = "Let p = softmax(o) and L = −Σᵢ yᵢ log pᵢ, where y is one-hot.\n\nThen ∂L/∂oₖ = pₖ − yₖ.\n"
    assert verdicts(gw.check(text)) == ["definition", "definition", "proved"]


# --- places


@given(st.text("ab\n", max_size=30), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5), st.text("xyz", max_size=3)), max_size=5),
       st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5), st.text("XYZ", max_size=3)), max_size=5))  # fmt: skip
@example("aaa", [(1, 2, "xxx")], [(0, 2, "XXX")])  # as many characters as those in whose place they are
@example("aaa", [(1, 1, "xxx")], [(0, 2, "XX")])
def test_what_was_not_rewritten_knows_its_place(
    text: str, first: list[tuple[int, int, str]], second: list[tuple[int, int, str]]
) -> None:
    whole = Mapped.of(text)
    for edits in (first, second):
        ends = len(whole.text)
        whole = whole.edited([Edit(min(a, ends), min(a + b, ends), said) for a, b, said in edits])
    assert sum(stretch.length for stretch in whole.stretches) == len(whole.text)
    origins = [whole.origin(k)[1] for k in range(len(whole.text))]
    assert origins == sorted(origins)
    for k, character in enumerate(whole.text):
        if character in "ab\n":
            assert text[origins[k]] == character
            assert whole.origin(k + 1, ending=True) == (0, origins[k] + 1)


@given(st.sampled_from(sorted(KINDS)), st.integers(0, 400), st.text("$\\[]{}`:>%#\n ()=", max_size=6))
def test_no_text_of_any_format_crashes(name: str, at: int, put: str) -> None:
    text = KINDS[name][:at] + put + KINDS[name][at:]
    try:
        source = source_of(text, name)
    except gw.Error:
        return
    assert all(source.files[0].place(0).line <= source.place(k)[0] for k in range(len(source.text)))


def test_a_text_that_is_not_rewritten() -> None:
    assert as_it_is("a\nb", "x.md").place(2) == (2, 1)
