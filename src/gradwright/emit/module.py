"""The frame of an emitted module. Owns: docstrings, signatures, argument checks as text. Never: the mathematics in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

from gradwright.emit.names import identifier
from gradwright.emit.plan import Plan

WHAT = {
    "value": "the value",
    "gradient": "its gradient in {wrt}",
    "hessian": "its Hessian in {wrt}",
    "hvp": "its Hessian in {wrt} times v",
}


@dataclass(frozen=True)
class Request:
    """What is wanted: the formula as the user wrote it, the variable, the outputs and their shapes."""

    formula: str
    wrt: str
    outputs: tuple[str, ...]
    result: Mapping[str, str]
    given: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return "_and_".join(self.outputs)


def header(request: Request, plan: Plan, needs: str, notes: Sequence[str] = ()) -> list[str]:
    """The module's docstring: formula, shapes, layout."""
    what = [WHAT[o].format(wrt=request.wrt) for o in request.outputs]
    said = what[0] if len(what) == 1 else ", ".join(what[:-1]) + " and " + what[-1]
    lines = [f'"""{said[0].upper()}{said[1:]} of', ""]
    lines += [f"    {part.strip()}" for part in request.formula.replace("\\", "\\\\").replace('"""', "'''").split(";")]
    lines += ["", "Shapes: " + "; ".join(f"{identifier(n)} {shape_said(s)}" for n, s in plan.inputs.items()) + "."]
    if request.given:
        lines += [f"Given: {', '.join(request.given)}."]
    for output, text in request.result.items():
        lines += [*wrap(f"{WHAT[output].format(wrt=request.wrt)[4:].strip().capitalize()}: {text}.", 110)]
    lines += [*notes, f"Made by gradwright; needs {needs} and nothing else.", '"""', ""]
    return [line.rstrip() for line in lines]


def shape_said(shape: Sequence[str | int]) -> str:
    return "scalar" if not shape else "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"


def parameters(plan: Plan) -> list[str]:
    return [*(identifier(name) for name in plan.inputs), *(identifier(dim) for dim in plan.sizes)]


def shapes_table(plan: Plan) -> str:
    rows = ", ".join(f'"{identifier(n)}": {tuple(s)!r}'.replace("'", '"') for n, s in plan.inputs.items())
    return f"SHAPES: dict[str, tuple[str | int, ...]] = {{{rows}}}"


CHECK = '''
def _check(given: dict[str, Any]) -> None:
    """Every argument has the shape it should have; the first that has not is named."""
    sizes: dict[str, int] = {}
    for name, array in given.items():
        expected = SHAPES[name]
        if len(array.shape) != len(expected):
            raise ValueError(f"{name} has {len(array.shape)} axes, expected {len(expected)}: {expected}")
        for dim, extent in zip(expected, array.shape):
            known = dim if isinstance(dim, int) else sizes.setdefault(dim, extent)
            if known != extent:
                raise ValueError(f"{name} has shape {tuple(array.shape)}: an axis of {extent} where {dim} = {known}")
'''
