"""What every native module starts with. Owns: the text of its scalar functions and of the thread pool. Never: plans.

Scalar functions are polynomials written out, so that the compiler vectorises the loop they stand in. Coefficients are
minimax in relative error, found by Remez' exchange with 160 bits; bounds are in docs/emit.md and tested.
"""

from __future__ import annotations

import re

HEAD = '''
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

_CACHED = "__file__" in globals() and os.path.exists(__file__)
_compiled = njit(fastmath={"contract"}, error_model="numpy", nogil=True, cache=_CACHED)
_inlined = njit(fastmath={"contract"}, error_model="numpy", forceinline=True, cache=_CACHED)
_POOL: dict[int, ThreadPoolExecutor] = {}


def _parts(work: int) -> int:
    """How many threads share the work: one where it is small."""
    return get_num_threads() if work >= 32768 else 1


def _share(kernel: Any, parts: int, rows: int, *arguments: Any) -> None:
    """Run the kernel over all rows, a range of them in each thread."""
    ranges = [(part, rows * part // parts, rows * (part + 1) // parts) for part in range(parts)]
    if parts > 1 and os.getpid() not in _POOL:  # a forked process has no threads of its parent's
        _POOL[os.getpid()] = ThreadPoolExecutor(get_num_threads())
    waiting = [_POOL[os.getpid()].submit(kernel, *each, *arguments) for each in ranges[1:]]
    kernel(*ranges[0], *arguments)
    for each in waiting:
        each.result()


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

_FUNCTIONS = {
    "_plus": '''
@njit(fastmath={"reassoc", "nsz"}, forceinline=True, cache=_CACHED)
def _plus(a, b):  # type: ignore[no-untyped-def]
    """a + b in a sum whose terms may be taken in any order."""
    return a + b
''',
    "_larger": '''
@intrinsic
def _larger(context, a, b):  # type: ignore[no-untyped-def]
    """The larger of a and b in a maximum whose terms may be taken in any order."""
    return a(a, a), lambda _, build, __, x: build.select(
        build.fcmp_ordered(">", *x, flags=("nnan", "nsz")), *x, flags=("nnan", "nsz")
    )
''',
    "_smaller": '''
@intrinsic
def _smaller(context, a, b):  # type: ignore[no-untyped-def]
    """The smaller of a and b in a minimum whose terms may be taken in any order."""
    return a(a, a), lambda _, build, __, x: build.select(
        build.fcmp_ordered("<", *x, flags=("nnan", "nsz")), *x, flags=("nnan", "nsz")
    )
''',
    "_maximum": '''
@_inlined
def _maximum(a, b):  # type: ignore[no-untyped-def]
    """The larger of a and b, NaN if either is."""
    return a if a > b or a != a else b
''',
    "_minimum": '''
@_inlined
def _minimum(a, b):  # type: ignore[no-untyped-def]
    """The smaller of a and b, NaN if either is."""
    return a if a < b or a != a else b
''',
    "_exp": '''
@_inlined
def _exp32(x):  # type: ignore[no-untyped-def]
    """exp x = 2^n exp r with |r| <= log(2)/2, in single precision."""
    y = np.float32(-104.0) if x < np.float32(-104.0) else x
    y = np.float32(89.0) if y > np.float32(89.0) else y
    shifted = y * np.float32(1.44269504) + np.float32(12582912.0)
    n = shifted - np.float32(12582912.0)
    r = y - n * np.float32(0.693359375) + n * np.float32(2.12194440e-4)
    p = np.float32(1.38368149e-3) * r + np.float32(8.37482383e-3)
    p = p * r + np.float32(4.16682266e-2)
    p = p * r + np.float32(1.66664201e-1)
    p = p * r + np.float32(4.99999921e-1)
    p = p * r * r + r + np.float32(1.0)
    half = np.int32(n) >> np.int32(1)
    rest = np.int32(n) - half
    two = np.int32((half + np.int32(127)) << np.int32(23)).view(np.float32)
    more = np.int32((rest + np.int32(127)) << np.int32(23)).view(np.float32)
    return p * two * more


@_inlined
def _exp64(x):  # type: ignore[no-untyped-def]
    """exp x = 2^n exp r with |r| <= log(2)/2, in double precision."""
    y = -746.0 if x < -746.0 else x
    y = 710.0 if y > 710.0 else y
    shifted = y * 1.4426950408889634 + 6755399441055744.0
    n = shifted - 6755399441055744.0
    r = y - n * 0.693147180369123816490 - n * 1.90821492927058770002e-10
    p = 2.499432087082597e-08 * r + 2.7632308940476243e-07
    p = p * r + 2.7557622561645673e-06
    p = p * r + 2.4801486479401385e-05
    p = p * r + 1.9841269432553914e-04
    p = p * r + 1.3888888951262876e-03
    p = p * r + 8.3333333335593710e-03
    p = p * r + 4.1666666666492620e-02
    p = p * r + 1.6666666666666170e-01
    p = p * r + 0.5
    p = p * r * r + r + 1.0
    half = np.int64(n) >> np.int64(1)
    rest = np.int64(n) - half
    two = np.int64((half + np.int64(1023)) << np.int64(52)).view(np.float64)
    more = np.int64((rest + np.int64(1023)) << np.int64(52)).view(np.float64)
    return p * two * more


def _exp(x: Any) -> Any:
    """exp x."""


@overload(_exp)
def _exp_of(x):  # type: ignore[no-untyped-def]
    """The exponential for the type at hand."""
    return (lambda x: _exp32(x)) if x == types.float32 else (lambda x: _exp64(x))
''',
    "_exp_below": '''
@_inlined
def _exp_below32(x):  # type: ignore[no-untyped-def]
    """exp x for x <= 0, in single precision; 0 where it is below the smallest normal number."""
    y = np.float32(-88.0) if x < np.float32(-88.0) else x
    shifted = y * np.float32(1.44269504) + np.float32(12582912.0)
    n = shifted - np.float32(12582912.0)
    r = y - n * np.float32(0.693359375) + n * np.float32(2.12194440e-4)
    p = np.float32(1.38368149e-3) * r + np.float32(8.37482383e-3)
    p = p * r + np.float32(4.16682266e-2)
    p = p * r + np.float32(1.66664201e-1)
    p = p * r + np.float32(4.99999921e-1)
    p = p * r * r + r + np.float32(1.0)
    bits = np.int32(np.float32(shifted).view(np.int32) << np.int32(23))
    return p * np.int32(bits + np.int32(0x3F800000)).view(np.float32)


@_inlined
def _exp_below64(x):  # type: ignore[no-untyped-def]
    """exp x for x <= 0, in double precision; 0 where it is below the smallest normal number."""
    y = -709.0 if x < -709.0 else x
    shifted = y * 1.4426950408889634 + 6755399441055744.0
    n = shifted - 6755399441055744.0
    r = y - n * 0.693147180369123816490 - n * 1.90821492927058770002e-10
    p = 2.499432087082597e-08 * r + 2.7632308940476243e-07
    p = p * r + 2.7557622561645673e-06
    p = p * r + 2.4801486479401385e-05
    p = p * r + 1.9841269432553914e-04
    p = p * r + 1.3888888951262876e-03
    p = p * r + 8.3333333335593710e-03
    p = p * r + 4.1666666666492620e-02
    p = p * r + 1.6666666666666170e-01
    p = p * r + 0.5
    p = p * r * r + r + 1.0
    bits = np.int64(np.float64(shifted).view(np.int64) << np.int64(52))
    return p * np.int64(bits + np.int64(0x3FF0000000000000)).view(np.float64)


def _exp_below(x: Any) -> Any:
    """exp x for x <= 0."""


@overload(_exp_below)
def _exp_below_of(x):  # type: ignore[no-untyped-def]
    """The exponential for the type at hand."""
    return (lambda x: _exp_below32(x)) if x == types.float32 else (lambda x: _exp_below64(x))
''',
    "_expm1": '''
@_inlined
def _expm1_32(x):  # type: ignore[no-untyped-def]
    """exp x - 1 = 2^n (exp r - 1) + 2^n - 1, in single precision."""
    y = np.float32(-20.0) if x < np.float32(-20.0) else x
    y = np.float32(89.0) if y > np.float32(89.0) else y
    n = y * np.float32(1.44269504) + np.float32(12582912.0) - np.float32(12582912.0)
    r = y - n * np.float32(0.693359375) + n * np.float32(2.12194440e-4)
    p = np.float32(1.38825168e-3) * r + np.float32(8.36652053e-3)
    p = p * r + np.float32(4.16671999e-2)
    p = p * r + np.float32(1.66665436e-1)
    p = p * r + np.float32(4.99999982e-1)
    p = p * r * r + r
    half = np.int32(n) >> np.int32(1)
    rest = np.int32(n) - half
    two = np.int32((half + np.int32(127)) << np.int32(23)).view(np.float32)
    more = np.int32((rest + np.int32(127)) << np.int32(23)).view(np.float32)
    return p * two * more + (two * more - np.float32(1.0))


@_inlined
def _expm1_64(x):  # type: ignore[no-untyped-def]
    """exp x - 1 = 2^n (exp r - 1) + 2^n - 1, in double precision."""
    y = -40.0 if x < -40.0 else x
    y = 710.0 if y > 710.0 else y
    n = y * 1.4426950408889634 + 6755399441055744.0 - 6755399441055744.0
    r = y - n * 0.693147180369123816490 - n * 1.90821492927058770002e-10
    p = 2.5053769024956555e-08 * r + 2.762603831070449e-07
    p = p * r + 2.7557407560608023e-06
    p = p * r + 2.4801505272770376e-05
    p = p * r + 1.9841269718990110e-04
    p = p * r + 1.3888888931565615e-03
    p = p * r + 8.3333333333894330e-03
    p = p * r + 4.1666666666576750e-02
    p = p * r + 1.6666666666666588e-01
    p = p * r + 0.5
    p = p * r * r + r
    half = np.int64(n) >> np.int64(1)
    rest = np.int64(n) - half
    two = np.int64((half + np.int64(1023)) << np.int64(52)).view(np.float64)
    more = np.int64((rest + np.int64(1023)) << np.int64(52)).view(np.float64)
    return p * two * more + (two * more - 1.0)


def _expm1(x: Any) -> Any:
    """exp x - 1."""


@overload(_expm1)
def _expm1_of(x):  # type: ignore[no-untyped-def]
    """exp x - 1 for the type at hand."""
    return (lambda x: _expm1_32(x)) if x == types.float32 else (lambda x: _expm1_64(x))
''',
    "_log": '''
@_inlined
def _log32(x):  # type: ignore[no-untyped-def]
    """log x = n log 2 + log m with sqrt(1/2) <= m < sqrt(2), in single precision."""
    small = x < np.float32(1.17549435e-38)
    y = np.float32(x * np.float32(8388608.0) if small else x)
    bits = np.int32(y.view(np.int32) + np.int32(0x004AFB0D))
    n = np.float32((bits >> np.int32(23)) - np.int32(127)) - np.float32(23.0 if small else 0.0)
    m = np.int32((bits & np.int32(0x007FFFFF)) + np.int32(0x3F3504F3)).view(np.float32)
    f = m - np.float32(1.0)
    s = f / (np.float32(2.0) + f)
    z = s * s
    p = z * ((np.float32(0.298226248) * z + np.float32(0.399796963)) * z + np.float32(0.666667545))
    half = np.float32(0.5) * f * f
    tail = s * (half + p) + n * np.float32(-2.12194440e-4)
    found = tail - half + f + n * np.float32(0.693359375)
    found = found if x < np.float32(np.inf) else x
    return found if x > np.float32(0.0) else np.float32(-np.inf if x == 0 else np.nan)


@_inlined
def _log64(x):  # type: ignore[no-untyped-def]
    """log x = n log 2 + log m with sqrt(1/2) <= m < sqrt(2), in double precision."""
    small = x < 2.2250738585072014e-308
    y = np.float64(x * 4503599627370496.0 if small else x)
    bits = np.int64(y.view(np.int64) + np.int64(0x00095F619980C433))
    n = np.float64((bits >> np.int64(52)) - np.int64(1023)) - (52.0 if small else 0.0)
    m = np.int64((bits & np.int64(0x000FFFFFFFFFFFFF)) + np.int64(0x3FE6A09E667F3BCD)).view(np.float64)
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    p = 0.14735437532398796 * z + 0.15320428340565903
    p = p * z + 0.1818329969375186
    p = p * z + 0.222222040254887
    p = p * z + 0.28571428684824524
    p = p * z + 0.3999999999969986
    p = z * (p * z + 0.6666666666666686)
    half = 0.5 * f * f
    tail = s * (half + p) + n * 1.90821492927058770002e-10
    found = tail - half + f + n * 0.693147180369123816490
    found = found if x < np.inf else x
    return found if x > 0.0 else (-np.inf if x == 0 else np.nan)


def _log(x: Any) -> Any:
    """log x."""


@overload(_log)
def _log_of(x):  # type: ignore[no-untyped-def]
    """The logarithm for the type at hand."""
    return (lambda x: _log32(x)) if x == types.float32 else (lambda x: _log64(x))
''',
    "_log1p": '''
@_inlined
def _log1p(a):  # type: ignore[no-untyped-def]
    """log(1 + a): what is lost in 1 + a is added again."""
    one = type(a)(1)
    u = one + a
    lost = (a - (u - one)) / u
    return _log(u) + (lost if abs(lost) < one else type(a)(0))
''',
    "_softplus": '''
@_inlined
def _softplus(a):  # type: ignore[no-untyped-def]
    """log(1 + exp a), without overflow."""
    return (type(a)(0) if a < 0 else a) + _log1p(_exp_below(-abs(a)))
''',
    "_sigmoid1": '''
@_inlined
def _sigmoid1(a):  # type: ignore[no-untyped-def]
    """1/(1 + exp(-a)), without overflow."""
    one = type(a)(1)
    e = _exp_below(-abs(a))
    return (e if a < 0 else one) / (one + e)
''',
    "_tanh": '''
@_inlined
def _tanh(a):  # type: ignore[no-untyped-def]
    """tanh a = -t/(t + 2) with t = exp(-2 a) - 1, for a >= 0."""
    two = type(a)(2)
    t = _expm1(-two * abs(a))
    found = -t / (t + two)
    return -found if a < 0 else found
''',
    "_relu": '''
@_inlined
def _relu(a):  # type: ignore[no-untyped-def]
    """max(a, 0)."""
    return type(a)(0) if a < 0 else a
''',
    "_step": '''
@_inlined
def _step(a):  # type: ignore[no-untyped-def]
    """1 where a > 0."""
    return type(a)(1) if a > 0 else type(a)(0)
''',
    "_sign": '''
@_inlined
def _sign(a):  # type: ignore[no-untyped-def]
    """-1, 0 or 1."""
    return type(a)(1) if a > 0 else (type(a)(-1) if a < 0 else a)
''',
    "_power2": '''
@_inlined
def _power2(a):  # type: ignore[no-untyped-def]
    """a squared."""
    return a * a
''',
    "_power3": '''
@_inlined
def _power3(a):  # type: ignore[no-untyped-def]
    """a cubed."""
    return a * a * a
''',
    "_power4": '''
@_inlined
def _power4(a):  # type: ignore[no-untyped-def]
    """a to the fourth."""
    return (a * a) * (a * a)
''',
    "_erf1": '''
@_inlined
def _erf32(x):  # type: ignore[no-untyped-def]
    """The error function: x P(x^2) below 1, and 1 - exp(-x^2) u Q(u) with u = 1/(|x| + 2) above."""
    a = abs(x)
    z = x * x
    p = np.float32(7.85387753e-05) * z + np.float32(-8.01019826e-04)
    p = p * z + np.float32(5.18832819e-03)
    p = p * z + np.float32(-2.68538122e-02)
    p = p * z + np.float32(1.12835852e-01)
    p = p * z + np.float32(-3.76126258e-01)
    p = p * z + np.float32(1.12837917e+00)
    u = np.float32(1.0) / (a + np.float32(2.0))
    q = np.float32(22.6936881) * u + np.float32(-27.6822215)
    q = q * u + np.float32(4.82150758)
    q = q * u + np.float32(1.99925475)
    q = q * u + np.float32(2.86957641)
    q = q * u + np.float32(1.97297268)
    q = q * u + np.float32(1.12840133)
    q = q * u + np.float32(0.564189537)
    far = np.float32(1.0) - _exp_below32(-z) * q * u
    near = x * p
    far = -far if x < np.float32(0.0) else far
    return near if a < np.float32(1.0) else far


@_inlined
def _erf64(x):  # type: ignore[no-untyped-def]
    """The error function: x P(x^2) below 1, and 1 - exp(-x^2) u Q(u) with u = 1/(|x| + 2) above."""
    a = abs(x)
    z = x * x
    p = -7.779456921831153e-10 * z + 1.3710974567312201e-08
    p = p * z + -1.6206312501557555e-07
    p = p * z + 1.6447131419811136e-06
    p = p * z + -1.4924712290816286e-05
    p = p * z + 0.00012055293576377275
    p = p * z + -0.0008548325929299106
    p = p * z + 0.005223977606118201
    p = p * z + -0.02686617064311144
    p = p * z + 0.11283791670944185
    p = p * z + -0.3761263890318352
    p = p * z + 1.1283791670955126
    u = 1.0 / (a + 2.0)
    q = 105377.87303807525 * u + -337849.1500878641
    q = q * u + 482307.07806021144
    q = q * u + -398728.7680714925
    q = q * u + 207526.29192347178
    q = q * u + -69721.21478410743
    q = q * u + 15735.85677211179
    q = q * u + -2949.9649678713436
    q = q * u + 501.66604479258945
    q = q * u + 11.079777147589171
    q = q * u + 1.1068555824609712
    q = q * u + -13.85498506446496
    q = q * u + -7.256780156514069
    q = q * u + -0.28230172610718596
    q = q * u + 2.6799044839829316
    q = q * u + 2.820947871575401
    q = q * u + 1.9746635427005843
    q = q * u + 1.1283791670948242
    q = q * u + 0.5641895835477566
    far = 1.0 - _exp_below64(-z) * q * u
    near = x * p
    far = -far if x < 0.0 else far
    return near if a < 1.0 else far


def _erf1(x: Any) -> Any:
    """The error function."""


@overload(_erf1)
def _erf1_of(x):  # type: ignore[no-untyped-def]
    """The error function for the type at hand."""
    return (lambda x: _erf32(x)) if x == types.float32 else (lambda x: _erf64(x))
''',
}


def runtime(kernels: str) -> str:
    """The text before the kernels: the functions they call, and those that these call."""
    pending, used = [kernels], set()
    while pending:
        text = pending.pop()
        for name in _FUNCTIONS:
            if name not in used and re.search(rf"\b{name}(32|64)?\(", text):
                used.add(name)
                pending.append(_FUNCTIONS[name])
    return HEAD + "\n".join(text for name, text in _FUNCTIONS.items() if name in used)


__all__ = ["runtime"]
