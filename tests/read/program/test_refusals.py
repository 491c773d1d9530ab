"""What has no formula is told with its line."""

from __future__ import annotations

import math

import numpy as np
import pytest

jax = pytest.importorskip("jax")

import jax.numpy as jnp  # noqa: E402

import gradwright as gw  # noqa: E402


def sorted_sum(x):
    return jnp.sum(jnp.sort(x) ** 2)


def branch(x):
    if x.sum() > 0:
        return x.sum()
    return -x.sum()


def looped(x):
    total = 0.0
    for row in range(x.shape[0]):
        total = total + jnp.sin(x[row])
    return total


def picked(z, y):
    return z[jnp.arange(z.shape[0]), y].sum()


def noisy(x):
    return jnp.sum(x * np.random.randn())


def infinite(x):
    return jnp.where(x > 0, x, -jnp.inf).sum()


@pytest.mark.parametrize(
    ("program", "shapes", "says"),
    [
        (sorted_sum, {"x": "n"}, r"primitive sort, in test_refusals.py:\d+\n  return jnp.sum\(jnp.sort"),
        (branch, {"x": "n"}, r"in test_refusals.py:\d+\n  if x.sum\(\) > 0:(.|\n)*hint: a choice"),
        (looped, {"x": "n"}, r"loop over an extent|in test_refusals.py:\d+\n  for row in"),
        (picked, {"z": "n k", "y": "n"}, r'hint: class labels are declared as such: y="n in k"'),
        (noisy, {"x": "n"}, "draws random numbers"),
        (infinite, {"x": "n"}, "computes with infinity"),
        (branch, {"x": "n", "y": "n"}, "the program has no argument y"),
        (picked, {"z": "n k"}, "no shape is given for y"),
        (picked, {"z": "z k", "y": "z in k"}, "z is an argument and an extent"),
    ],
)
def test_a_refusal_says_where_and_why(program, shapes, says) -> None:
    with pytest.raises(gw.Error, match=says):
        gw.formula(program, shapes)


def test_a_formula_is_in_the_programs_own_names() -> None:
    found = gw.formula(lambda W, X: jnp.tanh(X @ W), W="m k", X="n m")
    assert str(found) == "tanh(X*W)"
    assert str(gw.formula(lambda x: jax.nn.logsumexp(x), x="n")) == "logsumexp(x)"
    assert str(gw.formula(lambda x: x / jnp.sqrt(2 * jnp.pi), x="")) == "x/sqrt(2*pi)"
    assert str(gw.formula(lambda x: jnp.sum(x[::2]), x="2*e")) == "x1 = reshape(x, e, 2); sum[i](x1[i,0])"
    both = gw.formula(lambda x, y: jnp.mean(jnp.concatenate([x, y]) ** 2), x="n", y="m")
    assert str(both) == "(norm2(x)^2 + norm2(y)^2)/(n + m)"


def test_a_number_that_looks_like_an_extent_is_none() -> None:
    """A program that is traced at numbers has its own at all of them."""
    assert str(gw.formula(lambda x: x.sum() / math.sqrt(x.shape[0]), x="n")) == "sum(x)/sqrt(n)"
    found = gw.formula(lambda x: x.sum() / math.sqrt(x.shape[0]) + 53 * x.sum() / 50.0, x="n")
    assert str(found) == "sum(x)/sqrt(n) + 53*sum(x)/50"
    found = gw.formula(lambda x: x.sum() / math.sqrt(len(x)) - len(x) * math.log(2 * math.pi), x="n")
    assert str(found) == "sum(x)/sqrt(n) - n*log(2*pi)"


def ten(x):
    return jnp.sum(x) if x.shape[0] == 10 else jnp.sum(x * x)


def ten_at_numbers(x):
    return jnp.sum(x) if x.shape[0] == 10 else jnp.sum(x * x) / math.sqrt(x.shape[0])


def not_ten(x):
    if x.shape[0] == 10:
        raise ValueError
    return jnp.sum(x * x)


def test_an_extent_that_may_be_a_number_is_not_taken_for_another_one() -> None:
    with pytest.raises(gw.Error, match=r"chooses by a size, n == 10, in test_refusals.py"):
        gw.formula(ten, x="n")
    with pytest.raises(gw.Error, match="another one at other sizes"):
        gw.formula(ten_at_numbers, x="n")
    assert "the program is read where n != 10" in str(gw.derive(not_ten, "x", shapes={"x": "n"}))


def test_what_is_no_program_is_told() -> None:
    with pytest.raises(gw.Error, match="'sum\\(x\\)' is no program"):
        gw.formula("sum(x)", x="n")  # type: ignore[arg-type]
    with pytest.raises(gw.Error, match="Error is a class"):
        gw.formula(gw.Error, x="n")


def test_an_attribute_does_not_say_whose_a_program_is() -> None:
    torch = pytest.importorskip("torch")
    scope = {"jax": jax, "nn": torch.nn}
    exec("def program(x): return jax.nn.softmax(x)", scope)
    assert str(gw.formula(scope["program"], x="n")) == "softmax(x)"


@pytest.mark.parametrize("most", [60, 512, 4096])
def test_what_depends_on_a_size_is_no_formula(most: int) -> None:
    torch = pytest.importorskip("torch")
    for program in (lambda x: jnp.sum(x) if x.shape[0] < most else jnp.max(x),
                    lambda x: torch.sum(x) if x.shape[0] < most else torch.amax(x)):  # fmt: skip
        with pytest.raises(gw.Error, match=r"chooses by a size|another one at other sizes"):
            gw.formula(program, x="n")
