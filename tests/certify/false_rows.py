"""Rows that are wrong, each in its own way. The tester that passes the real table must reject every one of them."""

from __future__ import annotations

from fractions import Fraction

from gradwright.core.build import MINUS_ONE, ONE, ZERO, add, apply, const, divide, mul, negate, power, subtract
from gradwright.tables.scalars import FUNCTIONS, Function

TWO = const(2)
POSITIVE = ((0.25, 2.5),)

FALSE_ROWS = (
    Function("cos_sign", lambda x: (apply("sin", x),), lambda x: x.cos(), "np.cos(a)", "sign lost"),
    Function("square_factor", lambda x: (x,), lambda x: x * x, "a * a", "factor lost"),
    Function("log_power", lambda x: (power(x, const(-2)),), lambda x: x.log(), "np.log(a)", "power off by one",
             domain=POSITIVE),
    Function("tanh_square", lambda x: (subtract(ONE, apply("tanh", x)),), lambda x: 1 - 2 / ((2 * x).exp() + 1),
             "np.tanh(a)", "square lost"),
    Function("tan_minus", lambda x: (subtract(ONE, power(apply("tan", x), TWO)),), lambda x: x.tan(), "np.tan(a)",
             "1 − tan² for 1 + tan²", domain=((-1.2, 1.2),)),
    Function("sigmoid_plus", lambda x: (mul(apply("sigmoid", x), add(ONE, apply("sigmoid", x))),),
             lambda x: 1 / (1 + (-x).exp()), "special.expit(a)", "wrong sign inside"),
    Function("zero", lambda x: (ZERO,), lambda x: x.atan(), "np.arctan(a)", "a silent 0"),
    Function("abs_half", lambda x: (ONE,), FUNCTIONS["abs"].ball, "np.abs(a)", "right for x > 0 only"),
    Function("nearly", lambda x: (add(apply("exp", x), const(Fraction(1, 10**12))),), lambda x: x.exp(), "np.exp(a)",
             "off by 1e-12"),
    Function("float_constant", lambda x: (mul(const(1.1283791670955126), apply("exp", negate(power(x, TWO)))),),
             lambda x: x.erf(), "special.erf(a)", "2/sqrt(pi) as a float"),
    Function("arccos_domain", lambda x: (power(subtract(ONE, power(x, TWO)), const(Fraction(-1, 2))),),
             lambda x: x.acos(), "np.arccos(a)", "sign of arccos′", domain=((-0.9, 0.9),)),
    Function("lgamma_log", lambda x: (apply("log", x),), lambda x: x.lgamma(), "special.gammaln(a)",
             "digamma by its asymptote", domain=POSITIVE),
    Function("missing", lambda x, y: (ONE,), lambda x, y: x + y, "a + b", "one derivative of two",
             domain=((-2, 2), (-2, 2))),
    Function("swapped", lambda x, y: (x, y), lambda x, y: x * y, "a * b", "arguments swapped",
             domain=((-2, 2), (-2, 2))),
    Function("max_swapped", lambda x, y: (apply("step", subtract(y, x)), apply("step", subtract(x, y))),
             FUNCTIONS["max"].ball, "np.maximum(a, b)", "the smaller argument", domain=((-2, 2), (-2, 2))),
    Function("spelling", lambda x: (divide(ONE, add(ONE, x)),), lambda x: (1 + x).log(), "np.log(a)",
             "the NumPy spelling of another function", domain=((0.5, 2.0),)),
    Function("undefined", lambda x: (power(subtract(x, x), MINUS_ONE),), lambda x: x.exp(), "np.exp(a)",
             "exists nowhere"),
)  # fmt: skip
