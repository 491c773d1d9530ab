"""The scalar functions, one row each. Owns: everything known about a function of scalars. Never: applies a rule.

Adding a function is adding a row: the reader knows its name, the rules its derivative, the writers its spelling, the
evaluators its value, and the tests sample it under its own domain.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import factorial
from typing import Any

from gradwright.core.build import HALF, MINUS_ONE, ONE, ZERO, add, apply, const, divide, mul, negate, power, subtract
from gradwright.core.node import Node

TWO = const(2)
Interval = tuple[float, float]
_REAL: Interval = (-2.0, 2.0)
_POSITIVE: Interval = (0.25, 2.5)


@dataclass(frozen=True)
class Function:
    """A row.

    ``partials``  the derivative in each argument, as nodes of the arguments (None: it has none, and asking is an error)
    ``ball``      its value on python-flint's ``arb`` or ``arb_series`` (real enclosures), independent of ``partials``
    ``numpy``     its spelling on NumPy arrays: an expression in ``np``, ``special`` (SciPy) and ``a`` (and ``b``)
    ``domain``    an interval per argument on which it is defined and smooth, from which tests sample
    ``almost``    where it has no derivative, in words; such a derivative holds almost everywhere
    ``joint``     the partial derivatives where more than one argument moves, if they then are others: arguments that
                  move together may be equal on a whole region, where theirs must still add up to the derivative
    """

    name: str
    partials: Callable[..., tuple[Node, ...]] | None
    ball: Callable[..., Any]
    numpy: str
    source: str
    latex: str = ""
    domain: tuple[Interval, ...] = (_REAL,)
    almost: str = ""
    aliases: tuple[str, ...] = ()
    joint: Callable[..., tuple[Node, ...]] | None = None

    @property
    def arity(self) -> int:
        return len(self.domain)


def _sign_of(x: Any) -> int:
    """The sign of a ball or of a series' value; a ball that holds 0 has none."""
    value = x[0] if hasattr(x, "coeffs") else x
    if value > 0:
        return 1
    if value < 0:
        return -1
    if value is x and value == 0:  # exactly 0, and not about to be differentiated
        return 0
    raise ArithmeticError("the sign of a ball that contains 0")


def _exp(x: Node) -> Node:
    return apply("exp", x)


def _either(gap: Node) -> tuple[Node, ...]:
    """1 for the first of two where the gap is positive, else 1 for the second."""
    first = apply("step", gap)
    return first, subtract(ONE, first)


_TWO_OVER_ROOT_PI = mul(TWO, power(apply("pi"), const(Fraction(-1, 2))))
_ROOT_HALF = power(TWO, const(Fraction(-1, 2)))


def _erf_slope(x: Node) -> Node:
    return mul(_TWO_OVER_ROOT_PI, _exp(negate(power(x, TWO))))


def _mills(x: Node) -> Node:
    """φ/Φ = √(2/π)/erfcx(−x/√2), which never divides one small number by another."""
    return divide(mul(_ROOT_HALF, _TWO_OVER_ROOT_PI), apply("erfcx", negate(mul(x, _ROOT_HALF))))


_ROWS = (
    Function("exp", lambda x: (_exp(x),), lambda x: x.exp(), "np.exp(a)", "DLMF 4.7.3", r"\exp"),
    Function("log", lambda x: (power(x, MINUS_ONE),), lambda x: x.log(), "np.log(a)", "DLMF 4.7.1", r"\log",
             (_POSITIVE,), aliases=("ln",)),
    Function("log1p", lambda x: (divide(ONE, add(ONE, x)),), lambda x: (1 + x).log(), "np.log1p(a)", "DLMF 4.7.1",
             domain=((-0.5, 2.0),)),
    Function("expm1", lambda x: (_exp(x),), lambda x: x.exp() - 1, "np.expm1(a)", "DLMF 4.7.3"),
    Function("sin", lambda x: (apply("cos", x),), lambda x: x.sin(), "np.sin(a)", "DLMF 4.20.1", r"\sin"),
    Function("cos", lambda x: (negate(apply("sin", x)),), lambda x: x.cos(), "np.cos(a)", "DLMF 4.20.2", r"\cos"),
    Function("tan", lambda x: (add(ONE, power(apply("tan", x), TWO)),), lambda x: x.tan(), "np.tan(a)",
             "DLMF 4.20.3 with sec² = 1 + tan²", r"\tan", ((-1.2, 1.2),)),
    Function("arcsin", lambda x: (power(subtract(ONE, power(x, TWO)), const(Fraction(-1, 2))),), lambda x: x.asin(),
             "np.arcsin(a)", "DLMF 4.24.7", r"\arcsin", ((-0.9, 0.9),), aliases=("asin",)),
    Function("arccos", lambda x: (negate(power(subtract(ONE, power(x, TWO)), const(Fraction(-1, 2)))),),
             lambda x: x.acos(), "np.arccos(a)", "DLMF 4.24.8", r"\arccos", ((-0.9, 0.9),), aliases=("acos",)),
    Function("arctan", lambda x: (divide(ONE, add(ONE, power(x, TWO))),), lambda x: x.atan(), "np.arctan(a)",
             "DLMF 4.24.9", r"\arctan", aliases=("atan",)),
    Function("sinh", lambda x: (apply("cosh", x),), lambda x: (x.exp() - (-x).exp()) / 2, "np.sinh(a)",
             "DLMF 4.34.1", r"\sinh"),
    Function("cosh", lambda x: (apply("sinh", x),), lambda x: (x.exp() + (-x).exp()) / 2, "np.cosh(a)",
             "DLMF 4.34.2", r"\cosh"),
    Function("tanh", lambda x: (subtract(ONE, power(apply("tanh", x), TWO)),), lambda x: 1 - 2 / ((2 * x).exp() + 1),
             "np.tanh(a)", "DLMF 4.34.3 with sech² = 1 − tanh²", r"\tanh"),
    Function("sigmoid", lambda x: (mul(apply("sigmoid", x), subtract(ONE, apply("sigmoid", x))),),
             lambda x: 1 / (1 + (-x).exp()), "special.expit(a)", "σ = 1/(1 + e^−x)", r"\sigma",
             aliases=("σ", "logistic", "expit")),
    Function("softplus", lambda x: (apply("sigmoid", x),), lambda x: (1 + x.exp()).log(), "np.logaddexp(a, 0)",
             "log(1 + e^x)"),
    Function("erf", lambda x: (_erf_slope(x),), lambda x: x.erf(), "special.erf(a)", "DLMF 7.2.1"),
    Function("erfc", lambda x: (negate(_erf_slope(x)),), lambda x: x.erfc(), "special.erfc(a)", "DLMF 7.2.2"),
    Function("erfcx", lambda x: (subtract(mul(TWO, x, apply("erfcx", x)), _TWO_OVER_ROOT_PI),),
             lambda x: (x * x).exp() * x.erfc(), "special.erfcx(a)", "e^(x²) erfc x, with DLMF 7.2.2"),
    Function("logerfc", lambda x: (negate(divide(_TWO_OVER_ROOT_PI, apply("erfcx", x))),), lambda x: x.erfc().log(),
             "np.where(a < 0.5, np.log1p(-special.erf(a)), np.log(special.erfcx(np.maximum(a, 0.5))) - a**2)",
             "log of DLMF 7.2.2"),
    Function("lognormcdf", lambda x: (_mills(x),), lambda x: (_over_root_two(-x).erfc() / 2).log(),
             "special.log_ndtr(a)", "log Φ, Φ(x) = erfc(−x/√2)/2 (DLMF 7.17)", aliases=("log_ndtr",)),
    Function("lgamma", lambda x: (apply("digamma", x),), lambda x: x.lgamma(), "special.gammaln(a)", "DLMF 5.2.2",
             r"\log\Gamma", (_POSITIVE,)),
    Function("digamma", lambda x: (apply("trigamma", x),), lambda x: _polygamma(0, x), "special.digamma(a)",
             "DLMF 5.2.2", r"\psi", (_POSITIVE,)),
    Function("trigamma", None, lambda x: _polygamma(1, x), "special.polygamma(1, a)", "DLMF 5.15.1", r"\psi_1",
             (_POSITIVE,)),
    Function("abs", lambda x: (apply("sign", x),), lambda x: x * _sign_of(x), "np.abs(a)", "|x|′ = sign x, x ≠ 0",
             almost="at 0"),
    Function("sign", lambda x: (ZERO,), lambda x: x * 0 + _sign_of(x), "np.sign(a)", "constant off 0",
             almost="at 0"),
    Function("relu", lambda x: (apply("step", x),), lambda x: x if _sign_of(x) > 0 else x * 0, "np.maximum(a, 0)",
             "max(x, 0)", almost="at 0"),
    Function("step", lambda x: (ZERO,), lambda x: x * 0 + int(_sign_of(x) > 0), "np.where(a > 0, 1.0, 0.0)",
             "1 where x > 0", almost="at 0"),
    Function("max", lambda x, y: (apply("step", subtract(x, y)), apply("step", subtract(y, x))),
             lambda x, y: x if _sign_of(x - y) > 0 else y, "np.maximum(a, b)", "the larger argument",
             r"\max", (_REAL, _REAL), "where the arguments are equal", joint=lambda x, y: _either(subtract(x, y))),
    Function("min", lambda x, y: (apply("step", subtract(y, x)), apply("step", subtract(x, y))),
             lambda x, y: x if _sign_of(y - x) > 0 else y, "np.minimum(a, b)", "the smaller argument",
             r"\min", (_REAL, _REAL), "where the arguments are equal", joint=lambda x, y: _either(subtract(y, x))),
    Function("pi", lambda: (), lambda: _pi(), "np.pi", "DLMF 3.12.1", r"\pi", ()),
)  # fmt: skip


def _pi() -> Any:
    from flint import arb

    return arb.pi()


def _polygamma(order: int, x: Any) -> Any:
    """The derivatives of log Γ after the first; of a series, by their own Taylor series at its value."""
    from flint import acb, arb_series, ctx

    if not hasattr(x, "coeffs"):
        return x.digamma() if order == 0 else acb(x).polygamma(order).real
    coefficients = [_polygamma(order + k, x[0]) / factorial(k) for k in range(ctx.cap)]
    moved = arb_series([0, *x.coeffs()[1:]])
    return arb_series(coefficients)(moved) if len(moved) else arb_series(coefficients[:1])


def _over_root_two(x: Any) -> Any:
    from flint import arb

    return x / arb(2).sqrt()


FUNCTIONS: dict[str, Function] = {row.name: row for row in _ROWS}
NAMES: dict[str, str] = {name: row.name for row in _ROWS for name in (row.name, *row.aliases)}
"""Every spelling the reader knows, with the row it means."""

ABBREVIATIONS: dict[str, Callable[[Node], Node]] = {
    "sqrt": lambda x: power(x, HALF),
    "square": lambda x: power(x, TWO),
    "silu": lambda x: mul(x, apply("sigmoid", x)),
    "gelu": lambda x: mul(HALF, x, add(ONE, apply("erf", mul(x, _ROOT_HALF)))),
    "normcdf": lambda x: mul(HALF, apply("erfc", negate(mul(x, _ROOT_HALF)))),
    "logsigmoid": lambda x: negate(apply("softplus", negate(x))),
}
"""Elementwise spellings of what other functions say: read as that (GELU: arXiv:1606.08415)."""
