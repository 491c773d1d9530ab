"""Every family of formulas, type and target within the bounds that docs/emit.md states, against ball arithmetic."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np
import pytest

from gradwright.api import Derivation
from gradwright.emit.emitter import TARGETS
from tests.emit.oracle import Balls, Oracle, ulps
from tests.emit.shared import derive
from tests.emit.stability import FAMILIES, TYPES, Values, inputs

Function = Any


def _derived(spelling: str, name: str) -> Derivation:
    family = FAMILIES[name]
    return derive(spelling, family.wrt, shapes=family.shapes, given=family.given)


_LOADED: dict[str, Function] = {}


@cache
def _function(made: Derivation, target: str, labels: tuple[str, ...] = ()) -> Function:
    """The emitted function; spellings that come to the same code are compiled once."""
    text = made.emit(target, labels=labels)
    key = target + re.sub(r'\A(""".*?"""|/\*.*?\*/)', "", text, flags=re.DOTALL)
    if key not in _LOADED:
        _LOADED[key] = made.compile(target, labels=labels)
    return _LOADED[key]


@cache
def _expected(name: str, type_: str) -> list[tuple[Values, Balls, Balls]]:
    """The arguments, and value and gradient in balls, once for all targets and spellings."""
    oracle = Oracle(_derived(FAMILIES[name].spellings[0], name))
    return [(values, *oracle(values)) for values in inputs(FAMILIES[name], type_)]


def _called(function: Function, target: str, values: Values, type_: str) -> list[np.ndarray]:
    given: dict[str, Any] = dict(values)
    if target == "torch":
        import torch

        kind = getattr(torch, type_)
        given = {
            k: torch.tensor(np.asarray(v, float)).to(kind) if v.dtype.kind != "i" else torch.tensor(v)
            for k, v in values.items()
        }
    found = function(**given)
    answers = [x.to(torch.float64).numpy() if target == "torch" else np.asarray(x) for x in found]
    if target != "torch":
        assert all(a.dtype == TYPES[type_] for a in answers), f"answers in {answers[0].dtype}"
    else:
        assert all(x.dtype == kind for x in found)
    return [a.astype(float) for a in answers]


def _worst(name: str, spelling: str, target: str, type_: str, labels: tuple[str, ...] = ()) -> tuple[float, float]:
    """The largest errors of the value and of the gradient, in ulp."""
    family, dtype = FAMILIES[name], TYPES[type_]
    function = _function(_derived(spelling, name), target, labels)
    worst = [0.0, 0.0]
    for values, exact, slopes in _expected(name, type_):
        given = {k: np.int64(np.argmax(v)) if k in labels else v for k, v in values.items()}
        value, gradient = _called(function, target, given, type_)
        largest = max(abs(float(b)) for b in slopes)
        scales = [largest if s < 0 else s for s in family.scale]
        for k, (found, balls) in enumerate(((value, exact), (gradient, slopes))):
            worst[k] = max(worst[k], ulps(found, balls, dtype, scales[k]))
    return worst[0], worst[1]


@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", FAMILIES)
def test_within_the_stated_bound(name: str, target: str) -> None:
    family = FAMILIES[name]
    if target == "jax":
        import jax

        jax.config.update("jax_enable_x64", True)
    for type_ in TYPES:
        for spelling in family.spellings[: 1 if target == "native" else None]:  # compiling takes its time
            value, gradient = _worst(name, spelling, target, type_)
            assert value <= family.value, f"value of {spelling} in {type_}: {value} ulp"
            assert gradient <= family.gradient, f"gradient of {spelling} in {type_}: {gradient} ulp"


@pytest.mark.parametrize("target", ["numpy", "torch", "native"])
def test_norms_of_denormals(target: str) -> None:
    """The value is right to the last denormal place, and the gradient has the digits that such a norm has."""
    function = _function(_derived("norm2(x)", "norm"), target)
    for type_, scale in (("float32", 1e-41), ("float64", 1e-310)):
        x = np.array([3.0, -4.0, 0.0], dtype=np.float64) * scale
        value, gradient = _called(function, target, {"x": x.astype(TYPES[type_])}, type_)
        assert abs(value - 5 * scale) <= 2 * float(np.finfo(TYPES[type_]).smallest_subnormal)
        np.testing.assert_allclose(gradient, [0.6, -0.8, 0.0], rtol=1e-3)


@pytest.mark.parametrize("target", TARGETS)
def test_infinite_entries_have_an_infinite_norm(target: str) -> None:
    function = _function(_derived("norm2(x)", "norm"), target)
    value, _ = _called(function, target, {"x": np.array([1.0, -np.inf])}, "float64")
    assert value == np.inf


@pytest.mark.parametrize("target", TARGETS)
def test_a_class_ruled_out_has_no_gradient(target: str) -> None:
    """−inf logits: exactly 0, or −y, however the labels are given."""
    logits = np.array([1.0, -np.inf, 2.0, 0.5])
    made = _derived("-sum(y.*log(softmax(x)))", "cross entropy")
    for labels, y in (((), np.array([0.0, 0.0, 1.0, 0.0])), (("y",), np.int64(2))):
        value, gradient = _called(_function(made, target, labels), target, {"x": logits, "y": np.asarray(y)}, "float64")
        assert np.isfinite(value)
        assert gradient[1] == 0
        assert np.isfinite(gradient).all()
    entropy = _derived("p = softmax(x); -sum(p.*log(p))", "entropy of a softmax")
    value, gradient = _called(_function(entropy, target), target, {"x": logits}, "float64")
    assert np.isfinite(value)
    assert gradient[1] == 0


def test_norms_under_transformations() -> None:
    """vmap and whole-graph compilation have no branch to take, and are right at both ends."""
    import jax
    import torch

    jax.config.update("jax_enable_x64", True)
    made = _derived("norm2(x)", "norm")
    x = np.array([[3e200, 4e200], [3e-200, 4e-200], [3.0, 4.0]])
    right = np.array([5e200, 5e-200, 5.0])
    value, gradient = jax.jit(jax.vmap(lambda row: _function(made, "jax")(x=row)))(x)
    np.testing.assert_allclose(value, right, rtol=1e-15)
    np.testing.assert_allclose(gradient, np.array([0.6, 0.8]) * np.ones((3, 1)), rtol=1e-15)
    np.testing.assert_allclose(jax.jacfwd(lambda row: _function(made, "jax")(x=row)[0])(x[0]), [0.6, 0.8], rtol=1e-15)
    function = _function(made, "torch")
    for found in (
        torch.vmap(lambda row: function(x=row))(torch.tensor(x)),
        [
            torch.stack(p)
            for p in zip(
                *(torch.compile(function, fullgraph=True, backend="aot_eager")(x=r) for r in torch.tensor(x)),
                strict=True,
            )
        ],
    ):
        np.testing.assert_allclose(found[0], right, rtol=1e-15)
        np.testing.assert_allclose(found[1], np.array([0.6, 0.8]) * np.ones((3, 1)), rtol=1e-15)


@pytest.mark.parametrize("target", TARGETS)
def test_half_precision_is_summed_in_single(target: str) -> None:
    """A sum of many halves keeps the digits that a sum in half precision loses: rounded once, at the end."""
    for type_ in ("float16", "bfloat16"):
        x = (np.random.default_rng(0).normal(size=4096) * 0.25).astype(TYPES[type_])
        value, gradient = _called(
            _function(_derived("log(sum(exp(x)))", "log-sum-exp"), target), target, {"x": x}, type_
        )
        exact = np.exp(x.astype(float))
        assert value == float(np.asarray(np.log(exact.sum())).astype(TYPES[type_]))
        expected = (exact / exact.sum()).astype(TYPES[type_]).astype(float)
        assert np.max(np.abs(gradient - expected) / np.spacing(expected.astype(np.float32))) <= 2.0**14
