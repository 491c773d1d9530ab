"""Derivations and functions that several tests emit, once for all of them; certificates are the matter of others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import gradwright as gw
from gradwright.api import Derivation

Shapes = Mapping[str, Any]


def derive(formula: str, wrt: str | Sequence[str] = "", shapes: Shapes | None = None, **options: Any) -> Derivation:
    """The derivation, without its certificate."""
    return _derived(formula, *frozen(wrt, shapes or {}, options))


@cache
def _derived(formula: str, wrt: Any, shapes: Any, options: Any) -> Derivation:
    named = {name: list(value) if isinstance(value, tuple) else value for name, value in options}
    wrt = list(wrt) if isinstance(wrt, tuple) else wrt
    return gw.derive(formula, wrt, shapes=dict(shapes) or None, certify=False, **named)


def compiled(made: Derivation, target: str, outputs: Sequence[str] = (), **options: Any) -> Callable[..., Any]:
    """What ``compile`` gives: a function of ours, which no test changes."""
    return _function(made, target, tuple(outputs) or ("value", "gradient"), *frozen(options))


@cache
def _function(made: Derivation, target: str, outputs: tuple[str, ...], options: Any) -> Callable[..., Any]:
    return made.compile(target, outputs, **dict(options))


def traced(made: Derivation, target: str, outputs: Sequence[str] = (), **options: Any) -> Callable[..., Any]:
    """The same; JAX's under ``jit``, for one compilation is less work than one for each operation."""
    function = compiled(made, target, outputs, **options)
    return _jitted(function) if target == "jax" else function


@cache
def _jitted(function: Callable[..., Any]) -> Callable[..., Any]:
    import jax

    jitted: Callable[..., Any] = jax.jit(function)
    return jitted


def frozen(*parts: Any) -> tuple[Any, ...]:
    """The same in tuples."""

    def tuples(part: Any) -> Any:
        if isinstance(part, Mapping):
            return tuple((name, tuples(value)) for name, value in part.items())
        return tuple(map(tuples, part)) if isinstance(part, list | tuple) else part

    return tuple(map(tuples, parts))
