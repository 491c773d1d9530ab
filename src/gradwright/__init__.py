"""Matrix calculus for machine learning: derive, explain and certify gradients, Jacobians and Hessians.

>>> import gradwright as gw
>>> str(gw.derive("norm2(A*x - b)^2", wrt="x").result)
"2*A'*(A*x - b)"

``import gradwright`` is light: what a name needs is imported when the name is first used. Every function of the text
language is also a function here, for formulas built in Python: ``gw.softmax(gw.vector("o", "n"))``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradwright.api import Derivation, derive, equal
    from gradwright.core.errors import Error
    from gradwright.documents import check
    from gradwright.expression import Expression, call, function, matrix, scalar, vector

__version__ = "0.1.0"
__all__ = [
    "Derivation",
    "Error",
    "Expression",
    "call",
    "check",
    "derive",
    "equal",
    "function",
    "matrix",
    "scalar",
    "vector",
]

_HOMES = {"Derivation": "api", "check": "documents", "derive": "api", "equal": "api", "Error": "core.errors"}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in __all__:
        return getattr(import_module(f"gradwright.{_HOMES.get(name, 'expression')}"), name)
    expression = import_module("gradwright.expression")
    if name in expression.function_names():
        return expression.function(name)
    raise AttributeError(f"module 'gradwright' has no attribute {name!r}")


def __dir__() -> list[str]:
    from gradwright.expression import function_names

    return sorted({*__all__, *function_names(), "__version__"})


def load_ipython_extension(shell: Any) -> None:
    """What ``%load_ext gradwright`` does: ``%%gradwright`` checks the mathematics of a cell, ``%derive`` derives."""
    from gradwright.doors.notebook.magics import register

    register(shell)
