"""Special functions in emitted modules. Owns: their formulas, and their text for arrays. Never: coefficients, plans.

A formula is written once, over NumPy arrays; ``runtime`` makes of it a scalar function for loops in either precision,
and JAX takes what its own library computes badly. Whatever a branch that is not taken computes does no harm.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from gradwright.emit.spell.polynomials import COEFFICIENTS

FORMULAS = {
    "erf": '''
    """The error function: x P(x^2) below 1, and 1 - exp(-x^2) times its scaled complement above."""
    a = np.abs(x)
    z = x * x
    p = _polynomial(z, ERF)
    far = 1.0 - np.exp(-z) * _tail(a)
    far = np.where(x < 0.0, -far, far)
    return np.where(a < 1.0, x * p, far)
''',
    "erfc": '''
    """1 - erf x, to the last digits where it is small."""
    far = _gauss(np.abs(x), 1.0) * _tail(np.abs(x))
    return np.where(x < 0.0, 2.0 - far, far)
''',
    "erfcx": '''
    """exp(x^2) erfc x."""
    a = np.abs(x)
    q = _tail(a)
    return np.where(x < 0.0, 2.0 / _gauss(a, 1.0) - q, q)
''',
    "logerfc": '''
    """log erfc x: below 1/2 by log1p(-erf x), above by the scaled complement."""
    a = np.abs(x)
    q = _tail(a)
    z = x * x
    p = _polynomial(z, ERF)
    m = np.where(a < 1.0, x * p, _gauss(a, 1.0) * q - 1.0)
    y = np.where(x < 0.5, 1.0 - m, q)
    return np.log(y) + np.where(x < 0.5, ((1.0 - y) - m) / y, -z)
''',
    "lognormcdf": '''
    """The log of the normal distribution function: above 0 by log1p, below by erfc's scaled form."""
    q = 0.5 * _tail(0.7071067811865476 * np.abs(x))
    p = _gauss(np.abs(x), 0.5) * q
    y = np.where(x > 0.0, 1.0 - p, q)
    return np.log(y) + np.where(x > 0.0, ((1.0 - y) - p) / y, -0.5 * x * x)
''',
    "lgamma": '''
    """log |Gamma x|: a polynomial next to its roots 1 and 2, Stirling's series from 7/2, its reflection below 0."""
    b = np.where(x < 0.0, 1.0 - x, x)
    t = b - np.where(b < 0.5, 0.0, np.where(b < 1.5, 1.0, np.where(b < 2.5, 2.0, 3.0)))
    step = np.where(b < 0.5, b * (b + 1.0), np.where(b < 1.5, b, np.where(b < 2.5, 1.0, b - 1.0)))
    log = np.log(np.where(b < 3.5, step, b))
    p = _polynomial(t, LGAMMA)
    near = t * p + np.where(b < 1.5, -log, log)
    w = 1.0 / b
    z = w * w
    s = _polynomial(z, STIRLING)
    found = np.where(b < 3.5, near, (b - 0.5) * (log - 1.0) + 0.4189385332046727 + w * s)
    r = x - np.rint(x)
    z = r * r
    s = _polynomial(z, SINE)
    return np.where(x < 0.0, -np.log(np.abs(r * s)) - found, found)
''',
    "digamma": '''
    """The derivative of log Gamma: a polynomial next to its root, its series from 2, its reflection below 0."""
    b = np.where(x < 0.0, 1.0 - x, x)
    w = 1.0 / b
    z = w * w
    high, low = _pair(ROOT, x)
    y = np.where(b < 1.0, b + 1.0, b)
    t = y - 1.5
    p = _polynomial(t, DIGAMMA)
    near = (y - high) * p - low * p - np.where(b < 1.0, w, 0.0)
    s = _polynomial(z, HARMONIC)
    found = np.where(b < 2.0, near, np.log(b) - 0.5 * w - z * s)
    r = x - np.rint(x)
    z = r * r
    c = _polynomial(z, COTANGENT)
    reflected = np.where(r == 0.0, r / r, found - c / r)
    return np.where(x < 0.0, reflected, found)
''',
    "trigamma": '''
    """The derivative of digamma: a polynomial below 2, its series from there, its reflection below 0."""
    b = np.where(x < 0.0, 1.0 - x, x)
    w = 1.0 / b
    z = w * w
    t = np.where(b < 1.0, b, b - 1.0) - 0.5
    p = _polynomial(t, TRIGAMMA)
    s = _polynomial(z, BERNOULLI)
    found = np.where(b < 2.0, p + np.where(b < 1.0, z, 0.0), w + (0.5 * z + w * z * s))
    r = x - np.rint(x)
    z = r * r
    s = _polynomial(z, SINE)
    c = 3.141592653589793 * r * s
    return np.where(x < 0.0, 9.869604401089358 / (c * c) - found, found)
''',
}
"""A function of x each; ``_gauss(x, c)`` is exp(-c x^2) for x >= 0, with the digits that x * x has lost."""

FOR_JAX = {
    "expm1": '''
    """exp x - 1, by a polynomial up to log 2."""
    p = _polynomial(x, EXPM)
    return np.where(np.abs(x) < 0.6931, x + x * x * p, np.exp(x) - 1.0)
''',
}
"""Functions that XLA has, but computes in twice the time."""

TAIL = '''
    """exp(x^2) erfc x for x >= 0."""
    t = 1.0 - 6.0 / (x + 3.0)
    p = _polynomial(t, ERFCX)
    return ((1.0 + t) * p + 1.0) / (2.0 * x + 1.0)
'''
"""What the formulas call ``_tail(x)``."""
DERIVATIVES = {
    "erfcx": "2.0 * x * _erfcx(x) - 1.1283791670955126",
    "logerfc": "-1.1283791670955126 / _erfcx(x)",
    "lognormcdf": "0.7978845608028654 / _erfcx(-0.7071067811865476 * x)",
    "lgamma": "_digamma(x)",
    "digamma": "_trigamma(x)",
    "trigamma": "jax.scipy.special.polygamma(2, x)",
    "expm1": "found + 1.0",
}
"""What JAX is told of the functions that it takes from here, so that it can differentiate what was emitted."""

_GAUSS = '''
def _gauss(x: Array, c: float) -> Array:
    """exp(-c x^2) for x >= 0, with the digits that x * x loses: a square that is exact, and the rest."""
    x = np.minimum(x, 40.0)
    high = _high(x)
    return np.exp(-c * high * high) * np.exp(-c * (x - high) * (x + high))
'''
_HIGH = {
    "np": '''
def _high(x: Array) -> Array:
    """The upper half of the digits."""
    whole, rest = (np.int32, 12) if x.dtype == np.float32 else (np.int64, 27)
    return ((x.view(whole) >> rest) << rest).view(x.dtype)
''',
    "jnp": '''
def _high(x: Array) -> Array:
    """The upper half of the digits."""
    bits = (8, 11) if x.dtype == jnp.float32 else (11, 25)
    return jax.lax.reduce_precision(x, *bits)
''',
}
_POLYNOMIAL = {
    "np": '''
def _polynomial(x: Array, coefficients: Any) -> Array:
    """The polynomial with these coefficients, the highest power first."""
    first, *rest = _pair(coefficients, x)
    found = np.full_like(x, first)
    for each in rest:
        found *= x
        found += each
    return found
''',
    "jnp": '''
def _polynomial(x: Array, coefficients: Any) -> Array:
    """The polynomial with these coefficients, the highest power first."""
    found, *rest = _pair(coefficients, x)
    for each in rest:
        found = found * x + each
    return found
''',
}
_PAIR = '''
def _pair(coefficients: Any, x: Array) -> Any:
    """The coefficients for the precision of x."""
    return coefficients[x.dtype != np.float32]
'''
_BY_BLOCKS = '''
def _by_blocks(function: Any) -> Any:
    """The function, some thousands of numbers at a time, so that all it writes stays in cache."""

    def over(x: Any) -> Array:
        x = np.asarray(x)
        flat = x.reshape(-1)
        found = np.empty_like(flat)
        for first in range(0, flat.size, 8192):
            found[first : first + 8192] = function(flat[first : first + 8192])
        return found.reshape(x.shape)

    return over
'''


def helpers(text: str, module: str = "np") -> list[str]:
    """What code for arrays needs of these functions: tables, then definitions."""
    formulas = FORMULAS if module == "np" else FORMULAS | FOR_JAX
    used = _used(text, formulas, module)
    if not used:
        return []
    bodies = {name: formulas[name].rstrip() for name in used}
    whole = "\n".join(bodies.values())
    code = [
        _table(name) for name in sorted({*re.findall(r"\b[A-Z]{3,}\b(?=[,)])", whole + TAIL * ("_tail(" in whole))})
    ]
    code += [_PAIR, _POLYNOMIAL[module]]
    code += [_HIGH[module], _GAUSS] if "_gauss(" in whole else []
    code += [f"\ndef _tail(x: Array) -> Array:{TAIL}"] if "_tail(" in whole else []
    code += [_BY_BLOCKS] if module == "np" else []
    for name, body in bodies.items():
        code.append(f"\n@{_AROUND[module]}\ndef _{name}(x: Array) -> Array:{body}\n")
    if module == "jnp":
        code += ["", *(f"_{name}.defjvps(lambda t, found, x: t * ({DERIVATIVES[name]}))" for name in used), ""]
    return re.sub(r"\bnp\.", f"{module}.", "\n".join(code)).split("\n")


_AROUND = {"np": "_by_blocks", "jnp": "jax.custom_jvp"}


def _used(text: str, formulas: Mapping[str, str], module: str) -> list[str]:
    """The functions that a text calls, and those that their derivatives call."""
    used: list[str] = []
    pending = [text]
    while pending:
        called = pending.pop()
        found = [name for name in formulas if f"_{name}(" in called and name not in used]
        found = [name for name in found if module == "np" or name in DERIVATIVES]
        used += found
        pending += [DERIVATIVES[name] for name in found] if module == "jnp" else []
    return [name for name in formulas if name in used]


def _table(name: str) -> str:
    """The coefficients as the module holds them: in single and in double precision."""
    lines = [f"{name} = ("]
    for row in COEFFICIENTS[name.lower()]:
        said = [f"{number!r}," for number in row]
        lines += ["    (", *(f"        {' '.join(said[k : k + 4])}" for k in range(0, len(said), 4)), "    ),"]
    return "\n".join([*lines, ")"])


__all__ = ["DERIVATIVES", "FORMULAS", "FOR_JAX", "TAIL", "helpers"]
