"""Blocks of rows in PyTorch. Owns: the text of a loop that holds a block of a wide product at a time. Never: plans.

The value and its gradients come from one loop, for the product is not there any more on the way back: the
``autograd.Function`` keeps the gradients and scales them.
"""

from __future__ import annotations

from gradwright.emit.plan.blocks import blocked
from gradwright.emit.plan.names import identifier
from gradwright.emit.plan.program import Program
from gradwright.emit.spell.arrays import sizes
from gradwright.emit.spell.blocks import Held, Joined, stacked
from gradwright.emit.spell.blocks import in_blocks as written
from gradwright.emit.spell.module import COTANGENT, Request, defined, kinds, shape_said, unpacked
from gradwright.emit.targets.torch.autograd import LAST, SIGNED, applying, class_of, refused
from gradwright.emit.targets.torch.lines import answered, statements

_HELD = Held(1 << 20, share=4)
_JOINED = Joined("torch", "{name}_blocks.append({name}_here)", "{name}: Any = None", "Tensor")


def in_blocks(plan: Program, request: Request) -> list[str]:
    """``_in_blocks``, the class and ``value``; nothing where the plan holds no product that blocks would spare."""
    plain = all(label == "value" or label.startswith("gradient") for label in plan.outputs)
    if not plain or plan.sizes or request.batch or any(a.axes for label, a in plan.outputs.items() if label == "value"):
        return []
    lines = _looped(plan, "_in_blocks", "_block")
    if lines and request.backward is not None:
        only = plan.only("value")
        alone = _looped(only, "_value_in_blocks", "_value_block")
        lines += [*alone, *_applied(plan, request)] if alone else []
    return lines


def _looped(plan: Program, name: str, inner: str) -> list[str]:
    """A function that computes the plan's outputs, and the one it calls for a block of rows."""
    found = blocked([[let] for let in plan.lets], plan, folded=True)
    if found is None:
        return []
    numbers, block, _, later = found
    before, after = [plan.lets[k] for k in numbers], [plan.lets[k] for k in later]
    outside = plan.returned.union(*(let.reads for let in after))
    answers = block.answers(outside)
    first = statements(plan, before, outside.union(*(x.reads for x in (*block.lets, *block.products))))
    body = statements(plan, block.lets, {x.name for x in answers})
    last = statements(plan, after, plan.returned, own=block.names)
    results = answered(plan)
    floating = identifier(next(name for name in block.given if name in block.wide.reads))
    inputs = [identifier(n) for n in plan.inputs]
    names = [identifier(x.name) for x in stacked(block, outside)]
    opened = [f"{n}_blocks: list[Tensor] = []" for n in names]
    body = [*kinds(body, floating), *body]
    function, middle = written(block, plan, outside, inner, body, _HELD, _JOINED, opened)
    middle += [f"{n} = _joined({n}_blocks)" for n in names]
    whole = [*first, *middle, *last, *results]
    wide = f"{identifier(block.wide.name)} {shape_said([i.dim for i in block.wide.axes])}"
    run = [*sizes(plan, whole), *kinds(whole, floating), *first, *middle, *last]
    run += [f"return {', '.join(results)}{',' if len(results) == 1 else ''}"]
    return [
        *function,
        *defined(f"def {name}({', '.join(f'{n}: Tensor' for n in inputs)}) -> tuple[Tensor, ...]:",
                 f"Only a block of the rows of {wide} is ever held.", run),
    ]  # fmt: skip


def _applied(plan: Program, request: Request) -> list[str]:
    """The class that keeps the gradients, and ``value``, which applies it where a gradient is wanted."""
    inputs = [identifier(name) for name in plan.inputs]
    wrt = [identifier(name) for name in request.wrt if name in plan.inputs]
    kept = [f"gradient_{name}" for name in wrt]
    back = [f"_last(_scaled({COTANGENT}, gradient_{n}), {', '.join(wrt)})" if n in wrt else "None" for n in inputs]
    lone = "," if len(inputs) == 1 else ""
    function = class_of(
        "_Value",
        "The value and its gradient on the way there, a block of rows at a time; the way back scales it.",
        (", ".join(f"{n}: Tensor" for n in inputs), "tuple[Tensor, ...]", [f"return _in_blocks({', '.join(inputs)})"]),
        ("tuple[Tensor, ...]", [
            *refused(inputs, request),
            *unpacked([n if n in wrt else "_" for n in inputs], "inputs"),
            f"_, {', '.join(kept)} = output",
            f"ctx.mark_non_differentiable({', '.join(kept)})",
            "ctx.set_materialize_grads(False)",
            f"ctx.save_for_backward({', '.join([*wrt, *kept])})",
        ]),
        (f"{COTANGENT}: Tensor | None, *_: Any", [
            f"if {COTANGENT} is None:",
            f"    return {', '.join(['None'] * len(inputs))}{lone}",
            *unpacked([*wrt, *kept], "ctx.saved_tensors"),
            f"return {', '.join(back)}{lone}",
        ]),
    )  # fmt: skip
    tracked = [
        "tracked = torch.is_grad_enabled() and any(a.requires_grad for a in arrays)",
        "found: Tensor = _Value.apply(*arrays)[0] if tracked else _value_in_blocks(*arrays)[0]",
        "return found.to(answer)",
    ]
    return [*LAST, *function, "", SIGNED, *applying(plan.inputs, request, tracked)]
