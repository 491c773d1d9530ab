"""NumPy's text. Owns: how NumPy spells what modules compute, and the helpers they call. Never: plans, modules."""

from __future__ import annotations

from gradwright.emit.spell.language import Language
from gradwright.emit.spell.linalg import BY_NUMPY
from gradwright.emit.spell.module import Frame, called
from gradwright.emit.spell.primitives import spellings
from gradwright.emit.spell.special import FORMULAS, HELPERS, helpers

NUMPY = Language(
    "np",
    functions={name: f"_{name}(a)" for name in FORMULAS} | spellings(lambda code: code.numpy),
    weighed=False,
    placed="{name} = np.zeros({shape}, dtype=dtype)\nnp.einsum({subscripts!r}, {name})[...] = {a}",
    scatter="{name}[np.arange({name}.shape[0]), {label}] += {share}",
    solve_many="_solve({a}, {b})",
    cho_solve="_cho_solve({a}, {b}[:, None])[:, 0]",
    cho_solve_many="_cho_solve({a}, {b})",
    solve_rows="_solve_rows({a}, {b})",
    cho_solve_rows="_cho_solve_rows({a}, {b})",
    stacks=True,
    chain="np.linalg.multi_dot({matrices})",
    matrix={"chol": "_cholesky({a})", "cho_inv": "_cho_inverse({a})"},
)  # fmt: skip

_HELPERS = {
    "_sigmoid": '''
def _sigmoid(a: Array) -> Array:
    """1/(1 + exp(-a)), without overflow; to choose by a condition would take longer than the exponential."""
    e = np.exp(-np.abs(a))
    return np.maximum(e, a >= 0) / (1 + e)
''',
    "_norm": '''
def _norm(a: Array, axis: Any, scale: Any = 1, beside: Any = 0) -> Array:
    """sqrt(scale * sum(a**2) + beside), by way of a over its largest entry where squares overflow or underflow."""
    along = axis if isinstance(axis, tuple) else (axis,)
    every, kept = list(range(a.ndim)), [k for k in range(a.ndim) if k not in along]
    squares = np.einsum(a, every, a, every, kept) if kept else np.vdot(a, a)
    whole = scale * squares + beside
    if _safe(whole):
        return np.sqrt(whole)
    top = np.max(np.abs(a), axis=along, keepdims=True)
    top = np.where((top > 0) & (top < np.inf), top, 1)
    share = a / top
    norm = np.sqrt(np.einsum(share, every, share, every, kept)) * np.squeeze(top, axis=along)
    return np.hypot(np.sqrt(scale) * norm, np.sqrt(beside)).astype(a.dtype)
''',
    "_hypot": '''
def _hypot(a: Array, b: Array) -> Array:
    """sqrt(a**2 + b**2), where squares overflow or underflow, too."""
    whole = a * a + b * b
    return np.sqrt(whole) if _safe(whole) else np.hypot(a, b)
''',
    "_safe": '''
def _safe(squares: Array) -> bool:
    """Whether a sum of squares has lost no digits to overflow or underflow."""
    info = np.finfo(squares.dtype)
    return bool(np.min(squares, initial=1) >= info.tiny / info.eps and np.max(squares, initial=1) < np.inf)
''',
    "_root": '''
def _root(a: Array) -> Array:
    """The square root of a sum of squares; nan where it may have lost digits to overflow or underflow."""
    info = np.finfo(a.dtype)
    return np.sqrt(np.where((a >= info.tiny / info.eps) & (a < np.inf), a, np.nan))
''',
}

_PREPARE = '''
def _prepared(**given: Any) -> tuple[list[Array], Any, Any]:
    """The arguments as arrays of one floating type, the type to compute in, and the type to answer in."""
    arrays = {name: np.asarray(value) for name, value in given.items()}
    for name, array in arrays.items():
        real = array.dtype.kind in "fiub" and array.dtype.itemsize <= 8
        if not real and array.dtype.name != "bfloat16":
            raise TypeError(f"{name} has dtype {array.dtype}: real numbers up to double precision are expected")
    _check(arrays)
    floats = [a for a in arrays.values() if a.dtype.kind in "fV"]
    kinds = [a.dtype for a in floats if a.ndim] or [a.dtype for a in floats]
    answer = np.result_type(*kinds) if kinds else np.dtype(np.float64)
    dtype = np.dtype(np.float32) if answer.itemsize < 4 else answer
    return @CONVERTED@, dtype, answer


def _no_nan(results: tuple[Any, ...], **given: Any) -> None:
    """NaN in the first result is reported as the argument that brought it."""
    total = results[0].sum() if np.ndim(results[0]) else results[0]
    if total != total:
        for name, value in given.items():
            if np.isnan(value).any():
                where = [int(k) for k in np.argwhere(np.isnan(value))[0]]
                raise ValueError(f"{name} holds NaN, first at {where}")
'''


_IN_RANGE = '''
def _in_range(arrays: dict[str, Array], sizes: dict[str, int]) -> None:
    """Class labels are whole numbers from 0, or negative where a row may have none; the first that is not is named."""
    for name, dim in LABELS.items():
        label, classes = arrays[name], dim if isinstance(dim, int) else sizes[dim]
        if label.dtype.kind not in "iu":
            raise TypeError(f"{name} has dtype {label.dtype}: whole numbers are expected, the places of the ones")
        if name in IGNORED:  # any negative label says that its row has no class
            label = arrays[name] = np.maximum(label, -1)
        least = -1 if name in IGNORED else 0
        if label.size and (label.min() < least or label.max() >= classes):
            where = [int(k) for k in np.argwhere((label < least) | (label >= classes))[0]]
            raise ValueError(f"{name} at {where} is {label[tuple(where)]}: labels run from 0 to {classes - 1}")
'''


def helping(text: str, linalg: dict[str, str] = BY_NUMPY) -> list[str]:
    """The functions of this module that the text calls, and those that they call."""
    found = called({**_HELPERS, **HELPERS, **linalg}, text)
    return [*helpers("\n".join((text, *found))), *found]


FRAME = Frame("Array", ("from typing import Any", "", "import numpy as np", "", "Array = Any"), _PREPARE,
              "a.astype(dtype, copy=False)", _IN_RANGE, helping)  # fmt: skip
