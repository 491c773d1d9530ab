"""Programs of PyTorch: what is derived of their formula is what autograd gives."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import gradwright as gw  # noqa: E402
from tests.read.program import larger_of_torch  # noqa: E402
from tests.read.program.numbers import numbers  # noqa: E402
from tests.read.program.of_torch import ROWS, Classifier  # noqa: E402
from tests.read.program.row import Row  # noqa: E402

LARGER = [row for row in larger_of_torch.ROWS if not isinstance(row.program, torch.nn.Module)][::2]


@pytest.mark.parametrize("row", ROWS + LARGER, ids=lambda row: row.name)
def test_a_programs_gradient_is_what_autograd_gives(row: Row) -> None:
    found = gw.derive(row.program, row.wrt, shapes=row.shapes, given=row.given)
    assert found.certificate.verdict == "confirmed"
    given, flat = numbers(row)
    tensors = {k: torch.as_tensor(v) if isinstance(v, np.ndarray | np.generic) else v for k, v in given.items()}
    tensors[row.wrt] = torch.as_tensor(given[row.wrt]).requires_grad_()
    held = {name: value.detach().numpy() for name, value in row.held(**tensors).items()}
    row.program(**tensors).backward()
    np.testing.assert_allclose(found.evaluate(**flat, **held), tensors[row.wrt].grad, rtol=1e-6, atol=1e-8)


def test_a_modules_parameters_are_symbols() -> None:
    shapes = {
        "x": "n m",
        "y": "n in k",
        "hidden.weight": "h m",
        "hidden.bias": "h",
        "out.weight": "k h",
        "out.bias": "k",
    }
    found = gw.derive(Classifier(), "out.bias", shapes=shapes)
    assert found.certificate.verdict == "confirmed"
    assert found.context.symbols["hidden_weight"] == ("h", "m")


def test_a_module_whose_buffers_change_and_whose_layers_are_convolutions() -> None:
    row = next(row for row in larger_of_torch.ROWS if row.name == "ConvNet")
    assert gw.derive(row.program, row.wrt, shapes=row.shapes).certificate.verdict == "confirmed"
