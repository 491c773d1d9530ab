"""The JAX target. Owns: the text of a module that needs JAX alone. Never: plans, runs.

Pure functions that jit, vmap and shard; the scalar itself is wrapped in ``custom_vjp`` so that ``jax.grad`` uses the
derived gradient. A gradient in an argument that was not derived is an error, not a silent zero.
"""

from __future__ import annotations

from gradwright.emit.arrays import Language, lines_of, sizes
from gradwright.emit.module import (
    CHECK,
    Request,
    docstring,
    header,
    parameters,
    prepared,
    shapes_table,
    signature,
    tidy,
    unpacked,
)
from gradwright.emit.names import identifier
from gradwright.emit.numpy_target import NUMPY
from gradwright.emit.plan import Plan

JAX = Language(
    "jnp",
    functions={
        "sigmoid": "jax.nn.sigmoid(a)",
        "softplus": "jax.nn.softplus(a)",
        "erf": "jax.scipy.special.erf(a)",
        "lgamma": "jax.scipy.special.gammaln(a)",
        "digamma": "jax.scipy.special.digamma(a)",
        "step": "jnp.where(a > 0, 1.0, 0.0).astype(dtype)",
        "max": "jnp.maximum(a, b)",
    },
    reduce=NUMPY.reduce,
    matrix={**NUMPY.matrix, "logdet": "jnp.linalg.slogdet({a})[1]"},
    broadcast="jnp.broadcast_to({a}, {shape})",
)

_PREPARE = '''
def _prepared(**given: Any) -> tuple[list[Array], Any, Any]:
    """The arguments as arrays of one floating type, the type to compute in, and the type to answer in."""
    arrays = {name: jnp.asarray(value) for name, value in given.items()}
    for name, array in arrays.items():
        if not (jnp.issubdtype(array.dtype, jnp.floating) or jnp.issubdtype(array.dtype, jnp.integer)):
            raise TypeError(f"{name} has dtype {array.dtype}: real numbers are expected")
    _check(arrays)
    answer = jnp.result_type(*[a.dtype for a in arrays.values()], jnp.bfloat16)
    dtype = jnp.float32 if answer.itemsize < 4 else answer
    return @CONVERTED@, dtype, answer
'''


def source(plan: Plan, request: Request) -> str:
    """The module as text."""
    body, answers = lines_of(plan, JAX)
    text = "\n".join((*body, *answers))
    notes = [
        "Works under jax.jit and jax.vmap; on sharded arrays every reduction becomes a collective, nothing is gathered."
    ]
    lines = header(request, plan, "JAX", notes)
    lines += ["import math"] if "math." in text else []
    lines += ["from typing import Any", "", "import jax", "import jax.numpy as jnp", "", "Array = Any"]
    lines += [shapes_table(plan), "", *CHECK.split("\n"), *prepared(_PREPARE, request, "a.astype(dtype)")]
    names = [identifier(n) for n in plan.inputs]
    lines += ["", signature(request, plan, "Array"), *docstring(request, plan)]
    lines += [
        f"    arrays, dtype, answer = _prepared({', '.join(f'{n}={n}' for n in names)})",
        *unpacked(names, "arrays"),
    ]
    lines += sizes(plan, (*body, *answers)) + [f"    {line}" for line in body]
    result = ", ".join(f"jnp.asarray({a}).astype(answer)" for a in answers)
    lines += [f"    return {result}", ""]
    if request.outputs[:2] == ("value", "gradient") and not plan.outputs["value"].axes and not plan.sizes:
        lines += _custom(plan, request)
    return tidy(lines)


def _custom(plan: Plan, request: Request) -> list[str]:
    given = ", ".join(parameters(plan))
    place = list(plan.inputs).index(request.wrt)
    return [
        "",
        "@jax.custom_vjp",
        signature(request, plan, "Array", "value", 1),
        f'    """The value; ``jax.grad`` in {identifier(request.wrt)} uses the derived gradient."""',
        f"    return {request.name}({given})[0]",
        "",
        "def _forward(*given: Any) -> tuple[Array, Array]:",
        '    """The value, and the gradient kept for the way back."""',
        f"    if any(x.perturbed for k, x in enumerate(given) if k != {place}):",
        f'        raise ValueError("the gradient was derived in {identifier(request.wrt)} alone")',
        f"    found = {request.name}(*(x.value for x in given))",
        "    return found[0], found[1]",
        "",
        "def _backward(gradient: Array, cotangent: Array) -> tuple[Array | None, ...]:",
        '    """The cotangent times the gradient."""',
        f"    return ({', '.join('cotangent * gradient' if k == place else 'None' for k in range(len(plan.inputs)))},)",
        "",
        "",
        "value.defvjp(_forward, _backward, symbolic_zeros=True)",
    ]
