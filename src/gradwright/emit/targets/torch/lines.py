"""Statements of a PyTorch module. Owns: how operations in place of their operands are spelled. Never: plans."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gradwright.core.build import const, split_coefficient
from gradwright.core.index import Index
from gradwright.core.node import Const, Mul, Node
from gradwright.emit.plan.program import Let, Program, Reuse, Room, Step
from gradwright.emit.spell.arrays import lowered, returned, statement
from gradwright.emit.spell.language import Language
from gradwright.emit.spell.spell import Dialect, spelled, spelled_atom
from gradwright.emit.targets.torch.reuse import SLOPES, reused

_POWERS: dict[object, str] = {2: "pow_(2)", -1: "reciprocal_()", 0.5: "sqrt_()", -0.5: "rsqrt_()"}
_OPERATORS = ("add", "sub", "mul", "div")


def statements(
    plan: Program, lets: Sequence[Let], kept: Iterable[str], language: Language, own: Iterable[str] = ()
) -> list[str]:
    """The code of these arrays in order; ``kept`` are names that must be whole at the end, ``own`` those of arrays
    made before, which may be written over."""
    made = reused(plan, lets, kept, lambda let: lowered(let, plan, language), own)
    return [line for let in made for line in statement(let, plan, language)]


def reusing(reuse: Reuse, axes: tuple[Index, ...], dialect: Dialect) -> str:
    """A formula that is computed in one array."""
    if not reuse.steps:
        return spelled(reuse.first, axes, dialect)
    *before, step = reuse.steps
    done = Reuse(reuse.first, tuple(before))
    other = spelled(step.other, axes, dialect)
    if step.fn in SLOPES:
        return SLOPES[step.fn].format(reusing(done, axes, dialect), other)
    if step.room is Room.PERHAPS:
        return f"_{step.fn}({reusing(done, axes, dialect)}, {other})"
    first = reusing(done, axes, dialect) if before else spelled_atom(reuse.first, axes, dialect)
    if step.room is Room.NEW:
        return f"({first} * ({other}))"
    return f"{first}.{_method(step, axes, dialect)}"


def _method(step: Step, axes: tuple[Index, ...], dialect: Dialect) -> str:
    if step.fn == "pow" and isinstance(step.other, Const):
        return _POWERS.get(step.other.value) or f"pow_({float(step.other.value)!r})"
    if step.fn not in _OPERATORS:
        return f"{step.fn}_()"
    number, rest = split_coefficient(step.other)
    if step.fn in ("add", "sub") and _scaled(number, rest, axes):  # without an array for the product
        return f"{step.fn}_({spelled(rest, axes, dialect)}, alpha={spelled(const(number), axes, dialect)})"
    return f"{step.fn}_({spelled(step.other, axes, dialect)})"


def _scaled(number: object, rest: Node, axes: tuple[Index, ...]) -> bool:
    """Whether it is a number times an array that is there."""
    return number != 1 and not isinstance(rest, Mul) and set(rest.free) == set(axes)


def answered(plan: Program, language: Language) -> list[str]:
    """Every answer as an expression."""
    return [returned(array, plan, language) for array in plan.outputs.values()]


def cast(answer: str) -> str:
    """The answer in the type and on the device that the caller's arrays have."""
    if "torch.full" in answer:
        return f"torch.as_tensor({answer}, dtype=answer, device=device)"
    return f"({answer}).to(answer)" if " " in answer else f"{answer}.to(answer)"
