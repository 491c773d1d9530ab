"""Statements of a PyTorch module. Owns: how operations in place of their operands are spelled. Never: plans."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gradwright.core.build import const, split_coefficient
from gradwright.core.index import Index
from gradwright.core.node import Const, Mul, Node
from gradwright.emit.plan.program import Let, Program, Reuse, Room, Step
from gradwright.emit.spell.arrays import lowered, returned, statement
from gradwright.emit.spell.language import Language
from gradwright.emit.spell.primitives import spellings
from gradwright.emit.spell.spell import spelled, spelled_atom
from gradwright.emit.targets.torch.reuse import SLOPES, reused

_POWERS: dict[object, str] = {2: "pow_(2)", -1: "reciprocal_()", 0.5: "sqrt_()", -0.5: "rsqrt_()"}
_OPERATORS = ("add", "sub", "mul", "div")


def statements(plan: Program, lets: Sequence[Let], kept: Iterable[str], own: Iterable[str] = ()) -> list[str]:
    """The code of these arrays in order; ``kept`` are names that must be whole at the end, ``own`` those of arrays
    made before, which may be written over."""
    made = reused(plan, lets, kept, lambda let: lowered(let, plan, TORCH), own)
    return [line for let in made for line in statement(let, plan, TORCH)]


def reusing(reuse: Reuse, axes: tuple[Index, ...], language: Language) -> str:
    """A formula that is computed in one array."""
    if not reuse.steps:
        return spelled(reuse.first, axes, language)
    *before, step = reuse.steps
    done = Reuse(reuse.first, tuple(before))
    other = spelled(step.other, axes, language)
    if step.fn in SLOPES:
        return SLOPES[step.fn].format(reusing(done, axes, language), other)
    if step.room is Room.PERHAPS:
        return f"_{step.fn}({reusing(done, axes, language)}, {other})"
    first = reusing(done, axes, language) if before else spelled_atom(reuse.first, axes, language)
    if step.room is Room.NEW:
        return f"({first} * ({other}))"
    return f"{first}.{_method(step, axes, language)}"


def _method(step: Step, axes: tuple[Index, ...], language: Language) -> str:
    if step.fn == "pow" and isinstance(step.other, Const):
        return _POWERS.get(step.other.value) or f"pow_({float(step.other.value)!r})"
    if step.fn not in _OPERATORS:
        return f"{step.fn}_()"
    number, rest = split_coefficient(step.other)
    if step.fn in ("add", "sub") and _scaled(number, rest, axes):  # without an array for the product
        return f"{step.fn}_({spelled(rest, axes, language)}, alpha={spelled(const(number), axes, language)})"
    return f"{step.fn}_({spelled(step.other, axes, language)})"


def _scaled(number: object, rest: Node, axes: tuple[Index, ...]) -> bool:
    """Whether it is a number times an array that is there."""
    return number != 1 and not isinstance(rest, Mul) and set(rest.free) == set(axes)


def answered(plan: Program) -> list[str]:
    """Every answer as an expression."""
    return [returned(array, plan, TORCH) for array in plan.outputs.values()]


def cast(answer: str) -> str:
    """The answer in the type and on the device that the caller's arrays have."""
    if "torch.full" in answer:
        return f"torch.as_tensor({answer}, dtype=answer, device=device)"
    return f"({answer}).to(answer)" if " " in answer else f"{answer}.to(answer)"


TORCH = Language(
    "torch",
    functions=spellings(lambda code: code.torch),
    eye="torch.eye({n}, dtype=dtype, device=device)",
    arange="torch.arange({n}, dtype=dtype, device=device)",
    permute="{a}.permute({axes})",
    mark="({cond}).to(dtype)",
    lone="torch.full((), {a}, dtype=dtype, device=device)",
    known="torch.full((), {cond}, device=device)",
    reduce={"sum": "torch.sum", "prod": "torch.prod", "max": "torch.amax", "min": "torch.amin"},
    axis="dim",
    dot="torch.sum({a} * {b})",
    tensordot="torch.tensordot({a}, {b}, dims={where})",
    take="torch.gather({a}, 1, {label}[:, None])[:, 0]",
    matrix={"logdet": "torch.logdet({a})", "cho_inv": "torch.cholesky_inverse({a})"},
    along={"log_softmax": "torch.log_softmax({a}, dim={axis})", "softmax": "torch.softmax({a}, dim={axis})"},
    scatter="{name} = _at_labels({name}, {label}, {share})",
    largest="_largest({p}, {a}, {axis})",
    reusing=reusing,
    copy=".clone()",
    cho_solve="torch.cholesky_solve({b}[:, None], {a})[:, 0]",
    cho_solve_many="torch.cholesky_solve({b}, {a})",
    broadcast="torch.broadcast_to({a}, {shape}).clone()",
    full="torch.full({shape}, {a}, dtype=dtype, device=device)",
)  # fmt: skip
