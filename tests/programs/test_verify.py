"""Backward passes written by hand: right ones pass, and of a slip it is said what is missing."""

from __future__ import annotations

import pytest

jax = pytest.importorskip("jax")

import gradwright as gw  # noqa: E402
from tests.programs.passes import PASSES, Pass, cross_entropy, softmax  # noqa: E402


@pytest.mark.parametrize("row", PASSES, ids=lambda row: row.name)
def test_a_right_pass_is_proved_or_confirmed(row: Pass) -> None:
    found = gw.verify(row.right, of=row.of, wrt=row.wrt, shapes=row.shapes, given=row.given)
    assert found, str(found)


@pytest.mark.parametrize("row", PASSES, ids=lambda row: row.name)
def test_a_slip_is_told_in_words(row: Pass) -> None:
    found = gw.verify(row.slip, of=row.of, wrt=row.wrt, shapes=row.shapes, given=row.given)
    assert not found
    assert found.verdict == ("needs" if row.needs else "refuted")
    assert row.says in found.missing
    assert not row.needs or row.needs in found.needs
    assert found.counterexample is not None


def test_passes_of_the_frameworks_own_kinds() -> None:
    pytest.importorskip("torch")
    from tests.programs.wrapped import WRAPPED

    for row in WRAPPED[::2]:  # benchmarks/programs.py looks at all of them
        assert gw.verify(row.right, of=row.of, wrt=row.wrt, shapes=row.shapes, given=row.given), row.right
        slip = gw.verify(row.slip, of=row.of, wrt=row.wrt, shapes=row.shapes, given=row.given)
        assert slip.verdict == "refuted"
        assert row.says in slip.missing


def test_a_fact_that_is_given_is_not_needed() -> None:
    found = gw.verify(lambda z, y: softmax(z) - y, of=cross_entropy, wrt="z", shapes={"z": "n", "y": "n"},
                      given=["simplex(y)"])  # fmt: skip
    assert found.verdict == "proved"


def test_a_custom_vjp_is_its_own_reference() -> None:
    @jax.custom_vjp
    def norm(x):
        return jax.numpy.vdot(x, x)

    norm.defvjp(lambda x: (norm(x), x), lambda x, g: (2 * x,))
    found = gw.verify(norm, shapes={"x": "n"})
    assert found.verdict == "refuted"
    assert found.missing == "the incoming gradient g is not used"
    norm.defvjp(lambda x: (norm(x), x), lambda x, g: (2 * g * x,))
    assert gw.verify(norm, shapes={"x": "n"}).verdict == "proved"


def test_an_array_needs_an_incoming_gradient() -> None:
    with pytest.raises(gw.Error, match="incoming gradient"):
        gw.verify(lambda z: softmax(z), of=softmax, wrt="z", shapes={"z": "n"})


def test_what_has_another_shape_is_told() -> None:
    with pytest.raises(gw.Error, match="what is given for z is a number, and z is n"):
        gw.verify(lambda z, y: y.sum(), of=cross_entropy, wrt="z", shapes={"z": "n", "y": "n"})


def test_an_autograd_function() -> None:
    torch = pytest.importorskip("torch")

    class Quadratic(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, A):
            ctx.save_for_backward(x, A)
            return x @ A @ x

        @staticmethod
        def backward(ctx, g):
            x, A = ctx.saved_tensors
            return 2 * g * (A @ x), g * torch.outer(x, x)

    found = gw.verify(Quadratic, shapes={"x": "n", "A": "n n"})
    assert found.each["A"].verdict == "proved"
    assert found.each["x"].needs[0].fact == "symmetric"
    assert gw.verify(Quadratic, shapes={"x": "n", "A": "n n"}, given=["symmetric(A)"], wrt="x")


@pytest.mark.parametrize("slope", [lambda x, g: g * (x >= 0), lambda x, g: g * (x > 0)])
def test_what_a_pass_gives_at_a_kink_is_its_own_affair(slope) -> None:
    found = gw.verify(slope, of=jax.nn.relu, shapes={"x": "n"})
    assert found, str(found)
    assert not gw.verify(lambda x, g: g * (x > 1), of=jax.nn.relu, shapes={"x": "n"})


def test_letters_of_a_variable_are_unlike_those_of_a_softmax_of_its_extents() -> None:
    """Grouped queries: the derivative of P_ijlr in q must not be taken in its own l."""

    def grouped(q, k, v):
        scores = jax.numpy.einsum("hgn,hm->hgnm", q, k)
        return (jax.numpy.einsum("hgnm,hm->hgn", jax.nn.softmax(scores, axis=-1), v) ** 2).sum()

    found = gw.derive(grouped, "q", shapes={"q": "h g n", "k": "h n", "v": "h n"})
    assert found.certificate.verdict == "confirmed"


def test_a_slip_of_a_divisor_needs_no_strange_fact() -> None:
    pytest.importorskip("torch")
    from tests.programs.wrapped import LabelledEntropySlip

    found = gw.verify(LabelledEntropySlip, wrt="z", shapes={"z": "n k", "y": "n in k"})
    assert (found.verdict, found.missing) == ("refuted", "the factor k/n is missing")
