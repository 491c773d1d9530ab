"""The JAX target. Owns: the text of a module that needs JAX alone. Never: plans, runs.

Pure functions that jit, vmap and shard; the scalar itself is wrapped in ``custom_vjp`` so that ``jax.grad`` uses the
derived gradient. A gradient in an argument that was not derived is an error, not a silent zero.
"""

from __future__ import annotations

from dataclasses import replace

from gradwright.core.build import MINUS_ONE, ZERO, apply, const, mul, split_coefficient, where
from gradwright.core.node import Apply, Entry, MatFn, Mul, Node, Pow
from gradwright.core.walk import bottom_up
from gradwright.emit.forms.norms import NORM
from gradwright.emit.plan.lets import Plan
from gradwright.emit.plan.names import identifier
from gradwright.emit.spell.arrays import lines_of, sizes
from gradwright.emit.spell.language import Language
from gradwright.emit.spell.linalg import BY_NUMPY
from gradwright.emit.spell.module import (
    CHECK,
    COTANGENT,
    Request,
    called,
    docstring,
    header,
    prepared,
    shapes_table,
    signature,
    tidy,
    unpacked,
)
from gradwright.emit.spell.numpy import NUMPY
from gradwright.emit.spell.primitives import spellings
from gradwright.emit.spell.special import DERIVATIVES, HELPERS, helpers

JAX = Language(
    "jnp",
    functions={name: f"_{name}(a)" for name in DERIVATIVES} | spellings(lambda code: code.jax),
    take="jnp.take_along_axis({a}, {label}[:, None], axis=1)[:, 0]",
    mark="({cond}).astype(dtype)",
    reduce=NUMPY.reduce,
    whole="_total({a})",
    chain="np.linalg.multi_dot({matrices})",
    weighed="jnp.sum({a} * {b}, axis={axis})",
    matrix={
        "inv": "jnp.linalg.inv({a})",
        "det": "jnp.linalg.det({a})",
        "logdet": "_logdet({a})",
        "chol": "jnp.linalg.cholesky({a})",
        "cho_inv": "_cho_solve({a}, jnp.eye({a}.shape[-1], dtype=dtype))",
    },
    cho_solve="jax.scipy.linalg.cho_solve(({a}, True), {b})",
    cho_solve_many="_cho_solve({a}, {b})",
    broadcast="jnp.broadcast_to({a}, {shape})",
    wide="float({n})",
)

_PREPARE = '''
def _prepared(**given: Any) -> tuple[list[Array], Any, Any]:
    """The arguments as arrays of one floating type, the type to compute in, and the type to answer in."""
    arrays = {}
    for name, value in given.items():
        try:
            array = arrays[name] = jnp.asarray(value)
        except TypeError as error:
            raise TypeError(f"{name} is no array that JAX takes: {error}") from None
        if not any(jnp.issubdtype(array.dtype, kind) for kind in (jnp.floating, jnp.integer, jnp.bool_)):
            raise TypeError(f"{name} has dtype {array.dtype}: real numbers are expected")
    _check(arrays)
    kinds = [a.dtype for a in arrays.values() if jnp.issubdtype(a.dtype, jnp.floating) and a.ndim] or [
        a.dtype for a in arrays.values() if jnp.issubdtype(a.dtype, jnp.floating)
    ]
    answer = jnp.result_type(*kinds) if kinds else jnp.result_type(float)
    dtype = jnp.float32 if answer.itemsize < 4 else answer
    return @CONVERTED@, dtype, answer
'''


_HELPERS = {
    "_logdet": BY_NUMPY["_logdet"].replace("np.", "jnp."),
    "_symmetric": BY_NUMPY["_symmetric"].replace("np.", "jnp."),
    **{name: HELPERS[name].replace("np.", "jnp.") for name in ("_dawson", "_sphj1")},
    "_pairs": BY_NUMPY["_pairs"],
    "_cho_solve": '''
def _cho_solve(l: Array, b: Array) -> Array:
    """The solution of l l' x = b, for a stack of either, too."""
    stack = jnp.broadcast_shapes(l.shape[:-2], b.shape[:-2])
    l, b = (jnp.broadcast_to(x, stack + x.shape[-2:]) for x in (l, b))
    return jax.scipy.linalg.cho_solve((l, True), b)
''',
    "_total": '''
def _total(a: Array) -> Array:
    """The sum of a formula, which XLA then computes in one loop; to round a number to its own type changes nothing."""
    info = jnp.finfo(a.dtype)
    return jnp.sum(jax.lax.reduce_precision(a, info.nexp, info.nmant))
''',
    "_over": '''
def _over(a: Array, norm: Array) -> Array:
    """a / norm by one division per norm, whose inverse would be a denormal number where it is at its largest."""
    less = jnp.where(norm > 1, 0.25, 1.0).astype(norm.dtype)
    return a * less * (1 / (norm * less))
''',
    "_norm": '''
def _norm(a: Array, axis: Any, scale: Any = 1.0, beside: Any = 0.0) -> Array:
    """sqrt(scale * sum(a**2) + beside), by way of a over its largest entry where squares overflow or underflow."""

    def shared() -> Array:
        top = jax.lax.stop_gradient(jnp.max(jnp.abs(a), axis=axis, keepdims=True))
        top = jnp.where((top > 0) & (top < jnp.inf), top, 1)
        norm = jnp.sqrt(jnp.sum((a / top) ** 2, axis=axis)) * jnp.squeeze(top, axis=axis)
        return jnp.hypot(jnp.sqrt(scale) * norm, jnp.sqrt(beside)).astype(a.dtype)

    return _rooted(scale * jnp.sum(a * a, axis=axis) + beside, shared)
''',
    "_hypot": '''
def _hypot(a: Array, b: Array) -> Array:
    """sqrt(a**2 + b**2), both times a power of two where squares overflow or underflow; no branch, so it fuses."""
    if isinstance(b, int | float) and 2.0**-20 < abs(b) < 2.0**20:
        size = jnp.abs(a)
        return jnp.where(size > 2.0**50, size, jnp.sqrt(a * a + b * b))
    top = jnp.maximum(jnp.abs(a), jnp.abs(b))
    info = jnp.finfo(top.dtype)
    large, small = 2.0 ** (info.maxexp // 2 - 4), 2.0 ** (info.minexp // 3)
    down, up = 2.0 ** -(info.maxexp // 2 + 8), 2.0 ** -(3 * info.minexp // 4)
    scale = jnp.where(top > large, down, jnp.where(top < small, up, 1)).astype(top.dtype)
    back = jnp.where(top > large, 1 / down, jnp.where(top < small, 1 / up, 1)).astype(top.dtype)
    return jnp.sqrt((a * scale) ** 2 + (b * scale) ** 2) * back
''',
    "_rooted": '''
def _rooted(squares: Array, otherwise: Any) -> Array:
    """The root of sums of squares, unless any has lost digits to overflow or underflow."""
    info = jnp.finfo(squares.dtype)
    safe = jnp.all((squares >= info.tiny / info.eps) & (squares < jnp.inf))
    if isinstance(safe, jax.core.Tracer):
        return jax.lax.cond(safe, lambda: jnp.sqrt(squares), otherwise)
    return jnp.sqrt(squares) if safe else otherwise()
''',
}


def source(plan: Plan, request: Request) -> str:
    """The module as text."""
    body, answers = lines_of(_laid_out(plan), JAX)
    text = "\n".join((*body, *answers))
    custom = _custom(request.backward, request) if request.backward is not None and not plan.sizes else []
    whole = "\n".join((text, *custom))
    notes = [
        "Works under jax.jit and jax.vmap; on sharded arrays every reduction becomes a collective, nothing is gathered."
    ]
    lines = header(request, plan, "JAX", notes)
    lines += ["import functools"] if "_symmetric(" in text else []
    lines += ["import math"] if "math." in text else []
    lines += ["from typing import Any", "", "import jax", "import jax.numpy as jnp"]
    lines += ["import numpy as np"] if "_symmetric(" in whole else []
    lines += ["", "Array = Any"]
    lines += helpers(text, "jnp")
    lines += [
        shapes_table(plan),
        "",
        *CHECK.split("\n"),
        *prepared(_PREPARE, request, "a.astype(dtype)", "jnp.issubdtype(a.dtype, jnp.floating)"),
    ]
    for code in called(_HELPERS, whole):
        lines += code.split("\n")
    names = [identifier(n) for n in plan.inputs]
    lines += ["", signature(request, plan, "Array"), *docstring(request, plan)]
    lines += [
        f"    arrays, dtype, answer = _prepared({', '.join(f'{n}={n}' for n in names)})",
        *unpacked(names, "arrays"),
    ]
    lines += sizes(plan, (*body, *answers)) + [f"    {line}" for line in body]
    result = ", ".join(f"jnp.asarray({a}).astype(answer)" for a in answers)
    return tidy([*lines, f"    return {result}", "", *custom])


def _laid_out(plan: Plan) -> Plan:
    """The plan with arrays multiplied by the inverses of their norms, for what is divided, XLA holds as an array; and
    with σ(−|u|) chosen by the sign of u as what is made of it is, so that its derivative is right at 0."""
    norms = {let.name for let in plan.lets if isinstance(let.body, MatFn) and let.body.fn == NORM}

    def rule(node: Node) -> Node:
        for factor in node.factors if isinstance(node, Mul) else ():
            under = factor.base if isinstance(factor, Pow) and factor.exponent is MINUS_ONE else None
            rest = mul(*(f for f in node.children if f is not factor))
            if isinstance(under, Entry) and under.name in norms and under.free < rest.free:
                return apply("over", rest, under)
        if isinstance(node, Apply) and node.fn == "sigmoid":
            number, size = split_coefficient(node.args[0])
            if number < 0 and isinstance(size, Apply) and size.fn == "abs":
                u = size.args[0]
                return apply("sigmoid", where("<", u, ZERO, mul(const(-number), u), mul(const(number), u)))
        return node

    return replace(plan, lets=[replace(let, body=bottom_up(rule, let.body)) for let in plan.lets])


def _custom(backward: Plan, request: Request) -> list[str]:
    """The value under ``custom_vjp``: a scalar's gradient is kept and scaled, that of an array is derived."""
    names = [identifier(name) for name in backward.inputs if name != COTANGENT]
    places = [names.index(identifier(name)) for name in request.wrt if identifier(name) in names]
    given, said = ", ".join(names), " and ".join(identifier(name) for name in request.wrt)
    scalar = not backward.outputs["value"].axes
    kinds = "".join(f"jnp.result_type(values[{k}]), " for k in places).rstrip()
    order = [identifier(name) for name in request.wrt if identifier(name) in names]
    back = ", ".join(f"found[{order.index(name)}]" if name in order else "None" for name in names)
    found = f"{request.name}(*values)"
    lines = [
        "",
        "@jax.custom_vjp",
        f"def value({', '.join(f'{name}: Array' for name in names)}) -> Array:",
        f'    """The value; ``jax.grad`` in {said} uses the derived gradient."""',
        f"    return {request.name}({given})[0]",
        "",
        "def _forward(*given: Any) -> tuple[Array, Any]:",
        '    """The value, and what the way back reads."""',
        f"    if any(x.perturbed for k, x in enumerate(given) if k not in {places}):",
        f'        raise ValueError("the gradient was derived in {said} alone")',
        "    values = [x.value for x in given]",
    ]
    if scalar:
        lines += [
            f"    result, *gradients = {found}",
            f"    return result, [g.astype(kind) for g, kind in zip(gradients, ({kinds}))]",
            "",
            "def _backward(gradients: list[Array], cotangent: Array) -> tuple[Array | None, ...]:",
            '    """The cotangent times the gradient."""',
            "    found = [cotangent.astype(g.dtype) * g for g in gradients]",
        ]
    else:
        lines += [f"    return {found}[0], values", ""]
        lines += ["def _backward(values: list[Array], cotangent: Array) -> tuple[Array | None, ...]:"]
        lines += ['    """The derived gradient of the sum of the values, weighted by the cotangent."""']
        lines += [*_pulled(backward, names), f"    kinds = ({kinds})"]
        lines += ["    found = [g.astype(kind) for g, kind in zip(found, kinds)]"]
    return [*lines, f"    return ({back},)", "", "", "value.defvjp(_forward, _backward, symbolic_zeros=True)"]


def _pulled(backward: Plan, names: list[str]) -> list[str]:
    part = backward.only(*(label for label in backward.outputs if label != "value"))
    body, answers = lines_of(_laid_out(part), JAX)
    return [
        f"    arrays, dtype, answer = _prepared(**dict(zip({tuple(names)!r}, values)))".replace("'", '"'),
        *unpacked(names, "arrays"),
        *sizes(part, (*body, *answers)),
        *(f"    {line}" for line in body),
        f"    found = [jnp.asarray(g) for g in ({', '.join(answers)},)]",
    ]
