"""The value as an ``autograd.Function``. Owns: the text of its passes. Never: plans, differentiates.

The forward pass computes the value and keeps what the backward pass reads; the backward pass is the derived gradient
times the cotangent. A gradient in an argument that was not derived is an error, not a silent zero.

Whatever of the derived gradient does not depend on the cotangent may be computed with the value: there arrays that
nobody reads afterwards are written over, and what is kept for the backward pass is often the gradient alone. What is
made of arguments alone stays in the backward pass, for nothing has to be kept for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from itertools import count

from gradwright.core.build import entry, mul
from gradwright.core.index import Dim, names_of
from gradwright.core.node import Entry, Mul, Node, walk
from gradwright.core.record import dataclass
from gradwright.emit.plan.names import extents_of, identifier, mentioned, words
from gradwright.emit.plan.program import Let, Map, Program
from gradwright.emit.spell.module import COTANGENT, Request, defined, kinds, unpacked
from gradwright.emit.targets.torch.lines import answered, statements


def class_of(
    name: str,
    says: str,
    forward: tuple[str, str, Sequence[str]],
    setup: tuple[str, Sequence[str]],
    backward: tuple[str, Sequence[str]],
) -> list[str]:
    """An ``autograd.Function``: for each pass its parameters, what it gives and its statements."""
    (given, kind, forth), (output, kept), (cotangents, back) = forward, setup, backward
    lines = ["", f"class {name}(torch.autograd.Function):", f'    """{says}"""', "", "    generate_vmap_rule = True"]
    for said, body in (
        (f"forward({given}) -> {kind}:", forth),
        (f"setup_context(ctx: Any, inputs: tuple[Tensor, ...], output: {output}) -> None:", kept),
        (f"backward(ctx: Any, {cotangents}) -> tuple[Tensor | None, ...]:", back),
    ):
        lines += ["", "    @staticmethod", f"    def {said}", *(f"        {line}" for line in body)]
    return lines


LAST = [
    *class_of(
        "_Last",
        "A gradient that was not derived again: to differentiate it is an error, not 0.",
        ("gradient: Tensor, *tracked: Tensor", "Tensor", ["return gradient.view_as(gradient)"]),
        ("Tensor", ["pass"]),
        ("*_: Any", ['raise RuntimeError("the derivative of this order was not derived: emit it, too")']),
    ),
    *defined(
        "def _last(gradient: Tensor, *tracked: Tensor) -> Tensor:",
        "The gradient, from which another derivative is an error; where none can be taken it is as it is.",
        [
            "found: Tensor = _Last.apply(gradient, *tracked) if torch.is_grad_enabled() else gradient",
            "return found",
        ],
    ),
]

SIGNED = (
    'setattr(_Value.forward, "__signature__", inspect.signature(_Value.forward))  # PyTorch asks for it at each call'
)
Shapes = dict[str, tuple[Dim, ...]]


def autograd(plan: Program, backward: Program, request: Request) -> list[str]:
    """The class, and ``value``, which applies it; nothing where an extent is in no argument."""
    if backward.sizes:
        return []
    inputs: Shapes = {identifier(n): shape for n, shape in backward.inputs.items() if n != COTANGENT}
    second = next((label for label in ("hvp", "hessian") if label in plan.outputs), None)
    back = _twice(plan, second, backward, inputs, request) if second else None
    made = _passes(backward, inputs, request)
    if back is not None:
        applied = f"_Gradient.apply({COTANGENT}, {', '.join(inputs)})"
        after = [f"return {_placed(inputs, {identifier(request.wrt[0]): applied})}"]
        made = _Passes(made.value, made.alone or made.forth, after, used=inputs)
    kept, empty, value = made.kept, made.empty, made.value
    applied = ", ".join([*inputs, *(f"{name}[:0].clone()" if inputs[name] else name for name in empty)])
    given = ", ".join(f"{name}: Tensor" for name in inputs)
    given_out = [value, *(name for name in kept if name != value)]
    more = ", *_: Tensor" if empty else ""
    lone = len(given_out) == 1
    unasked = [] if lone else [f"if {COTANGENT} is None:", f"    return (None,) * {len(inputs) + len(empty)}"]
    read = unpacked([*made.used, *kept, *map(_empty, empty)], "ctx.saved_tensors")
    function = class_of(
        "_Value",
        "The value on the way there, the derived gradient on the way back.",
        (given + more, "tuple[Tensor, ...]", [*made.forth, f"return {', '.join(given_out)}{',' if lone else ''}"]),
        ("tuple[Tensor, ...]", [*refused(inputs, request), *_kept(inputs, made)]),
        (f"{COTANGENT}: {'Tensor' if lone else 'Tensor | None'}, *_: Any", [*unasked, *read, *made.back]),
    )
    ending = [f"found: Tensor = _Value.apply({applied})[0].to(answer)", "return found"]
    if made.alone:
        asked = ["if not torch.is_grad_enabled():", f"    return _alone({', '.join(inputs)}).to(answer)"]
        ending = [*asked, *ending]
    return [
        *LAST,
        *(back or []),
        *function,
        "",
        SIGNED,
        *(
            defined(
                f"def _alone({given}) -> Tensor:",
                "The value where no gradient is wanted: nothing is kept for one.",
                [*made.alone, f"return {value}"],
            )
            if made.alone
            else []
        ),
        *applying(inputs, request, [*unpacked(list(inputs), "arrays"), *ending]),
    ]


def applying(inputs: Iterable[str], request: Request, ending: Sequence[str]) -> list[str]:
    """``value``, which readies its arguments and ends so."""
    given = [identifier(name) for name in inputs]
    readied = [f"arrays, dtype, answer, device = _prepared({', '.join(f'{n}={n}' for n in given)})", *in_full("value")]
    opening = f"def value({', '.join(f'{name}: Any' for name in given)}) -> Tensor:"
    says = f"The value; ``backward`` uses the derived gradient in {_variables(request)}."
    return defined(opening, says, [*readied, *ending])


def _variables(request: Request) -> str:
    return " and ".join(map(identifier, request.wrt))


@dataclass(frozen=True)
class _Passes:
    """The value, the statements on the way there and on the way back, and those of the value alone where they are not
    all; the arrays and the arguments that are kept, and the variables of which an empty part is, for the way back does
    not read them."""

    value: str
    forth: Sequence[str]
    back: Sequence[str]
    alone: Sequence[str] = ()
    kept: Shapes = field(default_factory=dict)
    used: Shapes = field(default_factory=dict)
    empty: Sequence[str] = ()


def _passes(backward: Program, inputs: Shapes, request: Request) -> _Passes:
    head, early, tail = _parts(backward, again=request.style.keep == "arguments")
    before = [*head, *early]
    backward = replace(backward, lets=[*before, *(let for let in tail if let not in before)])
    value, *gradients = answered(backward)
    first_out, *rest_out = (a.body.names for a in backward.outputs.values())
    read = set().union(*(let.reads for let in tail), *rest_out) - {let.name for let in tail}
    names = [x.name for x in before if x.name in read]
    kept: Shapes = {identifier(x.name): x.shape for x in before if x.name in read}
    forth = statements(backward, before, {*names, *first_out})
    alone = statements(backward, head, first_out) if early else []
    back = statements(backward, tail, {*set().union(*rest_out), *names})
    used: Shapes = {name: shape for name, shape in inputs.items() if name in map(identifier, read)}
    read_back = words([*back, *gradients])
    for name, shape in inputs.items():  # an extent that no array kept has
        known = extents_of(used | kept)
        if any(identifier(d) in read_back and d not in known for d in names_of(*shape)):
            used[name] = shape
    one = identifier(request.wrt[0])
    wrt = [name for name in map(identifier, request.wrt) if name in inputs]
    empty = [name for name in wrt if name not in used]
    tracked = ", ".join(_empty(name) if name in empty else name for name in wrt)
    answers = {name: f"_last({gradient}, {tracked})"
               for name, gradient in zip(map(identifier, request.wrt), gradients, strict=True)}  # fmt: skip
    returned = f"return {_placed(inputs, answers)}{', None' * len(empty)}"
    return _Passes(
        value,
        _opened(inputs, forth, [value], one),
        [*_opened(used | kept, back, gradients, COTANGENT), returned],
        _opened(inputs, alone, [value], one) if early else [],
        kept,
        used,
        empty,
    )


def _opened(arrays: Shapes, lines: Sequence[str], answers: Sequence[str], of: str) -> list[str]:
    """The statements, after those for the extents and the types that they and the answers mention."""
    return [*mentioned(arrays, [*lines, *answers]), *kinds([*lines, *answers], of), *lines]


def _placed(inputs: Shapes, answers: Mapping[str, str]) -> str:
    """A tuple with an answer for each argument that has one."""
    return ", ".join(answers.get(name, "None") for name in inputs)


def _twice(plan: Program, second: str, backward: Program, inputs: Shapes, request: Request) -> list[str]:
    """The gradient times a cotangent as a function of its own, whose way back is the Hessian times a direction."""
    wrt = identifier(request.wrt[0])
    once = backward.only(*(label for label in backward.outputs if label != "value"))
    first = statements(once, once.lets, once.returned)
    (gradient,) = answered(once)
    part = plan.only(second)
    along = statements(part, part.lets, set(part.outputs[second].body.names))
    (hessian,) = answered(part)
    (v,) = [identifier(n) for n in part.inputs if identifier(n) not in {*inputs, COTANGENT}] or ["direction"]
    if second == "hessian":
        hessian = f"torch.tensordot({hessian}, {v}, dims={v}.ndim)"
    given = ", ".join(f"{name}: Tensor" for name in inputs)
    forth = _opened(inputs, first, [gradient], COTANGENT)
    once_more = f"_Gradient.forward(torch.ones_like({COTANGENT}), {', '.join(inputs)})"
    return class_of(
        "_Gradient",
        "The gradient times the cotangent; on the way back the Hessian times a direction.",
        (f"{COTANGENT}: Tensor, {given}", "Tensor", [*forth, f"return {gradient}"]),
        ("Tensor", ["ctx.save_for_backward(*inputs)"]),
        (f"{v}: Tensor", [
            *unpacked([COTANGENT, *inputs], "ctx.saved_tensors"),
            *_opened(inputs, along, [hessian], COTANGENT),
            f"along = torch.sum({v} * {once_more})",
            f"along, second = _last(along, {wrt}), _last({COTANGENT} * ({hessian}), {wrt})",
            f"return along, {_placed(inputs, {wrt: 'second'})}",
        ]),
    )  # fmt: skip


def in_full(name: str, sizes: Sequence[str] = ()) -> list[str]:
    """The statement that autocast does not reach inside: as PyTorch's own losses, all is computed in full precision."""
    counts = "".join(f", {identifier(size)}" for size in sizes)
    return [
        "if torch.is_autocast_enabled(device.type):",
        "    with torch.autocast(device.type, enabled=False):",
        f"        return {name}(*arrays{counts})",
    ]


def refused(inputs: Iterable[str], request: Request) -> list[str]:
    """The statement that a gradient in the other arguments was not derived."""
    wrt = [identifier(name) for name in request.wrt]
    others = [k for k, name in enumerate(inputs) if name not in wrt]
    if not others:
        return []
    return [
        f"if any(ctx.needs_input_grad[k] for k in {others}):",
        f'    raise ValueError("the gradient was derived in {_variables(request)} alone: detach the other arguments")',
    ]


def _empty(name: str) -> str:
    """What a variable's empty part is called."""
    return f"_{name}_part"


def _kept(inputs: Shapes, made: _Passes) -> list[str]:
    """Statements that keep what the way back reads."""
    more = list(map(_empty, made.empty))
    taken = [*(n if n in made.used else "_" for n in inputs), *more]
    lines = unpacked(taken, "inputs") if {*taken} != {"_"} else []
    others = [name for name in made.kept if name != made.value]
    lines += unpacked([made.value if made.value in made.kept else "_", *others], "output") if made.kept else []
    if others:  # and no zeros are made for what has no gradient
        lines += [f"ctx.mark_non_differentiable({', '.join(others)})", "ctx.set_materialize_grads(False)"]
    return [*lines, f"ctx.save_for_backward({', '.join([*made.used, *made.kept, *more])})"]


def _parts(plan: Program, again: bool = False) -> tuple[list[Let], list[Let], list[Let]]:
    """Arrays of the value, those computed with it for the way back, and those of the way back; where all is computed
    ``again`` the way back has what it needs of the value's, too."""
    head = plan.only("value").lets
    if again:
        return head, [], plan.only(*(label for label in plan.outputs if label != "value")).lets
    tail = _parted(head, [let for let in plan.lets if let not in head], plan)
    waiting, near = {COTANGENT}, {let.name for let in head}
    for let in tail:
        reads = let.reads
        waiting |= {let.name} if reads & waiting else set()
        near |= {let.name} if reads & near else set()
    early: list[Let] = []
    needed: set[str] = set()
    for let in reversed(tail):
        if let.name not in waiting and (let.name in near or let.name in needed):
            early.insert(0, let)
            needed |= let.reads
    return head, early, [let for let in tail if let not in early]


def _parted(head: list[Let], tail: list[Let], plan: Program) -> list[Let]:
    """The arrays of the gradient; one that is a formula times the cotangent is two, for the formula can come before."""
    own, found = {let.name for let in head}, list[Let]()
    taken = {*plan.inputs, *(let.name for let in plan.lets)}
    for let in tail:
        rest = _formula(let, own)
        if rest is not None and isinstance(let.operation, Map):
            name = next(name for k in count(1) if (name := f"t{k}") not in taken)
            taken.add(name)
            found.append(Let(name, let.axes, Map(rest)))
            scale = mul(*(f for f in let.operation.body.children if set(f.free) != set(let.axes)))
            let = Let(let.name, let.axes, Map(mul(entry(name, *let.axes), scale)))
        own.add(let.name)
        found.append(let)
    return found


def _formula(let: Let, own: set[str]) -> Node | None:
    """What the cotangent is a factor of, where it is more than an array, and one that may be written over is in it."""
    body = let.operation.body if isinstance(let.operation, Map) else None
    factors = body.factors if isinstance(body, Mul) else ()
    waits = [f for f in factors if COTANGENT in f.names]
    rest = mul(*(f for f in factors if set(f.free) == set(let.axes)))
    whole = (n for n in walk(rest) if isinstance(n, Entry) and n.name in own and set(n.slots) == set(let.axes))
    if not let.axes or not waits or COTANGENT in rest.names or isinstance(rest, Entry) or not any(whole):
        return None
    return rest
