"""Linear algebra in emitted NumPy code. Owns: the text of the helpers that NumPy has no function for.

Solves with a triangle, and inverses of one, are made of products, which is where NumPy is fast; they take stacks of
matrices. In native code one large matrix goes through SciPy's LAPACK where that is installed: NumPy's own is half as
fast. Smaller ones do not, for two libraries' threads in turn get in each other's way. Stacks of small matrices are
loops, shared out among threads. Never: plans, runs.
"""

from __future__ import annotations

_TEXTS = {
    "_symmetric": '''
def _symmetric(x: Array, s: Array) -> Array:
    """sum_n s[n,a,b] x[n,i] x[n,j] at a, b, i, j for a symmetric s: it is computed for each pair of indices once."""
    (a, b, at), (i, j, of) = _pairs(s.shape[1]), _pairs(x.shape[1])
    above = np.take(s.reshape(len(s), -1), a * s.shape[1] + b, axis=1)
    half = above.T @ (np.take(x, i, axis=1) * np.take(x, j, axis=1))
    return np.take(half[at], of, axis=2)
''',
    "_pairs": '''
@functools.cache
def _pairs(n: int) -> tuple[Array, Array, Array]:
    """The indices of the upper triangle, and where among them each pair of indices is, in either order."""
    one = np.arange(n)
    low, high = np.minimum(one, one[:, None]), np.maximum(one, one[:, None])
    return *np.triu_indices(n), low * (2 * n - low - 1) // 2 + high
''',
    "_logdet": '''
def _logdet(a: Array) -> Array:
    """log det a; nan where the determinant is negative."""
    sign, log = np.linalg.slogdet(a)
    return np.where(sign >= 0, log, np.nan)
''',
    "_cofactors": '''
def _cofactors(a: Array) -> Array:
    """det(a) times inv(a)', which a singular matrix has too: then by its singular values, but for one at a time."""
    sizes = np.linalg.norm(a, axis=(-2, -1))
    if not np.isfinite(sizes).all():
        return np.full_like(a, np.nan)
    try:
        inverse = np.linalg.inv(a)
    except np.linalg.LinAlgError:
        inverse = np.full_like(a, np.inf)
    if np.all(sizes * np.linalg.norm(inverse, axis=(-2, -1)) < np.finfo(a.dtype).eps ** -0.5):
        return np.linalg.det(a)[..., None, None] * np.swapaxes(inverse, -1, -2)
    u, s, v = np.linalg.svd(a)
    others = np.prod(np.where(np.eye(s.shape[-1], dtype=bool), 1, s[..., None, :]), axis=-1)
    return (np.linalg.det(u) * np.linalg.det(v))[..., None, None] * (u * others[..., None, :]) @ v
''',
    "_solve": '''
def _solve(a: Array, b: Array) -> Array:
    """The solution of a x = b; for far more columns than rows through the inverse, a solution itself."""
    return np.linalg.solve(a, b) if b.shape[-1] <= 4 * a.shape[-1] else np.linalg.inv(a) @ b
''',
    "_solve_rows": '''
def _solve_rows(a: Array, b: Array) -> Array:
    """The solution x of a x' = b', as b lies."""
    if b.shape[-2] <= 4 * a.shape[-1]:
        return np.swapaxes(np.linalg.solve(a, np.swapaxes(b, -1, -2)), -1, -2)
    return b @ np.swapaxes(np.linalg.inv(a), -1, -2)
''',
    "_cholesky": '''
def _cholesky(a: Array) -> Array:
    """The lower triangle L of a = L L'; NaN where a holds NaN."""
@LAPACK@    try:
        return np.linalg.cholesky(a)
    except np.linalg.LinAlgError:
        if np.isnan(a).any():
            return np.full_like(a, np.nan)
        least = np.linalg.eigvalsh(a)[..., 0]
        where = f", number {int(np.argmin(least))} of the stack" if a.ndim > 2 else ""
        said = f"a matrix that has to be positive definite is not{where}: its least eigenvalue is {np.min(least):.3g}"
        raise ValueError(said) from None
''',
    "_cho_solve": '''
def _cho_solve(l: Array, b: Array) -> Array:
    """The solution of l l' x = b by blocks of rows, down and up again; for many columns through the inverse."""
@LAPACK@    n, step = l.shape[-1], 32
    if b.shape[-1] > n:
        return _cho_inverse(l) @ b
    x = np.empty(np.broadcast_shapes(l.shape[:-2], b.shape[:-2]) + b.shape[-2:], b.dtype)
    for first in range(0, n, step):
        here, done = slice(first, first + step), slice(0, first)
        x[..., here, :] = np.linalg.solve(l[..., here, here], b[..., here, :] - l[..., here, done] @ x[..., done, :])
    u = np.swapaxes(l, -1, -2)
    for first in reversed(range(0, n, step)):
        here, done = slice(first, first + step), slice(first + step, n)
        x[..., here, :] = np.linalg.solve(u[..., here, here], x[..., here, :] - u[..., here, done] @ x[..., done, :])
    return x
''',
    "_cho_solve_rows": '''
def _cho_solve_rows(l: Array, b: Array) -> Array:
    """The solution x of l l' x' = b', as b lies."""
    if b.shape[-2] > l.shape[-1]:
        return b @ _cho_inverse(l)
    return np.swapaxes(_cho_solve(l, np.swapaxes(b, -1, -2)), -1, -2)
''',
    "_cho_inverse": '''
def _cho_inverse(l: Array) -> Array:
    """The inverse of l l'."""
@LAPACK@    inverse = _lower_inverse(l)
    return np.swapaxes(inverse, -1, -2) @ inverse
''',
    "_lower_inverse": '''
def _lower_inverse(l: Array) -> Array:
    """The inverse of a lower triangle, by halves."""
    n = l.shape[-1]
    if n <= 64:
        return np.linalg.inv(l)
    upper, lower, x = slice(0, n // 2), slice(n // 2, n), np.zeros_like(l)
    x[..., upper, upper] = _lower_inverse(l[..., upper, upper])
    x[..., lower, lower] = _lower_inverse(l[..., lower, lower])
    x[..., lower, upper] = -x[..., lower, lower] @ (l[..., lower, upper] @ x[..., upper, upper])
    return x
''',
}

_LAPACK = '''
try:  # with SciPy, one large matrix is factored by its LAPACK
    from scipy.linalg import lapack
except ImportError:
    lapack = None


def _lapack(name: str, a: Array) -> Any:
    """LAPACK's function for a matrix of this type and size, or None."""
    kind = {"f": "s", "d": "d"}.get(a.dtype.char)
    return getattr(lapack, kind + name, None) if kind and a.ndim == 2 and a.shape[0] >= 256 else None
'''

_SMALL = '''
def _small(a: Array) -> bool:
    """Whether it is a stack of matrices so small that calling LAPACK for each is what costs."""
    return NATIVE and a.ndim == 3 and 0 < a.shape[-1] <= 48
'''

_FACTOR_EACH = '''
@_compiled
def _factor_each(part, first, last, a, l, bad):  # type: ignore[no-untyped-def]
    """Cholesky's factor of every matrix of a stack; ``bad`` tells of one that has none."""
    for k in range(first, last):
        for i in range(a.shape[1]):
            for j in range(i + 1):
                s = a[k, i, j]
                for p in range(j):
                    s -= l[k, i, p] * l[k, j, p]
                if i > j:
                    l[k, i, j] = s / l[k, j, j]
                elif s > 0:
                    l[k, i, i] = np.sqrt(s)
                else:
                    l[k, i, i] = bad[part] = 1
'''

_SOLVE_EACH = '''
@_compiled
def _solve_each(part, first, last, l, x):  # type: ignore[no-untyped-def]
    """The solution of l l' x = b for every matrix of a stack, in place of b."""
    n = l.shape[1]
    for k in range(first, last):
        for i in range(n):
            for p in range(i):
                for c in range(x.shape[2]):
                    x[k, i, c] -= l[k, i, p] * x[k, p, c]
            for c in range(x.shape[2]):
                x[k, i, c] /= l[k, i, i]
        for i in range(n - 1, -1, -1):
            for p in range(i + 1, n):
                for c in range(x.shape[2]):
                    x[k, i, c] -= l[k, p, i] * x[k, p, c]
            for c in range(x.shape[2]):
                x[k, i, c] /= l[k, i, i]
'''

_FIRST = {
    "_cholesky": """
    if _small(a):
        parts, triangle = _parts(a.size), np.zeros(a.shape, a.dtype)
        bad = np.zeros(parts, a.dtype)
        _share(_factor_each, parts, len(a), _contiguous(a), triangle, bad)
        if not bad.any():
            return triangle
    potrf = _lapack("potrf", a)
    if potrf is not None:
        upper, info = potrf(a.T, lower=0, clean=1)
        if info == 0:
            return upper.T
""",
    "_cho_solve": """
    if _small(l) and b.shape[-1] <= 2 * l.shape[-1]:
        x = np.broadcast_to(b, (len(l), *b.shape[-2:])).copy()
        _share(_solve_each, _parts(l.size), len(l), _contiguous(l), x)
        return x
    potrs = _lapack("potrs", l) if b.ndim == 2 and 4 * b.shape[1] <= l.shape[0] else None
    if potrs is not None:
        return np.ascontiguousarray(potrs(l.T, b, lower=0)[0])
""",
    "_cho_inverse": """
    if _small(l):
        return _cho_solve(l, np.eye(l.shape[-1], dtype=l.dtype))
    potri = _lapack("potri", l)
    if potri is not None:
        half = potri(l.T, lower=0)[0].T
        inverse = half + half.T
        inverse.flat[:: l.shape[0] + 1] /= 2
        return inverse
""",
}
"""What comes before NumPy's way, in native code."""

BY_NUMPY = {name: text.replace("@LAPACK@", "") for name, text in _TEXTS.items()}
BY_LAPACK = {name: text.replace("@LAPACK@", _FIRST.get(name, "")[1:]) for name, text in _TEXTS.items()}
EACH = {"_factor_each": _FACTOR_EACH, "_solve_each": _SOLVE_EACH}
"""Loops over the matrices of a stack."""
BY_LAPACK |= {"_lapack": _LAPACK, "_small": _SMALL}
