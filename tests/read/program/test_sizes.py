"""What a program asks of its sizes: a choice is told, a condition is said, a number is read back in names."""

from __future__ import annotations

import math

import pytest

jax = pytest.importorskip("jax")
torch = pytest.importorskip("torch")

import jax.numpy as jnp  # noqa: E402

import gradwright as gw  # noqa: E402
from gradwright.read.program.lift import lifted  # noqa: E402


def choosing(x):
    return torch.sum(x) if x.shape[0] > 10 else torch.prod(x)


def choosing_after_a_root(x):
    root = math.sqrt(x.shape[0])
    return torch.sum(x) / root if x.shape[0] > 10 else torch.prod(x)


def jax_choosing(x):
    return jnp.sum(x) if x.shape[0] > 10 else jnp.prod(x)


def jax_choosing_after_a_root(x):
    root = math.sqrt(x.shape[0])
    return jnp.sum(x) / root if x.shape[0] > 10 else jnp.prod(x)


def asserting(x):
    assert x.shape[0] <= 1024, "too long"
    return torch.sum(x)


def jax_asserting(x):
    assert x.shape[0] <= 1024, "too long"
    return jnp.sum(x)


def more_than_one(x):
    return torch.var(x) if x.shape[0] > 1 else torch.sum(x)


def rotated(x):
    out = torch.empty_like(x)
    out[..., ::2] = x[..., 1::2]
    out[..., 1::2] = -x[..., ::2]
    return (out**3).sum()


def less_one_at_labels(z, y):
    p = z.softmax(-1).clone()
    p[torch.arange(z.shape[0]), y] -= 1
    return (p**2).sum()


def masked(x, m):
    s = x.clone()
    s[m > 0] = 0.0
    return s.sum()


def without_gradient(x):
    with torch.no_grad():
        w = x.exp()
    return (w * x).sum()


def taken_out(x):
    return (x / x.abs().max().item()).sum()


def halved(x):
    return x.chunk(2)[0].sum()


def scaled(x):
    return (x / x.shape[0] / math.sqrt(x.shape[1]) * (x.shape[0] - 1) ** 2).sum()


def unbiased(x):
    return jnp.std(x, ddof=1)


@pytest.mark.parametrize("program", [choosing, choosing_after_a_root, jax_choosing])
def test_a_choice_by_a_size_is_told_with_its_line(program) -> None:
    with pytest.raises(gw.Error, match=r"chooses by a size, n > 10, in test_sizes.py:\d+\n  return"):
        gw.formula(program, x="n")


def test_a_choice_among_numbers_is_told() -> None:
    with pytest.raises(gw.Error, match="another one at other sizes"):
        gw.formula(jax_choosing_after_a_root, x="n")


@pytest.mark.parametrize(
    ("program", "condition"),
    [
        (asserting, "n <= 1024"),
        (jax_asserting, "n <= 1024"),
        (more_than_one, "every extent is at least 2"),
    ],
)
def test_where_the_other_way_raises_it_is_a_condition(program, condition: str) -> None:
    assert lifted(program, {"x": "n"}).conditions == (condition,)


@pytest.mark.parametrize(
    ("program", "shapes", "said"),
    [
        (rotated, {"x": "n 2*d"}, "x1 = reshape(x, n, d, 2); sum[i,j](x1[i,j,1]^3 - x1[i,j,0]^3)"),
        (less_one_at_labels, {"z": "n k", "y": "n in k"},
         "norm2(softmax_rows(z).*(1 - y) + diag(rowsum(softmax_rows(z).*y) - 1)*y)^2"),
        (masked, {"x": "n", "m": "n"}, "sum(where(m <= 0, x, 0))"),
        (without_gradient, {"x": "n"}, "x'*c"),
        (taken_out, {"x": "n m"}, "sum(x)/c"),
        (scaled, {"x": "n m"}, "sum(x)*(n - 1)^2/(n*sqrt(m))"),
        (unbiased, {"x": "n"}, "sqrt(norm2(x - sum(x)/n)^2/(n - 1))"),
    ],
)  # fmt: skip
def test_what_is_changed_in_place_or_held_or_made_of_sizes(program, shapes, said: str) -> None:
    assert str(gw.formula(program, shapes)) == said


def test_half_of_an_extent_is_no_extent() -> None:
    with pytest.raises(gw.Error, match=r"no sum of products of names(.|\n)*2\*n"):
        gw.formula(halved, x="n")
    assert "reshape" in str(gw.formula(halved, x="2*n"))
