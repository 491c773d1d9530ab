"""Every module that can be emitted loads, and no name in it is read before it is bound (``emit`` itself checks that):
random formulas × options × targets. ``GRADWRIGHT_MODULES=2000`` tries so many."""

from __future__ import annotations

import contextlib
import inspect
import os
import re
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradwright.api import Derivation
from gradwright.core.errors import Error
from gradwright.emit.emitter import TARGETS, load
from tests.emit.loops.test_sweeps import SHAPES, SIZES, scalars
from tests.emit.plain import in_python
from tests.emit.shared import derive
from tests.strategies import FORMULA_SHAPES, formulas

EXAMPLES = int(os.environ.get("GRADWRIGHT_MODULES", "30"))
OUTPUTS = ("value", "gradient", "hessian", "hvp", "pullback")
EVERY = {**FORMULA_SHAPES, **SHAPES, "c": ("k",), "Z": ("n", "k")}
EXTENTS = {**SIZES, "m": 2, "N": 2}
LAYERS = (
    "-sum(Y.*log(softmax_rows(X*W+ones(n)*c')))/n", "softmax_rows(X*W)*c", "where(n > 2, X*W, A)", "sum(Z.*log(Z))",
    "det(X'*X-n*eye(d))", "b", "log(exp(b))", "sum(b./b)/n", "A[0,1]*c", "tensor[i,j](tanh(u[i]*A[i,j])*c[j])",
    "-c'*log(softmax(b))", "sum(tril(A*A'))", "logsumexp_rows(X*W)", "norm2(u)*b", "erfcx(u)",
)  # fmt: skip


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """A formula and what is asked of it."""
    formula = draw(st.one_of(formulas(1), scalars, st.sampled_from(LAYERS)))
    names = sorted(name for name in EVERY if re.search(rf"\b{name}\b", formula))
    # a letter that is a symbol of one family of formulas is bound, or defined, in another
    wrt = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True)) if names else ["x"]
    outputs = draw(st.lists(st.sampled_from(OUTPUTS), min_size=1, max_size=3, unique=True))
    onehot = [name for name in ("Y", "c") if name in names and name not in wrt and draw(st.booleans())]
    batched = draw(st.lists(st.sampled_from(names), max_size=2, unique=True)) if names else []
    return {
        "formula": formula, "wrt": wrt, "outputs": outputs, "onehot": onehot,
        "labels": [name for name in onehot if draw(st.booleans())],
        "batch": f"N:{','.join(batched)}" if batched and draw(st.booleans()) else "",
        "target": draw(st.sampled_from(sorted(TARGETS))),
    }  # fmt: skip


def _made(asked: dict[str, Any]) -> Derivation:
    facts = [f"onehot_rows({n})" if len(EVERY[n]) == 2 else f"onehot({n})" for n in asked["onehot"]]
    shapes = {name: EVERY[name] for name in EVERY if re.search(rf"\b{name}\b", asked["formula"])}
    return derive(asked["formula"], asked["wrt"][0], shapes=shapes, given=facts)


def _text(asked: dict[str, Any]) -> str | None:
    """The module, or None where it is refused."""
    try:
        return _made(asked).emit(
            asked["target"], asked["outputs"], labels=asked["labels"], batch=asked["batch"], wrt=asked["wrt"]
        )
    except Error:
        return None


def _arguments(function: Any, asked: dict[str, Any]) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    found: dict[str, Any] = {}
    shapes = inspect.unwrap(function).__globals__["SHAPES"]
    for name in inspect.signature(function).parameters:
        if name == "out":
            continue
        if name not in shapes:
            found[name] = EXTENTS[name]
            continue
        shape = [d if isinstance(d, int) else EXTENTS[d] for d in shapes[name]]
        whole = name in asked["labels"]
        found[name] = rng.integers(0, EXTENTS["k"], shape) if whole else rng.uniform(0.25, 1, shape)
    return found


def _same_as_numpy(asked: dict[str, Any]) -> None:
    """What C gives is what NumPy gives, where NumPy gives anything."""
    module = load(str(_text({**asked, "target": "numpy"})), "gradwright_beside_c").__dict__
    beside = module["_and_".join(asked["outputs"])]
    given = _arguments(beside, asked)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            right = beside(**given)
        except (ValueError, np.linalg.LinAlgError):
            return
        found = _made(asked).compile(
            "c", asked["outputs"], labels=asked["labels"], batch=asked["batch"], wrt=asked["wrt"]
        )(**given)
    pairs = zip(found, right, strict=True) if isinstance(right, tuple) else [(found, right)]
    for here, there in pairs:
        size = np.max(np.abs(there), initial=1, where=np.isfinite(there))
        np.testing.assert_allclose(here, there, rtol=1e-9, atol=1e-11 * size)


@given(requests())
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_module_loads_and_binds_its_names(asked: dict[str, Any]) -> None:
    text = _text(asked)
    if text is None:
        return
    if asked["target"] == "c":
        _same_as_numpy(asked)
        return
    module = in_python(text) if asked["target"] == "native" else load(text, "gradwright_random")
    if asked["target"] in ("numpy", "native"):
        function = module.__dict__["_and_".join(asked["outputs"])]
        with warnings.catch_warnings(), contextlib.suppress(np.linalg.LinAlgError):  # a matrix without an inverse
            warnings.simplefilter("ignore")
            function(**_arguments(function, asked))
