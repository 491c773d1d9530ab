"""Blocks of rows in PyTorch. Owns: the text of a loop that holds a block of a wide product at a time. Never: plans.

The value and its gradients come from one loop, for the product is not there any more on the way back: the
``autograd.Function`` keeps the gradients and scales them.
"""

from __future__ import annotations

from gradwright.core.node import Entry, walk
from gradwright.emit.forms.labels import TAKE
from gradwright.emit.plan.blocks import Block, blocked
from gradwright.emit.plan.lets import Let, Plan
from gradwright.emit.plan.names import identifier
from gradwright.emit.text.arrays import Language, sides, sizes
from gradwright.emit.text.module import COTANGENT, Request, shape_said
from gradwright.emit.text.spell import extent
from gradwright.emit.torch.autograd import LAST, kinds, words_of
from gradwright.emit.torch.lines import answered, statements

_CELLS = 8 << 20
"""Cells of a wide product that are held at a time."""
_FOLDS = {"sum": "{a} + {b}", "prod": "{a} * {b}", "max": "torch.maximum({a}, {b})", "min": "torch.minimum({a}, {b})"}

HELPERS = {
    "_added": '''
def _added(total: Tensor | None, a: Tensor, b: Tensor) -> Tensor:
    """a @ b, added to the total where there is one, in its place if there is room."""
    if total is None:
        return a @ b
    if a.ndim == b.ndim == 2:
        return _placed(lambda b: torch.addmm(total, a, b, out=total), lambda b: torch.addmm(total, a, b), b)
    return total + a @ b
''',
    "_joined": '''
def _joined(blocks: list[Tensor]) -> Tensor:
    """The rows of all blocks."""
    return blocks[0] if len(blocks) == 1 else torch.cat(blocks)
''',
}


def in_blocks(plan: Plan, request: Request, language: Language) -> list[str]:
    """``_in_blocks``, the class and ``value``; nothing where the plan holds no product that blocks would spare."""
    plain = all(label == "value" or label.startswith("gradient") for label in plan.outputs)
    if not plain or plan.sizes or request.batch or any(a.axes for label, a in plan.outputs.items() if label == "value"):
        return []
    lines = _looped(plan, "_in_blocks", "_block", language)
    if lines and request.backward is not None:
        only = plan.only("value")
        alone = _looped(only, "_value_in_blocks", "_value_block", language)
        lines += [*alone, *_applied(plan, request)] if alone else []
    return lines


def _looped(plan: Plan, name: str, inner: str, language: Language) -> list[str]:
    """A function that computes the plan's outputs, and the one it calls for a block of rows."""
    found = blocked([[let] for let in plan.lets], plan, folded=True)
    if found is None:
        return []
    numbers, block, _, later = found
    before, after = [plan.lets[k] for k in numbers], [plan.lets[k] for k in later]
    outputs = set().union(*(a.body.names for a in plan.outputs.values()))
    outside = outputs.union(*(plan.reads(let) for let in after))
    made = {let.name for let in block.lets}
    answers = [x for x in block.lets if x.name in outside.union(*(plan.reads(p) for p in block.products))]
    first = statements(plan, before, outside.union(*(plan.reads(x) for x in (*block.lets, *block.products))), language)
    body = statements(plan, block.lets, {x.name for x in answers}, language)
    last = statements(plan, after, outputs, language, own=block.names)
    results = answered(plan, language)
    given = _given(block, plan, made)
    of_wide = {n.name for n in walk(block.wide.body) if isinstance(n, Entry)}
    floating = identifier(next(name for name in given if name in of_wide))
    dims = {identifier(d) for shape in plan.inputs.values() for d in shape if isinstance(d, str)}
    extents = sorted(dims & words_of(body))
    parameters = ", ".join([*(f"{identifier(n)}: Tensor" for n in given), *(f"{e}: int" for e in extents)])
    said = ", ".join(identifier(x.name) for x in answers)
    inputs = [identifier(n) for n in plan.inputs]
    loop = _loop(block, plan, answers, outside, inner, given, extents)
    whole = [*first, *loop, *last, *results]
    wide = f"{identifier(block.wide.name)} {shape_said([i.dim for i in block.wide.axes])}"
    return [
        "",
        f"def {inner}({parameters}) -> tuple[Tensor, ...]:",
        f'    """A block of rows: {said}."""',
        *(f"    {line}" for line in (*kinds(body, floating), *body)),
        f"    return {said}{',' if len(answers) == 1 else ''}",
        "",
        f"def {name}({', '.join(f'{n}: Tensor' for n in inputs)}) -> tuple[Tensor, ...]:",
        f'    """Only a block of the rows of {wide} is ever held."""',
        *sizes(plan, whole),
        *(f"    {line}" for line in (*kinds(whole, floating), *first, *loop, *last)),
        f"    return {', '.join(results)}{',' if len(results) == 1 else ''}",
        "",
    ]


def _given(block: Block, plan: Plan, made: set[str]) -> list[str]:
    """What a block reads: arrays computed before it and arguments, class labels too."""
    reads = {name.removeprefix(TAKE) for let in block.lets for name in plan.reads(let)} - made
    return sorted(reads & {*plan.inputs, *(let.name for let in plan.lets)})


def _loop(
    block: Block, plan: Plan, answers: list[Let], outside: set[str], inner: str, given: list[str], extents: list[str]
) -> list[str]:
    """The statements that run it, and put together what it gives."""
    made = {let.name for let in block.lets}
    shapes = plan.inputs | {let.name: tuple(i.dim for i in let.axes) for let in plan.lets}
    long = {name for name in given if shapes[name][:1] == (block.row,)}
    stacked = [identifier(x.name) for x in answers if x.name in outside and x.name in block.rows]
    folds = [x for x in (*answers, *block.products) if x.name in block.sums]
    arguments = [f"{identifier(n)}[here]" if n in long else identifier(n) for n in given]
    lines = [f"step = max(16, {_CELLS} // max(1, {extent(block.wide.axes[1])}))"]
    lines += [f"{name}_blocks: list[Tensor] = []" for name in stacked]
    lines += [f"{identifier(x.name)}: Any = None" for x in folds]
    results = ", ".join(f"{identifier(x.name)}_here" for x in answers) + ("," if len(answers) == 1 else "")
    rows = identifier(str(block.row)) if isinstance(block.row, str) else str(block.row)
    lines += [f"for begin in range(0, max(1, {rows}), step):", "    here = slice(begin, begin + step)"]
    lines += [f"    {results} = {inner}({', '.join([*arguments, *extents])})"]
    lines += [f"    {name}_blocks.append({name}_here)" for name in stacked]
    for let in folds:
        name = identifier(let.name)
        if let in block.products:
            pair = sides(let, lambda factor: identifier(factor) + ("_here" if factor in made else "[here]"))
            assert pair is not None
            lines.append(f"    {name} = _added({name}, {pair[0]}, {pair[1]})")
        else:
            both = _FOLDS[block.sums[let.name]].format(a=name, b=f"{name}_here")
            lines.append(f"    {name} = {name}_here if {name} is None else {both}")
    return [*lines, *(f"{name} = _joined({name}_blocks)" for name in stacked)]


def _applied(plan: Plan, request: Request) -> list[str]:
    """The class that keeps the gradients, and ``value``, which applies it where a gradient is wanted."""
    inputs = [identifier(name) for name in plan.inputs]
    wrt = [identifier(name) for name in request.wrt if name in plan.inputs]
    others = [k for k, name in enumerate(inputs) if name not in wrt]
    kept = [f"gradient_{name}" for name in wrt]
    said = " and ".join(wrt)
    back = ", ".join(f"_last({COTANGENT} * gradient_{n}, {', '.join(wrt)})" if n in wrt else "None" for n in inputs)
    taken = ", ".join(n if n in wrt else "_" for n in inputs)
    refused = [
        f"        if any(ctx.needs_input_grad[k] for k in {others}):",
        f'            raise ValueError("the gradient was derived in {said} alone: detach the other arguments")',
    ]
    return [
        *LAST.split("\n"),
        "",
        "class _Value(torch.autograd.Function):",
        '    """The value and its gradient on the way there, a block of rows at a time; the way back scales it."""',
        "",
        "    generate_vmap_rule = True",
        "",
        "    @staticmethod",
        f"    def forward({', '.join(f'{n}: Tensor' for n in inputs)}) -> tuple[Tensor, ...]:",
        f"        return _in_blocks({', '.join(inputs)})",
        "",
        "    @staticmethod",
        "    def setup_context(ctx: Any, inputs: tuple[Tensor, ...], output: tuple[Tensor, ...]) -> None:",
        *(refused if others else []),
        f"        {taken}{',' if len(inputs) == 1 else ''} = inputs",
        f"        _, {', '.join(kept)}{',' if len(kept) == 0 else ''} = output",
        f"        ctx.mark_non_differentiable({', '.join(kept)})",
        "        ctx.set_materialize_grads(False)",
        f"        ctx.save_for_backward({', '.join([*wrt, *kept])})",
        "",
        "    @staticmethod",
        f"    def backward(ctx: Any, {COTANGENT}: Tensor | None, *_: Any) -> tuple[Tensor | None, ...]:",
        f"        if {COTANGENT} is None:",
        f"            return {', '.join(['None'] * len(inputs))}{',' if len(inputs) == 1 else ''}",
        f"        {', '.join([*wrt, *kept])} = ctx.saved_tensors",
        f"        return {back}{',' if len(inputs) == 1 else ''}",
        "",
        f"def value({', '.join(f'{n}: Any' for n in inputs)}) -> Tensor:",
        f'    """The value; ``backward`` uses the derived gradient in {said}."""',
        f"    arrays, dtype, answer, device = _prepared({', '.join(f'{n}={n}' for n in inputs)})",
        "    tracked = torch.is_grad_enabled() and any(a.requires_grad for a in arrays)",
        "    found: Tensor = _Value.apply(*arrays)[0] if tracked else _value_in_blocks(*arrays)[0]",
        "    return found.to(answer)",
        "",
    ]
