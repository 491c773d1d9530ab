"""The scalar functions that formulas are made of, one row each. Owns: all that is known of them. Never: applies a rule.

Adding a function is adding a row: the readers know its names, the rules its derivative, the writers its sign, the
evaluators its value, the targets its code, and the tests sample it under its own domain.
"""

from __future__ import annotations

from fractions import Fraction

from gradwright.core.build import MINUS_ONE, ONE, ZERO, add, apply, const, divide, mul, negate, power, subtract
from gradwright.core.node import Node
from gradwright.tables import balls
from gradwright.tables.row import NEGATIVE, NONNEGATIVE, POSITIVE, REAL, RIGHT, Code, Function

TWO = const(2)


def exp(x: Node) -> Node:
    return apply("exp", x)


def _either(gap: Node) -> tuple[Node, ...]:
    """1 for the first of two where the gap is positive, else 1 for the second."""
    first = apply("step", gap)
    return first, subtract(ONE, first)


MINUS_HALF = const(Fraction(-1, 2))
PI = apply("pi")

_TWO_OVER_ROOT_PI = mul(TWO, power(apply("pi"), const(Fraction(-1, 2))))
ROOT_HALF = power(TWO, const(Fraction(-1, 2)))


def _erf_slope(x: Node) -> Node:
    return mul(_TWO_OVER_ROOT_PI, exp(negate(power(x, TWO))))


def _mills(x: Node) -> Node:
    """φ/Φ = √(2/π)/erfcx(−x/√2), which never divides one small number by another."""
    return divide(mul(ROOT_HALF, _TWO_OVER_ROOT_PI), apply("erfcx", negate(mul(x, ROOT_HALF))))


def _same(x: Node) -> Node:
    return x


def reciprocal(x: Node) -> Node:
    return power(x, MINUS_ONE)


def log(x: Node) -> Node:
    return apply("log", x)


def _quantile_slope(y: Node) -> Node:
    """1/erf′(y)."""
    return divide(exp(power(y, TWO)), _TWO_OVER_ROOT_PI)


def _angle(x: Node, y: Node) -> Node:
    return reciprocal(add(power(x, TWO), power(y, TWO)))


ROWS = (
    Function("exp", lambda x: (exp(x),), lambda x: x.exp(), "np.exp(a)", "DLMF 4.7.3", latex=r"\exp", written=("Exp",),
             sign=POSITIVE, at_zero=1, code=Code(exact=True, loop="_exp(a)", in_place=True)),
    Function("log", lambda x: (power(x, MINUS_ONE),), lambda x: x.log(), "np.log(a)", "DLMF 4.7.1", latex=r"\log",
             domain=(RIGHT,), aliases=("ln",), written=("Log",), bare=True,
             code=Code(exact=True, loop="_log(a)", in_place=True)),
    Function("log1p", lambda x: (divide(ONE, add(ONE, x)),), lambda x: (1 + x).log(), "np.log1p(a)", "DLMF 4.7.1",
             domain=((-0.5, 2.0),), at_zero=0, code=Code(exact=True, loop="_log1p(a)", in_place=True)),
    Function("expm1", lambda x: (exp(x),), lambda x: x.exp() - 1, "np.expm1(a)", "DLMF 4.7.3", at_zero=0,
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
    Function("softsign", lambda x: (power(add(ONE, apply("abs", x)), const(-2)),),
             lambda x: x / (1 + balls.size_of(x)),
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
    Function("lognormcdf", lambda x: (_mills(x),), lambda x: (balls.over_root_two(-x).erfc() / 2).log(),
             "special.log_ndtr(a)", "log Φ, Φ(x) = erfc(−x/√2)/2 (DLMF 7.17)", aliases=("log_ndtr",), sign=NEGATIVE,
             code=Code(math="math.log(math.erfc(-(a) / math.sqrt(2)) / 2)", torch="torch.special.log_ndtr(a)")),
    Function("lgamma", lambda x: (apply("digamma", x),), lambda x: x.lgamma(), "special.gammaln(a)", "DLMF 5.2.2",
             latex=r"\log\Gamma", domain=(RIGHT,), aliases=("loggamma", "gammaln"), unicode="logΓ",
             code=Code(math="math.lgamma(a)", exact=True, torch="torch.lgamma(a)", in_place=True)),
    Function("digamma", lambda x: (apply("trigamma", x),), lambda x: balls.polygamma(0, x), "special.digamma(a)",
             "DLMF 5.2.2", latex=r"\psi", domain=(RIGHT,), aliases=("psi",), unicode="ψ",
             code=Code(torch="torch.digamma(a)", in_place=True)),
    Function("trigamma", lambda x: (apply("tetragamma", x),), lambda x: balls.polygamma(1, x),
             "special.polygamma(1, a)", "DLMF 5.15.1", latex=r"\psi_1", domain=(RIGHT,), unicode="ψ₁",
             code=Code(torch="torch.special.zeta(2.0, a)")),
    Function("tetragamma", None, lambda x: balls.polygamma(2, x), "special.polygamma(2, a)", "DLMF 5.15.1",
             latex=r"\psi_2", domain=(RIGHT,), unicode="ψ₂",
             code=Code(numpy="_tetragamma(a)", jax="jax.scipy.special.polygamma(2, a)", torch="torch.polygamma(2, a)")),
    Function("abs", lambda x: (apply("sign", x),), balls.size_of, "np.abs(a)", "|x|′ = sign x, x ≠ 0",
             almost="at 0", sign=NONNEGATIVE,
             of_sign=((POSITIVE, _same), (NONNEGATIVE, _same), (NEGATIVE, negate)),
             code=Code(math="abs(a)", exact=True, loop="abs(a)", in_place=True, cheap=True)),
    Function("sign", lambda x: (ZERO,), lambda x: x * 0 + balls.sign_of(x), "np.sign(a)", "constant off 0",
             almost="at 0", aliases=("sgn",), odd=True,
             of_sign=((POSITIVE, lambda x: ONE), (NEGATIVE, lambda x: MINUS_ONE)),
             code=Code(math="math.copysign(1.0, a)", torch="_sign(a)", loop="_sign(a)", cheap=True)),
    Function("relu", lambda x: (apply("step", x),), lambda x: balls.larger_of(x, x * 0), "np.maximum(a, 0)",
             "max(x, 0)", almost="at 0", written=("ReLU", "RELU", "Relu"), sign=NONNEGATIVE,
             of_sign=((POSITIVE, _same), (NONNEGATIVE, _same), (NEGATIVE, lambda x: ZERO)),
             code=Code(math="max(a, 0.0)", torch="torch.relu(a)", loop="_relu(a)", in_place=True, cheap=True)),
    Function("step", lambda x: (ZERO,), lambda x: x * 0 + int(balls.sign_of(x) > 0), "np.where(a > 0, 1.0, 0.0)",
             "1 where x > 0", almost="at 0", aliases=("heaviside",), own=True, sign=NONNEGATIVE,
             of_sign=((POSITIVE, lambda x: ONE), (NEGATIVE, lambda x: ZERO)),
             code=Code(math="float(a > 0)", numpy="np.where(a > 0, 1.0, 0.0).astype(dtype)",
                       jax="jnp.where(a > 0, 1.0, 0.0).astype(dtype)", torch="(a > 0).to(dtype)", loop="_step(a)",
                       cheap=True)),
    Function("max", lambda x, y: (apply("step", subtract(x, y)), apply("step", subtract(y, x))),
             balls.larger_of, "np.maximum(a, b)", "the larger argument",
             latex=r"\max", domain=(REAL, REAL), almost="where the arguments are equal", aliases=("maximum",),
             joint=lambda x, y: _either(subtract(x, y)),
             code=Code(math="max(a, b)", exact=True, torch="_maximum(a, b)", loop="_maximum(a, b)", cheap=True)),
    Function("min", lambda x, y: (apply("step", subtract(y, x)), apply("step", subtract(x, y))),
             balls.smaller_of, "np.minimum(a, b)", "the smaller argument",
             latex=r"\min", domain=(REAL, REAL), almost="where the arguments are equal", aliases=("minimum",),
             joint=lambda x, y: _either(subtract(y, x)),
             code=Code(math="min(a, b)", exact=True, torch="_minimum(a, b)", loop="_minimum(a, b)", cheap=True)),
    Function("arcsinh", lambda x: (power(add(ONE, power(x, TWO)), MINUS_HALF),),
             lambda x: (x + (x * x + 1).sqrt()).log(), "np.arcsinh(a)", "DLMF 4.37.16 and 4.38.9", aliases=("asinh",),
             written=("arsinh",), odd=True, at_zero=0,
             code=Code(math="math.asinh(a)", exact=True, loop="math.asinh(a)")),
    Function("arccosh", lambda x: (power(subtract(power(x, TWO), ONE), MINUS_HALF),),
             lambda x: (x + (x * x - 1).sqrt()).log(), "np.arccosh(a)", "DLMF 4.37.19 and 4.38.10",
             domain=((1.25, 4.0),), aliases=("acosh",), written=("arcosh",), sign=NONNEGATIVE,
             code=Code(math="math.acosh(a)", exact=True, loop="math.acosh(a)")),
    Function("arctanh", lambda x: (reciprocal(subtract(ONE, power(x, TWO))),), lambda x: ((1 + x) / (1 - x)).log() / 2,
             "np.arctanh(a)", "DLMF 4.37.24 and 4.38.11", domain=((-0.9, 0.9),), aliases=("atanh",),
             written=("artanh",), odd=True, at_zero=0,
             code=Code(math="math.atanh(a)", exact=True, loop="math.atanh(a)")),
    Function("arctan2", lambda y, x: (mul(x, _angle(x, y)), negate(mul(y, _angle(x, y)))), balls.arctan2,
             "np.arctan2(a, b)", "DLMF 4.23.39: arctan(y/x) in the quadrant of (x, y)", domain=(REAL, RIGHT),
             almost="where the first argument is 0 and the second is not positive", aliases=("atan2",),
             code=Code(math="math.atan2(a, b)", exact=True, torch="torch.arctan2(*_alike(a, b))",
                       loop="math.atan2(a, b)")),
    Function("cbrt", lambda x: (reciprocal(mul(const(3), power(apply("cbrt", x), TWO))),), balls.cbrt, "np.cbrt(a)",
             "y with y³ = x, real for every x", almost="at 0", odd=True, at_zero=0,
             code=Code(math="math.copysign(abs(a) ** (1 / 3), a)", torch="(torch.sign(a) * torch.abs(a) ** (1 / 3))")),
    Function("sinc", lambda x: (negate(mul(PI, apply("sphj1", mul(PI, x)))),), balls.sinc, "np.sinc(a)",
             "sin(πx)/(πx), 1 at 0; DLMF 10.51.2", own=True, at_zero=1,
             code=Code(math="(math.sin(math.pi * (a)) / (math.pi * (a)) if a else 1.0)")),
    Function("sphj1", lambda x: (subtract(apply("sinc", divide(x, PI)), divide(mul(TWO, apply("sphj1", x)), x)),),
             balls.sphj1, "special.spherical_jn(1, a)", "DLMF 10.49.3 and 10.51.2", latex=r"\mathsf{j}_1",
             unicode="j₁", almost="at 0, where its formula is 0/0", odd=True, below=1, at_zero=0,
             code=Code(math="((math.sin(a) / (a) - math.cos(a)) / (a) if a else 0.0)", numpy="_sphj1(a)",
                       jax="_sphj1(a)", torch="_sphj1(a)")),
    Function("floor", lambda x: (ZERO,), balls.floor, "np.floor(a)", "constant off whole numbers",
             domain=((1.1, 1.9),),
             almost="at whole numbers", at_zero=0, code=Code(math="math.floor(a)", exact=True, loop="np.floor(a)")),
    Function("elu", lambda x: (exp(apply("min", x, ZERO)),), lambda x: x if balls.sign_of(x) > 0 else x.exp() - 1,
             "np.where(a > 0, a, np.expm1(np.minimum(a, 0)))", "arXiv:1511.07289, α = 1", written=("ELU",), own=True,
             at_zero=0, code=Code(math="(a if a > 0 else math.expm1(a))", jax="jax.nn.elu(a)",
                                  torch="torch.nn.functional.elu(a)")),
    Function("logit", lambda x: (reciprocal(mul(x, subtract(ONE, x))),), lambda x: (x / (1 - x)).log(),
             "np.where(np.abs((a) - 0.5) < 0.25, 2 * np.arctanh(2 * (a) - 1), np.log(a) - np.log1p(-(a)))",
             "log(x/(1 − x)), by the quotient rule", domain=((0.1, 0.9),), written=("Logit",), own=True,
             code=Code(math="(math.log(a) - math.log1p(-(a)))")),
    Function("logcosh", lambda x: (apply("tanh", x),), lambda x: ((x.exp() + (-x).exp()) / 2).log(),
             "np.where(np.abs(a) < 1, np.log1p(2 * np.sinh((a) / 2) ** 2),"
             " np.abs(a) + np.log1p(np.exp(-2 * np.abs(a))) - 0.6931471805599453)",
             "log cosh x, DLMF 4.34.2", sign=NONNEGATIVE, at_zero=0,
             code=Code(math="(abs(a) + math.log1p(math.exp(-2 * abs(a))) - math.log(2))")),
    Function("log1mexp", lambda x: (negate(reciprocal(apply("expm1", negate(x)))),), lambda x: (1 - x.exp()).log(),
             "np.where(a > -0.6931, np.log(-np.expm1(a)), np.log1p(-np.exp(a)))", "log(1 − e^x), by the chain rule",
             domain=((-2.5, -0.25),), sign=NEGATIVE,
             code=Code(math="math.log(-math.expm1(a))")),
    Function("logaddexp", lambda x, y: (apply("sigmoid", subtract(x, y)), apply("sigmoid", subtract(y, x))),
             lambda x, y: (x.exp() + y.exp()).log(), "np.logaddexp(a, b)", "log(e^x + e^y), by the chain rule",
             domain=(REAL, REAL),
             code=Code(math="(max(a, b) + math.log1p(math.exp(-abs((a) - (b)))))",
                       torch="torch.logaddexp(*_alike(a, b))")),
    Function("logsubexp",
             lambda x, y: tuple(negate(reciprocal(apply("expm1", gap))) for gap in (subtract(y, x), subtract(x, y))),
             balls.logsubexp, "(np.maximum(a, b) + np.log(-np.expm1(-np.abs((a) - (b)))))",
             "log |e^x − e^y|, by the chain rule", domain=(RIGHT, (-2.0, -0.25)),
             almost="where the arguments are equal",
             code=Code(math="(max(a, b) + math.log(-math.expm1(-abs((a) - (b)))))",
                       torch="(_maximum(a, b) + torch.log(-torch.expm1(-torch.abs((a) - (b)))))")),
    Function("xlogy", lambda x, y: (log(y), divide(x, y)), lambda x, y: x if balls.is_zero(x) else x * y.log(),
             "np.where((a == 0) & (b == b), 0, (a) * np.log(np.where((a == 0) & (b == 0), 1, b)))",
             "x log y, 0 where x = 0", domain=(REAL, RIGHT),
             code=Code(math="(a and (a) * math.log(b))", jax="jax.scipy.special.xlogy(a, b)",
                       torch="torch.xlogy(a, b)")),
    Function("xlog1py", lambda x, y: (apply("log1p", y), divide(x, add(ONE, y))),
             lambda x, y: x if balls.is_zero(x) else x * (1 + y).log(),
             "np.where((a == 0) & (b == b), 0, (a) * np.log1p(np.where((a == 0) & (b == -1), 0, b)))",
             "x log(1 + y), 0 where x = 0", domain=(REAL, RIGHT),
             code=Code(math="(a and (a) * math.log1p(b))", jax="jax.scipy.special.xlog1py(a, b)",
                       torch="torch.special.xlog1py(a, b)")),
    Function("gamma", lambda x: (mul(apply("gamma", x), apply("digamma", x)),), lambda x: x.gamma(), "special.gamma(a)",
             "DLMF 5.2.2", latex=r"\Gamma", domain=(RIGHT,), unicode="Γ",
             code=Code(math="math.gamma(a)", exact=True,
                       numpy="_gamma(a)", jax="jax.scipy.special.gamma(a)", torch="_gamma(a)")),
    Function("erfi", lambda x: (mul(_TWO_OVER_ROOT_PI, exp(power(x, TWO))),), lambda x: x.erfi(), "special.erfi(a)",
             "DLMF 7.2.1 at ix", odd=True, at_zero=0,
             code=Code(numpy="(1.1283791670955126 * np.exp((a) ** 2) * _dawson(a))",
                       jax="(1.1283791670955126 * jnp.exp((a) ** 2) * _dawson(a))",
                       torch="(1.1283791670955126 * torch.exp((a) ** 2) * _dawson(a))")),
    Function("dawson", lambda x: (subtract(ONE, mul(TWO, x, apply("dawson", x))),), balls.dawson,
             "special.dawsn(a)", "DLMF 7.2.5", written=("dawsn",), odd=True, below=1, at_zero=0,
             code=Code(numpy="_dawson(a)", jax="_dawson(a)", torch="_dawson(a)")),
    Function("erfinv", lambda x: (_quantile_slope(apply("erfinv", x)),),
             lambda x: balls.inverted(x, balls.erf, balls.erfinv),
             "special.erfinv(a)", "the y with erf y = x; DLMF 7.17.1 with 7.2.1", domain=((-0.9, 0.9),), odd=True,
             at_zero=0, code=Code(numpy="_erfinv(a)", jax="jax.scipy.special.erfinv(a)", torch="torch.erfinv(a)")),
    Function("erfcinv", lambda x: (negate(_quantile_slope(apply("erfcinv", x))),),
             lambda x: balls.inverted(x, balls.erfc, balls.erfcinv),
             "special.erfcinv(a)", "the y with erfc y = x; DLMF 7.17.1 with 7.2.2", domain=((0.1, 1.9),),
             code=Code(numpy="_erfcinv(a)", jax="(-0.7071067811865476 * jax.scipy.special.ndtri((a) / 2))",
                       torch="(-0.7071067811865476 * torch.special.ndtri((a) / 2))")),
    Function("pi", lambda: (), balls.pi, "np.pi", "DLMF 3.12.1", latex=r"\pi", domain=(), sign=POSITIVE,
             code=Code(exact=True, torch="math.pi", loop="math.pi", cheap=True)),
)  # fmt: skip
