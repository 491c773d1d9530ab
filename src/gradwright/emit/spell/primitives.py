"""Operations on numbers that emitted code alone knows. Owns: how each target says them. Never: a derivative or a ball.

Forms and plans put them in the place of what they are made of; no formula that a user sees holds one.
"""

from __future__ import annotations

from collections.abc import Callable

from gradwright.tables.scalars import FUNCTIONS, Code

PRIMITIVES: dict[str, Code] = {
    "finite": Code(numpy="np.maximum(a, np.finfo(dtype).min)", jax="jnp.maximum(a, jnp.finfo(dtype).min)",
                   torch="torch.clamp(a, min=torch.finfo(dtype).min)", loop="_finite(a)", cheap=True),
    "hypot": Code(numpy="_hypot(a, b)", jax="_hypot(a, b)", torch="_hypot(a, b)", cheap=True),
    "root": Code(numpy="_root(a)", loop="_root1(a)", cheap=True),
    "settled": Code(numpy="np.where(np.isfinite(a), b, 0)", jax="jnp.where(jnp.isfinite(a), b, 0)",
                    torch="torch.where(torch.isfinite(a), b, 0)", loop="(b if a - a == zero else zero)", cheap=True),
    "over": Code(jax="_over(a, b)", cheap=True),
    "silu": Code(torch="torch.nn.functional.silu(a)"),
    "silu_slope": Code(torch="_silu_slope(a, b)"),
    "tanh_slope": Code(torch="torch.ops.aten.tanh_backward(a, b)"),
    "relu_slope": Code(torch="torch.ops.aten.threshold_backward(a, b, 0)"),
}  # fmt: skip


_EVERY = {name: row.code for name, row in FUNCTIONS.items()} | PRIMITIVES


def spellings(of: Callable[[Code], str]) -> dict[str, str]:
    """What a column says of every function and operation of which it says something."""
    return {name: of(code) for name, code in _EVERY.items() if of(code)}


def all_with(has: Callable[[Code], bool]) -> frozenset[str]:
    """The functions and operations whose code has a property."""
    return frozenset(name for name, code in _EVERY.items() if has(code))
