"""Names for what other scalar functions say, one row each. Owns: what each is read as. Never: applies a rule."""

from __future__ import annotations

from fractions import Fraction

from gradwright.core.build import HALF, ONE, add, apply, const, divide, mul, negate, power, subtract
from gradwright.core.node import Node
from gradwright.tables.functions import MINUS_HALF, PI, ROOT_HALF, TWO, exp, log, reciprocal
from gradwright.tables.row import REAL, RIGHT, Abbreviation

_DEGREE = mul(PI, const(Fraction(1, 180)))


def _log_beta(x: Node, y: Node) -> Node:
    return subtract(add(apply("lgamma", x), apply("lgamma", y)), apply("lgamma", add(x, y)))


def _rounded_to_zero(x: Node) -> Node:
    return mul(apply("sign", x), apply("floor", apply("abs", x)))


ROWS = (
    Abbreviation("sqrt", lambda x: power(x, HALF), "x^(1/2)", latex=r"\sqrt", domain=(RIGHT,)),
    Abbreviation("square", lambda x: power(x, TWO), "x²", own=True),
    Abbreviation("log2", lambda x: divide(log(x), log(TWO)), "log x/log 2", latex=r"\log_2", domain=(RIGHT,)),
    Abbreviation("log10", lambda x: divide(log(x), log(const(10))), "log x/log 10", domain=(RIGHT,)),
    Abbreviation("exp2", lambda x: power(TWO, x), "2^x"),
    Abbreviation("exp10", lambda x: power(const(10), x), "10^x"),
    Abbreviation("abs2", lambda x: power(x, TWO), "x², of a real number", own=True),
    Abbreviation("reciprocal", reciprocal, "1/x", domain=(RIGHT,), own=True),
    Abbreviation("rsqrt", lambda x: power(x, MINUS_HALF), "x^(−1/2)", domain=(RIGHT,), own=True),
    Abbreviation("pow", power, "x^y, entry by entry", domain=(RIGHT, REAL), aliases=("power",), own=True),
    Abbreviation("hypot", lambda x, y: power(add(power(x, TWO), power(y, TWO)), HALF), "√(x² + y²)",
                 domain=(RIGHT, RIGHT), almost="where both arguments are 0"),
    Abbreviation("sec", lambda x: reciprocal(apply("cos", x)), "1/cos x", latex=r"\sec", domain=((-1.2, 1.2),)),
    Abbreviation("csc", lambda x: reciprocal(apply("sin", x)), "1/sin x", latex=r"\csc", domain=(RIGHT,)),
    Abbreviation("cot", lambda x: reciprocal(apply("tan", x)), "1/tan x", latex=r"\cot", domain=((0.25, 1.3),)),
    Abbreviation("arcsec", lambda x: apply("arccos", reciprocal(x)), "arccos(1/x)", domain=((1.25, 4.0),),
                 aliases=("asec",)),
    Abbreviation("arccsc", lambda x: apply("arcsin", reciprocal(x)), "arcsin(1/x)", domain=((1.25, 4.0),),
                 aliases=("acsc",)),
    Abbreviation("arccot", lambda x: apply("arctan", reciprocal(x)), "arctan(1/x)", domain=(RIGHT,), aliases=("acot",)),
    Abbreviation("sech", lambda x: reciprocal(apply("cosh", x)), "1/cosh x"),
    Abbreviation("csch", lambda x: reciprocal(apply("sinh", x)), "1/sinh x", domain=(RIGHT,)),
    Abbreviation("coth", lambda x: reciprocal(apply("tanh", x)), "1/tanh x", latex=r"\coth", domain=(RIGHT,)),
    Abbreviation("arcsech", lambda x: apply("arccosh", reciprocal(x)), "arccosh(1/x)", domain=((0.1, 0.9),),
                 aliases=("asech",), written=("arsech",)),
    Abbreviation("arccsch", lambda x: apply("arcsinh", reciprocal(x)), "arcsinh(1/x)", domain=(RIGHT,),
                 aliases=("acsch",),
                 written=("arcsch",)),
    Abbreviation("arccoth", lambda x: apply("arctanh", reciprocal(x)), "arctanh(1/x)", domain=((1.25, 4.0),),
                 aliases=("acoth",), written=("arcoth",)),
    Abbreviation("sinpi", lambda x: apply("sin", mul(PI, x)), "sin(πx)"),
    Abbreviation("cospi", lambda x: apply("cos", mul(PI, x)), "cos(πx)"),
    Abbreviation("deg2rad", lambda x: mul(_DEGREE, x), "πx/180", aliases=("radians",)),
    Abbreviation("rad2deg", lambda x: divide(x, _DEGREE), "180x/π", aliases=("degrees",)),
    Abbreviation("sind", lambda x: apply("sin", mul(_DEGREE, x)), "the sine of degrees"),
    Abbreviation("cosd", lambda x: apply("cos", mul(_DEGREE, x)), "the cosine of degrees"),
    Abbreviation("tand", lambda x: apply("tan", mul(_DEGREE, x)), "the tangent of degrees"),
    Abbreviation("asind", lambda x: divide(apply("arcsin", x), _DEGREE), "the arcsine in degrees",
                 domain=((-0.9, 0.9),)),
    Abbreviation("acosd", lambda x: divide(apply("arccos", x), _DEGREE), "the arccosine in degrees",
                 domain=((-0.9, 0.9),)),
    Abbreviation("atand", lambda x: divide(apply("arctan", x), _DEGREE), "the arctangent in degrees"),
    Abbreviation("ldexp", lambda x, y: mul(x, power(TWO, y)), "x 2^y", domain=(REAL, REAL)),
    Abbreviation("mod", lambda x, y: subtract(x, mul(y, apply("floor", divide(x, y)))), "x − y ⌊x/y⌋",
                 domain=((0.3, 0.9), (1.1, 2.5)), almost="at multiples of the second argument", own=True),
    Abbreviation("rem", lambda x, y: subtract(x, mul(y, _rounded_to_zero(divide(x, y)))),
                 "x − y times x/y rounded towards 0", domain=((0.3, 0.9), (1.1, 2.5)),
                 almost="at multiples of the second argument", own=True),
    Abbreviation("beta", lambda x, y: exp(_log_beta(x, y)), "DLMF 5.12.1", domain=(RIGHT, RIGHT)),
    Abbreviation("logbeta", _log_beta, "the logarithm of DLMF 5.12.1", domain=(RIGHT, RIGHT),
                 aliases=("lbeta", "betaln")),
    Abbreviation("logerfcx", lambda x: log(apply("erfcx", x)), "log of erfcx"),
    Abbreviation("xlogx", lambda x: apply("xlogy", x, x), "x log x, 0 at 0", domain=(RIGHT,)),
    Abbreviation("entr", lambda x: negate(apply("xlogy", x, x)), "−x log x, 0 at 0", domain=(RIGHT,)),
    Abbreviation("log2mexp", lambda x: apply("log1p", negate(apply("expm1", x))), "log(2 − e^x)",
                 domain=((-2.0, 0.5),)),
    Abbreviation("logexpm1", lambda x: add(x, apply("log1mexp", negate(x))), "log(e^x − 1)", domain=(RIGHT,)),
    Abbreviation("log1psq", lambda x: apply("log1p", power(x, TWO)), "log(1 + x²)"),
    Abbreviation("log1pmx", lambda x: subtract(apply("log1p", x), x), "log(1 + x) − x", domain=((-0.5, 2.0),)),
    Abbreviation("logmxp1", lambda x: add(subtract(log(x), x), ONE), "log x − x + 1", domain=(RIGHT,)),
    Abbreviation("mish", lambda x: mul(x, apply("tanh", apply("softplus", x))),
                 "arXiv:1908.08681: x tanh(log(1 + e^x))",
                 written=("Mish",), own=True),
    Abbreviation("silu", lambda x: mul(x, apply("sigmoid", x)), "arXiv:1702.03118: x σ(x)",
                 aliases=("swish",), written=("SiLU", "Swish"), own=True),
    Abbreviation("gelu", lambda x: mul(HALF, x, add(ONE, apply("erf", mul(x, ROOT_HALF)))), "arXiv:1606.08415: x Φ(x)",
                 written=("GELU", "GeLU"), own=True),
    Abbreviation("normcdf", lambda x: mul(HALF, apply("erfc", negate(mul(x, ROOT_HALF)))), "Φ of DLMF 7.17",
                 aliases=("ndtr",), own=True),
    Abbreviation("logsigmoid", lambda x: negate(apply("softplus", negate(x))), "log σ(x) = −log(1 + e^−x)",
                 written=("LogSigmoid",), own=True),
)  # fmt: skip
