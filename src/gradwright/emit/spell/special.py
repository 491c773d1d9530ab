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

HELPERS = {
    "_gamma": '''
def _gamma(x: Array) -> Array:
    """Gamma x by the logarithm of its size; between negative whole numbers its sign alternates."""
    size = np.exp(_lgamma(x))
    return np.where((x < 0) & (np.floor(x) % 2 == 1), -size, size)
''',
    "_tetragamma": '''
def _tetragamma(x: Array) -> Array:
    """The derivative of trigamma for x > 0: by recurrence to 12 and more, then its asymptotic series."""
    found = 0.0 * x
    for k in range(12):
        found = found - 2.0 / (x + k) ** 3
    w = 1 / (x + 12)
    z = w * w
    series = np.where(z == z, -17.5, z)
    for c in (691 / 210, -5 / 6, 3 / 10, -1 / 6, 1 / 6, -1 / 2):
        series = series * z + c
    return found - z - w * z + z * z * series
''',
    "_dawson": '''
def _dawson(x: Array) -> Array:
    """exp(-x^2) times the integral of exp(t^2) from 0: its power series, Rybicki's sum, its asymptotic series."""
    a, z = np.abs(x), x * x
    term = near = np.where(a < 0.5, x, 0.5)
    for k in range(1, 15):
        term = term * np.where(a < 0.5, z, 0.25) / (-0.5 - k)
        near = near + term
    b = np.where(a < 1e3, a, 1e3)
    n = 2 * np.floor(2 * b + 0.5)
    rest = b - 0.25 * n
    up = np.exp(0.5 * rest)
    total, both = 0.0 * b, up * up
    for k in range(14):
        total = total + SUMMED[k] * (up / (n + 2 * k + 1) + 1 / ((n - 2 * k - 1) * up))
        up = up * both
    middle = 0.5641895835477563 * np.exp(-rest * rest) * total
    w = 1 / np.where(a < 0.5, 1.0, a)
    far = 0.5 * w * (1 + 0.5 * w * w * (1 + 1.5 * w * w))
    return np.where(a < 0.5, near, np.sign(x) * np.where(a < 1e3, middle, far))


SUMMED = tuple(2.718281828459045 ** -((k / 2 + 0.25) ** 2) for k in range(14))
''',
    "_sphj1": '''
def _sphj1(x: Array) -> Array:
    """(sin x/x - cos x)/x, by its power series where that cancels."""
    z = np.where(np.abs(x) < 1, x * x, 1.0)
    term = near = np.where(np.abs(x) < 1, x, 0.0) / 3
    for k in range(1, 9):
        term = term * z / (-2 * k * (2 * k + 3))
        near = near + term
    y = np.where(np.abs(x) < 1, 1.0, x)
    return np.where(np.abs(x) < 1, near, (np.sin(y) / y - np.cos(y)) / y)
''',
    "_erfinv": '''
def _erfinv(x: Array) -> Array:
    """The y with erf y = x."""
    a = np.abs(x)
    return np.copysign(_quantile(a, 1 - a), x)
''',
    "_erfcinv": '''
def _erfcinv(x: Array) -> Array:
    """The y with erfc y = x."""
    w = np.minimum(x, 2 - x)
    y = _quantile(1 - w, w)
    return np.where(x > 1, -y, y)
''',
    "_quantile": '''
def _quantile(p: Array, w: Array) -> Array:
    """The y >= 0 with erf y = p and erfc y = w: Giles' polynomials (2010), then Halley's steps."""
    t = -np.log(w * (2 - w))
    near, far = 0.0 * t, 0.0 * t
    for c, d in zip(NEAR_QUANTILE, FAR_QUANTILE):
        near, far = near * (t - 2.5) + c, far * (np.sqrt(t) - 3) + d
    wide = np.sqrt(t - 0.5 * np.log(3.141592653589793 * np.maximum(t, 1.0)) + 0.6931471805599453)
    y = np.where(t < 25, np.where(t < 5, near, far) * p, wide)
    for _ in range(3):
        e = np.exp(np.minimum(y * y, 708.0 if y.dtype == np.float64 else 87.0))
        gap = 0.886226925452758 * np.where(p < 0.5, (_erf(y) - p) * e, w * e - _erfcx(y))
        y = y - gap / (1 + y * gap)
    return np.where(w == 0, np.inf, y)


NEAR_QUANTILE = (
    2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503, -0.00417768164,
    0.246640727, 1.50140941,
)
FAR_QUANTILE = (
    -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
    1.00167406, 2.83297682,
)
''',
}
"""Functions that arrays compute as a whole, for what a target's library does not have."""

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
