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
    means: Callable[[Node], Node]
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


_TWO_OVER_ROOT_PI = mul(TWO, power(apply("pi"), const(Fraction(-1, 2))))
_ROOT_HALF = power(TWO, const(Fraction(-1, 2)))


def _erf_slope(x: Node) -> Node:
    return mul(_TWO_OVER_ROOT_PI, _exp(negate(power(x, TWO))))


def _mills(x: Node) -> Node:
    """φ/Φ = √(2/π)/erfcx(−x/√2), which never divides one small number by another."""
    return divide(mul(_ROOT_HALF, _TWO_OVER_ROOT_PI), apply("erfcx", negate(mul(x, _ROOT_HALF))))


def _same(x: Node) -> Node:
    return x


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
             "log(1 + e^x)", written=("Softplus",), sign=POSITIVE,
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
             latex=r"\log\Gamma", domain=(_RIGHT,), unicode="logΓ", mathml="log Γ",
             code=Code(math="math.lgamma(a)", exact=True, torch="torch.lgamma(a)", in_place=True)),
    Function("digamma", lambda x: (apply("trigamma", x),), lambda x: _polygamma(0, x), "special.digamma(a)",
             "DLMF 5.2.2", latex=r"\psi", domain=(_RIGHT,), unicode="ψ",
             code=Code(torch="torch.digamma(a)", in_place=True)),
    Function("trigamma", None, lambda x: _polygamma(1, x), "special.polygamma(1, a)", "DLMF 5.15.1", latex=r"\psi_1",
             domain=(_RIGHT,), unicode="ψ₁", code=Code(torch="torch.special.zeta(2.0, a)")),
    Function("abs", lambda x: (apply("sign", x),), lambda x: x * _sign_of(x), "np.abs(a)", "|x|′ = sign x, x ≠ 0",
             almost="at 0", sign=NONNEGATIVE,
             of_sign=((POSITIVE, _same), (NONNEGATIVE, _same), (NEGATIVE, negate)),
             code=Code(math="abs(a)", exact=True, loop="abs(a)", in_place=True, cheap=True)),
    Function("sign", lambda x: (ZERO,), lambda x: x * 0 + _sign_of(x), "np.sign(a)", "constant off 0",
             almost="at 0", written=("sgn",), odd=True,
             of_sign=((POSITIVE, lambda x: ONE), (NEGATIVE, lambda x: MINUS_ONE)),
             code=Code(math="math.copysign(1.0, a)", torch="_sign(a)", loop="_sign(a)", cheap=True)),
    Function("relu", lambda x: (apply("step", x),), lambda x: x if _sign_of(x) > 0 else x * 0, "np.maximum(a, 0)",
             "max(x, 0)", almost="at 0", written=("ReLU",), sign=NONNEGATIVE,
             of_sign=((POSITIVE, _same), (NONNEGATIVE, _same), (NEGATIVE, lambda x: ZERO)),
             code=Code(math="max(a, 0.0)", torch="torch.relu(a)", loop="_relu(a)", in_place=True, cheap=True)),
    Function("step", lambda x: (ZERO,), lambda x: x * 0 + int(_sign_of(x) > 0), "np.where(a > 0, 1.0, 0.0)",
             "1 where x > 0", almost="at 0", own=True, sign=NONNEGATIVE,
             of_sign=((POSITIVE, lambda x: ONE), (NEGATIVE, lambda x: ZERO)),
             code=Code(math="float(a > 0)", numpy="np.where(a > 0, 1.0, 0.0).astype(dtype)",
                       jax="jnp.where(a > 0, 1.0, 0.0).astype(dtype)", torch="(a > 0).to(dtype)", loop="_step(a)",
                       cheap=True)),
    Function("max", lambda x, y: (apply("step", subtract(x, y)), apply("step", subtract(y, x))),
             lambda x, y: x if _sign_of(x - y) > 0 else y, "np.maximum(a, b)", "the larger argument",
             latex=r"\max", domain=(_REAL, _REAL), almost="where the arguments are equal",
             joint=lambda x, y: _either(subtract(x, y)),
             code=Code(math="max(a, b)", exact=True, torch="_maximum(a, b)", loop="_maximum(a, b)", cheap=True)),
    Function("min", lambda x, y: (apply("step", subtract(y, x)), apply("step", subtract(x, y))),
             lambda x, y: x if _sign_of(y - x) > 0 else y, "np.minimum(a, b)", "the smaller argument",
             latex=r"\min", domain=(_REAL, _REAL), almost="where the arguments are equal",
             joint=lambda x, y: _either(subtract(y, x)),
             code=Code(math="min(a, b)", exact=True, torch="_minimum(a, b)", loop="_minimum(a, b)", cheap=True)),
    Function("pi", lambda: (), lambda: _pi(), "np.pi", "DLMF 3.12.1", latex=r"\pi", domain=(), sign=POSITIVE,
             code=Code(exact=True, torch="math.pi", loop="math.pi", cheap=True)),
)  # fmt: skip
_ABBREVIATIONS = (
    Abbreviation("sqrt", lambda x: power(x, HALF), "x^(1/2)", latex=r"\sqrt", domain=(_RIGHT,)),
    Abbreviation("square", lambda x: power(x, TWO), "x²", own=True),
    Abbreviation("silu", lambda x: mul(x, apply("sigmoid", x)), "arXiv:1702.03118: x σ(x)",
                 written=("SiLU", "swish", "Swish"), own=True),
    Abbreviation("gelu", lambda x: mul(HALF, x, add(ONE, apply("erf", mul(x, _ROOT_HALF)))), "arXiv:1606.08415: x Φ(x)",
                 written=("GELU", "GeLU"), own=True),
    Abbreviation("normcdf", lambda x: mul(HALF, apply("erfc", negate(mul(x, _ROOT_HALF)))), "Φ of DLMF 7.17", own=True),
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
