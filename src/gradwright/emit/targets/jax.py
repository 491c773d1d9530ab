"""The JAX target. Owns: the text of a module that needs JAX alone. Never: plans, runs.

Pure functions that jit, vmap and shard; the scalar itself is wrapped in ``custom_vjp`` so that ``jax.grad`` uses the
derived gradient. A gradient in an argument that was not derived is an error, not a silent zero.
"""

from __future__ import annotations

from dataclasses import replace

from gradwright.core.build import MINUS_ONE, ZERO, apply, const, mul, split_coefficient, where
from gradwright.core.node import Apply, Entry, Mul, Node, Pow
from gradwright.core.walk import bottom_up
from gradwright.emit.plan.names import identifier
from gradwright.emit.plan.program import Norm, Program, rewritten
from gradwright.emit.spell.arrays import lines_of, sizes
from gradwright.emit.spell.language import Language
from gradwright.emit.spell.linalg import BY_NUMPY
from gradwright.emit.spell.module import COTANGENT, Frame, Request, answer, called, defined, ready, unpacked
from gradwright.emit.spell.primitives import spellings
from gradwright.emit.spell.special import DERIVATIVES, HELPERS, helpers

JAX = Language(
    "jnp",
    functions={name: f"_{name}(a)" for name in DERIVATIVES} | spellings(lambda code: code.jax),
    take="jnp.take_along_axis({a}, {label}[:, None], axis=1)[:, 0]",
    whole="_total({a})",
    chain="np.linalg.multi_dot({matrices})",
    matrix={"cho_inv": "_cho_solve({a}, jnp.eye({a}.shape[-1], dtype=dtype))"},
    cho_solve="jax.scipy.linalg.cho_solve(({a}, True), {b})",
    cho_solve_many="_cho_solve({a}, {b})",
    broadcast="jnp.broadcast_to({a}, {shape})",
    wide="float({n})",
    copy="",
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

_IN_RANGE = '''
def _in_range(arrays: dict[str, Array], sizes: dict[str, int]) -> None:
    """Class labels are whole numbers from 0, or negative where a row may have none; where a label is not known before
    the code runs (under jit), one that is no class makes an argument NaN, and with it the answer."""
    for name, dim in LABELS.items():
        label, classes = arrays[name], dim if isinstance(dim, int) else sizes[dim]
        if jnp.issubdtype(label.dtype, jnp.floating):
            raise TypeError(f"{name} has dtype {label.dtype}: whole numbers are expected, the places of the ones")
        label = label.astype(jnp.int32)
        label = arrays[name] = jnp.maximum(label, -1) if name in IGNORED else label
        sound = jnp.all((label >= (-1 if name in IGNORED else 0)) & (label < classes))
        if not isinstance(sound, jax.core.Tracer):
            if not sound:
                raise ValueError(f"{name} holds {label.min()} to {label.max()}: labels run from 0 to {classes - 1}")
            continue
        real = [key for key, a in arrays.items() if jnp.issubdtype(a.dtype, jnp.floating)]
        for key in sorted(real, key=lambda key: arrays[key].size)[:1]:
            arrays[key] = jnp.where(sound, arrays[key], jnp.nan)
'''

_HELPERS = {
    "_logdet": BY_NUMPY["_logdet"].replace("np.", "jnp."),
    "_symmetric": BY_NUMPY["_symmetric"].replace("np.", "jnp."),
    **{name: HELPERS[name].replace("np.", "jnp.") for name in ("_dawson", "_sphj1")},
    "_pairs": BY_NUMPY["_pairs"],
    "_cofactors": '''
def _cofactors(a: Array) -> Array:
    """det(a) times inv(a)', which a singular matrix has too: then by its singular values, but for one at a time."""

    def singular() -> Array:
        u, s, v = jnp.linalg.svd(a)
        others = jnp.prod(jnp.where(jnp.eye(s.shape[-1], dtype=bool), 1, s[..., None, :]), axis=-1)
        return (jnp.linalg.det(u) * jnp.linalg.det(v))[..., None, None] * (u * others[..., None, :]) @ v

    inverse = jnp.linalg.inv(a)
    found = jnp.linalg.det(a)[..., None, None] * jnp.swapaxes(inverse, -1, -2)
    sizes = jnp.linalg.norm(a, axis=(-2, -1)) * jnp.linalg.norm(inverse, axis=(-2, -1))
    safe = jnp.all(sizes < jnp.finfo(a.dtype).eps ** -0.5)
    if isinstance(safe, jax.core.Tracer):
        return jax.lax.cond(safe, lambda: found, singular)
    return found if safe else singular()
''',
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


def _helping(text: str) -> list[str]:
    """The functions that the text calls, and those that they call."""
    return [*helpers(text, "jnp"), *called(_HELPERS, text)]


_IMPORTS = ("from typing import Any", "", "import jax", "import jax.numpy as jnp")
_FRAME = Frame("Array", (*_IMPORTS, "", "Array = Any"), _PREPARE, "a.astype(dtype)", _IN_RANGE, _helping)


def source(plan: Program, request: Request) -> str:
    """The module as text."""
    lines = lines_of(_laid_out(plan), JAX)
    wrapped = request.backward is not None and not plan.sizes and not request.style.bare
    custom = _custom(plan, request.backward, request) if wrapped else []  # type: ignore[arg-type]
    text = "\n".join((*lines[0], *lines[1], *custom))
    more = ["import numpy as np"] if "_symmetric(" in text else []
    frame = replace(_FRAME, imports=(*_IMPORTS, *more, "", "Array = Any"))
    notes = [
        "Works under jax.jit and jax.vmap; on sharded arrays every reduction becomes a collective, nothing is gathered."
    ]
    run = [*ready(request, plan, "dtype, answer"), *_computed(plan, *lines)]
    return frame.module(plan, request, "JAX", lines, run, custom, notes)


def _computed(plan: Program, body: list[str], answers: list[str]) -> list[str]:
    cast = ", ".join(f"jnp.asarray({a}).astype(answer)" for a in answers)
    return [*sizes(plan, (*body, *answers)), *body, f"return {cast}"]


def _laid_out(plan: Program) -> Program:
    """The plan with arrays multiplied by the inverses of their norms, for what is divided, XLA holds as an array; and
    with σ(−|u|) chosen by the sign of u as what is made of it is, so that its derivative is right at 0."""
    norms = {let.name for let in plan.lets if isinstance(let.operation, Norm)}

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

    return rewritten(plan, lambda body: bottom_up(rule, body))


def _custom(plan: Program, backward: Program, request: Request) -> list[str]:
    """The value under ``custom_vjp``: a scalar's gradient is kept and scaled, that of an array is derived."""
    names = [identifier(name) for name in backward.inputs if name != COTANGENT]
    order = [identifier(name) for name in request.wrt if identifier(name) in names]
    places = [names.index(name) for name in order]
    said = " and ".join(identifier(name) for name in request.wrt)
    kinds = "".join(f"jnp.result_type(values[{k}]), " for k in places).rstrip()
    back = ", ".join(f"found[{order.index(name)}]" if name in order else "None" for name in names)
    forth = _way_there(plan, backward)
    own = list(forth.outputs) != list(plan.outputs)
    name = "_there" if own else request.name
    alone = len(forth.outputs) == 1
    given = ", ".join(f"{name}: Array" for name in names)
    readied = [f"arrays, dtype, answer = _prepared({', '.join(f'{n}={n}' for n in names)})", *unpacked(names, "arrays")]
    opening = f"def {name}({given}) -> {answer('Array', len(forth.outputs))}:"
    there = defined(opening, f"{' and '.join(forth.outputs).capitalize()} alone.",
                    [*readied, *_computed(forth, *lines_of(_laid_out(forth), JAX))])  # fmt: skip
    forward = [
        f"if any(x.perturbed for k, x in enumerate(given) if k not in {places}):",
        f'    raise ValueError("the gradient was derived in {said} alone")',
        "values = [x.value for x in given]",
    ]
    if alone:
        forward += [f"return {name}(*values), values"]
        pulled = [*_pulled(backward, names), f"kinds = ({kinds})"]
        pulled += ["found = [g.astype(kind) for g, kind in zip(found, kinds)]"]
        kept, says = "values", "The derived gradient of the sum of the values, weighted by the cotangent."
    else:
        forward += [f"result, *gradients = {name}(*values)"]
        forward += [f"return result, [g.astype(kind) for g, kind in zip(gradients, ({kinds}))]"]
        pulled = ["found = [cotangent.astype(g.dtype) * g for g in gradients]"]
        kept, says = "gradients", "The cotangent times the gradient."
    value = defined(f"def value({given}) -> Array:", f"The value; ``jax.grad`` in {said} uses the derived gradient.",
                    [f"return {name}({', '.join(names)}){'' if alone else '[0]'}"])  # fmt: skip
    backing = f"def _backward({kept}: list[Array], cotangent: Array) -> tuple[Array | None, ...]:"
    return [
        *(there if own else []),
        "",
        "@jax.custom_vjp",
        *value[1:],
        *defined("def _forward(*given: Any) -> tuple[Array, Any]:", "The value, and what the way back reads.", forward),
        *defined(backing, says, [*pulled, f"return ({back},)"]),
        "",
        "value.defvjp(_forward, _backward, symbolic_zeros=True)",
    ]


def _way_there(plan: Program, backward: Program) -> Program:
    """What is computed on the way there: a scalar's gradient with it, where it is there; of an array the value."""
    gradients = [label for label in backward.outputs if label != "value" and label in plan.outputs]
    scalar = not backward.outputs["value"].axes and gradients
    part = plan.only("value", *(gradients if scalar else ()))
    return replace(
        part, outputs={label: part.outputs[label] for label in ("value", *gradients) if label in part.outputs}
    )


def _pulled(backward: Program, names: list[str]) -> list[str]:
    part = backward.only(*(label for label in backward.outputs if label != "value"))
    body, answers = lines_of(_laid_out(part), JAX)
    return [
        f"arrays, dtype, answer = _prepared(**dict(zip({tuple(names)!r}, values)))".replace("'", '"'),
        *unpacked(names, "arrays"),
        *sizes(part, (*body, *answers)),
        *body,
        f"found = [jnp.asarray(g) for g in ({', '.join(answers)},)]",
    ]
