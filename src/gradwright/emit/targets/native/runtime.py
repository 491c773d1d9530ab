"""What every native module starts with. Owns: the text of its scalar functions and of the thread pool. Never: plans.

Scalar functions are polynomials written out, so that the compiler vectorises the loop they stand in: a formula per
function, of which a version for either precision is made. Bounds are in docs/emit.md and tested. Tables of
coefficients that NumPy's forms read stand with those, in ``text/special``.
"""

from __future__ import annotations

import re

from gradwright.emit.spell.module import passed_on
from gradwright.emit.spell.polynomials import COEFFICIENTS
from gradwright.emit.spell.special import FORMULAS, TAIL

NUMBA = '''
try:
    from numba import get_num_threads, njit, types
    from numba.extending import intrinsic, overload

    NATIVE = True
except ImportError:
    import warnings

    warnings.warn("Numba is not installed: NumPy computes this instead, more slowly", RuntimeWarning, stacklevel=2)
    NATIVE = False

    def _plain(*_: Any, **__: Any) -> Any:
        """Without Numba a decorator does nothing."""
        return lambda function: function

    njit = overload = _plain
    intrinsic = _plain()
    types = get_num_threads = None

_FILE = os.path.splitext(os.path.basename(globals().get("__file__", "")))[0]
_CACHED = __name__.rpartition(".")[2] == _FILE and getattr(sys.modules.get(__name__), "__dict__", None) is globals()
"""Whether it was imported by its name: what Numba keeps on disk is found by that name again, and by no other."""
_INLINED = {"fastmath": {"contract"}, "error_model": "numpy", "forceinline": True, "cache": _CACHED}
_inlined = njit(**_INLINED)
_compiled = njit(fastmath={"contract"}, error_model="numpy", nogil=True, cache=_CACHED)
'''
THREADS = '''
_POOL: dict[int, ThreadPoolExecutor] = {}
_processor = getattr(ctypes.CDLL(None), "sched_getcpu", None) if hasattr(os, "sched_setaffinity") else None
_AWAY: dict[int, int] = {}
"""The processor that each thread is kept away from."""


def _parts(work: int) -> int:
    """How many threads share the work: one where it is small."""
    return get_num_threads() if work >= 1 << 17 else 1


def _share(kernel: Any, parts: int, rows: int, *arguments: Any) -> None:
    """Run the kernel over all rows, a range of them in each thread."""
    if parts == 1:
        kernel(0, 0, rows, *arguments)
        return
    if os.getpid() not in _POOL:  # a forked process has no threads of its parent's
        _AWAY.clear()
        _POOL[os.getpid()] = ThreadPoolExecutor(
            get_num_threads(), initializer=lambda: _AWAY.update({get_native_id(): -1})
        )
    _spread()
    ranges = [(part, rows * part // parts, rows * (part + 1) // parts) for part in range(parts)]
    waiting = [_POOL[os.getpid()].submit(kernel, *each, *arguments) for each in ranges[1:]]
    kernel(*ranges[0], *arguments)
    for each in waiting:
        each.result()


def _spread() -> None:
    """Keep the threads off the caller's processor, where the kernels of some virtual machines pack short work."""
    here = _processor() if _processor else -1
    for thread in [thread for thread, away in _AWAY.copy().items() if away != here]:
        with suppress(OSError):
            if others := os.sched_getaffinity(0) - {here}:
                os.sched_setaffinity(thread, others)
        _AWAY[thread] = here
'''
ARRAYS = '''

def _contiguous(array: Array) -> Array:
    """The array with its rows one after another; numbers stay numbers."""
    return np.ascontiguousarray(array) if array.ndim else array


def _buffer(out: Any, shape: tuple[int, ...], dtype: Any) -> Array:
    """Where the result goes: the caller's array if it fits, else a new one."""
    usable = out is not None and out.dtype == dtype and out.shape == shape and out.flags.c_contiguous
    return out if usable else np.empty(shape, dtype)


def _into(out: Any, result: Array) -> Array:
    """The result, in the caller's array where one was given."""
    if out is None or out is result:
        return result
    out[...] = result
    return out


def _check_out(out: Any, given: dict[str, Any], shape: tuple[int, ...], dtype: Any) -> None:
    """The caller's array can receive the result, and is none of the arguments."""
    if out is None:
        return
    if not isinstance(out, np.ndarray) or not out.flags.writeable:
        raise TypeError("out must be a NumPy array that can be written to")
    if out.shape != shape:
        raise ValueError(f"out has shape {out.shape}, expected {shape}")
    if out.dtype != dtype:
        raise TypeError(f"out has dtype {out.dtype}, expected {dtype}")
    for name, array in given.items():
        if np.may_share_memory(out, array) and np.shares_memory(out, array):
            raise ValueError(f"out overlaps {name}")
'''

PRECISIONS = {
    32: {
        "FLOAT": "np.float32", "INT": "np.int32", "DIGITS": "23", "BIAS": "127", "MAGIC": "12582912.0",
        "LOWEST": "-104.0", "NORMAL": "-88.0", "HIGHEST": "89.0", "TINY": "1.17549435e-38", "SCALE": "8388608.0",
        "LOG2E": "1.44269504", "LOG2_HIGH": "0.693359375", "LOG2_LOW": "-2.12194440e-4", "SHIFT": "23.0",
        "HALF_ROOT": "0x3F3504F3", "TO_ONE": "0x004AFB0D", "FRACTION": "0x007FFFFF", "ONE": "0x3F800000",
        "UPPER": "-4096", "LEAST": "-3.4028234663852886e+38", "SAFE": "9.8607613e-32",
    },
    64: {
        "FLOAT": "np.float64", "INT": "np.int64", "DIGITS": "52", "BIAS": "1023", "MAGIC": "6755399441055744.0",
        "LOWEST": "-746.0", "NORMAL": "-709.0", "HIGHEST": "710.0", "TINY": "2.2250738585072014e-308",
        "SCALE": "4503599627370496.0", "LOG2E": "1.4426950408889634", "LOG2_HIGH": "0.693147180369123816490",
        "LOG2_LOW": "1.90821492927058770002e-10", "SHIFT": "52.0", "HALF_ROOT": "0x3FE6A09E667F3BCD",
        "TO_ONE": "0x00095F619980C433", "FRACTION": "0x000FFFFFFFFFFFFF", "ONE": "0x3FF0000000000000",
        "UPPER": "-134217728", "LEAST": "-1.7976931348623157e+308", "SAFE": "1.0020841800044864e-292",
    },
}  # fmt: skip
"""Words of the formulas below. LOG2_HIGH + LOG2_LOW is log 2, in parts with exact multiples (Cody and Waite, 1980)."""

_FORMULAS = {
    "exp(x)": '''
    """exp x = 2^n exp r with |r| <= log(2)/2."""
    y = LOWEST if x < LOWEST else x
    y = HIGHEST if y > HIGHEST else y
    n = y * LOG2E + MAGIC - MAGIC
    r = y - n * LOG2_HIGH - n * LOG2_LOW
    p = _polynomial(r, EXP)
    p = (p * r + 1.0) * r + 1.0
    half = INT(n) >> INT(1)
    rest = INT(n) - half
    two = INT((half + INT(BIAS)) << INT(DIGITS)).view(FLOAT)
    more = INT((rest + INT(BIAS)) << INT(DIGITS)).view(FLOAT)
    return p * two * more
''',
    "exp_less(x, rest)": '''
    """exp(x - rest) for x <= 0 and a small rest; 0 where it is below the smallest normal number."""
    y = NORMAL if x < NORMAL else x
    shifted = y * LOG2E + MAGIC
    n = shifted - MAGIC
    r = y - n * LOG2_HIGH - n * LOG2_LOW - rest
    p = _polynomial(r, EXP)
    p = (p * r + 1.0) * r + 1.0
    bits = INT(FLOAT(shifted).view(INT) << INT(DIGITS))
    return p * INT(bits + INT(ONE)).view(FLOAT)
''',
    "exp_below(x)": '''
    """exp x for x <= 0; 0 where it is below the smallest normal number."""
    return _exp_less(x, 0.0)
''',
    "gauss1(x, c)": '''
    """exp(-c x^2) for x >= 0, with the digits that x * x loses: a square that is exact, and the rest."""
    y = 40.0 if x > 40.0 else x
    high = INT(FLOAT(y).view(INT) & INT(UPPER)).view(FLOAT)
    return _exp_less(-c * high * high, c * (y - high) * (y + high))
''',
    "expm1(x)": '''
    """exp x - 1 = 2^n (exp r - 1) + 2^n - 1."""
    y = -40.0 if x < -40.0 else x
    y = HIGHEST if y > HIGHEST else y
    n = y * LOG2E + MAGIC - MAGIC
    r = y - n * LOG2_HIGH - n * LOG2_LOW
    p = _polynomial(r, EXPM1)
    p = p * r * r + r
    half = INT(n) >> INT(1)
    rest = INT(n) - half
    two = INT((half + INT(BIAS)) << INT(DIGITS)).view(FLOAT)
    more = INT((rest + INT(BIAS)) << INT(DIGITS)).view(FLOAT)
    return p * two * more + (two * more - 1.0)
''',
    "log(x)": '''
    """log x = n log 2 + log m with sqrt(1/2) <= m < sqrt(2)."""
    small = x < TINY
    y = FLOAT(x * SCALE if small else x)
    bits = INT(y.view(INT) + INT(TO_ONE))
    n = FLOAT((bits >> INT(DIGITS)) - INT(BIAS)) - (SHIFT if small else 0.0)
    m = INT((bits & INT(FRACTION)) + INT(HALF_ROOT)).view(FLOAT)
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    p = _polynomial(z, LOG)
    half = 0.5 * f * f
    tail = s * (half + z * p) + n * LOG2_LOW
    found = tail - half + f + n * LOG2_HIGH
    found = found if x < FLOAT(np.inf) else x
    return found if x > 0.0 else FLOAT(-np.inf if x == 0 else np.nan)
''',
    "finite(x)": '''
    """x, with the least number there is in the place of -inf."""
    return LEAST if x < LEAST else x
''',
    "root1(x)": '''
    """The square root of a sum of squares; nan where it may have lost digits to overflow or underflow."""
    return math.sqrt(x if x >= SAFE and x < FLOAT(np.inf) else FLOAT(np.nan))
''',
    "where(condition, a, b)": '''
    """a where the condition holds, else b."""
    return a if condition else b
''',
    "maximum(a, b)": '''
    """The larger of a and b, NaN if either is."""
    return a if a > b or a != a else b
''',
    "minimum(a, b)": '''
    """The smaller of a and b, NaN if either is."""
    return a if a < b or a != a else b
''',
    "log1p(a)": '''
    """log(1 + a): what is lost in 1 + a is added again."""
    one = type(a)(1)
    u = one + a
    lost = (a - (u - one)) / u
    return _log(u) + (lost if abs(lost) < one else type(a)(0))
''',
    "softplus(a)": '''
    """log(1 + exp a), without overflow."""
    return (type(a)(0) if a < 0 else a) + _log1p(_exp_below(-abs(a)))
''',
    "sigmoid1(a)": '''
    """1/(1 + exp(-a)), without overflow."""
    one = type(a)(1)
    e = _exp_below(-abs(a))
    return (e if a < 0 else one) / (one + e)
''',
    "tanh(a)": '''
    """tanh a = -t/(t + 2) with t = exp(-2 a) - 1, for a >= 0."""
    two = type(a)(2)
    t = _expm1(-two * abs(a))
    found = -t / (t + two)
    return -found if a < 0 else found
''',
    "relu(a)": '''
    """max(a, 0)."""
    return type(a)(0) if a < 0 else a
''',
    "step(a)": '''
    """1 where a > 0."""
    return type(a)(1) if a > 0 else type(a)(0)
''',
    "sign(a)": '''
    """-1, 0 or 1."""
    return type(a)(1) if a > 0 else (type(a)(-1) if a < 0 else a)
''',
    "power2(a)": '''
    """a squared."""
    return a * a
''',
    "power3(a)": '''
    """a cubed."""
    return a * a * a
''',
    "power4(a)": '''
    """a to the fourth."""
    return (a * a) * (a * a)
''',
}
_ARRAYS = {"np.abs(": "abs(", "np.log(": "_log(", "np.exp(": "_exp_below(", "np.where(": "_where("}
"""What a formula over arrays becomes over numbers; the names of functions that arrays have too end in 1."""


def _numbers(formula: str) -> str:
    for array, scalar in _ARRAYS.items():
        formula = formula.replace(array, scalar)
    return re.sub(r"_(tail|gauss)\(", r"_\g<1>1(", formula)


SCALARS = _FORMULAS | {f"{name}1(x)": _numbers(formula) for name, formula in {**FORMULAS, "tail": TAIL}.items()}
"""A scalar function's formula, by its name and what it is given; one without a word or a fraction is written in numbers
of any type."""


def _in_precision(line: str, bits: int) -> list[str]:
    """A line of a formula with its polynomial written out, in numbers of one precision."""
    polynomial = re.fullmatch(r"    (\w+) = _polynomial\((\w+), (\w+)\)", line)
    pair = re.fullmatch(r"    (\w+), (\w+) = _pair\((\w+), \w+\)", line)
    if polynomial:
        p, x, table = polynomial.groups()
        first, second, *rest = _coefficients(table, bits)
        lines = [f"    {p} = {first} * {x} + {second}", *(f"    {p} = {p} * {x} + {c}" for c in rest)]
    elif pair:
        high, low, table = pair.groups()
        lines = [f"    {name} = {c}" for name, c in zip((high, low), _coefficients(table, bits), strict=True)]
    elif '"""' in line:
        return [line]
    else:
        words = PRECISIONS[bits]
        lines = [re.sub(r"\b[A-Z][A-Z0-9_]*\b", lambda m: words[m.group()], line)]
    if bits == 64:
        return lines
    return [
        re.sub(r"(?<![\w.])-?\d+\.\d*(e[-+]?\d+)?|(?<![\w.])-?\d+e[-+]?\d+", r"np.float32(\g<0>)", x) for x in lines
    ]


def _coefficients(table: str, bits: int) -> list[str]:
    """A polynomial's coefficients: those of the module's table where NumPy's form reads it, else written out."""
    row = COEFFICIENTS[table.lower()][bits == 64]
    if not re.search(rf"\b{table}\b", "".join((*FORMULAS.values(), TAIL))):
        return [repr(number) for number in row]
    held = [f"{table}[{int(bits == 64)}][{k}]" for k in range(len(row))]
    return held if bits == 64 else [f"np.float32({text})" for text in held]


def _compiled(called: str, formula: str) -> str:
    """A scalar function for Numba: one for any type, or one in both precisions and what chooses by the type at hand."""
    name, _, given = called.removesuffix(")").partition("(")
    body = formula.strip("\n").split("\n")
    if not re.search(r"\b[A-Z]{3,}\b|\d\.\d", formula):
        return "\n".join(["", "@_inlined", f"def _{name}({given}):  # type: ignore[no-untyped-def]", *body, ""])
    code = []
    for bits in PRECISIONS:
        lines = [text for line in body for text in _in_precision(line, bits)]
        code += ["", "@_inlined", f"def _{name}_{bits}({given}):  # type: ignore[no-untyped-def]", *lines, ""]
    either = [f"lambda {given}: _{name}_{bits}({given})" for bits in PRECISIONS]
    parameters = ", ".join(f"{x}: Any" for x in given.split(", "))
    code += ["", f"def _{name}({parameters}) -> Any:", body[0], "", ""]
    code += [f"@overload(_{name}, jit_options=_INLINED)", f"def _{name}_of({given}):  # type: ignore[no-untyped-def]"]
    code += ['    """The same for the type at hand."""']
    code += [f"    return ({either[0]}) if x == types.float32 else ({either[1]})", ""]
    return "\n".join(code)


def _extremum(name: str, sign: str) -> str:
    return f'''
@intrinsic
def {name}(context, a, b):  # type: ignore[no-untyped-def]
    """The {name[1:]} of a and b, in a fold whose terms may be taken in any order."""
    return a(a, a), lambda _, build, __, x: build.select(
        build.fcmp_ordered("{sign}", *x, flags=("nnan", "nsz")), *x, flags=("nnan", "nsz")
    )
'''


FUNCTIONS = {
    **{"_" + called.partition("(")[0]: _compiled(called, formula) for called, formula in SCALARS.items()},
    "_plus": '''
@njit(fastmath={"reassoc", "nsz"}, forceinline=True, cache=_CACHED)
def _plus(a, b):  # type: ignore[no-untyped-def]
    """a + b in a sum whose terms may be taken in any order."""
    return a + b
''',
    "_larger": _extremum("_larger", ">"),
    "_smaller": _extremum("_smaller", "<"),
    "_turned": '''
@_compiled
def _turned(a, first, b, start, rows, columns):  # type: ignore[no-untyped-def]
    """b[start + j, i] = a[first + i, j] for so many rows i and columns j."""
    for i in range(np.uint64(rows)):
        for j in range(np.uint64(columns)):
            b[np.uint64(start) + j, i] = a[np.uint64(first) + i, j]
''',
}


IMPORTS = ("from concurrent.futures import ThreadPoolExecutor", "from contextlib import suppress",
           "from threading import get_native_id")  # fmt: skip


def runtime(kernels: str) -> str:
    """The text before the kernels: the functions they call, and those that these call."""
    pending, used = [kernels], set[str]()
    while pending:
        more = (passed_on(pending.pop()) & FUNCTIONS.keys()) - used
        used |= more
        pending += [FUNCTIONS[name] for name in more]
    return NUMBA + THREADS + ARRAYS + "\n".join(text for name, text in FUNCTIONS.items() if name in used)
