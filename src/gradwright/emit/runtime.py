"""What every native module starts with. Owns: the text of its scalar functions and of the loop decorator. Never: plans.

The exponential is a polynomial written out, so that the compiler vectorises the loop it stands in: within 2 ulp, and
exactly 0 and inf beyond the range of the type.
"""

RUNTIME = '''
try:
    from numba import njit, prange, types
    from numba.extending import overload, register_jitable

    _FAST = {"nnan", "nsz", "arcp", "contract", "reassoc"}

    def _parallel(function: Any) -> Any:
        """Compile a sweep over rows: parallel over rows, vectorised along them."""
        return njit(parallel=True, fastmath=_FAST, error_model="numpy", nogil=True)(function)

    _range = prange
except ImportError:
    import warnings

    warnings.warn("Numba is not installed: the loops run in plain Python, slowly", RuntimeWarning, stacklevel=2)

    def _parallel(function: Any) -> Any:
        """Without Numba the loop is a loop."""
        return function

    _range = range
    overload = None


def _exp(x: Any) -> Any:
    """exp x for one number."""
    return np.exp(x)


if overload is not None:

    @njit(fastmath={"contract", "nsz", "nnan"}, error_model="numpy")
    def _exp32(x):  # type: ignore[no-untyped-def]
        """exp x = 2^n exp r with |r| <= log(2)/2, in single precision."""
        y = min(max(x, np.float32(-104.0)), np.float32(89.0))
        n = np.floor(y * np.float32(1.44269504) + np.float32(0.5))
        r = y - n * np.float32(0.693359375) + n * np.float32(2.12194440e-4)
        p = np.float32(1.9875691500e-4)
        p = p * r + np.float32(1.3981999507e-3)
        p = p * r + np.float32(8.3334519073e-3)
        p = p * r + np.float32(4.1665795894e-2)
        p = p * r + np.float32(1.6666665459e-1)
        p = p * r + np.float32(5.0000001201e-1)
        p = p * r * r + r + np.float32(1.0)
        half = np.int32(n) >> np.int32(1)
        rest = np.int32(n) - half
        two = np.int32((half + np.int32(127)) << np.int32(23)).view(np.float32)
        more = np.int32((rest + np.int32(127)) << np.int32(23)).view(np.float32)
        return p * two * more

    @njit(fastmath={"contract", "nsz", "nnan"}, error_model="numpy")
    def _exp64(x):  # type: ignore[no-untyped-def]
        """exp x = 2^n exp r with |r| <= log(2)/2, in double precision."""
        y = min(max(x, -746.0), 710.0)
        n = np.floor(y * 1.4426950408889634 + 0.5)
        r = y - n * 0.693145751953125 - n * 1.42860682030941723212e-6
        p = 1.6059043836821613e-10
        p = p * r + 2.0876756987868099e-9
        p = p * r + 2.5052108385441720e-8
        p = p * r + 2.7557319223985893e-7
        p = p * r + 2.7557319223985888e-6
        p = p * r + 2.4801587301587302e-5
        p = p * r + 1.9841269841269841e-4
        p = p * r + 1.3888888888888889e-3
        p = p * r + 8.3333333333333333e-3
        p = p * r + 4.1666666666666664e-2
        p = p * r + 1.6666666666666666e-1
        p = p * r + 0.5
        p = p * r * r + r + 1.0
        half = np.int64(n) >> np.int64(1)
        rest = np.int64(n) - half
        two = np.int64((half + np.int64(1023)) << np.int64(52)).view(np.float64)
        more = np.int64((rest + np.int64(1023)) << np.int64(52)).view(np.float64)
        return p * two * more

    @overload(_exp)
    def _exp_for(x):  # type: ignore[no-untyped-def]
        """The exponential for the type at hand."""
        if x == types.float32:
            return lambda x: _exp32(x)
        return lambda x: _exp64(x)


if overload is None:

    def register_jitable(function: Any) -> Any:
        """Without Numba the function is a function."""
        return function


@register_jitable
def _log1p(a: Any) -> Any:
    """log(1 + a)."""
    return math.log1p(a)


@register_jitable
def _softplus1(a: Any) -> Any:
    """log(1 + exp a), without overflow."""
    return max(a, a - a) + math.log1p(_exp(-abs(a)))


@register_jitable
def _sigmoid1(a: Any) -> Any:
    """1/(1 + exp(-a)), without overflow."""
    e = _exp(-abs(a))
    one = e / e if e > 0 else abs(a) / abs(a)
    return (one if a >= 0 else e) / (one + e)


@register_jitable
def _tanh1(a: Any) -> Any:
    """tanh a."""
    return math.tanh(a)


@register_jitable
def _relu1(a: Any) -> Any:
    """max(a, 0)."""
    return max(a, a - a)


@register_jitable
def _step1(a: Any) -> Any:
    """1 where a > 0."""
    return a / a if a > 0 else a * 0


@register_jitable
def _sign1(a: Any) -> Any:
    """-1, 0 or 1."""
    return a / abs(a) if a != 0 else a


def _buffer(out: Any, shape: tuple[int, ...], dtype: Any) -> Array:
    """Where the result goes: the caller's array if it fits, else a new one."""
    if out is None or out.dtype != dtype:
        return np.empty(shape, dtype)
    if out.shape != shape:
        raise ValueError(f"out has shape {out.shape}, expected {shape}")
    if not out.flags.c_contiguous or not out.flags.writeable:
        raise ValueError("out must be a writable C-contiguous array")
    return out


def _into(out: Any, result: Array) -> Array:
    """The result, in the caller's array where one was given."""
    if out is None or out is result:
        return result
    if out.shape != result.shape:
        raise ValueError(f"out has shape {out.shape}, expected {result.shape}")
    out[...] = result
    return out
'''
