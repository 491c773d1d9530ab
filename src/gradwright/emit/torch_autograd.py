"""The value as an ``autograd.Function``. Owns: the text of its passes. Never: plans, differentiates.

The forward pass computes the value and keeps what the backward pass reads; the backward pass is the derived gradient
times the cotangent. A gradient in an argument that was not derived is an error, not a silent zero.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from gradwright.core.index import Dim
from gradwright.emit.arrays import Language
from gradwright.emit.module import COTANGENT, Request, unpacked
from gradwright.emit.names import identifier
from gradwright.emit.plan import Plan
from gradwright.emit.torch_lines import answered, statements

Shapes = dict[str, tuple[Dim, ...]]


def autograd(backward: Plan, request: Request, language: Language) -> list[str]:
    """The class, and ``value``, which applies it; nothing where an extent is in no argument."""
    if backward.sizes:
        return []
    inputs: Shapes = {identifier(n): shape for n, shape in backward.inputs.items() if n != COTANGENT}
    head = backward.only("value").lets
    tail = [let for let in backward.lets if let not in head]
    value, *gradients = answered(backward, language)
    first_out, *rest_out = (a.body.names for a in backward.outputs.values())
    made = {let.name for let in tail}
    read = set().union(*(backward.reads(let) for let in tail), *rest_out) - made
    kept: Shapes = {identifier(x.name): tuple(i.dim for i in x.axes) for x in head if x.name in read}
    names = [x.name for x in head if x.name in read]
    forth = statements(backward, head, {*names, *first_out}, language)
    back = statements(backward, tail, {*set().union(*rest_out), *names}, language)
    used: Shapes = {identifier(n): s for n, s in backward.inputs.items() if n in read and n != COTANGENT}
    words = _words([*back, *gradients])
    known = {dim for shape in (*used.values(), *kept.values()) for dim in shape}
    for name, shape in inputs.items():  # an extent that no array kept has
        if any(isinstance(d, str) and identifier(d) in words and d not in known for d in shape):
            used[name] = shape
            known |= set(shape)
    saved = {**used, **kept}
    places = [list(inputs).index(identifier(name)) for name in request.wrt if name in backward.inputs]
    said = " and ".join(identifier(name) for name in request.wrt)
    answers = dict(zip(map(identifier, request.wrt), gradients, strict=True))
    float_input = identifier(request.wrt[0])
    return [
        "",
        "class _Value(torch.autograd.Function):",
        '    """The value on the way there, the derived gradient on the way back."""',
        "",
        "    generate_vmap_rule = True",
        "",
        "    @staticmethod",
        f"    def forward({', '.join(f'{name}: Tensor' for name in inputs)}) -> tuple[Tensor, ...]:",
        *_indented([*_extents(inputs, [*forth, value]), *_kinds([*forth, value], float_input), *forth]),
        f"        return {', '.join([value, *kept])}{'' if kept else ','}",
        "",
        "    @staticmethod",
        "    def setup_context(ctx: Any, inputs: tuple[Tensor, ...], output: tuple[Tensor, ...]) -> None:",
        f"        if any(needed for k, needed in enumerate(ctx.needs_input_grad) if k not in {places}):",
        f'            raise ValueError("the gradient was derived in {said} alone: detach the other arguments")',
        *_indented(_kept(inputs, used, kept)),
        "",
        "    @staticmethod",
        "    @torch.autograd.function.once_differentiable",
        f"    def backward(ctx: Any, {COTANGENT}: Tensor, *_: Any) -> tuple[Tensor | None, ...]:",
        *_indented(unpacked(list(saved), "ctx.saved_tensors"), 1),
        *_indented([*_extents(saved, [*back, *gradients]), *_kinds([*back, *gradients], "cotangent"), *back]),
        f"        return {', '.join(answers.get(name, 'None') for name in inputs)}{',' if len(inputs) == 1 else ''}",
        "",
        f"def value({', '.join(f'{name}: Any' for name in inputs)}) -> Tensor:",
        f'    """The value; ``backward`` uses the derived gradient in {said}."""',
        f"    arrays, dtype, answer, device = _prepared({', '.join(f'{n}={n}' for n in inputs)})",
        "    found: Tensor = _Value.apply(*arrays)[0].to(answer)",
        "    return found",
        "",
    ]


def _kept(inputs: Shapes, used: Shapes, kept: Shapes) -> list[str]:
    """Statements that keep what the way back reads."""
    lines = unpacked([n if n in used else "_" for n in inputs], "inputs") if used else []
    lines += unpacked(["_", *kept], "output") if kept else []
    lines = [line.strip() for line in lines]
    if kept:  # and no zeros are made for what has no gradient
        lines += [f"ctx.mark_non_differentiable({', '.join(kept)})", "ctx.set_materialize_grads(False)"]
    return [*lines, f"ctx.save_for_backward({', '.join([*used, *kept])})"]


def _extents(arrays: Shapes, lines: Sequence[str]) -> list[str]:
    words = _words(lines)
    found: dict[str, str] = {}
    for name, shape in arrays.items():
        for axis, dim in enumerate(shape):
            if isinstance(dim, str) and identifier(dim) in words:
                found.setdefault(identifier(dim), f"{name}.shape[{axis}]")
    return [f"{dim} = {text}" for dim, text in found.items()]


def _kinds(lines: Sequence[str], of: str) -> list[str]:
    words = _words(lines)
    return [f"{kind} = {of}.{kind}" for kind in ("dtype", "device") if kind in words]


def _words(lines: Sequence[str]) -> set[str]:
    return set(re.findall(r"(?<![.\w])[A-Za-z_]\w*", re.sub(r"\b(dtype|device)=", "", "\n".join(lines))))


def _indented(lines: Sequence[str], already: int = 0) -> list[str]:
    return [" " * (8 - 4 * already) + line for line in lines]
