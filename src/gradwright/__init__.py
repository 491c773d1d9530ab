"""Matrix calculus for machine learning: derive, explain and certify gradients, Jacobians and Hessians.

>>> import gradwright as gw
>>> str(gw.derive("norm2(A*x - b)^2", wrt="x").result)
"2*A'*(A*x - b)"

``import gradwright`` is light: what a name needs is imported when the name is first used. Every function of the text
language is also a function here, for formulas built in Python: ``gw.softmax(gw.vector("o", "n"))``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from gradwright.api import Derivation, derive, equal
    from gradwright.core.errors import Error
    from gradwright.documents import check
    from gradwright.expression import Expression, call, matrix, scalar, vector
    from gradwright.functions import D2 as D2
    from gradwright.functions import D as D
    from gradwright.functions import abs as abs
    from gradwright.functions import acos as acos
    from gradwright.functions import adj as adj
    from gradwright.functions import arccos as arccos
    from gradwright.functions import arcsin as arcsin
    from gradwright.functions import arctan as arctan
    from gradwright.functions import asin as asin
    from gradwright.functions import atan as atan
    from gradwright.functions import chol as chol
    from gradwright.functions import colsum as colsum
    from gradwright.functions import cos as cos
    from gradwright.functions import cosh as cosh
    from gradwright.functions import cosm as cosm
    from gradwright.functions import det as det
    from gradwright.functions import diag as diag
    from gradwright.functions import digamma as digamma
    from gradwright.functions import einsum as einsum
    from gradwright.functions import erf as erf
    from gradwright.functions import erfc as erfc
    from gradwright.functions import erfcx as erfcx
    from gradwright.functions import exp as exp
    from gradwright.functions import expit as expit
    from gradwright.functions import expm as expm
    from gradwright.functions import expm1 as expm1
    from gradwright.functions import eye as eye
    from gradwright.functions import gelu as gelu
    from gradwright.functions import inv as inv
    from gradwright.functions import kron as kron
    from gradwright.functions import levicivita as levicivita
    from gradwright.functions import lgamma as lgamma
    from gradwright.functions import ln as ln
    from gradwright.functions import log as log
    from gradwright.functions import log1p as log1p
    from gradwright.functions import log_ndtr as log_ndtr
    from gradwright.functions import logdet as logdet
    from gradwright.functions import logerfc as logerfc
    from gradwright.functions import logistic as logistic
    from gradwright.functions import lognormcdf as lognormcdf
    from gradwright.functions import logsigmoid as logsigmoid
    from gradwright.functions import logsumexp as logsumexp
    from gradwright.functions import logsumexp_rows as logsumexp_rows
    from gradwright.functions import max as max
    from gradwright.functions import mean as mean
    from gradwright.functions import min as min
    from gradwright.functions import norm as norm
    from gradwright.functions import norm1 as norm1
    from gradwright.functions import norm2 as norm2
    from gradwright.functions import normcdf as normcdf
    from gradwright.functions import ones as ones
    from gradwright.functions import pinv as pinv
    from gradwright.functions import relu as relu
    from gradwright.functions import rowsum as rowsum
    from gradwright.functions import sigmoid as sigmoid
    from gradwright.functions import sign as sign
    from gradwright.functions import silu as silu
    from gradwright.functions import sin as sin
    from gradwright.functions import sinh as sinh
    from gradwright.functions import sinm as sinm
    from gradwright.functions import softmax as softmax
    from gradwright.functions import softmax_rows as softmax_rows
    from gradwright.functions import softplus as softplus
    from gradwright.functions import softsign as softsign
    from gradwright.functions import solve as solve
    from gradwright.functions import sqrt as sqrt
    from gradwright.functions import square as square
    from gradwright.functions import step as step
    from gradwright.functions import sum as sum
    from gradwright.functions import tan as tan
    from gradwright.functions import tanh as tanh
    from gradwright.functions import toepsum as toepsum
    from gradwright.functions import tr as tr
    from gradwright.functions import trigamma as trigamma
    from gradwright.functions import tril as tril
    from gradwright.functions import triu as triu
    from gradwright.functions import var as var
    from gradwright.functions import vec as vec
    from gradwright.functions import where as where
    from gradwright.functions import zeros as zeros
    from gradwright.functions import σ as σ

__version__ = "0.1.0"
__all__ = [
    "Derivation",
    "Error",
    "Expression",
    "call",
    "check",
    "derive",
    "equal",
    "matrix",
    "scalar",
    "vector",
]

_HOMES = {"Derivation": "api", "check": "documents", "derive": "api", "equal": "api", "Error": "core.errors"}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in __all__:
        return getattr(import_module(f"gradwright.{_HOMES.get(name, 'expression')}"), name)
    functions = import_module("gradwright.functions")
    if not name.startswith("_") and name in import_module("gradwright.show.glossary").FUNCTIONS:
        return getattr(functions, name)
    raise AttributeError(f"module 'gradwright' has no attribute {name!r}")


def __dir__() -> list[str]:
    from gradwright.expression import function_names

    return sorted({*__all__, *function_names(), "__version__"})


def load_ipython_extension(shell: InteractiveShell) -> None:
    """What ``%load_ext gradwright`` does: ``%%gradwright`` checks the mathematics of a cell, ``%derive`` derives."""
    from gradwright.doors.notebook.magics import register

    register(shell)
