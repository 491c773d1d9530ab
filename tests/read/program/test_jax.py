"""Programs of JAX: what is derived of their formula is what JAX's own differentiation gives."""

from __future__ import annotations

import numpy as np
import pytest

jax = pytest.importorskip("jax")

import gradwright as gw  # noqa: E402
from tests.read.program import larger_of_jax  # noqa: E402
from tests.read.program.numbers import leaf, numbers, with_leaf  # noqa: E402
from tests.read.program.of_jax import ROWS  # noqa: E402
from tests.read.program.row import Row  # noqa: E402


# of the larger ones every other; benchmarks/programs.py takes them all
@pytest.mark.parametrize("row", ROWS + larger_of_jax.ROWS[::2], ids=lambda row: row.name)
def test_a_programs_gradient_is_what_jax_gives(row: Row) -> None:
    found = gw.derive(row.program, row.wrt, shapes=row.shapes, given=row.given)
    assert found.certificate.verdict == "confirmed"
    given, flat = numbers(row)
    with jax.enable_x64(True):
        given = jax.tree.map(lambda v: jax.numpy.asarray(v) if isinstance(v, np.ndarray) else v, given)
        value = row.program(**given)
        wanted = jax.grad(lambda x: row.program(**with_leaf(given, row.wrt, x)))(leaf(given, row.wrt))
        held = row.held(**given)
    assert np.isfinite(value)
    np.testing.assert_allclose(found.evaluate(**flat, **held), wanted, rtol=1e-6, atol=1e-8)
