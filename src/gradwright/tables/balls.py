"""Values of scalar functions on balls. Owns: those that python-flint has not for both numbers and power series.

A value here shares nothing with the derivative in the row: certificates compare the two. Never: differentiates.
"""

from __future__ import annotations

from collections.abc import Callable
from math import factorial
from typing import Any


def sign_of(x: Any) -> int:
    """The sign of a ball or of a series' value; a ball that holds 0 has none."""
    value = x[0] if hasattr(x, "coeffs") else x
    if value > 0:
        return 1
    if value < 0:
        return -1
    if value is x and value == 0:  # exactly 0, and not about to be differentiated
        return 0
    raise ArithmeticError("the sign of a ball that contains 0")


def _vanishes(x: Any) -> bool:
    """Whether a series is exactly 0 to its last term: then so is its size, and what moves by its size."""
    return hasattr(x, "coeffs") and all(c == 0 for c in x.coeffs())


def size_of(x: Any) -> Any:
    """|x|: of a ball around 0 a ball, of a series that has only begun to leave 0 nothing."""
    if not hasattr(x, "coeffs"):
        return abs(x)
    return x if _vanishes(x) else x * sign_of(x)


def larger_of(x: Any, y: Any) -> Any:
    """The larger of two; what does not part from the other is no tie."""
    if x is y:
        return x
    if not (hasattr(x, "coeffs") or hasattr(y, "coeffs")):
        return x.max(y)
    return x if _vanishes(x - y) or sign_of(x - y) > 0 else y


def smaller_of(x: Any, y: Any) -> Any:
    return x if x is y else -larger_of(-x, -y)


def pi() -> Any:
    from flint import arb

    return arb.pi()


def polygamma(order: int, x: Any) -> Any:
    """The derivatives of log Γ after the first; of a series, by their own Taylor series at its value."""
    from flint import acb, arb_series, ctx

    if not hasattr(x, "coeffs"):
        return x.digamma() if order == 0 else acb(x).polygamma(order).real
    coefficients = [polygamma(order + k, x[0]) / factorial(k) for k in range(ctx.cap)]
    moved = arb_series([0, *x.coeffs()[1:]])
    return arb_series(coefficients)(moved) if len(moved) else arb_series(coefficients[:1])


def is_zero(x: Any) -> bool:
    """Whether a ball is exactly 0, and not about to be differentiated."""
    return not hasattr(x, "coeffs") and bool(x == 0)


def arctan2(y: Any, x: Any) -> Any:
    """The angle of (x, y): by y/x in the right half plane, by x/y above and below it."""
    from flint import arb

    if (x[0] if hasattr(x, "coeffs") else x) > 0:
        return (y / x).atan()
    return arb.pi() * sign_of(y) / 2 - (x / y).atan()


def cbrt(x: Any) -> Any:
    sign = sign_of(x)
    return ((x * sign).log() / 3).exp() * sign if sign else x


def sinc(x: Any) -> Any:
    angle = pi() * x
    return x + 1 if is_zero(x) else angle.sin() / angle


def sphj1(x: Any) -> Any:
    return x if is_zero(x) else (x.sin() / x - x.cos()) / x


def floor(x: Any) -> Any:
    """The whole number below; a ball that may hold another one has none."""
    value = x[0] if hasattr(x, "coeffs") else x
    whole = value.floor().unique_fmpz()
    if whole is None or (value is not x and value.contains_integer()):
        raise ArithmeticError("the whole number below a ball that contains one")
    return x * 0 + whole


def logsubexp(x: Any, y: Any) -> Any:
    gap = x.exp() - y.exp()
    return (gap * sign_of(gap)).log()


def dawson(x: Any) -> Any:
    return (-x * x).exp() * x.erfi() * pi().sqrt() / 2


def inverted(x: Any, function: Callable[[Any], Any], inverse: Callable[[Any], Any]) -> Any:
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


def erf(x: Any) -> Any:
    return x.erf()


def erfinv(x: Any) -> Any:
    return x.erfinv()


def erfc(x: Any) -> Any:
    return x.erfc()


def erfcinv(x: Any) -> Any:
    return x.erfcinv()


def over_root_two(x: Any) -> Any:
    from flint import arb

    return x / arb(2).sqrt()
