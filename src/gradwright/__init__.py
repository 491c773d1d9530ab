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
    from gradwright.functions import abs2 as abs2
    from gradwright.functions import acos as acos
    from gradwright.functions import acosd as acosd
    from gradwright.functions import acosh as acosh
    from gradwright.functions import acot as acot
    from gradwright.functions import acoth as acoth
    from gradwright.functions import acsc as acsc
    from gradwright.functions import acsch as acsch
    from gradwright.functions import adj as adj
    from gradwright.functions import arccos as arccos
    from gradwright.functions import arccosh as arccosh
    from gradwright.functions import arccot as arccot
    from gradwright.functions import arccoth as arccoth
    from gradwright.functions import arccsc as arccsc
    from gradwright.functions import arccsch as arccsch
    from gradwright.functions import arcsec as arcsec
    from gradwright.functions import arcsech as arcsech
    from gradwright.functions import arcsin as arcsin
    from gradwright.functions import arcsinh as arcsinh
    from gradwright.functions import arctan as arctan
    from gradwright.functions import arctan2 as arctan2
    from gradwright.functions import arctanh as arctanh
    from gradwright.functions import asec as asec
    from gradwright.functions import asech as asech
    from gradwright.functions import asin as asin
    from gradwright.functions import asind as asind
    from gradwright.functions import asinh as asinh
    from gradwright.functions import atan as atan
    from gradwright.functions import atan2 as atan2
    from gradwright.functions import atand as atand
    from gradwright.functions import atanh as atanh
    from gradwright.functions import beta as beta
    from gradwright.functions import betaln as betaln
    from gradwright.functions import cbrt as cbrt
    from gradwright.functions import chol as chol
    from gradwright.functions import cofac as cofac
    from gradwright.functions import colsum as colsum
    from gradwright.functions import cos as cos
    from gradwright.functions import cosd as cosd
    from gradwright.functions import cosh as cosh
    from gradwright.functions import cosm as cosm
    from gradwright.functions import cospi as cospi
    from gradwright.functions import cot as cot
    from gradwright.functions import coth as coth
    from gradwright.functions import cross as cross
    from gradwright.functions import csc as csc
    from gradwright.functions import csch as csch
    from gradwright.functions import cumsum as cumsum
    from gradwright.functions import dawson as dawson
    from gradwright.functions import deg2rad as deg2rad
    from gradwright.functions import degrees as degrees
    from gradwright.functions import det as det
    from gradwright.functions import dev as dev
    from gradwright.functions import diag as diag
    from gradwright.functions import diagonal as diagonal
    from gradwright.functions import digamma as digamma
    from gradwright.functions import einsum as einsum
    from gradwright.functions import elu as elu
    from gradwright.functions import entr as entr
    from gradwright.functions import erf as erf
    from gradwright.functions import erfc as erfc
    from gradwright.functions import erfcinv as erfcinv
    from gradwright.functions import erfcx as erfcx
    from gradwright.functions import erfi as erfi
    from gradwright.functions import erfinv as erfinv
    from gradwright.functions import exp as exp
    from gradwright.functions import exp2 as exp2
    from gradwright.functions import exp10 as exp10
    from gradwright.functions import expit as expit
    from gradwright.functions import expm as expm
    from gradwright.functions import expm1 as expm1
    from gradwright.functions import eye as eye
    from gradwright.functions import floor as floor
    from gradwright.functions import gamma as gamma
    from gradwright.functions import gammaln as gammaln
    from gradwright.functions import gelu as gelu
    from gradwright.functions import heaviside as heaviside
    from gradwright.functions import hypot as hypot
    from gradwright.functions import inv as inv
    from gradwright.functions import kron as kron
    from gradwright.functions import lbeta as lbeta
    from gradwright.functions import ldexp as ldexp
    from gradwright.functions import levicivita as levicivita
    from gradwright.functions import lgamma as lgamma
    from gradwright.functions import ln as ln
    from gradwright.functions import log as log
    from gradwright.functions import log1mexp as log1mexp
    from gradwright.functions import log1p as log1p
    from gradwright.functions import log1pexp as log1pexp
    from gradwright.functions import log1pmx as log1pmx
    from gradwright.functions import log1psq as log1psq
    from gradwright.functions import log2 as log2
    from gradwright.functions import log2mexp as log2mexp
    from gradwright.functions import log10 as log10
    from gradwright.functions import log_ndtr as log_ndtr
    from gradwright.functions import log_softmax as log_softmax
    from gradwright.functions import logabsdet as logabsdet
    from gradwright.functions import logaddexp as logaddexp
    from gradwright.functions import logbeta as logbeta
    from gradwright.functions import logcosh as logcosh
    from gradwright.functions import logdet as logdet
    from gradwright.functions import logerfc as logerfc
    from gradwright.functions import logerfcx as logerfcx
    from gradwright.functions import logexpm1 as logexpm1
    from gradwright.functions import loggamma as loggamma
    from gradwright.functions import logistic as logistic
    from gradwright.functions import logit as logit
    from gradwright.functions import logmxp1 as logmxp1
    from gradwright.functions import lognormcdf as lognormcdf
    from gradwright.functions import logsigmoid as logsigmoid
    from gradwright.functions import logsubexp as logsubexp
    from gradwright.functions import logsumexp as logsumexp
    from gradwright.functions import logsumexp_rows as logsumexp_rows
    from gradwright.functions import max as max
    from gradwright.functions import maximum as maximum
    from gradwright.functions import mean as mean
    from gradwright.functions import min as min
    from gradwright.functions import minimum as minimum
    from gradwright.functions import mish as mish
    from gradwright.functions import mod as mod
    from gradwright.functions import ndtr as ndtr
    from gradwright.functions import norm as norm
    from gradwright.functions import norm1 as norm1
    from gradwright.functions import norm2 as norm2
    from gradwright.functions import normcdf as normcdf
    from gradwright.functions import normInf as normInf
    from gradwright.functions import ones as ones
    from gradwright.functions import perp as perp
    from gradwright.functions import pinv as pinv
    from gradwright.functions import pow as pow
    from gradwright.functions import power as power
    from gradwright.functions import prod as prod
    from gradwright.functions import psi as psi
    from gradwright.functions import rad2deg as rad2deg
    from gradwright.functions import radians as radians
    from gradwright.functions import reciprocal as reciprocal
    from gradwright.functions import relu as relu
    from gradwright.functions import rem as rem
    from gradwright.functions import rowsum as rowsum
    from gradwright.functions import rsqrt as rsqrt
    from gradwright.functions import sec as sec
    from gradwright.functions import sech as sech
    from gradwright.functions import sgn as sgn
    from gradwright.functions import sigmoid as sigmoid
    from gradwright.functions import sign as sign
    from gradwright.functions import silu as silu
    from gradwright.functions import sin as sin
    from gradwright.functions import sinc as sinc
    from gradwright.functions import sind as sind
    from gradwright.functions import sinh as sinh
    from gradwright.functions import sinm as sinm
    from gradwright.functions import sinpi as sinpi
    from gradwright.functions import skew as skew
    from gradwright.functions import softmax as softmax
    from gradwright.functions import softmax_rows as softmax_rows
    from gradwright.functions import softplus as softplus
    from gradwright.functions import softsign as softsign
    from gradwright.functions import solve as solve
    from gradwright.functions import sphj1 as sphj1
    from gradwright.functions import sqrt as sqrt
    from gradwright.functions import square as square
    from gradwright.functions import std as std
    from gradwright.functions import step as step
    from gradwright.functions import sum as sum
    from gradwright.functions import swish as swish
    from gradwright.functions import sym as sym
    from gradwright.functions import tan as tan
    from gradwright.functions import tand as tand
    from gradwright.functions import tanh as tanh
    from gradwright.functions import toepsum as toepsum
    from gradwright.functions import tr as tr
    from gradwright.functions import trigamma as trigamma
    from gradwright.functions import tril as tril
    from gradwright.functions import triu as triu
    from gradwright.functions import var as var
    from gradwright.functions import vec as vec
    from gradwright.functions import where as where
    from gradwright.functions import xlog1py as xlog1py
    from gradwright.functions import xlogx as xlogx
    from gradwright.functions import xlogy as xlogy
    from gradwright.functions import zeros as zeros
    from gradwright.functions import σ as σ
    from gradwright.programs import formula, verify

__version__ = "0.2.0"
__all__ = [
    "Derivation",
    "Error",
    "Expression",
    "call",
    "check",
    "derive",
    "equal",
    "formula",
    "matrix",
    "scalar",
    "vector",
    "verify",
]

_HOMES = {"Derivation": "api", "check": "documents", "derive": "api", "equal": "api", "Error": "core.errors",
          "formula": "programs", "verify": "programs"}  # fmt: skip


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in __all__:
        return getattr(import_module(f"gradwright.{_HOMES.get(name, 'expression')}"), name)
    expression = import_module("gradwright.expression")
    if not name.startswith("_") and name in expression.function_names():
        return getattr(import_module("gradwright.functions"), name, None) or expression.function(name)
    raise AttributeError(f"module 'gradwright' has no attribute {name!r}")


def __dir__() -> list[str]:
    from gradwright.expression import function_names

    return sorted({*__all__, *function_names(), "__version__"})


def load_ipython_extension(shell: InteractiveShell) -> None:
    """What ``%load_ext gradwright`` does: ``%%gradwright`` checks the mathematics of a cell, ``%derive`` derives."""
    from gradwright.doors.notebook.magics import register

    register(shell)
