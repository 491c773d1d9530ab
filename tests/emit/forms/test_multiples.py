"""A sum and its multiples are one array."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tests.emit.shared import derive

SHAPES = {"X": ("n", "m"), "U": ("n", "k"), "V": ("m", "k"), "a": ("n",), "b": ("n",), "S": ("n", "n")}


def _code(formula: str, wrt: str, target: str = "numpy", given: tuple[str, ...] = ()) -> str:
    shapes = {name: shape for name, shape in SHAPES.items() if re.search(rf"\b{name}\b", formula)}
    return derive(formula, wrt, shapes=shapes, given=given).emit(target)


@pytest.mark.parametrize("target", ["numpy", "jax"])
def test_a_residual_and_its_negative(target: str) -> None:
    text = _code("norm2(X - U*V')^2", "U", target)
    assert len(re.findall(r"X - t\d", text)) == 1
    assert not re.search(r"t\d - X", text)


def test_a_multiple_by_a_number() -> None:
    text = _code("sum((2*X - 2*U*V').^4) + sum(tanh(U*V' - X))", "X")
    assert len(re.findall(r"[tX]\w* - [\w* ]*[tX]", text)) == 1


def test_a_factor_of_a_product_made_of_plain_entries() -> None:
    text = _code("(a - b)'*inv(S)*(b - a)", "S", given=("posdef(S)",))
    assert len(re.findall(r"a - b|b - a", text.split("errstate")[1])) == 1


def test_sums_of_plain_entries_elsewhere_stay_as_they_are() -> None:
    text = _code("sum(tanh(a - b) + exp(b - a))", "a")
    assert "a - b" in text
    assert "b - a" in text or "-(a - b)" in text


def test_multiples_that_cancel_leave_nothing() -> None:
    """The rows of a softmax sum to 1, so its sum has no gradient."""
    shapes = {"X": ("n", "d"), "W": ("d", "k")}
    made = derive("sum(softmax_rows(X*W))", "X", shapes=shapes)
    _, gradient = made.compile("numpy")(X=np.ones((3, 2)), W=np.arange(8.0).reshape(2, 4))
    np.testing.assert_allclose(gradient, np.zeros((3, 2)), atol=1e-15)
