"""Emitted modules beside the evaluator: a native module's loops as plain Python, arguments by name, any target."""

from __future__ import annotations

import inspect
import sys
import types
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

import numpy as np

from gradwright.api import Derivation
from gradwright.emit.emitter import load
from tests.emit.shared import compiled, frozen


def in_python(text: str) -> types.ModuleType:
    """A native module with its loops as plain Python, on one thread."""
    numba = sys.modules.get("numba")
    sys.modules["numba"] = None  # type: ignore[assignment]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = load(text, "gradwright_loops")
    finally:
        del sys.modules["numba"]
        sys.modules.update({"numba": numba} if numba is not None else {})
    names = module.__dict__
    names.update(NATIVE=True, get_num_threads=lambda: 1, _larger=max, _smaller=min, _finite=np.nan_to_num)
    names.update({name.removesuffix("_64"): names[name] for name in list(names) if name.endswith("_64")})
    return module


@cache
def _in_python(made: Derivation, target: str, outputs: tuple[str, ...], options: Any) -> Callable[..., Any]:
    module = in_python(made.emit("native", outputs, **dict(options)))
    module.__dict__.update({"_NARROW": 0} if target == "loops" else {})
    function: Callable[..., Any] = module.__dict__["_and_".join(outputs)]
    return function


def computed(
    made: Derivation, target: str, outputs: Sequence[str], known: Mapping[str, Any], **options: Any
) -> list[np.ndarray[Any, Any]]:
    """What a module gives for these arguments (``loops`` and ``tiles`` are native code in plain Python)."""
    if target in ("loops", "tiles"):
        function = _in_python(made, target, tuple(outputs), *frozen(options))
    else:
        function = compiled(made, target, outputs, **options)
    given = {name: known[name] for name in inspect.signature(function).parameters if name != "out"}
    if target == "jax":
        import jax

        with jax.enable_x64(True):
            fixed = {name: value for name, value in given.items() if isinstance(value, int)}
            moving = {name: value for name, value in given.items() if name not in fixed}
            found = jax.jit(partial(function, **fixed))(**moving)  # one compilation, and not one for each operation
            return [np.asarray(array) for array in (found if isinstance(found, tuple) else (found,))]
    if target == "torch":
        import torch

        given = {n: a if isinstance(a, int) else torch.as_tensor(np.asarray(a)) for n, a in given.items()}
    found = function(**given)
    return [np.asarray(array) for array in (found if isinstance(found, tuple) else (found,))]
