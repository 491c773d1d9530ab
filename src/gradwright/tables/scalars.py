"""The scalar functions, one row each. Owns: everything known about a function of scalars. Never: applies a rule.

Adding a function is adding a row: the readers know its names, the rules its derivative, the writers its sign, the
evaluators its value, the targets its code, and the tests sample it under its own domain. A column is empty where
nothing is known; whoever wants to know a property of a function asks its row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from fractions import Fraction
from math import factorial
from typing import Any

from gradwright.core.build import HALF, MINUS_ONE, ONE, ZERO, add, apply, const, divide, mul, negate, power, subtract
from gradwright.core.node import Node, Number

TWO = const(2)
Interval = tuple[float, float]
_REAL: Interval = (-2.0, 2.0)
_RIGHT: Interval = (0.25, 2.5)

POSITIVE, NONNEGATIVE, NEGATIVE = "positive", "nonnegative", "negative"
"""Signs of an expression, named as the facts are that state them."""


@dataclass(frozen=True)
class Code:
    """How code says the function of ``a`` (and ``b``); empty where the row's NumPy spelling serves, by other modules.

    ``math``      on Python's own numbers
    ``exact``     that it has the digits of such a number, so that none is computed beforehand
    ``numpy``     in emitted NumPy modules, with the helpers they bring
    ``jax``, ``torch``  the same for these
    ``loop``      on one number of a compiled loop; without it NumPy computes the whole array
    ``in_place``  PyTorch has it as a method that writes over its operand, named as the row with _ after it
    ``cheap``     no dearer than an addition: computed again rather than kept
    """

    math: str = ""
    exact: bool = False
    numpy: str = ""
    jax: str = ""
    torch: str = ""
    loop: str = ""
    in_place: bool = False
    cheap: bool = False


@dataclass(frozen=True, kw_only=True)
class _Row:
    """What functions and abbreviations have in common.

    ``latex``    how LaTeX output says it; empty: as an operator of its name
    ``domain``   an interval per argument on which it is defined and smooth, from which tests sample
    ``almost``   where it has no derivative, in words; such a derivative holds almost everywhere
    ``aliases``  further names in the text language and in documents
    ``written``  names that documents and LaTeX formulas alone use
    ``own``      documents give the name meanings of their own too (a step of theirs, an approximate GELU): there it is
                 this function only where it is applied, and not where the document defines it
    """

    latex: str = ""
    domain: tuple[Interval, ...] = (_REAL,)
    almost: str = ""
    aliases: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    own: bool = False

    @property
    def arity(self) -> int:
        return len(self.domain)


@dataclass(frozen=True)
class Function(_Row):
    """A row.

    ``partials``  the derivative in each argument, as nodes of the arguments (None: it has none, and asking is an error)
    ``ball``      its value on python-flint's ``arb`` or ``arb_series`` (real enclosures), independent of ``partials``
    ``numpy``     its spelling on NumPy arrays: an expression in ``np``, ``special`` (SciPy) and ``a`` (and ``b``)
    ``joint``     the partial derivatives where more than one argument moves, if they then are others: arguments that
                  move together may be equal on a whole region, where theirs must still add up to the derivative
    ``unicode``   how a line of text says it (``mathml``: how a page does, where differently); empty: by its name
    ``bare``      written without parentheses before one symbol: log p
    ``odd``       f(−x) = −f(x)
    ``sign``      of its values, wherever it has one
    ``below``     what its values surely stay below in size
    ``at_zero``   its value at 0, where that is a fraction
    ``of_sign``   what it is of an argument of a known sign
    """

    name: str
    partials: Callable[..., tuple[Node, ...]] | None
    ball: Callable[..., Any]
    numpy: str
    source: str
    _: KW_ONLY
    joint: Callable[..., tuple[Node, ...]] | None = None
    unicode: str = ""
    mathml: str = ""
    bare: bool = False
    odd: bool = False
    sign: str = ""
    below: Number | None = None
    at_zero: Number | None = None
    of_sign: tuple[tuple[str, Callable[[Node], Node]], ...] = ()
    code: Code = Code()

    def of(self, *arguments: Node) -> Node:
        """The function of these arguments."""
        return apply(self.name, *arguments)


@dataclass(frozen=True)
class Abbreviation(_Row):
    """A name for what other functions say: read as ``means``."""

    name: str
    means: Callable[..., Node]
    source: str

    def of(self, *arguments: Node) -> Node:
        """What the name means of these arguments."""
        return self.means(*arguments)


Scalar = Function | Abbreviation


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


_MINUS_HALF = const(Fraction(-1, 2))
_PI = apply("pi")
_DEGREE = mul(_PI, const(Fraction(1, 180)))
_TWO_OVER_ROOT_PI = mul(TWO, power(apply("pi"), const(Fraction(-1, 2))))
_ROOT_HALF = power(TWO, const(Fraction(-1, 2)))


def _erf_slope(x: Node) -> Node:
    return mul(_TWO_OVER_ROOT_PI, _exp(negate(power(x, TWO))))


def _mills(x: Node) -> Node:
    """φ/Φ = √(2/π)/erfcx(−x/√2), which never divides one small number by another."""
    return divide(mul(_ROOT_HALF, _TWO_OVER_ROOT_PI), apply("erfcx", negate(mul(x, _ROOT_HALF))))


def _same(x: Node) -> Node:
    return x


def _over(x: Node) -> Node:
    return power(x, MINUS_ONE)


def _log(x: Node) -> Node:
    return apply("log", x)


def _quantile_slope(y: Node) -> Node:
    """1/erf′(y)."""
    return divide(_exp(power(y, TWO)), _TWO_OVER_ROOT_PI)


def _log_beta(x: Node, y: Node) -> Node:
    return subtract(add(apply("lgamma", x), apply("lgamma", y)), apply("lgamma", add(x, y)))


def _angle(x: Node, y: Node) -> Node:
    return _over(add(power(x, TWO), power(y, TWO)))


def _rounded_to_zero(x: Node) -> Node:
    return mul(apply("sign", x), apply("floor", apply("abs", x)))


_ROWS = (
    Function("exp", lambda x: (_exp(x),), lambda x: x.exp(), "np.exp(a)", "DLMF 4.7.3", latex=r"\exp", written=("Exp",),
             sign=POSITIVE, at_zero=1, code=Code(exact=True, loop="_exp(a)", in_place=True)),
    Function("log", lambda x: (power(x, MINUS_ONE),), lambda x: x.log(), "np.log(a)", "DLMF 4.7.1", latex=r"\log",
             domain=(_RIGHT,), aliases=("ln",), written=("Log",), bare=True,
             code=Code(exact=True, loop="_log(a)", in_place=True)),
    Function("log1p", lambda x: (divide(ONE, add(ONE, x)),), lambda x: (1 + x).log(), "np.log1p(a)", "DLMF 4.7.1",
             domain=((-0.5, 2.0),), at_zero=0, code=Code(exact=True, loop="_log1p(a)", in_place=True)),
    Function("expm1", lambda x: (_exp(x),), lambda x: x.exp() - 1, "np.expm1(a)", "DLMF 4.7.3", at_zero=0,
             code=Code(exact=True, jax="_expm1(a)", loop="_expm1(a)", in_place=True)),
    Function("sin", lambda x: (apply("cos", x),), lambda x: x.sin(), "np.sin(a)", "DLMF 4.20.1", latex=r"\sin",
             bare=True, odd=True, at_zero=0, code=Code(exact=True, loop="math.sin(a)", in_place=True)),
    Function("cos", lambda x: (negate(apply("sin", x)),), lambda x: x.cos(), "np.cos(a)", "DLMF 4.20.2", latex=r"\cos",
             bare=True, at_zero=1, code=Code(exact=True, loop="math.cos(a)", in_place=True)),
    Function("tan", lambda x: (add(ONE, power(apply("tan", x), TWO)),), lambda x: x.tan(), "np.tan(a)",
             "DLMF 4.20.3 with sec² = 1 + tan²", latex=r"\tan", domain=((-1.2, 1.2),), bare=True, odd=True, at_zero=0,
             code=Code(exact=True, loop="math.tan(a)")),
    Function("arcsin", lambda x: (power(subtract(ONE, power(x, TWO)), const(Fraction(-1, 2))),), lambda x: x.asin(),
             "np.arcsin(a)", "DLMF 4.24.7", latex=r"\arcsin", domain=((-0.9, 0.9),), aliases=("asin",), odd=True,
             at_zero=0, code=Code(math="math.asin(a)", exact=True, loop="math.asin(a)")),
    Function("arccos", lambda x: (negate(power(subtract(ONE, power(x, TWO)), const(Fraction(-1, 2)))),),
             lambda x: x.acos(), "np.arccos(a)", "DLMF 4.24.8", latex=r"\arccos", domain=((-0.9, 0.9),),
             aliases=("acos",), code=Code(math="math.acos(a)", exact=True, loop="math.acos(a)")),
    Function("arctan", lambda x: (divide(ONE, add(ONE, power(x, TWO))),), lambda x: x.atan(), "np.arctan(a)",
             "DLMF 4.24.9", latex=r"\arctan", aliases=("atan",), odd=True, at_zero=0,
             code=Code(math="math.atan(a)", exact=True, loop="math.atan(a)")),
    Function("sinh", lambda x: (apply("cosh", x),), lambda x: (x.exp() - (-x).exp()) / 2, "np.sinh(a)",
             "DLMF 4.34.1", latex=r"\sinh", odd=True, at_zero=0, code=Code(exact=True, loop="math.sinh(a)")),
    Function("cosh", lambda x: (apply("sinh", x),), lambda x: (x.exp() + (-x).exp()) / 2, "np.cosh(a)",
             "DLMF 4.34.2", latex=r"\cosh", sign=POSITIVE, at_zero=1, code=Code(exact=True, loop="math.cosh(a)")),
    Function("tanh", lambda x: (subtract(ONE, power(apply("tanh", x), TWO)),), lambda x: 1 - 2 / ((2 * x).exp() + 1),
             "np.tanh(a)", "DLMF 4.34.3 with sech² = 1 − tanh²", latex=r"\tanh", odd=True, below=1, at_zero=0,
             code=Code(exact=True, loop="_tanh(a)", in_place=True)),
    Function("sigmoid", lambda x: (mul(apply("sigmoid", x), subtract(ONE, apply("sigmoid", x))),),
             lambda x: 1 / (1 + (-x).exp()), "np.exp(-np.logaddexp(0, -a))", "σ = 1/(1 + e^−x)", latex=r"\sigma",
             aliases=("σ", "logistic", "expit"), written=("Sigmoid",), unicode="σ", sign=POSITIVE, below=1,
             at_zero=Fraction(1, 2),
             code=Code(math="(1 / (1 + math.exp(-(a))))", numpy="_sigmoid(a)", jax="jax.nn.sigmoid(a)",
                       torch="torch.sigmoid(a)", loop="_sigmoid1(a)", in_place=True)),
    Function("softplus", lambda x: (apply("sigmoid", x),), lambda x: (1 + x.exp()).log(), "np.logaddexp(a, 0)",
             "log(1 + e^x)", aliases=("log1pexp",), written=("Softplus",), sign=POSITIVE,
             code=Code(math="math.log1p(math.exp(a))", jax="jax.nn.softplus(a)",
                       torch="torch.nn.functional.softplus(a, threshold=40.0)", loop="_softplus(a)")),
    Function("softsign", lambda x: (power(add(ONE, apply("abs", x)), const(-2)),), lambda x: x / (1 + x * _sign_of(x)),
             "a / (1 + np.abs(a))", "x/(1 + |x|), by the quotient rule (Glorot & Bengio 2010)", written=("Softsign",),
             own=True, odd=True, below=1, at_zero=0,
             code=Code(math="a / (1 + abs(a))", exact=True, loop="a / (one + abs(a))")),
    Function("erf", lambda x: (_erf_slope(x),), lambda x: x.erf(), "special.erf(a)", "DLMF 7.2.1", odd=True, below=1,
             at_zero=0, code=Code(math="math.erf(a)", exact=True, jax="jax.scipy.special.erf(a)", torch="torch.erf(a)",
                                  in_place=True)),
    Function("erfc", lambda x: (negate(_erf_slope(x)),), lambda x: x.erfc(), "special.erfc(a)", "DLMF 7.2.2",
             sign=POSITIVE, below=2, at_zero=1,
             code=Code(math="math.erfc(a)", exact=True, jax="jax.scipy.special.erfc(a)", torch="torch.erfc(a)",
                       in_place=True)),
    Function("erfcx", lambda x: (subtract(mul(TWO, x, apply("erfcx", x)), _TWO_OVER_ROOT_PI),),
             lambda x: (x * x).exp() * x.erfc(), "special.erfcx(a)", "e^(x²) erfc x, with DLMF 7.2.2", sign=POSITIVE,
             at_zero=1, code=Code(math="math.exp((a) ** 2) * math.erfc(a)", torch="torch.special.erfcx(a)")),
    Function("logerfc", lambda x: (negate(divide(_TWO_OVER_ROOT_PI, apply("erfcx", x))),), lambda x: x.erfc().log(),
             "np.where(a < 0.5, np.log1p(-special.erf(a)), np.log(special.erfcx(np.maximum(a, 0.5))) - a**2)",
             "log of DLMF 7.2.2", at_zero=0, code=Code(math="math.log(math.erfc(a))", torch="_logerfc(a)")),
    Function("lognormcdf", lambda x: (_mills(x),), lambda x: (_over_root_two(-x).erfc() / 2).log(),
             "special.log_ndtr(a)", "log Φ, Φ(x) = erfc(−x/√2)/2 (DLMF 7.17)", aliases=("log_ndtr",), sign=NEGATIVE,
             code=Code(math="math.log(math.erfc(-(a) / math.sqrt(2)) / 2)", torch="torch.special.log_ndtr(a)")),
    Function("lgamma", lambda x: (apply("digamma", x),), lambda x: x.lgamma(), "special.gammaln(a)", "DLMF 5.2.2",
             latex=r"\log\Gamma", domain=(_RIGHT,), aliases=("loggamma", "gammaln"), unicode="logΓ",
             mathml="log Γ",
             code=Code(math="math.lgamma(a)", exact=True, torch="torch.lgamma(a)", in_place=True)),
    Function("digamma", lambda x: (apply("trigamma", x),), lambda x: _polygamma(0, x), "special.digamma(a)",
             "DLMF 5.2.2", latex=r"\psi", domain=(_RIGHT,), aliases=("psi",), unicode="ψ",
             code=Code(torch="torch.digamma(a)", in_place=True)),
    Function("trigamma", None, lambda x: _polygamma(1, x), "special.polygamma(1, a)", "DLMF 5.15.1", latex=r"\psi_1",
             domain=(_RIGHT,), unicode="ψ₁", code=Code(torch="torch.special.zeta(2.0, a)")),
    Function("abs", lambda x: (apply("sign", x),), lambda x: x * _sign_of(x), "np.abs(a)", "|x|′ = sign x, x ≠ 0",
             almost="at 0", sign=NONNEGATIVE,
             of_sign=((POSITIVE, _same), (NONNEGATIVE, _same), (NEGATIVE, negate)),
             code=Code(math="abs(a)", exact=True, loop="abs(a)", in_place=True, cheap=True)),
    Function("sign", lambda x: (ZERO,), lambda x: x * 0 + _sign_of(x), "np.sign(a)", "constant off 0",
             almost="at 0", aliases=("sgn",), odd=True,
             of_sign=((POSITIVE, lambda x: ONE), (NEGATIVE, lambda x: MINUS_ONE)),
             code=Code(math="math.copysign(1.0, a)", loop="_sign(a)", in_place=True, cheap=True)),
    Function("relu", lambda x: (apply("step", x),), lambda x: x if _sign_of(x) > 0 else x * 0, "np.maximum(a, 0)",
             "max(x, 0)", almost="at 0", written=("ReLU",), sign=NONNEGATIVE,
             of_sign=((POSITIVE, _same), (NONNEGATIVE, _same), (NEGATIVE, lambda x: ZERO)),
             code=Code(math="max(a, 0.0)", torch="torch.relu(a)", loop="_relu(a)", in_place=True, cheap=True)),
    Function("step", lambda x: (ZERO,), lambda x: x * 0 + int(_sign_of(x) > 0), "np.where(a > 0, 1.0, 0.0)",
             "1 where x > 0", almost="at 0", aliases=("heaviside",), own=True, sign=NONNEGATIVE,
             of_sign=((POSITIVE, lambda x: ONE), (NEGATIVE, lambda x: ZERO)),
             code=Code(math="float(a > 0)", numpy="np.where(a > 0, 1.0, 0.0).astype(dtype)",
                       jax="jnp.where(a > 0, 1.0, 0.0).astype(dtype)", torch="(a > 0).to(dtype)", loop="_step(a)",
                       cheap=True)),
    Function("max", lambda x, y: (apply("step", subtract(x, y)), apply("step", subtract(y, x))),
             lambda x, y: x if _sign_of(x - y) > 0 else y, "np.maximum(a, b)", "the larger argument",
             latex=r"\max", domain=(_REAL, _REAL), almost="where the arguments are equal", aliases=("maximum",),
             joint=lambda x, y: _either(subtract(x, y)),
             code=Code(math="max(a, b)", exact=True, torch="_maximum(a, b)", loop="_maximum(a, b)", cheap=True)),
    Function("min", lambda x, y: (apply("step", subtract(y, x)), apply("step", subtract(x, y))),
             lambda x, y: x if _sign_of(y - x) > 0 else y, "np.minimum(a, b)", "the smaller argument",
             latex=r"\min", domain=(_REAL, _REAL), almost="where the arguments are equal", aliases=("minimum",),
             joint=lambda x, y: _either(subtract(y, x)),
             code=Code(math="min(a, b)", exact=True, torch="_minimum(a, b)", loop="_minimum(a, b)", cheap=True)),
    Function("arcsinh", lambda x: (power(add(ONE, power(x, TWO)), _MINUS_HALF),),
             lambda x: (x + (x * x + 1).sqrt()).log(), "np.arcsinh(a)", "DLMF 4.37.16 and 4.38.9", aliases=("asinh",),
             written=("arsinh",), odd=True, at_zero=0, code=Code(math="math.asinh(a)", exact=True, loop="math.asinh(a)")),
    Function("arccosh", lambda x: (power(subtract(power(x, TWO), ONE), _MINUS_HALF),),
             lambda x: (x + (x * x - 1).sqrt()).log(), "np.arccosh(a)", "DLMF 4.37.19 and 4.38.10", domain=((1.25, 4.0),),
             aliases=("acosh",), written=("arcosh",), sign=NONNEGATIVE,
             code=Code(math="math.acosh(a)", exact=True, loop="math.acosh(a)")),
    Function("arctanh", lambda x: (_over(subtract(ONE, power(x, TWO))),), lambda x: ((1 + x) / (1 - x)).log() / 2,
             "np.arctanh(a)", "DLMF 4.37.24 and 4.38.11", domain=((-0.9, 0.9),), aliases=("atanh",), written=("artanh",),
             odd=True, at_zero=0, code=Code(math="math.atanh(a)", exact=True, loop="math.atanh(a)")),
    Function("arctan2", lambda y, x: (mul(x, _angle(x, y)), negate(mul(y, _angle(x, y)))), lambda y, x: _arctan2(y, x),
             "np.arctan2(a, b)", "DLMF 4.23.39: arctan(y/x) in the quadrant of (x, y)", domain=(_REAL, _RIGHT),
             almost="where the first argument is 0 and the second is not positive", aliases=("atan2",),
             code=Code(math="math.atan2(a, b)", exact=True, torch="torch.arctan2(*_alike(a, b))",
                       loop="math.atan2(a, b)")),
    Function("cbrt", lambda x: (_over(mul(const(3), power(apply("cbrt", x), TWO))),), lambda x: _cbrt(x), "np.cbrt(a)",
             "y with y³ = x, real for every x", almost="at 0", odd=True, at_zero=0,
             code=Code(math="math.copysign(abs(a) ** (1 / 3), a)", torch="(torch.sign(a) * torch.abs(a) ** (1 / 3))")),
    Function("sinc", lambda x: (negate(mul(_PI, apply("sphj1", mul(_PI, x)))),), lambda x: _sinc(x), "np.sinc(a)",
             "sin(πx)/(πx), 1 at 0; DLMF 10.51.2", own=True, at_zero=1,
             code=Code(math="(math.sin(math.pi * (a)) / (math.pi * (a)) if a else 1.0)")),
    Function("sphj1", lambda x: (subtract(apply("sinc", divide(x, _PI)), divide(mul(TWO, apply("sphj1", x)), x)),),
             lambda x: _sphj1(x), "special.spherical_jn(1, a)", "DLMF 10.49.3 and 10.51.2", latex=r"\mathsf{j}_1",
             unicode="j₁", almost="at 0, where its formula is 0/0", odd=True, below=1, at_zero=0,
             code=Code(math="((math.sin(a) / (a) - math.cos(a)) / (a) if a else 0.0)", numpy="_sphj1(a)", jax="_sphj1(a)",
                       torch="_sphj1(a)")),
    Function("floor", lambda x: (ZERO,), lambda x: _floor(x), "np.floor(a)", "constant off whole numbers",
             almost="at whole numbers", at_zero=0, code=Code(math="math.floor(a)", exact=True, loop="np.floor(a)")),
    Function("elu", lambda x: (_exp(apply("min", x, ZERO)),), lambda x: x if _sign_of(x) > 0 else x.exp() - 1,
             "np.where(a > 0, a, np.expm1(np.minimum(a, 0)))", "arXiv:1511.07289, α = 1", written=("ELU",), own=True,
             at_zero=0, code=Code(math="(a if a > 0 else math.expm1(a))", jax="jax.nn.elu(a)",
                                  torch="torch.nn.functional.elu(a)")),
    Function("logit", lambda x: (_over(mul(x, subtract(ONE, x))),), lambda x: (x / (1 - x)).log(),
             "np.where(np.abs((a) - 0.5) < 0.25, 2 * np.arctanh(2 * (a) - 1), np.log(a) - np.log1p(-(a)))",
             "log(x/(1 − x)), by the quotient rule", domain=((0.1, 0.9),), written=("Logit",), own=True,
             code=Code(math="(math.log(a) - math.log1p(-(a)))")),
    Function("logcosh", lambda x: (apply("tanh", x),), lambda x: ((x.exp() + (-x).exp()) / 2).log(),
             "np.where(np.abs(a) < 1, np.log1p(2 * np.sinh((a) / 2) ** 2),"
             " np.abs(a) + np.log1p(np.exp(-2 * np.abs(a))) - 0.6931471805599453)",
             "log cosh x, DLMF 4.34.2", sign=NONNEGATIVE, at_zero=0,
             code=Code(math="(abs(a) + math.log1p(math.exp(-2 * abs(a))) - math.log(2))")),
    Function("log1mexp", lambda x: (negate(_over(apply("expm1", negate(x)))),), lambda x: (1 - x.exp()).log(),
             "np.where(a > -0.6931, np.log(-np.expm1(a)), np.log1p(-np.exp(a)))", "log(1 − e^x), by the chain rule",
             domain=((-2.5, -0.25),), sign=NEGATIVE,
             code=Code(math="math.log(-math.expm1(a))")),
    Function("logaddexp", lambda x, y: (apply("sigmoid", subtract(x, y)), apply("sigmoid", subtract(y, x))),
             lambda x, y: (x.exp() + y.exp()).log(), "np.logaddexp(a, b)", "log(e^x + e^y), by the chain rule",
             domain=(_REAL, _REAL),
             code=Code(math="(max(a, b) + math.log1p(math.exp(-abs((a) - (b)))))",
                       torch="torch.logaddexp(*_alike(a, b))")),
    Function("logsubexp",
             lambda x, y: tuple(negate(_over(apply("expm1", gap))) for gap in (subtract(y, x), subtract(x, y))),
             lambda x, y: _logsubexp(x, y), "(np.maximum(a, b) + np.log(-np.expm1(-np.abs((a) - (b)))))",
             "log |e^x − e^y|, by the chain rule", domain=(_RIGHT, (-2.0, -0.25)), almost="where the arguments are equal",
             code=Code(math="(max(a, b) + math.log(-math.expm1(-abs((a) - (b)))))",
                       torch="(_maximum(a, b) + torch.log(-torch.expm1(-torch.abs((a) - (b)))))")),
    Function("xlogy", lambda x, y: (_log(y), divide(x, y)), lambda x, y: x if _is_zero(x) else x * y.log(),
             "np.where((a == 0) & (b == b), 0, (a) * np.log(np.where((a == 0) & (b == 0), 1, b)))",
             "x log y, 0 where x = 0", domain=(_REAL, _RIGHT),
             code=Code(math="(a and (a) * math.log(b))", jax="jax.scipy.special.xlogy(a, b)",
                       torch="torch.xlogy(a, b)")),
    Function("xlog1py", lambda x, y: (apply("log1p", y), divide(x, add(ONE, y))),
             lambda x, y: x if _is_zero(x) else x * (1 + y).log(),
             "np.where((a == 0) & (b == b), 0, (a) * np.log1p(np.where((a == 0) & (b == -1), 0, b)))",
             "x log(1 + y), 0 where x = 0", domain=(_REAL, _RIGHT),
             code=Code(math="(a and (a) * math.log1p(b))", jax="jax.scipy.special.xlog1py(a, b)",
                       torch="torch.special.xlog1py(a, b)")),
    Function("gamma", lambda x: (mul(apply("gamma", x), apply("digamma", x)),), lambda x: x.gamma(), "special.gamma(a)",
             "DLMF 5.2.2", latex=r"\Gamma", domain=(_RIGHT,), unicode="Γ",
             code=Code(math="math.gamma(a)", exact=True,
                       numpy="_gamma(a)", jax="jax.scipy.special.gamma(a)", torch="_gamma(a)")),
    Function("erfi", lambda x: (mul(_TWO_OVER_ROOT_PI, _exp(power(x, TWO))),), lambda x: x.erfi(), "special.erfi(a)",
             "DLMF 7.2.1 at ix", odd=True, at_zero=0,
             code=Code(numpy="(1.1283791670955126 * np.exp((a) ** 2) * _dawson(a))",
                       jax="(1.1283791670955126 * jnp.exp((a) ** 2) * _dawson(a))",
                       torch="(1.1283791670955126 * torch.exp((a) ** 2) * _dawson(a))")),
    Function("dawson", lambda x: (subtract(ONE, mul(TWO, x, apply("dawson", x))),), lambda x: _dawson(x),
             "special.dawsn(a)", "DLMF 7.2.5", written=("dawsn",), odd=True, below=1, at_zero=0,
             code=Code(numpy="_dawson(a)", jax="_dawson(a)", torch="_dawson(a)")),
    Function("erfinv", lambda x: (_quantile_slope(apply("erfinv", x)),), lambda x: _inverted(x, _erf, _erfinv),
             "special.erfinv(a)", "the y with erf y = x; DLMF 7.17.1 with 7.2.1", domain=((-0.9, 0.9),), odd=True, at_zero=0,
             code=Code(numpy="_erfinv(a)", jax="jax.scipy.special.erfinv(a)", torch="torch.erfinv(a)")),
    Function("erfcinv", lambda x: (negate(_quantile_slope(apply("erfcinv", x))),), lambda x: _inverted(x, _erfc, _erfcinv),
             "special.erfcinv(a)", "the y with erfc y = x; DLMF 7.17.1 with 7.2.2", domain=((0.1, 1.9),),
             code=Code(numpy="_erfcinv(a)", jax="(-0.7071067811865476 * jax.scipy.special.ndtri((a) / 2))",
                       torch="(-0.7071067811865476 * torch.special.ndtri((a) / 2))")),
    Function("pi", lambda: (), lambda: _pi(), "np.pi", "DLMF 3.12.1", latex=r"\pi", domain=(), sign=POSITIVE,
             code=Code(exact=True, torch="math.pi", loop="math.pi", cheap=True)),
)  # fmt: skip
_ABBREVIATIONS = (
    Abbreviation("sqrt", lambda x: power(x, HALF), "x^(1/2)", latex=r"\sqrt", domain=(_RIGHT,)),
    Abbreviation("square", lambda x: power(x, TWO), "x²", own=True),
    Abbreviation("log2", lambda x: divide(_log(x), _log(TWO)), "log x/log 2", latex=r"\log_2", domain=(_RIGHT,)),
    Abbreviation("log10", lambda x: divide(_log(x), _log(const(10))), "log x/log 10", domain=(_RIGHT,)),
    Abbreviation("exp2", lambda x: power(TWO, x), "2^x"),
    Abbreviation("exp10", lambda x: power(const(10), x), "10^x"),
    Abbreviation("abs2", lambda x: power(x, TWO), "x², of a real number", own=True),
    Abbreviation("reciprocal", _over, "1/x", domain=(_RIGHT,), own=True),
    Abbreviation("rsqrt", lambda x: power(x, _MINUS_HALF), "x^(−1/2)", domain=(_RIGHT,), own=True),
    Abbreviation("pow", power, "x^y, entry by entry", domain=(_RIGHT, _REAL), aliases=("power",), own=True),
    Abbreviation("hypot", lambda x, y: power(add(power(x, TWO), power(y, TWO)), HALF), "√(x² + y²)",
                 domain=(_RIGHT, _RIGHT), almost="where both arguments are 0"),
    Abbreviation("sec", lambda x: _over(apply("cos", x)), "1/cos x", latex=r"\sec", domain=((-1.2, 1.2),)),
    Abbreviation("csc", lambda x: _over(apply("sin", x)), "1/sin x", latex=r"\csc", domain=(_RIGHT,)),
    Abbreviation("cot", lambda x: _over(apply("tan", x)), "1/tan x", latex=r"\cot", domain=((0.25, 1.3),)),
    Abbreviation("arcsec", lambda x: apply("arccos", _over(x)), "arccos(1/x)", domain=((1.25, 4.0),), aliases=("asec",)),
    Abbreviation("arccsc", lambda x: apply("arcsin", _over(x)), "arcsin(1/x)", domain=((1.25, 4.0),), aliases=("acsc",)),
    Abbreviation("arccot", lambda x: apply("arctan", _over(x)), "arctan(1/x)", domain=(_RIGHT,), aliases=("acot",)),
    Abbreviation("sech", lambda x: _over(apply("cosh", x)), "1/cosh x"),
    Abbreviation("csch", lambda x: _over(apply("sinh", x)), "1/sinh x", domain=(_RIGHT,)),
    Abbreviation("coth", lambda x: _over(apply("tanh", x)), "1/tanh x", latex=r"\coth", domain=(_RIGHT,)),
    Abbreviation("arcsech", lambda x: apply("arccosh", _over(x)), "arccosh(1/x)", domain=((0.1, 0.9),),
                 aliases=("asech",), written=("arsech",)),
    Abbreviation("arccsch", lambda x: apply("arcsinh", _over(x)), "arcsinh(1/x)", domain=(_RIGHT,), aliases=("acsch",),
                 written=("arcsch",)),
    Abbreviation("arccoth", lambda x: apply("arctanh", _over(x)), "arctanh(1/x)", domain=((1.25, 4.0),),
                 aliases=("acoth",), written=("arcoth",)),
    Abbreviation("sinpi", lambda x: apply("sin", mul(_PI, x)), "sin(πx)"),
    Abbreviation("cospi", lambda x: apply("cos", mul(_PI, x)), "cos(πx)"),
    Abbreviation("deg2rad", lambda x: mul(_DEGREE, x), "πx/180", aliases=("radians",)),
    Abbreviation("rad2deg", lambda x: divide(x, _DEGREE), "180x/π", aliases=("degrees",)),
    Abbreviation("sind", lambda x: apply("sin", mul(_DEGREE, x)), "the sine of degrees"),
    Abbreviation("cosd", lambda x: apply("cos", mul(_DEGREE, x)), "the cosine of degrees"),
    Abbreviation("tand", lambda x: apply("tan", mul(_DEGREE, x)), "the tangent of degrees"),
    Abbreviation("asind", lambda x: divide(apply("arcsin", x), _DEGREE), "the arcsine in degrees", domain=((-0.9, 0.9),)),
    Abbreviation("acosd", lambda x: divide(apply("arccos", x), _DEGREE), "the arccosine in degrees",
                 domain=((-0.9, 0.9),)),
    Abbreviation("atand", lambda x: divide(apply("arctan", x), _DEGREE), "the arctangent in degrees"),
    Abbreviation("ldexp", lambda x, y: mul(x, power(TWO, y)), "x 2^y", domain=(_REAL, _REAL)),
    Abbreviation("mod", lambda x, y: subtract(x, mul(y, apply("floor", divide(x, y)))), "x − y ⌊x/y⌋",
                 domain=((0.3, 0.9), (1.1, 2.5)), almost="at multiples of the second argument", own=True),
    Abbreviation("rem", lambda x, y: subtract(x, mul(y, _rounded_to_zero(divide(x, y)))),
                 "x − y times x/y rounded towards 0", domain=((0.3, 0.9), (1.1, 2.5)),
                 almost="at multiples of the second argument", own=True),
    Abbreviation("beta", lambda x, y: _exp(_log_beta(x, y)), "DLMF 5.12.1", domain=(_RIGHT, _RIGHT)),
    Abbreviation("logbeta", _log_beta, "the logarithm of DLMF 5.12.1", domain=(_RIGHT, _RIGHT),
                 aliases=("lbeta", "betaln")),
    Abbreviation("logerfcx", lambda x: _log(apply("erfcx", x)), "log of erfcx"),
    Abbreviation("xlogx", lambda x: apply("xlogy", x, x), "x log x, 0 at 0", domain=(_RIGHT,)),
    Abbreviation("entr", lambda x: negate(apply("xlogy", x, x)), "−x log x, 0 at 0", domain=(_RIGHT,)),
    Abbreviation("log2mexp", lambda x: apply("log1p", negate(apply("expm1", x))), "log(2 − e^x)", domain=((-2.0, 0.5),)),
    Abbreviation("logexpm1", lambda x: add(x, apply("log1mexp", negate(x))), "log(e^x − 1)", domain=(_RIGHT,)),
    Abbreviation("log1psq", lambda x: apply("log1p", power(x, TWO)), "log(1 + x²)"),
    Abbreviation("log1pmx", lambda x: subtract(apply("log1p", x), x), "log(1 + x) − x", domain=((-0.5, 2.0),)),
    Abbreviation("logmxp1", lambda x: add(subtract(_log(x), x), ONE), "log x − x + 1", domain=(_RIGHT,)),
    Abbreviation("mish", lambda x: mul(x, apply("tanh", apply("softplus", x))), "arXiv:1908.08681: x tanh(log(1 + e^x))",
                 written=("Mish",), own=True),
    Abbreviation("silu", lambda x: mul(x, apply("sigmoid", x)), "arXiv:1702.03118: x σ(x)",
                 aliases=("swish",), written=("SiLU", "Swish"), own=True),
    Abbreviation("gelu", lambda x: mul(HALF, x, add(ONE, apply("erf", mul(x, _ROOT_HALF)))), "arXiv:1606.08415: x Φ(x)",
                 written=("GELU", "GeLU"), own=True),
    Abbreviation("normcdf", lambda x: mul(HALF, apply("erfc", negate(mul(x, _ROOT_HALF)))), "Φ of DLMF 7.17", aliases=("ndtr",), own=True),
    Abbreviation("logsigmoid", lambda x: negate(apply("softplus", negate(x))), "log σ(x) = −log(1 + e^−x)",
                 written=("LogSigmoid",), own=True),
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


def _is_zero(x: Any) -> bool:
    """Whether a ball is exactly 0, and not about to be differentiated."""
    return not hasattr(x, "coeffs") and bool(x == 0)


def _arctan2(y: Any, x: Any) -> Any:
    """The angle of (x, y): by y/x in the right half plane, by x/y above and below it."""
    from flint import arb

    if (x[0] if hasattr(x, "coeffs") else x) > 0:
        return (y / x).atan()
    return arb.pi() * _sign_of(y) / 2 - (x / y).atan()


def _cbrt(x: Any) -> Any:
    sign = _sign_of(x)
    return ((x * sign).log() / 3).exp() * sign if sign else x


def _sinc(x: Any) -> Any:
    angle = _pi() * x
    return x + 1 if _is_zero(x) else angle.sin() / angle


def _sphj1(x: Any) -> Any:
    return x if _is_zero(x) else (x.sin() / x - x.cos()) / x


def _floor(x: Any) -> Any:
    """The whole number below; a ball that may hold another one has none."""
    value = x[0] if hasattr(x, "coeffs") else x
    whole = value.floor().unique_fmpz()
    if whole is None or (value is not x and value.contains_integer()):
        raise ArithmeticError("the whole number below a ball that contains one")
    return x * 0 + whole


def _logsubexp(x: Any, y: Any) -> Any:
    gap = x.exp() - y.exp()
    return (gap * _sign_of(gap)).log()


def _dawson(x: Any) -> Any:
    return (-x * x).exp() * x.erfi() * _pi().sqrt() / 2


def _inverted(x: Any, function: Callable[[Any], Any], inverse: Callable[[Any], Any]) -> Any:
    """The inverse of a function; of a series, by reverting the series of the function at its value."""
    from flint import arb_series

    if not hasattr(x, "coeffs"):
        return inverse(x)
    value = inverse(x[0])
    moved = arb_series([0, *x.coeffs()[1:]])
    if not len(moved):
        return arb_series([value])
    around = function(arb_series([value, 1]))
    return value + arb_series([0, *around.coeffs()[1:]]).reversion()(moved)


def _erf(x: Any) -> Any:
    return x.erf()


def _erfinv(x: Any) -> Any:
    return x.erfinv()


def _erfc(x: Any) -> Any:
    return x.erfc()


def _erfcinv(x: Any) -> Any:
    return x.erfcinv()


def _over_root_two(x: Any) -> Any:
    from flint import arb

    return x / arb(2).sqrt()


FUNCTIONS: dict[str, Function] = {row.name: row for row in _ROWS}
"""The functions that formulas are made of."""
ABBREVIATIONS: dict[str, Abbreviation] = {row.name: row for row in _ABBREVIATIONS}
"""Names that are read as what they mean in terms of those."""
SCALARS: tuple[Scalar, ...] = (*_ROWS, *_ABBREVIATIONS)
NAMED: dict[str, Scalar] = {name: row for row in SCALARS for name in (row.name, *row.aliases)}
"""Every name of the text language, with the row it means."""
WRITTEN: dict[str, Scalar] = {
    name: row for row in SCALARS if row.arity for name in (row.name, *row.aliases, *row.written)
}
"""Every name that documents and LaTeX formulas apply, with the row it means there."""


def those(has: Callable[[Function], object]) -> frozenset[str]:
    """The functions with a property."""
    return frozenset(row.name for row in _ROWS if has(row))
