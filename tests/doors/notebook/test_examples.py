"""The example notebooks run from the first cell to the last, and show what they say they show."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture(scope="module")
def cells() -> list[Any]:
    """The code cells of the first notebook, run."""
    notebook = nbformat.read(EXAMPLES / "first_notebook.ipynb", 4)
    assert not any(cell.outputs for cell in notebook.cells if cell.cell_type == "code"), "it is kept without outputs"
    NotebookClient(notebook, timeout=180, kernel_name="python3").execute()
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_the_notebook_of_programs() -> None:
    pytest.importorskip("jax")
    notebook = nbformat.read(EXAMPLES / "programs.ipynb", 4)
    NotebookClient(notebook, timeout=180, kernel_name="python3").execute()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert "✓ confirmed" in shown(cells, "d = gw.derive")
    assert "∂/∂b: refuted: the factor 1/n is missing" in shown(cells, "gw.verify(", "stream")


def shown(cells: list[Any], part: str, kind: str = "text/html") -> str:
    """What the one cell whose source holds ``part`` shows."""
    (cell,) = [c for c in cells if part in c.source]
    if kind == "stream":
        return "".join(output.text for output in cell.outputs)
    return str(cell.outputs[-1].data[kind])


def test_the_founding_example_comes_first(cells: list[Any]) -> None:
    html = shown(cells, "\nd")
    assert html.index('class="result"') < html.index("Lemma")
    assert "✓ confirmed" in html
    assert shown(cells, "print(d.result)", "stream").splitlines()[:2] == ["p = softmax(o); p - y", "p - y"]
    assert "with simplex(y): p = softmax(o); p - y" in shown(cells, "longer.suggestions", "stream")


def test_a_formula_of_ones_own(cells: list[Any]) -> None:
    assert "2*X&#x27;*(X*w - y) + 2*lambda*w" in shown(cells, "%derive")
    assert r"\lambda I" in shown(cells, "order=2", "text/latex")


def test_the_planted_slip_is_found_and_mended(cells: list[Any]) -> None:
    html = shown(cells, "--to note")
    assert html.count('class="mark proved"') == html.count('class="mark refuted"') == 1
    assert "likely slip: the sign of" in html
    assert shown(cells, "fix.text", "stream").strip() == r"\mathbf{X}^\top \mathbf{p} - \mathbf{X}^\top \mathbf{y}"
    assert "proved" in shown(cells, "--strict")


def test_the_rest_says_what_it_should(cells: list[Any]) -> None:
    assert "✓" in shown(cells, "kron(B'")
    assert "✗" in shown(cells, "inv(A + B)")
    assert "gradient = " in shown(cells, "ridge.emit", "stream")
    assert float(shown(cells, "np.linalg.solve", "stream")) < 1e-9


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_marimo_runs_and_shows_derivations_and_reports() -> None:
    spec = importlib.util.spec_from_file_location("marimo_notebook", EXAMPLES / "marimo_notebook.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    outputs, names = module.app.run()
    assert str(names["derivation"].result) == "p = softmax(o); p - y"
    assert [r.verdict for r in names["report"].relations] == ["definition", "proved", "refuted"]
    assert outputs[2] is names["derivation"]
    assert outputs[4] is names["report"]
    from marimo._output.formatting import get_formatter

    for output in (outputs[2], outputs[4]):
        formatter = get_formatter(output)
        assert formatter is not None
        kind, data = formatter(output)
        assert kind == "text/html"
        assert "<math" in str(data)
